//! Custom fields: which of them hold the size, the sprint and the epic, and what is in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::wire;
use crate::domain::Text;

/// What the field of the estimated size is called where nothing else is configured: in projects
/// that a company manages, and in those that a team manages.
const POINTS: [&str; 2] = ["story points", "story point estimate"];
const POINTS_TYPE: &str = "com.pyxis.greenhopper.jira:jsw-story-points";
const SPRINT_TYPE: &str = "com.pyxis.greenhopper.jira:gh-sprint";
const EPIC_TYPE: &str = "com.pyxis.greenhopper.jira:gh-epic-link";
/// No estimate is larger.
const MOST_POINTS: f64 = 100_000.0;

/// The fields that are read besides those that every Jira has, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CustomFields {
    /// Estimated size; the first one that an issue has counts.
    pub(super) points: Vec<String>,
    pub(super) sprint: Option<String>,
    /// The epic, on servers that have no parents of stories.
    pub(super) epic: Option<String>,
    /// Names of fields with a number that have to do with points: for somebody who has configured
    /// a name that is not there.
    pub(super) candidates: Vec<Text>,
}

impl CustomFields {
    /// Finds them among all fields. `points`: the configured name of the size.
    pub(super) fn find(fields: &[wire::Field], points: Option<&str>) -> Self {
        let custom = |field: &wire::Field, kind: &str| {
            field
                .schema
                .as_ref()
                .and_then(|schema| schema.custom.as_ref())
                .is_some_and(|custom| custom == kind)
        };
        let by_type =
            |kind: &str| fields.iter().find(|field| custom(field, kind)).map(|field| field.id.to_string());
        let is_number = |field: &&wire::Field| {
            field.schema.as_ref().and_then(|schema| schema.kind.as_ref()).is_none_or(|kind| kind == "number")
        };
        let named = |name: &str| {
            let name = name.trim().to_lowercase();
            let matching = fields.iter().filter(is_number);
            let matching =
                matching.filter(move |field| field.name.to_lowercase() == name || *field.id == *name);
            matching.map(|field| field.id.to_string()).collect::<Vec<_>>()
        };
        let mut found: Vec<String> = match points {
            Some(name) => named(name),
            None => POINTS.iter().flat_map(|name| named(name)).chain(by_type(POINTS_TYPE)).collect(),
        };
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|id| seen.insert(id.clone()));
        found.truncate(10);
        let candidates = fields.iter().filter(is_number).filter(|field| {
            let name = field.name.to_lowercase();
            field.id.starts_with("customfield_")
                && ["point", "estimate", "size", "effort"].iter().any(|word| name.contains(word))
        });
        Self {
            points: found,
            sprint: by_type(SPRINT_TYPE),
            epic: by_type(EPIC_TYPE),
            candidates: candidates.map(|field| field.name.clone()).take(10).collect(),
        }
    }

    /// The ids to ask for.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.points.iter().chain(&self.sprint).chain(&self.epic).map(String::as_str)
    }

    pub(super) fn points(&self, custom: &BTreeMap<String, Value>) -> Option<f32> {
        let value = self.points.iter().filter_map(|id| custom.get(id)).find_map(|value| match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        });
        value.filter(|points| (0.0..=MOST_POINTS).contains(points)).map(|points| points as f32)
    }

    pub(super) fn epic(&self, custom: &BTreeMap<String, Value>) -> Option<Text> {
        let key = custom.get(self.epic.as_ref()?)?.as_str()?;
        (!key.is_empty()).then(|| Text::new(key))
    }

    /// The sprint that is running. Cloud and newer servers send objects, older ones the text that
    /// Java makes of an object.
    pub(super) fn sprint(&self, custom: &BTreeMap<String, Value>) -> Option<Text> {
        let sprints = custom.get(self.sprint.as_ref()?)?.as_array()?;
        sprints.iter().rev().find_map(|sprint| match sprint {
            Value::Object(sprint) => {
                let is_active = sprint
                    .get("state")
                    .and_then(Value::as_str)
                    .is_some_and(|s| s.eq_ignore_ascii_case("active"));
                sprint.get("name").and_then(Value::as_str).filter(|_| is_active).map(Text::new)
            }
            Value::String(text) => name_in_java(text),
            _ => None,
        })
    }
}

/// `…Sprint@1f39706[id=1,rapidViewId=1,state=ACTIVE,name=Sprint 1,goal=,startDate=…]`
fn name_in_java(text: &str) -> Option<Text> {
    let inside = &text[text.find('[')?..];
    if !inside.contains("state=ACTIVE") {
        return None;
    }
    let name = &inside[inside.find(",name=")? + ",name=".len()..];
    // A name may hold commas: it ends before the next property. Their order differs between servers, and
    // newer ones have more of them.
    let ends = [
        ",id=",
        ",rapidViewId=",
        ",state=",
        ",goal=",
        ",startDate=",
        ",endDate=",
        ",completeDate=",
        ",activatedDate=",
        ",sequence=",
        ",synced=",
        ",autoStartStop=",
    ];
    let end = ends.iter().filter_map(|end| name.find(end)).min();
    let name = end.map_or(name.trim_end_matches(']'), |end| &name[..end]);
    Some(Text::new(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> Vec<wire::Field> {
        let field = |id: &str, name: &str, kind: &str, custom: &str| {
            json!({ "id": id, "key": id, "name": name, "custom": true,
                    "schema": { "type": kind, "custom": custom, "customId": 1 } })
        };
        let float = "com.atlassian.jira.plugin.system.customfieldtypes:float";
        serde_json::from_value(json!([
            { "id": "summary", "name": "Summary", "schema": { "type": "string", "system": "summary" } },
            { "id": "issuekey", "name": "Key" },
            field("customfield_10016", "Story point estimate", "number", POINTS_TYPE),
            field("customfield_10028", "Story Points", "number", float),
            field("customfield_10040", "T-shirt size", "number", float),
            field("customfield_10041", "Story points", "string", "some text"),
            field("customfield_10020", "Sprint", "array", SPRINT_TYPE),
            field("customfield_10014", "Epic Link", "any", EPIC_TYPE),
        ]))
        .unwrap()
    }

    #[test]
    fn fields_are_found_by_name_and_type() {
        let found = CustomFields::find(&fields(), None);
        assert_eq!(found.points, ["customfield_10028", "customfield_10016"]);
        assert_eq!(found.ids().count(), 4);
        let named = CustomFields::find(&fields(), Some(" t-shirt SIZE "));
        assert_eq!(named.points, ["customfield_10040"]);
        let missing = CustomFields::find(&fields(), Some("Weight"));
        assert!(missing.points.is_empty());
        assert_eq!(missing.candidates, ["Story point estimate", "Story Points", "T-shirt size"]);
    }

    #[test]
    fn what_is_in_them_is_read() {
        let found = CustomFields::find(&fields(), None);
        let java = |state: &str| {
            format!(
                "com.atlassian.greenhopper.service.sprint.Sprint@1f39706[id=1,rapidViewId=1,state={state},name=Sprint 7, autumn,goal=,startDate=2026-03-02T00:00:00.000Z]"
            )
        };
        // Orders that are published: the id last, the goal last, the state after the name.
        for order in [
            "rapidViewId=142,state=ACTIVE,name=A, B,startDate=2014-04-07T13:55:52.263+02:00,completeDate=<null>,id=642",
            "id=444,rapidViewId=158,state=ACTIVE,name=A, B,startDate=2018-04-30T00:01:00.000-07:00,sequence=444,goal=",
            "id=5,name=A, B,state=ACTIVE",
            "id=5,state=ACTIVE,name=A, B,autoStartStop=false,synced=false",
            "id=5,state=ACTIVE,name=A, B",
        ] {
            let text = format!("com.atlassian.greenhopper.service.sprint.Sprint@1f39706[{order}]");
            assert_eq!(name_in_java(&text).as_deref(), Some("A, B"), "{text}");
        }
        for (custom, points, sprint) in [
            (json!({ "customfield_10028": 3.0, "customfield_10016": 8.0 }), Some(3.0), None),
            (json!({ "customfield_10028": null, "customfield_10016": 8 }), Some(8.0), None),
            (json!({ "customfield_10028": "2.5" }), Some(2.5), None),
            (json!({ "customfield_10028": -1 }), None, None),
            (json!({ "customfield_10028": 1e300 }), None, None),
            (
                json!({ "customfield_10020": [{ "id": 1, "name": "Sprint 6", "state": "closed" },
                                            { "id": 2, "name": "Sprint 7", "state": "active" },
                                            { "id": 3, "name": "Sprint 8", "state": "future" }] }),
                None,
                Some("Sprint 7"),
            ),
            (json!({ "customfield_10020": [java("CLOSED")] }), None, None),
            (
                json!({ "customfield_10020": [java("CLOSED"), java("ACTIVE")] }),
                None,
                Some("Sprint 7, autumn"),
            ),
            (json!({ "customfield_10020": ["state=ACTIVE"] }), None, None),
            (json!({ "customfield_10020": null }), None, None),
        ] {
            let values: BTreeMap<String, Value> = serde_json::from_value(custom.clone()).unwrap();
            assert_eq!(found.points(&values), points, "{custom}");
            assert_eq!(found.sprint(&values).as_deref(), sprint, "{custom}");
        }
        let epic: BTreeMap<String, Value> = [("customfield_10014".to_owned(), json!("PAY-1"))].into();
        assert_eq!(found.epic(&epic).as_deref(), Some("PAY-1"));
    }
}

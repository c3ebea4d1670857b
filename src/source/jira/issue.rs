//! An issue as it is kept between rounds and across restarts: what was sent, taken apart, and not
//! yet given a meaning.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{fields::CustomFields, wire};
use crate::domain::{Instant, Text};

/// Most elements of a list within an issue.
const MOST_NESTED: usize = 100;
/// Most changes of one issue; the latest are kept.
const MOST_CHANGES: usize = 2_000;

/// An issue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Issue {
    pub(super) id: Text,
    pub(super) key: Text,
    pub(super) title: Text,
    /// The key of its project.
    pub(super) project: Text,
    pub(super) kind: Option<Text>,
    pub(super) status: StatusName,
    pub(super) priority: Option<Text>,
    pub(super) resolution: Option<Text>,
    pub(super) owner: Option<Text>,
    pub(super) points: Option<f32>,
    pub(super) created_at: Instant,
    pub(super) updated_at: Instant,
    pub(super) resolved_at: Option<Instant>,
    /// Since when its status is of the category that it is of now; Cloud only.
    pub(super) category_since: Option<Instant>,
    pub(super) due: Option<NaiveDate>,
    pub(super) versions: Vec<VersionName>,
    pub(super) components: Vec<Text>,
    pub(super) labels: Vec<Text>,
    pub(super) blocked_by: Vec<Text>,
    pub(super) parent: Option<Text>,
    pub(super) sprint: Option<Text>,
    /// What was changed since it was created, oldest first; none: that could not be read.
    pub(super) past: Option<Vec<Change>>,
}

/// A status, by its id; the name is the one that it had then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct StatusName {
    pub(super) id: Text,
    pub(super) name: Text,
}

/// A version, by its id; the name is the one that it had then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct VersionName {
    pub(super) id: Text,
    pub(super) name: Text,
}

/// Something that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) at: Instant,
    pub(super) what: Changed,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Changed {
    Status { from: StatusName, to: StatusName },
    Versions { removed: Option<VersionName>, added: Option<VersionName> },
    Resolution { from: Option<Text>, to: Option<Text> },
    Owner { from: Option<Text>, to: Option<Text> },
}

impl Issue {
    /// Takes apart what was sent, but for its past.
    pub(super) fn of(wire: wire::Issue, custom: &CustomFields) -> Self {
        let fields = wire.fields;
        let names = |list: Option<Vec<wire::Named>>| -> Vec<Text> {
            list.unwrap_or_default().into_iter().map(|item| item.name).take(MOST_NESTED).collect()
        };
        // A key is its project's key, a hyphen and a number.
        let project = fields.project.map_or_else(
            || Text::new(wire.key.rsplit_once('-').map_or("", |(project, _)| project)),
            |project| project.key,
        );
        let parent = fields.parent.map(|parent| parent.key);
        let versions = fields.fix_versions.unwrap_or_default().into_iter();
        Self {
            id: wire.id,
            title: fields.summary,
            project,
            kind: fields.issuetype.map(|kind| kind.name),
            status: StatusName { id: fields.status.id, name: fields.status.name },
            priority: fields.priority.map(|priority| priority.name),
            resolution: fields.resolution.map(|resolution| resolution.name),
            owner: fields.assignee.and_then(|user| user.called()),
            points: custom.points(&fields.custom),
            created_at: fields.created.0,
            updated_at: fields.updated.0,
            resolved_at: fields.resolutiondate.map(|at| at.0),
            category_since: fields.statuscategorychangedate.map(|at| at.0),
            due: fields.duedate,
            versions: versions
                .map(|version| VersionName { id: version.id, name: version.name })
                .take(MOST_NESTED)
                .collect(),
            components: names(fields.components),
            labels: fields.labels.unwrap_or_default().into_iter().take(MOST_NESTED).collect(),
            blocked_by: blockers(&fields.issuelinks.unwrap_or_default()),
            parent: parent.or_else(|| custom.epic(&fields.custom)),
            sprint: custom.sprint(&fields.custom),
            key: wire.key,
            past: None,
        }
    }
}

/// The issues that must be done before the one that has these links.
///
/// A link has a type with a phrase for each end. "X is blocked by Y" is told of X as an inward
/// issue Y of the type "Blocks". Other types say it the other way round: "X depends on Y".
pub(super) fn blockers(links: &[wire::Link]) -> Vec<Text> {
    let is_waiting = |phrase: Option<&Text>| {
        phrase.is_some_and(|phrase| {
            let phrase = phrase.to_lowercase();
            phrase.contains("blocked by") || phrase == "depends on" || phrase == "is dependent on"
        })
    };
    let mut blockers = Vec::new();
    for link in links.iter().take(MOST_NESTED) {
        let Some(kind) = &link.kind else { continue };
        let name = kind.name.as_ref().map(|name| name.to_lowercase()).unwrap_or_default();
        let is_blocks = matches!(name.as_str(), "blocks" | "blocker");
        // Where the phrases are in another language, the name of the type is still English.
        let inward = is_waiting(kind.inward.as_ref()) || (is_blocks && !is_waiting(kind.outward.as_ref()));
        let outward = is_waiting(kind.outward.as_ref());
        for (is_blocker, issue) in [(inward, &link.inward_issue), (outward, &link.outward_issue)] {
            if let Some(issue) = issue.as_ref().filter(|_| is_blocker)
                && !blockers.contains(&issue.key)
            {
                blockers.push(issue.key.clone());
            }
        }
    }
    blockers
}

/// Reads histories of one issue, in any order. The number is of those that cannot be read.
pub(super) fn past(histories: Vec<Value>) -> (Vec<Change>, usize) {
    let sent = histories.len();
    let mut read: Vec<wire::History> =
        histories.into_iter().filter_map(|history| serde_json::from_value(history).ok()).collect();
    let unreadable = sent - read.len();
    // Some lists begin with the newest; what was changed at one time stays in its order.
    if let [first, .., last] = &read[..]
        && first.created.0 > last.created.0
    {
        read.reverse();
    }
    read.sort_by_key(|history| {
        let id = history.id.as_ref().and_then(|id| id.parse::<u64>().ok());
        (history.created.0, id)
    });
    let mut changes = Vec::new();
    for history in read {
        let at = history.created.0;
        changes.extend(history.items.into_iter().filter_map(changed).map(|what| Change { at, what }));
    }
    (changes, unreadable)
}

/// Sorts changes and leaves out what came twice, as pages may overlap.
pub(super) fn in_order(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(|change| change.at);
    let mut kept: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        let is_known =
            kept.iter().rev().take_while(|known| known.at == change.at).any(|known| *known == change);
        if !is_known {
            kept.push(change);
        }
    }
    kept.drain(..kept.len().saturating_sub(MOST_CHANGES));
    kept
}

fn changed(item: wire::Item) -> Option<Changed> {
    let is = |id: &str, name: &str| match (&item.field_id, &item.field) {
        (Some(field_id), _) => field_id == id,
        (None, Some(field)) => field == name,
        (None, None) => false,
    };
    if is("status", "status") {
        let status = |id, name| Some(StatusName { id: id?, name: Option::unwrap_or_default(name) });
        return Some(Changed::Status {
            from: status(item.from, item.from_string)?,
            to: status(item.to, item.to_string)?,
        });
    }
    if is("fixVersions", "Fix Version") {
        let version = |id: Option<Text>, name: Option<Text>| {
            let id = id.filter(|id| !id.is_empty())?;
            Some(VersionName { id, name: name.unwrap_or_default() })
        };
        return Some(Changed::Versions {
            removed: version(item.from, item.from_string),
            added: version(item.to, item.to_string),
        });
    }
    if is("resolution", "resolution") {
        let name = |name: Option<Text>| name.filter(|name| !name.is_empty());
        return Some(Changed::Resolution { from: name(item.from_string), to: name(item.to_string) });
    }
    if is("assignee", "assignee") {
        let name = |name: Option<Text>| name.filter(|name| !name.is_empty());
        return Some(Changed::Owner { from: name(item.from_string), to: name(item.to_string) });
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_blocks_is_told_apart_from_what_is_blocked() {
        let link = |name: &str, inward: &str, outward: &str, end: &str| {
            json!({ "id": "1", "type": { "name": name, "inward": inward, "outward": outward },
                    end: { "id": "9", "key": "PAY-9", "fields": {} } })
        };
        for (link, is_blocked) in [
            (link("Blocks", "is blocked by", "blocks", "inwardIssue"), true),
            (link("Blocks", "is blocked by", "blocks", "outwardIssue"), false),
            (link("Blocks", "wird blockiert von", "blockiert", "inwardIssue"), true),
            (link("Blocks", "wird blockiert von", "blockiert", "outwardIssue"), false),
            (link("Dependency", "is depended on by", "depends on", "outwardIssue"), true),
            (link("Dependency", "is depended on by", "depends on", "inwardIssue"), false),
            (link("Gate", "blocks", "is blocked by", "outwardIssue"), true),
            (link("Relates", "relates to", "relates to", "inwardIssue"), false),
            (json!({ "inwardIssue": { "key": "PAY-9" } }), false),
        ] {
            let read: wire::Link = serde_json::from_value(link.clone()).unwrap();
            assert_eq!(!blockers(&[read]).is_empty(), is_blocked, "{link}");
        }
    }

    #[test]
    fn the_past_is_read_from_either_product() {
        let histories = vec![
            // Cloud, in bulk.
            json!({ "id": "2", "created": 1_772_452_800_000_i64, "items": [
                { "field": "status", "fieldId": "status", "from": "1", "fromString": "Open", "to": "3", "toString": "Doing" },
                { "field": "Rank", "fieldId": "customfield_10019", "from": "", "to": "" },
            ]}),
            // Data Center: no ids of fields.
            json!({ "id": "1", "created": "2026-03-01T12:00:00.000+0000", "items": [
                { "field": "Fix Version", "fieldtype": "jira", "from": null, "fromString": null, "to": "10000", "toString": "4.2" },
                { "field": "resolution", "fieldtype": "jira", "from": null, "fromString": null, "to": "2", "toString": "Duplicate" },
            ]}),
            json!({ "id": "3", "created": "one day", "items": [] }),
            json!({ "id": "2", "created": 1_772_452_800, "items": [
                { "field": "status", "from": "1", "fromString": "Open", "to": "3", "toString": "Doing" },
            ]}),
        ];
        let (changes, unreadable) = past(histories);
        assert_eq!((changes.len(), unreadable), (4, 1));
        let changes = in_order(changes);
        assert_eq!(changes.len(), 3, "what came twice is there once: {changes:?}");
        assert!(
            matches!(&changes[0].what, Changed::Versions { removed: None, added: Some(version) } if version.name == "4.2")
        );
        assert!(matches!(&changes[1].what, Changed::Resolution { to: Some(to), .. } if to == "Duplicate"));
        assert!(matches!(&changes[2].what, Changed::Status { from, to } if from.id == "1" && to.id == "3"));
    }
}

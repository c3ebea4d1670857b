//! What Jira sends, as far as it is asked for: REST v3 of Cloud and v2 of Data Center. What may be
//! missing, or not be shown to this token, is an `Option`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;

use super::timestamp::Timestamp;
use crate::domain::Text;

/// `serverInfo`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerInfo {
    pub(super) base_url: Option<Text>,
    pub(super) version: Option<Text>,
    pub(super) deployment_type: Option<Text>,
}

/// `myself`, an assignee, a candidate: whatever Jira knows of a person.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    /// Cloud.
    pub(super) account_id: Option<Text>,
    /// Data Center.
    pub(super) name: Option<Text>,
    pub(super) display_name: Option<Text>,
    pub(super) email_address: Option<Text>,
    pub(super) time_zone: Option<Text>,
}

impl User {
    /// What people call them.
    pub(super) fn called(&self) -> Option<Text> {
        let names = [&self.display_name, &self.name, &self.email_address, &self.account_id];
        names.into_iter().flatten().find(|name| !name.is_empty()).cloned()
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: Text,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Status {
    pub(super) id: Text,
    pub(super) name: Text,
    #[serde(rename = "statusCategory")]
    pub(super) category: Option<StatusCategory>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StatusCategory {
    pub(super) key: Text,
}

/// A field, of `field`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Field {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) schema: Option<Schema>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Schema {
    #[serde(rename = "type")]
    pub(super) kind: Option<Text>,
    pub(super) custom: Option<Text>,
}

/// A version, of a project or of an issue.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) released: Option<bool>,
    pub(super) archived: Option<bool>,
    pub(super) start_date: Option<NaiveDate>,
    pub(super) release_date: Option<NaiveDate>,
}

/// An issue of which no more is asked than whether it has changed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Handle {
    pub(super) id: Text,
    #[serde(default)]
    pub(super) fields: HandleFields,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct HandleFields {
    pub(super) updated: Option<Value>,
}

impl Handle {
    /// When it was changed last, in Jira's words: only ever compared.
    pub(super) fn updated(&self) -> Option<Text> {
        match &self.fields.updated {
            Some(Value::String(text)) => Some(Text::new(text)),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) id: Text,
    pub(super) key: Text,
    pub(super) fields: Fields,
    pub(super) changelog: Option<Past>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Fields {
    pub(super) summary: Text,
    pub(super) status: Status,
    pub(super) project: Option<Project>,
    pub(super) issuetype: Option<Named>,
    pub(super) priority: Option<Named>,
    pub(super) resolution: Option<Named>,
    pub(super) assignee: Option<User>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) resolutiondate: Option<Timestamp>,
    pub(super) statuscategorychangedate: Option<Timestamp>,
    pub(super) duedate: Option<NaiveDate>,
    #[serde(rename = "fixVersions")]
    pub(super) fix_versions: Option<Vec<VersionName>>,
    pub(super) components: Option<Vec<Named>>,
    pub(super) labels: Option<Vec<Text>>,
    pub(super) issuelinks: Option<Vec<Link>>,
    pub(super) parent: Option<Keyed>,
    /// Custom fields, by their ids.
    #[serde(flatten)]
    pub(super) custom: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Project {
    pub(super) key: Text,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Keyed {
    pub(super) key: Text,
}

/// A version that an issue is in.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct VersionName {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) released: Option<bool>,
    pub(super) archived: Option<bool>,
}

/// A link to another issue, which is at one of its two ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    #[serde(rename = "type")]
    pub(super) kind: Option<LinkType>,
    pub(super) inward_issue: Option<Keyed>,
    pub(super) outward_issue: Option<Keyed>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct LinkType {
    pub(super) name: Option<Text>,
    pub(super) inward: Option<Text>,
    pub(super) outward: Option<Text>,
}

/// The changelog that comes with an issue; it may be a part of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Past {
    pub(super) total: Option<u64>,
    pub(super) histories: Vec<Value>,
}

/// Some changes that were made at once.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct History {
    pub(super) id: Option<Text>,
    pub(super) created: Timestamp,
    #[serde(default)]
    pub(super) items: Vec<Item>,
}

/// The change of one field.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    /// Its name, in English.
    pub(super) field: Option<Text>,
    /// Its id; older servers have none.
    pub(super) field_id: Option<Text>,
    pub(super) from: Option<Text>,
    pub(super) from_string: Option<Text>,
    pub(super) to: Option<Text>,
    pub(super) to_string: Option<Text>,
}

/// What belongs to one issue in a bulk answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssueChangeLog {
    pub(super) issue_id: Text,
    #[serde(default)]
    pub(super) change_histories: Vec<Value>,
}

/// `mypermissions`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Permissions {
    pub(super) permissions: BTreeMap<String, Permission>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Permission {
    pub(super) name: Option<Text>,
    pub(super) have_permission: bool,
}

/// A way from one status to another.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Transition {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) to: Option<Named>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, TransitionField>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransitionField {
    pub(super) name: Option<Text>,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) has_default_value: bool,
}

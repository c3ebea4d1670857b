//! What `SonarQube` answers, in the shapes of its Web API.

use serde::Deserialize;

use crate::{domain::Text, source::timestamp::Timestamp};

/// `paging` of every list.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Paging {
    pub(super) total: usize,
}

/// An issue of `GET api/issues/search`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issue {
    pub(super) key: Text,
    pub(super) rule: Option<Text>,
    /// In the words of before version 10: `BLOCKER` to `INFO`.
    pub(super) severity: Option<Text>,
    /// In those of since, by quality.
    #[serde(default)]
    pub(super) impacts: Vec<Impact>,
    pub(super) component: Option<Text>,
    pub(super) line: Option<u32>,
    pub(super) status: Option<Text>,
    pub(super) resolution: Option<Text>,
    /// Status and resolution in one word, since version 10.4.
    pub(super) issue_status: Option<Text>,
    /// The same, as the documentation calls it.
    pub(super) simple_status: Option<Text>,
    pub(super) message: Option<Text>,
    pub(super) creation_date: Timestamp,
    pub(super) update_date: Option<Timestamp>,
    pub(super) close_date: Option<Timestamp>,
}

/// What an issue does to one quality of the software.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Impact {
    pub(super) severity: Option<Text>,
}

/// A security hotspot of `GET api/hotspots/search`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hotspot {
    pub(super) key: Text,
    pub(super) component: Option<Text>,
    pub(super) security_category: Option<Text>,
    pub(super) rule_key: Option<Text>,
    pub(super) vulnerability_probability: Option<Text>,
    pub(super) status: Option<Text>,
    pub(super) resolution: Option<Text>,
    pub(super) line: Option<u32>,
    pub(super) message: Option<Text>,
    pub(super) creation_date: Timestamp,
    pub(super) update_date: Option<Timestamp>,
}

/// An analysis of `GET api/project_analyses/search`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Analysis {
    pub(super) key: Text,
    pub(super) date: Timestamp,
    /// The commit.
    pub(super) revision: Option<Text>,
}

/// `projectStatus` of `GET api/qualitygates/project_status`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ProjectStatus {
    pub(super) status: Text,
    #[serde(default)]
    pub(super) conditions: Vec<Condition>,
}

/// A condition of a quality gate.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    pub(super) status: Text,
    pub(super) metric_key: Text,
    pub(super) comparator: Option<Text>,
    pub(super) error_threshold: Option<Text>,
    pub(super) actual_value: Option<Text>,
}

/// `qualityGate` of `GET api/qualitygates/get_by_project`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct QualityGate {
    pub(super) name: Text,
}

//! What Argo CD answers: the parts that are read of `v1alpha1Application` and `v1alpha1AppProject`
//! of its own description (`assets/swagger.json`). Its server leaves out what is empty, or says
//! `null`: nearly everything is optional.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::{domain::Text, source::timestamp::Timestamp};

/// An item of `GET api/v1/applications`, and all of `GET api/v1/applications/{name}`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Application {
    pub(super) metadata: Metadata,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) spec: Spec,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) status: Status,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) namespace: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) labels: BTreeMap<String, Text>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) project: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) destination: Destination,
    pub(super) sync_policy: Option<SyncPolicy>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Destination {
    /// The address of the cluster.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) server: Text,
    /// Or what it is called.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) name: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) namespace: Text,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct SyncPolicy {
    automated: Option<Automated>,
}

#[derive(Clone, Debug, Deserialize)]
struct Automated {
    enabled: Option<bool>,
}

impl Spec {
    /// It syncs by itself. `automated: {}` says so, unless `enabled` is false (since version 3.1).
    pub(super) fn is_automated(&self) -> bool {
        let automated = self.sync_policy.as_ref().and_then(|policy| policy.automated.as_ref());
        automated.is_some_and(|automated| automated.enabled != Some(false))
    }
}

/// Where manifests come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Origin {
    /// The name of a Helm chart; the revision is its version then.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) chart: Text,
    /// A branch, a tag, a commit, or the version of a chart.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) target_revision: Text,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) sync: Sync,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) health: Health,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) summary: Summary,
    pub(super) operation_state: Option<Operation>,
    /// Not part of a list that was asked for by fields.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) history: Vec<Entry>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Sync {
    /// `Synced`, `OutOfSync` or `Unknown`.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) status: Text,
    /// What is wanted, as far as it was compared.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) revision: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) revisions: Vec<Text>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Health {
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing` or `Unknown`.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) status: Text,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Summary {
    /// Container images that run.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) images: Vec<Text>,
}

/// The operation that runs or ran last.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operation {
    /// `Running`, `Terminating`, `Succeeded`, `Failed` or `Error`.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) phase: Text,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) sync_result: Option<SyncResult>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct SyncResult {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) revision: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) revisions: Vec<Text>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) source: Origin,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) sources: Vec<Origin>,
}

/// A sync of the whole application that succeeded.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(default)]
    pub(super) id: i64,
    pub(super) deployed_at: Timestamp,
    pub(super) deploy_started_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) revision: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) revisions: Vec<Text>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) source: Origin,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) sources: Vec<Origin>,
}

/// An item of `GET api/v1/projects`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Project {
    pub(super) metadata: Metadata,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) spec: ProjectSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectSpec {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) sync_windows: Vec<SyncWindow>,
}

/// A time in which syncs are allowed, or denied.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SyncWindow {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) kind: Text,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) schedule: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) duration: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) applications: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) namespaces: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) clusters: Vec<String>,
    /// Whoever syncs by hand is not held up.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) manual_sync: bool,
    pub(super) time_zone: Option<String>,
    /// All of the lists that are not empty must match; else one is enough.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) use_and_operator: bool,
}

/// `GET api/version`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Version {
    #[serde(rename = "Version")]
    pub(super) version: Text,
}

/// `null` is nothing.
fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

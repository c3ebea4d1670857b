//! What is configured about services, resolved; and which hosts a project's file may name.

use std::{path::PathBuf, time::Duration};

use reqwest::Url;

use super::{
    Resolver,
    complaint::{Complaint, Location},
    hosts::KnownHosts,
    layer::{Layer, Origin},
    value::Value,
};
use crate::domain::Severity;

/// Which GitHub to read, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubConfig {
    /// `github.com`, or the host of an Enterprise server.
    pub host: String,
    /// Owner and name of each: `owner/name`. None: the one that the project is in, if it is there.
    pub repositories: Vec<String>,
    /// The project that the releases of a single repository belong to; none: its name.
    pub project: Option<String>,
    /// Searches whose pull requests are told besides.
    pub search: Vec<String>,
    /// Base branches whose pull requests are told, as patterns; none: all.
    pub bases: Vec<String>,
    /// What its labels mean.
    pub labels: LabelConfig,
    /// How it is asked.
    pub access: Access,
}

/// What labels of a forge mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelConfig {
    /// Labels that make an issue a defect, as patterns; none: the usual ones.
    pub defects: Vec<String>,
    /// Labels that say how bad a defect is, as patterns; a severity without any has the usual ones.
    pub severities: Vec<(Severity, Vec<String>)>,
}

/// Which GitLab to read, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitlabConfig {
    /// `gitlab.com`, or the host of an own one, with its folder if it has one.
    pub host: String,
    /// The path of each: `group/subgroup/name`. None: the one that the project is in, if it is there.
    pub projects: Vec<String>,
    /// The project that the releases of a single one belong to; none: its name.
    pub project: Option<String>,
    /// Base branches whose merge requests are told, as patterns; none: all.
    pub bases: Vec<String>,
    /// What its labels mean.
    pub labels: LabelConfig,
    /// How it is asked.
    pub access: Access,
}

/// Which Jira to read, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraConfig {
    /// Its address.
    pub site: Url,
    /// Keys of projects.
    pub projects: Vec<String>,
    /// The project that the releases of a single one belong to; none: its key.
    pub project: Option<String>,
    /// The issues to read in place of all of the projects.
    pub jql: Option<String>,
    /// Whose token it is, on Jira Cloud.
    pub email: Option<String>,
    /// The field that holds story points; none: the usual one.
    pub points_field: Option<String>,
    /// Issue types that are defects; none: the usual ones.
    pub defect_types: Vec<String>,
    /// Statuses in which an issue is being reviewed; none: the usual ones.
    pub review_statuses: Vec<String>,
    /// Statuses in which an issue is being tested; none: the usual ones.
    pub test_statuses: Vec<String>,
    /// Resolutions of closed issues that were not done; none: the usual ones.
    pub dropped_resolutions: Vec<String>,
    /// How it is asked.
    pub access: Access,
}

/// Which `SonarQube` to read, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SonarqubeConfig {
    /// Its address.
    pub site: Url,
    /// Keys of projects.
    pub projects: Vec<String>,
    /// Branches that were analyzed; none: the main one.
    pub branches: Vec<String>,
    /// The project that the findings of a single one are of; none: its key.
    pub project: Option<String>,
    /// How it is asked.
    pub access: Access,
}

/// Which Argo CD to read, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgocdConfig {
    /// Its address.
    pub site: Url,
    /// Argo CD's projects, as patterns; none: all.
    pub projects: Vec<String>,
    /// Which applications, as Kubernetes selects by labels; none: all.
    pub selector: Option<String>,
    /// What the environment of an application is called.
    pub environment: String,
    /// The label that says the environment of an application.
    pub environment_label: Option<String>,
    /// The label that says its component.
    pub component_label: Option<String>,
    /// The label that says where its environment is.
    pub region_label: Option<String>,
    /// How it is asked.
    pub access: Access,
}

/// How a service is asked: what all of them have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// What ended before so many days is not read.
    pub recent_days: u32,
    /// How long to wait between two rounds.
    pub interval: Duration,
    /// Places of the token, in the order in which they are looked at; none: the usual ones.
    tokens: Vec<TokenPlace>,
    /// The hosts that the token of `tokens` may be sent to.
    hosts: Vec<String>,
    /// Certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy to use in place of that of the system.
    pub proxy: Option<Url>,
}

/// Where the user keeps a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// In a variable of the environment.
    Variable(String),
    /// A program prints it: the program and its arguments.
    Command(Vec<String>),
    /// In a file.
    File(PathBuf),
    /// In the keyring of the system, under the name of a service.
    Keyring(String),
}

impl Access {
    /// Where the token for `host` is; empty: in the usual places. A token that the user keeps for
    /// one host is not sent to another one that a project names.
    pub fn tokens_for(&self, host: &str) -> &[TokenPlace] {
        // A service's folder is no part of its host.
        let host = host.split('/').next().unwrap_or_default();
        if self.hosts.iter().any(|known| known == host) { &self.tokens } else { &[] }
    }
}

/// The tables of services, and which of their settings says where the service is.
const SERVICES: [(&str, &str); 5] = [
    ("source.github", "source.github.host"),
    ("source.gitlab", "source.gitlab.host"),
    ("source.jira", "source.jira.site"),
    ("source.sonarqube", "source.sonarqube.site"),
    ("source.argocd", "source.argocd.site"),
];

impl Resolver {
    pub(super) fn of(&self, table: &str, key: &str) -> Option<&Value> {
        self.settings.get(format!("{table}.{key}").as_str()).map(|(value, _)| value)
    }

    pub(super) fn text_of(&self, table: &str, key: &str) -> Option<String> {
        match self.of(table, key)? {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    pub(super) fn list_of(&self, table: &str, key: &str) -> Vec<String> {
        match self.of(table, key) {
            Some(Value::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    fn path_of(&self, table: &str, key: &str) -> Option<PathBuf> {
        match self.of(table, key)? {
            Value::Path(path) => Some(path.clone()),
            _ => None,
        }
    }

    fn url_of(&self, table: &str, key: &str) -> Option<Url> {
        match self.of(table, key)? {
            Value::Url(url) => Some(url.clone()),
            _ => None,
        }
    }

    /// Hosts that the user's own layers name for a service: where its token may go.
    fn own_hosts(&self, table: &str, place: &str) -> Vec<String> {
        let named = self.own.get(place).and_then(host_in);
        named.into_iter().chain(self.list_of(table, "trusted_hosts")).collect()
    }

    fn access(&self, table: &str, place: &str) -> Access {
        let command = self.list_of(table, "token_command");
        let tokens = [
            self.text_of(table, "token_env").map(TokenPlace::Variable),
            (!command.is_empty()).then_some(TokenPlace::Command(command)),
            self.path_of(table, "token_file").map(TokenPlace::File),
            self.text_of(table, "keyring").map(TokenPlace::Keyring),
        ];
        Access {
            recent_days: match self.of(table, "recent_days") {
                Some(Value::Count(days)) => *days as u32,
                _ => 90,
            },
            interval: match self.of(table, "interval") {
                Some(Value::Duration(interval)) => *interval,
                _ => Duration::from_secs(60),
            },
            tokens: tokens.into_iter().flatten().collect(),
            hosts: self.own_hosts(table, place),
            ca_file: self.path_of(table, "ca_file"),
            proxy: self.url_of(table, "proxy"),
        }
    }

    fn labels(&self, table: &str) -> LabelConfig {
        let severities = [
            (Severity::Critical, "labels.critical"),
            (Severity::High, "labels.high"),
            (Severity::Medium, "labels.medium"),
            (Severity::Low, "labels.low"),
        ];
        LabelConfig {
            defects: self.list_of(table, "labels.defects"),
            severities: severities.map(|(severity, key)| (severity, self.list_of(table, key))).into(),
        }
    }

    fn is_on(&self, table: &str) -> bool {
        matches!(self.of(table, "enabled"), Some(Value::Flag(true)))
    }

    /// What is configured about GitHub; none: it is switched off.
    pub(super) fn github(&self) -> Option<GithubConfig> {
        let [(table, place), ..] = SERVICES;
        self.is_on(table).then(|| GithubConfig {
            host: self.text_of(table, "host").unwrap_or_default(),
            repositories: self.list_of(table, "repositories"),
            project: self.text_of(table, "project").or_else(|| self.text("project")),
            search: self.list_of(table, "search"),
            bases: self.list_of(table, "bases"),
            labels: self.labels(table),
            access: self.access(table, place),
        })
    }

    /// What is configured about GitLab; none: it is switched off.
    pub(super) fn gitlab(&self) -> Option<GitlabConfig> {
        let [_, (table, place), ..] = SERVICES;
        self.is_on(table).then(|| GitlabConfig {
            host: self.text_of(table, "host").unwrap_or_default(),
            projects: self.list_of(table, "projects"),
            project: self.text_of(table, "project").or_else(|| self.text("project")),
            bases: self.list_of(table, "bases"),
            labels: self.labels(table),
            access: self.access(table, place),
        })
    }

    /// What is configured about Jira; none: nothing is, or it is switched off.
    pub(super) fn jira(&self) -> Option<JiraConfig> {
        let [_, _, (table, place), ..] = SERVICES;
        let site = self.url_of(table, "site").filter(|_| self.is_on(table))?;
        Some(JiraConfig {
            site,
            projects: self.list_of(table, "projects"),
            project: self.text_of(table, "project").or_else(|| self.text("project")),
            jql: self.text_of(table, "jql"),
            email: self.text_of(table, "email"),
            points_field: self.text_of(table, "points_field"),
            defect_types: self.list_of(table, "defect_types"),
            review_statuses: self.list_of(table, "review_statuses"),
            test_statuses: self.list_of(table, "test_statuses"),
            dropped_resolutions: self.list_of(table, "dropped_resolutions"),
            access: self.access(table, place),
        })
    }

    /// What is configured about `SonarQube`; none: nothing is, or it is switched off.
    pub(super) fn sonarqube(&self) -> Option<SonarqubeConfig> {
        let [.., (table, place), _] = SERVICES;
        let site = self.url_of(table, "site").filter(|_| self.is_on(table))?;
        Some(SonarqubeConfig {
            site,
            projects: self.list_of(table, "projects"),
            branches: self.list_of(table, "branches"),
            project: self.text_of(table, "project").or_else(|| self.text("project")),
            access: self.access(table, place),
        })
    }

    /// What is configured about Argo CD; none: nothing is, or it is switched off.
    pub(super) fn argocd(&self) -> Option<ArgocdConfig> {
        let [.., (table, place)] = SERVICES;
        let site = self.url_of(table, "site").filter(|_| self.is_on(table))?;
        Some(ArgocdConfig {
            site,
            projects: self.list_of(table, "projects"),
            selector: self.text_of(table, "selector"),
            environment: self.text_of(table, "environment").unwrap_or_default(),
            environment_label: self.text_of(table, "environment_label"),
            component_label: self.text_of(table, "component_label"),
            region_label: self.text_of(table, "region_label"),
            access: self.access(table, place),
        })
    }

    /// Adds what the user's own layers name to the hosts that `gh` and `glab` know.
    pub(super) fn know(&self, known: &mut KnownHosts) {
        let [(github, at_github), (gitlab, at_gitlab), ..] = SERVICES;
        known.github.extend(self.own_hosts(github, at_github));
        known.gitlab.extend(self.own_hosts(gitlab, at_gitlab));
        for hosts in [&mut known.github, &mut known.gitlab] {
            hosts.sort();
            hosts.dedup();
        }
    }

    /// Complains about every host that a project's file names and that the user does not know: a
    /// repository that was cloned must not decide who gets a token.
    pub(super) fn distrust(&self, known: &KnownHosts, user_file: &str) -> Vec<Complaint> {
        let unknown = |(table, place): (&str, &str)| {
            let (value, Origin::File(Layer::Project, at)) = self.settings.get(place)? else { return None };
            let host = host_in(value)?;
            let sign_in = match table {
                "source.github" if !known.github.contains(&host) => "sign in there with `gh auth login`, or ",
                "source.gitlab" if !known.gitlab.contains(&host) => {
                    "sign in there with `glab auth login`, or "
                }
                "source.jira" | "source.sonarqube" | "source.argocd"
                    if !self.own_hosts(table, place).contains(&host) =>
                {
                    ""
                }
                _ => return None,
            };
            Some(Complaint::new(
                Location::File(at.clone()),
                format!("`{place}` in a project's file names the host {host}, which you do not use yet"),
                format!(
                    "if your token may go there, {sign_in}write into {user_file}:\n    [{table}]\n    trusted_hosts = [\"{host}\"]"
                ),
            ))
        };
        SERVICES.into_iter().filter_map(unknown).collect()
    }
}

/// The host that a value names, with its port where it has one of its own.
fn host_in(value: &Value) -> Option<String> {
    match value {
        Value::Text(host) => host.split('/').next().map(str::to_owned),
        Value::Url(url) => host_of_site(url),
        _ => None,
    }
}

/// The host of an address, with its port where that is not the usual one.
pub fn host_of_site(site: &Url) -> Option<String> {
    let host = site.host_str()?.to_ascii_lowercase();
    Some(site.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
}

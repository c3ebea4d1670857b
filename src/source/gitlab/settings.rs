//! Where a GitLab is, and what of it is read.

use std::{path::PathBuf, time::Duration};

use reqwest::Url;
use sha2::{Digest, Sha256};

use crate::{
    domain::{Calendar, Category, Text},
    source::{
        LabelSettings,
        http::{Credentials, Scheme, Settings, TokenFrom},
    },
};

/// What is configured about a GitLab.
#[derive(Clone, Debug)]
pub struct GitlabSettings {
    /// `gitlab.com`, or the host of a server of one's own; with its folder if it has one:
    /// `example.org/gitlab`.
    pub host: String,
    /// The projects that are read.
    pub projects: Vec<GitlabProject>,
    /// Who asks.
    pub credentials: Credentials,
    /// What changed last before so many days is not read: issues and merge requests that are
    /// closed, milestones that are closed, deployments, test reports. What is open is read however
    /// old it is, and so are all issues of the milestones that are open.
    pub recent_days: u32,
    /// Base branches whose merge requests are told, as patterns with `*` and `?`; none: all.
    pub bases: Vec<String>,
    /// Which labels say what.
    pub labels: LabelSettings,
    /// Which labels of an open issue say how far it is: patterns with `*` and `?`, small and capital
    /// letters alike, that match the whole label. Without any, an assigned issue is in progress.
    pub statuses: Vec<(Category, Vec<String>)>,
    /// Whose days due dates are.
    pub calendar: Calendar,
    /// How long to wait between two rounds.
    pub interval: Duration,
    /// Certificate authorities (PEM) to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy to use instead of the one that the environment names.
    pub proxy: Option<Url>,
}

/// One project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitlabProject {
    /// Its groups and its name: `group/subgroup/name`.
    pub path: String,
    /// What its releases are of. None: its name.
    pub project: Option<String>,
}

impl GitlabProject {
    /// Its name without its groups, as it is called on the board.
    pub fn name(&self) -> &str {
        self.path.trim_matches('/').rsplit('/').next().unwrap_or_default()
    }

    /// What its releases are of.
    pub(super) fn project(&self) -> &str {
        self.project.as_deref().unwrap_or_else(|| self.name())
    }
}

impl GitlabSettings {
    /// One project with everything as it usually is. The token is looked for in `GITLAB_TOKEN`, as
    /// `glab` does it, then asked of `glab` itself.
    ///
    /// It is sent as `Authorization: Bearer`, which GitLab takes for personal, project and group
    /// tokens as well as for the OAuth tokens that `glab auth login` stores;
    /// [`Scheme::PrivateToken`] does for the former only.
    pub fn new(host: &str, path: &str) -> Self {
        let host = host.trim_end_matches('/').to_owned();
        let name = authority(&host).to_ascii_lowercase();
        let host = format!("{name}{}", &host[name.len()..]);
        let command = ["glab", "config", "get", "token", "--host", name.as_str()];
        let places = vec![
            TokenFrom::Environment("GITLAB_TOKEN".to_owned()),
            TokenFrom::Command(command.iter().map(|word| (*word).to_owned()).collect()),
        ];
        let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Self {
            host,
            projects: vec![GitlabProject { path: path.trim_matches('/').to_owned(), project: None }],
            credentials: Credentials::new(Scheme::Bearer, places),
            recent_days: 90,
            bases: Vec::new(),
            labels: LabelSettings::default(),
            statuses: vec![
                (
                    Category::ToDo,
                    owned(&["to do", "todo", "*::to do", "*::todo", "*::ready for development"]),
                ),
                (
                    Category::InProgress,
                    owned(&[
                        "doing",
                        "in progress",
                        "*::doing",
                        "*::in progress",
                        "*::in dev",
                        "*::in development",
                    ]),
                ),
                (
                    Category::InReview,
                    owned(&["in review", "*::in review", "*::review", "*::ready for review"]),
                ),
                (
                    Category::InTest,
                    owned(&["in test", "testing", "*::in test", "*::testing", "*::qa", "*::verification"]),
                ),
                (
                    Category::Dropped,
                    owned(&[
                        "wontfix",
                        "won't fix",
                        "won't do",
                        "invalid",
                        "duplicate",
                        "*::wontfix",
                        "*::won't do",
                        "*::canceled",
                        "*::cancelled",
                    ]),
                ),
            ],
            calendar: Calendar::default(),
            interval: Duration::from_secs(60),
            ca_file: None,
            proxy: None,
        }
    }

    /// How its services are reached, for an [`Http`](crate::source::http::Http) of the source
    /// `service`. None if the host is no name of a host.
    pub fn http(&self, service: &str) -> Option<Settings> {
        let name = authority(&self.host);
        let base = Url::parse(&format!("https://{}/api/v4/", self.host)).ok()?;
        // What else an address may hold (a user, a query) is no host.
        if name.is_empty() || name.contains('@') || self.host.contains(['?', '#', '\\', ' ']) {
            return None;
        }
        let mut settings = Settings::new(service, base, self.credentials.clone());
        settings.sign_in = Text::new(format!(
            "run `glab auth login --hostname {name}`, or set GITLAB_TOKEN to a token with the scope read_api"
        ));
        settings.ca_file.clone_from(&self.ca_file);
        settings.proxy.clone_from(&self.proxy);
        Some(settings)
    }

    /// Tells apart what was read by other settings.
    pub(super) fn digest(&self) -> [u8; 32] {
        let paths: Vec<&str> = self.projects.iter().map(|project| project.path.as_str()).collect();
        Sha256::digest(format!("{}\0{}\0{}", self.host, paths.join("\0"), self.recent_days)).into()
    }
}

/// The host and its port, without the folder.
fn authority(host: &str) -> &str {
    host.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_gitlab_has_its_address() {
        for (host, base) in [
            ("gitlab.com", Some("https://gitlab.com/api/v4/")),
            ("GitLab.com", Some("https://gitlab.com/api/v4/")),
            ("git.example.org:8443", Some("https://git.example.org:8443/api/v4/")),
            ("example.org/GitLab/", Some("https://example.org/GitLab/api/v4/")),
            ("user@example.org", None),
            ("no host", None),
            ("", None),
        ] {
            let settings = GitlabSettings::new(host, "group/sub/api");
            let found = settings.http("gitlab").map(|http| http.base.to_string());
            assert_eq!(found.as_deref(), base, "{host}");
        }
        let settings = GitlabSettings::new("Example.org/GitLab", "/group/sub/api/");
        assert_eq!(settings.projects[0].path, "group/sub/api");
        assert_eq!(settings.projects[0].name(), "api");
        let command = &settings.credentials.places[1];
        assert!(matches!(command, TokenFrom::Command(words) if words.last().unwrap() == "example.org"));
    }
}

//! Where a GitHub is, and what of it is read.

use std::time::Duration;

use reqwest::Url;

use crate::{
    domain::{Calendar, Text},
    source::{
        LabelSettings,
        http::{Credentials, Scheme, Settings, TokenFrom},
    },
};

/// What is configured about a GitHub.
#[derive(Clone, Debug)]
pub struct GithubSettings {
    /// `github.com`, the host of an Enterprise server, or a tenant's `name.ghe.com`.
    pub host: String,
    /// The repositories that are read.
    pub repositories: Vec<GithubRepository>,
    /// Who asks.
    pub credentials: Credentials,
    /// What changed last before so many days is not read: issues and pull requests that are
    /// closed, milestones that are closed, deployments. What is open is read however old it is, and
    /// so are all issues of the milestones that are read.
    pub recent_days: u32,
    /// Base branches whose pull requests are told, as patterns with `*` and `?`; none: all.
    pub bases: Vec<String>,
    /// Searches, in GitHub's own syntax, whose pull requests are told too, whatever their base and
    /// age: `label:urgent`, `repo:acme/web base:next`. One that names no repository is made in
    /// each of them. Made again whenever a pull request changed, and once an hour.
    pub search: Vec<String>,
    /// Which labels say what.
    pub labels: LabelSettings,
    /// Whose days due dates are.
    pub calendar: Calendar,
    /// How long to wait between two rounds.
    pub interval: Duration,
}

/// One repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GithubRepository {
    /// Its user or organisation.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// What its releases are of. None: its name.
    pub project: Option<String>,
}

impl GithubRepository {
    /// What its releases are of.
    pub(super) fn project(&self) -> &str {
        self.project.as_ref().unwrap_or(&self.name)
    }
}

impl GithubSettings {
    /// One repository with everything as it usually is. The token is looked for in
    /// `GH_TOKEN` and `GITHUB_TOKEN` (for an Enterprise server `GH_ENTERPRISE_TOKEN` and
    /// `GITHUB_ENTERPRISE_TOKEN`), as `gh` does it, then asked of `gh` itself.
    pub fn new(host: &str, owner: &str, name: &str) -> Self {
        let host = host.to_ascii_lowercase();
        let variables: [&str; 2] = if is_cloud(&host) {
            ["GH_TOKEN", "GITHUB_TOKEN"]
        } else {
            ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]
        };
        let mut places: Vec<TokenFrom> =
            variables.iter().map(|name| TokenFrom::Environment((*name).to_owned())).collect();
        let command = ["gh", "auth", "token", "--hostname", host.as_str()];
        places.push(TokenFrom::Command(command.iter().map(|word| (*word).to_owned()).collect()));
        Self {
            host,
            repositories: vec![GithubRepository {
                owner: owner.to_owned(),
                name: name.to_owned(),
                project: None,
            }],
            credentials: Credentials::new(Scheme::Bearer, places),
            recent_days: 90,
            bases: Vec::new(),
            search: Vec::new(),
            labels: LabelSettings::default(),
            calendar: Calendar::default(),
            interval: Duration::from_secs(60),
        }
    }

    /// How its services are reached, for an [`Http`](crate::source::http::Http) of the source
    /// `service`. Whoever configures a certificate file or a proxy adds it to this.
    ///
    /// None if the host is no name of a host.
    pub fn http(&self, service: &str) -> Option<Settings> {
        let base = match self.host.as_str() {
            "github.com" => "https://api.github.com/".to_owned(),
            host if is_cloud(host) => format!("https://api.{host}/"),
            host => format!("https://{host}/api/"),
        };
        let mut settings = Settings::new(service, Url::parse(&base).ok()?, self.credentials.clone());
        settings.sign_in = Text::new(if is_cloud(&self.host) {
            format!("run `gh auth login --hostname {}`, or set GITHUB_TOKEN", self.host)
        } else {
            format!("run `gh auth login --hostname {}`, or set GH_ENTERPRISE_TOKEN", self.host)
        });
        Some(settings)
    }

    /// Paths of the two interfaces below the base address: REST, then GraphQL.
    pub(super) fn paths(&self) -> (&'static str, &'static str) {
        if is_cloud(&self.host) { ("", "graphql") } else { ("v3/", "graphql") }
    }
}

/// Whether GitHub runs the host itself: its interfaces then have a host of their own.
fn is_cloud(host: &str) -> bool {
    host == "github.com" || host.ends_with(".ghe.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_github_has_its_addresses() {
        for (host, base, rest) in [
            ("github.com", "https://api.github.com/", ""),
            ("GitHub.com", "https://api.github.com/", ""),
            ("acme.ghe.com", "https://api.acme.ghe.com/", ""),
            ("git.example.org", "https://git.example.org/api/", "v3/"),
        ] {
            let settings = GithubSettings::new(host, "o", "r");
            assert_eq!(settings.http("github").unwrap().base.as_str(), base);
            assert_eq!(settings.paths(), (rest, "graphql"));
        }
        let enterprise = GithubSettings::new("git.example.org", "o", "r");
        let first = &enterprise.credentials.places[0];
        assert!(
            matches!(first, TokenFrom::Environment(name) if name == "GH_ENTERPRISE_TOKEN"),
            "a token of github.com is never sent to another host: {first:?}"
        );
        assert!(GithubSettings::new("no host", "o", "r").http("github").is_none());
    }
}

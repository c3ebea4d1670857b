//! Where a Jira is, what of it is read, and what its words mean.

use std::{collections::BTreeMap, time::Duration};

use reqwest::Url;

use crate::{
    domain::{Calendar, Category, Severity, Text},
    source::{
        http::{Credentials, Scheme, Settings, TokenFrom},
        labels,
    },
};

/// What is configured about a Jira.
#[derive(Clone, Debug)]
pub struct JiraSettings {
    /// Its address, with the path that it is installed under: `https://acme.atlassian.net`,
    /// `https://jira.example.org/jira`.
    pub site: Url,
    /// Which of the two products it is.
    pub flavour: Flavour,
    /// The keys of the projects that are read: `PAY`.
    pub projects: Vec<String>,
    /// What the releases of a project are of, by its key. Not named here: its key.
    pub names: BTreeMap<String, String>,
    /// Which issues are read, in JQL, instead of those of `projects`. Sorting is left out.
    pub jql: Option<String>,
    /// The e-mail address that the token belongs to. Jira Cloud needs it; where it is not said,
    /// `JIRA_EMAIL` is asked there. On Data Center: the user of a password.
    pub email: Option<String>,
    /// Where the token is. How it is sent follows from the product and the e-mail address.
    pub credentials: Credentials,
    /// The name of the field that holds the estimated size. None: `Story Points` and
    /// `Story point estimate`, whichever an issue has.
    pub points_field: Option<String>,
    /// What statuses mean by their names, as patterns; the first match counts. Without one, the
    /// status category says: to do, in progress or done.
    pub statuses: Vec<(Category, Vec<String>)>,
    /// Resolutions that mean that a closed issue was not done, as patterns.
    pub dropped: Vec<String>,
    /// Types of issues that are defects, as patterns; any other is a story.
    pub defects: Vec<String>,
    /// How bad a defect is, by its priority, as patterns; without a match it is medium.
    pub severities: Vec<(Severity, Vec<String>)>,
    /// Whose days the dates are.
    pub calendar: Calendar,
    /// What changed last before so many days and is closed is not read, unless it is in a version
    /// that is told. A version that was released before is not told.
    pub recent_days: u32,
    /// How long to wait between two rounds.
    pub interval: Duration,
}

/// Which of the two products a Jira is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// Atlassian runs it: REST v3.
    Cloud,
    /// Its owner runs it, as Data Center or Server: REST v2.
    DataCenter,
    /// `*.atlassian.net` is Cloud; any other says so itself.
    #[default]
    Detect,
}

impl JiraSettings {
    /// Everything as it usually is, and no projects yet. The token is looked for in
    /// `JIRA_API_TOKEN` for Jira Cloud, else in `JIRA_TOKEN`.
    pub fn new(site: Url) -> Self {
        let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let variable = if is_cloud_host(&site) { "JIRA_API_TOKEN" } else { "JIRA_TOKEN" };
        let places = vec![TokenFrom::Environment(variable.to_owned())];
        Self {
            site,
            flavour: Flavour::Detect,
            projects: Vec::new(),
            names: BTreeMap::new(),
            jql: None,
            email: None,
            credentials: Credentials::new(Scheme::Bearer, places),
            points_field: None,
            statuses: vec![
                (
                    Category::InReview,
                    owned(&["*in review", "review", "code review", "peer review", "reviewing"]),
                ),
                (
                    Category::InTest,
                    owned(&["in test", "in testing", "testing", "*in qa", "qa", "test", "verification"]),
                ),
            ],
            dropped: labels::dropped_resolutions(),
            defects: owned(&["bug", "defect", "*[ -]bug", "*[ -]defect"]),
            severities: labels::severities_by_priority(),
            calendar: Calendar::default(),
            recent_days: 90,
            interval: Duration::from_secs(60),
        }
    }

    /// How it is reached, for an [`Http`](crate::source::http::Http) of the source `service`.
    /// Whoever configures a certificate file or a proxy adds it to this.
    ///
    /// Asks the environment for `JIRA_EMAIL` where Jira Cloud needs an address and none is
    /// configured.
    pub fn http(&self, service: &str) -> Settings {
        let environment = || std::env::var("JIRA_EMAIL").ok().filter(|address| !address.trim().is_empty());
        let user = match &self.email {
            None if self.looks_like_cloud() => environment(),
            email => email.clone(),
        };
        let scheme = user.map_or(Scheme::Bearer, |address| Scheme::Basic { user: address.trim().to_owned() });
        let has_user = matches!(scheme, Scheme::Basic { .. });
        let credentials = Credentials::new(scheme, self.credentials.places.clone());
        let mut settings = Settings::new(service, self.site.clone(), credentials);
        settings.sign_in = Text::new(match (self.looks_like_cloud(), has_user) {
            (true, true) => "make an API token at id.atlassian.com (Security) and set JIRA_API_TOKEN to it",
            (true, false) => {
                "set JIRA_EMAIL to your address and JIRA_API_TOKEN to an API token of id.atlassian.com (Security)"
            }
            (false, _) => "make a personal access token in your Jira profile and set JIRA_TOKEN to it",
        });
        settings
    }

    /// Whether it is Jira Cloud, as far as can be told without asking.
    pub(super) fn looks_like_cloud(&self) -> bool {
        match self.flavour {
            Flavour::Cloud => true,
            Flavour::DataCenter => false,
            Flavour::Detect => is_cloud_host(&self.site),
        }
    }

    /// What the releases of a project are of.
    pub(super) fn name_of<'a>(&'a self, project: &'a str) -> &'a str {
        let named = self.names.iter().find(|(key, _)| key.eq_ignore_ascii_case(project));
        named.map_or(project, |(_, name)| name.as_str())
    }
}

fn is_cloud_host(site: &Url) -> bool {
    // `api.atlassian.com/ex/jira/<id>` is where tokens with scopes are used.
    site.host_str().is_some_and(|host| {
        host.ends_with(".atlassian.net") || host.ends_with(".jira.com") || host == "api.atlassian.com"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_product_has_its_way_to_sign_in() {
        let of = |site: &str, flavour, email: Option<&str>| {
            let mut settings = JiraSettings::new(Url::parse(site).unwrap());
            settings.flavour = flavour;
            settings.email = email.map(str::to_owned);
            (settings.looks_like_cloud(), settings.http("jira"), settings.credentials.places.remove(0))
        };
        for (site, flavour, email, cloud, basic, variable) in [
            (
                "https://acme.atlassian.net",
                Flavour::Detect,
                Some("kim@acme.org"),
                true,
                true,
                "JIRA_API_TOKEN",
            ),
            ("https://jira.acme.org/jira", Flavour::Detect, None, false, false, "JIRA_TOKEN"),
            ("https://jira.acme.org/jira", Flavour::DataCenter, Some("kim"), false, true, "JIRA_TOKEN"),
            ("https://tasks.acme.org", Flavour::Cloud, Some("kim@acme.org"), true, true, "JIRA_TOKEN"),
            ("https://evil-atlassian.net", Flavour::Detect, None, false, false, "JIRA_TOKEN"),
        ] {
            let (is_cloud, http, place) = of(site, flavour, email);
            assert_eq!(is_cloud, cloud, "{site}");
            assert_eq!(matches!(http.credentials.scheme, Scheme::Basic { .. }), basic, "{site}");
            assert!(matches!(place, TokenFrom::Environment(name) if name == variable), "{site}");
        }
    }
}

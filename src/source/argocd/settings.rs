//! Where an Argo CD is, what of it is read, and what its applications are called on the board.

use std::{collections::BTreeMap, time::Duration};

use reqwest::Url;

use crate::{
    domain::{Text, Tier},
    source::{
        http::{Credentials, Scheme, Settings, TokenFrom},
        labels,
    },
};

use super::wire::{Application, Destination};

/// Which Argo CD to read, and what of it.
#[derive(Clone, Debug)]
pub struct ArgocdSettings {
    /// Its address.
    pub site: Url,
    /// Argo CD's projects, as patterns; none: all.
    pub projects: Vec<String>,
    /// Which applications, as Kubernetes selects by labels; none: all.
    pub selector: Option<String>,
    /// What the environment of an application is called, with `{cluster}`, `{namespace}`,
    /// `{project}` and `{application}`.
    pub environment: String,
    /// The label of an application that says its environment.
    pub environment_label: Option<String>,
    /// The label of an application that says its component.
    pub component_label: Option<String>,
    /// The label of an application that says where its environment is.
    pub region_label: Option<String>,
    /// Who asks.
    pub credentials: Credentials,
    /// Deployments that ended longer ago are not told, in days; the newest one of each always is.
    pub recent_days: u32,
    /// How long to wait between two rounds.
    pub interval: Duration,
}

impl ArgocdSettings {
    /// What environments are called where nobody says it.
    pub const ENVIRONMENT: &str = "{cluster}/{namespace}";

    /// The Argo CD at `site`, with everything else as it usually is. The token is looked for in
    /// `ARGOCD_AUTH_TOKEN`, as `argocd` does it.
    pub fn new(site: Url) -> Self {
        let places = vec![TokenFrom::Environment("ARGOCD_AUTH_TOKEN".to_owned())];
        Self {
            site,
            projects: Vec::new(),
            selector: None,
            environment: Self::ENVIRONMENT.to_owned(),
            environment_label: None,
            component_label: None,
            region_label: None,
            credentials: Credentials::new(Scheme::Bearer, places),
            recent_days: 90,
            interval: Duration::from_secs(60),
        }
    }

    /// How it is reached.
    pub fn http(&self, service: &str) -> Settings {
        let mut settings = Settings::new(service, self.site.clone(), self.credentials.clone());
        settings.sign_in =
            "make a token (`argocd account generate-token --account NAME`, or one of a project's role) and set ARGOCD_AUTH_TOKEN to it"
                .into();
        settings
    }

    /// What an application is called.
    pub(super) fn place(&self, application: &Application) -> Place {
        let labels = &application.metadata.labels;
        let label = |name: &Option<String>| {
            let value = labels.get(name.as_deref()?)?;
            (!value.is_empty()).then(|| value.clone())
        };
        let (name, destination) = (&application.metadata.name, &application.spec.destination);
        let cluster = cluster(destination);
        let environment = label(&self.environment_label).unwrap_or_else(|| {
            let written = fill(
                &self.environment,
                &BTreeMap::from([
                    ("{cluster}", cluster.as_str()),
                    ("{namespace}", destination.namespace.as_str()),
                    ("{project}", application.spec.project.as_str()),
                    ("{application}", name.as_str()),
                ]),
            );
            // Of an application whose manifests say their namespaces themselves there is none.
            Text::new(written.trim_matches(['/', '-', '.', ' ']))
        });
        let component = label(&self.component_label)
            .unwrap_or_else(|| Text::new(without(name, &environment, &cluster, &destination.namespace)));
        Place { component, environment, region: label(&self.region_label) }
    }
}

/// What an application is on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The project of its releases.
    pub(super) component: Text,
    /// Where it goes.
    pub(super) environment: Text,
    /// Where that is.
    pub(super) region: Option<Text>,
}

/// What a cluster is called: its name, `in-cluster` for the one that Argo CD itself is in, else the
/// host of its address.
pub(super) fn cluster(destination: &Destination) -> Text {
    if !destination.name.is_empty() {
        return destination.name.clone();
    }
    if destination.server.as_str().trim_end_matches('/') == "https://kubernetes.default.svc" {
        return Text::new("in-cluster");
    }
    let host = Url::parse(&destination.server).ok().and_then(|url| url.host_str().map(Text::new));
    host.unwrap_or_else(|| destination.server.clone())
}

/// `template` with what stands for each name, each looked for once.
fn fill(template: &str, values: &BTreeMap<&str, &str>) -> String {
    let mut filled = String::new();
    let mut left = template;
    while let Some(character) = left.chars().next() {
        if let Some((name, value)) = values.iter().find(|(name, _)| left.starts_with(**name)) {
            filled.push_str(value);
            left = &left[name.len()..];
        } else {
            filled.push(character);
            left = &left[character.len_utf8()..];
        }
    }
    filled
}

/// The name of an application without where it goes, if that stands at an end of it:
/// `payments-prod` at `prod` is `payments`. A namespace is often called like the component: it
/// counts only where it says what an environment is for.
fn without<'a>(name: &'a str, environment: &str, cluster: &str, namespace: &str) -> &'a str {
    let is_for_something = |word: &&str| labels::tier(word) != Tier::Development || word.contains("dev");
    let last = environment.rsplit('/').next().filter(|last| *last != namespace);
    let parts = last.into_iter().chain(Some(namespace).filter(is_for_something));
    let shorter = |place: &str| {
        let after = name.strip_suffix(place).and_then(|rest| rest.strip_suffix('-'));
        after.or_else(|| name.strip_prefix(place)?.strip_prefix('-')).filter(|rest| !rest.is_empty())
    };
    let places = [cluster, environment].into_iter().chain(parts).filter(|place| !place.is_empty());
    places.into_iter().find_map(shorter).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn applications_are_components_at_environments() {
        let place = |name: &str, destination: serde_json::Value, change: fn(&mut ArgocdSettings)| {
            let application = serde_json::from_value(json!({
                "metadata": {"name": name, "namespace": "argocd",
                             "labels": {"env": "prod", "app": "pay", "region": "eu", "empty": ""}},
                "spec": {"project": "shop", "destination": destination},
            }));
            let mut settings = ArgocdSettings::new(Url::parse("https://argo.example.org").unwrap());
            change(&mut settings);
            let place = settings.place(&application.unwrap());
            format!("{} at {}", place.component, place.environment)
        };
        let here = json!({"server": "https://kubernetes.default.svc", "namespace": "payments"});
        let eu = json!({"name": "prod-eu", "server": "", "namespace": "payments"});
        let far = json!({"server": "https://k8s.example.org:6443", "namespace": null});
        let usual: fn(&mut ArgocdSettings) = |_| {};
        for (name, destination, change, expected) in [
            ("guestbook", &here, usual, "guestbook at in-cluster/payments"),
            ("payments-prod-eu", &eu, usual, "payments at prod-eu/payments"),
            ("payments", &eu, usual, "payments at prod-eu/payments"),
            ("payments-api", &eu, usual, "payments-api at prod-eu/payments"),
            ("auth", &far, usual, "auth at k8s.example.org"),
            ("auth-staging", &eu, |it| it.environment = "staging".into(), "auth at staging"),
            ("staging-auth", &eu, |it| it.environment = "staging".into(), "auth at staging"),
            ("auth-eu", &eu, |it| it.environment = "{project}/eu".into(), "auth at shop/eu"),
            (
                "x",
                &eu,
                |it| {
                    it.environment_label = Some("env".into());
                    it.component_label = Some("app".into());
                },
                "pay at prod",
            ),
            ("x", &eu, |it| it.environment_label = Some("empty".into()), "x at prod-eu/payments"),
            ("x", &eu, |it| it.environment = "{application}: {cluster}".into(), "x at x: prod-eu"),
        ] {
            assert_eq!(place(name, destination.clone(), change), expected, "{name} {destination}");
        }
    }
}

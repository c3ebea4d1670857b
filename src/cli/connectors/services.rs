//! Trackers, analyzers and deployers that are read over the network.

use crate::{
    config::{ArgocdConfig, Config, JiraConfig, SonarqubeConfig, host_of_site},
    domain::{Category, SourceId},
    source::{
        Source,
        argocd::{ArgocdSettings, ArgocdSource},
        jira::{JiraSettings, JiraSource},
        sonarqube::{SonarqubeSettings, SonarqubeSource},
    },
};

use super::{Connector, Part, client, credentials, is_off, listed, not_there, off, replace, replace_of};

pub(super) fn jira(config: &Config) -> Connector {
    const NAME: &str = "jira";
    const SWITCH: &str = "source.jira.enabled";
    let Some(jira) = &config.jira else {
        return if is_off(config, SWITCH) {
            off(config, NAME, SWITCH)
        } else {
            not_there(NAME, "source.jira.site is not set")
        };
    };
    let host = host_of_site(&jira.site).unwrap_or_default();
    let what = match &jira.jql {
        Some(_) => "the issues of source.jira.jql".to_owned(),
        None if jira.projects.is_empty() => {
            return not_there(NAME, "neither source.jira.projects nor source.jira.jql says what to read");
        }
        None => listed(&jira.projects),
    };
    let source = || {
        let settings = jira_settings(config, jira, &host);
        let http = client(NAME, &host, Some(settings.http(NAME)), &jira.access, false)?;
        Ok(Box::new(JiraSource::new(SourceId::new(NAME), settings, http)) as Box<dyn Source>)
    };
    let about = format!("reads {what} at {host}");
    Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source()) }
}

pub(super) fn jira_settings(config: &Config, jira: &JiraConfig, host: &str) -> JiraSettings {
    let mut settings = JiraSettings::new(jira.site.clone());
    settings.credentials = credentials(&jira.access, host, settings.credentials);
    settings.projects.clone_from(&jira.projects);
    if let ([key], Some(project)) = (&jira.projects[..], &jira.project) {
        settings.names.insert(key.clone(), project.clone());
    }
    settings.jql.clone_from(&jira.jql);
    settings.email.clone_from(&jira.email);
    settings.points_field.clone_from(&jira.points_field);
    replace(&mut settings.defects, &jira.defect_types);
    replace(&mut settings.dropped, &jira.dropped_resolutions);
    replace_of(&mut settings.statuses, Category::InReview, &jira.review_statuses);
    replace_of(&mut settings.statuses, Category::InTest, &jira.test_statuses);
    settings.calendar = config.policy.calendar.clone();
    settings.recent_days = jira.access.recent_days;
    settings.interval = jira.access.interval;
    settings
}

pub(super) fn sonarqube(config: &Config) -> Connector {
    const NAME: &str = "sonarqube";
    const SWITCH: &str = "source.sonarqube.enabled";
    let Some(sonarqube) = &config.sonarqube else {
        return if is_off(config, SWITCH) {
            off(config, NAME, SWITCH)
        } else {
            not_there(NAME, "source.sonarqube.site is not set")
        };
    };
    if sonarqube.projects.is_empty() {
        return not_there(NAME, "source.sonarqube.projects names none");
    }
    let host = host_of_site(&sonarqube.site).unwrap_or_default();
    let source = || {
        let settings = sonarqube_settings(sonarqube, &host);
        let http = client(NAME, &host, Some(settings.http(NAME)), &sonarqube.access, false)?;
        Ok(Box::new(SonarqubeSource::new(SourceId::new(NAME), settings, http)) as Box<dyn Source>)
    };
    let about = format!("reads {} at {host}", listed(&sonarqube.projects));
    Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source()) }
}

fn sonarqube_settings(sonarqube: &SonarqubeConfig, host: &str) -> SonarqubeSettings {
    let mut settings = SonarqubeSettings::new(sonarqube.site.clone());
    settings.credentials = credentials(&sonarqube.access, host, settings.credentials);
    settings.projects.clone_from(&sonarqube.projects);
    if let ([key], Some(project)) = (&sonarqube.projects[..], &sonarqube.project) {
        settings.names.insert(key.clone(), project.clone());
    }
    settings.branches.clone_from(&sonarqube.branches);
    settings.recent_days = sonarqube.access.recent_days;
    settings.interval = sonarqube.access.interval;
    settings
}

pub(super) fn argocd(config: &Config) -> Connector {
    const NAME: &str = "argocd";
    const SWITCH: &str = "source.argocd.enabled";
    let Some(argocd) = &config.argocd else {
        return if is_off(config, SWITCH) {
            off(config, NAME, SWITCH)
        } else {
            not_there(NAME, "source.argocd.site is not set")
        };
    };
    let host = host_of_site(&argocd.site).unwrap_or_default();
    let source = || {
        let settings = argocd_settings(argocd, &host);
        let http = client(NAME, &host, Some(settings.http(NAME)), &argocd.access, false)?;
        Ok(Box::new(ArgocdSource::new(SourceId::new(NAME), settings, http)) as Box<dyn Source>)
    };
    let what = match &argocd.projects[..] {
        [] => "all applications".to_owned(),
        projects => format!("the applications of {}", listed(projects)),
    };
    let about = format!("reads {what} at {host}");
    Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source()) }
}

fn argocd_settings(argocd: &ArgocdConfig, host: &str) -> ArgocdSettings {
    let mut settings = ArgocdSettings::new(argocd.site.clone());
    settings.credentials = credentials(&argocd.access, host, settings.credentials);
    settings.projects.clone_from(&argocd.projects);
    settings.selector.clone_from(&argocd.selector);
    settings.environment.clone_from(&argocd.environment);
    settings.environment_label.clone_from(&argocd.environment_label);
    settings.component_label.clone_from(&argocd.component_label);
    settings.region_label.clone_from(&argocd.region_label);
    settings.recent_days = argocd.access.recent_days;
    settings.interval = argocd.access.interval;
    settings
}

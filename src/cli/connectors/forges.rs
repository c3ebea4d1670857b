//! The forges: those that are configured, and the one that the repository is at home at.

use crate::{
    config::{Config, GithubConfig, GitlabConfig, LabelConfig},
    domain::SourceId,
    source::{
        LabelSettings, Source,
        git::discover,
        github::{GithubRepository, GithubSettings, GithubSource},
        gitlab::{GitlabProject, GitlabSettings, GitlabSource},
        home::{Home, Joined},
    },
};

use super::{Connector, Failure, Part, client, credentials, listed, not_there, off, replace, replace_of};

pub(super) fn github(config: &Config, home: Option<&Home>, elsewhere: Option<&str>) -> Connector {
    const NAME: &str = "github";
    const SWITCH: &str = "source.github.enabled";
    let Some(github) = &config.github else { return off(config, NAME, SWITCH) };
    if !github.repositories.is_empty() {
        let about = format!("reads {} at {}", listed(&github.repositories), github.host);
        let source = github_source(config, github, &github.host, &github.repositories, None)
            .map(|source| Box::new(source) as Box<dyn Source>);
        return Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source) };
    }
    match home {
        Some(home) => {
            let source =
                github_source(config, github, &home.host, std::slice::from_ref(&home.path), Some(home));
            joined(NAME, SWITCH, home, source.map(|source| Box::new(source) as Box<dyn Source>))
        }
        None => not_there(NAME, &nowhere("source.github.repositories", "gh", elsewhere)),
    }
}

fn github_source(
    config: &Config,
    github: &GithubConfig,
    host: &str,
    paths: &[String],
    home: Option<&Home>,
) -> Result<GithubSource, Failure> {
    let settings = github_settings(config, github, host, paths, home);
    let http = client("github", host, settings.http("github"), &github.access, home.is_some())?;
    Ok(GithubSource::new(SourceId::new("github"), settings, http))
}

pub(super) fn github_settings(
    config: &Config,
    github: &GithubConfig,
    host: &str,
    paths: &[String],
    home: Option<&Home>,
) -> GithubSettings {
    let named = paths.iter().filter_map(|path| path.split_once('/'));
    let repositories: Vec<_> = named
        .map(|(owner, name)| GithubRepository {
            owner: owner.to_owned(),
            name: name.to_owned(),
            project: project(config, github.project.as_deref(), paths.len(), home),
        })
        .collect();
    let first = repositories.first().map_or(("", ""), |first| (&first.owner, &first.name));
    let mut settings = GithubSettings::new(host, first.0, first.1);
    settings.repositories = repositories;
    settings.credentials = credentials(&github.access, host, settings.credentials);
    settings.recent_days = github.access.recent_days;
    settings.interval = github.access.interval;
    settings.bases.clone_from(&github.bases);
    settings.search.clone_from(&github.search);
    relabel(&mut settings.labels, &github.labels);
    settings.calendar = config.policy.calendar.clone();
    settings
}

pub(super) fn gitlab(config: &Config, home: Option<&Home>, elsewhere: Option<&str>) -> Connector {
    const NAME: &str = "gitlab";
    const SWITCH: &str = "source.gitlab.enabled";
    let Some(gitlab) = &config.gitlab else { return off(config, NAME, SWITCH) };
    let source = |host: &str, paths: &[String], home: Option<&Home>| {
        let settings = gitlab_settings(config, gitlab, host, paths, home);
        let http = client(NAME, host, settings.http(NAME), &gitlab.access, home.is_some())?;
        Ok(Box::new(GitlabSource::new(SourceId::new(NAME), settings, http)) as Box<dyn Source>)
    };
    if !gitlab.projects.is_empty() {
        let about = format!("reads {} at {}", listed(&gitlab.projects), gitlab.host);
        let source = source(&gitlab.host, &gitlab.projects, None);
        return Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source) };
    }
    match home.map(|home| in_folder(home, &gitlab.host)) {
        Some(home) => {
            let source = source(&home.host, std::slice::from_ref(&home.path), Some(&home));
            joined(NAME, SWITCH, &home, source)
        }
        None => not_there(NAME, &nowhere("source.gitlab.projects", "glab", elsewhere)),
    }
}

/// `home` as seen from a GitLab that is installed in a folder of its host, if `configured` says so.
pub(in crate::cli) fn in_folder(home: &Home, configured: &str) -> Home {
    let mut home = home.clone();
    if let Some((host, folder)) = configured.split_once('/')
        && host == home.host
    {
        // In addresses of ssh the folder does not stand.
        let within = home.path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        if let Some(within) = within.map(str::to_owned) {
            home.path = within;
        }
        configured.clone_into(&mut home.host);
    }
    home
}

pub(super) fn gitlab_settings(
    config: &Config,
    gitlab: &GitlabConfig,
    host: &str,
    paths: &[String],
    home: Option<&Home>,
) -> GitlabSettings {
    let mut settings = GitlabSettings::new(host, "");
    let project = project(config, gitlab.project.as_deref(), paths.len(), home);
    settings.projects =
        paths.iter().map(|path| GitlabProject { path: path.clone(), project: project.clone() }).collect();
    settings.credentials = credentials(&gitlab.access, host, settings.credentials);
    settings.recent_days = gitlab.access.recent_days;
    settings.interval = gitlab.access.interval;
    settings.bases.clone_from(&gitlab.bases);
    relabel(&mut settings.labels, &gitlab.labels);
    settings.calendar = config.policy.calendar.clone();
    settings
}

/// What a person says of labels in place of what is usual.
fn relabel(usual: &mut LabelSettings, configured: &LabelConfig) {
    replace(&mut usual.defects, &configured.defects);
    for (severity, patterns) in &configured.severities {
        replace_of(&mut usual.severities, *severity, patterns);
    }
}

/// The project that the releases of a repository at a forge belong to. Several repositories are
/// several projects; one that joined belongs to that of the source `git`, so that their releases
/// are the same.
fn project(
    config: &Config,
    configured: Option<&str>,
    repositories: usize,
    home: Option<&Home>,
) -> Option<String> {
    let configured = configured.filter(|_| repositories == 1).map(str::to_owned);
    let git = config.git.as_ref().filter(|_| home.is_some());
    configured.or_else(|| git?.project.clone()).or_else(|| Some(discover(&git?.path)?.project))
}

/// A forge that joined by itself.
fn joined(
    name: &'static str,
    switch: &str,
    home: &Home,
    source: Result<Box<dyn Source>, Failure>,
) -> Connector {
    let what = format!("{} at {}", home.path, home.host);
    let about = format!("the remote `{}` is {what}", home.remote);
    let source = source.map(|source| Box::new(Joined::new(source, what, switch)) as Box<dyn Source>);
    Connector { name: name.into(), part: Part::Joined, about, source: Some(source) }
}

/// Why a forge is not asked.
fn nowhere(setting: &str, program: &str, elsewhere: Option<&str>) -> String {
    match elsewhere {
        Some(host) => format!(
            "{setting} is empty, and the repository's remote is at {host}, where you are not signed in: if that is one, `{program} auth login --hostname {host}`"
        ),
        None => format!("{setting} is empty, and no remote `upstream` or `origin` is at one"),
    }
}

//! From the configuration to the settings of each connector.

use std::path::Path;

use super::{
    forges::{github_settings, gitlab_settings},
    services::jira_settings,
    *,
};
use crate::{
    config::{self, Environment, Flags},
    domain::{Category, Severity},
    source::home::Home,
};

#[expect(clippy::disallowed_methods, reason = "a test makes its files")]
fn loaded(root: &Path, user: &str, project: &str) -> Config {
    std::fs::create_dir_all(root.join("home/.config/tminus")).unwrap();
    std::fs::create_dir_all(root.join("work")).unwrap();
    std::fs::write(root.join("home/.config/tminus/config.toml"), user).unwrap();
    std::fs::write(root.join("work/.tminus.toml"), project).unwrap();
    let environment = Environment {
        working_directory: root.join("work"),
        home: Some(root.join("home")),
        ..Environment::default()
    };
    config::load(&environment, &Flags::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn home_at(host: &str) -> Home {
    Home {
        service: Service::Github,
        host: host.to_owned(),
        path: "o/r".to_owned(),
        remote: "origin".to_owned(),
    }
}

#[test]
fn what_is_configured_reaches_the_connector() {
    let directory = tempfile::tempdir().unwrap();
    let user = "[source.github]\nhost = \"git.example.org\"\ntoken_env = \"WORK\"\nkeyring = \"tminus\"\n";
    let project = "[source.github]\nrepositories = [\"o/r\"]\nproject = \"shop\"\nbases = [\"main\"]\nrecent_days = 7\nlabels.defects = [\"kaputt\"]\nlabels.high = [\"heiss\"]\n";
    let config = loaded(directory.path(), user, project);
    let github = config.github.clone().unwrap();
    let settings = github_settings(&config, &github, &github.host, &github.repositories, None);
    let [repository] = &settings.repositories[..] else { panic!("{settings:?}") };
    assert_eq!((repository.owner.as_str(), repository.name.as_str()), ("o", "r"));
    assert_eq!(repository.project.as_deref(), Some("shop"));
    assert_eq!((settings.host.as_str(), settings.recent_days), ("git.example.org", 7));
    assert_eq!(settings.labels.defects, ["kaputt"]);
    let high: Vec<_> =
        settings.labels.severities.iter().filter(|(severity, _)| *severity == Severity::High).collect();
    assert_eq!(high, [&(Severity::High, vec!["heiss".to_owned()])]);
    assert_eq!(settings.labels.severities.len(), 4);
    assert!(matches!(
        &settings.credentials.places[..],
        [TokenFrom::Environment(name), TokenFrom::Keyring { account, .. }]
            if name == "WORK" && account == "git.example.org"
    ));
    // The token is for that host alone, also where a forge joins.
    let joined =
        github_settings(&config, &github, "github.com", &["o/r".to_owned()], Some(&home_at("github.com")));
    let first = joined.credentials.places.first();
    assert!(matches!(first, Some(TokenFrom::Environment(name)) if name == "GH_TOKEN"), "{first:?}");
}

#[test]
fn a_gitlab_reads_what_is_configured_and_may_be_in_a_folder() {
    let directory = tempfile::tempdir().unwrap();
    let user = "[source.gitlab]\nhost = \"Example.org/gitlab\"\ntoken_env = \"WORK\"\n";
    let project = "[source.gitlab]\nprojects = [\"g/s/r\"]\nbases = [\"main\"]\nlabels.low = [\"egal\"]\n";
    let config = loaded(directory.path(), user, project);
    let connector = &all(&config)[3];
    assert_eq!(
        (connector.part, connector.about.as_str()),
        (Part::InUse, "reads g/s/r at example.org/gitlab")
    );
    assert!(matches!(connector.source, Some(Ok(_))));
    let gitlab = config.gitlab.clone().unwrap();
    let settings = gitlab_settings(&config, &gitlab, &gitlab.host, &gitlab.projects, None);
    assert_eq!((settings.projects[0].path.as_str(), settings.bases.len()), ("g/s/r", 1));
    assert!(settings.labels.severities.contains(&(Severity::Low, vec!["egal".to_owned()])));
    let place = settings.credentials.places.first();
    assert!(matches!(place, Some(TokenFrom::Environment(name)) if name == "WORK"), "{place:?}");
    for (path, expected) in [("gitlab/g/r", "g/r"), ("g/r", "g/r"), ("gitlabber/r", "gitlabber/r")] {
        let home = Home { path: path.to_owned(), ..home_at("example.org") };
        let found = in_folder(&home, &gitlab.host);
        assert_eq!((found.host.as_str(), found.path.as_str()), ("example.org/gitlab", expected));
    }
    assert_eq!(in_folder(&home_at("gitlab.com"), &gitlab.host).host, "gitlab.com");
}

#[test]
fn jira_is_read_where_a_site_and_something_to_read_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let user = "[source.jira]\nsite = \"https://jira.example.org/jira\"\ntoken_env = \"WORK\"\n";
    let config = loaded(directory.path(), user, "");
    assert_eq!(all(&config)[1].part, Part::NotThere);
    let project = "project = \"payments\"\n[source.jira]\nprojects = [\"PAY\"]\nreview_statuses = [\"Sichtung\"]\ndefect_types = [\"Fehler\"]\n";
    let config = loaded(directory.path(), user, project);
    let connector = &all(&config)[1];
    assert_eq!((connector.part, connector.about.as_str()), (Part::InUse, "reads PAY at jira.example.org"));
    assert!(matches!(connector.source, Some(Ok(_))));
    let settings = jira_settings(&config, config.jira.as_ref().unwrap(), "jira.example.org");
    assert_eq!(settings.names.get("PAY").map(String::as_str), Some("payments"));
    assert_eq!(settings.defects, ["Fehler"]);
    assert_eq!(settings.statuses[0], (Category::InReview, vec!["Sichtung".to_owned()]));
    assert_eq!(settings.statuses.len(), 2);
    let place = settings.credentials.places.first();
    assert!(matches!(place, Some(TokenFrom::Environment(name)) if name == "WORK"), "{place:?}");
}

#[test]
fn connectors_stand_in_their_rank_and_say_why_they_are_not_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let project =
        "[source.github]\nrepositories = [\"a/b\", \"c/d\"]\n[[release]]\nproject = \"a\"\nversion = \"1\"\n";
    let config = loaded(directory.path(), "", project);
    let all = all(&config);
    let parts: Vec<_> = all.iter().map(|connector| (connector.name.as_ref(), connector.part)).collect();
    assert_eq!(
        parts,
        [
            ("plan", Part::InUse),
            ("jira", Part::NotThere),
            ("github", Part::InUse),
            ("gitlab", Part::NotThere),
            ("argocd", Part::NotThere),
            ("sonarqube", Part::NotThere),
            ("junit", Part::NotThere),
            ("sarif", Part::NotThere),
            ("csv", Part::NotThere),
            ("calendar", Part::NotThere),
            ("git", Part::NotThere)
        ]
    );
    assert_eq!(all[2].about, "reads a/b, c/d at github.com");

    let config =
        loaded(directory.path(), "[source.github]\nenabled = false\nca_file = \"none.pem\"\n", project);
    let all = self::all(&config);
    assert_eq!((all[2].part, all[2].source.is_none()), (Part::SwitchedOff, true));
    assert!(all[2].about.contains("config.toml:2"), "{}", all[2].about);

    let config = loaded(directory.path(), "[source.github]\nca_file = \"none.pem\"\n", project);
    let Some(Err(Failure::Usage(message))) = &self::all(&config)[2].source else { panic!("no failure") };
    assert!(message.contains("none.pem: cannot be read"), "{message}");
}

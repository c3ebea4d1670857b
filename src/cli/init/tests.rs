use std::fs;

use super::*;
use crate::{config::Flags, source::home::Service};

fn home(service: Service, host: &str) -> Home {
    Home { service, host: host.to_owned(), path: "acme/pay".to_owned(), remote: "origin".to_owned() }
}

fn nothing() -> Found {
    Found {
        shown: ".tminus.toml".to_owned(),
        project: "pay".to_owned(),
        repository: None,
        home: Err(None),
        around: Around::default(),
        junit: Vec::new(),
        junit_left: 0,
        sarif: Vec::new(),
        sarif_left: 0,
        keeps_past: false,
        zone: None,
        today: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
    }
}

fn everything() -> Found {
    let pattern = |written: &str| Pattern { written: written.to_owned(), files: 3 };
    let around = Around {
        plans: vec!["plan/next.toml".to_owned()],
        sonarqube: Some("acme:pay".to_owned()),
        ..Around::default()
    };
    Found {
        repository: Some("the repository here".to_owned()),
        home: Ok(home(Service::Github, "github.com")),
        around,
        junit: vec![pattern("target/r/TEST-*.xml"), pattern("ui \"odd\"/a.xml")],
        sarif: vec![pattern("scan/*.sarif")],
        zone: Some("Europe/Berlin".to_owned()),
        ..nothing()
    }
}

/// What the configuration is with this project's file.
#[expect(clippy::disallowed_methods, reason = "a test makes its files")]
fn loaded(text: &str) -> Config {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(".tminus.toml"), text).unwrap();
    let variables = [("GH_HOST", "git.example.org")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = Environment {
        working_directory: directory.path().to_owned(),
        home: Some("/nowhere".into()),
        variables: variables.into(),
        ..Environment::default()
    };
    config::load(&environment, &Flags::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn the_file_is_right_as_it_is_and_with_every_line_switched_on() {
    let unknown = Found { home: Err(Some("code.example.net".to_owned())), ..nothing() };
    let gitlab = Found { home: Ok(home(Service::Gitlab, "gitlab.com")), ..everything() };
    let enterprise = Found { home: Ok(home(Service::Github, "git.example.org")), ..everything() };
    let kept = Found { keeps_past: true, ..everything() };
    for found in [nothing(), everything(), unknown, gitlab, enterprise, kept] {
        let text = written::written(&found);
        loaded(&text);
        let switched_on = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest.to_owned(),
            _ => line.to_owned(),
        };
        let all: Vec<String> = text.lines().map(switched_on).collect();
        let all = loaded(&all.join("\n"));
        assert_eq!(all.project.as_deref(), Some("pay"));
        assert!(all.plan.is_some() && all.junit.is_some() && all.sarif.is_some() && all.csv.is_some());
        assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    }
}

#[test]
fn what_was_found_is_switched_on_and_what_was_not_is_not() {
    let config = loaded(&written::written(&everything()));
    assert_eq!(config.github.unwrap().repositories, ["acme/pay"]);
    let files: Vec<String> = config.junit.unwrap().files.iter().map(|file| file.pattern.clone()).collect();
    assert_eq!(files, ["TEST-*.xml", ""]);
    assert_eq!(config.sarif.unwrap().files.len(), 1);
    assert_eq!(config.plan.unwrap().files.len(), 1);
    let config = loaded(&written::written(&nothing()));
    assert!(config.github.unwrap().repositories.is_empty() && config.gitlab.unwrap().projects.is_empty());
    assert!(config.junit.is_none() && config.sarif.is_none() && config.plan.is_none());
    // The board that was kept so far would be another one.
    let config = loaded(&written::written(&Found { keeps_past: true, ..everything() }));
    assert!(config.github.unwrap().repositories.is_empty());
    let host = loaded(&written::written(&Found {
        home: Ok(home(Service::Github, "git.example.org")),
        ..everything()
    }));
    assert_eq!(host.github.unwrap().host, "git.example.org");
}

#[test]
fn people_are_told_what_was_found_and_what_to_do_next() {
    for (case, found, is_set, said) in [
        ("nothing", nothing(), false, &["no repository", "tminus demo", "$EDITOR .tminus.toml"][..]),
        (
            "everything",
            everything(),
            false,
            &[
                "acme/pay at github.com, by the remote `origin`",
                "6 test reports: target/r/TEST-*.xml",
                "gh auth login --hostname github.com",
                "GH_TOKEN or GITHUB_TOKEN",
                "plan/next.toml",
                "acme:pay",
            ],
        ),
        ("signed in", everything(), true, &["$GH_TOKEN", "signs in at github.com"]),
        (
            "elsewhere",
            Found { home: Err(Some("code.example.net".to_owned())), ..nothing() },
            false,
            &["the remote is at code.example.net", "--hostname code.example.net", "tminus init --force"],
        ),
        ("more reports", Found { junit_left: 7, ..everything() }, false, &["7 more are not named"]),
        ("kept", Found { keeps_past: true, ..everything() }, false, &["left switched off"]),
    ] {
        let told = said::found(&found) + &said::next_steps(&found, |_| is_set);
        for said in said {
            assert!(told.contains(said), "{case}: {said} is not in\n{told}");
        }
        assert_eq!(told.contains("tminus demo"), found.is_nothing(), "{case}");
    }
}

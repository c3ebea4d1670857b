//! What was found, why it counts, and what to do next, for people.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::insight::words;

use super::{Found, patterns::Pattern, tokens};

/// What was found, in rows of what it is and what is there.
pub(super) fn found(found: &Found) -> String {
    let mut rows: Vec<(&str, String)> = vec![(
        "git",
        match &found.repository {
            Some(repository) => format!("{repository}: tags that name a version are releases"),
            None => "no repository around here".to_owned(),
        },
    )];
    rows.push(match &found.home {
        Ok(home) => {
            let note = if found.keeps_past {
                "; read by itself, and left switched off in the file: what was kept of this board so far is \
                 filed under its sources"
            } else {
                ""
            };
            let name = tokens::service(home);
            (name, format!("{} at {}, by the remote `{}`{note}", home.path, home.host, home.remote))
        }
        Err(Some(host)) => ("forge", format!("the remote is at {host}, where you are not signed in")),
        Err(None) => ("forge", "no remote `upstream` or `origin` is at one".to_owned()),
    });
    rows.push(("junit", files(("test report", "test reports"), &found.junit, found.junit_left)));
    rows.push((
        "sarif",
        files(("report of an analyzer", "reports of analyzers"), &found.sarif, found.sarif_left),
    ));
    if let Some(key) = &found.around.sonarqube {
        rows.push(("sonarqube", format!("the project {key}, by sonar-project.properties")));
    }
    let plan = match found.around.plans.as_slice() {
        [] => "none found: the file has one to fill in".to_owned(),
        plans => format!("{}: releases are named there", words::list(plans, 3)),
    };
    rows.push(("plan", plan));
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, what) in rows {
        let _ = writeln!(out, "  {name:width$}  {what}");
    }
    if found.around.is_cut {
        out.push_str("  not everything was looked at: there is too much of it\n");
    }
    out
}

/// `12 test reports: target/surefire-reports/TEST-*.xml`.
fn files((one, many): (&str, &str), patterns: &[Pattern], left: usize) -> String {
    let count: usize = patterns.iter().map(|pattern| pattern.files).sum();
    let counted = words::count(count, one, many);
    let written: Vec<&str> = patterns.iter().map(|pattern| pattern.written.as_str()).collect();
    match (count, left) {
        (0, _) => format!("no {many} found"),
        (_, 0) => format!("{counted}: {}", words::list(&written, 4)),
        (_, left) => {
            format!("{counted}: {}; {left} more are not named: add them", words::list(&written, 4))
        }
    }
}

/// What to do next: commands, and what they do.
pub(super) fn next_steps(found: &Found, is_set: impl Fn(&str) -> bool) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    match &found.home {
        Ok(home) => {
            let variables = tokens::variables(home);
            if let Some(name) = variables.iter().find(|name| is_set(name)) {
                rows.push((format!("${name}"), format!("is set: it signs in at {}", home.host)));
            } else {
                rows.push((
                    format!("{} auth login --hostname {}", tokens::program(home), tokens::hostname(home)),
                    format!("signs in, as does a token in the variable {}", variables.join(" or ")),
                ));
            }
        }
        Err(Some(host)) => rows.push((
            format!("gh auth login --hostname {host}"),
            "if that is a GitHub; of a GitLab: glab. Then again: tminus init --force".to_owned(),
        )),
        Err(None) => {}
    }
    if found.is_nothing() {
        rows.push(("tminus demo".to_owned(), "shows the board on a simulated organisation".to_owned()));
        let what = "remove the # before a release: it makes a board of its own".to_owned();
        rows.push((format!("$EDITOR {}", found.shown), what));
    }
    rows.push(("tminus config check".to_owned(), "says whether the file is right after a change".to_owned()));
    rows.push(("tminus doctor".to_owned(), "says of every source whether it works".to_owned()));
    rows.push(("tminus".to_owned(), "opens the board".to_owned()));
    let width = rows.iter().map(|(command, _)| command.width()).max().unwrap_or(0);
    let mut out = String::from("What to do next\n");
    for (command, what) in rows {
        let _ = writeln!(out, "  {command:width$}  {what}");
    }
    out
}

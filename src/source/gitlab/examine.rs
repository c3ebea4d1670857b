//! What can be said about a GitLab to somebody who wonders why it does not answer as it should.

use chrono::NaiveDate;
use serde::Deserialize;

use super::{
    ask::{Asking, is_hidden},
    known::Part,
    notice::MILESTONES,
    settings::GitlabSettings,
    wire::{Project, User},
};
use crate::{
    domain::{Problem, SourceId, Text},
    source::{
        Diagnosis, DiagnosisState, Round,
        http::{Http, HttpError, HttpErrorKind, Request, Session, SignedIn},
    },
};

/// A clock that is further off is worth a word.
const MOST_SKEW_SECONDS: i64 = 60;
/// A token that is good for fewer days is worth a word.
const SOON_DAYS: i64 = 14;

#[derive(Deserialize)]
struct Version {
    version: Text,
}

#[derive(Deserialize)]
struct AccessToken {
    #[serde(default)]
    scopes: Vec<Text>,
    expires_at: Option<NaiveDate>,
}

/// All points, also those that are in order.
pub(super) async fn examine(
    http: &Http,
    settings: &GitlabSettings,
    id: &SourceId,
    round: &Round,
) -> Vec<Diagnosis> {
    let session = http.session(round);
    let mut points = Vec::new();
    let version = session.send(Request::get("version", "version").never_remembered()).await;
    let is_reached = match &version {
        Ok(reply) => {
            let version = reply.json::<Version>().map(|found| format!(", GitLab {}", found.version));
            points.push(Diagnosis::good(
                "reachable",
                format!("{}{}", http.host(), version.unwrap_or_default()),
            ));
            true
        }
        // Who is not signed in is not told the version.
        Err(error) if is_hidden(error) || matches!(error.kind(), HttpErrorKind::SignedOut { .. }) => {
            points.push(Diagnosis::good("reachable", http.host().as_str()));
            true
        }
        Err(error) => {
            points.push(Diagnosis::of_problem("reachable", DiagnosisState::Bad, &error.problem()));
            false
        }
    };
    if !is_reached {
        return points;
    }
    points.push(signed_in(http, &session).await);
    if matches!(http.signed_in(), Some(SignedIn::With(_))) && session.sign_in_problem().is_none() {
        points.extend(scopes(&session, round).await);
    }
    for project in &settings.projects {
        let ask = Asking { session: &session, project, service: id.as_str(), round };
        points.extend(of_project(ask).await);
    }
    points.push(limits(http));
    points.push(clock(http));
    points
}

async fn signed_in(http: &Http, session: &Session<'_>) -> Diagnosis {
    let found = session.send(Request::get("account", "user").never_remembered()).await;
    if let Some(problem) = session.sign_in_problem() {
        return Diagnosis::of_problem("signed in", DiagnosisState::Limited, &problem);
    }
    let from = match http.signed_in() {
        Some(SignedIn::With(from)) => format!(" (token from {from})"),
        _ => String::new(),
    };
    match found.and_then(|reply| reply.json::<User>()) {
        Ok(user) => {
            http.set_account(user.username.clone());
            Diagnosis::good("signed in", format!("as {}{from}", user.username))
        }
        Err(error) => Diagnosis::of_problem("signed in", DiagnosisState::Unknown, &error.problem()),
    }
}

/// What the token is for, and how long it is good.
async fn scopes(session: &Session<'_>, round: &Round) -> Vec<Diagnosis> {
    let request = Request::get("scopes of the token", "personal_access_tokens/self").never_remembered();
    let token = match session.send(request).await.and_then(|reply| reply.json::<AccessToken>()) {
        Ok(token) => token,
        Err(error) => {
            let state = DiagnosisState::Unknown;
            let what = Text::new(format!("GitLab does not tell them of this token: {error}"));
            return vec![Diagnosis { subject: "scopes".into(), state, what, next_step: None }];
        }
    };
    let names: Vec<&str> = token.scopes.iter().map(Text::as_str).collect();
    let has = |scope: &str| names.contains(&scope);
    let told = names.join(", ");
    let mut points = vec![if has("api") {
        Diagnosis::good("scopes", told)
    } else if has("read_api") {
        let what = format!("{told}: reading works, operations do not");
        Diagnosis::of_problem(
            "scopes",
            DiagnosisState::Limited,
            &Problem::new(what, "for operations, use a token with the scope api"),
        )
    } else {
        let what = format!("{told}: nothing of the interface can be read");
        Diagnosis::of_problem(
            "scopes",
            DiagnosisState::Bad,
            &Problem::new(what, "use a token with the scope read_api, for operations with api"),
        )
    }];
    if let Some(day) = token.expires_at {
        let left = (day - round.now.date_naive()).num_days();
        if left <= SOON_DAYS {
            let problem =
                Problem::new(format!("the token expires on {day}"), "make a new one before that day");
            points.push(Diagnosis::of_problem("token", DiagnosisState::Limited, &problem));
        }
    }
    points
}

/// Whether a project is there, as whom it is read, and which parts of it are not shown.
async fn of_project(ask: Asking<'_>) -> Vec<Diagnosis> {
    let subject = ask.project.path.as_str();
    let project: Project = match ask.one("project", "").await {
        Ok(project) => project,
        Err(error) => return vec![Diagnosis::of_problem(subject, DiagnosisState::Bad, &error.problem())],
    };
    let level = project.permissions.as_ref().and_then(|permissions| {
        let levels = [&permissions.project_access, &permissions.group_access];
        levels.into_iter().flatten().filter_map(|access| access.access_level).max()
    });
    let mut told = format!("read as {}", role(level));
    if let Some(path) = project.path_with_namespace.as_ref().filter(|path| path.as_str() != subject) {
        told = format!("{told}; it is called {path} now");
    }
    let mut points = vec![Diagnosis::good(subject, told)];
    let newest: &[(&str, &str)] = &[("per_page", "1")];
    for (part, below, query) in [
        (Part::MergeRequests, "merge_requests", newest),
        (Part::Issues, "issues", newest),
        (Part::Milestones, "milestones", MILESTONES),
        (Part::Releases, "releases", newest),
        (Part::Tags, "repository/tags", newest),
        (Part::Deployments, "deployments", newest),
        (Part::Environments, "environments", newest),
        (Part::Freezes, "freeze_periods", newest),
        (Part::Pipelines, "pipelines", newest),
        (Part::Trains, "merge_trains", newest),
    ] {
        if part.is_off(Some(&project)) {
            continue;
        }
        let request = ask.get(part.needs().0, below).never_remembered();
        let request = query.iter().fold(request, |request, (name, value)| request.query(name, value));
        match ask.session.send(request).await {
            Ok(_) => {}
            Err(error) if ask.is_hidden(&error) => {
                points.push(Diagnosis::of_problem(subject, DiagnosisState::Limited, &ask.hidden(part)));
            }
            Err(error) => points.push(failed(subject, &error)),
        }
    }
    points
}

fn failed(subject: &str, error: &HttpError) -> Diagnosis {
    Diagnosis::of_problem(subject, DiagnosisState::Unknown, &error.problem())
}

/// What GitLab calls a level of access.
fn role(level: Option<u32>) -> &'static str {
    match level {
        Some(50..) => "Owner",
        Some(40..) => "Maintainer",
        Some(30..) => "Developer",
        Some(20..) => "Reporter",
        Some(15..) => "Planner",
        Some(10..) => "Guest",
        _ => "somebody without a role in it",
    }
}

fn limits(http: &Http) -> Diagnosis {
    let told: Vec<String> = http
        .standing()
        .allowances
        .iter()
        .map(|allowance| format!("{} of {} requests left", allowance.remaining, allowance.limit))
        .collect();
    if told.is_empty() {
        return Diagnosis::good("limits", "the server tells of none");
    }
    Diagnosis::good("limits", told.join("; "))
}

fn clock(http: &Http) -> Diagnosis {
    let Some(skew) = http.clock_skew() else {
        let what = "the server does not tell its time".into();
        return Diagnosis { subject: "clock".into(), state: DiagnosisState::Unknown, what, next_step: None };
    };
    let seconds = skew.num_seconds();
    if seconds.abs() <= MOST_SKEW_SECONDS {
        return Diagnosis::good("clock", "agrees with the server's");
    }
    let way = if seconds > 0 { "ahead of" } else { "behind" };
    let what = format!("the server's clock is {} s {way} this one", seconds.abs());
    Diagnosis::of_problem(
        "clock",
        DiagnosisState::Limited,
        &Problem::new(what, "set the clock of this machine"),
    )
}

//! What can be said about a GitHub to somebody who wonders why it does not answer as it should.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};
use serde::Deserialize;

use super::{
    findings,
    known::Part,
    notice::{PROBES, Probe, accepting, path},
    settings::{GithubRepository, GithubSettings},
};
use crate::{
    domain::{Instant, Text},
    source::{
        Diagnosis, DiagnosisState, Round,
        http::{Http, HttpErrorKind, Reply, Request, Session, SignedIn},
    },
};

/// Clocks that differ by more make waits wrong.
const TOLERATED_SKEW: TimeDelta = TimeDelta::seconds(60);

/// `GET /rate_limit`, which is free.
#[derive(Deserialize)]
struct Limits {
    resources: BTreeMap<String, Limit>,
}

#[derive(Deserialize)]
struct Limit {
    #[serde(rename = "limit")]
    allowed: u64,
    remaining: u64,
    reset: i64,
}

#[derive(Deserialize)]
struct User {
    login: Option<Text>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: Option<Text>,
    private: Option<bool>,
    has_issues: Option<bool>,
    archived: Option<bool>,
}

fn limited(subject: &str, what: impl AsRef<str>, next_step: impl AsRef<str>) -> Diagnosis {
    Diagnosis {
        subject: subject.into(),
        state: DiagnosisState::Limited,
        what: Text::new(what),
        next_step: Some(Text::new(next_step)),
    }
}

fn unknown(subject: &str, what: impl AsRef<str>) -> Diagnosis {
    Diagnosis { state: DiagnosisState::Unknown, ..Diagnosis::good(subject, what) }
}

/// All points, in the order in which one would look: each rests on those before it.
pub(super) async fn examine(http: &Http, settings: &GithubSettings, round: &Round) -> Vec<Diagnosis> {
    let session = http.session(round);
    let (prefix, _) = settings.paths();
    let ask =
        |operation, path: String| session.send(accepting(Request::get(operation, path)).never_remembered());
    let told = match ask("limits", format!("{prefix}rate_limit")).await {
        Ok(reply) => Some(reply),
        // An Enterprise server whose administrator has set no limits.
        Err(error) if matches!(error.kind(), HttpErrorKind::NotFound) => None,
        Err(error) => {
            let subject = match error.kind() {
                HttpErrorKind::SignedOut { .. } | HttpErrorKind::Forbidden { .. } => "signed in",
                _ => "reachable",
            };
            return vec![Diagnosis::of_problem(subject, DiagnosisState::Bad, &error.problem())];
        }
    };
    let mut points = vec![Diagnosis::good("reachable", format!("{} answers", http.host()))];
    points.push(signed_in(http, &session, ask("user", format!("{prefix}user"))).await);
    if session.sign_in_problem().is_none() {
        points.push(scopes(told.as_ref()));
    }
    points.extend(limits(told.as_ref(), round.now));
    points.push(clock(http.clock_skew()));
    for repository in &settings.repositories {
        let of = path(prefix, repository, "");
        let found = match ask("repository", of.trim_end_matches('/').to_owned()).await {
            Ok(reply) => reply.json::<Repository>(),
            Err(error) => Err(error),
        };
        match found {
            Ok(found) => {
                points.push(seen(repository, &found));
                for probe in PROBES.iter().skip(1) {
                    let is_off = found.has_issues == Some(false)
                        && matches!(probe.part, Part::Issues | Part::Milestones);
                    if !is_off {
                        points.extend(readable(&session, prefix, repository, probe).await);
                    }
                }
            }
            Err(error) => {
                let subject = format!("{}/{}", repository.owner, repository.name);
                points.push(Diagnosis::of_problem(&subject, DiagnosisState::Bad, &error.problem()));
            }
        }
    }
    points
}

/// As whom, and where the token came from.
async fn signed_in(
    http: &Http,
    session: &Session<'_>,
    asked: impl Future<Output = Result<Reply, crate::source::http::HttpError>>,
) -> Diagnosis {
    const SUBJECT: &str = "signed in";
    if let Some(problem) = session.sign_in_problem() {
        return Diagnosis::of_problem(SUBJECT, DiagnosisState::Limited, &problem);
    }
    let from = match http.signed_in() {
        Some(SignedIn::With(from)) => from,
        _ => Text::new("an unknown place"),
    };
    match asked.await {
        Ok(reply) => match reply.json::<User>() {
            Ok(User { login: Some(login) }) => {
                let what = format!("as {login}, with the token from {from}");
                http.set_account(login);
                Diagnosis::good(SUBJECT, what)
            }
            Ok(_) => {
                unknown(SUBJECT, format!("with the token from {from}; the service does not say as whom"))
            }
            Err(error) => Diagnosis::of_problem(SUBJECT, DiagnosisState::Unknown, &error.problem()),
        },
        // Tokens of apps are nobody's.
        Err(error) if matches!(error.kind(), HttpErrorKind::Forbidden { .. }) => {
            Diagnosis::good(SUBJECT, format!("as an app, with the token from {from}"))
        }
        Err(error) => Diagnosis::of_problem(SUBJECT, DiagnosisState::Bad, &error.problem()),
    }
}

/// What a classic token may do, which every answer says; of others it shows below.
fn scopes(told: Option<&Reply>) -> Diagnosis {
    const SUBJECT: &str = "scopes";
    let Some(reply) = told else { return unknown(SUBJECT, "the service does not say") };
    let Some(scopes) = reply.header("x-oauth-scopes") else {
        return Diagnosis::good(SUBJECT, "a token with permissions of its own: what it may read is below");
    };
    let has = |scope: &str| scopes.split(',').any(|held| held.trim() == scope);
    if has("repo") {
        return Diagnosis::good(SUBJECT, scopes);
    }
    let held = if scopes.trim().is_empty() { "none" } else { scopes };
    limited(
        SUBJECT,
        format!("only what is public: the token's scopes are {held}"),
        "for private repositories: run `gh auth refresh --scopes repo`, or make a token with the scope repo",
    )
}

/// What is left of the limits that are used here.
fn limits(told: Option<&Reply>, now: Instant) -> Vec<Diagnosis> {
    const SUBJECT: &str = "limits";
    let Some(reply) = told else { return vec![Diagnosis::good(SUBJECT, "the service has none")] };
    let found = match reply.json::<Limits>() {
        Ok(found) => found,
        Err(error) => return vec![Diagnosis::of_problem(SUBJECT, DiagnosisState::Unknown, &error.problem())],
    };
    let used = ["core", "graphql"].into_iter();
    used.filter_map(|name| Some((name, found.resources.get(name)?)))
        .map(|(name, limit)| {
            let reset = DateTime::from_timestamp(limit.reset, 0).filter(|at| *at > now);
            let until = reset.map_or_else(String::new, |at| format!(", whole again at {}", at.format("%H:%M UTC")));
            let what = format!("{name}: {} of {} left{until}", limit.remaining, limit.allowed);
            if limit.remaining.saturating_mul(10) < limit.allowed {
                let next_step = "wait for the reset, or set a longer interval; other programs with this token use it up, too";
                limited(SUBJECT, what, next_step)
            } else {
                Diagnosis::good(SUBJECT, what)
            }
        })
        .collect()
}

fn clock(skew: Option<TimeDelta>) -> Diagnosis {
    const SUBJECT: &str = "clock";
    match skew {
        None => unknown(SUBJECT, "the service does not say what time it is"),
        Some(skew) if skew.abs() <= TOLERATED_SKEW => {
            Diagnosis::good(SUBJECT, format!("within {} s of the service's", TOLERATED_SKEW.num_seconds()))
        }
        Some(skew) => {
            let side = if skew > TimeDelta::zero() { "behind" } else { "ahead of" };
            let what = format!("{} s {side} the service's", skew.num_seconds().unsigned_abs());
            limited(SUBJECT, what, "set the clock of this machine: ages and waits are counted by it")
        }
    }
}

/// The repository itself.
fn seen(repository: &GithubRepository, found: &Repository) -> Diagnosis {
    let name = format!("{}/{}", repository.owner, repository.name);
    let mut what = match found.private {
        Some(true) => "private".to_owned(),
        Some(false) => "public".to_owned(),
        None => "it can be seen".to_owned(),
    };
    if found.archived == Some(true) {
        what.push_str(", archived");
    }
    if let Some(now) = found.full_name.as_deref().filter(|now| !now.eq_ignore_ascii_case(&name)) {
        let next_step = format!("write {now} into the configuration");
        return limited(&name, format!("{what}, and called {now} now"), next_step);
    }
    if found.has_issues == Some(false) {
        let next_step = "switch issues on in the settings of the repository, if its stories are kept there";
        return limited(&name, format!("{what}, without issues and milestones"), next_step);
    }
    Diagnosis::good(&name, what)
}

/// Whether a part of a repository can be read; nothing where it can.
async fn readable(
    session: &Session<'_>,
    prefix: &str,
    repository: &GithubRepository,
    probe: &Probe,
) -> Option<Diagnosis> {
    let error = session.send(probe.request(prefix, repository).never_remembered()).await.err()?;
    let subject = format!("{}/{}: {}", repository.owner, repository.name, probe.operation);
    if probe.part == Part::Findings && findings::is_not_there(error.kind()) {
        let next_step =
            "switch it on in the settings of the repository (code security), if findings are wanted";
        return Some(limited(&subject, "code scanning is off, or nothing was analyzed yet", next_step));
    }
    Some(match error.kind() {
        HttpErrorKind::Forbidden { .. } | HttpErrorKind::NotFound => {
            let next_step = format!("give the token the permission {}", probe.permission);
            limited(&subject, error.problem().what, next_step)
        }
        _ => Diagnosis::of_problem(&subject, DiagnosisState::Bad, &error.problem()),
    })
}

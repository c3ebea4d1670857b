//! Timelines of pull requests with the stages that a person worked out for them, in
//! `tests/cases/stages/`; `README.md` there says how they are written.

#![expect(clippy::disallowed_methods, reason = "the cases are files")]

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::{
    DeploymentState, Instant, Kind, PullRequest, PullRequestState, Review, ReviewVerdict, Text,
};
use crate::insight::{
    PullRequestRow, Stage,
    fixture::{ALL_KINDS, Setting, deployment, pull_request},
    stages::{self, Production},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows, in a sentence.
    why: String,
    /// Whose answers the timeline becomes.
    forge: Forge,
    /// What the branch demands, where the forge tells.
    required_approvals: Option<u32>,
    /// A source knows of deployments.
    #[serde(default)]
    deployments: bool,
    event: Vec<Event>,
    expect: Vec<Expected>,
    /// All times in stages as they stand at the last instant that is expected.
    span: Vec<ExpectedSpan>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Forge {
    /// A review that is dismissed is told as if it had never been another one.
    GitHub,
    /// What was taken back is told beside what was given.
    GitLab,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    at: toml::value::Datetime,
    what: What,
    #[serde(default)]
    who: String,
    #[serde(default)]
    bot: bool,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    FirstCommit,
    Opened,
    OpenedAsDraft,
    Ready,
    DraftAgain,
    ReviewRequested,
    Commented,
    ChangesRequested,
    Approved,
    Dismissed,
    /// One commit takes the place of all before it: its own date is what is told from then on.
    ForcePushed,
    Closed,
    Reopened,
    Merged,
    Squashed,
    DeployedToProduction,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    at: toml::value::Datetime,
    stage: Stage,
    /// None: nobody tells.
    since: Option<toml::value::Datetime>,
    /// `kim: review`
    next: String,
    /// Why, where it is no matter of course.
    #[serde(rename = "why")]
    _why: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedSpan {
    stage: Stage,
    entered: toml::value::Datetime,
    left: Option<toml::value::Datetime>,
}

fn instant(written: &toml::value::Datetime) -> Instant {
    written.to_string().parse().unwrap()
}

/// What the forge says of the pull request at `now`, and when it came into production by then.
fn told(case: &Case, now: Instant) -> (PullRequest, Option<Instant>) {
    let mut told = PullRequest {
        started_at: None,
        opened_at: None,
        ready_at: None,
        number: None,
        required_approvals: case.required_approvals,
        ..pull_request(1, PullRequestState::Open)
    };
    let mut declared_ready = None;
    let mut deployed = None;
    for event in case.event.iter().filter(|event| instant(&event.at) <= now) {
        let (at, who) = (instant(&event.at), Text::new(&event.who));
        let verdict = match event.what {
            What::Commented => Some(ReviewVerdict::Commented),
            What::ChangesRequested => Some(ReviewVerdict::ChangesRequested),
            What::Approved => Some(ReviewVerdict::Approved),
            What::Dismissed if case.forge == Forge::GitLab => Some(ReviewVerdict::Dismissed),
            _ => None,
        };
        if let Some(verdict) = verdict {
            told.requested_reviewers.retain(|asked| *asked != who);
            told.reviews.push(Review { at, reviewer: who.clone(), verdict, bot: event.bot, of_head: None });
        }
        match event.what {
            What::FirstCommit => (told.started_at, told.author) = (Some(at), who),
            What::Opened | What::OpenedAsDraft => {
                (told.number, told.opened_at, told.author) = (Some(1), Some(at), who);
                told.draft = event.what == What::OpenedAsDraft;
            }
            What::Ready => (told.draft, declared_ready) = (false, Some(at)),
            What::DraftAgain => told.draft = true,
            What::ReviewRequested => told.requested_reviewers.push(who),
            What::Dismissed if case.forge == Forge::GitHub => {
                let given = told
                    .reviews
                    .iter_mut()
                    .rev()
                    .find(|review| review.reviewer == who && review.verdict != ReviewVerdict::Commented);
                given.expect("a review to dismiss").verdict = ReviewVerdict::Dismissed;
            }
            What::Commented | What::ChangesRequested | What::Approved | What::Dismissed => {}
            What::ForcePushed => {
                told.started_at = told.opened_at.map_or(Some(at), |opened| Some(opened.min(at)));
            }
            What::Closed => (told.state, told.closed_at) = (PullRequestState::Closed, Some(at)),
            What::Reopened => (told.state, told.closed_at) = (PullRequestState::Open, None),
            What::Merged | What::Squashed => {
                (told.state, told.merged_at) = (PullRequestState::Merged, Some(at));
                let commit = if event.what == What::Squashed { "5".repeat(40) } else { "3".repeat(40) };
                told.merge_commit = Some(Text::new(commit));
            }
            What::DeployedToProduction => deployed = Some(at),
        }
        told.updated_at = Some(at);
    }
    // As both connectors read it: while it is a draft nobody knows since when it is ready.
    told.ready_at = if told.draft { None } else { declared_ready.or(told.opened_at) };
    (told, deployed)
}

fn row(case: &Case, now: Instant) -> PullRequestRow {
    let (told, deployed) = told(case, now);
    let kinds: Vec<Kind> =
        ALL_KINDS.into_iter().filter(|kind| case.deployments || *kind != Kind::Deployments).collect();
    let mut setting = Setting::covering(&kinds).pull_request(told);
    if let Some(at) = deployed {
        let mut ran = deployment("4.2", "payments 4.2", at, 10);
        (ran.state, ran.finished_at) = (DeploymentState::Succeeded, Some(at));
        setting = setting.deployment(ran);
    }
    let insight = setting.insight_at(now);
    insight.releases.iter().flat_map(|release| &release.pull_requests).next().expect("its row").clone()
}

fn cases() -> Vec<(PathBuf, Case)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/stages");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    let read = |path: PathBuf| {
        let case = toml::from_str(&std::fs::read_to_string(&path).unwrap());
        let case = case.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, case)
    };
    files.into_iter().map(read).collect()
}

#[test]
fn stages_are_those_that_a_person_worked_out() {
    let cases = cases();
    for named in [
        "approved_twice",
        "bots",
        "draft_and_back",
        "force_pushed",
        "force_pushed_dismissed",
        "merged_without_review",
        "merged_without_review_though_one_was_demanded",
        "reopened",
        "rerequested",
        "squashed",
        "taken_back",
    ] {
        assert!(cases.iter().any(|(path, _)| path.file_stem().is_some_and(|stem| stem == named)), "{named}");
    }
    for (path, case) in cases {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(case.why.ends_with('.') && case.why.len() > 20, "{name}: why it is there, in a sentence");
        assert!(case.event.is_sorted_by_key(|event| instant(&event.at)), "{name}: in the order of time");
        for expected in &case.expect {
            let now = instant(&expected.at);
            let row = row(&case, now);
            let who = row.next.who.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
            let next = if who.is_empty() {
                row.next.action.to_string()
            } else {
                format!("{who}: {}", row.next.action)
            };
            assert_eq!(
                (row.stage, row.since, next.as_str()),
                (expected.stage, expected.since.as_ref().map(instant), expected.next.as_str()),
                "{name} at {now}"
            );
        }
        let last = instant(&case.expect.last().expect("an instant").at);
        let (told, deployed) = told(&case, last);
        let production = match deployed {
            Some(at) => Production::Since(at),
            None if case.deployments => Production::NotYet,
            None => Production::NotTold,
        };
        let spans: Vec<_> = stages::spans(&told, production)
            .iter()
            .map(|span| (span.stage, span.entered, span.left))
            .collect();
        let expected: Vec<_> = case
            .span
            .iter()
            .map(|span| (span.stage, instant(&span.entered), span.left.as_ref().map(instant)))
            .collect();
        assert_eq!(spans, expected, "{name}: the times in stages");
    }
}

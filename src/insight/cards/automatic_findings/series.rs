//! What is followed from week to week.

use std::collections::BTreeMap;

use crate::{
    domain::{Category, DeploymentState, Instant, PullRequest, ReviewVerdict, StoryKind, TestRun},
    insight::{Subject, context::Context, stories::went_back},
};

use super::{
    super::{
        numbers::{quantile, sorted},
        whole_weeks::Weeks,
    },
    Telling,
};

const SECONDS_A_DAY: f64 = 86_400.0;
const SECONDS_AN_HOUR: f64 = 3_600.0;
/// What is fewer a week is no change.
const LEAST_COUNT: f64 = 1.0;
/// What is a smaller share is no change.
const LEAST_RATE: f64 = 0.05;

/// What is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Good {
    More,
    Less,
    Neither,
}

/// One series, week by week.
#[derive(Debug)]
pub(super) struct Weekly {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) good: Good,
    /// A smaller change is none.
    pub(super) least_shift: f64,
    /// Oldest first; none where nothing is known.
    pub(super) values: Vec<Option<f64>>,
    /// What they were made of.
    pub(super) cases: usize,
    /// The newest case, or the largest one of the last weeks.
    pub(super) telling: Telling,
}

/// How the cases of a week become a value.
#[derive(Clone, Copy)]
enum How {
    /// Their number; a week without any has zero.
    Count,
    /// The one in the middle.
    Median,
    /// Their average: 1 for those that count.
    Share,
}

/// Something that happened.
struct Case {
    at: Instant,
    value: f64,
    subject: Telling,
}

impl Case {
    fn new(at: Instant, value: f64, subject: Subject) -> Self {
        Self { at, value, subject: Some(subject) }
    }
}

fn gather(
    weeks: &Weeks,
    (name, unit, good): (&'static str, &'static str, Good),
    how: How,
    cases: impl IntoIterator<Item = Case>,
) -> Weekly {
    let mut by_week: Vec<Vec<f64>> = vec![Vec::new(); weeks.len()];
    let mut telling: Option<(f64, Instant, Telling)> = None;
    let mut first: Option<Instant> = None;
    let recent = weeks.len().saturating_sub(super::RECENT);
    for case in cases {
        first = Some(first.map_or(case.at, |first| first.min(case.at)));
        let Some(week) = weeks.of(case.at) else { continue };
        by_week[week].push(case.value);
        let rank = (case.value, case.at, case.subject);
        if week >= recent && telling.as_ref().is_none_or(|known| rank > *known) {
            telling = Some(rank);
        }
    }
    // The week in which it was seen first may not be whole; of what is older than all weeks every
    // week is.
    let is_known = |first: Instant| first < weeks.end(weeks.len() - 1);
    let from = first.filter(|first| is_known(*first)).map(|first| weeks.of(first).map_or(0, |week| week + 1));
    let from = from.unwrap_or(weeks.len());
    let value = |cases: &Vec<f64>| match how {
        How::Count => Some(cases.len() as f64),
        How::Median => quantile(&sorted(cases.iter().copied()), 0.5),
        How::Share => (!cases.is_empty()).then(|| cases.iter().sum::<f64>() / cases.len() as f64),
    };
    Weekly {
        name,
        unit,
        good,
        least_shift: match (how, unit) {
            (How::Count, _) => LEAST_COUNT,
            (How::Share, _) => LEAST_RATE,
            (How::Median, "hours") => 1.0,
            (How::Median, _) => 0.5,
        },
        values: by_week
            .iter()
            .enumerate()
            .map(|(week, cases)| (week >= from).then(|| value(cases)).flatten())
            .collect(),
        cases: by_week[from..].iter().map(Vec::len).sum(),
        telling: telling.and_then(|(.., subject)| subject),
    }
}

/// All series of a board.
pub(super) fn all(context: &Context<'_>, weeks: &Weeks) -> Vec<Weekly> {
    let mut all = stories(context, weeks);
    all.extend(pull_requests(context, weeks));
    all.extend(tests(context, weeks));
    all.push(gather(
        weeks,
        ("code findings", "findings", Good::Less),
        How::Count,
        context.findings.iter().filter(|finding| !finding.is_remark()).map(|finding| Case {
            at: finding.opened_at,
            value: 1.0,
            subject: None,
        }),
    ));
    let ended = context.deployments.iter().filter(|deployment| {
        matches!(
            deployment.state,
            DeploymentState::Succeeded | DeploymentState::Failed | DeploymentState::RolledBack
        )
    });
    all.push(gather(
        weeks,
        ("failed deployments", "share", Good::Less),
        How::Share,
        ended.map(|deployment| {
            let at = deployment.finished_at.or(deployment.started_at).unwrap_or(deployment.window.from);
            let failed = deployment.state != DeploymentState::Succeeded;
            Case::new(at, f64::from(u8::from(failed)), Subject::Deployment(deployment.id.clone()))
        }),
    ));
    all
}

fn stories(context: &Context<'_>, weeks: &Weeks) -> Vec<Weekly> {
    let of = |kind| context.stories.iter().filter(move |story| story.kind == kind);
    let subject = |story: &crate::domain::Story| Subject::Story(story.key.clone());
    let opened = |kind| of(kind).map(move |story| Case::new(story.created_at, 1.0, subject(story)));
    let done = |kind| {
        of(kind).filter(|story| story.category == Category::Done).filter_map(move |story| {
            let last = story.moves.last().filter(|change| change.to == Category::Done)?;
            Some((last.at, story))
        })
    };
    let solved = |kind| done(kind).map(move |(at, story)| Case::new(at, 1.0, subject(story)));
    let lead = done(StoryKind::Story).map(|(at, story)| {
        let days = context.days.worked_between(story.created_at, at) as f64 / SECONDS_A_DAY;
        Case::new(at, days, subject(story))
    });
    let returned = context
        .stories
        .iter()
        .flat_map(|story| went_back(story).map(|at| Case::new(at, 1.0, subject(story))));
    vec![
        gather(weeks, ("new stories", "stories", Good::Neither), How::Count, opened(StoryKind::Story)),
        gather(weeks, ("finished stories", "stories", Good::More), How::Count, solved(StoryKind::Story)),
        gather(weeks, ("new defects", "defects", Good::Less), How::Count, opened(StoryKind::Defect)),
        gather(weeks, ("fixed defects", "defects", Good::More), How::Count, solved(StoryKind::Defect)),
        gather(weeks, ("time from story to done", "days", Good::Less), How::Median, lead),
        gather(weeks, ("returned stories", "stories", Good::Less), How::Count, returned),
    ]
}

/// The first review by somebody else, after it was ready.
fn first_review(pull_request: &PullRequest, ready: Instant) -> Option<Instant> {
    let reviews = pull_request.reviews.iter();
    let counted = reviews.filter(|review| !review.bot && review.reviewer != pull_request.author);
    let counted = counted.filter(|review| review.verdict != ReviewVerdict::Dismissed && review.at >= ready);
    counted.map(|review| review.at).min()
}

fn pull_requests(context: &Context<'_>, weeks: &Weeks) -> Vec<Weekly> {
    let hours = |from, until| context.days.worked_between(from, until) as f64 / SECONDS_AN_HOUR;
    let known = context.pull_requests.iter();
    let merged = known.clone().filter_map(|request| {
        Some(Case::new(request.merged_at?, 1.0, Subject::PullRequest(request.id.clone())))
    });
    let picked_up = known.clone().filter_map(|request| {
        let ready = request.ready_at.or(request.opened_at)?;
        let at = first_review(request, ready)?;
        Some(Case::new(at, hours(ready, at), Subject::PullRequest(request.id.clone())))
    });
    let reviewed = known.filter_map(|request| {
        let ready = request.ready_at.or(request.opened_at)?;
        let merged = request.merged_at?;
        let at = first_review(request, ready).filter(|at| *at <= merged)?;
        Some(Case::new(merged, hours(at, merged), Subject::PullRequest(request.id.clone())))
    });
    vec![
        gather(weeks, ("merged pull requests", "pull requests", Good::More), How::Count, merged),
        gather(weeks, ("waiting for a first review", "hours", Good::Less), How::Median, picked_up),
        gather(weeks, ("first review to merge", "hours", Good::Less), How::Median, reviewed),
    ]
}

fn tests(context: &Context<'_>, weeks: &Weeks) -> Vec<Weekly> {
    let ran = context.test_runs.iter().map(|run| &***run).filter(|run| run.passed > 0 || run.failed > 0);
    let failed = ran.clone().map(|run| {
        let subject = run.release.clone().map(Subject::Release);
        Case { at: run.at, value: f64::from(u8::from(run.failed > 0)), subject }
    });
    // Each commit that a suite tested is one case, however often it was tested: who repeats only what
    // failed would else see more of it the less often all is repeated.
    let mut commits: BTreeMap<_, Tested<'_>> = BTreeMap::new();
    for run in ran {
        let Some(commit) = &run.commit else { continue };
        let tested = commits.entry((&run.suite, commit)).or_insert_with(|| Tested {
            first: run.at,
            newest: run,
            passed: false,
            failed: false,
        });
        tested.passed |= run.failed == 0;
        tested.failed |= run.failed > 0;
        // Runs are in order of time, so the last one is the newest.
        tested.newest = run;
    }
    let mixed = commits.values().map(|tested| Case {
        at: tested.first,
        value: f64::from(u8::from(tested.passed && tested.failed)),
        subject: tested.newest.release.clone().map(Subject::Release),
    });
    vec![
        gather(weeks, ("failing test runs", "share", Good::Less), How::Share, failed),
        gather(weeks, ("commits with flaky tests", "share", Good::Less), How::Share, mixed),
    ]
}

/// A commit that a suite tested, by all its runs.
struct Tested<'a> {
    /// When it was tested first.
    first: Instant,
    newest: &'a TestRun,
    passed: bool,
    failed: bool,
}

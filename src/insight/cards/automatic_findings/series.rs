//! What is followed from week to week.

use std::collections::HashMap;

use crate::{
    domain::{
        Category, DeploymentId, DeploymentState, Instant, PullRequest, PullRequestId, ReleaseId,
        ReviewVerdict, StoryKey, StoryKind, TestRun,
    },
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

/// What a case is about, borrowed until it is known which one tells most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About<'a> {
    Story(&'a StoryKey),
    PullRequest(&'a PullRequestId),
    Deployment(&'a DeploymentId),
    Release(&'a ReleaseId),
}

impl From<About<'_>> for Subject {
    fn from(about: About<'_>) -> Self {
        match about {
            About::Story(key) => Self::Story(key.clone()),
            About::PullRequest(id) => Self::PullRequest(id.clone()),
            About::Deployment(id) => Self::Deployment(id.clone()),
            About::Release(id) => Self::Release(id.clone()),
        }
    }
}

/// A series while its cases are read, one after the other.
struct Gathering<'a, 'w> {
    weeks: &'w Weeks,
    name: &'static str,
    unit: &'static str,
    good: Good,
    how: How,
    by_week: Vec<Vec<f64>>,
    first: Option<Instant>,
    /// The largest of the last weeks, of equal ones the newest.
    telling: Option<(f64, Instant, Option<About<'a>>)>,
}

impl<'a, 'w> Gathering<'a, 'w> {
    fn new(weeks: &'w Weeks, (name, unit, good): (&'static str, &'static str, Good), how: How) -> Self {
        Self {
            weeks,
            name,
            unit,
            good,
            how,
            by_week: vec![Vec::new(); weeks.len()],
            first: None,
            telling: None,
        }
    }

    /// Something happened. Its value is asked for only if it was in one of the weeks: most was not.
    fn add(&mut self, at: Instant, about: Option<About<'a>>, value: impl FnOnce() -> f64) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        let Some(week) = self.weeks.of(at) else { return };
        let value = value();
        self.by_week[week].push(value);
        let rank = (value, at, about);
        let is_recent = week >= self.weeks.len().saturating_sub(super::RECENT);
        if is_recent && self.telling.is_none_or(|known| rank > known) {
            self.telling = Some(rank);
        }
    }

    fn count(&mut self, at: Instant, about: About<'a>) {
        self.add(at, Some(about), || 1.0);
    }

    /// The series.
    fn whole(self) -> Weekly {
        let Self { weeks, name, unit, good, how, by_week, first, telling } = self;
        // The week in which it was seen first may not be whole; of what is older than all weeks every
        // week is.
        let is_known = |first: Instant| first < weeks.end(weeks.len() - 1);
        let from =
            first.filter(|first| is_known(*first)).map(|first| weeks.of(first).map_or(0, |week| week + 1));
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
            telling: telling.and_then(|(.., about)| about).map(Subject::from),
        }
    }
}

/// All series of a board.
pub(super) fn all(context: &Context<'_>, weeks: &Weeks) -> Vec<Weekly> {
    let mut all = stories(context, weeks);
    all.extend(pull_requests(context, weeks));
    all.extend(tests(context, weeks));
    let mut findings = Gathering::new(weeks, ("code findings", "findings", Good::Less), How::Count);
    for finding in context.findings.iter().filter(|finding| !finding.is_remark()) {
        findings.add(finding.opened_at, None, || 1.0);
    }
    let mut failed = Gathering::new(weeks, ("failed deployments", "share", Good::Less), How::Share);
    for deployment in &context.deployments {
        let has_failed = match deployment.state {
            DeploymentState::Succeeded => false,
            DeploymentState::Failed | DeploymentState::RolledBack => true,
            _ => continue,
        };
        let at = deployment.finished_at.or(deployment.started_at).unwrap_or(deployment.window.from);
        failed.add(at, Some(About::Deployment(&deployment.id)), || f64::from(u8::from(has_failed)));
    }
    all.extend([findings.whole(), failed.whole()]);
    all
}

/// All series of stories and defects in one pass: to look at each of many is what takes time.
fn stories(context: &Context<'_>, weeks: &Weeks) -> Vec<Weekly> {
    let series = |name, unit, good, how| Gathering::new(weeks, (name, unit, good), how);
    let mut new_stories = series("new stories", "stories", Good::Neither, How::Count);
    let mut finished = series("finished stories", "stories", Good::More, How::Count);
    let mut new_defects = series("new defects", "defects", Good::Less, How::Count);
    let mut fixed = series("fixed defects", "defects", Good::More, How::Count);
    let mut lead = series("time from story to done", "days", Good::Less, How::Median);
    let mut returned = series("returned stories", "stories", Good::Less, How::Count);
    for &story in &context.stories {
        let about = About::Story(&story.key);
        let is_done = story.category == Category::Done;
        let last = story.moves.last().filter(|change| is_done && change.to == Category::Done);
        let (opened, solved) = match story.kind {
            StoryKind::Story => (&mut new_stories, &mut finished),
            StoryKind::Defect => (&mut new_defects, &mut fixed),
        };
        opened.count(story.created_at, about);
        if let Some(done) = last {
            solved.count(done.at, about);
            if story.kind == StoryKind::Story {
                lead.add(done.at, Some(about), || {
                    context.days.worked_between(story.created_at, done.at) as f64 / SECONDS_A_DAY
                });
            }
        }
        for at in went_back(story) {
            returned.count(at, about);
        }
    }
    [new_stories, finished, new_defects, fixed, lead, returned].map(Gathering::whole).into()
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
    let series = |name, unit, good, how| Gathering::new(weeks, (name, unit, good), how);
    let mut merged = series("merged pull requests", "pull requests", Good::More, How::Count);
    let mut picked_up = series("waiting for a first review", "hours", Good::Less, How::Median);
    let mut reviewed = series("first review to merge", "hours", Good::Less, How::Median);
    for &request in &context.pull_requests {
        let about = About::PullRequest(&request.id);
        if let Some(at) = request.merged_at {
            merged.count(at, about);
        }
        let Some(ready) = request.ready_at.or(request.opened_at) else { continue };
        let Some(first) = first_review(request, ready) else { continue };
        picked_up.add(first, Some(about), || hours(ready, first));
        if let Some(at) = request.merged_at.filter(|merged| first <= *merged) {
            reviewed.add(at, Some(about), || hours(first, at));
        }
    }
    [merged, picked_up, reviewed].map(Gathering::whole).into()
}

fn tests(context: &Context<'_>, weeks: &Weeks) -> Vec<Weekly> {
    let mut failing = Gathering::new(weeks, ("failing test runs", "share", Good::Less), How::Share);
    // Each commit that a suite tested is one case, however often it was tested: who repeats only what
    // failed would else see more of it the less often all is repeated.
    let mut commits: HashMap<_, Tested<'_>> = HashMap::new();
    for &run in context.test_runs.iter().filter(|run| run.passed > 0 || run.failed > 0) {
        let release = run.release.as_ref().map(About::Release);
        failing.add(run.at, release, || f64::from(u8::from(run.failed > 0)));
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
    let mut flaky = Gathering::new(weeks, ("commits with flaky tests", "share", Good::Less), How::Share);
    for tested in commits.values() {
        let release = tested.newest.release.as_ref().map(About::Release);
        flaky.add(tested.first, release, || f64::from(u8::from(tested.passed && tested.failed)));
    }
    vec![failing.whole(), flaky.whole()]
}

/// A commit that a suite tested, by all its runs.
struct Tested<'a> {
    /// When it was tested first.
    first: Instant,
    newest: &'a TestRun,
    passed: bool,
    failed: bool,
}

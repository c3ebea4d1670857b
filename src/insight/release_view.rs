//! One release as it is shown to somebody else: how far each step is, what is overdue, what
//! happened since yesterday, and what to do next.
//!
//! Told from the rows and their dates alone, so that it needs no history.

use std::fmt::Write as _;

use chrono::Duration;

use crate::{
    domain::{
        Category, CheckOutcome, DeploymentState, Instant, PullRequestId, PullRequestState, ReviewVerdict,
        ScopeChange, Text,
    },
    markdown::{escape, table},
};

use super::{Board, PullRequestRow, ReleaseInsight, Standing, StepState, words};

/// Suggestions of each kind.
const MOST_SUGGESTIONS: usize = 5;
/// Things that are named of each kind that happened; of more only the count is.
const MOST_NAMED: usize = 6;

/// A release as it is shown to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseView {
    /// What it is called.
    pub title: Text,
    /// Where it stands: `at risk · T-3d 04h · now no-go`.
    pub standing: String,
    /// Build, test, review, merge, deploy.
    pub steps: [StepShare; 5],
    /// Open pull requests.
    pub open: u32,
    /// Of those, past their due date.
    pub overdue: u32,
    /// Of those, with less time left than what remains usually takes.
    pub late: u32,
    /// Since when [`Self::happened`] tells.
    pub since: Instant,
    /// What happened since yesterday, by kind; kinds without anything are left out.
    pub happened: Vec<Happened>,
    /// What to do next, the most urgent first.
    pub suggestions: Vec<String>,
}

/// How far a step is over all pull requests that were not given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepShare {
    /// Its name.
    pub name: &'static str,
    /// Done.
    pub done: u32,
    /// Failed, or blocked.
    pub failed: u32,
    /// No source tells.
    pub unknown: u32,
    /// All.
    pub of: u32,
}

impl StepShare {
    /// Done of all, 0 to 1; none where there is nothing.
    pub fn share(&self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.done) / f64::from(self.of))
    }

    /// `14 of 21, 2 failed`.
    pub fn words(&self) -> String {
        let mut said = format!("{} of {}", self.done, self.of);
        for (count, word) in [(self.failed, "failed"), (self.unknown, "unknown")] {
            if count > 0 {
                let _ = write!(said, ", {count} {word}");
            }
        }
        said
    }
}

/// What happened of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Which kind: `merged`.
    pub what: &'static str,
    /// To what, in the order of the board.
    pub names: Vec<Text>,
}

impl Happened {
    /// `api#812, api#815 and 3 more`.
    pub fn words(&self) -> String {
        words::list(&self.names, MOST_NAMED)
    }
}

impl ReleaseView {
    /// The view of `insight`, a release of `board`, at `now`.
    pub fn of(board: &Board, insight: &ReleaseInsight, now: Instant) -> Self {
        let rows = &insight.pull_requests;
        let open: Vec<&PullRequestRow> =
            rows.iter().filter(|row| row.pull_request.state == PullRequestState::Open).collect();
        let count = |wanted| open.iter().filter(|row| row.standing == wanted).count() as u32;
        let since = now - Duration::hours(24);
        let release = &insight.release;
        let target = match (release.released_at, release.target) {
            (Some(at), _) => format!("released {}", words::day(at, &board.policy.calendar)),
            (None, Some(target)) => {
                let about = if target.estimated { " (estimated)" } else { "" };
                let day = words::day(target.at, &board.policy.calendar);
                format!("{} to {day}{about}", words::countdown(target.at, now))
            }
            (None, None) => "no target".to_owned(),
        };
        Self {
            title: release.id.text().clone(),
            standing: format!("{} · {target} · now {}", insight.outlook.word(), insight.verdict.word()),
            steps: steps(rows),
            open: open.len() as u32,
            overdue: count(Standing::Overdue),
            late: count(Standing::Late),
            since,
            happened: happened(board, insight, since, now),
            suggestions: suggestions(insight, &open),
        }
    }

    /// The share that is overdue, in words: `2 of 7 open are overdue, 3 more are late`.
    pub fn overdue_words(&self) -> String {
        if self.open == 0 {
            return "no pull request is open".to_owned();
        }
        let percent = words::percent(f64::from(self.overdue) / f64::from(self.open));
        let late = if self.late > 0 { format!(", {} late", self.late) } else { String::new() };
        format!("{} of {} open pull requests are overdue ({percent}){late}", self.overdue, self.open)
    }

    /// As Markdown, for a page or a chat message.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n**{}**\n", escape(&self.title), escape(&self.standing));
        let rows = self.steps.iter().map(|step| {
            let share = step.share().map_or_else(|| "?".to_owned(), words::percent);
            vec![step.name.to_owned(), format!("`{}` {share}", bar(step, 20, "█", "░")), step.words()]
        });
        out.push_str(&table("Steps", &["Step", "Done", "Pull requests"], rows.collect()));
        let _ = writeln!(out, "\n{}", escape(&self.overdue_words()));
        out.push_str("\n## Since yesterday\n\n");
        if self.happened.is_empty() {
            out.push_str("Nothing happened.\n");
        }
        for one in &self.happened {
            let _ = writeln!(out, "- {} {}: {}", one.names.len(), one.what, escape(&one.words()));
        }
        if !self.suggestions.is_empty() {
            out.push_str("\n## Next\n\n");
        }
        for one in &self.suggestions {
            let _ = writeln!(out, "- {}", escape(one));
        }
        out
    }

    /// As plain lines.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n{}\n\n", self.title, self.standing);
        for step in &self.steps {
            let share = step.share().map_or_else(|| "?".to_owned(), words::percent);
            let _ =
                writeln!(out, "{:<7} {} {share:>5}  {}", step.name, bar(step, 20, "#", "."), step.words());
        }
        let _ = writeln!(out, "\n{}\n\nsince yesterday", self.overdue_words());
        if self.happened.is_empty() {
            out.push_str("  nothing happened\n");
        }
        for one in &self.happened {
            let _ = writeln!(out, "  {} {}: {}", one.names.len(), one.what, one.words());
        }
        if !self.suggestions.is_empty() {
            out.push_str("\nnext\n");
        }
        for one in &self.suggestions {
            let _ = writeln!(out, "  {one}");
        }
        out
    }
}

/// A bar of `cells` cells. Full only when all are done, empty only when none is.
pub(crate) fn bar(step: &StepShare, cells: usize, full: &str, empty: &str) -> String {
    let filled = match step.share() {
        None => 0,
        Some(share) if step.done == step.of => (share * cells as f64) as usize,
        Some(share) => {
            let least = usize::from(step.done > 0);
            ((share * cells as f64).round() as usize).clamp(least, cells.saturating_sub(1).max(least))
        }
    };
    full.repeat(filled) + &empty.repeat(cells.saturating_sub(filled))
}

fn steps(rows: &[PullRequestRow]) -> [StepShare; 5] {
    let counted = || rows.iter().filter(|row| row.pull_request.state != PullRequestState::Closed);
    let share = |name, state: fn(&PullRequestRow) -> StepState| {
        let count = |is: fn(StepState) -> bool| counted().filter(|row| is(state(row))).count() as u32;
        StepShare {
            name,
            done: count(|state| state == StepState::Done),
            failed: count(|state| state == StepState::Failed),
            unknown: count(|state| state == StepState::Unknown),
            of: counted().count() as u32,
        }
    };
    [
        share("build", |row| row.steps.build),
        share("test", |row| row.steps.test),
        share("review", |row| row.steps.review),
        share("merge", |row| row.steps.merge),
        share("deploy", |row| row.steps.deploy),
    ]
}

fn happened(board: &Board, insight: &ReleaseInsight, since: Instant, now: Instant) -> Vec<Happened> {
    let within = |at: Instant| at > since && at <= now;
    let is = |at: Option<Instant>| at.is_some_and(within);
    let rows = |which: &dyn Fn(&PullRequestRow) -> bool| -> Vec<Text> {
        let name = |id: &PullRequestId| id.text().clone();
        insight.pull_requests.iter().filter(|row| which(row)).map(|row| name(&row.pull_request.id)).collect()
    };
    let stories = |category: Category| -> Vec<Text> {
        let moved = insight.stories.iter().filter(|row| {
            row.story.category == category
                && row.story.moves.last().is_some_and(|change| change.to == category && within(change.at))
        });
        moved.map(|row| row.story.key.text().clone()).collect()
    };
    let scope = |wanted: ScopeChange| -> Vec<Text> {
        let id = &insight.release.id;
        let changed = insight.stories.iter().filter(|row| {
            let mut moves = row.story.scope.iter();
            moves.any(|one| one.release == *id && one.change == wanted && within(one.at))
        });
        changed.map(|row| row.story.key.text().clone()).collect()
    };
    let deployed = board.insight.schedule.deployments.iter().filter(|row| {
        let deployment = &row.deployment;
        deployment.release.as_ref() == Some(&insight.release.id)
            && deployment.state == DeploymentState::Succeeded
            && is(deployment.finished_at)
    });
    let approved = |row: &PullRequestRow| {
        let reviews = &row.pull_request.reviews;
        reviews
            .iter()
            .any(|review| review.verdict == ReviewVerdict::Approved && !review.bot && within(review.at))
    };
    let red = |row: &PullRequestRow| {
        let mut checks = row.pull_request.checks.iter();
        row.pull_request.state == PullRequestState::Open
            && checks.any(|check| check.outcome == CheckOutcome::Failed && is(check.at))
    };
    let all = [
        ("deployed", "deployed", deployed.map(|row| row.deployment.environment.text().clone()).collect()),
        ("pull request merged", "pull requests merged", rows(&|row| is(row.pull_request.merged_at))),
        ("pull request with a check that failed", "pull requests with a check that failed", rows(&red)),
        ("pull request approved", "pull requests approved", rows(&approved)),
        ("pull request opened", "pull requests opened", rows(&|row| is(row.pull_request.opened_at))),
        (
            "pull request closed without a merge",
            "pull requests closed without a merge",
            rows(&|row| is(row.pull_request.closed_at)),
        ),
        ("story done", "stories done", stories(Category::Done)),
        ("story added", "stories added", scope(ScopeChange::Added)),
    ];
    all.into_iter()
        .filter(|(_, _, names): &(_, _, Vec<Text>)| !names.is_empty())
        .map(|(one, several, names)| Happened { what: if names.len() == 1 { one } else { several }, names })
        .collect()
}

/// What turns the verdict, then the next step of what is most delayed.
fn suggestions(insight: &ReleaseInsight, open: &[&PullRequestRow]) -> Vec<String> {
    let remedies = insight.remedies.iter().take(MOST_SUGGESTIONS).map(|remedy| {
        let turns = remedy.turns();
        if turns.is_empty() { remedy.action.to_string() } else { format!("{} → {turns}", remedy.action) }
    });
    let delayed = open
        .iter()
        .filter(|row| matches!(row.standing, Standing::Overdue | Standing::Late | Standing::Slow))
        .filter(|row| !row.next.action.is_empty())
        .take(MOST_SUGGESTIONS);
    let steps = delayed.map(|row| {
        let who: Vec<&str> = row.next.who.iter().map(Text::as_str).collect();
        let who = if who.is_empty() { String::new() } else { format!("{}: ", who.join(", ")) };
        let id = &row.pull_request.id;
        format!("{who}{} ({id} {}, {})", row.next.action, row.pull_request.title, row.standing.word())
    });
    remedies.chain(steps).collect()
}

//! "Why?": the formula behind a number, the rows that count, those that do not, and how old
//! the data is.
//!
//! Works on the same context as [`derive`](super::derive()), so that an explanation cannot
//! say anything else than the number; made only when somebody asks, as its lists are long.

mod cards;
mod day;
mod deployments;
mod environments;
mod evidence;
mod forecast;
mod gates;
mod items;
mod release;
mod remedy;
mod tests;

pub use cards::{explain_card, explain_card_row};
pub use evidence::{Answered, Evidence, Row, evidence};
pub use forecast::{ForecastInWords, forecast_in_words};

use crate::domain::{Instant, Kind, ReleaseId, SourceId};

use super::{
    Board, ReleaseInsight, Subject, board::Completeness, context::Context, membership::Membership, words,
};

/// Rows that are listed of each kind; of more only the count is.
const MOST_ROWS: usize = 200;

/// The answer to "why?".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What is asked about: `Stories ready`.
    pub title: String,
    /// Its value: `no-go: 41/48, needs all`.
    pub value: String,
    /// How the value comes about, in words.
    pub formula: String,
    /// The rows that count, the first 200 of them.
    pub counted: Vec<String>,
    /// How it was counted, and other remarks.
    pub notes: Vec<String>,
    /// Rows that do not count, each with why.
    pub left_out: Vec<String>,
    /// The sources it rests on, each with the age of its answer.
    pub sources: Vec<String>,
}

/// Explains `subject` as it stands on `board` for `release`. What is not on the board is said
/// to be so; on a board from the cache the rows come when the store is open.
pub fn explain(board: &Board, release: &ReleaseId, subject: &Subject, now: Instant) -> Explanation {
    let context = context(board);
    let mut explainer = Explainer::new(board, &context, release, now);
    let explanation = match subject {
        Subject::Headline => explainer.headline(release),
        Subject::Release(id) => {
            // Another release than the one on the screen.
            explainer.insight = board.release(id).map(|insight| &**insight);
            explainer.index = context.release(id);
            explainer.headline(id)
        }
        Subject::BurnDown => explainer.burn_down(),
        Subject::Day(day) => explainer.day_of_the_burn_down(*day),
        Subject::Gate(name) => explainer.gate(name),
        Subject::Story(key) => explainer.story(key),
        Subject::PullRequest(id) => explainer.pull_request(id),
        Subject::Deployment(id) => explainer.deployment(id),
        Subject::Source(id) => explainer.source(id),
        Subject::Environment(id) => explainer.environment(id),
        Subject::Component(name, environment) => explainer.component(name, environment),
        Subject::Card(id) | Subject::CardRow(id, _) => cards::not_made(*id),
        Subject::Remedy(action) => explainer.remedy(action),
        Subject::Suite(name) => explainer.suite(name),
        Subject::Test(suite, name) => explainer.test(suite, name),
    };
    explainer.finish(explanation)
}

fn context(board: &Board) -> Context<'_> {
    Context::new(&board.world, &board.health, &board.policy, board.at)
}

struct Explainer<'a, 'b> {
    context: &'b Context<'a>,
    membership: Membership,
    insight: Option<&'a ReleaseInsight>,
    /// Position of the release; none on a board without rows.
    index: Option<usize>,
    board: &'a Board,
    now: Instant,
}

impl<'a, 'b> Explainer<'a, 'b> {
    fn new(board: &'a Board, context: &'b Context<'a>, release: &ReleaseId, now: Instant) -> Self {
        Self {
            membership: Membership::of(context),
            insight: board.release(release).map(|insight| &**insight),
            index: context.release(release),
            context,
            board,
            now,
        }
    }
}

impl Explainer<'_, '_> {
    /// Bounds the lists, and says so where the rows are not there yet.
    fn finish(&self, mut explanation: Explanation) -> Explanation {
        for rows in [&mut explanation.counted, &mut explanation.left_out] {
            if let Some(more) = rows.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
                rows.truncate(MOST_ROWS);
                rows.push(format!("… and {more} more"));
            }
        }
        if self.board.completeness == Completeness::Preview {
            explanation.counted = vec!["the rows come when the store is open".to_owned()];
            explanation.left_out.clear();
        }
        explanation
    }

    fn sources(&self, kinds: &[Kind]) -> Vec<String> {
        let covering = kinds.iter().filter_map(|kind| self.context.world.covers.get(kind)).flatten();
        let mut sources: Vec<&SourceId> = covering.collect();
        sources.sort_unstable();
        sources.dedup();
        self.ages(sources)
    }

    fn ages<'s>(&self, sources: impl IntoIterator<Item = &'s SourceId>) -> Vec<String> {
        sources.into_iter().map(|source| self.age(source)).collect()
    }

    /// `git, 3m old` or `git 14m stale`.
    fn age(&self, source: &SourceId) -> String {
        match self.context.health(source) {
            Some(health) if !health.is_stale(self.now) => match health.answered_at {
                Some(at) => format!("{source}, answered {}", words::ago(at, self.now)),
                None => format!("{source} has not answered"),
            },
            Some(_) => self.context.staleness(source),
            None => format!("{source} is not asked"),
        }
    }

    fn day(&self, instant: Instant) -> String {
        words::day_and_time(instant, &self.context.policy.calendar)
    }

    fn source(&self, id: &SourceId) -> Explanation {
        let Some(health) = self.context.health(id) else { return missing(id.as_str()) };
        let mut counted = vec![self.age(id)];
        let covers = self.context.world.covers.iter().filter(|(_, sources)| sources.contains(id));
        counted.extend(covers.map(|(kind, _)| format!("covers {}", kind_word(*kind))));
        counted.extend(health.changed_at.map(|at| format!("last news {}", self.day(at))));
        counted.extend(health.stale_from.map(|at| format!("stale from {}", self.day(at))));
        counted.extend(health.next_at.map(|at| format!("asked again {}", self.day(at))));
        let problem = |problem: &crate::domain::Problem| format!("{}: {}", problem.what, problem.next_step);
        counted.extend(health.failure.as_ref().map(problem));
        let unread = self.context.world.problems.iter().filter(|(source, _)| source == id);
        Explanation {
            notes: Vec::new(),
            title: id.to_string(),
            value: if health.is_stale(self.now) { "stale".to_owned() } else { "fresh".to_owned() },
            formula:
                "A source's facts count until they are stale: three intervals after its last answer unless \
                      configured. Then every gate that rests on them is unknown."
                    .to_owned(),
            counted,
            left_out: unread.map(|(_, unread)| problem(unread)).collect(),
            sources: vec![self.age(id)],
        }
    }
}

/// Rows as lines.
fn lines(rows: Vec<Row>) -> Vec<String> {
    rows.into_iter().map(|row| row.what).collect()
}

fn missing(what: &str) -> Explanation {
    Explanation { title: what.to_owned(), value: "not on this board".to_owned(), ..Explanation::default() }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Releases => "releases",
        Kind::Stories => "stories",
        Kind::Defects => "defects",
        Kind::PullRequests => "pull requests",
        Kind::Deployments => "deployments",
        Kind::Environments => "environments",
        Kind::Bookings => "bookings",
        Kind::Freezes => "freezes",
        Kind::TestRuns => "test runs",
        Kind::Findings => "findings",
        Kind::Builds => "builds",
    }
}

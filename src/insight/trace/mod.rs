//! Trace: from a story to what runs it and what carries it next; and what a deployment brings.
//!
//! ```text
//! story ─ pull request ─ merge commit ─ builds, tests
//!                      └ releases ─ environments that hold it ─ next deployment
//! ```
//!
//! Every link says why it holds and how sure that is. Made when somebody asks, of the same
//! context and membership as everything else on the board.

mod brings;
mod contents;
mod environments;
mod held;
mod way;

use serde::Serialize;

use crate::domain::{DeploymentId, EnvironmentId, Instant, PullRequestId, ReleaseId, StoryKey, Text};

use super::{Board, Completeness, Subject, context::Context, membership::Membership, words};

use contents::Contents;

/// Links of one part that are listed; of more only the count is.
const MOST_LINKS: usize = 500;

/// What is traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traced {
    /// A story or defect: where is it?
    Story(StoryKey),
    /// A pull request: where is it?
    PullRequest(PullRequestId),
    /// A deployment: what does it bring where it goes?
    Deployment(DeploymentId),
    /// A release and where it would go: what would it bring? Without a place its next deployment
    /// says where; where none is planned: where does it run, and what did it contain?
    Release(ReleaseId, Option<EnvironmentId>),
    /// An environment: what is there, and what comes next?
    Environment(EnvironmentId),
    /// A component on an environment: which version is there, and what comes next?
    Component(Text, EnvironmentId),
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// What was traced: `PAY-311 Refund webhook retries`.
    pub title: Text,
    /// In one sentence.
    pub answer: Text,
    /// Link by link; a deeper one follows from the one above it.
    pub links: Vec<TraceLink>,
    /// What could not be told, and why.
    pub notes: Vec<Text>,
}

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceLink {
    /// Which part of the answer it is of.
    pub part: TracePart,
    /// How deep it lies: a link follows from the nearest one above that is less deep.
    pub depth: u8,
    /// What it is.
    pub kind: TraceKind,
    /// Its name: `api#812`, `payments 4.2`.
    pub name: Text,
    /// How it stands: `merged Fri 20 Nov 12:00`.
    pub state: Text,
    /// Why the link to what is above holds; empty for the first one.
    pub because: Text,
    /// How sure that is.
    pub certainty: Certainty,
    /// The row of the board that it is about, if there is one.
    pub subject: Option<Subject>,
    /// When it came to stand so, or will.
    pub at: Option<Instant>,
}

/// A part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TracePart {
    /// The way of a story or pull request.
    Way,
    /// What a deployment brings that is not there yet.
    Brings,
    /// What is there and would not be any more.
    TakesBack,
    /// What may be there already: nobody can tell.
    Unclear,
    /// What belongs to the release and is not merged.
    Waits,
    /// What a release that went out contained.
    Contains,
}

impl TracePart {
    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Way => "Way",
            Self::Brings => "Brings",
            Self::TakesBack => "Takes back",
            Self::Unclear => "May be there already",
            Self::Waits => "Not merged: comes along only if it is by then",
            Self::Contains => "Contained",
        }
    }
}

/// What a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceKind {
    /// A story or defect.
    Story,
    /// A pull request.
    PullRequest,
    /// The commit that brought it into its base branch.
    Commit,
    /// Checks of a commit.
    Build,
    /// A run of a test suite.
    TestRun,
    /// A release.
    Release,
    /// A place that holds it.
    Environment,
    /// A deployment that carries it.
    Deployment,
    /// Here the way ends.
    End,
}

impl TraceKind {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Story => "story",
            Self::PullRequest => "pull request",
            Self::Commit => "commit",
            Self::Build => "build",
            Self::TestRun => "tests",
            Self::Release => "release",
            Self::Environment => "runs in",
            Self::Deployment => "carried by",
            Self::End => "ends here",
        }
    }
}

/// How sure a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// A source says so.
    Said,
    /// It follows from a convention: a milestone, the order of versions.
    Inferred,
    /// Nobody can tell.
    Unknown,
}

/// Traces `asked` on `board` as it is looked at from `now`; or says why that cannot be done.
///
/// # Errors
///
/// What is asked for is not on the board, or the board has no facts yet.
pub fn trace(board: &Board, asked: &Traced, now: Instant) -> Result<Trace, Text> {
    if board.completeness == Completeness::Preview {
        return Err(Text::new("only the picture of the last visit is here yet: ask again in a moment"));
    }
    let context = Context::new(&board.world, &board.health, &board.policy, board.at);
    let membership = Membership::of(&context);
    let contents = Contents::of(&context, &membership);
    let tracer = Tracer { board, context: &context, membership: &membership, contents: &contents, now };
    let mut trace = match asked {
        Traced::Story(key) => tracer.story(key),
        Traced::PullRequest(id) => tracer.pull_request(id),
        Traced::Deployment(id) => tracer.deployment(id),
        Traced::Release(release, environment) => tracer.release(release, environment.as_ref()),
        Traced::Environment(id) => tracer.environment(id, None),
        Traced::Component(name, id) => tracer.environment(id, Some(name)),
    }?;
    if let Some(more) = trace.links.len().checked_sub(MOST_LINKS).filter(|more| *more > 0) {
        trace.links.truncate(MOST_LINKS);
        trace.notes.push(Text::new(format!("{more} more links are not listed")));
    }
    Ok(trace)
}

/// What can be traced of a row; none where there is nothing to trace.
pub fn traced(subject: &Subject) -> Option<Traced> {
    match subject {
        Subject::Story(key) => Some(Traced::Story(key.clone())),
        Subject::PullRequest(id) => Some(Traced::PullRequest(id.clone())),
        Subject::Deployment(id) => Some(Traced::Deployment(id.clone())),
        Subject::Release(id) => Some(Traced::Release(id.clone(), None)),
        Subject::Environment(id) => Some(Traced::Environment(id.clone())),
        Subject::Component(name, id) => Some(Traced::Component(name.clone(), id.clone())),
        _ => None,
    }
}

/// What a trace is made with.
struct Tracer<'a, 'b> {
    board: &'b Board,
    context: &'b Context<'a>,
    membership: &'b Membership,
    contents: &'b Contents<'a, 'b>,
    now: Instant,
}

impl Tracer<'_, '_> {
    fn moment(&self, at: Instant) -> String {
        words::day_and_time(at, &self.context.policy.calendar)
    }
}

/// A link of which no more than this is known.
fn link(
    depth: u8,
    kind: TraceKind,
    name: impl AsRef<str>,
    state: impl AsRef<str>,
    because: impl AsRef<str>,
) -> TraceLink {
    TraceLink {
        part: TracePart::Way,
        depth,
        kind,
        name: Text::new(name),
        state: Text::new(state),
        because: Text::new(because),
        certainty: Certainty::Said,
        subject: None,
        at: None,
    }
}

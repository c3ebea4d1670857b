//! The words of the query language: fields, what can be asked of them, and flags.

use crate::domain::{Items, Severity};

use Items::{Defects, Deployments, Findings, PullRequests, Stories, TestRuns};

/// A property of an item that can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Key,
    Title,
    Status,
    State,
    Severity,
    Owner,
    Label,
    Component,
    Sprint,
    Parent,
    Priority,
    Repository,
    Base,
    Branch,
    Milestone,
    Tool,
    Rule,
    Path,
    Suite,
    Environment,
    Points,
    Returns,
    Passed,
    Failed,
    Skipped,
    Minutes,
    Age,
    InStatus,
    Idle,
    Slack,
    Stage,
    InStage,
    Reviewer,
    Next,
    Story,
    Release,
    Number,
    Team,
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Texts, compared as a whole, without regard to capitals, with `*` and `?`.
    Text,
    /// What a status means, or the tracker's own word for it.
    Status,
    /// One of a few words.
    Word,
    /// From low to critical.
    Severity,
    /// A number.
    Number,
    /// A length of time.
    Time,
    /// A team of the configuration, one of whose members has to do with it.
    Team,
}

/// A field, its name, its values, and the items that have it.
pub(crate) struct FieldRow {
    pub(crate) name: &'static str,
    pub(crate) field: Field,
    pub(crate) kind: Kind,
    items: &'static [Items],
}

const fn row(name: &'static str, field: Field, kind: Kind, items: &'static [Items]) -> FieldRow {
    FieldRow { name, field, kind, items }
}

const TRACKED: &[Items] = &[Stories, Defects];

const FIELDS: [FieldRow; 40] = [
    row("key", Field::Key, Kind::Text, &Items::ALL),
    row("title", Field::Title, Kind::Text, &[Stories, Defects, PullRequests, Findings]),
    row("status", Field::Status, Kind::Status, TRACKED),
    row("state", Field::State, Kind::Word, &[PullRequests, Findings, Deployments]),
    row("severity", Field::Severity, Kind::Severity, &[Stories, Defects, Findings]),
    row("owner", Field::Owner, Kind::Text, &[Stories, Defects, PullRequests]),
    row("label", Field::Label, Kind::Text, &[Stories, Defects, PullRequests]),
    row("component", Field::Component, Kind::Text, TRACKED),
    row("sprint", Field::Sprint, Kind::Text, TRACKED),
    row("parent", Field::Parent, Kind::Text, TRACKED),
    row("priority", Field::Priority, Kind::Text, TRACKED),
    row("repository", Field::Repository, Kind::Text, &[PullRequests, Findings]),
    row("base", Field::Base, Kind::Text, &[PullRequests]),
    row("branch", Field::Branch, Kind::Text, &[PullRequests]),
    row("milestone", Field::Milestone, Kind::Text, &[PullRequests]),
    row("tool", Field::Tool, Kind::Text, &[Findings]),
    row("rule", Field::Rule, Kind::Text, &[Findings]),
    row("path", Field::Path, Kind::Text, &[Findings]),
    row("suite", Field::Suite, Kind::Text, &[TestRuns]),
    row("environment", Field::Environment, Kind::Text, &[Deployments]),
    row("points", Field::Points, Kind::Number, TRACKED),
    row("returns", Field::Returns, Kind::Number, TRACKED),
    row("passed", Field::Passed, Kind::Number, &[TestRuns]),
    row("failed", Field::Failed, Kind::Number, &[TestRuns]),
    row("skipped", Field::Skipped, Kind::Number, &[TestRuns]),
    row("minutes", Field::Minutes, Kind::Number, &[Deployments]),
    row("age", Field::Age, Kind::Time, &Items::ALL),
    row("in_status", Field::InStatus, Kind::Time, TRACKED),
    row("idle", Field::Idle, Kind::Time, &[PullRequests]),
    row("slack", Field::Slack, Kind::Time, &[PullRequests]),
    // As a forge's own search calls them.
    row("author", Field::Owner, Kind::Text, &[PullRequests]),
    row("repo", Field::Repository, Kind::Text, &[PullRequests]),
    row("number", Field::Number, Kind::Number, &[PullRequests]),
    row("stage", Field::Stage, Kind::Word, &[PullRequests]),
    row("in_stage", Field::InStage, Kind::Time, &[PullRequests]),
    row("reviewer", Field::Reviewer, Kind::Text, &[PullRequests]),
    row("next", Field::Next, Kind::Text, &[PullRequests]),
    row("story", Field::Story, Kind::Text, &[PullRequests]),
    row("release", Field::Release, Kind::Text, &[PullRequests, Deployments]),
    row("team", Field::Team, Kind::Team, &[Stories, Defects, PullRequests]),
];

/// Fields that these items have.
pub(crate) fn fields(items: Items) -> impl Iterator<Item = &'static FieldRow> {
    FIELDS.iter().filter(move |row| row.items.contains(&items))
}

/// Something that an item is or is not: `is:open`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    Open,
    Done,
    Blocked,
    Returned,
    Overdue,
    Draft,
    Merged,
    Conflicting,
    New,
    Newest,
    Failed,
    Production,
    Late,
    Ready,
    Snoozed,
    Acknowledged,
    Watched,
}

impl Flag {
    /// It is about what people said on their board, so that no metric can rest on it.
    pub(crate) fn is_said(self) -> bool {
        matches!(self, Self::Snoozed | Self::Acknowledged | Self::Watched)
    }
}

const FLAGS: [(&str, Flag, &[Items]); 17] = [
    ("open", Flag::Open, &[Stories, Defects, PullRequests, Findings, Deployments]),
    ("done", Flag::Done, &[Stories, Defects, Deployments]),
    ("blocked", Flag::Blocked, TRACKED),
    ("returned", Flag::Returned, TRACKED),
    ("overdue", Flag::Overdue, &[Stories, Defects, PullRequests, Deployments]),
    ("draft", Flag::Draft, &[PullRequests]),
    ("merged", Flag::Merged, &[PullRequests]),
    ("conflicting", Flag::Conflicting, &[PullRequests]),
    ("new", Flag::New, &[Findings]),
    ("newest", Flag::Newest, &[TestRuns]),
    ("failed", Flag::Failed, &[TestRuns, Deployments]),
    ("production", Flag::Production, &[Deployments]),
    ("late", Flag::Late, &[PullRequests]),
    ("ready", Flag::Ready, &[PullRequests]),
    ("snoozed", Flag::Snoozed, SAID),
    ("acknowledged", Flag::Acknowledged, SAID),
    ("watched", Flag::Watched, SAID),
];

/// Items that people can say something about.
const SAID: &[Items] = &[Stories, Defects, PullRequests, Deployments];

/// Flags that these items have.
pub(crate) fn flags(items: Items) -> impl Iterator<Item = (&'static str, Flag)> {
    FLAGS.iter().filter(move |(_, _, of)| of.contains(&items)).map(|(name, flag, _)| (*name, *flag))
}

/// Words that a field of the kind [`Kind::Word`] has.
pub(crate) fn words(field: Field, items: Items) -> &'static [&'static str] {
    if field == Field::Stage { &STAGES } else { states(items) }
}

/// Stages of pull requests, in their order.
const STAGES: [&str; 7] = ["coding", "pickup", "review", "merge", "deploy", "done", "closed"];

/// The values of the field are people, so that `@me` is one.
pub(crate) fn is_people(field: Field) -> bool {
    matches!(field, Field::Owner | Field::Reviewer | Field::Next)
}

/// Words that `state` has for these items.
pub(crate) fn states(items: Items) -> &'static [&'static str] {
    match items {
        PullRequests => &["open", "merged", "closed"],
        Findings => &["open", "fixed", "dismissed"],
        Deployments => &["draft", "approved", "running", "succeeded", "failed", "cancelled", "rolled_back"],
        Stories | Defects | TestRuns => &[],
    }
}

pub(crate) const SEVERITIES: [(&str, Severity); 4] = [
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];

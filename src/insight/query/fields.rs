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

const FIELDS: [FieldRow; 30] = [
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
}

const FLAGS: [(&str, Flag, &[Items]); 12] = [
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
];

/// Flags that these items have.
pub(crate) fn flags(items: Items) -> impl Iterator<Item = (&'static str, Flag)> {
    FLAGS.iter().filter(move |(_, _, of)| of.contains(&items)).map(|(name, flag, _)| (*name, *flag))
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

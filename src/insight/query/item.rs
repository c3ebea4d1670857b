//! Items as a query sees them.

use chrono::Duration;

use crate::domain::{
    Category, CheckOutcome, Deployment, DeploymentState, Finding, FindingState, Instant, Mergeability,
    PullRequest, PullRequestState, Release, Severity, Story, TestRun,
};
use crate::insight::{
    PullRequestRow, Standing, StepState, Subject,
    context::{first_known, later},
    next_step::with_outcome,
    stories::{is_open, returns},
};

use super::fields::{Field, Flag};

/// One item, with what was worked out of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    Story { story: &'a Story, is_blocked: bool },
    PullRequest { row: &'a PullRequestRow, release: Option<&'a Release> },
    Finding { finding: &'a Finding, is_new: bool },
    TestRun { run: &'a TestRun, is_newest: bool },
    Deployment { deployment: &'a Deployment, is_production: bool },
}

/// A number or a length of time in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Amount {
    Known(f64),
    /// It has none.
    Absent,
    /// It has one, and the source does not tell it.
    Unknown,
}

/// The value of a field.
pub(super) enum Value<'a> {
    Texts(Vec<&'a str>),
    Status(Category, &'a str),
    /// None: the source said something unheard of.
    State(Option<&'static str>),
    Severity(Severity),
    Amount(Amount),
    /// There is none.
    Absent,
    /// There is one that nobody knows.
    Unknown,
}

impl Value<'_> {
    /// Whether there is none.
    pub(super) fn is_missing(&self) -> bool {
        match self {
            Self::Texts(texts) => texts.is_empty(),
            Self::Status(_, status) => status.is_empty(),
            Self::State(_) | Self::Severity(_) => false,
            Self::Amount(amount) => *amount == Amount::Absent,
            Self::Absent | Self::Unknown => true,
        }
    }
}

/// From when to when something lasted; no end: it lasts still.
struct Span {
    from: Option<Instant>,
    until: Option<Instant>,
    /// It ended at a time that the source does not tell.
    ended_unseen: bool,
}

impl Span {
    fn seconds(&self, now: Instant) -> Amount {
        match self.from {
            Some(from) if !self.ended_unseen => {
                Amount::Known((self.until.unwrap_or(now) - from).num_seconds().max(0) as f64)
            }
            _ => Amount::Unknown,
        }
    }
}

impl<'a> Item<'a> {
    /// What a row of it begins with: its key.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Story { story, .. } => story.key.to_string(),
            Self::PullRequest { row, .. } => row.pull_request.id.to_string(),
            Self::Finding { finding, .. } => finding.id.to_string(),
            Self::TestRun { run, .. } => run.suite.to_string(),
            Self::Deployment { deployment, .. } => deployment.id.to_string(),
        }
    }

    /// What a row of it says after its key.
    pub(crate) fn said(&self) -> String {
        match self {
            Self::Story { story, .. } => format!("{} · {}", story.title, story.status),
            Self::PullRequest { row, .. } => {
                format!("{} · {}", row.pull_request.title, pull_request_state(row.pull_request.state))
            }
            Self::Finding { finding, .. } => finding.title.to_string(),
            Self::TestRun { run, .. } => {
                format!("{} passed, {} failed, {} skipped", run.passed, run.failed, run.skipped)
            }
            Self::Deployment { deployment, .. } => {
                format!("{} · {}", deployment.environment, deployment_state(deployment.state))
            }
        }
    }

    /// The row of it on the board, where it has one.
    pub(crate) fn subject(&self) -> Option<Subject> {
        match self {
            Self::Story { story, .. } => Some(Subject::Story(story.key.clone())),
            Self::PullRequest { row, .. } => Some(Subject::PullRequest(row.pull_request.id.clone())),
            Self::Deployment { deployment, .. } => Some(Subject::Deployment(deployment.id.clone())),
            Self::Finding { .. } | Self::TestRun { .. } => None,
        }
    }

    /// What a text without a field is looked for in.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let names = match self {
            Self::Story { story, .. } => [Some(story.key.as_str()), Some(&*story.title)],
            Self::PullRequest { row, .. } => {
                [Some(row.pull_request.id.as_str()), Some(&*row.pull_request.title)]
            }
            Self::Finding { finding, .. } => [Some(finding.id.as_str()), Some(&*finding.title)],
            Self::TestRun { run, .. } => [Some(&*run.suite), None],
            Self::Deployment { deployment, .. } => {
                [Some(deployment.id.as_str()), Some(deployment.environment.as_str())]
            }
        };
        names.into_iter().flatten()
    }

    /// What its row says in words beside its names.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let words = match self {
            Self::Story { story, .. } => {
                let parent = story.parent.as_ref().map(crate::domain::StoryKey::as_str);
                [Some(&*story.status), story.owner.as_deref(), parent]
            }
            Self::PullRequest { row, .. } => {
                [Some(&*row.pull_request.author), Some(row.stage.word()), Some(&*row.next.action)]
            }
            Self::Deployment { deployment, .. } => {
                [deployment.release.as_ref().map(crate::domain::ReleaseId::as_str), None, None]
            }
            Self::Finding { .. } | Self::TestRun { .. } => [None; 3],
        };
        words.into_iter().flatten()
    }

    /// When it was done, merged, opened or ran, by which a period picks it: `Ok(None)` if that
    /// has not happened, an error if it has and the source does not tell when.
    pub(crate) fn dated(&self) -> Result<Option<Instant>, ()> {
        match self {
            Self::Story { story, .. } if story.kind == crate::domain::StoryKind::Defect => {
                Ok(Some(story.created_at))
            }
            Self::Story { story, .. } => match story.category {
                Category::Done => story.moves.last().map(|change| Some(change.at)).ok_or(()),
                Category::Unknown => Err(()),
                _ => Ok(None),
            },
            Self::PullRequest { row, .. } => match row.pull_request.state {
                PullRequestState::Merged => row.pull_request.merged_at.map(Some).ok_or(()),
                PullRequestState::Open | PullRequestState::Closed => Ok(None),
            },
            Self::Finding { finding, .. } => Ok(Some(finding.opened_at)),
            Self::TestRun { run, .. } => Ok(Some(run.at)),
            Self::Deployment { deployment, .. } => match deployment.state {
                DeploymentState::Succeeded | DeploymentState::Failed | DeploymentState::RolledBack => {
                    deployment.finished_at.map(Some).ok_or(())
                }
                _ => Ok(None),
            },
        }
    }

    /// The number or length of time that `field` has.
    pub(crate) fn amount(&self, field: Field, now: Instant) -> Amount {
        match self.value(field, now) {
            Value::Amount(amount) => amount,
            Value::Absent => Amount::Absent,
            _ => Amount::Unknown,
        }
    }

    /// From when on a length of time grows as time passes; none if it stands still.
    pub(crate) fn runs_since(&self, field: Field) -> Option<Instant> {
        let span = self.span(field)?;
        span.from.filter(|_| span.until.is_none() && !span.ended_unseen)
    }

    /// When it shall be done, while it is not.
    pub(super) fn due(&self) -> Option<Instant> {
        match self {
            Self::Story { story, .. } => story.due.filter(|_| is_open(story)),
            Self::PullRequest { row, .. } => {
                row.pull_request.due.filter(|_| row.pull_request.state == PullRequestState::Open)
            }
            Self::Deployment { deployment, .. } => {
                (!deployment.state.is_over()).then_some(later(deployment.window.until, Duration::zero()))
            }
            Self::Finding { .. } | Self::TestRun { .. } => None,
        }
    }

    fn span(&self, field: Field) -> Option<Span> {
        let span = |from: Option<Instant>, until: Option<Instant>, is_over: bool| {
            Some(Span { from, until: until.filter(|_| is_over), ended_unseen: is_over && until.is_none() })
        };
        match (self, field) {
            (Self::Story { story, .. }, Field::Age) => {
                let last = story.moves.last().map(|change| change.at);
                span(Some(story.created_at), last, !is_open(story))
            }
            (Self::Story { story, .. }, Field::InStatus) => span(Some(story.since()), None, false),
            (Self::PullRequest { row, .. }, Field::InStage) => span(row.since, None, false),
            (Self::PullRequest { row, .. }, Field::Age) => {
                let pull_request = &row.pull_request;
                let ended = pull_request.merged_at.or(pull_request.closed_at);
                span(first_known(pull_request), ended, pull_request.state != PullRequestState::Open)
            }
            (Self::PullRequest { row, .. }, Field::Idle) => span(row.pull_request.updated_at, None, false),
            (Self::Finding { finding, .. }, Field::Age) => {
                let is_over = matches!(finding.state, FindingState::Fixed | FindingState::Dismissed);
                span(Some(finding.opened_at), finding.closed_at, is_over)
            }
            (Self::TestRun { run, .. }, Field::Age) => span(Some(run.at), None, false),
            (Self::Deployment { deployment, .. }, Field::Age) => {
                let began = deployment.finished_at.or(deployment.started_at);
                began.map(|began| Span { from: Some(began), until: None, ended_unseen: false })
            }
            _ => None,
        }
    }

    pub(super) fn value(&self, field: Field, now: Instant) -> Value<'a> {
        let number = |number: Option<f64>| Value::Amount(number.map_or(Amount::Absent, Amount::Known));
        if matches!(field, Field::Age | Field::InStatus | Field::Idle | Field::InStage) {
            return self.span(field).map_or(Value::Absent, |span| Value::Amount(span.seconds(now)));
        }
        match self {
            Self::Story { story, .. } => match field {
                Field::Key => Value::Texts(vec![story.key.as_str()]),
                Field::Title => Value::Texts(vec![&story.title]),
                Field::Status => Value::Status(story.category, &story.status),
                // As the gate over blocking defects: what nobody rated blocks nothing.
                Field::Severity => story.severity.map_or(Value::Absent, Value::Severity),
                Field::Owner | Field::Team => texts(story.owner.as_ref()),
                Field::Label => Value::Texts(story.labels.iter().map(|label| &**label).collect()),
                Field::Component => texts(story.component.as_ref()),
                Field::Sprint => texts(story.sprint.as_ref()),
                Field::Parent => {
                    Value::Texts(story.parent.iter().map(crate::domain::StoryKey::as_str).collect())
                }
                Field::Priority => texts(story.priority.as_ref()),
                Field::Points => number(story.points.map(f64::from)),
                Field::Returns => number(Some(f64::from(returns(story)))),
                _ => Value::Absent,
            },
            Self::PullRequest { row, release } => of_pull_request(row, *release, field),
            Self::Finding { finding, .. } => match field {
                Field::Key => Value::Texts(vec![finding.id.as_str()]),
                Field::Title => Value::Texts(vec![&finding.title]),
                Field::State => Value::State(match finding.state {
                    FindingState::Open => Some("open"),
                    FindingState::Fixed => Some("fixed"),
                    FindingState::Dismissed => Some("dismissed"),
                    FindingState::Unknown => None,
                }),
                // What no analyzer rated is not taken for harmless.
                Field::Severity => finding.severity.map_or(Value::Unknown, Value::Severity),
                Field::Repository => Value::Texts(vec![&finding.repository]),
                Field::Tool => Value::Texts(vec![&finding.tool]),
                Field::Rule => Value::Texts(vec![&finding.rule]),
                Field::Path => texts(finding.path.as_ref()),
                _ => Value::Absent,
            },
            Self::TestRun { run, .. } => match field {
                Field::Key | Field::Suite => Value::Texts(vec![&run.suite]),
                Field::Passed => number(Some(f64::from(run.passed))),
                Field::Failed => number(Some(f64::from(run.failed))),
                Field::Skipped => number(Some(f64::from(run.skipped))),
                _ => Value::Absent,
            },
            Self::Deployment { deployment, .. } => match field {
                Field::Key => Value::Texts(vec![deployment.id.as_str()]),
                Field::State => Value::State(Some(deployment_state(deployment.state))),
                Field::Environment => Value::Texts(vec![deployment.environment.as_str()]),
                Field::Release => match &deployment.release {
                    Some(release) => Value::Texts(names_of_release(release.as_str())),
                    None => Value::Texts(Vec::new()),
                },
                Field::Minutes => {
                    let times = deployment.started_at.zip(deployment.finished_at);
                    number(times.map(|(from, until)| (until - from).num_minutes() as f64))
                }
                _ => Value::Absent,
            },
        }
    }

    pub(super) fn is(&self, flag: Flag, now: Instant) -> Option<bool> {
        let is_overdue = || Some(self.due().is_some_and(|due| due < now));
        match (self, flag) {
            (Self::Story { story, .. }, Flag::Open | Flag::Done) => match story.category {
                Category::Unknown => None,
                category => Some(
                    (category == Category::Done) == (flag == Flag::Done) && category != Category::Dropped,
                ),
            },
            (Self::Story { is_blocked, .. }, Flag::Blocked) => Some(*is_blocked),
            (Self::Story { story, .. }, Flag::Returned) => Some(returns(story) > 0),
            (Self::Story { .. } | Self::PullRequest { .. } | Self::Deployment { .. }, Flag::Overdue) => {
                is_overdue()
            }
            (Self::PullRequest { row, .. }, _) => match flag {
                Flag::Late => Some(matches!(row.standing, Standing::Late | Standing::Overdue)),
                Flag::Ready => is_ready(row),
                _ => is_pull_request(&row.pull_request, flag),
            },
            // What nobody understands is open, as for the gate over findings.
            (Self::Finding { finding, .. }, Flag::Open) => {
                Some(matches!(finding.state, FindingState::Open | FindingState::Unknown))
            }
            (Self::Finding { is_new, .. }, Flag::New) => Some(*is_new),
            (Self::TestRun { is_newest, .. }, Flag::Newest) => Some(*is_newest),
            (Self::TestRun { run, .. }, Flag::Failed) => Some(run.failed > 0),
            (Self::Deployment { deployment, is_production }, _) => match flag {
                Flag::Open => Some(!deployment.state.is_over()),
                Flag::Done => Some(deployment.state == DeploymentState::Succeeded),
                Flag::Failed => {
                    Some(matches!(deployment.state, DeploymentState::Failed | DeploymentState::RolledBack))
                }
                Flag::Production => Some(*is_production),
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_pull_request(pull_request: &PullRequest, flag: Flag) -> Option<bool> {
    match flag {
        Flag::Open => Some(pull_request.state == PullRequestState::Open),
        Flag::Merged => Some(pull_request.state == PullRequestState::Merged),
        Flag::Draft => Some(pull_request.draft),
        Flag::Conflicting => match pull_request.mergeability {
            _ if pull_request.state != PullRequestState::Open => Some(false),
            Mergeability::Unknown => None,
            mergeability => Some(mergeability == Mergeability::Conflicts),
        },
        _ => None,
    }
}

/// Nothing is left but to merge it: no draft, approved as required, no check that stands in the
/// way or runs, and nothing in the way of the merge itself.
fn is_ready(row: &PullRequestRow) -> Option<bool> {
    let pull_request = &row.pull_request;
    let is_waiting = |outcome| !with_outcome(pull_request, outcome).is_empty();
    let is_held = pull_request.state != PullRequestState::Open
        || pull_request.draft
        || pull_request.number.is_none()
        || matches!(pull_request.mergeability, Mergeability::Conflicts | Mergeability::Behind)
        || is_waiting(CheckOutcome::Failed)
        || is_waiting(CheckOutcome::Running);
    match row.steps.review {
        _ if is_held => Some(false),
        StepState::Unknown => None,
        StepState::Done if pull_request.mergeability == Mergeability::Unknown => None,
        StepState::Done if is_waiting(CheckOutcome::Unknown) => None,
        StepState::Done => Some(true),
        _ => Some(false),
    }
}

fn of_pull_request<'a>(row: &'a PullRequestRow, release: Option<&'a Release>, field: Field) -> Value<'a> {
    let pull_request = &*row.pull_request;
    let number = |number: Option<f64>| Value::Amount(number.map_or(Amount::Absent, Amount::Known));
    let all = |texts: &'a [crate::domain::Text]| Value::Texts(texts.iter().map(|text| &**text).collect());
    match field {
        Field::Key => Value::Texts(vec![pull_request.id.as_str()]),
        Field::Title => Value::Texts(vec![&pull_request.title]),
        Field::State => Value::State(Some(pull_request_state(pull_request.state))),
        Field::Owner => Value::Texts(vec![&pull_request.author]),
        Field::Label => all(&pull_request.labels),
        Field::Repository => Value::Texts(vec![&pull_request.repository]),
        Field::Base => Value::Texts(vec![&pull_request.base]),
        Field::Branch => texts(pull_request.branch.as_ref()),
        Field::Milestone => texts(pull_request.milestone.as_ref()),
        Field::Slack => number(row.slack_seconds.map(|seconds| seconds as f64)),
        Field::Number => number(pull_request.number.map(|number| number as f64)),
        Field::Stage => Value::State(Some(row.stage.word())),
        Field::Reviewer => Value::Texts(reviewers(pull_request)),
        // Whoever wrote it, was asked for a review, or has reviewed it.
        Field::Team => {
            let mut people = reviewers(pull_request);
            people.push(&pull_request.author);
            Value::Texts(people)
        }
        Field::Next => all(&row.next.who),
        Field::Story => {
            Value::Texts(pull_request.stories.iter().map(crate::domain::StoryKey::as_str).collect())
        }
        Field::Release => Value::Texts(
            release.map(|release| vec![release.id.as_str(), &*release.version]).unwrap_or_default(),
        ),
        _ => Value::Absent,
    }
}

/// Who was asked for a review, or has reviewed; programs left out.
fn reviewers(pull_request: &PullRequest) -> Vec<&str> {
    let asked = pull_request.requested_reviewers.iter();
    let people = pull_request.reviews.iter().filter(|review| !review.bot);
    let mut all: Vec<&str> = asked.chain(people.map(|review| &review.reviewer)).map(|name| &**name).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A release by its identity, and by its version alone.
fn names_of_release(release: &str) -> Vec<&str> {
    let version = release.rsplit_once(' ').map(|(_, version)| version);
    [Some(release), version].into_iter().flatten().collect()
}

fn texts(text: Option<&crate::domain::Text>) -> Value<'_> {
    Value::Texts(text.into_iter().map(|text| &**text).filter(|text| !text.is_empty()).collect())
}

fn pull_request_state(state: PullRequestState) -> &'static str {
    match state {
        PullRequestState::Open => "open",
        PullRequestState::Merged => "merged",
        PullRequestState::Closed => "closed",
    }
}

fn deployment_state(state: DeploymentState) -> &'static str {
    match state {
        DeploymentState::Draft => "draft",
        DeploymentState::Approved => "approved",
        DeploymentState::Running => "running",
        DeploymentState::Succeeded => "succeeded",
        DeploymentState::Failed => "failed",
        DeploymentState::Cancelled => "cancelled",
        DeploymentState::RolledBack => "rolled_back",
    }
}

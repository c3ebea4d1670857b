//! Which operations there are for a row, and why one of them is not offered.

use crate::{
    domain::{CheckOutcome, Mergeability, PullRequest, PullRequestState, Text},
    insight::Subject,
    source::operation::{
        HandsOff, MergeMethod, Operation, PullRequestOperation, PullRequestTarget, StoryOperation,
    },
};

use super::{Progress, State};
use crate::app::Command;

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Approves a pull request.
    Approve,
    /// Says something.
    Comment,
    /// Says who is waited for, since when, and what depends on it.
    Nudge,
    /// Merges a pull request.
    Merge,
    /// Has the service merge it once it may be merged.
    MergeWhenReady,
    /// Runs failed checks again.
    RunFailedChecksAgain,
    /// Asks people for a review.
    RequestReview,
    /// Brings the base into the branch.
    UpdateBranch,
    /// Declares a draft ready for review.
    MarkReady,
    /// Closes without merging.
    Close,
    /// Gives it to people.
    Assign,
    /// Moves it to another release.
    Move,
    /// Sets how urgent it is.
    SetPriority,
    /// Moves it to another status.
    Transition,
}

impl OperationKind {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 14] = [
        Self::Approve,
        Self::Comment,
        Self::Nudge,
        Self::Merge,
        Self::MergeWhenReady,
        Self::RunFailedChecksAgain,
        Self::RequestReview,
        Self::UpdateBranch,
        Self::MarkReady,
        Self::Close,
        Self::Assign,
        Self::Move,
        Self::SetPriority,
        Self::Transition,
    ];

    /// Its name in the palette.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Comment => "comment",
            Self::Nudge => "nudge",
            Self::Merge => "merge",
            Self::MergeWhenReady => "merge-when-ready",
            Self::RunFailedChecksAgain => "run-failed-again",
            Self::RequestReview => "request-review",
            Self::UpdateBranch => "update-branch",
            Self::MarkReady => "mark-ready",
            Self::Close => "close",
            Self::Assign => "assign",
            Self::Move => "move-to-release",
            Self::SetPriority => "set-priority",
            Self::Transition => "transition",
        }
    }

    /// What it does, in a few words.
    pub fn help(self) -> &'static str {
        match self {
            Self::Approve => "approve the pull request",
            Self::Comment => "say something on it",
            Self::Nudge => "remind whom it waits for, by a comment with the facts",
            Self::Merge => "merge the pull request",
            Self::MergeWhenReady => "have it merged once it may be merged",
            Self::RunFailedChecksAgain => "run the failed checks again",
            Self::RequestReview => "ask people for a review",
            Self::UpdateBranch => "bring its base into its branch",
            Self::MarkReady => "declare the draft ready for review",
            Self::Close => "close it without merging",
            Self::Assign => "give it to people",
            Self::Move => "move it to another release, or out of its release",
            Self::SetPriority => "set how urgent it is",
            Self::Transition => "move it to another status",
        }
    }

    /// The command that a key is bound to, for those that have one.
    pub fn command(self) -> Option<Command> {
        match self {
            Self::Approve => Some(Command::Approve),
            Self::Comment => Some(Command::Comment),
            Self::Merge => Some(Command::Merge),
            Self::RunFailedChecksAgain => Some(Command::RunFailedChecksAgain),
            _ => None,
        }
    }

    /// What must be written before it can be asked for; none: nothing.
    pub(super) fn prompt(self) -> Option<&'static str> {
        match self {
            Self::Comment => Some("comment"),
            Self::RequestReview => Some("ask for a review by (names, with commas)"),
            Self::Assign => Some("give it to (names, with commas)"),
            Self::Move => Some("release (none: out of its release)"),
            Self::SetPriority => Some("priority"),
            Self::Transition => Some("status"),
            _ => None,
        }
    }

    /// It merges, now or later.
    pub(super) fn merges(self) -> bool {
        matches!(self, Self::Merge | Self::MergeWhenReady)
    }

    fn is_of(self, subject: &Subject) -> bool {
        match subject {
            Subject::PullRequest(_) => !matches!(self, Self::SetPriority | Self::Transition),
            Subject::Story(_) => {
                matches!(
                    self,
                    Self::Comment | Self::Assign | Self::Move | Self::SetPriority | Self::Transition
                )
            }
            _ => false,
        }
    }
}

/// What a row of the menu does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Asks for an operation of this kind.
    Ask(OperationKind),
    /// Looks whether the operation with this number was done.
    Look(u64),
}

/// A row of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it does.
    pub choice: Choice,
    /// Why not, if so.
    pub refused: Option<Text>,
}

/// All rows of the menu for `subject`.
pub(super) fn offers(state: &State, subject: &Subject) -> Vec<Offer> {
    let unclear = state.operations.tracked.iter().filter(|tracked| {
        tracked.queued.subject == *subject && matches!(tracked.progress, Progress::Unclear { .. })
    });
    let looks = unclear.map(|tracked| Offer { choice: Choice::Look(tracked.queued.number), refused: None });
    let kinds = OperationKind::ALL.into_iter().filter(|kind| kind.is_of(subject));
    let offers = kinds.map(|kind| {
        // Which words are right is found out once there are some.
        let probes: &[&str] = match kind {
            OperationKind::Transition => &["done", "closed"],
            _ => &["x"],
        };
        let mut refused = None;
        for probe in probes {
            refused = build(state, subject, kind, probe, None)
                .and_then(|operation| refusal(state, subject, kind, &operation).map_or(Ok(()), Err))
                .err();
            if refused.is_none() {
                break;
            }
        }
        Offer { choice: Choice::Ask(kind), refused }
    });
    looks.chain(offers).collect()
}

/// Why nothing at all can be changed now.
pub(crate) fn hands_off(state: &State) -> Option<HandsOff> {
    if state.past.is_some() {
        return Some(HandsOff::Past);
    }
    state.operations.operators.hands_off().or_else(|| state.read_only.then_some(HandsOff::ReadOnly))
}

/// The operation of a kind on a row, with what was written for it; or why there is none.
pub(super) fn build(
    state: &State,
    subject: &Subject,
    kind: OperationKind,
    written: &str,
    method: Option<MergeMethod>,
) -> Result<Operation, Text> {
    use OperationKind as K;
    let not_here = || Err(Text::new("not for rows of this kind"));
    let names = || -> Vec<Text> {
        let names = written.split([',', ' ']).map(|name| name.trim().trim_start_matches('@'));
        names.filter(|name| !name.is_empty()).map(Text::new).collect()
    };
    // Names of trackers have blanks in them.
    let people = || -> Vec<Text> {
        written.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Text::new).collect()
    };
    let release = || (!written.eq_ignore_ascii_case("none")).then(|| Text::new(written));
    match subject {
        Subject::PullRequest(id) => {
            use PullRequestOperation as P;
            let Some(row) = state.pull_request(id) else { return Err(gone()) };
            let pull_request = &row.pull_request;
            let Some(number) = pull_request.number else {
                return Err(Text::new("it is a branch that has no pull request yet"));
            };
            let operation = match kind {
                K::Approve => P::Approve(None),
                K::Comment | K::Nudge => P::Comment(written.to_owned()),
                K::Merge => P::Merge(method),
                K::MergeWhenReady => P::MergeWhenReady(method),
                K::RunFailedChecksAgain => P::RunFailedChecksAgain,
                K::RequestReview => P::RequestReview(names()),
                K::UpdateBranch => P::UpdateBranch,
                K::MarkReady => P::MarkReady,
                K::Close => P::Close,
                K::Assign => P::Assign(names()),
                K::Move => P::Move(release()),
                K::SetPriority | K::Transition => return not_here(),
            };
            if kind == K::Nudge && (row.next.who.is_empty() || row.next.action.is_empty()) {
                return Err(Text::new("it waits for nobody"));
            }
            let (repository, head) = (pull_request.repository.clone(), pull_request.head.clone());
            Ok(Operation::PullRequest(PullRequestTarget { repository, number, head }, operation))
        }
        Subject::Story(key) => {
            use StoryOperation as S;
            if state.story(key).is_none() {
                return Err(gone());
            }
            let operation = match kind {
                K::Comment => S::Comment(written.to_owned()),
                K::Assign => S::Assign(people()),
                K::Move => S::Move(release()),
                K::SetPriority => S::SetPriority(Text::new(written)),
                K::Transition => S::Transition(Text::new(written)),
                _ => return not_here(),
            };
            Ok(Operation::Story(key.clone(), operation))
        }
        _ => not_here(),
    }
}

fn gone() -> Text {
    Text::new("it is not on this board any more")
}

/// Why `operation` cannot be asked for as things are, if so.
pub(super) fn refusal(
    state: &State,
    subject: &Subject,
    kind: OperationKind,
    operation: &Operation,
) -> Option<Text> {
    if let Some(hands_off) = hands_off(state) {
        return Some(hands_off.problem().what);
    }
    let known = match (subject, operation) {
        (Subject::PullRequest(id), Operation::PullRequest(target, _)) => {
            let Some(row) = state.pull_request(id) else { return Some(gone()) };
            by_pull_request(&row.pull_request, kind, target)
        }
        (Subject::Story(key), _) if state.story(key).is_none() => return Some(gone()),
        _ => None,
    };
    if let Some(why) = known {
        return Some(Text::new(why));
    }
    if let Some(open) = state.operations.same(subject, operation) {
        return Some(Text::new(match open.progress {
            Progress::Waits => "it waits to be sent already",
            Progress::Sent(_) => "it is being done",
            _ => "it may have been done: look first",
        }));
    }
    (!state.operations.operators.offers(operation)).then(|| Text::new("no source of this board can do that"))
}

fn by_pull_request(
    pull_request: &PullRequest,
    kind: OperationKind,
    target: &PullRequestTarget,
) -> Option<&'static str> {
    use OperationKind as K;
    let needs_head = matches!(kind, K::Approve | K::Merge | K::MergeWhenReady | K::UpdateBranch);
    let merges = kind.merges();
    // People talk about what ended, and sort it in, too.
    let is_for_all = matches!(kind, K::Comment | K::Assign | K::Move);
    match pull_request.state {
        PullRequestState::Merged if !is_for_all => return Some("it is merged"),
        PullRequestState::Closed if !is_for_all => return Some("it is closed"),
        _ => {}
    }
    if needs_head && pull_request.head.is_none() {
        return Some(
            "its source does not tell its newest commit, so another one than you saw could be meant",
        );
    }
    if needs_head && pull_request.head != target.head {
        return Some("it has a newer commit than the one you were asked about");
    }
    match kind {
        K::MarkReady if !pull_request.draft => Some("it is no draft"),
        _ if merges && pull_request.draft => Some("it is a draft"),
        K::Merge if pull_request.mergeability == Mergeability::Conflicts => {
            Some("it conflicts with its base")
        }
        K::MergeWhenReady if pull_request.auto_merge => Some("it will be merged by itself already"),
        K::RunFailedChecksAgain
            if !pull_request.checks.iter().any(|check| check.outcome == CheckOutcome::Failed) =>
        {
            Some("none of its checks failed")
        }
        _ => None,
    }
}

/// Words that fit the line of a kind, as far as this board knows some.
pub(super) fn known_words(state: &State, subject: &Subject, kind: OperationKind) -> Vec<Text> {
    use OperationKind as K;
    let world = &state.board.world;
    let mut words: Vec<Text> = match (kind, subject) {
        (K::RequestReview | K::Assign, Subject::PullRequest(_)) => {
            let people = |pull_request: &PullRequest| {
                let mut people = vec![pull_request.author.clone()];
                people.extend(pull_request.requested_reviewers.iter().cloned());
                people.extend(
                    pull_request.reviews.iter().filter(|review| !review.bot).map(|it| it.reviewer.clone()),
                );
                people
            };
            world.pull_requests.iter().flat_map(|pull_request| people(pull_request)).collect()
        }
        (K::Assign, _) => world.stories.iter().filter_map(|story| story.owner.clone()).collect(),
        (K::Move, Subject::PullRequest(_)) => {
            let milestones = world.pull_requests.iter().filter_map(|it| it.milestone.clone());
            milestones.chain(open_versions(state)).collect()
        }
        (K::Move, _) => open_versions(state).collect(),
        (K::SetPriority, _) => world.stories.iter().filter_map(|story| story.priority.clone()).collect(),
        (K::Transition, _) => world.stories.iter().map(|story| story.status.clone()).collect(),
        _ => Vec::new(),
    };
    words.retain(|word| !word.is_empty());
    words.sort();
    words.dedup();
    words
}

fn open_versions(state: &State) -> impl Iterator<Item = Text> + '_ {
    let releases = state.board.insight.releases.iter().map(|insight| &insight.release);
    releases.filter(|release| release.released_at.is_none()).map(|release| release.version.clone())
}

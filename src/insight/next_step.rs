//! The one thing that should happen next to a pull request, and who can do it.

use crate::domain::{CheckOutcome, Mergeability, PullRequest, PullRequestState, Text};

use super::{
    NextStep, Stage,
    stages::{Reviews, required_approvals},
    words,
};

/// The first of: conflicts, failed required check, changes requested, missing reviewers,
/// review waiting, behind base, draft, approved but not merged, merged but not deployed. A
/// branch without a pull request needs one first, where a source knows of any (`has_forge`);
/// nobody reviews a draft.
pub(crate) fn next_step(
    pull_request: &PullRequest,
    stage: Stage,
    reviews: &Reviews<'_>,
    release_owner: Option<&Text>,
    has_forge: bool,
) -> NextStep {
    let author = || vec![pull_request.author.clone()];
    match pull_request.state {
        PullRequestState::Merged if stage == Stage::Deploy => {
            return step(release_owner.into_iter().cloned().collect(), "deploy");
        }
        PullRequestState::Merged | PullRequestState::Closed => return NextStep::default(),
        PullRequestState::Open => {}
    }
    if pull_request.number.is_none() {
        let how = if has_forge {
            "open a pull request".to_owned()
        } else {
            format!("merge into {}", pull_request.base)
        };
        return step(author(), how);
    }
    if pull_request.mergeability == Mergeability::Conflicts {
        return step(author(), format!("resolve conflicts with {}", pull_request.base));
    }
    let failed = with_outcome(pull_request, CheckOutcome::Failed);
    if !failed.is_empty() {
        let what = match failed.as_slice() {
            [one] => format!("fix {one}"),
            several => format!("fix {} failed checks", several.len()),
        };
        return step(author(), what);
    }
    // Whoever is asked again was answered, and is waited for.
    let is_asked_again = |name: &&Text| pull_request.requested_reviewers.contains(name);
    let (again, unanswered): (Vec<&Text>, Vec<&Text>) =
        reviews.requested_changes.iter().copied().partition(is_asked_again);
    if !unanswered.is_empty() {
        let whom = words::list(&unanswered, 2);
        return step(author(), format!("answer {whom}: changes requested"));
    }
    if !again.is_empty() && !pull_request.draft {
        return step(again.into_iter().cloned().collect(), "review again");
    }
    let required = required_approvals(pull_request);
    let missing = (required as usize).saturating_sub(reviews.approved.len());
    if !pull_request.draft && missing > 0 {
        let waiting = &pull_request.requested_reviewers;
        if waiting.is_empty() {
            let what = match reviews.approved.len() {
                0 => "ask for a review".to_owned(),
                _ => format!("ask for {missing} more {}", if missing == 1 { "review" } else { "reviews" }),
            };
            return step(author(), what);
        }
        return step(waiting.clone(), "review");
    }
    if pull_request.mergeability == Mergeability::Behind {
        return step(author(), format!("update from {}", pull_request.base));
    }
    if pull_request.draft {
        return step(author(), "finish the draft");
    }
    let running = with_outcome(pull_request, CheckOutcome::Running);
    if !running.is_empty() {
        return step(Vec::new(), format!("wait for {}", words::count(running.len(), "check", "checks")));
    }
    step(author(), "merge")
}

fn step(who: Vec<Text>, action: impl AsRef<str>) -> NextStep {
    let who = who.into_iter().filter(|name| !name.is_empty()).collect();
    NextStep { who, action: Text::new(action) }
}

/// Checks with this outcome that stand in the way of a merge: the required ones; all, where
/// the source says of none that it is required.
pub(crate) fn with_outcome(pull_request: &PullRequest, outcome: CheckOutcome) -> Vec<&Text> {
    let tells = pull_request.checks.iter().any(|check| check.required);
    pull_request
        .checks
        .iter()
        .filter(|check| check.outcome == outcome && (check.required || !tells))
        .map(|check| &check.name)
        .collect()
}

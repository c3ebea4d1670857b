//! Pull requests: opened, approved, broken, mended, merged, closed, late.

use std::collections::HashMap;

use super::{Change, ChangeGroup, Pair, arrow};
use crate::{
    domain::{Instant, Kind, PullRequest, PullRequestId, PullRequestState, ReleaseId, Text},
    insight::{Board, PullRequestRow, Standing, StepState, Subject},
};

type Known<'a> = (&'a PullRequestRow, Option<&'a ReleaseId>);

pub(super) fn changes(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let (before, after) = (index(pair.before), index(pair.after));
    let observed = pair.was_observed(Kind::PullRequests);
    for (id, is) in &after {
        match before.get(id) {
            Some(was) => compare(pair, was, is, changes),
            None => appeared(pair, is, !observed, changes),
        }
    }
    if pair.is_observed(Kind::PullRequests) {
        for (_, was) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
            // What ended long ago is told no longer: that is no event.
            if was.0.pull_request.state == PullRequestState::Open {
                let what = "no source knows it any more".into();
                changes.push(change(ChangeGroup::Removed, was, what));
            }
        }
    }
}

fn index(board: &Board) -> HashMap<&PullRequestId, Known<'_>> {
    let of_releases = board.insight.releases.iter().flat_map(|insight| {
        insight.pull_requests.iter().map(|row| (&row.pull_request.id, (row, Some(&insight.release.id))))
    });
    let unassigned = board.insight.unassigned.iter().map(|row| (&row.pull_request.id, (row, None)));
    unassigned.chain(of_releases).collect()
}

fn appeared(pair: &Pair<'_>, is: &Known<'_>, rebuilt: bool, changes: &mut Vec<Change>) {
    let request = &is.0.pull_request;
    let opened = pair.within(request.opened_at.or(request.started_at));
    if opened.is_some() || !rebuilt {
        let what = if request.number.is_some() { "opened" } else { "branch begun" };
        changes.push(Change { at: opened, rebuilt, ..change(ChangeGroup::Added, is, what.into()) });
    }
    if let Some((group, what, at)) = end(request)
        && let Some(at) = pair.within(at)
    {
        changes.push(Change { at: Some(at), rebuilt, ..change(group, is, what) });
    }
}

/// How it ended, if it did.
fn end(request: &PullRequest) -> Option<(ChangeGroup, Text, Option<Instant>)> {
    match request.state {
        PullRequestState::Open => None,
        PullRequestState::Merged => {
            Some((ChangeGroup::Done, Text::new(format!("merged into {}", request.base)), request.merged_at))
        }
        PullRequestState::Closed => Some((ChangeGroup::Removed, "closed unmerged".into(), request.closed_at)),
    }
}

fn compare(pair: &Pair<'_>, was: &Known<'_>, is: &Known<'_>, changes: &mut Vec<Change>) {
    let (before, after) = (&was.0.pull_request, &is.0.pull_request);
    if was.1 != is.1 {
        let name = |release: Option<&ReleaseId>| release.map_or("no release".to_owned(), ToString::to_string);
        changes.push(change(ChangeGroup::Moved, is, arrow(name(was.1), name(is.1))));
    }
    if before.state != after.state {
        changes.push(match end(after) {
            Some((group, what, at)) => Change { at: pair.within(at), ..change(group, is, what) },
            None => change(ChangeGroup::TurnedRed, is, arrow("ended", "reopened")),
        });
        return;
    }
    if after.state != PullRequestState::Open {
        return;
    }
    let steps = [
        ("build", was.0.steps.build, is.0.steps.build),
        ("tests", was.0.steps.test, is.0.steps.test),
        ("merge", was.0.steps.merge, is.0.steps.merge),
    ];
    for (name, was_step, step) in steps {
        let failed = |step| step == StepState::Failed;
        if failed(step) && !failed(was_step) {
            let what = arrow(format!("{name} {}", word(was_step)), word(step));
            changes.push(change(ChangeGroup::TurnedRed, is, what));
        } else if failed(was_step) && step == StepState::Done {
            let what = arrow(format!("{name} {}", word(was_step)), word(step));
            changes.push(change(ChangeGroup::TurnedGreen, is, what));
        }
    }
    let (review, now_review) = (was.0.steps.review, is.0.steps.review);
    if now_review == StepState::Done && review != StepState::Done {
        changes.push(change(ChangeGroup::TurnedGreen, is, "approved".into()));
    } else if now_review == StepState::Failed && review != StepState::Failed {
        changes.push(change(ChangeGroup::TurnedRed, is, "changes requested".into()));
    }
    if before.draft && !after.draft {
        let at = pair.within(after.ready_at);
        changes.push(Change { at, ..change(ChangeGroup::Moved, is, "ready for review".into()) });
    }
    let is_late = |standing| matches!(standing, Standing::Late | Standing::Overdue);
    if is_late(is.0.standing) && !is_late(was.0.standing) {
        changes.push(change(ChangeGroup::TurnedRed, is, Text::new(is.0.standing.word())));
    } else if is_late(was.0.standing) && !is_late(is.0.standing) && is.0.standing != Standing::Unknown {
        let what = arrow(was.0.standing.word(), is.0.standing.word());
        changes.push(change(ChangeGroup::TurnedGreen, is, what));
    }
    if let (Some(earlier), Some(later)) = (before.due, after.due)
        && let Some(group) = ChangeGroup::by_date(earlier, later, chrono::Duration::zero())
    {
        let what = arrow(format!("due {}", pair.day(earlier)), pair.day(later));
        changes.push(change(group, is, what));
    }
}

fn word(step: StepState) -> String {
    match step {
        StepState::Done => "passed".into(),
        StepState::Failed => "failed".into(),
        StepState::Running => "running".into(),
        StepState::Part(done, of) => format!("{done} of {of}"),
        StepState::Waiting => "not begun".into(),
        StepState::Unknown => "unknown".into(),
    }
}

fn change(group: ChangeGroup, known: &Known<'_>, what: Text) -> Change {
    let request = &known.0.pull_request;
    Change {
        group,
        subject: Subject::PullRequest(request.id.clone()),
        release: known.1.cloned(),
        name: Text::new(format!("{} {}", request.id, request.title)),
        what,
        who: Some(request.author.clone()).filter(|author| !author.is_empty()),
        at: None,
        url: request.url.clone(),
        rebuilt: false,
    }
}

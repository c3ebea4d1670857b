//! Deployments: planned, moved, in the way of something, done, failed.

use std::collections::{BTreeSet, HashMap};

use super::{Change, ChangeGroup, Pair, arrow};
use crate::{
    domain::{DeploymentState, Kind, Text},
    insight::{DeploymentRow, Subject, words},
};

pub(super) fn changes(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let index = |rows: &'_ [DeploymentRow]| -> HashMap<_, usize> {
        rows.iter().enumerate().map(|(at, row)| (row.deployment.id.clone(), at)).collect()
    };
    let (before, after) =
        (&pair.before.insight.schedule.deployments, &pair.after.insight.schedule.deployments);
    let (before_at, after_at) = (index(before), index(after));
    let observed = pair.was_observed(Kind::Deployments);
    for row in after {
        if let Some(at) = before_at.get(&row.deployment.id) {
            compare(pair, &before[*at], row, changes);
            continue;
        }
        let deployment = &row.deployment;
        let began = pair.within(deployment.started_at.or(deployment.finished_at));
        let is_over = deployment.state.is_over() || deployment.state == DeploymentState::Running;
        // Of what was not observed before, only what ran in the meantime is an event.
        if is_over && (observed || began.is_some()) {
            let (group, what) = ended(deployment.state);
            let at = pair.within(deployment.finished_at).or(began);
            changes.push(Change { at, rebuilt: !observed, ..change(pair, group, row, what.into()) });
        } else if observed {
            let what = format!("planned for {}", pair.day_and_time(deployment.window.from));
            changes.push(change(pair, ChangeGroup::Added, row, Text::new(what)));
        }
    }
    if pair.is_observed(Kind::Deployments) {
        let gone = before.iter().filter(|row| !after_at.contains_key(&row.deployment.id));
        for row in gone.filter(|row| !row.deployment.state.is_over()) {
            changes.push(change(pair, ChangeGroup::Removed, row, "no longer planned".into()));
        }
    }
}

fn compare(pair: &Pair<'_>, was: &DeploymentRow, is: &DeploymentRow, changes: &mut Vec<Change>) {
    let (before, after) = (&was.deployment, &is.deployment);
    if before.state != after.state {
        let (group, what) = ended(after.state);
        let at = pair.within(after.finished_at.or(after.started_at));
        changes.push(Change { at, ..change(pair, group, is, what.into()) });
    }
    if after.state.is_over() {
        return;
    }
    if let Some(group) = ChangeGroup::by_date(before.window.from, after.window.from, chrono::Duration::zero())
    {
        let what = arrow(pair.day_and_time(before.window.from), pair.day_and_time(after.window.from));
        changes.push(change(pair, group, is, what));
    } else if before.window != after.window {
        let length = |window: &crate::domain::Window| words::duration(window.duration());
        let what = arrow(format!("window {}", length(&before.window)), length(&after.window));
        changes.push(change(pair, ChangeGroup::Moved, is, what));
    }
    let problems = |row: &DeploymentRow| -> BTreeSet<(_, Text)> {
        row.problems.iter().map(|problem| (problem.kind, problem.what.clone())).collect()
    };
    let (had, has) = (problems(was), problems(is));
    for (kind, what) in has.difference(&had) {
        let what = Text::new(format!("{}: {what}", kind.word()));
        changes.push(change(pair, ChangeGroup::TurnedRed, is, what));
    }
    let kinds: BTreeSet<_> = has.iter().map(|(kind, _)| kind).collect();
    for (kind, what) in had.difference(&has).filter(|(kind, _)| !kinds.contains(kind)) {
        let what = Text::new(format!("no longer {}: {what}", kind.word()));
        changes.push(change(pair, ChangeGroup::TurnedGreen, is, what));
    }
}

fn ended(state: DeploymentState) -> (ChangeGroup, &'static str) {
    match state {
        DeploymentState::Draft => (ChangeGroup::Moved, "a draft now"),
        DeploymentState::Approved => (ChangeGroup::TurnedGreen, "approved"),
        DeploymentState::Running => (ChangeGroup::Moved, "started"),
        DeploymentState::Succeeded => (ChangeGroup::Done, "deployed"),
        DeploymentState::Failed => (ChangeGroup::TurnedRed, "failed"),
        DeploymentState::Cancelled => (ChangeGroup::Removed, "cancelled"),
        DeploymentState::RolledBack => (ChangeGroup::TurnedRed, "rolled back"),
    }
}

fn change(pair: &Pair<'_>, group: ChangeGroup, row: &DeploymentRow, what: Text) -> Change {
    let deployment = &row.deployment;
    let release = deployment.release.as_ref();
    let carried = release.map_or_else(|| deployment.id.to_string(), ToString::to_string);
    let owner = release.and_then(|id| pair.after.release(id)).and_then(|found| found.release.owner.clone());
    Change {
        group,
        subject: Subject::Deployment(deployment.id.clone()),
        release: deployment.release.clone(),
        name: Text::new(format!("{carried} to {}", deployment.environment)),
        what,
        who: owner,
        at: None,
        url: deployment.url.clone(),
        rebuilt: false,
    }
}

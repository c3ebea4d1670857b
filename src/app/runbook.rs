//! The runbook of a deployment: which of its activities is pointed at, and starting and finishing
//! it by hand.

use chrono::Duration;

use crate::{
    domain::{
        Activity, Deployment, DeploymentId, Instant, Problem, Text, TriageChange, TriageEntry, TriageKind,
        TriageSubject, Window,
    },
    insight::{DeploymentRow, Subject, minutes_between, words},
};

use super::{Command, Effect, Overlay, State, Tab, Undo, operations, triage, update::say};

/// Lines of the detail pane that stay above the activity that is pointed at.
const ABOVE: u16 = 2;
/// So long before and after its window a runbook begins without a question.
const NEAR: Duration = Duration::hours(1);

/// A runbook that somebody is about to begin far from its window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FarBeginning {
    /// Whose runbook it is.
    pub deployment: DeploymentId,
    /// What would begin.
    pub activity: Text,
}

/// The activity that somebody pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PointedActivity {
    deployment: DeploymentId,
    activity: Text,
}

impl State {
    /// The deployment whose runbook is in front.
    fn runbook(&self) -> Option<&DeploymentRow> {
        match self.overlays.last() {
            Some(Overlay::Item { subject: Subject::Deployment(id), .. }) => self.deployment(id),
            None if self.tab == Tab::Schedule => match self.subject() {
                Subject::Deployment(id) => self.deployment(&id),
                _ => None,
            },
            _ => None,
        }
    }

    /// The place of the activity that is started or finished next in the runbook of `row`: the one
    /// that somebody pointed at, else one that runs, else the first one that nothing holds up.
    /// None where nothing is done by hand, and once it is over.
    pub(crate) fn pointed_activity(&self, row: &DeploymentRow) -> Option<usize> {
        let deployment = &row.deployment;
        let activities = &deployment.activities;
        if deployment.state.is_over() || !activities.iter().any(|it| deployment.is_by_hand(it)) {
            return None;
        }
        let pointed = self.pointed.as_ref().filter(|pointed| pointed.deployment == deployment.id);
        let pointed =
            pointed.and_then(|pointed| activities.iter().position(|it| it.name == pointed.activity));
        let first = |wanted: &dyn Fn(&Activity) -> bool| {
            activities
                .iter()
                .position(|it| deployment.is_by_hand(it) && it.finished_at.is_none() && wanted(it))
        };
        pointed
            .or_else(|| first(&|activity| activity.started_at.is_some()))
            .or_else(|| first(&|activity| unfinished_before(activities, activity).next().is_none()))
            .or_else(|| first(&|_| true))
    }
}

/// What must be finished before `activity`, and is not.
fn unfinished_before<'a>(
    activities: &'a [Activity],
    activity: &'a Activity,
) -> impl Iterator<Item = &'a Activity> {
    activities.iter().filter(|before| before.finished_at.is_none() && activity.after.contains(&before.name))
}

/// Points at the next activity of the runbook in front, or at the one before.
pub(super) fn point(state: &mut State, next: bool, effects: &mut Vec<Effect>) {
    let Some(row) = state.runbook() else { return };
    let Some(at) = state.pointed_activity(row) else { return };
    let last = row.deployment.activities.len().saturating_sub(1);
    let at = if next { (at + 1).min(last) } else { at.saturating_sub(1) };
    let Some(activity) = row.deployment.activities.get(at) else { return };
    let (deployment, activity) = (row.deployment.id.clone(), activity.name.clone());
    state.pointed = Some(PointedActivity { deployment, activity });
    state.detail.page = 0;
    state.detail.scroll = u16::try_from(at).unwrap_or(0).saturating_sub(ABOVE);
    effects.push(Effect::Draw);
}

/// How far `now` is from `window`, in words, if that is more than an hour: `3d 05h before its window`.
pub(crate) fn distance(window: Window, now: Instant) -> Option<String> {
    let (before, after) = (window.from - now, now - window.until);
    if before > NEAR {
        Some(format!("{} before its window", words::duration(before)))
    } else if after > NEAR {
        Some(format!("{} after its window", words::duration(after)))
    } else {
        None
    }
}

/// What the next step would begin far from its window. A runbook that runs was begun by somebody who
/// knew, and is not asked about again.
fn far_beginning(state: &State, now: Instant) -> Option<FarBeginning> {
    let (entry, _) = step(state, now).ok()?;
    let TriageSubject::Activity(deployment, activity) = entry.subject else { return None };
    let row = state.deployment(&deployment)?;
    let is_far = distance(row.deployment.window, now).is_some();
    let asks = entry.kind == TriageKind::Started && is_far && !has_begun(state, &row.deployment);
    asks.then_some(FarBeginning { deployment, activity })
}

/// Whether anything of a runbook has begun, as far as the board or what was said just now tells.
fn has_begun(state: &State, deployment: &Deployment) -> bool {
    let was_said = |activity: &Activity| {
        let subject = TriageSubject::Activity(deployment.id.clone(), activity.name.clone());
        state.said_about(&subject).any(|entry| entry.kind == TriageKind::Started)
    };
    deployment.started_at.is_some()
        || deployment.activities.iter().any(|it| it.started_at.is_some() || was_said(it))
}

/// Starts the activity that is pointed at, or finishes it if it runs. Asks first whether a runbook
/// shall begin far from its window.
pub(super) fn start_or_finish(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match far_beginning(state, now) {
        Some(asked) => operations::ask_to_begin(state, asked, effects),
        None => carry_on(state, now, effects),
    }
}

/// Begins what was asked about, if that is still what is in front.
pub(super) fn begin(state: &mut State, asked: &FarBeginning, now: Instant, effects: &mut Vec<Effect>) {
    let FarBeginning { deployment, activity } = asked.clone();
    let subject = TriageSubject::Activity(deployment.clone(), activity.clone());
    state.pointed = Some(PointedActivity { deployment, activity });
    if step(state, now).is_ok_and(|(entry, _)| entry.subject != subject) {
        return say(state, "nothing was started: another runbook is in front by now", now, effects);
    }
    carry_on(state, now, effects);
}

/// Says that the activity that is pointed at begins, or ends if it runs.
fn carry_on(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match step(state, now) {
        Ok((entry, said)) => {
            let change = TriageChange { withdrawn: None, said: Some(entry.clone()) };
            let undo = TriageChange { withdrawn: Some(entry.clone()), said: None };
            let TriageSubject::Activity(deployment, activity) = entry.subject else { return };
            // What runs stays pointed at; what ended makes room for the next one.
            let runs = entry.kind == TriageKind::Started;
            state.pointed = runs.then_some(PointedActivity { deployment, activity });
            effects.push(Effect::Note(change));
            triage::can_be_undone(state, vec![undo], now);
            state.undo = Some(Undo::Said);
            let key = state.keys.keys(state.context(), Command::Undo);
            let key = key.first().map(|key| format!(", {key} undoes it")).unwrap_or_default();
            say(state, format!("{said}{key}"), now, effects);
        }
        Err(why) => say(state, why, now, effects),
    }
}

/// What is said of the activity that is pointed at, and that in words; or why nothing can be.
fn step(state: &State, now: Instant) -> Result<(TriageEntry, String), String> {
    if let Some(hands_off) = operations::offer::hands_off(state) {
        let Problem { what, next_step, .. } = hands_off.problem();
        return Err(format!("{what}; {next_step}"));
    }
    let row = state.runbook().ok_or("select a deployment whose runbook is done by hand")?;
    let deployment = &row.deployment;
    let activities = &deployment.activities;
    if activities.is_empty() {
        return Err(format!("{} has no runbook", deployment.id));
    }
    if deployment.state.is_over() {
        return Err(format!("{} is over: {}", deployment.id, deployment.state.word()));
    }
    let place = state.pointed_activity(row);
    let Some(activity) = place.and_then(|place| activities.get(place)) else {
        let why = if activities.iter().any(|it| it.finished_at.is_none()) {
            "its source reports them: mark them manual = true in the plan to do them by hand"
        } else {
            "all of them have ended"
        };
        return Err(format!("no activity of {} is done by hand: {why}", deployment.id));
    };
    let name = &activity.name;
    if !deployment.is_by_hand(activity) {
        return Err(format!("{name} is reported by its source: it is not done by hand"));
    }
    let subject = TriageSubject::Activity(deployment.id.clone(), name.clone());
    // The board may be a moment behind what was said.
    let was_said = |kind: &TriageKind| state.said_about(&subject).any(|entry| entry.kind == *kind);
    let entry = |kind| TriageEntry {
        subject: subject.clone(),
        kind,
        who: state.user().clone(),
        at: now,
        text: Text::default(),
    };
    if activity.finished_at.is_some() || was_said(&TriageKind::Finished) {
        return Err(format!("{name} has ended"));
    }
    let started = activity.started_at.or_else(|| {
        state.said_about(&subject).find(|entry| entry.kind == TriageKind::Started).map(|entry| entry.at)
    });
    if let Some(started) = started {
        let took = minutes_between(started, now).and_then(|minutes| u32::try_from(minutes).ok());
        let took = words::minutes(took.unwrap_or(0));
        return Ok((entry(TriageKind::Finished), format!("{name} finished after {took}")));
    }
    let before: Vec<&str> =
        unfinished_before(activities, activity).map(|before| before.name.as_str()).collect();
    let early =
        if before.is_empty() { String::new() } else { format!(" before {} ended", words::list(&before, 2)) };
    Ok((entry(TriageKind::Started), format!("{name} started{early}")))
}

//! "Can this go Friday 16:00?", asked of the deployment that is selected.

use crate::{
    domain::{DeploymentId, Instant},
    insight::{CanGo, Subject, can_go, when, words},
};

use super::{Effect, State, update::say};

/// Answers whether the selected deployment, else the next one, can go at the time that is written.
pub(super) fn ask(state: &mut State, written: &str, now: Instant, effects: &mut Vec<Effect>) {
    let calendar = &state.board.policy.calendar;
    let Some(at) = when::coming(written, now, calendar) else {
        let said = format!("\"{written}\" is no time to come that exists; write {}", when::COMING_EXAMPLES);
        return say(state, said, now, effects);
    };
    let Some(id) = meant(state) else {
        return say(state, "select a deployment that is still to come, on the tab Schedule", now, effects);
    };
    let Some(answer) = can_go(&state.board, &id, at) else {
        let said = format!("{id} has begun or is over, or the sources have not answered yet");
        return say(state, said, now, effects);
    };
    let said = format!("{id}, {}: {}", words::day_and_time(at, calendar), in_words(state, &answer));
    state.can_go = Some((id, answer));
    say(state, said, now, effects);
}

/// The deployment that is selected, else the next one.
fn meant(state: &State) -> Option<DeploymentId> {
    if let Subject::Deployment(id) = state.subject() {
        return Some(id);
    }
    let schedule = &state.board.insight.schedule;
    schedule.deployments.get(schedule.next?).map(|row| row.deployment.id.clone())
}

/// `yes`; that the window is free and what is not ready; or each rule that says no, and the next free
/// window.
fn in_words(state: &State, answer: &CanGo) -> String {
    let calendar = &state.board.policy.calendar;
    if answer.is_yes() {
        return format!("yes, {}", words::window(answer.window, calendar));
    }
    if answer.is_free() {
        let not_ready = answer.not_ready.as_deref().unwrap_or_default();
        return format!("the window is free, but {not_ready}");
    }
    let against = answer.against.iter().map(|problem| format!("{} {}", problem.kind.word(), problem.what));
    let against: Vec<String> = against.collect();
    let next = match (answer.slots.first(), &answer.no_slot) {
        (Some(slot), _) => format!("next free {}", words::window(*slot, calendar)),
        (None, Some(why)) => why.to_string(),
        (None, None) => "no free window".to_owned(),
    };
    format!("no: {}; {next}", against.join("; "))
}

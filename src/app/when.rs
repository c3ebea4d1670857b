//! "Can this go Friday 16:00?", asked of the deployment that is selected.

use crate::{
    domain::{DeploymentId, Instant},
    insight::{Subject, can_go, when},
};

use super::{
    Effect, Overlay, State,
    update::{say, show_overlay},
};

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
    state.can_go = Some((id, answer));
    // One line is too short for every rule that says no.
    state.overlays.retain(|overlay| !matches!(overlay, Overlay::CanGo { .. }));
    show_overlay(state, Overlay::CanGo { scroll: 0 }, effects);
}

/// The deployment that is selected, else the next one.
fn meant(state: &State) -> Option<DeploymentId> {
    if let Subject::Deployment(id) = state.subject() {
        return Some(id);
    }
    let schedule = &state.board.insight.schedule;
    schedule.deployments.get(schedule.next?).map(|row| row.deployment.id.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        app::Options,
        insight::fixture::{ALL_KINDS, Setting, at, deployment, now},
    };

    #[test]
    fn an_answer_opens_and_another_question_has_another_one() {
        let setting =
            Setting::covering(&ALL_KINDS).deployment(deployment("a", "payments 4.2", at(25, 10), 60));
        let mut state = State::new(Arc::new(setting.board_at(now())), Options::default(), now());
        let mut effects = Vec::new();
        for (written, from) in [("2026-11-26 22:00", at(26, 22)), ("2026-11-27 16:00", at(27, 16))] {
            ask(&mut state, written, now(), &mut effects);
            assert_eq!(state.can_go.as_ref().unwrap().1.window.from, from);
            assert!(matches!(state.overlays.as_slice(), [Overlay::CanGo { scroll: 0 }]), "{written}");
            assert!(state.message.is_none());
        }
        ask(&mut state, "at tea time", now(), &mut effects);
        assert!(state.message.is_some(), "a line is enough for what cannot be read");
    }
}

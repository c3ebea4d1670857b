//! "What if?": a board on which something is assumed, while the truth waits.

use std::sync::Arc;

use crate::{
    domain::{Assumed, Assumption, Instant, ReleaseId},
    insight::{Board, Completeness, Subject, parse_assumption, said_of, with_assumption},
};

use super::{Effect, ListId, Row, State, update::say};

/// Something is assumed: the truth waits.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// The newest true board.
    pub truth: Arc<Board>,
    /// What is assumed, in the order in which it was said.
    pub assumed: Vec<Assumed>,
    /// The release that is held on the screen, where nobody had chosen one: with another target
    /// another one may be the first.
    held: Option<ReleaseId>,
}

#[cfg(test)]
impl WhatIf {
    /// These assumptions, while `truth` waits.
    pub(crate) fn of(truth: Arc<Board>, assumed: Vec<Assumed>) -> Self {
        Self { truth, assumed, held: None }
    }
}

impl State {
    /// Whether the board that is shown is an assumed one; while the first one is on its way it
    /// is not.
    pub fn is_assumed(&self) -> bool {
        !self.board.world.assumed.is_empty()
    }
}

/// Does what somebody wrote behind `what-if`.
pub(super) fn written(state: &mut State, written: &str, now: Instant, effects: &mut Vec<Effect>) {
    if written == "off" {
        return match state.what_if {
            Some(_) => leave(state, now, effects),
            None => say(state, "nothing is assumed", now, effects),
        };
    }
    let Some(board) = truth(state, now, effects) else { return };
    let Some(insight) = state.release.as_ref().and_then(|id| board.release(id)) else {
        return say(state, "there is no release to assume something of", now, effects);
    };
    // Steps add up: a target that was moved is moved on from there.
    let shown = state.release().filter(|_| state.is_assumed()).unwrap_or(insight);
    let insight = if written.starts_with("target") { shown } else { insight };
    match parse_assumption(written, insight, board.at, &board.policy.calendar) {
        Ok(new) => {
            let assumed = state.what_if.as_ref().map(|what_if| what_if.assumed.as_slice());
            let assumed = with_assumption(assumed.unwrap_or_default(), new);
            ask(state, assumed, now, effects);
        }
        Err(problem) => say(state, problem, now, effects),
    }
}

/// Leaves the selected story out, or assumes what the selected step says. What is left out is no
/// row any more: it comes back with the truth.
pub(super) fn selected(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    let (row, subject) = match state.active_list() {
        Some(id @ (ListId::Stories | ListId::Defects | ListId::Remedies)) => {
            (state.list(id).row(), state.subject())
        }
        _ => (None, Subject::Headline),
    };
    let Some(insight) = state.release() else { return };
    let assumptions = match (row, subject) {
        (Some(Row::Remedy(index)), _) => {
            insight.remedies.get(index as usize).map(|remedy| remedy.what_if.clone()).unwrap_or_default()
        }
        (Some(_), Subject::Story(key)) => vec![Assumption::LeaveOut(key)],
        _ => Vec::new(),
    };
    if assumptions.is_empty() {
        return say(state, "select a story, or a step that leaves some out", now, effects);
    }
    let release = insight.release.id.clone();
    if insight.release.released_at.is_some() {
        return say(state, format!("{release} went out: there is nothing to assume"), now, effects);
    }
    if truth(state, now, effects).is_none() {
        return;
    }
    let before = state.what_if.as_ref().map(|what_if| what_if.assumed.clone()).unwrap_or_default();
    let assumed = assumptions.into_iter().fold(before, |all, assumption| {
        with_assumption(&all, Assumed { release: release.clone(), assumption })
    });
    ask(state, assumed, now, effects);
}

/// The board that assumptions are made about, if there is one: what is now, as a whole.
fn truth(state: &mut State, now: Instant, effects: &mut Vec<Effect>) -> Option<Arc<Board>> {
    if state.past.is_some() {
        say(state, "this is the past: = is now, where something can be assumed", now, effects);
        return None;
    }
    if state.newest().completeness == Completeness::Preview {
        say(state, "the sources have not answered yet: there is nothing to assume of", now, effects);
        return None;
    }
    let waiting = state.frozen.as_ref().and_then(|(_, newest)| newest.clone());
    Some(waiting.unwrap_or_else(|| Arc::clone(state.newest())))
}

/// Asks for the board on which `assumed` is true.
fn ask(state: &mut State, assumed: Vec<Assumed>, now: Instant, effects: &mut Vec<Effect>) {
    // A frozen board gives way, and what came in the meantime is the newest.
    let waiting = state.frozen.take().and_then(|(_, newest)| newest);
    let truth = waiting.unwrap_or_else(|| Arc::clone(state.newest()));
    if let Some(last) = assumed.last() {
        let said = said_of(&last.assumption, &truth.policy.calendar);
        say(state, format!("what if: {said}"), now, effects);
    }
    effects.push(Effect::Assume { truth: Arc::clone(&truth), assumed: assumed.clone() });
    let held = match &state.what_if {
        Some(what_if) => what_if.held.clone(),
        None if state.chosen.is_none() => state.release.clone(),
        None => None,
    };
    if state.what_if.is_none() && held.is_some() {
        state.chosen.clone_from(&held);
    }
    state.what_if = Some(WhatIf { truth, assumed, held });
}

/// A newer true board: what is assumed is assumed of it.
pub(super) fn renew(state: &mut State, board: Arc<Board>, effects: &mut Vec<Effect>) {
    let Some(what_if) = &mut state.what_if else { return };
    let assumed = what_if.assumed.clone();
    effects.push(Effect::DropBoard(std::mem::replace(&mut what_if.truth, Arc::clone(&board))));
    effects.push(Effect::Assume { truth: board, assumed });
}

/// Shows the board that was asked for, unless something else was asked for since.
pub(super) fn show(
    state: &mut State,
    truth: &Arc<Board>,
    board: Arc<Board>,
    now: Instant,
    effects: &mut Vec<Effect>,
) {
    let is_wanted = state
        .what_if
        .as_ref()
        .is_some_and(|what_if| Arc::ptr_eq(&what_if.truth, truth) && what_if.assumed == board.world.assumed);
    if !is_wanted {
        return effects.push(Effect::DropBoard(board));
    }
    effects.push(Effect::DropBoard(state.show_board(board, now)));
    effects.push(Effect::Draw);
}

/// Nothing is assumed any more: the truth that waited.
pub(super) fn end(state: &mut State) -> Option<Arc<Board>> {
    let what_if = state.what_if.take()?;
    if what_if.held.is_some() && what_if.held == state.chosen {
        state.chosen = None;
    }
    Some(what_if.truth)
}

/// Back to the truth.
pub(super) fn leave(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if let Some(truth) = end(state) {
        effects.push(Effect::DropBoard(state.show_board(truth, now)));
        state.message = None;
        effects.push(Effect::Draw);
    }
}

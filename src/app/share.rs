//! The release as it is shown to somebody else: on the screen, and as Markdown to copy.

use crate::{domain::Instant, insight::ReleaseView};

use super::{
    Effect, Overlay, State,
    update::{say, show_overlay},
};

/// Shows it.
pub(super) fn open(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if state.release().is_none() {
        return say(state, "no source knows a release yet", now, effects);
    }
    show_overlay(state, Overlay::Release { scroll: 0 }, effects);
}

/// Copies it.
pub(super) fn share(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    let Some(insight) = state.release() else {
        return say(state, "no source knows a release yet", now, effects);
    };
    let view = ReleaseView::of(&state.board, insight, state.instant(now));
    let said = format!("copied {} as Markdown", view.title).into();
    effects.push(Effect::Copy { text: view.markdown(), said });
}

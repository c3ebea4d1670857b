//! Rows that are marked: what is done next is done to all of them.

use std::collections::HashSet;

use crate::insight::Subject;

use super::{Effect, Row, State, update::step};

/// Rows that are marked, by identity.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    subjects: HashSet<Subject>,
    /// The row that was marked last: where a range begins.
    anchor: Option<Subject>,
}

impl State {
    /// What is marked among the rows of this tab, in their order. What a filter hides does not
    /// count: nothing is done to what nobody sees.
    pub fn marked(&self) -> Vec<Subject> {
        if self.marks.subjects.is_empty() || !self.overlays.is_empty() {
            return Vec::new();
        }
        self.marked_rows()
    }

    /// The same whatever lies on top.
    pub(crate) fn marked_rows(&self) -> Vec<Subject> {
        if self.marks.subjects.is_empty() {
            return Vec::new();
        }
        let rows = &self.list(self.main_list()).rows;
        let mut seen = HashSet::new();
        let subjects = rows.iter().filter_map(|row| self.subject_of(*row));
        let marked = subjects.filter(|subject| self.marks.subjects.contains(subject));
        marked.filter(|subject| seen.insert(subject.clone())).collect()
    }

    /// The row is marked.
    pub(crate) fn is_marked(&self, row: Row) -> bool {
        !self.marks.subjects.is_empty()
            && self.subject_of(row).is_some_and(|subject| self.marks.subjects.contains(&subject))
    }
}

/// Marks the selected row, or takes its mark away, and goes on to the next.
pub(super) fn mark(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(subject) = selected(state) else { return };
    if !state.marks.subjects.remove(&subject) {
        state.marks.subjects.insert(subject.clone());
    }
    state.marks.anchor = Some(subject);
    effects.push(Effect::Draw);
    step(state, 1, effects);
}

/// Marks the rows from the one that was marked last to the selected one.
pub(super) fn mark_range(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(subject) = selected(state) else { return };
    let list = state.list(state.main_list());
    let until = list.position;
    let is_anchor = |row: &Row| state.marks.anchor.is_some() && state.subject_of(*row) == state.marks.anchor;
    let from = list.rows.iter().position(is_anchor).unwrap_or(until);
    let range = list.rows[from.min(until)..=from.max(until)].to_vec();
    let subjects: Vec<Subject> = range.into_iter().filter_map(|row| state.subject_of(row)).collect();
    state.marks.subjects.extend(subjects);
    state.marks.anchor = Some(subject);
    effects.push(Effect::Draw);
}

/// Takes all marks away. Whether there were some.
pub(super) fn clear(state: &mut State) -> bool {
    let were_some = !state.marks.subjects.is_empty();
    state.marks = Marks::default();
    were_some
}

/// The selected row of the list of the tab.
fn selected(state: &State) -> Option<Subject> {
    let id = state.main_list();
    if !state.overlays.is_empty() || state.active_list() != Some(id) {
        return None;
    }
    let row = state.list(id).row()?;
    state.subject_of(row)
}

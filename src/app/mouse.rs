//! What the mouse does: click, wheel.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::domain::Instant;

use super::{
    Effect, ListId, State, Tab, environments,
    list::is_item,
    open::{choose_release, open},
    operations, palette, sections,
    update::{selected_anew, show_tab, step},
};

/// Rows that a turn of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn on_mouse(state: &mut State, event: MouseEvent, now: Instant, effects: &mut Vec<Effect>) {
    let cell = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollDown => wheel(state, cell, WHEEL, effects),
        MouseEventKind::ScrollUp => wheel(state, cell, -WHEEL, effects),
        MouseEventKind::Down(MouseButton::Left) => click(state, cell, now, effects),
        _ => {}
    }
}

fn wheel(state: &mut State, cell: Position, steps: isize, effects: &mut Vec<Effect>) {
    let on_detail = state.layout.detail.is_some_and(|area| area.contains(cell));
    if on_detail && state.overlays.is_empty() {
        let most = state.layout.detail_most;
        let scroll = isize::try_from(state.detail.scroll.min(most)).unwrap_or(0) + steps;
        state.detail.scroll = u16::try_from(scroll.max(0)).unwrap_or(0).min(most);
        effects.push(Effect::Draw);
        return;
    }
    if state.overlays.is_empty() {
        focus_section(state, cell);
    }
    step(state, steps, effects);
}

fn focus_section(state: &mut State, cell: Position) {
    if state.tab == Tab::Readiness
        && let Some((section, _)) = state.layout.sections.iter().find(|(_, area)| area.contains(cell))
    {
        state.section = *section;
    }
}

fn click(state: &mut State, cell: Position, now: Instant, effects: &mut Vec<Effect>) {
    if let Some(tab) = state.layout.tab_at(cell) {
        return show_tab(state, tab, effects);
    }
    if state.overlays.is_empty() && state.layout.release.contains(cell) {
        return choose_release(state, now, effects);
    }
    if state.overlays.last().is_some() && !state.layout.overlay.is_some_and(|area| area.contains(cell)) {
        state.overlays.pop();
        effects.push(Effect::Draw);
        return;
    }
    if state.overlays.is_empty() {
        let before = state.section;
        focus_section(state, cell);
        if state.section != before {
            effects.push(Effect::Draw);
        }
    }
    if let Some((area, first)) = state.layout.menu.filter(|(area, _)| area.contains(cell)) {
        return operations::click(state, first + usize::from(cell.y - area.y), now, effects);
    }
    let sections = &state.layout.pull_request_sections;
    let section = sections.iter().find(|(_, area)| area.contains(cell)).map(|(position, _)| *position);
    if let Some(position) = section.filter(|_| state.overlays.is_empty()) {
        return sections::go_to(state, position, effects);
    }
    let of_drift = state.layout.drift.iter().find(|(_, area)| area.contains(cell)).map(|(place, _)| *place);
    if let Some(place) = of_drift.filter(|_| state.is_in_drift()) {
        if state.environments.cell() == Some(place) {
            return open(state, now, effects);
        }
        return environments::go_to_cell(state, place, effects);
    }
    let Some((id, position)) = state.layout.row_at(cell) else { return };
    if state.active_list() != Some(id) || position >= state.list(id).rows.len() {
        return;
    }
    let list = state.list_mut(id);
    if !is_item(list.rows[position]) {
        return;
    }
    let before = list.position;
    list.position = position;
    if id == ListId::Palette {
        palette::point(state);
    }
    if before == position {
        return open(state, now, effects);
    }
    selected_anew(state, id, before, effects);
}

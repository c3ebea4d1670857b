//! What every event does to the state.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};
use tui_input::{Input, InputRequest};

use crate::{
    domain::{Instant, Kind, SourceId},
    insight::Subject,
};

use super::{
    ChartPicture, Command, CountedBy, DetailPlace, Dialog, Effect, Event, GanttScale, Key, ListId, Listed,
    Message, OperationKind, Overlay, PullRequestPicture, SchedulePicture, Section, State, Tab, commands,
    desk, environments, filter, insights, marks,
    mouse::on_mouse,
    notify,
    open::{choose_release, open, trace, why},
    operations,
    palette::{self, Palette},
    past::{self, Step},
    runbook, sections,
    triage::{self, Saying},
    wall, what_if,
};

/// Characters that a filter takes.
const LONGEST_INPUT: usize = 200;

/// Lets `event` happen. What is to be done outside comes back in order.
pub fn update(state: &mut State, event: Event, now: Instant) -> Vec<Effect> {
    let mut effects = Vec::new();
    let before = state.release.clone();
    // First: what is due by now cannot be undone any more. Not by what the runtime tells beside
    // its own turn, where nobody carries out what comes back.
    let is_carried_out = !matches!(event, Event::Drawn(_) | Event::Notice(_));
    if is_carried_out {
        operations::advance(state, now, &mut effects);
    }
    match event {
        Event::Mouse(_) | Event::Paste(_) if state.wall.is_some() => {}
        Event::Key(key) if state.wall.is_some() => wall::on_key(state, key, &mut effects),
        Event::Key(key) => {
            if key.kind != KeyEventKind::Release {
                on_key(state, key, now, &mut effects);
            }
        }
        Event::Mouse(mouse) => on_mouse(state, mouse, now, &mut effects),
        Event::Paste(text) => {
            let cleaned = crate::domain::clean(&text);
            if edit_all(state, cleaned.chars().map(InputRequest::InsertChar)) {
                effects.extend([Effect::Draw, Effect::RestTimer]);
            }
        }
        // The frame to be drawn knows the new size.
        Event::Resize(..) => effects.push(Effect::Draw),
        Event::Board(board) => {
            let is_news = !Arc::ptr_eq(&board.insight, &state.newest().insight);
            effects.extend(notify::consider(state, &board));
            if let Some(past) = &mut state.past {
                // What is on the screen stays as it was.
                effects.push(Effect::DropBoard(std::mem::replace(&mut past.newest, board)));
            } else if state.what_if.is_some() {
                what_if::renew(state, board, &mut effects);
            } else if let Some((_, newest)) = &mut state.frozen {
                let first = newest.is_none();
                effects.extend(newest.replace(board).map(Effect::DropBoard));
                // Only the first one changes what is said.
                effects.extend(first.then_some(Effect::Draw));
            } else {
                effects.push(Effect::DropBoard(state.show_board(board, now)));
                state.observe(now);
                effects.push(Effect::Draw);
            }
            effects.extend(state.begin());
            if state.wants_comparison(is_news) {
                effects.push(state.compare());
            }
        }
        Event::Past { board, changes } => past::show(state, board, &changes, now, &mut effects),
        Event::Assumed { truth, board } => what_if::show(state, &truth, board, now, &mut effects),
        Event::Compared(answer) => {
            state.compared(answer);
            effects.push(Effect::Draw);
        }
        Event::ReleasesCompared(answer) => {
            state.releases_compared(answer);
            effects.push(Effect::Draw);
        }
        Event::Studied { insight, study } => {
            state.studied(&insight, study, now);
            effects.push(Effect::Draw);
        }
        Event::Surveyed { insight, environments } => {
            state.surveyed(&insight, environments);
            effects.push(Effect::Draw);
        }
        Event::Triage(triage) => {
            state.hear(triage, now);
            effects.push(Effect::Draw);
        }
        Event::Drawn(layout) => {
            for list in &layout.lists {
                state.list_mut(list.id).settle(usize::from(list.rows()));
            }
            state.layout = layout;
            operations::drawn(state);
        }
        Event::Rested => {
            if state.follow_detail() {
                effects.push(Effect::Draw);
            }
        }
        Event::Tick => {
            forget_message(state, now);
            state.turn(now);
            effects.push(Effect::Draw);
        }
        Event::OperationAnswered { number, answer } => {
            operations::answered(state, number, answer, now, &mut effects);
        }
        Event::OperationFound { number, found } => {
            operations::found(state, number, found, now, &mut effects);
        }
        Event::OperationLog(answer) => {
            if let Some(Overlay::Operations(dialog)) = state.overlays.last_mut()
                && let Dialog::Log { entries, .. } = &mut **dialog
            {
                *entries = Some(answer);
                effects.push(Effect::Draw);
            }
        }
        Event::Notice(text) => say(state, text, now, &mut effects),
        Event::Resumed => effects.push(Effect::Repaint),
        Event::JobEnded { number, answer } => commands::ended(state, number, answer, now, &mut effects),
        Event::Edited(answer) => operations::edited(state, answer, &mut effects),
        Event::Notices(notices) => effects.push(Effect::Tell(notices)),
        Event::LookedCloser { id, look } => {
            state.looked_closer(id, look);
            effects.push(Effect::Draw);
        }
        Event::DetailRead { version, answer } => {
            state.detail_read(version, answer, now);
            effects.push(Effect::Draw);
        }
        Event::FocusGained => state.desk.is_looked_at = Some(true),
        Event::FocusLost => state.desk.is_looked_at = Some(false),
    }
    effects.extend(state.study());
    if is_carried_out {
        state.look_closer(now, &mut effects);
    }
    if state.release != before {
        if state.tab == Tab::Changes && state.comparison.since == past::Since::LastRelease {
            effects.push(state.compare());
        }
        effects.extend(state.release.clone().map(Effect::LookAt));
    }
    effects
}

fn forget_message(state: &mut State, now: Instant) {
    if state.message.as_ref().is_some_and(|message| message.until <= now) {
        state.message = None;
    }
}

pub(super) fn say(state: &mut State, text: impl AsRef<str>, now: Instant, effects: &mut Vec<Effect>) {
    state.message = Some(Message::new(text, now));
    effects.push(Effect::Draw);
}

fn on_key(state: &mut State, event: KeyEvent, now: Instant, effects: &mut Vec<Effect>) {
    if operations::on_key(state, event, now, effects) || commands::on_key(state, event, now, effects) {
        return;
    }
    let key = Key::from(event);
    let context = state.context();
    let edits = context.is_typing() && !state.keys.binds(context, key);
    if let Some(request) = edit_request(key).filter(|_| edits) {
        if edit_all(state, [request]) {
            effects.extend([Effect::Draw, Effect::RestTimer]);
        }
        return;
    }
    if let Some(command) = state.keys.command(context, key) {
        carry_out(state, command, now, effects);
    } else if !context.is_typing() {
        commands::by_key(state, key, now, effects);
    }
}

/// What a key does to a line of text.
fn edit_request(key: Key) -> Option<InputRequest> {
    if let Some(character) = key.typed() {
        return Some(InputRequest::InsertChar(character));
    }
    Some(match key.parts() {
        (KeyCode::Backspace | KeyCode::Char('w'), true) => InputRequest::DeletePrevWord,
        (KeyCode::Backspace, false) | (KeyCode::Char('h'), true) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Left, true) => InputRequest::GoToPrevWord,
        (KeyCode::Right, true) => InputRequest::GoToNextWord,
        (KeyCode::Left, false) => InputRequest::GoToPrevChar,
        (KeyCode::Right, false) => InputRequest::GoToNextChar,
        (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::End, _) | (KeyCode::Char('e'), true) => InputRequest::GoToEnd,
        (KeyCode::Char('u'), true) => InputRequest::DeleteFromStart,
        (KeyCode::Char('k'), true) => InputRequest::DeleteTillEnd,
        _ => return None,
    })
}

/// Edits the line that is typed in. Whether there is one.
fn edit_all(state: &mut State, requests: impl IntoIterator<Item = InputRequest>) -> bool {
    let apply = |input: &mut Input, requests: &mut dyn Iterator<Item = InputRequest>| {
        for request in requests {
            let adds = matches!(request, InputRequest::InsertChar(_));
            if !adds || input.value().chars().count() < LONGEST_INPUT {
                input.handle(request);
            }
        }
        input.value().to_owned()
    };
    let requests = &mut requests.into_iter();
    if operations::edit(state, requests) {
        return true;
    }
    if let Some((input, _)) = &mut state.filter {
        state.completing = None;
        let filter = apply(input, requests);
        set_filter(state, filter);
        true
    } else if let Some(Overlay::Chooser(chooser)) = state.overlays.last_mut() {
        apply(&mut chooser.input, requests);
        let list = state.list_mut(ListId::Releases);
        list.selected = None;
        list.first = 0;
        state.arrange(ListId::Releases);
        true
    } else if let Some(Overlay::Palette(palette)) = state.overlays.last_mut() {
        apply(&mut palette.input, requests);
        palette.pointed = false;
        let list = state.list_mut(ListId::Palette);
        list.position = 0;
        list.first = 0;
        state.arrange(ListId::Palette);
        true
    } else {
        false
    }
}

pub(super) fn set_filter(state: &mut State, filter: String) {
    let id = state.main_list();
    if state.list(id).filter != filter {
        state.list_mut(id).filter = filter;
        state.arrange(id);
    }
}

pub(super) fn carry_out(state: &mut State, command: Command, now: Instant, effects: &mut Vec<Effect>) {
    use Command as C;
    forget_message(state, now);
    let page = |state: &State| {
        let list = state.active_list().and_then(|id| state.layout.page(id));
        isize::try_from(list.unwrap_or(10).max(2)).unwrap_or(10)
    };
    match command {
        C::MoveDown => step(state, 1, effects),
        C::MoveUp => step(state, -1, effects),
        C::HalfPageDown => step(state, page(state) / 2, effects),
        C::HalfPageUp => step(state, -page(state) / 2, effects),
        C::PageDown => step(state, page(state) - 1, effects),
        C::PageUp => step(state, 1 - page(state), effects),
        C::First => step(state, -LONGEST_LIST, effects),
        C::Last => step(state, LONGEST_LIST, effects),
        C::NextMatch => next_match(state, true, now, effects),
        C::PreviousMatch => next_match(state, false, now, effects),
        C::TabReadiness => show_tab(state, Tab::Readiness, effects),
        C::TabPullRequests => show_tab(state, Tab::PullRequests, effects),
        C::TabSchedule => show_tab(state, Tab::Schedule, effects),
        C::TabEnvironments => show_tab(state, Tab::Environments, effects),
        C::TabInsights => show_tab(state, Tab::Insights, effects),
        C::TabChanges => show_tab(state, Tab::Changes, effects),
        C::NextTab => show_tab(state, neighbour(&Tab::ALL, state.tab, true, true), effects),
        C::PreviousTab => show_tab(state, neighbour(&Tab::ALL, state.tab, false, true), effects),
        C::SectionLeft | C::SectionRight => {
            let right = command == C::SectionRight;
            if state.is_in_drift() {
                environments::step_cell(state, 0, if right { 1 } else { -1 }, effects);
            } else if state.active_list() == Some(ListId::Environments) {
                environments::move_in_time(state, right, effects);
            } else if state.active_list() == Some(ListId::Cards) {
                insights::step(state, if right { 1 } else { -1 }, effects);
            } else if state.tab == Tab::Readiness && state.overlays.is_empty() {
                state.section = neighbour(&Section::ALL, state.section, right, false);
                effects.push(Effect::Draw);
            } else if state.tab == Tab::PullRequests && state.overlays.is_empty() {
                sections::step(state, command == C::SectionRight, effects);
            } else if state.tab == Tab::Schedule && state.overlays.is_empty() {
                runbook::point(state, right, effects);
            }
        }
        C::Open => open(state, now, effects),
        C::Back => back(state, now, effects),
        C::Quit => {
            if state.overlays.pop().is_some() {
                effects.push(Effect::Draw);
            } else if !operations::leave(state, effects) {
                effects.push(Effect::Quit);
            }
        }
        C::QuitNow => {
            if !operations::leave(state, effects) {
                effects.push(Effect::Quit);
            }
        }
        C::Operations => operations::open_menu(state, now, effects),
        C::Approve => operations::ask_by_key(state, OperationKind::Approve, now, effects),
        C::Comment => operations::ask_by_key(state, OperationKind::Comment, now, effects),
        C::Merge => operations::ask_by_key(state, OperationKind::Merge, now, effects),
        C::RunFailedChecksAgain => {
            operations::ask_by_key(state, OperationKind::RunFailedChecksAgain, now, effects);
        }
        C::StartOrFinish => runbook::start_or_finish(state, now, effects),
        C::Undo => operations::undo(state, now, effects),
        C::OwnCommands => commands::open_menu(state, now, effects),
        C::Browse => desk::browse(state, now, effects),
        C::CopyReference => desk::copy_reference(state, now, effects),
        C::CopyLink => desk::copy_link(state, now, effects),
        C::Suspend => effects.push(Effect::Suspend),
        C::Repaint => effects.push(Effect::Repaint),
        C::NextTheme => effects.push(Effect::NextTheme),
        C::Refresh => refresh(state, now, effects),
        C::RefreshAll => {
            effects.push(Effect::Refresh(None));
            say(state, "asking every source again", now, effects);
        }
        C::Freeze => freeze(state, now, effects),
        C::Help => show_overlay(state, Overlay::Help { scroll: 0 }, effects),
        C::Sources => show_overlay(state, Overlay::Sources { scroll: 0 }, effects),
        C::ChooseRelease => choose_release(state, now, effects),
        C::Palette => {
            let open = Overlay::Palette(Palette::default());
            show_overlay(state, open, effects);
            state.list_mut(ListId::Palette).position = 0;
            state.arrange(ListId::Palette);
        }
        C::Earlier => past::step(state, Step::Change, false, now, effects),
        C::Later => past::step(state, Step::Change, true, now, effects),
        C::Now => past::leave(state, now, effects),
        C::Why => why(state, None, now, effects),
        C::Trace => trace(state, now, effects),
        C::WhyHeadline => why(state, Some(Subject::Headline), now, effects),
        C::Acknowledge => triage::tell(state, &Saying::Acknowledge(""), now, effects),
        C::Snooze => triage::tell(state, &Saying::Snooze(""), now, effects),
        C::Watch => triage::tell(state, &Saying::Watch, now, effects),
        C::Complete if state.active_list() == Some(ListId::Palette) => palette::complete(state, effects),
        C::Complete => filter::next_candidate(state, effects),
        // What follows changes the tab, which an overlay covers.
        _ if !state.overlays.is_empty() => {}
        C::Filter => {
            let filter = state.list(state.main_list()).filter.clone();
            if state.tab == Tab::Readiness {
                state.section = Section::Stories;
            }
            state.filter = Some((Input::new(filter.clone()), filter));
            effects.push(Effect::Draw);
        }
        C::GroupBy => {
            state.group = state.group.next();
            state.arrange(ListId::PullRequests);
            effects.push(Effect::Draw);
        }
        C::Mark => marks::mark(state, effects),
        C::MarkRange => marks::mark_range(state, effects),
        C::WhatIf => what_if::selected(state, now, effects),
        C::Sort | C::ReverseSort => sort(state, command == C::ReverseSort, now, effects),
        C::Expand => {
            state.expanded = !state.expanded;
            effects.push(Effect::Draw);
        }
        C::Detail => {
            state.detail.on = !state.detail.on;
            effects.push(Effect::Draw);
        }
        C::DetailPlace => {
            let columns = state.layout.size.0;
            let other = match state.detail_place(columns) {
                DetailPlace::Below => DetailPlace::Right,
                DetailPlace::Right => DetailPlace::Below,
            };
            state.detail.place = Some(other);
            state.detail.on = true;
            if state.detail_place(columns) == other {
                effects.push(Effect::Draw);
            } else {
                say(state, "a pane at the right needs a wider screen", now, effects);
            }
        }
        C::DetailDown | C::DetailUp => {
            let most = state.layout.detail_most;
            let scroll = state.detail.scroll.min(most);
            state.detail.scroll =
                if command == C::DetailDown { (scroll + 1).min(most) } else { scroll.saturating_sub(1) };
            effects.push(Effect::Draw);
        }
        C::DetailNextPage | C::DetailPreviousPage => {
            // Pages of both tabs: forward and back are each other's neighbour around the end,
            // as both numbers of pages divide this one.
            let forward = command == C::DetailNextPage;
            state.detail.page = if forward {
                (state.detail.page + 1) % DETAIL_PAGES
            } else {
                (state.detail.page + DETAIL_PAGES - 1) % DETAIL_PAGES
            };
            state.detail.scroll = 0;
            effects.push(Effect::Draw);
        }
        C::CountBy => count_by(state, now, effects),
        C::ZoomIn | C::ZoomOut => {
            if state.tab == Tab::Schedule && state.schedule == SchedulePicture::Gantt {
                state.scale = neighbour(&GanttScale::ALL, state.scale, command == C::ZoomOut, false);
            }
            environments::zoom(state, command == C::ZoomIn, effects);
            effects.push(Effect::Draw);
        }
        C::NextList => {
            if state.tab == Tab::Readiness {
                state.listed = neighbour(&Listed::ALL, state.listed, true, true);
                state.section = Section::Stories;
                state.follow_detail();
                effects.push(Effect::Draw);
            }
        }
        C::OtherPicture => {
            match state.tab {
                Tab::Readiness => {
                    state.chart.picture = match state.chart.picture {
                        ChartPicture::BurnDown => ChartPicture::BurnUp,
                        ChartPicture::BurnUp => ChartPicture::BurnDown,
                    };
                }
                Tab::PullRequests => {
                    state.pull_requests = match state.pull_requests {
                        PullRequestPicture::Open => PullRequestPicture::All,
                        PullRequestPicture::All => PullRequestPicture::Open,
                    };
                    state.arrange(ListId::PullRequests);
                }
                Tab::Schedule => {
                    state.schedule = match state.schedule {
                        SchedulePicture::List => SchedulePicture::Month,
                        SchedulePicture::Month => SchedulePicture::Gantt,
                        SchedulePicture::Gantt => SchedulePicture::List,
                    };
                }
                Tab::Environments => environments::next_picture(state),
                Tab::Insights => {}
                Tab::Changes => past::next_since(state, effects),
            }
            effects.push(Effect::Draw);
        }
    }
}

/// Pages of a detail pane, on both tabs that have one.
pub(super) const DETAIL_PAGES: usize = 6;
/// More steps than any list has rows.
const LONGEST_LIST: isize = isize::MAX;

fn neighbour<T: Copy + PartialEq>(all: &[T], current: T, forward: bool, around: bool) -> T {
    let at = all.iter().position(|item| *item == current).unwrap_or(0);
    let last = all.len().saturating_sub(1);
    let next = match (forward, around) {
        (true, true) => (at + 1) % all.len().max(1),
        (false, true) => at.checked_sub(1).unwrap_or(last),
        (true, false) => (at + 1).min(last),
        (false, false) => at.saturating_sub(1),
    };
    all.get(next).copied().unwrap_or(current)
}

pub(super) fn step(state: &mut State, steps: isize, effects: &mut Vec<Effect>) {
    let most = state.layout.overlay_most;
    if let Some(scroll) = state.overlays.last_mut().and_then(Overlay::scroll) {
        let wanted = isize::try_from((*scroll).min(most)).unwrap_or(0).saturating_add(steps);
        *scroll = u16::try_from(wanted.max(0)).unwrap_or(u16::MAX).min(most);
        effects.push(Effect::Draw);
        return;
    }
    if operations::step(state, steps) || commands::step(state, steps) {
        effects.push(Effect::Draw);
        return;
    }
    if state.is_in_drift() {
        return environments::step_cell(state, steps, 0, effects);
    }
    let Some(id) = state.active_list() else { return step_over_days(state, steps, effects) };
    if id == ListId::Cards && steps.unsigned_abs() < state.list(id).rows.len() {
        return insights::step(
            state,
            steps * isize::try_from(state.layout.card_columns.max(1)).unwrap_or(1),
            effects,
        );
    }
    if id == ListId::Palette {
        palette::point(state);
    }
    let before = state.list(id).position;
    let list = state.list_mut(id);
    if steps.unsigned_abs() > list.rows.len() {
        list.go_to(if steps > 0 { usize::MAX } else { 0 });
        if steps < 0 {
            list.first = 0;
        }
    } else {
        list.step(steps);
    }
    selected_anew(state, id, before, effects);
}

/// Moves the cursor of the chart, a day for a row.
fn step_over_days(state: &mut State, steps: isize, effects: &mut Vec<Effect>) {
    if !state.overlays.is_empty() {
        return;
    }
    let mut chart = state.chart;
    if let Some(release) = state.release() {
        chart.step(&release.burn_down, steps);
    }
    if chart != state.chart {
        state.chart = chart;
        effects.push(Effect::Draw);
    }
}

fn count_by(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if !state.release().is_some_and(|release| release.burn_down.has_points()) {
        return say(state, "no story of this release has points", now, effects);
    }
    state.chart.counted_by = match state.chart.counted_by {
        CountedBy::Items => CountedBy::Points,
        CountedBy::Points => CountedBy::Items,
    };
    effects.push(Effect::Draw);
}

/// Takes over the identity of the row at the position, and asks for what must be drawn.
pub(super) fn selected_anew(state: &mut State, id: ListId, before: usize, effects: &mut Vec<Effect>) {
    let selected = state.list(id).row().and_then(|row| state.subject_of(row));
    if let Some(subject) = &selected {
        state.look_at(subject);
    }
    let page = state.layout.page(id).map_or(1, usize::from);
    let list = state.list_mut(id);
    let left = std::mem::replace(&mut list.selected, selected);
    list.is_followed = true;
    list.settle(page);
    let moved = list.position != before;
    if moved && let Some(left) = left {
        operations::looked_at(state, &left);
    }
    if moved {
        effects.push(Effect::Draw);
        effects.push(Effect::RestTimer);
    }
}

fn next_match(state: &mut State, forward: bool, now: Instant, effects: &mut Vec<Effect>) {
    if !state.overlays.is_empty() {
        return;
    }
    let id = state.main_list();
    if state.list(id).filter.is_empty() {
        let filter = state.keys.keys(state.context(), Command::Filter);
        let key = filter.first().map(ToString::to_string).unwrap_or_default();
        say(state, format!("nothing to look for yet: type words after {key}"), now, effects);
        return;
    }
    let before = state.list(id).position;
    state.list_mut(id).step_around(forward);
    selected_anew(state, id, before, effects);
}

pub(super) fn show_tab(state: &mut State, tab: Tab, effects: &mut Vec<Effect>) {
    state.overlays.clear();
    state.filter = None;
    state.expanded = false;
    if state.tab != tab {
        state.tab = tab;
        state.detail.page = 0;
    }
    state.count_sections();
    state.follow_detail();
    if tab == Tab::Changes {
        effects.push(state.compare());
    }
    effects.push(Effect::Draw);
}

pub(super) fn show_overlay(state: &mut State, overlay: Overlay, effects: &mut Vec<Effect>) {
    let same = |top: &Overlay| std::mem::discriminant(top) == std::mem::discriminant(&overlay);
    // The same key closes it again.
    if state.overlays.last().is_some_and(same) {
        state.overlays.pop();
    } else {
        state.overlays.retain(|top| !same(top));
        state.overlays.push(overlay);
    }
    effects.push(Effect::Draw);
}

fn back(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if let Some((_, before)) = state.filter.take() {
        set_filter(state, before);
    } else if state.overlays.pop().is_some() || marks::clear(state) {
    } else if !state.list(state.main_list()).filter.is_empty() {
        set_filter(state, String::new());
    } else if insights::close(state) {
    } else if state.expanded {
        state.expanded = false;
    } else if state.tab == Tab::Readiness
        && state.section == Section::BurnDown
        && state.chart.cursor.is_some()
    {
        state.chart.cursor = None;
    } else if state.what_if.is_some() {
        what_if::leave(state, now, effects);
    } else if state.message.take().is_none() {
        return;
    }
    effects.push(Effect::Draw);
}

fn sort(state: &mut State, reverse: bool, now: Instant, effects: &mut Vec<Effect>) {
    let id = state.active_list().unwrap_or_else(|| state.main_list());
    let orders = id.orders();
    if orders.len() == 1 {
        say(state, "this list has one order: by importance", now, effects);
        return;
    }
    let list = state.list_mut(id);
    if reverse {
        list.reversed = !list.reversed;
    } else {
        list.order = (list.order + 1) % orders.len();
        list.reversed = false;
    }
    state.arrange(id);
    effects.push(Effect::Draw);
}

fn freeze(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if state.what_if.is_some() {
        return say(state, "what is assumed is assumed of the newest board: leave it first", now, effects);
    }
    match state.frozen.take() {
        None => state.frozen = Some((now, None)),
        Some((_, newest)) => {
            effects.extend(newest.map(|board| Effect::DropBoard(state.show_board(board, now))));
        }
    }
    effects.push(Effect::Draw);
}

/// Asks those sources again that the list, or the selected gate, rests on.
fn refresh(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    let kinds: &[Kind] = match state.active_list() {
        _ if !state.overlays.is_empty() => &[],
        Some(ListId::Stories) => &[Kind::Stories],
        Some(ListId::Defects) => &[Kind::Defects],
        Some(ListId::Tests) => &[Kind::TestRuns],
        Some(ListId::PullRequests) => &[Kind::PullRequests],
        Some(ListId::Schedule) => &[Kind::Deployments, Kind::Releases, Kind::Bookings, Kind::Freezes],
        _ => &[],
    };
    let covers = &state.board.world.covers;
    let mut sources: Vec<SourceId> =
        kinds.iter().filter_map(|kind| covers.get(kind)).flatten().cloned().collect();
    if let (Some(ListId::Gates), Subject::Gate(name)) = (state.active_list(), state.subject()) {
        let gates = state.release().map(|release| release.gates.as_slice()).unwrap_or_default();
        sources.extend(gates.iter().filter(|gate| gate.name == name).flat_map(|gate| gate.sources.clone()));
    }
    sources.sort();
    sources.dedup();
    if sources.is_empty() {
        effects.push(Effect::Refresh(None));
        say(state, "asking every source again", now, effects);
        return;
    }
    let names: Vec<&str> = sources.iter().map(SourceId::as_str).collect();
    let text = format!("asking {} again", names.join(", "));
    effects.extend(sources.into_iter().map(|source| Effect::Refresh(Some(source))));
    say(state, text, now, effects);
}

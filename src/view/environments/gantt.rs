//! Bookings over time: a line for each environment, and where there is room one below it with what
//! was seen of its use.

use chrono::{Datelike, Duration, Timelike};
use ratatui::{
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use crate::{
    app::{ListArea, ListId, Row, TimeScale},
    domain::{Instant, Window},
    insight::{BookingUse, Conflict, EnvironmentUse, EnvironmentsView, ObservationKind, words},
    view::{Look, screen::Screen, text},
};

use super::{colour, money, span};

/// Cells of the longest name.
const LONGEST_NAME: usize = 20;
/// Cells of what is said at the right, where there is room.
const SAID: u16 = 24;
/// Columns from which there is room for it.
const ROOM_TO_SAY: u16 = 76;

/// A part of a line in which one thing is drawn.
#[derive(Clone, Copy, PartialEq)]
enum Cell<'a> {
    Free,
    /// Nobody has it, and nothing may be deployed.
    Frozen,
    Booked(&'a BookingUse),
    /// More than one, and they bear each other.
    Shared(&'a BookingUse, usize),
    Conflict(&'a BookingUse),
    /// Two have it, and somebody agreed to both.
    Agreed(&'a BookingUse),
}

/// Where an instant is among cells.
struct Axis {
    sight: Window,
    x: u16,
    cells: u16,
}

impl Axis {
    fn part(&self, cell: u16) -> Window {
        let seconds = self.sight.duration().num_seconds();
        let at = |cell: u16| {
            self.sight.from + Duration::seconds(seconds * i64::from(cell) / i64::from(self.cells.max(1)))
        };
        Window { from: at(cell), until: at(cell + 1) }
    }

    fn cell(&self, at: Instant) -> Option<u16> {
        let seconds = (at - self.sight.from).num_seconds();
        let all = self.sight.duration().num_seconds().max(1);
        let cell = seconds * i64::from(self.cells) / all;
        u16::try_from(cell).ok().filter(|cell| *cell < self.cells && seconds >= 0)
    }
}

pub(super) fn draw(screen: &mut Screen<'_>, area: Rect, view: &EnvironmentsView) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    let list = state.list(ListId::Environments);
    let sight = state.environments.sight(&state.board.policy.calendar, screen.now);
    let mut title = vec![
        Span::styled("Allocation", styles.title),
        Span::styled(format!(" {} {}", glyphs.separator, state.environments.scale.word()), styles.base),
        Span::styled(format!(" {}", span(screen, &sight)), styles.muted),
    ];
    if !list.filter.is_empty() {
        title.push(Span::styled(format!(" /{}", list.filter), styles.accent));
    }
    let agreed = view.conflicts.iter().filter(|conflict| conflict.is_approved_double_booking()).count();
    let count = view.conflicts.len() - agreed;
    // Nothing is known to collide where nobody tells who has what.
    let mut conflicts = vec![if count == 0 && !view.bookings_known {
        Span::styled(format!("{} conflicts not known", glyphs.unknown), styles.unknown)
    } else if count == 0 {
        Span::styled("no conflict", styles.muted)
    } else {
        let said = format!("{} {}", glyphs.no_go, words::count(count, "conflict", "conflicts"));
        Span::styled(said, styles.no_go)
    }];
    if agreed > 0 {
        let said = words::count(agreed, "approved double booking", "approved double bookings");
        conflicts.push(Span::styled(format!(" {} {said}", glyphs.shared), styles.base));
    }
    let conflicts = Line::from(conflicts);
    let inside = screen.panel(area, &Line::from(title), &conflicts, true);
    if inside.width < 20 || inside.height < 2 {
        return;
    }
    if list.rows.is_empty() {
        let said = if view.environments.is_empty() {
            "no source knows an environment: a plan says which there are, and who has them"
        } else {
            "no environment has these words"
        };
        screen.put(inside.x + 1, inside.y, inside.width.saturating_sub(1), said, styles.muted);
        return;
    }
    let name = view.environments.iter().map(|one| text::width(one.id.as_str())).max().unwrap_or(0);
    let name = name.min(LONGEST_NAME).min(usize::from(inside.width / 4)) as u16;
    let said = if inside.width >= ROOM_TO_SAY { SAID } else { 0 };
    let x = inside.x + 1 + name + 1;
    let axis = Axis { sight, x, cells: inside.right().saturating_sub(x + said + u16::from(said > 0)) };
    draw_axis(screen, inside.y, &axis);
    if said > 0 {
        screen.put(inside.right() - said, inside.y, said, "booked here", styles.header);
    }
    let rows = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
    // The use below each booking, unless that hides most environments.
    let lines = if usize::from(rows.height) >= list.rows.len() * 2 || rows.height >= 14 { 2 } else { 1 };
    let fits = rows.height / lines;
    let first = list.first_for(usize::from(fits));
    screen.layout.lists.push(ListArea { id: ListId::Environments, area: rows, first, lines });
    for (offset, row) in (0..fits).zip(list.rows.iter().skip(first)) {
        let Row::Environment(index) = row else { continue };
        let Some(one) = view.environments.get(*index as usize) else { continue };
        let line = Rect { y: rows.y + offset * lines, height: 1, ..rows };
        screen.put(line.x + 1, line.y, name, one.id.as_str(), styles.strong);
        let remarks = remarks(screen, view, one, &sight);
        draw_bookings(screen, line.y, &axis, view, one);
        let below = line.y + 1;
        if lines > 1 {
            screen.put(line.x + 2, below, name.saturating_sub(1), "observed", styles.muted);
            draw_use(screen, below, &axis, one);
        } else if let Some(now) = axis.cell(screen.now) {
            screen.buffer.set_style(Rect::new(axis.x + now, line.y, 1, 1), styles.today);
        }
        for ((remark, style), y) in remarks.iter().take(usize::from(lines)).zip(line.y..) {
            if said > 0 {
                screen.put(inside.right() - said, y, said, remark, *style);
            }
        }
        if first + usize::from(offset) == list.position {
            screen.select(Rect { width: name + 1, ..line }, true);
        }
    }
    screen.scroll_bar(Rect { height: fits, ..rows }, first, list.rows.len());
}

/// What is worth saying of an environment, the most urgent first.
fn remarks(
    screen: &Screen<'_>,
    view: &EnvironmentsView,
    one: &EnvironmentUse,
    sight: &Window,
) -> Vec<(String, Style)> {
    let Look { styles, glyphs } = screen.look;
    let mut remarks = Vec::new();
    let in_sight = view.conflicts_of(&one.id).filter(|conflict| conflict.window.overlaps(sight));
    // What is a fault comes before what somebody agreed to.
    let mut conflicts: Vec<&Conflict> = in_sight.chain(view.conflicts_of(&one.id)).collect();
    conflicts.sort_by_key(|conflict| conflict.is_approved_double_booking());
    if let Some(conflict) = conflicts.first() {
        let (mark, style) = super::standing(screen, conflict);
        let what = if conflict.is_approved_double_booking() { "double" } else { "conflict" };
        remarks.push((format!("{mark} {what} {}", span(screen, &conflict.window)), style));
    }
    // A freeze that holds, or else the next one in sight.
    let ahead =
        one.frozen.iter().find(|frozen| frozen.window.until > screen.now && frozen.window.overlaps(sight));
    if let Some(frozen) = one.frozen_at(screen.now).or(ahead) {
        let said = format!("{} frozen {}", glyphs.dash, span(screen, &frozen.window));
        remarks.push((said, styles.at_risk));
    }
    if let Some([idle, unclear]) = view.idle_shares(one) {
        if idle >= 0.005 {
            let whole = format!("{} idle {:.0} %", glyphs.at_risk, idle * 100.0);
            remarks.push((whole, styles.at_risk));
        } else if unclear > 0.5 {
            remarks.push((format!("{} use not known", glyphs.unknown), styles.unknown));
        }
    }
    // By release, what it costs within what is in sight.
    let mut costs: Vec<(String, f64)> = Vec::new();
    for made in view.bookings_of(one).filter(|made| made.booking.environment == one.id) {
        let booking = &made.booking;
        let part = Window {
            from: booking.window.from.max(sight.from),
            until: booking.window.until.min(sight.until),
        };
        let Some(rate) = one.cost_per_day.filter(|_| part.from < part.until) else { continue };
        let name = booking.release.as_ref().map_or_else(|| booking.id.to_string(), ToString::to_string);
        let cost = part.duration().num_seconds() as f64 / 86_400.0 * rate;
        match costs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += cost,
            None => costs.push((name, cost)),
        }
    }
    costs.sort_by(|a, b| b.1.total_cmp(&a.1));
    let cost = costs.first().map(|(name, cost)| (format!("{name} {}", money(*cost)), styles.base));
    match (cost, remarks.is_empty()) {
        (Some(cost), true) => remarks.push(cost),
        (Some(cost), false) => remarks.insert(1, cost),
        (None, true) => {
            let free = one.free.first();
            let is_free_now = free.is_some_and(|slot| slot.from <= screen.now);
            if !view.bookings_known {
                remarks.push((format!("{} bookings not known", glyphs.unknown), styles.unknown));
            } else if is_free_now {
                remarks.push(("free now".to_owned(), styles.muted));
            } else if let Some(slot) = free {
                remarks.push((format!("free from {}", screen.dates.short_day(slot.from)), styles.muted));
            }
        }
        (None, false) => {}
    }
    // With two lines a conflict must not hide that much of the time is idle.
    if remarks.len() == 3 && remarks[2].0.contains("idle") {
        remarks.swap(1, 2);
    }
    remarks
}

fn draw_axis(screen: &mut Screen<'_>, y: u16, axis: &Axis) {
    let styles = &screen.look.styles;
    let zone = screen.state.board.policy.calendar.zone;
    let scale = screen.state.environments.scale;
    let mut free_from = 0;
    let mut before = None;
    for cell in 0..axis.cells {
        let at = axis.part(cell).until - Duration::seconds(1);
        let local = at.with_timezone(&zone);
        // What a mark stands for, and its label: a mark is where that changes.
        let (mark, label) = match scale {
            TimeScale::Day => (i64::from(local.hour() / 3), local.format("%H:00").to_string()),
            TimeScale::Week => (i64::from(local.num_days_from_ce()), local.format("%a %-d").to_string()),
            TimeScale::Month => (i64::from(local.iso_week().week()), local.format("%-d %b").to_string()),
            TimeScale::Year => (i64::from(local.month()), local.format("%b").to_string()),
        };
        let is_new = before.is_some_and(|before| before != mark);
        before = Some(mark);
        let width = text::width(&label) as u16;
        if (is_new || cell == 0) && cell >= free_from && cell + width <= axis.cells {
            screen.put(axis.x + cell, y, width, &label, styles.axis);
            free_from = cell + width + 1;
        }
    }
    if let Some(now) = axis.cell(screen.now) {
        screen.buffer.set_style(Rect::new(axis.x + now, y, 1, 1), styles.today);
    }
}

fn draw_bookings(
    screen: &mut Screen<'_>,
    y: u16,
    axis: &Axis,
    view: &EnvironmentsView,
    one: &EnvironmentUse,
) {
    let Look { styles, glyphs } = screen.look;
    let bookings: Vec<&BookingUse> =
        view.bookings_of(one).filter(|made| made.booking.window.overlaps(&axis.sight)).collect();
    let conflicts: Vec<&Conflict> = view.conflicts_of(&one.id).collect();
    let cells: Vec<Cell<'_>> = (0..axis.cells)
        .map(|cell| {
            let part = axis.part(cell);
            let mut here = bookings.iter().filter(|made| made.booking.window.overlaps(&part));
            let Some(first) = here.next() else {
                let is_frozen = one.frozen.iter().any(|frozen| frozen.window.overlaps(&part));
                return if is_frozen { Cell::Frozen } else { Cell::Free };
            };
            let (count, last) = here.fold((1, first), |(count, _), made| (count + 1, made));
            let mut colliding =
                conflicts.iter().filter(|conflict| conflict.window.overlaps(&part)).peekable();
            if colliding.peek().is_some() {
                let is_agreed = colliding.all(|conflict| conflict.is_approved_double_booking());
                if is_agreed { Cell::Agreed(last) } else { Cell::Conflict(last) }
            } else if count > 1 && last.booking.release != first.booking.release {
                Cell::Shared(first, count)
            } else {
                Cell::Booked(last)
            }
        })
        .collect();
    let mut at = 0;
    while at < cells.len() {
        let same = cells[at..].iter().take_while(|cell| **cell == cells[at]).count();
        let (fill, style, label) = match cells[at] {
            Cell::Free => (" ", styles.muted, String::new()),
            Cell::Frozen => (glyphs.dash, styles.at_risk, String::new()),
            Cell::Booked(made) => booked(screen, view, made, glyphs.shades[2]),
            Cell::Shared(made, count) => {
                let (fill, style, label) = booked(screen, view, made, glyphs.shades[1]);
                (fill, style, format!("{label}+{} ", count - 1))
            }
            Cell::Conflict(made) => {
                let (_, _, label) = booked(screen, view, made, glyphs.no_go);
                (glyphs.no_go, styles.no_go, label)
            }
            Cell::Agreed(made) => booked(screen, view, made, glyphs.shared),
        };
        let x = axis.x + at as u16;
        let width = same as u16;
        screen.put(x, y, width, &fill.repeat(same), style);
        let needed = text::width(&label);
        // A name that does not fit is cut, but not to nothing.
        if needed > 0 && same >= 6 {
            let shown = text::fit(label.trim_end(), same.saturating_sub(1), glyphs.ellipsis);
            screen.put(x + 1, y, width - 1, &format!("{shown} "), style.add_modifier(Modifier::BOLD));
        }
        at += same;
    }
}

/// How a booking is drawn: what fills its line, its colour, its label.
fn booked<'g>(
    screen: &Screen<'_>,
    view: &EnvironmentsView,
    made: &BookingUse,
    fill: &'g str,
) -> (&'g str, Style, String) {
    let booking = &made.booking;
    let style = colour(screen, view, booking.release.as_ref());
    let name = booking.release.as_ref().map_or(booking.id.as_str(), |release| release.as_str());
    let asked = if booking.approved { "" } else { " ?" };
    (fill, style, format!(" {name}{asked} "))
}

/// What was seen: the more of a cell is in use, the higher; idle days of bookings in words.
fn draw_use(screen: &mut Screen<'_>, y: u16, axis: &Axis, one: &EnvironmentUse) {
    let Look { styles, glyphs } = screen.look;
    for cell in 0..axis.cells {
        let part = axis.part(cell);
        let (mut deployments, mut runs) = (0, 0);
        for seen in &one.observed {
            if seen.window.from < part.until && seen.window.until >= part.from {
                match seen.kind {
                    ObservationKind::Deployment => deployments += 1,
                    ObservationKind::TestRun => runs += 1,
                }
            }
        }
        let (count, style) = match (deployments, runs) {
            (0, 0) => continue,
            (0, runs) => (runs, styles.tests),
            (deployments, runs) => (deployments + runs, styles.running),
        };
        let height = usize::min(count + 1, 8);
        screen.put(axis.x + cell, y, 1, glyphs.bars[height], style);
    }
    if let Some(now) = axis.cell(screen.now) {
        let [_, bar, ..] = glyphs.lines;
        screen.put(axis.x + now, y, 1, bar, styles.today);
    }
}

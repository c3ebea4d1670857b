//! Tab 4: who has which environment when, what it costs, which versions are where.

mod cost;
mod detail;
mod drift;
mod gantt;
mod hard;

use ratatui::{layout::Rect, style::Style, text::Line};

use crate::{
    app::EnvironmentsPicture,
    domain::{BookingId, ReleaseId, Window},
    insight::{Conflict, EnvironmentsView},
};

use super::{Look, detail as pane, screen::Screen};
use crate::insight::words::amount as money;

pub(super) use detail::pages;
pub(super) use drift::pages as component_pages;

/// Rows of the detail pane with its frame.
const DETAIL: u16 = 8;
/// Rows of a tab from which the allocation has the other pictures below it.
const ROOM_FOR_ALL: u16 = 24;
/// Columns from which they stand beside each other.
const WIDE: u16 = 110;

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let Some(view) = screen.state.environments.view.clone() else {
        let Look { styles, glyphs } = screen.look;
        let said = format!("{} reading who has what", glyphs.running);
        screen.put(body.x + 1, body.y, body.width.saturating_sub(2), &said, styles.running);
        return;
    };
    let (main, detail_area) = pane::split(screen, body, DETAIL);
    match screen.state.environments.picture {
        EnvironmentsPicture::Allocation if main.height >= ROOM_FOR_ALL && !screen.state.expanded => {
            let below = (main.height / 3).clamp(8, 14);
            let top = Rect { height: main.height - below, ..main };
            let strip = Rect { y: top.bottom(), height: below, ..main };
            gantt::draw(screen, top, &view);
            if main.width >= WIDE {
                let left = Rect { width: main.width * 2 / 5, ..strip };
                let right = Rect { x: left.right(), width: strip.width - left.width, ..strip };
                cost::draw(screen, left, &view, false);
                drift::draw(screen, right, &view, false);
            } else {
                drift::draw(screen, strip, &view, false);
            }
        }
        EnvironmentsPicture::Allocation => gantt::draw(screen, main, &view),
        EnvironmentsPicture::Drift => drift::draw(screen, main, &view, true),
        EnvironmentsPicture::Cost => cost::draw(screen, main, &view, true),
        EnvironmentsPicture::Hard => hard::draw(screen, main, &view),
    }
    if let Some(area) = detail_area {
        pane::draw(screen, area);
    }
}

/// The colour of a release, the same on every picture of a board.
fn colour(screen: &Screen<'_>, view: &EnvironmentsView, release: Option<&ReleaseId>) -> Style {
    let styles = &screen.look.styles;
    let palette =
        [styles.stories, styles.tests, styles.scope, styles.forecast, styles.accent, styles.defects];
    let place = view.cost.releases.iter().position(|known| known.release.as_ref() == release);
    match (release, place) {
        (Some(_), Some(place)) => palette[place % palette.len()],
        // A release without a priced booking still has a colour of its own.
        (Some(id), None) => palette[id.as_str().len() % palette.len()],
        (None, _) => styles.muted,
    }
}

/// `25–26 Nov`, or `25 Nov 14:00–16:00` within a day.
fn span(screen: &Screen<'_>, window: &Window) -> String {
    let (dates, dash) = (screen.dates, screen.look.glyphs.dash);
    let end = window.until - chrono::Duration::seconds(1);
    if dates.date(window.from) == dates.date(end) {
        format!(
            "{} {}{dash}{}",
            dates.short_day(window.from),
            dates.time(window.from),
            dates.time(window.until)
        )
    } else {
        format!("{}{dash}{}", dates.short_day(window.from), dates.short_day(end))
    }
}

/// The mark and the style of a conflict: what somebody agreed to is no fault.
fn standing(screen: &Screen<'_>, conflict: &Conflict) -> (&'static str, Style) {
    let Look { styles, glyphs } = screen.look;
    if conflict.is_approved_double_booking() {
        (glyphs.shared, styles.base)
    } else {
        (glyphs.no_go, styles.no_go)
    }
}

/// Who booked: the release, else the name of the booking.
fn who(view: &EnvironmentsView, id: &BookingId) -> String {
    let made = view.bookings.iter().find(|made| made.booking.id == *id);
    let release = made.and_then(|made| made.booking.release.as_ref());
    release.map_or_else(|| id.to_string(), ToString::to_string)
}

/// Who made these bookings, each once: `payments 4.2 (3 bookings)`.
fn makers(view: &EnvironmentsView, bookings: &[BookingId]) -> Vec<String> {
    let mut makers: Vec<(String, usize)> = Vec::new();
    for name in bookings.iter().map(|id| who(view, id)) {
        match makers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => makers.push((name, 1)),
        }
    }
    let said = |(name, count)| if count == 1 { name } else { format!("{name} ({count} bookings)") };
    makers.into_iter().map(said).collect()
}

/// Draws lines in a panel that can be scrolled by nothing: what has no room is counted. Where they are.
fn lines(
    screen: &mut Screen<'_>,
    area: Rect,
    title: &str,
    note: &str,
    lines: &[Line<'static>],
    focused: bool,
) -> Rect {
    let styles = &screen.look.styles;
    let (title, note) =
        (Line::styled(title.to_owned(), styles.title), Line::styled(note.to_owned(), styles.muted));
    let inside = screen.panel(area, &title, &note, focused);
    if inside.width < 4 {
        return Rect { height: 0, ..inside };
    }
    let inside = Rect { x: inside.x + 1, width: inside.width - 2, ..inside };
    let fits = usize::from(inside.height);
    let shown = if lines.len() > fits { fits.saturating_sub(1) } else { lines.len() };
    for (line, y) in lines.iter().take(shown).zip(inside.y..) {
        screen.put_line(inside.x, y, inside.width, line);
    }
    if shown < lines.len() && inside.height > 0 {
        let more = format!("{} {} more", screen.look.glyphs.ellipsis, lines.len() - shown);
        screen.put(inside.x, inside.bottom() - 1, inside.width, &more, screen.look.styles.muted);
    }
    Rect { height: shown as u16, ..inside }
}

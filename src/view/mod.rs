//! Drawing: a pure function of state, look and now.
//!
//! ```text
//! ┌ header: release, countdown, headline ───────────── sources ┐   frame.rs
//! │ tabs ──────────────────────────────────────── date and time │
//! │ the tab                     readiness.rs pull_requests.rs … │
//! │ keys that apply here, message                               │
//! └─────────────────────────────────────────────────────────────┘
//! ```
//!
//! The rows of a list were decided by `app`; what is drawn here costs as much as the rows in
//! sight, whatever is known. Where things are goes back as a [`Layout`].

mod changes;
mod detail;
mod empty;
mod footer;
mod format;
mod headline;
mod insights;
mod last_release;
mod looks;
mod markdown;
mod overlays;
mod pull_request_detail;
mod pull_requests;
mod readiness;
mod rich;
mod schedule;
mod screen;
mod states;
mod stories;
#[cfg(test)]
mod tests;
mod tests_list;
mod text;
mod tiny;
mod top;
mod wall;
mod what_if;
mod widgets;

use ratatui::{Frame, layout::Rect};

use crate::{
    app::{Layout, State, Tab},
    domain::Instant,
    theme::{Glyphs, Styles},
};

use format::Dates;
pub use looks::Looks;
use screen::Screen;

/// How meanings look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Styles by meaning.
    pub styles: Styles,
    /// Characters by meaning.
    pub glyphs: Glyphs,
}

/// Below so many columns or rows the screen is one line.
const SMALLEST: (u16, u16) = (40, 10);

/// Draws `state` as it looks at `now`; says where things are.
pub fn draw(frame: &mut Frame<'_>, state: &State, look: &Look, now: Instant) -> Layout {
    let area = frame.area();
    let clock = now;
    let now = state.instant(clock);
    let mut screen = Screen {
        buffer: frame.buffer_mut(),
        state,
        look,
        now,
        clock,
        dates: Dates::new(state.board.policy.calendar.zone, now),
        layout: Layout { size: (area.width, area.height), ..Layout::default() },
        cursor: None,
    };
    screen.buffer.set_style(area, look.styles.base);
    if state.wall.is_some() {
        wall::draw(&mut screen, area);
    } else if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        tiny::draw(&mut screen, area);
    } else {
        let row = |y| Rect::new(area.x, y, area.width, 1);
        top::header(&mut screen, row(area.y));
        top::tabs(&mut screen, row(area.y + 1));
        let mut body = Rect::new(area.x, area.y + 2, area.width, area.height - 3);
        if state.what_if.is_some() {
            what_if::draw(&mut screen, Rect { height: what_if::ROWS, ..body });
            body.y += what_if::ROWS;
            body.height -= what_if::ROWS;
        }
        if state.is_empty() {
            empty::draw(&mut screen, body);
        } else {
            match state.tab {
                Tab::Readiness => readiness::draw(&mut screen, body),
                Tab::PullRequests => pull_requests::draw(&mut screen, body),
                Tab::Schedule => schedule::draw(&mut screen, body),
                Tab::Insights => insights::draw(&mut screen, body),
                Tab::Changes => changes::draw(&mut screen, body),
            }
        }
        footer::draw(&mut screen, row(area.bottom() - 1));
        overlays::draw(&mut screen, body);
    }
    let Screen { layout, cursor, .. } = screen;
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    layout
}

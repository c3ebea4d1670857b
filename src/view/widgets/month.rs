//! The days of a month.

use chrono::NaiveDate;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    insight::CalendarEntry,
    theme::{Glyphs, Styles},
};

/// Draws the months around `selected`, or around today.
pub(crate) fn draw(
    _buffer: &mut Buffer,
    _area: Rect,
    _entries: &[CalendarEntry],
    _today: NaiveDate,
    _selected: Option<NaiveDate>,
    _styles: &Styles,
    _glyphs: &Glyphs,
) {
}

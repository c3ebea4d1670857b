//! The burn-down chart.

use chrono::NaiveDate;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    insight::ReleaseInsight,
    theme::{Glyphs, Styles},
};

/// Draws the burn-down of a release.
pub(crate) fn draw(
    _buffer: &mut Buffer,
    _area: Rect,
    _insight: &ReleaseInsight,
    _styles: &Styles,
    _glyphs: &Glyphs,
    _today: NaiveDate,
) {
}

//! The cursor: which day it is on, and what the chart says of that day.

use chrono::Datelike as _;
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{
    Chart,
    canvas::Series,
    labels::{self, Key, cells, percent, write},
    values::amount,
};
use crate::{
    app::{ChartPicture, ChartSeries, CountedBy},
    insight::BurnDownDay,
};

impl Chart<'_> {
    /// The lines with their values at the end of a day, the most important first.
    pub(super) fn keys(&self, day: &BurnDownDay) -> Vec<Key> {
        let Self { styles, glyphs, .. } = *self;
        let values = self.values(day);
        let key = |line: Series, series: Option<ChartSeries>, text: String| {
            let sample = if glyphs.braille { line.sample().to_owned() } else { line.point(glyphs).repeat(2) };
            Key { sample, text, style: self.style_of(line).remove_modifier(Modifier::BOLD), series }
        };
        let said = format!("{} {}", labels::main(self.picture), amount(self.main(day)));
        let mut keys = vec![key(Series::Main, None, said)];
        if let Some(tests) = day.tests.filter(|_| self.chart.shows(ChartSeries::Tests)) {
            keys.push(key(Series::Tests, Some(ChartSeries::Tests), format!("tests {}", percent(tests))));
        }
        if self.has_defects {
            keys.push(key(Series::Defects, Some(ChartSeries::Defects), format!("defects {}", day.defects)));
        }
        if self.chart.shows(ChartSeries::Scope) {
            keys.push(key(
                Series::Scope,
                Some(ChartSeries::Scope),
                format!("scope {}", amount(values.scope)),
            ));
        }
        if let Some(ideal) = values.ideal.filter(|_| self.chart.shows(ChartSeries::Ideal)) {
            let ideal = match self.picture {
                ChartPicture::BurnDown => ideal,
                ChartPicture::BurnUp => values.scope - ideal,
            };
            let sample = format!("{0} {0}", glyphs.ideal);
            let digits = usize::from(ideal < 9.95 && (ideal - ideal.round()).abs() >= 0.05);
            keys.push(Key {
                sample,
                text: format!("ideal {:.digits$}", ideal.max(0.0)),
                style: styles.ideal,
                series: Some(ChartSeries::Ideal),
            });
        }
        let unestimated = day.points.map_or(0, |points| points.unestimated);
        if self.counted_by == CountedBy::Points && unestimated > 0 {
            keys.push(Key::plain(format!("{unestimated} without points"), styles.muted));
        }
        keys
    }

    /// The day under the cursor and its values, in the row of the legend and, where that is too
    /// short, in that of the notes. Whether both were needed.
    pub(super) fn draw_reading(&self, buffer: &mut Buffer, day: &BurnDownDay) -> bool {
        let Self { area, styles, glyphs, .. } = *self;
        let is_this_year = day.day.year() == self.today.year();
        let form = if is_this_year { "%a %-d %b" } else { "%a %-d %b %Y" };
        let values = self.values(day);
        let mut keys = self.keys(day);
        // Whatever the lines are, the day is told in full.
        let (other, value) = match self.picture {
            ChartPicture::BurnDown => (labels::main(ChartPicture::BurnUp), values.ready),
            ChartPicture::BurnUp => (labels::main(ChartPicture::BurnDown), values.remaining),
        };
        keys.insert(1, Key::plain(format!("{other} {}", amount(value)), styles.base));
        if !self.chart.shows(ChartSeries::Scope) {
            keys.insert(2, Key::plain(format!("scope {}", amount(values.scope)), styles.base));
        }
        if let Some(step) = self.data.scope_steps.iter().find(|step| step.day == day.day) {
            keys.insert(2, Key::plain(labels::step(step, glyphs.minus), styles.scope));
        }
        let told = if self.data.is_rebuilt(day.day) { "rebuilt" } else { "observed" };
        keys.push(Key::plain(told.to_owned(), styles.muted));
        keys.insert(0, Key::plain(day.day.format(form).to_string(), styles.accent));
        let length = |with_samples: bool| -> u16 {
            keys.iter().map(|key| key.cells(with_samples) + labels::APART).sum::<u16>() - labels::APART
        };
        let with_samples = length(true) <= area.width;
        // The row of the notes, if it is not one of the legend anyway.
        let has_second = self.has_notes || self.legend_rows > 1;
        let is_long = !with_samples && length(false) > area.width && has_second;
        let (mut column, mut row) = (0, 0);
        for key in &keys {
            if row == 0 && is_long && column + key.cells(with_samples) > area.width {
                (column, row) = (0, 1);
            }
            if column + key.cells(with_samples) > area.width {
                break;
            }
            let rows = Rect { height: 2, ..area };
            if with_samples && !key.sample.is_empty() {
                write(buffer, rows, column, row, &key.sample, key.style);
                column += cells(&key.sample) + 1;
            }
            write(buffer, rows, column, row, &key.text, key.style.patch(styles.strong));
            column += cells(&key.text) + labels::APART;
        }
        is_long && self.legend_rows == 1
    }

    /// A line through the day under the cursor.
    pub(super) fn draw_cursor(&self, buffer: &mut Buffer) {
        let Self { plot, styles, glyphs, .. } = *self;
        let Some(column) = self.read.and_then(|day| self.days.column(day.day)) else { return };
        for y in plot.y..=plot.bottom() {
            let Some(cell) = buffer.cell_mut((plot.x + column, y)) else { continue };
            if cell.symbol() == " " {
                cell.set_symbol(glyphs.lines[1]).set_style(styles.accent);
            } else {
                cell.set_style(styles.selection);
            }
        }
    }
}

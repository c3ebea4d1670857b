//! The burn-down chart.
//!
//! ```text
//! remaining 7   tests 99 %   defects 2   scope 48   legend: names and newest values
//!           +6                    target Wed 25     notes: changes of scope, the target
//! 48┤⠒⠤⡀────────────┐                ┊      100%
//!   │ · ·⠈⠢⡀ · · ·   ▓▒░             ┊              plot
//!  0└┬──────┬─────today──P50──P85──P95──    0%      axis
//!    9 Nov  12      22                              dates
//! ```

mod axes;
mod canvas;
mod compact;
mod cone;
mod labels;
mod reading;
mod scale;
#[cfg(test)]
mod tests;
mod values;
mod weeks;

use chrono::NaiveDate;
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use crate::{
    app::{ChartPicture, ChartSeries, ChartState, CountedBy},
    insight::{BurnDown, BurnDownDay, ReleaseInsight},
    theme::{Glyphs, Styles},
};

use canvas::{Canvas, Series};
use cone::Cone;
use labels::{Free, cells, write};
use scale::{CountScale, DayScale, short};
use values::Values;

/// What of the burn-down is drawn, and whether its cursor is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown {
    /// Picture, unit, parts and the day of the cursor.
    pub(crate) chart: ChartState,
    /// The keys go to the chart: its cursor is in sight.
    pub(crate) focused: bool,
}

/// Draws the burn-down of a release, or its burn-up; where there is no room for a chart, what it would say.
pub(crate) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    insight: &ReleaseInsight,
    shown: Shown,
    styles: &Styles,
    glyphs: &Glyphs,
    today: NaiveDate,
) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let is_something = |day: &BurnDownDay| day.scope > 0 || day.defects > 0;
    let newest = insight.burn_down.days.last().filter(|_| insight.burn_down.days.iter().any(is_something));
    match newest {
        Some(newest) if area.width >= 20 && area.height >= 5 => {
            let area = match weeks::place(area, &insight.burn_down) {
                Some((above, below)) => {
                    weeks::draw(buffer, below, &insight.burn_down, styles, glyphs);
                    above
                }
                None => area,
            };
            Chart::new(area, insight, newest, shown, styles, glyphs, today).draw(buffer);
        }
        newest => {
            let counted_by = shown.chart.counts(&insight.burn_down);
            compact::draw(buffer, area, insight, (newest, counted_by), styles, glyphs, today);
        }
    }
}

/// Rows of a plot that stay where the legend takes one more.
const LEAST_PLOT: u16 = 5;

/// A chart with its measures.
struct Chart<'a> {
    data: &'a BurnDown,
    insight: &'a ReleaseInsight,
    newest: &'a BurnDownDay,
    picture: ChartPicture,
    counted_by: CountedBy,
    chart: ChartState,
    /// The day under the cursor; none where the keys go elsewhere.
    read: Option<&'a BurnDownDay>,
    styles: &'a Styles,
    glyphs: &'a Glyphs,
    today: NaiveDate,
    area: Rect,
    /// Lines and shades only; axis and dates are the two rows below.
    plot: Rect,
    has_notes: bool,
    has_shares: bool,
    has_defects: bool,
    first: NaiveDate,
    forecast: Option<[NaiveDate; 3]>,
    days: DayScale,
    counts: CountScale,
    legend_rows: u16,
    /// Lines that the legend has no room for: they are not drawn.
    unnamed: Vec<ChartSeries>,
}

impl<'a> Chart<'a> {
    fn new(
        area: Rect,
        insight: &'a ReleaseInsight,
        newest: &'a BurnDownDay,
        shown: Shown,
        styles: &'a Styles,
        glyphs: &'a Glyphs,
        today: NaiveDate,
    ) -> Self {
        let data = &insight.burn_down;
        let Shown { chart, focused } = shown;
        let counted_by = chart.counts(data);
        let (across, down) = Canvas::resolution(glyphs.braille);
        let has_defects = chart.shows(ChartSeries::Defects) && data.days.iter().any(|day| day.defects > 0);
        let count = |day: &BurnDownDay| {
            let scope = Values::of(day, counted_by).scope.ceil().min(f64::from(u32::MAX)) as u32;
            if has_defects { scope.max(day.defects) } else { scope }
        };
        let largest = data.days.iter().map(count).max().unwrap_or(0);
        let has_notes = area.height >= 9;
        let has_tests = chart.shows(ChartSeries::Tests);
        let has_shares = area.width >= 60 && has_tests && data.days.iter().any(|day| day.tests.is_some());
        let rows = area.height.saturating_sub(3 + u16::from(has_notes)).max(1);
        let counts = CountScale::new(largest, rows, down);
        let left = cells(&short(counts.top())) + 1;
        let right = if has_shares { 5 } else { 0 };
        let plot = Rect {
            x: area.x + left,
            y: area.y + 1 + u16::from(has_notes),
            width: area.width.saturating_sub(left + right).max(1),
            height: rows,
        };
        let first = data.days.first().map_or(today, |day| day.day);
        let is_open = insight.release.released_at.is_none() && newest.remaining() > 0;
        let forecast = data.forecast_days.filter(|_| is_open && chart.shows(ChartSeries::Forecast));
        let cursor = chart.cursor.and_then(|day| data.day(day)).unwrap_or(newest);
        let last = data.last_shown(first, newest.day, forecast);
        let days = DayScale::new(first, last, plot.width, across);
        let mut chart = Self {
            data,
            insight,
            newest,
            picture: chart.picture,
            counted_by,
            chart,
            read: focused.then_some(cursor),
            styles,
            glyphs,
            today,
            area,
            plot,
            has_notes,
            has_shares,
            has_defects,
            first,
            forecast,
            days,
            counts,
            legend_rows: 1,
            unnamed: Vec::new(),
        };
        chart.name_lines();
        chart
    }

    /// Draws no line that the legend has no room for, and gives it a second row where that
    /// is enough to name more of them.
    fn name_lines(&mut self) {
        let keys = self.keys(self.newest);
        let named = |rows| labels::places(&keys, self.legend_width(), rows).len();
        let mut count = if self.is_told_in_short() { 1 } else { named(1) };
        if count < keys.len() && self.has_notes && self.plot.height > LEAST_PLOT && named(2) > count {
            count = named(2);
            self.legend_rows = 2;
            self.plot = Rect { y: self.plot.y + 1, height: self.plot.height - 1, ..self.plot };
            let (_, down) = Canvas::resolution(self.glyphs.braille);
            self.counts = CountScale::new(self.counts.top(), self.plot.height, down);
        }
        self.unnamed = keys.iter().skip(count).filter_map(|key| key.series).collect();
    }

    /// The line is asked for, and named.
    fn draws(&self, series: ChartSeries) -> bool {
        self.chart.shows(series) && !self.unnamed.contains(&series)
    }

    /// Instead of a legend there is a sentence.
    fn is_told_in_short(&self) -> bool {
        !self.has_notes && self.area.width < 60
    }

    /// Without a row for notes the target is said beside the legend.
    fn target_beside_legend(&self) -> String {
        let target = self.data.target.filter(|_| !self.has_notes);
        target.and_then(|target| self.target_labels(target).into_iter().next()).unwrap_or_default()
    }

    fn legend_width(&self) -> u16 {
        self.area.width.saturating_sub(cells(&self.target_beside_legend()) + 1)
    }

    fn draw(&self, buffer: &mut Buffer) {
        let canvas = self.lines();
        let is_covered = self.draw_legend(buffer);
        self.draw_plot(buffer, &canvas);
        self.draw_scales(buffer);
        self.draw_axis(buffer);
        if !is_covered {
            self.draw_notes(buffer);
        }
        self.draw_cursor(buffer);
    }

    /// Names and newest values, or those of the day under the cursor. Without a row for notes,
    /// the target is said here. Whether the row of the notes was needed, too.
    fn draw_legend(&self, buffer: &mut Buffer) -> bool {
        let Self { area, styles, .. } = *self;
        let row = Rect { height: 1, ..area };
        if let Some(read) = self.read {
            return self.draw_reading(buffer, read);
        }
        if self.is_told_in_short() {
            let newest = (Some(self.newest), self.counted_by);
            compact::draw(buffer, row, self.insight, newest, styles, self.glyphs, self.today);
            return false;
        }
        let (label, room) = (self.target_beside_legend(), self.legend_width());
        let keys = self.keys(self.newest);
        let rows = Rect { width: room, height: self.legend_rows, ..area };
        labels::legend(buffer, rows, &keys, styles.strong);
        write(buffer, area, room + 1, 0, &label, styles.target.add_modifier(Modifier::BOLD));
        false
    }

    /// A day in the unit that is counted.
    fn values(&self, day: &BurnDownDay) -> Values {
        Values::of(day, self.counted_by)
    }

    /// What the main line counts at the end of a day.
    fn main(&self, day: &BurnDownDay) -> f64 {
        let values = self.values(day);
        match self.picture {
            ChartPicture::BurnDown => values.remaining,
            ChartPicture::BurnUp => values.ready,
        }
    }

    /// Where the main line ends when all is ready.
    fn goal(&self) -> f64 {
        match self.picture {
            ChartPicture::BurnDown => 0.0,
            ChartPicture::BurnUp => self.values(self.newest).scope,
        }
    }

    fn lines(&self) -> Canvas {
        let mut canvas = Canvas::new(self.plot.width, self.plot.height, self.glyphs.braille);
        let mut before: Option<&BurnDownDay> = None;
        let is_bold = self.glyphs.braille && self.plot.height >= 5;
        for day in &self.data.days {
            let x = self.days.dot(day.day);
            let count = |count: f64| self.counts.dot(count);
            let from = before.unwrap_or(day);
            let from_x = self.days.dot(from.day);
            // The scope changes at once, not little by little.
            if self.draws(ChartSeries::Scope) {
                let (old, new) = (count(self.values(from).scope), count(self.values(day).scope));
                canvas.line((from_x, old), (x, old), Series::Scope);
                canvas.line((x, old), (x, new), Series::Scope);
            }
            if self.has_defects && self.draws(ChartSeries::Defects) {
                let (old, new) = (count(f64::from(from.defects)), count(f64::from(day.defects)));
                canvas.line((from_x, old), (x, new), Series::Defects);
            }
            if let Some(tests) = day.tests.filter(|_| self.draws(ChartSeries::Tests)) {
                let old = from.tests.unwrap_or(tests);
                let from_x = if from.tests.is_some() { from_x } else { x };
                canvas.line((from_x, self.counts.share(old)), (x, self.counts.share(tests)), Series::Tests);
            }
            let (old, new) = (count(self.main(from)), count(self.main(day)));
            canvas.line((from_x, old), (x, new), Series::Main);
            if is_bold {
                canvas.line((from_x, old + 1), (x, new + 1), Series::Main);
            }
            before = Some(day);
        }
        canvas
    }

    fn cone(&self) -> Option<Cone> {
        let dates = self.forecast?.map(|day| self.days.dot(day) as f64);
        let (from, to) = (self.counts.dot(self.main(self.newest)), self.counts.dot(self.goal()));
        let sign = self.direction();
        let tip = (self.days.dot(self.newest.day) as f64, from as f64 * sign);
        Some(Cone { tip, bottom: to as f64 * sign, dates })
    }

    /// Rows count downwards: a way up is one down in a mirror.
    fn direction(&self) -> f64 {
        match self.picture {
            ChartPicture::BurnDown => 1.0,
            ChartPicture::BurnUp => -1.0,
        }
    }

    /// Columns and rows of the ideal line: every other column, as it is dotted.
    fn ideal(&self) -> Vec<(u16, u16)> {
        if !self.draws(ChartSeries::Ideal) {
            return Vec::new();
        }
        let value = |ideal: f64, values: &Values| match self.picture {
            ChartPicture::BurnDown => ideal,
            ChartPicture::BurnUp => (values.scope - ideal).max(0.0),
        };
        let over = self.data.days.iter().filter_map(|day| {
            let values = self.values(day);
            Some((day.day, value(values.ideal?, &values)))
        });
        // The line falls alike in both units.
        let factor = self.data.days.iter().find_map(|day| {
            let items = day.ideal.filter(|items| *items > 0.0)?;
            Some(self.values(day).ideal? / items)
        });
        let (factor, newest) = (factor.unwrap_or(1.0), self.values(self.newest));
        let ahead = self.data.ideal_ahead.iter().map(|(day, ideal)| (*day, value(ideal * factor, &newest)));
        let points: Vec<(i64, f64)> = over
            .chain(ahead)
            .filter(|(day, _)| self.data.target.is_none_or(|target| *day <= target))
            .filter(|(_, ideal)| ideal.is_finite())
            .map(|(day, ideal)| (self.days.dot(day), ideal))
            .collect();
        let (across, down) = Canvas::resolution(self.glyphs.braille);
        let mut ahead = points.iter().peekable();
        let mut before: Option<&(i64, f64)> = None;
        let mut cells = Vec::new();
        for column in (0..self.plot.width).step_by(2) {
            let x = i64::from(column) * i64::from(across);
            while let Some(point) = ahead.next_if(|point| point.0 <= x) {
                before = Some(point);
            }
            let value = match (before, ahead.peek()) {
                (Some((from, old)), Some((to, new))) => {
                    old + (new - old) * (x - from) as f64 / (to - from).max(1) as f64
                }
                (Some((at, value)), None) if *at == x => *value,
                _ => continue,
            };
            cells.push((column, (self.counts.dot(value) / i64::from(down)) as u16));
        }
        cells
    }

    fn draw_plot(&self, buffer: &mut Buffer, canvas: &Canvas) {
        let Self { plot, styles, glyphs, .. } = *self;
        let (across, down) = Canvas::resolution(glyphs.braille);
        let (across, down) = (f64::from(across), f64::from(down));
        let cone = self.cone();
        let ideal = self.ideal();
        let target = self.data.target.and_then(|target| self.days.column(target));
        let shade = |column: u16, row: u16| {
            let (left, top) = (f64::from(column) * across, f64::from(row) * down);
            let (top, bottom) = match self.picture {
                ChartPicture::BurnDown => (top, top + down),
                ChartPicture::BurnUp => (-top - down, -top),
            };
            cone.and_then(|cone| cone.shade(left, left + across, top, bottom))
        };
        for row in 0..plot.height {
            for column in 0..plot.width {
                let (symbol, style) = if let Some((series, symbol)) = canvas.cell(column, row, glyphs) {
                    if let Some(cell) = buffer.cell_mut((plot.x + column, plot.y + row)) {
                        cell.set_char(symbol).set_style(self.style_on(column, series));
                    }
                    continue;
                } else if target == Some(column) {
                    (glyphs.target, styles.target)
                } else if let Some(shade) = shade(column, row) {
                    (glyphs.shades.get(shade).copied().unwrap_or(" "), styles.forecast)
                } else {
                    continue;
                };
                write(buffer, plot, column, row, symbol, style);
            }
        }
        let is_line =
            |column: u16, row: u16| canvas.cell(column, row, glyphs).is_some() || target == Some(column);
        for (column, row) in &ideal {
            if !is_line(*column, *row) && shade(*column, *row).is_none() {
                write(buffer, plot, *column, *row, glyphs.ideal, styles.ideal);
            }
        }
        if plot.width >= 44 && plot.height >= 5 {
            let is_free = |column: u16, row: u16| !is_line(column, row) && shade(column, row).is_none();
            let mut free = Free::new(plot.width, plot.height, is_free);
            for (series, name) in [
                (Series::Main, labels::main(self.picture)),
                (Series::Tests, "tests"),
                (Series::Defects, "defects"),
                (Series::Scope, "scope"),
            ] {
                let is_drawn = match series {
                    Series::Main => true,
                    Series::Tests => self.draws(ChartSeries::Tests),
                    Series::Defects => self.has_defects && self.draws(ChartSeries::Defects),
                    Series::Scope => self.draws(ChartSeries::Scope),
                };
                let place = is_drawn.then(|| free.beside(canvas, series, cells(name), target)).flatten();
                if let Some((column, row)) = place {
                    write(
                        buffer,
                        plot,
                        column.saturating_sub(1),
                        row,
                        &format!(" {name} "),
                        self.style_of(series),
                    );
                }
            }
        }
    }

    /// The style of a line in a column: dimmer where the days were rebuilt and others were not.
    fn style_on(&self, column: u16, series: Series) -> ratatui::style::Style {
        let style = self.style_of(series);
        let observed = self.data.observed_from.filter(|from| *from > self.first);
        let is_rebuilt = observed.is_some_and(|from| {
            from > self.newest.day || self.days.column(from).is_some_and(|at| column < at)
        });
        if is_rebuilt { style.patch(self.styles.rebuilt) } else { style }
    }

    fn style_of(&self, series: Series) -> ratatui::style::Style {
        match series {
            Series::Main => self.styles.stories.add_modifier(Modifier::BOLD),
            Series::Tests => self.styles.tests,
            Series::Defects => self.styles.defects,
            Series::Scope => self.styles.scope,
        }
    }
}

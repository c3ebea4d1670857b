//! What stands around the plot: scales, days, changes of scope and the target.

use std::cmp::Reverse;

use chrono::{Datelike as _, NaiveDate};
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{
    Chart,
    canvas::Canvas,
    labels::{self, Strip, cells, write},
    scale::short,
};
use crate::insight::{ForecastDate, ForecastView, ScopeStep};

impl Chart<'_> {
    pub(super) fn draw_scales(&self, buffer: &mut Buffer) {
        let Self { area, plot, styles, glyphs, .. } = *self;
        let (top, left) = (plot.y - area.y, plot.x - area.x);
        let (_, down) = Canvas::resolution(glyphs.braille);
        let half = (self.counts.dot(f64::from(self.counts.top()) / 2.0) / i64::from(down)) as u16;
        let has_half = self.counts.top() > 1 && half > 0 && half + 1 < plot.height;
        for row in 0..plot.height {
            let number = match row {
                0 => Some(self.counts.top()),
                row if has_half && row == half => Some(self.counts.top() / 2),
                _ => None,
            };
            let line = if number.is_some() { glyphs.lines[3] } else { glyphs.lines[1] };
            write(buffer, area, left - 1, top + row, line, styles.axis);
            if let Some(number) = number.map(short) {
                let column = (left - 1).saturating_sub(cells(&number));
                write(buffer, area, column, top + row, &number, styles.axis);
            }
            if self.has_shares {
                let share = ["100%", " 50%"][usize::from(row > 0)];
                if number.is_some() {
                    write(buffer, area, left + plot.width + 1, top + row, share, styles.tests);
                }
            }
        }
        let bottom = top + plot.height;
        write(buffer, area, left.saturating_sub(2), bottom, "0", styles.axis);
        write(buffer, area, left - 1, bottom, glyphs.border.bottom_left, styles.axis);
        if self.has_shares {
            write(buffer, area, left + plot.width + 1, bottom, "  0%", styles.tests);
        }
    }

    /// The axis with today and the forecast on it, and the dates below.
    pub(super) fn draw_axis(&self, buffer: &mut Buffer) {
        let Self { plot, styles, glyphs, .. } = *self;
        let below = Rect { y: plot.bottom(), height: 2, ..plot };
        write(buffer, below, 0, 0, &glyphs.lines[0].repeat(usize::from(plot.width)), styles.axis);
        if let Some(column) = self.data.target.and_then(|target| self.days.column(target)) {
            write(buffer, below, column, 0, glyphs.ticks[1], styles.target);
        }
        let mut names = Strip::new(plot.width);
        let mut dates = Strip::new(plot.width).apart(2);
        let is_over = self.insight.release.released_at.is_some();
        let end = self.newest.day;
        let now = match end {
            _ if is_over => "released",
            end if end == self.today => "today",
            _ => "newest",
        };
        let mut marks = vec![(end, now, styles.today.add_modifier(Modifier::BOLD))];
        let [p50, p85, p95] = self.forecast.map_or([None; 3], |days| days.map(Some));
        let forecast = styles.forecast.add_modifier(Modifier::BOLD);
        for (day, name) in [(p85, "P85"), (p50, "P50"), (p95, "P95")] {
            if !self.is_beyond(name) {
                marks.extend(day.map(|day| (day, name, forecast)));
            }
        }
        if p85.is_some() && self.is_beyond("P85") {
            let far = format!("P85 {} {}", ForecastDate::BEYOND, glyphs.right);
            if let Some(start) = names.from(plot.width, cells(&far)) {
                write(buffer, below, start, 0, &far, forecast);
            }
        }
        let mut ticks = Vec::new();
        for (day, name, style) in marks {
            let Some(column) = self.days.column(day) else {
                if name == "P85" && day > end {
                    let form = if day.year() == self.today.year() { "%-d %b" } else { "%-d %b %Y" };
                    let far = format!("P85 {} {}", day.format(form), glyphs.right);
                    if let Some(start) = names.from(plot.width, cells(&far)) {
                        write(buffer, below, start, 0, &far, style);
                    }
                }
                continue;
            };
            if let Some(start) = names.around(column, cells(name)) {
                write(buffer, below, start, 0, name, style);
            }
            if matches!(name, "P50" | "P95") {
                continue;
            }
            let is_clear = plot.width < 40 && day.month() == self.first.month();
            let form = match is_clear {
                true => "%-d",
                // Years from now is no day of this year.
                false if day.year() != self.first.year() => "%-d %b %Y",
                false => "%-d %b",
            };
            let date = day.format(form).to_string();
            if let Some(start) = dates.around(column, cells(&date)) {
                write(buffer, below, start, 1, &date, style);
            }
        }
        let form = if self.first.year() == end.year() { "%-d %b" } else { "%-d %b %Y" };
        let first = self.first.format(form).to_string();
        if let Some(start) = dates.from(0, cells(&first)) {
            write(buffer, below, start, 1, &first, styles.axis);
            ticks.push(0);
        }
        let mut before = self.first;
        for (day, tick) in self.days.ticks(6) {
            let Some(column) = self.days.column(day) else { continue };
            let label = tick.label(day, before);
            if let Some(start) = dates.take(column, cells(&label)) {
                write(buffer, below, start, 1, &label, styles.axis);
                ticks.push(column);
                before = day;
            }
        }
        for column in ticks {
            if Some(column) != self.data.target.and_then(|target| self.days.column(target))
                && names.take(column, 1).is_some()
            {
                write(buffer, below, column, 0, glyphs.ticks[0], styles.axis);
            }
        }
    }

    /// The model has no such date: it is not drawn as one.
    fn is_beyond(&self, name: &str) -> bool {
        let ForecastView::Dates { p50, p85, p95, .. } = &self.insight.forecast else { return false };
        let date = match name {
            "P50" => p50,
            "P85" => p85,
            _ => p95,
        };
        *date == ForecastDate::Beyond
    }

    /// The target and the largest changes of scope, above the plot.
    pub(super) fn draw_notes(&self, buffer: &mut Buffer) {
        let Self { plot, styles, glyphs, .. } = *self;
        if !self.has_notes {
            return;
        }
        let row = Rect { y: plot.y - 1, height: 1, ..plot };
        let mut strip = Strip::new(plot.width);
        let mut steps: Vec<_> = self.data.scope_steps.iter().collect();
        steps.sort_by_key(|step| (Reverse(step.added.max(step.removed)), step.day));
        let mut steps = steps.into_iter().take(usize::from(plot.width));
        let mut note = |strip: &mut Strip, step: &ScopeStep| {
            let label = labels::step(step, glyphs.minus);
            let place = self.days.column(step.day).and_then(|column| strip.around(column, cells(&label)));
            if let Some(start) = place {
                write(buffer, row, start, 0, &label, styles.scope.add_modifier(Modifier::BOLD));
            }
        };
        // The largest change says more than the middle of the target's label.
        if let Some(largest) = steps.next() {
            note(&mut strip, largest);
        }
        let target = self.data.target.and_then(|target| {
            let column = self.days.column(target).unwrap_or(0);
            self.target_labels(target).into_iter().find_map(|label| {
                let width = cells(&label);
                let start = strip.around(column, width).or_else(|| strip.from(column, width))?;
                Some((start, label))
            })
        });
        for step in steps {
            note(&mut strip, step);
        }
        match target {
            Some((start, label)) => {
                write(buffer, row, start, 0, &label, styles.target.add_modifier(Modifier::BOLD));
            }
            None if self.data.target.is_none() => {
                if let Some(start) = strip.from(plot.width, 9) {
                    write(buffer, row, start, 0, "no target", styles.muted);
                }
            }
            None => {}
        }
    }

    /// What the line of the target is called, the longest first.
    pub(super) fn target_labels(&self, target: NaiveDate) -> Vec<String> {
        let name = match self.insight.release.target {
            Some(target) if target.estimated => "estimated target",
            _ => "target",
        };
        let short = format!("{name} {}", target.format("%a %-d"));
        let day = if target.year() == self.today.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
        let long = format!("{name} {}", target.format(day));
        let is_open = self.insight.release.released_at.is_none() && self.newest.remaining() > 0;
        let over = (self.today - target).num_days();
        let mut labels = Vec::new();
        if target < self.first {
            labels.push(format!("{} {long}", self.glyphs.left));
        }
        if is_open && over > 0 {
            labels.push(format!("{long}, {over}d ago"));
            labels.push(format!("{short}, {over}d ago"));
        }
        labels.extend([long, short, name.to_owned()]);
        labels
    }
}

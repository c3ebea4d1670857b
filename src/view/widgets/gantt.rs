//! Deployments along the time, a row for each environment: the colour, the mark and the word of
//! their state, freezes hatched behind them, a line where now is. Below, the dates of releases.

use chrono::{Datelike as _, Duration, NaiveDateTime, Timelike as _};
use chrono_tz::Tz;
use ratatui::{layout::Rect, style::Modifier};

use crate::{
    app::GanttScale,
    domain::{DeploymentId, DeploymentState, Instant, Window},
    insight::{DeploymentRow, ForecastView, Insight, ReleaseInsight},
    view::{Look, screen::Screen, states, text},
};

/// The most cells of a row's name.
const NAME: u16 = 24;
/// Releases whose dates have a row.
const MOST_RELEASES: usize = 12;

/// What is shown.
pub(crate) struct Gantt<'a> {
    pub(crate) insight: &'a Insight,
    pub(crate) scale: GanttScale,
    /// The deployment that is selected.
    pub(crate) selected: Option<&'a DeploymentId>,
    /// The instant that the chart is about.
    pub(crate) about: Instant,
}

/// Time along the cells of a row.
#[derive(Clone, Copy, Debug)]
struct Axis {
    from: Instant,
    cell: Duration,
    cells: u16,
    zone: Tz,
}

impl Axis {
    /// So that `about` is in the first third.
    fn around(about: Instant, scale: GanttScale, cells: u16, zone: Tz) -> Self {
        let cell = Duration::minutes(scale.minutes());
        let before = cell * i32::from(cells / 4);
        let start = about.checked_sub_signed(before).unwrap_or(about);
        // Whole cells since the beginning of the day, so that labels stand at their boundaries.
        let local = start.with_timezone(&zone).time();
        let over = i64::from(local.num_seconds_from_midnight()) % (cell.num_seconds().max(1));
        let from = start - Duration::seconds(over) - Duration::nanoseconds(i64::from(local.nanosecond()));
        Self { from, cell, cells, zone }
    }

    fn at(self, cell: u16) -> Instant {
        self.from.checked_add_signed(self.cell * i32::from(cell)).unwrap_or(self.from)
    }

    /// The cell that an instant is in, if it is shown.
    fn cell_of(self, at: Instant) -> Option<u16> {
        let passed = (at - self.from).num_seconds();
        let cell = u16::try_from(passed.div_euclid(self.cell.num_seconds().max(1))).ok()?;
        (cell < self.cells).then_some(cell)
    }

    /// The first cell of a window and the one after its last, if any of it is shown.
    fn cells_of(self, window: Window) -> Option<(u16, u16)> {
        let end = self.at(self.cells);
        if window.until <= self.from || window.from >= end {
            return None;
        }
        let first = self.cell_of(window.from.max(self.from))?;
        let last = self.cell_of(window.until.min(end) - Duration::seconds(1)).unwrap_or(first);
        Some((first, last.max(first) + 1))
    }

    fn local(self, cell: u16) -> NaiveDateTime {
        self.at(cell).with_timezone(&self.zone).naive_local()
    }

    /// The labels of the boundaries that are shown, each with its cell.
    fn labels(self, scale: GanttScale) -> Vec<(u16, String)> {
        let part = |local: NaiveDateTime| match scale {
            GanttScale::Hours => (local.date().num_days_from_ce(), local.hour() / 3),
            GanttScale::Days => (local.date().num_days_from_ce(), 0),
            GanttScale::Weeks => (local.date().iso_week().year(), local.date().iso_week().week()),
            GanttScale::Months => (local.date().year(), local.date().month()),
        };
        let mut labels = Vec::new();
        for cell in 1..self.cells {
            let local = self.local(cell);
            if part(local) != part(self.local(cell - 1)) {
                let form = match scale {
                    GanttScale::Hours if local.hour() > 2 => "%H:%M",
                    GanttScale::Hours | GanttScale::Days => "%a %-d %b",
                    GanttScale::Weeks => "%-d %b",
                    GanttScale::Months => "%b %Y",
                };
                labels.push((cell, local.format(form).to_string()));
            }
        }
        labels
    }
}

/// Draws the chart.
pub(crate) fn draw(screen: &mut Screen<'_>, area: Rect, gantt: &Gantt<'_>) {
    if area.width < 20 || area.height < 2 {
        return;
    }
    let Look { styles, glyphs } = screen.look;
    let rows = environments(gantt.insight);
    let releases: Vec<&ReleaseInsight> = gantt
        .insight
        .releases
        .iter()
        .map(AsRef::as_ref)
        .filter(|found| found.release.released_at.is_none() && has_dates(found))
        .take(MOST_RELEASES)
        .collect();
    let widest = rows.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0);
    let widest = releases
        .iter()
        .map(|found| text::width(found.release.id.as_str()))
        .chain([widest])
        .max()
        .unwrap_or(0);
    let name_cells = (widest as u16 + 1).min(NAME).min(area.width / 3);
    let chart = Rect { x: area.x + name_cells, width: area.width - name_cells, ..area };
    let axis = Axis::around(gantt.about, gantt.scale, chart.width, screen.dates.zone());

    let mut free = 0;
    for (cell, label) in axis.labels(gantt.scale) {
        let needed = text::width(&label) as u16 + 2;
        if cell >= free && cell + needed <= axis.cells + 1 {
            screen.put(chart.x + cell, area.y, needed, &format!("{}{label}", glyphs.ticks[0]), styles.axis);
            free = cell + needed;
        }
    }
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let now = axis.cell_of(screen.now);
    if let Some(cell) = now {
        for y in body.y..body.bottom() {
            screen.put(chart.x + cell, y, 1, glyphs.lines[1], styles.today);
        }
    }
    // The rows around the selected one.
    let is_selected = |rows: &[&DeploymentRow]| {
        rows.iter().any(|row| gantt.selected.is_some_and(|selected| row.deployment.id == *selected))
    };
    let current = rows.iter().position(|(_, rows)| is_selected(rows)).unwrap_or(0);
    let room = usize::from(body.height);
    let for_releases = releases.len().min(room / 2);
    let shown = rows.len().min(room - for_releases);
    let skipped = (current + 1).saturating_sub(shown);
    let mut y = body.y;
    let mut named = "";
    for (name, deployments) in rows.iter().skip(skipped).take(shown) {
        let style = if is_selected(deployments) { styles.strong } else { styles.base };
        // A second lane of one environment needs no name.
        if named != *name {
            screen.put(area.x, y, name_cells.saturating_sub(1), name, style);
        }
        named = name;
        draw_environment(screen, Rect { y, height: 1, ..chart }, axis, gantt, name, deployments);
        y += 1;
    }
    for found in releases.iter().take(room.saturating_sub(shown)) {
        screen.put(area.x, y, name_cells.saturating_sub(1), found.release.id.as_str(), styles.muted);
        draw_release(screen, Rect { y, height: 1, ..chart }, axis, found);
        y += 1;
    }
    if rows.is_empty() && releases.is_empty() {
        screen.put(area.x, y, area.width, "no source knows a release or a deployment", styles.muted);
    }
}

fn has_dates(found: &ReleaseInsight) -> bool {
    found.release.target.is_some() || matches!(found.forecast, ForecastView::Dates { .. })
}

/// The environments that something goes to, those of what is still to come first.
fn environments(insight: &Insight) -> Vec<(&str, Vec<&DeploymentRow>)> {
    let mut rows: Vec<(&str, Vec<&DeploymentRow>)> = Vec::new();
    let mut at = std::collections::HashMap::new();
    for row in &insight.schedule.deployments {
        let name = row.deployment.environment.as_str();
        let index = *at.entry(name).or_insert_with(|| {
            rows.push((name, Vec::new()));
            rows.len() - 1
        });
        rows[index].1.push(row);
    }
    let is_over = |rows: &[&DeploymentRow]| rows.iter().all(|row| row.deployment.state.is_over());
    rows.sort_by_key(|(name, deployments)| (is_over(deployments), *name));
    rows.into_iter()
        .flat_map(|(name, deployments)| lanes(deployments).into_iter().map(move |one| (name, one)))
        .collect()
}

/// From when until when a deployment has its place: as it ran, else as it is planned.
fn span(found: &DeploymentRow) -> Window {
    let item = &found.deployment;
    let from = item.started_at.unwrap_or(item.window.from);
    let until = item.finished_at.or(found.projected_end).unwrap_or(item.window.until);
    Window { from, until: until.max(from + Duration::seconds(1)) }
}

/// Those that have the place at the same time are below each other.
fn lanes(deployments: Vec<&DeploymentRow>) -> Vec<Vec<&DeploymentRow>> {
    let mut lanes: Vec<(Instant, Vec<&DeploymentRow>)> = Vec::new();
    for found in deployments {
        let Window { from, until } = span(found);
        if found.deployment.state == DeploymentState::Cancelled {
            continue;
        }
        match lanes.iter_mut().find(|(end, _)| *end <= from) {
            Some((end, lane)) => {
                *end = until;
                lane.push(found);
            }
            None => lanes.push((until, vec![found])),
        }
    }
    lanes.into_iter().map(|(_, lane)| lane).collect()
}

fn draw_environment(
    screen: &mut Screen<'_>,
    row: Rect,
    axis: Axis,
    gantt: &Gantt<'_>,
    name: &str,
    deployments: &[&DeploymentRow],
) {
    let Look { styles, glyphs } = screen.look;
    for frozen in gantt.insight.schedule.frozen.iter().filter(|frozen| frozen.environment.as_str() == name) {
        if let Some((first, end)) = axis.cells_of(frozen.window) {
            let hatch = glyphs.freeze.repeat(usize::from(end - first));
            screen.put(row.x + first, row.y, end - first, &hatch, styles.muted);
        }
    }
    let bars: Vec<(u16, u16, &DeploymentRow)> = deployments
        .iter()
        .filter_map(|found| {
            let (first, end) = axis.cells_of(span(found))?;
            Some((first, end, *found))
        })
        .collect();
    for (index, (first, end, found)) in bars.iter().enumerate() {
        let said = states::deployment(screen.look, found.deployment.state);
        let is_selected = gantt.selected.is_some_and(|selected| found.deployment.id == *selected);
        let has_problem = !found.problems.is_empty();
        let (mark, mut style) =
            if has_problem { (glyphs.at_risk, styles.at_risk) } else { (said.mark, said.style) };
        if is_selected {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let bar = glyphs.bar[0].repeat(usize::from(end - first));
        screen.put(row.x + first, row.y, end - first, &bar, style);
        screen.put(row.x + first, row.y, 1, mark, style);
        let next = bars.get(index + 1).map_or(axis.cells, |(next, ..)| *next);
        let room = next.saturating_sub(*end + 1);
        if room >= 4 {
            let item = &found.deployment;
            let label = item.release.as_ref().map_or_else(|| item.id.as_str(), |release| release.as_str());
            let with_state = format!(" {label} {}", said.word);
            let fits = text::width(&with_state) < usize::from(room);
            let shown = if fits { with_state } else { format!(" {label}") };
            screen.put(
                row.x + end,
                row.y,
                room,
                &shown,
                if is_selected { styles.strong } else { said.style },
            );
        }
    }
}

/// The target of a release and the dates of its forecast.
fn draw_release(screen: &mut Screen<'_>, row: Rect, axis: Axis, found: &ReleaseInsight) {
    let Look { styles, glyphs } = screen.look;
    let mut marks = Vec::new();
    if let ForecastView::Dates { p50, p85, .. } = found.forecast {
        let dates = [(p50, glyphs.half_sure, "P50"), (p85, glyphs.sure, "P85")];
        marks.extend(
            dates
                .into_iter()
                .filter_map(|(date, mark, name)| Some((date.at()?, mark, name, styles.forecast))),
        );
    }
    if let Some(target) = found.release.target {
        let (mark, word) =
            if target.estimated { (glyphs.estimated, "estimated") } else { (glyphs.promised, "target") };
        marks.push((target.at, mark, word, styles.strong));
    }
    marks.sort_by_key(|(at, ..)| *at);
    let cells: Vec<Option<u16>> = marks.iter().map(|(at, ..)| axis.cell_of(*at)).collect();
    for (index, (_, mark, word, style)) in marks.iter().enumerate() {
        let Some(cell) = cells[index] else { continue };
        screen.put(row.x + cell, row.y, 1, mark, *style);
        let next = cells[index + 1..].iter().flatten().next().copied().unwrap_or(axis.cells);
        if usize::from(next.saturating_sub(cell + 2)) > text::width(word) {
            screen.put(row.x + cell + 2, row.y, next - cell - 2, word, styles.muted);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    #[test]
    fn labels_stand_where_the_local_day_begins_when_clocks_change() {
        // In Berlin clocks are put on on 29 March and back on 25 October 2026.
        for (year, month, day) in [(2026, 3, 28), (2026, 10, 24)] {
            let about = Utc.with_ymd_and_hms(year, month, day, 12, 0, 0).unwrap();
            let axis = Axis::around(about, GanttScale::Days, 96, Tz::Europe__Berlin);
            let labels = axis.labels(GanttScale::Days);
            assert!(labels.len() >= 3, "{labels:?}");
            for (cell, label) in labels {
                let local = axis.at(cell).with_timezone(&axis.zone);
                assert_eq!(local.hour(), 0, "{label}");
                assert_eq!(local.format("%a %-d %b").to_string(), label);
            }
        }
    }

    #[test]
    fn a_window_has_all_cells_that_it_touches() {
        let at = |hour, minute| Utc.with_ymd_and_hms(2026, 11, 25, hour, minute, 0).unwrap();
        let axis = Axis { from: at(0, 0), cell: Duration::hours(1), cells: 24, zone: Tz::UTC };
        for (from, until, cells) in [
            (at(14, 0), at(15, 0), Some((14, 15))),
            (at(14, 30), at(15, 10), Some((14, 16))),
            (at(14, 0), at(14, 1), Some((14, 15))),
            (at(0, 0) - Duration::hours(3), at(0, 30), Some((0, 1))),
            (at(23, 0), at(23, 0) + Duration::days(9), Some((23, 24))),
            (at(0, 0) - Duration::hours(3), at(0, 0), None),
        ] {
            assert_eq!(axis.cells_of(Window { from, until }), cells, "{from} {until}");
        }
    }
}

//! A release day by day, and when it will be ready.

use std::fmt::Write as _;

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::{
    insight::{BurnDown, BurnDownDay, ReleaseInsight, Unit, words},
    report::document::Figure,
};

use super::{Anchor, WIDTH, at, label, line, points, rows_of_labels, ticks};

/// Room left of the lines, for the scale.
const LEFT: f64 = 44.0;
/// Room right of them.
const RIGHT: f64 = 24.0;
/// Room above them, for the legend.
const TOP: f64 = 34.0;
/// How high the lines stand.
const HEIGHT: f64 = 210.0;
/// One row of dates.
const ROW: f64 = 16.0;
/// Days that are drawn; of more only every second, third …
const MOST_DAYS: usize = 360;

/// The burn-down of a release; none where nothing was ever in its scope.
pub(in crate::report) fn burn_down(insight: &ReleaseInsight, today: NaiveDate) -> Option<Figure> {
    let data = &insight.burn_down;
    let newest = data.days.last().filter(|_| data.days.iter().any(|day| day.scope > 0))?;
    let first = data.days.first()?;
    let is_open = insight.release.released_at.is_none() && newest.remaining() > 0;
    let forecast = data.forecast_days.filter(|_| is_open);
    let last = data.last_shown(first.day, newest.day, forecast);
    let largest = data.days.iter().map(|day| day.scope).max().unwrap_or(0);
    let scale = ticks(f64::from(largest));
    let chart = Chart { data, newest, first: first.day, last, top: scale.last().copied().unwrap_or(1.0) };
    let (dates, rows) = chart.dates(today, forecast);
    let drawing = html! {
        (chart.scale(&scale))
        @if let Some(days) = forecast { (chart.cone(days)) }
        (chart.lines())
        @if let Some(target) = data.target { (line("target-line", chart.place(target, chart.top), chart.place(target, 0.0))) }
        @if today >= chart.first && today <= chart.last && is_open {
            (line("now-line", chart.place(today, chart.top), chart.place(today, 0.0)))
        }
        (dates)
        (chart.legend(forecast.is_some()))
    };
    Some(Figure {
        title: format!("Burn-down of {}", insight.release.id),
        description: said(data, newest, today, forecast),
        drawing,
        size: (WIDTH as u32, (TOP + HEIGHT + ROW * rows as f64 + 12.0) as u32),
    })
}

/// What is to be seen.
fn said(data: &BurnDown, newest: &BurnDownDay, today: NaiveDate, forecast: Option<[NaiveDate; 3]>) -> String {
    let unit = unit(data.unit);
    let mut said = format!(
        "{} of {} {unit} ready on {}, {} remaining",
        newest.ready,
        newest.scope,
        date(newest.day),
        newest.remaining()
    );
    if let Some(ideal) = newest.ideal {
        let _ = write!(said, "; the ideal line says {ideal:.0}");
    }
    if let Some(first) = data.days.first().filter(|first| first.day < newest.day) {
        let _ = write!(said, ". It began on {} with {} in scope", date(first.day), first.scope);
        let [added, removed] =
            data.scope_steps.iter().fold([0, 0], |sum, one| [sum[0] + one.added, sum[1] + one.removed]);
        if added + removed > 0 {
            let _ = write!(said, "; since then {added} entered and {removed} left");
        }
    }
    if let Some(target) = data.target {
        let _ = write!(said, ". Target {}", date(target));
        if target > today {
            let _ =
                write!(said, ", in {}", words::count((target - today).num_days() as usize, "day", "days"));
        }
    }
    if let Some([p50, p85, p95]) = forecast {
        let _ = write!(said, ". Forecast: 50 % {}, 85 % {}, 95 % {}", date(p50), date(p85), date(p95));
    }
    if data.scope_rebuilt {
        said += ". No source has the history of the scope: it is counted by creation";
    }
    said + "."
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Stories => "stories",
        Unit::PullRequests => "pull requests",
    }
}

fn date(day: NaiveDate) -> String {
    day.format("%a %-d %b").to_string()
}

struct Chart<'a> {
    data: &'a BurnDown,
    newest: &'a BurnDownDay,
    first: NaiveDate,
    last: NaiveDate,
    /// The count at the upper edge.
    top: f64,
}

impl Chart<'_> {
    fn x(&self, day: NaiveDate) -> f64 {
        let all = (self.last - self.first).num_days().max(1) as f64;
        let passed = ((day - self.first).num_days() as f64).clamp(0.0, all);
        LEFT + passed / all * (WIDTH - LEFT - RIGHT)
    }

    fn place(&self, day: NaiveDate, count: f64) -> (f64, f64) {
        (self.x(day), TOP + HEIGHT * (1.0 - count.max(0.0) / self.top.max(1.0)))
    }

    fn scale(&self, ticks: &[f64]) -> Markup {
        html! {
            @for count in ticks {
                @let (_, y) = self.place(self.first, *count);
                (line(if *count > 0.0 { "grid" } else { "axis" }, (LEFT, y), (WIDTH - RIGHT, y)))
                (label(LEFT - 8.0, y + 4.0, Anchor::End, "muted", &format!("{count:.0}")))
            }
        }
    }

    /// From what remains today to nothing, by how sure it is.
    fn cone(&self, [p50, p85, p95]: [NaiveDate; 3]) -> Markup {
        let from = self.place(self.newest.day, f64::from(self.newest.remaining()));
        let [sooner, later, latest] = [p50, p85, p95].map(|day| self.place(day, 0.0));
        html! {
            polygon.cone-wide points=(points([from, sooner, latest])) {}
            polygon.cone points=(points([from, sooner, later])) {}
            (line("cone-edge", from, sooner))
            (line("cone-edge", from, later))
            (line("cone-edge", from, latest))
        }
    }

    fn lines(&self) -> Markup {
        let days = self.days();
        let curve = |count: &dyn Fn(&BurnDownDay) -> f64| {
            points(days.iter().map(|day| self.place(day.day, count(day))))
        };
        // The scope changes at once, not little by little.
        let mut scope = Vec::new();
        for day in &days {
            let (x, y) = self.place(day.day, f64::from(day.scope));
            if let Some((_, before)) = scope.last().copied() {
                scope.push((x, before));
            }
            scope.push((x, y));
        }
        let told = days.iter().filter_map(|day| Some(self.place(day.day, day.ideal?)));
        let ahead = self.data.ideal_ahead.iter().filter(|(day, _)| *day <= self.last);
        let ideal: Vec<(f64, f64)> = told.chain(ahead.map(|(day, ideal)| self.place(*day, *ideal))).collect();
        let (x, y) = self.place(self.newest.day, f64::from(self.newest.remaining()));
        html! {
            polyline.ideal points=(points(ideal)) {}
            polyline.scope points=(points(scope)) {}
            polyline.ready points=(curve(&|day| f64::from(day.ready))) {}
            polyline.remaining points=(curve(&|day| f64::from(day.remaining()))) {}
            circle.newest cx=(at(x)) cy=(at(y)) r="4" {}
        }
    }

    /// The days that are drawn: all, unless they are too many to be told apart; the last always.
    fn days(&self) -> Vec<&BurnDownDay> {
        let every = self.data.days.len().div_ceil(MOST_DAYS).max(1);
        let mut days: Vec<&BurnDownDay> = self.data.days.iter().step_by(every).collect();
        if days.last().is_none_or(|last| last.day != self.newest.day) {
            days.push(self.newest);
        }
        days
    }

    /// The dates that matter below the axis, and how many rows they take.
    fn dates(&self, today: NaiveDate, forecast: Option<[NaiveDate; 3]>) -> (Markup, usize) {
        let mut dates = vec![(self.first, String::new(), "muted")];
        if today > self.first && today <= self.last {
            dates.push((today, "today ".to_owned(), "strong"));
        }
        dates.extend(self.data.target.map(|target| (target, "target ".to_owned(), "strong")));
        for (day, name) in forecast.into_iter().flatten().zip(["P50 ", "P85 ", "P95 "]) {
            dates.push((day, name.to_owned(), "forecast"));
        }
        let labels: Vec<(f64, String)> = dates
            .iter()
            .map(|(day, name, _)| {
                // Further away than the axis reaches.
                let beyond = if *day > self.last { " →" } else { "" };
                (self.x(*day), format!("{name}{}{beyond}", date(*day)))
            })
            .collect();
        let places = rows_of_labels(&labels, WIDTH);
        let rows = places.iter().map(|(_, row)| row + 1).max().unwrap_or(1);
        let base = TOP + HEIGHT;
        let drawn = html! {
            @for (((x, said), (middle, row)), (_, _, class)) in labels.iter().zip(&places).zip(&dates) {
                (line("tick", (*x, base), (*x, base + 5.0)))
                (label(*middle, base + 18.0 + ROW * *row as f64, Anchor::Middle, class, said))
            }
        };
        (drawn, rows)
    }

    /// What the lines are, with their newest values.
    fn legend(&self, has_forecast: bool) -> Markup {
        let newest = self.newest;
        let mut entries = vec![
            ("remaining", format!("remaining {}", newest.remaining())),
            ("scope", format!("scope {}", newest.scope)),
            ("ready", format!("ready {}", newest.ready)),
        ];
        entries.extend(newest.ideal.map(|ideal| ("ideal", format!("ideal {ideal:.0}"))));
        let mut x = LEFT;
        let mut placed = Vec::new();
        for (class, said) in entries {
            placed.push((x, class, said.clone()));
            x += 28.0 + super::width(&said) + 16.0;
        }
        html! {
            @for (x, class, said) in &placed {
                (line(class, (*x, 12.0), (*x + 22.0, 12.0)))
                (label(*x + 28.0, 16.0, Anchor::Start, "plain", said))
            }
            @if has_forecast {
                rect.cone x=(at(x)) y="6" width="22" height="12" {}
                (label(x + 28.0, 16.0, Anchor::Start, "plain", "forecast 50 to 85, 95 %"))
            }
        }
    }
}

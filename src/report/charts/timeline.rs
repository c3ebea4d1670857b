//! What happens when: a lane for each place, bars along the time.

use chrono::{Datelike as _, Duration};
use maud::{Markup, html};

use crate::{
    domain::{Calendar, Instant, Window},
    report::document::{Figure, Tone},
};

use super::{Anchor, WIDTH, at, label, line, points, short, width};

/// How high one row of bars is.
const ROW: f64 = 22.0;
/// Room above the lanes, for the dates.
const TOP: f64 = 30.0;
/// Rows within a lane, where bars would cover each other.
const MOST_ROWS: usize = 4;
/// Cells of the longest name of a lane.
const NAME: usize = 22;
/// How much wider words are within a bar, where they are bold.
const BOLD: f64 = 1.15;
/// The narrowest bar that can still be seen.
const NARROWEST: f64 = 6.0;

/// A timeline.
pub(in crate::report) struct Timeline<'a> {
    /// Its name within the page.
    pub(in crate::report) id: &'static str,
    /// What it shows.
    pub(in crate::report) title: String,
    /// What is to be seen.
    pub(in crate::report) description: String,
    /// From when to when.
    pub(in crate::report) sight: Window,
    /// Now.
    pub(in crate::report) now: Instant,
    /// Where days begin.
    pub(in crate::report) calendar: &'a Calendar,
    /// One below the other.
    pub(in crate::report) lanes: Vec<Lane>,
}

/// A lane.
pub(in crate::report) struct Lane {
    /// What it is called.
    pub(in crate::report) name: String,
    /// Hatched behind everything: nothing may happen.
    pub(in crate::report) closed: Vec<Window>,
    /// What happens.
    pub(in crate::report) bars: Vec<Bar>,
    /// Points in time.
    pub(in crate::report) marks: Vec<Mark>,
}

/// Something that takes a while.
pub(in crate::report) struct Bar {
    /// What is written beside it.
    pub(in crate::report) label: String,
    /// From when to when.
    pub(in crate::report) window: Window,
    /// How it stands.
    pub(in crate::report) tone: Tone,
}

/// A point in time.
pub(in crate::report) struct Mark {
    /// What it is: a sign with its word.
    pub(in crate::report) label: &'static str,
    /// When.
    pub(in crate::report) at: Instant,
    /// How it is drawn.
    pub(in crate::report) class: &'static str,
}

/// Draws it; nothing where it has no lanes.
pub(in crate::report) fn timeline(timeline: Timeline<'_>) -> Option<Figure> {
    if timeline.lanes.is_empty() {
        return None;
    }
    let names = timeline.lanes.iter().map(|lane| width(&short(&lane.name, NAME))).fold(0.0, f64::max);
    let axis = Axis { sight: timeline.sight, left: names + 14.0, id: timeline.id };
    let mut y = TOP;
    let mut lanes = Vec::new();
    for lane in &timeline.lanes {
        let (drawn, height) = axis.lane(lane, y);
        lanes.push(drawn);
        y += height;
    }
    let drawing = html! {
        // The stripes of a time in which nothing may happen.
        defs {
            pattern id={ (timeline.id) "-hatch" } width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect.hatch-line width="2" height="6" {}
            }
        }
        (axis.dates(timeline.calendar, y))
        @if timeline.sight.from <= timeline.now && timeline.now < timeline.sight.until {
            @let x = axis.x(timeline.now);
            (line("now-line", (x, TOP - 6.0), (x, y)))
            (label(x, 8.0, Anchor::Middle, "strong", "now"))
        }
        @for lane in &lanes { (lane) }
    };
    Some(Figure {
        title: timeline.title,
        description: timeline.description,
        drawing,
        size: (WIDTH as u32, (y + 4.0) as u32),
    })
}

struct Axis {
    sight: Window,
    left: f64,
    id: &'static str,
}

impl Axis {
    fn x(&self, instant: Instant) -> f64 {
        let all = self.sight.duration().num_seconds().max(1) as f64;
        let passed = (instant - self.sight.from).num_seconds() as f64;
        self.left + (passed / all).clamp(0.0, 1.0) * (WIDTH - self.left)
    }

    /// A line and a date where each week begins; days where there are few.
    fn dates(&self, calendar: &Calendar, bottom: f64) -> Markup {
        let days = self.sight.duration().num_days().max(1);
        let room = (WIDTH - self.left) / days as f64;
        let every = [1, 7, 14, 28, 56, 112, 366].into_iter().find(|every| room * *every as f64 >= 54.0);
        let every = every.unwrap_or(366);
        let first = calendar.day(self.sight.from);
        let monday = first - Duration::days(i64::from(first.weekday().num_days_from_monday()));
        let begin = if every == 1 { first } else { monday };
        let ticks = (0..=days / every + 1)
            .map(|index| begin + Duration::days(index * every))
            .map(|day| (day, calendar.start_of(day)))
            .filter(|(_, start)| self.sight.from <= *start && *start < self.sight.until);
        html! {
            @for (day, start) in ticks {
                @let x = self.x(start);
                (line("grid", (x, TOP - 6.0), (x, bottom)))
                @if x + 44.0 < WIDTH {
                    (label(x + 3.0, TOP - 8.0, Anchor::Start, "muted", &day.format("%-d %b").to_string()))
                }
            }
        }
    }

    fn lane(&self, lane: &Lane, top: f64) -> (Markup, f64) {
        let (placed, rows, hidden) = self.rows(&lane.bars);
        let (marks, rows_of_marks) = self.rows_of_marks(&lane.marks);
        let height = ROW * (rows + rows_of_marks).max(1) as f64 + 6.0;
        let closed = lane.closed.iter().filter(|window| window.overlaps(&self.sight));
        let drawn = html! {
            (line("grid", (0.0, top), (WIDTH, top)))
            @for window in closed {
                @let x = self.x(window.from);
                rect.closed fill={ "url(#" (self.id) "-hatch)" } x=(at(x)) y=(at(top)) width=(at((self.x(window.until) - x).max(2.0))) height=(at(height)) {}
            }
            (label(0.0, top + 17.0, Anchor::Start, "plain", &short(&lane.name, NAME)))
            @for (bar, row) in &placed { (self.bar(bar, top + 3.0 + ROW * *row as f64)) }
            @for (mark, row) in &marks { (self.mark(mark, top + ROW * (rows + row) as f64)) }
            @if hidden > 0 {
                (label(WIDTH, top + height - 6.0, Anchor::End, "muted", &format!("and {hidden} more")))
            }
        };
        (drawn, height)
    }

    /// The bars in rows in which none covers another or its label, and how many have no room.
    fn rows<'a>(&self, bars: &'a [Bar]) -> (Vec<(&'a Bar, usize)>, usize, usize) {
        let mut ends: Vec<f64> = Vec::new();
        let mut placed = Vec::new();
        let mut hidden = 0;
        for bar in bars.iter().filter(|bar| bar.window.overlaps(&self.sight)) {
            let (from, until) = self.reach(bar);
            let row = ends.iter().position(|end| *end <= from).unwrap_or(ends.len());
            if row == MOST_ROWS {
                hidden += 1;
                continue;
            }
            if row == ends.len() {
                ends.push(0.0);
            }
            ends[row] = until + 6.0;
            placed.push((bar, row));
        }
        (placed, ends.len(), hidden)
    }

    /// The marks in rows in which none covers another or its label.
    fn rows_of_marks<'a>(&self, marks: &'a [Mark]) -> (Vec<(&'a Mark, usize)>, usize) {
        let mut ends: Vec<f64> = Vec::new();
        let mut placed = Vec::new();
        for mark in marks.iter().filter(|mark| self.sight.from <= mark.at && mark.at < self.sight.until) {
            let x = self.x(mark.at);
            let needed = 12.0 + width(mark.label);
            let (from, until) =
                if x + needed <= WIDTH { (x - 8.0, x + needed) } else { (x - needed, x + 8.0) };
            let row = ends.iter().position(|end| *end <= from).unwrap_or(ends.len());
            if row == ends.len() {
                ends.push(0.0);
            }
            ends[row] = until;
            placed.push((mark, row));
        }
        (placed, ends.len())
    }

    fn bar_ends(&self, bar: &Bar) -> (f64, f64) {
        let from = self.x(bar.window.from).min(WIDTH - NARROWEST);
        (from, self.x(bar.window.until).max(from + NARROWEST))
    }

    /// What a bar and its label take.
    fn reach(&self, bar: &Bar) -> (f64, f64) {
        let (from, until) = self.bar_ends(bar);
        let (x, _, said) = Self::label_of(bar, from, until);
        (from.min(x), until.max(x + width(&said)))
    }

    /// Where the label is: within the bar, else to its right, else to its left.
    fn label_of(bar: &Bar, from: f64, until: f64) -> (f64, bool, String) {
        let mark = bar.tone.mark();
        let said = if mark.is_empty() { bar.label.clone() } else { format!("{mark} {}", bar.label) };
        let said = short(&said, 30);
        let needed = width(&said);
        if until - from >= needed * BOLD + 8.0 {
            (from + 4.0, true, said)
        } else if until + 4.0 + needed <= WIDTH {
            (until + 4.0, false, said)
        } else {
            ((from - 4.0 - needed).max(0.0), false, said)
        }
    }

    fn bar(&self, bar: &Bar, y: f64) -> Markup {
        let (from, until) = self.bar_ends(bar);
        let (x, is_inside, said) = Self::label_of(bar, from, until);
        html! {
            rect class={ "bar " (bar.tone.class()) } x=(at(from)) y=(at(y)) width=(at(until - from)) height="17" rx="3" {}
            (label(x, y + 13.0, Anchor::Start, if is_inside { "inside" } else { "halo" }, &said))
        }
    }

    fn mark(&self, mark: &Mark, top: f64) -> Markup {
        let (x, y) = (self.x(mark.at), top + 13.0);
        let corners = [(x, y - 5.0), (x + 5.0, y), (x, y + 5.0), (x - 5.0, y)];
        html! {
            polygon class={ "mark " (mark.class) } points=(points(corners)) {}
            @if x + 12.0 + width(mark.label) <= WIDTH {
                (label(x + 8.0, y + 4.0, Anchor::Start, "muted halo", mark.label))
            } @else {
                (label(x - 8.0, y + 4.0, Anchor::End, "muted halo", mark.label))
            }
        }
    }
}

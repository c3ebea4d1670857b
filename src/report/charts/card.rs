//! The picture of a card.

use maud::{Markup, html};

use crate::{
    domain::Text,
    insight::{Bar, Card, CardStanding, Picture, Series},
    report::document::{Figure, Tone},
};

use super::{Anchor, at, label, points, short, ticks, width};

/// The width of the picture: cards stand side by side.
const WIDTH: f64 = 520.0;
/// How high a bar is with the room around it.
const BAR: f64 = 22.0;
/// How high a line is with the room around it.
const LINE: f64 = 40.0;
/// How high areas are.
const AREAS: f64 = 190.0;
/// Bars that are drawn, the last ones.
const MOST_BARS: usize = 18;
/// Lines and areas that are drawn.
const MOST_SERIES: usize = 12;
/// Steps that are drawn; of more only every second, third …
const MOST_STEPS: usize = 260;
/// Cells of the longest name.
const NAME: usize = 24;
/// Cells of what is written at the end of a bar.
const SAYS: usize = 26;
/// Ways to fill an area or part that differ in colour and in lightness.
const FILLS: usize = 6;

/// The picture of a card; none where it has none.
pub(in crate::report) fn card(card: &Card, title: &str) -> Option<Figure> {
    let (drawing, height, description) = match &card.picture {
        Picture::None => return None,
        Picture::Bars { bars } => bars_picture(bars, &[]),
        Picture::Parts { parts, bars } => bars_picture(bars, parts),
        Picture::Lines { steps, series, stacked: true } => areas(steps, series),
        Picture::Lines { steps, series, .. } => lines(steps, series),
    }?;
    let title = title.to_owned();
    Some(Figure { title, description, drawing, size: (WIDTH as u32, height.ceil() as u32) })
}

/// How good a card or row is.
pub(in crate::report) fn tone(standing: CardStanding) -> Tone {
    match standing {
        CardStanding::Poor => Tone::Bad,
        CardStanding::Watch => Tone::Watch,
        CardStanding::Good => Tone::Good,
        CardStanding::Told => Tone::Plain,
        CardStanding::Unknown => Tone::Unknown,
    }
}

type Drawn = Option<(Markup, f64, String)>;

fn sum(bar: &Bar) -> f64 {
    bar.parts.iter().copied().filter(|part| part.is_finite() && *part > 0.0).sum()
}

fn bars_picture(all: &[Bar], parts: &[Text]) -> Drawn {
    let bars = all.get(all.len().saturating_sub(MOST_BARS)..)?;
    if bars.is_empty() {
        return None;
    }
    let names = bars.iter().map(|bar| width(&short(&bar.label, NAME))).fold(0.0, f64::max);
    let says = bars.iter().map(|bar| width(&short(&said(bar), SAYS))).fold(0.0, f64::max);
    let largest = bars.iter().map(sum).fold(0.0, f64::max);
    let left = names + 10.0;
    let room = (WIDTH - left - says - 10.0).max(40.0);
    let top = if parts.is_empty() { 0.0 } else { BAR };
    let length = |part: f64| if largest > 0.0 { (part.max(0.0) / largest * room).max(1.0) } else { 0.0 };
    let rows = bars.iter().zip(0_u32..).map(|(bar, index)| {
        let y = top + f64::from(index) * BAR;
        let mut x = left;
        let mut drawn = Vec::new();
        for (part, place) in bar.parts.iter().copied().zip(0..).filter(|(part, _)| *part > 0.0) {
            let class = if parts.is_empty() {
                format!("bar {}", tone(bar.standing).class())
            } else {
                format!("fill-{}", place % FILLS)
            };
            drawn.push((x, length(part), class));
            x += length(part);
        }
        html! {
            (label(0.0, y + 15.0, Anchor::Start, "plain", &short(&bar.label, NAME)))
            @for (x, length, class) in &drawn {
                rect class=(class) x=(at(*x)) y=(at(y + 3.0)) width=(at(*length)) height="15" {}
            }
            (label(x + 6.0, y + 15.0, Anchor::Start, "plain", &short(&said(bar), SAYS)))
        }
    });
    let drawing = html! {
        (legend(parts))
        @for row in rows { (row) }
    };
    let height = top + bars.len() as f64 * BAR;
    let in_words = |bar: &Bar| format!("{} {}", bar.label, said(bar)).trim_end().to_owned();
    let mut description = bars.iter().map(in_words).collect::<Vec<_>>().join("; ");
    if !parts.is_empty() {
        let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
        description = format!("Each bar is {}. {description}", parts.join(" and "));
    }
    Some((drawing, height, description + "."))
}

/// What is written at the end of a bar, with the mark that its colour stands for.
fn said(bar: &Bar) -> String {
    match tone(bar.standing).mark() {
        "" => bar.says.to_string(),
        mark => format!("{} {mark}", bar.says).trim_start().to_owned(),
    }
}

/// What parts are, in their order.
fn legend(parts: &[Text]) -> Markup {
    let mut x = 0.0;
    let mut placed = Vec::new();
    for (name, place) in parts.iter().take(FILLS).zip(0..) {
        placed.push((x, place, short(name, NAME)));
        x += 18.0 + width(&short(name, NAME)) + 14.0;
    }
    html! {
        @for (x, place, name) in &placed {
            rect class={ "fill-" (place) } x=(at(*x)) y="3" width="12" height="12" {}
            (label(*x + 18.0, 13.0, Anchor::Start, "plain", name))
        }
    }
}

/// The places of the steps that are drawn; the last always.
fn chosen(steps: usize) -> Vec<usize> {
    let every = steps.div_ceil(MOST_STEPS).max(1);
    let mut places: Vec<usize> = (0..steps).step_by(every).collect();
    if let Some(last) = steps.checked_sub(1).filter(|last| places.last() != Some(last)) {
        places.push(last);
    }
    places
}

fn newest(series: &Series) -> Option<f64> {
    series.values.iter().rev().flatten().next().copied()
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(
        || "–".to_owned(),
        |value| {
            if value.abs() < 10.0 && value.fract() != 0.0 {
                format!("{value:.1}")
            } else {
                format!("{value:.0}")
            }
        },
    )
}

/// What lines say, for who does not see them: where each began and where it is now.
fn told(steps: &[Text], series: &[Series]) -> String {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return String::new() };
    let each = series.iter().map(|one| {
        let begin = one.values.iter().flatten().next().copied();
        format!("{} {} to {}", one.name, figure(begin), figure(newest(one)))
    });
    format!("From {first} to {last}: {}.", each.collect::<Vec<_>>().join("; "))
}

fn ends(steps: &[Text], left: f64, right: f64, y: f64) -> Markup {
    html! {
        @if let Some(first) = steps.first() { (label(left, y, Anchor::Start, "muted", first)) }
        @if let Some(last) = steps.last().filter(|_| steps.len() > 1) { (label(right, y, Anchor::End, "muted", last)) }
    }
}

/// Each line by itself: what they count need not be the same.
fn lines(steps: &[Text], all: &[Series]) -> Drawn {
    let series = &all[..all.len().min(MOST_SERIES)];
    if series.is_empty() || steps.is_empty() {
        return None;
    }
    let places = chosen(steps.len());
    let names = series.iter().map(|one| width(&short(&one.name, NAME))).fold(0.0, f64::max);
    let says = series.iter().map(|one| width(&figure(newest(one)))).fold(0.0, f64::max);
    let (left, right) = (names + 10.0, WIDTH - says - 12.0);
    let x = |place: usize| left + place as f64 / (steps.len().max(2) - 1) as f64 * (right - left);
    let drawn = series.iter().zip(0_u32..).map(|(one, index)| {
        let top = f64::from(index) * LINE;
        let base = top + LINE - 6.0;
        let largest = one.values.iter().flatten().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let y = |value: f64| base - (value.max(0.0) / largest).min(1.0) * (LINE - 12.0);
        // Where nothing is known the line is broken.
        let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for place in &places {
            match (one.values.get(*place).copied().flatten(), runs.last_mut()) {
                (Some(value), Some(run)) => run.push((x(*place), y(value))),
                (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
                _ => {}
            }
        }
        html! {
            (label(0.0, base - 6.0, Anchor::Start, "plain", &short(&one.name, NAME)))
            (super::line("grid", (left, base), (right, base)))
            @for run in runs.iter().filter(|run| !run.is_empty()) {
                polyline.series points=(points(run.iter().copied())) {}
                @if let [(x, y)] = run.as_slice() { circle.newest cx=(at(*x)) cy=(at(*y)) r="2" {} }
            }
            (label(WIDTH, base - 6.0, Anchor::End, "strong", &figure(newest(one))))
        }
    });
    let drawing = html! {
        @for one in drawn { (one) }
        (ends(steps, left, right, series.len() as f64 * LINE + 12.0))
    };
    Some((drawing, series.len() as f64 * LINE + 18.0, told(steps, series)))
}

/// One upon the other.
fn areas(steps: &[Text], all: &[Series]) -> Drawn {
    let series = &all[..all.len().min(MOST_SERIES)];
    if series.is_empty() || steps.is_empty() {
        return None;
    }
    let places = chosen(steps.len());
    let value = |one: &Series, place: usize| one.values.get(place).copied().flatten().unwrap_or(0.0).max(0.0);
    let largest = places
        .iter()
        .map(|place| series.iter().map(|one| value(one, *place)).sum::<f64>())
        .fold(0.0, f64::max);
    let scale = ticks(largest);
    let top = scale.last().copied().unwrap_or(1.0).max(1.0);
    let says = |one: &Series| format!("{} {}", short(&one.name, NAME), figure(newest(one)));
    let names = series.iter().map(|one| width(&says(one))).fold(0.0, f64::max);
    let (left, right) = (36.0, WIDTH - names - 30.0);
    let x = |place: usize| left + place as f64 / (steps.len().max(2) - 1) as f64 * (right - left);
    let y = |value: f64| 8.0 + AREAS * (1.0 - value / top);
    let mut below = vec![0.0; places.len()];
    let mut drawn = Vec::new();
    for (one, index) in series.iter().zip(0..) {
        let above: Vec<f64> =
            places.iter().zip(&below).map(|(place, below)| below + value(one, *place)).collect();
        let upper = places.iter().zip(&above).map(|(place, edge)| (x(*place), y(*edge)));
        let lower = places.iter().zip(&below).rev().map(|(place, edge)| (x(*place), y(*edge)));
        drawn.push((format!("area fill-{}", index % FILLS), points(upper.chain(lower))));
        below = above;
    }
    let count = series.len();
    let drawing = html! {
        @for tick in &scale {
            (super::line("grid", (left, y(*tick)), (right, y(*tick))))
            (label(left - 6.0, y(*tick) + 4.0, Anchor::End, "muted", &format!("{tick:.0}")))
        }
        @for (class, points) in &drawn { polygon class=(class) points=(points) {} }
        @for (one, index) in series.iter().zip(0..) {
            // The topmost area is named first.
            @let line = 18.0 + (count - 1 - index) as f64 * 20.0;
            rect class={ "fill-" (index % FILLS) } x=(at(right + 10.0)) y=(at(line - 10.0)) width="12" height="12" {}
            (label(right + 27.0, line, Anchor::Start, "plain", &says(one)))
        }
        (ends(steps, left, right, AREAS + 24.0))
    };
    let height = (AREAS + 30.0).max(18.0 + count as f64 * 20.0);
    Some((drawing, height, told(steps, series)))
}

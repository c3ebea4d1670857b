//! Pictures as SVG.
//!
//! Colours are classes of the style sheet, so that they follow the reader's light or dark
//! scheme; what a colour says is also said by a form, a pattern or a word.

mod burn_down;
mod card;
mod timeline;

pub(super) use burn_down::burn_down;
pub(super) use card::{card, tone};
pub(super) use timeline::{Bar, Lane, Mark, Timeline, timeline};

use maud::{Markup, html};
use unicode_width::UnicodeWidthStr;

/// The width of every picture, in its own units: those of a page that is not narrow.
const WIDTH: f64 = 720.0;
/// How much wider a bold label is.
const BOLD: f64 = 1.12;
/// The width of a character of a label, on average.
const CHARACTER: f64 = 6.7;

/// A coordinate as it is written: with one decimal, and never anything but a number.
fn at(value: f64) -> String {
    let value = if value.is_finite() { value.clamp(-100_000.0, 100_000.0) } else { 0.0 };
    let written = format!("{value:.1}");
    match written.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => written,
    }
}

/// How wide a label is.
fn width(label: &str) -> f64 {
    label.width() as f64 * CHARACTER
}

/// A label that has no room for more than `most` cells.
fn short(label: &str, most: usize) -> String {
    if label.width() <= most {
        return label.to_owned();
    }
    let mut out = String::new();
    let mut cells = 1;
    for character in label.chars() {
        cells += unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if cells > most {
            break;
        }
        out.push(character);
    }
    out.push('…');
    out
}

/// Which side of its place a label is written on.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A label.
fn label(x: f64, y: f64, anchor: Anchor, class: &str, said: &str) -> Markup {
    html! { text.label.(class) x=(at(x)) y=(at(y)) text-anchor=(anchor.name()) { (said) } }
}

/// A straight line.
fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Markup {
    html! { line class=(class) x1=(at(from.0)) y1=(at(from.1)) x2=(at(to.0)) y2=(at(to.1)) {} }
}

/// Points as `points` of a line or an area.
fn points(places: impl IntoIterator<Item = (f64, f64)>) -> String {
    let written = places.into_iter().map(|(x, y)| format!("{},{}", at(x), at(y)));
    written.collect::<Vec<_>>().join(" ")
}

/// The smallest of 1, 2, 5, 10, 20, 50 … steps that part `largest` into at most `most`.
fn step(largest: f64, most: f64) -> f64 {
    let least = (largest / most).max(1.0);
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= least)
        .unwrap_or(least)
}

/// Places on a scale: zero and every [`step`] up to the first that is not below `largest`.
fn ticks(largest: f64) -> Vec<f64> {
    let step = step(largest.max(1.0), 5.0);
    let count = (largest.max(1.0) / step).ceil().clamp(1.0, 10.0) as u32;
    (0..=count).map(|index| f64::from(index) * step).collect()
}

/// Labels that stand side by side, each moved down to the first row where it has room: its middle
/// and its row.
fn rows_of_labels(labels: &[(f64, String)], right: f64) -> Vec<(f64, usize)> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|one, other| labels[*one].0.total_cmp(&labels[*other].0));
    let mut ends: Vec<f64> = Vec::new();
    let mut places = vec![(0.0, 0); labels.len()];
    for index in order {
        let (x, said) = &labels[index];
        // Any of them may be bold.
        let half = width(said) * BOLD / 2.0 + 4.0;
        let middle = x.clamp(half, (right - half).max(half));
        let row = ends.iter().position(|end| *end <= middle - half).unwrap_or(ends.len());
        if row == ends.len() {
            ends.push(0.0);
        }
        ends[row] = middle + half;
        places[index] = (middle, row);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_numbers() {
        for (value, written) in [
            (1.0, "1"),
            (1.26, "1.3"),
            (-0.01, "0"),
            (f64::NAN, "0"),
            (f64::INFINITY, "0"),
            (1e300, "100000"),
        ] {
            assert_eq!(at(value), written, "{value}");
        }
    }

    #[test]
    fn scales_end_at_or_above_the_largest_and_have_few_ticks() {
        for largest in [0.0, 0.3, 1.0, 4.0, 5.0, 7.0, 48.0, 99.0, 101.0, 50_000.0, 1e9] {
            let ticks = ticks(largest);
            assert!(*ticks.last().unwrap() >= largest, "{largest}: {ticks:?}");
            assert!((2..=7).contains(&ticks.len()), "{largest}: {ticks:?}");
        }
    }

    #[test]
    fn labels_do_not_cover_each_other() {
        let labels: Vec<(f64, String)> =
            [10.0, 12.0, 14.0, 300.0].into_iter().map(|x| (x, "Wed 25 Nov".to_owned())).collect();
        let rows: Vec<usize> = rows_of_labels(&labels, 400.0).into_iter().map(|(_, row)| row).collect();
        assert_eq!(rows, [0, 1, 2, 0]);
        assert_eq!(short("refund webhooks", 7), "refund…");
        assert_eq!(short("refund", 7), "refund");
    }
}

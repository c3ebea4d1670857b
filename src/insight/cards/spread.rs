//! How lengths of time spread: how many lie in each of five fixed ranges.

use crate::domain::Text;

use super::{CardRow, CardStanding, Figure};

const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;
/// Cells of the longest bar.
const LONGEST_BAR: usize = 20;

/// Ranges by the length that is not in them any more, and what they are called. They are those
/// between which the levels of the report of 2023 lie; a month is thirty days.
const RANGES: [(f64, &str); 5] = [
    (HOUR, "under 1 hour"),
    (DAY, "1 hour to 1 day"),
    (7.0 * DAY, "1 day to 1 week"),
    (30.0 * DAY, "1 week to 1 month"),
    (f64::INFINITY, "a month or longer"),
];

/// How many of `seconds` lie in each range.
pub(super) fn counts(seconds: &[f64]) -> [usize; RANGES.len()] {
    let mut counts = [0; RANGES.len()];
    for length in seconds {
        let range = RANGES.iter().position(|(until, _)| length < until);
        counts[range.unwrap_or(RANGES.len() - 1)] += 1;
    }
    counts
}

/// A row for each range: how many now and before, and a bar with their share.
pub(super) fn rows(what: &str, now: &[f64], before: Option<&[f64]>) -> Vec<CardRow> {
    let (counted, before) = (counts(now), before.map(counts));
    let most = counted.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return Vec::new();
    }
    let row = |index: usize, (_, range): &(f64, &str)| {
        let count = counted[index];
        // What is there at all is seen.
        let cells = (count * LONGEST_BAR).div_ceil(most);
        let share = count * 100 / now.len();
        CardRow {
            cells: [
                format!("{what}, {range}"),
                count.to_string(),
                String::new(),
                before.map_or("–".to_owned(), |before| before[index].to_string()),
                String::new(),
                format!("{:<LONGEST_BAR$} {share} %", "=".repeat(cells)),
            ]
            .map(Text::new)
            .to_vec(),
            standing: CardStanding::Told,
            subject: None,
            behind: Vec::new(),
        }
    };
    RANGES.iter().enumerate().map(|(index, range)| row(index, range)).collect()
}

/// The same for programs, by these names.
pub(super) fn figures(names: [&'static str; RANGES.len()], unit: &'static str, now: &[f64]) -> Vec<Figure> {
    let counted = counts(now).into_iter();
    names
        .into_iter()
        .zip(counted)
        .map(|(name, count)| Figure { name, value: Some(count as f64), unit })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_in_one_range_and_a_limit_in_the_longer_one() {
        for (seconds, index) in [
            (0.0, 0),
            (HOUR - 1.0, 0),
            (HOUR, 1),
            (DAY - 1.0, 1),
            (DAY, 2),
            (7.0 * DAY - 1.0, 2),
            (7.0 * DAY, 3),
            (30.0 * DAY - 1.0, 3),
            (30.0 * DAY, 4),
            (1e12, 4),
        ] {
            let mut expected = [0; 5];
            expected[index] = 1;
            assert_eq!(counts(&[seconds]), expected, "{seconds}");
        }
        let rows = rows("recovery", &[60.0, 120.0, 180.0, 2.0 * DAY], Some(&[DAY]));
        let cells: Vec<Vec<&str>> =
            rows.iter().map(|row| row.cells.iter().map(|cell| &**cell).collect()).collect();
        assert_eq!(cells[0][..5], ["recovery, under 1 hour", "3", "", "0", ""]);
        assert_eq!(cells[0][5], "==================== 75 %");
        assert_eq!(cells[2][..4], ["recovery, 1 day to 1 week", "1", "", "1"]);
        assert!(cells[2][5].starts_with("======= ") && cells[2][5].ends_with(" 25 %"));
        assert_eq!((cells[4][1], cells[4][5].trim()), ("0", "0 %"));
    }
}

//! What several cards say alike.

use super::Figure;

/// A figure with its name and unit.
pub(super) fn figure(name: &'static str, value: Option<f64>, unit: &'static str) -> Figure {
    Figure { name, value, unit }
}

/// A count as a figure.
pub(super) fn counted(name: &'static str, count: usize, unit: &'static str) -> Figure {
    figure(name, Some(count as f64), unit)
}

/// A number of days: `0.5d`, `12d`; a dash where it is not known.
pub(super) fn days(days: Option<f64>) -> String {
    match days {
        None => "–".to_owned(),
        Some(days) if days.abs() < 9.95 => format!("{days:.1}d"),
        Some(days) => format!("{days:.0}d"),
    }
}

/// Parts of a sentence; what is empty is left out.
pub(super) fn sentence(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// A number with one decimal where it is not whole: `14`, `13.5`.
pub(super) fn plain(number: f64) -> String {
    let said = format!("{number:.1}");
    said.strip_suffix(".0").map(str::to_owned).unwrap_or(said)
}

/// A whole number with a comma between thousands: `54,535`.
pub(super) fn thousands(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut said = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0.0 && digits != "0" {
        said.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for (number, said) in [(14.0, "14"), (13.5, "13.5"), (0.04, "0"), (2.96, "3")] {
            assert_eq!(plain(number), said);
        }
        for (number, said) in [
            (0.0, "0"),
            (999.0, "999"),
            (54_535.4, "54,535"),
            (1_234_567.0, "1,234,567"),
            (-1_000.0, "-1,000"),
        ] {
            assert_eq!(thousands(number), said);
        }
    }
}

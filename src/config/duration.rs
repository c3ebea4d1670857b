//! Lengths of time as people write them: `90s`, `5m`, `1h30m`, `2d`.

use std::time::Duration;

const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// What a length of time looks like, for error messages.
pub(super) const EXAMPLES: &str = "a length of time such as \"90s\", \"5m\", \"1h30m\" or \"2d\"";

/// Reads a length of time: numbers with the units `w`, `d`, `h`, `m` and `s`, the larger unit
/// first, each at most once. A day is 24 hours. None if `written` is nothing of that kind or
/// is longer than can be counted.
pub fn parse_duration(written: &str) -> Option<Duration> {
    let mut rest = written.trim();
    let mut seconds: u64 = 0;
    let mut units = UNITS.iter();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        // The iterator only goes on: a unit that is repeated or out of order is not found.
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        seconds = seconds.checked_add(count.checked_mul(*length)?)?;
        rest = rest[digits + 1..].trim_start();
    }
    Some(Duration::from_secs(seconds))
}

/// Writes a length of time so that [`parse_duration`] reads the same; less than a second is
/// left out.
pub fn format_duration(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    if rest == 0 {
        return "0s".to_owned();
    }
    // A single day reads better in hours: "36h" before "1d12h".
    let units = if rest < 2 * 86_400 { &UNITS[2..] } else { &UNITS[1..] };
    let mut written = String::new();
    for (unit, length) in units {
        let count = rest / length;
        if count > 0 {
            written.push_str(&count.to_string());
            written.push(*unit);
        }
        rest %= length;
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        for (written, seconds) in [
            ("5m", Some(300)),
            ("90s", Some(90)),
            ("1h30m", Some(5_400)),
            ("1h 30m", Some(5_400)),
            ("2d", Some(172_800)),
            ("1w", Some(604_800)),
            ("0s", Some(0)),
            ("24h", Some(86_400)),
            ("", None),
            ("5", None),
            ("m", None),
            ("5 m", None),
            ("30m1h", None),
            ("1h1h", None),
            ("-5m", None),
            ("1.5h", None),
            ("5é", None),
            ("tomorrow", None),
            ("99999999999999999999d", None),
            ("999999999999999999w", None),
        ] {
            assert_eq!(parse_duration(written).map(|read| read.as_secs()), seconds, "{written:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0..10_000_000_000u64) {
            let duration = Duration::from_secs(seconds);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Some(duration));
        }

        #[test]
        fn nothing_panics(written in any::<String>()) {
            let _ = parse_duration(&written);
        }
    }
}

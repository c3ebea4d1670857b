//! How late a release came: one rule for every card.

use crate::domain::{Calendar, Instant};

/// Days after the target, negative before it. The day counts, not its hour: what came on the day
/// that was promised is on time.
pub(super) fn days(target: Instant, came: Instant, calendar: &Calendar) -> f64 {
    (calendar.day(came) - calendar.day(target)).num_days() as f64
}

/// `2d late`, `1d early`, `on time`; a median may lie between two days: `0.5d late`.
pub(super) fn words(days: f64) -> String {
    let count = super::parts::plain(days.abs());
    match days {
        _ if count == "0" => "on time".to_owned(),
        days if days > 0.0 => format!("{count}d late"),
        _ => format!("{count}d early"),
    }
}

/// It came by the day that was promised.
pub(super) fn is_kept(days: f64) -> bool {
    days <= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::at;

    #[test]
    fn the_day_counts_and_not_its_hour() {
        let calendar = Calendar::default();
        for (target, came, expected, said) in [
            (at(4, 9), at(4, 23), 0.0, "on time"),
            (at(4, 23), at(5, 1), 1.0, "1d late"),
            (at(4, 1), at(3, 23), -1.0, "1d early"),
        ] {
            let slip = days(target, came, &calendar);
            assert_eq!((slip, words(slip).as_str(), is_kept(slip)), (expected, said, expected <= 0.0));
        }
        assert_eq!(words(0.5), "0.5d late");
        assert_eq!(words(-2.5), "2.5d early");
    }
}

//! Weeks from Monday to Sunday, and what is said of lengths of time.

use chrono::{Datelike, NaiveDate};

use crate::domain::Text;

/// A week by its number since that of the 1st of January of the year 1, a Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Week(i32);

impl Week {
    /// The week that `day` is part of.
    pub(super) fn of(day: NaiveDate) -> Self {
        Self((day.num_days_from_ce() - 1).div_euclid(7))
    }

    /// Its first day.
    pub(super) fn monday(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0 * 7 + 1).unwrap_or_default()
    }

    /// Its first day in words: `16 Nov`; see [`names`] for the days of an axis.
    pub(super) fn label(self) -> Text {
        Text::new(self.monday().format("%-d %b").to_string())
    }

    /// So many weeks before it.
    pub(super) fn before(self, weeks: usize) -> Self {
        Self(self.0.saturating_sub(i32::try_from(weeks).unwrap_or(i32::MAX)))
    }

    /// So many weeks after it.
    pub(super) fn after(self, weeks: usize) -> Self {
        Self(self.0.saturating_add(i32::try_from(weeks).unwrap_or(i32::MAX)))
    }

    /// How many weeks it is after `first`; none if it is before it.
    pub(super) fn since(self, first: Self) -> Option<usize> {
        usize::try_from(self.0.checked_sub(first.0)?).ok()
    }
}

/// What the days of an axis are called: `16 Nov`, with their year where they are of two.
pub(super) fn names(days: impl Iterator<Item = NaiveDate>) -> Vec<Text> {
    let days: Vec<NaiveDate> = days.collect();
    let is_of_one_year = days.iter().all(|day| Some(day.year()) == days.first().map(Datelike::year));
    let form = if is_of_one_year { "%-d %b" } else { "%-d %b %Y" };
    days.iter().map(|day| Text::new(day.format(form).to_string())).collect()
}

/// A length of time in its coarsest honest unit: `25m`, `7.5h`, `3.2d`.
pub(super) fn length(seconds: f64) -> String {
    let (hours, days) = (seconds / 3_600.0, seconds / 86_400.0);
    if hours < 1.0 {
        format!("{:.0}m", seconds / 60.0)
    } else if hours < 48.0 {
        format!("{hours:.1}h")
    } else if days < 100.0 {
        format!("{days:.1}d")
    } else {
        format!("{days:.0}d")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let week = Week::of(day(22));
        assert_eq!(week.monday(), day(16));
        assert_eq!(Week::of(day(16)), week);
        assert_eq!(Week::of(day(15)), week.before(1));
        assert_eq!((week.since(week.before(3)), week.before(1).since(week)), (Some(3), None));
        assert_eq!(&*week.label(), "16 Nov");
    }

    #[test]
    fn days_of_two_years_are_named_with_them() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let named = |days: [NaiveDate; 2]| names(days.into_iter());
        assert_eq!(named([day(2026, 1, 5), day(2026, 12, 28)]), ["5 Jan", "28 Dec"].map(Text::new));
        assert_eq!(named([day(2026, 12, 28), day(2027, 1, 4)]), ["28 Dec 2026", "4 Jan 2027"].map(Text::new));
        assert!(names(std::iter::empty()).is_empty());
    }

    #[test]
    fn lengths_have_one_unit() {
        for (seconds, said) in [(90.0, "2m"), (5_400.0, "1.5h"), (259_200.0, "3.0d"), (1e7, "116d")] {
            assert_eq!(length(seconds), said);
        }
    }
}

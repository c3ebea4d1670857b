//! What the chart of the tab Readiness shows, and where its cursor is.

use chrono::NaiveDate;

use crate::insight::BurnDown;

/// What the chart of the tab Readiness shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChartPicture {
    /// What remains, down to zero.
    #[default]
    BurnDown,
    /// What is ready, up to the scope.
    BurnUp,
}

/// What a story counts as on the chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountedBy {
    /// One.
    #[default]
    Items,
    /// Its points.
    Points,
}

/// A part of the chart that can be switched off. What remains always stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChartSeries {
    /// Items in scope.
    Scope,
    /// Tests that pass.
    Tests,
    /// Open defects.
    Defects,
    /// The ideal line.
    Ideal,
    /// The cone of the forecast and its dates.
    Forecast,
}

impl ChartSeries {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Scope, Self::Tests, Self::Defects, Self::Ideal, Self::Forecast];

    /// Its name on the chart.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Tests => "tests",
            Self::Defects => "defects",
            Self::Ideal => "ideal line",
            Self::Forecast => "forecast",
        }
    }
}

/// What the chart shows, and where its cursor is; the same for every release until the end of
/// the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChartState {
    /// Down or up.
    pub picture: ChartPicture,
    /// By stories or by points; what has no points is counted by stories all the same.
    pub counted_by: CountedBy,
    /// The day that is read; none for the newest, whichever that is.
    pub cursor: Option<NaiveDate>,
    hidden: [bool; ChartSeries::ALL.len()],
}

impl ChartState {
    /// Whether a part is drawn.
    pub fn shows(&self, series: ChartSeries) -> bool {
        !self.hidden[series as usize]
    }

    /// Switches a part off, or on again. Whether it is drawn now.
    pub fn toggle(&mut self, series: ChartSeries) -> bool {
        let hidden = &mut self.hidden[series as usize];
        *hidden = !*hidden;
        !*hidden
    }

    /// What the chart of a release counts: stories where it has no points.
    pub fn counts(&self, data: &BurnDown) -> CountedBy {
        if data.has_points() { self.counted_by } else { CountedBy::Items }
    }

    /// Moves the cursor by so many days, stopping at the ends. At the newest day it stays with
    /// whatever day is the newest.
    pub(super) fn step(&mut self, data: &BurnDown, days: isize) {
        let last = data.days.len().saturating_sub(1);
        let at = self
            .cursor
            .map_or(last, |cursor| data.days.partition_point(|day| day.day <= cursor).saturating_sub(1));
        let next = at.saturating_add_signed(days).min(last);
        self.cursor = data.days.get(next).filter(|_| next < last).map(|day| day.day);
    }
}

#[cfg(test)]
mod tests {
    use crate::insight::BurnDownDay;

    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
    }

    fn data(days: std::ops::RangeInclusive<u32>) -> BurnDown {
        let days = days.map(|number| BurnDownDay {
            day: day(number),
            scope: 9,
            ready: 0,
            defects: 0,
            tests: None,
            ideal: None,
            points: None,
        });
        BurnDown { days: days.collect(), ..BurnDown::default() }
    }

    #[test]
    fn the_cursor_stops_at_the_ends_and_stays_with_the_newest_day() {
        let data = data(9..=22);
        let mut chart = ChartState::default();
        for (step, stands) in [
            (-1, Some(21)),
            (1, None),
            (1, None),
            (-7, Some(15)),
            (-99, Some(9)),
            (-1, Some(9)),
            (2, Some(11)),
        ] {
            chart.step(&data, step);
            assert_eq!(chart.cursor, stands.map(day), "{step}");
        }
        chart.step(&data, isize::MAX);
        assert_eq!(chart.cursor, None);
        chart.step(&data, isize::MIN);
        assert_eq!(chart.cursor, Some(day(9)));
        chart.step(&BurnDown::default(), -1);
        assert_eq!(chart.cursor, None, "nothing to read");
    }

    #[test]
    fn points_are_counted_only_where_there_are_some() {
        let chart = ChartState { counted_by: CountedBy::Points, ..ChartState::default() };
        let mut data = data(9..=10);
        assert_eq!(chart.counts(&data), CountedBy::Items);
        data.days[1].points = Some(crate::insight::BurnDownPoints::default());
        assert_eq!(chart.counts(&data), CountedBy::Points);
    }

    #[test]
    fn parts_are_switched_one_by_one() {
        let mut chart = ChartState::default();
        assert!(!chart.toggle(ChartSeries::Tests));
        for series in ChartSeries::ALL {
            assert_eq!(chart.shows(series), series != ChartSeries::Tests);
        }
        assert!(chart.toggle(ChartSeries::Tests));
    }
}

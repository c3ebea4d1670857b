//! What was forecast of a release before, by the figures of the days that are kept.

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::{Calendar, Instant, ReleaseId, Text};

use super::{Board, ForecastDate, ForecastView, words};

/// What was forecast of a release, as it stood when the board was looked at last on that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EarlierForecast {
    /// Which day, in the configured time zone.
    pub day: NaiveDate,
    /// The instant that it was said at.
    pub at: Instant,
    /// As likely before as after.
    pub p50: ForecastDate,
    /// 85 % sure.
    pub p85: ForecastDate,
    /// 95 % sure.
    pub p95: ForecastDate,
    /// What was promised then; none where nobody set a target.
    pub target: Option<Instant>,
    /// The words of the outlook of then: `at risk`.
    pub outlook: Text,
}

/// What was forecast of `release` on the days before that of `board`, oldest first. Days without a
/// forecast, or of which nothing is kept, are not among them.
pub fn earlier_forecasts(board: &Board, release: &ReleaseId) -> Vec<EarlierForecast> {
    let today = board.policy.calendar.day(board.at);
    let before = board.world.days.iter().filter(|day| day.day < today);
    let mut all: Vec<_> = before
        .filter_map(|day| {
            let figures = day.of(release)?;
            let forecast = figures.forecast?;
            let date = |at| ForecastDate::kept(at, day.at);
            Some(EarlierForecast {
                day: day.day,
                at: day.at,
                p50: date(forecast.p50),
                p85: date(forecast.p85),
                p95: date(forecast.p95),
                target: figures.target,
                outlook: figures.outlook.clone(),
            })
        })
        .collect();
    all.sort_by_key(|forecast| forecast.day);
    all
}

/// How far the 85 % date is from what it was on the first of the days: `P85 was Thu 26 Nov on Sun
/// 15 Nov: 1d later now`. Whole days, as dates are said. None where one of the two has no date.
pub fn forecast_moved(
    earlier: &[EarlierForecast],
    now: &ForecastView,
    calendar: &Calendar,
) -> Option<String> {
    let first = earlier.first()?;
    let ForecastView::Dates { p85, .. } = now else { return None };
    let (then, now) = (first.p85.at()?, p85.at()?);
    let by = match (calendar.day(now) - calendar.day(then)).num_days() {
        0 => "the same day now".to_owned(),
        later @ 1.. => format!("{later}d later now"),
        sooner => format!("{}d sooner now", -sooner),
    };
    let on = first.day.format("%a %-d %b");
    Some(format!("P85 was {} on {on}: {by}", words::day_from(then, first.at, calendar)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::Duration;

    use super::*;
    use crate::{
        domain::{Category, ForecastFigures, World},
        insight::{
            fixture::{ALL_KINDS, Setting, at, id, now, story, with_far_dates},
            forecast::FURTHEST_DAYS,
        },
    };

    /// A board with a day of figures at each of these, with its 85 % date.
    fn board(days: &[(Instant, Option<Instant>)]) -> Board {
        let setting = Setting::covering(&ALL_KINDS).story(story("PAY-2", Category::ToDo));
        let figures = days.iter().map(|(said_at, p85)| {
            let mut day = setting.board_at(*said_at).day_figures();
            day.releases[0].forecast = p85.map(|p85| ForecastFigures { p50: p85, p85, p95: p85 });
            Arc::new(day)
        });
        let board = with_far_dates(setting.board_at(now()));
        let world = Arc::new(World { days: figures.collect(), ..(*board.world).clone() });
        Board { world, ..board }
    }

    #[test]
    fn only_days_before_today_with_a_forecast_are_told() {
        let far = at(18, 9) + Duration::days(FURTHEST_DAYS as i64);
        let board = board(&[
            (at(18, 9), Some(far)),
            (at(19, 9), None),
            (at(20, 9), Some(at(26, 9))),
            (now(), Some(now())),
        ]);
        let told = earlier_forecasts(&board, &id());
        let said: Vec<_> = told.iter().map(|one| (one.at, one.p85)).collect();
        assert_eq!(said, [(at(18, 9), ForecastDate::Beyond), (at(20, 9), ForecastDate::By(at(26, 9)))]);
        assert!(earlier_forecasts(&board, &ReleaseId::new("ledger 1.8")).is_empty());
    }

    #[test]
    fn the_first_day_is_held_against_now_by_whole_days() {
        let calendar = Calendar::default();
        let view = |p85| match board(&[]).release(&id()).map(|insight| insight.forecast.clone()) {
            Some(ForecastView::Dates { p50, p95, by_target, scored, held, basis, likelihood, .. }) => {
                ForecastView::Dates { p50, p85, p95, by_target, scored, held, basis, likelihood }
            }
            other => panic!("{other:?}"),
        };
        let earlier = earlier_forecasts(&board(&[(at(18, 9), Some(at(26, 9)))]), &id());
        for (p85, said) in [
            (ForecastDate::By(at(26, 20)), Some("P85 was Thu 26 Nov on Wed 18 Nov: the same day now")),
            (ForecastDate::By(at(27, 8)), Some("P85 was Thu 26 Nov on Wed 18 Nov: 1d later now")),
            (ForecastDate::By(at(24, 8)), Some("P85 was Thu 26 Nov on Wed 18 Nov: 2d sooner now")),
            (ForecastDate::Beyond, None),
        ] {
            assert_eq!(forecast_moved(&earlier, &view(p85), &calendar).as_deref(), said);
        }
        assert_eq!(forecast_moved(&[], &view(ForecastDate::By(now())), &calendar), None);
    }
}

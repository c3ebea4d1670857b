//! The figures of a day, which outlive the board they are taken from.

use std::sync::Arc;

use crate::domain::{DayFigures, ForecastFigures, Instant, Metric, ReleaseFigures, Text};

use super::{Board, ForecastView, ReleaseInsight, metrics::figures};

impl Board {
    /// What is kept of the day of this board for ever: releases that went out before it have had
    /// their last day already.
    pub fn day_figures(&self) -> DayFigures {
        let calendar = &self.policy.calendar;
        let day = calendar.day(self.at);
        let is_current = |insight: &&Arc<ReleaseInsight>| {
            insight.release.released_at.is_none_or(|released_at| calendar.day(released_at) >= day)
        };
        let releases = self.insight.releases.iter().filter(is_current).take(DayFigures::MOST);
        DayFigures {
            day,
            at: self.at,
            releases: releases.map(|insight| figures(insight, &self.policy.metrics, self.at)).collect(),
        }
    }
}

fn figures(insight: &ReleaseInsight, metrics: &[Metric], now: Instant) -> ReleaseFigures {
    let tally = &insight.tally;
    let today = insight.burn_down.days.last();
    let forecast = match insight.forecast {
        ForecastView::Dates { p50, p85, p95, .. } => {
            let [p50, p85, p95] = [p50, p85, p95].map(|date| whole(date.or_furthest(now)));
            Some(ForecastFigures { p50, p85, p95 })
        }
        ForecastView::Withheld(_) | ForecastView::Ready => None,
    };
    let promised = insight.release.target.filter(|target| !target.estimated);
    ReleaseFigures {
        release: insight.release.id.clone(),
        scope: today.map_or(tally.stories, |day| day.scope),
        ready: today.map_or(tally.stories_ready, |day| day.ready),
        defects: tally.defects_open,
        tests_passed: tally.tests_passed,
        tests: tally.tests_passed.saturating_add(tally.tests_failed).saturating_add(tally.tests_skipped),
        target: promised.map(|target| target.at),
        forecast,
        verdict: Text::new(insight.verdict.word()),
        outlook: Text::new(insight.outlook.word()),
        metrics: figures::kept(metrics, &insight.metrics),
    }
}

/// To the minute: a forecast that moves by less is the same one.
fn whole(at: Instant) -> Instant {
    let seconds = at.timestamp();
    Instant::from_timestamp(seconds - seconds.rem_euclid(60), 0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{ALL_KINDS, Setting, at, defect, id, now, story, test_run};
    use crate::domain::{Category, Target};

    #[test]
    fn a_day_has_the_figures_of_the_board_and_only_of_what_is_still_to_go_out() {
        let target = Target { at: at(26, 17), estimated: false };
        let setting = Setting::covering(&ALL_KINDS)
            .release(|release| release.target = Some(target))
            .story(story("PAY-1", Category::Done))
            .story(story("PAY-2", Category::ToDo))
            .story(defect("PAY-3", Category::ToDo))
            .test_run(test_run("unit", 12, 10, 2));
        let board = setting.board_at(now());
        let day = board.day_figures();
        let insight = board.release(&id()).unwrap();
        let figures = day.of(&id()).unwrap();
        assert_eq!(day.day, board.policy.calendar.day(now()));
        assert_eq!((figures.scope, figures.ready, figures.defects), (2, 1, 1));
        assert_eq!((figures.tests_passed, figures.tests), (10, 13), "one was skipped");
        assert_eq!(figures.target, Some(at(26, 17)));
        assert_eq!(figures.verdict, *insight.verdict.word());
        assert_eq!(figures.outlook, *insight.outlook.word());
        let gone = setting.release(|release| release.released_at = Some(at(20, 9)));
        assert!(gone.board_at(at(20, 18)).day_figures().of(&id()).is_some(), "its last day");
        assert_eq!(gone.board_at(at(21, 9)).day_figures().of(&id()), None);
    }
}

//! What is kept of metrics of one's own for ever, and the trend that the kept days make.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::{DayFigures, Instant, Metric, MetricFigure, ReleaseFigures, ReleaseId, Text};
use crate::insight::{MetricDay, MetricValue};

use super::{Unit, change, compile};

/// What is kept of `values`, which are of `metrics`: what is known exactly, lengths of time to the
/// minute, as one that runs would be another one at every look.
pub(crate) fn kept(metrics: &[Metric], values: &[MetricValue]) -> Vec<MetricFigure> {
    let figures = values.iter().filter_map(|known| {
        let metric = metrics.iter().find(|metric| metric.name == known.name)?;
        let value = known.value.filter(|value| value.is_finite())?;
        let (_, unit) = compile(metric).ok()?;
        let value = if unit == Unit::Seconds { (value / 60.0).floor() * 60.0 } else { value };
        Some(MetricFigure { name: metric.name.clone(), definition: metric.definition(), value })
    });
    figures.take(ReleaseFigures::MOST_METRICS).collect()
}

/// The trend of `metric` for a release until the day before `today`, of the days that were kept
/// until `now`.
pub(crate) fn trend(
    days: &[std::sync::Arc<DayFigures>],
    release: &ReleaseId,
    metric: &Metric,
    today: NaiveDate,
    now: Instant,
) -> Vec<MetricDay> {
    let from = today.checked_sub_days(Days::new(MetricValue::MOST_DAYS)).unwrap_or(NaiveDate::MIN);
    let definition = metric.definition();
    let mut known = BTreeMap::new();
    for day in days.iter().filter(|day| (from..today).contains(&day.day) && day.at <= now) {
        let mut figures = day.of(release).into_iter().flat_map(|figures| &figures.metrics);
        let same = |figure: &&MetricFigure| figure.name == metric.name && figure.definition == definition;
        if let Some(figure) = figures.find(same) {
            known.insert(day.day, figure.value);
        }
    }
    known.into_iter().map(|(day, value)| MetricDay { day, value }).collect()
}

/// How much more `value` is than at the end of the day before `today`, and the same in words.
pub(crate) fn since_yesterday(
    trend: &[MetricDay],
    value: Option<f64>,
    today: NaiveDate,
    unit: Unit,
) -> Option<(f64, Text)> {
    let yesterday = trend.last().filter(|last| last.day.succ_opt() == Some(today))?;
    let by = value? - yesterday.value;
    let said = change(by, unit)
        .map_or_else(|| "as yesterday".to_owned(), |change| format!("{change} since yesterday"));
    Some((by, Text::new(said)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::domain::{Aggregate, Category, DayFigures, Items, Metric, ReleaseFigures, Text, World};
    use crate::insight::{
        Learned, MetricValue, Unit as Counted, derive,
        fixture::{ALL_KINDS, Setting, at, id, now, story},
    };

    use super::super::{Unit, change};

    fn open_stories(name: &str) -> Metric {
        Metric {
            name: Text::new(name),
            items: Items::Stories,
            filter: Text::new("is:open"),
            aggregate: Aggregate::Count,
            of: Text::default(),
            period_seconds: None,
        }
    }

    /// A board on which so many stories are open.
    fn with_open(count: u32, metric: &Metric) -> Setting {
        let setting = Setting::covering(&ALL_KINDS).policy(|policy| policy.metrics = vec![metric.clone()]);
        (0..count)
            .fold(setting, |setting, number| setting.story(story(&format!("PAY-{number}"), Category::ToDo)))
    }

    /// What a board with two open stories says that knows these days: how many were open.
    fn said(days: &[(u32, u32)], then: &Metric, metric: &Metric) -> MetricValue {
        let day = |(day, open): &(u32, u32)| {
            let mut setting = with_open(*open, then);
            // It answered on that day.
            setting.health[0].stale_from = Some(at(30, 0));
            Arc::new(setting.board_at(at(*day, 18)).day_figures())
        };
        let setting = with_open(2, metric);
        let world = World { days: days.iter().map(day).collect(), ..setting.world() };
        let insight = derive(&world, &setting.health, &setting.policy, &Learned::default(), now()).0;
        let release = insight.releases.iter().find(|insight| insight.release.id == id()).unwrap();
        assert_eq!(release.burn_down.unit, Counted::Stories);
        release.metrics[0].clone()
    }

    #[test]
    fn the_days_that_were_kept_are_the_trend_of_a_metric_of_ones_own() {
        use chrono::Datelike as _;
        let metric = open_stories("left");
        for (case, then, days, trend, change) in [
            (
                "yesterday",
                metric.clone(),
                vec![(20, 5), (21, 4)],
                vec![(20, 5.0), (21, 4.0)],
                "-2 since yesterday",
            ),
            ("more than yesterday", metric.clone(), vec![(21, 1)], vec![(21, 1.0)], "+1 since yesterday"),
            ("as many", metric.clone(), vec![(21, 2)], vec![(21, 2.0)], "as yesterday"),
            ("nobody looked yesterday", metric.clone(), vec![(19, 3)], vec![(19, 3.0)], ""),
            ("today is no day of it", metric.clone(), vec![(22, 3)], vec![], ""),
            ("called otherwise", open_stories("open"), vec![(21, 3)], vec![], ""),
            (
                "counted otherwise",
                Metric { filter: Text::default(), ..metric.clone() },
                vec![(21, 3)],
                vec![],
                "",
            ),
            ("never", metric.clone(), vec![], vec![], ""),
        ] {
            let value = said(&days, &then, &metric);
            let found: Vec<(u32, f64)> = value.trend.iter().map(|day| (day.day.day(), day.value)).collect();
            assert_eq!(found, trend, "{case}");
            assert_eq!(value.change.as_str(), change, "{case}");
            assert_eq!(value.since_yesterday.is_some(), !change.is_empty(), "{case}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_known() {
        let many: Vec<Metric> = (0..40).map(|number| open_stories(&format!("own {number}"))).collect();
        let setting = with_open(3, &many[0]).policy(|policy| policy.metrics.clone_from(&many));
        let kept = |setting: &Setting| -> DayFigures { setting.board_at(now()).day_figures() };
        let figures = kept(&setting);
        let figures = figures.of(&id()).unwrap();
        assert_eq!(figures.metrics.len(), ReleaseFigures::MOST_METRICS);
        assert_eq!(figures.metrics[1].name.as_str(), "own 1");
        assert!(figures.metrics.iter().all(|figure| (figure.value - 3.0).abs() < f64::EPSILON));
        // Of a status that nobody explains no exact number is known.
        let unheard = setting.story(story("PAY-9", Category::Unknown));
        assert!(kept(&unheard).of(&id()).unwrap().metrics.is_empty());
        // A length of time is kept to the minute: no look makes another one of it within it.
        let age = Metric { aggregate: Aggregate::Sum, of: Text::new("age"), ..open_stories("age") };
        let setting = with_open(1, &age);
        let seconds = setting.answer().metrics[0].value.unwrap();
        let figures = kept(&setting);
        let minutes = figures.of(&id()).unwrap().metrics[0].value;
        assert!(minutes % 60.0 < f64::EPSILON && seconds - minutes < 60.0, "{seconds} {minutes}");
    }

    #[test]
    fn changes_in_words() {
        for (by, unit, said) in [
            (2.0, Unit::Number, Some("+2")),
            (-0.25, Unit::Number, Some("-0.3")),
            (0.01, Unit::Number, None),
            (0.004, Unit::Share, Some("+0.4 points")),
            (-0.1, Unit::Share, Some("-10 points")),
            (0.0, Unit::Share, None),
            (-93_600.0, Unit::Seconds, Some("-1d 02h")),
            (20.0, Unit::Seconds, None),
        ] {
            assert_eq!(change(by, unit).as_deref(), said, "{by} {unit:?}");
        }
    }
}

//! A number over the last days, a bar for each.

use chrono::{Days, NaiveDate};

use crate::insight::MetricDay;

/// Bars of 1 to 8 from the first day that is known on, of the `most` days that end with `today`:
/// the least is 1 and the most is 8. None for a day of which nothing is known. Nothing where there
/// is nothing to compare.
pub(crate) fn bars(trend: &[MetricDay], today: NaiveDate, now: Option<f64>, most: u64) -> Vec<Option<usize>> {
    let from = today.checked_sub_days(Days::new(most.saturating_sub(1))).unwrap_or(today);
    let before = trend.iter().filter(|day| (from..today).contains(&day.day));
    let known: Vec<(NaiveDate, f64)> =
        before.map(|day| (day.day, day.value)).chain(now.map(|value| (today, value))).collect();
    let least = known.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
    let range = known.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max) - least;
    let Some((first, _)) = known.first().filter(|_| known.len() > 1) else { return Vec::new() };
    // All alike: neither little nor much.
    let bar = |value: f64| if range > 0.0 { 1 + ((value - least) / range * 7.0).round() as usize } else { 4 };
    let days = first.iter_days().take_while(|day| *day <= today);
    days.map(|day| known.iter().find(|(known, _)| *known == day).map(|(_, value)| bar(*value).min(8)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_end_with_today_and_begin_with_what_is_known() {
        type Case<'a> = (&'a str, &'a [(u32, f64)], Option<f64>, &'a [Option<usize>]);
        let day = |number| NaiveDate::from_ymd_opt(2026, 11, number).unwrap();
        let trend = |days: &[(u32, f64)]| -> Vec<MetricDay> {
            days.iter().map(|(number, value)| MetricDay { day: day(*number), value: *value }).collect()
        };
        let cases: [Case<'_>; 7] = [
            ("falls", &[(20, 7.0), (21, 3.0)], Some(0.0), &[Some(8), Some(4), Some(1)]),
            ("a gap", &[(19, 0.9), (20, 1.0)], Some(0.9), &[Some(1), Some(8), None, Some(1)]),
            ("not known today", &[(20, 1.0), (21, 2.0)], None, &[Some(1), Some(8), None]),
            ("all alike", &[(21, 5.0)], Some(5.0), &[Some(4), Some(4)]),
            ("below nothing", &[(21, -2.0)], Some(2.0), &[Some(1), Some(8)]),
            ("older than is shown", &[(17, 9.0), (18, 9.0)], Some(1.0), &[]),
            ("one alone says nothing", &[], Some(1.0), &[]),
        ];
        for (case, days, now, expected) in cases {
            assert_eq!(bars(&trend(days), day(22), now, 4), expected, "{case}");
        }
    }
}

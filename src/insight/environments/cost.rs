//! What bookings cost: their days times the price of a day, each booking for itself.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};
use serde::Serialize;

use crate::domain::{BookingId, EnvironmentId, ReleaseId, Window};

use super::{
    Material,
    allocation::{BookingUse, in_days},
    shared,
};

/// Months before and after this one that are told of.
const MONTHS: u32 = 3;
/// Whole months before this one that the usual spending is learned from, at most and at least.
const LEARNED: u32 = 6;
const FEWEST_LEARNED: usize = 3;

/// What bookings cost, in the organisation's currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Three months back to three months ahead, oldest first.
    pub months: Vec<MonthCost>,
    /// By release, what costs most first: those that have an environment within these months.
    pub releases: Vec<ReleaseCost>,
    /// What a month usually costs: the median of up to six whole months before this one, from the
    /// first priced booking on. None of fewer than three.
    pub usual: Option<f64>,
    /// Of how many months.
    pub usual_months: usize,
    /// Environments that are booked within these months and that nobody priced: no sum holds them.
    pub unpriced: Vec<EnvironmentId>,
}

impl Cost {
    /// The month that is now.
    pub fn this_month(&self) -> Option<&MonthCost> {
        self.months.get(MONTHS as usize)
    }
}

/// The spending of one month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MonthCost {
    /// Its first day.
    pub month: NaiveDate,
    /// Booked until now.
    pub so_far: f64,
    /// Booked from now on.
    pub ahead: f64,
    /// What will probably still be booked: what a month usually costs, for the share of this one
    /// that is to come, less what is booked of it. None of a month that is over, or where nobody
    /// knows what is usual.
    pub expected: Option<f64>,
    /// Days of 24 hours that are booked, each booking for itself, priced or not.
    pub booked_days: f64,
    /// The time in which a day costs most.
    pub peak: Option<Extreme>,
    /// The time in which a day costs least.
    pub trough: Option<Extreme>,
}

impl MonthCost {
    /// What the month costs by what is booked now.
    pub fn booked(&self) -> f64 {
        self.so_far + self.ahead
    }

    /// So far, ahead and expected in whole units, as they are said: they add up to the whole that is
    /// said of the month (largest remainders).
    pub fn in_whole_units(&self) -> [f64; 3] {
        let parts = [self.so_far, self.ahead, self.expected.unwrap_or(0.0)];
        let mut whole = parts.map(f64::floor);
        let missing = self.forecast().round() - whole.iter().sum::<f64>();
        let mut by_remainder = [0, 1, 2];
        by_remainder.sort_by(|one, other| {
            let remainder = |index: usize| parts[index] - whole[index];
            remainder(*other).total_cmp(&remainder(*one))
        });
        for index in by_remainder.into_iter().take(missing.max(0.0) as usize) {
            whole[index] += 1.0;
        }
        whole
    }

    /// What the month will have cost: what is booked, and what will probably be.
    pub fn forecast(&self) -> f64 {
        self.booked() + self.expected.unwrap_or(0.0)
    }
}

/// A time of high or low spending.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extreme {
    /// When.
    pub window: Window,
    /// What a day of it costs.
    pub per_day: f64,
    /// The priced bookings that make it.
    pub bookings: Vec<BookingId>,
}

/// The spending of one release.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReleaseCost {
    /// Which; none: bookings for no release.
    pub release: Option<ReleaseId>,
    /// All its bookings, whenever.
    pub total: f64,
    /// Of that, in this month.
    pub this_month: f64,
    /// Of that, on days that are over and on which nothing ran.
    pub idle: f64,
}

pub(super) fn cost(material: &Material<'_>, bookings: &[BookingUse]) -> Cost {
    let context = material.context;
    let calendar = &context.policy.calendar;
    let today = calendar.day(context.now);
    let this = today.with_day(1).unwrap_or(today);
    let first = this.checked_sub_months(Months::new(MONTHS)).unwrap_or(this);
    let month_of = |index: u32| first.checked_add_months(Months::new(index)).unwrap_or(first);
    let window_of = |index: u32| Window {
        from: calendar.start_of(month_of(index)),
        until: calendar.start_of(month_of(index + 1)),
    };
    let all = Window { from: window_of(0).from, until: window_of(2 * MONTHS).until };
    let known: Vec<(&BookingUse, f64)> = bookings
        .iter()
        .filter_map(|made| Some((made, material.places.rate(context, &made.booking.environment)?)))
        .collect();
    let priced: Vec<(&BookingUse, f64)> =
        known.iter().filter(|(made, _)| made.booking.window.overlaps(&all)).copied().collect();
    let within = |window: &Window, made: &BookingUse, rate: f64| {
        shared(&made.booking.window, window).map_or(0.0, |part| in_days(&part) * rate)
    };
    // The sum of nothing is -0 otherwise.
    let sum = |all: &[(&BookingUse, f64)], part: &Window| {
        all.iter().map(|(made, rate)| within(part, made, *rate)).fold(0.0, |sum, cost| sum + cost)
    };
    let whole_months = (1..=LEARNED).filter_map(|back| {
        let month = this.checked_sub_months(Months::new(back))?;
        let next = month.checked_add_months(Months::new(1))?;
        Some(Window { from: calendar.start_of(month), until: calendar.start_of(next) })
    });
    // Before the first booking nobody wrote bookings down.
    let begin = known.iter().map(|(made, _)| made.booking.window.from).min();
    let mut learned: Vec<f64> = whole_months
        .filter(|month| begin.is_some_and(|begin| begin < month.until))
        .map(|month| sum(&known, &month))
        .collect();
    learned.sort_by(f64::total_cmp);
    let usual = (learned.len() >= FEWEST_LEARNED).then(|| median(&learned)).flatten();
    let months = (0..=2 * MONTHS).map(|index| {
        let window = window_of(index);
        let past = Window { until: window.until.min(context.now), ..window };
        let coming = Window { from: window.from.max(context.now), ..window };
        let [so_far, ahead] = [past, coming].map(|part| sum(&priced, &part));
        let share = in_days(&coming) / in_days(&window);
        let expected = usual.filter(|_| coming.from < coming.until);
        let expected = expected.map(|usual| (usual * share - ahead).max(0.0));
        let [peak, trough] = extremes(&priced, window);
        let booked = bookings.iter().filter_map(|made| shared(&made.booking.window, &window));
        let booked_days = booked.map(|part| in_days(&part)).fold(0.0, |sum, days| sum + days);
        MonthCost { month: month_of(index), so_far, ahead, expected, booked_days, peak, trough }
    });
    let months = months.collect();
    let mut releases: BTreeMap<Option<&ReleaseId>, ReleaseCost> = BTreeMap::new();
    for (made, rate) in &priced {
        let release = made.booking.release.as_ref();
        let sum = releases.entry(release).or_insert_with(|| ReleaseCost {
            release: release.cloned(),
            total: 0.0,
            this_month: 0.0,
            idle: 0.0,
        });
        sum.this_month += within(&window_of(MONTHS), made, *rate);
    }
    // Who has anything within these months is told with all that it ever had.
    for (made, rate) in &known {
        let Some(sum) = releases.get_mut(&made.booking.release.as_ref()) else { continue };
        sum.total += in_days(&made.booking.window) * rate;
        sum.idle += made.idle.iter().map(|part| in_days(part) * rate).sum::<f64>();
    }
    let mut releases: Vec<ReleaseCost> = releases.into_values().collect();
    releases.sort_by(|a, b| b.total.total_cmp(&a.total).then_with(|| a.release.cmp(&b.release)));
    let mut unpriced: Vec<EnvironmentId> = bookings
        .iter()
        .filter(|made| made.cost.is_none() && made.booking.window.overlaps(&all))
        .map(|made| made.booking.environment.clone())
        .collect();
    unpriced.sort_unstable();
    unpriced.dedup();
    Cost { months, releases, usual, usual_months: learned.len(), unpriced }
}

/// The middle one of numbers in order, or between the two in the middle.
fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(*sorted.get(middle - 1)?, upper)) }
}

/// The times of a month in which a day costs most and least, the first of several; none where no
/// booking with a price reaches into it.
fn extremes(priced: &[(&BookingUse, f64)], month: Window) -> [Option<Extreme>; 2] {
    let mut parts: Vec<(Window, f64)> = Vec::new();
    for (made, rate) in priced {
        parts.extend(shared(&made.booking.window, &month).map(|part| (part, *rate)));
    }
    if parts.is_empty() {
        return [None, None];
    }
    let mut borders: BTreeMap<_, f64> = BTreeMap::from([(month.from, 0.0), (month.until, 0.0)]);
    for (part, rate) in &parts {
        *borders.entry(part.from).or_default() += rate;
        *borders.entry(part.until).or_default() -= rate;
    }
    let borders: Vec<_> = borders.into_iter().collect();
    let mut per_day = 0.0;
    let mut steps: Vec<(Window, f64)> = Vec::new();
    for pair in borders.windows(2) {
        let [(from, change), (until, _)] = pair else { continue };
        per_day += change;
        match steps.last_mut() {
            // A booking that ends where the next one begins changes nothing.
            Some((last, same)) if (*same - per_day).abs() < 1e-6 => last.until = *until,
            _ => steps.push((Window { from: *from, until: *until }, per_day)),
        }
    }
    let extreme = |(window, _): &(Window, f64)| {
        let making = priced.iter().filter(|(made, _)| made.booking.window.overlaps(window));
        let at_once = priced.iter().filter(|(made, _)| {
            made.booking.window.from <= window.from && window.from < made.booking.window.until
        });
        Extreme {
            window: *window,
            per_day: at_once.map(|(_, rate)| rate).sum(),
            bookings: making.map(|(made, _)| made.booking.id.clone()).collect(),
        }
    };
    let peak = steps.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1));
    let trough = steps.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    [peak.map(extreme), trough.map(extreme)]
}

//! What a rule of recurrence says: the local dates and times on which something happens again.
//!
//! Follows RFC 5545, section 3.3.10: period after period (year, month, week or day), the days of
//! a period that the rule keeps, times the times of a day that it keeps, of which `BYSETPOS` may
//! choose some. The crates that do this walk to the first date that is asked for, however far it
//! is, and search up to a hundred thousand periods for one that never comes; a calendar that
//! somebody else wrote must not decide how long that takes. Here every day and time that is looked
//! at is [counted](Steps), and a rule without `COUNT` begins where it starts to matter.

use calcard::icalendar::{ICalendarFrequency, ICalendarRecurrenceRule, ICalendarWeekday};
use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

/// Most days and times that are looked at for one rule: more than 2,500 years of days.
const MOST_STEPS: u64 = 1_000_000;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// A rule that can be followed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    frequency: ICalendarFrequency,
    interval: u32,
    count: Option<u32>,
    week_start: Weekday,
    /// Weekdays, perhaps only the nth of the period, from its end if negative.
    weekdays: Vec<(Option<i16>, Weekday)>,
    months: Vec<u32>,
    month_days: Vec<i8>,
    year_days: Vec<i16>,
    weeks: Vec<i8>,
    hours: Vec<u32>,
    minutes: Vec<u32>,
    seconds: Vec<u32>,
    positions: Vec<i32>,
}

/// How many days and times may still be looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps(u64);

impl Steps {
    /// So many.
    pub(super) fn new(most: u64) -> Self {
        Self(most)
    }

    fn take(&mut self, steps: u64) -> bool {
        let is_left = self.0 >= steps;
        self.0 = self.0.saturating_sub(steps);
        is_left
    }
}

/// What ended the search for occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All of them were found.
    Complete,
    /// There are more than were asked for.
    TooMany,
    /// Finding them takes too long.
    TooLong,
}

/// The span of local time that is asked for, and how much may be found in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// What begins earlier does not matter.
    pub(super) from: NaiveDateTime,
    /// What begins then or later does not matter.
    pub(super) until: NaiveDateTime,
    /// No more than so many.
    pub(super) most: usize,
}

impl Rule {
    /// The rule as it is written, for what begins at `start`; else what is wrong with it.
    pub(super) fn new(written: &ICalendarRecurrenceRule, start: NaiveDateTime) -> Result<Self, String> {
        use ICalendarFrequency::{Daily, Monthly, Weekly, Yearly};
        use calcard::common::CalendarScale;

        if written.rscale.as_ref().is_some_and(|scale| *scale != CalendarScale::Gregorian)
            || written.bymonth.iter().any(calcard::icalendar::ICalendarMonth::is_leap)
        {
            return Err("it is in another calendar than the Gregorian one".to_owned());
        }
        let is_sub_daily = !matches!(written.freq, Yearly | Monthly | Weekly | Daily);
        if is_sub_daily && !written.bysetpos.is_empty() {
            return Err("BYSETPOS within a day is not understood".to_owned());
        }
        if !matches!(written.freq, Yearly | Monthly) && written.byday.iter().any(|day| day.ordwk.is_some()) {
            return Err("a numbered weekday needs FREQ=MONTHLY or FREQ=YEARLY".to_owned());
        }
        if written.freq != Yearly && !written.byweekno.is_empty() {
            return Err("BYWEEKNO needs FREQ=YEARLY".to_owned());
        }
        let within = |is_within: bool, name: &str| {
            if is_within { Ok(()) } else { Err(format!("a number of {name} is out of range")) }
        };
        let months: Vec<u32> = written.bymonth.iter().map(|month| u32::from(month.month())).collect();
        within(months.iter().all(|month| (1..=12).contains(month)), "BYMONTH")?;
        within(written.bymonthday.iter().all(|day| (1..=31).contains(&day.unsigned_abs())), "BYMONTHDAY")?;
        within(written.byyearday.iter().all(|day| (1..=366).contains(&day.unsigned_abs())), "BYYEARDAY")?;
        within(written.byweekno.iter().all(|week| (1..=53).contains(&week.unsigned_abs())), "BYWEEKNO")?;
        within(written.bysetpos.iter().all(|at| (1..=366).contains(&at.unsigned_abs())), "BYSETPOS")?;
        within(written.byhour.iter().all(|hour| *hour < 24), "BYHOUR")?;
        within(written.byminute.iter().all(|minute| *minute < 60), "BYMINUTE")?;
        within(written.bysecond.iter().all(|second| *second <= 60), "BYSECOND")?;
        let numbered = written.byday.iter().filter_map(|day| day.ordwk);
        within(numbered.clone().all(|nth| (1..=53).contains(&nth.unsigned_abs())), "BYDAY")?;

        let mut rule = Self {
            frequency: written.freq,
            interval: u32::from(written.interval.unwrap_or(1).max(1)),
            count: written.count,
            week_start: written.wkst.map_or(Weekday::Mon, weekday),
            weekdays: written.byday.iter().map(|day| (day.ordwk, weekday(day.weekday))).collect(),
            months,
            month_days: written.bymonthday.clone(),
            year_days: written.byyearday.clone(),
            weeks: written.byweekno.clone(),
            hours: sorted(&written.byhour),
            minutes: sorted(&written.byminute),
            // A leap second is not told apart.
            seconds: sorted(&written.bysecond.iter().map(|second| (*second).min(59)).collect::<Vec<_>>()),
            positions: written.bysetpos.clone(),
        };
        // What a rule does not say is as it is at the start.
        let names_days = !(rule.weeks.is_empty()
            && rule.year_days.is_empty()
            && rule.month_days.is_empty()
            && rule.weekdays.is_empty());
        if !names_days {
            match rule.frequency {
                Yearly | Monthly => {
                    if rule.frequency == Yearly && rule.months.is_empty() {
                        rule.months = vec![start.month()];
                    }
                    rule.month_days = vec![start.day() as i8];
                }
                Weekly => rule.weekdays = vec![(None, start.weekday())],
                _ => {}
            }
        }
        let is_or = |values: &mut Vec<u32>, usual: u32, applies: bool| {
            if values.is_empty() && applies {
                *values = vec![usual];
            }
        };
        is_or(&mut rule.hours, start.hour(), !is_sub_daily);
        is_or(&mut rule.minutes, start.minute(), rule.frequency < ICalendarFrequency::Minutely);
        is_or(&mut rule.seconds, start.second(), rule.frequency < ICalendarFrequency::Secondly);
        Ok(rule)
    }

    /// Adds to `found` when it happens from `start` on and until `until` (included), as far as
    /// it is `wanted`, in order. The start itself is the first time whatever the rule says.
    pub(super) fn occurrences(
        &self,
        start: NaiveDateTime,
        until: Option<NaiveDateTime>,
        wanted: Wanted,
        budget: &mut Steps,
        found: &mut Vec<NaiveDateTime>,
    ) -> End {
        let mut own = Steps::new(MOST_STEPS);
        let mut left = self.count.map(|count| count - 1);
        let found_before = found.len();
        if wanted.from <= start && start < wanted.until {
            found.push(start);
        }
        let last = until.map_or(wanted.until, |until| until.min(wanted.until));
        let mut times = Vec::new();
        let mut index = if self.count.is_some() { 0 } else { self.first_period(start, wanted.from) };
        while left != Some(0) {
            let Some((first, days)) = self.period(start, index) else { return End::Complete };
            if first > last.date() {
                return End::Complete;
            }
            index += 1;
            times.clear();
            let mut looked_at = u64::from(days);
            for day in first.iter_days().take(days as usize).filter(|day| self.keeps(*day)) {
                looked_at += self.times_of(day, start, &mut times);
            }
            if !(own.take(looked_at) && budget.take(looked_at)) {
                return End::TooLong;
            }
            self.choose(&mut times);
            for at in times.iter().copied().filter(|at| *at > start) {
                if until.is_some_and(|until| at > until) || at >= wanted.until || left == Some(0) {
                    return End::Complete;
                }
                left = left.map(|left| left - 1);
                if at >= wanted.from {
                    if found.len() - found_before >= wanted.most {
                        return End::TooMany;
                    }
                    found.push(at);
                }
            }
        }
        End::Complete
    }

    /// The last period that begins before all that matters.
    fn first_period(&self, start: NaiveDateTime, from: NaiveDateTime) -> u32 {
        let interval = i64::from(self.interval);
        let days = (from.date() - start.date()).num_days();
        let periods = match self.frequency {
            ICalendarFrequency::Yearly => i64::from(from.year() - start.year()) / interval,
            ICalendarFrequency::Monthly => (months_of(from) - months_of(start)) / interval,
            ICalendarFrequency::Weekly => days / 7 / interval,
            ICalendarFrequency::Daily => days / interval,
            // Of times within a day a period is a day, whatever the interval.
            _ => days,
        };
        // One more back: the division may have cut a part of it.
        u32::try_from(periods - 1).unwrap_or(0)
    }

    /// The first day of a period, and how many days it has. None: after the end of time.
    fn period(&self, start: NaiveDateTime, index: u32) -> Option<(NaiveDate, u32)> {
        let along = i64::from(index) * i64::from(self.interval);
        match self.frequency {
            ICalendarFrequency::Yearly => {
                let year = i32::try_from(i64::from(start.year()) + along).ok()?;
                let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
                Some((first, if first.leap_year() { 366 } else { 365 }))
            }
            ICalendarFrequency::Monthly => {
                let month = months_of(start) + along;
                let year = i32::try_from(month.div_euclid(12)).ok()?;
                let first = NaiveDate::from_ymd_opt(year, month.rem_euclid(12) as u32 + 1, 1)?;
                Some((first, days_in_month(first)))
            }
            ICalendarFrequency::Weekly => {
                let first = week_of(start.date(), self.week_start)?;
                Some((first.checked_add_signed(Duration::try_days(along * 7)?)?, 7))
            }
            ICalendarFrequency::Daily => {
                Some((start.date().checked_add_signed(Duration::try_days(along)?)?, 1))
            }
            _ => Some((start.date().checked_add_signed(Duration::try_days(i64::from(index))?)?, 1)),
        }
    }

    /// Whether what the rule says of days holds for `day`.
    fn keeps(&self, day: NaiveDate) -> bool {
        let counted =
            |from_start: u32, all: u32| (i64::from(from_start), i64::from(from_start) - i64::from(all) - 1);
        let has = |numbers: (i64, i64), wanted: i64| numbers.0 == wanted || numbers.1 == wanted;
        let year_days = if day.leap_year() { 366 } else { 365 };
        let of_month = counted(day.day(), days_in_month(day));
        let of_year = counted(day.ordinal(), year_days);
        let kept = |is_empty: bool, matches: bool| is_empty || matches;
        kept(self.months.is_empty(), self.months.contains(&day.month()))
            && kept(
                self.month_days.is_empty(),
                self.month_days.iter().any(|wanted| has(of_month, i64::from(*wanted))),
            )
            && kept(
                self.year_days.is_empty(),
                self.year_days.iter().any(|wanted| has(of_year, i64::from(*wanted))),
            )
            && (self.weeks.is_empty() || {
                let of_weeks = week_number(day, self.week_start)
                    .map(|(year, number)| counted(number, weeks_in(year, self.week_start)));
                of_weeks.is_some_and(|week| self.weeks.iter().any(|wanted| has(week, i64::from(*wanted))))
            })
            && kept(
                self.weekdays.is_empty(),
                self.weekdays.iter().any(|(nth, weekday)| {
                    let is_within_month =
                        self.frequency == ICalendarFrequency::Monthly || !self.months.is_empty();
                    let (at, length) = if is_within_month {
                        (day.day(), days_in_month(day))
                    } else {
                        (day.ordinal(), year_days)
                    };
                    let numbers = (i64::from((at - 1) / 7 + 1), -i64::from((length - at) / 7 + 1));
                    *weekday == day.weekday() && nth.is_none_or(|nth| has(numbers, i64::from(nth)))
                }),
            )
    }

    /// Adds the times of `day` that the rule keeps; how many were looked at.
    fn times_of(&self, day: NaiveDate, start: NaiveDateTime, times: &mut Vec<NaiveDateTime>) -> u64 {
        let mut looked_at = 0;
        let mut add = |hour: u32, minutes: &[u32], seconds: &[u32]| {
            for minute in minutes {
                for second in seconds {
                    times.extend(
                        NaiveTime::from_hms_opt(hour, *minute, *second).map(|time| day.and_time(time)),
                    );
                    looked_at += 1;
                }
            }
        };
        let unit = match self.frequency {
            ICalendarFrequency::Hourly => 3_600,
            ICalendarFrequency::Minutely => 60,
            ICalendarFrequency::Secondly => 1,
            _ => {
                for hour in &self.hours {
                    add(*hour, &self.minutes, &self.seconds);
                }
                return looked_at;
            }
        };
        // Within days the interval runs on from day to day: what matters is how far it has come.
        let step = i64::from(self.interval) * unit;
        let begun = i64::from(start.num_seconds_from_midnight()) / unit * unit;
        let since = (day - start.date()).num_days() * DAY - begun;
        let mut at = (-since).rem_euclid(step);
        let mut passed = 0;
        while at < DAY {
            let (hour, minute, second) = ((at / 3_600) as u32, (at / 60 % 60) as u32, (at % 60) as u32);
            let is_in = |values: &Vec<u32>, value: u32| values.is_empty() || values.contains(&value);
            match unit {
                _ if !is_in(&self.hours, hour) => {}
                3_600 => add(hour, &self.minutes, &self.seconds),
                _ if !is_in(&self.minutes, minute) => {}
                60 => add(hour, &[minute], &self.seconds),
                _ if !is_in(&self.seconds, second) => {}
                _ => add(hour, &[minute], &[second]),
            }
            at += step;
            passed += 1;
        }
        looked_at + passed
    }

    /// Leaves of the times of a period those at the positions that the rule names.
    fn choose(&self, times: &mut Vec<NaiveDateTime>) {
        if self.positions.is_empty() {
            return;
        }
        let length = i32::try_from(times.len()).unwrap_or(i32::MAX);
        let mut positions: Vec<i32> = self
            .positions
            .iter()
            .map(|position| if *position > 0 { position - 1 } else { length + position })
            .filter(|position| (0..length).contains(position))
            .collect();
        positions.sort_unstable();
        positions.dedup();
        *times = positions.into_iter().filter_map(|position| times.get(position as usize).copied()).collect();
    }
}

fn sorted(values: &[u8]) -> Vec<u32> {
    let mut values: Vec<u32> = values.iter().copied().map(u32::from).collect();
    values.sort_unstable();
    values.dedup();
    values
}

fn weekday(written: ICalendarWeekday) -> Weekday {
    match written {
        ICalendarWeekday::Monday => Weekday::Mon,
        ICalendarWeekday::Tuesday => Weekday::Tue,
        ICalendarWeekday::Wednesday => Weekday::Wed,
        ICalendarWeekday::Thursday => Weekday::Thu,
        ICalendarWeekday::Friday => Weekday::Fri,
        ICalendarWeekday::Saturday => Weekday::Sat,
        ICalendarWeekday::Sunday => Weekday::Sun,
    }
}

/// Months since the beginning of our era.
fn months_of(at: NaiveDateTime) -> i64 {
    i64::from(at.year()) * 12 + i64::from(at.month0())
}

fn days_in_month(day: NaiveDate) -> u32 {
    u32::from(day.num_days_in_month())
}

/// The first day of the week of `day`.
fn week_of(day: NaiveDate, week_start: Weekday) -> Option<NaiveDate> {
    day.checked_sub_signed(Duration::days(i64::from(day.weekday().days_since(week_start))))
}

/// The number of the week of `day`, and the year it is counted in: the one in which most of its
/// days are.
fn week_number(day: NaiveDate, week_start: Weekday) -> Option<(i32, u32)> {
    let middle = week_of(day, week_start)?.checked_add_signed(Duration::days(3))?;
    Some((middle.year(), middle.ordinal0() / 7 + 1))
}

/// How many weeks `year` has: the 28th of December is always in its last one.
fn weeks_in(year: i32, week_start: Weekday) -> u32 {
    let last = NaiveDate::from_ymd_opt(year, 12, 28).and_then(|day| week_number(day, week_start));
    last.map_or(52, |(_, number)| number)
}

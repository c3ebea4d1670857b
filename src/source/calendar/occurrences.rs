//! When events happen: their occurrences in a span of time.

use std::collections::{BTreeMap, HashMap, HashSet};

use calcard::icalendar::ICalendarRecurrenceRule;
use chrono::{Duration, NaiveDateTime};

use super::{
    event::{Event, Length, Moment, Status},
    recurrence::{End, Rule, Steps, Wanted},
};
use crate::domain::{Calendar, Instant, Problem, Window};

/// Most occurrences of one event that are told.
const MOST_OF_ONE: usize = 2_000;
/// Most occurrences of all events.
const MOST: usize = 50_000;
/// Most days and times that are looked at for all rules together: a second or so.
const MOST_STEPS: u64 = 20_000_000;
/// Longest that an event may last.
const LONGEST_DAYS: i64 = 3_660;

/// One time that an event happens.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Occurrence<'a> {
    /// What happens.
    pub(super) event: &'a Event,
    /// When.
    pub(super) window: Window,
    /// The day on which it was to begin, where it is one of several.
    pub(super) of_several: Option<chrono::NaiveDate>,
}

/// Events by their names, each in its newest version.
#[derive(Debug, Default)]
pub(super) struct Newest<'a> {
    named: BTreeMap<&'a str, Versions<'a>>,
}

#[derive(Debug, Default)]
struct Versions<'a> {
    whole: Option<&'a Event>,
    /// By when the occurrence that it replaces was to begin.
    replacing: BTreeMap<Instant, &'a Event>,
}

impl<'a> Newest<'a> {
    /// Of the same event the version that was changed most often counts, of those the one that
    /// was changed last, of those the later one.
    pub(super) fn of(events: impl Iterator<Item = &'a Event>, calendar: &Calendar) -> Self {
        let mut newest = Self::default();
        let age = |event: &Event| (event.sequence, event.changed_at);
        for event in events {
            let versions = newest.named.entry(event.uid.as_str()).or_default();
            match event.replaces {
                None => {
                    if versions.whole.is_none_or(|other| age(event) >= age(other)) {
                        versions.whole = Some(event);
                    }
                }
                Some(replaced) => {
                    let other = versions.replacing.entry(replaced.instant(calendar)).or_insert(event);
                    if age(event) >= age(other) {
                        *other = event;
                    }
                }
            }
        }
        newest
    }

    /// What happens within `span`, of events that `matter`; and what cannot be told.
    pub(super) fn occurrences(
        &self,
        span: Window,
        calendar: &Calendar,
        matters: impl Fn(&Event) -> bool,
    ) -> (Vec<Occurrence<'a>>, Vec<Problem>) {
        let mut expansion = Expansion {
            span,
            calendar,
            steps: Steps::new(MOST_STEPS),
            found: Vec::new(),
            problems: Vec::new(),
        };
        for versions in self.named.values() {
            if versions.whole.is_some_and(&matters) || versions.replacing.values().any(|event| matters(event))
            {
                expansion.add(versions);
            }
            if expansion.found.len() > MOST {
                expansion.found.truncate(MOST);
                expansion.problems.push(Problem::new(
                    format!("the calendars: more than {MOST} occurrences; no more are read"),
                    "name fewer or smaller calendars",
                ));
                break;
            }
        }
        expansion.found.sort_by(|a, b| {
            (a.window.from, a.window.until, &a.event.uid).cmp(&(b.window.from, b.window.until, &b.event.uid))
        });
        (expansion.found, expansion.problems)
    }
}

struct Expansion<'a, 'c> {
    span: Window,
    calendar: &'c Calendar,
    steps: Steps,
    found: Vec<Occurrence<'a>>,
    problems: Vec<Problem>,
}

impl<'a> Expansion<'a, '_> {
    fn add(&mut self, versions: &Versions<'a>) {
        if let Some(whole) = versions.whole {
            self.whole(whole, &versions.replacing);
        }
        for (replaced, event) in &versions.replacing {
            // What it replaces may have been taken out of the whole.
            let is_cancelled = versions.whole.is_some_and(|whole| whole.status == Status::Cancelled);
            if !(is_cancelled || event.status == Status::Cancelled && versions.whole.is_some()) {
                let day = self.calendar.day(*replaced);
                self.push(event, event.start, event.length, Some(day));
            }
        }
    }

    fn whole(&mut self, event: &'a Event, replacing: &BTreeMap<Instant, &'a Event>) {
        let is_one_of_several = !event.rules.is_empty() || !event.besides.is_empty();
        let mut starts = Vec::new();
        if event.rules.is_empty() {
            starts.push((event.start, event.length));
        }
        for rule in &event.rules {
            starts.extend(self.by_rule(event, rule).into_iter().map(|at| (event.start.at(at), event.length)));
        }
        starts.extend(event.besides.iter().map(|(start, length)| (*start, length.unwrap_or(event.length))));
        let except: HashSet<Instant> = event.except.iter().map(|one| one.instant(self.calendar)).collect();
        // An exception may name the day of a time.
        let except_days: HashSet<_> = event
            .except
            .iter()
            .filter_map(|one| if let Moment::Day(day) = one { Some(*day) } else { None })
            .collect();
        let mut seen = HashSet::new();
        for (start, length) in starts {
            let at = start.instant(self.calendar);
            let is_out = except.contains(&at) || except_days.contains(&start.local().date());
            if is_out || replacing.contains_key(&at) || !seen.insert(at) {
                continue;
            }
            let several = is_one_of_several.then(|| start.local().date());
            let following = replacing.range(..at).rev().find(|(_, event)| event.and_following);
            match following {
                None => self.push(event, start, length, several),
                Some((replaced, following)) => {
                    if following.status != Status::Cancelled {
                        let moved =
                            following.start.local() - following.start.local_of(*replaced, self.calendar);
                        let local = following.start.local_of(at, self.calendar).checked_add_signed(moved);
                        if let Some(local) = local {
                            self.push(following, following.start.at(local), following.length, several);
                        }
                    }
                }
            }
        }
    }

    fn by_rule(&mut self, event: &Event, written: &ICalendarRecurrenceRule) -> Vec<NaiveDateTime> {
        let mut found = Vec::new();
        let start = event.start.local();
        let rule = match Rule::new(written, start) {
            Ok(rule) => rule,
            Err(why) => {
                self.problem(
                    event,
                    &format!("its rule of recurrence: {why}"),
                    "correct it; only its first time counts until then",
                );
                return vec![start];
            }
        };
        let until = written.until.as_ref().and_then(|until| {
            let read = until.to_date_time()?;
            let local = match (until.hour, read.offset) {
                // A day as the end of times: all of it.
                (None, _) => read.date_time.checked_add_signed(Duration::seconds(86_399))?,
                (Some(_), None) => read.date_time,
                (Some(_), Some(offset)) => {
                    let at =
                        (read.date_time - Duration::seconds(i64::from(offset.local_minus_utc()))).and_utc();
                    event.start.local_of(at, self.calendar)
                }
            };
            Some(local)
        });
        // A day to spare on both sides: for the zone, and for a change of clocks.
        let length = Duration::days(event.length.days.clamp(0, LONGEST_DAYS) + 1)
            + Duration::seconds(event.length.seconds.clamp(0, LONGEST_DAYS * 86_400));
        let (from, last) = (self.span.from - length, self.span.until + Duration::days(1));
        let wanted = Wanted { from: from.naive_utc(), until: last.naive_utc(), most: MOST_OF_ONE };
        match rule.occurrences(start, until, wanted, &mut self.steps, &mut found) {
            End::Complete => {}
            End::TooMany => self.problem(
                event,
                &format!("it happens more than {MOST_OF_ONE} times; the first ones are told"),
                "have it happen more rarely",
            ),
            End::TooLong => self.problem(
                event,
                "finding out when it happens takes too long; not all of it is told",
                "write a simpler rule, or let it begin later",
            ),
        }
        found
    }

    fn push(
        &mut self,
        event: &'a Event,
        start: Moment,
        length: Length,
        of_several: Option<chrono::NaiveDate>,
    ) {
        let from = start.instant(self.calendar);
        if !(0..=LONGEST_DAYS).contains(&length.days) || length.seconds.abs() > LONGEST_DAYS * 86_400 {
            self.problem(
                event,
                "it lasts for more than ten years, or less than nothing",
                "correct its end; it is left out until then",
            );
            return;
        }
        // Days first, as the clocks show them; then time as it passes.
        let local = start.local().checked_add_signed(Duration::days(length.days));
        let Some(until) =
            local.map(|local| start.at(local).instant(self.calendar) + Duration::seconds(length.seconds))
        else {
            return;
        };
        let window = Window { from, until };
        let is_in_span = window.from < self.span.until
            && self.span.from < window.until.max(window.from + Duration::seconds(1));
        if !is_in_span {
            return;
        }
        if until <= from {
            self.problem(
                event,
                "it ends when it begins, or before",
                "give it an end; it is left out until then",
            );
            return;
        }
        self.found.push(Occurrence { event, window, of_several });
    }

    fn problem(&mut self, event: &Event, what: &str, next_step: &str) {
        let problem = Problem::new(format!("event \"{}\": {what}", event.summary), next_step);
        problem.note(&mut self.problems, super::event::MOST_PROBLEMS);
    }
}

/// Counts up what is called the same.
pub(super) struct Names(HashMap<String, u32>);

impl Names {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// `name`, or `name (2)` for the second one of it.
    pub(super) fn unique(&mut self, name: String) -> String {
        let count = self.0.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { name } else { format!("{name} ({count})") }
    }
}

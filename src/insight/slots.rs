//! The next window that is free of everything in the way: exact, by the boundaries of what is
//! blocked.
//!
//! A window of length L that begins at s is free of a blocked span [a, b) unless a − L < s < b.
//! So the first free start from t on is t itself or the end of a blocked span, and the last free
//! one until t is t or the beginning of a span less L. Each rule answers that for its own spans
//! by one binary search; rules are asked in turn until none of them moves the start any more.
//! Every step goes to a boundary and never back, so the first start that all rules allow is
//! found, whatever their number. People meet at whole minutes: a boundary within a minute counts as
//! the whole minute after it, or before it where the search goes back.

use chrono::Duration;

use crate::domain::{Instant, Window};

/// Spans in which nothing may be, in order and apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blocked(Vec<Window>);

impl Blocked {
    /// The union of `windows`, in any order; empty ones block nothing.
    pub(crate) fn new(windows: impl IntoIterator<Item = Window>) -> Self {
        let mut all: Vec<Window> = windows.into_iter().filter(|window| window.from < window.until).collect();
        all.sort_unstable_by_key(|window| (window.from, window.until));
        let mut joined: Vec<Window> = Vec::with_capacity(all.len());
        for window in all {
            match joined.last_mut() {
                // Nothing fits between spans that touch.
                Some(last) if window.from <= last.until => last.until = last.until.max(window.until),
                _ => joined.push(window),
            }
        }
        Self(joined)
    }

    /// All time but `allowed`.
    pub(crate) fn outside(allowed: impl IntoIterator<Item = Window>) -> Self {
        let allowed = Self::new(allowed);
        let ends = std::iter::once(Instant::MIN_UTC).chain(allowed.0.iter().map(|window| window.until));
        let begins = allowed.0.iter().map(|window| window.from).chain([Instant::MAX_UTC]);
        Self(
            ends.zip(begins)
                .filter(|(from, until)| from < until)
                .map(|(from, until)| Window { from, until })
                .collect(),
        )
    }

    /// What blocks `whole`, where these spans block only `part` of it.
    ///
    /// Of a whole of length L that begins at s the part lies from s + o on and is l long. It is free
    /// of a span [a, b) unless a − o − l < s < b − o, which is what the span
    /// [a − o − l + L, b − o) is to the whole.
    pub(crate) fn of_part(&self, whole: Window, part: Window) -> Self {
        let (before, after) = (part.from - whole.from, whole.until - part.until);
        Self::new(self.0.iter().map(|span| Window {
            from: span.from.checked_add_signed(after).unwrap_or(Instant::MAX_UTC),
            until: if span.until == Instant::MAX_UTC {
                span.until
            } else {
                span.until.checked_sub_signed(before).unwrap_or(Instant::MIN_UTC)
            },
        }))
    }

    /// The spans that share an instant with `window`, in order.
    pub(crate) fn touching(&self, window: Window) -> impl Iterator<Item = &Window> {
        let first = self.0.partition_point(|blocked| blocked.until <= window.from);
        self.0[first..].iter().take_while(move |blocked| blocked.from < window.until)
    }

    /// The first start from `from` on; none where the rest of time is blocked.
    fn first_start(&self, from: Instant, length: Duration) -> Option<Instant> {
        let first = self.0.partition_point(|blocked| blocked.until <= from);
        let mut start = from;
        for blocked in &self.0[first..] {
            if blocked.from >= start.checked_add_signed(length)? {
                break;
            }
            start = blocked.until;
        }
        start.checked_add_signed(length).map(|_| start)
    }

    /// The last start until `until`; none where all time before is blocked.
    fn last_start(&self, until: Instant, length: Duration) -> Option<Instant> {
        let end = until.checked_add_signed(length)?;
        let after = self.0.partition_point(|blocked| blocked.from < end);
        let mut start = until;
        for blocked in self.0[..after].iter().rev() {
            if blocked.until <= start {
                break;
            }
            start = blocked.from.checked_sub_signed(length)?;
        }
        Some(start)
    }
}

/// What is looked for: a window of `length`, free of everything in `blocked`.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    /// Spans in which it may not be, rule by rule.
    pub(crate) blocked: &'a [&'a Blocked],
    /// How long it must be; more than nothing.
    pub(crate) length: Duration,
    /// It may not begin before.
    pub(crate) earliest: Instant,
    /// It may not begin after.
    pub(crate) latest: Instant,
}

impl Search<'_> {
    /// The nearest window that begins on a whole minute, at `wanted` or later.
    pub(crate) fn later(&self, wanted: Instant) -> Option<Window> {
        let mut start = minute_from(wanted.max(self.earliest))?;
        while start <= self.latest {
            let mut next = start;
            for blocked in self.blocked {
                next = minute_from(blocked.first_start(next, self.length)?)?;
            }
            if next == start {
                return self.window(start);
            }
            start = next;
        }
        None
    }

    /// The nearest window that begins on a whole minute before `wanted`.
    pub(crate) fn earlier(&self, wanted: Instant) -> Option<Window> {
        let before = wanted.checked_sub_signed(Duration::nanoseconds(1))?;
        let mut start = minute_until(before.min(self.latest))?;
        while start >= self.earliest {
            let mut next = start;
            for blocked in self.blocked {
                next = minute_until(blocked.last_start(next, self.length)?)?;
            }
            if next == start {
                return self.window(start);
            }
            start = next;
        }
        None
    }

    fn window(&self, from: Instant) -> Option<Window> {
        Some(Window { from, until: from.checked_add_signed(self.length)? })
    }
}

/// `at` if it is a whole minute, else the last one before it; none where no calendar reaches.
fn minute_until(at: Instant) -> Option<Instant> {
    Instant::from_timestamp(at.timestamp().checked_sub(at.timestamp().rem_euclid(60))?, 0)
}

/// `at` if it is a whole minute, else the first one after it; none where no calendar reaches.
fn minute_from(at: Instant) -> Option<Instant> {
    let before = minute_until(at)?;
    if before == at { Some(at) } else { before.checked_add_signed(Duration::minutes(1)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// So many seconds after the beginning of the count.
    fn at(second: i64) -> Instant {
        Instant::from_timestamp(second, 0).unwrap()
    }

    fn span((from, length): (i64, i64)) -> Window {
        Window { from: at(from), until: at(from + length) }
    }

    /// A window that begins at `start` shares no instant with any of the spans.
    fn fits(rules: &[Vec<(i64, i64)>], start: i64, length: i64) -> bool {
        rules.iter().flatten().all(|(from, other)| start >= from + other || start + length <= *from)
    }

    proptest! {
        #[test]
        fn the_same_is_found_as_by_trying_every_minute(
            rules in prop::collection::vec(prop::collection::vec((0_i64..7_200, 0_i64..1_800), 0..6), 0..4),
            length in 1_i64..1_500,
            wanted in prop_oneof![0_i64..9_000, (0_i64..150).prop_map(|minute| minute * 60)],
            earliest in 0_i64..9_000,
            latest in 6_000_i64..12_000,
        ) {
            // A span without a length blocks nothing, by trying too.
            let real: Vec<Vec<_>> =
                rules.iter().map(|rule| rule.iter().copied().filter(|(_, length)| *length > 0).collect()).collect();
            let blocked: Vec<Blocked> =
                rules.iter().map(|rule| Blocked::new(rule.iter().copied().map(span))).collect();
            let blocked: Vec<&Blocked> = blocked.iter().collect();
            let search = Search {
                blocked: &blocked,
                length: Duration::seconds(length),
                earliest: at(earliest),
                latest: at(latest),
            };
            let is_found = |start: &i64| {
                (earliest..=latest).contains(start) && fits(&real, *start, length)
            };
            let minutes = || (0..=200).map(|minute| minute * 60);
            let later = minutes().find(|start| *start >= wanted && is_found(start));
            let earlier = minutes().rev().find(|start| *start < wanted && is_found(start));
            let window = |start: i64| Window { from: at(start), until: at(start + length) };
            prop_assert_eq!(search.later(at(wanted)), later.map(window));
            prop_assert_eq!(search.earlier(at(wanted)), earlier.map(window));
        }

        #[test]
        fn what_is_outside_of_what_is_allowed_is_blocked(
            allowed in prop::collection::vec((0_i64..100, 0_i64..30), 0..8),
            second in 0_i64..140,
        ) {
            let outside = Blocked::outside(allowed.iter().copied().map(span));
            let is_allowed = allowed.iter().any(|(from, length)| (*from..from + length).contains(&second));
            let is_blocked = outside.touching(span((second, 1))).next().is_some();
            prop_assert_ne!(is_allowed, is_blocked);
        }
    }

    #[test]
    fn time_without_an_end_ends_the_search() {
        let never = Blocked::new([Window { from: Instant::MIN_UTC, until: Instant::MAX_UTC }]);
        let from_then_on = Blocked::new([Window { from: at(3_000), until: Instant::MAX_UTC }]);
        let find = |blocked: &Blocked| {
            let search = Search {
                blocked: &[blocked],
                length: Duration::minutes(10),
                earliest: at(0),
                latest: Instant::MAX_UTC,
            };
            let minute = |window: Window| window.from.timestamp() / 60;
            (search.later(at(2_700)).map(minute), search.earlier(at(2_700)).map(minute))
        };
        assert_eq!(find(&never), (None, None));
        assert_eq!(find(&from_then_on), (None, Some(40)));
        assert_eq!(find(&Blocked::default()), (Some(45), Some(44)));
    }
}

//! Whether, and when, to ask again: a pure function of what was seen.
//!
//! What services say, and where it is documented:
//! - `Retry-After`, in seconds or as a date: RFC 9110, section 10.2.3.
//! - GitHub: 403 or 429 with `x-ratelimit-remaining: 0` and `x-ratelimit-reset` in epoch
//!   seconds; secondary limits with or without `Retry-After`, at least one minute; GraphQL says
//!   `RATE_LIMITED` with status 200 ("Rate limits for the REST API" and "… GraphQL API").
//! - GitLab: 429 with `Retry-After` and `RateLimit-Reset`, or in plain text alone (`Retry later`).
//! - Jira Cloud: 429 with `Retry-After` or `X-RateLimit-Reset` in ISO 8601, without seconds.
//! - Jira Data Center: `retry-after: 0` with every answer as long as there is something left; a
//!   bucket that is filled up again every `X-RateLimit-Interval-Seconds` by `X-RateLimit-FillRate`.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::domain::Instant;

/// How often a request is tried in one round at most.
pub const MOST_ATTEMPTS: u32 = 3;
/// The longest wait inside a round; a longer one ends the request, with the time.
pub const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// A limit that does not say when it ends lasts at least so long.
const UNSAID_LIMIT: TimeDelta = TimeDelta::minutes(1);
/// No service is believed that it wants to be left alone for longer.
const LONGEST_LIMIT: TimeDelta = TimeDelta::hours(24);

/// What there is to decide on.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What came of the attempt.
    pub outcome: Outcome<'a>,
    /// Asking twice does no harm.
    pub repeatable: bool,
    /// Which attempt it was; the first is 1.
    pub attempt: u32,
    /// Now.
    pub now: Instant,
    /// From 0 to 1; spreads the waits of many who were turned away together.
    pub chance: f64,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// An answer, received whole.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Its headers.
        headers: &'a HeaderMap,
        /// What its body is.
        body: BodyKind,
    },
    /// No answer.
    Fault(Fault),
}

/// What the body of an answer is, as far as the decision is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// What was asked for, or an error in the service's own form, or nothing.
    Usual,
    /// A web page: from a proxy, a login or a gateway, not from the service.
    Html,
    /// It says that a rate limit is used up.
    Limit,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection.
    Unreachable,
    /// A certificate that is not trusted.
    Untrusted,
    /// Not in time.
    TimedOut,
    /// The connection was reset, or ended before the whole answer had come.
    Interrupted,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The answer can be used.
    Done,
    /// Ask again then.
    RetryAt(Instant),
    /// The request is over for this round.
    GiveUp(GiveUp),
}

/// Why a request is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// A limit, until then.
    Limited(Instant),
    /// The service cannot answer; it may have said until when.
    Busy(Option<Instant>),
    /// 401.
    SignedOut,
    /// 403 that is not a limit.
    Forbidden,
    /// 404, 410.
    NotFound,
    /// Any other status that is not a success.
    Rejected,
    /// Success, but a web page.
    Html,
    /// There was no answer.
    Fault(Fault),
}

/// Decides what to do about what was seen.
///
/// A wait is never shorter than what the service asks for. One longer than [`LONGEST_WAIT`] is
/// not waited for, and neither is any after [`MOST_ATTEMPTS`] or for what may not be repeated.
pub fn decide(seen: Seen<'_>) -> Decision {
    match seen.outcome {
        Outcome::Fault(fault @ (Fault::Unreachable | Fault::Interrupted)) => {
            seen.again_at(backoff(seen), GiveUp::Fault(fault))
        }
        // What took that long once will again; what is not trusted stays so.
        Outcome::Fault(fault @ (Fault::TimedOut | Fault::Untrusted)) => {
            Decision::GiveUp(GiveUp::Fault(fault))
        }
        Outcome::Answer { status, headers, body } => decide_answer(seen, status, headers, body),
    }
}

fn decide_answer(seen: Seen<'_>, status: u16, headers: &HeaderMap, body: BodyKind) -> Decision {
    match status {
        200..=299 | 403 if body == BodyKind::Limit => limited(seen, headers),
        200..=299 if body == BodyKind::Html => Decision::GiveUp(GiveUp::Html),
        200..=299 | 304 => Decision::Done,
        401 => Decision::GiveUp(GiveUp::SignedOut),
        429 => limited(seen, headers),
        403 if remaining(headers) == Some(0) || wants_to_be_left_alone(headers, seen.now) => {
            limited(seen, headers)
        }
        403 => Decision::GiveUp(GiveUp::Forbidden),
        404 | 410 => Decision::GiveUp(GiveUp::NotFound),
        408 | 425 | 500 | 502..=504 | 520..=599 => {
            let asked = retry_after(headers, seen.now);
            let at = asked.map_or_else(|| backoff(seen), |at| at.max(backoff(seen)));
            seen.again_at(at, GiveUp::Busy(asked))
        }
        501 | 505..=519 => Decision::GiveUp(GiveUp::Busy(None)),
        _ => Decision::GiveUp(GiveUp::Rejected),
    }
}

/// `Retry-After` names a time to come. Zero is said with answers that are no limit, too.
fn wants_to_be_left_alone(headers: &HeaderMap, now: Instant) -> bool {
    retry_after(headers, now).is_some_and(|until| until > now)
}

fn limited(seen: Seen<'_>, headers: &HeaderMap) -> Decision {
    let reset = || match remaining(headers) {
        // The reset of a budget that is not used up says nothing about another limit.
        Some(1..) => None,
        Some(0) | None => reset(headers, seen.now),
    };
    let until = retry_after(headers, seen.now).or_else(reset).unwrap_or_else(|| {
        seen.now + UNSAID_LIMIT * i32::try_from(seen.attempt.clamp(1, 16)).unwrap_or(1) + jitter(seen.chance)
    });
    // A limit that is over already by its own words: a moment, not at once.
    let until = until.clamp(seen.now + TimeDelta::seconds(1), seen.now + LONGEST_LIMIT);
    seen.again_at(until, GiveUp::Limited(until))
}

impl Seen<'_> {
    fn again_at(&self, at: Instant, otherwise: GiveUp) -> Decision {
        let wait = (at - self.now).to_std().unwrap_or_default();
        if self.repeatable && self.attempt < MOST_ATTEMPTS && wait <= LONGEST_WAIT {
            Decision::RetryAt(at)
        } else {
            Decision::GiveUp(otherwise)
        }
    }
}

/// Half a second, doubled with each attempt, half to one and a half of it by chance.
fn backoff(seen: Seen<'_>) -> Instant {
    let milliseconds = 500_u32 << seen.attempt.saturating_sub(1).min(4);
    let spread = f64::from(milliseconds) * (0.5 + seen.chance.clamp(0.0, 1.0));
    seen.now + TimeDelta::milliseconds(spread as i64)
}

/// Up to five seconds.
fn jitter(chance: f64) -> TimeDelta {
    TimeDelta::milliseconds((5_000.0 * chance.clamp(0.0, 1.0)) as i64)
}

/// What the service's clock says; a time it names is relative to that.
pub(super) fn date(headers: &HeaderMap) -> Option<Instant> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

/// When `Retry-After` says, on our clock.
fn retry_after(headers: &HeaderMap, now: Instant) -> Option<Instant> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => Some(now + bounded_seconds(seconds)),
        _ => Some(on_our_clock(http_date(value)?, headers, now)),
    }
}

/// When the budget is whole again, on our clock: `x-ratelimit-reset` or `RateLimit-Reset`, in
/// epoch seconds, seconds from now, or ISO 8601; or when a bucket that is filled bit by bit is full.
pub(super) fn reset(headers: &HeaderMap, now: Instant) -> Option<Instant> {
    let Some(value) = first_of(headers, &["x-ratelimit-reset", "ratelimit-reset"]) else {
        return full_again(headers, now);
    };
    // Epoch seconds have been above a billion since 2001.
    match value.parse::<f64>() {
        Ok(seconds) if seconds >= 1e9 => {
            Some(on_our_clock(DateTime::from_timestamp(seconds as i64, 0)?, headers, now))
        }
        Ok(seconds) if seconds.is_finite() => Some(now + bounded_seconds(seconds)),
        _ => Some(on_our_clock(iso_time(value)?, headers, now)),
    }
}

/// When Jira Data Center's bucket is full: it gets `X-RateLimit-FillRate` every
/// `X-RateLimit-Interval-Seconds` ("Improving instance stability with rate limiting").
fn full_again(headers: &HeaderMap, now: Instant) -> Option<Instant> {
    let limit = number(headers, &["x-ratelimit-limit"])?;
    let interval = number(headers, &["x-ratelimit-interval-seconds"])?;
    let rate = number(headers, &["x-ratelimit-fillrate"]).filter(|rate| *rate > 0)?;
    let fills = limit.saturating_sub(remaining(headers)?).div_ceil(rate);
    Some(now + bounded_seconds(fills.saturating_mul(interval) as f64))
}

/// How much of the budget is left.
pub(super) fn remaining(headers: &HeaderMap) -> Option<u64> {
    number(headers, &["x-ratelimit-remaining", "ratelimit-remaining"])
}

/// A whole number in the first of these headers that is there.
pub(super) fn number(headers: &HeaderMap, names: &[&str]) -> Option<u64> {
    first_of(headers, names)?.parse().ok()
}

fn first_of<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(str::trim)
}

/// `at` on the service's clock is as far from its `Date` as the result is from `now`: clocks differ.
fn on_our_clock(at: Instant, headers: &HeaderMap, now: Instant) -> Instant {
    let wait = at - date(headers).unwrap_or(now);
    now + wait.clamp(TimeDelta::zero(), LONGEST_LIMIT)
}

fn bounded_seconds(seconds: f64) -> TimeDelta {
    let longest = LONGEST_LIMIT.num_milliseconds() as f64;
    TimeDelta::milliseconds((seconds * 1_000.0).clamp(0.0, longest) as i64)
}

/// A date in any of the three forms of RFC 9110, section 5.6.7.
fn http_date(value: &str) -> Option<Instant> {
    let value = value.trim();
    if let Ok(date) = DateTime::parse_from_rfc2822(value) {
        return Some(date.with_timezone(&Utc));
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(value, form).ok())
        .map(|date| date.and_utc())
}

/// ISO 8601 with or without seconds.
fn iso_time(value: &str) -> Option<Instant> {
    if let Ok(time) = DateTime::parse_from_rfc3339(value) {
        return Some(time.with_timezone(&Utc));
    }
    NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%MZ").ok().map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn now() -> Instant {
        Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    fn after(seconds: i64) -> Instant {
        now() + TimeDelta::seconds(seconds)
    }

    fn first_attempt(outcome: Outcome<'_>) -> Decision {
        decide(Seen { outcome, repeatable: true, attempt: 1, now: now(), chance: 0.5 })
    }

    /// Status, headers, body, and what follows.
    type Row<'a> = (u16, &'a [(&'a str, &'a str)], BodyKind, Decision);

    #[test]
    fn every_answer_has_its_decision() {
        use BodyKind::{Html, Limit, Usual};
        use Decision::{Done, RetryAt};
        use GiveUp::{Busy, Forbidden, Limited, NotFound, Rejected, SignedOut};
        let half = now() + TimeDelta::milliseconds(500);
        let unsaid = now() + TimeDelta::milliseconds(62_500);
        let give_up = Decision::GiveUp;
        // 1772452860 is 2026-03-02T12:01:00Z.
        let table: &[Row<'_>] = &[
            (200, &[], Usual, Done),
            (201, &[], Usual, Done),
            (204, &[], Usual, Done),
            (304, &[], Usual, Done),
            // The last allowed request is still an answer.
            (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1772452860")], Usual, Done),
            (200, &[], Html, give_up(GiveUp::Html)),
            // GitHub GraphQL: RATE_LIMITED.
            (
                200,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1772452860")],
                Limit,
                give_up(Limited(after(60))),
            ),
            // GitHub REST: the primary limit.
            (
                403,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1772452860")],
                Usual,
                give_up(Limited(after(60))),
            ),
            (
                429,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1772452860")],
                Usual,
                give_up(Limited(after(60))),
            ),
            // GitHub: a secondary limit with, and without, its header.
            (403, &[("retry-after", "30")], Usual, give_up(Limited(after(30)))),
            // Jira Data Center: not a limit, and a bucket that is empty.
            (403, &[("retry-after", "0"), ("x-ratelimit-remaining", "7")], Usual, give_up(Forbidden)),
            (
                429,
                &[
                    ("x-ratelimit-limit", "15"),
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-fillrate", "5"),
                    ("x-ratelimit-interval-seconds", "60"),
                ],
                Usual,
                give_up(Limited(after(180))),
            ),
            (403, &[], Limit, give_up(Limited(unsaid))),
            (
                403,
                &[("x-ratelimit-remaining", "4000"), ("x-ratelimit-reset", "1772456400")],
                Limit,
                give_up(Limited(unsaid)),
            ),
            (429, &[], Usual, give_up(Limited(unsaid))),
            // No limit at all.
            (403, &[("x-ratelimit-remaining", "4000")], Usual, give_up(Forbidden)),
            // Jira Data Center says so with every answer.
            (403, &[("retry-after", "0"), ("x-ratelimit-remaining", "9")], Usual, give_up(Forbidden)),
            // A short wait is waited for.
            (429, &[("retry-after", "5")], Usual, RetryAt(after(5))),
            (429, &[("retry-after", "0")], Usual, RetryAt(after(1))),
            (429, &[("retry-after", "-3")], Usual, RetryAt(after(1))),
            // As a date, in every form, and on a clock that is an hour ahead.
            (429, &[("retry-after", "Mon, 02 Mar 2026 12:02:00 GMT")], Usual, give_up(Limited(after(120)))),
            (429, &[("retry-after", "Monday, 02-Mar-26 12:02:00 GMT")], Usual, give_up(Limited(after(120)))),
            (429, &[("retry-after", "Mon Mar  2 12:02:00 2026")], Usual, give_up(Limited(after(120)))),
            (
                429,
                &[
                    ("retry-after", "Mon, 02 Mar 2026 13:02:00 GMT"),
                    ("date", "Mon, 02 Mar 2026 13:00:00 GMT"),
                ],
                Usual,
                give_up(Limited(after(120))),
            ),
            // Jira: ISO time, with and without seconds.
            (429, &[("x-ratelimit-reset", "2026-03-02T12:05Z")], Usual, give_up(Limited(after(300)))),
            (429, &[("x-ratelimit-reset", "2026-03-02T12:05:00Z")], Usual, give_up(Limited(after(300)))),
            // GitLab.
            (
                429,
                &[("ratelimit-reset", "1772452860"), ("ratelimit-remaining", "0")],
                Usual,
                give_up(Limited(after(60))),
            ),
            (429, &[("ratelimit-reset", "45")], Usual, give_up(Limited(after(45)))),
            // A service that lies, or babbles.
            (429, &[("retry-after", "99999999999")], Usual, give_up(Limited(after(86_400)))),
            (429, &[("x-ratelimit-reset", "99999999999999999")], Usual, give_up(Limited(unsaid))),
            (429, &[("retry-after", "soon")], Usual, give_up(Limited(unsaid))),
            (429, &[("retry-after", "NaN")], Usual, give_up(Limited(unsaid))),
            // Busy.
            (500, &[], Usual, RetryAt(half)),
            (502, &[], Html, RetryAt(half)),
            (503, &[], Html, RetryAt(half)),
            (504, &[], Html, RetryAt(half)),
            (503, &[("retry-after", "4")], Html, RetryAt(after(4))),
            (503, &[("retry-after", "0")], Html, RetryAt(half)),
            (503, &[("retry-after", "600")], Html, give_up(Busy(Some(after(600))))),
            (501, &[], Usual, give_up(Busy(None))),
            (408, &[], Usual, RetryAt(half)),
            // A person is needed.
            (401, &[], Usual, give_up(SignedOut)),
            (404, &[], Usual, give_up(NotFound)),
            (410, &[], Usual, give_up(NotFound)),
            (400, &[], Usual, give_up(Rejected)),
            (422, &[], Usual, give_up(Rejected)),
            (300, &[], Usual, give_up(Rejected)),
        ];
        for (status, pairs, body, decision) in table {
            let headers = headers(pairs);
            let outcome = Outcome::Answer { status: *status, headers: &headers, body: *body };
            assert_eq!(first_attempt(outcome), *decision, "{status} {pairs:?} {body:?}");
        }
    }

    #[test]
    fn what_brought_no_answer_is_tried_again_where_that_can_help() {
        let half = now() + TimeDelta::milliseconds(500);
        for (fault, decision) in [
            (Fault::Unreachable, Decision::RetryAt(half)),
            (Fault::Interrupted, Decision::RetryAt(half)),
            (Fault::TimedOut, Decision::GiveUp(GiveUp::Fault(Fault::TimedOut))),
            (Fault::Untrusted, Decision::GiveUp(GiveUp::Fault(Fault::Untrusted))),
        ] {
            assert_eq!(first_attempt(Outcome::Fault(fault)), decision, "{fault:?}");
        }
    }

    #[test]
    fn attempts_end_and_what_may_not_be_repeated_is_not() {
        let empty = HeaderMap::new();
        let short = headers(&[("retry-after", "1")]);
        let busy = Outcome::Answer { status: 502, headers: &empty, body: BodyKind::Html };
        let limit = Outcome::Answer { status: 429, headers: &short, body: BodyKind::Usual };
        let reset = Outcome::Fault(Fault::Interrupted);
        for outcome in [busy, limit, reset] {
            for attempt in 1..=5 {
                let seen = Seen { outcome, repeatable: true, attempt, now: now(), chance: 1.0 };
                let again = matches!(decide(seen), Decision::RetryAt(_));
                assert_eq!(again, attempt < MOST_ATTEMPTS, "{outcome:?} {attempt}");
                let once = decide(Seen { repeatable: false, ..seen });
                assert!(matches!(once, Decision::GiveUp(_)), "{outcome:?} {attempt}");
            }
        }
    }

    #[test]
    fn waits_grow_and_spread() {
        let at = |attempt, chance| {
            let outcome = Outcome::Fault(Fault::Interrupted);
            match decide(Seen { outcome, repeatable: true, attempt, now: now(), chance }) {
                Decision::RetryAt(at) => (at - now()).num_milliseconds(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((at(1, 0.0), at(1, 0.5), at(1, 1.0)), (250, 500, 750));
        assert_eq!((at(2, 0.0), at(2, 0.5), at(2, 7.0)), (500, 1_000, 1_500));
    }
}

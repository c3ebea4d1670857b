//! Instants as Jira and `SonarQube` write them.

use std::fmt;

use chrono::DateTime;
use serde::{Deserialize, Deserializer, de};

use crate::domain::Instant;

/// Above, a number counts milliseconds; below, seconds. As seconds it is the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// An instant: `2026-03-02T12:00:00.000+0000`, whose zone has no colon; or a number since 1970,
/// in seconds as in the documentation of `changelog/bulkfetch`, or in milliseconds as it comes; the
/// number may be written as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp(pub(super) Instant);

impl Timestamp {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
        parsed.ok().map(|instant| Self(instant.to_utc())).or_else(|| Self::of_digits(text))
    }

    /// Shorter ones are more likely a year or a day than seconds.
    fn of_digits(text: &str) -> Option<Self> {
        let is_number = (9..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten().and_then(Self::of_number)
    }

    fn of_number(number: i64) -> Option<Self> {
        let milliseconds = if number >= MILLISECONDS_FROM { number } else { number.checked_mul(1_000)? };
        DateTime::from_timestamp_millis(milliseconds).map(Self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a date")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse(text).ok_or_else(|| E::custom("expected a date"))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Timestamp, E> {
                Timestamp::of_number(number).ok_or_else(|| E::custom("expected a date"))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Timestamp, E> {
                i64::try_from(number)
                    .map_or_else(|_| Err(E::custom("expected a date")), |n| self.visit_i64(n))
            }
        }
        from.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn every_form_is_read() {
        let noon = Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap();
        for form in [
            r#""2026-03-02T12:00:00.000+0000""#,
            r#""2026-03-02T13:00:00.000+0100""#,
            r#""2026-03-02T04:00:00.000-0800""#,
            r#""2026-03-02T12:00:00.000Z""#,
            r#""2026-03-02T12:00:00+00:00""#,
            "1772452800",
            "1772452800000",
            r#""1772452800000""#,
        ] {
            assert_eq!(serde_json::from_str::<Timestamp>(form).unwrap().0, noon, "{form}");
        }
        for form in [
            r#""soon""#,
            r#""""#,
            r#""20260302""#,
            "true",
            "null",
            "9223372036854775807",
            "18446744073709551615",
        ] {
            assert!(serde_json::from_str::<Timestamp>(form).is_err(), "{form}");
        }
    }
}

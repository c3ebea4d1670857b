//! When what a source remembers is kept: a pure decision.

use chrono::Duration;

use crate::domain::Instant;

/// What a source remembers may be many megabytes, and costs a restart little where it is a bit
/// old: it is not kept more often than this.
const KEEP_EVERY: Duration = Duration::minutes(10);

/// Whether what a source remembers is newer than what was kept, and since when that is.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    kept_at: Option<Instant>,
    is_newer: bool,
}

impl Keeping {
    /// A round has ended, with news or without.
    pub(super) fn ended(&mut self, with_news: bool) {
        self.is_newer |= with_news;
    }

    /// It is worth keeping now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        // Either way: a clock that was set back must not put it off.
        self.is_newer && self.kept_at.is_none_or(|at| (now - at).abs() >= KEEP_EVERY)
    }

    /// It is worth keeping if this is the last chance.
    pub(super) fn is_newer(&self) -> bool {
        self.is_newer
    }

    /// It was kept now.
    pub(super) fn kept(&mut self, now: Instant) {
        self.kept_at = Some(now);
        self.is_newer = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_after_news_but_not_too_often() {
        let at = |minutes| Instant::UNIX_EPOCH + Duration::minutes(minutes);
        let mut keeping = Keeping::default();
        for (minute, with_news, is_due) in [
            (0, false, false),  // nothing new since it was recalled
            (1, true, true),    // the first sync
            (2, true, false),   // too soon after
            (10, false, false), // still
            (11, false, true),  // the news of minute 2
            (30, false, false), // nothing since
            (31, true, true),
            (-60, true, true), // the clock was set back
        ] {
            keeping.ended(with_news);
            assert_eq!(keeping.is_due(at(minute)), is_due, "minute {minute}");
            if is_due {
                assert!(keeping.is_newer());
                keeping.kept(at(minute));
                assert!(!keeping.is_newer());
            }
        }
        keeping.ended(true);
        assert!(!keeping.is_due(at(-59)) && keeping.is_newer(), "only if this is the end");
    }
}

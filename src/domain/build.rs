//! Builds: how the head of a branch stands, by the checks of the forge.

use serde::{Deserialize, Serialize};

use super::{BuildId, Check, CheckOutcome, Instant, Text};

/// The state of the head of a branch that releases are made of. A branch whose head has no
/// checks has no build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Repository and branch.
    pub id: BuildId,
    /// The repository.
    pub repository: Text,
    /// The branch.
    pub branch: Text,
    /// The commit at its end (full hexadecimal).
    pub commit: Text,
    /// The newest run of each check on it. What may fail by its own configuration, and did, is
    /// left out.
    pub checks: Vec<Check>,
    /// When the newest of its checks ended or began; where none says when, when the commit was made.
    pub at: Instant,
    /// Where a person reads more.
    pub url: Option<Text>,
}

impl Build {
    /// How its checks together stand: failed if one failed, else running if one runs, else
    /// unknown if one is unknown or there are none, else passed unless all were skipped.
    pub fn outcome(&self) -> CheckOutcome {
        let any = |outcome| self.checks.iter().any(|check| check.outcome == outcome);
        let worst =
            [CheckOutcome::Failed, CheckOutcome::Running, CheckOutcome::Unknown, CheckOutcome::Passed];
        match worst.into_iter().find(|outcome| any(*outcome)) {
            Some(outcome) => outcome,
            None if self.checks.is_empty() => CheckOutcome::Unknown,
            None => CheckOutcome::Skipped,
        }
    }

    /// Those of its checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.outcome == CheckOutcome::Failed)
    }

    /// When it came to stand as it does: when the first of the checks failed that say so, else
    /// [`Self::at`].
    pub fn since(&self) -> Instant {
        self.failed().filter_map(|check| check.at).min().unwrap_or(self.at)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::*;
    use crate::domain::Step;

    #[test]
    fn the_worst_check_says_how_a_build_stands() {
        use CheckOutcome::{Failed, Passed, Running, Skipped, Unknown};
        let start = Utc.with_ymd_and_hms(2026, 11, 22, 9, 0, 0).unwrap();
        for (outcomes, expected, since) in [
            (&[][..], Unknown, 9),
            (&[Passed, Passed], Passed, 9),
            (&[Passed, Skipped], Passed, 9),
            (&[Skipped, Skipped], Skipped, 9),
            (&[Passed, Unknown], Unknown, 9),
            (&[Unknown, Running, Passed], Running, 9),
            (&[Running, Failed, Unknown, Failed], Failed, 1),
        ] {
            let checks = (0..).zip(outcomes).map(|(minutes, outcome)| Check {
                name: Text::new("unit"),
                step: Step::Test,
                required: true,
                outcome: *outcome,
                at: Some(start + Duration::minutes(minutes)),
            });
            let build = Build {
                id: BuildId::of("api", "main"),
                repository: Text::new("api"),
                branch: Text::new("main"),
                commit: Text::new("c".repeat(40)),
                checks: checks.collect(),
                at: start + Duration::minutes(9),
                url: None,
            };
            assert_eq!(build.outcome(), expected, "{outcomes:?}");
            assert_eq!((build.since() - start).num_minutes(), since, "{outcomes:?}");
        }
    }
}

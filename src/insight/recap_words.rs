//! A release that ended, in words: for the screen, the command line and a page alike.

use super::{Board, Recap, words};
use crate::domain::DeploymentState;

/// Share of the days on which the 85 % date must have held, less what few days miss by chance.
const HOLDS: f64 = 0.75;
/// Share of the planned stories that may come and go before the scope counts as moved.
const SCOPE_MOVES: f64 = 0.2;

/// What went well and what did not, each in a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What worked.
    pub worked: Vec<String>,
    /// What did not.
    pub did_not: Vec<String>,
}

impl Judged {
    fn say(&mut self, is_good: bool, said: String) {
        if is_good { self.worked.push(said) } else { self.did_not.push(said) }
    }
}

impl Recap {
    /// Days after the target, negative before it; none without a target. The day counts, not its
    /// hour: what came on the day that was promised is on time.
    fn days_late(&self, board: &Board) -> Option<i64> {
        let day = |at| board.policy.calendar.day(at);
        Some((day(self.released_at) - day(self.target?)).num_days())
    }

    /// What worked and what did not; nothing is said of what nobody knows.
    pub fn judged(&self, board: &Board) -> Judged {
        let mut judged = Judged::default();
        if let Some(late) = self.days_late(board) {
            judged.say(
                late <= 0,
                match late {
                    0 => "it came on the day that was promised".to_owned(),
                    1.. => format!("it came {late}d late"),
                    _ => format!("it came {}d early", -late),
                },
            );
        }
        if self.scope > 0 {
            judged.say(
                self.delivered >= self.scope,
                format!("{} of {} were delivered", self.delivered, stories(self.scope as usize)),
            );
        }
        if self.planned > 0 {
            let moved = self.added + self.removed;
            judged.say(
                f64::from(moved) <= SCOPE_MOVES * f64::from(self.planned),
                match moved {
                    0 => format!("the scope stayed at the {} of the plan", stories(self.planned as usize)),
                    _ => format!(
                        "{} were planned, {} added and {} removed",
                        stories(self.planned as usize),
                        self.added,
                        self.removed
                    ),
                },
            );
        }
        if self.scope > 0 {
            judged.say(
                self.returned.is_empty(),
                match self.returned.len() {
                    0 => "no story was returned".to_owned(),
                    1 => format!("1 story was returned, {}", times(self.returns())),
                    count => format!("{count} stories were returned, {} in all", times(self.returns())),
                },
            );
        }
        if self.defects > 0 {
            let said = match self.defects_open {
                0 => "no defect was open when it went out".to_owned(),
                1 => "1 defect was open when it went out".to_owned(),
                open => format!("{open} defects were open when it went out"),
            };
            judged.say(self.defects_open == 0, said);
        }
        if self.runs > 0 {
            let runs = words::count(self.runs as usize, "test run", "test runs");
            judged.say(
                self.failed_runs == 0,
                match self.failed_runs {
                    0 => format!("none of {runs} had failures"),
                    failed => format!("{failed} of {runs} had failures"),
                },
            );
        }
        let is_bad = |state| matches!(state, DeploymentState::Failed | DeploymentState::RolledBack);
        let ended = self
            .deployments
            .iter()
            .filter(|one| is_bad(one.state) || one.state == DeploymentState::Succeeded)
            .count();
        if ended > 0 {
            let bad = self.deployments.iter().filter(|one| is_bad(one.state)).count();
            let deployments = words::count(ended, "deployment", "deployments");
            judged.say(
                bad == 0,
                match bad {
                    0 => format!("none of {deployments} failed or had to be rolled back"),
                    bad => format!("{bad} of {deployments} failed or had to be rolled back"),
                },
            );
        }
        if let Some(daily) = self.daily.filter(|daily| daily.days > 0) {
            let days = words::count(daily.days as usize, "day", "days");
            judged.say(
                f64::from(daily.held) >= HOLDS * f64::from(daily.days),
                format!("the 85 % date of the forecast held on {} of {days}", daily.held),
            );
        }
        judged
    }

    fn returns(&self) -> u32 {
        self.returned.iter().map(|story| story.times).sum()
    }

    /// The release in a few lines: what, and how.
    pub fn facts(&self, board: &Board) -> Vec<(&'static str, String)> {
        let calendar = &board.policy.calendar;
        let day = |at| words::day_and_time(at, calendar);
        let mut facts = vec![("went out", day(self.released_at))];
        if let Some(target) = self.target {
            let how = words::duration((self.released_at - target).abs());
            let how = match self.days_late(board).unwrap_or_default() {
                0 => "on time: the same day".to_owned(),
                1.. => format!("{how} late"),
                _ => format!("{how} early"),
            };
            facts.push(("target", format!("{} ({how})", day(target))));
        } else {
            facts.push(("target", "nobody promised one".to_owned()));
        }
        facts.push((
            "stories",
            format!(
                "{} planned, {} added, {} removed, {} of {} delivered",
                self.planned, self.added, self.removed, self.delivered, self.scope
            ),
        ));
        facts.push((
            "returned",
            format!("{}, {} in all", stories(self.returned.len()), times(self.returns())),
        ));
        facts.push(("defects", format!("{}, {} open when it went out", self.defects, self.defects_open)));
        facts.push(("test runs", format!("{} with failures, of {}", self.failed_runs, self.runs)));
        if let Some(daily) = self.daily {
            let days = words::count(daily.days as usize, "day", "days");
            let off = match daily.median_days_late {
                0 => "on the day".to_owned(),
                late if late > 0 => format!("{late}d too early"),
                early => format!("{}d too late", -early),
            };
            facts.push((
                "forecasts",
                format!("P85 held on {} of {days}; P50 was {off} in the median", daily.held),
            ));
        }
        facts
    }

    /// The forecasts in words: when it was said, what was said, whether it came so.
    pub fn forecast_rows(&self, board: &Board) -> Vec<[String; 4]> {
        let calendar = &board.policy.calendar;
        let day = |at| words::day(at, calendar);
        let row = |said: &super::Said| {
            let held = if said.held { "held" } else { "missed" };
            [
                day(said.at),
                format!("P50 {}", said.p50.said(day)),
                format!("P85 {}", said.p85.said(day)),
                held.to_owned(),
            ]
        };
        self.forecasts.iter().map(row).collect()
    }

    /// How its deployments went, in words.
    pub fn deployment_rows(&self, board: &Board) -> Vec<[String; 4]> {
        let row = |one: &super::Deployed| {
            let at =
                one.started_at.map(|at| words::day_and_time(at, &board.policy.calendar)).unwrap_or_default();
            let took = one.actual_minutes.map_or("not told".to_owned(), |minutes| format!("{minutes}m"));
            [
                at,
                one.environment.to_string(),
                one.state.word().to_owned(),
                format!("{took} of {}m", one.planned_minutes),
            ]
        };
        self.deployments.iter().map(row).collect()
    }

    /// What was ready after the target, with what took its time.
    pub fn late_rows(&self, board: &Board) -> Vec<String> {
        let row = |one: &super::Late| {
            let at = words::day(one.at, &board.policy.calendar);
            let why = if one.why.is_empty() { String::new() } else { format!("  ({})", one.why) };
            format!("{}  ready {at}{why}", one.name)
        };
        self.late.iter().map(row).collect()
    }
}

fn stories(count: usize) -> String {
    words::count(count, "story", "stories")
}

fn times(count: u32) -> String {
    words::count(count as usize, "time", "times")
}

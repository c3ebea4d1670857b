//! A reminder that states the facts: who is waited for, for what, since when, and what depends
//! on it.

use std::fmt::Write as _;

use chrono::Duration;

use crate::{
    domain::{Instant, PullRequestState},
    insight::{PullRequestRow, Subject, words},
};

use super::State;

/// The words for the row of `subject`; none where it waits for nobody.
pub(super) fn comment(state: &State, subject: &Subject, now: Instant) -> Option<String> {
    let Subject::PullRequest(id) = subject else { return None };
    let row = state.pull_request(id)?;
    let release = state.board.insight.releases.iter().find(|release| {
        release.release.released_at.is_none()
            && release.pull_requests.iter().any(|other| other.pull_request.id == *id)
    });
    let target = release.and_then(|release| {
        let target = release.release.target.filter(|target| !target.estimated)?;
        Some((release.release.id.as_str(), words::day_and_time(target.at, &state.board.policy.calendar)))
    });
    written(row, target.as_ref().map(|(release, day)| (*release, day.as_str())), now)
}

fn written(row: &PullRequestRow, target: Option<(&str, &str)>, now: Instant) -> Option<String> {
    if row.pull_request.state != PullRequestState::Open
        || row.next.action.is_empty()
        || row.next.who.is_empty()
    {
        return None;
    }
    let who: Vec<String> = row.next.who.iter().map(|name| format!("@{name}")).collect();
    // What is to be done is a verb with its object: "review", "fix 2 failed checks".
    let mut said = format!(
        "Hi {}, a friendly reminder: this pull request waits for you to {}.",
        words::list(&who, usize::MAX),
        row.next.action
    );
    if let Some(since) = row.since {
        let _ = write!(said, " It has been in {} for {}.", row.stage.word(), length(now - since));
    }
    if let Some((release, day)) = target {
        let slack = match row.slack_seconds {
            Some(seconds) if seconds < 0 => {
                format!("; at the usual pace it is merged {} late", length(Duration::seconds(-seconds)))
            }
            Some(seconds) => {
                format!("; at the usual pace it is merged {} before that", length(Duration::seconds(seconds)))
            }
            None => String::new(),
        };
        let _ = write!(said, " It is part of {release}, due {day}{slack}.");
    }
    said += " Is anything in the way? Thank you!";
    Some(said)
}

/// `2 days`, `5 hours`, `10 minutes`: the coarsest unit that is honest.
fn length(length: Duration) -> String {
    let (days, hours) = (length.num_days(), length.num_hours());
    let count =
        |count: i64, one: &str, more: &str| words::count(usize::try_from(count).unwrap_or(0), one, more);
    if days > 0 {
        count(days, "day", "days")
    } else if hours > 0 {
        count(hours, "hour", "hours")
    } else {
        count(length.num_minutes().max(1), "minute", "minutes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{board, now};

    #[test]
    fn a_reminder_states_the_facts_and_nothing_where_nobody_is_waited_for() {
        let board = board();
        let rows = &board.insight.releases[0].pull_requests;
        let target = Some(("payments 4.2", "Wed 25 Nov 14:00"));
        assert_eq!(
            written(&rows[0], target, now()).unwrap(),
            "Hi @lee, a friendly reminder: this pull request waits for you to fix 2 failed checks. It has been in \
             review for 2 days. It is part of payments 4.2, due Wed 25 Nov 14:00; at the usual pace it is merged \
             1 day late. Is anything in the way? Thank you!"
        );
        let review = written(&rows[1], None, now()).unwrap();
        assert!(review.starts_with("Hi @kim, @raj, ") && !review.contains("part of"), "{review}");
        let mut nobodys = rows[0].clone();
        nobodys.next.who.clear();
        assert_eq!(written(&nobodys, target, now()), None);
        let merged = rows.iter().find(|row| row.pull_request.state != PullRequestState::Open).unwrap();
        assert_eq!(written(merged, target, now()), None);
    }
}

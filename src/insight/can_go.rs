//! "Can this go Friday 16:00?"

use chrono::Duration;

use crate::domain::{DeploymentId, Instant, Kind, Text, Window};

use super::{
    Board, ForecastDate, ForecastView, GateAnswer, ReleaseInsight, ScheduleProblem, ScheduleProblemKind,
    Verdict,
    context::{Context, Freshness},
    schedule::{NOT_READY, gate_red, likely_ready, needed_length},
    schedule_rules::ScheduleRules,
    words,
};

/// Whether a deployment can go at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanGo {
    /// The window that was asked for: as long as the deployment needs.
    pub window: Window,
    /// Each rule that says no; none: the window is free.
    pub against: Vec<ScheduleProblem>,
    /// What is not go about its release now, and when it is likely to be ready, in words; none where
    /// its verdict is go.
    pub not_ready: Option<Text>,
    /// Where it cannot: the nearest later window that keeps to all rules, then the nearest earlier
    /// one.
    pub slots: Vec<Window>,
    /// Why there is no such window, in words.
    pub no_slot: Option<Text>,
}

impl CanGo {
    /// It can: no rule says no, and its release is go now.
    pub fn is_yes(&self) -> bool {
        self.is_free() && self.not_ready.is_none()
    }

    /// No rule says no to the window.
    pub fn is_free(&self) -> bool {
        self.against.is_empty()
    }
}

/// Whether the deployment can begin at `at`, by all rules: freezes, what else has its environment,
/// the releases that it needs, working hours, who is on call, and the gates of its release on the
/// last day. None if the board does not have it, or it has begun.
///
/// Works the facts of the board out anew, which takes as long as a small part of deriving it: ask
/// on a person's behalf, not for every row.
pub fn can_go(board: &Board, deployment: &DeploymentId, at: Instant) -> Option<CanGo> {
    let context = Context::new(&board.world, &board.health, &board.policy, board.at);
    let row = board.insight.schedule.deployments.iter().find(|row| row.deployment.id == *deployment)?;
    let deployment = context.deployments.iter().find(|known| known.id == *deployment)?;
    if deployment.state.is_over() || deployment.started_at.is_some() {
        return None;
    }
    let rules = ScheduleRules::of(&context);
    let length = needed_length(row).max(Duration::minutes(1));
    let window = Window { from: at, until: at.checked_add_signed(length)? };
    let mut against = rules.against(&context, deployment, window);
    if at < board.at {
        let what = Text::new(words::ago(at, board.at));
        against.insert(0, ScheduleProblem { kind: ScheduleProblemKind::Past, what });
    }
    let release = deployment.release.as_ref().and_then(|id| board.release(id));
    let red = release.and_then(|release| gate_red(&context, release, at));
    let ready = red.as_ref().and(release).and_then(|release| likely_ready(release));
    against.extend(red);
    // Rules that nobody answers for at the moment cannot say yes.
    for kind in [Kind::Freezes, Kind::Bookings, Kind::Deployments, Kind::Environments] {
        if let Freshness::Stale { why, .. } | Freshness::Incomplete { why, .. } = context.freshness(&[kind]) {
            let problem = ScheduleProblem { kind: ScheduleProblemKind::Unknown, what: Text::new(why) };
            if !against.contains(&problem) {
                against.push(problem);
            }
        }
    }
    let (mut slots, mut no_slot) = (Vec::new(), None);
    if ready == Some(ForecastDate::Beyond) {
        no_slot = Some(Text::new(NOT_READY));
    } else if !against.is_empty() {
        let earliest = ready.and_then(ForecastDate::at).unwrap_or(board.at);
        let found = rules.free(&context, deployment, at, length, earliest);
        (slots, no_slot) = (found.windows, found.why_none.map(Text::new));
    }
    let not_ready = match (&deployment.release, release) {
        (None, _) => None,
        (Some(id), None) => Some(format!("{id} is not known")),
        (Some(_), Some(release)) => not_ready(board, release),
    };
    Some(CanGo { window, against, not_ready: not_ready.map(Text::new), slots, no_slot })
}

/// `payments 4.2 is now no-go: Stories ready, Pull requests; P85 Thu 3 Dec`.
fn not_ready(board: &Board, release: &ReleaseInsight) -> Option<String> {
    let answer = match release.verdict {
        Verdict::Go => return None,
        Verdict::NoGo => GateAnswer::NoGo,
        Verdict::Unknown => GateAnswer::Unknown,
    };
    let gates = release.gates.iter().filter(|gate| gate.answer == answer).map(|gate| gate.name.title());
    let gates: Vec<&str> = gates.collect();
    let gates = if gates.is_empty() { String::new() } else { format!(": {}", words::list(&gates, 3)) };
    let mut forecast = String::new();
    if let ForecastView::Dates { p85, .. } = &release.forecast {
        let day = p85.said(|at| words::day_from(at, board.at, &board.policy.calendar));
        forecast = format!("; P85 {day}");
    }
    Some(format!("{} is now {}{gates}{forecast}", release.release.id, release.verdict.word()))
}

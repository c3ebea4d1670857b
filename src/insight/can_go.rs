//! "Can this go Friday 16:00?"

use chrono::Duration;

use crate::domain::{DeploymentId, Instant, Kind, Text, Window};

use super::{
    Board, ForecastView, ReleaseInsight, ScheduleProblem, ScheduleProblemKind, Verdict,
    context::{Context, Freshness},
    outlook::Likelihood,
    readiness,
    schedule::gate_red,
    schedule_rules::ScheduleRules,
    suggested_window, words,
};

/// Whether a deployment can go at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanGo {
    /// The window that was asked for: as long as the deployment needs.
    pub window: Window,
    /// Each rule that says no; none: the window is free.
    pub against: Vec<ScheduleProblem>,
    /// Where it cannot: the nearest later window that keeps to all rules, then the nearest earlier
    /// one.
    pub slots: Vec<Window>,
    /// Why there is no such window, in words.
    pub no_slot: Option<Text>,
    /// The verdict of its release now; none where it has none.
    pub verdict: Option<Verdict>,
    /// How ready the release is, in words.
    pub readiness: Option<Text>,
}

impl CanGo {
    /// No rule says no: the time is free. Whether the release is ready is another question.
    pub fn is_free(&self) -> bool {
        self.against.is_empty()
    }

    /// It can: the time is free, and the release could go now.
    pub fn is_yes(&self) -> bool {
        self.is_free() && self.verdict.is_none_or(|verdict| verdict == Verdict::Go)
    }

    /// In words: `yes`, `no`, or that the time is free and the release is not ready.
    pub fn answer(&self) -> &'static str {
        match self.verdict {
            _ if !self.is_free() => "no",
            Some(Verdict::NoGo) => "the time is free, its release is no-go now",
            Some(Verdict::Unknown) => "the time is free, nobody knows whether its release can go",
            Some(Verdict::Go) | None => "yes",
        }
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
    let length = suggested_window::needed_length(deployment.window, row.estimate.as_ref());
    let length = length.max(Duration::minutes(1));
    let window = Window { from: at, until: at.checked_add_signed(length)? };
    let mut against = rules.against(&context, deployment, window);
    if at < board.at {
        let what = Text::new(words::ago(at, board.at));
        against.insert(0, ScheduleProblem { kind: ScheduleProblemKind::Past, what });
    }
    let release = deployment.release.as_ref().and_then(|id| board.release(id));
    let red = release.and_then(|release| gate_red(&context, release, at));
    let is_red = red.is_some();
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
    if !against.is_empty() {
        let earliest = suggested_window::earliest(&context, deployment, release.map(|it| &**it), is_red);
        let found = rules.free(&context, deployment, at, length, earliest);
        (slots, no_slot) = (found.windows, found.why_none.map(Text::new));
    }
    let readiness = release.and_then(|release| readiness_then(release, at, board.at));
    // A release that nobody knows is not ready for all that is known.
    let named = deployment.release.as_ref();
    let verdict = named.map(|_| release.map_or(Verdict::Unknown, |insight| insight.verdict));
    Some(CanGo { window, against, slots, no_slot, verdict, readiness })
}

/// What is known of the stories and gates of a release: the gates as they are now, the stories as
/// likely as the forecast says everywhere else.
fn readiness_then(release: &ReleaseInsight, at: Instant, now: Instant) -> Option<Text> {
    let ready_by_then = match &release.forecast {
        ForecastView::Dates { likelihood: Some(likelihood), .. } => {
            Likelihood::Forecast(likelihood.clone()).ready_by(now, at)
        }
        ForecastView::Dates { likelihood: None, .. } | ForecastView::Ready | ForecastView::Withheld(_) => {
            None
        }
    };
    let said = readiness::readiness(Some(release), ready_by_then)?;
    Some(Text::new(format!("{}: {said}", release.release.id)))
}

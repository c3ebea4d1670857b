//! Who should yield where two want one place, and where to.

use std::collections::HashMap;

use chrono::Duration;
use serde::Serialize;

use crate::{
    domain::{DeploymentState, EnvironmentId, ReleaseId, Text, Window},
    insight::{
        ForecastDate, ForecastView, Outlook, ReleaseInsight, context::later, schedule::gate_red,
        schedule_rules::Moving, slots::Blocked, suggested_window, words,
    },
};

use super::{
    ClaimKind, Material,
    conflicts::{Claim, exclude_each_other},
    shared,
};

/// Who should yield. A suggestion: people decide.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// Which of the two claims of the conflict: 0 or 1.
    #[serde(skip)]
    pub yields_index: usize,
    /// Who yields.
    pub yields: Text,
    /// Who keeps the place.
    pub keeps: Text,
    /// Why, the reason that decides first.
    pub reasons: Vec<Text>,
    /// The first time in which it would be in nobody's way and no freeze covers it. What is or holds a
    /// deployment gets a window by the rule of the schedule, with room for what such a deployment usually
    /// takes and not before its release is ready; of what runs already it is what is left of it. None
    /// within two years.
    pub move_to: Option<Window>,
    /// Why there is none, in words.
    pub why_none: Option<Text>,
}

/// What speaks for one of two.
struct Standing<'a> {
    insight: Option<&'a ReleaseInsight>,
    claim: &'a Claim,
}

impl Standing<'_> {
    /// When the release is expected: its target, or the P50 of the forecast if that is later; and
    /// which of the two.
    fn expected(&self) -> Option<(ForecastDate, &'static str)> {
        let insight = self.insight?;
        let target = insight.release.target.map(|target| (ForecastDate::By(target.at), "target"));
        let forecast = match &insight.forecast {
            ForecastView::Dates { p50, .. } => Some((*p50, "P50")),
            _ => None,
        };
        target.into_iter().chain(forecast).max_by_key(|(at, _)| *at)
    }

    fn readiness(&self) -> Option<f64> {
        let tally = &self.insight?.tally;
        (tally.stories > 0).then(|| f64::from(tally.stories_ready) / f64::from(tally.stories))
    }
}

/// Who of the two should yield. The claims come with where each place has its own.
pub(super) fn suggest(
    material: &Material<'_>,
    claims: (&[Claim], &HashMap<&EnvironmentId, Vec<usize>>),
    two: [&Claim; 2],
) -> Option<Suggestion> {
    let of = |claim: &Claim| claim.release.as_ref().and_then(|id| release(material, id));
    let [one, other] = two.map(|claim| Standing { insight: of(claim), claim });
    let votes = votes(material, &one, &other);
    let (yields_index, _) = *votes.first()?;
    let (yields, keeps) = (two[yields_index], two[1 - yields_index]);
    // What speaks the other way is told, too: a person may weigh it otherwise.
    let reasons = votes.iter().map(|(index, why)| {
        Text::new(if *index == yields_index { why.clone() } else { format!("against it: {why}") })
    });
    let (move_to, why_none) = match move_to(material, claims, yields) {
        Ok(window) => (Some(window), None),
        Err(why) => (None, Some(why)),
    };
    Some(Suggestion {
        yields_index,
        yields: Text::new(yields.name()),
        keeps: Text::new(keeps.name()),
        reasons: reasons.collect(),
        move_to,
        why_none,
    })
}

fn release<'a>(material: &Material<'a>, id: &ReleaseId) -> Option<&'a ReleaseInsight> {
    material.board.release(id).map(|insight| &**insight)
}

/// Which of the two should yield by each reason, the weightiest reason first.
fn votes(material: &Material<'_>, one: &Standing<'_>, other: &Standing<'_>) -> Vec<(usize, String)> {
    let calendar = &material.context.policy.calendar;
    let mut votes = Vec::new();
    let name = |standing: &Standing<'_>| standing.claim.name().to_owned();
    let both = [one, other];
    only(
        &mut votes,
        both,
        &|standing| standing.insight.is_some_and(|insight| insight.release.released_at.is_some()),
        &|standing| format!("{} is out already", name(standing)),
    );
    only(&mut votes, both, &|standing| standing.claim.release.is_none(), &|standing| {
        format!("{} is for no release", name(standing))
    });
    // A deployment has its hour, which freezes and people fix; a booking is easier to move, but for
    // one that was made for such a deployment.
    only(&mut votes, both, &|standing| standing.claim.deployment.is_none(), &|standing| {
        format!("{} only books it, the other one deploys there", name(standing))
    });
    if let (Some((first, by)), Some((second, others))) = (one.expected(), other.expected())
        && first
            .at()
            .zip(second.at())
            .is_none_or(|(first, second)| (first - second).abs() >= Duration::days(1))
        && first != second
    {
        let index = usize::from(second > first);
        let said = |standing: &Standing<'_>, date: ForecastDate, by| {
            format!("{} is expected {} ({by})", name(standing), date.said(|at| words::day(at, calendar)))
        };
        let [mut later, mut sooner] = [said(one, first, by), said(other, second, others)];
        if index == 1 {
            std::mem::swap(&mut later, &mut sooner);
        }
        votes.push((index, format!("{later}, {sooner}")));
    }
    only(
        &mut votes,
        both,
        &|standing| standing.insight.is_some_and(|insight| insight.outlook == Outlook::Late),
        &|standing| format!("{} is late: it will not be ready by its target", name(standing)),
    );
    only(&mut votes, both, &|standing| !standing.claim.approved, &|standing| {
        format!("{} is not approved", name(standing))
    });
    if let (Some(first), Some(second)) = (one.readiness(), other.readiness())
        && (first - second).abs() >= 0.05
    {
        let index = usize::from(second < first);
        let [less, more] = if index == 0 { [first, second] } else { [second, first] };
        votes.push((
            index,
            format!(
                "{} has {} of its stories ready, the other one {}",
                name(both[index]),
                words::percent(less),
                words::percent(more)
            ),
        ));
    }
    if votes.is_empty() && one.claim.window.from != other.claim.window.from {
        let index = usize::from(other.claim.window.from > one.claim.window.from);
        votes.push((index, format!("{} begins later", name(both[index]))));
    }
    votes
}

/// Notes the one of `both` that alone `holds`, and why that speaks against it.
fn only(
    votes: &mut Vec<(usize, String)>,
    both: [&Standing<'_>; 2],
    holds: &dyn Fn(&Standing<'_>) -> bool,
    why: &dyn Fn(&Standing<'_>) -> String,
) {
    let [first, second] = both.map(holds);
    if first != second {
        let index = usize::from(second);
        votes.push((index, why(both[index])));
    }
}

impl Suggestion {
    /// Where it could go, a window as `span` says it, or why nothing is free for it.
    pub fn moves(&self, span: impl Fn(&Window) -> String) -> String {
        match (&self.move_to, &self.why_none) {
            (Some(window), _) => format!("could go {}", span(window)),
            (None, Some(why)) => format!("should yield, and nothing is free for it: {why}"),
            (None, None) => "should yield, and nothing is free for it".to_owned(),
        }
    }
}

/// The first time in which `claim` is in nobody's way and breaks no rule; else why there is none.
fn move_to(
    material: &Material<'_>,
    (claims, at): (&[Claim], &HashMap<&EnvironmentId, Vec<usize>>),
    claim: &Claim,
) -> Result<Window, Text> {
    let context = material.context;
    let row = claim.deployment_id.as_ref().and_then(|id| material.rows.get(id)).copied();
    let row = row.filter(|row| row.deployment.state != DeploymentState::Running);
    if let (Some(row), ClaimKind::Deployment) = (row, claim.kind) {
        // The schedule has found it already.
        if let Some(window) = row.slots.first() {
            return Ok(*window);
        }
        if let Some(why) = &row.no_slot {
            return Err(why.clone());
        }
    }
    let from = claim.window.from.max(context.now);
    let mut window = Window { from, until: claim.window.until };
    let mut deployment = claim.deployment.and_then(|part| shared(&part, &window));
    if let (Some(row), Some(part)) = (row, &mut deployment) {
        let release = row.deployment.release.as_ref().and_then(|id| release(material, id));
        let is_red = release.is_some_and(|release| gate_red(context, release, part.from).is_some());
        let earliest = suggested_window::earliest(context, &row.deployment, release, is_red);
        let by = (earliest.map_err(Text::new)? - part.from).max(Duration::zero());
        let until = later(part.from, suggested_window::needed_length(*part, row.estimate.as_ref()));
        window = Window { from: later(from, by), until: later(window.until.max(until), by) };
        *part = Window { from: later(part.from, by), until: later(until, by) };
    }
    let around = material.places.around(&claim.environment).filter_map(|place| at.get(place)).flatten();
    let in_the_way = around
        .map(|index| &claims[*index])
        .filter(|other| (other.kind, &other.id) != (claim.kind, &claim.id))
        .filter(|other| {
            // The inner one of the two places must bear only one.
            let is_inner = context.held_by(&other.environment).contains(&&claim.environment);
            let inner = if is_inner { &other.environment } else { &claim.environment };
            !context.environment(inner).is_some_and(|environment| environment.shareable)
        })
        .filter(|other| exclude_each_other(claim, other));
    let taken = Blocked::new(in_the_way.map(|other| other.window));
    let found = material.closed.next(&claim.environment, Moving { window, deployment }, &taken);
    found.ok_or_else(|| {
        let length = words::duration(window.duration());
        Text::new(format!("no free time of {length} within two years"))
    })
}

//! "What if?": a world in which something is taken for true, and what is another then.
//!
//! Nothing is worked out anew here: [`derive`](super::derive()) answers for an assumed world as for
//! the true one. What a world of facts cannot say (that rules do not apply to a story, that the
//! scope stays as it is) stands in [`World::assumed`], by which anybody can tell it from the truth.

use std::{collections::HashSet, sync::Arc};

use crate::domain::{
    Assumed, Assumption, Calendar, Instant, ReleaseId, ScopeChange, ScopeMove, StoryKey, Target, Text, World,
};

use super::{ForecastView, GateAnswer, ReleaseInsight, Verdict, when, words};

/// How assumptions are written, for messages.
const EXAMPLES: &str = "leave-out KEY, freeze-scope, target +3d or target 2026-12-01";

/// Most assumptions at once.
const MOST_ASSUMED: usize = 200;

/// `world` as it would be if `assumed` was true from `now` on: stories leave their release,
/// targets move. What came before stays as it was.
pub fn assume(world: &World, assumed: &[Assumed], now: Instant) -> World {
    let mut world = world.clone();
    let mut left_out: HashSet<(&StoryKey, &ReleaseId)> = HashSet::new();
    for Assumed { release, assumption } in assumed {
        match assumption {
            Assumption::LeaveOut(key) => {
                left_out.insert((key, release));
            }
            Assumption::MoveTarget(at) => {
                for one in world.releases.iter_mut().filter(|one| one.id == *release) {
                    Arc::make_mut(one).target = Some(Target { at: *at, estimated: false });
                }
            }
            Assumption::FreezeScope => {}
        }
    }
    if !left_out.is_empty() {
        let keys: HashSet<&StoryKey> = left_out.iter().map(|(key, _)| *key).collect();
        for story in world.stories.iter_mut().filter(|story| keys.contains(&story.key)) {
            let key = story.key.clone();
            let story = Arc::make_mut(story);
            for (_, release) in left_out.iter().filter(|(one, _)| **one == key) {
                story.releases.retain(|id| id != *release);
                story.scope.push(ScopeMove {
                    at: now,
                    release: (*release).clone(),
                    change: ScopeChange::Removed,
                });
            }
        }
    }
    world.assumed = assumed.to_vec();
    world
}

/// `assumed` with one more: a target takes the place of the one before, and what is assumed
/// already is not assumed twice.
#[must_use]
pub fn with_assumption(assumed: &[Assumed], new: Assumed) -> Vec<Assumed> {
    let is_target = |one: &Assumed| matches!(one.assumption, Assumption::MoveTarget(_));
    let gives_way =
        |one: &Assumed| *one == new || (is_target(one) && is_target(&new) && one.release == new.release);
    let mut all: Vec<Assumed> = assumed.iter().filter(|one| !gives_way(one)).cloned().collect();
    all.push(new);
    all.truncate(MOST_ASSUMED);
    all
}

/// The assumption that a person means by `written` about `insight`: `leave-out PAY-320` (or
/// `leave-out=PAY-320`), `freeze-scope`, `target +3d`; else what is wrong with it.
pub fn parse_assumption(
    written: &str,
    insight: &ReleaseInsight,
    now: Instant,
    calendar: &Calendar,
) -> Result<Assumed, Text> {
    let written = written.trim();
    let (name, value) = written.split_once(['=', ' ']).unwrap_or((written, ""));
    let value = value.trim();
    let release = &insight.release;
    if release.released_at.is_some() {
        return Err(Text::new(format!("{} went out: there is nothing to assume", release.id)));
    }
    let assumption = match (name, value) {
        ("leave-out", "") => return Err("which story? leave-out KEY".into()),
        ("leave-out", key) => {
            let named = |row: &&super::StoryRow| row.story.key.as_str().eq_ignore_ascii_case(key);
            let row = insight.stories.iter().find(named);
            let row = row.ok_or_else(|| Text::new(format!("{} has no story {key:?}", release.id)))?;
            Assumption::LeaveOut(row.story.key.clone())
        }
        ("freeze-scope", "") => Assumption::FreezeScope,
        ("target", written) => {
            let from = release.target.map_or(now, |target| target.at);
            let at = when::moved(written, from, now, calendar);
            let unknown = || Text::new(format!("{written:?} is no target; write +3d, -2d or 2026-12-01"));
            Assumption::MoveTarget(at.ok_or_else(unknown)?)
        }
        _ => return Err(Text::new(format!("{written:?} is no assumption; write {EXAMPLES}"))),
    };
    Ok(Assumed { release: release.id.clone(), assumption })
}

/// An assumption in words: `PAY-320 left out`.
pub fn said_of(assumption: &Assumption, calendar: &Calendar) -> String {
    match assumption {
        Assumption::LeaveOut(key) => format!("{key} left out"),
        Assumption::FreezeScope => "scope frozen".to_owned(),
        Assumption::MoveTarget(at) => format!("target {}", words::day_and_time(*at, calendar)),
    }
}

/// Something that would be another: `P85`, `Fri 27 Nov`, `Wed 25 Nov`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub what: Text,
    /// What it is.
    pub truth: String,
    /// What it would be.
    pub assumed: String,
}

/// What the release would be another in: dates, chances and verdict first, then the gates.
pub fn differences(truth: &ReleaseInsight, assumed: &ReleaseInsight, calendar: &Calendar) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |what: &str, truth: String, assumed: String| {
        if truth != assumed {
            found.push(Difference { what: Text::new(what), truth, assumed });
        }
    };
    let both = |say: &dyn Fn(&ReleaseInsight) -> String| (say(truth), say(assumed));
    for (what, share) in [("P50", 0), ("P85", 1)] {
        let (is, would_be) = both(&|one| match &one.forecast {
            ForecastView::Dates { p50, p85, .. } => [*p50, *p85][share].said(|at| words::day(at, calendar)),
            ForecastView::Withheld(_) => "unknown".to_owned(),
            ForecastView::Ready => "ready".to_owned(),
        });
        compare(what, is, would_be);
    }
    let (is, would_be) = both(&|one| match one.forecast {
        ForecastView::Dates { by_target: Some(share), .. } => {
            format!("{} {}", one.outlook.word(), words::chance(share))
        }
        _ => one.outlook.word().to_owned(),
    });
    compare("outlook", is, would_be);
    let (is, would_be) = both(&|one| match one.verdict {
        Verdict::Go => "go".to_owned(),
        Verdict::NoGo => format!("no-go {}", one.tally.gates_no_go),
        Verdict::Unknown => format!("unknown {}", one.tally.gates_unknown),
    });
    compare("verdict", is, would_be);
    for gate in &truth.gates {
        let Some(other) = assumed.gates.iter().find(|other| other.name == gate.name) else { continue };
        let say = |gate: &super::Gate| match gate.answer {
            GateAnswer::NotNeeded => gate.answer.word().to_owned(),
            answer => format!("{} {}", answer.word(), gate.measured),
        };
        compare(gate.name.title(), say(gate), say(other));
    }
    found
}

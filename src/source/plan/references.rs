//! What a plan refers to: whether it is there, and whether anything waits for itself.

use std::collections::{HashMap, HashSet};

use super::{
    convert::{Places, problem_at},
    cycles::cycles,
};
use crate::{
    config::{Place, nearest},
    domain::{Activity, EnvironmentId, Facts, Kind, Problem, ReleaseId, StoryKey, Text},
};

/// Most names of a cycle that are spelt out.
const SPELT_OUT: usize = 8;

/// Most cycles of one kind that are reported.
const MOST_CYCLES: usize = 20;

/// A hint at the name that was meant.
pub(super) fn guess(near: Option<&str>) -> String {
    near.map(|near| format!(" — did you mean `{near}`?")).unwrap_or_default()
}

/// Reports references that lead nowhere, and cycles. What refers is kept: that something waits
/// for what is unknown is better known than forgotten.
pub(super) fn check(facts: &Facts, places: &Places, problems: &mut Vec<Problem>) {
    // What refers to nothing known is unknown itself, where a gate asks about it; but what is in
    // something or of something is missed there.
    let mut report = |place: Option<&Place>, what: String, next_step: &str, missed: &[Kind]| {
        problems.extend(place.map(|place| problem_at(place, what, next_step).losing(missed)));
    };
    // Nearness costs: look for it a few times only, a plan may be full of unknown names.
    let mut guesses = 50;
    let mut unknown = |name: &str, known: &HashMap<String, Place>| {
        // Where the plan lists none at all, another source does.
        if known.is_empty() || known.contains_key(name) {
            return None;
        }
        guesses -= 1;
        let near = if guesses > 0 { nearest(name, known.keys().map(String::as_str)) } else { None };
        Some(guess(near))
    };

    for release in &facts.releases {
        let place = places.releases.get(release.id.as_str());
        for other in &release.depends_on {
            if let Some(guess) = unknown(other.as_str(), &places.releases) {
                let what = format!(
                    "release `{}` depends on `{other}`, which the plan does not list{guess}",
                    release.id
                );
                report(place, what, "correct the name in depends_on, or add that release", &[]);
            }
        }
    }
    for story in &facts.stories {
        let place = places.stories.get(story.key.as_str());
        for release in &story.releases {
            if let Some(guess) = unknown(release.as_str(), &places.releases) {
                let what =
                    format!("story `{}` is in `{release}`, which the plan does not list{guess}", story.key);
                report(
                    place,
                    what,
                    "correct the name of the release, or add that release",
                    &[Kind::Stories, Kind::Defects],
                );
            }
        }
        for other in &story.blocked_by {
            if let Some(guess) = unknown(other.as_str(), &places.stories) {
                let what = format!(
                    "story `{}` is blocked by `{other}`, which the plan does not list{guess}",
                    story.key
                );
                report(place, what, "correct the key in blocked_by, or add that story", &[]);
            }
        }
    }
    for environment in &facts.environments {
        if let Some(group) = &environment.group
            && let Some(guess) = unknown(group.as_str(), &places.environments)
        {
            let what = format!(
                "environment `{}` is in the group `{group}`, which the plan does not list{guess}",
                environment.id
            );
            report(
                places.environments.get(environment.id.as_str()),
                what,
                "correct the group, or add it as an environment",
                &[Kind::Environments],
            );
        }
    }
    for booking in &facts.bookings {
        let place = places.bookings.get(booking.id.as_str());
        if let Some(guess) = unknown(booking.environment.as_str(), &places.environments) {
            let what = format!("a booking of `{}`, which the plan does not list{guess}", booking.environment);
            report(place, what, "correct the name, or add that environment", &[Kind::Bookings]);
        }
        if let Some(release) = &booking.release
            && let Some(guess) = unknown(release.as_str(), &places.releases)
        {
            let what = format!("a booking for `{release}`, which the plan does not list{guess}");
            report(place, what, "correct the name of the release, or add that release", &[]);
        }
    }
    for deployment in &facts.deployments {
        let place = places.deployments.get(deployment.id.as_str());
        if let Some(guess) = unknown(deployment.environment.as_str(), &places.environments) {
            let what = format!(
                "deployment `{}` goes to `{}`, which the plan does not list{guess}",
                deployment.id, deployment.environment
            );
            report(place, what, "correct the name, or add that environment", &[]);
        }
        if let Some(release) = &deployment.release
            && let Some(guess) = unknown(release.as_str(), &places.releases)
        {
            let what = format!(
                "deployment `{}` is of `{release}`, which the plan does not list{guess}",
                deployment.id
            );
            report(place, what, "correct the name of the release, or add that release", &[Kind::Deployments]);
        }
    }

    let releases: Vec<(&str, Vec<&str>)> = facts
        .releases
        .iter()
        .map(|release| (release.id.as_str(), release.depends_on.iter().map(ReleaseId::as_str).collect()))
        .collect();
    for cycle in named_cycles(&releases) {
        let what = format!("release `{}` waits for itself: {}", cycle[0], spell_out(&cycle));
        report(places.releases.get(cycle[0]), what, "remove one of them from depends_on", &[]);
    }
    let stories: Vec<(&str, Vec<&str>)> = facts
        .stories
        .iter()
        .map(|story| (story.key.as_str(), story.blocked_by.iter().map(StoryKey::as_str).collect()))
        .collect();
    for cycle in named_cycles(&stories) {
        let what = format!("story `{}` waits for itself: {}", cycle[0], spell_out(&cycle));
        report(places.stories.get(cycle[0]), what, "remove one of them from blocked_by", &[]);
    }
    let groups: Vec<(&str, Vec<&str>)> = facts
        .environments
        .iter()
        .map(|environment| {
            let group = environment.group.as_ref().map(EnvironmentId::as_str);
            (environment.id.as_str(), group.into_iter().collect())
        })
        .collect();
    for cycle in named_cycles(&groups) {
        let what = format!("environment `{}` is in itself: {}", cycle[0], spell_out(&cycle));
        report(places.environments.get(cycle[0]), what, "remove one of the groups", &[]);
    }
}

/// Cycles by name, among things that wait for others.
fn named_cycles<'a>(things: &[(&'a str, Vec<&'a str>)]) -> Vec<Vec<&'a str>> {
    let mut found = cycles(&edges(things));
    found.truncate(MOST_CYCLES);
    found.into_iter().map(|cycle| cycle.into_iter().map(|index| things[index].0).collect()).collect()
}

fn edges(things: &[(&str, Vec<&str>)]) -> Vec<Vec<usize>> {
    let index: HashMap<&str, usize> =
        things.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
    let targets = |names: &Vec<&str>| names.iter().filter_map(|name| index.get(name).copied()).collect();
    things.iter().map(|(_, names)| targets(names)).collect()
}

/// `a → b → a`; the middle of a long one is left out.
fn spell_out(cycle: &[&str]) -> String {
    let mut names: Vec<&str> = cycle.iter().take(SPELT_OUT).copied().collect();
    if cycle.len() > SPELT_OUT {
        names.push("…");
    }
    names.extend(cycle.first());
    names.join(" → ")
}

/// Takes away what makes activities wait for themselves: a runbook with a cycle never ends.
/// `report` is told the first activity of each cycle and the cycle.
pub(super) fn break_cycles(activities: &mut [Activity], mut report: impl FnMut(usize, String)) {
    let things: Vec<(&str, Vec<&str>)> = activities
        .iter()
        .map(|activity| (activity.name.as_str(), activity.after.iter().map(Text::as_str).collect()))
        .collect();
    let found = cycles(&edges(&things));
    let spelt: Vec<String> = found
        .iter()
        .map(|cycle| spell_out(&cycle.iter().map(|index| things[*index].0).collect::<Vec<_>>()))
        .collect();
    let mut cut = HashSet::new();
    for (cycle, spelt) in found.iter().zip(spelt) {
        let (Some(&first), Some(&last)) = (cycle.first(), cycle.last()) else { continue };
        if cut.insert((last, first)) {
            report(first, spelt);
        }
    }
    for (last, first) in cut {
        let name = activities[first].name.clone();
        activities[last].after.retain(|after| *after != name);
    }
}

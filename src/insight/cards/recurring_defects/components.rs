//! Components that need more fixes than others, and those of which nothing is heard.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::{
    domain::{Category, Kind, Story, StoryKind, Text},
    insight::context::Context,
};

use super::{
    super::{Material, statistics},
    fixes,
};

/// Of what is flagged, no more than this share is expected to be chance.
const NOISE: f64 = 0.05;

/// A component that had fixes.
pub(super) struct Component<'a> {
    pub(super) name: &'a str,
    pub(super) fixes: usize,
    /// Fixes, the newest counting most: Σ 1/(1+e^(12−12t)), t from 0 for the oldest fix of all
    /// to 1 for the newest (Lewis and Ou, "Bug prediction at Google", 2011).
    pub(super) weight: f64,
    /// Fixes that it would have by its share of the stories.
    pub(super) expected: f64,
    /// How likely so many or more are by chance (Poisson).
    pub(super) p: f64,
    /// They are more than chance explains (Benjamini and Hochberg at 5 %).
    pub(super) flagged: bool,
    pub(super) newest: Option<&'a Story>,
}

/// Components with fixes, the one with the most weight first.
pub(super) fn ranked<'a>(context: &Context<'a>) -> Vec<Component<'a>> {
    let mut stories: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fixed: BTreeMap<&str, Vec<(f64, &'a Story)>> = BTreeMap::new();
    for &story in &context.stories {
        let Some(component) = &story.component else { continue };
        match story.kind {
            StoryKind::Story if story.category != Category::Dropped => {
                *stories.entry(component).or_default() += 1;
            }
            StoryKind::Story => {}
            StoryKind::Defect => {
                let at = fixes(story).map(|at| (at.timestamp() as f64, &**story));
                fixed.entry(component).or_default().extend(at);
            }
        }
    }
    // Sums are the same whatever the order of the facts.
    for fixes in fixed.values_mut() {
        fixes.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.key.cmp(&other.1.key)));
    }
    let names: BTreeSet<&str> = stories.keys().chain(fixed.keys()).copied().collect();
    let times = || fixed.values().flatten().map(|(at, _)| *at);
    let (oldest, newest) = (times().fold(f64::MAX, f64::min), times().fold(f64::MIN, f64::max));
    let total = times().count() as f64;
    // One story more for each, so that one without any has a share.
    let all: f64 = stories.values().map(|count| *count as f64).sum::<f64>() + names.len() as f64;
    let weight = |at: f64| {
        let t = if newest > oldest { (at - oldest) / (newest - oldest) } else { 1.0 };
        1.0 / (1.0 + (12.0 - 12.0 * t).exp())
    };
    let mut ranked: Vec<Component<'_>> = fixed
        .iter()
        .filter(|(_, fixes)| !fixes.is_empty())
        .map(|(name, fixes)| {
            let share = (stories.get(name).copied().unwrap_or_default() as f64 + 1.0) / all;
            let expected = total * share;
            let newest = fixes.last();
            Component {
                name,
                fixes: fixes.len(),
                weight: fixes.iter().map(|(at, _)| weight(*at)).sum(),
                expected,
                p: statistics::at_least(fixes.len() as u64, expected),
                flagged: false,
                newest: newest.map(|(_, story)| *story),
            }
        })
        .collect();
    let p: Vec<f64> = ranked.iter().map(|component| component.p).collect();
    for (component, flagged) in ranked.iter_mut().zip(statistics::discoveries(&p, NOISE)) {
        component.flagged = flagged;
    }
    ranked.sort_by(|one, other| other.weight.total_cmp(&one.weight).then(one.name.cmp(other.name)));
    ranked
}

/// A component that changed and of which nothing is heard.
pub(super) struct Silent<'a> {
    pub(super) name: &'a str,
    /// Stories that change it in the release that is shown first.
    pub(super) changed: Vec<&'a Story>,
}

/// Components that the current release changes, with no defect ever and no test by their name.
/// None where no source tells of tests or of defects.
pub(super) fn silent<'a>(material: &Material<'a>) -> Vec<Silent<'a>> {
    let context = material.context;
    let is_covered = |kind| context.world.is_covered(kind);
    let current = material.board.default_release().and_then(|it| context.release(&it.release.id));
    let (Some(current), true, true) = (current, is_covered(Kind::Defects), is_covered(Kind::TestRuns)) else {
        return Vec::new();
    };
    let has_defect: BTreeSet<String> = context
        .stories
        .iter()
        .filter(|story| story.kind == StoryKind::Defect)
        .filter_map(|story| Some(story.component.as_ref()?.to_lowercase()))
        .collect();
    let tests: HashSet<&Text> =
        context.test_runs.iter().flat_map(|run| run.failures.iter().chain([&run.suite])).collect();
    let tests: Vec<String> = tests.into_iter().map(|name| name.to_lowercase()).collect();
    let mut changed: BTreeMap<&str, Vec<&'a Story>> = BTreeMap::new();
    for member in &material.membership().stories[current] {
        let story: &'a Story = context.stories[member.item];
        let is_begun = !matches!(story.category, Category::ToDo | Category::Dropped | Category::Unknown);
        if let Some(component) = story.component.as_ref().filter(|_| is_begun) {
            changed.entry(component).or_default().push(story);
        }
    }
    let is_heard = |name: &str| {
        let name = name.to_lowercase();
        has_defect.contains(&name) || tests.iter().any(|test| test.contains(&name))
    };
    let unheard = changed.into_iter().filter(|(name, _)| !is_heard(name));
    unheard.map(|(name, changed)| Silent { name, changed }).collect()
}

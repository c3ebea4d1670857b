//! The rows behind the value stream: its steps, and its items by kind, team, repository, component and
//! release.

use std::collections::BTreeMap;

use crate::{
    domain::{Story, StoryKind, Text},
    insight::{Subject, teams},
};

use super::{
    super::{
        CardRow, CardStanding, Material, behind,
        numbers::{quantile, sorted},
        parts,
        weeks::length,
    },
    Candidate, Read, Step, Sum, Way, standing,
};

/// Rows of each way to group stories.
const GROUPS: usize = 8;

/// Finished items with what they took, those first that took longest.
fn told_ways<'a>(
    material: &Material<'_>,
    ways: impl Iterator<Item = (usize, &'a Way)>,
    took: impl Fn(&Way) -> i64,
) -> Vec<Text> {
    let mut took: Vec<(i64, &Story)> =
        ways.map(|(item, way)| (took(way), &**material.context.stories[item])).collect();
    took.sort_by(|(one, a), (other, b)| other.cmp(one).then(a.key.cmp(&b.key)));
    behind(&took, |(seconds, story)| format!("{} {}: {}", story.key, story.title, length(*seconds as f64)))
}

pub(super) fn step_rows(
    material: &Material<'_>,
    all: &Sum<'_>,
    read: &Read,
    candidates: &[Candidate],
    constraint: Option<Step>,
) -> Vec<CardRow> {
    let row = |step: Step| {
        let index = step as usize;
        let through: Vec<&&Way> = all.ways.iter().filter(|way| way.entered[index] > 0).collect();
        let longest =
            read.finished.iter().filter(|(_, way)| way.entered[index] > 0).map(|(item, way)| (*item, way));
        let spent = sorted(through.iter().map(|way| way.spent[index] as f64));
        let again: u32 = through.iter().map(|way| way.entered[index] - 1).sum();
        // Of all, so that the means of the steps add up to that of the way.
        let mean = spent.iter().sum::<f64>() / all.ways.len().max(1) as f64;
        let now = read.under_way.iter().filter(|(_, now)| *now == step).count();
        let candidate = candidates.iter().find(|candidate| candidate.step == step);
        CardRow {
            cells: cells(
                step.word().to_owned(),
                &spent,
                mean,
                Some(if step.is_work() { 0.0 } else { 1.0 }),
                again,
                if step == Step::ToDo { "–".to_owned() } else { now.to_string() },
                parts::sentence([
                    if constraint == Some(step) { "the constraint".to_owned() } else { String::new() },
                    candidate
                        .map(|candidate| format!("could be {}: {}", candidate.remedy.done(), candidate.why))
                        .unwrap_or_default(),
                ]),
            ),
            standing: if candidate.is_some() { CardStanding::Watch } else { CardStanding::Told },
            subject: None,
            behind: told_ways(material, longest, |way| way.spent[index]),
        }
    };
    Step::ALL.into_iter().map(row).collect()
}

fn cells(
    name: String,
    spent: &[f64],
    mean: f64,
    waiting: Option<f64>,
    again: u32,
    now: String,
    remark: String,
) -> Vec<Text> {
    let at = |share| quantile(spent, share).map_or("–".to_owned(), length);
    [
        name,
        spent.len().to_string(),
        if spent.is_empty() { "–".to_owned() } else { length(mean) },
        at(0.5),
        at(0.85),
        waiting.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0)),
        again.to_string(),
        now,
        remark,
    ]
    .map(Text::new)
    .to_vec()
}

/// What stories are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Kind,
    Team,
    Repository,
    Component,
    Release,
}

fn groups<'a>(material: &Material<'a>, item: usize) -> Vec<(By, &'a str)> {
    let story: &'a Story = material.context.stories[item];
    let mut groups = vec![(
        By::Kind,
        match story.kind {
            StoryKind::Story => "stories",
            StoryKind::Defect => "defects",
        },
    )];
    // Without teams the repositories stand for them, and are rows of their own.
    if let Some(teams::TeamName::Team(team)) = teams::of_story(material.context, material.membership(), item)
    {
        groups.push((By::Team, team));
    }
    let pull_requests = material.membership().by_story[item].iter();
    groups.extend(
        pull_requests
            .map(|index| (By::Repository, material.context.pull_requests[*index].repository.as_str())),
    );
    groups.extend(story.component.iter().map(|component| (By::Component, component.as_str())));
    groups.extend(story.releases.iter().map(|release| (By::Release, release.as_str())));
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// The way by kind, team, repository, component and release: of each the groups with most stories.
pub(super) fn group_rows(material: &Material<'_>, read: &Read) -> Vec<CardRow> {
    let mut ways = BTreeMap::<(By, &str), Vec<(usize, &Way)>>::new();
    for (item, way) in &read.finished {
        for group in groups(material, *item) {
            ways.entry(group).or_default().push((*item, way));
        }
    }
    let mut now = BTreeMap::<(By, &str), usize>::new();
    for (item, _) in &read.under_way {
        for group in groups(material, *item) {
            *now.entry(group).or_default() += 1;
        }
    }
    let mut sorted_groups: Vec<_> = ways.into_iter().collect();
    sorted_groups.sort_by_key(|((by, name), ways)| (*by, std::cmp::Reverse(ways.len()), *name));
    let mut rows = Vec::new();
    for groups in sorted_groups.chunk_by(|one, next| one.0.0 == next.0.0) {
        for (group, ways) in groups.iter().take(GROUPS) {
            let items = ways;
            let ways: Vec<&Way> = items.iter().map(|(_, way)| *way).collect();
            let sum = Sum { ways: &ways, under_way: now.get(group).copied().unwrap_or(0) };
            let spent = sorted(ways.iter().map(|way| way.total() as f64));
            let mean = spent.iter().sum::<f64>() / spent.len().max(1) as f64;
            let again =
                ways.iter().flat_map(|way| way.entered).map(|entered| entered.saturating_sub(1)).sum();
            let (by, name) = *group;
            let release = material.context.releases.iter().find(|it| it.id.as_str() == name);
            let label = match by {
                By::Kind | By::Release => name.to_owned(),
                By::Team => format!("team {name}"),
                By::Repository => format!("repository {name}"),
                By::Component => format!("component {name}"),
            };
            let waiting = sum.efficiency().map(|efficiency| 1.0 - efficiency);
            let now = sum.under_way.to_string();
            rows.push(CardRow {
                cells: cells(label, &spent, mean, waiting, again, now, String::new()),
                standing: standing(ways.len(), sum.efficiency()),
                subject: release
                    .filter(|_| by == By::Release)
                    .map(|release| Subject::Release(release.id.clone())),
                behind: told_ways(material, items.iter().copied(), Way::total),
            });
        }
    }
    rows
}

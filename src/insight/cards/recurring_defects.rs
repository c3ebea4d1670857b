//! Defects that come back, where they do, and components about which nobody says anything.

mod components;
mod fingerprint;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::Duration;

use crate::{
    domain::{Category, Instant, Kind, ReleaseId, Story, StoryKey, StoryKind, Text},
    insight::{Subject, context::Context, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture, behind,
    parts::{counted, sentence},
};
use components::{Component, Silent};
use fingerprint::{FailingTest, Fingerprint};

/// Components that are drawn.
const MOST_BARS: usize = 5;

/// The same defect, whenever it was reported.
struct Recurring<'a> {
    fingerprint: Fingerprint,
    /// Its reports, oldest first; none of a test that keeps failing.
    reports: Vec<&'a Story>,
    releases: BTreeSet<&'a ReleaseId>,
    /// How often a report was opened again after it was done.
    reopened: usize,
    /// Reports that were made after an earlier one was fixed, and stories that were linked to a
    /// report after its fix.
    after_a_fix: usize,
    newest: Instant,
}

impl Recurring<'_> {
    /// How often it came back: in how many releases, opened again, after a fix.
    fn times(&self) -> usize {
        self.releases.len() + self.reopened + self.after_a_fix
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    let defects: Vec<(usize, &Story)> = context
        .stories
        .iter()
        .enumerate()
        .filter(|(_, story)| story.kind == StoryKind::Defect && story.category != Category::Dropped)
        .map(|(item, story)| (item, &***story))
        .collect();
    let mut tests = failing_tests(material);
    if defects.is_empty() && tests.is_empty() {
        return Card::silent(CardId::RecurringDefects, "no defect was ever reported");
    }
    let links = Links::of(context);
    let (mut recurring, vague) = by_fingerprint(material, &defects, &links);
    for found in [&mut recurring, &mut tests] {
        found.sort_by_cached_key(|it| (std::cmp::Reverse((it.times(), it.newest)), it.fingerprint.clone()));
    }
    let ranked = components::ranked(context);
    let silent = components::silent(material);
    let flagged: Vec<&Component<'_>> = ranked.iter().filter(|component| component.flagged).collect();
    let names: Vec<&str> = flagged.iter().map(|component| component.name).collect();
    let said = match recurring.first() {
        None if defects.is_empty() => "no defect was ever reported".to_owned(),
        None => format!("none of {} came back", words::count(defects.len(), "defect", "defects")),
        Some(worst) => {
            let came_back = format!(
                "{} came back among {}",
                words::count(recurring.len(), "defect", "defects"),
                words::count(defects.len(), "report", "reports")
            );
            // Of several that came back as often none is the one.
            let is_as_bad = |it: &&Recurring<'_>| it.times() == worst.times();
            let worst: Vec<String> =
                recurring.iter().take_while(is_as_bad).map(|it| it.fingerprint.named()).collect();
            match worst.len() {
                _ if recurring.len() == 1 => format!("{came_back}: {}", worst.concat()),
                1 => format!("{came_back}, most of all {}", worst.concat()),
                tied if tied == recurring.len() => format!("{came_back}, none more often than another"),
                2 => format!("{came_back}, most of all, and as often, {}", worst.join(" and ")),
                tied => format!("{came_back}, most of all {tied} of them, as often as each other"),
            }
        }
    };
    let failed = match tests.len() {
        0 => String::new(),
        count => format!("{} failed in two releases or more", words::count(count, "test", "tests")),
    };
    let hot = if names.is_empty() {
        String::new()
    } else {
        format!("{} needs more fixes than its share", words::list(&names, 2))
    };
    let unheard = match silent.as_slice() {
        [] => String::new(),
        [one] => format!("{} changed, and no test or defect speaks of it", one.name),
        more => format!("{} components changed, and no test or defect speaks of them", more.len()),
    };
    let failures = Failures::of(context);
    let row_of = |it: &Recurring<'_>| row(material, it, &links, &failures);
    Card {
        id: CardId::RecurringDefects,
        sentence: Text::new(sentence([said, failed, hot, unheard])),
        standing: match () {
            () if !flagged.is_empty() => CardStanding::Poor,
            () if !recurring.is_empty() || !tests.is_empty() || !silent.is_empty() => CardStanding::Watch,
            () => CardStanding::Good,
        },
        figures: vec![
            counted("defects", defects.len(), "defects"),
            counted("recurring", recurring.len(), "defects"),
            counted("tests_failing_again", tests.len(), "tests"),
            counted("reopened", recurring.iter().map(|it| it.reopened).sum(), "times"),
            counted("components_above_their_share", flagged.len(), "components"),
            counted("silent_components", silent.len(), "components"),
        ],
        picture: Picture::Bars { bars: ranked.iter().take(MOST_BARS).map(bar).collect() },
        columns: vec![
            CardColumn::words("what"),
            CardColumn::words("component"),
            CardColumn::figures("releases"),
            CardColumn::figures("times"),
            CardColumn::words("diagnosis"),
        ],
        rows: recurring
            .iter()
            .chain(&tests)
            .map(row_of)
            .chain(silent.iter().map(silent_row))
            .chain(ranked.iter().map(component_row))
            .collect(),
        notes: notes(context, &defects),
        left_out: left_out(vague),
    }
}

/// What was linked to a defect: stories that wait for it or are part of it.
struct Links<'a>(BTreeMap<&'a StoryKey, Vec<&'a Story>>);

impl<'a> Links<'a> {
    fn of(context: &Context<'a>) -> Self {
        let mut links: BTreeMap<&StoryKey, Vec<&Story>> = BTreeMap::new();
        for &story in &context.stories {
            for key in story.blocked_by.iter().chain(&story.parent) {
                links.entry(key).or_default().push(story);
            }
        }
        Self(links)
    }

    fn to(&self, key: &StoryKey) -> &[&'a Story] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What fails, each name once however often it failed: to read the words of one takes time.
struct Failures(Vec<FailingTest>);

impl Failures {
    fn of(context: &Context<'_>) -> Self {
        let names: HashSet<&Text> = context.test_runs.iter().flat_map(|run| &run.failures).collect();
        Self(names.into_iter().map(|name| FailingTest::of(name)).collect())
    }
}

/// When it was fixed: each time that it was done.
fn fixes(story: &Story) -> impl Iterator<Item = Instant> + '_ {
    story.moves.iter().filter(|change| change.to == Category::Done).map(|change| change.at)
}

fn by_fingerprint<'a>(
    material: &Material<'a>,
    defects: &[(usize, &'a Story)],
    links: &Links<'_>,
) -> (Vec<Recurring<'a>>, usize) {
    let context = material.context;
    let mut in_releases: HashMap<usize, Vec<&ReleaseId>> =
        defects.iter().map(|(item, _)| (*item, Vec::new())).collect();
    for (release, members) in material.membership().stories.iter().enumerate() {
        // Most of what is in a release is no defect: looked up by kind, not by hash.
        let is_defect = |item: usize| context.stories[item].kind == StoryKind::Defect;
        for member in members.iter().filter(|member| is_defect(member.item)) {
            if let Some(releases) = in_releases.get_mut(&member.item) {
                releases.push(&context.releases[release].id);
            }
        }
    }
    let mut vague = 0;
    let mut found: BTreeMap<Fingerprint, Recurring<'a>> = BTreeMap::new();
    let mut ordered: Vec<_> = defects.to_vec();
    ordered.sort_by_key(|(_, story)| (story.created_at, &story.key));
    for (item, story) in ordered {
        let Some(fingerprint) = Fingerprint::of(story) else {
            vague += 1;
            continue;
        };
        let it = found.entry(fingerprint.clone()).or_insert_with(|| Recurring {
            fingerprint,
            reports: Vec::new(),
            releases: BTreeSet::new(),
            reopened: 0,
            after_a_fix: 0,
            newest: story.created_at,
        });
        let fixed = it.reports.iter().filter_map(|report| fixes(report).next()).min();
        let first_fix = fixes(story).next();
        let linked =
            links.to(&story.key).iter().filter(|other| first_fix.is_some_and(|at| other.created_at > at));
        it.after_a_fix += usize::from(fixed.is_some_and(|fixed| fixed < story.created_at)) + linked.count();
        let pairs = story.moves.windows(2);
        it.reopened += pairs
            .filter(|pair| pair[0].to == Category::Done)
            .filter(|pair| !matches!(pair[1].to, Category::Done | Category::Dropped))
            .count();
        it.releases.extend(in_releases.get(&item).into_iter().flatten().copied());
        it.newest = it.newest.max(story.since());
        it.reports.push(story);
    }
    let recurs = |it: &Recurring<'_>| it.releases.len() > 1 || it.reopened > 0 || it.after_a_fix > 0;
    (found.into_values().filter(recurs).collect(), vague)
}

/// Tests that failed in two or more releases.
fn failing_tests<'a>(material: &Material<'a>) -> Vec<Recurring<'a>> {
    let context = material.context;
    let mut places: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    let mut found: Vec<Recurring<'a>> = Vec::new();
    // The same names fail again and again: each is read once.
    let mut known: HashMap<&Text, Option<usize>> = HashMap::new();
    for (release, runs) in material.membership().test_runs.iter().enumerate() {
        for run in runs.iter().map(|run| context.test_runs[*run]) {
            for name in &run.failures {
                let place = *known.entry(name).or_insert_with(|| {
                    let fingerprint = Fingerprint::of_test(name)?;
                    Some(*places.entry(fingerprint.clone()).or_insert_with(|| {
                        found.push(Recurring {
                            fingerprint,
                            reports: Vec::new(),
                            releases: BTreeSet::new(),
                            reopened: 0,
                            after_a_fix: 0,
                            newest: run.at,
                        });
                        found.len() - 1
                    }))
                });
                let Some(it) = place.and_then(|place| found.get_mut(place)) else { continue };
                it.releases.insert(&context.releases[release].id);
                it.newest = it.newest.max(run.at);
            }
        }
    }
    found.retain(|it| it.releases.len() > 1);
    found
}

fn row(material: &Material<'_>, it: &Recurring<'_>, links: &Links<'_>, failures: &Failures) -> CardRow {
    let times = if it.reports.is_empty() { "–".to_owned() } else { it.reports.len().to_string() };
    let newest = it.reports.iter().max_by_key(|report| (report.since(), &report.key));
    let is_open = it.reports.iter().any(|report| report.category != Category::Done);
    let cells = [
        it.fingerprint.named(),
        it.fingerprint.component().unwrap_or("–").to_owned(),
        it.releases.len().to_string(),
        times,
        diagnosis(material, it, links, failures),
    ];
    let release = it.releases.iter().next_back().map(|id| Subject::Release((*id).clone()));
    CardRow {
        cells: cells.map(Text::new).to_vec(),
        standing: if is_open { CardStanding::Poor } else { CardStanding::Watch },
        subject: newest.map(|report| Subject::Story(report.key.clone())).or(release),
        behind: if it.reports.is_empty() {
            let releases: Vec<_> = it.releases.iter().rev().collect();
            behind(&releases, |release| format!("failed in {release}"))
        } else {
            behind(&it.reports, |report| format!("{} {}: {}", report.key, report.title, report.status))
        },
    }
}

/// Why it comes back, in words.
fn diagnosis(material: &Material<'_>, it: &Recurring<'_>, links: &Links<'_>, failures: &Failures) -> String {
    let context = material.context;
    let projects: BTreeSet<&Text> = context
        .releases
        .iter()
        .filter(|release| it.releases.contains(&release.id))
        .map(|release| &release.project)
        .collect();
    // Releases since the first one that had it.
    let ended = |id: &ReleaseId| {
        let release = context.releases[context.release(id)?];
        Some(release.released_at.unwrap_or(Instant::MAX_UTC))
    };
    let first = it.releases.iter().filter_map(|id| ended(id)).min();
    let since = context.releases.iter().filter(|release| projects.contains(&release.project));
    let since = since.filter(|release| first.is_some_and(|first| ended(&release.id) >= Some(first)));
    let all = since.count();
    let what = match () {
        () if it.reports.is_empty() => "test",
        () if it.fingerprint.is_function() => "function",
        () => "defect",
    };
    let spread = match it.releases.len() {
        0 | 1 => String::new(),
        some if some >= all => format!("same {what} in every release since"),
        some => format!("same {what} in {some} of {all} releases"),
    };
    let times =
        |count: usize, what: &str| if count == 0 { String::new() } else { format!("{what} {count}x") };
    let changed = requirement(context, it, links);
    let untested = if context.test_runs.is_empty() || it.reports.is_empty() {
        String::new()
    } else if failures.0.iter().any(|test| it.fingerprint.is_named_by(test)) {
        "a failing test names it".to_owned()
    } else {
        "no failing test ever named it".to_owned()
    };
    sentence([
        spread,
        times(it.reopened, "reopened"),
        times(it.after_a_fix, "back after a fix"),
        changed,
        untested,
    ])
}

/// Whether what was asked for changed after a fix: the feature that the defect is part of was
/// opened again or got another story.
fn requirement(context: &Context<'_>, it: &Recurring<'_>, links: &Links<'_>) -> String {
    for report in &it.reports {
        let (Some(parent), Some(fixed)) = (&report.parent, fixes(report).next()) else { continue };
        let feature = context.story(parent).map(|index| context.stories[index]);
        if feature.is_some_and(|feature| crate::insight::stories::went_back(feature).any(|at| at > fixed)) {
            return format!("requirement {parent} went back after the fix");
        }
        let added = links.to(parent).iter().filter(|other| other.kind == StoryKind::Story);
        let soon = fixed + Duration::days(60);
        if let Some(other) = added
            .filter(|other| other.created_at > fixed && other.created_at < soon)
            .min_by_key(|other| other.created_at)
        {
            return format!("requirement changed after the fix: {}", other.key);
        }
    }
    String::new()
}

fn bar(component: &Component<'_>) -> Bar {
    Bar {
        label: Text::new(component.name),
        parts: vec![component.weight],
        says: Text::new(format!(
            "{}, weight {:.1}",
            words::count(component.fixes, "fix", "fixes"),
            component.weight
        )),
        standing: if component.flagged { CardStanding::Poor } else { CardStanding::Told },
    }
}

fn component_row(component: &Component<'_>) -> CardRow {
    let expected = component.expected;
    let beats = if component.flagged { "more than its share" } else { "no more than chance" };
    let cells = [
        format!("fixes in {}", component.name),
        component.name.to_owned(),
        "–".to_owned(),
        component.fixes.to_string(),
        format!(
            "{beats}: {expected:.1} expected, p {:.3}; weight by recency {:.1}",
            component.p, component.weight
        ),
    ];
    CardRow {
        cells: cells.map(Text::new).to_vec(),
        standing: if component.flagged { CardStanding::Poor } else { CardStanding::Told },
        subject: component.newest.map(|story| Subject::Story(story.key.clone())),
        behind: Vec::new(),
    }
}

fn silent_row(silent: &Silent<'_>) -> CardRow {
    let changed = words::count(silent.changed.len(), "story", "stories");
    let cells = [
        format!("silence of {}", silent.name),
        silent.name.to_owned(),
        "–".to_owned(),
        "0".to_owned(),
        format!("untested: changed by {changed} of this release; no test and no defect ever names it"),
    ];
    CardRow {
        cells: cells.map(Text::new).to_vec(),
        standing: CardStanding::Watch,
        subject: silent.changed.first().map(|story| Subject::Story(story.key.clone())),
        behind: behind(&silent.changed, |story| format!("{} {}: {}", story.key, story.title, story.status)),
    }
}

fn notes(context: &Context<'_>, defects: &[(usize, &Story)]) -> Vec<Text> {
    let nameless = defects.iter().filter(|(_, story)| story.component.is_none()).count();
    let known = words::count(context.releases.len(), "release that is known", "releases that are known");
    let mut notes = vec![format!("counted over all time and {known}")];
    if nameless > 0 {
        let count = words::count(nameless, "defect", "defects");
        notes.push(format!(
            "{count} without a component: told apart by title alone, in no ranking of components"
        ));
    }
    if !context.world.is_covered(Kind::TestRuns) {
        notes.push("no source tells of tests, so nothing is said of what no test touches".to_owned());
    }
    notes.into_iter().map(Text::new).collect()
}

fn left_out(vague: usize) -> Vec<Text> {
    let count = words::count(vague, "defect", "defects");
    let said = || Text::new(format!("{count} whose title has no word to recognise it by left out"));
    (vague > 0).then(said).into_iter().collect()
}

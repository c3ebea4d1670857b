//! What the test suites say, which of them returned stories, and which say nothing of the
//! release as it is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::Duration;

use crate::{
    domain::{Instant, PullRequest, Story, StoryKey, TestRun, Text},
    insight::{Subject, context::Context, stories, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture,
    parts::{counted, figure, sentence},
};

/// Releases whose suites are rows.
const MOST_RELEASES: usize = 6;
/// Suites that are drawn.
const MOST_BARS: usize = 5;
/// A failing run that names a story returned it, if it went back within so many days.
const RETURNED_WITHIN_DAYS: i64 = 3;
/// z of the lower bound of a share that 97.5 % are above (Wilson, 1927).
const WILSON: f64 = 1.96;

/// One suite in one release.
struct Suite<'a> {
    release: usize,
    name: &'a Text,
    newest: Option<&'a TestRun>,
    /// Commits that were tested twice or more, and those of them with mixed outcomes.
    repeated: usize,
    mixed: usize,
    /// Tests more than in the release before.
    growth: Option<i64>,
    returned: Vec<&'a Story>,
    /// Why it says nothing of the release.
    problem: Option<String>,
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    if context.test_runs.is_empty() {
        return Card::silent(CardId::Testing, "no source told of a test run");
    }
    let releases = releases(material);
    let Some(&current) = releases.first() else {
        return Card::silent(CardId::Testing, "no test run belongs to a release");
    };
    let returns = Returns::of(material);
    let mut all: Vec<Suite<'_>> = Vec::new();
    for (place, &release) in releases.iter().enumerate() {
        let project = &context.releases[release].project;
        let is_earlier = |other: &&usize| context.releases[**other].project == *project;
        let before = releases[place + 1..].iter().find(is_earlier).copied();
        all.extend(suites(material, &returns, release, before, release == current));
    }
    let of_current: Vec<&Suite<'_>> = all.iter().filter(|suite| suite.release == current).collect();
    let mut shown = of_current.clone();
    shown.sort_by_key(|suite| (standing(suite, context), suite.name));
    let (passed, failed, skipped) = totals(&of_current);
    let share = (passed + failed > 0).then(|| passed as f64 / (passed + failed) as f64);
    let count = |is: fn(&Suite<'_>) -> bool| of_current.iter().filter(|suite| is(suite)).count();
    let not_run = count(|suite| suite.newest.is_none());
    let wrong = count(|suite| suite.newest.is_some() && suite.problem.is_some());
    let repeated: usize = of_current.iter().map(|suite| suite.repeated).sum();
    let mixed: usize = of_current.iter().map(|suite| suite.mixed).sum();
    let required = |suite: &&&Suite<'_>| context.policy.required_suites.contains(suite.name);
    let is_short = share.is_none_or(|share| share < context.policy.tests_passing);
    let misses_required = of_current.iter().filter(required).any(|suite| suite.problem.is_some());
    let card_standing = match () {
        () if is_short || misses_required => CardStanding::Poor,
        () if not_run + wrong + mixed > 0 => CardStanding::Watch,
        () => CardStanding::Good,
    };
    let named = |is: fn(&Suite<'_>) -> bool| -> Vec<&str> {
        of_current.iter().filter(|suite| is(suite)).map(|suite| suite.name.as_str()).collect()
    };
    let said = |names: Vec<&str>, what: &str| {
        if names.is_empty() { String::new() } else { format!("{} {what}", words::list(&names, 2)) }
    };
    let head = if passed + failed == 0 {
        format!("{}: no test ran", context.releases[current].id)
    } else if failed == 0 {
        format!("{}: all {} pass", context.releases[current].id, words::count(passed, "test", "tests"))
    } else {
        format!("{}: {failed} of {} tests fail", context.releases[current].id, passed + failed)
    };
    Card {
        id: CardId::Testing,
        sentence: Text::new(sentence([
            head,
            said(named(|suite| suite.newest.is_none()), "did not run"),
            said(
                named(|suite| suite.newest.is_some() && suite.problem.is_some()),
                "did not test it as it is now",
            ),
            said(named(|suite| suite.mixed > 0), "flaky"),
            match returns.told.len() {
                0 => String::new(),
                told => format!("failing tests returned {}", words::count(told, "story", "stories")),
            },
        ])),
        standing: card_standing,
        figures: vec![
            counted("passed", passed, "tests"),
            counted("failed", failed, "tests"),
            counted("skipped", skipped, "tests"),
            figure("passing", share, "share"),
            counted("suites", of_current.len(), "suites"),
            counted("suites_not_run", not_run, "suites"),
            counted("suites_on_another_version", wrong, "suites"),
            figure("flaky", (repeated > 0).then(|| mixed as f64 / repeated as f64), "share"),
            figure("flaky_at_least", wilson(mixed, repeated), "share"),
            counted("returned_by_failing_tests", returns.told.len(), "stories"),
            counted("returned_by_others", returns.others, "stories"),
        ],
        picture: Picture::Bars {
            bars: shown.iter().take(MOST_BARS).map(|suite| bar(suite, context)).collect(),
        },
        columns: vec![
            CardColumn::words("release and suite"),
            CardColumn::figures("passed"),
            CardColumn::figures("failed"),
            CardColumn::figures("skipped"),
            CardColumn::figures("tests more"),
            CardColumn::figures("flaky"),
            CardColumn::figures("returned"),
            CardColumn::words("what"),
        ],
        rows: rows(context, &mut all, current),
        notes: notes(context, &returns, material),
    }
}

/// Releases with test runs, the one to show first.
fn releases(material: &Material<'_>) -> Vec<usize> {
    let taken: HashSet<usize> = material.membership.taken_over.iter().flatten().copied().collect();
    let all = material.board.insight.releases.iter();
    let all = all.filter_map(|insight| material.context.release(&insight.release.id));
    let all = all.filter(|release| !taken.contains(release));
    all.filter(|release| !material.membership.test_runs[*release].is_empty()).take(MOST_RELEASES).collect()
}

/// The runs of a release by suite, oldest first; of one that went out, those until then.
fn runs<'a>(material: &Material<'a>, release: usize) -> BTreeMap<&'a Text, Vec<&'a TestRun>> {
    let context = material.context;
    let last = context.releases[release].released_at.map(|at| context.days.past(at));
    let mut by_suite: BTreeMap<&Text, Vec<&TestRun>> = BTreeMap::new();
    for run in &material.membership.test_runs[release] {
        let run: &TestRun = context.test_runs[*run];
        if last.is_none_or(|last| context.days.past(run.at) <= last) {
            by_suite.entry(&run.suite).or_default().push(run);
        }
    }
    by_suite
}

fn suites<'a>(
    material: &Material<'a>,
    returns: &Returns<'a>,
    release: usize,
    before: Option<usize>,
    is_current: bool,
) -> Vec<Suite<'a>> {
    let context = material.context;
    let known = runs(material, release);
    let earlier = before.map(|before| runs(material, before)).unwrap_or_default();
    let mut names: BTreeSet<&Text> = known.keys().copied().collect();
    if is_current {
        names.extend(earlier.keys().copied());
        names.extend(&context.policy.required_suites);
    }
    let tests = |run: &TestRun| i64::from(run.passed) + i64::from(run.failed) + i64::from(run.skipped);
    let suite = |name: &'a Text| {
        let ran = known.get(name).map(Vec::as_slice).unwrap_or_default();
        let newest = ran.last().copied();
        let old = earlier.get(name).and_then(|runs| runs.last());
        let (repeated, mixed) = flaky(ran);
        Suite {
            release,
            name,
            newest,
            repeated,
            mixed,
            growth: newest.zip(old).map(|(newest, old)| tests(newest) - tests(old)),
            returned: returns.by(name, ran),
            problem: match newest {
                None => Some("did not run".to_owned()),
                Some(run) => silence(material, release, run),
            },
        }
    };
    names.into_iter().map(suite).collect()
}

/// Why a run says nothing of the release.
fn silence(material: &Material<'_>, release: usize, run: &TestRun) -> Option<String> {
    let (context, membership) = (material.context, material.membership);
    if run.passed == 0 && run.failed == 0 {
        return Some("ran no test".to_owned());
    }
    let Some(commit) = &run.commit else {
        let members = membership.pull_requests[release].iter();
        let merged = members.filter_map(|member| context.pull_requests[member.item].merged_at).max();
        return (Some(run.at) < merged).then(|| "ran before the last merge".to_owned());
    };
    let heads = membership.heads(context, release);
    if heads.is_empty() || heads.contains(&commit) {
        return None;
    }
    let of_another = context.releases.iter().find(|other| other.commit.as_ref() == Some(commit));
    let head = heads.first().map(|head| words::commit(head)).unwrap_or_default();
    Some(match of_another {
        Some(other) => format!("ran on {}, not on {head}", other.id),
        None => format!("ran on {}, not on {head}", words::commit(commit)),
    })
}

/// Commits that were tested at least twice, and those of them that once failed and once passed.
fn flaky(runs: &[&TestRun]) -> (usize, usize) {
    let mut by_commit: BTreeMap<&Text, (usize, bool, bool)> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.passed > 0 || run.failed > 0) {
        let Some(commit) = &run.commit else { continue };
        let seen = by_commit.entry(commit).or_default();
        *seen = (seen.0 + 1, seen.1 || run.failed == 0, seen.2 || run.failed > 0);
    }
    let repeated = by_commit.values().filter(|(runs, ..)| *runs > 1);
    (repeated.clone().count(), repeated.filter(|(_, passed, failed)| *passed && *failed).count())
}

/// The lower bound of a share that was seen `some` times of `all`.
fn wilson(some: usize, all: usize) -> Option<f64> {
    let (count, squared) = (all as f64, WILSON * WILSON);
    let share = some as f64 / count;
    let spread = WILSON * (share * (1.0 - share) / count + squared / (4.0 * count * count)).sqrt();
    (all > 0).then(|| ((share + squared / (2.0 * count) - spread) / (1.0 + squared / count)).max(0.0))
}

/// Stories that went back after a failing run that names them.
struct Returns<'a> {
    /// The suite, the failing run's instant, and the story; each story and suite once.
    told: BTreeSet<(&'a Text, Instant, &'a StoryKey)>,
    stories: HashMap<&'a StoryKey, &'a Story>,
    /// Stories that went back and no failing run names.
    others: usize,
}

impl<'a> Returns<'a> {
    fn of(material: &Material<'a>) -> Self {
        let context = material.context;
        let mut by_commit: HashMap<&Text, Vec<&'a TestRun>> = HashMap::new();
        let mut by_story: HashMap<usize, Vec<&'a TestRun>> = HashMap::new();
        for run in context.test_runs.iter().filter(|run| run.failed > 0) {
            if let Some(commit) = &run.commit {
                by_commit.entry(commit).or_default().push(run);
            }
            for story in run.failures.iter().flat_map(|name| keys(context, name)) {
                by_story.entry(story).or_default().push(run);
            }
        }
        let mut found = Self { told: BTreeSet::new(), stories: HashMap::new(), others: 0 };
        for (item, story) in context.stories.iter().enumerate() {
            if stories::returns(story) == 0 {
                continue;
            }
            let pull_requests = material.membership.by_story[item].iter();
            let commits = pull_requests.flat_map(|index| {
                let pull_request: &'a PullRequest = context.pull_requests[*index];
                [&pull_request.head, &pull_request.merge_commit].into_iter().flatten()
            });
            let named = commits.filter_map(|commit| by_commit.get(commit)).flatten();
            let named: Vec<&TestRun> =
                named.chain(by_story.get(&item).into_iter().flatten()).copied().collect();
            let within = Duration::days(RETURNED_WITHIN_DAYS);
            let blamed: Vec<&TestRun> = stories::went_back(story)
                .filter_map(|at| {
                    let before = named.iter().filter(|run| run.at <= at && at - run.at <= within);
                    before.max_by_key(|run| run.at).copied()
                })
                .collect();
            found.others += usize::from(blamed.is_empty());
            found.stories.insert(&story.key, story);
            found.told.extend(blamed.iter().map(|run| (&run.suite, run.at, &story.key)));
        }
        found
    }

    /// The stories that these runs of a suite returned.
    fn by(&self, suite: &Text, runs: &[&TestRun]) -> Vec<&'a Story> {
        let told =
            self.told.iter().filter(|(name, at, _)| *name == suite && runs.iter().any(|run| run.at == *at));
        let keys: BTreeSet<&StoryKey> = told.map(|(.., key)| *key).collect();
        keys.into_iter().filter_map(|key| self.stories.get(key).copied()).collect()
    }
}

/// Stories that the name of a test speaks of.
fn keys(context: &Context<'_>, name: &str) -> Vec<usize> {
    let words = name.split(|letter: char| !(letter.is_alphanumeric() || letter == '-'));
    let keys = words.filter(|word| word.contains('-') && word.ends_with(|last: char| last.is_ascii_digit()));
    keys.filter_map(|word| context.story(&StoryKey::new(word))).collect()
}

fn totals(suites: &[&Suite<'_>]) -> (usize, usize, usize) {
    suites.iter().filter_map(|suite| suite.newest).fold((0, 0, 0), |(passed, failed, skipped), run| {
        (passed + run.passed as usize, failed + run.failed as usize, skipped + run.skipped as usize)
    })
}

fn standing(suite: &Suite<'_>, context: &Context<'_>) -> CardStanding {
    let share = suite.newest.and_then(|run| {
        let ran = f64::from(run.passed) + f64::from(run.failed);
        (ran > 0.0).then(|| f64::from(run.passed) / ran)
    });
    match share {
        Some(share) if share < context.policy.tests_passing => CardStanding::Poor,
        None if context.policy.required_suites.contains(suite.name) => CardStanding::Poor,
        Some(_) if suite.problem.is_none() && suite.mixed == 0 => CardStanding::Good,
        _ => CardStanding::Watch,
    }
}

fn bar(suite: &Suite<'_>, context: &Context<'_>) -> Bar {
    let (passed, failed) = suite.newest.map_or((0, 0), |run| (run.passed, run.failed));
    let says = match &suite.problem {
        Some(problem) if suite.newest.is_none() => problem.clone(),
        _ if failed > 0 => format!("{failed} of {} fail", u64::from(passed) + u64::from(failed)),
        _ => format!("{passed} pass"),
    };
    Bar {
        label: suite.name.clone(),
        parts: vec![f64::from(passed), f64::from(failed)],
        says: Text::new(says),
        standing: standing(suite, context),
    }
}

fn rows(context: &Context<'_>, suites: &mut [Suite<'_>], current: usize) -> Vec<CardRow> {
    let place = |suite: &Suite<'_>| {
        let release = context.releases[suite.release];
        (suite.release != current, std::cmp::Reverse(release.released_at), release.id.clone())
    };
    suites.sort_by_cached_key(|suite| (place(suite), standing(suite, context), suite.name.clone()));
    let row = |suite: &Suite<'_>| {
        let release = &context.releases[suite.release].id;
        let figure =
            |pick: fn(&TestRun) -> u32| suite.newest.map_or("–".to_owned(), |run| pick(run).to_string());
        let cells = [
            format!("{release} {}", suite.name),
            figure(|run| run.passed),
            figure(|run| run.failed),
            figure(|run| run.skipped),
            suite.growth.map_or("–".to_owned(), |more| format!("{more:+}")),
            if suite.repeated == 0 {
                "–".to_owned()
            } else {
                format!("{} of {}", suite.mixed, suite.repeated)
            },
            suite.returned.len().to_string(),
            what(suite),
        ];
        let story = suite.returned.first().map(|story| Subject::Story(story.key.clone()));
        CardRow {
            cells: cells.map(Text::new).to_vec(),
            standing: standing(suite, context),
            subject: story.or_else(|| Some(Subject::Release(release.clone()))),
        }
    };
    suites.iter().map(row).collect()
}

/// Why it says nothing, which tests fail, and what they returned.
fn what(suite: &Suite<'_>) -> String {
    let failing = suite.newest.map_or(&[][..], |run| &run.failures);
    let mut components: Vec<&str> = suite
        .returned
        .iter()
        .map(|story| story.component.as_ref().map_or("no component", Text::as_str))
        .collect();
    components.sort_unstable();
    components.dedup();
    sentence([
        suite.problem.clone().unwrap_or_default(),
        if failing.is_empty() { String::new() } else { format!("fails: {}", words::list(failing, 2)) },
        if components.is_empty() {
            String::new()
        } else {
            format!("returned in {}", words::list(&components, 3))
        },
    ])
}

fn notes(context: &Context<'_>, returns: &Returns<'_>, material: &Material<'_>) -> Vec<Text> {
    let placed: HashSet<usize> = material.membership.test_runs.iter().flatten().copied().collect();
    let lost = context.test_runs.len() - placed.len();
    let uncommitted = context.test_runs.iter().filter(|run| run.commit.is_none()).count();
    let mut notes =
        vec!["no source tells how long a test takes, so its growth is that of the tests".to_owned()];
    if lost > 0 {
        notes.push(format!("{} of no known release left out", words::count(lost, "run", "runs")));
    }
    if uncommitted > 0 {
        notes.push(format!(
            "{} without a commit cannot tell what is flaky",
            words::count(uncommitted, "run", "runs")
        ));
    }
    if returns.others > 0 {
        let stories = words::count(returns.others, "story", "stories");
        notes.push(format!("{stories} went back without a failing run that names them"));
    }
    notes.into_iter().map(Text::new).collect()
}

//! What the test suites say and how long they take, which of them returned stories, and which say
//! nothing of the release as it is.

mod returned;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use crate::{
    domain::{Instant, Release, TestRun, Text},
    insight::{Subject, context::Context, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture, behind,
    numbers::{quantile, sorted},
    parts::{counted, figure, sentence},
};
use returned::Returned;

/// Releases whose suites are rows: the one that is shown first, and those before it.
const MOST_RELEASES: usize = 6;
/// Suites that are drawn.
const MOST_BARS: usize = 5;
/// z of the lower bound of a share that 97.5 % are above (Wilson, 1927).
const WILSON: f64 = 1.96;
/// A suite is told to be slower from such a share of what it took on, and such a time: less is how
/// busy the machines are.
const SLOWER_SHARE: f64 = 0.2;
const SLOWER_SECONDS: f64 = 10.0;

/// One suite in one release.
struct Suite<'a> {
    release: usize,
    /// 0: the release that is shown first; 1: the one before it.
    place: usize,
    name: &'a Text,
    newest: Option<&'a TestRun>,
    /// Commits that were tested twice or more, and those of them with mixed outcomes.
    repeated: usize,
    mixed: usize,
    /// Tests more than in the release before.
    growth: Option<i64>,
    /// Seconds of a run in the middle, here and in the release before.
    seconds: Option<f64>,
    seconds_before: Option<f64>,
    /// Stories of the release that it returned.
    returned: Vec<usize>,
    /// Why it says nothing of the release.
    problem: Option<String>,
}

impl Suite<'_> {
    /// By what share of the release before it takes longer.
    fn slower(&self) -> Option<f64> {
        let (now, before) = self.seconds.zip(self.seconds_before)?;
        Some(now / before - 1.0)
    }

    /// It takes longer by more than machines that are busy explain.
    fn is_slower(&self) -> bool {
        let seconds = self.seconds.zip(self.seconds_before).map(|(now, before)| now - before);
        seconds.is_some_and(|seconds| seconds >= SLOWER_SECONDS)
            && self.slower().is_some_and(|share| share >= SLOWER_SHARE)
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    if context.test_runs.is_empty() {
        return Card::silent(CardId::Testing, "no source told of a test run");
    }
    let shown = shown(material);
    let Some(&current) = shown.first() else {
        return Card::silent(CardId::Testing, "no test run belongs to a release");
    };
    let before = shown.get(1).map(|before| &context.releases[*before].id);
    let mut all: Vec<Suite<'_>> = Vec::new();
    let mut returned = Returned::default();
    for (place, &release) in shown.iter().take(MOST_RELEASES).enumerate() {
        let known = runs(material, release);
        let earlier = shown.get(place + 1).map(|before| runs(material, *before)).unwrap_or_default();
        let told = Returned::of(material, release, &known);
        all.extend(suites(material, (release, place), &known, &earlier, &told));
        if place == 0 {
            returned = told;
        }
    }
    let of_current: Vec<&Suite<'_>> = all.iter().filter(|suite| suite.place == 0).collect();
    let mut drawn = of_current.clone();
    drawn.sort_by_key(|suite| (standing(suite, context), suite.name));
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
    let slowest = of_current.iter().filter(|suite| suite.is_slower()).max_by(|one, other| {
        let slower = |suite: &Suite<'_>| suite.slower().unwrap_or_default();
        slower(one).total_cmp(&slower(other)).then(other.name.cmp(one.name))
    });
    Card {
        id: CardId::Testing,
        sentence: Text::new(sentence([
            head(&context.releases[current].id, passed, failed),
            named(
                &of_current,
                |suite| suite.newest.is_none() && suite.problem.as_deref() == Some(STOPPED),
                STOPPED,
            ),
            named(
                &of_current,
                |suite| suite.newest.is_none() && suite.problem.as_deref() == Some(NEVER),
                NEVER,
            ),
            named(
                &of_current,
                |suite| suite.newest.is_some() && suite.problem.is_some(),
                "did not test it as it is now",
            ),
            named(&of_current, |suite| suite.mixed > 0, "flaky"),
            slowest.zip(before).map(|(suite, before)| slower(suite, before)).unwrap_or_default(),
            match returned.stories().len() {
                0 => String::new(),
                told => format!("failing tests returned {} of it", words::count(told, "story", "stories")),
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
            figure("duration", duration(&of_current), "seconds"),
            figure(
                "slowest_growth",
                of_current.iter().filter_map(|suite| suite.slower()).max_by(f64::total_cmp),
                "share",
            ),
            counted("returned_by_failing_tests", returned.stories().len(), "stories"),
            counted("returned_by_others", returned.others, "stories"),
        ],
        picture: Picture::Bars {
            bars: drawn.iter().take(MOST_BARS).map(|suite| bar(suite, context)).collect(),
        },
        columns: vec![
            CardColumn::words("release and suite"),
            CardColumn::figures("passed"),
            CardColumn::figures("failed"),
            CardColumn::figures("skipped"),
            CardColumn::figures("tests more"),
            CardColumn::figures("takes"),
            CardColumn::figures("longer by"),
            CardColumn::figures("flaky"),
            CardColumn::figures("returned"),
            CardColumn::words("what"),
        ],
        rows: {
            let mut rows = rows(context, &mut all);
            rows.extend(returned.rows(context, current));
            rows
        },
        notes: notes(context, &returned),
        left_out: left_out(material),
    }
}

/// What is said of a suite that ran for the release before, and of one that is required and never did.
const STOPPED: &str = "did not run any more";
const NEVER: &str = "never ran, though required";

fn head(release: &crate::domain::ReleaseId, passed: usize, failed: usize) -> String {
    if passed + failed == 0 {
        format!("{release}: no test ran")
    } else if failed == 0 {
        format!("{release}: all {} pass", words::count(passed, "test", "tests"))
    } else {
        format!("{release}: {failed} of {} tests fail", passed + failed)
    }
}

/// The first suites that something is the matter with, and what.
fn named(suites: &[&Suite<'_>], is: impl Fn(&Suite<'_>) -> bool, what: &str) -> String {
    let names: Vec<&str> = suites.iter().filter(|suite| is(suite)).map(|suite| suite.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("{} {what}", words::list(&names, 2)) }
}

/// `e2e takes 12m, 40 % longer than in payments 4.1`.
fn slower(suite: &Suite<'_>, before: &crate::domain::ReleaseId) -> String {
    let longer = words::percent(suite.slower().unwrap_or_default());
    format!("{} takes {}, {longer} longer than in {before}", suite.name, length(suite.seconds))
}

/// A number of seconds: `45s`, `12m`, `1.5h`; a dash where it is not known.
fn length(seconds: Option<f64>) -> String {
    match seconds {
        None => "–".to_owned(),
        // In minutes a percent would be lost.
        Some(seconds) if seconds < 300.0 => format!("{seconds:.0}s"),
        Some(seconds) if seconds < 5_400.0 => format!("{:.0}m", seconds / 60.0),
        Some(seconds) => format!("{:.1}h", seconds / 3_600.0),
    }
}

/// What all suites together take, one after the other; none if one of those that ran does not tell.
fn duration(suites: &[&Suite<'_>]) -> Option<f64> {
    let ran = || suites.iter().filter(|suite| suite.newest.is_some());
    let told: Option<Vec<f64>> = ran().map(|suite| suite.seconds).collect();
    told.filter(|told| !told.is_empty()).map(|told| told.iter().sum())
}

/// The release that is shown first and of which something can be said, and those of its project
/// before it that were tested, the newest first: one more than are shown, for comparison.
fn shown(material: &Material<'_>) -> Vec<usize> {
    let (context, membership) = (material.context, material.membership());
    let taken: HashSet<usize> = membership.taken_over.iter().flatten().copied().collect();
    let is_tested = |release: &usize| !membership.test_runs[*release].is_empty();
    let before = |current: usize| {
        let of = context.releases[current];
        let mut earlier: Vec<usize> = (0..context.releases.len())
            .filter(|other| !taken.contains(other) && is_tested(other))
            .filter(|other| context.releases[*other].project == of.project)
            .filter(|other| age(context.releases[*other]) < age(of))
            .collect();
        earlier.sort_by_key(|other| Reverse(age(context.releases[*other])));
        earlier
    };
    let on_board = material.board.insight.releases.iter();
    let on_board = on_board.filter_map(|insight| context.release(&insight.release.id));
    for release in on_board.filter(|release| !taken.contains(release)) {
        let earlier = before(release);
        // Of what nobody has begun nobody expects tests.
        let is_begun = context.releases[release].start.is_none_or(|start| start <= context.now);
        if is_tested(&release) || (is_begun && !earlier.is_empty()) {
            return std::iter::once(release).chain(earlier).take(MOST_RELEASES + 1).collect();
        }
    }
    Vec::new()
}

/// Which of two releases of a project is the earlier one: what went out goes by when, before what is
/// in the making, which goes by its target.
fn age(release: &Release) -> (Instant, Instant, Instant, &Text) {
    let never = Instant::MAX_UTC;
    (
        release.released_at.unwrap_or(never),
        release.target.map_or(never, |target| target.at),
        release.start.unwrap_or(never),
        &release.version,
    )
}

/// The runs of a release by suite, oldest first; of one that went out, those until then.
fn runs<'a>(material: &Material<'a>, release: usize) -> BTreeMap<&'a Text, Vec<&'a TestRun>> {
    let context = material.context;
    let last = context.releases[release].released_at.map(|at| context.days.past(at));
    let mut by_suite: BTreeMap<&Text, Vec<&TestRun>> = BTreeMap::new();
    for run in &material.membership().test_runs[release] {
        let run: &TestRun = context.test_runs[*run];
        if last.is_none_or(|last| context.days.past(run.at) <= last) {
            by_suite.entry(&run.suite).or_default().push(run);
        }
    }
    by_suite
}

fn suites<'a>(
    material: &Material<'a>,
    (release, place): (usize, usize),
    known: &BTreeMap<&'a Text, Vec<&'a TestRun>>,
    earlier: &BTreeMap<&'a Text, Vec<&'a TestRun>>,
    returned: &Returned<'a>,
) -> Vec<Suite<'a>> {
    let context = material.context;
    let mut names: BTreeSet<&Text> = known.keys().copied().collect();
    if place == 0 {
        names.extend(earlier.keys().copied());
        names.extend(&context.policy.required_suites);
    }
    let tests = |run: &TestRun| i64::from(run.passed) + i64::from(run.failed) + i64::from(run.skipped);
    let suite = |name: &'a Text| {
        let ran = known.get(name).map(Vec::as_slice).unwrap_or_default();
        let before = earlier.get(name).map(Vec::as_slice).unwrap_or_default();
        let newest = ran.last().copied();
        let (repeated, mixed) = flaky(ran);
        Suite {
            release,
            place,
            name,
            newest,
            repeated,
            mixed,
            growth: newest.zip(before.last()).map(|(newest, old)| tests(newest) - tests(old)),
            seconds: seconds(ran),
            seconds_before: seconds(before),
            returned: returned.by(name),
            problem: match newest {
                None if before.is_empty() => Some(NEVER.to_owned()),
                None => Some(STOPPED.to_owned()),
                Some(run) => silence(material, release, run),
            },
        }
    };
    names.into_iter().map(suite).collect()
}

/// How long the run in the middle took: one busy night says nothing.
fn seconds(runs: &[&TestRun]) -> Option<f64> {
    let told = runs.iter().filter_map(|run| run.milliseconds).filter(|took| *took > 0);
    quantile(&sorted(told.map(|took| took as f64 / 1_000.0)), 0.5)
}

/// Why a run says nothing of the release.
fn silence(material: &Material<'_>, release: usize, run: &TestRun) -> Option<String> {
    let (context, membership) = (material.context, material.membership());
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

fn rows(context: &Context<'_>, suites: &mut [Suite<'_>]) -> Vec<CardRow> {
    // Of those that are equally well, the one that grew slower most first.
    let slower = |suite: &Suite<'_>| {
        let share = suite.slower().filter(|share| *share > 0.0);
        Reverse(share.map(|share| (share * 1_000.0).round() as i64))
    };
    suites.sort_by_cached_key(|suite| {
        (suite.place, standing(suite, context), slower(suite), suite.name.clone())
    });
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
            length(suite.seconds),
            suite.slower().map_or("–".to_owned(), |share| format!("{:+.0} %", share * 100.0)),
            if suite.repeated == 0 {
                "–".to_owned()
            } else {
                format!("{} of {}", suite.mixed, suite.repeated)
            },
            suite.returned.len().to_string(),
            what(suite),
        ];
        let story = suite.returned.first().map(|story| Subject::Story(context.stories[*story].key.clone()));
        CardRow {
            cells: cells.map(Text::new).to_vec(),
            standing: standing(suite, context),
            subject: story.or_else(|| Some(Subject::Release(release.clone()))),
            behind: behind(suite.newest.map_or(&[][..], |run| &run.failures), |test| {
                format!("fails: {test}")
            }),
        }
    };
    suites.iter().map(row).collect()
}

/// Why it says nothing, and which tests fail.
fn what(suite: &Suite<'_>) -> String {
    let failing = suite.newest.map_or(&[][..], |run| &run.failures);
    sentence([
        suite.problem.clone().unwrap_or_default(),
        if failing.is_empty() { String::new() } else { format!("fails: {}", words::list(failing, 2)) },
    ])
}

fn notes(context: &Context<'_>, returned: &Returned<'_>) -> Vec<Text> {
    let mut notes = Vec::new();
    let untimed = context.test_runs.iter().filter(|run| run.milliseconds.is_none()).count();
    if untimed == context.test_runs.len() {
        notes.push(
            "no source tells how long its runs took, so nothing is said of what grows slower".to_owned(),
        );
    } else if untimed > 0 {
        notes.push(format!("{} without a duration", words::count(untimed, "run", "runs")));
    }
    let uncommitted = context.test_runs.iter().filter(|run| run.commit.is_none()).count();
    if uncommitted > 0 {
        notes.push(format!(
            "{} without a commit cannot tell what is flaky",
            words::count(uncommitted, "run", "runs")
        ));
    }
    if returned.others > 0 {
        let stories = words::count(returned.others, "story", "stories");
        notes.push(format!("{stories} of it went back without a failing run that names them"));
    }
    notes.into_iter().map(Text::new).collect()
}

fn left_out(material: &Material<'_>) -> Vec<Text> {
    let placed: HashSet<usize> = material.membership().test_runs.iter().flatten().copied().collect();
    let lost = material.context.test_runs.len() - placed.len();
    let said = || Text::new(format!("{} of no known release left out", words::count(lost, "run", "runs")));
    (lost > 0).then(said).into_iter().collect()
}

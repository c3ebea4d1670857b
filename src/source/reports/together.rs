//! What all files of a source say together: which commit and release they are of, what is the
//! same in several of them, and since when it is known.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DurationRound, TimeDelta};

use super::{
    Format,
    contents::{Contents, Known, ReadStory},
    junit::is_commit,
    sarif::{MARK, mark},
    vanished::Told,
};
use crate::{
    config::ReportConfig,
    domain::{Category, Facts, Finding, FindingState, Instant, Kind, Problem, Release, Story, TestRun, Text},
    source::git::checked_out_at,
};

/// A release of which every story has been ready for so many days is no longer told.
const RECENT_DAYS: i64 = 90;

/// Most names in one message.
const MOST_NAMES: usize = 5;

/// What a setting means that stands in for the commit of a report.
const HEAD: &str = "head";

/// Everything that `files` say. `seen` remembers since when; what is no longer there is forgotten.
pub(super) fn facts(
    format: &Format,
    settings: &ReportConfig,
    files: &[&Known],
    mut problems: Vec<Problem>,
    seen: &mut BTreeMap<String, Instant>,
    told: &mut Told,
    now: Instant,
) -> Facts {
    let mut facts = Facts::default();
    for file in files {
        match &*file.contents {
            Ok(contents) => problems.extend(contents.problems.iter().cloned()),
            Err(problem) => problems.push(problem.clone()),
        }
    }
    if let Some(commit) = settings.commit.as_deref()
        && commit != HEAD
        && !is_commit(&commit.to_ascii_lowercase())
    {
        problems.push(Problem::new(
            format!("source.{}.commit: `{}` is no full name of a commit", format.name(), Text::new(commit)),
            "write all of its hexadecimal digits, or \"head\"",
        ));
    }
    let mut first = FirstSeen { before: std::mem::take(seen), now: BTreeMap::new() };
    match format {
        Format::Junit => {
            facts.covers = [Kind::TestRuns].into();
            facts.test_runs = runs(settings, files, &mut problems, now).into_iter().map(Arc::new).collect();
        }
        Format::Sarif => {
            facts.covers = [Kind::Findings].into();
            let found = findings(settings, files, &mut first, told, now);
            facts.findings = found.into_iter().map(Arc::new).collect();
        }
        Format::Table(meaning) => {
            facts.covers = [Kind::Releases, Kind::Stories, Kind::Defects].into();
            problems.extend(meaning.problems.iter().cloned());
            let (stories, releases) = stories(files, &mut first);
            facts.releases = releases.into_iter().map(Arc::new).collect();
            facts.stories = stories.into_iter().map(Arc::new).collect();
        }
    }
    *seen = first.now;
    facts.problems = problems;
    facts
}

/// Since when something is known that does not say so itself.
struct FirstSeen {
    before: BTreeMap<String, Instant>,
    now: BTreeMap<String, Instant>,
}

impl FirstSeen {
    /// The earliest instant at which `key` is known to have been: `at`, or before.
    fn of(&mut self, key: String, at: Instant) -> Instant {
        let known = self.before.get(&key).or_else(|| self.now.get(&key));
        let first = known.map_or(at, |known| at.min(*known));
        self.now.insert(key, first);
        first
    }
}

fn read<'a>(files: &'a [&Known]) -> impl Iterator<Item = (&'a Known, &'a Contents)> {
    files.iter().filter_map(|file| Some((*file, (*file.contents).as_ref().ok()?)))
}

fn damaged<'a>(files: &'a [&Known]) -> impl Iterator<Item = &'a Known> {
    files.iter().copied().filter(|file| file.contents.is_err())
}

/// Gives commits to those of `found` that have none, as far as the settings say.
fn commits<T>(
    settings: &ReportConfig,
    found: &mut [T],
    parts: impl Fn(&mut T) -> (&mut Option<Text>, Instant),
) {
    let Some(commit) = settings.commit.as_deref() else { return };
    let mut without: Vec<_> = found.iter_mut().map(parts).filter(|(commit, _)| commit.is_none()).collect();
    if commit != HEAD {
        let commit = commit.to_ascii_lowercase();
        let commit = is_commit(&commit).then(|| Text::new(commit));
        for (place, _) in &mut without {
            (**place).clone_from(&commit);
        }
        return;
    }
    let Some(checkout) = settings.checkout.as_deref().filter(|_| !without.is_empty()) else { return };
    let instants: Vec<Instant> = without.iter().map(|(_, at)| *at).collect();
    for ((place, _), commit) in without.iter_mut().zip(checked_out_at(checkout, &instants)) {
        **place = commit;
    }
}

/// The runs of all files, oldest first; in place of a file that cannot be read a run in which
/// nothing ran, which no gate takes for an answer.
fn runs(
    settings: &ReportConfig,
    files: &[&Known],
    problems: &mut Vec<Problem>,
    now: Instant,
) -> Vec<TestRun> {
    let mut found: Vec<(&str, TestRun)> = Vec::new();
    // Of each of them the attempts before, which are of the same suite and commit.
    let mut earlier: Vec<Option<&TestRun>> = Vec::new();
    for (file, contents) in read(files) {
        found.extend(contents.runs.iter().map(|read| (file.name.as_str(), read.run.clone())));
        earlier.extend(contents.runs.iter().map(|read| read.before.as_ref()));
        for (suite, flaky) in &contents.flaky {
            let problem = Problem::new(
                format!("{}: flaky in {suite}: {} failed and passed on a retry", file.name, named(flaky)),
                "mend the test, or what it tests: it may fail for good next time",
            );
            problems.push(problem.losing_nothing());
        }
    }
    commits(settings, &mut found, |(_, run)| (&mut run.commit, run.at));
    tell_apart(&mut found);
    let attempts = found.iter().zip(earlier).filter_map(|((_, run), before)| {
        let (suite, commit) = (run.suite.clone(), run.commit.clone());
        Some(TestRun { suite, commit, ..before?.clone() })
    });
    let attempts: Vec<TestRun> = attempts.collect();
    let unread = damaged(files).map(|file| TestRun {
        suite: Text::new(&file.name),
        at: file.written_at.unwrap_or_else(|| this_hour(now)),
        release: None,
        commit: None,
        passed: 0,
        failed: 0,
        skipped: 0,
        failures: Vec::new(),
        milliseconds: None,
    });
    let mut runs: Vec<TestRun> =
        found.into_iter().map(|(_, run)| run).chain(attempts).chain(unread).collect();
    for run in &mut runs {
        run.release = settings.release.as_deref().map(Into::into);
    }
    runs.sort_by(|one, other| (one.at, &one.suite).cmp(&(other.at, &other.suite)));
    runs
}

/// Suites of one name in several files are one suite over time where each says that it tested
/// another commit; else they may be different ones, of which none may hide another: then they are
/// called after their files, too.
fn tell_apart(found: &mut [(&str, TestRun)]) {
    let mut by_name: HashMap<Text, (BTreeSet<&str>, BTreeSet<Text>, usize)> = HashMap::new();
    for (file, run) in &*found {
        let (files, commits, count) = by_name.entry(run.suite.clone()).or_default();
        files.insert(file);
        commits.extend(run.commit.clone());
        *count += 1;
    }
    for (file, run) in found {
        let Some((files, commits, count)) = by_name.get(&run.suite) else { continue };
        if files.len() > 1 && commits.len() < *count {
            run.suite = Text::new(format!("{} ({file})", run.suite));
        }
    }
}

/// The findings of all files, the newest analysis of each counting; in place of what cannot be
/// read, and where nothing was analyzed at all, one that nobody rated.
fn findings(
    settings: &ReportConfig,
    files: &[&Known],
    first: &mut FirstSeen,
    told: &mut Told,
    now: Instant,
) -> Vec<Finding> {
    let mut newest: BTreeMap<_, (Instant, Finding)> = BTreeMap::new();
    let mut analyses = 0;
    for (file, contents) in read(files) {
        analyses += contents.analyses;
        let at = file.written_at.unwrap_or(now);
        for finding in &contents.findings {
            let mut finding = finding.clone();
            if !finding.is_analysis() {
                finding.opened_at = first.of(finding.id.to_string(), finding.opened_at);
            }
            let is_open =
                |finding: &Finding| matches!(finding.state, FindingState::Open | FindingState::Unknown);
            let known = newest.get(&finding.id);
            // Of two at once the open one counts.
            if known.is_none_or(|(known, other)| (*known, is_open(other)) < (at, is_open(&finding))) {
                newest.insert(finding.id.clone(), (at, finding));
            }
        }
    }
    let mut found: Vec<Finding> = newest.into_values().map(|(_, finding)| finding).collect();
    commits(settings, &mut found, |finding| {
        (&mut finding.commit, finding.closed_at.unwrap_or(finding.opened_at))
    });
    let is_whole =
        damaged(files).next().is_none() && found.iter().all(|finding| finding.rule.as_str() != MARK);
    told.complete(&mut found, is_whole, now);
    // Without a commit an analysis says nothing that the findings do not.
    found.retain(|finding| !finding.is_analysis() || finding.commit.is_some());
    // What cannot be read may hold what was found just now.
    let at = this_hour(now);
    let unread = damaged(files).map(|file| {
        let why = (*file.contents).as_ref().err().map(|problem| problem.what.to_string());
        mark(settings, &file.name, &why.unwrap_or_default(), at)
    });
    found.extend(unread);
    if analyses == 0 && found.is_empty() {
        found.push(mark(settings, "nothing", "no report of an analyzer is there", at));
    }
    for finding in &mut found {
        if finding.rule.as_str() == MARK {
            finding.opened_at = at;
        }
    }
    found
}

/// The stories of all files, of a key that is in several the one of the newest file; and the
/// releases that they are in, without those that have long been ready.
fn stories(files: &[&Known], first: &mut FirstSeen) -> (Vec<Story>, Vec<Release>) {
    let mut newest: BTreeMap<_, (Option<Instant>, &ReadStory)> = BTreeMap::new();
    for (file, contents) in read(files) {
        for read in &contents.stories {
            let known = newest.get(&read.story.key);
            if known.is_none_or(|(at, _)| *at <= file.written_at) {
                newest.insert(read.story.key.clone(), (file.written_at, read));
            }
        }
    }
    let written_at = newest.values().filter_map(|(at, _)| *at).max();
    let since = written_at.and_then(|at| at.checked_sub_signed(TimeDelta::days(RECENT_DAYS)));
    let mut releases = BTreeMap::new();
    let mut stories = Vec::with_capacity(newest.len());
    for (_, read) in newest.into_values() {
        let mut story = read.story.clone();
        if read.created_is_unknown {
            story.created_at = first.of(format!("{} created", story.key), story.created_at);
        }
        let (created_at, category) = (story.created_at, story.category);
        if let Some(last) = story.moves.last_mut().filter(|_| read.last_move_is_unknown) {
            last.at = first.of(format!("{} {category:?}", story.key), last.at).max(created_at);
        }
        let is_over = matches!(category, Category::Done | Category::Dropped);
        if !is_over || since.is_none_or(|since| story.since() >= since) {
            releases.extend(read.releases.iter().map(|release| (release.id.clone(), release.clone())));
        }
        stories.push(story);
    }
    (stories, releases.into_values().collect())
}

/// The beginning of the hour: new enough, and no news every minute.
fn this_hour(now: Instant) -> Instant {
    now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now)
}

fn named(names: &[Text]) -> String {
    let shown = names.iter().take(MOST_NAMES).map(Text::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

//! Test results in the XML that `JUnit` made common: what surefire, Gradle, pytest, jest-junit,
//! go-junit-report and many more write. There is no standard; <https://github.com/testmoapp/junitxml>
//! describes what is usual, the schema of surefire its retries.

use std::collections::HashMap;

use chrono::Duration;

use super::{
    contents::{Contents, ReadRun, text},
    dates::{self, Written},
    xml::{Document, Element, Step},
};
use crate::{
    config::ReportConfig,
    domain::{Calendar, Instant, Problem, TestRun, Text},
};

/// Most names of failed tests of a suite that are kept.
const MOST_FAILURES: usize = 100;

/// Most tests of one file.
const MOST_TESTS: usize = 1_000_000;

/// Names under which programs put the commit into the properties of a suite, in small letters and
/// without what separates words.
const COMMITS: [&str; 14] = [
    "commit",
    "commitid",
    "commitsha",
    "commithash",
    "gitcommit",
    "gitcommitid",
    "gitcommitsha",
    "gitsha",
    "sha",
    "revision",
    "githubsha",
    "cicommitsha",
    "envgitcommit",
    "buildsourceversion",
];

/// How an attempt at a test ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Outcome {
    #[default]
    Passed,
    Failed,
    Skipped,
}

/// One `<testcase>`.
#[derive(Debug, Default)]
struct Attempt {
    name: String,
    class: String,
    outcome: Outcome,
    /// It passed after attempts that failed.
    is_flaky: bool,
    /// How long it took; 0 where it does not say.
    milliseconds: u64,
}

/// A suite that is not within another one, or all of one name in a file.
#[derive(Debug, Default)]
struct Suite {
    name: String,
    /// When it ended, as far as it says.
    at: Option<Instant>,
    commit: Option<Text>,
    attempts: Vec<Attempt>,
    /// How long it took; 0 where nobody says.
    milliseconds: u64,
    /// What the attributes of it say: tests, failed and skipped ones.
    declared: Declared,
}

/// Numbers in the attributes of a suite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Declared {
    tests: u32,
    failed: u32,
    skipped: u32,
}

impl Declared {
    fn add(&mut self, other: Self) {
        self.tests = self.tests.saturating_add(other.tests);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

/// What is known of the document while it is being read.
#[derive(Default)]
struct Reading {
    suites: Vec<Suite>,
    /// Time, and commit, of all that do not say theirs.
    at: Option<Instant>,
    commit: Option<Text>,
    problems: Vec<Problem>,
    tests: usize,
}

/// The runs that the file `name`, written at `written_at`, tells of.
pub(super) fn read(
    settings: &ReportConfig,
    name: &str,
    bytes: &[u8],
    written_at: Instant,
) -> Result<Contents, Problem> {
    let text = text(name, bytes)?;
    let mut document = Document::new(name, text);
    let mut reading = Reading::default();
    let Some(Step::Open(root)) = document.next()? else {
        return Err(document.problem("this is no XML: there is nothing in it"));
    };
    match root.name.as_str() {
        "testsuites" => reading.suites(&mut document, &root, &settings.calendar)?,
        "testsuite" => reading.suite(&mut document, &root, &settings.calendar)?,
        other => {
            return Err(Problem::new(
                format!("{name}: <{other}> is no report of JUnit, which begins with <testsuites>"),
                "name other files in source.junit.files, or let the tests write JUnit's format",
            ));
        }
    }
    // What comes after it must be nothing.
    while document.next()?.is_some() {}
    Ok(reading.contents(name, written_at))
}

impl Reading {
    /// `<testsuites>`, which is open.
    fn suites(
        &mut self,
        document: &mut Document<'_>,
        root: &Element<'_>,
        calendar: &Calendar,
    ) -> Result<(), Problem> {
        let (at, milliseconds, declared) = numbers(root, document, calendar)?;
        self.at = at;
        while let Some(step) = document.next()? {
            let Step::Open(element) = step else { break };
            match element.name.as_str() {
                "testsuite" => self.suite(document, &element, calendar)?,
                "properties" => {
                    self.commit = properties(document, &mut self.problems)?.or(self.commit.take());
                }
                _ => skip(document)?,
            }
        }
        if self.suites.is_empty() && declared.tests > 0 {
            // Numbers alone, without the suites that they sum up.
            let [name] = root.attributes(["name"], document)?;
            self.add(Suite { name: name.unwrap_or_default(), declared, milliseconds, ..Suite::default() });
        }
        Ok(())
    }

    /// A `<testsuite>` that is not within another one, and is open.
    fn suite(
        &mut self,
        document: &mut Document<'_>,
        element: &Element<'_>,
        calendar: &Calendar,
    ) -> Result<(), Problem> {
        let mut suite = Suite::default();
        self.fill(&mut suite, document, element, calendar)?;
        self.add(suite);
        Ok(())
    }

    /// Adds what is in a `<testsuite>`, and in those within it, to `suite`.
    fn fill(
        &mut self,
        suite: &mut Suite,
        document: &mut Document<'_>,
        element: &Element<'_>,
        calendar: &Calendar,
    ) -> Result<(), Problem> {
        let [name] = element.attributes(["name"], document)?;
        if suite.name.is_empty() {
            suite.name = name.unwrap_or_default();
        }
        let (at, own, declared) = numbers(element, document, calendar)?;
        suite.at = suite.at.max(at);
        let (first, before, took) = (suite.attempts.len(), suite.declared, suite.milliseconds);
        while let Some(step) = document.next()? {
            let Step::Open(element) = step else { break };
            match element.name.as_str() {
                "testsuite" => self.fill(suite, document, &element, calendar)?,
                "testcase" => {
                    self.tests += 1;
                    if self.tests > MOST_TESTS {
                        return Err(document.problem(&format!("more than {MOST_TESTS} tests")));
                    }
                    let attempt = test(document, &element)?;
                    suite.milliseconds = suite.milliseconds.saturating_add(attempt.milliseconds);
                    suite.attempts.push(attempt);
                }
                "properties" => {
                    let commit = properties(document, &mut self.problems)?;
                    suite.commit = suite.commit.take().or(commit);
                }
                // What broke the suite itself, before or after its tests.
                "failure" | "error" => {
                    let name = format!("{} itself", suite.name);
                    suite.attempts.push(Attempt { name, outcome: Outcome::Failed, ..Attempt::default() });
                    skip(document)?;
                }
                _ => skip(document)?,
            }
        }
        // What a suite says of itself is its time from beginning to end, with all that is within it;
        // tests that ran beside each other add up to more.
        if own > 0 {
            suite.milliseconds = took.saturating_add(own);
        }
        // Numbers count where no tests stand behind them: all of them where there are no tests at
        // all, and failures that no test tells of. Those of suites within it are in its sums.
        if suite.declared == before {
            let own = &suite.attempts[first..];
            let is_told = own.iter().any(|attempt| attempt.outcome == Outcome::Failed || attempt.is_flaky);
            if own.is_empty() {
                suite.declared.add(declared);
            } else if !is_told {
                suite.declared.add(Declared { failed: declared.failed, ..Declared::default() });
            }
        }
        Ok(())
    }

    /// Adds a suite: to the one of the same name in this file, if there is one, as further
    /// attempts at its tests.
    fn add(&mut self, suite: Suite) {
        let same =
            self.suites.iter_mut().find(|known| known.name == suite.name && known.commit == suite.commit);
        let Some(known) = same else { return self.suites.push(suite) };
        known.at = known.at.max(suite.at);
        known.milliseconds = known.milliseconds.saturating_add(suite.milliseconds);
        known.attempts.extend(suite.attempts);
        known.declared.add(suite.declared);
    }

    fn contents(self, file: &str, written_at: Instant) -> Contents {
        let mut contents = Contents { problems: self.problems, ..Contents::default() };
        for suite in self.suites {
            // Nothing ended after it was written down. A time without a zone may say so.
            let at = suite.at.or(self.at).map_or(written_at, |at| at.min(written_at));
            let commit = suite.commit.clone().or_else(|| self.commit.clone());
            let called = if suite.name.trim().is_empty() { file } else { &suite.name };
            let (read, flaky) = sum_up(&suite, &Text::new(called), at, commit.as_ref());
            let run = &read.run;
            if run.passed == 0 && run.failed == 0 && run.skipped == 0 {
                continue;
            }
            if !flaky.is_empty() {
                contents.flaky.push((run.suite.clone(), flaky));
            }
            contents.runs.push(read);
        }
        contents
    }
}

/// A test by all its attempts.
struct Tried<'a> {
    first: &'a Attempt,
    /// How the last attempt ended.
    outcome: Outcome,
    /// Attempts before that one passed, and failed.
    passed: bool,
    failed: bool,
}

impl Tried<'_> {
    /// How it ended at an earlier attempt, if any ended differently; else as at the last one.
    fn before(&self) -> Outcome {
        match self.outcome {
            Outcome::Passed if self.failed => Outcome::Failed,
            Outcome::Failed if self.passed => Outcome::Passed,
            same => same,
        }
    }
}

/// The run that a suite is, with its earlier attempts, and the names of its flaky tests.
///
/// Several attempts at one test (the same class and name) are one test: it passed if the last one
/// did, and is flaky if some failed.
fn sum_up(suite: &Suite, name: &Text, at: Instant, commit: Option<&Text>) -> (ReadRun, Vec<Text>) {
    let mut tests: Vec<Tried<'_>> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for attempt in &suite.attempts {
        let mut position = tests.len();
        if !attempt.name.is_empty() {
            position = *known.entry((&attempt.class, &attempt.name)).or_insert(position);
        }
        match tests.get_mut(position) {
            // An attempt that did not happen says nothing.
            Some(_) if attempt.outcome == Outcome::Skipped => {}
            Some(tried) => {
                tried.passed |= tried.outcome == Outcome::Passed;
                tried.failed |= tried.outcome == Outcome::Failed || attempt.is_flaky;
                tried.outcome = attempt.outcome;
            }
            None => tests.push(Tried {
                first: attempt,
                outcome: attempt.outcome,
                passed: false,
                failed: attempt.is_flaky,
            }),
        }
    }
    let named = |attempt: &Attempt| match (attempt.class.as_str(), attempt.name.as_str()) {
        ("", name) => Text::new(name),
        (class, name) if name.starts_with(class) => Text::new(name),
        (class, name) => Text::new(format!("{class} {name}")),
    };
    let Declared { tests: declared, failed: unnamed, skipped } = suite.declared;
    let run = |at: Instant, is_first: bool| {
        let outcome = |tried: &Tried<'_>| if is_first { tried.before() } else { tried.outcome };
        let count = |wanted| tests.iter().filter(|tried| outcome(tried) == wanted).count() as u32;
        let failed = tests.iter().filter(|tried| outcome(tried) == Outcome::Failed);
        let mut failures: Vec<Text> = failed.take(MOST_FAILURES).map(|tried| named(tried.first)).collect();
        if unnamed > 0 && failures.len() < MOST_FAILURES {
            failures.push(Text::new(format!("{unnamed} that the report does not name")));
        }
        TestRun {
            suite: name.clone(),
            at,
            release: None,
            commit: commit.cloned(),
            passed: count(Outcome::Passed)
                .saturating_add(declared.saturating_sub(unnamed).saturating_sub(skipped)),
            failed: count(Outcome::Failed).saturating_add(unnamed),
            skipped: count(Outcome::Skipped).saturating_add(skipped),
            failures,
            // The report has one time for all attempts: it is told of the last one.
            milliseconds: Some(suite.milliseconds).filter(|took| *took > 0 && !is_first),
        }
    };
    let flaky = tests.iter().filter(|tried| tried.outcome == Outcome::Passed && tried.failed);
    let flaky: Vec<Text> = flaky.take(MOST_FAILURES).map(|tried| named(tried.first)).collect();
    // A report has one time for all attempts: only that the earlier ones came first is known.
    let is_mixed = tests.iter().any(|tried| tried.before() != tried.outcome);
    let before = is_mixed.then(|| run(at - Duration::milliseconds(1), true));
    (ReadRun { run: run(at, false), before }, flaky)
}

/// A `<testcase>`, which is open, up to its end.
fn test(document: &mut Document<'_>, element: &Element<'_>) -> Result<Attempt, Problem> {
    let [name, class, status, result, time] =
        element.attributes(["name", "classname", "status", "result", "time"], document)?;
    let mut attempt = Attempt {
        name: Text::new(name.unwrap_or_default()).to_string(),
        class: Text::new(class.unwrap_or_default()).to_string(),
        milliseconds: milliseconds(time),
        ..Attempt::default()
    };
    // GoogleTest says so in attributes alone.
    let said = [status, result].map(|said| said.unwrap_or_default().to_ascii_lowercase());
    if said.iter().any(|said| matches!(said.as_str(), "notrun" | "skipped" | "disabled" | "suppressed")) {
        attempt.outcome = Outcome::Skipped;
    }
    while let Some(Step::Open(inner)) = document.next()? {
        match inner.name.as_str() {
            "failure" | "error" => attempt.outcome = Outcome::Failed,
            "skipped" | "disabled" if attempt.outcome == Outcome::Passed => {
                attempt.outcome = Outcome::Skipped;
            }
            // Earlier attempts of surefire: of a test that passed in the end, and of one that did not.
            "flakyFailure" | "flakyError" => attempt.is_flaky = true,
            "rerunFailure" | "rerunError" if attempt.outcome != Outcome::Failed => {
                attempt.is_flaky = true;
            }
            _ => {}
        }
        skip(document)?;
    }
    Ok(attempt)
}

/// A time in seconds, with blanks around it and commas between thousands as some write it; 0 where
/// there is none, or none that could be.
fn milliseconds(time: Option<String>) -> u64 {
    let seconds = time.and_then(|time| time.trim().replace(',', "").parse::<f64>().ok());
    let seconds = seconds.filter(|seconds| (0.0..=864_000.0).contains(seconds)).unwrap_or_default();
    (seconds * 1000.0).round() as u64
}

/// When a suite ended, how long it took (0 where it does not say), and the numbers in its attributes.
fn numbers(
    element: &Element<'_>,
    document: &Document<'_>,
    calendar: &Calendar,
) -> Result<(Option<Instant>, u64, Declared), Problem> {
    let names = ["timestamp", "time", "tests", "failures", "errors", "skipped", "disabled"];
    let [timestamp, time, tests, failures, errors, skipped, disabled] =
        element.attributes(names, document)?;
    let began = timestamp.as_deref().and_then(|written| dates::read(written, None));
    let lasted = milliseconds(time);
    let ended =
        began.map(|began: Written| began.from(calendar) + Duration::milliseconds(lasted.cast_signed()));
    let number = |written: Option<String>| written.and_then(|text| text.trim().parse().ok()).unwrap_or(0_u32);
    let declared = Declared {
        tests: number(tests),
        failed: number(failures).saturating_add(number(errors)),
        skipped: number(skipped).saturating_add(number(disabled)),
    };
    Ok((ended, lasted, declared))
}

/// The commit in `<properties>`, which are open, up to their end.
fn properties(document: &mut Document<'_>, problems: &mut Vec<Problem>) -> Result<Option<Text>, Problem> {
    let mut commit = None;
    while let Some(Step::Open(property)) = document.next()? {
        let [name, value] = property.attributes(["name", "value"], document)?;
        let plain: String = name
            .unwrap_or_default()
            .chars()
            .filter(|character| !matches!(character, '.' | '_' | '-' | ' '))
            .flat_map(char::to_lowercase)
            .take(40)
            .collect();
        let value = value.unwrap_or_default().trim().to_ascii_lowercase();
        if COMMITS.contains(&plain.as_str()) && !value.is_empty() && commit.is_none() {
            if is_commit(&value) {
                commit = Some(Text::new(value));
            } else if problems.is_empty() {
                problems.push(document.problem(&format!("the property {plain} is no full name of a commit")));
            }
        }
        skip(document)?;
    }
    Ok(commit)
}

/// Whether `text` is the full name of a commit.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Leaves the element that is open.
fn skip(document: &mut Document<'_>) -> Result<(), Problem> {
    let mut depth = 1_usize;
    while depth > 0 {
        match document.next()? {
            Some(Step::Open(_)) => depth += 1,
            Some(Step::Close) => depth -= 1,
            None => break,
        }
    }
    Ok(())
}

//! The test suites of a release, with the tests of each that fail or are flaky.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{ListId, Row},
    insight::{SuiteRow, TestRow, words},
};

use super::{
    Look, format,
    screen::Screen,
    widgets::table::{self, Column, Places},
};

const COLUMNS: [Column; 7] = [
    Column::fixed("", 1, 0),
    Column::growing("test", 22, 80, 0),
    Column::growing("state", 13, 14, 0),
    Column::figures("since", 5, 1),
    Column::figures("flaky", 7, 2),
    Column::growing("suite", 8, 24, 4),
    Column::figures("ran", 4, 3),
];

/// The last of the columns that name a test.
const NAME: usize = 1;

/// Draws the list of suites and tests into `area`.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect, focused: bool) {
    let (heading, body) = table::split(area);
    let list = screen.state.list(ListId::Tests);
    let sorted = match list.order_name(ListId::Tests) {
        "suite" => None,
        other => Some(other),
    };
    let suites = screen.state.release().map(|release| release.suites.as_slice()).unwrap_or_default();
    let tests = suites.iter().flat_map(|suite| suite.tests.iter().map(move |test| (suite, test)));
    let rows = suites.iter().map(|suite| suite_cells(screen, suite));
    let rows = rows.chain(tests.map(|(suite, test)| test_cells(screen, suite, test)));
    let widest = table::widest(rows, &[]);
    let places = table::place(&COLUMNS, &widest, sorted, heading.width);
    let falls = sorted.is_some_and(|order| ListId::Tests.falls(order)) != list.reversed;
    table::headings(screen, heading, &COLUMNS, &places, sorted, falls);
    screen.list(ListId::Tests, body, focused, |screen, row, item| draw_row(screen, row, item, &places));
}

fn draw_row(screen: &mut Screen<'_>, row: Rect, item: Row, places: &Places) -> u16 {
    let state = screen.state;
    let suites = state.release().map(|release| release.suites.as_slice()).unwrap_or_default();
    let cells = match item {
        Row::Suite(suite) => suites.get(suite as usize).map(|suite| suite_cells(screen, suite)),
        Row::Test(suite, test) => suites.get(suite as usize).and_then(|suite| {
            let test = suite.tests.get(test as usize)?;
            Some(test_cells(screen, suite, test))
        }),
        _ => None,
    };
    if let Some(cells) = cells {
        table::cells(screen, row, &COLUMNS, places, &cells);
    }
    table::until(places, NAME)
}

type Cells = [(String, Style); 7];

fn suite_cells(screen: &Screen<'_>, suite: &SuiteRow) -> Cells {
    let Look { styles, glyphs } = screen.look;
    let (mark, style) = match (suite.failed, suite.passed) {
        (0, 0) => (glyphs.unknown, styles.unknown),
        (0, _) => (glyphs.go, styles.go),
        _ => (glyphs.no_go, styles.no_go),
    };
    let required = if suite.counts { "" } else { ", not required" };
    let said = match (suite.failed, suite.passed) {
        (0, 0) => "nothing ran".to_owned(),
        (0, _) => format!("all passed{required}"),
        (failed, _) => format!("{failed} failed{required}"),
    };
    let of = suite.passed.saturating_add(suite.failed);
    let name = format!("{} {} {}/{of} passed", suite.suite, glyphs.separator, suite.passed);
    [
        (mark.to_owned(), style),
        (name, styles.strong),
        (said, style),
        (String::new(), styles.muted),
        (String::new(), styles.muted),
        (String::new(), styles.muted),
        (format::age(suite.at, screen.now), styles.muted),
    ]
}

fn test_cells(screen: &Screen<'_>, suite: &SuiteRow, test: &TestRow) -> Cells {
    let Look { styles, glyphs } = screen.look;
    let (mark, word, style) = match (test.fails(), test.newly) {
        (true, true) => (glyphs.at_risk, "newly failing", styles.at_risk),
        (true, false) => (glyphs.no_go, "failing", styles.no_go),
        (false, _) => (glyphs.running, "flaky", styles.unknown),
    };
    let since = test.failing_since.map(|since| format::age(since, screen.now)).unwrap_or_default();
    let flaky = test.flaky.map(rate).unwrap_or_default();
    [
        (mark.to_owned(), style),
        (format!("  {}", test.name), styles.base),
        (word.to_owned(), style),
        (since, styles.muted),
        (flaky, styles.muted),
        (suite.suite.to_string(), styles.muted),
        (format::age(suite.at, screen.now), styles.muted),
    ]
}

/// `2/9`: commits with both outcomes, of those that it ran on.
fn rate(flaky: crate::insight::Flaky) -> String {
    format!("{}/{}", flaky.mixed, flaky.of)
}

/// What is known of a suite, as facts by name.
pub(super) fn suite_facts(screen: &Screen<'_>, suite: &SuiteRow) -> Vec<(&'static str, String)> {
    let (passed, failed, skipped) = (suite.passed, suite.failed, suite.skipped);
    let mut facts = vec![
        ("last run", format!("{}, {} ago", screen.dates.moment(suite.at), format::age(suite.at, screen.now))),
        ("result", format!("{passed} passed, {failed} failed, {skipped} skipped")),
    ];
    facts.extend(suite.commit.as_ref().map(|commit| ("commit", words::commit(commit).to_owned())));
    facts.extend(screen.state.release.as_ref().map(|release| ("release", release.to_string())));
    let counts = if suite.counts { "its newest run counts for the tests gate" } else { "it is not required" };
    facts.push(("gate", counts.to_owned()));
    facts.push(("known", words::count(suite.runs as usize, "run", "runs")));
    facts
}

/// The same of a test of it.
pub(super) fn test_facts(
    screen: &Screen<'_>,
    suite: &SuiteRow,
    test: &TestRow,
) -> Vec<(&'static str, String)> {
    let mut facts = vec![("suite", suite.suite.to_string())];
    let state = match (test.failing_since, test.newly) {
        (Some(since), true) => format!("newly failing since {}", screen.dates.moment(since)),
        (Some(since), false) => format!("failing since {}", screen.dates.moment(since)),
        (None, _) => "passes, and is flaky".to_owned(),
    };
    facts.push(("state", state));
    if let Some(flaky) = test.flaky {
        let least = words::percent(flaky.at_least);
        let said = format!("failed and passed on {} of {} commits: at least {least}", flaky.mixed, flaky.of);
        facts.push(("flaky", said));
    }
    facts.push(("failed", format!("last {}", screen.dates.moment(test.failed_at))));
    facts.extend(suite_facts(screen, suite));
    facts
}

/// How the list adds up: `3 fail · 1 new · 2 flaky of 1,748`.
pub(super) fn summary(screen: &Screen<'_>, suites: &[SuiteRow]) -> Vec<Span<'static>> {
    let Look { styles, glyphs } = screen.look;
    let tests = || suites.iter().flat_map(|suite| &suite.tests);
    let failed: u32 = suites.iter().map(|suite| suite.failed).sum();
    let newly = tests().filter(|test| test.newly).count();
    let flaky = tests().filter(|test| test.flaky.is_some()).count();
    let of: u32 = suites.iter().map(|suite| suite.passed.saturating_add(suite.failed)).sum();
    let mut spans = vec![Span::styled(format!(" {failed} failed of {of}"), styles.base)];
    for (count, word) in [(newly, "newly failing"), (flaky, "flaky")] {
        if count > 0 {
            spans.push(Span::styled(format!(" {} {count} {word}", glyphs.separator), styles.base));
        }
    }
    spans
}

/// Facts as lines.
pub(super) fn lines(screen: &Screen<'_>, facts: Vec<(&'static str, String)>) -> Vec<Line<'static>> {
    facts.into_iter().map(|(name, value)| super::detail::fact(screen, name, value)).collect()
}

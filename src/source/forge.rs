//! What the connectors of forges have in common.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use chrono::{Duration, TimeDelta};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::domain::{Facts, Instant, Problem, Step};

/// Most problems that one list makes: a thousand alike help nobody.
const MOST_PROBLEMS: usize = 5;

/// Adds `problem` unless it is known. Where there are enough, one that is told stands for it.
pub(super) fn note(problems: &mut Vec<Problem>, problem: Problem) {
    problem.note(problems, MOST_PROBLEMS);
}

/// The instant that so many days before `now` is.
pub(super) fn days_before(now: Instant, days: u32) -> Instant {
    now.checked_sub_signed(Duration::days(days.into())).unwrap_or(Instant::MIN_UTC)
}

/// The earliest instant that a service can have put to what it was asked for at `tried_at`. `skew` is how
/// far its clock is known to be ahead of ours: it is told in whole seconds. Where nobody knows, it
/// may be a minute behind.
pub(super) fn earliest(tried_at: Instant, skew: Option<TimeDelta>) -> Instant {
    let least = skew.map_or(TimeDelta::minutes(-1), |skew| skew - TimeDelta::seconds(5));
    tried_at.checked_add_signed(least).unwrap_or(tried_at)
}

/// Whether two texts say the same, however a service keeps the ends of lines.
pub(super) fn says_the_same(one: &str, other: &str) -> bool {
    let lines = |text: &str| text.trim().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    lines(one) == lines(other)
}

/// What a round tells, if it is anything new beside `last`: `problems` of the whole source, and what
/// `facts` makes of what is known. It is not even asked where neither the round has news nor the
/// problems are others.
pub(super) fn news(
    last: Option<&Facts>,
    is_news: bool,
    problems: Vec<Problem>,
    facts: impl FnOnce() -> Facts,
) -> Option<Arc<Facts>> {
    let is_told = |last: &Facts| problems.iter().all(|problem| last.problems.contains(problem));
    if !is_news && last.is_some_and(is_told) {
        return None;
    }
    let mut facts = facts();
    facts.problems.splice(0..0, problems);
    share(&mut facts, last);
    (last != Some(&facts)).then(|| Arc::new(facts))
}

/// Gives `facts` the items of `last` that did not change, so that boards share them, and each
/// identity once: two repositories may both have `staging`.
pub(super) fn share(facts: &mut Facts, last: Option<&Facts>) {
    let none = Facts::default();
    let last = last.unwrap_or(&none);
    once(&mut facts.releases, &last.releases, |item| item.id.clone());
    once(&mut facts.stories, &last.stories, |item| item.key.clone());
    once(&mut facts.pull_requests, &last.pull_requests, |item| item.id.clone());
    once(&mut facts.deployments, &last.deployments, |item| item.id.clone());
    once(&mut facts.environments, &last.environments, |item| item.id.clone());
    once(&mut facts.findings, &last.findings, |item| item.id.clone());
    once(&mut facts.builds, &last.builds, |item| item.id.clone());
    once(&mut facts.freezes, &last.freezes, |item| {
        (item.name.clone(), item.window.from, item.window.until, item.environments.clone())
    });
    once(&mut facts.test_runs, &last.test_runs, |item| {
        (item.suite.clone(), item.at, item.commit.clone(), item.release.clone())
    });
}

fn once<T: PartialEq, I: Eq + Hash>(items: &mut Vec<Arc<T>>, last: &[Arc<T>], id: impl Fn(&T) -> I) {
    let known: HashMap<I, &Arc<T>> = last.iter().map(|item| (id(item), item)).collect();
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert(id(item)));
    for item in items.iter_mut() {
        if let Some(known) = known.get(&id(item)).filter(|known| ***known == *item) {
            *item = Arc::clone(known);
        }
    }
}

/// The base branches whose pull requests are told; none: all. A pattern that cannot be read is
/// left out, and a problem.
pub(super) fn bases(patterns: &[String], mistakes: &mut Vec<Problem>) -> Option<GlobSet> {
    if patterns.is_empty() {
        return None;
    }
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        match Glob::new(pattern) {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => mistakes.push(Problem::new(
                format!("the base branch pattern \"{pattern}\" cannot be read: {}", error.kind()),
                "correct `bases` of the source: `*` and `?` match anything",
            )),
        }
    }
    builder.build().ok()
}

/// The step that a check belongs to: one that speaks of testing runs the product; any other one
/// builds it.
pub(super) fn step(name: &str) -> Step {
    const WORDS: [&str; 8] = ["test", "tests", "testing", "e2e", "spec", "specs", "coverage", "integration"];
    let lower = name.to_lowercase();
    let mut words = lower.split(|character: char| !character.is_alphanumeric());
    if words.any(|word| WORDS.contains(&word)) { Step::Test } else { Step::Build }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::Story;

    #[test]
    fn a_round_tells_what_is_new() {
        let problem = |what: &str| Problem::new(what, "do something");
        let with = |titles: &[&str], problems: &[&str]| {
            let stories =
                titles.iter().map(|title| Arc::new(Story::new(title, title, DateTime::UNIX_EPOCH))).collect();
            let problems = problems.iter().map(|what| problem(what)).collect();
            Facts { stories, problems, ..Facts::default() }
        };
        let last = with(&["a", "b"], &["x"]);
        for (is_news, problems, now, expected) in [
            (false, vec!["x"], &["a"][..], None),
            (false, vec![], &["a"], None),
            (true, vec!["x"], &["a", "b"], None),
            (true, vec!["x"], &["a", "c"], Some(with(&["a", "c"], &["x"]))),
            (false, vec!["y"], &["a", "b"], Some(with(&["a", "b"], &["y"]))),
            (true, vec![], &["a", "b"], Some(with(&["a", "b"], &[]))),
        ] {
            let besides = problems.iter().map(|what| problem(what)).collect();
            let told = news(Some(&last), is_news, besides, || with(now, &[]));
            assert_eq!(told.as_deref(), expected.as_ref(), "{is_news} {problems:?} {now:?}");
            if let Some(told) = told {
                assert!(Arc::ptr_eq(&told.stories[0], &last.stories[0]), "what is as it was is shared");
            }
        }
        assert!(news(None, false, Vec::new(), Facts::default).is_some(), "the first round");
    }

    #[test]
    fn words_and_dates_of_a_service() {
        assert!(says_the_same("Hello \r\n\r\nyou\n", "Hello\n\nyou"));
        assert!(!says_the_same("Hello\nyou", "Hello you"));
        let tried = DateTime::UNIX_EPOCH;
        for (skew, seconds) in [(None, -60), (Some(0), -5), (Some(90), 85), (Some(-90), -95)] {
            let earliest = earliest(tried, skew.map(TimeDelta::seconds));
            assert_eq!((earliest - tried).num_seconds(), seconds, "{skew:?}");
        }
    }
}

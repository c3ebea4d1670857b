//! Stories that failing tests returned to their developers: by suite, by component, and by person
//! where that is asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Duration;

use crate::{
    domain::{PullRequest, StoryKey, TestRun, Text},
    insight::{Subject, context::Context, stories, words},
};

use super::super::{CardRow, CardStanding, Material, behind};

/// A failing run that names a story returned it, if it went back within so many days.
const WITHIN_DAYS: i64 = 3;
/// Stories that a row names.
const MOST_STORIES: usize = 3;

/// The stories of one release that went back after a failing run of it that names them.
#[derive(Default)]
pub(super) struct Returned<'a> {
    /// The positions of the stories by the suite that returned them.
    by_suite: BTreeMap<&'a Text, BTreeSet<usize>>,
    /// Stories of the release that went back, and no failing run of it names them.
    pub(super) others: usize,
}

impl<'a> Returned<'a> {
    /// Those of the release at this position, whose runs are `known`.
    pub(super) fn of(
        material: &Material<'a>,
        release: usize,
        known: &BTreeMap<&'a Text, Vec<&'a TestRun>>,
    ) -> Self {
        let context = material.context;
        let mut by_commit: HashMap<&Text, Vec<&'a TestRun>> = HashMap::new();
        let mut by_story: HashMap<usize, Vec<&'a TestRun>> = HashMap::new();
        for &run in known.values().flatten().filter(|run| run.failed > 0) {
            if let Some(commit) = &run.commit {
                by_commit.entry(commit).or_default().push(run);
            }
            for story in run.failures.iter().flat_map(|name| keys(context, name)) {
                by_story.entry(story).or_default().push(run);
            }
        }
        let mut found = Self::default();
        for item in material.membership().stories[release].iter().map(|member| member.item) {
            let story = context.stories[item];
            if stories::returns(story) == 0 {
                continue;
            }
            let commits = material.membership().by_story[item].iter().flat_map(|index| {
                let pull_request: &'a PullRequest = context.pull_requests[*index];
                [&pull_request.head, &pull_request.merge_commit].into_iter().flatten()
            });
            let named = commits.filter_map(|commit| by_commit.get(commit)).flatten();
            let named: Vec<&TestRun> =
                named.chain(by_story.get(&item).into_iter().flatten()).copied().collect();
            let within = Duration::days(WITHIN_DAYS);
            let blamed: Vec<&'a TestRun> = stories::went_back(story)
                .filter_map(|at| {
                    let before = named.iter().filter(|run| run.at <= at && at - run.at <= within);
                    before.max_by_key(|run| (run.at, &run.suite)).copied()
                })
                .collect();
            found.others += usize::from(blamed.is_empty());
            for run in blamed {
                found.by_suite.entry(&run.suite).or_default().insert(item);
            }
        }
        found
    }

    /// Each story once, whatever returned it and how often.
    pub(super) fn stories(&self) -> BTreeSet<usize> {
        self.by_suite.values().flatten().copied().collect()
    }

    /// The stories that a suite returned.
    pub(super) fn by(&self, suite: &Text) -> Vec<usize> {
        self.by_suite.get(suite).into_iter().flatten().copied().collect()
    }

    /// A row for each component and suite, and for each person where the rules say so; those with
    /// most stories first.
    pub(super) fn rows(&self, context: &Context<'_>, release: usize) -> Vec<CardRow> {
        let id = &context.releases[release].id;
        let mut by_component: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        let mut by_person: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (suite, stories) in &self.by_suite {
            for &item in stories {
                let story = context.stories[item];
                let component = story.component.as_ref().map_or("no component", Text::as_str);
                let name = format!("{id} returned in {component} by {suite}");
                by_component.entry(name).or_default().insert(item);
                if context.policy.returned_by_person {
                    let owner = story.owner.as_ref().map_or("nobody", Text::as_str);
                    by_person.entry(format!("{id} returned to {owner}")).or_default().insert(item);
                }
            }
        }
        let mut rows = Vec::new();
        for group in [by_component, by_person] {
            let mut group: Vec<_> = group.into_iter().collect();
            group.sort_by_key(|(_, stories)| std::cmp::Reverse(stories.len()));
            rows.extend(group.into_iter().map(|(name, stories)| row(context, name, &stories)));
        }
        rows
    }
}

fn row(context: &Context<'_>, name: String, stories: &BTreeSet<usize>) -> CardRow {
    let mut keys: Vec<&StoryKey> = stories.iter().map(|item| &context.stories[*item].key).collect();
    keys.sort_unstable();
    let names: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
    let mut cells = vec![name];
    cells.extend(std::iter::repeat_n("–".to_owned(), 7));
    cells.extend([stories.len().to_string(), words::list(&names, MOST_STORIES)]);
    CardRow {
        cells: cells.into_iter().map(Text::new).collect(),
        standing: CardStanding::Told,
        subject: keys.first().map(|key| Subject::Story((*key).clone())),
        behind: behind(&keys, |key| {
            let story = context.story(key).map(|item| context.stories[item].title.as_str());
            format!("{key} {}", story.unwrap_or_default())
        }),
    }
}

/// Stories that the name of a test speaks of.
fn keys(context: &Context<'_>, name: &str) -> Vec<usize> {
    let words = name.split(|letter: char| !(letter.is_alphanumeric() || letter == '-'));
    let keys = words.filter(|word| word.contains('-') && word.ends_with(|last: char| last.is_ascii_digit()));
    keys.filter_map(|word| context.story(&StoryKey::new(word))).collect()
}

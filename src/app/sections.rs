//! Sections of the tab Pull requests: filters with a name, those that are there from the start,
//! those of the configuration, and those that somebody saved.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Instant, Items, Team, Text},
    insight::query::{Query, parse_for},
};

use super::{Effect, ListId, State, Tab, rows, update::say};

/// Most sections that are saved.
const MOST_SAVED: usize = 30;

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequestSection {
    /// What it is called.
    pub name: Text,
    /// What is in it; nothing written: everything.
    pub query: Text,
}

impl PullRequestSection {
    fn new(name: &str, query: &str) -> Self {
        Self { name: Text::new(name), query: Text::new(query) }
    }

    /// What its label says. What is late here are rows: the release may be late without one of
    /// them, and the other way round.
    pub(crate) fn label(&self) -> &str {
        if *self.name == *"late" { "PRs late" } else { &self.name }
    }

    /// What to say where it picks no row. Only of what nobody wants it is good that there is none.
    pub(crate) fn when_empty(&self) -> &'static str {
        let is_given = Self::built_in().contains(self);
        match &*self.name {
            "needs me" if is_given => "nothing waits for you here",
            "waiting on others" if is_given => "nothing of yours waits for others",
            "late" if is_given => "no pull request is late: that is good",
            "ready to merge" if is_given => "nothing is ready to merge yet",
            _ => "no pull request is in this section",
        }
    }

    /// Those that are there from the start.
    pub(crate) fn built_in() -> Vec<Self> {
        vec![
            Self::new("all", ""),
            Self::new("needs me", "is:open next:@me -is:snoozed"),
            Self::new("waiting on others", "is:open author:@me -next:@me -is:snoozed"),
            Self::new("late", "is:open is:late"),
            Self::new("ready to merge", "is:open is:ready"),
        ]
    }
}

/// All sections, and which one is shown.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    /// From the start and of the configuration.
    given: Vec<PullRequestSection>,
    saved: Vec<PullRequestSection>,
    queries: Vec<Option<Query>>,
    /// Whether they were counted for the board that is shown.
    is_counted: bool,
    counts: Vec<Option<u32>>,
    /// The position of the one that is shown.
    pub(super) current: usize,
}

impl Sections {
    /// What is there from the start, with those of the configuration and those that were saved.
    pub(super) fn new(configured: Vec<PullRequestSection>, saved: Vec<PullRequestSection>) -> Self {
        let mut given = PullRequestSection::built_in();
        for section in configured {
            match given.iter_mut().find(|known| known.name == section.name) {
                Some(known) => *known = section,
                None => given.push(section),
            }
        }
        Self { given, saved, ..Self::default() }
    }

    /// All of them, each with how many rows it has, where that is known, and whether it is shown.
    pub fn all(&self) -> impl Iterator<Item = (&PullRequestSection, Option<u32>, bool)> {
        let sections = self.given.iter().chain(&self.saved).enumerate();
        sections.map(|(index, section)| {
            (section, self.counts.get(index).copied().flatten(), index == self.current)
        })
    }

    /// The one that is shown.
    pub fn shown(&self) -> Option<&PullRequestSection> {
        self.given.iter().chain(&self.saved).nth(self.current)
    }

    /// What picks its rows; none: nothing is picked out.
    pub(super) fn query(&self) -> Option<&Query> {
        self.queries.get(self.current)?.as_ref()
    }

    pub(super) fn is_read(&self) -> bool {
        self.queries.len() == self.len()
    }

    fn len(&self) -> usize {
        self.given.len() + self.saved.len()
    }

    /// Reads the queries for who looks. One that cannot be read picks nothing out: those of the
    /// configuration were read before.
    pub(super) fn read(&mut self, me: &[Text], teams: &[Team]) {
        let read = |section: &PullRequestSection| {
            if section.query.trim().is_empty() {
                return None;
            }
            // A team that is gone since: nobody knows who is in it, and no row is picked.
            let parse = |teams| parse_for(&section.query, Items::PullRequests, me, teams).ok();
            parse(Some(teams)).or_else(|| parse(None))
        };
        self.queries = self.given.iter().chain(&self.saved).map(read).collect();
        self.is_counted = false;
    }
}

impl State {
    /// Counts the rows of each section, where that is to be seen.
    pub(super) fn count_sections(&mut self) {
        if self.tab != Tab::PullRequests || self.sections.is_counted {
            return;
        }
        let counts = rows::counts(self.view(), &self.sections.queries);
        let is_unknown =
            |query: &Option<Query>| query.as_ref().is_some_and(Query::asks_who) && self.me.is_empty();
        let counts = self.sections.queries.iter().zip(counts);
        self.sections.counts = counts.map(|(query, count)| (!is_unknown(query)).then_some(count)).collect();
        self.sections.is_counted = true;
    }

    /// Somebody said something: lists that ask for what was said, and the counts, are worked out anew.
    pub(super) fn arrange_said(&mut self) {
        for id in [ListId::PullRequests, ListId::Stories, ListId::Defects, ListId::Schedule] {
            let in_section =
                id == ListId::PullRequests && self.sections.query().is_some_and(Query::asks_said);
            if in_section || self.list(id).asked.query().is_some_and(Query::asks_said) {
                self.arrange(id);
            }
        }
        if self.sections.queries.iter().flatten().any(Query::asks_said) {
            self.recount_sections();
        }
    }

    /// Something changed that the counts rest on.
    pub(super) fn recount_sections(&mut self) {
        self.sections.is_counted = false;
        self.count_sections();
    }
}

/// Shows the section before or after.
pub(super) fn step(state: &mut State, right: bool, effects: &mut Vec<Effect>) {
    let last = state.sections.len().saturating_sub(1);
    let next = state.sections.current.saturating_add_signed(if right { 1 } else { -1 }).min(last);
    go_to(state, next, effects);
}

/// Shows the section at a position.
pub(super) fn go_to(state: &mut State, position: usize, effects: &mut Vec<Effect>) {
    if position < state.sections.len() && position != state.sections.current {
        state.sections.current = position;
        state.arrange(ListId::PullRequests);
        state.follow_detail();
        effects.push(Effect::Draw);
    }
}

/// Keeps the filter of the list as a section.
pub(super) fn save(state: &mut State, name: &str, now: Instant, effects: &mut Vec<Effect>) {
    let query = state.list(ListId::PullRequests).filter.trim().to_owned();
    let name = Text::new(name.trim());
    if state.tab != Tab::PullRequests || query.is_empty() {
        return say(state, "nothing to save: filter the pull requests first", now, effects);
    }
    if let Some(problem) = &state.list(ListId::PullRequests).asked.problem {
        let said = format!("not saved: {}", problem.what);
        return say(state, said, now, effects);
    }
    if state.sections.given.iter().any(|section| section.name == name) {
        return say(state, format!("there is a section {name} already: choose another name"), now, effects);
    }
    let section = PullRequestSection { name: name.clone(), query: Text::new(query) };
    let saved = &mut state.sections.saved;
    let position = match saved.iter().position(|known| known.name == name) {
        Some(position) => {
            saved[position] = section;
            position
        }
        None if saved.len() >= MOST_SAVED => {
            return say(state, format!("{MOST_SAVED} are saved: forget one first"), now, effects);
        }
        None => {
            saved.push(section);
            saved.len() - 1
        }
    };
    state.sections.current = state.sections.given.len() + position;
    // The section picks what the filter picked.
    state.list_mut(ListId::PullRequests).filter.clear();
    kept(state, format!("saved: {name}"), now, effects);
}

/// Drops a section that was saved.
pub(super) fn forget(state: &mut State, name: &str, now: Instant, effects: &mut Vec<Effect>) {
    let Some(position) = state.sections.saved.iter().position(|section| *section.name == *name.trim()) else {
        return say(state, format!("no section {name} was saved"), now, effects);
    };
    state.sections.saved.remove(position);
    state.sections.current = 0;
    kept(state, format!("forgotten: {name}"), now, effects);
}

fn kept(state: &mut State, said: String, now: Instant, effects: &mut Vec<Effect>) {
    effects.push(Effect::KeepSections(state.sections.saved.clone()));
    let me = state.me.clone();
    state.sections.read(&me, &state.board.policy.teams);
    state.arrange(ListId::PullRequests);
    state.count_sections();
    say(state, said, now, effects);
}

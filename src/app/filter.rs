//! The filter of a list: a query that is read once when it changes, and what completes it.

use std::sync::Arc;

use tui_input::{Input, InputRequest};

use crate::{
    domain::{Items, Team, Text},
    insight::query::{Completion, Item, Query, QueryError, complete, parse_for},
};

use super::{Effect, ListId, State, rows, update::set_filter};

/// The query of a list, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// What was read last, over which items, for whom, with which teams.
    read: Option<(String, Items, Vec<Text>, Vec<Team>)>,
    /// The last one that could be read.
    query: Option<Arc<Query>>,
    /// What is wrong with what is written.
    pub(crate) problem: Option<QueryError>,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.read == other.read
    }
}

impl Filter {
    /// Reads `written`, unless it was read. Where it cannot be read, the query before stays.
    pub(super) fn read(&mut self, written: &str, items: Items, me: &[Text], teams: &[Team]) {
        let is_known = self
            .read
            .as_ref()
            .is_some_and(|(text, of, by, with)| text == written && *of == items && by == me && with == teams);
        if is_known {
            return;
        }
        let was_over_others = self.read.as_ref().is_some_and(|(_, of, _, _)| *of != items);
        self.read = Some((written.to_owned(), items, me.to_vec(), teams.to_vec()));
        self.problem = None;
        if written.trim().is_empty() {
            self.query = None;
            return;
        }
        match parse_for(written, items, me, Some(teams)) {
            Ok(query) => {
                // An empty list alone would read as if nothing needed anybody.
                self.problem = if me.is_empty() { query.without_who() } else { None };
                self.query = Some(Arc::new(query));
            }
            Err(problem) => {
                self.problem = Some(problem);
                if was_over_others {
                    self.query = None;
                }
            }
        }
    }

    /// What picks the rows.
    pub(super) fn query(&self) -> Option<&Query> {
        self.query.as_deref()
    }
}

/// Candidates for the part of the filter at the caret, one of which is written there.
#[derive(Clone, Debug)]
pub(crate) struct Cycle {
    completion: Completion,
    chosen: usize,
}

impl State {
    /// What the query of a list is about; none where it takes words only.
    pub(super) fn queried(&self, id: ListId) -> Option<Items> {
        match id {
            ListId::Stories if self.release().is_some_and(|release| !release.stories.is_empty()) => {
                Some(Items::Stories)
            }
            ListId::Stories | ListId::PullRequests => Some(Items::PullRequests),
            ListId::Schedule => Some(Items::Deployments),
            _ => None,
        }
    }

    /// What can stand at the caret of the filter that is being written.
    pub(crate) fn completions(&self) -> Option<Vec<String>> {
        let (input, _) = self.filter.as_ref()?;
        if let Some(cycle) = &self.completing {
            return Some(cycle.completion.candidates.clone());
        }
        Some(self.completion(input)?.candidates)
    }

    fn completion(&self, input: &Input) -> Option<Completion> {
        let id = self.main_list();
        let items = self.queried(id)?;
        let (text, caret, now) = (input.value(), input.cursor(), self.board.at);
        let release = self.release();
        let teams = &self.board.policy.teams;
        Some(match items {
            Items::PullRequests => {
                let rows = rows::listed(self.view());
                let shown = rows
                    .into_iter()
                    .map(|found| Item::PullRequest { row: found.row, release: found.release });
                complete(text, caret, items, teams, shown, now)
            }
            Items::Deployments => {
                let rows = self.board.insight.schedule.deployments.iter();
                let shown =
                    rows.map(|row| Item::Deployment { deployment: &row.deployment, is_production: false });
                complete(text, caret, items, teams, shown, now)
            }
            _ => {
                let stories = release.map(|release| release.stories.as_slice()).unwrap_or_default();
                let shown = stories.iter().map(|row| Item::Story { story: &row.story, is_blocked: false });
                complete(text, caret, items, teams, shown, now)
            }
        })
    }
}

/// Writes the first candidate at the caret; again: the next one.
pub(super) fn next_candidate(state: &mut State, effects: &mut Vec<Effect>) {
    let Some((input, _)) = &state.filter else { return };
    let again = state.completing.take().filter(|cycle| cycle.completion.candidates.len() > 1);
    let cycle = match again {
        Some(Cycle { completion, chosen }) => {
            let chosen = (chosen + 1) % completion.candidates.len();
            Cycle { completion, chosen }
        }
        None => match state.completion(input) {
            Some(completion) => Cycle { completion, chosen: 0 },
            None => return,
        },
    };
    let Cycle { mut completion, chosen } = cycle;
    let Some(candidate) = completion.candidates.get(chosen) else { return };
    let mut characters: Vec<char> = input.value().chars().collect();
    let at = completion.at.start.min(characters.len())..completion.at.end.min(characters.len());
    let end = at.start + candidate.chars().count();
    characters.splice(at, candidate.chars());
    completion.at.end = end;
    let mut written = Input::new(characters.into_iter().collect());
    written.handle(InputRequest::SetCursor(end));
    let filter = written.value().to_owned();
    if let Some((input, _)) = &mut state.filter {
        *input = written;
    }
    state.completing = Some(Cycle { completion, chosen });
    set_filter(state, filter);
    effects.extend([Effect::Draw, Effect::RestTimer]);
}

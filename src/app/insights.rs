//! Tab 5: the cards, made when somebody looks at them.

use std::sync::Arc;

use crate::{
    domain::{DayFigures, Instant, ReleaseId, Text, Triage},
    insight::{Board, Card, CardId, Completeness, EnvironmentsView, Insight, Lens, Recap, Study, Subject},
};

use super::{
    Effect, ListId, Overlay, Row, SchedulePicture, Section, State, Tab,
    open::go_to,
    update::{say, selected_anew, show_overlay},
};

/// What the tab Insights shows.
#[derive(Clone, Debug, Default)]
pub struct Insights {
    /// The cards for whom the board is shown, without what somebody dismissed; none before the first
    /// ones are made.
    pub study: Option<Arc<Study>>,
    /// The cards as they were made.
    made: Option<Arc<Study>>,
    /// A card fills the screen.
    pub opened: bool,
    /// Of which board they were asked for last: another one has other cards.
    asked: Option<Arc<Insight>>,
}

impl Insights {
    /// What `lens` shows of the cards, without what `said` dismisses.
    fn seen(&self, said: &Triage, lens: Lens, board: &Board, now: Instant) -> Option<Arc<Study>> {
        let made = self.made.as_ref()?;
        Some(Arc::new(made.without_dismissed(said, now).seen_by(lens, board)))
    }

    /// How a row of a card stands.
    pub(super) fn stands(&self, card: CardId, row: &Text) -> Option<&Text> {
        self.made.as_ref()?.stands(card, row)
    }
}

impl State {
    /// The card that is selected.
    pub fn card(&self) -> Option<&Card> {
        let Some(Row::Card(index)) = self.list(ListId::Cards).row() else { return None };
        self.insights.study.as_ref()?.cards.get(index as usize)
    }

    /// Decides anew what is shown of the cards.
    pub(super) fn show_study(&mut self, now: Instant) {
        self.insights.study = self.insights.seen(&self.said.all(), self.lens, &self.board, now);
    }

    /// Shows the board to the reader of `lens`. Who wants dates first begins with them, and who comes
    /// from there begins as everybody does.
    pub(super) fn begin_for(&mut self, lens: Lens) {
        if lens.puts_dates_first() != self.lens.puts_dates_first() {
            (self.section, self.schedule) = if lens.puts_dates_first() {
                (Section::BurnDown, SchedulePicture::Month)
            } else {
                (Section::default(), SchedulePicture::default())
            };
            // It tells of keys and commits: there for who asks.
            self.detail.on = !lens.puts_dates_first();
        }
        self.lens = lens;
    }

    /// Asks for the cards and environments of the board that is shown, once for each board, where they are seen.
    pub(super) fn study(&mut self) -> Option<Effect> {
        let is_asked =
            self.insights.asked.as_ref().is_some_and(|asked| Arc::ptr_eq(asked, &self.board.insight));
        let is_seen = matches!(self.tab, Tab::Insights | Tab::Environments)
            || self.wall.as_ref().is_some_and(|wall| wall.studies);
        if !is_seen || is_asked || self.board.completeness == Completeness::Preview {
            return None;
        }
        self.insights.asked = Some(Arc::clone(&self.board.insight));
        Some(Effect::Study(Arc::clone(&self.board)))
    }

    /// The first cards of `insight`, or all of them; those of a board that is not shown any more come
    /// too late. While others are being made, cards that are whole stay as they are.
    pub(super) fn studied(&mut self, insight: &Arc<Insight>, study: Arc<Study>, now: Instant) {
        let is_known = self.insights.made.as_ref().is_some_and(|made| made.is_whole());
        if !Arc::ptr_eq(insight, &self.board.insight) || (is_known && !study.is_whole()) {
            return;
        }
        let at = study.at;
        self.insights.made = Some(study);
        self.show_study(at);
        self.arrange(ListId::Cards);
        self.arrange(ListId::CardRows);
        self.explain_anew(|subject| matches!(subject, Subject::Card(_) | Subject::CardRow(..)), now);
    }

    /// What `insight` says of environments; of a board that is not shown any more it comes too late.
    pub(super) fn surveyed(&mut self, insight: &Arc<Insight>, environments: Arc<EnvironmentsView>) {
        if Arc::ptr_eq(insight, &self.board.insight) {
            self.environments.view = Some(environments);
            self.arrange(ListId::Environments);
            if self.tab == Tab::Environments && self.detail.subject.is_none() {
                self.follow_detail();
            }
        }
    }
}

/// A card fills the screen, or one of its rows leads to where it is listed.
pub(super) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    if !state.insights.opened {
        state.insights.opened = state.card().is_some();
        *state.list_mut(ListId::CardRows) = super::List::default();
        state.arrange(ListId::CardRows);
    } else if let Some(Row::OfCard(index)) = state.list(ListId::CardRows).row() {
        let leads_to = state.card().and_then(|card| card.rows.get(index as usize)?.subject.clone());
        if let Some(recap) = leads_to.as_ref().and_then(|subject| ended(state, subject)) {
            return show_overlay(state, Overlay::Recap { recap: Box::new(recap), scroll: 0 }, effects);
        }
        if let Some(subject) = leads_to.filter(|subject| state.knows(subject)) {
            go_to(state, &subject);
        }
    }
    effects.push(Effect::Draw);
}

/// What became of the release that a row of a card about releases leads to; none of another card,
/// and of a release that did not go out yet.
fn ended(state: &State, subject: &Subject) -> Option<Recap> {
    let is_of_releases = matches!(state.card()?.id, CardId::StoriesPerRelease | CardId::TrackRecord);
    match subject {
        Subject::Release(id) if is_of_releases => recap(&state.board, id),
        _ => None,
    }
}

/// What became of a release, with what the board said on the way.
pub(super) fn recap(board: &Board, release: &ReleaseId) -> Option<Recap> {
    let days: Vec<_> = board.world.days.iter().map(|day| DayFigures::clone(day)).collect();
    Recap::of(board, release, [], &days)
}

/// Shows the board to the reader of `lens` from now on.
pub(super) fn look_through(state: &mut State, lens: Lens, now: Instant, effects: &mut Vec<Effect>) {
    let selected = state.card().map(|card| card.id);
    state.begin_for(lens);
    state.show_study(now);
    state.arrange(ListId::Cards);
    // The card that fills the screen may be none of this reader's.
    state.insights.opened &= state.card().map(|card| card.id) == selected;
    state.arrange(ListId::CardRows);
    state.follow_detail();
    say(state, format!("for {}: {}", lens.reader(), lens.about()), now, effects);
}

/// Goes so many cards on, in reading order; nowhere beyond the first and the last one.
pub(super) fn step(state: &mut State, cards: isize, effects: &mut Vec<Effect>) {
    let list = state.list_mut(ListId::Cards);
    let before = list.position;
    let wanted = before.checked_add_signed(cards);
    if let Some(wanted) = wanted.filter(|wanted| *wanted < list.rows.len()) {
        list.go_to(wanted);
        selected_anew(state, ListId::Cards, before, effects);
    }
}

/// Back to all cards, if one fills the screen.
pub(super) fn close(state: &mut State) -> bool {
    let was = state.tab == Tab::Insights && state.insights.opened;
    state.insights.opened &= !was;
    was
}

/// What a row of the tab is about.
pub(super) fn subject(study: Option<&Study>, opened: Option<&Card>, row: Row) -> Option<Subject> {
    match row {
        Row::Card(index) => Some(Subject::Card(study?.cards.get(index as usize)?.id)),
        Row::OfCard(index) => {
            let card = opened?;
            let name = card.rows.get(index as usize)?.cells.first()?;
            Some(Subject::CardRow(card.id, name.clone()))
        }
        _ => None,
    }
}

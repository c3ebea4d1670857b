//! Tab 5: the cards, made when somebody looks at them.

use std::sync::Arc;

use crate::{
    domain::{DayFigures, Instant, ReleaseId, Text, Triage},
    insight::{
        Board, Card, CardId, Completeness, EnvironmentsView, Insight, Lens, Recap, ReleaseInsight, Study,
        Subject,
    },
};

use super::{
    Effect, ListId, Listed, Overlay, Row, SchedulePicture, Section, State, Tab,
    open::{go_to, why},
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

/// A card fills the screen, or one of its rows leads on: to where it is listed, a release that is
/// out to what became of it, and what is on no list to what it counts.
pub(super) fn open(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if !state.insights.opened {
        state.insights.opened = state.card().is_some();
        *state.list_mut(ListId::CardRows) = super::List::default();
        state.arrange(ListId::CardRows);
        effects.push(Effect::Draw);
        return;
    }
    let Some(Row::OfCard(index)) = state.list(ListId::CardRows).row() else { return };
    let Some((card, row)) =
        state.card().and_then(|card| Some((card.id, card.rows.get(index as usize)?.clone())))
    else {
        return;
    };
    if let Some(recap) = row.subject.as_ref().and_then(|subject| ended(state, subject)) {
        return show_overlay(state, Overlay::Recap { recap: Box::new(recap), scroll: 0 }, effects);
    }
    let is_there = row.subject.as_ref().is_some_and(|subject| lead(state, card, subject, now, effects));
    if !is_there {
        if let Some(subject) = &row.subject {
            say(state, format!("{} is on no list of this board", named(subject)), now, effects);
        }
        let name = row.cells.first().cloned().unwrap_or_default();
        return why(state, Some(Subject::CardRow(card, name)), now, effects);
    }
    effects.push(Effect::Draw);
}

/// Shows `subject` where it is listed, with its release. False where it is on no list.
fn lead(state: &mut State, card: CardId, subject: &Subject, now: Instant, effects: &mut Vec<Effect>) -> bool {
    match subject {
        // What is listed is listed with its release.
        Subject::Story(key) if state.story(key).is_none() => {
            let holds =
                |release: &&Arc<ReleaseInsight>| release.stories.iter().any(|row| row.story.key == *key);
            let Some(id) = state.board.insight.releases.iter().find(holds).map(|it| it.release.id.clone())
            else {
                return false;
            };
            say(state, format!("{key} is in {id}, which is shown now"), now, effects);
            state.choose(id, now);
        }
        Subject::Release(id) if state.board.release(id).is_some() => {
            state.choose(id.clone(), now);
            state.tab = Tab::Readiness;
            if card == CardId::Testing {
                (state.section, state.listed) = (Section::Stories, Listed::Tests);
                state.arrange(ListId::Tests);
            }
            state.follow_detail();
            return true;
        }
        subject if !state.knows(subject) => return false,
        _ => {}
    }
    let tab = state.tab;
    let is_there = go_to(state, subject);
    if !is_there {
        state.tab = tab;
        state.follow_detail();
    }
    is_there
}

/// What something is called, for a message.
fn named(subject: &Subject) -> String {
    match subject {
        Subject::Story(key) => key.to_string(),
        Subject::PullRequest(id) => id.to_string(),
        Subject::Deployment(id) => id.to_string(),
        Subject::Release(id) => id.to_string(),
        Subject::Environment(id) => id.to_string(),
        _ => "it".to_owned(),
    }
}

/// What the key that opens does with the selected row of a card, in a word or three.
pub(crate) fn opens(state: &State) -> Option<&'static str> {
    let Some(Row::OfCard(index)) = state.list(ListId::CardRows).row() else { return None };
    let row = state.card()?.rows.get(index as usize)?;
    let is_out =
        |id: &ReleaseId| state.board.release(id).is_some_and(|insight| insight.release.released_at.is_some());
    Some(match &row.subject {
        Some(Subject::Release(id)) if is_out(id) => "as it ended",
        Some(_) => "open",
        None => "what it counts",
    })
}

/// What became of the release that a row leads to; none of one that did not go out yet.
fn ended(state: &State, subject: &Subject) -> Option<Recap> {
    match subject {
        Subject::Release(id) => recap(&state.board, id),
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

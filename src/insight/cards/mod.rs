//! What the accumulated data says about how the team delivers: one card for each question.
//!
//! Made of a whole board when somebody looks, not with every board: a card reads years. Each
//! card is a pure function in a file of its own; it says what it found in a sentence first,
//! then the picture, then the rows behind it. The definition that it follows stands beside
//! its title ([`CardId::definition`]) and in the documentation.

mod automatic_findings;
mod card;
mod code_analysis;
mod cumulative_flow;
mod delivery;
mod effort;
mod environments;
mod incidents;
mod numbers;
mod opened_and_solved;
mod parts;
mod recurring_defects;
mod slip;
mod spread;
mod statistics;
mod stories_per_release;
mod testing;
#[cfg(test)]
mod tests;
mod timeline;
mod track_record;
mod value_stream;
mod weeks;
mod whole_weeks;

pub(crate) use card::behind;
pub use card::{Bar, Card, CardColumn, CardId, CardRow, CardStanding, Figure, Picture, Series};

pub(crate) use automatic_findings::triage_subject;

use std::{cell::OnceCell, ops::ControlFlow};

use chrono::Duration;

use crate::domain::{DayFigures, Instant};

use super::{Board, context::Context, membership::Membership};

/// Days back to which cards read what boards said.
const KEPT_DAYS: i64 = 730;

/// The cards of one board.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// The instant of the board.
    pub at: Instant,
    /// One for each question, in the order of [`CardId`]; the first of them while they are being made.
    pub cards: Vec<Card>,
    /// Cards that are still being made.
    pub remaining: usize,
}

/// What a card is made of.
pub(crate) struct Material<'a> {
    /// What was worked out: releases, pull requests, deployments with their rows.
    pub(crate) board: &'a Board,
    /// The facts without repetitions.
    pub(crate) context: &'a Context<'a>,
    /// What belongs to which release; worked out when the first card asks for it.
    membership: OnceCell<Membership>,
    /// What the board said on the days that were kept; empty where no history was read.
    pub(crate) days: Vec<&'a DayFigures>,
}

impl<'a> Material<'a> {
    /// What is read for the cards of `board`.
    pub(crate) fn new(board: &'a Board, context: &'a Context<'a>, days: Vec<&'a DayFigures>) -> Self {
        Self { board, context, membership: OnceCell::new(), days }
    }

    /// What belongs to which release.
    pub(crate) fn membership(&self) -> &Membership {
        self.membership.get_or_init(|| Membership::of(self.context))
    }
}

impl Study {
    /// The cards of `board`, with the days that were kept of it. Takes longer than a frame on a
    /// large board.
    pub fn of(board: &Board) -> Self {
        Self::with_days(board, board.world.days.iter().map(|day| &**day))
    }

    /// The cards of `board`, with what it said on the `days` that were kept. Of these the same
    /// count wherever they come from: those of the last two years.
    pub fn with_days<'a>(board: &'a Board, days: impl IntoIterator<Item = &'a DayFigures>) -> Self {
        let mut study = Self { at: board.at, cards: Vec::new(), remaining: 0 };
        Self::one_by_one(board, days, |card| {
            study.cards.push(card);
            ControlFlow::Continue(())
        });
        study
    }

    /// Makes the cards of `board` one after the other, in the order of [`CardId`], and hands each
    /// over as soon as it is there, until `take` has had enough.
    pub fn one_by_one<'a>(
        board: &'a Board,
        days: impl IntoIterator<Item = &'a DayFigures>,
        mut take: impl FnMut(Card) -> ControlFlow<()>,
    ) {
        let from = board.at - Duration::days(KEPT_DAYS);
        let mut days: Vec<&DayFigures> =
            days.into_iter().filter(|day| day.at > from && day.at <= board.at).collect();
        days.sort_by_key(|day| day.at);
        days.dedup_by_key(|day| day.day);
        let context = Context::new(&board.world, &board.health, &board.policy, board.at);
        let material = Material::new(board, &context, days);
        for id in CardId::ALL {
            if take(card(id, &material)).is_break() {
                return;
            }
        }
    }

    /// All cards are there; else more are being made.
    pub fn is_whole(&self) -> bool {
        self.remaining == 0
    }

    /// The card that answers this question.
    pub fn card(&self, id: CardId) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == id)
    }
}

fn card(id: CardId, material: &Material<'_>) -> Card {
    match id {
        CardId::AutomaticFindings => automatic_findings::card(material),
        CardId::StoriesPerRelease => stories_per_release::card(material),
        CardId::OpenedAndSolved => opened_and_solved::card(material),
        CardId::ValueStream => value_stream::card(material),
        CardId::CumulativeFlow => cumulative_flow::card(material),
        CardId::Delivery => delivery::card(material),
        CardId::Testing => testing::card(material),
        CardId::RecurringDefects => recurring_defects::card(material),
        CardId::CodeAnalysis => code_analysis::card(material),
        CardId::Effort => effort::card(material),
        CardId::EnvironmentCost => environments::card(material),
        CardId::TrackRecord => track_record::card(material),
    }
}

//! Cards and environments, off the loop: what [`Effect::Study`](crate::app::Effect) asks for.

use std::{ops::ControlFlow, sync::Arc};

use tokio::sync::mpsc::UnboundedSender;

use crate::{
    app::Event,
    insight::{Board, CardId, EnvironmentsView, Study},
};

/// Makes the cards of `board`, each of which is told as soon as it is there, and what it says of
/// environments, beside each other.
pub(super) fn study(board: Arc<Board>, told: UnboundedSender<Event>) {
    let (of_environments, tell) = (Arc::clone(&board), told.clone());
    tokio::task::spawn_blocking(move || {
        let environments = Arc::new(EnvironmentsView::of(&of_environments));
        // A loop that has ended needs no answer.
        drop(tell.send(Event::Surveyed { insight: Arc::clone(&of_environments.insight), environments }));
    });
    let cards = tokio::task::spawn_blocking({
        let told = told.clone();
        move || {
            let mut study = Study { at: board.at, cards: Vec::new(), remaining: CardId::ALL.len() };
            Study::one_by_one(&board, board.world.days.iter().map(|day| &**day), |card| {
                study.cards.push(card);
                study.remaining -= 1;
                let (insight, study) = (Arc::clone(&board.insight), Arc::new(study.clone()));
                match told.send(Event::Studied { insight, study }) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                }
            });
        }
    });
    tokio::spawn(async move {
        if cards.await.is_err() {
            drop(told.send(Event::Notice("the cards could not be made".into())));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{ALL_KINDS, Setting, now};

    #[tokio::test]
    async fn each_card_is_told_as_soon_as_it_is_there() {
        let board = Arc::new(Setting::covering(&ALL_KINDS).board_at(now()));
        let (told, mut events) = tokio::sync::mpsc::unbounded_channel();
        study(Arc::clone(&board), told);
        let (mut there, mut newest, mut surveys) = (Vec::new(), None, 0);
        // Ends when all that was started has ended.
        while let Some(event) = events.recv().await {
            match event {
                Event::Studied { insight, study } => {
                    assert!(Arc::ptr_eq(&insight, &board.insight));
                    assert_eq!(study.cards.len() + study.remaining, CardId::ALL.len());
                    there.push(study.cards.len());
                    newest = Some(study);
                }
                Event::Surveyed { .. } => surveys += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(there, (1..=CardId::ALL.len()).collect::<Vec<_>>());
        assert_eq!(*newest.unwrap(), Study::of(&board));
        assert_eq!(surveys, 1);
    }
}

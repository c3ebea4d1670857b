//! Cards and environments, off the loop: what [`Effect::Study`](crate::app::Effect) asks for.

use std::sync::Arc;

use crate::{
    app::Event,
    insight::{Board, EnvironmentsView, Study},
};

/// The cards of `board`, and what it says of environments.
pub(super) async fn study(board: Arc<Board>) -> Event {
    let insight = Arc::clone(&board.insight);
    match tokio::task::spawn_blocking(move || (Study::of(&board), EnvironmentsView::of(&board))).await {
        Ok((study, environments)) => {
            Event::Studied { insight, study: Arc::new(study), environments: Arc::new(environments) }
        }
        Err(_) => Event::Notice("the cards could not be made".into()),
    }
}

//! Cards, off the loop: what [`Effect::Study`](crate::app::Effect) asks for.

use std::sync::Arc;

use crate::{
    app::Event,
    insight::{Board, Study},
};

/// The cards of `board`.
pub(super) async fn study(board: Arc<Board>) -> Event {
    let insight = Arc::clone(&board.insight);
    match tokio::task::spawn_blocking(move || Study::of(&board)).await {
        Ok(study) => Event::Studied { insight, study: Arc::new(study) },
        Err(_) => Event::Notice("the cards could not be made".into()),
    }
}

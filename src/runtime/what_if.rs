//! "What if?", off the loop: what [`Effect::Assume`](crate::app::Effect) asks for.

use std::sync::Arc;

use crate::{app::Event, domain::Assumed, insight::Board, server::Archive};

/// The board on which `assumed` is true.
pub(super) async fn assume(archive: &Archive, truth: Arc<Board>, assumed: Vec<Assumed>) -> Event {
    match archive.assuming(Arc::clone(&truth), assumed).await {
        Some(board) => Event::Assumed { truth, board: Arc::new(board) },
        None => Event::Notice("what if: the board could not be worked out; try again".into()),
    }
}

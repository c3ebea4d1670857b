//! Page after page, until there is none or there were too many.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::{HttpError, HttpErrorKind, Reply, Request, Session};

/// The pages of a list whose answers name the next page in a `Link` header. Its address is used
/// verbatim, and only on the host that is configured.
pub struct Pages<'a> {
    session: &'a Session<'a>,
    next: Option<Request>,
    cursors: Cursors,
}

impl<'a> Pages<'a> {
    /// How many pages are read at most unless said otherwise.
    pub const MOST: usize = 1_000;

    /// Begins with `first`. At most [`Self::MOST`] pages.
    pub fn new(session: &'a Session<'a>, first: Request) -> Self {
        Self { session, next: Some(first), cursors: Cursors::default() }
    }

    /// Reads at most `pages` pages; more are an error, as a part may not be taken for the whole.
    #[must_use]
    pub fn at_most(mut self, pages: usize) -> Self {
        self.cursors.most = pages;
        self
    }

    /// The next page; None after the last. After an error there are no further pages.
    pub async fn next(&mut self) -> Result<Option<Reply>, HttpError> {
        let Some(request) = self.next.take() else { return Ok(None) };
        let reply = self.session.send(request.clone()).await?;
        if let Some(address) = reply.next() {
            self.cursors.advance(&reply, address)?;
            self.next = Some(request.at_address(address));
        }
        Ok(Some(reply))
    }
}

/// Watches over a paging that a connector does itself, by cursor (`nextPageToken`,
/// `endCursor`) or offset: a service that repeats itself would be asked for ever.
#[derive(Debug)]
pub struct Cursors {
    seen: HashSet<[u8; 32]>,
    most: usize,
}

impl Default for Cursors {
    fn default() -> Self {
        Self { seen: HashSet::new(), most: Pages::MOST }
    }
}

impl Cursors {
    /// At most `pages` pages.
    pub fn at_most(pages: usize) -> Self {
        Self { most: pages, ..Self::default() }
    }

    /// Notes that `reply` says that the next page is at `cursor`. An error if an earlier page
    /// said the same, or if there were too many.
    pub fn advance(&mut self, reply: &Reply, cursor: &str) -> Result<(), HttpError> {
        let why = if !self.seen.insert(Sha256::digest(cursor).into()) {
            "the service names the same next page twice".to_owned()
        } else if self.seen.len() >= self.most {
            format!("there are more than {} pages", self.most)
        } else {
            return Ok(());
        };
        Err(reply.error(HttpErrorKind::Endless { why: why.into() }))
    }
}

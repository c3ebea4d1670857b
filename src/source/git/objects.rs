//! Objects of a repository, one at a time, in one buffer.

use gix::{ObjectId, objs::Find};
use tokio_util::sync::CancellationToken;

use crate::source::SourceError;

/// Reads objects, and remembers which were not there.
pub(crate) struct Objects<'a> {
    repository: &'a gix::Repository,
    cancelled: &'a CancellationToken,
    buffer: Vec<u8>,
    /// The first object that could not be read.
    pub(crate) first_missing: Option<ObjectId>,
    /// How many objects could not be read.
    pub(crate) missing: usize,
}

impl<'a> Objects<'a> {
    /// The objects of `repository`.
    pub(crate) fn new(repository: &'a gix::Repository, cancelled: &'a CancellationToken) -> Self {
        Self { repository, cancelled, buffer: Vec::new(), first_missing: None, missing: 0 }
    }

    /// Ends the round if it was cancelled: to be asked in every loop over objects.
    pub(crate) fn check(&self) -> Result<(), SourceError> {
        if self.cancelled.is_cancelled() { Err(SourceError::Cancelled) } else { Ok(()) }
    }

    /// The object `id`; none where it is missing or damaged.
    pub(crate) fn read(&mut self, id: ObjectId) -> Option<(gix::objs::Kind, &[u8])> {
        let found =
            self.repository.objects.try_find(&id, &mut self.buffer).ok().flatten().map(|data| data.kind);
        if found.is_none() {
            self.missing += 1;
            self.first_missing.get_or_insert(id);
        }
        found.map(|kind| (kind, self.buffer.as_slice()))
    }
}

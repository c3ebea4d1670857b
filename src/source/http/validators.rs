//! What is remembered of answers, so that what has not changed is not sent again.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// What is remembered of the answers of one service, as data: the history keeps it, so that the
/// first round after a restart costs no more than any other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The answers, the one used last at the end.
    pub entries: Vec<Validator>,
}

/// What is remembered of one answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validator {
    /// A digest of token, URL and `Accept`.
    pub key: [u8; 32],
    /// Its `ETag`, verbatim.
    pub etag: Option<String>,
    /// Its `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// Headers that belong to the body: `link` and the counts of pages.
    pub headers: BTreeMap<String, String>,
    /// The body, compressed; None where the asker keeps what it made of it.
    pub body: Option<Vec<u8>>,
}

impl fmt::Debug for Validator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Validator")
            .field("etag", &self.etag)
            .field("last_modified", &self.last_modified)
            .field("bytes", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

//! What a service answered.

use std::sync::Arc;

use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use super::{HttpError, HttpErrorKind, error::Context};

/// A good answer: the status said success, or that nothing has changed.
#[derive(Clone)]
pub struct Reply {
    pub(super) context: Arc<Context>,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Arc<[u8]>,
    pub(super) unchanged: bool,
    pub(super) next: Option<String>,
}

/// A list of which some items may have been unreadable.
#[derive(Clone, Debug)]
pub struct Items<T> {
    /// The items that could be read, in the order of the answer.
    pub kept: Vec<T>,
    /// Why each other one could not.
    pub lost: Vec<HttpError>,
}

impl Reply {
    /// Nothing has changed since the answer that is remembered. The body is that one's, or empty
    /// if the request was [`kept_by_asker`](super::Request::kept_by_asker).
    pub fn unchanged(&self) -> bool {
        self.unchanged
    }

    /// The HTTP status: 200 to 299, or 304.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The address of the next page, if the answer names one (`Link: <…>; rel="next"`).
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Reads the body as JSON. The error names the place that is not as expected.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        self.at(&[])
    }

    /// Reads a part of the body as JSON, found by its keys: `&["data", "repository"]`.
    pub fn at<T: DeserializeOwned>(&self, _keys: &[&str]) -> Result<T, HttpError> {
        Err(self.error(HttpErrorKind::Interrupted))
    }

    /// Reads a list, item by item, found by its keys (`&["issues"]`, or none for a body that is
    /// a list). An item that cannot be read is lost alone. Fails only if there is no list.
    pub fn items<T: DeserializeOwned>(&self, _keys: &[&str]) -> Result<Items<T>, HttpError> {
        Err(self.error(HttpErrorKind::Interrupted))
    }

    /// An error about this answer: for what a connector finds wrong with it.
    pub fn error(&self, kind: HttpErrorKind) -> HttpError {
        HttpError { context: Arc::clone(&self.context), kind }
    }
}

//! What a service answered.

use std::{fmt, sync::Arc};

use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use super::{HttpError, HttpErrorKind, error::Context, json};

/// A good answer: the status said success, or that nothing has changed.
#[derive(Clone)]
pub struct Reply {
    pub(super) context: Arc<Context>,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
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
        json::read(&self.body, "").map_err(|kind| self.error(kind))
    }

    /// Reads a part of the body as JSON, found by its keys: `&["data", "repository"]`.
    pub fn at<T: DeserializeOwned>(&self, keys: &[&str]) -> Result<T, HttpError> {
        let part = json::find(&self.body, keys).map_err(|kind| self.error(kind))?;
        json::read(part, &keys.join(".")).map_err(|kind| self.error(kind))
    }

    /// Reads a list, item by item, found by its keys (`&["issues"]`, or none for a body that is
    /// a list). An item that cannot be read is lost alone. Fails only if there is no list.
    pub fn items<T: DeserializeOwned>(&self, keys: &[&str]) -> Result<Items<T>, HttpError> {
        let part = json::find(&self.body, keys).map_err(|kind| self.error(kind))?;
        let at = keys.join(".");
        let raw = json::list(part, &at).map_err(|kind| self.error(kind))?;
        let mut items = Items { kept: Vec::with_capacity(raw.len()), lost: Vec::new() };
        for (index, item) in raw.iter().enumerate() {
            match json::read(item.get().as_bytes(), &format!("{at}[{index}]")) {
                Ok(item) => items.kept.push(item),
                Err(kind) => items.lost.push(self.error(kind)),
            }
        }
        Ok(items)
    }

    /// An error about this answer: for what a connector finds wrong with it.
    pub fn error(&self, kind: HttpErrorKind) -> HttpError {
        HttpError { context: Arc::clone(&self.context), kind }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reply")
            .field("path", &self.context.path)
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .field("unchanged", &self.unchanged)
            .finish_non_exhaustive()
    }
}

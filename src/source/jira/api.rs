//! How a Jira is asked: the two products have different paths, and ways of their own to say no.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{
    domain::Text,
    source::http::{HttpError, HttpErrorKind, Reply, Request, Session},
};

/// What says why somebody counts as nobody; Jira then answers as if to a stranger, with 200.
const LOGIN_REASON: &str = "x-seraph-loginreason";

/// A round with a Jira.
pub(super) struct Api<'s> {
    pub(super) session: &'s Session<'s>,
    pub(super) is_cloud: bool,
    /// Less than a fifth of a budget is left, whose size is not told.
    near_limit: AtomicBool,
}

impl<'s> Api<'s> {
    pub(super) fn new(session: &'s Session<'s>, is_cloud: bool) -> Self {
        Self { session, is_cloud, near_limit: AtomicBool::new(false) }
    }

    /// `rest` below the interface of this product.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("rest/api/{}/{rest}", if self.is_cloud { 3 } else { 2 })
    }

    /// Reads `rest`, conditionally where Jira gives an `ETag`.
    pub(super) async fn get(&self, operation: &'static str, rest: &str) -> Result<Reply, HttpError> {
        self.send(Request::get(operation, self.path(rest))).await
    }

    /// Sends `request`, and heeds what Jira says beside its answer.
    pub(super) async fn send(&self, request: Request) -> Result<Reply, HttpError> {
        let reply = self.session.send(request).await?;
        if reply.header("x-ratelimit-nearlimit").is_some_and(|near| near.eq_ignore_ascii_case("true")) {
            self.near_limit.store(true, Ordering::Relaxed);
        }
        let refused = reply.header(LOGIN_REASON).filter(|reason| {
            reason.contains("AUTHENTICATED_FAILED") || reason.contains("AUTHENTICATION_DENIED")
        });
        match refused {
            Some(reason) if reason.contains("DENIED") => {
                Err(signed_out(&reply, "log in with a browser once: a CAPTCHA is asked for"))
            }
            Some(_) => Err(signed_out(&reply, "the e-mail address or the token is wrong")),
            None => Ok(reply),
        }
    }

    /// Whether Jira said that a budget is nearly used up.
    pub(super) fn is_near_limit(&self) -> bool {
        self.near_limit.load(Ordering::Relaxed)
    }
}

fn signed_out(reply: &Reply, message: &str) -> HttpError {
    reply.error(HttpErrorKind::SignedOut { message: Text::new(message) })
}

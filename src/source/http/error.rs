//! Why a service could not be asked, or not be understood, and what to do about it.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    domain::{Instant, Problem, Text},
    source::SourceError,
};

/// What was being asked of whom. Part of every error.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) service: Text,
    pub(super) host: Text,
    pub(super) operation: &'static str,
    pub(super) path: Text,
    pub(super) sign_in: Text,
    pub(super) signed_in: bool,
}

/// A request that brought no usable answer. Cheap to clone; holds no token.
#[derive(Clone)]
pub struct HttpError {
    pub(super) context: Arc<Context>,
    pub(super) kind: HttpErrorKind,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum HttpErrorKind {
    /// The round was ended from outside.
    Cancelled,
    /// No connection: name, network, proxy.
    Unreachable {
        /// In the words of the network.
        why: Text,
    },
    /// Its certificate is not trusted.
    Untrusted {
        /// In the words of the TLS library.
        why: Text,
    },
    /// It did not answer in time.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended before the answer did.
    Interrupted,
    /// It answered that it cannot answer now (500 to 599, or HTML from something before it).
    Busy {
        /// The HTTP status.
        status: u16,
        /// When it wants to be asked again.
        until: Option<Instant>,
    },
    /// The rate limit is used up.
    Limited {
        /// When it may be asked again.
        until: Instant,
    },
    /// It does not know who asks: no token, or one that has expired (401).
    SignedOut {
        /// What the service says.
        message: Text,
    },
    /// It knows who asks, and says no (403).
    Forbidden {
        /// What the service says.
        message: Text,
        /// The permissions or scopes that would do, where the service names them.
        needs: Text,
    },
    /// There is no such thing, or it is not shown to this token (404, 410).
    NotFound,
    /// It does not accept the request (any other 4xx).
    Rejected {
        /// The HTTP status.
        status: u16,
        /// What the service says.
        message: Text,
    },
    /// The answer is not what was expected.
    Unexpected {
        /// Where in the answer: `issues[3].fields.duedate`. Empty for the whole of it.
        at: Text,
        /// `expected a date, got "soon"`.
        why: Text,
    },
    /// The answer is larger than what is read.
    TooLarge {
        /// How many bytes are read.
        limit: usize,
    },
    /// A redirect that is not followed.
    Redirected {
        /// Why not.
        why: Text,
    },
    /// Pages without an end.
    Endless {
        /// What gave it away.
        why: Text,
    },
    /// The configuration cannot work: an address, a certificate file, a proxy.
    Setup {
        /// What is wrong with it.
        why: Text,
    },
    /// There is a token, but it cannot be had: a command that fails, a file others can read.
    Token {
        /// Why not.
        why: Text,
        /// What to do.
        next_step: Text,
    },
}

impl HttpError {
    /// What went wrong.
    pub fn kind(&self) -> &HttpErrorKind {
        &self.kind
    }

    /// Whom was asked: the name of the service on the board.
    pub fn service(&self) -> &Text {
        &self.context.service
    }

    /// What was being done: `milestones`.
    pub fn operation(&self) -> &'static str {
        self.context.operation
    }

    /// What was asked for, without host and query: `/repos/o/r/milestones`.
    pub fn path(&self) -> &Text {
        &self.context.path
    }

    /// Before when it is no use, or not allowed, to ask again; None if the service did not say.
    pub fn not_before(&self) -> Option<Instant> {
        match self.kind {
            HttpErrorKind::Limited { until } => Some(until),
            HttpErrorKind::Busy { until, .. } => until,
            _ => None,
        }
    }
}

impl HttpError {
    /// What happened, and what to do next.
    pub fn problem(&self) -> Problem {
        Problem::new(self.to_string(), "see above")
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {:?}", self.context.service, self.context.operation, self.kind)
    }
}

impl fmt::Debug for HttpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpError")
            .field("service", &self.context.service)
            .field("operation", &self.context.operation)
            .field("path", &self.context.path)
            .field("kind", &self.kind)
            .finish()
    }
}

impl std::error::Error for HttpError {}

impl From<HttpError> for SourceError {
    fn from(error: HttpError) -> Self {
        match error.kind {
            HttpErrorKind::Cancelled => Self::Cancelled,
            HttpErrorKind::SignedOut { .. }
            | HttpErrorKind::Forbidden { .. }
            | HttpErrorKind::NotFound
            | HttpErrorKind::Rejected { .. }
            | HttpErrorKind::Untrusted { .. }
            | HttpErrorKind::Redirected { .. }
            | HttpErrorKind::Setup { .. }
            | HttpErrorKind::Token { .. } => Self::Refused(error.problem()),
            HttpErrorKind::Unreachable { .. }
            | HttpErrorKind::TimedOut { .. }
            | HttpErrorKind::Interrupted
            | HttpErrorKind::Busy { .. }
            | HttpErrorKind::Limited { .. }
            | HttpErrorKind::Unexpected { .. }
            | HttpErrorKind::TooLarge { .. }
            | HttpErrorKind::Endless { .. } => Self::Failed(error.problem()),
        }
    }
}

//! Why a service could not be asked, or not be understood, and what to do about it.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    domain::{Instant, Problem, Text},
    source::SourceError,
};

use super::SignedIn;

/// What was being asked of whom. Part of every error.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) service: Text,
    pub(super) host: Text,
    pub(super) operation: &'static str,
    pub(super) path: Text,
    pub(super) sign_in: Text,
    /// Who asked, as far as was known then.
    pub(super) signed_in: Option<SignedIn>,
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
}

impl HttpErrorKind {
    /// Of a request that should change something, and that was sent: whether it is certain that it
    /// changed nothing, because the service was never reached or refused it. Else the answer got
    /// lost, or is not the service's own: it may have been done.
    pub(crate) fn changed_nothing(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Untrusted { .. }
            | Self::Setup { .. }
            | Self::Redirected { .. }
            | Self::Limited { .. }
            | Self::SignedOut { .. }
            | Self::Forbidden { .. }
            | Self::NotFound
            | Self::Rejected { .. } => true,
            Self::Cancelled
            | Self::TimedOut { .. }
            | Self::Interrupted
            | Self::Busy { .. }
            | Self::Unexpected { .. }
            | Self::TooLarge { .. }
            | Self::Endless { .. } => false,
        }
    }
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
        Problem::new(self.to_string(), self.next_step())
    }

    fn next_step(&self) -> String {
        let Context { host, sign_in, .. } = &*self.context;
        match &self.kind {
            HttpErrorKind::Cancelled => String::new(),
            HttpErrorKind::Unreachable { .. } => {
                format!("look at the network, the proxy and the name {host}; it is asked again by itself")
            }
            HttpErrorKind::Untrusted { .. } => {
                "if the certificate is from your own authority, name its file with ca_file".to_owned()
            }
            HttpErrorKind::TimedOut { .. } | HttpErrorKind::Interrupted | HttpErrorKind::Busy { .. } => {
                format!("nothing to do: it is asked again by itself; if it stays so, see how {host} is")
            }
            HttpErrorKind::Limited { .. } if !self.is_signed_in() => {
                format!("asked again by itself; the limit is higher when signed in: {sign_in}")
            }
            HttpErrorKind::Limited { .. } => {
                "nothing to do: it is asked again by itself; a longer interval costs less".to_owned()
            }
            HttpErrorKind::SignedOut { .. } => match &self.context.signed_in {
                Some(SignedIn::Anonymously(reasons)) if !reasons.is_empty() => {
                    let reasons: Vec<&str> = reasons.iter().map(Text::as_str).collect();
                    format!("{sign_in} (looked at {})", reasons.join("; "))
                }
                _ => sign_in.to_string(),
            },
            HttpErrorKind::Forbidden { needs, .. } if !needs.is_empty() => {
                format!("use a token that has: {needs}")
            }
            HttpErrorKind::Forbidden { .. } | HttpErrorKind::NotFound if !self.is_signed_in() => {
                format!("if it is not public: {sign_in}")
            }
            HttpErrorKind::Forbidden { .. } => {
                "use a token with more permissions, or ask for access".to_owned()
            }
            HttpErrorKind::NotFound => {
                "look at its name in the configuration, and at whether the token may see it".to_owned()
            }
            HttpErrorKind::Rejected { .. } => "look at the configuration of this source".to_owned(),
            HttpErrorKind::Unexpected { .. } => {
                format!(
                    "if {host} is what the configuration means, this is a fault of tminus: please report it"
                )
            }
            HttpErrorKind::TooLarge { .. } | HttpErrorKind::Endless { .. } => {
                "narrow down what this source reads".to_owned()
            }
            HttpErrorKind::Redirected { .. } => {
                "look at the service's address in the configuration".to_owned()
            }
            HttpErrorKind::Setup { .. } => "change it in the configuration".to_owned(),
        }
    }

    fn is_signed_in(&self) -> bool {
        matches!(self.context.signed_in, Some(SignedIn::With(_)))
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Context { service, host, operation, path, .. } = &*self.context;
        match &self.kind {
            // The place says more than the name of the request.
            HttpErrorKind::Unexpected { at, why } if !at.is_empty() => {
                return write!(formatter, "{service}: {at}: {why}");
            }
            _ => write!(formatter, "{service}: {operation}: ")?,
        }
        match &self.kind {
            HttpErrorKind::Cancelled => formatter.write_str("cancelled"),
            HttpErrorKind::Unreachable { why } => write!(formatter, "cannot reach {host}: {why}"),
            HttpErrorKind::Untrusted { why } => write!(formatter, "does not trust {host}: {why}"),
            HttpErrorKind::TimedOut { after } => {
                write!(formatter, "no answer from {host} within {} s", after.as_secs())
            }
            HttpErrorKind::Interrupted => write!(formatter, "{host} ended the connection before its answer"),
            HttpErrorKind::Busy { status, until } => {
                write!(formatter, "{host} cannot answer now (HTTP {status})")?;
                until.map_or(Ok(()), |until| write!(formatter, ", not before {}", until.format(TIME)))
            }
            HttpErrorKind::Limited { until } => {
                write!(formatter, "the rate limit is used up until {}", until.format(TIME))
            }
            HttpErrorKind::SignedOut { message } => said(formatter, "not signed in", message),
            HttpErrorKind::Forbidden { message, .. } => {
                said(formatter, &format!("not allowed to read {path}"), message)
            }
            HttpErrorKind::NotFound => write!(formatter, "there is no {path}, or it is not shown to you"),
            HttpErrorKind::Rejected { status, message } => {
                said(formatter, &format!("{path} is not accepted (HTTP {status})"), message)
            }
            HttpErrorKind::Unexpected { why, .. } | HttpErrorKind::Endless { why } => {
                write!(formatter, "{path}: {why}")
            }
            HttpErrorKind::TooLarge { limit } => {
                write!(formatter, "the answer is larger than {} MiB", limit >> 20)
            }
            HttpErrorKind::Redirected { why } => write!(formatter, "{path}: redirect not followed: {why}"),
            HttpErrorKind::Setup { why } => write!(formatter, "{why}"),
        }
    }
}

/// How instants are written in messages.
const TIME: &str = "%Y-%m-%d %H:%M:%S UTC";

fn said(formatter: &mut fmt::Formatter<'_>, what: &str, message: &Text) -> fmt::Result {
    formatter.write_str(what)?;
    if message.is_empty() { Ok(()) } else { write!(formatter, " (it says: {message})") }
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

impl HttpError {
    /// The same for the board without `address` and its path, which is `called` so: an address
    /// alone may be what lets one read what is there.
    pub(crate) fn hiding(&self, address: &str, called: &str) -> SourceError {
        let path = self.path().as_str();
        let clean = |text: &str| {
            let text = text.replace(address, called);
            if path.len() > 1 { text.replace(path, called) } else { text }
        };
        let rebuilt = |problem: &Problem| Problem::new(clean(&problem.what), clean(&problem.next_step));
        match SourceError::from(self.clone()) {
            SourceError::Failed(problem) => SourceError::Failed(rebuilt(&problem)),
            SourceError::Refused(problem) => SourceError::Refused(rebuilt(&problem)),
            SourceError::Cancelled => SourceError::Cancelled,
        }
    }
}

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
            | HttpErrorKind::Setup { .. } => Self::Refused(error.problem()),
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

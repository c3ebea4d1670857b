//! What it means for an operation that its request brought no good answer.

use crate::{
    domain::Problem,
    source::{
        http::{HttpError, HttpErrorKind},
        operation::OperationError,
    },
};

/// How a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// A change.
    Change,
    /// A change that names the head that was seen: 409 says that it is another one.
    Guarded,
}

/// Nothing was changed, and that is certain.
pub(super) fn not_done(what: impl AsRef<str>, next_step: impl AsRef<str>) -> OperationError {
    OperationError::NotDone(Problem::new(what, next_step))
}

/// Whether something is in the way of a merge that the merge request itself can tell.
pub(super) fn is_in_the_way(error: &HttpError) -> bool {
    matches!(error.kind(), HttpErrorKind::Rejected { status: 405 | 406 | 422, .. })
}

/// What `error` means for the change `what` that was sent once.
pub(super) fn refusal(what: &str, error: &HttpError, sent: Sent) -> OperationError {
    let says =
        |message: &str| if message.is_empty() { String::new() } else { format!(" (it says: {message})") };
    let role = "use a token with the scope api of somebody with at least the role Developer";
    if !error.kind().changed_nothing() {
        return OperationError::Unclear(Problem::new(
            format!("{what}: it was sent, and may have been done or not: {error}"),
            "look at it in GitLab before you try again",
        ));
    }
    match error.kind() {
        HttpErrorKind::Rejected { status: 409, message } if sent == Sent::Guarded => {
            OperationError::Moved(Problem::new(
                format!("{what}: its head is not the one that was seen{}", says(message)),
                "look at what is new, then decide again",
            ))
        }
        // GitLab says 401 also to somebody whom it knows, but who may not.
        HttpErrorKind::SignedOut { message } => not_done(
            format!("{what}: you may not, or are not signed in{}", says(message)),
            format!("look at whether you may in GitLab; else {role}"),
        ),
        HttpErrorKind::Forbidden { message, .. } => {
            not_done(format!("{what}: not allowed{}", says(message)), role)
        }
        HttpErrorKind::NotFound => {
            not_done(format!("{what}: it is not there, or not shown to you"), format!("refresh; else {role}"))
        }
        HttpErrorKind::Rejected { status: 405 | 406 | 422, message } => not_done(
            format!("{what}: it is not possible as it is{}", says(message)),
            "see what is in the way, then try again",
        ),
        HttpErrorKind::Rejected { status, message } => {
            not_done(format!("{what}: not accepted, HTTP {status}{}", says(message)), "look at it in GitLab")
        }
        HttpErrorKind::Limited { until } => {
            not_done(format!("{what}: not taken: the rate limit is used up until {until}"), "try again then")
        }
        HttpErrorKind::Redirected { .. } => not_done(
            format!("{what}: not sent on: {error}"),
            "if the project was renamed, correct its path in the configuration",
        ),
        // Never sent: there was no connection.
        _ => {
            let problem = error.problem();
            not_done(format!("{what}: not sent: {}", problem.what), problem.next_step)
        }
    }
}

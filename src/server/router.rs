//! What can be asked on the socket. What comes in by other doors later (TCP with a token,
//! metrics, webhooks) is added here.

use std::{
    convert::Infallible,
    fmt::Write as _,
    fs::File,
    io::{self, Read as _},
    sync::Arc,
};

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response, Sse},
    routing::{get, post},
};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;

use super::{
    feed::feed,
    host::Served,
    wire::{Hello, KeptFacts, WIRE, decode, encode},
};
use crate::{
    domain::{Instant, Problem, SourceId, TriageChange},
    history::{HistoryError, Question, export_aside},
    insight::{Board, Completeness},
};

type Shared = State<Arc<Served>>;
/// What somebody says about a thing on the board is never longer: its texts are bounded.
const LARGEST_NOTE: usize = 64 * 1024;
/// An export is sent in pieces of so many bytes.
const PIECE: usize = 256 * 1024;

/// By which door somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// A process of the owner's user.
    User,
    /// One of the group that was let in: it may look, ask for news and say something, and deletes
    /// nothing.
    Group,
}

/// Everything that is answered.
pub(super) fn router(served: Arc<Served>, door: Door) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/v1/status", get(status))
        .route("/v1/schedule.ics", get(schedule))
        .route("/v1/events", get(events))
        .route("/v1/refresh", post(refresh))
        .route("/v1/refresh/{source}", post(refresh_one))
        .route("/v1/viewer", get(viewer))
        .route("/v1/viewer/{version}/at/{milliseconds}", get(past))
        .route("/v1/viewer/{version}/instants/{from}/{until}", get(instants))
        .route("/v1/viewer/{version}/triage", post(note).layer(DefaultBodyLimit::max(LARGEST_NOTE)))
        .route("/v1/viewer/{version}/history", post(history).layer(DefaultBodyLimit::max(LARGEST_NOTE)))
        .route("/v1/viewer/{version}/export", get(export))
        .fallback(|| async { (StatusCode::NOT_FOUND, "not here: see docs/serve.md\n") })
        .layer(Extension(door))
        .with_state(served)
}

/// Whether what is known can be relied on: every source has answered lately.
async fn health(State(served): Shared) -> (StatusCode, String) {
    let board = Arc::clone(&served.boards.borrow());
    let troubles = troubles(&board, served.clock.now());
    if troubles.is_empty() {
        (StatusCode::OK, "ok\n".into())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, troubles)
    }
}

fn troubles(board: &Board, now: Instant) -> String {
    let mut troubles = String::new();
    for source in board.health.iter() {
        let reason = match &source.failure {
            Some(problem) => problem.what.to_string(),
            None if source.is_own() => continue,
            None if source.answered_at.is_none() => "has not answered yet".into(),
            None if source.is_stale(now) => "has not answered lately".into(),
            None => continue,
        };
        let _ = writeln!(troubles, "{}: {reason}", source.id);
    }
    if board.completeness == Completeness::Preview && troubles.is_empty() {
        troubles.push_str("the board is not read yet\n");
    }
    troubles
}

async fn status(State(served): Shared) -> Response {
    let board = Arc::clone(&served.boards.borrow());
    let render = served.status;
    match tokio::task::spawn_blocking(move || render(&board)).await {
        Ok(text) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
        Err(error) => broken(&error.to_string()),
    }
}

/// The schedule, for a calendar program.
async fn schedule(State(served): Shared) -> Response {
    let board = Arc::clone(&served.boards.borrow());
    let (render, now) = (served.schedule, served.clock.now());
    match tokio::task::spawn_blocking(move || render(&board, now)).await {
        Ok(text) => {
            let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
            ([(CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => broken(&error.to_string()),
    }
}

async fn events(
    State(served): Shared,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<axum::response::sse::Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let events = served.events.follow(last).map(Ok);
    let closing = served.closing.clone();
    Sse::new(events.take_until(async move { closing.cancelled().await }))
}

async fn refresh(State(served): Shared) -> StatusCode {
    served.asker.refresh(None);
    StatusCode::ACCEPTED
}

async fn refresh_one(State(served): Shared, Path(source): Path<String>) -> Response {
    let source = SourceId::new(source);
    let is_known = served.boards.borrow().health.iter().any(|health| health.id == source);
    if !is_known {
        return (StatusCode::NOT_FOUND, format!("no source {source}\n")).into_response();
    }
    served.asker.refresh(Some(&source));
    StatusCode::ACCEPTED.into_response()
}

/// A viewer attaches: frames until one of the two goes.
async fn viewer(State(served): Shared) -> Response {
    let hello = Hello { wire: WIRE, owner: served.owner.clone(), identity: served.identity.clone() };
    match serde_json::to_vec(&hello) {
        Ok(hello) => binary(Body::from_stream(feed(served, Bytes::from(hello)))),
        Err(error) => broken(&error.to_string()),
    }
}

async fn past(State(served): Shared, Path((version, milliseconds)): Path<(String, i64)>) -> Response {
    if let Some(refused) = other_version(&version) {
        return refused;
    }
    let (Some(at), Some(keeper)) = (Instant::from_timestamp_millis(milliseconds), &served.keeper) else {
        return nothing_kept();
    };
    match keeper.at(at).await {
        Some(Ok(kept)) => encoded(kept.into_iter().map(KeptFacts::from).collect::<Vec<_>>()).await,
        Some(Err(error)) => damaged(&error),
        None => nothing_kept(),
    }
}

async fn instants(State(served): Shared, Path((version, from, until)): Path<(String, i64, i64)>) -> Response {
    if let Some(refused) = other_version(&version) {
        return refused;
    }
    let span = Instant::from_timestamp_millis(from).zip(Instant::from_timestamp_millis(until));
    let (Some((from, until)), Some(keeper)) = (span, &served.keeper) else {
        return nothing_kept();
    };
    match keeper.instants(from, until).await {
        Some(Ok(instants)) => encoded(instants).await,
        Some(Err(error)) => damaged(&error),
        None => nothing_kept(),
    }
}

/// Something is asked of the past as a whole.
async fn history(
    State(served): Shared,
    Extension(door): Extension<Door>,
    Path(version): Path<String>,
    body: Bytes,
) -> Response {
    if let Some(refused) = other_version(&version) {
        return refused;
    }
    let Ok(question) = decode::<Question>(&body) else {
        return (StatusCode::BAD_REQUEST, "this cannot be read\n").into_response();
    };
    let Some(keeper) = &served.keeper else { return nothing_kept() };
    if question.deletes() && (door != Door::User || !keeper.is_kept()) {
        let what = "only the user who runs the owner of this board may delete, and not with --offline";
        return refused(StatusCode::FORBIDDEN, &Problem::new(what, "ask who runs it"));
    }
    let now = served.clock.now();
    match keeper.whole(move |archive, retention| question.ask(archive, retention, now)).await {
        Some(Ok(reply)) => encoded(reply).await,
        Some(Err(error)) => damaged(&error),
        None => nothing_kept(),
    }
}

/// Everything that is kept, as lines of JSON.
async fn export(State(served): Shared, Path(version): Path<String>) -> Response {
    if let Some(refused) = other_version(&version) {
        return refused;
    }
    let Some(keeper) = &served.keeper else { return nothing_kept() };
    let (now, title) = (served.clock.now(), served.boards.borrow().title.clone());
    let written = keeper.whole(move |archive, _| export_aside(archive, title.as_str(), now)).await;
    let (file, length) = match written {
        Some(Ok(written)) => written,
        Some(Err(error)) => return damaged(&error),
        None => return nothing_kept(),
    };
    // With its length a part of it is never taken for all.
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/jsonl")),
        (CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    (headers, Body::from_stream(pieces(file))).into_response()
}

/// What is in `file`, piece by piece.
fn pieces(file: File) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(file), |file| async {
        let mut file = file?;
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE];
            let count = file.read(&mut piece)?;
            piece.truncate(count);
            Ok((Bytes::from(piece), file))
        });
        match read.await {
            Ok(Ok((piece, _))) if piece.is_empty() => None,
            Ok(Ok((piece, file))) => Some((Ok(piece), Some(file))),
            Ok(Err(error)) => Some((Err(error), None)),
            Err(error) => Some((Err(io::Error::other(error)), None)),
        }
    })
}

/// Somebody says something about a thing on the board.
async fn note(State(served): Shared, Path(version): Path<String>, body: Bytes) -> Response {
    if let Some(refused) = other_version(&version) {
        return refused;
    }
    let Ok(change) = decode::<TriageChange>(&body) else {
        return (StatusCode::BAD_REQUEST, "this cannot be read\n").into_response();
    };
    match served.triage.note(change).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => refused(StatusCode::SERVICE_UNAVAILABLE, &problem),
    }
}

/// Which answers a viewer can read: `0.1.0-1`, the version of the program and of the wire.
pub(super) fn spoken() -> String {
    format!("{}-{WIRE}", env!("CARGO_PKG_VERSION"))
}

fn other_version(version: &str) -> Option<Response> {
    let what = format!("the owner of this board is tminus {}", env!("CARGO_PKG_VERSION"));
    let problem = Problem::new(what, "use the same version");
    (version != spoken()).then(|| refused(StatusCode::CONFLICT, &problem))
}

async fn encoded<T: Serialize + Send + 'static>(value: T) -> Response {
    match tokio::task::spawn_blocking(move || encode(&value)).await {
        Ok(Ok(bytes)) => binary(Body::from(bytes)),
        Ok(Err(error)) => broken(&error.to_string()),
        Err(error) => broken(&error.to_string()),
    }
}

fn binary(body: Body) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))], body).into_response()
}

fn nothing_kept() -> Response {
    let problem =
        Problem::new("the owner of this board keeps no history", "look at its sources (`%`) for the reason");
    refused(StatusCode::SERVICE_UNAVAILABLE, &problem)
}

fn damaged(error: &HistoryError) -> Response {
    refused(StatusCode::INTERNAL_SERVER_ERROR, &error.problem())
}

/// An error that a person reads at the other end.
fn refused(status: StatusCode, problem: &Problem) -> Response {
    let json = serde_json::to_vec(problem).unwrap_or_default();
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response()
}

fn broken(what: &str) -> Response {
    tracing::error!(what, "a request could not be answered");
    (StatusCode::INTERNAL_SERVER_ERROR, "this could not be answered: see the log\n").into_response()
}

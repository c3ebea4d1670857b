//! The other end: what a viewer asks of the owner.

use std::{path::Path, time::Duration};

use futures_util::FutureExt as _;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

use super::{
    router::spoken,
    wire::{Frame, Hello, Identity, KeptFacts, LONGEST, Reader, WireError, decode, encode},
};
use crate::{
    domain::{Instant, Problem, SourceId, TriageChange},
    history::{Kept, Owner, Question, Reply},
};

/// How long an owner may take to say who it is. One that does not is stopped or stuck.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How long it may take to read its past.
const PAST_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to read, check or prune all of its past.
const WHOLE_WITHIN: Duration = Duration::from_secs(600);
/// The longest text that says why something was refused.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// Asks the owner of one board.
#[derive(Clone)]
pub(super) struct Client(reqwest::Client);

/// Why the owner gave no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is nobody, or it went.
    Gone,
    /// It is there and does not answer.
    Silent,
    /// It will not, or this process cannot read what it says.
    Refused(Problem),
}

impl From<WireError> for Trouble {
    fn from(error: WireError) -> Self {
        let what = format!("the owner of this board says what this tminus cannot read: {error}");
        Self::Refused(Problem::new(what, "end one of the two, or use the same version"))
    }
}

impl Client {
    /// A client of who listens at `socket`.
    pub(super) fn new(socket: &Path) -> Result<Self, Problem> {
        let client = reqwest::Client::builder()
            .unix_socket(socket.to_owned())
            // Neither applies to a socket, and both would be read from the system.
            .no_proxy()
            .tls_certs_only([])
            .http1_only()
            .pool_max_idle_per_host(0)
            .build();
        client.map(Self).map_err(|error| {
            Problem::new(format!("cannot talk to the owner of this board: {error}"), "look into the log")
        })
    }

    async fn ask(&self, method: Method, path: &str, within: Duration) -> Result<Response, Trouble> {
        answer(self.0.request(method, format!("http://tminus{path}")), within).await
    }

    /// Says something about a thing on the board, or takes it back.
    pub(super) async fn note(&self, change: &TriageChange) -> Result<(), Trouble> {
        let path = format!("http://tminus/v1/viewer/{}/triage", spoken());
        answer(self.0.post(path).body(encode(change)?), ANSWER_WITHIN).await.map(drop)
    }

    /// Attaches to the owner, if it shows what a process that is `identity` shows.
    pub(super) async fn attach(&self, identity: &Identity) -> Result<Attachment, Trouble> {
        let attaching = async {
            let response = self.ask(Method::GET, "/v1/viewer", ANSWER_WITHIN).await?;
            let (client, mut stream) = (self.clone(), Stream { response, reader: Reader::default() });
            let hello = stream.payload().await?;
            let hello: Hello =
                serde_json::from_slice(&hello).map_err(|error| WireError::Unreadable(error.to_string()))?;
            match identity.refusal(&hello) {
                Some(problem) => Err(Trouble::Refused(problem)),
                None => Ok(Attachment { owner: hello.owner, client, stream }),
            }
        };
        tokio::time::timeout(ANSWER_WITHIN, attaching).await.unwrap_or(Err(Trouble::Silent))
    }

    /// Asks the owner to ask its sources, or one of them.
    pub(super) async fn refresh(&self, source: Option<&SourceId>) -> Result<(), Trouble> {
        let path = match source {
            None => "/v1/refresh".to_owned(),
            Some(source) => format!("/v1/refresh/{}", escaped(source.as_str())),
        };
        self.ask(Method::POST, &path, ANSWER_WITHIN).await.map(drop)
    }

    /// What every source had said by then.
    pub(super) async fn at(&self, at: Instant) -> Result<Vec<Kept>, Trouble> {
        let path = format!("/v1/viewer/{}/at/{}", spoken(), at.timestamp_millis());
        let kept: Vec<KeptFacts> = self.past(&path).await?;
        Ok(kept.into_iter().map(Kept::from).collect())
    }

    /// Instants at which something changed.
    pub(super) async fn instants(&self, from: Instant, until: Instant) -> Result<Vec<Instant>, Trouble> {
        let (from, until) = (from.timestamp_millis(), until.timestamp_millis());
        self.past(&format!("/v1/viewer/{}/instants/{from}/{until}", spoken())).await
    }

    async fn past<T: DeserializeOwned + Send + 'static>(&self, path: &str) -> Result<T, Trouble> {
        let response = self.ask(Method::GET, path, PAST_WITHIN).await?;
        let bytes = whole(response, LONGEST, PAST_WITHIN).await?;
        let decoded = tokio::task::spawn_blocking(move || decode(&bytes)).await;
        Ok(decoded.unwrap_or_else(|error| Err(WireError::Unreadable(error.to_string())))?)
    }
}

/// Sends a request; the answer, if it is a good one.
async fn answer(request: RequestBuilder, within: Duration) -> Result<Response, Trouble> {
    let asked = request.send();
    let response = match tokio::time::timeout(within, asked).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => return Err(Trouble::Gone),
        Err(_) => return Err(Trouble::Silent),
    };
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let text = whole(response, LONGEST_REFUSAL, within).await?;
    Err(Trouble::Refused(serde_json::from_slice(&text).unwrap_or_else(|_| refusal(status))))
}

/// A path segment: letters, digits and `-._` as they are, all else by its code.
fn escaped(segment: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    segment.bytes().map(byte).collect()
}

fn refusal(status: StatusCode) -> Problem {
    let what = format!("the owner of this board refuses: {status}");
    Problem::new(what, "end one of the two, or use the same version")
}

/// All of an answer that is not longer than `most`.
async fn whole(mut response: Response, most: usize, within: Duration) -> Result<Vec<u8>, Trouble> {
    let reading = async {
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|_| Trouble::Gone)? {
            if bytes.len() + piece.len() > most {
                return Err(WireError::TooLong((bytes.len() + piece.len()) as u64).into());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    };
    tokio::time::timeout(within, reading).await.unwrap_or(Err(Trouble::Silent))
}

/// A viewer's line to the owner.
pub(super) struct Attachment {
    pub(super) owner: Owner,
    pub(super) client: Client,
    stream: Stream,
}

struct Stream {
    response: Response,
    reader: Reader,
}

impl Stream {
    /// The next payload. May be dropped at any time without losing one.
    async fn payload(&mut self) -> Result<Vec<u8>, Trouble> {
        loop {
            if let Some(payload) = self.reader.take()? {
                return Ok(payload);
            }
            match self.response.chunk().await {
                Ok(Some(piece)) => self.reader.push(&piece),
                Ok(None) | Err(_) => return Err(Trouble::Gone),
            }
        }
    }
}

impl Attachment {
    /// The next frame. May be dropped at any time without losing one.
    pub(super) async fn next(&mut self) -> Result<Frame, Trouble> {
        let payload = self.stream.payload().await?;
        // Small, or awaited anyway: the first one before there is anything to show.
        Ok(decode(&payload)?)
    }

    /// A frame that is there already.
    pub(super) fn ready(&mut self) -> Option<Result<Frame, Trouble>> {
        self.next().now_or_never()
    }
}

/// What every source had said at `at`, from the process that owns the board in `directory`.
pub(crate) async fn ask_past(owner: Option<&Owner>, at: Instant) -> Result<Vec<Kept>, Problem> {
    let client = client_of(owner)?;
    client.at(at).await.map_err(|trouble| trouble.problem(owner))
}

/// What the process that owns the board says to a question about the past as a whole, and what it
/// found wrong with it.
pub(crate) async fn ask_history(
    owner: Option<&Owner>,
    question: &Question,
) -> Result<(Reply, Vec<Problem>), Problem> {
    let client = client_of(owner)?;
    let asking = async {
        let path = format!("http://tminus/v1/viewer/{}/history", spoken());
        let response = answer(client.0.post(path).body(encode(question)?), WHOLE_WITHIN).await?;
        let bytes = whole(response, LONGEST, WHOLE_WITHIN).await?;
        Ok(decode(&bytes)?)
    };
    asking.await.map_err(|trouble: Trouble| trouble.problem(owner))
}

/// Hands the export of the process that owns the board to `each`, piece by piece.
pub(crate) async fn ask_export(
    owner: Option<&Owner>,
    mut each: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<std::io::Result<()>, Problem> {
    let client = client_of(owner)?;
    let path = format!("/v1/viewer/{}/export", spoken());
    let asked = client.ask(Method::GET, &path, WHOLE_WITHIN).await;
    let mut response = asked.map_err(|trouble| trouble.problem(owner))?;
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => {
                if let Err(error) = each(&piece) {
                    return Ok(Err(error));
                }
            }
            Ok(None) => return Ok(Ok(())),
            Err(_) => return Err(no_answer(owner)),
        }
    }
}

fn client_of(owner: Option<&Owner>) -> Result<Client, Problem> {
    match owner.and_then(|owner| owner.socket.as_deref()) {
        Some(socket) => Client::new(socket),
        None => Err(no_answer(owner)),
    }
}

/// A process that has the board and does not serve it.
pub(super) fn no_answer(owner: Option<&Owner>) -> Problem {
    match owner {
        Some(owner) => Problem::new(
            format!("process {} owns this board and does not answer", owner.pid),
            format!("let it go on (kill -CONT {0}), or end it (kill {0}) and start again", owner.pid),
        ),
        None => {
            Problem::new("another process owns this board and does not say which", "end it, and start again")
        }
    }
}

impl Trouble {
    /// What to show to a person.
    pub(super) fn problem(self, owner: Option<&Owner>) -> Problem {
        match self {
            Self::Gone | Self::Silent => no_answer(owner),
            Self::Refused(problem) => problem,
        }
    }
}

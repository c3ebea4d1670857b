//! One attempt: the request goes out, redirects are followed, the answer comes in, bounded.

use std::{error::Error, net::IpAddr, sync::Arc};

use reqwest::{
    Response, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION},
};
use serde::Deserialize;

use crate::domain::{Text, clean};

use super::{
    HttpErrorKind, Method, Reply, Request, Session, Settings,
    client::is_same_origin,
    credentials::Signature,
    error::Context,
    link::next_link,
    request::{Remember, encode_query},
    retry::{BodyKind, Fault, GiveUp},
    validators::{self, Validator},
};

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 5;
/// The longest address.
const LONGEST_ADDRESS: usize = 16_384;

/// An answer, received whole.
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) kind: BodyKind,
    pub(super) is_own_host: bool,
    unchanged: bool,
}

/// No answer.
pub(super) enum Failure {
    /// Perhaps the next time.
    Fault(Fault, Text),
    /// Not in this way.
    Final(HttpErrorKind),
}

/// The address of `request`: its path below the base, or where a `Link` says, verbatim.
pub(super) fn address(base: &Url, request: &Request) -> Result<Url, HttpErrorKind> {
    let path = &request.path;
    let refused = |why: &str| Err(HttpErrorKind::Redirected { why: why.into() });
    if path.len() > LONGEST_ADDRESS {
        return refused("its address is too long");
    }
    let parsed = if path.starts_with("https://") || path.starts_with("http://") {
        Url::parse(path)
    } else {
        // Joined by hand: `Url::join` would let `//host` and `a:b` lead elsewhere.
        let root = base.as_str().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        Url::parse(&format!("{root}/{}", path.trim_start_matches('/')))
    };
    let Ok(mut url) = parsed else { return refused("its address cannot be read") };
    if !is_same_origin(base, &url) || !url.username().is_empty() || url.password().is_some() {
        return refused("its address is on another host");
    }
    if !request.query.is_empty() {
        let added = encode_query(&request.query);
        let query = url.query().map_or_else(|| added.clone(), |query| format!("{query}&{added}"));
        url.set_query(Some(&query));
    }
    Ok(url)
}

/// This machine: there plain http is as good.
pub(super) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    host == "localhost"
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Sends `request` to `url` and receives the answer.
pub(super) async fn exchange(
    session: &Session<'_>,
    request: &Request,
    url: &Url,
    signature: Option<&Signature>,
) -> Result<Received, Failure> {
    let inner = session.http.inner();
    let settings = &inner.settings;
    let key = validators::key(signature.map(|signature| &signature.digest), url.as_str(), request.accept);
    let known = match request.remember {
        Remember::Nothing => None,
        Remember::Body => session.http.shared().memory.find(&key).filter(|known| known.body.is_some()),
        Remember::Validators => session.http.shared().memory.find(&key),
    };
    // Unpacked before asking: what cannot be is not asked for conditionally.
    let known_body = known.as_ref().and_then(|known| known.unpacked(settings.longest_answer));
    let known = known.filter(|_| request.remember == Remember::Validators || known_body.is_some());

    let (response, is_own_host) = follow(session, request, url, signature, known.as_ref()).await?;
    let status = response.status().as_u16();
    let mut headers = response.headers().clone();
    if let Some(signature) = signature {
        headers.values_mut().for_each(|value| hide_in(value, signature));
    }
    if status == 304 {
        session.count(|tally| tally.unchanged += 1);
        let Some(known) = known else {
            return Err(Failure::Final(unexpected(
                "it says that nothing has changed, but was not asked that",
            )));
        };
        return Ok(Received {
            status,
            headers: known.merged_headers(&headers),
            body: known_body.unwrap_or_default(),
            kind: BodyKind::Usual,
            is_own_host,
            unchanged: true,
        });
    }
    let mut body = read(session, response, settings).await?;
    if let Some(signature) = signature {
        signature.hide(&mut body);
    }
    let kind = kind_of(request, status, &headers, &body);
    if request.remember != Remember::Nothing && is_own_host {
        let mut shared = session.http.shared();
        shared.memory.forget(&key);
        if status == 200 && kind == BodyKind::Usual {
            let kept = (request.remember == Remember::Body).then_some(&*body);
            if let Some(entry) = Validator::of(key, &headers, kept) {
                shared.memory.keep(entry);
            }
        }
    }
    Ok(Received { status, headers, body, kind, is_own_host, unchanged: false })
}

/// The same for a header: see [`Signature::hide`].
fn hide_in(value: &mut HeaderValue, signature: &Signature) {
    let mut bytes = value.as_bytes().to_vec();
    signature.hide(&mut bytes);
    if bytes != value.as_bytes()
        && let Ok(hidden) = HeaderValue::from_bytes(&bytes)
    {
        *value = hidden;
    }
}

/// Sends, and follows redirects. The token, conditions and own headers of the request stay with
/// the configured host.
async fn follow(
    session: &Session<'_>,
    request: &Request,
    url: &Url,
    signature: Option<&Signature>,
    known: Option<&Validator>,
) -> Result<(Response, bool), Failure> {
    let inner = session.http.inner();
    let base = &inner.settings.base;
    let mut target = url.clone();
    for _ in 0..=MOST_REDIRECTS {
        let is_own_host = is_same_origin(base, &target);
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = inner.client.request(method, target.clone()).header(ACCEPT, request.accept);
        if is_own_host {
            for (name, value) in &request.headers {
                builder = builder.header(*name, value);
            }
            if let Some(signature) = signature.filter(|_| target.scheme() == "https" || is_loopback(&target))
            {
                builder = builder.header(&signature.header, &signature.value);
            }
            if let Some(known) = known {
                builder = builder.headers(conditions(known));
            }
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        session.count(|tally| tally.requests += 1);
        let response = builder.send().await.map_err(|error| fault(&error))?;
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION);
        let (301 | 302 | 303 | 307 | 308, Some(location)) = (status, location) else {
            return Ok((response, is_own_host));
        };
        target = redirected(base, &target, request, status, location)?;
    }
    Err(refused(format!("there are more than {MOST_REDIRECTS} redirects")))
}

/// Where a redirect leads, if it is followed.
fn redirected(
    base: &Url,
    from: &Url,
    request: &Request,
    status: u16,
    location: &HeaderValue,
) -> Result<Url, Failure> {
    let text = location.to_str().ok().filter(|text| text.len() <= LONGEST_ADDRESS);
    let target = text.and_then(|text| from.join(text).ok());
    let Some(target) = target else { return Err(refused("to an address that cannot be read")) };
    let is_own_host = is_same_origin(base, &target);
    if !target.username().is_empty() || target.password().is_some() {
        return Err(refused("to an address that holds a password"));
    }
    if status == 303 && !request.safe_to_repeat {
        // "See other" is what is said of what was done.
        return Err(Failure::Final(unexpected("it leads elsewhere, and does not say whether it was done")));
    }
    if request.method != Method::Get && !(is_own_host && matches!(status, 307 | 308)) {
        // The body would go to another host, or a change would become a read.
        return Err(refused(format!("to {}: only reads are followed there", show(&target))));
    }
    if is_own_host {
        return Ok(target);
    }
    let named =
        target.host_str().is_some_and(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().is_err());
    let local = is_loopback(&target);
    // From this machine to this machine (a test); else from a name to a name, over https: nobody
    // outside may point us at addresses inside.
    if (base.scheme() == "http" && is_loopback(base) && local)
        || (target.scheme() == "https" && named && !local)
    {
        Ok(target)
    } else {
        Err(refused(format!("to {}", show(&target))))
    }
}

fn show(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}

fn refused(why: impl AsRef<str>) -> Failure {
    Failure::Final(HttpErrorKind::Redirected { why: Text::new(why) })
}

fn conditions(known: &Validator) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)] {
        if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

/// Reads the body, decompressed, up to the bound.
async fn read(
    session: &Session<'_>,
    mut response: Response,
    settings: &Settings,
) -> Result<Vec<u8>, Failure> {
    let limit = settings.longest_answer;
    let too_large = || Failure::Final(HttpErrorKind::TooLarge { limit });
    let announced = response.content_length().unwrap_or_default();
    if announced > limit as u64 {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(announced as usize);
    while let Some(chunk) = response.chunk().await.map_err(|error| match fault(&error) {
        // What began to come and cannot be read was cut off or damaged on its way.
        Failure::Fault(Fault::Unreachable, why) => Failure::Fault(Fault::Interrupted, why),
        other => other,
    })? {
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    session.count(|tally| tally.bytes += body.len() as u64);
    Ok(body)
}

/// What reqwest's error means.
fn fault(error: &reqwest::Error) -> Failure {
    let why = Text::new(innermost(error));
    if error.is_builder() {
        return Failure::Final(HttpErrorKind::Setup { why });
    }
    let untrusted = sources(error).any(|source| {
        let source = match source.downcast_ref::<std::io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => Some(source),
        };
        source.is_some_and(|source| source.to_string().contains("invalid peer certificate"))
    });
    let fault = if untrusted {
        Fault::Untrusted
    } else if error.is_connect() {
        Fault::Unreachable
    } else if error.is_timeout() {
        Fault::TimedOut
    } else {
        Fault::Interrupted
    };
    Failure::Fault(fault, why)
}

/// The reason at the bottom of an error: the ones above only say that there is one, and name
/// the address.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    sources(error).last().map(ToString::to_string).unwrap_or_default()
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source()).take(16)
}

/// What the body is, as far as it matters whether to ask again.
fn kind_of(request: &Request, status: u16, headers: &HeaderMap, body: &[u8]) -> BodyKind {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let begins = body.trim_ascii_start();
    let is_page = media_type.trim_start().to_ascii_lowercase().starts_with("text/html")
        || begins.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype"))
        || begins.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<html"));
    if is_page {
        return BodyKind::Html;
    }
    let is_limit = match status {
        200 if request.method == Method::Post => says_rate_limited(body),
        403 => {
            let start = String::from_utf8_lossy(&body[..body.len().min(4_096)]).to_ascii_lowercase();
            ["rate limit", "abuse detection", "retry later"].iter().any(|words| start.contains(words))
        }
        _ => false,
    };
    if is_limit { BodyKind::Limit } else { BodyKind::Usual }
}

/// A GraphQL answer that is nothing but a limit: `{"errors": [{"type": "RATE_LIMITED", …}]}`, or
/// one of the secondary limits, which only the message tells of.
fn says_rate_limited(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        errors: Vec<OneError>,
    }
    #[derive(Deserialize)]
    struct OneError {
        #[serde(rename = "type", default)]
        kind: Option<String>,
        #[serde(default)]
        message: Option<String>,
    }
    // Most answers have no errors, and need not be read twice.
    let may_be = body.windows(10).any(|part| part == b"RATE_LIMIT" || part == b"rate limit");
    may_be
        && serde_json::from_slice::<Answer>(body).is_ok_and(|answer| {
            answer.errors.iter().any(|error| {
                matches!(error.kind.as_deref(), Some("RATE_LIMITED" | "RATE_LIMIT" | "GRAPHQL_RATE_LIMIT"))
                    || error.message.as_ref().is_some_and(|message| message.contains("secondary rate limit"))
            })
        })
}

fn unexpected(why: &str) -> HttpErrorKind {
    HttpErrorKind::Unexpected { at: Text::default(), why: why.into() }
}

/// What an outcome that is given up is called.
pub(super) fn explain(why: GiveUp, outcome: Result<Received, Failure>, settings: &Settings) -> HttpErrorKind {
    let received = match outcome {
        Ok(received) => received,
        Err(failure) => return failure.into_kind(settings),
    };
    let status = received.status;
    match why {
        GiveUp::Limited(until) => HttpErrorKind::Limited { until },
        GiveUp::Busy(until) => HttpErrorKind::Busy { status, until },
        GiveUp::SignedOut => HttpErrorKind::SignedOut { message: received.message() },
        GiveUp::Forbidden => {
            HttpErrorKind::Forbidden { message: received.message(), needs: received.needs() }
        }
        GiveUp::NotFound => HttpErrorKind::NotFound,
        GiveUp::Rejected => HttpErrorKind::Rejected { status, message: received.message() },
        GiveUp::Html | GiveUp::Fault(_) => unexpected("expected data, got a web page"),
    }
}

impl Failure {
    pub(super) fn into_kind(self, settings: &Settings) -> HttpErrorKind {
        match self {
            Self::Final(kind) => kind,
            Self::Fault(Fault::Unreachable, why) => HttpErrorKind::Unreachable { why },
            Self::Fault(Fault::Untrusted, why) => HttpErrorKind::Untrusted { why },
            Self::Fault(Fault::TimedOut, _) => HttpErrorKind::TimedOut { after: settings.timeout },
            Self::Fault(Fault::Interrupted, _) => HttpErrorKind::Interrupted,
        }
    }
}

impl Received {
    /// What the service says about an error, in any of the forms that services use: GitHub's and
    /// GitLab's `message`, Jira's `errorMessages` and `errors`, OAuth's `error_description`.
    pub(super) fn message(&self) -> Text {
        if self.kind == BodyKind::Html {
            return Text::default();
        }
        match serde_json::from_slice::<serde_json::Value>(&self.body) {
            Ok(value) => {
                let said = |name: &str| value.get(name).map(words).filter(|words| !words.is_empty());
                let names = ["message", "errorMessages", "errors", "error_description", "error"];
                let first = names.into_iter().find_map(|name| Some((name, said(name)?)));
                // GitHub's `message` of a refused change says no more than that it is refused, and Jira's
                // `errorMessages` are about the whole, its `errors` about single fields.
                Text::new(match first {
                    Some(("message" | "errorMessages", message)) => match said("errors") {
                        Some(errors) => format!("{message}: {errors}"),
                        None => message,
                    },
                    Some((_, words)) => words,
                    None => String::new(),
                })
            }
            Err(_) => Text::new(String::from_utf8_lossy(&self.body[..self.body.len().min(4_096)])),
        }
    }

    /// The permissions that GitHub says would do.
    fn needs(&self) -> Text {
        ["x-accepted-github-permissions", "x-accepted-oauth-scopes"]
            .iter()
            .find_map(|name| self.headers.get(*name)?.to_str().ok().filter(|value| !value.is_empty()))
            .map(Text::new)
            .unwrap_or_default()
    }

    pub(super) fn into_reply(self, context: Arc<Context>, settings: &Settings) -> Reply {
        let link = self.headers.get("link").and_then(|value| value.to_str().ok()).and_then(next_link);
        // Relative addresses are relative to the service, not to us.
        let next = link.and_then(|link| match Url::parse(link) {
            Ok(_) => Some(link.to_owned()),
            Err(_) => settings.base.join(link).ok().map(Into::into),
        });
        Reply {
            context,
            status: self.status,
            headers: self.headers,
            body: self.body,
            unchanged: self.unchanged,
            next,
        }
    }
}

/// The texts in a value, one after the other.
fn words(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => clean(text),
        serde_json::Value::Array(items) => {
            items.iter().take(5).map(words).filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; ")
        }
        serde_json::Value::Object(fields) => fields
            .iter()
            .take(5)
            .map(|(name, value)| (name, words(value)))
            .filter(|(_, words)| !words.is_empty())
            .map(|(name, words)| match name.as_str() {
                "message" => words,
                _ => format!("{}: {words}", clean(name)),
            })
            .collect::<Vec<_>>()
            .join("; "),
        other => other.to_string(),
    }
}

//! The client of one service, and a round with it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::TimeDelta;
use reqwest::{Url, redirect::Policy};
use tokio::sync::Semaphore;

use crate::{
    domain::{Instant, Problem, Text},
    source::Round,
};

use super::{
    Budget, HttpError, HttpErrorKind, Reply, Request, Settings, SignedIn, Validators,
    credentials::Signature,
    error::Context,
    exchange::{self, Received, is_loopback},
    retry::{self, Decision, GiveUp, Outcome, Seen, decide},
    validators::Memory,
};

/// One service: its address, who asks, what is remembered. Cheap to clone; clones share all.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) client: reqwest::Client,
    pub(super) host: Text,
    pub(super) shared: Mutex<Shared>,
    permits: Semaphore,
}

/// What changes.
pub(super) struct Shared {
    pub(super) memory: Memory,
    pub(super) budget: Budget,
    /// The token that was found last. Looked for again once it is refused.
    signature: Option<Arc<Signature>>,
    signed_in: Option<SignedIn>,
    /// The service wants to be left alone until then, and why.
    hold: Option<(Instant, HttpErrorKind)>,
    clock_skew: Option<TimeDelta>,
}

/// One round with a service: the requests of a round go through it.
pub struct Session<'r> {
    pub(super) http: &'r Http,
    round: &'r Round,
    state: Mutex<State>,
    /// Held while a token is looked for: one looks, all use it.
    looking: tokio::sync::Mutex<()>,
}

/// What a round has seen.
#[derive(Default)]
struct State {
    tally: Tally,
    /// What the service's clock said first: how long the round has lasted is told from it.
    first_date: Option<Instant>,
    identity: Identity,
    /// The token was looked for again in this round, because it was refused.
    renewed: bool,
}

/// Who a round asks as.
#[derive(Clone, Default)]
enum Identity {
    #[default]
    NotLooked,
    Anonymous,
    With(Arc<Signature>),
    /// The token is refused; what everybody may read is read without.
    Refused {
        message: Text,
    },
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that were sent, repeated ones and redirects included.
    pub requests: u64,
    /// Answers that said that nothing has changed.
    pub unchanged: u64,
    /// Bytes of bodies that were received, after decompression.
    pub bytes: u64,
}

impl Http {
    /// A client. Fails if the settings cannot work: an address that is not http or https or that
    /// holds a password, a token that would go over plain http, an unreadable certificate file.
    ///
    /// Reads the certificate file; connects to nothing, and looks for no token yet.
    pub fn new(settings: Settings) -> Result<Self, HttpError> {
        let host = Text::new(settings.base.host_str().unwrap_or_default());
        let client = build(&settings).map_err(|why| HttpError {
            context: Arc::new(Context {
                service: settings.service.clone(),
                host: host.clone(),
                operation: "settings",
                path: Text::default(),
                sign_in: settings.sign_in.clone(),
                signed_in: None,
            }),
            kind: HttpErrorKind::Setup { why: why.into() },
        })?;
        let shared = Shared {
            memory: Memory::new(settings.remembered),
            budget: Budget::default(),
            signature: None,
            signed_in: None,
            hold: None,
            clock_skew: None,
        };
        let permits = Semaphore::new(settings.at_once.max(1));
        Ok(Self(Arc::new(Inner { settings, client, host, shared: Mutex::new(shared), permits })))
    }

    /// Begins a round. What it spends of the budget is counted from here; who asks is looked up
    /// again if nobody was signed in.
    pub fn session<'r>(&'r self, round: &'r Round) -> Session<'r> {
        self.shared().budget.begin();
        self.session_beside(round)
    }

    /// Begins what is no round, but done beside the rounds, because a person asked for it. What
    /// it spends is not counted as what a round costs.
    pub fn session_beside<'r>(&'r self, round: &'r Round) -> Session<'r> {
        Session { http: self, round, state: Mutex::default(), looking: tokio::sync::Mutex::new(()) }
    }

    /// The name of the service in errors.
    pub fn service(&self) -> &Text {
        &self.0.settings.service
    }

    /// The host that is asked.
    pub fn host(&self) -> &Text {
        &self.0.host
    }

    /// What the service still allows.
    pub fn budget(&self) -> Budget {
        self.shared().budget.clone()
    }

    /// Before when the service may not be asked again. Requests before then fail without being sent.
    pub fn not_before(&self) -> Option<Instant> {
        self.shared().hold.as_ref().map(|(until, _)| *until)
    }

    /// Who asked last; None before the first request.
    pub fn signed_in(&self) -> Option<SignedIn> {
        self.shared().signed_in.clone()
    }

    /// How far the service's clock is ahead of ours (negative: behind), as far as can be told:
    /// the answer's way is part of it.
    pub fn clock_skew(&self) -> Option<TimeDelta> {
        self.shared().clock_skew
    }

    /// What is remembered of answers, to be kept across restarts.
    pub fn validators(&self) -> Validators {
        self.shared().memory.export()
    }

    /// Takes what was remembered before a restart.
    pub fn remember(&self, validators: Validators) {
        self.shared().memory.import(validators);
    }

    /// Forgets what is remembered of answers: the next round reads everything.
    pub fn forget(&self) {
        self.shared().memory.clear();
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(super) fn shared(&self) -> MutexGuard<'_, Shared> {
        // Nothing that is done under the lock leaves it half done.
        self.0.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Http")
            .field("service", &self.0.settings.service)
            .field("host", &self.0.host)
            .finish_non_exhaustive()
    }
}

fn build(settings: &Settings) -> Result<reqwest::Client, String> {
    let base = &settings.base;
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err("its address does not begin with https://".to_owned());
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err("its address holds a user or a password: a token belongs into its own setting".to_owned());
    }
    let local = is_loopback(base);
    if base.scheme() == "http" && !local && !settings.credentials.places.is_empty() {
        return Err("its address begins with http://: a token is only sent over https://".to_owned());
    }
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("tminus/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        // Redirects are followed in `exchange`, where the token is watched over.
        .redirect(Policy::none())
        .referer(false)
        .pool_max_idle_per_host(settings.at_once)
        .pool_idle_timeout(std::time::Duration::from_secs(30))
        .https_only(base.scheme() == "https");
    if let Some(file) = &settings.ca_file {
        #[expect(clippy::disallowed_methods, reason = "a source reads its certificates")]
        let pem =
            std::fs::read(file).map_err(|error| format!("{}: cannot be read: {error}", file.display()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .ok()
            .filter(|certificates| !certificates.is_empty())
            .ok_or_else(|| format!("{}: holds no certificates in PEM form", file.display()))?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(proxy) = &settings.proxy {
        // The error would name the address, and with it the proxy's password.
        let proxy = reqwest::Proxy::all(proxy.as_str()).map_err(|_| "the proxy's address cannot be used")?;
        builder = builder.proxy(proxy);
    } else if local {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| format!("cannot be set up: {}", exchange::innermost(&error)))
}

impl Session<'_> {
    /// The instant that the round counts as.
    pub fn now(&self) -> Instant {
        self.round.now
    }

    /// What the round did so far.
    pub fn tally(&self) -> Tally {
        self.state().tally
    }

    /// Sends `request` and waits for its answer. Tries again, shortly and a few times, what may
    /// be tried again; ends with [`HttpErrorKind::Cancelled`] soon after the round is cancelled.
    pub async fn send(&self, request: Request) -> Result<Reply, HttpError> {
        tokio::select! {
            biased;
            () = self.round.cancelled.cancelled() => Err(self.error(&request, HttpErrorKind::Cancelled)),
            result = self.send_uncancelled(&request) => result,
        }
    }

    /// Nobody is signed in, or the token is refused, and what everybody may read was read: for
    /// the problems of the facts. None if all is well, or if nothing was asked yet.
    pub fn sign_in_problem(&self) -> Option<Problem> {
        let settings = &self.http.0.settings;
        let what = match &self.state().identity {
            Identity::NotLooked | Identity::With(_) => return None,
            Identity::Refused { message } => {
                format!(
                    "{}: the token is refused ({message}); only what is public was read",
                    settings.service
                )
            }
            Identity::Anonymous => {
                format!("{}: nobody is signed in; only what is public was read", settings.service)
            }
        };
        Some(Problem::new(what, &settings.sign_in))
    }

    /// When an answer came: the round's instant, and how far the service's clock has gone on
    /// since its first answer. A long round would else count its waits from its beginning.
    fn answered_at(&self, date: Option<Instant>) -> Instant {
        let Some(date) = date else { return self.round.now };
        let mut state = self.state();
        if state.first_date.is_none() {
            self.http.shared().clock_skew = Some(date - self.round.now);
        }
        let first = *state.first_date.get_or_insert(date);
        self.round.now + (date - first).clamp(TimeDelta::zero(), TimeDelta::hours(1))
    }

    async fn send_uncancelled(&self, request: &Request) -> Result<Reply, HttpError> {
        let inner = &self.http.0;
        // A closed semaphore does not happen; without a permit it is merely less polite.
        let _permit = inner.permits.acquire().await.ok();
        let url =
            exchange::address(&inner.settings.base, request).map_err(|kind| self.error(request, kind))?;
        let mut attempt = 0;
        loop {
            let hold = self.http.shared().hold.clone();
            if let Some((until, kind)) = hold
                && self.round.now < until
            {
                return Err(self.error(request, kind));
            }
            attempt += 1;
            let signature = self.signature().await;
            let outcome = exchange::exchange(self, request, &url, signature.as_deref()).await;
            let (decision, now) = match &outcome {
                Ok(received) => {
                    let now = self.answered_at(retry::date(&received.headers));
                    if received.is_own_host {
                        self.http.shared().budget.observe(&received.headers, received.status != 304, now);
                    }
                    let seen = Outcome::Answer {
                        status: received.status,
                        headers: &received.headers,
                        body: received.kind,
                    };
                    (self.decide(request, seen, attempt, now), now)
                }
                Err(exchange::Failure::Fault(fault, _)) => {
                    let now = self.round.now;
                    (self.decide(request, Outcome::Fault(*fault), attempt, now), now)
                }
                Err(exchange::Failure::Final(kind)) => return Err(self.error(request, kind.clone())),
            };
            match decision {
                Decision::RetryAt(at) => {
                    inner.settings.waits.sleep((at - now).to_std().unwrap_or_default()).await;
                }
                Decision::GiveUp(GiveUp::SignedOut)
                    if self.try_otherwise(request, signature, &outcome).await =>
                {
                    // That was not the request's fault: it does not count.
                    attempt -= 1;
                }
                Decision::GiveUp(why) => {
                    let kind = exchange::explain(why, outcome, &inner.settings);
                    if let HttpErrorKind::Limited { until } | HttpErrorKind::Busy { until: Some(until), .. } =
                        kind
                    {
                        self.http.shared().hold = Some((until, kind.clone()));
                    }
                    return Err(self.error(request, kind));
                }
                Decision::Done => {
                    self.http.shared().hold.take_if(|(until, _)| *until <= now);
                    return match outcome {
                        Ok(received) => Ok(received.into_reply(self.context(request), &self.http.0.settings)),
                        Err(failure) => Err(self.error(request, failure.into_kind(&inner.settings))),
                    };
                }
            }
        }
    }

    fn decide(&self, request: &Request, outcome: Outcome<'_>, attempt: u32, now: Instant) -> Decision {
        let chance = self.http.0.settings.waits.chance();
        decide(Seen { outcome, repeatable: request.safe_to_repeat, attempt, now, chance })
    }

    /// The token that requests of this round are sent with. Looked for once.
    async fn signature(&self) -> Option<Arc<Signature>> {
        let _looking = self.looking.lock().await;
        match &self.state().identity {
            Identity::With(signature) => return Some(Arc::clone(signature)),
            Identity::Anonymous | Identity::Refused { .. } => return None,
            Identity::NotLooked => {}
        }
        let known = self.http.shared().signature.clone();
        let found = match known {
            Some(signature) => Ok(signature),
            None => self.http.0.settings.credentials.find().await,
        };
        let signed_in = match &found {
            Ok(signature) => SignedIn::With(signature.from.clone()),
            Err(reasons) => SignedIn::Anonymously(reasons.clone()),
        };
        let signature = found.ok();
        let mut shared = self.http.shared();
        shared.signed_in = Some(signed_in);
        shared.signature.clone_from(&signature);
        drop(shared);
        self.state().identity = signature.clone().map_or(Identity::Anonymous, Identity::With);
        signature
    }

    /// After 401: a token that was renewed in its place (`gh auth refresh`) is used, once a
    /// round; else a read is tried without any, as public things are shown to everybody.
    async fn try_otherwise(
        &self,
        request: &Request,
        refused: Option<Arc<Signature>>,
        outcome: &Result<Received, exchange::Failure>,
    ) -> bool {
        let Some(refused) = refused else { return false };
        let looking = self.looking.lock().await;
        if let Identity::With(current) = &self.state().identity
            && current.digest != refused.digest
        {
            // Another request of this round has found the new one.
            return true;
        }
        let renewed = std::mem::replace(&mut self.state().renewed, true);
        if !renewed
            && let Ok(found) = self.http.0.settings.credentials.find().await
            && found.digest != refused.digest
        {
            self.http.shared().signature = Some(Arc::clone(&found));
            self.state().identity = Identity::With(found);
            return true;
        }
        drop(looking);
        // The next round looks for it anew.
        self.http.shared().signature = None;
        let message = outcome.as_ref().map(Received::message).unwrap_or_default();
        self.state().identity = Identity::Refused { message };
        request.safe_to_repeat
    }

    fn context(&self, request: &Request) -> Arc<Context> {
        let inner = &self.http.0;
        let path = request.path.split('?').next().unwrap_or_default();
        Arc::new(Context {
            service: inner.settings.service.clone(),
            host: inner.host.clone(),
            operation: request.operation,
            path: Text::new(path),
            sign_in: inner.settings.sign_in.clone(),
            signed_in: self.http.shared().signed_in.clone(),
        })
    }

    fn error(&self, request: &Request, kind: HttpErrorKind) -> HttpError {
        // What is hidden from everybody is not refused to the person, but to the old token.
        let kind = match (&self.state().identity, kind) {
            (
                Identity::Refused { message },
                HttpErrorKind::SignedOut { .. } | HttpErrorKind::Forbidden { .. } | HttpErrorKind::NotFound,
            ) => HttpErrorKind::SignedOut { message: message.clone() },
            (_, kind) => kind,
        };
        HttpError { context: self.context(request), kind }
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Tally)) {
        count(&mut self.state().tally);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The scheme, host and port of two addresses are the same: the token may go there.
pub(super) fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin() && one.origin().is_tuple()
}

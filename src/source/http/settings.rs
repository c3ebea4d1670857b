//! Where a service is and how to reach it.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use reqwest::Url;

use crate::domain::Text;

use super::Credentials;

/// Where a service is and how to reach it. Made from the configuration by a connector.
///
/// There is no way to switch off TLS or the check of certificates.
#[derive(Clone)]
pub struct Settings {
    /// Its name in errors: the source's name, `github`.
    pub service: Text,
    /// The root that paths are relative to: `https://api.github.com/`. The token goes to its
    /// scheme, host and port only.
    pub base: Url,
    /// Who asks.
    pub credentials: Credentials,
    /// What to do when nobody is signed in: "run `gh auth login`, or set `GITHUB_TOKEN`".
    pub sign_in: Text,
    /// Certificate authorities (PEM) to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy to use (`http://…`, `https://…`, `socks5h://…`) instead of the one that
    /// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` or the system name.
    pub proxy: Option<Url>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// Try again within a round where no connection could be made. Else that waits for the next
    /// round: for a service that nobody may have asked for.
    pub insists: bool,
    /// How long a request may take in all, its answer included.
    pub timeout: Duration,
    /// The longest answer that is read, in bytes after decompression.
    pub longest_answer: usize,
    /// How many bytes of answers are remembered (compressed) to save asking again.
    pub remembered: usize,
    /// How many requests run at once.
    pub at_once: usize,
    /// How waits pass.
    pub waits: Waits,
}

impl Settings {
    /// The usual: 10 s for a connection, 60 s for a request, 32 MiB for an answer, 16 MiB
    /// remembered, six requests at once.
    pub fn new(service: impl Into<Text>, base: Url, credentials: Credentials) -> Self {
        Self {
            service: service.into(),
            base,
            credentials,
            sign_in: Text::new("give it a token"),
            ca_file: None,
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            insists: true,
            timeout: Duration::from_secs(60),
            longest_answer: 32 << 20,
            remembered: 16 << 20,
            at_once: 6,
            waits: Waits::real(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Addresses may hold passwords: only their hosts are shown.
        formatter
            .debug_struct("Settings")
            .field("service", &self.service)
            .field("host", &self.base.host_str())
            .field("credentials", &self.credentials)
            .field("ca_file", &self.ca_file)
            .field("proxy", &self.proxy.as_ref().map(Url::host_str))
            .field("connect_timeout", &self.connect_timeout)
            .field("insists", &self.insists)
            .field("timeout", &self.timeout)
            .field("longest_answer", &self.longest_answer)
            .field("remembered", &self.remembered)
            .field("at_once", &self.at_once)
            .finish_non_exhaustive()
    }
}

/// How the waits between attempts pass: on the clock, or as a test wants.
#[derive(Clone)]
pub struct Waits {
    sleep: Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>,
    chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Waits {
    /// Time passes, chance is chance.
    pub fn real() -> Self {
        Self { sleep: Arc::new(|wait| Box::pin(tokio::time::sleep(wait))), chance: Arc::new(fastrand::f64) }
    }

    /// Waits that are told to `note` and are over at once; chance is always a half.
    pub fn skipped(note: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self {
            sleep: Arc::new(move |wait| {
                note(wait);
                Box::pin(std::future::ready(()))
            }),
            chance: Arc::new(|| 0.5),
        }
    }

    pub(super) fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        (self.sleep)(wait)
    }

    pub(super) fn chance(&self) -> f64 {
        (self.chance)()
    }
}

impl fmt::Debug for Waits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Waits")
    }
}

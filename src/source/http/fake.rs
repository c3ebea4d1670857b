//! A service on loopback that answers by a script, with every fault there is. For tests of
//! connectors, too.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::Url;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::{Credentials, Settings, Waits};

/// What the fake service was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    /// A header; its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    fault: Option<Broken>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Reset,
    CutOff,
    Silent,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), fault: None }
    }

    /// 200 with JSON.
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body).header("content-type", "application/json")
    }

    /// A gateway's page.
    pub(crate) fn page(status: u16) -> Self {
        Self::new(status, "<!DOCTYPE html><html><body>Unicorn!</body></html>")
            .header("content-type", "text/html")
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// 304 if the request has this `ETag` already.
    pub(crate) fn with_etag(self, asked: &Asked, etag: &str) -> Self {
        if asked.header("if-none-match") == Some(etag) {
            Self::new(304, "").header("etag", etag)
        } else {
            self.header("etag", etag)
        }
    }

    /// The body compressed.
    pub(crate) fn gzip(mut self) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&self.body).unwrap();
        self.body = encoder.finish().unwrap();
        self.header("content-encoding", "gzip")
    }

    /// The connection is reset before a byte of an answer.
    pub(crate) fn reset() -> Self {
        Self { fault: Some(Broken::Reset), ..Self::new(0, "") }
    }

    /// The connection ends in the middle of the body.
    pub(crate) fn cut_off(mut self) -> Self {
        self.fault = Some(Broken::CutOff);
        self
    }

    /// No answer, ever.
    pub(crate) fn silence() -> Self {
        Self { fault: Some(Broken::Silent), ..Self::new(0, "") }
    }
}

/// A fake service; gone when dropped.
pub(crate) struct Fake {
    scheme: &'static str,
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    waited: Arc<Mutex<Vec<Duration>>>,
    task: JoinHandle<()>,
}

impl Fake {
    /// Answers every request by `script`, which is also told how many came before.
    pub(crate) async fn start(script: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen(Arc::new(script), None).await
    }

    /// Answers with `answer` over TLS.
    pub(crate) async fn over_tls(tls: TlsAcceptor, answer: Answer) -> Self {
        Self::listen(Arc::new(move |_: &Asked, _| answer.clone()), Some(tls)).await
    }

    async fn listen(script: Arc<Script>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, tls.clone(), script, Arc::clone(&asked)));
        let scheme = if tls.is_some() { "https" } else { "http" };
        Self { scheme, address, asked, waited: Arc::default(), task }
    }

    /// Answers with these, one after the other, and then with the last.
    pub(crate) async fn sequence(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        Self::start(move |_, before| answers[before.min(answers.len() - 1)].clone()).await
    }

    /// Its root.
    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("{}://{}/", self.scheme, self.address)).unwrap()
    }

    /// Settings for it: no waits (they are noted), nobody signed in.
    pub(crate) fn settings(&self) -> Settings {
        let waited = Arc::clone(&self.waited);
        Settings {
            waits: Waits::skipped(move |wait| {
                waited.lock().unwrap_or_else(PoisonError::into_inner).push(wait);
            }),
            sign_in: "set FAKE_TOKEN".into(),
            ..Settings::new("fake", self.url(), Credentials::none())
        }
    }

    /// All that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All waits between attempts so far, in milliseconds.
    pub(crate) fn waited(&self) -> Vec<u128> {
        self.waited.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Duration::as_millis).collect()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Script = dyn Fn(&Asked, usize) -> Answer + Send + Sync;

async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    script: Arc<Script>,
    log: Arc<Mutex<Vec<Asked>>>,
) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let (tls, script, log) = (tls.clone(), Arc::clone(&script), Arc::clone(&log));
        // Ends with the set, and so with the fake. A client that goes away needs no answer.
        connections.spawn(async move {
            if let Some(tls) = tls {
                if let Ok(mut stream) = tls.accept(stream).await {
                    drop(connection(&mut stream, &*script, &log).await);
                }
            } else if let Ok(Some(Broken::Reset)) = connection(&mut stream, &*script, &log).await {
                drop(stream.set_zero_linger());
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Answers all requests of a connection, up to the first fault that ends it.
async fn connection(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    script: &Script,
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<Option<Broken>> {
    let mut buffer = Vec::new();
    while let Some(asked) = receive(stream, &mut buffer).await? {
        let answer = {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = script(&asked, log.len());
            log.push(asked);
            answer
        };
        match answer.fault {
            Some(Broken::Silent) => std::future::pending().await,
            Some(Broken::Reset) => return Ok(answer.fault),
            Some(Broken::CutOff) | None => {}
        }
        let mut head = format!("HTTP/1.1 {} Said\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let is_framed =
            |(name, _): &(String, String)| name == "content-length" || name == "transfer-encoding";
        if answer.status != 304 && !answer.headers.iter().any(is_framed) {
            head.extend(["content-length: ", &answer.body.len().to_string(), "\r\n"]);
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        if answer.fault == Some(Broken::CutOff) {
            stream.write_all(&answer.body[..answer.body.len() / 2]).await?;
            stream.shutdown().await?;
            return Ok(answer.fault);
        }
        stream.write_all(&answer.body).await?;
        stream.flush().await?;
    }
    Ok(None)
}

/// The next request of a connection; None when the client has ended it.
async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> std::io::Result<Option<Asked>> {
    let head_end = loop {
        if let Some(end) = buffer.windows(4).position(|part| part == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or_default();
    let end = head_end + 4 + length;
    while buffer.len() < end {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body = String::from_utf8_lossy(&buffer[head_end + 4..end]).into_owned();
    buffer.drain(..end);
    Ok(Some(Asked {
        method: first.next().unwrap_or_default(),
        target: first.next().unwrap_or_default(),
        headers,
        body,
    }))
}

//! One thing to ask of a service.

/// What is done with the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read it.
    Get,
    /// Make one, or ask a question with a body (GraphQL).
    Post,
    /// Put it there.
    Put,
    /// Change a part of it.
    Patch,
    /// Take it away.
    Delete,
}

/// One thing to ask: made by a connector, sent by [`Session::send`](super::Session::send).
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) accept: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) safe_to_repeat: bool,
    pub(super) remember: Remember,
}

/// What is remembered of an answer, to ask whether it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remember {
    /// Its validators and its body: an unchanged answer reads like a new one.
    Body,
    /// Its validators: the asker keeps what it made of the body.
    Validators,
    /// Nothing.
    Nothing,
}

impl Request {
    /// Reads `path`: relative to the base URL (`repos/o/r/issues`), or the verbatim address of a
    /// next page. `operation` says in errors what was being done: `"milestones"`.
    ///
    /// The path is not encoded: see [`segment`](Self::segment).
    pub fn get(operation: &'static str, path: impl Into<String>) -> Self {
        Self::new(operation, Method::Get, path)
    }

    /// Sends `body` as JSON to `path`. Tried once, unless [`repeatable`](Self::repeatable).
    pub fn post(operation: &'static str, path: impl Into<String>) -> Self {
        Self::new(operation, Method::Post, path)
    }

    /// Any other method. What is not a `Get` is tried once, unless
    /// [`repeatable`](Self::repeatable).
    pub fn new(operation: &'static str, method: Method, path: impl Into<String>) -> Self {
        let is_read = method == Method::Get;
        Self {
            operation,
            method,
            path: path.into(),
            query: Vec::new(),
            accept: "application/json",
            headers: Vec::new(),
            body: None,
            safe_to_repeat: is_read,
            remember: if is_read { Remember::Body } else { Remember::Nothing },
        }
    }

    /// `raw` as one segment of a path: GitLab's `group%2Fproject`, a branch with a slash.
    pub fn segment(raw: &str) -> String {
        encode(raw)
    }

    /// Adds a parameter to the query, encoded: `+` and `:` of a date become `%2B` and `%3A`.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.query.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// The media type to ask for; JSON if not said.
    #[must_use]
    pub fn accept(mut self, media_type: &'static str) -> Self {
        self.accept = media_type;
        self
    }

    /// Adds a header (`X-GitHub-Api-Version`). Sent to the configured host only.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The body, as JSON.
    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string().into_bytes());
        self
    }

    /// The same, at another address.
    pub(super) fn at_address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.path);
        self.query.clear();
        self
    }

    /// Asking twice is the same as asking once: a GraphQL query, a search by POST, a PUT of the
    /// whole. Such a request is tried again like a read.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.safe_to_repeat = true;
        self
    }

    /// Remembers only the validators of the answer: an unchanged one comes as
    /// [`Reply::unchanged`](super::Reply::unchanged) without a body, because the asker keeps
    /// what it made of it. For what is large, or asked only to notice a change.
    #[must_use]
    pub fn kept_by_asker(mut self) -> Self {
        if self.method == Method::Get {
            self.remember = Remember::Validators;
        }
        self
    }

    /// Asks as if for the first time: what changes in between answers (mergeability) or is
    /// asked once only.
    #[must_use]
    pub fn never_remembered(mut self) -> Self {
        self.remember = Remember::Nothing;
        self
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn encode(raw: &str) -> String {
    let mut encoded = String::with_capacity(raw.len());
    for byte in raw.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    encoded
}

/// The query as it is sent.
pub(super) fn encode_query(parameters: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

//! Who asks: a token, where it comes from, and how it is sent.

use std::{fmt, path::PathBuf, sync::Arc};

use secrecy::SecretString;

/// Who asks a service: places to look for a token, in order, and how it is sent. Without any
/// token the service is asked anonymously, as far as it allows that.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// How the token is sent.
    pub scheme: Scheme,
    /// Where to look; the first place that has one wins.
    pub places: Vec<TokenFrom>,
}

/// How a token is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `Authorization: Bearer …`: GitHub, GitLab (OAuth), Jira Data Center.
    Bearer,
    /// `Authorization: token …`: older GitHub Enterprise.
    Token,
    /// `Authorization: Basic …` with a user's name: Jira Cloud (the e-mail address).
    Basic {
        /// The name.
        user: String,
    },
    /// `PRIVATE-TOKEN: …`: GitLab's personal, project and group tokens.
    PrivateToken,
}

/// A place where a token may be.
#[derive(Clone, Debug)]
pub enum TokenFrom {
    /// An environment variable.
    Environment(String),
    /// What a command prints: `["gh", "auth", "token", "--hostname", "github.com"]`. Run
    /// without a shell.
    Command(Vec<String>),
    /// A file that only its owner can read.
    File(PathBuf),
    /// Here it is.
    Given(Token),
}

/// A token. Nothing prints it: not `Debug`, and there is neither `Display` nor `Serialize`.
#[derive(Clone)]
pub struct Token(SecretString);

/// Who the next request is sent as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// Nobody: no place had a token.
    Anonymously,
    /// With a token that came from there: `GITHUB_TOKEN`, `gh auth token`.
    With(Arc<str>),
}

impl Token {
    /// Wraps `secret`; blank ends do not belong to it.
    pub fn new(secret: &str) -> Self {
        Self(SecretString::from(secret.trim()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl Credentials {
    /// Nobody.
    pub fn none() -> Self {
        Self { scheme: Scheme::Bearer, places: Vec::new() }
    }

    /// Looks in `places`, sends by `scheme`.
    pub fn new(scheme: Scheme, places: Vec<TokenFrom>) -> Self {
        Self { scheme, places }
    }
}

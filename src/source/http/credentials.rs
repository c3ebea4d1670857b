//! Who asks: a token, where it comes from, and how it is sent.
//!
//! A token is looked for in one place after the other, when it is first needed. It lives in a
//! [`Token`], which is wiped when dropped and which nothing can print.

use std::{
    fmt,
    io::Read,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use crate::domain::Text;

/// How long a command that prints a token may take: somebody may have to unlock a store.
const COMMAND_LIMIT: Duration = Duration::from_secs(20);
/// The longest token, in bytes.
const LONGEST: usize = 8_192;
/// What is shorter stands in many answers by chance, and is no secret.
const SHORTEST_SECRET: usize = 8;

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
    /// The first line that a command prints: `["gh", "auth", "token", "--hostname",
    /// "github.com"]`. Run without a shell and without a terminal.
    Command(Vec<String>),
    /// The first line of a file that belongs to the user and that nobody else can read.
    File(PathBuf),
    /// The keyring of the desktop: `secret-tool` (libsecret) asks it, on macOS `security`. What
    /// puts a token there: `secret-tool store --label=tminus service tminus account HOST`, or
    /// `security add-generic-password -s tminus -a HOST -w`.
    Keyring {
        /// The service that it is filed under: `tminus`.
        service: String,
        /// The account that it is filed under: the host, `github.com`.
        account: String,
    },
    /// Here it is. The text says where it came from.
    Given(Token, Text),
}

/// A token. Nothing prints it: `Debug` does not, and there is neither `Display` nor `Serialize`.
#[derive(Clone)]
pub struct Token(SecretString);

/// Who requests are sent as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// Nobody. Why: one reason for each place that was looked at.
    Anonymously(Vec<Text>),
    /// With a token that came from there: `GITHUB_TOKEN`, `gh auth token`.
    With(Text),
}

impl Token {
    /// Wraps the first line of `secret`; blank ends do not belong to it. None if there is
    /// nothing in it, or what cannot be sent in a header.
    pub fn new(secret: &str) -> Option<Self> {
        let line = secret.lines().next().unwrap_or_default().trim();
        let sendable =
            !line.is_empty() && line.len() <= LONGEST && line.bytes().all(|byte| byte.is_ascii_graphic());
        sendable.then(|| Self(SecretString::from(line)))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// A token, ready to be sent.
pub(super) struct Signature {
    pub(super) header: HeaderName,
    pub(super) value: HeaderValue,
    /// Tells tokens apart without being one.
    pub(super) digest: [u8; 32],
    pub(super) from: Text,
    token: Token,
}

impl Signature {
    /// Writes stars over the token wherever it stands in `received`, as it is and as it was sent:
    /// some gateways say in their errors what they were sent, and errors are shown, logged and kept.
    pub(super) fn hide(&self, received: &mut [u8]) {
        let sent = self.value.as_bytes().rsplit(|byte| *byte == b' ').next().unwrap_or_default();
        for secret in [self.token.0.expose_secret().as_bytes(), sent] {
            let (Some(first), true) = (secret.first(), secret.len() >= SHORTEST_SECRET) else { continue };
            let mut from = 0;
            while let Some(rest) = received.get_mut(from..)
                && let Some(at) = rest.iter().position(|byte| byte == first)
            {
                from += at + 1;
                if rest[at..].starts_with(secret) {
                    rest[at..at + secret.len()].fill(b'*');
                }
            }
        }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signature").field("from", &self.from).finish_non_exhaustive()
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

    /// Looks for a token. If there is none: why, for each place.
    pub(super) async fn find(&self) -> Result<Arc<Signature>, Vec<Text>> {
        let mut reasons = Vec::new();
        for place in &self.places {
            match place.look().await.and_then(|token| self.sign(&token, place.name())) {
                Ok(signature) => return Ok(Arc::new(signature)),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(reasons)
    }

    fn sign(&self, token: &Token, from: Text) -> Result<Signature, Text> {
        let secret = token.0.expose_secret();
        let (header, value) = match &self.scheme {
            Scheme::Bearer => (AUTHORIZATION, Zeroizing::new(format!("Bearer {secret}"))),
            Scheme::Token => (AUTHORIZATION, Zeroizing::new(format!("token {secret}"))),
            Scheme::Basic { user } => {
                let pair = Zeroizing::new(format!("{user}:{secret}"));
                (AUTHORIZATION, Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes()))))
            }
            Scheme::PrivateToken => {
                (HeaderName::from_static("private-token"), Zeroizing::new(secret.to_owned()))
            }
        };
        let mut header_value = HeaderValue::from_str(&value)
            .map_err(|_| Text::new(format!("{from}: cannot be sent in a header")))?;
        // Logs of the HTTP library show "Sensitive", and HTTP/2 does not compress it.
        header_value.set_sensitive(true);
        let digest = Sha256::digest(value.as_bytes()).into();
        Ok(Signature { header, digest, value: header_value, from, token: token.clone() })
    }
}

impl TokenFrom {
    /// What to call it: never the token.
    fn name(&self) -> Text {
        match self {
            Self::Environment(variable) => Text::new(variable),
            Self::Command(words) => Text::new(format!("`{}`", words.join(" "))),
            Self::Keyring { service, account } => {
                Text::new(format!("the keyring (`{}`)", keyring(ON_MACOS, service, account).join(" ")))
            }
            Self::File(path) => Text::new(path.display().to_string()),
            Self::Given(_, from) => from.clone(),
        }
    }

    async fn look(&self) -> Result<Token, Text> {
        let found = match self {
            Self::Environment(variable) => match std::env::var(variable) {
                Ok(value) => Ok(Zeroizing::new(value)),
                Err(std::env::VarError::NotPresent) => Err("is not set".to_owned()),
                Err(std::env::VarError::NotUnicode(_)) => Err("is not text".to_owned()),
            },
            Self::Command(words) => run(words, COMMAND_LIMIT).await,
            Self::Keyring { service, account } => {
                run(&keyring(ON_MACOS, service, account), COMMAND_LIMIT).await
            }
            Self::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || read_private(&path))
                    .await
                    .unwrap_or_else(|_| Err("could not be read".to_owned()))
            }
            Self::Given(token, _) => return Ok(token.clone()),
        };
        found
            .and_then(|text| Token::new(&text).ok_or_else(|| "holds no token".to_owned()))
            .map_err(|why| Text::new(format!("{}: {why}", self.name())))
    }
}

const ON_MACOS: bool = cfg!(target_os = "macos");

/// The system's own command that prints an entry of the keyring.
fn keyring(on_macos: bool, service: &str, account: &str) -> Vec<String> {
    let words = if on_macos {
        &["security", "find-generic-password", "-s", service, "-a", account, "-w"][..]
    } else {
        &["secret-tool", "lookup", "service", service, "account", account]
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What a command prints, up to the longest token.
async fn run(words: &[String], limit: Duration) -> Result<Zeroizing<String>, String> {
    let (program, arguments) = words.split_first().ok_or("names no program")?;
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Not in the terminal's foreground: what wants to ask there is stopped, and then too late.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot be run: {error}"))?;
    let stdout = child.stdout.take().ok_or("cannot be read")?;
    let ended = tokio::time::timeout(limit, async {
        let mut output = Zeroizing::new(Vec::with_capacity(LONGEST));
        stdout.take(LONGEST as u64).read_to_end(&mut output).await?;
        let status = child.wait().await?;
        Ok::<_, std::io::Error>((output, status))
    });
    match ended.await {
        Err(_) => Err(format!("did not end within {} s", limit.as_secs())),
        Ok(Err(error)) => Err(format!("cannot be read: {error}")),
        // What it says on the way is not shown: it may hold what nobody may see.
        Ok(Ok((_, status))) if !status.success() => Err(format!("failed ({status})")),
        Ok(Ok((output, _))) => text(&output),
    }
}

/// What is in a file that is the user's own and nobody else's to read.
fn read_private(path: &Path) -> Result<Zeroizing<String>, String> {
    // Not blocking: a pipe with nobody at the other end would wait for ever.
    #[expect(clippy::disallowed_methods, reason = "a source reads its token")]
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(|error| format!("cannot be opened: {error}"))?;
    let metadata = file.metadata().map_err(|error| format!("cannot be examined: {error}"))?;
    if !metadata.is_file() {
        return Err("is not a file".to_owned());
    }
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user && metadata.uid() != 0 {
        return Err("belongs to somebody else: it is not used".to_owned());
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(format!(
            "others can read it (mode {:03o}): it is not used before `chmod 600`",
            metadata.mode() & 0o777
        ));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    file.take(LONGEST as u64).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    text(&bytes)
}

fn text(bytes: &[u8]) -> Result<Zeroizing<String>, String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err("is not text".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    use super::*;

    fn command(script: &str) -> TokenFrom {
        TokenFrom::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    fn given(token: &str) -> TokenFrom {
        TokenFrom::Given(Token::new(token).unwrap(), "test".into())
    }

    #[test]
    fn a_token_is_one_line_that_can_be_sent() {
        for (raw, is_token) in [
            ("ghp_abc", true),
            ("  ghp_abc\nurl: example.com\n", true),
            ("", false),
            ("\nghp_abc", false),
            ("two words", false),
            ("escape\u{1b}[31m", false),
            ("ümlaut", false),
        ] {
            assert_eq!(Token::new(raw).is_some(), is_token, "{raw:?}");
        }
        assert!(Token::new(&"x".repeat(LONGEST + 1)).is_none());
    }

    #[tokio::test]
    async fn each_scheme_sends_it_its_way() {
        for (scheme, header, value) in [
            (Scheme::Bearer, "authorization", "Bearer s3cret"),
            (Scheme::Token, "authorization", "token s3cret"),
            (Scheme::Basic { user: "a@b.c".to_owned() }, "authorization", "Basic YUBiLmM6czNjcmV0"),
            (Scheme::PrivateToken, "private-token", "s3cret"),
        ] {
            let signature = Credentials::new(scheme, vec![given("s3cret")]).find().await.unwrap();
            assert_eq!(signature.header.as_str(), header);
            assert_eq!(signature.value.to_str().unwrap(), value);
            assert!(signature.value.is_sensitive());
        }
    }

    #[tokio::test]
    async fn the_first_place_that_has_one_wins() {
        let places = vec![
            TokenFrom::Environment("TMINUS_TEST_NOT_SET".to_owned()),
            command("exit 4"),
            TokenFrom::Command(vec!["/no/such/program".to_owned()]),
            command("echo from-command; echo second line"),
            given("never"),
        ];
        let signature = Credentials::new(Scheme::Bearer, places).find().await.unwrap();
        assert_eq!(signature.value.to_str().unwrap(), "Bearer from-command");
        assert!(signature.from.contains("sh -c"));
    }

    #[tokio::test]
    async fn without_one_each_place_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let open = directory.path().join("open");
        #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
        std::fs::write(&open, "s3cret").unwrap();
        std::fs::set_permissions(&open, Permissions::from_mode(0o644)).unwrap();
        for (place, why) in [
            (TokenFrom::Environment("TMINUS_TEST_NOT_SET".to_owned()), "TMINUS_TEST_NOT_SET: is not set"),
            (command("echo s3cret >&2; exit 3"), "failed (exit status: 3)"),
            (command("true"), "holds no token"),
            (command("yes"), "failed"),
            (TokenFrom::Command(Vec::new()), "names no program"),
            (TokenFrom::File(directory.path().join("none")), "cannot be opened"),
            (TokenFrom::File(directory.path().to_owned()), "is not a file"),
            (TokenFrom::File(open.clone()), "others can read it (mode 644)"),
        ] {
            let reasons = Credentials::new(Scheme::Bearer, vec![place]).find().await.unwrap_err();
            assert!(reasons[0].contains(why), "{reasons:?}");
            assert!(!reasons[0].contains("s3cret:") && reasons.len() == 1);
        }
        std::fs::set_permissions(&open, Permissions::from_mode(0o600)).unwrap();
        let found = Credentials::new(Scheme::Bearer, vec![TokenFrom::File(open)]).find().await;
        assert_eq!(found.unwrap().value.to_str().unwrap(), "Bearer s3cret");
    }

    #[tokio::test]
    async fn a_variable_holds_it() {
        // Tests set no variables: others run beside them. This one is always there.
        let value = std::env::var("PATH").unwrap();
        let place = TokenFrom::Environment("PATH".to_owned());
        let found = Credentials::new(Scheme::Bearer, vec![place]).find().await;
        let sent = found.map(|signature| signature.value.to_str().unwrap().to_owned());
        assert_eq!(sent.ok(), Token::new(&value).map(|_| format!("Bearer {value}")));
    }

    #[tokio::test]
    async fn the_keyring_is_asked_by_the_systems_own_command() {
        assert_eq!(
            keyring(false, "tminus", "github.com").join(" "),
            "secret-tool lookup service tminus account github.com"
        );
        assert_eq!(
            keyring(true, "tminus", "github.com").join(" "),
            "security find-generic-password -s tminus -a github.com -w"
        );
        // Whatever there is on this machine, it has no such entry; the reason names the command.
        let place = TokenFrom::Keyring { service: "tminus-test".to_owned(), account: "nobody".to_owned() };
        let reasons = Credentials::new(Scheme::Bearer, vec![place]).find().await.unwrap_err();
        let command = keyring(ON_MACOS, "tminus-test", "nobody").join(" ");
        assert!(reasons[0].starts_with(&format!("the keyring (`{command}`): ")), "{reasons:?}");
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_ended() {
        let words = ["sh", "-c", "sleep 60"].map(str::to_owned);
        let error = run(&words, Duration::ZERO).await.unwrap_err();
        assert!(error.contains("did not end"), "{error}");
    }
}

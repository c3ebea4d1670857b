//! Which repository a git remote is.

use crate::config::is_repository_path;

/// Longest address that is looked at, in bytes.
const LONGEST: usize = 2_048;

/// What the address of a git remote names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The name of its host, in small letters.
    pub name: String,
    /// Its port, where it is that of a web server: the port of ssh says nothing about the forge.
    pub port: Option<u16>,
    /// The repository's path: `owner/name`, `group/subgroup/name`.
    pub path: String,
}

impl Remote {
    /// The host, with its port where it has one of its own.
    pub fn host(&self) -> String {
        self.port.map_or_else(|| self.name.clone(), |port| format!("{}:{port}", self.name))
    }

    /// The one of `hosts` that it is at, as it is written there.
    pub(super) fn among(&self, hosts: &[String]) -> Option<String> {
        let whole = self.host();
        let exact = hosts.iter().find(|host| **host == whole);
        // Over ssh the forge's own port is not told.
        let by_name = || {
            let name = |host: &&String| host.split(':').next() == Some(self.name.as_str());
            hosts.iter().find(name).filter(|_| self.port.is_none())
        };
        exact.or_else(by_name).cloned()
    }
}

/// What `url` (a git remote) names: `https`, `http`, `ssh`, `git` and the short form of ssh. None
/// for a path on this machine, and for what is not at least `owner/name`. What ssh has another host
/// for (`ssh.github.com`, `altssh.gitlab.com`) is told by its proper name. A user or password in it
/// is left out.
///
/// Whether the host is a forge is not decided here.
pub fn parse_remote(url: &str) -> Option<Remote> {
    let url = url.trim();
    if url.len() > LONGEST {
        return None;
    }
    let (authority, path, usual) = if let Some((scheme, rest)) = url.split_once("://") {
        let usual = match scheme.to_ascii_lowercase().as_str() {
            "https" => Some(443),
            "http" => Some(80),
            "ssh" | "git" | "git+ssh" | "ssh+git" => None,
            _ => return None,
        };
        let (authority, path) = rest.split_once('/')?;
        (authority, path, usual)
    } else {
        // `git@host:owner/name`; a slash before the colon makes it a path, one letter a drive.
        let (host, path) = url.split_once(':').filter(|(host, _)| !host.contains('/') && host.len() > 1)?;
        (host, path, None)
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(port.parse::<u16>().ok()?),
    };
    let name = match name.to_ascii_lowercase().as_str() {
        "ssh.github.com" | "www.github.com" => "github.com".to_owned(),
        "altssh.gitlab.com" | "www.gitlab.com" => "gitlab.com".to_owned(),
        other => other.to_owned(),
    };
    let is_host = !name.is_empty()
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "-.".contains(character));
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let port = usual.and(port).filter(|port| Some(*port) != usual);
    (is_host && is_repository_path(path, &(2..=21))).then(|| Remote { name, port, path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn remotes_name_their_repository() {
        for (url, expected) in [
            ("git@github.com:o/r.git", Some(("github.com", "o/r"))),
            ("github.com:o/r", Some(("github.com", "o/r"))),
            ("https://github.com/o/r.git", Some(("github.com", "o/r"))),
            ("https://github.com/o/r/", Some(("github.com", "o/r"))),
            ("https://user:secret@GitHub.com/o/r", Some(("github.com", "o/r"))),
            ("https://github.com:443/o/r", Some(("github.com", "o/r"))),
            ("ssh://git@ssh.github.com:443/o/r.git", Some(("github.com", "o/r"))),
            ("ssh://git@altssh.gitlab.com:443/g/r.git", Some(("gitlab.com", "g/r"))),
            ("ssh://git@git.example.org:2222/o/a.b-c_d.git", Some(("git.example.org", "o/a.b-c_d"))),
            ("git://github.com/o/r.git", Some(("github.com", "o/r"))),
            ("http://git.example.org:8080/o/r", Some(("git.example.org:8080", "o/r"))),
            ("https://gitlab.com/group/sub/r.git", Some(("gitlab.com", "group/sub/r"))),
            ("git@gitlab.com:group/sub/sub/r.git", Some(("gitlab.com", "group/sub/sub/r"))),
            ("https://github.com/o", None),
            ("https://github.com:port/o/r", None),
            ("/srv/git/o/r.git", None),
            ("../o/r", None),
            ("file:///srv/o/r.git", None),
            ("C:/work/r", None),
            ("https://github.com/o/..", None),
            ("https://github.com//o//r", None),
            ("git@github.com:o/r%2f..", None),
            ("git@github.com:o/r\u{1b}[31m", None),
            ("https://git\u{202e}hub.com/o/r", None),
            ("", None),
        ] {
            let found = parse_remote(url).map(|remote| (remote.host(), remote.path));
            let expected = expected.map(|(host, path)| (host.to_owned(), path.to_owned()));
            assert_eq!(found, expected, "{url}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_found_is_plain(url in any::<String>()) {
            if let Some(remote) = parse_remote(&url) {
                prop_assert!(remote.host().is_ascii() && remote.path.is_ascii());
            }
        }
    }
}

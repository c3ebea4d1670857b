//! Which repository a git remote is.

/// Host, owner and name of the repository that `url` (a git remote) is: `https`, `ssh`, `git`
/// and the short form of ssh. None for a path on this machine and for what is no
/// `owner/name`. The host is in small letters and without a port; GitHub's ssh over port 443
/// (`ssh.github.com`) is `github.com`.
///
/// Whether the host is a GitHub is not decided here.
pub fn parse_remote(url: &str) -> Option<(String, String, String)> {
    let url = url.trim();
    let (authority, path) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let known = ["https", "http", "ssh", "git", "git+ssh", "ssh+git"];
            if !known.contains(&scheme.to_ascii_lowercase().as_str()) {
                return None;
            }
            rest.split_once('/')?
        }
        // `git@host:owner/name`; a slash before the colon makes it a path, one letter a drive.
        None => url.split_once(':').filter(|(host, _)| !host.contains('/') && host.len() > 1)?,
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host).to_ascii_lowercase();
    let host = match host.as_str() {
        "ssh.github.com" | "www.github.com" => "github.com".to_owned(),
        _ => host,
    };
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let (owner, name) = path.split_once('/')?;
    let is_name = |text: &str| {
        !text.is_empty()
            && text != "."
            && text != ".."
            && text.len() <= 100
            && text.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
    };
    let is_host = !host.is_empty()
        && host.chars().all(|character| character.is_ascii_alphanumeric() || "-.".contains(character));
    (is_host && is_name(owner) && is_name(name)).then(|| (host, owner.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_name_their_repository() {
        for (url, expected) in [
            ("git@github.com:o/r.git", Some(("github.com", "o", "r"))),
            ("github.com:o/r", Some(("github.com", "o", "r"))),
            ("https://github.com/o/r.git", Some(("github.com", "o", "r"))),
            ("https://github.com/o/r/", Some(("github.com", "o", "r"))),
            ("https://user:secret@GitHub.com/o/r", Some(("github.com", "o", "r"))),
            ("ssh://git@ssh.github.com:443/o/r.git", Some(("github.com", "o", "r"))),
            ("ssh://git@git.example.org:2222/o/a.b-c_d.git", Some(("git.example.org", "o", "a.b-c_d"))),
            ("git://github.com/o/r.git", Some(("github.com", "o", "r"))),
            ("http://git.example.org:8080/o/r", Some(("git.example.org", "o", "r"))),
            ("https://gitlab.com/group/sub/r.git", None),
            ("https://github.com/o", None),
            ("/srv/git/o/r.git", None),
            ("../o/r", None),
            ("file:///srv/o/r.git", None),
            ("C:/work/r", None),
            ("https://github.com/o/..", None),
            ("git@github.com:o/r%2f..", None),
            ("", None),
        ] {
            let expected = expected.map(|(host, owner, name): (&str, &str, &str)| {
                (host.to_owned(), owner.to_owned(), name.to_owned())
            });
            assert_eq!(parse_remote(url), expected, "{url}");
        }
    }
}

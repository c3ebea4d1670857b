//! At which forge a repository is at home, told from its remotes alone: so that its connector
//! can join the source `git` without configuration.

mod joined;
mod remote;

pub use self::{
    joined::Joined,
    remote::{Remote, parse_remote},
};

use crate::config::KnownHosts;

/// Remotes that are asked, the first one first: a fork's issues and pull requests are those of
/// what it was forked from.
pub const REMOTES: [&str; 2] = ["upstream", "origin"];

/// Which service a forge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// GitHub, wherever it runs.
    Github,
    /// GitLab, wherever it runs.
    Gitlab,
}

/// Where a repository is at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// At which service.
    pub service: Service,
    /// Its host, as the user knows it, perhaps with a port.
    pub host: String,
    /// The repository's path there: `owner/name`, `group/subgroup/name`.
    pub path: String,
    /// Which remote says so.
    pub remote: String,
}

/// Where a repository with these `remotes` (name and address) is at home, among the hosts that
/// are `known`; else the first of its [`REMOTES`] that is at some host, which nobody knows.
pub fn find(remotes: &[(String, String)], known: &KnownHosts) -> Result<Home, Option<Remote>> {
    let named = |name: &str| remotes.iter().find(|(other, _)| other == name);
    let parsed: Vec<(&str, Remote)> =
        REMOTES.into_iter().filter_map(|name| Some((name, parse_remote(&named(name)?.1)?))).collect();
    let homes = parsed.iter().find_map(|(name, remote)| {
        let of = |service, hosts: &[String]| {
            let host = remote.among(hosts)?;
            let depth = remote.path.split('/').count();
            let fits = if service == Service::Github { depth == 2 } else { depth >= 2 };
            fits.then(|| Home { service, host, path: remote.path.clone(), remote: (*name).to_owned() })
        };
        of(Service::Github, &known.github).or_else(|| of(Service::Gitlab, &known.gitlab))
    });
    homes.ok_or_else(|| parsed.into_iter().next().map(|(_, remote)| remote))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> KnownHosts {
        let hosts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        KnownHosts {
            github: hosts(&["github.com", "git.example.org"]),
            gitlab: hosts(&["gitlab.com", "code.example.org:8443"]),
        }
    }

    #[test]
    fn upstream_comes_before_origin_and_only_known_hosts_count() {
        use Service::{Github, Gitlab};
        for (remotes, expected) in [
            (&[("origin", "git@github.com:o/r.git")][..], Ok((Github, "github.com", "o/r", "origin"))),
            (
                &[("origin", "git@github.com:me/r.git"), ("upstream", "https://github.com/o/r")],
                Ok((Github, "github.com", "o/r", "upstream")),
            ),
            (
                &[("origin", "git@github.com:me/r.git"), ("upstream", "/srv/git/r")],
                Ok((Github, "github.com", "me/r", "origin")),
            ),
            (
                &[("origin", "https://gitlab.com/g/s/r.git"), ("upstream", "https://evil.example/g/r")],
                Ok((Gitlab, "gitlab.com", "g/s/r", "origin")),
            ),
            (
                &[("origin", "ssh://git@git.example.org:2222/o/r.git")],
                Ok((Github, "git.example.org", "o/r", "origin")),
            ),
            (
                &[("origin", "git@code.example.org:g/r.git")],
                Ok((Gitlab, "code.example.org:8443", "g/r", "origin")),
            ),
            (
                &[("origin", "https://code.example.org:8443/g/r.git")],
                Ok((Gitlab, "code.example.org:8443", "g/r", "origin")),
            ),
            // Nothing at github.com has three parts, and whoever knows better configures it.
            (&[("origin", "https://github.com/o/s/r")], Err(Some("github.com"))),
            (&[("origin", "https://github.com.evil.example/o/r")], Err(Some("github.com.evil.example"))),
            (&[("origin", "https://git.example.org:8443/o/r")], Err(Some("git.example.org:8443"))),
            (&[("backup", "https://github.com/o/r")], Err(None)),
            (&[("origin", "../r")], Err(None)),
            (&[], Err(None)),
        ] {
            let remotes: Vec<_> =
                remotes.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned())).collect();
            let found = find(&remotes, &known());
            let expected = expected
                .map(|(service, host, path, remote)| Home {
                    service,
                    host: host.to_owned(),
                    path: path.to_owned(),
                    remote: remote.to_owned(),
                })
                .map_err(|host| host.map(str::to_owned));
            assert_eq!(found.map_err(|remote| remote.map(|remote| remote.host())), expected, "{remotes:?}");
        }
    }
}

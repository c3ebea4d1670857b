//! Hosts that the user knows: where `gh` and `glab` are signed in.
//!
//! Of their files only the names of hosts are read. They are in YAML, of which no more is
//! understood than what those programs write: names at the beginning of their lines, and what
//! belongs to them indented.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use super::{environment::Environment, value::host_name};

/// A larger file is none of theirs.
const LARGEST: u64 = 256 * 1024;
/// Most hosts of one file that are taken.
const MOST: usize = 100;

/// Hosts of forges that the user knows, in small letters, each perhaps with a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownHosts {
    /// Those that are a GitHub.
    pub github: Vec<String>,
    /// Those that are a GitLab.
    pub gitlab: Vec<String>,
}

impl KnownHosts {
    /// `github.com`, `gitlab.com`, and what `gh`, `glab` and their variables name.
    pub(crate) fn of(environment: &Environment) -> Self {
        let mut known = Self { github: vec!["github.com".into()], gitlab: vec!["gitlab.com".into()] };
        let named = |name: &str| environment.variable(name).and_then(host_of_variable);
        known.github.extend(named("GH_HOST"));
        known.gitlab.extend(["GITLAB_HOST", "GL_HOST"].into_iter().filter_map(named));
        for path in places(environment, "GH_CONFIG_DIR", "gh", "hosts.yml") {
            known.github.extend(names_at(&read(&path), ""));
        }
        for path in places(environment, "GLAB_CONFIG_DIR", "glab-cli", "config.yml") {
            known.gitlab.extend(names_at(&read(&path), "hosts"));
        }
        known
    }
}

/// Where a program may have its file: where its variable says, and only there, else in its
/// directory among those of the user's configuration.
fn places(environment: &Environment, variable: &str, directory: &str, file: &str) -> Vec<PathBuf> {
    if let Some(named) = environment.variable(variable) {
        return vec![environment.working_directory.join(named).join(file)];
    }
    let usual = environment.configuration_directory(directory);
    // `glab` on macOS.
    let of_macos =
        environment.home.as_ref().map(|home| home.join("Library/Application Support").join(directory));
    usual.into_iter().chain(of_macos).map(|path| path.join(file)).collect()
}

fn host_of_variable(written: &str) -> Option<String> {
    let written = written.split_once("://").map_or(written, |(_, rest)| rest);
    host_name(written.split('/').next()?)
}

fn read(path: &Path) -> String {
    let mut text = Vec::new();
    // A pipe or device would be waited for.
    if std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LARGEST) {
        #[expect(clippy::disallowed_methods, reason = "names of hosts are configuration, too")]
        let file = std::fs::File::open(path);
        // What cannot be read names nobody.
        drop(file.and_then(|file| file.take(LARGEST).read_to_end(&mut text)));
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Hosts that are keys of the mapping called `within`, or of the document itself.
fn names_at(yaml: &str, within: &str) -> Vec<String> {
    let mut depth = within.is_empty().then_some(0);
    let mut inside = within.is_empty();
    let mut names = Vec::new();
    for line in yaml.lines() {
        let content = line.trim_start_matches(' ');
        let indented = line.len() - content.len();
        if content.trim().is_empty() || content.starts_with(['#', '\t']) {
            continue;
        }
        let key = key_of(content);
        if indented == 0 && !within.is_empty() {
            inside = key.is_some_and(|key| key == within);
            depth = None;
            continue;
        }
        if !inside || *depth.get_or_insert(indented) != indented {
            continue;
        }
        if let Some(host) = key.and_then(host_name)
            && !names.contains(&host)
            && names.len() < MOST
        {
            names.push(host);
        }
    }
    names
}

/// The key of a line that holds nothing else: `git.example.org:`, `"localhost:3000":`.
fn key_of(content: &str) -> Option<&str> {
    let content = content.split(" #").next()?.trim_end();
    let key = content.strip_suffix(':')?.trim_end();
    let plain = |quote| key.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    Some(plain('"').or_else(|| plain('\'')).unwrap_or(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_files_of_gh_and_glab_the_names_of_hosts_are_read() {
        // As `gh auth login` writes it, with a token that is not looked at.
        let gh = "github.com:\n    git_protocol: https\n    users:\n        ada:\n            oauth_token: gho_x\n    user: ada\ngit.Example.org:\n    user: ada\n";
        assert_eq!(names_at(gh, ""), ["github.com", "git.example.org"]);
        let glab = "# What protocol to use\ngit_protocol: ssh\nhosts:\n    gitlab.com:\n        # What host\n        api_host: gitlab.com\n        token: glpat-x\n    \"git.example.org:8443\":\n        token: !!null glpat-y\n    localhost:3000:\n        token:\nno_prompt: false\nother:\n    evil.example:\n";
        assert_eq!(names_at(glab, "hosts"), ["gitlab.com", "git.example.org:8443", "localhost:3000"]);
    }

    #[test]
    fn hostile_files_name_nobody() {
        for yaml in [
            "",
            ":",
            "\u{0}\u{1b}[31m:\n",
            "a b:\n../../etc:\nhttps://x:\n@:\n",
            "- github.com:\n",
            "{github.com: {}}",
            "\t github.com:\n",
            "-x.example:\n",
        ] {
            assert!(names_at(yaml, "").is_empty(), "{yaml:?}");
            assert!(names_at(yaml, "hosts").is_empty(), "{yaml:?}");
        }
        let many: Vec<String> = (0..1_000).map(|number| format!("h{number}.example:")).collect();
        assert_eq!(names_at(&many.join("\n"), "").len(), MOST);
    }

    #[test]
    fn variables_may_hold_an_address() {
        for (written, host) in [
            ("git.example.org", Some("git.example.org")),
            ("https://Git.example.org:8443/", Some("git.example.org:8443")),
            ("", None),
            ("https://", None),
            ("a b", None),
        ] {
            assert_eq!(host_of_variable(written).as_deref(), host, "{written}");
        }
    }
}

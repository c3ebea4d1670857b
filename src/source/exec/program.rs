//! One run of a program, within its limits.

use std::{ffi::OsString, io, path::PathBuf, process::Stdio, time::Duration};

use tokio::process::Command;

use crate::{
    domain::{Instant, Problem, Text, shell_word},
    program::{Leftovers, Output, Running},
    source::{SourceError, published::last_words},
};

/// Most bytes that a program may print.
pub(super) const MOST_PRINTED: usize = 16 << 20;
/// Bytes of the error output that are kept, of its end.
const MOST_COMPLAINTS: usize = 8 << 10;
/// What is shorter stands in many texts by chance, and is no secret.
const SHORTEST_SECRET: usize = 8;

/// Variables of the environment that every program sees: where things are, in which language and
/// zone, and how the network is reached. None of them is there to hold a secret.
const USUAL_VARIABLES: [&str; 24] = [
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A program and how it is run.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// The name of the source, at the front of problems.
    pub(super) source: String,
    /// The program and its arguments.
    pub(super) command: Vec<String>,
    /// Variables that it may see besides the usual ones.
    pub(super) variables: Vec<String>,
    /// Where it is run.
    pub(super) directory: PathBuf,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// A run that ended well.
#[derive(Debug)]
pub(super) struct Ended {
    /// What it printed.
    pub(super) printed: Vec<u8>,
    /// The end of what it said on its error output.
    pub(super) complaints: Text,
}

impl Program {
    /// Runs it once, at `now`. Dropping the run kills it.
    pub(super) async fn run(&self, now: Instant) -> Result<Ended, SourceError> {
        self.run_until(now, tokio::time::sleep(self.limit)).await
    }

    /// The same, as long as it is not `over`.
    pub(super) async fn run_until(
        &self,
        now: Instant,
        over: impl Future<Output = ()>,
    ) -> Result<Ended, SourceError> {
        let running = Running::start(&mut self.command(now)?).map_err(|error| self.cannot(&error))?;
        let (mut printed, mut complaints) = (Vec::new(), Vec::new());
        // Whoever is left is killed before anybody is told.
        let ended = tokio::select! {
            ended = running.ended(Leftovers::End, |output, written| match output {
                Output::Printed => {
                    printed.append(written);
                    printed.len() <= MOST_PRINTED
                }
                Output::Errors => {
                    complaints.append(written);
                    let surplus = complaints.len().saturating_sub(MOST_COMPLAINTS);
                    complaints.drain(..surplus);
                    true
                }
            }) => Some(ended),
            () = over => None,
        };
        let complaints = self.complaints(&complaints);
        if printed.len() > MOST_PRINTED {
            return Err(self.failed(
                &format!("printed more than {} MiB and was ended", MOST_PRINTED >> 20),
                &complaints,
                "print less: what is open and what ended lately",
            ));
        }
        match ended {
            None => Err(self.failed(
                &format!("did not end within {} and was ended", crate::config::format_duration(self.limit)),
                &complaints,
                &format!("make it faster, or raise `timeout` under [source.{}]", self.table()),
            )),
            Some(Ok(Some(status))) if status.success() => Ok(Ended { printed, complaints }),
            Some(Ok(Some(status))) => {
                Err(self.failed(&format!("ended with {status}"), &complaints, &self.by_hand()))
            }
            Some(Err(error)) => {
                Err(self.failed(&format!("cannot be read: {error}"), &complaints, &self.by_hand()))
            }
            Some(Ok(None)) => Err(self.failed("did not end", &complaints, &self.by_hand())),
        }
    }

    fn command(&self, now: Instant) -> Result<Command, SourceError> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(self.refused("names no program"));
        };
        if !self.directory.is_dir() {
            return Err(self.refused(&format!("its directory {} is not there", self.directory.display())));
        }
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env_clear()
            .envs(self.environment())
            .env("TMINUS_NOW", now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
            .env("TMINUS_SOURCE", &self.source)
            .env("NO_COLOR", "1")
            .env("TERM", "dumb")
            // Nobody can answer.
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command)
    }

    /// What of our environment it sees.
    fn environment(&self) -> Vec<(String, OsString)> {
        let named = self.variables.iter().map(String::as_str);
        let mut seen: Vec<(String, OsString)> = USUAL_VARIABLES
            .into_iter()
            .chain(named)
            .filter_map(|name| Some((name.to_owned(), std::env::var_os(name)?)))
            .collect();
        seen.push(("PATH".to_owned(), absolute_only(std::env::var_os("PATH").unwrap_or_default())));
        seen
    }

    /// Variables that it shall see and that are not set.
    pub(super) fn missing_variables(&self) -> Vec<Problem> {
        let missing = self.variables.iter().filter(|name| std::env::var_os(name).is_none());
        let problem = |name: &String| {
            Problem::new(
                format!("{}: the variable {name} is not set", self.source),
                format!("set it where tminus is started, or take it out of [source.{}]", self.table()),
            )
        };
        missing.map(problem).collect()
    }

    /// The end of what it said, cleaned, without what it was told in confidence.
    fn complaints(&self, said: &[u8]) -> Text {
        let mut said = String::from_utf8_lossy(said).into_owned();
        for name in &self.variables {
            if let Ok(secret) = std::env::var(name)
                && secret.len() >= SHORTEST_SECRET
            {
                said = said.replace(&secret, "***");
            }
        }
        last_words(&said)
    }

    fn table(&self) -> String {
        self.source.replacen(':', ".", 1)
    }

    fn by_hand(&self) -> String {
        let words = self.command.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ");
        format!("run it by hand: cd {} && {words}", shell_word(&self.directory.display().to_string()))
    }

    fn failed(&self, what: &str, complaints: &Text, next_step: &str) -> SourceError {
        let said = if complaints.is_empty() { String::new() } else { format!(" (it says: {complaints})") };
        let program = self.command.first().map_or("", String::as_str);
        SourceError::Failed(Problem::new(format!("{}: {program} {what}{said}", self.source), next_step))
    }

    fn refused(&self, what: &str) -> SourceError {
        let next_step = format!("correct `command` under [source.{}]", self.table());
        SourceError::Refused(Problem::new(format!("{}: {what}", self.source), next_step))
    }

    fn cannot(&self, error: &io::Error) -> SourceError {
        let program = self.command.first().map_or("", String::as_str);
        match error.kind() {
            io::ErrorKind::NotFound => self.refused(&format!(
                "there is no program {program}, or what its first line names to run it is missing"
            )),
            io::ErrorKind::PermissionDenied => {
                self.refused(&format!("{program} may not be run: `chmod +x` it, or name what runs it"))
            }
            _ => self.failed(&format!("cannot be run: {error}"), &Text::default(), &self.by_hand()),
        }
    }
}

/// The places of programs without those that depend on where one is: the project's directory does
/// not decide what runs.
fn absolute_only(path: OsString) -> OsString {
    let places: Vec<PathBuf> = std::env::split_paths(&path).filter(|place| place.is_absolute()).collect();
    std::env::join_paths(places).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_absolute() {
        let path = absolute_only(OsString::from(".:/usr/bin::bin:/bin"));
        assert_eq!(path, OsString::from("/usr/bin:/bin"));
    }
}

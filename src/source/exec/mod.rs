//! Programs that print facts as JSON: any tool can be connected in any language.
//! `docs/exec.md` says how, with examples.
//!
//! A program is run without a shell, without input, and with an environment in which only what
//! it needs is left. It has a bounded time and may print a bounded amount; at either limit, and
//! when the round is ended, it and everything that it started is killed. What a program printed
//! last time and prints again is no news.

mod program;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sha2::{Digest as _, Sha256};

pub use crate::config::ExecConfig;
use crate::{
    domain::{Calendar, Facts, Problem, SourceId},
    source::{Answer, Diagnosis, DiagnosisState, Round, Source, SourceError, published::Reader},
};

use self::program::{Ended, Program};

/// One of the sources `exec:NAME`.
#[derive(Debug)]
pub struct ExecSource {
    id: SourceId,
    interval: Duration,
    program: Program,
    reader: Arc<Reader>,
    /// What was printed last, by its digest, and what it said.
    said: Option<([u8; 32], Arc<Facts>)>,
}

impl ExecSource {
    /// A source that runs the program of `settings` in `directory`, the project's, and reads days
    /// by `calendar`.
    pub fn new(settings: &ExecConfig, directory: PathBuf, calendar: Calendar) -> Self {
        let name = format!("exec:{}", settings.name);
        let reader = Reader {
            source: name.clone(),
            project: settings.project.clone(),
            calendar,
            next_step: "correct what the program prints: docs/facts.schema.json says what it may be"
                .to_owned(),
        };
        let program = Program {
            source: name.clone(),
            command: settings.command.clone(),
            variables: settings.variables.clone(),
            directory,
            limit: settings.timeout,
        };
        Self {
            id: SourceId::new(name),
            interval: settings.interval,
            program,
            reader: Arc::new(reader),
            said: None,
        }
    }

    /// Runs the program and reads what it printed.
    async fn run(&mut self, round: &Round) -> Result<(Answer, Ended), SourceError> {
        let ended = tokio::select! {
            // Dropping the run kills the program.
            () = round.cancelled.cancelled() => return Err(SourceError::Cancelled),
            ended = self.program.run(round.now) => ended?,
        };
        let digest: [u8; 32] = Sha256::digest(&ended.printed).into();
        if self.said.as_ref().is_some_and(|(known, _)| *known == digest) {
            return Ok((Answer::Unchanged, ended));
        }
        let reader = Arc::clone(&self.reader);
        let read = tokio::task::spawn_blocking(move || {
            let facts = reader.read(&ended.printed);
            (facts, ended)
        });
        let Ok((facts, ended)) = read.await else {
            return Err(SourceError::Failed(Problem::new(
                format!("{}: reading what it printed ended in an error of tminus itself", self.id),
                "please report it, with what the program printed",
            )));
        };
        let facts = facts.map_err(SourceError::Failed)?;
        if let Some((known, before)) = &mut self.said
            && **before == facts
        {
            // The same in other words, such as in another order of its fields.
            *known = digest;
            return Ok((Answer::Unchanged, ended));
        }
        let facts = Arc::new(facts);
        self.said = Some((digest, Arc::clone(&facts)));
        Ok((Answer::Facts(facts), ended))
    }
}

impl Source for ExecSource {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn interval(&self) -> Duration {
        self.interval
    }

    fn has_memory(&self) -> bool {
        false
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async move { Ok(self.run(round).await?.0) })
    }

    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(async move {
            self.said = None;
            let missing = self.program.missing_variables();
            let mut points: Vec<Diagnosis> = missing
                .iter()
                .map(|problem| Diagnosis::of_problem("variables", DiagnosisState::Limited, problem))
                .collect();
            let (answer, ended) = match self.run(round).await {
                Ok(run) => run,
                Err(error) => {
                    points.push(Diagnosis::of_error("runs", &error));
                    return points;
                }
            };
            let what = format!("it ended well, with {} bytes of facts", ended.printed.len());
            points.push(Diagnosis::good("runs", what));
            if !ended.complaints.is_empty() {
                points.push(Diagnosis::good("says", format!("on its error output: {}", ended.complaints)));
            }
            if let Answer::Facts(facts) = answer {
                let covers: Vec<&str> = facts.covers.iter().map(|kind| kind.key()).collect();
                points.push(if covers.is_empty() {
                    let problem = Problem::new(
                        "it covers nothing, so no gate rests on what it says",
                        "name the kinds that it tells completely in `covers`",
                    );
                    Diagnosis::of_problem("covers", DiagnosisState::Limited, &problem)
                } else {
                    Diagnosis::good("covers", covers.join(", "))
                });
                points.extend(
                    facts
                        .problems
                        .iter()
                        .map(|problem| Diagnosis::of_problem("facts", DiagnosisState::Limited, problem)),
                );
            }
            points
        })
    }
}

//! A forge that joined by itself: what it does not say must not look like somebody's mistake.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use crate::{
    domain::{Problem, SourceId, Text},
    source::{
        Answer, Diagnosis, DiagnosisState, Round, Source, SourceError, Standing, Watched,
        operation::Operator, reading::Reader,
    },
};

/// A source that nobody configured. Its failures say what is unknown through them, and how to do
/// without it.
pub struct Joined {
    source: Box<dyn Source>,
    /// What it would read: `o/r at github.com`.
    what: String,
    /// How to do without it.
    without: String,
}

impl Joined {
    /// `source`, which would read `what`, and is switched off by the setting `switch`.
    pub fn new(source: Box<dyn Source>, what: impl Into<String>, switch: &str) -> Self {
        Self { source, what: what.into(), without: format!("to do without it, set {switch} = false") }
    }

    fn or_without(&self, next_step: &str) -> String {
        if next_step.is_empty() { self.without.clone() } else { format!("{next_step}; {}", self.without) }
    }

    fn explain(&self, error: SourceError) -> SourceError {
        let explained = |problem: Problem| {
            let Problem { what, next_step, .. } = problem;
            Problem::new(
                // First: what the network says may be long, and its end cut off.
                format!("what {} knows of the release is unknown: {what}", self.what),
                self.or_without(&next_step),
            )
        };
        match error {
            SourceError::Failed(problem) => SourceError::Failed(explained(problem)),
            SourceError::Refused(problem) => SourceError::Refused(explained(problem)),
            SourceError::Cancelled => SourceError::Cancelled,
        }
    }
}

impl Source for Joined {
    fn id(&self) -> SourceId {
        self.source.id()
    }

    fn interval(&self) -> Duration {
        self.source.interval()
    }

    fn watched(&self) -> Vec<Watched> {
        self.source.watched()
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async move {
            let answer = self.source.fetch(round).await;
            answer.map_err(|error| self.explain(error))
        })
    }

    fn standing(&self) -> Standing {
        self.source.standing()
    }

    fn has_memory(&self) -> bool {
        self.source.has_memory()
    }

    fn memory(&self) -> Option<Vec<u8>> {
        self.source.memory()
    }

    fn recall(&mut self, memory: &[u8]) {
        self.source.recall(memory);
    }

    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(async move {
            let mut points = self.source.examine(round).await;
            for point in points.iter_mut().filter(|point| point.state == DiagnosisState::Bad) {
                let next_step = point.next_step.take();
                point.next_step = Some(Text::new(self.or_without(next_step.as_deref().unwrap_or_default())));
            }
            points
        })
    }

    fn operator(&self) -> Option<Arc<dyn Operator>> {
        self.source.operator()
    }

    fn reader(&self) -> Option<Arc<dyn Reader>> {
        self.source.reader()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Instant;

    struct Down;

    impl Source for Down {
        fn id(&self) -> SourceId {
            SourceId::new("github")
        }

        fn interval(&self) -> Duration {
            Duration::from_secs(60)
        }

        fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
            let problem = Problem::new("github: cannot reach api.github.com", "look at the network");
            Box::pin(std::future::ready(Err(SourceError::Failed(problem))))
        }
    }

    #[tokio::test]
    async fn a_failure_says_what_is_unknown_and_how_to_do_without() {
        let mut joined = Joined::new(Box::new(Down), "o/r at github.com", "source.github.enabled");
        let error = joined.fetch(&Round::at(Instant::UNIX_EPOCH)).await.unwrap_err();
        assert!(matches!(error, SourceError::Failed(_)));
        let problem = error.problem().unwrap();
        assert_eq!(
            problem.what.as_str(),
            "what o/r at github.com knows of the release is unknown: github: cannot reach api.github.com"
        );
        assert_eq!(
            problem.next_step.as_str(),
            "look at the network; to do without it, set source.github.enabled = false"
        );
        assert_eq!(joined.id().as_str(), "github");
    }
}

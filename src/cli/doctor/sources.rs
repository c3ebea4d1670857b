//! Every connector, examined: all at once, each within a time of its own.

use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{Instant, Text},
    source::{Diagnosis, DiagnosisState, Round, Source},
};

use super::{Failure, Section, of_failure};
use crate::cli::{
    connectors::{Connector, Part},
    context::Context,
};

/// Most points of one source that are told.
const MOST: usize = 50;

/// A section for each connector of the board; with `is_offline` none of them is asked.
pub(super) fn examine(
    context: &Context,
    is_offline: bool,
    within: Duration,
) -> Result<Vec<Section>, Failure> {
    let mut sections = Vec::new();
    let mut asked = Vec::new();
    for Connector { name, part, about, source } in context.connectors() {
        let mut section = Section { part: Some(part), ..Section::new(name, about, Vec::new()) };
        match source {
            Some(Err(failure)) => section.points.push(of_failure("settings", failure)?),
            Some(Ok(_)) if is_offline => section.is_left_out = true,
            Some(Ok(source)) => asked.push((sections.len(), source)),
            None => {}
        }
        sections.push(section);
    }
    if asked.is_empty() {
        return Ok(sections);
    }
    let now = context.clock.now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let examined =
        runtime.block_on(join_all(asked.into_iter().map(|(index, mut source)| async move {
            (index, examine_one(&mut *source, now, within).await)
        })));
    // What hangs is not waited for.
    runtime.shutdown_background();
    for (index, points) in examined {
        if let Some(section) = sections.get_mut(index) {
            section.points = points;
        }
    }
    Ok(sections)
}

async fn examine_one(source: &mut dyn Source, now: Instant, within: Duration) -> Vec<Diagnosis> {
    let cancelled = CancellationToken::new();
    let round = Round { cancelled: cancelled.clone(), ..Round::at(now) };
    let examined = tokio::time::timeout(within, source.examine(&round)).await;
    cancelled.cancel();
    let mut points = examined.unwrap_or_else(|_| {
        vec![Diagnosis {
            subject: "answers".into(),
            state: DiagnosisState::Bad,
            what: Text::new(format!("no answer within {} s", within.as_secs())),
            next_step: Some("give it longer with --timeout, or look at the network".into()),
        }]
    });
    points.truncate(MOST);
    points
}

impl Part {
    /// In a word or two.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::InUse => "in use",
            Self::Joined => "joined by itself",
            Self::SwitchedOff => "switched off",
            Self::NotThere => "not in use",
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::{
        domain::SourceId,
        source::{Answer, SourceError},
    };

    struct Hanging;

    impl Source for Hanging {
        fn id(&self) -> SourceId {
            SourceId::new("hanging")
        }

        fn interval(&self) -> Duration {
            Duration::from_secs(60)
        }

        fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test]
    async fn a_source_that_hangs_is_a_point_and_not_a_wait() {
        let points = examine_one(&mut Hanging, Instant::UNIX_EPOCH, Duration::ZERO).await;
        assert_eq!(points.len(), 1);
        assert_eq!(points[0].state, DiagnosisState::Bad);
        assert_eq!(points[0].what.as_str(), "no answer within 0 s");
    }
}

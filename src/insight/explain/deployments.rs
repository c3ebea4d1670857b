//! "Why?" of a deployment.

use crate::domain::{DeploymentId, Kind};
use crate::insight::{DeploymentRow, EstimateBasis, readiness, schedule, words};

use super::{Explainer, Explanation, missing};

impl Explainer<'_, '_> {
    pub(super) fn row(&self, id: &DeploymentId) -> Option<&DeploymentRow> {
        self.board.insight.schedule.deployments.iter().find(|row| row.deployment.id == *id)
    }

    pub(super) fn deployment(&self, id: &DeploymentId) -> Explanation {
        let Some(row) = self.row(id) else { return missing(id.as_str()) };
        let deployment = &row.deployment;
        let name = deployment.release.as_ref().map_or_else(|| deployment.id.to_string(), ToString::to_string);
        Explanation {
            notes: Vec::new(),
            title: format!("{name} → {}", deployment.environment),
            value: match row.problems.as_slice() {
                [] => "nothing in the way".to_owned(),
                problems => {
                    let kinds: Vec<&str> = problems.iter().map(|problem| problem.kind.word()).collect();
                    words::list(&kinds, 5)
                }
            },
            formula: "How long it usually takes is learnt from past successful deployments to the same environment, \
                      else the same platform, else anywhere (at least three), else the plan's critical path. While \
                      it runs, its end follows the critical path of what is not finished."
                .to_owned(),
            counted: self.deployment_lines(row),
            left_out: Vec::new(),
            sources: self.sources(&[Kind::Deployments, Kind::Environments, Kind::Bookings, Kind::Freezes]),
        }
    }

    pub(super) fn deployment_lines(&self, row: &DeploymentRow) -> Vec<String> {
        let window = &row.deployment.window;
        let mut lines = vec![format!(
            "{}, window {} to {} ({})",
            row.deployment.environment,
            self.day(window.from),
            self.day(window.until),
            words::duration(window.duration())
        )];
        lines.extend(row.estimate.map(|estimate| {
            let basis = match estimate.basis {
                EstimateBasis::Environment => format!("{} runs on this environment", estimate.runs),
                EstimateBasis::Platform => format!("{} runs on this platform", estimate.runs),
                EstimateBasis::Anywhere => format!("{} runs anywhere", estimate.runs),
                EstimateBasis::Plan => "the plan: too few runs".to_owned(),
            };
            let usual = |minutes| words::duration(schedule::minutes(minutes));
            format!(
                "usually {}, P85 {}, by {basis}",
                usual(estimate.p50_minutes),
                usual(estimate.p85_minutes)
            )
        }));
        lines.extend(row.projected_end.map(|end| format!("will end {}", self.day(end))));
        lines.extend(row.verdict.map(|verdict| format!("its release is {} now", verdict.word())));
        let release = row.deployment.release.as_ref().and_then(|id| self.board.release(id));
        let release = release.map(|release| &**release);
        lines.extend(readiness(release, row.ready_by_start).map(|said| format!("at its start: {said}")));
        lines.extend(row.problems.iter().map(|problem| format!("{}: {}", problem.kind.word(), problem.what)));
        lines
    }
}

//! What is said below a deployment: what it goes to and how long it usually takes, what stands in
//! its way, and the windows that are free instead.

use crate::insight::{Board, DeploymentRow, words};

use super::problems;

/// The lines below a deployment.
pub(super) fn below(board: &Board, row: &DeploymentRow) -> Vec<String> {
    let mut lines: Vec<String> = Some(target(row)).filter(|said| !said.is_empty()).into_iter().collect();
    lines.extend(problems(row));
    lines.extend(slots(board, row));
    lines
}

/// `platform kubernetes, region eu-west-1, usually P50 45m, P85 1h 13m`.
fn target(row: &DeploymentRow) -> String {
    let platform = row.platform.as_ref().map(|platform| format!("platform {platform}"));
    let region = row.region.as_ref().map(|region| format!("region {region}"));
    let minutes = |minutes: u32| words::duration(chrono::Duration::minutes(i64::from(minutes)));
    let estimate = row.estimate.map(|estimate| {
        format!("usually P50 {}, P85 {}", minutes(estimate.p50_minutes), minutes(estimate.p85_minutes))
    });
    platform.into_iter().chain(region).chain(estimate).collect::<Vec<_>>().join(", ")
}

/// `next free Tue 24 Nov 10:00–11:13, or …`, or why nothing is free; none where it need not move.
fn slots(board: &Board, row: &DeploymentRow) -> Option<String> {
    let calendar = &board.policy.calendar;
    let free: Vec<String> = row.slots.iter().map(|slot| words::window(*slot, calendar)).collect();
    if free.is_empty() {
        return row.no_slot.as_ref().map(|why| format!("no free window: {why}"));
    }
    Some(format!("next free {}", free.join(", or ")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::Duration;

    use crate::{
        cli::schedule::{Scheduled, ics, markdown, text},
        domain::{Environment, Freeze, Tier, Window},
        insight::fixture::{ALL_KINDS, Setting, at, deployment, environment, now},
    };

    #[test]
    fn every_form_says_where_it_goes_how_long_it_takes_and_what_is_free_instead() {
        let mut planned = deployment("a", "payments 4.2", at(25, 10), 60);
        planned.activities = vec![crate::domain::Activity {
            name: "migrate".into(),
            owner: None,
            after: Vec::new(),
            estimate_minutes: 45,
            started_at: None,
            finished_at: None,
        }];
        let mut setting = Setting::covering(&ALL_KINDS).deployment(planned).environment(Environment {
            platform: Some("kubernetes".into()),
            region: Some("eu-west-1".into()),
            ..environment("production/eu", Tier::Production)
        });
        let window = Window { from: at(25, 10), until: at(25, 10) + Duration::minutes(90) };
        setting.facts.freezes.push(Arc::new(Freeze {
            name: "sale".into(),
            window,
            environments: Vec::new(),
        }));
        let board = setting.board_at(now());
        let schedule = Scheduled::of(&board, None);
        // Long lines of a calendar are folded.
        let calendar = ics::written(&board, &schedule, now()).replace("\r\n ", "").replace('\\', "");
        let forms = [
            text::schedule(&board, &schedule, now()),
            markdown::schedule(&board, &schedule, now()),
            calendar,
        ];
        for form in forms {
            for said in [
                "platform kubernetes, region eu",
                "usually P50 45m, P85 45m",
                "next free Wed 25 Nov 11:30–12:30, or Wed 25 Nov 09:00–10:00",
            ] {
                // Markdown escapes what would be markup.
                assert!(form.replace('\\', "").contains(said), "{said} is not in {form}");
            }
        }
    }
}

//! `tminus schedule`: what goes out when, and what stands in its way.

mod ics;
mod json;
mod markdown;
mod text;

use std::process::ExitCode;

use crate::insight::scheduled::{
    Scheduled, below, compared, dates, deployment_words, freeze_words, notes, readiness, release_words,
};

use super::{
    Failure,
    args::{Common, ScheduleFormat},
    context::Context,
    headless, print, status,
};

pub(super) use ics::calendar;

/// Prints the schedule, or what of it concerns `--release`.
pub(super) fn run(context: &Context, common: &Common, format: ScheduleFormat) -> Result<ExitCode, Failure> {
    let board = headless::board(context, common)?;
    // The past is looked at from then.
    let now = if common.as_of.is_some() { board.at } else { context.clock.now() };
    let release = common
        .release
        .as_deref()
        .map(|name| status::named(&board, name))
        .transpose()
        .map_err(Failure::Usage)?;
    let schedule = Scheduled::of(&board, release.as_ref());
    print(&match format {
        ScheduleFormat::Text => text::schedule(&board, &schedule, now),
        ScheduleFormat::Json => json::schedule(&board, &schedule),
        ScheduleFormat::Markdown => markdown::schedule(&board, &schedule, now),
        ScheduleFormat::Ics => ics::written(&board, &schedule, now),
    })?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::Duration;

    use crate::{
        cli::schedule::{Scheduled, ics, json, markdown, text},
        domain::{Environment, Freeze, Tier, Window},
        insight::fixture::{ALL_KINDS, Setting, at, deployment, environment, now, with_far_dates},
    };

    #[test]
    fn a_date_beyond_three_years_is_null_and_named() {
        let board = with_far_dates(Setting::covering(&ALL_KINDS).board_at(now()));
        let told: serde_json::Value =
            serde_json::from_str(&json::schedule(&board, &Scheduled::of(&board, None))).unwrap();
        let release = &told["releases"][0];
        assert_eq!(release["name"], "payments 4.2");
        assert_eq!(release["p50"], "2026-12-01T09:00:00Z");
        // The key is there, and has no date.
        assert!(release.as_object().unwrap()["p85"].is_null(), "{release}");
        assert_eq!(release["beyond"], serde_json::json!(["p85"]));
    }

    #[test]
    fn every_form_says_where_it_goes_how_long_it_takes_and_what_is_free_instead() {
        let mut planned = deployment("a", "payments 4.2", at(25, 10), 60);
        planned.activities = vec![crate::domain::Activity::new("migrate", 45)];
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

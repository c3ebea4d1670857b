//! A recap as JSON.

use serde::Serialize;

use crate::{
    domain::Text,
    insight::{Board, Recap},
};

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct RecapJson<'a> {
    schema_version: u32,
    board: &'a Text,
    #[serde(flatten)]
    recap: &'a Recap,
}

pub(super) fn recap(board: &Board, recap: &Recap) -> String {
    let json = RecapJson { schema_version: SCHEMA_VERSION, board: &board.title, recap };
    // Texts, numbers and instants: there is nothing that could not be written.
    serde_json::to_string_pretty(&json).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{DayFigures, ForecastFigures, Instant},
        insight::{
            Recap,
            fixture::{ALL_KINDS, Setting, at, id, now},
            forecast::FURTHEST_DAYS,
        },
    };

    #[test]
    fn a_date_beyond_three_years_is_null() {
        let far = |at: Instant| at + chrono::Duration::days(FURTHEST_DAYS as i64);
        let soon = Setting::covering(&ALL_KINDS);
        let out = soon.clone().release(|release| release.released_at = Some(at(20, 9))).board_at(now());
        let days = Recap::instants(&out, &id()).into_iter().map(|at| {
            let mut day: DayFigures = soon.board_at(at).day_figures();
            day.releases[0].forecast = Some(ForecastFigures { p50: at, p85: far(at), p95: far(at) });
            day
        });
        let days: Vec<DayFigures> = days.collect();
        let recap = Recap::of(&out, &id(), [], &days).unwrap();
        let told: serde_json::Value = serde_json::from_str(&super::recap(&out, &recap)).unwrap();
        let said = told["forecasts"].as_array().unwrap();
        assert!(!said.is_empty(), "{told}");
        for said in said {
            assert!(said["p50"].is_string(), "{said}");
            // The key is there, and has no date.
            assert!(said.as_object().unwrap()["p85"].is_null(), "{said}");
            assert_eq!(said["held"], true, "it went out before that");
        }
    }
}

//! `tminus forecast`: when a release will be ready, how sure that is, and what it rests on.

mod json;
mod markdown;
mod text;

use std::{process::ExitCode, sync::Arc};

use crate::{
    domain::Instant,
    insight::{Board, Completeness, EarlierForecast, ForecastView, Learned, ReleaseInsight, Remedy, words},
};

use super::{
    EXIT_UNKNOWN, Failure,
    args::{Common, Format},
    complain,
    context::Context,
    headless, print, release,
};

/// Prints the forecast of `--release`, or of all releases in the making in a line each, and
/// answers by the exit code whether it can be told: 0 yes, 3 no.
pub(super) fn run(context: &Context, common: &Common, format: Format) -> Result<ExitCode, Failure> {
    let mut board = headless::board(context, common)?;
    if board.completeness == Completeness::Preview {
        complain("cannot tell: only the picture of the last visit can be read, and it may be old");
        return Ok(ExitCode::from(EXIT_UNKNOWN));
    }
    if common.as_of.is_some() {
        board = Arc::new(with_record(&board));
    }
    // The past is looked at from then.
    let now = if common.as_of.is_some() { board.at } else { context.clock.now() };
    let one = match &common.release {
        None => None,
        Some(name) => {
            let id = release::asked(&board, name)?;
            let Some(insight) = id.and_then(|id| board.release(&id)) else {
                return Ok(ExitCode::from(EXIT_UNKNOWN));
            };
            Some(&**insight)
        }
    };
    let asked = match one {
        Some(insight) => vec![insight],
        None => in_the_making(&board),
    };
    print(&match (format, one) {
        (Format::Text, Some(insight)) => text::one(&board, insight, now),
        (Format::Text, None) => text::all(&board, &asked, now),
        (Format::Markdown, Some(insight)) => markdown::one(&board, insight, now),
        (Format::Markdown, None) => markdown::all(&board, &asked, now),
        (Format::Json, _) => json::forecasts(&board, &asked),
    })?;
    Ok(if asked.iter().any(|insight| can_be_told(insight)) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_UNKNOWN)
    })
}

/// The board with how often forecasts held, which takes long and is not worked out for boards of
/// the past otherwise.
fn with_record(board: &Board) -> Board {
    let learned = Learned::default();
    let derived = board.assuming(&[], &learned);
    if learned.catch_up() { board.assuming(&[], &learned) } else { derived }
}

/// The releases that are not out, in the order of the board.
fn in_the_making(board: &Board) -> Vec<&ReleaseInsight> {
    let all = board.insight.releases.iter().map(|insight| &**insight);
    all.filter(|insight| insight.release.released_at.is_none()).collect()
}

fn can_be_told(insight: &ReleaseInsight) -> bool {
    !matches!(insight.forecast, ForecastView::Withheld(_))
}

/// The steps of which it is known how many days they save.
fn saving(insight: &ReleaseInsight) -> Vec<&Remedy> {
    insight.remedies.iter().filter(|remedy| remedy.days_saved.is_some()).collect()
}

/// The dates of earlier days, in columns.
fn earlier_rows(board: &Board, earlier: &[EarlierForecast]) -> Vec<Vec<String>> {
    let row = |said: &EarlierForecast| {
        let day = |at: Instant| words::day_from(at, said.at, &board.policy.calendar);
        let mut cells = vec![said.day.format("%a %-d %b").to_string()];
        cells.extend([said.p50, said.p85, said.p95].map(|date| date.said(day)));
        cells.push(said.outlook.to_string());
        cells
    };
    earlier.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Category, ForecastFigures, World},
        insight::ForecastDate,
        insight::fixture::{ALL_KINDS, Setting, at, id, now, story, with_far_dates},
    };

    #[test]
    fn a_date_beyond_three_years_is_null_and_named_and_can_be_told() {
        let board = with_far_dates(
            Setting::covering(&ALL_KINDS).story(story("PAY-2", Category::ToDo)).board_at(now()),
        );
        let all = in_the_making(&board);
        assert!(all.iter().all(|insight| can_be_told(insight)));
        let told: serde_json::Value = serde_json::from_str(&json::forecasts(&board, &all)).unwrap();
        let forecast = &told["releases"][0]["forecast"];
        assert_eq!((&forecast["state"], &forecast["p50"]), (&"dates".into(), &"2026-12-01T09:00:00Z".into()));
        for name in ["p85", "p95"] {
            // The key is there, and has no date.
            assert!(forecast.as_object().unwrap()[name].is_null(), "{forecast}");
        }
        assert_eq!(forecast["beyond"], serde_json::json!(["p85", "p95"]));
        assert_eq!(forecast["calibrated"], false);
        let insight = board.release(&id()).unwrap();
        for said in [text::one(&board, insight, now()), markdown::one(&board, insight, now())] {
            assert!(said.contains("P85 beyond 3 years") && said.contains("not yet calibrated"), "{said}");
        }
    }

    #[test]
    fn what_was_forecast_before_is_told_day_by_day_and_held_against_now() {
        let setting = Setting::covering(&ALL_KINDS).story(story("PAY-2", Category::ToDo));
        let days = (1..=20).map(|day| {
            let mut figures = setting.board_at(at(day, 9)).day_figures();
            let forecast = ForecastFigures { p50: at(25, 9), p85: at(26, 9), p95: at(27, 9) };
            figures.releases[0].forecast = Some(forecast);
            Arc::new(figures)
        });
        let mut board = with_far_dates(setting.board_at(now()));
        board.world = Arc::new(World { days: days.collect(), ..(*board.world).clone() });
        let release = Arc::make_mut(&mut Arc::make_mut(&mut board.insight).releases[0]);
        if let ForecastView::Dates { p85, .. } = &mut release.forecast {
            *p85 = ForecastDate::By(at(28, 9));
        }
        let insight = board.release(&id()).unwrap();
        let (text, page) = (text::one(&board, insight, now()), markdown::one(&board, insight, now()));
        let moved = "P85 was Thu 26 Nov on Sat 7 Nov: 2d later now";
        for said in ["Fri 20 Nov  Wed 25 Nov  Thu 26 Nov  Fri 27 Nov", "… 6 earlier", moved] {
            assert!(text.contains(said), "{said} is not in {text}");
        }
        assert!(page.contains("| Fri 20 Nov | Wed 25 Nov | Thu 26 Nov |") && page.contains(moved), "{page}");
        assert!(!text.contains("Fri 6 Nov") && !page.contains("Fri 6 Nov"), "two weeks are enough");
        let told: serde_json::Value = serde_json::from_str(&json::forecasts(&board, &[insight])).unwrap();
        assert_eq!(told["releases"][0]["history"].as_array().map(Vec::len), Some(20));
    }

    #[test]
    fn nothing_done_is_no_forecast_with_the_reason_and_nothing_left_is_one() {
        let setting = Setting::covering(&ALL_KINDS);
        for (case, setting, can, said) in [
            ("nothing in it", setting.clone(), false, "no forecast: nothing is in it"),
            (
                "nothing done",
                setting.clone().story(story("PAY-2", Category::ToDo)),
                false,
                "no forecast: nothing is done yet",
            ),
            ("all done", setting.clone().story(story("PAY-1", Category::Done)), true, "all stories ready"),
            (
                "out",
                setting.release(|release| release.released_at = Some(at(20, 9))),
                true,
                "nothing was open when it went out",
            ),
        ] {
            let board = setting.board_at(now());
            let insight = board.release(&id()).unwrap();
            assert_eq!(can_be_told(insight), can, "{case}");
            for told in [text::one(&board, insight, now()), markdown::one(&board, insight, now())] {
                assert!(told.contains(said), "{case}: {told}");
                assert!(!told.contains("P50"), "{case}: {told}");
            }
        }
    }
}

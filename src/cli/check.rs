//! `tminus check`: the question that a pipeline asks before it ships.

use std::process::ExitCode;

use crate::insight::{Completeness, Outlook, ReleaseInsight, Verdict};

use super::{
    EXIT_UNKNOWN, Failure,
    args::{CheckArguments, Common},
    complain,
    context::Context,
    headless, print, release, status,
};

/// Prints the gates and answers by the exit code: 0 go or on track, 1 no-go, at risk or
/// late, 3 cannot tell, 2 usage.
pub(super) fn run(
    context: &Context,
    common: &Common,
    question: &CheckArguments,
) -> Result<ExitCode, Failure> {
    if !question.what_if.is_empty() {
        let why = "check answers for what is true, never for what is assumed";
        return Err(Failure::Usage(format!("{why}\nask `tminus status --what-if …`")));
    }
    let Some(name) = &common.release else {
        return Err(Failure::Usage("which release? `tminus check --release NAME`".into()));
    };
    let board = headless::board(context, common)?;
    let Some(id) = release::asked(&board, name)? else { return Ok(ExitCode::from(EXIT_UNKNOWN)) };
    if board.completeness == Completeness::Preview {
        complain("cannot tell: only the picture of the last visit can be read, and it may be old");
        return Ok(ExitCode::from(EXIT_UNKNOWN));
    }
    let Some(insight) = board.release(&id) else {
        return Ok(ExitCode::from(EXIT_UNKNOWN));
    };
    print(&status::render_check(&board, insight, question.outlook, question.format, board.at))?;
    Ok(ExitCode::from(exit_code(insight, question.outlook)))
}

fn exit_code(release: &ReleaseInsight, outlook: bool) -> u8 {
    if release.release.released_at.is_some() {
        // It went: what its gates say now is no question any more.
        return 0;
    }
    if outlook {
        match release.outlook {
            Outlook::OnTrack | Outlook::Released => 0,
            Outlook::AtRisk | Outlook::Late => 1,
            Outlook::Unknown => EXIT_UNKNOWN,
        }
    } else {
        match release.verdict {
            Verdict::Go => 0,
            Verdict::NoGo => 1,
            Verdict::Unknown => EXIT_UNKNOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::exit_code;
    use crate::{
        cli::{args::Format, status},
        domain::{Category, StatusMove, Story},
        insight::{
            Board,
            fixture::{ALL_KINDS, Setting, at, defect, id, now, story, with_far_dates},
        },
    };

    fn told(board: &Board, format: Format) -> String {
        status::render_check(board, board.release(&id()).unwrap(), false, format, now())
    }

    fn json(board: &Board) -> serde_json::Value {
        serde_json::from_str(&told(board, Format::Json)).unwrap()
    }

    /// A release that went out with these.
    fn out(stories: &[Story]) -> Board {
        let setting = Setting::covering(&ALL_KINDS).release(|release| release.released_at = Some(at(20, 18)));
        stories.iter().fold(setting, |setting, story| setting.story(story.clone())).board_at(now())
    }

    #[test]
    fn a_release_that_is_out_says_what_was_open_when_it_went() {
        use Category::{Done, InProgress, ToDo};
        let done = || story("PAY-1", Done);
        let open = |key: &str| story(key, ToDo);
        let broken = |key: &str| defect(key, ToDo);
        let step = |day, to| StatusMove { at: at(day, 12), to };
        let reopened =
            Story { moves: vec![step(20, Done), step(21, InProgress)], ..story("PAY-8", InProgress) };
        let finished_since = Story { moves: vec![step(21, Done)], ..story("PAY-9", Done) };
        for (case, stories, said, open) in [
            ("all done", vec![done()], "nothing was open when it went out", 0),
            ("reopened since", vec![done(), reopened], "nothing was open when it went out", 0),
            ("one", vec![done(), open("PAY-2")], "1 of 2 stories was open when it went out", 1),
            ("finished since", vec![done(), finished_since], "1 of 2 stories was open when it went out", 1),
            (
                "two",
                vec![done(), open("PAY-2"), open("PAY-3")],
                "2 of 3 stories were open when it went out",
                2,
            ),
            ("a defect", vec![done(), broken("PAY-4")], "1 defect was open when it went out", 0),
            (
                "both",
                vec![done(), open("PAY-2"), broken("PAY-4"), broken("PAY-5")],
                "1 of 2 stories and 2 defects were open when it went out",
                1,
            ),
        ] {
            let board = out(&stories);
            for format in [Format::Text, Format::Markdown] {
                let told = told(&board, format);
                assert!(told.contains(said), "{case}: {told}");
            }
            let json = json(&board);
            let tally = &json["tally"];
            let left = tally["stories"].as_u64().unwrap() - tally["stories_ready"].as_u64().unwrap();
            assert_eq!(left, open, "{case}");
            assert_eq!(json["forecast"]["state"], "ready", "{case}");
            let release = board.release(&id()).unwrap();
            // It is out, whatever it left.
            assert_eq!((exit_code(release, true), exit_code(release, false)), (0, 0), "{case}");
            assert_eq!(json["answer"], "released", "{case}");
        }
        let ahead = Setting::covering(&ALL_KINDS).story(story("PAY-2", ToDo)).board_at(now());
        assert!(!told(&ahead, Format::Text).contains("went out"));
    }

    #[test]
    fn a_date_beyond_three_years_is_null_and_named() {
        let board = with_far_dates(
            Setting::covering(&ALL_KINDS).story(story("PAY-2", Category::ToDo)).board_at(now()),
        );
        let of_status = status::render(&board, Some(&id()), Format::Json, now());
        let of_status: serde_json::Value = serde_json::from_str(&of_status).unwrap();
        for forecast in [&json(&board)["forecast"], &of_status["releases"][0]["forecast"]] {
            assert_eq!(forecast["state"], "dates");
            assert_eq!(forecast["p50"], "2026-12-01T09:00:00Z");
            for name in ["p85", "p95"] {
                // The key is there, and has no date.
                assert!(forecast.as_object().unwrap()[name].is_null(), "{forecast}");
            }
            assert_eq!(forecast["beyond"], serde_json::json!(["p85", "p95"]));
        }
        assert!(told(&board, Format::Text).contains("P85 beyond 3 years"));
    }
}

//! `tminus check`: the question that a pipeline asks before it ships.

use std::process::ExitCode;

use crate::insight::{Completeness, Outlook, ReleaseInsight, Verdict};

use super::{
    EXIT_UNKNOWN, Failure,
    args::{CheckArguments, Common},
    complain,
    context::Context,
    headless, print, status,
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
    let id = match status::named(&board, name) {
        Ok(id) => id,
        // A release may be missing because a source that knows it did not answer.
        Err(message)
            if board.completeness != Completeness::Whole
                || board.health.iter().any(|source| source.failure.is_some() && !source.is_own()) =>
        {
            complain(&format!("cannot tell: {message}, and not every source answered"));
            return Ok(ExitCode::from(EXIT_UNKNOWN));
        }
        Err(message) => return Err(Failure::Usage(message)),
    };
    if board.completeness == Completeness::Preview {
        complain("cannot tell: only the picture of the last visit can be read, and it may be old");
        return Ok(ExitCode::from(EXIT_UNKNOWN));
    }
    let Some(release) = board.release(&id) else {
        return Ok(ExitCode::from(EXIT_UNKNOWN));
    };
    print(&status::render_check(&board, release, question.outlook, question.format, board.at))?;
    Ok(ExitCode::from(exit_code(release, question.outlook)))
}

fn exit_code(release: &ReleaseInsight, outlook: bool) -> u8 {
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

//! What of this machine matters to the board: its time zone, its terminal, and the place of the
//! history.

use std::path::Path;

use rustix::fs::{Access, access};

use crate::{
    cli::headless,
    config::{Config, Origin},
    domain::{Instant, Problem, Text},
    history::{self, LockError, OwnerLock, Retention},
    source::{Diagnosis, DiagnosisState},
    terminal::{Capabilities, ColorChoice, Unusable},
    theme::{ColorDepth, GlyphSet},
};

use super::{Context, Section};

/// The time zone, and where it comes from.
pub(super) fn time_zone(config: &Config) -> Diagnosis {
    const SUBJECT: &str = "time zone";
    let name = config.policy.calendar.zone.name();
    match config.origin("time_zone") {
        // Nobody said it, and the machine does not say it either.
        None | Some(Origin::Default) => Diagnosis::of_problem(
            SUBJECT,
            DiagnosisState::Limited,
            &Problem::new(
                format!("{name}, as the machine does not tell its own: days may begin at the wrong hour"),
                "set time_zone, or the variable TZ, to a name such as Europe/Berlin",
            ),
        ),
        Some(Origin::FoundOut(how)) => Diagnosis::good(SUBJECT, format!("{name}, from {how}")),
        Some(origin) => Diagnosis::good(SUBJECT, format!("{name}, {origin}")),
    }
}

/// What the terminal can show, as it is told by the environment and the flags.
pub(super) fn terminal(
    color: ColorChoice,
    is_ascii: bool,
    variable: impl Fn(&str) -> Option<String> + Copy,
) -> Diagnosis {
    const SUBJECT: &str = "terminal";
    // Whether a terminal is there depends on how the doctor is called, not on the machine.
    if let Err(unusable @ Unusable::Dumb) = Unusable::check(true, true, variable) {
        return Diagnosis::of_problem(SUBJECT, DiagnosisState::Limited, &unusable.problem());
    }
    let term = variable("TERM").unwrap_or_default();
    let Capabilities { color, glyphs } = Capabilities::detect(color, is_ascii, variable);
    let colours = match color {
        ColorDepth::Truecolor => "16 million colours",
        ColorDepth::Palette256 => "256 colours",
        ColorDepth::Sixteen => "16 colours",
        ColorDepth::None => "no colours",
    };
    let characters = match glyphs {
        GlyphSet::Unicode => "all characters",
        GlyphSet::Console => "the characters of the console",
        GlyphSet::Ascii => "ASCII only",
    };
    Diagnosis::good(SUBJECT, format!("TERM is {term}: {colours}, {characters}"))
}

/// Where the past of the board is kept: whether it can be, how much of it there is, and how long.
pub(super) fn history(context: &Context, now: Instant) -> Section {
    let Some(directory) = &context.directory else {
        return Section::new("history", "the demo keeps none unless --data-dir says where", Vec::new());
    };
    let about = directory.display().to_string();
    let mut points = vec![writable(directory)];
    if directory.join("history").exists() {
        points.push(Diagnosis::good(
            "size",
            history::disk_use(directory).map_or_else(|error| Text::new(error.to_string()), bytes),
        ));
        points.extend(contents(directory, now));
    } else {
        points.push(Diagnosis::good("size", "nothing is kept yet"));
    }
    let Retention { every_change, hourly, .. } = headless::retention(context);
    let kept = format!(
        "every change for {} days, one an hour for {}, one a day for ever",
        every_change.num_days(),
        hourly.num_days()
    );
    points.push(Diagnosis::good("kept", kept));
    Section::new("history", about, points)
}

/// Whether `directory`, or the nearest one above it that is there, can be written to.
fn writable(directory: &Path) -> Diagnosis {
    const SUBJECT: &str = "writable";
    let nearest = directory.ancestors().find(|path| path.exists()).unwrap_or(directory);
    match access(nearest, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if nearest == directory => Diagnosis::good(SUBJECT, "yes"),
        Ok(()) => Diagnosis::good(SUBJECT, "yes: it is made at the first start"),
        Err(errno) => Diagnosis::of_problem(
            SUBJECT,
            DiagnosisState::Bad,
            &Problem::new(
                format!("{}: {errno}: the board works, and forgets", nearest.display()),
                "make the directory writable, or name another with --data-dir",
            ),
        ),
    }
}

/// What the store says of itself when it is opened.
fn contents(directory: &Path, now: Instant) -> Vec<Diagnosis> {
    const SUBJECT: &str = "readable";
    let bad = |problem: &Problem| vec![Diagnosis::of_problem(SUBJECT, DiagnosisState::Bad, problem)];
    let _lock = match OwnerLock::acquire(directory, now) {
        Ok(lock) => lock,
        Err(error @ LockError::Held { .. }) => {
            return vec![Diagnosis::good(SUBJECT, format!("not looked at: {}", error.problem().what))];
        }
        Err(error) => return bad(&error.problem()),
    };
    let store = match history::open(directory, now) {
        Ok(store) => store,
        Err(error) => return bad(&error.problem()),
    };
    let problems = store.problems();
    if !problems.is_empty() {
        let limited = |problem: &Problem| Diagnosis::of_problem(SUBJECT, DiagnosisState::Limited, problem);
        return problems.iter().map(limited).collect();
    }
    match store.latest() {
        Ok(kept) => {
            let sources: Vec<&str> = kept.iter().map(|kept| kept.source.as_str()).collect();
            let sources = if sources.is_empty() { "no source yet".to_owned() } else { sources.join(", ") };
            vec![Diagnosis::good(SUBJECT, format!("the past of {sources}"))]
        }
        Err(error) => bad(&error.problem()),
    }
}

/// A size as people say it.
fn bytes(count: u64) -> Text {
    let count = count as f64;
    Text::new(match count {
        ..1_000.0 => format!("{count} bytes"),
        ..1_000_000.0 => format!("{:.0} kB", count / 1_000.0),
        ..1_000_000_000.0 => format!("{:.1} MB", count / 1_000_000.0),
        _ => format!("{:.1} GB", count / 1_000_000_000.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_few_figures() {
        for (count, said) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1 kB"),
            (4_200_000, "4.2 MB"),
            (3_000_000_000, "3.0 GB"),
        ] {
            assert_eq!(bytes(count).as_str(), said);
        }
    }

    #[test]
    fn a_terminal_that_cannot_place_text_limits_and_does_not_break() {
        let of = |term: &'static str| {
            terminal(ColorChoice::Auto, false, move |name| (name == "TERM").then(|| term.to_owned()))
        };
        assert_eq!(of("dumb").state, DiagnosisState::Limited);
        let good = of("xterm-256color");
        assert_eq!(good.state, DiagnosisState::Good);
        assert_eq!(good.what.as_str(), "TERM is xterm-256color: 256 colours, all characters");
    }
}

//! The mark, the word and the style of every state: never a colour alone.

use ratatui::style::Style;

use crate::{
    app::Progress,
    domain::{Category, CheckOutcome, DeploymentState},
    insight::{CanGo, GateAnswer, Outlook, Standing, StepState, Subject, Verdict},
};

use super::{Look, screen::Screen};

/// How a state is said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    /// One cell.
    pub(crate) mark: &'static str,
    /// In words.
    pub(crate) word: &'static str,
    /// Its style.
    pub(crate) style: Style,
}

impl Said {
    /// Mark and word.
    pub(crate) fn full(self) -> String {
        format!("{} {}", self.mark, self.word)
    }
}

pub(crate) fn gate(look: &Look, answer: GateAnswer) -> Said {
    let Look { styles, glyphs } = look;
    let (mark, style) = match answer {
        GateAnswer::Go => (glyphs.go, styles.go),
        GateAnswer::NoGo => (glyphs.no_go, styles.no_go),
        GateAnswer::Unknown => (glyphs.unknown, styles.unknown),
        GateAnswer::NotNeeded => (glyphs.not_needed, styles.not_needed),
    };
    Said { mark, word: answer.word(), style }
}

pub(crate) fn verdict(look: &Look, verdict: Verdict) -> Said {
    gate(
        look,
        match verdict {
            Verdict::Go => GateAnswer::Go,
            Verdict::NoGo => GateAnswer::NoGo,
            Verdict::Unknown => GateAnswer::Unknown,
        },
    )
}

/// The mark and the style of an answer to "can this go then?".
pub(crate) fn can_go(look: &Look, answer: &CanGo) -> (&'static str, Style) {
    let Look { styles, glyphs } = look;
    match (answer.is_free(), answer.is_yes()) {
        (false, _) => (glyphs.no_go, styles.no_go),
        (true, true) => (glyphs.go, styles.go),
        (true, false) => (glyphs.at_risk, styles.at_risk),
    }
}

pub(crate) fn outlook(look: &Look, outlook: Outlook) -> Said {
    let Look { styles, glyphs } = look;
    let (mark, style) = match outlook {
        Outlook::OnTrack | Outlook::Released => (glyphs.go, styles.go),
        Outlook::AtRisk => (glyphs.at_risk, styles.at_risk),
        Outlook::Late => (glyphs.no_go, styles.no_go),
        Outlook::Unknown => (glyphs.unknown, styles.unknown),
    };
    Said { mark, word: outlook.word(), style }
}

pub(crate) fn standing(look: &Look, standing: Standing) -> Said {
    let Look { styles, glyphs } = look;
    let (mark, style) = match standing {
        Standing::Overdue => (glyphs.no_go, styles.no_go),
        Standing::Late => (glyphs.at_risk, styles.no_go),
        Standing::Slow => (glyphs.at_risk, styles.at_risk),
        Standing::InTime => (" ", styles.base),
        Standing::Ahead => (" ", styles.go),
        Standing::Unknown | Standing::Ended => (" ", styles.muted),
    };
    Said { mark, word: standing.word(), style }
}

pub(crate) fn deployment(look: &Look, state: DeploymentState) -> Said {
    let Look { styles, glyphs } = look;
    let (mark, style) = match state {
        DeploymentState::Draft => (glyphs.ideal, styles.muted),
        DeploymentState::Approved => (glyphs.go, styles.base),
        DeploymentState::Running => (glyphs.running, styles.running),
        DeploymentState::Succeeded => (glyphs.go, styles.go),
        DeploymentState::Cancelled => (glyphs.not_needed, styles.muted),
        DeploymentState::Failed | DeploymentState::RolledBack => (glyphs.no_go, styles.no_go),
    };
    // Shorter than its word, as it stands in a column.
    let word = if state == DeploymentState::Succeeded { "done" } else { state.word() };
    Said { mark, word, style }
}

pub(crate) fn check(look: &Look, outcome: CheckOutcome) -> Said {
    let Look { styles, glyphs } = look;
    let (mark, word, style) = match outcome {
        CheckOutcome::Passed => (glyphs.go, "passed", styles.go),
        CheckOutcome::Failed => (glyphs.no_go, "failed", styles.no_go),
        CheckOutcome::Running => (glyphs.running, "running", styles.running),
        CheckOutcome::Skipped => (glyphs.not_needed, "skipped", styles.muted),
        CheckOutcome::Unknown => (glyphs.unknown, "unknown", styles.unknown),
    };
    Said { mark, word, style }
}

/// A step of a pull request: one cell, or so many of so many.
pub(crate) fn step(look: &Look, state: StepState) -> (String, Style) {
    let Look { styles, glyphs } = look;
    match state {
        StepState::Done => (glyphs.go.to_owned(), styles.go),
        StepState::Failed => (glyphs.no_go.to_owned(), styles.no_go),
        StepState::Running => (glyphs.running.to_owned(), styles.running),
        StepState::Part(done, required) => {
            (format!("{done}/{required}"), if done >= required { styles.go } else { styles.base })
        }
        StepState::Waiting => (glyphs.dash.to_owned(), styles.muted),
        StepState::Unknown => (glyphs.unknown.to_owned(), styles.unknown),
    }
}

/// The style of a story's status.
pub(crate) fn category(look: &Look, category: Category) -> Style {
    let styles = &look.styles;
    match category {
        Category::ToDo | Category::Dropped => styles.muted,
        Category::InProgress | Category::InReview | Category::InTest => styles.running,
        Category::Done => styles.go,
        Category::Unknown => styles.unknown,
    }
}

/// What is to be told at a row of an operation on it.
pub(crate) struct Told {
    pub(crate) mark: &'static str,
    pub(crate) words: String,
    pub(crate) style: Style,
}

/// How far the newest operation on a row is, until somebody has looked at its end.
pub(crate) fn operation(screen: &Screen<'_>, subject: &Subject) -> Option<Told> {
    let Look { styles, glyphs } = screen.look;
    let tracked = screen.state.operations.of(subject)?;
    let (mark, style) = match &tracked.progress {
        Progress::Waits | Progress::Sent(_) => (glyphs.running, styles.running),
        Progress::Unclear { .. } | Progress::CannotTell(_) => (glyphs.unknown, styles.unknown),
        Progress::Done(_) => (glyphs.go, styles.go),
        Progress::NotDone(_) | Progress::Moved(_) | Progress::FoundNotDone => (glyphs.no_go, styles.no_go),
    };
    let short = crate::app::brief(&tracked.queued.operation);
    let words = match &tracked.progress {
        Progress::Done(_) => crate::app::progress(&tracked.progress),
        progress => format!("{short}: {}", crate::app::progress(progress)),
    };
    Some(Told { mark, words: format!("{mark} {words}"), style })
}

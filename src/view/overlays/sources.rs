//! How the sources are doing: age, next round, who asks, what their services still allow, errors
//! with their next step.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{Allowance, Cadence, Instant, SourceHealth, SourceState},
    insight::words,
    view::{
        Look, format,
        screen::{Screen, line_width},
        text,
    },
};

/// Widest overlay.
const WIDTH: u16 = 92;
/// Problems that are listed; the rest is counted.
const PROBLEMS: usize = 50;

/// Draws the sources, in the order of their rank.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, scroll: u16) {
    let styles = &screen.look.styles;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let board = &screen.state.board;
    let mut lines = Vec::new();
    for health in board.health.iter() {
        lines.extend(source(screen, health, cells));
        let problems = board.world.problems.iter().filter(|(source, _)| *source == health.id);
        for (_, problem) in problems.clone().take(PROBLEMS) {
            lines.extend(problem_lines(screen, &problem.what, &problem.next_step, cells));
        }
        if let more @ 1.. = problems.count().saturating_sub(PROBLEMS) {
            lines.push(Line::styled(format!("    and {more} more"), styles.muted));
        }
    }
    if lines.is_empty() {
        lines.push(Line::styled("no source is configured", styles.muted));
    }
    super::text(screen, body, &Line::styled("Sources", styles.title), &lines, WIDTH, scroll);
}

fn source(screen: &Screen<'_>, health: &SourceHealth, cells: usize) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let now = screen.now;
    let (mark, word, style) = match health.state {
        SourceState::Starting => (glyphs.running, "not asked yet", styles.muted),
        SourceState::Fetching => (glyphs.running, "is being asked", styles.running),
        SourceState::Waiting if health.is_stale(now) => (glyphs.unknown, "stale", styles.stale),
        SourceState::Waiting => (glyphs.go, "fresh", styles.go),
        SourceState::BackingOff => (glyphs.at_risk, "did not answer", styles.at_risk),
        SourceState::Refused => (glyphs.no_go, "refused", styles.no_go),
    };
    let mut facts = Vec::new();
    facts.extend(health.account.as_ref().map(|account| format!("signed in as {account}")));
    match health.answered_at {
        Some(at) => facts.push(format!("answered {} ago", format::age(at, now))),
        None => facts.push("never answered".to_owned()),
    }
    if let Some(at) = health.changed_at {
        facts.push(format!("changed {} ago", format::age(at, now)));
    }
    if health.is_stale(now) && health.state != SourceState::Waiting && health.answered_at.is_some() {
        facts.push("stale".to_owned());
    }
    if let Some(at) = health.next_at {
        facts.push(if at > now {
            format!("next in {}", format::age(now, at))
        } else {
            "next now".to_owned()
        });
    }
    if health.failures > 0 {
        facts.push(format!("{} failures in a row", health.failures));
    }
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{mark} "), style),
        Span::styled(format!("{:<10} ", health.id.as_str()), styles.strong),
        Span::styled(format!("{word:<15} "), style),
    ])];
    let facts = facts.join(&format!(" {} ", glyphs.separator));
    match lines.first_mut() {
        Some(line) if line_width(line) + text::width(&facts) <= cells => {
            line.spans.push(Span::styled(facts, styles.muted));
        }
        _ => {
            let wrapped = text::wrap(&facts, cells.saturating_sub(4));
            lines.extend(wrapped.into_iter().map(|line| Line::styled(format!("    {line}"), styles.muted)));
        }
    }
    lines.extend(standing(screen, health, cells));
    if let Some(progress) = &health.progress {
        let of = progress.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let said = format!("    {} {}{of}", progress.what, progress.done);
        lines.push(Line::styled(said, styles.running));
    }
    if let Some(failure) = &health.failure {
        lines.extend(problem_lines(screen, &failure.what, &failure.next_step, cells));
    }
    lines
}

/// Why it is asked less often than its settings want, and what its service still allows.
fn standing(screen: &Screen<'_>, health: &SourceHealth, cells: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(cadence) = health.cadence.filter(|cadence| cadence.is_slowed()) {
        let said = slowed(screen, cadence, health.tightest());
        let wrapped = text::wrap(&said, cells.saturating_sub(4));
        let style = screen.look.styles.at_risk;
        lines.extend(wrapped.into_iter().map(|line| Line::styled(format!("    {line}"), style)));
    }
    lines.extend(limits(screen, &health.allowances, cells));
    lines
}

/// Why a source is asked less often than its settings want: a limit has to last.
fn slowed(screen: &Screen<'_>, cadence: Cadence, limit: Option<&Allowance>) -> String {
    let (every, wanted) = (pause(cadence.every_seconds), pause(cadence.wanted_seconds));
    match limit.filter(|limit| limit.resets_at > screen.now) {
        Some(limit) => {
            let until = moment(screen, limit.resets_at);
            format!("every {every} instead of {wanted}: the limit {} lasts until {until}", name(limit))
        }
        None => format!("every {every} instead of {wanted}"),
    }
}

/// A line for each limit: what is left, when it is reset, what the last round took. The
/// columns stand below each other.
fn limits(screen: &Screen<'_>, limits: &[Allowance], cells: usize) -> Vec<Line<'static>> {
    /// Cells of a name that is still one.
    const LEAST_NAME: usize = 6;
    let Look { styles, glyphs } = screen.look;
    let left = |limit: &Allowance| format!("{} of {} left", limit.remaining, limit.limit);
    let when = |limit: &Allowance| {
        let at = moment(screen, limit.resets_at);
        if limit.resets_at > screen.now { format!("resets {at}") } else { format!("was reset {at}") }
    };
    let spent = |limit: &Allowance| format!("last round {}", limit.spent);
    let widest = |text: &dyn Fn(&Allowance) -> String| {
        limits.iter().map(|limit| text::width(&text(limit))).max().unwrap_or(0)
    };
    let (left_width, when_width, spent_width) = (widest(&left), widest(&when), widest(&spent));
    let beside = 4 + 2 + left_width + 3 + when_width + 3 + spent_width;
    let name_width = widest(&|limit| name(limit).to_owned()).min(cells.saturating_sub(beside));
    let mut lines = Vec::new();
    for limit in limits {
        let (left, when, spent) = (left(limit), when(limit), spent(limit));
        let style = match limit.share_left() {
            // What was left before the reset tells nothing.
            _ if limit.resets_at <= screen.now => styles.muted,
            share if share <= 0.0 => styles.no_go,
            share if share < 0.1 => styles.at_risk,
            _ => styles.base,
        };
        let separator = glyphs.separator;
        if name_width < LEAST_NAME.min(text::width(name(limit))) {
            let all = format!("{}: {left} {separator} {when} {separator} {spent}", name(limit));
            let wrapped = text::wrap(&all, cells.saturating_sub(6));
            lines.extend(wrapped.into_iter().zip(0..).map(|(line, number)| {
                let indent = if number == 0 { 4 } else { 6 };
                Line::styled(format!("{:indent$}{line}", ""), style)
            }));
            continue;
        }
        let name = text::fit(name(limit), name_width, glyphs.ellipsis);
        let gap = " ".repeat(name_width.saturating_sub(text::width(&name)) + 2);
        lines.push(Line::from(vec![
            Span::styled(format!("    {name}{gap}"), styles.muted),
            Span::styled(format!("{left:>left_width$}"), style),
            Span::styled(format!(" {separator} {when:<when_width$} {separator} {spent}"), styles.muted),
        ]));
    }
    lines
}

/// What a limit is called; a service that has only one does not name it.
fn name(limit: &Allowance) -> &str {
    if limit.name.is_empty() { "requests" } else { limit.name.as_str() }
}

/// A time of today, or a day and a time.
fn moment(screen: &Screen<'_>, at: Instant) -> String {
    if screen.dates.date(at) == screen.dates.today() {
        screen.dates.time(at)
    } else {
        screen.dates.moment(at)
    }
}

/// A pause between two rounds: `20s`, `1m 30s`, `6m`, `1h 05m`.
fn pause(seconds: u64) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match minutes {
        0 => format!("{seconds}s"),
        1..10 if seconds > 0 => format!("{minutes}m {seconds:02}s"),
        // More than 30,000 years is long enough.
        _ => words::duration(chrono::Duration::minutes(i64::try_from(minutes).unwrap_or(0).min(1 << 34))),
    }
}

fn problem_lines(screen: &Screen<'_>, what: &str, next_step: &str, cells: usize) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let room = cells.saturating_sub(6);
    let what =
        text::wrap(what, room).into_iter().map(|line| Line::styled(format!("    {line}"), styles.at_risk));
    let arrow = glyphs.right;
    let next = text::wrap(next_step, room).into_iter().enumerate().map(|(index, line)| {
        let lead = if index == 0 { arrow } else { " " };
        Line::styled(format!("    {lead} {line}"), styles.base)
    });
    what.chain(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_said_as_exactly_as_matters() {
        for (seconds, said) in
            [(20, "20s"), (60, "1m"), (90, "1m 30s"), (360, "6m"), (650, "10m"), (3_900, "1h 05m")]
        {
            assert_eq!(pause(seconds), said);
        }
        assert_eq!(pause(u64::MAX), "11930464d");
    }
}

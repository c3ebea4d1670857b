//! What stands at the head of a board for those who have no screen: the target, the forecast and
//! the sources, in words.

use crate::domain::{Instant, SourceHealth, SourceState};

use super::{Board, ForecastView, ReleaseInsight, Tally, words};

/// How sure, and when: `61 % · P85 Fri 27 Nov`.
pub(crate) fn forecast_words(board: &Board, insight: &ReleaseInsight) -> String {
    let date = |instant| words::day_from(instant, board.at, &board.policy.calendar);
    match &insight.forecast {
        ForecastView::Dates { p50, p85, by_target, scored, basis, .. } => {
            let chance = by_target
                .map(|chance| format!("{} by its target · ", words::chance(chance)))
                .unwrap_or_default();
            let calibrated = if *scored < 20 { " · not yet calibrated" } else { "" };
            let wide = basis.wide().map(|why| format!(" · wide: {why}")).unwrap_or_default();
            format!("{chance}P50 {} · P85 {}{wide}{calibrated}", p50.said(date), p85.said(date))
        }
        ForecastView::Withheld(why) => format!("no forecast: {why}"),
        ForecastView::Ready if insight.release.released_at.is_some() => went_out_with(insight),
        ForecastView::Ready => "all stories ready".to_owned(),
    }
}

/// What a release that is out left undone when it went: `3 of 10 stories were open when it went out`.
fn went_out_with(insight: &ReleaseInsight) -> String {
    let Tally { stories, stories_ready, defects_open, .. } = insight.tally;
    let open = stories.saturating_sub(stories_ready);
    let left = [
        (open > 0).then(|| format!("{open} of {}", words::count(stories as usize, "story", "stories"))),
        (defects_open > 0).then(|| words::count(defects_open as usize, "defect", "defects")),
    ];
    let left: Vec<String> = left.into_iter().flatten().collect();
    if left.is_empty() {
        return "nothing was open when it went out".to_owned();
    }
    let verb = if left.len() == 1 && open + defects_open == 1 { "was" } else { "were" };
    format!("{} {verb} open when it went out", left.join(" and "))
}

/// Until when, or since when: `target Wed 25 Nov T-3d 04h`, `released Mon 9 Nov`.
pub(crate) fn target_words(board: &Board, insight: &ReleaseInsight, now: Instant) -> String {
    if let Some(released) = insight.release.released_at {
        return format!("released {}", words::day(released, &board.policy.calendar));
    }
    match insight.release.target {
        Some(target) => format!(
            "{}{} {}",
            if target.estimated { "estimated target " } else { "target " },
            words::day_from(target.at, now, &board.policy.calendar),
            words::countdown(target.at, now),
        ),
        None => "no target".to_owned(),
    }
}

/// One line per source: how old what it said is, and why.
pub(crate) fn source_words(board: &Board, now: Instant) -> Vec<String> {
    board.health.iter().map(|health| format!("{} {}", health.id, source_state(health, now))).collect()
}

/// How old what a source said is, and why.
pub(crate) fn source_state(health: &SourceHealth, now: Instant) -> String {
    let age = health.answered_at.map_or_else(|| "never answered".to_owned(), |at| words::ago(at, now));
    match (&health.failure, health.state) {
        (Some(problem), _) => {
            let age = if health.is_own() { String::new() } else { format!("{age}; ") };
            format!("{age}failed: {} → {}", problem.what, problem.next_step)
        }
        (None, SourceState::Starting) => "not asked yet".to_owned(),
        (None, _) if health.is_stale(now) => format!("stale, {age}"),
        (None, _) => "fresh".to_owned(),
    }
}

//! What a burn-down says where a chart has no room, or nothing to show.

use chrono::NaiveDate;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    labels::{cells, write},
    values::{Values, amount},
};
use crate::{
    app::CountedBy,
    insight::{BurnDownDay, ReleaseInsight, Unit},
    theme::{Glyphs, Styles},
};

/// Draws a sentence and, below, a sparkline of what remains.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    insight: &ReleaseInsight,
    (newest, counted_by): (Option<&BurnDownDay>, CountedBy),
    styles: &Styles,
    glyphs: &Glyphs,
    today: NaiveDate,
) {
    let target = target(insight, today);
    let sentences = sentences(insight, newest, counted_by, &target, glyphs);
    if let Some(sentence) = sentences.iter().find(|sentence| cells(sentence) <= area.width) {
        let style = if newest.is_some() { styles.strong } else { styles.muted };
        write(buffer, area, 0, 0, sentence, style);
        let below = if newest.is_some() { 2 } else { 1 };
        if !sentence.ends_with(&target) && cells(&target) <= area.width {
            write(buffer, area, 0, below, &target, styles.target);
        }
    }
    if newest.is_some() && area.height >= 2 && area.width >= 4 {
        for (column, bar) in (0..).zip(sparkline(&insight.burn_down.days, area.width)) {
            let bar = glyphs.bars.get(bar).copied().unwrap_or(" ");
            write(buffer, area, column, 1, bar, styles.stories);
        }
    }
}

/// What there is to say, the longest first.
fn sentences(
    insight: &ReleaseInsight,
    newest: Option<&BurnDownDay>,
    counted_by: CountedBy,
    target: &str,
    glyphs: &Glyphs,
) -> Vec<String> {
    let state = match newest {
        None => {
            let unit = match insight.burn_down.unit {
                Unit::Stories => "stories",
                Unit::PullRequests => "pull requests",
            };
            vec![
                format!("no {unit} in scope yet"),
                format!("no {unit} yet"),
                format!("no {unit}"),
                glyphs.not_needed.into(),
            ]
        }
        Some(day) if day.remaining() == 0 => {
            vec![format!("all {} ready", day.scope), "all ready".into(), "0".into()]
        }
        Some(day) => {
            let values = Values::of(day, counted_by);
            let (remaining, scope) = (amount(values.remaining), amount(values.scope));
            vec![format!("{remaining} of {scope} open"), format!("{remaining}/{scope}"), remaining]
        }
    };
    let with_target = [0, 1].into_iter().filter_map(|length| state.get(length));
    let with_target = with_target.map(|state| format!("{state} {} {target}", glyphs.separator));
    with_target.chain(state.iter().cloned()).collect()
}

/// `target Wed 25`, `target Wed 18, 4d ago`, `no target`.
fn target(insight: &ReleaseInsight, today: NaiveDate) -> String {
    let Some(target) = insight.burn_down.target else {
        return "no target".into();
    };
    let over = (today - target).num_days();
    let day = target.format(if over.abs() < 21 { "%a %-d" } else { "%-d %b %Y" });
    if over > 0 && insight.release.released_at.is_none() {
        format!("target {day}, {over}d ago")
    } else {
        format!("target {day}")
    }
}

/// The remaining work in bars of 0 to 8, as many as there are columns or days. Only
/// nothing is 0.
fn sparkline(days: &[BurnDownDay], columns: u16) -> Vec<usize> {
    let largest = days.iter().map(BurnDownDay::remaining).max().unwrap_or(0).max(1);
    let count = days.len().min(usize::from(columns));
    (1..=count)
        .filter_map(|index| days.get(index * days.len() / count - 1))
        .map(|day| (u64::from(day.remaining()) * 8).div_ceil(u64::from(largest)) as usize)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_ends_with_now_and_shows_what_is_left() {
        let day = |ready: u32| BurnDownDay {
            day: NaiveDate::MIN,
            scope: 800,
            ready,
            defects: 0,
            tests: None,
            ideal: None,
            points: None,
        };
        let days: Vec<_> = [0, 100, 400, 799].map(day).into();
        assert_eq!(sparkline(&days, 10), [8, 7, 4, 1]);
        assert_eq!(sparkline(&days, 2), [7, 1]);
        assert_eq!(sparkline(&[day(800)], 10), [0]);
        assert!(sparkline(&[], 10).is_empty());
    }
}

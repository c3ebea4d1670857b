//! A runbook as lines with bars: what is done, what runs, what is still to come.

use ratatui::text::{Line, Span};

use crate::{
    domain::{Activity, Deployment, Instant},
    insight::DeploymentRow,
    view::{Look, format, text},
};

/// Cells of the longest bar.
const LONGEST_BAR: u32 = 24;

/// One line for each activity, in the order of the plan.
pub(crate) fn lines(look: &Look, row: &DeploymentRow, now: Instant) -> Vec<Line<'static>> {
    let deployment = &row.deployment;
    let longest =
        deployment.activities.iter().map(|activity| minutes(activity, now)).max().unwrap_or(1).max(1);
    let name_cells =
        deployment.activities.iter().map(|activity| text::width(&activity.name)).max().unwrap_or(0).min(24);
    let line = |activity| activity_line(look, deployment, activity, name_cells, longest, now);
    deployment.activities.iter().map(line).collect()
}

/// What an activity took, takes so far or will take.
fn minutes(activity: &Activity, now: Instant) -> u32 {
    let spent = activity.started_at.map(|from| activity.finished_at.unwrap_or(now) - from);
    let spent = spent.map_or(0, |spent| u32::try_from(spent.num_minutes()).unwrap_or(0));
    if activity.finished_at.is_some() { spent } else { spent.max(activity.estimate_minutes) }
}

fn activity_line(
    look: &Look,
    deployment: &Deployment,
    activity: &Activity,
    name_cells: usize,
    longest: u32,
    now: Instant,
) -> Line<'static> {
    let Look { styles, glyphs } = look;
    let [full, empty] = glyphs.bar;
    let whole = minutes(activity, now);
    let cells = (whole * LONGEST_BAR).div_ceil(longest).clamp(1, LONGEST_BAR);
    let spent = activity.started_at.map_or(0, |from| {
        let until = activity.finished_at.unwrap_or(now);
        u32::try_from((until - from).num_minutes()).unwrap_or(0)
    });
    let (mark, style, filled, said) = match (activity.started_at, activity.finished_at) {
        (_, Some(_)) => {
            let against =
                format!("{} of {}", format::minutes(spent), format::minutes(activity.estimate_minutes));
            (glyphs.go, styles.go, cells, against)
        }
        (Some(_), None) => {
            let over = spent > activity.estimate_minutes;
            let style = if over { styles.at_risk } else { styles.running };
            let filled = (spent * cells).checked_div(whole).unwrap_or(0).min(cells);
            let mark = if over { glyphs.at_risk } else { glyphs.running };
            let against =
                format!("{} of {}", format::minutes(spent), format::minutes(activity.estimate_minutes));
            (mark, style, filled, format!("running {against}{}", if over { ", over" } else { "" }))
        }
        (None, None) => (" ", styles.muted, 0, format::minutes(activity.estimate_minutes)),
    };
    let name = text::fit(&activity.name, name_cells, glyphs.ellipsis);
    let padding = " ".repeat(name_cells.saturating_sub(text::width(&name)));
    let mut spans = vec![
        Span::styled(format!("{mark} "), style),
        Span::styled(format!("{name}{padding} "), styles.base),
        Span::styled(full.repeat(filled as usize), style),
        Span::styled(empty.repeat((cells - filled) as usize), styles.muted),
        Span::styled(format!(" {said}"), style),
    ];
    if let Some(owner) = &activity.owner
        && !deployment.state.is_over()
    {
        spans.push(Span::styled(format!("  {owner}"), styles.muted));
    }
    if activity.started_at.is_none() && !activity.after.is_empty() {
        let after: Vec<&str> = activity.after.iter().map(AsRef::as_ref).collect();
        spans.push(Span::styled(format!("  after {}", after.join(", ")), styles.muted));
    }
    Line::from(spans)
}

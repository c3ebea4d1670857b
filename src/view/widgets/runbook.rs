//! A runbook as lines with bars: what is done, what runs, what is still to come.

use ratatui::text::{Line, Span};

use crate::{
    domain::{Activity, Instant, Text},
    insight::{ActivityOutlook, ComparedTime, DeploymentRow, RunbookComparison, minutes_between},
    view::{Look, format, text},
};

/// Cells of the longest bar.
const LONGEST_BAR: u32 = 24;

/// One line for each activity, in the order of the plan. `pointed` is the place of the one that
/// is started or finished next; `comparison` says how one that is over went.
pub(crate) fn lines(
    look: &Look,
    row: &DeploymentRow,
    pointed: Option<usize>,
    comparison: Option<&RunbookComparison>,
    now: Instant,
) -> Vec<Line<'static>> {
    let deployment = &row.deployment;
    let longest =
        deployment.activities.iter().map(|activity| minutes(activity, now)).max().unwrap_or(1).max(1);
    let name_cells =
        deployment.activities.iter().map(|activity| text::width(&activity.name)).max().unwrap_or(0).min(24);
    let outlooks = row.runbook.as_ref().map(|runbook| &runbook.activities);
    let line = |(index, activity)| {
        let known = Known {
            outlook: outlooks.and_then(|outlooks| outlooks.get(index)),
            compared: comparison.and_then(|comparison| comparison.activities.get(index)),
            pointed: pointed.map(|pointed| pointed == index),
            is_over: deployment.state.is_over(),
        };
        activity_line(look, &known, activity, name_cells, longest, now)
    };
    deployment.activities.iter().enumerate().map(line).collect()
}

/// What an activity took or takes so far.
fn spent(activity: &Activity, now: Instant) -> u32 {
    let minutes =
        activity.started_at.and_then(|from| minutes_between(from, activity.finished_at.unwrap_or(now)));
    minutes.and_then(|minutes| u32::try_from(minutes).ok()).unwrap_or(0)
}

/// What an activity took, takes so far or will take.
fn minutes(activity: &Activity, now: Instant) -> u32 {
    let spent = spent(activity, now);
    if activity.finished_at.is_some() { spent } else { spent.max(activity.estimate_minutes) }
}

/// What is known of an activity besides its times.
struct Known<'a> {
    outlook: Option<&'a ActivityOutlook>,
    compared: Option<&'a ComparedTime>,
    /// It is the one that is pointed at; none where nothing is.
    pointed: Option<bool>,
    is_over: bool,
}

fn activity_line(
    look: &Look,
    known: &Known<'_>,
    activity: &Activity,
    name_cells: usize,
    longest: u32,
    now: Instant,
) -> Line<'static> {
    let Look { styles, glyphs } = look;
    let [full, empty, _] = glyphs.bar;
    let whole = minutes(activity, now);
    let cells = (whole * LONGEST_BAR).div_ceil(longest).clamp(1, LONGEST_BAR);
    let spent = spent(activity, now);
    let (mark, style, filled, said) = match (activity.started_at, activity.finished_at) {
        (_, Some(_)) => {
            let against =
                format!("{} of {}", format::minutes(spent), format::minutes(activity.estimate_minutes));
            (glyphs.go, styles.go, cells, against)
        }
        (Some(_), None) => {
            let over = match known.outlook {
                Some(outlook) => outlook.overrun.is_some(),
                None => spent > activity.estimate_minutes,
            };
            let style = if over { styles.at_risk } else { styles.running };
            let filled = (spent * cells).checked_div(whole).unwrap_or(0).min(cells);
            let mark = if over { glyphs.at_risk } else { glyphs.running };
            let against =
                format!("{} of {}", format::minutes(spent), format::minutes(activity.estimate_minutes));
            (mark, style, filled, format!("running {against}"))
        }
        (None, None) => (" ", styles.muted, 0, format::minutes(activity.estimate_minutes)),
    };
    let name = text::fit(&activity.name, name_cells, glyphs.ellipsis);
    let padding = " ".repeat(name_cells.saturating_sub(text::width(&name)));
    let mut spans = Vec::new();
    if let Some(is_it) = known.pointed {
        let pointer = if is_it { glyphs.right } else { " " };
        spans.push(Span::styled(format!("{pointer} "), styles.accent));
    }
    spans.extend([
        Span::styled(format!("{mark} "), style),
        Span::styled(format!("{name}{padding} "), styles.base),
        Span::styled(full.repeat(filled as usize), style),
        Span::styled(empty.repeat((cells - filled) as usize), styles.muted),
        Span::styled(format!(" {said}"), style),
    ]);
    if let Some(overrun) = known.outlook.and_then(|outlook| outlook.overrun) {
        spans.push(Span::styled(format!(", {}", overrun.words()), styles.at_risk));
    }
    if let Some(compared) = known.compared.filter(|_| activity.finished_at.is_some()) {
        spans.push(Span::styled(usual(compared), styles.muted));
        spans.push(Span::styled(format!("  {}", compared.difference), styles.base));
    }
    if let Some(who) = said_by(activity) {
        spans.push(Span::styled(format!("  by {who}"), styles.muted));
    } else if let Some(owner) = activity.owner.as_ref().filter(|_| !known.is_over) {
        spans.push(Span::styled(format!("  {owner}"), styles.muted));
    }
    if activity.started_at.is_none() && !activity.after.is_empty() {
        let after: Vec<&str> = activity.after.iter().map(AsRef::as_ref).collect();
        spans.push(Span::styled(format!("  after {}", after.join(", ")), styles.muted));
    }
    Line::from(spans)
}

/// What it usually took: `, usually 7m`.
pub(crate) fn usual(compared: &ComparedTime) -> String {
    compared
        .usual
        .map(|usual| format!(", usually {}", format::minutes(usual.p50_minutes)))
        .unwrap_or_default()
}

/// Who started it, and who finished it where that is somebody else.
fn said_by(activity: &Activity) -> Option<Text> {
    let started = activity.started_by.as_ref()?;
    Some(match &activity.finished_by {
        Some(finished) if finished != started => Text::new(format!("{started}, {finished}")),
        _ => started.clone(),
    })
}

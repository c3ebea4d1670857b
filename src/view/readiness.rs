//! Tab 1: is it ready? Burn-down, gates, stories worst first, what turns it green.
//!
//! ```text
//! ┌ Burn-down ───────────────┐┌ Gates ──────────────┐
//! │                          ││ ✗ Stories …         │
//! └──────────────────────────┘└─────────────────────┘
//! ┌ Stories · worst first ───┐┌ What turns it green ┐
//! └──────────────────────────┘└─────────────────────┘
//! ```
//!
//! On a narrow screen the two at the bottom share one place, on a small one all four do: the
//! section that the keys go to is always in sight.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::{ListId, Row, Section},
    insight::{ReleaseInsight, Unit},
};

use super::{
    Look, pull_requests,
    screen::Screen,
    states, stories, text,
    widgets::{
        burn_down,
        table::{self, Column, Places},
    },
};

const GATES: [Column; 5] = [
    Column::fixed("", 1, 0),
    Column::fixed("", 10, 2),
    Column::fixed("", 16, 0),
    Column::growing("", 6, 12, 0),
    Column::growing("", 6, 40, 1),
];

/// Where each section is; none for one that gave way.
fn places(body: Rect, section: Section, expanded: bool, gates: u16) -> Vec<(Section, Rect)> {
    if expanded || body.width < 64 || body.height < 11 {
        // One place, and above it the gates if they leave room for some rows.
        let stacked = gates + 2;
        if !expanded && section != Section::Gates && body.height >= stacked + 7 {
            let [top, bottom] = split_rows(body, stacked);
            return vec![(Section::Gates, top), (section, bottom)];
        }
        return vec![(section, body)];
    }
    let is_wide = body.width >= 110;
    let gates_width = (body.width * 34 / 100).clamp(40, 60);
    let most_top = body.height.saturating_sub(if is_wide { 7 } else { 6 });
    let top = (body.height * 55 / 100).max(gates + 2).min(most_top);
    let [upper, lower] = split_rows(body, top);
    let [chart, gates] = split_columns(upper, body.width - gates_width);
    let mut places = vec![(Section::BurnDown, chart), (Section::Gates, gates)];
    if is_wide {
        let [list, remedies] = split_columns(lower, body.width - gates_width);
        places.extend([(Section::Stories, list), (Section::Remedies, remedies)]);
    } else {
        let shared = if section == Section::Remedies { Section::Remedies } else { Section::Stories };
        places.push((shared, lower));
    }
    places
}

fn split_rows(area: Rect, top: u16) -> [Rect; 2] {
    let top = top.min(area.height);
    [Rect { height: top, ..area }, Rect { y: area.y + top, height: area.height - top, ..area }]
}

fn split_columns(area: Rect, left: u16) -> [Rect; 2] {
    let left = left.min(area.width);
    [Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area }]
}

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let state = screen.state;
    let Some(insight) = state.release() else { return };
    let gates = u16::try_from(insight.gates.len()).unwrap_or(9).max(1);
    let places = places(body, state.section, state.expanded, gates);
    for (section, area) in &places {
        let focused = state.section == *section;
        match section {
            Section::BurnDown => draw_burn_down(screen, *area, insight, focused),
            Section::Gates => draw_gates(screen, *area, insight, focused),
            Section::Stories => draw_list(screen, *area, insight, focused, &places),
            Section::Remedies => draw_remedies(screen, *area, insight, focused, &places),
        }
    }
    screen.layout.sections = places;
}

fn draw_burn_down(screen: &mut Screen<'_>, area: Rect, insight: &ReleaseInsight, focused: bool) {
    let Look { styles, glyphs } = screen.look;
    let unit = match insight.burn_down.unit {
        Unit::Stories => "stories",
        Unit::PullRequests => "pull requests",
    };
    let title = Line::from(vec![
        Span::styled("Burn-down", styles.title),
        Span::styled(format!(" {} {unit}", glyphs.separator), styles.muted),
    ]);
    let mut note = Line::default();
    if insight.burn_down.scope_rebuilt {
        note = Line::styled("scope rebuilt", styles.stale);
    }
    let inside = screen.panel(area, &title, &note, focused);
    let today = screen.dates.today();
    burn_down::draw(screen.buffer, inside, insight, styles, glyphs, today);
}

fn draw_gates(screen: &mut Screen<'_>, area: Rect, insight: &ReleaseInsight, focused: bool) {
    let Look { styles, .. } = screen.look;
    let tally = &insight.tally;
    let note = Line::styled(format!("{} of {} go", tally.gates_go, insight.gates.len()), styles.muted);
    let inside = screen.panel(area, &Line::styled("Gates", styles.title), &note, focused);
    if insight.gates.is_empty() {
        screen.put(inside.x + 1, inside.y, inside.width, "no gate is worked out yet", styles.muted);
    }
    let places = table::place(&GATES, inside.width.saturating_sub(1));
    screen.list(ListId::Gates, inside, focused, |screen, row, item| {
        gate(screen, row, item, insight, &places);
        table::until(&places, 2)
    });
}

fn gate(screen: &mut Screen<'_>, row: Rect, item: Row, insight: &ReleaseInsight, places: &Places) {
    let Row::Gate(index) = item else { return };
    let Some(gate) = insight.gates.get(index as usize) else { return };
    let Look { styles, .. } = screen.look;
    let said = states::gate(screen.look, gate.answer);
    let is_stale = screen
        .state
        .board
        .health
        .iter()
        .any(|health| gate.sources.contains(&health.id) && health.is_stale(screen.now));
    let measured = if is_stale { styles.stale } else { said.style };
    let cells = [
        (said.mark, said.style),
        // The word stands where there is room for it; the mark always does.
        (said.word, said.style),
        (gate.name.title(), styles.base),
        (gate.measured.as_str(), measured),
        (gate.needed.as_str(), styles.muted),
    ];
    for (index, (content, style)) in cells.into_iter().enumerate() {
        table::cell(screen, row, &GATES, places, index, content, style);
    }
}

/// The title of one of the two lists; names the other one where both share a place.
fn shared_title(
    screen: &Screen<'_>,
    mut spans: Vec<Span<'static>>,
    places: &[(Section, Rect)],
    other: Section,
    hint: &str,
) -> Line<'static> {
    let Look { styles, glyphs } = screen.look;
    if !places.iter().any(|(section, _)| *section == other) {
        spans.push(Span::styled(format!(" {} {hint}", glyphs.separator), styles.muted));
    }
    Line::from(spans)
}

fn draw_list(
    screen: &mut Screen<'_>,
    area: Rect,
    insight: &ReleaseInsight,
    focused: bool,
    places: &[(Section, Rect)],
) {
    let Look { styles, glyphs } = screen.look;
    let list = screen.state.list(ListId::Stories);
    let has_stories = !insight.stories.is_empty();
    let (word, of) = if has_stories {
        // The same figures as the chart and the gates: defects apart.
        let tally = &insight.tally;
        let open = tally.stories.saturating_sub(tally.stories_ready);
        let defects = match tally.defects_open {
            0 => String::new(),
            1 => format!(" {} 1 defect", glyphs.separator),
            many => format!(" {} {many} defects", glyphs.separator),
        };
        ("Stories", format!("{open} open of {}{defects}", tally.stories))
    } else {
        let open = insight.tally.pull_requests.saturating_sub(insight.tally.pull_requests_merged);
        ("Pull requests", format!("{open} open of {}", insight.tally.pull_requests))
    };
    let mut spans = vec![Span::styled(word, styles.title)];
    if list.filter.is_empty() {
        spans.push(Span::styled(format!(" {of}"), styles.base));
        let order = list.order_name(ListId::Stories);
        let order = if order == "worst" { "worst first".to_owned() } else { format!("by {order}") };
        spans.push(Span::styled(format!(" {} {order}", glyphs.separator), styles.muted));
    } else {
        spans.push(Span::styled(format!(" /{}", list.filter), styles.accent));
        spans.push(Span::styled(format!(" {} of {}", list.shown, list.known), styles.muted));
    }
    if !has_stories {
        spans.push(Span::styled(format!(" {} no source has stories for it", glyphs.separator), styles.muted));
    }
    let hint = match screen.key(crate::app::Command::SectionRight) {
        Some(key) => format!("{key}: {} steps to green", insight.remedies.len()),
        None => String::new(),
    };
    let title = shared_title(screen, spans, places, Section::Remedies, &hint);
    let inside = screen.panel(area, &title, &Line::default(), focused);
    if list.rows.is_empty() {
        let said = if list.filter.is_empty() {
            "no story and no pull request belongs to it yet"
        } else {
            "no row has these words"
        };
        screen.put(inside.x + 1, inside.y, inside.width.saturating_sub(1), said, styles.muted);
    } else if has_stories {
        stories::draw(screen, inside, focused);
    } else {
        pull_requests::table(screen, ListId::Stories, inside, focused);
    }
}

fn draw_remedies(
    screen: &mut Screen<'_>,
    area: Rect,
    insight: &ReleaseInsight,
    focused: bool,
    places: &[(Section, Rect)],
) {
    let Look { styles, glyphs } = screen.look;
    let hint = match screen.key(crate::app::Command::SectionLeft) {
        Some(key) => format!("{key}: stories"),
        None => String::new(),
    };
    let spans = vec![Span::styled("What turns it green", styles.title)];
    let title = shared_title(screen, spans, places, Section::Stories, &hint);
    let inside = screen.panel(area, &title, &Line::default(), focused);
    if insight.remedies.is_empty() {
        let said =
            if insight.release.released_at.is_some() { "it went out" } else { "nothing is left to do" };
        screen.put(inside.x + 1, inside.y, inside.width.saturating_sub(1), said, styles.muted);
    }
    screen.list(ListId::Remedies, inside, focused, |screen, row, item| {
        let Row::Remedy(index) = item else { return 0 };
        let Some(remedy) = insight.remedies.get(index as usize) else { return 0 };
        let number = format!("{} ", index + 1);
        let used = screen.put(row.x, row.y, row.width, &number, styles.muted);
        let gate = format!("{} {}", glyphs.right, remedy.gate.title());
        let gate_cells = text::width(&gate) as u16;
        let action_cells = text::width(&remedy.action) as u16;
        let room = row.width.saturating_sub(used);
        // The gate is named where the action keeps at least two thirds.
        let with_gate = action_cells + 2 + gate_cells <= room || gate_cells + 2 <= room / 3;
        let action_room = if with_gate { room - gate_cells - 2 } else { room };
        screen.put(row.x + used, row.y, action_room, &remedy.action, styles.base);
        if with_gate {
            screen.put(row.right() - gate_cells, row.y, gate_cells, &gate, styles.muted);
        }
        used + action_room.min(action_cells)
    });
}

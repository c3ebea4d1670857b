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

use std::borrow::Cow;

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{ChartPicture, Command, CountedBy, ListId, Listed, Row, Section},
    domain::StoryKind,
    insight::{Gate, MetricValue, ReleaseInsight, Remedy, Unit, words},
};

use super::{
    Look, pull_requests,
    screen::{Screen, line_width},
    states, stories, tests_list, text,
    widgets::{
        burn_down,
        table::{self, Column},
        trend,
    },
};

const GATES: [Column; 4] = [
    Column::fixed("", 1, 0),
    Column::fixed("", 10, 1),
    Column::fixed("", 16, 0),
    // Measured and needed: see `measures`.
    Column::growing("", 14, 60, 0),
];
/// Where the answer stands as a word.
const WORD: usize = 1;
/// Where measured and needed stand.
const MEASURES: usize = 3;
/// Cells of what is needed that shall stand beside it: most say no more.
const NEEDED: usize = 10;
/// Cells of what was measured where not all of it can stand in a column of its own.
const MEASURED: usize = 7;

/// Days of the trend of a metric.
const TREND: u64 = 14;

/// Cells of the number in front of a step to green.
const NUMBER: usize = 2;
/// Cells of a frame that its title and its note leave free.
const FRAME: usize = 7;

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
    let gates_width = (body.width * 36 / 100).clamp(40, 76);
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
    let chart = screen.state.chart;
    let unit = match (insight.burn_down.unit, chart.counts(&insight.burn_down)) {
        (_, CountedBy::Points) => "points",
        (Unit::Stories, CountedBy::Items) => "stories",
        (Unit::PullRequests, CountedBy::Items) => "pull requests",
    };
    let name = match chart.picture {
        ChartPicture::BurnDown => "Burn-down",
        ChartPicture::BurnUp => "Burn-up",
    };
    let title = Line::from(vec![
        Span::styled(name, styles.title),
        Span::styled(format!(" {} {unit}", glyphs.separator), styles.muted),
    ]);
    let mut note = Line::default();
    if insight.burn_down.scope_rebuilt {
        note = Line::styled("scope rebuilt", styles.stale);
    }
    let inside = screen.panel(area, &title, &note, focused);
    let today = screen.dates.today();
    let shown = burn_down::Shown { chart, focused };
    burn_down::draw(screen.buffer, inside, insight, shown, styles, glyphs, today);
}

fn draw_gates(screen: &mut Screen<'_>, area: Rect, insight: &ReleaseInsight, focused: bool) {
    let Look { styles, .. } = screen.look;
    let tally = &insight.tally;
    let note = Line::styled(tally.gates_said(), styles.muted);
    let inside = screen.panel(area, &Line::styled("Gates", styles.title), &note, focused);
    let inside = match metrics_place(inside, insight) {
        Some((above, below)) => {
            draw_metrics(screen, below, &insight.metrics);
            above
        }
        None => inside,
    };
    if insight.gates.is_empty() {
        screen.put(inside.x + 1, inside.y, inside.width, "no gate is worked out yet", styles.muted);
    }
    let mut widest = table::widest(insight.gates.iter().map(|row| gate_cells(screen, row)), &[]);
    let measured = insight.gates.iter().map(|gate| text::width(&gate.measured)).max().unwrap_or(0);
    let needed = insight.gates.iter().map(|gate| text::width(&gate.needed).min(NEEDED)).max().unwrap_or(0);
    let width = inside.width.saturating_sub(1);
    // Figures first: the mark stands for the word where not both have room.
    let before: u16 = widest.iter().take(MEASURES).map(|cells| cells + 1).sum();
    if usize::from(before) + measured + 1 + needed > usize::from(width) {
        widest[WORD] = 0;
    }
    let places = table::place(&GATES, &widest, None, width);
    let room = table::room(&places, MEASURES).map_or(0, usize::from);
    let measured = if measured + 1 + needed <= room { measured } else { measured.min(MEASURED) };
    screen.list(ListId::Gates, inside, focused, |screen, row, item| {
        if let Row::Gate(index) = item
            && let Some(gate) = insight.gates.get(index as usize)
        {
            let cells = gate_cells(screen, gate);
            table::cells(screen, row, &GATES, &places, &cells[..MEASURES]);
            if let Some(Some((x, cells))) = places.get(MEASURES) {
                let area = Rect { x: row.x + x, width: *cells, ..row };
                measures(screen, area, gate, measured);
            }
        }
        table::until(&places, 2)
    });
}

/// Rows of the gates and, beneath them, of the metrics of one's own: as many as there is room for,
/// and a heading. None where there are none or no room.
fn metrics_place(inside: Rect, insight: &ReleaseInsight) -> Option<(Rect, Rect)> {
    let gates = u16::try_from(insight.gates.len()).unwrap_or(u16::MAX);
    let free = inside.height.checked_sub(gates)?;
    let wanted = u16::try_from(insight.metrics.len()).ok().filter(|count| *count > 0)?.saturating_add(1);
    let rows = wanted.min(free);
    let [above, below] = split_rows(inside, inside.height - rows);
    (rows >= 2).then_some((above, below))
}

/// Name, value with its unit, its trend, and why it is not known.
fn draw_metrics(screen: &mut Screen<'_>, area: Rect, metrics: &[MetricValue]) {
    let Look { styles, glyphs } = screen.look;
    let today = screen.dates.today();
    let [heading, rows] = split_rows(area, 1);
    let heading = Rect { x: heading.x + 1, width: heading.width.saturating_sub(1), ..heading };
    screen.heading(heading, &Line::styled("Metrics", styles.header));
    // The last row says how many more there are where not all of them fit.
    let fitting =
        if metrics.len() > usize::from(rows.height) { rows.height.saturating_sub(1) } else { rows.height };
    let widest = metrics.iter().map(|metric| text::width(&metric.name)).max().unwrap_or(0);
    let names = u16::try_from(widest).unwrap_or(u16::MAX).min(rows.width / 2);
    for (metric, offset) in metrics.iter().zip(0..fitting) {
        let (x, y) = (rows.x + 3, rows.y + offset);
        let width = rows.width.saturating_sub(3);
        screen.put(x, y, names, &metric.name, styles.base);
        let style = if metric.value.is_some() { styles.strong } else { styles.unknown };
        let mut used =
            names + 1 + screen.put(x + names + 1, y, width.saturating_sub(names + 1), &metric.shown, style);
        let bars = trend::bars(&metric.trend, today, metric.value, TREND);
        let bars: String = bars.into_iter().map(|bar| bar.map_or(" ", |bar| glyphs.bars[bar])).collect();
        // The words say more than the bars, which give way to them.
        let wanted = text::width(&bars) + text::width(&metric.change) + 2;
        let fits = usize::from(used) + wanted <= usize::from(width);
        let bars = if fits { bars.as_str() } else { "" };
        for said in [bars, &metric.change, &metric.why] {
            if !said.is_empty() {
                let room = width.saturating_sub(used + 1);
                used += 1 + screen.put(x + used + 1, y, room, said, styles.muted);
            }
        }
    }
    if let Some(more) = metrics.len().checked_sub(usize::from(fitting)).filter(|more| *more > 0) {
        let said = format!("{more} more in status --format json");
        screen.put(rows.x + 3, rows.y + fitting, rows.width.saturating_sub(3), &said, styles.muted);
    }
}

fn gate_cells(screen: &Screen<'_>, gate: &Gate) -> [(String, Style); 4] {
    let said = states::gate(screen.look, gate.answer);
    [
        (said.mark.to_owned(), said.style),
        // The word stands where there is room for it; the mark always does.
        (said.word.to_owned(), said.style),
        (gate.name.title().to_owned(), screen.look.styles.base),
        (format!("{:MEASURED$} {}", gate.measured, gate.needed), said.style),
    ]
}

/// What was measured, and from cell `column` on what is needed: later in rows whose measure is
/// longer, so that only what is needed is ever cut.
fn measures(screen: &mut Screen<'_>, area: Rect, gate: &Gate, column: usize) {
    let styles = &screen.look.styles;
    let health = &screen.state.board.health;
    let is_stale =
        health.iter().any(|health| gate.sources.contains(&health.id) && health.is_stale(screen.now));
    let style = if is_stale { styles.stale } else { states::gate(screen.look, gate.answer).style };
    let used = screen.put(area.x, area.y, area.width, &gate.measured, style);
    let start = usize::from(used).max(column) as u16 + u16::from(column > 0);
    screen.put(area.x + start, area.y, area.width.saturating_sub(start), &gate.needed, styles.muted);
}

/// Beside the title of one of the two lists: how to get to the other one, where both share a
/// place.
fn shared_note(
    screen: &Screen<'_>,
    places: &[(Section, Rect)],
    other: Section,
    key: Command,
    what: &str,
) -> Line<'static> {
    let styles = &screen.look.styles;
    match screen.key(key) {
        Some(key) if !places.iter().any(|(section, _)| *section == other) => Line::from(vec![
            Span::styled(format!("{key} "), styles.accent),
            Span::styled(what.to_owned(), styles.muted),
        ]),
        _ => Line::default(),
    }
}

fn draw_list(
    screen: &mut Screen<'_>,
    area: Rect,
    insight: &ReleaseInsight,
    focused: bool,
    places: &[(Section, Rect)],
) {
    let Look { styles, glyphs } = screen.look;
    let id = screen.state.listed.list();
    let list = screen.state.list(id);
    let has_stories = insight.has_stories();
    let tally = &insight.tally;
    let open_of = |open: u32, all: u32| vec![Span::styled(format!(" {open} open of {all}"), styles.base)];
    // The same figures as the chart and the gates.
    let (word, of) = match screen.state.listed {
        Listed::Stories if has_stories => {
            ("Stories", open_of(tally.stories.saturating_sub(tally.stories_ready), tally.stories))
        }
        Listed::Stories => {
            let open = tally.pull_requests.saturating_sub(tally.pull_requests_merged);
            ("Pull requests", open_of(open, tally.pull_requests))
        }
        Listed::Defects => {
            let all = insight.stories.iter().filter(|row| row.story.kind == StoryKind::Defect).count();
            let blocking = format!(" {} {} blocking", glyphs.separator, tally.defects_blocking);
            let mut of = open_of(tally.defects_open, u32::try_from(all).unwrap_or(u32::MAX));
            of.push(Span::styled(
                blocking,
                if tally.defects_blocking > 0 { styles.no_go } else { styles.base },
            ));
            ("Defects", of)
        }
        Listed::Tests => ("Tests", tests_list::summary(screen, &insight.suites)),
    };
    let mut spans = vec![Span::styled(word, styles.title)];
    if list.filter.is_empty() {
        spans.extend(of);
        let order = match list.order_name(id) {
            "worst" => "worst first".to_owned(),
            "suite" => "by suite".to_owned(),
            other => format!("by {other}"),
        };
        spans.push(Span::styled(format!(" {} {order}", glyphs.separator), styles.muted));
    } else {
        spans.push(Span::styled(format!(" /{}", list.filter), styles.accent));
        spans.push(Span::styled(format!(" {} of {}", list.shown, list.known), styles.muted));
    }
    if !has_stories && id == ListId::Stories {
        spans.push(Span::styled(format!(" {} no source has stories for it", glyphs.separator), styles.muted));
    }
    let steps = format!("{} to green", words::count(insight.remedies.len(), "step", "steps"));
    let mut note = other_lists(screen, insight);
    let shared = shared_note(screen, places, Section::Remedies, Command::SectionRight, &steps);
    if !shared.spans.is_empty() {
        note.push(Span::styled(" ", styles.muted));
        note.extend(shared.spans);
    }
    let inside = screen.panel(area, &Line::from(spans), &Line::from(note), focused);
    if list.rows.is_empty() {
        let said = match id {
            _ if !list.filter.is_empty() => "no row has these words",
            ListId::Defects => "no defect belongs to it",
            ListId::Tests => "no test run is known for it",
            _ => "no story and no pull request belongs to it yet",
        };
        screen.put(inside.x + 1, inside.y, inside.width.saturating_sub(1), said, styles.muted);
        return;
    }
    match id {
        ListId::Tests => tests_list::draw(screen, inside, focused),
        ListId::Stories if !has_stories => pull_requests::table(screen, id, inside, focused),
        id => stories::draw(screen, id, inside, focused),
    }
}

/// Beside the title of the list: the key that leads to the next one, and what stands in the other
/// two.
fn other_lists(screen: &Screen<'_>, insight: &ReleaseInsight) -> Vec<Span<'static>> {
    let styles = &screen.look.styles;
    let Some(key) = screen.key(Command::NextList) else { return Vec::new() };
    let failed: u32 = insight.suites.iter().map(|suite| suite.failed).sum();
    let tally = &insight.tally;
    let said = |listed: Listed| match listed {
        Listed::Stories if insight.has_stories() => "stories".to_owned(),
        Listed::Stories => "pull requests".to_owned(),
        Listed::Defects => words::count(tally.defects_open as usize, "defect", "defects"),
        Listed::Tests if failed > 0 => words::count(failed as usize, "failed test", "failed tests"),
        Listed::Tests => "tests".to_owned(),
    };
    let at = Listed::ALL.iter().position(|listed| *listed == screen.state.listed).unwrap_or(0);
    let others = (1..Listed::ALL.len()).map(|step| said(Listed::ALL[(at + step) % Listed::ALL.len()]));
    let others = others.collect::<Vec<_>>().join(&format!(" {} ", screen.look.glyphs.separator));
    vec![Span::styled(format!("{key} "), styles.accent), Span::styled(others, styles.muted)]
}

fn draw_remedies(
    screen: &mut Screen<'_>,
    area: Rect,
    insight: &ReleaseInsight,
    focused: bool,
    places: &[(Section, Rect)],
) {
    let Look { styles, glyphs } = screen.look;
    let mut title = vec![Span::styled("What turns it green", styles.title)];
    let note = shared_note(screen, places, Section::Stories, Command::SectionLeft, "stories");
    let unit = format!(" {} moves P85", glyphs.separator);
    let needed = text::width("What turns it green") + text::width(&unit) + line_width(&note) + FRAME;
    if insight.remedies.iter().any(|remedy| remedy.days_saved.is_some()) && needed <= usize::from(area.width)
    {
        title.push(Span::styled(unit, styles.muted));
    }
    let inside = screen.panel(area, &Line::from(title), &note, focused);
    if insight.remedies.is_empty() {
        let said =
            if insight.release.released_at.is_some() { "it went out" } else { "nothing is left to do" };
        screen.put(inside.x + 1, inside.y, inside.width.saturating_sub(1), said, styles.muted);
    }
    let gate_of = |remedy: &Remedy| format!("{} {}", glyphs.right, remedy.turns());
    let actions: Vec<_> = insight.remedies.iter().map(|remedy| screen.words(&remedy.action)).collect();
    // The gates are named where no action has to be cut for it.
    let fits = |(remedy, action): (&Remedy, &Cow<'_, str>)| {
        let needed = text::width(action) + text::width(&gate_of(remedy)) + NUMBER + 3;
        needed <= usize::from(inside.width)
    };
    let with_gates = insight.remedies.iter().zip(&actions).all(fits);
    // Days are few cells: they stand where the gates have no room, too.
    let beside = |remedy: &Remedy| match remedy.days_saved {
        _ if with_gates => Some(gate_of(remedy)),
        Some(days) => Some(format!("{}{days:.1}d", glyphs.minus)),
        None => None,
    };
    screen.list(ListId::Remedies, inside, focused, |screen, row, item| {
        let Row::Remedy(index) = item else { return 0 };
        let at = index as usize;
        let (Some(remedy), Some(action)) = (insight.remedies.get(at), actions.get(at)) else { return 0 };
        let number = format!("{} ", index + 1);
        let used = screen.put(row.x, row.y, row.width, &number, styles.muted);
        let beside = beside(remedy).unwrap_or_default();
        let cells = (text::width(&beside) as u16).min(row.width.saturating_sub(used));
        let room = row.width.saturating_sub(used + cells + u16::from(cells > 0));
        let action = screen.put(row.x + used, row.y, room, action, styles.base);
        screen.put(row.right() - cells, row.y, cells, &beside, styles.muted);
        used + action
    });
}

//! Tab 3: what goes out when, and what is in its way.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{GanttScale, Heading, ListId, Row, SchedulePicture},
    domain::{DeploymentState, Instant},
    insight::{
        DeploymentRow, ForecastView, ReleaseInsight, ScheduleProblemKind, Subject, stories_in_short, words,
    },
};

use super::{
    Look, detail, format,
    headline::{self, Piece},
    screen::Screen,
    states,
    widgets::{
        gantt, month,
        table::{self, Column, Places},
    },
};

const COLUMNS: [Column; 9] = [
    Column::fixed("", 1, 0),
    Column::fixed("when", 21, 0),
    Column::growing("release", 16, 26, 0),
    Column::fixed("goes to", 34, 3),
    Column::figures("window", 6, 7),
    Column::figures("takes", 5, 6),
    Column::fixed("state", 15, 1),
    Column::fixed("forecast", 32, 4),
    Column::growing("problems", 9, 40, 2),
];

/// The last of the columns that name a row.
const RELEASE: usize = 2;
/// The state, and the cells of nearly every state.
const STATE: usize = 6;
const STATE_CELLS: u16 = 11;
/// Releases that are measured for the widths of the columns; the rest are deployments.
const FEW: usize = 30;
/// Rows of the detail pane with its frame.
const DETAIL: u16 = 8;
/// From so many columns on the month leaves room for the list beside it.
const WIDE_MONTH: u16 = 104;
/// From so many rows on the Gantt chart leaves room for the list below it.
const LOW_GANTT: u16 = 16;
/// Cells of the month beside the list, with its frame.
const MONTH: u16 = 25;

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let only_month = screen.state.schedule == SchedulePicture::Month && body.width < WIDE_MONTH;
    // A month whose days have names needs the rows of the detail pane on a small screen.
    let (body, detail_area) =
        if only_month && body.height < 30 { (body, None) } else { detail::split(screen, body, DETAIL) };
    let next_height = if body.height >= 10 && !screen.state.expanded { 3 } else { 0 };
    let top = Rect { height: next_height, ..body };
    if next_height > 0 {
        draw_next(screen, top);
    }
    let main = Rect { y: top.bottom(), height: body.height - next_height, ..body };
    match screen.state.schedule {
        SchedulePicture::Month if !only_month => {
            // The list stays beside the days, so that what is on a day can be selected.
            let width = (main.width * 55 / 100).max(62);
            draw_month(screen, Rect { width, ..main });
            draw_list(screen, Rect { x: main.x + width, width: main.width - width, ..main });
        }
        SchedulePicture::Month => draw_month(screen, main),
        // The list stays below, so that what is on the chart can be selected.
        SchedulePicture::Gantt if main.height >= LOW_GANTT => {
            let height = (main.height / 2).max(8);
            draw_gantt(screen, Rect { height, ..main });
            draw_list(screen, Rect { y: main.y + height, height: main.height - height, ..main });
        }
        SchedulePicture::Gantt => draw_gantt(screen, main),
        SchedulePicture::List if main.width >= 132 => {
            draw_month(screen, Rect { width: MONTH, ..main });
            draw_list(screen, Rect { x: main.x + MONTH, width: main.width - MONTH, ..main });
        }
        SchedulePicture::List => draw_list(screen, main),
    }
    if let Some(area) = detail_area {
        detail::draw(screen, area);
    }
}

fn draw_next(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, glyphs } = screen.look;
    let schedule = &screen.state.board.insight.schedule;
    let next = schedule.next.and_then(|next| schedule.deployments.get(next));
    let running = next.is_some_and(|row| row.deployment.state == DeploymentState::Running);
    let title = Line::styled(if running { "Running" } else { "Next" }, styles.title);
    let inside = screen.panel(area, &title, &Line::default(), false);
    let row = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let Some(next) = next else {
        screen.put(
            row.x,
            row.y,
            row.width,
            "no deployment is planned: a plan says when and where",
            styles.muted,
        );
        return;
    };
    let item = &next.deployment;
    let mut pieces = Vec::new();
    if running {
        let since = item.started_at.map(|at| format!(" since {}", screen.dates.time(at))).unwrap_or_default();
        let said = format!("{} running{since}", glyphs.running);
        pieces.push(Piece::new(0, vec![Span::styled(said, styles.running)]));
    } else {
        let (said, style) = match next.passed() {
            Some(passed) => (passed, styles.at_risk),
            None => (format::countdown(item.window.from, screen.now), styles.strong),
        };
        pieces.push(Piece::new(0, vec![Span::styled(said, style)]));
    }
    let what = item.release.as_ref().map_or_else(|| item.id.to_string(), ToString::to_string);
    pieces.push(Piece::new(
        0,
        vec![
            Span::styled(what, styles.strong),
            Span::styled(format!(" {} {}", glyphs.right, item.environment), styles.base),
        ],
    ));
    if let (true, Some(end)) = (running, next.projected_end) {
        let inside = end >= item.window.from && end <= item.window.until;
        let style = if inside { styles.go } else { styles.at_risk };
        let early = if end < item.window.from { " before its window" } else { "" };
        let said = format!("projected end {}{early}", screen.dates.time(end));
        pieces.push(Piece::new(1, vec![Span::styled(said, style)]));
    }
    pieces.push(Piece::new(2, vec![Span::styled(detail::window(screen, next), styles.base)]));
    if let Some(point) = next.runbook.as_ref().and_then(|runbook| runbook.point_of_no_return.as_ref())
        && running
    {
        let (said, style) = if point.passed {
            ("point of no return PASSED".to_owned(), styles.no_go)
        } else {
            (format!("point of no return {}", screen.dates.time(point.at)), styles.base)
        };
        pieces.push(Piece::new(1, vec![Span::styled(said, style)]));
    }
    let others = next.problems.iter().filter(|problem| problem.kind != ScheduleProblemKind::WindowPassed);
    for problem in others {
        let said = format!("{} {}", glyphs.at_risk, problem.kind.word());
        pieces.push(Piece::new(3, vec![Span::styled(said, styles.at_risk)]));
    }
    if let Some(estimate) = &next.estimate {
        let said = format!(
            "usually {}, P85 {}",
            format::minutes(estimate.p50_minutes),
            format::minutes(estimate.p85_minutes)
        );
        pieces.push(Piece::new(5, vec![Span::styled(said, styles.muted)]));
    }
    let insight = item.release.as_ref().and_then(|id| screen.state.board.release(id));
    if let Some(insight) = insight.filter(|_| !running) {
        let said = states::outlook(screen.look, insight.outlook);
        pieces.push(Piece::new(4, vec![Span::styled(said.full(), said.style)]));
        if let Some(said) = stories_in_short(Some(insight), next.ready_by_start) {
            pieces.push(Piece::new(4, vec![Span::styled(said, styles.base)]));
        }
        let mut now = vec![Span::styled("now ", styles.muted)];
        now.extend(headline::verdict(screen.look, insight, false));
        pieces.push(Piece::new(4, now));
    }
    headline::fold(&mut pieces, usize::from(row.width), 2);
    screen.put_line(row.x, row.y, row.width, &headline::line(pieces, 2));
}

fn draw_month(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    let list = state.list(ListId::Schedule);
    let selected = list.row().and_then(|row| when(screen, row));
    let what = match &list.selected {
        Some(Subject::Deployment(id)) => state.deployment(id).map(|row| {
            let item = &row.deployment;
            let name = item.release.as_ref().map_or_else(|| item.id.as_str(), |release| release.as_str());
            format!("{} {name} {} {}", screen.dates.moment(item.window.from), glyphs.right, item.environment)
        }),
        Some(Subject::Release(id)) => selected.map(|at| format!("{} {id}", screen.dates.day(at))),
        _ => None,
    };
    let note = Line::styled(what.unwrap_or_default(), styles.base);
    let inside = screen.panel(area, &Line::styled("Calendar", styles.title), &note, false);
    let selected = selected.map(|at| screen.dates.date(at));
    let today = screen.dates.today();
    month::draw(
        screen.buffer,
        inside,
        &state.board.insight.schedule.calendar,
        today,
        selected,
        styles,
        glyphs,
    );
}

fn draw_gantt(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    let list = state.list(ListId::Schedule);
    let about = list.row().and_then(|row| when(screen, row)).unwrap_or(screen.now);
    let note = Line::styled(
        format!("{} a cell {} hatched: freeze", cell(state.scale), glyphs.separator),
        styles.muted,
    );
    let title = Line::styled(format!("By environment, {}", state.scale.word()), styles.title);
    let inside = screen.panel(area, &title, &note, false);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
    let board = std::sync::Arc::clone(&state.board);
    let selected = match &list.selected {
        Some(Subject::Deployment(id)) => Some(id),
        _ => None,
    };
    gantt::draw(
        screen,
        inside,
        &gantt::Gantt { insight: &board.insight, scale: state.scale, selected, about },
    );
}

/// How much time a cell stands for, in words.
fn cell(scale: GanttScale) -> &'static str {
    match scale {
        GanttScale::Hours => "15m",
        GanttScale::Days => "1h",
        GanttScale::Weeks => "6h",
        GanttScale::Months => "1d",
    }
}

fn when(screen: &Screen<'_>, row: Row) -> Option<Instant> {
    let insight = &screen.state.board.insight;
    match row {
        Row::Deployment(index) => {
            Some(insight.schedule.deployments.get(index as usize)?.deployment.window.from)
        }
        Row::Release(index) => {
            let release = &insight.releases.get(index as usize)?.release;
            release.released_at.or(release.target.map(|target| target.at))
        }
        _ => None,
    }
}

fn draw_list(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, glyphs } = screen.look;
    let list = screen.state.list(ListId::Schedule);
    let mut spans = vec![Span::styled("Deployments and releases", styles.title)];
    if !list.filter.is_empty() {
        spans.push(Span::styled(format!(" /{}", list.filter), styles.accent));
        spans.push(Span::styled(format!(" {} of {}", list.shown, list.known), styles.muted));
    }
    let order = format!("{} by {}", glyphs.separator, list.order_name(ListId::Schedule));
    spans.push(Span::styled(format!(" {order}"), styles.muted));
    let inside = screen.panel(area, &Line::from(spans), &Line::default(), true);
    if list.rows.is_empty() {
        let said = if list.filter.is_empty() {
            "no source knows a release or a deployment"
        } else {
            "no row has these words"
        };
        screen.put(inside.x + 1, inside.y, inside.width.saturating_sub(1), said, styles.muted);
        return;
    }
    let (heading, body) = table::split(inside);
    let sorted = Some(list.order_name(ListId::Schedule));
    // The same rows whatever the filter and the order, so that the columns stay where they
    // are: those that are still to come, if there are any.
    let insight = &screen.state.board.insight;
    let (releases, deployments) = (&insight.releases, &insight.schedule.deployments);
    let coming_releases = releases.iter().filter(|found| found.release.released_at.is_none());
    let coming = deployments.iter().filter(|found| !found.deployment.state.is_over());
    let mut widest = table::widest(
        coming_releases
            .take(FEW)
            .map(|found| release_cells(screen, found))
            .chain(coming.map(|found| deployment_cells(screen, found))),
        &[],
    );
    if widest == [0; COLUMNS.len()] {
        let releases = releases.iter().take(FEW).map(|found| release_cells(screen, found));
        let deployments = deployments.iter().rev().map(|found| deployment_cells(screen, found));
        widest = table::widest(releases.chain(deployments), &[]);
    }
    // The words of those that are over are as long as any.
    widest[STATE] = widest[STATE].max(STATE_CELLS);
    let places = table::place(&COLUMNS, &widest, sorted, heading.width);
    table::headings(screen, heading, &COLUMNS, &places, sorted, list.reversed);
    screen.list(ListId::Schedule, body, true, |screen, row, item| {
        draw_row(screen, row, item, &places);
        table::until(&places, RELEASE)
    });
}

fn draw_row(screen: &mut Screen<'_>, row: Rect, item: Row, places: &Places) {
    let Look { styles, .. } = screen.look;
    let insight = &screen.state.board.insight;
    match item {
        Row::Heading(Heading::Past(count)) => {
            screen.heading(row, &Line::styled(format!("  {count} over, newest first"), styles.muted));
        }
        Row::Heading(Heading::Undated(count)) => {
            screen.heading(row, &Line::styled(format!("  {count} without a date"), styles.muted));
        }
        Row::Deployment(index) => {
            if let Some(found) = insight.schedule.deployments.get(index as usize) {
                table::cells(screen, row, &COLUMNS, places, &deployment_cells(screen, found));
            }
        }
        Row::Release(index) => {
            if let Some(found) = insight.releases.get(index as usize) {
                table::cells(screen, row, &COLUMNS, places, &release_cells(screen, found));
            }
        }
        _ => {}
    }
}

fn deployment_cells(screen: &Screen<'_>, found: &DeploymentRow) -> [(String, Style); 9] {
    let Look { styles, glyphs } = screen.look;
    let item = &found.deployment;
    let over = item.state.is_over();
    let said = states::deployment(screen.look, item.state);
    let text = if over { styles.muted } else { styles.base };
    let has_problem = !found.problems.is_empty() && !over;
    let (mark, mark_style) =
        if has_problem { (glyphs.at_risk, styles.at_risk) } else { (said.mark, said.style) };
    let name = item.release.as_ref().map_or_else(|| item.id.to_string(), ToString::to_string);
    let calendar = &screen.state.board.policy.calendar;
    let there = found.time_zone.filter(|_| !over);
    let there = there.and_then(|zone| words::time_there(item.window.from, zone, calendar));
    let place = match there {
        Some(there) => format!("{} {there}", item.environment),
        None => item.environment.to_string(),
    };
    let window = u32::try_from(item.window.duration().num_minutes()).unwrap_or(0);
    let estimate = found.estimate.map(|estimate| format::minutes(estimate.p85_minutes)).unwrap_or_default();
    let insight = item.release.as_ref().and_then(|id| screen.state.board.release(id));
    let forecast = match (item.state, found.projected_end) {
        (DeploymentState::Running, Some(end)) => format!("ends {}", screen.dates.time(end)),
        _ if over => String::new(),
        _ => found
            .ready_by_start
            .and_then(|share| stories_in_short(insight.map(|insight| &**insight), Some(share)))
            .unwrap_or_default(),
    };
    let mut kinds: Vec<&str> = found.problems.iter().map(|problem| problem.kind.word()).collect();
    kinds.dedup();
    let problems = if over { String::new() } else { kinds.join(", ") };
    [
        (mark.to_owned(), mark_style),
        (screen.dates.moment(item.window.from), text),
        (name, if over { styles.muted } else { styles.strong }),
        (place, text),
        (format::minutes(window), styles.muted),
        (estimate, styles.muted),
        (said.full(), said.style),
        (forecast, text),
        (problems, styles.at_risk),
    ]
}

fn release_cells(screen: &Screen<'_>, insight: &ReleaseInsight) -> [(String, Style); 9] {
    let Look { styles, .. } = screen.look;
    let release = &insight.release;
    let said = states::outlook(screen.look, insight.outlook);
    let over = release.released_at.is_some();
    let text = if over { styles.muted } else { styles.base };
    let (when, what) = match (release.released_at, release.target) {
        (Some(at), _) => (screen.dates.moment(at), ""),
        (None, Some(target)) if target.estimated => (screen.dates.day(target.at), "est. target"),
        (None, Some(target)) => (screen.dates.moment(target.at), "target"),
        (None, None) => (String::new(), "no target"),
    };
    let forecast = match &insight.forecast {
        ForecastView::Dates { p50, p85, .. } if !over => {
            let day = |at| screen.dates.short_day(at);
            format!("P50 {}, P85 {}", p50.said(day), p85.said(day))
        }
        ForecastView::Ready if !over => "all stories ready".to_owned(),
        _ => String::new(),
    };
    [
        (said.mark.to_owned(), said.style),
        (when, text),
        (release.id.to_string(), text),
        (what.to_owned(), styles.muted),
        (String::new(), text),
        (String::new(), text),
        (said.full(), said.style),
        (forecast, text),
        (String::new(), text),
    ]
}

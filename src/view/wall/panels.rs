//! The panels of a wall: few rows, the worst ones.

use ratatui::{
    layout::{Margin, Rect},
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{Front, Red},
    config::WallPanel,
    domain::ReleaseId,
    insight::{CardStanding, GateAnswer},
    view::{
        Look, format,
        screen::Screen,
        states, text,
        widgets::{burn_down, card},
    },
};

/// A row: a mark, then cells; what is behind the second has no room on a small wall.
type Cells = Vec<(String, Style)>;

/// Draws what is at the front.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    match screen.state.front(screen.now) {
        Front::Alarms => alarms(screen, area),
        Front::Panel(WallPanel::BurnDown) => burn_down(screen, area),
        Front::Panel(WallPanel::Gates) => gates(screen, area),
        Front::Panel(WallPanel::PullRequests) => pull_requests(screen, area),
        Front::Panel(WallPanel::Deployments) => deployments(screen, area),
        Front::Panel(WallPanel::Stories) => stories(screen, area),
        Front::Panel(WallPanel::Insights) => insights(screen, area),
        Front::Nothing => {}
    }
}

/// The frame of a panel; what is inside it.
fn panel(screen: &mut Screen<'_>, area: Rect, title: &str) -> Rect {
    let title = Line::styled(title.to_owned(), screen.look.styles.title);
    screen.panel(area, &title, &Line::default(), false).inner(Margin::new(1, 0))
}

/// Rows in columns; the last column gets the room that is left. Of more than fit the rest is
/// counted.
fn rows(screen: &mut Screen<'_>, area: Rect, rows: &[Cells]) {
    let height = usize::from(area.height);
    if height == 0 || area.width == 0 {
        return;
    }
    let shown = if rows.len() > height { height.saturating_sub(1).max(1) } else { rows.len() };
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().take(shown).filter_map(|row| row.get(column));
            cells.map(|(content, _)| text::width(content)).max().unwrap_or(0)
        })
        .collect();
    // No column takes more than a half from those behind it.
    let most = usize::from(area.width) / 2;
    for (row, y) in rows.iter().take(shown).zip(area.y..) {
        let mut x = area.x;
        for (column, (content, style)) in row.iter().enumerate() {
            let room = area.right().saturating_sub(x);
            let cells =
                if column + 1 == columns { room } else { (widest[column].min(most) as u16).min(room) };
            screen.put(x, y, cells, content, *style);
            x = x.saturating_add(cells + if column == 0 { 1 } else { 2 });
        }
    }
    if shown < rows.len() && shown < height {
        let more = format!("and {} more", rows.len() - shown);
        screen.put(area.x, area.y + shown as u16, area.width, &more, screen.look.styles.muted);
    }
}

fn alarms(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    let found = state.alarms(screen.now);
    let title = Line::from(vec![Span::styled(format!(" {} TURNED RED ", glyphs.no_go), styles.banner)]);
    let inside = screen.panel(area, &title, &Line::default(), true).inner(Margin::new(1, 0));
    let lines: Vec<Cells> = found
        .iter()
        .map(|alarm| {
            let (mark, style) = match alarm.red {
                Red::Outlook(_) => (glyphs.at_risk, styles.at_risk),
                Red::Gate(..) | Red::Deployment(_) => (glyphs.no_go, styles.no_go),
            };
            vec![
                (mark.to_owned(), style),
                (format!("since {}", screen.dates.time(alarm.since)), styles.muted),
                (alarm.name.to_string(), styles.strong),
                (alarm.what.to_string(), style),
            ]
        })
        .collect();
    rows(screen, inside, &lines);
}

fn burn_down(screen: &mut Screen<'_>, area: Rect) {
    let state = screen.state;
    let inside = panel(screen, area, "Burn-down");
    let Some(insight) = state.release() else { return };
    let Look { styles, glyphs } = screen.look;
    let shown = burn_down::Shown { chart: state.chart, focused: false };
    burn_down::draw(screen.buffer, inside, insight, shown, styles, glyphs, screen.dates.today());
}

fn gates(screen: &mut Screen<'_>, area: Rect) {
    let state = screen.state;
    let Some(insight) = state.release() else { return };
    let title = format!("Gates: {}", insight.tally.gates_said());
    let inside = panel(screen, area, &title);
    let mut gates: Vec<_> = insight.gates.iter().collect();
    // The red ones where not all have room.
    gates.sort_by_key(|gate| match gate.answer {
        GateAnswer::NoGo => 0,
        GateAnswer::Unknown => 1,
        GateAnswer::Go => 2,
        GateAnswer::NotNeeded => 3,
    });
    let lines: Vec<Cells> = gates
        .into_iter()
        .map(|gate| {
            let said = states::gate(screen.look, gate.answer);
            let styles = &screen.look.styles;
            vec![
                (said.mark.to_owned(), said.style),
                (gate.name.title().to_owned(), styles.strong),
                (said.word.to_owned(), said.style),
                (gate.measured.to_string(), said.style),
                (gate.needed.to_string(), styles.muted),
            ]
        })
        .collect();
    rows(screen, inside, &lines);
}

fn pull_requests(screen: &mut Screen<'_>, area: Rect) {
    let state = screen.state;
    let inside = panel(screen, area, "Pull requests: most delayed first");
    let Look { styles, glyphs } = screen.look;
    let lines: Vec<Cells> = state
        .delayed()
        .take(usize::from(inside.height) + 1)
        .map(|row| {
            let standing = states::standing(screen.look, row.standing);
            let slack = row.slack_seconds.map(|seconds| format::slack(seconds, glyphs.minus));
            let who = row.next.who.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let next = match (who.is_empty(), row.next.action.is_empty()) {
                (_, true) => String::new(),
                (true, false) => row.next.action.to_string(),
                (false, false) => format!("{who}: {}", row.next.action),
            };
            vec![
                (standing.mark.to_owned(), standing.style),
                (row.pull_request.id.to_string(), styles.strong),
                (slack.unwrap_or_else(|| glyphs.dash.to_owned()), standing.style),
                (next, styles.base),
                (row.pull_request.title.to_string(), styles.muted),
            ]
        })
        .collect();
    rows(screen, inside, &lines);
}

fn deployments(screen: &mut Screen<'_>, area: Rect) {
    let state = screen.state;
    let inside = panel(screen, area, "Next deployments");
    let styles = &screen.look.styles;
    let lines: Vec<Cells> = state
        .coming(screen.now)
        .take(usize::from(inside.height) + 1)
        .map(|row| {
            let deployment = &row.deployment;
            let said = states::deployment(screen.look, deployment.state);
            let what = deployment.release.as_ref().map_or(deployment.id.as_str(), ReleaseId::as_str);
            let problem = row.problems.first();
            let problem = problem.map(|problem| format!("{}: {}", problem.kind.word(), problem.what));
            vec![
                (said.mark.to_owned(), said.style),
                (format::distance(deployment.window.from, screen.now), styles.strong),
                (what.to_owned(), styles.strong),
                (deployment.environment.to_string(), styles.base),
                (screen.dates.moment(deployment.window.from), styles.base),
                (row.passed().or(problem).unwrap_or_default(), styles.at_risk),
            ]
        })
        .collect();
    rows(screen, inside, &lines);
}

fn stories(screen: &mut Screen<'_>, area: Rect) {
    let state = screen.state;
    let inside = panel(screen, area, "Stories: worst first");
    let Look { styles, glyphs } = screen.look;
    let lines: Vec<Cells> = state
        .worst()
        .take(usize::from(inside.height) + 1)
        .map(|row| {
            let mark = if row.attention { glyphs.at_risk } else { " " };
            vec![
                (mark.to_owned(), styles.at_risk),
                (row.story.key.to_string(), styles.strong),
                (row.story.status.to_string(), states::category(screen.look, row.story.category)),
                (row.reason.to_string(), styles.base),
                (row.story.title.to_string(), styles.muted),
            ]
        })
        .collect();
    rows(screen, inside, &lines);
}

/// The card that needs somebody most.
fn insights(screen: &mut Screen<'_>, area: Rect) {
    let state = screen.state;
    let Look { styles, glyphs } = screen.look;
    let rank = |standing| match standing {
        CardStanding::Poor => 0,
        CardStanding::Watch => 1,
        CardStanding::Told => 2,
        CardStanding::Good => 3,
        CardStanding::Unknown => 4,
    };
    let cards = state.insights.study.as_deref().map(|study| study.cards.as_slice()).unwrap_or_default();
    let Some(found) = cards.iter().min_by_key(|card| rank(card.standing)) else {
        let inside = panel(screen, area, "Insights");
        let said = format!("{} reading what the data says", glyphs.running);
        screen.put(inside.x, inside.y, inside.width, &said, styles.running);
        return;
    };
    let inside = panel(screen, area, screen.state.lens.title(found.id));
    let (mark, style) = card::standing(screen.look, found.standing);
    let mut y = inside.y;
    let sentence = format!("{mark} {}", found.sentence);
    for line in text::wrap(&sentence, usize::from(inside.width)) {
        if y >= inside.bottom() {
            return;
        }
        screen.put(inside.x, y, inside.width, &line, style);
        y += 1;
    }
    let rest = Rect { y: y + 1, height: inside.bottom().saturating_sub(y + 1), ..inside };
    card::picture(screen, rest, found);
}

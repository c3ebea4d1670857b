//! The keys that apply here, from the live key map.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::app::{Command, Group};

use crate::view::{
    screen::{Screen, line_width},
    text,
};

/// Cells that the keys of a command take at most.
const KEYS: usize = 18;
/// Cells that a key takes at least.
const KEY: usize = 3;
/// Cells between two columns, and between keys and what they do.
const GAP: usize = 2;

/// Draws the help for the tab below.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, scroll: u16) {
    let styles = &screen.look.styles;
    let state = screen.state;
    let commands: Vec<(Command, String)> = state
        .keys
        .commands(state.tab.context())
        .into_iter()
        .map(|(command, keys)| (command, keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))
        .collect();
    let cells = commands.iter().map(|(_, keys)| text::width(keys)).max().unwrap_or(0).min(KEYS);
    let mut groups: Vec<(Group, Vec<Line<'static>>)> = Vec::new();
    for (command, keys) in commands {
        let line = line(screen, command, &keys, cells);
        match groups.iter_mut().find(|(group, _)| *group == command.group()) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((command.group(), vec![line])),
        }
    }
    groups.sort_by_key(|(group, _)| *group);
    let with_key = state.desk.commands.all().iter().filter_map(|command| Some((command.key?, command)));
    let own: Vec<Line<'static>> = with_key
        .map(|(key, command)| named(screen, &command.name, &key.to_string(), cells.max(KEY)))
        .collect();
    let blocks: Vec<Vec<Line<'static>>> = groups
        .into_iter()
        .map(|(group, mut lines)| {
            lines.insert(0, Line::styled(group.title(), styles.header));
            lines.push(Line::default());
            lines
        })
        .collect();
    let blocks = if own.is_empty() {
        blocks
    } else {
        let heading = Line::styled("Your commands", styles.header);
        let own = [vec![heading], own, vec![Line::default()]].concat();
        [blocks, vec![own]].concat()
    };
    let longest = |lines: &[Line<'_>]| lines.iter().map(line_width).max().unwrap_or(0);
    let [left, right] = halves(blocks.clone());
    let both = longest(&left) + GAP + 1 + longest(&right);
    let lines = if both <= usize::from(super::inner_width(body, u16::MAX)) {
        let start = longest(&left) + GAP + 1;
        side_by_side(left, right, start)
    } else {
        blocks.concat()
    };
    let width = longest(&lines) as u16 + 4;
    let title = Line::from(vec![
        Span::styled("Keys", styles.title),
        Span::styled(format!(" {} {}", screen.look.glyphs.separator, state.tab.title()), styles.muted),
    ]);
    super::text(screen, body, &title, &lines, width, scroll);
}

fn line(screen: &Screen<'_>, command: Command, keys: &str, cells: usize) -> Line<'static> {
    named(screen, command.help(), keys, cells)
}

fn named(screen: &Screen<'_>, does: &str, keys: &str, cells: usize) -> Line<'static> {
    let styles = &screen.look.styles;
    let keys = text::fit(keys, cells, screen.look.glyphs.ellipsis).into_owned();
    let padding = " ".repeat(cells + GAP - text::width(&keys));
    Line::from(vec![
        Span::styled(format!("{keys}{padding}"), styles.accent),
        Span::styled(does.to_owned(), styles.base),
    ])
}

/// Two columns of about the same length; a group is not torn apart.
fn halves(blocks: Vec<Vec<Line<'static>>>) -> [Vec<Line<'static>>; 2] {
    let total: usize = blocks.iter().map(Vec::len).sum();
    let (mut left, mut right): (Vec<Line<'static>>, Vec<Line<'static>>) = (Vec::new(), Vec::new());
    for block in blocks {
        let fits = left.len() + block.len() / 2 <= total / 2;
        if right.is_empty() && fits { left.extend(block) } else { right.extend(block) }
    }
    let rows = left.len().max(right.len());
    left.resize(rows, Line::default());
    right.resize(rows, Line::default());
    [left, right]
}

/// One line out of two, the second from cell `start` on.
fn side_by_side(left: Vec<Line<'static>>, right: Vec<Line<'static>>, start: usize) -> Vec<Line<'static>> {
    left.into_iter()
        .zip(right)
        .map(|(line, other)| {
            let padding = " ".repeat(start.saturating_sub(line_width(&line)));
            let mut spans = styled(line);
            spans.push(Span::raw(padding));
            spans.extend(styled(other));
            Line::from(spans)
        })
        .collect()
}

/// The spans of a line with the line's own style in each.
fn styled(line: Line<'static>) -> Vec<Span<'static>> {
    let style = line.style;
    line.spans.into_iter().map(|span| Span::styled(span.content, style.patch(span.style))).collect()
}

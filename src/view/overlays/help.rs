//! The keys that apply here, from the live key map.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::app::{Command, Group};

use crate::view::{screen::Screen, text};

/// Cells of one column.
const COLUMN: usize = 54;
/// Cells of the keys in it.
const KEYS: usize = 18;

/// Draws the help for the tab below.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, scroll: u16) {
    let styles = &screen.look.styles;
    let state = screen.state;
    let commands = state.keys.commands(state.tab.context());
    let mut groups: Vec<(Group, Vec<Line<'static>>)> = Vec::new();
    for (command, keys) in commands {
        let line = line(screen, command, &keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        match groups.iter_mut().find(|(group, _)| *group == command.group()) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((command.group(), vec![line])),
        }
    }
    groups.sort_by_key(|(group, _)| *group);
    let blocks: Vec<Vec<Line<'static>>> = groups
        .into_iter()
        .map(|(group, mut lines)| {
            lines.insert(0, Line::styled(group.title(), styles.header));
            lines.push(Line::default());
            lines
        })
        .collect();
    let two = usize::from(body.width) >= 2 * COLUMN + 8;
    let lines = if two { side_by_side(blocks) } else { blocks.concat() };
    let width = if two { 2 * COLUMN as u16 + 4 } else { COLUMN as u16 + 6 };
    let title = Line::from(vec![
        Span::styled("Keys", styles.title),
        Span::styled(format!(" {} {}", screen.look.glyphs.separator, state.tab.title()), styles.muted),
    ]);
    super::text(screen, body, &title, &lines, width, scroll);
}

fn line(screen: &Screen<'_>, command: Command, keys: &str) -> Line<'static> {
    let styles = &screen.look.styles;
    let keys = text::fit(keys, KEYS - 2, screen.look.glyphs.ellipsis).into_owned();
    let padding = " ".repeat(KEYS - text::width(&keys));
    Line::from(vec![
        Span::styled(format!("{keys}{padding}"), styles.accent),
        Span::styled(command.help(), styles.base),
    ])
}

/// Two columns of about the same length; a group is not torn apart.
fn side_by_side(blocks: Vec<Vec<Line<'static>>>) -> Vec<Line<'static>> {
    let total: usize = blocks.iter().map(Vec::len).sum();
    let (mut left, mut right): (Vec<Line<'static>>, Vec<Line<'static>>) = (Vec::new(), Vec::new());
    for block in blocks {
        let fits = left.len() + block.len() / 2 <= total / 2;
        if right.is_empty() && fits { left.extend(block) } else { right.extend(block) }
    }
    let rows = left.len().max(right.len());
    left.resize(rows, Line::default());
    right.resize(rows, Line::default());
    left.into_iter()
        .zip(right)
        .map(|(mut line, other)| {
            let used = crate::view::screen::line_width(&line);
            line.spans.push(Span::raw(" ".repeat(COLUMN.saturating_sub(used))));
            line.spans.extend(other.style_spans());
            line
        })
        .collect()
}

/// The spans of a line with the line's own style in each.
trait StyleSpans {
    fn style_spans(self) -> Vec<Span<'static>>;
}

impl StyleSpans for Line<'static> {
    fn style_spans(self) -> Vec<Span<'static>> {
        let style = self.style;
        self.spans.into_iter().map(|span| Span::styled(span.content, style.patch(span.style))).collect()
    }
}

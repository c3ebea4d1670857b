//! The command palette.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{ListId, OwnCommand, Palette, PaletteEntry, Row},
    view::{
        footer,
        screen::Screen,
        widgets::table::{self, Column},
    },
};

const COLUMNS: [Column; 3] = [
    Column::growing("command", 16, 24, 0),
    Column::growing("does", 24, 60, 1),
    Column::growing("key", 3, 12, 2),
];

/// Rows that are shown at most: more is typed away.
const MOST: usize = 14;

/// Draws the line that is typed and the entries that match.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, palette: &Palette) {
    let styles = &screen.look.styles;
    let list = screen.state.list(ListId::Palette);
    let (shown, known) = (list.shown, list.known);
    let title = Line::from(vec![
        Span::styled("Commands", styles.title),
        Span::styled(format!(" {shown} of {known}"), styles.muted),
    ]);
    let inside = super::frame(screen, body, &title, 84, MOST + 1);
    let prompt = Rect { height: 1, ..inside };
    footer::typed(screen, prompt, ":", &palette.input);
    let rows = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    if shown == 0 {
        screen.put(rows.x + 1, rows.y, rows.width, "no command is called so", styles.muted);
    }
    let state = screen.state;
    let own = state.desk.commands.all();
    let entries = PaletteEntry::all().map(|entry| cells(screen, entry));
    let widest = table::widest(entries.chain(own.iter().map(|command| own_cells(screen, command))), &[]);
    let places = table::place(&COLUMNS, &widest, None, rows.width.saturating_sub(1));
    screen.list(ListId::Palette, rows, true, |screen, row, item| {
        let shown = match item {
            Row::Palette(index) => PaletteEntry::at(index).map(|entry| cells(screen, entry)),
            Row::Own(index) => own.get(index as usize).map(|command| own_cells(screen, command)),
            _ => None,
        };
        let Some(shown) = shown else { return 0 };
        table::cells(screen, row, &COLUMNS, &places, &shown);
        table::until(&places, 0)
    });
}

fn own_cells(screen: &Screen<'_>, command: &OwnCommand) -> [(String, Style); 3] {
    let styles = &screen.look.styles;
    let key = command.key.map(|key| key.to_string()).unwrap_or_default();
    [(command.name.to_string(), styles.base), (command.does().to_owned(), styles.muted), (key, styles.accent)]
}

fn cells(screen: &Screen<'_>, entry: PaletteEntry) -> [(String, Style); 3] {
    let styles = &screen.look.styles;
    let key = match entry {
        PaletteEntry::Command(command) => screen.key(command).unwrap_or_default(),
        _ => String::new(),
    };
    [(entry.name().to_owned(), styles.base), (entry.help().to_owned(), styles.muted), (key, styles.accent)]
}

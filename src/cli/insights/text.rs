//! Cards as lines for people.

use std::fmt::Write as _;

use crate::insight::{Card, Lens, Study};

/// Rows of each card that are printed; the rest is counted.
const ROWS: usize = 12;

pub(super) fn study(study: &Study, lens: Lens) -> String {
    study.cards.iter().map(|it| card(it, lens)).collect::<Vec<_>>().join("\n")
}

fn card(card: &Card, lens: Lens) -> String {
    let mut out = format!("{} ({})\n  {}\n", lens.title(card.id), card.standing.word(), card.sentence);
    for note in card.remarks() {
        let _ = writeln!(out, "  note: {note}");
    }
    let headings = card.columns.iter().map(|column| column.title.to_owned()).collect();
    // The table of the readers bounds the others.
    let most = if lens == Lens::All { ROWS } else { card.rows.len() };
    let rows = card.rows.iter().take(most).map(|row| row.cells.iter().map(ToString::to_string).collect());
    let lines: Vec<Vec<String>> = std::iter::once(headings).chain(rows).collect();
    let width = |index: usize| {
        let cells = lines.iter().filter_map(|line| line.get(index));
        cells.map(|cell| unicode_width::UnicodeWidthStr::width(cell.as_str())).max().unwrap_or(0)
    };
    let lines = if card.rows.is_empty() { &lines[..0] } else { &lines[..] };
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let mut written = String::from("   ");
        for (index, (cell, column)) in line.iter().zip(&card.columns).enumerate() {
            let fill =
                " ".repeat(width(index).saturating_sub(unicode_width::UnicodeWidthStr::width(cell.as_str())));
            let _ = if column.is_figure {
                write!(written, " {fill}{cell} ")
            } else {
                write!(written, " {cell}{fill} ")
            };
        }
        let _ = writeln!(out, "{}", written.trim_end());
    }
    if card.rows.len() > most {
        let _ = writeln!(out, "    and {} more", card.rows.len() - most);
    }
    out
}

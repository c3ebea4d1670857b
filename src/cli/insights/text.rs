//! Cards as lines for people.

use std::fmt::Write as _;

use crate::insight::{Card, Study};

/// Rows of each card that are printed; the rest is counted.
const ROWS: usize = 12;

pub(super) fn study(study: &Study) -> String {
    study.cards.iter().map(card).collect::<Vec<_>>().join("\n")
}

fn card(card: &Card) -> String {
    let mut out = format!("{} ({})\n  {}\n", card.id.title(), card.standing.word(), card.sentence);
    for note in card.remarks() {
        let _ = writeln!(out, "  note: {note}");
    }
    let headings = card.columns.iter().map(|column| column.title.to_owned()).collect();
    let rows = card.rows.iter().take(ROWS).map(|row| row.cells.iter().map(ToString::to_string).collect());
    let lines: Vec<Vec<String>> = std::iter::once(headings).chain(rows).collect();
    let width = |index: usize| {
        let cells = lines.iter().filter_map(|line| line.get(index));
        cells.map(|cell| unicode_width::UnicodeWidthStr::width(cell.as_str())).max().unwrap_or(0)
    };
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
    if card.rows.len() > ROWS {
        let _ = writeln!(out, "    and {} more", card.rows.len() - ROWS);
    }
    out
}

//! The report as Markdown.

use std::fmt::Write as _;

use crate::markdown::{bare_table, escape};

use super::document::{Block, Cell, Document, Figure, Section, Span, Table, Tile, Tone};

/// The deepest heading.
const DEEPEST: usize = 5;

pub(super) fn written(document: &Document) -> String {
    let mut out = format!("# {}\n\n{}\n", escape(&document.title), escape(&document.as_of));
    document.head.blocks.iter().for_each(|one| block(&mut out, one));
    document.sections.iter().for_each(|one| section(&mut out, one, 2));
    let _ = writeln!(out, "\n---\n\n{}", escape(&document.foot));
    out
}

fn section(out: &mut String, section_of: &Section, level: usize) {
    let badges: Vec<String> = section_of.badges.iter().map(marked).collect();
    let beside = if badges.is_empty() { String::new() } else { format!(": {}", badges.join(", ")) };
    let _ = writeln!(out, "\n{} {}{beside}", "#".repeat(level.min(DEEPEST)), escape(&section_of.title));
    section_of.blocks.iter().for_each(|one| block(out, one));
    section_of.sections.iter().for_each(|one| section(out, one, level + 1));
}

fn block(out: &mut String, block: &Block) {
    match block {
        Block::Lead(spans) => {
            let said: Vec<String> = spans.iter().map(marked).collect();
            let _ = writeln!(out, "\n**{}**", said.join(" "));
        }
        Block::Line(spans) => {
            let said: Vec<String> = spans.iter().map(marked).collect();
            let _ = writeln!(out, "\n{}", said.join(" "));
        }
        Block::Note(said) => {
            let _ = writeln!(out, "\n{}", span(said));
        }
        Block::Warning(said) => {
            let _ = writeln!(out, "\n> **Warning**: {}", span(said));
        }
        Block::List { title, items, more } => {
            if !title.is_empty() {
                let _ = writeln!(out, "\n**{}**", escape(title));
            }
            out.push('\n');
            for item in items {
                let _ = writeln!(out, "- {}", marked(item));
            }
            and_more(out, *more);
        }
        Block::Table(one) => table(out, one),
        Block::Figure(Figure { title, description, .. }) => {
            let _ = writeln!(out, "\n*{}*: {}", escape(title), escape(description));
        }
        Block::Tiles { tiles: of, more } => {
            tiles(out, of);
            and_more(out, *more);
        }
    }
}

fn table(out: &mut String, table: &Table) {
    if !table.caption.is_empty() {
        let _ = writeln!(out, "\n**{}**", escape(&table.caption));
    }
    let titles: Vec<String> = table.columns.iter().map(|column| escape(&column.title)).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    out.push_str(&bare_table(&titles, &rows));
    and_more(out, table.more);
}

fn tiles(out: &mut String, tiles: &[Tile]) {
    let rows: Vec<Vec<String>> = tiles
        .iter()
        .map(|tile| {
            vec![
                escape(&tile.name.text),
                marked(&tile.outlook),
                marked(&tile.verdict),
                escape(&tile.target),
                escape(&tile.forecast),
                escape(&tile.counted),
                escape(&tile.first),
            ]
        })
        .collect();
    let headings = ["Release", "Outlook", "Now", "Target", "Forecast", "Done", "First"];
    out.push_str(&bare_table(&headings, &rows));
}

fn cell(cell: &Cell) -> String {
    cell.iter().map(marked).collect::<Vec<_>>().join("<br>")
}

/// With the mark that stands for its colour.
fn marked(said: &Span) -> String {
    match said.tone {
        Tone::Plain | Tone::Quiet => span(said),
        tone => format!("{} {}", escape(tone.mark()), span(said)),
    }
}

fn span(span: &Span) -> String {
    let text = escape(&span.text);
    match span.link.as_deref().filter(|link| !link.starts_with('#')) {
        // Within a table a bar would end the cell, within `<>` an angle the address.
        Some(link) => {
            let link = link.replace('|', "%7C").replace('<', "%3C").replace('>', "%3E").replace('\\', "%5C");
            format!("[{text}](<{link}>)")
        }
        None => text,
    }
}

fn and_more(out: &mut String, more: usize) {
    if more > 0 {
        let _ = writeln!(out, "\n… and {more} more");
    }
}

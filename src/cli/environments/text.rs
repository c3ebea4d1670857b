//! Environments as lines for people.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::Table;

pub(super) fn written(tables: &[Table]) -> String {
    let tables: Vec<String> = tables.iter().filter(|table| !table.rows.is_empty()).map(one).collect();
    if tables.is_empty() {
        return "no source knows an environment: a plan says which there are, and who has them\n".to_owned();
    }
    tables.join("\n")
}

fn one(table: &Table) -> String {
    let heading: Vec<String> = table.columns.iter().map(|title| (*title).to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&heading).chain(&table.rows).collect();
    let width = |index: usize| lines.iter().filter_map(|line| line.get(index)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..heading.len()).map(|index| width(index).unwrap_or(0)).collect();
    let mut out = format!("{}\n", table.title);
    for line in &lines {
        let mut written = String::from("  ");
        for (index, cell) in line.iter().enumerate() {
            let fill = " ".repeat(widths.get(index).copied().unwrap_or(0).saturating_sub(cell.width()) + 2);
            let _ = write!(written, "{cell}{fill}");
        }
        let _ = writeln!(out, "{}", written.trim_end());
    }
    out
}

//! A trace as Markdown.

use std::fmt::Write as _;

use crate::{
    cli::status::markdown::escape,
    insight::{Trace, TracePart},
};

use super::because;

pub(super) fn trace(trace: &Trace) -> String {
    let mut out = format!("# {}\n\n{}\n", escape(&trace.title), escape(&trace.answer));
    let mut part = None;
    for link in &trace.links {
        if part != Some(link.part) {
            part = Some(link.part);
            out.push('\n');
            if link.part != TracePart::Way {
                let _ = writeln!(out, "## {}\n", link.part.title());
            }
        }
        let indent = "  ".repeat(usize::from(link.depth));
        let state = if link.state.is_empty() { String::new() } else { format!(" {}", escape(&link.state)) };
        let because = because(link);
        let because = if because.is_empty() { String::new() } else { format!(" *({})*", escape(&because)) };
        let _ = writeln!(out, "{indent}- {} **{}**{state}{because}", link.kind.word(), escape(&link.name));
    }
    for note in &trace.notes {
        let _ = writeln!(out, "\n> {}", escape(note));
    }
    out
}

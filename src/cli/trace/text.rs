//! A trace as lines for people.

use std::fmt::Write as _;

use crate::insight::{Trace, TracePart};

use super::because;

pub(super) fn trace(trace: &Trace) -> String {
    let mut out = format!("{}\n{}\n", trace.title, trace.answer);
    let mut part = None;
    for link in &trace.links {
        if part != Some(link.part) {
            part = Some(link.part);
            out.push('\n');
            if link.part != TracePart::Way {
                let _ = writeln!(out, "{}", link.part.title());
            }
        }
        let indent = "  ".repeat(usize::from(link.depth) + 1);
        let state = if link.state.is_empty() { String::new() } else { format!("  {}", link.state) };
        let _ = writeln!(out, "{indent}{} {}{state}", link.kind.word(), link.name);
        let because = because(link);
        if !because.is_empty() {
            let _ = writeln!(out, "{indent}  because {because}");
        }
    }
    for note in &trace.notes {
        let _ = writeln!(out, "\nnote: {note}");
    }
    out
}

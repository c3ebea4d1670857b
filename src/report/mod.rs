//! The whole board as one page, for those who have no terminal.
//!
//! Pure: a [`Board`] and its [`Study`] become a document (`document`: sections, tables,
//! pictures), made part by part in `parts`, which is then written as HTML (`html`, with
//! pictures as SVG by `charts`) or as Markdown (`markdown`). Every figure is one that the
//! board, the views and the cards have; nothing is worked out here. The same board gives the
//! same bytes.

mod charts;
mod document;
mod html;
mod markdown;
mod parts;
#[cfg(test)]
mod tests;

use crate::{
    domain::ReleaseId,
    insight::{Board, Lens, Study},
};

/// What is written, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The board.
    pub board: &'a Board,
    /// Its cards.
    pub study: &'a Study,
    /// The release that it is about; none: all of them.
    pub release: Option<&'a ReleaseId>,
    /// Who reads it.
    pub lens: Lens,
}

impl Report<'_> {
    /// One HTML page that needs nothing else: no script, no file, no network.
    pub fn html(&self) -> String {
        html::written(&parts::document(self))
    }

    /// The same as Markdown, with the text alternatives of its pictures.
    pub fn markdown(&self) -> String {
        markdown::written(&parts::document(self))
    }
}

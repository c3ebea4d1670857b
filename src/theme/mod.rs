//! How the board looks: palettes as data, resolved into styles and characters by meaning.
//!
//! A [`Theme`] names colours by role. [`Styles`] is what views draw with: one style for each
//! meaning, in the colours that the terminal has. [`Glyphs`] is the same for characters.
//! Colour never stands alone: every state has a mark and a word, too.

mod color;
mod contrast;
mod glyphs;
mod palette;
mod shipped;
mod styles;

pub use color::{ColorDepth, ThemeColor};
pub use contrast::{LEAST_OF_LINES, LEAST_OF_TEXT, Weak};
pub use glyphs::{GlyphSet, Glyphs};
pub use palette::{Role, Theme, ThemeError};
pub use shipped::{SHIPPED, shipped};
pub use styles::Styles;

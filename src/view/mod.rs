//! Drawing.

mod widgets;

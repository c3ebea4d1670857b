//! A small language that picks items: `is:open severity:>=high -label:"can wait" age:>3d`.
//!
//! A query is a row of terms, all of which must hold. A term is `field:value`, with a
//! comparison before the value where the field has an order, several values separated by
//! commas of which one must hold, or a text that the title or the key contains. A minus
//! before a term turns it round. `field:none` asks for what has no value.
//!
//! An answer is yes, no, or that nobody knows: a status that no source explains is neither
//! done nor open, so a gate over it does not say go.
//!
//! Pure: parsing knows no board, matching knows no clock.

mod complete;
mod fields;
mod item;
mod matching;
mod parse;
#[cfg(test)]
mod tests;

pub(crate) use complete::{Completion, complete};
pub(crate) use fields::{Field, Kind as FieldKind};
pub(crate) use item::{Amount, Item};
pub(crate) use matching::{Glance, Needle, Query, Reach, SaidOf};
pub(crate) use parse::{QueryError, measured_field, parse, parse_for};

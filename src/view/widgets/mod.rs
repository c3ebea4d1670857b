//! Parts that several tabs are made of.

pub(crate) mod burn_down;
pub(crate) mod month;

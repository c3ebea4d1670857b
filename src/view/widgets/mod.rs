//! Parts that several tabs are made of.

pub(crate) mod burn_down;
pub(crate) mod card;
pub(crate) mod gantt;
pub(crate) mod month;
pub(crate) mod runbook;
pub(crate) mod table;
pub(crate) mod trend;

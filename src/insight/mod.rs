//! What the facts mean: pure functions of what is known and of now.

pub mod forecast;

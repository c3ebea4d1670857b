//! Whether, and when, to ask again: a pure function.

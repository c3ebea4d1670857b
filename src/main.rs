//! The `tminus` program: everything is in the library.

fn main() {}

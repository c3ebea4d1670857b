//! Benchmarks: `cargo bench`.

fn main() {}

//! Learns the shipped prior: `cargo run --example learn-prior`, after a change of
//! `data/forecast/releases.csv` or of the features.

use std::{fs, path::Path};

use tminus::insight::forecast::learn_prior;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    #[expect(clippy::disallowed_methods, reason = "a tool for those who build the program, not part of it")]
    let items = fs::File::open(root.join("data/forecast/releases.csv"))?;
    let prior = learn_prior(items)?;
    #[expect(clippy::disallowed_methods, reason = "a tool for those who build the program, not part of it")]
    fs::write(root.join("src/insight/forecast/prior.csv"), prior)?;
    Ok(())
}

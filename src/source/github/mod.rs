//! The source `github`.

mod deployments;
mod labels;
mod naming;
mod pull_requests;
mod releases;
mod remote;
mod rules;
mod stories;
mod wire;

pub use labels::LabelSettings;
pub use remote::parse_remote;

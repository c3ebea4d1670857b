//! What the whole of insight says of small worlds, and what must hold in any.

mod assume;
mod builds;
mod closer_look;
mod explain;
mod gates;
mod generated;
mod learned;
mod membership;
mod observed;
mod pull_requests;
mod releases;
mod remedies;
mod schedule;
mod slots;
mod stage_cases;
mod trace;
mod unchanged;

//! The source against a GitLab on loopback. Shapes of its answers: GitLab's `doc/api/*.md`.

mod attention;
mod bodies;
mod closer;
mod faults;
mod looking;
mod operations;
mod rounds;
mod service;

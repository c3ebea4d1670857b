//! The source against a GitLab on loopback. Shapes of its answers: GitLab's `doc/api/*.md`.

mod faults;
mod operations;
mod rounds;
mod service;

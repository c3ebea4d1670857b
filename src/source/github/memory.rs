//! What is known, across restarts: with it and the validators of the client the first round
//! after a restart asks only whether anything has changed.
//!
//! ```text
//! version (1) │ digest of what was asked of whom (32) │ crc32 of the rest (4) │ postcard
//! ```
//!
//! The digest is over host, repositories, what the settings select and the GraphQL documents:
//! what was read with other ones is left, and everything is read anew. Labels, base branches
//! and projects are not part of it: they say what it means, not what was read.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{documents::Document, graphql::Dialect, known::Known, settings::GithubSettings};
use crate::source::http::Validators;

/// Changes with the types in `wire.rs`, `known.rs` and `findings.rs`.
const VERSION: u8 = 4;
/// Version, digest and checksum.
const HEAD: usize = 1 + 32 + 4;

/// What is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Memory<'a> {
    /// In the order of the repositories.
    pub(super) known: Cow<'a, [Known]>,
    pub(super) dialect: Cow<'a, Dialect>,
    pub(super) validators: Validators,
}

/// What was asked of whom.
fn digest(settings: &GithubSettings) -> [u8; 32] {
    let mut digest = Sha256::new();
    let mut add = |part: &str| {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    };
    add(&settings.host);
    add(&settings.recent_days.to_string());
    for repository in &settings.repositories {
        add(&repository.owner);
        add(&repository.name);
    }
    add("searches");
    for search in &settings.search {
        add(search);
    }
    add("documents");
    for document in Document::ALL {
        add(document.source());
    }
    digest.finalize().into()
}

/// As bytes; none if it cannot be written.
pub(super) fn pack(memory: &Memory<'_>, settings: &GithubSettings) -> Option<Vec<u8>> {
    let head = [&[VERSION][..], &digest(settings), &[0; 4]].concat();
    let mut packed = postcard::to_extend(memory, head).ok()?;
    let checksum = crc32fast::hash(packed.get(HEAD..)?);
    packed.get_mut(HEAD - 4..HEAD)?.copy_from_slice(&checksum.to_le_bytes());
    Some(packed)
}

/// From bytes; none if it is of another version, of other settings, or damaged.
pub(super) fn unpack(packed: &[u8], settings: &GithubSettings) -> Option<Memory<'static>> {
    let (head, body) = packed.split_at_checked(HEAD)?;
    let expected = [&[VERSION][..], &digest(settings), &crc32fast::hash(body).to_le_bytes()].concat();
    if head != expected {
        return None;
    }
    let memory: Memory<'static> = postcard::from_bytes(body).ok()?;
    (memory.known.len() == settings.repositories.len()).then_some(memory)
}

//! Repositories made object by object.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use gix::{ObjectId, objs::Write};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{Facts, Instant},
    source::{
        Answer, SourceError,
        git::{GitSettings, round},
    },
};

/// The instant that counts as now: day 325 of 2026.
pub(super) fn now() -> Instant {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// Noon of a day of 2026, counted from 0, in seconds since 1970.
pub(super) fn noon(day: i64) -> i64 {
    1_767_225_600 + day * 24 * 3600 + 12 * 3600
}

/// A repository in the making.
pub(super) struct Maker {
    pub(super) directory: TempDir,
    repository: gix::Repository,
    /// The repository itself.
    pub(super) git: PathBuf,
}

pub(super) type Files<'a> = &'a [(&'a str, &'a str)];

impl Maker {
    pub(super) fn new() -> Self {
        Self::of_kind(gix::create::Kind::WithWorktree)
    }

    pub(super) fn of_kind(kind: gix::create::Kind) -> Self {
        let directory = TempDir::new().unwrap();
        let repository = gix::ThreadSafeRepository::init_opts(
            directory.path().join("api"),
            kind,
            gix::create::Options::default(),
            gix::open::Options::isolated(),
        )
        .unwrap()
        .to_thread_local();
        let git = repository.git_dir().to_owned();
        Self { directory, repository, git }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("api")
    }

    pub(super) fn object(&self, kind: gix::objs::Kind, bytes: &[u8]) -> ObjectId {
        self.repository.objects.write_buf(kind, bytes).unwrap()
    }

    pub(super) fn tree(&self, files: Files<'_>) -> ObjectId {
        let mut entries: BTreeMap<String, (&str, ObjectId)> = BTreeMap::new();
        let mut directories: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (path, content) in files {
            if let Some((directory, rest)) = path.split_once('/') {
                directories.entry(directory).or_default().push((rest, content));
            } else {
                let id = self.object(gix::objs::Kind::Blob, content.as_bytes());
                entries.insert((*path).to_owned(), ("100644", id));
            }
        }
        for (name, files) in directories {
            entries.insert(name.to_owned(), ("40000", self.tree(&files)));
        }
        let mut bytes = Vec::new();
        for (name, (mode, id)) in entries {
            bytes.extend(format!("{mode} {name}\0").bytes());
            bytes.extend(id.as_slice());
        }
        self.object(gix::objs::Kind::Tree, &bytes)
    }

    pub(super) fn raw(
        &self,
        parents: &[ObjectId],
        author: &str,
        committer: &str,
        message: &[u8],
        files: Files<'_>,
    ) -> ObjectId {
        let mut bytes = format!("tree {}\n", self.tree(files)).into_bytes();
        for parent in parents {
            bytes.extend(format!("parent {parent}\n").bytes());
        }
        bytes.extend(format!("author {author}\ncommitter {committer}\n\n").bytes());
        bytes.extend(message);
        self.object(gix::objs::Kind::Commit, &bytes)
    }

    pub(super) fn with_files(
        &self,
        parents: &[ObjectId],
        day: i64,
        message: &str,
        files: Files<'_>,
    ) -> ObjectId {
        let who = format!("Ada <ada@example.com> {} +0100", noon(day));
        self.raw(parents, &who, &who, message.as_bytes(), files)
    }

    /// A commit with a file of its own.
    pub(super) fn commit(&self, parents: &[ObjectId], day: i64, message: &str) -> ObjectId {
        self.with_files(parents, day, message, &[(message.split('\n').next().unwrap_or("x"), "")])
    }

    pub(super) fn reference(&self, name: &str, value: impl std::fmt::Display) {
        let path = self.git.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{value}\n")).unwrap();
    }

    pub(super) fn main(&self, id: ObjectId) {
        self.reference("refs/heads/main", id);
    }

    pub(super) fn tag(&self, name: &str, id: ObjectId) {
        self.reference(&format!("refs/tags/{name}"), id);
    }

    pub(super) fn annotated(&self, name: &str, id: ObjectId, day: i64) {
        let bytes = format!(
            "object {id}\ntype commit\ntag {name}\ntagger Ada <ada@example.com> {} +0000\n\nout\n",
            noon(day)
        );
        let tag = self.object(gix::objs::Kind::Tag, bytes.as_bytes());
        self.tag(name, tag);
    }

    pub(super) fn read_with(&self, change: impl FnOnce(&mut GitSettings)) -> Arc<Facts> {
        let mut settings = GitSettings::new(self.path());
        change(&mut settings);
        match run(&settings, &mut round::Memory::default()) {
            Ok(Answer::Facts(facts)) => facts,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn read(&self) -> Arc<Facts> {
        self.read_with(|_| {})
    }
}

/// One round that remembers in `memory`.
pub(super) fn run(settings: &GitSettings, memory: &mut round::Memory) -> Result<Answer, SourceError> {
    round::run(settings, memory, now(), &CancellationToken::new(), &|_| {})
}

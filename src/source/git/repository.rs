//! Opening a repository, and what its references are now.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use gix::{ObjectId, bstr::ByteSlice};

use super::GitSettings;
use crate::{
    domain::{Problem, Text},
    source::{SourceError, Watched, home},
};

/// Base branches that are tried where none is configured and the remote names none.
const USUAL_BASES: [&str; 3] = ["main", "master", "trunk"];
/// Remotes that are asked for a base branch, first one first.
const REMOTES: [&str; 2] = ["origin", "upstream"];

/// Opens the repository that `path` is part of.
///
/// Only the repository's own configuration is read, no environment, and nothing of it is ever
/// executed: whom its files belong to does not matter, and no git program is looked for.
/// Replaced objects are read as they were first written.
pub(crate) fn open(path: &Path) -> Result<gix::Repository, SourceError> {
    let options = || gix::open::Options::isolated().cli_overrides(["core.useReplaceRefs=false"]);
    let discovery = gix::discover::upwards::Options {
        trust: gix::discover::upwards::TrustPolicy::Assume(gix::sec::Trust::Full),
        cross_fs: true,
        ..Default::default()
    };
    let trust = gix::sec::trust::Mapping { full: options(), reduced: options() };
    let place = path.display();
    match gix::ThreadSafeRepository::discover_opts(path, discovery, trust) {
        Ok(repository) => Ok(repository.to_thread_local()),
        Err(_) if !path.exists() => Err(SourceError::Refused(Problem::new(
            format!("there is no directory {place}"),
            "correct the path of the git source, or clone the repository there",
        ))),
        Err(error) if error.to_string().contains("Could not find a git repository") => {
            Err(SourceError::Refused(Problem::new(
                format!("no git repository at {place} or above it"),
                "run tminus inside a repository, correct the path of the git source, or `git init`",
            )))
        }
        Err(error) => Err(SourceError::Refused(Problem::new(
            format!("the repository at {place} cannot be opened: {error}"),
            "look at it with `git status` and `git fsck`",
        ))),
    }
}

/// What the repository is called: by its remote, else by its directory.
pub(crate) fn name(repository: &gix::Repository) -> String {
    let config = repository.config_snapshot();
    // What it was forked from is what its issues and pull requests are called after.
    let remote = home::REMOTES
        .iter()
        .filter_map(|remote| config.string(format!("remote.{remote}.url").as_str()))
        .find_map(|url| name_in_url(&url.to_str_lossy()));
    remote.unwrap_or_else(|| {
        let common = real(repository.common_dir());
        let is_hidden = common.file_name().is_some_and(|name| name == ".git");
        let directory = match repository.workdir() {
            _ if is_hidden => common.parent().map(Path::to_owned).unwrap_or(common),
            Some(directory) if repository.kind() != gix::repository::Kind::LinkedWorkTree => real(directory),
            _ => common,
        };
        let name = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.strip_suffix(".git").unwrap_or(&name);
        if name.is_empty() { "repository".to_owned() } else { name.to_owned() }
    })
}

/// Names and addresses of its remotes.
pub(crate) fn remotes(repository: &gix::Repository) -> Vec<(String, String)> {
    let config = repository.config_snapshot();
    let address = |name: &str| config.string(format!("remote.{name}.url").as_str());
    let names = repository.remote_names();
    let names = names.iter().map(|name| name.to_str_lossy().into_owned());
    names
        .filter_map(|name| {
            let address = address(&name)?.to_str_lossy().into_owned();
            Some((name, address))
        })
        .collect()
}

/// Where its working tree begins, or itself if it has none.
pub(crate) fn root(repository: &gix::Repository) -> PathBuf {
    real(repository.workdir().unwrap_or_else(|| repository.common_dir()))
}

/// What changes when a reference does.
pub(crate) fn watched(repository: &gix::Repository) -> Vec<Watched> {
    let common = real(repository.common_dir());
    vec![
        Watched::File(real(repository.git_dir()).join("HEAD")),
        Watched::File(common.join("packed-refs")),
        Watched::Tree(common.join("refs")),
    ]
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// `api` of `git@host:group/api.git`, `https://host/group/api/` and `../api`.
fn name_in_url(url: &str) -> Option<String> {
    let trimmed = url.trim_end_matches('/');
    let name = trimmed.rsplit(['/', ':', '\\']).next()?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    (!name.is_empty() && name != "." && name != "..").then(|| name.to_owned())
}

/// Where HEAD points to.
#[derive(Clone, Debug, Hash)]
pub(crate) enum Head {
    /// A branch, by its name.
    Branch(String),
    /// A commit.
    Detached(ObjectId),
}

/// A reference that names a version, perhaps.
#[derive(Clone, Debug, Hash)]
pub(crate) struct TagReference {
    /// Its name without `refs/tags/`.
    pub(crate) name: String,
    /// The tag object, or the commit where there is none.
    pub(crate) id: ObjectId,
}

/// A branch, here or as a remote last told.
#[derive(Clone, Debug, Hash)]
pub(crate) struct BranchReference {
    /// Its name, without that of the remote.
    pub(crate) name: String,
    /// The remote that it is at; none: it is ours.
    pub(crate) remote: Option<String>,
    /// Its newest commit.
    pub(crate) id: ObjectId,
}

/// All references that matter, as they were in one moment.
#[derive(Clone, Debug)]
pub(crate) struct References {
    /// Where HEAD points to.
    pub(crate) head: Head,
    /// Tags.
    pub(crate) tags: Vec<TagReference>,
    /// Branches.
    pub(crate) branches: Vec<BranchReference>,
    /// Branch that each remote calls its main one.
    main_branches: HashMap<String, String>,
    /// How many references could not be read.
    pub(crate) unreadable: usize,
    /// Where history was cut off, sorted; empty in a complete clone.
    pub(crate) shallow: Vec<ObjectId>,
}

impl References {
    /// Reads all references.
    pub(crate) fn read(repository: &gix::Repository) -> Result<Self, SourceError> {
        let failed = |error: &dyn std::fmt::Display| {
            SourceError::Failed(Problem::new(
                format!("the references of {} cannot be read: {error}", repository.common_dir().display()),
                "look at them with `git fsck` and `git for-each-ref`",
            ))
        };
        let head = match repository.head().map_err(|error| failed(&error))?.kind {
            gix::head::Kind::Symbolic(reference) => {
                Head::Branch(reference.name.shorten().to_str_lossy().into_owned())
            }
            gix::head::Kind::Unborn(name) => Head::Branch(name.shorten().to_str_lossy().into_owned()),
            gix::head::Kind::Detached { target, .. } => Head::Detached(target),
        };
        let mut shallow: Vec<ObjectId> = repository
            .shallow_commits()
            .ok()
            .flatten()
            .map(|commits| commits.iter().copied().collect())
            .unwrap_or_default();
        shallow.sort();
        let mut references = Self {
            head,
            tags: Vec::new(),
            branches: Vec::new(),
            main_branches: HashMap::new(),
            unreadable: 0,
            shallow,
        };
        let remotes: Vec<String> =
            repository.remote_names().iter().map(|name| name.to_str_lossy().into_owned()).collect();
        let platform = repository.references().map_err(|error| failed(&error))?;
        for reference in platform.all().map_err(|error| failed(&error))? {
            match reference {
                Ok(reference) => references.add(&reference, &remotes),
                Err(_) => references.unreadable += 1,
            }
        }
        Ok(references)
    }

    fn add(&mut self, reference: &gix::Reference<'_>, remotes: &[String]) {
        let full = reference.name().as_bstr().to_str_lossy();
        if let Some(rest) = full.strip_prefix("refs/remotes/") {
            let configured = remotes.iter().find_map(|remote| {
                rest.strip_prefix(remote.as_str())?.strip_prefix('/').map(|name| (remote.as_str(), name))
            });
            let Some((remote, name)) = configured.or_else(|| rest.split_once('/')) else { return };
            match reference.target() {
                gix::refs::TargetRef::Object(id) => self.branches.push(BranchReference {
                    name: name.to_owned(),
                    remote: Some(remote.to_owned()),
                    id: id.to_owned(),
                }),
                gix::refs::TargetRef::Symbolic(target) if name == "HEAD" => {
                    let target = target.as_bstr().to_str_lossy();
                    let prefix = format!("refs/remotes/{remote}/");
                    if let Some(main) = target.strip_prefix(prefix.as_str()) {
                        self.main_branches.insert(remote.to_owned(), main.to_owned());
                    }
                }
                gix::refs::TargetRef::Symbolic(_) => {}
            }
            return;
        }
        let Some(id) = reference.try_id().map(gix::Id::detach) else { return };
        if let Some(name) = full.strip_prefix("refs/tags/") {
            self.tags.push(TagReference { name: name.to_owned(), id });
        } else if let Some(name) = full.strip_prefix("refs/heads/") {
            self.branches.push(BranchReference { name: name.to_owned(), remote: None, id });
        }
    }

    /// Differs when any reference does. Only for comparing within one run of the program.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.head.hash(&mut hasher);
        self.tags.hash(&mut hasher);
        self.branches.hash(&mut hasher);
        self.shallow.hash(&mut hasher);
        self.unreadable.hash(&mut hasher);
        let mut main_branches: Vec<_> = self.main_branches.iter().collect();
        main_branches.sort();
        main_branches.hash(&mut hasher);
        hasher.finish()
    }

    fn find(&self, name: &str, remote: Option<&str>) -> Option<ObjectId> {
        self.branches
            .iter()
            .find(|branch| branch.name == name && branch.remote.as_deref() == remote)
            .map(|branch| branch.id)
    }

    /// The newest state of branch `name`: ours if a remote does not have it or ours continues
    /// what the remote has, else the remote's. What was not pushed yet counts; what was not
    /// pulled yet, too.
    fn resolve(&self, repository: &gix::Repository, name: &str) -> Option<ObjectId> {
        let ours = self.find(name, None);
        let theirs = REMOTES.iter().find_map(|remote| self.find(name, Some(remote)));
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                let fork = repository.merge_base(ours, theirs).ok().flatten().map(gix::Id::detach);
                Some(if fork == Some(theirs) { ours } else { theirs })
            }
            (ours, theirs) => ours.or(theirs),
        }
    }
}

/// The branch that releases are made from.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// Its name, or the short hash of the commit that stands for it.
    pub(crate) name: Text,
    /// Its newest commit.
    pub(crate) id: ObjectId,
}

/// Finds the base branch: the configured one, the one that the remote calls its main one,
/// `main`, `master` or `trunk`, the one that is checked out, the commit that is checked out.
/// None in a repository without commits. With what was wrong on the way.
pub(crate) fn base(
    repository: &gix::Repository,
    references: &References,
    settings: &GitSettings,
) -> (Option<Base>, Vec<Problem>) {
    let mut problems = Vec::new();
    let resolve =
        |name: &str| references.resolve(repository, name).map(|id| Base { name: Text::new(name), id });
    if let Some(configured) = &settings.base {
        let name = configured
            .strip_prefix("refs/heads/")
            .or_else(|| REMOTES.iter().find_map(|remote| configured.strip_prefix(remote)?.strip_prefix('/')))
            .unwrap_or(configured);
        if let Some(base) = resolve(name) {
            return (Some(base), problems);
        }
        if !references.branches.is_empty() {
            problems.push(Problem::new(
                format!("there is no branch \"{configured}\", which is configured as the base"),
                "correct `base` of the git source, or `git fetch`",
            ));
        }
    }
    let told = REMOTES.iter().filter_map(|remote| references.main_branches.get(*remote)).map(String::as_str);
    let checked_out = match &references.head {
        Head::Branch(name) => Some(name.as_str()),
        Head::Detached(_) => None,
    };
    if let Some(base) = told.chain(USUAL_BASES).chain(checked_out).find_map(resolve) {
        return (Some(base), problems);
    }
    match &references.head {
        Head::Detached(id) => {
            let name = Text::new(id.to_hex_with_len(10).to_string());
            let problem = Problem::new(
                format!("HEAD is detached at {name} and no branch is known as the base"),
                "set `base` of the git source, or check out the branch that releases are made from",
            );
            problems.push(problem.losing_nothing());
            (Some(Base { name, id: *id }), problems)
        }
        Head::Branch(name) if !references.branches.is_empty() => {
            let problem = Problem::new(
                format!("the branch that is checked out, \"{name}\", has no commits, and no base is known"),
                "set `base` of the git source to the branch that releases are made from",
            );
            problems.push(problem.losing_nothing());
            (None, problems)
        }
        Head::Branch(name) => {
            let problem = Problem::new(
                format!("the repository at {} has no commits on \"{name}\" yet", root(repository).display()),
                "make a first commit, or `git fetch`",
            );
            problems.push(problem.losing_nothing());
            (None, problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_repository() {
        for (url, name) in [
            ("git@host.example:group/api.git", Some("api")),
            ("https://host.example/group/api/", Some("api")),
            ("ssh://git@host.example:22/group/api.git/", Some("api")),
            ("host:api", Some("api")),
            ("../api", Some("api")),
            ("..", None),
            ("", None),
            ("/.git", None),
        ] {
            assert_eq!(name_in_url(url).as_deref(), name, "{url}");
        }
    }
}

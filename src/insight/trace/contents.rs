//! Whether a release contains a pull request, and why.

use std::{cmp::Ordering, collections::HashMap};

use crate::{
    domain::{Deployment, PullRequest, PullRequestState, Text, version::VersionTag},
    insight::{arrival::can_take, context::Context, membership::Membership, words},
};

use super::Certainty;

/// Whether something is in a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// It is, and why.
    Yes(String, Certainty),
    /// It is not, and why.
    No(String),
    /// Nobody can tell, and why.
    Unknown(String),
}

impl Holds {
    pub(super) fn is_yes(&self) -> bool {
        matches!(self, Self::Yes(..))
    }
}

/// A release that something first came into.
#[derive(Clone, Debug)]
pub(super) struct Home {
    /// Position of the release.
    pub(super) release: usize,
    /// Why.
    pub(super) because: String,
    /// How sure that is.
    pub(super) certainty: Certainty,
}

/// Which releases contain what.
pub(super) struct Contents<'a, 'b> {
    context: &'b Context<'a>,
    membership: &'b Membership,
    versions: Vec<Option<VersionTag>>,
    /// By position: the lowest higher version of the same line of releases that was out before.
    beside: Vec<Option<usize>>,
    /// Why a pull request belongs to a release, by position of the pull request.
    belongs: HashMap<usize, Vec<(usize, &'b Text)>>,
    taken_by: Vec<Vec<usize>>,
}

impl<'a, 'b> Contents<'a, 'b> {
    pub(super) fn of(context: &'b Context<'a>, membership: &'b Membership) -> Self {
        let releases = &context.releases;
        let versions: Vec<Option<VersionTag>> = releases
            .iter()
            .map(|release| {
                // The version is what the tag means; a tag that names none is no help either.
                let of = |name: &str| VersionTag::parse(name, &release.project);
                of(&release.version).or_else(|| release.tag.as_deref().and_then(of))
            })
            .collect();
        let mut belongs: HashMap<usize, Vec<(usize, &Text)>> = HashMap::new();
        for (release, members) in membership.pull_requests.iter().enumerate() {
            for member in members {
                belongs.entry(member.item).or_default().push((release, &member.belongs));
            }
        }
        let mut taken_by = vec![Vec::new(); releases.len()];
        for (taker, taken) in membership.taken_over.iter().enumerate() {
            for &taken in taken {
                taken_by[taken].push(taker);
            }
        }
        let mut by_project: HashMap<&Text, Vec<usize>> = HashMap::new();
        for (index, release) in releases.iter().enumerate() {
            by_project.entry(&release.project).or_default().push(index);
        }
        let mut contents =
            Self { context, membership, versions, beside: vec![None; releases.len()], belongs, taken_by };
        for line in by_project.values() {
            for &release in line {
                contents.beside[release] = contents.made_beside(release, line);
            }
        }
        contents
    }

    /// The lowest version above that of `release` that went out before it: what comes after that
    /// one was not made of `release`.
    fn made_beside(&self, release: usize, line: &[usize]) -> Option<usize> {
        let out = self.context.releases[release].released_at?;
        let higher = line.iter().copied().filter(|other| {
            self.order(*other, release) == Some(Ordering::Greater)
                && self.context.releases[*other].released_at.is_some_and(|at| at < out)
        });
        higher.reduce(|low, other| if self.order(other, low) == Some(Ordering::Less) { other } else { low })
    }

    /// How the versions of two releases of one project stand to each other; none where they
    /// cannot be compared.
    pub(super) fn order(&self, one: usize, other: usize) -> Option<Ordering> {
        let releases = &self.context.releases;
        if one == other {
            return Some(Ordering::Equal);
        }
        if releases[one].project != releases[other].project {
            return None;
        }
        let (one, other) = (self.versions[one].as_ref()?, self.versions[other].as_ref()?);
        (one.family == other.family).then(|| one.version.cmp(&other.version))
    }

    /// Whether two releases, or those that they take over, are of one project.
    pub(super) fn are_related(&self, one: usize, other: usize) -> bool {
        let project = |index: usize| &self.context.releases[index].project;
        self.membership
            .names(one)
            .any(|mine| self.membership.names(other).any(|theirs| project(mine) == project(theirs)))
    }

    /// The releases that a pull request first came into: what the commits say, else what its
    /// milestone, its story or its branch say. None of what is not merged.
    pub(super) fn homes(&self, pull_request: usize) -> Vec<Home> {
        let request: &PullRequest = self.context.pull_requests[pull_request];
        if request.state != PullRequestState::Merged {
            return Vec::new();
        }
        if let Some(release) = request.release.as_ref().and_then(|id| self.context.release(id)) {
            let commit = request.merge_commit.as_ref();
            let what = commit.map_or("its merge commit".to_owned(), |full| {
                format!("merge commit {}", words::commit(full))
            });
            let mut homes =
                vec![Home { release, because: format!("it contains {what}"), certainty: Certainty::Said }];
            let name = &self.context.releases[release].id;
            homes.extend(self.taken_by[release].iter().map(|taker| Home {
                release: *taker,
                because: format!("it takes over {name}, which contains {what}"),
                certainty: Certainty::Said,
            }));
            return homes;
        }
        let belongs = self.belongs.get(&pull_request).map(Vec::as_slice).unwrap_or_default();
        let in_time = |release: usize| {
            let out = self.context.releases[release].released_at;
            out.is_none_or(|out| request.merged_at.is_some_and(|merged| merged <= out))
        };
        belongs
            .iter()
            .filter(|(release, _)| in_time(*release))
            .map(|(release, belongs)| Home {
                release: *release,
                because: format!("{belongs}, no source says which commits it contains"),
                certainty: Certainty::Inferred,
            })
            .collect()
    }

    /// Whether what first came into `homes` is in `release`.
    pub(super) fn holds(&self, release: usize, homes: &[Home]) -> Holds {
        let mut best = Holds::Unknown("no source says which release contains it".to_owned());
        let mut is_known = false;
        if let Some(home) = homes.iter().find(|home| home.release == release) {
            return Holds::Yes(home.because.clone(), home.certainty);
        }
        for home in homes {
            for name in self.membership.names(release) {
                let Some(found) = self.follows(name, home) else { continue };
                match (&found, &best) {
                    (Holds::Yes(..), _) => return found,
                    // Of two lines one that cannot be told leaves it open.
                    (Holds::Unknown(_), _) | (Holds::No(_), Holds::No(_)) => best = found,
                    (Holds::No(_), Holds::Unknown(_)) if !is_known => best = found,
                    (Holds::No(_), _) => {}
                }
                is_known = true;
            }
        }
        best
    }

    /// Whether `deployment`, of `release`, took along what first came into `homes`: a deployment that
    /// began before the merge of `request` did not, whatever its release contains.
    pub(super) fn took(
        &self,
        release: usize,
        homes: &[Home],
        deployment: &Deployment,
        request: Option<&PullRequest>,
    ) -> Holds {
        let late = request.filter(|request| !can_take(deployment, request));
        match (self.holds(release, homes), late) {
            (Holds::Yes(..) | Holds::Unknown(_), Some(request)) => {
                Holds::No(format!("{} began before {} was merged", deployment.id, request.id))
            }
            (held, _) => held,
        }
    }

    /// What the order of versions says of `release`; none where it says nothing.
    fn follows(&self, release: usize, home: &Home) -> Option<Holds> {
        let (asked, first) = (&self.context.releases[release], &self.context.releases[home.release]);
        match self.order(release, home.release)? {
            Ordering::Equal => Some(Holds::Yes(home.because.clone(), home.certainty)),
            Ordering::Less => Some(Holds::No(format!("{} comes before {}", asked.version, first.version))),
            Ordering::Greater => {
                let was_before = matches!(
                    (asked.released_at, first.released_at), (Some(asked), Some(first)) if asked < first
                );
                if was_before || (asked.released_at.is_some() && first.released_at.is_none()) {
                    return Some(Holds::No(format!("{} went out before {}", asked.version, first.version)));
                }
                let beside = self.beside[home.release];
                if let Some(other) =
                    beside.filter(|other| self.order(release, *other) != Some(Ordering::Less))
                {
                    let other = &self.context.releases[other].version;
                    return Some(Holds::Unknown(format!(
                        "{} was made beside {other}: nobody says whether its changes came over",
                        first.version
                    )));
                }
                let why = format!("by version order: {} comes after {}", asked.version, first.version);
                Some(Holds::Yes(why, Certainty::Inferred))
            }
        }
    }
}

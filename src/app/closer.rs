//! What is read and worked out of a pull request only while it is looked at: asked for when its
//! detail is shown, kept for a while, never asked for in the past.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
};

use chrono::Duration;

use crate::{
    domain::{Instant, Problem, PullRequestDetail, PullRequestId},
    insight::{CloserLook, Completeness, Insight, OpenThreads, Subject},
    source::reading::{PullRequestPlace, Readers},
};

use super::{Effect, Overlay, State, Tab, operations};

/// Details that are kept, the ones read last.
const MOST_KEPT: usize = 40;
/// After so many seconds what could not be read is asked for again, if it is still looked at.
const AGAIN_SECONDS: i64 = 60;

/// A pull request, as it was at its last change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// Which one.
    pub id: PullRequestId,
    /// Its last change.
    pub updated_at: Option<Instant>,
}

/// What came of reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closely {
    /// It is being read.
    Reading,
    /// This is what it says.
    Read(Arc<PullRequestDetail>),
    /// Why it could not be read, and when.
    Failed(Problem, Instant),
}

/// What was read and worked out of pull requests that were looked at.
#[derive(Clone, Debug, Default)]
pub struct Closer {
    /// Who reads.
    pub(crate) readers: Readers,
    /// The ones asked for last at the end.
    kept: VecDeque<(Version, Closely)>,
    look: Option<(PullRequestId, Arc<CloserLook>)>,
    /// Of which board, and of what, the last look was asked for.
    asked: Option<(Weak<Insight>, PullRequestId)>,
}

impl Closer {
    /// Nothing read yet.
    pub(crate) fn by(readers: Readers) -> Self {
        Self { readers, ..Self::default() }
    }

    fn get(&self, version: &Version) -> Option<&Closely> {
        self.kept.iter().find(|(known, _)| known == version).map(|(_, closely)| closely)
    }

    fn put(&mut self, version: Version, closely: Closely) {
        self.kept.retain(|(known, _)| *known != version);
        while self.kept.len() >= MOST_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((version, closely));
    }
}

impl State {
    /// What a pull request says; none where nobody reads it. While a newer version is being read
    /// the one before is shown.
    pub fn closely(&self, id: &PullRequestId) -> Option<&Closely> {
        let closer = &self.closer;
        let version = self.version(id)?;
        match closer.get(&version) {
            Some(Closely::Reading) | None => {
                let before = closer
                    .kept
                    .iter()
                    .rev()
                    .find(|(known, closely)| known.id == *id && matches!(closely, Closely::Read(_)));
                before.map(|(_, closely)| closely).or_else(|| closer.get(&version))
            }
            found => found,
        }
    }

    /// What was worked out of a pull request, if it is the one looked at last.
    pub fn closer_look(&self, id: &PullRequestId) -> Option<&CloserLook> {
        self.closer.look.as_ref().filter(|(known, _)| known == id).map(|(_, look)| &**look)
    }

    fn version(&self, id: &PullRequestId) -> Option<Version> {
        let updated_at = self.pull_request(id)?.pull_request.updated_at;
        Some(Version { id: id.clone(), updated_at })
    }

    /// The pull request whose detail is on the screen.
    fn looked_at(&self) -> Option<&PullRequestId> {
        let subject = match self.overlays.last() {
            Some(Overlay::Item { subject, .. }) => Some(subject),
            None if self.tab == Tab::PullRequests && self.detail.on && !self.expanded => {
                self.detail.subject.as_ref()
            }
            _ => None,
        };
        match subject {
            Some(Subject::PullRequest(id)) => Some(id),
            _ => None,
        }
    }

    /// The threads of a pull request that are left open, as far as they are known of it as it is
    /// now. What is not read and `is_asked_for` counts as being read, where somebody can.
    pub(super) fn open_threads(&self, id: &PullRequestId, is_asked_for: bool) -> OpenThreads<'_> {
        match self.version(id).and_then(|version| self.closer.get(&version)) {
            Some(Closely::Read(detail)) => OpenThreads::Read(detail),
            Some(Closely::Reading) => OpenThreads::Reading,
            None if is_asked_for && self.place(id).is_some_and(|it| self.closer.readers.know(&it)) => {
                OpenThreads::Reading
            }
            Some(Closely::Failed(..)) | None => OpenThreads::NotTold,
        }
    }

    fn place(&self, id: &PullRequestId) -> Option<PullRequestPlace> {
        let pull_request = &self.pull_request(id)?.pull_request;
        Some(PullRequestPlace {
            repository: pull_request.repository.clone(),
            number: pull_request.number?,
            base: pull_request.base.clone(),
        })
    }

    /// Asks for what is not known yet of the pull request that is looked at, and of those that
    /// somebody is about to merge.
    pub(super) fn look_closer(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if self.board.completeness == Completeness::Preview {
            return;
        }
        for id in operations::about_to_merge(self) {
            self.read_detail(&id, now, effects);
        }
        let Some(id) = self.looked_at().cloned() else { return };
        let is_asked = self.closer.asked.as_ref().is_some_and(|(insight, known)| {
            *known == id && std::ptr::eq(insight.as_ptr(), Arc::as_ptr(&self.board.insight))
        });
        if !is_asked {
            self.closer.asked = Some((Arc::downgrade(&self.board.insight), id.clone()));
            effects.push(Effect::LookCloser { board: Arc::clone(&self.board), id: id.clone() });
        }
        self.read_detail(&id, now, effects);
    }

    fn read_detail(&mut self, id: &PullRequestId, now: Instant, effects: &mut Vec<Effect>) {
        // What is said today of what was then would be wrong.
        if self.past.is_some() || self.opening.is_some() {
            return;
        }
        let Some(version) = self.version(id) else { return };
        let is_due = match self.closer.get(&version) {
            None => true,
            Some(Closely::Failed(_, at)) => now - *at >= Duration::seconds(AGAIN_SECONDS),
            Some(_) => false,
        };
        if let Some(place) = self.place(id).filter(|place| is_due && self.closer.readers.know(place)) {
            self.closer.put(version.clone(), Closely::Reading);
            effects.push(Effect::ReadDetail { version, place });
        }
    }

    /// What [`Effect::LookCloser`] found.
    pub(super) fn looked_closer(&mut self, id: PullRequestId, look: Arc<CloserLook>) {
        self.closer.look = Some((id, look));
    }

    /// What [`Effect::ReadDetail`] found.
    pub(super) fn detail_read(
        &mut self,
        version: Version,
        answer: Result<Arc<PullRequestDetail>, Problem>,
        now: Instant,
    ) {
        let closely = match answer {
            Ok(detail) => Closely::Read(detail),
            Err(problem) => Closely::Failed(problem, now),
        };
        self.closer.put(version, closely);
        self.weigh_merges(now);
    }

    /// Works out anew what speaks against what somebody is about to merge.
    fn weigh_merges(&mut self, now: Instant) {
        let mut overlays = std::mem::take(&mut self.overlays);
        operations::weigh(self, &mut overlays, now);
        self.overlays = overlays;
    }
}

//! Where a release that went out runs and what it contained; what is in an environment.

use std::{cmp::Ordering, collections::BTreeSet};

use crate::{
    domain::{Deployment, DeploymentState, EnvironmentId, Instant, Text},
    insight::{Subject, words},
};

use super::{
    Certainty, Trace, TraceKind, TraceLink, TracePart, Tracer,
    brings::Said,
    environments::{There, ended, told_since},
    link,
};

/// When a release was in a place.
struct Stay<'a> {
    place: &'a EnvironmentId,
    /// The deployment that brought it.
    by: &'a Deployment,
    since: Instant,
    /// What followed it there, and when.
    then: Option<(usize, Instant)>,
}

impl<'a> Tracer<'a, '_> {
    /// Where a release runs or ran, and what it contained; none if it neither went out nor was
    /// deployed anywhere.
    pub(super) fn held(&self, release: usize) -> Option<Trace> {
        let described = self.context.releases[release];
        let stays: Vec<Stay<'a>> =
            self.places().into_iter().filter_map(|place| self.stay(release, place)).collect();
        if stays.is_empty() && described.released_at.is_none() {
            return None;
        }
        let mut links = vec![self.release_link(0, release, "as asked")];
        let mut said = Vec::new();
        for stay in &stays {
            let state = match stay.then {
                None => format!("since {}", self.moment(stay.since)),
                Some((next, until)) => {
                    let next = &self.context.releases[next].id;
                    format!("{} to {}, then {next}", self.moment(stay.since), self.moment(until))
                }
            };
            said.push(match stay.then {
                None => format!("in {} {state}", stay.place),
                Some((_, until)) => format!("in {} until {}", stay.place, self.moment(until)),
            });
            let kind = TraceKind::Environment;
            links.push(TraceLink {
                subject: Some(Subject::Deployment(stay.by.id.clone())),
                at: Some(stay.since),
                ..link(1, kind, stay.place.as_str(), state, format!("{} succeeded", stay.by.id))
            });
        }
        if stays.is_empty() {
            let what = "no source knows a deployment of it that succeeded";
            links.push(link(1, TraceKind::End, "not deployed", "", what));
            said.push("no deployment of it is known".to_owned());
        }
        let (found, _) = self.compared(release, None, None);
        let mut contained: Vec<Said> = found
            .into_iter()
            .filter(|one| one.0 == TracePart::Brings)
            .map(|(_, request, because, certainty)| (TracePart::Contains, request, because, certainty))
            .collect();
        contained.sort_by_key(|one| (self.context.pull_requests[one.1].merged_at, one.1));
        let mut items = self.part(TracePart::Contains, &contained.iter().collect::<Vec<_>>());
        let alone = self.by_tracker_alone(release, None).into_iter();
        items.extend(alone.map(|link| TraceLink { part: TracePart::Contains, ..link }));
        let stories = items.iter().filter(|one| one.kind == TraceKind::Story).count();
        links.extend(items);
        let answer = format!(
            "{}; it contained {} and {}",
            said.join(", "),
            words::count(stories, "story", "stories"),
            words::count(contained.len(), "pull request", "pull requests")
        );
        Some(Trace {
            title: Text::new(described.id.as_str()),
            answer: Text::new(answer),
            links,
            notes: Vec::new(),
        })
    }

    /// When a release was in a place: since it last came there from another one.
    fn stay(&self, release: usize, place: &'a EnvironmentId) -> Option<Stay<'a>> {
        let mut past = self.to(place, |other| self.contents.are_related(other, release));
        past.retain(|(_, one)| one.state == DeploymentState::Succeeded);
        past.sort_by(|(_, one), (_, other)| (ended(one), &one.id).cmp(&(ended(other), &other.id)));
        let last = past.iter().rposition(|(other, _)| *other == release)?;
        // Deployed once more, it is there since the first time.
        let first = past[..last].iter().rposition(|(other, _)| *other != release).map_or(0, |it| it + 1);
        let by = past[first].1;
        let then = past.get(last + 1).map(|(next, one)| (*next, ended(one)));
        Some(Stay { place, by, since: ended(by), then })
    }

    /// What of each project, or of `only` one, is in an environment, what is newer elsewhere, and what
    /// comes next.
    pub(super) fn environment(&self, id: &EnvironmentId, only: Option<&Text>) -> Result<Trace, Text> {
        let places = self.places();
        let Some(place) = places.iter().copied().find(|place| **place == *id) else {
            return Err(Text::new(format!("no source knows an environment {id}")));
        };
        let project = |release: usize| &self.context.releases[release].project;
        let projects: BTreeSet<&Text> =
            self.to(place, |_| true).into_iter().map(|(release, _)| project(release)).collect();
        let projects = projects.into_iter().filter(|name| only.is_none_or(|only| only == *name));
        let mut links = Vec::new();
        let mut notes = Vec::new();
        let (mut here, mut coming) = (0_usize, Vec::new());
        for name in projects {
            let is_meant = |release: usize| project(release) == name;
            let there = self.there(place, is_meant, None);
            let depth = u8::from(there.is_some());
            if let Some(there) = &there {
                here += 1;
                links.push(self.here_link(there));
                notes.extend(told_since(self, there).map(Text::new));
                links.extend(self.newer_elsewhere(there, place));
            }
            if let Some((_, next)) = self.next(place, is_meant, |_| true) {
                links.push(self.deployment_link(depth, next, "planned", Certainty::Said));
                coming.push(next);
            }
        }
        coming.sort_by_key(|next| (next.window.from, &next.id));
        let next = coming.first().map_or("nothing is planned to come".to_owned(), |next| {
            let what = next.release.as_ref().map_or(next.id.as_str(), |release| release.as_str());
            let from = next.window.from;
            format!("next {what} {}, {}", self.moment(from), words::countdown(from, self.now))
        });
        let here = match here {
            0 => "nothing is known to be here".to_owned(),
            _ if only.is_some() => {
                links.first().map_or_else(String::new, |link| format!("{} is {}", link.name, link.state))
            }
            here => format!("{} here", words::count(here, "component", "components")),
        };
        if links.is_empty() {
            let what = "no deployment of a release to it succeeded, and none is planned";
            links.push(link(0, TraceKind::End, "nothing", "", what));
        }
        Ok(Trace {
            title: match only {
                Some(name) => Text::new(format!("{name} on {place}")),
                None => place.text().clone(),
            },
            answer: Text::new(format!("{here}; {next}")),
            links,
            notes,
        })
    }

    fn here_link(&self, there: &There<'_>) -> TraceLink {
        let at = ended(there.deployment);
        TraceLink {
            at: Some(at),
            subject: Some(Subject::Deployment(there.deployment.id.clone())),
            ..link(
                0,
                TraceKind::Release,
                self.context.releases[there.release].id.as_str(),
                format!("here since {}", self.moment(at)),
                format!("{} succeeded", there.deployment.id),
            )
        }
    }

    /// The newest version that is in another place and comes after the one that is here.
    fn newer_elsewhere(&self, there: &There<'_>, place: &EnvironmentId) -> Option<TraceLink> {
        let is_newer = |release| self.contents.order(release, there.release) == Some(Ordering::Greater);
        let elsewhere = self.places().into_iter().filter(|other| *other != place).filter_map(|other| {
            let found = self.there(other, is_newer, None)?;
            Some((found.release, other, ended(found.deployment)))
        });
        let (release, other, at) = elsewhere.reduce(|newest, found| {
            let order = self.contents.order(found.0, newest.0);
            if order == Some(Ordering::Greater) { found } else { newest }
        })?;
        let because = format!("it is newer and in {other} since {}", self.moment(at));
        Some(TraceLink { certainty: Certainty::Inferred, ..self.release_link(1, release, because) })
    }
}

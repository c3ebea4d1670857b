//! What a deployment brings where it goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{Deployment, DeploymentId, EnvironmentId, PullRequestState, ReleaseId, StoryKey, Text},
    insight::{Subject, words},
};

use super::{
    Certainty, Trace, TraceKind, TraceLink, TracePart, Tracer,
    contents::Holds,
    environments::{There, ended, told_since},
    link,
};

/// What is said of a pull request: which part it is of, and why.
pub(super) type Said = (TracePart, usize, String, Certainty);

impl<'a> Tracer<'a, '_> {
    pub(super) fn deployment(&self, id: &DeploymentId) -> Result<Trace, Text> {
        let Some(deployment) = self.context.deployments.iter().find(|one| one.id == *id) else {
            return Err(Text::new(format!("{id} is not on this board")));
        };
        let Some(named) = &deployment.release else {
            return Err(Text::new(format!("no source says which release {id} takes along")));
        };
        let Some(release) = self.context.release(named) else {
            return Err(Text::new(format!("no source knows the release {named} of {id}")));
        };
        Ok(self.brings(release, &deployment.environment, Some(deployment)))
    }

    pub(super) fn release(&self, id: &ReleaseId, environment: Option<&EnvironmentId>) -> Result<Trace, Text> {
        let Some(release) = self.context.release(id) else {
            return Err(Text::new(format!("{id} is not on this board")));
        };
        let places = self.places();
        let Some(wanted) = environment else {
            let planned =
                places.iter().filter_map(|place| self.next(place, |other| other == release, |_| true));
            let Some((_, next)) = planned.min_by_key(|(_, next)| next.window.from) else {
                if let Some(held) = self.held(release) {
                    return Ok(held);
                }
                return Err(Text::new(format!(
                    "no deployment of {id} is planned: name where it goes, as {id} → ENVIRONMENT"
                )));
            };
            return Ok(self.brings(release, &next.environment, Some(next)));
        };
        let Some(place) = places.iter().find(|place| ***place == *wanted) else {
            let known: Vec<&str> = places.iter().map(|place| place.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { words::list(&known, 12) };
            return Err(Text::new(format!("no source knows an environment {wanted}; there are: {known}")));
        };
        let next = self.next(place, |other| other == release, |_| true).map(|(_, next)| next);
        Ok(self.brings(release, place, next))
    }

    /// What `release` brings to `place`: what it contains and what is there does not.
    fn brings(&self, release: usize, place: &'a EnvironmentId, by: Option<&'a Deployment>) -> Trace {
        let described = self.context.releases[release];
        let is_meant = |other: usize| self.contents.are_related(other, release);
        // What is over is held against what was there before.
        let until = by.filter(|by| by.state.is_over()).map(|by| (ended(by), by));
        let there = self.there(place, is_meant, until);
        let mut notes = Vec::new();
        let mut links = Vec::new();
        if let Some(by) = by {
            links.push(self.deployment_link(0, by, "", Certainty::Said));
            links[0].because = Text::default();
        }
        let because = if by.is_some() { "it takes this release" } else { "as asked" };
        links.push(self.release_link(u8::from(by.is_some()), release, because));
        links.push(self.there_link(u8::from(by.is_some()), place, there.as_ref(), &mut notes));
        let (mut said, unplaced) = self.compared(release, by, there.as_ref());
        if unplaced > 0 {
            let what = words::count(unplaced, "merged pull request", "merged pull requests");
            notes.push(Text::new(format!("of {what} no source says which release contains it")));
        }
        said.sort_by(|a, b| {
            let at = |index: usize| self.context.pull_requests[index].merged_at;
            (a.0 as u8, at(b.1), a.1).cmp(&(b.0 as u8, at(a.1), b.1))
        });
        let mut counts = BTreeMap::<u8, (usize, usize)>::new();
        for part in [TracePart::Brings, TracePart::TakesBack, TracePart::Unclear, TracePart::Waits] {
            let of_part: Vec<&Said> = said.iter().filter(|one| one.0 == part).collect();
            let mut found = self.part(part, &of_part);
            if part == TracePart::Brings {
                found.extend(self.by_tracker_alone(release, there.as_ref()));
            }
            let stories = found.iter().filter(|one| one.kind == TraceKind::Story).count();
            counts.insert(part as u8, (stories, of_part.len()));
            links.extend(found);
        }
        let count = |part: TracePart| counts.get(&(part as u8)).copied().unwrap_or_default();
        let told = |(stories, requests): (usize, usize)| {
            let stories = words::count(stories, "story", "stories");
            format!("{stories} and {}", words::count(requests, "pull request", "pull requests"))
        };
        let mut answer = format!("it brings {}", told(count(TracePart::Brings)));
        for (part, said) in [
            (TracePart::TakesBack, "takes back"),
            (TracePart::Unclear, "may bring"),
            (TracePart::Waits, "waits for"),
        ] {
            let (_, requests) = count(part);
            if requests > 0 {
                let requests = words::count(requests, "pull request", "pull requests");
                answer = format!("{answer}, {said} {requests}");
            }
        }
        let title = Text::new(format!("{} → {place}", described.id));
        Trace { title, answer: Text::new(answer), links, notes }
    }

    fn there_link(
        &self,
        depth: u8,
        place: &EnvironmentId,
        there: Option<&There<'_>>,
        notes: &mut Vec<Text>,
    ) -> TraceLink {
        let Some(there) = there else {
            notes.push(Text::new(format!(
                "nothing of it is known to be in {place}: listed is what came into this release itself"
            )));
            let because = "no deployment of its project succeeded there";
            return TraceLink {
                certainty: Certainty::Unknown,
                ..link(depth, TraceKind::Environment, place.as_str(), "nothing known", because)
            };
        };
        notes.extend(told_since(self, there).map(Text::new));
        let release = &self.context.releases[there.release].id;
        let at = ended(there.deployment);
        TraceLink {
            at: Some(at),
            subject: Some(Subject::Deployment(there.deployment.id.clone())),
            ..link(
                depth,
                TraceKind::Environment,
                place.as_str(),
                format!("{release} since {}", self.moment(at)),
                format!("{} succeeded", there.deployment.id),
            )
        }
    }

    /// Every pull request that `release` has and `there` has not, or the other way round; and of
    /// how many merged ones of the release's project nobody knows where they are.
    pub(super) fn compared(
        &self,
        release: usize,
        by: Option<&Deployment>,
        there: Option<&There<'_>>,
    ) -> (Vec<Said>, usize) {
        let mut said = Vec::new();
        let mut unplaced = 0;
        let members = &self.membership.pull_requests[release];
        for member in members {
            let request = self.context.pull_requests[member.item];
            if request.state == PullRequestState::Open {
                let because = member.belongs.to_string();
                said.push((TracePart::Waits, member.item, because, Certainty::Inferred));
            }
        }
        let project = &self.context.releases[release].project;
        for (index, request) in self.context.pull_requests.iter().enumerate() {
            if request.state != PullRequestState::Merged {
                continue;
            }
            let homes = self.contents.homes(index);
            if homes.is_empty() {
                unplaced += usize::from(request.repository == *project);
                continue;
            }
            if !self.is_of(&homes, release) {
                continue;
            }
            let comes = match by {
                Some(by) => self.contents.took(release, &homes, by, Some(request)),
                None => self.contents.holds(release, &homes),
            };
            let Some(there) = there else {
                if comes.is_yes()
                    && let Some(home) = homes.iter().find(|home| home.release == release)
                {
                    said.push((TracePart::Brings, index, home.because.clone(), home.certainty));
                }
                continue;
            };
            let is = self.contents.took(there.release, &homes, there.deployment, Some(request));
            match (comes, is) {
                (Holds::Yes(because, certainty), Holds::No(_)) => {
                    said.push((TracePart::Brings, index, because, certainty));
                }
                (Holds::No(because), Holds::Yes(..)) => {
                    said.push((TracePart::TakesBack, index, because, Certainty::Inferred));
                }
                (Holds::Yes(..), Holds::Unknown(why))
                | (Holds::Unknown(why), Holds::No(_) | Holds::Yes(..)) => {
                    said.push((TracePart::Unclear, index, why, Certainty::Unknown));
                }
                _ => {}
            }
        }
        (said, unplaced)
    }

    /// Stories with their pull requests, then pull requests without a story.
    pub(super) fn part(&self, part: TracePart, said: &[&Said]) -> Vec<TraceLink> {
        let mut of_story: BTreeMap<&StoryKey, Vec<&Said>> = BTreeMap::new();
        let mut alone = Vec::new();
        for one in said {
            let known = self.context.pull_requests[one.1].stories.iter();
            let mut known = known.filter(|key| self.context.story(key).is_some()).peekable();
            if known.peek().is_none() {
                alone.push(*one);
            }
            known.for_each(|key| of_story.entry(key).or_default().push(one));
        }
        let mut links = Vec::new();
        for (key, requests) in of_story {
            let Some(index) = self.context.story(key) else { continue };
            let story = self.context.stories[index];
            let all: BTreeSet<usize> = self.membership.by_story[index]
                .iter()
                .copied()
                .filter(|index| self.context.pull_requests[*index].state != PullRequestState::Closed)
                .collect();
            let because = match requests.len() {
                some if some == all.len() => "by all of its pull requests".to_owned(),
                some => format!("by {some} of its {} pull requests", all.len()),
            };
            links.push(TraceLink {
                part,
                subject: Some(Subject::Story(key.clone())),
                ..link(
                    0,
                    TraceKind::Story,
                    key.as_str(),
                    format!("{}, {}", story.status, story.title),
                    because,
                )
            });
            links.extend(requests.into_iter().map(|one| self.said_link(1, one)));
        }
        links.extend(alone.into_iter().map(|one| self.said_link(0, one)));
        links
    }

    fn said_link(&self, depth: u8, (part, index, because, certainty): &Said) -> TraceLink {
        TraceLink { part: *part, certainty: *certainty, ..self.pull_request_link(depth, *index, because) }
    }

    /// Stories of the release that no pull request names, done: the tracker alone says that they
    /// come along.
    pub(super) fn by_tracker_alone(&self, release: usize, there: Option<&There<'_>>) -> Vec<TraceLink> {
        if there.is_some_and(|there| there.release == release) {
            return Vec::new();
        }
        let members = self.membership.stories[release].iter();
        members
            .filter(|member| self.membership.by_story[member.item].is_empty())
            .map(|member| (self.context.stories[member.item], member))
            .filter(|(story, _)| story.category == crate::domain::Category::Done)
            .map(|(story, member)| TraceLink {
                part: TracePart::Brings,
                certainty: Certainty::Inferred,
                subject: Some(Subject::Story(story.key.clone())),
                ..link(
                    0,
                    TraceKind::Story,
                    story.key.as_str(),
                    format!("{}, {}", story.status, story.title),
                    format!("{}, by the tracker alone: no pull request names it", member.belongs),
                )
            })
            .collect()
    }
}

//! Where a story or a pull request is.

use crate::{
    domain::{
        CheckOutcome, Deployment, DeploymentState, EnvironmentId, PullRequest, PullRequestId,
        PullRequestState, Story, StoryKey, TestRun, Text,
    },
    insight::{Subject, arrival::can_take, words},
};

use super::{
    Certainty, Trace, TraceKind, TraceLink, Tracer,
    contents::{Holds, Home},
    environments::{There, ended, told_since},
    link,
};

impl<'a> Tracer<'a, '_> {
    pub(super) fn story(&self, key: &StoryKey) -> Result<Trace, Text> {
        let Some(index) = self.context.story(key) else {
            return Err(Text::new(format!("{key} is not on this board")));
        };
        let story: &Story = self.context.stories[index];
        let mut links = vec![TraceLink {
            subject: Some(Subject::Story(key.clone())),
            at: Some(story.since()),
            ..link(0, TraceKind::Story, key.as_str(), &story.status, "")
        }];
        let mut belongs: Vec<Home> = Vec::new();
        for (release, members) in self.membership.stories.iter().enumerate() {
            let Some(member) = members.iter().find(|member| member.item == index) else { continue };
            links.push(TraceLink {
                certainty: Certainty::Inferred,
                ..self.release_link(1, release, format!("planned for it: {}", member.belongs))
            });
            let because = format!("{}, by the tracker alone", member.belongs);
            belongs.push(Home { release, because, certainty: Certainty::Inferred });
        }
        let mut requests = self.membership.by_story[index].clone();
        requests.dedup();
        let mut ways = Vec::new();
        for request in &requests {
            let because = named_by(self.context.pull_requests[*request], key);
            self.way(1, *request, &because, &mut links);
            let known: &PullRequest = self.context.pull_requests[*request];
            if known.state != PullRequestState::Closed {
                ways.push((Some(known), self.contents.homes(*request)));
            }
        }
        let answer = if requests.is_empty() {
            let what = "no pull request names it in its branch, its title or a closing reference";
            links.push(link(1, TraceKind::End, "no pull request", "", what));
            if story.category == crate::domain::Category::Done {
                self.running(1, &belongs, None, &mut links);
                format!("no pull request names it; {}", self.said_of_places(&[(None, belongs)]))
            } else {
                format!("no pull request names it; it is {}", story.status)
            }
        } else if ways.is_empty() {
            "nothing of it was merged: all its pull requests were closed".to_owned()
        } else {
            let is_merged = |request: &&PullRequest| request.state == PullRequestState::Merged;
            let merged = ways.iter().filter_map(|(request, _)| *request).filter(is_merged).count();
            let of = words::count(ways.len(), "pull request", "pull requests");
            format!("{merged} of {of} merged; {}", self.said_of_places(&ways))
        };
        let title = Text::new(format!("{key} {}", story.title));
        Ok(Trace { title, answer: Text::new(answer), links, notes: Vec::new() })
    }

    pub(super) fn pull_request(&self, id: &PullRequestId) -> Result<Trace, Text> {
        let Some(index) = self.context.pull_requests.iter().position(|request| request.id == *id) else {
            return Err(Text::new(format!("{id} is not on this board")));
        };
        let request: &PullRequest = self.context.pull_requests[index];
        let mut links = Vec::new();
        for key in &request.stories {
            let known = self.context.story(key).map(|index| self.context.stories[index]);
            let state = known.map_or("no source knows it", |story| story.status.as_str());
            links.push(TraceLink {
                subject: known.map(|_| Subject::Story(key.clone())),
                ..link(0, TraceKind::Story, key.as_str(), state, named_by(request, key))
            });
        }
        self.way(0, index, "", &mut links);
        let answer = match request.state {
            PullRequestState::Merged => self.said_of_places(&[(Some(request), self.contents.homes(index))]),
            PullRequestState::Open => "not merged".to_owned(),
            PullRequestState::Closed => "closed, never merged".to_owned(),
        };
        let title = Text::new(format!("{id} {}", request.title));
        Ok(Trace { title, answer: Text::new(answer), links, notes: Vec::new() })
    }

    /// A pull request and all that follows from it.
    fn way(&self, depth: u8, index: usize, because: &str, links: &mut Vec<TraceLink>) {
        let request: &PullRequest = self.context.pull_requests[index];
        links.push(self.pull_request_link(depth, index, because));
        let deeper = depth + 1;
        if !request.checks.is_empty() {
            links.push(link(deeper, TraceKind::Build, "checks", checks(request), "they ran on its head"));
        }
        match request.state {
            PullRequestState::Closed => {
                links.push(link(deeper, TraceKind::End, "closed", "", "it was closed without being merged"));
                return;
            }
            PullRequestState::Open => {
                self.may_carry(deeper, index, links);
                return;
            }
            PullRequestState::Merged => {}
        }
        self.commit(deeper, request, links);
        let homes = self.contents.homes(index);
        for home in &homes {
            let certainty = home.certainty;
            links.push(TraceLink { certainty, ..self.release_link(deeper, home.release, &home.because) });
            for run in self.newest_runs(home.release) {
                links.push(test_link(deeper + 1, run, "the newest run for this release"));
            }
        }
        if homes.is_empty() {
            let what = "no source says which release contains its merge commit";
            links.push(TraceLink {
                certainty: Certainty::Unknown,
                ..link(deeper, TraceKind::End, "no release", "", what)
            });
        }
        self.running(deeper, &homes, Some(request), links);
        if let Some(at) = request.deployed_at {
            let because = "its source says when its merge commit first ran there";
            let state = format!("since {}", self.moment(at));
            links.push(TraceLink {
                at: Some(at),
                ..link(deeper, TraceKind::Environment, "production", state, because)
            });
        }
    }

    fn commit(&self, depth: u8, request: &PullRequest, links: &mut Vec<TraceLink>) {
        let Some(commit) = &request.merge_commit else { return };
        let because = format!("it brought it into {}", request.base);
        links.push(link(depth, TraceKind::Commit, words::commit(commit), "", because));
        for build in self.context.builds.iter().filter(|build| build.commit == *commit) {
            let state = words::build_state(build);
            let because = "it is the head of the branch";
            links.push(TraceLink {
                at: Some(build.at),
                ..link(depth + 1, TraceKind::Build, build.id.as_str(), state, because)
            });
        }
        for run in self.context.test_runs.iter().filter(|run| run.commit.as_ref() == Some(commit)) {
            links.push(test_link(depth + 1, run, "it ran at this commit"));
        }
    }

    /// The newest run of each suite for a release.
    fn newest_runs(&self, release: usize) -> Vec<&'a TestRun> {
        let mut newest: Vec<&TestRun> = Vec::new();
        for run in self.membership.test_runs[release].iter().rev() {
            let run: &TestRun = self.context.test_runs[*run];
            if newest.iter().all(|other| other.suite != run.suite) {
                newest.push(run);
            }
        }
        newest.reverse();
        newest
    }

    /// The places that hold what first came into `homes`, and the next deployments that carry it.
    fn running(&self, depth: u8, homes: &[Home], request: Option<&PullRequest>, links: &mut Vec<TraceLink>) {
        let mut is_anywhere = false;
        for place in self.places() {
            let there = self.there(place, |release| self.is_of(homes, release), None);
            let took =
                |there: &There<'_>| self.contents.took(there.release, homes, there.deployment, request);
            let held = there.as_ref().map(took);
            let is_there = held.as_ref().is_some_and(Holds::is_yes);
            if let (Some(there), Some(held)) = (&there, &held) {
                is_anywhere |= !matches!(held, Holds::No(_));
                links.extend(self.place_link(depth, place, there, held));
            }
            let carries = |release: usize| self.contents.holds(release, homes).is_yes();
            // One that runs already may have begun too early.
            let takes = |next: &Deployment| request.is_none_or(|request| can_take(next, request));
            if let Some((release, next)) = self.next(place, carries, takes).filter(|_| !is_there)
                && let Holds::Yes(because, certainty) = self.contents.holds(release, homes)
            {
                is_anywhere = true;
                links.push(self.deployment_link(depth, next, &because, certainty));
            }
        }
        if !is_anywhere && !homes.is_empty() {
            let what = "no deployment of a release that contains it succeeded, and none is planned";
            links.push(link(depth, TraceKind::End, "not deployed", "", what));
        }
    }

    /// The first planned deployments of releases that an open pull request belongs to.
    fn may_carry(&self, depth: u8, index: usize, links: &mut Vec<TraceLink>) {
        for (release, members) in self.membership.pull_requests.iter().enumerate() {
            let Some(member) = members.iter().find(|member| member.item == index) else { continue };
            let certainty = Certainty::Inferred;
            let because = format!("planned for it: {}", member.belongs);
            links.push(TraceLink { certainty, ..self.release_link(depth, release, because) });
            for place in self.places() {
                if let Some((_, next)) = self.next(place, |other| other == release, |_| true) {
                    let because = "if it is merged by then";
                    links.push(self.deployment_link(depth + 1, next, because, Certainty::Inferred));
                }
            }
        }
    }

    fn place_link(
        &self,
        depth: u8,
        place: &EnvironmentId,
        there: &There<'_>,
        held: &Holds,
    ) -> Option<TraceLink> {
        let release = &self.context.releases[there.release].id;
        let at = ended(there.deployment);
        let since = told_since(self, there);
        let (mut because, mut certainty) = match held {
            Holds::Yes(because, certainty) => (format!("{release} is there, {because}"), *certainty),
            Holds::Unknown(why) => (format!("{release} is there, {why}"), Certainty::Unknown),
            Holds::No(_) => return None,
        };
        if let Some(since) = &since {
            because = format!("{because}; {since}");
            if there.since.first().is_some_and(|one| one.state == DeploymentState::Failed) {
                certainty = Certainty::Unknown;
            }
        }
        let word = if certainty == Certainty::Unknown { "perhaps, " } else { "" };
        Some(TraceLink {
            certainty,
            subject: Some(Subject::Deployment(there.deployment.id.clone())),
            at: Some(at),
            ..link(
                depth,
                TraceKind::Environment,
                place.as_str(),
                format!("{word}since {}", self.moment(at)),
                because,
            )
        })
    }

    pub(super) fn deployment_link(
        &self,
        depth: u8,
        deployment: &Deployment,
        because: &str,
        certainty: Certainty,
    ) -> TraceLink {
        let from = deployment.window.from;
        let rows = &self.board.insight.schedule.deployments;
        let row = rows.iter().find(|row| row.deployment.id == deployment.id);
        let problem = row.and_then(|row| row.problems.first());
        let problem = problem.map(|problem| format!(", {}: {}", problem.kind.word(), problem.what));
        let state = format!(
            "to {}, {} {}, {}{}",
            deployment.environment,
            deployment.state.word(),
            self.moment(from),
            words::countdown(from, self.now),
            problem.unwrap_or_default()
        );
        let release = deployment.release.as_ref().map(|release| format!("it takes {release}, "));
        TraceLink {
            certainty,
            subject: Some(Subject::Deployment(deployment.id.clone())),
            at: Some(from),
            ..link(
                depth,
                TraceKind::Deployment,
                deployment.id.as_str(),
                state,
                format!("{}{because}", release.unwrap_or_default()),
            )
        }
    }

    pub(super) fn release_link(&self, depth: u8, release: usize, because: impl AsRef<str>) -> TraceLink {
        let described = self.context.releases[release];
        let state = match (described.released_at, described.target) {
            (Some(at), _) => format!("released {}", self.moment(at)),
            (None, Some(target)) if target.estimated => {
                format!("not out, estimated {}", self.moment(target.at))
            }
            (None, Some(target)) => format!("not out, target {}", self.moment(target.at)),
            (None, None) => "not out".to_owned(),
        };
        TraceLink {
            subject: Some(Subject::Release(described.id.clone())),
            at: described.released_at,
            ..link(depth, TraceKind::Release, described.id.as_str(), state, because)
        }
    }

    pub(super) fn pull_request_link(&self, depth: u8, index: usize, because: &str) -> TraceLink {
        let request = self.context.pull_requests[index];
        let (word, at) = match request.state {
            PullRequestState::Open if request.draft => ("draft", request.opened_at),
            PullRequestState::Open => ("open", request.opened_at),
            PullRequestState::Merged => ("merged", request.merged_at),
            PullRequestState::Closed => ("closed", request.closed_at),
        };
        let when = at.map(|at| format!(" {}", self.moment(at))).unwrap_or_default();
        TraceLink {
            subject: Some(Subject::PullRequest(request.id.clone())),
            at,
            ..link(
                depth,
                TraceKind::PullRequest,
                request.id.as_str(),
                format!("{word}{when}, {}", request.title),
                because,
            )
        }
    }

    /// `in staging; production/eu not yet`, of several pull requests together.
    fn said_of_places(&self, ways: &[(Option<&PullRequest>, Vec<Home>)]) -> String {
        let mut said = Vec::new();
        for place in self.places() {
            let (mut held, mut unknown, mut meant) = (0, 0, 0);
            for (request, homes) in ways {
                let there = self.there(place, |release| self.is_of(homes, release), None);
                let Some(there) = there else { continue };
                meant += 1;
                match self.contents.took(there.release, homes, there.deployment, *request) {
                    Holds::Yes(..) => held += 1,
                    Holds::Unknown(_) => unknown += 1,
                    Holds::No(_) => {}
                }
            }
            if meant == 0 {
                continue;
            }
            said.push(match (held, unknown) {
                (0, 0) => format!("not in {place}"),
                (held, _) if held == ways.len() => format!("in {place}"),
                (0, _) => format!("perhaps in {place}"),
                (held, _) => format!("{held} of {} in {place}", ways.len()),
            });
        }
        if said.is_empty() { "not deployed anywhere".to_owned() } else { said.join(", ") }
    }
}

/// How a pull request names a story.
fn named_by(request: &PullRequest, key: &StoryKey) -> String {
    let names = |text: &str| {
        let (text, key) = (text.to_lowercase(), key.as_str().to_lowercase());
        text.match_indices(&key).any(|(at, _)| {
            let after = text[at + key.len()..].chars().next();
            let before = text[..at].chars().next_back();
            // PAY-31 is not PAY-311.
            !after.is_some_and(|next| next.is_ascii_digit()) && !before.is_some_and(char::is_alphanumeric)
        })
    };
    if request.branch.as_deref().is_some_and(names) {
        format!("by its key in the branch {}", request.branch.as_deref().unwrap_or_default())
    } else if names(&request.title) {
        "by its key in the title".to_owned()
    } else {
        "by a closing reference, or by what its source says".to_owned()
    }
}

/// `3 passed, 1 failed`.
fn checks(request: &PullRequest) -> String {
    let count = |outcome| request.checks.iter().filter(|check| check.outcome == outcome).count();
    let said = [
        (CheckOutcome::Failed, "failed"),
        (CheckOutcome::Running, "running"),
        (CheckOutcome::Unknown, "unknown"),
        (CheckOutcome::Passed, "passed"),
        (CheckOutcome::Skipped, "skipped"),
    ];
    let counted = said.into_iter().map(|(outcome, word)| (count(outcome), word));
    let parts: Vec<String> =
        counted.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    parts.join(", ")
}

fn test_link(depth: u8, run: &TestRun, because: &str) -> TraceLink {
    let state = format!("{} passed, {} failed", run.passed, run.failed);
    TraceLink { at: Some(run.at), ..link(depth, TraceKind::TestRun, &run.suite, state, because) }
}

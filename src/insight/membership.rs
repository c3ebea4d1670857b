//! Which stories, pull requests and test runs belong to which release, and why.
//!
//! Every link says why it holds. A pull request may belong to several releases; within one
//! the first of milestone, linked story, base branch and containment is the reason given,
//! then what rules say of branches and labels, then a release that was taken over by tag.

use std::collections::{HashMap, HashSet};

use crate::domain::{Instant, MatchRule, PullRequestState, Release, ReleaseId, Text};

use super::{builds, context::Context, findings, patterns::Patterns};

/// An item of a release.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    /// Its position in the context.
    pub(crate) item: usize,
    /// Why it belongs: `milestone 4.2`.
    pub(crate) belongs: Text,
}

/// Who belongs where. All lists by position of the release in the context.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    /// Stories and defects that are in the release now.
    pub(crate) stories: Vec<Vec<Member>>,
    /// Stories and defects that once were and are no longer.
    pub(crate) left: Vec<Vec<usize>>,
    /// Pull requests and branches.
    pub(crate) pull_requests: Vec<Vec<Member>>,
    /// An open pull request could be in it: one is, or something besides its commits says which
    /// are. Where only the commits say so, all are merged by nature, and that says nothing of
    /// what is still to come.
    pub(crate) may_wait: Vec<bool>,
    /// Test runs for it, oldest first.
    pub(crate) test_runs: Vec<Vec<usize>>,
    /// Findings of code analyzers, of its time or not.
    pub(crate) findings: Vec<Vec<usize>>,
    /// Builds of the branches that it is made of.
    pub(crate) builds: Vec<Vec<usize>>,
    /// Releases of repositories that it takes over by a tag rule.
    pub(crate) taken_over: Vec<Vec<usize>>,
    /// Pull requests of no release.
    pub(crate) unassigned: Vec<usize>,
    /// Pull requests that name a story, by position of the story.
    pub(crate) by_story: Vec<Vec<usize>>,
}

/// Why a pull request belongs, strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Milestone,
    LinkedStory,
    BaseBranch,
    Contained,
    Branch,
    Label,
    TakenOver,
}

/// Patterns, each standing for the release whose rule it is.
type Rules = Patterns<usize>;

struct Compiled<'a> {
    milestone: Rules,
    label: Rules,
    base: Rules,
    branch: Rules,
    story: Rules,
    /// Releases by project and version, for milestones that are called like a version.
    versions: HashMap<(&'a str, &'a str), usize>,
}

impl Membership {
    pub(crate) fn of(context: &Context<'_>) -> Self {
        let count = context.releases.len();
        let compiled = compile(context);
        let taken_over = taken_over(context);
        let mut taken_by = vec![Vec::new(); count];
        for (taker, taken) in taken_over.iter().enumerate() {
            for &taken in taken {
                taken_by[taken].push(taker);
            }
        }
        let mut membership = Self {
            stories: vec![Vec::new(); count],
            left: vec![Vec::new(); count],
            pull_requests: vec![Vec::new(); count],
            may_wait: context.releases.iter().map(|release| chooses_pull_requests(release)).collect(),
            test_runs: vec![Vec::new(); count],
            findings: Vec::new(),
            builds: Vec::new(),
            taken_over,
            unassigned: Vec::new(),
            by_story: vec![Vec::new(); context.stories.len()],
        };
        let releases_of_story = membership.place_stories(context, &compiled);
        membership.place_pull_requests(context, &compiled, &taken_by, &releases_of_story);
        membership.place_test_runs(context, &taken_by);
        membership.findings = findings::place(context, &membership);
        let claims = |branch: &str| compiled.base.matching(branch).into_iter().copied().collect();
        membership.builds = builds::place(context, &membership, claims);
        membership
    }

    fn place_stories(&mut self, context: &Context<'_>, compiled: &Compiled<'_>) -> Vec<Vec<usize>> {
        // One text for all stories of a release whose source says so.
        let named: Vec<Text> = context
            .releases
            .iter()
            .map(|release| Text::new(format!("release {}", release.version)))
            .collect();
        let mut labels = Phrases::new("label");
        let mut keys = Phrases::new("key");
        let mut releases_of_story = Vec::with_capacity(context.stories.len());
        for (item, story) in context.stories.iter().enumerate() {
            let mut found: Vec<(usize, Text)> = story
                .releases
                .iter()
                .filter_map(|id| context.release(id))
                .map(|release| (release, named[release].clone()))
                .collect();
            for label in &story.labels {
                let matching = compiled.label.matching(label);
                found.extend(matching.into_iter().map(|release| (*release, labels.with(label))));
            }
            let matching = compiled.story.matching(story.key.as_str());
            found.extend(matching.into_iter().map(|release| (*release, keys.with(story.key.text()))));
            let mut releases = Vec::with_capacity(found.len());
            if !context.world.assumed.is_empty() {
                found.retain(|(release, _)| !context.is_left_out(*release, &story.key));
            }
            for (release, belongs) in found {
                if !releases.contains(&release) {
                    releases.push(release);
                    self.stories[release].push(Member { item, belongs });
                }
            }
            // Most moves are into the release that it is in still.
            let moved = story.scope.iter().map(|change| &change.release);
            let mut before: Vec<&ReleaseId> = moved.filter(|id| !story.releases.contains(id)).collect();
            before.sort_unstable();
            before.dedup();
            for release in before.into_iter().filter_map(|id| context.release(id)) {
                if !releases.contains(&release) {
                    self.left[release].push(item);
                }
            }
            releases_of_story.push(releases);
        }
        releases_of_story
    }

    fn place_pull_requests(
        &mut self,
        context: &Context<'_>,
        compiled: &Compiled<'_>,
        taken_by: &[Vec<usize>],
        releases_of_story: &[Vec<usize>],
    ) {
        let mut phrases = PullRequestPhrases::new(context);
        let mut found: Vec<(usize, Strength, Text)> = Vec::new();
        for (item, pull_request) in context.pull_requests.iter().enumerate() {
            found.clear();
            if let Some(milestone) = &pull_request.milestone {
                let matching = compiled.milestone.matching(milestone).into_iter().copied();
                let version = milestone.strip_prefix('v').unwrap_or(milestone);
                let project = pull_request.repository.as_str();
                let called = [milestone.as_str(), version]
                    .into_iter()
                    .find_map(|version| compiled.versions.get(&(project, version)).copied());
                let reason = phrases.milestone.with(milestone);
                found.extend(
                    matching.chain(called).map(|release| (release, Strength::Milestone, reason.clone())),
                );
            }
            for key in &pull_request.stories {
                let Some(story) = context.story(key) else { continue };
                self.by_story[story].push(item);
                for &release in &releases_of_story[story] {
                    found.push((release, Strength::LinkedStory, phrases.story.with(key.text())));
                }
            }
            for &release in compiled.base.matching(&pull_request.base) {
                found.push((release, Strength::BaseBranch, phrases.base.with(&pull_request.base)));
            }
            if let Some(release) = pull_request.release.as_ref().and_then(|id| context.release(id)) {
                found.push((release, Strength::Contained, phrases.contained[release].clone()));
                for &taker in &taken_by[release] {
                    found.push((taker, Strength::TakenOver, phrases.contained[release].clone()));
                }
            }
            if let Some(branch) = &pull_request.branch {
                for &release in compiled.branch.matching(branch) {
                    found.push((release, Strength::Branch, phrases.branch.with(branch)));
                }
            }
            for label in &pull_request.labels {
                for &release in compiled.label.matching(label) {
                    found.push((release, Strength::Label, phrases.label.with(label)));
                }
            }
            // The strongest reason of each release.
            found.sort_by_key(|(release, strength, _)| (*release, *strength));
            found.dedup_by_key(|(release, ..)| *release);
            if found.is_empty() {
                self.unassigned.push(item);
            }
            for (release, strength, belongs) in found.drain(..) {
                let is_contained = matches!(strength, Strength::Contained | Strength::TakenOver);
                self.may_wait[release] |= !is_contained || pull_request.state == PullRequestState::Open;
                self.pull_requests[release].push(Member { item, belongs });
            }
        }
    }

    fn place_test_runs(&mut self, context: &Context<'_>, taken_by: &[Vec<usize>]) {
        let mut by_commit: HashMap<&Text, Vec<usize>> = HashMap::new();
        for (release, described) in context.releases.iter().enumerate() {
            if let Some(commit) = &described.commit {
                by_commit.entry(commit).or_default().push(release);
            }
        }
        for (item, run) in context.test_runs.iter().enumerate() {
            let tested: Vec<usize> = match (&run.release, &run.commit) {
                (Some(id), _) => context.release(id).into_iter().collect(),
                (None, Some(commit)) => by_commit.get(commit).cloned().unwrap_or_default(),
                (None, None) => in_the_making(context, taken_by, run.at).into_iter().collect(),
            };
            let mut all: Vec<usize> = tested
                .iter()
                .flat_map(|&release| taken_by[release].iter().copied().chain([release]))
                .collect();
            all.sort_unstable();
            all.dedup();
            for release in all {
                self.test_runs[release].push(item);
            }
        }
    }

    /// The commits that a release went out as, or would go out as now.
    pub(crate) fn heads<'a>(&self, context: &Context<'a>, release: usize) -> Vec<&'a Text> {
        self.names(release).filter_map(|index| context.releases[index].commit.as_ref()).collect()
    }

    /// The repositories that a project works in, by project.
    pub(crate) fn repositories<'a>(&self, context: &Context<'a>) -> HashMap<&'a Text, HashSet<&'a Text>> {
        let mut repositories: HashMap<&Text, HashSet<&Text>> = HashMap::new();
        for (release, described) in context.releases.iter().enumerate() {
            let of_project = repositories.entry(&described.project).or_default();
            // A project that is one repository is called like it.
            of_project.extend(self.names(release).map(|index| &context.releases[index].project));
            let pull_requests = self.pull_requests[release].iter();
            of_project.extend(pull_requests.map(|member| &context.pull_requests[member.item].repository));
        }
        repositories
    }

    /// The release, and those that it takes over.
    pub(crate) fn names(&self, release: usize) -> impl Iterator<Item = usize> {
        std::iter::once(release).chain(self.taken_over[release].iter().copied())
    }
}

/// The release that was in the making at `at`, if there was but one: of several nobody can tell
/// which one a run was for that says neither its release nor its commit.
fn in_the_making(context: &Context<'_>, taken_by: &[Vec<usize>], at: Instant) -> Option<usize> {
    let mut making = context.releases.iter().enumerate().filter(|(index, release)| {
        taken_by[*index].is_empty()
            && release.start.is_none_or(|start| start <= at)
            && release.released_at.is_none_or(|released_at| released_at > at)
    });
    let (only, _) = making.next()?;
    making.next().is_none().then_some(only)
}

/// Whether it has a rule that open pull requests can match.
fn chooses_pull_requests(release: &Release) -> bool {
    release.rules.iter().any(|rule| match rule {
        MatchRule::Tag(_) => false,
        MatchRule::Milestone(_)
        | MatchRule::Label(_)
        | MatchRule::BaseBranch(_)
        | MatchRule::Branch(_)
        | MatchRule::Story(_) => true,
    })
}

fn compile<'a>(context: &Context<'a>) -> Compiled<'a> {
    let of = |pick: fn(&MatchRule) -> Option<&Text>| {
        Patterns::new(context.releases.iter().enumerate().flat_map(|(index, release)| {
            release.rules.iter().filter_map(pick).map(move |pattern| (pattern.clone(), index))
        }))
    };
    macro_rules! rule {
        ($kind:ident) => {
            of(|rule| match rule {
                MatchRule::$kind(pattern) => Some(pattern),
                _ => None,
            })
        };
    }
    let mut versions = HashMap::new();
    for (index, release) in context.releases.iter().enumerate() {
        versions.entry((release.project.as_str(), release.version.as_str())).or_insert(index);
    }
    Compiled {
        milestone: rule!(Milestone),
        label: rule!(Label),
        base: rule!(BaseBranch),
        branch: rule!(Branch),
        story: rule!(Story),
        versions,
    }
}

/// Which releases each release takes over: those of repositories whose tag or version
/// matches its rule; and, as long as it is not out, the one in progress of its own project,
/// which has no tag yet. Of several that wait for a tag the one with the nearest target gets
/// the work in progress.
fn taken_over(context: &Context<'_>) -> Vec<Vec<usize>> {
    let tag_rules = |index: usize| {
        context.releases[index].rules.iter().filter_map(|rule| match rule {
            MatchRule::Tag(pattern) => Some(pattern),
            _ => None,
        })
    };
    let mut taken = vec![Vec::new(); context.releases.len()];
    let takers: Vec<usize> = (0..taken.len()).filter(|index| tag_rules(*index).next().is_some()).collect();
    if takers.is_empty() {
        return taken;
    }
    let patterns = Patterns::new(
        takers.iter().flat_map(|taker| tag_rules(*taker).map(move |pattern| (pattern.clone(), *taker))),
    );
    let mut in_progress: HashMap<&Text, Vec<usize>> = HashMap::new();
    for (index, release) in context.releases.iter().enumerate() {
        let version = format!("v{}", release.version);
        let called = release.tag.iter().map(Text::as_str).chain([release.version.as_str(), &version]);
        let mut by: Vec<usize> = called.flat_map(|name| patterns.matching(name)).copied().collect();
        by.sort_unstable();
        by.dedup();
        by.retain(|taker| *taker != index);
        let is_open = release.released_at.is_none() && release.tag.is_none();
        if by.is_empty() && is_open && release.commit.is_some() && tag_rules(index).next().is_none() {
            in_progress.entry(&release.project).or_default().push(index);
        }
        for taker in by {
            taken[taker].push(index);
        }
    }
    let mut waiting: Vec<usize> = takers
        .into_iter()
        .filter(|taker| {
            let release = context.releases[*taker];
            release.released_at.is_none() && release.commit.is_none() && taken[*taker].is_empty()
        })
        .collect();
    waiting.sort_by_key(|taker| {
        let release = context.releases[*taker];
        (release.target.is_none(), release.target.map(|target| target.at), release.id.clone())
    });
    for taker in waiting {
        if let Some(open) = in_progress.remove(&context.releases[taker].project) {
            taken[taker].extend(open);
        }
    }
    taken
}

/// Reasons with a word in front, each made once.
struct Phrases {
    word: &'static str,
    made: HashMap<Text, Text>,
}

impl Phrases {
    fn new(word: &'static str) -> Self {
        Self { word, made: HashMap::new() }
    }

    fn with(&mut self, value: &Text) -> Text {
        if let Some(made) = self.made.get(value) {
            return made.clone();
        }
        let made = Text::new(format!("{} {value}", self.word));
        self.made.insert(value.clone(), made.clone());
        made
    }
}

struct PullRequestPhrases {
    milestone: Phrases,
    story: Phrases,
    base: Phrases,
    branch: Phrases,
    label: Phrases,
    contained: Vec<Text>,
}

impl PullRequestPhrases {
    fn new(context: &Context<'_>) -> Self {
        let contained = context
            .releases
            .iter()
            .map(|release| Text::new(format!("in {}", release.tag.as_ref().unwrap_or(&release.version))))
            .collect();
        Self {
            milestone: Phrases::new("milestone"),
            story: Phrases::new("story"),
            base: Phrases::new("into"),
            branch: Phrases::new("branch"),
            label: Phrases::new("label"),
            contained,
        }
    }
}

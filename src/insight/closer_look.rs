//! One pull request looked at closer: its way through the stages, and what is known of its checks
//! from other pull requests and builds.
//!
//! Made when somebody looks, off the loop: it goes through all that is known.

use std::collections::BTreeSet;

use crate::domain::{
    CheckOutcome, Instant, PullRequestDetail, PullRequestId, PullRequestState, Step, StoryKind, Text,
};

use super::{
    Board, Stage, context::Context, membership::Membership, pull_requests::PullRequests, stages::Usual, words,
};

/// Runs of a check that count as lately, its own included.
const LATELY: usize = 20;
/// Runs from which on a check can be called flaky.
const FLAKY_FROM: usize = 6;
/// Changes between passed and failed from which on a check is flaky: it failed, recovered, and
/// failed again.
const FLAKY_TURNS: usize = 3;
/// Other pull requests that failed, from which on a failure is one that recurs.
const RECURS_FROM: usize = 2;

/// What is known of one pull request besides its own facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloserLook {
    /// Its times in each stage, oldest first.
    pub timeline: Vec<StageTime>,
    /// One for each of its checks, in their order.
    pub checks: Vec<CheckHistory>,
    /// Pull requests of its repository that fix a defect: by a story of theirs, or a label.
    pub fixes: BTreeSet<PullRequestId>,
}

/// One time in one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageTime {
    /// Which stage.
    pub stage: Stage,
    /// Since when.
    pub entered: Instant,
    /// Until when; none: it is in it now.
    pub left: Option<Instant>,
    /// Working seconds of this time.
    pub seconds: i64,
    /// Half of the team's stay no longer in it, working seconds.
    pub p50_seconds: i64,
    /// 85 % of the team's stay no longer in it, working seconds.
    pub p85_seconds: i64,
    /// That was learnt from at least twenty of the team's own; else it is a placeholder.
    pub learnt: bool,
}

/// How a check did on other pull requests and builds of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckHistory {
    /// Its name.
    pub name: Text,
    /// Whether it builds or tests.
    pub step: Step,
    /// Runs lately that passed or failed, its own included; of each head only the newest is known.
    pub runs: u32,
    /// Of those, failed.
    pub failed: u32,
    /// It passes and fails by turns, whatever is changed.
    pub flaky: bool,
    /// It fails here, and failed elsewhere: in another release, or on several others lately.
    pub recurring: bool,
    /// It fails on the branch that this is to go into, too.
    pub fails_on_base: bool,
    /// Releases other than its own in which it failed, the newest run first, at most three.
    pub also_failed: Vec<AlsoFailed>,
}

/// Where else a check failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlsoFailed {
    /// The version of the release, or its whole name if it is of another project.
    pub release: Text,
    /// On which pull request.
    pub pull_request: PullRequestId,
}

/// How often a file is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileHeat {
    /// Pull requests merged lately that changed it.
    pub changed_by: u32,
    /// Of those, defect fixes.
    pub fixes: u32,
    /// It is changed more often than most: by three or more and a tenth of them all, or by two fixes.
    pub is_hot: bool,
}

impl CloserLook {
    /// Looks closer at `id`; none if it is not on the board.
    pub fn of(board: &Board, id: &PullRequestId) -> Option<Self> {
        let context = Context::new(&board.world, &board.health, &board.policy, board.at);
        let item = context.pull_requests.iter().position(|known| known.id == *id)?;
        let membership = Membership::of(&context);
        let pull_requests = PullRequests::of(&context);
        let usual = pull_requests.usual(&context);
        let own = context.pull_requests[item];
        let timeline = pull_requests.spans(item).iter().map(|span| {
            let usual = usual.of(&own.repository, span.stage);
            StageTime {
                stage: span.stage,
                entered: span.entered,
                left: span.left,
                seconds: context.days.worked_between(span.entered, span.left.unwrap_or(context.now)),
                p50_seconds: usual.p50(),
                p85_seconds: usual.p85(),
                learnt: matches!(usual, Usual::Learnt(_)),
            }
        });
        let fixes = context.pull_requests.iter().filter(|other| other.repository == own.repository);
        let is_fix = |other: &&&std::sync::Arc<crate::domain::PullRequest>| {
            let is_defect = |story: usize| context.stories[story].kind == StoryKind::Defect;
            let of_stories = other.stories.iter().filter_map(|key| context.story(key)).any(is_defect);
            of_stories || other.labels.iter().any(|label| label.eq_ignore_ascii_case("bug"))
        };
        let mut releases = vec![Vec::new(); context.pull_requests.len()];
        for (release, members) in membership.pull_requests.iter().enumerate() {
            for member in members {
                releases[member.item].push(release);
            }
        }
        Some(Self {
            timeline: timeline.collect(),
            checks: histories(&context, &releases, item),
            fixes: fixes.filter(is_fix).map(|fix| fix.id.clone()).collect(),
        })
    }

    /// The history of this check.
    pub fn check(&self, name: &str) -> Option<&CheckHistory> {
        self.checks.iter().find(|check| check.name.as_str() == name)
    }

    /// How often each file of `detail` was changed by what was merged lately, in their order.
    pub fn heat(&self, detail: &PullRequestDetail) -> Vec<FileHeat> {
        let lately = &detail.merged_lately;
        let heat = |file: &crate::domain::ChangedFile| {
            let changing = lately.iter().filter(|other| other.files.contains(&file.path));
            let (mut changed_by, mut fixes) = (0u32, 0u32);
            for other in changing {
                changed_by += 1;
                fixes += u32::from(self.fixes.contains(&other.id));
            }
            let is_often = changed_by >= 3 && changed_by as usize * 10 >= lately.len();
            FileHeat { changed_by, fixes, is_hot: is_often || fixes >= 2 }
        };
        detail.files.iter().flatten().map(heat).collect()
    }
}

impl CheckHistory {
    /// What is worth saying of it: `failed 3 of the last 4 runs`, `also failed in 4.1 (api#744)`.
    pub fn words(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.recurring {
            said.push("recurring failure".to_owned());
        }
        if self.flaky {
            said.push("flaky".to_owned());
        }
        if self.failed > 0 && self.runs > 1 {
            said.push(format!("failed {} of the last {} runs", self.failed, self.runs));
        }
        if self.fails_on_base {
            said.push("fails on its base, too".to_owned());
        }
        if !self.also_failed.is_empty() {
            let places: Vec<String> = self
                .also_failed
                .iter()
                .map(|other| format!("{} ({})", other.release, other.pull_request))
                .collect();
            said.push(format!("also failed in {}", words::list(&places, places.len())));
        }
        said
    }
}

/// One run of a check elsewhere.
struct Run {
    at: Option<Instant>,
    failed: bool,
    /// Position of its pull request; none: of a build.
    of: Option<usize>,
}

fn histories(context: &Context<'_>, releases: &[Vec<usize>], item: usize) -> Vec<CheckHistory> {
    let own = context.pull_requests[item];
    let told = |outcome| match outcome {
        CheckOutcome::Passed => Some(false),
        CheckOutcome::Failed => Some(true),
        CheckOutcome::Running | CheckOutcome::Skipped | CheckOutcome::Unknown => None,
    };
    let others = || {
        let all = context.pull_requests.iter().enumerate();
        all.filter(|(_, other)| other.repository == own.repository)
    };
    let builds = || context.builds.iter().filter(|build| build.repository == own.repository);
    let history = |check: &crate::domain::Check| {
        let of_pull_requests = others().flat_map(|(index, other)| {
            let same = other.checks.iter().filter(|run| run.name == check.name);
            same.filter_map(move |run| {
                Some(Run { at: run.at.or(other.updated_at), failed: told(run.outcome)?, of: Some(index) })
            })
        });
        let of_builds = builds().flat_map(|build| {
            let same = build.checks.iter().filter(|run| run.name == check.name);
            same.filter_map(|run| {
                Some(Run { at: run.at.or(Some(build.at)), failed: told(run.outcome)?, of: None })
            })
        });
        let mut runs: Vec<Run> = of_pull_requests.chain(of_builds).collect();
        // The newest first; of two at once the order is that of their names, so that it stays.
        runs.sort_by(|a, b| b.at.cmp(&a.at).then(a.of.cmp(&b.of)));
        let also_failed = also_failed(context, releases, item, &runs);
        runs.truncate(LATELY);
        let failed = runs.iter().filter(|run| run.failed).count();
        let turns = runs.windows(2).filter(|pair| pair[0].failed != pair[1].failed).count();
        let others_failed = runs.iter().filter(|run| run.failed && run.of != Some(item)).count();
        let fails_here = check.outcome == CheckOutcome::Failed;
        let on_base = builds().find(|build| build.branch == own.base);
        let on_base = on_base.and_then(|build| build.checks.iter().find(|run| run.name == check.name));
        CheckHistory {
            name: check.name.clone(),
            step: check.step,
            runs: runs.len() as u32,
            failed: failed as u32,
            flaky: runs.len() >= FLAKY_FROM && turns >= FLAKY_TURNS && 2 * failed <= runs.len(),
            recurring: fails_here && (!also_failed.is_empty() || others_failed >= RECURS_FROM),
            fails_on_base: on_base.is_some_and(|run| run.outcome == CheckOutcome::Failed)
                && own.state == PullRequestState::Open,
            also_failed,
        }
    };
    own.checks.iter().map(history).collect()
}

/// The releases other than those of `item` in which one of `runs` failed, each once.
fn also_failed(context: &Context<'_>, releases: &[Vec<usize>], item: usize, runs: &[Run]) -> Vec<AlsoFailed> {
    let project = releases[item].first().map(|release| &context.releases[*release].project);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for run in runs.iter().filter(|run| run.failed) {
        let Some(other) = run.of else { continue };
        let elsewhere = releases[other].iter().find(|release| !releases[item].contains(release));
        let Some(release) = elsewhere.filter(|release| seen.insert(**release)) else { continue };
        let release = context.releases[*release];
        let is_same_project = project == Some(&release.project);
        found.push(AlsoFailed {
            release: if is_same_project { release.version.clone() } else { release.id.text().clone() },
            pull_request: context.pull_requests[other].id.clone(),
        });
        if found.len() == 3 {
            break;
        }
    }
    found
}

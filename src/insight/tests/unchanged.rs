//! A board that rests on the one before says what one says that rests on nothing.

use std::sync::Arc;

use chrono::Duration;
use proptest::{collection::vec, option, prelude::*};

use super::generated::{any_pull_request, any_story, moment};
use crate::domain::{
    Category, DayFigures, DeploymentState, Instant, PullRequest, PullRequestId, PullRequestState, Release,
    ReleaseId, Review, ReviewVerdict, SourceHealth, Story, StoryKey, Target, Text, World,
};
use crate::insight::{
    Board, Completeness, Learned, ReleaseInsight,
    fixture::{ALL_KINDS, Setting, at, deployment, id, now, pull_request, story, test_run},
};

const RELEASES: [(&str, &str); 4] =
    [("payments", "4.1"), ("payments", "4.2"), ("payments", "4.3"), ("auth", "2.9")];

fn release_id(index: usize) -> ReleaseId {
    let (project, version) = RELEASES[index];
    ReleaseId::of(project, version)
}

/// Something that happens between two boards.
#[derive(Clone, Debug)]
enum Step {
    /// A story changes, or comes if there is none at this place.
    Story(usize, Story),
    /// It changes in what it says only.
    Title(usize),
    NoStory(usize),
    PullRequest(usize, PullRequest),
    NoPullRequest(usize),
    Run(u32, u32),
    Deployed(usize, Instant),
    Released(usize, Option<Instant>),
    /// Minutes pass; a few of them may be set back.
    Passes(i64),
    /// The source is heard of no more, or again.
    Heard(bool),
    /// The figures of the day are kept.
    Kept,
}

/// A story of one of the releases, that may wait for others and be a part of one.
fn any_member() -> impl Strategy<Value = Story> {
    (any_story(), 0..RELEASES.len(), vec(0_usize..9, 0..2), option::of(0_usize..9)).prop_map(
        |(mut made, release, blocked_by, parent)| {
            let key = |number: usize| StoryKey::new(format!("PAY-{number}"));
            for change in &mut made.scope {
                change.release = release_id(release);
            }
            if !made.releases.is_empty() {
                made.releases = vec![release_id(release)];
            }
            made.blocked_by = blocked_by.into_iter().map(key).collect();
            made.parent = parent.map(key);
            made
        },
    )
}

fn any_request() -> impl Strategy<Value = PullRequest> {
    (any_pull_request(), 0..RELEASES.len(), option::of(moment()), vec(0_usize..9, 0..2)).prop_map(
        |(mut made, release, reviewed, stories)| {
            made.release = Some(release_id(release));
            made.stories = stories.into_iter().map(|number| StoryKey::new(format!("PAY-{number}"))).collect();
            made.reviews.extend(reviewed.map(|at| Review {
                at,
                reviewer: Text::new("kim"),
                verdict: ReviewVerdict::Approved,
                bot: false,
                of_head: None,
            }));
            made
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..10, any_member()).prop_map(|(place, story)| Step::Story(place, story)),
        3 => (0_usize..10).prop_map(Step::Title),
        1 => (0_usize..10).prop_map(Step::NoStory),
        3 => (0_usize..6, any_request()).prop_map(|(place, request)| Step::PullRequest(place, request)),
        1 => (0_usize..6).prop_map(Step::NoPullRequest),
        1 => (1_u32..9, 0_u32..3).prop_map(|(passed, failed)| Step::Run(passed, failed)),
        1 => (0..RELEASES.len(), moment()).prop_map(|(release, at)| Step::Deployed(release, at)),
        1 => (0..RELEASES.len(), option::of(moment())).prop_map(|(release, at)| Step::Released(release, at)),
        4 => (-30_i64..2_000).prop_map(Step::Passes),
        1 => any::<bool>().prop_map(Step::Heard),
        1 => Just(Step::Kept),
    ]
}

/// What is known, and when.
struct Team {
    setting: Setting,
    days: Vec<Arc<DayFigures>>,
    now: Instant,
    made: usize,
}

impl Team {
    fn new(stories: Vec<Story>, requests: Vec<PullRequest>, out: &[Option<Instant>]) -> Self {
        let mut setting = Setting::covering(&ALL_KINDS).test_run(test_run("unit", 12, 8, 1));
        setting.facts.releases = (0..RELEASES.len())
            .map(|index| {
                let (project, version) = RELEASES[index];
                let mut release = Release::named(project, version);
                release.target = Some(Target { at: at(25, 17), estimated: index == 3 });
                release.released_at = out.get(index).copied().flatten();
                Arc::new(release)
            })
            .collect();
        let mut team = Self { setting, days: Vec::new(), now: now(), made: 0 };
        for story in stories {
            team.take(Step::Story(usize::MAX, story));
        }
        for request in requests {
            team.take(Step::PullRequest(usize::MAX, request));
        }
        team
    }

    fn take(&mut self, step: Step) {
        let facts = &mut self.setting.facts;
        self.made += 1;
        match step {
            Step::Story(place, mut story) => {
                if let Some(known) = facts.stories.get_mut(place) {
                    story.key = known.key.clone();
                    *known = Arc::new(story);
                } else {
                    story.key = StoryKey::new(format!("PAY-{}", self.made));
                    facts.stories.push(Arc::new(story));
                }
            }
            Step::Title(place) => {
                if let Some(known) = facts.stories.get_mut(place) {
                    let title = Text::new(format!("title {}", self.made));
                    *known = Arc::new(Story { title, ..(**known).clone() });
                }
            }
            Step::NoStory(place) if place < facts.stories.len() => drop(facts.stories.remove(place)),
            Step::PullRequest(place, mut request) => {
                if let Some(known) = facts.pull_requests.get_mut(place) {
                    request.id = known.id.clone();
                    *known = Arc::new(request);
                } else {
                    request.id = PullRequestId::new(format!("api#{}", self.made));
                    facts.pull_requests.push(Arc::new(request));
                }
            }
            Step::NoPullRequest(place) if place < facts.pull_requests.len() => {
                drop(facts.pull_requests.remove(place));
            }
            Step::Run(passed, failed) => {
                facts.test_runs.push(Arc::new(test_run("unit", 10 + passed, passed, failed)));
            }
            Step::Deployed(release, from) => {
                let mut made = deployment(&format!("d-{}", self.made), "", from, 60);
                made.release = Some(release_id(release));
                made.state = DeploymentState::Succeeded;
                (made.started_at, made.finished_at) = (Some(from), Some(from + Duration::hours(1)));
                facts.deployments.push(Arc::new(made));
            }
            Step::Released(release, at) => Arc::make_mut(&mut facts.releases[release]).released_at = at,
            Step::Passes(minutes) => self.now += Duration::minutes(minutes),
            Step::Heard(is_heard) => {
                let until = self.now + Duration::hours(if is_heard { 500 } else { -1 });
                let health: &mut SourceHealth = &mut self.setting.health[0];
                health.stale_from = Some(until);
            }
            Step::Kept => {
                let board = self.board(&Learned::default());
                self.days.push(Arc::new(board.day_figures()));
            }
            Step::NoStory(_) | Step::NoPullRequest(_) => {}
        }
    }

    fn board(&self, learned: &Learned) -> Board {
        let world = World { days: self.days.clone(), ..self.setting.world() };
        Board::derive(
            Text::new("board"),
            Arc::new(world),
            self.setting.health.clone().into(),
            Arc::new(self.setting.policy.clone()),
            learned,
            Completeness::Whole,
            self.now,
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn a_board_rests_on_the_one_before_as_on_nothing(
        stories in vec(any_member(), 2..10),
        requests in vec(any_request(), 0..6),
        out in vec(option::weighted(0.8, moment()), RELEASES.len()),
        steps in vec(any_step(), 1..12),
    ) {
        let learned = Learned::default();
        let mut team = Team::new(stories, requests, &out);
        team.board(&learned);
        for step in steps {
            let what = format!("{step:?}");
            team.take(step);
            let (after, anew) = (team.board(&learned), team.board(&Learned::default()));
            prop_assert_eq!(&*after.insight, &*anew.insight, "{}", what);
            prop_assert_eq!(after.valid_until, anew.valid_until, "{}", what);
        }
    }
}

/// Two releases that went out and one in the making, each with a story and a pull request.
fn three() -> Team {
    let mut team = Team::new(Vec::new(), Vec::new(), &[Some(at(20, 18)), None, None, Some(at(21, 6))]);
    let of = |release: usize, made: Story| Story { releases: vec![release_id(release)], ..made };
    let facts = &mut team.setting.facts;
    for (release, key) in [(0, "PAY-1"), (1, "PAY-2"), (3, "PAY-3")] {
        facts.stories.push(Arc::new(of(release, story(key, Category::Done))));
        let request = PullRequest {
            release: Some(release_id(release)),
            ..pull_request(release as u64, PullRequestState::Merged)
        };
        facts.pull_requests.push(Arc::new(request));
    }
    team
}

#[test]
fn what_went_out_is_taken_over_until_something_of_it_changes() {
    type Change = fn(&mut Team);
    let finished = release_id(0);
    let said = |board: &Board, release: &ReleaseId| Arc::clone(board.release(release).unwrap());
    let cases: [(&str, Change, bool); 12] = [
        ("nothing", |_| {}, true),
        (
            "all is read anew",
            |team| {
                let facts = &mut team.setting.facts;
                facts.stories.iter_mut().for_each(|story| *story = Arc::new((**story).clone()));
                facts.pull_requests.iter_mut().for_each(|request| *request = Arc::new((**request).clone()));
                facts.releases.iter_mut().for_each(|release| *release = Arc::new((**release).clone()));
            },
            true,
        ),
        ("time", |team| team.take(Step::Passes(240)), true),
        ("another story", |team| team.take(Step::Title(1)), true),
        ("a story of another release that is out", |team| team.take(Step::Title(2)), true),
        ("a day", |team| team.take(Step::Passes(2_000)), false),
        ("time is set back", |team| team.take(Step::Passes(-1)), false),
        ("its story", |team| team.take(Step::Title(0)), false),
        (
            "a story comes to it",
            |team| {
                let mut moved = (*team.setting.facts.stories[1]).clone();
                moved.releases.push(release_id(0));
                team.setting.facts.stories[1] = Arc::new(moved);
            },
            false,
        ),
        (
            "its pull request",
            |team| {
                let changed =
                    PullRequest { title: Text::new("new"), ..(*team.setting.facts.pull_requests[0]).clone() };
                team.setting.facts.pull_requests[0] = Arc::new(changed);
            },
            false,
        ),
        ("a test run", |team| team.take(Step::Run(3, 0)), false),
        ("a rule", |team| team.setting.policy.tests_passing = 0.5, false),
    ];
    for (case, change, is_same) in cases {
        let (mut team, learned) = (three(), Learned::default());
        // Its source stays fresh meanwhile.
        team.setting.health[0].stale_from = Some(at(30, 0));
        let before = said(&team.board(&learned), &finished);
        change(&mut team);
        let after = team.board(&learned);
        assert_eq!(Arc::ptr_eq(&before, &said(&after, &finished)), is_same, "{case}");
        assert_eq!(after.insight, team.board(&Learned::default()).insight, "{case}");
        assert!(
            !Arc::ptr_eq(&said(&after, &id()), &said(&team.board(&learned), &id())),
            "{case}: not out yet"
        );
    }
}

#[test]
fn gates_of_what_went_out_are_asked_anew() {
    let (mut team, learned) = (three(), Learned::default());
    let before = Arc::clone(team.board(&learned).release(&release_id(0)).unwrap());
    team.take(Step::Heard(false));
    let after = team.board(&learned);
    let after: &ReleaseInsight = after.release(&release_id(0)).unwrap();
    assert_ne!(before.gates, after.gates);
    assert_eq!(before.stories, after.stories);
}

#[test]
fn what_is_assumed_is_never_taken_for_what_is() {
    let (team, learned) = (three(), Learned::default());
    let truth = team.board(&learned);
    let assumed = crate::domain::Assumed {
        release: id(),
        assumption: crate::domain::Assumption::LeaveOut(StoryKey::new("PAY-2")),
    };
    let other = truth.assuming(&[assumed], &learned);
    assert_ne!(other.insight, truth.insight);
    assert_eq!(team.board(&learned).insight, truth.insight);
}

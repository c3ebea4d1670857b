//! The five delivery metrics and the steps of the value stream, computed once more in another,
//! plainer way over generated worlds: both must agree.

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{Deployment, DeploymentState, PullRequest, PullRequestState, Review, ReviewVerdict, StoryKey},
    insight::{
        cards::value_stream::{Step, read},
        fixture,
    },
};

const RELEASES: [&str; 3] = ["payments 4.2", "payments 4.1", "auth 2.0"];
const PROJECTS: [&str; 3] = ["payments", "payments", "auth"];
const PLACES: [&str; 3] = ["production/eu", "production/us", "staging"];
const STATES: [DeploymentState; 4] = [
    DeploymentState::Succeeded,
    DeploymentState::Failed,
    DeploymentState::RolledBack,
    DeploymentState::Cancelled,
];
const QUARTER: i64 = 91 * 24 * 60;

/// All times are minutes before now.
#[derive(Clone, Debug)]
struct Ran {
    end: i64,
    length: i64,
    state: usize,
    place: usize,
    release: usize,
}

#[derive(Clone, Debug)]
struct Change {
    merged: i64,
    work: i64,
    release: usize,
}

#[derive(Clone, Debug)]
struct Incident {
    created: i64,
    closed: Option<i64>,
    release: Option<usize>,
}

#[derive(Clone, Debug)]
struct Generated {
    ran: Vec<Ran>,
    changes: Vec<Change>,
    incidents: Vec<Incident>,
}

fn generated() -> impl Strategy<Value = Generated> {
    // Within 120 days, so that some of it is older than a quarter.
    let minute = || 1_i64..170_000;
    let ran = (minute(), 1_i64..600, 0_usize..4, 0_usize..3, 0_usize..3);
    let change = (minute(), 1_i64..60_000, 0_usize..3);
    let incident = (minute(), prop::option::of(1_i64..20_000), prop::option::of(0_usize..3));
    let all = (
        prop::collection::vec(ran, 1..14),
        prop::collection::vec(change, 0..10),
        prop::collection::vec(incident, 0..6),
    );
    all.prop_map(|(ran, changes, incidents)| Generated {
        ran: (0..)
            .zip(ran)
            // No two end at once.
            .map(|(index, (end, length, state, place, release))| Ran {
                end: end / 16 * 16 + index,
                length,
                state,
                place,
                release,
            })
            .collect(),
        changes: changes
            .into_iter()
            .map(|(merged, work, release)| Change { merged, work, release })
            .collect(),
        incidents: (0..)
            .zip(incidents)
            .map(|(index, (created, took, release))| {
                let created = created / 16 * 16 + index;
                let closed = took.map(|took| created - took).filter(|closed| *closed > 0);
                Incident { created, closed, release }
            })
            .collect(),
    })
}

fn ago(minutes: i64) -> Instant {
    now() - Duration::minutes(minutes)
}

/// Minutes until a failure was over, and when its rework ended.
type Outcome = (Option<i64>, Option<i64>);

impl Generated {
    fn setting(&self) -> Setting {
        let kinds = [Kind::Releases, Kind::Stories, Kind::PullRequests, Kind::Deployments];
        let mut setting = Setting::covering(&kinds)
            .other(Release::named("payments", "4.1"))
            .other(Release::named("auth", "2.0"));
        for (number, ran) in self.ran.iter().enumerate() {
            let began = ago(ran.end + ran.length);
            setting = setting.deployment(Deployment {
                state: STATES[ran.state],
                environment: PLACES[ran.place].into(),
                started_at: Some(began),
                finished_at: Some(ago(ran.end)),
                ..fixture::deployment(&format!("d{number}"), RELEASES[ran.release], began, ran.length)
            });
        }
        for (number, change) in (0_u64..).zip(&self.changes) {
            let merged = PullRequestState::Merged;
            setting = setting.pull_request(PullRequest {
                number: Some(number),
                started_at: Some(ago(change.merged + change.work)),
                merged_at: Some(ago(change.merged)),
                release: Some(ReleaseId::new(RELEASES[change.release])),
                ..PullRequest::new(format!("api#{number}"), "api", "Refunds", "lee", "main", merged)
            });
        }
        for (number, incident) in self.incidents.iter().enumerate() {
            let closed: Vec<_> =
                incident.closed.into_iter().map(|closed| (ago(closed), Category::Done)).collect();
            setting = setting.story(Story {
                kind: StoryKind::Defect,
                labels: vec![Text::new("incident")],
                releases: incident
                    .release
                    .map(|release| ReleaseId::new(RELEASES[release]))
                    .into_iter()
                    .collect(),
                ..story_with(&format!("INC-{number}"), ago(incident.created), &closed)
            });
        }
        setting
    }

    /// The failure of one deployment: minutes until it was over, and the rework; none: no failure.
    fn failure(&self, one: &Ran) -> Option<Outcome> {
        let goes_on =
            |other: &&Ran| other.place == one.place && PROJECTS[other.release] == PROJECTS[one.release];
        let made_good = || {
            let after =
                self.ran.iter().filter(goes_on).filter(|other| other.end < one.end && other.state == 0);
            after.map(|other| other.end).max()
        };
        let own = (one.state == 1 || one.state == 2).then(|| {
            let good = made_good();
            (good.map(|good| one.end - good), good.filter(|good| one.end - good <= 7 * 24 * 60))
        });
        // The first incident that this deployment is behind.
        let first = self
            .incidents
            .iter()
            .filter(|incident| self.cause(incident) == Some(one.end))
            .max_by_key(|incident| incident.created);
        let Some(incident) = first else { return own };
        let recovery = incident.closed.map(|closed| incident.created - closed);
        let until = incident.closed.unwrap_or(0);
        let within = |other: &&Ran| other.reached() && other.end < incident.created && other.end >= until;
        let named = self.ran.iter().filter(within).filter(|other| Some(other.release) == incident.release);
        let named = named.map(|other| other.end).max();
        let next = self.ran.iter().filter(within).filter(goes_on).filter(|other| other.end < one.end);
        let rework = named.or(next.map(|other| other.end).max());
        let (own_recovery, own_rework) = own.unwrap_or_default();
        Some((recovery.or(own_recovery), own_rework.or(rework)))
    }

    /// When the deployment ended that is behind an incident.
    fn cause(&self, incident: &Incident) -> Option<i64> {
        let before = || self.ran.iter().filter(|ran| ran.reached() && ran.end >= incident.created);
        let named = before().filter(|ran| Some(ran.release) == incident.release);
        named.map(|ran| ran.end).min().or_else(|| {
            let last = before().map(|ran| ran.end).min()?;
            (last - incident.created <= 7 * 24 * 60).then_some(last)
        })
    }

    /// Minutes from the first commit to production of what came there within the quarter.
    fn lead(&self) -> Vec<f64> {
        let first_known = self.ran.iter().filter(|ran| ran.reached()).map(|ran| ran.end).max();
        let mut lead = Vec::new();
        for change in &self.changes {
            let took_it = |ran: &&Ran| {
                ran.state == 0
                    && ran.place < 2
                    && ran.release == change.release
                    && ran.end + ran.length <= change.merged
            };
            let live = self.ran.iter().filter(took_it).map(|ran| ran.end).max();
            let is_known = first_known.is_some_and(|first| change.merged <= first);
            if let Some(live) = live.filter(|live| *live < QUARTER && is_known) {
                lead.push((change.merged + change.work - live) as f64 * 60.0);
            }
        }
        lead
    }
}

impl Ran {
    fn is_over(&self) -> bool {
        self.state < 3 && self.place < 2
    }

    fn reached(&self) -> bool {
        self.is_over() && self.state != 1
    }
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let half = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(numbers[half]),
        _ => Some(f64::midpoint(numbers[half - 1], numbers[half])),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_five_metrics_are_those_of_a_plain_count(generated in generated()) {
        let study = study(&generated.setting());
        let card = study.card(CardId::Delivery).unwrap();
        if !generated.ran.iter().any(Ran::reached) {
            prop_assert_eq!(card.standing, CardStanding::Unknown);
            return Ok(());
        }
        let lately: Vec<&Ran> = generated.ran.iter().filter(|ran| ran.is_over() && ran.end < QUARTER).collect();
        let all: Vec<(&Ran, Outcome)> = generated
            .ran
            .iter()
            .filter(|ran| ran.is_over())
            .filter_map(|ran| Some((ran, generated.failure(ran)?)))
            .collect();
        let failed: Vec<_> = all.iter().filter(|(ran, _)| ran.end < QUARTER).collect();
        let mut rework: Vec<i64> =
            all.iter().filter_map(|(_, (_, rework))| *rework).filter(|end| *end < QUARTER).collect();
        rework.sort_unstable();
        rework.dedup();
        let share = |part: usize| (!lately.is_empty()).then(|| part as f64 / lately.len() as f64);
        let recovery = failed.iter().filter_map(|(_, (recovery, _))| *recovery);
        let expected = [
            ("lead_time", median(generated.lead())),
            ("frequency", Some(lately.iter().filter(|ran| ran.reached()).count() as f64 / 13.0)),
            ("change_fail_rate", share(failed.len())),
            ("recovery_time", median(recovery.map(|minutes| minutes as f64 * 60.0).collect())),
            ("rework_rate", share(rework.len())),
        ];
        for (name, expected) in expected {
            let found = figure(card, name);
            let is_same = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 1e-6,
                (found, expected) => found.is_none() && expected.is_none(),
            };
            prop_assert!(is_same, "{}: {:?}, counted {:?}", name, found, expected);
        }
    }
}

/// A story with its pull requests, in minutes after it was created.
#[derive(Clone, Debug)]
struct Told {
    moves: Vec<(i64, usize)>,
    requests: Vec<[i64; 6]>,
    done: i64,
}

const OPEN: [Category; 4] = [Category::ToDo, Category::InProgress, Category::InReview, Category::InTest];
const CREATED: i64 = 20 * 24 * 60;

fn told() -> impl Strategy<Value = Told> {
    // First commit, ready, first review, approval, merge, production.
    let request = prop::array::uniform6(1_i64..3_000).prop_map(|mut gaps| {
        (1..6).for_each(|index| gaps[index] += gaps[index - 1]);
        gaps
    });
    let moves = prop::collection::vec((1_i64..4_000, 0_usize..4), 0..6);
    (moves, prop::collection::vec(request, 0..3), 1_i64..4_000).prop_map(|(gaps, requests, rest)| {
        let mut at = 0;
        let mut moves = Vec::new();
        for (gap, to) in gaps {
            at += gap;
            moves.push((at, to));
        }
        Told { moves, requests, done: at + rest }
    })
}

impl Told {
    fn setting(&self) -> Setting {
        let kinds = [Kind::Releases, Kind::Stories, Kind::PullRequests, Kind::Deployments];
        let created = ago(CREATED);
        let at = |minute: i64| created + Duration::minutes(minute);
        let mut moves: Vec<_> = self.moves.iter().map(|(minute, to)| (at(*minute), OPEN[*to])).collect();
        moves.push((at(self.done), Category::Done));
        let mut setting = Setting::covering(&kinds).story(story_with("PAY-1", created, &moves));
        for (number, minutes) in (0_u64..).zip(&self.requests) {
            let [began, ready, first, approved, merged, live] = minutes.map(at);
            let review =
                |at, verdict| Review { at, reviewer: Text::new("kim"), verdict, bot: false, of_head: None };
            let state = PullRequestState::Merged;
            setting = setting.pull_request(PullRequest {
                number: Some(number),
                started_at: Some(began),
                opened_at: Some(ready),
                ready_at: Some(ready),
                merged_at: Some(merged),
                deployed_at: Some(live),
                reviews: vec![
                    review(first, ReviewVerdict::ChangesRequested),
                    review(approved, ReviewVerdict::Approved),
                ],
                stories: vec![StoryKey::new("PAY-1")],
                ..PullRequest::new(format!("api#{number}"), "api", "Refunds", "lee", "main", state)
            });
        }
        setting
    }

    /// The step of a minute.
    fn step(&self, minute: i64) -> Step {
        let status = self.moves.iter().rfind(|(at, _)| *at <= minute);
        let status = status.map_or(Category::ToDo, |(_, to)| OPEN[*to]);
        if minute >= self.done {
            return Step::Deploy;
        }
        if status == Category::InTest {
            return Step::Test;
        }
        let stages = self.requests.iter().filter_map(|[began, ready, first, approved, merged, _]| {
            let of = [
                (began, ready, Step::Coding),
                (ready, first, Step::Pickup),
                (first, approved, Step::Review),
                (approved, merged, Step::Merge),
            ];
            of.into_iter().find(|(from, until, _)| (**from..**until).contains(&minute)).map(|(.., step)| step)
        });
        let now: Vec<Step> = stages.collect();
        let by_status = match status {
            Category::InReview => Step::Review,
            Category::InProgress => Step::InProgress,
            _ => Step::ToDo,
        };
        // Work before waiting, and of two the earlier step.
        [Step::Coding, Step::Review, Step::Pickup, Step::Merge]
            .into_iter()
            .find(|step| now.contains(step))
            .unwrap_or(by_status)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_steps_of_a_story_are_those_of_its_minutes(told in told()) {
        let board = told.setting().board_at(now());
        let context = Context::new(&board.world, &board.health, &board.policy, board.at);
        let material = Material::new(&board, &context, Vec::new());
        let found = read(&material);
        let end = told.requests.iter().map(|request| request[5]).chain([told.done]).max().unwrap();
        if end > CREATED {
            return Ok(());
        }
        let mut sampled = [0_i64; Step::ALL.len()];
        for minute in 0..end {
            let at = ago(CREATED - minute);
            // Every day counts whole, weekends do not.
            if board.policy.calendar.is_working(board.policy.calendar.day(at)) {
                sampled[told.step(minute) as usize] += 60;
            }
        }
        prop_assert_eq!(found.finished.len(), 1);
        prop_assert_eq!(found.finished[0].1.spent, sampled);
    }
}

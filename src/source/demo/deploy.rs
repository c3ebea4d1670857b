//! Deployments and their runbooks, bookings and freezes.

use std::collections::BTreeMap;

use chrono::Duration;
use fastrand::Rng;

use crate::{
    domain::{
        Activity, Booking, BookingId, Deployment, DeploymentId, DeploymentState, EnvironmentId, Freeze,
        Instant, ReleaseId, Text, Window,
    },
    source::configuration::digests,
};

use super::{
    cast::Product,
    draft::{Draft, link},
    life::{DeploymentLife, Known},
    rhythm::{between, pick},
};

/// The usual runbook: what is done, after what, and for how many minutes.
const RUNBOOK: [(&str, &[&str], u32); 9] = [
    ("announce", &[], 2),
    ("backup", &[], 8),
    ("drain workers", &["announce"], 5),
    ("migrate", &["backup", "drain workers"], 18),
    ("deploy canary", &["migrate"], 7),
    ("watch canary", &["deploy canary"], 8),
    ("deploy", &["watch canary"], 10),
    ("smoke tests", &["deploy"], 6),
    ("switch flags on", &["smoke tests"], 3),
];

/// From where on there is no way back, and how many minutes it takes to go back from there.
const NO_RETURN: (&str, u32) = ("deploy", 20);

/// How a deployment goes, once it is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It works.
    Succeeds,
    /// It breaks off half-way.
    Fails,
    /// It is taken back half an hour after its end.
    RolledBack,
}

/// A deployment to be made.
pub(super) struct Plan<'a> {
    pub(super) product: &'a Product,
    pub(super) release: &'a ReleaseId,
    pub(super) environment: &'a str,
    /// When it is put into the plan.
    pub(super) planned_at: Instant,
    pub(super) approved_at: Option<Instant>,
    pub(super) window: Window,
    /// When and how it really runs; none: not within the time simulated.
    pub(super) runs: Option<(Instant, Fate)>,
}

/// A window of so many minutes.
pub(super) fn window(from: Instant, minutes: i64) -> Window {
    Window { from, until: from + Duration::minutes(minutes) }
}

/// Minutes that the runbook of `product` takes by its estimates.
pub(super) fn usual_minutes(product: &Product) -> i64 {
    let runbook = activities(product, &mut Rng::with_seed(0));
    let mut ends: Vec<u32> = Vec::new();
    for activity in &runbook {
        let begin = runbook
            .iter()
            .zip(&ends)
            .filter(|(other, _)| activity.after.contains(&other.name))
            .map(|(_, end)| *end)
            .max();
        ends.push(begin.unwrap_or(0) + activity.estimate_minutes);
    }
    i64::from(ends.into_iter().max().unwrap_or(0))
}

fn activities(product: &Product, rng: &mut Rng) -> Vec<Activity> {
    RUNBOOK
        .iter()
        .map(|(name, after, minutes)| Activity {
            owner: Some(Text::new(pick(rng, product.people))),
            after: after.iter().map(Text::new).collect(),
            point_of_no_return: *name == NO_RETURN.0,
            rollback_minutes: (*name == NO_RETURN.0).then_some(NO_RETURN.1),
            ..Activity::new(*name, ((f64::from(*minutes) * product.runbook).round() as u32).max(1))
        })
        .collect()
}

/// Adds the deployment of `plan`; says when it ended.
pub(super) fn deploy(draft: &mut Draft, plan: &Plan<'_>, rng: &mut Rng) -> Option<Instant> {
    let mut activities = activities(plan.product, rng);
    let mut states = vec![(plan.planned_at, DeploymentState::Draft)];
    states.extend(plan.approved_at.map(|at| (at, DeploymentState::Approved)));
    let mut finished_at = None;
    if let Some((started_at, fate)) = plan.runs {
        states.push((started_at, DeploymentState::Running));
        // Machines that are set up by hand take longer.
        let slow = if plan.environment == "production/us" { 1.25 } else { 1.0 };
        let reached = if fate == Fate::Fails { rng.usize(4..activities.len()) } else { activities.len() };
        for index in 0..reached {
            let begin = activities
                .iter()
                .filter(|other| activities[index].after.contains(&other.name))
                .filter_map(|other| other.finished_at)
                .max()
                .map_or(started_at, |at| at + Duration::seconds(rng.i64(10..70)));
            // Half a run or twice as long as planned, more often a bit shorter.
            let actual = between(rng, 0.6, 1.0) * if rng.u8(..) < 60 { 1.8 } else { 1.0 } * slow;
            let seconds = f64::from(activities[index].estimate_minutes) * 60.0 * actual;
            activities[index].started_at = Some(begin);
            activities[index].finished_at = Some(begin + Duration::seconds(seconds as i64));
        }
        let end = activities.iter().filter_map(|activity| activity.finished_at).max().unwrap_or(started_at);
        finished_at = Some(end);
        match fate {
            Fate::Succeeds => states.push((end, DeploymentState::Succeeded)),
            Fate::Fails => states.push((end, DeploymentState::Failed)),
            Fate::RolledBack => states.extend([
                (end, DeploymentState::Succeeded),
                (end + Duration::minutes(35), DeploymentState::RolledBack),
            ]),
        }
    }
    let id = format!("{} {} {}", plan.release, plan.environment, plan.window.from.format("%Y%m%d-%H%M"));
    let deployment = Deployment {
        url: Some(link("deployments", &id)),
        id: DeploymentId::new(id),
        release: Some(plan.release.clone()),
        environment: EnvironmentId::new(plan.environment),
        window: plan.window,
        state: DeploymentState::Draft,
        started_at: plan.runs.map(|(at, _)| at),
        finished_at,
        activities,
        time_zone: None,
        configuration: configuration(plan),
    };
    draft.deployments.push(DeploymentLife::new(deployment, states));
    finished_at
}

/// What a release is configured with where it goes. One region was left behind by hand with the
/// version before this one, which does not know refund limits yet either.
fn configuration(plan: &Plan<'_>) -> BTreeMap<Text, Text> {
    let is_before = plan.release.as_str() == "payments 4.1";
    let database = format!("postgres://{}/{}", plan.environment, plan.product.name);
    let retries = if is_before && plan.environment == "production/us" { "5" } else { "3" };
    let all = [
        ("DATABASE_URL", &*database),
        ("LOG_LEVEL", "info"),
        ("RETRY_LIMIT", retries),
        ("REFUND_LIMIT", "500"),
    ];
    digests(all.into_iter().filter(|(key, _)| !is_before || *key != "REFUND_LIMIT"))
}

/// Adds an approved booking of `environment` for `release`.
pub(super) fn book(
    draft: &mut Draft,
    known_from: Instant,
    environment: &str,
    release: &ReleaseId,
    window: Window,
    shareable: bool,
) {
    let booking = Booking {
        id: BookingId::new(format!("{environment} {release}")),
        environment: EnvironmentId::new(environment),
        release: Some(release.clone()),
        window,
        approved: true,
        shareable,
    };
    draft.bookings.push(Known::new(known_from, booking));
}

/// The times without deployments: a sale soon, and one quiet week later.
pub(super) fn freezes(draft: &Draft) -> Vec<Known<Freeze>> {
    let freeze = |name: &str, first_day: i64, days: i64| {
        let from = draft.anchor + Duration::days(first_day);
        let freeze = Freeze {
            name: Text::new(name),
            window: Window { from, until: from + Duration::days(days) },
            environments: vec![Text::new("production"), Text::new("production/*")],
        };
        Known::new(draft.anchor - Duration::days(60), freeze)
    };
    vec![freeze("Sale weekend", 5, 4), freeze("Quarter close", 34, 5)]
}

//! Who has an environment when, what was seen of its use, and when it is free.

use std::{collections::HashMap, sync::Arc};

use chrono::Duration;
use serde::Serialize;

use crate::{
    domain::{Booking, Deployment, Environment, EnvironmentId, Instant, Kind, ReleaseId, Text, Window},
    insight::{
        Frozen,
        context::{Context, later},
    },
};

use super::{HORIZON_DAYS, Material, conflicts::Claim, shared};

/// Days before now for which idle time is told.
const REMEMBERED_DAYS: i64 = 366;
/// Free slots that are listed of one environment.
const MOST_SLOTS: usize = 20;
/// Freezes that are listed of one environment.
const MOST_FREEZES: usize = 50;
/// Uses that are listed of one environment, the newest.
const MOST_OBSERVED: usize = 500;

/// An environment and its use.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnvironmentUse {
    /// Its name.
    pub id: EnvironmentId,
    /// What a source says of it; none where it is only named.
    pub known: Option<Arc<Environment>>,
    /// What a day of it costs; of a group without a price what its members cost together.
    pub cost_per_day: Option<f64>,
    /// Places in [`EnvironmentsView::bookings`](super::EnvironmentsView::bookings): its own, and
    /// those of the groups that hold it, by their beginning.
    #[serde(skip)]
    pub bookings: Vec<usize>,
    /// What ran there, oldest first.
    pub observed: Vec<Observation>,
    /// Times in which neither it, nor a group that holds it, nor anything that it holds is booked
    /// or deployed to: from now on, within the next ninety days. None where nobody tells who has what
    /// ([`EnvironmentsView::bookings_known`](super::EnvironmentsView::bookings_known)).
    pub free: Vec<Window>,
    /// Times without deployments that are not over, by their beginning: it may be booked then, and
    /// nothing may go out.
    pub frozen: Vec<Frozen>,
}

impl EnvironmentUse {
    /// The freeze that holds at `at`.
    pub fn frozen_at(&self, at: Instant) -> Option<&Frozen> {
        self.frozen.iter().find(|frozen| frozen.window.from <= at && at < frozen.window.until)
    }

    /// Several releases may use it at once.
    pub fn is_shareable(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.shareable)
    }
}

/// Something that ran on an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// What.
    pub kind: ObservationKind,
    /// From when to when; a test run only says when it ended.
    pub window: Window,
    /// Of which release.
    pub release: Option<ReleaseId>,
    /// The deployment's name, or the suite's.
    pub name: Text,
}

/// What ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservationKind {
    /// A deployment.
    Deployment,
    /// A test run whose release had no other place booked to run at.
    TestRun,
}

/// A booking and what was made of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BookingUse {
    /// The booking.
    #[serde(flatten)]
    pub booking: Arc<Booking>,
    /// Working time that is over, on days on which something ran there, seconds.
    pub used_seconds: i64,
    /// Working time that is over, on days on which nothing ran there, seconds.
    pub idle_seconds: i64,
    /// Working time that is over, on days on which its release was tested while it had several
    /// places booked, so that nobody can tell where, seconds.
    pub unclear_seconds: i64,
    /// The days on which nothing ran there, those that follow each other joined.
    pub idle: Vec<Window>,
    /// What it costs as a whole; none where nobody priced the environment.
    pub cost: Option<f64>,
}

/// The days of a year back, each with whether it is worked on.
struct Days {
    starts: Vec<Instant>,
    is_working: Vec<bool>,
}

impl Days {
    fn of(context: &Context<'_>) -> Self {
        let calendar = &context.policy.calendar;
        let today = calendar.day(context.now);
        let first = today - Duration::days(REMEMBERED_DAYS);
        let days: Vec<_> = first.iter_days().take_while(|day| *day <= today).collect();
        let mut starts: Vec<Instant> = days.iter().map(|day| calendar.start_of(*day)).collect();
        starts.extend(today.succ_opt().map(|tomorrow| calendar.start_of(tomorrow)));
        Self { starts, is_working: days.iter().map(|day| calendar.is_working(*day)).collect() }
    }

    /// The parts of `window` on working days.
    fn working_parts(&self, window: Window) -> impl Iterator<Item = Window> {
        let first = self.starts.partition_point(|start| *start <= window.from).saturating_sub(1);
        (first..self.is_working.len())
            .take_while(move |day| self.starts[*day] < window.until)
            .filter(|day| self.is_working[*day])
            .filter_map(move |day| {
                let until = *self.starts.get(day + 1)?;
                shared(&Window { from: self.starts[day], until }, &window)
            })
    }
}

/// Spans that do not touch each other, by their beginning.
fn joined(mut spans: Vec<Window>) -> Vec<Window> {
    spans.retain(|span| span.from <= span.until);
    spans.sort_by_key(|span| span.from);
    let mut joined: Vec<Window> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.until => last.until = last.until.max(span.until),
            _ => joined.push(span),
        }
    }
    joined
}

/// Whether one of the joined spans reaches into `part`.
fn touches(spans: &[Window], part: &Window) -> bool {
    let next = spans.partition_point(|span| span.until < part.from);
    spans.get(next).is_some_and(|span| span.from < part.until)
}

/// From when to when a deployment really ran, as far as is known.
fn ran(deployment: &Deployment, now: Instant) -> Option<Window> {
    let from = deployment.started_at.or(deployment.finished_at).filter(|at| *at <= now)?;
    Some(Window { from, until: deployment.finished_at.unwrap_or(now).min(now).max(from) })
}

/// All bookings, each with what was made of it.
pub(super) fn bookings(material: &Material<'_>) -> Vec<BookingUse> {
    let context = material.context;
    let now = context.now;
    let days = Days::of(context);
    let mut ran_at: HashMap<&EnvironmentId, Vec<Window>> = HashMap::new();
    for deployment in &context.deployments {
        if let Some(window) = ran(deployment, now) {
            ran_at.entry(&deployment.environment).or_default().push(window);
        }
    }
    let mut spans: HashMap<&EnvironmentId, Vec<Window>> = HashMap::new();
    let tested = Tested::of(context);
    let is_known = context.world.is_covered(Kind::Deployments);
    let mut all = Vec::with_capacity(context.bookings.len());
    for (index, booking) in context.bookings.iter().enumerate() {
        let rate = material.places.rate(context, &booking.environment);
        let mut made = BookingUse {
            booking: Arc::clone(booking),
            used_seconds: 0,
            idle_seconds: 0,
            unclear_seconds: 0,
            idle: Vec::new(),
            cost: rate.map(|rate| rate * in_days(&booking.window)),
        };
        let spans = spans.entry(&booking.environment).or_insert_with(|| {
            let around = material.places.around(&booking.environment);
            joined(around.filter_map(|id| ran_at.get(id)).flatten().copied().collect())
        });
        let over = Window { until: booking.window.until.min(now), ..booking.window };
        // Where nobody tells of deployments, nobody can say that there was none.
        let parts = days.working_parts(over).filter(|_| is_known);
        for part in parts {
            let seconds = part.duration().num_seconds();
            let in_tests = tested.during(context, index, &part);
            if touches(spans, &part) || in_tests == InTests::Here {
                made.used_seconds += seconds;
            } else if part.until == now && now < booking.window.until {
                // The day is not over: it may still be used.
            } else if in_tests == InTests::Somewhere {
                made.unclear_seconds += seconds;
            } else {
                made.idle_seconds += seconds;
                match made.idle.last_mut() {
                    Some(last) if last.until == part.from => last.until = part.until,
                    _ => made.idle.push(part),
                }
            }
        }
        all.push(made);
    }
    all
}

/// Whether a release was tested within some time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InTests {
    No,
    /// It was, and had another place booked, too.
    Somewhere,
    /// It was, and had no other place.
    Here,
}

/// A test run outside production while its release had a place booked there.
struct TestedAt<'a> {
    at: Instant,
    suite: &'a Text,
    /// The only place that the release had booked then; none: it had several.
    only: Option<&'a EnvironmentId>,
}

/// When releases were tested, and where they could have been.
struct Tested<'a> {
    /// By release, oldest first: those while it had any place.
    runs: HashMap<&'a ReleaseId, Vec<TestedAt<'a>>>,
    /// In the same order: how many before each had one place only. One longer than the runs.
    sure: HashMap<&'a ReleaseId, Vec<usize>>,
}

impl<'a> Tested<'a> {
    fn of(context: &Context<'a>) -> Self {
        let mut all: HashMap<&ReleaseId, Vec<(Instant, &Text)>> = HashMap::new();
        for run in &context.test_runs {
            if let Some(release) = &run.release {
                all.entry(release).or_default().push((run.at, &run.suite));
            }
        }
        let mut booked: HashMap<&ReleaseId, Vec<&Booking>> = HashMap::new();
        for booking in &context.bookings {
            if let Some(release) = &booking.release
                && all.contains_key(release)
                && booking.window.from < booking.window.until
                && !context.is_production(&booking.environment)
            {
                booked.entry(release).or_default().push(booking);
            }
        }
        let mut tested = Self { runs: HashMap::new(), sure: HashMap::new() };
        for (release, bookings) in booked {
            let Some(mut runs) = all.remove(release) else { continue };
            runs.sort_by_key(|(at, _)| *at);
            let runs = while_booked(&runs, &bookings);
            let mut sure = Vec::with_capacity(runs.len() + 1);
            sure.push(0);
            let mut count = 0;
            sure.extend(runs.iter().map(|run| {
                count += usize::from(run.only.is_some());
                count
            }));
            tested.sure.insert(release, sure);
            tested.runs.insert(release, runs);
        }
        tested
    }

    /// What is known of tests during a part of a booking.
    fn during(&self, context: &Context<'_>, booking: usize, part: &Window) -> InTests {
        let booking = context.bookings[booking];
        let release = booking.release.as_ref().filter(|_| !context.is_production(&booking.environment));
        let Some(release) = release else { return InTests::No };
        let Some((runs, sure)) = self.runs.get(release).zip(self.sure.get(release)) else {
            return InTests::No;
        };
        let first = runs.partition_point(|run| run.at < part.from);
        let last = runs.partition_point(|run| run.at < part.until);
        // This booking holds all the while: if the release had one place only, it was this one.
        if first >= last {
            InTests::No
        } else if sure[last] > sure[first] {
            InTests::Here
        } else {
            InTests::Somewhere
        }
    }
}

/// Those of `runs` during which any of `bookings` held, and which was the only place of them. Both
/// are gone through once, by time.
fn while_booked<'a>(runs: &[(Instant, &'a Text)], bookings: &[&'a Booking]) -> Vec<TestedAt<'a>> {
    let mut begins: Vec<(Instant, &EnvironmentId)> =
        bookings.iter().map(|booking| (booking.window.from, &booking.environment)).collect();
    let mut ends: Vec<(Instant, &EnvironmentId)> =
        bookings.iter().map(|booking| (booking.window.until, &booking.environment)).collect();
    begins.sort_by_key(|(at, _)| *at);
    ends.sort_by_key(|(at, _)| *at);
    let (mut begins, mut ends) = (begins.into_iter().peekable(), ends.into_iter().peekable());
    let mut held: HashMap<&EnvironmentId, usize> = HashMap::new();
    let mut found = Vec::new();
    for (at, suite) in runs {
        while let Some((_, place)) = begins.next_if(|(from, _)| from <= at) {
            *held.entry(place).or_default() += 1;
        }
        // What ends has begun: no place is left that was not there.
        while let Some((_, place)) = ends.next_if(|(until, _)| until <= at) {
            if let Some(count) = held.get_mut(place) {
                *count -= 1;
                if *count == 0 {
                    held.remove(place);
                }
            }
        }
        let mut places = held.keys();
        if let Some(place) = places.next() {
            let only = places.next().is_none().then_some(*place);
            found.push(TestedAt { at: *at, suite, only });
        }
    }
    found
}

/// The length of a window in days of 24 hours.
pub(super) fn in_days(window: &Window) -> f64 {
    (window.duration().num_seconds().max(0) as f64) / 86_400.0
}

/// All environments and their use.
pub(super) fn environments(material: &Material<'_>, claims: &[Claim]) -> Vec<EnvironmentUse> {
    let context = material.context;
    let now = context.now;
    let mut claimed: HashMap<&EnvironmentId, Vec<Window>> = HashMap::new();
    for claim in claims {
        claimed.entry(&claim.environment).or_default().push(claim.window);
    }
    let mut booked: HashMap<&EnvironmentId, Vec<usize>> = HashMap::new();
    for (index, booking) in context.bookings.iter().enumerate() {
        booked.entry(&booking.environment).or_default().push(index);
    }
    let mut observed = observations(context);
    let known: HashMap<&EnvironmentId, &Arc<Environment>> =
        // Of several the first is believed.
        context.world.environments.iter().rev().map(|known| (&known.id, known)).collect();
    let until = later(now, Duration::days(HORIZON_DAYS));
    let one = |id: &&EnvironmentId| {
        let taken = material.places.around(id).filter_map(|id| claimed.get(id)).flatten();
        let mut free = free(taken.copied().collect(), Window { from: now, until });
        free.truncate(if material.bookings_known { MOST_SLOTS } else { 0 });
        let mut frozen = material.closed.frozen(id);
        frozen.truncate(MOST_FREEZES);
        let chain = context.held_by(id);
        let mut bookings: Vec<usize> =
            chain.iter().filter_map(|id| booked.get(id)).flatten().copied().collect();
        bookings.sort_unstable();
        let mut seen = observed.remove(*id).unwrap_or_default();
        seen.sort_by(|a, b| (a.window.from, &a.name).cmp(&(b.window.from, &b.name)));
        seen.drain(..seen.len().saturating_sub(MOST_OBSERVED));
        EnvironmentUse {
            id: (*id).clone(),
            known: known.get(*id).map(|known| Arc::clone(known)),
            cost_per_day: material.places.rate(context, id),
            bookings,
            observed: seen,
            free,
            frozen,
        }
    };
    material.places.all.iter().map(one).collect()
}

fn observations(context: &Context<'_>) -> HashMap<EnvironmentId, Vec<Observation>> {
    let now = context.now;
    let mut observed: HashMap<EnvironmentId, Vec<Observation>> = HashMap::new();
    for deployment in &context.deployments {
        if let Some(window) = ran(deployment, now) {
            observed.entry(deployment.environment.clone()).or_default().push(Observation {
                kind: ObservationKind::Deployment,
                window,
                release: deployment.release.clone(),
                name: deployment.id.text().clone(),
            });
        }
    }
    for (release, runs) in Tested::of(context).runs {
        for run in runs.iter().filter(|run| run.at <= now) {
            let Some(place) = run.only else { continue };
            observed.entry(place.clone()).or_default().push(Observation {
                kind: ObservationKind::TestRun,
                window: Window { from: run.at, until: run.at },
                release: Some(release.clone()),
                name: run.suite.clone(),
            });
        }
    }
    // A run that several sources tell of counts once.
    for seen in observed.values_mut() {
        seen.sort_by(|a, b| (a.window.from, &a.name, &a.release).cmp(&(b.window.from, &b.name, &b.release)));
        seen.dedup();
    }
    observed
}

/// The parts of `within` that none of `taken` reaches into.
pub(super) fn free(taken: Vec<Window>, within: Window) -> Vec<Window> {
    let mut free = Vec::new();
    let mut from = within.from;
    for span in joined(taken) {
        if span.until <= from {
            continue;
        }
        if span.from >= within.until {
            break;
        }
        if span.from > from {
            free.push(Window { from, until: span.from });
        }
        from = span.until;
    }
    if from < within.until {
        free.push(Window { from, until: within.until });
    }
    free
}

//! Releases in the making, as they stand when the organisation is opened.

use chrono::Duration;
use fastrand::Rng;

use crate::domain::{Category, Instant, ReleaseId, StoryKey};

use super::{
    DemoSettings,
    cast::{AUTH, CHECKOUT, LEDGER, MOBILE, PAYMENTS, PRODUCTS},
    deploy::{Fate, Plan, book, deploy, usual_minutes, window},
    draft::{Draft, PullRequestDraft, ReleaseDraft, StoryDraft, way_to_done},
    on_screen,
    rhythm::{between, chance, generator, pick},
    script, titles,
};

/// A release in the making.
struct Upcoming {
    product: usize,
    version: &'static str,
    stories: usize,
    /// So many of so many stories are open.
    open: (usize, usize),
    /// Hours from the anchor to the target.
    target: Option<f64>,
    /// The number of its first story comes so much after that of the release in the making.
    numbers_after: usize,
    /// Nobody works on it yet.
    planned_only: bool,
}

/// All besides the release on screen; their targets are later than its.
const OTHERS: [Upcoming; 5] = [
    // Nearly done, live in one region, goes to the other tomorrow: ahead of its target.
    upcoming(AUTH, "2.9", 18, (1, 18), Some(4.0 * 24.0 + 18.0), 0, false),
    // Late: half of it is open.
    upcoming(LEDGER, "1.8", 26, (1, 2), Some(3.0 * 24.0 + 14.5), 0, false),
    // On track.
    upcoming(CHECKOUT, "7.3", 22, (2, 5), Some(16.0 * 24.0 + 10.0), 0, false),
    // Nobody said when.
    upcoming(MOBILE, "5.14", 14, (1, 3), None, 0, false),
    // Not begun.
    upcoming(PAYMENTS, "4.3", 9, (1, 1), Some(31.0 * 24.0 + 14.0), 138, true),
];

const fn upcoming(
    product: usize,
    version: &'static str,
    stories: usize,
    open: (usize, usize),
    target: Option<f64>,
    numbers_after: usize,
    planned_only: bool,
) -> Upcoming {
    Upcoming { product, version, stories, open, target, numbers_after, planned_only }
}

/// Hours from the anchor to the target of the release on screen.
pub(super) const TARGET: f64 = 3.0 * 24.0 + 14.0;

/// The release on screen.
pub(super) fn main_release() -> ReleaseId {
    ReleaseId::of(PRODUCTS[PAYMENTS].name, &PRODUCTS[PAYMENTS].version_before(0))
}

/// Makes all releases in the making.
pub(super) fn make(draft: &mut Draft, settings: &DemoSettings) {
    for release in &OTHERS {
        other(draft, release);
    }
    on_screen::make(draft, settings);
    blockers(draft, settings);
    deployments(draft, settings);
}

/// When work on the release in the making of `product` began.
pub(super) fn works_from(draft: &Draft, product: usize) -> Instant {
    let latest = draft.releases.iter().rev().find(|release| release.product == product);
    latest.and_then(|release| release.release.released_at).unwrap_or(draft.anchor - Duration::days(24))
}

fn other(draft: &mut Draft, release: &Upcoming) {
    let product = &PRODUCTS[release.product];
    let works_from =
        if release.planned_only { draft.hours(TARGET + 24.0) } else { works_from(draft, release.product) };
    let known_from =
        if release.planned_only { draft.anchor - Duration::days(9) } else { works_from - Duration::days(7) };
    let mut made = ReleaseDraft::new(release.product, release.version, known_from, works_from);
    if let Some(hours) = release.target {
        made.aim(known_from, draft.hours(hours));
    }
    let needs = match release.product {
        LEDGER => Some(ReleaseId::of("auth", "2.9")),
        CHECKOUT | PAYMENTS => Some(main_release()),
        _ => None,
    };
    made.release.depends_on.extend(needs);
    if release.planned_only {
        made.release.start = None;
    }
    let id = made.release.id.clone();
    draft.releases.push(made);

    let start = draft.rhythm.position(works_from);
    let (open, of) = release.open;
    let mut opened = 0;
    let first = draft.stories.len();
    for index in 0..release.stories {
        let mut rng = generator(draft.seed, "other story", [release.product, release.numbers_after, index]);
        let number = i64::try_from(product.first_key + release.numbers_after + index).unwrap_or(i64::MAX);
        let title =
            titles::story(product.vocabulary, 7 + release.product * 41 + release.numbers_after, index);
        let state = if release.planned_only {
            Some(Category::ToDo)
        } else if index % of < open {
            opened += 1;
            Some(OPEN_STATES[opened % OPEN_STATES.len()])
        } else {
            None
        };
        let place = Place { product: release.product, id: &id, start, known_from };
        let quantile = (index as f64 + 0.5) / release.stories as f64;
        let story = story(draft, &place, number, &title, state, quantile, &mut rng);
        draft.stories.push(story);
    }
    let mut number = product.first_number;
    for index in first..draft.stories.len() {
        let mut rng = generator(draft.seed, "other pull request", [release.product, index - first]);
        if let Some(made) = carrier(&draft.stories[index], release.product, &id, number, &mut rng) {
            number += 1;
            draft.pull_requests.push(made);
        }
    }
}

/// The states of open stories, in turn.
pub(super) const OPEN_STATES: [Category; 5] =
    [Category::InTest, Category::InProgress, Category::ToDo, Category::InReview, Category::InProgress];

/// Where a story belongs.
pub(super) struct Place<'a> {
    /// Index of the product.
    pub(super) product: usize,
    /// The release.
    pub(super) id: &'a ReleaseId,
    /// Position at which its release began.
    pub(super) start: f64,
    /// When its plan was made.
    pub(super) known_from: Instant,
}

/// A story that is in `state`, or done since the share `quantile` of the time gone by.
pub(super) fn story(
    draft: &Draft,
    place: &Place<'_>,
    number: i64,
    title: &str,
    state: Option<Category>,
    quantile: f64,
    rng: &mut Rng,
) -> StoryDraft {
    let product = &PRODUCTS[place.product];
    let (today, rhythm) = (draft.today(), &draft.rhythm);
    let begin = place.start.min(today - 1.0);
    let late = chance(rng, 0.22);
    let done = begin + (today - begin) * quantile.powf(0.8).clamp(0.1, 0.98);
    let reference = if state.is_none() { done } else { today };
    let (created, joined) = if late {
        let created = begin + (reference - begin) * between(rng, 0.2, 0.7);
        (rhythm.at(created), rhythm.at(created + 0.01))
    } else {
        let created = rhythm.at(begin - between(rng, 0.5, 8.0));
        (created, rhythm.at(begin).min(draft.anchor - Duration::days(3)).max(created).max(place.known_from))
    };
    let mut story = StoryDraft::new(product, number, title, created, rng);
    story.joins(joined, place.id);
    let earliest = rhythm.position(joined) + 0.02;
    match state {
        None => story.story.moves = way_to_done(rhythm, earliest, done, rng),
        Some(state) => {
            // As if it were done some days from now, but only what has happened of that.
            let way = way_to_done(rhythm, earliest, today - 0.01, rng);
            let reached = way.iter().position(|change| change.to == state).map_or(0, |last| last + 1);
            story.story.moves = way.into_iter().take(reached).collect();
        }
    }
    if let Some(begun) = story.first(Category::InProgress) {
        story.taken(begun, pick(rng, product.people));
    }
    story
}

/// The pull request of a story of another release than the one on screen, if it has one.
fn carrier(
    story: &StoryDraft,
    product: usize,
    id: &ReleaseId,
    number: usize,
    rng: &mut Rng,
) -> Option<PullRequestDraft> {
    let details = &PRODUCTS[product];
    let (owner, opened_at) = (story.story.owner.clone()?, story.first(Category::InReview)?);
    let mut made =
        PullRequestDraft::new(details.repository, number, &story.story.title, &owner, opened_at, rng);
    made.carries(id, [story.story.key.clone()]);
    if let Some(merged_at) = story.first(Category::InTest) {
        made.finished(merged_at, id, details, rng);
    } else {
        made.pushed(opened_at, 0.0, rng);
        made.asks(opened_at, details, rng);
    }
    Some(made)
}

/// Stories that wait for stories of other releases.
fn blockers(draft: &mut Draft, settings: &DemoSettings) {
    let position =
        |draft: &Draft, key: &str| draft.stories.iter().position(|story| story.story.key.as_str() == key);
    let product = |index: usize, number: usize| {
        PRODUCTS[index].key(i64::try_from(PRODUCTS[index].first_key + number).unwrap_or(0))
    };
    let mut pairs: Vec<(String, String)> = vec![
        // An open story of ledger holds up one of the release on screen.
        ("PAY-309".to_owned(), product(LEDGER, 2)),
        (product(CHECKOUT, 1), "PAY-311".to_owned()),
        (product(LEDGER, 8), product(LEDGER, 6)),
        (product(MOBILE, 3), product(CHECKOUT, 5)),
    ];
    if settings.stories > script::OPEN_EVERY {
        pairs.push((product(CHECKOUT, 6), "PAY-298".to_owned()));
    }
    for (waiting, needed) in pairs {
        let (Some(waiting), Some(needed)) = (position(draft, &waiting), position(draft, &needed)) else {
            continue;
        };
        let (key, since): (StoryKey, Instant) =
            (draft.stories[needed].story.key.clone(), draft.stories[needed].story.created_at);
        draft.stories[waiting].waits_for(&key, since);
    }
}

/// Deployments and bookings of the releases in the making.
fn deployments(draft: &mut Draft, settings: &DemoSettings) {
    let id = main_release();
    let (auth, ledger, checkout) =
        (ReleaseId::of("auth", "2.9"), ReleaseId::of("ledger", "1.8"), ReleaseId::of("checkout web", "7.3"));
    let place = |draft: &mut Draft,
                 product: usize,
                 release: &ReleaseId,
                 environment: &str,
                 from: f64,
                 minutes: i64,
                 approved: Option<f64>,
                 runs: bool| {
        let start = draft.hours(from);
        let plan = Plan {
            product: &PRODUCTS[product],
            release,
            environment,
            planned_at: draft.hours((from - 9.0 * 24.0).min(-48.0)),
            approved_at: approved.map(|hours| draft.hours(hours)),
            window: window(start, minutes),
            runs: runs.then(|| (start + Duration::seconds(95), Fate::Succeeds)),
        };
        let mut rng = generator(draft.seed, environment, [product]);
        deploy(draft, &plan, &mut rng)
    };
    let usual = |product: usize| usual_minutes(&PRODUCTS[product]) * 13 / 10;
    // Everything of the script is done by its target; beyond the script much is open, and
    // the release does not go out.
    let goes = settings.stories <= script::OPEN_EVERY * script::STORIES.len();
    // Seventy minutes are short for this runbook.
    let main_eu = place(draft, PAYMENTS, &id, "production/eu", TARGET, 70, Some(2.0 * 24.0 + 18.0), goes);
    let main_us = place(draft, PAYMENTS, &id, "production/us", TARGET + 24.0, 80, None, goes);
    let eu = draft.rhythm.position(draft.anchor - Duration::days(3)).floor() + 0.2;
    let eu = (draft.rhythm.at(eu) - draft.anchor).num_minutes() as f64 / 60.0;
    place(draft, AUTH, &auth, "production/eu", eu, usual(AUTH), Some(eu - 20.0), true);
    let auth_us = place(draft, AUTH, &auth, "production/us", 34.0, usual(AUTH), Some(-15.0), true);
    place(draft, LEDGER, &ledger, "production/eu", TARGET + 0.5, 40, Some(-40.0), false);
    place(draft, CHECKOUT, &checkout, "production/eu", 16.0 * 24.0 + 10.0, usual(CHECKOUT), None, false);
    for (release, released_at) in [(&auth, auth_us), (&id, main_eu.and(main_us))] {
        for made in draft.releases.iter_mut().filter(|made| made.release.id == *release) {
            made.release.released_at = released_at;
            made.release.tag = released_at.map(|_| format!("v{}", made.release.version).into());
        }
    }
    let in_making: Vec<_> = draft
        .releases
        .iter()
        .filter(|made| {
            made.works_from < draft.anchor && made.release.released_at.is_none_or(|at| at > draft.anchor)
        })
        .map(|made| (made.product, made.release.id.clone(), made.works_from))
        .collect();
    for (product, id, from) in in_making {
        let until = draft.anchor + Duration::days(20);
        let test = crate::domain::Window { from: from + Duration::hours(3), until };
        book(draft, from, PRODUCTS[product].test_environment, &id, test, true);
    }
    let mut reserve = |environment: &str, release: &ReleaseId, from: f64, until: f64| {
        let (from, until) = (draft.hours(from), draft.hours(until));
        let known_from = from.min(draft.anchor) - Duration::days(6);
        book(draft, known_from, environment, release, crate::domain::Window { from, until }, false);
    };
    reserve("staging", &auth, -7.0 * 24.0, -2.5 * 24.0);
    reserve("staging", &id, -2.0 * 24.0, 4.0 * 24.0);
    reserve("staging", &checkout, 10.0 * 24.0, 15.0 * 24.0);
    // Two want the same machines at the same time.
    reserve("perf", &ledger, -24.0, 2.5 * 24.0);
    reserve("perf", &id, 1.5 * 24.0, 3.0 * 24.0);
    reserve("production/eu", &id, TARGET - 0.5, TARGET + 2.0);
    reserve("chaos", &id, -5.0 * 24.0, 2.0 * 24.0);
    // Kept since last week for what is not begun: nothing ever ran there.
    let next = ReleaseId::of("payments", "4.3");
    reserve("perf", &next, -13.0 * 24.0, -4.0 * 24.0);
}

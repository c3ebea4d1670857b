//! Releases in the making, as they stand when the organisation is opened.

use chrono::Duration;
use fastrand::Rng;

use crate::domain::{Category, Instant, Mergeability, ReleaseId, ReviewVerdict, Severity, StoryKey};

use super::{
    DemoSettings,
    cast::{AUTH, BOT, CHECKOUT, LEDGER, MOBILE, PAYMENTS, PRODUCTS},
    deploy::{Fate, Plan, book, deploy, usual_minutes, window},
    draft::{Draft, PullRequestDraft, ReleaseDraft, StoryDraft, way_to_done},
    rhythm::{between, chance, generator, pick},
    script::{self, ROUND, Role, Scripted, Trouble},
    titles,
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
    main(draft, settings);
    blockers(draft, settings);
    deployments(draft, settings);
}

/// When work on the release in the making of `product` began.
fn works_from(draft: &Draft, product: usize) -> Instant {
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

const OPEN_STATES: [Category; 5] =
    [Category::InTest, Category::InProgress, Category::ToDo, Category::InReview, Category::InProgress];

/// Where a story belongs.
struct Place<'a> {
    product: usize,
    id: &'a ReleaseId,
    /// Position at which its release began.
    start: f64,
    known_from: Instant,
}

/// A story that is in `state`, or done since the share `quantile` of the time gone by.
fn story(
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

/// Makes the release on screen.
fn main(draft: &mut Draft, settings: &DemoSettings) {
    let product = &PRODUCTS[PAYMENTS];
    let works_from = works_from(draft, PAYMENTS);
    let known_from = works_from - Duration::days(10);
    let mut made = ReleaseDraft::new(PAYMENTS, &product.version_before(0), known_from, works_from);
    made.aim(known_from, draft.hours(TARGET - 48.0));
    // It slipped by two days last week.
    made.aim(draft.hours(-5.0 * 24.0 + 11.0), draft.hours(TARGET));
    made.release.depends_on = vec![ReleaseId::of("auth", "2.9"), ReleaseId::of("ledger", "1.7")];
    let id = made.release.id.clone();
    draft.releases.push(made);

    let place = Place { product: PAYMENTS, id: &id, start: draft.rhythm.position(works_from), known_from };
    let first = draft.stories.len();
    let mut numbers = Numbers { next: i64::try_from(product.first_key).unwrap_or(0) };
    for index in 0..settings.stories {
        let mut rng = generator(draft.seed, "main story", [index]);
        let ordinal = index / script::OPEN_EVERY;
        let is_open = index % script::OPEN_EVERY == 0;
        if let (true, Some(scripted)) = (is_open, script::STORIES.get(ordinal)) {
            let made = from_script(draft, scripted, &id, &mut rng);
            draft.stories.push(made);
            continue;
        }
        let title = titles::story(product.vocabulary, 131, index);
        let state = is_open.then(|| OPEN_STATES[ordinal % OPEN_STATES.len()]);
        // Spread the same way however many there are.
        let quantile = (index as f64 * 0.618_034).fract();
        let made = story(draft, &place, numbers.take(), &title, state, quantile, &mut rng);
        draft.stories.push(made);
    }
    main_pull_requests(draft, settings, first, &id);
    main_defects(draft, &id, &mut numbers, &place);
    let mut rng = generator(draft.seed, "late story", []);
    let mut late = from_script(draft, &script::LATE, &id, &mut rng);
    let leaves = draft.hours(script::LATE_LEAVES);
    late.leaves(leaves, &id);
    late.joins(leaves, &ReleaseId::of(product.name, "4.3"));
    draft.stories.push(late);
}

/// Numbers of stories of the next release, and of what is found while the organisation runs.
const RESERVED: std::ops::Range<i64> = 400..600;

/// Numbers of stories that are not given by the script.
struct Numbers {
    next: i64,
}

impl Numbers {
    fn take(&mut self) -> i64 {
        let scripted = |number: i64| {
            script::STORIES.iter().any(|story| story.number == number)
                || script::DEFECTS.iter().any(|(defect, _)| defect.number == number)
                || script::LATE.number == number
        };
        while scripted(self.next) || RESERVED.contains(&self.next) {
            self.next += 1;
        }
        self.next += 1;
        self.next - 1
    }
}

fn from_script(draft: &Draft, scripted: &Scripted, id: &ReleaseId, rng: &mut Rng) -> StoryDraft {
    let product = &PRODUCTS[PAYMENTS];
    let mut made =
        StoryDraft::new(product, scripted.number, scripted.title, draft.hours(scripted.created), rng);
    made.story.component = Some(scripted.component.into());
    made.story.points = Some(scripted.points);
    made.joins(draft.hours(scripted.joined), id);
    for (hours, to) in scripted.moves {
        made.moves(draft.hours(*hours), *to);
    }
    if let Some((hours, _)) = scripted.moves.first() {
        made.taken(draft.hours(*hours), scripted.owner);
    }
    made
}

fn main_defects(draft: &mut Draft, id: &ReleaseId, numbers: &mut Numbers, place: &Place<'_>) {
    let product = &PRODUCTS[PAYMENTS];
    for (scripted, severity) in &script::DEFECTS {
        let mut rng = generator(draft.seed, "main defect", [scripted.number as usize]);
        let made = from_script(draft, scripted, id, &mut rng).defect(*severity);
        draft.stories.push(made);
    }
    // Found and fixed on the way.
    for index in 0..8 {
        let mut rng = generator(draft.seed, "fixed defect", [index]);
        let title = titles::defect(product.vocabulary, &mut rng);
        let quantile = 0.3 + index as f64 * 0.08;
        let severity = pick(&mut rng, &[Severity::Low, Severity::Medium, Severity::High, Severity::Critical]);
        let made = story(draft, place, numbers.take(), &title, None, quantile, &mut rng).defect(severity);
        draft.stories.push(made);
    }
}

/// Makes the pull requests of the release on screen.
fn main_pull_requests(draft: &mut Draft, settings: &DemoSettings, first: usize, id: &ReleaseId) {
    let product = &PRODUCTS[PAYMENTS];
    let mut done: Vec<_> = draft.stories[first..]
        .iter()
        .enumerate()
        .filter(|(index, _)| index % script::OPEN_EVERY != 0)
        .filter_map(|(_, story)| {
            Some((story.first(Category::InTest)?, story.first(Category::InReview)?, story))
        })
        .map(|(merged, opened, story)| {
            let details = &story.story;
            (
                merged,
                opened,
                details.created_at,
                details.key.clone(),
                details.title.clone(),
                details.owner.clone(),
            )
        })
        .collect();
    done.sort_by(|one, other| (one.0, &one.3).cmp(&(other.0, &other.3)));
    let mut merged = 0;
    let mut number = product.first_number;
    let mut made_all = Vec::with_capacity(settings.pull_requests());
    for index in 0..settings.pull_requests() {
        let mut rng = generator(draft.seed, "main pull request", [index]);
        let round = index / ROUND;
        let role = script::role(index);
        if round > 0 || !matches!(role, Role::Open(_)) {
            number = next_number(number);
        }
        let made = match role {
            Role::Open(which) => {
                let scripted = &script::PULLS[which];
                let story =
                    scripted.story.map(|story| (story + round * script::STORIES.len()) * script::OPEN_EVERY);
                let story = story
                    .filter(|story| *story < settings.stories)
                    .map(|story| &draft.stories[first + story]);
                open_pull_request(draft, which, (round > 0).then_some(number), story, id, &mut rng)
            }
            Role::Closed => {
                let opened_at = draft.rhythm.at(draft.today() - between(&mut rng, 4.0, 10.0));
                let title = format!("Try: {}", titles::story(product.vocabulary, 17, index));
                let author = pick(&mut rng, product.people);
                let mut made =
                    PullRequestDraft::new(product.repository, number, &title, author, opened_at, &mut rng);
                made.carries(id, []);
                made.pushed(opened_at, 0.3, &mut rng);
                made.whole.closed_at =
                    Some(draft.rhythm.at(draft.rhythm.position(opened_at) + between(&mut rng, 0.5, 3.0)));
                made
            }
            Role::Merged => {
                // Up to three stories each, those that were finished together.
                let group = done.get(merged * 3..done.len().min(merged * 3 + 3)).unwrap_or_default();
                merged += 1;
                match group.first() {
                    Some((merged_at, opened_at, _, _, title, owner)) => {
                        let author = owner.as_deref().unwrap_or(product.lead);
                        let mut made = PullRequestDraft::new(
                            product.repository,
                            number,
                            title,
                            author,
                            *opened_at,
                            &mut rng,
                        );
                        let known = group.iter().filter(|(_, _, created_at, ..)| created_at <= opened_at);
                        made.carries(id, known.map(|(_, _, _, key, ..)| key.clone()));
                        made.finished(*merged_at, id, product, &mut rng);
                        made
                    }
                    None => {
                        // Stories are used up: an update by the program that does those.
                        let opened = draft.today() - between(&mut rng, 1.0, 12.0);
                        let (opened_at, merged_at) = (draft.rhythm.at(opened), draft.rhythm.at(opened + 0.6));
                        let title = titles::update(&mut rng);
                        let mut made = PullRequestDraft::new(
                            product.repository,
                            number,
                            &title,
                            BOT,
                            opened_at,
                            &mut rng,
                        );
                        made.carries(id, []);
                        made.finished(merged_at, id, product, &mut rng);
                        made
                    }
                }
            }
        };
        made_all.push(made);
    }
    draft.pull_requests.extend(made_all);
}

/// The next number that no scripted pull request has.
fn next_number(number: usize) -> usize {
    let mut next = number + 1;
    while script::PULLS.iter().any(|pull| pull.number == next) {
        next += 1;
    }
    next
}

/// An open pull request of the release on screen: the scripted one, or in later rounds one
/// like it with `number` that nobody moves.
fn open_pull_request(
    draft: &Draft,
    which: usize,
    number: Option<usize>,
    story: Option<&StoryDraft>,
    id: &ReleaseId,
    rng: &mut Rng,
) -> PullRequestDraft {
    let product = &PRODUCTS[PAYMENTS];
    let scripted = &script::PULLS[which];
    let mut opened_at = draft.hours(scripted.opened);
    if let Some(story) = story {
        opened_at = opened_at.max(story.story.created_at);
    }
    let title = match (number, story) {
        (Some(_), Some(story)) => story.story.title.to_string(),
        (Some(_), None) => titles::update(rng),
        (None, _) => scripted.title.to_owned(),
    };
    let (repository, number_or) =
        number.map_or((scripted.repository, scripted.number), |number| (product.repository, number));
    let mut made = PullRequestDraft::new(repository, number_or, &title, scripted.author, opened_at, rng);
    made.carries(id, story.map(|story| story.story.key.clone()));
    if scripted.trouble == Trouble::FailingTest {
        made.broken = Some(3);
    }
    made.pushed(opened_at, 0.0, rng);
    let reviewers =
        if scripted.trouble == Trouble::Draft { Vec::new() } else { made.asks(opened_at, product, rng) };
    // All of this was before the anchor.
    let later = |hours: i64| (opened_at + Duration::hours(hours)).min(draft.anchor - Duration::hours(4));
    let approves: &[ReviewVerdict] = match scripted.trouble {
        Trouble::FailingTest => &[ReviewVerdict::Approved],
        Trouble::ChangesRequested => &[ReviewVerdict::ChangesRequested],
        Trouble::Conflicts | Trouble::Behind => &[ReviewVerdict::Approved, ReviewVerdict::Approved],
        Trouble::NoReview | Trouble::Draft | Trouble::Waiting => &[],
    };
    for (index, (verdict, reviewer)) in approves.iter().zip(&reviewers).enumerate() {
        made.reviewed(later(5 + 3 * i64::try_from(index).unwrap_or(0)), reviewer, *verdict);
    }
    match scripted.trouble {
        Trouble::Conflicts => made.mergeability.push((later(7), Mergeability::Conflicts)),
        Trouble::Behind => made.mergeability.push((later(7), Mergeability::Behind)),
        Trouble::Draft => made.whole.ready_at = None,
        _ => {}
    }
    if number.is_none() {
        come_through(draft, &mut made, scripted.merged, &reviewers, id, rng);
    }
    made
}

/// What becomes of a scripted pull request: its trouble ends, it is approved and merged.
fn come_through(
    draft: &Draft,
    made: &mut PullRequestDraft,
    merged: f64,
    reviewers: &[&str],
    id: &ReleaseId,
    rng: &mut Rng,
) {
    let product = &PRODUCTS[PAYMENTS];
    let mut reviewers = reviewers.to_vec();
    if made.whole.ready_at.is_none() {
        let ready_at = draft.hours(merged - 7.0);
        made.whole.ready_at = Some(ready_at);
        reviewers = made.asks(ready_at, product, rng);
    }
    made.mergeability.push((draft.hours(merged - 1.1), Mergeability::Clean));
    let broken = made.broken.take();
    made.pushed(draft.hours(merged - 1.0), 0.0, rng);
    made.broken = broken;
    let missing: Vec<&str> = reviewers
        .into_iter()
        .filter(|person| {
            !made
                .whole
                .reviews
                .iter()
                .any(|review| review.reviewer == *person && review.verdict == ReviewVerdict::Approved)
        })
        .collect();
    for (index, person) in missing.into_iter().enumerate() {
        made.reviewed(draft.hours(merged - 0.8 + 0.3 * index as f64), person, ReviewVerdict::Approved);
    }
    made.merged(draft.hours(merged), Some(id), rng);
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
}

//! The past year: releases that went out, with all that carried them.

use chrono::Duration;
use fastrand::Rng;

use crate::domain::{Category, Instant, ReleaseId, Severity, Text};

use super::{
    cast::{AUTH, PAYMENTS, PRODUCTS},
    deploy::{Fate, Plan, book, deploy, usual_minutes, window},
    draft::{Carried, Draft, ReleaseDraft, StoryDraft, way_to_done},
    rhythm::{between, chance, generator, pick},
    titles,
};

/// Numbers that a release of the past has for its stories and defects.
const KEYS: usize = 60;

/// Numbers that a release of the past has for its pull requests.
const PULLS: usize = 32;

/// Makes the past of every product.
pub(super) fn make(draft: &mut Draft) {
    for (product, details) in PRODUCTS.iter().enumerate() {
        for before in (0..details.past).rev() {
            release(draft, product, before);
        }
    }
}

/// Where the `before`th release before the one in the making went out.
fn went_out(draft: &Draft, product: usize, before: usize) -> f64 {
    let details = &PRODUCTS[product];
    let days = details.released_days_ago + details.cadence_days * i64::try_from(before).unwrap_or(0);
    let mut rng = generator(draft.seed, "went out", [product, before]);
    let jitter = if before == 0 { 0.0 } else { between(&mut rng, -2.0, 2.0) };
    let position = draft.rhythm.position(draft.anchor - Duration::days(days)) + jitter;
    // Late in the morning, or early in the afternoon.
    position.floor().max(0.0) + between(&mut rng, 0.15, 0.5)
}

/// Makes one release.
fn release(draft: &mut Draft, product: usize, before: usize) {
    let details = &PRODUCTS[product];
    let mut rng = generator(draft.seed, "past release", [product, before]);
    let (start, end) = (went_out(draft, product, before + 1), went_out(draft, product, before));
    let at = |draft: &Draft, position: f64| draft.rhythm.at(position);
    let (works_from, ended) = (at(draft, start), at(draft, end));
    let known_from = at(draft, start - 6.0);
    let mut made = ReleaseDraft::new(product, &details.version_before(before + 1), known_from, works_from);
    let slipped = if chance(&mut rng, 0.35) { between(&mut rng, 2.0, 7.0) } else { 0.0 };
    made.aim(known_from, at(draft, end.floor() + 0.9 - slipped));
    if slipped > 0.0 {
        made.aim(at(draft, end - slipped - 1.5), at(draft, end.floor() + 0.9));
    }
    if product == PAYMENTS {
        // It needs what auth had out when work on it began.
        let out = (0..PRODUCTS[AUTH].past).find(|before| went_out(draft, AUTH, *before) + 2.0 < start - 6.0);
        let version = out.map(|before| PRODUCTS[AUTH].version_before(before + 1));
        made.release.depends_on.extend(version.map(|version| ReleaseId::of(PRODUCTS[AUTH].name, &version)));
    }
    let id = made.release.id.clone();

    let first_story = draft.stories.len();
    stories(draft, (product, before), &id, start, end);
    let (live_at, released_at) = deployments(draft, (product, before), &id, end, &mut rng);
    pull_requests(draft, (product, before), &id, first_story, live_at);

    let test = window(works_from + Duration::hours(3), (ended - works_from).num_minutes() - 360);
    book(draft, works_from, details.test_environment, &id, test, true);
    if product == PAYMENTS {
        let from = at(draft, (end - 4.0).floor());
        book(
            draft,
            from - Duration::days(3),
            "staging",
            &id,
            window(from, (ended - from).num_minutes()),
            false,
        );
    }
    made.release.released_at = Some(released_at);
    made.release.tag = Some(Text::new(format!("v{}", made.release.version)));
    draft.releases.push(made);
}

fn stories(draft: &mut Draft, (product, before): (usize, usize), id: &ReleaseId, start: f64, end: f64) {
    let details = &PRODUCTS[product];
    let mut rng = generator(draft.seed, "past scope", [product, before]);
    let count = (details.stories as f64 * between(&mut rng, 0.8, 1.2)) as usize;
    let defects = (count as f64 * between(&mut rng, 0.15, 0.3)) as usize;
    let shuffle = rng.usize(..480);
    let last = end - 0.6;
    let first_number = number(details.first_key, before, KEYS);
    for index in 0..count + defects {
        let mut rng = generator(draft.seed, "past story", [product, before, index]);
        let is_defect = index >= count;
        // Work is finished late: two in five stories in the last quarter of the time.
        let quantile = (index as f64 + rng.f64()) / count as f64;
        let done = if is_defect {
            start + (last - start) * between(&mut rng, 0.5, 1.0)
        } else {
            start + (last - start) * quantile.powf(0.58).max(0.08)
        };
        let late = is_defect || chance(&mut rng, 0.28);
        let created = if late {
            start + (done - start) * between(&mut rng, 0.2, 0.8)
        } else {
            start - between(&mut rng, 1.0, 9.0)
        };
        let joined = if late { created + 0.01 } else { start + between(&mut rng, 0.0, 0.05) };
        let title = if is_defect {
            titles::defect(details.vocabulary, &mut rng)
        } else {
            titles::story(details.vocabulary, shuffle, index)
        };
        let number = first_number + i64::try_from(index).unwrap_or(0);
        let mut story = StoryDraft::new(details, number, &title, draft.rhythm.at(created), &mut rng);
        if is_defect {
            let severities = [
                Severity::Low,
                Severity::Medium,
                Severity::Medium,
                Severity::High,
                Severity::High,
                Severity::Critical,
            ];
            story = story.defect(pick(&mut rng, &severities));
        }
        story.joins(draft.rhythm.at(joined), id);
        let owner = pick(&mut rng, details.people);
        let open_blemish = is_defect && before < 2 && story.story.severity == Some(Severity::Low);
        if open_blemish {
            story.leaves(draft.rhythm.at(last), id);
        } else if chance(&mut rng, 0.03) {
            story.moves(draft.rhythm.at(done), Category::Dropped);
        } else if chance(&mut rng, 0.04) && !is_defect {
            // Put off, and given up some weeks later.
            story.leaves(draft.rhythm.at(done), id);
            story.moves(draft.rhythm.at((done + 12.0).min(draft.today())), Category::Dropped);
        } else {
            story.story.moves = way_to_done(&draft.rhythm, joined + 0.02, done, &mut rng);
            let taken = story.first(Category::InProgress).unwrap_or(story.story.created_at);
            story.taken(taken, owner);
        }
        if index > 0
            && index < count
            && chance(&mut rng, 0.06)
            && let Some(other) = draft.stories.last()
        {
            let (key, since) = (other.story.key.clone(), other.story.created_at);
            story.waits_for(&key, since);
        }
        draft.stories.push(story);
    }
}

/// The first number of a release, counted down from that of the release in the making.
fn number(first: usize, before: usize, each: usize) -> i64 {
    let first = i64::try_from(first).unwrap_or(0);
    first - i64::try_from((before + 1) * each).unwrap_or(0)
}

/// Makes the deployments of a release; says when it was first live, and when everywhere.
fn deployments(
    draft: &mut Draft,
    (product, before): (usize, usize),
    id: &ReleaseId,
    end: f64,
    rng: &mut Rng,
) -> (Instant, Instant) {
    let details = &PRODUCTS[product];
    let usual = usual_minutes(details);
    let length = usual * 13 / 10;
    let mut place = |draft: &mut Draft, environment: &str, position: f64, fate: Fate| {
        let from = draft.rhythm.at(position);
        let runs = Some((from + Duration::seconds(rng.i64(20..400)), fate));
        let (planned_at, approved_at) =
            (draft.rhythm.at(position - 8.0), Some(draft.rhythm.at(position - 1.2)));
        let window = window(from, length);
        let plan = Plan { product: details, release: id, environment, planned_at, approved_at, window, runs };
        deploy(draft, &plan, rng).unwrap_or(window.until)
    };
    place(draft, "staging", end - 3.0, Fate::Succeeds);
    let (mut first, mut last) = (None, draft.rhythm.at(end));
    for (index, region) in details.regions.iter().enumerate() {
        let mut chances = generator(draft.seed, "past fate", [product, before, index]);
        let hard = if *region == "production/us" { 1.8 } else { 1.0 };
        let mut position = end + index as f64;
        if chance(&mut chances, 0.06 * hard) {
            place(draft, region, position, Fate::Fails);
            position += 0.3;
        } else if chance(&mut chances, 0.03 * hard) {
            place(draft, region, position, Fate::RolledBack);
            position += 0.45;
        }
        let done = place(draft, region, position, Fate::Succeeds);
        first = first.or(Some(done));
        last = done;
    }
    (first.unwrap_or(last), last)
}

/// Makes the pull requests that carried the stories made since `first_story`.
fn pull_requests(
    draft: &mut Draft,
    (product, before): (usize, usize),
    id: &ReleaseId,
    first_story: usize,
    live_at: Instant,
) {
    let details = &PRODUCTS[product];
    let mut carried: Vec<_> = draft.stories[first_story..].iter().filter_map(Carried::of).collect();
    carried.sort();
    let first_number = number(details.first_number, before, PULLS).max(1);
    for (index, group) in carried.chunks(2).enumerate() {
        let mut rng = generator(draft.seed, "past pull request", [product, before, index]);
        let number = usize::try_from(first_number).unwrap_or(1) + index;
        if let Some(mut made) = Carried::pull_request(group, details, id, number, &mut rng) {
            made.whole.deployed_at = Some(live_at);
            draft.pull_requests.push(made);
        }
    }
}

//! The release on screen: payments 4.2, in the middle of trouble.

use chrono::Duration;
use fastrand::Rng;

use crate::domain::{Mergeability, ReleaseId, ReviewVerdict, Severity};

use super::{
    DemoSettings,
    cast::{BOT, PAYMENTS, PRODUCTS},
    draft::{Carried, Draft, PullRequestDraft, ReleaseDraft, StoryDraft},
    present::{OPEN_STATES, Place, TARGET, story, works_from},
    rhythm::{between, generator, pick},
    script::{self, ROUND, Role, Scripted, Trouble},
    titles,
};

/// Makes it, as it stands when the organisation is opened.
pub(super) fn make(draft: &mut Draft, settings: &DemoSettings) {
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
        .filter_map(|(_, story)| Carried::of(story))
        .collect();
    done.sort();
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
                match Carried::pull_request(group, product, id, number, &mut rng) {
                    Some(made) => made,
                    // Stories are used up: an update by the program that does those.
                    None => merged_update(draft, number, id, &mut rng),
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

/// An update of a dependency that was merged.
fn merged_update(draft: &Draft, number: usize, id: &ReleaseId, rng: &mut Rng) -> PullRequestDraft {
    let product = &PRODUCTS[PAYMENTS];
    let opened = draft.today() - between(rng, 1.0, 12.0);
    let (opened_at, merged_at) = (draft.rhythm.at(opened), draft.rhythm.at(opened + 0.6));
    let title = titles::update(rng);
    let mut made = PullRequestDraft::new(product.repository, number, &title, BOT, opened_at, rng);
    made.carries(id, []);
    made.finished(merged_at, id, product, rng);
    made
}

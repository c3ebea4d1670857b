//! What happens after the anchor: something every minute or so for two days, day and night,
//! then at a slower pace in working hours.
//!
//! Who moves is chosen among the releases in the making and the scripted part of the one on
//! screen, never among the stories that `--stories` adds: so the pace, and even what
//! happens, does not depend on how many there are.

use std::collections::HashMap;

use chrono::Duration;
use fastrand::Rng;

use crate::domain::{Category, Instant, Mergeability, ReleaseId, ReviewVerdict, Severity, StoryKind};

use super::{
    cast::{BOT, CHECKOUT, LEDGER, MOBILE, PAYMENTS, PRODUCTS},
    deploy::{Fate, Plan, deploy, usual_minutes, window},
    draft::{Draft, PullRequestDraft, StoryDraft},
    present::main_release,
    rhythm::{between, chance, generator, pick},
    script::ROUND,
    titles,
};

/// Days after the anchor in which something happens.
pub(super) const DAYS: i64 = 45;

/// Hours of full movement.
const BUSY_HOURS: i64 = 48;

/// Makes the time after the anchor; says when a test run of which product ends.
pub(super) fn make(draft: &mut Draft) -> Vec<(Instant, usize)> {
    rehearsals(draft);
    let mut live = Live::new(draft);
    let mut rng = generator(draft.seed, "live", []);
    let mut runs = Vec::new();
    let (mut at, mut turn) = (draft.anchor, 0_usize);
    while at < draft.anchor + Duration::days(DAYS) {
        let busy = at < draft.anchor + Duration::hours(BUSY_HOURS);
        at += Duration::seconds(if busy { rng.i64(85..155) } else { rng.i64(500..900) });
        if !busy && !draft.rhythm.is_working(at) {
            continue;
        }
        turn += 1;
        if turn % 2 == 0 {
            live.push(draft, at, &mut rng);
            continue;
        }
        match rng.u32(..100) {
            0..26 => live.comment(draft, at, &mut rng),
            26..52 => runs.push((at, rng.usize(..PRODUCTS.len()))),
            52..68 => live.step(draft, at, &mut rng),
            68..84 => live.update(draft, at, &mut rng),
            84..87 => live.found(draft, at, &mut rng),
            _ => live.base_moves(draft, at, &mut rng),
        }
    }
    runs
}

/// Deployments to staging and test environments, one after the other.
fn rehearsals(draft: &mut Draft) {
    let release =
        |product: usize| ReleaseId::of(PRODUCTS[product].name, &PRODUCTS[product].version_before(0));
    let places = [PAYMENTS, CHECKOUT, PAYMENTS, LEDGER, PAYMENTS, MOBILE];
    let first = 9 * 60 + 5 - 8 * 70;
    let count = usize::try_from(BUSY_HOURS * 60 / 70).unwrap_or(0);
    for index in 0..count + 8 {
        let product = places[index % places.len()];
        let details = &PRODUCTS[product];
        let environment = if product == PAYMENTS { "staging" } else { details.test_environment };
        let mut rng = generator(draft.seed, "rehearsal", [index]);
        let from = draft.anchor + Duration::minutes(first + 70 * i64::try_from(index).unwrap_or(0));
        let fate = if chance(&mut rng, 0.08) && index != 8 { Fate::Fails } else { Fate::Succeeds };
        let release = if product == PAYMENTS { main_release() } else { release(product) };
        let plan = Plan {
            product: details,
            release: &release,
            environment,
            planned_at: from - Duration::minutes(100),
            approved_at: Some(from - Duration::minutes(50)),
            window: window(from, usual_minutes(details) * 11 / 10),
            runs: Some((from + Duration::seconds(40), fate)),
        };
        deploy(draft, &plan, &mut rng);
    }
}

/// Who can move.
struct Live {
    /// Open pull requests.
    pulls: Vec<usize>,
    /// Open stories and defects outside the script, with their product and pull request.
    stories: Vec<(usize, usize, Option<usize>)>,
    /// How many numbers each product has given out.
    numbers: HashMap<usize, usize>,
}

impl Live {
    fn new(draft: &Draft) -> Self {
        let main = main_release();
        let mut scripted = 0;
        let mut pulls = Vec::new();
        let mut carried: HashMap<_, usize> = HashMap::new();
        for (index, pull) in draft.pull_requests.iter().enumerate() {
            if pull.whole.milestone.as_ref() == Some(main.text()) {
                scripted += 1;
                if scripted > ROUND {
                    continue;
                }
            }
            if pull.whole.closed_at.is_none() && pull.whole.merged_at.is_none_or(|at| at > draft.anchor) {
                pulls.push(index);
            }
            carried.extend(pull.whole.stories.iter().map(|key| (key.clone(), index)));
        }
        let in_making: HashMap<&ReleaseId, usize> = draft
            .releases
            .iter()
            .filter(|made| made.works_from < draft.anchor && made.release.id != main)
            .filter(|made| made.release.released_at.is_none_or(|at| at > draft.anchor))
            .map(|made| (&made.release.id, made.product))
            .collect();
        let stories = draft
            .stories
            .iter()
            .enumerate()
            .filter(|(_, story)| story.category() < Category::Done)
            .filter_map(|(index, story)| {
                let product = in_making.get(&story.story.scope.last()?.release)?;
                Some((index, *product, carried.get(&story.story.key).copied()))
            })
            .collect();
        Self { pulls, stories, numbers: HashMap::new() }
    }

    fn number(&mut self, product: usize) -> usize {
        let next = self.numbers.entry(product).or_insert(160);
        *next += 1;
        *next
    }

    /// One of the pull requests that are open at `at` and not about to be merged.
    fn open(&self, draft: &Draft, at: Instant, rng: &mut Rng) -> Option<usize> {
        let is_open = |pull: &PullRequestDraft| {
            let end = pull.whole.merged_at.or(pull.whole.closed_at);
            pull.opened_at < at && end.is_none_or(|end| at + Duration::minutes(75) < end)
        };
        let open: Vec<_> =
            self.pulls.iter().copied().filter(|index| is_open(&draft.pull_requests[*index])).collect();
        (!open.is_empty()).then(|| pick(rng, &open))
    }

    /// Somebody pushes; the checks run.
    fn push(&mut self, draft: &mut Draft, at: Instant, rng: &mut Rng) {
        match self.open(draft, at, rng) {
            Some(index) => draft.pull_requests[index].pushed(at, 0.06, rng),
            None => self.update(draft, at, rng),
        }
    }

    /// Somebody, or the program that counts coverage, says something about a pull request.
    fn comment(&mut self, draft: &mut Draft, at: Instant, rng: &mut Rng) {
        let Some(index) = self.open(draft, at, rng) else { return };
        let pull = &mut draft.pull_requests[index];
        // Only who has reviewed before adds a remark: others would end the wait for a review.
        let people: Vec<_> = pull
            .whole
            .reviews
            .iter()
            .filter(|review| review.at < at && !review.bot)
            .map(|review| review.reviewer.to_string())
            .collect();
        let bot = chance(rng, 0.4) || people.is_empty();
        let reviewer = if bot { "coverage" } else { &people[rng.usize(..people.len())] };
        pull.reviewed(at, reviewer, ReviewVerdict::Commented);
        if let Some(review) = pull.whole.reviews.last_mut() {
            review.bot = bot;
        }
    }

    /// A story or defect takes its next step, with its pull request.
    fn step(&mut self, draft: &mut Draft, at: Instant, rng: &mut Rng) {
        let can = |draft: &Draft, index: usize| {
            let story = &draft.stories[index];
            story.category() < Category::Done && story.story.created_at < at
        };
        let candidates: Vec<_> =
            (0..self.stories.len()).filter(|place| can(draft, self.stories[*place].0)).collect();
        let Some(first) = candidates.first() else { return };
        // What goes out first is finished first.
        let place = if chance(rng, 0.3) { *first } else { pick(rng, &candidates) };
        let (index, product, carrier) = self.stories[place];
        let details = &PRODUCTS[product];
        let story = &mut draft.stories[index];
        let is_defect = story.story.kind == StoryKind::Defect;
        match story.category() {
            Category::ToDo => {
                story.moves(at, Category::InProgress);
                story.taken(at, pick(rng, details.people));
            }
            Category::InProgress if is_defect => story.moves(at, Category::InTest),
            Category::InProgress => {
                story.moves(at, Category::InReview);
                let open = carrier.is_some_and(|pull| draft.pull_requests[pull].whole.merged_at.is_none());
                if !open {
                    let number = details.first_number + self.number(product);
                    let author = story.story.owner.as_deref().unwrap_or(details.lead);
                    let mut made = PullRequestDraft::new(
                        details.repository,
                        number,
                        &story.story.title,
                        author,
                        at,
                        rng,
                    );
                    made.whole.milestone =
                        story.story.scope.last().map(|change| change.release.text().clone());
                    made.whole.stories = vec![story.story.key.clone()];
                    made.pushed(at, 0.06, rng);
                    made.asks(at, details, rng);
                    self.stories[place].2 = Some(draft.pull_requests.len());
                    self.pulls.push(draft.pull_requests.len());
                    draft.pull_requests.push(made);
                }
            }
            Category::InReview => {
                let release = story.story.scope.last().map(|change| change.release.clone());
                let pull = carrier.map(|pull| &mut draft.pull_requests[pull]);
                match pull {
                    Some(pull) if pull.approvals() < 2 && pull.whole.merged_at.is_none() => {
                        let reviewer = pull.asked.get(pull.approvals()).map(|(_, who)| who.to_string());
                        pull.reviewed(
                            at,
                            reviewer.as_deref().unwrap_or(details.lead),
                            ReviewVerdict::Approved,
                        );
                    }
                    Some(pull) if pull.whole.merged_at.is_none() => {
                        pull.merged(at, release.as_ref(), rng);
                        story.moves(at + Duration::seconds(20), Category::InTest);
                    }
                    _ => story.moves(at, Category::InTest),
                }
            }
            Category::InTest if chance(rng, 0.15) => story.moves(at, Category::InProgress),
            _ => story.moves(at, Category::Done),
        }
    }

    /// The program that updates dependencies opens a pull request; most are merged soon.
    fn update(&mut self, draft: &mut Draft, at: Instant, rng: &mut Rng) {
        let product = rng.usize(..PRODUCTS.len());
        let details = &PRODUCTS[product];
        // Numbers of the first repository depend on how many stories there are.
        let repository = if product == PAYMENTS { "platform" } else { details.repository };
        let number = details.first_number + self.number(product);
        let title = titles::update(rng);
        let mut made = PullRequestDraft::new(repository, number, &title, BOT, at, rng);
        made.whole.labels = vec!["dependencies".into()];
        made.whole.required_approvals = Some(1);
        made.pushed(at + Duration::seconds(25), 0.1, rng);
        let end = at + Duration::minutes(rng.i64(35..240));
        if chance(rng, 0.8) {
            made.reviewed(end - Duration::minutes(3), details.lead, ReviewVerdict::Approved);
            made.merged(end, None, rng);
        } else {
            made.whole.closed_at = Some(end);
        }
        draft.pull_requests.push(made);
    }

    /// A defect is found in a release in the making.
    fn found(&mut self, draft: &mut Draft, at: Instant, rng: &mut Rng) {
        let product = rng.usize(..PRODUCTS.len());
        let details = &PRODUCTS[product];
        let in_making = draft.releases.iter().find(|made| {
            made.product == product
                && made.works_from < at
                && made.release.released_at.is_none_or(|released| released > at)
        });
        let Some(release) = in_making.map(|made| made.release.id.clone()) else { return };
        let number = i64::try_from(details.first_key + self.number(product)).unwrap_or(0);
        let title = titles::defect(details.vocabulary, rng);
        let severity = pick(rng, &[Severity::Low, Severity::Medium, Severity::Medium, Severity::High]);
        let mut made = StoryDraft::new(details, number, &title, at, rng).defect(severity);
        made.joins(at, &release);
        self.stories.push((draft.stories.len(), product, None));
        draft.stories.push(made);
    }

    /// The base of a pull request moves on; an hour or two later it is merged in.
    fn base_moves(&mut self, draft: &mut Draft, at: Instant, rng: &mut Rng) {
        let Some(index) = self.open(draft, at, rng) else { return };
        let pull = &mut draft.pull_requests[index];
        if pull.whole.merged_at.is_some() {
            return;
        }
        let state = if chance(rng, 0.25) { Mergeability::Conflicts } else { Mergeability::Behind };
        let until = at + Duration::minutes(between(rng, 40.0, 160.0) as i64);
        pull.mergeability.extend([(at, state), (until, Mergeability::Clean)]);
    }
}

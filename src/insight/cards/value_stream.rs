//! The way of a story from the idea to production: what takes long, and what adds nothing.
//!
//! ```text
//! created ─ to do ─ in progress ─ coding ─ pickup ─ review ─ merge ─ test ─ deploy ─ production
//! ```
//!
//! Every moment of a story is in one step only: that of its pull requests where one is under
//! way, else that of its status, so the steps add up to the whole.

use std::{collections::BTreeMap, fmt::Write as _};

use chrono::Duration;

use crate::{
    domain::{Category, Instant, Kind, PullRequestState, ReviewVerdict, Story, StoryKind, Text},
    insight::{Stage, Subject, pull_requests::PullRequests, stories::returns, teams, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture, behind,
    numbers::{quantile, sorted},
    parts::{self, counted, figure, thousands},
    timeline,
    weeks::length,
};

/// Days in which items that reached production count, and in which, if those are too few.
const PERIODS: [i64; 2] = [90, 365];
/// Items below which the longer period counts, and a step cannot be called needless.
const ENOUGH: usize = 20;
/// Items below which no lengths are told in the sentence, and nothing is called good or poor.
const LEAST: usize = 5;
/// Flow efficiency from which on it is good, and below which it is poor. Flow in knowledge work
/// is usually reported between 5 and 15 %, 40 % is called very good.
const EFFICIENCY: [f64; 2] = [0.4, 0.15];
/// A waiting step that takes this share of the way is a candidate to shorten.
const MUCH: f64 = 0.1;
/// Rows of each way to group stories.
const GROUPS: usize = 8;

/// A step of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    ToDo,
    InProgress,
    Coding,
    Pickup,
    Review,
    Merge,
    Test,
    Deploy,
}

/// A number for each step, in its order.
type PerStep<T> = [T; Step::ALL.len()];

impl Step {
    pub(super) const ALL: [Self; 8] = [
        Self::ToDo,
        Self::InProgress,
        Self::Coding,
        Self::Pickup,
        Self::Review,
        Self::Merge,
        Self::Test,
        Self::Deploy,
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::ToDo => "to do",
            Self::InProgress => "in progress",
            Self::Coding => "coding",
            Self::Pickup => "pickup",
            Self::Review => "review",
            Self::Merge => "merge",
            Self::Test => "test",
            Self::Deploy => "deploy",
        }
    }

    /// Somebody is meant to work on it; else it waits for somebody.
    pub(super) fn is_work(self) -> bool {
        matches!(self, Self::InProgress | Self::Coding | Self::Review | Self::Test)
    }
}

/// The way of one story.
pub(super) struct Way {
    /// Working seconds in each step, re-entries added up.
    pub(super) spent: PerStep<i64>,
    /// How often each was entered.
    entered: PerStep<u32>,
    /// Seconds before anybody began.
    before_start: i64,
    /// The step that it was in last.
    last: Step,
}

impl Way {
    fn total(&self) -> i64 {
        self.spent.iter().sum::<i64>() - self.before_start
    }

    fn working(&self) -> i64 {
        Step::ALL.iter().filter(|step| step.is_work()).map(|step| self.spent[*step as usize]).sum()
    }
}

/// What is read of the world for ways.
struct Reader<'a> {
    material: &'a Material<'a>,
    pull_requests: PullRequests<'a>,
    covers_deployments: bool,
    steps: Vec<(Instant, Category)>,
    spans: Vec<(Instant, Instant, Step)>,
    cuts: Vec<Instant>,
}

/// Where the way of a story ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    At(Instant),
    NotYet,
    /// Given up, or its events do not tell.
    Untold,
}

impl Reader<'_> {
    /// Reads the statuses of a story; where its way ends.
    fn end(&mut self, item: usize) -> End {
        let context = self.material.context;
        let story: &Story = context.stories[item];
        let is_told = timeline::trace(story, context.now, &mut self.steps);
        if !is_told || self.steps.iter().any(|(_, category)| *category == Category::Unknown) {
            return End::Untold;
        }
        match self.steps.last() {
            Some((at, Category::Done)) => self.in_production(item, *at),
            Some((_, Category::Dropped)) | None => End::Untold,
            Some(_) => End::NotYet,
        }
    }

    /// When all of a story that was done at `done` ran in production; where nobody tells, it
    /// ended when it was done.
    fn in_production(&self, item: usize, done: Instant) -> End {
        let context = self.material.context;
        let mut latest = None;
        for &pull_request in &self.material.membership().by_story[item] {
            for span in self.pull_requests.spans(pull_request).iter().filter(|it| it.stage == Stage::Deploy) {
                match span.left {
                    Some(at) => latest = latest.max(Some(at)),
                    None => return End::NotYet,
                }
            }
        }
        if let Some(latest) = latest {
            return End::At(latest.max(done));
        }
        let releases: Vec<usize> =
            context.stories[item].releases.iter().filter_map(|id| context.release(id)).collect();
        let first = |release: &usize| {
            self.pull_requests.in_production(*release).or(context.releases[*release].released_at)
        };
        match releases.iter().filter_map(first).min() {
            Some(at) => End::At(at.max(done)),
            None if releases.is_empty() || !self.covers_deployments => End::At(done),
            None => End::NotYet,
        }
    }

    /// The way of the story whose statuses were read last, until `end`.
    fn way(&mut self, item: usize, end: Instant) -> Option<Way> {
        self.spans.clear();
        for &pull_request in &self.material.membership().by_story[item] {
            if self.material.context.pull_requests[pull_request].state == PullRequestState::Closed {
                continue;
            }
            for span in self.pull_requests.spans(pull_request) {
                let step = match span.stage {
                    Stage::Coding => Step::Coding,
                    Stage::Pickup => Step::Pickup,
                    Stage::Review => Step::Review,
                    Stage::Merge => Step::Merge,
                    // Told by the end of the way.
                    Stage::Deploy | Stage::Done | Stage::Closed => continue,
                };
                self.spans.push((span.entered, span.left.unwrap_or(end), step));
            }
        }
        let began = self.steps.first()?.0;
        self.cuts.clear();
        self.cuts.extend(self.steps.iter().map(|(at, _)| *at));
        self.cuts.extend(self.spans.iter().flat_map(|(from, until, _)| [*from, *until]));
        self.cuts.push(end);
        self.cuts.retain(|at| *at >= began && *at <= end);
        self.cuts.sort_unstable();
        self.cuts.dedup();
        let days = &self.material.context.days;
        let mut way = Way { spent: [0; 8], entered: [0; 8], before_start: 0, last: Step::ToDo };
        let (mut before, mut is_begun) = (None, false);
        let mut status = 0;
        for pair in self.cuts.windows(2) {
            let (from, until) = (pair[0], pair[1]);
            while self.steps.get(status + 1).is_some_and(|(at, _)| *at <= from) {
                status += 1;
            }
            let category = self.steps.get(status)?.1;
            let step = step(category, &self.spans, from);
            let seconds = days.worked_between(from, until);
            way.spent[step as usize] += seconds;
            is_begun |= step != Step::ToDo;
            way.before_start += if is_begun { 0 } else { seconds };
            way.entered[step as usize] += u32::from(before != Some(step));
            before = Some(step);
        }
        // Nothing has to last: a status that was set this moment is one, too.
        let category = self.steps.last()?.1;
        way.last = step(category, &self.spans, end - Duration::milliseconds(1));
        Some(way)
    }
}

/// The step of a moment. Of several pull requests the one that is worked on counts.
fn step(category: Category, spans: &[(Instant, Instant, Step)], at: Instant) -> Step {
    let under_way = || {
        let now = spans.iter().filter(|(from, until, _)| *from <= at && at < *until).map(|(.., step)| *step);
        now.min_by_key(|step| (!step.is_work(), *step))
    };
    match category {
        Category::InTest => Step::Test,
        Category::Done => Step::Deploy,
        Category::InProgress => under_way().unwrap_or(Step::InProgress),
        Category::InReview => under_way().unwrap_or(Step::Review),
        Category::ToDo | Category::Dropped | Category::Unknown => under_way().unwrap_or(Step::ToDo),
    }
}

/// All stories that are looked at, by position.
#[derive(Default)]
pub(super) struct Read {
    /// Those that reached production within the period.
    pub(super) finished: Vec<(usize, Way)>,
    /// The step of each that is under way.
    under_way: Vec<(usize, Step)>,
    untold: usize,
    days: i64,
}

pub(super) fn read<'a>(material: &'a Material<'a>) -> Read {
    let context = material.context;
    let mut reader = Reader {
        material,
        pull_requests: PullRequests::of(context),
        covers_deployments: context.world.is_covered(Kind::Deployments),
        steps: Vec::new(),
        spans: Vec::new(),
        cuts: Vec::new(),
    };
    let longest = context.now - Duration::days(PERIODS[1]);
    let mut read = Read::default();
    let mut ended = Vec::new();
    for (item, story) in context.stories.iter().enumerate() {
        match reader.end(item) {
            End::At(at) if at > longest && at <= context.now => {
                ended.extend(reader.way(item, at).map(|way| (at, item, way)));
            }
            End::At(_) => {}
            End::NotYet => {
                let way = reader.way(item, context.now);
                let step = way.map(|way| way.last).filter(|step| *step != Step::ToDo);
                read.under_way.extend(step.map(|step| (item, step)));
            }
            End::Untold => {
                let is_given_up = story.category == Category::Dropped;
                read.untold += usize::from(!is_given_up && story.created_at <= context.now);
            }
        }
    }
    let since = |days| context.now - Duration::days(days);
    let lately = ended.iter().filter(|(at, ..)| *at > since(PERIODS[0])).count();
    read.days = if lately >= ENOUGH { PERIODS[0] } else { PERIODS[1] };
    let from = since(read.days);
    read.finished =
        ended.into_iter().filter(|(at, ..)| *at > from).map(|(_, item, way)| (item, way)).collect();
    read
}

/// Ways added up.
#[derive(Clone, Copy)]
struct Sum<'a> {
    ways: &'a [&'a Way],
    under_way: usize,
}

impl Sum<'_> {
    fn total(&self) -> i64 {
        self.ways.iter().map(|way| way.total()).sum()
    }

    fn efficiency(&self) -> Option<f64> {
        let total = self.total();
        let working: i64 = self.ways.iter().map(|way| way.working()).sum();
        (total > 0).then(|| working as f64 / total as f64)
    }

    /// Working seconds in a step; of those to do only what came after work had begun.
    fn spent(&self, step: Step) -> i64 {
        let spent: i64 = self.ways.iter().map(|way| way.spent[step as usize]).sum();
        let before: i64 = self.ways.iter().map(|way| way.before_start).sum();
        if step == Step::ToDo { spent - before } else { spent }
    }
}

fn standing(count: usize, efficiency: Option<f64>) -> CardStanding {
    match efficiency {
        _ if count < LEAST => CardStanding::Told,
        None => CardStanding::Told,
        Some(share) if share >= EFFICIENCY[0] => CardStanding::Good,
        Some(share) if share >= EFFICIENCY[1] => CardStanding::Watch,
        Some(_) => CardStanding::Poor,
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let read = read(material);
    if read.finished.is_empty() {
        return Card::silent(CardId::ValueStream, "no story whose way is told reached production in a year");
    }
    let ways: Vec<&Way> = read.finished.iter().map(|(_, way)| way).collect();
    let all = Sum { ways: &ways, under_way: read.under_way.len() };
    let count = ways.len();
    let efficiency = all.efficiency();
    // Ideas may wait on purpose, so the constraint is looked for after somebody began.
    let constraint = Step::ALL.into_iter().skip(1).max_by_key(|step| (all.spent(*step), *step as usize));
    let cost = constraint.map_or(0, |step| all.spent(step));
    let candidates = candidates(material, &read, &all);
    let sum = |remedy: Remedy| -> f64 {
        let of_it = candidates.iter().filter(|candidate| candidate.remedy == remedy);
        of_it.map(|candidate| candidate.seconds as f64 / 3_600.0).fold(0.0, |sum, hours| sum + hours)
    };
    let defects = read
        .finished
        .iter()
        .filter(|(item, _)| material.context.stories[*item].kind == StoryKind::Defect)
        .count();
    let lead = sorted(ways.iter().map(|way| way.total() as f64));
    let mut notes = vec![Text::new(format!(
        "{} that reached production in {} days; means are of all of them, P50 and P85 of those that were in a \
         step",
        items(count, defects),
        read.days
    ))];
    notes.push(Text::new("days that are not worked on do not count, the others with all their 24 hours"));
    notes.extend(candidates.iter().map(|candidate| {
        Text::new(format!(
            "candidate to {}: {}, {} ({} hours of all together in {} days)",
            candidate.remedy.word(),
            candidate.step.word(),
            candidate.why,
            thousands(candidate.seconds as f64 / 3_600.0),
            read.days
        ))
    }));
    let untold = words::count(read.untold, "item", "items");
    let untold = Text::new(format!("{untold} left out: their events do not tell what they were when"));
    let hours = |seconds: Option<f64>| seconds.map(|seconds| seconds / 3_600.0);
    let mut rows = step_rows(material, &all, &read, &candidates, constraint);
    rows.extend(group_rows(material, &read));
    Card {
        id: CardId::ValueStream,
        sentence: Text::new(sentence(&all, &lead, constraint, cost, read.days)),
        standing: standing(count, efficiency),
        figures: vec![
            counted("items", count, "items"),
            counted("stories", count - defects, "stories"),
            counted("defects", defects, "defects"),
            figure("days", Some(read.days as f64), "days"),
            figure("start_to_production_mean", hours(Some(all.total() as f64 / count as f64)), "hours"),
            figure("start_to_production_p50", hours(quantile(&lead, 0.5)), "hours"),
            figure("start_to_production_p85", hours(quantile(&lead, 0.85)), "hours"),
            figure("flow_efficiency", efficiency, "share"),
            counted("begun_not_in_production", all.under_way, "items"),
            figure("constraint_mean", hours(Some(cost as f64 / count as f64)), "hours"),
            figure("constraint_cost", hours(Some(cost as f64)), "hours"),
            figure("removable", Some(sum(Remedy::Remove)), "hours"),
            figure("shortenable", Some(sum(Remedy::Shorten)), "hours"),
        ],
        picture: Picture::Parts {
            parts: vec![Text::new("working"), Text::new("waiting")],
            bars: Step::ALL.into_iter().map(|step| bar(material, step, &all, constraint)).collect(),
        },
        columns: vec![
            CardColumn::words("where"),
            CardColumn::figures("items"),
            CardColumn::figures("mean"),
            CardColumn::figures("P50"),
            CardColumn::figures("P85"),
            CardColumn::figures("waiting"),
            CardColumn::figures("again"),
            CardColumn::figures("in it now"),
            CardColumn::words("remark"),
        ],
        rows,
        notes,
        left_out: (read.untold > 0).then_some(untold).into_iter().collect(),
    }
}

fn sentence(all: &Sum<'_>, lead: &[f64], constraint: Option<Step>, cost: i64, days: i64) -> String {
    let count = all.ways.len();
    let mut said = String::new();
    if count < LEAST {
        return format!(
            "{} reached production in {days} days: too few to say how long one takes",
            words::count(count, "item", "items")
        );
    }
    if let Some(constraint) = constraint.filter(|_| cost > 0) {
        let of_each = |seconds: i64| length(seconds as f64 / count as f64);
        let _ = write!(
            said,
            "the constraint is {}: {} of the {} that an item takes on average, {} hours of all {count} together \
             in {days} days; ",
            constraint.word(),
            of_each(cost),
            of_each(all.total()),
            thousands(cost as f64 / 3_600.0)
        );
    }
    let p50 = length(quantile(lead, 0.5).unwrap_or_default());
    let _ = write!(said, "half take {p50} or less from the first work to production");
    if let Some(efficiency) = all.efficiency() {
        let _ = write!(said, "; {} of the time of all is work", words::percent(efficiency));
    }
    said
}

/// Some source tells of the step.
fn is_told(material: &Material<'_>, step: Step) -> bool {
    let kind = match step {
        Step::ToDo | Step::InProgress | Step::Test => return true,
        Step::Coding | Step::Pickup | Step::Review | Step::Merge => Kind::PullRequests,
        Step::Deploy => Kind::Deployments,
    };
    material.context.world.is_covered(kind)
}

fn bar(material: &Material<'_>, step: Step, all: &Sum<'_>, constraint: Option<Step>) -> Bar {
    let was_entered = all.ways.iter().any(|way| way.entered[step as usize] > 0);
    let spent: i64 = all.ways.iter().map(|way| way.spent[step as usize]).sum();
    let each = spent as f64 / all.ways.len() as f64;
    Bar {
        label: Text::new(step.word()),
        parts: if step.is_work() { vec![each / 3_600.0, 0.0] } else { vec![0.0, each / 3_600.0] },
        // What nobody was in takes no time; what nobody tells of may take any.
        says: Text::new(match was_entered {
            true => length(each),
            false if is_told(material, step) => "–".to_owned(),
            false => "unknown".to_owned(),
        }),
        standing: if constraint == Some(step) { CardStanding::Watch } else { CardStanding::Told },
    }
}

/// `298 items: 255 stories and 43 defects`.
fn items(count: usize, defects: usize) -> String {
    let items = words::count(count, "item", "items");
    let stories = words::count(count - defects, "story", "stories");
    format!("{items}: {stories} and {}", words::count(defects, "defect", "defects"))
}

/// What to do about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// It never changed anything.
    Remove,
    /// It is needed, and nobody works while it lasts.
    Shorten,
}

impl Remedy {
    fn word(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Shorten => "shorten",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Remove => "removed",
            Self::Shorten => "shortened",
        }
    }
}

/// A step that adds nothing or that is waiting, as far as one can see.
struct Candidate {
    step: Step,
    remedy: Remedy,
    why: String,
    /// Working seconds of all stories in it.
    seconds: i64,
}

fn candidates(material: &Material<'_>, read: &Read, all: &Sum<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    // None of n: in 95 of 100 cases fewer than 3/n would be ("rule of three").
    let below = |count: usize| words::percent(3.0 / count as f64);
    let passed = reviews_without_words(material, read);
    if let Some(count) = passed.filter(|count| *count >= ENOUGH) {
        let why = format!("none of {count} reviews said anything, fewer than {} do", below(count));
        found.push(Candidate {
            step: Step::Review,
            remedy: Remedy::Remove,
            why,
            seconds: all.spent(Step::Review),
        });
    }
    let stories = || read.finished.iter().filter(|(_, way)| way.entered[Step::Test as usize] > 0);
    let tested = stories().count();
    let is_returned = |item: usize| returns(material.context.stories[item]) > 0;
    if tested >= ENOUGH && !stories().any(|(item, _)| is_returned(*item)) {
        let why = format!("none of {tested} items came back from it, fewer than {} do", below(tested));
        found.push(Candidate {
            step: Step::Test,
            remedy: Remedy::Remove,
            why,
            seconds: all.spent(Step::Test),
        });
    }
    let total = all.total() as f64;
    for step in [Step::Pickup, Step::Merge, Step::Deploy] {
        let seconds = all.spent(step);
        let share = seconds as f64 / total.max(1.0);
        if all.ways.len() >= ENOUGH && share >= MUCH {
            let why = format!("pure waiting, {} of the way", words::percent(share));
            found.push(Candidate { step, remedy: Remedy::Shorten, why, seconds });
        }
    }
    found
}

/// Pull requests of finished stories with a review by a person, if no review said anything
/// but yes.
fn reviews_without_words(material: &Material<'_>, read: &Read) -> Option<usize> {
    let mut items: Vec<usize> = read
        .finished
        .iter()
        .flat_map(|(item, _)| material.membership().by_story[*item].iter().copied())
        .collect();
    items.sort_unstable();
    items.dedup();
    let mut count = 0;
    for item in items {
        let pull_request = material.context.pull_requests[item];
        let mut reviews = pull_request
            .reviews
            .iter()
            .filter(|review| !review.bot && review.reviewer != pull_request.author)
            .peekable();
        count += usize::from(reviews.peek().is_some());
        if reviews.any(|review| review.verdict != ReviewVerdict::Approved) {
            return None;
        }
    }
    Some(count)
}

/// Finished items with what they took, those first that took longest.
fn told_ways<'a>(
    material: &Material<'_>,
    ways: impl Iterator<Item = (usize, &'a Way)>,
    took: impl Fn(&Way) -> i64,
) -> Vec<Text> {
    let mut took: Vec<(i64, &Story)> =
        ways.map(|(item, way)| (took(way), &**material.context.stories[item])).collect();
    took.sort_by(|(one, a), (other, b)| other.cmp(one).then(a.key.cmp(&b.key)));
    behind(&took, |(seconds, story)| format!("{} {}: {}", story.key, story.title, length(*seconds as f64)))
}

fn step_rows(
    material: &Material<'_>,
    all: &Sum<'_>,
    read: &Read,
    candidates: &[Candidate],
    constraint: Option<Step>,
) -> Vec<CardRow> {
    let row = |step: Step| {
        let index = step as usize;
        let through: Vec<&&Way> = all.ways.iter().filter(|way| way.entered[index] > 0).collect();
        let longest =
            read.finished.iter().filter(|(_, way)| way.entered[index] > 0).map(|(item, way)| (*item, way));
        let spent = sorted(through.iter().map(|way| way.spent[index] as f64));
        let again: u32 = through.iter().map(|way| way.entered[index] - 1).sum();
        // Of all, so that the means of the steps add up to that of the way.
        let mean = spent.iter().sum::<f64>() / all.ways.len().max(1) as f64;
        let now = read.under_way.iter().filter(|(_, now)| *now == step).count();
        let candidate = candidates.iter().find(|candidate| candidate.step == step);
        CardRow {
            cells: cells(
                step.word().to_owned(),
                &spent,
                mean,
                Some(if step.is_work() { 0.0 } else { 1.0 }),
                again,
                if step == Step::ToDo { "–".to_owned() } else { now.to_string() },
                parts::sentence([
                    if constraint == Some(step) { "the constraint".to_owned() } else { String::new() },
                    candidate
                        .map(|candidate| format!("could be {}: {}", candidate.remedy.done(), candidate.why))
                        .unwrap_or_default(),
                ]),
            ),
            standing: if candidate.is_some() { CardStanding::Watch } else { CardStanding::Told },
            subject: None,
            behind: told_ways(material, longest, |way| way.spent[index]),
        }
    };
    Step::ALL.into_iter().map(row).collect()
}

fn cells(
    name: String,
    spent: &[f64],
    mean: f64,
    waiting: Option<f64>,
    again: u32,
    now: String,
    remark: String,
) -> Vec<Text> {
    let at = |share| quantile(spent, share).map_or("–".to_owned(), length);
    [
        name,
        spent.len().to_string(),
        if spent.is_empty() { "–".to_owned() } else { length(mean) },
        at(0.5),
        at(0.85),
        waiting.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0)),
        again.to_string(),
        now,
        remark,
    ]
    .map(Text::new)
    .to_vec()
}

/// What stories are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Kind,
    Team,
    Repository,
    Component,
    Release,
}

fn groups<'a>(material: &Material<'a>, item: usize) -> Vec<(By, &'a str)> {
    let story: &'a Story = material.context.stories[item];
    let mut groups = vec![(
        By::Kind,
        match story.kind {
            StoryKind::Story => "stories",
            StoryKind::Defect => "defects",
        },
    )];
    // Without teams the repositories stand for them, and are rows of their own.
    if let Some(teams::TeamName::Team(team)) = teams::of_story(material.context, material.membership(), item)
    {
        groups.push((By::Team, team));
    }
    let pull_requests = material.membership().by_story[item].iter();
    groups.extend(
        pull_requests
            .map(|index| (By::Repository, material.context.pull_requests[*index].repository.as_str())),
    );
    groups.extend(story.component.iter().map(|component| (By::Component, component.as_str())));
    groups.extend(story.releases.iter().map(|release| (By::Release, release.as_str())));
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// The way by kind, team, repository, component and release: of each the groups with most stories.
fn group_rows(material: &Material<'_>, read: &Read) -> Vec<CardRow> {
    let mut ways = BTreeMap::<(By, &str), Vec<(usize, &Way)>>::new();
    for (item, way) in &read.finished {
        for group in groups(material, *item) {
            ways.entry(group).or_default().push((*item, way));
        }
    }
    let mut now = BTreeMap::<(By, &str), usize>::new();
    for (item, _) in &read.under_way {
        for group in groups(material, *item) {
            *now.entry(group).or_default() += 1;
        }
    }
    let mut sorted_groups: Vec<_> = ways.into_iter().collect();
    sorted_groups.sort_by_key(|((by, name), ways)| (*by, std::cmp::Reverse(ways.len()), *name));
    let mut rows = Vec::new();
    for groups in sorted_groups.chunk_by(|one, next| one.0.0 == next.0.0) {
        for (group, ways) in groups.iter().take(GROUPS) {
            let items = ways;
            let ways: Vec<&Way> = items.iter().map(|(_, way)| *way).collect();
            let sum = Sum { ways: &ways, under_way: now.get(group).copied().unwrap_or(0) };
            let spent = sorted(ways.iter().map(|way| way.total() as f64));
            let mean = spent.iter().sum::<f64>() / spent.len().max(1) as f64;
            let again =
                ways.iter().flat_map(|way| way.entered).map(|entered| entered.saturating_sub(1)).sum();
            let (by, name) = *group;
            let release = material.context.releases.iter().find(|it| it.id.as_str() == name);
            let label = match by {
                By::Kind | By::Release => name.to_owned(),
                By::Team => format!("team {name}"),
                By::Repository => format!("repository {name}"),
                By::Component => format!("component {name}"),
            };
            let waiting = sum.efficiency().map(|efficiency| 1.0 - efficiency);
            let now = sum.under_way.to_string();
            rows.push(CardRow {
                cells: cells(label, &spent, mean, waiting, again, now, String::new()),
                standing: standing(ways.len(), sum.efficiency()),
                subject: release
                    .filter(|_| by == By::Release)
                    .map(|release| Subject::Release(release.id.clone())),
                behind: told_ways(material, items.iter().copied(), Way::total),
            });
        }
    }
    rows
}

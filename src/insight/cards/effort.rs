//! How long stories usually take, what the remaining ones add up to, and for whom it is too much.

use std::collections::{BTreeMap, HashMap};

use chrono::Duration;

use crate::{
    domain::{Category, Instant, Story, StoryKind, Text},
    insight::{Subject, context::Context, stories::is_open, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture,
    numbers::{quantile, sorted},
    parts::{counted, days, figure, sentence},
};

/// Stories that a group needs before anything is estimated from it.
const ENOUGH: usize = 8;
/// Stories that a group needs to be a row.
const SHOWN: usize = 5;
/// Days over which it is counted how much somebody works on at a time.
const LOOKED_BACK_DAYS: i64 = 90;
/// People that are drawn.
const MOST_BARS: usize = 5;
const SECONDS_A_DAY: f64 = 86_400.0;

/// What makes stories alike; none: whatever it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Group<'a> {
    is_defect: bool,
    /// Hundredths of a point.
    points: Option<i64>,
    component: Option<&'a str>,
}

impl<'a> Group<'a> {
    /// From the closest group of a story to the widest.
    fn of(story: &'a Story) -> [Self; 4] {
        let is_defect = story.kind == StoryKind::Defect;
        let points =
            story.points.filter(|points| points.is_finite()).map(|points| (points * 100.0).round() as i64);
        let component = story.component.as_ref().map(Text::as_str);
        [(points, component), (points, None), (None, component), (None, None)]
            .map(|(points, component)| Self { is_defect, points, component })
    }

    fn name(&self) -> String {
        let kind = if self.is_defect { "defects" } else { "stories" };
        let points = self.points.map(|hundredths| format!(" of {} points", hundredths as f64 / 100.0));
        let component = self.component.map(|component| format!(" in {component}"));
        format!("{kind}{}{}", points.unwrap_or_default(), component.unwrap_or_default())
    }
}

/// Working days that stories took, by group, in order.
struct Usual<'a> {
    taken: HashMap<Group<'a>, Vec<f64>>,
    /// Done, but nobody knows when they were begun.
    left_out: usize,
}

/// When it was begun and done, where both are known.
fn span(story: &Story) -> Option<(Instant, Instant)> {
    let is_begun =
        |category| matches!(category, Category::InProgress | Category::InReview | Category::InTest);
    let begun = story.moves.iter().find(|change| is_begun(change.to))?.at;
    let done = story.moves.last().filter(|change| change.to == Category::Done)?.at;
    (begun <= done && story.category == Category::Done).then_some((begun, done))
}

impl<'a> Usual<'a> {
    fn learn(context: &Context<'a>) -> Self {
        let mut usual = Self { taken: HashMap::new(), left_out: 0 };
        for &story in &context.stories {
            if story.category != Category::Done {
                continue;
            }
            let Some((begun, done)) = span(story) else {
                usual.left_out += 1;
                continue;
            };
            let taken = context.days.worked_between(begun, done) as f64 / SECONDS_A_DAY;
            let mut groups = Group::of(story).to_vec();
            groups.sort_unstable();
            groups.dedup();
            for group in groups {
                usual.taken.entry(group).or_default().push(taken);
            }
        }
        usual.taken.values_mut().for_each(|taken| *taken = sorted(std::mem::take(taken)));
        usual
    }

    /// What stories like this one took on average beyond what was `spent` on it; none where too
    /// few were done.
    fn left(&self, story: &Story, spent: f64) -> Option<f64> {
        let alike = Group::of(story).into_iter().filter_map(|group| self.taken.get(&group));
        let taken = alike.into_iter().find(|taken| taken.len() >= ENOUGH)?;
        let longer: Vec<f64> =
            taken.iter().filter(|taken| **taken > spent).map(|taken| taken - spent).collect();
        // Longer than any before: as much again as the half of them took.
        Some(mean(&longer).unwrap_or_else(|| quantile(taken, 0.5).unwrap_or_default()))
    }
}

fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

/// What somebody has, or all together.
#[derive(Default)]
struct Load<'a> {
    open: Vec<&'a Story>,
    /// Working days that they still take, one after the other.
    left: f64,
    unknown: usize,
    /// How much is worked on at a time, at least one.
    at_a_time: f64,
}

impl Load<'_> {
    /// Working days from now until all are done.
    fn needs(&self) -> f64 {
        self.left / self.at_a_time.max(1.0)
    }

    fn is_too_much(&self, until_target: Option<f64>) -> bool {
        until_target.is_some_and(|available| self.needs() > available)
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    let usual = Usual::learn(context);
    let (Some(insight), false) = (material.board.default_release(), usual.taken.is_empty()) else {
        return Card::silent(CardId::Effort, "no story was seen from its beginning to its end");
    };
    let Some(current) = context.release(&insight.release.id) else {
        return Card::silent(CardId::Effort, "no release is known");
    };
    let release = context.releases[current];
    let mut open: Vec<&Story> = material.membership.stories[current]
        .iter()
        .map(|member| &**context.stories[member.item])
        .filter(|story| is_open(story) && release.released_at.is_none())
        .collect();
    open.sort_by_key(|story| &story.key);
    let promised = release.target.filter(|target| !target.estimated && target.at > context.now);
    let until_target =
        promised.map(|target| context.days.worked_between(context.now, target.at) as f64 / SECONDS_A_DAY);
    let (people, team) = loads(context, &usual, &open);
    let mut people: Vec<(&str, Load<'_>)> = people.into_iter().collect();
    people.sort_by(|(a, one), (b, other)| other.needs().total_cmp(&one.needs()).then(a.cmp(b)));
    let too_much: Vec<&str> =
        people.iter().filter(|(_, load)| load.is_too_much(until_target)).map(|(name, _)| *name).collect();
    let kind = |is_defect| usual.taken.get(&Group { is_defect, points: None, component: None });
    let stories = kind(false).filter(|taken| taken.len() >= SHOWN);
    let at = |taken: Option<&Vec<f64>>, share| taken.and_then(|taken| quantile(taken, share));
    let head = match (at(stories, 0.5), at(stories, 0.85)) {
        (Some(p50), Some(p85)) => {
            format!("half of the stories take {}, 85 % up to {}", days(Some(p50)), days(Some(p85)))
        }
        _ => "too few stories were done to say how long one takes".to_owned(),
    };
    let remaining = match open.len() {
        0 => format!("nothing is left in {}", release.id),
        count if team.unknown == count => {
            format!("too few like those left in {} were done to say what they take", release.id)
        }
        count => format!(
            "the {} left in {} add up to {} of work",
            words::count(count, "item", "items"),
            release.id,
            days(Some(team.left))
        ),
    };
    let is_known = team.unknown == 0 || team.unknown < open.len();
    let overloaded = match (until_target, too_much.as_slice()) {
        (None, _) | (_, []) => String::new(),
        (Some(available), names) => {
            format!("{}: more than the {} until the target", words::list(names, 3), days(Some(available)))
        }
    };
    let standing = match until_target {
        _ if stories.is_none() => CardStanding::Unknown,
        None => CardStanding::Told,
        Some(_) if team.is_too_much(until_target) => CardStanding::Poor,
        Some(_) if !too_much.is_empty() => CardStanding::Watch,
        // What nobody can estimate is never taken for done in time.
        Some(_) if team.unknown > 0 => CardStanding::Unknown,
        Some(_) => CardStanding::Good,
    };
    let drawn = people.iter().take(MOST_BARS).map(|(name, load)| Bar {
        label: Text::new(name),
        parts: vec![load.needs()],
        says: Text::new(format!("{} for {}", days(Some(load.needs())), load.open.len())),
        standing: load_standing(load, until_target),
    });
    let bars = drawn.collect();
    let team_row = load_row("everybody", &team, until_target);
    let rows = people.iter().map(|(name, load)| load_row(name, load, until_target));
    Card {
        id: CardId::Effort,
        sentence: Text::new(sentence([head, remaining, overloaded])),
        standing,
        figures: vec![
            figure("stories_p50", at(stories, 0.5), "working days"),
            figure("stories_p85", at(stories, 0.85), "working days"),
            figure("defects_p50", at(kind(true), 0.5), "working days"),
            figure("defects_p85", at(kind(true), 0.85), "working days"),
            counted("open", open.len(), "items"),
            figure("work_left", is_known.then_some(team.left), "working days"),
            figure("team_needs", is_known.then(|| team.needs()), "working days"),
            figure("until_target", until_target, "working days"),
            counted("people_overloaded", too_much.len(), "people"),
        ],
        picture: Picture::Bars { bars },
        columns: vec![
            CardColumn::words("who, or what kind"),
            CardColumn::figures("open"),
            CardColumn::figures("work left"),
            CardColumn::figures("at a time"),
            CardColumn::figures("needs"),
            CardColumn::figures("until target"),
            CardColumn::figures("done"),
            CardColumn::figures("P50"),
            CardColumn::figures("P85"),
        ],
        rows: std::iter::once(team_row).chain(rows).chain(group_rows(&usual, &open)).collect(),
        notes: notes(until_target),
        left_out: left_out(&usual, &team),
    }
}

/// What each person and all of them have open.
fn loads<'a>(
    context: &Context<'a>,
    usual: &Usual<'a>,
    open: &[&'a Story],
) -> (BTreeMap<&'a str, Load<'a>>, Load<'a>) {
    let owner = |story: &'a Story| story.owner.as_ref().map_or("nobody", Text::as_str);
    let from = context.now - Duration::days(LOOKED_BACK_DAYS);
    let looked_back = context.days.worked_between(from, context.now) as f64;
    // By Little's law: what is worked on at a time is the time spent on all of it, by the time.
    let mut spent: BTreeMap<&str, i64> = BTreeMap::new();
    for &story in &context.stories {
        let Some((begun, done)) = span(story).filter(|(_, done)| *done > from) else { continue };
        *spent.entry(owner(story)).or_default() += context.days.worked_between(begun.max(from), done);
    }
    let share = |spent: i64| if looked_back > 0.0 { (spent as f64 / looked_back).max(1.0) } else { 1.0 };
    let mut people: BTreeMap<&str, Load<'_>> = BTreeMap::new();
    let mut team = Load { at_a_time: share(spent.values().sum()), ..Load::default() };
    for &story in open {
        let at_a_time = share(spent.get(owner(story)).copied().unwrap_or_default());
        let person = people.entry(owner(story)).or_insert_with(|| Load { at_a_time, ..Load::default() });
        let begun =
            story.moves.iter().find(|change| !matches!(change.to, Category::ToDo | Category::Unknown));
        let spent = begun
            .map_or(0.0, |begun| context.days.worked_between(begun.at, context.now) as f64 / SECONDS_A_DAY);
        for load in [person, &mut team] {
            load.open.push(story);
            match usual.left(story, spent) {
                Some(left) => load.left += left,
                None => load.unknown += 1,
            }
        }
    }
    (people, team)
}

fn load_standing(load: &Load<'_>, until_target: Option<f64>) -> CardStanding {
    match until_target {
        None => CardStanding::Told,
        Some(_) if load.is_too_much(until_target) => CardStanding::Poor,
        Some(_) if load.unknown > 0 => CardStanding::Unknown,
        Some(available) if load.needs() > 0.8 * available => CardStanding::Watch,
        Some(_) => CardStanding::Good,
    }
}

fn load_row(name: &str, load: &Load<'_>, until_target: Option<f64>) -> CardRow {
    let cells = [
        name.to_owned(),
        load.open.len().to_string(),
        days(Some(load.left)),
        format!("{:.1}", load.at_a_time),
        days(Some(load.needs())),
        days(until_target),
        "–".to_owned(),
        "–".to_owned(),
        "–".to_owned(),
    ];
    let oldest = load.open.iter().min_by_key(|story| (story.since(), &story.key));
    CardRow {
        cells: cells.map(Text::new).to_vec(),
        standing: load_standing(load, until_target),
        subject: oldest.map(|story| Subject::Story(story.key.clone())),
    }
}

/// How long each kind takes, the widest first.
fn group_rows(usual: &Usual<'_>, open: &[&Story]) -> Vec<CardRow> {
    let mut groups: Vec<_> = usual.taken.iter().filter(|(_, taken)| taken.len() >= SHOWN).collect();
    groups.sort_by_key(|(group, _)| {
        (group.points.is_some() && group.component.is_some(), group.is_defect, **group)
    });
    let row = |(group, taken): (&Group<'_>, &Vec<f64>)| {
        let alike: Vec<&&Story> = open.iter().filter(|story| Group::of(story).contains(group)).collect();
        let cells = [
            group.name(),
            alike.len().to_string(),
            "–".to_owned(),
            "–".to_owned(),
            "–".to_owned(),
            "–".to_owned(),
            taken.len().to_string(),
            days(quantile(taken, 0.5)),
            days(quantile(taken, 0.85)),
        ];
        let oldest = alike.iter().min_by_key(|story| (story.since(), &story.key));
        CardRow {
            cells: cells.map(Text::new).to_vec(),
            standing: CardStanding::Told,
            subject: oldest.map(|story| Subject::Story(story.key.clone())),
        }
    };
    groups.into_iter().map(row).collect()
}

fn notes(until_target: Option<f64>) -> Vec<Text> {
    let mut notes = vec![Text::new(
        "days are working days from the first work on it to done; averages are added, as percentiles do not add up",
    )];
    if until_target.is_none() {
        notes.push(Text::new("no target ahead, so nobody is told to have too much"));
    }
    notes
}

fn left_out(usual: &Usual<'_>, team: &Load<'_>) -> Vec<Text> {
    let mut left_out = Vec::new();
    if usual.left_out > 0 {
        let count = words::count(usual.left_out, "finished item", "finished items");
        left_out.push(Text::new(format!("{count} left out: nobody knows when work on them began")));
    }
    if team.unknown > 0 {
        let count = words::count(team.unknown, "open item", "open items");
        left_out.push(Text::new(format!("{count} add nothing: fewer than {ENOUGH} like them were finished")));
    }
    left_out
}

//! How long stories usually take, what the remaining ones add up to, and for whom it is too much.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use chrono::Duration;

use crate::{
    domain::{Category, Instant, ReleaseId, Story, StoryKind, Text},
    insight::{
        Subject,
        context::Context,
        stories::is_open,
        teams::{self, TeamName},
        words,
    },
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture, behind,
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
    /// Working days that those still take of which it is known, one after the other.
    left: f64,
    /// Of the open ones, those of which nobody knows what they take.
    unknown: usize,
    /// How much is worked on at a time, at least one; none where nobody works on it.
    at_a_time: Option<f64>,
}

impl Load<'_> {
    fn is_known(&self) -> bool {
        self.unknown == 0 || self.unknown < self.open.len()
    }

    /// Working days that are left; none where they are not known of any.
    fn left(&self) -> Option<f64> {
        self.is_known().then_some(self.left)
    }

    /// Working days from now until all are done.
    fn needs(&self) -> Option<f64> {
        Some(self.left()? / self.at_a_time?.max(1.0))
    }

    fn is_too_much(&self, until_target: Option<f64>) -> bool {
        self.needs().zip(until_target).is_some_and(|(needs, available)| needs > available)
    }

    /// A length in words: what is not known of all is a least.
    fn says(&self, length: Option<f64>) -> String {
        match length {
            Some(length) if self.unknown > 0 => format!("at least {}", days(Some(length))),
            length => days(length),
        }
    }
}

/// Who has how much.
struct Loads<'a> {
    all: Load<'a>,
    /// What belongs to nobody.
    nobody: Load<'a>,
    people: Vec<(&'a str, Load<'a>)>,
    teams: Vec<(TeamName<'a>, Load<'a>)>,
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
    let mut open: Vec<usize> = material.membership().stories[current]
        .iter()
        .map(|member| member.item)
        .filter(|item| is_open(context.stories[*item]) && release.released_at.is_none())
        .collect();
    open.sort_by_key(|item| &context.stories[*item].key);
    let promised = release.target.filter(|target| !target.estimated && target.at > context.now);
    let until_target =
        promised.map(|target| context.days.worked_between(context.now, target.at) as f64 / SECONDS_A_DAY);
    let Loads { all, nobody, people, teams } = loads(material, &usual, &release.project, &open);
    let overloaded = |load: &Load<'_>| load.is_too_much(until_target);
    let teams_over: Vec<String> =
        teams.iter().filter(|(_, load)| overloaded(load)).map(|(team, _)| team.label()).collect();
    let people_over: Vec<&str> =
        people.iter().filter(|(_, load)| overloaded(load)).map(|(name, _)| *name).collect();
    let kind = |is_defect| usual.taken.get(&Group { is_defect, points: None, component: None });
    let stories = kind(false).filter(|taken| taken.len() >= SHOWN);
    let at = |taken: Option<&Vec<f64>>, share| taken.and_then(|taken| quantile(taken, share));
    let head = match (at(stories, 0.5), at(stories, 0.85)) {
        (Some(p50), Some(p85)) => {
            let count = words::count(stories.map_or(0, Vec::len), "finished story", "finished stories");
            format!("half of {count} took up to {}, 85 % up to {}", days(Some(p50)), days(Some(p85)))
        }
        _ => "too few stories were done to say how long one takes".to_owned(),
    };
    // A single team is everybody.
    let named: Vec<&str> = (teams.len() > 1)
        .then(|| teams_over.iter().map(String::as_str))
        .into_iter()
        .flatten()
        .chain(people_over.iter().copied())
        .collect();
    let too_much = match until_target.filter(|_| !named.is_empty()) {
        Some(available) => {
            format!("more than the {} until the target: {}", days(Some(available)), words::list(&named, 3))
        }
        None => String::new(),
    };
    let unowned = match nobody.open.len() {
        0 => String::new(),
        count => {
            let belong = if count == 1 { "belongs" } else { "belong" };
            let left = match nobody.left() {
                Some(left) => format!(" ({})", nobody.says(Some(left))),
                None => String::new(),
            };
            format!("{}{left} {belong} to nobody", words::count(count, "item", "items"))
        }
    };
    let standing = match until_target {
        _ if stories.is_none() => CardStanding::Unknown,
        None => CardStanding::Told,
        Some(_) if overloaded(&all) => CardStanding::Poor,
        Some(_) if !people_over.is_empty() || !teams_over.is_empty() => CardStanding::Watch,
        // What nobody can estimate is never taken for done in time.
        Some(_) if all.unknown > 0 => CardStanding::Unknown,
        Some(_) if !nobody.open.is_empty() => CardStanding::Watch,
        Some(_) => CardStanding::Good,
    };
    let drawn = people.iter().take(MOST_BARS).map(|(name, load)| Bar {
        label: Text::new(name),
        parts: vec![load.needs().unwrap_or_default()],
        says: Text::new(format!(
            "{} for {}",
            load.says(load.needs()),
            words::count(load.open.len(), "item", "items")
        )),
        standing: load_standing(load, until_target),
    });
    let bars = drawn.collect();
    let mut rows = vec![load_row("everybody", &all, until_target)];
    rows.extend(teams.iter().map(|(team, load)| load_row(&team.label(), load, until_target)));
    rows.extend(people.iter().map(|(name, load)| load_row(name, load, until_target)));
    if !nobody.open.is_empty() {
        rows.push(load_row("nobody", &nobody, until_target));
    }
    rows.extend(group_rows(&usual, &all.open));
    Card {
        id: CardId::Effort,
        sentence: Text::new(sentence([head, remaining(&release.id, &all, until_target), too_much, unowned])),
        standing,
        figures: vec![
            figure("stories_p50", at(stories, 0.5), "working days"),
            figure("stories_p85", at(stories, 0.85), "working days"),
            figure("defects_p50", at(kind(true), 0.5), "working days"),
            figure("defects_p85", at(kind(true), 0.85), "working days"),
            counted("open", all.open.len(), "items"),
            counted("not_estimated", all.unknown, "items"),
            counted("belong_to_nobody", nobody.open.len(), "items"),
            figure("work_left", all.left(), "working days"),
            figure("all_need", all.needs(), "working days"),
            figure("until_target", until_target, "working days"),
            counted("people_overloaded", people_over.len(), "people"),
            counted("teams_overloaded", teams_over.len(), "teams"),
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
        rows,
        notes: notes(&release.project, until_target),
        left_out: left_out(&usual, &all),
    }
}

/// What is left of the release, in words.
fn remaining(release: &ReleaseId, all: &Load<'_>, until_target: Option<f64>) -> String {
    let count = words::count(all.open.len(), "item", "items");
    let Some(left) = all.left().filter(|_| !all.open.is_empty()) else {
        return match all.open.len() {
            0 => format!("nothing is left in {release}"),
            _ => format!("too few like the {count} left in {release} were done to say what they take"),
        };
    };
    let adds = if all.open.len() == 1 { "takes" } else { "add up to" };
    let mut said = format!("the {count} left in {release} {adds} {} of work", all.says(Some(left)));
    if let Some((needs, available)) = all.needs().zip(until_target) {
        let _ = write!(said, ", {} for all together with {} to go", days(Some(needs)), days(Some(available)));
    }
    said
}

/// Positions of the stories that are work for `project`: those of its releases; where the board
/// has one project only, all.
fn of_project(material: &Material<'_>, project: &Text) -> Vec<bool> {
    let context = material.context;
    let is_of_project = |release: usize| context.releases[release].project == *project;
    let mut of_project = vec![false; context.stories.len()];
    if (0..context.releases.len()).all(is_of_project) {
        of_project.fill(true);
        return of_project;
    }
    for release in (0..context.releases.len()).filter(|release| is_of_project(*release)) {
        for member in &material.membership().stories[release] {
            of_project[member.item] = true;
        }
    }
    for (item, story) in context.stories.iter().enumerate() {
        let mut releases = story.releases.iter().filter_map(|id| context.release(id));
        of_project[item] |= releases.any(is_of_project);
    }
    of_project
}

/// What each person, each team and all of them have open, and how much of this project each
/// works on at a time.
fn loads<'a>(material: &Material<'a>, usual: &Usual<'a>, project: &Text, open: &[usize]) -> Loads<'a> {
    let context = material.context;
    let owner = |item: usize| -> Option<&'a str> {
        context.stories[item].owner.as_ref().map(Text::as_str).filter(|name| !name.is_empty())
    };
    let team = |item: usize| teams::of_story(context, material.membership(), item);
    let from = context.now - Duration::days(LOOKED_BACK_DAYS);
    let looked_back = context.days.worked_between(from, context.now) as f64;
    let share = |spent: i64| if looked_back > 0.0 { (spent as f64 / looked_back).max(1.0) } else { 1.0 };
    // By Little's law: what is worked on at a time is the time spent on all of it, by the time.
    // Those who finished nothing of this project in that time do not make it faster.
    let mut spent_by: BTreeMap<&str, i64> = BTreeMap::new();
    let mut spent_in: BTreeMap<TeamName<'_>, i64> = BTreeMap::new();
    let mut spent_by_all = 0;
    for (item, _) in of_project(material, project).iter().enumerate().filter(|(_, is_in)| **is_in) {
        let Some((begun, done)) = span(context.stories[item]) else { continue };
        if done <= from || done > context.now {
            continue;
        }
        let spent = context.days.worked_between(begun.max(from), done);
        spent_by_all += spent;
        if let Some(owner) = owner(item) {
            *spent_by.entry(owner).or_default() += spent;
        }
        if let Some(team) = team(item) {
            *spent_in.entry(team).or_default() += spent;
        }
    }
    let mut people: BTreeMap<&'a str, Load<'a>> = BTreeMap::new();
    let mut teams: BTreeMap<TeamName<'a>, Load<'a>> = BTreeMap::new();
    let mut all = Load { at_a_time: Some(share(spent_by_all)), ..Load::default() };
    let mut nobody = Load::default();
    for &item in open {
        let story: &'a Story = context.stories[item];
        let begun =
            story.moves.iter().find(|change| !matches!(change.to, Category::ToDo | Category::Unknown));
        let spent = begun
            .map_or(0.0, |begun| context.days.worked_between(begun.at, context.now) as f64 / SECONDS_A_DAY);
        let of_person = match owner(item) {
            Some(owner) => people.entry(owner).or_insert_with(|| Load {
                at_a_time: Some(share(spent_by.get(owner).copied().unwrap_or_default())),
                ..Load::default()
            }),
            None => &mut nobody,
        };
        let of_team = team(item).map(|team| {
            teams.entry(team).or_insert_with(|| Load {
                at_a_time: Some(share(spent_in.get(&team).copied().unwrap_or_default())),
                ..Load::default()
            })
        });
        let left = usual.left(story, spent);
        for load in [Some(of_person), of_team, Some(&mut all)].into_iter().flatten() {
            load.open.push(story);
            match left {
                Some(left) => load.left += left,
                None => load.unknown += 1,
            }
        }
    }
    // Who needs longest first; of whom nobody knows it last.
    let longest = |one: &Load<'_>, other: &Load<'_>| {
        other.needs().unwrap_or(-1.0).total_cmp(&one.needs().unwrap_or(-1.0))
    };
    let mut people: Vec<_> = people.into_iter().collect();
    people.sort_by(|(a, one), (b, other)| longest(one, other).then(a.cmp(b)));
    let mut teams: Vec<_> = teams.into_iter().collect();
    teams.sort_by(|(a, one), (b, other)| longest(one, other).then(a.cmp(b)));
    Loads { all, nobody, people, teams }
}

fn load_standing(load: &Load<'_>, until_target: Option<f64>) -> CardStanding {
    match until_target {
        None => CardStanding::Told,
        Some(_) if load.is_too_much(until_target) => CardStanding::Poor,
        Some(_) if load.unknown > 0 => CardStanding::Unknown,
        // Somebody has to take it.
        Some(_) if load.at_a_time.is_none() => CardStanding::Watch,
        Some(available) if load.needs().is_some_and(|needs| needs > 0.8 * available) => CardStanding::Watch,
        Some(_) => CardStanding::Good,
    }
}

fn load_row(name: &str, load: &Load<'_>, until_target: Option<f64>) -> CardRow {
    let cells = [
        name.to_owned(),
        load.open.len().to_string(),
        load.says(load.left()),
        load.at_a_time.map_or("–".to_owned(), |at_a_time| format!("{at_a_time:.1}")),
        load.says(load.needs()),
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
        behind: behind(&load.open, |story| format!("{} {}: {}", story.key, story.title, story.status)),
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
            behind: behind(&alike, |story| format!("{} {}: {}", story.key, story.title, story.status)),
        }
    };
    groups.into_iter().map(row).collect()
}

fn notes(project: &Text, until_target: Option<f64>) -> Vec<Text> {
    let mut notes = vec![
        Text::new(
            "days are working days from the first work on it to done; averages are added, as percentiles do not add up",
        ),
        Text::new(format!(
            "at a time: by what was finished of {project} in the last {LOOKED_BACK_DAYS} days; whoever finished \
             nothing of it works on one at a time"
        )),
    ];
    if until_target.is_none() {
        notes.push(Text::new("no target ahead, so nobody is told to have too much"));
    }
    notes
}

fn left_out(usual: &Usual<'_>, all: &Load<'_>) -> Vec<Text> {
    let mut left_out = Vec::new();
    if usual.left_out > 0 {
        let count = words::count(usual.left_out, "finished item", "finished items");
        left_out.push(Text::new(format!("{count} left out: nobody knows when work on them began")));
    }
    if all.unknown > 0 {
        let count = words::count(all.unknown, "open item", "open items");
        left_out
            .push(Text::new(format!("{count} not estimated: fewer than {ENOUGH} like them were finished")));
    }
    left_out
}

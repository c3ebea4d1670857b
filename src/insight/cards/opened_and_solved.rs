//! What comes in and what is solved, week by week, and when nothing would be left.

use chrono::{Datelike, Duration, NaiveDate};

use crate::{
    domain::{Category, Instant, Severity, Story, StoryKey, StoryKind, Text},
    insight::{Subject, words},
};

use super::{
    Card, CardColumn, CardId, CardRow, CardStanding, Figure, Material, Picture, Series,
    parts::undated,
    timeline,
    weeks::{self, Week},
};

/// Whole weeks that are drawn before this one.
const DRAWN: usize = 52;
/// Whole weeks that the pace is taken from.
const PACE: usize = 13;
/// Whole weeks below which there is no pace.
const ENOUGH: usize = 8;
/// Weeks beyond which an end is no end: five years.
const FAR: f64 = 260.0;
/// The 95th percentile of Student's t distribution with 7 to 12 degrees of freedom: a mean of
/// 8 to 13 weeks lies within so many standard errors in nine of ten cases.
const STUDENT: [f64; 6] = [1.895, 1.860, 1.833, 1.812, 1.796, 1.782];

/// What happened in a week.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    opened: u32,
    solved: u32,
    given_up: u32,
}

impl Count {
    fn net(self) -> i64 {
        i64::from(self.opened) - i64::from(self.solved) - i64::from(self.given_up)
    }
}

/// One kind of item, week by week; this week is the last one.
struct Line<'a> {
    name: &'static str,
    /// Open before the first week.
    before: i64,
    weeks: [Count; DRAWN + 1],
    /// The week in which the first of them was opened.
    first: Option<Week>,
    /// The one that is open for longest.
    oldest: Option<(Instant, &'a StoryKey)>,
}

/// How fast what is open grows, items a week: the mean, and between which it lies in nine of
/// ten cases.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pace {
    mean: f64,
    low: f64,
    high: f64,
}

/// When nothing would be open.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Empty {
    /// Nothing is.
    Now,
    /// Surely shrinking: around this day; the earliest and the latest, none: not within five years.
    By { day: NaiveDate, earliest: Option<NaiveDate>, latest: Option<NaiveDate> },
    /// Nobody can tell whether it shrinks or grows: so many weeks from now at the earliest, on
    /// that day; none: not within five years.
    Unclear(Option<(i64, NaiveDate)>),
    /// It surely does not shrink.
    Never,
    /// It shrinks so slowly that it takes more than five years.
    Far,
    /// Too few weeks are known.
    NotTold,
}

const NAMES: [&str; 7] = ["all", "stories", "critical", "high", "medium", "low", "unrated"];

/// The lines that an item counts in, besides that of all.
fn line_of(story: &Story) -> usize {
    match (story.kind, story.severity) {
        (StoryKind::Story, _) => 1,
        (StoryKind::Defect, Some(Severity::Critical)) => 2,
        (StoryKind::Defect, Some(Severity::High)) => 3,
        (StoryKind::Defect, Some(Severity::Medium)) => 4,
        (StoryKind::Defect, Some(Severity::Low)) => 5,
        (StoryKind::Defect, None) => 6,
    }
}

impl Line<'_> {
    fn new(name: &'static str) -> Self {
        Self { name, before: 0, weeks: [Count::default(); DRAWN + 1], first: None, oldest: None }
    }

    fn add(&mut self, week: Week, drawn_from: Week, change: impl Fn(&mut Count)) {
        let mut count = Count::default();
        if let Some(drawn) = week.since(drawn_from).and_then(|index| self.weeks.get_mut(index)) {
            change(drawn);
        } else {
            change(&mut count);
            self.before += count.net();
        }
        self.first = Some(self.first.map_or(week, |first| first.min(week)));
    }

    /// Open at the end of each week.
    fn open(&self) -> Vec<i64> {
        let sums = self.weeks.iter().scan(self.before, |open, count| {
            *open += count.net();
            Some(*open)
        });
        sums.collect()
    }

    fn open_now(&self) -> i64 {
        self.before + self.weeks.iter().map(|count| count.net()).sum::<i64>()
    }

    /// The whole weeks that the pace is taken from: the week in which it all began is not whole.
    fn lately(&self, this_week: Week) -> &[Count] {
        let known = self.first.and_then(|first| this_week.since(first)).unwrap_or(0);
        let count = known.saturating_sub(1).min(PACE);
        &self.weeks[DRAWN - count..DRAWN]
    }
}

/// The mean of the weeks with its interval (Student's t); none of too few.
fn pace(lately: &[Count]) -> Option<Pace> {
    let student = *STUDENT.get(lately.len().checked_sub(ENOUGH)?)?;
    let count = lately.len() as f64;
    let nets = || lately.iter().map(|week| week.net() as f64);
    let mean = nets().sum::<f64>() / count;
    let variance = nets().map(|net| (net - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let margin = student * (variance / count).sqrt();
    Some(Pace { mean, low: mean - margin, high: mean + margin })
}

/// Weeks until nothing is open; none where it does not shrink, or not within five years.
fn weeks_until(open: i64, net: f64) -> Option<f64> {
    let weeks = open.max(0) as f64 / -net;
    (net < 0.0 && weeks <= FAR).then_some(weeks)
}

fn empty(open: i64, pace: Option<Pace>, today: NaiveDate) -> Empty {
    if open <= 0 {
        return Empty::Now;
    }
    let Some(pace) = pace else { return Empty::NotTold };
    let after = |net: f64| {
        let weeks = weeks_until(open, net)?;
        today.checked_add_signed(Duration::days((weeks * 7.0).ceil() as i64))
    };
    if pace.low >= 0.0 {
        return Empty::Never;
    }
    if pace.high >= 0.0 {
        let weeks = weeks_until(open, pace.low).map(|weeks| weeks.ceil() as i64);
        return Empty::Unclear(weeks.zip(after(pace.low)));
    }
    match after(pace.mean) {
        Some(day) => Empty::By { day, earliest: after(pace.low), latest: after(pace.high) },
        None => Empty::Far,
    }
}

fn standing(open: i64, pace: Option<Pace>) -> CardStanding {
    match pace {
        _ if open <= 0 => CardStanding::Good,
        None => CardStanding::Told,
        Some(pace) if pace.low > 0.0 => CardStanding::Poor,
        Some(pace) if pace.high < 0.0 => CardStanding::Good,
        Some(_) => CardStanding::Watch,
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    let days = &context.days;
    let today = days.date(days.today());
    let this_week = Week::of(today);
    let drawn_from = this_week.before(DRAWN);
    let mut lines = NAMES.map(Line::new);
    let mut steps = Vec::new();
    let (mut counted, mut left_out) = (0_usize, 0_usize);
    for story in &context.stories {
        if !timeline::trace(story, context.now, &mut steps) {
            left_out += usize::from(story.created_at <= context.now);
            continue;
        }
        counted += 1;
        let mut was_closed = true;
        for (at, category) in &steps {
            let is_closed = timeline::is_closed(*category);
            if is_closed != was_closed {
                let week = Week::of(days.date(days.past(*at)));
                for line in [0, line_of(story)] {
                    lines[line].add(week, drawn_from, |count| match category {
                        Category::Done => count.solved += 1,
                        Category::Dropped => count.given_up += 1,
                        _ => count.opened += 1,
                    });
                }
            }
            was_closed = is_closed;
        }
        if !was_closed {
            let this = (story.created_at, &story.key);
            for line in [0, line_of(story)] {
                let oldest = &mut lines[line].oldest;
                *oldest = Some(oldest.map_or(this, |oldest| oldest.min(this)));
            }
        }
    }
    let all = &lines[0];
    if counted == 0 {
        return Card::silent(CardId::OpenedAndSolved, "no story or defect is known");
    }
    let lately = all.lately(this_week);
    let pace = pace(lately);
    let open = all.open_now();
    let end = empty(open, pace, today);
    let opened = a_week(lately, |count| count.opened);
    let closed = a_week(lately, |count| count.solved + count.given_up);
    let weeks = |net: fn(&Pace) -> f64| pace.as_ref().and_then(|pace| weeks_until(open, net(pace)));
    Card {
        id: CardId::OpenedAndSolved,
        sentence: Text::new(sentence(open, lately.len(), opened.zip(closed), end)),
        standing: standing(open, pace),
        figures: vec![
            Figure { name: "open", value: Some(open as f64), unit: "items" },
            Figure { name: "opened_a_week", value: opened, unit: "items" },
            Figure { name: "closed_a_week", value: closed, unit: "items" },
            Figure { name: "net_a_week", value: pace.map(|pace| pace.mean), unit: "items" },
            Figure { name: "net_a_week_low", value: pace.map(|pace| pace.low), unit: "items" },
            Figure { name: "net_a_week_high", value: pace.map(|pace| pace.high), unit: "items" },
            Figure {
                name: "weeks_until_empty",
                // Where nobody can tell whether it shrinks the mean says nothing.
                value: weeks(|pace| pace.mean).filter(|_| pace.is_some_and(|pace| pace.high < 0.0)),
                unit: "weeks",
            },
            Figure { name: "weeks_until_empty_earliest", value: weeks(|pace| pace.low), unit: "weeks" },
            Figure { name: "weeks_until_empty_latest", value: weeks(|pace| pace.high), unit: "weeks" },
        ],
        picture: picture(all, drawn_from),
        columns: vec![
            CardColumn::words("what"),
            CardColumn::figures("opened"),
            CardColumn::figures("solved"),
            CardColumn::figures("given up"),
            CardColumn::figures("open"),
            CardColumn::figures("a week"),
            CardColumn::words("empty"),
            CardColumn::words("open for longest"),
        ],
        rows: rows(&lines, this_week, today, context.now),
        notes: notes(lately.len()),
        left_out: undated(left_out),
    }
}

/// The mean of a week; none of no weeks.
fn a_week(lately: &[Count], number: impl Fn(&Count) -> u32) -> Option<f64> {
    let sum: u32 = lately.iter().map(number).sum();
    (!lately.is_empty()).then(|| f64::from(sum) / lately.len() as f64)
}

fn sentence(open: i64, weeks: usize, moved: Option<(f64, f64)>, end: Empty) -> String {
    let are = if open == 1 { "is" } else { "are" };
    let mut said = match (open, moved) {
        (..=0, _) => return "nothing is open".to_owned(),
        (_, None) => format!("{open} {are} open"),
        (_, Some((opened, closed))) => {
            let weeks = words::count(weeks, "whole week", "whole weeks");
            format!(
                "{open} {are} open; in the last {weeks} {opened:.1} a week came in and {closed:.1} were closed"
            )
        }
    };
    let outlook = match end {
        Empty::Now => String::new(),
        Empty::NotTold => format!("; a pace is told from {ENOUGH} whole weeks on"),
        Empty::Never => ": at this pace it is never empty".to_owned(),
        Empty::Far => ": at this pace it takes more than five years until nothing is".to_owned(),
        Empty::Unclear(Some((weeks, day))) => {
            let weeks = words::count(usize::try_from(weeks).unwrap_or_default(), "week", "weeks");
            format!(
                ": may be empty in {weeks} ({}) at the earliest, or never: the pace is not clear",
                date(day)
            )
        }
        Empty::Unclear(None) => ": not empty within five years, perhaps never".to_owned(),
        Empty::By { day, earliest: Some(earliest), latest: Some(latest) } => {
            format!(": empty about {} (between {} and {})", date(day), date(earliest), date(latest))
        }
        Empty::By { day, .. } => format!(": empty about {}, perhaps not within five years", date(day)),
    };
    said.push_str(&outlook);
    said
}

fn date(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%b %Y"))
}

fn picture(all: &Line<'_>, drawn_from: Week) -> Picture {
    // Weeks before the first item say nothing.
    let skipped = all.first.and_then(|first| first.since(drawn_from)).unwrap_or(0).min(DRAWN);
    let shown = &all.weeks[skipped..];
    let series = |name: &str, values: Vec<f64>| Series {
        name: Text::new(name),
        values: values.into_iter().map(Some).collect(),
        standing: CardStanding::Told,
    };
    Picture::Lines {
        steps: weeks::names((skipped..=DRAWN).map(|index| drawn_from.after(index).monday())),
        series: vec![
            series("open", all.open()[skipped..].iter().map(|open| *open as f64).collect()),
            series("opened", shown.iter().map(|week| f64::from(week.opened)).collect()),
            series("solved", shown.iter().map(|week| f64::from(week.solved)).collect()),
        ],
        stacked: false,
    }
}

fn rows(lines: &[Line<'_>], this_week: Week, today: NaiveDate, now: Instant) -> Vec<CardRow> {
    let mut rows = Vec::new();
    // All are compared over the weeks in which anything was known.
    let compared = lines[0].lately(this_week).len();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.first.is_some()) {
        let weeks = &line.weeks[DRAWN - compared..DRAWN];
        let pace = pace(weeks);
        let open = line.open_now();
        let sum = |number: fn(&Count) -> u32| weeks.iter().map(number).sum::<u32>().to_string();
        let name = title(index, line);
        let end = match empty(open, pace, today) {
            Empty::Now => "now".to_owned(),
            Empty::Never => "never".to_owned(),
            Empty::Far | Empty::Unclear(None) => "not in 5 years".to_owned(),
            Empty::NotTold => "–".to_owned(),
            Empty::Unclear(Some((_, day))) => format!("{} or never", date(day)),
            Empty::By { day, .. } => date(day),
        };
        let net = pace.map_or("–".to_owned(), |pace| format!("{:+.1}", pace.mean));
        let cells = [
            name,
            sum(|week| week.opened),
            sum(|week| week.solved),
            sum(|week| week.given_up),
            open.to_string(),
            net,
            end,
            line.oldest.map(|(since, key)| format!("{key}, {}", words::age(now - since))).unwrap_or_default(),
        ];
        rows.push(CardRow {
            cells: cells.map(Text::new).to_vec(),
            standing: standing(open, pace),
            subject: line.oldest.map(|(_, key)| Subject::Story(key.clone())),
            behind: Vec::new(),
        });
    }
    let known = lines[0].first.and_then(|first| this_week.since(first)).unwrap_or(0).min(DRAWN);
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.first.is_some()) {
        rows.extend(week_rows(index, line, this_week, known));
    }
    rows
}

/// What a line is called in a row.
fn title(index: usize, line: &Line<'_>) -> String {
    if index > 1 { format!("{} defects", line.name) } else { line.name.to_owned() }
}

/// Each week of a line, this one first.
fn week_rows(index: usize, line: &Line<'_>, this_week: Week, known: usize) -> Vec<CardRow> {
    let mut rows = Vec::new();
    let open = line.open();
    for (back, (week, open)) in line.weeks.iter().zip(&open).rev().enumerate().take(known + 1) {
        let week_of = format!("week of {}", this_week.before(back).label());
        let cells = [
            if index == 0 { week_of } else { format!("{week_of}, {}", title(index, line)) },
            week.opened.to_string(),
            week.solved.to_string(),
            week.given_up.to_string(),
            open.to_string(),
            format!("{:+}", week.net()),
            String::new(),
            if back == 0 { "under way".to_owned() } else { String::new() },
        ];
        rows.push(CardRow {
            cells: cells.map(Text::new).to_vec(),
            standing: CardStanding::Told,
            subject: None,
            behind: Vec::new(),
        });
    }
    rows
}

fn notes(weeks: usize) -> Vec<Text> {
    vec![Text::new(if weeks < ENOUGH {
        let known = words::count(weeks, "whole week is", "whole weeks are");
        format!("{known} known so far: a pace is told from {ENOUGH} on")
    } else {
        format!(
            "pace: the mean of the last {}, the one under way left out, which the picture ends with; from the \
             earliest to the latest day: nine of ten cases",
            words::count(weeks, "whole week", "whole weeks")
        )
    })]
}

//! The cumulative flow diagram: how much stands in each status, day by day.

use std::fmt::Write as _;

use crate::{
    domain::{Category, Text},
    insight::words,
};

use super::{
    Card, CardColumn, CardId, CardRow, CardStanding, Figure, Material, Picture, Series,
    parts::{plain, undated},
    timeline, weeks,
};

/// Days that are drawn.
const DRAWN: usize = 90;
/// Days that are compared with those before them.
const LATELY: usize = 14;
/// Days, and items done in them, below which nothing is said of how long one is in work.
const LEAST_DAYS: usize = 14;
const LEAST_DONE: i64 = 10;
/// Statuses from the bottom of the diagram to its top, and what each is called.
const BANDS: [(Category, &str); 6] = [
    (Category::Done, "done since"),
    (Category::InTest, "in test"),
    (Category::InReview, "in review"),
    (Category::InProgress, "in progress"),
    (Category::ToDo, "to do"),
    (Category::Unknown, "unknown"),
];
/// The bands that are work under way.
const UNDER_WAY: std::ops::RangeInclusive<usize> = 1..=3;
/// Work in progress that grew to so many times what it was is worth an eye, or needs somebody.
const GREW: [f64; 2] = [1.2, 1.5];

/// How much is in each band at the end of each day; the first day is the one before the
/// diagram.
struct Flow {
    days: Vec<[i64; BANDS.len()]>,
}

impl Flow {
    fn under_way(&self, day: usize) -> f64 {
        self.days.get(day).map_or(0, |bands| bands[UNDER_WAY].iter().sum()) as f64
    }

    /// The mean work in progress of days, by number.
    fn mean_under_way(&self, days: std::ops::Range<usize>) -> Option<f64> {
        let count = days.len();
        (count > 0).then(|| days.map(|day| self.under_way(day)).sum::<f64>() / count as f64)
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    let days = &context.days;
    // What is known does not begin before the first day that anything was known.
    let drawn = DRAWN.min(days.today() + 1);
    let first = (days.today() + 1).saturating_sub(drawn);
    let mut changes = vec![[0_i64; BANDS.len()]; drawn + 1];
    let mut steps = Vec::new();
    let (mut counted, mut left_out) = (0_usize, 0_usize);
    for story in &context.stories {
        if !timeline::trace(story, context.now, &mut steps) {
            left_out += usize::from(story.created_at <= context.now);
            continue;
        }
        counted += 1;
        let mut before = None;
        for (at, category) in &steps {
            let day = (days.past(*at) + 1).saturating_sub(first);
            if let Some(band) = before {
                changes[day][band] -= 1;
            }
            before = BANDS.iter().position(|(band, _)| band == category);
            if let Some(band) = before {
                changes[day][band] += 1;
            }
        }
    }
    if counted == 0 {
        return Card::silent(CardId::CumulativeFlow, "no story or defect is known");
    }
    let sums = changes.iter().scan([0; BANDS.len()], |sums, change| {
        for (sum, change) in sums.iter_mut().zip(change) {
            *sum += change;
        }
        Some(*sums)
    });
    let mut flow = Flow { days: sums.collect() };
    // Of what is done only what was done since: all of the past would leave no room.
    let done_before = flow.days[0][0];
    for bands in &mut flow.days {
        bands[0] = (bands[0] - done_before).max(0);
    }
    let now = flow.days[drawn];
    let wip = flow.under_way(drawn);
    let lately = flow.mean_under_way(drawn + 1 - LATELY.min(drawn)..drawn + 1);
    let earlier =
        flow.mean_under_way(1..(drawn + 1).saturating_sub(LATELY).max(1)).filter(|mean| *mean > 0.0);
    let growth = lately.zip(earlier).map(|(lately, earlier)| lately / earlier);
    let throughput = now[0] as f64 / drawn as f64;
    let mean = flow.mean_under_way(1..drawn + 1).unwrap_or_default();
    // Little's law: the mean time in a system is what is in it by what leaves it.
    let is_enough = drawn >= LEAST_DAYS && now[0] >= LEAST_DONE;
    let in_work = is_enough.then(|| mean / throughput);
    Card {
        id: CardId::CumulativeFlow,
        sentence: Text::new(sentence(&flow, drawn, lately.zip(earlier), in_work)),
        standing: match growth {
            None => CardStanding::Told,
            Some(growth) if growth >= GREW[1] => CardStanding::Poor,
            Some(growth) if growth >= GREW[0] => CardStanding::Watch,
            Some(_) => CardStanding::Good,
        },
        figures: vec![
            Figure { name: "work_in_progress", value: Some(wip), unit: "items" },
            Figure { name: "work_in_progress_lately", value: lately, unit: "items" },
            Figure { name: "work_in_progress_before", value: earlier, unit: "items" },
            Figure { name: "growth", value: growth, unit: "share" },
            Figure { name: "done_a_day", value: Some(throughput), unit: "items" },
            Figure { name: "days_in_work", value: in_work, unit: "days" },
        ],
        picture: Picture::Lines {
            steps: weeks::names((1..=drawn).map(|index| days.date(first + index - 1))),
            series: BANDS
                .iter()
                .enumerate()
                .filter(|(band, _)| flow.days.iter().any(|bands| bands[*band] > 0))
                .map(|(band, (_, name))| Series {
                    name: Text::new(name),
                    values: flow.days[1..].iter().map(|bands| Some(bands[band] as f64)).collect(),
                    standing: CardStanding::Told,
                })
                .collect(),
            stacked: true,
        },
        columns: std::iter::once(CardColumn::words("at the end of"))
            .chain(BANDS.iter().rev().map(|(_, name)| CardColumn::figures(name)))
            .chain([CardColumn::figures("under way")])
            .collect(),
        // One day of each week is enough to read; today is the first.
        rows: (1..=drawn)
            .rev()
            .step_by(7)
            .map(|index| CardRow {
                cells: std::iter::once(days.date(first + index - 1).format("%a %-d %b").to_string())
                    .chain(flow.days[index].iter().rev().map(ToString::to_string))
                    .chain([format!("{:.0}", flow.under_way(index))])
                    .map(Text::new)
                    .collect(),
                standing: CardStanding::Told,
                subject: None,
                behind: Vec::new(),
            })
            .collect(),
        notes: notes(drawn, in_work.is_some()),
        left_out: undated(left_out),
    }
}

fn sentence(flow: &Flow, drawn: usize, means: Option<(f64, f64)>, in_work: Option<f64>) -> String {
    let wip = flow.under_way(drawn);
    let mut said = format!("{wip:.0} under way");
    if let Some((lately, earlier)) = means {
        let change = (lately / earlier - 1.0) * 100.0;
        let change = match change {
            change if change >= 0.5 => format!("{change:.0} % more"),
            change if change <= -0.5 => format!("{:.0} % less", -change),
            _ => "as many".to_owned(),
        };
        let (lately, earlier) = (plain(lately), plain(earlier));
        let _ = write!(said, "; {lately} on average in the last {LATELY} days, {earlier} before: {change}");
    }
    let done = flow.days[drawn][0];
    let _ = write!(said, "; {done} done in {}", words::count(drawn, "day", "days"));
    if let Some(in_work) = in_work {
        let _ = write!(said, ", so an item is in work for about {in_work:.1} days");
    }
    said
}

fn notes(drawn: usize, is_enough: bool) -> Vec<Text> {
    let mut notes = vec![Text::new(format!(
        "done: what became ready in {}; what was given up is left out from that day on",
        words::count(drawn, "day", "days")
    ))];
    if !is_enough {
        notes.push(Text::new(format!(
            "how long an item is in work is told from {LEAST_DAYS} days and {LEAST_DONE} done items on"
        )));
    }
    notes
}

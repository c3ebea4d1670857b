//! How many stories went out with each release, and which sizes went well.

use std::fmt::Write as _;

use crate::{
    domain::{StoryKind, Text},
    insight::{ReleaseInsight, Subject, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Figure, Material, Picture,
    numbers::{quantile, sorted},
};

/// Releases below which nothing is said of few or many.
const ENOUGH: usize = 4;
/// Releases that are drawn; all of them are rows.
const MOST_BARS: usize = 24;

/// One release that went out.
struct Size<'a> {
    release: &'a ReleaseInsight,
    stories: u32,
    /// Days after its target, negative before it; none without a target that somebody set.
    slip_days: Option<f64>,
    /// Stories that were returned at least once.
    returned: usize,
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let mut sizes: Vec<Size<'_>> = material.board.insight.releases.iter().filter_map(|it| size(it)).collect();
    sizes.sort_by_key(|size| size.release.release.released_at);
    if sizes.is_empty() {
        return Card::silent(CardId::StoriesPerRelease, "no release with stories went out yet");
    }
    let counts = sorted(sizes.iter().map(|size| f64::from(size.stories)));
    let median = quantile(&counts, 0.5).unwrap_or_default();
    let lower = quantile(&counts, 0.25).unwrap_or_default();
    let quartiles = (counts.len() >= ENOUGH).then_some([lower, median]);
    let standing = |stories: u32| match quartiles {
        None => CardStanding::Told,
        Some([lower, _]) if f64::from(stories) < lower => CardStanding::Poor,
        Some([_, median]) if f64::from(stories) >= median => CardStanding::Good,
        Some(_) => CardStanding::Watch,
    };
    let Some(last) = sizes.last() else {
        return Card::silent(CardId::StoriesPerRelease, "no release with stories went out yet");
    };
    let shown = &sizes[sizes.len().saturating_sub(MOST_BARS)..];
    Card {
        id: CardId::StoriesPerRelease,
        sentence: Text::new(sentence(&sizes, last, quartiles.map(|[_, median]| median))),
        standing: standing(last.stories),
        figures: vec![
            Figure { name: "releases", value: Some(sizes.len() as f64), unit: "releases" },
            Figure { name: "newest", value: Some(f64::from(last.stories)), unit: "stories" },
            Figure { name: "lower_quartile", value: quartiles.map(|[lower, _]| lower), unit: "stories" },
            Figure { name: "median", value: Some(median), unit: "stories" },
            Figure {
                name: "median_slip_of_small",
                value: median_slip(&sizes, |stories| f64::from(stories) < median),
                unit: "days",
            },
            Figure {
                name: "median_slip_of_large",
                value: median_slip(&sizes, |stories| f64::from(stories) >= median),
                unit: "days",
            },
        ],
        picture: Picture::Bars {
            bars: shown
                .iter()
                .map(|size| Bar {
                    label: Text::new(size.release.release.id.as_str()),
                    parts: vec![f64::from(size.stories)],
                    says: Text::new(size.stories.to_string()),
                    standing: standing(size.stories),
                })
                .collect(),
        },
        columns: vec![
            CardColumn::words("release"),
            CardColumn::words("went out"),
            CardColumn::figures("stories"),
            CardColumn::figures("slip"),
            CardColumn::figures("returned"),
        ],
        rows: sizes
            .iter()
            .rev()
            .map(|size| CardRow {
                cells: cells(material, size).map(Text::new).to_vec(),
                standing: standing(size.stories),
                subject: Some(Subject::Release(size.release.release.id.clone())),
            })
            .collect(),
        notes: if quartiles.is_none() {
            vec![Text::new(format!("few and many are told from {ENOUGH} releases on"))]
        } else {
            Vec::new()
        },
        left_out: Vec::new(),
    }
}

fn size(release: &ReleaseInsight) -> Option<Size<'_>> {
    let released_at = release.release.released_at?;
    let stories = release.tally.stories_ready;
    if release.tally.stories == 0 {
        return None;
    }
    let promised = release.release.target.filter(|target| !target.estimated);
    let is_story = |row: &&crate::insight::StoryRow| row.story.kind == StoryKind::Story && row.returns > 0;
    Some(Size {
        release,
        stories,
        slip_days: promised.map(|target| (released_at - target.at).num_seconds() as f64 / 86_400.0),
        returned: release.stories.iter().filter(is_story).count(),
    })
}

fn sentence(sizes: &[Size<'_>], last: &Size<'_>, median: Option<f64>) -> String {
    let newest = format!(
        "{} had {}",
        last.release.release.id,
        words::count(last.stories as usize, "story", "stories")
    );
    let Some(median) = median else {
        return format!("{newest}; {} went out", words::count(sizes.len(), "release", "releases"));
    };
    let mut said = format!("{newest}, the median is {median:.0}");
    let small = median_slip(sizes, |stories| f64::from(stories) < median);
    let large = median_slip(sizes, |stories| f64::from(stories) >= median);
    if let Some((small, large)) = small.zip(large) {
        let _ = write!(said, "; smaller ones were {}, larger ones {}", slip(small), slip(large));
    }
    said
}

/// `2d late`, `1d early`, `on time`.
fn slip(days: f64) -> String {
    let whole = days.abs().round();
    match days {
        _ if whole < 1.0 => "on time".to_owned(),
        days if days > 0.0 => format!("{whole:.0}d late"),
        _ => format!("{whole:.0}d early"),
    }
}

fn median_slip(sizes: &[Size<'_>], wanted: impl Fn(u32) -> bool) -> Option<f64> {
    let slips = sizes.iter().filter(|size| wanted(size.stories)).filter_map(|size| size.slip_days);
    quantile(&sorted(slips), 0.5)
}

fn cells(material: &Material<'_>, size: &Size<'_>) -> [String; 5] {
    let calendar = &material.board.policy.calendar;
    let went_out = size.release.release.released_at.map(|at| words::day(at, calendar)).unwrap_or_default();
    [
        size.release.release.id.to_string(),
        went_out,
        size.stories.to_string(),
        size.slip_days.map_or("–".to_owned(), slip),
        size.returned.to_string(),
    ]
}

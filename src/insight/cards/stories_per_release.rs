//! How many stories went out with each release, and which sizes went well.
//!
//! A product is judged by its own releases: what is much for one is little for another.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    domain::{StoriesPerRelease, StoryKind, Text},
    insight::{ReleaseInsight, Subject, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture,
    numbers::{quantile, sorted},
    parts::{counted, figure, plain},
    slip,
};

/// Releases of a project below which its own do not say what is few or many.
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

/// What is usual for the releases of one project.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Usual {
    /// Releases that it is taken from.
    releases: usize,
    lower: Option<f64>,
    median: Option<f64>,
    /// Fewer are few.
    few: Option<f64>,
    /// So many or more are many.
    many: Option<f64>,
}

impl Usual {
    fn of(counts: &[f64], configured: StoriesPerRelease) -> Self {
        let own = |share| quantile(counts, share).filter(|_| counts.len() >= ENOUGH);
        let (lower, median) = (own(0.25), own(0.5));
        Self {
            releases: counts.len(),
            lower,
            median,
            few: configured.few.map(f64::from).or(lower),
            many: configured.many.map(f64::from).or(median),
        }
    }

    fn standing(&self, stories: u32) -> CardStanding {
        let stories = f64::from(stories);
        match (self.few, self.many) {
            (None, _) | (_, None) => CardStanding::Told,
            (Some(few), _) if stories < few => CardStanding::Poor,
            (_, Some(many)) if stories >= many => CardStanding::Good,
            _ => CardStanding::Watch,
        }
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let policy = &material.board.policy;
    let releases = material.board.insight.releases.iter();
    let mut sizes: Vec<Size<'_>> = releases.filter_map(|release| size(material, release)).collect();
    sizes.sort_by_key(|size| (size.release.release.released_at, &size.release.release.id));
    let Some(last) = sizes.last() else {
        return Card::silent(CardId::StoriesPerRelease, "no release with stories went out yet");
    };
    let mut counts = BTreeMap::<&Text, Vec<f64>>::new();
    for size in &sizes {
        counts.entry(size.project()).or_default().push(f64::from(size.stories));
    }
    let usual: BTreeMap<&Text, Usual> = counts
        .into_iter()
        .map(|(project, counts)| (project, Usual::of(&sorted(counts), policy.stories_per_release)))
        .collect();
    let of = |size: &Size<'_>| usual.get(size.project()).copied().unwrap_or_default();
    let standing = |size: &Size<'_>| of(size).standing(size.stories);
    // Larger and smaller than what is usual for its own product.
    let larger = |size: &Size<'_>| Some(f64::from(size.stories) >= of(size).many?);
    let small = median_slip(&sizes, |size| larger(size) == Some(false));
    let large = median_slip(&sizes, |size| larger(size) == Some(true));
    let newest = of(last);
    let is_told = |size: &&Size<'_>| standing(size) == CardStanding::Told;
    let untold = sizes.iter().filter(is_told).count();
    let shown = &sizes[sizes.len().saturating_sub(MOST_BARS)..];
    Card {
        id: CardId::StoriesPerRelease,
        sentence: Text::new(sentence(sizes.len(), last, newest, small.zip(large))),
        standing: standing(last),
        figures: vec![
            counted("releases", sizes.len(), "releases"),
            figure("newest", Some(f64::from(last.stories)), "stories"),
            figure("lower_quartile", newest.lower, "stories"),
            figure("median", newest.median, "stories"),
            figure("few_below", newest.few, "stories"),
            figure("many_from", newest.many, "stories"),
            figure("median_slip_of_small", small, "days"),
            figure("median_slip_of_large", large, "days"),
        ],
        picture: Picture::Bars {
            bars: shown
                .iter()
                .map(|size| Bar {
                    label: Text::new(size.release.release.id.as_str()),
                    parts: vec![f64::from(size.stories)],
                    says: Text::new(size.stories.to_string()),
                    standing: standing(size),
                })
                .collect(),
        },
        columns: vec![
            CardColumn::words("release"),
            CardColumn::words("went out"),
            CardColumn::figures("stories"),
            CardColumn::figures("slip"),
            CardColumn::figures("returned"),
            CardColumn::figures("its project's median"),
        ],
        rows: sizes
            .iter()
            .rev()
            .map(|size| CardRow {
                cells: cells(material, size, of(size)).map(Text::new).to_vec(),
                standing: standing(size),
                subject: Some(Subject::Release(size.release.release.id.clone())),
                behind: Vec::new(),
            })
            .collect(),
        notes: vec![Text::new(
            "few and many are told by the releases of the same project, or by insights.stories_per_release",
        )],
        left_out: left_out(untold),
    }
}

/// Releases of projects that have too few to tell which are small.
fn left_out(untold: usize) -> Vec<Text> {
    let count = words::count(untold, "release", "releases");
    let said = || Text::new(format!("{count} not judged: their project has fewer than {ENOUGH} of them"));
    (untold > 0).then(said).into_iter().collect()
}

impl Size<'_> {
    fn project(&self) -> &Text {
        &self.release.release.project
    }
}

fn size<'a>(material: &Material<'_>, release: &'a ReleaseInsight) -> Option<Size<'a>> {
    let released_at = release.release.released_at?;
    let stories = release.tally.stories_ready;
    if release.tally.stories == 0 {
        return None;
    }
    let calendar = &material.board.policy.calendar;
    let promised = release.release.target.filter(|target| !target.estimated);
    let is_story = |row: &&crate::insight::StoryRow| row.story.kind == StoryKind::Story && row.returns > 0;
    Some(Size {
        release,
        stories,
        slip_days: promised.map(|target| slip::days(target.at, released_at, calendar)),
        returned: release.stories.iter().filter(is_story).count(),
    })
}

fn sentence(releases: usize, last: &Size<'_>, usual: Usual, slips: Option<(f64, f64)>) -> String {
    let mut said = format!(
        "{} had {}",
        last.release.release.id,
        words::count(last.stories as usize, "story", "stories")
    );
    match usual.median {
        Some(median) => {
            let size = match usual.standing(last.stories) {
                CardStanding::Poor => ", which is few",
                CardStanding::Good => ", which is many",
                _ => "",
            };
            let _ = write!(
                said,
                "{size}; the median of the {} of {} is {}",
                words::count(usual.releases, "release", "releases"),
                last.project(),
                plain(median)
            );
        }
        None => {
            let _ = write!(said, "; {} went out", words::count(releases, "release", "releases"));
        }
    }
    if let Some((small, large)) = slips.map(|(small, large)| (slip::words(small), slip::words(large))) {
        let all = format!("of all {releases} releases");
        let _ = if small == large {
            write!(said, "; {all} the smaller and the larger ones were both {small} in the middle")
        } else {
            write!(said, "; {all} the smaller ones were {small} in the middle, the larger ones {large}")
        };
    }
    said
}

fn median_slip<'a>(sizes: &[Size<'a>], wanted: impl Fn(&Size<'a>) -> bool) -> Option<f64> {
    let slips = sizes.iter().filter(|size| wanted(size)).filter_map(|size| size.slip_days);
    quantile(&sorted(slips), 0.5)
}

fn cells(material: &Material<'_>, size: &Size<'_>, usual: Usual) -> [String; 6] {
    let calendar = &material.board.policy.calendar;
    let went_out = size.release.release.released_at.map(|at| words::day(at, calendar)).unwrap_or_default();
    [
        size.release.release.id.to_string(),
        went_out,
        size.stories.to_string(),
        size.slip_days.map_or("–".to_owned(), slip::words),
        size.returned.to_string(),
        usual.median.map_or("–".to_owned(), plain),
    ]
}

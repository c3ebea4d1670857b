//! What was promised and forecast, and what came.

use std::collections::BTreeMap;

use crate::{
    domain::{Calendar, DayFigures, Instant, Release, ReleaseId, Text},
    insight::{ForecastView, Subject, forecast::CALIBRATED_FROM, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture,
    numbers::{quantile, sorted},
    parts::{counted, days, figure, sentence},
    slip,
};

/// Releases that are drawn.
const MOST_BARS: usize = 24;
/// Share of the 85 % dates that must hold, less what a few forecasts miss by chance.
const HOLDS: f64 = 0.75;
/// Share of the promises that are kept where promises are good.
const KEPT: f64 = 0.8;
const SECONDS_A_DAY: f64 = 86_400.0;

/// A release that went out, and what was said of it.
struct Came<'a> {
    release: &'a Release,
    at: Instant,
    /// What was promised first and last; the same where no day was kept.
    promised: Option<(Instant, Instant)>,
    /// Days after what was promised first; none without a promise.
    late: Option<f64>,
    /// How often another target was set.
    moved: usize,
    forecasts: Forecasts,
}

/// The forecasts of one release, one for each day that was kept.
#[derive(Default)]
struct Forecasts {
    days: usize,
    /// Of those, days on which it came by the 50, 85 and 95 % date.
    held: [usize; 3],
    /// Days that it came after the 50 % date: negative is earlier.
    off: Vec<f64>,
    /// Days from the 50 to the 95 % date.
    widths: Vec<f64>,
}

fn between(from: Instant, until: Instant) -> f64 {
    (until - from).num_seconds() as f64 / SECONDS_A_DAY
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    let mut kept: BTreeMap<&ReleaseId, Vec<&DayFigures>> = BTreeMap::new();
    for &day in &material.days {
        for figures in &day.releases {
            kept.entry(&figures.release).or_default().push(day);
        }
    }
    let mut all: Vec<Came<'_>> = context
        .releases
        .iter()
        .filter_map(|release| {
            let kept = kept.get(&release.id).map(Vec::as_slice).unwrap_or_default();
            came(release, kept, &context.policy.calendar)
        })
        .filter(|came| came.promised.is_some() || came.forecasts.days > 0)
        .collect();
    all.sort_by_key(|came| (came.at, &came.release.id));
    let scored = scored(material);
    if all.is_empty() && scored.is_none() {
        return Card::silent(CardId::TrackRecord, "no release with a promise or a forecast went out yet");
    }
    let late: Vec<f64> = all.iter().filter_map(|came| came.late).collect();
    let on_time = late.iter().filter(|late| slip::is_kept(**late)).count();
    let share = (!late.is_empty()).then(|| on_time as f64 / late.len() as f64);
    // Releases weigh the same, however many days were kept of them.
    let forecast: Vec<&Forecasts> =
        all.iter().map(|came| &came.forecasts).filter(|told| told.days > 0).collect();
    let held = |index: usize| {
        let shares = forecast.iter().map(|told| told.held[index] as f64 / told.days as f64);
        (!forecast.is_empty()).then(|| shares.sum::<f64>() / forecast.len() as f64)
    };
    let widths = sorted(forecast.iter().flat_map(|told| told.widths.iter().copied()));
    let days_kept: usize = forecast.iter().map(|told| told.days).sum();
    let median_late = quantile(&sorted(late.iter().copied()), 0.5);
    // Real forecasts beat those that would have been made.
    let (hit, said_by) = match (held(1), scored) {
        (Some(held), _) => (Some(held), format!("of {}", words::count(days_kept, "kept day", "kept days"))),
        (None, Some((count, held))) => {
            (held, format!("of {count} forecasts made afterwards from what was known"))
        }
        (None, None) => (None, String::new()),
    };
    let promises = match (share, median_late) {
        (Some(share), Some(median)) => format!(
            "{on_time} of {} releases came by their promise ({}); in the middle {}",
            late.len(),
            words::percent(share),
            slip::words(median)
        ),
        _ => "no release with a promise went out yet".to_owned(),
    };
    let forecasts = hit.map(|hit| format!("the 85 % date held on {} {said_by}", words::percent(hit)));
    let is_calibrated =
        scored.is_some_and(|(count, _)| count as usize >= CALIBRATED_FROM) || days_kept >= CALIBRATED_FROM;
    let shown = &all[all.len().saturating_sub(MOST_BARS)..];
    Card {
        id: CardId::TrackRecord,
        sentence: Text::new(sentence([promises, forecasts.unwrap_or_default()])),
        standing: match (share, hit.filter(|_| is_calibrated)) {
            (None, None) => CardStanding::Unknown,
            (_, Some(hit)) if hit < HOLDS => CardStanding::Poor,
            (Some(share), _) if share < 0.5 => CardStanding::Poor,
            (Some(share), _) if share < KEPT => CardStanding::Watch,
            _ => CardStanding::Good,
        },
        figures: vec![
            counted("releases_promised", late.len(), "releases"),
            figure("promises_kept", share, "share"),
            figure("median_late", median_late, "days"),
            counted("forecast_days", days_kept, "days"),
            figure("held_50", held(0), "share"),
            figure("held_85", hit, "share"),
            figure("held_95", held(2), "share"),
            figure("median_width", quantile(&widths, 0.5), "days"),
            figure("scored_afterwards", scored.map(|(count, _)| f64::from(count)), "forecasts"),
        ],
        picture: Picture::Bars { bars: shown.iter().filter_map(bar).collect() },
        columns: vec![
            CardColumn::words("release"),
            CardColumn::words("promised"),
            CardColumn::words("came"),
            CardColumn::figures("slip"),
            CardColumn::figures("target moved"),
            CardColumn::figures("days kept"),
            CardColumn::figures("85 % held"),
            CardColumn::figures("P50 off"),
            CardColumn::figures("width"),
        ],
        rows: all.iter().rev().map(|came| row(material, came)).collect(),
        notes: notes(material, is_calibrated),
        left_out: left_out(material, &all),
    }
}

/// Forecasts of finished releases that were made afterwards, and the share of 85 % dates that
/// held: the largest count of all releases that are forecast now.
fn scored(material: &Material<'_>) -> Option<(u32, Option<f64>)> {
    let told = material.board.insight.releases.iter().filter_map(|insight| match insight.forecast {
        ForecastView::Dates { scored, held, .. } if scored > 0 => Some((scored, held)),
        _ => None,
    });
    told.max_by_key(|(scored, _)| *scored)
}

fn came<'a>(release: &'a Release, kept: &[&DayFigures], calendar: &Calendar) -> Option<Came<'a>> {
    let at = release.released_at?;
    let mut told: Vec<(Instant, _)> = kept
        .iter()
        .filter(|day| day.at < at)
        .filter_map(|day| Some((day.at, day.of(&release.id)?)))
        .collect();
    told.sort_by_key(|(at, _)| *at);
    told.dedup_by_key(|(at, _)| *at);
    let mut targets: Vec<Instant> = told.iter().filter_map(|(_, figures)| figures.target).collect();
    targets.extend(release.target.filter(|target| !target.estimated).map(|target| target.at));
    targets.dedup();
    let mut forecasts = Forecasts::default();
    for said in told.iter().filter_map(|(_, figures)| figures.forecast) {
        forecasts.days += 1;
        for (held, date) in forecasts.held.iter_mut().zip([said.p50, said.p85, said.p95]) {
            // The day counts, not its hour.
            *held += usize::from(calendar.day(at) <= calendar.day(date));
        }
        forecasts.off.push(between(said.p50, at));
        forecasts.widths.push(between(said.p50, said.p95));
    }
    Some(Came {
        release,
        at,
        promised: targets.first().copied().zip(targets.last().copied()),
        late: targets.first().map(|target| slip::days(*target, at, calendar)),
        moved: targets.len().saturating_sub(1),
        forecasts,
    })
}

fn standing(late: f64) -> CardStanding {
    match late {
        _ if slip::is_kept(late) => CardStanding::Good,
        _ if late <= 3.0 => CardStanding::Watch,
        _ => CardStanding::Poor,
    }
}

fn bar(came: &Came<'_>) -> Option<Bar> {
    let late = came.late?;
    Some(Bar {
        label: Text::new(came.release.id.as_str()),
        parts: vec![late.max(0.0)],
        says: Text::new(slip::words(late)),
        standing: standing(late),
    })
}

fn row(material: &Material<'_>, came: &Came<'_>) -> CardRow {
    let calendar = &material.board.policy.calendar;
    let day = |at| words::day(at, calendar);
    let told = &came.forecasts;
    let late = came.late;
    let cells = [
        came.release.id.to_string(),
        came.promised.map_or("–".to_owned(), |(first, _)| day(first)),
        day(came.at),
        late.map_or("–".to_owned(), slip::words),
        if came.moved == 0 { "–".to_owned() } else { format!("{}x", came.moved) },
        told.days.to_string(),
        if told.days == 0 {
            "–".to_owned()
        } else {
            words::percent(told.held[1] as f64 / told.days as f64)
        },
        days(quantile(&sorted(told.off.iter().copied()), 0.5)),
        days(quantile(&sorted(told.widths.iter().copied()), 0.5)),
    ];
    CardRow {
        cells: cells.map(Text::new).to_vec(),
        standing: late.map_or(CardStanding::Told, standing),
        subject: Some(Subject::Release(came.release.id.clone())),
        behind: Vec::new(),
    }
}

fn left_out(material: &Material<'_>, all: &[Came<'_>]) -> Vec<Text> {
    let out = material.context.releases.iter().filter(|release| release.released_at.is_some()).count();
    let without = out.saturating_sub(all.len());
    let count = words::count(without, "release", "releases");
    let said = || Text::new(format!("{count} left out: nobody set a target, and no forecast was kept"));
    (without > 0).then(said).into_iter().collect()
}

fn notes(material: &Material<'_>, is_calibrated: bool) -> Vec<Text> {
    let mut notes = Vec::new();
    if !is_calibrated {
        notes.push(format!("fewer than {CALIBRATED_FROM} forecasts were scored: not yet calibrated"));
    }
    if material.days.is_empty() {
        notes.push(
            "no day was kept yet: a target that was moved before is taken for the first one".to_owned(),
        );
    }
    notes.into_iter().map(Text::new).collect()
}

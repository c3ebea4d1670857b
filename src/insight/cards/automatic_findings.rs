//! The few changes that matter, out of all weekly series.
//!
//! The last weeks of each series are compared with those before by ranks, which no single week
//! can tip over; a change must be large as well as unlikely, and one in twenty of all that is
//! found is expected to be noise, at most.

#[cfg(test)]
mod noise;
mod series;

use crate::{
    domain::{Text, Triage, TriageKind, TriageSubject, Wake},
    insight::{Subject, context::Context, words},
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture, Study,
    numbers::{quantile, sorted},
    parts::counted,
    statistics::{Shift, discoveries},
    whole_weeks::Weeks,
};
use series::{Good, Weekly};

/// The newest weeks, which are compared with those before.
const RECENT: usize = 6;
/// Weeks that they are compared with, at most and at least.
const BEFORE: usize = 26;
const LEAST_BEFORE: usize = 10;
/// Weeks with a value that the newest must have.
const LEAST_RECENT: usize = 5;
/// Cases below which nothing is found.
const LEAST_CASES: usize = 20;
/// Of what is found, no more than this share is expected to be noise.
const NOISE: f64 = 0.05;
/// A change is large from this share of what was usual on.
const LEAST_SHARE: f64 = 0.3;
/// And if so much more than half of the pairs of weeks differ one way (Cliff's delta: large from
/// 0.474 on; Romano and others, 2006).
const LEAST_DELTA: f64 = 0.474;
/// Findings that are drawn.
const MOST_BARS: usize = 5;

/// A change that was found.
struct Change<'a> {
    series: &'a Weekly,
    before: f64,
    after: f64,
    shift: Shift,
    cases: usize,
    weeks: (usize, usize),
}

/// What was looked at.
struct Looked<'a> {
    found: Vec<Change<'a>>,
    compared: usize,
    /// Series with too few weeks or cases.
    left_out: usize,
}

/// Compares the newest weeks of each series with those before.
fn look(all: &[Weekly]) -> Looked<'_> {
    let compared: Vec<Change<'_>> = all.iter().filter_map(compare).collect();
    let p: Vec<f64> = compared.iter().map(|change| change.shift.p).collect();
    let unlikely = discoveries(&p, NOISE);
    let (count, left_out) = (compared.len(), all.len() - compared.len());
    let mut found: Vec<Change<'_>> = compared
        .into_iter()
        .zip(unlikely)
        .filter(|(change, unlikely)| *unlikely && is_large(change))
        .map(|(change, _)| change)
        .collect();
    // What got worse first; then what changed most.
    found.sort_by(|one, other| {
        standing(one)
            .cmp(&standing(other))
            .then(ratio(other).ln().abs().total_cmp(&ratio(one).ln().abs()))
            .then(one.series.name.cmp(other.series.name))
    });
    Looked { found, compared: count, left_out }
}

fn compare(series: &Weekly) -> Option<Change<'_>> {
    let (before, recent) = series.values.split_at(series.values.len().checked_sub(RECENT)?);
    let known = |values: &[Option<f64>]| values.iter().flatten().copied().collect::<Vec<f64>>();
    let (before, recent) = (known(before), known(recent));
    let is_enough =
        before.len() >= LEAST_BEFORE && recent.len() >= LEAST_RECENT && series.cases >= LEAST_CASES;
    let shift = is_enough.then(|| Shift::between(&before, &recent))??;
    let weeks = (before.len(), recent.len());
    Some(Change {
        series,
        before: quantile(&sorted(before), 0.5)?,
        after: quantile(&sorted(recent), 0.5)?,
        shift,
        cases: series.cases,
        weeks,
    })
}

fn is_large(change: &Change<'_>) -> bool {
    let by = change.shift.by.abs();
    change.shift.delta.abs() >= LEAST_DELTA
        && by >= LEAST_SHARE * change.before.abs()
        && by >= change.series.least_shift
}

/// What it was multiplied by.
fn ratio(change: &Change<'_>) -> f64 {
    let least = change.series.least_shift.max(1e-6);
    (change.before + change.shift.by).max(least) / change.before.max(least)
}

/// In words that stay the same from week to week unless it really changes.
fn coarse(change: &Change<'_>) -> &'static str {
    match ratio(change) {
        ratio if ratio >= 2.8 => "up threefold or more",
        ratio if ratio >= 1.7 => "up, about double",
        ratio if ratio >= 1.0 => "up by a third to a half",
        ratio if ratio >= 0.6 => "down by about a third",
        ratio if ratio >= 0.36 => "down, about half",
        _ => "down to a third or less",
    }
}

fn standing(change: &Change<'_>) -> CardStanding {
    match (change.series.good, change.shift.by > 0.0) {
        (Good::Neither, _) => CardStanding::Told,
        (Good::More, true) | (Good::Less, false) => CardStanding::Good,
        (Good::More, false) | (Good::Less, true) => CardStanding::Poor,
    }
}

fn number(series: &Weekly, value: f64) -> String {
    match series.unit {
        "share" => words::percent(value),
        "days" | "hours" if value < 10.0 => format!("{value:.1} {}", series.unit),
        "days" | "hours" => format!("{value:.0} {}", series.unit),
        _ => format!("{value:.0} a week"),
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    of(material.context)
}

fn of(context: &Context<'_>) -> Card {
    let weeks = Weeks::before(context.now, &context.policy.calendar, (BEFORE + RECENT) as u64);
    let all = series::all(context, &weeks);
    let Looked { found, compared, left_out } = look(&all);
    if compared == 0 {
        return Card::silent(
            CardId::AutomaticFindings,
            &format!(
                "nothing to compare yet: it takes {LEAST_CASES} cases in {} weeks",
                RECENT + LEAST_BEFORE
            ),
        );
    }
    let rows: Vec<CardRow> = found.iter().map(row).collect();
    let bars = found.iter().take(MOST_BARS).map(|change| Bar {
        label: Text::new(change.series.name),
        parts: vec![ratio(change).max(1.0 / ratio(change)) - 1.0],
        says: Text::new(coarse(change)),
        standing: standing(change),
    });
    let skipped = format!("{left_out} of {} series left out: too few weeks or cases", all.len());
    let note = format!(
        "the {RECENT} whole weeks to {} against up to {BEFORE} before, by ranks; one in 20 of what is found is \
         expected to be noise; none on fewer than {LEAST_CASES} cases",
        weeks.last_day()
    );
    let told = Told { compared, dismissed: 0 };
    Card {
        id: CardId::AutomaticFindings,
        sentence: told.sentence(&rows),
        standing: Told::standing(&rows),
        figures: told.figures(&rows),
        picture: Picture::Bars { bars: bars.collect() },
        columns: vec![
            CardColumn::words("what"),
            CardColumn::words("how it changed"),
            CardColumn::figures("before"),
            CardColumn::figures("now"),
            CardColumn::words("evidence"),
        ],
        rows,
        notes: vec![Text::new(note)],
        left_out: (left_out > 0).then(|| Text::new(skipped)).into_iter().collect(),
    }
}

fn row(change: &Change<'_>) -> CardRow {
    let Change { series, before, shift, cases, weeks: (earlier, recent), .. } = change;
    let certain = if shift.p < 0.001 { "p < 0.001".to_owned() } else { format!("p {:.3}", shift.p) };
    let cells = [
        series.name.to_owned(),
        coarse(change).to_owned(),
        number(series, *before),
        number(series, change.after),
        format!(
            "{recent} weeks against {earlier}, {}; {:.0} % of pairs of weeks agree; {certain}",
            words::count(*cases, "case", "cases"),
            (1.0 + shift.delta.abs()) * 50.0
        ),
    ];
    CardRow {
        cells: cells.map(Text::new).to_vec(),
        standing: standing(change),
        subject: series.telling.clone(),
        behind: Vec::new(),
    }
}

/// What the card says of its rows.
struct Told {
    compared: usize,
    dismissed: usize,
}

impl Told {
    fn sentence(&self, rows: &[CardRow]) -> Text {
        let said: Vec<String> = rows
            .iter()
            .map(|row| match row.cells.as_slice() {
                [what, how, before, now, ..] => format!("{what} {how} ({before} to {now})"),
                _ => String::new(),
            })
            .collect();
        let series = words::count(self.compared, "series", "series");
        let dismissed =
            if self.dismissed > 0 { format!("; {} dismissed", self.dismissed) } else { String::new() };
        Text::new(if said.is_empty() {
            format!("no change that matters in {series}{dismissed}")
        } else {
            format!("{}{dismissed}", words::list(&said, 2))
        })
    }

    fn standing(rows: &[CardRow]) -> CardStanding {
        match rows.iter().map(|row| row.standing).min() {
            Some(CardStanding::Poor) => CardStanding::Watch,
            Some(standing) => standing,
            None => CardStanding::Good,
        }
    }

    fn figures(&self, rows: &[CardRow]) -> Vec<super::Figure> {
        vec![
            counted("series_compared", self.compared, "series"),
            counted("found", rows.len(), "changes"),
            counted("dismissed", self.dismissed, "changes"),
        ]
    }
}

/// A row of a card in what people say; it stands as its second cell says.
pub(crate) fn triage_subject(card: CardId, row: &Text) -> TriageSubject {
    TriageSubject::CardRow(Text::new(card.name()), row.clone())
}

impl Study {
    /// Without the automatic findings that somebody put off or saw, unless they changed since.
    #[must_use]
    pub fn without_dismissed(&self, triage: &Triage, now: crate::domain::Instant) -> Self {
        let mut study = self.clone();
        let Some(card) = study.cards.iter_mut().find(|card| card.id == CardId::AutomaticFindings) else {
            return study;
        };
        let is_dismissed = |row: &CardRow| {
            let [what, how, ..] = row.cells.as_slice() else { return false };
            triage.of(&triage_subject(CardId::AutomaticFindings, what)).any(|said| match &said.kind {
                TriageKind::Snoozed(Wake::Change(was)) => was == how,
                TriageKind::Snoozed(Wake::At(_)) => !said.is_over(now),
                TriageKind::Snoozed(Wake::Event(..))
                | TriageKind::Acknowledged
                | TriageKind::Note
                | TriageKind::Started
                | TriageKind::Finished
                | TriageKind::Watched => false,
            })
        };
        let before = card.rows.len();
        let gone: Vec<Text> = card
            .rows
            .iter()
            .filter(|row| is_dismissed(row))
            .filter_map(|row| row.cells.first().cloned())
            .collect();
        if gone.is_empty() {
            return study;
        }
        card.rows.retain(|row| !is_dismissed(row));
        if let Picture::Bars { bars } = &mut card.picture {
            bars.retain(|bar| !gone.contains(&bar.label));
        }
        let compared = card.figures.iter().find(|figure| figure.name == "series_compared");
        let compared = compared.and_then(|figure| figure.value).unwrap_or_default() as usize;
        let told = Told { compared, dismissed: before - card.rows.len() };
        card.sentence = told.sentence(&card.rows);
        card.standing = Told::standing(&card.rows);
        card.figures = told.figures(&card.rows);
        study
    }

    /// How a row stands, in words that are others when it stands otherwise.
    pub fn stands(&self, card: CardId, row: &Text) -> Option<&Text> {
        let rows = &self.card(card)?.rows;
        rows.iter().find(|known| known.cells.first() == Some(row))?.cells.get(1)
    }
}

/// The row that tells most of a series.
type Telling = Option<Subject>;

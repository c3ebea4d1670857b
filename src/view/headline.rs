//! The answer first: release, countdown, outlook or verdict, as pieces that fold.

use ratatui::text::{Line, Span};

use crate::{
    domain::Instant,
    insight::{ForecastView, Lens, Outlook, ReleaseInsight, Verdict},
};

pub(crate) use crate::insight::words::chance as percent;

use super::{
    Look,
    format::{self, Dates},
    screen::line_width,
    states,
};

/// A part of the header; those with a higher rank go first when there is no room.
pub(crate) struct Piece {
    pub(crate) line: Line<'static>,
    pub(crate) rank: u8,
    /// It follows the piece before without a gap.
    pub(crate) is_joined: bool,
    /// What it says where the whole has no room.
    short: Option<Line<'static>>,
}

impl Piece {
    pub(crate) fn new(rank: u8, spans: Vec<Span<'static>>) -> Self {
        Self { line: Line::from(spans), rank, is_joined: false, short: None }
    }

    /// With fewer words for where there is no room.
    fn or(self, short: Option<Vec<Span<'static>>>) -> Self {
        Self { short: short.map(Line::from), ..self }
    }

    pub(crate) fn joined(rank: u8, spans: Vec<Span<'static>>) -> Self {
        Self { is_joined: true, ..Self::new(rank, spans) }
    }

    /// Cells in front of it.
    fn gap(&self, gap: usize) -> usize {
        if self.is_joined { 0 } else { gap }
    }
}

/// Drops the pieces of the highest ranks until the rest fits into `width` cells with `gap`
/// cells between two of them.
pub(crate) fn fold(pieces: &mut Vec<Piece>, width: usize, gap: usize) {
    while cells(pieces, gap) > width {
        let worst = pieces.iter().enumerate().max_by_key(|(_, piece)| piece.rank);
        let Some((index, rank)) = worst.map(|(index, piece)| (index, piece.rank)) else { return };
        if rank <= LAST_RANK && shorten(pieces) {
            continue;
        }
        if rank == 0 {
            return;
        }
        pieces.remove(index);
    }
}

/// The rank of what gives way only after all words were shortened.
pub(crate) const LAST_RANK: u8 = 1;

/// Makes the words of the first piece that has shorter ones short. None has: false.
pub(crate) fn shorten(pieces: &mut [Piece]) -> bool {
    let short = pieces.iter_mut().find_map(|piece| Some((piece.short.take()?, piece)));
    match short {
        Some((short, piece)) => {
            piece.line = short;
            true
        }
        None => false,
    }
}

/// Cells that the pieces take.
pub(crate) fn cells(pieces: &[Piece], gap: usize) -> usize {
    let cells = pieces.iter().map(|piece| line_width(&piece.line) + piece.gap(gap));
    cells.sum::<usize>().saturating_sub(gap)
}

/// Cells of those that go last, if ever.
pub(crate) fn least_cells(pieces: &[Piece], gap: usize) -> usize {
    let last = pieces.iter().filter(|piece| piece.rank <= LAST_RANK);
    last.map(|piece| line_width(&piece.line) + piece.gap(gap)).sum::<usize>().saturating_sub(gap)
}

/// The pieces as one line.
pub(crate) fn line(pieces: Vec<Piece>, gap: usize) -> Line<'static> {
    let mut spans = Vec::new();
    for piece in pieces {
        if !spans.is_empty() {
            spans.push(Span::raw(" ".repeat(piece.gap(gap))));
        }
        spans.extend(piece.line.spans);
    }
    Line::from(spans)
}

/// What is said of a release, in order; `countdown` says how far away its target is.
pub(crate) fn pieces(
    look: &Look,
    insight: &ReleaseInsight,
    dates: Dates,
    now: Instant,
    countdown: fn(Instant, Instant) -> String,
    lens: Lens,
) -> Vec<Piece> {
    // Where there is no room for both, some would rather know the dates than the verdict.
    let [p85_rank, target_rank, verdict_rank] = if lens.puts_dates_first() { [2, 6, 7] } else { [7, 6, 2] };
    let styles = &look.styles;
    let release = &insight.release;
    if let Some(at) = release.released_at {
        let released = states::outlook(look, Outlook::Released);
        let mut pieces = vec![Piece::new(0, vec![Span::styled(released.full(), released.style)])];
        pieces.push(Piece::new(2, vec![Span::styled(format!("out since {}", dates.day(at)), styles.base)]));
        let ago = format!("{} ago", format::age(at, now));
        pieces.push(Piece::new(4, vec![Span::styled(ago, styles.muted)]));
        return pieces;
    }
    let mut pieces = Vec::new();
    let promised = release.target.filter(|target| !target.estimated);
    if let Some(target) = release.target {
        let said = countdown(target.at, now);
        let countdown = if promised.is_some() {
            Span::styled(said, styles.strong)
        } else {
            // Nobody promised it: no alarm, not even a bold one.
            Span::styled(format!("{said} est."), styles.muted)
        };
        // The answer outlives the way to it.
        pieces.push(Piece::new(LAST_RANK, vec![countdown]));
    }
    let leads = insight.last_day_from.is_some_and(|from| from <= now);
    if leads {
        pieces.push(Piece::new(0, verdict(look, insight, true)));
        pieces.extend(unknown_gates(look, insight, 4));
        let mut spans = vec![Span::styled("outlook ", styles.muted)];
        spans.extend(outlook(look, insight, false));
        pieces.push(Piece::new(5, spans));
        pieces.extend(probability(look, insight, 6));
    } else {
        let short = (insight.outlook == Outlook::Unknown).then(|| {
            let said = states::outlook(look, Outlook::Unknown);
            let style = said.style.patch(styles.strong);
            vec![Span::styled(format!("{} {}", said.mark, said.word.to_uppercase()), style)]
        });
        pieces.push(Piece::new(0, outlook(look, insight, true)).or(short));
        pieces.extend(probability(look, insight, 3));
    }
    if let ForecastView::Dates { p85, basis, .. } = &insight.forecast {
        let mut p85 =
            vec![Span::styled("P85 ", styles.muted), Span::styled(p85.said(|at| dates.day(at)), styles.base)];
        p85.extend(basis.wide().map(|why| Span::styled(format!(", {why}"), styles.muted)));
        pieces.push(Piece::new(p85_rank, p85));
    }
    let (mut target, style) = match release.target {
        Some(target) if target.estimated => (format!("est. target {}", dates.day(target.at)), styles.muted),
        Some(target) => (format!("target {}", dates.day(target.at)), styles.base),
        None => ("no target".to_owned(), styles.muted),
    };
    if let (Some(at), true) = (promised, leads) {
        target = format!("target {}", dates.moment(at.at));
    }
    pieces.push(Piece::new(target_rank, vec![Span::styled(target, style)]));
    if !leads {
        let mut spans = vec![Span::styled("now ", styles.muted)];
        spans.extend(verdict(look, insight, false));
        pieces.push(Piece::new(verdict_rank, spans));
        pieces.extend(unknown_gates(look, insight, verdict_rank.max(4)));
    }
    if insight.tally.gates_not_needed > 0 {
        let said = format!("{} {} not needed", look.glyphs.not_needed, insight.tally.gates_not_needed);
        pieces.push(Piece::new(9, vec![Span::styled(said, styles.not_needed)]));
    }
    pieces
}

/// `▲ AT RISK`.
fn outlook(look: &Look, insight: &ReleaseInsight, loud: bool) -> Vec<Span<'static>> {
    let said = states::outlook(look, insight.outlook);
    let word = match (insight.outlook, loud) {
        (Outlook::Unknown, true) => "OUTLOOK UNKNOWN".to_owned(),
        (_, true) => said.word.to_uppercase(),
        (_, false) => said.word.to_owned(),
    };
    let style = if loud { said.style.patch(look.styles.strong) } else { said.style };
    vec![Span::styled(format!("{} {word}", said.mark), style)]
}

/// `61 %`, joined to the outlook.
fn probability(look: &Look, insight: &ReleaseInsight, rank: u8) -> Option<Piece> {
    let said = states::outlook(look, insight.outlook);
    match &insight.forecast {
        ForecastView::Dates { by_target: Some(share), basis, .. } if insight.outlook != Outlook::Unknown => {
            let wide = if basis.wide().is_some() { " wide" } else { "" };
            Some(Piece::joined(rank, vec![Span::styled(format!(" {}{wide}", percent(*share)), said.style)]))
        }
        _ => None,
    }
}

/// `✗ no-go 2`.
pub(crate) fn verdict(look: &Look, insight: &ReleaseInsight, loud: bool) -> Vec<Span<'static>> {
    let said = states::verdict(look, insight.verdict);
    let word = if loud { said.word.to_uppercase() } else { said.word.to_owned() };
    let count = match insight.verdict {
        Verdict::Go => insight.tally.gates_go,
        Verdict::NoGo => insight.tally.gates_no_go,
        Verdict::Unknown => insight.tally.gates_unknown,
    };
    let count = if count > 0 { format!(" {count}") } else { String::new() };
    let style = if loud { said.style.patch(look.styles.strong) } else { said.style };
    vec![Span::styled(format!("{} {word}{count}", said.mark), style)]
}

/// `· ? 1`, where the verdict does not say it already.
fn unknown_gates(look: &Look, insight: &ReleaseInsight, rank: u8) -> Option<Piece> {
    let count = insight.tally.gates_unknown;
    if count == 0 || insight.verdict == Verdict::Unknown {
        return None;
    }
    let Look { styles, glyphs } = look;
    Some(Piece::joined(
        rank,
        vec![
            Span::styled(format!(" {} ", glyphs.separator), styles.muted),
            Span::styled(format!("{} {count}", glyphs.unknown), styles.unknown),
        ],
    ))
}

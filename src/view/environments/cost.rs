//! What bookings cost: the month with its forecast, the months around it, and who spends it.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    insight::{EnvironmentsView, Extreme, words},
    view::{Look, screen::Screen},
};

use super::{colour, makers, money, span};

/// Bookings that are named of a peak.
const NAMED: usize = 3;
/// Cells of the longest bar.
const BAR: usize = 24;
/// Releases that are listed.
const RELEASES: usize = 12;

pub(super) fn draw(screen: &mut Screen<'_>, area: Rect, view: &EnvironmentsView, focused: bool) {
    let Look { styles, glyphs } = screen.look;
    let cost = &view.cost;
    let mut lines = Vec::new();
    if let Some(month) = cost.this_month() {
        let [so_far, ahead, expected] = month.in_whole_units();
        lines.push(Line::from(vec![
            Span::styled(format!("{} ", month.month.format("%B")), styles.muted),
            Span::styled(money(month.forecast().round()), styles.strong),
            Span::styled(
                format!(
                    " forecast: {} so far, {} booked ahead{}",
                    money(so_far),
                    money(ahead),
                    month.expected.map(|_| format!(", {} expected", money(expected))).unwrap_or_default()
                ),
                styles.base,
            ),
        ]));
        let extreme = |name: &str, extreme: &Extreme| {
            let names = makers(view, &extreme.bookings);
            let names =
                if names.is_empty() { "nothing booked".to_owned() } else { words::list(&names, NAMED) };
            Line::from(vec![
                Span::styled(format!("{name} "), styles.muted),
                Span::styled(format!("{} a day ", money(extreme.per_day)), styles.base),
                Span::styled(format!("{}: {names}", span(screen, &extreme.window)), styles.muted),
            ])
        };
        lines.extend(month.peak.as_ref().map(|found| extreme("peak", found)));
        lines.extend(month.trough.as_ref().map(|found| extreme("trough", found)));
    }
    let names: Vec<&str> = cost.unpriced.iter().map(crate::domain::EnvironmentId::as_str).collect();
    let unpriced = (!names.is_empty()).then(|| {
        let said = format!("{} not priced: {}", glyphs.unknown, words::list(&names, NAMED));
        Line::styled(said, styles.unknown)
    });
    lines.extend(unpriced.clone());
    for release in cost.releases.iter().take(RELEASES) {
        let name = release.release.as_ref().map_or_else(|| "no release".to_owned(), ToString::to_string);
        let idle =
            if release.idle >= 0.5 { format!(", {} of it idle", money(release.idle)) } else { String::new() };
        lines.push(Line::from(vec![
            Span::styled(format!("{} ", glyphs.bar[0]), colour(screen, view, release.release.as_ref())),
            Span::styled(format!("{name} "), styles.base),
            Span::styled(money(release.this_month), styles.strong),
            Span::styled(format!(" this month, {} in all{idle}", money(release.total)), styles.muted),
        ]));
    }
    if focused {
        lines.push(Line::default());
        lines.push(Line::styled(
            match cost.usual {
                Some(usual) => format!(
                    "expected: what is usual, {} a month (median of {} whole months), less what is booked",
                    money(usual),
                    cost.usual_months
                ),
                None => "booked only: fewer than three whole months are known".to_owned(),
            },
            styles.muted,
        ));
        let most = cost.months.iter().map(crate::insight::MonthCost::forecast).fold(0.0, f64::max);
        for month in &cost.months {
            let cells =
                |amount: f64| if most > 0.0 { (amount / most * BAR as f64).round() as usize } else { 0 };
            lines.push(Line::from(vec![
                Span::styled(format!("{} ", month.month.format("%b %Y")), styles.muted),
                Span::styled(glyphs.bar[0].repeat(cells(month.so_far)), styles.stories),
                Span::styled(glyphs.bar[1].repeat(cells(month.ahead)), styles.forecast),
                Span::styled(glyphs.shades[0].repeat(cells(month.expected.unwrap_or(0.0))), styles.muted),
                Span::styled(format!(" {}", money(month.forecast())), styles.base),
                Span::styled(
                    match month.expected {
                        Some(sum) if sum >= 0.5 => {
                            format!(" {} booked, {} expected", money(month.booked()), money(sum))
                        }
                        _ => String::new(),
                    },
                    styles.muted,
                ),
            ]));
            if let Some(peak) = month.peak.as_ref().filter(|_| month.forecast() > 0.0) {
                let names = makers(view, &peak.bookings);
                let said = format!(
                    "         peak {} a day {}: {}",
                    money(peak.per_day),
                    span(screen, &peak.window),
                    words::list(&names, NAMED)
                );
                lines.push(Line::styled(said, styles.muted));
            }
        }
    }
    let nothing = cost.releases.is_empty();
    if nothing {
        lines.clear();
        if view.bookings_known && cost.unpriced.is_empty() {
            lines.push(Line::styled("nothing is booked", styles.muted));
        } else if !view.bookings_known {
            lines.push(Line::styled(
                "no source tells all bookings: what they cost is not known",
                styles.unknown,
            ));
        }
        lines.extend(unpriced);
    }
    let note = if nothing { "" } else { "bookings x price of a day" };
    super::lines(screen, area, "Cost", note, &lines, focused);
}

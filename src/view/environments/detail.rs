//! All that is known of one environment, page by page.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::{
    domain::Tier,
    insight::{Conflict, DriftStanding, EnvironmentUse, EnvironmentsView, words},
    view::{Look, screen::Screen, text},
};

use super::{drift, money, span};

/// Bookings that are listed.
const BOOKINGS: usize = 12;
/// Free slots that are named.
const SLOTS: usize = 3;

/// Its title, and its pages with their titles.
pub(in crate::view) fn pages(
    screen: &Screen<'_>,
    view: &EnvironmentsView,
    one: &EnvironmentUse,
    cells: usize,
) -> (Line<'static>, [(&'static str, Vec<Line<'static>>); 3]) {
    let styles = &screen.look.styles;
    let mut about: Vec<String> = Vec::new();
    if let Some(known) = &one.known {
        about.push(
            match known.tier {
                Tier::Development => "development",
                Tier::Test => "test",
                Tier::Staging => "staging",
                Tier::Production => "production",
            }
            .to_owned(),
        );
        about.extend(known.platform.iter().chain(&known.region).map(ToString::to_string));
        about.extend(known.group.iter().map(|group| format!("part of {group}")));
        about.extend(known.shareable.then(|| "shareable".to_owned()));
    } else {
        about.push("no source describes it".to_owned());
    }
    let price =
        one.cost_per_day.map_or_else(|| "not priced".to_owned(), |rate| format!("{} a day", money(rate)));
    about.push(price);
    let title = Line::from(vec![
        Span::styled(one.id.to_string(), styles.title),
        Span::styled(format!(" {}", about.join(", ")), styles.muted),
    ]);
    let here = || view.drift.components.iter().filter_map(|row| Some((row, row.at(&one.id)?)));
    let told = here().filter(|(_, cell)| cell.standing != DriftStanding::Accepted).flat_map(|(row, cell)| {
        std::iter::once(drift::told(screen, cell, &row.newest)).chain(drift::keys(screen, cell))
    });
    let mut versions: Vec<Line<'static>> = told.collect();
    versions.extend(drift::accepted(screen, here().map(|(_, cell)| cell)));
    if versions.is_empty() {
        versions.push(Line::styled("no successful deployment of a release is known here", styles.muted));
    }
    (
        title,
        [
            ("now", now(screen, view, one, cells)),
            ("bookings", booked(screen, view, one)),
            ("versions", versions),
        ],
    )
}

fn wrapped(said: &str, cells: usize, style: Style) -> Vec<Line<'static>> {
    text::wrap(said, cells).into_iter().map(|line| Line::styled(line, style)).collect()
}

fn now(
    screen: &Screen<'_>,
    view: &EnvironmentsView,
    one: &EnvironmentUse,
    cells: usize,
) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let mut lines = Vec::new();
    for conflict in view.conflicts_of(&one.id) {
        lines.extend(conflict_lines(screen, conflict, cells));
    }
    let has_it = view
        .bookings_of(one)
        .filter(|made| made.booking.window.from <= screen.now && screen.now < made.booking.window.until)
        .map(|made| {
            let booking = &made.booking;
            let name = booking.release.as_ref().map_or_else(|| booking.id.to_string(), ToString::to_string);
            format!("{name} until {}", screen.dates.moment(booking.window.until))
        });
    let has_it: Vec<String> = has_it.collect();
    let is_told = view.bookings_known;
    let said = match has_it.is_empty() {
        false => words::list(&has_it, 3),
        true if is_told => "nobody has it now".to_owned(),
        true => "nobody can tell who has it now: no source tells all bookings".to_owned(),
    };
    lines.extend(wrapped(&said, cells, styles.base));
    // Free of bookings is not free for a deployment.
    let frozen = one.frozen.iter().filter(|frozen| frozen.window.until > screen.now);
    for frozen in frozen.take(SLOTS) {
        let said = format!("{} frozen {}: {}", glyphs.at_risk, span(screen, &frozen.window), frozen.name);
        lines.extend(wrapped(&said, cells, styles.at_risk));
    }
    let slots: Vec<String> = one.free.iter().take(SLOTS).map(|slot| span(screen, slot)).collect();
    let said = if !is_told {
        "whether it is free nobody can tell".to_owned()
    } else if slots.is_empty() {
        format!("not free within {} days", crate::insight::HORIZON_DAYS)
    } else {
        format!("free {}", slots.join(", "))
    };
    let said = if one.is_shareable() { format!("{said} (shareable: several may have it)") } else { said };
    lines.extend(wrapped(&said, cells, styles.base));
    if let Some([idle, unclear]) = view.idle_shares(one) {
        let (mark, style) =
            if idle > 0.2 { (glyphs.at_risk, styles.at_risk) } else { (glyphs.separator, styles.muted) };
        let unclear = if unclear > 0.0 {
            format!(", of {} nobody can tell: test runs do not say where they ran", words::percent(unclear))
        } else {
            String::new()
        };
        let said =
            format!("{mark} idle {} of the booked working time that is over{unclear}", words::percent(idle));
        lines.extend(wrapped(&said, cells, style));
    }
    lines
}

fn conflict_lines(screen: &Screen<'_>, conflict: &Conflict, cells: usize) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let (mark, style) = super::standing(screen, conflict);
    let said = format!("{mark} {} {}: {}", conflict.word(), span(screen, &conflict.window), conflict.said());
    let mut lines = wrapped(&said, cells, style);
    if let Some(suggestion) = &conflict.suggestion {
        let moves = suggestion.moves(|window| span(screen, window));
        let said =
            format!("{} {} could yield to {}: it {moves}", glyphs.right, suggestion.yields, suggestion.keeps);
        lines.extend(wrapped(&said, cells, styles.strong));
        for reason in &suggestion.reasons {
            lines.extend(wrapped(&format!("  {} {reason}", glyphs.separator), cells, styles.muted));
        }
    }
    lines
}

fn booked(screen: &Screen<'_>, view: &EnvironmentsView, one: &EnvironmentUse) -> Vec<Line<'static>> {
    let styles = &screen.look.styles;
    let mut all: Vec<_> = view.bookings_of(one).collect();
    // What is on and what comes first, then the past, newest first.
    let ahead = all.iter().filter(|made| made.booking.window.until > screen.now).count();
    all.sort_by_key(|made| made.booking.window.until <= screen.now);
    all[ahead..].reverse();
    let lines = all.iter().take(BOOKINGS).map(|made| {
        let booking = &made.booking;
        let name = booking.release.as_ref().map_or_else(|| booking.id.to_string(), ToString::to_string);
        let cost = made.cost.map_or_else(|| "not priced".to_owned(), money);
        let idle = match made.idle_seconds {
            0 => String::new(),
            seconds => format!(", idle {}", words::duration(chrono::Duration::seconds(seconds))),
        };
        let approved = if booking.approved { "" } else { ", not approved" };
        let through = if booking.environment == one.id {
            String::new()
        } else {
            format!(", with {}", booking.environment)
        };
        Line::from(vec![
            Span::styled(format!("{} ", span(screen, &booking.window)), styles.muted),
            Span::styled(name, styles.base),
            Span::styled(format!(" {cost}{idle}{approved}{through}"), styles.muted),
        ])
    });
    let mut lines: Vec<Line<'static>> = lines.collect();
    if lines.is_empty() {
        lines.push(Line::styled("nobody booked it", styles.muted));
    }
    lines
}

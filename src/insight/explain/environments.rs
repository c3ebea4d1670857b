//! "Why?" of an environment.

use crate::{
    domain::{EnvironmentId, Kind, Window},
    insight::{Conflict, EnvironmentsView, words},
};

use super::{Explainer, Explanation, missing};

/// Free slots that are named.
const SLOTS: usize = 5;

impl Explainer<'_, '_> {
    pub(super) fn environment(&self, id: &EnvironmentId) -> Explanation {
        let view = EnvironmentsView::of(self.board);
        let Some(environment) = view.environment(id) else { return missing(id.as_str()) };
        let mut counted = Vec::new();
        counted.extend(view.conflicts_of(id).flat_map(|conflict| self.conflict(conflict)));
        for made in view.bookings_of(environment) {
            let booking = &made.booking;
            let name = booking.release.as_ref().map_or(booking.id.as_str(), |release| release.as_str());
            let through = if booking.environment == *id {
                String::new()
            } else {
                format!(" with {}", booking.environment)
            };
            let cost = made.cost.map(|cost| format!(", {cost:.0}")).unwrap_or_default();
            let [used, idle, unclear] = [made.used_seconds, made.idle_seconds, made.unclear_seconds]
                .map(|seconds| words::duration(chrono::Duration::seconds(seconds)));
            counted.push(format!(
                "{name}{through}: {}{cost}; working time in use {used}, idle {idle}, not known {unclear}",
                self.span(&booking.window)
            ));
        }
        counted.extend(
            environment
                .frozen
                .iter()
                .take(SLOTS)
                .map(|one| format!("frozen {}: {}", self.span(&one.window), one.name)),
        );
        if !view.bookings_known {
            counted.push("no source tells all bookings: whether it is free nobody can tell".to_owned());
        }
        counted.extend(environment.free.iter().take(SLOTS).map(|slot| format!("free {}", self.span(slot))));
        let value = match view.idle_shares(environment) {
            Some([idle, unclear]) => format!(
                "idle {} of the booked working time, not known {}",
                words::percent(idle),
                words::percent(unclear)
            ),
            None => "no booked working time is over".to_owned(),
        };
        let cells = view.drift.components.iter().flat_map(|row| row.cells.iter().flatten());
        let versions = cells.filter(|cell| cell.environment == *id).map(|cell| {
            let behind = Some(cell.distance()).filter(|said| !said.is_empty());
            let behind = behind.map(|said| format!(", {said} behind")).unwrap_or_default();
            let keys = cell.configuration.as_ref().and_then(|configuration| configuration.said(usize::MAX));
            let keys = keys.map(|said| format!("; {said}")).unwrap_or_default();
            format!(
                "holds {} since {}: {}{behind} {}{keys}",
                cell.release,
                self.day(cell.since),
                cell.standing.word(),
                cell.why
            )
        });
        counted.extend(versions);
        Explanation {
            notes: Vec::new(),
            title: id.to_string(),
            value,
            formula: "A conflict is two bookings, or a booking and a planned deployment, of different releases whose \
                      times overlap on one environment or a group that holds it, unless the environment is shareable \
                      or both are. Idle is booked working time on days that are over on which no deployment and no \
                      test run was seen there; a test run does not say where it ran, so it counts here only where its \
                      release had no other place booked, and is not known otherwise. A cost is days of 24 hours times \
                      the price of a day, each booking for itself."
                .to_owned(),
            counted,
            left_out: view
                .cost
                .unpriced
                .iter()
                .filter(|unpriced| *unpriced == id)
                .map(|_| "its cost: nobody says what a day of it costs".to_owned())
                .collect(),
            sources: self.sources(&[Kind::Environments, Kind::Bookings, Kind::Deployments, Kind::TestRuns]),
        }
    }

    fn conflict(&self, conflict: &Conflict) -> Vec<String> {
        let [one, other] = &conflict.claims;
        let agreed = if conflict.approved { " (both approved)" } else { "" };
        let mut lines = vec![format!(
            "conflict {}: {} and {}{agreed}",
            self.span(&conflict.window),
            one.name(),
            other.name()
        )];
        if let Some(suggestion) = &conflict.suggestion {
            let reasons: Vec<&str> = suggestion.reasons.iter().map(|reason| &**reason).collect();
            let fits = suggestion.move_to.as_ref().map_or_else(
                || "nothing is free for it".to_owned(),
                |window| format!("it would fit {}", self.span(window)),
            );
            lines.push(format!("{} should yield: {}; {fits}", suggestion.yields, reasons.join("; ")));
        }
        lines
    }

    fn span(&self, window: &Window) -> String {
        format!("{} to {}", self.day(window.from), self.day(window.until))
    }
}

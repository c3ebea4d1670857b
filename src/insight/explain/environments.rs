//! "Why?" of an environment.

use crate::{
    domain::{EnvironmentId, Kind, Text, Window},
    insight::{ConfigurationDifference, Conflict, DriftCell, EnvironmentsView, words},
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
        let cells = || view.drift.cells().filter(|cell| cell.environment == *id);
        counted.extend(cells().map(|cell| self.held(cell)));
        let unpriced = view.cost.unpriced.iter().filter(|unpriced| *unpriced == id);
        let unpriced = unpriced.map(|_| "its cost: nobody says what a day of it costs".to_owned());
        let left_out = unpriced.chain(cells().flat_map(accepted)).collect();
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
            left_out,
            sources: self.sources(&[Kind::Environments, Kind::Bookings, Kind::Deployments, Kind::TestRuns]),
        }
    }

    /// One component on one environment: a cell of the drift.
    pub(super) fn component(&self, name: &Text, environment: &EnvironmentId) -> Explanation {
        let view = EnvironmentsView::of(self.board);
        let Some(row) = view.drift.component(name) else { return missing(name) };
        let cell = row.at(environment);
        let elsewhere = row.cells.iter().flatten().filter(|other| other.environment != *environment);
        let elsewhere = elsewhere.map(|other| format!("{} {}", other.environment, self.held(other)));
        Explanation {
            notes: Vec::new(),
            title: format!("{name} on {environment}"),
            value: match cell {
                Some(cell) => format!("{} {}", cell.version, cell.standing.word()),
                None => "no successful deployment of it there is known".to_owned(),
            },
            formula: "It holds what was deployed there last with success and was not taken back. It is behind the \
                      newest version that was deployed anywhere, unless that is planned there, in the making (for \
                      production), within the usual lag from the tier below, or accepted. Keys of the configuration \
                      are compared with the environment before: the nearest tier below that tells them, else one of \
                      its own tier before it by name."
                .to_owned(),
            counted: cell.map(|cell| self.held(cell)).into_iter().chain(elsewhere).collect(),
            left_out: cell.into_iter().flat_map(accepted).collect(),
            sources: self.sources(&[Kind::Environments, Kind::Deployments, Kind::Releases]),
        }
    }

    /// `holds payments 4.1 since Thu 29 Oct: behind, 1 version behind …`.
    fn held(&self, cell: &DriftCell) -> String {
        let behind = Some(cell.distance()).filter(|said| !said.is_empty());
        let behind = behind.map(|said| format!(", {said} behind")).unwrap_or_default();
        let why = if cell.why.is_empty() { String::new() } else { format!(": {}", cell.why) };
        let keys = cell.configuration.as_ref().and_then(|configuration| configuration.said(usize::MAX));
        let keys = keys.map(|said| format!("; {said}")).unwrap_or_default();
        let since = self.day(cell.since);
        format!("holds {} since {since}, {}{behind}{why}{keys}", cell.release, cell.standing.word())
    }

    fn conflict(&self, conflict: &Conflict) -> Vec<String> {
        let mut lines =
            vec![format!("{} {}: {}", conflict.word(), self.span(&conflict.window), conflict.said())];
        if let Some(suggestion) = &conflict.suggestion {
            let reasons: Vec<&str> = suggestion.reasons.iter().map(|reason| &**reason).collect();
            let moves = suggestion.moves(|window| self.span(window));
            lines.push(format!("{} {moves}: {}", suggestion.yields, reasons.join("; ")));
        }
        lines
    }

    fn span(&self, window: &Window) -> String {
        format!("{} to {}", self.day(window.from), self.day(window.until))
    }
}

/// The keys of a cell whose difference is accepted, each with why.
fn accepted(cell: &DriftCell) -> impl Iterator<Item = String> {
    let all = cell.configuration.iter().flat_map(ConfigurationDifference::said_accepted);
    all.map(|said| format!("{}: {said}", cell.release))
}

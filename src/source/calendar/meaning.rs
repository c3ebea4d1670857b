//! What events mean: deployments, times without them, bookings; and nothing, for most.

use std::sync::Arc;

use super::{
    event::{Event, Status},
    occurrences::{Names, Newest, Occurrence},
    template::Template,
};
use crate::{
    config::{CalendarConfig, EventPatterns},
    domain::{
        Booking, BookingId, Deployment, DeploymentId, DeploymentState, EnvironmentId, Facts, Freeze, Instant,
        Kind, Problem, ReleaseId, Text, Window,
    },
};

/// Days back from now that are told of.
const DAYS_BACK: i64 = 31;
/// Days ahead of now that are told of: those that the schedule tells of, and some.
const DAYS_AHEAD: i64 = 400;
/// For so long after its end a deployment is told. A calendar does not say whether something was
/// done; what is over there is neither late nor done.
const HOURS_AFTER: i64 = 24;

/// What the configuration says events mean.
#[derive(Debug)]
pub(super) struct Meanings {
    deployment: Patterns,
    booking: Patterns,
    day_off: Patterns,
    freeze: Patterns,
    project: Option<String>,
}

#[derive(Debug)]
struct Patterns {
    categories: Vec<Template>,
    summaries: Vec<Template>,
}

/// What an event is.
#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    Deployment(Named),
    Booking(Named),
    DayOff,
    Freeze { environment: Option<String> },
}

/// What a summary names.
#[derive(Clone, Debug, Default, PartialEq)]
struct Named {
    release: Option<String>,
    environment: Option<String>,
}

impl Patterns {
    fn new(written: &EventPatterns) -> Self {
        let read = |patterns: &[String]| patterns.iter().map(|pattern| Template::new(pattern)).collect();
        Self { categories: read(&written.categories), summaries: read(&written.summaries) }
    }

    /// What an event names, if it is one of these.
    fn of(&self, event: &Event) -> Option<Named> {
        let by_summary = self.summaries.iter().find_map(|template| template.matches(&event.summary));
        if let Some(captured) = by_summary {
            return Some(Named { release: captured.release, environment: captured.environment });
        }
        let is_in = |category: &Text| self.categories.iter().any(|one| one.matches(category).is_some());
        event.categories.iter().any(is_in).then(Named::default)
    }
}

impl Meanings {
    pub(super) fn new(settings: &CalendarConfig) -> Self {
        Self {
            deployment: Patterns::new(&settings.deployments),
            booking: Patterns::new(&settings.bookings),
            day_off: Patterns::new(&settings.days_off),
            freeze: Patterns::new(&settings.freezes),
            project: settings.project.clone(),
        }
    }

    fn of(&self, event: &Event) -> Option<Meaning> {
        let location = || Some(event.location.to_string()).filter(|location| !location.is_empty());
        let placed = |names: Named| Named { environment: names.environment.or_else(location), ..names };
        None.or_else(|| Some(Meaning::Deployment(placed(self.deployment.of(event)?))))
            .or_else(|| Some(Meaning::Booking(placed(self.booking.of(event)?))))
            .or_else(|| self.day_off.of(event).map(|_| Meaning::DayOff))
            // Where a freeze takes place says nothing of environments.
            .or_else(|| Some(Meaning::Freeze { environment: self.freeze.of(event)?.environment }))
    }

    /// A version alone stands for one of the project, if there is one.
    fn release(&self, name: &str) -> ReleaseId {
        match &self.project {
            Some(project) if !name.contains(char::is_whitespace) => ReleaseId::of(project, name),
            _ => ReleaseId::new(name),
        }
    }

    /// What `events` say about the time around `now`.
    pub(super) fn facts<'a>(
        &self,
        events: impl Iterator<Item = &'a Event>,
        calendar: &crate::domain::Calendar,
        now: Instant,
    ) -> Facts {
        let span = Window {
            from: now - chrono::Duration::days(DAYS_BACK),
            until: now + chrono::Duration::days(DAYS_AHEAD),
        };
        let newest = Newest::of(events, calendar);
        let (occurrences, problems) = newest.occurrences(span, calendar, |event| self.of(event).is_some());
        // Deployments are not covered: a calendar knows those that are planned, not what was done.
        let mut facts = Facts { covers: [Kind::Freezes].into(), problems, ..Facts::default() };
        let (mut deployments, mut bookings) = (Names::new(), Names::new());
        for occurrence in occurrences {
            let event = occurrence.event;
            let is_cancelled = event.status == Status::Cancelled;
            match self.of(event) {
                Some(Meaning::Deployment(names)) => {
                    if occurrence.window.until + chrono::Duration::hours(HOURS_AFTER) <= now {
                        continue;
                    }
                    let Some(environment) = names.environment else {
                        nowhere(&mut facts, event, "deployment", Kind::Deployments);
                        continue;
                    };
                    facts.deployments.push(Arc::new(Deployment {
                        id: DeploymentId::new(deployments.unique(name(&occurrence))),
                        release: names.release.map(|release| self.release(&release)),
                        environment: EnvironmentId::new(environment),
                        window: occurrence.window,
                        state: match event.status {
                            Status::Cancelled => DeploymentState::Cancelled,
                            Status::Confirmed => DeploymentState::Approved,
                            Status::Tentative | Status::Unknown => DeploymentState::Draft,
                        },
                        started_at: None,
                        finished_at: None,
                        activities: Vec::new(),
                        time_zone: None,
                        configuration: std::collections::BTreeMap::new(),
                        url: event.url.clone(),
                    }));
                }
                Some(Meaning::Booking(names)) if !is_cancelled => {
                    let Some(environment) = names.environment else {
                        nowhere(&mut facts, event, "booking", Kind::Bookings);
                        continue;
                    };
                    facts.covers.insert(Kind::Bookings);
                    facts.bookings.push(Arc::new(Booking {
                        id: BookingId::new(bookings.unique(name(&occurrence))),
                        environment: EnvironmentId::new(environment),
                        release: names.release.map(|release| self.release(&release)),
                        window: occurrence.window,
                        approved: event.status == Status::Confirmed,
                        shareable: false,
                    }));
                }
                Some(Meaning::Freeze { environment }) if !is_cancelled => {
                    facts.freezes.push(Arc::new(Freeze {
                        name: event.summary.clone(),
                        window: occurrence.window,
                        environments: environment.iter().map(Text::new).collect(),
                    }));
                }
                Some(Meaning::DayOff) if !is_cancelled => {
                    // All of each day that it touches.
                    let last = calendar.day(occurrence.window.until - chrono::Duration::seconds(1));
                    let window = Window {
                        from: calendar.start_of(calendar.day(occurrence.window.from)),
                        until: calendar.end_of(last) + chrono::Duration::seconds(1),
                    };
                    let name = event.summary.clone();
                    facts.freezes.push(Arc::new(Freeze { name, window, environments: Vec::new() }));
                }
                _ => {}
            }
        }
        facts
    }
}

fn nowhere(facts: &mut Facts, event: &Event, what: &str, kind: Kind) {
    let problem = Problem::new(
        format!("event \"{}\": this {what} names no environment", event.summary),
        format!("write it into the summary as source.calendar.{what}_summaries says, or into the location"),
    );
    problem.losing(&[kind]).note(&mut facts.problems, super::event::MOST_PROBLEMS);
}

/// What an occurrence is called: stays when it is moved.
fn name(occurrence: &Occurrence<'_>) -> String {
    match occurrence.of_several {
        Some(day) => format!("{} ({day})", occurrence.event.summary),
        None => occurrence.event.summary.to_string(),
    }
}

//! The schedule as iCalendar (RFC 5545): for a calendar program that subscribes to it.

use std::collections::HashMap;

use calcard::{
    common::PartialDateTime,
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarMethod,
        ICalendarParameter, ICalendarProperty, ICalendarStatus, ICalendarTransparency, ICalendarValue,
        ICalendarValueType, Uri,
    },
};
use chrono::{Datelike, Days, NaiveDate};
use sha2::{Digest, Sha256};

use crate::{
    domain::{DeploymentState, Instant},
    insight::{Board, words},
};

use super::{Scheduled, below, dates, readiness};

/// The whole schedule of a board, as of `now`.
pub(in crate::cli) fn calendar(board: &Board, now: Instant) -> String {
    written(board, &Scheduled::of(board, None), now)
}

pub(super) fn written(board: &Board, schedule: &Scheduled<'_>, now: Instant) -> String {
    let mut writer = Writer { now, events: Vec::new(), seen: HashMap::new() };
    let days = &board.policy.calendar;
    for row in &schedule.deployments {
        let deployment = &row.deployment;
        let what = deployment.release.as_ref().map_or(deployment.id.as_str(), |release| release.as_str());
        let Some(mut event) = writer.timed(
            "deployment",
            deployment.id.as_str(),
            deployment.window.from,
            deployment.window.until,
        ) else {
            continue;
        };
        let summary = format!("{what} → {}", deployment.environment);
        event.add_property(ICalendarProperty::Summary, summary);
        event.add_property(ICalendarProperty::Location, deployment.environment.as_str());
        event.add_property(ICalendarProperty::Categories, "deployment");
        let status = match deployment.state {
            DeploymentState::Draft => ICalendarStatus::Tentative,
            DeploymentState::Cancelled => ICalendarStatus::Cancelled,
            _ => ICalendarStatus::Confirmed,
        };
        event.add_property(ICalendarProperty::Status, status);
        let mut told = vec![deployment.state.word().to_owned()];
        told.extend(Some(readiness(board, row)).filter(|readiness| !readiness.is_empty()));
        told.extend(below(board, row));
        event.add_property(ICalendarProperty::Description, told.join("\n"));
        if let Some(url) = &deployment.url {
            event.add_property(ICalendarProperty::Url, Uri::Location(url.to_string()));
        }
        writer.events.push(event);
    }
    for freeze in &schedule.freezes {
        // A freeze has no name of its own: one that is moved is another one.
        let key = format!("{} {}", freeze.name, freeze.window.from);
        let Some(mut event) = writer.timed("freeze", &key, freeze.window.from, freeze.window.until) else {
            continue;
        };
        event.add_property(ICalendarProperty::Summary, freeze.name.as_str());
        event.add_property(ICalendarProperty::Categories, "freeze");
        let places: Vec<&str> = freeze.environments.iter().map(|one| &**one).collect();
        let places = if places.is_empty() { "every environment".to_owned() } else { places.join(", ") };
        event.add_property(ICalendarProperty::Description, format!("nothing may be deployed to {places}"));
        writer.events.push(event);
    }
    for insight in &schedule.releases {
        let id = &insight.release.id;
        let Some(target) = insight.release.target else { continue };
        let Some(mut event) = writer.whole_day("target", id.as_str(), days.day(target.at)) else { continue };
        let about = if target.estimated { " (estimated)" } else { "" };
        event.add_property(ICalendarProperty::Summary, format!("target of {id}{about}"));
        event.add_property(ICalendarProperty::Categories, "release target");
        event.add_property(ICalendarProperty::Transp, ICalendarTransparency::Transparent);
        if let Some((p50, p85)) = dates(insight) {
            let day = |at| words::day(at, days);
            let told = format!("ready: P50 {}, P85 {}", p50.said(day), p85.said(day));
            event.add_property(ICalendarProperty::Description, told);
        }
        writer.events.push(event);
    }
    writer.finish(&board.title)
}

struct Writer {
    now: Instant,
    events: Vec<ICalendarComponent>,
    seen: HashMap<String, u32>,
}

impl Writer {
    /// An event from one instant to another. None: at a time that iCalendar cannot write.
    fn timed(&mut self, kind: &str, key: &str, from: Instant, until: Instant) -> Option<ICalendarComponent> {
        let (start, end) = (moment(from)?, moment(until)?);
        let mut event = self.event(kind, key)?;
        event.add_property(ICalendarProperty::Dtstart, start);
        event.add_property(ICalendarProperty::Dtend, end);
        Some(event)
    }

    /// An event of a whole day.
    fn whole_day(&mut self, kind: &str, key: &str, first: NaiveDate) -> Option<ICalendarComponent> {
        let (start, end) = (day(first)?, day(first.checked_add_days(Days::new(1))?)?);
        let mut event = self.event(kind, key)?;
        for (name, value) in [(ICalendarProperty::Dtstart, start), (ICalendarProperty::Dtend, end)] {
            let entry =
                ICalendarEntry::new(name).with_param(ICalendarParameter::value(ICalendarValueType::Date));
            event.entries.push(entry.with_value(value));
        }
        Some(event)
    }

    /// An event by a name that is the same every time: programs know by it what they showed before.
    fn event(&mut self, kind: &str, key: &str) -> Option<ICalendarComponent> {
        let count = self.seen.entry(format!("{kind} {key}")).or_insert(0);
        *count += 1;
        let mut digest = Sha256::new();
        for part in [kind, key, &count.to_string()] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let digest = digest.finalize();
        let name = format!("{:032x}", u128::from_be_bytes(std::array::from_fn(|index| digest[index])));
        let mut event = ICalendarComponent::new(ICalendarComponentType::VEvent);
        event.add_property(ICalendarProperty::Uid, format!("{name}@tminus"));
        event.add_property(ICalendarProperty::Dtstamp, moment(self.now)?);
        Some(event)
    }

    fn finish(self, title: &str) -> String {
        let mut top = ICalendarComponent::new(ICalendarComponentType::VCalendar);
        top.add_property(ICalendarProperty::Version, "2.0");
        top.add_property(
            ICalendarProperty::Prodid,
            concat!("-//tminus//tminus ", env!("CARGO_PKG_VERSION"), "//EN"),
        );
        top.add_property(ICalendarProperty::Method, ICalendarValue::Method(ICalendarMethod::Publish));
        top.add_property(ICalendarProperty::Name, title);
        top.component_ids = (1..=self.events.len() as u32).collect();
        let components = std::iter::once(top).chain(self.events).collect();
        ICalendar { components }.to_string()
    }
}

/// An instant in UTC, if its year has four digits.
fn moment(at: Instant) -> Option<PartialDateTime> {
    day(at.date_naive())?;
    Some(PartialDateTime::from_utc_timestamp(at.timestamp()))
}

fn day(day: NaiveDate) -> Option<PartialDateTime> {
    let is_writable = (1..=9_999).contains(&day.year());
    let at = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    is_writable.then(|| PartialDateTime::from_date_timestamp(at))
}

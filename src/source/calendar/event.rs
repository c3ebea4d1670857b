//! What a calendar says, event by event, before anybody asks when that is.

use calcard::{
    Entry, Parser,
    common::{PartialDateTime, timezone::Tz as Zone},
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarDuration, ICalendarEntry,
        ICalendarMethod, ICalendarParameterName, ICalendarPeriod, ICalendarProperty, ICalendarRecurrenceRule,
        ICalendarStatus, ICalendarValue, Uri, timezone::TzResolver,
    },
};
use chrono::{Duration, FixedOffset, NaiveDate, NaiveDateTime, Offset, TimeZone};

use crate::domain::{self, Instant, Problem, Text};

/// Most events of one calendar.
pub(super) const MOST_EVENTS: usize = 100_000;
/// Most exceptions and further dates of one event: more than a hundred years of weeks.
const MOST_DATES: usize = 10_000;
/// Most problems of one calendar that are told one by one.
pub(super) const MOST_PROBLEMS: usize = 20;
/// Most categories of one event.
const MOST_CATEGORIES: usize = 20;

/// A day, or a time in some zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// A whole day.
    Day(NaiveDate),
    /// A time of the clocks of a zone; `Floating`: of those of whoever reads it.
    Time(NaiveDateTime, Zone),
}

impl Moment {
    /// As the clocks show it; a day by its beginning.
    pub(super) fn local(self) -> NaiveDateTime {
        match self {
            Self::Day(day) => day.into(),
            Self::Time(local, _) => local,
        }
    }

    /// The same kind of moment when the clocks show `local`.
    pub(super) fn at(self, local: NaiveDateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(local.date()),
            Self::Time(_, zone) => Self::Time(local, zone),
        }
    }

    /// When it is, for whom `calendar` says what a day is.
    ///
    /// A time that clocks skip is as long after the last one that exists as if they did not; of
    /// one that they show twice the first is meant (RFC 5545, section 3.3.5).
    pub(super) fn instant(self, calendar: &domain::Calendar) -> Instant {
        match self {
            Self::Day(day) => calendar.start_of(day),
            Self::Time(local, Zone::Fixed(offset)) => instant_in(&offset, local),
            Self::Time(local, Zone::Tz(zone)) => instant_in(&zone, local),
            Self::Time(local, Zone::Floating) => instant_in(&calendar.zone, local),
        }
    }

    /// What the clocks that it is told by show at `instant`.
    pub(super) fn local_of(self, instant: Instant, calendar: &domain::Calendar) -> NaiveDateTime {
        match self {
            Self::Time(_, Zone::Fixed(offset)) => instant.with_timezone(&offset).naive_local(),
            Self::Time(_, Zone::Tz(zone)) => instant.with_timezone(&zone).naive_local(),
            _ => instant.with_timezone(&calendar.zone).naive_local(),
        }
    }
}

fn instant_in<Z: TimeZone>(zone: &Z, local: NaiveDateTime) -> Instant {
    if let Some(instant) = zone.from_local_datetime(&local).earliest() {
        return instant.to_utc();
    }
    // The offset before the gap; no zone ever skipped more than a day.
    let before = (1..=2).find_map(|days| {
        let earlier = local.checked_sub_signed(Duration::days(days))?;
        Some(zone.offset_from_local_datetime(&earlier).earliest()?.fix())
    });
    let offset = before.map_or(0, |offset: FixedOffset| offset.local_minus_utc());
    local.checked_sub_signed(Duration::seconds(i64::from(offset))).unwrap_or(local).and_utc()
}

/// How long something lasts: days of the calendar, then seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) days: i64,
    pub(super) seconds: i64,
}

/// An event, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// Its name among all events; made up where it has none.
    pub(super) uid: String,
    /// How often it was changed.
    pub(super) sequence: i64,
    /// When it was changed last, as far as it says.
    pub(super) changed_at: Option<Instant>,
    /// It is one occurrence of another event with this name: the one that was to begin then.
    pub(super) replaces: Option<Moment>,
    /// It replaces all that follow, too.
    pub(super) and_following: bool,
    pub(super) start: Moment,
    pub(super) length: Length,
    /// When it happens again.
    pub(super) rules: Vec<ICalendarRecurrenceRule>,
    /// When it happens besides, perhaps with a length of its own.
    pub(super) besides: Vec<(Moment, Option<Length>)>,
    /// When it does not happen.
    pub(super) except: Vec<Moment>,
    pub(super) summary: Text,
    pub(super) location: Text,
    pub(super) categories: Vec<Text>,
    pub(super) url: Option<Text>,
    pub(super) status: Status,
}

/// How firm an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It does not say.
    Unknown,
    Tentative,
    Confirmed,
    Cancelled,
}

/// What a calendar holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Read {
    pub(super) events: Vec<Event>,
    /// What of it could not be read; the last one may say that there are more.
    pub(super) problems: Vec<Problem>,
}

/// Reads the calendar called `name`. Fails if it is none, or one that is too large.
pub(super) fn read(name: &str, text: &str) -> Result<Read, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let written = text.lines().filter(|line| line.trim_end().eq_ignore_ascii_case("BEGIN:VEVENT")).count();
    if written > MOST_EVENTS {
        return Err(Problem::new(
            format!("{name}: {written} events, of which at most {MOST_EVENTS} can be read"),
            "name a smaller calendar, or export a shorter time",
        ));
    }
    let mut parser = Parser::new(text);
    let mut read = Read::default();
    let mut calendars = 0;
    let mut lost = 0;
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => {
                calendars += 1;
                Reader::new(name, &calendar, &mut read, &mut lost).events();
            }
            Entry::Eof => break,
            _ => {}
        }
    }
    if calendars == 0 {
        return Err(Problem::new(
            format!("{name}: this is no calendar: BEGIN:VCALENDAR is missing"),
            "name a file or an address that holds iCalendar (RFC 5545)",
        ));
    }
    // A file that was cut off ends somewhere within an event.
    let ended = text.lines().filter(|line| line.trim_end().eq_ignore_ascii_case("END:VEVENT")).count();
    if ended < written {
        read.problems.push(Problem::new(
            format!(
                "{name}: {} of {written} events do not end: the calendar may be cut off",
                written - ended
            ),
            "have it written anew",
        ));
    }
    if lost > 0 {
        read.problems.push(Problem::new(
            format!("{name}: {lost} more events with problems"),
            "correct those that are named first",
        ));
    }
    Ok(read)
}

/// What is wrong with an event, and what it counts as until that is corrected.
type Wrong = (String, &'static str);

struct Reader<'a> {
    name: &'a str,
    calendar: &'a ICalendar,
    zones: TzResolver<&'a str>,
    /// All of them are cancelled.
    cancels: bool,
    read: &'a mut Read,
    lost: &'a mut usize,
}

impl<'a> Reader<'a> {
    fn new(name: &'a str, calendar: &'a ICalendar, read: &'a mut Read, lost: &'a mut usize) -> Self {
        let tops =
            calendar.components.iter().filter(|one| one.component_type == ICalendarComponentType::VCalendar);
        let mut tops = tops.flat_map(|top| &top.entries);
        let cancels = tops.any(|entry| {
            matches!(entry.values.first(), Some(ICalendarValue::Method(ICalendarMethod::Cancel)))
        });
        Self { name, calendar, zones: calendar.build_tz_resolver(), cancels, read, lost }
    }

    fn events(&mut self) {
        let calendar = self.calendar;
        let events =
            calendar.components.iter().filter(|one| one.component_type == ICalendarComponentType::VEvent);
        for component in events {
            let mut wrong = Vec::new();
            match self.event(component, &mut wrong) {
                Ok(event) => self.read.events.push(event),
                Err(what) => wrong.push((what, "correct it; it is left out until then")),
            }
            for (what, next_step) in wrong {
                let event = title(component);
                if self.read.problems.len() < MOST_PROBLEMS {
                    self.read
                        .problems
                        .push(Problem::new(format!("{}: {event}: {what}", self.name), next_step));
                } else {
                    *self.lost += 1;
                }
            }
        }
    }

    fn event(&self, component: &ICalendarComponent, wrong: &mut Vec<Wrong>) -> Result<Event, String> {
        let mut event = Event {
            uid: String::new(),
            sequence: 0,
            changed_at: None,
            replaces: None,
            and_following: false,
            start: Moment::Day(NaiveDate::MIN),
            length: Length::default(),
            rules: Vec::new(),
            besides: Vec::new(),
            except: Vec::new(),
            summary: Text::default(),
            location: Text::default(),
            categories: Vec::new(),
            url: None,
            status: if self.cancels { Status::Cancelled } else { Status::Unknown },
        };
        let (mut start, mut end, mut duration, mut stamp) = (None, None, None, None);
        for entry in &component.entries {
            let value = entry.values.first();
            let text = || value.and_then(ICalendarValue::as_text).unwrap_or_default();
            match (&entry.name, value) {
                (ICalendarProperty::Dtstart, _) => start = Some(self.moment(entry, "DTSTART", wrong)?),
                (ICalendarProperty::Dtend, _) => end = Some(self.moment(entry, "DTEND", wrong)?),
                (ICalendarProperty::Duration, Some(ICalendarValue::Duration(written))) => {
                    duration = Some(length(written));
                }
                (ICalendarProperty::Duration, _) => return Err("its DURATION cannot be read".to_owned()),
                (ICalendarProperty::Rrule, Some(ICalendarValue::RecurrenceRule(rule))) => {
                    event.rules.push((**rule).clone());
                }
                (ICalendarProperty::Rrule, _) => wrong.push((
                    format!("its rule of recurrence cannot be read: {}", Text::new(text())),
                    "correct it; only its first time counts until then",
                )),
                (ICalendarProperty::Rdate, _) => self.besides(entry, &mut event, wrong)?,
                (ICalendarProperty::Exdate, _) => {
                    let zone = self.zone(entry, wrong);
                    for value in &entry.values {
                        event.except.push(date(value, zone).ok_or("an EXDATE cannot be read")?);
                    }
                }
                (ICalendarProperty::RecurrenceId, _) => {
                    event.replaces = Some(self.moment(entry, "RECURRENCE-ID", wrong)?);
                    event.and_following = entry.has_parameter(&ICalendarParameterName::Range);
                }
                (ICalendarProperty::Sequence, Some(ICalendarValue::Integer(sequence))) => {
                    event.sequence = *sequence;
                }
                (ICalendarProperty::LastModified, Some(ICalendarValue::PartialDateTime(at))) => {
                    event.changed_at = instant(at);
                }
                (ICalendarProperty::Dtstamp, Some(ICalendarValue::PartialDateTime(at))) => {
                    stamp = instant(at);
                }
                (ICalendarProperty::Status, Some(ICalendarValue::Status(status))) if !self.cancels => {
                    event.status = match status {
                        ICalendarStatus::Tentative => Status::Tentative,
                        ICalendarStatus::Confirmed => Status::Confirmed,
                        ICalendarStatus::Cancelled => Status::Cancelled,
                        _ => Status::Unknown,
                    };
                }
                (ICalendarProperty::Uid, _) => text().clone_into(&mut event.uid),
                (ICalendarProperty::Summary, _) => event.summary = Text::new(text()),
                (ICalendarProperty::Location, _) => event.location = Text::new(text()),
                (ICalendarProperty::Categories, _) => {
                    let left = MOST_CATEGORIES.saturating_sub(event.categories.len());
                    let texts = entry.values.iter().filter_map(ICalendarValue::as_text);
                    event.categories.extend(texts.take(left).map(Text::new));
                }
                (ICalendarProperty::Url, Some(ICalendarValue::Uri(Uri::Location(url)))) => {
                    event.url = Some(Text::new(url));
                }
                _ => {}
            }
            if event.except.len() + event.besides.len() > MOST_DATES {
                return Err(format!("it has more than {MOST_DATES} dates and exceptions"));
            }
        }
        event.changed_at = event.changed_at.or(stamp);
        // An occurrence that is only cancelled may leave out when it was to be.
        event.start = start.or(event.replaces).ok_or("it has no DTSTART")?;
        event.length = match (end, duration) {
            (Some(end), _) => between(event.start, end),
            (None, Some(length)) => length,
            (None, None) => Length { days: i64::from(matches!(event.start, Moment::Day(_))), seconds: 0 },
        };
        if event.uid.is_empty() {
            // Without a name it is an event of its own, wherever it stands.
            event.uid = format!("{}: {} {:?}", self.name, event.summary, event.start);
        }
        Ok(event)
    }

    fn besides(
        &self,
        entry: &ICalendarEntry,
        event: &mut Event,
        wrong: &mut Vec<Wrong>,
    ) -> Result<(), String> {
        let zone = self.zone(entry, wrong);
        for value in &entry.values {
            let read = match value {
                ICalendarValue::Period(ICalendarPeriod::Range { start, end }) => {
                    let ends = moment(start, zone).zip(moment(end, zone));
                    ends.map(|(start, end)| (start, Some(between(start, end))))
                }
                ICalendarValue::Period(ICalendarPeriod::Duration { start, duration }) => {
                    moment(start, zone).map(|start| (start, Some(length(duration))))
                }
                value => date(value, zone).map(|start| (start, None)),
            };
            event.besides.push(read.ok_or("an RDATE cannot be read")?);
        }
        Ok(())
    }

    fn moment(&self, entry: &ICalendarEntry, name: &str, wrong: &mut Vec<Wrong>) -> Result<Moment, String> {
        let zone = self.zone(entry, wrong);
        entry
            .values
            .first()
            .and_then(|value| date(value, zone))
            .ok_or_else(|| format!("its {name} cannot be read"))
    }

    fn zone(&self, entry: &ICalendarEntry, wrong: &mut Vec<Wrong>) -> Zone {
        let Some(name) = entry.tz_id() else { return Zone::Floating };
        // Some programs write their own address before the name of the IANA database.
        let endings = name.char_indices().filter(|(_, character)| *character == '/').take(8);
        let mut names = std::iter::once(name).chain(endings.map(|(at, _)| &name[at + 1..]));
        names.find_map(|name| self.zones.resolve(name)).unwrap_or_else(|| {
            let what = format!("the time zone \"{}\" is unheard of", clipped(name));
            if !wrong.iter().any(|(other, _)| *other == what) {
                wrong
                    .push((what, "name one of the IANA database; until then it counts as that of the board"));
            }
            Zone::Floating
        })
    }
}

fn clipped(raw: &str) -> Text {
    Text::new(raw.chars().take(60).collect::<String>())
}

/// What an event is called in problems.
fn title(component: &ICalendarComponent) -> String {
    let of = |name| {
        let entry = component.property(&name)?;
        entry.values.first()?.as_text().filter(|text| !text.trim().is_empty())
    };
    match of(ICalendarProperty::Summary).or_else(|| of(ICalendarProperty::Uid)) {
        Some(title) => format!("event \"{}\"", clipped(title)),
        None => "an event without a name".to_owned(),
    }
}

fn date(value: &ICalendarValue, zone: Zone) -> Option<Moment> {
    moment(value.as_partial_date_time()?, zone)
}

fn moment(written: &PartialDateTime, zone: Zone) -> Option<Moment> {
    let read = written.to_date_time()?;
    Some(match (written.hour, read.offset) {
        (None, _) => Moment::Day(read.date_time.date()),
        (Some(_), Some(offset)) if offset.local_minus_utc() == 0 => Moment::Time(read.date_time, Zone::UTC),
        (Some(_), Some(offset)) => Moment::Time(read.date_time, Zone::Fixed(offset)),
        (Some(_), None) => Moment::Time(read.date_time, zone),
    })
}

fn instant(written: &PartialDateTime) -> Option<Instant> {
    Some(written.to_date_time()?.date_time.and_utc())
}

fn length(written: &ICalendarDuration) -> Length {
    let sign = if written.neg { -1 } else { 1 };
    Length {
        days: sign * (i64::from(written.weeks) * 7 + i64::from(written.days)),
        seconds: sign
            * (i64::from(written.hours) * 3_600
                + i64::from(written.minutes) * 60
                + i64::from(written.seconds)),
    }
}

/// From one moment to another: of days in days, of times exactly, so that every occurrence lasts
/// as long as the first one (RFC 5545, section 3.8.5.3).
fn between(start: Moment, end: Moment) -> Length {
    if let (Moment::Day(first), Moment::Day(last)) = (start, end) {
        return Length { days: (last - first).num_days(), seconds: 0 };
    }
    // Two floating times are as far apart in one zone as in another, but for a change of clocks.
    let anywhere = domain::Calendar::default();
    Length { days: 0, seconds: (end.instant(&anywhere) - start.instant(&anywhere)).num_seconds() }
}

//! From what is written to what it means.
//!
//! Nothing that is wrong loses more than one item: what cannot be right is left out and named,
//! with its file and line.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono_tz::Tz;

use super::{deployments, references};
use crate::{
    config::{
        Complaint, Location, Moment, Place,
        plan_tables::{PlanTables, WrittenRelease},
    },
    domain::{Calendar, Facts, Instant, Kind, Problem, Release, ReleaseId, StoryKind, Target, Text},
};

/// Most problems that are handed on; the rest is counted.
const MOST_PROBLEMS: usize = 100;

/// One file of a plan, read.
#[derive(Clone, Debug)]
pub(super) struct PlanFile {
    pub(super) tables: PlanTables,
    pub(super) complaints: Vec<Complaint>,
    /// Tables with a name that nobody knows, and the kinds of items that they would have carried.
    pub(super) misspelt: Vec<(Place, &'static [Kind])>,
    /// When it was changed last, as far as that is known.
    pub(super) changed_at: Instant,
}

/// What a plan means.
#[derive(Clone, Debug)]
pub(super) struct Meaning {
    pub(super) facts: Facts,
    /// From when on the same files mean something else: an event that is dated later happens.
    pub(super) valid_until: Option<Instant>,
}

/// What `files` mean at `now`. `project` is that of releases that do not name theirs.
pub(super) fn convert(
    files: &[PlanFile],
    project: Option<&str>,
    calendar: &Calendar,
    now: Instant,
    found: Vec<Problem>,
) -> Meaning {
    let mut converter = Converter {
        calendar,
        project: project.map(Text::new),
        now,
        valid_until: None,
        problems: found,
        releases: BTreeSet::new(),
        time_zone: None,
    };
    let mut facts = Facts::default();
    for file in files {
        converter.problems.extend(file.complaints.iter().map(|complaint| file.problem_of(complaint)));
        converter.problems.extend(file.unnamed());
    }
    let all = |name: &str| files.iter().any(|file| file.tables.present.contains(&name));
    for (name, kind) in [
        ("release", Kind::Releases),
        ("environment", Kind::Environments),
        ("booking", Kind::Bookings),
        ("freeze", Kind::Freezes),
        ("deployment", Kind::Deployments),
    ] {
        if all(name) {
            facts.covers.insert(kind);
        }
    }
    // Names first: what refers to a release may stand before it.
    for written in files.iter().flat_map(|file| &file.tables.releases) {
        if let Some(id) = converter.release_id(written) {
            converter.releases.insert(id);
        }
    }
    let mut places = Places::default();
    for written in files.iter().flat_map(|file| &file.tables.releases) {
        if let Some(release) = converter.release(written)
            && converter.is_new("release", release.id.as_str(), &written.place, &mut places.releases)
        {
            facts.releases.push(Arc::new(release));
        }
    }
    for written in files.iter().flat_map(|file| &file.tables.environments) {
        let environment = deployments::environment(written);
        if converter.is_new("environment", &written.name, &written.place, &mut places.environments) {
            facts.environments.push(Arc::new(environment));
        }
    }
    let earliest = converter.earliest(files);
    let starts: HashMap<ReleaseId, Instant> =
        facts.releases.iter().filter_map(|release| Some((release.id.clone(), release.start?))).collect();
    for file in files {
        for written in &file.tables.stories {
            if converter.is_new("story", &written.key, &written.place, &mut places.stories) {
                let story = converter.story(written, &starts, earliest, file.changed_at);
                facts.covers.insert(match story.kind {
                    StoryKind::Story => Kind::Stories,
                    StoryKind::Defect => Kind::Defects,
                });
                facts.stories.push(Arc::new(story));
            }
        }
    }
    if all("story") && facts.stories.is_empty() {
        facts.covers.insert(Kind::Stories);
    }
    for written in files.iter().flat_map(|file| &file.tables.bookings) {
        if let Some(booking) = converter.booking(written)
            && converter.is_new("booking", booking.id.as_str(), &written.place, &mut places.bookings)
        {
            facts.bookings.push(Arc::new(booking));
        }
    }
    for written in files.iter().flat_map(|file| &file.tables.freezes) {
        facts.freezes.extend(converter.freeze(written).map(Arc::new));
    }
    for written in files.iter().flat_map(|file| &file.tables.deployments) {
        if let Some(deployment) = converter.deployment(written)
            && converter.is_new("deployment", deployment.id.as_str(), &written.place, &mut places.deployments)
        {
            facts.deployments.push(Arc::new(deployment));
        }
    }
    references::check(&facts, &places, &mut converter.problems);
    facts.problems = bounded(converter.problems, &facts.covers);
    Meaning { facts, valid_until: converter.valid_until }
}

/// Where items stand, by their name.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) releases: HashMap<String, Place>,
    pub(super) environments: HashMap<String, Place>,
    pub(super) stories: HashMap<String, Place>,
    pub(super) bookings: HashMap<String, Place>,
    pub(super) deployments: HashMap<String, Place>,
}

/// A problem at `place`.
pub(super) fn problem_at(place: &Place, what: impl AsRef<str>, next_step: impl AsRef<str>) -> Problem {
    Problem::new(format!("{}:{}: {}", place.file, place.line, what.as_ref()), next_step)
}

impl PlanFile {
    fn problem_of(&self, complaint: &Complaint) -> Problem {
        let next_step = if complaint.next_step.is_empty() {
            "correct it; until then it counts as not written"
        } else {
            &complaint.next_step
        };
        let problem = Problem::new(format!("{}: {}", complaint.at, complaint.what), next_step);
        // What a misspelt table holds is lost, also where no other table of its kind is written.
        let is_it = |place: &Place| matches!(&complaint.at, Location::File(at) if at == place);
        match self.misspelt.iter().find(|(place, _)| is_it(place)) {
            Some((_, kinds)) => problem.losing(kinds),
            None => problem,
        }
    }

    /// Misspelt tables of which nothing is said, as there are too many complaints.
    fn unnamed(&self) -> impl Iterator<Item = Problem> {
        let is_said = |place: &Place| {
            self.complaints.iter().any(|complaint| matches!(&complaint.at, Location::File(at) if at == place))
        };
        self.misspelt.iter().filter(move |(place, _)| !is_said(place)).map(|(place, kinds)| {
            problem_at(place, "a table of an unknown name", "correct the problems before it").losing(kinds)
        })
    }
}

/// At most so many problems as somebody reads. What those that are left out make incomplete stays so:
/// where one of them does not say, all that the plan covers.
fn bounded(mut problems: Vec<Problem>, covers: &BTreeSet<Kind>) -> Vec<Problem> {
    let rest = problems.split_off(problems.len().min(MOST_PROBLEMS));
    if rest.is_empty() {
        return problems;
    }
    let mut lost = BTreeSet::new();
    for problem in &rest {
        lost.extend(problem.incomplete.as_ref().unwrap_or(covers));
    }
    let lost: Vec<Kind> = lost.into_iter().collect();
    let what = format!("{} more problems in the plan", rest.len());
    problems.push(Problem::new(what, "correct the first ones").losing(&lost));
    problems
}

/// What is known on the way from what is written to what it means.
pub(super) struct Converter<'a> {
    pub(super) calendar: &'a Calendar,
    project: Option<Text>,
    pub(super) now: Instant,
    valid_until: Option<Instant>,
    pub(super) problems: Vec<Problem>,
    /// Releases that the plan lists.
    releases: BTreeSet<ReleaseId>,
    /// The zone of what is read at the moment, where it is another than that of the calendar.
    pub(super) time_zone: Option<Tz>,
}

impl Converter<'_> {
    /// What is left out, or counts as less than is written.
    pub(super) fn problem(&mut self, place: &Place, what: impl AsRef<str>, next_step: impl AsRef<str>) {
        self.problems.push(problem_at(place, what, next_step));
    }

    /// What makes no item count as better than it is.
    pub(super) fn remark(&mut self, place: &Place, what: impl AsRef<str>, next_step: impl AsRef<str>) {
        self.problems.push(problem_at(place, what, next_step).losing_nothing());
    }

    /// The days that dates and times without an offset mean.
    fn days(&self) -> Cow<'_, Calendar> {
        match self.time_zone {
            Some(zone) if zone != self.calendar.zone => {
                Cow::Owned(Calendar { zone, ..self.calendar.clone() })
            }
            _ => Cow::Borrowed(self.calendar),
        }
    }

    /// Its first instant: of a day, its beginning.
    pub(super) fn from(&self, moment: Moment) -> Instant {
        match moment {
            Moment::Day(day) => self.days().start_of(day),
            Moment::Local(local) => self.days().instant_of(local),
            Moment::Fixed(instant) => instant,
        }
    }

    /// The last instant that is on time: of a day, its end.
    pub(super) fn by(&self, moment: Moment) -> Instant {
        match moment {
            Moment::Day(day) => self.days().end_of(day),
            other => self.from(other),
        }
    }

    /// The first instant after: a day is included.
    pub(super) fn until(&self, moment: Moment) -> Instant {
        match moment {
            Moment::Day(day) => day.succ_opt().map_or(self.from(moment), |next| self.days().start_of(next)),
            other => self.from(other),
        }
    }

    /// When something happened. What is dated later than now has not happened yet.
    pub(super) fn happened(
        &mut self,
        moment: Option<Moment>,
        key: &str,
        item: &str,
        place: &Place,
    ) -> Option<Instant> {
        let at = self.from(moment?);
        if at <= self.now {
            return Some(at);
        }
        self.valid_until = Some(self.valid_until.map_or(at, |earlier| earlier.min(at)));
        self.remark(
            place,
            format!("{item}: `{key}` lies in the future"),
            format!("`{key}` says what has happened: until then it counts as not written"),
        );
        None
    }

    /// Whether nothing else of its kind is called so. A second one is left out.
    pub(super) fn is_new(
        &mut self,
        kind: &str,
        name: &str,
        place: &Place,
        known: &mut HashMap<String, Place>,
    ) -> bool {
        if let Some(first) = known.get(name) {
            let what = format!("{kind} `{name}` stands in {}:{} already", first.file, first.line);
            let next_step = match kind {
                "deployment" | "booking" => "give each an `id` of its own; the second one is left out",
                _ => "remove one of the two; the second one is left out",
            };
            self.problem(place, what, next_step);
            return false;
        }
        known.insert(name.to_owned(), place.clone());
        true
    }

    fn release_id(&self, written: &WrittenRelease) -> Option<ReleaseId> {
        let project = written.project.as_ref().or(self.project.as_ref())?;
        Some(ReleaseId::of(project, &written.version))
    }

    /// The release that is meant by `name`: listed so, or a version of the project.
    pub(super) fn named(&self, name: &Text) -> ReleaseId {
        let whole = ReleaseId::new(name);
        if !self.releases.contains(&whole)
            && let Some(project) = &self.project
        {
            let version = ReleaseId::of(project, name);
            if self.releases.contains(&version) {
                return version;
            }
        }
        whole
    }

    fn release(&mut self, written: &WrittenRelease) -> Option<Release> {
        let place = &written.place;
        let Some(project) = written.project.clone().or_else(|| self.project.clone()) else {
            self.problem(
                place,
                format!("release `{}` has no project", written.version),
                "add project = \"…\" to it, or to the configuration for all of them",
            );
            return None;
        };
        let mut release = Release::named(&project, &written.version);
        let item = format!("release `{}`", release.id);
        release.start = written.start.map(|start| self.from(start));
        let target = written.target.map(|target| self.by(target));
        if let (Some(start), Some(target)) = (release.start, target)
            && target < start
        {
            self.remark(
                place,
                format!("{item}: its target is before its start"),
                "correct one of the two; the start counts as not written",
            );
            release.start = None;
        }
        release.target = target.map(|at| Target { at, estimated: false });
        release.released_at = self.happened(written.released, "released", &item, place);
        release.owner.clone_from(&written.owner);
        release.depends_on = written.depends_on.iter().map(|name| self.named(name)).collect();
        release.depends_on.sort();
        release.depends_on.dedup();
        release.rules.clone_from(&written.rules);
        release.url.clone_from(&written.url);
        Some(release)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use chrono::{NaiveDate, Utc};
    use chrono_tz::Tz;

    use super::*;

    #[test]
    fn local_times_that_clocks_skip_or_repeat_are_the_next_and_the_first() {
        let calendar = Calendar { zone: Tz::Europe__Berlin, ..Calendar::default() };
        for ((month, day, hour, minute), (utc_hour, utc_minute)) in
            [((11, 22, 18, 30), (17, 30)), ((3, 29, 2, 30), (1, 0)), ((10, 25, 2, 30), (0, 30))]
        {
            let date = NaiveDate::from_ymd_opt(2026, month, day).unwrap();
            let local = date.and_hms_opt(hour, minute, 0).unwrap();
            let expected = Utc.with_ymd_and_hms(2026, month, day, utc_hour, utc_minute, 0).unwrap();
            assert_eq!(calendar.instant_of(local), expected);
        }
    }
}

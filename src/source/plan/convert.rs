//! From what is written to what it means.
//!
//! Nothing that is wrong loses more than one item: what cannot be right is left out and named,
//! with its file and line.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{NaiveDateTime, TimeZone};

use super::{references, status};
use crate::{
    config::{
        Complaint, Moment, Place, nearest,
        plan_tables::{
            PlanTables, WrittenActivity, WrittenBooking, WrittenDeployment, WrittenEnd, WrittenEnvironment,
            WrittenFreeze, WrittenRelease, WrittenStory,
        },
    },
    domain::{
        Activity, Booking, BookingId, Calendar, Category, Deployment, DeploymentId, DeploymentState,
        Environment, EnvironmentId, Facts, Freeze, Instant, Kind, Problem, Release, ReleaseId, StatusMove,
        Story, StoryKey, StoryKind, Target, Text, Window,
    },
};

/// Most problems that are handed on; the rest is counted.
const MOST_PROBLEMS: usize = 100;

/// One file of a plan, read.
#[derive(Clone, Debug)]
pub(super) struct PlanFile {
    pub(super) tables: PlanTables,
    pub(super) complaints: Vec<Complaint>,
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
    };
    let mut facts = Facts::default();
    for file in files {
        converter.problems.extend(file.complaints.iter().map(problem_of));
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
        let environment = environment(written);
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
    facts.problems = bounded(converter.problems);
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

fn problem_of(complaint: &Complaint) -> Problem {
    let next_step = if complaint.next_step.is_empty() {
        "correct it; until then it counts as not written"
    } else {
        &complaint.next_step
    };
    Problem::new(format!("{}: {}", complaint.at, complaint.what), next_step)
}

fn bounded(mut problems: Vec<Problem>) -> Vec<Problem> {
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    if more > 0 {
        problems.truncate(MOST_PROBLEMS);
        problems.push(Problem::new(format!("{more} more problems in the plan"), "correct the first ones"));
    }
    problems
}

/// The instant of a local date and time; where clocks skip it, the first one after.
fn local_instant(calendar: &Calendar, local: NaiveDateTime) -> Instant {
    let mut local = local;
    // No zone ever skipped more than a day.
    for _ in 0..=96 {
        if let Some(instant) = calendar.zone.from_local_datetime(&local).earliest() {
            return instant.to_utc();
        }
        local += chrono::Duration::minutes(15);
    }
    local.and_utc()
}

struct Converter<'a> {
    calendar: &'a Calendar,
    project: Option<Text>,
    now: Instant,
    valid_until: Option<Instant>,
    problems: Vec<Problem>,
    /// Releases that the plan lists.
    releases: BTreeSet<ReleaseId>,
}

impl Converter<'_> {
    fn problem(&mut self, place: &Place, what: impl AsRef<str>, next_step: impl AsRef<str>) {
        self.problems.push(problem_at(place, what, next_step));
    }

    /// Its first instant: of a day, its beginning.
    fn from(&self, moment: Moment) -> Instant {
        match moment {
            Moment::Day(day) => self.calendar.start_of(day),
            Moment::Local(local) => local_instant(self.calendar, local),
            Moment::Fixed(instant) => instant,
        }
    }

    /// The last instant that is on time: of a day, its end.
    fn by(&self, moment: Moment) -> Instant {
        match moment {
            Moment::Day(day) => self.calendar.end_of(day),
            other => self.from(other),
        }
    }

    /// The first instant after: a day is included.
    fn until(&self, moment: Moment) -> Instant {
        match moment {
            Moment::Day(day) => day.succ_opt().map_or(self.from(moment), |next| self.calendar.start_of(next)),
            other => self.from(other),
        }
    }

    /// When something happened. What is dated later than now has not happened yet.
    fn happened(&mut self, moment: Option<Moment>, key: &str, item: &str, place: &Place) -> Option<Instant> {
        let at = self.from(moment?);
        if at <= self.now {
            return Some(at);
        }
        self.valid_until = Some(self.valid_until.map_or(at, |earlier| earlier.min(at)));
        self.problem(
            place,
            format!("{item}: `{key}` lies in the future"),
            format!("`{key}` says what has happened: until then it counts as not written"),
        );
        None
    }

    /// Whether nothing else of its kind is called so. A second one is left out.
    fn is_new(&mut self, kind: &str, name: &str, place: &Place, known: &mut HashMap<String, Place>) -> bool {
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
    fn named(&self, name: &Text) -> ReleaseId {
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
            self.problem(
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

    /// The first thing that is known to have happened in the plan.
    fn earliest(&self, files: &[PlanFile]) -> Option<Instant> {
        let starts = files.iter().flat_map(|file| &file.tables.releases).map(|release| release.start);
        let events = files
            .iter()
            .flat_map(|file| &file.tables.stories)
            .flat_map(|story| [story.created, story.started, story.done]);
        starts.chain(events).flatten().map(|moment| self.from(moment)).filter(|at| *at <= self.now).min()
    }

    /// When a story was created that does not say so: with its first release, but not after
    /// what happened to it; else with the plan.
    fn creation(
        &mut self,
        written: &WrittenStory,
        releases: impl Iterator<Item = Instant>,
        events: [Option<Instant>; 2],
        earliest: Option<Instant>,
        changed_at: Instant,
    ) -> Instant {
        let known = releases.chain(events.into_iter().flatten()).min();
        known.map(|at| at.min(self.now)).or(earliest).unwrap_or_else(|| {
            self.problem(
                &written.place,
                format!("story `{}` counts as created when its file was last changed", written.key),
                "add `created` to it, or `start` to its release",
            );
            changed_at.min(self.now)
        })
    }

    fn story(
        &mut self,
        written: &WrittenStory,
        starts: &HashMap<ReleaseId, Instant>,
        earliest: Option<Instant>,
        changed_at: Instant,
    ) -> Story {
        let place = &written.place;
        let item = format!("story `{}`", written.key);
        let created = self.happened(written.created, "created", &item, place);
        let started = self.happened(written.started, "started", &item, place);
        let mut done = self.happened(written.done, "done", &item, place);
        let category = match (written.category, &written.status) {
            (Some(category), _) => category,
            (None, Some(status)) => status::category(status).unwrap_or_else(|| {
                self.problem(
                    place,
                    format!("{item}: nobody knows what the status \"{status}\" means"),
                    "add category = \"to do\", \"in progress\", \"in review\", \"in test\", \"done\" or \"dropped\"",
                );
                Category::Unknown
            }),
            (None, None) if done.is_some() => Category::Done,
            (None, None) if started.is_some() => Category::InProgress,
            (None, None) => Category::ToDo,
        };
        if done.is_some() && !matches!(category, Category::Done | Category::Dropped) {
            self.problem(
                place,
                format!("{item} has a date in `done` but is not done"),
                "correct its status or remove `done`, which counts as not written",
            );
            done = None;
        }
        let releases: Vec<_> = written.releases.iter().map(|name| self.named(name)).collect();
        let created_at = created.unwrap_or_else(|| {
            let starts = releases.iter().filter_map(|release| starts.get(release).copied());
            self.creation(written, starts, [started, done], earliest, changed_at)
        });
        if [started, done].into_iter().flatten().any(|at| at < created_at) || done < started && done.is_some()
        {
            self.problem(
                place,
                format!("{item}: `created`, `started` and `done` are not in this order"),
                "correct the dates; until then the earlier ones give way",
            );
        }
        let status = written.status.clone().unwrap_or_else(|| Text::new(status::name(category)));
        Story {
            key: StoryKey::new(&written.key),
            title: written.title.clone().unwrap_or_else(|| written.key.clone()),
            kind: written.kind,
            status,
            category,
            severity: written.severity,
            owner: written.owner.clone(),
            points: written.points.map(|points| points as f32),
            created_at,
            moves: moves(category, created_at, started, done),
            releases,
            scope: Vec::new(),
            blocked_by: written.blocked_by.iter().map(StoryKey::new).collect(),
            parent: written.parent.as_ref().map(StoryKey::new),
            component: written.component.clone(),
            labels: written.labels.clone(),
            due: written.due.map(|due| self.by(due)),
            url: written.url.clone(),
        }
    }

    /// A span of time that has a length.
    fn window(&mut self, from: Moment, until: Instant, item: &str, place: &Place) -> Option<Window> {
        let from = self.from(from);
        if until <= from {
            self.problem(
                place,
                format!("{item} ends before it begins"),
                "correct its times; it is left out until then",
            );
            return None;
        }
        Some(Window { from, until })
    }

    fn booking(&mut self, written: &WrittenBooking) -> Option<Booking> {
        let release = written.release.as_ref().map(|name| self.named(name));
        let until = self.until(written.until);
        let item = format!("the booking of `{}`", written.environment);
        let window = self.window(written.from, until, &item, &written.place)?;
        let id = written.id.clone().unwrap_or_else(|| {
            let day = self.calendar.day(window.from);
            Text::new(match &release {
                Some(release) => format!("{} for {release} from {day}", written.environment),
                None => format!("{} from {day}", written.environment),
            })
        });
        Some(Booking {
            id: BookingId::new(id),
            environment: EnvironmentId::new(&written.environment),
            release,
            window,
            approved: written.approved,
            shareable: written.shareable,
        })
    }

    fn freeze(&mut self, written: &WrittenFreeze) -> Option<Freeze> {
        let until = self.until(written.until);
        let item = format!("freeze `{}`", written.name);
        let window = self.window(written.from, until, &item, &written.place)?;
        Some(Freeze { name: written.name.clone(), window, environments: written.environments.clone() })
    }

    fn deployment(&mut self, written: &WrittenDeployment) -> Option<Deployment> {
        let place = &written.place;
        let release = written.release.as_ref().map(|name| self.named(name));
        let id = written.id.clone().unwrap_or_else(|| {
            Text::new(match &release {
                Some(release) => format!("{release} → {}", written.environment),
                None => format!("→ {}", written.environment),
            })
        });
        let item = format!("deployment `{id}`");
        let until = match written.until {
            WrittenEnd::Until(until) => self.until(until),
            WrittenEnd::After(duration) => chrono::Duration::from_std(duration)
                .ok()
                .and_then(|duration| self.from(written.from).checked_add_signed(duration))
                .unwrap_or(Instant::MAX_UTC),
        };
        let window = self.window(written.from, until, &item, place)?;
        let started_at = self.happened(written.started, "started", &item, place);
        let finished_at = self.happened(written.finished, "finished", &item, place);
        let (started_at, finished_at) = self.in_order(started_at, finished_at, &item, place);
        let state = written.state.unwrap_or(match (started_at, finished_at) {
            (_, Some(_)) => DeploymentState::Succeeded,
            (Some(_), None) => DeploymentState::Running,
            (None, None) => DeploymentState::Draft,
        });
        Some(Deployment {
            id: DeploymentId::new(&id),
            release,
            environment: EnvironmentId::new(&written.environment),
            window,
            state,
            started_at,
            finished_at,
            activities: self.activities(&written.activities, &item),
            url: written.url.clone(),
        })
    }

    fn in_order(
        &mut self,
        started: Option<Instant>,
        finished: Option<Instant>,
        item: &str,
        place: &Place,
    ) -> (Option<Instant>, Option<Instant>) {
        if finished.is_some() && finished < started {
            self.problem(
                place,
                format!("{item} finished before it started"),
                "correct the times; `started` counts as not written",
            );
            return (None, finished);
        }
        (started, finished)
    }

    fn activities(&mut self, all: &[WrittenActivity], deployment: &str) -> Vec<Activity> {
        let mut known = HashMap::new();
        let mut activities: Vec<Activity> = Vec::with_capacity(all.len());
        let mut places = Vec::with_capacity(all.len());
        for written in all {
            let item = format!("activity `{}` of {deployment}", written.name);
            if !self.is_new("activity", &written.name, &written.place, &mut known) {
                continue;
            }
            let started = self.happened(written.started, "started", &item, &written.place);
            let finished = self.happened(written.finished, "finished", &item, &written.place);
            let (started_at, finished_at) = self.in_order(started, finished, &item, &written.place);
            activities.push(Activity {
                name: written.name.clone(),
                owner: written.owner.clone(),
                after: written.after.clone(),
                estimate_minutes: u32::try_from(written.estimate.as_secs().div_ceil(60)).unwrap_or(u32::MAX),
                started_at,
                finished_at,
            });
            places.push(&written.place);
        }
        let names: HashSet<Text> = activities.iter().map(|activity| activity.name.clone()).collect();
        for (activity, place) in activities.iter_mut().zip(&places) {
            let unknown: Vec<Text> =
                activity.after.iter().filter(|name| !names.contains(*name)).cloned().collect();
            for name in unknown {
                activity.after.retain(|after| *after != name);
                let guess = references::guess(nearest(&name, names.iter().map(Text::as_str)));
                self.problem(
                    place,
                    format!(
                        "activity `{}` comes after `{name}`, which {deployment} does not have{guess}",
                        activity.name
                    ),
                    "correct `after`; it does not wait for it until then",
                );
            }
        }
        references::break_cycles(&mut activities, |activity, cycle| {
            let place = places.get(activity).copied();
            let problem = |place: &Place| {
                problem_at(
                    place,
                    format!("an activity of {deployment} waits for itself: {cycle}"),
                    "remove one of them from `after`; the last one does not wait until then",
                )
            };
            self.problems.extend(place.map(problem));
        });
        activities
    }
}

fn environment(written: &WrittenEnvironment) -> Environment {
    Environment {
        id: EnvironmentId::new(&written.name),
        tier: written.tier,
        platform: written.platform.clone(),
        region: written.region.clone(),
        group: written.group.as_ref().map(EnvironmentId::new),
        shareable: written.shareable,
        cost_per_day: written.cost_per_day,
    }
}

/// Changes of status, oldest first. The last one leads to the category that the story has now,
/// so that its past ends in its present; when it got there without a date of its own is taken
/// from the last date there is.
fn moves(
    category: Category,
    created: Instant,
    started: Option<Instant>,
    done: Option<Instant>,
) -> Vec<StatusMove> {
    let mut moves = Vec::new();
    match (started, done) {
        (started, Some(done)) => {
            let started = started.filter(|started| *started <= done);
            moves.extend(started.map(|at| StatusMove { at, to: Category::InProgress }));
            moves.push(StatusMove { at: done, to: category });
        }
        (Some(at), None) => moves.push(StatusMove { at, to: category }),
        (None, None) => {}
    }
    for change in &mut moves {
        change.at = change.at.max(created);
    }
    moves
}

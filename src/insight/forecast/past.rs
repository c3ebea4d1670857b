//! Releases that have finished: what models learn from and are scored on.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use chrono::NaiveDate;

use super::{
    features::{Cadence, State},
    items::{ItemRelease, Items},
    model::{Model, TrainingRow, fold_of},
    prior::{self, Scope},
    series::{DayCounts, LONGEST_DAYS, ReleaseSeries, Throughput},
};
use crate::domain::Text;

/// Items of a release that is learnt from, at least.
const LEAST_ITEMS: usize = 20;
/// Days of a release that is learnt from, at least.
const LEAST_DAYS: u32 = 14;
/// Releases that are learnt from, at most: the latest ones.
const MOST_RELEASES: usize = 2_000;
/// Training rows of a release: at 5, 10 … 95 % of its duration.
const ROWS: u32 = 19;
/// How much more a release of one's own weighs.
const OWN_WEIGHT: f64 = 3.0;
/// How much a release of the prior weighs beside those that were learnt from here: measured
/// with one project left out, where it is better than both nothing and 1.
const PRIOR_WEIGHT: f64 = 0.5;
/// Finished releases from which on models learn from more than the shipped prior.
pub(super) const LEAST_RELEASES: usize = 10;

/// A project, or a team: what has one throughput and one cadence.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its name.
    pub name: Text,
    /// What it completed each day, in whatever release.
    pub team: Throughput,
    /// Its releases by name. Those that have not finished are passed over.
    pub releases: Vec<(Text, ReleaseSeries)>,
}

/// The finished releases of an organisation.
#[derive(Clone, Debug, Default)]
pub struct Past {
    scope: Scope,
    projects: Vec<(Text, Throughput)>,
    /// In the order in which they finished.
    releases: Vec<Finished>,
    digest: u64,
}

/// A release that has finished, and what is learnt from it.
#[derive(Clone, Debug)]
pub(super) struct Finished {
    /// Index of its project.
    pub(super) project: usize,
    pub(super) name: Text,
    pub(super) series: ReleaseSeries,
    /// The day after the last item.
    pub(super) ended_on: NaiveDate,
    /// Days from the start to the day after the last item.
    pub(super) duration: u32,
    rows: Vec<TrainingRow>,
}

impl Past {
    /// Takes the finished releases of `projects`. Those under 20 items or 14 days are left
    /// out: they teach little and are easily foreseen. Of more than
    /// 2,000, the latest count.
    pub fn new(scope: Scope, projects: Vec<Project>) -> Self {
        let mut past = Self { scope, ..Self::default() };
        for (index, project) in projects.into_iter().enumerate() {
            for (name, series) in project.releases {
                past.releases.extend(Finished::of(index, name, series));
            }
            past.projects.push((project.name, project.team));
        }
        past.releases.sort_by(|left, right| {
            (left.ended_on, left.project, &left.name).cmp(&(right.ended_on, right.project, &right.name))
        });
        past.releases.drain(..past.releases.len().saturating_sub(MOST_RELEASES));
        let rows: Vec<_> = past.releases.iter().map(|release| past.rows_of(release)).collect();
        for (release, rows) in past.releases.iter_mut().zip(rows) {
            release.rows = rows;
        }
        past.digest = past.hash();
        past
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.scope.hash(&mut hasher);
        let end = self.releases.last().map(|release| release.ended_on);
        for (name, team) in &self.projects {
            (name, end.map(|end| team.until(end))).hash(&mut hasher);
        }
        for release in &self.releases {
            (release.project, &release.name, &release.series).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Names all that models learn from: the same for two pasts that teach the same. What was
    /// completed after the last release finished is no part of it.
    pub(super) fn digest(&self) -> u64 {
        self.digest
    }

    /// Takes the finished releases of a file. A release starts with the one before it; the
    /// first one of a project only counts as that.
    pub(super) fn of_items(items: &Items, scope: Scope) -> Self {
        let projects = items.projects.iter().map(|(name, releases)| {
            let all = releases.values().flat_map(|release| &release.items);
            let team = Throughput::of(all.filter_map(|item| item.done_on));
            let mut ordered: Vec<_> =
                releases.iter().filter(|(_, release)| release.released_at.is_some()).collect();
            ordered.sort_by_key(|(_, release)| release.released_at);
            let pairs = ordered.windows(2).filter_map(|pair| {
                let start = pair[0].1.released_at?.date();
                Some((pair[1].0.clone(), series_of(pair[1].1, start, scope)?))
            });
            Project { name: name.clone(), team, releases: pairs.collect() }
        });
        Self::new(scope, projects.collect())
    }

    /// What counts as scope in it.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    pub(super) fn projects(&self) -> &[(Text, Throughput)] {
        &self.projects
    }

    pub(super) fn releases(&self) -> &[Finished] {
        &self.releases
    }

    /// The releases that had finished by the end of `day`.
    pub(super) fn known_on(&self, day: NaiveDate) -> &[Finished] {
        &self.releases[..self.releases.partition_point(|release| release.ended_on <= day)]
    }

    /// Durations of the releases of a project that had finished by the end of `day`.
    pub(super) fn durations(&self, project: usize, day: NaiveDate) -> impl Iterator<Item = u32> {
        self.known_on(day).iter().filter(move |other| other.project == project).map(|other| other.duration)
    }

    /// The state of a release of a project on one of its days.
    pub(super) fn state(&self, project: usize, series: &ReleaseSeries, elapsed: u32) -> Option<State> {
        let day = series.day(elapsed as usize)?;
        let cadence = Cadence::of(self.durations(project, day));
        State::at(series, elapsed as usize, &self.projects.get(project)?.1, cadence)
    }

    /// What is learnt from a release.
    fn rows_of(&self, release: &Finished) -> Vec<TrainingRow> {
        let states = training_days(release.duration).filter_map(|elapsed| {
            let state = self.state(release.project, &release.series, elapsed)?;
            teaches(&state).then(|| (state, f64::from(release.duration - elapsed)))
        });
        let states: Vec<_> = states.collect();
        let fold = fold_of(&self.projects[release.project].0, &release.name);
        let weight = 1.0 / states.len() as f64;
        states.iter().map(|(state, remaining)| TrainingRow::new(fold, weight, state, *remaining)).collect()
    }

    /// Fits a model for a project to what was known at the end of `day`: all releases that
    /// had finished, its own at three times the weight, and those of the shipped prior at half.
    /// Fewer than ten finished releases are too few: then it is the prior's model alone.
    ///
    /// A project that the prior has learnt from is not learnt from twice: where one of the
    /// same name is here, the prior's is left out.
    pub(super) fn train(&self, project: usize, day: NaiveDate) -> Option<Model> {
        let known = self.known_on(day);
        let here: BTreeSet<_> = self.projects.iter().map(|(name, _)| name.to_lowercase()).collect();
        let shipped = prior::rows(self.scope)
            .iter()
            .filter(|row| row.finished_on <= day && !here.contains(&row.project))
            .map(|row| TrainingRow { weight: row.training.weight * PRIOR_WEIGHT, ..row.training });
        let own = known.iter().flat_map(|release| {
            let weight = if release.project == project { OWN_WEIGHT } else { 1.0 };
            release.rows.iter().map(move |row| TrainingRow { weight: row.weight * weight, ..*row })
        });
        let own = own.filter(|_| known.len() >= LEAST_RELEASES);
        Model::fit(&shipped.chain(own).collect::<Vec<_>>())
    }
}

/// A day with nothing open is not forecast, so it teaches nothing either.
pub(super) fn teaches(state: &State) -> bool {
    state.open >= 1.0
}

/// The days of a release that are learnt from.
pub(super) fn training_days(duration: u32) -> impl Iterator<Item = u32> {
    (1..=ROWS)
        .map(move |step| (f64::from(duration * step) / f64::from(ROWS + 1)).round() as u32)
        .filter(move |elapsed| *elapsed < duration)
}

impl Finished {
    /// Of a release that has finished and is large and long enough.
    fn of(project: usize, name: Text, series: ReleaseSeries) -> Option<Self> {
        let ended_on = series.finished_on?;
        let duration = series.duration().filter(|days| *days >= LEAST_DAYS)?;
        let last = series.days.get(duration as usize - 1)?;
        (last.open as usize + last.done as usize >= LEAST_ITEMS).then_some(Self {
            project,
            name,
            series,
            ended_on,
            duration,
            rows: Vec::new(),
        })
    }
}

/// The days of a release that began on `start`; none where something of it is not done, where
/// it has too few items, or where it ended before it began.
fn series_of(release: &ItemRelease, start: NaiveDate, scope: Scope) -> Option<ReleaseSeries> {
    if release.items.len() < LEAST_ITEMS {
        return None;
    }
    let last =
        release.items.iter().map(|item| item.done_on).collect::<Option<Vec<_>>>()?.into_iter().max()?;
    let finished_on = last.succ_opt()?;
    let length =
        usize::try_from((finished_on - start).num_days()).ok().filter(|days| *days <= LONGEST_DAYS)?;
    let mut days = vec![DayCounts::default(); length];
    let (mut open, mut done) = (0, 0);
    for item in &release.items {
        let day = |date: NaiveDate| usize::try_from((date - start).num_days()).ok();
        match day(item.created_on).filter(|_| scope == Scope::Emerging) {
            Some(day) => days.get_mut(day)?.added += 1,
            None => open += 1,
        }
        if let Some(day) = day(item.done_on?) {
            days.get_mut(day)?.completed += 1;
        } else {
            (open, done) = (open - 1, done + 1);
        }
    }
    for day in &mut days {
        open = open + day.added - day.completed;
        done += day.completed;
        (day.open, day.done) = (open, done);
    }
    Some(ReleaseSeries { start, days, finished_on: Some(finished_on) })
}

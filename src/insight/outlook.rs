//! When a release will be ready, and whether that is in time.
//!
//! The model is in [`forecast`](super::forecast); here releases become what it reads, and
//! what it says becomes an answer.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;

use crate::domain::{Instant, Text};

use super::{
    ForecastBasis, ForecastDate, ForecastEffect, ForecastView, Outlook, Unit,
    burn_down::Progress,
    context::Context,
    forecast::{
        Dates, DayCounts, Distribution, Forecast, Forecaster, Learned, Past, Project, ReleaseSeries, Scope,
        State, Term, Throughput, TrackRecord,
    },
    membership::Membership,
    words,
};

/// P(ready by target) from which on a release is on track.
const ON_TRACK: f64 = 0.85;
/// P(ready by target) from which on it is at risk rather than late.
const AT_RISK: f64 = 0.5;
const SECONDS_A_DAY: f64 = 86_400.0;

/// How likely a release is ready by some instant.
#[derive(Clone, Debug)]
pub(crate) enum Likelihood {
    /// Nobody can tell.
    Unknown,
    /// It is.
    Ready,
    /// By the forecast.
    Forecast(Distribution),
}

impl Likelihood {
    /// P(ready by `instant`), 0 to 1.
    pub(crate) fn ready_by(&self, now: Instant, instant: Instant) -> Option<f64> {
        match self {
            Self::Unknown => None,
            Self::Ready => Some(1.0),
            Self::Forecast(distribution) => {
                Some(distribution.probability_by((instant - now).num_seconds() as f64 / SECONDS_A_DAY))
            }
        }
    }
}

/// What was learnt from the releases that went out.
pub(crate) struct Forecasts {
    /// By unit and project; only for projects that have something to forecast.
    forecasters: HashMap<(bool, Text), (Forecaster, Option<TrackRecord>)>,
}

impl Forecasts {
    /// Learns from the released ones of `drawn`, which is by position of the release. Stories
    /// and pull requests are learnt from apart: they are not of one size.
    pub(crate) fn learn(context: &Context<'_>, drawn: &[(Unit, Arc<Progress>)], learned: &Learned) -> Self {
        let mut forecasters = HashMap::new();
        let today = context.days.date(context.days.today());
        for unit in [Unit::Stories, Unit::PullRequests] {
            let of_unit = || {
                let all = context.releases.iter().zip(drawn);
                all.filter(|(_, (counted, progress))| *counted == unit && !progress.days.is_empty())
            };
            // Only what is asked for is fitted.
            let mut asked: Vec<&Text> = of_unit()
                .filter(|(release, (_, progress))| release.released_at.is_none() && is_forecast(progress))
                .map(|(release, _)| &release.project)
                .collect();
            asked.sort_unstable();
            asked.dedup();
            if asked.is_empty() {
                continue;
            }
            let mut projects = HashMap::<&Text, (Vec<NaiveDate>, Vec<_>)>::new();
            for (release, (_, progress)) in of_unit() {
                let project = projects.entry(&release.project).or_default();
                project.0.extend(completions(progress));
                if release.released_at.is_some() {
                    project.1.push((release.id.text().clone(), series(progress, true)));
                }
            }
            let mut projects: Vec<_> = projects.into_iter().collect();
            projects.sort_by_key(|(name, _)| (*name).clone());
            let index: HashMap<&Text, usize> =
                projects.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
            let learnt_from = projects
                .iter()
                .map(|(name, (completions, releases))| Project {
                    name: (*name).clone(),
                    team: Throughput::of(completions.iter().copied()),
                    releases: releases.clone(),
                })
                .collect();
            let past = Arc::new(Past::new(Scope::Emerging, learnt_from));
            let record = learned.record(&past);
            for project in asked {
                let Some(&index) = index.get(project) else { continue };
                let forecaster = learned.forecaster(&past, index, today);
                forecasters.insert((unit == Unit::Stories, project.clone()), (forecaster, record));
            }
        }
        Self { forecasters }
    }

    /// The model and what it sees of the release at this position, where it gives dates: to
    /// ask it what would be if that was another.
    pub(crate) fn asked(
        &self,
        context: &Context<'_>,
        release: usize,
        unit: Unit,
        progress: &Progress,
    ) -> Option<Asked<'_>> {
        let described = context.releases[release];
        let (forecaster, _) = self.forecasters.get(&(unit == Unit::Stories, described.project.clone()))?;
        match ask(context, release, forecaster, progress) {
            Forecast::Dates(dates) => Some(Asked { forecaster, now: dates }),
            Forecast::Withheld(_) => None,
        }
    }

    /// What to show of the release at this position, how it looks against its target, and how
    /// likely it is ready by any other time.
    pub(crate) fn of(
        &self,
        context: &Context<'_>,
        membership: &Membership,
        release: usize,
        unit: Unit,
        progress: &Progress,
    ) -> (ForecastView, Outlook, Likelihood) {
        let described = context.releases[release];
        let target = described.target;
        let promised = target.filter(|target| !target.estimated).map(|target| target.at);
        let last = progress.days.last().copied().unwrap_or_default();
        if described.released_at.is_some() {
            return (ForecastView::Ready, Outlook::Released, Likelihood::Ready);
        }
        let has_passed = promised.is_some_and(|at| at < context.now);
        if last.scope == 0 {
            let outlook = if has_passed { Outlook::Late } else { Outlook::Unknown };
            return (withheld("nothing is in it"), outlook, Likelihood::Unknown);
        }
        let late_or_unknown = if has_passed { Outlook::Late } else { Outlook::Unknown };
        if unit == Unit::PullRequests && !membership.may_wait[release] {
            let why = withheld("only what was merged is known, not what is still to come");
            return (why, late_or_unknown, Likelihood::Unknown);
        }
        if last.scope == last.ready {
            let outlook = match promised {
                None => Outlook::Unknown,
                Some(at) if at >= context.now || was_ready(context, progress, at) => Outlook::OnTrack,
                Some(_) => Outlook::Late,
            };
            return (ForecastView::Ready, outlook, Likelihood::Ready);
        }
        let Some((forecaster, record)) =
            self.forecasters.get(&(unit == Unit::Stories, described.project.clone()))
        else {
            return (
                withheld("nothing is done yet, so there is no pace to go by"),
                late_or_unknown,
                Likelihood::Unknown,
            );
        };
        match ask(context, release, forecaster, progress) {
            Forecast::Withheld(why) => (withheld(why.reason()), late_or_unknown, Likelihood::Unknown),
            Forecast::Dates(dates) => {
                let at = |share| ForecastDate::after(context.now, dates.distribution.days(share));
                let likelihood = Likelihood::Forecast(dates.distribution.clone());
                let by_target = target.and_then(|target| likelihood.ready_by(context.now, target.at));
                let outlook = match promised.and(by_target) {
                    None => Outlook::Unknown,
                    Some(_) if has_passed => Outlook::Late,
                    Some(share) => by_share(share),
                };
                let view = ForecastView::Dates {
                    p50: at(0.5),
                    p85: at(0.85),
                    p95: at(0.95),
                    by_target,
                    scored: record.map_or(0, |record| record.scored),
                    held: record.map(|record| record.held),
                    basis: basis(&dates),
                    likelihood: Some(dates.distribution.clone()),
                };
                (view, outlook, likelihood)
            }
        }
    }
}

/// The outlook of a release that is ready by its promised target with this probability.
pub(crate) fn by_share(share: f64) -> Outlook {
    match share {
        share if share >= ON_TRACK => Outlook::OnTrack,
        share if share >= AT_RISK => Outlook::AtRisk,
        _ => Outlook::Late,
    }
}

/// A model, and the forecast that it gives of one release.
pub(crate) struct Asked<'a> {
    forecaster: &'a Forecaster,
    now: Box<Dates>,
}

impl Asked<'_> {
    /// What the model sees.
    pub(crate) fn state(&self) -> State {
        self.now.state
    }

    /// The forecast as it is.
    pub(crate) fn distribution(&self) -> &Distribution {
        &self.now.distribution
    }

    /// The forecast of another state; none where the model has no dates for it.
    pub(crate) fn if_it_was(&self, state: State) -> Option<Distribution> {
        match self.forecaster.forecast_state(state) {
            Forecast::Dates(dates) => Some(dates.distribution),
            Forecast::Withheld(_) => None,
        }
    }
}

/// The forecast of the release at this position, under what is assumed of it.
fn ask(context: &Context<'_>, release: usize, forecaster: &Forecaster, progress: &Progress) -> Forecast {
    let today = context.days.date(context.days.today());
    match forecaster.state(&series(progress, false), today) {
        Ok(state) if context.is_scope_frozen(release) => forecaster.forecast_state(state.with_frozen_scope()),
        Ok(state) => forecaster.forecast_state(state),
        Err(why) => Forecast::Withheld(why),
    }
}

fn withheld(why: &str) -> ForecastView {
    ForecastView::Withheld(Text::new(why))
}

/// Terms that say one thing together, and what it is in words. Their product is exact; one
/// alone would say little, as the model weighs them against each other.
fn basis(dates: &Dates) -> ForecastBasis {
    let state = &dates.state;
    let share = state.done / (state.open + state.done);
    let own = state.cadence.finished as usize;
    let growth = match state.growth {
        growth if growth >= 0.005 => format!("the scope grows by {growth:.2} a day"),
        growth if growth <= -0.005 => format!("the scope shrinks by {:.2} a day", -growth),
        _ => "the scope stays as it is".to_owned(),
    };
    let own = if own == 0 {
        "no release of its own that is large enough to learn from has finished".to_owned()
    } else {
        let releases = words::count(own, "release of its own took", "releases of its own took");
        format!("{releases} {:.0} days, in the middle", state.cadence.median)
    };
    let groups: [(String, &[Term]); 5] = [
        (
            format!(
                "{:.0} open at {:.2} a day lately, {:.2} a day since the start",
                state.open, state.velocity, state.velocity_since_start
            ),
            &[Term::Open, Term::RecentVelocity, Term::VelocitySinceStart],
        ),
        (format!("{} done", words::percent(share)), &[Term::ShareDone]),
        (growth, &[Term::ScopeGrowth]),
        (
            words::count(state.elapsed as usize, "day since the start", "days since the start"),
            &[Term::Elapsed, Term::OwnElapsed],
        ),
        (own, &[Term::OwnReleases, Term::OwnCadence]),
    ];
    let sum = |terms: &[Term]| {
        let found = dates.contributions.iter().filter(|(term, _)| terms.contains(term));
        found.map(|(_, contribution)| contribution).sum::<f64>().exp()
    };
    ForecastBasis {
        typical_days: sum(&[Term::Typical]),
        effects: groups
            .into_iter()
            .map(|(what, terms)| ForecastEffect { what: Text::new(what), factor: sum(terms) })
            .collect(),
        learnt_from: u32::try_from(dates.learnt_from).unwrap_or(u32::MAX),
        widened: dates.widened,
        elapsed_days: state.elapsed as u32,
    }
}

/// Something is open, and something is done to go by.
fn is_forecast(progress: &Progress) -> bool {
    progress.days.last().is_some_and(|last| last.ready > 0 && last.ready < last.scope)
}

/// Whether all was ready at the end of the target's day.
fn was_ready(context: &Context<'_>, progress: &Progress, target: Instant) -> bool {
    let elapsed = (context.policy.calendar.day(target) - progress.start).num_days();
    let state = usize::try_from(elapsed).ok().and_then(|day| progress.days.get(day));
    state.is_some_and(|state| state.scope == state.ready)
}

/// One date for each completion.
fn completions(progress: &Progress) -> Vec<NaiveDate> {
    let days = progress.start.iter_days().zip(&progress.days);
    days.flat_map(|(day, state)| std::iter::repeat_n(day, state.completed as usize)).collect()
}

/// A release as the model reads it. A finished one ends with its last completion.
fn series(progress: &Progress, is_finished: bool) -> ReleaseSeries {
    let days: Vec<DayCounts> = progress
        .days
        .iter()
        .map(|state| DayCounts {
            open: state.scope - state.ready,
            done: state.ready,
            added: state.added,
            removed: state.removed,
            completed: state.completed,
        })
        .collect();
    let last = days.iter().rposition(|day| day.completed > 0).filter(|_| is_finished);
    let finished_on =
        last.and_then(|last| progress.start.checked_add_days(chrono::Days::new(last as u64 + 1)));
    ReleaseSeries { start: progress.start, days, finished_on }
}

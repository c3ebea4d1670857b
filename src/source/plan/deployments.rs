//! Environments of a plan, and what happens in them: bookings, freezes, deployments.

use std::collections::{HashMap, HashSet};

use super::{
    convert::{Converter, problem_at},
    references,
};
use crate::{
    config::{
        Moment, Place, nearest,
        plan_tables::{
            WrittenActivity, WrittenBooking, WrittenDeployment, WrittenEnd, WrittenEnvironment, WrittenFreeze,
        },
    },
    domain::{
        Activity, Booking, BookingId, Deployment, DeploymentId, DeploymentState, Environment, EnvironmentId,
        Freeze, Instant, Text, Window,
    },
    source::configuration::digests,
};

impl Converter<'_> {
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

    pub(super) fn booking(&mut self, written: &WrittenBooking) -> Option<Booking> {
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

    pub(super) fn freeze(&mut self, written: &WrittenFreeze) -> Option<Freeze> {
        let until = self.until(written.until);
        let item = format!("freeze `{}`", written.name);
        let window = self.window(written.from, until, &item, &written.place)?;
        Some(Freeze { name: written.name.clone(), window, environments: written.environments.clone() })
    }

    pub(super) fn deployment(&mut self, written: &WrittenDeployment) -> Option<Deployment> {
        self.time_zone = written.time_zone;
        let deployment = self.deployment_there(written);
        self.time_zone = None;
        deployment
    }

    /// A deployment whose times are of its own zone, if it has one.
    fn deployment_there(&mut self, written: &WrittenDeployment) -> Option<Deployment> {
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
            activities: self.activities(&written.activities, written.manual, &item),
            url: written.url.clone(),
            time_zone: written.time_zone,
            configuration: digests(
                written.configuration.iter().map(|(key, value)| (key.as_str(), value.as_str())),
            ),
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
            self.remark(
                place,
                format!("{item} finished before it started"),
                "correct the times; `started` counts as not written",
            );
            return (None, finished);
        }
        (started, finished)
    }

    fn activities(&mut self, all: &[WrittenActivity], manual: bool, deployment: &str) -> Vec<Activity> {
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
                owner: written.owner.clone(),
                after: written.after.clone(),
                started_at,
                finished_at,
                manual: written.manual.unwrap_or(manual),
                point_of_no_return: written.point_of_no_return,
                rollback_minutes: written.rollback.map(minutes),
                ..Activity::new(written.name.clone(), minutes(written.estimate))
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
                self.remark(
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
                .losing_nothing()
            };
            self.problems.extend(place.map(problem));
        });
        activities
    }
}

/// Whole minutes; a begun one is one.
fn minutes(duration: std::time::Duration) -> u32 {
    u32::try_from(duration.as_secs().div_ceil(60)).unwrap_or(u32::MAX)
}

/// An environment, as it is written.
pub(super) fn environment(written: &WrittenEnvironment) -> Environment {
    Environment {
        id: EnvironmentId::new(&written.name),
        tier: written.tier,
        platform: written.platform.clone(),
        region: written.region.clone(),
        group: written.group.as_ref().map(EnvironmentId::new),
        shareable: written.shareable,
        cost_per_day: written.cost_per_day,
        time_zone: written.time_zone,
    }
}

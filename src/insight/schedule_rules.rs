//! The rules that the window of a deployment must keep to, and the next window that keeps to all
//! of them.

use std::collections::{HashMap, HashSet};

use chrono::{Days, Duration, NaiveDate, NaiveTime};

use crate::domain::{
    Calendar, Deployment, DeploymentId, EnvironmentId, Hours, Instant, Kind, ReleaseId, Text, Window,
};

use super::{
    ClaimKind, Frozen, ScheduleProblem, ScheduleProblemKind,
    context::{Context, later},
    dependencies::{dependencies, first_planned},
    patterns::Patterns,
    slots::{Blocked, Search},
    words,
};

/// Problems of one kind that are named for one deployment.
const MOST_NAMED: usize = 5;
/// Days from now on in which a free window is looked for.
const SEARCH_DAYS: i64 = 732;
/// Days around a window whose hours decide whether it lies within them: longer ones do not.
const DAYS_AROUND: u64 = 3;

/// All rules, over the places that deployments go to.
pub(crate) struct ScheduleRules<'a> {
    places: HashMap<&'a EnvironmentId, Place>,
    holdings: Vec<Holding<'a>>,
    /// Times outside of working hours and days, as far as a free window is looked for; none
    /// where any time is right.
    off_hours: Option<Blocked>,
}

/// What holds an environment for a time.
struct Holding<'a> {
    release: Option<&'a ReleaseId>,
    /// None: it is a booking.
    deployment: Option<&'a DeploymentId>,
    name: &'a str,
    window: Window,
}

impl Holding<'_> {
    /// What it is and for whom: one release may have a deployment and a booking around it.
    fn said(&self) -> String {
        let kind = if self.deployment.is_some() { ClaimKind::Deployment } else { ClaimKind::Booking };
        kind.said(self.release, self.name)
    }
}

/// The rules of one environment.
struct Place {
    /// Positions of the freezes that cover it, by their beginning.
    freezes: Vec<usize>,
    frozen: Blocked,
    /// Positions of what holds it, a group around it or a part of it; empty where it is shared.
    holders: Vec<usize>,
    /// Times at which nobody is on call; none where nobody needs to be.
    off_call: Option<Blocked>,
}

/// The next windows that keep to all rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FreeSlots {
    /// The nearest later one, then the nearest earlier one.
    pub(crate) windows: Vec<Window>,
    /// Why there is none, in words.
    pub(crate) why_none: Option<String>,
}

impl<'a> ScheduleRules<'a> {
    pub(crate) fn of(context: &Context<'a>) -> Self {
        let mut holdings = Vec::new();
        let mut at = HashMap::<&EnvironmentId, Vec<usize>>::new();
        let mut within = HashMap::<&EnvironmentId, Vec<usize>>::new();
        let mut hold = |environment: &'a EnvironmentId, holding: Holding<'a>| {
            at.entry(environment).or_default().push(holdings.len());
            for group in context.held_by(environment) {
                within.entry(group).or_default().push(holdings.len());
            }
            holdings.push(holding);
        };
        for deployment in context.deployments.iter().filter(|deployment| !deployment.state.is_over()) {
            let holding = Holding {
                release: deployment.release.as_ref(),
                deployment: Some(&deployment.id),
                name: deployment.id.as_str(),
                window: deployment.window,
            };
            hold(&deployment.environment, holding);
        }
        for booking in context.bookings.iter().filter(|booking| !booking.shareable) {
            let holding = Holding {
                release: booking.release.as_ref(),
                deployment: None,
                name: booking.id.as_str(),
                window: booking.window,
            };
            hold(&booking.environment, holding);
        }
        let ClosedTimes { freezes, shifts, off_hours, .. } = ClosedTimes::of(context);
        let policy = &context.policy.schedule;
        let mut places = HashMap::new();
        for deployment in context.deployments.iter().filter(|deployment| !deployment.state.is_over()) {
            let environment = &deployment.environment;
            places.entry(environment).or_insert_with(|| {
                let chain = context.held_by(environment);
                let covering = freezes.of_places(&chain);
                let is_shared = context.environment(environment).is_some_and(|known| known.shareable);
                let mut holders = Vec::new();
                if !is_shared {
                    holders.extend(within.get(environment).into_iter().flatten().copied());
                    holders.extend(chain[1..].iter().filter_map(|group| at.get(group)).flatten().copied());
                    holders.sort_unstable();
                    holders.dedup();
                }
                let on_call = || {
                    let shifts = shifts.of_places(&chain);
                    Blocked::outside(shifts.into_iter().map(|shift| policy.shifts[shift].window))
                };
                Place {
                    frozen: Blocked::new(covering.iter().map(|index| context.freezes[*index].window)),
                    freezes: covering,
                    holders,
                    off_call: policy.on_call.then(on_call),
                }
            });
        }
        Self { places, holdings, off_hours }
    }

    /// The freezes of all places, by environment and beginning.
    pub(crate) fn frozen(&self, context: &Context<'a>) -> Vec<Frozen> {
        let of_place = |(environment, place): (&&'a EnvironmentId, &Place)| {
            let freezes = place.freezes.iter().map(|index| context.freezes[*index]);
            let frozen = freezes.map(|freeze| Frozen {
                environment: (*environment).clone(),
                name: freeze.name.clone(),
                window: freeze.window,
            });
            frozen.collect::<Vec<_>>()
        };
        let mut all: Vec<Frozen> = self.places.iter().flat_map(of_place).collect();
        all.sort_by(|a, b| {
            (&a.environment, a.window.from, &a.name).cmp(&(&b.environment, b.window.from, &b.name))
        });
        all
    }

    /// What the rules say against `deployment` going at `window`, each by its name.
    pub(crate) fn against(
        &self,
        context: &Context<'a>,
        deployment: &Deployment,
        window: Window,
    ) -> Vec<ScheduleProblem> {
        let mut problems = Vec::new();
        let mut problem = |kind, what: String| {
            problems.push(ScheduleProblem { kind, what: Text::new(what) });
        };
        let place = self.places.get(&deployment.environment);
        for what in place.into_iter().flat_map(|place| frozen(context, place, window)) {
            problem(ScheduleProblemKind::Freeze, what);
        }
        for what in self.conflicts(context, deployment, window) {
            problem(ScheduleProblemKind::Conflict, what);
        }
        for (id, state) in missing(context, deployment) {
            match first_planned(context, &id, &deployment.environment) {
                Some(planned) if planned.until <= window.from => {}
                Some(planned) => {
                    let said = words::window(planned, &context.policy.calendar);
                    problem(ScheduleProblemKind::Dependency, format!("{state}, planned {said}"));
                }
                None => problem(ScheduleProblemKind::Dependency, state),
            }
        }
        if let Some(what) = outside_hours(context, window) {
            problem(ScheduleProblemKind::OutsideHours, what);
        }
        let nobody = place.and_then(|place| place.off_call.as_ref()?.touching(window).next());
        if let Some(nobody) = nobody {
            let gap = Window { from: nobody.from.max(window.from), until: nobody.until.min(window.until) };
            let said = format!("nobody {}", words::window(gap, &context.policy.calendar));
            problem(ScheduleProblemKind::NobodyOnCall, said);
        }
        let is_known = context.environment(&deployment.environment).is_some();
        if context.world.is_covered(Kind::Environments) && !is_known {
            problem(ScheduleProblemKind::UnknownEnvironment, deployment.environment.to_string());
        }
        problems
    }

    /// What else has the environment of a deployment during `window`.
    fn conflicts(&self, context: &Context<'a>, deployment: &Deployment, window: Window) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for holding in self.others(deployment).filter(|holding| holding.window.overlaps(&window)) {
            let when = words::window(holding.window, &context.policy.calendar);
            let said = format!("with {}, {when}", holding.said());
            if !all.contains(&said) {
                all.push(said);
            }
            if all.len() == MOST_NAMED {
                break;
            }
        }
        all
    }

    /// What holds the environment of a deployment for something else.
    fn others(&self, deployment: &Deployment) -> impl Iterator<Item = &Holding<'a>> {
        let holders = self.places.get(&deployment.environment).map(|place| place.holders.as_slice());
        let holders = holders.unwrap_or_default().iter().map(|holder| &self.holdings[*holder]);
        holders.filter(|holding| {
            let is_other = holding.release.is_none() || holding.release != deployment.release.as_ref();
            is_other && holding.deployment != Some(&deployment.id)
        })
    }

    /// The nearest windows of `length` that keep to all rules, not before
    /// [`earliest`](super::suggested_window::earliest): those that move the deployment the least from
    /// `wanted` come first, later ones before earlier ones.
    pub(crate) fn free(
        &self,
        context: &Context<'a>,
        deployment: &Deployment,
        wanted: Instant,
        length: Duration,
        earliest: Result<Instant, String>,
    ) -> FreeSlots {
        let earliest = match earliest {
            Ok(earliest) => earliest,
            Err(why) => return FreeSlots { windows: Vec::new(), why_none: Some(why) },
        };
        let taken = Blocked::new(self.others(deployment).map(|holding| holding.window));
        let place = self.places.get(&deployment.environment);
        let mut blocked: Vec<&Blocked> = vec![&taken];
        blocked.extend(place.map(|place| &place.frozen));
        blocked.extend(place.and_then(|place| place.off_call.as_ref()));
        blocked.extend(self.off_hours.as_ref());
        let latest = later(context.now, Duration::days(SEARCH_DAYS));
        let length = length.max(Duration::minutes(1));
        let search = Search { blocked: &blocked, length, earliest, latest };
        let next = search.later(wanted);
        // Where it can begin as wanted and only needs longer, nobody has to move it.
        let is_as_wanted = next.is_some_and(|window| window.from - wanted < Duration::minutes(1));
        let earlier = if is_as_wanted { None } else { search.earlier(wanted) };
        let windows: Vec<Window> = next.into_iter().chain(earlier).collect();
        let why_none = windows.is_empty().then(|| {
            let day = words::day(latest, &context.policy.calendar);
            format!("nothing is free for {} until {day}", words::duration(length))
        });
        FreeSlots { windows, why_none }
    }
}

/// Times at which nothing may be deployed to a place, whoever has it: freezes, hours, and when nobody
/// is on call.
pub(crate) struct ClosedTimes<'c, 'a> {
    context: &'c Context<'a>,
    freezes: Covering,
    shifts: Covering,
    /// Times outside of working hours and days, as far as a free window is looked for; none
    /// where any time is right.
    off_hours: Option<Blocked>,
}

/// What has to move: how long it is, and the part of it in which something is deployed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moving {
    /// When it is meant to be.
    pub(crate) window: Window,
    /// The deployment within it, which has to keep to hours.
    pub(crate) deployment: Option<Window>,
}

impl<'c, 'a> ClosedTimes<'c, 'a> {
    pub(crate) fn of(context: &'c Context<'a>) -> Self {
        let policy = &context.policy.schedule;
        let today = context.policy.calendar.day(context.now);
        let off_hours = (policy.hours.is_some() || policy.working_days).then(|| {
            let last = today + Duration::days(SEARCH_DAYS + 8);
            off_hours(&context.policy.calendar, policy.hours, policy.working_days, today, last)
        });
        Self {
            context,
            freezes: Covering::of(context.freezes.iter().map(|freeze| freeze.environments.as_slice())),
            shifts: Covering::of(policy.shifts.iter().map(|shift| shift.environments.as_slice())),
            off_hours,
        }
    }

    /// The freezes of a place that are not over, by their beginning.
    pub(crate) fn frozen(&self, environment: &'a EnvironmentId) -> Vec<Frozen> {
        let covering = self.freezes.of_places(&self.context.held_by(environment));
        let freezes = covering.into_iter().map(|index| self.context.freezes[index]);
        let ahead = freezes.filter(|freeze| freeze.window.until > self.context.now);
        let mut frozen: Vec<Frozen> = ahead
            .map(|freeze| Frozen {
                environment: environment.clone(),
                name: freeze.name.clone(),
                window: freeze.window,
            })
            .collect();
        frozen.sort_by(|a, b| (a.window.from, &a.name).cmp(&(b.window.from, &b.name)));
        frozen
    }

    /// The first time for `moving` at `environment`, from its beginning on, in which it is in the
    /// way of nothing in `taken`, and of no freeze; what it deploys keeps to hours, too, and somebody
    /// is on call for it. None within two years.
    pub(crate) fn next(
        &self,
        environment: &'a EnvironmentId,
        moving: Moving,
        taken: &Blocked,
    ) -> Option<Window> {
        let context = self.context;
        let policy = &context.policy.schedule;
        let chain = context.held_by(environment);
        let covering = self.freezes.of_places(&chain);
        let frozen = Blocked::new(covering.into_iter().map(|index| context.freezes[index].window));
        let within = moving.deployment.map(|deployment| (moving.window, deployment));
        let for_deployment = |blocked: &Blocked| within.map(|(whole, part)| blocked.of_part(whole, part));
        let nobody = policy.on_call.then(|| {
            let shifts = self.shifts.of_places(&chain);
            Blocked::outside(shifts.into_iter().map(|shift| policy.shifts[shift].window))
        });
        let nobody = nobody.as_ref().and_then(for_deployment);
        let off_hours = self.off_hours.as_ref().and_then(for_deployment);
        let mut blocked = vec![taken, &frozen];
        blocked.extend(nobody.as_ref());
        blocked.extend(off_hours.as_ref());
        let search = Search {
            blocked: &blocked,
            length: moving.window.duration().max(Duration::minutes(1)),
            earliest: context.now,
            latest: later(context.now, Duration::days(SEARCH_DAYS)),
        };
        search.later(moving.window.from)
    }
}

/// When the last release that must be deployed before `deployment` is planned to be; now where none is
/// missing.
///
/// # Errors
///
/// One is planned nowhere: which one, in words.
pub(crate) fn needed_before(context: &Context<'_>, deployment: &Deployment) -> Result<Instant, String> {
    let mut planned = missing(context, deployment).into_iter().map(|(id, _)| {
        first_planned(context, &id, &deployment.environment)
            .map(|planned| planned.until)
            .ok_or_else(|| format!("no deployment of {id} is planned before it"))
    });
    planned.try_fold(context.now, |latest, until| Ok(latest.max(until?)))
}

/// The releases that must be deployed before and are not, with that in words.
fn missing(context: &Context<'_>, deployment: &Deployment) -> Vec<(ReleaseId, String)> {
    let release = deployment.release.as_ref().and_then(|id| context.release(id));
    let all = release.map(|release| dependencies(context, release, Some(&deployment.environment)));
    let missing = all.into_iter().flatten().filter(|(_, state)| !state.is_deployed());
    missing
        .map(|(id, state)| {
            let said = state.said_of(&id);
            (id, said)
        })
        .collect()
}

/// The freezes that a window touches, each with the next time that is free of freezes.
fn frozen(context: &Context<'_>, place: &Place, window: Window) -> Vec<String> {
    let all = place.freezes.iter().map(|index| context.freezes[*index]);
    let mut touching: Vec<_> = all.filter(|freeze| freeze.window.overlaps(&window)).collect();
    if touching.is_empty() {
        return Vec::new();
    }
    touching.truncate(MOST_NAMED);
    let search = Search {
        blocked: &[&place.frozen],
        length: window.duration(),
        earliest: window.from,
        latest: Instant::MAX_UTC,
    };
    let free = match search.later(window.from) {
        Some(free) => format!("free from {}", words::day_and_time(free.from, &context.policy.calendar)),
        None => "without an end".to_owned(),
    };
    touching.into_iter().map(|freeze| format!("{}, {free}", freeze.name)).collect()
}

/// Lists of patterns of environments, and which of them cover one.
struct Covering {
    patterns: Patterns<usize>,
    everywhere: Vec<usize>,
}

impl Covering {
    fn of<'a>(lists: impl Iterator<Item = &'a [Text]> + Clone) -> Self {
        let all = lists.enumerate();
        let pairs = all.clone().flat_map(|(index, list)| list.iter().map(move |pattern| (pattern, index)));
        Self {
            patterns: Patterns::new(pairs),
            everywhere: all.filter(|(_, list)| list.is_empty()).map(|(index, _)| index).collect(),
        }
    }

    /// Positions of the lists that cover an environment or a group that holds it.
    fn of_places(&self, chain: &[&EnvironmentId]) -> Vec<usize> {
        let mut covering = self.everywhere.clone();
        for id in chain {
            covering.extend(self.patterns.matching(id.as_str()));
        }
        covering.sort_unstable();
        covering.dedup();
        covering
    }
}

/// Times outside of the hours and working days, from `first` to `last`; before and after them
/// nothing is blocked.
fn off_hours(
    calendar: &Calendar,
    hours: Option<Hours>,
    working_days: bool,
    first: NaiveDate,
    last: NaiveDate,
) -> Blocked {
    let midnight = NaiveTime::MIN;
    let Hours { from, until } = hours.unwrap_or(Hours { from: midnight, until: midnight });
    let before = first.checked_sub_days(Days::new(1)).unwrap_or(first);
    let days = before.iter_days().take_while(|day| *day <= last);
    let worked = days.filter(|day| !working_days || calendar.is_working(*day)).map(|day| {
        let end = if until > from { Some(day) } else { day.succ_opt() };
        Window {
            from: calendar.instant_of(day.and_time(from)),
            until: calendar.instant_of(end.unwrap_or(day).and_time(until)),
        }
    });
    let bounds = [(Instant::MIN_UTC, calendar.start_of(first)), (calendar.start_of(last), Instant::MAX_UTC)];
    let bounds = bounds.map(|(from, until)| Window { from, until });
    Blocked::outside(worked.chain(bounds))
}

/// What hours and working days say against a window.
fn outside_hours(context: &Context<'_>, window: Window) -> Option<String> {
    let (calendar, policy) = (&context.policy.calendar, &context.policy.schedule);
    if policy.hours.is_none() && !policy.working_days {
        return None;
    }
    let (first, last) = (calendar.day(window.from), calendar.day(window.until));
    let day_before = first.checked_sub_days(Days::new(1)).unwrap_or(first);
    let around = last.min(first.checked_add_days(Days::new(DAYS_AROUND)).unwrap_or(last));
    let end = around.checked_add_days(Days::new(DAYS_AROUND)).unwrap_or(around);
    let blocked = off_hours(calendar, policy.hours, policy.working_days, day_before, end);
    blocked.touching(window).next()?;
    let rest = first.iter_days().take_while(|day| *day <= around).find(|day| !calendar.is_working(*day));
    if let Some(day) = rest.filter(|_| policy.working_days) {
        return Some(format!("{} is no working day", day.format("%a %-d %b")));
    }
    let hours = policy.hours?;
    Some(format!("only from {} to {}", hours.from.format("%H:%M"), hours.until.format("%H:%M")))
}

/// Kinds of problems that another window can solve.
pub(crate) fn is_solved_by_moving(problems: &[ScheduleProblem]) -> bool {
    let kinds: HashSet<_> = problems.iter().map(|problem| problem.kind).collect();
    kinds.into_iter().any(|kind| kind != ScheduleProblemKind::UnknownEnvironment)
}

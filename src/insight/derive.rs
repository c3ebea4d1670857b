//! From the world to what it means, and until when that holds.

use std::{cmp::Reverse, sync::Arc};

use chrono::Duration;

use crate::domain::{DeploymentState, Instant, Policy, SourceHealth, Text, World};

use super::{
    BurnDown, Feature, ForecastView, Insight, PullRequestRow, ReleaseInsight, StoryRow, SuiteRow, Tally,
    burn_down::burn_down,
    context::{Context, later},
    counterfactuals::{self, Sooner},
    features::features,
    forecast::Learned,
    gates::{self, Question, Rules},
    outlook::{Forecasts, Likelihood},
    pull_requests::PullRequests,
    remedies::remedies,
    schedule::{self, Deployments},
    scope::Tracer,
    stories::{self, UsualAges},
    suites,
    test_results::TestResults,
    unchanged::Unchanged,
};

/// A release without anything open, whose target passed so long ago, was given up.
const GIVEN_UP_DAYS: i64 = 30;

/// What `world` means at `now` under `policy`, and the first instant after `now` at which
/// time alone may change an answer: something gets stale, late or begins, or a day ends.
///
/// `learned` keeps what was learnt from finished releases for the next time, and what was said of
/// them: it makes this faster, and says how good forecasts were once it has caught up.
///
/// Pure: the same arguments always give the same answers, whatever the order of the items.
pub fn derive(
    world: &World,
    health: &[SourceHealth],
    policy: &Policy,
    learned: &Learned,
    now: Instant,
) -> (Insight, Instant) {
    let context = Context::new(world, health, policy, now);
    let mut unchanged = Unchanged::of(&learned.before, &context);
    let membership = unchanged.membership(&context);
    let deployments = Deployments::of(&context, &membership);
    let pull_requests = PullRequests::knowing(&context, |item| unchanged.way(item));
    let usual_stages = pull_requests.usual(&context);
    let usual_ages = unchanged.usual_ages(&context);
    let mut tracer = Tracer::default();
    let (drawn, progress): (Vec<Drawn<'_>>, Vec<_>) = (0..context.releases.len())
        .map(|release| {
            if let Some(known) = unchanged.finished(&membership, release) {
                let progress = (known.insight.burn_down.unit, Arc::clone(&known.progress));
                return (Drawn::Known(&known.insight), progress);
            }
            let (burn_down, progress) = burn_down(&context, &membership, release, &mut tracer);
            let unit = burn_down.unit;
            // While its items are at hand: finding each of them in memory again is what costs.
            let went_out = progress.went_out.as_ref();
            let tests = TestResults::of(&context, &membership, release);
            let stories = stories::rows(&context, &membership, &usual_ages, release, went_out);
            let items = Items {
                tally: gates::tally(&context, &membership, &tests, release, went_out),
                features: features(&context, &stories),
                suites: suites::rows(&context, &membership, release),
                pull_requests: pull_requests.rows(&context, &membership, &usual_stages, release),
                tests,
                stories,
                burn_down,
            };
            (Drawn::New(Box::new(items)), (unit, Arc::new(progress)))
        })
        .unzip();
    let forecasts = Forecasts::learn(&context, &progress, learned);

    let rules = Rules::of(policy);
    let mut own_change: Option<Instant> = None;
    let mut verdicts = Vec::with_capacity(drawn.len());
    let mut distributions = Vec::with_capacity(drawn.len());
    let mut releases: Vec<Arc<ReleaseInsight>> = Vec::with_capacity(drawn.len());
    for (release, (drawn, (_, progress))) in drawn.into_iter().zip(&progress).enumerate() {
        let described = context.releases[release];
        let question = |tests, tally, pull_requests| Question {
            context: &context,
            membership: &membership,
            deployments: &deployments,
            tests,
            tally,
            pull_requests,
            rules: &rules,
            release,
        };
        let items = match drawn {
            Drawn::Known(known) => {
                let tests = TestResults::of(&context, &membership, release);
                let tally = gates::tally(&context, &membership, &tests, release, progress.went_out.as_ref());
                let insight = with_gates_of_now(&question(&tests, &tally, &known.pull_requests), known);
                verdicts.push(insight.verdict);
                distributions.push(Likelihood::Ready);
                releases.push(insight);
                continue;
            }
            Drawn::New(items) => items,
        };
        let Items { mut burn_down, tests, mut tally, stories, features, suites, pull_requests } = *items;
        let counted = tally;
        let question = question(&tests, &counted, &pull_requests);
        let gates = question.gates();
        let metrics = question.metrics();
        if described.released_at.is_none() {
            own_change = own_change.into_iter().chain(rules.changes_at(question.inputs())).min();
        }
        let verdict = gates::verdict(&context, &gates, &tally, deployments.any[release]);
        let (forecast, outlook, distribution) =
            forecasts.of(&context, &membership, release, burn_down.unit, progress);
        if let ForecastView::Dates { p50, p85, p95, .. } = forecast {
            burn_down.forecast_days =
                Some([p50, p85, p95].map(|date| policy.calendar.day(date.or_furthest(now))));
        }
        let remedies = if described.released_at.is_none() {
            let steps = remedies(&question, &gates, &stories);
            let asked = forecasts.asked(&context, release, burn_down.unit, progress);
            let sooner = asked.map(|asked| {
                let unit = burn_down.unit;
                Sooner { context: &context, asked, release, unit, outlook }.steps(&stories, &usual_ages)
            });
            counterfactuals::in_order(sooner.unwrap_or_default(), steps)
        } else {
            Vec::new()
        };
        gates::count_gates(&mut tally, &gates);
        let promised = described.target.filter(|target| !target.estimated);
        let last_day = Duration::hours(i64::from(policy.last_day_hours));
        verdicts.push(verdict);
        distributions.push(distribution);
        releases.push(Arc::new(ReleaseInsight {
            release: Arc::clone(described),
            tally,
            burn_down,
            gates,
            metrics,
            verdict,
            outlook,
            forecast,
            last_day_from: promised.map(|target| later(target.at, -last_day)),
            features,
            stories,
            suites,
            pull_requests,
            remedies,
            builds: membership.builds[release].iter().map(|item| Arc::clone(context.builds[*item])).collect(),
        }));
    }

    let mut rows = deployments.rows;
    for row in rows.iter_mut().filter(|row| !row.deployment.state.is_over()) {
        let Some(release) = row.deployment.release.as_ref().and_then(|id| context.release(id)) else {
            continue;
        };
        row.verdict = Some(verdicts[release]);
        row.ready_by_start = distributions[release].ready_by(now, row.deployment.window.from);
    }
    let taken_over: Vec<bool> = (0..releases.len())
        .map(|release| membership.taken_over.iter().any(|taken| taken.contains(&release)))
        .collect();
    let mut order: Vec<usize> = (0..releases.len()).collect();
    order.sort_by_cached_key(|index| place(&releases[*index], taken_over[*index], now));
    let insight = Insight {
        unassigned: pull_requests.unassigned(&context, &membership, &usual_stages),
        schedule: schedule::schedule(&context, &deployments.rules, rows, &releases),
        releases: order.into_iter().map(|index| Arc::clone(&releases[index])).collect(),
    };
    let ages = pull_requests.changes_at(&context, &usual_stages);
    let valid_until = valid_until(&context, &insight, &usual_ages, ages.chain(own_change));
    let made = progress.into_iter().map(|(_, progress)| progress).zip(releases).collect();
    unchanged.keep(&learned.before, &context, membership, usual_ages, pull_requests.ways(), made);
    (insight, valid_until)
}

/// What is said of a release before its gates and its forecast.
enum Drawn<'a> {
    New(Box<Items<'a>>),
    /// With all else that was said of it, as all of it holds still.
    Known(&'a Arc<ReleaseInsight>),
}

/// What is said of the items of a release.
struct Items<'a> {
    burn_down: BurnDown,
    tests: TestResults<'a>,
    tally: Tally,
    stories: Vec<StoryRow>,
    features: Vec<Feature>,
    suites: Vec<SuiteRow>,
    pull_requests: Vec<PullRequestRow>,
}

/// What was said of a release that went out, with what its gates say now.
fn with_gates_of_now(question: &Question<'_, '_>, known: &Arc<ReleaseInsight>) -> Arc<ReleaseInsight> {
    let gates = question.gates();
    let any_deployment = question.deployments.any[question.release];
    let verdict = gates::verdict(question.context, &gates, question.tally, any_deployment);
    let mut tally = *question.tally;
    gates::count_gates(&mut tally, &gates);
    if (&gates, verdict, tally) == (&known.gates, known.verdict, known.tally) {
        return Arc::clone(known);
    }
    Arc::new(ReleaseInsight { tally, gates, verdict, ..(**known).clone() })
}

/// Unreleased ones by target, the nearest first; those that another one speaks for; those
/// without a target; those that were given up; then what went out, newest first.
fn place(
    insight: &ReleaseInsight,
    taken_over: bool,
    now: Instant,
) -> (u8, Reverse<Option<Instant>>, Option<Instant>, Text, Text) {
    let release = &insight.release;
    let target = release.target.map(|target| target.at);
    let Tally { stories, stories_ready, defects_open, pull_requests, pull_requests_merged, .. } =
        insight.tally;
    let is_open = stories > stories_ready || defects_open > 0 || pull_requests > pull_requests_merged;
    let passed = target.is_some_and(|at| at < now - Duration::days(GIVEN_UP_DAYS));
    let group = match (release.released_at, target) {
        (Some(_), _) => 4,
        (None, Some(_)) if passed && !is_open => 3,
        (None, None) => 2,
        (None, Some(_)) if taken_over => 1,
        (None, Some(_)) => 0,
    };
    (group, Reverse(release.released_at), target, release.project.clone(), release.version.clone())
}

/// The first instant after now at which time alone may change an answer.
fn valid_until(
    context: &Context<'_>,
    insight: &Insight,
    usual_ages: &UsualAges,
    others: impl Iterator<Item = Instant>,
) -> Instant {
    let now = context.now;
    let mut next = context.days.tomorrow();
    let mut at = |instant: Instant| {
        if instant > now && instant < next {
            next = instant;
        }
    };
    others.for_each(&mut at);
    for health in context.all_health() {
        health.stale_from.into_iter().for_each(&mut at);
    }
    for release in &insight.releases {
        if release.release.released_at.is_some() {
            continue;
        }
        release.last_day_from.into_iter().for_each(&mut at);
        // On time until the last instant of the target.
        release.release.target.iter().for_each(|target| at(later(target.at, Duration::milliseconds(1))));
        // Probabilities move as time passes without anything being done.
        if matches!(release.forecast, ForecastView::Dates { .. }) {
            at(now + Duration::hours(1));
        }
        for row in &release.stories {
            stories::changes_at(row, usual_ages, &release.release).for_each(&mut at);
        }
        for row in &release.pull_requests {
            PullRequests::row_changes_at(row, now).for_each(&mut at);
        }
    }
    for row in &insight.schedule.deployments {
        let deployment = &row.deployment;
        if deployment.state.is_over() {
            continue;
        }
        at(deployment.window.from);
        at(later(deployment.window.from, -Duration::hours(i64::from(context.policy.last_day_hours))));
        at(deployment.window.until);
        at(schedule::ahead_until(deployment));
        let is_late = deployment.window.from <= now && deployment.started_at.is_none();
        if deployment.state == DeploymentState::Running || is_late {
            // Its end moves on, or its delay grows, minute by minute.
            at(now + Duration::minutes(1));
        }
    }
    next
}

//! The five delivery metrics of DORA, with their distribution and trend.
//!
//! Definitions: <https://dora.dev/guides/dora-metrics-four-keys/>, five metrics since 2024.
//! Levels: "Accelerate State of DevOps Report 2023".

use std::{collections::BTreeSet, fmt::Write as _};

use chrono::Duration;

use crate::{
    domain::{Instant, PullRequest, PullRequestState, Text},
    insight::{Stage, Subject, patterns::Patterns, pull_requests::PullRequests, words},
};

use super::{
    Card, CardColumn, CardId, CardRow, CardStanding, Figure, Material, Picture, Series, behind,
    incidents::{Failure, Failures, Ran, failures, ran},
    numbers::{quantile, sorted},
    spread,
    weeks::{length, names},
};

/// Weeks of a quarter.
const QUARTER: usize = 13;
/// Cases below which a metric has no level.
const ENOUGH: usize = 5;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;
/// What changed by less is as it was.
const SAME: f64 = 0.1;

/// A level of the report of 2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Low,
    Medium,
    High,
    Elite,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Elite => "elite",
        }
    }

    fn standing(self) -> CardStanding {
        match self {
            Self::Low => CardStanding::Poor,
            Self::Medium => CardStanding::Watch,
            Self::High | Self::Elite => CardStanding::Good,
        }
    }

    /// The level of a number that is better the smaller it is, by what it must not exceed.
    fn up_to(value: f64, [elite, high, medium]: Limits) -> Self {
        match value {
            value if value <= elite => Self::Elite,
            value if value <= high => Self::High,
            value if value <= medium => Self::Medium,
            _ => Self::Low,
        }
    }
}

/// Until where a level holds: elite, high, medium.
type Limits = [f64; 3];

/// Lead time: a day, a week, a month of thirty days.
const LEAD_LIMITS: Limits = [DAY, 7.0 * DAY, 30.0 * DAY];
/// Deployments a week, less than none as more is better. On demand is read as daily; then daily to
/// weekly, weekly to monthly.
const FREQUENCY_LIMITS: Limits = [-7.0, -1.0, -7.0 / 30.0];
/// Share of deployments that failed.
const FAIL_LIMITS: Limits = [0.05, 0.10, 0.15];
/// Recovery: an hour, a day, a week.
const RECOVERY_LIMITS: Limits = [HOUR, DAY, 7.0 * DAY];

/// What happened within thirteen weeks.
struct Quarter {
    /// Seconds from commit to production, in order.
    lead: Vec<f64>,
    /// Deployments, those that failed too.
    deployments: usize,
    /// Those that reached production in each week, in order of size.
    weekly: Vec<f64>,
    failed: usize,
    /// Seconds, in order.
    recovery: Vec<f64>,
    /// Failures that nobody knows to be over.
    unrecovered: usize,
    rework: usize,
}

/// Changes that reached production.
#[derive(Default)]
struct Changes {
    /// When, how many seconds it took, and the position of the pull request.
    lead: Vec<(Instant, f64, usize)>,
    too_old: usize,
    by_left_out_authors: usize,
    untold: usize,
    from_opening: usize,
}

/// A metric in words.
struct Metric {
    name: &'static str,
    now: Option<f64>,
    then: Option<f64>,
    p50: Option<f64>,
    p85: Option<f64>,
    cases: usize,
    level: Option<Level>,
    /// Less is better.
    is_cost: bool,
    say: fn(f64) -> String,
}

impl Metric {
    fn trend(&self) -> &'static str {
        let Some((now, then)) = self.now.zip(self.then) else { return "" };
        let is_same = (now - then).abs() <= SAME * then.abs();
        match (is_same, (now < then) == self.is_cost) {
            (true, _) => "as before",
            (false, true) => "better",
            (false, false) => "worse",
        }
    }
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    let (ran, undated) = ran(context);
    let Some(first_known) = ran.iter().find(|ran| ran.reached()).map(|ran| ran.ended) else {
        return Card::silent(CardId::Delivery, "no finished deployment to production is known");
    };
    let failures = failures(context, &ran);
    let changes = changes(material, first_known);
    let weeks_ago = |weeks: usize| context.now - in_weeks(weeks);
    let now = quarter(&ran, &failures, &changes, context.now);
    // A quarter that began before anything was known cannot be compared.
    let then = (first_known <= weeks_ago(2 * QUARTER))
        .then(|| quarter(&ran, &failures, &changes, weeks_ago(QUARTER)));
    let metrics = metrics(&now, then.as_ref());
    let worst = metrics.iter().filter_map(|metric| metric.level).min();
    let behind = behind_metrics(material, &ran, &failures, &changes);
    let mut rows: Vec<CardRow> =
        metrics.iter().zip(behind).map(|(metric, behind)| row(metric, behind)).collect();
    let before = then.as_ref();
    rows.extend(spread::rows("lead time", &now.lead, before.map(|then| &*then.lead)));
    rows.extend(spread::rows("recovery", &now.recovery, before.map(|then| &*then.recovery)));
    rows.extend(failures.all.iter().rev().map(|failure| failure_row(material, &ran, failure)));
    rows.extend(failures.unattributed.iter().rev().map(|incident| {
        CardRow {
            cells: [
                format!("{} {}", incident.key, incident.title),
                format!("incident {}", words::day(incident.created_at, &context.policy.calendar)),
                String::new(),
                String::new(),
                String::new(),
                "no deployment in the week before it: no failure of one".to_owned(),
            ]
            .map(Text::new)
            .to_vec(),
            standing: CardStanding::Told,
            subject: Some(Subject::Story(incident.key.clone())),
            behind: Vec::new(),
        }
    }));
    Card {
        id: CardId::Delivery,
        sentence: Text::new(sentence(&metrics, &now, worst)),
        standing: worst.map_or(CardStanding::Told, Level::standing),
        figures: [figures(&metrics), spread_figures(&now)].concat(),
        picture: picture(material, &ran, &failures, &changes),
        columns: vec![
            CardColumn::words("what"),
            CardColumn::figures("last 13 weeks"),
            CardColumn::figures("P85"),
            CardColumn::figures("13 before"),
            CardColumn::figures("cases"),
            CardColumn::words("level of 2023, or why"),
        ],
        rows,
        notes: notes(&changes, &failures, &now, undated, then.is_none()),
        left_out: left_out(&changes, &now),
    }
}

fn changes(material: &Material<'_>, first_known: Instant) -> Changes {
    let context = material.context;
    let pull_requests = PullRequests::of(context);
    let left_out = Patterns::new(context.policy.left_out_authors.iter().map(|author| (author, ())));
    let from = context.now - in_weeks(2 * QUARTER);
    let mut changes = Changes::default();
    for (item, pull_request) in context.pull_requests.iter().enumerate() {
        let Some(merged_at) = pull_request.merged_at else { continue };
        if pull_request.state != PullRequestState::Merged {
            continue;
        }
        let deploy = pull_requests.spans(item).iter().find(|span| span.stage == Stage::Deploy);
        let is_lately = merged_at > from;
        let Some(deployed) = deploy.and_then(|span| span.left) else {
            // It waits, or nobody tells; what waits counts on the day that it is in production.
            changes.untold += usize::from(is_lately && deploy.is_none());
            continue;
        };
        if deployed <= from || deployed > context.now {
            continue;
        }
        if !left_out.matching(&pull_request.author).is_empty() {
            changes.by_left_out_authors += 1;
        } else if merged_at < first_known {
            changes.too_old += 1;
        } else if let Some(began) = began(pull_request).filter(|began| *began <= deployed) {
            changes.from_opening += usize::from(pull_request.started_at.is_none());
            changes.lead.push((deployed, (deployed - began).num_seconds() as f64, item));
        } else {
            // Nobody tells when it began, or its dates contradict each other.
            changes.untold += 1;
        }
    }
    changes
}

/// When work on a change began, as far as its source tells.
fn began(pull_request: &PullRequest) -> Option<Instant> {
    pull_request.started_at.or(pull_request.opened_at)
}

/// The thirteen weeks until `until`.
fn quarter(ran: &[Ran<'_>], failures: &Failures<'_>, changes: &Changes, until: Instant) -> Quarter {
    let is_in = |at: Instant| week_before(at, until).is_some_and(|week| week < QUARTER);
    let mut weekly = [0.0; QUARTER];
    for one in ran.iter().filter(|ran| ran.reached()) {
        if let Some(count) = week_before(one.ended, until).and_then(|week| weekly.get_mut(week)) {
            *count += 1.0;
        }
    }
    let failed: Vec<&Failure<'_>> =
        failures.all.iter().filter(|failure| is_in(ran[failure.ran].ended)).collect();
    let rework: BTreeSet<usize> = failures.all.iter().filter_map(|failure| failure.rework).collect();
    let recovery = failed.iter().filter_map(|failure| failure.recovery);
    Quarter {
        lead: sorted(changes.lead.iter().filter(|(at, ..)| is_in(*at)).map(|(_, seconds, _)| *seconds)),
        deployments: ran.iter().filter(|ran| is_in(ran.ended)).count(),
        weekly: sorted(weekly),
        recovery: sorted(recovery.map(|length| length.num_seconds() as f64)),
        unrecovered: failed.iter().filter(|failure| failure.recovery.is_none()).count(),
        failed: failed.len(),
        rework: rework.into_iter().filter(|index| is_in(ran[*index].ended)).count(),
    }
}

/// Whole weeks before `until` that something happened; none if it happened later.
fn week_before(at: Instant, until: Instant) -> Option<usize> {
    let seconds = (until - at).num_seconds();
    usize::try_from(seconds).ok().map(|seconds| seconds / (7 * 86_400))
}

fn metrics(now: &Quarter, then: Option<&Quarter>) -> [Metric; 5] {
    let share = |part: usize, all: usize| (all > 0).then(|| part as f64 / all as f64);
    let median = |sorted: &[f64]| quantile(sorted, 0.5);
    let a_week = |quarter: &Quarter| quarter.weekly.iter().sum::<f64>() / QUARTER as f64;
    let level = |cases: usize, value: Option<f64>, limits: Limits| {
        value.filter(|_| cases >= ENOUGH).map(|value| Level::up_to(value, limits))
    };
    let lead = median(&now.lead);
    let frequency = a_week(now);
    let change_fail = share(now.failed, now.deployments);
    let recovery = median(&now.recovery);
    let reached: f64 = now.weekly.iter().sum();
    let per_week = |value: f64| format!("{value:.1}/week");
    [
        Metric {
            name: "lead time for changes",
            now: lead,
            then: then.and_then(|then| median(&then.lead)),
            p50: lead,
            p85: quantile(&now.lead, 0.85),
            cases: now.lead.len(),
            level: level(now.lead.len(), lead, LEAD_LIMITS),
            is_cost: true,
            say: length,
        },
        Metric {
            name: "deployment frequency",
            now: Some(frequency),
            then: then.map(a_week),
            p50: quantile(&now.weekly, 0.5),
            p85: quantile(&now.weekly, 0.85),
            cases: reached as usize,
            level: level(reached as usize, Some(-frequency), FREQUENCY_LIMITS),
            is_cost: false,
            say: per_week,
        },
        Metric {
            name: "change fail rate",
            now: change_fail,
            then: then.and_then(|then| share(then.failed, then.deployments)),
            p50: None,
            p85: None,
            cases: now.deployments,
            level: level(now.deployments, change_fail, FAIL_LIMITS),
            is_cost: true,
            say: words::percent,
        },
        Metric {
            name: "failed deployment recovery time",
            now: recovery,
            then: then.and_then(|then| median(&then.recovery)),
            p50: recovery,
            p85: quantile(&now.recovery, 0.85),
            cases: now.recovery.len(),
            level: level(now.recovery.len(), recovery, RECOVERY_LIMITS),
            is_cost: true,
            say: length,
        },
        Metric {
            name: "deployment rework rate",
            now: share(now.rework, now.deployments),
            then: then.and_then(|then| share(then.rework, then.deployments)),
            p50: None,
            p85: None,
            cases: now.deployments,
            // The report of 2023 has none.
            level: None,
            is_cost: true,
            say: words::percent,
        },
    ]
}

fn figures(metrics: &[Metric; 5]) -> Vec<Figure> {
    const NAMES: [[&str; 4]; 5] = [
        ["lead_time", "lead_time_p50", "lead_time_p85", "lead_time_before"],
        ["frequency", "frequency_p50", "frequency_p85", "frequency_before"],
        ["change_fail_rate", "", "", "change_fail_rate_before"],
        ["recovery_time", "recovery_time_p50", "recovery_time_p85", "recovery_time_before"],
        ["rework_rate", "", "", "rework_rate_before"],
    ];
    const UNITS: [&str; 5] = ["seconds", "deployments a week", "share", "seconds", "share"];
    let named = metrics.iter().zip(NAMES).zip(UNITS).flat_map(|((metric, names), unit)| {
        let values = [metric.now, metric.p50, metric.p85, metric.then];
        names.into_iter().zip(values).map(move |(name, value)| Figure { name, value, unit })
    });
    named.filter(|figure| !figure.name.is_empty()).collect()
}

/// How many changes and recoveries took how long.
fn spread_figures(now: &Quarter) -> Vec<Figure> {
    const LEAD: [&str; 5] = [
        "lead_time_under_hour",
        "lead_time_under_day",
        "lead_time_under_week",
        "lead_time_under_month",
        "lead_time_longer",
    ];
    const RECOVERY: [&str; 5] = [
        "recovery_under_hour",
        "recovery_under_day",
        "recovery_under_week",
        "recovery_under_month",
        "recovery_longer",
    ];
    let recoveries = spread::figures(RECOVERY, "failures", &now.recovery);
    spread::figures(LEAD, "changes", &now.lead).into_iter().chain(recoveries).collect()
}

fn sentence(metrics: &[Metric; 5], now: &Quarter, worst: Option<Level>) -> String {
    let [lead, frequency, fail, recovery, _] = metrics;
    let said = |metric: &Metric| metric.now.map(metric.say);
    let mut parts = Vec::new();
    parts.extend(said(lead).map(|time| {
        format!("half of {} took {time} or less to production", words::count(lead.cases, "change", "changes"))
    }));
    parts.extend(said(frequency).map(|frequency| format!("{frequency} deployed")));
    parts.extend(said(fail).map(|share| {
        format!(
            "{} of {} failed ({share})",
            now.failed,
            words::count(now.deployments, "deployment", "deployments")
        )
    }));
    parts.extend(said(recovery).map(|time| match recovery.cases {
        1 => format!("the one failure was over in {time}"),
        cases => format!("half of {cases} were over in {time} or less"),
    }));
    let mut whole = format!("in {QUARTER} weeks {}", parts.join(", "));
    if let Some(level) = worst {
        let names: Vec<&str> =
            metrics.iter().filter(|metric| metric.level == worst).map(|metric| metric.name).collect();
        let names = words::list(&names, names.len());
        let _ = write!(whole, "; by the report of 2023 {} for {names}", level.word());
    }
    whole
}

/// What each metric counts in the last 13 weeks: the slowest changes; what reached production; what
/// failed; what took longest to be over; what a failure made necessary.
fn behind_metrics(
    material: &Material<'_>,
    ran: &[Ran<'_>],
    failures: &Failures<'_>,
    changes: &Changes,
) -> [Vec<Text>; 5] {
    let context = material.context;
    let calendar = &context.policy.calendar;
    let is_in = |at: Instant| week_before(at, context.now).is_some_and(|week| week < QUARTER);
    let mut slowest: Vec<_> = changes.lead.iter().filter(|(at, ..)| is_in(*at)).collect();
    slowest.sort_by(|(_, one, a), (_, other, b)| other.total_cmp(one).then(a.cmp(b)));
    let of_day = |ran: &Ran<'_>| name(ran, &words::day(ran.ended, calendar));
    let reached: Vec<&Ran<'_>> = ran.iter().rev().filter(|ran| ran.reached() && is_in(ran.ended)).collect();
    let failed: Vec<&Failure<'_>> =
        failures.all.iter().rev().filter(|failure| is_in(ran[failure.ran].ended)).collect();
    let mut over: Vec<(Duration, &Failure<'_>)> =
        failed.iter().filter_map(|failure| Some((failure.recovery?, *failure))).collect();
    over.sort_by_key(|(took, failure)| (std::cmp::Reverse(*took), failure.ran));
    let rework: BTreeSet<usize> = failures.all.iter().filter_map(|failure| failure.rework).collect();
    let rework: Vec<&Ran<'_>> =
        rework.into_iter().rev().map(|index| &ran[index]).filter(|ran| is_in(ran.ended)).collect();
    [
        behind(&slowest, |(_, seconds, item)| {
            let change = context.pull_requests[*item];
            format!("{} {}: {}", change.id, change.title, length(*seconds))
        }),
        behind(&reached, |ran| of_day(ran)),
        behind(&failed, |failure| of_day(&ran[failure.ran])),
        behind(&over, |(took, failure)| {
            format!("{}: {}", of_day(&ran[failure.ran]), length(took.num_seconds() as f64))
        }),
        behind(&rework, |ran| of_day(ran)),
    ]
}

fn row(metric: &Metric, behind: Vec<Text>) -> CardRow {
    let say = |value: Option<f64>| value.map_or("–".to_owned(), metric.say);
    let level = metric.level.map_or("no level", Level::word);
    let trend = metric.trend();
    CardRow {
        cells: [
            metric.name.to_owned(),
            say(metric.now),
            say(metric.p85),
            say(metric.then),
            metric.cases.to_string(),
            if trend.is_empty() { level.to_owned() } else { format!("{level}, {trend}") },
        ]
        .map(Text::new)
        .to_vec(),
        standing: metric.level.map_or(CardStanding::Told, Level::standing),
        subject: None,
        behind,
    }
}

fn failure_row(material: &Material<'_>, ran: &[Ran<'_>], failure: &Failure<'_>) -> CardRow {
    let calendar = &material.board.policy.calendar;
    let one = &ran[failure.ran];
    let recovered = failure.recovery.map(|it| length(it.num_seconds() as f64));
    let mut why = match failure.incident {
        Some(incident) => {
            let of = format!("{} {}", incident.key, incident.title);
            format!("{}: incident {of}", failure.sureness.word())
        }
        None => format!("{}: {}", failure.sureness.word(), one.deployment.state.word()),
    };
    why += &recovered.map_or("; not known to be over".to_owned(), |it| format!("; over after {it}"));
    if let Some(rework) = failure.rework {
        let _ = write!(why, "; then {}", name(&ran[rework], ""));
    }
    CardRow {
        cells: [
            name(one, words::day(one.ended, calendar).as_str()),
            one.deployment.state.word().to_owned(),
            String::new(),
            String::new(),
            String::new(),
            why,
        ]
        .map(Text::new)
        .to_vec(),
        standing: if failure.recovery.is_some() { CardStanding::Watch } else { CardStanding::Poor },
        subject: Some(Subject::Deployment(one.deployment.id.clone())),
        behind: Vec::new(),
    }
}

/// What went where, and when: `payments 4.1 production/eu Thu 29 Oct`.
fn name(ran: &Ran<'_>, day: &str) -> String {
    let deployment = ran.deployment;
    match &deployment.release {
        Some(release) => format!("{release} {} {day}", deployment.environment).trim_end().to_owned(),
        None => deployment.id.to_string(),
    }
}

fn picture(material: &Material<'_>, ran: &[Ran<'_>], failures: &Failures<'_>, changes: &Changes) -> Picture {
    let now = material.context.now;
    let calendar = &material.board.policy.calendar;
    let weeks = 2 * QUARTER;
    let place = |at: Instant| week_before(at, now).and_then(|week| (weeks - 1).checked_sub(week));
    let (mut deployed, mut failed) = (vec![0.0; weeks], vec![0.0; weeks]);
    let mut lead = vec![Vec::new(); weeks];
    for week in ran.iter().filter(|ran| ran.reached()).filter_map(|ran| place(ran.ended)) {
        deployed[week] += 1.0;
    }
    for week in failures.all.iter().filter_map(|failure| place(ran[failure.ran].ended)) {
        failed[week] += 1.0;
    }
    for (at, seconds, _) in &changes.lead {
        if let Some(week) = place(*at) {
            lead[week].push(*seconds / DAY);
        }
    }
    let counts = |values: Vec<f64>| values.into_iter().map(Some).collect();
    Picture::Lines {
        steps: names((0..weeks).map(|week| calendar.day(now - in_weeks(weeks - 1 - week)))),
        series: vec![
            Series {
                name: Text::new("lead time, days"),
                values: lead.into_iter().map(|days| quantile(&sorted(days), 0.5)).collect(),
                standing: CardStanding::Told,
            },
            Series { name: Text::new("deployments"), values: counts(deployed), standing: CardStanding::Told },
            Series { name: Text::new("failures"), values: counts(failed), standing: CardStanding::Poor },
        ],
        stacked: false,
    }
}

fn notes(
    changes: &Changes,
    failures: &Failures<'_>,
    now: &Quarter,
    undated: usize,
    is_alone: bool,
) -> Vec<Text> {
    let mut notes = vec![format!(
        "production only, finished deployments only, each environment on its own; times are medians of calendar \
         time; {} known",
        words::count(failures.incidents, "incident", "incidents")
    )];
    notes.extend(counted(
        changes.from_opening,
        ("change", "changes"),
        "counted from their opening: nobody tells the first commit",
    ));
    notes.extend(counted(undated, ("deployment", "deployments"), "counted at the end of their window"));
    if is_alone {
        notes.push("the quarter before is not known as a whole, so nothing is compared with it".to_owned());
    }
    if !is_level_told(now) {
        notes.push(format!("levels are told from {ENOUGH} cases on"));
    }
    notes.into_iter().map(Text::new).collect()
}

fn left_out(changes: &Changes, now: &Quarter) -> Vec<Text> {
    let of_changes = ("change", "changes");
    let said = [
        counted(
            changes.too_old,
            of_changes,
            "left out of lead time: merged before the first known deployment",
        ),
        counted(changes.by_left_out_authors, of_changes, "left out: of authors left out"),
        counted(
            changes.untold,
            of_changes,
            "left out of lead time: nobody tells when they ran in production",
        ),
        counted(now.unrecovered, ("failure", "failures"), "left out of recovery: not known to be over"),
    ];
    said.into_iter().flatten().map(Text::new).collect()
}

/// `3 changes counted from their opening`; nothing of none.
fn counted(number: usize, (one, many): (&str, &str), said: &str) -> Option<String> {
    (number > 0).then(|| format!("{} {said}", words::count(number, one, many)))
}

fn is_level_told(now: &Quarter) -> bool {
    [now.lead.len(), now.deployments, now.recovery.len()].into_iter().all(|cases| cases >= ENOUGH)
}

/// So many weeks; none have so many that they do not fit.
fn in_weeks(weeks: usize) -> Duration {
    Duration::weeks(i64::try_from(weeks).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_of_the_report_of_2023() {
        use CardStanding::{Good, Poor, Watch};
        use Level::{Elite, High, Low, Medium};
        // Each limit is still of the better level, what is a little worse is not.
        let table: [(Limits, [(f64, Level); 6]); 4] = [
            (
                LEAD_LIMITS,
                [
                    (86_400.0, Elite),
                    (86_401.0, High),
                    (604_800.0, High),
                    (604_801.0, Medium),
                    (2_592_000.0, Medium),
                    (2_592_001.0, Low),
                ],
            ),
            (
                FREQUENCY_LIMITS,
                [(-7.0, Elite), (-6.9, High), (-1.0, High), (-0.9, Medium), (-0.234, Medium), (-0.23, Low)],
            ),
            (
                FAIL_LIMITS,
                [(0.05, Elite), (0.051, High), (0.1, High), (0.101, Medium), (0.15, Medium), (0.151, Low)],
            ),
            (
                RECOVERY_LIMITS,
                [
                    (3_600.0, Elite),
                    (3_601.0, High),
                    (86_400.0, High),
                    (86_401.0, Medium),
                    (604_800.0, Medium),
                    (604_801.0, Low),
                ],
            ),
        ];
        for (limits, cases) in table {
            for (value, level) in cases {
                assert_eq!(Level::up_to(value, limits), level, "{value} of {limits:?}");
            }
        }
        let standings = [Elite, High, Medium, Low].map(Level::standing);
        assert_eq!(standings, [Good, Good, Watch, Poor]);
        assert!(Low < Medium && Medium < High && High < Elite);
    }
}

//! What each of the five metrics counts.

use std::{cmp::Reverse, collections::BTreeSet};

use chrono::Duration;

use crate::{
    domain::{Instant, Text},
    insight::words,
};

use super::{
    super::{
        Material, behind,
        incidents::{Failure, Failures, Ran},
        weeks::length,
    },
    Changes, QUARTER, name, week_before,
};

/// What each metric counts in the last 13 weeks: the slowest changes; what reached production; what
/// failed; what took longest to be over; what a failure made necessary.
pub(super) fn metrics(
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
    over.sort_by_key(|(took, failure)| (Reverse(*took), failure.ran));
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

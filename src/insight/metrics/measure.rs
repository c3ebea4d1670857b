//! What a metric is for one release, and the items that make it so.

use chrono::Duration;

use crate::domain::{Category, Instant, Items, PullRequestState, StoryKind};
use crate::insight::{
    PullRequestRow,
    context::{Context, later},
    findings::Findings,
    membership::Membership,
    query::{Amount, Field, Item, Query},
    stories::waits_for,
    test_results::TestResults,
};

use super::{Compiled, Work};

/// A release, and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a, 'b> {
    pub(crate) context: &'b Context<'a>,
    pub(crate) membership: &'b Membership,
    pub(crate) tests: &'b TestResults<'a>,
    pub(crate) pull_requests: &'b [PullRequestRow],
    /// Its position in the context.
    pub(crate) release: usize,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// There is nothing of that kind in the release.
    NotNeeded(&'static str),
    /// No number, and why.
    Unknown(String),
    /// At least and at most, and why they differ where they do.
    Range(f64, f64, String),
}

/// A metric of one release.
#[derive(Debug)]
pub(crate) struct Measured<'i> {
    pub(crate) outcome: Outcome,
    /// The items that count, by key.
    pub(crate) counted: Vec<Item<'i>>,
    /// Those that do not, each with why.
    pub(crate) left_out: Vec<(Item<'i>, &'static str)>,
}

/// What of the items counts.
#[derive(Default)]
struct Picked<'i> {
    sure: Vec<Item<'i>>,
    /// Their sources do not tell enough.
    maybe: Vec<Item<'i>>,
    left_out: Vec<(Item<'i>, &'static str)>,
}

/// Why something does not count that might.
pub(crate) const NOT_TOLD: &str = "its source does not tell enough";

impl Compiled {
    /// Its value for a release.
    pub(crate) fn measure<'i>(&self, inputs: Inputs<'i, 'i>) -> Measured<'i> {
        let (items, not_in_scope) = items(self.items, inputs);
        let is_empty = items.is_empty();
        let now = inputs.context.now;
        let mut picked = Picked { left_out: not_in_scope, ..Picked::default() };
        for item in items {
            picked.add(item, self.filter.matches(&item, now), self.period, now);
        }
        for items in [&mut picked.sure, &mut picked.maybe] {
            items.sort_by_cached_key(Item::key);
        }
        let outcome = match self.silence(inputs, is_empty) {
            Some(outcome) => outcome,
            None if self.is_tests_passing => match inputs.tests.share() {
                Some(share) => Outcome::Range(share, share, String::new()),
                None => Outcome::Unknown("no test ran".to_owned()),
            },
            None => self.outcome(&mut picked, now),
        };
        picked.left_out.extend(picked.maybe.into_iter().map(|item| (item, NOT_TOLD)));
        Measured { outcome, counted: picked.sure, left_out: picked.left_out }
    }

    /// Why there is no number, whatever the items say.
    fn silence(&self, inputs: Inputs<'_, '_>, is_empty: bool) -> Option<Outcome> {
        let Inputs { context, membership, tests, release, .. } = inputs;
        let is_now = self.period.is_none();
        match self.items {
            Items::Stories if is_empty => Some(Outcome::NotNeeded("no story in it")),
            Items::PullRequests if is_empty => Some(Outcome::NotNeeded("none in it")),
            // Where only commits say which are in it, nothing is known of those to come.
            Items::PullRequests if is_now && !membership.may_wait[release] => {
                Some(Outcome::NotNeeded("only merged ones are known"))
            }
            Items::TestRuns if is_now => tests.silence(context, membership, release).map(Outcome::Unknown),
            Items::TestRuns if is_empty => Some(Outcome::Unknown("no run for it".to_owned())),
            _ => None,
        }
    }

    fn outcome(&self, picked: &mut Picked<'_>, now: Instant) -> Outcome {
        let maybe = picked.maybe.len();
        let why = if maybe == 0 { String::new() } else { format!("{maybe} cannot be told") };
        match &self.work {
            Work::Count => {
                let sure = picked.sure.len() as f64;
                Outcome::Range(sure, sure + maybe as f64, why)
            }
            Work::Share(of) => share(picked, of, now),
            Work::Sum(field) => sum(picked, *field, now, why),
            Work::Median(_) | Work::P85(_) if maybe > 0 => Outcome::Unknown(why),
            Work::Median(field) => match picked.amounts(*field, now) {
                Ok(values) if !values.is_empty() => {
                    let middle = values.len() / 2;
                    let median = if values.len() % 2 == 1 {
                        values[middle]
                    } else {
                        f64::midpoint(values[middle - 1], values[middle])
                    };
                    Outcome::Range(median, median, String::new())
                }
                other => nothing_measured(other),
            },
            // Nearest rank, as everywhere on the board.
            Work::P85(field) => match picked.amounts(*field, now) {
                Ok(values) if !values.is_empty() => {
                    let rank = (0.85 * values.len() as f64).ceil() as usize;
                    let value = values[rank.clamp(1, values.len()) - 1];
                    Outcome::Range(value, value, String::new())
                }
                other => nothing_measured(other),
            },
        }
    }

    /// The first instant after now at which time alone may change it.
    pub(crate) fn changes_at(&self, inputs: Inputs<'_, '_>) -> Option<Instant> {
        let now = inputs.context.now;
        let (items, _) = items(self.items, inputs);
        let (of, field) = match &self.work {
            Work::Count => (None, None),
            Work::Share(of) => (Some(of), None),
            Work::Median(field) | Work::P85(field) | Work::Sum(field) => (None, Some(*field)),
        };
        let asks_slack = self.filter.asks(Field::Slack)
            || of.is_some_and(|of| of.asks(Field::Slack))
            || field == Some(Field::Slack);
        let minute = later(now, Duration::minutes(1));
        let mut next = (asks_slack && !items.is_empty()).then_some(minute);
        let mut at = |instant: Instant| {
            if instant > now && next.is_none_or(|next| instant < next) {
                next = Some(instant);
            }
        };
        for item in &items {
            self.filter.changes_at(item).into_iter().for_each(&mut at);
            of.into_iter().flat_map(|of| of.changes_at(item)).for_each(&mut at);
            if let (Some(period), Ok(Some(dated))) = (self.period, item.dated()) {
                at(dated);
                at(later(dated, period));
            }
            // A length of time that grows is another one every minute.
            if field.is_some_and(|field| item.runs_since(field).is_some()) {
                at(minute);
            }
        }
        next
    }
}

impl<'i> Picked<'i> {
    fn add(&mut self, item: Item<'i>, matches: Option<bool>, period: Option<Duration>, now: Instant) {
        if matches == Some(false) {
            self.left_out.push((item, "not asked for"));
            return;
        }
        let is_dated = match (period, item.dated()) {
            (None, _) => Some(true),
            (Some(_), Err(())) => None,
            (Some(_), Ok(None)) => {
                self.left_out.push((item, "has not happened yet"));
                return;
            }
            (Some(period), Ok(Some(at))) => {
                if at <= later(now, -period) || at > now {
                    self.left_out.push((item, "not in the period"));
                    return;
                }
                Some(true)
            }
        };
        match (matches, is_dated) {
            (Some(true), Some(true)) => self.sure.push(item),
            _ => self.maybe.push(item),
        }
    }

    /// The values of `field`, ascending. What has none is left out; one that nobody knows is an
    /// error.
    fn amounts(&mut self, field: Field, now: Instant) -> Result<Vec<f64>, String> {
        let mut values = Vec::with_capacity(self.sure.len());
        let mut unknown = 0_usize;
        let left_out = &mut self.left_out;
        self.sure.retain(|item| match item.amount(field, now) {
            Amount::Known(value) => {
                values.push(value);
                true
            }
            Amount::Absent => {
                left_out.push((*item, "has no such value"));
                false
            }
            Amount::Unknown => {
                unknown += 1;
                true
            }
        });
        values.sort_by(f64::total_cmp);
        if unknown > 0 { Err(format!("{unknown} cannot be told")) } else { Ok(values) }
    }
}

fn nothing_measured(values: Result<Vec<f64>, String>) -> Outcome {
    Outcome::Unknown(values.err().unwrap_or_else(|| "nothing to measure".to_owned()))
}

/// The least and the most that the share can be, whatever the items are that nobody knows.
fn share(picked: &mut Picked<'_>, of: &Query, now: Instant) -> Outcome {
    let (mut met, mut missed) = ((0_u32, 0_u32), (0_u32, 0_u32));
    let mut untold = 0_usize;
    for (item, is_sure) in
        picked.sure.iter().map(|item| (item, true)).chain(picked.maybe.iter().map(|item| (item, false)))
    {
        let answer = of.matches(item, now);
        // Least counts what surely meets and all that may miss; most the other way round.
        match answer {
            Some(true) => {
                met.0 += u32::from(is_sure);
                met.1 += 1;
            }
            Some(false) => {
                missed.0 += u32::from(is_sure);
                missed.1 += 1;
            }
            None => {
                met.1 += 1;
                missed.1 += 1;
            }
        }
        untold += usize::from(!is_sure || answer.is_none());
    }
    let ratio = |met: u32, missed: u32| f64::from(met) / (f64::from(met) + f64::from(missed));
    let (low, high) = (ratio(met.0, missed.1), ratio(met.1, missed.0));
    if low.is_nan() || high.is_nan() {
        let why = if untold == 0 {
            "none to take a share of".to_owned()
        } else {
            format!("{untold} cannot be told")
        };
        return Outcome::Unknown(why);
    }
    Outcome::Range(low, high, if untold == 0 { String::new() } else { format!("{untold} cannot be told") })
}

/// The sum, with what has no value anywhere from nothing up. Slack may be below nothing.
fn sum(picked: &mut Picked<'_>, field: Field, now: Instant, untold: String) -> Outcome {
    let (mut low, mut high) = (0.0, 0.0);
    let mut missing = 0_usize;
    let floor = if field == Field::Slack { f64::NEG_INFINITY } else { 0.0 };
    for (item, is_sure) in
        picked.sure.iter().map(|item| (item, true)).chain(picked.maybe.iter().map(|item| (item, false)))
    {
        match item.amount(field, now) {
            Amount::Known(value) if is_sure => {
                low += value;
                high += value;
            }
            Amount::Known(value) => {
                low += value.min(0.0);
                high += value.max(0.0);
            }
            Amount::Absent | Amount::Unknown => {
                missing += usize::from(is_sure);
                low += floor;
                high = f64::INFINITY;
            }
        }
    }
    let why = if missing > 0 { format!("{missing} without a value") } else { untold };
    Outcome::Range(low, high, why)
}

/// Items of the release that are in scope, and those that are not, each with why.
fn items<'i>(kind: Items, inputs: Inputs<'i, 'i>) -> (Vec<Item<'i>>, Vec<(Item<'i>, &'static str)>) {
    let Inputs { context, membership, tests, pull_requests, release } = inputs;
    let mut left_out = Vec::new();
    let items = match kind {
        Items::Stories | Items::Defects => {
            let wanted = if kind == Items::Stories { StoryKind::Story } else { StoryKind::Defect };
            let mut items = Vec::new();
            for member in &membership.stories[release] {
                let story = context.stories[member.item];
                if story.kind != wanted {
                    continue;
                }
                let is_blocked = !story.blocked_by.is_empty() && !waits_for(context, story).is_empty();
                let item = Item::Story { story, is_blocked };
                if story.category == Category::Dropped {
                    left_out.push((item, "dropped"));
                } else {
                    items.push(item);
                }
            }
            items
        }
        Items::PullRequests => {
            let mut items = Vec::new();
            for row in pull_requests {
                let item = Item::PullRequest { row, release: Some(&**context.releases[release]) };
                if row.pull_request.state == PullRequestState::Closed {
                    left_out.push((item, "closed unmerged"));
                } else {
                    items.push(item);
                }
            }
            items
        }
        Items::Findings => {
            let since = Findings::of(context, membership, release).since;
            let findings = membership.findings[release].iter().map(|item| &**context.findings[*item]);
            let findings = findings.filter(|finding| !finding.is_remark());
            findings
                .map(|finding| Item::Finding {
                    finding,
                    is_new: since.is_none_or(|since| finding.opened_at > since),
                })
                .collect()
        }
        Items::TestRuns => {
            let runs = membership.test_runs[release].iter().map(|item| &**context.test_runs[*item]);
            runs.map(|run| {
                let newest = tests.newest.get(run.suite.as_str());
                Item::TestRun { run, is_newest: newest.is_some_and(|newest| std::ptr::eq(*newest, run)) }
            })
            .collect()
        }
        Items::Deployments => {
            let names: Vec<_> = membership.names(release).map(|index| &context.releases[index].id).collect();
            let deployments = context.deployments.iter().map(|deployment| &***deployment);
            deployments
                .filter(|deployment| deployment.release.as_ref().is_some_and(|id| names.contains(&id)))
                .map(|deployment| Item::Deployment {
                    deployment,
                    is_production: context.is_production(&deployment.environment),
                })
                .collect()
        }
    };
    (items, left_out)
}

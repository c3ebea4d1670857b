//! Builds of the main branches: every merge makes a head, whose checks run and end. Most pass; in
//! the ledger, whose team is in trouble, more fail than elsewhere, and the last ones for sure.

use std::{collections::HashMap, sync::Arc};

use chrono::Duration;

use crate::domain::{Build, BuildId, Check, CheckOutcome, Instant, Text};

use super::{
    cast::{LEDGER, PRODUCTS},
    draft::{Draft, link},
    life::{CHECKS, Life},
    present::main_release,
    rhythm::{chance, generator, pick},
    script::ROUND,
};

/// The branch that everything is merged into.
const MAIN: &str = "main";
/// Days before the anchor from which on the ledger is in trouble.
const TROUBLE_DAYS: i64 = 12;
/// Of [`CHECKS`], those that fail now and then after a merge.
const FRAGILE: [usize; 2] = [2, 3];

/// The life of the main branch of a repository.
pub(super) struct BuildLife {
    repository: Text,
    /// Oldest first.
    heads: Vec<Head>,
}

/// A head of the branch, until the next one.
struct Head {
    at: Instant,
    commit: Text,
    /// When its checks ended.
    ended_at: Instant,
    /// Which of [`CHECKS`] failed.
    failed: Option<usize>,
    /// When that one passed, run again.
    again_at: Option<Instant>,
}

/// Makes the main branches of all products.
pub(super) fn make(draft: &Draft) -> Vec<BuildLife> {
    let merges = merges(draft);
    let lives = PRODUCTS.iter().enumerate().filter_map(|(product, details)| {
        let merges = merges.get(details.repository)?;
        let newest = merges.partition_point(|(at, _)| *at < draft.anchor).checked_sub(1);
        let heads = merges.iter().enumerate().map(|(index, (at, commit))| {
            // Chance belongs to the head, whatever else is merged.
            let number = usize::try_from(at.timestamp().unsigned_abs()).unwrap_or(index);
            let mut rng = generator(draft.seed, "build", [product, number]);
            let is_in_trouble = product == LEDGER
                && *at > draft.anchor - Duration::days(TROUBLE_DAYS)
                && *at < draft.anchor + Duration::days(1);
            let fails = chance(&mut rng, if is_in_trouble { 0.4 } else { 0.07 });
            let failed = pick(&mut rng, &FRAGILE);
            let ended_at = *at + Duration::seconds(rng.i64(7 * 60..19 * 60));
            let again_at = ended_at + Duration::minutes(rng.i64(20..80));
            let is_run_again = chance(&mut rng, 0.4);
            let is_sure =
                product == LEDGER && newest <= Some(index) && *at < draft.anchor + Duration::hours(12);
            Head {
                at: *at,
                commit: commit.clone(),
                ended_at,
                failed: (fails || is_sure).then_some(failed),
                again_at: (fails && is_run_again && !is_sure).then_some(again_at),
            }
        });
        Some(BuildLife { repository: Text::new(details.repository), heads: heads.collect() })
    });
    lives.collect()
}

/// What was merged when, oldest first, by repository. Of the release on screen only what does not
/// depend on how large it was made.
fn merges(draft: &Draft) -> HashMap<&str, Vec<(Instant, Text)>> {
    let main = main_release();
    let mut scripted = 0;
    let mut merges: HashMap<&str, Vec<(Instant, Text)>> = HashMap::new();
    for pull in &draft.pull_requests {
        if pull.whole.milestone.as_ref() == Some(main.text()) {
            scripted += 1;
            if scripted > ROUND {
                continue;
            }
        }
        if let (Some(at), Some(commit)) = (pull.whole.merged_at, &pull.whole.merge_commit) {
            merges.entry(pull.whole.repository.as_str()).or_default().push((at, commit.clone()));
        }
    }
    for merges in merges.values_mut() {
        merges.sort();
    }
    merges
}

impl Head {
    /// How check number `check` stands at `now`, and since when.
    fn check(&self, check: usize, now: Instant) -> (CheckOutcome, Instant) {
        if now < self.ended_at {
            return (CheckOutcome::Running, self.at);
        }
        match self.again_at.filter(|again| *again <= now) {
            _ if self.failed != Some(check) => (CheckOutcome::Passed, self.ended_at),
            Some(again) => (CheckOutcome::Passed, again),
            None => (CheckOutcome::Failed, self.ended_at),
        }
    }
}

impl Life for BuildLife {
    type Item = Build;

    fn at(&self, now: Instant) -> Option<Arc<Build>> {
        let head = &self.heads[self.heads.partition_point(|head| head.at <= now).checked_sub(1)?];
        let checks = CHECKS.iter().enumerate().map(|(index, (name, step, required))| {
            let (outcome, at) = head.check(index, now);
            Check { name: Text::new(name), step: *step, required: *required, outcome, at: Some(at) }
        });
        let checks: Vec<Check> = checks.collect();
        Some(Arc::new(Build {
            id: BuildId::of(&self.repository, MAIN),
            repository: self.repository.clone(),
            branch: Text::new(MAIN),
            at: checks.iter().filter_map(|check| check.at).max().unwrap_or(head.at),
            url: Some(link("builds", &format!("{}/{}", self.repository, head.commit))),
            commit: head.commit.clone(),
            checks,
        }))
    }

    fn times(&self, each: &mut dyn FnMut(Instant)) {
        for (index, head) in self.heads.iter().enumerate() {
            let next = self.heads.get(index + 1).map(|next| next.at);
            let is_seen = |at: &Instant| next.is_none_or(|next| *at < next);
            each(head.at);
            [Some(head.ended_at), head.again_at].into_iter().flatten().filter(is_seen).for_each(&mut *each);
        }
    }
}

//! What an analyzer found before and finds no longer: fixed, since the analysis that did not find
//! it any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::sarif::MARK;
use crate::domain::{Finding, FindingState, Instant, Text};

/// What was fixed so many days ago is told no longer.
const TOLD_DAYS: i64 = 180;
/// Findings that are remembered, at most: those that were told last.
const MOST: usize = 20_000;

/// The tool, the repository, the part and the branch: an analysis of another one says nothing.
type Series = (Text, Text, Option<Text>, Option<Text>);

/// The findings that were told, with the instant of the newest analysis by then of the same
/// tool, repository, part and branch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Told(BTreeMap<Text, (Instant, Finding)>);

impl Told {
    /// Nothing was told yet.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds to `found` what a newer analysis of the same finds no longer.
    ///
    /// While a file cannot be read or an analysis failed, nothing is taken for fixed: what is
    /// missing may be in there.
    pub(super) fn complete(&mut self, found: &mut Vec<Finding>, is_whole: bool, now: Instant) {
        let mut analyzed: HashMap<Series, Instant> = HashMap::new();
        for analysis in found.iter().filter(|finding| finding.is_analysis()) {
            let newest = analyzed.entry(by(analysis)).or_insert(analysis.opened_at);
            *newest = analysis.opened_at.max(*newest);
        }
        let there: BTreeSet<&Text> = found.iter().map(|finding| finding.id.text()).collect();
        if is_whole {
            for (id, (at, finding)) in &mut self.0 {
                let newer = analyzed.get(&by(finding)).filter(|newer| **newer > *at);
                let is_gone = !there.contains(id) && finding.state != FindingState::Fixed;
                if let (true, Some(newer)) = (is_gone, newer) {
                    finding.state = FindingState::Fixed;
                    finding.closed_at = Some(*newer);
                }
            }
        }
        let since = now.checked_sub_signed(TimeDelta::days(TOLD_DAYS));
        let is_told = |finding: &Finding| {
            finding.state != FindingState::Fixed || since.is_none_or(|since| finding.closed_at >= Some(since))
        };
        self.0.retain(|id, (_, finding)| !there.contains(id) && is_told(finding));
        let fixed = self.0.values().filter(|(_, finding)| finding.state == FindingState::Fixed);
        let fixed: Vec<Finding> = fixed.map(|(_, finding)| finding.clone()).collect();
        for finding in found.iter().filter(|finding| !finding.is_analysis() && finding.rule.as_str() != MARK)
        {
            if let Some(at) = analyzed.get(&by(finding)) {
                self.0.insert(finding.id.text().clone(), (*at, finding.clone()));
            }
        }
        self.bound();
        found.extend(fixed);
    }

    /// Forgets the oldest beyond what is remembered.
    fn bound(&mut self) {
        if self.0.len() > MOST {
            let mut instants: Vec<Instant> = self.0.values().map(|(at, _)| *at).collect();
            instants.sort_unstable_by(|one, other| other.cmp(one));
            let oldest = instants[MOST - 1];
            self.0.retain(|_, (at, _)| *at >= oldest);
            while self.0.len() > MOST {
                self.0.pop_last();
            }
        }
    }
}

/// What an analysis is one of.
fn by(finding: &Finding) -> Series {
    let Finding { tool, repository, part, branch, .. } = finding;
    (tool.clone(), repository.clone(), part.clone(), branch.clone())
}

//! What a branch demands before something is merged into it.
//!
//! It says which checks are required, too: GitHub's own `isRequired` of a check wants to be told
//! the number of its pull request, and so cannot be asked of a list of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::wire::UpdateRule;
use crate::domain::Text;

/// What a branch demands, from protection rules and rulesets together: the stricter one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BranchRules {
    /// Approvals. None: none are demanded, or nobody tells.
    pub(super) approvals: Option<u32>,
    /// Names of checks that must pass.
    pub(super) checks: BTreeSet<Text>,
}

/// One active rule of a ruleset, as `GET /repos/{owner}/{repo}/rules/branches/{branch}` has it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RulesetRule {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Parameters {
    required_approving_review_count: Option<u32>,
    #[serde(default)]
    required_status_checks: Vec<RequiredCheck>,
}

#[derive(Clone, Debug, Deserialize)]
struct RequiredCheck {
    context: Text,
}

impl BranchRules {
    /// Adds what a protection rule demands.
    pub(super) fn add_protection(&mut self, rule: &UpdateRule) {
        self.approve(rule.required_approving_review_count);
        self.checks.extend(rule.required_status_check_contexts.iter().flatten().flatten().cloned());
    }

    /// Adds what a rule of a ruleset demands.
    pub(super) fn add_ruleset(&mut self, rule: &RulesetRule) {
        let Some(parameters) = &rule.parameters else { return };
        match rule.kind.as_str() {
            "pull_request" => self.approve(parameters.required_approving_review_count),
            "required_status_checks" => {
                self.checks
                    .extend(parameters.required_status_checks.iter().map(|check| check.context.clone()));
            }
            _ => {}
        }
    }

    fn approve(&mut self, count: Option<u32>) {
        self.approvals = self.approvals.max(count.filter(|count| *count > 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_rule_counts() {
        let mut rules = BranchRules::default();
        let protection =
            r#"{"requiredApprovingReviewCount": 1, "requiredStatusCheckContexts": ["build", null]}"#;
        rules.add_protection(&serde_json::from_str(protection).unwrap());
        // The shapes of GitHub's documentation of "Get rules for a branch".
        let rulesets = r#"[
            {"type": "commit_message_pattern", "ruleset_source_type": "Repository", "ruleset_id": 42,
             "parameters": {"operator": "starts_with", "pattern": "x"}},
            {"type": "deletion"},
            {"type": "pull_request", "parameters": {"required_approving_review_count": 2,
             "require_code_owner_review": true}},
            {"type": "required_status_checks", "parameters": {"strict_required_status_checks_policy": true,
             "required_status_checks": [{"context": "test", "integration_id": 1}]}}
        ]"#;
        for rule in serde_json::from_str::<Vec<RulesetRule>>(rulesets).unwrap() {
            rules.add_ruleset(&rule);
        }
        assert_eq!(rules.approvals, Some(2));
        assert_eq!(rules.checks, BTreeSet::from([Text::new("build"), Text::new("test")]));
    }
}

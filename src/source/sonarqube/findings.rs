//! What issues, hotspots and quality gates of `SonarQube` are as findings.
//!
//! A condition of a quality gate that is not met is a critical finding of the rule `quality gate:
//! METRIC`: as a gate of one's own, it is meant to stop a release. What stands for the analysis
//! says which commit it looked at, so that no gate takes an older one for an answer.

use super::wire::{Condition, Hotspot, Issue, ProjectStatus};
use crate::domain::{Finding, FindingId, FindingState, Instant, Severity, Text};

/// Of what findings are, and where a person sees them.
#[derive(Clone, Debug)]
pub(super) struct Analyzed<'a> {
    /// The key of the project.
    pub(super) key: &'a str,
    /// The repository on the board.
    pub(super) repository: Text,
    /// The branch; none: the main one.
    pub(super) branch: Option<&'a str>,
    /// The commit that was looked at last.
    pub(super) commit: Option<Text>,
    /// When it was looked at.
    pub(super) at: Instant,
    /// The address of the site, ending with a slash.
    pub(super) site: &'a str,
}

/// The analyzer, as it is called on the board.
const TOOL: &str = "SonarQube";

impl Analyzed<'_> {
    fn finding(&self, id: &str, rule: Text, title: Text, opened_at: Instant) -> Finding {
        let branch = self.branch.map(|branch| format!("@{branch}")).unwrap_or_default();
        Finding {
            id: FindingId::new(format!("{}{branch}!{id}", self.key)),
            repository: self.repository.clone(),
            tool: TOOL.into(),
            rule,
            title,
            severity: None,
            state: FindingState::Open,
            path: None,
            line: None,
            release: None,
            part: Some(Text::new(self.key)),
            branch: self.branch.map(Text::new),
            commit: None,
            opened_at,
            closed_at: None,
            url: None,
        }
    }

    fn address(&self, page: &str, selection: &str) -> Text {
        let segment = crate::source::http::Request::segment;
        let branch = self.branch.map(|branch| format!("&branch={}", segment(branch))).unwrap_or_default();
        Text::new(format!("{}{page}?id={}{branch}{selection}", self.site, segment(self.key)))
    }

    /// The file of a component: `project:src/main.rs`.
    fn path(&self, component: Option<&Text>) -> Option<Text> {
        let path = component?.strip_prefix(self.key)?.strip_prefix(':')?;
        (!path.is_empty()).then(|| Text::new(path))
    }

    /// What stands for the analysis itself.
    pub(super) fn analysis(&self) -> Finding {
        let rule = Text::new(Finding::ANALYSIS);
        Finding {
            state: FindingState::Dismissed,
            commit: self.commit.clone(),
            closed_at: Some(self.at),
            url: Some(self.address("dashboard", "")),
            ..self.finding("analysis", rule, "what was analyzed".into(), self.at)
        }
    }

    /// An issue.
    pub(super) fn issue(&self, issue: &Issue) -> Finding {
        let state = issue_state(issue);
        let closed = issue.close_date.or(issue.update_date).map(|at| at.0);
        let rule = issue.rule.clone().unwrap_or_default();
        let title = issue.message.clone().unwrap_or_else(|| rule.clone());
        Finding {
            severity: issue_severity(issue),
            state,
            path: self.path(issue.component.as_ref()),
            line: issue.line.filter(|line| *line > 0),
            commit: self.commit.clone().filter(|_| is_open(state)),
            closed_at: closed.filter(|_| !is_open(state)),
            url: Some(self.address("project/issues", &format!("&open={}", segment(&issue.key)))),
            ..self.finding(&issue.key, rule, title, issue.creation_date.0)
        }
    }

    /// A place that somebody has to look at, whether it is a weakness or not.
    pub(super) fn hotspot(&self, hotspot: &Hotspot) -> Finding {
        let word = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_ascii_uppercase();
        let state = match (word(&hotspot.status).as_str(), word(&hotspot.resolution).as_str()) {
            ("TO_REVIEW", _) => FindingState::Open,
            ("REVIEWED", "FIXED") => FindingState::Fixed,
            ("REVIEWED", "SAFE" | "ACKNOWLEDGED") => FindingState::Dismissed,
            _ => FindingState::Unknown,
        };
        let category = hotspot.security_category.as_deref().unwrap_or("others");
        let rule =
            hotspot.rule_key.clone().unwrap_or_else(|| Text::new(format!("security hotspot: {category}")));
        let title = hotspot.message.clone().unwrap_or_else(|| rule.clone());
        Finding {
            severity: severity(&word(&hotspot.vulnerability_probability)),
            state,
            path: self.path(hotspot.component.as_ref()),
            line: hotspot.line.filter(|line| *line > 0),
            commit: self.commit.clone().filter(|_| is_open(state)),
            closed_at: hotspot.update_date.map(|at| at.0).filter(|_| !is_open(state)),
            url: Some(self.address("security_hotspots", &format!("&hotspots={}", segment(&hotspot.key)))),
            ..self.finding(&hotspot.key, rule, title, hotspot.creation_date.0)
        }
    }

    /// How the quality gate stands: its name, in a word how it is, and its conditions; none where the
    /// project has no gate.
    pub(super) fn how_the_gate_stands(&self, gate: &ProjectStatus, name: Option<&Text>) -> Option<Finding> {
        let (word, severity) = match gate.status.as_str() {
            "NONE" => return None,
            "OK" => ("passed".to_owned(), Some(Severity::Low)),
            "WARN" => ("warns".to_owned(), Some(Severity::Medium)),
            "ERROR" => ("failed".to_owned(), Some(Severity::Critical)),
            other => (format!("says {other}"), None),
        };
        let is_met = |condition: &&Condition| matches!(condition.status.as_str(), "OK" | "NO_VALUE");
        let (met, unmet): (Vec<&Condition>, Vec<&Condition>) = gate.conditions.iter().partition(is_met);
        let mut said: Vec<String> = unmet.into_iter().map(words).collect();
        if !met.is_empty() {
            let names: Vec<&str> = met.iter().map(|condition| condition.metric_key.as_str()).collect();
            said.push(format!("met: {}", names.join(", ")));
        }
        let called = name.map_or("the quality gate", Text::as_str);
        let conditions = if said.is_empty() { "it has no conditions".to_owned() } else { said.join("; ") };
        let title = Text::new(format!("{called} {word}: {conditions}"));
        Some(Finding {
            severity,
            state: FindingState::Dismissed,
            commit: self.commit.clone(),
            closed_at: Some(self.at),
            url: Some(self.address("dashboard", "")),
            ..self.finding("gate", Text::new(Finding::QUALITY_GATE), title, self.at)
        })
    }

    /// What of the quality gate is not met. One that says something unheard of is a finding that
    /// nobody rated.
    pub(super) fn quality_gate(&self, gate: &ProjectStatus) -> Vec<Finding> {
        let of = |metric: &str, title: String, severity| Finding {
            severity,
            commit: self.commit.clone(),
            url: Some(self.address("dashboard", "")),
            ..self.finding(
                &format!("gate/{metric}"),
                Text::new(format!("quality gate: {metric}")),
                Text::new(title),
                self.at,
            )
        };
        let mut found: Vec<Finding> = gate
            .conditions
            .iter()
            .filter_map(|condition| {
                let severity = match condition.status.as_str() {
                    "OK" | "NO_VALUE" => return None,
                    "ERROR" => Some(Severity::Critical),
                    "WARN" => Some(Severity::Medium),
                    _ => None,
                };
                Some(of(&condition.metric_key, words(condition), severity))
            })
            .collect();
        let is_red = match gate.status.as_str() {
            // NONE: the project has no gate.
            "OK" | "NONE" | "WARN" => false,
            _ => found.iter().all(|finding| finding.severity != Some(Severity::Critical)),
        };
        if is_red {
            let severity = (gate.status.as_str() == "ERROR").then_some(Severity::Critical);
            found.push(of("status", format!("the quality gate says {}", gate.status), severity));
        }
        found
    }
}

/// `new_coverage is 82.5, and must not be less than 85`.
fn words(condition: &Condition) -> String {
    let actual = condition.actual_value.as_deref().unwrap_or("not known");
    // 82.50562381034781 says no more than 82.51.
    let actual = match actual.parse::<f64>() {
        Ok(number) if actual.len() > 8 => format!("{number:.2}"),
        _ => actual.to_owned(),
    };
    let threshold = condition.error_threshold.as_deref();
    let limit = match (condition.comparator.as_deref(), threshold) {
        (Some("LT"), Some(threshold)) => format!(", and must not be less than {threshold}"),
        (Some("GT"), Some(threshold)) => format!(", and must not be more than {threshold}"),
        (_, Some(threshold)) => format!(", against {threshold}"),
        (_, None) => String::new(),
    };
    format!("{} is {actual}{limit}", condition.metric_key)
}

fn segment(key: &str) -> String {
    crate::source::http::Request::segment(key)
}

fn is_open(state: FindingState) -> bool {
    matches!(state, FindingState::Open | FindingState::Unknown)
}

fn issue_state(issue: &Issue) -> FindingState {
    let word = |text: &Option<Text>| text.as_deref().unwrap_or_default().to_ascii_uppercase();
    let in_one_word = if issue.issue_status.is_some() { &issue.issue_status } else { &issue.simple_status };
    match word(in_one_word).as_str() {
        "OPEN" | "CONFIRMED" => return FindingState::Open,
        "FIXED" => return FindingState::Fixed,
        "ACCEPTED" | "FALSE_POSITIVE" => return FindingState::Dismissed,
        _ => {}
    }
    match (word(&issue.status).as_str(), word(&issue.resolution).as_str()) {
        ("OPEN" | "CONFIRMED" | "REOPENED", _) => FindingState::Open,
        ("RESOLVED" | "CLOSED", "FIXED" | "REMOVED") => FindingState::Fixed,
        ("RESOLVED" | "CLOSED", "WONTFIX" | "FALSE-POSITIVE") => FindingState::Dismissed,
        _ => FindingState::Unknown,
    }
}

/// The worst that it does to any quality, or how bad it was called before version 10.
fn issue_severity(issue: &Issue) -> Option<Severity> {
    let impacts = issue.impacts.iter().filter_map(|impact| severity(impact.severity.as_deref()?));
    issue
        .severity
        .as_deref()
        .and_then(|word| match word {
            // Of the words of before, the second is not the worst.
            "CRITICAL" => Some(Severity::High),
            "MAJOR" => Some(Severity::Medium),
            "MINOR" => Some(Severity::Low),
            other => severity(other),
        })
        .into_iter()
        .chain(impacts)
        .max()
}

fn severity(word: &str) -> Option<Severity> {
    Some(match word {
        "BLOCKER" => Severity::Critical,
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" | "INFO" => Severity::Low,
        _ => return None,
    })
}

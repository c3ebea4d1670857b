//! Alerts of code scanning, as findings.
//!
//! They come over REST: GraphQL has none. A repository where code scanning is off, or that was
//! never analyzed, has no findings and no problem: most repositories are so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    graphql::note,
    naming::Naming,
    notice::{accepting, path},
    settings::GithubRepository,
};
use crate::{
    domain::{Finding, FindingId, FindingState, Instant, Problem, Severity, Text},
    source::http::{HttpError, HttpErrorKind, Pages, Request, Session},
};

/// Where they are, below the repository.
pub(super) const PATH: &str = "code-scanning/alerts";
/// What reading them needs.
pub(super) const PERMISSION: &str = "Code scanning alerts: read";
/// Most pages of one list, of a hundred alerts each.
const MOST_PAGES: usize = 50;

/// An alert, as `GET /repos/{owner}/{repo}/code-scanning/alerts` has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Alert {
    pub(super) number: u64,
    state: Option<Text>,
    created_at: Instant,
    pub(super) updated_at: Option<Instant>,
    fixed_at: Option<Instant>,
    dismissed_at: Option<Instant>,
    html_url: Option<Text>,
    rule: Option<Rule>,
    tool: Option<Tool>,
    most_recent_instance: Option<Instance>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Rule {
    id: Option<Text>,
    name: Option<Text>,
    severity: Option<Text>,
    security_severity_level: Option<Text>,
    description: Option<Text>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Tool {
    name: Option<Text>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Instance {
    commit_sha: Option<Text>,
    message: Option<Message>,
    location: Option<Location>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Message {
    text: Option<Text>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Location {
    path: Option<Text>,
    start_line: Option<u32>,
}

impl Alert {
    /// Its last change; when it was found for one that says none.
    pub(super) fn changed_at(&self) -> Instant {
        self.updated_at.unwrap_or(self.created_at)
    }
}

/// The finding that `alert` is.
pub(super) fn finding(alert: &Alert, naming: &Naming) -> Finding {
    let state = state(alert.state.as_deref());
    let rule = alert.rule.as_ref();
    let instance = alert.most_recent_instance.as_ref();
    let location = instance.and_then(|instance| instance.location.as_ref());
    let of_rule = |of: fn(&Rule) -> &Option<Text>| {
        rule.and_then(|rule| of(rule).clone()).filter(|text| !text.is_empty())
    };
    let message = instance.and_then(|instance| instance.message.as_ref()?.text.clone());
    let is_closed = matches!(state, FindingState::Fixed | FindingState::Dismissed);
    Finding {
        id: FindingId::new(format!("{}#{}", naming.repository, alert.number)),
        repository: naming.repository.clone(),
        tool: alert.tool.as_ref().and_then(|tool| tool.name.clone()).unwrap_or_default(),
        rule: of_rule(|rule| &rule.id).or_else(|| of_rule(|rule| &rule.name)).unwrap_or_default(),
        title: of_rule(|rule| &rule.description)
            .or(message)
            .or_else(|| of_rule(|rule| &rule.name))
            .unwrap_or_default(),
        severity: rule.and_then(severity),
        state,
        path: location.and_then(|location| location.path.clone()),
        line: location.and_then(|location| location.start_line).filter(|line| *line > 0),
        release: None,
        part: None,
        branch: None,
        commit: instance.and_then(|instance| instance.commit_sha.clone()),
        opened_at: alert.created_at,
        closed_at: alert.fixed_at.or(alert.dismissed_at).filter(|_| is_closed),
        url: alert.html_url.clone(),
    }
}

fn state(state: Option<&str>) -> FindingState {
    match state.map(str::to_ascii_lowercase).as_deref() {
        Some("open") => FindingState::Open,
        Some("fixed") => FindingState::Fixed,
        Some("dismissed" | "auto_dismissed") => FindingState::Dismissed,
        _ => FindingState::Unknown,
    }
}

/// How bad it is for security, where the rule is about that; else how sure the tool is that it
/// must be mended. `none` is no severity.
fn severity(rule: &Rule) -> Option<Severity> {
    let said = rule.security_severity_level.as_ref().or(rule.severity.as_ref())?;
    Some(match said.to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" | "error" => Severity::High,
        "medium" | "warning" => Severity::Medium,
        "low" | "note" => Severity::Low,
        _ => return None,
    })
}

/// Whether `error` says that there is no code scanning here, rather than that the token may not
/// see it.
pub(super) fn is_not_there(error: &HttpErrorKind) -> bool {
    match error {
        HttpErrorKind::Forbidden { message, .. } => !message.contains("Resource not accessible"),
        HttpErrorKind::NotFound | HttpErrorKind::Rejected { .. } => true,
        _ => false,
    }
}

/// Reads alerts into `known`: all that are open and those that ended at `since` or later, or,
/// where some are known `until` an instant, those that changed then or later. The instant of the
/// last change that is known now, and what could not be read.
pub(super) async fn read(
    session: &Session<'_>,
    prefix: &str,
    repository: &GithubRepository,
    known: &mut BTreeMap<u64, Alert>,
    (since, until): (Instant, Option<Instant>),
) -> Result<(Option<Instant>, Vec<Problem>), HttpError> {
    let lists: &[(Option<&str>, Instant)] = match until {
        Some(until) => &[(None, until)],
        None => &[(Some("open"), Instant::MIN_UTC), (Some("fixed"), since), (Some("dismissed"), since)],
    };
    let mut problems = Vec::new();
    let mut latest = until;
    for (state, from) in lists {
        let mut request = Request::get("code scanning alerts", path(prefix, repository, PATH))
            .never_remembered()
            .query("sort", "updated")
            .query("direction", "desc")
            .query("per_page", "100");
        if let Some(state) = state {
            request = request.query("state", state);
        }
        let mut pages = Pages::new(session, accepting(request));
        let mut read = 0;
        while let Some(page) = pages.next().await? {
            read += 1;
            let items = page.items::<Alert>(&[])?;
            for lost in items.lost {
                note(&mut problems, lost.problem());
            }
            let is_last = items.kept.iter().any(|alert| alert.changed_at() < *from);
            for alert in items.kept.into_iter().filter(|alert| alert.changed_at() >= *from) {
                latest = latest.max(Some(alert.changed_at()));
                known.insert(alert.number, alert);
            }
            if is_last {
                break;
            }
            if read >= MOST_PAGES && page.next().is_some() {
                let what = format!(
                    "{}: {}/{} has more than {} alerts of code scanning: those that changed last are read",
                    page.error(HttpErrorKind::NotFound).service(),
                    repository.owner,
                    repository.name,
                    MOST_PAGES * 100
                );
                problems.push(Problem::new(what, "close the alerts that nobody will work on"));
                break;
            }
        }
    }
    Ok((latest.or(Some(since)), problems))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn states_and_severities_are_what_the_alert_says_and_never_better() {
        use FindingState::{Dismissed, Fixed, Open, Unknown};
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        for (said, security, severity, expected, bad) in [
            (json!("open"), Some("critical"), "note", Open, Some(Severity::Critical)),
            (json!("open"), None, "error", Open, Some(Severity::High)),
            (json!("fixed"), None, "warning", Fixed, Some(Severity::Medium)),
            (json!("dismissed"), Some("low"), "error", Dismissed, Some(Severity::Low)),
            (json!("auto_dismissed"), Some("medium"), "error", Dismissed, Some(Severity::Medium)),
            (json!("hibernating"), Some("apocalyptic"), "error", Unknown, None),
            (json!(null), None, "none", Unknown, None),
        ] {
            let alert: Alert = serde_json::from_value(json!({
                "number": 3, "state": said, "created_at": "2026-10-01T08:00:00Z",
                "fixed_at": "2026-10-02T08:00:00Z", "tool": { "name": "CodeQL" },
                "rule": { "id": "js/xss", "severity": severity, "security_severity_level": security,
                          "description": "Cross-site scripting" },
            }))
            .unwrap();
            let told = finding(&alert, &naming);
            assert_eq!((told.state, told.severity), (expected, bad), "{said}");
            assert_eq!(told.closed_at.is_some(), matches!(expected, Fixed | Dismissed), "{said}");
            assert_eq!(told.title, "Cross-site scripting");
        }
    }

    #[test]
    fn what_is_switched_off_is_told_apart_from_what_is_forbidden() {
        let denied = |message: &str| HttpErrorKind::Forbidden { message: message.into(), needs: "".into() };
        for (kind, expected) in [
            (denied("Code scanning is not enabled for this repository."), true),
            (denied("Advanced Security must be enabled for this repository to use code scanning."), true),
            (denied("Resource not accessible by personal access token"), false),
            (denied("Resource not accessible by integration"), false),
            (HttpErrorKind::NotFound, true),
            (HttpErrorKind::Interrupted, false),
        ] {
            assert_eq!(is_not_there(&kind), expected, "{kind:?}");
        }
    }
}

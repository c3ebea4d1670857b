//! Issues as stories and defects.
//!
//! GitHub knows open and closed only. An open issue is to do; with somebody assigned to it, or
//! with an open pull request that will close it, it is in progress. A closed one is done, unless
//! it was closed as not planned or as a duplicate: then it is dropped. A reason unheard of is
//! unknown, and never counts as ready.

use super::{
    naming::Naming,
    wire::{Event, Issue, all},
};
use crate::{
    domain::{
        Category, Instant, OwnerMove, ReleaseId, ScopeChange, ScopeMove, Severity, StatusMove, Story,
        StoryKind, Text,
    },
    source::labels::Labels,
};

/// The story that `issue` is.
pub(super) fn story(issue: &Issue, naming: &Naming, labels: &Labels) -> Story {
    let names: Vec<Text> = all(issue.labels.as_ref()).iter().map(|label| label.name.clone()).collect();
    let of_type = issue.kind.as_ref().map(|found| &found.name);
    let is_defect = labels.is_defect(names.iter().chain(of_type));
    let (status, category) = status(issue);
    let release = issue.milestone.as_ref().map(|milestone| naming.release_of_milestone(&milestone.title));
    Story {
        kind: if is_defect { StoryKind::Defect } else { StoryKind::Story },
        status,
        category,
        severity: is_defect.then(|| labels.severity(&names).unwrap_or(Severity::Medium)),
        owner: all(issue.assignees.as_ref()).first().and_then(|actor| actor.login.clone()),
        owners: owners(issue),
        moves: moves(issue, category),
        scope: scope(issue, release.as_ref(), naming),
        releases: release.into_iter().collect(),
        blocked_by: all(issue.blocked_by.as_ref()).iter().map(|other| naming.named(other)).collect(),
        parent: issue.parent.as_ref().map(|parent| naming.named(parent)),
        labels: names,
        url: issue.url.clone(),
        ..Story::new(naming.story(issue.number).as_str(), &issue.title, issue.created_at)
    }
}

/// What GitHub calls its status, and what that means.
fn status(issue: &Issue) -> (Text, Category) {
    let state = issue.state.as_deref().unwrap_or("unknown").to_lowercase();
    let reason = issue.state_reason.as_deref().map(|reason| reason.to_lowercase().replace('_', " "));
    match state.as_str() {
        "open" => {
            let is_begun = !all(issue.assignees.as_ref()).is_empty() || first_closer(issue).is_some();
            (Text::new("open"), if is_begun { Category::InProgress } else { Category::ToDo })
        }
        "closed" => {
            let category = closed(reason.as_deref());
            let status = reason.map_or("closed".to_owned(), |reason| format!("closed as {reason}"));
            (Text::new(status), category)
        }
        _ => (Text::new(state), Category::Unknown),
    }
}

/// What it means to be closed for `reason`; before 2022 there were no reasons.
fn closed(reason: Option<&str>) -> Category {
    match reason {
        None | Some("completed" | "reopened") => Category::Done,
        Some("not planned" | "duplicate") => Category::Dropped,
        Some(_) => Category::Unknown,
    }
}

/// When the first of the open pull requests was opened that will close it.
fn first_closer(issue: &Issue) -> Option<Instant> {
    let open = all(issue.closed_by_pull_requests_references.as_ref())
        .iter()
        .filter(|closer| closer.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("open")));
    open.map(|closer| closer.created_at).min()
}

/// Its events, oldest first; none before it was created.
fn events(issue: &Issue) -> Vec<(Instant, &Event)> {
    let mut events: Vec<_> = all(issue.timeline_items.as_ref())
        .iter()
        .filter_map(|event| Some((event.created_at?.max(issue.created_at), event)))
        .collect();
    events.sort_by_key(|(at, _)| *at);
    events
}

/// Changes of its status, oldest first; the last one leads to `now`, what it is now, so that its
/// past ends in its present.
fn moves(issue: &Issue, now: Category) -> Vec<StatusMove> {
    let mut moves: Vec<StatusMove> = Vec::new();
    let mut current = Category::ToDo;
    let (mut assigned, mut is_closed) = (0_usize, false);
    let mut go = |at, to, current: &mut Category| {
        if *current != to {
            moves.push(StatusMove { at, to });
            *current = to;
        }
    };
    for (at, event) in events(issue) {
        match event.kind.as_str() {
            "AssignedEvent" => assigned += 1,
            "UnassignedEvent" => assigned = assigned.saturating_sub(1),
            "ClosedEvent" => {
                let reason = event.state_reason.as_deref();
                is_closed = true;
                // Without a reason of its own: the one that it is closed for now.
                let to = match reason {
                    None if matches!(now, Category::Done | Category::Dropped | Category::Unknown) => now,
                    None => Category::Done,
                    Some(reason) => closed(Some(&reason.to_lowercase().replace('_', " "))),
                };
                go(at, to, &mut current);
                continue;
            }
            "ReopenedEvent" => is_closed = false,
            _ => continue,
        }
        if !is_closed {
            go(at, if assigned > 0 { Category::InProgress } else { Category::ToDo }, &mut current);
        }
    }
    if current != now {
        let last = moves.last().map_or(issue.created_at, |change| change.at);
        let at = match now {
            Category::Done | Category::Dropped => issue.closed_at,
            Category::InProgress => first_closer(issue),
            _ => None,
        };
        moves.push(StatusMove { at: at.unwrap_or(issue.updated_at).max(last), to: now });
    }
    moves
}

/// Who worked on it since when, oldest first: of several the first who was assigned. Empty where
/// its events do not lead to who works on it now, as they do not reach back to its creation.
fn owners(issue: &Issue) -> Vec<OwnerMove> {
    let mut assigned: Vec<&Text> = Vec::new();
    let mut owners = vec![OwnerMove { at: issue.created_at, to: None }];
    for (at, event) in events(issue) {
        let Some(login) = event.assignee.as_ref().and_then(|actor| actor.login.as_ref()) else { continue };
        match event.kind.as_str() {
            "AssignedEvent" if !assigned.contains(&login) => assigned.push(login),
            "UnassignedEvent" => assigned.retain(|known| *known != login),
            _ => continue,
        }
        let to = assigned.first().map(|login| (*login).clone());
        match owners.last_mut() {
            Some(last) if last.at == at => last.to = to,
            Some(last) if last.to == to => {}
            _ => owners.push(OwnerMove { at, to }),
        }
    }
    let now = all(issue.assignees.as_ref()).iter().filter_map(|actor| actor.login.as_ref());
    let now: Vec<&Text> = now.collect();
    if now.len() != assigned.len() || now.iter().any(|login| !assigned.contains(login)) {
        return Vec::new();
    }
    if let Some(last) = owners.last_mut() {
        last.to = now.first().map(|login| (*login).clone());
    }
    owners
}

/// When it entered and left releases, oldest first. Events name a milestone by the title that
/// it had then: one that was renamed since is the one that it is in now.
fn scope(issue: &Issue, now: Option<&ReleaseId>, naming: &Naming) -> Vec<ScopeMove> {
    let mut moves: Vec<ScopeMove> = Vec::new();
    for (at, event) in events(issue) {
        let change = match event.kind.as_str() {
            "MilestonedEvent" => ScopeChange::Added,
            "DemilestonedEvent" => ScopeChange::Removed,
            _ => continue,
        };
        let Some(title) = &event.milestone_title else { continue };
        moves.push(ScopeMove { at, release: naming.release_of_milestone(title), change });
    }
    let open = |release: &ReleaseId| {
        let last = moves.iter().rev().find(|change| change.release == *release);
        last.is_some_and(|change| change.change == ScopeChange::Added)
    };
    if let Some(now) = now.filter(|now| !open(now)) {
        let last =
            moves.last().filter(|last| last.change == ScopeChange::Added).map(|last| last.release.clone());
        if let Some(renamed) = last {
            for change in moves.iter_mut().filter(|change| change.release == renamed) {
                change.release = now.clone();
            }
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::source::LabelSettings;

    fn issue(more: Value) -> Issue {
        let mut body = json!({
            "number": 12, "title": "Refunds", "state": "OPEN", "createdAt": "2026-10-01T08:00:00Z",
            "updatedAt": "2026-10-20T08:00:00Z", "url": "https://github.com/o/api/issues/12",
        });
        let Value::Object(more) = more else { panic!("fields") };
        body.as_object_mut().unwrap().extend(more);
        serde_json::from_value(body).unwrap()
    }

    fn read(more: Value) -> Story {
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        story(&issue(more), &naming, &Labels::new(&LabelSettings::default()).0)
    }

    fn event(kind: &str, day: u32) -> Value {
        json!({ "__typename": kind, "createdAt": format!("2026-10-{day:02}T08:00:00Z") })
    }

    fn milestoned(kind: &str, day: u32, title: &str) -> Value {
        let mut event = event(kind, day);
        event["milestoneTitle"] = title.into();
        event
    }

    fn days(story: &Story) -> Vec<(u32, Category)> {
        use chrono::Datelike;
        story.moves.iter().map(|change| (change.at.day(), change.to)).collect()
    }

    #[test]
    fn open_and_closed_mean_what_their_reasons_say() {
        use Category::{Done, Dropped, InProgress, ToDo, Unknown};
        let assigned = json!({ "nodes": [{ "login": "kim" }] });
        let closer = |state| json!({ "nodes": [{ "state": state, "createdAt": "2026-10-05T08:00:00Z" }] });
        for (more, status, category) in [
            (json!({}), "open", ToDo),
            (json!({ "stateReason": "REOPENED" }), "open", ToDo),
            (json!({ "assignees": assigned }), "open", InProgress),
            (json!({ "closedByPullRequestsReferences": closer("OPEN") }), "open", InProgress),
            (json!({ "closedByPullRequestsReferences": closer("MERGED") }), "open", ToDo),
            (json!({ "state": "CLOSED" }), "closed", Done),
            (json!({ "state": "CLOSED", "stateReason": "COMPLETED" }), "closed as completed", Done),
            (json!({ "state": "CLOSED", "stateReason": "NOT_PLANNED" }), "closed as not planned", Dropped),
            (json!({ "state": "CLOSED", "stateReason": "DUPLICATE" }), "closed as duplicate", Dropped),
            (json!({ "state": "CLOSED", "stateReason": "ASCENDED" }), "closed as ascended", Unknown),
            (json!({ "state": "PARKED" }), "parked", Unknown),
            (json!({ "state": null }), "unknown", Unknown),
        ] {
            let story = read(more.clone());
            assert_eq!((story.status.as_str(), story.category), (status, category), "{more}");
            let last = story.moves.last().map_or(ToDo, |change| change.to);
            assert_eq!(last, category, "the past ends in the present: {more}");
        }
    }

    #[test]
    fn its_events_are_its_past() {
        use Category::{Done, Dropped, InProgress, ToDo};
        let mut not_planned = event("ClosedEvent", 14);
        not_planned["stateReason"] = "NOT_PLANNED".into();
        let story = read(json!({
            "state": "CLOSED", "stateReason": "COMPLETED", "closedAt": "2026-10-18T08:00:00Z",
            "assignees": { "nodes": [{ "login": "kim" }, { "login": "lee" }] },
            "timelineItems": { "nodes": [
                event("ClosedEvent", 18), event("AssignedEvent", 3), event("AssignedEvent", 4),
                event("UnassignedEvent", 5), not_planned, event("ReopenedEvent", 16), null,
                { "__typename": "SomethingNew" },
            ] },
        }));
        assert_eq!(days(&story), [(3, InProgress), (14, Dropped), (16, InProgress), (18, Done)]);
        assert_eq!(story.owner.as_deref(), Some("kim"));

        let reopened = json!({ "nodes": [event("ClosedEvent", 9), event("ReopenedEvent", 11)] });
        assert_eq!(days(&read(json!({ "timelineItems": reopened }))), [(9, Done), (11, ToDo)]);
        let closed_by = json!({ "nodes": [{ "state": "OPEN", "createdAt": "2026-10-05T08:00:00Z" }] });
        assert_eq!(days(&read(json!({ "closedByPullRequestsReferences": closed_by }))), [(5, InProgress)]);
    }

    #[test]
    fn who_was_assigned_is_its_past_where_it_leads_to_who_is() {
        use chrono::Datelike;

        let assigned = |kind: &str, day, login: &str| {
            let mut event = event(kind, day);
            event["assignee"] = json!({ "login": login });
            event
        };
        let told = |assignees: Value| {
            let story = read(json!({
                "assignees": { "nodes": assignees },
                "timelineItems": { "nodes": [
                    assigned("AssignedEvent", 3, "lee"), assigned("AssignedEvent", 4, "kim"),
                    assigned("UnassignedEvent", 9, "lee"),
                ] },
            }));
            let owner = |change: &OwnerMove| change.to.as_deref().unwrap_or("nobody").to_owned();
            story.owners.iter().map(|change| (change.at.day(), owner(change))).collect::<Vec<_>>()
        };
        let known = [(1, "nobody"), (3, "lee"), (9, "kim")].map(|(day, who)| (day, who.to_owned()));
        assert_eq!(told(json!([{ "login": "kim" }])), known);
        // Older events are missing, or an event of whom nobody knows.
        assert_eq!(told(json!([{ "login": "kim" }, { "login": "raj" }])), []);
        assert_eq!(told(json!([])), []);
    }

    #[test]
    fn milestones_are_its_scope() {
        use ScopeChange::{Added, Removed};

        let story = read(json!({
            "milestone": { "title": "v4.3" },
            "timelineItems": { "nodes": [
                milestoned("MilestonedEvent", 2, "v4.2"), milestoned("DemilestonedEvent", 9, "v4.2"),
                milestoned("MilestonedEvent", 9, "4.3"),
            ] },
        }));
        let moves: Vec<_> =
            story.scope.iter().map(|change| (change.release.as_str(), change.change)).collect();
        assert_eq!(moves, [("api 4.2", Added), ("api 4.2", Removed), ("api 4.3", Added)]);
        assert_eq!(story.releases, [ReleaseId::of("api", "4.3")]);
        assert!(days(&story).is_empty(), "a milestone is no status");

        let renamed = read(json!({
            "milestone": { "title": "4.2 (autumn)" },
            "timelineItems": { "nodes": [milestoned("MilestonedEvent", 2, "Autumn")] },
        }));
        assert_eq!(renamed.scope.len(), 1);
        assert_eq!(renamed.scope[0].release, renamed.releases[0]);
    }

    #[test]
    fn labels_types_parents_and_blockers_are_read() {
        let story = read(json!({
            "issueType": { "name": "Bug" }, "labels": { "nodes": [{ "name": "P1" }, { "name": "ui" }] },
            "parent": { "number": 3, "repository": { "nameWithOwner": "o/product" } },
            "blockedBy": { "nodes": [{ "number": 4, "repository": { "nameWithOwner": "o/api" } }] },
        }));
        assert_eq!((story.kind, story.severity), (StoryKind::Defect, Some(Severity::High)));
        assert_eq!(story.parent.as_ref().unwrap().as_str(), "product#3");
        assert_eq!(story.blocked_by[0].as_str(), "api#4");
        let plain = read(json!({ "labels": { "nodes": [{ "name": "P1" }] } }));
        assert_eq!((plain.kind, plain.severity), (StoryKind::Story, None));
        let bug = read(json!({ "labels": { "nodes": [{ "name": "bug" }] } }));
        assert_eq!(bug.severity, Some(Severity::Medium));
    }
}

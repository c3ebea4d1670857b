//! Issues as stories and defects.
//!
//! GitLab knows opened and closed only; labels of boards (`workflow::in review`) say more. An
//! open issue is what such a label says, else in progress if it is somebody's, else to do. A closed
//! one is done, unless it was moved, is a duplicate, or has a label that says that it was dropped.
//!
//! Its past comes from its state, milestone and label events. Who was assigned when is told by
//! nothing: such a past begins in progress where it ended otherwise.

use std::collections::BTreeMap;

use globset::GlobSet;

use super::wire::{Epic, History, Issue, Iteration};
use crate::{
    domain::{
        Calendar, Category, Instant, Problem, ReleaseId, ScopeChange, ScopeMove, Severity, StatusMove, Story,
        StoryKey, StoryKind, Text,
    },
    source::{
        labels::{self, Labels},
        naming::Naming,
    },
};

/// Which labels say how far an open issue is.
#[derive(Clone, Debug)]
pub(super) struct Statuses(Vec<(Category, GlobSet)>);

impl Statuses {
    /// Reads the patterns; one that cannot be read is left out, and a problem.
    pub(super) fn new(settings: &[(Category, Vec<String>)], problems: &mut Vec<Problem>) -> Self {
        let read =
            |(category, patterns): &(Category, Vec<String>)| (*category, labels::set(patterns, problems));
        Self(settings.iter().map(read).collect())
    }

    /// Whether any label says it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, patterns)| patterns.is_empty())
    }

    /// What one of `names` says, the furthest one, and which.
    fn of<'a>(&self, names: impl Iterator<Item = &'a Text>) -> Option<(Category, &'a Text)> {
        let said = |name: &'a Text| {
            let found = self.0.iter().filter(|(_, patterns)| patterns.is_match(name.as_str()));
            found.map(|(category, _)| *category).max().map(|category| (category, name))
        };
        names.filter_map(said).max_by_key(|(category, _)| *category)
    }
}

/// How an issue becomes a story.
pub(super) struct Meaning<'a> {
    pub(super) naming: &'a Naming,
    pub(super) labels: &'a Labels,
    pub(super) statuses: &'a Statuses,
    pub(super) calendar: &'a Calendar,
    /// What blocks an issue, as those say that block it.
    pub(super) blockers: &'a BTreeMap<StoryKey, Vec<StoryKey>>,
}

/// The story that `issue` is; `history` is what happened to it, where that was read.
pub(super) fn story(issue: &Issue, history: Option<&History>, meaning: &Meaning<'_>) -> Story {
    let naming = meaning.naming;
    let key = naming.story(issue.iid);
    let kind = issue.issue_type.as_ref();
    let is_incident = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("incident"));
    let is_defect = is_incident || meaning.labels.is_defect(issue.labels.iter().chain(kind));
    let (status, category) = status(issue, meaning.statuses);
    let release = issue.milestone.as_ref().map(|milestone| naming.release_of_milestone(&milestone.title));
    let mut blocked_by = meaning.blockers.get(&key).cloned().unwrap_or_default();
    for linked in history.map_or(&[][..], |history| &history.links) {
        if linked.link_type.as_deref() == Some("is_blocked_by") {
            let blocker = linked_key(
                linked.references.as_ref().and_then(|found| found.full.as_ref()),
                linked.iid,
                naming,
            );
            if !blocked_by.contains(&blocker) {
                blocked_by.push(blocker);
            }
        }
    }
    let severity = || {
        meaning
            .labels
            .severity(&issue.labels)
            .or_else(|| severity(issue.severity.as_deref()))
            .unwrap_or(Severity::Medium)
    };
    Story {
        kind: if is_defect { StoryKind::Defect } else { StoryKind::Story },
        status,
        category,
        severity: is_defect.then(severity),
        priority: issue.labels.iter().find_map(priority),
        owner: issue.assignees.first().map(|user| user.username.clone()),
        points: issue.weight.filter(|weight| weight.is_finite() && *weight >= 0.0),
        moves: moves(issue, history, category, meaning.statuses),
        scope: history.map(|history| scope(issue, history, release.as_ref(), naming)).unwrap_or_default(),
        releases: release.into_iter().collect(),
        blocked_by,
        parent: issue.epic.as_ref().map(epic),
        sprint: issue.iteration.as_ref().and_then(sprint),
        labels: issue.labels.clone(),
        due: issue.due_date.map(|day| meaning.calendar.end_of(day)),
        url: issue.web_url.clone(),
        ..Story::new(key.as_str(), &issue.title, issue.created_at)
    }
}

/// The key of a linked issue, from its full reference: `acme/api#12`.
pub(super) fn linked_key(reference: Option<&Text>, iid: u64, naming: &Naming) -> StoryKey {
    let project = reference.and_then(|full| full.split_once('#')).map_or("", |(project, _)| project);
    naming.story_of(project, iid)
}

/// What GitLab calls its status, and what that means.
fn status(issue: &Issue, statuses: &Statuses) -> (Text, Category) {
    let said = statuses.of(issue.labels.iter());
    match issue.state.as_deref() {
        Some("opened") => match said {
            Some((category, label)) => (label.clone(), category),
            None if issue.assignees.is_empty() => (Text::new("open"), Category::ToDo),
            None => (Text::new("open"), Category::InProgress),
        },
        Some("closed") => {
            let is_duplicate =
                issue.links.as_ref().is_some_and(|links| links.closed_as_duplicate_of.is_some());
            if issue.moved_to_id.is_some() {
                (Text::new("closed as moved"), Category::Dropped)
            } else if is_duplicate {
                (Text::new("closed as duplicate"), Category::Dropped)
            } else if let Some((Category::Dropped, label)) = said {
                (Text::new(format!("closed as {label}")), Category::Dropped)
            } else {
                (Text::new("closed"), Category::Done)
            }
        }
        other => (Text::new(other.unwrap_or("unknown")), Category::Unknown),
    }
}

/// Severity of an incident.
fn severity(said: Option<&str>) -> Option<Severity> {
    Some(match said?.to_ascii_uppercase().as_str() {
        "CRITICAL" => Severity::Critical,
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        _ => return None,
    })
}

/// What a scoped label (`priority::1`) says.
fn priority(label: &Text) -> Option<Text> {
    let (scope, said) = label.split_once("::")?;
    scope.eq_ignore_ascii_case("priority").then(|| Text::new(said))
}

/// Groups count their epics: `acme&5`.
fn epic(epic: &Epic) -> StoryKey {
    let group =
        epic.url.as_deref().and_then(|url| url.split("/-/").next()?.rsplit('/').next()).unwrap_or_default();
    StoryKey::new(format!("{group}&{}", epic.iid))
}

/// An iteration has a name, or the days that it lasts.
fn sprint(iteration: &Iteration) -> Option<Text> {
    iteration.title.clone().filter(|title| !title.is_empty()).or_else(|| {
        let (from, until) = iteration.start_date.zip(iteration.due_date)?;
        Some(Text::new(format!("{from} – {until}")))
    })
}

/// Changes of its status, oldest first; the last one leads to `now`, what it is now, so that its
/// past ends in its present.
fn moves(issue: &Issue, history: Option<&History>, now: Category, statuses: &Statuses) -> Vec<StatusMove> {
    enum Event<'a> {
        Closed,
        Opened,
        Labelled(&'a Text),
        Unlabelled(&'a Text),
    }
    let mut events: Vec<(Instant, Event<'_>)> = Vec::new();
    if let Some(history) = history {
        for event in &history.states {
            match event.state.as_deref() {
                Some("closed") => events.push((event.created_at, Event::Closed)),
                Some("reopened" | "opened") => events.push((event.created_at, Event::Opened)),
                _ => {}
            }
        }
        for event in &history.labels {
            let Some(label) = &event.label else { continue };
            match event.action.as_deref() {
                Some("add") => events.push((event.created_at, Event::Labelled(&label.name))),
                Some("remove") => events.push((event.created_at, Event::Unlabelled(&label.name))),
                _ => {}
            }
        }
    }
    events.sort_by_key(|(at, _)| *at);
    let mut moves: Vec<StatusMove> = Vec::new();
    let mut current = Category::ToDo;
    let mut is_closed = false;
    let mut labels: Vec<&Text> = Vec::new();
    let is_over = matches!(now, Category::Done | Category::Dropped);
    for (at, event) in events {
        match event {
            Event::Closed => is_closed = true,
            Event::Opened => is_closed = false,
            Event::Labelled(label) => labels.push(label),
            Event::Unlabelled(label) => labels.retain(|known| *known != label),
        }
        let to = if is_closed {
            if is_over { now } else { Category::Done }
        } else {
            statuses.of(labels.iter().copied()).map_or(Category::ToDo, |(category, _)| category)
        };
        if to != current {
            moves.push(StatusMove { at: at.max(issue.created_at), to });
            current = to;
        }
    }
    if current != now {
        let last = moves.last().map_or(issue.created_at, |change| change.at);
        let at = match now {
            Category::Done | Category::Dropped => issue.closed_at.unwrap_or(issue.updated_at),
            // Nothing tells when somebody was assigned; a date that moves on would be worse.
            Category::InProgress => last,
            _ => issue.updated_at,
        };
        moves.push(StatusMove { at: at.max(last), to: now });
    }
    moves
}

/// When it entered and left releases, oldest first. A change from one milestone to another is
/// told as one event, that it was added to the other.
fn scope(issue: &Issue, history: &History, now: Option<&ReleaseId>, naming: &Naming) -> Vec<ScopeMove> {
    let mut events: Vec<_> = history
        .milestones
        .iter()
        .filter_map(|event| {
            let release = naming.release_of_milestone(&event.milestone.as_ref()?.title);
            match event.action.as_deref()? {
                "add" => Some((event.created_at.max(issue.created_at), release, ScopeChange::Added)),
                "remove" => Some((event.created_at.max(issue.created_at), release, ScopeChange::Removed)),
                _ => None,
            }
        })
        .collect();
    events.sort_by_key(|(at, ..)| *at);
    let mut moves: Vec<ScopeMove> = Vec::new();
    let mut current: Option<ReleaseId> = None;
    for (at, release, change) in events {
        match change {
            ScopeChange::Added => {
                if current.as_ref() == Some(&release) {
                    continue;
                }
                if let Some(left) = current.replace(release.clone()) {
                    moves.push(ScopeMove { at, release: left, change: ScopeChange::Removed });
                }
            }
            ScopeChange::Removed => {
                if moves.is_empty() {
                    // It was made in that milestone.
                    let release = release.clone();
                    moves.push(ScopeMove { at: issue.created_at, release, change: ScopeChange::Added });
                }
                current = None;
            }
        }
        moves.push(ScopeMove { at, release, change });
    }
    if moves.is_empty() || current.as_ref() == now {
        return moves;
    }
    // Its milestones were deleted, or the last change is told by nothing.
    let at = moves.last().map_or(issue.created_at, |change| change.at);
    if let Some(left) = current {
        moves.push(ScopeMove { at, release: left, change: ScopeChange::Removed });
    }
    if let Some(now) = now {
        moves.push(ScopeMove { at, release: now.clone(), change: ScopeChange::Added });
    }
    moves
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;
    use serde_json::{Value, json};

    use super::*;
    use crate::source::{LabelSettings, gitlab::GitlabSettings};

    fn issue(more: Value) -> Issue {
        // The shape of doc/api/issues.md.
        let mut body = json!({
            "id": 76, "iid": 12, "project_id": 4, "title": "Refunds", "state": "opened",
            "created_at": "2026-10-01T08:00:00.000Z", "updated_at": "2026-10-20T08:00:00.000+02:00",
            "closed_at": null, "labels": [], "milestone": null, "assignees": [],
            "issue_type": "issue", "type": "ISSUE", "severity": "UNKNOWN", "weight": null,
            "due_date": null, "web_url": "https://gitlab.example.com/acme/api/-/issues/12",
            "moved_to_id": null,
            "_links": { "self": "https://gitlab.example.com/api/v4/projects/4/issues/12", "closed_as_duplicate_of": null },
        });
        let Value::Object(more) = more else { panic!("fields") };
        body.as_object_mut().unwrap().extend(more);
        serde_json::from_value(body).unwrap()
    }

    fn read(more: Value, history: Option<Value>) -> Story {
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let labels = Labels::new(&LabelSettings::default()).0;
        let statuses =
            Statuses::new(&GitlabSettings::new("gitlab.com", "acme/api").statuses, &mut Vec::new());
        let blockers = BTreeMap::from([(StoryKey::new("api#12"), vec![StoryKey::new("api#3")])]);
        let calendar = Calendar::default();
        let meaning = Meaning {
            naming: &naming,
            labels: &labels,
            statuses: &statuses,
            calendar: &calendar,
            blockers: &blockers,
        };
        let history = history.map(|mut history| {
            for part in ["states", "milestones", "labels", "links"] {
                history.as_object_mut().unwrap().entry(part).or_insert(json!([]));
            }
            history["of"] = json!("2026-10-20T06:00:00Z");
            serde_json::from_value::<History>(history).unwrap()
        });
        story(&issue(more), history.as_ref(), &meaning)
    }

    fn day(day: u32) -> String {
        format!("2026-10-{day:02}T08:00:00.000Z")
    }

    fn days(story: &Story) -> Vec<(u32, Category)> {
        story.moves.iter().map(|change| (change.at.day(), change.to)).collect()
    }

    #[test]
    fn states_and_labels_say_how_far_it_is() {
        use Category::{Done, Dropped, InProgress, InReview, ToDo, Unknown};
        let kim = json!([{ "id": 1, "username": "kim", "name": "Kim", "state": "active" }]);
        for (more, status, category) in [
            (json!({}), "open", ToDo),
            (json!({ "assignees": kim }), "open", InProgress),
            (json!({ "assignees": kim, "labels": ["workflow::In review"] }), "workflow::In review", InReview),
            (json!({ "labels": ["Doing", "To Do"] }), "Doing", InProgress),
            (json!({ "state": "closed", "closed_at": day(14) }), "closed", Done),
            (json!({ "state": "closed", "labels": ["Doing"] }), "closed", Done),
            (json!({ "state": "closed", "labels": ["wontfix"] }), "closed as wontfix", Dropped),
            (json!({ "state": "closed", "moved_to_id": 9 }), "closed as moved", Dropped),
            (
                json!({ "state": "closed", "_links": { "closed_as_duplicate_of": "https://x/1" } }),
                "closed as duplicate",
                Dropped,
            ),
            (json!({ "state": "locked" }), "locked", Unknown),
            (json!({ "state": null }), "unknown", Unknown),
        ] {
            let story = read(more.clone(), None);
            assert_eq!((story.status.as_str(), story.category), (status, category), "{more}");
            assert_eq!(
                story.moves.last().map_or(ToDo, |last| last.to),
                category,
                "the past ends in the present: {more}"
            );
        }
    }

    #[test]
    fn its_events_are_its_past() {
        use Category::{Done, InProgress, InReview, ToDo};
        let label = |name: &str, on: u32, action: &str| json!({ "created_at": day(on), "action": action, "label": { "id": 7, "name": name, "color": "#f00" } });
        let history = json!({
            // The shapes of doc/api/resource_state_events.md and resource_label_events.md.
            "states": [
                { "id": 142, "created_at": day(9), "resource_type": "Issue", "resource_id": 11, "state": "closed" },
                { "id": 143, "created_at": day(11), "resource_type": "Issue", "resource_id": 11, "state": "reopened" },
                { "id": 144, "created_at": day(15), "resource_type": "Issue", "resource_id": 11, "state": "closed" },
                { "id": 145, "created_at": day(16), "resource_type": "Issue", "resource_id": 11, "state": "enchanted" },
            ],
            "labels": [
                label("Doing", 3, "add"), label("Doing", 6, "remove"), label("workflow::in review", 6, "add"),
                label("backend", 5, "add"), { "created_at": day(6), "action": "add", "label": null },
            ],
        });
        let story = read(json!({ "state": "closed", "closed_at": day(15) }), Some(history.clone()));
        let expected = [(3, InProgress), (6, ToDo), (6, InReview), (9, Done), (11, InReview), (15, Done)];
        let told: Vec<_> = days(&story);
        assert_eq!(told, expected);
        assert_eq!(days(&read(json!({}), Some(json!({})))), []);
    }

    #[test]
    fn milestone_events_are_its_scope() {
        let event = |on: u32, title: &str, action: &str| {
            json!({ "id": 142, "created_at": day(on), "resource_type": "Issue", "resource_id": 253, "action": action,
                    "milestone": { "id": 61, "iid": 9, "project_id": 7, "title": title, "state": "active" } })
        };
        let told = |story: &Story| -> Vec<String> {
            let sign = |change| if change == ScopeChange::Added { '+' } else { '-' };
            story.scope.iter().map(|m| format!("{}{} {}", m.at.day(), sign(m.change), m.release)).collect()
        };
        let v2 = json!({ "milestone": { "id": 2, "title": "v2.0" } });
        for (more, events, expected) in [
            // One event moves it from one milestone to the other.
            (
                &v2,
                vec![event(2, "v1.0", "add"), event(5, "v2.0", "add")],
                vec!["2+ api 1.0", "5- api 1.0", "5+ api 2.0"],
            ),
            // It was made in a milestone.
            (
                &v2,
                vec![event(4, "v1.0", "remove"), event(5, "v2.0", "add")],
                vec!["1+ api 1.0", "4- api 1.0", "5+ api 2.0"],
            ),
            (
                &json!({}),
                vec![event(2, "v1.0", "add"), event(4, "v1.0", "remove")],
                vec!["2+ api 1.0", "4- api 1.0"],
            ),
            // The events do not end where it is.
            (&v2, vec![event(2, "v1.0", "add")], vec!["2+ api 1.0", "2- api 1.0", "2+ api 2.0"]),
            (&v2, vec![json!({ "created_at": day(2), "milestone": null, "action": "add" })], vec![]),
            (&v2, vec![event(2, "v2.0", "add"), event(3, "v2.0", "add")], vec!["2+ api 2.0"]),
        ] {
            let story = read(more.clone(), Some(json!({ "milestones": events })));
            assert_eq!(told(&story), expected, "{events:?}");
        }
    }

    #[test]
    fn what_else_it_tells() {
        let link = |kind: &str, full: &str, iid: u64| json!({ "iid": iid, "link_type": kind, "references": { "short": "#1", "relative": "x", "full": full } });
        let story = read(
            json!({
                "issue_type": "incident", "severity": "HIGH", "weight": 5, "labels": ["priority::2"],
                "due_date": "2026-11-03", "assignees": [{ "id": 1, "username": "kim" }, { "id": 2, "username": "lee" }],
                "epic": { "id": 42, "iid": 5, "title": "Money back", "url": "/groups/acme/shop/-/epics/5", "group_id": 7 },
                "iteration": { "id": 90, "iid": 4, "title": null, "start_date": "2026-10-05", "due_date": "2026-10-18" },
            }),
            Some(json!({ "links": [
                link("is_blocked_by", "acme/shop/web#8", 8), link("relates_to", "acme/api#9", 9), link("blocks", "acme/api#1", 1),
            ] })),
        );
        assert_eq!((story.kind, story.severity), (StoryKind::Defect, Some(Severity::High)));
        assert_eq!(story.points, Some(5.0));
        assert_eq!(story.owner.as_deref(), Some("kim"));
        assert_eq!(story.priority.as_deref(), Some("2"));
        assert_eq!(story.parent, Some(StoryKey::new("shop&5")));
        assert_eq!(story.sprint.as_deref(), Some("2026-10-05 – 2026-10-18"));
        assert_eq!(story.due.unwrap().to_rfc3339(), "2026-11-03T23:59:59+00:00");
        let blockers: Vec<&str> = story.blocked_by.iter().map(StoryKey::as_str).collect();
        assert_eq!(blockers, ["api#3", "web#8"]);
    }
}

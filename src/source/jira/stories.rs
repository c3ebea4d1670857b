//! Issues as stories and defects, with their past.

use super::{
    issue::{Changed, Issue},
    meaning::Meaning,
};
use crate::domain::{
    Category, OwnerMove, ReleaseId, ScopeChange, ScopeMove, Severity, StatusMove, Story, StoryKey, StoryKind,
    Text,
};

/// The story that `issue` is. `site`: what addresses of issues begin with.
pub(super) fn story(issue: &Issue, meaning: &Meaning<'_>, site: &str) -> Story {
    let is_defect = issue.kind.as_ref().is_some_and(|kind| meaning.words.is_defect(kind));
    let severity = || {
        let named = issue.priority.as_ref().and_then(|priority| meaning.words.severity(priority));
        named.unwrap_or(Severity::Medium)
    };
    let category = meaning.category(&issue.status, issue.resolution.as_ref());
    let calendar = &meaning.settings.calendar;
    Story {
        kind: if is_defect { StoryKind::Defect } else { StoryKind::Story },
        status: issue.status.name.clone(),
        category,
        severity: is_defect.then(severity),
        priority: issue.priority.clone(),
        owner: issue.owner.clone(),
        owners: owners(issue),
        points: issue.points,
        moves: moves(issue, category, meaning),
        releases: releases(issue, meaning),
        scope: scope(issue, meaning),
        blocked_by: issue.blocked_by.iter().map(StoryKey::new).collect(),
        parent: issue.parent.as_ref().map(StoryKey::new),
        sprint: issue.sprint.clone(),
        component: issue.components.first().cloned(),
        labels: issue.labels.clone(),
        due: issue.due.map(|day| calendar.end_of(day)),
        url: Some(Text::new(format!("{site}/browse/{}", issue.key))),
        ..Story::new(&issue.key, &issue.title, issue.created_at)
    }
}

fn releases(issue: &Issue, meaning: &Meaning<'_>) -> Vec<ReleaseId> {
    let mut releases: Vec<ReleaseId> = Vec::new();
    for version in &issue.versions {
        let release = meaning.release(version, issue);
        if !releases.contains(&release) {
            releases.push(release);
        }
    }
    releases
}

/// Changes of what its status means, oldest first; the last one leads to `now`, so that its past
/// ends in its present.
fn moves(issue: &Issue, now: Category, meaning: &Meaning<'_>) -> Vec<StatusMove> {
    let past = issue.past.as_deref().unwrap_or_default();
    // As it was created: what its first changes changed.
    let first_status = past.iter().find_map(|change| match &change.what {
        Changed::Status { from, .. } => Some(from),
        _ => None,
    });
    let first_resolution = past.iter().find_map(|change| match &change.what {
        Changed::Resolution { from, .. } => Some(from.as_ref()),
        _ => None,
    });
    let mut status = first_status.unwrap_or(&issue.status);
    let mut resolution = first_resolution.unwrap_or(issue.resolution.as_ref());
    let mut moves: Vec<StatusMove> = Vec::new();
    let mut current = Category::ToDo;
    let mut go = |at, to| {
        if current != to {
            // What was changed at once is one move.
            match moves.last_mut() {
                Some(last) if last.at == at => *last = StatusMove { at, to },
                _ => moves.push(StatusMove { at, to }),
            }
            current = to;
        }
    };
    if issue.past.is_some() {
        go(issue.created_at, meaning.category(status, resolution));
    }
    for at_once in past.chunk_by(|one, other| one.at == other.at) {
        let mut is_move = false;
        for change in at_once {
            match &change.what {
                Changed::Status { to, .. } => status = to,
                Changed::Resolution { to, .. } => resolution = to.as_ref(),
                Changed::Versions { .. } | Changed::Owner { .. } => continue,
            }
            is_move = true;
        }
        if let Some(change) = at_once.first().filter(|_| is_move) {
            go(change.at.max(issue.created_at), meaning.category(status, resolution));
        }
    }
    if current != now {
        let last = moves.last().map_or(issue.created_at, |change| change.at);
        let told = match now {
            Category::Done | Category::Dropped => issue.category_since.or(issue.resolved_at),
            _ => issue.category_since,
        };
        moves.push(StatusMove { at: told.unwrap_or(issue.updated_at).max(last), to: now });
    }
    moves
}

/// Who worked on it since when, oldest first: from its creation on, and up to who does now.
fn owners(issue: &Issue) -> Vec<OwnerMove> {
    let Some(past) = &issue.past else { return Vec::new() };
    let changes: Vec<_> = past
        .iter()
        .filter_map(|change| match &change.what {
            Changed::Owner { from, to } => Some((change.at.max(issue.created_at), from, to)),
            _ => None,
        })
        .collect();
    let first = changes.first().map_or(&issue.owner, |(_, from, _)| from);
    let mut owners = vec![OwnerMove { at: issue.created_at, to: first.clone() }];
    for (at, _, to) in changes {
        if owners.last().is_none_or(|last| last.to != *to) {
            owners.push(OwnerMove { at, to: to.clone() });
        }
    }
    if owners.last().is_some_and(|last| last.to != issue.owner) {
        // The changelog lacks how it came to whom it is with now: it did by its last change.
        owners.push(OwnerMove { at: issue.updated_at, to: issue.owner.clone() });
    }
    owners
}

/// When it entered and left releases, oldest first, from its creation on. Empty if its past could
/// not be read.
fn scope(issue: &Issue, meaning: &Meaning<'_>) -> Vec<ScopeMove> {
    let Some(past) = &issue.past else { return Vec::new() };
    // What it was created with: what it has now, with all changes undone.
    let mut first = releases(issue, meaning);
    let changes: Vec<_> = past
        .iter()
        .filter_map(|change| match &change.what {
            Changed::Versions { removed, added } => {
                let release =
                    |version: &Option<_>| version.as_ref().map(|version| meaning.release(version, issue));
                Some((change.at.max(issue.created_at), release(removed), release(added)))
            }
            _ => None,
        })
        .collect();
    for (_, removed, added) in changes.iter().rev() {
        if let Some(added) = added {
            first.retain(|release| release != added);
        }
        if let Some(removed) = removed.as_ref().filter(|removed| !first.contains(removed)) {
            first.push(removed.clone());
        }
    }
    let mut inside = first.clone();
    let created = first.into_iter().map(|release| ScopeMove {
        at: issue.created_at,
        release,
        change: ScopeChange::Added,
    });
    let mut moves: Vec<ScopeMove> = created.collect();
    for (at, removed, added) in changes {
        if let Some(release) = removed.filter(|release| inside.contains(release)) {
            inside.retain(|known| *known != release);
            moves.push(ScopeMove { at, release, change: ScopeChange::Removed });
        }
        if let Some(release) = added.filter(|release| !inside.contains(release)) {
            inside.push(release.clone());
            moves.push(ScopeMove { at, release, change: ScopeChange::Added });
        }
    }
    moves
}

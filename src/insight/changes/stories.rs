//! Stories and defects of releases: in, out, done, returned, moved on.

use std::{collections::HashMap, sync::Arc};

use super::{Change, ChangeGroup, Pair, arrow};
use crate::{
    domain::{Category, Instant, Kind, ReleaseId, ScopeChange, Story, StoryKey, StoryKind, Text},
    insight::{Board, Subject},
};

/// A story, and the releases that it is in.
struct Known<'a> {
    story: &'a Arc<Story>,
    releases: Vec<&'a ReleaseId>,
}

/// What a story was before.
struct Was<'a> {
    category: Category,
    status: Option<&'a Text>,
    releases: Vec<&'a ReleaseId>,
    due: Option<Instant>,
    /// Who worked on it, if anybody did.
    owner: Option<&'a Text>,
    /// Whether that can be told.
    is_owner_told: bool,
    rebuilt: bool,
}

pub(super) fn changes(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let (before, after) = (index(pair.before), index(pair.after));
    let (all_before, all_after) = (by_key(pair.before), by_key(pair.after));
    for (key, is) in &after {
        let observed = pair.was_observed(kind(is.story));
        match before.get(key) {
            // Nothing of it is another: boards that follow each other share their items.
            Some(was) if Arc::ptr_eq(was.story, is.story) && was.releases == is.releases => {}
            Some(was) => compare(pair, &Was::seen(was), is, changes),
            None if observed => {
                let from_elsewhere = all_before.contains_key(*key);
                added(pair, is, &is.releases, from_elsewhere, false, changes);
            }
            None => match Was::rebuilt(is.story, pair.before.at) {
                Some(was) => compare(pair, &was, is, changes),
                None => added(pair, is, &is.releases, false, true, changes),
            },
        }
    }
    for (key, was) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
        if !pair.is_observed(kind(was.story)) {
            continue;
        }
        let left = all_after.get(*key).copied();
        for release in &was.releases {
            let (story, at, what) = match left {
                Some(story) if story.category == Category::Dropped => {
                    let at = story.moves.last().map(|step| step.at);
                    (story, pair.within(at), arrow(&was.story.status, &story.status))
                }
                Some(story) => (story, moved_out(pair, story, release), "moved out".into()),
                None => (was.story, None, "no source knows it any more".into()),
            };
            changes.push(Change { at, ..change(ChangeGroup::Removed, story, Some(release), what) });
        }
    }
}

/// All stories, in a release or not.
fn by_key(board: &Board) -> HashMap<&StoryKey, &Arc<Story>> {
    board.world.stories.iter().map(|story| (&story.key, story)).collect()
}

/// Stories that belong to a release, by key.
fn index(board: &Board) -> HashMap<&StoryKey, Known<'_>> {
    let mut known: HashMap<&StoryKey, Known<'_>> = HashMap::new();
    for insight in &board.insight.releases {
        for row in &insight.stories {
            let entry = known.entry(&row.story.key);
            let entry = entry.or_insert_with(|| Known { story: &row.story, releases: Vec::new() });
            entry.releases.push(&insight.release.id);
        }
    }
    for known in known.values_mut() {
        known.releases.sort();
    }
    known
}

impl<'a> Was<'a> {
    fn seen(known: &Known<'a>) -> Self {
        Self {
            category: known.story.category,
            status: Some(&known.story.status),
            releases: known.releases.clone(),
            due: known.story.due,
            owner: known.story.owner.as_ref(),
            is_owner_told: true,
            rebuilt: false,
        }
    }

    /// What `story` was at `instant` by its own events; none if it did not exist.
    fn rebuilt(story: &'a Story, instant: Instant) -> Option<Self> {
        let category = story.category_at(instant)?;
        let mut releases: Vec<&ReleaseId> = if story.scope.is_empty() {
            story.releases.iter().collect()
        } else {
            let mut inside: Vec<&ReleaseId> = Vec::new();
            for step in story.scope.iter().filter(|step| step.at <= instant) {
                inside.retain(|release| **release != step.release);
                if step.change == ScopeChange::Added {
                    inside.push(&step.release);
                }
            }
            inside
        };
        releases.sort();
        let owner = story.owner_at(instant);
        Some(Self {
            category,
            status: None,
            releases,
            due: story.due,
            owner: owner.and_then(|change| change.to.as_ref()),
            is_owner_told: owner.is_some(),
            rebuilt: true,
        })
    }
}

fn compare(pair: &Pair<'_>, was: &Was<'_>, is: &Known<'_>, changes: &mut Vec<Change>) {
    let came: Vec<&ReleaseId> =
        is.releases.iter().filter(|release| !was.releases.contains(release)).copied().collect();
    // What a plan's rules put into a release leaves no trace in the story's own events.
    let by_events =
        |release: &&ReleaseId| !was.rebuilt || is.story.scope.iter().any(|step| step.release == **release);
    let came: Vec<&ReleaseId> = came.into_iter().filter(by_events).collect();
    added(pair, is, &came, true, was.rebuilt, changes);
    for release in was.releases.iter().filter(|release| !is.releases.contains(release)) {
        changes.push(Change {
            at: moved_out(pair, is.story, release),
            rebuilt: was.rebuilt,
            ..change(ChangeGroup::Removed, is.story, Some(release), "moved out".into())
        });
    }
    let release = is.releases.first().copied();
    let moved = |group, what| Change {
        at: pair.within(is.story.moves.last().map(|step| step.at)),
        rebuilt: was.rebuilt,
        ..change(group, is.story, release, what)
    };
    if was.category != is.story.category {
        let before = was.status.map_or_else(|| word(was.category), |status| status.as_str());
        changes.push(moved(group(was.category, is.story.category), arrow(before, &is.story.status)));
    } else if was.status.is_some_and(|status| *status != is.story.status) {
        let what = arrow(was.status.map_or("", |status| status.as_str()), &is.story.status);
        changes.push(moved(ChangeGroup::Moved, what));
    }
    if was.is_owner_told && was.owner != is.story.owner.as_ref() {
        let name = |owner: Option<&Text>| owner.map_or("nobody", |owner| owner.as_str()).to_owned();
        changes.push(Change {
            at: pair.within(is.story.owners.last().map(|step| step.at)),
            rebuilt: was.rebuilt,
            ..change(
                ChangeGroup::Moved,
                is.story,
                release,
                arrow(format!("owner {}", name(was.owner)), name(is.story.owner.as_ref())),
            )
        });
    }
    if let (Some(before), Some(after)) = (was.due, is.story.due)
        && let Some(group) = ChangeGroup::by_date(before, after, chrono::Duration::zero())
    {
        let what = arrow(format!("due {}", pair.day(before)), pair.day(after));
        changes.push(change(group, is.story, release, what));
    }
}

fn added(
    pair: &Pair<'_>,
    is: &Known<'_>,
    releases: &[&ReleaseId],
    from_elsewhere: bool,
    rebuilt: bool,
    changes: &mut Vec<Change>,
) {
    let story = is.story;
    for release in releases {
        let entered = story
            .scope
            .iter()
            .rev()
            .find(|step| step.release == **release && step.change == ScopeChange::Added)
            .map(|step| step.at);
        let at = pair.within(entered.or((!from_elsewhere).then_some(story.created_at)));
        let is_blocking = story.kind == StoryKind::Defect
            && story.severity.is_some_and(|severity| pair.after.policy.blocking.contains(&severity));
        let is_open = !matches!(story.category, Category::Done | Category::Dropped);
        let (group, what) = if is_blocking && is_open {
            (ChangeGroup::TurnedRed, "a blocking defect was added")
        } else if from_elsewhere {
            (ChangeGroup::Added, "moved in")
        } else {
            (ChangeGroup::Added, "new")
        };
        let what = if is_open { Text::new(what) } else { Text::new(format!("{what}, {}", story.status)) };
        changes.push(Change { at, rebuilt, ..change(group, story, Some(release), what) });
    }
}

fn moved_out(pair: &Pair<'_>, story: &Story, release: &ReleaseId) -> Option<Instant> {
    let left = story.scope.iter().rev().find(|step| step.release == *release);
    pair.within(left.filter(|step| step.change == ScopeChange::Removed).map(|step| step.at))
}

/// From one category to another.
fn group(was: Category, is: Category) -> ChangeGroup {
    match (was, is) {
        (_, Category::Done) => ChangeGroup::Done,
        (_, Category::Dropped) => ChangeGroup::Removed,
        // It was ready, or nearly so, and is not any more; or nobody can tell.
        (Category::Done, _) | (_, Category::Unknown) => ChangeGroup::TurnedRed,
        _ => ChangeGroup::Moved,
    }
}

fn word(category: Category) -> &'static str {
    match category {
        Category::ToDo => "to do",
        Category::InProgress => "in progress",
        Category::InReview => "in review",
        Category::InTest => "in test",
        Category::Done => "done",
        Category::Dropped => "dropped",
        Category::Unknown => "unknown",
    }
}

fn kind(story: &Story) -> Kind {
    match story.kind {
        StoryKind::Story => Kind::Stories,
        StoryKind::Defect => Kind::Defects,
    }
}

fn change(group: ChangeGroup, story: &Story, release: Option<&ReleaseId>, what: Text) -> Change {
    Change {
        group,
        subject: Subject::Story(story.key.clone()),
        release: release.cloned(),
        name: Text::new(format!("{} {}", story.key, story.title)),
        what,
        who: story.owner.clone(),
        at: None,
        url: story.url.clone(),
        rebuilt: false,
    }
}

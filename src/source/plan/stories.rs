//! Stories of a plan: what happened to them, and when they count as created.

use std::collections::HashMap;

use super::convert::{Converter, PlanFile};
use crate::{
    config::plan_tables::WrittenStory,
    domain::{Category, Instant, ReleaseId, StatusMove, Story, StoryKey, Text},
    source::status,
};

impl Converter<'_> {
    /// The first thing that is known to have happened in the plan.
    pub(super) fn earliest(&self, files: &[PlanFile]) -> Option<Instant> {
        let starts = files.iter().flat_map(|file| &file.tables.releases).map(|release| release.start);
        let events = files
            .iter()
            .flat_map(|file| &file.tables.stories)
            .flat_map(|story| [story.created, story.started, story.done]);
        starts.chain(events).flatten().map(|moment| self.from(moment)).filter(|at| *at <= self.now).min()
    }

    /// When a story was created that does not say so: with its first release, but not after
    /// what happened to it; else with the plan.
    fn creation(
        &mut self,
        written: &WrittenStory,
        releases: impl Iterator<Item = Instant>,
        events: [Option<Instant>; 2],
        earliest: Option<Instant>,
        changed_at: Instant,
    ) -> Instant {
        let known = releases.chain(events.into_iter().flatten()).min();
        known.map(|at| at.min(self.now)).or(earliest).unwrap_or_else(|| {
            self.remark(
                &written.place,
                format!("story `{}` counts as created when its file was last changed", written.key),
                "add `created` to it, or `start` to its release",
            );
            changed_at.min(self.now)
        })
    }

    pub(super) fn story(
        &mut self,
        written: &WrittenStory,
        starts: &HashMap<ReleaseId, Instant>,
        earliest: Option<Instant>,
        changed_at: Instant,
    ) -> Story {
        let place = &written.place;
        let item = format!("story `{}`", written.key);
        let created = self.happened(written.created, "created", &item, place);
        let started = self.happened(written.started, "started", &item, place);
        let mut done = self.happened(written.done, "done", &item, place);
        let category = match (written.category, &written.status) {
            (Some(category), _) => category,
            (None, Some(status)) => status::category(status).unwrap_or_else(|| {
                self.remark(
                    place,
                    format!("{item}: nobody knows what the status \"{status}\" means"),
                    "add category = \"to do\", \"in progress\", \"in review\", \"in test\", \"done\" or \"dropped\"",
                );
                Category::Unknown
            }),
            (None, None) if done.is_some() => Category::Done,
            (None, None) if started.is_some() => Category::InProgress,
            (None, None) => Category::ToDo,
        };
        if done.is_some() && !matches!(category, Category::Done | Category::Dropped) {
            self.remark(
                place,
                format!("{item} has a date in `done` but is not done"),
                "correct its status or remove `done`, which counts as not written",
            );
            done = None;
        }
        let releases: Vec<_> = written.releases.iter().map(|name| self.named(name)).collect();
        let created_at = created.unwrap_or_else(|| {
            let starts = releases.iter().filter_map(|release| starts.get(release).copied());
            self.creation(written, starts, [started, done], earliest, changed_at)
        });
        if [started, done].into_iter().flatten().any(|at| at < created_at) || done < started && done.is_some()
        {
            self.remark(
                place,
                format!("{item}: `created`, `started` and `done` are not in this order"),
                "correct the dates; until then the earlier ones give way",
            );
        }
        let status = written.status.clone().unwrap_or_else(|| Text::new(status::name(category)));
        Story {
            kind: written.kind,
            status,
            category,
            severity: written.severity,
            owner: written.owner.clone(),
            points: written.points.map(|points| points as f32),
            moves: moves(category, created_at, started, done),
            releases,
            blocked_by: written.blocked_by.iter().map(StoryKey::new).collect(),
            parent: written.parent.as_ref().map(StoryKey::new),
            component: written.component.clone(),
            labels: written.labels.clone(),
            due: written.due.map(|due| self.by(due)),
            url: written.url.clone(),
            ..Story::new(&written.key, written.title.as_ref().unwrap_or(&written.key), created_at)
        }
    }
}

/// Changes of status, oldest first. The last one leads to the category that the story has now,
/// so that its past ends in its present; when it got there without a date of its own is taken
/// from the last date there is.
fn moves(
    category: Category,
    created: Instant,
    started: Option<Instant>,
    done: Option<Instant>,
) -> Vec<StatusMove> {
    let mut moves = Vec::new();
    match (started, done) {
        (started, Some(done)) => {
            let started = started.filter(|started| *started <= done);
            moves.extend(started.map(|at| StatusMove { at, to: Category::InProgress }));
            moves.push(StatusMove { at: done, to: category });
        }
        (Some(at), None) => moves.push(StatusMove { at, to: category }),
        (None, None) => {}
    }
    for change in &mut moves {
        change.at = change.at.max(created);
    }
    moves
}

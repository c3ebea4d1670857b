//! "Why?" of stories, defects and pull requests, and their lists.

use std::{collections::HashSet, sync::Arc};

use chrono::Duration;

use crate::domain::{Category, Kind, PullRequestId, Story, StoryKey, StoryKind};
use crate::insight::{
    PullRequestRow, Stage, StoryRow, board::Completeness, pull_requests::PullRequests, stages::Usual,
    stories::UsualAges, words,
};

use super::{Explainer, Explanation, Row, missing};

impl Explainer<'_, '_> {
    /// Stories or defects of the release that count, and those that do not.
    pub(super) fn stories(
        &self,
        counts: impl Fn(&StoryRow) -> bool,
        kind: StoryKind,
    ) -> (Vec<Row>, Vec<Row>) {
        let (Some(index), Some(insight)) = (self.index, self.insight) else {
            return (Vec::new(), Vec::new());
        };
        let (mut counted, mut left_out) = (Vec::new(), Vec::new());
        for row in insight.stories.iter().filter(|row| row.story.kind == kind) {
            let Story { key, title, category, .. } = &*row.story;
            let line = format!("{key} {title} · {} · {}", category_word(*category), row.belongs);
            let line = Row::of(key, line);
            if counts(row) { counted.push(line) } else { left_out.push(line) }
        }
        let listed: HashSet<&StoryKey> = insight.stories.iter().map(|row| &row.story.key).collect();
        let is_left_out = |story: &&&Arc<Story>| story.kind == kind && !listed.contains(&story.key);
        let members = self.membership.stories[index].iter().map(|member| &self.context.stories[member.item]);
        for story in members.filter(is_left_out) {
            let why = if story.category == Category::Dropped {
                format!("dropped {}", self.day(story.since()))
            } else {
                "was not in it when it went out".to_owned()
            };
            left_out.push(Row::of(&story.key, format!("{} {} · {why}", story.key, story.title)));
        }
        let left = self.membership.left[index].iter().map(|item| &self.context.stories[*item]);
        for story in left.filter(is_left_out) {
            let line = format!("{} {} · no longer in the release", story.key, story.title);
            left_out.push(Row::of(&story.key, line));
        }
        (counted, left_out)
    }

    pub(super) fn pull_requests(&self) -> (Vec<Row>, Vec<Row>) {
        let Some(insight) = self.insight else { return (Vec::new(), Vec::new()) };
        let line = |row: &PullRequestRow| {
            let pull_request = &row.pull_request;
            let (id, title, stage) = (&pull_request.id, &pull_request.title, row.stage.word());
            let why = if row.stage == Stage::Closed { ": closed unmerged" } else { "" };
            Row::of(id, format!("{id} {title} · {stage} · {}{why}", row.belongs))
        };
        let is_closed = |row: &&PullRequestRow| row.stage == Stage::Closed;
        let rows = insight.pull_requests.iter();
        let counted = rows.clone().filter(|row| !is_closed(row)).map(line).collect();
        (counted, rows.filter(is_closed).map(line).collect())
    }

    pub(super) fn story(&self, key: &StoryKey) -> Explanation {
        let row = self.insight.and_then(|insight| insight.stories.iter().find(|row| row.story.key == *key));
        let Some(row) = row else { return missing(key.as_str()) };
        let story = &row.story;
        let mut counted = vec![
            format!("belongs: {}", row.belongs),
            format!("{} ({}) since {}", story.status, category_word(story.category), self.day(row.since)),
        ];
        let usual = UsualAges::learn(self.context);
        counted.extend(
            usual
                .p85(story.category)
                .map(|p85| format!("85 % stay in this status for at most {}", words::duration(p85))),
        );
        if row.returns > 0 {
            counted.push(format!(
                "went back {} from review, test or done",
                words::count(row.returns as usize, "time", "times")
            ));
        }
        counted.extend(row.waits_for.iter().map(|key| format!("waits for {key}")));
        counted.extend(row.pull_requests.iter().map(|id| format!("pull request {id}")));
        if row.pull_requests.is_empty() {
            counted.push("no pull request names it".to_owned());
        }
        counted.extend(story.owner.as_ref().map(|owner| format!("owner {owner}")));
        counted.extend(story.due.map(|due| format!("due {}", self.day(due))));
        Explanation {
            notes: Vec::new(),
            title: format!("{} {}", story.key, story.title),
            value: if row.reason.is_empty() { category_word(story.category).to_owned() } else { row.reason.to_string() },
            formula: "Ready when its status means done. Worst first: blocking defects, what is blocked, what was \
                      returned, what is longer in its status than 85 % usually are, what is overdue or has no owner \
                      or pull request when it should; then what is furthest from done, then the oldest."
                .to_owned(),
            counted,
            left_out: Vec::new(),
            sources: self.sources(&[Kind::Stories, Kind::Defects]),
        }
    }

    pub(super) fn pull_request(&self, id: &PullRequestId) -> Explanation {
        let in_release = self.insight.map(|insight| insight.pull_requests.iter());
        let mut rows = in_release.into_iter().flatten().chain(&self.board.insight.unassigned);
        let Some(row) = rows.find(|row| row.pull_request.id == *id) else { return missing(id.as_str()) };
        let pull_request = &row.pull_request;
        let mut counted = Vec::new();
        if row.belongs.is_empty() {
            counted.push("belongs to no release: listed, never gated".to_owned());
        } else {
            counted.push(format!("belongs: {}", row.belongs));
        }
        if self.board.completeness != Completeness::Preview {
            let all = PullRequests::of(self.context);
            let usual = all.usual(self.context);
            let position = self.context.pull_requests.iter().position(|other| other.id == *id);
            for (stage, length) in position.map(|position| all.lengths(position)).into_iter().flatten() {
                let line = match usual.of(&pull_request.repository, *stage) {
                    Usual::Learnt(_) => "",
                    Usual::Default(..) => ", defaults: too few finished",
                };
                let usual = usual.of(&pull_request.repository, *stage);
                counted.push(format!(
                    "{}: {} (P50 {}, P85 {}{line})",
                    stage.word(),
                    words::duration(Duration::seconds(*length)),
                    words::duration(Duration::seconds(usual.p50())),
                    words::duration(Duration::seconds(usual.p85())),
                ));
            }
        }
        counted.extend(
            row.slack_seconds.map(|slack| format!("slack {}", words::duration(Duration::seconds(slack)))),
        );
        if !row.next.action.is_empty() {
            let who = if row.next.who.is_empty() {
                String::new()
            } else {
                format!("{}: ", words::list(&row.next.who, 5))
            };
            counted.push(format!("next: {who}{}", row.next.action));
        }
        let bots =
            pull_request.reviews.iter().filter(|review| review.bot || review.reviewer == pull_request.author);
        Explanation {
            notes: Vec::new(),
            title: format!("{} {}", pull_request.id, pull_request.title),
            value: format!("{}, {}", row.stage.word(), row.standing.word()),
            formula: "Slack = due − (now + what usually remains of its stage + the usual length of the stages until \
                      the merge). Due is the earliest of its own date, its stories' and its release's promised target. \
                      Lengths are working days, a working day counting whole, and are compared with this \
                      repository's own once twenty have finished."
                .to_owned(),
            counted,
            left_out: bots.map(|review| format!("review by {}: by a program or the author", review.reviewer)).collect(),
            sources: self.sources(&[Kind::PullRequests]),
        }
    }
}

fn category_word(category: Category) -> &'static str {
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

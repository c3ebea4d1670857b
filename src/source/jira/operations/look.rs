//! Looking whether an operation was done whose answer got lost. Changes nothing.

use chrono::Duration;
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{document, timestamp::Timestamp, wire},
    errand::{Errand, is_called, is_same},
};
use crate::{
    domain::{Instant, Problem, Text},
    source::{
        http::Request,
        operation::{Found, OperationError, StoryOperation},
    },
};

impl Errand<'_> {
    /// Looks whether it was done.
    pub(super) async fn look(
        &self,
        wanted: &StoryOperation,
        tried_at: Instant,
    ) -> Result<Found, OperationError> {
        let is_done = match wanted {
            StoryOperation::Comment(text) => return self.look_for_comment(text, tried_at).await,
            StoryOperation::Assign(people) => {
                let now = self.now("assignee").await?.fields.assignee;
                let Some(name) = people.first() else { return Ok(Found::NotDone) };
                match now {
                    Some(user) if is_called(&user, name) => true,
                    Some(user) => {
                        let meant = self.find_user(name).await?;
                        (meant.account_id, meant.name) == (user.account_id, user.name)
                    }
                    None => false,
                }
            }
            StoryOperation::Move(wanted) => {
                let now = self.now("fixVersions,project").await?.fields;
                let project = now.project.map(|project| project.key);
                let project = project.unwrap_or_else(|| Text::new(self.project()));
                let open = |version: &&wire::VersionName| {
                    version.released != Some(true) && version.archived != Some(true)
                };
                match wanted {
                    Some(name) => {
                        let target = self.find_version(&project, name).await?;
                        now.fix_versions.iter().any(|version| version.id == target.id)
                            && now.fix_versions.iter().filter(open).all(|version| version.id == target.id)
                    }
                    None => now.fix_versions.iter().filter(open).count() == 0,
                }
            }
            StoryOperation::SetPriority(wanted) => {
                let now = self.now("priority").await?.fields.priority;
                now.is_some_and(|priority| is_same(&priority.name, wanted))
            }
            StoryOperation::Transition(wanted) => {
                let now = self.now("status").await?.fields.status;
                let is_there = now.is_some_and(|status| is_same(&status.name, wanted));
                let still_leads = |found: &wire::Transition| {
                    is_same(&found.name, wanted)
                        || found.to.as_ref().is_some_and(|to| is_same(&to.name, wanted))
                };
                if !is_there && !self.transitions().await?.iter().any(still_leads) {
                    return Ok(Found::CannotTell(Problem::new(
                        format!(
                            "{}: {}: its status is another one than \"{wanted}\", and nothing leads there",
                            self.service, self.key
                        ),
                        format!("look at {}", self.url()),
                    )));
                }
                is_there
            }
        };
        Ok(if is_done { Found::Done(self.done(self.word)) } else { Found::NotDone })
    }

    async fn look_for_comment(&self, text: &str, tried_at: Instant) -> Result<Found, OperationError> {
        #[derive(Deserialize)]
        struct Comment {
            body: Value,
            created: Timestamp,
        }
        let request = Request::get("comments", self.issue("/comment"))
            .query("orderBy", "-created")
            .query("maxResults", "50");
        let reply = self.read(request).await?;
        let comments = reply.items::<Comment>(&["comments"]).map_err(|error| self.refused(&error))?.kept;
        let said = document::words(&Value::from(text));
        // Clocks differ.
        let from = tried_at - Duration::minutes(5);
        let is_there = comments
            .iter()
            .any(|comment| comment.created.0 >= from && document::words(&comment.body) == said);
        Ok(if is_there { Found::Done(self.done("commented")) } else { Found::NotDone })
    }
}

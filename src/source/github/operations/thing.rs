//! What is done to issues and pull requests alike, which share their numbers: comments,
//! assignees, milestones; and opening and closing of issues.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    errand::{Errand, done},
    pull_request::logins,
};
use crate::{
    domain::Text,
    source::{
        http::{Method, Pages, Request},
        operation::{Done, OperationError},
    },
};

/// Most pages of milestones that are looked through.
const MOST_PAGES: usize = 20;
/// Most people that GitHub assigns one issue to.
const MOST_ASSIGNEES: usize = 10;

#[derive(Deserialize)]
struct Commented {
    html_url: Option<Text>,
}

/// An issue or pull request, as REST answers after a change.
#[derive(Deserialize)]
struct Changed {
    html_url: Option<Text>,
    state: Option<Text>,
    milestone: Option<Milestone>,
    #[serde(default)]
    assignees: Vec<Assignee>,
}

#[derive(Deserialize)]
struct Assignee {
    login: Text,
}

#[derive(Clone, Debug, Deserialize)]
struct Milestone {
    number: u64,
    title: Text,
    state: Option<Text>,
}

/// Where an issue can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transition {
    Completed,
    NotPlanned,
    Open,
}

impl Transition {
    /// By GitHub's words, and those that people use for them.
    pub(super) fn named(word: &str) -> Option<Self> {
        match word.trim().to_lowercase().replace(['_', '-'], " ").as_str() {
            "closed" | "close" | "completed" | "closed as completed" | "done" => Some(Self::Completed),
            "not planned" | "closed as not planned" | "won't do" | "wontfix" => Some(Self::NotPlanned),
            "open" | "reopen" | "reopened" => Some(Self::Open),
            _ => None,
        }
    }

    fn body(self) -> Value {
        match self {
            Self::Completed => json!({ "state": "closed", "state_reason": "completed" }),
            Self::NotPlanned => json!({ "state": "closed", "state_reason": "not_planned" }),
            Self::Open => json!({ "state": "open", "state_reason": "reopened" }),
        }
    }

    fn state(self) -> &'static str {
        if self == Self::Open { "open" } else { "closed" }
    }

    /// For people.
    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Completed => "closed as completed",
            Self::NotPlanned => "closed as not planned",
            Self::Open => "open again",
        }
    }

    /// Whether an issue with this state and reason, as GraphQL writes them, is there.
    pub(super) fn is(self, state: &str, reason: Option<&str>) -> bool {
        match self {
            Self::Completed => state == "CLOSED" && reason.is_none_or(|reason| reason == "COMPLETED"),
            Self::NotPlanned => state == "CLOSED" && reason == Some("NOT_PLANNED"),
            Self::Open => state == "OPEN",
        }
    }
}

impl Errand<'_> {
    pub(super) async fn comment(&self, body: &str) -> Result<Done, OperationError> {
        if body.trim().is_empty() {
            return Err(self.not_done("there is nothing to say", "write a comment"));
        }
        let path = self.path(&format!("issues/{}/comments", self.number));
        let reply = self.change(Request::post("comment", path).json(&json!({ "body": body }))).await?;
        let url = reply.json::<Commented>().ok().and_then(|comment| comment.html_url);
        Ok(done("commented", url))
    }

    pub(super) async fn assign(&self, people: &[Text]) -> Result<Done, OperationError> {
        let people = logins(people);
        if people.is_empty() {
            return Err(self.not_done("nobody is named", "name at least one person"));
        }
        if people.len() > MOST_ASSIGNEES {
            let why = format!("GitHub assigns to {MOST_ASSIGNEES} people at most");
            return Err(self.not_done(why, "name fewer"));
        }
        let path = self.path(&format!("issues/{}/assignees", self.number));
        let reply = self.change(Request::post("assign", path).json(&json!({ "assignees": people }))).await?;
        let Ok(changed) = reply.json::<Changed>() else { return Ok(done("assigned", None)) };
        let known: Vec<&str> = changed.assignees.iter().map(|assignee| assignee.login.as_str()).collect();
        self.as_asked(&people, &known, "assigned to", "", changed.html_url)
    }

    pub(super) async fn move_to(&self, title: Option<&Text>) -> Result<Done, OperationError> {
        let milestone = match title {
            Some(title) => Some(self.milestone(title).await?),
            None => None,
        };
        let number = milestone.as_ref().map(|milestone| milestone.number);
        let path = self.path(&format!("issues/{}", self.number));
        let request = Request::new("milestone", Method::Patch, path).json(&json!({ "milestone": number }));
        let reply = self.change(request).await?;
        let what = match &milestone {
            Some(milestone) => format!("moved to {}", milestone.title),
            None => "moved out of its milestone".to_owned(),
        };
        let Ok(changed) = reply.json::<Changed>() else { return Ok(done(what, None)) };
        // GitHub drops it silently where somebody may not set it.
        if changed.milestone.map(|milestone| milestone.number) != number {
            return Err(self.not_done(
                "GitHub left its milestone as it was",
                format!("give the token the permission {}, or ask for write access", self.permission),
            ));
        }
        Ok(done(what, changed.html_url))
    }

    pub(super) async fn transition(&self, word: &str) -> Result<Done, OperationError> {
        let Some(transition) = Transition::named(word) else {
            return Err(
                self.not_done(format!("GitHub has no status \"{word}\""), "take closed, not planned or open")
            );
        };
        let path = self.path(&format!("issues/{}", self.number));
        let request = Request::new("transition", Method::Patch, path).json(&transition.body());
        let reply = self.change(request).await?;
        let Ok(changed) = reply.json::<Changed>() else { return Ok(done(transition.said(), None)) };
        if changed.state.as_deref().is_some_and(|state| state != transition.state()) {
            return Err(
                self.not_done("GitHub left it as it was", format!("the token needs {}", self.permission))
            );
        }
        Ok(done(transition.said(), changed.html_url))
    }

    /// The milestone of this title, or the only one that names the same version; open ones
    /// before closed ones.
    async fn milestone(&self, title: &Text) -> Result<Milestone, OperationError> {
        let request = Request::get("milestones", self.path("milestones"))
            .query("state", "all")
            .query("per_page", "100")
            .never_remembered();
        let request = super::super::notice::accepting(request);
        let mut pages = Pages::new(&self.session, request).at_most(MOST_PAGES);
        let mut known: Vec<Milestone> = Vec::new();
        while let Some(page) = pages.next().await.map_err(|error| self.unread(&error))? {
            known.extend(page.items(&[]).map_err(|error| self.unread(&error))?.kept);
        }
        known.sort_by_key(|milestone| milestone.state.as_deref() != Some("open"));
        if let Some(found) = known.iter().find(|milestone| milestone.title == *title) {
            return Ok(found.clone());
        }
        let version = self.naming.version(title);
        let same: Vec<&Milestone> =
            known.iter().filter(|milestone| self.naming.version(&milestone.title) == version).collect();
        match same.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(self.not_done(
                format!("there is no milestone \"{title}\""),
                match known.iter().filter(|milestone| milestone.state.as_deref() == Some("open")).count() {
                    0 => "make one on GitHub first".to_owned(),
                    count => format!("make it on GitHub first, or take one of the {count} that are open"),
                },
            )),
            several => Err(self.not_done(
                format!("{} milestones mean {version}", several.len()),
                format!("take one by its whole title: {}, {} …", several[0].title, several[1].title),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_are_named_as_github_and_people_name_them() {
        for (word, expected) in [
            ("Closed", Some(Transition::Completed)),
            ("done", Some(Transition::Completed)),
            ("not_planned", Some(Transition::NotPlanned)),
            ("Closed as not planned", Some(Transition::NotPlanned)),
            ("reopen", Some(Transition::Open)),
            ("In progress", None),
            ("", None),
        ] {
            assert_eq!(Transition::named(word), expected, "{word}");
        }
    }
}

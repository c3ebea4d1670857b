//! What is done to pull requests only: reviews, the branch, drafts, closing.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    documents::Document,
    errand::{Errand, done, short},
};
use crate::{
    domain::Text,
    source::{
        http::{Method, Request},
        operation::{Done, OperationError},
    },
};

#[derive(Deserialize)]
struct Reviewed {
    html_url: Option<Text>,
}

#[derive(Deserialize)]
struct Asked {
    html_url: Option<Text>,
    #[serde(default)]
    requested_reviewers: Vec<Somebody>,
    #[serde(default)]
    requested_teams: Vec<Somebody>,
}

#[derive(Deserialize)]
struct Somebody {
    #[serde(alias = "slug")]
    login: Option<Text>,
}

#[derive(Deserialize)]
struct Closed {
    html_url: Option<Text>,
    state: Option<Text>,
    merged_at: Option<Text>,
}

impl Errand<'_> {
    pub(super) async fn approve(
        &self,
        seen: Option<&Text>,
        body: Option<&str>,
    ) -> Result<Done, OperationError> {
        let (_, _, seen) = self.look_for(seen).await?;
        let mut review = json!({ "commit_id": seen.as_str(), "event": "APPROVE" });
        if let Some(body) = body.filter(|body| !body.trim().is_empty()) {
            review["body"] = body.into();
        }
        let path = self.path(&format!("pulls/{}/reviews", self.number));
        let reply = self.change_at(&seen, Request::post("approve", path).json(&review)).await?;
        let url = reply.json::<Reviewed>().ok().and_then(|review| review.html_url);
        Ok(done(format!("approved {}", short(&seen)), url))
    }

    pub(super) async fn request_review(&self, people: &[Text]) -> Result<Done, OperationError> {
        let (teams, users): (Vec<&str>, Vec<&str>) =
            logins(people).into_iter().partition(|name| name.contains('/'));
        let teams: Vec<&str> = teams.iter().filter_map(|team| team.rsplit('/').next()).collect();
        if teams.is_empty() && users.is_empty() {
            return Err(self.not_done("nobody is named", "name at least one person or team"));
        }
        let mut body = json!({});
        for (key, names) in [("reviewers", &users), ("team_reviewers", &teams)] {
            if !names.is_empty() {
                body[key] = names.clone().into();
            }
        }
        let path = self.path(&format!("pulls/{}/requested_reviewers", self.number));
        let reply = match self.change(Request::post("request review", path).json(&body)).await {
            Ok(reply) => reply,
            Err(ended) => {
                return Err(match (ended.error, ended.status) {
                    // GitHub says that one is no collaborator, whatever was meant.
                    (OperationError::NotDone(mut problem), Some(422)) if teams.len() < people.len() => {
                        problem.next_step =
                            "name people by their login, and a team as organisation/team".into();
                        OperationError::NotDone(problem)
                    }
                    (error, _) => error,
                });
            }
        };
        let wanted: Vec<&str> = users.iter().chain(&teams).copied().collect();
        let Ok(asked) = reply.json::<Asked>() else {
            return Ok(done(format!("asked {} for a review", wanted.join(", ")), None));
        };
        let known = asked.requested_reviewers.iter().chain(&asked.requested_teams);
        let known: Vec<&str> = known.filter_map(|somebody| somebody.login.as_deref()).collect();
        self.as_asked(&wanted, &known, "asked", "for a review", asked.html_url)
    }

    pub(super) async fn update_branch(&self, seen: Option<&Text>) -> Result<Done, OperationError> {
        let (_, now, seen) = self.look_for(seen).await?;
        let path = self.path(&format!("pulls/{}/update-branch", self.number));
        let body = json!({ "expected_head_sha": seen.as_str() });
        self.change_at(&seen, Request::new("update branch", Method::Put, path).json(&body)).await?;
        // It answers before it is done.
        Ok(done("its base is being brought in", now.url))
    }

    pub(super) async fn mark_ready(&self) -> Result<Done, OperationError> {
        let (_, now) = self.look().await?;
        self.is_open(&now)?;
        if now.is_draft == Some(false) {
            return Err(self.not_done("it is no draft", "nothing to do"));
        }
        self.mutate::<Value>(Document::MarkReady, &json!({ "pullRequestId": now.id })).await?;
        Ok(done("marked ready", now.url))
    }

    pub(super) async fn close(&self) -> Result<Done, OperationError> {
        let path = self.path(&format!("pulls/{}", self.number));
        let request = Request::new("close", Method::Patch, path).json(&json!({ "state": "closed" }));
        let reply = self.change(request).await?;
        let Ok(closed) = reply.json::<Closed>() else { return Ok(done("closed", None)) };
        if closed.merged_at.is_some() {
            return Err(self.not_done("it is merged already", "nothing to do"));
        }
        if closed.state.as_deref().is_some_and(|state| state != "closed") {
            return Err(self.not_done("GitHub left it open", format!("the token needs {}", self.permission)));
        }
        Ok(done("closed", closed.html_url))
    }

    /// Compares who was to be asked or assigned with who is: GitHub leaves out silently who cannot be.
    pub(super) fn as_asked(
        &self,
        wanted: &[&str],
        known: &[&str],
        begin: &str,
        end: &str,
        url: Option<Text>,
    ) -> Result<Done, OperationError> {
        let (there, missing): (Vec<&str>, Vec<&str>) =
            wanted.iter().partition(|name| known.iter().any(|known| known.eq_ignore_ascii_case(name)));
        let what = [begin, &there.join(", "), end].join(" ");
        match (there.is_empty(), missing.is_empty()) {
            (_, true) => Ok(done(what, url)),
            (false, false) => {
                Ok(done(format!("{}, but GitHub left out {}", what.trim_end(), missing.join(", ")), url))
            }
            (true, false) => Err(self.not_done(
                format!("GitHub left out {}", missing.join(", ")),
                "look at the names, and at whether they may read the repository",
            )),
        }
    }
}

/// Logins and teams as GitHub knows them: without the `@` that people write, each once.
pub(super) fn logins(people: &[Text]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for person in people {
        let name = person.trim().trim_start_matches('@');
        if !name.is_empty() && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    names
}

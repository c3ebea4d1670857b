//! One operation under way: what it reads, the one request that changes something, and what an
//! answer that is none means.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::super::{document, known::Place, meaning::version_text, settings::JiraSettings, wire};
use crate::{
    domain::{Problem, StoryKey, Text},
    source::{
        http::{HttpError, HttpErrorKind, Method, Reply, Request, Session},
        operation::{Done, OperationError},
    },
};

/// The longest comment that Jira takes unless its owner says otherwise, in characters.
const LONGEST_COMMENT: usize = 32_767;
/// Most names in one message.
const MOST_NAMED: usize = 8;

/// One operation under way.
pub(super) struct Errand<'a> {
    pub(super) service: &'a str,
    pub(super) settings: &'a JiraSettings,
    pub(super) session: Session<'a>,
    pub(super) place: Place,
    pub(super) key: &'a StoryKey,
    /// What the issue is once it is done: `assigned`.
    pub(super) word: &'static str,
    /// The permission that it needs.
    pub(super) permission: &'static str,
}

/// An issue as it is now, as far as operations need it.
#[derive(Deserialize)]
pub(super) struct Now {
    pub(super) fields: NowFields,
}

#[derive(Deserialize)]
pub(super) struct NowFields {
    pub(super) status: Option<wire::Named>,
    pub(super) priority: Option<wire::Named>,
    pub(super) assignee: Option<wire::User>,
    pub(super) project: Option<wire::Project>,
    #[serde(rename = "fixVersions", default)]
    pub(super) fix_versions: Vec<wire::VersionName>,
}

impl Errand<'_> {
    /// Says something. Cloud wants a document, Data Center a text.
    pub(super) async fn comment(&self, text: &str) -> Result<Done, OperationError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(self.not_done("there is nothing to say", "write something"));
        }
        let length = text.chars().count();
        if length > LONGEST_COMMENT {
            let why = format!("{length} characters are more than the {LONGEST_COMMENT} that Jira takes");
            return Err(self.not_done(why, "make it shorter"));
        }
        let body = if self.place.is_cloud { document::of_text(text) } else { Value::from(text) };
        let request = Request::post("comment", self.issue("/comment")).json(&json!({ "body": body }));
        let reply = self.change(request).await?;
        // It is said, whatever the answer looks like.
        let id = reply.at::<Text>(&["id"]).ok();
        let url =
            id.map_or_else(|| self.url(), |id| Text::new(format!("{}?focusedCommentId={id}", self.url())));
        Ok(Done { what: "commented".into(), url: Some(url) })
    }

    /// Gives it to the first of `people`.
    pub(super) async fn assign(&self, people: &[Text]) -> Result<Done, OperationError> {
        let Some(name) = people.first().filter(|name| !name.is_empty()) else {
            return Err(self.not_done("nobody is named", "name somebody"));
        };
        let user = self.find_user(name).await?;
        let body = if self.place.is_cloud {
            json!({ "accountId": user.account_id })
        } else {
            json!({ "name": user.name })
        };
        self.change(Request::new("assign", Method::Put, self.issue("/assignee")).json(&body)).await?;
        Ok(self.done(format!("assigned to {}", user.called().unwrap_or_else(|| name.clone()))))
    }

    /// The one person that `name` means, among those whom it may be given to.
    pub(super) async fn find_user(&self, name: &Text) -> Result<wire::User, OperationError> {
        let parameter = if self.place.is_cloud { "query" } else { "username" };
        let request = Request::get("people", self.path("user/assignable/search"))
            .query("issueKey", self.key.as_str())
            .query(parameter, name)
            .query("maxResults", "50");
        let reply = self.read(request).await?;
        let found = reply.items::<wire::User>(&[]).map_err(|error| self.refused(&error))?;
        let candidates: Vec<wire::User> = found
            .kept
            .into_iter()
            .filter(|user| if self.place.is_cloud { user.account_id.is_some() } else { user.name.is_some() })
            .collect();
        let exact: Vec<&wire::User> = candidates.iter().filter(|user| is_called(user, name)).collect();
        let matching = if exact.is_empty() { candidates.iter().collect() } else { exact };
        match matching[..] {
            [user] => Ok(user.clone()),
            [] => Err(self.not_done(
                format!("nobody called \"{name}\" can be given issues of {}", self.project()),
                "look how Jira writes the name, or ask for the permission Assignable user for that person",
            )),
            _ => Err(self.not_done(
                format!(
                    "\"{name}\" may be any of {}",
                    list(matching.iter().filter_map(|user| user_name(user)))
                ),
                "write the whole name, or the e-mail address",
            )),
        }
    }

    /// Moves it to the version that is called so; none: out of those that are not released yet.
    /// Versions that went out with it stay: that is the past.
    pub(super) async fn move_to(&self, wanted: Option<&Text>) -> Result<Done, OperationError> {
        let now = self.now("fixVersions,project").await?.fields;
        let target = match wanted {
            Some(name) => {
                let project = now.project.map(|project| project.key);
                let project = project.unwrap_or_else(|| Text::new(self.project()));
                Some(self.find_version(&project, name).await?)
            }
            None => None,
        };
        let is_target = |id: &Text| target.as_ref().is_some_and(|target| target.id == *id);
        let is_past =
            |version: &wire::VersionName| version.released == Some(true) || version.archived == Some(true);
        let mut update: Vec<Value> = now
            .fix_versions
            .iter()
            .filter(|version| !is_target(&version.id) && !is_past(version))
            .map(|version| json!({ "remove": { "id": version.id } }))
            .collect();
        if let Some(target) =
            target.as_ref().filter(|t| !now.fix_versions.iter().any(|version| version.id == t.id))
        {
            update.push(json!({ "add": { "id": target.id } }));
        }
        let what = target.as_ref().map_or_else(
            || "in no release any more".to_owned(),
            |target| format!("moved to {}", target.name),
        );
        if update.is_empty() {
            return Ok(self.done(format!("{what}, as it was")));
        }
        let body = json!({ "update": { "fixVersions": update } });
        self.change(Request::new("move", Method::Put, self.issue("")).json(&body)).await?;
        Ok(self.done(what))
    }

    /// The version of a project that `name` means: written so, or of the same number.
    pub(super) async fn find_version(
        &self,
        project: &Text,
        name: &Text,
    ) -> Result<wire::Version, OperationError> {
        let path = self.path(&format!("project/{}/versions", Request::segment(project)));
        let reply = self.read(Request::get("versions", path)).await?;
        let versions = reply.items::<wire::Version>(&[]).map_err(|error| self.refused(&error))?.kept;
        let board_name = self.settings.name_of(project);
        let text = |name: &str| version_text(board_name, name);
        let exact = versions.iter().find(|version| version.name == *name);
        let alike: Vec<&wire::Version> =
            versions.iter().filter(|version| text(&version.name) == text(name)).collect();
        let found = exact.or(match alike[..] {
            [version] => Some(version),
            _ => None,
        });
        match (found, &alike[..]) {
            (Some(version), _) if version.archived == Some(true) => Err(self.not_done(
                format!("the version {} of {project} is archived", version.name),
                "choose another one, or take it out of the archive in Jira",
            )),
            (Some(version), _) => Ok(version.clone()),
            (None, []) => {
                let open = versions
                    .iter()
                    .filter(|version| version.released != Some(true) && version.archived != Some(true));
                let open = list(open.map(|version| version.name.clone()));
                let has = if open.is_empty() {
                    "it has no open version".to_owned()
                } else {
                    format!("it has {open}")
                };
                Err(self.not_done(
                    format!("{project} has no version {name}; {has}"),
                    "choose one of these, or make that version in Jira first",
                ))
            }
            (None, several) => Err(self.not_done(
                format!("{name} may be any of {}", list(several.iter().map(|version| version.name.clone()))),
                "write it as Jira does",
            )),
        }
    }

    /// Sets its priority.
    pub(super) async fn set_priority(&self, wanted: &Text) -> Result<Done, OperationError> {
        #[derive(Deserialize)]
        struct Meta {
            fields: MetaFields,
        }
        // Others have values of other forms.
        #[derive(Deserialize)]
        struct MetaFields {
            priority: Option<Editable>,
        }
        #[derive(Deserialize)]
        struct Editable {
            #[serde(rename = "allowedValues", default)]
            allowed_values: Vec<wire::Named>,
        }
        let meta: Meta = self.read_json(Request::get("priorities", self.issue("/editmeta"))).await?;
        let Some(priorities) = meta.fields.priority.map(|field| field.allowed_values) else {
            return Err(self.not_done(
                "its priority cannot be changed by you, or in this project",
                format!(
                    "ask for the permission Edit issues in {}, or to put the field on its edit screen",
                    self.project()
                ),
            ));
        };
        let found = priorities.iter().find(|priority| is_same(&priority.name, wanted));
        let Some(priority) = found else {
            let names = list(priorities.iter().map(|priority| priority.name.clone()));
            return Err(self.not_done(
                format!("there is no priority \"{wanted}\"; there are {names}"),
                "choose one of these",
            ));
        };
        let body = json!({ "fields": { "priority": { "name": priority.name } } });
        self.change(Request::new("priority", Method::Put, self.issue("")).json(&body)).await?;
        Ok(self.done(format!("priority is {}", priority.name)))
    }

    /// Moves it to the status that is called so, by the one transition that leads there; or by the
    /// transition that is called so.
    pub(super) async fn transition(&self, wanted: &Text) -> Result<Done, OperationError> {
        let transitions = self.transitions().await?;
        let leads_there = |transition: &&wire::Transition| {
            transition.to.as_ref().is_some_and(|to| is_same(&to.name, wanted))
        };
        let mut matching: Vec<&wire::Transition> = transitions.iter().filter(leads_there).collect();
        if matching.is_empty() {
            matching = transitions.iter().filter(|transition| is_same(&transition.name, wanted)).collect();
        }
        // Of several that lead there, one that asks for nothing.
        if matching.len() > 1 {
            let free: Vec<_> = matching.iter().filter(|found| required(found).is_empty()).copied().collect();
            if free.len() == 1 {
                matching = free;
            }
        }
        let transition = match matching[..] {
            [transition] => transition,
            [] => {
                let now = self.now("status").await?.fields.status;
                if now.as_ref().is_some_and(|status| is_same(&status.name, wanted)) {
                    return Ok(self.done(format!("status is {wanted}, as it was")));
                }
                let there =
                    list(transitions.iter().filter_map(|found| found.to.as_ref()).map(|to| to.name.clone()));
                let why = if there.is_empty() {
                    "you may not change its status, or nothing leads out of the one that it has".to_owned()
                } else {
                    format!("nothing leads to \"{wanted}\" from here; what can be reached: {there}")
                };
                return Err(self.not_done(
                    why,
                    format!("choose one of these, or ask for the permission {}", self.permission),
                ));
            }
            _ => {
                let names = list(matching.iter().map(|found| found.name.clone()));
                return Err(self.not_done(
                    format!("several transitions lead to \"{wanted}\": {names}"),
                    "name the transition",
                ));
            }
        };
        let missing = required(transition);
        if !missing.is_empty() {
            return Err(self.not_done(
                format!("the transition \"{}\" wants {}", transition.name, list(missing.into_iter())),
                format!("do it in Jira: {}", self.url()),
            ));
        }
        let body = json!({ "transition": { "id": transition.id } });
        self.change(Request::post("transition", self.issue("/transitions")).json(&body)).await?;
        let status = transition.to.as_ref().map_or(wanted, |to| &to.name);
        Ok(self.done(format!("status is {status}")))
    }

    pub(super) async fn transitions(&self) -> Result<Vec<wire::Transition>, OperationError> {
        let request =
            Request::get("transitions", self.issue("/transitions")).query("expand", "transitions.fields");
        let reply = self.read(request).await?;
        Ok(reply.items::<wire::Transition>(&["transitions"]).map_err(|error| self.refused(&error))?.kept)
    }

    pub(super) async fn now(&self, fields: &str) -> Result<Now, OperationError> {
        self.read_json(Request::get("issue", self.issue("")).query("fields", fields)).await
    }

    pub(super) async fn read_json<T: DeserializeOwned>(&self, request: Request) -> Result<T, OperationError> {
        self.read(request).await?.json().map_err(|error| self.refused(&error))
    }

    /// Sends a request that reads.
    pub(super) async fn read(&self, request: Request) -> Result<Reply, OperationError> {
        let sent = self.api().send(request.never_remembered()).await;
        sent.map_err(|error| self.refused(&error))
    }

    /// Sends the request that changes something, once.
    async fn change(&self, request: Request) -> Result<Reply, OperationError> {
        let before = self.session.tally().requests;
        self.api().send(request).await.map_err(|error| {
            let was_sent = self.session.tally().requests > before;
            if was_sent && !error.kind().changed_nothing() {
                self.unclear(&error)
            } else {
                self.refused(&error)
            }
        })
    }

    /// Nothing was changed, because Jira said no or could not be asked.
    pub(super) fn refused(&self, error: &HttpError) -> OperationError {
        let project = self.project();
        let Problem { what, next_step, .. } = error.problem();
        let (why, next_step) = match error.kind() {
            HttpErrorKind::Forbidden { message, .. } => {
                let said = if message.is_empty() { "Jira does not allow it" } else { message };
                (
                    said.to_owned(),
                    format!(
                        "ask for the permission {} in {project}; the token needs write:jira-work",
                        self.permission
                    ),
                )
            }
            HttpErrorKind::NotFound => (
                "it is not there, or not shown to you".to_owned(),
                format!("look whether it still exists; else ask for Browse projects in {project}"),
            ),
            HttpErrorKind::Rejected { message, status } => {
                let said = if message.is_empty() { format!("HTTP {status}") } else { message.to_string() };
                (format!("Jira says: {said}"), format!("do it in Jira if it asks for more: {}", self.url()))
            }
            HttpErrorKind::Cancelled => {
                ("the program is being ended".to_owned(), "start it again".to_owned())
            }
            _ => (what.to_string(), next_step.to_string()),
        };
        self.not_done(why, next_step)
    }

    /// Nobody knows whether it was changed.
    fn unclear(&self, error: &HttpError) -> OperationError {
        let what = format!("{}: {}: perhaps {}, perhaps not: {error}", self.service, self.key, self.word);
        let next_step = format!("look whether it was done before trying again: {}", self.url());
        OperationError::Unclear(Problem::new(what, next_step))
    }

    fn not_done(&self, why: impl AsRef<str>, next_step: impl AsRef<str>) -> OperationError {
        let what = format!("{}: {}: not {}: {}", self.service, self.key, self.word, why.as_ref());
        OperationError::NotDone(Problem::new(what, next_step))
    }

    pub(super) fn done(&self, what: impl AsRef<str>) -> Done {
        Done { what: Text::new(what), url: Some(self.url()) }
    }

    fn path(&self, rest: &str) -> String {
        self.api().path(rest)
    }

    pub(super) fn issue(&self, rest: &str) -> String {
        self.path(&format!("issue/{}{rest}", Request::segment(self.key.as_str())))
    }

    pub(super) fn url(&self) -> Text {
        Text::new(format!("{}/browse/{}", self.place.site, self.key))
    }

    pub(super) fn project(&self) -> &str {
        self.key.as_str().rsplit_once('-').map_or("", |(project, _)| project)
    }
}

/// What a transition asks for that nobody here can give.
fn required(transition: &wire::Transition) -> Vec<Text> {
    let fields = transition.fields.iter().filter(|(_, field)| field.required && !field.has_default_value);
    fields.map(|(id, field)| field.name.clone().unwrap_or_else(|| Text::new(id))).collect()
}

pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

pub(super) fn is_called(user: &wire::User, name: &str) -> bool {
    let names = [&user.display_name, &user.name, &user.email_address, &user.account_id];
    names.into_iter().flatten().any(|known| is_same(known, name))
}

/// A person, told apart from others of the same name.
fn user_name(user: &wire::User) -> Option<Text> {
    let called = user.called()?;
    let more = user.email_address.as_ref().or(user.name.as_ref()).filter(|more| **more != called);
    Some(more.map_or_else(|| called.clone(), |more| Text::new(format!("{called} ({more})"))))
}

fn list(names: impl Iterator<Item = Text>) -> String {
    let mut names: Vec<Text> = names.collect();
    names.dedup();
    let more = names.len().saturating_sub(MOST_NAMED);
    names.truncate(MOST_NAMED);
    let list = names.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

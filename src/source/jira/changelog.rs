//! What was changed in the past, for many issues at once.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::Api,
    issue::{Change, past},
    wire,
};
use crate::{
    domain::Text,
    source::http::{Cursors, HttpError, Request},
};

/// The fields whose changes are told.
const FIELDS: [&str; 4] = ["status", "fixVersions", "resolution", "assignee"];
/// Most issues and histories in one question, by Atlassian's documentation.
const MOST_ISSUES: usize = 1_000;
const MOST_HISTORIES: usize = 1_000;
/// Most histories of one issue that are read one page after the other.
const MOST_PAGES: usize = 50;

/// Changes of some issues.
#[derive(Debug, Default)]
pub(super) struct Pasts {
    /// By the id of the issue; one of which nothing was changed is missing.
    pub(super) changes: HashMap<Text, Vec<Change>>,
    /// How many histories cannot be read.
    pub(super) unreadable: usize,
}

impl Pasts {
    fn add(&mut self, id: Text, histories: Vec<Value>) {
        let (changes, unreadable) = past(histories);
        self.changes.entry(id).or_default().extend(changes);
        self.unreadable += unreadable;
    }
}

/// Reads the past of many issues (Cloud only).
pub(super) async fn bulk(api: &Api<'_>, ids: &[Text]) -> Result<Pasts, HttpError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Next {
        next_page_token: Option<String>,
    }
    let mut pasts = Pasts::default();
    for chunk in ids.chunks(MOST_ISSUES) {
        let mut cursors = Cursors::default();
        let mut token: Option<String> = None;
        loop {
            let mut body =
                json!({ "issueIdsOrKeys": chunk, "fieldIds": FIELDS, "maxResults": MOST_HISTORIES });
            if let Some(token) = token {
                body["nextPageToken"] = token.into();
            }
            let request =
                Request::post("changelog", api.path("changelog/bulkfetch")).json(&body).repeatable();
            let reply = api.send(request).await?;
            let page = reply.items::<wire::IssueChangeLog>(&["issueChangeLogs"])?;
            pasts.unreadable += page.lost.len();
            for issue in page.kept {
                pasts.add(issue.issue_id, issue.change_histories);
            }
            match reply.json::<Next>()?.next_page_token.filter(|token| !token.is_empty()) {
                Some(next) => {
                    cursors.advance(&reply, &next)?;
                    token = Some(next);
                }
                None => break,
            }
        }
    }
    Ok(pasts)
}

/// Reads the past of one issue, page by page: for one whose changelog came cut off.
pub(super) async fn of_one(api: &Api<'_>, id: &str) -> Result<Pasts, HttpError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed {
        values: Vec<Value>,
        total: Option<u64>,
        is_last: Option<bool>,
    }
    let mut pasts = Pasts::default();
    let mut cursors = Cursors::at_most(MOST_PAGES);
    let mut offset = 0;
    loop {
        let path = api.path(&format!("issue/{}/changelog", Request::segment(id)));
        let request = Request::get("changelog", path)
            .query("startAt", offset.to_string())
            .query("maxResults", "100")
            .never_remembered();
        let reply = api.send(request).await?;
        let page: Listed = reply.json()?;
        let came = page.values.len() as u64;
        pasts.add(Text::new(id), page.values);
        offset += came;
        if came == 0 || page.is_last == Some(true) || page.total.is_some_and(|total| offset >= total) {
            return Ok(pasts);
        }
        cursors.advance(&reply, &offset.to_string())?;
    }
}

//! Issues by JQL, page by page: by token on Cloud, by offset on Data Center.
//!
//! - Cloud: `search/jql`. A page may be short, or empty, and still not be the last: only a missing
//!   `nextPageToken` ends the list. The total is not told.
//! - Data Center: `search`. The list may grow and shrink while it is read, so pages overlap a
//!   little, and what came twice is taken once.

use std::collections::HashSet;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{api::Api, wire};
use crate::{
    domain::{Problem, Text},
    source::http::{Cursors, HttpError, HttpErrorKind, Reply, Request},
};

/// How many issues of a page are asked for again with the next, on Data Center.
const OVERLAP: u64 = 3;

/// What is searched for.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) operation: &'static str,
    pub(super) jql: String,
    pub(super) fields: Vec<String>,
    /// With the changelog.
    pub(super) with_past: bool,
    /// How many issues to a page; the service may send fewer.
    pub(super) page: u64,
    /// After how many issues the search ends, be there more or not.
    pub(super) most: usize,
}

/// What is found: knows its id.
pub(super) trait Identified {
    fn id(&self) -> &Text;
}

impl Identified for wire::Handle {
    fn id(&self) -> &Text {
        &self.id
    }
}

impl Identified for wire::Issue {
    fn id(&self) -> &Text {
        &self.id
    }
}

/// Some of what is found.
#[derive(Debug)]
pub(super) struct Page<T> {
    /// What did not come before.
    pub(super) items: Vec<T>,
    /// What cannot be read, and which issue it is, if that can be told.
    pub(super) lost: Vec<(Option<wire::Handle>, Problem)>,
    /// How many there are in all, where that is told.
    pub(super) total: Option<u64>,
}

/// A search under way.
pub(super) struct Search<'a> {
    api: &'a Api<'a>,
    question: Question,
    next: Option<Place>,
    seen: HashSet<Text>,
    cursors: Cursors,
    is_cut: bool,
}

/// Where the next page begins.
enum Place {
    Start,
    Token(String),
    Offset(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    next_page_token: Option<String>,
    is_last: Option<bool>,
    total: Option<u64>,
    max_results: Option<u64>,
}

impl<'a> Search<'a> {
    pub(super) fn new(api: &'a Api<'a>, question: Question) -> Self {
        Self {
            api,
            question,
            next: Some(Place::Start),
            seen: HashSet::new(),
            cursors: Cursors::default(),
            is_cut: false,
        }
    }

    /// Whether the search was ended before all was found.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The next page; none after the last.
    pub(super) async fn next<T: Identified + DeserializeOwned>(
        &mut self,
    ) -> Result<Option<Page<T>>, HttpError> {
        let Some(place) = self.next.take() else { return Ok(None) };
        let reply = self.api.send(self.request(&place)).await?;
        let envelope: Envelope = reply.json()?;
        let found = reply.items::<T>(&["issues"])?;
        let came = (found.kept.len() + found.lost.len()) as u64;
        let lost = named(&reply, &found.kept, &found.lost)?;
        let mut items = found.kept;
        items.retain(|item| self.seen.insert(item.id().clone()));
        self.next = self.after(&reply, &envelope, &place, came)?;
        if self.next.is_some() && self.seen.len() >= self.question.most {
            self.next = None;
            self.is_cut = true;
        }
        Ok(Some(Page { items, lost, total: envelope.total }))
    }

    fn request(&self, place: &Place) -> Request {
        let Question { operation, jql, fields, with_past, page, .. } = &self.question;
        if self.api.is_cloud {
            let mut body = json!({ "jql": jql, "maxResults": page, "fields": fields });
            if *with_past {
                body["expand"] = "changelog".into();
            }
            if let Place::Token(token) = place {
                body["nextPageToken"] = token.as_str().into();
            }
            // A search changes nothing, though it is a POST.
            return Request::post(operation, self.api.path("search/jql")).json(&body).repeatable();
        }
        let offset = if let Place::Offset(offset) = place { *offset } else { 0 };
        let request = Request::get(operation, self.api.path("search"))
            .query("jql", jql)
            .query("startAt", offset.to_string())
            .query("maxResults", page.to_string())
            .query("fields", fields.join(","))
            .never_remembered();
        if *with_past { request.query("expand", "changelog") } else { request }
    }

    fn after(
        &mut self,
        reply: &Reply,
        envelope: &Envelope,
        place: &Place,
        came: u64,
    ) -> Result<Option<Place>, HttpError> {
        if self.api.is_cloud {
            let Some(token) = envelope.next_page_token.as_ref().filter(|token| !token.is_empty()) else {
                return Ok(None);
            };
            return match self.cursors.advance(reply, token) {
                Ok(()) => Ok(Some(Place::Token(token.clone()))),
                Err(_) if envelope.is_last == Some(true) => Ok(None),
                Err(error) => Err(error),
            };
        }
        let begun = if let Place::Offset(offset) = place { *offset } else { 0 };
        let end = begun + came;
        let is_last = match envelope.total {
            Some(total) => end >= total,
            // Nobody says how many there are: a page that is not full is the last.
            None => came < envelope.max_results.unwrap_or(self.question.page),
        };
        if came == 0 || is_last {
            return Ok(None);
        }
        let next = if came > 4 * OVERLAP { end - OVERLAP } else { end };
        self.cursors.advance(reply, &next.to_string())?;
        Ok(Some(Place::Offset(next)))
    }
}

/// The ids of the items that could not be read, where they can be told.
fn named<T: Identified>(
    reply: &Reply,
    kept: &[T],
    lost: &[HttpError],
) -> Result<Vec<(Option<wire::Handle>, Problem)>, HttpError> {
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let handles = reply.items::<wire::Handle>(&["issues"])?;
    let readable: HashSet<&Text> = kept.iter().map(Identified::id).collect();
    let mut unread: Vec<Option<wire::Handle>> =
        handles.kept.into_iter().filter(|handle| !readable.contains(&handle.id)).map(Some).collect();
    if unread.len() != lost.len() {
        unread = vec![None; lost.len()];
    }
    Ok(unread.into_iter().zip(lost.iter().map(unreadable)).collect())
}

fn unreadable(error: &HttpError) -> Problem {
    let mut problem = error.problem();
    if matches!(error.kind(), HttpErrorKind::Unexpected { .. }) {
        problem.next_step =
            Text::new("look at that issue in Jira; if it looks right there, please report this");
    }
    problem
}

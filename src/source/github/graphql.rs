//! Asking GitHub's GraphQL interface: pages that shrink when the server runs out of time, fields
//! that it does not have, and answers of which a part is missing.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value, json};

use super::documents::{Document, Lacking};
pub(super) use crate::source::forge::note;
use crate::{
    domain::Problem,
    source::http::{Cursors, Http, HttpError, HttpErrorKind, Reply, Request, Session},
};

/// The smallest page that is asked for.
const SMALLEST_PAGE: u32 = 5;
/// Most pages of one list: with the smallest pages still more than the items that are kept.
const MOST_PAGES: usize = 2_000;

/// What was learnt of a server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Dialect {
    /// Fields that it does not have.
    pub(super) lacking: Lacking,
    /// Page sizes that are smaller than they might be.
    pub(super) sizes: BTreeMap<Document, u32>,
}

impl Dialect {
    /// How many items to ask for.
    pub(super) fn size(&self, document: Document) -> u32 {
        self.sizes.get(&document).copied().unwrap_or(document.page_size())
    }

    /// The server ran out of time: half as many. False if that is no longer possible.
    fn shrink(&mut self, document: Document) -> bool {
        let size = self.size(document);
        if size <= SMALLEST_PAGE {
            return false;
        }
        self.sizes.insert(document, (size / 2).max(SMALLEST_PAGE));
        true
    }

    /// An answer came: half as many again, until the page is whole.
    fn grow(&mut self, document: Document) {
        if let Some(size) = self.sizes.get_mut(&document) {
            *size += (*size / 2).max(1);
            if *size >= document.page_size() {
                self.sizes.remove(&document);
            }
        }
    }
}

/// Whom to ask, and where.
pub(super) struct Graphql<'a> {
    pub(super) http: &'a Http,
    pub(super) session: &'a Session<'a>,
    /// The name of the source in problems.
    pub(super) service: &'a str,
    /// The path of the interface, relative to the base address.
    pub(super) path: &'static str,
    pub(super) dialect: &'a mut Dialect,
}

/// An answer.
pub(super) struct Answered {
    reply: Reply,
    /// What could not be read, and why.
    pub(super) problems: Vec<Problem>,
    /// Why a part is missing, if one is.
    missing: Option<HttpErrorKind>,
}

/// An error in an answer.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct WireError {
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    path: Option<Vec<Value>>,
    #[serde(default)]
    extensions: Option<Extensions>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    type_name: Option<String>,
    #[serde(default)]
    field_name: Option<String>,
}

impl WireError {
    /// The field that the server does not have, if that is the error.
    pub(super) fn lacking(&self) -> Option<String> {
        if let Some(Extensions { code: Some(code), type_name, field_name }) = &self.extensions
            && code == "undefinedField"
        {
            return Some(format!("{}.{}", type_name.as_deref()?, field_name.as_deref()?));
        }
        // Who asks is not told to every kind of token, and can be done without.
        if self.path.as_ref().and_then(|path| path.first()).is_some_and(|first| first == "viewer") {
            return Some("Query.viewer".to_owned());
        }
        let message = self.message.as_deref()?;
        // `Field 'parent' doesn't exist on type 'Issue'`
        if let Some(rest) = message.strip_prefix("Field '") {
            let (field, rest) = rest.split_once("' doesn't exist on type '")?;
            return Some(format!("{}.{field}", rest.split('\'').next()?));
        }
        // As GraphQL's reference implementation words it.
        if let Some(rest) = message.strip_prefix("Cannot query field \"") {
            let (field, rest) = rest.split_once("\" on type \"")?;
            return Some(format!("{}.{field}", rest.split('"').next()?));
        }
        // `Fragment on Bot can't be spread inside RequestedReviewer`
        let (inner, outer) = message.strip_prefix("Fragment on ")?.split_once(" can't be spread inside ")?;
        Some(format!("{inner} in {outer}"))
    }

    /// It is about the question, which was not even begun to be answered.
    pub(super) fn is_of_document(&self) -> bool {
        self.lacking().is_some() || self.extensions.as_ref().is_some_and(|known| known.code.is_some())
    }

    /// Where it is, without positions in lists: alike errors of many items are one.
    fn place(&self) -> String {
        let mut place = String::from("data");
        for step in self.path.iter().flatten() {
            match step {
                Value::String(name) => {
                    place.push('.');
                    place.push_str(name);
                }
                Value::Number(_) => place.push_str("[…]"),
                _ => {}
            }
        }
        place
    }

    fn ran_out(&self) -> bool {
        let message = self.message.as_deref().unwrap_or_default();
        matches!(self.kind.as_deref(), Some("RESOURCE_LIMITS_EXCEEDED" | "MAX_NODE_LIMIT_EXCEEDED"))
            || message.starts_with("Something went wrong while executing your query")
            || message.contains("timed out") | message.contains("timeout")
    }
}

impl Graphql<'_> {
    /// Asks `document`. `with_page` says whether it takes a page size.
    pub(super) async fn ask(
        &mut self,
        document: Document,
        variables: &Map<String, Value>,
        with_page: bool,
    ) -> Result<Answered, HttpError> {
        loop {
            let mut variables = variables.clone();
            if with_page {
                variables.insert("first".to_owned(), self.dialect.size(document).into());
            }
            let body = json!({ "query": document.text(&self.dialect.lacking), "variables": variables });
            let request = Request::post(document.operation(), self.path).json(&body);
            let reply = match self.session.send(request).await {
                Ok(reply) => reply,
                Err(error) if with_page && ran_out(error.kind()) && self.dialect.shrink(document) => continue,
                Err(error) => return Err(error),
            };
            let errors = if there(&reply, &["errors"]) {
                reply.items::<WireError>(&["errors"])?.kept
            } else {
                Vec::new()
            };
            let is_there = there(&reply, document.root());
            if !is_there {
                reply.json::<IgnoredAny>()?;
                let lacking: Vec<String> = errors
                    .iter()
                    .filter_map(WireError::lacking)
                    .filter(|field| document.can_do_without(field) && !self.dialect.lacking.contains(field))
                    .collect();
                if !lacking.is_empty() {
                    self.dialect.lacking.extend(lacking);
                    continue;
                }
                if with_page && errors.iter().any(WireError::ran_out) && self.dialect.shrink(document) {
                    continue;
                }
            }
            if errors.is_empty() && with_page {
                self.dialect.grow(document);
            }
            return self.answered(document, reply, is_there, &errors);
        }
    }

    fn answered(
        &self,
        document: Document,
        reply: Reply,
        is_there: bool,
        errors: &[WireError],
    ) -> Result<Answered, HttpError> {
        let said = |error: &WireError| error.message.clone().unwrap_or_else(|| "no reason given".to_owned());
        let missing = errors.first().map(|error| match error.kind.as_deref() {
            Some("NOT_FOUND") => HttpErrorKind::NotFound,
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => {
                HttpErrorKind::Forbidden { message: said(error).into(), needs: document.permission().into() }
            }
            _ => HttpErrorKind::Unexpected { at: error.place().into(), why: said(error).into() },
        });
        if !is_there {
            let why = "expected an object, got nothing, and no reason".into();
            let at = document.root().join(".").into();
            return Err(reply.error(missing.unwrap_or(HttpErrorKind::Unexpected { at, why })));
        }
        let mut problems: Vec<Problem> = Vec::new();
        for error in errors {
            let denied = matches!(error.kind.as_deref(), Some("FORBIDDEN" | "INSUFFICIENT_SCOPES"));
            let next_step = if denied {
                format!("give the token the permissions {}", document.permission())
            } else {
                "it is asked for again within a day; if it stays, look at githubstatus.com".to_owned()
            };
            let what =
                format!("{}: {}: {}: {}", self.service, document.operation(), error.place(), said(error));
            note(&mut problems, Problem::new(what, next_step));
        }
        Ok(Answered { reply, problems, missing })
    }
}

/// Whether a smaller question may be answered.
fn ran_out(kind: &HttpErrorKind) -> bool {
    matches!(
        kind,
        HttpErrorKind::Busy { status: 502 | 504, .. }
            | HttpErrorKind::TimedOut { .. }
            | HttpErrorKind::Interrupted
            | HttpErrorKind::TooLarge { .. }
    )
}

/// Whether there is something at `keys`, and not null.
pub(super) fn there(reply: &Reply, keys: &[&str]) -> bool {
    matches!(reply.at::<Option<IgnoredAny>>(keys), Ok(Some(_)))
}

impl Answered {
    /// A part of the data, found by its keys; none where it is null.
    pub(super) fn part<T: DeserializeOwned>(&self, keys: &[&str]) -> Result<Option<T>, HttpError> {
        let keys = [&["data"], keys].concat();
        if there(&self.reply, &keys) { self.reply.at(&keys).map(Some) } else { Ok(None) }
    }

    /// The items of a list of the data, found by its keys. One that cannot be read is a problem
    /// and loses itself; one that is null was lost by the server, which says why. An error if
    /// the list itself is: nobody may take it for an empty one.
    pub(super) fn items<T: DeserializeOwned>(&mut self, keys: &[&str]) -> Result<Vec<T>, HttpError> {
        let keys = [&["data"], keys].concat();
        if let Some(missing) = self.missing.clone()
            && !there(&self.reply, &keys)
        {
            return Err(self.reply.error(missing));
        }
        let items = self.reply.items::<Option<T>>(&keys)?;
        for lost in items.lost {
            note(&mut self.problems, lost.problem());
        }
        Ok(items.kept.into_iter().flatten().collect())
    }
}

/// A list, page by page.
pub(super) struct Paging {
    document: Document,
    variables: Map<String, Value>,
    keys: &'static [&'static str],
    cursors: Cursors,
    after: Option<String>,
    /// There are no more pages.
    pub(super) is_over: bool,
    /// How many items there are, once a page said so.
    pub(super) total: Option<u64>,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
}

/// What a list says of itself.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(default)]
    total_count: Option<u64>,
    page_info: Option<PageInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl Paging {
    /// The list at `keys` of the answer to `document`.
    pub(super) fn new(document: Document, variables: Value, keys: &'static [&'static str]) -> Self {
        let variables = match variables {
            Value::Object(variables) => variables,
            _ => Map::new(),
        };
        Self {
            document,
            variables,
            keys,
            cursors: Cursors::at_most(MOST_PAGES),
            after: None,
            is_over: false,
            total: None,
            problems: Vec::new(),
        }
    }

    /// The items of the next page; none after the last.
    pub(super) async fn next<T: DeserializeOwned>(
        &mut self,
        graphql: &mut Graphql<'_>,
    ) -> Result<Option<Vec<T>>, HttpError> {
        if self.is_over {
            return Ok(None);
        }
        if let Some(after) = &self.after {
            self.variables.insert("after".to_owned(), after.as_str().into());
        }
        let mut answered = graphql.ask(self.document, &self.variables, true).await?;
        let with = |last: &'static str| [self.keys, &[last]].concat();
        let items = answered.items(&with("nodes"))?;
        let page: Head = answered.part(self.keys)?.unwrap_or_default();
        self.total = page.total_count.or(self.total);
        match page.page_info {
            Some(PageInfo { has_next_page: true, end_cursor: Some(cursor) }) => {
                match self.cursors.advance(&answered.reply, &cursor) {
                    Ok(()) => self.after = Some(cursor),
                    // A list without an end: what came is kept, and said not to be all.
                    Err(error) => {
                        note(&mut answered.problems, error.problem());
                        self.is_over = true;
                    }
                }
            }
            _ => self.is_over = true,
        }
        for problem in answered.problems {
            note(&mut self.problems, problem);
        }
        Ok(Some(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_shrink_to_a_floor_and_grow_back_to_the_whole() {
        let mut dialect = Dialect::default();
        let mut sizes = vec![dialect.size(Document::PullRequests)];
        while dialect.shrink(Document::PullRequests) {
            sizes.push(dialect.size(Document::PullRequests));
        }
        assert_eq!(sizes, [50, 25, 12, 6, 5]);
        assert_eq!(dialect.size(Document::Issues), 100, "each document has its own");
        sizes.clear();
        while !dialect.sizes.is_empty() {
            dialect.grow(Document::PullRequests);
            sizes.push(dialect.size(Document::PullRequests));
        }
        assert_eq!(sizes, [7, 10, 15, 22, 33, 49, 50]);
    }

    #[test]
    fn a_server_says_which_field_it_does_not_have() {
        for (error, expected) in [
            (
                json!({ "message": "Field 'parent' doesn't exist on type 'Issue'", "path": ["query"],
                        "extensions": { "code": "undefinedField", "typeName": "Issue", "fieldName": "parent" } }),
                Some("Issue.parent"),
            ),
            (
                json!({ "message": "Field 'issueType' doesn't exist on type 'Issue'" }),
                Some("Issue.issueType"),
            ),
            (
                json!({ "message": "Fragment on Bot can't be spread inside RequestedReviewer" }),
                Some("Bot in RequestedReviewer"),
            ),
            (json!({ "message": "Cannot query field \"parent\" on type \"Issue\"." }), Some("Issue.parent")),
            (
                json!({ "message": "Not for you", "type": "FORBIDDEN", "path": ["viewer"] }),
                Some("Query.viewer"),
            ),
            (json!({ "message": "Something else" }), None),
        ] {
            let error: WireError = serde_json::from_value(error).unwrap();
            assert_eq!(error.lacking().as_deref(), expected);
        }
    }
}

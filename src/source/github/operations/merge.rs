//! Merging: now, through the queue, or by the service once it may be merged.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    documents::Document,
    errand::{Ended, Errand, done, short},
    now::{PullRequestIn, word},
};
use crate::{
    domain::Text,
    source::{
        http::{Method, Request},
        operation::{Done, MergeMethod, OperationError},
    },
};

#[derive(Deserialize)]
struct Merged {
    sha: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Enqueued {
    merge_queue_entry: Option<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    position: Option<u64>,
}

impl Errand<'_> {
    pub(super) async fn merge(
        &self,
        seen: Option<&Text>,
        method: Option<MergeMethod>,
    ) -> Result<Done, OperationError> {
        let (found, now, seen) = self.look_for(seen).await?;
        if now.has_merge_queue() {
            if now.is_in_merge_queue() {
                return Err(self.not_done("it is in the merge queue already", "wait for its turn"));
            }
            let input = json!({ "pullRequestId": now.id });
            let enqueued: Option<Enqueued> = self.mutate_at(Document::Enqueue, input, &seen).await?;
            let position = enqueued.and_then(|done| done.merge_queue_entry).and_then(|entry| entry.position);
            let what = match position {
                Some(position) => format!("in the merge queue, place {position}"),
                None => "in the merge queue".to_owned(),
            };
            return Ok(done(what, now.url));
        }
        let mut body = json!({ "sha": seen.as_str() });
        if let Some(method) = self.method(&found, method)? {
            body["merge_method"] = word(method).into();
        }
        let path = self.path(&format!("pulls/{}/merge", self.number));
        let reply = self.change_at(&seen, Request::new("merge", Method::Put, path).json(&body)).await?;
        let commit = reply.json::<Merged>().ok().and_then(|merged| merged.sha);
        let what = commit.map_or_else(|| "merged".to_owned(), |sha| format!("merged as {}", short(&sha)));
        Ok(done(what, now.url))
    }

    pub(super) async fn merge_when_ready(
        &self,
        seen: Option<&Text>,
        method: Option<MergeMethod>,
    ) -> Result<Done, OperationError> {
        let (found, now, seen) = self.look_for(seen).await?;
        if now.is_merged_when_ready() {
            return Err(self.not_done("that is so already", "nothing to do"));
        }
        let mut input = json!({ "pullRequestId": now.id });
        // With a queue it is the queue that has a method.
        if !now.has_merge_queue()
            && let Some(method) = self.method(&found, method)?
        {
            input["mergeMethod"] = word(method).to_ascii_uppercase().into();
        }
        match self.mutate_at::<Value>(Document::MergeWhenReady, input, &seen).await {
            Ok(_) => {}
            // GitHub says "Pull request is in clean status".
            Err(OperationError::NotDone(problem)) if problem.what.contains("clean status") => {
                return Err(self.not_done("nothing stands in its way any more", "merge it now"));
            }
            Err(error) => return Err(error),
        }
        Ok(done("merged when ready", now.url))
    }

    /// The method to merge with: the one that is asked for, if it is allowed, else the first
    /// allowed one. None if nobody knows of any: then the service says what it thinks of it.
    fn method(
        &self,
        found: &PullRequestIn,
        asked: Option<MergeMethod>,
    ) -> Result<Option<MergeMethod>, OperationError> {
        let allowed = found.methods();
        match asked {
            Some(method) if !allowed.is_empty() && !allowed.contains(&method) => {
                let allowed: Vec<_> = allowed.into_iter().map(word).collect();
                Err(self.not_done(
                    format!("the method {} is not allowed here", word(method)),
                    format!("take one that is: {}", allowed.join(", ")),
                ))
            }
            Some(method) => Ok(Some(method)),
            None => Ok(allowed.first().copied()),
        }
    }

    /// A mutation that is done only while the head is `seen`. Servers that do not know the guard
    /// refuse the question; then the look right before it has to do.
    async fn mutate_at<T: serde::de::DeserializeOwned>(
        &self,
        document: Document,
        mut input: Value,
        seen: &Text,
    ) -> Result<Option<T>, OperationError> {
        let unguarded = input.clone();
        input["expectedHeadOid"] = seen.as_str().into();
        let ended = match self.mutate(document, &input).await {
            Ok(done) => return Ok(done),
            Err(ended) => ended,
        };
        if is_guard_unknown(&ended) {
            return self.mutate(document, &unguarded).await.map_err(OperationError::from);
        }
        Err(self.unless_moved(seen, ended).await)
    }
}

/// The question was refused, before anything was done, because of the guard's name.
fn is_guard_unknown(ended: &Ended) -> bool {
    matches!(&ended.error, OperationError::NotDone(problem) if problem.what.contains("expectedHeadOid"))
        && ended.is_of_document
}

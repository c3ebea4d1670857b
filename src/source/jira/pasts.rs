//! Reading the past of issues that were read: in bulk, by another search, or one by one.

use super::{
    changelog,
    issue::{in_order, past},
    jql,
    known::{Known, Part},
    search::{Question, Search},
    sync::{FIELDS, MOST_ISSUES, PAGE_WITH_PAST, Reading, is_withheld},
    wire,
};
use crate::{
    domain::{Problem, Text},
    source::http::{HttpError, HttpErrorKind},
};

/// How many issues whose past came cut off are asked for it one by one in a round.
const MOST_CUT: usize = 200;

impl Reading<'_> {
    /// Reads the past of many issues (Cloud). Where that is not offered, with another search.
    /// How many histories cannot be read.
    pub(super) async fn pasts(&mut self, known: &mut Known, ids: &[Text]) -> Result<usize, HttpError> {
        if ids.is_empty() {
            return Ok(0);
        }
        match changelog::bulk(&self.api, ids).await {
            Ok(mut pasts) => {
                for id in ids {
                    let changes = pasts.changes.remove(id).unwrap_or_default();
                    if let Some(issue) = known.issues.get_mut(id) {
                        issue.past = Some(in_order(changes));
                    }
                }
                Ok(pasts.unreadable)
            }
            Err(error)
                if is_withheld(error.kind()) && !matches!(error.kind(), HttpErrorKind::SignedOut { .. }) =>
            {
                known.no_bulk = true;
                let mut cut = Vec::new();
                let unreadable = self.pasts_by_search(known, ids, &mut cut).await?;
                self.cut_pasts(known, &cut, 0).await?;
                Ok(unreadable)
            }
            Err(error) => Err(error),
        }
    }

    async fn pasts_by_search(
        &self,
        known: &mut Known,
        ids: &[Text],
        cut: &mut Vec<Text>,
    ) -> Result<usize, HttpError> {
        let mut unreadable = 0;
        for chunk in ids.chunks(PAGE_WITH_PAST as usize) {
            let names: Vec<&str> = chunk.iter().map(Text::as_str).collect();
            let question = Question {
                operation: "changelog",
                jql: jql::with_ids(&names),
                fields: FIELDS.iter().map(|name| (*name).to_owned()).collect(),
                with_past: true,
                page: PAGE_WITH_PAST,
                most: MOST_ISSUES,
            };
            let mut search = Search::new(&self.api, question);
            while let Some(page) = search.next::<wire::Issue>().await? {
                for issue in page.items {
                    let Some(changelog) = issue.changelog else { continue };
                    let came = changelog.histories.len() as u64;
                    let (changes, lost) = past(changelog.histories);
                    unreadable += lost;
                    if changelog.total.is_some_and(|total| total > came) {
                        cut.push(issue.id.clone());
                    }
                    if let Some(known) = known.issues.get_mut(&issue.id) {
                        known.past = Some(in_order(changes));
                    }
                }
            }
        }
        Ok(unreadable)
    }

    /// Reads the rest of what came cut off, and says what of the past is missing.
    pub(super) async fn cut_pasts(
        &self,
        known: &mut Known,
        cut: &[Text],
        mut unreadable: usize,
    ) -> Result<(), HttpError> {
        let mut short: Vec<Text> = Vec::new();
        for (index, id) in cut.iter().enumerate() {
            let read = if index < MOST_CUT { Some(changelog::of_one(&self.api, id).await) } else { None };
            let Some(issue) = known.issues.get_mut(id) else { continue };
            match read {
                Some(Ok(mut pasts)) => {
                    unreadable += pasts.unreadable;
                    let mut changes = pasts.changes.remove(id).unwrap_or_default();
                    changes.extend(issue.past.take().unwrap_or_default());
                    issue.past = Some(in_order(changes));
                }
                Some(Err(error)) if !is_withheld(error.kind()) => return Err(error),
                Some(Err(_)) | None => short.push(issue.key.clone()),
            }
        }
        let mut problems = known.problems.remove(&Part::Past).unwrap_or_default();
        if unreadable > 0 {
            problems.push(Problem::new(
                format!("{}: {unreadable} changes of issues in the past cannot be read", self.service),
                "burn-down and scope may be off by these; please report this",
            ));
        }
        if let Some(first) = short.first() {
            let others = match short.len() {
                1 => String::new(),
                many => format!(" and of {} more", many - 1),
            };
            problems.push(Problem::new(
                format!(
                    "{}: the past of {first}{others} is longer than what the service shows",
                    self.service
                ),
                "its burn-down begins later than it could",
            ));
        }
        problems.truncate(5);
        known.set_problems(Part::Past, problems);
        Ok(())
    }
}

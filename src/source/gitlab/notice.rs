//! Noticing that something changed: conditional requests that are answered 304, without a body,
//! while nothing has.
//!
//! | asked | tells of |
//! | --- | --- |
//! | the merge request that changed last | merge requests: commits, reviews, notes, labels … |
//! | the issue that changed last | issues |
//! | milestones of the project and its groups | milestones |
//! | the newest releases, the newest tags | releases |
//! | the deployment that changed last | deployments |
//! | the pipelines that changed last | jobs of merge requests, test reports |
//! | merge trains, where the project has any | places in the queue |
//!
//! gitlab.com sends weak `ETag`s with its lists (recorded: `fixtures/README.md`), as Rails makes them of
//! the answer, so each of these is asked for. Nothing says that a 304 saves of the limit, as it
//! does at GitHub: they are counted, and they are few. What
//! none of them tells (environments, freezes, settings of the project) is looked at once an hour,
//! and merge requests whose jobs run are asked for again anyway.

use chrono::SecondsFormat;

use super::{
    ask::{Asking, List},
    known::{Known, Part},
    wire::Pipeline,
};
use crate::{
    domain::{Kind, Problem},
    source::{forge::days_before, http::HttpError, naming::Naming},
};

/// Most pipelines that changed between two rounds and are read.
const MOST_PIPELINES: usize = 1_000;

/// A question of which only the answer "nothing has changed" is expected.
struct Probe {
    part: Part,
    operation: &'static str,
    below: &'static str,
    query: &'static [(&'static str, &'static str)],
}

const NEWEST: &[(&str, &str)] =
    &[("state", "all"), ("order_by", "updated_at"), ("sort", "desc"), ("per_page", "1")];
const FIRST: &[(&str, &str)] = &[("order_by", "updated_at"), ("sort", "desc"), ("per_page", "20")];

const PROBES: [Probe; 6] = [
    Probe {
        part: Part::MergeRequests,
        operation: "newest merge request",
        below: "merge_requests",
        query: NEWEST,
    },
    Probe { part: Part::Issues, operation: "newest issue", below: "issues", query: NEWEST },
    Probe { part: Part::Milestones, operation: "milestones", below: "milestones", query: MILESTONES },
    Probe {
        part: Part::Releases,
        operation: "newest releases",
        below: "releases",
        query: &[("per_page", "20")],
    },
    Probe {
        part: Part::Tags,
        operation: "newest tags",
        below: "repository/tags",
        query: &[("order_by", "updated"), ("sort", "desc"), ("per_page", "20")],
    },
    Probe {
        part: Part::Deployments,
        operation: "newest deployment",
        below: "deployments",
        query: &[("order_by", "updated_at"), ("sort", "desc"), ("per_page", "1")],
    },
];

/// Milestones of the groups above, too. `include_ancestors` is newer (16.7), means the same and
/// excludes this one.
pub(super) const MILESTONES: &[(&str, &str)] = &[("include_parent_milestones", "true"), ("per_page", "100")];

/// Asks all questions, and notes in `known` what has changed.
pub(super) async fn notice(ask: Asking<'_>, known: &mut Known, naming: &Naming) -> Result<(), HttpError> {
    for probe in &PROBES {
        let asked = async {
            let request = ask.get(probe.operation, probe.below).kept_by_asker();
            let request =
                probe.query.iter().fold(request, |request, (name, value)| request.query(name, value));
            Ok(!ask.session.send(request).await?.unchanged())
        };
        if conclude(ask, known, probe.part, asked).await? == Some(true) {
            known.changed.insert(probe.part);
        }
    }
    pipelines(ask, known, naming).await?;
    let query = [("scope", "active"), ("sort", "asc"), ("per_page", "100")];
    if let Some(Some(found)) =
        conclude(ask, known, Part::Trains, ask.page("merge trains", "merge_trains", &query)).await?
    {
        known.set_problems(Part::Trains, found.problems);
        known.trains = found.items;
        known.read.insert(Part::Trains);
        // Told as news, though nothing of it is left to be read.
        known.changed.insert(Part::Trains);
    }
    Ok(())
}

/// Takes the pipelines that changed since the last round: those of the first page, and where all of them
/// did, those behind it, too.
async fn pipelines(ask: Asking<'_>, known: &mut Known, naming: &Naming) -> Result<(), HttpError> {
    let first = ask.page::<Pipeline>("newest pipelines", "pipelines", FIRST);
    if let Some(Some(found)) = conclude(ask, known, Part::Pipelines, first).await? {
        let is_new = |pipeline: &Pipeline| pipeline.updated_at > known.pipelines_until;
        if found.is_cut && known.pipelines_until.is_some() && found.items.iter().all(is_new) {
            // One that is left of a round that failed reaches further back.
            known.pipelines_from = known.pipelines_from.or(known.pipelines_until);
        }
        take(known, found.items, found.problems, naming);
        // Without any, whatever comes is new. A day is more than clocks differ.
        known.pipelines_until.get_or_insert(days_before(ask.round.now, 1));
    }
    let Some(from) = known.pipelines_from else { return Ok(()) };
    let query = [
        ("updated_after", from.to_rfc3339_opts(SecondsFormat::Millis, true)),
        ("order_by", "updated_at".to_owned()),
        ("sort", "desc".to_owned()),
    ];
    let list = List {
        operation: "new pipelines",
        below: "pipelines",
        query: query.into(),
        most: MOST_PIPELINES,
        keyset: false,
    };
    if let Some(found) = conclude(ask, known, Part::Pipelines, ask.quietly::<Pipeline>(list)).await? {
        if found.is_cut {
            let what = format!(
                "{}: more than {MOST_PIPELINES} pipelines of {} changed since the last round: not all are read",
                ask.service, ask.project.path
            );
            let problem = Problem::new(what, "nothing to do: everything is read again within a day");
            let kinds = [Kind::Builds, Kind::TestRuns, Kind::PullRequests];
            known.lose(Part::Pipelines, vec![problem.losing(&kinds)]);
            known.changed.insert(Part::Pipelines);
        }
        take(known, found.items, found.problems, naming);
    }
    // Of what is not shown nothing is waited for.
    known.pipelines_from = None;
    Ok(())
}

/// Puts pipelines in their place.
fn take(known: &mut Known, pipelines: Vec<Pipeline>, problems: Vec<Problem>, naming: &Naming) {
    known.lose(Part::Pipelines, problems);
    let until = pipelines.iter().filter_map(|pipeline| pipeline.updated_at).max();
    known.pipelines_until = known.pipelines_until.max(until);
    for pipeline in pipelines {
        keep(known, pipeline, naming);
    }
}

/// Asks about `part` unless it is known to be hidden or off. One that turns out to be hidden is a
/// problem, unless it is the whole project that is: then it is an error.
async fn conclude<T>(
    ask: Asking<'_>,
    known: &mut Known,
    part: Part,
    asked: impl Future<Output = Result<T, HttpError>>,
) -> Result<Option<T>, HttpError> {
    if known.hidden.contains(&part) || part.is_off(known.project.as_ref()) {
        return Ok(None);
    }
    match asked.await {
        Ok(found) => Ok(Some(found)),
        Err(error) if ask.is_hidden(&error) => {
            ask.session.send(ask.get("project", "").kept_by_asker()).await?;
            hide(ask, known, part);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Notes that `part` is not shown.
pub(super) fn hide(ask: Asking<'_>, known: &mut Known, part: Part) {
    known.hidden.insert(part);
    known.changed.remove(&part);
    known.set_problems(part, vec![ask.hidden(part)]);
}

/// Puts a pipeline in its place: its report is told, or it is the newest one of a merge request.
pub(super) fn keep(known: &mut Known, pipeline: Pipeline, naming: &Naming) {
    let reference = pipeline.reference.clone().unwrap_or_default();
    let of_merge_request: Option<u64> =
        reference.strip_prefix("refs/merge-requests/").and_then(|rest| rest.split('/').next()?.parse().ok());
    let concerned: Vec<u64> = known
        .merge_requests
        .values()
        .filter(|found| found.is_open())
        .filter(|found| {
            of_merge_request == Some(found.iid) || (found.sha.is_some() && found.sha == pipeline.sha)
        })
        .map(|found| found.iid)
        .collect();
    for iid in concerned {
        let head = known.details.get(&iid).and_then(|detail| detail.single.head_pipeline.as_ref());
        let is_known = head.is_some_and(|head| {
            head.id > pipeline.id || (head.id == pipeline.id && head.status == pipeline.status)
        });
        if !is_known {
            known.checked.insert(iid);
        }
    }
    if known.is_watched(&reference, naming) {
        let before = known.pipelines.get(&pipeline.id);
        if before.is_some_and(|before| before.updated_at != pipeline.updated_at) {
            // Jobs that were run again make another report.
            known.reports.remove(&pipeline.id);
        }
        if before != Some(&pipeline) {
            known.changed.insert(Part::Reports);
            known.pipelines.insert(pipeline.id, pipeline);
        }
    }
}

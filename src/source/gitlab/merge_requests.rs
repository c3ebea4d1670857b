//! Merge requests as pull requests: reviews, jobs as checks, and whether they can be merged.

use std::collections::BTreeMap;

use super::wire::{Approvals, Detail, Job, MergeRequest, Note, Pipeline, Project, Said, What};
use crate::{
    domain::{
        Check, CheckOutcome, Instant, Mergeability, PullRequest, PullRequestState, Review, ReviewVerdict,
        Step, StoryKey, Text,
    },
    source::{forge::step, git::subject, naming::Naming},
};

/// Most stories that one merge request names.
const MOST_STORIES: usize = 20;
/// What GitLab calls the run of all jobs.
const PIPELINE: &str = "pipeline";

/// What there is besides the merge request itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside<'a> {
    pub(super) project: Option<&'a Project>,
    pub(super) detail: Option<&'a Detail>,
    /// Its place on its merge train, counted from 1.
    pub(super) queue_position: Option<u32>,
}

/// The pull request that `found` is. None where its state is one unheard of: whoever takes it for
/// open or for merged may be wrong.
pub(super) fn pull_request(found: &MergeRequest, beside: Beside<'_>, naming: &Naming) -> Option<PullRequest> {
    let state = match found.state.as_deref() {
        // Locked: being merged at this moment.
        Some("opened" | "locked") => PullRequestState::Open,
        Some("merged") => PullRequestState::Merged,
        Some("closed") => PullRequestState::Closed,
        _ => return None,
    };
    let detail = beside.detail;
    let is_draft = found.is_draft();
    let ready = detail
        .map_or(&[][..], |detail| &detail.said)
        .iter()
        .filter(|said| said.what == What::Ready)
        .map(|said| said.at)
        .max();
    let reviews = reviews(found, detail);
    let answered = |name: &Text| {
        reviews.iter().any(|review| review.reviewer == *name && review.verdict != ReviewVerdict::Dismissed)
    };
    let started_at = detail
        .and_then(|detail| detail.first_commit.as_ref()?.1)
        .map(|authored| authored.min(found.created_at));
    let merge_commit = || {
        // A fast-forward makes no commit: what was the head is then in the base.
        found
            .merge_commit_sha
            .clone()
            .or_else(|| found.squash_commit_sha.clone())
            .or_else(|| found.sha.clone())
    };
    Some(PullRequest {
        number: Some(found.iid),
        branch: found.source_branch.clone(),
        head: found.sha.clone().filter(|sha| !sha.is_empty()),
        draft: is_draft,
        started_at,
        opened_at: Some(found.created_at),
        ready_at: if is_draft { None } else { ready.or(Some(found.created_at)) },
        merged_at: found.merged_at,
        closed_at: found.closed_at.filter(|_| state == PullRequestState::Closed),
        updated_at: Some(found.updated_at),
        merge_commit: (state == PullRequestState::Merged).then(merge_commit).flatten(),
        required_approvals: required_approvals(found, detail.and_then(|detail| detail.approvals.as_ref())),
        requested_reviewers: found
            .reviewers
            .iter()
            .map(|user| user.username.clone())
            .filter(|name| !answered(name))
            .collect(),
        checks: checks(found, beside),
        mergeability: mergeability(found, detail),
        auto_merge: found.merge_when_pipeline_succeeds.unwrap_or_default(),
        queue_position: beside.queue_position,
        milestone: found.milestone.as_ref().map(|milestone| naming.version(&milestone.title)),
        labels: found.labels.clone(),
        stories: stories(found, naming),
        url: found.web_url.clone(),
        reviews,
        ..PullRequest::new(
            naming.pull_request(found.iid).as_str(),
            &naming.repository,
            &found.title,
            found.author.as_ref().map_or("ghost", |user| user.username.as_str()),
            found.target_branch.clone().unwrap_or_default(),
            state,
        )
    })
}

/// Whether `found` should be read again soon: a job runs, or GitLab has not worked out yet whether
/// it can be merged.
pub(super) fn is_unsettled(found: &MergeRequest, detail: Option<&Detail>) -> bool {
    let is_running = detail.is_some_and(|detail| {
        detail.single.head_pipeline.as_ref().is_some_and(|pipeline| is_running(pipeline.status.as_deref()))
    });
    found.is_open() && (is_running || is_being_worked_out(found))
}

/// GitLab works these out in the background; asking for the merge request makes it begin.
fn is_being_worked_out(found: &MergeRequest) -> bool {
    match found.detailed_merge_status.as_deref() {
        Some(status) => matches!(status, "unchecked" | "checking" | "preparing" | "approvals_syncing"),
        None => matches!(
            found.merge_status.as_deref(),
            Some("unchecked" | "checking" | "cannot_be_merged_recheck")
        ),
    }
}

/// Whether it conflicts with its base, or is behind it.
///
/// `detailed_merge_status` names the first thing that is in the way, and says nothing about the
/// others: while approvals are missing it is `not_approved`, conflict or not. Conflicts are then
/// in `has_conflicts` and `merge_status`, and being behind (of interest to projects that merge by
/// fast-forward only) in the commits that the base has more. What else is in the way is a check:
/// see [`blocker`]. Any status unheard of is unknown.
fn mergeability(found: &MergeRequest, detail: Option<&Detail>) -> Mergeability {
    let merge_status = found.merge_status.as_deref();
    let detailed = found.detailed_merge_status.as_deref();
    let conflicts = matches!(detailed, Some("conflict" | "broken_status"))
        || found.has_conflicts == Some(true)
        || (merge_status == Some("cannot_be_merged") && detailed != Some("commits_status"));
    if conflicts {
        return Mergeability::Conflicts;
    }
    if is_being_worked_out(found) {
        return Mergeability::Unknown;
    }
    if detailed == Some("need_rebase") {
        return Mergeability::Behind;
    }
    let is_known = detailed
        .is_none_or(|status| status == "mergeable" || is_elsewhere(status) || blocker(status).is_some());
    if !is_known || merge_status.is_some_and(|status| status != "can_be_merged") {
        return Mergeability::Unknown;
    }
    if merge_status.is_none() && detailed != Some("mergeable") {
        return Mergeability::Unknown;
    }
    match detail.and_then(|detail| detail.single.diverged_commits_count) {
        Some(1..) => Mergeability::Behind,
        _ => Mergeability::Clean,
    }
}

/// What is in the way, and said by other facts: approvals, jobs, drafts, changes requested.
fn is_elsewhere(status: &str) -> bool {
    matches!(
        status,
        "not_approved"
            | "requested_changes"
            | "ci_must_pass"
            | "ci_still_running"
            | "draft_status"
            | "not_open"
    )
}

/// What is in the way, and said by nothing else: GitLab calls them merge checks, and so they are
/// checks here, in the words of its own page.
fn blocker(status: &str) -> Option<&'static str> {
    Some(match status {
        "discussions_not_resolved" => "all threads resolved",
        "merge_request_blocked" | "blocked_status" => "merge requests before it merged",
        "jira_association_missing" | "jira_association" => "a Jira issue named",
        "commits_status" => "source branch with commits",
        "status_checks_must_pass" | "external_status_checks" => "external status checks",
        "security_policy_violations" | "security_policies_violations" | "policies_denied" => {
            "security policies"
        }
        "security_policy_pipeline_check" => "pipelines of security policies",
        "locked_paths" => "no locked paths",
        "locked_lfs_files" => "no locked LFS files",
        "merge_time" => "the time to merge after",
        "title_regex" | "title_not_matching" => "title as demanded",
        _ => return None,
    })
}

/// How many approvals it needs. GitLab counts only those that its rules ask for: while some are
/// left it has not enough, whoever gave those that there are.
fn required_approvals(found: &MergeRequest, approvals: Option<&Approvals>) -> Option<u32> {
    let is_lacking = found.is_open() && found.detailed_merge_status.as_deref() == Some("not_approved");
    let Some(approvals) = approvals else { return is_lacking.then_some(1) };
    let given = u32::try_from(approvals.approved_by.len()).unwrap_or(u32::MAX);
    let required = approvals.approvals_required.filter(|required| *required > 0);
    match approvals.approvals_left {
        Some(left @ 1..) => Some(required.unwrap_or(1).max(given.saturating_add(left))),
        _ if is_lacking => Some(required.unwrap_or(1).max(given.saturating_add(1))),
        Some(0) => required.map(|required| required.min(given)),
        None => required,
    }
}

/// Reviews, oldest first: what people said, and who approves it now.
fn reviews(found: &MergeRequest, detail: Option<&Detail>) -> Vec<Review> {
    let Some(detail) = detail else { return Vec::new() };
    let author = found.author.as_ref().map(|user| &user.username);
    let mut reviews: Vec<Review> = Vec::new();
    let mut latest: BTreeMap<&Text, (ReviewVerdict, Instant)> = BTreeMap::new();
    // Reviews name no commit, but what was pushed is noted. A branch that was rewritten is not
    // always: that nothing was noted says nothing.
    let pushed = detail.said.iter().filter(|said| said.what == What::Pushed).map(|said| said.at).max();
    let of_head = |at: Instant| pushed.filter(|pushed| at < *pushed).map(|_| false);
    for said in &detail.said {
        let verdict = match said.what {
            What::Commented if Some(&said.by) == author => continue,
            What::Commented => ReviewVerdict::Commented,
            What::Approved => ReviewVerdict::Approved,
            What::Unapproved => ReviewVerdict::Dismissed,
            What::RequestedChanges => ReviewVerdict::ChangesRequested,
            What::Ready | What::Pushed => continue,
        };
        if verdict != ReviewVerdict::Commented {
            latest.insert(&said.by, (verdict, said.at));
        }
        reviews.push(Review {
            at: said.at,
            reviewer: said.by.clone(),
            verdict,
            bot: is_bot(&said.by),
            of_head: of_head(said.at),
        });
    }
    // Approvals are taken away without a word when somebody pushes: the list has the last word.
    if let Some(approvals) = &detail.approvals {
        for approval in &approvals.approved_by {
            let name = &approval.user.username;
            if latest.get(name).is_none_or(|(verdict, _)| *verdict != ReviewVerdict::Approved) {
                let at = approval.approved_at.unwrap_or(found.updated_at);
                let at = latest.get(name).map_or(at, |(_, last)| at.max(*last));
                let verdict = ReviewVerdict::Approved;
                reviews.push(Review {
                    at,
                    reviewer: name.clone(),
                    verdict,
                    bot: is_bot(name),
                    of_head: of_head(at),
                });
            }
        }
        for (name, (verdict, at)) in latest {
            let is_there = approvals.approved_by.iter().any(|approval| approval.user.username == *name);
            if verdict == ReviewVerdict::Approved && !is_there && found.is_open() {
                let at = found.updated_at.max(at);
                let verdict = ReviewVerdict::Dismissed;
                reviews.push(Review {
                    at,
                    reviewer: name.clone(),
                    verdict,
                    bot: is_bot(name),
                    of_head: of_head(at),
                });
            }
        }
    }
    reviews.sort_by_key(|review| review.at);
    reviews
}

/// What a note says, if it says anything about the review. GitLab writes its own notes in English.
pub(super) fn said(note: &Note) -> Option<Said> {
    let by = note.author.as_ref()?.username.clone();
    let body = note.body.as_deref().unwrap_or_default();
    let what = if note.system {
        match body {
            "approved this merge request" => What::Approved,
            "unapproved this merge request" => What::Unapproved,
            "requested changes" => What::RequestedChanges,
            "marked this merge request as **ready**" | "unmarked as a **Work In Progress**" => What::Ready,
            // `added 2 commits`, and which.
            _ if is_push(body) => What::Pushed,
            _ => return None,
        }
    } else {
        What::Commented
    };
    Some(Said { at: note.created_at, by, what })
}

fn is_push(note: &str) -> bool {
    let rest = note.strip_prefix("added ").and_then(|rest| rest.split_once(' '));
    rest.is_some_and(|(count, rest)| count.parse::<u32>().is_ok() && rest.starts_with("commit"))
}

/// Project and group tokens write as `project_12_bot…` and `group_12_bot…`; services of GitLab's
/// own as `GitLab…Bot`.
fn is_bot(name: &Text) -> bool {
    let lower = name.to_ascii_lowercase();
    let of_token = lower
        .strip_prefix("project_")
        .or_else(|| lower.strip_prefix("group_"))
        .and_then(|rest| rest.split_once("_bot"))
        .is_some_and(|(number, _)| number.chars().all(|character| character.is_ascii_digit()));
    of_token || lower.ends_with("-bot") || lower.ends_with("[bot]") || lower.starts_with("gitlab-bot")
}

/// The jobs of the newest pipeline, the pipeline itself where they do not explain it, and what
/// else is in the way of a merge.
fn checks(found: &MergeRequest, beside: Beside<'_>) -> Vec<Check> {
    let must_pass =
        beside.project.and_then(|project| project.only_allow_merge_if_pipeline_succeeds).unwrap_or_default();
    let mut checks: Vec<Check> = Vec::new();
    if let Some(detail) = beside.detail {
        let pipeline = detail.single.head_pipeline.as_ref();
        checks.extend(checks_of(&detail.jobs, pipeline, must_pass));
        if must_pass && pipeline.is_none() && found.is_open() {
            checks.push(whole(CheckOutcome::Running, true, None));
        }
    }
    if let Some(name) = found.detailed_merge_status.as_deref().and_then(blocker).filter(|_| found.is_open()) {
        let outcome = CheckOutcome::Failed;
        checks.push(Check { name: Text::new(name), step: Step::Build, required: true, outcome, at: None });
    }
    checks
}

/// The newest run of each of `jobs`, and what `pipeline` says beyond them.
pub(super) fn checks_of(jobs: &[Job], pipeline: Option<&Pipeline>, must_pass: bool) -> Vec<Check> {
    // A job that was started again is there twice on old servers: the newest one counts.
    let mut newest: BTreeMap<Text, Check> = BTreeMap::new();
    for job in jobs {
        let check = check(job, must_pass);
        if newest.get(&check.name).is_none_or(|known| known.at <= check.at) {
            newest.insert(check.name.clone(), check);
        }
    }
    let mut checks: Vec<Check> = newest.into_values().collect();
    checks.extend(pipeline.and_then(|pipeline| unexplained(pipeline, &checks, must_pass)));
    checks
}

fn whole(outcome: CheckOutcome, required: bool, at: Option<Instant>) -> Check {
    Check { name: Text::new(PIPELINE), step: Step::Build, required, outcome, at }
}

fn check(job: &Job, must_pass: bool) -> Check {
    let stage = job.stage.as_deref().unwrap_or_default();
    let name = if stage.is_empty() { job.name.to_string() } else { format!("{stage}: {}", job.name) };
    let outcome = match job.status.as_deref() {
        // Nobody has to start it.
        Some("manual") if job.allow_failure => CheckOutcome::Skipped,
        status => outcome(status),
    };
    Check {
        step: step(&name),
        name: Text::new(name),
        required: must_pass && !job.allow_failure,
        outcome,
        at: job.finished_at.or(job.started_at).or(job.created_at),
    }
}

/// The pipeline as one check where its jobs do not explain how it stands: jobs beyond those that
/// were read, pipelines that it starts in other projects, an error in its definition.
fn unexplained(pipeline: &Pipeline, jobs: &[Check], must_pass: bool) -> Option<Check> {
    let outcome = outcome(pipeline.status.as_deref());
    let is_explained = match outcome {
        CheckOutcome::Passed | CheckOutcome::Skipped => !jobs.is_empty(),
        outcome => jobs.iter().any(|job| job.outcome == outcome),
    };
    (!is_explained).then(|| whole(outcome, must_pass, pipeline.updated_at))
}

fn is_running(status: Option<&str>) -> bool {
    matches!(
        status,
        Some(
            "created"
                | "waiting_for_resource"
                | "waiting_for_callback"
                | "preparing"
                | "pending"
                | "running"
                | "canceling"
        )
    )
}

/// How a job or a pipeline stands.
fn outcome(status: Option<&str>) -> CheckOutcome {
    match status {
        Some("success") => CheckOutcome::Passed,
        Some("failed" | "canceled") => CheckOutcome::Failed,
        Some("skipped") => CheckOutcome::Skipped,
        // Waits for somebody, or for its time.
        Some("manual" | "scheduled") => CheckOutcome::Running,
        status if is_running(status) => CheckOutcome::Running,
        _ => CheckOutcome::Unknown,
    }
}

/// Issues that it will close, and keys of other trackers in its branch and title.
fn stories(found: &MergeRequest, naming: &Naming) -> Vec<StoryKey> {
    let closing = found.closes.iter().map(|(project, number)| naming.story_of(project, *number));
    let texts = [found.source_branch.as_deref().unwrap_or_default(), &found.title];
    let written = texts.into_iter().flat_map(subject::keys).map(StoryKey::new);
    let mut stories: Vec<StoryKey> = Vec::new();
    for key in closing.chain(written) {
        if stories.len() < MOST_STORIES && !stories.contains(&key) {
            stories.push(key);
        }
    }
    stories
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(more: Value) -> MergeRequest {
        // The shape of doc/api/merge_requests.md.
        let mut body = json!({
            "id": 1, "iid": 7, "project_id": 3, "title": "Refund twice PAY-311", "state": "opened", "draft": false,
            "description": "Closes #12 and acme/web#4", "author": { "id": 1, "username": "lee" },
            "source_branch": "feature/refunds", "target_branch": "main", "sha": "b".repeat(40),
            "created_at": "2026-10-05T08:00:00Z", "updated_at": "2026-10-09T08:00:00Z",
            "merged_at": null, "closed_at": null, "merge_commit_sha": null, "squash_commit_sha": null,
            "merge_status": "can_be_merged", "detailed_merge_status": "mergeable", "has_conflicts": false,
            "merge_when_pipeline_succeeds": false, "labels": [], "reviewers": [], "milestone": null,
            "web_url": "https://gitlab.example.com/acme/api/-/merge_requests/7",
        });
        let Value::Object(more) = more else { panic!("fields") };
        body.as_object_mut().unwrap().extend(more);
        serde_json::from_value::<MergeRequest>(body).unwrap().settle()
    }

    fn detail(more: Value) -> Detail {
        let mut body = json!({ "of": "2026-10-09T08:00:00Z", "single": {}, "said": [], "jobs": [] });
        let Value::Object(more) = more else { panic!("fields") };
        body.as_object_mut().unwrap().extend(more);
        serde_json::from_value(body).unwrap()
    }

    fn read(found: &MergeRequest, detail: &Detail) -> PullRequest {
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let project = Project { only_allow_merge_if_pipeline_succeeds: Some(true), ..Project::default() };
        let beside = Beside { project: Some(&project), detail: Some(detail), queue_position: None };
        pull_request(found, beside, &naming).unwrap()
    }

    #[test]
    fn what_cannot_be_known_is_unknown() {
        use Mergeability::{Behind, Clean, Conflicts, Unknown};
        let known = Some("can_be_merged");
        for (detailed, merge_status, conflicts, expected) in [
            (Some("mergeable"), known, false, Clean),
            (Some("mergeable"), None, false, Clean),
            (None, known, false, Clean),
            (None, Some("cannot_be_merged"), false, Conflicts),
            (None, Some("unchecked"), false, Unknown),
            (None, None, false, Unknown),
            (Some("conflict"), Some("cannot_be_merged"), true, Conflicts),
            (Some("broken_status"), known, false, Conflicts),
            (Some("need_rebase"), known, false, Behind),
            (Some("need_rebase"), known, true, Conflicts),
            // The first thing in the way hides the others.
            (Some("not_approved"), known, false, Clean),
            (Some("not_approved"), Some("cannot_be_merged"), false, Conflicts),
            (Some("not_approved"), Some("checking"), false, Unknown),
            (Some("not_approved"), None, false, Unknown),
            (Some("draft_status"), Some("unchecked"), false, Unknown),
            (Some("ci_must_pass"), known, false, Clean),
            (Some("ci_still_running"), known, false, Clean),
            (Some("requested_changes"), known, false, Clean),
            (Some("discussions_not_resolved"), known, false, Clean),
            (Some("commits_status"), Some("cannot_be_merged"), false, Unknown),
            (Some("unchecked"), known, false, Unknown),
            (Some("checking"), known, false, Unknown),
            (Some("preparing"), known, false, Unknown),
            (Some("approvals_syncing"), known, false, Unknown),
            (Some("entangled"), known, false, Unknown),
        ] {
            let found = found(json!({
                "detailed_merge_status": detailed, "merge_status": merge_status, "has_conflicts": conflicts,
            }));
            assert_eq!(mergeability(&found, None), expected, "{detailed:?} {merge_status:?} {conflicts}");
        }
        let behind = detail(json!({ "single": { "diverged_commits_count": 3 } }));
        assert_eq!(
            mergeability(&found(json!({ "detailed_merge_status": "not_approved" })), Some(&behind)),
            Behind
        );
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let beside = Beside { project: None, detail: None, queue_position: None };
        assert_eq!(pull_request(&found(json!({ "state": "sublimated" })), beside, &naming), None);
    }

    #[test]
    fn what_only_the_status_tells_is_a_check_that_failed() {
        for (status, name) in [
            ("discussions_not_resolved", Some("all threads resolved")),
            ("merge_request_blocked", Some("merge requests before it merged")),
            ("locked_paths", Some("no locked paths")),
            ("not_approved", None),
            ("mergeable", None),
        ] {
            let checks = read(
                &found(json!({ "detailed_merge_status": status })),
                &detail(json!({
                    "single": { "head_pipeline": { "id": 1, "status": "success" } },
                    "jobs": [{ "id": 1, "name": "rspec", "status": "success" }],
                })),
            )
            .checks;
            let failed: Vec<&Check> =
                checks.iter().filter(|check| check.outcome != CheckOutcome::Passed).collect();
            assert_eq!(failed.first().map(|check| check.name.as_str()), name, "{status}");
            assert!(failed.iter().all(|check| check.required));
        }
    }

    #[test]
    fn jobs_are_checks() {
        use CheckOutcome::{Failed, Passed, Running, Skipped, Unknown};
        for (status, allow_failure, expected) in [
            ("success", false, Passed),
            ("failed", false, Failed),
            ("failed", true, Failed),
            ("canceled", false, Failed),
            ("skipped", false, Skipped),
            ("manual", true, Skipped),
            ("manual", false, Running),
            ("created", false, Running),
            ("pending", false, Running),
            ("running", false, Running),
            ("waiting_for_resource", false, Running),
            ("scheduled", false, Running),
            ("dreaming", false, Unknown),
        ] {
            let detail = detail(json!({ "jobs": [
                { "id": 7, "name": "rspec:other", "stage": "test", "status": status, "allow_failure": allow_failure,
                  "created_at": "2026-10-09T08:00:00Z", "started_at": null, "finished_at": null },
            ] }));
            let check = &read(&found(json!({})), &detail).checks[0];
            assert_eq!((check.name.as_str(), check.step), ("test: rspec:other", Step::Test));
            assert_eq!((check.outcome, check.required), (expected, !allow_failure), "{status}");
        }
    }

    #[test]
    fn a_pipeline_that_its_jobs_do_not_explain_is_a_check_itself() {
        use CheckOutcome::{Failed, Passed, Running, Unknown};
        let job = |status: &str| json!({ "id": 7, "name": "build", "stage": "build", "status": status });
        for (status, jobs, expected) in [
            (Some("success"), json!([job("success")]), None),
            (Some("success"), json!([]), Some(Passed)),
            (Some("failed"), json!([job("failed")]), None),
            (Some("failed"), json!([job("success")]), Some(Failed)),
            (Some("running"), json!([job("success")]), Some(Running)),
            (Some("levitating"), json!([job("success")]), Some(Unknown)),
            // It must pass, and nobody has begun one.
            (None, json!([]), Some(Running)),
        ] {
            let pipeline = status.map(|status| json!({ "id": 1, "sha": "b", "ref": "x", "status": status }));
            let detail = detail(json!({ "single": { "head_pipeline": pipeline }, "jobs": jobs }));
            let checks = read(&found(json!({})), &detail).checks;
            let whole = checks.iter().find(|check| check.name == *PIPELINE);
            assert_eq!(whole.map(|check| check.outcome), expected, "{status:?}");
            assert_eq!(is_unsettled(&found(json!({})), Some(&detail)), status == Some("running"));
        }
    }

    #[test]
    fn reviews_end_in_what_is_approved_now() {
        use ReviewVerdict::{Approved, ChangesRequested, Commented, Dismissed};
        let note = |day: u32, by: &str, system: bool, body: &str| -> Note {
            serde_json::from_value(
                json!({ "id": day, "body": body, "system": system, "author": { "id": 1, "username": by },
                "created_at": format!("2026-10-{day:02}T08:00:00Z"), "noteable_type": "MergeRequest" }),
            )
            .unwrap()
        };
        let notes = [
            note(5, "lee", false, "please look"),
            note(6, "kim", false, "approved this merge request"),
            note(6, "kim", true, "changed the description"),
            note(6, "kim", true, "requested changes"),
            note(7, "kim", true, "approved this merge request"),
            note(7, "ada", true, "approved this merge request"),
            note(8, "project_12_bot_9a", true, "approved this merge request"),
            note(7, "lee", true, "marked this merge request as **ready**"),
            note(8, "lee", true, "added 1 commit\n\n<ul><li>1a2b3c4d - Retry</li></ul>"),
            note(9, "lee", true, "added label ~backend"),
        ];
        let mut detail = detail(json!({ "approvals": {
            "approvals_required": 2, "approvals_left": 1,
            "approved_by": [
                { "user": { "id": 1, "username": "kim" } },
                { "user": { "id": 4, "username": "eve" }, "approved_at": "2026-10-08T09:00:00Z" },
                { "user": { "id": 5, "username": "project_12_bot_9a" } },
            ],
        } }));
        detail.said = notes.iter().filter_map(said).collect();
        let reviewers = json!([{ "id": 1, "username": "kim" }, { "id": 3, "username": "ada" }, { "id": 9, "username": "max" }]);
        let told = read(&found(json!({ "reviewers": reviewers })), &detail);
        let verdicts: Vec<_> = told
            .reviews
            .iter()
            .map(|review| (review.reviewer.as_str(), review.verdict, review.bot))
            .collect();
        assert_eq!(
            verdicts,
            [
                ("kim", Commented, false),
                ("kim", ChangesRequested, false),
                ("kim", Approved, false),
                ("ada", Approved, false),
                ("project_12_bot_9a", Approved, true),
                ("eve", Approved, false),
                ("ada", Dismissed, false),
            ]
        );
        let of_head: Vec<_> = told.reviews.iter().map(|review| review.of_head).collect();
        let before = Some(false);
        assert_eq!(of_head, [before, before, before, before, None, None, None], "pushed on the 8th");
        assert_eq!(told.requested_reviewers, [Text::new("max")]);
        assert_eq!(told.ready_at.unwrap().to_rfc3339(), "2026-10-07T08:00:00+00:00");
        assert_eq!(told.required_approvals, Some(4), "one is left, whoever gave the three");
        for (required, left, status, expected) in [
            (Some(2), Some(0), "mergeable", Some(2)),
            (Some(0), Some(0), "mergeable", None),
            (None, None, "mergeable", None),
            (None, None, "not_approved", Some(4)),
        ] {
            let approvals = detail.approvals.as_mut().unwrap();
            (approvals.approvals_required, approvals.approvals_left) = (required, left);
            let told = read(&found(json!({ "detailed_merge_status": status })), &detail);
            assert_eq!(told.required_approvals, expected, "{required:?} {left:?} {status}");
        }
    }

    #[test]
    fn what_is_merged_names_its_commit() {
        for (merge, squash, expected) in
            [(Some("m"), Some("s"), "m"), (None, Some("s"), "s"), (None, None, "h")]
        {
            let found = found(json!({
                "state": "merged", "merge_commit_sha": merge, "squash_commit_sha": squash, "sha": "h",
                "merged_at": "2026-10-08T08:00:00Z", "detailed_merge_status": "not_open",
            }));
            let mut detail = detail(json!({}));
            detail.first_commit = Some((Text::new("h"), Some(found.created_at - chrono::Duration::hours(3))));
            let told = read(&found, &detail);
            assert_eq!(told.merge_commit.as_deref(), Some(expected));
            assert_eq!(told.started_at, Some(found.created_at - chrono::Duration::hours(3)));
            let stories: Vec<&str> = told.stories.iter().map(StoryKey::as_str).collect();
            assert_eq!(stories, ["api#12", "web#4", "PAY-311"]);
            assert!(!is_unsettled(&found, Some(&detail)));
        }
    }
}

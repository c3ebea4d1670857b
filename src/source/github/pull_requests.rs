//! Pull requests: reviews, checks, and whether they can be merged.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    naming::Naming,
    rules::BranchRules,
    wire::{self, StatusContext, all},
};
use crate::{
    domain::{
        Check, CheckOutcome, Mergeability, PullRequest, PullRequestState, Review, ReviewVerdict, Step,
        StoryKey, Text,
    },
    source::{forge::step, git::subject},
};

/// Most stories that one pull request names.
const MOST_STORIES: usize = 20;

/// The pull request that `found` is, into a branch that demands `rules`. None where its state is
/// one unheard of: whoever takes it for open or for merged may be wrong.
pub(super) fn pull_request(
    found: &wire::PullRequest,
    naming: &Naming,
    rules: Option<&BranchRules>,
) -> Option<PullRequest> {
    let state = match found.state.as_deref().map(str::to_uppercase).as_deref() {
        Some("OPEN") => PullRequestState::Open,
        Some("MERGED") => PullRequestState::Merged,
        Some("CLOSED") => PullRequestState::Closed,
        _ => return None,
    };
    let reviews = reviews(found);
    let title = found.milestone.as_ref().map(|milestone| naming.version(&milestone.title));
    let ready = all(found.timeline_items.as_ref())
        .iter()
        .filter(|event| event.kind == *"ReadyForReviewEvent")
        .filter_map(|event| event.created_at)
        .max();
    let started_at = all(found.first_commit.as_ref())
        .first()
        .and_then(|commit| commit.commit.as_ref()?.authored_date)
        .map(|authored| authored.min(found.created_at));
    Some(PullRequest {
        number: Some(found.number),
        branch: found.head_ref_name.clone(),
        head: found.head_ref_oid.clone(),
        draft: found.is_draft,
        started_at,
        opened_at: Some(found.created_at),
        ready_at: if found.is_draft { None } else { ready.or(Some(found.created_at)) },
        merged_at: found.merged_at,
        closed_at: if state == PullRequestState::Closed { found.closed_at } else { None },
        updated_at: Some(found.updated_at),
        merge_commit: found
            .merge_commit
            .as_ref()
            .filter(|_| state == PullRequestState::Merged)
            .and_then(|commit| commit.oid.clone()),
        required_approvals: required_approvals(found, rules, &reviews),
        reviews,
        requested_reviewers: requested(found),
        checks: checks(found, rules),
        mergeability: mergeability(found),
        auto_merge: found.is_open() && found.auto_merge_request.is_some(),
        // GitHub does not say what it counts from; nobody is before the first.
        queue_position: queued(found).map(|position| position.max(1)),
        milestone: title,
        labels: all(found.labels.as_ref()).iter().map(|label| label.name.clone()).collect(),
        stories: stories(found, naming),
        additions: found.additions,
        deletions: found.deletions,
        url: found.url.clone(),
        ..PullRequest::new(
            naming.pull_request(found.number).as_str(),
            &naming.repository,
            &found.title,
            login(found.author.as_ref()),
            found.base_ref_name.clone().unwrap_or_default(),
            state,
        )
    })
}

/// Its place in the merge queue.
fn queued(found: &wire::PullRequest) -> Option<u32> {
    found.merge_queue_entry.as_ref().filter(|_| found.is_open())?.position
}

/// Whether `found` should be read again soon: a check runs, it moves on in a merge queue, or
/// GitHub has not worked out yet whether it can be merged.
pub(super) fn is_unsettled(found: &wire::PullRequest) -> bool {
    let is_asked_for = found.mergeable.is_some();
    let unknown = is_asked_for && mergeability(found) == Mergeability::Unknown;
    let running = found.contexts().is_some_and(|contexts| {
        contexts.nodes.iter().any(|context| outcome(context) == CheckOutcome::Running)
    });
    found.is_open() && (unknown || running || queued(found).is_some())
}

/// A login, `ghost` where there is none.
pub(super) fn login(actor: Option<&wire::Actor>) -> Text {
    let known = actor.and_then(|actor| actor.login.clone().or_else(|| actor.slug.clone()));
    known.unwrap_or_else(|| Text::new("ghost"))
}

fn requested(found: &wire::PullRequest) -> Vec<Text> {
    let asked =
        all(found.review_requests.as_ref()).iter().filter_map(|request| request.requested_reviewer.as_ref());
    asked.filter_map(|actor| actor.login.clone().or_else(|| actor.slug.clone())).collect()
}

/// All reviews that were handed in, oldest first. What each reviewer last decided is among them
/// however many there are.
fn reviews(found: &wire::PullRequest) -> Vec<Review> {
    let mut seen = HashSet::new();
    let mut reviews: Vec<Review> = all(found.reviews.as_ref())
        .iter()
        .chain(all(found.latest_opinionated_reviews.as_ref()))
        .filter(|review| review.id.as_ref().is_none_or(|id| seen.insert(id)))
        .filter_map(|review| {
            Some(Review {
                at: review.submitted_at?,
                reviewer: login(review.author.as_ref()),
                verdict: verdict(review.state.as_deref()?)?,
                bot: is_bot(review.author.as_ref()),
                of_head: review
                    .commit
                    .as_ref()
                    .and_then(|commit| Some(commit.oid.as_ref()? == found.head_ref_oid.as_ref()?)),
            })
        })
        .collect();
    reviews.sort_by_key(|review| review.at);
    reviews
}

fn is_bot(actor: Option<&wire::Actor>) -> bool {
    actor.is_some_and(|actor| {
        actor.kind.as_deref() == Some("Bot")
            || actor.login.as_deref().is_some_and(|login| login.ends_with("[bot]"))
    })
}

/// A verdict unheard of decides nothing; one that is still being written is none.
fn verdict(state: &str) -> Option<ReviewVerdict> {
    Some(match state.to_uppercase().as_str() {
        "PENDING" => return None,
        "APPROVED" => ReviewVerdict::Approved,
        "CHANGES_REQUESTED" => ReviewVerdict::ChangesRequested,
        "DISMISSED" => ReviewVerdict::Dismissed,
        _ => ReviewVerdict::Commented,
    })
}

/// How many approvals it needs.
///
/// What the branch demands, if it tells. GitHub's own decision has the last word: what it says
/// still needs a review has not enough approvals, whoever gave those that there are (a code owner
/// may be missing), and what it calls approved has. Without rules and without a decision nobody
/// demands any, and none is said.
fn required_approvals(
    found: &wire::PullRequest,
    rules: Option<&BranchRules>,
    reviews: &[Review],
) -> Option<u32> {
    let mut latest: BTreeMap<&Text, ReviewVerdict> = BTreeMap::new();
    for review in reviews.iter().filter(|review| !review.bot && review.verdict != ReviewVerdict::Commented) {
        latest.insert(&review.reviewer, review.verdict);
    }
    let approved = latest.values().filter(|verdict| **verdict == ReviewVerdict::Approved).count();
    let approved = u32::try_from(approved).unwrap_or(u32::MAX);
    let demanded = rules.and_then(|rules| rules.approvals);
    match found.review_decision.as_deref().map(str::to_uppercase).as_deref() {
        Some("REVIEW_REQUIRED") => Some(demanded.unwrap_or(1).max(approved.saturating_add(1))),
        Some("APPROVED") => Some(demanded.unwrap_or(1).min(approved)),
        _ => demanded,
    }
}

/// Whether GitHub would merge it. Blocked by reviews or checks is not said here: those say it
/// themselves.
fn mergeability(found: &wire::PullRequest) -> Mergeability {
    let upper = |value: &Option<Text>| value.as_deref().map(str::to_uppercase);
    match (upper(&found.mergeable).as_deref(), upper(&found.merge_state_status).as_deref()) {
        (Some("CONFLICTING"), _) | (Some("MERGEABLE"), Some("DIRTY")) => Mergeability::Conflicts,
        (Some("MERGEABLE"), Some("BEHIND")) => Mergeability::Behind,
        // No state: a server that does not know it; it said that there are no conflicts.
        (Some("MERGEABLE"), None | Some("CLEAN" | "BLOCKED" | "UNSTABLE" | "HAS_HOOKS" | "DRAFT")) => {
            Mergeability::Clean
        }
        _ => Mergeability::Unknown,
    }
}

/// The newest run of each check, and the required ones that nobody has begun.
fn checks(found: &wire::PullRequest, rules: Option<&BranchRules>) -> Vec<Check> {
    let none = BTreeSet::new();
    let required = rules.map_or(&none, |rules| &rules.checks);
    let mut checks = checks_of(found.rollup(), required);
    if found.is_open() && found.head.is_some() {
        for name in required {
            if checks.iter().all(|check| check.name != *name) {
                checks.push(Check {
                    name: name.clone(),
                    step: step(name),
                    required: true,
                    outcome: CheckOutcome::Running,
                    at: None,
                });
            }
        }
        checks.sort_by(|one, other| one.name.cmp(&other.name));
    }
    checks
}

/// The newest run of each check of a commit.
pub(super) fn checks_of(rollup: Option<&wire::Rollup>, required: &BTreeSet<Text>) -> Vec<Check> {
    let mut newest: BTreeMap<Text, Check> = BTreeMap::new();
    for context in all(rollup.and_then(|rollup| rollup.contexts.as_ref())) {
        let Some(name) = context.name.clone().or_else(|| context.context.clone()) else { continue };
        let check = Check {
            step: step(&name),
            required: required.contains(&name),
            outcome: outcome(context),
            at: context.completed_at.or(context.started_at).or(context.created_at),
            name: name.clone(),
        };
        match newest.get(&name) {
            Some(known) if known.at > check.at => {}
            _ => {
                newest.insert(name, check);
            }
        }
    }
    let mut checks: Vec<Check> = newest.into_values().collect();
    checks.extend(rollup.and_then(unread));
    checks
}

/// The checks that there are beyond those that were read, as one: what all together ended as,
/// unless one that was read explains it.
fn unread(rollup: &wire::Rollup) -> Option<Check> {
    let contexts = rollup.contexts.as_ref()?;
    let more = contexts.total_count?.checked_sub(contexts.nodes.len() as u64).filter(|more| *more > 0)?;
    let is_explained = |by: CheckOutcome| contexts.nodes.iter().any(|context| outcome(context) == by);
    let outcome = match rollup.state.as_deref().map(str::to_uppercase).as_deref() {
        Some("SUCCESS") => CheckOutcome::Passed,
        Some("FAILURE" | "ERROR") if !is_explained(CheckOutcome::Failed) => CheckOutcome::Failed,
        Some("PENDING" | "EXPECTED") if !is_explained(CheckOutcome::Running) => CheckOutcome::Running,
        _ => CheckOutcome::Unknown,
    };
    let name = Text::new(format!("{more} more {}", if more == 1 { "check" } else { "checks" }));
    Some(Check { name, step: Step::Build, required: false, outcome, at: None })
}

/// How a check stands.
pub(super) fn outcome(context: &StatusContext) -> CheckOutcome {
    let upper = |value: &Option<Text>| value.as_deref().map(str::to_uppercase);
    if context.name.is_none() {
        return match upper(&context.state).as_deref() {
            Some("SUCCESS") => CheckOutcome::Passed,
            Some("FAILURE" | "ERROR") => CheckOutcome::Failed,
            Some("PENDING" | "EXPECTED") => CheckOutcome::Running,
            _ => CheckOutcome::Unknown,
        };
    }
    match (upper(&context.status).as_deref(), upper(&context.conclusion).as_deref()) {
        (Some("QUEUED" | "IN_PROGRESS" | "PENDING" | "REQUESTED" | "WAITING"), _) => CheckOutcome::Running,
        // GitHub counts a neutral one as passed.
        (Some("COMPLETED"), Some("SUCCESS" | "NEUTRAL")) => CheckOutcome::Passed,
        (Some("COMPLETED"), Some("SKIPPED")) => CheckOutcome::Skipped,
        (
            Some("COMPLETED"),
            Some("FAILURE" | "TIMED_OUT" | "STARTUP_FAILURE" | "CANCELLED" | "ACTION_REQUIRED"),
        ) => CheckOutcome::Failed,
        _ => CheckOutcome::Unknown,
    }
}

/// Issues that it will close, and keys of other trackers in its branch and title.
fn stories(found: &wire::PullRequest, naming: &Naming) -> Vec<StoryKey> {
    let closing = all(found.closing_issues_references.as_ref()).iter().map(|issue| naming.named(issue));
    let texts = [found.head_ref_name.as_deref().unwrap_or_default(), &found.title];
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
    use chrono::Datelike;
    use serde_json::{Value, json};

    use super::*;

    fn found(more: Value) -> wire::PullRequest {
        let mut body = json!({
            "id": "PR_1", "number": 7, "title": "Refund twice PAY-311", "state": "OPEN", "isDraft": false,
            "author": { "__typename": "User", "login": "lee" }, "headRefName": "feature/refunds",
            "headRefOid": "b".repeat(40), "baseRefName": "main", "createdAt": "2026-10-05T08:00:00Z",
            "updatedAt": "2026-10-07T08:00:00Z", "mergeable": "MERGEABLE", "mergeStateStatus": "CLEAN",
        });
        let Value::Object(more) = more else { panic!("fields") };
        body.as_object_mut().unwrap().extend(more);
        serde_json::from_value(body).unwrap()
    }

    fn naming() -> Naming {
        Naming { repository: Text::new("api"), project: Text::new("api") }
    }

    fn read(more: Value, rules: Option<&BranchRules>) -> PullRequest {
        pull_request(&found(more), &naming(), rules).unwrap()
    }

    fn review(state: &str, day: u32, login: &str) -> Value {
        json!({
            "id": format!("{login}{day}"), "state": state, "submittedAt": format!("2026-10-{day:02}T08:00:00Z"),
            "author": { "__typename": "User", "login": login },
        })
    }

    fn contexts(contexts: &Value) -> Value {
        json!({ "head": { "nodes": [
            { "commit": { "statusCheckRollup": { "contexts": { "nodes": contexts } } } }
        ] } })
    }

    #[test]
    fn what_cannot_be_known_is_unknown() {
        use Mergeability::{Behind, Clean, Conflicts, Unknown};
        for (mergeable, state, expected) in [
            ("MERGEABLE", Some("CLEAN"), Clean),
            ("MERGEABLE", Some("BLOCKED"), Clean),
            ("MERGEABLE", None, Clean),
            ("MERGEABLE", Some("BEHIND"), Behind),
            ("MERGEABLE", Some("DIRTY"), Conflicts),
            ("CONFLICTING", Some("DIRTY"), Conflicts),
            ("CONFLICTING", None, Conflicts),
            ("UNKNOWN", Some("CLEAN"), Unknown),
            ("MERGEABLE", Some("UNKNOWN"), Unknown),
            ("MERGEABLE", Some("ENTANGLED"), Unknown),
            ("PERHAPS", Some("CLEAN"), Unknown),
        ] {
            let found = found(json!({ "mergeable": mergeable, "mergeStateStatus": state }));
            assert_eq!(mergeability(&found), expected, "{mergeable} {state:?}");
            assert_eq!(is_unsettled(&found), expected == Unknown, "{mergeable} {state:?}");
        }
        assert_eq!(pull_request(&found(json!({ "state": "SUBLIMATED" })), &naming(), None), None);
        let merged = found(json!({ "state": "MERGED", "mergeable": "UNKNOWN" }));
        assert!(!is_unsettled(&merged), "a merged one is not asked again");
    }

    #[test]
    fn head_queue_and_auto_merge_are_told_of_open_ones() {
        let queued = |position: i64| json!({ "mergeQueueEntry": { "position": position } });
        for (more, auto_merge, position) in [
            (json!({}), false, None),
            (json!({ "autoMergeRequest": { "enabledAt": null }, "mergeQueueEntry": null }), true, None),
            (queued(3), false, Some(3)),
            (queued(0), false, Some(1)),
            (queued(-1), false, None),
            (json!({ "mergeQueueEntry": { "position": 2 }, "state": "MERGED" }), false, None),
            (
                json!({ "autoMergeRequest": { "enabledAt": "2026-10-06T08:00:00Z" }, "state": "CLOSED" }),
                false,
                None,
            ),
        ] {
            let told = read(more.clone(), None);
            assert_eq!((told.auto_merge, told.queue_position), (auto_merge, position), "{more}");
            assert_eq!(told.head.as_deref(), Some("b".repeat(40).as_str()));
            assert_eq!(is_unsettled(&found(more)), position.is_some());
        }
    }

    #[test]
    fn checks_say_how_they_ended() {
        use CheckOutcome::{Failed, Passed, Running, Skipped, Unknown};
        let runs = [
            ("COMPLETED", Some("SUCCESS"), Passed),
            ("COMPLETED", Some("NEUTRAL"), Passed),
            ("COMPLETED", Some("SKIPPED"), Skipped),
            ("COMPLETED", Some("FAILURE"), Failed),
            ("COMPLETED", Some("CANCELLED"), Failed),
            ("COMPLETED", Some("TIMED_OUT"), Failed),
            ("COMPLETED", Some("ACTION_REQUIRED"), Failed),
            ("COMPLETED", Some("STARTUP_FAILURE"), Failed),
            ("COMPLETED", Some("STALE"), Unknown),
            ("COMPLETED", Some("TRANSCENDED"), Unknown),
            ("COMPLETED", None, Unknown),
            ("IN_PROGRESS", None, Running),
            ("QUEUED", None, Running),
            ("WAITING", None, Running),
            ("PONDERING", None, Unknown),
        ];
        for (status, conclusion, expected) in runs {
            let list = json!([{ "name": "build", "status": status, "conclusion": conclusion }]);
            assert_eq!(read(contexts(&list), None).checks[0].outcome, expected, "{status} {conclusion:?}");
        }
        for (state, expected) in [
            ("SUCCESS", Passed),
            ("FAILURE", Failed),
            ("ERROR", Failed),
            ("PENDING", Running),
            ("EXPECTED", Running),
            ("VAGUE", Unknown),
        ] {
            let list = json!([{ "context": "ci/build", "state": state }]);
            assert_eq!(read(contexts(&list), None).checks[0].outcome, expected, "{state}");
        }
    }

    #[test]
    fn required_checks_are_marked_also_those_that_nobody_began() {
        let rules = BranchRules {
            approvals: None,
            checks: ["unit tests", "deploy gate"].into_iter().map(Text::new).collect(),
        };
        let run = |at: &str, conclusion: &str| json!({ "name": "unit tests", "status": "COMPLETED", "conclusion": conclusion, "completedAt": at });
        let list = json!([
            run("2026-10-06T09:00:00Z", "SUCCESS"), run("2026-10-06T08:00:00Z", "FAILURE"), null,
            { "name": "lint", "status": "COMPLETED", "conclusion": "SUCCESS" },
        ]);
        let checks = read(contexts(&list), Some(&rules)).checks;
        let told: Vec<_> = checks
            .iter()
            .map(|check| (check.name.as_str(), check.required, check.outcome, check.step))
            .collect();
        assert_eq!(
            told,
            [
                ("deploy gate", true, CheckOutcome::Running, Step::Build),
                ("lint", false, CheckOutcome::Passed, Step::Build),
                ("unit tests", true, CheckOutcome::Passed, Step::Test),
            ]
        );
    }

    #[test]
    fn checks_beyond_those_that_were_read_are_no_green_by_default() {
        use CheckOutcome::{Failed, Passed, Running, Unknown};
        for (state, total, seen, expected) in [
            ("SUCCESS", 70, "SUCCESS", Some(Passed)),
            ("FAILURE", 70, "SUCCESS", Some(Failed)),
            ("FAILURE", 70, "FAILURE", Some(Unknown)),
            ("PENDING", 70, "SUCCESS", Some(Running)),
            ("EUPHORIC", 70, "SUCCESS", Some(Unknown)),
            ("SUCCESS", 1, "SUCCESS", None),
        ] {
            let rollup = json!({ "state": state, "contexts": {
                "totalCount": total, "nodes": [{ "context": "ci", "state": seen }],
            } });
            let head = json!({ "head": { "nodes": [{ "commit": { "statusCheckRollup": rollup } }] } });
            let more = read(head, None).checks.into_iter().find(|check| check.name.contains("more"));
            assert_eq!(more.map(|check| check.outcome), expected, "{state} {total} {seen}");
        }
    }

    #[test]
    fn a_review_is_of_the_head_or_of_an_earlier_commit() {
        let of = |commit: Value| {
            let mut review = review("APPROVED", 6, "kim");
            review["commit"] = commit;
            read(json!({ "reviews": { "nodes": [review] } }), None).reviews[0].of_head
        };
        assert_eq!(of(json!({ "oid": "b".repeat(40) })), Some(true));
        assert_eq!(of(json!({ "oid": "c".repeat(40) })), Some(false));
        // A commit that is gone, and a service that does not tell.
        assert_eq!((of(json!({ "oid": null })), of(json!(null))), (None, None));
    }

    #[test]
    fn reviews_are_all_there_and_the_decision_has_the_last_word() {
        use ReviewVerdict::{Approved, ChangesRequested, Commented};

        let reviews = json!({ "nodes": [
            review("APPROVED", 6, "kim"), review("COMMENTED", 7, "kim"), review("PENDING", 8, "max"),
            { "id": "x", "state": "APPROVED", "submittedAt": "2026-10-06T08:00:00Z",
              "author": { "__typename": "Bot", "login": "checker" } },
            { "id": "y", "state": "RHAPSODIC", "submittedAt": "2026-10-06T08:00:00Z", "author": null },
        ] });
        let opinions =
            json!({ "nodes": [review("APPROVED", 6, "kim"), review("CHANGES_REQUESTED", 2, "jo")] });
        let told = read(
            json!({
                "reviews": reviews, "latestOpinionatedReviews": opinions, "reviewDecision": "CHANGES_REQUESTED",
                "reviewRequests": { "nodes": [
                    { "requestedReviewer": { "__typename": "Team", "slug": "payments" } },
                    { "requestedReviewer": { "__typename": "User", "login": "max" } },
                    { "requestedReviewer": null },
                ] },
            }),
            None,
        );
        let told_reviews: Vec<_> = told
            .reviews
            .iter()
            .map(|review| (review.reviewer.as_str(), review.verdict, review.bot))
            .collect();
        assert_eq!(
            told_reviews,
            [
                ("jo", ChangesRequested, false),
                ("kim", Approved, false),
                ("checker", Approved, true),
                ("ghost", Commented, false),
                ("kim", Commented, false),
            ]
        );
        assert_eq!(told.requested_reviewers, ["payments", "max"]);

        let approved = json!({ "nodes": [review("APPROVED", 6, "kim")] });
        let one = BranchRules { approvals: Some(1), ..BranchRules::default() };
        let two = BranchRules { approvals: Some(2), ..BranchRules::default() };
        for (decision, rules, expected) in [
            (None, None, None),
            (None, Some(&two), Some(2)),
            (Some("REVIEW_REQUIRED"), None, Some(2)),
            (Some("REVIEW_REQUIRED"), Some(&one), Some(2)),
            (Some("APPROVED"), Some(&two), Some(1)),
            (Some("APPROVED"), None, Some(1)),
            (Some("CHANGES_REQUESTED"), Some(&two), Some(2)),
            (Some("UNHEARD_OF"), None, None),
        ] {
            let told = read(json!({ "reviews": approved, "reviewDecision": decision }), rules);
            assert_eq!(told.required_approvals, expected, "{decision:?} {rules:?}");
        }
    }

    #[test]
    fn dates_stories_and_milestones_are_read() {
        let event = |kind: &str, day: u32| json!({ "__typename": kind, "createdAt": format!("2026-10-{day:02}T08:00:00Z") });
        let told = read(
            json!({
                "state": "MERGED", "mergedAt": "2026-10-09T08:00:00Z", "closedAt": "2026-10-09T08:00:00Z",
                "mergeCommit": { "oid": "a".repeat(40) }, "milestone": { "title": "v4.2" },
                "firstCommit": { "nodes": [{ "commit": { "authoredDate": "2026-10-03T08:00:00Z" } }] },
                "timelineItems": { "nodes": [event("ReadyForReviewEvent", 6), event("ConvertToDraftEvent", 5)] },
                "closingIssuesReferences": { "nodes": [
                    { "number": 12, "repository": { "nameWithOwner": "o/api" } },
                    { "number": 3, "repository": { "nameWithOwner": "o/web" } },
                ] },
            }),
            None,
        );
        let day = |at: Option<crate::domain::Instant>| at.map(|at| at.day());
        assert_eq!(
            (day(told.started_at), day(told.opened_at), day(told.ready_at)),
            (Some(3), Some(5), Some(6))
        );
        assert_eq!((day(told.merged_at), day(told.closed_at)), (Some(9), None));
        assert_eq!(told.milestone.as_deref(), Some("4.2"));
        assert_eq!(told.merge_commit.as_deref(), Some("a".repeat(40).as_str()));
        let stories: Vec<_> = told.stories.iter().map(StoryKey::as_str).collect();
        assert_eq!(stories, ["api#12", "web#3", "PAY-311"]);
        assert_eq!(read(json!({ "isDraft": true }), None).ready_at, None);
    }
}

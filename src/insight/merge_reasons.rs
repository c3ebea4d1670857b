//! What speaks against merging a pull request now, and what speaks for it: said before it is
//! merged.
//!
//! Nothing here refuses: a person decides, and shall know. What nobody tells is named as not
//! known; it never counts as fine.

use crate::domain::{
    CheckOutcome, Instant, Mergeability, PullRequest, PullRequestDetail, PullRequestId, ReviewVerdict, Text,
    Window,
};

use super::{
    Board,
    stages::{Reviews, required_approvals, reviews, tells_of_reviews},
    words,
};

/// Most names of checks and people in one reason.
const MOST_NAMES: usize = 3;

/// What speaks against a merge, the gravest first, and what is fine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeReasons {
    /// What speaks against it, the gravest first; what is not known comes last.
    pub against: Vec<MergeReason>,
    /// What was looked at and is fine: `4 of 4 checks passed`.
    pub fine: Vec<String>,
}

/// One thing that speaks against a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeReason {
    /// In words: `2 of 4 checks failed: unit, smoke`.
    pub whole: String,
    /// In few words: `2 of 4 checks failed`.
    pub short: String,
    /// It is so; else nobody knows.
    pub is_known: bool,
}

/// What is known of the threads of its review that are left open.
#[derive(Clone, Debug)]
pub(crate) enum OpenThreads<'a> {
    /// Its source was asked.
    Read(&'a PullRequestDetail),
    /// Its source is being asked.
    Reading,
    /// Nobody tells.
    NotTold,
}

/// A freeze that holds now, for what the merge would become part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FreezeNow {
    name: Text,
    /// When it ends, in words.
    until: String,
}

/// The freezes that hold at `now` where the releases of a pull request go, and those that hold
/// everywhere; each once.
pub(crate) fn freezes_now(board: &Board, id: &PullRequestId, now: Instant) -> Vec<FreezeNow> {
    let holds = |window: &Window| window.from <= now && now < window.until;
    let everywhere = board.world.freezes.iter().filter(|freeze| freeze.environments.is_empty());
    let everywhere = everywhere.map(|freeze| (&freeze.name, freeze.window));
    let of_it = board.insight.releases.iter().filter(|release| {
        release.release.released_at.is_none()
            && release.pull_requests.iter().any(|row| row.pull_request.id == *id)
    });
    let schedule = &board.insight.schedule;
    let there = of_it.flat_map(|release| {
        let deployments = schedule.deployments.iter().filter(|row| {
            !row.deployment.state.is_over() && row.deployment.release.as_ref() == Some(&release.release.id)
        });
        deployments.flat_map(|row| {
            let frozen = schedule.frozen.iter();
            frozen.filter(|frozen| frozen.environment == row.deployment.environment)
        })
    });
    let mut found: Vec<FreezeNow> = Vec::new();
    for (name, window) in everywhere.chain(there.map(|frozen| (&frozen.name, frozen.window))) {
        if holds(&window) && found.iter().all(|known| known.name != *name) {
            let until = words::day_and_time(window.until, &board.policy.calendar);
            found.push(FreezeNow { name: name.clone(), until });
        }
    }
    found
}

/// What speaks against merging `pull_request` at `now`, and what is fine.
pub(crate) fn merge_reasons(
    pull_request: &PullRequest,
    threads: &OpenThreads<'_>,
    freezes: &[FreezeNow],
    now: Instant,
) -> MergeReasons {
    let mut reasons = MergeReasons::default();
    if pull_request.draft {
        reasons.against("it is a draft", "draft");
    }
    mergeability(pull_request, &mut reasons);
    for freeze in freezes {
        let whole = format!("release freeze until {}: {}", freeze.until, freeze.name);
        reasons.against(whole, format!("freeze until {}", freeze.until));
    }
    checks(pull_request, &mut reasons);
    approvals(pull_request, &reviews(pull_request, now), &mut reasons);
    open_threads(threads, &mut reasons);
    // What is certain is read first; the order of each stays.
    reasons.against.sort_by_key(|reason| !reason.is_known);
    reasons
}

impl MergeReasons {
    fn against(&mut self, whole: impl Into<String>, short: impl Into<String>) {
        self.against.push(MergeReason { whole: whole.into(), short: short.into(), is_known: true });
    }

    fn not_known(&mut self, whole: impl Into<String>, short: impl Into<String>) {
        self.against.push(MergeReason { whole: whole.into(), short: short.into(), is_known: false });
    }

    /// Something is known that speaks against it, not only something that nobody knows.
    pub fn is_against(&self) -> bool {
        self.against.iter().any(|reason| reason.is_known)
    }
}

fn mergeability(pull_request: &PullRequest, reasons: &mut MergeReasons) {
    let base = &pull_request.base;
    match pull_request.mergeability {
        Mergeability::Conflicts => reasons.against(format!("it conflicts with {base}"), "conflicts"),
        Mergeability::Behind => {
            reasons
                .against(format!("{base} has moved on since it was branched off"), format!("behind {base}"));
        }
        Mergeability::Unknown => {
            reasons.not_known("whether it conflicts with its base", "conflicts not known");
        }
        Mergeability::Clean => {}
    }
}

fn checks(pull_request: &PullRequest, reasons: &mut MergeReasons) {
    let with = |outcome| -> Vec<&Text> {
        let checks = pull_request.checks.iter().filter(|check| check.outcome == outcome);
        checks.map(|check| &check.name).collect()
    };
    let [passed, failed, running, skipped, unknown] = [
        CheckOutcome::Passed,
        CheckOutcome::Failed,
        CheckOutcome::Running,
        CheckOutcome::Skipped,
        CheckOutcome::Unknown,
    ]
    .map(with);
    let all = pull_request.checks.len() - skipped.len();
    if all == 0 {
        return reasons.not_known("whether it works: no check of it is known", "no checks");
    }
    let of_all = words::count(all, "check", "checks");
    if !failed.is_empty() {
        let short = format!("{} of {of_all} failed", failed.len());
        reasons.against(format!("{short}: {}", words::list(&failed, MOST_NAMES)), short);
    }
    if !running.is_empty() {
        let verb = if running.len() == 1 { "runs" } else { "run" };
        let short = format!("{} of {of_all} still {verb}", running.len());
        reasons.against(format!("{short}: {}", words::list(&running, MOST_NAMES)), short);
    }
    if !unknown.is_empty() {
        let whole = format!("how {} of {of_all} ended: {}", unknown.len(), words::list(&unknown, MOST_NAMES));
        reasons.not_known(whole, format!("{} of {of_all} not known", unknown.len()));
    }
    if passed.len() == all {
        reasons.fine.push(format!("{all} of {of_all} passed"));
    }
}

fn approvals(pull_request: &PullRequest, reviews: &Reviews<'_>, reasons: &mut MergeReasons) {
    if !tells_of_reviews(pull_request) {
        return reasons
            .not_known("whether somebody approved it: no review of it is known", "no reviews known");
    }
    if !reviews.requested_changes.is_empty() {
        let who = words::list(&reviews.requested_changes, MOST_NAMES);
        reasons.against(format!("changes requested by {who}"), "changes requested");
    }
    let required = required_approvals(pull_request) as usize;
    let given = reviews.approved.len();
    let mut said = format!("{given} of {}", words::count(required, "approval", "approvals"));
    if given > required {
        said = words::count(given, "approval", "approvals");
    }
    if given < required {
        let mut whole = said.clone();
        if given > 0 {
            whole = format!("{whole} ({})", words::list(&reviews.approved, MOST_NAMES));
        }
        if !pull_request.requested_reviewers.is_empty() {
            let asked = words::list(&pull_request.requested_reviewers, MOST_NAMES);
            whole = format!("{whole}; {asked} asked and not answered yet");
        }
        reasons.against(whole, said.clone());
    }
    // What was approved is perhaps not what would be merged.
    let of_head: Vec<(&Text, Option<bool>)> =
        reviews.approved.iter().map(|who| (*who, of_head(pull_request, who))).collect();
    let before: Vec<&Text> =
        of_head.iter().filter(|(_, of_head)| *of_head == Some(false)).map(|(who, _)| *who).collect();
    if !before.is_empty() {
        let who = words::list(&before, MOST_NAMES);
        reasons.against(
            format!("not the commit that was reviewed: {who} approved an earlier one"),
            "approved at an earlier commit",
        );
    } else if given > 0 && given >= required && reviews.requested_changes.is_empty() {
        let is_told = of_head.iter().all(|(_, of_head)| *of_head == Some(true));
        reasons.fine.push(if is_told { format!("{said} of this commit") } else { said });
    }
}

/// Whether the last approval of `who` is of the commit at the end of the branch.
fn of_head(pull_request: &PullRequest, who: &Text) -> Option<bool> {
    let approvals = pull_request
        .reviews
        .iter()
        .filter(|review| review.verdict == ReviewVerdict::Approved && review.reviewer == *who && !review.bot);
    approvals.max_by_key(|review| review.at)?.of_head
}

fn open_threads(threads: &OpenThreads<'_>, reasons: &mut MergeReasons) {
    match threads {
        OpenThreads::Read(detail) if detail.threads.is_empty() && !detail.more_threads => {
            reasons.fine.push("no thread left open".to_owned());
        }
        OpenThreads::Read(detail) => {
            let more = if detail.more_threads { " or more" } else { "" };
            let count = detail.threads.len();
            let noun = if count == 1 && !detail.more_threads { "thread" } else { "threads" };
            let short = format!("{count}{more} {noun} left open");
            let mut authors: Vec<&Text> = Vec::new();
            for thread in &detail.threads {
                if !thread.author.is_empty() && !authors.contains(&&thread.author) {
                    authors.push(&thread.author);
                }
            }
            let by = words::list(&authors, MOST_NAMES);
            let whole = if by.is_empty() { short.clone() } else { format!("{short}, by {by}") };
            reasons.against(whole, short);
        }
        OpenThreads::Reading => {
            reasons.not_known("whether threads are left open: being read", "threads being read");
        }
        OpenThreads::NotTold => {
            reasons.not_known("whether threads of its review are left open", "threads not known");
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        domain::{Check, Freeze, PullRequestState, Review, Step, Thread},
        insight::fixture::{ALL_KINDS, Setting, at, deployment, now},
    };

    /// One that nothing speaks against.
    fn fine() -> PullRequest {
        let check = |name: &str| Check {
            name: name.into(),
            step: Step::Test,
            required: true,
            outcome: CheckOutcome::Passed,
            at: Some(at(21, 8)),
        };
        PullRequest {
            number: Some(812),
            mergeability: Mergeability::Clean,
            required_approvals: Some(2),
            checks: ["build", "unit", "smoke", "lint"].map(check).into(),
            reviews: ["kim", "raj"].map(|who| review(who, ReviewVerdict::Approved)).into(),
            ..PullRequest::new("api#812", "api", "Retries", "lee", "main", PullRequestState::Open)
        }
    }

    fn review(who: &str, verdict: ReviewVerdict) -> Review {
        Review { at: at(20, 12), reviewer: who.into(), verdict, bot: false, of_head: Some(true) }
    }

    fn thread(author: &str) -> Thread {
        Thread {
            path: None,
            line: None,
            author: author.into(),
            at: None,
            said: "why?".into(),
            replies: 0,
            outdated: false,
            url: None,
        }
    }

    fn of(change: impl FnOnce(&mut PullRequest)) -> MergeReasons {
        let mut pull_request = fine();
        change(&mut pull_request);
        merge_reasons(&pull_request, &OpenThreads::Read(&PullRequestDetail::default()), &[], now())
    }

    fn whole(reasons: &MergeReasons) -> Vec<String> {
        let mark = |reason: &MergeReason| if reason.is_known { "" } else { "? " };
        reasons.against.iter().map(|reason| format!("{}{}", mark(reason), reason.whole)).collect()
    }

    #[test]
    fn where_nothing_speaks_against_it_that_is_said() {
        let reasons = of(|_| {});
        assert_eq!(whole(&reasons), [""; 0]);
        assert_eq!(
            reasons.fine,
            ["4 of 4 checks passed", "2 of 2 approvals of this commit", "no thread left open"]
        );
        // Where nobody tells of which commit they are, nobody says so.
        let reasons = of(|it| it.reviews.iter_mut().for_each(|review| review.of_head = None));
        assert!(reasons.against.is_empty() && reasons.fine.contains(&"2 of 2 approvals".to_owned()));
    }

    #[test]
    fn each_thing_that_speaks_against_it_is_named() {
        type Change = fn(&mut PullRequest);
        let cases: [(Change, &[&str]); 15] = [
            (|it| it.draft = true, &["it is a draft"]),
            (|it| it.mergeability = Mergeability::Conflicts, &["it conflicts with main"]),
            (|it| it.mergeability = Mergeability::Behind, &["main has moved on since it was branched off"]),
            (|it| it.mergeability = Mergeability::Unknown, &["? whether it conflicts with its base"]),
            (
                |it| {
                    it.checks[1].outcome = CheckOutcome::Failed;
                    it.checks[2].outcome = CheckOutcome::Running;
                    it.checks[3].outcome = CheckOutcome::Unknown;
                },
                &[
                    "1 of 4 checks failed: unit",
                    "1 of 4 checks still runs: smoke",
                    "? how 1 of 4 checks ended: lint",
                ],
            ),
            // What need not pass is named all the same: whoever merges shall know.
            (
                |it| {
                    it.checks[3].required = false;
                    it.checks[3].outcome = CheckOutcome::Failed;
                },
                &["1 of 4 checks failed: lint"],
            ),
            (|it| it.checks.clear(), &["? whether it works: no check of it is known"]),
            (
                |it| it.checks.iter_mut().for_each(|check| check.outcome = CheckOutcome::Skipped),
                &["? whether it works: no check of it is known"],
            ),
            (|it| drop(it.reviews.pop()), &["1 of 2 approvals (kim)"]),
            (
                |it| {
                    it.reviews.clear();
                    it.requested_reviewers = vec!["raj".into(), "zoe".into()];
                },
                &["0 of 2 approvals; raj, zoe asked and not answered yet"],
            ),
            (
                |it| {
                    it.reviews.clear();
                    it.required_approvals = None;
                },
                &["? whether somebody approved it: no review of it is known"],
            ),
            (
                |it| it.reviews[1].verdict = ReviewVerdict::ChangesRequested,
                &["changes requested by raj", "1 of 2 approvals (kim)"],
            ),
            (
                |it| it.reviews[0].of_head = Some(false),
                &["not the commit that was reviewed: kim approved an earlier one"],
            ),
            // Who approved again has seen it; a program's word is none.
            (
                |it| {
                    let again = Review { at: at(21, 9), ..it.reviews[0].clone() };
                    it.reviews[0].of_head = Some(false);
                    let bot = Review { bot: true, at: at(21, 10), of_head: Some(false), ..again.clone() };
                    it.reviews.extend([again, bot]);
                },
                &[],
            ),
            (
                |it| {
                    it.mergeability = Mergeability::Unknown;
                    it.draft = true;
                },
                &["it is a draft", "? whether it conflicts with its base"],
            ),
        ];
        for (change, expected) in cases {
            let reasons = of(change);
            assert_eq!(whole(&reasons), expected);
            assert_eq!(reasons.is_against(), expected.iter().any(|it| !it.starts_with('?')), "{expected:?}");
        }
    }

    #[test]
    fn threads_left_open_count_and_what_was_not_read_is_not_known() {
        let told = |threads: &OpenThreads<'_>| whole(&merge_reasons(&fine(), threads, &[], now()));
        let mut detail = PullRequestDetail { threads: vec![thread("kim")], ..PullRequestDetail::default() };
        assert_eq!(told(&OpenThreads::Read(&detail)), ["1 thread left open, by kim"]);
        detail.threads.extend([thread("kim"), thread("raj")]);
        detail.more_threads = true;
        assert_eq!(told(&OpenThreads::Read(&detail)), ["3 or more threads left open, by kim, raj"]);
        assert_eq!(told(&OpenThreads::Reading), ["? whether threads are left open: being read"]);
        assert_eq!(told(&OpenThreads::NotTold), ["? whether threads of its review are left open"]);
    }

    #[test]
    fn a_freeze_counts_where_its_release_goes_and_while_it_holds() {
        let freeze = |name: &str, hours: i64, environments: &[&str]| Freeze {
            name: name.into(),
            window: Window {
                from: now() + Duration::hours(hours),
                until: now() + Duration::hours(hours + 4),
            },
            environments: environments.iter().map(Text::new).collect(),
        };
        for (made, expected) in [
            (freeze("year end", -1, &["production/*"]), 1),
            (freeze("year end", -1, &[]), 1),
            (freeze("year end", 1, &["production/*"]), 0),
            (freeze("year end", -4, &["production/*"]), 0),
            (freeze("year end", -1, &["elsewhere"]), 0),
        ] {
            let planned = deployment("a", "payments 4.2", at(25, 10), 60);
            let member = PullRequest { release: Some("payments 4.2".into()), ..fine() };
            let mut setting = Setting::covering(&ALL_KINDS).deployment(planned).pull_request(member);
            setting.facts.freezes = vec![std::sync::Arc::new(made.clone())];
            let found = freezes_now(&setting.board_at(now()), &"api#812".into(), now());
            assert_eq!(found.len(), expected, "{made:?}");
            let reasons = merge_reasons(&fine(), &OpenThreads::NotTold, &found, now());
            let is_named = whole(&reasons)[0].starts_with("release freeze until ");
            assert_eq!(is_named, expected == 1, "{:?}", whole(&reasons));
        }
    }
}

use chrono::Duration;

use super::{
    super::fixture::{
        ALL_KINDS, Setting, at, build, defect, deployment, fresh, id, now, pull_request, release, scope_move,
        story, test_run,
    },
    *,
};
use crate::domain::{
    Build, Category, Check, CheckOutcome, DeploymentState, OwnerMove, PullRequestState, Release, ScopeChange,
    ScopeMove, Severity, StatusMove, Step, Story, Target,
};

/// Yesterday, the same time.
fn before() -> Instant {
    now() - Duration::days(1)
}

fn setting() -> Setting {
    let mut setting = Setting::covering(&ALL_KINDS);
    // Fresh at both instants.
    setting.health[0].stale_from = Some(now() + Duration::days(1));
    setting
}

/// Each change as `group | subject | what | when`.
fn told(before_setting: &Setting, after_setting: &Setting) -> Vec<String> {
    let changes = Changes::between(&before_setting.board_at(before()), &after_setting.board_at(now()));
    let line = |change: &Change| {
        let at = change.at.map_or(String::new(), |at| at.format(" | %-d %H:%M").to_string());
        let rebuilt = if change.rebuilt { " | rebuilt" } else { "" };
        format!("{} | {} | {}{at}{rebuilt}", change.group.title(), change.name, change.what)
    };
    changes.changes.iter().map(line).collect()
}

fn has(told: &[String], wanted: &str) {
    assert!(told.iter().any(|line| line.starts_with(wanted)), "{wanted:?} is not in {told:#?}");
}

fn moved(key: &str, to: Category, status: &str) -> Story {
    Story { status: Text::new(status), moves: vec![StatusMove { at: at(22, 7), to }], ..story(key, to) }
}

#[test]
fn equal_boards_differ_in_nothing() {
    let setting = setting()
        .story(story("PAY-1", Category::InReview))
        .pull_request(pull_request(1, PullRequestState::Open))
        .deployment(deployment("d", "payments 4.2", at(25, 13), 60))
        .test_run(test_run("unit", 20, 10, 0));
    let board = setting.board_at(now());
    let changes = Changes::between(&board, &board);
    assert_eq!((changes.changes.as_slice(), changes.concerned.as_slice()), (&[][..], &[][..]));
}

#[test]
fn a_branch_turns_red_and_green_once() {
    use CheckOutcome::{Failed, Passed, Running, Skipped};
    for (was, is, wanted) in [
        (Passed, Failed, Some("turned red | main of payments | integration failed at 1a2b3c4d | 21 12:00")),
        (Running, Failed, Some("turned red | main of payments | integration failed at 1a2b3c4d | 21 12:00")),
        (Failed, Passed, Some("turned green | main of payments | passed at 1a2b3c4d | 21 12:00")),
        (Failed, Failed, None),
        (Failed, Running, None),
        (Running, Passed, None),
        (Passed, Skipped, None),
    ] {
        let of = |day, outcome| setting().build(build(day, &[("integration", outcome)]));
        let told = told(&of(20, was), &of(21, is));
        assert_eq!(told.first().map(String::as_str), wanted, "{was:?} {is:?}");
    }
    // What was not there turned nothing, nor does what is of no release.
    let red = || build(21, &[("integration", Failed)]);
    assert_eq!(told(&setting(), &setting().build(red())), [""; 0]);
    let elsewhere = |build: Build| setting().build(Build { repository: Text::new("elsewhere"), ..build });
    let green = build(20, &[("integration", Passed)]);
    assert_eq!(told(&elsewhere(green), &elsewhere(red())), [""; 0]);
}

#[test]
fn stories_that_moved_are_told_by_where_they_went() {
    for (was, is, status, wanted) in [
        (Category::InReview, Category::Done, "closed", "done | PAY-1 Refunds | status → closed | 22 07:00"),
        (Category::Done, Category::InProgress, "reopened", "turned red | PAY-1 Refunds | status → reopened"),
        (Category::ToDo, Category::InProgress, "doing", "moved | PAY-1 Refunds | status → doing"),
        (Category::ToDo, Category::Dropped, "won't do", "removed | PAY-1 Refunds | status → won't do"),
        (Category::ToDo, Category::Unknown, "limbo", "turned red | PAY-1 Refunds | status → limbo"),
        (Category::InReview, Category::InReview, "2nd review", "moved | PAY-1 Refunds | status → 2nd review"),
    ] {
        let told = told(&setting().story(story("PAY-1", was)), &setting().story(moved("PAY-1", is, status)));
        has(&told, wanted);
    }
}

#[test]
fn stories_come_and_go() {
    let elsewhere = || Story { releases: Vec::new(), ..story("PAY-2", Category::ToDo) };
    let inside = || Story {
        scope: vec![ScopeMove { at: at(22, 6), release: id(), change: ScopeChange::Added }],
        ..story("PAY-2", Category::ToDo)
    };
    let out = || Story {
        releases: Vec::new(),
        scope: vec![
            scope_move(20, ScopeChange::Added),
            ScopeMove { at: at(22, 5), release: id(), change: ScopeChange::Removed },
        ],
        ..story("PAY-2", Category::ToDo)
    };
    let new = || Story { created_at: at(22, 1), moves: Vec::new(), ..story("PAY-3", Category::ToDo) };
    let blocking = || Story { severity: Some(Severity::Critical), ..defect("PAY-4", Category::ToDo) };
    for (first, second, wanted) in [
        (vec![elsewhere()], vec![inside()], "added | PAY-2 Refunds | moved in | 22 06:00"),
        (vec![inside()], vec![out()], "removed | PAY-2 Refunds | moved out | 22 05:00"),
        (vec![inside()], vec![], "removed | PAY-2 Refunds | no source knows it any more"),
        (vec![], vec![new()], "added | PAY-3 Refunds | new | 22 01:00"),
        (vec![], vec![blocking()], "turned red | PAY-4 Refunds | a blocking defect was added"),
    ] {
        let fill = |stories: Vec<Story>| stories.into_iter().fold(setting(), Setting::story);
        has(&told(&fill(first), &fill(second)), wanted);
    }
}

#[test]
fn what_nobody_observed_is_told_from_the_items_own_events() {
    let unseen = || {
        let mut setting = setting();
        setting.facts.covers.clear();
        setting.facts.releases.clear();
        setting
    };
    let done = Story {
        created_at: at(9, 12),
        moves: vec![
            StatusMove { at: at(15, 12), to: Category::InReview },
            StatusMove { at: at(22, 7), to: Category::Done },
        ],
        ..story("PAY-1", Category::Done)
    };
    let old = story("PAY-2", Category::InReview);
    let came = Story {
        scope: vec![ScopeMove { at: at(22, 3), release: id(), change: ScopeChange::Added }],
        ..story("PAY-3", Category::ToDo)
    };
    let mut merged = pull_request(7, PullRequestState::Merged);
    merged.merged_at = Some(at(22, 8));
    let long_ago = pull_request(8, PullRequestState::Merged);
    let after = setting().story(done).story(old).story(came).pull_request(merged).pull_request(long_ago);
    assert_eq!(
        told(&unseen(), &after),
        [
            "done | api#7 Refund webhook retries | merged into main | 22 08:00 | rebuilt",
            "done | PAY-1 Refunds | in review → status | 22 07:00 | rebuilt",
            "added | PAY-3 Refunds | moved in | 22 03:00 | rebuilt",
        ],
        "nothing else is known to be new"
    );
}

#[test]
fn who_works_on_it_is_told_where_it_changed() {
    let owned = |owner: &str| Story { owner: Some(owner.into()), ..story("PAY-1", Category::InProgress) };
    let said = told(&setting().story(owned("lee")), &setting().story(owned("ana")));
    assert!(said.iter().any(|line| line.contains("owner lee → ana")), "{said:?}");
    // Nobody looked then: its own events tell it, and who has none says nothing.
    let unseen = || {
        let mut setting = setting();
        setting.facts.covers.clear();
        setting.facts.releases.clear();
        setting
    };
    let with_past = Story {
        owners: vec![
            OwnerMove { at: at(9, 12), to: None },
            OwnerMove { at: at(22, 7), to: Some("ana".into()) },
        ],
        ..owned("ana")
    };
    let said = told(&unseen(), &setting().story(with_past));
    assert!(
        said.iter().any(|line| line.contains("owner nobody → ana") && line.ends_with("rebuilt")),
        "{said:?}"
    );
    assert!(told(&unseen(), &setting().story(owned("ana"))).iter().all(|line| !line.contains("owner")));
}

#[test]
fn a_kind_that_nobody_tells_of_any_more_is_not_gone() {
    let first =
        setting().story(story("PAY-1", Category::ToDo)).pull_request(pull_request(1, PullRequestState::Open));
    let mut second = setting();
    for kind in [Kind::Stories, Kind::PullRequests] {
        second.facts.covers.remove(&kind);
    }
    assert!(told(&first, &second).iter().all(|line| !line.starts_with("removed")));
}

#[test]
fn pull_requests_are_told_by_what_happened_to_them() {
    let check = |outcome| Check { name: "unit".into(), step: Step::Test, required: true, outcome, at: None };
    let open = || pull_request(1, PullRequestState::Open);
    let checked = |outcome| crate::domain::PullRequest { checks: vec![check(outcome)], ..open() };
    let draft = crate::domain::PullRequest { draft: true, ready_at: None, ..open() };
    let due = |day| crate::domain::PullRequest { due: Some(at(day, 12)), ..open() };
    let merged = crate::domain::PullRequest {
        merged_at: Some(at(22, 2)),
        ..pull_request(1, PullRequestState::Merged)
    };
    for (first, second, wanted) in [
        (Some(open()), Some(merged), "done | api#1 Refund webhook retries | merged into main | 22 02:00"),
        (
            Some(open()),
            Some(pull_request(1, PullRequestState::Closed)),
            "removed | api#1 Refund webhook retries | closed unmerged",
        ),
        (Some(open()), None, "removed | api#1 Refund webhook retries | no source knows it any more"),
        (None, Some(open()), "added | api#1 Refund webhook retries | opened"),
        (
            Some(checked(CheckOutcome::Passed)),
            Some(checked(CheckOutcome::Failed)),
            "turned red | api#1 Refund webhook retries | tests passed → failed",
        ),
        (
            Some(checked(CheckOutcome::Failed)),
            Some(checked(CheckOutcome::Passed)),
            "turned green | api#1 Refund webhook retries | tests failed → passed",
        ),
        (Some(draft), Some(open()), "moved | api#1 Refund webhook retries | ready for review"),
        (
            Some(due(25)),
            Some(due(27)),
            "slipped | api#1 Refund webhook retries | due Wed 25 Nov → Fri 27 Nov",
        ),
        (Some(due(25)), Some(due(20)), "turned red | api#1 Refund webhook retries | overdue"),
    ] {
        let fill = |request: Option<_>| request.into_iter().fold(setting(), Setting::pull_request);
        has(&told(&fill(first), &fill(second)), wanted);
    }
}

#[test]
fn releases_slip_and_those_who_wait_for_them_hear_of_it() {
    let ledger = |released: bool| Release {
        depends_on: vec![id()],
        owner: Some("ana".into()),
        released_at: released.then(|| at(21, 12)),
        ..Release::named("ledger", "1.8")
    };
    let later = |release: &mut Release| release.target = Some(Target { at: at(27, 17), estimated: false });
    let first = setting()
        .other(ledger(false))
        .other(Release::named("web", "7"))
        .story(story("PAY-1", Category::ToDo));
    let second = setting()
        .release(later)
        .other(ledger(false))
        .story(story("PAY-1", Category::ToDo))
        .story(story("PAY-2", Category::ToDo));
    let lines = told(&first, &second);
    has(&lines, "slipped | payments 4.2 | target Wed 25 Nov 17:00 → Fri 27 Nov 17:00");
    has(&lines, "removed | web 7 | no source knows it any more");
    let changes = Changes::between(&first.board_at(before()), &second.board_at(now()));
    let wanted = Concerned {
        release: "ledger 1.8".into(),
        owner: Some("ana".into()),
        because_of: id(),
        what: "scope, target".into(),
    };
    assert_eq!(changes.concerned, [wanted]);

    let out = setting().release(later).other(ledger(true));
    let changes = Changes::between(&first.board_at(before()), &out.board_at(now()));
    assert_eq!(changes.concerned, [], "what is out waits for nothing");
    has(&told(&first, &out), "done | ledger 1.8 | released | 21 12:00");
}

#[test]
fn gates_and_verdicts_turn() {
    let ready =
        |failed| setting().story(story("PAY-1", Category::Done)).test_run(test_run("unit", 20, 10, failed));
    let red = told(&ready(0), &ready(5));
    has(&red, "turned red | payments 4.2 | Tests passing: go → no-go");
    has(&red, "turned red | payments 4.2 | verdict go → no-go");
    has(&told(&ready(5), &ready(0)), "turned green | payments 4.2 | Tests passing: no-go → go");
    let mut silent = ready(5);
    silent.health[0].stale_from = Some(now() - Duration::hours(1));
    let unknown = told(&ready(5), &silent);
    has(&unknown, "moved | payments 4.2 | Tests passing: no-go → unknown");
    has(&unknown, "turned red | source plan | stale: no answer");
    has(&told(&silent, &silent), "turned red | source plan");
    assert!(told(&silent, &silent).iter().all(|line| !line.contains("turned green")));
}

#[test]
fn deployments_move_fail_and_get_into_trouble() {
    use DeploymentState::{Approved, Cancelled, Failed, Succeeded};
    let planned = |day, state| {
        let mut deployment = deployment("d1", "payments 4.2", at(day, 13), 60);
        deployment.state = state;
        deployment.finished_at = state.is_over().then(|| at(22, 4));
        setting().deployment(deployment)
    };
    for (first, second, wanted) in [
        (
            planned(25, Approved),
            planned(26, Approved),
            "slipped | payments 4.2 to production/eu | Wed 25 Nov 13:00 → Thu 26 Nov 13:00",
        ),
        (
            planned(25, Approved),
            planned(24, Approved),
            "moved | payments 4.2 to production/eu | Wed 25 Nov 13:00 → Tue 24 Nov 13:00",
        ),
        (
            planned(22, Approved),
            planned(22, Succeeded),
            "done | payments 4.2 to production/eu | deployed | 22 04:00",
        ),
        (
            planned(22, Approved),
            planned(22, Failed),
            "turned red | payments 4.2 to production/eu | failed | 22 04:00",
        ),
        (
            planned(25, Approved),
            planned(25, Cancelled),
            "removed | payments 4.2 to production/eu | cancelled",
        ),
        (
            setting(),
            planned(25, Approved),
            "added | payments 4.2 to production/eu | planned for Wed 25 Nov 13:00",
        ),
        (planned(25, Approved), setting(), "removed | payments 4.2 to production/eu | no longer planned"),
        (
            planned(25, Approved),
            planned(25, Approved).deployment(deployment("d2", "ledger 1.8", at(25, 13), 30)),
            "turned red | payments 4.2 to production/eu | conflict: ",
        ),
    ] {
        has(&told(&first, &second), wanted);
    }
}

#[test]
fn changes_are_in_the_order_of_group_and_time() {
    let mut health = fresh("plan");
    health.stale_from = Some(now() + Duration::days(2));
    let first = setting().release(|release| *release = self::release());
    let second = first
        .clone()
        .story(Story { created_at: at(22, 1), ..story("PAY-1", Category::ToDo) })
        .story(Story { created_at: at(22, 5), ..story("PAY-2", Category::ToDo) });
    let changes = Changes::between(&first.board_at(before()), &second.board_at(now())).changes;
    assert!(changes.windows(2).all(|pair| pair[0].group <= pair[1].group));
    let added: Vec<_> =
        changes.iter().filter(|change| change.group == ChangeGroup::Added).map(|change| change.at).collect();
    assert_eq!(added, [Some(at(22, 5)), Some(at(22, 1))], "the newest first");
}

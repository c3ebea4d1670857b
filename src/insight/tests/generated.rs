//! What must hold in any world.

use std::sync::Arc;

use chrono::{Duration, Weekday};
use chrono_tz::Tz;
use proptest::{collection::vec, prelude::*, sample::select};

use crate::domain::{
    Aggregate, Calendar, Category, Comparison, GateRule, Instant, Items, Kind, Metric, Problem, PullRequest,
    PullRequestState, ScopeChange, ScopeMove, SourceHealth, SourceId, StatusMove, Story, StoryKey, StoryKind,
    Text, World,
};
use crate::insight::{
    GateAnswer, GateName, Learned, ReleaseInsight, Subject, Unit, Verdict, Week, derive, explain,
    fixture::{ALL_KINDS, Setting, at, deployment, id, now, pull_request, story, test_run},
};

/// An instant within the three weeks before now or the day after it, around the end of
/// summer time in several zones.
pub(super) fn moment() -> impl Strategy<Value = Instant> {
    (-60_000_i64..1_000).prop_map(|minutes| now() + Duration::minutes(minutes))
}

fn category() -> impl Strategy<Value = Category> {
    use Category::{Done, Dropped, InProgress, InReview, InTest, ToDo, Unknown};
    select(vec![ToDo, InProgress, InReview, InTest, Done, Done, Dropped, Unknown])
}

pub(super) fn any_story() -> impl Strategy<Value = Story> {
    (
        any::<bool>(),
        moment(),
        vec((moment(), category()), 0..5),
        vec((moment(), any::<bool>()), 0..4),
        any::<bool>(),
        (any::<bool>(), category()),
        select(vec![None, None, Some(0.0), Some(0.1), Some(0.5), Some(3.0), Some(13.0), Some(-2.0)]),
    )
        .prop_map(|(is_story, created_at, mut moves, mut scope, member, (agrees, other), points)| {
            moves.sort_by_key(|(at, _)| *at);
            scope.sort_by_key(|(at, _)| *at);
            let last = moves.last().map_or(Category::ToDo, |(_, to)| *to);
            let mut made = story("key", if agrees { last } else { other });
            made.kind = if is_story { StoryKind::Story } else { StoryKind::Defect };
            made.created_at = created_at;
            made.points = points;
            made.moves = moves.into_iter().map(|(at, to)| StatusMove { at, to }).collect();
            made.scope = scope
                .into_iter()
                .map(|(at, added)| ScopeMove {
                    at,
                    release: id(),
                    change: if added { ScopeChange::Added } else { ScopeChange::Removed },
                })
                .collect();
            if !member {
                made.releases.clear();
            }
            made
        })
}

pub(super) fn any_pull_request() -> impl Strategy<Value = PullRequest> {
    use PullRequestState::{Closed, Merged, Open};
    (select(vec![Open, Merged, Closed]), proptest::option::of(moment()), proptest::option::of(moment()))
        .prop_map(|(state, opened, ended)| {
            let mut made = pull_request(1, state);
            (made.started_at, made.opened_at) = (None, opened);
            (made.merged_at, made.closed_at) = match state {
                Open => (None, None),
                Merged => (ended, None),
                Closed => (None, ended),
            };
            made
        })
}

fn calendar() -> impl Strategy<Value = Calendar> {
    let zones =
        vec![Tz::UTC, Tz::Europe__Berlin, Tz::America__New_York, Tz::Pacific__Apia, Tz::Asia__Kolkata];
    select(zones).prop_map(|zone| Calendar { zone, ..Calendar::default() })
}

/// Metrics of every make, and a gate over each.
fn own_rules() -> (Vec<Metric>, Vec<GateRule>) {
    let made = [
        (Items::Stories, "-is:done", Aggregate::Count, "", None, Comparison::AtMost, 3.0),
        (Items::Stories, "is:open age:>3d", Aggregate::Count, "", None, Comparison::AtMost, 1.0),
        (Items::Stories, "", Aggregate::Share, "is:done", None, Comparison::AtLeast, 0.5),
        (Items::Stories, "is:done", Aggregate::P85, "age", Some(10), Comparison::AtMost, 500_000.0),
        (Items::Defects, "-is:done in_status:>12h", Aggregate::Count, "", None, Comparison::Equal, 0.0),
        (Items::Defects, "", Aggregate::Sum, "returns", None, Comparison::Below, 2.0),
        (Items::PullRequests, "", Aggregate::Median, "age", Some(5), Comparison::AtMost, 300_000.0),
        (Items::PullRequests, "is:open", Aggregate::Count, "", None, Comparison::AtMost, 0.0),
        (Items::TestRuns, "", Aggregate::Sum, "failed", None, Comparison::AtMost, 0.0),
        (Items::Deployments, "is:failed", Aggregate::Count, "", None, Comparison::AtMost, 0.0),
        (Items::Findings, "is:open severity:>=high", Aggregate::Count, "", None, Comparison::AtMost, 0.0),
    ];
    let rules = made.into_iter().enumerate().map(
        |(number, (items, filter, aggregate, of, days, operator, threshold))| {
            let name = Text::new(format!("own {number}"));
            let period_seconds = days.map(|days: u64| days * 86_400);
            let (filter, of) = (Text::new(filter), Text::new(of));
            let metric = Metric { name: name.clone(), items, filter, aggregate, of, period_seconds };
            let rule = GateRule {
                metric: name.clone(),
                name,
                operator,
                threshold,
                required: false,
                scope: Vec::new(),
            };
            (metric, rule)
        },
    );
    rules.unzip()
}

prop_compose! {
    pub(super) fn any_setting()(
        stories in vec(any_story(), 0..12),
        pull_requests in vec(any_pull_request(), 0..8),
        calendar in calendar(),
        passed in 0_u32..5,
        failed in 0_u32..3,
        run_day in 10_u32..22,
        start in select(vec![None, Some(at(9, 0)), Some(at(21, 3))]),
    ) -> Setting {
        let mut setting = Setting::covering(&ALL_KINDS)
            .release(|release| release.start = start)
            .policy(|policy| {
                policy.calendar = calendar;
                (policy.metrics, policy.own_gates) = own_rules();
            })
            .test_run(test_run("unit", run_day, passed, failed))
            .deployment(deployment("next", "payments 4.2", at(25, 14), 60));
        for (number, mut story) in stories.into_iter().enumerate() {
            story.key = StoryKey::new(format!("PAY-{number}"));
            setting = setting.story(story);
        }
        for (number, mut made) in pull_requests.into_iter().enumerate() {
            made.id = crate::domain::PullRequestId::new(format!("api#{number}"));
            setting = setting.pull_request(made);
        }
        setting
    }
}

/// All items twice, in another order.
fn shuffle<T>(items: &mut Vec<Arc<T>>, turn: usize) {
    let again = items.clone();
    items.extend(again);
    let turn = turn.min(items.len());
    items.rotate_left(turn);
    items.reverse();
}

/// What a story was at the end of a day, worked out the slow way.
fn was(story: &Story, end: Instant) -> (bool, bool) {
    let created = story.created_at.min(now());
    if created > end {
        return (false, false);
    }
    let before = |instant: Instant| instant.clamp(created, now()) <= end;
    let is_today = end >= now();
    let moved = story.moves.iter().rev().find(|change| before(change.at)).map(|change| change.to);
    let category = match moved {
        _ if is_today => story.category,
        Some(to) => to,
        None if story.moves.is_empty() => story.category,
        None => Category::ToDo,
    };
    let member = !story.releases.is_empty();
    let changed = story.scope.iter().rev().find(|change| before(change.at)).map(|change| change.change);
    let inside = match (changed, story.scope.first().map(|change| change.change)) {
        _ if is_today => member,
        (Some(change), _) => change == ScopeChange::Added,
        (None, Some(first)) => first == ScopeChange::Removed,
        (None, None) => member,
    };
    let in_scope = inside && category != Category::Dropped;
    (in_scope, in_scope && category == Category::Done)
}

/// What a story weighs: an estimate that is none does not count.
fn estimate(story: &Story) -> Option<f64> {
    story.points.filter(|points| *points >= 0.0).map(f64::from)
}

/// The newest points are those of the list.
fn points_agree(answer: &ReleaseInsight) -> bool {
    let last = answer.burn_down.days.last();
    let Some(points) = last.and_then(|day| day.points) else { return true };
    let rows = || answer.stories.iter().filter(|row| row.story.kind == StoryKind::Story);
    let sum = |open: bool| -> f64 {
        rows().filter(|row| row.open == open).filter_map(|row| estimate(&row.story)).sum()
    };
    let without = rows().filter(|row| estimate(&row.story).is_none()).count();
    (points.remaining() - sum(true)).abs() < 1e-3
        && (points.ready - sum(false)).abs() < 1e-3
        && points.unestimated as usize == without
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_last_point_of_every_line_equals_its_list(setting in any_setting()) {
        let answer = setting.answer();
        let tally = answer.tally;
        let rows = |kind| answer.stories.iter().filter(move |row| row.story.kind == kind);
        prop_assert_eq!(tally.stories as usize, rows(StoryKind::Story).count());
        prop_assert_eq!(tally.stories_ready as usize, rows(StoryKind::Story).filter(|row| !row.open).count());
        prop_assert_eq!(tally.defects_open as usize, rows(StoryKind::Defect).filter(|row| row.open).count());
        let Some(last) = answer.burn_down.days.last() else {
            prop_assert_eq!(tally.stories + tally.defects_open, 0);
            return Ok(());
        };
        prop_assert_eq!(last.day, setting.policy.calendar.day(now()));
        match answer.burn_down.unit {
            Unit::Stories => prop_assert_eq!((last.scope, last.ready), (tally.stories, tally.stories_ready)),
            Unit::PullRequests => {
                prop_assert_eq!((last.scope, last.ready), (tally.pull_requests, tally.pull_requests_merged));
            }
        }
        prop_assert_eq!(last.defects, tally.defects_open);
        prop_assert!(points_agree(&answer), "{:?}", last.points);
        let ran = tally.tests_passed + tally.tests_failed;
        let share = (ran > 0).then(|| f64::from(tally.tests_passed) / f64::from(ran));
        prop_assert_eq!(last.tests, share);
    }

    #[test]
    fn of_a_release_that_went_out_list_tally_and_chart_agree(setting in any_setting(), day in 9_u32..22) {
        let setting = setting.release(|release| release.released_at = Some(at(day, 15)));
        let answer = setting.answer();
        let tally = answer.tally;
        let rows = |kind| answer.stories.iter().filter(move |row| row.story.kind == kind);
        prop_assert_eq!(tally.stories as usize, rows(StoryKind::Story).count());
        prop_assert_eq!(tally.stories_ready as usize, rows(StoryKind::Story).filter(|row| !row.open).count());
        prop_assert_eq!(tally.defects_open as usize, rows(StoryKind::Defect).filter(|row| row.open).count());
        let Some(last) = answer.burn_down.days.last() else {
            prop_assert_eq!(tally.stories + tally.defects_open, 0);
            return Ok(());
        };
        prop_assert_eq!(last.day, setting.policy.calendar.day(at(day, 15)));
        match answer.burn_down.unit {
            Unit::Stories => prop_assert_eq!((last.scope, last.ready), (tally.stories, tally.stories_ready)),
            Unit::PullRequests => {
                prop_assert_eq!((last.scope, last.ready), (tally.pull_requests, tally.pull_requests_merged));
            }
        }
        prop_assert_eq!(last.defects, tally.defects_open);
        prop_assert!(points_agree(&answer), "{:?}", last.points);
        let ran = tally.tests_passed + tally.tests_failed;
        let share = (ran > 0).then(|| f64::from(tally.tests_passed) / f64::from(ran));
        prop_assert_eq!(last.tests, share);
    }

    #[test]
    fn every_day_is_what_the_events_say(setting in any_setting()) {
        let answer = setting.answer();
        if answer.burn_down.unit == Unit::PullRequests {
            return Ok(());
        }
        let stories = || setting.facts.stories.iter().filter(|story| story.kind == StoryKind::Story);
        let board = setting.board_at(now());
        let mut before = None::<u32>;
        for day in &answer.burn_down.days {
            let end = setting.policy.calendar.end_of(day.day) + Duration::milliseconds(999);
            let states: Vec<_> = stories().map(|story| was(story, end)).collect();
            if let Some(points) = day.points {
                let sum = |of: fn(&(bool, bool)) -> bool| -> f64 {
                    stories().zip(&states).filter(|(_, state)| of(state)).map(|(story, _)| estimate(story).unwrap_or(0.0)).sum()
                };
                prop_assert!((points.scope - sum(|state| state.0)).abs() < 1e-3, "{}", day.day);
                prop_assert!((points.ready - sum(|state| state.1)).abs() < 1e-3, "{}", day.day);
            }
            prop_assert_eq!(day.scope as usize, states.iter().filter(|state| state.0).count(), "{}", day.day);
            prop_assert_eq!(day.ready as usize, states.iter().filter(|state| state.1).count(), "{}", day.day);
            if let Some(before) = before {
                let step = answer.burn_down.scope_steps.iter().find(|step| step.day == day.day);
                let (added, removed) = step.map_or((0, 0), |step| (step.added, step.removed));
                prop_assert_eq!(before + added, day.scope + removed, "{}", day.day);
                // What opens behind a step is what makes it.
                let said = explain(&board, &id(), &Subject::Day(day.day), now()).counted;
                let told = |event: &str| said.iter().filter(|line| line.starts_with(event)).count();
                prop_assert_eq!((told("entered:"), told("left:")), (added as usize, removed as usize), "{:?}", said);
            }
            before = Some(day.scope);
        }
    }

    #[test]
    fn weeks_are_what_became_so_between_the_ends_of_their_days(setting in any_setting()) {
        let answer = setting.answer();
        if answer.burn_down.unit == Unit::PullRequests {
            return Ok(());
        }
        let end = |day| setting.policy.calendar.end_of(day) + Duration::milliseconds(999);
        let mut weeks: Vec<Week> = Vec::new();
        for day in answer.burn_down.days.iter().map(|day| day.day) {
            let from = day.week(Weekday::Mon).first_day();
            if weeks.last().is_none_or(|week| week.from != from) {
                weeks.push(Week { from, ..Week::default() });
            }
            let week = weeks.last_mut().unwrap();
            for story in &setting.facts.stories {
                let (before, after) = (was(story, end(day.pred_opt().unwrap())), was(story, end(day)));
                let open = |(inside, done): (bool, bool)| inside && !done;
                if story.kind == StoryKind::Story {
                    week.done += u32::from(after.1 && !before.1);
                } else {
                    week.defects_opened += u32::from(open(after) && !open(before));
                    week.defects_solved += u32::from(!open(after) && open(before));
                }
            }
        }
        prop_assert_eq!(&answer.burn_down.weeks, &weeks);
    }

    #[test]
    fn no_gate_says_go_on_stale_or_missing_data(
        setting in any_setting(),
        covered in vec(any::<bool>(), ALL_KINDS.len()),
        stale in any::<bool>(),
        never in any::<bool>(),
    ) {
        let mut setting = setting;
        let kinds: Vec<Kind> =
            ALL_KINDS.into_iter().zip(covered).filter(|(_, is)| *is).map(|(kind, _)| kind).collect();
        setting.facts.covers = kinds.iter().copied().collect();
        if stale {
            setting.health[0].stale_from = Some(now());
        }
        if never {
            setting.health.push(SourceHealth::starting(SourceId::new("forge")));
        }
        let answer = setting.answer();
        for gate in &answer.gates {
            if stale {
                prop_assert_ne!(gate.answer, GateAnswer::Go, "{:?}", gate);
            }
            if gate.answer == GateAnswer::Go {
                prop_assert!(!gate.sources.is_empty(), "{:?}", gate);
            }
        }
        if stale || never {
            prop_assert_ne!(answer.verdict, Verdict::Go);
        }
        let counted = answer.tally;
        let sum = counted.gates_go + counted.gates_no_go + counted.gates_unknown + counted.gates_not_needed;
        prop_assert_eq!(sum as usize, answer.gates.len());
    }

    #[test]
    fn what_is_incomplete_never_turns_to_go(setting in any_setting(), kind in select(Kind::ALL.to_vec())) {
        let before = setting.answer();
        let mut lacking = setting;
        lacking.policy.required_gates = GateName::BUILT_IN.iter().map(|name| Text::new(name.key())).collect();
        let required = lacking.answer();
        lacking.facts.problems.push(Problem::new("some are missing", "look at it").losing(&[kind]));
        let after = lacking.answer();
        prop_assert!(after.verdict != Verdict::Go || before.verdict == Verdict::Go);
        for (gate, was) in after.gates.iter().zip(&required.gates) {
            prop_assert!(gate.answer != GateAnswer::Go || was.answer == GateAnswer::Go, "{:?}", gate);
            let of_kind = match gate.name {
                GateName::Stories | GateName::Blocked => kind == Kind::Stories,
                GateName::Defects => kind == Kind::Defects,
                GateName::Tests => kind == Kind::TestRuns,
                GateName::PullRequests => kind == Kind::PullRequests,
                GateName::Findings => kind == Kind::Findings,
                GateName::Freeze => kind == Kind::Freezes,
                GateName::Environment | GateName::Runbook => kind == Kind::Deployments,
                _ => false,
            };
            if of_kind {
                prop_assert_ne!(gate.answer, GateAnswer::Go, "{:?}", gate);
                prop_assert_ne!(after.verdict, Verdict::Go);
            }
        }
    }

    #[test]
    fn an_own_gate_that_says_go_says_so_whatever_an_unheard_of_status_means(
        setting in any_setting(),
        meanings in vec(category(), 12),
    ) {
        let before = setting.answer();
        let mut told = setting.clone();
        for (story, meaning) in told.facts.stories.iter_mut().zip(meanings) {
            // What was dropped is out of scope: that is another question.
            if story.category == Category::Unknown && meaning != Category::Dropped {
                Arc::make_mut(story).category = meaning;
            }
        }
        let after = told.answer();
        // The first three count by status alone; how long something took its events tell.
        let own = |answer: &ReleaseInsight| answer.gates[10..13].to_vec();
        for (before, after) in own(&before).into_iter().zip(own(&after)) {
            if matches!(before.answer, GateAnswer::Go | GateAnswer::NoGo) && after.answer != GateAnswer::Unknown {
                prop_assert_eq!(before.answer, after.answer, "{:?} then {:?}", before, after);
            }
        }
    }

    #[test]
    fn order_and_repetition_change_nothing(setting in any_setting(), turn in 0_usize..12) {
        let once = setting.world();
        let mut twice = setting.world();
        let World { releases, stories, pull_requests, deployments, test_runs, .. } = &mut twice;
        shuffle(releases, turn);
        shuffle(stories, turn);
        shuffle(pull_requests, turn);
        shuffle(deployments, turn);
        shuffle(test_runs, turn);
        let answer = |world| derive(world, &setting.health, &setting.policy, &Learned::default(), now());
        prop_assert_eq!(answer(&once), answer(&twice));
    }

    #[test]
    fn until_a_board_is_no_longer_valid_no_answer_changes(setting in any_setting(), part in 0.0..1.0_f64) {
        // On a Tuesday, after all that happened, and with a source that stays fresh.
        let now = now() + Duration::days(2);
        let mut setting = setting;
        setting.health[0].stale_from = Some(now + Duration::days(9));
        let (before, until) = derive(&setting.world(), &setting.health, &setting.policy, &Learned::default(), now);
        let between = now + Duration::milliseconds((part * (until - now).num_milliseconds() as f64) as i64);
        let between = between.min(until - Duration::milliseconds(1));
        let after = setting.insight_at(between);
        for (before, after) in before.releases.iter().zip(&after.releases) {
            let answers = |of: &ReleaseInsight| of.gates.iter().map(|gate| gate.answer).collect::<Vec<_>>();
            prop_assert_eq!(answers(before), answers(after));
            prop_assert_eq!((before.verdict, before.outlook), (after.verdict, after.outlook));
            prop_assert_eq!(&before.stories, &after.stories);
            for row in &before.pull_requests {
                let other = after.pull_requests.iter().find(|it| it.pull_request.id == row.pull_request.id);
                let other = other.map(|it| (it.stage, it.standing));
                prop_assert_eq!(Some((row.stage, row.standing)), other, "{:?} at {}", row, between);
            }
        }
        prop_assert_eq!(before.schedule.next, after.schedule.next);
    }

    #[test]
    fn a_board_is_valid_until_later(setting in any_setting(), minutes in 0_i64..10_000) {
        let then = now() + Duration::minutes(minutes);
        let (_, until) = derive(&setting.world(), &setting.health, &setting.policy, &Learned::default(), then);
        prop_assert!(until > then);
        prop_assert!(until <= setting.policy.calendar.end_of(setting.policy.calendar.day(then)) + Duration::seconds(1));
    }
}

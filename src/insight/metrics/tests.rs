//! Metrics and gates of one's own, as tables.
#![expect(clippy::large_stack_arrays, reason = "a table of cases")]

use chrono::Duration;

use crate::domain::{
    Aggregate, Category, Comparison, GateRule, Items, Kind, Metric, PullRequestState, StatusMove, Story, Text,
};
use crate::insight::{
    Board, Gate, GateAnswer, GateName, Subject, evidence, explain,
    fixture::{ALL_KINDS, Setting, at, defect, id, now, pull_request, story, test_run},
};

use super::{BUILT_IN, Rounding, Unit, amount, built_in, compile};

use Aggregate::{Count, Median, P85, Share, Sum};
use Comparison::{Above, AtLeast, AtMost, Equal};
use GateAnswer::{Go, NoGo, NotNeeded, Unknown};
use Items::{Defects, PullRequests, Stories, TestRuns};

fn metric(items: Items, filter: &str, aggregate: Aggregate, of: &str) -> Metric {
    let (name, filter, of) = (Text::new("own"), Text::new(filter), Text::new(of));
    Metric { name, items, filter, aggregate, of, period_seconds: None }
}

fn rule(metric: &str, operator: Comparison, threshold: f64) -> GateRule {
    let (name, metric) = (Text::new("Ours"), Text::new(metric));
    GateRule { name, metric, operator, threshold, required: false, scope: Vec::new() }
}

fn asked(setting: Setting, metric: Option<Metric>, rule: GateRule) -> Setting {
    setting.policy(|policy| {
        policy.metrics.extend(metric);
        policy.own_gates.push(rule);
    })
}

fn ours(setting: &Setting) -> Gate {
    setting.gate(GateName::Own(Text::new("Ours")))
}

fn all() -> Setting {
    Setting::covering(&ALL_KINDS)
}

fn with(stories: &[Category]) -> Setting {
    let keys = (1..).map(|number| format!("PAY-{number}"));
    keys.zip(stories).fold(all(), |setting, (key, category)| setting.story(story(&key, *category)))
}

fn pointed(key: &str, points: Option<f32>) -> Story {
    Story { points, ..story(key, Category::ToDo) }
}

#[test]
fn gates_answer_what_is_certain_and_nothing_else() {
    use Category::{Done, Dropped, ToDo, Unknown as Unheard};
    let day = 86_400.0;
    let count = |filter| Some(metric(Stories, filter, Count, ""));
    let of = |items, filter, aggregate, of| Some(metric(items, filter, aggregate, of));
    let period =
        |of: Option<Metric>, days: u64| of.map(|of| Metric { period_seconds: Some(days * 86_400), ..of });
    let points = || all().story(pointed("PAY-1", Some(3.0))).story(pointed("PAY-2", None));
    let merged = all().pull_request(pull_request(1, PullRequestState::Merged));
    for (what, setting, metric, operator, threshold, answer, measured, needed) in [
        ("few are open", with(&[ToDo, Done]), count("is:open"), AtMost, 1.0, Go, "1", "max 1"),
        ("too many are", with(&[ToDo, ToDo]), count("is:open"), AtMost, 1.0, NoGo, "2", "max 1"),
        ("dropped ones are out", with(&[Done, Dropped]), count(""), Equal, 1.0, Go, "1", "exactly 1"),
        (
            "it may be open",
            with(&[ToDo, Unheard]),
            count("is:open"),
            AtMost,
            1.0,
            Unknown,
            "1 to 2",
            "1 cannot be told",
        ),
        ("even then it fits", with(&[ToDo, Unheard]), count("is:open"), AtMost, 2.0, Go, "1 to 2", "max 2"),
        (
            "even then too many",
            with(&[ToDo, Unheard]),
            count("is:open"),
            AtMost,
            0.0,
            NoGo,
            "1 to 2",
            "max 0",
        ),
        ("no story", all(), count("is:open"), AtMost, 0.0, NotNeeded, "", "no story in it"),
        (
            "a share",
            with(&[ToDo, Done]),
            of(Stories, "", Share, "is:done"),
            AtLeast,
            0.5,
            Go,
            "50 %",
            "min 50 %",
        ),
        (
            "of which one is unheard of",
            with(&[Unheard, Done]),
            of(Stories, "", Share, "is:done"),
            AtLeast,
            0.9,
            Unknown,
            "50 % to 100 %",
            "1 cannot be told",
        ),
        (
            "of nothing",
            with(&[ToDo]),
            of(Stories, "is:done", Share, "is:returned"),
            AtMost,
            0.5,
            Unknown,
            "",
            "none to take a share of",
        ),
        (
            "a median of nothing",
            with(&[ToDo]),
            of(Stories, "is:done", Median, "age"),
            AtMost,
            day,
            Unknown,
            "",
            "nothing to measure",
        ),
        (
            "a median",
            with(&[Done]),
            of(Stories, "is:done", Median, "age"),
            AtMost,
            11.0 * day,
            Go,
            "11d 00h",
            "max 11d 00h",
        ),
        (
            "a percentile",
            with(&[Done]),
            of(Stories, "", P85, "age"),
            AtMost,
            10.0 * day,
            NoGo,
            "11d 00h",
            "max 10d 00h",
        ),
        (
            "a sum with a hole",
            points(),
            of(Stories, "", Sum, "points"),
            AtMost,
            5.0,
            Unknown,
            "3 or more",
            "1 without a value",
        ),
        (
            "that is too much already",
            points(),
            of(Stories, "", Sum, "points"),
            AtMost,
            2.0,
            NoGo,
            "3 or more",
            "max 2",
        ),
        (
            "that is enough already",
            points(),
            of(Stories, "", Sum, "points"),
            AtLeast,
            3.0,
            Go,
            "3 or more",
            "min 3",
        ),
        (
            "without the hole",
            points(),
            of(Stories, "-points:none", Sum, "points"),
            AtMost,
            5.0,
            Go,
            "3",
            "max 5",
        ),
        ("no defect", all(), of(Defects, "", Count, ""), AtMost, 0.0, Go, "0", "max 0"),
        ("no run", all(), of(TestRuns, "is:failed", Count, ""), AtMost, 0.0, Unknown, "", "no run for it"),
        (
            "a run",
            all().test_run(test_run("unit", 20, 9, 1)),
            of(TestRuns, "", Sum, "failed"),
            AtMost,
            0.0,
            NoGo,
            "1",
            "max 0",
        ),
        (
            "only commits say",
            merged.clone(),
            of(PullRequests, "is:open", Count, ""),
            AtMost,
            0.0,
            NotNeeded,
            "",
            "only merged ones are known",
        ),
        (
            "merged lately",
            merged.clone(),
            period(of(PullRequests, "", Count, ""), 3),
            AtLeast,
            1.0,
            Go,
            "1",
            "min 1",
        ),
        (
            "merged earlier",
            merged,
            period(of(PullRequests, "", Count, ""), 1),
            AtLeast,
            1.0,
            NoGo,
            "0",
            "min 1",
        ),
        ("done lately", with(&[Done, ToDo]), period(count(""), 2), AtLeast, 1.0, Go, "1", "min 1"),
        ("built in", with(&[ToDo]), None, AtMost, 0.0, NoGo, "1", "max 0"),
    ] {
        let name = if metric.is_some() { "own" } else { "stories_open" };
        let gate = ours(&asked(setting, metric, rule(name, operator, threshold)));
        let said = (gate.answer, gate.measured.as_str(), gate.needed.as_str());
        assert_eq!(said, (answer, measured, needed), "{what}");
    }
}

#[test]
fn gates_follow_the_rules_of_all_gates() {
    let open = || with(&[Category::ToDo]);
    let few = || rule("stories_open", AtMost, 1.0);
    let only_releases = || Setting::covering(&[Kind::Releases]);
    let mut stale = asked(open(), None, few());
    stale.health[0].stale_from = Some(now());
    let listed = |change: fn(&mut crate::domain::Policy, Vec<Text>)| {
        asked(only_releases(), None, few()).policy(|policy| change(policy, vec![Text::new("Ours")]))
    };
    let scoped = |pattern: &str| GateRule { scope: vec![Text::new(pattern)], required: true, ..few() };
    for (what, setting, answer, needed) in [
        ("fresh", asked(open(), None, few()), Go, "max 1"),
        ("stale", stale, Unknown, "plan 1m stale"),
        ("not covered", asked(only_releases(), None, few()), NotNeeded, "no source"),
        (
            "required",
            asked(only_releases(), None, GateRule { required: true, ..few() }),
            Unknown,
            "required, but no source",
        ),
        (
            "required by the list",
            listed(|policy, gates| policy.required_gates = gates),
            Unknown,
            "required, but no source",
        ),
        ("switched off", listed(|policy, gates| policy.disabled_gates = gates), NotNeeded, "switched off"),
        ("in scope", asked(open(), None, scoped("payments *")), Go, "max 1"),
        ("not in scope", asked(open(), None, scoped("shop *")), NotNeeded, "not for this release"),
        (
            "out",
            asked(open(), None, few()).release(|release| release.released_at = Some(at(21, 9))),
            NotNeeded,
            "it went out",
        ),
        (
            "no such metric",
            asked(open(), None, rule("stories_opne", AtMost, 1.0)),
            Unknown,
            "no metric stories_opne",
        ),
        ("not a number", asked(open(), None, rule("stories_open", AtMost, f64::NAN)), Unknown, ""),
    ] {
        let gate = ours(&setting);
        assert_eq!((gate.answer, gate.needed.as_str()), (answer, needed), "{what}");
    }
}

#[test]
fn the_tests_count_as_for_the_gate_over_them() {
    let run = |commit: &str| {
        let mut run = test_run("unit", 20, 99, 1);
        run.commit = Some(Text::new(commit));
        run
    };
    let head = |setting: Setting| setting.release(|release| release.commit = Some(Text::new("b".repeat(40))));
    let on = |commit: &str, threshold| {
        let setting = head(all()).test_run(run(&commit.repeat(40)));
        ours(&asked(setting, None, rule("tests_passing", AtLeast, threshold)))
    };
    assert_eq!((on("b", 0.99).answer, on("b", 0.99).measured.as_str()), (Go, "99 %"));
    assert_eq!(on("b", 0.995).answer, NoGo);
    assert_eq!((on("a", 0.99).answer, on("a", 0.99).needed.as_str()), (Unknown, "unit ran on aaaaaaaa"));
}

fn board(setting: &Setting) -> Board {
    setting.board_at(now())
}

#[test]
fn why_and_evidence_and_remedy_name_the_items() {
    let mut old = defect("PAY-9", Category::ToDo);
    old.moves = vec![StatusMove { at: at(10, 9), to: Category::InProgress }];
    let setting =
        all().story(old).story(defect("PAY-8", Category::Done)).story(defect("PAY-7", Category::Unknown));
    let metric = metric(Defects, "-is:done age:>3d", Count, "");
    let setting = asked(setting, Some(metric), rule("own", AtMost, 0.0));
    let name = GateName::Own(Text::new("Ours"));
    let said = explain(&board(&setting), &id(), &Subject::Gate(name.clone()), now());
    assert_eq!(said.title, "Ours");
    assert_eq!(said.value, "Ours: no-go (1 to 2, max 0)");
    assert!(
        said.formula.starts_with("Count of defects with `-is:done age:>3d`. Go if it is max 0. "),
        "{}",
        said.formula
    );
    assert_eq!(said.counted, ["PAY-9 Refunds · status"]);
    assert_eq!(
        said.left_out,
        [
            "PAY-8 Refunds · status · not asked for",
            "PAY-7 Refunds · status · its source does not tell enough"
        ]
    );
    let answer = setting.answer();
    let remedy = answer.remedies.iter().find(|remedy| remedy.gate.as_ref() == Some(&name)).unwrap();
    assert_eq!(remedy.action, "Ours: from 1 to 2 to max 0 (PAY-9)");
    assert_eq!(remedy.subject, Some(Subject::Story("PAY-9".into())));
    let evidence = evidence(&board(&setting), &id(), now());
    assert_eq!(evidence.len(), answer.gates.len());
    let own = evidence.last().unwrap();
    assert_eq!(own.counted[0].key.as_deref(), Some("PAY-9"));
    assert_eq!((own.left_out.len(), own.left_out_more), (2, 0));
    assert_eq!(own.sources[0].answered_at, Some(now() - Duration::minutes(1)));
    assert_eq!(answer.metrics[0].shown, "1 to 2");
    assert_eq!(answer.metrics[0].value, None);
}

#[test]
fn long_evidence_is_counted() {
    let setting = (0..130)
        .fold(all(), |setting, number| setting.story(story(&format!("PAY-{number}"), Category::ToDo)));
    let stories = &evidence(&board(&setting), &id(), now())[0];
    assert_eq!((stories.counted.len(), stories.counted_more), (100, 30));
}

#[test]
fn what_grows_with_time_is_looked_at_again_in_time() {
    let until = |filter: &str, aggregate, of: &str| {
        let mut setting = with(&[Category::ToDo]);
        setting.health[0].stale_from = Some(now() + Duration::days(9));
        let metric = metric(Stories, filter, aggregate, of);
        board(&asked(setting, Some(metric), rule("own", AtMost, 1.0))).valid_until
    };
    // Created on the 9th at 12:00.
    assert_eq!(until("age:>=12d22h", Count, ""), at(22, 10));
    assert_eq!(until("", Median, "age"), now() + Duration::minutes(1));
}

#[test]
fn every_built_in_metric_can_be_read() {
    for name in BUILT_IN {
        assert!(compile(&built_in(name).unwrap()).is_ok(), "{name}");
    }
    assert_eq!(built_in("stories"), None);
}

#[test]
fn a_value_that_misses_never_reads_as_one_that_meets() {
    for (value, unit, operator, expected) in [
        (0.98999, Unit::Share, AtLeast, "98.9 %"),
        (0.10001, Unit::Share, AtMost, "10.1 %"),
        (0.1, Unit::Share, AtMost, "10 %"),
        (259_201.0, Unit::Seconds, AtMost, "3d 00h"),
        (7.0, Unit::Number, AtMost, "7"),
        (7.24, Unit::Number, Above, "7.2"),
        (7.24, Unit::Number, AtMost, "7.3"),
        (-0.01, Unit::Number, AtMost, "0"),
        (f64::NAN, Unit::Number, AtMost, "?"),
    ] {
        assert_eq!(amount(value, unit, Rounding::for_comparison(operator)), expected, "{value} {operator:?}");
    }
}

//! Every gate in every answer, and the verdict.

use std::sync::Arc;

use chrono::Duration;

use crate::domain::{
    Booking, BookingId, Category,
    DeploymentState::{Failed, RolledBack, Succeeded},
    EnvironmentId, Facts, Finding, FindingState, Freeze, Kind, MatchRule, Problem, PullRequestState,
    PullRequestState::{Closed, Merged, Open},
    Release, ReleaseId, Severity, SourceHealth, SourceId, StoryKey, TestRun, Text, Tier, Window,
};
use crate::insight::{
    GateAnswer::{self, Go, NoGo, NotNeeded, Unknown},
    GateName, Verdict,
    fixture::{
        ALL_KINDS, Setting, at, defect, deployment, environment, finding, fresh, now, pull_request, story,
        test_run,
    },
};

fn all() -> Setting {
    Setting::covering(&ALL_KINDS)
}

#[expect(clippy::needless_pass_by_value, reason = "so it reads best where it is asked")]
fn says(name: GateName, cases: Vec<(&str, Setting, GateAnswer, &str, &str)>) {
    for (case, setting, answer, measured, needed) in cases {
        let gate = setting.gate(name.clone());
        assert_eq!((gate.answer, &*gate.measured, &*gate.needed), (answer, measured, needed), "{case}");
    }
}

#[test]
fn stories_are_ready_or_not() {
    let done = || story("PAY-1", Category::Done);
    says(
        GateName::Stories,
        vec![
            ("none", all(), NotNeeded, "", "no story in it"),
            ("all done", all().story(done()), Go, "1/1", "all"),
            ("one open", all().story(done()).story(story("PAY-2", Category::InTest)), NoGo, "1/2", "all"),
            ("dropped", all().story(done()).story(story("PAY-2", Category::Dropped)), Go, "1/1", "all"),
            (
                "defects are no stories",
                all().story(done()).story(defect("PAY-2", Category::ToDo)),
                Go,
                "1/1",
                "all",
            ),
            (
                "nobody can tell",
                all().story(done()).story(story("PAY-2", Category::Unknown)),
                Unknown,
                "1/2",
                "1 status not understood",
            ),
            (
                "one open, one that nobody can tell",
                all().story(story("PAY-1", Category::ToDo)).story(story("PAY-2", Category::Unknown)),
                NoGo,
                "0/2",
                "all",
            ),
            ("no source", Setting::covering(&[Kind::PullRequests]), NotNeeded, "", "no source"),
            (
                "required without a source",
                Setting::covering(&[Kind::PullRequests])
                    .policy(|it| it.required_gates = vec!["stories".into()]),
                Unknown,
                "",
                "required, but no source",
            ),
            (
                "switched off",
                all()
                    .story(story("PAY-2", Category::ToDo))
                    .policy(|it| it.disabled_gates = vec!["stories".into()]),
                NotNeeded,
                "",
                "switched off",
            ),
        ],
    );
}

#[test]
fn stories_wait_for_others() {
    let waiting = |category| {
        let mut waiting = story("PAY-1", category);
        waiting.blocked_by = vec![StoryKey::new("AUTH-1")];
        all().story(waiting)
    };
    let elsewhere = |category| {
        let mut other = story("AUTH-1", category);
        other.releases.clear();
        other
    };
    says(
        GateName::Blocked,
        vec![
            ("nothing waits", all().story(story("PAY-1", Category::ToDo)), Go, "0", "max 0"),
            ("waits", waiting(Category::ToDo).story(elsewhere(Category::InProgress)), NoGo, "1", "max 0"),
            (
                "for a finished one",
                waiting(Category::ToDo).story(elsewhere(Category::Done)),
                Go,
                "0",
                "max 0",
            ),
            (
                "for a dropped one",
                waiting(Category::ToDo).story(elsewhere(Category::Dropped)),
                Go,
                "0",
                "max 0",
            ),
            ("done itself", waiting(Category::Done).story(elsewhere(Category::ToDo)), Go, "0", "max 0"),
            (
                "inside the release",
                waiting(Category::ToDo).story(story("AUTH-1", Category::ToDo)),
                Go,
                "0",
                "max 0",
            ),
            ("for an unknown one", waiting(Category::ToDo), Unknown, "1", "AUTH-1 not known"),
        ],
    );
}

#[test]
fn blocking_defects_block() {
    let with = |severity, category| {
        let mut defect = defect("PAY-9", category);
        defect.severity = severity;
        all().story(defect)
    };
    says(
        GateName::Defects,
        vec![
            ("none", all(), Go, "0", "max 0"),
            ("critical", with(Some(Severity::Critical), Category::InProgress), NoGo, "1", "max 0"),
            ("critical, done", with(Some(Severity::Critical), Category::Done), Go, "0", "max 0"),
            ("critical, dropped", with(Some(Severity::Critical), Category::Dropped), Go, "0", "max 0"),
            (
                "critical, not understood",
                with(Some(Severity::Critical), Category::Unknown),
                NoGo,
                "1",
                "max 0",
            ),
            ("high", with(Some(Severity::High), Category::ToDo), Go, "0", "max 0"),
            (
                "high, configured as blocking",
                with(Some(Severity::High), Category::ToDo).policy(|it| it.blocking = vec![Severity::High]),
                NoGo,
                "1",
                "max 0",
            ),
        ],
    );
}

#[test]
fn the_newest_runs_count() {
    let on = |run: TestRun, commit: &str| TestRun { commit: Some(commit.into()), ..run };
    let merged = || all().pull_request(pull_request(1, Merged));
    let empty = |run: TestRun| TestRun { skipped: 0, ..run };
    let unplaced = |run: TestRun| TestRun { release: None, ..run };
    let headed = || all().release(|it| it.commit = Some("aaaaaaaaaaaa".into()));
    let needs = |suites: &[&str]| {
        let suites: Vec<Text> = suites.iter().map(Text::new).collect();
        all().policy(|it| it.required_suites = suites)
    };
    says(
        GateName::Tests,
        vec![
            ("no run", all(), Unknown, "", "no run for it"),
            ("all pass", all().test_run(test_run("unit", 20, 100, 0)), Go, "100 %", "min 99 %"),
            ("just enough", all().test_run(test_run("unit", 20, 99, 1)), Go, "99 %", "min 99 %"),
            ("too few", all().test_run(test_run("unit", 20, 989, 11)), NoGo, "98.9 %", "min 99 %"),
            (
                "mended since",
                all().test_run(test_run("unit", 20, 0, 9)).test_run(test_run("unit", 21, 9, 0)),
                Go,
                "100 %",
                "min 99 %",
            ),
            (
                "of several suites each counts",
                all().test_run(test_run("unit", 20, 0, 9)).test_run(test_run("ui", 21, 9, 0)),
                NoGo,
                "50 %",
                "min 99 %",
            ),
            ("nothing ran", all().test_run(test_run("unit", 20, 0, 0)), Unknown, "", "no test ran"),
            (
                "a report that cannot be read, beside a good one",
                all().test_run(test_run("unit", 20, 9, 0)).test_run(empty(test_run("ui.xml", 20, 0, 0))),
                Unknown,
                "100 %",
                "no test ran in ui.xml",
            ),
            (
                "of no known commit, before the last merge",
                merged().test_run(test_run("unit", 19, 9, 0)),
                Unknown,
                "100 %",
                "unit ran before the last merge",
            ),
            (
                "of no known commit, after the last merge",
                merged().test_run(test_run("unit", 21, 9, 0)),
                Go,
                "100 %",
                "min 99 %",
            ),
            (
                "of no known commit and release, with one in the making",
                all().test_run(unplaced(test_run("unit", 20, 9, 0))),
                Go,
                "100 %",
                "min 99 %",
            ),
            (
                "of no known commit and release, with two in the making",
                all().other(Release::named("payments", "5.0")).test_run(unplaced(test_run("unit", 20, 9, 0))),
                Unknown,
                "",
                "no run for it",
            ),
            (
                "one never ran",
                needs(&["unit", "ui"]).test_run(test_run("unit", 20, 9, 0)),
                Unknown,
                "100 %",
                "ui never ran",
            ),
            (
                "only required ones",
                needs(&["unit"]).test_run(test_run("unit", 20, 9, 0)).test_run(test_run("ui", 20, 0, 9)),
                Go,
                "100 %",
                "min 99 %",
            ),
            (
                "on the head",
                headed().test_run(on(test_run("unit", 20, 9, 0), "aaaaaaaaaaaa")),
                Go,
                "100 %",
                "min 99 %",
            ),
            (
                "on another commit",
                headed().test_run(on(test_run("unit", 20, 9, 0), "bbbbbbbbbbbb")),
                Unknown,
                "100 %",
                "unit ran on bbbbbbbb",
            ),
        ],
    );
}

#[test]
fn pull_requests_are_merged_or_moved_out() {
    let with = |states: &[PullRequestState]| {
        let numbered = states.iter().zip(1..);
        numbered.fold(all(), |setting, (state, number)| {
            let mut made = pull_request(number, *state);
            made.milestone = Some(Text::new("4.2"));
            (made.release, made.repository) = (None, Text::new("payments"));
            setting.pull_request(made)
        })
    };
    let in_its_commits = |states: &[PullRequestState]| {
        let numbered = states.iter().zip(1..);
        numbered.fold(all(), |setting, (state, number)| setting.pull_request(pull_request(number, *state)))
    };
    let rule = |rule: MatchRule| in_its_commits(&[Merged]).release(|it| it.rules = vec![rule]);
    let only = "only merged ones are known";
    says(
        GateName::PullRequests,
        vec![
            ("none", all(), NotNeeded, "", "none in it"),
            ("merged", with(&[Merged, Merged]), Go, "2/2", "all merged"),
            ("open", with(&[Merged, Open]), NoGo, "1/2", "all merged"),
            ("closed", with(&[Merged, Closed]), Go, "1/1", "all merged"),
            ("by its commits", in_its_commits(&[Merged, Merged]), NotNeeded, "2/2", only),
            ("by its commits, one open", in_its_commits(&[Merged, Open]), NoGo, "1/2", "all merged"),
            ("by tag", rule(MatchRule::Tag("v4*".into())), NotNeeded, "1/1", only),
            ("branches are chosen", rule(MatchRule::Branch("fix/*".into())), Go, "1/1", "all merged"),
            (
                "required",
                in_its_commits(&[Merged]).policy(|it| it.required_gates = vec!["pull_requests".into()]),
                Unknown,
                "1/1",
                "required, but only merged ones are known",
            ),
        ],
    );
}

#[test]
fn a_list_that_is_incomplete_says_no_or_nothing() {
    let lacks = |kind, setting: Setting| Setting {
        facts: Facts {
            problems: vec![Problem::new("plan: 9 of 12 read", "let it be read").losing(&[kind])],
            ..setting.facts
        },
        ..setting
    };
    let done = || all().story(story("PAY-1", Category::Done));
    let open = || done().story(story("PAY-2", Category::ToDo));
    let why = "incomplete: plan: 9 of 12 read";
    for (name, kind, setting, answer, needed) in [
        (GateName::Stories, Kind::Stories, done(), Unknown, why),
        (GateName::Stories, Kind::Stories, open(), NoGo, "all"),
        (GateName::Stories, Kind::Stories, all(), Unknown, why),
        (GateName::Stories, Kind::Findings, done(), Go, "all"),
        (GateName::Defects, Kind::Defects, all(), Unknown, why),
        (GateName::Findings, Kind::Findings, all(), Unknown, why),
        (GateName::Findings, Kind::Findings, Setting::covering(&[Kind::Stories]), Unknown, why),
        (GateName::Freeze, Kind::Deployments, all(), Unknown, why),
        (GateName::Freeze, Kind::Freezes, all(), Unknown, why),
        (
            GateName::PullRequests,
            Kind::PullRequests,
            all().pull_request(pull_request(1, Merged)),
            Unknown,
            why,
        ),
        (
            GateName::PullRequests,
            Kind::PullRequests,
            all().pull_request(pull_request(1, Open)),
            NoGo,
            "all merged",
        ),
    ] {
        let setting = lacks(kind, setting);
        let gate = setting.gate(name.clone());
        assert_eq!((gate.answer, &*gate.needed), (answer, needed), "{name:?} {kind:?}");
        assert!(!gate.sources.is_empty());
        let board = setting.board_at(now());
        let release = &setting.facts.releases[0].id;
        let place = setting.answer().gates.iter().position(|gate| gate.name == name).unwrap();
        let evidence = crate::insight::explain::evidence(&board, release, now()).swap_remove(place);
        let says_so =
            evidence.left_out.iter().any(|row| row.what == "not all is known: plan: plan: 9 of 12 read");
        assert_eq!(says_so, needed == why || answer == NoGo, "{name:?} {kind:?} {evidence:?}");
        if answer == Unknown {
            let remedies = &setting.answer().remedies;
            assert!(remedies.iter().any(|remedy| &*remedy.action == "plan: let it be read"), "{remedies:?}");
        }
    }
}

#[test]
fn new_findings_are_no_critical_or_high_ones() {
    let high = |day| finding(1, day, Some(Severity::High));
    let before = |day| Release { released_at: Some(at(day, 0)), ..Release::named("payments", "4.1") };
    let closed = |state, day| Finding { state, closed_at: Some(at(day, 0)), ..high(15) };
    let on = |commit: &str, finding: Finding| Finding { commit: Some(commit.into()), ..finding };
    let at_head = |finding| all().release(|it| it.commit = Some("aaa".into())).finding(finding);
    let analysis = |commit: &str| {
        let rule = Finding::ANALYSIS.into();
        on(commit, Finding { rule, severity: None, ..closed(FindingState::Dismissed, 16) })
    };
    let named = |number: u32, analysis: Finding| Finding { id: finding(number, 1, None).id, ..analysis };
    let part = |part: &str, number, analysis| Finding { part: Some(part.into()), ..named(number, analysis) };
    let elsewhere = || Finding { repository: "api".into(), ..high(15) };
    let of = |release: &str| Finding { release: Some(ReleaseId::new(release)), ..elsewhere() };
    let went_out = |finding: Finding| all().release(|it| it.released_at = Some(at(20, 0))).finding(finding);
    says(
        GateName::Findings,
        vec![
            ("none", all(), Go, "0", "max 0"),
            ("no source", Setting::covering(&[Kind::Stories]), NotNeeded, "", "no source"),
            ("since its start", all().finding(high(15)), NoGo, "1", "max 0"),
            ("critical", all().finding(finding(1, 15, Some(Severity::Critical))), NoGo, "1", "max 0"),
            ("before its start", all().finding(high(8)), Go, "0", "max 0"),
            ("medium", all().finding(finding(1, 15, Some(Severity::Medium))), Go, "0", "max 0"),
            ("named twice", all().finding(high(15)).finding(high(15)), NoGo, "1", "max 0"),
            ("since the release before", all().other(before(7)).finding(high(8)), NoGo, "1", "max 0"),
            ("before the release before", all().other(before(16)).finding(high(15)), Go, "0", "max 0"),
            (
                "no start, no release before",
                all().release(|it| it.start = None).finding(high(1)),
                NoGo,
                "1",
                "max 0",
            ),
            ("fixed", all().finding(closed(FindingState::Fixed, 16)), Go, "0", "max 0"),
            ("of the head", at_head(on("aaa", high(15))), NoGo, "1", "max 0"),
            ("of another commit", at_head(on("bbb", high(15))), Unknown, "1", "CodeQL looked at bbb"),
            (
                "fixed on another commit",
                at_head(on("bbb", closed(FindingState::Fixed, 16))),
                Go,
                "0",
                "max 0",
            ),
            ("the head analyzed, nothing found", at_head(analysis("aaa")), Go, "0", "max 0"),
            ("another one analyzed", at_head(analysis("bbb")), Unknown, "0", "CodeQL looked at bbb"),
            ("no head is known", all().finding(analysis("bbb")), Go, "0", "max 0"),
            (
                "another branch analyzed later, with a finding of its own",
                at_head(analysis("aaa")).finding(named(2, analysis("bbb"))).finding(on("bbb", high(17))),
                Go,
                "0",
                "max 0",
            ),
            (
                "a finding at the head, another branch without it",
                at_head(named(2, analysis("bbb")))
                    .finding(named(3, analysis("aaa")))
                    .finding(on("aaa", high(15))),
                NoGo,
                "1",
                "max 0",
            ),
            (
                "the head of one part, another commit of the other part",
                at_head(part("web", 2, analysis("aaa"))).finding(part("server", 3, analysis("bbb"))),
                Unknown,
                "0",
                "CodeQL looked at bbb",
            ),
            (
                "both parts at the head, one elsewhere too",
                at_head(part("web", 2, analysis("aaa")))
                    .finding(part("server", 3, analysis("aaa")))
                    .finding(part("web", 4, analysis("bbb"))),
                Go,
                "0",
                "max 0",
            ),
            ("dismissed", all().finding(closed(FindingState::Dismissed, 16)), Go, "0", "max 0"),
            (
                "a state unheard of",
                all().finding(Finding { state: FindingState::Unknown, ..high(15) }),
                NoGo,
                "1",
                "max 0",
            ),
            ("not rated", all().finding(finding(1, 15, None)), Unknown, "0", "1 not rated"),
            ("not rated, but old", all().finding(finding(1, 8, None)), Go, "0", "max 0"),
            (
                "one not rated, one high",
                all().finding(finding(2, 15, None)).finding(high(15)),
                NoGo,
                "1",
                "max 0",
            ),
            ("another repository", all().finding(elsewhere()), Go, "0", "max 0"),
            (
                "a repository that its pull requests are in",
                all().pull_request(pull_request(1, Merged)).finding(elsewhere()),
                NoGo,
                "1",
                "max 0",
            ),
            ("analyzed for it", all().finding(of("payments 4.2")), NoGo, "1", "max 0"),
            ("analyzed for another one", all().finding(of("auth 2.9")), Go, "0", "max 0"),
            ("it went out with it", went_out(closed(FindingState::Fixed, 21)), NoGo, "1", "max 0"),
            ("mended before it went out", went_out(closed(FindingState::Fixed, 19)), Go, "0", "max 0"),
            ("found after it went out", went_out(high(21)), Go, "0", "max 0"),
        ],
    );
}

#[test]
fn dependencies_are_deployed_before() {
    let needing = |kinds: &[Kind]| {
        Setting::covering(kinds).release(|it| it.depends_on = vec![ReleaseId::new("auth 2.9")])
    };
    let known = || needing(&ALL_KINDS).other(Release::named("auth", "2.9"));
    let went = |place: &str, day: u32, state| {
        let mut done = deployment(&format!("{place} {day}"), "auth 2.9", at(day, 10), 60);
        (done.state, done.environment) = (state, EnvironmentId::new(place));
        done
    };
    let places = |setting: Setting| {
        setting
            .environment(environment("production/eu", Tier::Production))
            .environment(environment("production/us", Tier::Production))
            .environment(environment("staging", Tier::Staging))
    };
    let goes = |name: &str, place: &str, day: u32| {
        let mut goes = deployment(name, "payments 4.2", at(day, 14), 60);
        goes.environment = EnvironmentId::new(place);
        goes
    };
    let in_production = |setting: Setting| setting.deployment(went("production/us", 20, Succeeded));
    let in_test = |setting: Setting| {
        setting.environment(environment("qa", Tier::Test)).deployment(went("qa", 20, Succeeded))
    };
    let not_there = "auth 2.9 is not in production";
    says(
        GateName::Dependencies,
        vec![
            ("none", all(), NotNeeded, "", "needs none"),
            ("unknown", needing(&ALL_KINDS), Unknown, "0/1", "auth 2.9 is not known"),
            ("not deployed", known(), NoGo, "0/1", not_there),
            ("deployed", known().deployment(went("production", 20, Succeeded)), Go, "1/1", "all deployed"),
            ("failed", known().deployment(went("production", 20, Failed)), NoGo, "0/1", not_there),
            (
                "staging comes before production",
                in_production(places(known())).deployment(goes("a", "staging", 22)).deployment(goes(
                    "b",
                    "production/eu",
                    25,
                )),
                Go,
                "1/1",
                "all deployed",
            ),
            (
                "goes to staging only",
                in_production(places(known())).deployment(goes("a", "staging", 22)),
                NoGo,
                "0/1",
                "auth 2.9 is not in staging",
            ),
            (
                "test comes before staging",
                in_test(places(known())).deployment(goes("a", "qa", 22)).deployment(goes("b", "staging", 25)),
                NoGo,
                "0/1",
                "auth 2.9 is not in staging",
            ),
            (
                "goes to test only",
                in_test(places(known())).deployment(goes("a", "qa", 22)),
                Go,
                "1/1",
                "all deployed",
            ),
            (
                "a place of which nothing is known comes last",
                in_test(places(known())).deployment(goes("a", "moon", 22)).deployment(goes("b", "qa", 25)),
                Go,
                "1/1",
                "all deployed",
            ),
            (
                "in staging",
                places(known()).deployment(went("staging", 20, Succeeded)),
                NoGo,
                "0/1",
                not_there,
            ),
            (
                "taken back",
                known().deployment(went("production", 20, Succeeded)).deployment(went(
                    "production",
                    21,
                    RolledBack,
                )),
                NoGo,
                "0/1",
                not_there,
            ),
            (
                "elsewhere in the same tier",
                places(known()).deployment(went("production/us", 20, Succeeded)).deployment(deployment(
                    "next",
                    "payments 4.2",
                    at(25, 14),
                    60,
                )),
                Go,
                "1/1",
                "all deployed",
            ),
            (
                "nobody knows of deployments, it went out",
                needing(&[Kind::Releases])
                    .other(Release { released_at: Some(at(20, 1)), ..Release::named("auth", "2.9") }),
                Go,
                "1/1",
                "all deployed",
            ),
            (
                "nobody knows of deployments, it did not go out",
                needing(&[Kind::Releases]).other(Release::named("auth", "2.9")),
                NoGo,
                "0/1",
                "auth 2.9 is not in the releases that went out",
            ),
        ],
    );
}

#[test]
fn the_schedule_says_of_what_is_needed_what_the_gate_says() {
    for (state, answer) in [(Succeeded, Go), (RolledBack, NoGo), (Failed, NoGo)] {
        let mut auth = deployment("auth", "auth 2.9", at(20, 8), 30);
        auth.state = state;
        // It went out, but what counts is whether it is still there.
        let out = Release { released_at: Some(at(20, 9)), ..Release::named("auth", "2.9") };
        let setting = planned()
            .release(|it| it.depends_on = vec![ReleaseId::new("auth 2.9")])
            .other(out)
            .deployment(auth);
        let board = setting.board_at(now());
        let row = board
            .insight
            .schedule
            .deployments
            .iter()
            .find(|row| row.deployment.id.as_str() == "next")
            .unwrap();
        let gate = setting.gate(GateName::Dependencies);
        assert_eq!((row.needs[0].answer, gate.answer), (answer, answer), "{state:?}");
        assert!(row.needs[0].said.starts_with("auth 2.9 "), "{:?}", row.needs);
    }
}

fn booking(name: &str, place: &str, release: &str) -> Booking {
    Booking {
        id: BookingId::new(name),
        environment: EnvironmentId::new(place),
        release: Some(ReleaseId::new(release)),
        window: Window { from: at(25, 0), until: at(26, 0) },
        approved: true,
        shareable: false,
    }
}

fn planned() -> Setting {
    let mut production = environment("production/eu", Tier::Production);
    production.group = Some(EnvironmentId::new("production"));
    all()
        .environment(production)
        .environment(environment("production", Tier::Production))
        .deployment(deployment("next", "payments 4.2", at(25, 14), 60))
}

fn booked(mut setting: Setting, bookings: Vec<Booking>) -> Setting {
    setting.facts.bookings = bookings.into_iter().map(Arc::new).collect();
    setting
}

#[test]
fn the_environment_is_booked_or_free() {
    let ours = |place| booking("ours", place, "payments 4.2");
    let theirs = |place| booking("theirs", place, "ledger 1.8");
    let taken = "with the booking for ledger 1.8, Wed 25 Nov 00:00–Thu 26 Nov 00:00";
    let eu = "production/eu";
    says(
        GateName::Environment,
        vec![
            ("nothing planned", all(), NotNeeded, "", "no deployment planned"),
            ("free", planned(), Go, eu, "free"),
            ("booked", booked(planned(), vec![ours(eu)]), Go, eu, "booked"),
            ("group booked", booked(planned(), vec![ours("production")]), Go, eu, "booked"),
            ("taken", booked(planned(), vec![theirs(eu)]), NoGo, eu, taken),
            ("group taken", booked(planned(), vec![theirs("production")]), NoGo, eu, taken),
            (
                "taken, but shareable",
                booked(planned(), vec![Booking { shareable: true, ..theirs(eu) }]),
                Go,
                eu,
                "free",
            ),
            ("both, ours approved", booked(planned(), vec![theirs(eu), ours(eu)]), Go, eu, "booked"),
            (
                "both, ours not approved",
                booked(planned(), vec![theirs(eu), Booking { approved: false, ..ours(eu) }]),
                NoGo,
                eu,
                taken,
            ),
            (
                "another deployment",
                planned().deployment(deployment("other", "ledger 1.8", at(25, 14), 30)),
                NoGo,
                eu,
                "with the deployment of ledger 1.8, Wed 25 Nov 14:00–14:30",
            ),
            (
                "one after the other",
                planned().deployment(deployment("other", "ledger 1.8", at(25, 15), 30)),
                Go,
                eu,
                "free",
            ),
            (
                "unknown",
                all().deployment(deployment("next", "payments 4.2", at(25, 14), 60)),
                Unknown,
                eu,
                "production/eu is not known",
            ),
        ],
    );
}

#[test]
fn a_group_is_taken_with_what_is_in_it() {
    let mut setting = booked(planned(), vec![booking("theirs", "production/eu", "ledger 1.8")]);
    Arc::make_mut(&mut setting.facts.deployments[0]).environment = EnvironmentId::new("production");
    assert_eq!(setting.gate(GateName::Environment).answer, NoGo);
}

#[test]
fn freezes_are_named_with_the_next_free_time() {
    let frozen = |from, until, environments: &[&str]| {
        let mut setting = planned();
        setting.facts.freezes.push(Arc::new(Freeze {
            name: "Black Friday".into(),
            window: Window { from, until },
            environments: environments.iter().map(Text::new).collect(),
        }));
        setting
    };
    let touched = "Black Friday, free from Mon 30 Nov 00:00";
    says(
        GateName::Freeze,
        vec![
            ("nothing planned", all(), NotNeeded, "", "no deployment planned"),
            ("none", planned(), Go, "none", "none"),
            ("everywhere", frozen(at(24, 0), at(30, 0), &[]), NoGo, "in a freeze", touched),
            ("here", frozen(at(24, 0), at(30, 0), &["production/*"]), NoGo, "in a freeze", touched),
            ("the group", frozen(at(24, 0), at(30, 0), &["production"]), NoGo, "in a freeze", touched),
            ("elsewhere", frozen(at(24, 0), at(30, 0), &["staging"]), Go, "none", "none"),
            ("over before", frozen(at(24, 0), at(25, 14), &[]), Go, "none", "none"),
        ],
    );
}

#[test]
fn the_runbook_fits_the_window() {
    let past = |minutes: &[i64]| {
        minutes.iter().zip(1..).fold(planned(), |setting, (minutes, day)| {
            let mut done = deployment(&format!("past {day}"), "old", at(day, 10), 60);
            done.state = crate::domain::DeploymentState::Succeeded;
            done.started_at = Some(at(day, 10));
            done.finished_at = Some(at(day, 10) + Duration::minutes(*minutes));
            setting.deployment(done)
        })
    };
    says(
        GateName::Runbook,
        vec![
            ("nothing planned", all(), NotNeeded, "", "no deployment planned"),
            ("no estimate", past(&[10, 10]), Unknown, "", "no estimate"),
            ("fits", past(&[30, 50, 60]), Go, "P85 1h 00m", "max 1h 00m"),
            ("does not fit", past(&[30, 50, 61]), NoGo, "P85 1h 01m", "max 1h 00m"),
        ],
    );
}

#[test]
fn the_verdict_is_the_worst_answer() {
    let only = |kinds: &[Kind]| Setting::covering(kinds);
    let done = || only(&[Kind::Stories]).story(story("PAY-1", Category::Done));
    let mut unheard = done();
    unheard.health.push(SourceHealth::starting(SourceId::new("forge")));
    let others = GateName::BUILT_IN[2..].iter().map(|gate| gate.key().into()).collect();
    let only_stories = unheard.clone().policy(|it| it.disabled_gates = others);
    let mut stale = done();
    stale.health[0].stale_from = Some(now());
    for (case, setting, verdict) in [
        ("nothing known", all(), Verdict::Unknown),
        ("nothing covered", only(&[]), Verdict::Unknown),
        ("all go", done(), Verdict::Go),
        ("one no-go", done().story(story("PAY-2", Category::ToDo)), Verdict::NoGo),
        ("no-go beats unknown", all().story(story("PAY-2", Category::ToDo)), Verdict::NoGo),
        ("unknown beats go", all().story(story("PAY-2", Category::Done)), Verdict::Unknown),
        ("a source that never answered", unheard, Verdict::Unknown),
        ("a source that never answered, all else switched off", only_stories, Verdict::Unknown),
        ("a stale source", stale, Verdict::Unknown),
        (
            "no gate needed",
            done().policy(|it| it.disabled_gates = vec!["stories".into(), "blocked".into()]),
            Verdict::Unknown,
        ),
    ] {
        assert_eq!(setting.answer().verdict, verdict, "{case}");
    }
}

#[test]
fn a_stale_source_is_named_with_its_age() {
    let mut setting = all().story(story("PAY-1", Category::Done));
    setting.health[0].answered_at = Some(now() - Duration::minutes(14));
    setting.health[0].stale_from = Some(now());
    let gate = setting.gate(GateName::Stories);
    assert_eq!((gate.answer, &*gate.needed), (Unknown, "plan 14m stale"));
    setting.health.clear();
    assert_eq!(&*setting.gate(GateName::Stories).needed, "plan has not answered");
}

#[test]
fn a_source_that_never_answered_may_feed_what_nobody_else_does() {
    let mut setting = Setting::covering(&[Kind::Stories]).story(story("PAY-1", Category::Done));
    setting.health.push(SourceHealth::starting(SourceId::new("forge")));
    let gate = setting.gate(GateName::PullRequests);
    assert_eq!((gate.answer, &*gate.needed), (Unknown, "forge has not answered"));
    setting.health[1] = fresh("forge");
    assert_eq!(setting.gate(GateName::PullRequests).answer, NotNeeded);
}

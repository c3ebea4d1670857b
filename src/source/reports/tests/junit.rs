//! Test reports as the usual programs write them.

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// pytest, with a test that failed, one in its fixture, and one that was skipped.
const PYTEST: &str = r#"<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="3600.5" timestamp="2026-11-21T10:00:00.000000+01:00" hostname="ci"><testcase classname="tests.test_cart" name="test_add[1-&lt;2&gt;]" time="0.001" /><testcase classname="tests.test_cart" name="test_pay" time="0.002"><failure message="assert 1 == 2">def test_pay(): &amp; more</failure></testcase><testcase classname="tests.test_cart" name="test_refund" time="0.1"><error message="failed on setup with &quot;boom&quot;">E</error></testcase><testcase classname="tests.test_cart" name="test_windows" time="0.0"><skipped type="pytest.skip" message="no">x</skipped></testcase></testsuite></testsuites>"#;

/// surefire with reruns: one test passed in the end, one never did.
const SUREFIRE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report-3.0.xsd" version="3.0" name="org.acme.CartTest" time="1,200.066" tests="3" errors="0" skipped="0" failures="1" flakes="1">
  <properties>
    <property name="java.version" value="21"/>
    <property name="env.GIT_COMMIT" value="0123456789ABCDEF0123456789abcdef01234567"/>
  </properties>
  <testcase name="adds" classname="org.acme.CartTest" time="0.01"/>
  <testcase name="pays" classname="org.acme.CartTest" time="0.01">
    <flakyFailure message="expected" type="java.lang.AssertionError"><stackTrace><![CDATA[at <x>]]></stackTrace><system-out><![CDATA[out]]></system-out></flakyFailure>
    <flakyError type="java.io.IOException"><stackTrace/></flakyError>
  </testcase>
  <testcase name="refunds" classname="org.acme.CartTest" time="0.01">
    <failure message="no" type="java.lang.AssertionError"><![CDATA[at]]></failure>
    <rerunFailure message="no" type="java.lang.AssertionError"><stackTrace/></rerunFailure>
  </testcase>
</testsuite>"#;

/// jest-junit: local times without a zone, several suites.
const JEST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="3" failures="1" errors="0" time="1.5">
  <testsuite name="cart" errors="0" failures="0" skipped="0" timestamp="2026-11-20T08:00:00" time="0.5" tests="2">
    <testcase classname="cart adds" name="cart adds" time="0.01"></testcase>
    <testcase classname="cart pays" name="cart pays" time="0.01"></testcase>
  </testsuite>
  <testsuite name="till" errors="0" failures="1" skipped="0" timestamp="2026-11-20T08:00:01" time="0.5" tests="1">
    <testcase classname="till opens" name="till opens" time="0.01"><failure>Error</failure></testcase>
  </testsuite>
</testsuites>"#;

/// go-junit-report.
const GO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" skipped="1">
	<testsuite name="github.com/acme/shop/cart" tests="2" failures="0" errors="0" id="0" hostname="ci" skipped="1" time="0.160" timestamp="2026-11-21T10:00:00Z">
		<properties><property name="go.version" value="go1.24"></property><property name="commit" value="abc1234"></property></properties>
		<testcase name="TestAdd" classname="github.com/acme/shop/cart" time="0.060"></testcase>
		<testcase name="TestPay" classname="github.com/acme/shop/cart" time="0.000"><skipped message="later"></skipped></testcase>
	</testsuite>
	<testsuite name="github.com/acme/shop/empty" tests="0" failures="0" errors="0" id="1" time="0.000"></testsuite>
</testsuites>"#;

#[test]
fn what_the_usual_programs_write_is_understood() {
    let mut reports = Reports::junit();
    reports
        .file("pytest.xml", 21, PYTEST)
        .file("TEST-org.acme.CartTest.xml", 21, SUREFIRE)
        .file("jest.xml", 20, JEST)
        .file("go.xml", 21, GO);
    let facts = reports.facts();
    let pytest = run(&facts, "pytest");
    assert_eq!((counts(pytest), pytest.commit.as_deref(), pytest.release.as_ref()), ((1, 2, 1), None, None));
    assert_eq!(names(&pytest.failures), ["tests.test_cart test_pay", "tests.test_cart test_refund"]);
    // The start with its zone, and how long it took.
    assert_eq!(pytest.at, at(21, 10) + chrono::Duration::milliseconds(500));
    let surefire = run(&facts, "org.acme.CartTest");
    assert_eq!((counts(surefire), surefire.commit.as_deref()), ((2, 1, 0), Some(COMMIT)));
    // It says no time of its own: that of the file.
    assert_eq!(surefire.at, at(21, 12));
    assert_eq!(counts(run(&facts, "cart")), (2, 0, 0));
    assert_eq!(counts(run(&facts, "till")), (0, 1, 0));
    assert_eq!(counts(run(&facts, "github.com/acme/shop/cart")), (1, 0, 1));
    // What a suite says of itself; tests of pytest add up to 0.103 seconds, which is not how long it took.
    let took = ["pytest", "org.acme.CartTest", "cart", "github.com/acme/shop/cart"];
    assert_eq!(
        took.map(|suite| run(&facts, suite).milliseconds),
        [Some(3_600_500), Some(1_200_066), Some(500), Some(160)]
    );
    assert_eq!(facts.test_runs.len(), 6, "a suite without tests is no run, one with a retry is two");
    assert_eq!(
        problems(&facts),
        [
            "reports/go.xml:4: the property commit is no full name of a commit",
            "reports/TEST-org.acme.CartTest.xml: flaky in org.acme.CartTest: org.acme.CartTest pays failed and passed on a retry",
        ]
    );
}

#[test]
fn attempts_at_one_test_are_one_test() {
    let case =
        |name: &str, inner: &str| format!("<testcase classname=\"C\" name=\"{name}\">{inner}</testcase>");
    let (pass, fail, skip) = ("", "<failure/>", "<skipped/>");
    for (attempts, expected, flaky) in [
        // gotestsum and Gradle write each attempt as a test of its own.
        (vec![fail, pass], (1, 0, 0), true),
        (vec![fail, fail, pass], (1, 0, 0), true),
        // What failed last is no pass.
        (vec![pass, fail], (0, 1, 0), false),
        (vec![fail, fail], (0, 1, 0), false),
        (vec![pass, pass], (1, 0, 0), false),
        // What did not run mends nothing.
        (vec![fail, skip], (0, 1, 0), false),
        (vec![skip], (0, 0, 1), false),
        (vec!["<failure/><skipped/>"], (0, 1, 0), false),
        (vec!["<skipped/><error/>"], (0, 1, 0), false),
        (vec!["<rerunFailure/>"], (1, 0, 0), true),
    ] {
        let mut reports = Reports::junit();
        let cases: String = attempts.iter().map(|inner| case("t", inner)).collect();
        // Gradle's test-retry plugin counts every attempt that failed.
        let failures = attempts.iter().filter(|inner| **inner == fail).count();
        let suite = format!("<testsuite name=\"s\" failures=\"{failures}\">{cases}</testsuite>");
        reports.file("a.xml", 21, suite);
        let facts = reports.facts();
        assert_eq!(counts(run(&facts, "s")), expected, "{attempts:?}");
        assert_eq!(!facts.problems.is_empty(), flaky, "{attempts:?}: {:?}", facts.problems);
        // Outcomes that differ are those of two runs, the later of which counts.
        let mixed = flaky || attempts == [pass, fail];
        let told: Vec<_> = facts.test_runs.iter().map(|run| (counts(run), names(&run.failures))).collect();
        assert_eq!(told.len(), if mixed { 2 } else { 1 }, "{attempts:?}: {told:?}");
        if mixed {
            let (before, after) = if flaky { (vec!["C t"], vec![]) } else { (vec![], vec!["C t"]) };
            assert_eq!((&told[0].1, &told[1].1), (&before, &after), "{attempts:?}");
            assert!(facts.test_runs[0].at < facts.test_runs[1].at);
        }
    }
}

#[test]
fn numbers_without_tests_are_never_lost() {
    for (text, expected) in [
        // Summaries alone.
        ("<testsuite name=\"s\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"1\"/>", (2, 2, 1)),
        ("<testsuites name=\"s\" tests=\"5\" failures=\"1\"/>", (4, 1, 0)),
        // A failure that no test tells of.
        ("<testsuite name=\"s\" tests=\"1\" failures=\"2\"><testcase name=\"a\"/></testsuite>", (1, 2, 0)),
        // The suite itself broke.
        ("<testsuite name=\"s\"><testcase name=\"a\"/><error message=\"teardown\"/></testsuite>", (1, 1, 0)),
        // Suites within suites, whose numbers are in the outer one.
        (
            "<testsuites><testsuite name=\"s\" tests=\"3\" failures=\"2\"><testsuite name=\"i\" tests=\"2\" failures=\"2\"/><testsuite name=\"j\"><testcase name=\"a\"/></testsuite></testsuite></testsuites>",
            (1, 2, 0),
        ),
        // GoogleTest.
        (
            "<testsuites><testsuite name=\"s\"><testcase name=\"a\" status=\"notrun\"/><testcase name=\"b\" status=\"run\"/></testsuite></testsuites>",
            (1, 0, 1),
        ),
    ] {
        let mut reports = Reports::junit();
        reports.file("a.xml", 21, text);
        let facts = reports.facts();
        assert_eq!(counts(run(&facts, "s")), expected, "{text}");
    }
}

#[test]
fn suites_of_one_name_hide_each_other_only_where_they_are_of_different_commits() {
    let report = |commit: &str, result: &str| {
        let properties = match commit {
            "" => String::new(),
            commit => format!(
                "<properties><property name=\"git.commit\" value=\"{}\"/></properties>",
                commit.repeat(40)
            ),
        };
        format!("<testsuite name=\"pytest\">{properties}<testcase name=\"a\">{result}</testcase></testsuite>")
    };
    for (commits, expected) in [
        (["a", "b"], vec!["pytest", "pytest"]),
        (["a", "a"], vec!["pytest (reports/e2e.xml)", "pytest (reports/unit.xml)"]),
        (["", "b"], vec!["pytest (reports/e2e.xml)", "pytest (reports/unit.xml)"]),
    ] {
        let mut reports = Reports::junit();
        reports.file("e2e.xml", 20, report(commits[0], "<failure/>")).file(
            "unit.xml",
            21,
            report(commits[1], ""),
        );
        let facts = reports.facts();
        let suites: Vec<&str> = facts.test_runs.iter().map(|run| run.suite.as_str()).collect();
        assert_eq!(suites, expected, "{commits:?}");
    }
}

#[test]
fn a_time_without_a_zone_is_that_of_the_board_and_never_after_the_file() {
    for (zone, written, expected) in [
        (chrono_tz::Tz::UTC, "2026-11-20T08:00:00", at(20, 8)),
        (chrono_tz::Tz::Europe__Berlin, "2026-11-20T08:00:00", at(20, 7)),
        // A clock that goes wrong, or another zone: nothing ended after it was written down.
        (chrono_tz::Tz::America__New_York, "2026-11-21T11:00:00", at(21, 12)),
        (chrono_tz::Tz::UTC, "in the morning", at(21, 12)),
    ] {
        let mut reports = Reports::of(
            |settings| ReportConfig { calendar: Calendar { zone, ..Calendar::default() }, ..settings },
            ReportSource::junit,
        );
        let text =
            format!("<testsuite name=\"s\" timestamp=\"{written}\"><testcase name=\"a\"/></testsuite>");
        reports.file("a.xml", 21, text);
        assert_eq!(run(&reports.facts(), "s").at, expected, "{zone} {written}");
    }
}

#[test]
fn settings_say_of_which_commit_and_release_reports_are() {
    let report = "<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
    for (commit, expected, bad) in [
        (Some(COMMIT), Some(COMMIT), 0),
        (Some("abc1234"), None, 1),
        // There is no repository.
        (Some("head"), None, 0),
        (None, None, 0),
    ] {
        let mut reports = Reports::of(
            |settings| ReportConfig {
                commit: commit.map(str::to_owned),
                release: Some("shop 4.2".to_owned()),
                ..settings
            },
            ReportSource::junit,
        );
        reports.file("a.xml", 21, report);
        let facts = reports.facts();
        let run = run(&facts, "s");
        assert_eq!((run.commit.as_deref(), facts.problems.len()), (expected, bad), "{commit:?}");
        assert_eq!(run.release.as_ref().map(ToString::to_string).as_deref(), Some("shop 4.2"));
    }
}

#[test]
fn a_report_without_a_commit_is_of_the_one_that_was_checked_out_at_its_time() {
    let repository = tempfile::tempdir().unwrap();
    let git = |day: u32, arguments: &[&str]| {
        let date = format!("2026-11-{day}T06:00:00Z");
        let output = std::process::Command::new("git")
            .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.org"])
            .args(arguments)
            .current_dir(repository.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .expect("git is needed to make the repository of this test");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(10, &["init", "-q", "-b", "main"]);
    let commit = |day: u32, subject: &str| {
        git(day, &["commit", "-q", "--allow-empty", "-m", subject]);
        git(day, &["rev-parse", "HEAD"])
    };
    let (first, second) = (commit(15, "Begin"), commit(18, "Go on"));
    // Back to the first one.
    git(20, &["checkout", "-q", "--detach", &first]);
    let checkout = repository.path().to_owned();
    let of = |day: u32| {
        let change = |settings: ReportConfig| ReportConfig {
            commit: Some("head".to_owned()),
            checkout: Some(checkout.clone()),
            ..settings
        };
        let mut reports = Reports::of(change, ReportSource::junit);
        let report = r#"<testsuite name="unit"><testcase classname="till" name="opens"/></testsuite>"#;
        reports.file("unit.xml", day, report);
        run(&reports.facts(), "unit").commit.as_ref().map(ToString::to_string)
    };
    assert_eq!(of(16), Some(first.clone()));
    assert_eq!(of(19), Some(second));
    assert_eq!(of(21), Some(first), "what was checked out again");
    assert_eq!(of(14), None, "nothing was checked out yet");
}

#[test]
fn a_run_takes_what_its_suite_says_or_else_what_its_tests_add_up_to() {
    let test = |name: &str, time: &str| format!(r#"<testcase name="{name}" classname="c" {time}/>"#);
    let suite = |name: &str, time: &str, inside: &str| {
        format!(r#"<testsuite name="{name}" tests="1" {time}>{inside}</testsuite>"#)
    };
    let two = test("one", r#"time="1.25""#) + &test("two", r#"time="2""#);
    let inner = suite("inner", r#"time="4""#, &test("three", r#"time="1""#));
    for (what, inside, expected) in [
        ("tests beside each other", suite("s", r#"time="2.1""#, &two), Some(2_100)),
        ("nothing of itself", suite("s", "", &two), Some(3_250)),
        ("a zero is not known", suite("s", r#"time="0""#, &two), Some(3_250)),
        ("with what is within it", suite("s", r#"time="9""#, &(two.clone() + &inner)), Some(9_000)),
        ("all that is within it", suite("s", "", &(two.clone() + &inner)), Some(7_250)),
        ("two of one name", suite("s", r#"time="2""#, &two) + &suite("s", r#"time="3""#, &two), Some(5_000)),
        ("nobody says", suite("s", "", &test("one", "")), None),
        ("no number", suite("s", r#"time="soon""#, &test("one", r#"time="-1""#)), None),
    ] {
        let mut reports = Reports::junit();
        reports.file("report.xml", 21, format!("<testsuites>{inside}</testsuites>"));
        let facts = reports.facts();
        assert_eq!(run(&facts, "s").milliseconds, expected, "{what}");
    }
}

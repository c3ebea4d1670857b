//! Files that are not what they say: each loses itself, is named, and stands for no good news.
#![expect(clippy::format_collect, reason = "a test makes its long text the short way")]

use super::*;

const GOOD: &str = "<testsuite name=\"good\"><testcase name=\"a\"/></testsuite>";

#[test]
fn a_bad_report_is_named_and_leaves_a_run_in_which_nothing_ran() {
    let deep = format!("<testsuites>{}", "<testsuite name=\"a\">".repeat(100_000));
    let attributes: String = (0..200_000).map(|number| format!(" a{number}=\"x\"")).collect();
    let attributes = format!("<testsuite name=\"s\"{attributes}><testcase name=\"a\"/></testsuite>");
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">]><testsuites><testsuite name=\"&lol2;\"/></testsuites>";
    let external = "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><testsuite name=\"&x;\"/>";
    let long = format!("<testsuite name=\"{}\"><testcase name=\"a\"/></testsuite>", "x".repeat(5_000_000));
    for (text, expected) in [
        (laughs.as_bytes(), "reports/bad.xml:1: a document type, which may declare entities"),
        (external.as_bytes(), "reports/bad.xml:1: a document type, which may declare entities"),
        (b"<testsuite name=\"&x;\"/>", "reports/bad.xml:1: an attribute of <testsuite> cannot be read"),
        (deep.as_bytes(), "reports/bad.xml:1: elements are nested more than 100 deep"),
        (b"<testsuite name=\"a\">\n<testcase name=\"b\">\n", "reports/bad.xml:3: it ends within <testcase>"),
        (b"<testsuite name=\"a\">\n<testcase name=\"b\"", "reports/bad.xml:2: this is no XML"),
        (b"<testsuite name=\"a\"><testcase></testsuite>", "reports/bad.xml:1: this is no XML"),
        (b"<testsuite/><testsuite/>", "reports/bad.xml:1: this is no XML: a second document begins"),
        (b"", "reports/bad.xml:1: this is no XML: there is nothing in it"),
        (b"12 passed, 0 failed", "reports/bad.xml:1: this is no XML: text outside of the document"),
        (b"<html><body/></html>", "reports/bad.xml: <html> is no report of JUnit"),
        (b"<TestRun id=\"1\"/>", "reports/bad.xml: <TestRun> is no report of JUnit"),
        (b"<testsuite>\n\xff\xfe</testsuite>", "reports/bad.xml:2: this is no UTF-8"),
        (attributes.as_bytes(), ""),
        (long.as_bytes(), ""),
    ] {
        let mut reports = Reports::junit();
        reports.file("bad.xml", 21, text).file("good.xml", 21, GOOD);
        let facts = reports.facts();
        let shown = String::from_utf8_lossy(&text[..text.len().min(60)]).into_owned();
        assert_eq!(counts(run(&facts, "good")), (1, 0, 0), "{shown}");
        assert_eq!(facts.test_runs.len(), 2, "{shown}");
        if expected.is_empty() {
            assert!(facts.problems.is_empty(), "{shown}: {:?}", facts.problems);
            continue;
        }
        let [problem] = &facts.problems[..] else { panic!("{shown}: {:?}", facts.problems) };
        assert!(problem.what.starts_with(expected), "{shown}: {}", problem.what);
        assert!(!problem.next_step.is_empty());
        assert_eq!(counts(run(&facts, "reports/bad.xml")), (0, 0, 0), "{shown}");
    }
}

#[test]
fn what_is_written_cannot_escape_to_the_terminal() {
    let mut reports = Reports::junit();
    reports.file(
        "a.xml",
        21,
        "<testsuite name=\"s&#x1b;[2J\"><testcase name=\"a&#x9b;b\"><failure/></testcase></testsuite>",
    );
    let facts = reports.facts();
    let shown = format!("{:?}", facts.test_runs);
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{9b}'), "{shown}");
}

#[test]
fn a_bad_analysis_is_a_finding_that_nobody_rated() {
    for (text, expected) in [
        (&b"{"[..], "reports/a.sarif:1: this is no SARIF"),
        (b"[]", "reports/a.sarif:1: this is no SARIF"),
        (b"{\"runs\": []}", "reports/a.sarif: this is no SARIF: it has no version"),
        (b"{\"version\": \"2.1.0\"}", "reports/a.sarif: this is no SARIF: it has no runs"),
        (b"{\"version\": \"1.0.0\", \"runs\": []}", "reports/a.sarif: SARIF 1.0.0 cannot be read"),
        (b"{\"version\": \"2.1.0\", \"runs\": [7]}", "reports/a.sarif: runs[0] is no run of an analyzer"),
        (
            b"{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {\"driver\": {\"name\": \"x\"}}, \"results\": [{\"level\": 3}]}]}",
            "reports/a.sarif: results[0] of x cannot be read",
        ),
    ] {
        let mut reports = Reports::sarif();
        reports.file("a.sarif", 21, text);
        let facts = reports.facts();
        let [finding] = &facts.findings[..] else { panic!("{:?}", facts.findings) };
        assert_eq!((finding.severity, finding.repository.as_str()), (None, "shop"));
        // What it hides may be new.
        assert_eq!((finding.state, finding.opened_at), (crate::domain::FindingState::Unknown, now()));
        assert!(facts.problems[0].what.starts_with(expected), "{:?}", facts.problems);
    }
    let deep = format!("{{\"version\": \"2.1.0\", \"runs\": {}", "[".repeat(1_000_000));
    let mut reports = Reports::sarif();
    reports.file("a.sarif", 21, deep);
    assert_eq!(reports.facts().findings.len(), 1);
}

#[test]
fn a_bad_table_is_named_with_its_line() {
    for (text, expected) in [
        (
            &b"Name;Age\nkim;3\n"[..],
            "reports/a.csv:1: no column holds the keys of stories; the first ones are Name, Age",
        ),
        (b"", "reports/a.csv:1: no column holds the keys of stories"),
        (b"Key,Status\nA-1,Done\nA-2\n", "reports/a.csv:3: this row has not the columns of the first one"),
        (b"Key,Status\nA-1,\"Done\nA-2,Open\n", "reports/a.csv: a quote is opened that nothing closes"),
        (b"Key,Status\nA-1,\xff\n", "reports/a.csv:2: this is no UTF-8"),
    ] {
        let mut reports = Reports::csv("");
        reports.file("a.csv", 21, text);
        let facts = reports.facts();
        assert!(facts.problems[0].what.starts_with(expected), "{:?}", facts.problems);
        assert!(facts.stories.is_empty());
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let endless = FilePattern { base: "/dev/zero".into(), pattern: String::new() };
    let mut source = ReportSource::junit(ReportConfig { files: vec![endless], ..settings(directory.path()) });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let Ok(Answer::Facts(facts)) = runtime.block_on(source.fetch(&Round::at(now()))) else {
        panic!("no facts")
    };
    assert!(problems(&facts).contains(&"/dev/zero: this is no file"), "{:?}", facts.problems);
}

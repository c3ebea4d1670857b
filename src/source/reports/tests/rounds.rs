//! From round to round: what changes is read again, what does not is not.

use super::*;

const GOOD: &str = "<testsuite name=\"s\"><testcase name=\"a\"/></testsuite>";
const BAD: &str = "<testsuite name=\"s\"><testcase name=\"a\"><failure/></testcase></testsuite>";

#[test]
fn files_are_read_again_when_they_change_come_and_go() {
    let mut reports = Reports::junit();
    reports.file("a.xml", 20, GOOD);
    assert_eq!(counts(run(&reports.facts(), "s")), (1, 0, 0));
    assert!(matches!(reports.round(now()), Answer::Unchanged));
    reports.file("a.xml", 21, BAD);
    assert_eq!(counts(run(&reports.facts(), "s")), (0, 1, 0));
    reports.file("b.xml", 21, GOOD.replace("\"s\"", "\"t\""));
    assert_eq!(reports.facts().test_runs.len(), 2);
    fs::remove_file(reports.directory.path().join("reports/a.xml")).unwrap();
    assert_eq!(reports.facts().test_runs.len(), 1);
    // Half a file, while it is being written.
    reports.file("b.xml", 22, "<testsuite name=\"t\">");
    assert_eq!(counts(run(&reports.facts(), "reports/b.xml")), (0, 0, 0));
    reports.file("b.xml", 22, GOOD);
    assert_eq!(counts(run(&reports.facts(), "s")), (1, 0, 0));
}

#[test]
fn a_file_written_just_now_is_read_again_though_its_time_and_size_are_the_same() {
    let mut reports = Reports::junit();
    reports.file("a.xml", 22, "<testsuite name=\"s\"><testcase name=\"a\"><other/></testcase></testsuite>");
    assert_eq!(counts(run(&reports.facts(), "s")), (1, 0, 0));
    reports.file("a.xml", 22, "<testsuite name=\"s\"><testcase name=\"a\"><error/></testcase></testsuite>");
    assert_eq!(counts(run(&reports.facts(), "s")), (0, 1, 0));
}

#[test]
fn files_and_their_directories_are_watched_also_before_they_are_there() {
    let mut reports = Reports::junit();
    let directory = reports.directory.path().join("reports");
    assert_eq!(reports.source.watched(), [Watched::Directory(directory.clone())]);
    reports.file("a.xml", 21, GOOD);
    reports.facts();
    let expected = [Watched::File(directory.join("a.xml")), Watched::Directory(directory.clone())];
    assert_eq!(reports.source.watched(), expected);

    let root = reports.directory.path();
    let missing = FilePattern { base: root.join("later.xml"), pattern: String::new() };
    let mut source = ReportSource::junit(ReportConfig { files: vec![missing], ..settings(root) });
    assert_eq!(source.watched(), [Watched::File(root.join("later.xml"))]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let Ok(Answer::Facts(facts)) = runtime.block_on(source.fetch(&Round::at(now()))) else {
        panic!("no facts")
    };
    assert_eq!(problems(&facts), ["later.xml: there is no such file"]);
    assert_eq!(counts(run(&facts, "later.xml")), (0, 0, 0), "no gate takes that for an answer");
}

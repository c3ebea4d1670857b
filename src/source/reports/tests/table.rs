//! Tables as trackers export them.

use super::*;
use crate::domain::{Category, Severity, StatusMove, StoryKind};

/// Jira Cloud, "Export CSV (all fields)": headings that are there several times, dates as the
/// instance shows them, a text with a line end.
const JIRA: &str = "Summary,Issue key,Issue id,Issue Type,Status,Project key,Project name,Priority,Resolution,Assignee,Created,Updated,Resolved,Fix versions,Fix versions,Component/s,Due date,Labels,Labels,Description,Sprint,Sprint,Inward issue link (Blocks),Custom field (Story Points),Parent key,Status Category,Status Category Changed\r\n\
\"Refunds, again\",PAY-1,10001,Story,Done,PAY,Payments,High,Done,Kim Reyes,05/Jan/26 3:04 PM,09/Jan/26 9:00 AM,08/Jan/26 10:00 AM,4.2,4.3,api,,a,b,\"two\nlines\",Sprint 1,Sprint 2,,3.0,PAY-9,Done,08/Jan/26 10:00 AM\r\n\
Till burns,PAY-2,10002,Bug,In Progress,PAY,Payments,Highest,,,06/Jan/26 3:04 PM,07/Jan/26 9:00 AM,,v4.2,,,31/Jan/26,,,,,,PAY-1,,,In Progress,07/Jan/26 8:00 AM\r\n\
Not worth it,PAY-3,10003,Story,Closed,PAY,Payments,Low,Won't Do,,06/Jan/26 3:04 PM,07/Jan/26 9:00 AM,07/Jan/26 8:30 AM,4.2,,,,,,,,,,,,Done,07/Jan/26 8:30 AM\r\n\
Odd one,PAY-4,10004,Story,Sichtung,PAY,Payments,,,,06/Jan/26 3:04 PM,07/Jan/26 9:00 AM,,4.2,,,,,,,,,,,,In Progress,07/Jan/26 8:30 AM\r\n\
Odder one,PAY-5,10005,Story,Kochen,PAY,Payments,,,,06/Jan/26 3:04 PM,,,4.2,,,,,,,,,,,,,\r\n";

/// Azure DevOps, a query exported as CSV by somebody in the United States.
const AZURE: &str = "\u{feff}ID,Work Item Type,Title,State,Assigned To,Tags,Iteration Path,Story Points,Severity,Created Date,Activated Date,Closed Date,Parent\n\
\"17\",\"User Story\",\"Basket\",\"Closed\",\"Lee Okoro <lee@example.org>\",\"web; urgent\",\"Shop\\Release 4.2\",\"5\",,\"1/5/2026 9:00:00 AM\",\"1/6/2026 9:00:00 AM\",\"1/8/2026 9:00:00 AM\",\"3\"\n\
\"18\",\"Bug\",\"Lost basket\",\"Active\",,,\"Shop\\Release 4.2\",,\"2 - High\",\"1/5/2026 9:00:00 AM\",\"1/6/2026 9:00:00 AM\",,\n\
\"19\",\"User Story\",\"Gone\",\"Removed\",,,\"Shop\",,,\"1/5/2026 9:00:00 AM\",,,\n";

fn utc(text: &str) -> Instant {
    text.parse().unwrap()
}

#[test]
fn an_export_of_jira_is_read_as_it_is() {
    let mut reports = Reports::csv("in_review = [\"sicht*\"]\n");
    reports.file("jira.csv", 21, JIRA);
    let facts = reports.facts();
    let done = story(&facts, "PAY-1");
    assert_eq!(
        (done.title.as_str(), done.category, done.kind),
        ("Refunds, again", Category::Done, StoryKind::Story)
    );
    let releases: Vec<String> = done.releases.iter().map(ToString::to_string).collect();
    assert_eq!(releases, ["PAY 4.2", "PAY 4.3"]);
    assert_eq!(done.created_at, utc("2026-01-05T15:04:00Z"));
    assert_eq!(done.moves, [StatusMove { at: utc("2026-01-08T10:00:00Z"), to: Category::Done }]);
    assert_eq!((done.points, names(&done.labels)), (Some(3.0), vec!["a", "b"]));
    assert_eq!((done.owner.as_deref(), done.sprint.as_deref()), (Some("Kim Reyes"), Some("Sprint 2")));
    assert_eq!(done.parent.as_ref().map(ToString::to_string).as_deref(), Some("PAY-9"));

    let defect = story(&facts, "PAY-2");
    assert_eq!((defect.kind, defect.severity), (StoryKind::Defect, Some(Severity::Critical)));
    assert_eq!(defect.moves, [StatusMove { at: utc("2026-01-07T08:00:00Z"), to: Category::InProgress }]);
    assert_eq!((defect.blocked_by[0].as_str(), defect.due), ("PAY-1", Some(utc("2026-01-31T23:59:59Z"))));
    // `v4.2` and `4.2` are one.
    assert_eq!(defect.releases[0].as_str(), "PAY 4.2");
    assert_eq!(story(&facts, "PAY-3").category, Category::Dropped);
    assert_eq!(story(&facts, "PAY-4").category, Category::InReview);
    assert_eq!(story(&facts, "PAY-5").category, Category::Unknown);
    assert_eq!(
        problems(&facts),
        ["reports/jira.csv:7: nobody knows what the status \"Kochen\" means (1 times)"]
    );
    let told: Vec<&str> = facts.releases.iter().map(|release| release.id.as_str()).collect();
    assert_eq!(told, ["PAY 4.2"], "of 4.3 all has been ready for long");
}

#[test]
fn an_export_of_azure_devops_is_read_with_its_dates_named() {
    let mut reports = Reports::csv(
        "project = \"shop\"\ndate_format = \"%m/%d/%Y %I:%M:%S %p\"\ncolumns.release = [\"Iteration Path\"]\n",
    );
    reports.file("azure.csv", 21, AZURE);
    let facts = reports.facts();
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    let done = story(&facts, "17");
    assert_eq!((done.owner.as_deref(), done.releases[0].as_str()), (Some("Lee Okoro"), "shop 4.2"));
    let moves = [(6, Category::InProgress), (8, Category::Done)];
    let moves = moves.map(|(day, to)| StatusMove { at: utc(&format!("2026-01-0{day}T09:00:00Z")), to });
    assert_eq!((&done.moves[..], done.points), (&moves[..], Some(5.0)));
    assert_eq!(names(&done.labels), ["web", "urgent"]);
    let defect = story(&facts, "18");
    assert_eq!((defect.severity, defect.category), (Some(Severity::High), Category::InProgress));
    assert_eq!(story(&facts, "19").category, Category::Dropped);
}

#[test]
fn a_date_that_could_be_two_is_not_guessed() {
    let mut reports = Reports::csv("");
    reports.file("azure.csv", 21, AZURE);
    let facts = reports.facts();
    let first =
        "reports/azure.csv:2: column \"Created Date\": nobody knows what date \"1/5/2026 9:00:00 AM\" is";
    assert_eq!(problems(&facts)[0], first);
    // When it was done is not known: not before the table was written.
    let done = story(&facts, "17");
    assert_eq!((done.category, done.since()), (Category::Done, at(21, 12)));
    let mut reports = Reports::csv("date_format = \"%Q\"\n");
    reports.file("a.csv", 21, "Key,Status\nA-1,Done\n");
    assert_eq!(problems(&reports.facts()), ["source.csv.date_format: `%Q` is no format of dates"]);
}

#[test]
fn what_has_no_date_keeps_the_day_on_which_it_was_seen_first() {
    let mut reports = Reports::csv("");
    reports.file("a.csv", 19, "Key;Status\nA-1;Done\nA-2;Open\n");
    let facts = reports.facts();
    assert_eq!((story(&facts, "A-1").since(), story(&facts, "A-2").created_at), (at(19, 12), at(19, 12)));
    reports.file("a.csv", 21, "Key;Status\nA-1;Done\nA-2;Closed\n");
    let facts = reports.facts();
    assert_eq!((story(&facts, "A-1").since(), story(&facts, "A-2").since()), (at(19, 12), at(21, 12)));
    assert_eq!(story(&facts, "A-2").created_at, at(19, 12));
}

#[test]
fn of_a_story_in_several_tables_the_newest_counts_and_rows_without_a_key_are_said() {
    let mut reports = Reports::csv("");
    reports.file("a.csv", 21, "Key\tStatus\tCreated\nA-1\tDone\t2026-11-01\n\t\t\n\tOpen\t\n").file(
        "b.csv",
        20,
        "Key\tStatus\tCreated\nA-1\tOpen\t2026-11-01\n",
    );
    let facts = reports.facts();
    assert_eq!((facts.stories.len(), story(&facts, "A-1").category), (1, Category::Done));
    assert_eq!(problems(&facts), ["reports/a.csv:4: this row has no key"]);
}

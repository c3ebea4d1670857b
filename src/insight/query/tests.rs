//! What a query means, and what is wrong with one, as tables.

use chrono::Duration;

use crate::domain::{
    Category, FindingState, Instant, Items, Mergeability, PullRequestState, Severity, StatusMove, Story, Text,
};
use crate::insight::fixture::{at, defect, deployment, finding, now, pull_request, story, test_run};

use super::{Item, parse};

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (items, query, carets, what) in [
        (Items::Stories, "stauts:done", "^^^^^^", "no field of stories `stauts`"),
        (Items::Stories, "is:open is:draft", "           ^^^^^", "no word after is: for stories `draft`"),
        (Items::PullRequests, "-is:darft", "    ^^^^^", "no word after is: for pull requests `darft`"),
        (Items::Defects, "severity:>=hihg", "           ^^^^", "no severity `hihg`"),
        (Items::Defects, "severity:", "         ^", "a severity is missing"),
        (Items::Defects, "owner:>lee", "      ^", "`owner` has no order"),
        (Items::Stories, "age:>three", "     ^^^^^", "`three` is not a length of time such as 3d or 12h"),
        (Items::Stories, "age:>3", "     ^", "`3` is not a length of time such as 3d or 12h"),
        (Items::Stories, "points:>x is:open", "        ^", "`x` is not a number"),
        (Items::Stories, "label:\"can wait", "      ^", "a quote that is not closed"),
        (Items::Stories, "status:done,", "            ^", "a value is missing"),
        (Items::Stories, "- is:open", "^", "a minus with nothing behind it"),
        (Items::Stories, ":done", "^", "a field is missing before the colon"),
        (Items::Findings, "state:shut", "      ^^^^", "no state `shut`"),
        // Wide characters are two columns.
        (Items::Stories, "日本 foo:1", "     ^^^", "no field of stories `foo`"),
    ] {
        let error = parse(query, items).err().unwrap();
        assert_eq!((error.carets(query).as_str(), error.what.as_str()), (carets, what), "{query}");
    }
    let long = "is:open ".repeat(60);
    assert_eq!(parse(&long, Items::Stories).err().unwrap().what, "more than 50 terms");
}

fn labelled(story: Story) -> Story {
    Story {
        labels: vec![Text::new("can wait"), Text::new("Billing")],
        component: Some(Text::new("api/cards")),
        points: Some(3.0),
        due: Some(at(21, 12)),
        ..story
    }
}

#[test]
fn stories_are_picked_by_what_they_are() {
    let mut returned = labelled(story("PAY-1", Category::InProgress));
    returned.moves = vec![
        StatusMove { at: at(18, 9), to: Category::InReview },
        StatusMove { at: at(20, 9), to: Category::InProgress },
    ];
    let mut unheard = story("PAY-2", Category::Unknown);
    (unheard.status, unheard.owner) = (Text::new("Parked"), None);
    for (query, of_returned, of_unheard) in [
        ("", Some(true), Some(true)),
        ("is:open", Some(true), None),
        ("-is:open", Some(false), None),
        ("is:done", Some(false), None),
        ("is:open owner:none", Some(false), None),
        ("is:open owner:lee", Some(true), Some(false)),
        ("status:in-progress", Some(true), None),
        ("status:\"in progress\",done", Some(true), None),
        ("status:parked", Some(false), Some(true)),
        ("is:returned", Some(true), Some(false)),
        ("is:blocked", Some(true), Some(true)),
        ("is:overdue", Some(true), Some(false)),
        ("returns:>=1", Some(true), Some(false)),
        ("label:billing", Some(true), Some(false)),
        ("label:\"can wait\"", Some(true), Some(false)),
        ("-label:\"can wait\"", Some(false), Some(true)),
        ("label:bill*", Some(true), Some(false)),
        ("component:api/*", Some(true), Some(false)),
        ("points:>2", Some(true), Some(false)),
        ("points:none", Some(false), Some(true)),
        ("points:3,5", Some(true), Some(false)),
        ("owner:LEE", Some(true), Some(false)),
        ("-owner:lee", Some(false), Some(true)),
        ("refund", Some(true), Some(true)),
        ("title:refund", Some(true), Some(true)),
        ("\"pay-1\"", Some(true), Some(false)),
        ("pay-1", Some(true), Some(false)),
        ("severity:none", Some(true), Some(true)),
        ("severity:>=low", Some(false), Some(false)),
        // Created on the 9th at 12:00; it is the 22nd, 9:00.
        ("age:>12d", Some(true), Some(true)),
        ("age:>=12d21h", Some(true), Some(true)),
        ("age:>12d21h", Some(false), Some(false)),
        ("in_status:>2d", Some(false), Some(false)),
        ("in_status:2d", Some(true), Some(false)),
    ] {
        let parsed = parse(query, Items::Stories).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        let matches = |story| parsed.matches(&Item::Story { story, is_blocked: true }, now());
        assert_eq!((matches(&returned), matches(&unheard)), (of_returned, of_unheard), "{query}");
    }
}

#[test]
fn other_items_are_picked_by_what_they_are() {
    let mut draft = pull_request(1, PullRequestState::Open);
    (draft.draft, draft.mergeability) = (true, Mergeability::Unknown);
    let unrated = finding(1, 20, None);
    let mut shut = finding(2, 20, Some(Severity::High));
    (shut.state, shut.closed_at) = (FindingState::Fixed, Some(at(21, 12)));
    let run = test_run("unit", 20, 9, 1);
    let planned = deployment("next", "payments 4.2", at(25, 14), 60);
    let mut severe = defect("PAY-9", Category::ToDo);
    severe.severity = Some(Severity::High);
    let pull_request = Item::PullRequest { pull_request: &draft, slack_seconds: Some(-3_600) };
    let unrated = Item::Finding { finding: &unrated, is_new: true };
    let shut = Item::Finding { finding: &shut, is_new: false };
    let run = Item::TestRun { run: &run, is_newest: true };
    let planned = Item::Deployment { deployment: &planned, is_production: true };
    let severe = Item::Story { story: &severe, is_blocked: false };
    for (items, item, query, expected) in [
        (Items::PullRequests, pull_request, "is:open is:draft state:open", Some(true)),
        (Items::PullRequests, pull_request, "-is:draft", Some(false)),
        (Items::PullRequests, pull_request, "is:conflicting", None),
        (Items::PullRequests, pull_request, "slack:<0d", Some(true)),
        (Items::PullRequests, pull_request, "slack:<-2h", Some(false)),
        (Items::PullRequests, pull_request, "owner:lee base:main repository:api", Some(true)),
        (Items::PullRequests, pull_request, "idle:<2d age:>2d", Some(true)),
        (Items::Findings, unrated, "is:open severity:>=high", None),
        (Items::Findings, unrated, "severity:none is:new", Some(true)),
        (Items::Findings, shut, "state:fixed severity:>=high,low", Some(true)),
        (Items::Findings, shut, "age:1d", Some(true)),
        (Items::Findings, shut, "is:open", Some(false)),
        (Items::TestRuns, run, "is:newest is:failed suite:unit failed:>0", Some(true)),
        (Items::TestRuns, run, "-is:failed", Some(false)),
        (Items::Deployments, planned, "is:open is:production state:approved", Some(true)),
        (Items::Deployments, planned, "is:failed", Some(false)),
        (Items::Deployments, planned, "minutes:>5", Some(false)),
        (Items::Defects, severe, "severity:>=high", Some(true)),
        (Items::Defects, severe, "severity:critical", Some(false)),
    ] {
        let parsed = parse(query, items).unwrap_or_else(|error| panic!("{query}: {error:?}"));
        assert_eq!(parsed.matches(&item, now()), expected, "{query}");
    }
}

#[test]
fn time_alone_changes_answers_only_at_the_instants_that_are_named() {
    let mut open = story("PAY-1", Category::ToDo);
    open.due = Some(at(23, 12));
    let item = Item::Story { story: &open, is_blocked: false };
    for query in ["age:>14d", "age:>=14d", "-age:<14d", "age:14d", "is:overdue", "in_status:>13d is:open"] {
        let parsed = parse(query, Items::Stories).ok().unwrap();
        let mut changes = parsed.changes_at(&item);
        changes.sort_unstable();
        let mut before = parsed.matches(&item, now());
        // Every quarter of a second around the edges.
        let steps =
            |change: &Instant| (-8..8).map(|step| *change + Duration::milliseconds(250 * step)).collect();
        let mut instants: Vec<Instant> =
            changes.iter().flat_map(|change| -> Vec<Instant> { steps(change) }).collect();
        instants.sort_unstable();
        for then in instants {
            let after = parsed.matches(&item, then);
            let is_named = changes.iter().any(|at| *at <= then && (then - *at).num_milliseconds() < 250);
            assert!(after == before || is_named, "{query} at {then}");
            before = after;
        }
        assert!(!changes.is_empty(), "{query}");
    }
}

/// Every query in the table of the document can be read.
#[test]
fn the_document_speaks_this_language() {
    let text = include_str!("../../../docs/gates.md");
    let mut read = 0;
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, items, query, _, _] = cells.as_slice() else { continue };
        let Some(items) = Items::ALL.into_iter().find(|of| format!("`{}`", of.key()) == *items) else {
            continue;
        };
        let query = query.trim_matches('`');
        assert!(parse(query, items).is_ok(), "{query}: {:?}", parse(query, items).err());
        read += 1;
    }
    assert!(read > 10, "{read} queries");
    let named = |name: &str| text.contains(&format!("`{name}`"));
    for items in Items::ALL {
        for row in super::fields::fields(items) {
            assert!(named(row.name), "the field {} is not in docs/gates.md", row.name);
        }
        for (name, _) in super::fields::flags(items) {
            assert!(named(&format!("is:{name}")), "is:{name} is not in docs/gates.md");
        }
        for state in super::fields::states(items) {
            assert!(named(state), "the state {state} is not in docs/gates.md");
        }
    }
    for name in crate::insight::metrics::BUILT_IN {
        assert!(named(name), "the metric {name} is not in docs/gates.md");
    }
}

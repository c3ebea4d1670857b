//! What a query means, and what is wrong with one, as tables.

use chrono::Duration;

use std::{fmt::Write as _, sync::Arc};

use crate::domain::{
    Category, Check, CheckOutcome, FindingState, Instant, Items, Mergeability, PullRequest, PullRequestState,
    Severity, StatusMove, Step, Story, Text,
};
use crate::insight::fixture::{at, defect, deployment, finding, now, pull_request, story, test_run};
use crate::insight::{NextStep, PullRequestRow, Stage, Standing, StepState, Steps};

use super::{Glance, Item, Reach, SaidOf, parse, parse_for};

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

fn row_of(mut pull_request: PullRequest, standing: Standing) -> PullRequestRow {
    pull_request.requested_reviewers = vec![Text::new("kim")];
    pull_request.stories = vec!["PAY-311".into()];
    let waiting = StepState::Waiting;
    PullRequestRow {
        pull_request: Arc::new(pull_request),
        belongs: Text::default(),
        stage: Stage::Review,
        since: Some(at(20, 12)),
        steps: Steps {
            build: waiting,
            test: waiting,
            review: StepState::Done,
            merge: waiting,
            deploy: waiting,
        },
        slack_seconds: Some(-3_600),
        standing,
        next: NextStep { who: vec![Text::new("kim")], action: Text::new("review") },
    }
}

#[test]
fn what_is_ready_to_merge_has_nothing_left_but_the_merge() {
    type Change = fn(&mut PullRequestRow, &mut PullRequest);
    let check =
        |outcome, required| Check { name: "unit".into(), step: Step::Test, required, outcome, at: None };
    let cases: [(Change, Option<bool>); 9] = [
        (|_, _| {}, Some(true)),
        (|_, it| it.draft = true, Some(false)),
        (|_, it| it.number = None, Some(false)),
        (|_, it| it.mergeability = Mergeability::Conflicts, Some(false)),
        (|_, it| it.mergeability = Mergeability::Behind, Some(false)),
        (|_, it| it.mergeability = Mergeability::Unknown, None),
        (|_, it| it.state = PullRequestState::Merged, Some(false)),
        (|row, _| row.steps.review = StepState::Part(1, 2), Some(false)),
        (|row, _| row.steps.review = StepState::Unknown, None),
    ];
    let is_ready = |row: &PullRequestRow| {
        let query = parse("is:ready", Items::PullRequests).unwrap();
        query.matches(&Item::PullRequest { row, release: None }, now())
    };
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut row = row_of(pull_request(1, PullRequestState::Open), Standing::InTime);
        let mut changed = (*row.pull_request).clone();
        change(&mut row, &mut changed);
        row.pull_request = Arc::new(changed);
        assert_eq!(is_ready(&row), expected, "case {number}");
    }
    for (checks, expected) in [
        (vec![check(CheckOutcome::Passed, true), check(CheckOutcome::Failed, false)], Some(true)),
        (vec![check(CheckOutcome::Running, true)], Some(false)),
        (vec![check(CheckOutcome::Unknown, true)], None),
        (vec![check(CheckOutcome::Failed, false)], Some(false)),
    ] {
        let mut changed = pull_request(1, PullRequestState::Open);
        changed.checks = checks.clone();
        assert_eq!(is_ready(&row_of(changed, Standing::InTime)), expected, "{checks:?}");
    }
}

#[test]
fn who_looks_and_what_was_said_count_for_lists_and_for_no_metric() {
    let row = row_of(pull_request(1, PullRequestState::Open), Standing::InTime);
    let item = Item::PullRequest { row: &row, release: None };
    let said = SaidOf { snoozed: true, ..SaidOf::default() };
    let me = [Text::new("kim"), Text::new("Kim-at-work")];
    for (query, mine, nobodys) in [
        ("next:@me", Some(true), None),
        ("-next:@me", Some(false), None),
        ("author:@me,lee", Some(true), Some(true)),
        ("author:@me", Some(false), None),
        ("is:snoozed -is:watched", Some(true), Some(true)),
        ("is:acknowledged next:@me", Some(false), Some(false)),
    ] {
        let picks = |me: &[Text]| {
            let parsed = parse_for(query, Items::PullRequests, me, None).unwrap();
            parsed.picks(&item, &Glance { now: now(), said, reach: Reach::Row })
        };
        assert_eq!((picks(&me), picks(&[])), (mine, nobodys), "{query}");
        assert!(parse(query, Items::PullRequests).is_err(), "{query} is the same for nobody");
    }
    for (query, names, row, fuzzy) in [
        ("rfnd", false, false, true),
        ("webhook", true, true, true),
        ("review", false, true, true),
        ("\"rfnd\"", false, false, false),
        ("-rfnd", true, true, false),
        ("whr", false, false, true),
        ("ebhook", true, true, false),
    ] {
        let parsed = parse_for(query, Items::PullRequests, &[], None).unwrap();
        let picks = |reach| parsed.picks(&item, &Glance { now: now(), said, reach }) == Some(true);
        assert_eq!(
            (picks(Reach::Names), picks(Reach::Row), picks(Reach::Fuzzy)),
            (names, row, fuzzy),
            "{query}"
        );
    }
}

#[test]
fn a_team_is_whoever_is_in_it() {
    use crate::domain::{Review, ReviewVerdict, Team};
    let team = |name: &str, members: &[&str]| Team {
        name: Text::new(name),
        members: members.iter().map(Text::new).collect(),
        ..Team::default()
    };
    let teams = [team("Checkout", &["Lee", "ana"]), team("card payments", &["kim"]), team("web", &[])];
    let read = |query: &str, items| parse_for(query, items, &[], Some(&teams));
    let by_lee = pull_request(1, PullRequestState::Open);
    let mut by_nobody = pull_request(2, PullRequestState::Open);
    by_nobody.author = Text::new("bot");
    let review = |who: &str, bot| Review {
        at: at(20, 12),
        reviewer: Text::new(who),
        verdict: ReviewVerdict::Commented,
        bot,
        of_head: None,
    };
    by_nobody.reviews = vec![review("zoe", false), review("ana", true)];
    let [by_lee, mut by_nobody] = [by_lee, by_nobody].map(|it| row_of(it, Standing::InTime));
    Arc::make_mut(&mut by_nobody.pull_request).requested_reviewers.clear();
    for (query, of_lee, of_nobody) in [
        ("team:checkout", true, false),
        ("team:\"card payments\"", true, false),
        ("team:CHECKOUT,\"card payments\"", true, false),
        ("-team:checkout", false, true),
        ("team:none", false, true),
        ("-team:none", true, false),
    ] {
        let parsed = read(query, Items::PullRequests).unwrap();
        let picks = |row| parsed.matches(&Item::PullRequest { row, release: None }, now());
        assert_eq!((picks(&by_lee), picks(&by_nobody)), (Some(of_lee), Some(of_nobody)), "{query}");
    }
    let owned = story("PAY-1", Category::ToDo);
    let item = Item::Story { story: &owned, is_blocked: false };
    assert_eq!(read("team:checkout", Items::Stories).unwrap().matches(&item, now()), Some(true));

    let wrong = |query: &str| read(query, Items::PullRequests).err().unwrap();
    let error = wrong("is:open team:chekout");
    let said = (error.carets("is:open team:chekout"), error.what.as_str(), error.nearest());
    assert_eq!(said, ("             ^^^^^^^".to_owned(), "no team `chekout`", Some("Checkout")));
    assert!(wrong("team:web").what.contains("has no members"));
    assert!(read("team:checkout", Items::Deployments).is_err());
    let without = parse_for("team:x", Items::Stories, &[], Some(&[])).err().unwrap();
    assert!(without.what.contains("no [[team]]"), "{}", without.what);
    // Before teams are known nobody knows; for a number that is the same to everybody it is refused.
    let early = parse_for("team:x", Items::Stories, &[], None).unwrap();
    assert_eq!(early.matches(&item, now()), None);
    assert!(parse("team:checkout", Items::Stories).is_err());
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
    let row = row_of(draft, Standing::Late);
    let pull_request = Item::PullRequest { row: &row, release: None };
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
        (Items::PullRequests, pull_request, "author:lee repo:api stage:review next:kim is:late", Some(true)),
        (Items::PullRequests, pull_request, "stage:pickup,coding", Some(false)),
        (Items::PullRequests, pull_request, "in_stage:>1d -in_stage:>2d number:1", Some(true)),
        (Items::PullRequests, pull_request, "reviewer:kim -reviewer:raj story:PAY-311", Some(true)),
        (Items::PullRequests, pull_request, "release:4.2", Some(false)),
        (Items::PullRequests, pull_request, "is:ready", Some(false)),
        (Items::Deployments, planned, "release:4.2", Some(true)),
        (Items::Deployments, planned, "release:\"payments 4.2\" -release:4.1", Some(true)),
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
    for name in crate::insight::metrics::BUILT_IN {
        assert!(named(name), "the metric {name} is not in docs/gates.md");
    }
}

/// The tables of the reference, made from the fields and words that there are.
fn reference() -> String {
    let mut table = String::from("| field | of | values |\n| --- | --- | --- |\n");
    let mut names: Vec<&str> = Vec::new();
    for row in Items::ALL.into_iter().flat_map(super::fields::fields) {
        if !names.contains(&row.name) {
            names.push(row.name);
        }
    }
    let called = |items: Items| items.key().replace('_', " ");
    let of = |has: &dyn Fn(Items) -> bool| {
        let all: Vec<String> = Items::ALL.into_iter().filter(|items| has(*items)).map(called).collect();
        if all.len() == Items::ALL.len() { "all".to_owned() } else { all.join(", ") }
    };
    for name in &names {
        let row = Items::ALL
            .into_iter()
            .find_map(|items| super::fields::fields(items).find(|row| row.name == *name));
        let row = row.unwrap();
        let values = match row.kind {
            super::FieldKind::Text if super::fields::is_people(row.field) => "people, `@me`".to_owned(),
            super::FieldKind::Text => "text, `*` and `?`".to_owned(),
            super::FieldKind::Status => {
                "`to-do`, `in-progress`, `in-review`, `in-test`, `done`, `dropped`, or the tracker's own word"
                    .to_owned()
            }
            super::FieldKind::Word => {
                let words = Items::ALL
                    .into_iter()
                    .filter(|items| super::fields::fields(*items).any(|row| row.name == *name));
                let mut all: Vec<String> = Vec::new();
                for word in words.flat_map(|items| super::fields::words(row.field, items)) {
                    let word = format!("`{word}`");
                    if !all.contains(&word) {
                        all.push(word);
                    }
                }
                all.join(", ")
            }
            super::FieldKind::Severity => {
                "`low`, `medium`, `high`, `critical`; `>`, `>=`, `<`, `<=`".to_owned()
            }
            super::FieldKind::Team => "a `[[team]]` of the configuration".to_owned(),
            super::FieldKind::Number => "number; `>`, `>=`, `<`, `<=`".to_owned(),
            super::FieldKind::Time => "`3d`, `12h`, `1d12h`; `>`, `>=`, `<`, `<=`".to_owned(),
        };
        let of = of(&|items| super::fields::fields(items).any(|row| row.name == *name));
        let _ = writeln!(table, "| `{name}` | {of} | {values} |");
    }
    table += "\n| word | of |\n| --- | --- |\n";
    let mut flags: Vec<&str> = Vec::new();
    for (name, _) in Items::ALL.into_iter().flat_map(super::fields::flags) {
        if !flags.contains(&name) {
            flags.push(name);
        }
    }
    for flag in flags {
        let of = of(&|items| super::fields::flags(items).any(|(name, _)| name == flag));
        let _ = writeln!(table, "| `is:{flag}` | {of} |");
    }
    table
}

/// The tables in docs/queries.md are those of the code. With `UPDATE_DOCUMENTS` set they are
/// written; and every example there can be read.
#[test]
#[expect(clippy::disallowed_methods, reason = "the document that it is held against")]
fn the_reference_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/queries.md");
    let (start, end) = ("<!-- fields -->\n", "<!-- end of fields -->");
    let mut text = std::fs::read_to_string(path).unwrap();
    let part =
        |text: &str| -> (usize, usize) { (text.find(start).unwrap() + start.len(), text.find(end).unwrap()) };
    let reference = format!("\n{}\n", reference());
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        let (from, until) = part(&text);
        text.replace_range(from..until, &reference);
        std::fs::write(path, &text).unwrap();
    }
    let (from, until) = part(&text);
    assert_eq!(&text[from..until], reference, "UPDATE_DOCUMENTS=1 writes it");
    let mut read = 0;
    for line in text[until..].lines().chain(text[..from].lines()) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, query, _, _] = cells.as_slice() else { continue };
        if let Some(query) = query.strip_prefix('`').and_then(|query| query.strip_suffix('`')) {
            let is_read = Items::ALL.into_iter().any(|items| parse_for(query, items, &[], None).is_ok());
            assert!(is_read, "{query}");
            read += 1;
        }
    }
    assert!(read > 10, "{read} examples");
}

use chrono::{TimeZone, Utc};
use serde_json::{Map, json};

use super::*;
use crate::domain::{Category, CheckOutcome, FindingState, Instant, ReleaseId, Severity};

fn reader() -> Reader {
    Reader {
        source: "exec:try".to_owned(),
        project: Some("payments".to_owned()),
        calendar: Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() },
        next_step: "correct it".to_owned(),
    }
}

fn read(document: &Value) -> Result<Facts, Problem> {
    reader().read(document.to_string().as_bytes())
}

fn whats(facts: &Facts) -> Vec<&str> {
    facts.problems.iter().map(|problem| problem.what.as_str()).collect()
}

fn instant(day: u32, hour: u32) -> Instant {
    Utc.with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap()
}

/// What reads an item, whatever comes of it.
type Read = fn(&Item<'_, '_>) -> Result<(), Wrong>;

/// The schema as it is published.
fn schema() -> Value {
    serde_json::from_str(include_str!("../../../docs/facts.schema.json")).unwrap()
}

/// What of `value` is not as `rule` of `schema` wants it. Knows the words that the schema uses, and
/// fails on others.
fn violations(schema: &Value, rule: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let mut wrongs = Vec::new();
    let mut wrong = |what: &str| wrongs.push(format!("{path}: {what}"));
    let rules = rule.as_object().unwrap();
    for (word, wanted) in rules {
        match word.as_str() {
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                violations(schema, &schema["$defs"][name], value, path, found);
                return;
            }
            "type" => {
                let is = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "number" => value.is_number(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("type {other}"),
                };
                if !wanted.as_array().map_or_else(|| is(wanted), |names| names.iter().any(is)) {
                    wrong("another type");
                }
            }
            "const" if value != wanted => wrong("another value"),
            "enum" if !wanted.as_array().unwrap().contains(value) => wrong("another word"),
            "minimum" if value.as_f64().unwrap() < wanted.as_f64().unwrap() => wrong("too small"),
            "maximum" if value.as_f64().unwrap() > wanted.as_f64().unwrap() => wrong("too large"),
            "$schema"
            | "$defs"
            | "title"
            | "description"
            | "const"
            | "enum"
            | "minimum"
            | "maximum"
            | "additionalProperties" => {}
            "required" => {
                for key in wanted.as_array().unwrap() {
                    if value.get(key.as_str().unwrap()).is_none() {
                        wrong(&format!("without {key}"));
                    }
                }
            }
            "properties" => {
                for (key, inner) in value.as_object().into_iter().flatten() {
                    let path = format!("{path}.{key}");
                    match wanted.get(key) {
                        Some(rule) => violations(schema, rule, inner, &path, found),
                        None => found.push(format!("{path}: not in the schema")),
                    }
                }
            }
            "items" => {
                for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
                    violations(schema, wanted, inner, &format!("{path}[{index}]"), found);
                }
            }
            other => panic!("the schema uses `{other}`, which this test does not know"),
        }
    }
    found.extend(wrongs);
}

/// Asserts that `document` is as the schema wants it.
pub(crate) fn assert_valid(document: &Value) {
    let (schema, mut found) = (schema(), Vec::new());
    violations(&schema, &schema, document, "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}

/// A value that `rule` allows, with every property that it names.
fn everything(schema: &Value, rule: &Value) -> Value {
    if let Some(name) = rule.get("$ref").and_then(Value::as_str) {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return if name == "time" {
            json!("2026-11-22T09:00:00Z")
        } else if name == "time_zone" {
            json!("America/New_York")
        } else {
            everything(schema, &schema["$defs"][name])
        };
    }
    if let Some(words) = rule.get("enum") {
        return words[0].clone();
    }
    if let Some(value) = rule.get("const") {
        return value.clone();
    }
    let kind = rule["type"].as_str().or_else(|| rule["type"][0].as_str()).unwrap();
    match kind {
        "object" => {
            // An object of any keys names none.
            let properties = rule["properties"].as_object().cloned().unwrap_or_default();
            let mut object: Map<String, Value> = Map::new();
            for (key, rule) in &properties {
                object.insert(key.clone(), everything(schema, rule));
            }
            if object.contains_key("until") {
                object.insert("until".to_owned(), json!("2026-11-23"));
            }
            Value::Object(object)
        }
        "array" => json!([everything(schema, &rule["items"])]),
        "string" => json!("some text"),
        "number" => json!(2.5),
        "integer" => json!(7),
        "boolean" => json!(true),
        other => panic!("{other}"),
    }
}

#[test]
fn all_that_the_schema_names_is_read_and_nothing_that_it_requires_can_be_left_out() {
    let schema = schema();
    let document = everything(&schema, &schema);
    assert_valid(&document);
    let facts = read(&document).unwrap();
    assert_eq!(whats(&facts), Vec::<&str>::new(), "a field of the schema is not read");
    let counts = [
        facts.releases.len(),
        facts.stories.len(),
        facts.pull_requests.len(),
        facts.deployments.len(),
        facts.environments.len(),
        facts.bookings.len(),
        facts.freezes.len(),
        facts.test_runs.len(),
        facts.findings.len(),
        facts.builds.len(),
    ];
    assert_eq!(counts, [1; 10]);

    // Each list with one item more, that lacks one field: it cannot be read exactly if that is required.
    for (list, rule) in schema["properties"].as_object().unwrap() {
        let Some(name) = rule.pointer("/items/$ref").and_then(Value::as_str) else { continue };
        let item_rule = &schema["$defs"][name.strip_prefix("#/$defs/").unwrap()];
        for field in item_rule["properties"].as_object().unwrap().keys() {
            let mut item = document[list][0].clone();
            item.as_object_mut().unwrap().remove(field);
            let mut shorter = document.clone();
            shorter[list].as_array_mut().unwrap().push(item);
            let is_required = item_rule["required"].as_array().unwrap().contains(&json!(field));
            let facts = read(&shorter).unwrap();
            let said = whats(&facts).join("; ");
            let is_lost = said.contains(&format!("{list}[1].{field}: "));
            assert_eq!(is_lost, is_required, "{list}.{field}: {said}");
        }
    }
}

#[test]
fn the_reader_asks_for_no_field_that_the_schema_does_not_name() {
    let schema = schema();
    let names = |rule: &Value| {
        let mut names: Vec<String> = rule["properties"].as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let (reader, notes) = (reader(), Notes::default());
    let reads: [(&str, Read); 10] = [
        ("release", |item| item.release().map(drop)),
        ("story", |item| item.story().map(drop)),
        ("pull_request", |item| item.pull_request().map(drop)),
        ("deployment", |item| item.deployment().map(drop)),
        ("environment", |item| item.environment().map(drop)),
        ("booking", |item| item.booking().map(drop)),
        ("freeze", |item| item.freeze().map(drop)),
        ("test_run", |item| item.test_run().map(drop)),
        ("finding", |item| item.finding().map(drop)),
        ("build", |item| item.build().map(drop)),
    ];
    for (name, read) in reads {
        let value = everything(&schema, &schema["$defs"][name]);
        let fields = Object::new(&value, name.to_owned(), &notes, &reader.calendar).unwrap();
        read(&Item { fields: &fields, project: None }).unwrap();
        let mut asked: Vec<String> = fields.asked().into_iter().map(str::to_owned).collect();
        asked.sort();
        assert_eq!(asked, names(&schema["$defs"][name]), "{name}");
    }
    let mut kinds: Vec<&str> = Kind::ALL.map(Kind::key).to_vec();
    kinds.sort_unstable();
    let mut words: Vec<&str> = schema["properties"]["covers"]["items"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    words.sort_unstable();
    assert_eq!(words, kinds);
}

#[test]
fn what_is_written_is_what_is_meant() {
    let facts = read(&json!({
        "covers": ["stories"],
        "stories": [
            {"key": "PAY-1", "created": "2026-11-01", "status": "Code Review", "releases": ["4.2", "auth 2.9"],
             "due": "2026-11-20", "moves": [
                {"at": 1_795_335_840, "to": "done"}, {"at": "2026-11-02T10:00:00+0100", "to": "in-progress"}]},
            {"key": 7, "created": 1_795_335_840_000_u64, "kind": "bug", "severity": "HIGH", "category": "done"},
        ],
        "test_runs": [{"suite": "smoke", "at": "2026-11-22T09:00:00Z", "passed": 3.0, "failures": ["a", "b"], "duration_seconds": 61.5}],
    }))
    .unwrap();
    assert_eq!(whats(&facts), Vec::<&str>::new());
    let [story, defect] = &facts.stories[..] else { panic!("{facts:?}") };
    // A day begins and ends where the board is.
    assert_eq!(story.created_at, Utc.with_ymd_and_hms(2026, 10, 31, 23, 0, 0).unwrap());
    assert_eq!(story.due, Some(Utc.with_ymd_and_hms(2026, 11, 20, 22, 59, 59).unwrap()));
    assert_eq!(story.category, Category::InReview);
    assert_eq!(story.releases, [ReleaseId::new("payments 4.2"), ReleaseId::new("auth 2.9")]);
    let moves: Vec<_> = story.moves.iter().map(|change| (change.at, change.to)).collect();
    assert_eq!(moves[0], (instant(2, 9), Category::InProgress), "oldest first");
    assert_eq!(
        (defect.key.as_str(), defect.kind, defect.severity),
        ("7", StoryKind::Defect, Some(Severity::High))
    );
    assert_eq!(defect.created_at, story.moves[1].at, "seconds and milliseconds");
    let run = &facts.test_runs[0];
    assert_eq!((run.passed, run.failed, run.milliseconds), (3, 2, Some(61_500)), "what is named did fail");
    // What is there counts, also where `covers` forgot it.
    assert_eq!(
        facts.covers.iter().map(|kind| kind.key()).collect::<Vec<_>>(),
        ["stories", "defects", "test_runs"]
    );
}

#[test]
fn one_bad_item_ends_the_round_and_the_problem_says_where() {
    let good = json!({"key": "A", "created": "2026-11-22"});
    for (bad, what) in [
        (
            json!({"key": "B", "created": "soon"}),
            "exec:try: stories[1].created: expected a time such as \"2026-11-22T09:00:00Z\" or a day such as \"2026-11-22\", got \"soon\"",
        ),
        (json!({"key": "B", "created": "2026-11-22T09:00:00"}), "(a time needs its zone: Z or +01:00)"),
        (json!({"key": "B", "created": 1e300}), "stories[1].created: expected a time"),
        (json!({"key": "B", "created": -62_135_596_800_i64}), "stories[1].created: expected a time"),
        (json!({"key": "B", "created": "26-11-22"}), "stories[1].created: expected a time"),
        (
            json!({"key": "\u{200b}", "created": 1}),
            "stories[1].key: expected a text that is not empty, there is none",
        ),
        (json!({"created": 1}), "stories[1].key: expected a text that is not empty, there is none"),
        (
            json!({"key": "B", "created": 1, "points": -1}),
            "stories[1].points: expected a number from 0 to 1e12, got -1",
        ),
        (
            json!({"key": "B", "created": 1, "labels": "x"}),
            "stories[1].labels: expected a list of texts, got \"x\"",
        ),
        (
            json!({"key": "B", "created": 1, "kind": "chore"}),
            "stories[1].kind: expected one of story, defect, bug, got \"chore\"",
        ),
        (
            json!({"key": "B", "created": 1, "moves": [{"at": 1, "to": "done"}, {"to": "done"}]}),
            "stories[1].moves[1].at: expected a time",
        ),
        (json!(["B"]), "stories[1]: expected an object, got a list"),
    ] {
        // One story fewer must not read as one that is done.
        let facts = read(&json!({"covers": ["stories"], "stories": [good, bad]})).unwrap();
        assert_eq!(facts.stories.len(), 1, "{what}");
        assert!(whats(&facts)[0].contains(what), "{:?}\n{what}", facts.problems);
        assert_eq!(facts.incomplete(), [Kind::Stories, Kind::Defects].into(), "{what}");
    }
}

#[test]
fn a_broken_item_makes_its_list_incomplete_and_no_other() {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Defects) {
        let mut document = json!({"covers": Kind::ALL.map(Kind::key)});
        document[kind.key()] = json!([7]);
        let facts = read(&document).unwrap();
        let mut expected = BTreeSet::from([kind]);
        expected.extend((kind == Kind::Stories).then_some(Kind::Defects));
        assert_eq!(facts.incomplete(), expected, "{kind:?}");
    }
}

#[test]
fn what_is_misspelt_is_not_empty() {
    let stories = [Kind::Stories, Kind::Defects];
    let all: Vec<Kind> = [Kind::Findings, Kind::TestRuns].into();
    for (document, expected) in [
        (json!({"covers": ["findings"], "findngs": []}), vec![Kind::Findings]),
        (json!({"covers": ["stories"], "storys": [{"key": "A"}]}), stories.to_vec()),
        (json!({"covers": ["defects"], "defects": [{"key": "A"}]}), vec![Kind::Defects]),
        (json!({"covers": ["findings", "test_runs"], "alerts": []}), all.clone()),
        // Nothing is lost where somebody says more than is asked.
        (json!({"covers": ["findings"], "generated_by": "a script"}), vec![]),
        (json!({"covers": ["findngs"]}), vec![Kind::Findings]),
        (json!({"covers": ["findings", "test_runs", "alarms"]}), all),
    ] {
        let facts = read(&document).unwrap();
        assert_eq!(facts.problems.len(), 1, "{document}");
        assert_eq!(facts.incomplete(), expected.into_iter().collect(), "{document}");
    }
}

#[test]
fn what_is_unheard_of_is_unknown_and_said() {
    let facts = read(&json!({
        "covers": ["stories", "wonders"],
        "stories": [{"key": "A", "created": 1, "category": "splendid", "severity": "dire", "titel": "x"}],
        "findings": [{"id": "1", "repository": "api", "tool": "t", "rule": "r", "opened": 1, "state": "odd"}],
        "builds": [{"repository": "api", "branch": "main", "commit": "c", "at": 1,
                    "checks": [{"name": "unit", "outcome": "sort of"}]}],
    }))
    .unwrap();
    assert_eq!((facts.stories[0].category, facts.stories[0].severity), (Category::Unknown, None));
    assert_eq!(facts.findings[0].state, FindingState::Unknown);
    assert_eq!(facts.builds[0].outcome(), CheckOutcome::Unknown);
    let said = whats(&facts).join("\n");
    for part in [
        "covers[1]: there is no kind \"wonders\"",
        "stories[0].category: expected one of to_do, in_progress, in_review, in_test, done, dropped, got \"splendid\", so it counts as unknown",
        "stories[0].severity: expected one of critical",
        "stories[0].titel: there is no such field — did you mean `title`?",
        "findings[0].state: expected one of open, fixed, dismissed, got \"odd\"",
        "builds[0].checks[0].outcome",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn what_is_no_answer_ends_the_round() {
    let deep = format!("{{\"covers\": [], \"stories\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let many = json!({"covers": [], "freezes": vec![0; MOST_ITEMS + 1]}).to_string();
    for (document, what) in [
        ("", "it said nothing, and nothing is no facts"),
        (" \n", "it said nothing"),
        ("Traceback (most recent call last):", "this is no JSON: expected value at line 1 column 1"),
        ("{\"covers\": []", "this is no JSON: EOF"),
        ("[]", "the document: expected an object, got a list"),
        (
            "{}",
            "covers: expected a list of the kinds that are told completely, there is none (there are releases,",
        ),
        ("{\"covers\": [], \"version\": 2}", "version: expected 1, got 2"),
        ("{\"covers\": [], \"stories\": {}}", "stories: expected a list, got an object"),
        (deep.as_str(), "this is no JSON: recursion limit exceeded"),
        (many.as_str(), "freezes: 100001 items, of which at most 100000 can be read"),
        ("{\"covers\": [], \"stories\": [{\"key\": \"A\", \"created\": 1e999}]}", "number out of range"),
    ] {
        let problem = reader().read(document.as_bytes()).unwrap_err();
        assert!(problem.what.contains(what), "{problem:?}\n{what}");
        assert_eq!(problem.next_step.as_str(), "correct it");
    }
    let problem = reader().read(b"{\"covers\": [\"\xff\"]}").unwrap_err();
    assert!(problem.what.contains("no JSON"), "{problem:?}");
}

#[test]
fn texts_are_cleaned_and_problems_are_counted() {
    let item = |name: &str| json!({"name": name, "from": "2026-12-24", "until": "2026-12-26"});
    let facts = read(&json!({"covers": [], "freezes": [item("\u{1b}[31mxmas\u{202e}")]})).unwrap();
    assert_eq!(facts.freezes[0].name.as_str(), "␛[31mxmas");
    assert_eq!(facts.freezes[0].window.duration().num_days(), 3, "a last day is included");

    let mut odd = item("good");
    let fields = odd.as_object_mut().unwrap();
    fields.extend((0..50).map(|number| (format!("field {number}"), json!(1))));
    let facts = read(&json!({"covers": [], "freezes": [odd]})).unwrap();
    assert_eq!(facts.problems.len(), MOST_PROBLEMS + 1);
    assert!(whats(&facts)[MOST_PROBLEMS].contains("30 more"), "{:?}", whats(&facts));
}

#[test]
fn the_configuration_of_a_deployment_is_kept_as_digests() {
    let deployment = |configuration: Value| {
        json!({
            "id": "a", "environment": "staging", "from": "2026-11-22", "until": "2026-11-23", "state": "approved",
            "configuration": configuration,
        })
    };
    let reading = reader();
    let read = |configuration: Value| {
        let (value, notes) = (deployment(configuration), Notes::default());
        let fields = Object::new(&value, "deployment".to_owned(), &notes, &reading.calendar).unwrap();
        Item { fields: &fields, project: None }.deployment()
    };
    let one = read(json!({ "URL": "secret", "RETRIES": 3, "FLAG": true })).unwrap().configuration;
    let other = read(json!({ "URL": "secret", "RETRIES": "3", "FLAG": false })).unwrap().configuration;
    let same: Vec<(&str, bool)> = one.iter().map(|(key, digest)| (&**key, other[key] == *digest)).collect();
    assert_eq!(same, [("FLAG", false), ("RETRIES", true), ("URL", true)]);
    assert!(one.values().all(|digest| !digest.contains("secret")));
    let wrong = read(json!({ "URL": ["secret"] })).unwrap_err();
    assert!(wrong.contains("configuration") && !wrong.contains("secret"), "{wrong}");
}

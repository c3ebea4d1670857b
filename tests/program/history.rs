//! The stored past: list, show, export, import, prune, verify.

use serde_json::Value;

use crate::support::Place;

fn plan(place: &Place, stories: usize) {
    let mut plan = String::from(
        "[[release]]\nproject = \"shop\"\nversion = \"1.0\"\nstart = \"2026-01-01\"\ntarget = \"2030-01-01\"\n",
    );
    for number in 1..=stories {
        let key = format!("\n[[story]]\nkey = \"SHOP-{number}\"\ntitle = \"Basket\"\n");
        plan += &(key + "release = \"shop 1.0\"\nstatus = \"to do\"\ncreated = \"2026-01-02\"\n");
    }
    place.write(".tminus.toml", &plan);
}

/// What was printed, and the exit code.
fn run(place: &Place, arguments: &[&str]) -> (String, Option<i32>) {
    let output = place.run(arguments);
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).expect("text"), output.status.code())
}

#[test]
fn looking_at_a_past_that_is_not_there_makes_nothing() {
    let place = Place::new();
    plan(&place, 1);
    for command in [
        vec!["history", "list"],
        vec!["history", "list", "--daily"],
        vec!["history", "verify"],
        vec!["history", "export"],
        vec!["history", "prune"],
        vec!["history", "show", "2026-11-22"],
        vec!["status", "--as-of", "2026-11-22"],
    ] {
        let mut command = command;
        command.extend(["--data-dir", "nowhere"]);
        let (said, code) = run(&place, &command);
        assert_eq!(code, Some(2), "{command:?}: {said}");
        assert!(said.contains("history"), "{command:?}: {said}");
        assert!(!place.work().join("nowhere").exists(), "{command:?}");
    }
}

#[test]
fn the_past_is_listed_shown_moved_and_checked() {
    let place = Place::new();
    plan(&place, 1);
    let (said, code) = run(&place, &["history", "list"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("is kept in") && said.contains("yet"), "{said}");

    for stories in [1, 3] {
        plan(&place, stories);
        assert_eq!(run(&place, &["status"]).1, Some(0));
    }
    let (said, code) = run(&place, &["history", "list"]);
    assert_eq!((said.lines().count(), code), (2, Some(0)), "{said}");
    assert!(said.ends_with("stories +2\n"), "{said}");
    let (said, _) = run(&place, &["history", "list", "--last", "1", "--format", "json"]);
    let json: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(json["changes"][0]["lists"]["stories"]["added"], 2);
    let at = json["changes"][0]["at"].as_str().expect("an instant").to_owned();

    let (shown, code) = run(&place, &["history", "show", &at, "--format", "json"]);
    assert_eq!(code, Some(0), "{shown}");
    let json: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(json["stories"].as_array().map(Vec::len), Some(3));

    let (said, code) = run(&place, &["history", "verify"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("sound: 1 sources, 2 changes, 2 rounds and 1 days"), "{said}");
    let (said, code) = run(&place, &["history", "list", "--daily"]);
    assert_eq!((said.lines().count(), code), (1, Some(0)), "{said}");
    assert!(said.contains("shop 1.0     0 of 3 "), "{said}");
    let (said, code) = run(&place, &["history", "prune", "--dry-run"]);
    assert_eq!((said.as_str(), code), ("0 changes would be deleted\n", Some(0)));
    assert_eq!(run(&place, &["history", "prune"]).1, Some(0));

    let (said, code) = run(&place, &["history", "export", "--output", "past.jsonl"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        run(&place, &["history", "export", "--output", "past.jsonl"]).1,
        Some(2),
        "it is there already"
    );
    let elsewhere = |arguments: &[&str]| run(&place, &[&["--data-dir", "elsewhere"], arguments].concat());
    let (said, code) = elsewhere(&["history", "import", "past.jsonl"]);
    assert_eq!(code, Some(0), "{said}");
    let (said, code) = elsewhere(&["history", "import", "past.jsonl"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("has a history"), "{said}");
    assert_eq!(elsewhere(&["history", "show", &at, "--format", "json"]).0, shown);
    // Between instants at which something changed, before all of them and after all of them.
    let (listed, _) = run(&place, &["history", "list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let changes = listed["changes"].as_array().expect("changes").iter();
    let mut instants: Vec<&str> = changes.filter_map(|change| change["at"].as_str()).collect();
    instants.extend(["2020-01-01T00:00:00Z", at.as_str()]);
    instants.sort_unstable();
    assert!(instants.len() >= 3, "{instants:?}");
    for (index, since) in instants.iter().enumerate() {
        for until in &instants[index..] {
            let between = ["diff", "--since", since, "--until", until, "--format", "json"];
            let here = run(&place, &between);
            // Of two instants before all of it nothing is known, here and there.
            let is_known = *until > "2021";
            assert_eq!(here.1, Some(if is_known { 0 } else { 2 }), "{}", here.0);
            assert_eq!(elsewhere(&between), here, "{since} to {until}");
        }
    }
    let (again, _) = elsewhere(&["history", "export"]);
    let exported = std::fs::read_to_string(place.work().join("past.jsonl")).expect("the export");
    assert!(again.lines().skip(1).eq(exported.lines().skip(1)), "another stream");

    // Somebody else has it open, and answers.
    let apart = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let asked: &[&[&str]] = &[
        &["history", "list"],
        &["history", "list", "--daily", "--format", "json"],
        &["history", "prune", "--dry-run"],
        &["history", "export"],
        &["history", "verify"],
    ];
    let locked = place.open(&["--data-dir", "elsewhere", "--offline"], 100, 30);
    locked.wait_for("shop 1.0");
    let (said, code) = elsewhere(&["history", "prune"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("not with --offline"), "{said}");
    drop(locked);
    let alone: Vec<_> = asked.iter().map(|arguments| elsewhere(arguments)).collect();
    let mut locked = place.open(&["--data-dir", "elsewhere", "--offline"], 100, 30);
    locked.wait_for("shop 1.0");
    for (arguments, alone) in asked.iter().zip(&alone) {
        let told = elsewhere(arguments);
        assert_eq!(told.1, alone.1, "{arguments:?}: {}", told.0);
        assert!(arguments[1] == "export" || told.0 == alone.0, "{told:?} and {alone:?}");
        assert_eq!(apart(&told.0), apart(&alone.0), "{arguments:?}");
    }
    let (said, code) = elsewhere(&["history", "export", "--output", "told.jsonl"]);
    assert_eq!(code, Some(0), "{said}");
    let told = std::fs::read_to_string(place.work().join("told.jsonl")).expect("the export");
    assert_eq!(apart(&told), apart(&exported));
    let (said, code) = elsewhere(&["history", "import", "past.jsonl"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("this board is already open: process"), "{said}");
    locked.send("q");
    assert_eq!(locked.end(), 0);

    let locked = place.open(&["--data-dir", "elsewhere"], 100, 30);
    locked.wait_for("shop 1.0");
    let (said, code) = elsewhere(&["history", "prune"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("0 changes deleted"), "{said}");
}

//! The commands without a screen: what they print, and how they end.

use serde_json::Value;

use crate::support::Place;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn a_frozen_demo_is_the_same_every_time_in_every_format() {
    let place = Place::new();
    for format in ["text", "json", "markdown"] {
        let arguments = ["status", "--demo=frozen", "--format", format];
        let (first, second) = (place.run(&arguments), place.run(&arguments));
        assert!(first.status.success(), "{}", text(&first.stderr));
        assert!(first.stdout == second.stdout, "two runs differ");
        assert!(text(&first.stdout).contains("payments"));
    }
}

#[test]
fn each_reader_gets_other_cards() {
    let place = Place::new();
    let cards = |lens: &str| {
        let asked = ["insights", "--demo=frozen", "--format", "json", "--lens", lens];
        let printed = place.run(&asked);
        assert!(printed.status.success(), "{}", text(&printed.stderr));
        serde_json::from_slice::<Value>(&printed.stdout).expect("JSON")
    };
    let plain = text(&place.run(&["insights", "--demo=frozen", "--format", "json"]).stdout);
    assert_eq!(serde_json::from_str::<Value>(&plain).expect("JSON"), cards("all"));
    let names = |study: &Value| -> Vec<String> {
        let cards = study["cards"].as_array().expect("cards").iter();
        cards.map(|card| card["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let (all, executive) = (cards("all"), cards("executive"));
    assert_eq!(names(&cards("engineer")), names(&all));
    assert!(names(&executive).len() < names(&all).len() && executive["lens"] == "executive");
    assert!(!names(&executive).contains(&"effort".to_owned()));
    for rows in executive["cards"].as_array().expect("cards").iter().map(|card| &card["rows"]) {
        assert!(rows.as_array().expect("rows").len() <= 5);
    }
    for format in ["text", "markdown"] {
        let asked = ["insights", "--demo=frozen", "--format", format, "--lens", "executive"];
        let printed = text(&place.run(&asked).stdout);
        assert!(printed.contains("Did we keep our promises?") && !printed.contains("PAY-"), "{printed}");
    }
    for wrong in [&["--lens", "boss"][..], &["effort", "--lens", "executive"]] {
        let refused = place.run(&[&["insights", "--demo=frozen"][..], wrong].concat());
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
    // The screen has it from the configuration, which is the user's.
    place.write(".tminus.toml", "lens = \"executive\"\n");
    let checked = text(&place.run(&["config", "check"]).stderr);
    assert!(checked.contains("`lens` cannot be set in a project's file"), "{checked}");
}

#[test]
fn a_report_is_one_file_that_is_the_same_every_time() {
    let place = Place::new();
    let asked = ["report", "--demo=frozen", "--lens", "executive"];
    let printed = place.run(&asked);
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    let page = text(&printed.stdout);
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "a whole page");
    assert!(page.contains("default-src 'none'") && !page.contains("<script"), "nothing runs in it");
    for _ in 0..2 {
        // The second time it is there already.
        let kept = place.run(&[&asked[..], &["--output", "board.html"]].concat());
        assert!(kept.status.success() && kept.stdout.is_empty(), "{}", text(&kept.stderr));
        let file = std::fs::read_to_string(place.work().join("board.html")).expect("the file");
        assert!(file == page, "the file is what is printed");
    }
    let written = place.run(&["report", "--demo=frozen", "--format", "markdown"]);
    assert!(text(&written.stdout).starts_with("# demo\n"));
    for wrong in [&["--lens", "boss"][..], &["--output", "missing/board.html"], &["--release", "nothing 9"]] {
        let refused = place.run(&[&["report", "--demo=frozen"][..], wrong].concat());
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
        assert!(!refused.stderr.is_empty() && refused.stdout.is_empty(), "{wrong:?}");
    }
}

#[test]
fn check_answers_by_its_exit_code() {
    let place = Place::new();
    place.write(
        ".tminus.toml",
        r#"
[[release]]
project = "shop"
version = "1.0"
start = "2026-01-01"
target = "2030-01-01"

[[release]]
project = "shop"
version = "2.0"

[[release]]
project = "shop"
version = "3.0"

[[story]]
key = "SHOP-1"
title = "Basket"
release = "shop 1.0"
status = "done"
created = "2026-01-02"
done = "2026-01-05"

[[story]]
key = "SHOP-2"
title = "Till"
release = "shop 2.0"
status = "to do"
created = "2026-01-02"
"#,
    );
    for (arguments, code) in [
        (&["check", "--release", "shop 1.0"][..], 0),
        (&["check", "--release", "2.0"], 1),
        (&["check", "--release", "3.0"], 3),
        (&["check", "--release", "4.0"], 2),
        (&["check"], 2),
        (&["check", "--release", "1.0", "--outlook"], 0),
        (&["check", "--release", "2.0", "--outlook"], 3),
        (&["check", "--release", "1.0", "--frobnicate"], 2),
    ] {
        let output = place.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}\n{}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    }
    let output = place.run(&["check", "--release", "2.0", "--format", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["answer"], "no-go");
    assert_eq!(json["name"], "shop 2.0");
    assert_eq!(json["gates"][0]["name"], "stories");
    assert_eq!(json["gates"][0]["answer"], "no_go");
}

#[test]
fn a_wrong_configuration_is_said_with_place_and_nearest_key() {
    let place = Place::new();
    place.write(".tminus.toml", "theme = \"dark\"\ntiem_zone = \"Europe/Berlin\"\n");
    for arguments in [&["status"][..], &["check", "--release", "x"], &["config", "check"]] {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2));
        let said = text(&output.stderr);
        assert!(said.contains(".tminus.toml:2") && said.contains("time_zone"), "{said}");
    }
    let mut terminal = place.open(&[], 80, 24);
    let said = terminal.wait_for("time_zone");
    assert!(said.contains("tiem_zone"), "{said}");
    assert_eq!(terminal.end(), 2);
}

#[test]
fn a_directory_with_nothing_says_what_to_do() {
    let place = Place::new();
    let output = place.run(&["status"]);
    let said = text(&output.stdout);
    assert!(said.contains("no release is known"), "{said}");
    assert!(said.contains("tminus demo"), "{said}");
    let mut terminal = place.open(&["--theme=dark"], 80, 24);
    terminal.wait_for("tminus demo");
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_cycle_in_the_plan_is_named_and_the_rest_works() {
    let place = Place::new();
    place.write(
        ".tminus.toml",
        r#"
[[release]]
project = "a"
version = "1"
depends_on = ["b 1"]

[[release]]
project = "b"
version = "1"
depends_on = ["a 1"]

[[release]]
project = "c"
version = "1"
target = "2030-01-01"
"#,
    );
    let output = place.run(&["status"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("a 1") && said.contains("b 1") && said.contains("c 1"), "{said}");
    assert!(said.contains("Problems"), "{said}");
}

#[test]
fn text_from_outside_reaches_no_terminal_raw() {
    let place = Place::new();
    place.write(
        ".tminus.toml",
        "[[release]]\nproject = \"shop\"\nversion = \"1.0\"\n\n[[story]]\nkey = \"SHOP-1\"\nrelease = \"shop 1.0\"\ntitle = \"red \\u001b[31m bell \\u0007 reversed \\u202etxt.exe hidden \\u200b\"\nstatus = \"to do\"\n",
    );
    for format in ["text", "json", "markdown"] {
        let output = place.run(&["status", "--format", format]);
        let said = text(&output.stdout);
        assert!(said.contains("reversed"), "{said}");
        assert!(
            !said.chars().any(|c| (c.is_control() && c != '\n') || "\u{202e}\u{200b}".contains(c)),
            "{said:?}"
        );
        assert!(!said.contains("\\u001b") && !said.contains("\\u202e"), "{said}");
    }
}

#[test]
fn config_tells_where_settings_come_from() {
    let place = Place::new();
    place.write(".tminus.toml", "theme = \"light\"\n");
    let printed = text(&place.run(&["config", "print"]).stdout);
    let theme = printed.lines().find(|line| line.contains("theme")).unwrap_or_default();
    assert!(theme.contains("light") && theme.contains(".tminus.toml:1"), "{printed}");
    let path = text(&place.run(&["config", "path"]).stdout);
    assert!(path.contains(".tminus.toml"), "{path}");
    assert!(place.run(&["config", "check"]).status.success());
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let place = Place::new();
    let output = place.run(&["demo"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("tminus status"));
}

#[test]
fn a_mistyped_gate_is_an_error_and_not_a_gate_that_is_never_asked() {
    let place = Place::new();
    place.write(".tminus.toml", "[gates]\nrequired = [\"test\"]\n");
    let output = place.run(&["check", "--release", "x"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains(".tminus.toml:2") && said.contains("`tests`"), "{said}");
}

#[test]
fn gates_of_ones_own_decide_and_leave_their_evidence() {
    let place = Place::new();
    let rules = r#"
[[metric]]
name = "open ones"
items = "stories"
where = "-status:done"

[[gate]]
name = "At most one open"
metric = "open ones"
operator = "<="
threshold = 1

[gates]
disabled = ["stories"]
required = ["At most one open"]

[[release]]
project = "shop"
version = "1.0"
start = "2026-01-01"
target = "2030-01-01"
"#;
    let story = |number: u32, status: &str| {
        format!(
            "\n[[story]]\nkey = \"SHOP-{number}\"\nrelease = \"shop 1.0\"\nstatus = \"{status}\"\ncreated = \"2026-01-02\"\n"
        )
    };
    for (statuses, code, measured) in [
        (&["to do", "done", "done"][..], 0, "1"),
        (&["to do", "to do", "done"], 1, "2"),
        (&["to do", "parked", "done"], 3, "1 to 2"),
        (&["parked", "done", "done"], 0, "0 to 1"),
        (&[], 3, ""),
    ] {
        let stories = (1..).zip(statuses).map(|(number, status)| story(number, status));
        place.write(".tminus.toml", &stories.fold(rules.to_owned(), |plan, story| plan + &story));
        let output = place.run(&["check", "--release", "shop 1.0", "--format", "json"]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{statuses:?}\n{said}{}", text(&output.stderr));
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let gates = json["gates"].as_array().expect("gates");
        let own = gates.last().expect("a gate");
        assert_eq!(
            (&own["name"], &own["measured"]),
            (&"At most one open".into(), &measured.into()),
            "{said}"
        );
        let evidence = &own["evidence"];
        let keys: Vec<&str> = evidence["counted"]
            .as_array()
            .expect("rows")
            .iter()
            .filter_map(|row| row["key"].as_str())
            .collect();
        let open = statuses.iter().filter(|status| **status == "to do").count();
        assert_eq!(keys.len(), open, "{said}");
        assert_eq!(evidence["counted_more"], 0);
        if !statuses.is_empty() {
            assert_eq!(evidence["sources"][0]["id"], "plan", "{said}");
            assert_eq!(evidence["sources"][0]["answered_at"], json["sources"][0]["answered_at"]);
        }
    }
    let printed = text(&place.run(&["check", "--release", "shop 1.0"]).stdout);
    assert!(printed.contains("At most one open") && printed.contains("open ones"), "{printed}");
}

#[test]
fn diff_says_what_changed_since_and_who_should_hear_of_it() {
    let place = Place::new();
    let plan = |target: &str, status: &str, more: &str| {
        format!(
            r#"
[[release]]
project = "shop"
version = "1.0"
start = "2026-01-01"
target = "{target}"

[[release]]
project = "till"
version = "7"
owner = "ana"
depends_on = ["shop 1.0"]

[[story]]
key = "SHOP-1"
title = "Basket"
release = "shop 1.0"
status = "{status}"
created = "2026-01-02"
url = "https://tracker.example/SHOP-1"
{more}
"#
        )
    };
    place.write(".tminus.toml", &plan("2030-01-01", "to do", ""));
    let status: Value =
        serde_json::from_slice(&place.run(&["status", "--format", "json"]).stdout).expect("JSON");
    let then = status["at"].as_str().expect("an instant").to_owned();
    place.write(
        ".tminus.toml",
        &plan(
            "2030-02-01",
            "done",
            "[[story]]\nkey = \"SHOP-2\"\ntitle = \"Till\"\nrelease = \"shop 1.0\"\nstatus = \"to do\"\n\
             created = \"2026-01-02\"",
        ),
    );
    let since = ["diff", "--since", &then];
    let printed = place.run(&since);
    let told = text(&printed.stdout);
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    for line in [
        "1 turned green · 1 done · 1 added · 1 slipped",
        "SHOP-1 Basket  to do → done",
        "SHOP-2 Till  new",
        "shop 1.0  target Tue 1 Jan 23:59 2030 → Fri 1 Feb 23:59 2030",
        "till 7 waits for shop 1.0, whose scope, target changed (ana answers for it).",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    let json = place.run(&[&since[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&json["counts"]["done"], &json["counts"]["slipped"]), (&1.into(), &1.into()));
    assert_eq!(json["concerned"][0]["owner"], "ana");
    super::documents::assert_documented(&json);
    let markdown = text(&place.run(&[&since[..], &["--format", "markdown"]].concat()).stdout);
    assert!(
        markdown.contains("- [SHOP-1 Basket](<https://tracker.example/SHOP-1>): to do → done"),
        "{markdown}"
    );
    // Both instants from the history; nothing is asked.
    let stored = text(&place.run(&[&since[..], &["--until", "now"]].concat()).stdout);
    assert!(stored.contains("SHOP-1 Basket  to do → done"), "{stored}");
    for (arguments, code) in [
        (&["diff", "--since", "soon"][..], 2),
        (&["diff", "--since", "1h", "--until", "2h"], 2),
        (&["diff", "--since", "2020-01-01", "--until", "2020-01-02"], 2),
        (&["diff", "--since", "2020-01-01"], 0),
        (&["diff", "--demo=frozen"], 2),
        // No release of this project went out before.
        (&["diff", "--since", "last-release"], 2),
        (&["diff", "--since", "last-release", "--demo=frozen"], 0),
        (&["--demo=frozen", "--as-of", "yesterday"], 2),
    ] {
        assert_eq!(place.run(arguments).status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn what_if_says_so_and_never_answers_a_pipeline() {
    let place = Place::new();
    let ask = |arguments: &[&str]| place.run(&[&["--demo=frozen"], arguments].concat());
    let json = |arguments: &[&str]| {
        let output = ask(&[&["status", "--format", "json"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let truth = json(&[]);
    assert_eq!((&truth["assumptions"], &truth["truth"]), (&Value::Array(Vec::new()), &Value::Null));
    let name = truth["release"].as_str().expect("a release");
    let is_open =
        |story: &&Value| story["release"] == name && story["open"] == true && story["kind"] == "story";
    let story = truth["stories"].as_array().expect("stories").iter().find(is_open).expect("an open story");
    let key = story["key"].as_str().expect("a key");

    let leave_out = format!("leave-out={key}");
    let changes = ["--what-if", &leave_out, "--what-if", "target=+10d"];
    let then = json(&changes);
    let of = |board: &Value| {
        let releases = board["releases"].as_array().expect("releases");
        releases.iter().find(|release| release["name"] == name).expect("the release").clone()
    };
    let (is, was) = (of(&then), of(&truth));
    assert_eq!(then["assumptions"][0]["story"], key);
    assert_eq!(then["assumptions"][1]["kind"], "move_target");
    assert_eq!(then["truth"]["forecast"]["p85"], was["forecast"]["p85"]);
    assert_eq!(is["tally"]["stories"].as_u64().map(|count| count + 1), was["tally"]["stories"].as_u64());
    assert_ne!(is["target"], was["target"]);
    // Nothing of it stays.
    assert_eq!(json(&[]), truth);

    for (format, first) in
        [("text", "WHAT IF: this is not the truth"), ("markdown", "> **What if**: this is not")]
    {
        let output = ask(&[&["status", "--format", format], &changes[..]].concat());
        let printed = text(&output.stdout);
        assert!(printed.starts_with(first) && printed.contains(key), "{printed}");
    }
    for arguments in [
        &["check", "--release", name, "--what-if", "freeze-scope"][..],
        &["status", "--what-if", "it-rains"],
        &["status", "--what-if", "leave-out=NOBODY-1"],
    ] {
        let output = ask(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_schedule_is_a_calendar_that_can_be_read_again() {
    let place = Place::new();
    place.write(".tminus.toml", "time_zone = \"Europe/Berlin\"\n[source.calendar]\nfiles = [\"team.ics\"]\ninterval = \"1m\"\ndeployment_summaries = [\"Deploy {release} to {environment}\"]\n");
    let long = "a name that is longer than a line of a calendar may be, with commas, semicolons; and ümläuts";
    place.write(
        "team.ics",
        &format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Deploy payments 4.2 to production/eu\r\nDTSTART:20990105T080000Z\r\nDTEND:20990105T100000Z\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Freeze: {long}\r\nRRULE:FREQ=DAILY\r\nDTSTART;VALUE=DATE:20200101\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        ),
    );
    let written = text(&place.run(&["schedule", "--format", "ics"]).stdout);
    assert!(
        written.starts_with("BEGIN:VCALENDAR\r\n") && written.ends_with("END:VCALENDAR\r\n"),
        "{written}"
    );
    assert!(written.lines().all(|line| line.len() <= 75), "{written}");
    let uids = |written: &str| -> Vec<String> {
        written.lines().filter(|line| line.starts_with("UID:")).map(str::to_owned).collect()
    };
    let unique: std::collections::BTreeSet<_> = uids(&written).into_iter().collect();
    assert!(unique.len() > 300 && unique.len() == uids(&written).len());
    assert_eq!(uids(&text(&place.run(&["schedule", "--format", "ics"]).stdout)), uids(&written));
    // What tminus writes it reads: the same freezes, every day anew.
    place.write("team.ics", &written);
    let again = text(&place.run(&["schedule", "--format", "json"]).stdout);
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    let freezes = again["freezes"].as_array().expect("a list");
    assert_eq!(freezes.len(), unique.len(), "{again}");
    assert_eq!(freezes[0]["name"], format!("Freeze: {long}"));
    let lines = text(&place.run(&["schedule"]).stdout);
    assert!(lines.starts_with("Deployments: none\n") && lines.contains(long), "{lines}");
}

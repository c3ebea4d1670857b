//! Reports of other programs on the board: what turns a gate, and what does not.

use serde_json::Value;

use crate::support::Place;

const CONFIGURATION: &str = r#"
[[release]]
project = "shop"
version = "1.0"

[source.junit]
files = ["reports/*.xml"]

[source.csv]
files = ["stories.csv"]
project = "shop"
"#;

const STORIES: &str = "Issue key,Summary,Issue Type,Status,Created,Resolved,Fix Version/s\n\
SHOP-1,Basket,Story,Done,2026-01-02 10:00,2026-01-05 10:00,1.0\n";

fn gate(place: &Place, name: &str) -> (Option<i32>, Value) {
    let output = place.run(&["check", "--release", "shop 1.0", "--format", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let gates = json["gates"].as_array().expect("gates");
    let gate = gates.iter().find(|gate| gate["name"] == name).expect("the gate").clone();
    (output.status.code(), gate)
}

#[test]
fn the_gate_of_the_tests_follows_the_report() {
    let place = Place::new();
    place.write(".tminus.toml", CONFIGURATION);
    place.write("stories.csv", STORIES);
    let passed = r#"<testsuite name="unit"><testcase classname="till" name="opens"/></testsuite>"#;
    let failed =
        r#"<testsuite name="unit"><testcase classname="till" name="opens"><failure/></testcase></testsuite>"#;
    for (report, code, answer) in [
        (passed, 0, "go"),
        (failed, 1, "no_go"),
        // Half a report is no good news, nor is one that is gone.
        ("<testsuite name=\"unit\"><testcase", 3, "unknown"),
        (passed, 0, "go"),
    ] {
        place.write("reports/unit.xml", report);
        let (status, gate) = gate(&place, "tests");
        assert_eq!((status, gate["answer"].as_str()), (Some(code), Some(answer)), "{report}: {gate}");
    }
    std::fs::remove_file(place.work().join("reports/unit.xml")).expect("removed");
    let (status, gate) = gate(&place, "tests");
    assert_eq!((status, gate["answer"].as_str()), (Some(3), Some("unknown")), "{gate}");
}

#[test]
fn a_report_may_be_put_in() {
    let place = Place::new();
    place.write(".tminus.toml", "[[release]]\nproject = \"shop\"\nversion = \"1.0\"\n[source.csv]\nfiles = [\"stories.csv\"]\nproject = \"shop\"\n");
    place.write("stories.csv", STORIES);
    for (report, code) in [
        ("<testsuite name=\"unit\"><testcase name=\"opens\"/></testsuite>", 0),
        ("<testsuite name=\"unit\"><testcase name=\"opens\"><failure/></testcase></testsuite>", 1),
        ("", 3),
    ] {
        let output = place.run_with(&["check", "--release", "shop 1.0", "--junit", "-"], report);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{report}: {said}");
    }
}

#[test]
fn an_open_board_turns_red_when_the_report_changes() {
    let place = Place::new();
    place.write(".tminus.toml", CONFIGURATION);
    place.write("stories.csv", STORIES);
    place.write("reports/unit.xml", r#"<testsuite name="unit"><testcase name="opens"/></testsuite>"#);
    let mut terminal = place.open(&["--theme=dark"], 120, 36);
    terminal.wait_for("shop 1.0");
    terminal.wait_for("100 %");
    place.write(
        "reports/unit.xml",
        r#"<testsuite name="unit"><testcase name="opens"><error/></testcase></testsuite>"#,
    );
    terminal.wait_for("fix 1 failed test in unit");
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
}

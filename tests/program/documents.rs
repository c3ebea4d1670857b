//! What the documents say is what the program does.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::support::Place;

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("the document")
}

fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                found.insert(key.clone());
                // The names in a map from keys to digests are data.
                let is_digest = |value: &Value| value.as_str().is_some_and(|text| text.len() == 32);
                let names = |it: &serde_json::Map<_, _>| it.values().all(is_digest);
                if !(key == "configuration" && value.as_object().is_some_and(names)) {
                    keys(value, found);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// Every key of `json` is in docs/json.md.
pub(crate) fn assert_documented(json: &Value) {
    let (documented, mut found) = (document("docs/json.md"), BTreeSet::new());
    keys(json, &mut found);
    let is_missing = |key: &&String| {
        !documented.contains(&format!("`{key}`")) && !documented.contains(&format!("`{key}[]`"))
    };
    let missing: Vec<_> = found.iter().filter(is_missing).collect();
    assert!(found.len() > 3 && missing.is_empty(), "not in docs/json.md: {missing:?}");
}

#[test]
fn every_key_of_the_json_is_documented() {
    let place = Place::new();
    for arguments in [
        &["status", "--demo=frozen", "--format", "json"][..],
        &["check", "--demo=frozen", "--release", "payments 4.2", "--format", "json"],
        &["forecast", "--demo=frozen", "--format", "json"],
        &["recap", "--demo=frozen", "--release", "payments 4.1", "--format", "json"],
        &["schedule", "--demo=frozen", "--format", "json"],
        &["environments", "--demo=frozen", "--format", "json"],
        &["insights", "--demo=frozen", "--format", "json"],
        &["trace", "payments 4.2", "--demo=frozen", "--format", "json"],
        &["doctor", "--format", "json"],
    ] {
        assert_documented(&serde_json::from_slice(&place.run(arguments).stdout).expect("JSON"));
    }
}

#[test]
fn every_command_is_documented() {
    let place = Place::new();
    let documented = document("docs/commands.md");
    let help = String::from_utf8(place.run(&["--help"]).stdout).expect("text");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    // Names are indented by two; what goes on in a further line by more.
    let lines = commands.take_while(|line| !line.is_empty() && !line.ends_with(':'));
    let names: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?.split(' ').next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() > 15, "{help}");
    let missing: Vec<_> =
        names.iter().filter(|name| !documented.contains(&format!("`tminus {name}"))).collect();
    assert!(missing.is_empty(), "not in docs/commands.md: {missing:?}");
}

/// The tables in docs/forecast.md are those that the command prints. With `UPDATE_DOCUMENTS`
/// set they are written.
#[test]
fn the_scores_of_the_forecast_are_those_of_the_command() {
    let place = Place::new();
    let items = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/forecast/releases.csv");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/forecast.md");
    let mut text = document("docs/forecast.md");
    for scope in ["emerging", "fixed"] {
        let output = place.run(&["backtest", "--items", &items.display().to_string(), "--scope", scope]);
        let printed = String::from_utf8(output.stdout).expect("text");
        let table: String = printed
            .lines()
            .take_while(|line| !line.starts_with("helm"))
            .fold(String::new(), |table, line| table + line + "\n");
        assert!(table.contains("tminus"), "{table}");
        let marker = format!("<!-- backtest: {scope} -->\n");
        let block = format!("{marker}\n```text\n{}\n```\n", table.trim_end());
        if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
            let start = text.find(&marker).expect("the marker");
            let rest = &text[start + marker.len()..];
            let rest = match rest.strip_prefix("\n```text\n") {
                Some(old) => &old[old.find("```\n").expect("the end") + 4..],
                None => rest,
            };
            text = format!("{}{block}{rest}", &text[..start]);
            fs::write(&path, &text).expect("written");
        }
        assert!(text.contains(&block), "docs/forecast.md differs; UPDATE_DOCUMENTS=1 writes it:\n{table}");
    }
}

#[test]
fn the_plan_of_this_repository_is_in_order() {
    let place = Place::new();
    place.write(".tminus.toml", &document(".tminus.toml"));
    let checked = place.run(&["config", "check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let status = place.run(&["status"]);
    assert!(String::from_utf8_lossy(&status.stdout).contains("tminus 0.1.0"));
}

/// The examples of docs/gates.md can be used, and its mistake is said as it is printed there.
#[test]
fn the_document_of_the_gates_is_right() {
    let place = Place::new();
    let text = document("docs/gates.md");
    let blocks = |kind: &str| -> Vec<String> {
        let mark = format!("```{kind}\n");
        let parts = text.split(&mark).skip(1);
        parts.map(|part| part.split("```").next().unwrap_or_default().to_owned()).collect()
    };
    let examples = blocks("toml");
    assert_eq!(examples.len(), 2);
    for example in examples {
        place.write(".tminus.toml", &example);
        let checked = place.run(&["config", "check"]);
        assert!(checked.status.success(), "{example}\n{}", String::from_utf8_lossy(&checked.stderr));
    }
    place.write(".tminus.toml", "[[metric]]\nname = \"a\"\nitems = \"defects\"\nwhere = \"is:opne\"\n");
    let checked = place.run(&["config", "check"]);
    assert_eq!(checked.status.code(), Some(2));
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    let mistakes = blocks("text");
    assert!(mistakes.len() == 1 && said.contains(mistakes[0].trim_end()), "{said}");
}

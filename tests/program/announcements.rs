//! `tminus announce`: each change once.

use serde_json::Value;

use crate::{documents::assert_documented, support::Place};

fn plan(place: &Place, first: &str, second: &str) {
    place.write(
        ".tminus.toml",
        &format!(
            r#"
project = "shop"

[[release]]
version = "1.0"

[[release]]
version = "2.0"

[[story]]
key = "SHOP-1"
title = "Basket"
release = "shop 1.0"
created = "2026-01-02"
url = "https://example.org/SHOP-1"
status = "{first}"

[[story]]
key = "SHOP-2"
title = "Till"
release = "shop 2.0"
created = "2026-01-02"
status = "{second}"
"#
        ),
    );
}

/// What it says on the standard output and on the standard error.
fn said(place: &Place, arguments: &[&str]) -> (String, String) {
    let output = place.run(&[&["announce"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn each_change_is_announced_once_to_who_asks_for_all_and_who_asks_for_one_release() {
    let place = Place::new();
    plan(&place, "to do", "to do");
    let (told, note) = said(&place, &[]);
    assert!(told.is_empty() && note.contains("nothing was known before"), "{told}{note}");
    assert!(said(&place, &["--release", "2.0"]).0.is_empty());
    assert_eq!(said(&place, &[]), (String::new(), String::new()), "nothing changed");
    let status = place.run(&["status", "--format", "json"]);
    let status: Value = serde_json::from_slice(&status.stdout).expect("JSON");
    plan(&place, "done", "in progress");
    let looked = said(&place, &["--since", status["at"].as_str().expect("an instant"), "--format", "json"]);
    let (told, note) = said(&place, &["--format", "markdown"]);
    assert!(told.contains("- [SHOP-1 Basket](<https://example.org/SHOP-1>) "), "{told}{note}");
    assert!(told.contains(" is done: ") && told.contains("SHOP-2"), "{told}");
    assert_eq!(said(&place, &[]), (String::new(), String::new()), "it was announced");
    let (one, _) = said(&place, &["--release", "2.0"]);
    assert!(one.contains("SHOP-2 Till (shop 2.0) moved: to do → in progress"), "{one}");
    assert!(!one.contains("SHOP-1"), "{one}");
    // What is looked at is no announcement, and says the same in other words.
    let json: Value = serde_json::from_str(&looked.0).expect("JSON");
    let sentences = json["changes"].as_array().expect("changes").iter();
    let sentences: Vec<&str> = sentences.filter_map(|change| change["sentence"].as_str()).collect();
    assert!(
        sentences.iter().any(|said| said.starts_with("SHOP-1 Basket (shop 1.0) is done: ")),
        "{sentences:?}"
    );
    assert_documented(&json);
}

#[test]
fn what_cannot_be_announced_is_said() {
    let place = Place::new();
    plan(&place, "to do", "to do");
    for wrong in
        [&["--as-of", "yesterday"][..], &["--demo=frozen"], &["--since", "tomorrow"], &["--release", "9.9"]]
    {
        let output = place.run(&[&["announce"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{wrong:?}");
    }
}

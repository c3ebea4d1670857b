//! `tminus forecast`: the same dates as everywhere, and an exit code that says whether there are any.

use serde_json::Value;

use crate::support::Place;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn json(place: &Place, arguments: &[&str]) -> Value {
    let printed = place.run(&[arguments, &["--format", "json"]].concat());
    assert!(printed.status.success(), "{arguments:?}: {}", text(&printed.stderr));
    serde_json::from_slice(&printed.stdout).expect("JSON")
}

#[test]
fn a_forecast_says_what_the_board_says_and_what_it_rests_on() {
    let place = Place::new();
    let (all, status) =
        (json(&place, &["forecast", "--demo=frozen"]), json(&place, &["status", "--demo=frozen"]));
    assert_eq!(all["schema_version"], 1);
    let releases = all["releases"].as_array().expect("releases");
    assert!(releases.len() > 2 && releases.iter().all(|release| release["released_at"].is_null()));
    for release in releases {
        let same = status["releases"].as_array().expect("releases").iter();
        let same = same.filter(|other| other["name"] == release["name"]).collect::<Vec<_>>();
        for (key, value) in same[0]["forecast"].as_object().expect("a forecast") {
            assert_eq!(release["forecast"][key], *value, "{key} of {}", release["name"]);
        }
        assert_eq!(release["outlook"], same[0]["outlook"]);
    }
    let name = status["release"].as_str().expect("a name");
    let one = json(&place, &["forecast", "--demo=frozen", "--release", name]);
    assert_eq!(one["releases"].as_array().map(Vec::len), Some(1));
    let forecast = &one["releases"][0]["forecast"];
    // The factors are those of which the middle of the road is the product.
    assert!(forecast["basis"]["effects"].as_array().is_some_and(|effects| effects.len() == 5));
    assert!(forecast["calibrated"] == true && forecast["held"].is_number(), "{forecast}");
    for remedy in one["releases"][0]["remedies"].as_array().expect("remedies") {
        assert!(remedy["days_saved"].as_f64().is_some_and(|days| days > 0.0), "{remedy}");
    }
    let headline = text(&place.run(&["status", "--demo=frozen"]).stdout);
    let headline = headline.lines().next().expect("a headline").to_owned();
    let written = text(&place.run(&["forecast", "--demo=frozen", "--release", name]).stdout);
    assert!(written.starts_with(&headline), "{headline} is not in {written}");
    for said in ["Dates\n  P50 ", "held their P85 date", "days are typical", "Counted from"] {
        assert!(written.contains(said), "{said} is not in {written}");
    }
    let page =
        text(&place.run(&["forecast", "--demo=frozen", "--release", name, "--format", "markdown"]).stdout);
    assert!(page.starts_with(&format!("# {name}\n")) && page.contains("## Why these dates"), "{page}");
    let lines = text(&place.run(&["forecast", "--demo=frozen"]).stdout);
    assert!(
        releases.iter().all(|release| lines.contains(release["name"].as_str().expect("a name"))),
        "{lines}"
    );
}

#[test]
fn a_forecast_of_the_past_is_as_good_as_one_of_now() {
    let place = Place::new();
    let data = place.data().display().to_string();
    let asked = ["forecast", "--demo=frozen", "--data-dir", &data, "--release", "payments 4.2"];
    let now = json(&place, &asked);
    let then = json(&place, &[&asked[..], &["--as-of", "2026-11-22 09:24"]].concat());
    assert_eq!(then["releases"][0]["forecast"], now["releases"][0]["forecast"]);
    let before = place.run(&[&asked[..], &["--as-of", "2020-01-01"]].concat());
    assert_eq!(before.status.code(), Some(2), "{}", text(&before.stderr));
}

#[test]
fn a_forecast_answers_by_its_exit_code() {
    let place = Place::new();
    let nothing = place.run(&["forecast"]);
    assert_eq!(nothing.status.code(), Some(3), "{}", text(&nothing.stdout));
    assert!(text(&nothing.stdout).contains("no release is in the making"));
    place.write(
        ".tminus.toml",
        r#"
project = "shop"

[[release]]
version = "0.9"
released = "2025-12-01"

[[release]]
version = "1.0"
start = "2026-01-01"
target = "2030-01-01"

[[release]]
version = "2.0"

[[story]]
key = "SHOP-1"
release = "shop 1.0"
created = "2026-01-02"
done = "2026-01-05"

[[story]]
key = "SHOP-2"
release = "shop 2.0"
status = "to do"
created = "2026-01-02"
"#,
    );
    for (arguments, code, said) in [
        (&["forecast"][..], 0, "2 releases in the making"),
        (&["forecast", "--release", "1.0"], 0, "all stories ready"),
        (&["forecast", "--release", "0.9"], 0, "when it went out"),
        (&["forecast", "--release", "2.0"], 3, "no forecast: nothing is done yet"),
        (&["forecast", "--release", "2.0", "--format", "json"], 3, "\"withheld\""),
        (&["forecast", "--release", "4.0"], 2, "no release `4.0`"),
        (&["forecast", "--format", "html"], 2, "html"),
    ] {
        let output = place.run(arguments);
        let told = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{told}");
        assert!(told.contains(said), "{arguments:?}: {said} is not in {told}");
    }
    // A release may be missing because who knows it did not answer.
    place.write(".tminus.toml", "[source.plan]\nfiles = [\"gone.toml\"]\n");
    assert_eq!(place.run(&["forecast", "--release", "1.0"]).status.code(), Some(3));
}

//! `tminus doctor`, and the forge that joins by itself: on this machine alone, where nobody answers.

use serde_json::Value;

use crate::support::Place;

/// A host that refuses at once, wherever the test runs: nothing listens on the first port.
const REFUSES: &str = "127.0.0.1:1";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// What `doctor --format json` says, and how it ends.
fn examined(place: &Place, arguments: &[&str]) -> (Value, Option<i32>) {
    let mut all = vec!["doctor", "--format", "json"];
    all.extend(arguments);
    let output = place.run(&all);
    let json = serde_json::from_slice(&output.stdout).expect("JSON");
    (json, output.status.code())
}

fn section<'a>(report: &'a Value, name: &str) -> &'a Value {
    let sections = report["sections"].as_array().expect("sections");
    sections.iter().find(|section| section["name"] == name).expect("the section")
}

fn commit(place: &Place) {
    place.git(&["init", "--quiet", "--initial-branch=main"], "");
    let stream = "commit refs/heads/main\ncommitter Ana <ana@example.org> 1788000000 +0100\ndata 5\nBegin\nM 100644 inline file\ndata 1\nx\n\nreset refs/tags/v1.0.0\nfrom refs/heads/main\n";
    place.git(&["fast-import", "--quiet"], stream);
}

/// A repository whose remotes are at a host that `gh` knows and that refuses.
fn at_home(place: &Place) {
    commit(place);
    place.write(
        "../config/gh/hosts.yml",
        &format!("\"{REFUSES}\":\n    user: ada\n    oauth_token: gho_s3cret\n"),
    );
    place.git(&["remote", "add", "origin", &format!("https://{REFUSES}/me/r.git")], "");
    place.git(&["remote", "add", "upstream", &format!("https://{REFUSES}/o/r.git")], "");
}

#[test]
fn in_a_demo_and_in_a_plain_repository_all_is_in_order() {
    let place = Place::new();
    let (report, code) = examined(&place, &["--demo=frozen"]);
    assert_eq!((code, &report["state"]), (Some(0), &Value::from("good")), "{report:#}");
    assert_eq!(section(&report, "demo")["part"], "in_use");
    assert_eq!(report["schema_version"], 1);

    commit(&place);
    let (report, code) = examined(&place, &[]);
    assert_eq!((code, &section(&report, "git")["state"]), (Some(0), &Value::from("good")), "{report:#}");
    for (name, part) in [("git", "in_use"), ("plan", "not_there"), ("github", "not_there")] {
        assert_eq!(section(&report, name)["part"], part, "{report:#}");
    }
    let said = text(&place.run(&["doctor"]).stdout);
    assert!(said.contains("Europe/Berlin") && said.contains("TERM is xterm-256color"), "{said}");
    assert!(!said.contains('\u{1b}'), "no colours where there is no terminal: {said}");
}

#[test]
fn the_history_is_measured_once_there_is_one() {
    let place = Place::new();
    commit(&place);
    assert!(place.run(&["status"]).status.success());
    let (report, code) = examined(&place, &[]);
    let points = section(&report, "history")["points"].as_array().expect("points").clone();
    let of = |subject: &str| {
        points
            .iter()
            .find(|point| point["subject"] == subject)
            .map_or(Value::Null, |point| point["what"].clone())
    };
    assert_eq!((code, of("readable")), (Some(0), Value::from("the past of git")), "{report:#}");
    assert!(
        of("size").as_str().is_some_and(|size| size.ends_with("kB") || size.ends_with("MB")),
        "{report:#}"
    );
}

#[test]
fn a_broken_configuration_is_a_point_and_not_the_end() {
    let place = Place::new();
    place.write(".tminus.toml", "tiem_zone = \"UTC\"\n");
    let output = place.run(&["doctor"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(".tminus.toml:1:1") && said.contains("time_zone") && said.contains("TERM is"),
        "{said}"
    );
    let (report, _) = examined(&place, &[]);
    assert_eq!(section(&report, "configuration")["state"], "bad");
}

#[test]
fn a_service_that_refuses_is_said_with_what_to_do_and_without_the_token() {
    let place = Place::new();
    let token = place.work().join("../config/token");
    std::fs::write(&token, "gho_s3cret").expect("a file");
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a mode");
    place.write(
        "../config/tminus/config.toml",
        &format!(
            "[source.github]\nhost = \"{REFUSES}\"\nrepositories = [\"o/r\"]\ntoken_file = \"../token\"\n"
        ),
    );
    let (report, code) = examined(&place, &[]);
    let github = section(&report, "github");
    assert_eq!(
        (code, &github["part"], &github["state"]),
        (Some(1), &"in_use".into(), &"bad".into()),
        "{report:#}"
    );
    assert!(github["points"].to_string().contains("cannot reach 127.0.0.1"), "{report:#}");
    let output = place.run(&["doctor"]);
    let said = text(&output.stdout) + &text(&output.stderr) + &report.to_string();
    assert!(!said.contains("s3cret"), "{said}");
    // The worst is where it is seen.
    let last = said.find("github: in use").expect("github");
    assert!(said.find("machine").is_some_and(|machine| machine < last), "{said}");

    let (report, code) = examined(&place, &["--offline"]);
    assert_eq!((code, &section(&report, "github")["part"]), (Some(0), &"not_asked".into()), "{report:#}");
}

#[test]
fn a_forge_joins_its_repository_by_itself_and_says_how_to_do_without() {
    let place = Place::new();
    at_home(&place);
    let (report, code) = examined(&place, &[]);
    let github = section(&report, "github");
    assert_eq!((code, &github["part"]), (Some(1), &"joined".into()), "{report:#}");
    assert!(github["about"].to_string().contains("`upstream` is o/r at 127.0.0.1:1"), "{report:#}");
    assert!(github.to_string().contains("source.github.enabled = false"), "{report:#}");

    let output = place.run(&["status"]);
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains("1.0.0"), "what the repository knows is shown: {said}");
    assert!(said.contains("cannot reach 127.0.0.1"), "{said}");
    assert!(said.contains("what o/r at 127.0.0.1:1 knows of the release is unknown"), "{said}");
    assert!(said.contains("source.github.enabled = false"), "{said}");

    // The board is the same one with and without it: its past stays.
    place.write(".tminus.toml", "source.github.enabled = false\n");
    let (report, code) = examined(&place, &[]);
    assert_eq!((code, &section(&report, "github")["part"]), (Some(0), &"switched_off".into()), "{report:#}");
    assert!(section(&report, "history").to_string().contains("the past of git"), "{report:#}");
    let said = text(&place.run(&["status"]).stdout);
    assert!(!said.contains("github"), "{said}");
}

#[test]
fn a_gitlab_joins_as_well() {
    let place = Place::new();
    commit(&place);
    let hosts = format!("hosts:\n    \"{REFUSES}\":\n        token: glpat-s3cret\n");
    place.write("../config/glab-cli/config.yml", &hosts);
    place.git(&["remote", "add", "origin", &format!("https://{REFUSES}/group/sub/r.git")], "");
    let (report, code) = examined(&place, &[]);
    let gitlab = section(&report, "gitlab");
    assert_eq!((code, &gitlab["part"]), (Some(1), &"joined".into()), "{report:#}");
    assert!(gitlab["about"].to_string().contains("group/sub/r at 127.0.0.1:1"), "{report:#}");
    assert!(gitlab.to_string().contains("source.gitlab.enabled = false"), "{report:#}");
    assert!(!report.to_string().contains("s3cret"), "{report:#}");
    assert_eq!(section(&report, "github")["part"], "not_there");
}

#[test]
fn a_remote_at_a_host_that_nobody_knows_is_not_asked() {
    let place = Place::new();
    commit(&place);
    place.git(&["remote", "add", "origin", &format!("https://{REFUSES}/o/r.git")], "");
    let (report, code) = examined(&place, &[]);
    let github = section(&report, "github");
    assert_eq!((code, &github["part"]), (Some(0), &"not_there".into()), "{report:#}");
    assert!(github["about"].to_string().contains("gh auth login --hostname 127.0.0.1:1"), "{report:#}");
}

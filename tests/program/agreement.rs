//! What the board says of a repository is what git says of it.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::Value;

use crate::support::Place;

/// A repository with squashed pull requests, merged ones, plain commits, annotated and plain
/// tags, a maintenance branch, a branch that was squashed and one that is open.
fn make(place: &Place) {
    let mut stream = String::new();
    let mut mark = 0;
    let mut commit = |stream: &mut String, branch: &str, day: u32, subject: &str, from: &[&str]| {
        mark += 1;
        let seconds = 1_788_000_000 + 86_400 * u64::from(day);
        let _ = writeln!(stream, "commit refs/heads/{branch}\nmark :{mark}");
        for role in ["author", "committer"] {
            let _ = writeln!(stream, "{role} Ana <ana@example.org> {seconds} +0100");
        }
        let _ = writeln!(stream, "data {}\n{subject}", subject.len());
        for (index, parent) in from.iter().enumerate() {
            let _ = writeln!(stream, "{} {parent}", if index == 0 { "from" } else { "merge" });
        }
        let _ = writeln!(stream, "M 100644 inline file-{mark}\ndata 2\n{}\n", mark % 10);
        format!(":{mark}")
    };
    let mut tags = String::new();
    let mut last = commit(&mut stream, "main", 0, "Begin", &[]);
    let mut number = 0;
    for (version, day) in [("1.0.0", 10), ("1.1.0", 24), ("1.2.0", 38), ("1.3.0", 52)] {
        for offset in 0..4 {
            number += 1;
            let subject = format!("Improve part {number} (#{number})");
            last = commit(&mut stream, "main", day - 9 + offset, &subject, &[&last]);
        }
        number += 1;
        let side = commit(&mut stream, "side", day - 4, &format!("Work of {number}"), &[&last]);
        let subject = format!("Merge pull request #{number} from ana/side\n\nBring part {number}");
        last = commit(&mut stream, "main", day - 3, &subject, &[&last, &side]);
        last = commit(&mut stream, "main", day - 2, "Release by hand", &[&last]);
        let _ = writeln!(tags, "reset refs/tags/v{version}\nfrom {last}\n");
        if version == "1.1.0" {
            let fix = commit(&mut stream, "maintenance", day + 5, "Mend it (#900)", &[&last]);
            let _ = writeln!(tags, "reset refs/tags/v1.1.1\nfrom {fix}\n");
        }
    }
    for offset in 0..3 {
        number += 1;
        last = commit(&mut stream, "main", 53 + offset, &format!("Next part {number} (#{number})"), &[&last]);
    }
    stream.push_str(&tags);
    place.git(&["init", "--quiet", "--initial-branch=main"], "");
    place.git(&["fast-import", "--quiet"], &stream);
    place.git(&["update-ref", "-d", "refs/heads/side"], "");
}

/// Numbers of pull requests in the subjects of `range`, as git lists them.
fn numbers(place: &Place, range: &str) -> BTreeSet<u64> {
    let subjects = place.git(&["log", "--format=%s", range], "");
    subjects
        .lines()
        .filter_map(|subject| {
            let (_, rest) = subject.rsplit_once('#')?;
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        })
        .collect()
}

#[test]
fn releases_and_their_pull_requests_are_what_git_says() {
    let place = Place::new();
    make(&place);
    let output = place.run(&["status", "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let board: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let releases = board["releases"].as_array().expect("releases");

    let tags: BTreeSet<String> = place.git(&["tag", "--list"], "").lines().map(str::to_owned).collect();
    let shown: BTreeSet<String> =
        releases.iter().filter_map(|release| release["tag"].as_str()).map(str::to_owned).collect();
    assert_eq!(shown, tags);

    let of_release = |name: &Value| -> BTreeSet<u64> {
        let requests = board["pull_requests"].as_array().expect("pull requests");
        requests.iter().filter(|p| p["release"] == *name).filter_map(|p| p["number"].as_u64()).collect()
    };
    for (tag, range) in [
        ("v1.0.0", "v1.0.0"),
        ("v1.1.0", "v1.0.0..v1.1.0"),
        ("v1.1.1", "v1.1.0..v1.1.1"),
        ("v1.2.0", "v1.1.0..v1.2.0"),
        ("v1.3.0", "v1.2.0..v1.3.0"),
    ] {
        let release = releases.iter().find(|release| release["tag"] == tag).expect(tag);
        assert_eq!(of_release(&release["name"]), numbers(&place, range), "{tag}");
        let commit = place.git(&["rev-parse", &format!("{tag}^{{commit}}")], "");
        assert_eq!(release["commit"].as_str(), Some(commit.trim()), "{tag}");
        assert!(release["released_at"].is_string());
    }

    let next =
        releases.iter().find(|release| release["released_at"].is_null()).expect("a release in progress");
    assert_eq!(next["version"], "1.4.0");
    assert_eq!(of_release(&next["name"]), numbers(&place, "v1.3.0..main"));
    let head = place.git(&["rev-parse", "main"], "");
    assert_eq!(next["commit"].as_str(), Some(head.trim()));
    assert_ne!(next["outlook"], "late", "nobody promised an estimated target");
}

#[test]
fn a_repository_without_commits_and_a_shallow_one_are_named() {
    let empty = Place::new();
    empty.git(&["init", "--quiet", "--initial-branch=main"], "");
    let output = empty.run(&["status"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("no commit"), "{said}");

    let shallow = Place::new();
    make(&shallow);
    let tip = shallow.git(&["rev-parse", "v1.3.0^{commit}"], "");
    shallow.write(".git/shallow", &tip);
    let said = String::from_utf8_lossy(&shallow.run(&["status"]).stdout).into_owned();
    assert!(said.contains("shallow") && said.contains("unshallow"), "{said}");
}

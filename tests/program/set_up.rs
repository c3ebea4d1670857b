//! The commands that set the program up: `init`, `themes`, `completions`, `man`.

use std::{fs, process::Command};

use crate::support::Place;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// Runs a command that shall succeed; what it printed.
fn printed(place: &Place, arguments: &[&str]) -> String {
    let output = place.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn init_writes_a_file_that_is_right_and_takes_none_away() {
    let place = Place::new();
    let shown = place.run(&["init", "--print"]);
    assert!(shown.status.success() && text(&shown.stderr).contains("tminus demo"));
    let file = place.work().join(".tminus.toml");
    assert!(!file.exists(), "--print writes nothing");
    let said = printed(&place, &["init"]);
    assert!(said.starts_with("wrote .tminus.toml\n") && said.contains("tminus demo"), "{said}");
    let written = fs::read_to_string(&file).expect("the file");
    assert_eq!(written, text(&shown.stdout), "the same as is printed");
    assert_eq!(printed(&place, &["config", "check"]), ".tminus.toml: in order\n");
    place.write(".tminus.toml", "board = \"mine\"\n");
    let refused = place.run(&["init"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--force"), "{}", text(&refused.stderr));
    assert_eq!(fs::read_to_string(&file).expect("the file"), "board = \"mine\"\n");
    printed(&place, &["init", "--force"]);
    assert_eq!(fs::read_to_string(&file).expect("the file"), written);
    // It may have held what stands nowhere else, and once more takes nothing away.
    printed(&place, &["init", "--force"]);
    let before = place.work().join(".tminus.toml.before");
    assert_eq!(fs::read_to_string(before).expect("what it was before"), "board = \"mine\"\n");
}

#[test]
fn init_finds_repository_forge_reports_and_plan() {
    let place = Place::new();
    place.git(&["init", "--quiet", "--initial-branch=main"], "");
    place.git(&["remote", "add", "origin", "git@github.com:acme/pay.git"], "");
    let suite = "<testsuite name=\"a\" tests=\"1\"><testcase name=\"b\"/></testsuite>";
    for file in ["api/target/surefire-reports/TEST-a.xml", "web/target/surefire-reports/TEST-b.xml"] {
        place.write(file, suite);
    }
    place.write("pom.xml", "<project/>");
    place.write("scan.sarif", "{\"version\": \"2.1.0\", \"runs\": []}");
    place.write("plan/next.toml", "[[release]]\nname = \"pay 1.0\"\ntarget = 2026-12-01\n");
    place.write("deep/down/here.txt", "");
    let said = printed(&place, &["init"]);
    for found in [
        "acme/pay at github.com, by the remote `origin`",
        "2 test reports: */target/surefire-reports/TEST-*.xml",
        "1 report of an analyzer: scan.sarif",
        "plan/next.toml",
        "gh auth login --hostname github.com",
        "GH_TOKEN",
    ] {
        assert!(said.contains(found), "{found} is not in {said}");
    }
    assert_eq!(printed(&place, &["config", "check"]), ".tminus.toml: in order\n");
    let holds = printed(&place, &["config", "print"]);
    for line in ["repositories = [\"acme/pay\"]", "surefire-reports", "scan.sarif", "next.toml"] {
        assert!(holds.contains(line), "{line} is not in {holds}");
    }
    // What it names is read.
    let board = printed(&place, &["status", "--offline", "--format", "json"]);
    assert!(board.contains("\"junit\"") && board.contains("\"github\""), "{board}");
}

#[test]
fn init_keeps_the_board_whose_past_is_kept() {
    let place = Place::new();
    place.git(&["init", "--quiet", "--initial-branch=main"], "");
    let author = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"];
    place.git(&[&author[..], &["commit", "--quiet", "--allow-empty", "--message=one"]].concat(), "");
    printed(&place, &["status"]);
    place.git(&["remote", "add", "origin", "git@github.com:acme/pay.git"], "");
    printed(&place, &["init"]);
    let written = fs::read_to_string(place.work().join(".tminus.toml")).expect("the file");
    assert!(written.contains("\n#repositories = [\"acme/pay\"]\n"), "{written}");
    let listed = printed(&place, &["history", "list", "--format", "json"]);
    assert!(listed.contains("\"git\""), "the past is there: {listed}");
}

#[test]
fn themes_are_listed_and_told() {
    let place = Place::new();
    let listed = printed(&place, &["themes"]);
    assert!(listed.starts_with("theme: dark") && listed.contains("* dark"), "{listed}");
    for name in ["light", "high-contrast", "ansi"] {
        assert!(listed.contains(&format!("  {name}")), "{listed}");
    }
    assert!(!listed.contains('\u{1b}'), "it is no terminal");
    let light = printed(&place, &["themes", "--theme", "light"]);
    assert!(light.starts_with("theme: light (set by flag (--theme))"), "{light}");
    let painted = printed(&place, &["themes", "--color", "truecolor"]);
    assert!(painted.contains("\u{1b}[38;2;"), "{painted}");
    let one = printed(&place, &["themes", "dark"]);
    assert!(one.contains("at_risk") && one.contains("#e3b341") && one.contains("May get late."), "{one}");
    let wrong = place.run(&["themes", "drak"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("did you mean `dark`?"), "{}", text(&wrong.stderr));
}

#[test]
fn every_shell_can_complete_the_command_line() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&place, &["completions", shell]);
        for word in ["forecast", "as-of", "verify"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(place.run(&["completions", "tcsh"]).status.code(), Some(2));
    place.write("tminus.bash", &printed(&place, &["completions", "bash"]));
    let script = "source ./tminus.bash && complete -p tminus || exit 1
        ask() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _tminus tminus \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; echo \"${COMPREPLY[@]}\"; }
        ask tminus fore; ask tminus forecast --format m; ask tminus history ver";
    let asked = Command::new("bash").args(["--norc", "-c", script]).current_dir(place.work()).output();
    let asked = asked.expect("bash completes its own script");
    let said = text(&asked.stdout);
    let lines: Vec<&str> = said.lines().skip(1).collect();
    assert!(
        said.starts_with("complete ") && said.contains(" -F _tminus tminus\n") && asked.status.success(),
        "{said}{}",
        text(&asked.stderr)
    );
    assert_eq!(lines, ["forecast", "markdown", "verify"]);
}

#[test]
fn manual_pages_are_printed_and_written() {
    let place = Place::new();
    let page = printed(&place, &["man"]);
    assert!(page.contains(".TH tminus 1") && page.contains("EXIT STATUS"), "{page}");
    assert!(printed(&place, &["man", "history", "list"]).contains(".TH tminus-history-list 1"));
    fs::create_dir(place.work().join("man1")).expect("a directory");
    let said = printed(&place, &["man", "--out", "man1"]);
    assert!(
        said.lines().count() > 20 && said.lines().all(|file| place.work().join(file).is_file()),
        "{said}"
    );
    assert_eq!(fs::read_to_string(place.work().join("man1/tminus.1")).expect("the page"), page);
    for wrong in [&["man", "forcast"][..], &["man", "--out", "missing"], &["man", "status", "--out", "man1"]]
    {
        assert_eq!(place.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

//! The board on a real terminal: every way in and every way out.

use std::path::Path;

use crate::support::Place;

const DEMO: [&str; 3] = ["demo", "--frozen", "--theme=dark"];

#[test]
fn it_opens_switches_tabs_and_leaves_nothing_behind() {
    let place = Place::new();
    let mut terminal = place.open(&DEMO, 120, 36);
    let first = terminal.wait_for("Burn-down");
    assert!(
        first.lines().next().unwrap_or_default().contains("payments"),
        "the answer comes first:\n{first}"
    );
    terminal.send("2");
    terminal.wait_for("next step");
    terminal.send("?");
    terminal.wait_for("Move");
    terminal.send("\x1b");
    terminal.wait_until("the help goes", |screen| !screen.contents().contains("half a page"));
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

#[test]
fn it_follows_the_size_of_the_terminal() {
    let place = Place::new();
    let mut terminal = place.open(&DEMO, 120, 36);
    terminal.wait_for("Burn-down");
    terminal.resize(80, 24);
    terminal.wait_until("the footer in the last row", |screen| {
        screen.contents_between(23, 0, 23, 80).contains("help")
    });
    terminal.resize(39, 9);
    terminal.wait_until("one line", |screen| {
        let contents = screen.contents();
        contents.contains("payments") && !contents.contains("Burn-down")
    });
    terminal.resize(200, 50);
    terminal.wait_for("Burn-down");
    terminal.send("\x03");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

#[test]
fn signals_end_it_and_give_the_terminal_back() {
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)] {
        let place = Place::new();
        let mut terminal = place.open(&DEMO, 80, 24);
        terminal.wait_for("payments");
        terminal.signal(signal);
        assert_eq!(terminal.end(), code, "{signal}");
        terminal.assert_restored();
    }
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let place = Place::new();
    let mut terminal = place.open(&DEMO, 80, 24);
    terminal.wait_for("payments");
    terminal.vanish();
    // With or without the signal of the system: it ends.
    assert_ne!(terminal.end(), 0);
}

#[test]
fn it_stops_and_continues_like_any_program_of_a_shell() {
    let place = Place::new();
    let program = env!("CARGO_BIN_EXE_tminus");
    let script = format!(
        "'{program}' demo --frozen --theme=dark; echo STOPPED; read answer; fg >/dev/null; echo ENDED $?"
    );
    let mut terminal = place.open_program(Path::new("/bin/sh"), &["-mc".to_owned(), script], 100, 30);
    terminal.wait_for("Burn-down");
    terminal.send("\x1a");
    terminal.wait_for("STOPPED");
    terminal.assert_restored();
    terminal.send("\n");
    terminal.wait_until("the board again", |screen| {
        screen.alternate_screen() && screen.contents().contains("Burn-down")
    });
    terminal.send("2");
    terminal.wait_for("next step");
    terminal.send("q");
    terminal.wait_for("ENDED 0");
    terminal.assert_restored();
}

#[test]
fn the_board_of_the_last_visit_comes_back() {
    let place = Place::new();
    let plan = "[[release]]\nproject = \"shop\"\nversion = \"1.0\"\ntarget = \"2030-01-01\"\n";
    place.write(".tminus.toml", plan);
    let mut terminal = place.open(&["--theme=dark"], 100, 30);
    terminal.wait_for("shop 1.0");
    terminal.send("q");
    assert_eq!(terminal.end(), 0);
    let offline = place.run(&["status", "--offline"]);
    let text = String::from_utf8_lossy(&offline.stdout);
    assert!(text.contains("shop 1.0"), "{text}");
    assert!(text.contains("--offline"), "the age and the reason are said: {text}");
}

#[test]
fn any_instant_that_was_kept_can_be_looked_at() {
    let place = Place::new();
    let plan = |version: &str| format!("[[release]]\nproject = \"shop\"\nversion = \"{version}\"\n");
    place.write(".tminus.toml", &plan("1.0"));
    let first: serde_json::Value =
        serde_json::from_slice(&place.run(&["status", "--format", "json"]).stdout).expect("JSON");
    place.write(".tminus.toml", &plan("2.0"));
    let second = place.run(&["status"]);
    assert!(String::from_utf8_lossy(&second.stdout).contains("shop 2.0"));
    let at = first["sources"][0]["answered_at"].as_str().expect("an instant").to_owned();
    let then = place.run(&["status", "--as-of", &at]);
    let text = String::from_utf8_lossy(&then.stdout).into_owned();
    assert!(text.contains("shop 1.0") && !text.contains("shop 2.0"), "{text}");
    for (when, said) in
        [("2001-01-01", "begins later"), ("soon", "is no time"), ("2999-01-01", "is still to come")]
    {
        let output = place.run(&["status", "--as-of", when]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(said));
    }
}

#[test]
fn a_plan_is_read_again_when_it_changes_and_a_broken_one_changes_nothing() {
    let place = Place::new();
    let plan = |version: &str| {
        format!("[[release]]\nproject = \"shop\"\nversion = \"{version}\"\ntarget = \"2030-01-01\"\n")
    };
    place.write(".tminus.toml", &plan("1.0"));
    let mut terminal = place.open(&["--theme=dark"], 120, 30);
    terminal.wait_for("shop 1.0");
    place.write(".tminus.toml", &plan("1.1"));
    terminal.wait_for("shop 1.1");
    place.write(".tminus.toml", "[[release]\n");
    terminal.send("%");
    let told = terminal.wait_for(".tminus.toml:1");
    assert!(told.contains("shop 1.1"), "what was known stays:\n{told}");
    place.write(".tminus.toml", &plan("1.2"));
    terminal.wait_for("shop 1.2");
    terminal.send("qq");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_read_only_board_offers_nothing_and_says_so() {
    let place = Place::new();
    for (arguments, project) in
        [(&["demo", "--frozen", "--read-only"][..], ""), (&DEMO, "read_only = true\n")]
    {
        place.write(".tminus.toml", project);
        let mut terminal = place.open(arguments, 120, 36);
        terminal.wait_for("read-only");
        for key in ["2", "a", "v", "c", "m", "F"] {
            terminal.send(key);
            if key != "2" {
                terminal.wait_for("this board changes nothing: it is read-only");
            }
        }
        // No menu, no line and no question is on top: the first q quits.
        terminal.send("q");
        assert_eq!(terminal.end(), 0);
    }
}

//! Browser, clipboard, commands of one's own, checking out, notices: by scripted keys.

use std::sync::Arc;

use super::*;
use crate::{
    app::fixture::{board_with_first, operators},
    config::{CommandConfig, CommandOutput, NotifyConfig},
    domain::Text,
    source::operation::HandsOff,
};

fn command(name: &str, key: Option<&str>, run: &[&str]) -> CommandConfig {
    CommandConfig {
        name: name.into(),
        key: key.map(str::to_owned),
        run: run.iter().map(|word| (*word).to_owned()).collect(),
        shell: false,
        output: CommandOutput::Pane,
        confirm: false,
        dangerous: false,
    }
}

fn state_with(board: Board, commands: &[CommandConfig], options: Options) -> State {
    let commands = Arc::new(OwnCommands::new(commands, &options.keys).unwrap());
    let checkout = Arc::new(Checkout {
        repository: "/work/api".into(),
        directory: "/work/reviews".into(),
        host: "github.com".to_owned(),
        path: "acme/api".to_owned(),
        remote: "origin".to_owned(),
    });
    let desk = Desk { browser: true, commands, checkout: Some(checkout), ..Desk::default() };
    State::new(Arc::new(board), Options { desk, ..options }, now())
}

/// What is asked for, in words.
fn asked(effects: &[Effect]) -> Vec<String> {
    let said = |effect: &Effect| match effect {
        Effect::Browse(link) => Some(format!("browse {}", link.as_str())),
        Effect::Copy { text, said } => Some(format!("copy {text} | {said}")),
        Effect::RunJob(job) => Some(format!("run {}", job.shown())),
        _ => None,
    };
    effects.iter().filter_map(said).collect()
}

fn message(state: &State) -> &str {
    state.message.as_ref().map_or("", |message| &message.text)
}

#[test]
fn links_are_opened_and_copied_of_what_is_selected() {
    const LINK: &str = "https://github.com/acme/api/pull/812";
    let link = |url: &str| board_with_first(|first| first.url = Some(Text::new(url)));
    for (keys, browser, url, expected) in [
        ("2 o", true, LINK, vec![format!("browse {LINK}")]),
        ("2 enter o", true, LINK, vec![format!("browse {LINK}")]),
        ("2 o", false, LINK, vec![format!("copy {LINK} | no display for a browser here: copied {LINK}")]),
        ("2 Y", true, LINK, vec![format!("copy {LINK} | copied {LINK}")]),
        ("2 y", true, LINK, vec!["copy api#812 | copied api#812".to_owned()]),
        ("y", true, LINK, vec!["copy PAY-311 | copied PAY-311".to_owned()]),
        ("2 o", true, "file:///etc/passwd", vec![]),
        ("2 Y", true, "javascript:alert(1)", vec![]),
        ("? o", true, LINK, vec![]),
    ] {
        let mut state = state_with(link(url), &[], Options::default());
        state.desk.browser = browser;
        assert_eq!(asked(&press(&mut state, keys)), expected, "{keys} {url}");
    }
}

#[test]
fn what_stands_on_the_board_reaches_a_command_as_an_argument() {
    let hostile = "'; touch /tmp/x; $(id) \"";
    let board = |branch: &str| {
        let branch = Text::new(branch);
        board_with_first(|first| {
            first.branch = Some(branch);
            first.title = Text::new(hostile);
        })
    };
    let log =
        command("log", Some("D"), &["git", "log", "--", "origin/{branch}", "{repo}#{number}", "{\"a\":1}"]);
    let bare = command("bare", Some("D"), &["git", "log", "{branch}"]);
    let script =
        CommandConfig { shell: true, ..command("script", Some("D"), &["git log \"$1\" | head", "{branch}"]) };
    for (command, branch, expected) in [
        (&log, "fix/refund", Ok("git log -- origin/fix/refund api#812 '{\"a\":1}'".to_owned())),
        (&bare, hostile, Ok(format!("git log '{}'", hostile.replace('\'', "'\\''")))),
        (&bare, "--upload-pack=evil", Err("would take for an option")),
        (&bare, &"x".repeat(600), Err("nothing is known for {branch}")),
        (
            &script,
            hostile,
            Ok(format!("sh -c 'git log \"$1\" | head' tminus '{}'", hostile.replace('\'', "'\\''"))),
        ),
    ] {
        let mut state = state_with(board(branch), std::slice::from_ref(command), Options::default());
        let effects = press(&mut state, "2 D");
        match expected {
            Ok(expected) => assert_eq!(asked(&effects), [format!("run {expected}")], "{branch}"),
            Err(why) => {
                assert_eq!(asked(&effects), [""; 0]);
                assert!(message(&state).contains(why), "{}", message(&state));
            }
        }
    }
}

#[test]
fn commands_ask_first_where_they_shall_and_the_answer_is_no() {
    let plain = command("plain", Some("D"), &["true"]);
    let confirmed = CommandConfig { confirm: true, ..command("confirmed", Some("E"), &["true"]) };
    let dangerous =
        CommandConfig { dangerous: true, ..command("dangerous", Some("ctrl-g"), &["deploy", "{url}"]) };
    let commands = [plain, confirmed, dangerous];
    let run = |keys: &str, options: Options| {
        let mut state = state_with(board_with_first(|_| ()), &commands, options);
        let effects = press(&mut state, keys);
        (asked(&effects).join(","), message(&state).to_owned(), summary(&state))
    };
    let deploy = "run deploy https://github.com/acme/api/pull/812";
    for (keys, expected) in [
        ("2 D", "run true"),
        ("2 E", ""),
        ("2 E y", "run true"),
        ("2 E enter", ""),
        ("2 ctrl-g", ""),
        ("2 ctrl-g y", deploy),
        ("2 ctrl-g enter", ""),
        ("2 ctrl-g esc", ""),
        ("2 ctrl-g j x q", ""),
        ("2 ! enter", "run true"),
        ("2 ! j j enter y", deploy),
        ("2 ! !", ""),
        ("2 : d a n g e r o u s enter y", deploy),
        ("2 : p l a i n enter", "run true"),
        ("2 ? D", ""),
        ("2 / D", ""),
    ] {
        assert_eq!(run(keys, Options::default()).0, expected, "{keys}");
    }
    let read_only =
        || Options { read_only: true, operators: operators(Some(HandsOff::ReadOnly)), ..Options::default() };
    assert_eq!(run("2 D", read_only()).0, "run true", "it changes nothing outside");
    let (nothing, said, _) = run("2 ctrl-g", read_only());
    assert!(nothing.is_empty() && said.contains("read-only"), "{said}");
    let wall = Options { operators: operators(Some(HandsOff::Wall)), ..Options::default() };
    let (nothing, said, _) = run("2 D", wall);
    assert!(nothing.is_empty() && said.contains("wall"), "{said}");
    // Not in the past, not even what was asked before it came.
    let mut state = state_with(board_with_first(|_| ()), &commands, Options::default());
    press(&mut state, "2 E");
    let changes = Arc::new(Changes::between(&earlier(24), &board()));
    update(&mut state, Event::Past { board: earlier(24), changes }, now());
    assert_eq!(asked(&press(&mut state, "y")), [""; 0]);
    assert_eq!(asked(&press(&mut state, "D")), [""; 0]);
    assert!(message(&state).contains("past"), "{}", message(&state));
}

#[test]
fn the_output_is_shown_where_somebody_waits_for_it_and_told_elsewhere() {
    let mut state = state_with(board(), &[command("try", Some("D"), &["true"])], Options::default());
    press(&mut state, "D");
    assert!(summary(&state).ends_with("commands"));
    let result = CommandResult { is_good: true, how: "try: done".into(), lines: vec!["a line".into()] };
    update(&mut state, Event::JobEnded { number: 7, answer: Ok(result.clone()) }, now());
    let answer = |state: &State| match state.overlays.last() {
        Some(Overlay::Commands(dialog)) => match &**dialog {
            CommandDialog::Output { answer, .. } => answer.clone(),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(answer(&state), None, "that was another one");
    update(&mut state, Event::JobEnded { number: 1, answer: Ok(result.clone()) }, now());
    assert_eq!(answer(&state), Some(Ok(result.clone())));
    press(&mut state, "esc D esc");
    update(&mut state, Event::JobEnded { number: 2, answer: Err("it broke".into()) }, now());
    assert_eq!(message(&state), "it broke");
}

#[test]
fn a_pull_request_is_checked_out_after_a_question_if_it_is_of_this_repository() {
    let checkout = "2 : c h e c k o u t enter";
    let mut state = state_with(board_with_first(|_| ()), &[], Options::default());
    assert_eq!(asked(&press(&mut state, checkout)), [""; 0], "it asks");
    let run = asked(&press(&mut state, "y")).join("");
    assert!(run.contains("+refs/pull/812/head:") && run.contains("/work/reviews/api-812"), "{run}");
    let other = board_with_first(|first| first.url = Some("https://github.com/acme/web/pull/812".into()));
    let mut state = state_with(other, &[], Options::default());
    press(&mut state, checkout);
    assert!(message(&state).contains("not one of acme/api"), "{}", message(&state));
    let mut state =
        state_with(board_with_first(|_| ()), &[], Options { read_only: true, ..Options::default() });
    press(&mut state, checkout);
    assert!(message(&state).contains("read-only"), "{}", message(&state));
}

#[test]
fn keys_of_commands_must_be_free() {
    for (commands, parts) in [
        (vec![command("a", Some("D"), &["x"])], &[][..]),
        (vec![command("a", Some("j"), &["x"])], &["\"a\"", "bound to move-down", "[keys.global]"]),
        (vec![command("a", Some("b"), &["x"])], &["bound to other-picture", "[keys.readiness]"]),
        (vec![command("a", Some("nonsense"), &["x"])], &["\"nonsense\""]),
        (
            vec![command("a", Some("D"), &["x"]), command("b", Some("D"), &["x"])],
            &["\"b\"", "that of command \"a\""],
        ),
    ] {
        let problems = OwnCommands::new(&commands, &KeyMap::default()).err().unwrap_or_default();
        assert_eq!(problems.len(), usize::from(!parts.is_empty()), "{problems:?}");
        assert!(parts.iter().all(|part| problems[0].contains(part)), "{problems:?}");
    }
}

#[test]
fn nothing_is_considered_while_somebody_looks() {
    let considers = |looked_at: &[Event], on: bool| {
        let mut state = state_with(board(), &[], Options::default());
        state.desk.notify = Arc::new(NotifyConfig { red: on, ..NotifyConfig::default() });
        for event in looked_at {
            update(&mut state, event.clone(), now());
        }
        let news = Arc::new(board_with(|release| release.gates.clear()));
        let effects = update(&mut state, Event::Board(news), now());
        effects.iter().any(|effect| matches!(effect, Effect::ConsiderNotices(_)))
    };
    for (events, on, expected) in [
        (&[][..], true, true),
        (&[], false, false),
        (&[Event::FocusGained], true, false),
        (&[Event::FocusGained, Event::FocusLost], true, true),
    ] {
        assert_eq!(considers(events, on), expected, "{events:?} {on}");
    }
}

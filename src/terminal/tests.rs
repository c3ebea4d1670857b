//! Every way out of a real terminal: this test binary runs itself in one, as a job of a
//! shell with job control.

#![expect(clippy::disallowed_methods, reason = "looks at what the program left")]

use std::{
    io::{Read as _, Write as _},
    num::NonZero,
    process::exit,
    sync::mpsc,
    thread,
    time::Duration,
};

use crossterm::event::KeyCode;
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::widgets::Paragraph;
use rustix::process::{Pid, Signal as Number, kill_process};

use super::*;
use crate::domain::Instant;

/// What stands for a terminal in tests.
pub(super) fn emulator(width: u16, height: u16) -> vt100::Parser {
    let cells = |count: u16| NonZero::new(count).expect("at least one cell");
    vt100::Parser::new(cells(height), cells(width), 0)
}

/// Runs the program without job control, which ends with the terminal; itself it goes on.
const SHELL_THAT_STAYS: &str = r#"
trap '' HUP
"$0" --exact terminal::tests::program --ignored --nocapture >/dev/tty
echo $? >"$OUT/code"
"#;

/// Runs the program as a job, then it again if it was stopped; says how it ended and what modes the
/// terminal has then.
const SHELL: &str = r#"
set -m
"$0" --exact terminal::tests::program --ignored --nocapture >/dev/tty
code=$?
if [ $code -gt 146 ]; then echo "stopped, $(stty -a | grep -o '.icanon')"; fg >/dev/null; code=$?; fi
echo "ended $code,$(stty -a | grep -o '.icanon')"
"#;

#[test]
#[ignore = "the program that the other tests run in a terminal"]
fn program() {
    let directory = std::env::var_os("OUT").expect("run by the other tests");
    report_panics(directory.into(), || Instant::UNIX_EPOCH, || false);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let _within = runtime.enter();
    let (mut screen, mut events) = open(true).expect("a terminal");
    let code = runtime.block_on(async {
        let mut resumed = 0;
        loop {
            let size = screen.size();
            screen.draw(|frame| {
                let text = format!(
                    "size {}x{} resumed {resumed} pid {} .",
                    size.width,
                    size.height,
                    std::process::id()
                );
                frame.render_widget(Paragraph::new(text), frame.area());
            });
            match events.next().await {
                TerminalEvent::Key(key) => match key.code {
                    KeyCode::Char('q') => break 0,
                    KeyCode::Char('z') => request_stop().expect("a signal"),
                    KeyCode::Char('p') => drop(tokio::spawn(async { panic!("in a \u{1b}[31mtask") })),
                    KeyCode::Char('t') => drop(thread::spawn(|| panic!("in a thread"))),
                    // A loop that hangs: only another signal ends it.
                    KeyCode::Char('h') => {
                        screen.draw(|frame| frame.render_widget("hangs", frame.area()));
                        loop {
                            thread::park();
                        }
                    }
                    _ => {}
                },
                TerminalEvent::Resize(size) => screen.resize(size),
                TerminalEvent::Signal(Signal::Quit(code)) => break code,
                TerminalEvent::Signal(Signal::Stop) => screen.stop().expect("stopped and continued"),
                TerminalEvent::Signal(Signal::Continue) => {
                    resumed += usize::from(screen.resume().expect("the terminal"));
                }
                TerminalEvent::HungUp => break 129,
                _ => {}
            }
        }
    });
    drop(screen);
    exit(code);
}

/// The program in a terminal.
struct Session {
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Box<dyn std::io::Write + Send>,
    shell: Box<dyn portable_pty::Child + Send + Sync>,
    output: mpsc::Receiver<Vec<u8>>,
    emulator: vt100::Parser,
    directory: tempfile::TempDir,
}

impl Session {
    fn start(width: u16, height: u16) -> Self {
        Self::start_in(SHELL, width, height)
    }

    fn start_in(script: &str, width: u16, height: u16) -> Self {
        let size = PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", script]);
        command.arg(std::env::current_exe().expect("this test"));
        command.env("OUT", directory.path());
        command.env("TERM", "xterm");
        let shell = pair.slave.spawn_command(command).expect("a shell");
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let mut session = Self {
            master: Some(pair.master),
            keys,
            shell,
            output,
            emulator: emulator(width, height),
            directory,
        };
        session.wait_for(&format!("size {width}x{height} resumed 0"));
        session
    }

    /// Reads until the terminal shows `text`.
    fn wait_for(&mut self, text: &str) {
        while !self.contents().contains(text) {
            match self.output.recv_timeout(Duration::from_secs(20)) {
                Ok(bytes) => self.emulator.process(&bytes),
                Err(error) => panic!("{text:?} never came ({error}):\n{}", self.contents()),
            }
        }
    }

    fn contents(&self) -> String {
        self.emulator.screen().contents().replace('\n', "")
    }

    fn press(&mut self, key: &str) {
        self.keys.write_all(key.as_bytes()).expect("a terminal");
    }

    fn pid(&self) -> Pid {
        let contents = self.contents();
        let (_, pid) = contents.split_once("pid ").expect("the program on the screen");
        let pid = pid.split_whitespace().next().expect("a number");
        Pid::from_raw(pid.parse().expect("a number")).expect("a process")
    }

    fn assert_inside(&self) {
        let screen = self.emulator.screen();
        assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease);
    }

    fn assert_restored(&self) {
        let screen = self.emulator.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }

    fn wait_for_end(&mut self) -> i32 {
        self.wait_for("ended ");
        self.wait_for("icanon");
        let contents = self.contents();
        let (_, end) = contents.split_once("ended ").expect("the end");
        end.split(',').next().and_then(|code| code.parse().ok()).expect("a code")
    }

    fn assert_ends_restored(mut self, code: i32) -> String {
        self.wait_for(&format!("ended {code}, icanon"));
        self.assert_restored();
        self.contents()
    }
}

#[test]
fn leaving_restores_the_terminal() {
    let mut session = Session::start(100, 10);
    session.assert_inside();
    session.press("q");
    session.assert_ends_restored(0);
}

#[test]
fn signals_end_the_program_with_their_code() {
    for (number, code) in [(Number::TERM, 143), (Number::HUP, 129), (Number::INT, 130), (Number::QUIT, 131)] {
        let session = Session::start(100, 10);
        kill_process(session.pid(), number).expect("a process");
        session.assert_ends_restored(code);
    }
}

#[test]
fn a_second_signal_ends_a_program_that_hangs() {
    let mut session = Session::start(100, 10);
    let pid = session.pid();
    session.press("h");
    session.wait_for("hangs");
    kill_process(pid, Number::TERM).expect("a process");
    kill_process(pid, Number::INT).expect("a process");
    let code = session.wait_for_end();
    assert!([143, 130].contains(&code), "either may be seen first: {code}");
    session.assert_restored();
}

#[test]
fn a_panic_anywhere_restores_reports_and_ends_the_program() {
    for (key, message) in [("p", "in a ␛[31mtask"), ("t", "in a thread")] {
        let mut session = Session::start(100, 10);
        let report = session.directory.path().to_path_buf();
        session.press(key);
        session.wait_for("ended 101, icanon");
        session.assert_restored();
        let contents = session.contents();
        assert!(contents.contains(message) && contents.contains("panic-19700101T000000Z-"), "{contents}");
        let mut files = std::fs::read_dir(report).expect("the directory").flatten();
        let file = files.find(|file| file.file_name().to_string_lossy().starts_with("panic-"));
        let text = std::fs::read_to_string(file.expect("a report").path()).expect("readable");
        assert!(text.contains(message) && text.contains("backtrace") || text.contains("tests.rs"), "{text}");
    }
}

#[test]
fn a_stop_gives_the_terminal_back_and_going_on_takes_it_again() {
    for by_key in [true, false] {
        let mut session = Session::start(100, 10);
        if by_key {
            session.press("z");
        } else {
            kill_process(session.pid(), Number::TSTP).expect("a process");
        }
        // The shell brings it back at once: what it said meanwhile is on the first screen.
        session.wait_for("resumed 1");
        session.assert_inside();
        session.press("q");
        let contents = session.assert_ends_restored(0);
        assert!(contents.contains("stopped,  icanon"), "{contents}");
    }
}

#[test]
fn a_terminal_that_goes_away_ends_the_program_without_any_signal() {
    let mut session = Session::start_in(SHELL_THAT_STAYS, 100, 10);
    // The thread that reads holds the terminal, too: let it read on and find nobody.
    drop(session.output);
    let size = PtySize { rows: 9, cols: 99, pixel_width: 0, pixel_height: 0 };
    session.master.take().expect("a terminal").resize(size).expect("resized");
    drop(session.keys);
    session.shell.wait().expect("the shell ends");
    let code = std::fs::read_to_string(session.directory.path().join("code")).expect("the program ended");
    assert_eq!(code.trim(), "129");
}

#[test]
fn sizes_however_small_are_followed() {
    let mut session = Session::start(100, 10);
    for (width, height) in [(60, 3), (1, 1), (90, 2), (0, 0), (100, 4)] {
        let size = PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 };
        session.emulator = emulator(width.max(1), height.max(1));
        session.emulator.process(b"\x1b[?1049h");
        // A key at the same moment: the reader must lose neither.
        session.press("x");
        session.master.as_ref().expect("a terminal").resize(size).expect("resized");
        if width > 20 {
            session.wait_for(&format!("size {width}x{height}"));
        }
    }
    session.press("q");
    session.wait_for_end();
}

//! A sealed place to run the program in, and a terminal to watch it on.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// The longest wait for anything to be shown: a fault, not a slow machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A home, a working directory, and nothing else of the machine.
pub(crate) struct Place {
    root: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        for directory in ["home", "work", "data", "state", "config", "run"] {
            fs::create_dir(root.path().join(directory)).expect("a directory");
        }
        Self { root }
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// Where the program keeps its histories.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let at = |name: &str| self.root.path().join(name).display().to_string();
        vec![
            ("HOME", at("home")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_STATE_HOME", at("state")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_RUNTIME_DIR", at("run")),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("TZ", "Europe/Berlin".into()),
            ("LANG", "C.UTF-8".into()),
            ("TERM", "xterm-256color".into()),
            ("RUST_BACKTRACE", "0".into()),
        ]
    }

    /// Runs the program without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with_variables(arguments, &[])
    }

    /// Runs the program without a terminal, with these variables besides.
    pub(crate) fn run_with_variables(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_tminus"))
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .envs(self.variables())
            .envs(variables.iter().copied())
            .output()
            .expect("the program runs")
    }

    /// Runs the program without a terminal, with `input` put into it.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tminus"))
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .envs(self.variables())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the program runs");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("the program reads");
        child.wait_with_output().expect("the program ends")
    }

    /// Starts the program without a terminal; what it says can be read.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> std::process::Child {
        Command::new(env!("CARGO_BIN_EXE_tminus"))
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .envs(self.variables())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the program runs")
    }

    /// Runs `git` for the test's own repositories, the same on every machine.
    pub(crate) fn git(&self, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .envs(self.variables())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("git is needed to make the repositories of these tests");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("git reads");
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Opens the program on a terminal of its own.
    pub(crate) fn open(&self, arguments: &[&str], columns: u16, rows: u16) -> Terminal {
        let program = Path::new(env!("CARGO_BIN_EXE_tminus"));
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        self.open_program(program, &arguments, columns, rows)
    }

    /// Opens any program on a terminal of its own.
    pub(crate) fn open_program(
        &self,
        program: &Path,
        arguments: &[String],
        columns: u16,
        rows: u16,
    ) -> Terminal {
        let pair = native_pty_system()
            .openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .expect("a terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(self.work());
        command.env_clear();
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program runs");
        drop(pair.slave);
        let seen = Arc::new(Seen {
            parser: Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)),
            news: Condvar::new(),
            is_gone: AtomicBool::new(false),
        });
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let watched = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                watched.parser.lock().expect("no panic").process(&buffer[..count]);
                watched.news.notify_all();
                if watched.is_gone.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        Terminal { child, master: Some(pair.master), writer: Some(writer), seen }
    }
}

/// Sends a process a signal.
pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.expect("kill").success());
}

fn cells(count: u16) -> std::num::NonZeroU16 {
    count.try_into().expect("a screen has cells")
}

struct Seen {
    parser: Mutex<vt100::Parser>,
    news: Condvar,
    is_gone: AtomicBool,
}

/// A program on a terminal.
pub(crate) struct Terminal {
    pub(crate) child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    seen: Arc<Seen>,
}

impl Terminal {
    pub(crate) fn send(&mut self, keys: &str) {
        let writer = self.writer.as_mut().expect("the terminal is there");
        writer.write_all(keys.as_bytes()).expect("the program reads");
        writer.flush().expect("the program reads");
    }

    /// Waits until the screen is as it should be; fails with the screen otherwise.
    pub(crate) fn wait_until(&self, what: &str, is_it: impl Fn(&vt100::Screen) -> bool) -> String {
        let parser = self.seen.parser.lock().expect("no panic");
        let (parser, timeout) = self
            .seen
            .news
            .wait_timeout_while(parser, PATIENCE, |parser| !is_it(parser.screen()))
            .expect("no panic");
        let contents = parser.screen().contents();
        assert!(!timeout.timed_out(), "never shown: {what}; the screen is\n{contents}");
        contents
    }

    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, |screen| screen.contents().contains(text))
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.seen.parser.lock().expect("no panic").screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().expect("the terminal is there").resize(size).expect("resized");
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.process_id().expect("it runs"), name);
    }

    pub(crate) fn contents(&self) -> String {
        self.seen.parser.lock().expect("no panic").screen().contents()
    }

    /// Looks at every picture from now on; the answer says whether one was as `is_it`.
    pub(crate) fn watch(
        &self,
        is_it: impl Fn(&vt100::Screen) -> bool + Send + 'static,
    ) -> impl FnOnce() -> bool {
        let seen = Arc::clone(&self.seen);
        let (is_over, was) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (over, found) = (Arc::clone(&is_over), Arc::clone(&was));
        let watcher = std::thread::spawn(move || {
            let mut parser = seen.parser.lock().expect("no panic");
            while !over.load(Ordering::SeqCst) {
                if is_it(parser.screen()) {
                    found.store(true, Ordering::SeqCst);
                }
                parser = seen.news.wait(parser).expect("no panic");
            }
        });
        let seen = Arc::clone(&self.seen);
        move || {
            is_over.store(true, Ordering::SeqCst);
            while !watcher.is_finished() {
                seen.news.notify_all();
                std::thread::yield_now();
            }
            was.load(Ordering::SeqCst)
        }
    }

    /// The terminal goes away, as a closed laptop's does.
    pub(crate) fn vanish(&mut self) {
        // The thread that reads holds the terminal, too: it lets go after the next output.
        self.seen.is_gone.store(true, Ordering::SeqCst);
        self.resize(70, 20);
        self.writer = None;
        self.master = None;
    }

    /// Waits for the end; the exit code. Fails with the screen if it does not come.
    pub(crate) fn end(&mut self) -> u32 {
        let (done, ended) = mpsc::channel::<()>();
        let mut killer = self.child.clone_killer();
        let watchdog = std::thread::spawn(move || {
            let late = ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
            if late {
                drop(killer.kill());
            }
            late
        });
        let status = self.child.wait().expect("it ends");
        drop(done);
        let screen = self.seen.parser.lock().expect("no panic").screen().contents();
        assert!(!watchdog.join().expect("no panic"), "it did not end; the screen is\n{screen}");
        status.exit_code()
    }

    /// The terminal is as a shell wants it: main screen, cursor, no reports.
    pub(crate) fn assert_restored(&self) {
        self.wait_until("the main screen", |screen| !screen.alternate_screen());
        let parser = self.seen.parser.lock().expect("no panic");
        let screen = parser.screen();
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pastes are bracketed");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
    }
}

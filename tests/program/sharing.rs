//! Several processes on one board: one owns it, the others are told.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, ChildStderr},
    time::Duration,
};

use crate::support::{Place, Terminal};

/// The longest that a board may be without an owner, on any machine.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(5);

fn plan(version: &str) -> String {
    format!("[[release]]\nproject = \"shop\"\nversion = \"{version}\"\ntarget = \"2030-01-01\"\n")
}

fn planned() -> Place {
    let place = Place::new();
    place.write(".tminus.toml", &plan("1.0"));
    place
}

/// The process that owns the board, and its socket; none while nobody does.
fn owner(place: &Place) -> Option<(u32, PathBuf)> {
    // The second with --data-dir.
    let boards = ["tminus/boards", "boards"].map(|boards| place.data().join(boards));
    let board = boards.iter().find_map(|boards| std::fs::read_dir(boards).ok())?.next()?.ok()?.path();
    let lock: serde_json::Value = serde_json::from_slice(&std::fs::read(board.join("lock")).ok()?).ok()?;
    Some((lock["pid"].as_u64()? as u32, PathBuf::from(lock["socket"].as_str()?)))
}

/// Waits until the process owns the board; its socket. Looks again with every status that
/// somebody gives, so nothing sleeps.
fn until_owner(place: &Place, pid: u32, within: Duration) -> PathBuf {
    let begun = std::time::SystemTime::now();
    loop {
        if let Some((owner, socket)) = owner(place)
            && owner == pid
            && UnixStream::connect(&socket).is_ok()
        {
            return socket;
        }
        assert!(begun.elapsed().is_ok_and(|elapsed| elapsed < within), "{pid} does not own the board");
        std::thread::yield_now();
    }
}

fn pid(terminal: &Terminal) -> u32 {
    terminal.child.process_id().expect("it runs")
}

fn get(socket: &PathBuf, path: &str) -> String {
    let mut stream = UnixStream::connect(socket).expect("somebody serves");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: tminus\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

struct Serve {
    child: Child,
    says: BufReader<ChildStderr>,
}

impl Serve {
    fn start(place: &Place) -> Self {
        let mut child = place.spawn(&["serve"]);
        let says = BufReader::new(child.stderr.take().expect("a pipe"));
        Self { child, says }
    }

    /// What it says, up to the line with `text`.
    fn until(&mut self, text: &str) -> String {
        let mut said = String::new();
        while !said.contains(text) {
            assert!(self.says.read_line(&mut said).expect("text") > 0, "it ended: {said}");
        }
        said
    }

    fn signal(&self, name: &str) {
        crate::support::signal(self.child.id(), name);
    }

    fn end(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        drop(self.child.kill());
    }
}

#[test]
fn a_second_one_shows_the_board_of_the_first() {
    let place = planned();
    let mut first = place.open(&["--theme=dark"], 100, 30);
    first.wait_for("shop 1.0");
    let mut second = place.open(&["--theme=dark"], 100, 30);
    second.wait_for("shop 1.0");
    let status = place.run(&["status"]);
    assert!(status.status.success());
    assert!(String::from_utf8_lossy(&status.stdout).contains("shop 1.0"));
    assert_eq!(String::from_utf8_lossy(&status.stderr), "");
    assert_eq!(owner(&place).map(|(owner, _)| owner), Some(pid(&first)));
    place.write(".tminus.toml", &plan("1.1"));
    first.wait_for("shop 1.1");
    second.wait_for("shop 1.1");
    second.send("q");
    assert_eq!(second.end(), 0);
    first.send("q");
    assert_eq!(first.end(), 0);
    assert!(owner(&place).is_none());
}

#[test]
fn after_the_owner_is_killed_a_viewer_owns_the_board_and_its_screen_stays() {
    let place = planned();
    let mut first = place.open(&["--theme=dark"], 100, 30);
    first.wait_for("shop 1.0");
    let mut second = place.open(&["--theme=dark"], 100, 30);
    second.wait_for("shop 1.0");
    until_owner(&place, pid(&first), HANDED_OVER_WITHIN);
    second.wait_until("a settled board", |screen| !screen.contents().contains("asking"));
    let before = second.contents();
    let disturbed = second.watch(|screen| !screen.contents().contains("shop 1.0"));
    first.signal("KILL");
    assert_ne!(first.end(), 0);
    until_owner(&place, pid(&second), HANDED_OVER_WITHIN);
    place.write(".tminus.toml", &plan("1.0").replace("2030", "2031"));
    let after =
        second.wait_until("the plan is read by the second", |screen| screen.contents().contains("2031"));
    assert!(!disturbed(), "the screen was\n{before}\nand is\n{after}");
    let status = place.run(&["status"]);
    assert_eq!(String::from_utf8_lossy(&status.stderr), "");
    second.send("q");
    assert_eq!(second.end(), 0);
}

#[test]
fn an_owner_that_is_suspended_hands_over_and_comes_back_as_a_viewer() {
    let place = planned();
    let program = env!("CARGO_BIN_EXE_tminus");
    let script = format!("'{program}' --theme=dark; echo STOPPED; read answer; fg >/dev/null; echo ENDED $?");
    let mut first = place.open_program("/bin/sh".as_ref(), &["-mc".to_owned(), script], 100, 30);
    first.wait_for("shop 1.0");
    let mut second = place.open(&["--theme=dark"], 100, 30);
    second.wait_for("shop 1.0");
    first.send("\x1a");
    first.wait_for("STOPPED");
    until_owner(&place, pid(&second), HANDED_OVER_WITHIN);
    first.send("\n");
    first.wait_until("the board again", vt100::Screen::alternate_screen);
    place.write(".tminus.toml", &plan("1.1"));
    first.wait_for("shop 1.1");
    second.wait_for("shop 1.1");
    assert_eq!(owner(&place).map(|(owner, _)| owner), Some(pid(&second)));
    for terminal in [&mut first, &mut second] {
        terminal.send("q");
    }
    first.wait_for("ENDED 0");
    assert_eq!(second.end(), 0);
}

#[test]
fn serve_answers_reads_its_configuration_anew_and_leaves_nothing_behind() {
    let place = Place::new();
    let wall = |rest: &str| place.write(".tminus.toml", &format!("board = \"wall\"\n{rest}"));
    wall(&plan("1.0"));
    let mut serve = Serve::start(&place);
    serve.until("serving at");
    let socket = until_owner(&place, serve.child.id(), HANDED_OVER_WITHIN);
    let status = place.run(&["status", "--format", "json"]);
    let printed: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
    assert_eq!(printed["releases"][0]["name"], "shop 1.0");
    let served = get(&socket, "/v1/status");
    let (_, body) = served.split_once("\r\n\r\n").expect("a body");
    assert_eq!(serde_json::from_str::<serde_json::Value>(body).expect("JSON"), printed, "the same answer");
    assert!(get(&socket, "/healthz").starts_with("HTTP/1.1 200"));
    let check = place.run(&["check", "--release", "shop 1.0", "--format", "json"]);
    assert!(String::from_utf8_lossy(&check.stdout).contains("shop 1.0"));
    assert_eq!(String::from_utf8_lossy(&check.stderr), "");
    let past = place.run(&["status", "--as-of", "2001-01-01"]);
    assert!(String::from_utf8_lossy(&past.stderr).contains("begins later"), "the past is read through it");

    wall("[[release]\n");
    serve.signal("HUP");
    serve.until("stays as it was");
    place.write("plan.toml", &plan("2.0"));
    wall("[source.plan]\nfiles = [\"plan.toml\"]\n");
    // Whoever starts now has other sources until the owner has read them.
    let other = place.run(&["status"]);
    let refused = String::from_utf8_lossy(&other.stderr);
    assert!(refused.contains("the history is not read") && refused.contains("kill -HUP"), "{refused}");
    serve.signal("HUP");
    serve.until("serving at");
    let status = place.run(&["status"]);
    assert!(String::from_utf8_lossy(&status.stdout).contains("shop 2.0"), "{status:?}");
    assert_eq!(String::from_utf8_lossy(&status.stderr), "");
    serve.signal("TERM");
    assert_eq!(serve.end(), Some(0));
    assert!(!socket.exists(), "the socket stays behind");
    assert!(owner(&place).is_none());
}

#[test]
fn serve_stands_by_while_a_screen_owns_the_board() {
    let place = planned();
    let mut screen = place.open(&["--theme=dark"], 100, 30);
    screen.wait_for("shop 1.0");
    let mut serve = Serve::start(&place);
    serve.until(&format!("process {} owns this board", pid(&screen)));
    screen.send("q");
    assert_eq!(screen.end(), 0);
    serve.until("serving at");
    until_owner(&place, serve.child.id(), HANDED_OVER_WITHIN);
    serve.signal("INT");
    assert_eq!(serve.end(), Some(0));
}

#[test]
fn serve_that_cannot_start_says_why() {
    let place = Place::new();
    place.write(".tminus.toml", "[[release]\n");
    let output = place.run(&["serve"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(".tminus.toml:1"));
    let output = Place::new().run(&["serve", "--demo"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--data-dir"));
}

/// `cargo test --test program -- --ignored stopped`
#[test]
#[ignore = "an owner must be silent for twelve seconds before that is said"]
fn an_owner_that_is_stopped_is_shown_with_its_process_id() {
    let place = planned();
    let mut first = place.open(&["--theme=dark"], 100, 30);
    first.wait_for("shop 1.0");
    let mut second = place.open(&["--theme=dark"], 140, 30);
    second.wait_for("shop 1.0");
    second.send("%");
    first.signal("STOP");
    second.wait_for(&format!("process {}", pid(&first)));
    first.signal("CONT");
    second.wait_until("it answers again", |screen| !screen.contents().contains("has not answered for"));
    for terminal in [&mut second, &mut first] {
        terminal.send("\x03");
    }
}

/// Memory and processor time of an owner and of its viewers:
/// `cargo test --release --test program -- --ignored --nocapture twenty_viewers_cost`
#[test]
#[ignore = "a measurement: it prints, and takes half a minute"]
#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn twenty_viewers_cost() {
    let place = Place::new();
    let data = place.data().display().to_string();
    let arguments = ["--demo=stories=2000", "--data-dir", &data, "--theme=dark"];
    let first = place.open(&arguments, 100, 30);
    first.wait_for("payments");
    let viewers: Vec<_> = (0..20).map(|_| place.open(&arguments, 100, 30)).collect();
    for viewer in &viewers {
        viewer.wait_for("payments");
    }
    let all: Vec<_> = std::iter::once(&first).chain(&viewers).map(pid).collect();
    // The start is no part of it: boards are derived, and what forecasts were worth is learnt.
    rest(Duration::from_secs(15));
    let seconds = 20;
    let before: Vec<_> = all.iter().map(|pid| (ticks(*pid), wakeups(*pid))).collect();
    rest(Duration::from_secs(seconds));
    let costs: Vec<_> = all
        .iter()
        .zip(before)
        .map(|(pid, before)| {
            let a_second = |count: u64| count as f64 / seconds as f64;
            // Threads come and go; one that ended takes its count along.
            let woken = |(thread, count): (String, u64)| count - before.1.get(&thread).unwrap_or(&0);
            let woken = a_second(wakeups(*pid).into_iter().map(woken).sum());
            let cpu = a_second(ticks(*pid) - before.0);
            [resident_kib(*pid) as f64 / 1024.0, cpu, woken]
        })
        .collect();
    let print = |who: &str, [memory, cpu, woken]: [f64; 3]| {
        println!("{who}: {memory:.1} MiB, {cpu:.2} % of a core, {woken:.1} wake-ups a second");
    };
    print("the owner", costs[0]);
    let mean = |what: usize| costs[1..].iter().map(|cost| cost[what]).sum::<f64>() / viewers.len() as f64;
    print("20 viewers, each", [0, 1, 2].map(mean));
    assert_eq!(owner(&place).map(|(owner, _)| owner), Some(all[0]), "one owns the board");
}

#[expect(clippy::disallowed_methods, reason = "a measurement takes its time")]
fn rest(time: Duration) {
    std::thread::sleep(time);
}

/// How often each of its threads has waited for something so far.
fn wakeups(pid: u32) -> HashMap<String, u64> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("Linux");
    let woken = |task: std::io::Result<std::fs::DirEntry>| {
        let task = task.ok()?;
        let status = std::fs::read_to_string(task.path().join("status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:"))?;
        let count = line.split_whitespace().nth(1)?.parse().ok()?;
        Some((task.file_name().to_string_lossy().into_owned(), count))
    };
    tasks.filter_map(woken).collect()
}

/// Processor time of a process so far, in ticks of 10 ms.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("Linux");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    // User and system time are the fields 14 and 15; the third is the first after the name.
    [11, 12].iter().map(|field| fields[*field].parse::<u64>().expect("a number")).sum()
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a size");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}

#[test]
fn a_group_that_is_configured_may_look() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt};

    let place = planned();
    let group = std::fs::metadata(place.work()).expect("a directory").gid();
    place.write("../config/tminus/config.toml", &format!("[serve]\ngroup = \"{group}\"\n"));
    let run = place.work().join("../run").canonicalize().expect("a directory");
    for directory in [run.as_path(), run.parent().expect("a parent")] {
        std::fs::set_permissions(directory, PermissionsExt::from_mode(0o711)).expect("it is ours");
    }
    let mut serve = Serve::start(&place);
    serve.until("serving");
    let socket = until_owner(&place, serve.child.id(), HANDED_OVER_WITHIN);
    let of = |path: &std::path::Path| std::fs::metadata(path).map(|it| (it.mode() & 0o777, it.gid())).ok();
    assert_eq!(of(&socket), Some((0o660, group)));
    assert_eq!(socket.parent().and_then(of), Some((0o710, group)));
    // It waits for the first round, which the board at the socket need not have had yet.
    let status = place.run(&["status"]);
    assert!(status.status.success());
    assert!(get(&socket, "/v1/status").contains("shop 1.0"));
    serve.signal("TERM");
    assert_eq!(serve.end(), Some(0));

    // A group that there is not: the board is kept, and it is said that nobody can look.
    place.write("../config/tminus/config.toml", "[serve]\ngroup = \"no such group\"\n");
    let shown = place.run(&["config", "print"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("no such group"));
}

//! The first round with a large GitHub repository, and one without news: `cargo bench --bench sync`.
//!
//! The service is on loopback, in a process of its own, so that the memory is that of the
//! client alone. What it answers has the shapes and the size of GitHub's answers. Fails if a
//! goal is missed.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark measures the real time, and prints it"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{TimeZone, Utc};
use reqwest::Url;
use serde_json::{Value, json};
use tminus::source::{
    Answer, Report, Round, Source,
    github::{GithubSettings, GithubSource},
    http::{Credentials, Http, Scheme, Settings, Token, TokenFrom},
};

const ISSUES: usize = 5_000;
const OPEN: usize = 400;
const MERGED: usize = 1_600;
const MOST_SECONDS: u64 = 10;
const MOST_REQUESTS: u64 = 150;
const MOST_MEMORY: u64 = 150 << 20;

fn main() -> ExitCode {
    let result = if std::env::args().any(|argument| argument == "serve") { serve() } else { measure() };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The service; gone with this.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn measure() -> Result<bool> {
    let mut service = Service(
        Command::new(std::env::current_exe()?)
            .arg("serve")
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()?,
    );
    let mut said = BufReader::new(service.0.stdout.take().ok_or("no output")?);
    let mut address = String::new();
    said.read_line(&mut address)?;
    let base = Url::parse(address.trim())?;

    let token = Token::new("bench").ok_or("no token")?;
    let credentials = Credentials::new(Scheme::Bearer, vec![TokenFrom::Given(token, "the bench".into())]);
    let settings = || GithubSettings::new("github.com", "o", "api");
    let http = || Http::new(Settings::new("github", base.clone(), credentials.clone()));
    let mut source = GithubSource::new("github".into(), settings(), http()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (before, steps, parts) = (peak(), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));

    let mut round = round(0);
    let (counted, parted) = (Arc::clone(&steps), Arc::clone(&parts));
    round.report = Box::new(move |report| {
        match report {
            Report::Progress(_) => counted.fetch_add(1, Ordering::Relaxed),
            Report::Partial(_) => parted.fetch_add(1, Ordering::Relaxed),
        };
    });
    let began = Instant::now();
    let Answer::Facts(facts) = runtime.block_on(source.fetch(&round))? else { return Err("no facts".into()) };
    let took = began.elapsed();
    let (requests, _) = counts(&base)?;
    let memory = peak();
    let mut goals = Goals(true);
    let (stories, pull_requests) = (facts.stories.len(), facts.pull_requests.len());
    goals.reach(
        "first round",
        &format!("{stories} issues, {pull_requests} pull requests, {} problems", facts.problems.len()),
        (stories, pull_requests, facts.problems.len()) == (ISSUES, OPEN + MERGED, 0),
    );
    goals.reach("  time", &format!("{took:.2?}"), took < Duration::from_secs(MOST_SECONDS));
    goals.reach("  requests", &requests.to_string(), requests <= MOST_REQUESTS);
    match (before, memory) {
        (Some(before), Some(memory)) => goals.reach(
            "  peak memory",
            &format!("{} MiB ({} MiB before)", memory >> 20, before >> 20),
            memory <= MOST_MEMORY,
        ),
        _ => println!("  peak memory: this system does not say"),
    }
    let (steps, parts) = (steps.load(Ordering::Relaxed), parts.load(Ordering::Relaxed));
    goals.reach("  progress", &format!("{steps} steps, {parts} times facts"), steps >= 50 && parts >= 4);

    idle(&mut goals, "round without news", &runtime, &mut source, &base, 1)?;

    let began = Instant::now();
    let memory = source.memory().ok_or("no memory")?;
    let packed_in = began.elapsed();
    let compressed = zstd::bulk::compress(&memory, 3)?.len();
    println!(
        "memory for a restart: {} KiB in {packed_in:.2?}, {} KiB compressed",
        memory.len() >> 10,
        compressed >> 10
    );
    let mut restarted = GithubSource::new("github".into(), settings(), http()?);
    let began = Instant::now();
    restarted.recall(&memory);
    println!("  recalled in {:.2?}", began.elapsed());
    idle(&mut goals, "first round after it", &runtime, &mut restarted, &base, 2)?;
    Ok(goals.0)
}

/// Whether all goals are reached so far.
struct Goals(bool);

impl Goals {
    fn reach(&mut self, what: &str, measured: &str, is_reached: bool) {
        println!("{what}: {measured}{}", if is_reached { "" } else { "   <-- MISSED" });
        self.0 &= is_reached;
    }
}

/// A round in which nothing is sent but "nothing has changed".
fn idle(
    goals: &mut Goals,
    what: &str,
    runtime: &tokio::runtime::Runtime,
    source: &mut GithubSource,
    base: &Url,
    minute: u32,
) -> Result<()> {
    let before = counts(base)?;
    let began = Instant::now();
    runtime.block_on(source.fetch(&round(minute)))?;
    let took = began.elapsed();
    let after = counts(base)?;
    let (requests, unchanged) = (after.0 - before.0, after.1 - before.1);
    let measured = format!("{requests} requests, {unchanged} of them 304, {took:.2?}");
    goals.reach(what, &measured, requests > 0 && requests == unchanged);
    Ok(())
}

fn round(minute: u32) -> Round {
    Round::at(Utc.with_ymd_and_hms(2026, 11, 1, 12, minute, 0).single().unwrap_or_default())
}

/// The most memory that this process ever had (`VmHWM`), in bytes.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

/// How many requests the service had, and how many of these it answered with 304. Asking is not one.
fn counts(base: &Url) -> Result<(u64, u64)> {
    let mut stream = TcpStream::connect(base.socket_addrs(|| None)?.first().ok_or("no address")?)?;
    write!(stream, "GET /counts HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let counts: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).ok_or("no body")?)?;
    let count = |name: &str| counts[name].as_u64().ok_or("no count");
    Ok((count("requests")?, count("unchanged")?))
}

/// The service: a thread for each connection, until the client is gone.
fn serve() -> Result<bool> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}/", listener.local_addr()?);
    let hub = Arc::new(Hub::new());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let hub = Arc::clone(&hub);
            std::thread::spawn(move || hub.connection(stream));
        }
    });
    // The client holds the other end: it is closed when that process ends, however it does.
    drop(std::io::stdin().read(&mut [0]));
    Ok(true)
}

/// What the service holds: nodes as they are sent.
struct Hub {
    issues: Vec<String>,
    open: Vec<String>,
    merged: Vec<String>,
    requests: AtomicU64,
    unchanged: AtomicU64,
}

impl Hub {
    fn new() -> Self {
        let pull = |from: usize, count: usize, is_open: bool| {
            (from..from + count).map(|number| pull_request(number, is_open).to_string()).collect()
        };
        Self {
            issues: (1..=ISSUES).map(|number| issue(number).to_string()).collect(),
            open: pull(10_000, OPEN, true),
            merged: pull(20_000, MERGED, false),
            requests: AtomicU64::new(0),
            unchanged: AtomicU64::new(0),
        }
    }

    fn connection(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut stream = stream;
        loop {
            let mut first = String::new();
            if reader.read_line(&mut first).ok()? == 0 {
                return None;
            }
            let (mut length, mut etag) = (0, None);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).ok()?;
                let Some((name, value)) = line.trim().split_once(": ") else { break };
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.parse().ok()?,
                    "if-none-match" => etag = Some(value.to_owned()),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            let target = first.split(' ').nth(1)?;
            if target == "/counts" {
                let (requests, unchanged) = (&self.requests, &self.unchanged);
                let counts = json!({ "requests": requests.load(Ordering::SeqCst), "unchanged": unchanged.load(Ordering::SeqCst) });
                return send(&mut stream, "200 OK", "", &counts.to_string());
            }
            self.requests.fetch_add(1, Ordering::SeqCst);
            if first.starts_with("POST") {
                send(&mut stream, "200 OK", "", &self.graphql(&body)?)?;
            } else if etag.is_some() {
                // Nothing ever changes here.
                self.unchanged.fetch_add(1, Ordering::SeqCst);
                send(&mut stream, "304 Not Modified", "etag: \"1\"\r\n", "")?;
            } else {
                let answer = if target.contains("actions/runs") { r#"{"workflow_runs": []}"# } else { "[]" };
                send(&mut stream, "200 OK", "etag: \"1\"\r\n", answer)?;
            }
        }
    }

    fn graphql(&self, body: &[u8]) -> Option<String> {
        let asked: Value = serde_json::from_slice(body).ok()?;
        let operation = asked["query"].as_str()?.strip_prefix("query ")?.split('(').next()?;
        let variables = &asked["variables"];
        let is_open = variables["states"].as_array().is_some_and(|states| states.contains(&"OPEN".into()));
        let pages = |list: &str, items: &[String]| format!("\"{list}\": {}", page(items, variables));
        let inner = match operation {
            "Repository" => r#""nameWithOwner": "o/api", "environments": { "nodes": [] }, "defaultBranchRef": { "name": "main" }"#.to_owned(),
            "Milestones" => pages("milestones", &[milestone().to_string()]),
            "Issues" => pages("issues", &self.issues),
            "PullRequests" => pages("pullRequests", if is_open { &self.open } else { &self.merged }),
            "Releases" => pages("releases", &[]),
            "Tags" => pages("refs", &[]),
            "Deployments" => pages("deployments", &[]),
            "Build" => {
                let head = json!({ "name": "main", "target": {
                    "oid": "1a2b3c4d".repeat(5), "committedDate": day(20), "url": null, "statusCheckRollup": null,
                } });
                format!("\"ref\": {head}")
            }
            _ => return None,
        };
        Some(format!(
            "{{ \"data\": {{ \"viewer\": {{ \"login\": \"kim\" }}, \"repository\": {{ {inner} }} }} }}"
        ))
    }
}

fn send(stream: &mut TcpStream, status: &str, headers: &str, body: &str) -> Option<()> {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).ok()
}

fn page(items: &[String], variables: &Value) -> String {
    let first = variables["first"].as_u64().map_or(0, |first| first as usize);
    let from = variables["after"].as_str().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let until = items.len().min(from + first);
    format!(
        r#"{{ "totalCount": {}, "pageInfo": {{ "hasNextPage": {}, "endCursor": "{until}" }}, "nodes": [{}] }}"#,
        items.len(),
        until < items.len(),
        items.get(from..until).unwrap_or_default().join(", ")
    )
}

fn day(day: usize) -> String {
    format!("2026-10-{:02}T08:00:00Z", 1 + day % 28)
}

fn milestone() -> Value {
    json!({
        "number": 1, "title": "v4.2", "state": "OPEN", "dueOn": "2026-11-25T00:00:00Z", "createdAt": day(0),
        "closedAt": null, "updatedAt": day(0), "url": null, "issues": { "totalCount": ISSUES },
    })
}

/// An issue as they are: some labels, somebody assigned, and half a dozen events.
fn issue(number: usize) -> Value {
    let is_closed = number.is_multiple_of(3);
    let event = |kind: &str, at: usize| json!({ "__typename": kind, "createdAt": day(at) });
    let mut events = vec![
        json!({ "__typename": "MilestonedEvent", "createdAt": day(0), "milestoneTitle": "v4.1" }),
        json!({ "__typename": "DemilestonedEvent", "createdAt": day(1), "milestoneTitle": "v4.1" }),
        json!({ "__typename": "MilestonedEvent", "createdAt": day(1), "milestoneTitle": "v4.2" }),
        event("AssignedEvent", 2),
        event("UnassignedEvent", 3),
        event("AssignedEvent", 4),
    ];
    if is_closed {
        events.push(event("ClosedEvent", 20));
    }
    json!({
        "number": number, "title": format!("The refund of order {number} is booked twice when the network fails"),
        "state": if is_closed { "CLOSED" } else { "OPEN" }, "stateReason": is_closed.then_some("COMPLETED"),
        "createdAt": day(0), "closedAt": is_closed.then(|| day(20)), "updatedAt": day(20),
        "url": format!("https://github.com/o/api/issues/{number}"), "milestone": { "title": "v4.2" },
        "assignees": { "nodes": [{ "login": "kim" }] },
        "labels": { "nodes": [{ "name": "bug" }, { "name": "area/payments" }, { "name": "priority/high" }] },
        "issueType": null, "parent": { "number": 1, "repository": { "nameWithOwner": "o/api" } },
        "blockedBy": { "nodes": [] }, "closedByPullRequestsReferences": { "nodes": [] },
        "timelineItems": { "nodes": events },
    })
}

/// A pull request as they are: five reviews, and a dozen checks.
fn pull_request(number: usize, is_open: bool) -> Value {
    let review = |at: usize| {
        json!({ "id": format!("PRR_{number}_{at}"), "state": if at == 4 { "APPROVED" } else { "COMMENTED" },
                "submittedAt": day(10 + at), "author": { "__typename": "User", "login": format!("reviewer-{at}") } })
    };
    let check = |at: usize| {
        json!({ "__typename": "CheckRun", "name": format!("unit tests ({at})"), "status": "COMPLETED",
                "conclusion": "SUCCESS", "startedAt": day(12), "completedAt": day(13) })
    };
    json!({
        "id": format!("PR_{number}"), "number": number, "title": format!("Book the refund of order {number} once"),
        "state": if is_open { "OPEN" } else { "MERGED" }, "isDraft": false,
        "author": { "__typename": "User", "login": "kim" }, "headRefName": format!("fix/refund-{number}"),
        "headRefOid": format!("{number:040x}"), "baseRefName": "main", "createdAt": day(9),
        "mergedAt": (!is_open).then(|| day(20)), "closedAt": (!is_open).then(|| day(20)), "updatedAt": day(20),
        "url": format!("https://github.com/o/api/pull/{number}"), "additions": 120, "deletions": 14,
        "mergeable": "MERGEABLE", "mergeStateStatus": "CLEAN", "reviewDecision": "APPROVED",
        "autoMergeRequest": null, "mergeQueueEntry": null,
        "mergeCommit": (!is_open).then(|| json!({ "oid": format!("{number:040x}") })),
        "milestone": { "title": "v4.2" }, "labels": { "nodes": [{ "name": "area/payments" }] },
        "reviews": { "nodes": (0..5).map(review).collect::<Vec<_>>() },
        "latestOpinionatedReviews": { "nodes": [review(4)] }, "reviewRequests": { "nodes": [] },
        "closingIssuesReferences": { "nodes": [{ "number": number % ISSUES, "repository": { "nameWithOwner": "o/api" } }] },
        "timelineItems": { "nodes": [] },
        "firstCommit": { "nodes": [{ "commit": { "authoredDate": day(8) } }] },
        "head": { "nodes": [{ "commit": { "statusCheckRollup": { "state": "SUCCESS",
            "contexts": { "totalCount": 12, "nodes": (0..12).map(check).collect::<Vec<_>>() } } } }] },
    })
}

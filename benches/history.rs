//! What a year of history costs: `cargo bench --bench history`, `-- --days 30` for less.
//!
//! A simulated team works office hours on weekdays, with bursts before noon and now and then
//! at night; every minute its items are looked at. Figures are printed, and judged by the
//! goals. The year is written without waiting for the disk ([`StoreOptions::durable`]), as
//! nothing but the wait is different then; how long a round takes with it is measured on a
//! day of its own.

#![expect(clippy::print_stdout, reason = "a measurement")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails is none")]
#![expect(clippy::disallowed_methods, reason = "a measurement looks at the clock")]

use std::{path::Path, sync::Arc, time};

use chrono::{DateTime, Datelike, Duration, Timelike, Utc, Weekday};
use tminus::{
    domain::{
        Category, DayFigures, Facts, ForecastFigures, Instant, Kind, PullRequest, PullRequestState, Release,
        ReleaseFigures, ReleaseId, SourceHealth, SourceId, SourceState, StatusMove, Story, TestRun, Text,
    },
    history::{self, Archive, Retention, StoreOptions, compare},
};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1)?.parse::<usize>().ok()
    };
    let differences = number("--differences").unwrap_or(StoreOptions::default().differences);
    let days = number("--days").unwrap_or(365);
    run(number("--items").unwrap_or(400), days, differences);
    if number("--items").is_none() {
        // Less of it: figures of a quarter tell how it grows.
        run(4_000, days.div_ceil(4), differences);
    }
}

/// Minutes of sleep and work, and the items of a team.
struct Team {
    random: fastrand::Rng,
    at: Instant,
    facts: Arc<Facts>,
    next: usize,
}

impl Team {
    fn new(items: usize) -> Self {
        let mut team = Self {
            random: fastrand::Rng::with_seed(17),
            at: DateTime::<Utc>::from_timestamp(1_764_547_200, 0).unwrap_or_default(),
            facts: Arc::default(),
            next: 0,
        };
        let mut facts = Facts { covers: [Kind::Stories, Kind::PullRequests].into(), ..Facts::default() };
        facts.releases.push(Arc::new(Release::named("payments", "1.0")));
        facts.stories = (0..items * 3 / 4).map(|_| Arc::new(team.story())).collect();
        facts.pull_requests = (0..items / 4).map(|_| Arc::new(team.pull_request())).collect();
        team.facts = Arc::new(facts);
        team
    }

    fn text(&mut self, words: usize) -> Text {
        const WORDS: [&str; 16] = [
            "refund", "is", "shown", "twice", "after", "ledger", "timeout", "when", "customer", "retries",
            "payment", "export", "currency", "rounding", "of", "invoice",
        ];
        let words: Vec<_> = (0..words).map(|_| WORDS[self.random.usize(..WORDS.len())]).collect();
        Text::new(words.join(" "))
    }

    fn story(&mut self) -> Story {
        self.next += 1;
        Story {
            category: Category::ToDo,
            status: Text::new("To do"),
            owner: Some(Text::new(["ada", "grace", "linus", "edsger"][self.next % 4])),
            points: Some((self.next % 8) as f32),
            releases: vec![ReleaseId::of("payments", "1.0")],
            url: Some(Text::new(format!("https://tracker.example/browse/PAY-{}", self.next))),
            ..Story::new(format!("PAY-{}", self.next), self.text(9), self.at)
        }
    }

    fn pull_request(&mut self) -> PullRequest {
        self.next += 1;
        PullRequest {
            number: Some(self.next as u64),
            branch: Some(Text::new(format!("fix/{}", self.next))),
            head: Some(self.commit()),
            opened_at: Some(self.at),
            updated_at: Some(self.at),
            ..PullRequest::new(
                format!("api#{}", self.next),
                "api",
                self.text(7),
                "grace",
                "main",
                PullRequestState::Open,
            )
        }
    }

    fn commit(&mut self) -> Text {
        Text::new(format!("{:032x}{:08x}", self.random.u128(..), self.random.u32(..)))
    }

    /// A minute later. How many items changed.
    fn tick(&mut self) {
        // Never on the minute.
        self.at += Duration::milliseconds(60_000 + self.random.i64(-2_000..2_000));
        let works =
            !matches!(self.at.weekday(), Weekday::Sat | Weekday::Sun) && (8..18).contains(&self.at.hour());
        let is_burst = works && self.at.hour() == 11;
        let chance = if is_burst {
            0.95
        } else if works {
            0.7
        } else {
            0.02
        };
        if self.random.f64() > chance {
            return;
        }
        let count = if is_burst { self.random.usize(1..8) } else { self.random.usize(1..3) };
        let mut facts = Facts::clone(&self.facts);
        for _ in 0..count {
            self.change(&mut facts);
        }
        self.facts = Arc::new(facts);
    }

    fn change(&mut self, facts: &mut Facts) {
        match self.random.usize(..100) {
            0..45 => {
                let place = self.random.usize(..facts.stories.len());
                let mut story = Story::clone(&facts.stories[place]);
                let to = [Category::InProgress, Category::InReview, Category::InTest, Category::Done]
                    [story.moves.len() % 4];
                story.category = to;
                story.status = Text::new(format!("{to:?}"));
                story.moves.push(StatusMove { at: self.at, to });
                facts.stories[place] = Arc::new(story);
            }
            45..85 => {
                let place = self.random.usize(..facts.pull_requests.len());
                let mut request = PullRequest::clone(&facts.pull_requests[place]);
                request.head = Some(self.commit());
                request.updated_at = Some(self.at);
                request.additions = Some(self.random.u32(..900));
                facts.pull_requests[place] = Arc::new(request);
            }
            85..91 => {
                // As many go as come: the board stays as large as it is.
                facts.stories.remove(0);
                facts.stories.push(Arc::new(self.story()));
            }
            91..97 => {
                facts.pull_requests.pop();
                facts.pull_requests.insert(0, Arc::new(self.pull_request()));
            }
            _ => {
                let (passed, failed) = (self.random.u32(400..500), self.random.u32(..3));
                let (suite, commit) = (Text::new("smoke"), Some(self.commit()));
                let run = TestRun {
                    suite,
                    at: self.at,
                    release: None,
                    commit,
                    passed,
                    failed,
                    skipped: 0,
                    failures: vec![],
                    milliseconds: None,
                };
                facts.test_runs.push(Arc::new(run));
                if facts.test_runs.len() > 40 {
                    facts.test_runs.remove(0);
                }
            }
        }
    }

    fn health(&self) -> SourceHealth {
        SourceHealth {
            state: SourceState::Waiting,
            answered_at: Some(self.at),
            stale_from: Some(self.at + Duration::minutes(3)),
            next_at: Some(self.at + Duration::minutes(1)),
            ..SourceHealth::starting(SourceId::new("tracker"))
        }
    }
}

struct Times(Vec<time::Duration>);

impl Times {
    fn at(&self, share: f64) -> time::Duration {
        self.0.get(((self.0.len() - 1) as f64 * share) as usize).copied().unwrap_or_default()
    }
}

fn timed<T>(mut action: impl FnMut() -> T, count: usize) -> Times {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let began = time::Instant::now();
        std::hint::black_box(action());
        times.push(began.elapsed());
    }
    times.sort();
    Times(times)
}

/// One line, with the goal where there is one.
fn say(what: &str, times: &Times, goal_millis: Option<u128>) {
    let (median, slow, slowest) = (times.at(0.5), times.at(0.99), times.at(1.0));
    let goal = goal_millis.map_or(String::new(), |goal| {
        let met = if slow.as_millis() < goal { "met" } else { "MISSED" };
        format!("  (goal: p99 under {goal} ms: {met})")
    });
    println!("  {what:<34} p50 {median:>10.2?}  p99 {slow:>10.2?}  slowest {slowest:>10.2?}{goal}");
}

fn keep(archive: &mut dyn Archive, team: &Team) {
    archive.append(&SourceId::new("tracker"), team.at, &team.facts, &team.health()).unwrap();
}

/// What is kept of a day with twenty releases.
fn figures(at: Instant, changes: u32) -> DayFigures {
    let release = |number: u32| ReleaseFigures {
        release: format!("payments 4.{number}").as_str().into(),
        scope: 20 + changes % 31,
        ready: changes % 20,
        defects: number,
        tests_passed: 1_000 + changes % 97,
        tests: 1_100,
        target: Some(at + Duration::days(i64::from(number))),
        forecast: Some(ForecastFigures {
            p50: at + Duration::minutes(i64::from(changes % 9_000)),
            p85: at + Duration::minutes(i64::from(changes % 9_000) + 4_000),
            p95: at + Duration::minutes(i64::from(changes % 9_000) + 9_000),
        }),
        verdict: Text::new("no-go"),
        outlook: Text::new("at risk"),
        metrics: Vec::new(),
    };
    DayFigures { day: at.date_naive(), at, releases: (0..20).map(release).collect() }
}

fn run(items: usize, days: usize, differences: usize) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let board = directory.path();
    let mut team = Team::new(items);
    let began = team.at;
    println!("{items} items, {days} days of one-minute rounds, {differences} differences a keyframe at most");
    let relaxed = StoreOptions { durable: false, differences };
    let mut archive = history::open_archive(board, began, relaxed).unwrap();
    let (mut changes, mut largest, mut pruned) = (0_u32, 0, began);
    let mut prunings = Vec::new();
    let writing = time::Instant::now();
    while team.at - began < Duration::days(i64::try_from(days).unwrap_or(365)) {
        let before = Arc::clone(&team.facts);
        team.tick();
        keep(archive.as_mut(), &team);
        // As the keeper does.
        if !Arc::ptr_eq(&before, &team.facts) {
            changes += 1;
            archive.keep_day(&figures(team.at, changes)).unwrap();
        }
        if team.at - pruned > Duration::hours(1) {
            pruned = team.at;
            let began = time::Instant::now();
            archive.prune(team.at, &Retention::default()).unwrap();
            prunings.push(began.elapsed());
            largest = largest.max(size(board));
        }
    }
    prunings.sort();
    println!("  {changes} changes, written in {:.1?}", writing.elapsed());
    say("an hourly pruning", &Times(prunings), None);
    drop(archive);
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "  on the disk: {:.1} MB, at most {:.1} MB  (goal: under 100 MB)",
        megabytes(size(board)),
        megabytes(largest)
    );

    let durable = StoreOptions { durable: true, differences };
    let reopening = timed(|| drop(history::open_archive(board, team.at, durable).unwrap()), 10);
    say("reopening, and closing", &reopening, Some(300));

    let mut archive = history::open_archive(board, team.at, durable).unwrap();
    println!("  {} instants are kept", archive.instants(began, team.at).unwrap().len());
    let span = (team.at - began).num_milliseconds();
    let mut random = fastrand::Rng::with_seed(3);
    let mut any = || began + Duration::milliseconds(random.i64(0..span));
    say("any instant", &timed(|| archive.at(any()).unwrap(), 600), Some(50));
    let fortnight = Duration::days(14).num_milliseconds().min(span);
    let mut random = fastrand::Rng::with_seed(4);
    let mut recent = || team.at - Duration::milliseconds(random.i64(0..fortnight));
    say("any instant of the last 14 days", &timed(|| archive.at(recent()).unwrap(), 400), Some(50));
    let two = || {
        let (first, second) = (archive.at(any()).unwrap(), archive.at(recent()).unwrap());
        compare(&first[0].facts, &second[0].facts).unwrap()
    };
    say("two instants compared", &timed(two, 300), Some(100));
    let (first, last) = (began.date_naive(), team.at.date_naive());
    let days = || archive.days(first, last).unwrap().len();
    say("the figures of all days", &timed(days, 50), None);
    let every = || {
        let noon = |day: i64| archive.at(began + Duration::days(day)).unwrap().len();
        (0..(team.at - began).num_days()).map(noon).sum::<usize>()
    };
    say("what was known on each of them", &timed(every, 3), None);
    say("everything checked", &timed(|| assert!(archive.verify().unwrap().damage.is_empty()), 1), None);

    // A working day, on the disk each time.
    while team.at.hour() != 9 || matches!(team.at.weekday(), Weekday::Sat | Weekday::Sun) {
        team.at += Duration::hours(1);
    }
    let one = || {
        team.tick();
        keep(archive.as_mut(), &team);
    };
    say("a round, on the disk", &timed(one, 540), Some(5));
    println!();
}

fn size(board: &Path) -> u64 {
    history::disk_use(board).unwrap()
}

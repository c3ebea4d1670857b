//! Plans in made directories, read by whole rounds of the source.

#![expect(clippy::disallowed_methods, reason = "tests make the files that are read")]

use std::fs;

use chrono::{TimeZone, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::{
    config::FilePattern,
    domain::{
        Calendar, Category, DeploymentId, DeploymentState, Kind, MatchRule, ReleaseId, StatusMove, Story,
        Target, Text, Tier, Window,
    },
};

/// Noon of a Sunday, in UTC.
fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 12, 0, 0).unwrap()
}

/// A time in Berlin, in winter.
fn berlin(month: u32, day: u32, hour: u32, minute: u32) -> Instant {
    Tz::Europe__Berlin.with_ymd_and_hms(2026, month, day, hour, minute, 0).unwrap().to_utc()
}

struct Plan {
    directory: tempfile::TempDir,
    source: PlanSource,
}

impl Plan {
    /// A plan of `plan/*.toml` in an empty directory.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("plan")).unwrap();
        let root = directory.path().to_owned();
        let files = vec![FilePattern { base: root.join("plan"), pattern: "*.toml".to_owned() }];
        let source = PlanSource::new(settings(root, files));
        Self { directory, source }
    }

    /// A plan of one file.
    fn of(text: &str) -> Self {
        let plan = Self::new();
        plan.file("plan/a.toml", text);
        plan
    }

    fn file(&self, path: &str, text: &str) {
        fs::write(self.directory.path().join(path), text).unwrap();
    }

    fn round(&mut self, now: Instant) -> Result<Answer, SourceError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.source.fetch(&Round::at(now)))
    }

    fn facts(&mut self) -> Arc<Facts> {
        match self.round(now()) {
            Ok(Answer::Facts(facts)) => facts,
            other => panic!("{other:?}"),
        }
    }
}

fn settings(root: PathBuf, files: Vec<FilePattern>) -> PlanSettings {
    PlanSettings {
        root,
        files,
        inline: Vec::new(),
        project: None,
        calendar: Calendar { zone: Tz::Europe__Berlin, ..Calendar::default() },
        interval: Duration::from_secs(60),
    }
}

/// The problems of a plan, a line each.
fn problems(facts: &Facts) -> Vec<String> {
    facts.problems.iter().map(|problem| problem.what.to_string()).collect()
}

fn documented() -> &'static str {
    include_str!("../../../docs/plan.md")
}

/// The TOML examples of the document.
fn examples() -> Vec<&'static str> {
    documented().split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_documented_example_means_what_it_says() {
    let facts = Plan::of(examples().last().unwrap()).facts();
    assert_eq!(problems(&facts), [""; 0]);
    let release = &facts.releases[1];
    assert_eq!(release.id, ReleaseId::of("payments", "4.2"));
    assert_eq!(release.start, Some(berlin(10, 19, 0, 0)));
    let target = Utc.with_ymd_and_hms(2026, 12, 1, 22, 59, 59).unwrap();
    assert_eq!(release.target, Some(Target { at: target, estimated: false }));
    assert_eq!(release.depends_on, [ReleaseId::from("auth 2.9")]);
    assert_eq!(
        release.rules,
        [
            MatchRule::Milestone(Text::new("4.2")),
            MatchRule::Story(Text::new("PAY-*")),
            MatchRule::Tag(Text::new("v4.2")),
            MatchRule::Tag(Text::new("v4.2.*")),
        ]
    );

    let [review, done, defect] = facts.stories.as_slice() else { panic!("{:?}", facts.stories) };
    assert_eq!(review.category, Category::InReview);
    assert_eq!(review.status, "in review");
    assert_eq!(review.points, Some(5.0));
    assert_eq!(review.moves, [StatusMove { at: berlin(11, 2, 0, 0), to: Category::InReview }]);
    assert_eq!((done.category, done.status.as_str()), (Category::Done, "done"));
    assert_eq!(done.created_at, berlin(10, 19, 0, 0), "with its release");
    assert_eq!(
        done.moves,
        [
            StatusMove { at: berlin(10, 26, 0, 0), to: Category::InProgress },
            StatusMove { at: berlin(11, 6, 0, 0), to: Category::Done },
        ]
    );
    assert_eq!(defect.category, Category::ToDo);
    assert_eq!(defect.due, Some(berlin(11, 27, 23, 59) + chrono::Duration::seconds(59)));

    assert_eq!(facts.environments[2].tier, Tier::Production);
    assert_eq!(facts.environments[0].cost_per_day, Some(85.5));
    let window = Window { from: berlin(11, 16, 0, 0), until: berlin(12, 1, 0, 0) };
    assert_eq!(facts.bookings[0].window, window, "the last day is included");
    assert_eq!(facts.freezes[0].environments, [Text::new("production*")]);

    let [past, next] = facts.deployments.as_slice() else { panic!("{:?}", facts.deployments) };
    assert_eq!(past.state, DeploymentState::Succeeded);
    assert_eq!(past.window.duration(), chrono::Duration::hours(1));
    assert_eq!(past.finished_at, Some(berlin(11, 20, 18, 47)));
    assert_eq!(next.id, DeploymentId::from("payments 4.2 → production/eu"));
    assert_eq!(next.state, DeploymentState::Approved);
    assert_eq!(next.activities[1].estimate_minutes, 25);
    assert_eq!(next.activities[2].after, [Text::new("migrate the database")]);
    let covers = [
        Kind::Releases,
        Kind::Stories,
        Kind::Defects,
        Kind::Deployments,
        Kind::Environments,
        Kind::Bookings,
        Kind::Freezes,
    ];
    assert_eq!(facts.covers, BTreeSet::from(covers));
}

#[test]
fn every_key_is_documented() {
    // Each table says what is allowed in it when it is given an unknown key.
    let facts = Plan::of(
        "[[release]]\nversion = 1\nzz = 1\nmatch = { zz = 1 }\n[[story]]\nzz = 1\n[[environment]]\nzz = 1\n\
         [[booking]]\nzz = 1\n[[freeze]]\nzz = 1\n[[deployment]]\nzz = 1\n[[deployment.activity]]\nzz = 1\n",
    )
    .facts();
    let mut tables = 0;
    for problem in &facts.problems {
        let Some(keys) = problem.next_step.strip_prefix("allowed here: ") else { continue };
        tables += 1;
        for key in keys.split(", ") {
            assert!(documented().contains(&format!("`{key}`")), "`{key}` is not documented");
        }
    }
    assert_eq!(tables, 8);
}

#[test]
fn what_is_wrong_is_named_and_loses_one_item_at_most() {
    // A plan, what is said about it, and how many releases, stories, environments, bookings,
    // freezes and deployments are left.
    let cases: &[(&str, &[&str], [usize; 6])] = &[
        (
            "[[release]]\nname = \"a 1\"\ndepends_on = \"b 2\"\n[[release]]\nname = \"b 2\"\ndepends_on = \"a 1\"\n",
            &["plan/a.toml:1: release `a 1` waits for itself: a 1 → b 2 → a 1"],
            [2, 0, 0, 0, 0, 0],
        ),
        (
            "[[release]]\nname = \"payments 4.2\"\ndepends_on = [\"paymets 4.1\", { project = \"auth\", version = \"2\" }]\n\
             [[release]]\nname = \"payments 4.1\"\n",
            &[
                "plan/a.toml:1: release `payments 4.2` depends on `auth 2`, which the plan does not list",
                "plan/a.toml:1: release `payments 4.2` depends on `paymets 4.1`, which the plan does not list — did you mean `payments 4.1`?",
            ],
            [2, 0, 0, 0, 0, 0],
        ),
        (
            "[[release]]\nversion = \"1\"\n[[release]]\nname = \"a 1\"\ntagret = 2026-12-01\n[[release]]\nname = \"a 1\"\n",
            &[
                "plan/a.toml:5:1: unknown key `tagret` in [release] — did you mean `target`?",
                "plan/a.toml:1: release `1` has no project",
                "plan/a.toml:6: release `a 1` stands in plan/a.toml:3 already",
            ],
            [1, 0, 0, 0, 0, 0],
        ),
        (
            "[[release]]\nname = \"a 1\"\nstart = 2026-12-02\ntarget = 2026-12-01\nreleased = 2026-12-24\n",
            &[
                "plan/a.toml:1: release `a 1`: its target is before its start",
                "plan/a.toml:1: release `a 1`: `released` lies in the future",
            ],
            [1, 0, 0, 0, 0, 0],
        ),
        (
            "[[story]]\nkey = \"A-1\"\ncreated = 2026-11-01\nblocked_by = [\"A-2\"]\n\
             [[story]]\nkey = \"A-2\"\ncreated = 2026-11-01\nblocked_by = [\"A-1\", \"A-33\"]\n\
             [[story]]\nkey = \"A-2\"\n[[story]]\ntitle = \"none\"\n",
            &[
                "plan/a.toml:11:1: [story] without `key`",
                "plan/a.toml:9: story `A-2` stands in plan/a.toml:5 already",
                "plan/a.toml:5: story `A-2` is blocked by `A-33`, which the plan does not list",
                "plan/a.toml:1: story `A-1` waits for itself: A-1 → A-2 → A-1",
            ],
            [0, 2, 0, 0, 0, 0],
        ),
        (
            "[[story]]\nkey = \"A-1\"\ncreated = 2026-11-01\nstatus = \"cooking\"\n\
             [[story]]\nkey = \"A-2\"\ncreated = 2026-11-01\nstatus = \"doing\"\ndone = 2026-11-05\n\
             [[story]]\nkey = \"A-3\"\ncreated = 2026-11-07\nstarted = 2026-11-06\n",
            &[
                "plan/a.toml:1: story `A-1`: nobody knows what the status \"cooking\" means",
                "plan/a.toml:5: story `A-2` has a date in `done` but is not done",
                "plan/a.toml:10: story `A-3`: `created`, `started` and `done` are not in this order",
            ],
            [0, 3, 0, 0, 0, 0],
        ),
        (
            "[[environment]]\nname = \"staging\"\ntier = \"staging\"\n\
             [[booking]]\nenvironment = \"stagin\"\nfrom = 2026-11-20\nuntil = 2026-11-20\n\
             [[booking]]\nenvironment = \"staging\"\nfrom = 2026-11-20\nuntil = 2026-11-19\n\
             [[freeze]]\nname = \"open\"\nfrom = 2026-12-20\n\
             [[deployment]]\nenvironment = \"stagin\"\nfrom = 2026-12-01T18:00:00\nuntil = 2026-12-01T18:00:00\n",
            &[
                "plan/a.toml:12:1: [freeze] without `until`",
                "plan/a.toml:8: the booking of `staging` ends before it begins",
                "plan/a.toml:15: deployment `→ stagin` ends before it begins",
                "plan/a.toml:4: a booking of `stagin`, which the plan does not list — did you mean `staging`?",
            ],
            [0, 0, 1, 1, 0, 0],
        ),
        (
            "[[deployment]]\nid = \"d\"\nenvironment = \"p\"\nfrom = 2026-12-01\nduration = \"2h\"\n\
             [[deployment.activity]]\nname = \"one\"\nestimate = \"5m\"\nafter = [\"two\", \"tow\"]\n\
             [[deployment.activity]]\nname = \"two\"\nestimate = \"5m\"\nafter = \"one\"\n\
             [[deployment]]\nid = \"d\"\nenvironment = \"p\"\nfrom = 2026-12-02\nduration = \"2h\"\n",
            &[
                "plan/a.toml:6: activity `one` comes after `tow`, which deployment `d` does not have — did you mean `two`?",
                "plan/a.toml:6: an activity of deployment `d` waits for itself: one → two → one",
                "plan/a.toml:14: deployment `d` stands in plan/a.toml:1 already",
            ],
            [0, 0, 0, 0, 0, 1],
        ),
        (
            "theme = \"paper\"\nrelese = 1\n",
            &[
                "plan/a.toml:1:1: unknown key `theme`",
                "plan/a.toml:2:1: unknown key `relese` — did you mean `release`?",
            ],
            [0; 6],
        ),
    ];
    for (text, expected, left) in cases {
        let facts = Plan::of(text).facts();
        assert_eq!(&problems(&facts), expected, "{text}");
        assert!(facts.problems.iter().all(|problem| !problem.next_step.is_empty()), "{text}");
        let counts = [
            facts.releases.len(),
            facts.stories.len(),
            facts.environments.len(),
            facts.bookings.len(),
            facts.freezes.len(),
            facts.deployments.len(),
        ];
        assert_eq!(&counts, left, "{text}");
        for activity in facts.deployments.iter().flat_map(|deployment| &deployment.activities) {
            let after: &[Text] = if activity.name == "one" { &[Text::new("two")] } else { &[] };
            assert_eq!(activity.after, after, "the cycle is cut where it closes");
        }
    }
}

/// What is written of a story, what it then is, and how it came to be so.
type Case<'a> = (&'a str, Category, &'a [(Option<Instant>, Category)]);

#[test]
fn the_past_of_a_story_ends_in_its_present() {
    let at = |day| Some(berlin(11, day, 0, 0));
    let cases: &[Case<'_>] = &[
        ("", Category::ToDo, &[]),
        ("started = 2026-11-05", Category::InProgress, &[(at(5), Category::InProgress)]),
        ("done = 2026-11-06", Category::Done, &[(at(6), Category::Done)]),
        ("status = \"closed\"", Category::Done, &[]),
        ("status = \"QA\"\nstarted = 2026-11-05", Category::InTest, &[(at(5), Category::InTest)]),
        (
            "status = \"Won't do\"\nstarted = 2026-11-05\ndone = 2026-11-06",
            Category::Dropped,
            &[(at(5), Category::InProgress), (at(6), Category::Dropped)],
        ),
        ("status = \"cooked\"\ncategory = \"in_test\"", Category::InTest, &[]),
        ("status = \"cooked\"\ndone = 2026-11-06", Category::Unknown, &[]),
        // Dates that are not in order never make it done before it was created.
        ("done = 2026-10-01", Category::Done, &[(at(1), Category::Done)]),
        // What is dated in the future has not happened.
        ("done = 2026-11-23", Category::ToDo, &[]),
    ];
    for (text, category, moves) in cases {
        let facts = Plan::of(&format!("[[story]]\nkey = \"A\"\ncreated = 2026-11-01\n{text}\n")).facts();
        let story: &Story = &facts.stories[0];
        assert_eq!(story.category, *category, "{text}");
        let made: Vec<_> = story.moves.iter().map(|change| (Some(change.at), change.to)).collect();
        assert_eq!(made, *moves, "{text}");
        assert_eq!(story.category_at(now()), Some(*category), "{text}");
    }
}

#[test]
fn a_story_without_a_date_is_created_with_what_is_known() {
    let created = |text: &str| {
        let facts = Plan::of(text).facts();
        (facts.stories[0].created_at, problems(&facts).len())
    };
    let release = "[[release]]\nname = \"a 1\"\nstart = 2026-11-03\n";
    let story = "[[story]]\nkey = \"A\"\n";
    assert_eq!(created(&format!("{story}release = \"a 1\"\n{release}")), (berlin(11, 3, 0, 0), 0));
    assert_eq!(
        created(&format!("{story}release = \"a 1\"\nstarted = 2026-11-02\n{release}")),
        (berlin(11, 2, 0, 0), 0)
    );
    assert_eq!(created(&format!("{story}{release}")), (berlin(11, 3, 0, 0), 0));
    // Nothing is dated at all: the file is, and that is said.
    let mut plan = Plan::of(story);
    let first = plan.facts();
    assert_eq!(problems(&first).len(), 1);
    plan.file("plan/a.toml", "[[story]]\nkey = \"A\"\ntitle = \"changed\"\n");
    assert_eq!(plan.facts().stories[0].created_at, first.stories[0].created_at);
}

#[test]
fn releases_of_the_configured_project_need_only_their_version() {
    let mut plan = Plan::of(
        "[[release]]\nversion = \"4.2\"\nstart = 2026-11-01\n[[release]]\nname = \"auth 1\"\ndepends_on = \"4.2\"\n\
         [[story]]\nkey = \"A\"\nrelease = \"4.2\"\n",
    );
    let mut settings = (*plan.source.settings).clone();
    settings.project = Some("payments".to_owned());
    plan.source = PlanSource::new(settings);
    let facts = plan.facts();
    assert_eq!(problems(&facts), [""; 0]);
    let release = ReleaseId::of("payments", "4.2");
    assert_eq!(facts.releases[0].id, release);
    assert_eq!(facts.releases[1].depends_on, std::slice::from_ref(&release));
    assert_eq!(facts.stories[0].releases, [release]);
}

#[test]
fn what_did_not_change_is_not_handed_over_again() {
    let mut plan = Plan::of("[[release]]\nname = \"a 1\"\n[[release]]\nname = \"b 1\"\n");
    let first = plan.facts();
    assert!(matches!(plan.round(now()), Ok(Answer::Unchanged)));
    plan.file("plan/a.toml", "[[release]]\nname = \"a 1\"\n[[release]]\nname = \"b 1\"\nowner = \"ada\"\n");
    let second = plan.facts();
    assert!(Arc::ptr_eq(&first.releases[0], &second.releases[0]));
    assert!(!Arc::ptr_eq(&first.releases[1], &second.releases[1]));
    // A file that comes or goes is a change.
    plan.file("plan/b.toml", "[[release]]\nname = \"c 1\"\n");
    assert_eq!(plan.facts().releases.len(), 3);
    fs::remove_file(plan.directory.path().join("plan/b.toml")).unwrap();
    assert_eq!(plan.facts().releases.len(), 2);
}

#[test]
fn a_date_that_comes_makes_the_same_files_mean_something_else() {
    let mut plan = Plan::of("[[story]]\nkey = \"A\"\ncreated = 2026-11-01\ndone = 2026-11-23\n");
    assert_eq!(plan.facts().stories[0].category, Category::ToDo);
    assert!(matches!(plan.round(berlin(11, 22, 23, 59)), Ok(Answer::Unchanged)));
    match plan.round(berlin(11, 23, 0, 0)) {
        Ok(Answer::Facts(facts)) => {
            assert_eq!(facts.stories[0].category, Category::Done);
            assert_eq!(problems(&facts), [""; 0]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_that_is_being_written_fails_the_round_and_forgets_nothing() {
    let mut plan = Plan::of("[[release]]\nname = \"a 1\"\n");
    let first = plan.facts();
    plan.file("plan/a.toml", "[[release]]\nname = \"a 1");
    let error = plan.round(now()).unwrap_err();
    assert!(matches!(error, SourceError::Failed(_)));
    let problem = error.problem().unwrap();
    assert!(problem.what.starts_with("plan/a.toml:2:"), "{problem:?}");
    plan.file("plan/a.toml", "[[release]]\nname = \"a 1\"\n");
    assert!(matches!(plan.round(now()), Ok(Answer::Unchanged)), "{first:?}");
}

#[test]
fn files_that_are_not_there_or_too_much_are_named() {
    let mut plan = Plan::new();
    let facts = plan.facts();
    assert!(problems(&facts)[0].ends_with("plan/*.toml: there is no such file"), "{:?}", facts.problems);
    assert_eq!(facts.covers, BTreeSet::new());

    let root = plan.directory.path().to_owned();
    let missing = vec![FilePattern { base: root.join("absent.toml"), pattern: String::new() }];
    let error = read_once(&settings(root.clone(), missing), now()).unwrap_err();
    assert!(error.to_string().starts_with("absent.toml: cannot be read"), "{error}");

    plan.file("plan/big.toml", &"#".repeat(16 * 1024 * 1024 + 1));
    let error = plan.round(now()).unwrap_err();
    assert_eq!(error.to_string(), "plan/big.toml: is larger than 16 MiB");
}

#[test]
fn a_plan_beside_settings_leaves_them_alone() {
    let plan = Plan::new();
    plan.file(".tminus.toml", "theme = \"paper\"\nanything = 1\n[[release]]\nname = \"a 1\"\n");
    let mut settings = settings(plan.directory.path().to_owned(), Vec::new());
    settings.inline.push(plan.directory.path().join(".tminus.toml"));
    let facts = read_once(&settings, now()).unwrap();
    assert_eq!(problems(&facts), [""; 0]);
    assert_eq!(facts.releases.len(), 1);
}

#[test]
fn directories_are_walked_as_far_as_the_pattern_goes() {
    let plan = Plan::new();
    let root = plan.directory.path();
    fs::create_dir_all(root.join("plan/deep/er")).unwrap();
    for file in ["plan/a.toml", "plan/note.txt", "plan/deep/b.toml", "plan/deep/er/c.toml"] {
        plan.file(file, "");
    }
    fs::create_dir(root.join("plan/directory.toml")).unwrap();
    let found = |pattern: &str| {
        let pattern = FilePattern { base: root.join("plan"), pattern: pattern.to_owned() };
        let found = files::find("plan", &[pattern.clone(), pattern]);
        found
            .files
            .iter()
            .map(|file| file.strip_prefix(root).unwrap().display().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("*.toml"), ["plan/a.toml"]);
    assert_eq!(found("*/*.toml"), ["plan/deep/b.toml"]);
    assert_eq!(found("**/*.toml"), ["plan/a.toml", "plan/deep/b.toml", "plan/deep/er/c.toml"]);
}

#[test]
fn what_is_read_is_watched() {
    let mut plan = Plan::new();
    let directory = plan.directory.path().join("plan");
    let entries = Watched::Directory(directory.clone());
    assert_eq!(plan.source.watched(), std::slice::from_ref(&entries));
    plan.file("plan/a.toml", "");
    plan.facts();
    assert_eq!(plan.source.watched(), [Watched::File(directory.join("a.toml")), entries]);
}

#[test]
fn a_round_that_is_ended_says_so() {
    let mut plan = Plan::of("[[release]]\nname = \"a 1\"\n");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let round = Round::at(now());
    round.cancelled.cancel();
    let ended = runtime.block_on(plan.source.fetch(&round));
    assert!(matches!(ended, Err(SourceError::Cancelled)));
    assert_eq!(plan.facts().releases.len(), 1);
}

proptest! {
    /// Whatever a plan is made of, it means something, the same each time, and its facts hold
    /// together.
    #[test]
    fn no_plan_is_too_strange(
        parts in proptest::collection::vec(
            (proptest::sample::select(PARTS), proptest::sample::select(VALUES)), 0..40,
        )
    ) {
        // A key twice in a table is no TOML.
        let mut keys = BTreeSet::new();
        let mut text = String::new();
        for (part, value) in parts {
            if part.starts_with('[') {
                keys.clear();
                text.extend([part, "\n"]);
            } else if keys.insert(part) {
                text.extend([part, " = ", value, "\n"]);
            }
        }
        let document = Document { path: PathBuf::from("p"), shown: "p".into(), text };
        if let Ok(file) = parse(&document, false, now()) {
            let calendar = Calendar { zone: Tz::America__Santiago, ..Calendar::default() };
            let misspelt: Vec<Kind> = file.misspelt.iter().flat_map(|(_, kinds)| kinds.iter().copied()).collect();
            let meaning = convert(std::slice::from_ref(&file), Some("a"), &calendar, now(), Vec::new());
            let again = convert(&[file], Some("a"), &calendar, now(), Vec::new());
            prop_assert_eq!(&meaning.facts, &again.facts);
            // Whatever else is wrong: what a table of an unknown name would have carried is missing.
            let incomplete = meaning.facts.incomplete();
            for kind in misspelt {
                prop_assert!(incomplete.contains(&kind), "{kind:?}: {:?}", meaning.facts.problems);
            }
            for story in &meaning.facts.stories {
                prop_assert_eq!(story.category_at(now()), Some(story.category));
            }
            for deployment in &meaning.facts.deployments {
                prop_assert!(deployment.window.from < deployment.window.until);
            }
        }
    }
}

const PARTS: &[&str] = &[
    "[[release]]",
    "[[story]]",
    "[[environment]]",
    "[[booking]]",
    "[[freeze]]",
    "[[deployment]]",
    "[[deployment.activity]]",
    "[[deploment]]",
    "[[bokings]]",
    "[[cutover]]",
    "project",
    "version",
    "name",
    "start",
    "target",
    "released",
    "depends_on",
    "key",
    "status",
    "category",
    "created",
    "started",
    "done",
    "release",
    "blocked_by",
    "points",
    "tier",
    "group",
    "environment",
    "from",
    "until",
    "duration",
    "finished",
    "after",
    "estimate",
];

const VALUES: &[&str] = &[
    "\"a\"",
    "\"b\"",
    "\"a b\"",
    "\"\"",
    "1",
    "-1.5",
    "nan",
    "true",
    "[]",
    "[\"a\", \"b\"]",
    "{ project = \"a\" }",
    "2026-11-01",
    "2026-11-22",
    "2026-12-01T10:00:00",
    "9999-12-31",
    "0001-01-01T00:00:00Z",
    "2026-09-06T00:00:00",
    "\"done\"",
    "\"production\"",
    "\"5m\"",
    "\"999999999w\"",
];

#[test]
fn a_deployment_has_its_own_time_zone_and_activities_done_by_hand() {
    let mut plan = Plan::of(
        "[[environment]]\nname = \"us\"\ntier = \"production\"\ntime_zone = \"America/New_York\"\n\
         [[deployment]]\nid = \"a\"\nenvironment = \"us\"\nfrom = 2026-11-25T08:00:00\nduration = \"1h\"\n\
         time_zone = \"America/New_York\"\nmanual = true\n\
         [[deployment.activity]]\nname = \"one\"\nestimate = \"5m\"\nmanual = false\n\
         [[deployment.activity]]\nname = \"two\"\nestimate = \"5m\"\npoint_of_no_return = true\nrollback = \"20m\"\n\
         [[deployment]]\nid = \"skipped\"\nenvironment = \"us\"\nfrom = 2026-03-08T02:30:00\nduration = \"1h\"\n\
         time_zone = \"America/New_York\"\n\
         [[deployment]]\nid = \"twice\"\nenvironment = \"us\"\nfrom = 2026-11-01T01:30:00\nduration = \"1h\"\n\
         time_zone = \"America/New_York\"\n\
         [[deployment]]\nid = \"here\"\nenvironment = \"us\"\nfrom = 2026-11-25T08:00:00\nduration = \"1h\"\n\
         [[deployment]]\nid = \"nowhere\"\nenvironment = \"us\"\nfrom = 2026-11-25T08:00:00\nduration = \"1h\"\n\
         time_zone = \"America/Newyork\"\n\
         [[deployment.activity]]\nname = \"one\"\nestimate = \"5m\"\nrollback = \"20m\"\n",
    );
    let facts = plan.facts();
    let from = |id: &str| {
        let found = facts.deployments.iter().find(|it| it.id.as_str() == id).unwrap();
        (found.window.from, found.time_zone.map(Tz::name))
    };
    let utc = |month, day, hour, minute| Utc.with_ymd_and_hms(2026, month, day, hour, minute, 0).unwrap();
    let there = Some("America/New_York");
    assert_eq!(from("a"), (utc(11, 25, 13, 0), there));
    // Clocks skip 02:30: the first instant after. They show 01:30 twice: the first one.
    assert_eq!(from("skipped"), (utc(3, 8, 7, 0), there));
    assert_eq!(from("twice"), (utc(11, 1, 5, 30), there));
    assert_eq!(from("here"), (berlin(11, 25, 8, 0), None));
    assert_eq!(from("nowhere"), (berlin(11, 25, 8, 0), None));
    assert_eq!(facts.environments[0].time_zone.map(Tz::name), there);
    let a = facts.deployments.iter().find(|it| it.id.as_str() == "a").unwrap();
    let said = |it: &crate::domain::Activity| (it.manual, it.point_of_no_return, it.rollback_minutes);
    assert_eq!(
        a.activities.iter().map(said).collect::<Vec<_>>(),
        [(false, false, None), (true, true, Some(20))]
    );
    let problems: Vec<&str> = facts.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().any(|what| what.contains("America/Newyork")), "{problems:?}");
    assert!(problems.iter().any(|what| what.contains("without `point_of_no_return`")), "{problems:?}");
}

#[test]
fn the_configuration_of_a_deployment_is_kept_as_digests() {
    let written = "[[environment]]\nname = \"p\"\ntier = \"production\"\n\
         [[deployment]]\nenvironment = \"p\"\nfrom = 2026-12-01\nduration = \"2h\"\n\
         configuration = { URL = \"secret\", RETRIES = 3, FLAG = true, EMPTY = \"\" }\n";
    let facts = Plan::of(written).facts();
    assert_eq!(problems(&facts), [""; 0]);
    let configuration = &facts.deployments[0].configuration;
    assert_eq!(
        configuration.keys().map(|key| &**key).collect::<Vec<_>>(),
        ["EMPTY", "FLAG", "RETRIES", "URL"]
    );
    assert!(configuration.values().all(|digest| digest.len() == 32 && !digest.contains("secret")));
    let wrong = written.replace("URL = \"secret\"", "URL = [\"secret\"]");
    let said = match Plan::of(&wrong).round(now()) {
        Ok(Answer::Facts(facts)) => format!("{:?}", facts.problems),
        other => format!("{other:?}"),
    };
    assert!(said.contains("configuration") && !said.contains("secret"), "{said}");
}

#[test]
fn what_a_misspelt_table_holds_is_missing_and_nothing_else() {
    let release = "[[release]]\nname = \"a 1\"\n";
    let every = [
        Kind::Releases,
        Kind::Stories,
        Kind::Defects,
        Kind::Environments,
        Kind::Bookings,
        Kind::Freezes,
        Kind::Deployments,
    ];
    let cases: [(&str, &[Kind]); 10] = [
        ("", &[]),
        ("[[deploment]]\nenvironment = \"p\"\nfrom = 2026-12-01\nduration = \"2h\"\n", &[Kind::Deployments]),
        ("[deploments]\nid = \"one\"\n", &[Kind::Deployments]),
        ("[[storys]]\nkey = \"A-1\"\n", &[Kind::Stories, Kind::Defects]),
        ("[[freze]]\nname = \"x\"\n", &[Kind::Freezes]),
        ("[[bokings]]\nid = \"x\"\n[[enviroment]]\nname = \"x\"\n", &[Kind::Bookings, Kind::Environments]),
        ("[[relase]]\nname = \"b 1\"\n", &[Kind::Releases]),
        // Nobody knows what it would have been.
        ("[[cutover]]\nname = \"x\"\n", &every),
        ("cutovers = []\n[[release]]\nname = \"c 1\"\n", &every),
        // No table: what the plan covers may lack something, and no more.
        ("title = \"x\"\n[[release]]\nname = \"c 1\"\n", &[Kind::Releases]),
    ];
    for (written, missing) in cases {
        let text = if written.starts_with(['[']) || written.is_empty() {
            format!("{release}{written}")
        } else {
            format!("{written}{release}")
        };
        let facts = Plan::of(&text).facts();
        assert_eq!(facts.incomplete(), missing.iter().copied().collect(), "{text}");
        assert!(facts.releases.iter().any(|release| release.id.as_str() == "a 1"), "{text}");
        let names_it = facts.problems.iter().all(|problem| problem.what.contains("unknown key"));
        assert!(names_it, "{:?}", facts.problems);
    }
    let said = problems(&Plan::of("[[deploment]]\nid = \"one\"\n").facts());
    assert_eq!(said, ["plan/a.toml:1:3: unknown key `deploment` — did you mean `deployment`?"]);
    // Whatever else is wrong, and however much: what nobody is told stays missing.
    let many: Vec<String> =
        (0..300).map(|number| format!("[[release]]\nname = \"r {number}\"\nzz = 1\n")).collect();
    let many = many.concat();
    let facts = Plan::of(&format!("{many}[[deploment]]\nid = \"one\"\n")).facts();
    assert_eq!(facts.incomplete(), [Kind::Releases, Kind::Deployments].into());
    assert!(facts.problems.len() <= 102, "{}", facts.problems.len());
}

//! The source against repositories that are made here, object by object: no git program, no
//! configuration of the machine, fixed dates.

#![expect(clippy::disallowed_methods, reason = "repositories are made of files")]

mod containment;
mod maker;

use std::{cell::RefCell, fs, path::Path, sync::Arc};

use gix::ObjectId;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use self::maker::{Maker, noon, now, run};
use super::*;
use crate::{
    domain::{Facts, PullRequestState, Release},
    source::Report,
};

fn release<'a>(facts: &'a Facts, version: &str) -> &'a Release {
    facts
        .releases
        .iter()
        .find(|release| release.version == version)
        .unwrap_or_else(|| panic!("{version}: {facts:#?}"))
}

/// The names of what a release contains, oldest first: numbers, or titles of what has none.
fn contents(facts: &Facts, version: &str) -> Vec<String> {
    let id = &release(facts, version).id;
    facts
        .pull_requests
        .iter()
        .filter(|pull_request| pull_request.release.as_ref() == Some(id))
        .map(|pull_request| match pull_request.number {
            Some(number) => format!("#{number}"),
            None => pull_request.title.to_string(),
        })
        .collect()
}

fn open(facts: &Facts) -> Vec<&str> {
    let is_open = |state| state == PullRequestState::Open;
    facts
        .pull_requests
        .iter()
        .filter(|pull_request| is_open(pull_request.state))
        .map(|pull_request| pull_request.branch.as_deref().unwrap())
        .collect()
}

fn has_problem(facts: &Facts, part: &str) -> bool {
    facts.problems.iter().any(|problem| problem.what.contains(part) && !problem.next_step.is_empty())
}

#[test]
fn the_cadence_of_past_tags_suggests_a_target_while_it_holds() {
    // Intervals of 12 and 18 days; now is day 325.
    for (first, target) in [(290, Some(335)), (280, Some(325)), (270, Some(315)), (264, None)] {
        let maker = Maker::new();
        let mut commit = maker.commit(&[], first, "Begin");
        maker.tag("v0.1.0", commit);
        for (version, day) in [("v0.2.0", first + 12), ("v0.3.0", first + 30)] {
            commit = maker.commit(&[commit], day, version);
            maker.tag(version, commit);
        }
        maker.main(commit);
        let facts = maker.read();
        let found = release(&facts, "0.4.0").target;
        assert_eq!(found.map(|target| target.at.timestamp()), target.map(noon), "{first}");
        assert!(found.is_none_or(|target| target.estimated));
    }
}

#[test]
fn tags_merges_and_squashes_become_releases_and_pull_requests() {
    let maker = Maker::new();
    let first = maker.commit(&[], 0, "Begin");
    let one = maker.commit(&[first], 10, "PAY-7: squashed (#1)\n\nFixes #5");
    let side = maker.commit(&[first], 3, "early work");
    let side = maker.commit(&[side], 11, "late work");
    let two = maker.commit(&[one, side], 20, "Merge pull request #2 from ada/topic\n\nA topic");
    let three = maker.commit(&[two], 30, "Straight to main");
    let four = maker.commit(&[three], 300, "In progress (#4)");
    maker.main(four);
    maker.tag("v0.9.0", first);
    maker.annotated("v1.0.0", one, 12);
    maker.tag("v1.1.0-rc1", two);
    maker.tag("v1.1.0", three);
    let facts = maker.read();

    let versions: Vec<&str> = facts.releases.iter().map(|release| release.version.as_str()).collect();
    assert_eq!(versions, ["0.9.0", "1.0.0", "1.1.0", "1.2.0"]);
    assert_eq!(contents(&facts, "0.9.0"), ["Begin"]);
    assert_eq!(contents(&facts, "1.0.0"), ["#1"]);
    assert_eq!(contents(&facts, "1.1.0"), ["#2", "Straight to main"]);
    assert_eq!(contents(&facts, "1.2.0"), ["#4"]);
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);

    let commits: Vec<_> = facts.releases.iter().map(|release| release.commits).collect();
    assert_eq!(commits, [Some(1), Some(1), Some(4), Some(1)], "as `git rev-list --count` from tag to tag");
    let tagged = release(&facts, "1.0.0");
    assert_eq!(tagged.released_at.unwrap().timestamp(), noon(12), "the date of the annotated tag");
    assert_eq!(tagged.start.unwrap().timestamp(), noon(0));
    assert_eq!(tagged.tag.as_deref(), Some("v1.0.0"));
    assert_eq!(tagged.commit.as_deref(), Some(one.to_string().as_str()));
    let next = release(&facts, "1.2.0");
    assert_eq!((next.released_at, next.start.unwrap().timestamp()), (None, noon(30)));
    assert_eq!(next.target, None, "nine months without a release are no cadence");

    let [squash, merge] = [1, 2].map(|number| {
        facts.pull_requests.iter().find(|pull_request| pull_request.number == Some(number)).unwrap()
    });
    assert_eq!((squash.id.as_str(), squash.title.as_str()), ("api#1", "PAY-7: squashed"));
    assert_eq!(
        squash.stories.iter().map(crate::domain::StoryKey::as_str).collect::<Vec<_>>(),
        ["PAY-7", "api#5"]
    );
    assert_eq!((merge.title.as_str(), merge.branch.as_deref()), ("A topic", Some("topic")));
    assert_eq!(merge.started_at.unwrap().timestamp(), noon(3));
    assert_eq!(merge.merged_at.unwrap().timestamp(), noon(20));
    assert_eq!(merge.merge_commit.as_deref(), Some(two.to_string().as_str()));
}

#[test]
fn a_backport_belongs_to_its_own_release() {
    let maker = Maker::new();
    let root = maker.commit(&[], 0, "Begin");
    let fork = maker.commit(&[root], 5, "Before both (#1)");
    let main = maker.commit(&[fork], 20, "Mend it (#2)");
    let mended = maker.commit(&[fork], 30, "Mend it (#2) (#3)");
    let picked = maker.commit(&[mended], 31, "Other (#4)");
    let merged = maker.commit(&[main, picked], 40, "Merge branch 'release-1'");
    let head = maker.commit(&[merged], 50, "Later (#5)");
    maker.main(head);
    maker.tag("v1.0.0", root);
    maker.tag("v2.0.0", main);
    maker.tag("v1.0.1", picked);
    maker.tag("v2.1.0", merged);
    let facts = maker.read();
    assert_eq!(contents(&facts, "2.0.0"), ["#1", "#2"]);
    assert_eq!(contents(&facts, "1.0.1"), ["#3", "#4"]);
    assert_eq!(contents(&facts, "2.1.0"), ["release 1"]);
    assert_eq!(contents(&facts, "2.2.0"), ["#5"], "the backport does not name the next version");
    assert_eq!(release(&facts, "1.0.1").start, release(&facts, "1.0.0").released_at);
    assert_eq!(release(&facts, "2.1.0").start, release(&facts, "2.0.0").released_at);
}

#[test]
fn only_the_newest_releases_are_told_and_older_work_is_in_none() {
    let maker = Maker::new();
    let mut head = maker.commit(&[], 0, "Begin");
    for number in 1..=9 {
        head = maker.commit(&[head], number, &format!("Work (#{number})"));
        maker.tag(&format!("v0.{number}.0"), head);
    }
    maker.main(head);
    let facts = maker.read_with(|settings| settings.releases = 2);
    let versions: Vec<&str> = facts.releases.iter().map(|release| release.version.as_str()).collect();
    assert_eq!(versions, ["0.8.0", "0.9.0", "0.10.0"]);
    assert_eq!(facts.pull_requests.len(), 2);
    assert_eq!(contents(&facts, "0.8.0"), ["#8"]);
    assert_eq!(release(&facts, "0.8.0").start.unwrap().timestamp(), noon(7));
}

#[test]
fn branches_are_open_work_unless_the_base_has_them() {
    let maker = Maker::new();
    let recent = 320;
    let root = maker.with_files(&[], 300, "Begin", &[("file", "0")]);
    let branch = |name: &str, id: ObjectId| maker.reference(&format!("refs/heads/{name}"), id);
    let work = |message: &str, day: i64| maker.commit(&[root], day, message);
    let file = |parent: ObjectId, message: &str, name: &str| {
        maker.with_files(&[parent], recent, message, &[("file", "0"), (name, "done")])
    };

    let open_one = work("PAY-1 do it", recent);
    branch("feature/open-one", open_one);
    let open_two = maker.commit(&[work("first", recent)], recent + 1, "second");
    branch("feature/PAY-2_open-two", open_two);
    branch("too-old", work("old", 200));
    let squashed = maker.commit(&[work("Squash me", recent)], recent, "tip of it");
    branch("squashed", squashed);
    let rebased = work("Rebase me", recent);
    branch("rebased", rebased);
    let merged = work("Merge me", recent);
    branch("merged", merged);
    let renamed = maker.commit(&[work("b1", recent)], recent, "b2");
    branch("renamed", renamed);
    let deep = file(root, "wip", "deep/down");
    branch("patch", deep);
    // The same work under the same words, but before the branch began: not this branch.
    let reused = work("Words used before", recent);
    branch("reused-words", reused);

    let mut head = maker.with_files(&[root], 301, "Words used before (#9)", &[("file", "0"), ("other", "")]);
    head = maker.commit(&[head], recent + 1, "Squash me (#10)");
    let who = |day: i64| format!("Ada <ada@example.com> {} +0000", noon(day));
    head = maker.raw(&[head], &who(recent), &who(recent + 1), b"Rebase me", &[("x", "y")]);
    head = maker.commit(&[head, merged], recent + 1, "Merge pull request #11 from ada/merged\n\nMerge me");
    head = maker.commit(
        &[head],
        recent + 1,
        "Merge branch 'renamed' into 'main'\n\nTitle\n\nSee merge request a/api!12",
    );
    head = maker.with_files(&[head], recent + 1, "x", &[("file", "0")]);
    head = maker.with_files(
        &[head],
        recent + 1,
        "Under another name (#13)",
        &[("deep/down", "done"), ("file", "0")],
    );
    maker.main(head);
    // Known here and at the remote: the newer one counts, once.
    maker.reference("refs/remotes/origin/feature/open-one", root);
    maker.reference("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/main");
    maker.reference("refs/remotes/origin/main", head);

    let facts = maker.read();
    assert_eq!(open(&facts), ["feature/PAY-2_open-two", "feature/open-one", "reused-words"]);
    let two =
        facts.pull_requests.iter().find(|found| found.id.as_str() == "api:feature/PAY-2_open-two").unwrap();
    assert_eq!(two.title, "PAY-2 open two");
    assert_eq!(two.stories[0].as_str(), "PAY-2");
    assert_eq!((two.draft, &two.release, two.number), (true, &None, None));
    assert_eq!(two.started_at.unwrap().timestamp(), noon(recent));
    assert_eq!(two.updated_at.unwrap().timestamp(), noon(recent + 1));
    let one = facts.pull_requests.iter().find(|found| found.id.as_str() == "api:feature/open-one").unwrap();
    assert_eq!(one.title, "PAY-1 do it");
}

#[test]
fn what_is_missing_is_a_named_problem_and_the_rest_works() {
    let empty = Maker::new();
    let facts = empty.read();
    assert!(facts.releases.is_empty() && has_problem(&facts, "no commits"), "{facts:#?}");

    let untagged = Maker::new();
    let root = untagged.commit(&[], 0, "Begin");
    untagged.main(untagged.commit(&[root], 1, "More"));
    let facts = untagged.read();
    assert!(has_problem(&facts, "no tags"));
    assert_eq!(contents(&facts, "0.1.0"), ["Begin", "More"]);
    assert_eq!(release(&facts, "0.1.0").target, None);
    untagged.tag("latest", root);
    assert!(has_problem(&untagged.read(), "no tag of the repository names a version"));
    untagged.tag("v1", root);
    assert!(has_problem(&untagged.read_with(|settings| settings.tag_pattern = Some("x*".into())), "\"x*\""));
    assert!(has_problem(&untagged.read_with(|settings| settings.base = Some("nope".into())), "\"nope\""));

    let shallow = Maker::new();
    let gone: ObjectId = "1234567890123456789012345678901234567890".parse().unwrap();
    let cut = shallow.commit(&[gone], 0, "Cut here (#1)");
    shallow.main(shallow.commit(&[cut], 1, "Head (#2)"));
    let facts = shallow.read();
    assert!(has_problem(&facts, "1234567890"), "without the file it is damage: {:?}", facts.problems);
    shallow.reference("shallow", cut);
    let facts = shallow.read();
    assert!(
        has_problem(&facts, "shallow clone") && !has_problem(&facts, "1234567890"),
        "{:?}",
        facts.problems
    );
    assert_eq!(contents(&facts, "0.1.0"), ["#1", "#2"]);

    let detached = Maker::new();
    let root = detached.commit(&[], 0, "Begin");
    detached.reference("HEAD", root);
    let facts = detached.read();
    assert!(has_problem(&facts, "detached"));
    assert_eq!(contents(&facts, "0.1.0"), ["Begin"]);
    detached.main(root);
    assert!(!has_problem(&detached.read(), "detached"), "a base is known all the same");

    let damaged = Maker::new();
    let root = damaged.commit(&[], 0, "Begin");
    let lost = damaged.commit(&[root], 1, "Lost (#1)");
    damaged.main(damaged.commit(&[lost], 2, "Head (#2)"));
    damaged.tag("v1.0.0", root);
    damaged.reference("refs/heads/broken", "nonsense");
    let hash = lost.to_string();
    fs::remove_file(damaged.git.join("objects").join(&hash[..2]).join(&hash[2..])).unwrap();
    // What was replaced is read as it was first written.
    damaged.reference(&format!("refs/replace/{root}"), damaged.commit(&[], 0, "Replaced"));
    let facts = damaged.read();
    assert_eq!(contents(&facts, "1.0.0"), ["Begin"]);
    assert!(has_problem(&facts, &hash) && has_problem(&facts, "references"), "{:?}", facts.problems);
    assert_eq!(contents(&facts, "1.1.0"), ["#2"]);

    let nowhere = TempDir::new().unwrap();
    for (path, part) in
        [(nowhere.path().to_owned(), "no git repository"), (nowhere.path().join("x"), "no directory")]
    {
        match run(&GitSettings::new(path), &mut round::Memory::default()) {
            Err(SourceError::Refused(problem)) => assert!(problem.what.contains(part), "{problem:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn bare_repositories_and_worktrees_work() {
    let bare = Maker::of_kind(gix::create::Kind::Bare);
    let root = bare.commit(&[], 0, "Begin");
    bare.main(root);
    assert_eq!(contents(&bare.read(), "0.1.0"), ["Begin"]);
    assert_eq!(discover(&bare.path()).unwrap().project, "api");

    let maker = Maker::new();
    let root = maker.commit(&[], 0, "Begin");
    maker.main(root);
    maker.tag("v1", root);
    let tree = maker.directory.path().join("elsewhere");
    maker.reference("worktrees/elsewhere/HEAD", "ref: refs/heads/main");
    maker.reference("worktrees/elsewhere/commondir", "../..");
    maker.reference("worktrees/elsewhere/gitdir", tree.join(".git").display());
    let inside = tree.join("some/directory");
    fs::create_dir_all(&inside).unwrap();
    fs::write(tree.join(".git"), format!("gitdir: {}\n", maker.git.join("worktrees/elsewhere").display()))
        .unwrap();
    let facts = maker.read_with(|settings| settings.path.clone_from(&inside));
    assert_eq!(contents(&facts, "1"), ["Begin"]);
    let found = discover(&inside).unwrap();
    assert_eq!((found.project.as_str(), found.root), ("api", tree.canonicalize().unwrap()));
    let watched = GitSource::new("git".into(), GitSettings::new(inside)).watched();
    let git = maker.git.canonicalize().unwrap();
    assert_eq!(
        watched,
        [
            Watched::File(git.join("worktrees/elsewhere/HEAD")),
            Watched::File(git.join("packed-refs")),
            Watched::Tree(git.join("refs")),
        ]
    );
    assert_eq!(discover(Path::new("/")), None);

    let config = maker.git.join("config");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text + "[remote \"origin\"]\n\turl = git@host.example:group/payments.git\n").unwrap();
    assert_eq!(discover(&maker.path()).unwrap().project, "payments");
}

#[test]
fn the_base_is_the_newest_state_of_its_branch() {
    let maker = Maker::new();
    let root = maker.commit(&[], 0, "Begin");
    let next = maker.commit(&[root], 1, "Next");
    let other = maker.commit(&[root], 2, "Other");
    let head = |ours: ObjectId, theirs: ObjectId| {
        maker.reference("refs/heads/trunk", ours);
        maker.reference("refs/remotes/origin/trunk", theirs);
        maker.read().releases[0].commit.as_deref().unwrap().to_owned()
    };
    maker.reference("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/trunk");
    assert_eq!(head(next, root), next.to_string(), "not pushed yet");
    assert_eq!(head(root, next), next.to_string(), "not pulled yet");
    assert_eq!(head(other, next), next.to_string(), "both went on: what everybody has");
    maker.main(other);
    let facts = maker.read_with(|settings| settings.base = Some("origin/main".into()));
    assert_eq!(facts.releases[0].commit.as_deref(), Some(other.to_string().as_str()));
}

#[test]
fn hostile_dates_and_subjects_do_no_harm() {
    let maker = Maker::new();
    let root = maker.raw(&[], "\u{1b}[31mEve\u{202e} <> -99999999999999 -9999", "Eve <> 0 +0000", b"", &[]);
    let second = maker.raw(&[root], "", "<<>> 99999999999999999999 +9999", b"\xff\xfe\x1b[2J (#1)\n", &[]);
    let third = maker.raw(&[second], "x", "Eve <> 253402300800 +0000", &b"y".repeat(100_000), &[]);
    maker.main(third);
    maker.tag("v1.0.0", root);
    maker.tag("v1.1.0", second);
    maker.tag("v1.2.0", third);
    maker.reference(
        "refs/heads/later",
        maker.raw(&[third], "", "Eve <> 9223372036854775807 +0000", b"z", &[("z", "")]),
    );
    let facts = maker.read();
    assert_eq!(facts.releases.len(), 4);
    assert_eq!(contents(&facts, "1.1.0"), ["#1"]);
    for release in &facts.releases {
        assert!(release.released_at.is_none_or(|at| at <= now() && at.timestamp() >= 0));
    }
    for pull_request in &facts.pull_requests {
        assert!(pull_request.updated_at.unwrap() <= now());
        assert!(!pull_request.title.contains('\u{1b}') && !pull_request.author.contains('\u{202e}'));
    }
    assert_eq!(open(&facts), ["later"]);
}

#[test]
fn of_several_families_the_one_with_the_newest_tag_is_followed() {
    let maker = Maker::new();
    let mut head = maker.commit(&[], 0, "Begin");
    for number in 1..=3 {
        head = maker.commit(&[head], 2 * number, &format!("Bar (#{number})"));
        maker.tag(&format!("bar-v1.{number}"), head);
        head = maker.commit(&[head], 2 * number + 1, &format!("Foo (#{})", 10 + number));
        maker.tag(&format!("foo-v2.{number}"), head);
    }
    maker.main(head);
    let facts = maker.read();
    assert_eq!(facts.releases.last().unwrap().id.as_str(), "foo 2.4");
    assert_eq!(contents(&facts, "2.3"), ["#3", "#13"]);
    assert!(has_problem(&facts, "\"foo\" is followed, not \"bar\""), "{:?}", facts.problems);
    let facts = maker.read_with(|settings| settings.tag_pattern = Some("bar-*".into()));
    assert_eq!(facts.releases.last().unwrap().id.as_str(), "api 1.4");
    assert!(facts.problems.is_empty());
}

#[test]
fn what_did_not_change_is_not_read_or_made_again() {
    let maker = Maker::new();
    let root = maker.commit(&[], 0, "Begin (#1)");
    maker.main(root);
    maker.tag("v1", root);
    let settings = GitSettings::new(maker.path());
    let mut memory = round::Memory::default();
    let Ok(Answer::Facts(first)) = run(&settings, &mut memory) else { panic!() };
    assert!(matches!(run(&settings, &mut memory), Ok(Answer::Unchanged)));
    let tomorrow = now() + chrono::Duration::days(1);
    let later = round::run(&settings, &mut memory, tomorrow, &CancellationToken::new(), &|_| {});
    assert!(matches!(later, Ok(Answer::Facts(_))), "branches may have become old");
    maker.main(maker.commit(&[root], 1, "More (#2)"));
    let Ok(Answer::Facts(second)) = run(&settings, &mut memory) else { panic!() };
    assert!(Arc::ptr_eq(&first.releases[0], &second.releases[0]));
    assert!(Arc::ptr_eq(&first.pull_requests[0], &second.pull_requests[0]));
    assert_eq!(second.pull_requests.len(), 2);
}

#[test]
fn a_long_round_tells_what_it_knows_and_can_be_ended() {
    let maker = Maker::new();
    let mut head = maker.commit(&[], 0, "Begin");
    for number in 1..1_500 {
        let who = format!("Ada <> {} +0000", noon(0) + number);
        head = maker.raw(&[head], &who, &who, format!("Work (#{number})").as_bytes(), &[]);
    }
    maker.main(head);
    maker.tag("v1", head);
    let settings = GitSettings::new(maker.path());
    let reports = RefCell::new(Vec::new());
    let cancelled = CancellationToken::new();
    let answer = round::run(&settings, &mut round::Memory::default(), now(), &cancelled, &|report| {
        reports.borrow_mut().push(match report {
            Report::Partial(facts) => (facts.releases.len(), facts.pull_requests.len()),
            Report::Progress(_) => (0, 0),
        });
    });
    let Ok(Answer::Facts(facts)) = answer else { panic!("{answer:?}") };
    assert_eq!(facts.pull_requests.len(), 1_500);
    let reports = reports.into_inner();
    assert_eq!(reports[0], (2, 0), "releases first");
    assert!(reports.contains(&(0, 0)) && reports.iter().any(|&(_, known)| known >= 1_000), "{reports:?}");

    let answer =
        round::run(&settings, &mut round::Memory::default(), now(), &cancelled, &|_| cancelled.cancel());
    assert!(matches!(answer, Err(SourceError::Cancelled)), "{answer:?}");
}

#[test]
fn of_very_many_tags_the_likely_ones_are_told_at_once() {
    let maker = Maker::new();
    let first = maker.commit(&[], 0, "Begin");
    let head = maker.commit(&[first], 10, "Head (#1)");
    maker.main(head);
    // One packed file, as git keeps so many.
    let tags: Vec<String> = (0..1_200).map(|number| format!("{first} refs/tags/v1.{number:04}\n")).collect();
    let tags = tags.concat();
    fs::write(
        maker.git.join("packed-refs"),
        format!("# pack-refs with: peeled fully-peeled sorted \n{tags}"),
    )
    .unwrap();
    maker.tag("v0.9.1", head);
    let settings = GitSettings::new(maker.path());
    let partial = RefCell::new(Vec::new());
    let cancelled = CancellationToken::new();
    let answer = round::run(&settings, &mut round::Memory::default(), now(), &cancelled, &|report| {
        if let Report::Partial(facts) = report {
            partial.borrow_mut().push(facts);
        }
    });
    let Ok(Answer::Facts(facts)) = answer else { panic!("{answer:?}") };
    let partial = partial.into_inner();
    let newest = |facts: &Facts| facts.releases[facts.releases.len() - 2].version.to_string();
    assert_eq!((partial[0].releases.len(), newest(&partial[0]).as_str()), (51, "1.1199"));
    assert_eq!((facts.releases.len(), newest(&facts).as_str()), (51, "0.9.1"), "by date in the end");
    assert_eq!(contents(&facts, "0.9.1"), ["#1"]);
}

#[tokio::test]
async fn the_source_answers_through_its_contract() {
    let maker = Maker::new();
    maker.main(maker.commit(&[], 0, "Begin"));
    let mut source = GitSource::new("git".into(), GitSettings::new(maker.path()));
    let partial = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&partial);
    let mut round = Round::at(now());
    round.report = Box::new(move |_| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(matches!(source.fetch(&round).await, Ok(Answer::Facts(_))));
    assert!(partial.load(std::sync::atomic::Ordering::Relaxed) > 0);
    assert!(matches!(source.fetch(&round).await, Ok(Answer::Unchanged)));
    maker.main(maker.commit(&[], 1, "Other"));
    round.cancelled.cancel();
    assert!(matches!(source.fetch(&round).await, Err(SourceError::Cancelled)));
}

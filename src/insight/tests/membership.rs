//! What belongs where, and why.

use crate::domain::{
    Category, Kind, MatchRule, PullRequest, PullRequestState, Release, ReleaseId, StoryKey, Text,
};
use crate::insight::fixture::{ALL_KINDS, Setting, at, id, pull_request, story, test_run};

fn all() -> Setting {
    Setting::covering(&ALL_KINDS)
}

fn ruled(rule: MatchRule) -> Setting {
    all().release(|release| release.rules = vec![rule])
}

fn stray(change: impl FnOnce(&mut PullRequest)) -> PullRequest {
    let mut stray = pull_request(1, PullRequestState::Open);
    stray.release = None;
    change(&mut stray);
    stray
}

#[test]
fn a_pull_request_says_why_it_belongs() {
    for (setting, pull_request, belongs) in [
        (all(), stray(|_| {}), None),
        (all(), stray(|it| it.release = Some(id())), Some("in 4.2")),
        (
            all().release(|it| it.tag = Some("v4.2".into())),
            stray(|it| it.release = Some(id())),
            Some("in v4.2"),
        ),
        (
            ruled(MatchRule::Milestone("4.*".into())),
            stray(|it| it.milestone = Some("4.2".into())),
            Some("milestone 4.2"),
        ),
        (ruled(MatchRule::Milestone("5.*".into())), stray(|it| it.milestone = Some("4.2".into())), None),
        (ruled(MatchRule::BaseBranch("main".into())), stray(|_| {}), Some("into main")),
        (ruled(MatchRule::Branch("ref*".into())), stray(|_| {}), Some("branch refunds")),
        (
            ruled(MatchRule::Label("pay".into())),
            stray(|it| it.labels = vec!["pay".into()]),
            Some("label pay"),
        ),
        (
            all().story(story("PAY-1", Category::ToDo)),
            stray(|it| it.stories = vec![StoryKey::new("PAY-1")]),
            Some("story PAY-1"),
        ),
        (all(), stray(|it| it.stories = vec![StoryKey::new("PAY-404")]), None),
        // The strongest reason is the one that is said.
        (
            ruled(MatchRule::BaseBranch("main".into())).story(story("PAY-1", Category::ToDo)),
            stray(|it| (it.stories, it.release) = (vec![StoryKey::new("PAY-1")], Some(id()))),
            Some("story PAY-1"),
        ),
        // A milestone that is called like a version of the same repository needs no rule.
        (
            all().release(|it| it.project = "api".into()),
            stray(|it| it.milestone = Some("v4.2".into())),
            Some("milestone v4.2"),
        ),
    ] {
        let setting = setting.pull_request(pull_request.clone());
        let rows = &setting.answer().pull_requests;
        assert_eq!(rows.first().map(|row| &*row.belongs), belongs, "{pull_request:?}");
        assert_eq!(setting.insight().unassigned.is_empty(), belongs.is_some(), "{pull_request:?}");
    }
}

#[test]
fn a_story_belongs_by_its_source_a_label_or_its_key() {
    let stray = |change: fn(&mut crate::domain::Story)| {
        let mut stray = story("PAY-1", Category::ToDo);
        stray.releases.clear();
        change(&mut stray);
        stray
    };
    for (setting, story, belongs) in [
        (all(), story("PAY-1", Category::ToDo), Some("release 4.2")),
        (all(), stray(|_| {}), None),
        (ruled(MatchRule::Story("PAY-*".into())), stray(|_| {}), Some("key PAY-1")),
        (ruled(MatchRule::Label("q4".into())), stray(|it| it.labels = vec!["q4".into()]), Some("label q4")),
    ] {
        let answer = setting.story(story.clone()).answer();
        assert_eq!(answer.stories.first().map(|row| &*row.belongs), belongs, "{story:?}");
    }
}

fn repository(version: &str, tag: Option<&str>) -> Release {
    Release {
        tag: tag.map(Text::new),
        commit: Some(format!("{version:0>12}").into()),
        released_at: tag.map(|_| at(20, 1)),
        ..Release::named("payments", version)
    }
}

#[test]
fn a_tag_rule_takes_over_what_a_repository_released() {
    let rule = || ruled(MatchRule::Tag("v4.2*".into()));
    for (case, setting, contained, belongs) in [
        ("a tag", rule().other(repository("4.2.0", Some("v4.2.0"))), "payments 4.2.0", Some("in v4.2.0")),
        ("a version", rule().other(repository("4.2.1", None)), "payments 4.2.1", Some("in 4.2.1")),
        ("another tag", rule().other(repository("4.1.0", Some("v4.1.0"))), "payments 4.1.0", None),
        ("work in progress", rule().other(repository("4.1.1", None)), "payments 4.1.1", Some("in 4.1.1")),
        (
            "work in progress after its tag",
            rule().other(repository("4.2.0", Some("v4.2.0"))).other(repository("4.3.0", None)),
            "payments 4.3.0",
            None,
        ),
        (
            "work in progress of another project",
            rule().other(Release { project: "ledger".into(), ..repository("4.1.1", None) }),
            "payments 4.1.1",
            None,
        ),
    ] {
        let contained = stray(|it| it.release = Some(ReleaseId::new(contained)));
        let answer = setting.pull_request(contained).answer();
        assert_eq!(answer.pull_requests.first().map(|row| &*row.belongs), belongs, "{case}");
    }
}

#[test]
fn work_in_progress_goes_to_the_nearest_of_several() {
    let later = Release {
        id: ReleaseId::new("payments 4.3"),
        rules: vec![MatchRule::Tag("v4.3*".into())],
        target: None,
        ..Release::named("payments", "4.3")
    };
    let setting = ruled(MatchRule::Tag("v4.2*".into()))
        .other(later)
        .other(repository("4.1.1", None))
        .pull_request(stray(|it| it.release = Some(ReleaseId::new("payments 4.1.1"))));
    let insight = setting.insight();
    let with: Vec<_> = insight
        .releases
        .iter()
        .filter(|it| !it.pull_requests.is_empty())
        .map(|it| it.release.id.as_str())
        .collect();
    assert_eq!(with, ["payments 4.2", "payments 4.1.1"]);
}

#[test]
fn test_runs_belong_by_release_or_by_commit() {
    let mut run = test_run("unit", 20, 9, 0);
    (run.release, run.commit) = (None, Some("abcabcabcabc".into()));
    let setting = Setting::covering(&[Kind::TestRuns]).test_run(run);
    assert_eq!(setting.answer().tally.tests_passed, 0);
    let headed = setting.release(|it| it.commit = Some("abcabcabcabc".into()));
    assert_eq!(headed.answer().tally.tests_passed, 9);
}

//! Builds: which release they are of, and what is said of them.

use std::sync::Arc;

use chrono::Duration;

use super::super::{
    Subject, explain,
    fixture::{ALL_KINDS, Setting, build, id, now, pull_request, release},
    words,
};
use crate::domain::{Build, BuildId, CheckOutcome, MatchRule, PullRequestState, Release, Text};

fn branch(repository: &str, name: &str) -> Build {
    Build {
        id: BuildId::of(repository, name),
        repository: Text::new(repository),
        branch: Text::new(name),
        ..build(22, &[("unit", CheckOutcome::Passed)])
    }
}

fn setting() -> Setting {
    let mut branches = ["release/4.2", "main"].map(|name| branch("payments", name)).to_vec();
    branches.extend([branch("api", "main"), branch("elsewhere", "main")]);
    let setting = Setting::covering(&ALL_KINDS).pull_request(pull_request(1, PullRequestState::Merged));
    branches.into_iter().fold(setting, Setting::build)
}

#[test]
fn a_release_has_the_builds_of_its_repositories_and_of_the_branches_that_it_claims() {
    let rule = |pattern: &str| vec![MatchRule::BaseBranch(Text::new(pattern))];
    let next = Release { rules: rule("main"), ..Release::named("payments", "4.3") };
    let went = Release { released_at: Some(now() - Duration::hours(1)), ..release() };
    let claiming = Release { rules: rule("release/4.2"), ..release() };
    for (first, second, expected) in [
        (release(), None, &["api@main", "payments@main", "payments@release/4.2"][..]),
        (claiming, None, &["api@main", "payments@main", "payments@release/4.2"]),
        (release(), Some(next.clone()), &["payments@release/4.2"]),
        (went, None, &[]),
    ] {
        let mut setting = setting();
        setting.facts.releases = [Some(first), second].into_iter().flatten().map(Arc::new).collect();
        let found = setting.answer();
        let builds: Vec<_> = found.builds.iter().map(|build| build.id.as_str()).collect();
        assert_eq!(builds, expected);
    }
}

#[test]
fn a_build_is_said_in_a_line_and_turns_no_gate() {
    use CheckOutcome::{Failed, Passed, Running, Skipped};
    for (checks, said) in [
        (&[("unit", Passed), ("lint", Skipped)][..], "passed 21h ago at 1a2b3c4d"),
        (&[("unit", Passed), ("integration", Failed)], "integration failed 21h ago at 1a2b3c4d"),
        (&[("a", Failed), ("b", Failed), ("c", Failed)], "a, b and 1 more failed 21h ago at 1a2b3c4d"),
        (&[("unit", Running), ("lint", Passed)], "1 of 2 checks running 21h ago at 1a2b3c4d"),
        (&[("unit", Skipped)], "all checks skipped 21h ago at 1a2b3c4d"),
        (&[], "unknown 21h ago at 1a2b3c4d"),
    ] {
        assert_eq!(words::build(&build(21, checks), now()), said);
    }
    let red = build(21, &[("integration", Failed)]);
    let without = Setting::covering(&ALL_KINDS);
    let with = without.clone().build(red);
    assert_eq!(with.answer().gates, without.answer().gates);
    assert_eq!(with.answer().verdict, without.answer().verdict);
    let why = explain(&with.board_at(now()), &id(), &Subject::Headline, now());
    let line = "payments main: integration failed 21h ago at 1a2b3c4d (no gate asks for it)";
    assert!(why.left_out.iter().any(|known| known == line), "{:?}", why.left_out);
    let several = [branch("api", "main"), branch("api", "next"), branch("web", "main")].map(Arc::new);
    let lines = words::builds(&several, now());
    let lines: Vec<_> = lines.iter().map(|(name, said)| (name.as_str(), said.matches(';').count())).collect();
    assert_eq!(lines, [("api", 1), ("web", 0)]);
}

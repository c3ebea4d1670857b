//! Where things are and why, worked out by hand for small histories.

use crate::domain::{
    Category, Deployment, DeploymentState, EnvironmentId, Instant, MatchRule, PullRequest, PullRequestState,
    Release, ReleaseId, StoryKey, Text,
};
use crate::insight::{
    Certainty, Completeness, Trace, TraceKind, TracePart, Traced,
    fixture::{ALL_KINDS, Setting, at, deployment, now, pull_request, story},
    trace,
};

const COMMIT: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

fn out(version: &str, day: u32) -> Release {
    Release {
        released_at: Some(at(day, 12)),
        tag: Some(Text::new(format!("v{version}"))),
        ..Release::named("api", version)
    }
}

fn merged(number: u64, release: Option<&str>, key: &str) -> PullRequest {
    PullRequest {
        branch: Some(Text::new(format!("{key}-refunds"))),
        merge_commit: Some(Text::new(COMMIT)),
        stories: vec![StoryKey::new(key)],
        release: release.map(|version| ReleaseId::of("api", version)),
        merged_at: Some(at(3, 12)),
        ..pull_request(number, PullRequestState::Merged)
    }
}

fn went(name: &str, version: &str, place: &str, day: u32, state: DeploymentState) -> Deployment {
    Deployment {
        environment: EnvironmentId::new(place),
        state,
        started_at: Some(at(day, 14)),
        finished_at: Some(at(day, 15)),
        ..deployment(name, &format!("api {version}"), at(day, 14), 60)
    }
}

/// `api` 1.9, 2.0 and, beside it, 1.9.1; then 2.1; 2.2 is in the making.
fn history() -> Setting {
    let mut setting = Setting::covering(&ALL_KINDS);
    setting.facts.releases.clear();
    for release in
        [out("1.9", 2), out("2.0", 6), out("1.9.1", 8), out("2.1", 12), Release::named("api", "2.2")]
    {
        setting = setting.other(release);
    }
    let mut of_story = story("PAY-1", Category::Done);
    of_story.releases.clear();
    setting.story(of_story)
}

fn traced(setting: &Setting, asked: &Traced) -> Trace {
    trace(&setting.board_at(now()), asked, now()).unwrap()
}

fn of_story(setting: &Setting) -> Trace {
    traced(setting, &Traced::Story(StoryKey::new("PAY-1")))
}

/// `runs in production/eu`, of the kinds that are asked.
fn links(trace: &Trace, kinds: &[TraceKind]) -> Vec<String> {
    let links = trace.links.iter().filter(|link| kinds.contains(&link.kind));
    links.map(|link| format!("{} {}", link.kind.word(), link.name)).collect()
}

fn names(trace: &Trace, part: TracePart) -> Vec<&str> {
    trace.links.iter().filter(|link| link.part == part).map(|link| link.name.as_str()).collect()
}

fn into(version: &str, place: &str) -> Traced {
    Traced::Release(ReleaseId::of("api", version), Some(EnvironmentId::new(place)))
}

#[test]
fn a_squash_merge_is_followed_to_where_it_runs_and_what_carries_it_on() {
    use DeploymentState::Succeeded;
    let setting = history()
        .pull_request(merged(7, Some("2.0"), "PAY-1"))
        .deployment(went("staging-21", "2.1", "staging", 13, Succeeded))
        .deployment(went("production-19", "1.9", "production/eu", 3, Succeeded))
        .deployment(deployment("production-22", "api 2.2", at(25, 14), 60));
    let trace = of_story(&setting);
    let said: Vec<String> = trace
        .links
        .iter()
        .map(|link| {
            let name = format!("{}{} {}", "  ".repeat(link.depth.into()), link.kind.word(), link.name);
            format!("{name}: {} ({:?})", link.because, link.certainty)
        })
        .collect();
    assert_eq!(
        said,
        [
            "story PAY-1:  (Said)",
            "  pull request api#7: by its key in the branch PAY-1-refunds (Said)",
            "    commit 1a2b3c4d: it brought it into main (Said)",
            "    release api 2.0: it contains merge commit 1a2b3c4d (Said)",
            "    carried by production-22: it takes api 2.2, by version order: 2.2 comes after 2.0 (Inferred)",
            "    runs in staging: api 2.1 is there, by version order: 2.1 comes after 2.0 (Inferred)",
        ]
    );
    assert_eq!(trace.answer.as_str(), "1 of 1 pull request merged; not in production/eu, in staging");
}

#[test]
fn a_cherry_pick_on_a_maintenance_branch_is_a_way_of_its_own() {
    use DeploymentState::Succeeded;
    // On the main branch since 2.0; picked into 1.9.1.
    let picked = PullRequest { base: Text::new("release/1.9"), ..merged(8, Some("1.9.1"), "PAY-1") };
    let setting = history()
        .pull_request(merged(7, Some("2.0"), "PAY-1"))
        .pull_request(picked)
        .deployment(went("eu", "1.9.1", "production/eu", 9, Succeeded))
        .deployment(went("us", "2.0", "production/us", 7, Succeeded));
    let trace = of_story(&setting);
    assert_eq!(
        links(&trace, &[TraceKind::PullRequest, TraceKind::Release, TraceKind::Environment]),
        [
            "pull request api#7",
            "release api 2.0",
            "runs in production/us",
            "pull request api#8",
            "release api 1.9.1",
            "runs in production/eu",
        ]
    );
}

#[test]
fn nobody_knows_whether_a_hotfix_beside_a_newer_release_came_over() {
    use DeploymentState::Succeeded;
    let fixed = || history().pull_request(merged(9, Some("1.9.1"), "PAY-1"));
    for (version, kinds, certainty) in [
        // It is there itself.
        ("1.9.1", "runs in production/eu", Certainty::Said),
        // 2.0 was out before it.
        ("2.0", "ends here not deployed", Certainty::Said),
        // 2.1 came after it, of another line.
        ("2.1", "runs in production/eu", Certainty::Unknown),
        ("1.9", "ends here not deployed", Certainty::Said),
    ] {
        let setting = fixed().deployment(went("eu", version, "production/eu", 13, Succeeded));
        let trace = of_story(&setting);
        let last = trace.links.last().unwrap();
        assert_eq!(format!("{} {}", last.kind.word(), last.name), kinds, "{version}");
        assert_eq!(last.certainty, certainty, "{version}");
    }
    let setting = fixed().deployment(went("eu", "1.9.1", "production/eu", 9, Succeeded));
    let brings = traced(&setting, &into("2.1", "production/eu"));
    assert_eq!(names(&brings, TracePart::Unclear), ["PAY-1", "api#9"]);
    assert_eq!(names(&brings, TracePart::Brings), [""; 0]);
}

#[test]
fn what_ends_on_the_way_says_where() {
    use PullRequestState::{Closed, Open};
    let closed = PullRequest { stories: vec![StoryKey::new("PAY-1")], ..pull_request(5, Closed) };
    let open = PullRequest {
        stories: vec![StoryKey::new("PAY-1")],
        milestone: Some("2.2".into()),
        repository: "api".into(),
        release: None,
        ..pull_request(6, Open)
    };
    for (setting, answer, end) in [
        (history(), "no pull request names it; not deployed anywhere", "no pull request"),
        (
            history().pull_request(closed.clone()),
            "nothing of it was merged: all its pull requests were closed",
            "closed",
        ),
        (
            history().pull_request(merged(7, Some("2.0"), "PAY-1")),
            "1 of 1 pull request merged; not deployed anywhere",
            "not deployed",
        ),
        (
            history().pull_request(merged(7, None, "PAY-1")),
            "1 of 1 pull request merged; not deployed anywhere",
            "no release",
        ),
    ] {
        let trace = of_story(&setting);
        assert_eq!(trace.answer.as_str(), answer);
        let last = trace.links.iter().rfind(|link| link.kind == TraceKind::End).unwrap();
        assert_eq!(last.name.as_str(), end);
    }
    // What is open would come with the next deployment of its release.
    let setting =
        history().pull_request(open).deployment(deployment("production-22", "api 2.2", at(25, 14), 60));
    let trace = of_story(&setting);
    assert_eq!(trace.answer.as_str(), "0 of 1 pull request merged; not deployed anywhere");
    let last = trace.links.last().unwrap();
    assert_eq!(last.because.as_str(), "it takes api 2.2, if it is merged by then");
    assert!(last.state.contains("approved Wed 25 Nov 14:00, T-3d 05h"), "{}", last.state);
}

#[test]
fn what_was_rolled_back_is_not_there() {
    use DeploymentState::{Failed, RolledBack, Succeeded};
    let setting = |state| {
        history()
            .pull_request(merged(7, Some("2.1"), "PAY-1"))
            .pull_request(merged(4, Some("2.0"), "PAY-2"))
            .deployment(went("one", "2.0", "production/eu", 7, Succeeded))
            .deployment(went("two", "2.1", "production/eu", 13, state))
    };
    assert_eq!(of_story(&setting(Succeeded)).answer.as_str(), "1 of 1 pull request merged; in production/eu");
    for state in [RolledBack, Failed] {
        let trace = of_story(&setting(state));
        assert_eq!(trace.answer.as_str(), "1 of 1 pull request merged; not in production/eu", "{state:?}");
    }
    // What was there before is there again; the failed one leaves a doubt.
    let second = Traced::PullRequest("api#4".into());
    let place = |state| {
        let trace = traced(&setting(state), &second);
        trace.links.into_iter().find(|link| link.kind == TraceKind::Environment).unwrap()
    };
    let back = place(RolledBack);
    assert_eq!(back.certainty, Certainty::Said);
    assert!(back.because.ends_with("; api 2.1 was taken back Fri 13 Nov 15:00"), "{}", back.because);
    assert_eq!(place(Failed).certainty, Certainty::Unknown);
}

#[test]
fn a_deployment_brings_what_is_not_there_yet_and_may_take_back() {
    use DeploymentState::Succeeded;
    let waits = PullRequest {
        milestone: Some("2.2".into()),
        repository: "api".into(),
        release: None,
        ..pull_request(30, PullRequestState::Open)
    };
    let setting = history()
        .pull_request(merged(10, Some("1.9"), "PAY-9"))
        .pull_request(merged(20, Some("2.0"), "PAY-1"))
        .pull_request(merged(21, Some("2.1"), "PAY-1"))
        .pull_request(merged(22, Some("2.2"), "PAY-404"))
        .pull_request(waits)
        .deployment(went("eu", "2.0", "production/eu", 7, Succeeded))
        .deployment(deployment("next", "api 2.2", at(25, 14), 60));
    let next = traced(&setting, &Traced::Deployment("next".into()));
    assert_eq!(next.title.as_str(), "api 2.2 → production/eu");
    assert_eq!(names(&next, TracePart::Brings), ["PAY-1", "api#21", "api#22"]);
    assert_eq!(names(&next, TracePart::Waits), ["api#30"]);
    assert_eq!(next.answer.as_str(), "it brings 1 story and 2 pull requests, waits for 1 pull request");
    let half = next.links.iter().find(|link| link.name.as_str() == "PAY-1").unwrap();
    assert_eq!(half.because.as_str(), "by 1 of its 2 pull requests");
    // The release alone is asked for: its next deployment says where it goes.
    assert_eq!(traced(&setting, &Traced::Release("api 2.2".into(), None)), next);
    let back = traced(&setting, &into("1.9", "production/eu"));
    assert_eq!(names(&back, TracePart::TakesBack), ["PAY-1", "api#20"]);
    // What is over is held against what was there before.
    let first = traced(&setting, &Traced::Deployment("eu".into()));
    assert_eq!(names(&first, TracePart::Brings), ["PAY-1", "api#20"]);
    assert_eq!(first.notes.len(), 1, "nothing was there: {:?}", first.notes);
}

#[test]
fn a_release_that_takes_others_over_contains_what_they_do() {
    let planned = Release { rules: vec![MatchRule::Tag("v2.1".into())], ..Release::named("payments", "4.2") };
    let setting = history()
        .other(planned)
        .pull_request(merged(20, Some("2.0"), "PAY-1"))
        .pull_request(merged(21, Some("2.1"), "PAY-1"))
        .deployment(Deployment {
            release: Some("payments 4.2".into()),
            ..went("eu", "", "production/eu", 13, DeploymentState::Succeeded)
        });
    let why = |number: &str| {
        let trace = traced(&setting, &Traced::PullRequest(number.into()));
        trace.links.into_iter().find(|link| link.kind == TraceKind::Environment).unwrap().because
    };
    assert_eq!(
        why("api#21").as_str(),
        "payments 4.2 is there, it takes over api 2.1, which contains merge commit 1a2b3c4d"
    );
    assert_eq!(why("api#20").as_str(), "payments 4.2 is there, by version order: 2.1 comes after 2.0");
}

#[test]
fn a_milestone_is_believed_where_no_commit_says_more_and_it_was_in_time() {
    let planned = |merged_at: Instant| PullRequest {
        milestone: Some("2.1".into()),
        repository: "api".into(),
        merged_at: Some(merged_at),
        ..merged(7, None, "PAY-1")
    };
    for (merged_at, found) in [(at(11, 9), &["release api 2.1"][..]), (at(14, 9), &[])] {
        let trace = of_story(&history().pull_request(planned(merged_at)));
        assert_eq!(links(&trace, &[TraceKind::Release]), found);
        let said = trace.links.iter().filter(|link| link.kind == TraceKind::Release);
        assert!(said.clone().all(|link| link.certainty == Certainty::Inferred));
    }
}

#[test]
fn what_was_merged_after_a_deployment_began_is_not_there() {
    use DeploymentState::Succeeded;
    // It goes there on the 7th from 14:00 to 15:00, whatever its release contains.
    let late = |hour| PullRequest { merged_at: Some(at(7, hour)), ..merged(7, Some("2.0"), "PAY-1") };
    let once = |hour| {
        history().pull_request(late(hour)).deployment(went("one", "2.0", "production/eu", 7, Succeeded))
    };
    for (hour, answer) in [
        (14, "1 of 1 pull request merged; in production/eu"),
        (16, "1 of 1 pull request merged; not in production/eu"),
    ] {
        assert_eq!(of_story(&once(hour)).answer.as_str(), answer, "{hour}");
    }
    let first = traced(&once(16), &Traced::Deployment("one".into()));
    assert_eq!(names(&first, TracePart::Brings), [""; 0]);
    // Deployed once more, it comes.
    let again = once(16).deployment(went("two", "2.0", "production/eu", 9, Succeeded));
    assert_eq!(of_story(&again).answer.as_str(), "1 of 1 pull request merged; in production/eu");
    let second = traced(&again, &Traced::Deployment("two".into()));
    assert_eq!(names(&second, TracePart::Brings), ["PAY-1", "api#7"]);
    // Its source knows by the commits that it ran there.
    let told = PullRequest { deployed_at: Some(at(7, 15)), ..late(16) };
    let told = history().pull_request(told).deployment(went("one", "2.0", "production/eu", 7, Succeeded));
    assert_eq!(of_story(&told).answer.as_str(), "1 of 1 pull request merged; in production/eu");
}

#[test]
fn of_a_release_that_is_out_it_is_said_where_it_runs_and_what_it_contained() {
    use DeploymentState::{RolledBack, Succeeded};
    let setting = history()
        .pull_request(merged(7, Some("2.0"), "PAY-1"))
        .pull_request(merged(8, Some("2.1"), "PAY-2"))
        .deployment(went("staging-20", "2.0", "staging", 6, Succeeded))
        .deployment(went("eu-20", "2.0", "production/eu", 7, Succeeded))
        .deployment(went("eu-20-again", "2.0", "production/eu", 9, Succeeded))
        .deployment(went("staging-21", "2.1", "staging", 13, Succeeded))
        .deployment(went("us-20", "2.0", "production/us", 8, RolledBack));
    let trace = traced(&setting, &Traced::Release("api 2.0".into(), None));
    assert_eq!(
        trace.answer.as_str(),
        "in production/eu since Sat 7 Nov 15:00, in staging until Fri 13 Nov 15:00; \
         it contained 1 story and 1 pull request"
    );
    assert_eq!(
        links(&trace, &[TraceKind::Release, TraceKind::Environment]),
        ["release api 2.0", "runs in production/eu", "runs in staging"]
    );
    assert_eq!(names(&trace, TracePart::Contains), ["PAY-1", "api#7"]);
    // It went out by no deployment that anybody knows.
    let unknown = traced(&history(), &Traced::Release("api 2.1".into(), None));
    assert!(unknown.answer.starts_with("no deployment of it is known"), "{}", unknown.answer);
}

#[test]
fn of_an_environment_it_is_said_what_is_there_and_what_comes_next() {
    use DeploymentState::Succeeded;
    let setting = history()
        .deployment(went("eu", "2.0", "production/eu", 7, Succeeded))
        .deployment(went("staging", "2.1", "staging", 13, Succeeded))
        .deployment(deployment("next", "api 2.2", at(25, 14), 60));
    let trace = traced(&setting, &Traced::Environment("production/eu".into()));
    let said: Vec<String> = trace
        .links
        .iter()
        .map(|link| format!("{}{} {}", "  ".repeat(link.depth.into()), link.kind.word(), link.name))
        .collect();
    assert_eq!(said, ["release api 2.0", "  release api 2.1", "  carried by next"]);
    assert!(trace.answer.starts_with("1 component here; next api 2.2 Wed 25 Nov 14:00"), "{}", trace.answer);
    let subject = crate::insight::Subject::Environment("staging".into());
    let staging = traced(&setting, &crate::insight::traced(&subject).unwrap());
    assert_eq!(staging.answer.as_str(), "1 component here; nothing is planned to come");
}

#[test]
fn what_is_asked_for_in_vain_is_said() {
    let setting = history().deployment(went("eu", "2.0", "production/eu", 7, DeploymentState::Succeeded));
    let board = setting.board_at(now());
    for (asked, said) in [
        (Traced::Story("PAY-404".into()), "PAY-404 is not on this board"),
        (Traced::PullRequest("api#404".into()), "api#404 is not on this board"),
        (Traced::Deployment("x".into()), "x is not on this board"),
        (Traced::Release("api 9".into(), None), "api 9 is not on this board"),
        (
            Traced::Release("api 2.2".into(), None),
            "no deployment of api 2.2 is planned: name where it goes, as api 2.2 → ENVIRONMENT",
        ),
        (Traced::Environment("moon".into()), "no source knows an environment moon"),
        (into("2.0", "moon"), "no source knows an environment moon; there are: production/eu"),
    ] {
        assert_eq!(trace(&board, &asked, now()).unwrap_err().as_str(), said);
    }
    let preview = crate::insight::Board { completeness: Completeness::Preview, ..board };
    assert!(trace(&preview, &into("2.0", "production/eu"), now()).is_err());
}

//! The steps that turn a verdict.

use crate::domain::{Category, Kind, PullRequestState, Release, Severity, SourceId, StoryKey, Text, Tier};
use crate::insight::{
    GateName, Subject,
    fixture::{
        ALL_KINDS, Setting, at, defect, deployment, environment, finding, now, pull_request, release, story,
    },
};

fn all() -> Setting {
    Setting::covering(&ALL_KINDS)
}

#[test]
fn remedies_turn_each_gate_and_the_cheapest_comes_first() {
    let mut blocking = defect("PAY-9", Category::ToDo);
    blocking.severity = Some(Severity::Critical);
    let setting = Setting::covering(&[Kind::Stories, Kind::Defects, Kind::PullRequests])
        .story(blocking)
        .story(story("PAY-1", Category::ToDo))
        .story(story("PAY-2", Category::InTest))
        .pull_request(pull_request(1, PullRequestState::Open));
    let answer = setting.answer();
    let said: Vec<_> = answer.remedies.iter().map(|it| (it.gate.clone().unwrap(), &*it.action)).collect();
    assert_eq!(
        said,
        [
            (GateName::Defects, "fix or leave out PAY-9"),
            (GateName::PullRequests, "api#1: ask for a review, or move it out"),
            (GateName::Stories, "finish or leave out PAY-1, PAY-2"),
        ]
    );
    assert_eq!(answer.remedies[0].subject, Some(Subject::Story(StoryKey::new("PAY-9"))));
    assert_eq!(release().id, answer.release.id);
}

#[test]
fn a_remedy_says_what_to_do_where_and_leads_to_its_row() {
    let mut waiting = story("PAY-1", Category::InTest);
    waiting.blocked_by = vec![StoryKey::new("AUTH-1")];
    let mut elsewhere = story("AUTH-1", Category::ToDo);
    elsewhere.releases.clear();
    let mut odd = story("PAY-2", Category::Unknown);
    odd.status = Text::new("Parked");
    let planned = |minutes| {
        all().environment(environment("production/eu", Tier::Production)).deployment(deployment(
            "next",
            "payments 4.2",
            at(25, 14),
            minutes,
        ))
    };
    let next = || Subject::Deployment("next".into());
    for (setting, gate, action, subject) in [
        (
            all().story(waiting.clone()).story(elsewhere),
            GateName::Blocked,
            "finish AUTH-1, or leave out PAY-1",
            Subject::Story("PAY-1".into()),
        ),
        (
            all().story(waiting),
            GateName::Blocked,
            "tell of AUTH-1, or leave out PAY-1",
            Subject::Story("PAY-1".into()),
        ),
        (
            all().story(odd),
            GateName::Stories,
            "say what the status Parked means",
            Subject::Story("PAY-2".into()),
        ),
        (
            all().finding(finding(17, 15, Some(Severity::High))).finding(finding(18, 16, None)),
            GateName::Findings,
            "fix or dismiss payments!17",
            Subject::Gate(GateName::Findings),
        ),
        (
            all().finding(finding(18, 16, None)),
            GateName::Findings,
            "say how bad: payments!18",
            Subject::Gate(GateName::Findings),
        ),
        (
            planned(60)
                .other(Release::named("auth", "2.9"))
                .release(|it| it.depends_on = vec!["auth 2.9".into()]),
            GateName::Dependencies,
            "deploy auth 2.9 to production first",
            Subject::Release("auth 2.9".into()),
        ),
        (
            planned(60).deployment(deployment("other", "ledger 1.8", at(25, 14), 30)),
            GateName::Environment,
            "agree about production/eu with the deployment of ledger 1.8, Wed 25 Nov 14:00–14:30, or move the window",
            next(),
        ),
    ] {
        let answer = setting.answer();
        let remedy = answer.remedies.iter().find(|it| it.gate.as_ref() == Some(&gate)).unwrap();
        assert_eq!((&*remedy.action, remedy.subject.as_ref()), (action, Some(&subject)));
        let out = setting.release(|it| it.released_at = Some(at(21, 1)));
        assert!(out.answer().remedies.is_empty(), "it is out: {action}");
    }
    // What is unknown turns nothing as long as something says no.
    let setting = all().story(story("PAY-1", Category::ToDo)).story(story("PAY-2", Category::ToDo));
    let gates: Vec<_> = setting.answer().remedies.iter().filter_map(|it| it.gate.clone()).collect();
    assert_eq!(gates, [GateName::Stories, GateName::Tests]);
}

#[test]
fn one_refresh_mends_all_that_rests_on_a_source() {
    let mut setting = all().story(story("PAY-1", Category::Done));
    setting.health[0].stale_from = Some(now());
    let answer = setting.answer();
    let said: Vec<&str> = answer.remedies.iter().map(|it| &*it.action).collect();
    assert_eq!(said, ["refresh plan"]);
    assert_eq!(answer.remedies[0].subject, Some(Subject::Source(SourceId::new("plan"))));
}

//! A restart.

use serde_json::json;

use super::{
    GithubSettings, facts,
    hub::{Hub, filled, issue},
    minutes, now, source, source_of, token, unchanged,
};
use crate::source::{Answer, Round, Source, http::Credentials};

#[tokio::test]
async fn after_a_restart_the_first_round_only_asks_whether_anything_changed() {
    let mut state = filled(40, 20);
    state.alerts = Some(vec![]);
    state.releases.push(json!({ "tagName": "v4.1", "publishedAt": "2026-10-01T08:00:00Z" }));
    state.pull_requests[0]["mergeQueueEntry"] = json!({ "position": 1 });
    state.pull_requests[1]["reviews"] = json!({ "nodes": [null, {
        "id": "R", "state": "APPROVED", "submittedAt": "2026-10-06T08:00:00Z",
        "author": { "__typename": "User", "login": "jo" },
    }] });
    state.lacking.push(("Issue", "blockedBy"));
    let hub = Hub::start(state).await;
    let mut first = source(&hub, token());
    assert!(first.memory().is_none(), "nothing is known yet");
    let told = facts(&mut first, now()).await;
    // It moves on in the queue, and would be asked again.
    hub.state().pull_requests[0]["mergeQueueEntry"] = json!(null);
    let told = match first.fetch(&Round::at(minutes(1))).await.unwrap() {
        Answer::Facts(newer) => newer,
        Answer::Unchanged => told,
    };
    let memory = first.memory().unwrap();

    let mut second = source(&hub, token());
    second.recall(&memory);
    let before = hub.fake.asked().len();
    let again = facts(&mut second, minutes(2)).await;
    assert_eq!(again, told);
    let asked = &hub.fake.asked()[before..];
    assert_eq!(asked.len(), 8);
    assert!(asked.iter().all(|asked| asked.header("if-none-match").is_some()), "{:?}", hub.told(before));
    let tally = second.http().budget();
    assert!(tally.windows.values().all(|window| window.spent == 0));

    hub.state().issues.insert(0, issue(77, 28));
    let before = hub.fake.asked().len();
    assert_eq!(facts(&mut second, minutes(3)).await.stories.len(), 41);
    assert_eq!(hub.told(before)[8..], ["Issues"], "what the server lacks is remembered, too");
    assert!(unchanged(&mut second, minutes(4)).await);
}

#[tokio::test]
async fn foreign_and_damaged_memory_is_left() {
    let hub = Hub::start(filled(3, 3)).await;
    let mut first = source(&hub, token());
    facts(&mut first, now()).await;
    let memory = first.memory().unwrap();
    let same = GithubSettings::new("github.com", "o", "api");
    let mut renamed = same.clone();
    renamed.repositories[0].name = "web".to_owned();
    let mut longer = same.clone();
    longer.recent_days = 365;
    let mut searching = same.clone();
    searching.search = vec!["label:urgent".to_owned()];
    let mut elsewhere = same.clone();
    elsewhere.host = "git.example.org".to_owned();
    let mut told_otherwise = same.clone();
    told_otherwise.bases = vec!["main".to_owned()];
    let mut damaged = memory.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let newer = [&[memory[0] + 1], &memory[1..]].concat();
    for (settings, memory, is_used) in [
        (&same, &memory, true),
        (&told_otherwise, &memory, true),
        (&renamed, &memory, false),
        (&longer, &memory, false),
        (&searching, &memory, false),
        (&elsewhere, &memory, false),
        (&same, &damaged, false),
        (&same, &newer, false),
        (&same, &memory[..30].to_vec(), false),
        (&same, &Vec::new(), false),
    ] {
        let mut source = source_of(&hub, Credentials::none(), settings.clone());
        source.recall(memory);
        assert_eq!(!source.known[0].issues.is_empty(), is_used, "{settings:?}");
        assert_eq!(
            !source.http().validators().entries.is_empty(),
            is_used,
            "never the one without the other"
        );
    }
}

#[tokio::test]
async fn what_somebody_else_read_is_read_anew() {
    let hub = Hub::start(filled(3, 3)).await;
    let mut first = source(&hub, token());
    facts(&mut first, now()).await;
    let memory = first.memory().unwrap();
    let mut second = source(&hub, token());
    second.recall(&memory);
    facts(&mut second, minutes(1)).await;
    hub.state().login = "max";
    // Nothing tells of it; this one is hidden from the new one.
    hub.state().issues.remove(2);
    second.fetch(&Round::at(minutes(62))).await.unwrap();
    assert_eq!(second.standing().account.as_deref(), Some("max"));
    assert_eq!(facts(&mut second, minutes(63)).await.stories.len(), 2);
}

/// `cargo bench --bench sync` prints what 5,000 issues and 2,000 pull requests take.
#[tokio::test]
async fn memory_is_small() {
    let hub = Hub::start(filled(500, 200)).await;
    let mut source = source(&hub, token());
    facts(&mut source, now()).await;
    let memory = source.memory().unwrap();
    assert!(memory.len() < 400_000, "{}", memory.len());
    assert!(zstd::bulk::compress(&memory, 1).unwrap().len() < 60_000);
}

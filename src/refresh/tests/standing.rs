//! How services stand towards us, and what somebody looks at.

use crate::{
    domain::{Allowance, Cadence},
    source::http::{
        Http, Request,
        fake::{self, Fake},
    },
};

use super::*;

/// A source as connectors are: a client, and what it says of itself.
struct OverHttp(Http);

impl Source for OverHttp {
    fn id(&self) -> SourceId {
        SourceId::new("service")
    }

    fn interval(&self) -> Duration {
        self.0.budget().advise(Duration::from_secs(60), now())
    }

    fn standing(&self) -> Standing {
        self.0.standing()
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async move {
            let session = self.0.session(round);
            session.send(Request::get("items", "items")).await?;
            self.0.set_account("octocat".into());
            Ok(Answer::Facts(Arc::new(facts("4.2"))))
        })
    }
}

fn later(seconds: i64) -> Instant {
    now() + chrono::Duration::seconds(seconds)
}

#[tokio::test]
async fn how_a_service_stands_is_on_the_board_and_sets_the_pace() {
    let minute = Duration::from_secs(60);
    let core =
        Allowance { name: "core".into(), limit: 5_000, remaining: 90, resets_at: later(3_600), spent: 9 };
    let rig = rig_of(Manner { interval: minute, ..Manner::default() }, None);
    assert_eq!(rig.refresher.board().health[0].cadence, None, "not asked yet");
    {
        let mut manner = rig.manner.lock().unwrap();
        manner.interval = minute * 6;
        manner.standing = Standing {
            account: Some("octocat".into()),
            allowances: vec![core.clone()],
            not_before: Some(later(200)),
        };
    }
    rig.then(answer("4.2"));
    let board = rig.board(|board| has(board, "4.2")).await;
    let health = &board.health[0];
    assert_eq!(health.account.as_deref(), Some("octocat"));
    assert_eq!(health.allowances, std::slice::from_ref(&core));
    let cadence = Cadence { every_seconds: 360, wanted_seconds: 60 };
    assert_eq!(health.cadence, Some(cadence));
    assert!(cadence.is_slowed());
    assert_eq!(health.tightest(), Some(&core));
    assert_eq!(health.next_at, Some(later(360)), "the interval is longer than what the service wants");
    assert_eq!(health.stale_from, Some(later(3 * 360)), "three of the intervals that it is asked in");

    // The service wants more than the interval, and more than the pause after a failure.
    for step in [answer("4.3"), failure()] {
        rig.manner.lock().unwrap().standing.not_before = Some(later(7_200));
        rig.refresher.asker().refresh(None);
        rig.then(step);
        let board = rig.board(|board| board.health[0].next_at >= Some(later(7_200))).await;
        let next_at = board.health[0].next_at.unwrap();
        assert!(next_at <= later(7_210), "{next_at}");
        assert_eq!(board.health[0].account.as_deref(), Some("octocat"));
        rig.manner.lock().unwrap().standing.not_before = None;
        rig.refresher.asker().refresh(None);
        rig.then(Step::End(Ok(Answer::Unchanged)));
        rig.board(|board| board.health[0].next_at == Some(later(360))).await;
    }
    rig.refresher.stop().await;
}

#[tokio::test]
async fn what_is_looked_at_is_told_to_the_next_round() {
    let rig = rig(None);
    rig.then(answer("4.2"));
    rig.board(|board| has(board, "4.2")).await;
    let asker = rig.refresher.asker();
    asker.look_at(&ReleaseId::of("payments", "4.1"));
    asker.look_at(&ReleaseId::of("auth", "2.9"));
    assert_eq!(rig.rounds.load(Ordering::SeqCst), 1, "to look at something asks nobody");
    asker.refresh(None);
    rig.then(answer("4.3"));
    rig.board(|board| has(board, "4.3")).await;
    let rounds: Vec<String> = rig.log().into_iter().filter(|done| done.starts_with("round")).collect();
    assert_eq!(rounds, ["round payments 4.2", "round auth 2.9"]);
    rig.refresher.stop().await;
}

#[tokio::test]
async fn a_service_that_is_used_up_is_left_alone_until_it_says() {
    let service = Fake::start(|_, before| {
        let limits = |answer: fake::Answer, remaining: u64| {
            answer
                .header("x-ratelimit-limit", "60")
                .header("x-ratelimit-remaining", remaining.to_string())
                .header("x-ratelimit-reset", later(3_600).timestamp().to_string())
        };
        match before {
            // Nine parts in ten of six requests, one each round: one in 667 s.
            0 => limits(fake::Answer::json("[]"), 6),
            _ => limits(fake::Answer::new(429, "Retry later").header("retry-after", "900"), 6),
        }
    })
    .await;
    let refresher = Refresher::start(Setup {
        deriver: Deriver {
            title: Text::new("payments"),
            policy: Arc::new(Policy::default()),
            learned: Arc::default(),
        },
        clock: Clock::Frozen(now()),
        sources: vec![Box::new(OverHttp(Http::new(service.settings()).unwrap()))],
        storage: None,
        preview: None,
        focus: None,
        said: tokio::sync::watch::channel(Arc::default()).1,
    });
    let board = async |is_it: &dyn Fn(&SourceHealth) -> bool| {
        let mut boards = refresher.boards();
        let waited = boards.wait_for(|board| is_it(&board.health[0]));
        let board = tokio::time::timeout(Duration::from_secs(20), waited).await.unwrap().unwrap();
        board.health[0].clone()
    };
    let health = board(&|health| health.answered_at.is_some()).await;
    assert_eq!(health.account.as_deref(), Some("octocat"));
    assert_eq!(health.cadence, Some(Cadence { every_seconds: 666, wanted_seconds: 60 }));
    assert_eq!((health.allowances[0].remaining, health.allowances[0].spent), (6, 1));
    let stale_from = health.stale_from;
    assert!(stale_from > Some(later(3 * 666)) && stale_from < Some(later(3 * 667)), "{stale_from:?}");

    for failures in 1..=2 {
        refresher.asker().refresh(None);
        let health = board(&|health| health.failures == failures).await;
        let next_at = health.next_at.unwrap();
        assert!(next_at >= later(900), "not before it may be asked: {next_at}");
        assert!(health.failure.unwrap().what.contains("the rate limit is used up"));
        assert_eq!(service.asked().len(), 2, "whoever asks, it is left alone");
    }
    refresher.stop().await;
}

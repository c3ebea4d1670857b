//! What a source remembers: handed back before its first round, kept after news and at the end.

use super::*;

fn with_memory() -> Manner {
    Manner { memory: Some(b"cursor 7".to_vec()), ..Manner::default() }
}

/// What the store was told to remember.
fn kept(told: &Mutex<Vec<String>>) -> Vec<String> {
    told.lock().unwrap().iter().filter(|order| order.contains("remembers")).cloned().collect()
}

#[tokio::test]
async fn it_is_recalled_once_before_the_first_round() {
    let (storage, _) = storage(|store| store.memory = Some(b"cursor 6".to_vec()));
    let rig = rig_of(with_memory(), Some(storage));
    for version in ["4.2", "4.3"] {
        rig.then(answer(version));
        rig.board(|board| has(board, version)).await;
        rig.refresher.asker().refresh(None);
    }
    let log = rig.log();
    assert_eq!(log[..2], ["recall cursor 6", "round payments 4.2"]);
    assert_eq!(log.iter().filter(|done| done.starts_with("recall")).count(), 1, "{log:?}");
    rig.refresher.stop().await;
}

#[tokio::test]
async fn it_is_kept_after_news_not_too_often_and_at_the_end() {
    let (storage, told) = storage(|_| {});
    let rig = rig_of(with_memory(), Some(storage));
    rig.then(answer("4.2"));
    rig.board(|board| has(board, "4.2")).await;
    rig.refresher.asker().refresh(None);
    rig.begun(2).await;
    rig.then(Step::End(Ok(Answer::Unchanged)));
    rig.refresher.asker().refresh(None);
    rig.then(answer("4.3"));
    rig.board(|board| has(board, "4.3")).await;
    rig.manner.lock().unwrap().memory = Some(b"cursor 9".to_vec());
    rig.refresher.stop().await;
    assert_eq!(kept(&told), ["scripted remembers cursor 7", "scripted remembers cursor 9"]);
}

#[tokio::test]
async fn without_news_it_is_not_asked_for() {
    let (storage, told) = storage(|_| {});
    let rig = rig_of(with_memory(), Some(storage));
    rig.then(Step::End(Ok(Answer::Unchanged)));
    rig.board(|board| board.health[0].state == SourceState::Waiting).await;
    rig.refresher.asker().refresh(None);
    rig.then(failure());
    rig.board(|board| board.health[0].failures == 1).await;
    let manner = Arc::clone(&rig.manner);
    rig.refresher.stop().await;
    assert_eq!(kept(&told), [""; 0]);
    assert!(!manner.lock().unwrap().log.contains(&"memory".to_owned()));
}

#[tokio::test]
async fn where_nothing_is_kept_it_is_read_only() {
    let (storage, told) = storage(|store| store.memory = Some(b"cursor 6".to_vec()));
    let rig = rig_of(with_memory(), Some(Storage { is_kept: false, ..storage }));
    rig.then(answer("4.2"));
    rig.board(|board| has(board, "4.2")).await;
    let manner = Arc::clone(&rig.manner);
    rig.refresher.stop().await;
    assert_eq!(manner.lock().unwrap().log, ["recall cursor 6", "round payments 4.2"]);
    assert_eq!(kept(&told), [""; 0]);
}

#[tokio::test]
async fn a_store_that_fails_does_not_stop_the_source() {
    let cannot_open = || Storage {
        open: Box::new(|| Err(HistoryError::Held)),
        paint: Box::new(|_| {}),
        retention: Retention::default(),
        is_kept: true,
    };
    let breaks_down = || Storage { open: Box::new(|| panic!("the store breaks down")), ..cannot_open() };
    for storage in [None, Some(cannot_open()), Some(breaks_down()), Some(remembering(true).0)] {
        let rig = rig_of(with_memory(), storage);
        for version in ["4.2", "4.3"] {
            rig.then(answer(version));
            rig.board(|board| has(board, version)).await;
            rig.refresher.asker().refresh(None);
        }
        assert!(!rig.log().iter().any(|done| done.starts_with("recall")));
        rig.refresher.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_be_remembered_is_said_beside_what_else_is_wrong() {
    let (storage, _) = storage(|store| {
        store.full = true;
        store.problems = vec![Problem::new("two records were damaged", "nothing to do: they are set aside")];
    });
    let rig = rig_of(with_memory(), Some(storage));
    rig.then(answer("4.2"));
    let board = rig
        .board(|board| {
            let of_history = board.world.problems.iter().filter(|(source, _)| *source == SourceId::history());
            board.health.last().is_some_and(SourceHealth::is_own) && of_history.count() == 2
        })
        .await;
    let worst = board.health.last().and_then(|health| health.failure.clone()).unwrap();
    let said: Vec<&str> = board.world.problems.iter().map(|(_, problem)| problem.what.as_str()).collect();
    assert!(worst.what.contains("nothing is kept: write: no space left"), "{worst:?}");
    assert_eq!(said[0], "two records were damaged");
    assert!(said[1].starts_with("what scripted remembers cannot be "), "{said:?}");
    rig.refresher.stop().await;
}

#[tokio::test]
async fn a_board_that_cannot_be_summed_up_does_not_end_the_keeping() {
    let (mut storage, told) = storage(|_| {});
    storage.paint = Box::new(|_| panic!("a figure without a number"));
    let (said, heard) = std::sync::mpsc::channel();
    let (keeper, thread) = crate::refresh::keeper::Keeper::start(storage, move |what| {
        if let crate::refresh::keeper::Said::Days(Err(problem)) = what {
            said.send(problem.what.to_string()).unwrap();
        }
    })
    .unwrap();
    let board = Arc::new(crate::insight::fixture::Setting::covering(&[]).board_at(now()));
    for _ in 0..2 {
        keeper.paint(Arc::clone(&board));
    }
    let source = SourceId::new("scripted");
    keeper.keep(source.clone(), now(), Arc::new(facts("4.2")), SourceHealth::starting(source));
    keeper.close();
    thread.join().unwrap();
    let problems: Vec<String> = heard.iter().collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("a figure without a number"), "{problems:?}");
    assert!(told.lock().unwrap().iter().any(|done| done.contains("4.2")), "{:?}", told.lock().unwrap());
}

#[tokio::test]
async fn what_a_round_left_behind_that_did_not_end_is_not_kept() {
    let (storage, told) = storage(|_| {});
    let rig = rig_of(Manner { is_deaf: true, ..with_memory() }, Some(storage));
    for version in ["4.2", "4.3"] {
        rig.then(answer(version));
        rig.board(|board| has(board, version)).await;
        rig.refresher.asker().refresh(None);
    }
    rig.then(Step::Partial(Arc::new(facts("4.4"))));
    rig.begun(3).await;
    let stopped = tokio::time::timeout(Duration::from_secs(20), rig.refresher.stop()).await;
    assert!(stopped.is_ok(), "a source that does not listen holds up nobody");
    assert_eq!(kept(&told).len(), 1, "that of the first round");
}

//! One owner and its viewers: told, refused, handed over.

use super::*;

#[tokio::test]
async fn the_second_one_is_told_by_the_first_and_asks_nobody() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    socket(&owner).await;
    let mut viewer = ground.start().await;
    viewer.settled().await;
    until_names(&viewer, "1.0").await;
    assert_eq!(*viewer.standing().borrow(), Standing::Viewer(std::process::id()));
    let asked = ground.service.rounds();
    assert_eq!((asked, ground.service.made()), (1, 1), "one asks");

    ground.service.says("1.1");
    viewer.handle().refresh(Some(&SourceId::new("scripted")));
    until_names(&owner, "1.1").await;
    until_names(&viewer, "1.1").await;
    let same = |board: &Arc<Board>| picture(board) == picture(&owner.board());
    until(&mut viewer.boards(), "the same board", same).await;
    assert_eq!((ground.service.rounds(), ground.service.made()), (2, 1));

    let kept = viewer.handle().at(now() + chrono::Duration::hours(1)).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept, owner.handle().at(now() + chrono::Duration::hours(1)).await.unwrap());
    let span = (now() - chrono::Duration::hours(1), now() + chrono::Duration::hours(1));
    let instants = viewer.handle().instants(span.0, span.1).await.unwrap();
    assert_eq!(instants.len(), 2, "two states were kept");
    viewer.stop().await;
    owner.stop().await;
}

#[tokio::test]
async fn who_shows_something_else_is_refused_with_the_reason() {
    let ground = Ground::new();
    let owner = ground.start().await;
    socket(&owner).await;
    for (sources, version, said) in [
        ("scripted b", env!("CARGO_PKG_VERSION"), "it has scripted a, this one has scripted b"),
        ("scripted a", "9.9.9", "this is tminus 9.9.9"),
    ] {
        let mut setup = ground.setup();
        setup.identity.sources = vec![Text::new(sources)];
        setup.identity.version = Text::new(version);
        let problem = Session::start(setup).await.err().expect("a refusal");
        assert!(problem.what.contains(said), "{}", problem.what);
        assert!(problem.what.contains(&std::process::id().to_string()), "{}", problem.what);
    }
    owner.stop().await;
}

#[tokio::test]
async fn when_the_owner_ends_a_viewer_goes_on_with_the_same_past_and_picture() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    socket(&owner).await;
    let viewers = [ground.start().await, ground.start().await];
    let mut shown = Vec::new();
    for viewer in &viewers {
        until_names(viewer, "1.0").await;
        // From here on every board that somebody would see is looked at.
        let mut boards = viewer.boards();
        shown.push(tokio::spawn(async move {
            let mut worst = Completeness::Whole;
            while boards.changed().await.is_ok() {
                let board = Arc::clone(&boards.borrow_and_update());
                if board.completeness != Completeness::Whole || names(&board).is_empty() {
                    worst = Completeness::Filling;
                }
            }
            worst
        }));
    }
    ground.service.says("2.0");
    owner.stop().await;
    for viewer in &viewers {
        until_names(viewer, "2.0").await;
    }
    let is_owner = |viewer: &Session| matches!(&*viewer.standing().borrow(), Standing::Owner(Some(_)));
    assert_eq!(viewers.iter().filter(|viewer| is_owner(viewer)).count(), 1);
    assert_eq!(ground.service.made(), 2, "the second owner asks, nobody else");
    let [first, second] = viewers;
    for viewer in [&first, &second] {
        let then = viewer.handle().at(now()).await.unwrap();
        assert_eq!(then[0].facts.releases[0].version, Text::new("1.0"), "what the first owner kept");
    }
    // The next one is handed over to, too, by an owner that is suspended and comes back.
    let (owner, viewer) = if is_owner(&first) { (first, second) } else { (second, first) };
    owner.handle().suspend().await;
    socket(&viewer).await;
    owner.handle().resume();
    until_standing(&owner, |standing| matches!(standing, Standing::Viewer(_))).await;
    owner.stop().await;
    viewer.stop().await;
    for seen in shown {
        assert_eq!(seen.await.unwrap(), Completeness::Whole, "no screen was disturbed");
    }
}

#[tokio::test]
async fn a_board_that_is_read_anew_keeps_its_lock_and_refuses_viewers_of_the_old_one() {
    let ground = Ground::new();
    let owner = ground.start().await;
    socket(&owner).await;
    let viewer = ground.start().await;
    until_names(&viewer, "1.0").await;
    let lock = owner.stop_with_lock().await;
    assert!(lock.is_some());
    let mut setup = ground.setup();
    setup.identity.sources = vec![Text::new("scripted b")];
    let owner = Session::start(SessionSetup { lock, ..setup }).await.unwrap();
    let told = |board: &Arc<Board>| {
        let trouble = board.health.iter().filter_map(|health| health.failure.as_ref());
        trouble.into_iter().any(|problem| problem.what.contains("other sources"))
    };
    until(&mut viewer.boards(), "the reason", told).await;
    assert_eq!(names(&viewer.board()), ["payments 1.0"], "what was known stays");
    owner.stop().await;
    socket(&viewer).await;
    until(&mut viewer.boards(), "it is well again", |board| !told(board)).await;
    viewer.stop().await;
}

#[tokio::test]
async fn offline_looks_and_never_keeps_others_from_the_board() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    socket(&owner).await;
    let mut setup = ground.setup();
    setup.identity.is_offline = true;
    let viewer = Session::start(setup).await.unwrap();
    until_names(&viewer, "1.0").await;
    owner.stop().await;
    let told = |board: &Arc<Board>| board.health.iter().any(SourceHealth::is_own);
    until(&mut viewer.boards(), "nobody asks any more", told).await;
    let next = ground.start().await;
    socket(&next).await;
    until_standing(&viewer, |standing| matches!(standing, Standing::Viewer(_))).await;
    viewer.stop().await;
    next.stop().await;
}

#[tokio::test]
async fn who_has_no_sources_any_more_leaves_the_board_to_others() {
    let ground = Ground::new();
    let owner = ground.start().await;
    socket(&owner).await;
    let mut setup = ground.setup();
    setup.sources = Box::new(|| Err(Problem::new("the token has gone", "set it again")));
    let viewer = Session::start(setup).await.unwrap();
    until_names(&viewer, "1.0").await;
    owner.stop().await;
    let told = |board: &Arc<Board>| {
        let failures = board.health.iter().filter_map(|health| health.failure.as_ref());
        failures.into_iter().any(|problem| problem.what.contains("the token has gone"))
    };
    until(&mut viewer.boards(), "why nobody asks", told).await;
    let next = ground.start().await;
    socket(&next).await;
    until_standing(&viewer, |standing| matches!(standing, Standing::Viewer(_))).await;
    until(&mut viewer.boards(), "it is well again", |board| !told(board)).await;
    viewer.stop().await;
    next.stop().await;
}

/// Serves a board as an owner would that says what cannot be read after its greeting, and
/// counts those who come.
async fn babble(listener: tokio::net::UnixListener, hello: Vec<u8>, came: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        came.fetch_add(1, Ordering::SeqCst);
        let mut answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        for (number, payload) in (0..).zip([hello.as_slice(), &[250, 1, 2]]) {
            answer.extend_from_slice(&wire::header(number, payload.len()));
            answer.extend_from_slice(payload);
        }
        // What was not read would take the answer along when the connection is closed.
        let mut request = [0; 4096];
        drop(stream.read(&mut request).await);
        drop(stream.write_all(&answer).await);
    }
}

#[tokio::test]
async fn an_owner_that_cannot_be_understood_is_told_of_and_not_asked_without_end() {
    let ground = Ground::new();
    let mut lock = history::OwnerLock::acquire(&ground.directory(), now()).unwrap();
    let path = ground.root.path().join("a.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    lock.announce(Some(path));
    let identity = ground.setup().identity;
    let hello = wire::Hello { wire: wire::WIRE, owner: lock.owner().clone(), identity };
    let came = Arc::new(AtomicUsize::new(0));
    let hello = serde_json::to_vec(&hello).unwrap();
    let babbling = tokio::spawn(babble(listener, hello, Arc::clone(&came)));
    let viewer = ground.start().await;
    let told = |board: &Arc<Board>| {
        let failures = board.health.iter().filter_map(|health| health.failure.as_ref());
        failures.into_iter().any(|problem| problem.what.contains("cannot read"))
    };
    until(&mut viewer.boards(), "what is wrong", told).await;
    assert!(came.load(Ordering::SeqCst) <= 2, "{came:?}");
    babbling.abort();
    drop(lock);
    socket(&viewer).await;
    until_names(&viewer, "1.0").await;
    viewer.stop().await;
}

#[tokio::test]
async fn a_board_that_cannot_be_shared_works_and_says_so() {
    let ground = Ground::new();
    let mut setup = ground.setup();
    let file = ground.root.path().join("file");
    std::os::unix::fs::symlink("/nowhere/at/all", &file).unwrap();
    setup.place.as_mut().unwrap().sockets = vec![file];
    let owner = Session::start(setup).await.unwrap();
    let board = until_names(&owner, "1.0").await;
    until_standing(&owner, |standing| *standing == Standing::Owner(None)).await;
    drop(board);
    let told =
        |board: &Arc<Board>| board.health.iter().any(|health| health.is_own() && health.failure.is_some());
    until(&mut owner.boards(), "why", told).await;
    let problem = Session::start(ground.setup()).await.err().expect("no way in");
    assert!(problem.what.contains("does not answer"), "{}", problem.what);
    owner.stop().await;
}

#[tokio::test]
async fn a_slow_viewer_holds_up_nobody_and_gets_the_newest() {
    let ground = Ground::new();
    let big = |version: &str| *ground.service.0.says.lock().unwrap() = Ok(facts(version, 5_000));
    big("1.0");
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    let socket = socket(&owner).await;
    let client = client::Client::new(&socket).unwrap();
    let identity = ground.setup().identity;
    // It attaches, and reads nothing for as long as it takes: a snapshot does not fit into
    // what the system buffers.
    let mut slow = client.attach(&identity).await.unwrap_or_else(|trouble| panic!("{trouble:?}"));
    let quick = ground.start().await;
    for version in ["1.1", "1.2", "1.3", "1.4", "1.5"] {
        big(version);
        owner.handle().refresh(None);
        until_names(&owner, version).await;
        until_names(&quick, version).await;
    }
    let (mut mirror, mut states) = (mirror::Mirror::default(), 0);
    let deriver = ground.setup().deriver;
    loop {
        let frame = tokio::time::timeout(PATIENCE, slow.next()).await.expect("a frame").unwrap();
        if let wire::Frame::State(state) = frame {
            mirror.hear(*state).unwrap();
            states += 1;
            let board = mirror.board(&deriver, Clock::Frozen(now()), None).await.unwrap();
            if names(&board).contains(&"payments 1.5".to_owned()) {
                break;
            }
        }
    }
    assert!(states <= 3, "{states} states were kept for it");
    drop(slow);
    quick.stop().await;
    owner.stop().await;
}

#[tokio::test]
async fn twenty_viewers_are_one_poller() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    socket(&owner).await;
    let mut viewers = Vec::new();
    for _ in 0..20 {
        viewers.push(ground.start().await);
    }
    for version in ["1.1", "1.2", "1.3"] {
        ground.service.says(version);
        viewers[7].handle().refresh(None);
        for viewer in &viewers {
            until_names(viewer, version).await;
        }
    }
    assert_eq!((ground.service.rounds(), ground.service.made()), (4, 1));
    for viewer in viewers {
        viewer.stop().await;
    }
    owner.stop().await;
}

#[tokio::test]
async fn the_picture_of_the_last_visit_is_not_served() {
    let ground = Ground::new();
    *ground.service.0.says.lock().unwrap() = Err(Problem::new("no route to host", "look at the network"));
    let deriver = ground.setup().deriver;
    let facts = facts("0.9", 0);
    let world = crate::domain::World::union([(&SourceId::new("scripted"), &*facts)]);
    let last = deriver.derive(move || Arc::new(world), [].into(), Completeness::Whole, now()).await.unwrap();
    let preview = Preview::of(&last, 1.0).into_board();
    let owner = Session::start(SessionSetup { preview: Some(preview), ..ground.setup() }).await.unwrap();
    socket(&owner).await;
    let viewer = ground.start().await;
    until(&mut viewer.boards(), "what the owner knows", |board| !board.health.is_empty()).await;
    assert!(names(&viewer.board()).is_empty());
    viewer.stop().await;
    owner.stop().await;
}

#[tokio::test]
async fn what_people_say_is_told_to_all_and_stays_when_the_owner_goes() {
    use crate::domain::{Triage, TriageChange, TriageEntry, TriageKind, TriageSubject};
    let ground = Ground::new();
    let owner = ground.start().await;
    socket(&owner).await;
    let entry = |who: &str, kind| TriageEntry {
        subject: TriageSubject::Story("PAY-1".into()),
        kind,
        who: Text::new(who),
        at: now(),
        text: Text::new("on it"),
    };
    let said = |entry| TriageChange { withdrawn: None, said: Some(entry) };
    let (first, second) = (entry("ada", TriageKind::Acknowledged), entry("lee", TriageKind::Note));
    owner.handle().note(said(first.clone())).await.unwrap();
    // Who comes later is told what was said before, and what it says is told to the owner.
    let viewer = ground.start().await;
    until_standing(&viewer, |standing| matches!(standing, Standing::Viewer(_))).await;
    let all = |entries: Vec<TriageEntry>| move |triage: &Arc<Triage>| triage.entries == entries;
    until(&mut viewer.handle().triage(), "what was said before", all(vec![first.clone()])).await;
    viewer.handle().note(said(second.clone())).await.unwrap();
    assert_eq!(owner.handle().triage().borrow().entries, [first.clone(), second.clone()]);
    until(&mut viewer.handle().triage(), "what it said", all(vec![first.clone(), second.clone()])).await;
    owner.stop().await;
    until_standing(&viewer, |standing| matches!(standing, Standing::Owner(Some(_)))).await;
    let undone = TriageChange { withdrawn: Some(first), said: None };
    // The one that has the board now keeps it.
    viewer.handle().note(undone).await.unwrap();
    viewer.stop().await;
    let kept = history::triage(&ground.directory(), now()).unwrap();
    assert_eq!(kept, (Triage { entries: vec![second] }, None));
}

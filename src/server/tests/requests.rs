//! What scripts ask for, and what somebody asks for who means no good.

use std::io;

use super::*;

async fn request(socket: &PathBuf, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    // A server that has heard enough closes before it has read all.
    drop(stream.write_all(request).await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    drop(read.expect("an end"));
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: tminus\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn scripts_ask_for_the_status_and_the_health() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    let socket = socket(&owner).await;
    let schedule = request(&socket, &get("/v1/schedule.ics")).await;
    assert!(schedule.contains("text/calendar; charset=utf-8"), "{schedule}");
    assert!(schedule.contains("BEGIN:VCALENDAR payments"), "{schedule}");
    let status = request(&socket, &get("/v1/status")).await;
    assert!(status.starts_with("HTTP/1.1 200") && status.ends_with("{\"board\":\"payments\"}"), "{status}");
    assert!(request(&socket, &get("/healthz")).await.starts_with("HTTP/1.1 200"));
    *ground.service.0.says.lock().unwrap() = Err(Problem::new("no route to host", "look at the network"));
    let asked = request(&socket, b"POST /v1/refresh/scripted HTTP/1.1\r\nHost: tminus\r\n\r\n").await;
    assert!(asked.starts_with("HTTP/1.1 202"), "{asked}");
    let failed = |board: &Arc<Board>| board.health.iter().any(|health| health.failure.is_some());
    until(&mut owner.boards(), "a failure", failed).await;
    let health = request(&socket, &get("/healthz")).await;
    assert!(health.starts_with("HTTP/1.1 503") && health.contains("scripted: no route to host"), "{health}");
    for (path, status) in
        [("/", 404), ("/v1/viewer/0.0.0-1/at/0", 409), ("/v1/viewer/x/at/soon", 400), ("/v1/refresh", 405)]
    {
        let answer = request(&socket, &get(path)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
    owner.stop().await;
    assert!(!socket.exists(), "it goes with its owner");
}

/// What a client that follows the events has read, until it holds `text`.
async fn follow(socket: &PathBuf, last: Option<&str>, text: &str) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
    let request = format!("GET /v1/events HTTP/1.1\r\nHost: tminus\r\n{last}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = String::new();
    let mut buffer = [0; 4096];
    while !read.contains(text) {
        let count = tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await;
        let count = count.unwrap_or_else(|_| panic!("no {text} in {read}")).unwrap();
        assert!(count > 0, "it ended: {read}");
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    read
}

#[tokio::test]
async fn events_go_on_where_a_client_left_and_say_when_they_cannot() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    let socket = socket(&owner).await;
    let live = tokio::spawn({
        let socket = socket.clone();
        async move { follow(&socket, None, "payments 1.1").await }
    });
    let reset = follow(&socket, Some("nonsense"), "event: reset").await;
    let id = reset.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned();
    // The live one follows by now or soon: news come until it has seen some.
    for version in ["1.1", "1.2"] {
        ground.service.says(version);
        owner.handle().refresh(None);
        until_names(&owner, version).await;
    }
    let resumed = follow(&socket, Some(&id), "payments 1.2").await;
    assert!(resumed.contains("payments 1.1") && resumed.contains("\"facts_changed\":true"), "{resumed}");
    assert!(!resumed.contains("reset"), "{resumed}");
    let epoch = id.split_once('-').unwrap().0;
    let other = follow(&socket, Some("17-3"), "event: reset").await;
    assert!(other.contains(&format!("id: {epoch}-")), "{other}");
    live.abort();
    owner.stop().await;
}

#[tokio::test]
async fn a_hostile_client_harms_nobody() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    let socket = socket(&owner).await;
    let huge = [b"GET /".to_vec(), vec![b'a'; 1 << 20]].concat();
    for hostile in [huge, vec![0xff; 4096], b"\r\n\r\n\r\n".to_vec()] {
        let answer = request(&socket, &hostile).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    // As many as want to stay, saying nothing: some are let in, the rest is closed at once.
    let mut held = Vec::new();
    let mut closed = 0;
    while closed == 0 {
        assert!(held.len() < 1000, "no end of connections");
        let stream = UnixStream::connect(&socket).await.unwrap();
        let mut byte = [0];
        // The server closes what it does not want before it accepts the next one.
        match tokio::time::timeout(Duration::from_millis(5), stream.peek_once(&mut byte)).await {
            Ok(_) => closed += 1,
            Err(_) => held.push(stream),
        }
    }
    assert!(held.len() <= 128, "{}", held.len());
    drop(held);
    // Their places are free again.
    let mut viewer = ground.start().await;
    viewer.settled().await;
    until_names(&viewer, "1.0").await;
    viewer.stop().await;
    owner.stop().await;
}

/// Reads what is there, or the end.
trait PeekOnce {
    async fn peek_once(&self, byte: &mut [u8]) -> io::Result<usize>;
}

impl PeekOnce for UnixStream {
    async fn peek_once(&self, byte: &mut [u8]) -> io::Result<usize> {
        loop {
            self.readable().await?;
            match self.try_read(byte) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

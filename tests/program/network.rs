//! The ways of the network that the environment names, and tokens that a keyring holds: with listeners on
//! this machine in place of proxies and services, and a program in place of the keyring's.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::support::Place;

/// This machine by an address that is not its loopback, which no proxy is ever asked for. Nothing listens on
/// the first port: a connection is refused at once.
const REFUSES: &str = "0.0.0.0:1";

/// Hears requests and answers them. Ends with the test program.
struct Listener {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    /// Answers the first line and the headers of a request with a status and a body.
    fn start(answer: impl Fn(&str) -> (u16, &'static str) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                drop(stream.set_read_timeout(Some(Duration::from_secs(10))));
                let mut bytes = Vec::new();
                let mut byte = [0];
                while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                    bytes.push(byte[0]);
                }
                let request = String::from_utf8_lossy(&bytes).into_owned();
                let (status, body) = answer(&request);
                noted.lock().expect("the list").push(request);
                let length = body.len();
                drop(write!(
                    stream,
                    "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
                     connection: close\r\n\r\n{body}"
                ));
            }
        });
        Self { port, heard }
    }

    /// What was heard since the last time.
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().expect("the list"))
    }
}

fn first_lines(heard: &[String]) -> Vec<&str> {
    let mut lines: Vec<&str> = heard.iter().filter_map(|head| head.lines().next()).collect();
    lines.dedup();
    lines
}

fn everything(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn private_file(place: &Place, name: &str, content: &str, mode: u32) {
    place.write(name, content);
    fs::set_permissions(place.work().join(name), fs::Permissions::from_mode(mode)).expect("a mode");
}

#[test]
fn the_proxy_of_the_environment_is_asked_and_no_proxy_passes_it_by() {
    let place = Place::new();
    private_file(&place, "../config/token", "gho_s3cret", 0o600);
    place.write(
        "../config/tminus/config.toml",
        &format!(
            "[source.github]\nhost = \"{REFUSES}\"\nrepositories = [\"o/r\"]\ntoken_file = \"../token\"\n\
             [source.calendar]\nurls = [\"http://{REFUSES}/team.ics\"]\n"
        ),
    );
    let proxy = Listener::start(|_| (502, ""));
    let address = format!("http://me:w0rd-of-proxy@127.0.0.1:{}", proxy.port);
    let over_tls = format!("CONNECT {REFUSES} HTTP/1.1");
    let plainly = format!("GET http://{REFUSES}/team.ics HTTP/1.1");
    for (variables, expected) in [
        (vec![], vec![]),
        (vec![("HTTPS_PROXY", &*address)], vec![&*over_tls]),
        (vec![("https_proxy", &*address)], vec![&*over_tls]),
        (vec![("HTTP_PROXY", &*address)], vec![&*plainly]),
        (vec![("ALL_PROXY", &*address)], vec![&*over_tls, &*plainly]),
        (vec![("HTTPS_PROXY", &*address), ("HTTP_PROXY", &*address)], vec![&*over_tls, &*plainly]),
        (vec![("ALL_PROXY", &*address), ("NO_PROXY", "0.0.0.0")], vec![]),
        (vec![("ALL_PROXY", &*address), ("NO_PROXY", "example.org")], vec![&*over_tls, &*plainly]),
        (vec![("ALL_PROXY", &*address), ("no_proxy", "example.org, 0.0.0.0/8")], vec![]),
    ] {
        let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
        let output = place.run_with_variables(&["status"], &variables);
        let said = everything(&output);
        let heard = proxy.heard();
        let mut lines = first_lines(&heard);
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines, expected, "{names:?}: {said}");
        for head in &heard {
            assert!(head.to_lowercase().contains("proxy-authorization: basic "), "{head}");
            assert!(!head.contains("s3cret"), "the proxy is not told the token: {head}");
        }
        assert!(!said.contains("s3cret") && !said.contains("w0rd-of-proxy"), "{said}");
        assert!(said.contains("0.0.0.0"), "who is not reached is said: {said}");
    }
}

#[test]
fn a_token_that_the_keyring_holds_is_sent_and_printed_nowhere() {
    let place = Place::new();
    let service = Listener::start(|head| match head.split(' ').nth(1).unwrap_or_default() {
        "/rest/api/2/serverInfo" => (200, r#"{"version":"9.12.2","deploymentType":"Server"}"#),
        "/rest/api/2/myself" if !head.to_lowercase().contains("authorization:") => (401, "{}"),
        "/rest/api/2/myself" => (200, r#"{"name":"kim","displayName":"Kim Lee","timeZone":"Etc/UTC"}"#),
        _ => (404, r#"{"errorMessages":["No such thing."],"errors":{}}"#),
    });
    place.write(
        "../config/tminus/config.toml",
        &format!(
            "[source.jira]\nsite = \"http://127.0.0.1:{}\"\nprojects = [\"PAY\"]\nkeyring = \"tminus-test\"\n",
            service.port
        ),
    );
    let programs = place.work().join("../programs");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let variables = [("PATH", &*path)];

    // Without an entry nobody is signed in.
    for program in ["secret-tool", "security"] {
        private_file(&place, &format!("../programs/{program}"), "#!/bin/sh\nexit 1\n", 0o755);
    }
    let without = everything(&place.run_with_variables(&["doctor"], &variables));
    assert!(without.contains("nobody is signed in"), "{without}");
    let heard = service.heard();
    assert!(!heard.is_empty() && heard.iter().all(|head| !head.to_lowercase().contains("authorization:")));

    for program in ["secret-tool", "security"] {
        let script = "#!/bin/sh\necho \"$0 $*\" >> \"$HOME/asked\"\necho s3cret-of-the-keyring\n";
        private_file(&place, &format!("../programs/{program}"), script, 0o755);
    }
    let mut printed = String::new();
    for arguments in
        [&["doctor"][..], &["doctor", "--format", "json"], &["status"], &["status", "--format", "json"]]
    {
        printed += &everything(&place.run_with_variables(arguments, &variables));
        let heard = service.heard();
        assert!(!heard.is_empty(), "{arguments:?}");
        for head in heard {
            assert!(head.contains("Bearer s3cret-of-the-keyring"), "{arguments:?}: {head}");
        }
    }
    assert!(printed.contains("as Kim Lee, with the keyring"), "where it is from is said: {printed}");
    let asked = fs::read_to_string(place.work().join("../home/asked")).expect("the keyring was asked");
    let entry = if cfg!(target_os = "macos") {
        format!("find-generic-password -s tminus-test -a 127.0.0.1:{} -w", service.port)
    } else {
        format!("lookup service tminus-test account 127.0.0.1:{}", service.port)
    };
    assert!(asked.lines().all(|line| line.ends_with(&entry)), "{asked}");
    // It is neither printed nor kept.
    assert!(!printed.contains("s3cret"), "{printed}");
    let mut directories = vec![place.work().join("..")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").map(|entry| entry.expect("an entry")) {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("programs") {
                    directories.push(path);
                }
            } else if path.is_file() {
                let kept = fs::read(&path).expect("a file");
                let holds = kept.windows(6).any(|window| window == b"s3cret");
                assert!(!holds, "{}", path.display());
            }
        }
    }
}

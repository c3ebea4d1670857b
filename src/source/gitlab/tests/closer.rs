//! Reading closer.

use serde_json::{Value, json};

use super::{
    faults::forbidden,
    operations::attempt,
    service::{Service, merge_request, user},
};
use crate::{
    domain::FileChange,
    source::{Source, reading::PullRequestPlace},
};

fn place(repository: &str) -> PullRequestPlace {
    PullRequestPlace { repository: repository.into(), number: 5, base: "main".into() }
}

#[expect(clippy::needless_pass_by_value, reason = "so it reads best where it is asked")]
fn note(id: u64, resolvable: bool, resolved: Value) -> Value {
    json!({ "id": id, "type": "DiffNote", "body": "Lost on\nretry?", "author": user(3, "ada"),
            "created_at": "2026-11-24T08:00:00.000Z", "system": false,
            "resolvable": resolvable, "resolved": resolved,
            "position": { "new_path": "lib/refund.rb", "old_path": "lib/refund.rb", "new_line": 41, "old_line": null } })
}

fn diff(path: &str, text: &str) -> Value {
    json!({ "old_path": path, "new_path": path, "a_mode": "100644", "b_mode": "100644", "diff": text,
            "new_file": false, "renamed_file": false, "deleted_file": false })
}

async fn service() -> Service {
    let service = Service::start().await;
    let mut described = merge_request(5, "2026-11-24T08:00:00.000Z");
    described["description"] = "## Why\n\nRefunds are lost.".into();
    described["web_url"] = "https://gitlab.example.com/acme/pay/api/-/merge_requests/5".into();
    service.put("/merge_requests/5", described);
    service.put(
        "/merge_requests/5/discussions",
        json!([
            { "id": "a", "individual_note": true, "notes": [{ "id": 1, "body": "fine", "resolvable": false }] },
            { "id": "b", "individual_note": false, "notes": [note(2, true, json!(true))] },
            { "id": "c", "individual_note": false, "notes": [note(3, true, json!(false)), note(4, true, json!(false))] },
        ]),
    );
    service
}

#[tokio::test]
async fn description_open_discussions_and_files_are_told() {
    let service = service().await;
    let text = "@@ -1,2 +1,3 @@\n-a\n+b\n+c\n d\n";
    service.put("/merge_requests/5/diffs", json!([diff("lib/refund.rb", text), diff("big.bin", "")]));
    let reader = service.source().reader().unwrap();
    assert!(reader.knows(&place("api")) && !reader.knows(&place("web")));
    let read = reader.read(&place("api"), &attempt()).await.unwrap();
    assert_eq!(read.description.as_str(), "## Why\n\nRefunds are lost.");
    let [open] = read.threads.as_slice() else { panic!("{:?}", read.threads) };
    assert_eq!((open.path.as_deref(), open.line, open.replies), (Some("lib/refund.rb"), Some(41), 1));
    assert_eq!(
        open.url.as_deref(),
        Some("https://gitlab.example.com/acme/pay/api/-/merge_requests/5#note_3")
    );
    let files = read.files.unwrap();
    let first = (files[0].change, files[0].additions, files[0].deletions);
    assert_eq!(first, (FileChange::Modified, Some(2), Some(1)));
    assert!(service.log().iter().all(|(asked, _)| asked.starts_with("GET")));
}

#[tokio::test]
async fn an_older_server_is_asked_otherwise_and_a_refusal_is_said() {
    let service = service().await;
    let changes: Vec<Value> = (0..130).map(|index| diff(&format!("file{index}"), "")).collect();
    service.put("/merge_requests/5/changes", json!({ "changes": changes }));
    let reader = service.source().reader().unwrap();
    let read = reader.read(&place("api"), &attempt()).await.unwrap();
    assert_eq!((read.files.unwrap().len(), read.more_files), (100, true));
    // Files that cannot be read say nothing of the rest; the merge request itself does.
    service.fail("GET", "/merge_requests/5/changes", forbidden());
    assert_eq!(reader.read(&place("api"), &attempt()).await.unwrap().files, None);
    service.fail("GET", "/merge_requests/5", forbidden());
    let problem = reader.read(&place("api"), &attempt()).await.unwrap_err();
    assert!(problem.what.starts_with("api!5: not read"), "{problem:?}");
}

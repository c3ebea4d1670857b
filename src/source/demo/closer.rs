//! What the simulated organisation says of one pull request to somebody who looks closer.

use futures_util::future::BoxFuture;

use crate::{
    domain::{
        ChangedFile, FileChange, MergedLately, Problem, Prose, PullRequestDetail, PullRequestId, Text, Thread,
    },
    source::{
        operation::Attempt,
        reading::{PullRequestPlace, Reader},
    },
};

use super::{
    cast::{PRODUCTS, Product},
    draft::link,
    rhythm::{between, chance, generator, pick},
};

/// Tells of any pull request of the organisation that `seed` makes, always the same.
pub(super) struct DemoReader {
    pub(super) seed: u64,
}

const PARTS: [&str; 6] = ["mod", "store", "retry", "client", "events", "limits"];

/// What is changed by one pull request in three, whatever it is about.
const SHARED: &str = "src/ledger/postings.rs";

const SAID: [&str; 5] = [
    "What happens if this is delivered twice?",
    "This holds the lock while it waits for the network.",
    "Could we have a test for the empty list?",
    "The old name is still in the runbook.",
    "Is the time zone that of the merchant or ours?",
];

impl DemoReader {
    fn detail(&self, product: &Product, number: u64) -> PullRequestDetail {
        let mut rng = generator(self.seed, "closer", [number as usize]);
        let part = pick(&mut rng, product.components);
        let files = paths(self.seed, product, number);
        let description = format!(
            "## Why\n\nUnder load the **{part}** service answers twice: the second answer wins, and the \
             first one is *lost*.\n\n## What\n\n- [x] every request carries a key\n- [x] `{part}::store` keeps \
             the answer for a day\n- [ ] the dashboard counts what was answered from there\n\n\
             ```rust\nlet answer = store.get(&key).unwrap_or_else(|| ask(&request));\n```\n\n\
             | requests | before | after |\n|---|---|---|\n| lost in a day | 41 | 0 |\n| P95 | 180 ms | 176 ms |\n\n\
             See the [notes of the incident](https://example.com/incidents/{number})."
        );
        let open = rng.usize(..3);
        let threads = (0..open).map(|index| Thread {
            path: files.first().cloned(),
            line: Some(20 + 17 * index as u32 + rng.u32(..9)),
            author: Text::new(pick(&mut rng, product.people)),
            at: None,
            said: Text::new(SAID[(number as usize + index) % SAID.len()]),
            replies: rng.u32(..4),
            outdated: chance(&mut rng, 0.2),
            url: Some(link("pull", &format!("{}#{number}", product.repository))),
        });
        let threads: Vec<Thread> = threads.collect();
        let file = |path: Text| ChangedFile {
            change: if chance(&mut rng, 0.2) { FileChange::Added } else { FileChange::Modified },
            additions: Some(between(&mut rng, 2.0, 90.0) as u32),
            deletions: Some(between(&mut rng, 0.0, 40.0) as u32),
            path,
        };
        let files = files.into_iter().map(file).collect();
        let others = (1..=30).filter_map(|before| number.checked_sub(before)).map(|other| MergedLately {
            id: PullRequestId::new(format!("{}#{other}", product.repository)),
            files: paths(self.seed, product, other),
        });
        PullRequestDetail {
            description: Prose::new(description),
            threads,
            more_threads: false,
            files: Some(files),
            more_files: false,
            merged_lately: others.collect(),
        }
    }
}

/// The files that a pull request changes.
fn paths(seed: u64, product: &Product, number: u64) -> Vec<Text> {
    let mut rng = generator(seed, "files", [number as usize]);
    let part = pick(&mut rng, product.components);
    let mut paths: Vec<String> =
        (0..rng.usize(1..5)).map(|_| format!("src/{part}/{}.rs", pick(&mut rng, &PARTS))).collect();
    paths.push(format!("tests/{part}.rs"));
    if chance(&mut rng, 0.33) {
        paths.push(SHARED.to_owned());
    }
    paths.sort_unstable();
    paths.dedup();
    paths.into_iter().map(Text::new).collect()
}

impl Reader for DemoReader {
    fn knows(&self, place: &PullRequestPlace) -> bool {
        PRODUCTS.iter().any(|product| product.repository == place.repository.as_str())
    }

    fn read<'a>(
        &'a self,
        place: &'a PullRequestPlace,
        _: &'a Attempt,
    ) -> BoxFuture<'a, Result<PullRequestDetail, Problem>> {
        let product = PRODUCTS.iter().find(|product| product.repository == place.repository.as_str());
        let read = match product {
            Some(product) => Ok(self.detail(product, place.number)),
            None => Err(Problem::new("nobody here knows this repository", "choose another pull request")),
        };
        Box::pin(std::future::ready(read))
    }
}

//! Findings of a code analyzer: some on every product the year round, most of them harmless. One
//! of three in the ledger is bad, and its team takes its time.

use chrono::Duration;

use crate::domain::{Finding, FindingId, FindingState, Severity, Text};

use super::{
    cast::{LEDGER, PRODUCTS, Product},
    draft::{Draft, link},
    life::FindingLife,
    rhythm::{chance, commit, generator, pick},
};

/// Days between two looks of the analyzer that bring something.
const EVERY_DAYS: usize = 6;

/// What an analyzer finds: its rule and what that says.
const RULES: [(&str, &str); 8] = [
    ("unchecked-redirect", "Redirect to an address that the caller chooses"),
    ("sql-concatenation", "Query built from text that a user entered"),
    ("weak-hash", "Weak hash for a secret"),
    ("log-injection", "Log entry with text that a user entered"),
    ("missing-timeout", "Request without a timeout"),
    ("broad-catch", "Every error caught, and forgotten"),
    ("unused-result", "Result of a call that is not looked at"),
    ("hard-coded-address", "Address written into the code"),
];

/// Makes all findings, oldest first.
pub(super) fn make(draft: &Draft) -> Vec<FindingLife> {
    let mut made = Vec::new();
    let past = draft.rhythm.days().partition_point(|day| *day < draft.anchor);
    for (product, details) in PRODUCTS.iter().enumerate() {
        let days = draft.rhythm.days().iter().enumerate().skip(product + 1).step_by(EVERY_DAYS);
        let newest = past.saturating_sub(product + 2) / EVERY_DAYS;
        for (number, (day, at)) in days.enumerate() {
            let mut rng = generator(draft.seed, "finding", [product, day]);
            let opened_at = *at + Duration::minutes(rng.i64(-300..300));
            // Counted from the last one before the anchor, so that there is one to see.
            let is_bad = product == LEDGER && (number + 3 - newest % 3).is_multiple_of(3);
            let severity = match (is_bad, chance(&mut rng, 0.6)) {
                (true, _) => Severity::High,
                (false, true) => Severity::Low,
                (false, false) => Severity::Medium,
            };
            let days = if is_bad { rng.i64(14..20) } else { rng.i64(2..40) };
            let closed_at = opened_at + Duration::days(days) + Duration::minutes(rng.i64(0..600));
            let is_left = !is_bad && chance(&mut rng, 0.2);
            let state = if is_left { FindingState::Dismissed } else { FindingState::Fixed };
            made.push(FindingLife::new(
                finding(details, number + 1, severity, &mut rng),
                opened_at,
                (closed_at, state),
            ));
        }
    }
    made
}

fn finding(product: &Product, number: usize, severity: Severity, rng: &mut fastrand::Rng) -> Finding {
    let (rule, title) = pick(rng, &RULES);
    let id = format!("{}!{number}", product.repository);
    Finding {
        url: Some(link("findings", &id.replace('!', "/"))),
        id: FindingId::new(id),
        repository: Text::new(product.repository),
        tool: Text::new("CodeQL"),
        rule: Text::new(rule),
        title: Text::new(title),
        severity: Some(severity),
        state: FindingState::Open,
        path: Some(Text::new(format!("src/{}.rs", pick(rng, product.components)))),
        line: Some(rng.u32(8..900)),
        release: None,
        part: None,
        branch: None,
        commit: Some(Text::new(commit(rng))),
        opened_at: crate::domain::Instant::MIN_UTC,
        closed_at: None,
    }
}

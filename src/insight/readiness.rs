//! How ready a release is, in words: its stories, of which the forecast speaks, and its gates, of
//! which it does not.

use super::{ForecastView, GateAnswer, ReleaseInsight, words};

/// Gates that are named.
const MOST_NAMED: usize = 3;

/// `all stories ready`, or `stories ready by then: 87 %`, by the probability that they are; none
/// where neither is known.
pub fn stories_ready(release: Option<&ReleaseInsight>, ready_by_then: Option<f64>) -> Option<String> {
    let is_ready = release.is_some_and(|insight| insight.forecast == ForecastView::Ready);
    if is_ready {
        return Some("all stories ready".to_owned());
    }
    ready_by_then.map(|share| format!("stories ready by then: {}", words::chance(share)))
}

/// The same where room is scarce: `stories: 87 % sure`.
pub fn stories_in_short(release: Option<&ReleaseInsight>, ready_by_then: Option<f64>) -> Option<String> {
    match stories_ready(release, None) {
        None => ready_by_then.map(|share| format!("stories: {} sure", words::chance(share))),
        ready => ready,
    }
}

/// `2 gates no-go (Tests, Findings), 1 unknown`; empty where all are go.
pub fn gates_against(release: &ReleaseInsight) -> String {
    let with = |answer| release.gates.iter().filter(move |gate| gate.answer == answer);
    let no_go: Vec<&str> = with(GateAnswer::NoGo).map(|gate| gate.name.title()).collect();
    let unknown: Vec<&str> = with(GateAnswer::Unknown).map(|gate| gate.name.title()).collect();
    let said = [(no_go, "no-go"), (unknown, "unknown")].into_iter().filter(|(gates, _)| !gates.is_empty());
    let said = said.map(|(gates, word)| {
        let count = words::count(gates.len(), "gate", "gates");
        format!("{count} {word} ({})", words::list(&gates, MOST_NAMED))
    });
    said.collect::<Vec<_>>().join(", ")
}

/// Both: `all stories ready; 2 gates no-go (Tests, Findings)`; none where nothing is known.
pub fn readiness(release: Option<&ReleaseInsight>, ready_by_then: Option<f64>) -> Option<String> {
    let stories = stories_ready(release, ready_by_then);
    let gates = release.map(gates_against).filter(|gates| !gates.is_empty());
    let said: Vec<String> = stories.into_iter().chain(gates).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Category, PullRequestState},
        insight::fixture::{ALL_KINDS, Setting, pull_request, story},
    };

    #[test]
    fn a_probability_is_one_of_stories_and_gates_are_named_beside_it() {
        let done = Setting::covering(&ALL_KINDS).story(story("PAY-1", Category::Done));
        let open = done.clone().story(story("PAY-2", Category::InProgress));
        let blocked = done.clone().pull_request(pull_request(7, PullRequestState::Open));
        let said = |setting: &Setting, share| {
            let answer = setting.answer();
            (readiness(Some(&answer), share).unwrap(), gates_against(&answer))
        };
        let (whole, gates) = said(&done, Some(1.0));
        assert!(whole.starts_with("all stories ready") && !whole.contains('%'), "{whole}");
        assert!(!gates.contains("no-go"), "{gates}");
        let (whole, gates) = said(&blocked, Some(1.0));
        assert!(gates.starts_with("1 gate no-go (Pull requests)"), "{gates}");
        assert_eq!(whole, format!("all stories ready; {gates}"));
        let (whole, gates) = said(&open, Some(0.87));
        assert!(gates.starts_with("1 gate no-go (Stories ready)"), "{gates}");
        assert_eq!(whole, format!("stories ready by then: 87 %; {gates}"));
        assert_eq!(readiness(None, None), None);
    }
}

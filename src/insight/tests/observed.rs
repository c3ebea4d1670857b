//! Days that were observed, while sources rewrite their past.

use std::sync::Arc;

use chrono::Duration;
use proptest::{collection::vec, prelude::*};

use super::generated::any_setting;
use crate::domain::{Category, Instant, ScopeChange, StatusMove, Story, StoryKind, World};
use crate::insight::{
    BurnDown, Learned, ReleaseInsight, derive,
    fixture::{ALL_KINDS, Setting, at, defect, id, now, story, test_run},
};

/// What its source tells of `story` at `at`, if it makes up nothing later; none before it is there.
fn known_at(story: &Story, at: Instant) -> Option<Story> {
    if story.created_at > at {
        return None;
    }
    let mut known = story.clone();
    known.moves.retain(|change| change.at <= at);
    if !story.moves.is_empty() {
        known.category = known.moves.last().map_or(Category::ToDo, |last| last.to);
    }
    known.scope.retain(|change| change.at <= at);
    let first = story.scope.first().map(|change| change.change);
    let last = known.scope.last().map(|change| change.change);
    let is_member = match (last, first) {
        (Some(last), _) => last == ScopeChange::Added,
        (None, Some(first)) => first == ScopeChange::Removed,
        (None, None) => !story.releases.is_empty(),
    };
    known.releases = if is_member { vec![id()] } else { Vec::new() };
    Some(known)
}

/// All that is known at `at`.
fn all_known_at(setting: &Setting, at: Instant) -> Setting {
    let mut known = setting.clone();
    let stories = setting.facts.stories.iter().filter_map(|story| known_at(story, at));
    known.facts.stories = stories.map(Arc::new).collect();
    known.facts.test_runs.retain(|run| run.at <= at);
    known
}

/// What `setting` means now, if this was observed of `before` at `instants`.
fn observed(setting: &Setting, before: &Setting, instants: &[Instant]) -> Arc<ReleaseInsight> {
    let days = instants.iter().map(|at| Arc::new(all_known_at(before, *at).board_at(*at).day_figures()));
    let world = World { days: days.collect(), ..setting.world() };
    let insight = derive(&world, &setting.health, &setting.policy, &Learned::default(), now()).0;
    Arc::clone(insight.releases.iter().find(|insight| insight.release.id == id()).unwrap())
}

/// By day of November: in scope, ready, defects.
fn counts(burn_down: &BurnDown) -> Vec<(u32, u32, u32, u32)> {
    use chrono::Datelike as _;
    burn_down.days.iter().map(|day| (day.day.day(), day.scope, day.ready, day.defects)).collect()
}

fn team() -> Setting {
    let done = |key: &str, day: u32| Story {
        moves: vec![StatusMove { at: at(day, 12), to: Category::Done }],
        ..story(key, Category::Done)
    };
    Setting::covering(&ALL_KINDS)
        .story(done("PAY-1", 12))
        .story(done("PAY-2", 18))
        .story(done("PAY-3", 20))
        .story(story("PAY-4", Category::ToDo))
        .story(story("PAY-5", Category::ToDo))
        .story(defect("PAY-6", Category::ToDo))
        .test_run(test_run("unit", 14, 10, 2))
        .test_run(test_run("unit", 22, 11, 1))
}

#[test]
fn what_was_observed_stays_where_a_source_rewrites_its_past() {
    type Rewrite = fn(&mut Setting);
    fn change(setting: &mut Setting, key: &str, change: impl FnOnce(&mut Story)) {
        let story = setting.facts.stories.iter_mut().find(|story| story.key.as_str() == key).unwrap();
        change(Arc::make_mut(story));
    }
    fn delete(setting: &mut Setting, key: &str) {
        setting.facts.stories.retain(|story| story.key.as_str() != key);
    }
    let cases: [(&str, Rewrite); 6] = [
        ("an open story was deleted", |setting| delete(setting, "PAY-4")),
        ("a ready one was deleted", |setting| delete(setting, "PAY-1")),
        ("a defect was deleted", |setting| delete(setting, "PAY-6")),
        ("a story was imported anew", |setting| {
            change(setting, "PAY-5", |story| story.created_at = at(21, 8));
        }),
        ("it was ready earlier, says its source now", |setting| {
            change(setting, "PAY-2", |story| story.moves[0].at = at(13, 12));
        }),
        ("it was moved out without a word", |setting| {
            change(setting, "PAY-3", |story| story.releases.clear());
        }),
    ];
    let before = team();
    let truth = observed(&before, &before, &[]);
    // At the end of each day, on one in the afternoon; nobody looked on the 17th.
    let instants: Vec<Instant> = [15, 16, 18, 19, 20, 21].map(|day| at(day, 20)).to_vec();
    for (name, rewrite) in cases {
        let mut after = before.clone();
        rewrite(&mut after);
        let told = observed(&after, &before, &instants);
        let rebuilt = observed(&after, &before, &[]);
        let (truth, shown) = (counts(&truth.burn_down), counts(&told.burn_down));
        let old = |counts: &[(u32, u32, u32, u32)]| -> Vec<_> {
            counts.iter().filter(|(day, ..)| (15..22).contains(day)).copied().collect()
        };
        assert_eq!(old(&shown), old(&truth), "{name}");
        assert_ne!(old(&counts(&rebuilt.burn_down)), old(&truth), "{name}: else it shows nothing");
        assert_eq!(shown.last(), counts(&rebuilt.burn_down).last(), "{name}: today is now's");
        for day in &told.burn_down.days {
            use chrono::Datelike as _;
            assert_eq!(told.burn_down.is_rebuilt(day.day), day.day.day() < 15, "{name} {}", day.day);
        }
    }
    let mut deleted = before.clone();
    delete(&mut deleted, "PAY-4");
    let told = observed(&deleted, &before, &instants);
    let steps: Vec<_> = told.burn_down.scope_steps.iter().map(|step| (step.added, step.removed)).collect();
    assert_eq!(steps.last(), Some(&(0, 1)), "it left on the day that shows it: {steps:?}");
}

#[test]
fn tests_that_are_told_of_no_longer_were_seen() {
    let before = team();
    let mut after = before.clone();
    after.facts.test_runs.retain(|run| run.at > at(15, 0));
    let share = |insight: &ReleaseInsight, day: u32| {
        use chrono::Datelike as _;
        insight.burn_down.days.iter().find(|shown| shown.day.day() == day).unwrap().tests
    };
    let told = observed(&after, &before, &[at(15, 20), at(16, 20)]);
    assert_eq!(share(&observed(&after, &before, &[]), 16), None);
    for (day, passed) in
        [(14, None), (15, Some(10.0 / 12.0)), (17, Some(10.0 / 12.0)), (22, Some(11.0 / 12.0))]
    {
        assert_eq!(share(&told, day), passed, "{day}");
    }
}

/// Stories that were what their source says they were, and nothing else.
fn honest() -> impl Strategy<Value = Setting> {
    any_setting().prop_map(|mut setting| {
        setting.facts.pull_requests.clear();
        for story in &mut setting.facts.stories {
            let story = Arc::make_mut(story);
            story.created_at = story.created_at.min(now() - Duration::days(1));
            let created = story.created_at;
            story.moves.iter_mut().for_each(|change| change.at = change.at.clamp(created, now()));
            story.scope.iter_mut().for_each(|change| change.at = change.at.clamp(created, now()));
            *story = known_at(story, now()).unwrap();
        }
        setting
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn where_nothing_was_rewritten_nothing_is_another(
        setting in honest(),
        hours in vec(1_i64..500, 0..5),
        deleted in 0_usize..12,
    ) {
        let mut instants: Vec<Instant> = hours.iter().map(|hours| now() - Duration::hours(*hours)).collect();
        instants.sort_unstable();
        let (plain, told) = (observed(&setting, &setting, &[]), observed(&setting, &setting, &instants));
        let unmarked = |insight: &ReleaseInsight| BurnDown { observed_from: None, ..insight.burn_down.clone() };
        prop_assert_eq!(unmarked(&plain), unmarked(&told));
        prop_assert_eq!((&plain.forecast, plain.outlook), (&told.forecast, told.outlook));

        // And where something was, the last point is the list all the same.
        let mut after = setting.clone();
        if deleted < after.facts.stories.len() {
            after.facts.stories.remove(deleted);
        }
        let told = observed(&after, &setting, &instants);
        let rows = || told.stories.iter().filter(|row| row.story.kind == StoryKind::Story);
        if let Some(last) = told.burn_down.days.last() {
            prop_assert_eq!(last.remaining() as usize, rows().filter(|row| row.open).count());
            prop_assert_eq!(last.scope as usize, rows().filter(|row| row.story.category != Category::Dropped).count());
        }
        for day in &told.burn_down.days {
            prop_assert!(day.ready <= day.scope);
        }
    }
}

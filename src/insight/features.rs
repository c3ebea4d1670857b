//! Features: what the stories of a release are parts of.
//!
//! A feature is ready when all its stories in the release are, and none of them waits for an
//! unfinished story elsewhere. A story that is done already may still wait for one: what it was
//! built for cannot be used before that one is there.

use std::collections::{HashMap, HashSet};

use crate::domain::{StoryKey, StoryKind};

use super::{Feature, StoryRow, context::Context, stories::is_open};

/// The features that `rows` are parts of, in the order of the first row of each; those that are
/// ready last.
pub(crate) fn features(context: &Context<'_>, rows: &[StoryRow]) -> Vec<Feature> {
    let mut found: Vec<Feature> = Vec::new();
    let mut places: HashMap<&StoryKey, usize> = HashMap::new();
    let part_of: HashMap<&StoryKey, &StoryKey> =
        rows.iter().filter_map(|row| Some((&row.story.key, row.story.parent.as_ref()?))).collect();
    let mut seen: HashSet<(usize, &StoryKey)> = HashSet::new();
    for row in rows {
        let Some(parent) = &row.story.parent else { continue };
        let place = *places.entry(parent).or_insert_with(|| {
            found.push(Feature {
                key: parent.clone(),
                title: context.story(parent).map(|index| context.stories[index].title.clone()),
                stories: 0,
                stories_ready: 0,
                defects_open: 0,
                waits_for: Vec::new(),
                ready: false,
            });
            found.len() - 1
        });
        let Some(feature) = found.get_mut(place) else { continue };
        match row.story.kind {
            StoryKind::Story => {
                feature.stories += 1;
                feature.stories_ready += u32::from(!row.open);
            }
            StoryKind::Defect => {
                feature.defects_open += u32::from(row.open);
                continue;
            }
        }
        let is_unfinished =
            |key: &StoryKey| context.story(key).is_none_or(|index| is_open(context.stories[index]));
        let is_elsewhere = |key: &StoryKey| part_of.get(key).is_none_or(|other| *other != parent);
        for blocker in &row.story.blocked_by {
            if is_elsewhere(blocker) && is_unfinished(blocker) && seen.insert((place, blocker)) {
                feature.waits_for.push(blocker.clone());
            }
        }
    }
    for feature in &mut found {
        // One of defects only has no story that could be ready.
        let has_all = match feature.stories {
            0 => feature.defects_open == 0,
            all => feature.stories_ready == all,
        };
        feature.ready = has_all && feature.waits_for.is_empty();
    }
    found.sort_by_key(|feature| feature.ready);
    found
}

#[cfg(test)]
mod tests {
    use crate::domain::{Category, ReleaseId, Story, Text};
    use crate::insight::fixture::{ALL_KINDS, Setting, defect, story};

    use super::*;

    fn part(key: &str, parent: &str, category: Category, blocked_by: &[&str]) -> Story {
        Story {
            parent: Some(StoryKey::new(parent)),
            blocked_by: blocked_by.iter().map(|key| StoryKey::new(*key)).collect(),
            ..story(key, category)
        }
    }

    fn elsewhere(key: &str, category: Category) -> Story {
        Story { releases: vec![ReleaseId::new("auth 2.9")], ..story(key, category) }
    }

    #[test]
    fn a_feature_is_ready_when_its_stories_are_and_none_waits_elsewhere() {
        use Category::{Done, Dropped, ToDo};
        type Case<'a> = (&'a str, &'a [Story], (u32, u32, bool), &'a [&'a str]);
        let cases: [Case<'_>; 7] = [
            ("all done", &[part("P-1", "E-1", Done, &[]), part("P-2", "E-1", Done, &[])], (2, 2, true), &[]),
            ("one open", &[part("P-1", "E-1", Done, &[]), part("P-2", "E-1", ToDo, &[])], (1, 2, false), &[]),
            (
                "dropped",
                &[part("P-1", "E-1", Done, &[]), part("P-2", "E-1", Dropped, &[])],
                (1, 1, true),
                &[],
            ),
            (
                "done, but waits for another release",
                &[part("P-1", "E-1", Done, &["A-1"]), elsewhere("A-1", ToDo)],
                (1, 1, false),
                &["A-1"],
            ),
            (
                "that one is finished",
                &[part("P-1", "E-1", Done, &["A-1"]), elsewhere("A-1", Done)],
                (1, 1, true),
                &[],
            ),
            (
                "waits within itself, and twice for what nobody knows",
                &[part("P-1", "E-1", ToDo, &["P-2", "X-9"]), part("P-2", "E-1", ToDo, &["X-9"])],
                (0, 2, false),
                &["X-9"],
            ),
            (
                "waits for a story of no feature",
                &[part("P-1", "E-1", Done, &["P-3"]), story("P-3", ToDo)],
                (1, 1, false),
                &["P-3"],
            ),
        ];
        for (name, stories, (done, all, ready), waits_for) in cases {
            let setting = stories.iter().cloned().fold(Setting::covering(&ALL_KINDS), Setting::story);
            let answer = setting.answer();
            let [feature] = &answer.features[..] else { panic!("{name}: {:?}", answer.features) };
            assert_eq!((feature.stories_ready, feature.stories, feature.ready), (done, all, ready), "{name}");
            let keys: Vec<&str> = feature.waits_for.iter().map(StoryKey::as_str).collect();
            assert_eq!(keys, waits_for, "{name}");
        }
    }

    #[test]
    fn features_have_a_title_where_one_is_known_and_open_ones_come_first() {
        let epic =
            Story { title: Text::new("Checkout"), releases: Vec::new(), ..story("E-2", Category::ToDo) };
        let fault = Story { parent: Some(StoryKey::new("E-1")), ..defect("P-9", Category::ToDo) };
        let answer = Setting::covering(&ALL_KINDS)
            .story(part("P-1", "E-1", Category::Done, &[]))
            .story(part("P-2", "E-2", Category::ToDo, &[]))
            .story(epic)
            .story(fault)
            .answer();
        let told: Vec<_> = answer
            .features
            .iter()
            .map(|it| (it.key.as_str(), it.title.as_deref(), it.ready, it.defects_open))
            .collect();
        assert_eq!(told, [("E-2", Some("Checkout"), false, 0), ("E-1", None, true, 1)]);
    }
}

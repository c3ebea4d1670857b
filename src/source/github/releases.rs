//! Releases: milestones, what the forge calls releases, and tags, joined by project and version.

use std::collections::BTreeMap;

use super::{
    naming::Naming,
    wire::{Milestone, Release as Published, Tag, TagTarget},
};
use crate::domain::{Calendar, Instant, Release, ReleaseId, Target, Text};

/// Tags whose releases are told, the newest ones; milestones are told whatever they are.
const MOST_TAGS: usize = 50;

/// All releases that a repository tells of.
///
/// - A milestone is a release; its due date is a day, and it is on time until the end of that day.
/// - A published release, or a tag, that names a version says when it went out. Drafts and pre-releases do not.
/// - A closed milestone without either went out when it was closed.
pub(super) fn releases(
    milestones: &[&Milestone],
    published: &[Published],
    tags: &[Tag],
    naming: &Naming,
    calendar: &Calendar,
) -> Vec<Release> {
    let mut releases: BTreeMap<ReleaseId, Release> = BTreeMap::new();
    for milestone in milestones {
        let version = naming.version(&milestone.title);
        let id = naming.release_of_milestone(&milestone.title);
        let target =
            milestone.due_on.map(|due| Target { at: calendar.end_of(due.date_naive()), estimated: false });
        let release = releases.entry(id).or_insert_with(|| Release::named(&naming.project, &version));
        release.target = release.target.or(target);
        release.url = release.url.clone().or_else(|| milestone.url.clone());
    }
    let went_out = published
        .iter()
        .filter(|release| !release.is_draft && !release.is_prerelease)
        .filter_map(|release| {
            let commit = release.tag_commit.as_ref().and_then(|commit| commit.oid.clone());
            Some((&release.tag_name, release.published_at?, commit, release.url.clone()))
        })
        .take(MOST_TAGS);
    let tagged = tags
        .iter()
        .filter_map(|tag| {
            let (at, commit) = dated(tag.target.as_ref()?)?;
            Some((&tag.name, at, Some(commit), None))
        })
        .take(MOST_TAGS);
    for (tag, at, commit, url) in went_out.chain(tagged) {
        let Some((project, version)) = naming.release_of_tag(tag) else { continue };
        let release = releases
            .entry(ReleaseId::of(&project, &version))
            .or_insert_with(|| Release::named(&project, &version));
        release.released_at = release.released_at.or(Some(at));
        release.tag = release.tag.clone().or_else(|| Some(tag.clone()));
        release.commit = release.commit.clone().or(commit);
        release.url = release.url.clone().or(url);
    }
    for milestone in milestones {
        let is_closed = milestone.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("closed"));
        if let Some(release) = releases.get_mut(&naming.release_of_milestone(&milestone.title))
            && is_closed
        {
            release.released_at = release.released_at.or(milestone.closed_at);
        }
    }
    releases.into_values().collect()
}

/// When a tag was made and which commit it names; tags of tags are followed once.
fn dated(target: &TagTarget) -> Option<(Instant, Text)> {
    if let Some(at) = target.committed_date {
        return Some((at, target.oid.clone()?));
    }
    let commit = target.target.as_deref()?;
    let at = target.tagger.as_ref().and_then(|tagger| tagger.date).or(commit.committed_date)?;
    (commit.kind.as_deref() == Some("Commit")).then(|| Some((at, commit.oid.clone()?)))?
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use serde_json::{Value, json};

    use super::*;

    fn parse<T: serde::de::DeserializeOwned>(body: Value) -> T {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn milestones_releases_and_tags_of_a_version_are_one_release() {
        let milestones: Vec<Milestone> = parse(json!([
            { "number": 1, "title": "v4.2", "state": "CLOSED", "dueOn": "2026-11-25T00:00:00Z",
              "closedAt": "2026-11-24T10:00:00Z", "url": "https://github.com/o/api/milestone/1" },
            { "number": 2, "title": "4.3", "state": "OPEN", "dueOn": null },
            { "number": 3, "title": "Sprint 12", "state": "CLOSED", "closedAt": "2026-11-01T10:00:00Z" },
            { "number": 4, "title": "4.4", "state": "MOTHBALLED", "closedAt": "2026-11-01T10:00:00Z" },
        ]));
        let published: Vec<Published> = parse(json!([
            { "tagName": "v4.3-rc1", "isPrerelease": true, "publishedAt": "2026-11-28T10:00:00Z" },
            { "tagName": "v4.3", "isDraft": true, "publishedAt": null },
            { "tagName": "v4.2", "publishedAt": "2026-11-24T12:00:00Z", "tagCommit": { "oid": "abc" } },
            { "tagName": "nightly", "publishedAt": "2026-11-24T12:00:00Z" },
        ]));
        let tags: Vec<Tag> = parse(json!([
            { "name": "v4.2", "target": { "__typename": "Tag", "oid": "t1", "tagger": { "date": "2026-11-24T13:00:00+01:00" },
              "target": { "__typename": "Commit", "oid": "abc", "committedDate": "2026-11-24T09:00:00Z" } } },
            { "name": "v4.1", "target": { "__typename": "Commit", "oid": "old", "committedDate": "2026-10-01T09:00:00Z" } },
            { "name": "v4.0", "target": { "__typename": "Tree", "oid": "tree" } },
        ]));
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let berlin = Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() };
        let milestones: Vec<&Milestone> = milestones.iter().collect();
        let told = releases(&milestones, &published, &tags, &naming, &berlin);
        let at = |month, day, hour| Some(Utc.with_ymd_and_hms(2026, month, day, hour, 0, 0).unwrap());
        let dates: Vec<_> = told.iter().map(|release| (release.id.as_str(), release.released_at)).collect();
        assert_eq!(
            dates,
            [
                ("api 4.1", at(10, 1, 9)),
                ("api 4.2", at(11, 24, 12)),
                ("api 4.3", None),
                ("api 4.4", None),
                ("api Sprint 12", at(11, 1, 10)),
            ]
        );
        let target = told[1].target.unwrap();
        assert!(!target.estimated);
        assert_eq!(target.at.to_rfc3339(), "2026-11-25T22:59:59+00:00");
        assert_eq!((told[1].tag.as_deref(), told[1].commit.as_deref()), (Some("v4.2"), Some("abc")));
        assert!(told[1].url.as_deref().unwrap().ends_with("/milestone/1"));
    }
}

//! Releases: milestones, what the forge calls releases, and tags, joined by project and version.

use std::collections::BTreeMap;

use super::wire::{Milestone, Release as Published, Tag};
use crate::{
    domain::{Calendar, Instant, Release, ReleaseId, Target, Text},
    source::naming::Naming,
};

/// Tags whose releases are told, the newest ones; milestones are told whatever they are.
const MOST_TAGS: usize = 50;

/// All releases that a project tells of at `now`.
///
/// - A milestone is a release; its due date is a day, and it is on time until the end of that day.
/// - A published release says when it went out: the version that its tag names, and the milestones
///   that it is linked to. One that is announced for later has not gone out.
/// - A tag that names a version says so, too.
/// - A closed milestone without either went out at its last change: GitLab does not tell when one
///   was closed.
pub(super) fn releases(
    milestones: &[&Milestone],
    published: &[Published],
    tags: &[Tag],
    naming: &Naming,
    calendar: &Calendar,
    now: Instant,
) -> Vec<Release> {
    let mut releases: BTreeMap<ReleaseId, Release> = BTreeMap::new();
    for milestone in milestones {
        let version = naming.version(&milestone.title);
        let id = naming.release_of_milestone(&milestone.title);
        let target = milestone.due_date.map(|due| Target { at: calendar.end_of(due), estimated: false });
        let start = milestone.start_date.map(|day| calendar.start_of(day));
        let release = releases.entry(id).or_insert_with(|| Release::named(&naming.project, &version));
        release.target = release.target.or(target);
        release.start = release.start.or(start);
        release.url = release.url.clone().or_else(|| milestone.web_url.clone());
    }
    let mut go_out =
        |project: &Text, version: &Text, at: Instant, tag: &Text, commit: Option<Text>, url: Option<Text>| {
            let release = releases
                .entry(ReleaseId::of(project, version))
                .or_insert_with(|| Release::named(project, version));
            release.released_at = release.released_at.or(Some(at));
            release.tag = release.tag.clone().or_else(|| Some(tag.clone()));
            release.commit = release.commit.clone().or(commit);
            release.url = release.url.clone().or(url);
        };
    for release in published.iter().filter(|release| release.upcoming_release != Some(true)).take(MOST_TAGS) {
        let Some(at) = release.released_at.filter(|at| *at <= now) else { continue };
        let commit = release.commit.as_ref().and_then(|commit| commit.id.clone());
        let url = release.links.as_ref().and_then(|links| links.itself.clone());
        let mut of: Vec<(Text, Text)> = naming.release_of_tag(&release.tag_name).into_iter().collect();
        let is_told = |title: &Text| milestones.iter().any(|milestone| milestone.title == *title);
        for milestone in release.milestones.iter().filter(|milestone| is_told(&milestone.title)) {
            let named = (naming.project.clone(), naming.version(&milestone.title));
            if !of.contains(&named) {
                of.push(named);
            }
        }
        for (project, version) in of {
            go_out(&project, &version, at, &release.tag_name, commit.clone(), url.clone());
        }
    }
    for tag in tags.iter().take(MOST_TAGS) {
        let Some((project, version)) = naming.release_of_tag(&tag.name) else { continue };
        let Some((at, commit)) = dated(tag) else { continue };
        go_out(&project, &version, at, &tag.name, commit, None);
    }
    for milestone in milestones.iter().filter(|milestone| milestone.is_closed()) {
        if let Some(release) = releases.get_mut(&naming.release_of_milestone(&milestone.title)) {
            release.released_at = release.released_at.or(milestone.updated_at);
        }
    }
    releases.into_values().collect()
}

/// When a tag was made, else when its commit was, and which that is.
fn dated(tag: &Tag) -> Option<(Instant, Option<Text>)> {
    let commit = tag.commit.as_ref()?;
    let at = tag.created_at.or(commit.committed_date).or(commit.created_at)?;
    Some((at, commit.id.clone()))
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
        // The shapes of doc/api/milestones.md, releases/index.md and tags.md.
        let milestones: Vec<Milestone> = parse(json!([
            { "id": 12, "iid": 3, "project_id": 16, "title": "v4.2", "state": "closed", "due_date": "2026-11-25",
              "start_date": "2026-11-02", "updated_at": "2026-11-24T18:00:00Z", "expired": false,
              "web_url": "https://gitlab.example.com/acme/api/-/milestones/3" },
            { "id": 13, "iid": 4, "title": "4.3", "state": "active", "due_date": null },
            { "id": 14, "iid": 5, "title": "Sprint 12", "state": "closed", "updated_at": "2026-11-01T10:00:00Z" },
            { "id": 15, "iid": 6, "title": "4.4", "state": "mothballed", "updated_at": "2026-11-01T10:00:00Z" },
            { "id": 16, "iid": 7, "title": "Autumn", "state": "active" },
        ]));
        let published: Vec<Published> = parse(json!([
            { "tag_name": "v4.3", "released_at": "2026-12-24T12:00:00Z", "upcoming_release": true },
            { "tag_name": "v4.3-rc1", "released_at": "2026-11-20T12:00:00Z" },
            { "tag_name": "v4.2", "released_at": "2026-11-24T12:00:00Z", "commit": { "id": "abc" },
              "milestones": [{ "id": 16, "iid": 7, "title": "Autumn" }, { "id": 99, "title": "Gone" }],
              "_links": { "self": "https://gitlab.example.com/acme/api/-/releases/v4.2" } },
        ]));
        let tags: Vec<Tag> = parse(json!([
            { "name": "v4.2", "target": "t1", "created_at": "2026-11-24T13:00:00Z",
              "commit": { "id": "abc", "committed_date": "2026-11-24T09:00:00.000+01:00" } },
            { "name": "v4.1", "created_at": null, "commit": { "id": "old", "committed_date": "2026-10-01T09:00:00Z" } },
            { "name": "v4.0", "commit": null },
        ]));
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let berlin = Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() };
        let milestones: Vec<&Milestone> = milestones.iter().collect();
        let at = |month, day, hour| Some(Utc.with_ymd_and_hms(2026, month, day, hour, 0, 0).unwrap());
        let told = releases(&milestones, &published, &tags, &naming, &berlin, at(11, 26, 8).unwrap());
        let dates: Vec<_> = told.iter().map(|release| (release.id.as_str(), release.released_at)).collect();
        assert_eq!(
            dates,
            [
                ("api 4.1", at(10, 1, 9)),
                ("api 4.2", at(11, 24, 12)),
                ("api 4.3", None),
                ("api 4.4", None),
                ("api Autumn", at(11, 24, 12)),
                ("api Sprint 12", at(11, 1, 10)),
            ]
        );
        let of = &told[1];
        assert_eq!(of.target.unwrap().at.to_rfc3339(), "2026-11-25T22:59:59+00:00");
        assert_eq!(of.start.unwrap().to_rfc3339(), "2026-11-01T23:00:00+00:00");
        assert_eq!((of.tag.as_deref(), of.commit.as_deref()), (Some("v4.2"), Some("abc")));
        assert!(of.url.as_deref().unwrap().ends_with("/milestones/3"));
    }
}

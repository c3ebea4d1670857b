//! The tables of a plan as they are written, in a configuration file or a plan file. What
//! they mean is for the `plan` source.

use std::time::Duration;

use chrono_tz::Tz;
use toml::de::DeValue;

use super::{
    complaint::{Place, nearest},
    document::{Moment, TableReader, text_of},
    value::SEVERITIES,
};
use crate::domain::{Category, DeploymentState, Kind, MatchRule, Severity, StoryKind, Text, Tier};

/// Keys at the top of a file that hold tables of a plan.
pub(crate) const PLAN_TABLES: [&str; 6] =
    ["release", "story", "environment", "booking", "freeze", "deployment"];

/// The kinds of items that each of them carries.
const KINDS_OF_TABLES: [&[Kind]; 6] = [
    &[Kind::Releases],
    &[Kind::Stories, Kind::Defects],
    &[Kind::Environments],
    &[Kind::Bookings],
    &[Kind::Freezes],
    &[Kind::Deployments],
];
/// Those of all of them.
const ALL_KINDS: &[Kind] = &[
    Kind::Releases,
    Kind::Stories,
    Kind::Defects,
    Kind::Environments,
    Kind::Bookings,
    Kind::Freezes,
    Kind::Deployments,
];

/// Of which kinds a plan does not tell all because its top has a `key` that nobody knows: those of the
/// table that is meant most probably, any of them where it is a table of another name. None: it is no
/// table, and meant for something else.
pub(crate) fn carried_by(key: &str, value: &DeValue<'_>) -> Option<&'static [Kind]> {
    let near = nearest(key, PLAN_TABLES);
    let meant = near.and_then(|near| PLAN_TABLES.iter().position(|table| *table == near));
    match meant {
        Some(table) => KINDS_OF_TABLES.get(table).copied(),
        None => (value.is_table() || value.is_array()).then_some(ALL_KINDS),
    }
}

/// All tables of a plan in one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PlanTables {
    /// Names of the tables that are there, whether their items could be read or not.
    pub(crate) present: Vec<&'static str>,
    pub(crate) releases: Vec<WrittenRelease>,
    pub(crate) stories: Vec<WrittenStory>,
    pub(crate) environments: Vec<WrittenEnvironment>,
    pub(crate) bookings: Vec<WrittenBooking>,
    pub(crate) freezes: Vec<WrittenFreeze>,
    pub(crate) deployments: Vec<WrittenDeployment>,
}

/// A release named in another table: `"payments 4.2"`, or project and version.
pub(crate) type ReleaseName = Text;

/// `[[release]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenRelease {
    pub(crate) place: Place,
    /// None: the project of the configuration.
    pub(crate) project: Option<Text>,
    pub(crate) version: Text,
    pub(crate) start: Option<Moment>,
    pub(crate) target: Option<Moment>,
    pub(crate) released: Option<Moment>,
    pub(crate) owner: Option<Text>,
    pub(crate) depends_on: Vec<ReleaseName>,
    pub(crate) rules: Vec<MatchRule>,
    pub(crate) url: Option<Text>,
}

/// `[[story]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenStory {
    pub(crate) place: Place,
    pub(crate) key: Text,
    pub(crate) title: Option<Text>,
    pub(crate) kind: StoryKind,
    pub(crate) status: Option<Text>,
    pub(crate) category: Option<Category>,
    pub(crate) severity: Option<Severity>,
    pub(crate) owner: Option<Text>,
    pub(crate) points: Option<f64>,
    pub(crate) releases: Vec<ReleaseName>,
    pub(crate) created: Option<Moment>,
    pub(crate) started: Option<Moment>,
    pub(crate) done: Option<Moment>,
    pub(crate) blocked_by: Vec<Text>,
    pub(crate) parent: Option<Text>,
    pub(crate) component: Option<Text>,
    pub(crate) labels: Vec<Text>,
    pub(crate) due: Option<Moment>,
    pub(crate) url: Option<Text>,
}

/// `[[environment]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenEnvironment {
    pub(crate) place: Place,
    pub(crate) name: Text,
    pub(crate) tier: Tier,
    pub(crate) platform: Option<Text>,
    pub(crate) region: Option<Text>,
    pub(crate) group: Option<Text>,
    pub(crate) shareable: bool,
    pub(crate) cost_per_day: Option<f64>,
    pub(crate) time_zone: Option<Tz>,
}

/// `[[booking]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenBooking {
    pub(crate) place: Place,
    pub(crate) id: Option<Text>,
    pub(crate) environment: Text,
    pub(crate) release: Option<ReleaseName>,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
    pub(crate) approved: bool,
    pub(crate) shareable: bool,
}

/// `[[freeze]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenFreeze {
    pub(crate) place: Place,
    pub(crate) name: Text,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
    pub(crate) environments: Vec<Text>,
}

/// `[[deployment]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenDeployment {
    pub(crate) place: Place,
    pub(crate) id: Option<Text>,
    pub(crate) release: Option<ReleaseName>,
    pub(crate) environment: Text,
    pub(crate) from: Moment,
    pub(crate) until: WrittenEnd,
    pub(crate) state: Option<DeploymentState>,
    pub(crate) started: Option<Moment>,
    pub(crate) finished: Option<Moment>,
    pub(crate) url: Option<Text>,
    pub(crate) time_zone: Option<Tz>,
    /// People say when its activities begin and end.
    pub(crate) manual: bool,
    /// Keys and their values.
    pub(crate) configuration: Vec<(String, String)>,
    pub(crate) activities: Vec<WrittenActivity>,
}

/// How the end of a deployment's window is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WrittenEnd {
    Until(Moment),
    After(Duration),
}

/// `[[deployment.activity]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WrittenActivity {
    pub(crate) place: Place,
    pub(crate) name: Text,
    pub(crate) owner: Option<Text>,
    pub(crate) after: Vec<Text>,
    pub(crate) estimate: Duration,
    pub(crate) started: Option<Moment>,
    pub(crate) finished: Option<Moment>,
    /// None: as the deployment says.
    pub(crate) manual: Option<bool>,
    pub(crate) point_of_no_return: bool,
    pub(crate) rollback: Option<Duration>,
}

const CATEGORIES: [(&str, Category); 6] = [
    ("to do", Category::ToDo),
    ("in progress", Category::InProgress),
    ("in review", Category::InReview),
    ("in test", Category::InTest),
    ("done", Category::Done),
    ("dropped", Category::Dropped),
];

const KINDS: [(&str, StoryKind); 2] = [("story", StoryKind::Story), ("defect", StoryKind::Defect)];

const TIERS: [(&str, Tier); 4] = [
    ("development", Tier::Development),
    ("test", Tier::Test),
    ("staging", Tier::Staging),
    ("production", Tier::Production),
];

const STATES: [(&str, DeploymentState); 7] = [
    ("draft", DeploymentState::Draft),
    ("approved", DeploymentState::Approved),
    ("running", DeploymentState::Running),
    ("succeeded", DeploymentState::Succeeded),
    ("failed", DeploymentState::Failed),
    ("cancelled", DeploymentState::Cancelled),
    ("rolled back", DeploymentState::RolledBack),
];

/// Reads the tables of a plan that stand at the top of a file. An item that lacks what it is
/// nothing without is left out; a property that cannot be read counts as not written.
pub(crate) fn read(top: &mut TableReader<'_>) -> PlanTables {
    fn all<T>(
        top: &mut TableReader<'_>,
        name: &'static str,
        read: impl Fn(&mut TableReader<'_>) -> Option<T>,
    ) -> Vec<T> {
        let read_one = |mut table: TableReader<'_>| {
            let item = read(&mut table);
            table.finish();
            item
        };
        top.tables(name, name).into_iter().filter_map(read_one).collect()
    }
    PlanTables {
        present: PLAN_TABLES.into_iter().filter(|name| top.has(name)).collect(),
        releases: all(top, "release", release),
        stories: all(top, "story", story),
        environments: all(top, "environment", environment),
        bookings: all(top, "booking", booking),
        freezes: all(top, "freeze", freeze),
        deployments: all(top, "deployment", deployment),
    }
}

fn release(table: &mut TableReader<'_>) -> Option<WrittenRelease> {
    let place = table.place();
    let name = table.text("name");
    let (project, version) = (table.text("project"), table.text("version"));
    let named = match (name, version) {
        (None, Some(version)) => Some((project, version)),
        (Some(name), None) => match name.rsplit_once(' ') {
            Some((before, version)) if project.is_none() => {
                Some((Some(Text::new(before)), Text::new(version)))
            }
            None => Some((project, name)),
            Some(_) => {
                table.complain(
                    "[release] with both `name` and `project`",
                    "write project and version, or the name",
                );
                None
            }
        },
        (Some(_), Some(_)) => {
            table.complain(
                "[release] with both `name` and `version`",
                "write project and version, or the name",
            );
            None
        }
        (None, None) => {
            table.complain("[release] without `version`", "add project = \"…\" and version = \"…\"");
            None
        }
    };
    let start = table.moment("start");
    let target = table.moment("target");
    let released = table.moment("released");
    let owner = table.text("owner");
    let depends_on = release_names(table, "depends_on");
    let rules = table.table("match", "release.match").map(rules).unwrap_or_default();
    let url = table.text("url");
    let (project, version) = named?;
    Some(WrittenRelease { place, project, version, start, target, released, owner, depends_on, rules, url })
}

fn rules(mut table: TableReader<'_>) -> Vec<MatchRule> {
    type Rule = fn(Text) -> MatchRule;
    let kinds: [(&'static str, Rule); 6] = [
        ("milestone", MatchRule::Milestone),
        ("label", MatchRule::Label),
        ("base_branch", MatchRule::BaseBranch),
        ("branch", MatchRule::Branch),
        ("story", MatchRule::Story),
        ("tag", MatchRule::Tag),
    ];
    let rules = kinds.into_iter().flat_map(|(key, rule)| table.texts(key).into_iter().map(rule)).collect();
    table.finish();
    rules
}

/// Names of releases: texts, or tables with `project` and `version`; a list or a single one.
fn release_names(table: &mut TableReader<'_>, key: &'static str) -> Vec<ReleaseName> {
    use toml::de::DeValue;
    fn name(value: &DeValue<'_>) -> Option<Text> {
        let DeValue::Table(table) = value else { return text_of(value) };
        let part = |key| table.get(key).and_then(|value| text_of(value.get_ref()));
        let (project, version) = (part("project")?, part("version")?);
        (table.len() == 2).then(|| Text::new(format!("{project} {version}")))
    }
    table
        .read(key, "the name of a release such as \"payments 4.2\", or a list of such", |value| match value {
            DeValue::Array(items) => items.iter().map(|item| name(item.get_ref())).collect(),
            single => name(single).map(|name| vec![name]),
        })
        .unwrap_or_default()
}

/// The name of one release.
fn release_name(table: &mut TableReader<'_>) -> Option<ReleaseName> {
    let mut names = release_names(table, "release");
    if names.len() > 1 {
        table.complain("`release` names several releases where one can stand", "name one");
    }
    (names.len() == 1).then(|| names.remove(0))
}

fn story(table: &mut TableReader<'_>) -> Option<WrittenStory> {
    let place = table.place();
    let key = table.required_text("key");
    let mut releases = release_names(table, "release");
    releases.extend(release_names(table, "releases"));
    releases.sort();
    releases.dedup();
    let story = WrittenStory {
        place,
        key: Text::default(),
        title: table.text("title"),
        kind: table.word("kind", &KINDS).unwrap_or(StoryKind::Story),
        status: table.text("status"),
        category: table.word("category", &CATEGORIES),
        severity: table.word("severity", &SEVERITIES),
        owner: table.text("owner"),
        points: table.number("points"),
        releases,
        created: table.moment("created"),
        started: table.moment("started"),
        done: table.moment("done"),
        blocked_by: table.texts("blocked_by"),
        parent: table.text("parent"),
        component: table.text("component"),
        labels: table.texts("labels"),
        due: table.moment("due"),
        url: table.text("url"),
    };
    Some(WrittenStory { key: key?, ..story })
}

fn environment(table: &mut TableReader<'_>) -> Option<WrittenEnvironment> {
    let place = table.place();
    let name = table.required_text("name");
    let tier = required(table, "tier", "\"production\"", |table| table.word("tier", &TIERS));
    let platform = table.text("platform");
    let region = table.text("region");
    let group = table.text("group");
    let shareable = table.flag("shareable").unwrap_or(false);
    let cost_per_day = table.number("cost_per_day");
    let time_zone = zone(table);
    Some(WrittenEnvironment {
        place,
        name: name?,
        tier: tier?,
        platform,
        region,
        group,
        shareable,
        cost_per_day,
        time_zone,
    })
}

fn booking(table: &mut TableReader<'_>) -> Option<WrittenBooking> {
    let place = table.place();
    let id = table.text("id");
    let environment = table.required_text("environment");
    let release = release_name(table);
    let from = required_moment(table, "from");
    let until = required_moment(table, "until");
    let approved = table.flag("approved").unwrap_or(false);
    let shareable = table.flag("shareable").unwrap_or(false);
    let (environment, from, until) = (environment?, from?, until?);
    Some(WrittenBooking { place, id, environment, release, from, until, approved, shareable })
}

fn freeze(table: &mut TableReader<'_>) -> Option<WrittenFreeze> {
    let place = table.place();
    let name = table.required_text("name");
    let from = required_moment(table, "from");
    let until = required_moment(table, "until");
    let environments = table.texts("environments");
    Some(WrittenFreeze { place, name: name?, from: from?, until: until?, environments })
}

fn deployment(table: &mut TableReader<'_>) -> Option<WrittenDeployment> {
    let place = table.place();
    let id = table.text("id");
    let release = release_name(table);
    let environment = table.required_text("environment");
    let from = match (table.moment("from"), table.moment("start")) {
        (Some(_), Some(_)) => {
            table.complain("[deployment] with both `from` and `start`", "they mean the same: remove one");
            None
        }
        (None, None) => {
            if !table.has("from") && !table.has("start") {
                table.complain("[deployment] without `from`", "add from = 2026-12-01T18:00:00");
            }
            None
        }
        (from, start) => from.or(start),
    };
    let until = match (table.moment("until"), table.duration("duration")) {
        (Some(until), None) => Some(WrittenEnd::Until(until)),
        (None, Some(duration)) => Some(WrittenEnd::After(duration)),
        (Some(_), Some(_)) => {
            table.complain("[deployment] with both `until` and `duration`", "remove one of the two");
            None
        }
        (None, None) => {
            if !table.has("until") && !table.has("duration") {
                table.complain("[deployment] without an end", "add until = … or duration = \"2h\"");
            }
            None
        }
    };
    let state = table.word("state", &STATES);
    let started = table.moment("started");
    let finished = table.moment("finished");
    let url = table.text("url");
    let time_zone = zone(table);
    let manual = table.flag("manual").unwrap_or(false);
    let configuration = table.values("configuration");
    let read_activity = |mut table: TableReader<'_>| {
        let activity = activity(&mut table);
        table.finish();
        activity
    };
    let activities =
        table.tables("activity", "deployment.activity").into_iter().filter_map(read_activity).collect();
    let (environment, from, until) = (environment?, from?, until?);
    Some(WrittenDeployment {
        place,
        id,
        release,
        environment,
        from,
        until,
        state,
        started,
        finished,
        url,
        time_zone,
        manual,
        configuration,
        activities,
    })
}

fn activity(table: &mut TableReader<'_>) -> Option<WrittenActivity> {
    let place = table.place();
    let name = table.required_text("name");
    let owner = table.text("owner");
    let after = table.texts("after");
    let estimate = required(table, "estimate", "\"25m\"", |table| table.duration("estimate"));
    let started = table.moment("started");
    let finished = table.moment("finished");
    let manual = table.flag("manual");
    let point_of_no_return = table.flag("point_of_no_return").unwrap_or(false);
    let rollback = table.duration("rollback");
    if rollback.is_some() && !point_of_no_return {
        table.complain(
            "[deployment.activity] with `rollback` and without `point_of_no_return`",
            "add point_of_no_return = true, or remove `rollback`",
        );
    }
    Some(WrittenActivity {
        place,
        name: name?,
        owner,
        after,
        estimate: estimate?,
        started,
        finished,
        manual,
        point_of_no_return,
        rollback,
    })
}

/// A time zone by its name.
fn zone(table: &mut TableReader<'_>) -> Option<Tz> {
    table.read("time_zone", "the name of a time zone such as \"America/New_York\"", |value| {
        value.as_str()?.trim().parse().ok()
    })
}

/// Reads `key`; complains where it is not written at all.
fn required<'r, T>(
    table: &mut TableReader<'r>,
    key: &str,
    example: &str,
    read: impl FnOnce(&mut TableReader<'r>) -> Option<T>,
) -> Option<T> {
    let value = read(table);
    if !table.has(key) {
        table.complain(format!("[{}] without `{key}`", table.name()), format!("add {key} = {example}"));
    }
    value
}

fn required_moment(table: &mut TableReader<'_>, key: &'static str) -> Option<Moment> {
    required(table, key, "2026-12-01", |table| table.moment(key))
}

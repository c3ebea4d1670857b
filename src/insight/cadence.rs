//! How often something goes out, what waits for it, and what another pace would cost.
//!
//! What is finished at any time between two deployments waits half the time between them on
//! average. So with n stories finished a month and t days between deployments, stories wait
//! n · t / 2 days a month, and at half or double the pace twice or half as long; the hours spent
//! deploying go the other way.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::domain::{Category, DeploymentState, EnvironmentId, Instant, Story, StoryKey, StoryKind, Text};

use super::{ReleaseInsight, context::Context, percentile::nearest_rank};

/// Days back from which deployments tell of the pace.
const DAYS_BACK: i64 = 180;
/// Days back from which stories tell how many are finished a month.
const STORY_DAYS: i64 = 90;
/// Fewer deployments tell nothing of a pace.
const ENOUGH: usize = 4;
/// Items that are named as waiting.
const MOST_WAITING: usize = 5;
/// Days of a month, on average.
const MONTH: f64 = 365.25 / 12.0;
/// Another pace is suggested where an hour of deploying more spares at least so many days of a
/// story's waiting, or an hour less costs fewer.
const DAYS_FOR_AN_HOUR: f64 = 1.0;

/// How often a project goes to an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentCadence {
    /// The project.
    pub project: Text,
    /// Where it goes.
    pub environment: EnvironmentId,
    /// Releases that came there within half a year, by their first success.
    pub deployments: u32,
    /// Median of the days between them.
    pub days_between: f64,
    /// The same of the earlier half of them, to see the trend.
    pub days_between_before: f64,
    /// The same of the later half.
    pub days_between_lately: f64,
    /// When the last one ended.
    pub last_at: Instant,
    /// Median of what one takes, minutes; none where no source tells.
    pub minutes: Option<u32>,
    /// Stories that are finished a month; production only.
    pub finished_a_month: f64,
    /// What is finished and waits for production, the longest first.
    pub waiting: Vec<Waiting>,
    /// What half, today's and double the pace cost; production only, and where it is known how
    /// long a deployment takes.
    pub paces: Vec<Pace>,
    /// The pace that is suggested; none where nothing can be told.
    pub suggestion: Option<PaceName>,
    /// Why, in words.
    pub reasons: Vec<Text>,
}

/// Something finished that waits for a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its key.
    pub key: StoryKey,
    /// Its title, where a source knows it.
    pub title: Option<Text>,
    /// A feature, all of whose stories in the release are ready.
    pub is_feature: bool,
    /// Since when it is finished.
    pub since: Instant,
}

/// A pace, against today's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaceName {
    /// Half as often.
    Half,
    /// As often as now.
    Today,
    /// Twice as often.
    Double,
}

impl PaceName {
    /// In words: `twice as often`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Half => "half as often",
            Self::Today => "as often as now",
            Self::Double => "twice as often",
        }
    }
}

/// What a pace costs in a month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Which.
    pub pace: PaceName,
    /// Deployments.
    pub deployments_a_month: f64,
    /// Hours spent deploying.
    pub hours_deploying: f64,
    /// Days that finished stories wait, all together.
    pub story_days_waiting: f64,
}

/// The pace of every project in every environment that it went to often enough, by their names.
pub(crate) fn cadence(context: &Context<'_>, releases: &[Arc<ReleaseInsight>]) -> Vec<DeploymentCadence> {
    let since = context.now - Duration::days(DAYS_BACK);
    // A release that is deployed once more to where it runs is no other one.
    let mut first = BTreeMap::<(usize, &EnvironmentId), (Instant, Option<i64>)>::new();
    let mut in_production = HashSet::new();
    for deployment in &context.deployments {
        let release = deployment.release.as_ref().and_then(|id| context.release(id));
        let Some(release) = release.filter(|_| deployment.state == DeploymentState::Succeeded) else {
            continue;
        };
        let ended = deployment.finished_at.unwrap_or(deployment.window.until);
        if context.is_production(&deployment.environment) {
            in_production.insert(release);
        }
        let took = deployment.started_at.zip(deployment.finished_at);
        let minutes = took.map(|(from, until)| (until - from).num_minutes()).filter(|minutes| *minutes > 0);
        let known = first.entry((release, &deployment.environment)).or_insert((ended, minutes));
        *known = (*known).min((ended, minutes));
    }
    let mut runs = BTreeMap::<(&Text, &EnvironmentId), Vec<(Instant, Option<i64>)>>::new();
    for ((release, environment), run) in first {
        if (since..=context.now).contains(&run.0) {
            let place = (&context.releases[release].project, environment);
            runs.entry(place).or_default().push(run);
        }
    }
    runs.retain(|_, runs| runs.len() >= ENOUGH);
    // Only those are told of: looking through all stories of all releases is what costs.
    let told: HashSet<&Text> = runs.keys().map(|(project, _)| *project).collect();
    let mut stories = HashMap::<&Text, Finished>::new();
    for (index, insight) in releases.iter().enumerate() {
        if !told.contains(&context.releases[index].project) {
            continue;
        }
        let went_out = insight.release.released_at.is_some() || in_production.contains(&index);
        let of_project = stories.entry(&context.releases[index].project).or_default();
        of_project.add(context.now, insight, !went_out);
    }
    let nothing = Finished::default();
    runs.into_iter()
        .filter_map(|((project, environment), runs)| {
            let finished = stories.get(project).unwrap_or(&nothing);
            let finished = if context.is_production(environment) { finished } else { &nothing };
            one(project, environment, runs, finished)
        })
        .collect()
}

/// What a project finished.
#[derive(Default)]
struct Finished {
    /// Within the last [`STORY_DAYS`].
    lately: HashSet<StoryKey>,
    waiting: Vec<Waiting>,
}

impl Finished {
    fn add(&mut self, now: Instant, insight: &ReleaseInsight, waits: bool) {
        let mut feature_since = HashMap::<&StoryKey, Instant>::new();
        for row in insight.stories.iter().filter(|row| row.story.kind == StoryKind::Story) {
            let Some(since) = finished_at(&row.story) else { continue };
            if since > now - Duration::days(STORY_DAYS) {
                self.lately.insert(row.story.key.clone());
            }
            if let Some(parent) = &row.story.parent {
                let latest = feature_since.entry(parent).or_insert(since);
                *latest = (*latest).max(since);
            }
            if waits {
                self.waiting.push(Waiting {
                    key: row.story.key.clone(),
                    title: Some(row.story.title.clone()),
                    is_feature: false,
                    since,
                });
            }
        }
        for feature in insight.features.iter().filter(|feature| waits && feature.ready) {
            if let Some(since) = feature_since.get(&feature.key) {
                self.waiting.push(Waiting {
                    key: feature.key.clone(),
                    title: feature.title.clone(),
                    is_feature: true,
                    since: *since,
                });
            }
        }
    }
}

/// When a story was finished; none if it is not.
fn finished_at(story: &Story) -> Option<Instant> {
    let last = story.moves.last().filter(|_| story.category == Category::Done)?;
    (last.to == Category::Done).then_some(last.at)
}

fn one(
    project: &Text,
    environment: &EnvironmentId,
    mut runs: Vec<(Instant, Option<i64>)>,
    finished: &Finished,
) -> Option<DeploymentCadence> {
    runs.sort_unstable();
    let last_at = runs.last()?.0;
    let between: Vec<i64> = runs.windows(2).map(|pair| (pair[1].0 - pair[0].0).num_seconds()).collect();
    let median = |seconds: &[i64]| {
        let mut sorted = seconds.to_vec();
        sorted.sort_unstable();
        nearest_rank(&sorted, 0.5).map(|seconds| seconds as f64 / 86_400.0)
    };
    let (before, lately) = between.split_at(between.len() / 2);
    let days_between = median(&between)?;
    let mut lengths: Vec<i64> = runs.iter().filter_map(|(_, minutes)| *minutes).collect();
    lengths.sort_unstable();
    let minutes = nearest_rank(&lengths, 0.5).and_then(|minutes| u32::try_from(minutes).ok());
    let mut waiting = finished.waiting.clone();
    waiting.sort_by(|a, b| (a.since, !a.is_feature, &a.key).cmp(&(b.since, !b.is_feature, &b.key)));
    waiting.dedup_by(|a, b| a.key == b.key);
    waiting.truncate(MOST_WAITING);
    let mut cadence = DeploymentCadence {
        project: project.clone(),
        environment: environment.clone(),
        deployments: runs.len() as u32,
        days_between,
        days_between_before: median(before).unwrap_or(days_between),
        days_between_lately: median(lately).unwrap_or(days_between),
        last_at,
        minutes,
        finished_a_month: finished.lately.len() as f64 * MONTH / STORY_DAYS as f64,
        waiting,
        paces: Vec::new(),
        suggestion: None,
        reasons: Vec::new(),
    };
    if let Some(minutes) = minutes.filter(|_| cadence.finished_a_month > 0.0 && days_between > 0.0) {
        suggest(&mut cadence, minutes);
    }
    Some(cadence)
}

/// What other paces cost, and which one is worth it.
fn suggest(cadence: &mut DeploymentCadence, minutes: u32) {
    let finished = cadence.finished_a_month;
    let pace = |pace, days: f64| Pace {
        pace,
        deployments_a_month: MONTH / days,
        hours_deploying: MONTH / days * f64::from(minutes) / 60.0,
        story_days_waiting: finished * days / 2.0,
    };
    let days = cadence.days_between;
    let [half, today, double] =
        [pace(PaceName::Half, days * 2.0), pace(PaceName::Today, days), pace(PaceName::Double, days / 2.0)];
    let spared = today.story_days_waiting - double.story_days_waiting;
    let more = double.hours_deploying - today.hours_deploying;
    let added = half.story_days_waiting - today.story_days_waiting;
    let less = today.hours_deploying - half.hours_deploying;
    let suggestion = if spared >= more * DAYS_FOR_AN_HOUR {
        PaceName::Double
    } else if added < less * DAYS_FOR_AN_HOUR {
        PaceName::Half
    } else {
        PaceName::Today
    };
    let reasons = [
        format!("{finished:.1} stories are finished a month and wait {:.1} days on average", days / 2.0),
        format!("twice as often: {more:.1} h more of deploying spare {spared:.1} days of waiting a month"),
        format!("half as often: {less:.1} h less of deploying cost {added:.1} days of waiting a month"),
        format!("an hour of deploying is taken to be worth {DAYS_FOR_AN_HOUR:.0} day of a story's waiting"),
    ];
    cadence.paces = vec![half, today, double];
    cadence.suggestion = Some(suggestion);
    cadence.reasons = reasons.map(Text::new).to_vec();
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{ALL_KINDS, Setting, at, deployment, environment, now, story};
    use super::*;
    use crate::domain::{Release, Tier};

    /// Deployments every `days` days, each of so many minutes, and stories finished lately.
    fn found(days: i64, minutes: i64, stories: usize) -> DeploymentCadence {
        let mut setting =
            Setting::covering(&ALL_KINDS).environment(environment("production/eu", Tier::Production));
        for number in 0..6 {
            let version = format!("3.{number}");
            setting = setting.other(Release::named("payments", &version));
            let from = now() - Duration::days(days * (number + 1));
            let mut done = deployment(&version, &format!("payments {version}"), from, minutes);
            done.state = DeploymentState::Succeeded;
            (done.started_at, done.finished_at) = (Some(from), Some(done.window.until));
            setting = setting.deployment(done);
        }
        for number in 0..stories {
            setting = setting.story(story(&format!("PAY-{number}"), Category::Done));
        }
        let mut all = setting.insight().schedule.cadence;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[test]
    fn the_pace_that_is_worth_it_is_suggested() {
        for (days, minutes, stories, suggestion) in [
            (14, 60, 30, Some(PaceName::Double)),
            (1, 480, 3, Some(PaceName::Half)),
            (7, 60, 3, Some(PaceName::Today)),
            (7, 60, 0, None),
        ] {
            let found = found(days, minutes, stories);
            assert_eq!(found.suggestion, suggestion, "{days} {minutes} {stories}: {:?}", found.paces);
            assert_eq!((found.deployments, found.minutes), (6, u32::try_from(minutes).ok()));
            assert!((found.days_between - days as f64).abs() < 1e-9);
            assert_eq!(found.waiting.len(), stories.min(MOST_WAITING));
        }
    }

    #[test]
    fn what_is_deployed_once_more_is_no_other_release() {
        let mut setting =
            Setting::covering(&ALL_KINDS).environment(environment("production/eu", Tier::Production));
        // Every ten days a release, and each three times more within the hour.
        for number in 0..5 {
            let version = format!("3.{number}");
            setting = setting.other(Release::named("payments", &version));
            for again in 0..4 {
                let from = now() - Duration::days(10 * (number + 1)) + Duration::minutes(15 * again);
                let name = format!("{version} {again}");
                let mut done = deployment(&name, &format!("payments {version}"), from, 10);
                done.state = DeploymentState::Succeeded;
                (done.started_at, done.finished_at) = (Some(from), Some(done.window.until));
                setting = setting.deployment(done);
            }
        }
        // One of last year is deployed once more today.
        setting = setting.other(Release::named("payments", "2.0"));
        for from in [now() - Duration::days(300), now() - Duration::hours(2)] {
            let mut done = deployment(&from.to_string(), "payments 2.0", from, 10);
            (done.state, done.finished_at) = (DeploymentState::Succeeded, Some(done.window.until));
            setting = setting.deployment(done);
        }
        let all = setting.insight().schedule.cadence;
        let said = (all[0].deployments, all[0].days_between, all[0].days_between_lately);
        assert_eq!((all.len(), said), (1, (5, 10.0, 10.0)));
    }

    #[test]
    fn half_the_pace_halves_the_deploying_and_doubles_the_waiting() {
        let found = found(10, 90, 9);
        let [half, today, double] = [found.paces[0], found.paces[1], found.paces[2]];
        let is = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        is(today.hours_deploying, 2.0 * half.hours_deploying);
        is(double.hours_deploying, 2.0 * today.hours_deploying);
        is(half.story_days_waiting, 2.0 * today.story_days_waiting);
        is(today.story_days_waiting, found.finished_a_month * 5.0);
        assert!(found.waiting.iter().all(|waiting| waiting.since == at(20, 12)));
    }
}

//! The items of a document, each as the domain has it. What an item must have stands in
//! `docs/facts.schema.json`; the tests hold the two together.

use chrono_tz::Tz;

use super::value::{Object, Wrong};
use crate::source::configuration::digests;
use crate::{
    domain::{
        Activity, Booking, BookingId, Build, BuildId, Category, Check, CheckOutcome, Deployment,
        DeploymentId, DeploymentState, Environment, EnvironmentId, Finding, FindingId, FindingState, Freeze,
        Instant, MatchRule, Mergeability, OwnerMove, PullRequest, PullRequestState, Release, ReleaseId,
        Review, ReviewVerdict, ScopeChange, ScopeMove, Severity, StatusMove, Step, Story, StoryKey,
        StoryKind, Target, TestRun, Text, Tier, Window,
    },
    source::status,
};

/// Most names of failed tests of a run.
const MOST_FAILURES: usize = 100;

/// An object of a document, with what the configuration adds to it.
pub(super) struct Item<'o, 'v> {
    /// Its fields.
    pub(super) fields: &'o Object<'v>,
    /// The project of versions that stand alone.
    pub(super) project: Option<&'o str>,
}

const SEVERITIES: [(&str, Severity); 4] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
];

const CATEGORIES: [(&str, Category); 6] = [
    ("to_do", Category::ToDo),
    ("in_progress", Category::InProgress),
    ("in_review", Category::InReview),
    ("in_test", Category::InTest),
    ("done", Category::Done),
    ("dropped", Category::Dropped),
];

const OUTCOMES: [(&str, CheckOutcome); 4] = [
    ("passed", CheckOutcome::Passed),
    ("failed", CheckOutcome::Failed),
    ("running", CheckOutcome::Running),
    ("skipped", CheckOutcome::Skipped),
];

const STEPS: [(&str, Step); 2] = [("build", Step::Build), ("test", Step::Test)];

impl Item<'_, '_> {
    /// The release that a text names: `payments 4.2`, or a version of the configured project.
    fn release_named(&self, name: &Text) -> ReleaseId {
        match self.project {
            Some(project) if !name.contains(' ') => ReleaseId::of(project, name),
            _ => ReleaseId::new(name),
        }
    }

    fn release_in(&self, key: &'static str) -> Result<Option<ReleaseId>, Wrong> {
        Ok(self.fields.text(key)?.map(|name| self.release_named(&name)))
    }

    fn releases_in(&self, key: &'static str) -> Result<Vec<ReleaseId>, Wrong> {
        Ok(self.fields.texts(key)?.iter().map(|name| self.release_named(name)).collect())
    }

    /// `from` to `until`.
    fn window(&self) -> Result<Window, Wrong> {
        let window =
            Window { from: self.fields.required_time("from")?, until: self.fields.required_end("until")? };
        if window.until <= window.from {
            return Err(self.fields.error("`until` is not after `from`"));
        }
        Ok(window)
    }

    /// `time_zone`, by its name.
    fn zone(&self) -> Result<Option<Tz>, Wrong> {
        let wrong = |_| self.fields.error("time_zone: expected a name such as \"Europe/Berlin\"");
        self.fields.text("time_zone")?.map(|name| name.parse().map_err(wrong)).transpose()
    }

    /// A release.
    pub(super) fn release(&self) -> Result<Release, Wrong> {
        let fields = self.fields;
        let project = fields.text("project")?.or_else(|| self.project.map(Text::new));
        let Some(project) = project else {
            let next = "expected a text that is not empty, there is none, and no `project` is configured";
            return Err(fields.error(&format!("project: {next}")));
        };
        let version = fields.required_text("version")?;
        let rules = fields.objects("match", rules)?.into_iter().flatten().collect();
        let target = fields.deadline("target")?;
        Ok(Release {
            start: fields.time("start")?,
            target: target.map(|at| Target { at, estimated: false }),
            released_at: fields.time("released")?,
            owner: fields.text("owner")?,
            depends_on: self.releases_in("depends_on")?,
            rules,
            tag: fields.text("tag")?,
            commit: fields.text("commit")?,
            commits: fields.count("commits")?,
            url: fields.text("url")?,
            ..Release::named(&project, &version)
        })
    }

    /// A story or defect.
    pub(super) fn story(&self) -> Result<Story, Wrong> {
        let fields = self.fields;
        let key = fields.required_text("key")?;
        let title = fields.text("title")?.unwrap_or_else(|| key.clone());
        let status = fields.text("status")?;
        let category = fields.word_or("category", &CATEGORIES, Category::Unknown)?;
        let category = category.or_else(|| status::category(status.as_deref()?)).unwrap_or(Category::Unknown);
        let kinds = [("story", StoryKind::Story), ("defect", StoryKind::Defect), ("bug", StoryKind::Defect)];
        let moves = fields.objects("moves", |change| {
            let at = change.required_time("at")?;
            let to = change.word_or("to", &CATEGORIES, Category::Unknown)?;
            Ok(StatusMove { at, to: to.unwrap_or(Category::Unknown) })
        })?;
        let owners = fields.objects("owners", |change| {
            Ok(OwnerMove { at: change.required_time("at")?, to: change.text("to")? })
        })?;
        let changes = [("added", ScopeChange::Added), ("removed", ScopeChange::Removed)];
        let scope = fields.objects("scope", |change| {
            let at = change.required_time("at")?;
            let release = self.release_named(&change.required_text("release")?);
            Ok(ScopeMove { at, release, change: change.required_word("change", &changes)? })
        })?;
        let keys = |texts: Vec<Text>| texts.iter().map(StoryKey::new).collect();
        Ok(Story {
            kind: fields.word("kind", &kinds)?.unwrap_or(StoryKind::Story),
            status: status.unwrap_or_else(|| Text::new(status::name(category))),
            category,
            severity: severity(fields)?,
            priority: fields.text("priority")?,
            owner: fields.text("owner")?,
            owners: in_order(owners, |change| change.at),
            points: fields.number("points")?.map(|points| points as f32),
            moves: in_order(moves, |change| change.at),
            releases: self.releases_in("releases")?,
            scope: in_order(scope, |change| change.at),
            blocked_by: keys(fields.texts("blocked_by")?),
            parent: fields.text("parent")?.map(StoryKey::new),
            sprint: fields.text("sprint")?,
            component: fields.text("component")?,
            labels: fields.texts("labels")?,
            due: fields.deadline("due")?,
            url: fields.text("url")?,
            ..Story::new(key, title, fields.required_time("created")?)
        })
    }

    /// A pull request.
    pub(super) fn pull_request(&self) -> Result<PullRequest, Wrong> {
        let fields = self.fields;
        let repository = fields.required_text("repository")?;
        let number = fields.count("number")?;
        let branch = fields.text("branch")?;
        let id = match (number, &branch) {
            (Some(number), _) => format!("{repository}#{number}"),
            (None, Some(branch)) => format!("{repository}:{branch}"),
            (None, None) => return Err(fields.error("expected a `number` or a `branch`, there is neither")),
        };
        let states = [
            ("open", PullRequestState::Open),
            ("merged", PullRequestState::Merged),
            ("closed", PullRequestState::Closed),
        ];
        let mergeabilities = [
            ("clean", Mergeability::Clean),
            ("conflicts", Mergeability::Conflicts),
            ("behind", Mergeability::Behind),
        ];
        let title = fields.text("title")?.unwrap_or_default();
        let author = fields.text("author")?.unwrap_or_default();
        let base = fields.required_text("base")?;
        let state = fields.required_word("state", &states)?;
        let mergeability = fields.word_or("mergeability", &mergeabilities, Mergeability::Unknown)?;
        let opened_at = fields.time("opened")?;
        Ok(PullRequest {
            number: number.map(u64::from),
            branch,
            head: fields.text("head")?,
            draft: fields.flag("draft")?,
            started_at: fields.time("started")?,
            opened_at,
            ready_at: fields.time("ready")?.or(opened_at),
            merged_at: fields.time("merged")?,
            closed_at: fields.time("closed")?,
            updated_at: fields.time("updated")?,
            due: fields.deadline("due")?,
            merge_commit: fields.text("merge_commit")?,
            reviews: in_order(fields.objects("reviews", review)?, |review| review.at),
            requested_reviewers: fields.texts("requested_reviewers")?,
            required_approvals: fields.count("required_approvals")?,
            checks: fields.objects("checks", check)?,
            mergeability: mergeability.unwrap_or(Mergeability::Unknown),
            auto_merge: fields.flag("auto_merge")?,
            queue_position: fields.count("queue_position")?,
            milestone: fields.text("milestone")?,
            labels: fields.texts("labels")?,
            stories: fields.texts("stories")?.iter().map(StoryKey::new).collect(),
            release: self.release_in("release")?,
            deployed_at: fields.time("deployed")?,
            additions: fields.count("additions")?,
            deletions: fields.count("deletions")?,
            url: fields.text("url")?,
            ..PullRequest::new(id, repository, title, author, base, state)
        })
    }

    /// A deployment.
    pub(super) fn deployment(&self) -> Result<Deployment, Wrong> {
        let fields = self.fields;
        let states = [
            ("draft", DeploymentState::Draft),
            ("approved", DeploymentState::Approved),
            ("running", DeploymentState::Running),
            ("succeeded", DeploymentState::Succeeded),
            ("failed", DeploymentState::Failed),
            ("cancelled", DeploymentState::Cancelled),
            ("rolled_back", DeploymentState::RolledBack),
        ];
        let activities = fields.objects("activities", |activity| {
            Ok(Activity {
                name: activity.required_text("name")?,
                owner: activity.text("owner")?,
                after: activity.texts("after")?,
                estimate_minutes: activity.count("estimate_minutes")?.unwrap_or(0),
                started_at: activity.time("started")?,
                finished_at: activity.time("finished")?,
                manual: activity.flag("manual")?,
                point_of_no_return: activity.flag("point_of_no_return")?,
                rollback_minutes: activity.count("rollback_minutes")?,
                ..Activity::new("", 0)
            })
        })?;
        Ok(Deployment {
            id: DeploymentId::new(fields.required_text("id")?),
            release: self.release_in("release")?,
            environment: EnvironmentId::new(fields.required_text("environment")?),
            window: self.window()?,
            state: fields.required_word("state", &states)?,
            started_at: fields.time("started")?,
            finished_at: fields.time("finished")?,
            activities,
            url: fields.text("url")?,
            time_zone: self.zone()?,
            configuration: digests(
                fields.values("configuration")?.iter().map(|(key, value)| (*key, value.as_str())),
            ),
        })
    }

    /// An environment.
    pub(super) fn environment(&self) -> Result<Environment, Wrong> {
        let fields = self.fields;
        let tiers = [
            ("development", Tier::Development),
            ("test", Tier::Test),
            ("staging", Tier::Staging),
            ("production", Tier::Production),
        ];
        Ok(Environment {
            id: EnvironmentId::new(fields.required_text("name")?),
            tier: fields.required_word("tier", &tiers)?,
            platform: fields.text("platform")?,
            region: fields.text("region")?,
            group: fields.text("group")?.map(EnvironmentId::new),
            shareable: fields.flag("shareable")?,
            cost_per_day: fields.number("cost_per_day")?,
            time_zone: self.zone()?,
        })
    }

    /// A booking.
    pub(super) fn booking(&self) -> Result<Booking, Wrong> {
        let fields = self.fields;
        Ok(Booking {
            id: BookingId::new(fields.required_text("id")?),
            environment: EnvironmentId::new(fields.required_text("environment")?),
            release: self.release_in("release")?,
            window: self.window()?,
            approved: fields.flag("approved")?,
            shareable: fields.flag("shareable")?,
        })
    }

    /// A freeze.
    pub(super) fn freeze(&self) -> Result<Freeze, Wrong> {
        Ok(Freeze {
            name: self.fields.required_text("name")?,
            window: self.window()?,
            environments: self.fields.texts("environments")?,
        })
    }

    /// A run of tests.
    pub(super) fn test_run(&self) -> Result<TestRun, Wrong> {
        let fields = self.fields;
        let number = |key| fields.count(key).map(|count| count.unwrap_or(0));
        let mut failures = fields.texts("failures")?;
        failures.truncate(MOST_FAILURES);
        let failed = number("failed")?;
        Ok(TestRun {
            suite: fields.required_text("suite")?,
            at: fields.required_time("at")?,
            release: self.release_in("release")?,
            commit: fields.text("commit")?,
            passed: number("passed")?,
            // What is named as failed did fail, whatever the number says.
            failed: failed.max(failures.len() as u32),
            skipped: number("skipped")?,
            failures,
            // Nothing runs in no time: a zero is what those write who do not know.
            milliseconds: fields
                .number("duration_seconds")?
                .map(|seconds| (seconds * 1_000.0).round() as u64)
                .filter(|milliseconds| *milliseconds > 0),
        })
    }

    /// A finding of a code analyzer.
    pub(super) fn finding(&self) -> Result<Finding, Wrong> {
        let fields = self.fields;
        let states = [
            ("open", FindingState::Open),
            ("fixed", FindingState::Fixed),
            ("dismissed", FindingState::Dismissed),
        ];
        let rule = fields.required_text("rule")?;
        let state = fields.word_or("state", &states, FindingState::Unknown)?.unwrap_or(FindingState::Unknown);
        let is_closed = matches!(state, FindingState::Fixed | FindingState::Dismissed);
        Ok(Finding {
            id: FindingId::new(fields.required_text("id")?),
            repository: fields.required_text("repository")?,
            tool: fields.required_text("tool")?,
            title: fields.text("title")?.unwrap_or_else(|| rule.clone()),
            rule,
            severity: severity(fields)?,
            state,
            path: fields.text("path")?,
            line: fields.count("line")?.filter(|line| *line > 0),
            release: self.release_in("release")?,
            part: None,
            branch: None,
            commit: fields.text("commit")?,
            opened_at: fields.required_time("opened")?,
            closed_at: fields.time("closed")?.filter(|_| is_closed),
            url: fields.text("url")?,
        })
    }

    /// The build of a branch.
    pub(super) fn build(&self) -> Result<Build, Wrong> {
        let fields = self.fields;
        let (repository, branch) = (fields.required_text("repository")?, fields.required_text("branch")?);
        Ok(Build {
            id: BuildId::of(&repository, &branch),
            repository,
            branch,
            commit: fields.required_text("commit")?,
            checks: fields.objects("checks", check)?,
            at: fields.required_time("at")?,
            url: fields.text("url")?,
        })
    }
}

/// How bad it is; none where that is unheard of, which is never taken for harmless.
fn severity(fields: &Object<'_>) -> Result<Option<Severity>, Wrong> {
    let known = SEVERITIES.map(|(word, severity)| (word, Some(severity)));
    Ok(fields.word_or("severity", &known, None)?.flatten())
}

fn rules(rule: &Object<'_>) -> Result<Vec<MatchRule>, Wrong> {
    type Kind = fn(Text) -> MatchRule;
    let kinds: [(&'static str, Kind); 6] = [
        ("milestone", MatchRule::Milestone),
        ("label", MatchRule::Label),
        ("base_branch", MatchRule::BaseBranch),
        ("branch", MatchRule::Branch),
        ("story", MatchRule::Story),
        ("tag", MatchRule::Tag),
    ];
    let mut rules = Vec::new();
    for (key, kind) in kinds {
        rules.extend(rule.text(key)?.map(kind));
    }
    Ok(rules)
}

fn review(review: &Object<'_>) -> Result<Review, Wrong> {
    let verdicts = [
        ("approved", ReviewVerdict::Approved),
        ("changes_requested", ReviewVerdict::ChangesRequested),
        ("commented", ReviewVerdict::Commented),
        ("dismissed", ReviewVerdict::Dismissed),
    ];
    // What is unheard of decides nothing, as a comment does.
    let verdict = review.word_or("verdict", &verdicts, ReviewVerdict::Commented)?;
    Ok(Review {
        at: review.required_time("at")?,
        reviewer: review.required_text("reviewer")?,
        verdict: verdict.unwrap_or(ReviewVerdict::Commented),
        bot: review.flag("bot")?,
        of_head: review.maybe_flag("of_head")?,
    })
}

fn check(check: &Object<'_>) -> Result<Check, Wrong> {
    let outcome = check.word_or("outcome", &OUTCOMES, CheckOutcome::Unknown)?;
    Ok(Check {
        name: check.required_text("name")?,
        step: check.word("step", &STEPS)?.unwrap_or(Step::Build),
        required: check.flag("required")?,
        outcome: outcome.unwrap_or(CheckOutcome::Unknown),
        at: check.time("at")?,
    })
}

/// Oldest first, as the domain has it.
fn in_order<T>(mut items: Vec<T>, at: impl Fn(&T) -> Instant) -> Vec<T> {
    items.sort_by_key(at);
    items
}

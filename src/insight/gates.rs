//! The gates, and the verdict that they add up to.
//!
//! A gate never says go on data that is missing or too old: first it is asked whether any
//! source feeds it, then whether those sources answered lately, and only then what they say.

mod own;

pub(crate) use own::Rules;

use crate::domain::{
    Category, Deployment, Kind, Problem, PullRequestState, SourceId, StoryKey, StoryKind, Text,
};

use super::{
    DeploymentRow, Gate, GateAnswer, GateName, PullRequestRow, ScheduleProblemKind, Tally, Verdict,
    burn_down::WentOut,
    context::{Context, Freshness},
    dependencies::{Dependency, dependencies},
    findings::{self, Findings},
    membership::Membership,
    schedule::{self, Deployments},
    stories::{is_open, waits_for},
    test_results::TestResults,
    words,
};

/// What a gate says, and what it says it on.
struct Answer {
    says: GateAnswer,
    measured: String,
    needed: String,
}

impl Answer {
    fn of(is_met: bool, measured: impl Into<String>, needed: impl Into<String>) -> Self {
        let says = if is_met { GateAnswer::Go } else { GateAnswer::NoGo };
        Self { says, measured: measured.into(), needed: needed.into() }
    }

    fn unknown(measured: impl Into<String>, why: impl Into<String>) -> Self {
        Self { says: GateAnswer::Unknown, measured: measured.into(), needed: why.into() }
    }

    fn not_needed(why: impl Into<String>) -> Self {
        Self { says: GateAnswer::NotNeeded, measured: String::new(), needed: why.into() }
    }

    /// The same where not all that it is about is known: of a part of a list nobody can say that
    /// all of it is well. What stands in the way stands there whatever else there is, if it
    /// `is_certain`.
    fn of_a_part(self, why: &str, is_certain: bool) -> Self {
        match self.says {
            GateAnswer::Unknown => self,
            GateAnswer::NoGo if is_certain => self,
            GateAnswer::Go | GateAnswer::NoGo | GateAnswer::NotNeeded => Self::unknown(self.measured, why),
        }
    }

    /// The same where there must be an answer.
    fn required(self) -> Self {
        if self.says != GateAnswer::NotNeeded {
            return self;
        }
        Self::unknown(self.measured, format!("required, but {}", self.needed))
    }
}

/// What the gates of one release are asked about.
pub(crate) struct Question<'a, 'b> {
    pub(crate) context: &'b Context<'a>,
    pub(crate) membership: &'b Membership,
    pub(crate) deployments: &'b Deployments<'a>,
    pub(crate) tests: &'b TestResults<'a>,
    pub(crate) tally: &'b Tally,
    /// Pull requests of the release.
    pub(crate) pull_requests: &'b [PullRequestRow],
    /// What is configured besides.
    pub(crate) rules: &'b Rules,
    pub(crate) release: usize,
}

/// The kinds of items that a gate looks at. Of the first ones a source must cover at least
/// one; the others are looked at where they are covered.
fn kinds(name: &GateName, covers_deployments: bool) -> (&'static [Kind], &'static [Kind]) {
    match name {
        GateName::Stories | GateName::Blocked => (&[Kind::Stories], &[]),
        GateName::Defects => (&[Kind::Defects], &[]),
        GateName::Tests => (&[Kind::TestRuns], &[]),
        GateName::PullRequests => (&[Kind::PullRequests], &[]),
        GateName::Findings => (&[Kind::Findings], &[]),
        GateName::Dependencies if covers_deployments => (&[Kind::Deployments], &[Kind::Releases]),
        GateName::Dependencies => (&[Kind::Releases], &[]),
        GateName::Environment => (&[Kind::Deployments], &[Kind::Bookings, Kind::Environments]),
        GateName::Freeze => (&[Kind::Freezes], &[Kind::Deployments, Kind::Environments]),
        GateName::Runbook => (&[Kind::Deployments], &[]),
        // What it needs depends on its metric.
        GateName::Own(_) => (&[], &[]),
    }
}

/// The problems because of which the sources of the gate called `name` do not tell all.
pub(crate) fn missing<'a>(
    context: &Context<'a>,
    rules: &Rules,
    name: &GateName,
) -> Vec<(&'a SourceId, &'a Problem)> {
    let own = rules.kind(name);
    let (feeding, besides) = kinds(name, context.world.is_covered(Kind::Deployments));
    let kinds = feeding.iter().chain(besides).copied().chain(own);
    let mut missing: Vec<_> = context.missing(&kinds.collect::<Vec<_>>()).collect();
    missing.dedup();
    missing
}

impl Question<'_, '_> {
    /// All gates, in order: those that every board has, then those of one's own.
    pub(crate) fn gates(&self) -> Vec<Gate> {
        let built_in = GateName::BUILT_IN.into_iter().map(|name| {
            let (feeding, besides) = kinds(&name, self.context.world.is_covered(Kind::Deployments));
            let (answer, sources) = if Self::lists(&self.context.policy.disabled_gates, &name) {
                (Answer::not_needed("switched off"), Vec::new())
            } else {
                let is_required = Self::lists(&self.context.policy.required_gates, &name);
                // A deployment that is missing may be just the one that was not read.
                let is_certain = name != GateName::Dependencies;
                let (answer, sources) = self.on_fresh_data(feeding, besides, is_certain, || self.ask(&name));
                (if is_required { answer.required() } else { answer }, sources)
            };
            gate(name, answer, sources)
        });
        built_in.chain(self.own_gates()).collect()
    }

    fn lists(gates: &[Text], name: &GateName) -> bool {
        gates.iter().any(|gate| gate.as_str() == name.key())
    }

    /// What `ask` says, if some source covers one of the kinds `feeding` and all that cover
    /// those and `besides` answered lately. Where they do not tell all, never that all is well;
    /// a no-go stays if it `is_certain` then.
    fn on_fresh_data(
        &self,
        feeding: &[Kind],
        besides: &[Kind],
        is_certain: bool,
        ask: impl Fn() -> Answer,
    ) -> (Answer, Vec<SourceId>) {
        let (mut sources, missing) = match self.context.freshness(feeding) {
            Freshness::NotCovered => return (Answer::not_needed("no source"), Vec::new()),
            Freshness::Stale { sources, why, .. } => return (Answer::unknown("", why), sources),
            Freshness::Incomplete { sources, why } => (sources, Some(why)),
            Freshness::Fresh(sources) => (sources, None),
        };
        let missing = match self.context.freshness(besides) {
            Freshness::Stale { sources: more, why, .. } if self.covers_any(besides) => {
                sources.extend(more);
                return (Answer::unknown("", why), sources);
            }
            Freshness::Incomplete { sources: more, why } => {
                sources.extend(more);
                missing.or(Some(why))
            }
            Freshness::Fresh(more) => {
                sources.extend(more);
                missing
            }
            Freshness::NotCovered | Freshness::Stale { .. } => missing,
        };
        let answer = ask();
        let answer = match missing {
            Some(why) => answer.of_a_part(&why, is_certain),
            None => answer,
        };
        (answer, sources)
    }

    fn covers_any(&self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| self.context.world.is_covered(*kind))
    }

    fn ask(&self, name: &GateName) -> Answer {
        match name {
            GateName::Stories => self.stories(),
            GateName::Blocked => self.blocked(),
            GateName::Defects => self.defects(),
            GateName::Tests => self.tests(),
            GateName::PullRequests => self.pull_requests(),
            GateName::Findings => self.findings(),
            GateName::Dependencies => self.dependencies(),
            GateName::Environment => self.deployment(|row| self.environment(row)),
            GateName::Freeze => self.deployment(freeze),
            GateName::Runbook => self.deployment(runbook),
            GateName::Own(_) => Answer::unknown("", "not configured"),
        }
    }

    fn stories(&self) -> Answer {
        let Tally { stories, stories_ready, .. } = *self.tally;
        if stories == 0 {
            return Answer::not_needed("no story in it");
        }
        let measured = format!("{stories_ready}/{stories}");
        let not_understood = self.count_stories(|category| category == Category::Unknown);
        // All that is known to be open is done; of the rest nobody can tell.
        if stories_ready < stories && stories_ready + not_understood == stories {
            let what = words::count(not_understood as usize, "status", "statuses");
            return Answer::unknown(measured, format!("{what} not understood"));
        }
        Answer::of(stories_ready == stories, measured, "all")
    }

    fn count_stories(&self, counts: impl Fn(Category) -> bool) -> u32 {
        let members = self.membership.stories[self.release].iter();
        let stories = members.map(|member| self.context.stories[member.item]);
        stories.filter(|story| story.kind == StoryKind::Story && counts(story.category)).count() as u32
    }

    fn blocked(&self) -> Answer {
        if self.tally.stories == 0 {
            return Answer::not_needed("no story in it");
        }
        let blocked = blocked(self.context, self.membership, self.release);
        let is_unknown = |key: &StoryKey| self.context.story(key).is_none();
        let nobody_knows: Vec<&str> = blocked
            .iter()
            .flat_map(|(_, waits)| waits)
            .filter(|key| is_unknown(key))
            .map(StoryKey::as_str)
            .collect();
        if !blocked.is_empty() && blocked.iter().all(|(_, waits)| waits.iter().all(is_unknown)) {
            let keys = words::list(&nobody_knows, 2);
            return Answer::unknown(blocked.len().to_string(), format!("{keys} not known"));
        }
        Answer::of(blocked.is_empty(), blocked.len().to_string(), "max 0")
    }

    fn defects(&self) -> Answer {
        let blocking = self.tally.defects_blocking;
        Answer::of(blocking == 0, blocking.to_string(), "max 0")
    }

    fn tests(&self) -> Answer {
        let share = self.tests.share();
        let measured = share.map(words::percent).unwrap_or_default();
        if let Some(why) = self.tests.silence(self.context, self.membership, self.release) {
            return Answer::unknown(measured, why);
        }
        let Some(share) = share else { return Answer::unknown("", "no test ran") };
        let needed = self.context.policy.tests_passing;
        Answer::of(share >= needed, measured, format!("min {}", words::percent(needed)))
    }

    fn pull_requests(&self) -> Answer {
        let Tally { pull_requests, pull_requests_merged, .. } = *self.tally;
        if pull_requests == 0 {
            return Answer::not_needed("none in it");
        }
        let measured = format!("{pull_requests_merged}/{pull_requests}");
        if !self.membership.may_wait[self.release] {
            return Answer { measured, ..Answer::not_needed("only merged ones are known") };
        }
        Answer::of(pull_requests_merged == pull_requests, measured, "all merged")
    }

    fn findings(&self) -> Answer {
        let found = Findings::of(self.context, self.membership, self.release);
        let severe = found.severe.len();
        if let Some(why) = findings::silence(self.context, self.membership, self.release) {
            return Answer::unknown(severe.to_string(), why);
        }
        // One that nobody rated is not taken for harmless.
        if severe == 0 && !found.unrated.is_empty() {
            return Answer::unknown("0", format!("{} not rated", found.unrated.len()));
        }
        Answer::of(severe == 0, severe.to_string(), "max 0")
    }

    fn dependencies(&self) -> Answer {
        let environment = self.destination().map(|row| &row.deployment.environment);
        let all = dependencies(self.context, self.release, environment);
        if all.is_empty() {
            return Answer::not_needed("needs none");
        }
        let deployed = all.iter().filter(|(_, state)| state.is_deployed()).count();
        let measured = format!("{deployed}/{}", all.len());
        let missing = all.iter().find(|(_, state)| matches!(state, Dependency::Missing(_)));
        let unknown = all.iter().find(|(_, state)| *state == Dependency::Unknown);
        match (missing, unknown) {
            (Some((id, state)), _) => Answer::of(false, measured, state.said_of(id)),
            (None, Some((id, state))) => Answer::unknown(measured, state.said_of(id)),
            (None, None) => Answer::of(true, measured, "all deployed"),
        }
    }

    /// The deployment that the gates ask about, if one is planned.
    pub(crate) fn destination(&self) -> Option<&DeploymentRow> {
        self.deployments.destination_of(self.context, self.release)
    }

    fn deployment(&self, ask: impl Fn(&DeploymentRow) -> Answer) -> Answer {
        match self.destination() {
            Some(row) => ask(row),
            None => Answer::not_needed("no deployment planned"),
        }
    }

    fn environment(&self, row: &DeploymentRow) -> Answer {
        let place = row.deployment.environment.to_string();
        if let Some(unknown) = problem(row, ScheduleProblemKind::UnknownEnvironment) {
            return Answer::unknown(place, format!("{unknown} is not known"));
        }
        if schedule::is_booked(self.context, &row.deployment) {
            return Answer::of(true, place, "booked");
        }
        match problem(row, ScheduleProblemKind::Conflict) {
            Some(conflict) => Answer::of(false, place, conflict),
            None => Answer::of(true, place, "free"),
        }
    }
}

fn gate(name: GateName, answer: Answer, mut sources: Vec<SourceId>) -> Gate {
    sources.sort_unstable();
    sources.dedup();
    Gate {
        name,
        answer: answer.says,
        measured: Text::new(answer.measured),
        needed: Text::new(answer.needed),
        sources,
    }
}

fn problem(row: &DeploymentRow, kind: ScheduleProblemKind) -> Option<&str> {
    row.problems.iter().find(|problem| problem.kind == kind).map(|problem| problem.what.as_str())
}

fn freeze(row: &DeploymentRow) -> Answer {
    match problem(row, ScheduleProblemKind::Freeze) {
        Some(freeze) => Answer::of(false, "in a freeze", freeze),
        None => Answer::of(true, "none", "none"),
    }
}

fn runbook(row: &DeploymentRow) -> Answer {
    let Some(estimate) = row.estimate else { return Answer::unknown("", "no estimate") };
    let usual = schedule::minutes(estimate.p85_minutes);
    let window = row.deployment.window.duration();
    let is_met = usual <= window;
    Answer::of(is_met, format!("P85 {}", words::duration(usual)), format!("max {}", words::duration(window)))
}

/// Open stories of a release that wait for unfinished ones outside of it, each with those.
pub(crate) fn blocked(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
) -> Vec<(usize, Vec<StoryKey>)> {
    let members = &membership.stories[release];
    let is_inside = |key: &StoryKey| {
        context
            .story(key)
            .is_some_and(|index| members.binary_search_by_key(&index, |member| member.item).is_ok())
    };
    members
        .iter()
        .map(|member| member.item)
        .filter(|item| {
            let story = context.stories[*item];
            story.kind == StoryKind::Story && is_open(story) && !story.blocked_by.is_empty()
        })
        .filter_map(|item| {
            let mut waits = waits_for(context, context.stories[item]);
            waits.retain(|key| !is_inside(key));
            (!waits.is_empty()).then_some((item, waits))
        })
        .collect()
}

/// No-go if any gate is, else unknown if any is or if nothing says go, else go. A release of
/// which no story, pull request or deployment is known is unknown; and as long as a source
/// never answered, nobody knows what it would say.
pub(crate) fn verdict(context: &Context<'_>, gates: &[Gate], tally: &Tally, any_deployment: bool) -> Verdict {
    let any = |answer| gates.iter().any(|gate| gate.answer == answer);
    let is_nothing =
        tally.stories == 0 && tally.defects_open == 0 && tally.pull_requests == 0 && !any_deployment;
    if is_nothing {
        Verdict::Unknown
    } else if any(GateAnswer::NoGo) {
        Verdict::NoGo
    } else if any(GateAnswer::Unknown) || !any(GateAnswer::Go) || context.unheard().next().is_some() {
        Verdict::Unknown
    } else {
        Verdict::Go
    }
}

/// How the lists of a release add up, its gates apart: now, or when it `went_out`.
pub(crate) fn tally(
    context: &Context<'_>,
    membership: &Membership,
    tests: &TestResults<'_>,
    release: usize,
    went_out: Option<&WentOut>,
) -> Tally {
    let mut tally = Tally::default();
    let now = membership.stories[release]
        .iter()
        .map(|member| (member.item, super::scope::counts_now(context.stories[member.item], true)));
    let then = went_out.map(|went_out| went_out.stories.iter().copied());
    for (item, counts) in then.into_iter().flatten().chain(now.filter(|_| went_out.is_none())) {
        let story = context.stories[item];
        tally.stories += u32::from(counts.scope);
        tally.stories_ready += u32::from(counts.ready);
        tally.defects_open += u32::from(counts.defect);
        let is_blocking = story.severity.is_some_and(|severity| context.policy.blocking.contains(&severity));
        tally.defects_blocking += u32::from(counts.defect && is_blocking);
    }
    for counts in went_out.iter().flat_map(|went_out| &went_out.pull_requests) {
        tally.pull_requests += u32::from(counts.scope);
        tally.pull_requests_merged += u32::from(counts.ready);
    }
    for member in membership.pull_requests[release].iter().filter(|_| went_out.is_none()) {
        let state = context.pull_requests[member.item].state;
        tally.pull_requests += u32::from(state != PullRequestState::Closed);
        tally.pull_requests_merged += u32::from(state == PullRequestState::Merged);
    }
    (tally.tests_passed, tally.tests_failed, tally.tests_skipped) = tests.totals();
    tally
}

/// Adds up what the gates say.
pub(crate) fn count_gates(tally: &mut Tally, gates: &[Gate]) {
    for gate in gates {
        match gate.answer {
            GateAnswer::Go => tally.gates_go += 1,
            GateAnswer::NoGo => tally.gates_no_go += 1,
            GateAnswer::Unknown => tally.gates_unknown += 1,
            GateAnswer::NotNeeded => tally.gates_not_needed += 1,
        }
    }
}

/// A deployment in a few words: `production/eu, Wed 25 Nov 14:00`.
pub(crate) fn when_and_where(context: &Context<'_>, deployment: &Deployment) -> String {
    let when = words::day_and_time(deployment.window.from, &context.policy.calendar);
    format!("{}, {when}", deployment.environment)
}

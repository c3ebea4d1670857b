//! "Why?": the formula behind a number, the rows that count, those that do not, and how old
//! the data is.
//!
//! Works on the same context as [`derive`](super::derive()), so that an explanation cannot
//! say anything else than the number; made only when somebody asks, as its lists are long.

use chrono::Duration;

use crate::domain::{
    Category, Deployment, DeploymentId, Instant, Kind, PullRequestId, ReleaseId, SourceId, StoryKey,
    StoryKind, Text,
};

use super::{
    Board, DeploymentRow, EstimateBasis, ForecastView, Gate, GateAnswer, GateName, PullRequestRow,
    ReleaseInsight, Stage, Subject, Unit, Verdict,
    board::Completeness,
    context::Context,
    gates,
    membership::Membership,
    pull_requests::PullRequests,
    schedule,
    stages::Usual,
    stories::{UsualAges, is_open, severity_word},
    test_results::TestResults,
    words,
};

/// Rows that are listed of each kind; of more only the count is.
const MOST_ROWS: usize = 200;

/// The answer to "why?".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What is asked about: `Stories ready`.
    pub title: String,
    /// Its value: `no-go: 41/48, needs all`.
    pub value: String,
    /// How the value comes about, in words.
    pub formula: String,
    /// The rows that count, the first 200 of them.
    pub counted: Vec<String>,
    /// Rows that do not count, each with why.
    pub left_out: Vec<String>,
    /// The sources it rests on, each with the age of its answer.
    pub sources: Vec<String>,
}

/// Explains `subject` as it stands on `board` for `release`. What is not on the board is said
/// to be so; on a board from the cache the rows come when the store is open.
pub fn explain(board: &Board, release: &ReleaseId, subject: &Subject, now: Instant) -> Explanation {
    let context = Context::new(&board.world, &board.health, &board.policy, board.at);
    let mut explainer = Explainer {
        membership: Membership::of(&context),
        insight: board.release(release).map(|insight| &**insight),
        index: context.release(release),
        context: &context,
        board,
        now,
    };
    let explanation = match subject {
        Subject::Headline => explainer.headline(release),
        Subject::Release(id) => {
            // Another release than the one on the screen.
            explainer.insight = board.release(id).map(|insight| &**insight);
            explainer.index = context.release(id);
            explainer.headline(id)
        }
        Subject::BurnDown => explainer.burn_down(),
        Subject::Gate(name) => explainer.gate(*name),
        Subject::Story(key) => explainer.story(key),
        Subject::PullRequest(id) => explainer.pull_request(id),
        Subject::Deployment(id) => explainer.deployment(id),
        Subject::Source(id) => explainer.source(id),
    };
    explainer.finish(explanation)
}

struct Explainer<'a, 'b> {
    context: &'b Context<'a>,
    membership: Membership,
    insight: Option<&'a ReleaseInsight>,
    /// Position of the release; none on a board without rows.
    index: Option<usize>,
    board: &'a Board,
    now: Instant,
}

impl Explainer<'_, '_> {
    /// Bounds the lists, and says so where the rows are not there yet.
    fn finish(&self, mut explanation: Explanation) -> Explanation {
        for rows in [&mut explanation.counted, &mut explanation.left_out] {
            if let Some(more) = rows.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
                rows.truncate(MOST_ROWS);
                rows.push(format!("… and {more} more"));
            }
        }
        if self.board.completeness == Completeness::Preview {
            explanation.counted = vec!["the rows come when the store is open".to_owned()];
            explanation.left_out.clear();
        }
        explanation
    }

    fn sources(&self, kinds: &[Kind]) -> Vec<String> {
        let covering = kinds.iter().filter_map(|kind| self.context.world.covers.get(kind)).flatten();
        let mut sources: Vec<&SourceId> = covering.collect();
        sources.sort_unstable();
        sources.dedup();
        self.ages(sources)
    }

    fn ages<'s>(&self, sources: impl IntoIterator<Item = &'s SourceId>) -> Vec<String> {
        sources.into_iter().map(|source| self.age(source)).collect()
    }

    /// `git, 3m old` or `git 14m stale`.
    fn age(&self, source: &SourceId) -> String {
        match self.context.health(source) {
            Some(health) if !health.is_stale(self.now) => match health.answered_at {
                Some(at) => format!("{source}, answered {} ago", words::age(self.now - at)),
                None => format!("{source} has not answered"),
            },
            Some(_) => self.context.staleness(source),
            None => format!("{source} is not asked"),
        }
    }

    fn day(&self, instant: Instant) -> String {
        words::day_and_time(instant, &self.context.policy.calendar)
    }

    fn headline(&self, id: &ReleaseId) -> Explanation {
        let Some(insight) = self.insight else { return missing(id.as_str()) };
        let mut formula = vec![
            "Outlook: on track if the probability to be ready by the target is at least 85 %, at risk from \
             50 % on, late below or when the target has passed. A target that nobody promised makes nothing late."
                .to_owned(),
            "Verdict: no-go if any gate says no-go, else unknown if any has no answer, else go. Before the \
             last day the outlook leads, then the verdict."
                .to_owned(),
        ];
        let mut counted = Vec::new();
        match &insight.forecast {
            ForecastView::Dates { p50, p85, p95, by_target, scored } => {
                formula.push(
                    "Forecast: a regression on the remaining days, learnt from finished releases; P85 is the \
                     date that holds in 85 of 100 cases."
                        .to_owned(),
                );
                counted.push(format!("P50 {}", self.day(*p50)));
                counted.push(format!("P85 {}", self.day(*p85)));
                counted.push(format!("P95 {}", self.day(*p95)));
                counted
                    .extend(by_target.map(|share| format!("ready by the target: {}", words::percent(share))));
                if (*scored as usize) < super::forecast::CALIBRATED_FROM {
                    counted.push(format!("not yet calibrated: {scored} forecasts scored"));
                }
            }
            ForecastView::Withheld(why) => counted.push(format!("no forecast: {why}")),
            ForecastView::Ready => counted.push("nothing is left to forecast".to_owned()),
        }
        if let Some(target) = insight.release.target {
            let kind = if target.estimated { "estimated from the cadence" } else { "promised" };
            counted.push(format!("target {}, {kind}", self.day(target.at)));
        }
        let is_needed = |gate: &&Gate| gate.answer != GateAnswer::NotNeeded;
        counted.extend(insight.gates.iter().filter(is_needed).map(gate_line));
        let mut left_out: Vec<String> =
            insight.gates.iter().filter(|gate| !is_needed(gate)).map(gate_line).collect();
        if insight.verdict == Verdict::Unknown {
            let unheard = self.context.unheard();
            left_out.extend(
                unheard.map(|source| format!("{source} has not answered: nobody knows what it would say")),
            );
        }
        Explanation {
            title: insight.release.id.to_string(),
            value: format!("{} · now {}", insight.outlook.word(), insight.verdict.word()),
            formula: formula.join(" "),
            counted,
            left_out,
            sources: self.ages(self.context.all_health().iter().map(|health| &health.id)),
        }
    }

    fn burn_down(&self) -> Explanation {
        let Some(insight) = self.insight else { return missing("the burn-down") };
        let burn_down = &insight.burn_down;
        let last = burn_down.days.last();
        let what = match burn_down.unit {
            Unit::Stories => "stories",
            Unit::PullRequests => "pull requests",
        };
        let mut formula = format!(
            "Remaining {what} = in scope − ready, at the end of each day; today's is now's. What was removed \
             later stays in the scope of the days before; what was reopened is remaining from that day on."
        );
        if burn_down.unit == Unit::PullRequests {
            formula.push_str(" No source has stories for this release, so its pull requests are counted.");
        }
        if burn_down.scope_rebuilt {
            formula.push_str(
                " Scope rebuilt: the sources have no history of it, so items count from their creation.",
            );
        }
        formula.push_str(
            " The ideal line runs from the scope at the start to zero at the target, over working days.",
        );
        let (mut counted, mut left_out) = self.stories(|_| true, StoryKind::Story);
        if burn_down.unit == Unit::PullRequests {
            (counted, left_out) = self.pull_requests();
        }
        for step in burn_down.scope_steps.iter().rev() {
            counted.push(format!(
                "{}: scope +{} −{}",
                step.day.format("%a %-d %b"),
                step.added,
                step.removed
            ));
        }
        Explanation {
            title: "Burn-down".to_owned(),
            value: last.map_or_else(
                || "nothing in scope".to_owned(),
                |last| format!("{} of {} {what} remain", last.remaining(), last.scope),
            ),
            formula,
            counted,
            left_out,
            sources: self.sources(match burn_down.unit {
                Unit::Stories => &[Kind::Stories, Kind::Defects, Kind::TestRuns],
                Unit::PullRequests => &[Kind::PullRequests],
            }),
        }
    }

    /// Stories or defects of the release that count, and those that do not.
    fn stories(
        &self,
        counts: impl Fn(&crate::domain::Story) -> bool,
        kind: StoryKind,
    ) -> (Vec<String>, Vec<String>) {
        let Some(index) = self.index else { return (Vec::new(), Vec::new()) };
        let (mut counted, mut left_out) = (Vec::new(), Vec::new());
        let mut members: Vec<_> = self.membership.stories[index].iter().collect();
        members.sort_by_key(|member| !is_open(self.context.stories[member.item]));
        for member in members {
            let story = self.context.stories[member.item];
            let line = format!(
                "{} {} · {} · {}",
                story.key,
                story.title,
                category_word(story.category),
                member.belongs
            );
            if story.kind != kind {
                continue;
            }
            if story.category == Category::Dropped {
                left_out.push(format!("{line} · dropped {}", self.day(story.since())));
            } else if counts(story) {
                counted.push(line);
            } else {
                left_out.push(line);
            }
        }
        for item in &self.membership.left[index] {
            let story = self.context.stories[*item];
            if story.kind == kind {
                left_out.push(format!("{} {} · no longer in the release", story.key, story.title));
            }
        }
        (counted, left_out)
    }

    fn pull_requests(&self) -> (Vec<String>, Vec<String>) {
        let Some(insight) = self.insight else { return (Vec::new(), Vec::new()) };
        let line = |row: &PullRequestRow| {
            let pull_request = &row.pull_request;
            format!("{} {} · {} · {}", pull_request.id, pull_request.title, row.stage.word(), row.belongs)
        };
        let is_closed = |row: &&PullRequestRow| row.stage == Stage::Closed;
        let rows = insight.pull_requests.iter();
        let counted = rows.clone().filter(|row| !is_closed(row)).map(line).collect();
        let left_out = rows.filter(is_closed).map(|row| format!("{}: closed unmerged", line(row)));
        (counted, left_out.collect())
    }

    fn gate(&self, name: GateName) -> Explanation {
        let found = self.insight.and_then(|insight| insight.gates.iter().find(|gate| gate.name == name));
        let Some(gate) = found else { return missing(name.title()) };
        let (counted, left_out) = self.gate_rows(name);
        Explanation {
            title: name.title().to_owned(),
            value: gate_line(gate),
            formula: format!(
                "{} No answer while a source it rests on is stale; not needed where no source feeds it.",
                self.gate_formula(name)
            ),
            counted,
            left_out,
            sources: self.ages(&gate.sources),
        }
    }

    fn gate_formula(&self, name: GateName) -> String {
        let policy = self.context.policy;
        match name {
            GateName::Stories => "Go if every story in scope is done. What was dropped is not in scope.".to_owned(),
            GateName::Blocked => {
                "Go if no open story waits for an unfinished one outside of the release.".to_owned()
            }
            GateName::Defects => {
                let severities: Vec<&str> = policy.blocking.iter().map(|it| severity_word(*it)).collect();
                format!("Go if no open defect has a blocking severity ({}).", severities.join(", "))
            }
            GateName::Tests => {
                let suites = if policy.required_suites.is_empty() {
                    "every suite that ran for the release".to_owned()
                } else {
                    words::list(&policy.required_suites, 10)
                };
                let least = words::percent(policy.tests_passing);
                format!(
                    "Passed / (passed + failed) in the newest run of {suites}; go from {least} on. Skipped tests \
                     do not count, and a run on another commit than the head of the release answers nothing."
                )
            }
            GateName::PullRequests => {
                "Go if every pull request of the release is merged. Closed ones do not count.".to_owned()
            }
            GateName::Dependencies => {
                "Go if every release it depends on is deployed, and not taken back, in the tier that this one goes \
                 to: that of its next deployment to production, else to staging, else to test. Without a planned \
                 deployment, in production; where no source knows of deployments, if it went out."
                    .to_owned()
            }
            GateName::Environment => {
                "Go if the environment of its next deployment to production, else to staging, else to test, is booked \
                 for the release for the whole window, or nothing else has it then. Who books a group books what \
                 is in it."
                    .to_owned()
            }
            GateName::Freeze => {
                "Go if the window of its next deployment to production, else to staging, else to test, touches no \
                 freeze."
                    .to_owned()
            }
            GateName::Runbook => {
                "Go if 85 % of such deployments fit the window of the next one to production, else to staging, else \
                 to test."
                    .to_owned()
            }
        }
    }

    fn gate_rows(&self, name: GateName) -> (Vec<String>, Vec<String>) {
        let none = (Vec::new(), Vec::new());
        let Some(index) = self.index else { return none };
        let policy = self.context.policy;
        match name {
            GateName::Stories => self.stories(|_| true, StoryKind::Story),
            GateName::Blocked => {
                let blocked = gates::blocked(self.context, &self.membership, index);
                let line = |(item, waits): (usize, Vec<StoryKey>)| {
                    let keys: Vec<&str> = waits.iter().map(StoryKey::as_str).collect();
                    format!("{} waits for {}", self.context.stories[item].key, words::list(&keys, 5))
                };
                (blocked.into_iter().map(line).collect(), Vec::new())
            }
            GateName::Defects => self.stories(
                |story| {
                    is_open(story)
                        && story.severity.is_some_and(|severity| policy.blocking.contains(&severity))
                },
                StoryKind::Defect,
            ),
            GateName::Tests => self.test_runs(index),
            GateName::PullRequests => self.pull_requests(),
            GateName::Dependencies => {
                let goes_to = self.destination(index);
                let all =
                    schedule::dependencies(self.context, index, goes_to.map(|goes_to| &goes_to.environment));
                let mut lines: Vec<String> = all.iter().map(|(id, state)| state.said_of(id)).collect();
                lines.extend(
                    goes_to.map(|goes_to| format!("asked about: {}", gates::when_and_where(self.context, goes_to))),
                );
                (lines, Vec::new())
            }
            GateName::Environment | GateName::Freeze | GateName::Runbook => {
                match self.destination(index).and_then(|deployment| self.row(&deployment.id)) {
                    Some(row) => (self.deployment_lines(row), Vec::new()),
                    None => none,
                }
            }
        }
    }

    /// The deployment that the gates of the release ask about.
    fn destination(&self, index: usize) -> Option<&Deployment> {
        let names: Vec<&ReleaseId> =
            self.membership.names(index).map(|index| &self.context.releases[index].id).collect();
        let planned = self.context.deployments.iter().map(|deployment| &***deployment).filter(|deployment| {
            schedule::is_ahead(deployment, self.context.now)
                && deployment.release.as_ref().is_some_and(|id| names.contains(&id))
        });
        schedule::destination(self.context, planned, |deployment| deployment)
    }

    fn test_runs(&self, index: usize) -> (Vec<String>, Vec<String>) {
        let results = TestResults::of(self.context, &self.membership, index);
        let line = |run: &crate::domain::TestRun| {
            let commit =
                run.commit.as_ref().map_or_else(String::new, |it| format!(" on {}", words::commit(it)));
            let (passed, failed, skipped) = (run.passed, run.failed, run.skipped);
            let at = self.day(run.at);
            format!("{}: {passed} passed, {failed} failed, {skipped} skipped{commit}, {at}", run.suite)
        };
        let mut counted: Vec<String> = results.newest.values().map(|run| line(run)).collect();
        for run in results.newest.values() {
            counted.extend(run.failures.iter().map(|test| format!("{} failed: {test}", run.suite)));
        }
        let mut left_out: Vec<String> =
            results.missing.iter().map(|suite| format!("{suite} never ran")).collect();
        let required = &self.context.policy.required_suites;
        let runs = self.membership.test_runs[index].iter().rev().map(|run| self.context.test_runs[*run]);
        for run in runs {
            if !required.is_empty() && !required.contains(&run.suite) {
                left_out.push(format!("{} · not required", line(run)));
            } else if results.newest.get(run.suite.as_str()).is_some_and(|newest| newest.at > run.at) {
                left_out.push(format!("{} · ran again since", line(run)));
            }
        }
        (counted, left_out)
    }

    fn story(&self, key: &StoryKey) -> Explanation {
        let row = self.insight.and_then(|insight| insight.stories.iter().find(|row| row.story.key == *key));
        let Some(row) = row else { return missing(key.as_str()) };
        let story = &row.story;
        let mut counted = vec![
            format!("belongs: {}", row.belongs),
            format!("{} ({}) since {}", story.status, category_word(story.category), self.day(row.since)),
        ];
        let usual = UsualAges::learn(self.context);
        counted.extend(
            usual
                .p85(story.category)
                .map(|p85| format!("85 % stay in this status for at most {}", words::duration(p85))),
        );
        if row.returns > 0 {
            counted.push(format!(
                "went back {} from review, test or done",
                words::count(row.returns as usize, "time", "times")
            ));
        }
        counted.extend(row.waits_for.iter().map(|key| format!("waits for {key}")));
        counted.extend(row.pull_requests.iter().map(|id| format!("pull request {id}")));
        if row.pull_requests.is_empty() {
            counted.push("no pull request names it".to_owned());
        }
        counted.extend(story.owner.as_ref().map(|owner| format!("owner {owner}")));
        counted.extend(story.due.map(|due| format!("due {}", self.day(due))));
        Explanation {
            title: format!("{} {}", story.key, story.title),
            value: if row.reason.is_empty() { category_word(story.category).to_owned() } else { row.reason.to_string() },
            formula: "Ready when its status means done. Worst first: blocking defects, what is blocked, what was \
                      returned, what is longer in its status than 85 % usually are, what is overdue or has no owner \
                      or pull request when it should; then what is furthest from done, then the oldest."
                .to_owned(),
            counted,
            left_out: Vec::new(),
            sources: self.sources(&[Kind::Stories, Kind::Defects]),
        }
    }

    fn pull_request(&self, id: &PullRequestId) -> Explanation {
        let in_release = self.insight.map(|insight| insight.pull_requests.iter());
        let mut rows = in_release.into_iter().flatten().chain(&self.board.insight.unassigned);
        let Some(row) = rows.find(|row| row.pull_request.id == *id) else { return missing(id.as_str()) };
        let pull_request = &row.pull_request;
        let mut counted = Vec::new();
        if row.belongs.is_empty() {
            counted.push("belongs to no release: listed, never gated".to_owned());
        } else {
            counted.push(format!("belongs: {}", row.belongs));
        }
        if self.board.completeness != Completeness::Preview {
            let all = PullRequests::of(self.context);
            let usual = all.usual(self.context);
            let position = self.context.pull_requests.iter().position(|other| other.id == *id);
            for (stage, length) in position.map(|position| all.lengths(position)).into_iter().flatten() {
                let line = match usual.of(&pull_request.repository, *stage) {
                    Usual::Learnt(_) => "",
                    Usual::Default(..) => ", defaults: too few finished",
                };
                let usual = usual.of(&pull_request.repository, *stage);
                counted.push(format!(
                    "{}: {} (P50 {}, P85 {}{line})",
                    stage.word(),
                    words::duration(Duration::seconds(*length)),
                    words::duration(Duration::seconds(usual.p50())),
                    words::duration(Duration::seconds(usual.p85())),
                ));
            }
        }
        counted.extend(
            row.slack_seconds.map(|slack| format!("slack {}", words::duration(Duration::seconds(slack)))),
        );
        if !row.next.action.is_empty() {
            let who = if row.next.who.is_empty() {
                String::new()
            } else {
                format!("{}: ", words::list(&row.next.who, 5))
            };
            counted.push(format!("next: {who}{}", row.next.action));
        }
        let bots =
            pull_request.reviews.iter().filter(|review| review.bot || review.reviewer == pull_request.author);
        Explanation {
            title: format!("{} {}", pull_request.id, pull_request.title),
            value: format!("{}, {}", row.stage.word(), row.standing.word()),
            formula: "Slack = due − (now + what usually remains of its stage + the usual length of the stages until \
                      the merge). Due is the earliest of its own date, its stories' and its release's promised target. \
                      Lengths are working days, a working day counting whole, and are compared with this \
                      repository's own once twenty have finished."
                .to_owned(),
            counted,
            left_out: bots.map(|review| format!("review by {}: by a program or the author", review.reviewer)).collect(),
            sources: self.sources(&[Kind::PullRequests]),
        }
    }

    fn row(&self, id: &DeploymentId) -> Option<&DeploymentRow> {
        self.board.insight.schedule.deployments.iter().find(|row| row.deployment.id == *id)
    }

    fn deployment(&self, id: &DeploymentId) -> Explanation {
        let Some(row) = self.row(id) else { return missing(id.as_str()) };
        let deployment = &row.deployment;
        let name = deployment.release.as_ref().map_or_else(|| deployment.id.to_string(), ToString::to_string);
        Explanation {
            title: format!("{name} → {}", deployment.environment),
            value: match row.problems.as_slice() {
                [] => "nothing in the way".to_owned(),
                problems => {
                    let kinds: Vec<&str> = problems.iter().map(|problem| problem.kind.word()).collect();
                    words::list(&kinds, 5)
                }
            },
            formula: "How long it usually takes is learnt from past successful deployments to the same environment, \
                      else the same platform, else anywhere (at least three), else the plan's critical path. While \
                      it runs, its end follows the critical path of what is not finished."
                .to_owned(),
            counted: self.deployment_lines(row),
            left_out: Vec::new(),
            sources: self.sources(&[Kind::Deployments, Kind::Environments, Kind::Bookings, Kind::Freezes]),
        }
    }

    fn deployment_lines(&self, row: &DeploymentRow) -> Vec<String> {
        let window = &row.deployment.window;
        let mut lines = vec![format!(
            "{}, window {} to {} ({})",
            row.deployment.environment,
            self.day(window.from),
            self.day(window.until),
            words::duration(window.duration())
        )];
        lines.extend(row.estimate.map(|estimate| {
            let basis = match estimate.basis {
                EstimateBasis::Environment => format!("{} runs on this environment", estimate.runs),
                EstimateBasis::Platform => format!("{} runs on this platform", estimate.runs),
                EstimateBasis::Anywhere => format!("{} runs anywhere", estimate.runs),
                EstimateBasis::Plan => "the plan: too few runs".to_owned(),
            };
            let usual = |minutes| words::duration(schedule::minutes(minutes));
            format!(
                "usually {}, P85 {}, by {basis}",
                usual(estimate.p50_minutes),
                usual(estimate.p85_minutes)
            )
        }));
        lines.extend(row.projected_end.map(|end| format!("will end {}", self.day(end))));
        lines.extend(row.verdict.map(|verdict| format!("its release is {} now", verdict.word())));
        lines
            .extend(row.ready_by_start.map(|share| format!("ready by the start: {}", words::percent(share))));
        lines.extend(row.problems.iter().map(|problem| format!("{}: {}", problem.kind.word(), problem.what)));
        lines
    }

    fn source(&self, id: &SourceId) -> Explanation {
        let Some(health) = self.context.health(id) else { return missing(id.as_str()) };
        let mut counted = vec![self.age(id)];
        let covers = self.context.world.covers.iter().filter(|(_, sources)| sources.contains(id));
        counted.extend(covers.map(|(kind, _)| format!("covers {}", kind_word(*kind))));
        counted.extend(health.changed_at.map(|at| format!("last news {}", self.day(at))));
        counted.extend(health.stale_from.map(|at| format!("stale from {}", self.day(at))));
        counted.extend(health.next_at.map(|at| format!("asked again {}", self.day(at))));
        let problem = |problem: &crate::domain::Problem| format!("{}: {}", problem.what, problem.next_step);
        counted.extend(health.failure.as_ref().map(problem));
        let unread = self.context.world.problems.iter().filter(|(source, _)| source == id);
        Explanation {
            title: id.to_string(),
            value: if health.is_stale(self.now) { "stale".to_owned() } else { "fresh".to_owned() },
            formula:
                "A source's facts count until they are stale: three intervals after its last answer unless \
                      configured. Then every gate that rests on them is unknown."
                    .to_owned(),
            counted,
            left_out: unread.map(|(_, unread)| problem(unread)).collect(),
            sources: vec![self.age(id)],
        }
    }
}

fn missing(what: &str) -> Explanation {
    Explanation { title: what.to_owned(), value: "not on this board".to_owned(), ..Explanation::default() }
}

fn gate_line(gate: &Gate) -> String {
    let said: Vec<&Text> =
        [&gate.measured, &gate.needed].into_iter().filter(|text| !text.is_empty()).collect();
    format!("{}: {} ({})", gate.name.title(), gate.answer.word(), words::list(&said, 2))
}

fn category_word(category: Category) -> &'static str {
    match category {
        Category::ToDo => "to do",
        Category::InProgress => "in progress",
        Category::InReview => "in review",
        Category::InTest => "in test",
        Category::Done => "done",
        Category::Dropped => "dropped",
        Category::Unknown => "unknown",
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Releases => "releases",
        Kind::Stories => "stories",
        Kind::Defects => "defects",
        Kind::PullRequests => "pull requests",
        Kind::Deployments => "deployments",
        Kind::Environments => "environments",
        Kind::Bookings => "bookings",
        Kind::Freezes => "freezes",
        Kind::TestRuns => "test runs",
    }
}

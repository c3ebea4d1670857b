//! "Why?" of a gate.

use crate::domain::{Deployment, Finding, Problem, ReleaseId, SourceId, StoryKey, StoryKind, Text};
use crate::insight::{
    Gate, GateName, dependencies,
    findings::Findings,
    gates::{self, Rules},
    metrics::Inputs,
    query::Item,
    schedule,
    stories::severity_word,
    test_results::TestResults,
    words,
};

use super::{Explainer, Explanation, Row, lines, missing};

impl Explainer<'_, '_> {
    pub(super) fn gate(&self, name: &GateName) -> Explanation {
        let found = self.insight.and_then(|insight| insight.gates.iter().find(|gate| gate.name == *name));
        let Some(gate) = found else { return missing(name.title()) };
        let (counted, left_out) = self.gate_rows(name);
        Explanation {
            notes: Vec::new(),
            title: name.title().to_owned(),
            value: gate_line(gate),
            formula: format!(
                "{} No answer while a source it rests on is stale; not needed where no source feeds it.",
                self.gate_formula(name)
            ),
            counted: lines(counted),
            left_out: lines(left_out),
            sources: self.ages(&gate.sources),
        }
    }

    pub(super) fn gate_formula(&self, name: &GateName) -> String {
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
                "Go if every pull request of the release is merged. Closed ones do not count. Not needed where only \
                 its commits say which are in it: then all are merged by nature."
                    .to_owned()
            }
            GateName::Findings => {
                let since = self.index.and_then(|index| {
                    Findings::of(self.context, &self.membership, index).since
                });
                let new = match since {
                    Some(since) => format!("opened since {}", self.day(since)),
                    None => "open".to_owned(),
                };
                format!(
                    "Go if no critical or high finding of a code analyzer is new: {new}, and neither fixed nor \
                     dismissed. New is what was opened since the release of the project before this one went out, \
                     else since the start of this one. Unknown while one is not rated."
                )
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
            GateName::Own(name) => Rules::of(policy).formula(name).unwrap_or_else(|| {
                "Go if its metric is what the configuration asks for; its metric is not there.".to_owned()
            }),
        }
    }

    /// The items that count, and those that do not.
    /// What counts, and what does not; among it what the sources do not tell.
    pub(super) fn gate_rows(&self, name: &GateName) -> (Vec<Row>, Vec<Row>) {
        let (counted, mut left_out) = self.known_rows(name);
        let rules = Rules::of(self.context.policy);
        let missing = gates::missing(self.context, &rules, name);
        let said = |(source, problem): &(&SourceId, &Problem)| {
            Row::remark(format!("not all is known: {source}: {}", problem.what))
        };
        // First: of many rows only the first are told.
        left_out.splice(0..0, missing.iter().map(said));
        (counted, left_out)
    }

    fn known_rows(&self, name: &GateName) -> (Vec<Row>, Vec<Row>) {
        let none = (Vec::new(), Vec::new());
        let Some(index) = self.index else { return none };
        let policy = self.context.policy;
        match name {
            GateName::Stories => self.stories(|_| true, StoryKind::Story),
            GateName::Blocked => {
                let blocked = gates::blocked(self.context, &self.membership, index);
                let line = |(item, waits): (usize, Vec<StoryKey>)| {
                    let keys: Vec<&str> = waits.iter().map(StoryKey::as_str).collect();
                    let key = &self.context.stories[item].key;
                    Row::of(key, format!("{key} waits for {}", words::list(&keys, 5)))
                };
                (blocked.into_iter().map(line).collect(), Vec::new())
            }
            GateName::Defects => self.stories(
                |row| {
                    row.open && row.story.severity.is_some_and(|severity| policy.blocking.contains(&severity))
                },
                StoryKind::Defect,
            ),
            GateName::Tests => self.test_runs(index),
            GateName::PullRequests => self.pull_requests(),
            GateName::Findings => self.findings(index),
            GateName::Dependencies => {
                let goes_to = self.destination(index);
                let all = dependencies::dependencies(
                    self.context,
                    index,
                    goes_to.map(|goes_to| &goes_to.environment),
                );
                let mut rows: Vec<Row> =
                    all.iter().map(|(id, state)| Row::of(id, state.said_of(id))).collect();
                rows.extend(goes_to.map(|goes_to| {
                    Row::remark(format!("asked about: {}", gates::when_and_where(self.context, goes_to)))
                }));
                (rows, Vec::new())
            }
            GateName::Environment | GateName::Freeze | GateName::Runbook => {
                match self.destination(index).and_then(|deployment| self.row(&deployment.id)) {
                    Some(row) => {
                        let about =
                            Row::of(&row.deployment.id, format!("asked about: {}", row.deployment.id));
                        let lines = self.deployment_lines(row).into_iter().map(Row::remark);
                        (std::iter::once(about).chain(lines).collect(), Vec::new())
                    }
                    None => none,
                }
            }
            GateName::Own(name) => self.own(name, index),
        }
    }

    fn own(&self, name: &str, index: usize) -> (Vec<Row>, Vec<Row>) {
        let rules = Rules::of(self.context.policy);
        let tests = TestResults::of(self.context, &self.membership, index);
        let inputs = Inputs {
            context: self.context,
            membership: &self.membership,
            tests: &tests,
            pull_requests: self.insight.map(|insight| insight.pull_requests.as_slice()).unwrap_or_default(),
            release: index,
        };
        let Some(measured) = rules.measure(name, inputs) else { return (Vec::new(), Vec::new()) };
        let line =
            |item: &Item<'_>, why: &str| Row::of(item.key(), format!("{} {}{why}", item.key(), item.said()));
        let items = measured.counted.iter().map(|item| line(item, ""));
        let counted = self.trend(name).into_iter().chain(items);
        let left_out = measured.left_out.iter().map(|(item, why)| line(item, &format!(" · {why}")));
        (counted.collect(), left_out.collect())
    }

    /// How the metric that the gate called `name` asks for went on the days that are kept.
    fn trend(&self, name: &str) -> Option<Row> {
        let rule = self.context.policy.own_gates.iter().find(|rule| rule.name == *name)?;
        let metric = self.insight?.metrics.iter().find(|metric| metric.name == rule.metric)?;
        let (first, last) = (metric.trend.first()?, metric.trend.last()?);
        let days = words::count(metric.trend.len(), "kept day", "kept days");
        let change = if metric.change.is_empty() { "not kept yesterday" } else { metric.change.as_str() };
        Some(Row::remark(format!("{}: {}; {days} from {} to {}", metric.name, change, first.day, last.day)))
    }

    fn findings(&self, index: usize) -> (Vec<Row>, Vec<Row>) {
        let found = Findings::of(self.context, &self.membership, index);
        let line = |finding: &Finding| {
            let severity = finding.severity.map_or("not rated", severity_word);
            let place = match (&finding.path, finding.line) {
                (Some(path), Some(line)) => format!(", {path}:{line}"),
                (Some(path), None) => format!(", {path}"),
                (None, _) => String::new(),
            };
            let (id, title, at) = (&finding.id, &finding.title, self.day(finding.opened_at));
            format!("{id} {severity}: {title}{place}, {}, {at}", finding.tool)
        };
        let gate = |gate: &&crate::domain::Finding| {
            let commit =
                gate.commit.as_ref().map_or_else(String::new, |it| format!(" on {}", words::commit(it)));
            let at = self.day(gate.opened_at);
            Row::of(&gate.id, format!("{}, {} of {}{commit}, {at}", gate.title, gate.tool, gate.repository))
        };
        let counted = found.severe.iter().chain(&found.unrated);
        let counted = counted.map(|finding| Row::of(&finding.id, line(finding)));
        let counted = found.quality_gates.iter().map(gate).chain(counted).collect();
        let left_out = found.left_out.iter();
        let left_out =
            left_out.map(|(finding, why)| Row::of(&finding.id, format!("{} · {why}", line(finding))));
        (counted, left_out.collect())
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

    fn test_runs(&self, index: usize) -> (Vec<Row>, Vec<Row>) {
        let results = TestResults::of(self.context, &self.membership, index);
        let line = |run: &crate::domain::TestRun| {
            let commit =
                run.commit.as_ref().map_or_else(String::new, |it| format!(" on {}", words::commit(it)));
            let (passed, failed, skipped) = (run.passed, run.failed, run.skipped);
            let at = self.day(run.at);
            format!("{}: {passed} passed, {failed} failed, {skipped} skipped{commit}, {at}", run.suite)
        };
        let mut counted: Vec<Row> =
            results.newest.values().map(|run| Row::of(&run.suite, line(run))).collect();
        for run in results.newest.values() {
            let failed = run.failures.iter().map(|test| format!("{} failed: {test}", run.suite));
            counted.extend(failed.map(|line| Row::of(&run.suite, line)));
        }
        let mut left_out: Vec<Row> =
            results.missing.iter().map(|suite| Row::of(suite, format!("{suite} never ran"))).collect();
        let required = &self.context.policy.required_suites;
        let runs = self.membership.test_runs[index].iter().rev().map(|run| self.context.test_runs[*run]);
        for run in runs {
            if !required.is_empty() && !required.contains(&run.suite) {
                left_out.push(Row::of(&run.suite, format!("{} · not required", line(run))));
            } else if results.newest.get(run.suite.as_str()).is_some_and(|newest| newest.at > run.at) {
                left_out.push(Row::of(&run.suite, format!("{} · ran again since", line(run))));
            }
        }
        (counted, left_out)
    }
}

/// A gate in a line: `Stories ready: no-go (41/48, all)`.
pub(super) fn gate_line(gate: &Gate) -> String {
    let said: Vec<&Text> =
        [&gate.measured, &gate.needed].into_iter().filter(|text| !text.is_empty()).collect();
    format!("{}: {} ({})", gate.name.title(), gate.answer.word(), words::list(&said, 2))
}

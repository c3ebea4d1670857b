//! The fewest steps that turn the gates that do not say go.

use std::collections::BTreeSet;

use crate::domain::{Category, Finding, Kind, SourceId, Text};

use super::{
    Gate, GateAnswer, GateName, PullRequestRow, Remedy, ScheduleProblemKind, Standing, StoryRow, Subject,
    context::Context,
    dependencies::{Dependency, dependencies},
    findings::Findings,
    gates::{self, Question},
    metrics, schedule, words,
};

/// Items that are named in one step; of more only the count is.
const MOST_NAMED: usize = 3;

/// A step, and how much work it is: the fewer things must be done, the more it is worth.
struct Step {
    things: usize,
    remedy: Remedy,
}

/// The steps for one release, the most effective first: what turns several gates at once;
/// then what turns a no-go, as nothing else turns the verdict before; then what takes the
/// fewest things.
pub(crate) fn remedies(question: &Question<'_, '_>, gates: &[Gate], stories: &[StoryRow]) -> Vec<Remedy> {
    let mut steps: Vec<(usize, bool, Step)> = Vec::new();
    let mut asked: BTreeSet<SourceId> = BTreeSet::new();
    for gate in gates.iter().filter(|gate| matches!(gate.answer, GateAnswer::NoGo | GateAnswer::Unknown)) {
        let stale = stale_sources(question.context, gate);
        if !stale.is_empty() {
            for source in stale {
                if asked.insert(source.clone()) {
                    let turned = gates.iter().filter(|gate| gate.sources.contains(&source)).count();
                    steps.push((turned, true, refresh(question.context, source, gate.name.clone())));
                }
            }
            continue;
        }
        let is_unknown = gate.answer == GateAnswer::Unknown;
        if is_unknown && let Some(step) = read_all(question, gate) {
            steps.push((1, true, step));
            continue;
        }
        steps.push((1, is_unknown, step(question, gate, stories)));
    }
    steps.sort_by_cached_key(|(turned, is_unknown, step)| {
        (std::cmp::Reverse(*turned), *is_unknown, step.things, step.remedy.gate.clone())
    });
    steps.into_iter().map(|(_, _, step)| step.remedy).collect()
}

fn of_gate(action: String, gate: GateName, subject: Option<Subject>) -> Remedy {
    Remedy {
        action: Text::new(action),
        gate: Some(gate),
        days_saved: None,
        outlook: None,
        what_if: Vec::new(),
        subject,
    }
}

fn stale_sources(context: &Context<'_>, gate: &Gate) -> Vec<SourceId> {
    let is_stale =
        |source: &&SourceId| context.health(source).is_none_or(|health| health.is_stale(context.now));
    if gate.answer != GateAnswer::Unknown {
        return Vec::new();
    }
    gate.sources.iter().filter(is_stale).cloned().collect()
}

/// What makes the sources of `gate` tell all, if that is why it says nothing.
fn read_all(question: &Question<'_, '_>, gate: &Gate) -> Option<Step> {
    if !gate.needed.starts_with("incomplete: ") {
        return None;
    }
    let missing = gates::missing(question.context, question.rules, &gate.name);
    let (source, problem) = missing.first()?;
    let action = format!("{source}: {}", problem.next_step);
    let subject = Some(Subject::Source((*source).clone()));
    Some(Step { things: missing.len(), remedy: of_gate(action, gate.name.clone(), subject) })
}

fn refresh(context: &Context<'_>, source: SourceId, gate: GateName) -> Step {
    let failure = context.health(&source).and_then(|health| health.failure.as_ref());
    let action = match failure {
        Some(problem) => format!("{source}: {}", problem.next_step),
        None => format!("refresh {source}"),
    };
    Step { things: 1, remedy: of_gate(action, gate, Some(Subject::Source(source))) }
}

fn step(question: &Question<'_, '_>, gate: &Gate, stories: &[StoryRow]) -> Step {
    let pull_requests = question.pull_requests;
    let context = question.context;
    let make = |things: usize, action: String, subject: Option<Subject>| Step {
        things,
        remedy: of_gate(action, gate.name.clone(), subject),
    };
    let row = question.destination();
    let deployment = row.map(|row| Subject::Deployment(row.deployment.id.clone()));
    if gate.answer == GateAnswer::Unknown && gate.needed.starts_with("required") {
        return make(
            1,
            format!("{}: {}", gate.name.title(), gate.needed),
            Some(Subject::Gate(gate.name.clone())),
        );
    }
    match &gate.name {
        GateName::Stories if gate.answer == GateAnswer::Unknown => {
            let is_unknown = |row: &&StoryRow| row.story.category == Category::Unknown && is_story(row);
            let mut unknown: Vec<&str> =
                stories.iter().filter(is_unknown).map(|row| row.story.status.as_str()).collect();
            unknown.sort_unstable();
            unknown.dedup();
            let subject = stories.iter().find(is_unknown).map(|row| Subject::Story(row.story.key.clone()));
            make(
                unknown.len(),
                format!("say what the status {} means", words::list(&unknown, MOST_NAMED)),
                subject,
            )
        }
        GateName::Stories => {
            let open: Vec<&StoryRow> = stories.iter().filter(|row| row.open && is_story(row)).collect();
            let named = named(&open, |row| row.story.key.to_string(), "story", "stories");
            let subject = open.first().map(|row| Subject::Story(row.story.key.clone()));
            make(open.len(), format!("finish or leave out {named}"), subject)
        }
        GateName::Blocked => {
            let blocked = gates::blocked(context, question.membership, question.release);
            let mut waits: Vec<String> =
                blocked.iter().flat_map(|(_, waits)| waits).map(ToString::to_string).collect();
            waits.sort_unstable();
            waits.dedup();
            let subject = blocked.first().map(|(item, _)| Subject::Story(context.stories[*item].key.clone()));
            let waiting: Vec<&str> =
                blocked.iter().map(|(item, _)| context.stories[*item].key.as_str()).collect();
            let waiting = if waiting.len() <= MOST_NAMED {
                words::list(&waiting, MOST_NAMED)
            } else {
                format!("the {} stories that wait", waiting.len())
            };
            let verb = if gate.answer == GateAnswer::Unknown { "tell of" } else { "finish" };
            let waits_for = words::list(&waits, MOST_NAMED);
            make(waits.len(), format!("{verb} {waits_for}, or leave out {waiting}"), subject)
        }
        GateName::Defects => {
            let is_blocking = |row: &&StoryRow| {
                let severity = row.story.severity;
                row.open && !is_story(row) && severity.is_some_and(|it| context.policy.blocking.contains(&it))
            };
            let open: Vec<&StoryRow> = stories.iter().filter(is_blocking).collect();
            let named = named(&open, |row| row.story.key.to_string(), "defect", "defects");
            let subject = open.first().map(|row| Subject::Story(row.story.key.clone()));
            make(open.len(), format!("fix or leave out {named}"), subject)
        }
        GateName::Tests => tests(question, gate, &make),
        GateName::PullRequests => {
            let open: Vec<&PullRequestRow> =
                pull_requests.iter().filter(|row| row.standing != Standing::Ended).collect();
            let subject = open.first().map(|row| Subject::PullRequest(row.pull_request.id.clone()));
            let action = match open.as_slice() {
                [one] if !one.next.action.is_empty() => {
                    format!("{}: {}, or move it out", one.pull_request.id, one.next.action)
                }
                open => {
                    let named =
                        named(open, |row| row.pull_request.id.to_string(), "pull request", "pull requests");
                    format!("merge or move out {named}")
                }
            };
            make(open.len(), action, subject)
        }
        GateName::Findings => {
            let found = Findings::of(context, question.membership, question.release);
            let name = |finding: &Finding| finding.id.to_string();
            let subject = Some(Subject::Gate(GateName::Findings));
            if found.severe.is_empty() {
                let named = named(&found.unrated, name, "finding", "findings");
                make(found.unrated.len(), format!("say how bad: {named}"), subject)
            } else {
                let named = named(&found.severe, name, "new finding", "new findings");
                make(found.severe.len(), format!("fix or dismiss {named}"), subject)
            }
        }
        GateName::Dependencies => {
            let environment = row.map(|row| &row.deployment.environment);
            let all = dependencies(context, question.release, environment);
            let missing: Vec<_> = all.iter().filter(|(_, state)| !state.is_deployed()).collect();
            let names: Vec<&str> = missing.iter().map(|(id, _)| id.as_str()).collect();
            let subject = missing
                .iter()
                .find(|(id, _)| context.release(id).is_some())
                .map(|(id, _)| Subject::Release(id.clone()));
            let first = words::list(&names, MOST_NAMED);
            let place = missing.iter().find_map(|(_, state)| match state {
                Dependency::Missing(place) => Some(place),
                Dependency::Deployed(_) | Dependency::Unknown => None,
            });
            let action = match place {
                None => format!("tell of {first}"),
                Some(place) if context.world.is_covered(Kind::Deployments) => {
                    format!("deploy {first} to {place} first")
                }
                Some(_) => format!("release {first} first"),
            };
            make(missing.len(), action, subject)
        }
        GateName::Environment => match row {
            Some(_) if gate.answer == GateAnswer::NoGo => {
                let (place, conflict) = (&gate.measured, &gate.needed);
                make(1, format!("agree about {place} {conflict}, or move the window"), deployment)
            }
            _ => make(1, format!("describe the environment {}", gate.measured), deployment),
        },
        GateName::Freeze => {
            let freeze = row.and_then(|row| {
                row.problems.iter().find(|problem| problem.kind == ScheduleProblemKind::Freeze)
            });
            let what = freeze.map(|problem| problem.what.to_string()).unwrap_or_default();
            make(1, format!("move the window out of {what}"), deployment)
        }
        GateName::Runbook => match row.and_then(|row| Some((row, row.estimate?))) {
            Some((row, estimate)) => {
                let more = schedule::minutes(estimate.p85_minutes) - row.deployment.window.duration();
                let where_and_when = gates::when_and_where(context, &row.deployment);
                make(
                    1,
                    format!("widen the window of {where_and_when} by {}", words::duration(more)),
                    deployment,
                )
            }
            None => make(1, "estimate the activities of the runbook".to_owned(), deployment),
        },
        GateName::Own(name) => own(question, gate, name, &make),
    }
}

/// What a gate of one's own needs: the figures, and the items behind them.
fn own(
    question: &Question<'_, '_>,
    gate: &Gate,
    name: &str,
    make: &dyn Fn(usize, String, Option<Subject>) -> Step,
) -> Step {
    let items = question.rules.measure(name, question.inputs());
    let (counted, left_out) = items.map(|measured| (measured.counted, measured.left_out)).unwrap_or_default();
    let at_gate = || Some(Subject::Gate(gate.name.clone()));
    if gate.answer == GateAnswer::Unknown {
        let untold: Vec<_> =
            left_out.iter().filter(|(_, why)| *why == metrics::NOT_TOLD).map(|(item, _)| item).collect();
        let subject = untold.first().and_then(|item| item.subject()).or_else(at_gate);
        let about = named(&untold, super::query::Item::key, "item", "items");
        let action = if untold.is_empty() {
            format!("{name}: {}", gate.needed)
        } else {
            format!("{name}: say more of {about}")
        };
        return make(untold.len().max(1), action, subject);
    }
    let items: Vec<_> = counted.iter().collect();
    let about = named(&items, super::query::Item::key, "item", "items");
    let about = if about.is_empty() { about } else { format!(" ({about})") };
    let subject = items.first().and_then(|item| item.subject()).or_else(at_gate);
    make(items.len().max(1), format!("{name}: from {} to {}{about}", gate.measured, gate.needed), subject)
}

fn tests(
    question: &Question<'_, '_>,
    gate: &Gate,
    make: &dyn Fn(usize, String, Option<Subject>) -> Step,
) -> Step {
    let subject = Some(Subject::Gate(GateName::Tests));
    let results = question.tests;
    if gate.answer == GateAnswer::NoGo {
        let failing: Vec<&str> =
            results.newest.values().filter(|run| run.failed > 0).map(|run| run.suite.as_str()).collect();
        let failed = results.totals().1 as usize;
        let count = words::count(failed, "failed test", "failed tests");
        return make(failed, format!("fix {count} in {}", words::list(&failing, MOST_NAMED)), subject);
    }
    let missing: Vec<&str> = results.missing.iter().map(|suite| suite.as_str()).collect();
    if !missing.is_empty() {
        return make(missing.len(), format!("run {}", words::list(&missing, MOST_NAMED)), subject);
    }
    let heads = question.membership.heads(question.context, question.release);
    let suites: Vec<&str> = results.newest.keys().copied().collect();
    let what = if suites.is_empty() { "the tests".to_owned() } else { words::list(&suites, MOST_NAMED) };
    let action = match heads.first() {
        Some(head) => format!("run {what} on {}", words::commit(head)),
        None => format!("run {what}"),
    };
    make(suites.len().max(1), action, subject)
}

fn is_story(row: &StoryRow) -> bool {
    row.story.kind == crate::domain::StoryKind::Story
}

/// A few by name, many by count.
fn named<T>(rows: &[&T], name: impl Fn(&T) -> String, one: &str, many: &str) -> String {
    if rows.len() <= MOST_NAMED {
        rows.iter().map(|row| name(row)).collect::<Vec<_>>().join(", ")
    } else {
        words::count(rows.len(), one, many)
    }
}

//! What opens what: a row its item, an item what it leads to, a number its reason.

use chrono::NaiveDate;

use crate::{
    domain::{Instant, StoryKind, Text},
    insight::{CardId, Subject, traced},
};

use super::{
    Chooser, Effect, EnvironmentsPicture, ListId, Listed, Overlay, PullRequestPicture, Row, Section, State,
    Tab, commands, environments, insights, operations, palette,
    update::{say, show_overlay},
};

pub(super) fn choose_release(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if state.board.insight.releases.is_empty() {
        say(state, "no source knows a release yet", now, effects);
        return;
    }
    let shown = state.release.clone().map(Subject::Release);
    let list = state.list_mut(ListId::Releases);
    (list.selected, list.is_followed) = (shown, true);
    show_overlay(state, Overlay::Chooser(Chooser::default()), effects);
    state.arrange(ListId::Releases);
}

pub(super) fn why(state: &mut State, asked: Option<Subject>, now: Instant, effects: &mut Vec<Effect>) {
    let subject = match state.overlays.last() {
        Some(Overlay::Item { subject, .. }) => subject.clone(),
        Some(Overlay::Why { .. }) => {
            state.overlays.pop();
            effects.push(Effect::Draw);
            return;
        }
        Some(_) => return,
        None => asked.or_else(|| selected_step(state)).unwrap_or_else(|| state.subject()),
    };
    let Some(release) = &state.release else {
        say(state, "no source knows a release yet", now, effects);
        return;
    };
    let explanation = Box::new(state.explain(release, &subject, now));
    show_overlay(state, Overlay::Why { subject, explanation, scroll: 0 }, effects);
}

/// The step that is selected of what turns the release green: its row leads to what the step is
/// about, and why asks for the step.
fn selected_step(state: &State) -> Option<Subject> {
    let Some(Row::Remedy(index)) =
        (state.active_list() == Some(ListId::Remedies)).then(|| state.list(ListId::Remedies).row()).flatten()
    else {
        return None;
    };
    let remedy = state.release()?.remedies.get(index as usize)?;
    Some(Subject::Remedy(remedy.action.clone()))
}

/// Where the selected row is and what carries it on, or what it would bring.
pub(super) fn trace(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    let subject = match state.overlays.last() {
        Some(Overlay::Item { subject, .. } | Overlay::Why { subject, .. }) => subject.clone(),
        Some(Overlay::Trace { .. }) => {
            state.overlays.pop();
            effects.push(Effect::Draw);
            return;
        }
        Some(_) => return,
        None => state.subject(),
    };
    let subject = match subject {
        Subject::CardRow(card, name) => row_is_about(state, card, &name).unwrap_or(Subject::Card(card)),
        subject => subject,
    };
    let Some(asked) = traced(&subject) else {
        let said = "a story, pull request, deployment, release or environment can be traced";
        return say(state, said, now, effects);
    };
    match crate::insight::trace(&state.board, &asked, state.instant(now)) {
        Ok(answer) => {
            show_overlay(state, Overlay::Trace { asked, answer: Box::new(answer), scroll: 0 }, effects);
        }
        Err(why) => say(state, why, now, effects),
    }
}

/// What a row behind a card is about, if it names an item.
fn row_is_about(state: &State, card: CardId, name: &Text) -> Option<Subject> {
    let card = state.insights.study.as_ref()?.card(card)?;
    card.rows.iter().find(|row| row.cells.first() == Some(name))?.subject.clone()
}

pub(super) fn open(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if state.filter.is_some() {
        // What cannot be read stays where it can be mended.
        if let Some(problem) = &state.list(state.main_list()).asked.problem {
            let said = format!("not a query: {}", problem.what);
            return say(state, said, now, effects);
        }
        state.filter = None;
        state.completing = None;
        effects.push(Effect::Draw);
        return;
    }
    if commands::open(state, now, effects) || operations::open(state, now, effects) {
        return;
    }
    match state.overlays.last().cloned() {
        Some(Overlay::Chooser(_)) => {
            let chosen = state.list(ListId::Releases).selected.clone();
            let is_all = state.list(ListId::Releases).row() == Some(Row::AllReleases);
            state.overlays.pop();
            if state.tab == Tab::PullRequests {
                show_all_releases(state, is_all);
            }
            if let Some(Subject::Release(id)) = chosen {
                state.choose(id, now);
            }
        }
        Some(Overlay::Palette(palette)) => {
            return palette::carry_out_selected(state, &palette, now, effects);
        }
        Some(Overlay::Item { subject, .. }) => follow(state, &subject, now),
        Some(_) => {
            state.overlays.pop();
        }
        None => match (state.active_list(), state.subject()) {
            (Some(ListId::Changes), _) => return open_change(state, now, effects),
            (Some(ListId::Cards | ListId::CardRows), _) => return insights::open(state, now, effects),
            (Some(ListId::Remedies), Subject::Source(_)) => {
                return show_overlay(state, Overlay::Sources { scroll: 0 }, effects);
            }
            (Some(ListId::Remedies), subject) => {
                if !go_to(state, &subject) {
                    return why(state, None, now, effects);
                }
            }
            (Some(ListId::Gates), _) => return why(state, None, now, effects),
            (None, _) => match day_to_open(state) {
                Some(day) => return why(state, Some(Subject::Day(day)), now, effects),
                None => state.expanded = !state.expanded,
            },
            (_, Subject::Headline) => return,
            (_, subject) => state.overlays.push(Overlay::Item { subject, scroll: 0 }),
        },
    }
    effects.push(Effect::Draw);
}

/// The tab Pull requests lists those of all releases, or of the one that is shown.
pub(super) fn show_all_releases(state: &mut State, all: bool) {
    if state.all_releases != all {
        state.all_releases = all;
        state.arrange_all();
        state.follow_detail();
    }
}

/// The day that the cursor of the chart was put on; without a cursor the newest one, if its
/// scope changed.
fn day_to_open(state: &State) -> Option<NaiveDate> {
    let data = &state.release()?.burn_down;
    let newest = || {
        let day = data.days.last()?.day;
        data.scope_steps.iter().any(|step| step.day == day).then_some(day)
    };
    match state.chart.cursor {
        Some(cursor) => data.day(cursor).map(|day| day.day),
        None => newest(),
    }
}

/// From a change to the row that changed, in its release.
fn open_change(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if let Some(last) = &state.comparison.last_release {
        let before = Subject::Release(last.distance.before.clone());
        follow(state, &before, now);
        effects.push(Effect::Draw);
        return;
    }
    let Some(changes) = state.comparison.changes.clone() else { return };
    let (subject, release) = match state.list(ListId::Changes).row() {
        Some(Row::Change(index)) => {
            let Some(change) = changes.changes.get(index as usize) else { return };
            (change.subject.clone(), change.release.clone())
        }
        Some(Row::Concerned(index)) => {
            let Some(other) = changes.concerned.get(index as usize) else { return };
            (Subject::Release(other.release.clone()), None)
        }
        _ => return,
    };
    if let Subject::Source(_) = subject {
        return show_overlay(state, Overlay::Sources { scroll: 0 }, effects);
    }
    if let Some(id) = release.filter(|id| state.board.release(id).is_some()) {
        state.choose(id, now);
    }
    match subject {
        Subject::Headline | Subject::BurnDown => state.tab = Tab::Readiness,
        subject if state.knows(&subject) && go_to(state, &subject) => {}
        _ => return say(state, "it is not on this board any more", now, effects),
    }
    effects.push(Effect::Draw);
}

/// From an opened item on to where it leads: a story to its pull request, a deployment to
/// its release.
fn follow(state: &mut State, subject: &Subject, now: Instant) {
    state.overlays.clear();
    match subject {
        Subject::Story(key) => {
            let story = state.story(key);
            let first = story.and_then(|story| story.pull_requests.first()).cloned();
            if let Some(id) = first {
                go_to(state, &Subject::PullRequest(id));
            }
        }
        Subject::PullRequest(id) => {
            let stories = state.pull_request(id).map(|row| row.pull_request.stories.clone());
            let known = stories.into_iter().flatten().find(|key| state.story(key).is_some());
            if let Some(key) = known {
                go_to(state, &Subject::Story(key));
            }
        }
        Subject::Release(id) => {
            state.tab = Tab::Readiness;
            state.choose(id.clone(), now);
        }
        Subject::Component(_, id) => {
            state.environments.picture = EnvironmentsPicture::Allocation;
            go_to(state, &Subject::Environment(id.clone()));
        }
        Subject::Deployment(id) => {
            let release = state.deployment(id).and_then(|row| row.deployment.release.clone());
            if let Some(release) = release.filter(|id| state.board.release(id).is_some()) {
                state.tab = Tab::Readiness;
                state.choose(release, now);
            }
        }
        _ => {}
    }
}

/// Selects `subject` where it is listed. False where it is on no list.
pub(super) fn go_to(state: &mut State, subject: &Subject) -> bool {
    if *subject == Subject::BurnDown {
        (state.tab, state.section) = (Tab::Readiness, Section::BurnDown);
        return true;
    }
    let (tab, id) = match subject {
        Subject::Gate(_) => (Tab::Readiness, ListId::Gates),
        Subject::Story(key) => {
            let is_defect = state.story(key).is_some_and(|row| row.story.kind == StoryKind::Defect);
            (Tab::Readiness, if is_defect { ListId::Defects } else { ListId::Stories })
        }
        Subject::Suite(_) | Subject::Test(..) => (Tab::Readiness, ListId::Tests),
        Subject::PullRequest(_) => (Tab::PullRequests, ListId::PullRequests),
        Subject::Deployment(_) | Subject::Release(_) => (Tab::Schedule, ListId::Schedule),
        Subject::Environment(_) => (Tab::Environments, ListId::Environments),
        Subject::Component(name, id) => {
            state.tab = Tab::Environments;
            environments::select_cell(state, name.clone(), id.clone());
            state.follow_detail();
            return true;
        }
        Subject::Headline
        | Subject::BurnDown
        | Subject::Day(_)
        | Subject::Source(_)
        | Subject::Card(_)
        | Subject::CardRow(..)
        | Subject::Remedy(_) => return false,
    };
    state.tab = tab;
    match id {
        ListId::Gates => state.section = Section::Gates,
        ListId::Stories | ListId::Defects | ListId::Tests => state.section = Section::Stories,
        _ => {}
    }
    if let Some(listed) = Listed::ALL.into_iter().find(|listed| listed.list() == id) {
        state.listed = listed;
    }
    let find = |state: &State| {
        state.list(id).rows.iter().position(|row| state.subject_of(*row).as_ref() == Some(subject))
    };
    let mut found = find(state);
    if found.is_none() {
        // A filter, a section, or the fold of what ended, may hide it.
        state.list_mut(id).filter.clear();
        if id == ListId::PullRequests {
            state.sections.current = 0;
            state.pull_requests = PullRequestPicture::All;
            // Those of other releases are listed with all of them.
            state.all_releases |= state.pull_request_is_elsewhere(subject);
        }
        state.arrange(id);
        found = find(state);
    }
    state.count_sections();
    state.look_at(subject);
    if let Some(position) = found {
        let page = state.layout.page(id).map_or(1, usize::from);
        let list = state.list_mut(id);
        list.position = position;
        list.selected = Some(subject.clone());
        list.is_followed = true;
        list.settle(page);
    }
    state.follow_detail();
    found.is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        app::Options,
        domain::{Category, DeploymentState},
        insight::{
            Study,
            fixture::{ALL_KINDS, Setting, at, deployment, now, story},
        },
    };

    #[test]
    fn an_environment_and_a_row_behind_a_card_can_be_traced() {
        let mut failed = deployment("bad", "payments 4.2", at(20, 10), 60);
        (failed.state, failed.finished_at) = (DeploymentState::RolledBack, Some(at(20, 11)));
        let setting = Setting::covering(&ALL_KINDS).story(story("PAY-1", Category::Done)).deployment(failed);
        let board = Arc::new(setting.board_at(now()));
        let mut state = State::new(Arc::clone(&board), Options::default(), now());
        state.insights.study = Some(Arc::new(Study::of(&board)));
        let study = state.insights.study.clone().unwrap();
        let rows = &study.card(CardId::Delivery).unwrap().rows;
        let of_deployment = rows.iter().find(|row| row.subject.is_some()).unwrap().cells[0].clone();
        let without = rows[0].cells[0].clone();
        let mut traced = |subject: Subject| {
            let mut effects = Vec::new();
            state.overlays = vec![Overlay::Item { subject, scroll: 0 }];
            trace(&mut state, now(), &mut effects);
            match state.overlays.last() {
                Some(Overlay::Trace { answer, .. }) => Some(answer.title.to_string()),
                _ => None,
            }
        };
        let environment = Subject::Environment("production/eu".into());
        assert_eq!(traced(environment).as_deref(), Some("production/eu"));
        let row = |name| Subject::CardRow(CardId::Delivery, name);
        assert_eq!(traced(row(of_deployment)).as_deref(), Some("payments 4.2 → production/eu"));
        assert_eq!(traced(row(without)), None, "a metric is no item");
    }
}

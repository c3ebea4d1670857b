//! Sections, the filter line, groups, marks of the tab Pull requests.

use super::*;
use crate::app::{GroupBy, Heading, ListId, PullRequestSection, Row};

/// The fixture's board, signed in as `ana`.
fn pull_requests() -> State {
    let mut state = state(board());
    press(&mut state, "2");
    state
}

fn shown(state: &State) -> Vec<String> {
    let rows = state.list(ListId::PullRequests).rows.iter();
    rows.filter_map(|row| state.pull_request_of(*row)).map(|row| row.pull_request.id.to_string()).collect()
}

fn section(state: &State) -> (String, Option<u32>) {
    let section = state.sections.all().find(|(_, _, is_shown)| *is_shown).unwrap();
    (section.0.name.to_string(), section.1)
}

#[test]
fn sections_are_counted_and_hold_what_they_count() {
    let mut state = pull_requests();
    let mut names = Vec::new();
    for _ in 0..7 {
        let (name, count) = section(&state);
        if name != "all" {
            let count = count.expect("somebody is signed in");
            assert_eq!(shown(&state).len(), count as usize, "{name}");
        }
        if !names.contains(&name) {
            names.push(name);
        }
        press(&mut state, "l");
    }
    assert_eq!(names, ["all", "needs me", "waiting on others", "late", "ready to merge"]);
    press(&mut state, "h");
    assert_eq!(section(&state).0, "late");
    assert_eq!(shown(&state)[..2], ["api#812", "web#798"]);
    // Where nobody is signed in, nobody knows.
    let mut anonymous = board();
    let mut health = anonymous.health.to_vec();
    for health in &mut health {
        health.account = None;
    }
    anonymous.health = health.into();
    let mut state = self::state(anonymous);
    press(&mut state, "2 l");
    assert_eq!(section(&state), ("needs me".to_owned(), None));
    assert!(shown(&state).is_empty());
    // Nor where the sources are asked by somebody else, whoever that is.
    let mut state = pull_requests();
    state.operations.is_viewer = true;
    update(&mut state, Event::Board(Arc::new(board())), now());
    press(&mut state, "l");
    assert_eq!(section(&state), ("needs me".to_owned(), None));
}

#[test]
fn who_asks_for_who_looks_hears_that_nobody_knows() {
    let mut anonymous = board();
    let mut health = anonymous.health.to_vec();
    for health in &mut health {
        health.account = None;
    }
    anonymous.health = health.into();
    for (query, at) in [("next:@me", 5..8), ("is:open -author:@me", 16..19), ("author:lee,@me", 11..14)] {
        let mut state = self::state(anonymous.clone());
        press(&mut state, "2 /");
        type_in(&mut state, query);
        let problem = state.list(ListId::PullRequests).asked.problem.clone().expect(query);
        assert_eq!(problem.at, at);
        assert!(problem.what.contains("nobody knows who `@me` is"), "{problem:?}");
        press(&mut state, "enter");
        assert!(state.filter.is_some(), "it can be mended");
        // Known again: no problem.
        update(&mut state, Event::Board(Arc::new(board_signed_in())), now());
        assert_eq!(state.list(ListId::PullRequests).asked.problem, None);
    }
    let mut known = pull_requests();
    press(&mut known, "/");
    type_in(&mut known, "next:@me");
    assert_eq!(known.list(ListId::PullRequests).asked.problem, None);
}

/// Another board than `board()`, with the same in it.
fn board_signed_in() -> crate::insight::Board {
    let mut other = board();
    other.insight = Arc::new((*other.insight).clone());
    other
}

#[test]
fn what_is_said_counts_at_once_in_the_sections_and_in_their_lists() {
    let mut state = pull_requests();
    press(&mut state, "l");
    let (name, count) = section(&state);
    let count = count.unwrap();
    assert!(name == "needs me" && count > 0);
    let rows = shown(&state);
    let effects = press(&mut state, "z");
    let entries = effects.iter().filter_map(|effect| match effect {
        Effect::Note(change) => change.said.clone(),
        _ => None,
    });
    let said = crate::domain::Triage { entries: entries.collect() };
    assert_eq!(said.entries.len(), 1);
    update(&mut state, Event::Triage(Arc::new(said)), now());
    assert_eq!(section(&state), ("needs me".to_owned(), Some(count - 1)), "without another board");
    assert_eq!(shown(&state), rows[1..]);
    update(&mut state, Event::Triage(Arc::default()), now());
    assert_eq!((section(&state).1, shown(&state)), (Some(count), rows));
}

#[test]
fn until_everything_came_the_selection_stays_on_top_and_then_it_stays_on_its_row() {
    let of = |first: usize, is_whole: bool| {
        let mut part = board();
        let mut insight = (*part.insight).clone();
        let release = Arc::make_mut(&mut insight.releases[0]);
        release.pull_requests.drain(..first);
        part.insight = Arc::new(insight);
        if !is_whole {
            let mut health = part.health.to_vec();
            (health[0].answered_at, health[0].failures) = (None, 0);
            health[0].state = crate::domain::SourceState::Fetching;
            part.health = health.into();
        }
        Arc::new(part)
    };
    let selected = |state: &State| state.list(ListId::PullRequests).selected.clone();
    let id_of = |row: usize| {
        let release = &board().insight.releases[0];
        Some(crate::insight::Subject::PullRequest(release.pull_requests[row].pull_request.id.clone()))
    };
    // One source was quicker than the other.
    let mut state = State::new(of(2, false), Options::default(), now());
    press(&mut state, "2");
    assert_eq!(selected(&state), id_of(2));
    let mut moved = state.clone();
    update(&mut state, Event::Board(of(1, false)), now());
    assert_eq!(selected(&state), id_of(1), "nobody chose the row that came first");
    update(&mut state, Event::Board(of(1, true)), now());
    assert_eq!(selected(&state), id_of(1));
    // All were heard: whoever looks at a row goes on looking at it.
    update(&mut state, Event::Board(of(0, true)), now());
    assert_eq!(selected(&state), id_of(1));
    // And what somebody chose is kept from the first key on.
    press(&mut moved, "j k");
    update(&mut moved, Event::Board(of(0, false)), now());
    assert_eq!(selected(&moved), id_of(2));
}

#[test]
fn only_of_what_nobody_wants_it_is_good_that_there_is_none() {
    let sections = PullRequestSection::built_in();
    let said: Vec<&str> = sections.iter().map(PullRequestSection::when_empty).collect();
    assert_eq!(
        said[1..],
        [
            "nothing waits for you here",
            "nothing of yours waits for others",
            "no pull request is late: that is good",
            "nothing is ready to merge yet",
        ]
    );
    // Another one of that name is another one.
    let own = PullRequestSection { name: "late".into(), query: "age:>3d".into() };
    assert_eq!(own.when_empty(), "no pull request is in this section");
    assert_eq!(sections[3].label(), "PRs late");
}

#[test]
fn the_filter_line_speaks_queries_completes_and_says_what_is_wrong() {
    let mut state = pull_requests();
    let all = shown(&state).len();
    press(&mut state, "/");
    type_in(&mut state, "aut");
    press(&mut state, "tab");
    type_in(&mut state, "le");
    press(&mut state, "tab");
    assert_eq!(state.list(ListId::PullRequests).filter, "author:lee");
    assert!(shown(&state).contains(&"api#812".to_owned()) && !shown(&state).contains(&"web#798".to_owned()));
    type_in(&mut state, " -stag:x");
    let list = state.list(ListId::PullRequests);
    let problem = list.asked.problem.as_ref().unwrap();
    assert_eq!((problem.at.clone(), problem.nearest()), (12..16, Some("stage")));
    assert!(!shown(&state).is_empty(), "the rows of the last query stay");
    press(&mut state, "enter");
    assert!(state.filter.is_some() && state.message.is_some(), "it can be mended");
    press(&mut state, "esc");
    assert_eq!(shown(&state).len(), all);
    // Letters in their order count where no row has the word.
    press(&mut state, "/");
    type_in(&mut state, "rfnd wbhk");
    press(&mut state, "enter");
    assert_eq!(shown(&state), ["api#812"]);
}

#[test]
fn what_is_saved_is_a_section_until_it_is_forgotten() {
    let mut state = pull_requests();
    let save = |state: &mut State, text: &str| {
        press(state, ":");
        type_in(state, text);
        press(state, "enter")
    };
    save(&mut state, "save mine");
    assert!(state.message.as_ref().unwrap().text.contains("nothing to save"));
    press(&mut state, "/");
    type_in(&mut state, "author:lee");
    press(&mut state, "enter");
    let before = shown(&state);
    let effects = save(&mut state, "save of lee");
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::KeepSections(kept) => Some(kept.clone()),
        _ => None,
    });
    let saved = PullRequestSection { name: "of lee".into(), query: "author:lee".into() };
    assert_eq!(kept, Some(vec![saved]));
    assert_eq!((section(&state).0.as_str(), shown(&state)), ("of lee", before));
    assert!(state.list(ListId::PullRequests).filter.is_empty());
    save(&mut state, "forget of lee");
    assert_eq!(section(&state).0, "all");
}

#[test]
fn groups_hold_every_open_row_most_delayed_first() {
    let mut state = pull_requests();
    let plain = state.list(ListId::PullRequests).shown;
    for by in &GroupBy::ALL[1..] {
        press(&mut state, "B");
        assert_eq!(state.group, *by);
        let list = state.list(ListId::PullRequests);
        let headings = list.rows.iter().filter(|row| matches!(row, Row::Heading(Heading::Group(..)))).count();
        assert_eq!((headings, list.shown), (list.groups.len(), plain), "{by:?}");
        assert!(headings > 0, "{by:?}");
    }
    press(&mut state, "B");
    assert_eq!(state.group, GroupBy::Nothing);
}

#[test]
fn all_releases_are_one_list_and_each_row_is_there_once() {
    let mut state = pull_requests();
    press(&mut state, "L up up up up");
    assert_eq!(state.list(ListId::Releases).row(), Some(Row::AllReleases));
    press(&mut state, "enter");
    assert!(state.all_releases);
    let mut all = shown(&state);
    assert!(all.iter().all(|id| state.pull_request(&id.as_str().into()).is_some()));
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn what_people_say_is_said_of_all_that_is_marked_and_undone_at_once() {
    let mut state = pull_requests();
    press(&mut state, "g space space");
    let notes = |effects: &[Effect]| effects.iter().filter(|it| matches!(it, Effect::Note(_))).count();
    assert_eq!(notes(&press(&mut state, "w")), 2);
    assert!(state.message.as_ref().unwrap().text.starts_with("2 rows: watched"));
    assert_eq!(notes(&press(&mut state, "u")), 2);
}

#[test]
fn a_click_takes_the_row_of_the_menu() {
    let options = Options { operators: super::fixture::operators(None), ..Options::default() };
    let mut state = State::new(Arc::new(board()), options, now());
    press(&mut state, "2 a");
    let area = Rect::new(10, 5, 40, 10);
    let layout = Layout { overlay: Some(area), menu: Some((area, 0)), ..Layout::default() };
    update(&mut state, Event::Drawn(layout), now());
    let click = |state: &mut State, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let mouse = MouseEvent { kind, column: 12, row, modifiers: KeyModifiers::NONE };
        update(state, Event::Mouse(mouse), now());
    };
    click(&mut state, 7);
    let selected = |state: &State| match state.overlays.last() {
        Some(Overlay::Operations(dialog)) => match &**dialog {
            Dialog::Menu(menu) => Some(menu.selected),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(selected(&state), Some(2));
    click(&mut state, 7);
    assert_eq!(selected(&state), None, "the second click takes it");
}

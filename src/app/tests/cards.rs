//! Every row behind a card leads somewhere or says why not; a step is explained as a step.

use chrono_tz::Tz;

use super::*;
use crate::{
    app::{ListId, Row, Section, opens},
    domain::{Policy, SourceHealth, Text, World},
    insight::{EnvironmentsView, Learned, Study, board::Completeness},
    source::demo::{DemoSettings, Organisation, facts, teams},
};

/// Rows of each card that are opened.
const MOST_ROWS: usize = 60;

fn demo() -> Arc<Board> {
    let settings = DemoSettings::opened(now(), Tz::UTC);
    let at = settings.picture();
    let source = SourceId::new("demo");
    let world = World::union([(&source, &facts(&Organisation::new(&settings), at))]);
    let mut health = SourceHealth::starting(source);
    (health.answered_at, health.stale_from) = (Some(at), Some(at + Duration::hours(1)));
    Arc::new(Board::derive(
        Text::new("demo"),
        Arc::new(world),
        vec![health].into(),
        Arc::new(Policy { teams: teams(), ..Policy::default() }),
        &Learned::default(),
        Completeness::Whole,
        at,
    ))
}

#[test]
fn enter_on_every_row_of_every_card_leads_on_as_the_footer_says() {
    let board = demo();
    let insight = Arc::clone(&board.insight);
    let study = Arc::new(Study::of(&board));
    let environments = Arc::new(EnvironmentsView::of(&board));
    let mut seen = std::collections::BTreeSet::new();
    for (place, card) in study.cards.iter().enumerate() {
        for (index, row) in card.rows.iter().enumerate().take(MOST_ROWS) {
            let mut state = state(Board::clone(&board));
            let state = &mut state;
            state.board = Arc::clone(&board);
            press(state, "5");
            let (insight, study) = (Arc::clone(&insight), Arc::clone(&study));
            update(
                state,
                Event::Surveyed { insight: Arc::clone(&insight), environments: Arc::clone(&environments) },
                now(),
            );
            update(state, Event::Studied { insight, study }, now());
            state.list_mut(ListId::Cards).go_to(place);
            press(state, "enter");
            state.list_mut(ListId::CardRows).go_to(index);
            assert_eq!(state.list(ListId::CardRows).row(), Some(Row::OfCard(index as u32)));
            let offered = opens(state);
            press(state, "enter");
            let what = format!("{:?} {}: {offered:?}", card.id, row.cells[0]);
            match (offered, state.overlays.last()) {
                (Some("as it ended"), Some(Overlay::Recap { .. })) => {}
                (Some("what it counts"), Some(Overlay::Why { explanation, .. })) => {
                    assert!(explanation.title.ends_with(row.cells[0].as_str()), "{what}");
                    assert!(!explanation.value.is_empty() && !explanation.formula.is_empty(), "{what}");
                }
                // On no list: it is said, and the row is explained.
                (Some("open"), Some(Overlay::Why { .. })) => {
                    let said = state.message.as_ref().map_or("", |message| &message.text);
                    assert!(said.ends_with("is on no list of this board"), "{what}: {said}");
                }
                (Some("open"), None) => {
                    assert!(state.tab != Tab::Insights, "{what}");
                    let is_selected = state.active_list().is_none_or(|id| match &row.subject {
                        Some(
                            subject @ (Subject::Story(_) | Subject::PullRequest(_) | Subject::Deployment(_)),
                        ) => state.list(id).selected.as_ref() == Some(subject),
                        _ => true,
                    });
                    assert!(is_selected, "{what}");
                }
                _ => panic!("{what} leads nowhere"),
            }
            seen.insert(offered);
        }
    }
    let all = [Some("as it ended"), Some("open"), Some("what it counts")];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn why_explains_the_step_and_not_what_it_is_about() {
    let mut state = state(board());
    state.section = Section::Remedies;
    let steps = state.release().unwrap().remedies.clone();
    for (index, step) in steps.iter().enumerate() {
        state.overlays.clear();
        state.list_mut(ListId::Remedies).go_to(index);
        press(&mut state, "x");
        let Some(Overlay::Why { explanation, subject, .. }) = state.overlays.last() else {
            panic!("{}", step.action)
        };
        assert_eq!(*subject, Subject::Remedy(step.action.clone()));
        assert_eq!((explanation.title.as_str(), explanation.value.as_str()), (&*step.action, &*step.said()));
        let starts = |lines: &[String], with: &str| lines.iter().any(|line| line.starts_with(with));
        let place = format!("step {} of {}", index + 1, steps.len());
        assert!(starts(&explanation.notes, &place), "{:?}", explanation.notes);
        if step.days_saved.is_some() {
            assert!(explanation.formula.starts_with("What would be:"), "{}", explanation.formula);
            assert!(starts(&explanation.counted, "as it is: 85 % sure by "), "{:?}", explanation.counted);
            assert!(starts(&explanation.counted, "with this step: 85 % sure by "));
            assert!(starts(&explanation.counted, "left out: PAY-320 "), "{:?}", explanation.counted);
        } else {
            assert!(explanation.formula.starts_with("It turns this gate: "), "{}", explanation.formula);
        }
    }
    // It stays while the step is on the list, and goes with it.
    update(&mut state, Event::Board(Arc::new(board())), now());
    assert!(matches!(state.overlays.last(), Some(Overlay::Why { .. })));
    let mut other = board();
    let insight = Arc::make_mut(&mut other.insight);
    for release in &mut insight.releases {
        Arc::make_mut(release).remedies.clear();
    }
    update(&mut state, Event::Board(Arc::new(other)), now());
    assert!(state.overlays.is_empty());
}

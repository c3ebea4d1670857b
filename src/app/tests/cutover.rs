//! The story of docs/cutover.md on the demo organisation, by the keys that it names: a conflict, another
//! time for who should yield, gates green, the runbook live, no region behind.

use chrono::TimeZone;
use chrono_tz::Tz;

use super::*;
use crate::{
    domain::{Deployment, DeploymentState, EnvironmentId, Policy, SourceHealth, Text, Window, World},
    insight::{
        DriftStanding, EnvironmentsView, Learned, ScheduleProblemKind, Study, Verdict, board::Completeness,
    },
    source::demo::{DemoSettings, Organisation, accepted_drift, facts},
};

/// A day of November and a time.
fn on(day: u32, hour: u32, minute: u32) -> crate::domain::Instant {
    chrono::Utc.with_ymd_and_hms(2026, 11, day, hour, minute, 0).unwrap()
}

/// The demo, and what its plan says otherwise since somebody moved a deployment.
struct Played {
    organisation: Organisation,
    moved: Option<(ReleaseId, EnvironmentId, Window)>,
}

impl Played {
    fn board(&self, at: crate::domain::Instant) -> Arc<Board> {
        let source = SourceId::new("demo");
        let mut world = World::union([(&source, &facts(&self.organisation, at))]);
        if let Some((release, environment, window)) = &self.moved {
            let is_it =
                |of: Option<&ReleaseId>, place: &EnvironmentId| of == Some(release) && place == environment;
            for one in &mut world.deployments {
                if is_it(one.release.as_ref(), &one.environment) && !one.state.is_over() {
                    Arc::make_mut(one).window = *window;
                }
            }
            for one in &mut world.bookings {
                if is_it(one.release.as_ref(), &one.environment) && one.window.until > at {
                    Arc::make_mut(one).window = *window;
                }
            }
        }
        let mut health = SourceHealth::starting(source);
        (health.answered_at, health.stale_from) = (Some(at), Some(at + Duration::hours(1)));
        let policy = Policy { accepted_drift: accepted_drift(), ..Policy::default() };
        let board = Board::derive(
            Text::new("demo"),
            Arc::new(world),
            vec![health].into(),
            Arc::new(policy),
            &Learned::default(),
            Completeness::Whole,
            at,
        );
        Arc::new(board)
    }

    /// Time goes on to `at`.
    fn go_to(&self, state: &mut State, at: crate::domain::Instant) {
        let board = self.board(at);
        update(state, Event::Board(Arc::clone(&board)), at);
        let (insight, study) = (Arc::clone(&board.insight), Arc::new(Study::of(&board)));
        update(state, Event::Studied { insight: Arc::clone(&insight), study }, at);
        let environments = Arc::new(EnvironmentsView::of(&board));
        update(state, Event::Surveyed { insight, environments }, at);
    }
}

fn keys(state: &mut State, at: crate::domain::Instant, keys: &str) {
    for key in keys.split_whitespace() {
        let key: Key = key.parse().unwrap();
        update(state, Event::Key(key.into()), at);
    }
}

/// The deployment of payments 4.2 to a region, as the board that is shown has it.
fn row(state: &State, environment: &str) -> crate::insight::DeploymentRow {
    let rows = state.board.insight.schedule.deployments.iter();
    let mut found = rows.filter(|row| {
        let Deployment { release, environment: place, .. } = &*row.deployment;
        *release == Some(payments()) && place.as_str() == environment
    });
    found.next_back().unwrap().clone()
}

/// How many differences of payments are not the newest version.
fn behind(state: &State) -> Vec<String> {
    let drift = &state.environments.view.as_ref().unwrap().drift;
    let payments = drift.components.iter().find(|row| &*row.component == "payments").unwrap();
    let cells = payments.cells.iter().flatten();
    cells
        .filter(|cell| cell.standing != DriftStanding::Newest)
        .map(|cell| cell.environment.to_string())
        .collect()
}

#[test]
fn a_cutover_from_the_conflict_to_the_end() {
    let sunday = on(22, 9, 30);
    let mut played =
        Played { organisation: Organisation::new(&DemoSettings::opened(sunday, Tz::UTC)), moved: None };
    let mut state = State::new(played.board(sunday), Options::default(), sunday);
    played.go_to(&mut state, sunday);

    // Sunday: two want production/eu on Wednesday afternoon, and the board says who should yield.
    keys(&mut state, sunday, "3");
    assert_eq!(state.tab, Tab::Schedule);
    let ours = row(&state, "production/eu");
    let conflict = ours.problems.iter().find(|problem| problem.kind == ScheduleProblemKind::Conflict);
    assert!(conflict.unwrap().what.contains("ledger 1.8"), "{:?}", ours.problems);
    keys(&mut state, sunday, "4");
    assert_eq!(state.tab, Tab::Environments);
    let view = Arc::clone(state.environments.view.as_ref().unwrap());
    let eu = EnvironmentId::new("production/eu");
    let conflict = view.conflicts_of(&eu).next().unwrap();
    let suggestion = conflict.suggestion.as_ref().unwrap();
    // payments booked for its own deployment: it is due, and ledger is far from ready.
    assert_eq!((&*suggestion.yields, &*suggestion.keeps), ("ledger 1.8", "payments 4.2"));
    let to = suggestion.move_to.unwrap();
    let frozen = &view.environment(&eu).unwrap().frozen;
    assert!(!frozen.is_empty() && frozen.iter().all(|frozen| !frozen.window.overlaps(&to)), "{to:?}");
    keys(&mut state, sunday, "b");
    assert_eq!(state.environments.picture, EnvironmentsPicture::Drift);
    assert_eq!(behind(&state), ["production/eu", "production/us"]);
    let cells = view.drift.components.iter().flat_map(|row| row.cells.iter().flatten());
    let keys_differ: usize = cells
        .filter(|cell| cell.release.as_str() == "payments 4.1")
        .filter_map(|cell| Some(cell.configuration.as_ref()?.unaccepted()))
        .sum();
    assert_eq!(keys_differ, 3, "a limit is missing in both regions, and one retries more often");

    // Friday at four is in a freeze.
    keys(&mut state, sunday, "3");
    state.list_mut(ListId::Schedule).selected = Some(Subject::Deployment(ours.deployment.id.clone()));
    state.arrange(ListId::Schedule);
    keys(&mut state, sunday, ":");
    for character in "when Fri 16:00".chars() {
        update(&mut state, Event::Key(crossterm::event::KeyCode::Char(character).into()), sunday);
    }
    keys(&mut state, sunday, "enter");
    let (asked, answer) = state.can_go.clone().unwrap();
    assert_eq!((asked, answer.window.from), (ours.deployment.id.clone(), on(27, 16, 0)));
    assert!(answer.against.iter().any(|problem| problem.kind == ScheduleProblemKind::Freeze), "{answer:?}");
    keys(&mut state, sunday, "esc");

    // Somebody moves ledger to where it fits.
    let release = ReleaseId::of("ledger", "1.8");
    played.moved = Some((release, eu.clone(), to));
    played.go_to(&mut state, sunday);
    let problems = row(&state, "production/eu").problems;
    assert!(problems.iter().all(|problem| problem.kind != ScheduleProblemKind::Conflict), "{problems:?}");
    assert_eq!(state.environments.view.as_ref().unwrap().conflicts_of(&eu).count(), 0);

    // Wednesday, ten minutes before: go.
    let ten_before = on(25, 13, 50);
    played.go_to(&mut state, ten_before);
    keys(&mut state, ten_before, "1");
    let release = state.board.release(&payments()).unwrap();
    assert_eq!(release.verdict, Verdict::Go, "{:?}", release.gates);
    assert_eq!(row(&state, "production/eu").deployment.state, DeploymentState::Approved);

    // The runbook is live.
    let live = on(25, 14, 25);
    played.go_to(&mut state, live);
    keys(&mut state, live, "3");
    let running = row(&state, "production/eu");
    assert_eq!(running.deployment.state, DeploymentState::Running);
    assert!(running.projected_end.is_some_and(|end| end > live && end < running.deployment.window.until));
    assert!(running.runbook.as_ref().unwrap().point_of_no_return.is_some());
    let done = running.deployment.activities.iter().filter(|activity| activity.finished_at.is_some()).count();
    assert!(done > 0 && done < running.deployment.activities.len());

    // Wednesday evening one region is left, on Thursday none.
    let evening = on(25, 15, 30);
    played.go_to(&mut state, evening);
    assert_eq!(row(&state, "production/eu").deployment.state, DeploymentState::Succeeded);
    assert_eq!(behind(&state), ["production/us"]);
    let thursday = on(26, 15, 30);
    played.go_to(&mut state, thursday);
    assert_eq!(behind(&state), [""; 0]);
    let cells = &state.environments.view.as_ref().unwrap().drift.components;
    let payments = cells.iter().find(|row| &*row.component == "payments").unwrap();
    assert!(
        payments.cells.iter().flatten().all(|cell| {
            cell.configuration.as_ref().is_none_or(|configuration| configuration.unaccepted() == 0)
        }),
        "no key is another one either"
    );
}

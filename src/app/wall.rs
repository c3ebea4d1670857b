//! The wall: what is at the front of a board that nobody touches.
//!
//! Panels take turns by the clock. What newly turned red comes to the front, and stays there
//! until it is green again or somebody acknowledged it at another board. All of it follows from
//! the boards that came and from now.

use std::collections::BTreeMap;

use chrono::{Duration, DurationRound};
use crossterm::event::KeyEvent;

use crate::{
    config::{WallConfig, WallPanel},
    domain::{
        DeploymentId, DeploymentState, Instant, Kind, ReleaseId, SourceId, Text, TriageEntry, TriageKind,
        TriageSubject, Wake,
    },
    insight::{
        Board, Completeness, DeploymentRow, GateAnswer, GateName, Outlook, PullRequestRow, StoryRow,
        is_ahead, words,
    },
};

use super::{Command, Context, Effect, Key, State};

/// Reds that are shown at most; beyond it the oldest goes.
const MOST_ALARMS: usize = 20;

/// A wall: what came to it so far.
#[derive(Clone, Debug)]
pub struct Wall {
    /// No key does anything.
    pub locked: bool,
    /// The card that is at the front is asked for.
    pub(super) studies: bool,
    settings: WallConfig,
    began: Instant,
    /// Rounds that were answered since it began.
    beats: u64,
    beat_at: Option<Instant>,
    answered: BTreeMap<SourceId, Instant>,
    /// How everything stood when it was known last: 0 is green.
    known: BTreeMap<Red, u8>,
    alarms: Vec<Alarm>,
}

/// How a wall begins.
#[derive(Clone, Debug, Default)]
pub struct WallOptions {
    /// No key does anything.
    pub locked: bool,
    /// What it shows, and for how long.
    pub settings: WallConfig,
}

/// Something that can turn red.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Red {
    /// A gate of a release.
    Gate(ReleaseId, GateName),
    /// The outlook of a release.
    Outlook(ReleaseId),
    /// A deployment.
    Deployment(DeploymentId),
}

/// Something that newly turned red.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What.
    pub red: Red,
    /// Since when.
    pub since: Instant,
    /// What it is called: `payments 4.2 Tests passing`.
    pub name: Text,
    /// How it stands: `no-go 97.1 %, needs min 99 %`.
    pub what: Text,
    /// How it stood before: when it is as good again, it is over.
    before: u8,
}

/// What is at the front of a wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// What newly turned red.
    Alarms,
    /// A panel, whose turn it is.
    Panel(WallPanel),
    /// There is nothing to show.
    Nothing,
}

/// How something stands now.
struct Standing {
    red: Red,
    /// 0 is green; none where nobody can tell.
    rank: Option<u8>,
    name: Text,
    what: Text,
    /// When it came to stand so, where that is known by itself.
    ended: Option<Instant>,
}

impl Wall {
    pub(super) fn new(options: WallOptions, board: &Board, now: Instant) -> Self {
        let mut wall = Self {
            locked: options.locked,
            studies: false,
            settings: options.settings,
            // Turns are on full seconds, as everything else that the clock changes.
            began: now.duration_trunc(Duration::seconds(1)).unwrap_or(now),
            beats: 0,
            beat_at: None,
            answered: BTreeMap::new(),
            known: BTreeMap::new(),
            alarms: Vec::new(),
        };
        wall.observe(board);
        wall
    }

    /// Takes a board that came.
    pub(super) fn observe(&mut self, board: &Board) {
        self.listen(board);
        // What only now becomes known was not otherwise before.
        if board.completeness != Completeness::Whole {
            return;
        }
        let standings = standings(board);
        self.alarms.retain_mut(|alarm| {
            let Some(now) = standings.iter().find(|standing| standing.red == alarm.red) else { return false };
            alarm.what.clone_from(&now.what);
            // Nobody knows that it is green.
            now.rank.is_none_or(|rank| rank > alarm.before)
        });
        let mut known = BTreeMap::new();
        for standing in standings {
            let before = self.known.get(&standing.red).copied();
            let Some(rank) = standing.rank else {
                known.extend(before.map(|before| (standing.red, before)));
                continue;
            };
            known.insert(standing.red.clone(), rank);
            // What came and failed between two rounds was never seen green.
            let came_red = standing.ended.is_some_and(|ended| ended >= self.began);
            let before = before.or(came_red.then_some(0));
            if let Some(before) = before.filter(|before| *before < rank) {
                let older = self.alarms.iter().position(|alarm| alarm.red == standing.red);
                let before = older.map_or(before, |older| self.alarms.remove(older).before);
                let Standing { red, name, what, .. } = standing;
                self.alarms.push(Alarm { red, since: board.at, name, what, before });
            }
        }
        self.known = known;
        let surplus = self.alarms.len().saturating_sub(MOST_ALARMS);
        self.alarms.drain(..surplus);
    }

    /// A source that answered since is a beat; a board that was only worked out anew is none.
    fn listen(&mut self, board: &Board) {
        let mut answered = BTreeMap::new();
        for health in board.health.iter().filter(|health| !health.is_own()) {
            let Some(at) = health.answered_at else { continue };
            if self.answered.get(&health.id).is_none_or(|before| *before < at) {
                self.beats += 1;
                self.beat_at = self.beat_at.max(Some(at));
            }
            answered.insert(health.id.clone(), at);
        }
        self.answered = answered;
    }

    /// Rounds that were answered, and when the last one was.
    pub fn heartbeat(&self) -> (u64, Option<Instant>) {
        (self.beats, self.beat_at)
    }

    /// The panel whose turn it is of those that `has` something to show.
    fn turn(&self, has: impl Fn(WallPanel) -> bool, now: Instant) -> Option<WallPanel> {
        let panels: Vec<WallPanel> =
            self.settings.panels.iter().copied().filter(|panel| has(*panel)).collect();
        let turns = self.turns(now);
        // Clocks are set back, too.
        let index = turns.rem_euclid(i64::try_from(panels.len().max(1)).unwrap_or(1));
        panels.get(usize::try_from(index).unwrap_or(0)).copied()
    }

    fn turns(&self, now: Instant) -> i64 {
        (now - self.began).num_seconds().div_euclid(i64::from(self.settings.seconds.max(1)))
    }

    /// When the next panel has its turn.
    fn next_turn(&self, now: Instant) -> Option<Instant> {
        let seconds = (self.turns(now) + 1).checked_mul(i64::from(self.settings.seconds.max(1)))?;
        self.began.checked_add_signed(Duration::try_seconds(seconds)?)
    }
}

impl State {
    /// What newly turned red and nobody has acknowledged since, the newest first.
    pub fn alarms(&self, now: Instant) -> Vec<&Alarm> {
        let alarms = self.wall.iter().flat_map(|wall| wall.alarms.iter().rev());
        let said = self.said.all();
        alarms.filter(|alarm| !said.of(&alarm.red.about()).any(|entry| settles(entry, alarm, now))).collect()
    }

    /// What is at the front of the wall.
    pub fn front(&self, now: Instant) -> Front {
        let Some(wall) = &self.wall else { return Front::Nothing };
        if !self.alarms(now).is_empty() {
            return Front::Alarms;
        }
        wall.turn(|panel| self.has(panel, now), now).map_or(Front::Nothing, Front::Panel)
    }

    fn has(&self, panel: WallPanel, now: Instant) -> bool {
        let release = self.release();
        match panel {
            WallPanel::BurnDown => {
                release.is_some_and(|it| it.burn_down.days.iter().any(|day| day.scope > 0 || day.defects > 0))
            }
            WallPanel::Gates => release.is_some_and(|it| !it.gates.is_empty()),
            WallPanel::PullRequests => self.delayed().next().is_some(),
            WallPanel::Deployments => self.coming(now).next().is_some(),
            WallPanel::Stories => self.worst().next().is_some(),
            WallPanel::Insights => self.board.completeness == Completeness::Whole && release.is_some(),
        }
    }

    /// Open pull requests of the release, most delayed first.
    pub(crate) fn delayed(&self) -> impl Iterator<Item = &PullRequestRow> {
        let rows = self.release().map(|release| release.pull_requests.as_slice()).unwrap_or_default();
        rows.iter().filter(|row| row.pull_request.state == crate::domain::PullRequestState::Open)
    }

    /// Open stories of the release, worst first.
    pub(crate) fn worst(&self) -> impl Iterator<Item = &StoryRow> {
        let rows = self.release().map(|release| release.stories.as_slice()).unwrap_or_default();
        rows.iter().filter(|row| row.open)
    }

    /// Deployments that run or will, the next one first.
    pub(crate) fn coming(&self, now: Instant) -> impl Iterator<Item = &DeploymentRow> {
        let rows = self.board.insight.schedule.deployments.iter();
        rows.filter(move |row| is_ahead(&row.deployment, now))
    }

    /// What the headline rests on and is too old to be believed, in words: `git 14m stale`.
    pub fn stale(&self, now: Instant) -> Vec<String> {
        const BEHIND_THE_OUTLOOK: [Kind; 4] =
            [Kind::Releases, Kind::Stories, Kind::Defects, Kind::PullRequests];
        if self.board.completeness == Completeness::Preview {
            return vec!["from the last visit".to_owned()];
        }
        let covers = &self.board.world.covers;
        let mut rests_on: Vec<&SourceId> =
            BEHIND_THE_OUTLOOK.iter().filter_map(|kind| covers.get(kind)).flatten().collect();
        if let Some(release) = self.release() {
            rests_on.extend(release.gates.iter().flat_map(|gate| &gate.sources));
        }
        rests_on.sort_unstable();
        rests_on.dedup();
        let is_meant =
            |id: &SourceId, is_owner: bool| is_owner || rests_on.is_empty() || rests_on.contains(&id);
        let history = SourceId::history();
        let health = self.board.health.iter().filter(|health| health.id != history);
        let mut said: Vec<String> = health
            .filter(|health| is_meant(&health.id, health.is_own()) && health.is_stale(now))
            .map(|health| match health.answered_at {
                Some(at) => format!("{} {} stale", health.id, words::age(now - at)),
                None => format!("{} has not answered", health.id),
            })
            .collect();
        let is_known = |id: &SourceId| self.board.health.iter().any(|health| health.id == *id);
        said.extend(rests_on.iter().filter(|id| !is_known(id)).map(|id| format!("{id} is not asked")));
        said
    }

    /// Takes the board that came, and sees whether a card is at the front.
    pub(super) fn observe(&mut self, now: Instant) {
        if let Some(wall) = &mut self.wall {
            wall.observe(&self.board);
        }
        self.turn(now);
    }

    /// Sees whether a card is at the front.
    pub(super) fn turn(&mut self, now: Instant) {
        let studies = self.wall.is_some() && self.front(now) == Front::Panel(WallPanel::Insights);
        if let Some(wall) = &mut self.wall {
            wall.studies = studies;
        }
    }

    /// When the wall changes by time alone: another panel has its turn, or a source gets stale.
    pub(super) fn wall_tick(&self, now: Instant) -> Option<Instant> {
        let wall = self.wall.as_ref()?;
        let turns = matches!(self.front(now), Front::Panel(_))
            && wall.settings.panels.iter().filter(|panel| self.has(**panel, now)).count() > 1;
        let turn = turns.then(|| wall.next_turn(now)).flatten();
        let second = Duration::seconds(1);
        // Not in between two seconds: one wake-up for both.
        let stale = self.board.health.iter().filter_map(|health| health.stale_from);
        let stale = stale
            .filter_map(|at| at.duration_trunc(second).ok()?.checked_add_signed(second))
            .filter(|at| *at > now);
        stale.chain(turn).min()
    }
}

/// What a key does on a wall: it ends it, unless it is locked.
pub(super) fn on_key(state: &State, event: KeyEvent, effects: &mut Vec<Effect>) {
    let is_locked = state.wall.as_ref().is_some_and(|wall| wall.locked);
    let command = state.keys.command(Context::Global, Key::from(event));
    if !is_locked && matches!(command, Some(Command::Quit | Command::QuitNow)) {
        effects.push(Effect::Quit);
    }
}

impl Red {
    fn about(&self) -> TriageSubject {
        match self {
            Self::Gate(release, gate) => TriageSubject::Gate(release.clone(), Text::new(gate.key())),
            Self::Outlook(release) => TriageSubject::Release(release.clone()),
            Self::Deployment(id) => TriageSubject::Deployment(id.clone()),
        }
    }
}

/// Somebody said since that it was seen, or put it off. What was said before was of another time.
fn settles(entry: &TriageEntry, alarm: &Alarm, now: Instant) -> bool {
    entry.at >= alarm.since
        && match &entry.kind {
            TriageKind::Acknowledged => true,
            TriageKind::Snoozed(Wake::At(until)) => *until > now,
            TriageKind::Snoozed(Wake::Change(_) | Wake::Event(..))
            | TriageKind::Note
            | TriageKind::Started
            | TriageKind::Finished
            | TriageKind::Watched => false,
        }
}

/// How everything stands that can turn red: gates and outlooks of what is not out, deployments.
fn standings(board: &Board) -> Vec<Standing> {
    let mut standings = Vec::new();
    for insight in board.insight.releases.iter().filter(|insight| insight.release.released_at.is_none()) {
        let id = &insight.release.id;
        for gate in &insight.gates {
            let rank = match gate.answer {
                GateAnswer::Go | GateAnswer::NotNeeded => Some(0),
                GateAnswer::NoGo => Some(3),
                GateAnswer::Unknown => None,
            };
            standings.push(Standing {
                red: Red::Gate(id.clone(), gate.name.clone()),
                rank,
                name: Text::new(format!("{id} {}", gate.name.title())),
                what: Text::new(format!("{} {}, needs {}", gate.answer.word(), gate.measured, gate.needed)),
                ended: None,
            });
        }
        let rank = match insight.outlook {
            Outlook::OnTrack | Outlook::Released => Some(0),
            Outlook::AtRisk => Some(2),
            Outlook::Late => Some(3),
            Outlook::Unknown => None,
        };
        standings.push(Standing {
            red: Red::Outlook(id.clone()),
            rank,
            name: Text::new(format!("{id} outlook")),
            what: Text::new(insight.outlook.word()),
            ended: None,
        });
    }
    let rows = &board.insight.schedule.deployments;
    for row in rows {
        let deployment = &row.deployment;
        let is_red = matches!(deployment.state, DeploymentState::Failed | DeploymentState::RolledBack);
        let is_over = is_red && rows.iter().any(|other| is_mended(board, row, other));
        let what = deployment.release.as_ref().map_or(deployment.id.as_str(), ReleaseId::as_str);
        standings.push(Standing {
            red: Red::Deployment(deployment.id.clone()),
            rank: Some(if is_red && !is_over { 3 } else { 0 }),
            name: Text::new(format!("{what} to {}", deployment.environment)),
            what: Text::new(deployment.state.word()),
            ended: deployment.finished_at,
        });
    }
    standings
}

/// Whether a later deployment of the same project to the same place went well.
fn is_mended(board: &Board, failed: &DeploymentRow, other: &DeploymentRow) -> bool {
    let (failed, other) = (&failed.deployment, &other.deployment);
    let ended = |one: &crate::domain::Deployment| one.finished_at.unwrap_or(one.window.until);
    let project =
        |one: &crate::domain::Deployment| Some(board.release(one.release.as_ref()?)?.release.project.clone());
    other.state == DeploymentState::Succeeded
        && other.environment == failed.environment
        && ended(other) > ended(failed)
        && (other.release == failed.release
            || (project(other).is_some() && project(other) == project(failed)))
}

#[cfg(test)]
mod tests;

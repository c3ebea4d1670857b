//! What is worth telling somebody who does not look: decided from two boards, nothing else.

use std::sync::Arc;

use chrono::Timelike as _;

use crate::{
    config::NotifyConfig,
    domain::{Instant, Text, Triage, TriageEntry, TriageKind, TriageSubject, Wake},
    insight::{Board, ChangeGroup, Changes, Completeness, PullRequestRow, Subject},
};

use super::{
    Effect, State,
    triage::{about, pull_request_stands},
};

/// What is told, and when not.
pub type NotifySettings = NotifyConfig;

/// Notices told one by one; of more only the number.
const MOST: usize = 3;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// The same for the same event on every board of a user.
    pub key: String,
    /// In few words: `payments 4.2: no-go`.
    pub title: Text,
    /// What of it.
    pub text: Text,
}

/// Two boards, and all else that decides what is told of their difference.
#[derive(Clone, Debug)]
pub struct Considered {
    /// The board before.
    pub before: Arc<Board>,
    /// The board now.
    pub after: Arc<Board>,
    /// What is told.
    pub settings: Arc<NotifySettings>,
    /// What people said.
    pub triage: Arc<Triage>,
    /// Who looks: the user.
    pub user: Text,
    /// Another process asks the sources: their accounts are not those of who looks.
    pub is_viewer: bool,
    /// When the user left the board last.
    pub last_visit: Option<Instant>,
}

/// What to find out about a board that just came; nothing while somebody looks.
pub(super) fn consider(state: &State, board: &Arc<Board>) -> Option<Effect> {
    let settings = &state.desk.notify;
    let before = state.newest();
    let whole = |board: &Board| board.completeness == Completeness::Whole;
    // A wall is nobody's: what it told, nobody would be told at a desk.
    let is_worth = state.wall.is_none()
        && (settings.red || settings.me || settings.verdict)
        && state.desk.is_looked_at != Some(true)
        && !Arc::ptr_eq(&before.insight, &board.insight)
        // What only now becomes known was not otherwise before.
        && whole(before)
        && whole(board);
    is_worth.then(|| {
        Effect::ConsiderNotices(Box::new(Considered {
            before: Arc::clone(before),
            after: Arc::clone(board),
            settings: Arc::clone(settings),
            triage: state.said.all(),
            user: state.said.user.clone(),
            is_viewer: state.operations.is_viewer,
            last_visit: state.comparison.last_visit,
        }))
    })
}

/// What is to be told at `now`.
pub fn notices(considered: &Considered, now: Instant) -> Vec<NewNotice> {
    let Considered { before, after, settings, .. } = considered;
    if is_quiet(considered, now) {
        return Vec::new();
    }
    let mut notices = Vec::new();
    if settings.verdict {
        for release in &after.insight.releases {
            let id = &release.release.id;
            let was = before.release(id).map(|before| before.verdict);
            let is_seen = is_settled(considered, &TriageSubject::Release(id.clone()), now);
            if let Some(was) = was.filter(|was| *was != release.verdict && !is_seen) {
                notices.push(NewNotice {
                    key: format!("verdict {id} {}", release.verdict.word()),
                    title: Text::new(format!("{id}: {}", release.verdict.word())),
                    text: Text::new(format!("was {}", was.word())),
                });
            }
        }
    }
    if settings.me {
        for (row, told) in needing(considered) {
            let subject = TriageSubject::PullRequest(row.pull_request.id.clone());
            if !is_settled(considered, &subject, now) {
                notices.push(told);
            }
        }
    }
    let mut changes = None;
    if settings.me && considered.triage.entries.iter().any(|entry| is_watched(entry, considered)) {
        let changes = changes.get_or_insert_with(|| Changes::between(before, after));
        for change in &changes.changes {
            let about = about(&change.subject, change.release.as_ref());
            let is_told = settings.red && change.group == ChangeGroup::TurnedRed;
            let Some(about) = about.filter(|_| !is_told) else { continue };
            let is_mine = considered.triage.of(&about).any(|entry| is_watched(entry, considered));
            if is_mine && !is_settled(considered, &about, now) {
                let at = change.at.map(|at| at.to_rfc3339()).unwrap_or_default();
                notices.push(NewNotice {
                    key: format!("watched {:?} {} {at}", change.subject, change.what),
                    title: Text::new(format!("{} (watched)", change.name)),
                    text: change.what.clone(),
                });
            }
        }
    }
    if settings.red {
        let changes = changes.get_or_insert_with(|| Changes::between(before, after));
        for change in changes.of(ChangeGroup::TurnedRed) {
            let is_verdict = matches!(change.subject, Subject::Headline | Subject::Release(_));
            let about = about(&change.subject, change.release.as_ref());
            let is_seen = about.is_some_and(|about| is_settled(considered, &about, now))
                || matches!((change.at, considered.last_visit), (Some(at), Some(visit)) if at <= visit);
            if is_seen || (is_verdict && settings.verdict) {
                continue;
            }
            let release = change.release.as_ref().map(|release| format!(" ({release})")).unwrap_or_default();
            let at = change.at.map(|at| at.to_rfc3339()).unwrap_or_default();
            notices.push(NewNotice {
                key: format!("red {:?} {release} {} {at}", change.subject, change.what),
                title: Text::new(change.called()),
                text: change.what.clone(),
            });
        }
    }
    notices
}

/// What is told of `notices`: the first ones, and how many more there are.
pub fn in_short(mut notices: Vec<NewNotice>) -> Vec<NewNotice> {
    if notices.len() > MOST {
        let more = notices.len() - (MOST - 1);
        notices.truncate(MOST - 1);
        notices.push(NewNotice {
            key: String::new(),
            title: Text::new(format!("{more} more")),
            text: Text::new("they are on the tab Changes"),
        });
    }
    notices
}

/// Pull requests whose next step became the user's.
fn needing(considered: &Considered) -> Vec<(&PullRequestRow, NewNotice)> {
    let Considered { before, after, user, is_viewer, .. } = considered;
    let accounts = after.health.iter().filter(|_| !is_viewer).filter_map(|health| health.account.as_ref());
    let mine: Vec<&Text> = accounts.chain([user]).filter(|name| !name.is_empty()).collect();
    let needs = |row: &PullRequestRow| {
        row.next.who.iter().any(|who| mine.iter().any(|name| who.eq_ignore_ascii_case(name)))
    };
    let rows = |board: &'_ Arc<Board>| -> Vec<PullRequestRow> {
        let of_releases = board.insight.releases.iter().flat_map(|release| &release.pull_requests);
        of_releases.chain(&board.insight.unassigned).filter(|row| needs(row)).cloned().collect()
    };
    let known: Vec<_> =
        rows(before).into_iter().map(|row| (row.pull_request.id.clone(), row.next.action)).collect();
    let of_releases = after.insight.releases.iter().flat_map(|release| &release.pull_requests);
    let mut found: Vec<(&PullRequestRow, NewNotice)> = Vec::new();
    for row in of_releases.chain(&after.insight.unassigned).filter(|row| needs(row)) {
        let id = &row.pull_request.id;
        let is_known = known.iter().any(|(known, action)| known == id && *action == row.next.action)
            || found.iter().any(|(other, _)| other.pull_request.id == *id);
        if !is_known {
            let told = NewNotice {
                key: format!("me {id} {}", row.next.action),
                title: Text::new(format!("{id}: {}", row.next.action)),
                text: row.pull_request.title.clone(),
            };
            found.push((row, told));
        }
    }
    found
}

/// The user watches what it is about.
fn is_watched(entry: &TriageEntry, considered: &Considered) -> bool {
    entry.kind == TriageKind::Watched && entry.who == considered.user
}

/// Somebody said that it was seen, or put it off.
fn is_settled(considered: &Considered, subject: &TriageSubject, now: Instant) -> bool {
    considered.triage.of(subject).any(|entry| match &entry.kind {
        TriageKind::Acknowledged => true,
        TriageKind::Snoozed(Wake::At(until)) => *until > now,
        // It did not happen yet.
        TriageKind::Snoozed(Wake::Event(event, was)) => pull_request(&considered.after, subject)
            .and_then(|row| pull_request_stands(row, Some(*event)))
            .is_some_and(|is| is == *was),
        // It changed.
        TriageKind::Snoozed(Wake::Change(_))
        | TriageKind::Note
        | TriageKind::Watched
        | TriageKind::Started
        | TriageKind::Finished => false,
    })
}

fn pull_request<'a>(board: &'a Board, subject: &TriageSubject) -> Option<&'a PullRequestRow> {
    let TriageSubject::PullRequest(id) = subject else { return None };
    let of_releases = board.insight.releases.iter().flat_map(|release| &release.pull_requests);
    of_releases.chain(&board.insight.unassigned).find(|row| row.pull_request.id == *id)
}

fn is_quiet(considered: &Considered, now: Instant) -> bool {
    let Some((from, until)) = considered.settings.quiet else { return false };
    let local = now.with_timezone(&considered.after.policy.calendar.zone);
    let minute = local.hour() * 60 + local.minute();
    if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{
        app::fixture::{board, board_with, now, payments},
        insight::{GateAnswer, Verdict},
    };

    /// From a payments 4.2 that is go to what it is now.
    fn considered() -> Considered {
        let before = board_with(|release| {
            release.verdict = Verdict::Go;
            release.gates[0].answer = GateAnswer::Go;
            release.pull_requests[0].next.who.clear();
        });
        let after = board();
        let user = after.release(&payments()).unwrap().pull_requests[0].next.who[0].clone();
        Considered {
            before: Arc::new(before),
            after: Arc::new(after),
            settings: Arc::new(NotifyConfig {
                red: true,
                me: true,
                verdict: true,
                ..NotifyConfig::default()
            }),
            triage: Arc::default(),
            user,
            is_viewer: false,
            last_visit: None,
        }
    }

    fn titles(considered: &Considered) -> Vec<String> {
        notices(considered, now()).into_iter().map(|notice| notice.title.to_string()).collect()
    }

    #[test]
    fn what_became_worse_or_mine_is_told_once_and_by_name() {
        let all = considered();
        let told = titles(&all);
        assert_eq!(told[0], "payments 4.2: no-go");
        assert!(told[1].starts_with("api#812: "), "{told:?}");
        assert!(told[2].contains("(payments 4.2)"), "{told:?}");
        let keys: std::collections::BTreeSet<_> =
            notices(&all, now()).into_iter().map(|told| told.key).collect();
        assert_eq!(keys.len(), told.len(), "each has a key of its own");
        assert!(titles(&Considered { before: Arc::clone(&all.after), ..all.clone() }).is_empty(), "no news");
        for (settings, count) in [
            (NotifyConfig { verdict: true, ..NotifyConfig::default() }, 1),
            (NotifyConfig { me: true, ..NotifyConfig::default() }, 1),
            (NotifyConfig::default(), 0),
        ] {
            let considered = Considered { settings: Arc::new(settings), ..all.clone() };
            assert_eq!(titles(&considered).len(), count);
        }
    }

    #[test]
    fn what_was_seen_or_put_off_is_not_told() {
        let said = |kind: TriageKind| {
            let subject = TriageSubject::Release(payments());
            let entry = TriageEntry { subject, kind, who: "ana".into(), at: now(), text: Text::default() };
            Considered { triage: Arc::new(Triage { entries: vec![entry] }), ..considered() }
        };
        for (kind, told) in [
            (TriageKind::Acknowledged, false),
            (TriageKind::Snoozed(Wake::At(now() + Duration::hours(1))), false),
            (TriageKind::Snoozed(Wake::At(now() - Duration::hours(1))), true),
            (TriageKind::Snoozed(Wake::Change("go".into())), true),
            (TriageKind::Note, true),
        ] {
            let titles = titles(&said(kind.clone()));
            assert_eq!(titles.contains(&"payments 4.2: no-go".to_owned()), told, "{kind:?}");
        }
    }

    #[test]
    fn what_changes_on_a_watched_row_is_for_who_watches_it() {
        let all = considered();
        let settings = Arc::new(NotifyConfig { me: true, ..NotifyConfig::default() });
        let watched_by = |who: &Text| {
            let gate = &all.after.release(&payments()).unwrap().gates[0];
            let entry = TriageEntry {
                subject: TriageSubject::Gate(payments(), Text::new(gate.name.key())),
                kind: TriageKind::Watched,
                who: who.clone(),
                at: now(),
                text: Text::default(),
            };
            let triage = Arc::new(Triage { entries: vec![entry] });
            titles(&Considered { triage, settings: Arc::clone(&settings), ..all.clone() })
        };
        let is_told = |titles: &[String]| titles.iter().any(|title| title.ends_with("(watched)"));
        assert!(is_told(&watched_by(&all.user)));
        assert!(!is_told(&watched_by(&Text::new("somebody else"))));
    }

    #[test]
    fn nothing_is_told_in_quiet_hours() {
        // It is 09:24 in Berlin.
        for (quiet, told) in [
            (Some((22 * 60, 7 * 60)), true),
            (Some((22 * 60, 9 * 60 + 25)), false),
            (Some((9 * 60, 10 * 60)), false),
            (Some((10 * 60, 9 * 60)), true),
            (Some((9 * 60 + 24, 9 * 60 + 24)), true),
            (None, true),
        ] {
            let settings = Arc::new(NotifyConfig { quiet, verdict: true, ..NotifyConfig::default() });
            assert_eq!(!titles(&Considered { settings, ..considered() }).is_empty(), told, "{quiet:?}");
        }
    }

    #[test]
    fn many_are_told_in_short() {
        let notice = |number: usize| NewNotice {
            key: number.to_string(),
            title: Text::new(number.to_string()),
            text: Text::default(),
        };
        assert_eq!(in_short((0..3).map(notice).collect()).len(), 3);
        let told = in_short((0..8).map(notice).collect());
        assert_eq!(told.len(), 3);
        assert_eq!(told[2].title.as_str(), "6 more");
    }
}

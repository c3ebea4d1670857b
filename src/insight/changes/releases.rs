//! Releases: verdict, outlook, gates, target, forecast, and who waits for them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use super::{Change, ChangeGroup, Concerned, Pair, arrow};
use crate::{
    domain::{Kind, ReleaseId, Text},
    insight::{ForecastDate, ForecastView, GateAnswer, Outlook, ReleaseInsight, Subject, Verdict},
};

/// A forecast moves a little with every day: less than this is no news.
const FORECAST_MOVES: Duration = Duration::days(1);

pub(super) fn changes(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    for after in &pair.after.insight.releases {
        match pair.before.release(&after.release.id) {
            Some(before) => compare(pair, before, after, changes),
            None if pair.was_observed(Kind::Releases) => {
                let what = match after.release.target {
                    Some(target) if !target.estimated => format!("target {}", pair.day(target.at)),
                    _ => "without a target".to_owned(),
                };
                changes.push(change(ChangeGroup::Added, after, Subject::Release, Text::new(what)));
            }
            None => {
                // It went out in the meantime, as its own date says.
                let went_out = pair.within(after.release.released_at);
                changes.extend(went_out.map(|at| Change {
                    at: Some(at),
                    rebuilt: true,
                    ..change(ChangeGroup::Done, after, Subject::Release, "released".into())
                }));
            }
        }
    }
    if pair.is_observed(Kind::Releases) {
        for before in &pair.before.insight.releases {
            if pair.after.release(&before.release.id).is_none() {
                let what = "no source knows it any more".into();
                changes.push(change(ChangeGroup::Removed, before, Subject::Release, what));
            }
        }
    }
}

fn compare(pair: &Pair<'_>, before: &ReleaseInsight, after: &ReleaseInsight, changes: &mut Vec<Change>) {
    let went_out = before.release.released_at.is_none() && after.release.released_at.is_some();
    if went_out {
        changes.push(Change {
            at: pair.within(after.release.released_at),
            ..change(ChangeGroup::Done, after, Subject::Release, "released".into())
        });
    }
    // Of what is out, the gates ask nothing any more.
    if after.release.released_at.is_none() {
        headline(before, after, changes);
        gates(before, after, changes);
        forecast(pair, before, after, changes);
    }
    target(pair, before, after, changes);
}

fn headline(before: &ReleaseInsight, after: &ReleaseInsight, changes: &mut Vec<Change>) {
    let verdict = ChangeGroup::by_rank(verdict_rank(before.verdict), verdict_rank(after.verdict));
    if let Some(group) = verdict {
        let what = arrow(format!("verdict {}", before.verdict.word()), after.verdict.word());
        changes.push(change(group, after, |_| Subject::Headline, what));
    }
    let outlook = ChangeGroup::by_rank(outlook_rank(before.outlook), outlook_rank(after.outlook));
    if let Some(group) = outlook {
        let what = arrow(format!("outlook {}", before.outlook.word()), after.outlook.word());
        changes.push(change(group, after, |_| Subject::Headline, what));
    }
}

fn gates(before: &ReleaseInsight, after: &ReleaseInsight, changes: &mut Vec<Change>) {
    for gate in &after.gates {
        let Some(was) = before.gates.iter().find(|was| was.name == gate.name) else { continue };
        let Some(group) = gate_group(was.answer, gate.answer) else { continue };
        let measured = if gate.measured.is_empty() { &gate.needed } else { &gate.measured };
        let what = Text::new(format!(
            "{}: {} → {}{}{measured}",
            gate.name.title(),
            was.answer.word(),
            gate.answer.word(),
            if measured.is_empty() { "" } else { ", " },
        ));
        changes.push(change(group, after, |_| Subject::Gate(gate.name.clone()), what));
    }
}

fn forecast(pair: &Pair<'_>, before: &ReleaseInsight, after: &ReleaseInsight, changes: &mut Vec<Change>) {
    let (ForecastView::Dates { p85: was, .. }, ForecastView::Dates { p85: is, .. }) =
        (&before.forecast, &after.forecast)
    else {
        return;
    };
    let group = match (was.at(), is.at()) {
        (Some(was), Some(is)) => ChangeGroup::by_date(was, is, FORECAST_MOVES),
        (Some(_), None) => Some(ChangeGroup::Slipped),
        (None, Some(_)) => Some(ChangeGroup::Moved),
        (None, None) => None,
    };
    if let Some(group) = group {
        let said = |date: &ForecastDate| date.said(|at| pair.day(at));
        let what = arrow(format!("85 % sure by {}", said(was)), said(is));
        changes.push(change(group, after, |_| Subject::BurnDown, what));
    }
}

fn target(pair: &Pair<'_>, before: &ReleaseInsight, after: &ReleaseInsight, changes: &mut Vec<Change>) {
    let promised = |release: &ReleaseInsight| release.release.target.filter(|target| !target.estimated);
    let (group, what) = match (promised(before), promised(after)) {
        (Some(was), Some(is)) => {
            let Some(group) = ChangeGroup::by_date(was.at, is.at, Duration::zero()) else { return };
            (group, arrow(format!("target {}", pair.day_and_time(was.at)), pair.day_and_time(is.at)))
        }
        (Some(was), None) => {
            (ChangeGroup::Slipped, arrow(format!("target {}", pair.day_and_time(was.at)), "none"))
        }
        (None, Some(is)) => (ChangeGroup::Moved, arrow("no target", pair.day_and_time(is.at))),
        (None, None) => return,
    };
    changes.push(change(group, after, Subject::Release, what));
}

fn change(
    group: ChangeGroup,
    insight: &ReleaseInsight,
    subject: impl FnOnce(ReleaseId) -> Subject,
    what: Text,
) -> Change {
    let release = &insight.release;
    Change {
        group,
        subject: subject(release.id.clone()),
        release: Some(release.id.clone()),
        name: release.id.text().clone(),
        what,
        who: release.owner.clone(),
        at: None,
        url: release.url.clone(),
        rebuilt: false,
    }
}

/// Releases that depend on one whose target or scope is another now, and are not out yet.
pub(super) fn concerned(pair: &Pair<'_>, changes: &[Change]) -> Vec<Concerned> {
    let mut moved: BTreeMap<&ReleaseId, BTreeSet<&str>> = BTreeMap::new();
    for change in changes {
        let what = match (&change.subject, change.group) {
            (Subject::Release(_), ChangeGroup::Slipped | ChangeGroup::Moved) => "target",
            (Subject::Story(_), ChangeGroup::Added | ChangeGroup::Removed) => "scope",
            _ => continue,
        };
        if let Some(release) = &change.release {
            moved.entry(release).or_default().insert(what);
        }
    }
    let mut concerned = Vec::new();
    for waiting in &pair.after.insight.releases {
        let waiting = &waiting.release;
        for depended in waiting.depends_on.iter().filter(|_| waiting.released_at.is_none()) {
            let Some(what) = moved.get(depended) else { continue };
            concerned.push(Concerned {
                release: waiting.id.clone(),
                owner: waiting.owner.clone(),
                because_of: depended.clone(),
                what: Text::new(what.iter().copied().collect::<Vec<_>>().join(", ")),
            });
        }
    }
    concerned
}

fn verdict_rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Go => 0,
        Verdict::Unknown => 1,
        Verdict::NoGo => 2,
    }
}

fn outlook_rank(outlook: Outlook) -> u8 {
    match outlook {
        Outlook::OnTrack | Outlook::Released => 0,
        Outlook::Unknown => 1,
        Outlook::AtRisk => 2,
        Outlook::Late => 3,
    }
}

/// What nobody asks any more is neither better nor worse.
fn gate_group(before: GateAnswer, after: GateAnswer) -> Option<ChangeGroup> {
    use GateAnswer::{Go, NoGo, NotNeeded, Unknown};
    match (before, after) {
        (before, after) if before == after => None,
        (_, NoGo) | (Go | NotNeeded, Unknown) => Some(ChangeGroup::TurnedRed),
        (NoGo | Unknown, Go) => Some(ChangeGroup::TurnedGreen),
        _ => Some(ChangeGroup::Moved),
    }
}

//! Builds: branches that turned red or green.

use std::collections::HashMap;

use super::{Change, ChangeGroup, Pair};
use crate::{
    domain::{Build, BuildId, CheckOutcome, Text},
    insight::{Subject, words},
};

pub(super) fn changes(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let before: HashMap<&BuildId, &Build> =
        pair.before.world.builds.iter().map(|build| (&build.id, &**build)).collect();
    for is in &pair.after.world.builds {
        let Some(was) = before.get(&is.id) else { continue };
        let group = match (was.outcome(), is.outcome()) {
            (CheckOutcome::Failed, CheckOutcome::Passed) => ChangeGroup::TurnedGreen,
            // Another commit that fails, too, turns nothing.
            (CheckOutcome::Failed, _) => continue,
            (_, CheckOutcome::Failed) => ChangeGroup::TurnedRed,
            _ => continue,
        };
        changes.extend(change(pair, group, is));
    }
}

/// None where it is of no release: then nobody on the board waits for it.
fn change(pair: &Pair<'_>, group: ChangeGroup, build: &Build) -> Option<Change> {
    // Of several releases that it is of the next one to go out.
    let mut releases = pair.after.insight.releases.iter();
    let of = releases.find(|insight| insight.builds.iter().any(|known| known.id == build.id))?;
    Some(Change {
        group,
        subject: Subject::Release(of.release.id.clone()),
        release: Some(of.release.id.clone()),
        name: Text::new(format!("{} of {}", build.branch, build.repository)),
        what: Text::new(format!("{} at {}", words::build_state(build), words::commit(&build.commit))),
        who: None,
        at: pair.within(Some(build.since())),
        url: build.url.clone(),
        rebuilt: false,
    })
}

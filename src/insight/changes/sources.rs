//! Sources: those that fell silent, and those that answer again.

use super::{Change, ChangeGroup, Pair};
use crate::{
    domain::{SourceHealth, Text},
    insight::Subject,
};

pub(super) fn changes(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    for is in pair.after.health.iter().filter(|source| !source.is_own()) {
        let Some(was) = pair.before.health.iter().find(|source| source.id == is.id) else { continue };
        let (silent, now_silent) = (was.is_stale(pair.before.at), is.is_stale(pair.after.at));
        if now_silent && !silent {
            let why = is.failure.as_ref().map_or("no answer", |failure| failure.what.as_str());
            changes.push(change(ChangeGroup::TurnedRed, is, Text::new(format!("stale: {why}"))));
        } else if silent && !now_silent {
            changes.push(change(ChangeGroup::TurnedGreen, is, "answers again".into()));
        }
    }
}

fn change(group: ChangeGroup, source: &SourceHealth, what: Text) -> Change {
    Change {
        group,
        subject: Subject::Source(source.id.clone()),
        release: None,
        name: Text::new(format!("source {}", source.id)),
        what,
        who: None,
        at: None,
        url: None,
        rebuilt: false,
    }
}

//! Which release a person means.

use crate::{
    domain::{Kind, Release, ReleaseId},
    insight::{Board, Completeness},
};

use super::{Failure, complain, status};

/// How many names a message lists.
const LISTED: usize = 12;

/// The release called `name`; none if it may be missing because a source that knows it did not
/// answer, which is said then.
pub(super) fn asked(board: &Board, name: &str) -> Result<Option<ReleaseId>, Failure> {
    match status::named(board, name) {
        Ok(id) => Ok(Some(id)),
        Err(message) if may_be_missing(board) => {
            complain(&format!("cannot tell: {message}, and not every source answered"));
            Ok(None)
        }
        Err(message) => Err(Failure::Usage(message)),
    }
}

/// Whether there may be releases that nobody told of: a source did not answer, or not with all.
pub(super) fn may_be_missing(board: &Board) -> bool {
    board.completeness != Completeness::Whole
        || board.health.iter().any(|source| source.failure.is_some() && !source.is_own())
        || board.world.incomplete().any(|(kind, ..)| kind == Kind::Releases)
}

/// `no release is known`, and whether that says anything.
pub(super) fn none_known(board: &Board, none: &str) -> String {
    if may_be_missing(board) { format!("{none}, and not every source answered") } else { none.to_owned() }
}

/// The release called `name`: by project and version, or by the version alone where only one
/// project has it; letters' case does not matter. Otherwise a message that says what there is.
pub(super) fn find<'a>(
    releases: impl Iterator<Item = &'a Release> + Clone,
    name: &str,
) -> Result<ReleaseId, String> {
    let wanted = name.trim().to_lowercase();
    if let Some(release) = releases.clone().find(|release| release.id.as_str().to_lowercase() == wanted) {
        return Ok(release.id.clone());
    }
    let is_named = |release: &&Release| {
        release.version.to_lowercase() == wanted
            || release.tag.as_ref().is_some_and(|tag| tag.to_lowercase() == wanted)
    };
    let named: Vec<_> = releases.clone().filter(is_named).collect();
    match named.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => {
            let mut known: Vec<_> = releases.map(|release| release.id.as_str()).collect();
            let more = known.len().saturating_sub(LISTED);
            known.truncate(LISTED);
            let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
            Err(match known.as_slice() {
                [] => format!("no release `{name}`: no source knows of any release"),
                known => format!("no release `{name}`; there are: {}{tail}", known.join(", ")),
            })
        }
        several => {
            let choices: Vec<_> = several.iter().map(|release| format!("`{}`", release.id)).collect();
            Err(format!("`{name}` could be {}: say which", choices.join(" or ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_alone_is_enough_where_it_is_unique() {
        let mut tagged = Release::named("auth", "2.9");
        tagged.tag = Some("v2.9".into());
        let releases = [Release::named("payments", "4.2"), Release::named("ledger", "4.2"), tagged];
        for (name, found) in [
            ("payments 4.2", Ok("payments 4.2")),
            ("Payments 4.2", Ok("payments 4.2")),
            ("2.9", Ok("auth 2.9")),
            ("v2.9", Ok("auth 2.9")),
            ("4.2", Err("`4.2` could be `payments 4.2` or `ledger 4.2`: say which")),
            ("5", Err("no release `5`; there are: payments 4.2, ledger 4.2, auth 2.9")),
        ] {
            let result = find(releases.iter(), name);
            assert_eq!(result.as_ref().map(ReleaseId::as_str).map_err(String::as_str), found, "{name}");
        }
        assert!(find([].iter(), "x").unwrap_err().contains("no source knows"));
    }
}

//! What changed between two trees, file by file.

use std::collections::BTreeMap;

use gix::ObjectId;

use super::{commit::RawCommit, objects::Objects};

/// Most files of one change; a larger one is not looked at.
const MOST_FILES: usize = 2_000;
/// Deepest directory that is looked into.
const DEEPEST: usize = 100;

/// A file, and what is in it now; none: it is gone.
pub(crate) type FileVersion = (Vec<u8>, Option<ObjectId>);

/// The files that differ between the commits `before` (none: an empty tree) and `after`. None
/// where there are too many, or one cannot be read.
pub(crate) fn changed_files(
    before: Option<ObjectId>,
    after: ObjectId,
    objects: &mut Objects<'_>,
) -> Option<Vec<FileVersion>> {
    let before = match before {
        Some(commit) => Some(tree_of(commit, objects)?),
        None => None,
    };
    let after = tree_of(after, objects)?;
    let mut found = Vec::new();
    compare(before, Some(after), &mut Vec::new(), &mut found, objects, 0)?;
    Some(found)
}

fn tree_of(commit: ObjectId, objects: &mut Objects<'_>) -> Option<ObjectId> {
    let (_, data) = objects.read(commit)?;
    RawCommit::parse(data).tree
}

/// Entries of a tree: mode and object, by name.
fn entries(tree: Option<ObjectId>, objects: &mut Objects<'_>) -> Option<BTreeMap<Vec<u8>, (u16, ObjectId)>> {
    let Some(tree) = tree.filter(|tree| !tree.is_empty_tree()) else { return Some(BTreeMap::new()) };
    let (_, data) = objects.read(tree)?;
    gix::objs::TreeRefIter::from_bytes(data, tree.kind())
        .map(|entry| {
            let entry = entry.ok()?;
            Some((entry.filename.to_vec(), (entry.mode.value(), entry.oid.to_owned())))
        })
        .collect()
}

fn compare(
    before: Option<ObjectId>,
    after: Option<ObjectId>,
    path: &mut Vec<u8>,
    found: &mut Vec<FileVersion>,
    objects: &mut Objects<'_>,
    depth: usize,
) -> Option<()> {
    if before == after {
        return Some(());
    }
    if depth > DEEPEST || objects.check().is_err() {
        return None;
    }
    let mut before = entries(before, objects)?;
    let is_tree = |mode: u16| mode & 0o170_000 == 0o040_000;
    let pairs: Vec<_> = entries(after, objects)?
        .into_iter()
        .map(|(name, new)| {
            let old = before.remove(&name);
            (name, old, Some(new))
        })
        .collect();
    let gone: Vec<_> = before.into_iter().map(|(name, old)| (name, Some(old), None)).collect();
    for (name, old, new) in pairs.into_iter().chain(gone) {
        if old == new {
            continue;
        }
        let length = path.len();
        path.push(b'/');
        path.extend(name);
        let tree =
            |entry: Option<(u16, ObjectId)>| entry.filter(|(mode, _)| is_tree(*mode)).map(|(_, id)| id);
        let file =
            |entry: Option<(u16, ObjectId)>| entry.filter(|(mode, _)| !is_tree(*mode)).map(|(_, id)| id);
        if file(old).is_some() || file(new).is_some() {
            if found.len() == MOST_FILES {
                return None;
            }
            found.push((path.clone(), file(new)));
        }
        if tree(old).is_some() || tree(new).is_some() {
            compare(tree(old), tree(new), path, found, objects, depth + 1)?;
        }
        path.truncate(length);
    }
    Some(())
}

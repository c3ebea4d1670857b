//! The group of users that is let in to the socket, where one is configured.
#![expect(clippy::disallowed_methods, reason = "the system says in files who is in a group")]

use std::fs;

use rustix::process::getuid;
use tokio::net::unix::UCred;

use super::router::Door;

/// The largest list of groups, or of what a process is, that is read.
const LARGEST: usize = 1 << 20;

/// The number of the group called `name` in `groups`, which is written as `/etc/group` is; a
/// number stands for itself.
pub(super) fn number(name: &str, groups: &str) -> Option<u32> {
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    groups.lines().find_map(|line| {
        let mut parts = line.split(':');
        (parts.next()? == name).then(|| parts.nth(1)?.parse().ok()).flatten()
    })
}

/// The number of a group of this machine.
pub(super) fn resolve(name: &str) -> Option<u32> {
    number(name, &read("/etc/group"))
}

/// By which door the process at the other end comes in; none: by none. The system lets nobody
/// else connect either; this is the second lock.
pub(super) fn door(peer: &UCred, group: Option<u32>) -> Option<Door> {
    if peer.uid() == getuid().as_raw() {
        return Some(Door::User);
    }
    let group = group?;
    let is_member = peer.gid() == group
        || peer.pid().is_some_and(|pid| further(&read(&format!("/proc/{pid}/status"))).any(|id| id == group));
    is_member.then_some(Door::Group)
}

/// The further groups of a process by its status, as Linux tells it.
fn further(status: &str) -> impl Iterator<Item = u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap_or_default();
    line.split_whitespace().filter_map(|id| id.parse().ok())
}

/// A small file of the system; nothing where there is none.
fn read(path: &str) -> String {
    fs::read_to_string(path).ok().filter(|text| text.len() <= LARGEST).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_the_number_that_the_system_gives_it() {
        let groups = "root:x:0:\nreleases:x:1204:ana,ben\nrel:x:7:\nbroken\nodd:x:many:\n";
        for (name, expected) in [
            ("releases", Some(1204)),
            ("rel", Some(7)),
            ("42", Some(42)),
            ("odd", None),
            ("broken", None),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(number(name, groups), expected, "{name}");
        }
    }

    #[test]
    fn further_groups_are_those_that_the_system_tells() {
        assert_eq!(
            further("Name:\tcurl\nGid:\t9\t9\nGroups:\t4 24 1204 \nx").collect::<Vec<_>>(),
            [4, 24, 1204]
        );
        assert_eq!(further("").count(), 0);
    }
}

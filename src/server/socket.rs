//! Where a board is served: a socket that only its user can open, and a group, if one is configured.
#![expect(clippy::disallowed_methods, reason = "the socket is a file, and this is its only room")]

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
};

use rustix::process::getuid;
use sha2::{Digest, Sha256};
use tokio::net::UnixListener;

use crate::domain::Problem;

/// The longest path of a socket, on Linux 107 bytes, on macOS 103.
const LONGEST: usize = 103;

/// Where the socket of the board in `directory` goes: into the first of `candidates` in which
/// its path is short enough and which belongs to this user alone; it is made if it is missing.
///
/// The name is that of the board and a digest of its directory, so that boards of the same
/// name in several data directories do not meet.
///
/// With a `group` it is a directory of its own beside the candidate, in which that group can reach
/// what it knows the name of and list nothing; and the way there must be open to it.
pub(super) fn path(directory: &Path, candidates: &[PathBuf], group: Option<u32>) -> Result<PathBuf, Problem> {
    let name = name(directory);
    let mut reasons = String::new();
    for candidate in candidates {
        let candidate = &match (group, candidate.file_name()) {
            (Some(group), Some(last)) => {
                candidate.with_file_name(format!("{}-group-{group}", last.to_string_lossy()))
            }
            _ => candidate.clone(),
        };
        let path = candidate.join(&name);
        let long = path.as_os_str().len();
        let reason = if long > LONGEST {
            format!("{} is longer than {LONGEST} bytes", path.display())
        } else {
            match private(candidate, group) {
                Ok(()) => return Ok(path),
                Err(error) => format!("{}: {error}", candidate.display()),
            }
        };
        let _ = write!(reasons, "{}{reason}", if reasons.is_empty() { "" } else { "; " });
    }
    Err(Problem::new(
        format!("other processes cannot see this board: no place for its socket: {reasons}"),
        match group {
            None => "set XDG_RUNTIME_DIR to a directory that is yours alone, and start again",
            Some(_) => "set XDG_RUNTIME_DIR to a directory that the group can enter, and start again",
        },
    ))
}

fn name(directory: &Path) -> String {
    let whole = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let short = digest.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let readable = name.rsplit_once('-').map_or(&*name, |(readable, _)| readable);
    let readable: String = readable.chars().filter(char::is_ascii).take(32).collect();
    format!("{readable}-{short:012x}.sock")
}

/// Makes `directory` if it is missing. An error unless it is this user's and nobody else can
/// look into it: in a shared place somebody could have been there first.
fn private(directory: &Path, group: Option<u32>) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let found = fs::symlink_metadata(directory)?;
    if !found.is_dir() || found.uid() != getuid().as_raw() {
        return Err(io::Error::other("belongs to somebody else"));
    }
    let Some(group) = group else {
        if found.mode() & 0o077 != 0 {
            return Err(io::Error::other("others can look into it"));
        }
        return Ok(());
    };
    // Left by an earlier start, or made just now: nobody else can have made it.
    if found.mode() & 0o067 != 0 {
        return Err(io::Error::other("others can look into it"));
    }
    for above in directory.ancestors().skip(1) {
        let above_it = fs::metadata(above)?;
        let by_group = above_it.gid() == group && above_it.mode() & 0o010 != 0;
        if above_it.mode() & 0o001 == 0 && !by_group {
            return Err(io::Error::other(format!("the group cannot enter {}", above.display())));
        }
    }
    chown(directory, None, Some(group))?;
    fs::set_permissions(directory, Permissions::from_mode(0o710))
}

/// Listens at `path`. A socket that is there was left behind: whoever calls this holds the
/// lock of the board. Anything else is left alone.
pub(super) fn bind(path: &Path, group: Option<u32>) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path)?,
        Ok(_) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is something else")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    // Nobody else gets this far before: the directory is closed to them, and who comes in is asked.
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    if let Some(group) = group {
        chown(path, None, Some(group))?;
        fs::set_permissions(path, Permissions::from_mode(0o660))?;
    }
    Ok(listener)
}

/// Takes the socket away: while the lock is held, or another's would go.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "the socket stays behind");
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{group::door, router::Door},
        *,
    };

    #[tokio::test]
    async fn a_group_reaches_its_socket_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let group = rustix::process::getgid().as_raw();
        let (closed, open) = (root.path().join("closed"), root.path().join("open"));
        for (directory, mode) in [(&closed, 0o700), (&open, 0o711)] {
            fs::create_dir(directory).unwrap();
            fs::set_permissions(directory, Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(root.path(), Permissions::from_mode(0o711)).unwrap();
        let board = root.path().join("boards/payments-0123456789ab");
        let candidates = [closed.join("tminus"), open.join("tminus")];
        let problem = path(&board, &candidates[..1], Some(group)).unwrap_err();
        assert!(
            problem.what.contains(&format!("the group cannot enter {}", closed.display())),
            "{problem:?}"
        );
        for _ in 0..2 {
            let path = path(&board, &candidates, Some(group)).unwrap();
            let directory = fs::metadata(path.parent().unwrap()).unwrap();
            assert_eq!((directory.mode() & 0o777, directory.gid()), (0o710, group));
            let listener = bind(&path, Some(group)).unwrap();
            let socket = fs::metadata(&path).unwrap();
            assert_eq!((socket.mode() & 0o777, socket.gid()), (0o660, group));
            let (client, accepted) = tokio::join!(tokio::net::UnixStream::connect(&path), listener.accept());
            drop(client);
            assert_eq!(door(&accepted.unwrap().0.peer_cred().unwrap(), Some(group)), Some(Door::User));
        }
        assert!(!open.join("tminus").exists(), "the place of those without a group is another");
    }

    #[test]
    fn the_first_place_that_is_short_and_private_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        let board = at("boards/a-very-long-name-of-a-board-0123456789ab");
        fs::create_dir(at("open")).unwrap();
        fs::set_permissions(at("open"), Permissions::from_mode(0o755)).unwrap();
        fs::write(at("file"), "").unwrap();
        let long = at(&"long".repeat(20));
        let good = at("good");
        let candidates = [long, at("open"), at("file"), good.clone()];
        let path = path(&board, &candidates, None).unwrap();
        assert_eq!(path.parent(), Some(&*good));
        assert_eq!(fs::metadata(&good).unwrap().mode() & 0o777, 0o700);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("a-very-long-name-of-a-board-") && !name.contains("0123456789ab"), "{name}");
        let other = super::path(&at("elsewhere/a-very-long-name-of-a-board-0123456789ab"), &candidates, None);
        assert_ne!(other.unwrap(), path);
        let problem = super::path(&board, &candidates[..3], None).unwrap_err();
        assert!(problem.what.contains("others can look into it"), "{}", problem.what);
    }

    #[tokio::test]
    async fn a_socket_is_closed_to_others_and_replaces_only_a_socket() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.sock");
        let left = bind(&path, None).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        drop(left);
        let listener = bind(&path, None).unwrap();
        let (client, accepted) = tokio::join!(tokio::net::UnixStream::connect(&path), listener.accept());
        drop(client);
        let peer = accepted.unwrap().0.peer_cred().unwrap();
        assert_eq!(door(&peer, None), Some(Door::User));
        remove(&path);
        fs::write(&path, "mine").unwrap();
        assert!(bind(&path, None).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}

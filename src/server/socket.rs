//! Where a board is served: a socket that only its user can open.
#![expect(clippy::disallowed_methods, reason = "the socket is a file, and this is its only room")]

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::process::getuid;
use sha2::{Digest, Sha256};
use tokio::net::{UnixListener, unix::UCred};

use crate::domain::Problem;

/// The longest path of a socket, on Linux 107 bytes, on macOS 103.
const LONGEST: usize = 103;

/// Where the socket of the board in `directory` goes: into the first of `candidates` in which
/// its path is short enough and which belongs to this user alone; it is made if it is missing.
///
/// The name is that of the board and a digest of its directory, so that boards of the same
/// name in several data directories do not meet.
pub(super) fn path(directory: &Path, candidates: &[PathBuf]) -> Result<PathBuf, Problem> {
    let name = name(directory);
    let mut reasons = String::new();
    for candidate in candidates {
        let path = candidate.join(&name);
        let long = path.as_os_str().len();
        let reason = if long > LONGEST {
            format!("{} is longer than {LONGEST} bytes", path.display())
        } else {
            match private(candidate) {
                Ok(()) => return Ok(path),
                Err(error) => format!("{}: {error}", candidate.display()),
            }
        };
        let _ = write!(reasons, "{}{reason}", if reasons.is_empty() { "" } else { "; " });
    }
    Err(Problem::new(
        format!("other processes cannot see this board: no place for its socket: {reasons}"),
        "set XDG_RUNTIME_DIR to a directory that is yours alone, and start again",
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
fn private(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let found = fs::symlink_metadata(directory)?;
    if !found.is_dir() || found.uid() != getuid().as_raw() {
        return Err(io::Error::other("belongs to somebody else"));
    }
    if found.mode() & 0o077 != 0 {
        return Err(io::Error::other("others can look into it"));
    }
    Ok(())
}

/// Listens at `path`. A socket that is there was left behind: whoever calls this holds the
/// lock of the board. Anything else is left alone.
pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path)?,
        Ok(_) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is something else")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    // Nobody else gets this far before: the directory is closed to them.
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
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

/// Whether the process at the other end may come in: one of this user. The door where a
/// configured group would be let in, too.
pub(super) fn may_enter(peer: &io::Result<UCred>) -> bool {
    peer.as_ref().is_ok_and(|peer| peer.uid() == getuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let path = path(&board, &candidates).unwrap();
        assert_eq!(path.parent(), Some(&*good));
        assert_eq!(fs::metadata(&good).unwrap().mode() & 0o777, 0o700);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("a-very-long-name-of-a-board-") && !name.contains("0123456789ab"), "{name}");
        let other = super::path(&at("elsewhere/a-very-long-name-of-a-board-0123456789ab"), &candidates);
        assert_ne!(other.unwrap(), path);
        let problem = super::path(&board, &candidates[..3]).unwrap_err();
        assert!(problem.what.contains("others can look into it"), "{}", problem.what);
    }

    #[tokio::test]
    async fn a_socket_is_closed_to_others_and_replaces_only_a_socket() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.sock");
        let left = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        drop(left);
        let listener = bind(&path).unwrap();
        let (client, accepted) = tokio::join!(tokio::net::UnixStream::connect(&path), listener.accept());
        drop(client);
        assert!(may_enter(&accepted.unwrap().0.peer_cred()));
        remove(&path);
        fs::write(&path, "mine").unwrap();
        assert!(bind(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}

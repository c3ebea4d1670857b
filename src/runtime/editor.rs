//! A text that is written in the editor of the user: by way of a file that only this user can
//! read, in the directory that goes with the session.

#![expect(clippy::disallowed_methods, reason = "an editor reads and writes a file: made and removed here")]

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::domain::Text;

/// Longest text that is taken back, in bytes.
const LONGEST: u64 = 60_000;

/// What is at the end of a text that is still to be written, so that an editor knows what it is.
const SUFFIX: &str = "md";

/// Has `words` edit `text` until they end; the text then, or why there is none.
pub(super) async fn edit(
    words: &[String],
    text: &str,
    private: Option<&Path>,
    directory: &Path,
) -> Result<String, Text> {
    let (program, arguments) = words.split_first().ok_or("no editor is set: $VISUAL or $EDITOR names one")?;
    let said = |error: &io::Error| Text::new(format!("nothing was written: {error}"));
    let file = Draft::new(private, text).map_err(|error| said(&error))?;
    let status = Command::new(program).args(arguments).arg(&file.0).current_dir(directory).status().await;
    match status {
        Ok(status) if status.success() => file.read().map_err(|error| said(&error)),
        Ok(status) => Err(Text::new(format!("nothing is sent: {program} ended with {status}"))),
        Err(error) => Err(Text::new(format!("{program} cannot be run: {error}"))),
    }
}

/// The file, removed in the end.
struct Draft(PathBuf);

impl Draft {
    fn new(private: Option<&Path>, text: &str) -> io::Result<Self> {
        let temporary = std::env::temp_dir();
        let directory = private.unwrap_or(&temporary);
        if private.is_some() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let process = std::process::id();
        // What was left behind by another process of this number is not taken for ours.
        for number in 0..100_u32 {
            let path = directory.join(format!("comment-{process}-{number}.{SUFFIX}"));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    let draft = Self(path);
                    file.write_all(text.as_bytes())?;
                    return Ok(draft);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// What is in it. Editors may have replaced it by another file.
    fn read(&self) -> io::Result<String> {
        let mut bytes = Vec::new();
        File::open(&self.0)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LONGEST {
            return Err(io::Error::other(format!("it is longer than {LONGEST} bytes")));
        }
        String::from_utf8(bytes).map_err(|_| io::Error::other("it is no UTF-8"))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It may be gone by now.
        drop(fs::remove_file(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn what_the_editor_leaves_is_taken_and_nothing_stays_behind() {
        let place = tempfile::tempdir().unwrap();
        let private = place.path().join("private");
        let shell = |script: &str| ["sh", "-c", script, "sh"].map(str::to_owned).to_vec();
        let edit = async |script: &str| edit(&shell(script), "Begin", Some(&private), place.path()).await;
        assert_eq!(edit("printf '%s\\n' 'and more' >> \"$1\"").await.as_deref(), Ok("Beginand more\n"));
        assert_eq!(edit("ls -l \"$1\" | cut -c1-10 > seen").await.as_deref(), Ok("Begin"));
        assert_eq!(fs::read_to_string(place.path().join("seen")).unwrap().trim(), "-rw-------");
        let mode = fs::metadata(&private).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        // Written elsewhere and put in its place, as many editors do.
        assert_eq!(edit("printf new > other; mv other \"$1\"").await.as_deref(), Ok("new"));
        assert!(edit("exit 1").await.unwrap_err().contains("ended with"));
        assert!(edit("rm \"$1\"").await.is_err());
        assert!(edit("head -c 70000 /dev/zero > \"$1\"").await.unwrap_err().contains("longer"));
        assert!(super::edit(&[], "", Some(&private), place.path()).await.unwrap_err().contains("$EDITOR"));
        assert_eq!(fs::read_dir(&private).unwrap().count(), 0);
    }
}

//! Commits and tags as git stores them, read leniently: what is malformed loses its own
//! meaning and nothing else.

use chrono::DateTime;
use gix::ObjectId;

use crate::domain::Instant;

/// The parts of a commit that matter here, borrowed from its bytes.
#[derive(Debug)]
pub(crate) struct RawCommit<'a> {
    /// What the repository looked like.
    pub(crate) tree: Option<ObjectId>,
    /// What it was built on, the line it continues first.
    pub(crate) parents: Vec<ObjectId>,
    /// Name of the author, in whatever encoding.
    pub(crate) author: &'a [u8],
    /// When it was written, in seconds since 1970.
    pub(crate) authored_at: i64,
    /// When it came to be what it is, in seconds since 1970.
    pub(crate) committed_at: i64,
    /// The message.
    pub(crate) message: &'a [u8],
}

impl<'a> RawCommit<'a> {
    /// Reads the bytes of a commit.
    pub(crate) fn parse(data: &'a [u8]) -> Self {
        let (headers, message) = split(data);
        let mut commit =
            Self { tree: None, parents: Vec::new(), author: &[], authored_at: 0, committed_at: 0, message };
        for line in headers.split(|byte| *byte == b'\n') {
            if let Some(hash) = line.strip_prefix(b"parent ") {
                commit.parents.extend(ObjectId::from_hex(hash));
            } else if let Some(hash) = line.strip_prefix(b"tree ") {
                commit.tree = ObjectId::from_hex(hash).ok();
            } else if let Some(signature) = line.strip_prefix(b"author ") {
                (commit.author, commit.authored_at) = parse_signature(signature);
            } else if let Some(signature) = line.strip_prefix(b"committer ") {
                commit.committed_at = parse_signature(signature).1;
            }
        }
        commit
    }
}

/// The parts of an annotated tag that matter here.
#[derive(Debug)]
pub(crate) struct RawTag {
    /// What it names: a commit, most often.
    pub(crate) target: Option<ObjectId>,
    /// When it was made, in seconds since 1970; none in very old tags.
    pub(crate) tagged_at: Option<i64>,
}

impl RawTag {
    /// Reads the bytes of an annotated tag.
    pub(crate) fn parse(data: &[u8]) -> Self {
        let mut tag = Self { target: None, tagged_at: None };
        for line in split(data).0.split(|byte| *byte == b'\n') {
            if let Some(hash) = line.strip_prefix(b"object ") {
                tag.target = ObjectId::from_hex(hash).ok();
            } else if let Some(signature) = line.strip_prefix(b"tagger ") {
                tag.tagged_at = Some(parse_signature(signature).1);
            }
        }
        tag
    }
}

/// Headers and message.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&data[..end], &data[end + 2..]),
        None => (data, &[]),
    }
}

/// Name and seconds of `Name <mail> 1767225600 +0100`. The zone is only how a time was
/// written. A time that is no number, or too large for one, is read as 1970 or as the end of
/// time; [`instant`] then brings it into range.
fn parse_signature(signature: &[u8]) -> (&[u8], i64) {
    let name_end = signature.iter().position(|byte| *byte == b'<').unwrap_or(signature.len());
    let name = signature[..name_end].trim_ascii();
    let time_start = signature.iter().rposition(|byte| *byte == b'>').map_or(name_end, |end| end + 1);
    let time = signature[time_start..].trim_ascii_start();
    let end = time.iter().position(u8::is_ascii_whitespace).unwrap_or(time.len());
    let seconds = std::str::from_utf8(&time[..end]).ok().map_or(0, |digits| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().unwrap_or(if is_number { i64::MAX } else { 0 })
    });
    (name, seconds)
}

/// `seconds` since 1970 as an instant that can be: not before 1970, which git cannot write,
/// and not after `now`, when nothing can have happened yet. Clocks that are wrong make dates
/// that are wrong by less than any other reading would.
pub(crate) fn instant(seconds: i64, now: Instant) -> Instant {
    let seconds = seconds.clamp(0, now.timestamp().max(0));
    DateTime::from_timestamp(seconds, 0).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_dates_come_into_range() {
        let now: Instant = "2026-11-22T12:00:00Z".parse().unwrap();
        for (written, read) in [
            ("1767225600 +0100", "2026-01-01T00:00:00Z"),
            ("1767225600 -9999", "2026-01-01T00:00:00Z"),
            ("-62135596800 +0000", "1970-01-01T00:00:00Z"),
            ("253402300799 +0000", "2026-11-22T12:00:00Z"),
            ("99999999999999999999999 +0000", "2026-11-22T12:00:00Z"),
            ("soon", "1970-01-01T00:00:00Z"),
            ("", "1970-01-01T00:00:00Z"),
        ] {
            let signature = format!("Name <mail> {written}");
            let (name, seconds) = parse_signature(signature.as_bytes());
            assert_eq!(name, b"Name");
            assert_eq!(instant(seconds, now), read.parse::<Instant>().unwrap(), "{written}");
        }
    }

    #[test]
    fn a_malformed_commit_keeps_what_can_be_read() {
        let commit = RawCommit::parse(b"parent nonsense\nauthor \xff\xfe<\ncommitter x");
        assert_eq!((commit.parents.len(), commit.author, commit.committed_at), (0, &b"\xff\xfe"[..], 0));
        assert_eq!(RawCommit::parse(b"tree x\n\nsubject\n\nbody").message, b"subject\n\nbody");
        assert_eq!(RawTag::parse(b"object x").target, None);
    }
}

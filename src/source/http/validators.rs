//! What is remembered of answers, so that what has not changed is not sent again.
//!
//! A service that said `ETag` or `Last-Modified` is asked with `If-None-Match` or
//! `If-Modified-Since` the next time, and answers 304 without a body; GitHub does not count
//! those against its limit. Answers are kept apart by token, URL and `Accept`: another
//! token may see other things. Bodies are kept compressed, and those used longest ago go first.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many answers of a service are remembered at most.
const MOST: usize = 20_000;
/// What an answer takes besides its body, roughly, in bytes.
const OVERHEAD: usize = 300;
/// The headers that belong to a body: 304 answers may leave them out.
const KEPT_HEADERS: [&str; 5] = ["link", "x-next-page", "x-total", "x-total-pages", "content-type"];
/// The longest header that is kept.
const LONGEST_HEADER: usize = 4_096;
/// Fast, and a fifth of the size.
const LEVEL: i32 = 1;

/// What is remembered of the answers of one service, as data: the history keeps it, so that the
/// first round after a restart costs no more than any other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The answers; the one used last is at the end.
    pub entries: Vec<Validator>,
}

impl Validators {
    /// The form that [`to_bytes`](Self::to_bytes) writes.
    const VERSION: u8 = 1;
    /// More is not read: several times what clients remember.
    const MOST_BYTES: usize = 256 << 20;

    /// The same as bytes, to be part of what a source remembers across restarts.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing into memory does not fail.
        postcard::to_extend(self, vec![Self::VERSION]).unwrap_or_default()
    }

    /// What [`to_bytes`](Self::to_bytes) wrote; none if that was another version, or something
    /// else. Entries that no client makes are left out.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        if *version != Self::VERSION || rest.len() > Self::MOST_BYTES {
            return None;
        }
        let (mut read, rest) = postcard::take_from_bytes::<Self>(rest).ok()?;
        read.entries.retain(Validator::is_usual);
        (rest.is_empty() && read.entries.len() <= MOST).then_some(read)
    }
}

/// What is remembered of one answer. Holds no token, only a digest made with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validator {
    /// A digest of token, URL and `Accept`.
    pub key: [u8; 32],
    /// Its `ETag`, verbatim.
    pub etag: Option<String>,
    /// Its `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// Headers that belong to the body: `link` and the counts of pages.
    pub headers: BTreeMap<String, String>,
    /// The body, compressed; None where the asker keeps what it made of it.
    pub body: Option<Vec<u8>>,
}

impl fmt::Debug for Validator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Validator")
            .field("etag", &self.etag)
            .field("last_modified", &self.last_modified)
            .field("bytes", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

impl Validator {
    /// What is to be remembered of an answer; None if the service does not say how to ask
    /// whether it has changed, or if it cannot be compressed.
    pub(super) fn of(key: [u8; 32], headers: &HeaderMap, body: Option<&[u8]>) -> Option<Self> {
        let text = |name: HeaderName| {
            let value = headers.get(name)?.to_str().ok()?;
            (value.len() <= LONGEST_HEADER).then(|| value.to_owned())
        };
        let (etag, last_modified) = (text(ETAG), text(LAST_MODIFIED));
        if etag.is_none() && last_modified.is_none() {
            return None;
        }
        let headers = KEPT_HEADERS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), text(HeaderName::from_static(name))?)))
            .collect();
        let body = match body {
            Some(body) => Some(zstd::bulk::compress(body, LEVEL).ok()?),
            None => None,
        };
        Some(Self { key, etag, last_modified, headers, body })
    }

    /// It could be from [`of`](Self::of).
    fn is_usual(&self) -> bool {
        let validators = [&self.etag, &self.last_modified];
        let mut texts = validators.into_iter().flatten().chain(self.headers.values());
        validators.iter().any(|validator| validator.is_some())
            && self.headers.keys().all(|name| KEPT_HEADERS.contains(&name.as_str()))
            && texts.all(|text| text.len() <= LONGEST_HEADER)
    }

    /// The body as it was received, if it is kept, and is no longer than `longest`.
    pub(super) fn unpacked(&self, longest: usize) -> Option<Vec<u8>> {
        // The size comes from the compressed form, which may come from a file: bounded.
        let compressed = self.body.as_ref()?;
        let size = zstd::bulk::Decompressor::upper_bound(compressed)?;
        zstd::bulk::decompress(compressed, size.min(longest)).ok()
    }

    /// Its headers, completed with those of the answer that says that it still holds.
    pub(super) fn merged_headers(&self, newer: &HeaderMap) -> HeaderMap {
        let mut merged = newer.clone();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
                && !merged.contains_key(&name)
            {
                merged.insert(name, value);
            }
        }
        merged
    }

    fn size(&self) -> usize {
        OVERHEAD
            + self.body.as_ref().map_or(0, Vec::len)
            + self.headers.values().map(String::len).sum::<usize>()
    }
}

/// The key under which an answer is remembered: a digest of a digest of the token, of the URL and
/// of `Accept`. The token is not found out from it, and neither are two hosts with the same token.
pub(super) fn key(token: Option<&[u8; 32]>, url: &str, accept: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(token.map_or(&[][..], |token| token));
    // A zero byte is in neither of them, and no token is not a token of zeros.
    digest.update([0, u8::from(token.is_some())]);
    digest.update(url);
    digest.update([0]);
    digest.update(accept);
    digest.finalize().into()
}

/// Answers within a bounded number of bytes; those used longest ago go first.
#[derive(Debug)]
pub(super) struct Memory {
    entries: HashMap<[u8; 32], (u64, Validator)>,
    /// The same, by when they were used.
    order: BTreeMap<u64, [u8; 32]>,
    uses: u64,
    bytes: usize,
    most_bytes: usize,
}

impl Memory {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), uses: 0, bytes: 0, most_bytes }
    }

    /// What is remembered under `key`; it counts as used.
    pub(super) fn find(&mut self, key: &[u8; 32]) -> Option<Validator> {
        let (used, entry) = self.entries.get_mut(key)?;
        self.order.remove(used);
        self.uses += 1;
        *used = self.uses;
        self.order.insert(self.uses, *key);
        Some(entry.clone())
    }

    /// Remembers `entry` instead of what was under its key. One that is larger than a quarter
    /// of all is not remembered: it would push out too much.
    pub(super) fn keep(&mut self, entry: Validator) {
        self.forget(&entry.key);
        let size = entry.size();
        if size > self.most_bytes / 4 {
            return;
        }
        self.uses += 1;
        self.bytes += size;
        self.order.insert(self.uses, entry.key);
        self.entries.insert(entry.key, (self.uses, entry));
        while self.bytes > self.most_bytes || self.entries.len() > MOST {
            let Some((_, oldest)) = self.order.first_key_value() else { break };
            let oldest = *oldest;
            self.forget(&oldest);
        }
    }

    pub(super) fn forget(&mut self, key: &[u8; 32]) {
        if let Some((used, entry)) = self.entries.remove(key) {
            self.order.remove(&used);
            self.bytes -= entry.size();
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.most_bytes);
    }

    pub(super) fn export(&self) -> Validators {
        let entries = self.order.values().filter_map(|key| Some(self.entries.get(key)?.1.clone())).collect();
        Validators { entries }
    }

    pub(super) fn import(&mut self, validators: Validators) {
        for entry in validators.entries {
            self.keep(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u8, body: Option<&[u8]>) -> Validator {
        let mut headers = HeaderMap::new();
        headers.insert(ETAG, HeaderValue::from_static("\"a\""));
        headers.insert("link", HeaderValue::from_static("<https://h/2>; rel=\"next\""));
        headers.insert("date", HeaderValue::from_static("today"));
        Validator::of([number; 32], &headers, body).unwrap()
    }

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let mut memory = Memory::new(1 << 20);
        memory.keep(entry(1, Some(b"[1, 2]")));
        memory.keep(entry(2, None));
        let json = serde_json::to_string(&memory.export()).unwrap();
        let mut restarted = Memory::new(1 << 20);
        restarted.import(serde_json::from_str(&json).unwrap());
        let found = restarted.find(&[1; 32]).unwrap();
        assert_eq!(found.unpacked(100).unwrap(), b"[1, 2]");
        assert_eq!(found.headers.keys().collect::<Vec<_>>(), ["link"]);
        assert_eq!(restarted.find(&[2; 32]).unwrap().unpacked(100), None);
        assert!(restarted.find(&[3; 32]).is_none());
    }

    #[test]
    fn bytes_are_read_back_exactly_or_not_at_all() {
        let kept = Validators { entries: vec![entry(1, Some(b"[1, 2]")), entry(2, None)] };
        let bytes = kept.to_bytes();
        assert_eq!(Validators::from_bytes(&bytes).as_ref(), Some(&kept));
        assert_eq!(Validators::from_bytes(&Validators::default().to_bytes()), Some(Validators::default()));
        for end in 0..bytes.len() {
            assert_eq!(Validators::from_bytes(&bytes[..end]), None, "cut off at {end}");
        }
        assert_eq!(Validators::from_bytes(&[&bytes[..], &[0]].concat()), None, "more than was written");
        assert_eq!(Validators::from_bytes(&[&[99], &bytes[1..]].concat()), None, "another version");
        // A length that nothing follows is not believed.
        assert_eq!(Validators::from_bytes(&[1, 0xff, 0xff, 0xff, 0xff, 0x7f]), None);

        let change = |change: fn(&mut Validator)| {
            let mut strange = entry(3, None);
            change(&mut strange);
            strange
        };
        let strange = [
            change(|entry| entry.etag = None),
            change(|entry| entry.etag = Some("x".repeat(LONGEST_HEADER + 1))),
            change(|entry| drop(entry.headers.insert("set-cookie".to_owned(), "a".to_owned()))),
            change(|entry| drop(entry.headers.insert("link".to_owned(), "x".repeat(LONGEST_HEADER + 1)))),
        ];
        let mixed = Validators { entries: [&strange[..], &kept.entries].concat() };
        assert_eq!(Validators::from_bytes(&mixed.to_bytes()), Some(kept));
        let many = Validators { entries: vec![entry(1, None); MOST + 1] };
        assert_eq!(Validators::from_bytes(&many.to_bytes()), None);
    }

    #[test]
    fn what_grew_in_a_file_is_not_unpacked() {
        let bomb = entry(1, Some(&vec![b' '; 1 << 20]));
        assert!(bomb.size() < 4_096);
        assert_eq!(bomb.unpacked(1 << 10), None);
        let damaged = Validator { body: Some(vec![1, 2, 3]), ..bomb };
        assert_eq!(damaged.unpacked(1 << 10), None);
    }

    #[test]
    fn the_one_used_longest_ago_goes_first() {
        let mut memory = Memory::new(5 * OVERHEAD);
        for number in 1..=4 {
            memory.keep(entry(number, None));
        }
        assert!(memory.find(&[1; 32]).is_some());
        memory.keep(entry(5, None));
        assert!(memory.find(&[2; 32]).is_none(), "the oldest that was not used since");
        assert!(memory.find(&[1; 32]).is_some());
        assert!(memory.bytes <= 5 * OVERHEAD);
        let keys: Vec<u8> = memory.export().entries.iter().map(|entry| entry.key[0]).collect();
        assert_eq!(keys, [3, 4, 5, 1]);
        let huge: Vec<u8> =
            (0..9_999_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        memory.keep(entry(1, Some(&huge)));
        assert!(memory.find(&[1; 32]).is_none(), "too large, and the old one no longer holds");
        memory.clear();
        assert_eq!((memory.bytes, memory.export().entries.len()), (0, 0));
    }

    #[test]
    fn tokens_urls_and_media_types_are_kept_apart() {
        let token = [0; 32];
        let keys = [
            key(None, "u", "a"),
            key(Some(&token), "u", "a"),
            key(Some(&[1; 32]), "u", "a"),
            key(None, "u", "b"),
            key(None, "ua", ""),
            key(None, "v", "a"),
        ];
        let distinct: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn without_a_validator_nothing_is_remembered() {
        assert!(Validator::of([0; 32], &HeaderMap::new(), Some(b"{}")).is_none());
    }
}

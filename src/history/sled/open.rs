//! Opening the store, and what to do when it is not what was left there.

#![expect(clippy::disallowed_methods, reason = "this room sets damaged stores aside")]

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use ::sled::Db;

use super::{
    Change, FULL, Head, HistoryError, LEAST_ROOM, Reader, SledHistory, Source, Store, StoreOptions, Tail,
    codec, engine, guarded, is_held, key_instant, keys, put, rewrite,
};
use crate::{
    domain::{Instant, Problem},
    history::{
        files,
        marker::{self, Found, Marker, MarkerFile},
    },
};

/// The engine keeps so much of its pages in memory.
const CACHE: u64 = 16 << 20;
/// The engine tidies its file this often; writes do not wait for it.
const TIDY_EVERY_MILLIS: u64 = 30_000;
/// How often, and after which pauses, a store that is held is tried: for a second.
const HELD_TRIES: usize = 50;
const HELD_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// What was read when the store was opened.
struct Loaded {
    store: Store,
    sources: Vec<Source>,
    sequence: u64,
    changes: u64,
    horizon: Option<i64>,
    problems: Vec<Problem>,
}

impl SledHistory {
    /// Opens the store in `board`, or makes one.
    #[cfg(test)]
    pub(in crate::history) fn open(board: &Path, now: Instant) -> Result<Self, HistoryError> {
        Self::open_with(board, now, StoreOptions::default())
    }

    /// Opens the store in `board`, or makes one.
    pub(in crate::history) fn open_with(
        board: &Path,
        now: Instant,
        options: StoreOptions,
    ) -> Result<Self, HistoryError> {
        const DOING: &str = "opening the history";
        files::create_directory(board).map_err(|error| HistoryError::file(DOING, board, &error))?;
        let marker_path = marker::path(board);
        let marker = marker::read(board).map_err(|error| HistoryError::file(DOING, &marker_path, &error))?;
        if let Found::Marker(Marker { format, .. }) = marker
            && format > codec::FORMAT
        {
            return Err(HistoryError::Newer { found: format, known: codec::FORMAT });
        }

        let path = board.join("history");
        rewrite::resume(&path).map_err(|error| HistoryError::file(DOING, &path, &error))?;
        let existed = path.exists();
        if marker == Found::Missing && !existed {
            // First the marker: whatever comes after it can be missed.
            let empty = Marker { format: codec::FORMAT, ..Marker::default() };
            marker::write(board, empty).map_err(|error| HistoryError::file(DOING, &marker_path, &error))?;
        }
        let mut problems = Vec::new();
        let mut expected = marker;
        let loaded = match load(&path) {
            Err(HistoryError::Damaged { what }) => {
                check_room(board)?;
                let (loaded, problem, fresh) = recover(&path, now, &what)?;
                problems.push(problem);
                if fresh {
                    expected = Found::Missing;
                }
                loaded
            }
            other => other?,
        };
        if expected != Found::Missing || existed {
            problems.extend(compare(expected, &loaded, board));
        }
        problems.extend(loaded.problems);
        let sequence = match marker {
            Found::Marker(marker) => marker.sequence.max(loaded.sequence),
            Found::Missing | Found::Damaged => loaded.sequence,
        };
        let mut history = Self {
            board: board.to_owned(),
            store: Some(loaded.store),
            sources: loaded.sources,
            sequence,
            marker: MarkerFile::new(board),
            marker_behind: false,
            failed: std::cell::Cell::new(false),
            problems,
            options: StoreOptions { durable: true, ..options },
            horizon: loaded.horizon,
            weighed: 0,
        };
        // What was lost is reported once; numbers that were given are not given again, so that
        // a store from before the loss is known for what it is.
        if sequence > loaded.sequence {
            let mut batch = ::sled::Batch::default();
            put(&mut batch, keys::FLOOR, &sequence)?;
            history.commit(batch)?;
        }
        history.mark();
        history.options = options;
        Ok(history)
    }
}

/// An error if there is too little room on the disk for the engine to be opened, which could
/// be taken for damage.
pub(super) fn check_room(board: &Path) -> Result<(), HistoryError> {
    match rustix::fs::statvfs(board) {
        Ok(disk) if disk.f_bavail.saturating_mul(disk.f_frsize) < LEAST_ROOM => {
            Err(HistoryError::store("opening the history", &format!("{FULL}: {}", board.display())))
        }
        _ => Ok(()),
    }
}

/// What is missing in the store by what the marker says.
fn compare(found: Found, loaded: &Loaded, board: &Path) -> Option<Problem> {
    let restore = "copy the board's directory back from a backup, or go on: what is lost stays lost";
    let directory = board.display();
    match found {
        Found::Missing if loaded.sequence == 0 => None,
        Found::Missing => Some(Problem::new(
            format!("the history in {directory} has no marker: whether anything is lost cannot be told"),
            "nothing, if the directory was copied without it; it is written again",
        )),
        Found::Damaged => Some(Problem::new(
            format!("the marker of the history in {directory} is damaged: losses cannot be told"),
            "nothing: it is written again",
        )),
        Found::Marker(marker) if loaded.sequence == 0 && marker.sequence > 0 => Some(Problem::new(
            format!("the history in {directory} is gone: it held {} changes", marker.changes),
            restore,
        )),
        Found::Marker(marker) if loaded.sequence < marker.sequence => Some(Problem::new(
            format!("the history in {directory} lost its last {} rounds", marker.sequence - loaded.sequence),
            restore,
        )),
        Found::Marker(marker) if loaded.sequence == marker.sequence && loaded.changes != marker.changes => {
            Some(Problem::new(
                format!(
                    "the history in {directory} holds {} changes, and there were {}",
                    loaded.changes, marker.changes
                ),
                restore,
            ))
        }
        Found::Marker(_) => None,
    }
}

/// Deals with a store that cannot be read: without its snapshot files it often can; else it
/// is set aside and a new one begun. Says what was done, and whether the store is new.
fn recover(path: &Path, now: Instant, what: &str) -> Result<(Loaded, Problem, bool), HistoryError> {
    const DOING: &str = "setting the damaged history aside";
    let stamp = now.format("%Y%m%dT%H%M%SZ");
    let aside = files::free_name(path, &format!("damaged-{stamp}"));
    let copy = files::free_name(path, &format!("copy-{stamp}"));
    let set_aside = || fs::rename(path, &aside).map_err(|error| HistoryError::file(DOING, path, &error));

    let is_snapshot = |name: &str| name.starts_with("snap.");
    let rescued = match files::copy_directory(path, &copy, is_snapshot) {
        Ok(true) => load(&copy).is_ok(),
        Ok(false) => false,
        Err(error) => {
            let _ = fs::remove_dir_all(&copy);
            return Err(HistoryError::file(DOING, &copy, &error));
        }
    };
    if rescued {
        set_aside()?;
        fs::rename(&copy, path).map_err(|error| HistoryError::file(DOING, &copy, &error))?;
        let loaded = load(path)?;
        let problem = Problem::new(
            format!(
                "the history was damaged ({what}) and could be read again; as it was it is in {}",
                aside.display()
            ),
            "nothing, if nothing is missing; delete that directory then",
        );
        return Ok((loaded, problem, false));
    }
    // Only what was made here a moment ago.
    let _ = fs::remove_dir_all(&copy);
    set_aside()?;
    let loaded = load(path)?;
    let problem = Problem::new(
        format!(
            "the history could not be read ({what}): it was set aside as {}, and a new one begun",
            aside.display()
        ),
        "copy the board's directory back from a backup, or go on: the past begins now",
    );
    Ok((loaded, problem, true))
}

/// Opens the engine in `path` and reads what must be known all the time.
fn load(path: &Path) -> Result<Loaded, HistoryError> {
    guarded(OPENING, || read_all(open_store(path)?))
}

const OPENING: &str = "opening the history";

/// Opens the engine in `path`, or makes a store there. It may panic.
pub(super) fn open_store(path: &Path) -> Result<Store, HistoryError> {
    let failed = |error: &std::io::Error| HistoryError::file(OPENING, path, error);
    files::create_directory(path).map_err(|error| failed(&error))?;
    let db = patiently(|| {
        let config = ::sled::Config::new().path(path).cache_capacity(CACHE);
        config.flush_every_ms(Some(TIDY_EVERY_MILLIS)).open()
    });
    let db = db.map_err(|error| match engine(OPENING)(error) {
        HistoryError::Store { doing, cause } => {
            HistoryError::Store { doing, cause: format!("{}: {cause}", path.display()) }
        }
        other => other,
    })?;
    let file = files::open_or_create(&path.join("db")).map_err(|error| failed(&error))?;
    // The names of files made just now.
    files::sync_directory(&path.join("db"))
        .and_then(|()| files::sync_directory(path))
        .map_err(|error| failed(&error))?;
    Ok(Store { db, file })
}

/// Opens the engine, which lets go of its lock a moment after it was closed: a board that is
/// opened again at once must not do without its past. Whoever still holds it after that
/// does so for good.
pub(super) fn patiently(open: impl Fn() -> ::sled::Result<Db>) -> ::sled::Result<Db> {
    for _ in 0..HELD_TRIES {
        match open() {
            Err(error) if is_held(&error) => {
                #[expect(clippy::disallowed_methods, reason = "the engine tells nobody when it lets go")]
                std::thread::sleep(HELD_PAUSE);
            }
            result => return result,
        }
    }
    open()
}

/// Reads the heads and checks that the changes are the ones they speak of. A change that is
/// missing in between is a problem; heads that are damaged, or that do not fit what is
/// there, make the whole store unreadable.
fn read_all(store: Store) -> Result<Loaded, HistoryError> {
    let mut sources = Vec::new();
    let mut problems = Vec::new();
    for record in store.db.scan_prefix([keys::SOURCE]) {
        let (key, value) = record.map_err(engine("reading the sources"))?;
        let number =
            keys::number_of(&key).ok_or_else(|| HistoryError::damaged("a source without a number"))?;
        let head: Head = codec::open(&key, &value)?;
        sources.push(Source::new(number, head));
    }
    let mut chains = chains(&store.db)?;
    for source in &mut sources {
        let chain = chains.remove(&source.number).unwrap_or_default();
        (source.tail, source.first, source.ends) = (chain.tail, chain.first, chain.ends);
        let Source { number, head, facts, .. } = source;
        let newest = head.newest.map(|newest| (newest.at, Some(newest.sequence)));
        let end = chain.end.as_ref().map(|end| (end.0, end.1.as_ref().map(|change| change.sequence)));
        if newest.map(|(at, _)| at) != end.map(|(at, _)| at)
            || end.is_some_and(|(_, sequence)| sequence.is_some() && newest != end)
        {
            return Err(HistoryError::damaged(format!("the newest change of {} is lost", head.id)));
        }
        let gaps = chain.gaps.max(usize::from(chain.count != head.changes));
        if gaps > 0 {
            problems.push(Problem::new(
                format!(
                    "the history of {} is damaged in {gaps} places: {} of {} changes are left",
                    head.id, chain.count, head.changes
                ),
                "copy the board's directory back from a backup, or go on: the rest can be read",
            ));
        }
        let Some((at, change)) = chain.end else { continue };
        let read = match change {
            Some(change) => Reader::new(&store.db, *number).facts(at, &change).cloned(),
            None => Err(HistoryError::damaged("the newest change")),
        };
        match read {
            Ok(read) => *facts = Some(Arc::new(read)),
            Err(newer @ HistoryError::Newer { .. }) => return Err(newer),
            Err(error) => problems.push(Problem::new(
                format!("what {} said last cannot be read: {error}", head.id),
                "wait for its next answer: it is kept anew then",
            )),
        }
    }
    if !chains.is_empty() {
        return Err(HistoryError::damaged("changes of a source that is not known"));
    }
    let floor = match store.db.get(keys::FLOOR).map_err(engine("reading the store"))? {
        Some(value) => codec::open::<u64>(keys::FLOOR, &value)?,
        None => 0,
    };
    let sequence = sources.iter().map(|source| source.head.sequence).fold(floor, u64::max);
    let changes = sources.iter().map(|source| source.head.changes).sum();
    let horizon = match store.db.get(keys::HORIZON).map_err(engine("reading the store"))? {
        // A damaged one is as good as none: then the clock alone counts for once.
        Some(value) => codec::open::<i64>(keys::HORIZON, &value).ok(),
        None => None,
    };
    Ok(Loaded { store, sources, sequence, changes, horizon, problems })
}

/// The changes of one source, as they are in the store.
#[derive(Default)]
struct Chain {
    count: u64,
    /// Places where one is damaged or does not follow the one before it.
    gaps: usize,
    /// The last one; without its record if that is damaged.
    end: Option<(i64, Option<Change>)>,
    first: Option<i64>,
    tail: Tail,
    ends: Vec<i64>,
}

fn chains(db: &Db) -> Result<BTreeMap<u16, Chain>, HistoryError> {
    let mut chains: BTreeMap<u16, Chain> = BTreeMap::new();
    for record in db.scan_prefix([keys::CHANGE]) {
        let (key, value) = record.map_err(engine("reading the changes"))?;
        let number =
            keys::number_of(&key).ok_or_else(|| HistoryError::damaged("a change without a source"))?;
        let chain = chains.entry(number).or_default();
        let change = match codec::open::<Change>(&key, &value) {
            Ok(change) => Some(change),
            Err(newer @ HistoryError::Newer { .. }) => return Err(newer),
            Err(_) => None,
        };
        let before = match &chain.end {
            None => Some(None),
            Some((_, before)) => before.as_ref().map(|before| Some(before.sequence)),
        };
        let fits = match (&change, before) {
            (Some(change), Some(before)) => change.predecessor == before,
            // One that is damaged counts once, not as two places.
            (Some(_), None) => true,
            (None, _) => false,
        };
        let at = key_instant(&key)?;
        if let Some(change) = &change {
            chain.tail.follow(change);
            chain.ends.extend(&change.ends);
        }
        chain.first.get_or_insert(at);
        chain.gaps += usize::from(!fits);
        chain.count += 1;
        chain.end = Some((at, change));
    }
    Ok(chains)
}

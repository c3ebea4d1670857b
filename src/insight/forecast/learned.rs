//! What was learnt from the releases that went out, kept from one board to the next.
//!
//! Beside it stands what the newest board was made of: where little changed since, the next one is
//! little work.
//!
//! A fit and a track record depend on finished releases only, so they are made once for each
//! set of them and not with every board.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::NaiveDate;

use super::{Forecaster, Past, prior, track_record};
use crate::insight::unchanged::BoardBefore;

/// Values of one kind that are kept, at most: beyond that all are learnt anew.
const MOST_KEPT: usize = 256;

/// How good the forecasts of the latest releases would have been.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackRecord {
    /// Forecasts that were scored.
    pub scored: u32,
    /// Share of cases that were done by the 85 % date, 0 to 1; releases weigh the same.
    pub held: f64,
}

/// What a fit rests on: the past, the project, and how much of the prior is known.
type FitKey = (u64, usize, usize);

/// Fitted models and track records, by what they were learnt from.
///
/// Models are made when they are first asked for. A track record takes many fits: until
/// [`Learned::catch_up`] has made it, there is none.
#[derive(Debug, Default)]
pub struct Learned {
    kept: Mutex<Kept>,
    /// What the board before was made of, for the next one.
    pub(crate) before: BoardBefore,
}

#[derive(Debug, Default)]
struct Kept {
    forecasters: HashMap<FitKey, Forecaster>,
    records: HashMap<u64, Option<TrackRecord>>,
    wanted: HashMap<u64, Arc<Past>>,
}

impl Learned {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is in it is whole at any time.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What [`Forecaster::learn`] says, learnt once.
    pub(crate) fn forecaster(&self, past: &Arc<Past>, project: usize, today: NaiveDate) -> Forecaster {
        let key = (past.digest(), project, prior::known_on(past.scope(), today));
        if past.known_on(today).len() < past.releases().len() {
            return Forecaster::learn(Arc::clone(past), project, today);
        }
        if let Some(known) = self.kept().forecasters.get(&key) {
            return known.with_past(Arc::clone(past));
        }
        let learnt = Forecaster::learn(Arc::clone(past), project, today);
        let mut kept = self.kept();
        if kept.forecasters.len() >= MOST_KEPT {
            kept.forecasters.clear();
        }
        kept.forecasters.insert(key, learnt.clone());
        learnt
    }

    /// How good forecasts from this past were, if that is known by now.
    pub(crate) fn record(&self, past: &Arc<Past>) -> Option<TrackRecord> {
        if past.releases().is_empty() {
            return None;
        }
        let mut kept = self.kept();
        let known = kept.records.get(&past.digest()).copied();
        if known.is_none() && kept.wanted.len() < MOST_KEPT {
            kept.wanted.insert(past.digest(), Arc::clone(past));
        }
        known.flatten()
    }

    /// Makes the track records that were asked for and are not known: seconds of work, once
    /// for each set of finished releases. Whether there is a new one.
    pub fn catch_up(&self) -> bool {
        let wanted = std::mem::take(&mut self.kept().wanted);
        let mut news = false;
        for (digest, past) in wanted {
            let record = track_record(&past).map(|scores| TrackRecord {
                scored: u32::try_from(scores.n).unwrap_or(u32::MAX),
                held: scores.cov85,
            });
            news |= record.is_some();
            let mut kept = self.kept();
            if kept.records.len() >= MOST_KEPT {
                kept.records.clear();
            }
            kept.records.insert(digest, record);
        }
        news
    }
}

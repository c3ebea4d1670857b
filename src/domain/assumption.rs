//! What somebody asks "what if?" about.

use serde::{Deserialize, Serialize};

use super::{Instant, ReleaseId, StoryKey};

/// Something that is taken for true although no source says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assumption {
    /// The story or defect is not in the release.
    LeaveOut(StoryKey),
    /// The scope neither grows nor shrinks from now on.
    FreezeScope,
    /// The release shall be ready by then.
    MoveTarget(Instant),
}

/// An assumption about one release.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Assumed {
    /// The release.
    pub release: ReleaseId,
    /// What is assumed of it.
    pub assumption: Assumption,
}

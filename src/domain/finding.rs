//! Findings of code analyzers.

use serde::{Deserialize, Serialize};

use super::{FindingId, Instant, ReleaseId, Severity, Text};

/// Something that a code analyzer does not like, at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Repository and number, or what the analyzer tells it apart by.
    pub id: FindingId,
    /// The repository it was found in.
    pub repository: Text,
    /// The analyzer.
    pub tool: Text,
    /// The rule that is broken, as the analyzer names it.
    pub rule: Text,
    /// What is wrong.
    pub title: Text,
    /// How bad. None where the analyzer does not say: never taken for harmless.
    pub severity: Option<Severity>,
    /// Where it stands.
    pub state: FindingState,
    /// The file, from the top of the repository.
    pub path: Option<Text>,
    /// The line in the file, counted from 1.
    pub line: Option<u32>,
    /// The release that was analyzed, where the source knows; none: what is in the making.
    pub release: Option<ReleaseId>,
    /// What was analyzed, where the analyzer looks at parts of the repository by themselves: each
    /// analysis speaks for its own part only.
    #[serde(default)]
    pub part: Option<Text>,
    /// The branch that was analyzed, where the source knows.
    #[serde(default)]
    pub branch: Option<Text>,
    /// The commit that was analyzed last (full hexadecimal).
    pub commit: Option<Text>,
    /// When it was found first.
    pub opened_at: Instant,
    /// When it was fixed or dismissed.
    pub closed_at: Option<Instant>,
    /// Where a person reads more.
    pub url: Option<Text>,
}

impl Finding {
    /// The rule of what stands for an analysis as a whole.
    pub const ANALYSIS: &str = "tminus: analysis";

    /// It is no finding: it says that its tool looked at its commit, also where nothing was found.
    pub fn is_analysis(&self) -> bool {
        self.rule.as_str() == Self::ANALYSIS && self.state == FindingState::Dismissed
    }

    /// The rule of what tells of a quality gate as a whole.
    pub const QUALITY_GATE: &str = "tminus: quality gate";

    /// It is no finding: its title says how a quality gate stands and by which conditions, and its
    /// severity how bad that is, from critical (it fails) to low (it passes). What is not met is a
    /// finding of its own.
    pub fn is_quality_gate(&self) -> bool {
        self.rule.as_str() == Self::QUALITY_GATE && self.state == FindingState::Dismissed
    }

    /// It is no finding: it tells of an analysis or of a quality gate.
    pub fn is_remark(&self) -> bool {
        self.is_analysis() || self.is_quality_gate()
    }
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// Still in the code.
    Open,
    /// No longer in the code.
    Fixed,
    /// Somebody decided to leave it.
    Dismissed,
    /// The source did not say, or said something unheard of. Counts as open.
    Unknown,
}

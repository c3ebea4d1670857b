//! `[wall]`: what a wall shows, and for how long.

use super::{Resolver, complaint::Complaint, value::Value};

/// Something that a wall shows in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WallPanel {
    /// The burn-down of the release.
    BurnDown,
    /// Its gates.
    Gates,
    /// Its open pull requests, most delayed first.
    PullRequests,
    /// The next deployments.
    Deployments,
    /// Its open stories, worst first.
    Stories,
    /// What the data says: the card that needs somebody most.
    Insights,
}

impl WallPanel {
    /// All of them, in their usual order.
    pub const ALL: [Self; 6] =
        [Self::BurnDown, Self::Gates, Self::PullRequests, Self::Deployments, Self::Stories, Self::Insights];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::BurnDown => "burn-down",
            Self::Gates => "gates",
            Self::PullRequests => "pull-requests",
            Self::Deployments => "deployments",
            Self::Stories => "stories",
            Self::Insights => "insights",
        }
    }
}

/// What a wall shows, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallConfig {
    /// Seconds until the next panel; at least one.
    pub seconds: u32,
    /// The panels, in their order.
    pub panels: Vec<WallPanel>,
}

impl Default for WallConfig {
    fn default() -> Self {
        Self { seconds: 15, panels: WallPanel::ALL.to_vec() }
    }
}

impl Resolver {
    /// `[wall]`; panels that it does not know are complained about.
    pub(super) fn wall(&self, complaints: &mut Vec<Complaint>) -> WallConfig {
        let usual = WallConfig::default();
        let mut panels = Vec::new();
        for word in self.texts("wall.panels") {
            match WallPanel::ALL.into_iter().find(|panel| panel.name() == word.as_str()) {
                Some(panel) => panels.push(panel),
                None => complaints.push(Complaint::new(
                    "wall.panels",
                    format!("there is no panel called {:?}", word.as_str()),
                    "allowed here: burn-down, gates, pull-requests, deployments, stories, insights",
                )),
            }
        }
        let seconds = match self.get("wall.seconds") {
            Some(Value::Count(seconds)) => u32::try_from(*seconds).unwrap_or(usual.seconds),
            _ => usual.seconds,
        };
        // Not set is empty here, and an empty wall is of no use.
        let panels = if panels.is_empty() { usual.panels } else { panels };
        WallConfig { seconds: seconds.max(1), panels }
    }
}

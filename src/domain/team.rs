//! Teams: who works together, and on what.

use serde::{Deserialize, Serialize};

use super::Text;

/// People who work together, as the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// What it is called.
    pub name: Text,
    /// Who is in it, by the names that sources tell; upper and lower case are the same, here and
    /// below. Of a person in two teams the first team counts.
    pub members: Vec<Text>,
    /// Repositories that it works on.
    pub repositories: Vec<Text>,
    /// Components of stories that it works on.
    pub components: Vec<Text>,
}

impl Team {
    /// This person is one of it.
    pub fn has_member(&self, person: &str) -> bool {
        has(&self.members, person)
    }

    /// It works on this repository.
    pub fn has_repository(&self, repository: &str) -> bool {
        has(&self.repositories, repository)
    }

    /// It works on this component.
    pub fn has_component(&self, component: &str) -> bool {
        has(&self.components, component)
    }
}

fn has(names: &[Text], name: &str) -> bool {
    names.iter().any(|known| known.to_lowercase() == name.to_lowercase())
}

/// From how many stories on a release has many, and below how many few; none: by the releases
/// of the same project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoriesPerRelease {
    /// Fewer than so many are few.
    pub few: Option<u32>,
    /// So many or more are many.
    pub many: Option<u32>,
}

//! Whose a story is: the team that the configuration names, else the repository.

use super::{context::Context, membership::Membership};

/// Who works on something together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TeamName<'a> {
    /// A team of the configuration.
    Team(&'a str),
    /// Nobody says who: the repository stands for them.
    Repository(&'a str),
}

impl TeamName<'_> {
    /// `team checkout`, `repository web`.
    pub(crate) fn label(self) -> String {
        match self {
            Self::Team(name) => format!("team {name}"),
            Self::Repository(name) => format!("repository {name}"),
        }
    }
}

/// The team of a story by its position: that of its owner, else that of its component, else that
/// of a repository that its pull requests are of, else the first of these repositories by name;
/// none where nothing of this is known.
pub(crate) fn of_story<'a>(
    context: &Context<'a>,
    membership: &Membership,
    item: usize,
) -> Option<TeamName<'a>> {
    let story = context.stories[item];
    let policy = context.policy;
    let owner =
        story.owner.as_ref().and_then(|owner| policy.teams.iter().find(|team| team.has_member(owner)));
    let component = || {
        let component = story.component.as_ref()?;
        policy.teams.iter().find(|team| team.has_component(component))
    };
    let mut repositories: Vec<&'a str> = membership.by_story[item]
        .iter()
        .map(|index| context.pull_requests[*index].repository.as_str())
        .collect();
    repositories.sort_unstable();
    let repository =
        || policy.teams.iter().find(|team| repositories.iter().any(|name| team.has_repository(name)));
    match owner.or_else(component).or_else(repository) {
        Some(team) => Some(TeamName::Team(&team.name)),
        None => repositories.first().map(|name| TeamName::Repository(name)),
    }
}

//! Which builds are of which release: those of the branches of its repositories. They are
//! shown, and no gate asks for them.

use super::{context::Context, membership::Membership};

/// The builds of each release, by position: of the branches whose pull requests are its by its
/// rules, else of every branch of the repositories of its project that no release claims.
///
/// `claims` tells which releases claim a branch. A release that went out has none: what the
/// branch became since is no part of it.
pub(crate) fn place(
    context: &Context<'_>,
    membership: &Membership,
    claims: impl Fn(&str) -> Vec<usize>,
) -> Vec<Vec<usize>> {
    let mut placed = vec![Vec::new(); context.releases.len()];
    if context.builds.is_empty() {
        return placed;
    }
    let repositories = membership.repositories(context);
    let claimed: Vec<Vec<usize>> = context.builds.iter().map(|build| claims(&build.branch)).collect();
    for (release, described) in context.releases.iter().enumerate() {
        let Some(of_project) = repositories.get(&described.project) else { continue };
        if described.released_at.is_some() {
            continue;
        }
        for (item, build) in context.builds.iter().enumerate() {
            let is_its_branch = claimed[item].is_empty() || claimed[item].contains(&release);
            if is_its_branch && of_project.contains(&build.repository) {
                placed[release].push(item);
            }
        }
    }
    placed
}

//! `tminus trace`: where something is and what carries it on; what a deployment brings.

mod json;
mod markdown;
mod text;

use std::process::ExitCode;

use crate::{
    domain::EnvironmentId,
    insight::{Board, Certainty, TraceLink, Traced, trace},
};

use super::{
    Failure,
    args::{Common, Format},
    context::Context,
    headless, print, status,
};

/// Characters of a commit's name below which it could be a word.
const SHORTEST_COMMIT: usize = 7;

/// Prints the trace of what is called `name`.
pub(super) fn run(
    context: &Context,
    common: &Common,
    format: Format,
    name: &str,
) -> Result<ExitCode, Failure> {
    let board = headless::board(context, common)?;
    // The past is looked at from then.
    let now = if common.as_of.is_some() { board.at } else { context.clock.now() };
    let asked = named(&board, name).map_err(Failure::Usage)?;
    let found = trace(&board, &asked, now).map_err(|why| Failure::Usage(why.to_string()))?;
    print(&match format {
        Format::Text => text::trace(&found),
        Format::Json => json::trace(&board, &found),
        Format::Markdown => markdown::trace(&found),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What somebody means: a story, a pull request by its name, number or merge commit, a
/// deployment, an environment, a release, or a release and where it would go, or a component and where
/// it is.
fn named(board: &Board, name: &str) -> Result<Traced, String> {
    let name = name.trim();
    for arrow in ["→", "->"] {
        if let Some((release, environment)) = name.split_once(arrow) {
            let (release, environment) = (release.trim(), EnvironmentId::new(environment.trim()));
            // A component is called as its releases are, without a version.
            let projects = board.world.releases.iter().map(|known| &known.project);
            if let Some(project) = projects.into_iter().find(|known| known.eq_ignore_ascii_case(release)) {
                return Ok(Traced::Component(project.clone(), environment));
            }
            return Ok(Traced::Release(status::named(board, release)?, Some(environment)));
        }
    }
    let world = &board.world;
    let is_called = |known: &str| known.eq_ignore_ascii_case(name);
    if let Some(story) = world.stories.iter().find(|story| is_called(story.key.as_str())) {
        return Ok(Traced::Story(story.key.clone()));
    }
    if let Some(request) = world.pull_requests.iter().find(|request| is_called(request.id.as_str())) {
        return Ok(Traced::PullRequest(request.id.clone()));
    }
    if let Some(one) = world.deployments.iter().find(|one| is_called(one.id.as_str())) {
        return Ok(Traced::Deployment(one.id.clone()));
    }
    let planned = world.deployments.iter().map(|one| &one.environment);
    let mut places = world.environments.iter().map(|one| &one.id).chain(planned);
    if let Some(place) = places.find(|place| is_called(place.as_str())) {
        return Ok(Traced::Environment(place.clone()));
    }
    let number = name.strip_prefix('#').and_then(|number| number.parse::<u64>().ok());
    let is_commit = name.len() >= SHORTEST_COMMIT && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = is_commit.then(|| name.to_ascii_lowercase());
    let mut meant: Vec<_> = world
        .pull_requests
        .iter()
        .filter(|request| {
            let starts = |commit: &String| {
                request.merge_commit.as_ref().is_some_and(|full| full.starts_with(commit.as_str()))
            };
            (number.is_some() && request.number == number) || commit.as_ref().is_some_and(starts)
        })
        .map(|request| request.id.clone())
        .collect();
    meant.dedup();
    match meant.as_slice() {
        [only] => return Ok(Traced::PullRequest(only.clone())),
        [] => {}
        several => {
            let choices: Vec<_> = several.iter().take(12).map(|id| format!("`{id}`")).collect();
            return Err(format!("`{name}` could be {}: say which", choices.join(" or ")));
        }
    }
    if number.is_some() {
        return Err(format!("no pull request `{name}` is on this board"));
    }
    let release = status::named(board, name).map_err(|why| {
        format!(
            "nothing is called `{name}`: no story, pull request, deployment or environment, and {why}\n\
             name one of them, or a release and where it goes: \"payments 4.2 → staging\""
        )
    })?;
    Ok(Traced::Release(release, None))
}

/// Why a link holds, with how sure that is where it is not said by a source.
fn because(link: &TraceLink) -> String {
    let sure = match link.certainty {
        Certainty::Said => "",
        Certainty::Inferred => "inferred: ",
        Certainty::Unknown => "cannot be told: ",
    };
    if link.because.is_empty() { String::new() } else { format!("{sure}{}", link.because) }
}

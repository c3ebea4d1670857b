//! A pull request checked out into a git work tree of its own.

use std::path::PathBuf;

use crate::{
    config::CommandOutput,
    domain::{PullRequest, Text},
};

use super::{Job, Link};

/// The repository that pull requests are checked out of, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The repository on this machine.
    pub repository: PathBuf,
    /// Where work trees are made.
    pub directory: PathBuf,
    /// The host that it is at home at.
    pub host: String,
    /// Its path there: `owner/name`.
    pub path: String,
    /// The remote that leads there.
    pub remote: String,
}

impl Checkout {
    /// What is run for a pull request, or why nothing can be: it must be one of this repository,
    /// which its link tells.
    pub(super) fn job(&self, pull_request: &PullRequest) -> Result<Job, Text> {
        let number = pull_request.number.ok_or("it is a branch without a pull request")?;
        let link = pull_request.url.as_deref().and_then(Link::of).ok_or("its link is not known")?;
        let place = link.as_str().split_once("://").map(|(_, rest)| rest).unwrap_or_default();
        let home = format!("{}/{}", self.host, self.path);
        let behind = place.get(..home.len()).filter(|begin| begin.eq_ignore_ascii_case(&home));
        let behind = behind.and_then(|_| place.get(home.len()..)).unwrap_or_default();
        let reference = if behind == format!("/pull/{number}") {
            format!("refs/pull/{number}/head")
        } else if behind == format!("/-/merge_requests/{number}") {
            format!("refs/merge-requests/{number}/head")
        } else {
            return Err(Text::new(format!("it is not one of {}", self.path)));
        };
        let name = self.path.rsplit('/').next().unwrap_or("repository");
        let tree = self.directory.join(format!("{name}-{number}"));
        let (Some(repository), Some(tree)) = (self.repository.to_str(), tree.to_str()) else {
            return Err("the directory has a name that cannot be written".into());
        };
        let kept = format!("refs/tminus/{name}/{number}");
        // What is checked out was written by somebody else: no hook that it may bring is run.
        let git = ["git", "-C", repository, "-c", "core.hooksPath=/dev/null"];
        let step = |words: &[&str]| git.iter().chain(words).map(|word| (*word).to_owned()).collect();
        Ok(Job {
            number: 0,
            name: Text::new(format!("check out #{number} into {tree}")),
            steps: vec![
                step(&["fetch", "--no-tags", "--", &self.remote, &format!("+{reference}:{kept}")]),
                step(&["worktree", "add", "--detach", "--", tree, &kept]),
            ],
            output: CommandOutput::Pane,
            done: Text::new(format!("#{number} is checked out in {tree}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PullRequestState;

    #[test]
    fn only_pull_requests_of_the_repository_are_checked_out() {
        let checkout = Checkout {
            repository: "/work/api".into(),
            directory: "/work/reviews".into(),
            host: "github.com".to_owned(),
            path: "acme/api".to_owned(),
            remote: "origin".to_owned(),
        };
        for (url, number, reference) in [
            (Some("https://github.com/acme/api/pull/812"), Some(812), Some("refs/pull/812/head")),
            (Some("https://GitHub.com/Acme/api/pull/812"), Some(812), Some("refs/pull/812/head")),
            (
                Some("https://github.com/acme/api/-/merge_requests/812"),
                Some(812),
                Some("refs/merge-requests/812/head"),
            ),
            (Some("https://github.com/acme/api-two/pull/812"), Some(812), None),
            (Some("https://github.com/other/api/pull/812"), Some(812), None),
            (Some("https://evil.example/github.com/acme/api/pull/812"), Some(812), None),
            (Some("https://github.com/acme/api/pull/813"), Some(812), None),
            (Some("https://github.com/acme/api/pull/812"), None, None),
            (None, Some(812), None),
        ] {
            let mut pull_request =
                PullRequest::new("api#812", "api", "--exec=x", "lee", "main", PullRequestState::Open);
            pull_request.url = url.map(Text::new);
            pull_request.number = number;
            let job = checkout.job(&pull_request);
            assert_eq!(job.is_ok(), reference.is_some(), "{url:?} {number:?}: {job:?}");
            if let (Ok(job), Some(reference)) = (job, reference) {
                let git = "git -C /work/api -c core.hooksPath=/dev/null";
                assert_eq!(
                    job.shown(),
                    format!(
                        "{git} fetch --no-tags -- origin +{reference}:refs/tminus/api/812 \
                         && {git} worktree add --detach -- /work/reviews/api-812 refs/tminus/api/812"
                    )
                );
                assert_eq!(job.done.as_str(), "#812 is checked out in /work/reviews/api-812");
            }
        }
    }
}

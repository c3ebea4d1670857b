//! Builds: the newest pipeline of the main branch and of release branches, with its jobs. Release
//! branches are the bases of open merge requests that are no merge request's own branch, and those
//! that the settings name.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    known::Known,
    merge_requests,
    wire::{Job, Pipeline, Project},
};
use crate::{
    domain::{Build, BuildId, Instant, Text},
    source::naming::Naming,
};

/// Most branches, the main one included.
const MOST_BRANCHES: usize = 5;

/// The jobs of a pipeline of a branch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Built {
    /// The last change of the pipeline that is in it.
    pub(super) of: Option<Instant>,
    pub(super) jobs: Vec<Job>,
}

/// The base branches of the settings that are names, not patterns.
pub(super) fn named(patterns: &[String]) -> BTreeSet<Text> {
    let is_name = |pattern: &&String| !pattern.contains(['*', '?', '[', '{', '\\']);
    patterns.iter().filter(is_name).map(Text::new).collect()
}

/// The newest pipeline of each branch that has a build, the main branch first.
pub(super) fn newest(known: &Known) -> Vec<(&Text, &Pipeline)> {
    let open = || known.merge_requests.values().filter(|found| found.is_open());
    let own: BTreeSet<&Text> = open().filter_map(|found| found.source_branch.as_ref()).collect();
    let main = known.project.as_ref().and_then(|project| project.default_branch.as_ref());
    let bases: BTreeSet<&Text> =
        open().filter_map(|found| found.target_branch.as_ref()).filter(|base| !own.contains(base)).collect();
    let mut branches: Vec<&Text> = Vec::new();
    for branch in main.into_iter().chain(&known.named).chain(bases) {
        if branches.len() < MOST_BRANCHES && !branches.contains(&branch) {
            branches.push(branch);
        }
    }
    let of = |branch: &Text| {
        // Higher numbers are newer ones.
        known.pipelines.values().rev().find(|pipeline| pipeline.reference.as_ref() == Some(branch))
    };
    branches.into_iter().filter_map(|branch| Some((branch, of(branch)?))).collect()
}

/// Whether the jobs of `pipeline` are not known as they are now.
pub(super) fn is_due(known: &Known, pipeline: &Pipeline) -> bool {
    known.builds.get(&pipeline.id).is_none_or(|built| built.of != pipeline.updated_at)
}

/// The build of `branch`, as its newest pipeline tells it; with its jobs where these are known.
pub(super) fn build(
    branch: &Text,
    pipeline: &Pipeline,
    built: Option<&Built>,
    project: Option<&Project>,
    naming: &Naming,
) -> Option<Build> {
    let must_pass = project.and_then(|project| project.only_allow_merge_if_pipeline_succeeds);
    let jobs = built.filter(|built| built.of == pipeline.updated_at).map_or(&[][..], |built| &built.jobs);
    // What may fail says nothing of the branch.
    let may_fail = |job: &Job| job.allow_failure && job.status.as_deref() == Some("failed");
    let jobs: Vec<Job> = jobs.iter().filter(|job| !may_fail(job)).cloned().collect();
    let checks = merge_requests::checks_of(&jobs, Some(pipeline), must_pass.unwrap_or_default());
    if checks.is_empty() {
        return None;
    }
    Some(Build {
        id: BuildId::of(&naming.repository, branch),
        repository: naming.repository.clone(),
        branch: branch.clone(),
        commit: pipeline.sha.clone()?,
        at: checks.iter().filter_map(|check| check.at).max().or(pipeline.updated_at)?,
        checks,
        url: pipeline.web_url.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::CheckOutcome;

    fn pipeline(status: &str) -> Pipeline {
        // The shapes of doc/api/pipelines.md and doc/api/jobs.md.
        serde_json::from_value(json!({
            "id": 47, "iid": 12, "project_id": 1, "status": status, "source": "push", "ref": "main",
            "sha": "a91957a858320c0e17f3a0eca7cfacbff50ea29a", "name": "Build pipeline",
            "web_url": "https://example.com/foo/bar/pipelines/47", "created_at": "2026-08-11T11:28:34.085Z",
            "updated_at": "2026-08-11T11:32:35.169Z",
        }))
        .unwrap()
    }

    fn job(name: &str, status: &str, allow_failure: bool) -> Value {
        json!({ "id": 7, "name": name, "stage": "test", "status": status, "allow_failure": allow_failure,
            "created_at": "2026-08-11T11:28:34Z", "started_at": "2026-08-11T11:29:00Z",
            "finished_at": "2026-08-11T11:31:00Z", "failure_reason": null })
    }

    #[test]
    fn a_pipeline_and_its_jobs_are_a_build() {
        use CheckOutcome::{Failed, Passed, Running, Unknown};
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        for (status, jobs, outcome, checks) in [
            ("success", vec![job("rspec", "success", false)], Passed, &["test: rspec"][..]),
            (
                "success",
                vec![job("rspec", "success", false), job("audit", "failed", true)],
                Passed,
                &["test: rspec"],
            ),
            ("failed", vec![job("rspec", "failed", false)], Failed, &["test: rspec"]),
            ("running", vec![job("rspec", "running", false)], Running, &["test: rspec"]),
            // Its jobs are not known, or do not explain it.
            ("failed", Vec::new(), Failed, &["pipeline"]),
            ("failed", vec![job("rspec", "success", false)], Failed, &["test: rspec", "pipeline"]),
            ("unheard of", Vec::new(), Unknown, &["pipeline"]),
        ] {
            let pipeline = pipeline(status);
            let jobs: Vec<Job> = serde_json::from_value(jobs.into()).unwrap();
            let jobs = Built { of: pipeline.updated_at, jobs };
            let build = build(&Text::new("main"), &pipeline, Some(&jobs), None, &naming).unwrap();
            let names: Vec<_> = build.checks.iter().map(|check| check.name.as_str()).collect();
            assert_eq!((build.outcome(), names.as_slice()), (outcome, checks), "{status}");
            assert_eq!((build.id.as_str(), build.commit.len()), ("api@main", 40));
            // Jobs of an earlier state say nothing of this one.
            let jobs = Built { of: None, ..jobs };
            let early = super::build(&Text::new("main"), &pipeline, Some(&jobs), None, &naming).unwrap();
            assert_eq!((early.checks.len(), early.outcome()), (1, outcome), "{status}");
        }
    }
}

//! Findings of code analyzers that a release brings with it: what was opened since the release
//! of its project before it went out.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{Finding, FindingState, Instant, ReleaseId, Severity, Text};

use super::{burn_down::previous_release, context::Context, membership::Membership, words};

/// The findings of one release.
#[derive(Debug, Default)]
pub(crate) struct Findings<'a> {
    /// From when on a finding is new; none: every one is.
    pub(crate) since: Option<Instant>,
    /// New, open, critical or high; the worst first, then the oldest.
    pub(crate) severe: Vec<&'a Finding>,
    /// New and open, and nobody says how bad.
    pub(crate) unrated: Vec<&'a Finding>,
    /// Those that do not count, each with why; the newest first.
    pub(crate) left_out: Vec<(&'a Finding, &'static str)>,
}

impl<'a> Findings<'a> {
    /// What is known of the findings of the release at this position.
    ///
    /// Of a release that went out, what stood open then: what was found or mended since is no
    /// part of it.
    pub(crate) fn of(context: &Context<'a>, membership: &Membership, release: usize) -> Self {
        let described = context.releases[release];
        let mut found = Self {
            since: previous_release(context, membership, release).or(described.start),
            ..Self::default()
        };
        for item in &membership.findings[release] {
            let finding: &Finding = context.findings[*item];
            if finding.is_analysis() {
                continue;
            }
            let is_severe = matches!(finding.severity, Some(Severity::Critical | Severity::High));
            if described.released_at.is_some_and(|until| finding.opened_at > until) {
                found.left_out.push((finding, "found after it went out"));
            } else if let Some(why) = closed(finding, described.released_at) {
                found.left_out.push((finding, why));
            } else if found.since.is_some_and(|since| finding.opened_at <= since) && !is_verdict(finding) {
                found.left_out.push((finding, "was there before"));
            } else if is_severe {
                found.severe.push(finding);
            } else if finding.severity.is_none() {
                found.unrated.push(finding);
            } else {
                found.left_out.push((finding, "neither critical nor high"));
            }
        }
        for findings in [&mut found.severe, &mut found.unrated] {
            findings.sort_by_key(|finding| {
                (std::cmp::Reverse(finding.severity), finding.opened_at, finding.id.clone())
            });
        }
        found.left_out.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.opened_at));
        found
    }
}

/// Why the analyses say nothing of the release as it is now: an analyzer that looked at a repository
/// whose head is known looked at another commit. None where no source says what was analyzed.
pub(crate) fn silence(context: &Context<'_>, membership: &Membership, release: usize) -> Option<String> {
    // The commits that each analyzer looked at, by repository.
    let mut analyzed: BTreeMap<(&Text, &Text), Vec<&Text>> = BTreeMap::new();
    for item in &membership.findings[release] {
        let finding: &Finding = context.findings[*item];
        // What was closed says when it was last seen, and not what was analyzed last.
        let tells = finding.is_analysis() || closed(finding, None).is_none();
        if let Some(commit) = finding.commit.as_ref().filter(|_| tells) {
            analyzed.entry((&finding.repository, &finding.tool)).or_default().push(commit);
        }
    }
    analyzed.into_iter().find_map(|((repository, tool), commits)| {
        let heads = membership.names(release).map(|index| context.releases[index]);
        let mut heads =
            heads.filter(|named| named.project == *repository).filter_map(|named| named.commit.as_ref());
        let head = heads.next()?;
        let is_known = |head: &Text| commits.contains(&head);
        let looked_at = commits.last()?;
        (!is_known(head) && !heads.any(is_known))
            .then(|| format!("{tool} looked at {}", words::commit(looked_at)))
    })
}

/// The verdict of an analyzer about all that it looked at, as that of a quality gate: never old.
fn is_verdict(finding: &Finding) -> bool {
    finding.rule.starts_with("quality gate:")
}

/// Why a finding is no longer open: now, or when a release went out. What nobody understands is open.
fn closed(finding: &Finding, went_out: Option<Instant>) -> Option<&'static str> {
    let why = match finding.state {
        FindingState::Fixed => "fixed",
        FindingState::Dismissed => "dismissed",
        FindingState::Open | FindingState::Unknown => return None,
    };
    let is_later = went_out.is_some_and(|went_out| finding.closed_at.is_some_and(|at| at > went_out));
    (!is_later).then_some(why)
}

/// Which findings are of which release, by position: those that were found in it, and of a
/// repository those in what is in the making, for every release of a project that works in it.
pub(crate) fn place(context: &Context<'_>, membership: &Membership) -> Vec<Vec<usize>> {
    let mut placed = vec![Vec::new(); context.releases.len()];
    if context.findings.is_empty() {
        return placed;
    }
    let repositories = membership.repositories(context);
    let mut by_release: HashMap<&ReleaseId, Vec<usize>> = HashMap::new();
    let mut by_repository: HashMap<&Text, Vec<usize>> = HashMap::new();
    for (item, finding) in context.findings.iter().enumerate() {
        match &finding.release {
            Some(id) => by_release.entry(id).or_default().push(item),
            None => by_repository.entry(&finding.repository).or_default().push(item),
        }
    }
    for (release, described) in context.releases.iter().enumerate() {
        let names = membership.names(release).map(|index| &context.releases[index].id);
        let found = names.filter_map(|id| by_release.get(id));
        let in_the_making = repositories.get(&described.project).into_iter().flatten();
        let found = found.chain(in_the_making.filter_map(|repository| by_repository.get(repository)));
        placed[release].extend(found.flatten().copied());
    }
    placed
}

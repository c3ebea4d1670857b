//! Findings of code analyzers that a release brings with it: what was opened since the release
//! of its project before it went out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// How quality gates of the analyzers stand, by their repository.
    pub(crate) quality_gates: Vec<&'a Finding>,
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
        let analyzed = analyzed_now(context, membership, release);
        for item in &membership.findings[release] {
            let finding: &Finding = context.findings[*item];
            if finding.is_quality_gate() {
                found.quality_gates.push(finding);
            }
            if finding.is_remark() {
                continue;
            }
            let is_elsewhere = || {
                let heads = heads(context, membership, release, &finding.repository);
                finding.commit.as_ref().is_some_and(|commit| !heads.contains(commit))
            };
            if closed(finding, None).is_none() && analyzed.contains(&subject(finding)) && is_elsewhere() {
                found.left_out.push((finding, "of another commit"));
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
        found.quality_gates.sort_by_key(|gate| (&gate.repository, &gate.id));
        found.left_out.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.opened_at));
        found
    }
}

/// The commits that the release is made of in `repository`, where they are known.
fn heads<'a>(
    context: &Context<'a>,
    membership: &Membership,
    release: usize,
    repository: &Text,
) -> BTreeSet<&'a Text> {
    let named = membership.names(release).map(|index| context.releases[index]);
    named.filter(|named| named.project == *repository).filter_map(|named| named.commit.as_ref()).collect()
}

/// Repository, tool and part: what one row of analyses is about.
type Subject<'a> = (&'a Text, &'a Text, Option<&'a Text>);

fn subject(finding: &Finding) -> Subject<'_> {
    (&finding.repository, &finding.tool, finding.part.as_ref())
}

/// What of the release was analyzed as it is now, though it may have been analyzed as it is
/// elsewhere, too: on another branch, or earlier.
fn analyzed_now<'a>(context: &Context<'a>, membership: &Membership, release: usize) -> BTreeSet<Subject<'a>> {
    let found = membership.findings[release].iter().map(|item| &**context.findings[*item]);
    let analyses = found.filter(|finding| finding.is_analysis());
    let is_of_head = |analysis: &&Finding| {
        let commit = analysis.commit.as_ref();
        commit.is_some_and(|it| heads(context, membership, release, &analysis.repository).contains(it))
    };
    analyses.filter(is_of_head).map(subject).collect()
}

/// Why the analyses say nothing of the release as it is now: an analyzer that looked at a repository
/// whose head is known looked at other commits only. An analysis speaks for its own commit and part, never
/// for what another branch or another part is. None where no source says what was analyzed.
pub(crate) fn silence(context: &Context<'_>, membership: &Membership, release: usize) -> Option<String> {
    // The commits that each analyzer looked at.
    let mut analyzed: BTreeMap<Subject<'_>, Vec<&Text>> = BTreeMap::new();
    for item in &membership.findings[release] {
        let finding: &Finding = context.findings[*item];
        // What was closed says when it was last seen, and not what was analyzed last.
        let tells = finding.is_analysis() || closed(finding, None).is_none();
        if let Some(commit) = finding.commit.as_ref().filter(|_| tells) {
            analyzed.entry(subject(finding)).or_default().push(commit);
        }
    }
    analyzed.into_iter().find_map(|((repository, tool, _), commits)| {
        let heads = heads(context, membership, release, repository);
        let looked_at = commits.last()?;
        (!heads.is_empty() && !commits.iter().any(|commit| heads.contains(commit)))
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

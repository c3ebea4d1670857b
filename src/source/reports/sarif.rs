//! Findings in SARIF, the Static Analysis Results Interchange Format 2.1.0 of OASIS
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};

use super::{
    contents::{Contents, text},
    dates,
    junit::is_commit,
};
use crate::{
    config::ReportConfig,
    domain::{Finding, FindingId, FindingState, Instant, Problem, Severity, Text},
};

/// Most findings of one file.
const MOST_FINDINGS: usize = 200_000;

#[derive(Deserialize)]
struct Log<'a> {
    version: Option<String>,
    #[serde(borrow)]
    runs: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    #[serde(borrow)]
    results: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    artifacts: Vec<Artifact>,
    #[serde(default)]
    invocations: Vec<Invocation>,
    #[serde(default)]
    version_control_provenance: Vec<Provenance>,
    automation_details: Option<AutomationDetails>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Component,
    #[serde(default)]
    extensions: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    name: String,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    #[serde(default)]
    id: String,
    short_description: Option<Message>,
    default_configuration: Option<Configuration>,
    help_uri: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Configuration {
    level: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    text: Option<String>,
}

#[derive(Deserialize)]
struct Artifact {
    location: Option<ArtifactLocation>,
}

#[derive(Deserialize)]
struct ArtifactLocation {
    uri: Option<String>,
    index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    start_time_utc: Option<String>,
    end_time_utc: Option<String>,
    execution_successful: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provenance {
    repository_uri: Option<String>,
    revision_id: Option<String>,
    branch: Option<String>,
}

#[derive(Deserialize)]
struct AutomationDetails {
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<RuleReference>,
    kind: Option<String>,
    level: Option<String>,
    message: Option<Message>,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    suppressions: Option<Vec<Suppression>>,
    baseline_state: Option<String>,
    #[serde(default)]
    fingerprints: BTreeMap<String, String>,
    #[serde(default)]
    partial_fingerprints: BTreeMap<String, String>,
    provenance: Option<ResultProvenance>,
    hosted_viewer_uri: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleReference {
    id: Option<String>,
    index: Option<i64>,
    tool_component: Option<ComponentReference>,
}

#[derive(Deserialize)]
struct ComponentReference {
    index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<PhysicalLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Option<ArtifactLocation>,
    region: Option<Region>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: Option<u32>,
    snippet: Option<Message>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultProvenance {
    first_detection_time_utc: Option<String>,
}

/// The rule of what stands in place of something that cannot be read.
pub(super) const MARK: &str = "unreadable report";

/// What the findings of one run have in common.
struct Analysis<'a> {
    settings: &'a ReportConfig,
    file: &'a str,
    run: &'a Run<'a>,
    tool: Text,
    repository: Text,
    branch: Option<Text>,
    commit: Option<Text>,
    at: Instant,
}

/// The findings that the file `name`, written at `written_at`, tells of.
pub(super) fn read(
    settings: &ReportConfig,
    name: &str,
    bytes: &[u8],
    written_at: Instant,
) -> Result<Contents, Problem> {
    const MAKE_ANEW: &str = "let the analyzer write the report again, in SARIF 2.1.0";
    let damaged = |error: &serde_json::Error| {
        Problem::new(format!("{name}:{}: this is no SARIF: {error}", error.line()), MAKE_ANEW)
    };
    let log: Log<'_> = serde_json::from_str(text(name, bytes)?).map_err(|error| damaged(&error))?;
    match log.version.as_deref() {
        Some(version) if version.starts_with("2.") => {}
        Some(other) => {
            let what = format!("{name}: SARIF {} cannot be read", Text::new(other));
            return Err(Problem::new(what, MAKE_ANEW));
        }
        None => return Err(Problem::new(format!("{name}: this is no SARIF: it has no version"), MAKE_ANEW)),
    }
    let Some(runs) = log.runs else {
        return Err(Problem::new(format!("{name}: this is no SARIF: it has no runs"), MAKE_ANEW));
    };
    let mut contents = Contents::default();
    for (index, run) in runs.iter().enumerate() {
        let run: Run<'_> = serde_json::from_str(run.get()).map_err(|error| {
            Problem::new(format!("{name}: runs[{index}] is no run of an analyzer: {error}"), MAKE_ANEW)
        })?;
        Analysis::of(settings, name, &run, written_at).read(&mut contents)?;
    }
    Ok(contents)
}

impl<'a> Analysis<'a> {
    fn of(settings: &'a ReportConfig, file: &'a str, run: &'a Run<'a>, written_at: Instant) -> Self {
        let times = run
            .invocations
            .iter()
            .filter_map(|invocation| invocation.start_time_utc.as_ref().or(invocation.end_time_utc.as_ref()));
        let began = times.filter_map(|written| instant(written)).min();
        let provenance = run.version_control_provenance.first();
        let said = provenance.and_then(|provenance| provenance.repository_uri.as_deref()).and_then(named);
        let repository = settings.repository.clone().or(said).or_else(|| settings.project.clone());
        let branch = provenance.and_then(|provenance| provenance.branch.as_deref());
        let branch = branch.map(|branch| branch.strip_prefix("refs/heads/").unwrap_or(branch));
        let revision = provenance.and_then(|provenance| provenance.revision_id.as_deref());
        let revision = revision.map(str::to_ascii_lowercase).filter(|revision| is_commit(revision));
        Self {
            settings,
            file,
            run,
            tool: Text::new(&run.tool.driver.name),
            repository: Text::new(repository.unwrap_or_default()),
            branch: branch.filter(|branch| !branch.is_empty()).map(Text::new),
            commit: revision.map(Text::new),
            at: began.map_or(written_at, |at| at.min(written_at)),
        }
    }

    fn read(&self, contents: &mut Contents) -> Result<(), Problem> {
        let Some(results) = &self.run.results else {
            // Without the list nothing was analyzed: an empty one says that nothing was found.
            contents.findings.push(self.mark("this analysis has no results"));
            return Ok(());
        };
        if contents.findings.len().saturating_add(results.len()) > MOST_FINDINGS {
            return Err(Problem::new(
                format!("{}: more than {MOST_FINDINGS} findings", self.file),
                "let the analyzer report less",
            ));
        }
        contents.analyses += 1;
        contents.findings.push(self.analysis());
        if self.run.invocations.iter().any(|invocation| invocation.execution_successful == Some(false)) {
            let what = format!("{} says that it did not end well", self.tool);
            contents.findings.push(self.mark(&what));
            contents.problem(Problem::new(
                format!("{}: {what}", self.file),
                "look at its output, and let it analyze again",
            ));
        }
        let mut same: BTreeMap<FindingId, usize> = BTreeMap::new();
        for (index, result) in results.iter().enumerate() {
            match serde_json::from_str::<Outcome>(result.get()) {
                Ok(result) => {
                    let Some(mut finding) = self.finding(&result) else { continue };
                    // Two of one fingerprint are two findings.
                    let count = same.entry(finding.id.clone()).or_default();
                    *count += 1;
                    if *count > 1 {
                        finding.id = FindingId::new(format!("{}-{count}", finding.id));
                    }
                    contents.findings.push(finding);
                }
                Err(error) => {
                    contents.problem(Problem::new(
                        format!("{}: results[{index}] of {} cannot be read: {error}", self.file, self.tool),
                        "it counts as a finding that nobody rated; let the analyzer write the report again",
                    ));
                    contents.findings.push(self.mark(&format!("results[{index}] cannot be read")));
                }
            }
        }
        Ok(())
    }

    /// What stands for the analysis itself: which commit it looked at.
    fn analysis(&self) -> Finding {
        let key = format!("{}\0{}{}", self.tool, self.category(), self.of_branch());
        Finding {
            id: identity(&self.repository, ["analysis", &key]),
            repository: self.repository.clone(),
            tool: self.tool.clone(),
            rule: Text::new(Finding::ANALYSIS),
            state: FindingState::Dismissed,
            part: self.part(),
            branch: self.branch.clone(),
            commit: self.commit.clone(),
            closed_at: Some(self.at),
            ..mark(self.settings, &key, "what was analyzed", self.at)
        }
    }

    fn category(&self) -> &str {
        self.run.automation_details.as_ref().and_then(|details| details.id.as_deref()).unwrap_or_default()
    }

    /// What of the repository was looked at: what comes after the last slash of a category tells
    /// one run from the next.
    fn part(&self) -> Option<Text> {
        let category = self.category();
        let part = category.rsplit_once('/').map_or(category, |(part, _)| part);
        (!part.is_empty()).then(|| Text::new(part))
    }

    /// What tells the same of two branches apart.
    fn of_branch(&self) -> String {
        self.branch.as_ref().map(|branch| format!("\0{branch}")).unwrap_or_default()
    }

    /// A finding in place of what cannot be read: nobody rated it, and so no gate says go.
    fn mark(&self, what: &str) -> Finding {
        let key = format!("{}\0{}\0{what}", self.file, self.tool);
        Finding {
            tool: self.tool.clone(),
            ..mark(self.settings, &key, &format!("{}: {what}", self.file), self.at)
        }
    }

    /// The finding that `result` is; none where it says that all is well.
    fn finding(&self, result: &Outcome) -> Option<Finding> {
        let state = state(result)?;
        let rule = self.rule(result);
        let reference = result.rule.as_ref().and_then(|rule| rule.id.as_deref());
        let rule_id = result.rule_id.as_deref().or(reference).or(rule.map(|rule| rule.id.as_str()));
        let rule_id = rule_id.unwrap_or_default();
        let place = result.locations.first().and_then(|location| location.physical_location.as_ref());
        let path = place.and_then(|place| self.path(place.artifact_location.as_ref()?));
        let region = place.and_then(|place| place.region.as_ref());
        let text_of = |message: Option<&Message>| message.and_then(|message| message.text.clone());
        let message = text_of(result.message.as_ref());
        let title = text_of(rule.and_then(|rule| rule.short_description.as_ref()));
        let title =
            message.clone().filter(|text| !text.is_empty()).or(title).unwrap_or_else(|| rule_id.to_owned());
        let fingerprint = fingerprint(result, region, message.as_deref());
        let category = format!("{}{}", self.category(), self.of_branch());
        let parts = [category.as_str(), &self.tool, rule_id, path.as_deref().unwrap_or_default()];
        let first_seen =
            result.provenance.as_ref().and_then(|known| known.first_detection_time_utc.as_deref());
        let opened_at = first_seen.and_then(instant).map_or(self.at, |at| at.min(self.at));
        let is_closed = matches!(state, FindingState::Fixed | FindingState::Dismissed);
        Some(Finding {
            id: identity(&self.repository, parts.into_iter().chain([fingerprint.as_str()])),
            repository: self.repository.clone(),
            tool: self.tool.clone(),
            rule: Text::new(rule_id),
            title: Text::new(title),
            severity: severity(result, rule),
            state,
            path: path.map(Text::new),
            line: region.and_then(|region| region.start_line).filter(|line| *line > 0),
            release: self.settings.release.as_deref().map(Into::into),
            part: self.part(),
            branch: self.branch.clone(),
            commit: self.commit.clone(),
            opened_at,
            closed_at: is_closed.then_some(self.at),
            url: result
                .hosted_viewer_uri
                .as_ref()
                .or(rule.and_then(|rule| rule.help_uri.as_ref()))
                .map(Text::new),
        })
    }

    /// The rule that `result` breaks: by its place, in the tool or one of its extensions, else by
    /// its name.
    fn rule(&self, result: &Outcome) -> Option<&'a Rule> {
        let position = |index: Option<i64>| index.and_then(|index| usize::try_from(index).ok());
        let reference = result.rule.as_ref();
        let tool = &self.run.tool;
        let extension = reference.and_then(|rule| position(rule.tool_component.as_ref()?.index));
        let component = extension.map_or(Some(&tool.driver), |index| tool.extensions.get(index));
        let index = position(reference.and_then(|rule| rule.index)).or_else(|| position(result.rule_index));
        let by_place = component.zip(index).and_then(|(component, index)| component.rules.get(index));
        let id = result.rule_id.as_deref().or_else(|| reference?.id.as_deref());
        // `CA1000/1` is a part of the rule `CA1000`.
        let is_it = |rule: &&Rule| {
            id.is_none_or(|id| {
                id.strip_prefix(&rule.id).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        by_place.filter(is_it).or_else(|| {
            id?;
            let all = std::iter::once(&tool.driver).chain(&tool.extensions);
            all.flat_map(|component| &component.rules).find(is_it)
        })
    }

    /// The file, from the top of the project where it is beneath it.
    fn path(&self, location: &ArtifactLocation) -> Option<String> {
        let index = location.index.and_then(|index| usize::try_from(index).ok());
        let listed = || self.run.artifacts.get(index?)?.location.as_ref()?.uri.as_ref();
        let uri = location.uri.as_ref().or_else(listed)?;
        let path = uri.strip_prefix("file://").unwrap_or(uri);
        let root = self.settings.root.to_string_lossy();
        let within = path.strip_prefix(root.as_ref()).and_then(|rest| rest.strip_prefix('/'));
        Some(within.unwrap_or(path).to_owned())
    }
}

/// A finding in place of something that cannot be read.
pub(super) fn mark(settings: &ReportConfig, key: &str, what: &str, at: Instant) -> Finding {
    let repository = settings.repository.clone().or_else(|| settings.project.clone()).unwrap_or_default();
    Finding {
        id: identity(&Text::new(&repository), ["mark", key]),
        repository: Text::new(repository),
        tool: Text::default(),
        rule: Text::new(MARK),
        title: Text::new(what),
        severity: None,
        state: FindingState::Unknown,
        path: None,
        line: None,
        release: settings.release.as_deref().map(Into::into),
        part: None,
        branch: None,
        commit: None,
        opened_at: at,
        closed_at: None,
        url: None,
    }
}

fn instant(written: &str) -> Option<Instant> {
    // Times of SARIF are in UTC.
    Some(dates::read(written, None)?.from(&crate::domain::Calendar::default()))
}

/// The last part of the address of a repository.
fn named(address: &str) -> Option<String> {
    let name = address.trim_end_matches('/').rsplit(['/', ':']).next()?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    (!name.is_empty()).then(|| name.to_owned())
}

fn identity<'a>(repository: &Text, parts: impl IntoIterator<Item = &'a str>) -> FindingId {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let digest = digest.finalize();
    let short = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let short = format!("{short:016x}");
    FindingId::new(format!("{repository}!{short}"))
}

/// By what the analyzer tells the finding apart; else the code that it is about, which stays the
/// same when lines move; else what it says, and where.
fn fingerprint(result: &Outcome, region: Option<&Region>, message: Option<&str>) -> String {
    let joined = |prints: &BTreeMap<String, String>| {
        prints.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n")
    };
    if !result.fingerprints.is_empty() {
        return joined(&result.fingerprints);
    }
    if !result.partial_fingerprints.is_empty() {
        return joined(&result.partial_fingerprints);
    }
    let snippet = region.and_then(|region| region.snippet.as_ref()?.text.as_deref());
    if let Some(snippet) = snippet {
        snippet.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        let line = region.and_then(|region| region.start_line).unwrap_or_default();
        format!("{line} {}", message.unwrap_or_default())
    }
}

/// Where a result stands; none where it is no finding: what passed, does not apply or only informs.
fn state(result: &Outcome) -> Option<FindingState> {
    let state = match result.kind.as_deref().unwrap_or("fail") {
        "fail" => FindingState::Open,
        "pass" | "notApplicable" | "informational" => return None,
        // `open` and `review`: somebody has to look.
        _ => FindingState::Unknown,
    };
    let suppressions = result.suppressions.as_deref().unwrap_or_default();
    let accepted =
        |suppression: &Suppression| matches!(suppression.status.as_deref(), None | Some("accepted"));
    Some(match result.baseline_state.as_deref() {
        Some("absent") => FindingState::Fixed,
        // One that somebody rejected, or still looks at, is not suppressed.
        _ if !suppressions.is_empty() && suppressions.iter().all(accepted) => FindingState::Dismissed,
        None | Some("new" | "unchanged" | "updated") => state,
        Some(_) => FindingState::Unknown,
    })
}

/// How bad it is: by the score for security where there is one (GitHub's scale: above 9 critical,
/// above 7 high, above 4 medium), else by the level, like the source `github`.
fn severity(result: &Outcome, rule: Option<&Rule>) -> Option<Severity> {
    let score = |properties: &BTreeMap<String, Value>| match properties.get("security-severity")? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let score = score(&result.properties).or_else(|| score(&rule?.properties));
    if let Some(score) = score.filter(|score: &f64| *score > 0.0) {
        return Some(match score {
            score if score >= 9.0 => Severity::Critical,
            score if score >= 7.0 => Severity::High,
            score if score >= 4.0 => Severity::Medium,
            _ => Severity::Low,
        });
    }
    let usual = || rule?.default_configuration.as_ref()?.level.as_deref();
    match result.level.as_deref().or_else(usual).unwrap_or("warning") {
        "error" => Some(Severity::High),
        "warning" => Some(Severity::Medium),
        "note" => Some(Severity::Low),
        _ => None,
    }
}

//! What labels and names mean by which nobody agreed on anything: defects, their severity, and
//! what an environment is for.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::domain::{Problem, Severity, Text, Tier};

/// Which labels (or issue types) say that an issue is a defect, and how bad it is: patterns with
/// `*` and `?`, small and capital letters alike, that match the whole label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSettings {
    /// An issue with one of these, or of such a type, is a defect; any other one a story.
    pub defects: Vec<String>,
    /// Severities of defects. The worst one that a label names counts; a defect without any is
    /// of medium severity.
    pub severities: Vec<(Severity, Vec<String>)>,
}

impl Default for LabelSettings {
    fn default() -> Self {
        let severity = |words: &[&str]| {
            let forms = ["severity*[:/ _-]", "sev*[:/ _-]", "priority*[:/ _-]", "prio*[:/ _-]", "s-", "p-"];
            let mut patterns = owned(words);
            for word in words {
                patterns.extend(forms.iter().map(|form| format!("{form}{word}")));
            }
            patterns
        };
        Self {
            defects: owned(&[
                "bug",
                "bugs",
                "defect",
                "regression",
                "*[:/ _-]bug",
                "*[:/ _-]defect",
                "*[:/ _-]regression",
                "bug[:/ _-]*",
            ]),
            severities: vec![
                (
                    Severity::Critical,
                    severity(&["critical", "blocker", "urgent", "p0", "sev0", "sev1", "s1"]),
                ),
                (Severity::High, severity(&["high", "major", "p1", "sev2", "s2"])),
                (Severity::Medium, severity(&["medium", "moderate", "normal", "p2", "sev3", "s3"])),
                (Severity::Low, severity(&["low", "minor", "trivial", "p3", "p4", "sev4", "s4"])),
            ],
        }
    }
}

/// Resolutions that mean that a closed issue was not done, as patterns.
pub(super) fn dropped_resolutions() -> Vec<String> {
    owned(&[
        "won't *",
        "won’t *",
        "wont *",
        "*duplicate*",
        "declined",
        "rejected",
        "cannot reproduce",
        "can't reproduce",
        "incomplete",
        "invalid",
        "not a bug",
        "not an issue",
        "obsolete",
        "abandoned",
        "out of scope",
        "cancelled",
        "canceled",
        "withdrawn",
    ])
}

/// How bad a defect is by the usual names of priorities, as patterns; the worst first.
pub(super) fn severities_by_priority() -> Vec<(Severity, Vec<String>)> {
    vec![
        (Severity::Critical, owned(&["blocker", "critical", "highest", "urgent", "p0*"])),
        (Severity::High, owned(&["high", "major", "p1*"])),
        (Severity::Medium, owned(&["medium", "normal", "p2*"])),
        (Severity::Low, owned(&["low", "lowest", "minor", "trivial", "p3*", "p4*"])),
    ]
}

fn owned(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
}

/// [`LabelSettings`], ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    defects: GlobSet,
    /// Worst first.
    severities: Vec<(Severity, GlobSet)>,
}

impl Labels {
    /// Reads the patterns; one that cannot be read is left out, and a problem.
    pub(super) fn new(settings: &LabelSettings) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let defects = set(&settings.defects, &mut problems);
        let mut severities: Vec<_> = settings
            .severities
            .iter()
            .map(|(severity, patterns)| (*severity, set(patterns, &mut problems)))
            .collect();
        severities.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        (Self { defects, severities }, problems)
    }

    /// Whether one of `names` makes an issue a defect.
    pub(super) fn is_defect<'a>(&self, mut names: impl Iterator<Item = &'a Text>) -> bool {
        names.any(|name| self.defects.is_match(name.as_str()))
    }

    /// The worst severity that one of `names` says.
    pub(super) fn severity(&self, names: &[Text]) -> Option<Severity> {
        let found = self
            .severities
            .iter()
            .find(|(_, patterns)| names.iter().any(|name| patterns.is_match(name.as_str())));
        found.map(|(severity, _)| *severity)
    }
}

/// The labels that one of `patterns` matches. One that cannot be read is left out, and a problem.
pub(super) fn set(patterns: &[String], problems: &mut Vec<Problem>) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        match GlobBuilder::new(pattern).case_insensitive(true).build() {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => problems.push(Problem::new(
                format!("the label pattern \"{pattern}\" cannot be read: {}", error.kind()),
                "correct it in the labels of the source: `*` and `?` match anything",
            )),
        }
    }
    builder.build().unwrap_or_default()
}

/// What an environment is for, by the words in its name: `pre-prod`, `staging`, `uat` … are the
/// last stop before production; `prod`, `live` and GitHub's own `github-pages` are production;
/// `test`, `qa`, `integration` … are for testing. Any other name, such as `preview-12`, is taken
/// for a place of those who write the product: calling it production would let it count in the
/// delivery metrics.
pub(super) fn tier(environment: &str) -> Tier {
    let lower = environment.to_lowercase();
    let words: Vec<&str> =
        lower.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has =
        |known: &[&str]| words.iter().any(|word| known.contains(&word.trim_end_matches(char::is_numeric)));
    let is_before =
        words.windows(2).any(|pair| matches!(pair[0], "pre" | "non" | "not") && pair[1].starts_with("prod"));
    if is_before
        || has(&["staging", "stage", "stg", "preprod", "preproduction", "uat", "acceptance", "canary"])
    {
        Tier::Staging
    } else if has(&["preview", "previews", "review", "dev", "development", "sandbox", "nonprod"]) {
        Tier::Development
    } else if has(&["production", "prod", "prd", "live", "pages"]) {
        Tier::Production
    } else if has(&[
        "test",
        "testing",
        "tests",
        "qa",
        "integration",
        "int",
        "ci",
        "e2e",
        "sit",
        "perf",
        "load",
    ]) {
        Tier::Test
    } else {
        Tier::Development
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_defect_and_severity() {
        let (labels, problems) = Labels::new(&LabelSettings::default());
        assert!(problems.is_empty());
        for (names, defect, severity) in [
            (&["bug"][..], true, None),
            (&["Type: Bug", "P0"], true, Some(Severity::Critical)),
            (&["C-bug", "P-high"], true, Some(Severity::High)),
            (&["kind/bug", "priority/critical-urgent"], true, Some(Severity::Critical)),
            (&["kind/bug", "priority: low", "severity/major"], true, Some(Severity::High)),
            (&["enhancement", "high-availability"], false, None),
            (&["debugging"], false, None),
            (&["Regression", "sev2"], true, Some(Severity::High)),
            (&[], false, None),
        ] {
            let names: Vec<Text> = names.iter().map(Text::new).collect();
            assert_eq!(labels.is_defect(names.iter()), defect, "{names:?}");
            assert_eq!(labels.severity(&names), severity, "{names:?}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_said_and_left_out() {
        let settings = LabelSettings { defects: vec!["[".to_owned(), "bug".to_owned()], severities: vec![] };
        let (labels, problems) = Labels::new(&settings);
        assert_eq!(problems.len(), 1);
        assert!(labels.is_defect([Text::new("BUG")].iter()));
    }

    #[test]
    fn environments_are_for_what_their_names_say() {
        for (name, expected) in [
            ("production", Tier::Production),
            ("Production – api", Tier::Production),
            ("prod-eu1", Tier::Production),
            ("github-pages", Tier::Production),
            ("live", Tier::Production),
            ("pre-production", Tier::Staging),
            ("preprod", Tier::Staging),
            ("non-prod", Tier::Staging),
            ("staging", Tier::Staging),
            ("production-canary", Tier::Staging),
            ("qa2", Tier::Test),
            ("integration", Tier::Test),
            ("preview/pr-12", Tier::Development),
            ("reproduction", Tier::Development),
            ("", Tier::Development),
        ] {
            assert_eq!(tier(name), expected, "{name}");
        }
    }
}

//! The settings of reports and tables that other programs write: `JUnit`, SARIF and CSV.

use super::setting::{DAY, Kind, Setting};

const LOOK_AGAIN: &str =
    "How long to wait before looking again. Changes are seen at once where the system tells.";

const COMMIT: &str = "The commit that reports are of which do not say so: its full hexadecimal name, or \"head\" for the one\n\
     that was checked out when the report was made. Not set: unknown.";

/// `[source.junit]`.
pub(super) static JUNIT: &[Setting] = &[
    Setting::new(
        "source.junit.files",
        Kind::Patterns,
        "[]",
        "Test reports in JUnit's XML, with *, ? and **, such as [\"target/surefire-reports/*.xml\"].",
    ),
    Setting::unset("source.junit.commit", Kind::Text, "\"head\"", COMMIT),
    Setting::unset(
        "source.junit.release",
        Kind::Text,
        "\"payments 4.2\"",
        "The release that all these reports tested. Not set: the one whose head is the commit of a report.",
    ),
    Setting::new("source.junit.interval", Kind::Duration(5..=DAY, 1), "\"1m\"", LOOK_AGAIN),
];

/// `[source.sarif]`.
pub(super) static SARIF: &[Setting] = &[
    Setting::new(
        "source.sarif.files",
        Kind::Patterns,
        "[]",
        "Reports of code analyzers in SARIF 2.1, with *, ? and **, such as [\"reports/*.sarif\"].",
    ),
    Setting::unset("source.sarif.commit", Kind::Text, "\"head\"", COMMIT),
    Setting::unset(
        "source.sarif.release",
        Kind::Text,
        "\"payments 4.2\"",
        "The release that was analyzed. Not set: what is in the making in the repository.",
    ),
    Setting::unset(
        "source.sarif.repository",
        Kind::Text,
        "\"payments\"",
        "The repository that was analyzed. Not set: what a report says, else the project.",
    ),
    Setting::new("source.sarif.interval", Kind::Duration(5..=DAY, 1), "\"1m\"", LOOK_AGAIN),
];

/// `[source.csv]`.
pub(super) static CSV: &[Setting] = &[
    Setting::new(
        "source.csv.files",
        Kind::Patterns,
        "[]",
        "Tables of stories and defects as CSV, with *, ? and **, such as [\"exports/*.csv\"].\n\
         Exports of Jira and of Azure DevOps can be read as they are.",
    ),
    Setting::unset(
        "source.csv.project",
        Kind::Text,
        "\"payments\"",
        "The project that the versions in the tables are of. Not set: `project`, else what columns.project says.",
    ),
    Setting::unset(
        "source.csv.date_format",
        Kind::Text,
        "\"%d/%m/%Y %H:%M\"",
        "How dates are written, as in strftime. Not set: 2026-11-22, 2026-11-22 14:30, 22/Nov/26 2:30 PM and\n\
         RFC 3339; what could be either day or month first is not guessed.",
    ),
    Setting::new(
        "source.csv.defect_types",
        Kind::Globs,
        "[\"bug\", \"defect\", \"*[ -]bug\", \"*[ -]defect\"]",
        "Types that are defects, with * and ?. Any other is a story.",
    ),
    Setting::new("source.csv.to_do", Kind::Globs, "[]", "Further statuses that mean: not begun."),
    Setting::new(
        "source.csv.in_progress",
        Kind::Globs,
        "[]",
        "Further statuses that mean: somebody works on it.",
    ),
    Setting::new("source.csv.in_review", Kind::Globs, "[]", "Further statuses that mean: in review."),
    Setting::new("source.csv.in_test", Kind::Globs, "[]", "Further statuses that mean: being tested."),
    Setting::new("source.csv.done", Kind::Globs, "[]", "Further statuses that mean: ready."),
    Setting::new(
        "source.csv.dropped",
        Kind::Globs,
        "[\"removed\"]",
        "Further statuses that mean: closed without being done.",
    ),
    Setting::new("source.csv.interval", Kind::Duration(5..=DAY, 1), "\"1m\"", LOOK_AGAIN),
];

/// Which heading a column has, in the table `[source.csv.columns]`.
macro_rules! column {
    ($name:literal, $usual:literal, $about:literal) => {
        Setting::new(concat!("source.csv.columns.", $name), Kind::Texts, $usual, $about)
    };
}

/// `[source.csv.columns]`.
pub(super) static CSV_COLUMNS: &[Setting] = &[
    column!(
        "key",
        "[\"Issue key\", \"Key\", \"ID\"]",
        "Headings of the column with the key. Of several headings the first with a value counts, here and below."
    ),
    column!("title", "[\"Summary\", \"Title\", \"Title 1\", \"Title 2\", \"Title 3\"]", "What it is about."),
    column!("type", "[\"Issue Type\", \"Work Item Type\", \"Type\"]", "Its type: see defect_types."),
    column!("status", "[\"Status\", \"State\"]", "Its status."),
    column!(
        "category",
        "[\"Status Category\"]",
        "What the status means, where neither a setting nor tminus knows."
    ),
    column!("resolution", "[\"Resolution\"]", "How it was closed: \"Won't Do\" is not done."),
    column!("created", "[\"Created\", \"Created Date\"]", "When it was created."),
    column!("started", "[\"Started\", \"Activated Date\"]", "When work on it began."),
    column!(
        "done",
        "[\"Resolved\", \"Closed Date\", \"Resolved Date\", \"Done\"]",
        "When it was ready, or dropped."
    ),
    column!(
        "changed",
        "[\"Status Category Changed\", \"State Change Date\", \"Updated\", \"Changed Date\"]",
        "When it changed last: stands in for a date of the above that is missing."
    ),
    column!("project", "[\"Project key\", \"Team Project\", \"Project\"]", "The project it is of."),
    column!(
        "release",
        "[\"Fix Version/s\", \"Fix versions\", \"Fix version\", \"Fix Version\", \"Release\"]",
        "The versions it is in. All columns with such a heading count, and of a path its last part."
    ),
    column!(
        "points",
        "[\"Story Points\", \"Custom field (Story Points)\", \"Custom field (Story point estimate)\", \"Story point estimate\", \"Effort\", \"Size\"]",
        "Estimated size."
    ),
    column!("owner", "[\"Assignee\", \"Assigned To\", \"Owner\"]", "Who works on it."),
    column!("priority", "[\"Priority\"]", "How urgent it is."),
    column!(
        "severity",
        "[\"Severity\", \"Custom field (Severity)\"]",
        "How bad a defect is; else its priority says."
    ),
    column!(
        "parent",
        "[\"Parent key\", \"Custom field (Epic Link)\", \"Epic Link\", \"Parent\"]",
        "The feature it is part of."
    ),
    column!("sprint", "[\"Sprint\", \"Iteration Path\"]", "Its sprint: the last one counts."),
    column!(
        "component",
        "[\"Component/s\", \"Components\", \"Component\", \"Area Path\"]",
        "The part of the product."
    ),
    column!("labels", "[\"Labels\", \"Tags\"]", "Its labels. All columns with such a heading count."),
    column!("due", "[\"Due Date\", \"Due date\", \"Target Date\"]", "When it shall be ready."),
    column!(
        "blocked_by",
        "[\"Inward issue link (Blocks)\", \"Predecessor\", \"Blocked by\"]",
        "What must be ready before. All columns with such a heading count."
    ),
    column!("url", "[\"URL\", \"Link\"]", "Where a person reads more."),
];

//! What is configured about reports and tables that other programs write, resolved.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::{
    Resolver, environment::Project, report_settings::CSV_COLUMNS, setting::Setting, value::FilePattern,
    value::Value,
};
use crate::domain::{Calendar, Category};

/// Which reports to read, and what they are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportConfig {
    /// The project's directory: messages name files as seen from it.
    pub root: PathBuf,
    /// The files.
    pub files: Vec<FilePattern>,
    /// The commit of reports that do not say theirs: a commit, or `head`; none: unknown.
    pub commit: Option<String>,
    /// The release that all of them are of.
    pub release: Option<String>,
    /// The repository that all of them are of.
    pub repository: Option<String>,
    /// The project that the board's releases belong to, if one is configured.
    pub project: Option<String>,
    /// A directory in the repository that `head` means, if there is one.
    pub checkout: Option<PathBuf>,
    /// Whose days and local times are meant.
    pub calendar: Calendar,
    /// How long to wait between two rounds.
    pub interval: Duration,
}

/// Which tables to read, and what their columns and words mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableConfig {
    /// The files.
    pub report: ReportConfig,
    /// Headings of the columns, by what they hold (`key`, `title`, ...).
    pub columns: BTreeMap<&'static str, Vec<String>>,
    /// How dates are written, as in strftime; none: the usual ways that cannot be mistaken.
    pub date_format: Option<String>,
    /// Types that are defects, as patterns.
    pub defect_types: Vec<String>,
    /// Statuses by what they mean, as patterns, besides the usual words.
    pub statuses: Vec<(Category, Vec<String>)>,
}

impl Resolver {
    fn reports(&self, table: &str, project: &Project, calendar: &Calendar) -> Option<ReportConfig> {
        let Some(Value::Patterns(files)) = self.of(table, "files") else { return None };
        (!files.is_empty()).then(|| ReportConfig {
            root: project.root.clone(),
            files: files.clone(),
            commit: self.text_of(table, "commit"),
            release: self.text_of(table, "release"),
            repository: self.text_of(table, "repository"),
            project: self
                .text_of(table, "project")
                .or_else(|| self.text("project"))
                .or_else(|| self.text("source.git.project")),
            checkout: self.path("source.git.path").or_else(|| project.repository.clone()),
            calendar: calendar.clone(),
            interval: match self.of(table, "interval") {
                Some(Value::Duration(interval)) => *interval,
                _ => Duration::from_secs(60),
            },
        })
    }

    /// `JUnit` reports; none: no files are named.
    pub(super) fn junit(&self, project: &Project, calendar: &Calendar) -> Option<ReportConfig> {
        self.reports("source.junit", project, calendar)
    }

    /// SARIF reports; none: no files are named.
    pub(super) fn sarif(&self, project: &Project, calendar: &Calendar) -> Option<ReportConfig> {
        self.reports("source.sarif", project, calendar)
    }

    /// Tables; none: no files are named.
    pub(super) fn csv(&self, project: &Project, calendar: &Calendar) -> Option<TableConfig> {
        const TABLE: &str = "source.csv";
        let statuses = [
            (Category::ToDo, "to_do"),
            (Category::InProgress, "in_progress"),
            (Category::InReview, "in_review"),
            (Category::InTest, "in_test"),
            (Category::Done, "done"),
            (Category::Dropped, "dropped"),
        ];
        let column = |setting: &'static Setting| {
            let name = setting.key.rsplit('.').next()?;
            let headings = self.list_of(TABLE, &format!("columns.{name}"));
            Some((name, headings))
        };
        Some(TableConfig {
            report: self.reports(TABLE, project, calendar)?,
            columns: CSV_COLUMNS.iter().filter_map(column).collect(),
            date_format: self.text_of(TABLE, "date_format"),
            defect_types: self.list_of(TABLE, "defect_types"),
            statuses: statuses.map(|(category, key)| (category, self.list_of(TABLE, key))).into(),
        })
    }
}

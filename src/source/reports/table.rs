//! Stories and defects in a table of comma-separated values (RFC 4180): what trackers export.

use std::collections::{BTreeMap, HashMap};

use csv::{ReaderBuilder, StringRecord, Trim};
use globset::GlobSet;

use super::{
    contents::{Contents, ReadStory, text},
    dates::{self, Written},
};
use crate::{
    config::{ReportConfig, TableConfig},
    domain::{Category, Instant, Problem, Release, Severity, StatusMove, Story, StoryKey, StoryKind, Text},
    source::{
        labels::{LabelSettings, Labels, dropped_resolutions, set, severities_by_priority},
        naming::Naming,
        status,
    },
};

/// Most rows of one table.
const MOST_ROWS: usize = 200_000;

/// Most columns of one table.
const MOST_COLUMNS: usize = 2_000;

/// Most values of a list in one row.
const MOST_VALUES: usize = 100;

/// What columns and words of the tables mean.
#[derive(Debug)]
pub(super) struct Meaning {
    /// Headings in small letters, by what their columns hold; the first with a value counts.
    columns: BTreeMap<&'static str, Vec<String>>,
    date_format: Option<String>,
    statuses: Vec<(Category, GlobSet)>,
    dropped: GlobSet,
    labels: Labels,
    /// What of the settings cannot be understood.
    pub(super) problems: Vec<Problem>,
}

impl Meaning {
    /// What `settings` say, and which files they are about.
    pub(super) fn new(settings: TableConfig) -> (Self, ReportConfig) {
        let mut severities = severities_by_priority();
        // `1 - Critical`, as Azure DevOps numbers them.
        for ((_, patterns), usual) in severities.iter_mut().zip(["critical", "high", "medium", "low"]) {
            patterns.push(format!("[1-4] - {usual}"));
        }
        let labels = LabelSettings { defects: settings.defect_types, severities };
        let (labels, mut problems) = Labels::new(&labels);
        let statuses = settings
            .statuses
            .iter()
            .map(|(category, patterns)| (*category, set(patterns, &mut problems)))
            .collect();
        let dropped = set(&dropped_resolutions(), &mut problems);
        let date_format = settings.date_format.filter(|format| {
            let is_format = dates::is_format(format);
            if !is_format {
                problems.push(Problem::new(
                    format!("source.csv.date_format: `{}` is no format of dates", Text::new(format)),
                    "write it as for strftime, such as \"%d/%m/%Y %H:%M\"",
                ));
            }
            is_format
        });
        let columns = settings.columns.into_iter();
        let columns =
            columns.map(|(name, headings)| (name, headings.iter().map(|heading| plain(heading)).collect()));
        let meaning = Self { columns: columns.collect(), date_format, statuses, dropped, labels, problems };
        (meaning, settings.report)
    }

    /// What a status means: by the settings, else by the usual words, else by its category.
    fn category(&self, status: &str, category: Option<&str>, resolution: Option<&str>) -> Category {
        let configured = self.statuses.iter().find(|(_, patterns)| patterns.is_match(status));
        let meaning = configured
            .map(|(meaning, _)| *meaning)
            .or_else(|| status::category(status))
            .or_else(|| status::category(category?))
            .unwrap_or(Category::Unknown);
        match meaning {
            Category::Done if resolution.is_some_and(|name| self.dropped.is_match(name)) => Category::Dropped,
            meaning => meaning,
        }
    }
}

/// A heading as it is compared.
fn plain(heading: &str) -> String {
    heading.trim().to_lowercase()
}

/// A row, with what its columns hold.
struct Row<'a> {
    place: String,
    columns: &'a BTreeMap<&'static str, Vec<usize>>,
    headings: &'a StringRecord,
    record: &'a StringRecord,
}

impl<'a> Row<'a> {
    /// All values of a column, in the order of the settings and then of the table, with the
    /// position of each.
    fn values(&self, column: &str) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let (columns, record) = (self.columns, self.record);
        let positions = columns.get(column).into_iter().flatten().copied();
        positions
            .filter_map(move |position| Some((position, record.get(position)?.trim())))
            .filter(|(_, value)| !value.is_empty())
    }

    fn value(&self, column: &str) -> Option<&'a str> {
        Some(self.values(column).next()?.1)
    }

    fn text(&self, column: &str) -> Option<Text> {
        self.value(column).map(Text::new).filter(|text| !text.is_empty())
    }

    /// A column that holds lists, or is there several times.
    fn list(&self, column: &str, separators: &'static [char]) -> Vec<Text> {
        let values = self.values(column).flat_map(|(_, value)| value.split(separators));
        let mut list: Vec<Text> = Vec::new();
        for value in values.map(Text::new).filter(|value| !value.is_empty()).take(MOST_VALUES) {
            if !list.contains(&value) {
                list.push(value);
            }
        }
        list
    }

    /// A date; one that cannot be read is a problem, and counts as not written.
    fn date(&self, column: &str, meaning: &Meaning, contents: &mut Contents) -> Option<Written> {
        let (position, written) = self.values(column).next()?;
        let date = dates::read(written, meaning.date_format.as_deref());
        if date.is_none() {
            let heading = Text::new(self.headings.get(position).unwrap_or_default());
            contents.problem(Problem::new(
                format!(
                    "{}: column \"{heading}\": nobody knows what date \"{}\" is",
                    self.place,
                    Text::new(written)
                ),
                "say how dates are written in source.csv.date_format, such as \"%d/%m/%Y %H:%M\"",
            ));
        }
        date
    }
}

/// The stories in the table `name`, written at `written_at`.
pub(super) fn read(
    meaning: &Meaning,
    settings: &ReportConfig,
    name: &str,
    bytes: &[u8],
    written_at: Instant,
) -> Result<Contents, Problem> {
    let text = text(name, bytes)?;
    // The rest of the table would be one text, and its stories gone.
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err(Problem::new(
            format!("{name}: a quote is opened that nothing closes"),
            "export the table again; a quote within a text is written twice, in quotes",
        ));
    }
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(text)).trim(Trim::Headers).from_reader(text.as_bytes());
    let headings = reader.headers().cloned().map_err(|error| {
        Problem::new(format!("{name}:1: this is no table: {error}"), "export the table again, as CSV")
    })?;
    if headings.len() > MOST_COLUMNS {
        return Err(Problem::new(
            format!("{name}: more than {MOST_COLUMNS} columns"),
            "export fewer columns",
        ));
    }
    let columns = columns(meaning, &headings);
    if columns.get("key").is_none_or(Vec::is_empty) {
        let first = headings.iter().take(4).map(Text::new).collect::<Vec<_>>();
        let first = first.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
        return Err(Problem::new(
            format!("{name}:1: no column holds the keys of stories; the first ones are {first}"),
            "name the column in source.csv.columns.key, or export a table with a line of headings",
        ));
    }
    let mut contents = Contents::default();
    if columns.get("status").is_none_or(Vec::is_empty) {
        contents.problem(Problem::new(
            format!("{name}:1: no column holds the status of stories: all are unknown"),
            "export it, or name the column in source.csv.columns.status",
        ));
    }
    let mut words = HashMap::new();
    let mut lines = Lines { bytes: text.as_bytes(), counted: 0, line: 1 };
    for (count, record) in reader.records().enumerate() {
        if count >= MOST_ROWS {
            return Err(Problem::new(format!("{name}: more than {MOST_ROWS} rows"), "export fewer rows"));
        }
        let record = record.map_err(|error| {
            // A lost row would be a story that nobody misses.
            let line = lines.of(error.position());
            Problem::new(
                format!("{name}:{line}: this row has not the columns of the first one"),
                "export the table again; texts with the separator or a line end in them need quotes",
            )
        })?;
        let line = lines.of(record.position());
        let place = format!("{name}:{line}");
        let row = Row { place, columns: &columns, headings: &headings, record: &record };
        row.read(meaning, settings, written_at, &mut words, &mut contents);
    }
    for (status, (place, count)) in words {
        contents.problem(Problem::new(
            format!("{place}: nobody knows what the status \"{status}\" means ({count} times)"),
            "add it to source.csv.to_do, in_progress, in_review, in_test, done or dropped",
        ));
    }
    Ok(contents)
}

/// Counts lines up to where rows begin, as an editor does: the reader's own count stays behind where
/// lines end in CRLF.
struct Lines<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of a position that is not before the last one.
    fn of(&mut self, position: Option<&csv::Position>) -> usize {
        let position = position.map_or(self.counted, |position| position.byte() as usize);
        let rest = self.bytes.get(position..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.bytes.get(self.counted..position.saturating_add(ends)).unwrap_or_default();
        self.line += passed.split(|byte| *byte == b'\n').count() - 1;
        self.counted += passed.len();
        self.line
    }
}

/// Unknown statuses, each with the place where it is met first and how often it is.
type UnknownWords = HashMap<Text, (String, usize)>;

impl Row<'_> {
    fn read(
        &self,
        meaning: &Meaning,
        settings: &ReportConfig,
        written_at: Instant,
        words: &mut UnknownWords,
        contents: &mut Contents,
    ) {
        let Some(key) = self.text("key") else {
            // Rows of nothing stand at the end of many tables.
            if self.record.iter().any(|value| !value.trim().is_empty()) {
                contents.problem(Problem::new(
                    format!("{}: this row has no key", self.place),
                    "name the column with the keys in source.csv.columns.key",
                ));
            }
            return;
        };
        let calendar = &settings.calendar;
        let mut date =
            |column: &str| Some(self.date(column, meaning, contents)?.from(calendar).min(written_at));
        let (created, started, done, changed) =
            (date("created"), date("started"), date("done"), date("changed"));
        let due = self.date("due", meaning, contents).map(|due| due.by(calendar));

        let status = self.text("status").unwrap_or_default();
        let category = meaning.category(&status, self.value("category"), self.value("resolution"));
        if category == Category::Unknown && !status.is_empty() {
            words.entry(status.clone()).or_insert_with(|| (self.place.clone(), 0)).1 += 1;
        }
        let kind = match self.text("type") {
            Some(kind) if meaning.labels.is_defect(std::iter::once(&kind)) => StoryKind::Defect,
            _ => StoryKind::Story,
        };
        let said: Vec<Text> =
            ["severity", "priority"].into_iter().filter_map(|column| self.text(column)).collect();
        let bad = said.iter().find_map(|word| meaning.labels.severity(std::slice::from_ref(word)));
        let releases = self.releases(settings);
        let first = [created, started, done, changed].into_iter().flatten().min();
        let created_at = created.or(first).unwrap_or(written_at);
        let (moves, last_move_is_unknown) = moves(category, created_at, [started, done, changed], written_at);
        let story = Story {
            kind,
            status,
            category,
            severity: (kind == StoryKind::Defect).then(|| bad.unwrap_or(Severity::Medium)),
            priority: self.text("priority"),
            owner: self.value("owner").map(|owner| Text::new(without_address(owner))),
            points: self.points(contents),
            moves,
            releases: releases.iter().map(|release| release.id.clone()).collect(),
            parent: self.text("parent").map(StoryKey::new),
            sprint: self.values("sprint").last().map(|(_, sprint)| Text::new(last_part(sprint))),
            component: self.value("component").map(|component| Text::new(last_part(component))),
            labels: self.list("labels", &[';', ',']),
            blocked_by: self.list("blocked_by", &[';', ',']).into_iter().map(StoryKey::new).collect(),
            due,
            url: self.text("url"),
            ..Story::new(&key, self.text("title").as_ref().unwrap_or(&key), created_at)
        };
        contents.stories.push(ReadStory {
            story,
            releases,
            created_is_unknown: first.is_none(),
            last_move_is_unknown,
        });
    }

    fn points(&self, contents: &mut Contents) -> Option<f32> {
        let (position, written) = self.values("points").next()?;
        let points =
            written.replace(',', ".").parse().ok().filter(|points| (0.0..=100_000.0).contains(points));
        if points.is_none() {
            let heading = Text::new(self.headings.get(position).unwrap_or_default());
            contents.problem(Problem::new(
                format!("{}: column \"{heading}\": \"{}\" is no size", self.place, Text::new(written)),
                "write a number, or name another column in source.csv.columns.points",
            ));
        }
        points
    }

    /// The releases that it is in: versions of the configured project, else of the one in the row.
    fn releases(&self, settings: &ReportConfig) -> Vec<Release> {
        let project = settings.project.as_deref().or_else(|| self.value("project")).unwrap_or_default();
        let naming = Naming { repository: Text::new(project), project: Text::new(project) };
        let mut releases: Vec<Release> = Vec::new();
        for written in self.list("release", &[';', ',']) {
            let version = naming.version(last_part(&written));
            if version.is_empty() || releases.iter().any(|known| known.version == version) {
                continue;
            }
            let release = Release::named(project, &version);
            releases.push(release);
        }
        releases
    }
}

/// Changes of status, oldest first, the last one to what it is now; and whether the time of that
/// is not written: then that of the last change stands in, else that of the file.
fn moves(
    category: Category,
    created_at: Instant,
    [started, done, changed]: [Option<Instant>; 3],
    written_at: Instant,
) -> (Vec<StatusMove>, bool) {
    let last = match category {
        Category::ToDo => return (Vec::new(), false),
        Category::Done | Category::Dropped => done.or(changed),
        Category::InProgress => started.or(changed),
        Category::InReview | Category::InTest | Category::Unknown => changed.or(started),
    };
    let is_unknown = last.is_none();
    let last = last.unwrap_or(written_at).max(created_at);
    let mut moves = Vec::new();
    if let Some(at) = started.filter(|at| category != Category::InProgress && *at >= created_at && *at < last)
    {
        moves.push(StatusMove { at, to: Category::InProgress });
    }
    moves.push(StatusMove { at: last, to: category });
    (moves, is_unknown)
}

/// Which columns hold what, in the order in which they count.
fn columns(meaning: &Meaning, headings: &StringRecord) -> BTreeMap<&'static str, Vec<usize>> {
    let headings: Vec<String> = headings.iter().map(plain).collect();
    let positions = |wanted: &Vec<String>| {
        let of = |name: &String| {
            let is_it = |(position, heading): (usize, &String)| (heading == name).then_some(position);
            headings.iter().enumerate().filter_map(is_it).collect::<Vec<_>>()
        };
        wanted.iter().flat_map(of).collect()
    };
    meaning.columns.iter().map(|(name, wanted)| (*name, positions(wanted))).collect()
}

/// What separates columns: the one of comma, semicolon and tab that the first line has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| first.bytes().filter(|byte| *byte == delimiter).count();
    // Of equally many the first one, which is usual.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// `Kim Reyes` of `Kim Reyes <kim@example.org>`.
fn without_address(owner: &str) -> &str {
    owner.split_once(" <").map_or(owner, |(name, _)| name)
}

/// `Release 4.2` of `Shop\Release 4.2`, as areas and iterations of Azure DevOps are written.
fn last_part(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}

//! What a report is made of, whichever form it is written in.

use crate::domain::Text;

/// How good something is: a colour, and always a mark and a word beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// Well.
    Good,
    /// Worth an eye.
    Watch,
    /// It needs somebody.
    Bad,
    /// Nobody can tell.
    Unknown,
    /// Of less weight than what stands beside it.
    Quiet,
}

impl Tone {
    /// Its mark; empty where there is nothing to judge.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Watch => "!",
            Self::Bad => "✗",
            Self::Unknown => "?",
            Self::Plain | Self::Quiet => "",
        }
    }

    /// Its class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Watch => "watch",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
            Self::Quiet => "quiet",
        }
    }
}

/// Words with how good they are and where they lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// The words.
    pub(super) text: String,
    /// How good they are.
    pub(super) tone: Tone,
    /// Where they lead to: a web page, or `#part` of this one.
    pub(super) link: Option<String>,
}

impl Span {
    /// Words that are judged.
    pub(super) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, link: None }
    }

    /// Words that lead to what a source says is their address, if it is one of the web.
    pub(super) fn linked(text: impl Into<String>, url: Option<&Text>) -> Self {
        Self { text: text.into(), tone: Tone::Plain, link: url.and_then(|url| web(url)) }
    }
}

impl From<String> for Span {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

impl From<&str> for Span {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&Text> for Span {
    fn from(text: &Text) -> Self {
        text.as_str().into()
    }
}

/// The address as it is written into a page; none unless it leads to the web, by http or https
/// and without a password in it.
pub(super) fn web(address: &str) -> Option<String> {
    let url = reqwest::Url::parse(address).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_open = url.username().is_empty() && url.password().is_none();
    (is_web && is_open).then(|| url.into())
}

/// `words` as a heading begins.
pub(super) fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A cell of a table, line below line.
pub(super) type Cell = Vec<Span>;

/// A cell with one line.
pub(super) fn cell(span: impl Into<Span>) -> Cell {
    vec![span.into()]
}

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// What it shows: its caption.
    pub(super) caption: String,
    /// Its headings.
    pub(super) columns: Vec<Column>,
    /// The cells of each row; the first names it.
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows that are not shown.
    pub(super) more: usize,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its heading.
    pub(super) title: String,
    /// Written against the right edge.
    pub(super) is_figure: bool,
}

/// Columns of words.
pub(super) fn columns(titles: &[&str]) -> Vec<Column> {
    titles.iter().map(|title| Column { title: (*title).to_owned(), is_figure: false }).collect()
}

impl Table {
    /// A table of the first `most` of `rows`.
    pub(super) fn of(
        caption: &str,
        titles: &[&str],
        rows: impl IntoIterator<Item = Vec<Cell>>,
        most: usize,
    ) -> Self {
        let mut rows = rows.into_iter();
        let shown: Vec<Vec<Cell>> = rows.by_ref().take(most).collect();
        Self { caption: caption.to_owned(), columns: columns(titles), rows: shown, more: rows.count() }
    }
}

/// A picture with its text alternative.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// What it shows.
    pub(super) title: String,
    /// What is to be seen, for who does not see it.
    pub(super) description: String,
    /// The picture as SVG, without its outermost element.
    pub(super) drawing: maud::Markup,
    /// Its size in its own units.
    pub(super) size: (u32, u32),
}

/// A release at a glance.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    /// What it is called; leads to its part.
    pub(super) name: Span,
    /// Could it go now?
    pub(super) verdict: Span,
    /// Will it be ready?
    pub(super) outlook: Span,
    /// Until when: `target Wed 25 Nov T-3d 04h`.
    pub(super) target: String,
    /// When it will be ready: `61 % by its target · P50 …`.
    pub(super) forecast: String,
    /// Ready of all; none where nothing is counted.
    pub(super) progress: Option<(u32, u32)>,
    /// What is counted: `41 of 48 stories ready`.
    pub(super) counted: String,
    /// The first thing to do.
    pub(super) first: String,
    /// How good it is as a whole.
    pub(super) tone: Tone,
}

/// A part of a section.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// What a reader takes along.
    Lead(Vec<Span>),
    /// A sentence made of parts that are judged one by one.
    Line(Vec<Span>),
    /// A remark.
    Note(Span),
    /// What must be known before anything else is believed.
    Warning(Span),
    /// One thing below the other.
    List {
        /// What they are; empty where the heading says it.
        title: String,
        /// The things.
        items: Vec<Span>,
        /// Things that are not shown.
        more: usize,
    },
    /// A table.
    Table(Table),
    /// A picture.
    Figure(Figure),
    /// Releases at a glance.
    Tiles {
        /// The releases.
        tiles: Vec<Tile>,
        /// Releases that are not shown.
        more: usize,
    },
}

/// A section with a heading.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    /// Its address within the page.
    pub(super) id: String,
    /// Its heading.
    pub(super) title: String,
    /// Judgements beside its heading.
    pub(super) badges: Vec<Span>,
    /// Beside its neighbours, where there is room.
    pub(super) is_card: bool,
    /// What stands in it.
    pub(super) blocks: Vec<Block>,
    /// Sections within it.
    pub(super) sections: Vec<Section>,
}

impl Section {
    /// An empty one.
    pub(super) fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), ..Self::default() }
    }

    /// Nothing stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.sections.is_empty()
    }
}

/// A report.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// What it is about: the project, or a release.
    pub(super) title: String,
    /// The instant that it tells of, in words.
    pub(super) as_of: String,
    /// The first thing that is read.
    pub(super) head: Section,
    /// What follows.
    pub(super) sections: Vec<Section>,
    /// The last line.
    pub(super) foot: String,
}

/// What other words say instead; none where they stay as they are.
pub(super) type InWords<'a> = &'a dyn Fn(&str) -> Option<String>;

fn put(words: &mut String, in_words: InWords<'_>) {
    if let Some(other) = in_words(words) {
        *words = other;
    }
}

fn put_all<'a>(spans: impl IntoIterator<Item = &'a mut Span>, in_words: InWords<'_>) {
    spans.into_iter().for_each(|span| put(&mut span.text, in_words));
}

impl Document {
    /// Says everything below its title in other words. What pictures draw is said by who draws them.
    pub(super) fn in_words(&mut self, in_words: InWords<'_>) {
        for section in self.sections.iter_mut().chain([&mut self.head]) {
            section.in_words(in_words);
        }
    }
}

impl Section {
    fn in_words(&mut self, in_words: InWords<'_>) {
        put(&mut self.title, in_words);
        put_all(&mut self.badges, in_words);
        self.blocks.iter_mut().for_each(|block| block.in_words(in_words));
        self.sections.iter_mut().for_each(|section| section.in_words(in_words));
    }
}

impl Block {
    fn in_words(&mut self, in_words: InWords<'_>) {
        match self {
            Self::Lead(spans) | Self::Line(spans) => put_all(spans, in_words),
            Self::Note(span) | Self::Warning(span) => put_all([span], in_words),
            Self::List { title, items, .. } => {
                put(title, in_words);
                put_all(items, in_words);
            }
            Self::Table(table) => {
                put(&mut table.caption, in_words);
                put_all(table.rows.iter_mut().flatten().flatten(), in_words);
            }
            Self::Figure(figure) => {
                put(&mut figure.title, in_words);
                put(&mut figure.description, in_words);
            }
            Self::Tiles { tiles, .. } => {
                for tile in tiles {
                    put_all([&mut tile.name, &mut tile.verdict, &mut tile.outlook], in_words);
                    for words in [&mut tile.target, &mut tile.forecast, &mut tile.counted, &mut tile.first] {
                        put(words, in_words);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::web;

    #[test]
    fn only_addresses_of_the_web_become_links() {
        for (address, link) in [
            ("https://example.org/a?b=c", Some("https://example.org/a?b=c")),
            ("HTTP://example.org", Some("http://example.org/")),
            ("https://example.org/\"><script>", Some("https://example.org/%22%3E%3Cscript%3E")),
            ("javascript:alert(1)", None),
            (" java\tscript:alert(1)", None),
            ("data:text/html,<script>", None),
            ("file:///etc/passwd", None),
            ("//example.org", None),
            ("https://user:secret@example.org/", None),
            ("", None),
        ] {
            assert_eq!(web(address).as_deref(), link, "{address}");
        }
    }
}

//! Markdown as lines of the screen: headings, lists, quotes, code, links, emphasis, simple tables.
//!
//! What is shown was cleaned before it was parsed; what parsing makes of it (entities) is cleaned
//! again. HTML is left out. The result is bounded in lines and depth, whatever is nested in what.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::{
    style::{Modifier, Style},
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::{app::Link, domain::clean};

use super::{Look, rich::Rich, text};

/// Lines that are shown at most.
const MOST_LINES: usize = 300;
/// Columns of a table that are shown at most.
const MOST_COLUMNS: usize = 8;
/// Levels that are indented.
const DEEPEST: usize = 8;
/// Least cells that a line has for text, however deep it is.
const LEAST: usize = 12;

/// A piece of text in one style.
#[derive(Clone, Debug)]
struct Run {
    text: String,
    style: Style,
    link: Option<Link>,
}

/// One list that is open.
struct Level {
    /// The number of its next item; none: it has bullets.
    next: Option<u64>,
}

struct Writer<'a> {
    look: &'a Look,
    cells: usize,
    /// Where an address is only behind words it is written, too, if the terminal knows no links.
    spells_links: bool,
    out: Rich,
    runs: Vec<Run>,
    styles: Vec<Style>,
    link: Option<(Option<Link>, String)>,
    levels: Vec<Level>,
    quotes: usize,
    /// What stands in front of the next line: a bullet.
    marker: Option<String>,
    code: bool,
    image: usize,
    html: usize,
    table: Vec<Vec<String>>,
    /// A block ended: the next one stands apart.
    gap: bool,
}

/// `source` in lines of at most `cells` cells. `spells_links`: the terminal knows none.
pub(super) fn lines(look: &Look, source: &str, cells: usize, spells_links: bool) -> Rich {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut writer = Writer {
        look,
        cells,
        spells_links,
        out: Rich::default(),
        runs: Vec::new(),
        styles: vec![look.styles.base],
        link: None,
        levels: Vec::new(),
        quotes: 0,
        marker: None,
        code: false,
        image: 0,
        html: 0,
        table: Vec::new(),
        gap: false,
    };
    for event in Parser::new_ext(source, options) {
        if writer.out.lines.len() >= MOST_LINES {
            break;
        }
        writer.take(event);
    }
    writer.flush();
    let mut out = writer.out;
    if out.lines.len() >= MOST_LINES {
        out.truncate(MOST_LINES);
        out.push(Line::styled(format!("{} more in the browser", look.glyphs.ellipsis), look.styles.muted));
    }
    out
}

impl Writer<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.html == 0 => self.text(&text),
            Event::Code(code) => {
                let style = self.style().patch(self.look.styles.accent);
                self.run(&code, style);
            }
            Event::SoftBreak => self.run(" ", self.style()),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.block();
                let [rule, ..] = self.look.glyphs.lines;
                self.out.push(Line::styled(rule.repeat(self.cells.min(20)), self.look.styles.border));
                self.gap = true;
            }
            Event::TaskListMarker(done) => {
                let glyphs = &self.look.glyphs;
                self.marker = Some(format!("{} ", if done { glyphs.go } else { glyphs.running }));
            }
            Event::FootnoteReference(name) => self.run(&format!("[{name}]"), self.look.styles.muted),
            Event::InlineMath(math) | Event::DisplayMath(math) => self.run(&math, self.style()),
            Event::Text(_) | Event::Html(_) | Event::InlineHtml(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let styles = &self.look.styles;
        match tag {
            Tag::Heading { level, .. } => {
                self.block();
                let style = if level <= HeadingLevel::H2 { styles.title } else { styles.header };
                self.styles.push(style);
            }
            Tag::Paragraph => self.block(),
            Tag::BlockQuote(_) => {
                self.block();
                self.quotes += 1;
            }
            Tag::CodeBlock(_) => {
                self.block();
                self.code = true;
            }
            Tag::HtmlBlock | Tag::MetadataBlock(_) => self.html += 1,
            Tag::List(first) => {
                if self.levels.is_empty() {
                    self.block();
                } else {
                    self.flush();
                }
                self.levels.push(Level { next: first });
            }
            Tag::Item => {
                self.flush();
                self.gap = false;
                let bullet = match self.levels.last_mut() {
                    Some(Level { next: Some(number) }) => {
                        *number = number.saturating_add(1);
                        format!("{}. ", *number - 1)
                    }
                    _ => format!("{} ", self.look.glyphs.separator),
                };
                self.marker = Some(bullet);
            }
            Tag::Emphasis => self.styles.push(self.style().add_modifier(Modifier::ITALIC)),
            Tag::Strong => self.styles.push(self.style().patch(styles.strong)),
            Tag::Strikethrough => self.styles.push(self.style().add_modifier(Modifier::CROSSED_OUT)),
            Tag::Link { dest_url, .. } => {
                self.link = Some((Link::of(&dest_url), clean(&dest_url)));
                self.styles.push(self.style().patch(styles.accent));
            }
            Tag::Image { .. } => {
                self.image += 1;
                self.run("[image ", styles.muted);
            }
            Tag::Table(_) => {
                self.block();
            }
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush();
                self.unstyle();
                // Its text follows at once.
                self.gap = false;
            }
            TagEnd::Paragraph => {
                self.flush();
                self.gap = true;
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
                self.gap = true;
            }
            TagEnd::CodeBlock => {
                self.code = false;
                self.gap = true;
            }
            TagEnd::HtmlBlock | TagEnd::MetadataBlock(_) => self.html = self.html.saturating_sub(1),
            TagEnd::List(_) => {
                self.flush();
                self.levels.pop();
                self.gap = self.levels.is_empty();
            }
            TagEnd::Item => {
                self.flush();
                self.marker = None;
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => self.unstyle(),
            TagEnd::Link => {
                self.unstyle();
                if let Some((link, written)) = self.link.take() {
                    let said = self.runs.last().is_some_and(|run| run.text.trim() == written);
                    // Where it leads must be seen somewhere; what leads nowhere is seen, too.
                    if (self.spells_links || link.is_none()) && !said && !written.is_empty() {
                        let shown = text::fit(&written, 60, self.look.glyphs.ellipsis).into_owned();
                        self.run(&format!(" ({shown})"), self.look.styles.muted);
                    }
                }
            }
            TagEnd::Image => {
                self.image = self.image.saturating_sub(1);
                self.run("]", self.look.styles.muted);
            }
            TagEnd::TableCell => {
                let cell: String = self.runs.drain(..).map(|run| run.text).collect();
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.write_table(),
            _ => {}
        }
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or(self.look.styles.base)
    }

    fn unstyle(&mut self) {
        if self.styles.len() > 1 {
            self.styles.pop();
        }
    }

    fn text(&mut self, text: &str) {
        if !self.code {
            let style = if self.image > 0 { self.look.styles.muted } else { self.style() };
            return self.run(text, style);
        }
        let indent = " ".repeat(self.indent() + 2);
        for line in text.lines() {
            if self.out.lines.len() >= MOST_LINES {
                return;
            }
            let rest = line.trim_start();
            let depth = " ".repeat(line.len() - rest.len());
            self.out.push(Line::styled(format!("{indent}{depth}{}", clean(rest)), self.look.styles.accent));
        }
    }

    /// Adds to the block under way.
    fn run(&mut self, text: &str, style: Style) {
        let cleaned = clean(text);
        // The ends of a run may part two words.
        let lead = if text.starts_with(char::is_whitespace) { " " } else { "" };
        let trail = if !cleaned.is_empty() && text.ends_with(char::is_whitespace) { " " } else { "" };
        let text = format!("{lead}{cleaned}{trail}");
        if !text.is_empty() {
            let link = self.link.as_ref().and_then(|(link, _)| link.clone());
            self.runs.push(Run { text, style, link });
        }
    }

    fn indent(&self) -> usize {
        let depth = self.levels.len().saturating_sub(1).min(DEEPEST);
        let indent = 2 * depth + 2 * self.quotes.min(DEEPEST);
        indent.min(self.cells.saturating_sub(LEAST))
    }

    /// A new block begins: apart from the one before.
    fn block(&mut self) {
        self.flush();
        let is_apart = self.gap && self.marker.is_none();
        if is_apart && self.out.lines.last().is_some_and(|line| !line.spans.is_empty()) {
            self.out.push(Line::default());
        }
        self.gap = false;
    }

    /// Writes the block under way, in lines that are broken between words.
    fn flush(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        if runs.iter().all(|run| run.text.trim().is_empty()) {
            return;
        }
        let bar = format!("{} ", self.look.glyphs.border.vertical_left);
        let quote = if self.quotes > 0 { bar.as_str() } else { "" };
        let indent = self.indent();
        let marker = self.marker.take().unwrap_or_default();
        let hanging = if self.levels.is_empty() { 0 } else { text::width(&marker).max(2) };
        let room = self.cells.saturating_sub(indent + hanging).max(LEAST);
        let lead = |first: bool| {
            let blank = indent.saturating_sub(text::width(quote));
            let front = if first && !marker.is_empty() { marker.clone() } else { " ".repeat(hanging) };
            format!("{}{quote}{front}", " ".repeat(blank))
        };
        let mut line: Vec<(Span<'static>, Option<Link>)> = Vec::new();
        let mut used = 0;
        let mut is_first = true;
        let mut end_line = |line: &mut Vec<(Span<'static>, Option<Link>)>, used: &mut usize| {
            let mut spans = vec![(Span::styled(lead(is_first), self.look.styles.muted), None)];
            spans.append(line);
            if self.out.lines.len() < MOST_LINES {
                self.out.push_linked(spans);
            }
            is_first = false;
            *used = 0;
        };
        for run in &runs {
            for word in run.text.split_inclusive(' ') {
                let needed = text::width(word.trim_end());
                if used + needed > room && used > 0 {
                    end_line(&mut line, &mut used);
                }
                if used == 0 && word.trim().is_empty() {
                    continue;
                }
                for grapheme in word.graphemes(true) {
                    let cells = grapheme.width();
                    if used + cells > room {
                        if grapheme.trim().is_empty() {
                            continue;
                        }
                        end_line(&mut line, &mut used);
                    }
                    used += cells;
                    match line.last_mut() {
                        Some((span, leads)) if span.style == run.style && *leads == run.link => {
                            span.content.to_mut().push_str(grapheme);
                        }
                        _ => line.push((Span::styled(grapheme.to_owned(), run.style), run.link.clone())),
                    }
                }
            }
        }
        if !line.is_empty() {
            end_line(&mut line, &mut used);
        }
    }

    fn write_table(&mut self) {
        let rows = std::mem::take(&mut self.table);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0).min(MOST_COLUMNS);
        if columns == 0 {
            return;
        }
        let most = (self.cells.saturating_sub(2 * columns) / columns).max(3);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| text::width(cell)).max().unwrap_or(0)
            })
            .collect();
        // Where all fit nothing is cut; else the wide ones give.
        let fits = widths.iter().sum::<usize>() + 2 * columns <= self.cells;
        let widths: Vec<usize> =
            widths.into_iter().map(|width| if fits { width } else { width.min(most) }).collect();
        for (index, row) in rows.iter().enumerate() {
            if self.out.lines.len() >= MOST_LINES {
                return;
            }
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let cell = text::fit(cell, *width, self.look.glyphs.ellipsis);
                line.push_str(&cell);
                line.push_str(&" ".repeat(width + 2 - text::width(&cell)));
            }
            let style = if index == 0 { self.look.styles.header } else { self.look.styles.base };
            self.out.push(Line::styled(line.trim_end().to_owned(), style));
        }
        self.gap = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::Prose,
        theme::{ColorDepth, GlyphSet, Glyphs, Styles, shipped},
    };

    fn look() -> Look {
        let styles = Styles::resolve(&shipped("dark").unwrap(), ColorDepth::None);
        Look { styles, glyphs: Glyphs::of(GlyphSet::Unicode) }
    }

    fn shown(source: &str, cells: usize, spells: bool) -> Vec<String> {
        let rich = lines(&look(), source, cells, spells);
        rich.lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn what_people_write_is_shown_as_they_meant_it() {
        for (source, cells, expected) in [
            ("# Why\n\nRefunds *are* **lost**.", 40, &["Why", "Refunds are lost."][..]),
            ("one\ntwo\n\nthree", 40, &["one two", "", "three"]),
            ("- a b c d\n  - e\n- f", 16, &["· a b c d", "  · e", "· f"]),
            ("3. x\n4. y", 20, &["3. x", "4. y"]),
            ("- [x] done\n- [ ] not", 20, &["✓ done", "… not"]),
            ("> said\n> so", 20, &["│ said so"]),
            ("```rust\nfn a() {\n    b\n}\n```\nend", 20, &["  fn a() {", "      b", "  }", "", "end"]),
            ("| a | bb |\n|---|---|\n| ccc | d |", 20, &["a    bb", "ccc  d"]),
            ("[notes](https://example.org/n) here", 60, &["notes (https://example.org/n) here"]),
            ("<https://example.org/n>", 60, &["https://example.org/n"]),
            ("![a cat](https://example.org/c.png)", 60, &["[image a cat]"]),
            ("<!-- hidden --> shown <b>bold</b>", 60, &["shown bold"]),
            ("a very long line of words", 12, &["a very long", "line of", "words"]),
            ("&#27;[31mred&#x202e;", 20, &["\u{fffd}[31mred"]),
            ("", 20, &[]),
        ] {
            let shown = shown(source, cells, true);
            if source.starts_with("&#") {
                assert!(!shown.concat().contains(['\u{1b}', '\u{202e}']), "{shown:?}");
            } else if source.starts_with("<!--") {
                assert!(!shown.concat().contains("hidden"), "{shown:?}");
            } else {
                assert_eq!(shown, expected, "{source:?}");
            }
        }
        assert_eq!(shown("[notes](https://example.org/n)", 60, false), ["notes"]);
        assert_eq!(shown("[notes](javascript:alert)", 60, false), ["notes (javascript:alert)"]);
    }

    #[test]
    fn it_is_bounded_whatever_is_nested_in_what() {
        for source in
            ["> ".repeat(5_000), "- ".repeat(5_000) + "x", "x\n\n".repeat(10_000), "*".repeat(60_000)]
        {
            let rich = lines(&look(), Prose::new(&source).as_str(), 30, true);
            assert!(rich.lines.len() <= MOST_LINES + 1);
        }
    }

    proptest! {
        #[test]
        fn no_line_of_text_is_too_wide_and_no_escape_gets_through(source in "(?s)[-#>*_`|\\[\\]() a-zé日\u{1b}\n]{0,200}", cells in 16usize..80) {
            let rich = lines(&look(), Prose::new(&source).as_str(), cells, true);
            for line in &rich.lines {
                prop_assert!(!line.to_string().chars().any(char::is_control));
            }
        }
    }
}

//! The report as one HTML page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::document::{Block, Cell, Column, Document, Figure, Section, Span, Table, Tile, Tone};

/// Colours, type, and how it is printed.
const STYLE: &str = include_str!("style.css");
/// Nothing is loaded and nothing runs; what is styled is styled here.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Characters of a cell that is not broken, at most: those of a countdown.
const SHORT: usize = 10;

pub(super) fn written(document: &Document) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content="tminus";
                title { (document.title) " · " (document.as_of) }
                // Without a `<` in it, so nothing can end it early.
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "To the content" }
                header {
                    p.brand { "Release report" }
                    h1 { (document.title) }
                    p.as-of { (document.as_of) }
                }
                main #main tabindex="-1" {
                    section.head aria-label="At a glance" {
                        @for one in &document.head.blocks { (block(one)) }
                    }
                    (contents(&document.sections))
                    @for one in &document.sections { (section(one, 2)) }
                }
                footer { p { (document.foot) " " a href="#definitions" { "Definitions" } } }
            }
        }
    };
    page.into_string()
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul { @for one in sections { li { a href={ "#" (one.id) } { (one.title) } } } }
        }
    }
}

fn section(of: &Section, level: u8) -> Markup {
    let cards = of.sections.iter().any(|one| one.is_card);
    let inner = html! {
        (heading(of, level))
        @if of.is_card { (card(&of.blocks)) } @else { @for one in &of.blocks { (block(one)) } }
        @if cards {
            div.cards { @for one in &of.sections { (section(one, level + 1)) } }
        } @else {
            @for one in &of.sections { (section(one, level + 1)) }
        }
    };
    html! {
        @if of.is_card {
            section.card id=(of.id) { (inner) }
        } @else {
            section id=(of.id) { (inner) }
        }
    }
}

/// A card: what it says, then its picture with the remarks beside it, then the rows.
fn card(blocks: &[Block]) -> Markup {
    let figures = || blocks.iter().filter(|block| matches!(block, Block::Figure(_)));
    let notes = || blocks.iter().filter(|block| matches!(block, Block::Note(_)));
    let others = |block: &&Block| !matches!(block, Block::Figure(_) | Block::Note(_) | Block::Lead(_));
    html! {
        @for one in blocks.iter().filter(|block| matches!(block, Block::Lead(_))) { (block(one)) }
        @if figures().chain(notes()).next().is_some() {
            div.beside {
                @for one in figures() { (block(one)) }
                @if notes().next().is_some() {
                    div.notes { @for one in notes() { (block(one)) } }
                }
            }
        }
        @for one in blocks.iter().filter(others) { (block(one)) }
    }
}

fn heading(of: &Section, level: u8) -> Markup {
    let inner = html! {
        (of.title)
        @for badge in &of.badges { " " (judged(badge)) }
    };
    html! {
        @match level {
            2 => h2 { (inner) },
            3 => h3 { (inner) },
            4 => h4 { (inner) },
            _ => h5 { (inner) },
        }
    }
}

fn block(block: &Block) -> Markup {
    html! {
        @match block {
            Block::Lead(spans) => p.lead { @for one in spans { (span(one)) " " } },
            Block::Line(spans) => p.spans { @for one in spans { (span(one)) " " } },
            Block::Note(said) => p.note { (span(said)) },
            Block::Warning(said) => p.warning { strong { "! Warning: " } (span(said)) },
            Block::List { title, items, more } => {
                @if !title.is_empty() { p.title { (title) } }
                ul.plain-list {
                    @for item in items { li { (span(item)) } }
                    @if *more > 0 { li.more { "and " (more) " more" } }
                }
            },
            Block::Table(one) => (table(one)),
            Block::Figure(one) => (figure(one)),
            Block::Tiles { tiles, more } => {
                ul.tiles { @for one in tiles { (tile(one)) } }
                @if *more > 0 { p.more { "and " (more) " more" } }
            },
        }
    }
}

fn table(table: &Table) -> Markup {
    html! {
        // On a narrow screen it is moved, by keys too.
        div.scroll tabindex="0" role="group" aria-label=(table.caption) {
            table {
                caption { (table.caption) }
                thead {
                    tr { @for one in &table.columns { (column(one)) } }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (one, place) in row.iter().zip(0..) {
                                // On a narrow screen rows stand below each other, and each cell says
                                // what it is.
                                @let column = table.columns.get(place);
                                @let title = column.map_or("", |column| column.title.as_str());
                                @if place == 0 {
                                    th scope="row" { (cell(one)) }
                                } @else if column.is_some_and(|column| column.is_figure) {
                                    td.figure data-is=(title) { (cell(one)) }
                                } @else if is_short(one) {
                                    td.short data-is=(title) { (cell(one)) }
                                } @else {
                                    td data-is=(title) { (cell(one)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if table.more > 0 { p.more { "and " (table.more) " more" } }
    }
}

/// A cell that is not broken: `T-3d 05h` has places to break that are none.
fn is_short(cell: &Cell) -> bool {
    matches!(cell.as_slice(), [one] if (2..=SHORT).contains(&one.text.chars().count()))
}

fn column(column: &Column) -> Markup {
    html! {
        @if column.is_figure {
            th.figure scope="col" { (column.title) }
        } @else {
            th scope="col" { (column.title) }
        }
    }
}

fn cell(cell: &Cell) -> Markup {
    html! {
        @match cell.as_slice() {
            [one] => (span(one)),
            lines => @for line in lines { span.line { (span(line)) } },
        }
    }
}

/// A judgement: a coloured word with its mark.
fn judged(said: &Span) -> Markup {
    html! {
        span class={ "badge " (said.tone.class()) } { (mark(said.tone)) (said.text) }
    }
}

fn span(said: &Span) -> Markup {
    let inner = html! {
        @match said.tone {
            Tone::Plain => (said.text),
            tone => span class=(tone.class()) { (mark(tone)) (said.text) },
        }
    };
    html! {
        @match &said.link {
            Some(link) => a href=(link) rel="noopener noreferrer" { (inner) },
            None => (inner),
        }
    }
}

/// The word follows: the mark is only seen.
fn mark(tone: Tone) -> Markup {
    html! {
        @if !tone.mark().is_empty() {
            // A mark is not parted from its word.
            span.mark aria-hidden="true" { (tone.mark()) } "\u{a0}"
        }
    }
}

fn figure(figure: &Figure) -> Markup {
    let (width, height) = figure.size;
    html! {
        figure {
            div.scroll tabindex="0" role="group" aria-label=(figure.title) {
                // An image with a name for who does not see it; its texts are not read one by one.
                svg viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img" aria-label=(figure.title) {
                    title { (figure.title) }
                    desc { (figure.description) }
                    (figure.drawing)
                }
            }
            figcaption { (figure.description) }
        }
    }
}

fn tile(tile: &Tile) -> Markup {
    html! {
        li class={ "tile " (tile.tone.class()) } {
            p.name { (span(&tile.name)) }
            p.verdicts { (judged(&tile.outlook)) " " @if tile.verdict != tile.outlook { (judged(&tile.verdict)) } }
            p { (tile.target) }
            p { (tile.forecast) }
            @if let Some((done, of)) = tile.progress {
                @let share = f64::from(done) / f64::from(of.max(1));
                svg.progress viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
                    rect.track x="0" y="0" width="100" height="4" {}
                    rect.done x="0" y="0" width=(format!("{:.1}", share * 100.0)) height="4" {}
                }
            }
            @if !tile.counted.is_empty() { p.quiet { (tile.counted) } }
            @if !tile.first.is_empty() { p.first { strong { "First: " } (tile.first) } }
        }
    }
}

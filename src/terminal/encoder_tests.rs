//! What the bytes of the encoder make a terminal show, and how many there are.

use proptest::prelude::*;
use ratatui::{layout::Rect, style::Style};

use super::*;
use crate::terminal::tests::emulator;

fn vt_color(color: Color) -> vt100::Color {
    match color {
        Color::Reset => vt100::Color::Default,
        Color::DarkGray => vt100::Color::Idx(8),
        Color::Red => vt100::Color::Idx(1),
        Color::LightGreen => vt100::Color::Idx(10),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        other => unreachable!("not used here: {other:?}"),
    }
}

/// Every cell of `buffer` is what the terminal shows.
fn assert_shows(parser: &vt100::Parser, buffer: &Buffer) {
    let screen = parser.screen();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let expected = &buffer[Position { x, y }];
            let cell = screen.cell(y, x).expect("inside the screen");
            let shown = if cell.contents().is_empty() { " " } else { cell.contents() };
            assert_eq!(shown, expected.symbol(), "symbol at {x},{y}");
            let modifier = expected.modifier;
            assert_eq!(cell.inverse(), modifier.contains(Modifier::REVERSED), "reverse at {x},{y}");
            assert_eq!(cell.underline(), modifier.contains(Modifier::UNDERLINED), "underline at {x},{y}");
            assert_eq!(cell.bgcolor(), vt_color(expected.bg), "background at {x},{y}");
            x += expected.symbol().cell_width().max(1);
            if shown == " " && !modifier.intersects(SEEN_ON_BLANKS) {
                // Nobody can see the rest.
                continue;
            }
            assert_eq!(cell.bold(), modifier.contains(Modifier::BOLD), "bold at {x},{y}");
            assert_eq!(cell.dim(), modifier.contains(Modifier::DIM), "dim at {x},{y}");
            assert_eq!(cell.italic(), modifier.contains(Modifier::ITALIC), "italic at {x},{y}");
            assert_eq!(cell.fgcolor(), vt_color(expected.fg), "foreground at {x},{y}");
        }
    }
}

fn styles() -> impl Strategy<Value = Style> {
    let colors = prop_oneof![
        3 => Just(Color::Reset),
        1 => Just(Color::Red),
        1 => Just(Color::LightGreen),
        1 => Just(Color::Indexed(200)),
        1 => Just(Color::Rgb(1, 20, 255)),
    ];
    let modifiers = prop_oneof![
        3 => Just(Modifier::empty()),
        1 => Just(Modifier::BOLD),
        1 => Just(Modifier::DIM),
        1 => Just(Modifier::DIM.union(Modifier::ITALIC)),
        1 => Just(Modifier::REVERSED),
        1 => Just(Modifier::UNDERLINED.union(Modifier::BOLD)),
    ];
    (colors.clone(), colors, modifiers).prop_map(|(foreground, background, modifier)| {
        Style::new().fg(foreground).bg(background).add_modifier(modifier)
    })
}

/// Strings laid anywhere, over each other, with wide characters cut by their neighbours.
fn pictures() -> impl Strategy<Value = Buffer> {
    let texts = prop_oneof![
        Just("plain text".to_owned()),
        Just("   ".to_owned()),
        Just("日本語 wide".to_owned()),
        Just("e\u{301}té ─│✓".to_owned()),
        "[a-d ]{0,12}",
    ];
    proptest::collection::vec((0u16..22, 0u16..5, texts, styles()), 0..14).prop_map(|strings| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 22, 5));
        for (x, y, text, style) in strings {
            buffer.set_string(x, y, text, style);
        }
        leave_what_can_be_shown(&mut buffer);
        buffer
    })
}

/// A string laid over the right half of a wide character leaves the left half in the
/// buffer; no terminal can show that. The emulator is either bold or dim.
fn leave_what_can_be_shown(buffer: &mut Buffer) {
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            if buffer[(x, y)].modifier.contains(Modifier::BOLD) {
                buffer[(x, y)].modifier.remove(Modifier::DIM);
            }
            if buffer[(x, y)].symbol().cell_width() > 1 {
                let is_whole = x + 1 < buffer.area.width && buffer[(x + 1, y)].symbol() == " ";
                if !is_whole {
                    buffer[(x, y)].set_symbol("#");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_follows_whatever_the_terminal_shows_it(
        frames in proptest::collection::vec((pictures(), any::<bool>()), 1..6)
    ) {
        let mut encoder = Encoder::new();
        let mut parser = emulator(22, 5);
        for (frame, is_lost) in frames {
            if is_lost {
                parser.process(b"\x1b[31;7mnoise\r\n");
                encoder.lose();
            }
            parser.process(encoder.encode(frame.clone(), None).0);
            assert_shows(&parser, &frame);
        }
    }
}

/// Pictures of which each is the one before, of which some rows moved and a few texts are others.
fn scrolling() -> impl Strategy<Value = Vec<Buffer>> {
    let moves = (0usize..12, 1usize..12, 1usize..5, any::<bool>(), pictures());
    let first = proptest::collection::vec((0u16..30, 0u16..12, "[a-d日 ]{0,12}", styles()), 30..60);
    (first, proptest::collection::vec(moves, 1..6)).prop_map(|(strings, moves)| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 12));
        for (x, y, text, style) in strings {
            buffer.set_string(x, y, text, style);
        }
        leave_what_can_be_shown(&mut buffer);
        let mut frames = vec![buffer];
        for (top, rows, by, up, news) in moves {
            let mut next = frames[frames.len() - 1].clone();
            let end = (top + rows).min(12);
            let cells = &mut next.content[top * 40..end * 40];
            let by = by * 40 % cells.len().max(1);
            if up {
                cells.rotate_left(by);
            } else {
                cells.rotate_right(by);
            }
            // A corner of it has other texts.
            for y in 0..5 {
                next.content[y * 40..y * 40 + 22].clone_from_slice(&news.content[y * 22..y * 22 + 22]);
            }
            leave_what_can_be_shown(&mut next);
            frames.push(next);
        }
        frames
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_scrolls_the_terminal_shows_it(frames in scrolling()) {
        let mut encoder = Encoder::new();
        let mut parser = emulator(40, 12);
        for frame in frames {
            parser.process(encoder.encode(frame.clone(), None).0);
            assert_shows(&parser, &frame);
        }
    }
}

/// Rows of a list with little in common: a head, rows from `first` on of which the one at `selected`
/// is reversed, and a foot. Each row leads somewhere.
fn list(first: u16, selected: u16) -> (Buffer, Vec<Hyperlink>) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 30));
    buffer.set_string(0, 0, "a head that stays", Style::new().add_modifier(Modifier::BOLD));
    buffer.set_string(0, 29, "a foot that stays", Style::new());
    let mut links = Vec::new();
    for y in 1..29u16 {
        let number = u64::from(first + y);
        let style = if y == selected { Style::new().bg(Color::Indexed(200)) } else { Style::new() };
        let words = (0..12).map(|word| format!("{:07}", number * 7_919 * (word + 3) % 9_999_991));
        let words: Vec<_> = words.collect();
        buffer.set_string(0, y, format!("{:<110}", words.join(" ")), style);
        links.push(Hyperlink { x: 0, y, cells: 7, url: format!("https://example.org/{number}").into() });
    }
    (buffer, links)
}

#[test]
fn a_list_that_scrolls_costs_two_rows() {
    let mut encoder = Encoder::new();
    let mut parser = emulator(120, 30);
    let (first, links) = list(0, 20);
    let whole = encoder.encode_linked(first, links, None).0.to_vec();
    parser.process(&whole);
    // Up by one, up by three, and back by two, as when keys are held.
    for (at, selected) in [(1, 20), (4, 20), (2, 20), (3, 19)] {
        let (frame, links) = list(at, selected);
        let bytes = encoder.encode_linked(frame.clone(), links, None).0.to_vec();
        parser.process(&bytes);
        assert_shows(&parser, &frame);
        let (rows, cost) = (whole.len() / 28, bytes.len());
        assert!(cost < rows * 6, "{at}: {cost} bytes, a row is {rows}");
        if at == 1 {
            assert!(
                cost < rows * 3 + 40,
                "{cost} bytes, a row is {rows}: {:?}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

#[test]
fn what_moves_is_found() {
    let shown = list(5, 20).0;
    for (at, top, bottom, rows, up) in [(6, 1, 28, 1, true), (4, 1, 28, 1, false), (15, 1, 28, 10, true)] {
        let found = Scroll::find(&shown, &list(at, 20).0);
        assert_eq!(found, Some(Scroll { top, bottom, rows, up }), "{at}");
    }
    // Nothing moved, and nothing is like it was.
    assert_eq!(Scroll::find(&shown, &shown), None);
    let mut other = shown.clone();
    other.content.iter_mut().for_each(|cell| {
        cell.set_symbol("x");
    });
    assert_eq!(Scroll::find(&shown, &other), None);
}

#[test]
fn an_equal_frame_costs_nothing() {
    let mut encoder = Encoder::new();
    let frame = Buffer::with_lines(["one", "two"]);
    encoder.encode(frame.clone(), None);
    assert_eq!(encoder.encode(frame, None).0, b"");
}

#[test]
fn few_bytes_where_few_will_do() {
    let cases = [
        ("one cell", ["abcdef", "ghijkl"], ["abXdef", "ghijkl"], "\x1b[1;3HX"),
        ("a small gap is written again", ["abcdef", "ghijkl"], ["XbcXef", "ghijkl"], "\x1b[1HXbcX"),
        ("the rest of a row is erased", ["abcdef", "ghijkl"], ["ab", "ghijkl"], "\x1b[1;3H\x1b[K"),
        ("a large gap is jumped", ["abcdef", "ghijkl"], ["XbcdeX", "ghijkl"], "\x1b[1HX\x1b[4CX"),
        ("first column", ["abcdef", "ghijkl"], ["abcdef", "Xhijkl"], "\x1b[2HX"),
        ("control characters stay out", ["abcdef", "ghijkl"], ["\tbcdef", "ghijkl"], "\x1b[1H "),
    ];
    for (what, before, after, bytes) in cases {
        let area = Rect::new(0, 0, 6, 2);
        let buffer = |lines: [&str; 2]| {
            let mut buffer = Buffer::empty(area);
            for (y, line) in (0..).zip(lines) {
                for (x, character) in (0..).zip(line.chars()) {
                    buffer[(x, y)].set_symbol(if character == '\t' {
                        "\u{9b}"
                    } else {
                        &line[usize::from(x)..=usize::from(x)]
                    });
                }
            }
            buffer
        };
        let mut encoder = Encoder::new();
        encoder.encode(buffer(before), None);
        let (written, _) = encoder.encode(buffer(after), None);
        assert_eq!(String::from_utf8_lossy(written), bytes, "{what}");
    }
}

#[test]
fn a_blank_is_written_with_any_pen_that_does_not_show() {
    let mut frame = Buffer::empty(Rect::new(0, 0, 9, 1));
    frame.set_style(frame.area, Style::new().bold().gray());
    frame.set_string(0, 0, "ab", Style::new().red());
    frame.set_string(3, 0, "cd", Style::new().red());
    frame.set_string(6, 0, "e", Style::new().red().reversed());
    let mut encoder = Encoder::new();
    let (bytes, _) = encoder.encode(frame, None);
    let start = "\u{1b}[m\u{1b}[?25l\u{1b}[2J";
    assert_eq!(
        String::from_utf8_lossy(bytes),
        format!("{start}\u{1b}[1H\u{1b}[1;31mab cd \u{1b}[7me"),
        "and those at the end are there after the screen was cleared"
    );
}

#[test]
fn a_pen_changes_with_the_shorter_sequence() {
    let pen = |style: Style| {
        let mut cell = Cell::default();
        cell.set_style(style);
        Pen::of(&cell)
    };
    for (before, after, bytes) in [
        (Style::new(), Style::new().red(), "\x1b[31m"),
        (Style::new().red().bold(), Style::new(), "\x1b[m"),
        (Style::new().red().bold(), Style::new().red(), "\x1b[22m"),
        (Style::new().bold().dim(), Style::new().bold(), "\x1b[0;1m"),
        (Style::new().bold(), Style::new().bold().dim(), "\x1b[2m"),
        (Style::new().bold().blue(), Style::new().dim().blue(), "\x1b[22;2m"),
        (Style::new().red(), Style::new().light_red().on_blue(), "\x1b[91;44m"),
        (Style::new().fg(Color::Indexed(7)), Style::new().fg(Color::Rgb(1, 2, 3)), "\x1b[38;2;1;2;3m"),
    ] {
        let mut encoder = Encoder::new();
        encoder.pen = pen(before);
        encoder.set_pen(pen(after));
        assert_eq!(String::from_utf8_lossy(&encoder.out), bytes, "{before:?} to {after:?}");
    }
}

/// A table of 120 by 36 whose selected row is reversed, as wide as real ones.
fn table(selected: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 36));
    for y in 1..35 {
        buffer.set_string(0, y, "│", Style::new().dark_gray());
        let row = format!(
            " ▲ PAY-{:<4} Refund webhook retries {:<30} in review  {y:>2}d  (P85 4d)  lee    #{}",
            300 + y,
            y,
            800 + y
        );
        buffer.set_string(1, y, row, Style::new());
        buffer.set_string(119, y, "│", Style::new().dark_gray());
        if y == selected {
            buffer.set_style(Rect::new(1, y, 118, 1), Style::new().reversed());
        }
    }
    buffer
}

#[test]
fn moving_the_selection_by_a_row_stays_within_450_bytes() {
    let mut encoder = Encoder::new();
    let mut parser = emulator(120, 36);
    parser.process(encoder.encode(table(10), None).0);
    let (bytes, _) = encoder.encode(table(11), None);
    assert!(bytes.len() <= 300, "{} bytes", bytes.len());
    parser.process(bytes);
    assert_shows(&parser, &table(11));
}

#[test]
fn a_large_frame_is_one_synchronized_update() {
    let mut encoder = Encoder::new();
    let (bytes, _) = encoder.encode(table(10), None);
    assert!(bytes.starts_with(BEGIN_SYNCHRONIZED) && bytes.ends_with(END_SYNCHRONIZED));
    let (bytes, _) = encoder.encode(table(11), None);
    assert!(!bytes.starts_with(BEGIN_SYNCHRONIZED) && !bytes.ends_with(END_SYNCHRONIZED));
}

#[test]
fn the_cursor_is_shown_where_asked_and_hidden_again() {
    let mut encoder = Encoder::new();
    let mut parser = emulator(10, 2);
    let frame = Buffer::empty(Rect::new(0, 0, 10, 2));
    for (cursor, hidden, position) in [
        (Some(Position { x: 3, y: 1 }), false, (1, 3)),
        (Some(Position { x: 4, y: 1 }), false, (1, 4)),
        (None, true, (1, 4)),
        (Some(Position { x: 99, y: 99 }), true, (1, 4)),
    ] {
        parser.process(encoder.encode(frame.clone(), cursor).0);
        assert_eq!(parser.screen().hide_cursor(), hidden, "{cursor:?}");
        assert_eq!(parser.screen().cursor_position(), position, "{cursor:?}");
    }
}

#[test]
fn any_size_can_follow_any_other() {
    let mut encoder = Encoder::new();
    for (width, height) in [(0, 0), (1, 1), (80, 24), (1, 1), (0, 5), (5, 0), (3, 2)] {
        let mut frame = Buffer::empty(Rect::new(0, 0, width, height));
        frame.content.iter_mut().for_each(|cell| {
            cell.set_symbol("x");
        });
        let mut parser = emulator(width.max(1), height.max(1));
        parser.process(encoder.encode(frame.clone(), Some(Position { x: 0, y: 0 })).0);
        assert_shows(&parser, &frame);
    }
}

/// What a terminal that knows links makes of `bytes`: for each OSC 8, where it leads.
fn links(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    text.split("\x1b]8;;")
        .skip(1)
        .map(|part| part.split("\x1b\\").next().unwrap_or_default().to_owned())
        .collect()
}

/// A text, its links, which links are opened and closed, and what is written.
type Case<'a> = (&'a str, Vec<Hyperlink>, &'a [&'a str], &'a str);

#[test]
fn links_are_opened_closed_and_written_again_only_where_they_change() {
    let picture = |text: &str| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 2));
        buffer.set_string(0, 0, text, Style::new());
        buffer
    };
    let link = |x, cells, url: &str| Hyperlink { x, y: 0, cells, url: url.into() };
    let (here, there) = ("https://example.org/1", "https://example.org/2");
    let mut encoder = Encoder::new();
    let mut parser = emulator(30, 2);
    let cases: [Case<'_>; 7] = [
        ("see #812 now", vec![link(4, 4, here)], &[here, ""], "#812"),
        // The same again costs nothing.
        ("see #812 now", vec![link(4, 4, here)], &[], ""),
        // Another text beside it.
        ("see #812 not", vec![link(4, 4, here)], &[], "t"),
        // Only where it leads is another.
        ("see #812 not", vec![link(4, 4, there)], &[there, ""], "#812"),
        ("see 日本 not", vec![link(4, 4, there)], &[there, ""], "日"),
        // It leads nowhere any more: written again, without.
        ("see 日本 not", vec![], &[], "日"),
        ("ab", vec![link(0, 1, here), link(1, 1, there)], &[here, there, ""], "a"),
    ];
    for (text, given, expected, written) in cases {
        let next = picture(text);
        let (bytes, _) = encoder.encode_linked(next.clone(), given, None);
        assert_eq!(links(bytes), expected, "{text}");
        assert!(String::from_utf8_lossy(bytes).contains(written), "{text}");
        assert!(written.is_empty() || bytes.len() < 140, "{} bytes for {text}", bytes.len());
        parser.process(bytes);
        assert_shows(&parser, &next);
    }
}

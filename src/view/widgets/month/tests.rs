//! Pictures of months.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{ReleaseId, Text},
    theme::{ColorDepth, GlyphSet, shipped},
};

const KINDS: [CalendarKind; 7] = [
    CalendarKind::Deployment,
    CalendarKind::Target,
    CalendarKind::EstimatedTarget,
    CalendarKind::P50,
    CalendarKind::P85,
    CalendarKind::Freeze,
    CalendarKind::Released,
];

fn at(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn entry(day: NaiveDate, kind: CalendarKind, label: &str) -> CalendarEntry {
    let release = (kind != CalendarKind::Freeze).then(|| ReleaseId::new(label));
    CalendarEntry { day, kind, release, label: Text::new(label) }
}

fn entries() -> Vec<CalendarEntry> {
    let mut entries = vec![
        entry(at(11, 4), CalendarKind::Released, "payments 4.1"),
        entry(at(11, 12), CalendarKind::Released, "ledger 1.7"),
        entry(at(11, 23), CalendarKind::Deployment, "auth 2.9"),
        entry(at(11, 24), CalendarKind::P50, "payments 4.2"),
        entry(at(11, 25), CalendarKind::Target, "payments 4.2"),
        entry(at(11, 25), CalendarKind::Deployment, "payments 4.2"),
        entry(at(11, 25), CalendarKind::Deployment, "ledger 1.8"),
        entry(at(11, 25), CalendarKind::P50, "ledger 1.8"),
        entry(at(11, 26), CalendarKind::P85, "payments 4.2"),
        entry(at(12, 1), CalendarKind::Deployment, "risk-engine 12.4"),
        entry(at(12, 4), CalendarKind::EstimatedTarget, "支払い画面 3.0"),
    ];
    entries.extend((27..=29).map(|day| entry(at(11, day), CalendarKind::Freeze, "Black Friday")));
    entries.sort_by_key(|entry| entry.day);
    entries
}

fn buffer(
    (width, height): (u16, u16),
    set: GlyphSet,
    entries: &[CalendarEntry],
    selected: Option<NaiveDate>,
) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let styles = Styles::resolve(&shipped("dark").unwrap(), ColorDepth::Truecolor);
    draw(&mut buffer, area, entries, at(11, 22), selected, &styles, &Glyphs::of(set));
    buffer
}

fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut covered = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if covered == 0 {
                row.push_str(symbol);
            }
            covered = symbol.width().max(covered).saturating_sub(1);
        }
        writeln!(text, "{}", row.trim_end()).unwrap();
    }
    text
}

#[test]
fn pictures() {
    for (name, sizes) in [
        ("small", &[(21, 8), (21, 20), (23, 5), (46, 12), (90, 10), (12, 3)][..]),
        ("large", &[(60, 14), (60, 18), (78, 20), (118, 26), (160, 40)][..]),
    ] {
        let mut shown = String::new();
        for set in [GlyphSet::Unicode, GlyphSet::Ascii] {
            for size in sizes {
                let picture = text(&buffer(*size, set, &entries(), None));
                writeln!(shown, "{set:?} {}x{}\n{picture}", size.0, size.1).unwrap();
            }
        }
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn every_release_is_named_with_its_target_and_forecasts() {
    for size in [(60, 18), (60, 20), (160, 40)] {
        let shown = text(&buffer(size, GlyphSet::Unicode, &entries(), None));
        let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let payments = line("payments 4.2");
        for (mark, day) in [('◆', "25 Nov"), ('◑', "24 Nov"), ('◕', "26 Nov"), ('•', "25 Nov")] {
            let said = payments.split(mark).nth(1).unwrap_or_default();
            let said = said.split(['◑', '◕', '•']).next().unwrap_or_default().trim();
            assert!(said.ends_with(day), "{mark} {day} in\n{shown}");
        }
        assert!(line("支払い画面 3.0").trim_end().ends_with(" 4 Dec"), "{shown}");
        assert!(shown.contains("November 2026"), "{shown}");
        assert!(line("payments 4.1").is_empty(), "it is out:\n{shown}");
    }
}

#[test]
fn what_does_not_fit_is_counted() {
    let day: Vec<_> =
        (0..9).map(|index| entry(at(11, 25), CalendarKind::Target, &format!("r {index}"))).collect();
    let shown = text(&buffer((118, 27), GlyphSet::Unicode, &day, None));
    let listed = shown.lines().take(17).collect::<String>().matches("◆ r ").count();
    assert!(listed > 1 && shown.contains(&format!("+{} more", 9 - listed)), "{shown}");
    assert!((0..9).all(|index| shown.contains(&format!("\nr {index}  ◆ target 25 Nov"))), "{shown}");
}

#[test]
fn today_is_underlined_and_the_selected_day_reversed() {
    for size in [(21, 8), (78, 20)] {
        let selected = at(11, 25);
        let buffer = buffer(size, GlyphSet::Unicode, &entries(), Some(selected));
        let with = |modifier: Modifier| {
            let cells = buffer.content.iter().filter(|cell| cell.modifier.contains(modifier));
            cells.map(ratatui::buffer::Cell::symbol).collect::<String>()
        };
        assert!(with(Modifier::UNDERLINED).starts_with("22"), "{size:?}");
        assert!(with(Modifier::REVERSED).starts_with("25"), "{size:?}");
    }
}

#[test]
fn the_selected_month_is_shown() {
    let shown = text(&buffer((21, 8), GlyphSet::Ascii, &entries(), Some(at(12, 24))));
    assert!(shown.starts_with("December 2026") && !shown.contains("November"), "{shown}");
    let cut = text(&buffer((21, 4), GlyphSet::Ascii, &entries(), Some(at(12, 24))));
    assert!(cut.contains("24"), "the week of the day when there is room for few:\n{cut}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_month_is_drawn_at_any_size(
        width in 0..320_u16,
        height in 0..70_u16,
        ascii: bool,
        day in 0..20_000_u64,
        items in proptest::collection::vec((0..60_u64, 0..KINDS.len(), "\\PC{0,30}"), 0..80),
    ) {
        let selected = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(day);
        let mut all: Vec<_> =
            items.iter().map(|(ahead, kind, label)| entry(selected + Days::new(*ahead), KINDS[*kind], label)).collect();
        all.sort_by_key(|entry| entry.day);
        let set = if ascii { GlyphSet::Ascii } else { GlyphSet::Unicode };
        let shown = text(&buffer((width, height), set, &all, Some(selected)));
        if width >= 21 && height >= 3 {
            prop_assert!(shown.contains(&title(selected)));
        }
    }
}

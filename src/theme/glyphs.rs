//! Characters by meaning, for what the terminal can show.

use ratatui::symbols::border;

/// Which characters a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlyphSet {
    /// All of one cell.
    #[default]
    Unicode,
    /// Those of the first personal computers, as on the console of Linux: lines and blocks,
    /// no marks, no braille.
    Console,
    /// Letters, digits and punctuation.
    Ascii,
}

/// The characters that views draw with. Every one takes one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Ready, passed, done.
    pub go: &'static str,
    /// Not ready, failed.
    pub no_go: &'static str,
    /// Cannot be told.
    pub unknown: &'static str,
    /// May get late.
    pub at_risk: &'static str,
    /// Under way.
    pub running: &'static str,
    /// Not needed.
    pub not_needed: &'static str,
    /// Two have one thing, and somebody agreed to both.
    pub shared: &'static str,
    /// Changed since the last visit.
    pub changed: &'static str,
    /// Marked by the user.
    pub marked: &'static str,
    /// Beside the selected row.
    pub selected: &'static str,
    /// A text was cut here.
    pub ellipsis: &'static str,
    /// Between two parts of a line.
    pub separator: &'static str,
    /// A span of time or numbers.
    pub dash: &'static str,
    /// Less than nothing.
    pub minus: &'static str,
    /// Can be opened; a choice.
    pub drop_down: &'static str,
    /// Sorted, the smallest first.
    pub ascending: &'static str,
    /// Sorted, the largest first.
    pub descending: &'static str,
    /// More to the left.
    pub left: &'static str,
    /// More to the right; leads to.
    pub right: &'static str,
    /// More above.
    pub up: &'static str,
    /// More below.
    pub down: &'static str,
    /// Multiplied by; repeated so many times.
    pub times: &'static str,
    /// Calendar: a day with a deployment.
    pub deployment: &'static str,
    /// Calendar: a day in a freeze.
    pub freeze: &'static str,
    /// Calendar: a target that somebody set.
    pub promised: &'static str,
    /// Calendar: a target that was estimated.
    pub estimated: &'static str,
    /// Calendar: half sure to be ready.
    pub half_sure: &'static str,
    /// Calendar: 85 % sure to be ready.
    pub sure: &'static str,
    /// Chart: the ideal line.
    pub ideal: &'static str,
    /// Chart: a point of a line, where braille is not allowed.
    pub point: &'static str,
    /// Chart: the line of the target.
    pub target: &'static str,
    /// Chart: a change of scope.
    pub scope: &'static str,
    /// The cone of the forecast, from unlikely to likely.
    pub shades: [&'static str; 4],
    /// Bars that grow upwards, from empty to full: sparklines.
    pub bars: [&'static str; 9],
    /// A bar that lies, what is left of it, and what may come beyond that.
    pub bar: [&'static str; 3],
    /// The track of a scroll bar, and its thumb.
    pub scroll: [&'static str; 2],
    /// Lines within panes: horizontal, vertical, and where they meet a frame at the left and
    /// at the right.
    pub lines: [&'static str; 4],
    /// Marks on a horizontal axis: for a label below, and for a line above.
    pub ticks: [&'static str; 2],
    /// Frames of panes.
    pub border: border::Set<'static>,
    /// Whether charts may be drawn with braille, 2 by 4 points in a cell.
    pub braille: bool,
}

impl Glyphs {
    /// The characters of `set`.
    pub fn of(set: GlyphSet) -> Self {
        match set {
            GlyphSet::Unicode => Self::unicode(),
            GlyphSet::Console => Self::console(),
            GlyphSet::Ascii => Self::ascii(),
        }
    }

    /// Everything.
    pub const fn unicode() -> Self {
        Self {
            go: "✓",
            no_go: "✗",
            unknown: "?",
            at_risk: "▲",
            running: "…",
            not_needed: "–",
            shared: "≡",
            changed: "•",
            marked: "◆",
            selected: "▌",
            ellipsis: "…",
            separator: "·",
            dash: "–",
            minus: "−",
            drop_down: "▾",
            ascending: "▲",
            descending: "▼",
            left: "←",
            right: "→",
            up: "↑",
            down: "↓",
            times: "×",
            deployment: "•",
            freeze: "▒",
            promised: "◆",
            estimated: "◇",
            half_sure: "◑",
            sure: "◕",
            ideal: "·",
            point: "•",
            target: "┊",
            scope: "╷",
            shades: [" ", "░", "▒", "▓"],
            bars: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            bar: ["█", "░", "▒"],
            scroll: ["│", "█"],
            lines: ["─", "│", "├", "┤"],
            ticks: ["┬", "┴"],
            border: border::PLAIN,
            braille: true,
        }
    }

    /// Lines, blocks and arrows of code page 437; marks are letters.
    pub const fn console() -> Self {
        Self {
            separator: "·",
            left: "←",
            right: "→",
            up: "↑",
            down: "↓",
            freeze: "▒",
            ideal: "·",
            target: "│",
            scope: "│",
            shades: [" ", "░", "▒", "▓"],
            bars: [" ", "▄", "▄", "▄", "▄", "█", "█", "█", "█"],
            bar: ["█", "░", "▒"],
            scroll: ["│", "█"],
            lines: ["─", "│", "├", "┤"],
            ticks: ["┬", "┴"],
            border: border::PLAIN,
            ..Self::ascii()
        }
    }

    /// Letters, digits and punctuation.
    pub const fn ascii() -> Self {
        Self {
            go: "+",
            no_go: "x",
            unknown: "?",
            at_risk: "!",
            running: ".",
            not_needed: "-",
            shared: "=",
            changed: "*",
            marked: "#",
            selected: ">",
            ellipsis: "~",
            separator: "|",
            dash: "-",
            minus: "-",
            drop_down: "v",
            ascending: "^",
            descending: "v",
            left: "<",
            right: ">",
            up: "^",
            down: "v",
            times: "x",
            deployment: "*",
            freeze: "%",
            promised: "T",
            estimated: "t",
            half_sure: "p",
            sure: "P",
            ideal: ".",
            point: "*",
            target: ":",
            scope: "|",
            shades: [" ", ".", ":", "%"],
            bars: [" ", "_", "_", ".", ".", "-", "=", "#", "#"],
            bar: ["#", ".", "-"],
            scroll: ["|", "#"],
            lines: ["-", "|", "+", "+"],
            ticks: ["+", "+"],
            border: border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            },
            braille: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    const SETS: [GlyphSet; 3] = [GlyphSet::Unicode, GlyphSet::Console, GlyphSet::Ascii];

    /// Every character of the set: what is between quotes in its debug output.
    fn all(glyphs: &Glyphs) -> Vec<String> {
        let shown = format!("{glyphs:?}");
        shown.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_character_takes_one_cell() {
        for set in SETS {
            let all = all(&Glyphs::of(set));
            assert!(all.len() > 50, "{set:?}: {}", all.len());
            for glyph in all {
                assert_eq!((glyph.width(), glyph.chars().count()), (1, 1), "{set:?}: {glyph:?}");
            }
        }
    }

    #[test]
    fn states_have_distinct_marks_in_every_set() {
        for set in SETS {
            let glyphs = Glyphs::of(set);
            let states = [
                glyphs.go,
                glyphs.no_go,
                glyphs.unknown,
                glyphs.at_risk,
                glyphs.running,
                glyphs.not_needed,
                glyphs.shared,
                glyphs.changed,
                glyphs.marked,
            ];
            for (index, one) in states.iter().enumerate() {
                assert!(!states[index + 1..].contains(one), "{set:?}: {one:?}");
            }
        }
    }

    #[test]
    fn what_can_be_on_a_day_has_distinct_marks_in_every_set() {
        for set in SETS {
            let glyphs = Glyphs::of(set);
            let days = [
                glyphs.deployment,
                glyphs.freeze,
                glyphs.promised,
                glyphs.estimated,
                glyphs.half_sure,
                glyphs.sure,
                glyphs.go,
            ];
            for (index, one) in days.iter().enumerate() {
                assert!(!days[index + 1..].contains(one), "{set:?}: {one:?}");
            }
        }
    }

    #[test]
    fn ascii_is_ascii_and_the_console_shows_no_more_than_it_can() {
        assert!(all(&Glyphs::ascii()).iter().all(|glyph| glyph.is_ascii()));
        for glyph in all(&Glyphs::console()) {
            assert!(glyph.is_ascii() || "·←→↑↓░▒▓█▄─│┌┐└┘├┤┬┴".contains(&glyph), "{glyph:?}");
        }
        assert!(Glyphs::unicode().braille && !Glyphs::console().braille && !Glyphs::ascii().braille);
    }
}

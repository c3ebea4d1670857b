//! How meanings look: the one place that knows the theme's names.

use ratatui::{
    style::{Color, Modifier, Style},
    symbols::border,
};

/// Styles and characters.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Only plain characters.
    pub ascii: bool,
}

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Dim,
    Strong,
    Good,
    Bad,
    Risk,
    Running,
    Accent,
    Border,
    Focused,
    Selected,
    Resting,
    Tab,
}

/// A character with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Go,
    NoGo,
    Risk,
    Unknown,
    Running,
    NotNeeded,
    Ellipsis,
    Dot,
    Open,
    Pointer,
    Minus,
    Arrow,
    Bar,
    BarEmpty,
    Up,
    Down,
    Rule,
}

impl Look {
    pub(crate) fn style(&self, tone: Tone) -> Style {
        let style = Style::new();
        match tone {
            Tone::Plain => style,
            Tone::Dim => style.fg(Color::DarkGray),
            Tone::Strong => style.add_modifier(Modifier::BOLD),
            Tone::Good => style.fg(Color::Green),
            Tone::Bad => style.fg(Color::Red),
            Tone::Risk => style.fg(Color::Yellow),
            Tone::Running => style.fg(Color::Blue),
            Tone::Accent | Tone::Focused => style.fg(Color::Cyan),
            Tone::Border => style.fg(Color::DarkGray),
            Tone::Selected => style.add_modifier(Modifier::REVERSED),
            Tone::Resting => style.add_modifier(Modifier::UNDERLINED),
            Tone::Tab => style.add_modifier(Modifier::BOLD | Modifier::REVERSED),
        }
    }

    pub(crate) fn mark(&self, mark: Mark) -> &'static str {
        let (rich, plain) = match mark {
            Mark::Go => ("✓", "+"),
            Mark::NoGo => ("✗", "x"),
            Mark::Risk => ("▲", "!"),
            Mark::Unknown => ("?", "?"),
            Mark::Running => ("…", "~"),
            Mark::NotNeeded => ("–", "-"),
            Mark::Ellipsis => ("…", "~"),
            Mark::Dot => ("·", "|"),
            Mark::Open => ("▾", "v"),
            Mark::Pointer => ("▸", ">"),
            Mark::Minus => ("−", "-"),
            Mark::Arrow => ("→", "->"),
            Mark::Bar => ("▇", "#"),
            Mark::BarEmpty => ("░", "."),
            Mark::Up => ("↑", "^"),
            Mark::Down => ("↓", "v"),
            Mark::Rule => ("─", "-"),
        };
        if self.ascii { plain } else { rich }
    }

    pub(crate) fn border(&self) -> border::Set<'static> {
        if self.ascii {
            border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            }
        } else {
            border::PLAIN
        }
    }
}

//! What the terminal can show, from the environment and the flags; and the one question
//! that it is asked.

use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

use crate::{
    clock::stopwatch,
    domain::Problem,
    theme::{ColorDepth, GlyphSet},
};

/// The longest wait for the terminal's answer, which would be read as keys if it came later:
/// far links take their time. Who answers later than `SOON` is asked once only.
const ANSWER_WITHIN: Duration = Duration::from_millis(400);
/// A local terminal answers within 1 ms. More is not worth a later first picture.
const SOON: Duration = Duration::from_millis(20);

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`.
    #[default]
    Auto,
    /// 16 million colours.
    Truecolor,
    /// The palette of 256.
    #[value(name = "256")]
    Palette256,
    /// The terminal's own sixteen.
    #[value(name = "16")]
    Sixteen,
    /// None: bold, dim, underline and reverse carry emphasis.
    Never,
}

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many colours.
    pub color: ColorDepth,
    /// Which characters.
    pub glyphs: GlyphSet,
}

impl Capabilities {
    /// Decides by the flags, then by the environment. `variable` looks one up.
    pub fn detect(color: ColorChoice, ascii: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let color = match color {
            ColorChoice::Auto => color_depth(&term, &variable),
            ColorChoice::Truecolor => ColorDepth::Truecolor,
            ColorChoice::Palette256 => ColorDepth::Palette256,
            ColorChoice::Sixteen => ColorDepth::Sixteen,
            ColorChoice::Never => ColorDepth::None,
        };
        let glyphs = if ascii || !is_utf8(&variable) || is_hardware(&term) {
            GlyphSet::Ascii
        } else if term.starts_with("linux") {
            GlyphSet::Console
        } else {
            GlyphSet::Unicode
        };
        Self { color, glyphs }
    }
}

fn color_depth(term: &str, variable: &impl Fn(&str) -> Option<String>) -> ColorDepth {
    if variable("NO_COLOR").is_some() || is_hardware(term) || term.ends_with("-m") || term.ends_with("-mono")
    {
        return ColorDepth::None;
    }
    if term.starts_with("linux") {
        return ColorDepth::Sixteen;
    }
    let claims_truecolor =
        variable("COLORTERM").is_some_and(|value| matches!(value.as_str(), "truecolor" | "24bit"));
    let knows_truecolor = ["kitty", "alacritty", "foot", "wezterm", "ghostty", "direct"];
    if claims_truecolor || knows_truecolor.iter().any(|known| term.contains(known)) {
        // GNU screen passes the variable of the terminal around it on, and knows 256.
        let is_screen = term.starts_with("screen") && variable("TMUX").is_none();
        return if is_screen { ColorDepth::Palette256 } else { ColorDepth::Truecolor };
    }
    if term.contains("256color") { ColorDepth::Palette256 } else { ColorDepth::Sixteen }
}

/// Terminals of one colour and few characters.
fn is_hardware(term: &str) -> bool {
    ["vt100", "vt102", "vt220", "vt320"].iter().any(|old| term.starts_with(old))
}

/// Whether text is UTF-8 here. A locale that is set decides; one that is not set at all,
/// as in most containers, says nothing against it.
fn is_utf8(variable: &impl Fn(&str) -> Option<String>) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Why the board cannot be opened here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The standard input is a file or a pipe.
    #[error("the standard input is not a terminal")]
    Input,
    /// The standard output is a file or a pipe.
    #[error("the standard output is not a terminal")]
    Output,
    /// `TERM` is `dumb` or not set.
    #[error("the terminal cannot place text (TERM is dumb or not set)")]
    Dumb,
}

impl Unusable {
    /// Whether the board can be opened. `variable` looks one of the environment up.
    pub fn check(
        input_is_terminal: bool,
        output_is_terminal: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Self> {
        if !output_is_terminal {
            return Err(Self::Output);
        }
        if !input_is_terminal {
            return Err(Self::Input);
        }
        match variable("TERM").as_deref() {
            None | Some("" | "dumb") => Err(Self::Dumb),
            Some(_) => Ok(()),
        }
    }

    /// What to tell a person.
    pub fn problem(self) -> Problem {
        let next_step = match self {
            Self::Input | Self::Output => "use `tminus status`, or run tminus in a terminal",
            Self::Dumb => "use `tminus status`, or set TERM to what the terminal is, as `xterm-256color`",
        };
        Problem::new(format!("the board cannot be opened: {self}"), next_step)
    }
}

/// Whether the terminal's own background is dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Background {
    /// Light text on dark.
    #[default]
    Dark,
    /// Dark text on light.
    Light,
}

/// What `COLORFGBG` says, where a terminal sets it (`15;0`, `0;default;15`).
pub fn background_from_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Background> {
    let value = variable("COLORFGBG")?;
    // Of the sixteen colours all but white, light grey and the bright ones are dark.
    match value.rsplit(';').next()?.parse().ok()? {
        0..=6 | 8 => Some(Background::Dark),
        7 | 9..=15 => Some(Background::Light),
        16u8.. => None,
    }
}

/// What came of asking the terminal for its background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it said; none if it said nothing.
    pub background: Option<Background>,
    /// It cost nobody anything to ask: it can be asked again at the next start.
    pub soon: bool,
}

/// Asks the terminal for its background, and waits at most 400 ms for the answer. Does not
/// ask one that is known not to say.
///
/// Only before [`open`](super::open), and only if no theme was chosen: the answer would be
/// read as keys. A caller should remember what was not said soon.
pub fn ask_background(variable: impl Fn(&str) -> Option<String>) -> Asked {
    let known = background_from_environment(&variable);
    if known.is_some() || !variable("TERM").is_some_and(|term| answers(&term)) {
        return Asked { background: known, soon: true };
    }
    let mut options = QueryOptions::default();
    options.timeout = ANSWER_WITHIN;
    let waited = stopwatch();
    let mode = theme_mode(options).ok();
    let background = mode.map(|mode| match mode {
        ThemeMode::Dark => Background::Dark,
        ThemeMode::Light => Background::Light,
    });
    Asked { background, soon: waited() <= SOON }
}

/// Whether a terminal is worth asking: the console of Linux prints the question, screen
/// answers out of order, and hardware is slow.
fn answers(term: &str) -> bool {
    !(term.starts_with("linux")
        || term.starts_with("screen")
        || term.starts_with("dumb")
        || term.starts_with("Eterm")
        || is_hardware(term))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn colours_and_characters_follow_the_environment() {
        use ColorDepth::{None as NoColor, Palette256, Sixteen, Truecolor};
        use GlyphSet::{Ascii, Console, Unicode};
        let cases = [
            (&[("TERM", "xterm")][..], Sixteen, Unicode),
            (&[("TERM", "xterm-256color"), ("LANG", "C.UTF-8")], Palette256, Unicode),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Truecolor, Unicode),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "yes")], Palette256, Unicode),
            (&[("TERM", "xterm-kitty")], Truecolor, Unicode),
            (&[("TERM", "xterm-direct")], Truecolor, Unicode),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor")], Palette256, Unicode),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor"), ("TMUX", "x")], Truecolor, Unicode),
            (&[("TERM", "linux"), ("COLORTERM", "truecolor")], Sixteen, Console),
            (&[("TERM", "vt220")], NoColor, Ascii),
            (&[("TERM", "xterm"), ("NO_COLOR", "1")], NoColor, Unicode),
            (&[("TERM", "xterm"), ("NO_COLOR", "")], Sixteen, Unicode),
            (&[("TERM", "xterm"), ("LC_ALL", ""), ("LANG", "de_DE.utf8")], Sixteen, Unicode),
            (&[("TERM", "xterm"), ("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")], Sixteen, Ascii),
            (&[("TERM", "linux"), ("LC_CTYPE", "POSIX")], Sixteen, Ascii),
        ];
        for (pairs, color, glyphs) in cases {
            let detected = Capabilities::detect(ColorChoice::Auto, false, environment(pairs));
            assert_eq!(detected, Capabilities { color, glyphs }, "{pairs:?}");
        }
    }

    #[test]
    fn flags_win_over_the_environment() {
        let pairs = [("TERM", "xterm"), ("NO_COLOR", "1")];
        for (choice, color) in [
            (ColorChoice::Truecolor, ColorDepth::Truecolor),
            (ColorChoice::Palette256, ColorDepth::Palette256),
            (ColorChoice::Sixteen, ColorDepth::Sixteen),
            (ColorChoice::Never, ColorDepth::None),
        ] {
            let detected = Capabilities::detect(choice, true, environment(&pairs));
            assert_eq!(detected, Capabilities { color, glyphs: GlyphSet::Ascii });
        }
    }

    #[test]
    fn a_board_needs_a_terminal() {
        let xterm = [("TERM", "xterm")];
        for (input, output, pairs, result) in [
            (true, true, &xterm[..], Ok(())),
            (true, false, &xterm, Err(Unusable::Output)),
            (false, true, &xterm, Err(Unusable::Input)),
            (true, true, &[("TERM", "dumb")], Err(Unusable::Dumb)),
            (true, true, &[], Err(Unusable::Dumb)),
        ] {
            let checked = Unusable::check(input, output, environment(pairs));
            assert_eq!(checked, result, "{input} {output} {pairs:?}");
            if let Err(unusable) = checked {
                assert!(unusable.problem().next_step.contains("tminus status"));
            }
        }
    }

    #[test]
    fn the_background_is_read_from_the_environment_where_it_is_there() {
        for (value, background) in [
            ("15;0", Some(Background::Dark)),
            ("0;15", Some(Background::Light)),
            ("0;default;15", Some(Background::Light)),
            ("7;8", Some(Background::Dark)),
            ("default;default", None),
            ("15;300", None),
            ("", None),
        ] {
            let pairs = [("COLORFGBG", value)];
            assert_eq!(background_from_environment(environment(&pairs)), background, "{value:?}");
        }
        for (term, asked) in [("xterm", true), ("linux", false), ("screen.xterm-256color", false)] {
            assert_eq!(answers(term), asked, "{term}");
        }
    }
}

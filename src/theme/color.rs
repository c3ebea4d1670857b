//! Colours as themes name them, and as terminals have them.

use std::fmt;

use ratatui::style::Color;

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// None: bold, dim, underline and reverse carry emphasis.
    None,
    /// The terminal's own sixteen.
    #[default]
    Sixteen,
    /// The palette of 256.
    Palette256,
    /// 16 million.
    Truecolor,
}

/// A colour of a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThemeColor {
    /// The terminal's own foreground or background.
    Default,
    /// One of the palette of 256; the first sixteen are the terminal's own.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// The names of the first sixteen.
pub(super) const ANSI_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright_black",
    "bright_red",
    "bright_green",
    "bright_yellow",
    "bright_blue",
    "bright_magenta",
    "bright_cyan",
    "bright_white",
];

/// The first sixteen as xterm draws them. Every terminal may draw them otherwise.
const ANSI_RGB: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// The sixteen as ratatui names them.
const ANSI: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// As theme files write it.
impl fmt::Display for ThemeColor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::Indexed(index) => match ANSI_NAMES.get(usize::from(*index)) {
                Some(name) => formatter.write_str(name),
                None => index.fmt(formatter),
            },
            Self::Rgb(red, green, blue) => write!(formatter, "#{red:02x}{green:02x}{blue:02x}"),
        }
    }
}

impl ThemeColor {
    /// Reads `#rrggbb`, one of the sixteen names (`bright_red`), an index of the palette of
    /// 256, or `default`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        if let Some(hex) = text.strip_prefix('#') {
            let is_hex = hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            let [_, red, green, blue] = u32::from_str_radix(hex, 16).ok().filter(|_| is_hex)?.to_be_bytes();
            return Some(Self::Rgb(red, green, blue));
        }
        let index = match ANSI_NAMES.iter().position(|name| *name == text) {
            Some(position) => u8::try_from(position).ok()?,
            None => text.parse().ok()?,
        };
        Some(Self::Indexed(index))
    }

    /// The nearest colour that a terminal of this depth has.
    pub fn resolve(self, depth: ColorDepth) -> Color {
        match (self, depth) {
            (Self::Default, _) | (_, ColorDepth::None) => Color::Reset,
            (Self::Indexed(index @ 0..=15), _) => ANSI[usize::from(index)],
            (Self::Indexed(index), ColorDepth::Sixteen) => nearest_of_sixteen(rgb_of(index)),
            (Self::Rgb(red, green, blue), ColorDepth::Sixteen) => nearest_of_sixteen([red, green, blue]),
            (Self::Indexed(index), _) => Color::Indexed(index),
            (Self::Rgb(red, green, blue), ColorDepth::Palette256) => {
                Color::Indexed(nearest_index([red, green, blue]))
            }
            (Self::Rgb(red, green, blue), ColorDepth::Truecolor) => Color::Rgb(red, green, blue),
        }
    }
}

/// What an index of the palette of 256 looks like.
pub(super) fn rgb_of(index: u8) -> [u8; 3] {
    match index {
        0..=15 => ANSI_RGB[usize::from(index)],
        16..=231 => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            [level(cube / 36), level(cube / 6 % 6), level(cube % 6)]
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// Not one of the first sixteen: nobody knows what those look like.
fn nearest_index(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|index| distance(rgb, rgb_of(*index))).unwrap_or(16)
}

/// Grey by its lightness, a colour by its hue: by distance alone a light green is grey.
fn nearest_of_sixteen(rgb: [u8; 3]) -> Color {
    let [red, green, blue] = rgb;
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let spread = u32::from(most - least);
    if spread * 4 < u32::from(most) {
        return match most {
            0..=63 => Color::Black,
            64..=165 => Color::DarkGray,
            166..=235 => Color::Gray,
            236.. => Color::White,
        };
    }
    // A channel above the middle of this colour's own range is on.
    let middle = u32::from(least) + spread / 2;
    let bits = [red, green, blue].map(|channel| u32::from(channel) > middle);
    let hue = usize::from(bits[0]) | usize::from(bits[1]) << 1 | usize::from(bits[2]) << 2;
    ANSI[hue]
}

/// How different two colours look: the weighted distance known as redmean.
fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let mean = u32::midpoint(u32::from(one[0]), u32::from(other[0]));
    let square = |channel: usize| u32::from(one[channel].abs_diff(other[channel])).pow(2);
    (512 + mean) * square(0) / 256 + 4 * square(1) + (767 - mean) * square(2) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_documented() {
        for (text, color) in [
            ("#102aFF", Some(ThemeColor::Rgb(0x10, 0x2a, 0xff))),
            ("default", Some(ThemeColor::Default)),
            ("red", Some(ThemeColor::Indexed(1))),
            ("bright_white", Some(ThemeColor::Indexed(15))),
            ("0", Some(ThemeColor::Indexed(0))),
            ("255", Some(ThemeColor::Indexed(255))),
            ("256", None),
            ("#12345", None),
            ("#12345ü", None),
            ("#+12345", None),
            ("reddish", None),
            ("", None),
        ] {
            assert_eq!(ThemeColor::parse(text), color, "{text:?}");
            // What is written is read as the same.
            assert_eq!(color.and_then(|color| ThemeColor::parse(&color.to_string())), color, "{text:?}");
        }
    }

    #[test]
    fn a_colour_becomes_the_nearest_that_the_terminal_has() {
        use ColorDepth::{None, Palette256, Sixteen, Truecolor};
        let rgb = |[red, green, blue]: [u8; 3]| ThemeColor::Rgb(red, green, blue);
        for (color, depth, resolved) in [
            (rgb([1, 2, 3]), Truecolor, Color::Rgb(1, 2, 3)),
            (rgb([255, 0, 0]), Palette256, Color::Indexed(196)),
            (rgb([0x5f, 0x87, 0xaf]), Palette256, Color::Indexed(67)),
            (rgb([128, 128, 128]), Palette256, Color::Indexed(244)),
            (rgb([0x56, 0xd3, 0x64]), Sixteen, Color::Green),
            (rgb([0xff, 0x8f, 0x85]), Sixteen, Color::Red),
            (rgb([0xe3, 0xb3, 0x41]), Sixteen, Color::Yellow),
            (rgb([0x6e, 0x76, 0x81]), Sixteen, Color::DarkGray),
            (ThemeColor::Indexed(196), Sixteen, Color::Red),
            (ThemeColor::Indexed(3), Truecolor, Color::Yellow),
            (ThemeColor::Indexed(100), Truecolor, Color::Indexed(100)),
            (rgb([255, 0, 0]), None, Color::Reset),
            (ThemeColor::Default, Truecolor, Color::Reset),
        ] {
            assert_eq!(color.resolve(depth), resolved, "{color:?} at {depth:?}");
        }
    }
}

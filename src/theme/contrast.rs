//! Whether what a theme writes can be read: contrast as WCAG 2.2 defines it.

use super::{Role, Theme, ThemeColor, color::rgb_of};

/// What text needs (WCAG 2.2, 1.4.3).
pub const LEAST_OF_TEXT: f64 = 4.5;
/// What lines, and what matters less, need (WCAG 2.2, 1.4.11).
pub const LEAST_OF_LINES: f64 = 3.0;
/// What is taken for a dark background where the terminal's own shows through, and for a light one.
const DARK: [u8; 3] = [0x1e; 3];
const LIGHT: [u8; 3] = [0xff; 3];

/// A role that is hard to read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weak {
    /// Which one.
    pub role: Role,
    /// Its contrast, from 1 to 21.
    pub contrast: f64,
    /// What it needs.
    pub least: f64,
    /// It is so on the selected row, not on the background.
    pub selected: bool,
}

impl Theme {
    /// What the theme is written on: its background, else one that its text is meant for. None
    /// where the terminal's own colours decide, which nobody knows.
    pub fn background(&self) -> Option<[u8; 3]> {
        match known(self.color(Role::Background)) {
            Some(background) => Some(background),
            None if self.color(Role::Background) == ThemeColor::Default => {
                let text = known(self.color(Role::Text))?;
                Some(if contrast(text, DARK) >= contrast(text, LIGHT) { DARK } else { LIGHT })
            }
            None => None,
        }
    }

    /// The contrast of `role` with the background; none where one of the two is not known.
    pub fn contrast(&self, role: Role) -> Option<f64> {
        Some(contrast(known(self.color(role))?, self.background()?))
    }

    /// The roles that are hard to read, on the background and on the selected row. What the
    /// terminal draws in colours of its own is not judged.
    pub fn weak(&self) -> Vec<Weak> {
        let selection = known(self.color(Role::Selection));
        let judged = Role::ALL.iter().filter(|role| !matches!(role, Role::Background | Role::Selection));
        let weak = judged.flat_map(|role| {
            let least = if *role == Role::Border { LEAST_OF_LINES } else { LEAST_OF_TEXT };
            let on_background =
                self.contrast(*role).map(|contrast| Weak { role: *role, contrast, least, selected: false });
            let least = match role {
                Role::Muted | Role::Ideal => LEAST_OF_LINES,
                _ => LEAST_OF_TEXT,
            };
            // A frame is never selected.
            let color = known(self.color(*role)).filter(|_| *role != Role::Border);
            let on_selection = color.zip(selection).map(|(color, selection)| Weak {
                role: *role,
                contrast: contrast(color, selection),
                least,
                selected: true,
            });
            [on_background, on_selection].into_iter().flatten()
        });
        weak.filter(|weak| weak.contrast < weak.least).collect()
    }
}

/// What a colour looks like on every terminal.
fn known(color: ThemeColor) -> Option<[u8; 3]> {
    match color {
        ThemeColor::Default | ThemeColor::Indexed(0..=15) => None,
        ThemeColor::Indexed(index) => Some(rgb_of(index)),
        ThemeColor::Rgb(red, green, blue) => Some([red, green, blue]),
    }
}

/// Relative luminance.
fn luminance(rgb: [u8; 3]) -> f64 {
    let [red, green, blue] = rgb.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// From 1, the same, to 21, black on white.
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{SHIPPED, shipped};

    #[test]
    fn contrast_is_that_of_the_standard() {
        for (one, other, ratio) in [
            ([0; 3], [255; 3], 21.0),
            ([0x76; 3], [255; 3], 4.54),
            ([255, 0, 0], [255; 3], 4.0),
            ([9; 3], [9; 3], 1.0),
        ] {
            assert!((contrast(one, other) - ratio).abs() < 0.01, "{one:?} {other:?}");
        }
    }

    #[test]
    fn what_is_shipped_can_be_read_everywhere() {
        for (name, _) in SHIPPED {
            let theme = shipped(name).unwrap();
            assert_eq!(theme.weak(), [], "{name}");
        }
        let contrasts = |name| {
            let theme = shipped(name).unwrap();
            Role::ALL.iter().filter_map(move |role| theme.contrast(*role)).collect::<Vec<_>>()
        };
        assert!(contrasts("dark").len() > 10 && contrasts("light").len() > 10);
        // Nobody knows what the terminal's own sixteen look like.
        assert!(contrasts("ansi").is_empty());
        let roles = Role::ALL
            .iter()
            .filter(|role| !matches!(role, Role::Background | Role::Selection | Role::Border));
        let high = shipped("high-contrast").unwrap();
        for role in roles {
            assert!(high.contrast(*role).unwrap() >= 7.0, "{}", role.name());
        }
    }

    #[test]
    fn what_is_hard_to_read_is_named_with_what_it_needs() {
        let theme = |text: &str| Theme::parse(text, shipped).unwrap();
        let weak = theme("inherits = \"dark\"\nmuted = \"#444444\"\nborder = \"#303030\"").weak();
        let told: Vec<_> = weak.iter().map(|weak| (weak.role, weak.least, weak.selected)).collect();
        let muted = Role::Muted;
        assert_eq!(told, [(muted, 4.5, false), (muted, 3.0, true), (Role::Border, 3.0, false)]);
        // The same colours are meant for the background that their text is meant for.
        assert_eq!(theme("inherits = \"light\"").background(), Some(LIGHT));
        assert_eq!(theme("inherits = \"dark\"\nbackground = \"#000000\"").background(), Some([0; 3]));
        assert_eq!(theme("inherits = \"dark\"\nbackground = \"black\"").background(), None);
    }
}

//! The themes that come with the program.

use super::Theme;

/// Their names and texts, the one for most terminals first.
pub const SHIPPED: [(&str, &str); 4] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("ansi", include_str!("../../themes/ansi.toml")),
];

/// The shipped theme called `name`.
pub fn shipped(name: &str) -> Option<Theme> {
    let (_, text) = SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
    Theme::parse(text, |_| None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Role, ThemeColor, color::rgb_of};

    /// Relative luminance as WCAG 2.2 defines it.
    fn luminance(rgb: [u8; 3]) -> f64 {
        let [red, green, blue] = rgb.map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    fn rgb(color: ThemeColor, default: [u8; 3]) -> [u8; 3] {
        match color {
            ThemeColor::Default => default,
            ThemeColor::Indexed(index) => rgb_of(index),
            ThemeColor::Rgb(red, green, blue) => [red, green, blue],
        }
    }

    #[test]
    fn every_shipped_theme_can_be_read() {
        for (name, text) in SHIPPED {
            assert!(Theme::parse(text, |_| None).is_ok(), "{name}");
            assert!(shipped(name).is_some(), "{name}");
        }
        assert!(shipped("dusk").is_none());
    }

    #[test]
    fn text_can_be_read_on_the_background_and_on_the_selection() {
        for (name, background, least) in
            [("dark", [0x1e; 3], 4.5), ("light", [0xff; 3], 4.5), ("high-contrast", [0; 3], 7.0)]
        {
            let theme = shipped(name).expect("shipped");
            let background = rgb(theme.color(Role::Background), background);
            let selection = rgb(theme.color(Role::Selection), background);
            for role in Role::ALL {
                let color = rgb(theme.color(*role), background);
                match role {
                    Role::Background | Role::Selection => {}
                    Role::Border => {
                        let contrast = contrast(color, background);
                        assert!(contrast >= 3.0, "{name}: border {contrast:.2}");
                    }
                    role => {
                        let plain = contrast(color, background);
                        assert!(plain >= least, "{name}: {} {plain:.2}", role.name());
                        let selected = contrast(color, selection);
                        let enough = if *role == Role::Muted || *role == Role::Ideal { 3.0 } else { 4.5 };
                        assert!(selected >= enough, "{name}: {} selected {selected:.2}", role.name());
                    }
                }
            }
        }
    }
}

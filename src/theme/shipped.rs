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

    #[test]
    fn every_shipped_theme_can_be_read() {
        for (name, text) in SHIPPED {
            assert!(Theme::parse(text, |_| None).is_ok(), "{name}");
            assert!(shipped(name).is_some(), "{name}");
        }
        assert!(shipped("dusk").is_none());
    }
}

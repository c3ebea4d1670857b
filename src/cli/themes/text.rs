//! Themes as lines for people.

use std::fmt::Write as _;

use ratatui::style::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    insight::words,
    terminal::Background,
    theme::{ColorDepth, LEAST_OF_LINES, LEAST_OF_TEXT, Role, Styles, Theme, ThemeColor},
};

use super::{Applying, Brush, Listed, Seen, paint::painted};

/// Weak colours that are named; of more only the count is.
const NAMED: usize = 4;

/// All themes: a line of colours for each, where there are colours.
pub(super) fn list(themes: &[Listed], applying: &Applying, own: Option<&str>, brush: &Brush) -> String {
    let mut out = format!("theme: {}\n\n", why(applying));
    let width = themes.iter().map(|theme| theme.name.width()).max().unwrap_or(0);
    for is_shipped in [true, false] {
        let of: Vec<&Listed> = themes.iter().filter(|theme| theme.is_shipped == is_shipped).collect();
        if !is_shipped {
            let place = own.map(|own| format!(" in {own}")).unwrap_or_default();
            if of.is_empty() {
                let _ = writeln!(out, "\nof your own{place}: none");
                continue;
            }
            let _ = writeln!(out, "\nof your own{place}:");
        }
        for theme in of {
            line(&mut out, theme, applying, width, brush);
        }
    }
    let example = own.map_or_else(String::new, |own| {
        format!(
            "\nOne of your own is a file such as {own}/dusk.toml:\n`inherits = \"dark\"`, then the roles that differ; \
             `tminus themes dark` names them all.\n"
        )
    });
    let _ = write!(
        out,
        "\nTo change it: --theme NAME, `theme = \"NAME\"` in your configuration, or T on the board.{example}"
    );
    out
}

fn line(out: &mut String, listed: &Listed, applying: &Applying, width: usize, brush: &Brush) {
    let mark = if listed.name == applying.name { "*" } else { " " };
    let gap = " ".repeat(width.saturating_sub(listed.name.width()));
    let indent = " ".repeat(width + 4);
    let theme = match &listed.theme {
        Ok(theme) => theme,
        Err(problem) => {
            let _ = writeln!(out, "{mark} {}{gap}  cannot be used: {}", listed.name, problem.what);
            let _ = writeln!(out, "{indent}{}", problem.next_step);
            return;
        }
    };
    if brush.color == ColorDepth::None {
        let _ = writeln!(out, "{mark} {}{gap}  {}", listed.name, readable(theme));
        return;
    }
    let _ = writeln!(out, "{mark} {}{gap}  {}", listed.name, sample(theme, brush));
    if !theme.weak().is_empty() {
        let _ = writeln!(out, "{indent}{}", readable(theme));
    }
}

/// The marks and words of the board in the colours of a theme, on the background that it is meant for.
fn sample(theme: &Theme, brush: &Brush) -> String {
    let mut styles = Styles::resolve(theme, brush.color);
    if let Some([red, green, blue]) = theme.background() {
        // What is meant for a light terminal cannot be read on a dark one.
        let behind = ThemeColor::Rgb(red, green, blue).resolve(brush.color);
        styles.base = styles.base.bg(behind);
    }
    let glyphs = &brush.glyphs;
    let words: [(&str, &str, Style); 10] = [
        (glyphs.go, "go", styles.go),
        (glyphs.no_go, "no-go", styles.no_go),
        (glyphs.at_risk, "at risk", styles.at_risk),
        (glyphs.unknown, "unknown", styles.unknown),
        (glyphs.running, "running", styles.running),
        ("", "title", styles.title),
        ("", "text", styles.base),
        ("", "muted", styles.muted),
        (glyphs.changed, "changed", styles.changed),
        ("", "selected", styles.selection),
    ];
    let mut out = painted(" ", styles.base);
    for (mark, word, style) in words {
        let text = if mark.is_empty() { word.to_owned() } else { format!("{mark} {word}") };
        out.push_str(&painted(&text, styles.base.patch(style)));
        out.push_str(&painted(" ", styles.base));
    }
    out
}

/// What is hard to read, or that nothing is.
fn readable(theme: &Theme) -> String {
    if theme.background().is_none() {
        return "in the terminal's own colours: nobody else knows how they can be read".to_owned();
    }
    let weak = theme.weak();
    if weak.is_empty() {
        return "all of it can be read".to_owned();
    }
    let said: Vec<String> = weak
        .iter()
        .map(|weak| {
            let place = if weak.selected { " on the selected row" } else { "" };
            format!("{}{place} (contrast {:.1}, needs {:.1})", weak.role.name(), weak.contrast, weak.least)
        })
        .collect();
    format!("hard to read: {}", words::list(&said, NAMED))
}

/// One theme, role by role.
pub(super) fn one(name: &str, theme: &Theme, applying: &Applying, brush: &Brush) -> String {
    let mut out = if name == applying.name {
        format!("{}\n", why(applying))
    } else {
        format!("{name}: not the one that applies, which is {}\n", applying.name)
    };
    if brush.color != ColorDepth::None {
        let _ = writeln!(out, "{}", sample(theme, brush));
    }
    out.push('\n');
    let width = Role::ALL.iter().map(|role| role.name().len()).max().unwrap_or(0);
    let colors: Vec<String> = Role::ALL.iter().map(|role| theme.color(*role).to_string()).collect();
    let widest = colors.iter().map(String::len).max().unwrap_or(0);
    for (role, color) in Role::ALL.iter().zip(&colors) {
        let swatch = if brush.color == ColorDepth::None {
            String::new()
        } else {
            let resolved = theme.color(*role).resolve(brush.color);
            format!("{}  ", painted("      ", Style::new().bg(resolved)))
        };
        let contrast = match role {
            Role::Background | Role::Selection => None,
            role => theme.contrast(*role),
        };
        let contrast = contrast.map(|contrast| format!("{contrast:.1}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {swatch}{:width$}  {color:widest$}  {contrast:>4}  {}",
            role.name(),
            role.about()
        );
    }
    match theme.background() {
        Some([red, green, blue]) => {
            let _ = writeln!(
                out,
                "\ncontrast with #{red:02x}{green:02x}{blue:02x} by WCAG 2.2: text needs {LEAST_OF_TEXT:.1}, lines {LEAST_OF_LINES:.1}"
            );
        }
        None => out.push('\n'),
    }
    let _ = writeln!(out, "{}", readable(theme));
    out
}

/// Which theme applies, and why.
fn why(applying: &Applying) -> String {
    let background = match applying.background {
        None => String::new(),
        Some(Seen::Told(Background::Dark)) => ", as the terminal's background is dark".to_owned(),
        Some(Seen::Told(Background::Light)) => ", as the terminal's background is light".to_owned(),
        Some(Seen::NotAsked) => ", as there is no terminal to ask for its background".to_owned(),
    };
    format!("{}{background} ({})", applying.name, applying.origin)
}

//! `tminus themes`: which there are, what they look like, and which one applies and why.

mod paint;
mod text;

use std::{fs, io::IsTerminal as _, path::Path, process::ExitCode};

use crate::{
    config::{self, Config, Layer},
    domain::{Problem, clean},
    terminal::{Background, Capabilities},
    theme::{ColorDepth, Glyphs, SHIPPED, Theme, shipped},
};

use super::{
    Failure,
    args::{Common, ThemesArguments},
    background, complain,
    context::flags,
    environment, looks, print, say,
};

/// Most themes of one's own that are listed.
const MOST: usize = 200;

/// A theme that there is.
struct Listed {
    name: String,
    /// It comes with the program.
    is_shipped: bool,
    /// What it is, or why it cannot be used.
    theme: Result<Theme, Problem>,
}

/// Which theme applies, and why.
struct Applying {
    name: String,
    /// Where the setting comes from: `default`.
    origin: String,
    /// The terminal's background, where that decides.
    background: Option<Seen>,
}

/// What is known of the terminal's background.
#[derive(Clone, Copy)]
enum Seen {
    /// The terminal said so, now or before.
    Told(Background),
    /// There is no terminal to ask.
    NotAsked,
}

/// How samples are drawn.
struct Brush {
    color: ColorDepth,
    glyphs: Glyphs,
}

/// Lists the themes, or tells all of one.
pub(super) fn run(common: &Common, asked: &ThemesArguments) -> Result<ExitCode, Failure> {
    let environment = environment()?;
    let config =
        config::load(&environment, &flags(common)).map_err(|error| Failure::Usage(error.to_string()))?;
    let own = looks::own_directory(&config);
    let own_shown = own.as_deref().map(|own| environment.shown(own));
    let variable = |name: &str| std::env::var(name).ok();
    let is_terminal = std::io::stdout().is_terminal();
    let can_ask = is_terminal && std::io::stdin().is_terminal();
    let applying =
        applying(&config, || can_ask.then(|| background::of_terminal(&config.state_dir, variable)));
    let capabilities = Capabilities::detect(common.color.unwrap_or_default(), config.ascii, variable);
    // Who names colours wants them, also where it is no terminal.
    let is_coloured = is_terminal || common.color.is_some();
    let color = if is_coloured { capabilities.color } else { ColorDepth::None };
    let brush = Brush { color, glyphs: Glyphs::of(capabilities.glyphs) };
    let printed = match &asked.name {
        None => {
            if let Err(problem) = looks::named(&applying.name, &config.root, own.as_deref()) {
                complain(&format!("note: the board cannot be opened with this theme\n{}", say(&problem)));
            }
            text::list(&listed(own.as_deref()), &applying, own_shown.as_deref(), &brush)
        }
        Some(name) => {
            let name = if name == looks::AUTO { &applying.name } else { name };
            let theme = looks::named(name, &config.root, own.as_deref())
                .map_err(|problem| Failure::Usage(say(&problem)))?;
            text::one(&clean(name), &theme, &applying, &brush)
        }
    };
    print(&printed)?;
    Ok(ExitCode::SUCCESS)
}

fn applying(config: &Config, background: impl FnOnce() -> Option<Background>) -> Applying {
    let mut seen = None;
    let name = looks::applying(config, || {
        let told = background();
        seen = Some(told.map_or(Seen::NotAsked, Seen::Told));
        told.unwrap_or_default()
    });
    let origin = config.origin("theme").filter(|origin| origin.layer() != Layer::Default);
    let origin = origin.map_or_else(|| "nothing is set".to_owned(), |origin| format!("set by {origin}"));
    Applying { name: clean(name), origin, background: seen }
}

/// The shipped themes, then those in the directory of one's own by name. A shipped name wins, so
/// one's own of that name is none.
fn listed(own: Option<&Path>) -> Vec<Listed> {
    let shipped_ones = SHIPPED.iter().filter_map(|(name, _)| {
        Some(Listed { name: (*name).to_owned(), is_shipped: true, theme: Ok(shipped(name)?) })
    });
    let mut all: Vec<Listed> = shipped_ones.collect();
    for name in own.map(own_names).unwrap_or_default() {
        let theme = if shipped(&name).is_some() {
            Err(Problem::new(
                "a theme that comes with tminus has the same name, and is taken",
                "give the file another name",
            ))
        } else {
            looks::named(&name, Path::new(""), own)
        };
        all.push(Listed { name, is_shipped: false, theme });
    }
    all
}

/// The names of the files in the directory of one's own themes.
fn own_names(directory: &Path) -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "a person asked which themes there are")]
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let name = name.strip_suffix(".toml")?.to_owned();
        (clean(&name) == name && !name.is_empty()).then_some(name)
    });
    let mut names: Vec<String> = names.take(MOST).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Environment, Flags},
        theme::GlyphSet,
    };

    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    fn config(directory: &Path, user: &str, themes: &[(&str, &str)]) -> Config {
        let own = directory.join(".config/tminus");
        fs::create_dir_all(own.join("themes")).unwrap();
        fs::write(own.join("config.toml"), user).unwrap();
        for (name, text) in themes {
            fs::write(own.join("themes").join(name), text).unwrap();
        }
        let environment = Environment {
            working_directory: directory.join("work"),
            home: Some(directory.to_owned()),
            ..Environment::default()
        };
        config::load(&environment, &Flags::default()).unwrap()
    }

    fn brush(color: ColorDepth) -> Brush {
        Brush { color, glyphs: Glyphs::of(GlyphSet::Unicode) }
    }

    #[test]
    fn which_theme_applies_is_said_with_why() {
        let directory = tempfile::tempdir().unwrap();
        for (user, background, first) in [
            (
                "",
                Some(Background::Dark),
                "theme: dark, as the terminal's background is dark (nothing is set)",
            ),
            (
                "",
                Some(Background::Light),
                "theme: light, as the terminal's background is light (nothing is set)",
            ),
            ("", None, "theme: dark, as there is no terminal to ask for its background (nothing is set)"),
            ("theme = \"ansi\"", None, "theme: ansi (set by "),
        ] {
            let config = config(directory.path(), user, &[]);
            let applying = applying(&config, || background);
            let told = text::list(&listed(None), &applying, Some("~/t"), &brush(ColorDepth::None));
            assert!(told.starts_with(first), "{told}");
            assert_eq!(told.lines().filter(|line| line.starts_with('*')).count(), 1, "{told}");
            assert!(told.lines().any(|line| line.starts_with(&format!("* {}", applying.name))), "{told}");
        }
    }

    #[test]
    fn own_themes_are_listed_with_what_is_wrong_with_them() {
        let directory = tempfile::tempdir().unwrap();
        let own = [
            ("dusk.toml", "inherits = \"dark\"\nmuted = \"#444444\""),
            ("broken.toml", "inherits = \"dark\"\nn_ogo = \"red\""),
            ("light.toml", "inherits = \"dark\""),
            ("notes.txt", ""),
        ];
        let config = config(directory.path(), "theme = \"dusk\"", &own);
        let themes = listed(looks::own_directory(&config).as_deref());
        let names: Vec<_> = themes.iter().filter(|it| !it.is_shipped).map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["broken", "dusk", "light"]);
        let applying = applying(&config, || panic!("a theme is named"));
        let told = text::list(&themes, &applying, Some("~/themes"), &brush(ColorDepth::None));
        for said in [
            "* dusk",
            "muted",
            "line 2: has the key \"n_ogo\"",
            "did you mean \"no_go\"?",
            "has the same name",
        ] {
            assert!(told.contains(said), "{said} is not in\n{told}");
        }
        assert!(!told.contains('\u{1b}'), "no colours were asked for");
    }

    #[test]
    fn samples_have_the_colours_of_their_theme_as_far_as_the_terminal_has_them() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path(), "", &[]);
        let applying = applying(&config, || None);
        let dark = shipped("dark").unwrap();
        for (color, painted) in [
            (ColorDepth::Truecolor, "\u{1b}[38;2;86;211;100;48;2;30;30;30m"),
            (ColorDepth::Palette256, "\u{1b}[38;5;"),
            (ColorDepth::Sixteen, "\u{1b}[32;40m"),
        ] {
            for told in [
                text::list(&listed(None), &applying, None, &brush(color)),
                text::one("dark", &dark, &applying, &brush(color)),
            ] {
                assert!(told.contains(painted), "{color:?}: {told:?}");
                // Every colour ends in its line.
                for line in told.lines().filter(|line| line.contains('\u{1b}')) {
                    let last = line.rfind("\u{1b}[").map(|at| &line[at..]);
                    assert!(last.is_some_and(|last| last.starts_with("\u{1b}[0m")), "{line:?}");
                }
            }
        }
        let plain = text::one("dark", &dark, &applying, &brush(ColorDepth::None));
        assert!(plain.contains("#56d364") && plain.contains("Not ready, failed, late."), "{plain}");
    }
}

//! Which theme the board opens with.

use std::path::{Path, PathBuf};

use crate::{
    config::{Config, Layer, nearest},
    domain::Problem,
    terminal::{Background, Capabilities},
    theme::{Glyphs, SHIPPED, Styles, Theme, shipped},
    view::{Look, Looks},
};

use super::background;

/// The theme that is chosen by the terminal.
pub(super) const AUTO: &str = "auto";
/// Larger files are no themes.
const LARGEST: u64 = 256 * 1024;

/// The name of the theme that applies: `auto` takes the dark or the light one, by the terminal's own
/// background.
pub(super) fn applying(config: &Config, background: impl FnOnce() -> Background) -> &str {
    match config.theme.as_str() {
        AUTO => match background() {
            Background::Light => "light",
            Background::Dark => "dark",
        },
        name => name,
    }
}

/// Where the user's own themes are: beside the user's configuration file.
pub(super) fn own_directory(config: &Config) -> Option<PathBuf> {
    let file = config.layers.files.iter().find(|file| file.layer == Layer::User)?;
    Some(file.path.parent()?.join("themes"))
}

/// The theme of the configuration, and the shipped ones to change to.
pub(super) fn choose(
    config: &Config,
    themes: Option<&Path>,
    capabilities: Capabilities,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Looks, Problem> {
    let name = applying(config, || background::of_terminal(&config.state_dir, variable));
    let look = |theme: &Theme| Look {
        styles: Styles::resolve(theme, capabilities.color),
        glyphs: Glyphs::of(capabilities.glyphs),
    };
    let first = look(&named(name, &config.root, themes)?);
    let others = SHIPPED.iter().filter_map(|(name, _)| Some(((*name).to_owned(), look(&shipped(name)?))));
    Ok(Looks::new((name.to_owned(), first), others))
}

/// A shipped theme, one of the user's, or a file.
pub(super) fn named(name: &str, root: &Path, themes: Option<&Path>) -> Result<Theme, Problem> {
    if let Some(theme) = shipped(name) {
        return Ok(theme);
    }
    let own = themes.map(|themes| themes.join(format!("{name}.toml")));
    let file = [Some(root.join(name)), own].into_iter().flatten().find(|path| path.is_file());
    let Some(file) = file else {
        let known: Vec<_> = SHIPPED.iter().map(|(name, _)| *name).collect();
        let next_step = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("take one of {}, or name a file", known.join(", ")),
        };
        return Err(Problem::new(format!("no theme `{name}`"), next_step));
    };
    let shown = file.display().to_string();
    let text = read(&file).map_err(|error| Problem::new(format!("{shown}: {error}"), "name a theme file"))?;
    Theme::parse(&text, shipped).map_err(|error| error.problem(&shown))
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    #[expect(clippy::disallowed_methods, reason = "the theme file that the configuration names")]
    let file = std::fs::File::open(path)?;
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

//! The configuration as text: what holds and where it comes from, which files are looked for,
//! and a sample with every setting.

use std::fmt::Write;

use super::{
    Config, ConfigError, Environment, Flags, LookedFor, environment::Project, load, look_for,
    setting::settings, value::quote,
};

/// Every setting as it holds, as TOML, each with where it comes from.
pub fn print(config: &Config) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut table = "";
    for setting in &config.layers.settings {
        let (within, key) = setting.key.rsplit_once('.').unwrap_or(("", setting.key));
        if within != table {
            table = within;
            lines.push((String::new(), String::new()));
            lines.push((format!("[{table}]"), String::new()));
        }
        match &setting.value {
            Some(value) => lines.push((format!("{key} = {value}"), setting.origin.to_string())),
            None => lines.push((format!("# {key} is not set"), String::new())),
        }
    }
    let mut context = None;
    for (within, key, command, origin) in &config.layers.keys {
        if context != Some(within) {
            context = Some(within);
            lines.push((String::new(), String::new()));
            lines.push((format!("[keys.{}]", key_text(within)), String::new()));
        }
        lines.push((format!("{} = {}", key_text(key), quote(command)), origin.to_string()));
    }
    let widths = lines.iter().filter(|(_, origin)| !origin.is_empty()).map(|(text, _)| text.chars().count());
    // One long list shall not push everything to the right.
    let width = widths.filter(|width| *width <= 48).max().unwrap_or(0);
    let mut printed = String::new();
    for (text, origin) in lines {
        let _ = if origin.is_empty() {
            writeln!(printed, "{text}")
        } else {
            writeln!(printed, "{text:width$}  # {origin}")
        };
    }
    printed
}

/// A key as TOML writes it.
fn key_text(key: &str) -> String {
    let bare = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quote(key) }
}

/// The files that are looked for, the weakest first, and whether they exist. Works with a
/// configuration that is wrong, too.
pub fn path(environment: &Environment, flags: &Flags) -> String {
    let mut printed = String::new();
    for file in looked_for(environment, flags) {
        let state = if file.exists { "" } else { "  (not there)" };
        let _ = writeln!(printed, "{:<8}  {}{state}", file.layer.name(), file.shown);
    }
    printed
}

/// The files that are looked for, the weakest first. Works with a configuration that is wrong, too.
pub fn looked_for(environment: &Environment, flags: &Flags) -> Vec<LookedFor> {
    look_for(environment, flags, &Project::around(&environment.working_directory))
}

/// Checks the configuration: what was read, and what is probably not meant.
pub fn check(environment: &Environment, flags: &Flags) -> Result<String, ConfigError> {
    let config = load(environment, flags)?;
    let mut printed = String::new();
    let read: Vec<_> = config.layers.files.iter().filter(|file| file.exists).collect();
    if read.is_empty() {
        let _ = writeln!(printed, "no configuration file: the defaults hold; `tminus init` writes one");
    }
    for file in read {
        let _ = writeln!(printed, "{}: in order", file.shown);
    }
    for warning in &config.warnings {
        let _ = writeln!(printed, "note: {}; {}", warning.what, warning.next_step);
    }
    Ok(printed)
}

/// A configuration file with every setting there is, at its default, switched off by `#`.
pub fn sample() -> String {
    let mut printed = String::from(
        "# All settings of tminus with their defaults. Remove the # before those that you change.\n\
         # Files, the weakest first: ~/.config/tminus/config.toml, .tminus.toml in the project, --config.\n\
         # Stronger than files: the variable named behind a setting, then flags.\n",
    );
    let mut table = "";
    for setting in settings() {
        let (within, key) = setting.key.rsplit_once('.').unwrap_or(("", setting.key));
        if within != table {
            table = within;
            let _ = write!(printed, "\n# [{table}]\n");
        }
        printed.push('\n');
        for line in setting.about.lines() {
            let _ = writeln!(printed, "## {line}");
        }
        if let Some(variable) = setting.variable() {
            let _ = writeln!(printed, "## {variable}");
        }
        let _ = writeln!(printed, "# {key} = {}", setting.default.unwrap_or(setting.example));
    }
    printed.push_str(
        "\n## A program that prints facts as JSON, and an address that answers with them: docs/exec.md. As many as\n\
         ## there are, each with a name. Not in a project's file.\n\
         # [source.exec.tests]\n\
         # command = [\"python3\", \"~/.config/tminus/tests.py\"]\n\
         # interval = \"5m\"\n\
         # timeout = \"30s\"\n\
         # variables = [\"CI_TOKEN\"]\n\
         # directories = [\"~/work/payments\"]\n\
         # [source.http.incidents]\n\
         # url = \"https://status.example.org/api/incidents\"\n\
         # covers = [\"defects\"]\n\
         # token_env = \"STATUS_TOKEN\"\n\
         # map.stories = \"incidents[].{key: id, kind: 'defect', created: opened}\"\n",
    );
    printed.push_str(
        "\n## Teams, for the cards of the insights: who works together, and on what. Who and what no team names\n\
         ## counts by its repository. As many as there are.\n\
         # [[team]]\n\
         # name = \"checkout\"\n\
         # members = [\"ada\", \"lee\"]\n\
         # repositories = [\"web\"]\n\
         # components = [\"basket\"]\n",
    );
    printed.push_str(
        "\n## Keys: a table for each context, keys and what they do.\n\
         # [keys.board]\n# \"ctrl-d\" = \"half-page-down\"\n",
    );
    printed
}

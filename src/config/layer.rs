//! Layers: where a setting can come from, the later ones winning.

use std::{collections::BTreeMap, fmt, path::Path};

use toml::de::{DeTable, DeValue};

use super::{
    commands::{self, COMMAND_TABLE, CommandConfig},
    complaint::{Complaint, Place},
    document::{Document, Reading, TableReader, describe},
    environment::Environment,
    instances::{self, INSTANCE_TABLES, Instances},
    plan_tables::{self, PLAN_TABLES},
    rules::{self, RULE_TABLES, WrittenRules},
    setting::{Setting, settings},
    value::{Base, Value},
};
use crate::domain::clean;

/// Where settings come from; a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What holds without a word.
    Default,
    /// The user's file.
    User,
    /// The project's file.
    Project,
    /// The file named by `--config`.
    Named,
    /// Variables of the environment.
    Environment,
    /// Flags of the command line.
    Flags,
}

impl Layer {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::User => "user",
            Self::Project => "project",
            Self::Named => "--config",
            Self::Environment => "environment",
            Self::Flags => "flag",
        }
    }
}

/// Where exactly a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// What holds without a word.
    Default,
    /// Found out, in the way named: nobody configured it.
    FoundOut(&'static str),
    /// A file.
    File(Layer, Place),
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl Origin {
    /// The layer it is part of.
    pub fn layer(&self) -> Layer {
        match self {
            Self::Default | Self::FoundOut(_) => Layer::Default,
            Self::File(layer, _) => *layer,
            Self::Variable(_) => Layer::Environment,
            Self::Flag(_) => Layer::Flags,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::FoundOut(how) => write!(formatter, "default ({how})"),
            Self::File(layer, place) => write!(formatter, "{} ({}:{})", layer.name(), place.file, place.line),
            Self::Variable(name) => write!(formatter, "environment ({name})"),
            Self::Flag(name) => write!(formatter, "flag ({name})"),
        }
    }
}

/// A key that is bound to a command in a context.
pub(crate) type Binding = (String, String);

/// What one layer says.
#[derive(Debug, Default)]
pub(crate) struct LayerValues {
    pub(crate) settings: Vec<(&'static Setting, Value, Origin)>,
    /// Commands by context and key.
    pub(crate) keys: BTreeMap<Binding, (String, Origin)>,
    /// It holds tables of a plan.
    pub(crate) has_plan: bool,
    /// Metrics and gates of one's own.
    pub(crate) rules: WrittenRules,
    /// Commands of one's own.
    pub(crate) commands: Vec<CommandConfig>,
    /// Sources of which there may be several.
    pub(crate) instances: Instances,
}

/// Reads a configuration file as `layer`; what is wrong is added to `complaints`.
pub(crate) fn read_file(
    layer: Layer,
    document: &Document,
    home: Option<&Path>,
    complaints: &mut Vec<Complaint>,
) -> LayerValues {
    let mut values = LayerValues::default();
    let table = match document.parse() {
        Ok(table) => table,
        Err(wrong) => {
            complaints.extend(wrong);
            return values;
        }
    };
    let reading = Reading::new(document);
    let base = Base { directory: document.path.parent().unwrap_or(Path::new(".")), home };
    read_settings(layer, "", &table, base, &reading, &mut values);
    let mut top = TableReader::new(&reading, &table, 0..0, "");
    values.has_plan = !plan_tables::read(&mut top).present.is_empty();
    values.rules = rules::read(&mut top);
    values.commands = commands::read(layer, &mut top);
    let mut wrong = reading.finish();
    wrong.sort();
    complaints.extend(wrong);
    values
}

/// Reads the settings of `table`, whose dotted name is `within`.
fn read_settings(
    layer: Layer,
    within: &str,
    table: &DeTable<'_>,
    base: Base<'_>,
    reading: &Reading<'_>,
    values: &mut LayerValues,
) {
    for (key, value) in table {
        let name =
            if within.is_empty() { key.get_ref().to_string() } else { format!("{within}.{}", key.get_ref()) };
        if name == "keys" {
            read_keys(layer, value.get_ref(), &value.span(), reading, values);
        } else if within.is_empty()
            && (PLAN_TABLES.contains(&name.as_str())
                || RULE_TABLES.contains(&name.as_str())
                || name == COMMAND_TABLE)
        {
            // Read as a whole, for itself.
        } else if let Some(table) = INSTANCE_TABLES.iter().find(|table| **table == name) {
            instances::read(layer, table, value, base, reading, &mut values.instances);
        } else if let Some(setting) = Setting::of(&name) {
            if layer == Layer::Project && !setting.in_project {
                reading.complain(
                    &key.span(),
                    format!("`{name}` cannot be set in a project's file"),
                    "set it in your own file, by its variable or by its flag: it is a matter of you and your machine",
                );
                continue;
            }
            match setting.read(value.get_ref(), base) {
                Ok(read) => {
                    let origin = Origin::File(layer, reading.place(&key.span()));
                    values.settings.push((setting, read, origin));
                }
                Err(misfit) => {
                    reading.complain(&misfit.part.unwrap_or(value.span()), misfit.what, misfit.next_step);
                }
            }
        } else if settings().any(|setting| is_within(setting.key, &name)) {
            match value.get_ref().as_table() {
                Some(inner) => read_settings(layer, &name, inner, base, reading, values),
                None => reading.complain(
                    &value.span(),
                    format!("`{name}` must be a table, not {}", describe(value.get_ref())),
                    format!("write its settings under [{name}]"),
                ),
            }
        } else {
            reading.unknown(key.get_ref(), &key.span(), within, &known_keys(within));
        }
    }
}

fn is_within(key: &str, table: &str) -> bool {
    key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
}

/// Keys that may stand directly in the table called `within`.
pub(crate) fn known_keys(within: &str) -> Vec<&'static str> {
    let mut known: Vec<&str> = settings()
        .filter_map(|setting| {
            if within.is_empty() {
                Some(setting.key)
            } else {
                setting.key.strip_prefix(within)?.strip_prefix('.')
            }
        })
        .filter_map(|rest| rest.split('.').next())
        .collect();
    if within == "source" {
        known.extend(INSTANCE_TABLES.iter().filter_map(|table| table.strip_prefix("source.")));
    }
    if within.is_empty() {
        known.push("keys");
        known.extend(PLAN_TABLES);
        known.extend(RULE_TABLES);
        known.push(COMMAND_TABLE);
    }
    known.sort_unstable();
    known.dedup();
    known
}

/// Reads `[keys.CONTEXT]`. Which contexts and commands there are is checked by those who know.
fn read_keys(
    layer: Layer,
    value: &DeValue<'_>,
    span: &std::ops::Range<usize>,
    reading: &Reading<'_>,
    values: &mut LayerValues,
) {
    let Some(contexts) = value.as_table() else {
        reading.complain(
            span,
            "`keys` must be a table",
            "write [keys.CONTEXT] and below it \"ctrl-d\" = \"…\"",
        );
        return;
    };
    for (context, bindings) in contexts {
        let Some(table) = bindings.get_ref().as_table() else {
            reading.complain(
                &context.span(),
                format!("`{}` in [keys] must be a context with keys", context.get_ref()),
                "write [keys.CONTEXT] and below it \"ctrl-d\" = \"…\"",
            );
            continue;
        };
        let mut keys: Vec<_> = table.iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        for (key, command) in keys {
            let normal = normal_key(key.get_ref());
            let Some(command) = command.get_ref().as_str().map(clean) else {
                let what = format!("`{}` must be bound to the name of a command", key.get_ref());
                reading.complain(&command.span(), what, "write \"ctrl-d\" = \"half-page-down\"");
                continue;
            };
            if let Some(other) = first.insert(normal.clone(), key.get_ref().to_string()) {
                reading.complain(
                    &key.span(),
                    format!(
                        "`{}` is the same key as `{other}` above, in [keys.{}]",
                        key.get_ref(),
                        context.get_ref()
                    ),
                    "a key can do one thing only: remove one of the two",
                );
                continue;
            }
            let origin = Origin::File(layer, reading.place(&key.span()));
            values.keys.insert((clean(context.get_ref()), normal), (command, origin));
        }
    }
}

/// One spelling for each key: modifiers in small letters, in a fixed order, each once.
fn normal_key(written: &str) -> String {
    let written = clean(written);
    let mut modifiers = [("ctrl", false), ("alt", false), ("shift", false)];
    let mut rest = written.as_str();
    while let Some((before, after)) = rest.split_once(['-', '+']).filter(|(_, after)| !after.is_empty()) {
        let name = before.to_lowercase();
        let name = if name == "control" { "ctrl" } else { name.as_str() };
        let Some(modifier) = modifiers.iter_mut().find(|(known, _)| *known == name) else { break };
        modifier.1 = true;
        rest = after;
    }
    let held = modifiers.iter().filter(|(_, held)| *held);
    let mut normal: String = held.flat_map(|(name, _)| [*name, "-"]).collect();
    if rest.chars().count() > 1 {
        normal.push_str(&rest.to_lowercase());
    } else {
        normal.push_str(rest);
    }
    normal
}

/// What the variables of the environment say.
pub(crate) fn read_variables(environment: &Environment, complaints: &mut Vec<Complaint>) -> LayerValues {
    let mut values = LayerValues::default();
    let base = Base { directory: &environment.working_directory, home: environment.home.as_deref() };
    for setting in settings() {
        let Some(name) = setting.variable() else { continue };
        let Some(written) = environment.variable(&name) else { continue };
        match setting.read_variable(written, base) {
            Ok(value) => values.settings.push((setting, value, Origin::Variable(name))),
            Err(misfit) => complaints.push(Complaint::new(name, misfit.what, misfit.next_step)),
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        for (written, normal) in [
            ("ctrl-d", "ctrl-d"),
            ("Ctrl-d", "ctrl-d"),
            ("Control+d", "ctrl-d"),
            ("alt-ctrl-x", "ctrl-alt-x"),
            ("g", "g"),
            ("G", "G"),
            ("PageDown", "pagedown"),
            ("page-down", "page-down"),
            ("shift-Tab", "shift-tab"),
            ("-", "-"),
            ("ctrl--", "ctrl--"),
            ("ctrl-", "ctrl-"),
            ("", ""),
        ] {
            assert_eq!(normal_key(written), normal, "{written}");
        }
    }

    #[test]
    fn keys_of_a_table_are_those_of_its_settings() {
        assert_eq!(
            known_keys("source"),
            [
                "argocd",
                "calendar",
                "csv",
                "exec",
                "git",
                "github",
                "gitlab",
                "http",
                "jira",
                "junit",
                "plan",
                "sarif",
                "sonarqube"
            ]
        );
        assert_eq!(known_keys("source.plan"), ["files", "interval"]);
        assert!(known_keys("").contains(&"gates"));
        assert!(known_keys("").contains(&"freeze"));
    }
}

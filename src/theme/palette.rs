//! A theme: one colour for each role, read from TOML.

use toml::de::{DeTable, DeValue};

use super::color::{ANSI_NAMES, ThemeColor};
use crate::domain::{Problem, Text};

/// The largest theme file that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// Defines the roles, their names in files, and what they are for.
macro_rules! roles {
    ($($(#[doc = $what:literal])+ $role:ident = $name:literal,)+) => {
        /// What a colour is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Role { $($(#[doc = $what])+ $role,)+ }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$role,)+];

            /// Its name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)+ }
            }

            /// What it is for, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$role => concat!($($what),+).trim_ascii(),)+ }
            }
        }
    };
}

roles! {
    /// Behind everything; `default` lets the terminal's own show through.
    Background = "background",
    /// Plain text.
    Text = "text",
    /// What matters less: units, headers, the past.
    Muted = "muted",
    /// Titles, the open tab, what has the focus.
    Accent = "accent",
    /// Frames of panes.
    Border = "border",
    /// Behind the selected row; `default` reverses it instead.
    Selection = "selection",
    /// Ready.
    Go = "go",
    /// Not ready, failed, late.
    NoGo = "no_go",
    /// May get late.
    AtRisk = "at_risk",
    /// Cannot be told.
    Unknown = "unknown",
    /// Under way.
    Running = "running",
    /// Changed since the last visit.
    Changed = "changed",
    /// The line of the ideal burn-down.
    Ideal = "ideal",
    /// The cone of the forecast.
    Forecast = "forecast",
    /// The line of open stories.
    Stories = "stories",
    /// The line of passing tests.
    Tests = "tests",
    /// The line of open defects.
    Defects = "defects",
}

/// One colour for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    colors: Vec<ThemeColor>,
}

impl Theme {
    /// The colour of `role`.
    pub fn color(&self, role: Role) -> ThemeColor {
        self.colors.get(role as usize).copied().unwrap_or(ThemeColor::Default)
    }

    /// Reads the theme `text`. It names a colour for every role, or says `inherits = "dark"`
    /// and names those that differ; `base` knows the themes that can be inherited.
    pub fn parse(text: &str, base: impl Fn(&str) -> Option<Self>) -> Result<Self, ThemeError> {
        if text.len() > LARGEST {
            return Err(ThemeError::new(None, format!("is larger than {LARGEST} bytes"), "is it a theme?"));
        }
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, span.start));
            ThemeError::new(line, format!("is not TOML: {}", error.message()), "mend the line")
        })?;
        let mut colors: Vec<Option<ThemeColor>> = vec![None; Role::ALL.len()];
        let mut inherited = None;
        for (key, value) in table.get_ref() {
            let line = Some(line_of(text, value.span().start));
            let name = key.get_ref().as_ref();
            if name == "inherits" {
                let parent = value.get_ref().as_str().unwrap_or_default();
                inherited = Some(base(parent).ok_or_else(|| {
                    ThemeError::new(
                        line,
                        format!("inherits {parent:?}, which is not a theme that comes with tminus"),
                        "run `tminus themes` for their names",
                    )
                })?);
                continue;
            }
            let Some(role) = Role::ALL.iter().find(|role| role.name() == name) else {
                let nearest = nearest(name, Role::ALL.iter().map(|role| role.name()).chain(["inherits"]));
                return Err(ThemeError::new(
                    line,
                    format!("has the key {name:?}, which is not a role"),
                    nearest
                        .map_or_else(|| "remove it".into(), |nearest| format!("did you mean {nearest:?}?")),
                ));
            };
            colors[*role as usize] = Some(color_of(value.get_ref()).map_err(|(given, next_step)| {
                ThemeError::new(line, format!("gives {name} the colour {given}, which is none"), next_step)
            })?);
        }
        let missing = |role: &&Role| colors[**role as usize].is_none();
        if let (None, Some(role)) = (&inherited, Role::ALL.iter().find(missing)) {
            return Err(ThemeError::new(
                None,
                format!("has no colour for {}", role.name()),
                "add it, or `inherits = \"dark\"` to name only what differs",
            ));
        }
        let or_inherited = |role: &Role| {
            let inherited = inherited.as_ref().map(|theme| theme.color(*role));
            colors[*role as usize].or(inherited).unwrap_or(ThemeColor::Default)
        };
        Ok(Self { colors: Role::ALL.iter().map(or_inherited).collect() })
    }
}

/// The colour that a value stands for, or how it was given and what to do.
fn color_of(value: &DeValue<'_>) -> Result<ThemeColor, (String, String)> {
    let text = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        other => return Err((format!("of type {}", other.type_str()), HOW.into())),
    };
    ThemeColor::parse(&text).ok_or_else(|| {
        let nearest = nearest(&text, ANSI_NAMES.into_iter().chain(["default"]));
        (
            format!("{text:?}"),
            nearest.map_or_else(|| HOW.into(), |name| format!("did you mean {name:?}? {HOW}")),
        )
    })
}

const HOW: &str =
    "a colour is \"#rrggbb\", a name such as \"bright_red\", an index from 0 to 255, or \"default\"";

/// The candidate that `name` is probably a slip of.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Lines count from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// What is wrong with a theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct ThemeError {
    /// Where in the file, if at one place.
    pub line: Option<usize>,
    /// What is wrong there.
    pub what: Text,
    /// What to do about it.
    pub next_step: Text,
}

impl ThemeError {
    fn new(line: Option<usize>, what: impl AsRef<str>, next_step: impl AsRef<str>) -> Self {
        Self { line, what: Text::new(what), next_step: Text::new(next_step) }
    }

    /// What to tell a person. `place` is the theme's file or name.
    pub fn problem(&self, place: &str) -> Problem {
        let line = self.line.map(|line| format!(", line {line}")).unwrap_or_default();
        Problem::new(format!("theme {place}{line}: {}", self.what), &self.next_step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::shipped;

    #[test]
    fn a_theme_can_say_only_what_differs() {
        let theme =
            Theme::parse("inherits = \"dark\"\ngo = \"#00ff00\"\nborder = 240\n", shipped).expect("valid");
        assert_eq!(theme.color(Role::Go), ThemeColor::Rgb(0, 255, 0));
        assert_eq!(theme.color(Role::Border), ThemeColor::Indexed(240));
        assert_eq!(theme.color(Role::NoGo), shipped("dark").expect("shipped").color(Role::NoGo));
    }

    #[test]
    fn errors_name_the_line_the_key_and_the_nearest() {
        for (text, problem, next_step) in [
            (
                "inherits = \"dark\"\n\nn_ogo = \"red\"",
                "theme t, line 3: has the key \"n_ogo\", which is not a role",
                "did you mean \"no_go\"?",
            ),
            (
                "inherits = \"dark\"\nzzzzzzzzzzz = \"red\"",
                "theme t, line 2: has the key \"zzzzzzzzzzz\", which is not a role",
                "remove it",
            ),
            (
                "inherits = \"dusk\"",
                "theme t, line 1: inherits \"dusk\", which is not a theme that comes with tminus",
                "run `tminus themes`",
            ),
            (
                "inherits = \"dark\"\ngo = \"gren\"",
                "theme t, line 2: gives go the colour \"gren\", which is none",
                "did you mean \"green\"?",
            ),
            (
                "inherits = \"dark\"\ngo = 256",
                "theme t, line 2: gives go the colour \"256\", which is none",
                "a colour is",
            ),
            (
                "inherits = \"dark\"\ngo = true",
                "theme t, line 2: gives go the colour of type boolean",
                "a colour is",
            ),
            ("text = \"red\"", "theme t: has no colour for background", "inherits = \"dark\""),
            ("a = \n", "theme t, line 1: is not TOML", "mend the line"),
            (
                "inherits = \"dark\"\ngo = \"\\u001b[31m\"",
                "theme t, line 2: gives go the colour",
                "a colour is",
            ),
        ] {
            let error = Theme::parse(text, shipped).expect_err(text);
            let shown = error.problem("t");
            assert!(shown.what.starts_with(problem), "{shown:?} for {text:?}");
            assert!(shown.next_step.contains(next_step), "{shown:?} for {text:?}");
        }
        assert!(Theme::parse(&"#".repeat(LARGEST + 1), shipped).is_err());
    }
}

//! `[source.exec.NAME]` and `[source.http.NAME]`: sources of which there may be several, each
//! with a name. Only the user's own files may have them: the one runs a program, the other
//! asks an address, and a repository that was cloned shall do neither.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Url;
use toml::de::DeValue;

use super::{
    Layer, TokenPlace,
    document::{Reading, TableReader},
    duration::parse_duration,
    setting::DAY,
    value::Base,
};
use crate::domain::{Kind, Text};

/// Names of the tables that hold such sources.
pub(crate) const INSTANCE_TABLES: [&str; 2] = ["source.exec", "source.http"];

/// Most sources of one kind: each is asked in its interval.
const MOST: usize = 30;
/// Longest name, in characters.
const LONGEST_NAME: usize = 40;
/// Longest expression, in bytes: it is read by a parser that goes as deep as it is nested.
const LONGEST_EXPRESSION: usize = 4_000;
/// Deepest nesting of an expression.
const DEEPEST_EXPRESSION: usize = 60;

/// A program that prints facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecConfig {
    /// Its name; its source is called `exec:NAME`.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Variables of the environment that it may see besides the usual ones.
    pub variables: Vec<String>,
    /// Directories of the boards that it is for; none: of every board.
    pub directories: Vec<PathBuf>,
    /// The project of releases that do not say theirs.
    pub project: Option<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// How long to wait between two rounds.
    pub interval: Duration,
}

/// An endpoint that answers with JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Its name; its source is called `http:NAME`.
    pub name: String,
    /// Its address. The query may hold what is nobody's to see.
    pub url: Url,
    /// What makes the lists of the facts out of the answer, as `JMESPath`; none: the answer is
    /// the facts already.
    pub map: BTreeMap<String, String>,
    /// The kinds that it tells completely, where there is a map.
    pub covers: Vec<Kind>,
    /// Places of the token, in the order in which they are looked at.
    pub tokens: Vec<TokenPlace>,
    /// How the token is sent.
    pub sign: Sign,
    /// Directories of the boards that it is for; none: of every board.
    pub directories: Vec<PathBuf>,
    /// The project of releases that do not say theirs.
    pub project: Option<String>,
    /// How long to wait between two rounds.
    pub interval: Duration,
    /// Certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy to use in place of that of the system.
    pub proxy: Option<Url>,
}

/// How a token is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: token …`
    Token,
    /// `Authorization: Basic …`, with the name of a user.
    Basic(String),
    /// `PRIVATE-TOKEN: …`
    PrivateToken,
}

/// What one layer says of such sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instances {
    pub(crate) exec: Vec<ExecConfig>,
    pub(crate) http: Vec<HttpConfig>,
}

impl Instances {
    /// Adds those of a later layer, which win over those of the same name.
    pub(crate) fn add(&mut self, later: Self) {
        self.exec.retain(|known| later.exec.iter().all(|one| one.name != known.name));
        self.exec.extend(later.exec);
        self.http.retain(|known| later.http.iter().all(|one| one.name != known.name));
        self.http.extend(later.http);
    }

    /// Those that are for the board of `root`, by name; `project` is that of the board.
    pub(crate) fn of_board(mut self, root: &Path, project: Option<&String>) -> Self {
        let is_for = |directories: &[PathBuf]| {
            let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
            directories.is_empty() || directories.iter().any(|directory| real(root) == real(directory))
        };
        self.exec.retain(|one| is_for(&one.directories));
        self.http.retain(|one| is_for(&one.directories));
        self.exec.sort_by(|one, other| one.name.cmp(&other.name));
        self.http.sort_by(|one, other| one.name.cmp(&other.name));
        for named in self.exec.iter_mut().map(|one| &mut one.project) {
            *named = named.take().or_else(|| project.cloned());
        }
        for named in self.http.iter_mut().map(|one| &mut one.project) {
            *named = named.take().or_else(|| project.cloned());
        }
        self
    }
}

/// Reads the tables within `value`, which is called `table`. What cannot be used is left out and
/// complained about.
pub(crate) fn read(
    layer: Layer,
    table: &'static str,
    value: &super::document::Value<'_>,
    base: Base<'_>,
    reading: &Reading<'_>,
    instances: &mut Instances,
) {
    let does =
        if table == "source.exec" { "it runs a program on your machine" } else { "it asks an address" };
    if layer == Layer::Project {
        reading.complain(
            &value.span(),
            format!("a project's file cannot have a [{table}.NAME]"),
            format!(
                "put it into your own file, with directories = [\"…\"] if it is for this board only: {does}"
            ),
        );
        return;
    }
    let Some(tables) = value.get_ref().as_table() else {
        reading.complain(
            &value.span(),
            format!("`{table}` must hold tables, each with a name"),
            format!("write [{table}.NAME] above the settings of each"),
        );
        return;
    };
    let mut count = 0;
    for (name, inner) in tables {
        let Some(fields) = inner.get_ref().as_table() else {
            let what = format!("`{}` in [{table}] must be a table", Text::new(name.get_ref()));
            reading.complain(&name.span(), what, format!("write [{table}.NAME] above the settings of each"));
            continue;
        };
        count += 1;
        let is_name = |name: &str| {
            name.chars().count() <= LONGEST_NAME
                && !name.is_empty()
                && name.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
        };
        if !is_name(name.get_ref()) || count > MOST {
            let what = if count > MOST {
                format!("more than {MOST} [{table}.NAME]")
            } else {
                format!("`{}` cannot be the name of a source", Text::new(name.get_ref()))
            };
            reading.complain(
                &name.span(),
                what,
                format!("at most {MOST}, with names of at most {LONGEST_NAME} letters, digits, - and _"),
            );
            continue;
        }
        let mut fields = Fields { table: TableReader::new(reading, fields, inner.span(), table), base };
        if table == "source.exec" {
            instances.exec.extend(exec(name.get_ref(), &mut fields));
        } else {
            instances.http.extend(http(name.get_ref(), &mut fields));
        }
        fields.table.finish();
    }
}

/// The fields of one source.
struct Fields<'r> {
    table: TableReader<'r>,
    base: Base<'r>,
}

impl Fields<'_> {
    fn strings(&mut self, key: &'static str, expected: &str) -> Vec<String> {
        self.table.read(key, expected, strings).unwrap_or_default()
    }

    /// A program and its arguments, without a shell. A program with a `/` is found from the file
    /// that names it, so that no project's directory decides what runs; `~/` is the home directory
    /// everywhere.
    fn command(&mut self, key: &'static str) -> Option<Vec<String>> {
        let words = self.table.read(key, "a list of a program and its arguments", |value| {
            let words = strings(value)?;
            words.first().is_some_and(|program| !program.trim().is_empty()).then_some(words)
        })?;
        let resolve = |(index, word): (usize, String)| {
            if word.starts_with("~/") || (index == 0 && word.contains('/')) {
                self.base.join(&word).display().to_string()
            } else {
                word
            }
        };
        Some(words.into_iter().enumerate().map(resolve).collect())
    }

    fn duration(&mut self, key: &'static str, range: std::ops::RangeInclusive<u64>, usual: u64) -> Duration {
        let (least, most) = (*range.start(), *range.end());
        let expected = format!("a length of time from {least}s to {most}s, such as \"{usual}s\"");
        let read = self.table.read(key, &expected, |value| {
            parse_duration(value.as_str()?).filter(|duration| range.contains(&duration.as_secs()))
        });
        read.unwrap_or(Duration::from_secs(usual))
    }

    fn paths(&mut self, key: &'static str) -> Vec<PathBuf> {
        let paths = self.strings(key, "a list of directories");
        paths.iter().map(|path| self.base.join(path)).collect()
    }

    fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        Some(self.base.join(&self.string(key)?))
    }

    fn string(&mut self, key: &'static str) -> Option<String> {
        self.table.read(key, "a text that is not empty", |value| {
            value.as_str().filter(|text| !text.trim().is_empty() && !text.contains('\0')).map(str::to_owned)
        })
    }

    fn url(&mut self, key: &'static str, schemes: &[&str], expected: &str) -> Option<Url> {
        // What does not fit is not repeated: it may be a secret.
        let value = self.table.value(key)?;
        let url = value.get_ref().as_str().and_then(|written| Url::parse(written.trim()).ok());
        let url = url.filter(|url| schemes.contains(&url.scheme()) && url.host_str().is_some());
        if url.is_none() {
            self.table.complain(format!("`{key}` must be {expected}"), "");
        }
        url
    }
}

fn strings(value: &DeValue<'_>) -> Option<Vec<String>> {
    const MOST_WORDS: usize = 50;
    const LONGEST_WORD: usize = 4_000;
    let words = value.as_array()?.iter().map(|item| Some(item.get_ref().as_str()?.to_owned()));
    let words: Vec<String> = words.collect::<Option<_>>()?;
    let fits = |word: &String| word.len() <= LONGEST_WORD && !word.contains('\0');
    (words.len() <= MOST_WORDS && words.iter().all(fits)).then_some(words)
}

fn exec(name: &str, fields: &mut Fields<'_>) -> Option<ExecConfig> {
    let command = fields.command("command");
    if !fields.table.has("command") {
        fields.table.complain(
            format!("[source.exec.{name}] without `command`"),
            "add command = [\"program\", \"argument\"]",
        );
    }
    let is_variable =
        |name: &String| !name.is_empty() && !name.contains('=') && !name.chars().any(char::is_whitespace);
    let variables = fields.strings("variables", "a list of names of variables");
    if let Some(wrong) = variables.iter().find(|name| !is_variable(name)) {
        let what = format!("{:?} is no name of a variable", Text::new(wrong).as_str());
        fields.table.complain_within("variables", 0, what, "write the name alone: [\"MY_TOKEN\"]");
    }
    let directories = fields.paths("directories");
    let project = fields.table.text("project").map(|project| project.to_string());
    let timeout = fields.duration("timeout", 1..=3_600, 30);
    let interval = fields.duration("interval", 10..=DAY, 300);
    let command = command?;
    Some(ExecConfig { name: name.to_owned(), command, variables, directories, project, timeout, interval })
}

fn http(name: &str, fields: &mut Fields<'_>) -> Option<HttpConfig> {
    let url = fields.url(
        "url",
        &["https", "http"],
        "an address that begins with https:// or http://, without a user or a password",
    );
    let url = url.filter(|url| {
        let is_bare = url.username().is_empty() && url.password().is_none();
        if !is_bare {
            fields
                .table
                .complain("`url` holds a user or a password", "use token_env, token_file or the like");
        }
        is_bare
    });
    if !fields.table.has("url") {
        fields.table.complain(
            format!("[source.http.{name}] without `url`"),
            "add url = \"https://example.org/facts.json\"",
        );
    }
    let map = map(fields);
    let covers = covers(fields, map.is_empty());
    let token_command = fields.command("token_command");
    let tokens = [
        fields.string("token_env").map(TokenPlace::Variable),
        token_command.map(TokenPlace::Command),
        fields.path("token_file").map(TokenPlace::File),
        fields.string("keyring").map(TokenPlace::Keyring),
    ];
    let user = fields.string("user");
    let schemes = [("bearer", Sign::Bearer), ("token", Sign::Token), ("private-token", Sign::PrivateToken)];
    let sign = fields.table.read("token_as", "one of \"bearer\", \"token\", \"private-token\"", |value| {
        schemes.iter().find(|(word, _)| Some(*word) == value.as_str()).map(|(_, sign)| sign.clone())
    });
    let proxy = fields.url(
        "proxy",
        &["http", "https", "socks5", "socks5h"],
        "an address such as \"http://proxy.example.org:3128\"",
    );
    Some(HttpConfig {
        name: name.to_owned(),
        url: url?,
        map: map.into_iter().map(|(list, expression)| (list.to_owned(), expression)).collect(),
        covers,
        tokens: tokens.into_iter().flatten().collect(),
        sign: user.map(Sign::Basic).or(sign).unwrap_or(Sign::Bearer),
        directories: fields.paths("directories"),
        project: fields.table.text("project").map(|project| project.to_string()),
        interval: fields.duration("interval", 30..=DAY, 300),
        ca_file: fields.path("ca_file"),
        proxy,
    })
}

/// The expressions of `[source.http.NAME.map]`, by the list that each makes.
fn map(fields: &mut Fields<'_>) -> Vec<(&'static str, String)> {
    let Some(mut table) = fields.table.table("map", "source.http.NAME.map") else { return Vec::new() };
    let mut map = Vec::new();
    // Stories and defects stand in one list.
    for list in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Defects).map(Kind::key) {
        let expression = table.read(list, "an expression of JMESPath", |value| {
            value.as_str().filter(|written| !written.trim().is_empty()).map(str::to_owned)
        });
        let Some(expression) = expression else { continue };
        let wrong = if expression.len() > LONGEST_EXPRESSION || depth(&expression) > DEEPEST_EXPRESSION {
            Some((0, format!("longer than {LONGEST_EXPRESSION} bytes or nested too deeply")))
        } else {
            jmespath::compile(&expression).err().map(|error| {
                // Of a message in several lines the first says what it is.
                let what = error.reason.to_string();
                let what = what.trim_start_matches("Parse error: ");
                (error.column, what.lines().next().unwrap_or_default().to_owned())
            })
        };
        match wrong {
            Some((at, why)) => table.complain_within(
                list,
                at,
                format!("this is no JMESPath: {why}"),
                "see https://jmespath.org, and the examples of docs/exec.md",
            ),
            None => map.push((list, expression)),
        }
    }
    table.finish();
    map
}

/// How deep brackets are nested, those within quotes counted, too.
fn depth(expression: &str) -> usize {
    let mut now = 0_usize;
    let mut most = 0;
    for character in expression.chars() {
        match character {
            '(' | '[' | '{' | '!' | '&' => now += 1,
            ')' | ']' | '}' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

fn covers(fields: &mut Fields<'_>, has_no_map: bool) -> Vec<Kind> {
    let words = fields.strings("covers", "a list of kinds such as [\"stories\", \"defects\"]");
    let known = || Kind::ALL.map(Kind::key).join(", ");
    let mut covers = Vec::new();
    for word in &words {
        match Kind::of_key(word) {
            Some(kind) => covers.push(kind),
            None => fields.table.complain_within(
                "covers",
                0,
                format!("there is no kind {:?}", Text::new(word).as_str()),
                format!("there are {}", known()),
            ),
        }
    }
    if has_no_map && !words.is_empty() {
        fields.table.complain_within(
            "covers",
            0,
            "`covers` without a map",
            "an answer that is facts already says by itself what it covers",
        );
    } else if !has_no_map && words.is_empty() {
        fields.table.complain(
            "a map without `covers`",
            format!("say which kinds the address tells completely, with covers = [\"…\"]: {}", known()),
        );
    }
    covers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment, Flags, load};

    /// What a user's and a project's file say together.
    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    fn loaded(root: &Path, user: &str, project: &str) -> Result<Config, String> {
        std::fs::create_dir_all(root.join("home/.config/tminus")).unwrap();
        std::fs::create_dir_all(root.join("work")).unwrap();
        std::fs::write(root.join("home/.config/tminus/config.toml"), user).unwrap();
        std::fs::write(root.join("work/.tminus.toml"), project).unwrap();
        let environment = Environment {
            working_directory: root.join("work"),
            home: Some(root.join("home")),
            ..Environment::default()
        };
        load(&environment, &Flags::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn several_programs_and_endpoints_are_read_with_their_names() {
        let directory = tempfile::tempdir().unwrap();
        let user = r#"
            [source.exec.tests]
            command = ["bin/facts", "bin/here", "~/there"]
            variables = ["CI_TOKEN"]
            timeout = "2m"
            [source.exec.elsewhere]
            command = ["facts"]
            directories = ["/no/such/board"]
            [source.exec.bare]
            command = ["facts"]
            directories = ["~/../work"]
            project = "auth"
            [source.http.incidents]
            url = "https://status.example.org:8443/api?key=1"
            token_env = "STATUS_TOKEN"
            user = "ada"
            covers = ["defects"]
            map.stories = "incidents[].{key: id, created: opened}"
        "#;
        let config = loaded(directory.path(), user, "project = \"payments\"\n").unwrap();
        let names: Vec<&str> = config.exec.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["bare", "tests"], "in the order of their names, and for this board");
        let [bare, tests] = &config.exec[..] else { panic!("{config:?}") };
        // A program is found from the file that names it, not from the project; `~/` is home everywhere.
        let home = directory.path().join("home");
        let program = home.join(".config/tminus/bin/facts").display().to_string();
        let there = home.join("there").display().to_string();
        assert_eq!(tests.command, [program.as_str(), "bin/here", there.as_str()]);
        assert_eq!((tests.timeout.as_secs(), tests.interval.as_secs()), (120, 300));
        assert_eq!((bare.command[0].as_str(), bare.project.as_deref()), ("facts", Some("auth")));
        assert_eq!(tests.project.as_deref(), Some("payments"));
        let [http] = &config.http[..] else { panic!("{config:?}") };
        assert_eq!(http.sign, Sign::Basic("ada".to_owned()));
        assert_eq!(http.tokens, [TokenPlace::Variable("STATUS_TOKEN".to_owned())]);
        assert_eq!((http.covers.as_slice(), http.map.len()), (&[Kind::Defects][..], 1));
    }

    #[test]
    fn a_project_runs_nothing_and_asks_nobody() {
        let directory = tempfile::tempdir().unwrap();
        for (project, does) in [
            ("[source.exec.evil]\ncommand = [\"sh\", \"-c\", \"id\"]\n", "it runs a program on your machine"),
            ("[source.http.evil]\nurl = \"http://169.254.169.254/\"\n", "it asks an address"),
            ("source.exec.evil.command = [\"id\"]\n", "it runs a program"),
        ] {
            let said = loaded(directory.path(), "", project).unwrap_err();
            assert!(said.contains("a project's file cannot have a [source."), "{said}");
            assert!(said.contains("put it into your own file") && said.contains(does), "{said}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let directory = tempfile::tempdir().unwrap();
        let nested = format!("{}a{}", "(".repeat(500), ")".repeat(500));
        for (user, what) in [
            ("[source.exec.t]\n", "[source.exec.t] without `command`"),
            (
                "[source.exec.t]\ncommand = \"facts\"\n",
                "`command` must be a list of a program and its arguments",
            ),
            ("[source.exec.t]\ncommand = []\n", "`command` must be a list"),
            (
                "[source.exec.t]\ncommand = [\"x\"]\ntimeout = \"2h\"\n",
                "`timeout` must be a length of time from 1s to 3600s",
            ),
            ("[source.exec.t]\ncommand = [\"x\"]\ncomand = 1\n", "unknown key `comand` in [source.exec]"),
            (
                "[source.exec.t]\ncommand = [\"x\"]\nvariables = [\"A=1\"]\n",
                "\"A=1\" is no name of a variable",
            ),
            ("[source.exec]\ncommand = [\"x\"]\n", "`command` in [source.exec] must be a table"),
            ("[source.exec.\"a b\"]\ncommand = [\"x\"]\n", "`a b` cannot be the name of a source"),
            ("[[source.exec]]\ncommand = [\"x\"]\n", "`source.exec` must hold tables, each with a name"),
            ("[source.http.t]\ncovers = []\n", "[source.http.t] without `url`"),
            ("[source.http.t]\nurl = \"ftp://example.org\"\n", "`url` must be an address"),
            (
                "[source.http.t]\nurl = \"https://ada:secret@example.org\"\n",
                "`url` holds a user or a password",
            ),
            (
                "[source.http.t]\nurl = \"https://x.org\"\nmap.stories = \"a[\"\ncovers = [\"stories\"]\n",
                "this is no JMESPath",
            ),
            (
                "[source.http.t]\nurl = \"https://x.org\"\nmap.storys = \"a\"\ncovers = [\"stories\"]\n",
                "unknown key `storys`",
            ),
            ("[source.http.t]\nurl = \"https://x.org\"\nmap.stories = \"a\"\n", "a map without `covers`"),
            ("[source.http.t]\nurl = \"https://x.org\"\ncovers = [\"stories\"]\n", "`covers` without a map"),
            (
                "[source.http.t]\nurl = \"https://x.org\"\ncovers = [\"wonders\"]\nmap.stories = \"a\"\n",
                "there is no kind \"wonders\"",
            ),
            (
                &format!(
                    "[source.http.t]\nurl = \"https://x.org\"\ncovers = [\"stories\"]\nmap.stories = \"{nested}\"\n"
                ),
                "nested too deeply",
            ),
        ] {
            let said = loaded(directory.path(), user, "").unwrap_err();
            assert!(said.contains(what), "{user}\n{said}\n{what}");
            assert!(said.contains("config.toml:") && !said.contains("secret@"), "{said}");
        }
    }
}

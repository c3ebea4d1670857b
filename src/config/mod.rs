//! The configuration: TOML files, variables and flags, in layers that know their names.
//!
//! default < user's file < project's file < `--config` < environment < flags
//!
//! [`load`] reads and checks everything before the screen opens. What is wrong is reported
//! together, each with its file, line and column and, for a mistyped key, the key that was
//! probably meant. All settings there are stand in one table, from which they are read,
//! checked and printed and from which the sample is made.

mod calendars;
mod commands;
mod complaint;
mod document;
mod duration;
mod environment;
mod hosts;
mod instances;
mod layer;
pub(crate) mod plan_tables;
mod report;
mod report_settings;
mod reports;
mod rules;
mod sections;
mod service_settings;
mod services;
mod setting;
mod teams;
mod value;
mod wall;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) use self::document::{Reading, TableReader};
pub use self::{
    calendars::{CalendarConfig, EventPatterns},
    commands::{CommandConfig, CommandOutput, NotifyConfig, PLACEHOLDERS},
    complaint::{Complaint, ConfigError, Location, Place, nearest},
    document::{Document, LONGEST_FILE, Moment},
    duration::{format_duration, parse_duration},
    environment::Environment,
    hosts::KnownHosts,
    instances::{ExecConfig, HttpConfig, Sign},
    layer::{Layer, Origin},
    report::{check, looked_for, path, print, sample},
    reports::{ReportConfig, TableConfig},
    sections::SectionConfig,
    services::{
        Access, ArgocdConfig, GithubConfig, GitlabConfig, JiraConfig, LabelConfig, SonarqubeConfig,
        TokenPlace, host_of_site,
    },
    value::FilePattern,
    wall::{WallConfig, WallPanel},
};
pub(crate) use self::{
    environment::Project,
    value::{is_repository_path, quote},
};
use self::{
    instances::Instances,
    layer::{Binding, LayerValues},
    rules::Rules,
    setting::{Setting, settings},
    value::Value,
};
use crate::{
    domain::{Calendar, Policy, Problem, StoriesPerRelease, Text},
    insight::Lens,
};

/// What the command line says about settings; what it does not say is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config FILE`
    pub config: Option<PathBuf>,
    /// `--data-dir DIR`
    pub data_dir: Option<PathBuf>,
    /// `--theme NAME`
    pub theme: Option<String>,
    /// `--no-mouse` says false.
    pub mouse: Option<bool>,
    /// `--read-only` says true.
    pub read_only: Option<bool>,
    /// `--ascii` says true.
    pub ascii: Option<bool>,
    /// `--junit FILE`, each; `-` is the standard input, here and below.
    pub junit: Vec<PathBuf>,
    /// `--sarif FILE`
    pub sarif: Vec<PathBuf>,
    /// `--csv FILE`
    pub csv: Vec<PathBuf>,
}

/// The configuration, resolved and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The project's directory: the nearest one with a `.tminus.toml`, else the repository,
    /// else where the program was started.
    pub root: PathBuf,
    /// The project that releases belong to where they do not say so.
    pub project: Option<String>,
    /// The board's name, if it has one.
    pub board: Option<String>,
    /// The rules by which facts are judged.
    pub policy: Policy,
    /// Name of the theme; `auto` to choose by the terminal. Whether it exists is for the
    /// themes to say.
    pub theme: String,
    /// For whom the screen shows the board.
    pub lens: Lens,
    /// React to the mouse.
    pub mouse: bool,
    /// Change nothing outside.
    pub read_only: bool,
    /// Draw with ASCII characters only.
    pub ascii: bool,
    /// Commands by context and key; modifiers in small letters and in the order ctrl, alt,
    /// shift. Which contexts, keys and commands exist is for the application to say.
    pub keys: BTreeMap<String, BTreeMap<String, String>>,
    /// Commands of one's own. Whether their keys are free is for the application to say.
    pub commands: Vec<CommandConfig>,
    /// What is told while nobody looks.
    pub notify: NotifyConfig,
    /// What a wall shows, and for how long.
    pub wall: WallConfig,
    /// Where pull requests are checked out, if anywhere.
    pub checkout_directory: Option<PathBuf>,
    /// Sections of the pull requests, besides those that are always there.
    pub sections: Vec<SectionConfig>,
    /// The repository to read, if any.
    pub git: Option<GitSettings>,
    /// What of GitHub to read; none: it is switched off.
    pub github: Option<GithubConfig>,
    /// What of GitLab to read; none: it is switched off.
    pub gitlab: Option<GitlabConfig>,
    /// What of Jira to read; none: no site is set, or it is switched off.
    pub jira: Option<JiraConfig>,
    /// What of `SonarQube` to read; none: no site is set, or it is switched off.
    pub sonarqube: Option<SonarqubeConfig>,
    /// Which Argo CD to read; none: nothing is configured, or it is switched off.
    pub argocd: Option<ArgocdConfig>,
    /// Hosts of forges that the user knows.
    pub hosts: KnownHosts,
    /// The plan to read, if any.
    pub plan: Option<PlanSettings>,
    /// Calendars to read, if any.
    pub calendars: Option<CalendarConfig>,
    /// `JUnit` reports to read, if any.
    pub junit: Option<ReportConfig>,
    /// SARIF reports to read, if any.
    pub sarif: Option<ReportConfig>,
    /// Tables of stories to read, if any.
    pub csv: Option<TableConfig>,
    /// Programs that print facts, by name.
    pub exec: Vec<ExecConfig>,
    /// Endpoints that answer with facts, by name.
    pub http: Vec<HttpConfig>,
    /// Where histories are kept.
    pub data_dir: PathBuf,
    /// For how long every change is kept.
    pub every_change: Duration,
    /// For how long one state an hour is kept; after that one a day is, for ever.
    pub hourly: Duration,
    /// A group of users that may look at the board of an owner, by name or number.
    pub serve_group: Option<String>,
    /// Where `tminus serve` keeps the schedule for calendar programs, if anywhere.
    pub serve_calendar_file: Option<PathBuf>,
    /// Where logs and reports go.
    pub state_dir: PathBuf,
    /// Where sockets go, where the system has a place for such.
    pub runtime_dir: Option<PathBuf>,
    /// What is not wrong but probably not meant.
    pub warnings: Vec<Problem>,
    /// Where everything comes from.
    pub layers: Layers,
}

impl Config {
    /// Where the setting called `key` comes from.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.layers.settings.iter().find(|setting| setting.key == key).map(|setting| &setting.origin)
    }
}

/// How to read a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitSettings {
    /// Any directory inside the repository, or a bare one.
    pub path: PathBuf,
    /// What its releases are of. None: what its tags share (`foo` of `foo-v1.2`), else its
    /// name at the remote `upstream` or `origin`, else the name of its directory.
    pub project: Option<String>,
    /// The branch that releases are made from. None: the one that the remote calls its main
    /// one, else `main`, `master` or `trunk`, else the one that is checked out. Of a branch
    /// that is here and at the remote, ours counts if it continues what the remote has, else
    /// the remote's.
    pub base: Option<String>,
    /// Tags that are releases, as a pattern with `*` and `?`, all of one project. None: tags
    /// that name a version, of the family with the newest one.
    pub tag_pattern: Option<String>,
    /// How many of the newest releases are told, 1 to 120.
    pub releases: usize,
    /// A branch whose newest commit is older than so many days is not open work.
    pub recent_days: u32,
    /// How long to wait between two rounds.
    pub interval: Duration,
}

impl GitSettings {
    /// The repository that `path` is part of, with everything else as it usually is.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            project: None,
            base: None,
            tag_pattern: None,
            releases: 50,
            recent_days: 30,
            interval: Duration::from_secs(60),
        }
    }
}

/// How to read a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSettings {
    /// The project's directory: messages name files as seen from it.
    pub root: PathBuf,
    /// Plan files.
    pub files: Vec<FilePattern>,
    /// Configuration files that hold plan tables beside their settings.
    pub inline: Vec<PathBuf>,
    /// The project of releases that do not name theirs.
    pub project: Option<String>,
    /// The days that dates mean.
    pub calendar: Calendar,
    /// How long to wait between two rounds.
    pub interval: Duration,
}

/// Where a configuration comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layers {
    /// Files that were looked for, in the order of their layers.
    pub files: Vec<LookedFor>,
    /// Every setting there is.
    pub settings: Vec<Effective>,
    /// Every key that was bound: its context, the key, the command, and where that comes from.
    pub keys: Vec<(String, String, String, Origin)>,
}

/// A configuration file that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedFor {
    /// The layer that it makes.
    pub layer: Layer,
    /// Where it was looked for.
    pub path: PathBuf,
    /// Its path as it is shown to a person.
    pub shown: String,
    /// It is there.
    pub exists: bool,
}

/// A setting as it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    /// Its key with its tables.
    pub key: &'static str,
    /// Its value, as TOML; none if it is not set.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Origin,
}

/// Reads the configuration, or says all that is wrong with it.
pub fn load(environment: &Environment, flags: &Flags) -> Result<Config, ConfigError> {
    let project = Project::around(&environment.working_directory);
    let files = look_for(environment, flags, &project);
    let mut complaints = Vec::new();
    let mut resolver = Resolver::default();
    let mut inline = Vec::new();
    for file in files.iter().filter(|file| file.exists || file.layer == Layer::Named) {
        match Document::read(&file.path, &file.shown) {
            Ok(document) => {
                let values =
                    layer::read_file(file.layer, &document, environment.home.as_deref(), &mut complaints);
                if values.has_plan {
                    inline.push(file.path.clone());
                }
                resolver.add(values);
            }
            Err(complaint) => complaints.push(complaint),
        }
    }
    resolver.add(layer::read_variables(environment, &mut complaints));
    resolver.add(flag_values(flags, &environment.working_directory));
    resolver.find_out(environment);
    let mut rules = std::mem::take(&mut resolver.rules);
    let sections = std::mem::take(&mut rules.sections);
    let rules = rules.resolve(&mut complaints);
    complaints.extend(sections::without_their_team(&sections, &rules.teams));
    let notify = resolver.notify(&mut complaints);
    let wall = resolver.wall(&mut complaints);
    let lens = resolver.lens(&mut complaints);
    let calendar = resolver.policy().calendar;
    let shift = |written: rules::WrittenShift| written.resolve(&calendar, &mut complaints);
    let shifts = rules.shifts.into_iter().filter_map(shift).collect();
    let mut hosts = KnownHosts::of(environment);
    resolver.know(&mut hosts);
    let user_file = environment.user_file().map(|path| environment.shown(&path));
    complaints.extend(resolver.distrust(&hosts, user_file.as_deref().unwrap_or("your own file")));
    let sizes = resolver.policy().stories_per_release;
    if let Some((few, many)) = sizes.few.zip(sizes.many).filter(|(few, many)| few > many) {
        complaints.push(Complaint::new(
            "insights.stories_per_release",
            format!("fewer than {few} stories would be few, and {many} would be many already"),
            "set `few` to at most `many`",
        ));
    }
    if resolver.get("data_dir").is_none() {
        complaints.push(Complaint::new(
            "data_dir",
            "nowhere to keep the history: the user has no home directory",
            "set the variable HOME or TMINUS_DATA_DIR, or the flag --data-dir",
        ));
    }
    if !complaints.is_empty() {
        return Err(ConfigError { complaints });
    }
    let mut config = resolver.resolve(environment, project, files, inline, hosts);
    config.policy.accepted_drift = rules.accepted_drift;
    config.policy.teams = rules.teams;
    config.notify = notify;
    config.wall = wall;
    config.lens = lens;
    (config.policy.metrics, config.policy.own_gates) = (rules.metrics, rules.gates);
    config.policy.schedule.shifts = shifts;
    config.sections = sections;
    Ok(config)
}

/// Files that are looked for, whether they exist or not.
fn look_for(environment: &Environment, flags: &Flags, project: &Project) -> Vec<LookedFor> {
    let named = flags.config.as_ref().map(|path| environment.working_directory.join(path));
    let candidates = [
        (Layer::User, environment.user_file()),
        (Layer::Project, Some(project.file.clone())),
        (Layer::Named, named.clone()),
    ];
    candidates
        .into_iter()
        .filter_map(|(layer, path)| Some((layer, path?)))
        // A file that is named on top is read once, on top.
        .filter(|(layer, path)| {
            *layer == Layer::Named || named.as_ref().is_none_or(|named| !is_same_file(named, path))
        })
        .map(|(layer, path)| LookedFor {
            layer,
            shown: environment.shown(&path),
            // A link that leads nowhere is there, and an error.
            exists: path.symlink_metadata().is_ok(),
            path,
        })
        .collect()
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn flag_values(flags: &Flags, directory: &Path) -> LayerValues {
    let files = |paths: &[PathBuf]| {
        let file = |path: &PathBuf| match path.to_str() {
            Some("-") => FilePattern { base: path.clone(), pattern: String::new() },
            _ => FilePattern { base: directory.join(path), pattern: String::new() },
        };
        (!paths.is_empty()).then(|| Value::Patterns(paths.iter().map(file).collect()))
    };
    let values = [
        ("source.junit.files", "--junit", files(&flags.junit)),
        ("source.sarif.files", "--sarif", files(&flags.sarif)),
        ("source.csv.files", "--csv", files(&flags.csv)),
        ("data_dir", "--data-dir", flags.data_dir.as_ref().map(|path| Value::Path(directory.join(path)))),
        ("theme", "--theme", flags.theme.clone().map(Value::Text)),
        ("mouse", "--no-mouse", flags.mouse.map(Value::Flag)),
        ("ascii", "--ascii", flags.ascii.map(Value::Flag)),
        ("read_only", "--read-only", flags.read_only.map(Value::Flag)),
    ];
    let settings = values
        .into_iter()
        .filter_map(|(key, flag, value)| Some((Setting::of(key)?, value?, Origin::Flag(flag))))
        .collect();
    LayerValues { settings, ..LayerValues::default() }
}

/// Values by key, the later layer winning.
#[derive(Default)]
struct Resolver {
    settings: BTreeMap<&'static str, (Value, Origin)>,
    /// The same without the project's file: what the user says.
    own: BTreeMap<&'static str, Value>,
    keys: BTreeMap<Binding, (String, Origin)>,
    rules: Rules,
    commands: Vec<CommandConfig>,
    instances: Instances,
}

impl Resolver {
    fn add(&mut self, layer: LayerValues) {
        self.rules.add(layer.rules);
        self.instances.add(layer.instances);
        self.commands.retain(|known| layer.commands.iter().all(|command| command.name != known.name));
        self.commands.extend(layer.commands);
        for (setting, value, origin) in layer.settings {
            let is_project = origin.layer() == Layer::Project;
            // Who gives a project to others cannot take away what they protect themselves with.
            if setting.key == "read_only" && is_project && value == Value::Flag(false) {
                continue;
            }
            if !is_project {
                self.own.insert(setting.key, value.clone());
            }
            self.settings.insert(setting.key, (value, origin));
        }
        self.keys.extend(layer.keys);
    }

    /// Fills in what nobody said.
    fn find_out(&mut self, environment: &Environment) {
        for setting in settings() {
            if let Some(value) = setting.default_value() {
                self.own.entry(setting.key).or_insert_with(|| value.clone());
                self.settings.entry(setting.key).or_insert((value, Origin::Default));
            }
        }
        self.settings.entry("time_zone").or_insert_with(|| {
            let named = environment.variable("TZ").map(|name| name.trim_start_matches(':'));
            let zone = |name: Option<&str>| name.and_then(|name| name.parse().ok());
            if let Some(zone) = zone(named) {
                (Value::Zone(zone), Origin::FoundOut("the variable TZ"))
            } else if let Some(zone) = zone(environment.system_zone.as_deref()) {
                (Value::Zone(zone), Origin::FoundOut("the zone of this machine"))
            } else {
                (Value::Zone(chrono_tz::Tz::UTC), Origin::Default)
            }
        });
        if let Some(path) = environment.data_directory() {
            let found = (Value::Path(path), Origin::FoundOut("the user's directory for data"));
            self.settings.entry("data_dir").or_insert(found);
        }
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.settings.get(key).map(|(value, _)| value)
    }

    /// `lens`; a reader whom nobody knows is complained about.
    fn lens(&self, complaints: &mut Vec<Complaint>) -> Lens {
        let name = self.text("lens").unwrap_or_default();
        Lens::named(&name).unwrap_or_else(|| {
            let known = Lens::ALL.map(Lens::name).join(", ");
            complaints.push(Complaint::new(
                "lens",
                format!("there is no reader called {name:?}"),
                format!("allowed here: {known}"),
            ));
            Lens::default()
        })
    }

    fn text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn texts(&self, key: &str) -> Vec<Text> {
        match self.get(key) {
            Some(Value::Texts(texts)) => texts.iter().map(Text::new).collect(),
            _ => Vec::new(),
        }
    }

    fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Flag(true)))
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        match self.get(key)? {
            Value::Path(path) => Some(path.clone()),
            _ => None,
        }
    }

    fn duration(&self, key: &str) -> Duration {
        match self.get(key) {
            Some(Value::Duration(duration)) => *duration,
            _ => Duration::from_secs(60),
        }
    }

    fn policy(&self) -> Policy {
        // Every one of these settings has a default; that of the domain stands behind it.
        let mut policy = Policy::default();
        if let Some(Value::Zone(zone)) = self.get("time_zone") {
            policy.calendar.zone = *zone;
        }
        if let Some(Value::Week(days)) = self.get("working_week") {
            policy.calendar.working_week.clone_from(days);
        }
        if let Some(Value::Days(days)) = self.get("holidays") {
            policy.calendar.holidays.clone_from(days);
        }
        if let Some(Value::Share(share)) = self.get("gates.tests_passing") {
            policy.tests_passing = *share;
        }
        if let Some(Value::Severities(severities)) = self.get("gates.blocking_severities") {
            policy.blocking.clone_from(severities);
        }
        policy.last_day_hours = (self.duration("last_day").as_secs() / 3600) as u32;
        policy.required_suites = self.texts("gates.required_suites");
        policy.required_gates = self.texts("gates.required");
        policy.disabled_gates = self.texts("gates.disabled");
        if let Some(Value::Hours(hours)) = self.get("schedule.hours") {
            policy.schedule.hours = Some(*hours);
        }
        policy.schedule.working_days = self.flag("schedule.working_days");
        policy.schedule.on_call = self.flag("schedule.on_call");
        policy.incident_labels = self.texts("insights.incident_labels");
        policy.left_out_authors = self.texts("insights.left_out_authors");
        let count = |key| match self.get(key) {
            Some(Value::Count(count)) => u32::try_from(*count).ok(),
            _ => None,
        };
        policy.stories_per_release = StoriesPerRelease {
            few: count("insights.stories_per_release.few"),
            many: count("insights.stories_per_release.many"),
        };
        policy.returned_by_person = self.flag("insights.people");
        policy
    }

    fn git(&self, project: &Project) -> Option<GitSettings> {
        if !self.flag("source.git.enabled") {
            return None;
        }
        Some(GitSettings {
            path: self.path("source.git.path").or_else(|| project.repository.clone())?,
            project: self.text("source.git.project").or_else(|| self.text("project")),
            base: self.text("source.git.base"),
            tag_pattern: self.text("source.git.tag_pattern"),
            releases: match self.get("source.git.releases") {
                Some(Value::Count(count)) => *count as usize,
                _ => 50,
            },
            recent_days: (self.duration("source.git.recent_branches").as_secs() / 86_400) as u32,
            interval: self.duration("source.git.interval"),
        })
    }

    fn plan(&self, root: &Path, inline: Vec<PathBuf>, calendar: &Calendar) -> Option<PlanSettings> {
        let files = match self.get("source.plan.files") {
            Some(Value::Patterns(files)) => files.clone(),
            _ => Vec::new(),
        };
        (!files.is_empty() || !inline.is_empty()).then(|| PlanSettings {
            root: root.to_owned(),
            files,
            inline,
            project: self.text("project").or_else(|| self.text("source.git.project")),
            calendar: calendar.clone(),
            interval: self.duration("source.plan.interval"),
        })
    }

    fn resolve(
        self,
        environment: &Environment,
        project: Project,
        files: Vec<LookedFor>,
        inline: Vec<PathBuf>,
        hosts: KnownHosts,
    ) -> Config {
        let policy = self.policy();
        let data_dir = self.path("data_dir").unwrap_or_default();
        let mut keys: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for ((context, key), (command, _)) in &self.keys {
            keys.entry(context.clone()).or_default().insert(key.clone(), command.clone());
        }
        let instances = self.instances.clone().of_board(&project.root, self.text("project").as_ref());
        Config {
            sections: Vec::new(),
            exec: instances.exec,
            http: instances.http,
            project: self.text("project"),
            board: self.text("board"),
            theme: self.text("theme").unwrap_or_else(|| "auto".to_owned()),
            lens: Lens::default(),
            mouse: self.flag("mouse"),
            read_only: self.flag("read_only"),
            ascii: self.flag("ascii"),
            keys,
            commands: self.commands.clone(),
            notify: NotifyConfig::default(),
            wall: WallConfig::default(),
            checkout_directory: self.path("checkout.directory"),
            git: self.git(&project),
            github: self.github(),
            gitlab: self.gitlab(),
            jira: self.jira(),
            sonarqube: self.sonarqube(),
            argocd: self.argocd(),
            hosts,
            calendars: self.calendars(&project, &policy.calendar),
            junit: self.junit(&project, &policy.calendar),
            sarif: self.sarif(&project, &policy.calendar),
            csv: self.csv(&project, &policy.calendar),
            plan: self.plan(&project.root, inline, &policy.calendar),
            policy,
            state_dir: environment.state_directory().unwrap_or_else(|| data_dir.join("state")),
            runtime_dir: environment.runtime_directory(),
            data_dir,
            every_change: self.duration("history.every_change"),
            hourly: self.duration("history.hourly"),
            serve_group: self.text("serve.group"),
            serve_calendar_file: self.path("serve.calendar_file"),
            warnings: warnings(environment),
            layers: self.layers(files),
            root: project.root,
        }
    }

    fn layers(&self, files: Vec<LookedFor>) -> Layers {
        let effective = |setting: &Setting| {
            let found = self.settings.get(setting.key);
            Effective {
                key: setting.key,
                value: found.map(|(value, _)| value.to_string()),
                origin: found.map_or(Origin::Default, |(_, origin)| origin.clone()),
            }
        };
        let bound = |((context, key), (command, origin)): (&Binding, &(String, Origin))| {
            (context.clone(), key.clone(), command.clone(), origin.clone())
        };
        Layers {
            files,
            settings: settings().map(effective).collect(),
            keys: self.keys.iter().map(bound).collect(),
        }
    }
}

/// Variables that look like ours and are none.
fn warnings(environment: &Environment) -> Vec<Problem> {
    let known: BTreeSet<String> = settings().filter_map(Setting::variable).collect();
    let unknown = environment
        .variables
        .keys()
        .filter(|name| name.starts_with("TMINUS_") && !known.contains(name.as_str()));
    unknown
        .filter_map(|name| {
            let near = nearest(name, known.iter().map(String::as_str))?;
            Some(Problem::new(
                format!("the variable {name} sets nothing"),
                format!("if you meant {near}, rename it"),
            ))
        })
        .collect()
}

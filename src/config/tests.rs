//! The configuration as a whole, in made directories and a sealed environment.

#![expect(clippy::disallowed_methods, reason = "tests make the files that are read")]

use std::fs;

use chrono::{NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;

use super::*;
use crate::domain::{Hours, OnCall, SchedulePolicy, Severity, Window};

/// A home, a repository and a place within it.
struct Machine {
    directory: tempfile::TempDir,
    environment: Environment,
}

impl Machine {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("home/.config/tminus")).unwrap();
        fs::create_dir_all(root.join("home/work/payments/.git")).unwrap();
        fs::create_dir_all(root.join("home/work/payments/service")).unwrap();
        let environment = Environment {
            home: Some(root.join("home")),
            working_directory: root.join("home/work/payments/service"),
            ..Environment::default()
        };
        Self { directory, environment }
    }

    fn file(&self, path: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(path);
        fs::write(&path, text).unwrap();
        path
    }

    fn user(&self, text: &str) {
        self.file("home/.config/tminus/config.toml", text);
    }

    fn project(&self, text: &str) {
        self.file("home/work/payments/.tminus.toml", text);
    }

    fn variable(&mut self, name: &str, value: &str) {
        self.environment.variables.insert(name.to_owned(), value.to_owned());
    }

    fn load(&self) -> Config {
        load(&self.environment, &Flags::default()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn fail(&self) -> String {
        load(&self.environment, &Flags::default()).unwrap_err().to_string()
    }
}

#[test]
fn without_configuration_the_defaults_hold_and_the_repository_is_read() {
    let machine = Machine::new();
    let config = machine.load();
    let home = machine.directory.path().join("home");
    assert_eq!(config.root, home.join("work/payments"));
    assert_eq!(config.policy, Policy::default());
    assert_eq!((config.theme.as_str(), config.mouse, config.ascii), ("auto", true, false));
    assert_eq!(config.data_dir, home.join(".local/share/tminus"));
    assert_eq!(config.state_dir, home.join(".local/state/tminus"));
    assert_eq!((config.board, config.project, config.plan), (None, None, None));
    assert_eq!(
        config.git,
        Some(GitSettings {
            path: home.join("work/payments"),
            project: None,
            base: None,
            tag_pattern: None,
            releases: 50,
            recent_days: 30,
            interval: Duration::from_secs(60),
        })
    );
}

#[test]
fn a_project_can_switch_operations_off_and_never_on() {
    for (user, project, variable, expected) in [
        ("", "", "", false),
        ("true", "false", "", true),
        ("false", "true", "", true),
        ("", "true", "", true),
        // What the user says of this run holds.
        ("", "true", "false", false),
        ("true", "", "false", false),
    ] {
        let mut machine = Machine::new();
        let line =
            |value: &str| if value.is_empty() { String::new() } else { format!("read_only = {value}\n") };
        machine.user(&line(user));
        machine.project(&line(project));
        machine.variable("TMINUS_READ_ONLY", variable);
        assert_eq!(machine.load().read_only, expected, "{user:?} {project:?} {variable:?}");
    }
    let flags = Flags { read_only: Some(true), ..Flags::default() };
    assert!(load(&Machine::new().environment, &flags).unwrap().read_only);
}

#[test]
fn a_later_layer_wins_and_every_value_knows_its_own() {
    let mut machine = Machine::new();
    machine.user("theme = \"user\"\nascii = true\nmouse = false\nboard = \"user\"\nproject = \"user\"\n");
    machine.project("theme = \"project\"\n\nmouse = true\nboard = \"project\"\n");
    let named = machine.file("home/named.toml", "board = \"named\"\n[gates]\ntests_passing = 0.5\n");
    machine.variable("TMINUS_THEME", "variable");
    machine.variable("TMINUS_GATES_TESTS_PASSING", "0.75");
    machine.variable("TMINUS_BOARD", "");
    let flags = Flags { config: Some(named), theme: Some("flag".to_owned()), ..Flags::default() };
    let config = load(&machine.environment, &flags).unwrap();
    let origin = |key| config.origin(key).unwrap().to_string();
    assert_eq!((config.theme.as_str(), origin("theme").as_str()), ("flag", "flag (--theme)"));
    assert_eq!(config.policy.tests_passing.to_string(), "0.75");
    assert_eq!(origin("gates.tests_passing"), "environment (TMINUS_GATES_TESTS_PASSING)");
    assert_eq!(config.board.as_deref(), Some("named"));
    assert_eq!(origin("board"), "--config (~/named.toml:1)");
    assert!(config.mouse && config.ascii);
    assert_eq!(origin("mouse"), "project (~/work/payments/.tminus.toml:3)");
    assert_eq!(origin("ascii"), "user (~/.config/tminus/config.toml:2)");
    assert_eq!(config.origin("project").map(Origin::layer), Some(Layer::User));
    assert_eq!(origin("last_day"), "default");
}

#[test]
fn every_setting_reaches_the_configuration() {
    let machine = Machine::new();
    machine.project(
        r#"
        board = "wall"
        project = "payments"
        time_zone = "Europe/Berlin"
        working_week = ["sun", "mon"]
        holidays = ["2026-12-25", 2027-01-01]
        last_day = "2d"
        theme = "paper"
        mouse = false
        ascii = true
        [gates]
        tests_passing = 0.95
        required_suites = ["unit"]
        blocking_severities = ["critical", "high"]
        required = ["tests"]
        disabled = ["freeze"]
        [source.git]
        path = "../other"
        project = "other"
        base = "trunk"
        tag_pattern = "release-*"
        releases = 7
        recent_branches = "2w"
        interval = "5m"
        [source.plan]
        files = ["plan/*.toml", "./more.toml", "/etc/plan.toml"]
        interval = "10s"
        [[accept_drift]]
        component = "mobile*"
        environment = "device-lab"
        reason = "the devices are old"
        [keys.board]
        "Ctrl-d" = "half-page-down"

        [insights]
        stories_per_release = { few = 5, many = 20 }

        [[team]]
        name = "checkout"
        members = ["ada", "lee"]
        repositories = ["web"]

        [schedule]
        hours = "22:00-04:30"
        on_call = true

        [[on_call]]
        who = "ada"
        from = 2026-11-23
        until = 2026-11-27
        environments = ["production/*"]
        "#,
    );
    let config = machine.load();
    let root = machine.directory.path().join("home/work/payments");
    let calendar = Calendar {
        zone: Tz::Europe__Berlin,
        working_week: vec![Weekday::Sun, Weekday::Mon],
        holidays: [(2026, 12, 25), (2027, 1, 1)]
            .into_iter()
            .map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day).unwrap())
            .collect(),
    };
    assert_eq!(
        config.policy,
        Policy {
            calendar: calendar.clone(),
            last_day_hours: 48,
            tests_passing: 0.95,
            required_suites: vec![Text::new("unit")],
            blocking: vec![Severity::Critical, Severity::High],
            required_gates: vec![Text::new("tests")],
            disabled_gates: vec![Text::new("freeze")],
            metrics: Vec::new(),
            own_gates: Vec::new(),
            schedule: SchedulePolicy {
                hours: Some(Hours {
                    from: NaiveTime::from_hms_opt(22, 0, 0).unwrap(),
                    until: NaiveTime::from_hms_opt(4, 30, 0).unwrap(),
                }),
                working_days: false,
                on_call: true,
                shifts: vec![OnCall {
                    who: Text::new("ada"),
                    window: Window {
                        from: calendar.start_of(NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()),
                        until: calendar.start_of(NaiveDate::from_ymd_opt(2026, 11, 28).unwrap()),
                    },
                    environments: vec![Text::new("production/*")],
                }],
            },
            incident_labels: vec![Text::new("incident")],
            left_out_authors: Vec::new(),
            teams: vec![crate::domain::Team {
                name: Text::new("checkout"),
                members: vec![Text::new("ada"), Text::new("lee")],
                repositories: vec![Text::new("web")],
                components: Vec::new(),
            }],
            stories_per_release: crate::domain::StoriesPerRelease { few: Some(5), many: Some(20) },
            returned_by_person: false,
            accepted_drift: vec![crate::domain::AcceptedDrift {
                keys: Vec::new(),
                component: Text::new("mobile*"),
                environment: Text::new("device-lab"),
                reason: Text::new("the devices are old"),
            }],
        }
    );
    assert_eq!((config.board.as_deref(), config.project.as_deref()), (Some("wall"), Some("payments")));
    assert_eq!((config.theme.as_str(), config.mouse, config.ascii), ("paper", false, true));
    assert_eq!(
        config.git,
        Some(GitSettings {
            path: root.join("../other"),
            project: Some("other".to_owned()),
            base: Some("trunk".to_owned()),
            tag_pattern: Some("release-*".to_owned()),
            releases: 7,
            recent_days: 14,
            interval: Duration::from_secs(300),
        })
    );
    let files = |base: PathBuf, pattern: &str| FilePattern { base, pattern: pattern.to_owned() };
    assert_eq!(
        config.plan,
        Some(PlanSettings {
            files: vec![
                files(root.join("plan"), "*.toml"),
                files(root.join("more.toml"), ""),
                files(PathBuf::from("/etc/plan.toml"), ""),
            ],
            root,
            inline: Vec::new(),
            project: Some("payments".to_owned()),
            calendar,
            interval: Duration::from_secs(10),
        })
    );
    assert_eq!(config.keys["board"]["ctrl-d"], "half-page-down");
}

#[test]
fn what_is_said_of_services_reaches_the_configuration() {
    let mut machine = Machine::new();
    machine.user(
        r#"
        [source.github]
        host = "git.example.org"
        token_env = "WORK_TOKEN"
        token_command = ["pass", "show", "work/github"]
        token_file = "~/.secrets/github"
        keyring = "tminus"
        trusted_hosts = ["code.example.org:8443"]
        ca_file = "authority.pem"
        proxy = "http://me:secret@proxy.example.org:3128"
        [source.jira]
        site = "https://example.atlassian.net"
        email = "ada@example.org"
        "#,
    );
    machine.project(
        r#"
        project = "payments"
        [source.github]
        repositories = ["o/r", "o/s"]
        project = "ledger"
        search = ["is:pr label:payments"]
        bases = ["main", "release/*"]
        recent_days = 30
        interval = "5m"
        labels.defects = ["kaputt"]
        labels.critical = ["brennt*"]
        [source.gitlab]
        projects = ["group/sub/r"]
        enabled = true
        [source.jira]
        projects = ["PAY"]
        jql = """
        project = PAY
          ORDER BY rank"""
        points_field = "Points"
        defect_types = ["Fault"]
        review_statuses = ["In Review"]
        test_statuses = ["QA"]
        "#,
    );
    let config = machine.load();
    let home = machine.directory.path().join("home");
    let github = config.github.clone().unwrap();
    assert_eq!(github.host, "git.example.org");
    assert_eq!(
        (github.repositories, github.project),
        (vec!["o/r".into(), "o/s".into()], Some("ledger".into()))
    );
    assert_eq!(
        (github.search, github.bases),
        (vec!["is:pr label:payments".into()], vec!["main".into(), "release/*".into()])
    );
    assert_eq!(github.labels.defects, ["kaputt"]);
    assert_eq!(github.labels.severities[0], (Severity::Critical, vec!["brennt*".to_owned()]));
    let access = github.access;
    assert_eq!((access.recent_days, access.interval.as_secs()), (30, 300));
    assert_eq!(access.ca_file, Some(home.join(".config/tminus/authority.pem")));
    assert_eq!(access.proxy.as_ref().and_then(reqwest::Url::host_str), Some("proxy.example.org"));
    let places = [
        TokenPlace::Variable("WORK_TOKEN".into()),
        TokenPlace::Command(["pass", "show", "work/github"].map(str::to_owned).into()),
        TokenPlace::File(home.join(".secrets/github")),
        TokenPlace::Keyring("tminus".into()),
    ];
    for (host, expected) in [
        ("git.example.org", &places[..]),
        ("code.example.org:8443", &places),
        ("code.example.org", &[]),
        ("github.com", &[]),
    ] {
        assert_eq!(access.tokens_for(host), expected, "{host}");
    }
    let gitlab = config.gitlab.clone().unwrap();
    assert_eq!((gitlab.host.as_str(), gitlab.project.as_deref()), ("gitlab.com", Some("payments")));
    assert_eq!(gitlab.projects, ["group/sub/r"]);
    let jira = config.jira.clone().unwrap();
    assert_eq!(jira.site.as_str(), "https://example.atlassian.net/");
    assert_eq!(
        (jira.jql.as_deref(), jira.email.as_deref()),
        (Some("project = PAY ORDER BY rank"), Some("ada@example.org"))
    );
    assert_eq!((jira.projects, jira.points_field), (vec!["PAY".to_owned()], Some("Points".to_owned())));
    assert_eq!(
        (jira.defect_types, jira.review_statuses, jira.test_statuses),
        (vec!["Fault".into()], vec!["In Review".into()], vec!["QA".into()])
    );
    assert!(!print(&config).contains("secret@"), "a password is not printed");

    machine.variable("TMINUS_SOURCE_GITHUB_ENABLED", "false");
    machine.variable("TMINUS_SOURCE_JIRA_ENABLED", "false");
    let config = machine.load();
    assert_eq!((config.github, config.jira), (None, None));
}

#[test]
fn a_project_names_only_hosts_that_the_user_knows() {
    let mut machine = Machine::new();
    machine.project(
        "[source.github]\nhost = \"git.example.org\"\n[source.gitlab]\nhost = \"code.example.org\"\n[source.jira]\nsite = \"https://jira.example.org:8443/jira\"\n",
    );
    insta::assert_snapshot!(machine.fail(), @r#"
    ~/work/payments/.tminus.toml:2:1: `source.github.host` in a project's file names the host git.example.org, which you do not use yet
      if your token may go there, sign in there with `gh auth login`, or write into ~/.config/tminus/config.toml:
        [source.github]
        trusted_hosts = ["git.example.org"]
    ~/work/payments/.tminus.toml:4:1: `source.gitlab.host` in a project's file names the host code.example.org, which you do not use yet
      if your token may go there, sign in there with `glab auth login`, or write into ~/.config/tminus/config.toml:
        [source.gitlab]
        trusted_hosts = ["code.example.org"]
    ~/work/payments/.tminus.toml:6:1: `source.jira.site` in a project's file names the host jira.example.org:8443, which you do not use yet
      if your token may go there, write into ~/.config/tminus/config.toml:
        [source.jira]
        trusted_hosts = ["jira.example.org:8443"]
    "#);
    // Each may be known in a way of its own.
    machine.user("[source.jira]\ntrusted_hosts = [\"jira.example.org:8443\"]\n");
    fs::create_dir_all(machine.directory.path().join("home/.config/gh")).unwrap();
    machine.file("home/.config/gh/hosts.yml", "git.example.org:\n    user: ada\n");
    machine.variable("GITLAB_HOST", "https://code.example.org");
    let config = machine.load();
    assert_eq!(config.github.unwrap().host, "git.example.org");
    assert_eq!(config.gitlab.unwrap().host, "code.example.org");
    assert_eq!(config.hosts.github, ["git.example.org", "github.com"]);
    assert_eq!(config.hosts.gitlab, ["code.example.org", "gitlab.com"]);
    assert_eq!(config.jira.unwrap().site.host_str(), Some("jira.example.org"));
}

#[test]
fn paths_are_relative_to_the_file_that_names_them() {
    let mut machine = Machine::new();
    machine.user("data_dir = \"kept\"\n[source.plan]\nfiles = [\"own/**/*.toml\"]\n");
    let home = machine.directory.path().join("home");
    let config = machine.load();
    assert_eq!(config.data_dir, home.join(".config/tminus/kept"));
    assert_eq!(config.plan.unwrap().files[0].base, home.join(".config/tminus/own"));
    machine.variable("TMINUS_DATA_DIR", "here");
    assert_eq!(machine.load().data_dir, machine.environment.working_directory.join("here"));
    let flags = Flags { data_dir: Some(PathBuf::from("/there")), ..Flags::default() };
    assert_eq!(load(&machine.environment, &flags).unwrap().data_dir, Path::new("/there"));
}

#[test]
fn the_time_zone_is_found_out_where_nobody_says_it() {
    let mut machine = Machine::new();
    let zone = |machine: &Machine| {
        let config = machine.load();
        (config.policy.calendar.zone, config.origin("time_zone").unwrap().to_string())
    };
    assert_eq!(zone(&machine), (Tz::UTC, "default".to_owned()));
    machine.environment.system_zone = Some("Asia/Tokyo".to_owned());
    assert_eq!(zone(&machine), (Tz::Asia__Tokyo, "default (the zone of this machine)".to_owned()));
    machine.variable("TZ", "CEST-2");
    assert_eq!(zone(&machine).0, Tz::Asia__Tokyo);
    machine.variable("TZ", ":America/Lima");
    assert_eq!(zone(&machine), (Tz::America__Lima, "default (the variable TZ)".to_owned()));
    machine.variable("TMINUS_TIME_ZONE", "Europe/Paris");
    assert_eq!(zone(&machine).0, Tz::Europe__Paris);
}

#[test]
fn git_and_plan_are_on_where_there_is_something_to_read() {
    let machine = Machine::new();
    machine.project("[source.git]\nenabled = false\n[[freeze]]\nname = \"holidays\"\nfrom = 2026-12-20\nuntil = 2027-01-03\n");
    let config = machine.load();
    assert_eq!(config.git, None);
    assert_eq!(config.plan.unwrap().inline, [config.root.join(".tminus.toml")]);
    fs::remove_dir(config.root.join(".git")).unwrap();
    machine.project("");
    let config = machine.load();
    assert_eq!((config.git, config.plan), (None, None));
}

#[test]
fn a_file_named_on_the_command_line_is_read_once_even_if_it_is_the_projects() {
    let machine = Machine::new();
    machine.project("[[freeze]]\nname = \"holidays\"\nfrom = 2026-12-20\nuntil = 2027-01-03\n");
    let flags = Flags { config: Some(PathBuf::from("../.tminus.toml")), ..Flags::default() };
    let config = load(&machine.environment, &flags).unwrap();
    assert_eq!(config.plan.unwrap().inline.len(), 1);
    assert_eq!(config.layers.files.len(), 2);
}

#[test]
fn what_is_wrong_in_several_layers_is_reported_together() {
    let mut machine = Machine::new();
    machine.user("tiem_zone = \"UTC\"\n");
    machine.project("data_dir = \"/tmp\"\n");
    machine.variable("TMINUS_MOUSE", "maybe");
    insta::assert_snapshot!(machine.fail(), @r#"
    ~/.config/tminus/config.toml:1:1: unknown key `tiem_zone` — did you mean `time_zone`?
      allowed here: accept_drift, ascii, board, booking, checkout, command, data_dir, deployment, environment, freeze, gate, gates, history, holidays, insights, keys, last_day, lens, metric, mouse, notify, on_call, project, read_only, release, schedule, section, serve, source, story, team, theme, time_zone, wall, working_week
    ~/work/payments/.tminus.toml:1:1: `data_dir` cannot be set in a project's file
      set it in your own file, by its variable or by its flag: it is a matter of you and your machine
    TMINUS_MOUSE: `mouse` must be true or false, not "maybe"
    "#);
}

#[test]
fn a_named_file_must_be_there() {
    let machine = Machine::new();
    let flags = Flags { config: Some(PathBuf::from("absent.toml")), ..Flags::default() };
    let error = load(&machine.environment, &flags).unwrap_err().to_string();
    assert!(error.starts_with("absent.toml: cannot be read: "), "{error}");
    let flags = Flags { config: Some(PathBuf::from(".")), ..Flags::default() };
    let error = load(&machine.environment, &flags).unwrap_err().to_string();
    assert!(error.contains("is not a file"), "{error}");
}

#[test]
fn without_a_home_there_must_be_a_place_for_the_history() {
    let mut machine = Machine::new();
    machine.environment.home = None;
    assert!(machine.fail().starts_with("data_dir: nowhere to keep the history"));
    machine.variable("TMINUS_DATA_DIR", "/kept");
    assert_eq!(machine.load().state_dir, Path::new("/kept/state"));
}

#[test]
fn a_mistyped_variable_is_noted() {
    let mut machine = Machine::new();
    machine.variable("TMINUS_TIMEZONE", "UTC");
    machine.variable("TMINUS_SOMETHING_ELSE", "1");
    let checked = check(&machine.environment, &Flags::default()).unwrap();
    assert_eq!(
        checked,
        "no configuration file: the defaults hold; `tminus init` writes one\n\
         note: the variable TMINUS_TIMEZONE sets nothing; if you meant TMINUS_TIME_ZONE, rename it\n"
    );
}

#[test]
fn what_holds_is_printed_with_where_it_comes_from() {
    let mut machine = Machine::new();
    machine.user("theme = \"paper\"\n[keys.board]\nx = \"quit\"\n");
    machine.project("[gates]\ntests_passing = 1\n[keys.board]\n\"Ctrl-d\" = \"half-page-down\"\n");
    machine.variable("TMINUS_DATA_DIR", "/kept");
    let printed = print(&machine.load());
    insta::assert_snapshot!(printed, @r#"
    # board is not set
    # project is not set
    time_zone = "UTC"                                 # default
    working_week = ["mon", "tue", "wed", "thu", "fri"]  # default
    holidays = []                                     # default
    last_day = "24h"                                  # default
    theme = "paper"                                   # user (~/.config/tminus/config.toml:1)
    lens = "all"                                      # default
    mouse = true                                      # default
    ascii = false                                     # default
    read_only = false                                 # default
    data_dir = "/kept"                                # environment (TMINUS_DATA_DIR)

    [history]
    every_change = "14d"                              # default
    hourly = "90d"                                    # default

    [serve]
    # group is not set
    # calendar_file is not set

    [gates]
    tests_passing = 1.0                               # project (~/work/payments/.tminus.toml:2)
    required_suites = []                              # default
    blocking_severities = ["critical"]                # default
    required = []                                     # default
    disabled = []                                     # default

    [schedule]
    # hours is not set
    working_days = false                              # default
    on_call = false                                   # default

    [insights]
    incident_labels = ["incident"]                    # default
    left_out_authors = []                             # default
    people = false                                    # default

    [insights.stories_per_release]
    # few is not set
    # many is not set

    [notify]
    about = []                                        # default
    by = "auto"                                       # default
    # command is not set
    # quiet is not set

    [checkout]
    # directory is not set

    [wall]
    seconds = 15                                      # default
    panels = ["burn-down", "gates", "pull-requests", "deployments", "stories", "insights"]  # default

    [source.git]
    enabled = true                                    # default
    # path is not set
    # project is not set
    # base is not set
    # tag_pattern is not set
    releases = 50                                     # default
    recent_branches = "30d"                           # default
    interval = "1m"                                   # default

    [source.github]
    repositories = []                                 # default
    host = "github.com"                               # default
    # project is not set
    search = []                                       # default
    bases = []                                        # default
    enabled = true                                    # default
    recent_days = 90                                  # default
    interval = "1m"                                   # default
    # token_env is not set
    # token_command is not set
    # token_file is not set
    # keyring is not set
    trusted_hosts = []                                # default
    # ca_file is not set
    # proxy is not set

    [source.github.labels]
    defects = []                                      # default
    critical = []                                     # default
    high = []                                         # default
    medium = []                                       # default
    low = []                                          # default

    [source.gitlab]
    projects = []                                     # default
    host = "gitlab.com"                               # default
    # project is not set
    bases = []                                        # default
    enabled = true                                    # default
    recent_days = 90                                  # default
    interval = "1m"                                   # default
    # token_env is not set
    # token_command is not set
    # token_file is not set
    # keyring is not set
    trusted_hosts = []                                # default
    # ca_file is not set
    # proxy is not set

    [source.gitlab.labels]
    defects = []                                      # default
    critical = []                                     # default
    high = []                                         # default
    medium = []                                       # default
    low = []                                          # default

    [source.jira]
    # site is not set
    projects = []                                     # default
    # project is not set
    # jql is not set
    # email is not set
    # points_field is not set
    defect_types = []                                 # default
    review_statuses = []                              # default
    test_statuses = []                                # default
    dropped_resolutions = []                          # default
    enabled = true                                    # default
    recent_days = 90                                  # default
    interval = "1m"                                   # default
    # token_env is not set
    # token_command is not set
    # token_file is not set
    # keyring is not set
    trusted_hosts = []                                # default
    # ca_file is not set
    # proxy is not set

    [source.sonarqube]
    # site is not set
    projects = []                                     # default
    branches = []                                     # default
    # project is not set
    enabled = true                                    # default
    recent_days = 90                                  # default
    interval = "1m"                                   # default
    # token_env is not set
    # token_command is not set
    # token_file is not set
    # keyring is not set
    trusted_hosts = []                                # default
    # ca_file is not set
    # proxy is not set

    [source.argocd]
    # site is not set
    projects = []                                     # default
    # selector is not set
    environment = "{cluster}/{namespace}"             # default
    # environment_label is not set
    # component_label is not set
    # region_label is not set
    enabled = true                                    # default
    recent_days = 90                                  # default
    interval = "1m"                                   # default
    # token_env is not set
    # token_command is not set
    # token_file is not set
    # keyring is not set
    trusted_hosts = []                                # default
    # ca_file is not set
    # proxy is not set

    [source.plan]
    files = []                                        # default
    interval = "1m"                                   # default

    [source.calendar]
    files = []                                        # default
    urls = []                                         # default
    deployment_categories = ["deploy", "deployment"]  # default
    deployment_summaries = ["deploy {release} to {environment}", "deployment of {release} to {environment}"]  # default
    freeze_categories = ["*freeze*"]                  # default
    freeze_summaries = ["freeze of {environment}", "*freeze*"]  # default
    day_off_categories = []                           # default
    day_off_summaries = []                            # default
    booking_categories = ["booking"]                  # default
    booking_summaries = ["{environment} booked for {release}"]  # default
    interval = "15m"                                  # default
    # ca_file is not set
    # proxy is not set

    [source.junit]
    files = []                                        # default
    # commit is not set
    # release is not set
    interval = "1m"                                   # default

    [source.sarif]
    files = []                                        # default
    # commit is not set
    # release is not set
    # repository is not set
    interval = "1m"                                   # default

    [source.csv]
    files = []                                        # default
    # project is not set
    # date_format is not set
    defect_types = ["bug", "defect", "*[ -]bug", "*[ -]defect"]  # default
    to_do = []                                        # default
    in_progress = []                                  # default
    in_review = []                                    # default
    in_test = []                                      # default
    done = []                                         # default
    dropped = ["removed"]                             # default
    interval = "1m"                                   # default

    [source.csv.columns]
    key = ["Issue key", "Key", "ID"]                  # default
    title = ["Summary", "Title", "Title 1", "Title 2", "Title 3"]  # default
    type = ["Issue Type", "Work Item Type", "Type"]   # default
    status = ["Status", "State"]                      # default
    category = ["Status Category"]                    # default
    resolution = ["Resolution"]                       # default
    created = ["Created", "Created Date"]             # default
    started = ["Started", "Activated Date"]           # default
    done = ["Resolved", "Closed Date", "Resolved Date", "Done"]  # default
    changed = ["Status Category Changed", "State Change Date", "Updated", "Changed Date"]  # default
    project = ["Project key", "Team Project", "Project"]  # default
    release = ["Fix Version/s", "Fix versions", "Fix version", "Fix Version", "Release"]  # default
    points = ["Story Points", "Custom field (Story Points)", "Custom field (Story point estimate)", "Story point estimate", "Effort", "Size"]  # default
    owner = ["Assignee", "Assigned To", "Owner"]      # default
    priority = ["Priority"]                           # default
    severity = ["Severity", "Custom field (Severity)"]  # default
    parent = ["Parent key", "Custom field (Epic Link)", "Epic Link", "Parent"]  # default
    sprint = ["Sprint", "Iteration Path"]             # default
    component = ["Component/s", "Components", "Component", "Area Path"]  # default
    labels = ["Labels", "Tags"]                       # default
    due = ["Due Date", "Due date", "Target Date"]     # default
    blocked_by = ["Inward issue link (Blocks)", "Predecessor", "Blocked by"]  # default
    url = ["URL", "Link"]                             # default

    [keys.board]
    ctrl-d = "half-page-down"                         # project (~/work/payments/.tminus.toml:4)
    x = "quit"                                        # user (~/.config/tminus/config.toml:3)
    "#);
    // What is printed is a configuration itself, apart from what is a matter of the machine.
    let of_the_machine =
        ["data_dir", "every_change", "hourly", "trusted_hosts", "about =", "by =", "urls =", "lens ="];
    let is_shared = |line: &&str| of_the_machine.iter().all(|key| !line.starts_with(key));
    machine.project(&printed.lines().filter(is_shared).collect::<Vec<_>>().join("\n"));
    let again = machine.load();
    assert_eq!(again.policy.tests_passing.to_string(), "1");
    assert_eq!(again.keys["board"].len(), 2);
}

#[test]
fn files_are_listed_even_if_they_are_wrong() {
    let machine = Machine::new();
    machine.project("this is not TOML");
    insta::assert_snapshot!(path(&machine.environment, &Flags::default()), @"
    user      ~/.config/tminus/config.toml  (not there)
    project   ~/work/payments/.tminus.toml
    ");
}

#[test]
fn the_sample_is_the_defaults_and_names_every_setting() {
    let sample = sample();
    let switched_on: Vec<&str> = sample
        .lines()
        .filter(|line| !line.starts_with("##"))
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.starts_with(['[', '"']) || line.contains(" = "))
        .collect();
    let machine = Machine::new();
    machine.user(&switched_on.join("\n"));
    let written = machine.load();
    machine.user(&sample);
    let silent = machine.load();
    for (written, silent) in written.layers.settings.iter().zip(&silent.layers.settings) {
        assert_eq!(written.origin.layer(), Layer::User, "{} is in the sample", written.key);
        assert_eq!(silent.origin.layer(), Layer::Default, "{} is switched off", silent.key);
        if Setting::of(written.key).unwrap().default.is_some() {
            assert_eq!(written.value, silent.value, "{}", written.key);
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let mut document = fs::read_to_string(&path).unwrap();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        let (before, rest) = document.split_once("```toml\n").unwrap();
        let (_, after) = rest.split_once("```\n").unwrap();
        document = format!("{before}```toml\n{sample}```\n{after}");
        fs::write(&path, &document).unwrap();
    }
    assert!(document.contains(&sample), "docs/configuration.md differs; UPDATE_DOCUMENTS=1 writes it");
}

#[test]
fn the_examples_of_plans_are_configurations() {
    let machine = Machine::new();
    let document = include_str!("../../docs/plan.md");
    let examples = document.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut seen = 0;
    for example in examples {
        machine.project(example);
        assert!(machine.load().plan.is_some(), "{example}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}

/// Each `tests/config/bad/NAME.toml` is a project's file that is wrong; `NAME.txt` beside it is
/// what is said about it.
#[test]
fn bad_configurations_are_told_what_is_wrong() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/bad");
    let mut seen = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        seen += 1;
        let mut machine = Machine::new();
        machine.environment.working_directory.pop();
        fs::copy(&path, machine.environment.working_directory.join(".tminus.toml")).unwrap();
        let said = load(&machine.environment, &Flags::default()).map(|_| ()).unwrap_err().to_string();
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
            fs::write(&expected, said.clone() + "\n").unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(said.trim(), expected.trim(), "{}", path.display());
    }
    assert!(seen >= 10, "only {seen} cases");
}

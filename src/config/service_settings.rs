//! The settings of services: GitHub, GitLab, Jira, `SonarQube` and Argo CD. What they have in common is written once.
//!
//! What a project's file may say is chosen so that a repository that was cloned cannot run
//! anything, read a file or send a token where its user did not mean it to go: commands, files,
//! proxies and certificates are the user's own, and a host must be one that the user knows.

use super::setting::{DAY, Kind, Setting};

/// What every service has: whether and how often it is asked, who asks, and how it is reached.
macro_rules! of_every_service {
    ($table:literal, $service:literal, $enabled:literal, $usual:literal) => {
        [
            Setting::new(concat!($table, ".enabled"), Kind::Flag, "true", $enabled),
            Setting::new(
                concat!($table, ".recent_days"),
                Kind::Count(1..=3_650),
                "90",
                "What ended longer ago is not read. What is open is, however old it is.",
            ),
            Setting::new(
                concat!($table, ".interval"),
                Kind::Duration(30..=DAY, 1),
                "\"1m\"",
                "How long to wait before asking again. It is longer by itself where the service allows less.",
            ),
            Setting::of_user(
                concat!($table, ".token_env"),
                Kind::Text,
                "\"MY_TOKEN\"",
                concat!(
                    "The variable of the environment that holds the token.\n",
                    "Not in a project's file, like all that says who asks. It is sent to `",
                    $service,
                    "`\nand to `trusted_hosts`, to no other host. Not set, nor any of the next three: ",
                    $usual
                ),
            ),
            Setting::of_user(
                concat!($table, ".token_command"),
                Kind::Command,
                "[\"pass\", \"show\", \"work/token\"]",
                "A command whose first line of output is the token: program and arguments, without a shell.",
            ),
            Setting::of_user(
                concat!($table, ".token_file"),
                Kind::Path,
                "\"~/.secrets/token\"",
                "A file whose first line is the token. It must be yours, and nobody else's to read.",
            ),
            Setting::of_user(
                concat!($table, ".keyring"),
                Kind::Text,
                "\"tminus\"",
                "The service under which the keyring of the system holds the token; its account is the host.\n\
                 It is asked by `secret-tool`, on macOS by `security`.",
            ),
            Setting::of_user(
                concat!($table, ".trusted_hosts"),
                Kind::Hosts,
                "[]",
                "Further hosts that a project's file may name, and that the token may be sent to.",
            ),
            Setting::of_user(
                concat!($table, ".ca_file"),
                Kind::Path,
                "\"~/.config/tminus/authority.pem\"",
                "Certificate authorities (PEM) to trust besides those of the system.",
            ),
            Setting::of_user(
                concat!($table, ".proxy"),
                Kind::Proxy,
                "\"http://proxy.example.org:3128\"",
                "The proxy: http, https, socks5 or socks5h. Not set: HTTPS_PROXY, ALL_PROXY and NO_PROXY.",
            ),
        ]
    };
}

/// Which base branches count, for a forge.
const BASES: &str = "Base branches whose pull requests are told, with * and ?. None: all.";

/// `[source.github]`.
pub(super) static GITHUB: &[Setting] = &[
    Setting::new(
        "source.github.repositories",
        Kind::RepositoryPaths(2..=2),
        "[]",
        "Repositories to read, such as [\"owner/name\"].\n\
         None: the one that the project is in, if its remote `upstream`, else `origin`, is at a GitHub.",
    ),
    Setting::new(
        "source.github.host",
        Kind::Host,
        "\"github.com\"",
        "The host of an Enterprise server. A project's file may only name one that you know:\n\
         `gh` is signed in there, or your own file names it.",
    ),
    Setting::unset(
        "source.github.project",
        Kind::Text,
        "\"payments\"",
        "The project that the releases of a single repository belong to. Not set: `project`, else its name.",
    ),
    Setting::new(
        "source.github.search",
        Kind::Texts,
        "[]",
        "Searches in GitHub's own syntax whose pull requests are told too, such as [\"label:urgent\"].\n\
         One that names no repository is made in each of `repositories`.",
    ),
    Setting::new("source.github.bases", Kind::Globs, "[]", BASES),
];

/// `[source.github]`, what every service has.
pub(super) static GITHUB_ACCESS: &[Setting] = &of_every_service!(
    "source.github",
    "host",
    "Ask GitHub. false: never, not even where the repository is at home there.",
    "that of\nGH_TOKEN or GITHUB_TOKEN (of an Enterprise server: GH_ENTERPRISE_TOKEN), else that of `gh`."
);

/// Which labels say that an issue is a defect, and how bad it is.
macro_rules! labels_of {
    ($table:literal) => {
        [
    Setting::new(
        concat!($table, ".defects"),
        Kind::Globs,
        "[]",
        "Labels and issue types that make an issue a defect, with * and ?. None: bug, regression and their like.",
    ),
    Setting::new(
        concat!($table, ".critical"),
        Kind::Globs,
        "[]",
        "Labels that make a defect critical. None: critical, blocker, p0, sev1 and their like.",
    ),
    Setting::new(
        concat!($table, ".high"),
        Kind::Globs,
        "[]",
        "Labels that make a defect high. None: high, major, p1 and their like.",
    ),
    Setting::new(
        concat!($table, ".medium"),
        Kind::Globs,
        "[]",
        "Labels that make a defect medium. None: medium, normal, p2 and their like.",
    ),
    Setting::new(
        concat!($table, ".low"),
        Kind::Globs,
        "[]",
        "Labels that make a defect low. None: low, minor, p3 and their like.",
    ),
        ]
    };
}

/// `[source.github.labels]`.
pub(super) static GITHUB_LABELS: &[Setting] = &labels_of!("source.github.labels");

/// `[source.gitlab.labels]`.
pub(super) static GITLAB_LABELS: &[Setting] = &labels_of!("source.gitlab.labels");

/// `[source.gitlab]`.
pub(super) static GITLAB: &[Setting] = &[
    Setting::new(
        "source.gitlab.projects",
        Kind::RepositoryPaths(2..=21),
        "[]",
        "Projects to read, such as [\"group/subgroup/name\"].\n\
         None: the one that the project is in, if its remote `upstream`, else `origin`, is at a GitLab.",
    ),
    Setting::new(
        "source.gitlab.host",
        Kind::HostAndFolder,
        "\"gitlab.com\"",
        "The host of a GitLab of your own, with its folder if it has one: \"example.org/gitlab\". A project's file\n\
         may only name one that you know: `glab` is signed in there, or your own file names it.",
    ),
    Setting::unset(
        "source.gitlab.project",
        Kind::Text,
        "\"payments\"",
        "The project that the releases of a single one belong to. Not set: `project`, else its name.",
    ),
    Setting::new("source.gitlab.bases", Kind::Globs, "[]", BASES),
];

/// `[source.gitlab]`, what every service has.
pub(super) static GITLAB_ACCESS: &[Setting] = &of_every_service!(
    "source.gitlab",
    "host",
    "Ask GitLab. false: never, not even where the repository is at home there.",
    "that of\nGITLAB_TOKEN, else that of `glab`."
);

/// `[source.jira]`.
pub(super) static JIRA: &[Setting] = &[
    Setting::unset(
        "source.jira.site",
        Kind::Site,
        "\"https://example.atlassian.net\"",
        "Where Jira is. Not set: Jira is not asked. A project's file may only name a host that your own file\n\
         names, here or in `trusted_hosts`.",
    ),
    Setting::new(
        "source.jira.projects",
        Kind::Texts,
        "[]",
        "Keys of the projects whose versions and issues are read, such as [\"PAY\"].",
    ),
    Setting::unset(
        "source.jira.project",
        Kind::Text,
        "\"payments\"",
        "The project that the releases of a single one belong to. Not set: `project`, else its key.",
    ),
    Setting::unset(
        "source.jira.jql",
        Kind::Query,
        "\"project = PAY AND fixVersion is not EMPTY\"",
        "The issues to read, in Jira's query language, in place of all of the projects.",
    ),
    Setting::of_user(
        "source.jira.email",
        Kind::Text,
        "\"ada@example.org\"",
        "Whose token it is. Not set: on Jira Cloud JIRA_EMAIL, elsewhere the token says it by itself.",
    ),
    Setting::unset(
        "source.jira.points_field",
        Kind::Text,
        "\"Story Points\"",
        "The field that holds story points, by its name or id. Not set: Story Points, Story point estimate.",
    ),
    Setting::new(
        "source.jira.defect_types",
        Kind::Globs,
        "[]",
        "Issue types that are defects, with * and ?. None: bug, defect and their like.",
    ),
    Setting::new(
        "source.jira.review_statuses",
        Kind::Globs,
        "[]",
        "Statuses in which an issue is being reviewed, with * and ?. None: in review, code review and their like.",
    ),
    Setting::new(
        "source.jira.test_statuses",
        Kind::Globs,
        "[]",
        "Statuses in which an issue is being tested, with * and ?. None: in test, qa and their like.",
    ),
    Setting::new(
        "source.jira.dropped_resolutions",
        Kind::Globs,
        "[]",
        "Resolutions of closed issues that were not done, with * and ?. None: won't do, duplicate and their like.",
    ),
];

/// `[source.jira]`, what every service has.
pub(super) static JIRA_ACCESS: &[Setting] = &of_every_service!(
    "source.jira",
    "site",
    "Ask Jira, if a site is set.",
    "that of\nJIRA_API_TOKEN on Jira Cloud, of JIRA_TOKEN elsewhere."
);

/// `[source.sonarqube]`.
pub(super) static SONARQUBE: &[Setting] = &[
    Setting::unset(
        "source.sonarqube.site",
        Kind::Site,
        "\"https://sonarcloud.io\"",
        "Where SonarQube is. Not set: it is not asked. A project's file may only name a host that your own file\n\
         names, here or in `trusted_hosts`.",
    ),
    Setting::new(
        "source.sonarqube.projects",
        Kind::Texts,
        "[]",
        "Keys of the projects whose findings and quality gates are read, such as [\"payments\"].",
    ),
    Setting::new(
        "source.sonarqube.branches",
        Kind::Texts,
        "[]",
        "Branches that were analyzed, such as [\"release/4.2\"]. None: the main one of each project.",
    ),
    Setting::unset(
        "source.sonarqube.project",
        Kind::Text,
        "\"payments\"",
        "The project of the board that the findings of a single one are of. Not set: `project`, else its key.",
    ),
];

/// `[source.sonarqube]`, what every service has.
pub(super) static SONARQUBE_ACCESS: &[Setting] = &of_every_service!(
    "source.sonarqube",
    "site",
    "Ask SonarQube, if a site is set.",
    "that of\nSONAR_TOKEN, else SONARQUBE_TOKEN."
);

/// `[source.argocd]`.
pub(super) static ARGOCD: &[Setting] = &[
    Setting::unset(
        "source.argocd.site",
        Kind::Site,
        "\"https://argocd.example.org\"",
        "Where Argo CD is. Not set: it is not asked. A project's file may only name a host that your own file\n\
         names, here or in `trusted_hosts`.",
    ),
    Setting::new(
        "source.argocd.projects",
        Kind::Globs,
        "[]",
        "Projects of Argo CD whose applications are read, with * and ?. None: all that the token may see.",
    ),
    Setting::unset(
        "source.argocd.selector",
        Kind::Text,
        "\"team=payments\"",
        "Which of the applications, as Kubernetes selects by labels. Not set: all.",
    ),
    Setting::new(
        "source.argocd.environment",
        Kind::Text,
        "\"{cluster}/{namespace}\"",
        "What the environment of an application is called: {cluster}, {namespace}, {project} and {application}\n\
         stand for its own.",
    ),
    Setting::unset(
        "source.argocd.environment_label",
        Kind::Text,
        "\"environment\"",
        "A label of applications that says their environment. Those without it are named by `environment`.",
    ),
    Setting::unset(
        "source.argocd.component_label",
        Kind::Text,
        "\"app.kubernetes.io/part-of\"",
        "A label of applications that says whose releases they deploy. Not set: their names, without the\n\
         environment, the namespace or the cluster at an end of it: payments-prod at prod is payments.",
    ),
    Setting::unset(
        "source.argocd.region_label",
        Kind::Text,
        "\"topology.kubernetes.io/region\"",
        "A label of applications that says in which region their environment is.",
    ),
];

/// `[source.argocd]`, what every service has.
pub(super) static ARGOCD_ACCESS: &[Setting] = &of_every_service!(
    "source.argocd",
    "site",
    "Ask Argo CD, if a site is set.",
    "that of\nARGOCD_AUTH_TOKEN."
);

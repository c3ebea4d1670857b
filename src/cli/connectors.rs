//! Which connectors a board has: those that are configured, and the forge that the repository is
//! at home at, which joins by itself.

use std::{borrow::Cow, time::Duration};

use crate::{
    config::{
        Access, ArgocdConfig, CalendarConfig, Config, ExecConfig, GithubConfig, GitlabConfig, HttpConfig,
        JiraConfig, LabelConfig, Layer, ReportConfig, Sign, SonarqubeConfig, TokenPlace, host_of_site,
    },
    domain::{Category, Problem, SourceId, Text},
    source::{
        LabelSettings, Source,
        argocd::{ArgocdSettings, ArgocdSource},
        calendar::{self, CalendarSource},
        endpoint::EndpointSource,
        exec::ExecSource,
        git::{GitSource, discover, remotes},
        github::{GithubRepository, GithubSettings, GithubSource},
        gitlab::{GitlabProject, GitlabSettings, GitlabSource},
        home::{self, Home, Joined, Service},
        http::{Credentials, Http, Scheme, Settings, TokenFrom},
        jira::{JiraSettings, JiraSource},
        plan::PlanSource,
        reports::ReportSource,
        sonarqube::{SonarqubeSettings, SonarqubeSource},
    },
};

use super::Failure;

/// How long a forge that joined by itself may take to be connected to: nobody may have asked for
/// it, and whoever waits for the repository shall not wait for the network.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// A connector, and what it does on this board.
pub(super) struct Connector {
    /// Its name on the board.
    pub(super) name: Cow<'static, str>,
    /// What it does.
    pub(super) part: Part,
    /// What it reads, or why it reads nothing.
    pub(super) about: String,
    /// The source, if there is something to read; a failure if its settings cannot work.
    pub(super) source: Option<Result<Box<dyn Source>, Failure>>,
}

/// What a connector does on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It reads what is configured, or what is there.
    InUse,
    /// It reads what nobody configured.
    Joined,
    /// A setting keeps it out.
    SwitchedOff,
    /// There is nothing to read.
    NotThere,
}

/// Every connector, in the order of their rank: what people wrote down before what is derived;
/// plan, trackers, forges, Argo CD, reports, calendars, git.
pub(super) fn all(config: &Config) -> Vec<Connector> {
    let home = config.git.as_ref().map(|git| home::find(&remotes(&git.path), &config.hosts));
    let (home, elsewhere) = match home {
        None => (None, None),
        Some(Ok(home)) => (Some(home), None),
        Some(Err(remote)) => (None, remote.map(|remote| remote.host())),
    };
    let at = |service| home.as_ref().filter(|home| home.service == service);
    let mut all = vec![
        plan(config),
        jira(config),
        github(config, at(Service::Github), elsewhere.as_deref()),
        gitlab(config, at(Service::Gitlab), elsewhere.as_deref()),
        argocd(config),
        sonarqube(config),
        junit(config),
        sarif(config),
        csv(config),
        calendars(config),
    ];
    // What people connected themselves they wrote for this board: before what is derived.
    all.extend(config.exec.iter().map(|program| exec(config, program)));
    all.extend(config.http.iter().map(|endpoint| http(config, endpoint)));
    all.push(git(config));
    all
}

/// A program that prints facts.
fn exec(config: &Config, program: &ExecConfig) -> Connector {
    let source = ExecSource::new(program, config.root.clone(), config.policy.calendar.clone());
    Connector {
        name: format!("exec:{}", program.name).into(),
        part: Part::InUse,
        // Arguments may hold what is for nobody to see.
        about: format!("runs {}", Text::new(program.command.first().map_or("", String::as_str))),
        source: Some(Ok(Box::new(source))),
    }
}

/// An endpoint that answers with facts, or with what can be made into such.
fn http(config: &Config, endpoint: &HttpConfig) -> Connector {
    let name = format!("http:{}", endpoint.name);
    let host = host_of_site(&endpoint.url).unwrap_or_default();
    let usage = |problem: &Problem| Failure::Usage(format!("{}\n{}", problem.what, problem.next_step));
    let source = || {
        let scheme = match &endpoint.sign {
            Sign::Bearer => Scheme::Bearer,
            Sign::Token => Scheme::Token,
            Sign::Basic(user) => Scheme::Basic { user: user.clone() },
            Sign::PrivateToken => Scheme::PrivateToken,
        };
        let places = endpoint.tokens.iter().map(|token| place(token, &host)).collect();
        let mut base = endpoint.url.clone();
        base.set_path("/");
        base.set_query(None);
        base.set_fragment(None);
        let mut settings = Settings::new(name.clone(), base, Credentials::new(scheme, places));
        let table = format!("source.http.{}", endpoint.name);
        settings.sign_in = format!("put a token where [{table}] of your configuration says").into();
        settings.ca_file.clone_from(&endpoint.ca_file);
        settings.proxy.clone_from(&endpoint.proxy);
        let http = Http::new(settings).map_err(|error| usage(&error.problem()))?;
        let source = EndpointSource::new(endpoint, http, config.policy.calendar.clone());
        Ok(Box::new(source.map_err(|problem| usage(&problem))?) as Box<dyn Source>)
    };
    // The rest of the address is for nobody to see.
    let about = format!("reads {host}");
    Connector { name: name.clone().into(), part: Part::InUse, about, source: Some(source()) }
}

fn plan(config: &Config) -> Connector {
    let about = match &config.plan {
        Some(plan) => {
            let files = plan.files.iter().map(ToString::to_string);
            let inline = plan.inline.iter().map(|file| file.display().to_string());
            format!("reads {}", listed(&inline.chain(files).collect::<Vec<_>>()))
        }
        None => "no configuration file holds tables of a plan, and source.plan.files names none".to_owned(),
    };
    let source =
        config.plan.as_ref().map(|plan| Ok(Box::new(PlanSource::new(plan.clone())) as Box<dyn Source>));
    Connector { name: "plan".into(), part: used(source.is_some()), about, source }
}

fn junit(config: &Config) -> Connector {
    let named = config.junit.as_ref().map(|reports| (reports, reports));
    reports("junit", named, |reports| Box::new(ReportSource::junit(reports.clone())))
}

fn sarif(config: &Config) -> Connector {
    let named = config.sarif.as_ref().map(|reports| (reports, reports));
    reports("sarif", named, |reports| {
        let mut reports = reports.clone();
        // The project that the source `git` takes: findings are of what is in the making there.
        if reports.repository.is_none() && reports.project.is_none() {
            let found = config.git.as_ref().and_then(|git| discover(&git.path));
            reports.project = found.map(|found| found.project);
        }
        Box::new(ReportSource::sarif(reports))
    })
}

fn csv(config: &Config) -> Connector {
    let named = config.csv.as_ref().map(|tables| (&tables.report, tables));
    reports("csv", named, |tables| Box::new(ReportSource::csv(tables.clone())))
}

/// A connector of files that other programs write: which files, and what is configured about them.
fn reports<T>(
    name: &'static str,
    configured: Option<(&ReportConfig, &T)>,
    source: impl FnOnce(&T) -> Box<dyn Source>,
) -> Connector {
    let Some((files, settings)) = configured else {
        return not_there(name, &format!("source.{name}.files names none"));
    };
    let about = format!("reads {}", listed(&files.files.iter().map(ToString::to_string).collect::<Vec<_>>()));
    Connector { name: name.into(), part: Part::InUse, about, source: Some(Ok(source(settings))) }
}

fn calendars(config: &Config) -> Connector {
    const NAME: &str = "calendar";
    let Some(settings) = &config.calendars else {
        return not_there(NAME, "neither source.calendar.files nor source.calendar.urls names any");
    };
    let files = settings.files.iter().map(ToString::to_string);
    // The rest of an address is for nobody to see.
    let hosts =
        settings.addresses.iter().filter_map(host_of_site).map(|host| format!("a calendar at {host}"));
    let about = format!("reads {}", listed(&files.chain(hosts).collect::<Vec<_>>()));
    let source = || {
        let clients = settings.addresses.iter().map(|address| calendar_client(settings, address));
        let source = CalendarSource::new(settings.clone(), clients.collect::<Result<_, _>>()?);
        Ok(Box::new(source) as Box<dyn Source>)
    };
    Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source()) }
}

/// The client of a calendar at an address. Nobody signs in: the address is what lets one read it.
fn calendar_client(config: &CalendarConfig, address: &reqwest::Url) -> Result<Http, Failure> {
    let mut base = address.clone();
    base.set_path("/");
    base.set_query(None);
    base.set_fragment(None);
    let mut settings = Settings::new("calendar", base, Credentials::new(Scheme::Bearer, Vec::new()));
    settings.sign_in = "name the address that its owner gives to those who may read it".into();
    settings.longest_answer = calendar::LARGEST as usize;
    settings.ca_file.clone_from(&config.ca_file);
    settings.proxy.clone_from(&config.proxy);
    Http::new(settings).map_err(|error| {
        let problem = error.problem();
        Failure::Usage(format!("{}\n{}", problem.what, problem.next_step))
    })
}

fn git(config: &Config) -> Connector {
    const SWITCH: &str = "source.git.enabled";
    let Some(git) = &config.git else {
        return if is_off(config, SWITCH) {
            off(config, "git", SWITCH)
        } else {
            not_there("git", "the project is in no git repository")
        };
    };
    let source = GitSource::new(SourceId::new("git"), git.clone());
    let about = format!("reads the repository of {}", git.path.display());
    Connector { name: "git".into(), part: Part::InUse, about, source: Some(Ok(Box::new(source))) }
}

fn jira(config: &Config) -> Connector {
    const NAME: &str = "jira";
    const SWITCH: &str = "source.jira.enabled";
    let Some(jira) = &config.jira else {
        return if is_off(config, SWITCH) {
            off(config, NAME, SWITCH)
        } else {
            not_there(NAME, "source.jira.site is not set")
        };
    };
    let host = host_of_site(&jira.site).unwrap_or_default();
    let what = match &jira.jql {
        Some(_) => "the issues of source.jira.jql".to_owned(),
        None if jira.projects.is_empty() => {
            return not_there(NAME, "neither source.jira.projects nor source.jira.jql says what to read");
        }
        None => listed(&jira.projects),
    };
    let source = || {
        let settings = jira_settings(config, jira, &host);
        let http = client(NAME, &host, Some(settings.http(NAME)), &jira.access, false)?;
        Ok(Box::new(JiraSource::new(SourceId::new(NAME), settings, http)) as Box<dyn Source>)
    };
    let about = format!("reads {what} at {host}");
    Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source()) }
}

fn jira_settings(config: &Config, jira: &JiraConfig, host: &str) -> JiraSettings {
    let mut settings = JiraSettings::new(jira.site.clone());
    settings.credentials = credentials(&jira.access, host, settings.credentials);
    settings.projects.clone_from(&jira.projects);
    if let ([key], Some(project)) = (&jira.projects[..], &jira.project) {
        settings.names.insert(key.clone(), project.clone());
    }
    settings.jql.clone_from(&jira.jql);
    settings.email.clone_from(&jira.email);
    settings.points_field.clone_from(&jira.points_field);
    replace(&mut settings.defects, &jira.defect_types);
    replace(&mut settings.dropped, &jira.dropped_resolutions);
    replace_of(&mut settings.statuses, Category::InReview, &jira.review_statuses);
    replace_of(&mut settings.statuses, Category::InTest, &jira.test_statuses);
    settings.calendar = config.policy.calendar.clone();
    settings.recent_days = jira.access.recent_days;
    settings.interval = jira.access.interval;
    settings
}

fn sonarqube(config: &Config) -> Connector {
    const NAME: &str = "sonarqube";
    const SWITCH: &str = "source.sonarqube.enabled";
    let Some(sonarqube) = &config.sonarqube else {
        return if is_off(config, SWITCH) {
            off(config, NAME, SWITCH)
        } else {
            not_there(NAME, "source.sonarqube.site is not set")
        };
    };
    if sonarqube.projects.is_empty() {
        return not_there(NAME, "source.sonarqube.projects names none");
    }
    let host = host_of_site(&sonarqube.site).unwrap_or_default();
    let source = || {
        let settings = sonarqube_settings(sonarqube, &host);
        let http = client(NAME, &host, Some(settings.http(NAME)), &sonarqube.access, false)?;
        Ok(Box::new(SonarqubeSource::new(SourceId::new(NAME), settings, http)) as Box<dyn Source>)
    };
    let about = format!("reads {} at {host}", listed(&sonarqube.projects));
    Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source()) }
}

fn sonarqube_settings(sonarqube: &SonarqubeConfig, host: &str) -> SonarqubeSettings {
    let mut settings = SonarqubeSettings::new(sonarqube.site.clone());
    settings.credentials = credentials(&sonarqube.access, host, settings.credentials);
    settings.projects.clone_from(&sonarqube.projects);
    if let ([key], Some(project)) = (&sonarqube.projects[..], &sonarqube.project) {
        settings.names.insert(key.clone(), project.clone());
    }
    settings.branches.clone_from(&sonarqube.branches);
    settings.recent_days = sonarqube.access.recent_days;
    settings.interval = sonarqube.access.interval;
    settings
}

fn argocd(config: &Config) -> Connector {
    const NAME: &str = "argocd";
    const SWITCH: &str = "source.argocd.enabled";
    let Some(argocd) = &config.argocd else {
        return if is_off(config, SWITCH) {
            off(config, NAME, SWITCH)
        } else {
            not_there(NAME, "source.argocd.site is not set")
        };
    };
    let host = host_of_site(&argocd.site).unwrap_or_default();
    let source = || {
        let settings = argocd_settings(argocd, &host);
        let http = client(NAME, &host, Some(settings.http(NAME)), &argocd.access, false)?;
        Ok(Box::new(ArgocdSource::new(SourceId::new(NAME), settings, http)) as Box<dyn Source>)
    };
    let what = match &argocd.projects[..] {
        [] => "all applications".to_owned(),
        projects => format!("the applications of {}", listed(projects)),
    };
    let about = format!("reads {what} at {host}");
    Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source()) }
}

fn argocd_settings(argocd: &ArgocdConfig, host: &str) -> ArgocdSettings {
    let mut settings = ArgocdSettings::new(argocd.site.clone());
    settings.credentials = credentials(&argocd.access, host, settings.credentials);
    settings.projects.clone_from(&argocd.projects);
    settings.selector.clone_from(&argocd.selector);
    settings.environment.clone_from(&argocd.environment);
    settings.environment_label.clone_from(&argocd.environment_label);
    settings.component_label.clone_from(&argocd.component_label);
    settings.region_label.clone_from(&argocd.region_label);
    settings.recent_days = argocd.access.recent_days;
    settings.interval = argocd.access.interval;
    settings
}

/// What a person says of labels in place of what is usual.
fn relabel(usual: &mut LabelSettings, configured: &LabelConfig) {
    replace(&mut usual.defects, &configured.defects);
    for (severity, patterns) in &configured.severities {
        replace_of(&mut usual.severities, *severity, patterns);
    }
}

/// What a person configured in place of what is usual; nothing leaves that.
fn replace(usual: &mut Vec<String>, configured: &[String]) {
    if !configured.is_empty() {
        *usual = configured.to_vec();
    }
}

/// The same for the patterns of one meaning among several.
fn replace_of<T: PartialEq>(usual: &mut Vec<(T, Vec<String>)>, meaning: T, configured: &[String]) {
    if !configured.is_empty() {
        usual.retain(|(other, _)| *other != meaning);
        // The first match counts: what a person says goes before what is usual.
        usual.insert(0, (meaning, configured.to_vec()));
    }
}

fn github(config: &Config, home: Option<&Home>, elsewhere: Option<&str>) -> Connector {
    const NAME: &str = "github";
    const SWITCH: &str = "source.github.enabled";
    let Some(github) = &config.github else { return off(config, NAME, SWITCH) };
    if !github.repositories.is_empty() {
        let about = format!("reads {} at {}", listed(&github.repositories), github.host);
        let source = github_source(config, github, &github.host, &github.repositories, None)
            .map(|source| Box::new(source) as Box<dyn Source>);
        return Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source) };
    }
    match home {
        Some(home) => {
            let source =
                github_source(config, github, &home.host, std::slice::from_ref(&home.path), Some(home));
            joined(NAME, SWITCH, home, source.map(|source| Box::new(source) as Box<dyn Source>))
        }
        None => not_there(NAME, &nowhere("source.github.repositories", "gh", elsewhere)),
    }
}

fn github_source(
    config: &Config,
    github: &GithubConfig,
    host: &str,
    paths: &[String],
    home: Option<&Home>,
) -> Result<GithubSource, Failure> {
    let settings = github_settings(config, github, host, paths, home);
    let http = client("github", host, settings.http("github"), &github.access, home.is_some())?;
    Ok(GithubSource::new(SourceId::new("github"), settings, http))
}

fn github_settings(
    config: &Config,
    github: &GithubConfig,
    host: &str,
    paths: &[String],
    home: Option<&Home>,
) -> GithubSettings {
    let named = paths.iter().filter_map(|path| path.split_once('/'));
    let repositories: Vec<_> = named
        .map(|(owner, name)| GithubRepository {
            owner: owner.to_owned(),
            name: name.to_owned(),
            project: project(config, github.project.as_deref(), paths.len(), home),
        })
        .collect();
    let first = repositories.first().map_or(("", ""), |first| (&first.owner, &first.name));
    let mut settings = GithubSettings::new(host, first.0, first.1);
    settings.repositories = repositories;
    settings.credentials = credentials(&github.access, host, settings.credentials);
    settings.recent_days = github.access.recent_days;
    settings.interval = github.access.interval;
    settings.bases.clone_from(&github.bases);
    settings.search.clone_from(&github.search);
    relabel(&mut settings.labels, &github.labels);
    settings.calendar = config.policy.calendar.clone();
    settings
}

fn gitlab(config: &Config, home: Option<&Home>, elsewhere: Option<&str>) -> Connector {
    const NAME: &str = "gitlab";
    const SWITCH: &str = "source.gitlab.enabled";
    let Some(gitlab) = &config.gitlab else { return off(config, NAME, SWITCH) };
    let source = |host: &str, paths: &[String], home: Option<&Home>| {
        let settings = gitlab_settings(config, gitlab, host, paths, home);
        let http = client(NAME, host, settings.http(NAME), &gitlab.access, home.is_some())?;
        Ok(Box::new(GitlabSource::new(SourceId::new(NAME), settings, http)) as Box<dyn Source>)
    };
    if !gitlab.projects.is_empty() {
        let about = format!("reads {} at {}", listed(&gitlab.projects), gitlab.host);
        let source = source(&gitlab.host, &gitlab.projects, None);
        return Connector { name: NAME.into(), part: Part::InUse, about, source: Some(source) };
    }
    match home.map(|home| in_folder(home, &gitlab.host)) {
        Some(home) => {
            let source = source(&home.host, std::slice::from_ref(&home.path), Some(&home));
            joined(NAME, SWITCH, &home, source)
        }
        None => not_there(NAME, &nowhere("source.gitlab.projects", "glab", elsewhere)),
    }
}

/// `home` as seen from a GitLab that is installed in a folder of its host, if `configured` says so.
pub(super) fn in_folder(home: &Home, configured: &str) -> Home {
    let mut home = home.clone();
    if let Some((host, folder)) = configured.split_once('/')
        && host == home.host
    {
        // In addresses of ssh the folder does not stand.
        let within = home.path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        if let Some(within) = within.map(str::to_owned) {
            home.path = within;
        }
        configured.clone_into(&mut home.host);
    }
    home
}

fn gitlab_settings(
    config: &Config,
    gitlab: &GitlabConfig,
    host: &str,
    paths: &[String],
    home: Option<&Home>,
) -> GitlabSettings {
    let mut settings = GitlabSettings::new(host, "");
    let project = project(config, gitlab.project.as_deref(), paths.len(), home);
    settings.projects =
        paths.iter().map(|path| GitlabProject { path: path.clone(), project: project.clone() }).collect();
    settings.credentials = credentials(&gitlab.access, host, settings.credentials);
    settings.recent_days = gitlab.access.recent_days;
    settings.interval = gitlab.access.interval;
    settings.bases.clone_from(&gitlab.bases);
    relabel(&mut settings.labels, &gitlab.labels);
    settings.calendar = config.policy.calendar.clone();
    settings
}

/// The project that the releases of a repository at a forge belong to. Several repositories are
/// several projects; one that joined belongs to that of the source `git`, so that their releases
/// are the same.
fn project(
    config: &Config,
    configured: Option<&str>,
    repositories: usize,
    home: Option<&Home>,
) -> Option<String> {
    let configured = configured.filter(|_| repositories == 1).map(str::to_owned);
    let git = config.git.as_ref().filter(|_| home.is_some());
    configured.or_else(|| git?.project.clone()).or_else(|| Some(discover(&git?.path)?.project))
}

/// A forge that joined by itself.
fn joined(
    name: &'static str,
    switch: &str,
    home: &Home,
    source: Result<Box<dyn Source>, Failure>,
) -> Connector {
    let what = format!("{} at {}", home.path, home.host);
    let about = format!("the remote `{}` is {what}", home.remote);
    let source = source.map(|source| Box::new(Joined::new(source, what, switch)) as Box<dyn Source>);
    Connector { name: name.into(), part: Part::Joined, about, source: Some(source) }
}

/// Who asks `host`: what the user's table says for it, else the usual places.
fn credentials(access: &Access, host: &str, usual: Credentials) -> Credentials {
    let places: Vec<TokenFrom> = access.tokens_for(host).iter().map(|token| place(token, host)).collect();
    if places.is_empty() { usual } else { Credentials::new(usual.scheme, places) }
}

fn place(token: &TokenPlace, host: &str) -> TokenFrom {
    match token {
        TokenPlace::Variable(name) => TokenFrom::Environment(name.clone()),
        TokenPlace::Command(words) => TokenFrom::Command(words.clone()),
        TokenPlace::File(path) => TokenFrom::File(path.clone()),
        TokenPlace::Keyring(service) => {
            TokenFrom::Keyring { service: service.clone(), account: host.to_owned() }
        }
    }
}

/// The client of a service, reached as the user's table says.
fn client(
    name: &str,
    host: &str,
    settings: Option<Settings>,
    access: &Access,
    has_joined: bool,
) -> Result<Http, Failure> {
    let usage = |problem: &Problem| Failure::Usage(format!("{}\n{}", problem.what, problem.next_step));
    let Some(mut settings) = settings else {
        let problem =
            Problem::new(format!("source.{name}: `{host}` is no host"), "correct source.{name}.host");
        return Err(usage(&problem));
    };
    settings.ca_file.clone_from(&access.ca_file);
    settings.proxy.clone_from(&access.proxy);
    if !access.tokens_for(host).is_empty() {
        settings.sign_in = format!("put a token where [source.{name}] of your configuration says").into();
    }
    if has_joined {
        settings.connect_timeout = CONNECT_WITHIN;
        settings.insists = false;
    }
    Http::new(settings).map_err(|error| usage(&error.problem()))
}

fn is_off(config: &Config, switch: &str) -> bool {
    let setting = config.layers.settings.iter().find(|setting| setting.key == switch);
    setting.is_some_and(|setting| setting.value.as_deref() == Some("false"))
}

fn off(config: &Config, name: &'static str, switch: &str) -> Connector {
    let origin = config.origin(switch).filter(|origin| origin.layer() != Layer::Default);
    let origin = origin.map(|origin| format!(", {origin}")).unwrap_or_default();
    let about = format!("{switch} = false{origin}");
    Connector { name: name.into(), part: Part::SwitchedOff, about, source: None }
}

fn not_there(name: &'static str, about: &str) -> Connector {
    Connector { name: name.into(), part: Part::NotThere, about: about.to_owned(), source: None }
}

/// Why a forge is not asked.
fn nowhere(setting: &str, program: &str, elsewhere: Option<&str>) -> String {
    match elsewhere {
        Some(host) => format!(
            "{setting} is empty, and the repository's remote is at {host}, where you are not signed in: if that is one, `{program} auth login --hostname {host}`"
        ),
        None => format!("{setting} is empty, and no remote `upstream` or `origin` is at one"),
    }
}

fn used(is_used: bool) -> Part {
    if is_used { Part::InUse } else { Part::NotThere }
}

/// The first few of `names`, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        config::{self, Environment, Flags},
        domain::Severity,
    };

    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    fn loaded(root: &Path, user: &str, project: &str) -> Config {
        std::fs::create_dir_all(root.join("home/.config/tminus")).unwrap();
        std::fs::create_dir_all(root.join("work")).unwrap();
        std::fs::write(root.join("home/.config/tminus/config.toml"), user).unwrap();
        std::fs::write(root.join("work/.tminus.toml"), project).unwrap();
        let environment = Environment {
            working_directory: root.join("work"),
            home: Some(root.join("home")),
            ..Environment::default()
        };
        config::load(&environment, &Flags::default()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn home_at(host: &str) -> Home {
        Home {
            service: Service::Github,
            host: host.to_owned(),
            path: "o/r".to_owned(),
            remote: "origin".to_owned(),
        }
    }

    #[test]
    fn what_is_configured_reaches_the_connector() {
        let directory = tempfile::tempdir().unwrap();
        let user =
            "[source.github]\nhost = \"git.example.org\"\ntoken_env = \"WORK\"\nkeyring = \"tminus\"\n";
        let project = "[source.github]\nrepositories = [\"o/r\"]\nproject = \"shop\"\nbases = [\"main\"]\nrecent_days = 7\nlabels.defects = [\"kaputt\"]\nlabels.high = [\"heiss\"]\n";
        let config = loaded(directory.path(), user, project);
        let github = config.github.clone().unwrap();
        let settings = github_settings(&config, &github, &github.host, &github.repositories, None);
        let [repository] = &settings.repositories[..] else { panic!("{settings:?}") };
        assert_eq!((repository.owner.as_str(), repository.name.as_str()), ("o", "r"));
        assert_eq!(repository.project.as_deref(), Some("shop"));
        assert_eq!((settings.host.as_str(), settings.recent_days), ("git.example.org", 7));
        assert_eq!(settings.labels.defects, ["kaputt"]);
        let high: Vec<_> =
            settings.labels.severities.iter().filter(|(severity, _)| *severity == Severity::High).collect();
        assert_eq!(high, [&(Severity::High, vec!["heiss".to_owned()])]);
        assert_eq!(settings.labels.severities.len(), 4);
        assert!(matches!(
            &settings.credentials.places[..],
            [TokenFrom::Environment(name), TokenFrom::Keyring { account, .. }]
                if name == "WORK" && account == "git.example.org"
        ));
        // The token is for that host alone, also where a forge joins.
        let joined = github_settings(
            &config,
            &github,
            "github.com",
            &["o/r".to_owned()],
            Some(&home_at("github.com")),
        );
        let first = joined.credentials.places.first();
        assert!(matches!(first, Some(TokenFrom::Environment(name)) if name == "GH_TOKEN"), "{first:?}");
    }

    #[test]
    fn a_gitlab_reads_what_is_configured_and_may_be_in_a_folder() {
        let directory = tempfile::tempdir().unwrap();
        let user = "[source.gitlab]\nhost = \"Example.org/gitlab\"\ntoken_env = \"WORK\"\n";
        let project =
            "[source.gitlab]\nprojects = [\"g/s/r\"]\nbases = [\"main\"]\nlabels.low = [\"egal\"]\n";
        let config = loaded(directory.path(), user, project);
        let connector = &all(&config)[3];
        assert_eq!(
            (connector.part, connector.about.as_str()),
            (Part::InUse, "reads g/s/r at example.org/gitlab")
        );
        assert!(matches!(connector.source, Some(Ok(_))));
        let gitlab = config.gitlab.clone().unwrap();
        let settings = gitlab_settings(&config, &gitlab, &gitlab.host, &gitlab.projects, None);
        assert_eq!((settings.projects[0].path.as_str(), settings.bases.len()), ("g/s/r", 1));
        assert!(settings.labels.severities.contains(&(Severity::Low, vec!["egal".to_owned()])));
        let place = settings.credentials.places.first();
        assert!(matches!(place, Some(TokenFrom::Environment(name)) if name == "WORK"), "{place:?}");
        for (path, expected) in [("gitlab/g/r", "g/r"), ("g/r", "g/r"), ("gitlabber/r", "gitlabber/r")] {
            let home = Home { path: path.to_owned(), ..home_at("example.org") };
            let found = in_folder(&home, &gitlab.host);
            assert_eq!((found.host.as_str(), found.path.as_str()), ("example.org/gitlab", expected));
        }
        assert_eq!(in_folder(&home_at("gitlab.com"), &gitlab.host).host, "gitlab.com");
    }

    #[test]
    fn jira_is_read_where_a_site_and_something_to_read_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let user = "[source.jira]\nsite = \"https://jira.example.org/jira\"\ntoken_env = \"WORK\"\n";
        let config = loaded(directory.path(), user, "");
        assert_eq!(all(&config)[1].part, Part::NotThere);
        let project = "project = \"payments\"\n[source.jira]\nprojects = [\"PAY\"]\nreview_statuses = [\"Sichtung\"]\ndefect_types = [\"Fehler\"]\n";
        let config = loaded(directory.path(), user, project);
        let connector = &all(&config)[1];
        assert_eq!(
            (connector.part, connector.about.as_str()),
            (Part::InUse, "reads PAY at jira.example.org")
        );
        assert!(matches!(connector.source, Some(Ok(_))));
        let settings = jira_settings(&config, config.jira.as_ref().unwrap(), "jira.example.org");
        assert_eq!(settings.names.get("PAY").map(String::as_str), Some("payments"));
        assert_eq!(settings.defects, ["Fehler"]);
        assert_eq!(settings.statuses[0], (Category::InReview, vec!["Sichtung".to_owned()]));
        assert_eq!(settings.statuses.len(), 2);
        let place = settings.credentials.places.first();
        assert!(matches!(place, Some(TokenFrom::Environment(name)) if name == "WORK"), "{place:?}");
    }

    #[test]
    fn connectors_stand_in_their_rank_and_say_why_they_are_not_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let project = "[source.github]\nrepositories = [\"a/b\", \"c/d\"]\n[[release]]\nproject = \"a\"\nversion = \"1\"\n";
        let config = loaded(directory.path(), "", project);
        let all = all(&config);
        let parts: Vec<_> = all.iter().map(|connector| (connector.name.as_ref(), connector.part)).collect();
        assert_eq!(
            parts,
            [
                ("plan", Part::InUse),
                ("jira", Part::NotThere),
                ("github", Part::InUse),
                ("gitlab", Part::NotThere),
                ("argocd", Part::NotThere),
                ("sonarqube", Part::NotThere),
                ("junit", Part::NotThere),
                ("sarif", Part::NotThere),
                ("csv", Part::NotThere),
                ("calendar", Part::NotThere),
                ("git", Part::NotThere)
            ]
        );
        assert_eq!(all[2].about, "reads a/b, c/d at github.com");

        let config =
            loaded(directory.path(), "[source.github]\nenabled = false\nca_file = \"none.pem\"\n", project);
        let all = self::all(&config);
        assert_eq!((all[2].part, all[2].source.is_none()), (Part::SwitchedOff, true));
        assert!(all[2].about.contains("config.toml:2"), "{}", all[2].about);

        let config = loaded(directory.path(), "[source.github]\nca_file = \"none.pem\"\n", project);
        let Some(Err(Failure::Usage(message))) = &self::all(&config)[2].source else { panic!("no failure") };
        assert!(message.contains("none.pem: cannot be read"), "{message}");
    }
}

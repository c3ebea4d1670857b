//! Which connectors a board has: those that are configured, and the forge that the repository is
//! at home at, which joins by itself.

mod files;
mod forges;
mod own;
mod services;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, time::Duration};

use crate::{
    config::{Access, Config, Layer, TokenPlace},
    domain::Problem,
    source::{
        Source,
        git::remotes,
        home::{self, Service},
        http::{Credentials, Http, Settings, TokenFrom},
    },
};

use super::Failure;

pub(super) use forges::in_folder;

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
        files::plan(config),
        services::jira(config),
        forges::github(config, at(Service::Github), elsewhere.as_deref()),
        forges::gitlab(config, at(Service::Gitlab), elsewhere.as_deref()),
        services::argocd(config),
        services::sonarqube(config),
        files::junit(config),
        files::sarif(config),
        files::csv(config),
        files::calendars(config),
    ];
    // What people connected themselves they wrote for this board: before what is derived.
    all.extend(config.exec.iter().map(|program| own::exec(config, program)));
    all.extend(config.http.iter().map(|endpoint| own::http(config, endpoint)));
    all.push(files::git(config));
    all
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

//! Where the token of a forge is looked for, and whether it can be there.

use crate::source::{
    github::GithubSettings,
    gitlab::GitlabSettings,
    home::{Home, Service},
    http::TokenFrom,
};

/// The variables that a token of this forge is looked for in.
pub(super) fn variables(home: &Home) -> Vec<String> {
    let credentials = match home.service {
        Service::Github => {
            let (owner, name) = home.path.split_once('/').unwrap_or(("", &home.path));
            GithubSettings::new(&home.host, owner, name).credentials
        }
        Service::Gitlab => GitlabSettings::new(&home.host, &home.path).credentials,
    };
    let names = credentials.places.into_iter().filter_map(|place| match place {
        TokenFrom::Environment(name) => Some(name),
        _ => None,
    });
    names.collect()
}

/// The program of the forge, which signs in.
pub(super) fn program(home: &Home) -> &'static str {
    match home.service {
        Service::Github => "gh",
        Service::Gitlab => "glab",
    }
}

/// The host that one signs in at, without the folder that its service is in.
pub(super) fn hostname(home: &Home) -> &str {
    home.host.split('/').next().unwrap_or(&home.host)
}

/// `that of the variable GH_TOKEN or GITHUB_TOKEN, else that of gh`.
pub(super) fn places(home: &Home) -> String {
    format!("that of the variable {}, else that of `{}`", variables(home).join(" or "), program(home))
}

/// The name of its source.
pub(super) fn service(home: &Home) -> &'static str {
    match home.service {
        Service::Github => "github",
        Service::Gitlab => "gitlab",
    }
}

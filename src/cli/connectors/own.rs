//! What people connect themselves: programs that print facts, and addresses that answer with them.

use crate::{
    config::{Config, ExecConfig, HttpConfig, Sign, host_of_site},
    domain::{Problem, Text},
    source::{
        Source,
        endpoint::EndpointSource,
        exec::ExecSource,
        http::{Credentials, Http, Scheme, Settings},
    },
};

use super::{Connector, Failure, Part, place};

/// A program that prints facts.
pub(super) fn exec(config: &Config, program: &ExecConfig) -> Connector {
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
pub(super) fn http(config: &Config, endpoint: &HttpConfig) -> Connector {
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

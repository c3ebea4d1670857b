//! What is read from files, from calendars and from the repository.

use crate::{
    config::{CalendarConfig, Config, ReportConfig, host_of_site},
    domain::SourceId,
    source::{
        Source,
        calendar::{self, CalendarSource},
        git::{GitSource, discover},
        http::{Credentials, Http, Scheme, Settings},
        plan::PlanSource,
        reports::ReportSource,
    },
};

use super::{Connector, Failure, Part, is_off, listed, not_there, off, used};

pub(super) fn plan(config: &Config) -> Connector {
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

pub(super) fn junit(config: &Config) -> Connector {
    let named = config.junit.as_ref().map(|reports| (reports, reports));
    reports("junit", named, |reports| Box::new(ReportSource::junit(reports.clone())))
}

pub(super) fn sarif(config: &Config) -> Connector {
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

pub(super) fn csv(config: &Config) -> Connector {
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

pub(super) fn calendars(config: &Config) -> Connector {
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

pub(super) fn git(config: &Config) -> Connector {
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

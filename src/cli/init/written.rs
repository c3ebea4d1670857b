//! The configuration file that is written: what was found, and what could be said besides,
//! switched off.

use chrono::{Days, NaiveDate};

use crate::{config::quote, source::home::Service};

use super::{Found, patterns::Pattern, tokens};

/// Widest line of what explains.
const WIDTH: usize = 100;
/// How far ahead the target of the example is, in days: four weeks.
const AHEAD: u64 = 28;

/// A file in the making. Lines that begin with `#` and a blank explain, those that begin with `#`
/// alone are switched off.
#[derive(Default)]
struct Writing(String);

impl Writing {
    /// What explains, after an empty line.
    fn about(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.chars().count() + word.chars().count() + 3 > WIDTH {
                self.line(&format!("# {line}"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&format!("# {line}"));
    }

    fn on(&mut self, line: &str) {
        self.line(line);
    }

    fn off(&mut self, line: &str) {
        self.line(&format!("#{line}"));
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
}

/// The whole file. It is in order as it is, and with any of its examples switched on.
pub(super) fn written(found: &Found) -> String {
    let mut out = Writing::default();
    out.about(
        "The board of this project, for tminus. Lines that begin with # and a blank explain, those that begin \
         with # alone are switched off: remove the # where you mean them.",
    );
    out.about("`tminus config check` says whether this file is right, `tminus config print` all that holds, and why.");
    out.about(
        "What releases are of, where they do not say so. Not set: what the tags share, else the name of the \
         repository.",
    );
    out.off(&format!("project = {}", quote(&found.project)));
    out.about("The zone that days begin and end in. Not set: that of whoever looks.");
    out.off(&format!("time_zone = {}", quote(found.zone.as_deref().unwrap_or("UTC"))));
    out.about("Days that are not worked on, besides the weekend.");
    out.off(&format!("holidays = [\"{}-12-25\"]", found.today.format("%Y")));
    git(&mut out, found);
    forge(&mut out, found);
    out.about(
        "Jira: which projects to read. Its site and who you are belong into your own file, \
         ~/.config/tminus/config.toml: `site = \"https://jira.example.org\"` in the same table.",
    );
    out.off("[source.jira]");
    out.off("projects = [\"PAY\"]");
    sonarqube(&mut out, found);
    reports(&mut out, found);
    out.about(
        "When a release may go: suites without which nothing does, and the share of tests that must pass.",
    );
    out.off("[gates]");
    out.off("required_suites = [\"unit\"]");
    out.off("tests_passing = 0.99");
    plan(&mut out, found);
    out.0
}

fn git(out: &mut Writing, found: &Found) {
    match &found.repository {
        Some(repository) => out.about(&format!(
            "Git: {repository} is read by itself, tags that name a version are releases. The branch that \
             releases are made from, and the tags that are some, where that is found out wrong:"
        )),
        None => out.about("Git: there is no repository around here. One that is elsewhere can be named:"),
    }
    out.off("[source.git]");
    if found.repository.is_some() {
        out.off("base = \"main\"");
        out.off("tag_pattern = \"v*\"");
    } else {
        out.off("path = \"../repository\"");
    }
}

fn forge(out: &mut Writing, found: &Found) {
    let home = match &found.home {
        Ok(home) => home,
        Err(elsewhere) => {
            let why = match elsewhere {
                Some(host) => format!(
                    "the remote is at {host}, which is not known as one: `gh auth login --hostname {host}` or \
                     `glab auth login --hostname {host}` says that it is, then `tminus init --force`"
                ),
                None => "no remote `upstream` or `origin` is at one".to_owned(),
            };
            out.about(&format!("GitHub or GitLab: {why}. Repositories can be named:"));
            out.off("[source.github]");
            out.off("repositories = [\"owner/name\"]");
            out.off("[source.gitlab]");
            out.off("projects = [\"group/name\"]");
            return;
        }
    };
    let (title, table, setting, usual) = match home.service {
        Service::Github => ("GitHub", "[source.github]", "repositories", "github.com"),
        Service::Gitlab => ("GitLab", "[source.gitlab]", "projects", "gitlab.com"),
    };
    let mut about = format!(
        "{title}: the remote `{}` is {} at {}. Named here, it is the same for everybody who has this file; more \
         than one can be named. A token belongs into no file of a project: it is {}.",
        home.remote,
        home.path,
        home.host,
        tokens::places(home),
    );
    if found.keeps_past {
        about.push_str(
            " It is read without these lines, too; they are switched off because what was kept of this board \
             so far is filed under its sources: with them the board is another one, and begins anew.",
        );
    }
    out.about(&about);
    let host = (home.host != usual).then(|| format!("host = {}", quote(&home.host)));
    let lines = [Some(table.to_owned()), host, Some(format!("{setting} = [{}]", quote(&home.path)))];
    for line in lines.into_iter().flatten() {
        if found.keeps_past { out.off(&line) } else { out.on(&line) }
    }
}

fn sonarqube(out: &mut Writing, found: &Found) {
    out.about(
        "SonarQube: the keys of its projects. Its site belongs into your own file, as that of Jira does.",
    );
    if let Some(key) = &found.around.sonarqube {
        out.on("[source.sonarqube]");
        out.on(&format!("projects = [{}]", quote(key)));
    } else {
        out.off("[source.sonarqube]");
        out.off("projects = [\"payments\"]");
    }
}

fn reports(out: &mut Writing, found: &Found) {
    files(
        out,
        "Test reports in JUnit's XML, with *, ? and **. Reports that do not say which commit they tested are \
         of an unknown one; where they are made in this directory, that is the one that is checked out.",
        ("[source.junit]", "reports/*.xml"),
        &found.junit,
    );
    out.off("commit = \"head\"");
    files(out, "Reports of code analyzers in SARIF.", ("[source.sarif]", "reports/*.sarif"), &found.sarif);
    out.off("commit = \"head\"");
    out.about("Stories and defects as CSV, as Jira and Azure DevOps export them.");
    out.off("[source.csv]");
    out.off("files = [\"exports/*.csv\"]");
}

/// A table with the files that were found, or with an example.
fn files(out: &mut Writing, about: &str, (table, example): (&str, &str), found: &[Pattern]) {
    out.about(about);
    if found.is_empty() {
        out.off(table);
        out.off(&format!("files = [{}]", quote(example)));
        return;
    }
    out.on(table);
    out.on("files = [");
    for pattern in found {
        out.on(&format!("    {},", quote(&pattern.written)));
    }
    out.on("]");
}

fn plan(out: &mut Writing, found: &Found) {
    if !found.around.plans.is_empty() {
        out.about("The plan: files that say which releases there will be, what goes where and when.");
        out.on("[source.plan]");
        let quoted: Vec<_> = found.around.plans.iter().map(|plan| quote(plan)).collect();
        out.on(&format!("files = [{}]", quoted.join(", ")));
        return;
    }
    let release = quote(&format!("{} 1.0.0", found.project));
    let day = |days| found.today.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
    out.about(
        "The plan says what no other tool knows. A release: when work on it begins, when it shall be ready.",
    );
    out.off("[[release]]");
    out.off(&format!("name = {release}"));
    out.off(&format!("start = {}", found.today));
    out.off(&format!("target = {}", day(AHEAD)));
    out.about("A story of it, where no tracker has them.");
    out.off("[[story]]");
    out.off("key = \"ONE\"");
    out.off("title = \"The first story\"");
    out.off(&format!("release = {release}"));
    out.off("status = \"to do\"");
    out.about("An environment, and the deployment that goes there in its window.");
    out.off("[[environment]]");
    out.off("name = \"production\"");
    out.off("tier = \"production\"");
    out.off("[[deployment]]");
    out.off(&format!("release = {release}"));
    out.off("environment = \"production\"");
    out.off(&format!("from = {}T14:00:00", day(AHEAD)));
    out.off("duration = \"1h\"");
    out.about("When nothing may go out.");
    out.off("[[freeze]]");
    out.off("name = \"year end\"");
    out.off(&format!("from = {}", day(AHEAD + 3)));
    out.off(&format!("until = {}", day(AHEAD + 14)));
}

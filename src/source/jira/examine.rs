//! What can be said about a Jira to somebody who wonders why it does not answer as it should.

use super::{
    JiraSource,
    api::Api,
    fields::CustomFields,
    known::{KnownStatus, Place},
    meaning::category_of_key,
    sync::find_place,
    wire,
};
use crate::{
    domain::{Category, Problem, Text},
    source::{
        Diagnosis, DiagnosisState, Round,
        http::{HttpErrorKind, Request, SignedIn},
    },
};

/// A clock that is so many seconds off is worth a word.
const SKEW_SECONDS: i64 = 120;
/// Most projects that are looked at.
const MOST_PROJECTS: usize = 20;

/// What operations need, by Jira's names of permissions; the first is needed to read.
const PERMISSIONS: [&str; 6] = [
    "BROWSE_PROJECTS",
    "ADD_COMMENTS",
    "ASSIGN_ISSUES",
    "EDIT_ISSUES",
    "RESOLVE_ISSUES",
    "TRANSITION_ISSUES",
];

/// Looks at each point by itself; without the service itself only at that.
pub(super) async fn examine(source: &JiraSource, round: &Round) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    if let Some(problem) = source.impossible() {
        found.push(Diagnosis::of_problem("settings", DiagnosisState::Bad, &problem));
    }
    for mistake in &source.mistakes {
        found.push(Diagnosis::of_problem("settings", DiagnosisState::Limited, mistake));
    }
    let session = source.http.session(round);
    let place = match find_place(&session, &source.settings).await {
        Ok(place) => place,
        Err(error) => {
            found.push(Diagnosis::of_error("reachable", &error.into()));
            return found;
        }
    };
    found.push(reachable(source, &place));
    let api = Api::new(&session, place.is_cloud);
    found.push(signed_in(source, &api).await);
    for project in source.settings.projects.iter().take(MOST_PROJECTS) {
        found.extend(project_permissions(&api, &project.to_uppercase()).await);
    }
    if source.settings.jql.is_some() {
        found.push(question(source, &api).await);
    }
    found.push(limits(source, &api));
    found.push(clock(source));
    found.push(points(source, &api).await);
    found.push(statuses(source, &api).await);
    found
}

fn reachable(source: &JiraSource, place: &Place) -> Diagnosis {
    let product = if place.is_cloud { "Jira Cloud" } else { "Jira Data Center" };
    let version = place.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    Diagnosis::good("reachable", format!("{} is {product}{version}", source.http.host()))
}

async fn signed_in(source: &JiraSource, api: &Api<'_>) -> Diagnosis {
    let user = match api.get("account", "myself").await {
        Ok(reply) => reply.json::<wire::User>(),
        Err(error) => Err(error),
    };
    match user {
        Ok(user) => {
            let name = user.called().unwrap_or_default();
            let from = match source.http.signed_in() {
                Some(SignedIn::With(from)) => format!(", with {from}"),
                _ => String::new(),
            };
            source.http.set_account(name.clone());
            Diagnosis::good("signed in", format!("as {name}{from}"))
        }
        Err(error) => match api.session.sign_in_problem() {
            Some(problem) => Diagnosis::of_problem("signed in", DiagnosisState::Bad, &problem),
            None => Diagnosis::of_error("signed in", &error.into()),
        },
    }
}

/// What the token may do in a project: one point, or two if it may read and not change.
async fn project_permissions(api: &Api<'_>, project: &str) -> Vec<Diagnosis> {
    let subject = format!("project {project}");
    let request = Request::get("permissions", api.path("mypermissions"))
        .query("projectKey", project)
        .query("permissions", PERMISSIONS.join(","));
    let permissions = match api.send(request).await.and_then(|reply| reply.json::<wire::Permissions>()) {
        Ok(found) => found.permissions,
        Err(error) if matches!(error.kind(), HttpErrorKind::NotFound) => {
            return vec![Diagnosis::of_problem(
                &subject,
                DiagnosisState::Bad,
                &Problem::new(
                    format!("{project} is not there, or not shown to you"),
                    format!("correct `projects`, or ask for the permission Browse projects in {project}"),
                ),
            )];
        }
        Err(error) => return vec![Diagnosis::of_error(&subject, &error.into())],
    };
    let missing: Vec<(&str, String)> = PERMISSIONS
        .into_iter()
        .filter(|key| !permissions.get(*key).is_some_and(|permission| permission.have_permission))
        .map(|key| {
            let name = permissions.get(key).and_then(|permission| permission.name.as_deref());
            (key, name.map_or_else(|| key.to_lowercase().replace('_', " "), str::to_owned))
        })
        .collect();
    let names =
        |list: &[(&str, String)]| list.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
    if missing.iter().any(|(key, _)| *key == PERMISSIONS[0]) {
        let problem = Problem::new(
            format!("{project} may not be read"),
            format!("ask for the permission Browse projects in {project}; the token needs read:jira-work"),
        );
        return vec![Diagnosis::of_problem(&subject, DiagnosisState::Bad, &problem)];
    }
    if missing.is_empty() {
        return vec![Diagnosis::good(&subject, "it may be read, and changed by operations")];
    }
    let problem = Problem::new(
        format!("it may be read; for operations these are missing: {}", names(&missing)),
        format!("ask for them in {project} if you want to change issues from here"),
    );
    vec![Diagnosis::of_problem(&subject, DiagnosisState::Limited, &problem)]
}

/// Whether Jira understands the person's own question.
async fn question(source: &JiraSource, api: &Api<'_>) -> Diagnosis {
    let jql = super::jql::of_person(source.settings.jql.as_deref().unwrap_or_default());
    let question = super::search::Question {
        operation: "jql",
        jql,
        fields: vec!["id".to_owned()],
        with_past: false,
        page: 1,
        most: 1,
    };
    match super::search::Search::new(api, question).next::<wire::Handle>().await {
        Ok(page) if page.as_ref().is_some_and(|page| !page.items.is_empty()) => {
            Diagnosis::good("jql", "it finds issues")
        }
        Ok(_) => {
            let problem =
                Problem::new("it finds no issue", "try `jql` in Jira's search, signed in as the same user");
            Diagnosis::of_problem("jql", DiagnosisState::Limited, &problem)
        }
        Err(error) => Diagnosis::of_error("jql", &error.into()),
    }
}

fn limits(source: &JiraSource, api: &Api<'_>) -> Diagnosis {
    let standing = source.http.standing();
    if api.is_near_limit() {
        let problem = Problem::new(
            "less than a fifth of what Jira allows is left",
            "it is asked half as often by itself; another program may use the same account",
        );
        return Diagnosis::of_problem("limits", DiagnosisState::Limited, &problem);
    }
    let told: Vec<String> = standing
        .allowances
        .iter()
        .map(|allowance| format!("{} of {} left", allowance.remaining, allowance.limit))
        .collect();
    if told.is_empty() {
        return Diagnosis::good("limits", "it tells of none, and none is reached");
    }
    Diagnosis::good("limits", told.join(", "))
}

fn clock(source: &JiraSource) -> Diagnosis {
    let Some(skew) = source.http.clock_skew() else {
        return Diagnosis {
            state: DiagnosisState::Unknown,
            ..Diagnosis::good("clock", "it does not tell the time")
        };
    };
    let seconds = skew.num_seconds();
    if seconds.abs() <= SKEW_SECONDS {
        return Diagnosis::good("clock", format!("within {SKEW_SECONDS} s of this machine's"));
    }
    let how = if seconds > 0 { "ahead of" } else { "behind" };
    let problem = Problem::new(
        format!("it is {} s {how} this machine's", seconds.abs()),
        "set the clock of this machine by the network",
    );
    Diagnosis::of_problem("clock", DiagnosisState::Limited, &problem)
}

async fn points(source: &JiraSource, api: &Api<'_>) -> Diagnosis {
    let fields = match api.get("fields", "field").await.and_then(|reply| reply.items::<wire::Field>(&[])) {
        Ok(fields) => fields.kept,
        Err(error) => return Diagnosis::of_error("points", &error.into()),
    };
    let found = CustomFields::find(&fields, source.settings.points_field.as_deref());
    let names: Vec<String> = fields
        .iter()
        .filter(|field| found.points.iter().any(|id| *id == *field.id))
        .map(|field| format!("\"{}\" ({})", field.name, field.id))
        .collect();
    if !names.is_empty() {
        return Diagnosis::good("points", format!("read from {}", names.join(", then ")));
    }
    let next_step = if found.candidates.is_empty() {
        "stories are counted without points".to_owned()
    } else {
        let list: Vec<String> = found.candidates.iter().map(|name| format!("\"{name}\"")).collect();
        format!("set `points_field` to one of {}", list.join(", "))
    };
    let what = match &source.settings.points_field {
        Some(name) => format!("there is no field \"{name}\" with a number"),
        None => "there is no field for story points".to_owned(),
    };
    Diagnosis::of_problem("points", DiagnosisState::Limited, &Problem::new(what, next_step))
}

async fn statuses(source: &JiraSource, api: &Api<'_>) -> Diagnosis {
    let statuses =
        match api.get("statuses", "status").await.and_then(|reply| reply.items::<wire::Status>(&[])) {
            Ok(statuses) => statuses.kept,
            Err(error) => return Diagnosis::of_error("statuses", &error.into()),
        };
    let total = statuses.len();
    let mut unknown: Vec<Text> = statuses
        .into_iter()
        .map(|status| KnownStatus {
            category: status.category.map(|category| category.key).unwrap_or_default(),
            name: status.name,
        })
        .filter(|status| {
            category_of_key(&status.category) == Category::Unknown
                && source.words.status(&status.name).is_none()
        })
        .map(|status| status.name)
        .collect();
    unknown.sort();
    unknown.dedup();
    if unknown.is_empty() {
        return Diagnosis::good("statuses", format!("all {total} are understood"));
    }
    let list: Vec<String> = unknown.iter().take(5).map(|name| format!("\"{name}\"")).collect();
    let problem = Problem::new(
        format!("{} of {total} have no meaning: {}", unknown.len(), list.join(", ")),
        "name them in `statuses` of the jira source, or give them a category in Jira",
    );
    Diagnosis::of_problem("statuses", DiagnosisState::Limited, &problem)
}

//! What can be said about an Argo CD to somebody who wonders why it does not answer as it should.

use super::{POLICY, wire::Version};
use crate::{
    domain::Problem,
    source::{
        Answer, Diagnosis, DiagnosisState, Round, SourceError,
        http::{Http, HttpErrorKind, Request, SignedIn},
    },
};

/// Whether it answers, and which version it is: it says so to everybody.
pub(super) async fn reachable(http: &Http, round: &Round) -> Vec<Diagnosis> {
    let session = http.session(round);
    let reply = session.send(Request::get("version", "api/version").never_remembered()).await;
    let version = match reply.and_then(|reply| reply.json::<Version>()) {
        Ok(version) => format!(", Argo CD {}", version.version),
        Err(error)
            if matches!(error.kind(), HttpErrorKind::SignedOut { .. } | HttpErrorKind::Forbidden { .. }) =>
        {
            String::new()
        }
        Err(error) => return vec![Diagnosis::of_problem("reachable", DiagnosisState::Bad, &error.problem())],
    };
    vec![Diagnosis::good("reachable", format!("{}{version}", http.host()))]
}

/// Who is signed in, and what a round came to.
pub(super) fn reading(http: &Http, answer: Result<Answer, SourceError>) -> Vec<Diagnosis> {
    let mut points = vec![if let Some(SignedIn::With(from)) = http.signed_in() {
        Diagnosis::good("signed in", format!("with {from}"))
    } else {
        let problem = Problem::new(
            "nobody is signed in: an Argo CD usually shows nothing to anonymous visitors",
            format!("set ARGOCD_AUTH_TOKEN to a token whose role has {POLICY}"),
        );
        Diagnosis::of_problem("signed in", DiagnosisState::Limited, &problem)
    }];
    match answer {
        Err(error) => points.push(Diagnosis::of_error("reads", &error)),
        Ok(Answer::Unchanged) => points.push(Diagnosis::good("reads", "it answered")),
        Ok(Answer::Facts(facts)) => {
            let what = format!(
                "{} deployments to {} environments, {} freezes at {}",
                facts.deployments.len(),
                facts.environments.len(),
                facts.freezes.len(),
                http.host()
            );
            points.push(Diagnosis::good("reads", what));
            let limited = |problem| Diagnosis::of_problem("reads", DiagnosisState::Limited, problem);
            points.extend(facts.problems.iter().map(limited));
        }
    }
    points
}

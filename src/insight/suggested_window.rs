//! Which windows are suggested for a deployment: one rule for the schedule, for "can this go then?",
//! and for who should yield a place.
//!
//! A suggested window is as long as the planned one, and as long as such a deployment usually takes at
//! most. In production it does not begin before the release is ready as likely as not: a time that is
//! free and comes too early helps nobody. Elsewhere releases go to become ready.

use chrono::Duration;

use crate::domain::{Deployment, EnvironmentId, Instant, Window};

use super::{
    Estimate, ForecastDate, ForecastView, ReleaseInsight, context::Context, schedule::minutes,
    schedule_rules::needed_before,
};

/// How long a window must be for a deployment that is planned for `planned` and usually takes as long
/// as `usual` says: as long as the one it has, and as the P85.
pub(crate) fn needed_length(planned: Window, usual: Option<&Estimate>) -> Duration {
    let usual = usual.map_or(Duration::zero(), |usual| minutes(usual.p85_minutes));
    planned.duration().max(usual)
}

/// From when on a window for `deployment` is looked for: not before what it needs is deployed, and
/// not before its release is ready. Where gates are red on the last day (`is_red`) that is in 85 of
/// 100 cases, in production otherwise in half of them.
///
/// # Errors
///
/// Why there is no such time, in words.
pub(crate) fn earliest(
    context: &Context<'_>,
    deployment: &Deployment,
    release: Option<&ReleaseInsight>,
    is_red: bool,
) -> Result<Instant, String> {
    let ready = match release.and_then(|release| ready(context, release, &deployment.environment, is_red)) {
        Some((ForecastDate::Beyond, which)) => return Err(format!("its {which} is beyond 3 years")),
        Some((ForecastDate::By(at), _)) => at,
        None => context.now,
    };
    Ok(ready.max(context.now).max(needed_before(context, deployment)?))
}

/// When a release is ready for a window at `environment`, and by which date of its forecast; none
/// where that is no question, or nobody can tell.
fn ready(
    context: &Context<'_>,
    release: &ReleaseInsight,
    environment: &EnvironmentId,
    is_red: bool,
) -> Option<(ForecastDate, &'static str)> {
    match release.forecast {
        ForecastView::Dates { p85, .. } if is_red => Some((p85, "P85")),
        ForecastView::Dates { p50, .. } if context.is_production(environment) => Some((p50, "P50")),
        _ => None,
    }
}

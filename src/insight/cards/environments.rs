//! What environments cost and how they are used, and where deployments are hard.

use chrono::Duration;

use crate::{
    domain::{DeploymentState, Text, Window},
    insight::{
        Cost, DeploymentRow, EnvironmentsView, Extreme, HardPlace, MonthCost, PlaceKind, Subject, words,
    },
};

use super::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture, behind,
    parts::{counted, figure, sentence},
};

/// Share of the booked working time that is idle from which on it is worth an eye, and needs
/// somebody.
const IDLE: [f64; 2] = [0.2, 0.4];
/// Failure rate that a place surely exceeds from which on it is worth an eye.
const HARD: f64 = 0.1;
/// Days that a booking must reach into to count as use.
const USE_DAYS: i64 = 90;
/// Bookings that are named of a peak.
const NAMED: usize = 4;

pub(super) fn card(material: &Material<'_>) -> Card {
    let view = EnvironmentsView::within(material.board, material.context, material.membership());
    if view.bookings.is_empty() && view.hard.is_empty() {
        return Card::silent(
            CardId::EnvironmentCost,
            "no source tells of a booking or of a deployment that ended",
        );
    }
    let idle = idle(&view);
    let unapproved = view.conflicts.iter().filter(|conflict| !conflict.approved).count();
    let hardest = view.hard.iter().find(|place| place.failed.is_ranked() && place.failed.events > 0);
    let month = view.cost.this_month();
    let use_of_them = match idle {
        _ if !view.bookings_known => "who has which environment is not fully known".to_owned(),
        Some([idle, _]) => format!(
            "{} of the working time booked in the last {USE_DAYS} days saw no use",
            words::percent(idle)
        ),
        None => String::new(),
    };
    let conflicts = match unapproved {
        0 => String::new(),
        some => format!("{} to solve", words::count(some, "conflict", "conflicts")),
    };
    let hard = hardest.map(|place| {
        let kind = if place.kind == PlaceKind::Platform { "platform" } else { "environment" };
        format!(
            "hardest {kind}: {}, where {} of {} deployments failed",
            place.name, place.failed.events, place.failed.runs
        )
    });
    Card {
        id: CardId::EnvironmentCost,
        sentence: Text::new(sentence([
            month.filter(|_| !view.cost.releases.is_empty()).map(spending).unwrap_or_default(),
            use_of_them,
            conflicts,
            hard.unwrap_or_default(),
        ])),
        standing: match idle {
            _ if !view.bookings_known => CardStanding::Unknown,
            Some([idle, _]) if idle >= IDLE[1] => CardStanding::Poor,
            Some([idle, _]) if idle >= IDLE[0] => CardStanding::Watch,
            _ if unapproved > 0 => CardStanding::Watch,
            Some(_) => CardStanding::Good,
            None => CardStanding::Told,
        },
        figures: vec![
            figure("month_so_far", priced(&view, |month| Some(month.so_far)), "money"),
            figure("month_booked_ahead", priced(&view, |month| Some(month.ahead)), "money"),
            figure("month_expected", priced(&view, |month| month.expected), "money"),
            figure("month_forecast", priced(&view, |month| Some(month.forecast())), "money"),
            figure("usual_month", view.cost.usual, "money"),
            figure("idle", idle.map(|[idle, _]| idle), "share"),
            figure("use_not_known", idle.map(|[_, unclear]| unclear), "share"),
            counted("conflicts", view.conflicts.len(), "conflicts"),
            counted(
                "ranked_places",
                view.hard.iter().filter(|place| place.failed.is_ranked()).count(),
                "places",
            ),
        ],
        picture: picture(&view.cost),
        columns: vec![
            CardColumn::words("what"),
            CardColumn::words("when"),
            CardColumn::figures("how much"),
            CardColumn::words("made by"),
        ],
        rows: rows(material, &view),
        notes: notes(&view),
        left_out: left_out(&view),
    }
}

/// A figure of this month, where anything that is booked has a price.
fn priced(view: &EnvironmentsView, of: impl Fn(&MonthCost) -> Option<f64>) -> Option<f64> {
    view.cost.this_month().filter(|_| !view.cost.releases.is_empty()).and_then(of)
}

/// The shares of the booked working time that is over in which nothing was seen, and of which
/// nobody can tell, of bookings that reach into the last [`USE_DAYS`]. A booking of a group counts once.
fn idle(view: &EnvironmentsView) -> Option<[f64; 2]> {
    let from = view.at - Duration::days(USE_DAYS);
    let lately = view.bookings.iter().filter(|one| one.booking.window.until > from);
    let [used, idle, unclear] = lately.fold([0, 0, 0], |sum, one| {
        [sum[0] + one.used_seconds, sum[1] + one.idle_seconds, sum[2] + one.unclear_seconds]
    });
    let all = used + idle + unclear;
    (all > 0).then(|| [idle as f64 / all as f64, unclear as f64 / all as f64])
}

fn spending(month: &MonthCost) -> String {
    let [so_far, ahead, expected] = month.in_whole_units();
    let mut parts =
        vec![format!("{} so far", words::amount(so_far)), format!("{} booked ahead", words::amount(ahead))];
    parts.extend((expected > 0.0).then(|| format!("{} expected", words::amount(expected))));
    format!(
        "{} will cost {}: {}",
        month.month.format("%B"),
        words::amount(month.forecast().round()),
        parts.join(", ")
    )
}

/// The months by what they cost; by days that are booked where nothing has a price.
fn picture(cost: &Cost) -> Picture {
    let has_prices = !cost.releases.is_empty();
    if !has_prices && cost.months.iter().all(|month| month.booked_days <= 0.0) {
        return Picture::None;
    }
    let bar = |month: &MonthCost| {
        let days = format!("{:.0} booked days", month.booked_days);
        let (parts, says) = if has_prices {
            let parts = vec![month.so_far, month.ahead, month.expected.unwrap_or(0.0)];
            (parts, format!("{}, {days}", words::amount(month.forecast())))
        } else {
            (vec![month.booked_days], days)
        };
        Bar {
            label: Text::new(month.month.format("%b %Y").to_string()),
            parts,
            says: Text::new(says),
            standing: CardStanding::Told,
        }
    };
    let parts = if has_prices { &["so far", "booked ahead", "expected"][..] } else { &["booked days"][..] };
    Picture::Parts {
        parts: parts.iter().map(Text::new).collect(),
        bars: cost.months.iter().map(bar).collect(),
    }
}

/// Peaks and troughs from this month on, then of the months before; then the hard places.
fn rows(material: &Material<'_>, view: &EnvironmentsView) -> Vec<CardRow> {
    let this = view.cost.this_month().map(|month| month.month);
    let mut months: Vec<&MonthCost> = view.cost.months.iter().filter(|month| month.booked() > 0.0).collect();
    months.sort_by_key(|month| {
        (
            Some(month.month) < this,
            (Some(month.month) < this).then_some(std::cmp::Reverse(month.month)),
            month.month,
        )
    });
    let extreme = |name: &str, month: &MonthCost, found: &Extreme| {
        let made: Vec<_> =
            view.bookings.iter().filter(|made| found.bookings.contains(&made.booking.id)).collect();
        let mut names: Vec<String> = made
            .iter()
            .map(|made| {
                let booking = &made.booking;
                let who =
                    booking.release.as_ref().map_or_else(|| booking.id.to_string(), ToString::to_string);
                format!("{who} on {}", booking.environment)
            })
            .collect();
        names.dedup();
        let by = if names.is_empty() { "nothing booked".to_owned() } else { words::list(&names, NAMED) };
        CardRow {
            cells: [
                format!("{name} of {}", month.month.format("%b %Y")),
                span(&found.window, material),
                format!("{} a day", words::amount(found.per_day)),
                by,
            ]
            .map(Text::new)
            .to_vec(),
            standing: CardStanding::Told,
            subject: made.first().map(|made| Subject::Environment(made.booking.environment.clone())),
            behind: behind(&made, |made| {
                let booking = &made.booking;
                let who =
                    booking.release.as_ref().map_or_else(|| booking.id.to_string(), ToString::to_string);
                format!("{who} on {}, {}", booking.environment, span(&booking.window, material))
            }),
        }
    };
    let extremes = months.into_iter().flat_map(|month| {
        let peak = month.peak.as_ref().map(|found| extreme("peak", month, found));
        let trough = month.trough.as_ref().map(|found| extreme("trough", month, found));
        peak.into_iter().chain(trough)
    });
    extremes
        .chain(view.hard.iter().filter(|place| place.failed.is_ranked()).map(|place| hard(material, place)))
        .collect()
}

fn hard(material: &Material<'_>, place: &HardPlace) -> CardRow {
    let kind = if place.kind == PlaceKind::Platform { "platform" } else { "environment" };
    let rate = &place.failed;
    let overran = place
        .overran
        .filter(crate::insight::Rate::is_ranked)
        .map(|overran| format!("{} of {} took longer than planned", overran.events, overran.runs));
    CardRow {
        cells: [
            format!("{kind} {}", place.name),
            format!("above {}", words::percent(rate.lower)),
            format!("{} of {} failed", rate.events, rate.runs),
            overran.unwrap_or_default(),
        ]
        .map(Text::new)
        .to_vec(),
        standing: if rate.lower >= HARD { CardStanding::Watch } else { CardStanding::Told },
        subject: (place.kind == PlaceKind::Environment)
            .then(|| Subject::Environment(crate::domain::EnvironmentId::new(&place.name))),
        behind: behind(&failed(material, place), |row| {
            let deployment = &row.deployment;
            let what =
                deployment.release.as_ref().map_or_else(|| deployment.id.to_string(), ToString::to_string);
            let at = deployment.finished_at.unwrap_or(deployment.window.until);
            let day = words::day(at, &material.context.policy.calendar);
            format!("{what} → {}: {} {day}", deployment.environment, deployment.state.word())
        }),
    }
}

/// The deployments that failed there, the newest first.
fn failed<'a>(material: &Material<'a>, place: &HardPlace) -> Vec<&'a DeploymentRow> {
    let is_there = |row: &&DeploymentRow| match place.kind {
        PlaceKind::Environment => row.deployment.environment.as_str() == &*place.name,
        PlaceKind::Platform => material
            .context
            .environment(&row.deployment.environment)
            .is_some_and(|environment| environment.platform.as_deref() == Some(&*place.name)),
    };
    let has_failed = |row: &&DeploymentRow| {
        matches!(row.deployment.state, DeploymentState::Failed | DeploymentState::RolledBack)
    };
    let all = material.board.insight.schedule.deployments.iter();
    let mut failed: Vec<&DeploymentRow> = all.filter(is_there).filter(has_failed).collect();
    failed.sort_by_key(|row| std::cmp::Reverse((row.deployment.window.from, &row.deployment.id)));
    failed
}

/// From the first day to the last one that it touches.
fn span(window: &Window, material: &Material<'_>) -> String {
    let calendar = &material.context.policy.calendar;
    let [from, until] = [window.from, window.until - Duration::seconds(1)].map(|at| words::day(at, calendar));
    if from == until { from } else { format!("{from} to {until}") }
}

fn notes(view: &EnvironmentsView) -> Vec<Text> {
    vec![match view.cost.usual {
        Some(usual) => Text::new(format!(
            "expected is what is usual, {} a month (median of {} whole months), less what is booked",
            words::amount(usual),
            view.cost.usual_months
        )),
        None => {
            Text::new("nothing is expected beyond what is booked: fewer than three whole months are known")
        }
    }]
}

fn left_out(view: &EnvironmentsView) -> Vec<Text> {
    let mut left_out = Vec::new();
    if !view.cost.unpriced.is_empty() {
        let count = words::count(view.cost.unpriced.len(), "environment", "environments");
        let names: Vec<&str> = view.cost.unpriced.iter().map(crate::domain::EnvironmentId::as_str).collect();
        left_out.push(Text::new(format!(
            "{count} left out of the cost, which nobody priced: {}",
            words::list(&names, NAMED)
        )));
    }
    let few = view.hard.iter().filter(|place| !place.failed.is_ranked()).count();
    if few > 0 {
        left_out.push(Text::new(format!(
            "{} with fewer than 5 deployments that ended left out of the hard ones",
            words::count(few, "place", "places")
        )));
    }
    left_out
}

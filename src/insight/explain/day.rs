//! "Why?" of one day of the burn-down: what entered, left, became ready on it.

use chrono::NaiveDate;

use crate::domain::{Kind, StoryKind};
use crate::insight::{
    Unit,
    burn_down::{trace_pull_requests, trace_stories},
    scope::{Counts, Lines, Tracer},
    words,
};

use super::{Explainer, Explanation, missing};

/// What can happen to an item on a day, in the order that it is told.
/// Whether an event is between two days.
type IsEvent = fn(Counts, Counts) -> bool;

const EVENTS: [(&str, IsEvent); 6] = [
    ("entered", |before, after| after.scope && !before.scope),
    ("left", |before, after| before.scope && !after.scope),
    ("became ready", |before, after| after.ready && !before.ready),
    ("is ready no longer", |before, after| before.ready && after.scope && !after.ready),
    ("defect opened", |before, after| after.defect && !before.defect),
    ("defect closed", |before, after| before.defect && !after.defect),
];

impl Explainer<'_, '_> {
    pub(super) fn day_of_the_burn_down(&self, day: NaiveDate) -> Explanation {
        let title = day.format("%a %-d %b %Y").to_string();
        let Some(insight) = self.insight else { return missing(&title) };
        let burn_down = &insight.burn_down;
        let Some(shown) = burn_down.days.iter().find(|shown| shown.day == day) else {
            return missing(&title);
        };
        let what = match burn_down.unit {
            Unit::Stories => "stories",
            Unit::PullRequests => "pull requests",
        };
        let mut value = vec![format!("{} of {} {what} remain", shown.remaining(), shown.scope)];
        value.extend(
            shown.points.map(|points| format!("{} of {} points remain", points.remaining(), points.scope)),
        );
        if shown.defects > 0 {
            value.push(words::count(shown.defects as usize, "open defect", "open defects"));
        }
        value.extend(shown.tests.map(|tests| format!("tests {}", words::percent(tests))));
        let told = if burn_down.is_rebuilt(day) {
            "Rebuilt: told by the items' own events, as nobody was watching the sources on that day."
        } else {
            "Observed: the sources were being watched on that day."
        };
        let mut formula = format!(
            "The state at the end of the day; today's is now's. Below is what was another at its end than at \
             the end of the day before. {told}"
        );
        let (counted, (scope, ready)) = self.happened_on(day);
        let is_last = burn_down.days.last().is_some_and(|last| last.day == day);
        if !is_last && (scope, ready) != (shown.scope, shown.ready) {
            formula = format!(
                "{formula} The sources have rewritten their past since: by what they tell today, {} of {scope} \
                 would have remained.",
                scope.saturating_sub(ready)
            );
        }
        let unestimated = shown.points.map_or(0, |points| points.unestimated);
        if unestimated > 0 {
            let stories = words::count(unestimated as usize, "story has", "stories have");
            formula = format!("{formula} {stories} no estimate and weigh nothing in points.");
        }
        Explanation {
            notes: Vec::new(),
            title,
            value: value.join(" · "),
            formula,
            counted,
            left_out: Vec::new(),
            sources: self.sources(match burn_down.unit {
                Unit::Stories => &[Kind::Stories, Kind::Defects, Kind::TestRuns],
                Unit::PullRequests => &[Kind::PullRequests],
            }),
        }
    }

    /// What happened to the items of the release on a day, by kind of event; and what they count
    /// as at its end: in scope, ready.
    fn happened_on(&self, day: NaiveDate) -> (Vec<String>, (u32, u32)) {
        let Some(index) = self.index else { return Default::default() };
        let context = self.context;
        let since = (day - context.days.date(0)).num_days();
        let Ok(number) = usize::try_from(since) else { return Default::default() };
        let (mut scope, mut ready) = (0, 0);
        let mut lines: [Vec<String>; EVENTS.len()] = Default::default();
        let mut note = |before: Counts, after: Counts, name: &dyn Fn() -> String| {
            scope += u32::from(after.scope);
            ready += u32::from(after.ready);
            for (lines, (event, happened)) in lines.iter_mut().zip(EVENTS) {
                if happened(before, after) {
                    lines.push(format!("{event}: {}", name()));
                }
            }
        };
        let around = |changes: &[_]| {
            let before = number.checked_sub(1).map(|before| Lines::counts_on(changes, before));
            (before.unwrap_or_default(), Lines::counts_on(changes, number))
        };
        let mut tracer = Tracer::default();
        if self.insight.is_some_and(|insight| insight.burn_down.unit == Unit::PullRequests) {
            trace_pull_requests(
                context,
                &self.membership,
                index,
                &mut tracer,
                &context.days,
                |item, changes| {
                    let (before, after) = around(changes);
                    let pull_request = context.pull_requests[item];
                    note(before, after, &|| format!("{} {}", pull_request.id, pull_request.title));
                },
            );
        }
        trace_stories(context, &self.membership, index, &mut tracer, &context.days, |item, changes, _| {
            let (before, after) = around(changes);
            let story = context.stories[item];
            note(before, after, &|| {
                let points = story.points.filter(|_| story.kind == StoryKind::Story);
                let points = match points {
                    Some(1.0) => " · 1 point".to_owned(),
                    Some(points) => format!(" · {points} points"),
                    None => String::new(),
                };
                format!("{} {}{points}", story.key, story.title)
            });
        });
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        let nothing = || vec!["nothing entered, left or became ready".to_owned()];
        (if lines.is_empty() { nothing() } else { lines }, (scope, ready))
    }
}

//! `[[metric]]`, `[[gate]]`, `[[on_call]]`, `[[accept_drift]]` and `[[team]]`: what an organisation
//! counts and demands of its releases, who stands by when they go out, which differences between
//! environments it means to have, and who works together.

use super::{
    complaint::{Complaint, Place, nearest},
    document::{Moment, TableReader, number_of, text_of},
    duration::parse_duration,
    sections::{self, SectionConfig},
    teams,
};
use crate::domain::{
    AcceptedDrift, Aggregate, Calendar, Comparison, GateRule, Items, Metric, OnCall, Team, Text, Window,
};
use crate::insight::{
    GateName,
    metrics::{self, BUILT_IN, MetricError, Unit, built_in},
    query::QueryError,
};

/// Keys at the top of a file that hold such tables.
pub(crate) const RULE_TABLES: [&str; 6] = ["metric", "gate", "section", "on_call", "accept_drift", "team"];

/// Most metrics, and most gates: each is counted for each release. Most accepted differences.
const MOST: usize = 100;
/// Most shifts of people on call: some years of weeks.
const MOST_SHIFTS: usize = 2_000;

/// What one layer says of metrics and gates.
#[derive(Debug, Default)]
pub(crate) struct WrittenRules {
    metrics: Vec<(Metric, Unit)>,
    gates: Vec<WrittenGate>,
    accepted_drift: Vec<AcceptedDrift>,
    sections: Vec<SectionConfig>,
    shifts: Vec<WrittenShift>,
    teams: Vec<Team>,
}

/// `[[on_call]]`. When it is depends on the time zone, which may stand in another file.
#[derive(Clone, Debug)]
pub(crate) struct WrittenShift {
    who: Text,
    from: Moment,
    until: Moment,
    environments: Vec<Text>,
    place: Place,
}

impl WrittenShift {
    /// When it is by `calendar`; complains where it ends before it begins.
    pub(crate) fn resolve(self, calendar: &Calendar, complaints: &mut Vec<Complaint>) -> Option<OnCall> {
        let from = match self.from {
            Moment::Day(day) => calendar.start_of(day),
            Moment::Local(local) => calendar.instant_of(local),
            Moment::Fixed(instant) => instant,
        };
        let until = match self.until {
            // A day is included.
            Moment::Day(day) => calendar.end_of(day) + chrono::Duration::seconds(1),
            Moment::Local(local) => calendar.instant_of(local),
            Moment::Fixed(instant) => instant,
        };
        if until <= from {
            let what = format!("[on_call] of {} ends before it begins", self.who);
            complaints.push(Complaint::new(self.place, what, "correct `from` and `until`"));
            return None;
        }
        Some(OnCall { who: self.who, window: Window { from, until }, environments: self.environments })
    }
}

/// `[[gate]]`. What its threshold means depends on a metric that may stand in another file.
#[derive(Clone, Debug)]
struct WrittenGate {
    rule: GateRule,
    threshold: Threshold,
    metric_at: Place,
    threshold_at: Place,
}

#[derive(Clone, Copy, Debug)]
enum Threshold {
    Number(f64),
    /// `"90 %"`, 0 to 1.
    Share(f64),
    Seconds(f64),
}

const ITEMS: [(&str, Items); 6] = {
    let mut named = [("", Items::Stories); 6];
    let mut index = 0;
    while index < named.len() {
        named[index] = (Items::ALL[index].key(), Items::ALL[index]);
        index += 1;
    }
    named
};

const AGGREGATES: [(&str, Aggregate); 5] = [
    ("count", Aggregate::Count),
    ("share", Aggregate::Share),
    ("median", Aggregate::Median),
    ("p85", Aggregate::P85),
    ("sum", Aggregate::Sum),
];

const OPERATORS: [(&str, Comparison); 5] = [
    ("<=", Comparison::AtMost),
    ("<", Comparison::Below),
    (">=", Comparison::AtLeast),
    (">", Comparison::Above),
    ("==", Comparison::Equal),
];

/// Reads the metrics and gates at the top of a file. What cannot be used is left out and
/// complained about.
pub(crate) fn read(top: &mut TableReader<'_>) -> WrittenRules {
    let mut rules = WrittenRules::default();
    for mut table in top.tables("metric", "metric") {
        let read = metric(&mut table);
        let is_double = read
            .as_ref()
            .is_some_and(|(metric, _)| rules.metrics.iter().any(|(other, _)| other.name == metric.name));
        check_count(&table, is_double, rules.metrics.len());
        table.finish();
        rules.metrics.extend(read.filter(|_| !is_double && rules.metrics.len() < MOST));
    }
    for mut table in top.tables("gate", "gate") {
        let read = gate(&mut table);
        let is_double = read
            .as_ref()
            .is_some_and(|gate| rules.gates.iter().any(|other| other.rule.name == gate.rule.name));
        check_count(&table, is_double, rules.gates.len());
        table.finish();
        rules.gates.extend(read.filter(|_| !is_double && rules.gates.len() < MOST));
    }
    for mut table in top.tables("on_call", "on_call") {
        let read = shift(&mut table);
        if rules.shifts.len() >= MOST_SHIFTS {
            table.complain(format!("more than {MOST_SHIFTS} [[on_call]]"), "remove those that are over");
        }
        table.finish();
        rules.shifts.extend(read.filter(|_| rules.shifts.len() < MOST_SHIFTS));
    }
    rules.sections = sections::read(top);
    rules.teams = teams::read(top);
    for mut table in top.tables("accept_drift", "accept_drift") {
        let read = accepted_drift(&mut table);
        check_count(&table, false, rules.accepted_drift.len());
        table.finish();
        rules.accepted_drift.extend(read.filter(|_| rules.accepted_drift.len() < MOST));
    }
    rules
}

fn shift(table: &mut TableReader<'_>) -> Option<WrittenShift> {
    let place = table.place();
    let who = table.required_text("who");
    let mut moment = |key: &'static str| {
        let moment = table.moment(key);
        if !table.has(key) {
            table.complain(format!("[on_call] without `{key}`"), format!("add {key} = 2026-12-01T18:00:00"));
        }
        moment
    };
    let (from, until) = (moment("from"), moment("until"));
    let environments = table.texts("environments");
    Some(WrittenShift { who: who?, from: from?, until: until?, environments, place })
}

fn check_count(table: &TableReader<'_>, is_double: bool, count: usize) {
    if is_double {
        table.complain(format!("a second [[{}]] of this name", table.name()), "give it another name");
    } else if count >= MOST {
        table.complain(format!("more than {MOST} [[{}]]", table.name()), "remove some");
    }
}

fn accepted_drift(table: &mut TableReader<'_>) -> Option<AcceptedDrift> {
    let component = table.required_text("component");
    let environment = table.required_text("environment");
    let reason = table.required_text("reason");
    let keys = table.texts("keys");
    Some(AcceptedDrift { component: component?, environment: environment?, reason: reason?, keys })
}

fn metric(table: &mut TableReader<'_>) -> Option<(Metric, Unit)> {
    let name = table.required_text("name").filter(|name| {
        let is_taken = BUILT_IN.contains(&name.as_str());
        if is_taken {
            let what = format!("`{name}` is a built-in metric");
            table.complain_within("name", 0, what, "give yours another name");
        }
        !is_taken
    });
    let items = named(table, "items", &ITEMS);
    if !table.has("items") {
        let names: Vec<_> = ITEMS.iter().map(|(name, _)| *name).collect();
        table.complain("[metric] without `items`", format!("add items = \"…\", one of {}", names.join(", ")));
    }
    let filter = query_text(table, "where");
    let aggregate = named(table, "aggregate", &AGGREGATES);
    let aggregate = if table.has("aggregate") { aggregate } else { Some(Aggregate::Count) };
    let of = query_text(table, "of");
    let period = table.duration("period");
    let is_period_read = period.is_some() || !table.has("period");
    let metric = Metric {
        name: name?,
        items: items?,
        filter: filter?,
        aggregate: aggregate?,
        of: of?,
        period_seconds: period.map(|period| period.as_secs()),
    };
    if !is_period_read {
        return None;
    }
    match metrics::compile(&metric) {
        Ok((_, unit)) => Some((metric, unit)),
        Err(MetricError::Filter(error)) => {
            wrong_query(table, "where", &metric.filter, &error);
            None
        }
        Err(MetricError::Of(error)) => {
            wrong_query(table, "of", &metric.of, &error);
            None
        }
        Err(MetricError::OfMissing) => {
            let example = if metric.aggregate == Aggregate::Share { "is:done" } else { "age" };
            let what = if metric.aggregate == Aggregate::Share { "the query" } else { "the field" };
            table.complain(
                "[metric] without `of`",
                format!("say {what} that it is made of, such as of = \"{example}\""),
            );
            None
        }
        Err(MetricError::OfNotNeeded) => {
            table.complain_within("of", 0, "a count has no `of`", "remove it, or add aggregate = \"share\"");
            None
        }
    }
}

/// A query as it is written; empty if it is not there.
pub(super) fn query_text(table: &mut TableReader<'_>, key: &'static str) -> Option<Text> {
    if !table.has(key) {
        return Some(Text::default());
    }
    let written = table.read(key, "a text", |value| value.as_str().map(str::to_owned))?;
    // A text that is cut would mean something else.
    if written.chars().count() > Text::LONGEST {
        table.complain_within(key, 0, format!("`{key}` is longer than {} characters", Text::LONGEST), "");
        return None;
    }
    Some(Text::new(written))
}

pub(super) fn wrong_query(table: &TableReader<'_>, key: &'static str, query: &Text, error: &QueryError) {
    let guess = nearest(&error.word, error.known.iter().map(|known| &**known))
        .map(|near| format!(" — did you mean `{near}`?"))
        .unwrap_or_default();
    let mut next_step = format!("{query}\n  {}", error.carets(query));
    if !error.known.is_empty() {
        let mut known = error.known.clone();
        known.sort_unstable();
        next_step += "\n  allowed here: ";
        next_step += &known.join(", ");
    }
    table.complain_within(key, error.at.start, format!("in `{key}`: {}{guess}", error.what), next_step);
}

/// One of several words; complains with the nearest one.
fn named<T: Copy>(table: &mut TableReader<'_>, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
    let written = table.read(key, "a text", |value| value.as_str().map(str::to_owned))?;
    let found = words.iter().find(|(name, _)| *name == written.trim());
    if found.is_none() {
        let names = || words.iter().map(|(name, _)| *name);
        let guess = nearest(&written, names()).map(|near| format!(" — did you mean `{near}`?"));
        let what = format!("no {key} `{}`{}", Text::new(&written), guess.unwrap_or_default());
        table.complain_within(
            key,
            0,
            what,
            format!("allowed here: {}", names().collect::<Vec<_>>().join(", ")),
        );
    }
    found.map(|(_, meaning)| *meaning)
}

fn gate(table: &mut TableReader<'_>) -> Option<WrittenGate> {
    let name = table.required_text("name").filter(|name| {
        let is_taken = matches!(GateName::from(name.clone()), GateName::Own(_));
        if !is_taken {
            let what = format!("`{name}` is a gate that every board has");
            table.complain_within("name", 0, what, "give yours another name");
        }
        is_taken
    });
    let metric = table.required_text("metric");
    let operator = named(table, "operator", &OPERATORS);
    if !table.has("operator") {
        table.complain("[gate] without `operator`", "add operator = \"<=\", or one of <, >=, > and ==");
    }
    let expected = "a number, a share such as \"90 %\", or a length of time such as \"3d\"";
    let threshold = table.read("threshold", expected, |value| {
        number_of(value).map(Threshold::Number).or_else(|| threshold(&text_of(value)?))
    });
    if !table.has("threshold") {
        table.complain("[gate] without `threshold`", format!("add threshold = …: {expected}"));
    }
    let required = table.flag("required").unwrap_or(false);
    let scope = table.texts("scope");
    let rule =
        GateRule { name: name?, metric: metric?, operator: operator?, threshold: 0.0, required, scope };
    let (metric_at, threshold_at) = (table.place_of("metric"), table.place_of("threshold"));
    Some(WrittenGate { rule, threshold: threshold?, metric_at, threshold_at })
}

fn threshold(written: &str) -> Option<Threshold> {
    if let Some(share) = written.strip_suffix('%') {
        let share = share.trim().parse::<f64>().ok()? / 100.0;
        return (0.0..=1.0).contains(&share).then_some(Threshold::Share(share));
    }
    let (sign, length) = match written.strip_prefix('-') {
        Some(length) => (-1.0, length),
        None => (1.0, written),
    };
    parse_duration(length).map(|length| Threshold::Seconds(sign * length.as_secs_f64()))
}

/// The metrics and gates of all layers: of those of one name the one of the later layer. And every
/// accepted difference.
#[derive(Default)]
pub(crate) struct Rules {
    metrics: Vec<(Metric, Unit)>,
    gates: Vec<WrittenGate>,
    accepted_drift: Vec<AcceptedDrift>,
    pub(crate) sections: Vec<SectionConfig>,
    shifts: Vec<WrittenShift>,
    teams: Vec<Team>,
}

/// What [`Rules`] come to.
pub(crate) struct Resolved {
    pub(crate) metrics: Vec<Metric>,
    pub(crate) gates: Vec<GateRule>,
    /// Of all layers together: who is on call for one may be told in any of them.
    pub(crate) shifts: Vec<WrittenShift>,
    pub(crate) accepted_drift: Vec<AcceptedDrift>,
    pub(crate) teams: Vec<Team>,
}

impl Rules {
    pub(crate) fn add(&mut self, written: WrittenRules) {
        for metric in written.metrics {
            put(&mut self.metrics, metric, |(metric, _)| &metric.name);
        }
        for gate in written.gates {
            put(&mut self.gates, gate, |gate| &gate.rule.name);
        }
        self.shifts.extend(written.shifts);
        for section in written.sections {
            put(&mut self.sections, section, |section| &section.name);
        }
        for team in written.teams {
            put(&mut self.teams, team, |team| &team.name);
        }
        // Differences are accepted by every layer that names them.
        self.accepted_drift.extend(written.accepted_drift);
    }

    /// The metrics, and the gates over them and the built-in ones; what does not fit together is
    /// added to `complaints`.
    pub(crate) fn resolve(self, complaints: &mut Vec<Complaint>) -> Resolved {
        let mut gates = Vec::with_capacity(self.gates.len());
        for written in self.gates {
            let name = &written.rule.metric;
            let own = self.metrics.iter().find(|(metric, _)| metric.name == *name).map(|(_, unit)| *unit);
            let unit = own.or_else(|| metrics::compile(&built_in(name)?).ok().map(|(_, unit)| unit));
            let Some(unit) = unit else {
                let own = self.metrics.iter().map(|(metric, _)| metric.name.as_str());
                let known: Vec<&str> = own.chain(BUILT_IN).collect();
                let guess = nearest(name, known.iter().copied())
                    .map(|near| format!(" — did you mean `{near}`?"))
                    .unwrap_or_default();
                complaints.push(Complaint::new(
                    written.metric_at,
                    format!("no metric `{name}`{guess}"),
                    format!("there are {}", known.join(", ")),
                ));
                continue;
            };
            match fits(written.threshold, unit) {
                Ok(threshold) => gates.push(GateRule { threshold, ..written.rule }),
                Err(needed) => complaints.push(Complaint::new(
                    written.threshold_at,
                    format!("`threshold` does not fit the metric `{name}`"),
                    format!("it needs {needed}"),
                )),
            }
        }
        Resolved {
            metrics: self.metrics.into_iter().map(|(metric, _)| metric).collect(),
            gates,
            shifts: self.shifts,
            accepted_drift: self.accepted_drift,
            teams: self.teams,
        }
    }
}

fn put<T>(all: &mut Vec<T>, one: T, name: impl Fn(&T) -> &Text) {
    match all.iter().position(|other| name(other) == name(&one)) {
        Some(index) => all[index] = one,
        None => all.push(one),
    }
}

fn fits(threshold: Threshold, unit: Unit) -> Result<f64, &'static str> {
    match (unit, threshold) {
        (Unit::Number, Threshold::Number(number)) => Ok(number),
        (Unit::Share, Threshold::Number(share)) if share <= 1.0 => Ok(share),
        (Unit::Share, Threshold::Share(share)) => Ok(share),
        (Unit::Seconds, Threshold::Seconds(seconds)) => Ok(seconds),
        (Unit::Number, _) => Err("a number that is not negative"),
        (Unit::Share, _) => Err("a share such as 0.9 or \"90 %\""),
        (Unit::Seconds, _) => Err("a length of time such as \"3d\" or \"12h\""),
    }
}

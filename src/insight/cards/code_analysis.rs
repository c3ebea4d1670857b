//! Findings of code analyzers: how many come and go, how old they get, and where they are.

use std::collections::BTreeMap;

use crate::{
    domain::{Finding, FindingState, Instant, Severity, Text},
    insight::{findings::Findings, stories::severity_word, words},
};

use super::{
    Card, CardColumn, CardId, CardRow, CardStanding, Material, Picture, Series, behind,
    numbers::{quantile, sorted},
    parts::{counted, days, figure, sentence},
    whole_weeks::Weeks,
};

/// Weeks that are drawn.
const WEEKS: u64 = 16;
/// Folders of a path that make a component.
const FOLDERS: usize = 2;

/// Severities from the worst on, and what nobody rated.
const SEVERITIES: [Option<Severity>; 5] =
    [Some(Severity::Critical), Some(Severity::High), Some(Severity::Medium), Some(Severity::Low), None];

/// What there is in one place.
#[derive(Default)]
struct Place<'a> {
    /// Open, by severity in the order of [`SEVERITIES`].
    open: [usize; SEVERITIES.len()],
    /// Of those, new since the last release.
    new: usize,
    /// Of those, critical, high or not rated.
    severe_new: usize,
    fixed: usize,
    dismissed: usize,
    oldest_days: Option<f64>,
    /// Open, the worst first.
    findings: Vec<&'a Finding>,
}

pub(super) fn card(material: &Material<'_>) -> Card {
    let context = material.context;
    let calendar = &context.policy.calendar;
    let (remarks, all): (Vec<&Finding>, Vec<&Finding>) = context
        .findings
        .iter()
        .map(|finding| &***finding)
        .filter(|finding| finding.opened_at <= context.now)
        .partition(|finding| finding.is_remark());
    // Where an analyzer found nothing it has looked all the same.
    if all.is_empty() && remarks.is_empty() {
        return Card::silent(CardId::CodeAnalysis, "no code analyzer told of a finding");
    }
    let current = material.board.default_release();
    let index = current.and_then(|insight| context.release(&insight.release.id));
    let since = index.and_then(|index| Findings::of(context, material.membership(), index).since);
    let is_new = |finding: &Finding| since.is_some_and(|since| finding.opened_at > since);
    let mut places: BTreeMap<String, Place<'_>> = BTreeMap::new();
    for finding in &all {
        let place = places.entry(component(finding)).or_default();
        let age = (context.now - finding.opened_at).num_seconds() as f64 / 86_400.0;
        match finding.state {
            FindingState::Fixed => place.fixed += 1,
            FindingState::Dismissed => place.dismissed += 1,
            FindingState::Open | FindingState::Unknown => {
                let severity = SEVERITIES.iter().position(|severity| *severity == finding.severity);
                place.open[severity.unwrap_or(SEVERITIES.len() - 1)] += 1;
                place.new += usize::from(is_new(finding));
                place.severe_new += usize::from(is_new(finding) && is_severe(finding));
                place.oldest_days = Some(place.oldest_days.unwrap_or_default().max(age));
                place.findings.push(finding);
            }
        }
    }
    let open: Vec<&&Finding> = all.iter().filter(|finding| is_open(finding)).collect();
    let ages =
        sorted(open.iter().map(|finding| (context.now - finding.opened_at).num_seconds() as f64 / 86_400.0));
    let times_to_fix =
        sorted(all.iter().filter(|finding| finding.state == FindingState::Fixed).filter_map(|finding| {
            let closed_at = finding.closed_at.filter(|at| *at >= finding.opened_at)?;
            Some((closed_at - finding.opened_at).num_seconds() as f64 / 86_400.0)
        }));
    let new = open.iter().filter(|finding| is_new(finding)).count();
    let severe_new = open.iter().filter(|finding| is_new(finding) && is_severe(finding)).count();
    let severe = open.iter().filter(|finding| is_severe(finding)).count();
    let weeks = Weeks::before(context.now, &context.policy.calendar, WEEKS);
    let by_week = Weekly::of(&weeks, &all);
    let last_day = weeks.last_day();
    let last: usize = by_week.opened.iter().rev().take(4).sum();
    let fixed: usize = by_week.fixed.iter().rev().take(4).sum();
    let by_severity: Vec<String> = SEVERITIES
        .iter()
        .map(|severity| {
            (word(*severity), open.iter().filter(|finding| finding.severity == *severity).count())
        })
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let head = match open.len() {
        0 => "no finding is open".to_owned(),
        count => format!("{} open: {}", words::count(count, "finding", "findings"), by_severity.join(", ")),
    };
    let since_when = since.map(|since| format!("since {}", words::day(since, calendar)));
    let fresh = match (since_when, new) {
        (None, _) => String::new(),
        (Some(since), 0) => format!("none new {since}"),
        (Some(since), new) => format!("{new} new {since}, {severe_new} of them severe or not rated"),
    };
    // Analyzers may look at more than the product whose release is meant.
    let new_since = match (since, current) {
        (Some(since), Some(insight)) => format!(
            "new: opened since {}, when the release of {} before {} went out, else {} began; in whichever repository",
            words::day(since, calendar),
            insight.release.project,
            insight.release.id,
            insight.release.id
        ),
        _ => "no earlier release is known, so nothing is told to be new".to_owned(),
    };
    let median = quantile(&ages, 0.5);
    let gates = Gates::of(remarks);
    Card {
        id: CardId::CodeAnalysis,
        sentence: Text::new(sentence([
            gates.said(),
            head,
            fresh,
            format!("in the 4 weeks to {last_day} {last} came and {fixed} were fixed"),
            median.map(|median| format!("half are older than {}", days(Some(median)))).unwrap_or_default(),
        ])),
        standing: match () {
            () if severe_new > 0 || gates.failed > 0 => CardStanding::Poor,
            () if severe > 0 || gates.doubtful > 0 || last > fixed => CardStanding::Watch,
            () => CardStanding::Good,
        },
        figures: vec![
            counted("open", open.len(), "findings"),
            counted("open_severe_or_unrated", severe, "findings"),
            figure("new_since_release", since.map(|_| new as f64), "findings"),
            figure("new_severe_or_unrated", since.map(|_| severe_new as f64), "findings"),
            counted("opened_in_4_weeks", last, "findings"),
            counted("fixed_in_4_weeks", fixed, "findings"),
            figure("median_age", median, "days"),
            figure("p85_age", quantile(&ages, 0.85), "days"),
            figure("median_time_to_fix", quantile(&times_to_fix, 0.5), "days"),
            counted("quality_gates", gates.all.len(), "gates"),
            counted("quality_gates_failed", gates.failed, "gates"),
        ],
        picture: by_week.picture(&weeks),
        columns: vec![
            CardColumn::words("component"),
            CardColumn::figures("critical"),
            CardColumn::figures("high"),
            CardColumn::figures("medium"),
            CardColumn::figures("low"),
            CardColumn::figures("not rated"),
            CardColumn::figures("new"),
            CardColumn::figures("fixed"),
            CardColumn::figures("dismissed"),
            CardColumn::figures("oldest"),
            CardColumn::words("what"),
        ],
        rows: gates.rows().into_iter().chain(rows(places, context.now)).collect(),
        notes: notes(&all, &new_since, &last_day),
        left_out: left_out(&all),
    }
}

/// How the quality gates of the analyzers stand, the worst first.
struct Gates<'a> {
    all: Vec<&'a Finding>,
    failed: usize,
    /// Those that warn, or say something unheard of.
    doubtful: usize,
}

impl<'a> Gates<'a> {
    fn of(remarks: Vec<&'a Finding>) -> Self {
        let mut all: Vec<&Finding> = remarks.into_iter().filter(|remark| remark.is_quality_gate()).collect();
        all.sort_by_key(|gate| (Self::standing(gate), &gate.repository, &gate.id));
        let count = |standing| all.iter().filter(|gate| Self::standing(gate) == standing).count();
        Self { failed: count(CardStanding::Poor), doubtful: count(CardStanding::Watch), all }
    }

    fn standing(gate: &Finding) -> CardStanding {
        match gate.severity {
            Some(Severity::Critical | Severity::High) => CardStanding::Poor,
            Some(Severity::Low) => CardStanding::Good,
            Some(Severity::Medium) | None => CardStanding::Watch,
        }
    }

    fn said(&self) -> String {
        let gates = |count| words::count(count, "quality gate", "quality gates");
        match (self.all.len(), self.failed) {
            (0, _) => String::new(),
            (1, 1) => "the quality gate fails".to_owned(),
            (1, _) if self.doubtful > 0 => "the quality gate neither passes nor fails".to_owned(),
            (all, 0) if self.doubtful > 0 => format!("none of {} fails, not all pass", gates(all)),
            (1, _) => "the quality gate passes".to_owned(),
            (all, 0) => format!("all {} pass", gates(all)),
            (all, failed) => format!("{failed} of {} fail", gates(all)),
        }
    }

    /// Their name, how they stand, and the conditions.
    fn rows(&self) -> Vec<CardRow> {
        let row = |gate: &&Finding| {
            let branch = gate.branch.as_ref().map_or_else(String::new, |branch| format!(" at {branch}"));
            let mut cells = vec![format!("quality gate of {}{branch}", gate.repository)];
            cells.extend(std::iter::repeat_n("–".to_owned(), 9));
            cells.push(gate.title.to_string());
            CardRow {
                cells: cells.into_iter().map(Text::new).collect(),
                standing: Self::standing(gate),
                subject: None,
                behind: Vec::new(),
            }
        };
        self.all.iter().map(row).collect()
    }
}

fn is_open(finding: &Finding) -> bool {
    matches!(finding.state, FindingState::Open | FindingState::Unknown)
}

/// What nobody rated is never taken for harmless.
fn is_severe(finding: &Finding) -> bool {
    matches!(finding.severity, Some(Severity::Critical | Severity::High) | None)
}

fn word(severity: Option<Severity>) -> &'static str {
    severity.map_or("not rated", severity_word)
}

/// The repository and the first folders of the file.
fn component(finding: &Finding) -> String {
    let path = finding.path.as_ref().map_or("", Text::as_str);
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let mut parts = vec![finding.repository.as_str()];
    parts.extend(folders.split('/').filter(|folder| !folder.is_empty()).take(FOLDERS));
    parts.join("/")
}

/// What came and went in each week, and what was open at its end.
struct Weekly {
    opened: Vec<usize>,
    fixed: Vec<usize>,
    open: Vec<usize>,
}

impl Weekly {
    fn of(weeks: &Weeks, findings: &[&Finding]) -> Self {
        let mut found =
            Self { opened: vec![0; weeks.len()], fixed: vec![0; weeks.len()], open: vec![0; weeks.len()] };
        for finding in findings {
            if let Some(week) = weeks.of(finding.opened_at) {
                found.opened[week] += 1;
            }
            let closed = finding.closed_at.filter(|_| !is_open(finding));
            let fixed = closed.filter(|_| finding.state == FindingState::Fixed);
            if let Some(week) = fixed.and_then(|at| weeks.of(at)) {
                found.fixed[week] += 1;
            }
            // What is closed and nobody says when was open at no known time.
            if !is_open(finding) && closed.is_none() {
                continue;
            }
            for (week, open) in found.open.iter_mut().enumerate() {
                let end = weeks.end(week);
                *open += usize::from(finding.opened_at < end && closed.is_none_or(|at| at >= end));
            }
        }
        found
    }

    fn picture(&self, weeks: &Weeks) -> Picture {
        let line = |name: &str, values: &[usize]| Series {
            name: Text::new(name),
            values: values.iter().map(|value| Some(*value as f64)).collect(),
            standing: CardStanding::Told,
        };
        Picture::Lines {
            steps: weeks.names(),
            series: vec![line("open", &self.open), line("opened", &self.opened), line("fixed", &self.fixed)],
            stacked: false,
        }
    }
}

fn rows(places: BTreeMap<String, Place<'_>>, now: Instant) -> Vec<CardRow> {
    let mut places: Vec<(String, Place<'_>)> = places.into_iter().collect();
    // The most of the worst severity first; what nobody rated ranks with high.
    let rank = |place: &Place<'_>| {
        let [critical, high, medium, low, unrated] = place.open;
        std::cmp::Reverse((place.severe_new, critical, high + unrated, medium, low))
    };
    places.sort_by(|(a, one), (b, other)| rank(one).cmp(&rank(other)).then(a.cmp(b)));
    let row = |(name, mut place): (String, Place<'_>)| {
        let [critical, high, _, _, unrated] = place.open;
        let standing = match () {
            () if place.severe_new > 0 => CardStanding::Poor,
            () if critical + high + unrated > 0 => CardStanding::Watch,
            () => CardStanding::Good,
        };
        place.findings.sort_by_key(|finding| {
            let severity = SEVERITIES.iter().position(|severity| *severity == finding.severity);
            // What nobody rated ranks with high.
            (if finding.severity.is_none() { Some(1) } else { severity }, finding.opened_at, &finding.id)
        });
        let behind = behind(&place.findings, |finding| {
            let path = finding.path.as_ref().map_or("", Text::as_str);
            let place = if path.is_empty() { String::new() } else { format!(" in {path}") };
            format!(
                "{}: {}{place}, open for {}",
                word(finding.severity),
                finding.title,
                words::age(now - finding.opened_at)
            )
        });
        let mut cells = vec![name];
        cells.extend(place.open.map(|count| count.to_string()));
        cells.extend([place.new, place.fixed, place.dismissed].map(|count| count.to_string()));
        cells.extend([days(place.oldest_days), String::new()]);
        CardRow { cells: cells.into_iter().map(Text::new).collect(), standing, subject: None, behind }
    };
    places.into_iter().map(row).collect()
}

fn notes(all: &[&Finding], new_since: &str, last_day: &str) -> Vec<Text> {
    let dismissed = all.iter().filter(|finding| finding.state == FindingState::Dismissed).count();
    let mut notes = vec![format!(
        "the picture ends on {last_day}, with the last whole week: the one under way would look better than it is; all \
         other numbers are of now"
    )];
    notes.push(new_since.to_owned());
    if dismissed > 0 {
        notes.push(format!("{} dismissed by somebody", words::count(dismissed, "finding", "findings")));
    }
    notes.into_iter().map(Text::new).collect()
}

fn left_out(all: &[&Finding]) -> Vec<Text> {
    let undated = all.iter().filter(|finding| !is_open(finding) && finding.closed_at.is_none()).count();
    let count = words::count(undated, "closed finding", "closed findings");
    let said = || Text::new(format!("{count} without a date left out of the weeks"));
    (undated > 0).then(said).into_iter().collect()
}

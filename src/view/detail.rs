//! All that is known of one item: in the pane below a list, page by page, and as an overlay.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::DetailPlace,
    domain::{Build, DeploymentState, EnvironmentId, Text, TriageEntry, TriageKind, Wake, Window},
    insight::{
        DeploymentRow, EstimateBasis, ForecastView, ReleaseInsight, RunbookComparison, RunbookComparisons,
        StoryRow, Subject, readiness, words,
    },
};

use super::{
    Look, environments, format, headline, pull_request_detail, pull_requests,
    rich::Rich,
    screen::{Screen, line_width},
    states, tests_list,
    widgets::runbook,
};

/// One page: its title and its lines.
pub(super) struct Page {
    pub(super) title: &'static str,
    pub(super) rich: Rich,
}

/// Divides a tab into its list and, where it is on and there is room, the detail pane: of
/// `height` rows where it is below.
pub(super) fn split(screen: &Screen<'_>, body: Rect, height: u16) -> (Rect, Option<Rect>) {
    let state = screen.state;
    let is_right = state.detail_place(body.width) == DetailPlace::Right;
    if state.detail.on && !state.expanded && is_right && body.height >= 8 {
        let width = (body.width / 4).clamp(46, 76);
        let list = Rect { width: body.width.saturating_sub(width), ..body };
        return (list, Some(Rect { x: list.right(), width: body.width - list.width, ..body }));
    }
    let height = height.max(body.height / 4).min(16);
    if !state.detail.on || state.expanded || body.height < height + 7 || body.width < 50 {
        return (body, None);
    }
    let list = Rect { height: body.height - height, ..body };
    let detail = Rect { y: list.bottom(), height, ..body };
    (list, Some(detail))
}

/// Draws the detail pane.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    screen.layout.detail = Some(area);
    let Some(subject) = &state.detail.subject else {
        let inside = screen.panel(area, &Line::styled("Detail", styles.title), &Line::default(), false);
        screen.put(
            inside.x + 1,
            inside.y,
            inside.width.saturating_sub(1),
            "nothing is selected",
            styles.muted,
        );
        return;
    };
    let inner = usize::from(area.width.saturating_sub(4));
    let (title, mut pages) = pages(screen, subject, inner);
    // Where there is room for all of it nobody has to turn pages.
    if pages.iter().map(|page| page.rich.lines.len() + 2).sum::<usize>() <= usize::from(area.height) {
        pages = vec![Page { title: "", rich: joined_pages(screen, pages) }];
    }
    let current = state.detail.page % pages.len().max(1);
    let mut note = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        if index > 0 {
            note.push(Span::styled(format!(" {} ", glyphs.separator), styles.border));
        }
        let style = if index == current { styles.accent } else { styles.muted };
        note.push(Span::styled(page.title, style));
    }
    let title_width = line_width(&title);
    // Where not all pages can be named the one that is shown is.
    if title_width.min(inner) + line_width(&Line::from(note.clone())) + 3 > inner && pages.len() > 1 {
        let name = pages[current].title;
        let room = inner.saturating_sub(name.len() + 10);
        let fitted = fitted(title, room, glyphs.ellipsis);
        let inside = page_frame(screen, area, &fitted, &format!("{name} {}/{}", current + 1, pages.len()));
        screen.layout.detail_most = screen.rich(inside, &pages[current].rich, state.detail.scroll);
        return;
    }
    let inside = screen.panel(area, &title, &Line::from(note), false);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    if let Some(page) = pages.get(current) {
        screen.layout.detail_most = screen.rich(inside, &page.rich, state.detail.scroll);
    }
}

/// The frame of a pane that shows one page of several; what is inside it.
fn page_frame(screen: &mut Screen<'_>, area: Rect, title: &Line<'_>, page: &str) -> Rect {
    let note = Line::styled(page.to_owned(), screen.look.styles.accent);
    let inside = screen.panel(area, title, &note, false);
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
}

/// A line in at most so many cells.
fn fitted(line: Line<'static>, cells: usize, ellipsis: &str) -> Line<'static> {
    let mut room = cells;
    let mut spans = Vec::new();
    for span in line.spans {
        let content = super::text::fit(&span.content, room, ellipsis).into_owned();
        room = room.saturating_sub(super::text::width(&content));
        spans.push(Span::styled(content, span.style));
    }
    Line::from(spans)
}

/// All pages of an item below each other, for the overlay: its title and its lines.
pub(super) fn everything(screen: &Screen<'_>, subject: &Subject, cells: usize) -> (Line<'static>, Rich) {
    let (title, pages) = pages(screen, subject, cells);
    (title, joined_pages(screen, pages))
}

/// The lines of all pages, each under its title.
fn joined_pages(screen: &Screen<'_>, pages: Vec<Page>) -> Rich {
    let mut joined = Rich::default();
    for page in pages {
        if !joined.lines.is_empty() {
            joined.push(Line::default());
            joined.push(Line::styled(page.title, screen.look.styles.header));
        }
        joined.append(page.rich);
    }
    joined
}

fn pages(screen: &Screen<'_>, subject: &Subject, cells: usize) -> (Line<'static>, Vec<Page>) {
    let styles = &screen.look.styles;
    let state = screen.state;
    let found = match subject {
        Subject::PullRequest(id) => {
            state.pull_request(id).map(|row| pull_request_detail::pages(screen, row, cells))
        }
        Subject::Story(key) => state.story(key).map(|row| story(screen, row, cells)),
        Subject::Deployment(id) => state.deployment(id).map(|row| deployment(screen, row, cells)),
        Subject::Release(id) => state.board.release(id).map(|insight| release(screen, insight, cells)),
        Subject::Suite(name) => state.release().and_then(|release| release.suite(name)).map(|suite| {
            let title = Line::styled(format!("suite {}", suite.suite), styles.title);
            let mut lines = tests_list::lines(screen, tests_list::suite_facts(screen, suite));
            lines
                .extend(suite.tests.iter().map(|test| Line::styled(format!("  {}", test.name), styles.base)));
            (title, vec![Page { title: "overview", rich: lines.into() }])
        }),
        Subject::Test(suite, name) => {
            state.release().and_then(|release| release.test(suite, name)).map(|(suite, test)| {
                let lines = tests_list::lines(screen, tests_list::test_facts(screen, suite, test));
                (
                    Line::styled(test.name.to_string(), styles.title),
                    vec![Page { title: "overview", rich: lines.into() }],
                )
            })
        }
        Subject::Environment(id) => environment(screen, id, cells),
        Subject::Component(name, id) => component(screen, name, id, cells),
        _ => None,
    };
    let found = found.map(|(title, mut pages)| {
        if let Some(page) = pages.first_mut() {
            page.rich.extend(said(screen, subject, cells));
        }
        (title, pages)
    });
    found.unwrap_or_else(|| {
        let lines = vec![Line::styled("it is not on the board any more", styles.muted)];
        (Line::styled("Detail", styles.title), vec![Page { title: "overview", rich: lines.into() }])
    })
}

/// What people said of it: `acknowledged by ada 2h ago: on it`.
pub(super) fn said(screen: &Screen<'_>, subject: &Subject, cells: usize) -> Vec<Line<'static>> {
    let entries = screen.state.said_of(subject, screen.now);
    let line = |entry: &&TriageEntry| {
        let what = match &entry.kind {
            TriageKind::Acknowledged => "acknowledged".to_owned(),
            TriageKind::Snoozed(Wake::At(until)) => format!("put off until {}", screen.dates.moment(*until)),
            TriageKind::Snoozed(Wake::Change(_)) => "put off until it changes".to_owned(),
            TriageKind::Snoozed(Wake::Event(event, _)) => format!("put off until {}", event.word()),
            TriageKind::Note => "note".to_owned(),
            TriageKind::Watched => "watched".to_owned(),
            TriageKind::Started => "started".to_owned(),
            TriageKind::Finished => "finished".to_owned(),
        };
        let words = if entry.text.is_empty() { String::new() } else { format!(": {}", entry.text) };
        let line = format!("{what} by {} {} ago{words}", entry.who, format::age(entry.at, screen.now));
        wrapped(&line, cells, screen.look.styles.accent)
    };
    entries.iter().flat_map(line).collect()
}

/// Parts of one line with a separator between them; empty ones are left out.
pub(super) fn joined(screen: &Screen<'_>, parts: impl IntoIterator<Item = String>) -> String {
    let separator = format!(" {} ", screen.look.glyphs.separator);
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(&separator)
}

pub(super) fn wrapped(text: &str, cells: usize, style: ratatui::style::Style) -> Vec<Line<'static>> {
    super::text::wrap(text, cells).into_iter().map(|line| Line::styled(line, style)).collect()
}

/// A name and what it is.
pub(super) fn fact(screen: &Screen<'_>, name: &str, value: String) -> Line<'static> {
    let styles = &screen.look.styles;
    Line::from(vec![Span::styled(format!("{name:<10} "), styles.muted), Span::styled(value, styles.base)])
}

pub(super) fn names<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

fn story(screen: &Screen<'_>, row: &StoryRow, cells: usize) -> (Line<'static>, Vec<Page>) {
    let styles = &screen.look.styles;
    let item = &row.story;
    let title = Line::from(vec![
        Span::styled(format!("{} ", item.key), styles.title),
        Span::styled(item.title.to_string(), styles.strong),
    ]);
    let mut lines = Vec::new();
    if super::text::width(&item.title) + super::text::width(item.key.as_str()) + 1 > cells {
        lines.extend(wrapped(&item.title, cells, styles.strong));
    }
    let since = format!("{} for {}", item.status, format::age(row.since, screen.now));
    lines.push(fact(screen, "status", since));
    let owner = item.owner.as_ref().map_or_else(|| "nobody".to_owned(), Text::to_string);
    lines.push(fact(screen, "owner", owner));
    lines.push(fact(screen, "belongs", row.belongs.to_string()));
    if !row.reason.is_empty() {
        lines.push(fact(screen, "because", row.reason.to_string()));
    }
    if row.returns > 0 && !row.reason.contains("returned") {
        lines.push(fact(screen, "returned", format!("{} times", row.returns)));
    }
    if !row.waits_for.is_empty() {
        let keys: Vec<&str> = row.waits_for.iter().map(crate::domain::StoryKey::as_str).collect();
        lines.push(fact(screen, "waits for", keys.join(", ")));
    }
    if let Some(parent) = &item.parent {
        lines.push(fact(screen, "part of", parent.to_string()));
    }
    if let Some(component) = &item.component {
        lines.push(fact(screen, "component", component.to_string()));
    }
    if let Some(due) = item.due {
        lines.push(fact(screen, "due", screen.dates.moment(due)));
    }
    if !item.labels.is_empty() {
        lines.push(fact(screen, "labels", names(&item.labels)));
    }
    if let Some(url) = &item.url {
        lines.push(fact(screen, "link", url.to_string()));
    }
    if row.pull_requests.is_empty() {
        lines.push(fact(screen, "pull req.", "none".to_owned()));
    }
    for id in &row.pull_requests {
        let said = match screen.state.pull_request(id) {
            Some(found) => joined(
                screen,
                [
                    format!("{id} {}", found.pull_request.title),
                    found.stage.word().to_owned(),
                    pull_requests::next_step(found),
                ],
            ),
            None => id.to_string(),
        };
        lines.push(fact(screen, "pull req.", said));
    }
    (title, vec![Page { title: "overview", rich: lines.into() }])
}

fn environment(screen: &Screen<'_>, id: &EnvironmentId, cells: usize) -> Option<(Line<'static>, Vec<Page>)> {
    let view = screen.state.environments.view.as_deref()?;
    let (title, pages) = environments::pages(screen, view, view.environment(id)?, cells);
    Some((title, pages.map(|(title, lines)| Page { title, rich: lines.into() }).into()))
}

fn component(
    screen: &Screen<'_>,
    name: &Text,
    environment: &EnvironmentId,
    cells: usize,
) -> Option<(Line<'static>, Vec<Page>)> {
    let view = screen.state.environments.view.as_deref()?;
    let (title, pages) =
        environments::component_pages(screen, view.drift.component(name)?, environment, cells);
    Some((title, pages.map(|(title, lines)| Page { title, rich: lines.into() }).into()))
}

fn deployment(screen: &Screen<'_>, row: &DeploymentRow, cells: usize) -> (Line<'static>, Vec<Page>) {
    let Look { styles, glyphs } = screen.look;
    let item = &row.deployment;
    let what = item.release.as_ref().map_or_else(|| item.id.to_string(), ToString::to_string);
    let title = Line::from(vec![
        Span::styled(what, styles.title),
        Span::styled(format!(" {} {}", glyphs.right, item.environment), styles.strong),
    ]);
    let mut book = Vec::new();
    if let Some(end) = row.projected_end.filter(|_| item.state == DeploymentState::Running) {
        let (against, style) = match end {
            end if end < item.window.from => ("before", styles.at_risk),
            end if end > item.window.until => ("after", styles.at_risk),
            _ => ("within", styles.go),
        };
        let said = format!(
            "projected end {}, {against} the window ({})",
            screen.dates.time(end),
            screen.dates.span(item.window, glyphs.dash)
        );
        book.push(Line::styled(said, style));
    }
    if let Some(passed) = row.passed() {
        book.push(Line::styled(passed, styles.at_risk));
    }
    if let Some(point) = row.runbook.as_ref().and_then(|runbook| runbook.point_of_no_return.as_ref()) {
        let said = point.words(item.window, screen.now, |at| screen.dates.time(at));
        let style = match (point.passed, point.rollback_fits) {
            (true, _) => styles.no_go,
            (false, Some(false)) => styles.at_risk,
            (false, _) => styles.base,
        };
        book.extend(wrapped(&said, cells, style));
    }
    let comparison = item.state.is_over().then(|| RunbookComparisons::of(&screen.state.board.world));
    let comparison = comparison.and_then(|comparisons| comparisons.compare(item));
    if let Some(RunbookComparison { target, .. }) = &comparison
        && let Some(actual) = target.actual_minutes
    {
        let planned = target.planned_minutes.map(|minutes| format!(", planned {}", format::minutes(minutes)));
        let planned = planned.unwrap_or_default();
        let difference =
            if target.difference.is_empty() { String::new() } else { format!(": {}", target.difference) };
        let usual = runbook::usual(target);
        let said = format!("{} took {}{planned}{usual}{difference}", target.name, format::minutes(actual));
        book.extend(wrapped(&said, cells, styles.strong));
    }
    let pointed = screen.state.pointed_activity(row);
    book.extend(runbook::lines(screen.look, row, pointed, comparison.as_ref(), screen.now));
    if item.activities.is_empty() {
        book.push(Line::styled("no runbook", styles.muted));
    }
    if let Some(estimate) = &row.estimate {
        let basis = match estimate.basis {
            EstimateBasis::Environment => "past runs here",
            EstimateBasis::Platform => "past runs on this platform",
            EstimateBasis::Anywhere => "past runs anywhere",
            EstimateBasis::Plan => "the plan, it never ran",
        };
        let runs = if estimate.runs > 0 { format!("{} ", estimate.runs) } else { String::new() };
        let said = format!(
            "usually {}, P85 {} (from {runs}{basis})",
            format::minutes(estimate.p50_minutes),
            format::minutes(estimate.p85_minutes)
        );
        book.push(Line::styled(said, styles.muted));
    }
    let mut problems = Vec::new();
    for problem in &row.problems {
        let said = format!("{} {}: {}", glyphs.at_risk, problem.kind.word(), problem.what);
        problems.extend(wrapped(&said, cells, styles.at_risk));
    }
    if problems.is_empty() {
        problems.push(Line::styled(format!("{} nothing is in its way", glyphs.go), styles.go));
    }
    problems.extend(slots(screen, &row.slots, row.no_slot.as_ref(), cells));
    if let Some((_, answer)) = screen.state.can_go.as_ref().filter(|(asked, _)| *asked == item.id) {
        let asked = screen.dates.span(answer.window, glyphs.dash);
        let (mark, style) = states::can_go(screen.look, answer);
        problems.extend(wrapped(&format!("{mark} {asked}: {}", answer.answer()), cells, style));
        for problem in &answer.against {
            let said = format!("  {}: {}", problem.kind.word(), problem.what);
            problems.extend(wrapped(&said, cells, styles.at_risk));
        }
        problems.extend(slots(screen, &answer.slots, answer.no_slot.as_ref(), cells));
    }
    let insight = item.release.as_ref().and_then(|id| screen.state.board.release(id));
    for need in &row.needs {
        let said = states::gate(screen.look, need.answer);
        problems.extend(wrapped(&format!("{} needs {}", said.mark, need.said), cells, said.style));
    }
    let mut facts = vec![fact(screen, "window", window(screen, row))];
    let calendar = &screen.state.board.policy.calendar;
    let there =
        row.time_zone.and_then(|zone| Some((words::window_there(item.window, zone, calendar)?, zone)));
    if let Some((there, zone)) = there {
        facts.push(fact(screen, "there", format!("{there} ({zone})")));
    }
    let target = [
        Some(item.environment.to_string()),
        row.platform.as_ref().map(Text::to_string),
        row.region.as_ref().map(Text::to_string),
    ];
    facts.push(fact(screen, "goes to", joined(screen, target.into_iter().flatten())));
    let state = states::deployment(screen.look, item.state);
    facts.push(fact(screen, "state", state.full()));
    if let Some(at) = item.started_at {
        facts.push(fact(screen, "started", screen.dates.moment(at)));
    }
    if let Some(at) = item.finished_at {
        facts.push(fact(screen, "finished", screen.dates.moment(at)));
    }
    if let Some(insight) = insight {
        let tally = &insight.tally;
        let said = format!("{}, gates: {}", insight.verdict.word(), tally.gates_said());
        facts.push(fact(screen, "now", said));
    }
    if let Some(said) = readiness(insight.map(|insight| &**insight), row.ready_by_start) {
        facts.push(fact(screen, "readiness", said));
    }
    if let Some(url) = &item.url {
        facts.push(fact(screen, "link", url.to_string()));
    }
    facts.extend(cadence(screen, row, insight.map(|insight| &insight.release.project), cells));
    let pages = vec![
        Page { title: "runbook", rich: book.into() },
        Page { title: "in its way", rich: problems.into() },
        Page { title: "facts", rich: facts.into() },
    ];
    (title, pages)
}

/// How often the project goes there, what waits for it, and whether another pace is worth it.
fn cadence(
    screen: &Screen<'_>,
    row: &DeploymentRow,
    project: Option<&Text>,
    cells: usize,
) -> Vec<Line<'static>> {
    let styles = &screen.look.styles;
    let all = &screen.state.board.insight.schedule.cadence;
    let found = all.iter().find(|cadence| {
        Some(&cadence.project) == project && cadence.environment == row.deployment.environment
    });
    let Some(found) = found else { return Vec::new() };
    let said = format!(
        "every {:.1}d ({} in half a year), earlier {:.1}d, lately {:.1}d",
        found.days_between, found.deployments, found.days_between_before, found.days_between_lately
    );
    let mut lines = vec![fact(screen, "goes out", said)];
    for waiting in &found.waiting {
        let kind = if waiting.is_feature { "feature " } else { "" };
        let title = waiting.title.as_ref().map(|title| format!(" {title}")).unwrap_or_default();
        let age = format::age(waiting.since, screen.now);
        let line = format!("{kind}{}{title}, finished {age} ago", waiting.key);
        lines.push(fact(screen, "waits", line));
    }
    if let Some(pace) = found.suggestion {
        lines.push(fact(screen, "suggested", pace.word().to_owned()));
        for reason in &found.reasons {
            lines.extend(wrapped(reason, cells, styles.muted));
        }
    }
    lines
}

/// The next windows that keep to all rules, or why there is none.
/// The windows that are free, or why there is none.
pub(super) fn slots(
    screen: &Screen<'_>,
    slots: &[Window],
    why_none: Option<&Text>,
    cells: usize,
) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let free = slots.iter().map(|slot| screen.dates.span(*slot, glyphs.dash)).collect::<Vec<_>>();
    match (free.is_empty(), why_none) {
        (false, _) => {
            let said = format!("{} next free {}", glyphs.right, free.join(", or "));
            wrapped(&said, cells, styles.accent)
        }
        (true, Some(why)) => wrapped(&format!("{} {why}", glyphs.no_go), cells, styles.no_go),
        (true, None) => Vec::new(),
    }
}

/// `Wed 25 Nov 14:00–15:10`.
pub(super) fn window(screen: &Screen<'_>, row: &DeploymentRow) -> String {
    screen.dates.span(row.deployment.window, screen.look.glyphs.dash)
}

fn build_line(screen: &Screen<'_>, build: &Build) -> Line<'static> {
    let styles = &screen.look.styles;
    let said = states::check(screen.look, build.outcome());
    let name = format!("{} {} ", build.repository, build.branch);
    Line::from(vec![
        Span::styled(format!("{:<10} ", "build"), styles.muted),
        Span::styled(name, styles.base),
        Span::styled(format!("{} ", said.mark), said.style),
        Span::styled(words::build(build, screen.now), said.style),
    ])
}

fn release(screen: &Screen<'_>, insight: &ReleaseInsight, cells: usize) -> (Line<'static>, Vec<Page>) {
    let styles = &screen.look.styles;
    let item = &insight.release;
    let title = Line::styled(item.id.to_string(), styles.title);
    let mut pieces =
        headline::pieces(screen.look, insight, screen.dates, screen.now, format::distance, screen.state.lens);
    headline::fold(&mut pieces, cells, 2);
    let mut lines = vec![headline::line(pieces, 2)];
    match &insight.forecast {
        ForecastView::Dates { p50, p85, p95, scored, basis, .. } => {
            let dates = [("P50", p50), ("P85", p85), ("P95", p95)];
            let dates = dates.map(|(name, at)| format!("{name} {}", at.said(|at| screen.dates.day(at))));
            lines.push(fact(screen, "forecast", joined(screen, dates)));
            if let Some(why) = basis.wide() {
                lines.push(Line::styled(format!("wide: {why}"), styles.muted));
            }
            if *scored < 20 {
                let said = format!("not yet calibrated: {scored} forecasts were scored");
                lines.push(Line::styled(said, styles.muted));
            }
        }
        ForecastView::Withheld(why) => lines.push(fact(screen, "forecast", format!("withheld: {why}"))),
        ForecastView::Ready => {}
    }
    let tally = &insight.tally;
    lines.push(fact(screen, "stories", format!("{} of {} ready", tally.stories_ready, tally.stories)));
    let merged = format!("{} of {} merged", tally.pull_requests_merged, tally.pull_requests);
    lines.push(fact(screen, "pull req.", merged));
    if let Some(owner) = &item.owner {
        lines.push(fact(screen, "owner", owner.to_string()));
    }
    if !item.depends_on.is_empty() {
        let needs: Vec<&str> = item.depends_on.iter().map(crate::domain::ReleaseId::as_str).collect();
        lines.push(fact(screen, "needs", needs.join(", ")));
    }
    if let Some(tag) = &item.tag {
        lines.push(fact(screen, "tag", tag.to_string()));
    }
    lines.extend(insight.builds.iter().map(|build| build_line(screen, build)));
    (title, vec![Page { title: "overview", rich: lines.into() }])
}

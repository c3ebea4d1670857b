//! All that is known of one item: in the pane below a list, page by page, and as an overlay.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::DetailPlace,
    domain::{Build, DeploymentState, ReviewVerdict, Text, TriageEntry, TriageKind, Wake},
    insight::{
        DeploymentRow, EstimateBasis, ForecastView, PullRequestRow, ReleaseInsight, StoryRow, Subject, words,
    },
};

use super::{
    Look, environments, format,
    headline::{self, percent},
    pull_requests,
    screen::Screen,
    states,
    widgets::runbook,
};

/// One page: its title and its lines.
pub(super) struct Page {
    title: &'static str,
    lines: Vec<Line<'static>>,
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
    if pages.iter().map(|page| page.lines.len() + 2).sum::<usize>() <= usize::from(area.height) {
        pages = vec![Page { title: "", lines: joined_pages(screen, pages) }];
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
    let inside = screen.panel(area, &title, &Line::from(note), false);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    if let Some(page) = pages.get(current) {
        screen.layout.detail_most = screen.lines(inside, &page.lines, state.detail.scroll);
    }
}

/// All pages of an item below each other, for the overlay: its title and its lines.
pub(super) fn everything(
    screen: &Screen<'_>,
    subject: &Subject,
    cells: usize,
) -> (Line<'static>, Vec<Line<'static>>) {
    let (title, pages) = pages(screen, subject, cells);
    (title, joined_pages(screen, pages))
}

/// The lines of all pages, each under its title.
fn joined_pages(screen: &Screen<'_>, pages: Vec<Page>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for page in pages {
        if !lines.is_empty() {
            lines.push(Line::default());
            lines.push(Line::styled(page.title, screen.look.styles.header));
        }
        lines.extend(page.lines);
    }
    lines
}

fn pages(screen: &Screen<'_>, subject: &Subject, cells: usize) -> (Line<'static>, Vec<Page>) {
    let styles = &screen.look.styles;
    let state = screen.state;
    let found = match subject {
        Subject::PullRequest(id) => state.pull_request(id).map(|row| pull_request(screen, row, cells)),
        Subject::Story(key) => state.story(key).map(|row| story(screen, row, cells)),
        Subject::Deployment(id) => state.deployment(id).map(|row| deployment(screen, row, cells)),
        Subject::Release(id) => state.board.release(id).map(|insight| release(screen, insight, cells)),
        Subject::Environment(id) => environment(screen, id, cells),
        _ => None,
    };
    let found = found.map(|(title, mut pages)| {
        if let Some(page) = pages.first_mut() {
            page.lines.extend(said(screen, subject, cells));
        }
        (title, pages)
    });
    found.unwrap_or_else(|| {
        let lines = vec![Line::styled("it is not on the board any more", styles.muted)];
        (Line::styled("Detail", styles.title), vec![Page { title: "overview", lines }])
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
            TriageKind::Note => "note".to_owned(),
            TriageKind::Watched => "watched".to_owned(),
        };
        let words = if entry.text.is_empty() { String::new() } else { format!(": {}", entry.text) };
        let line = format!("{what} by {} {} ago{words}", entry.who, format::age(entry.at, screen.now));
        wrapped(&line, cells, screen.look.styles.accent)
    };
    entries.iter().flat_map(line).collect()
}

/// Parts of one line with a separator between them; empty ones are left out.
fn joined(screen: &Screen<'_>, parts: impl IntoIterator<Item = String>) -> String {
    let separator = format!(" {} ", screen.look.glyphs.separator);
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(&separator)
}

fn wrapped(text: &str, cells: usize, style: ratatui::style::Style) -> Vec<Line<'static>> {
    super::text::wrap(text, cells).into_iter().map(|line| Line::styled(line, style)).collect()
}

/// A name and what it is.
fn fact(screen: &Screen<'_>, name: &str, value: String) -> Line<'static> {
    let styles = &screen.look.styles;
    Line::from(vec![Span::styled(format!("{name:<10} "), styles.muted), Span::styled(value, styles.base)])
}

fn names<T: AsRef<str>>(texts: &[T]) -> String {
    texts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

fn pull_request(screen: &Screen<'_>, row: &PullRequestRow, cells: usize) -> (Line<'static>, Vec<Page>) {
    let Look { styles, glyphs } = screen.look;
    let item = &row.pull_request;
    let title = Line::from(vec![
        Span::styled(format!("{} ", pull_requests::number(row)), styles.title),
        Span::styled(item.title.to_string(), styles.strong),
    ]);
    let mut overview = Vec::new();
    let next = pull_requests::next_step(row);
    if !next.is_empty() {
        overview.push(Line::from(vec![
            Span::styled(format!("{} ", glyphs.right), styles.accent),
            Span::styled(next, styles.strong),
        ]));
    }
    let stories: Vec<&str> = item.stories.iter().map(crate::domain::StoryKey::as_str).collect();
    let belongs =
        if row.belongs.is_empty() { "belongs to no release".to_owned() } else { row.belongs.to_string() };
    let size = match (item.additions, item.deletions) {
        (Some(added), Some(deleted)) => format!("+{added} {}{deleted}", glyphs.minus),
        _ => String::new(),
    };
    let opened = item.opened_at.map(|at| format!("opened {}", screen.dates.day(at))).unwrap_or_default();
    let draft = if item.draft { "draft".to_owned() } else { String::new() };
    let line = joined(screen, [stories.join(", "), belongs, size, opened, draft]);
    overview.extend(wrapped(&line, cells, styles.base));
    let who = if row.next.who.is_empty() { String::new() } else { format!(" on {}", names(&row.next.who)) };
    let since =
        row.since.map(|at| format!("in {} for {}{who}", row.stage.word(), format::age(at, screen.now)));
    let standing = states::standing(screen.look, row.standing);
    let slack = row.slack_seconds.map(|seconds| format!("slack {}", format::slack(seconds, glyphs.minus)));
    let due = item.due.map(|at| format!("due {}", screen.dates.moment(at)));
    let line = joined(
        screen,
        [
            since.unwrap_or_default(),
            standing.word.to_owned(),
            slack.unwrap_or_default(),
            due.unwrap_or_default(),
        ],
    );
    overview.extend(wrapped(&line, cells, styles.base));
    let branch = item.branch.as_ref().map(|branch| format!("{branch} {} {}", glyphs.right, item.base));
    overview.push(fact(screen, "branch", format!("{} in {}", branch.unwrap_or_default(), item.repository)));
    let failed: Vec<Line<'static>> = check_lines(screen, row, true);
    overview.extend(failed);
    let mut checks = check_lines(screen, row, false);
    if checks.is_empty() {
        checks.push(Line::styled("no source tells of its checks", styles.muted));
    }
    let reviews = review_lines(screen, row);
    let pages = vec![
        Page { title: "overview", lines: overview },
        Page { title: "checks", lines: checks },
        Page { title: "reviews", lines: reviews },
    ];
    (title, pages)
}

fn check_lines(screen: &Screen<'_>, row: &PullRequestRow, only_failed: bool) -> Vec<Line<'static>> {
    let styles = &screen.look.styles;
    let checks = row.pull_request.checks.iter();
    let mut shown: Vec<_> =
        checks.filter(|check| !only_failed || check.outcome == crate::domain::CheckOutcome::Failed).collect();
    // What failed is what one looks for.
    shown.sort_by_key(|check| check.outcome != crate::domain::CheckOutcome::Failed);
    shown
        .into_iter()
        .map(|check| {
            let said = states::check(screen.look, check.outcome);
            let at = check.at.map(|at| format!("  {} ago", format::age(at, screen.now))).unwrap_or_default();
            let optional = if check.required { "" } else { "  not required" };
            Line::from(vec![
                Span::styled(format!("{} ", said.mark), said.style),
                Span::styled(check.name.to_string(), styles.base),
                Span::styled(format!("  {}", said.word), said.style),
                Span::styled(format!("{at}{optional}"), styles.muted),
            ])
        })
        .collect()
}

fn review_lines(screen: &Screen<'_>, row: &PullRequestRow) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let item = &row.pull_request;
    let mut lines = Vec::new();
    if let Some(required) = item.required_approvals {
        lines.push(Line::styled(format!("{required} approvals are needed"), styles.muted));
    }
    for review in item.reviews.iter().rev() {
        let (mark, word, style) = match review.verdict {
            ReviewVerdict::Approved => (glyphs.go, "approved", styles.go),
            ReviewVerdict::ChangesRequested => (glyphs.no_go, "asks for changes", styles.no_go),
            ReviewVerdict::Commented => (glyphs.separator, "commented", styles.base),
            ReviewVerdict::Dismissed => (glyphs.not_needed, "dismissed", styles.muted),
        };
        let bot = if review.bot { " (bot)" } else { "" };
        lines.push(Line::from(vec![
            Span::styled(format!("{mark} "), style),
            Span::styled(format!("{}{bot} ", review.reviewer), styles.base),
            Span::styled(word, style),
            Span::styled(format!("  {}", screen.dates.moment(review.at)), styles.muted),
        ]));
    }
    if !item.requested_reviewers.is_empty() {
        let said = format!("{} asked, no answer yet: {}", glyphs.running, names(&item.requested_reviewers));
        lines.push(Line::styled(said, styles.base));
    }
    if lines.is_empty() {
        lines.push(Line::styled("nobody was asked and nobody reviewed", styles.muted));
    }
    lines
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
    (title, vec![Page { title: "overview", lines }])
}

fn environment(
    screen: &Screen<'_>,
    id: &crate::domain::EnvironmentId,
    cells: usize,
) -> Option<(Line<'static>, Vec<Page>)> {
    let view = screen.state.environments.view.as_deref()?;
    let (title, pages) = environments::pages(screen, view, view.environment(id)?, cells);
    Some((title, pages.map(|(title, lines)| Page { title, lines }).into()))
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
        let over = end > item.window.until;
        let style = if over { styles.at_risk } else { styles.go };
        let against = if over { "after" } else { "within" };
        let said = format!(
            "projected end {}, {against} the window (until {})",
            screen.dates.time(end),
            screen.dates.time(item.window.until)
        );
        book.push(Line::styled(said, style));
    }
    book.extend(runbook::lines(screen.look, row, screen.now));
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
    let insight = item.release.as_ref().and_then(|id| screen.state.board.release(id));
    for dependency in insight.iter().flat_map(|insight| &insight.release.depends_on) {
        let known = screen.state.board.release(dependency);
        let (mark, said, style) = match known.map(|insight| insight.release.released_at) {
            Some(Some(at)) => (glyphs.go, format!("released {}", screen.dates.day(at)), styles.go),
            Some(None) => (glyphs.no_go, "not released".to_owned(), styles.no_go),
            None => (glyphs.unknown, "no source knows it".to_owned(), styles.unknown),
        };
        problems.push(Line::styled(format!("{mark} needs {dependency}: {said}"), style));
    }
    let mut facts = vec![fact(screen, "window", window(screen, row))];
    let state = states::deployment(screen.look, item.state);
    facts.push(fact(screen, "state", state.full()));
    if let Some(at) = item.started_at {
        facts.push(fact(screen, "started", screen.dates.moment(at)));
    }
    if let Some(at) = item.finished_at {
        facts.push(fact(screen, "finished", screen.dates.moment(at)));
    }
    if let Some(share) = row.ready_by_start {
        facts.push(fact(screen, "readiness", format!("{} sure to be ready by its start", percent(share))));
    }
    if let Some(url) = &item.url {
        facts.push(fact(screen, "link", url.to_string()));
    }
    let pages = vec![
        Page { title: "runbook", lines: book },
        Page { title: "in its way", lines: problems },
        Page { title: "facts", lines: facts },
    ];
    (title, pages)
}

/// `Wed 25 Nov 14:00–15:10`.
pub(super) fn window(screen: &Screen<'_>, row: &DeploymentRow) -> String {
    let (dates, window) = (screen.dates, &row.deployment.window);
    let dash = screen.look.glyphs.dash;
    if dates.date(window.from) == dates.date(window.until) {
        format!("{}{dash}{}", dates.moment(window.from), dates.time(window.until))
    } else {
        format!("{} {dash} {}", dates.moment(window.from), dates.moment(window.until))
    }
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
    let mut pieces = headline::pieces(screen.look, insight, screen.dates, screen.now, format::distance);
    headline::fold(&mut pieces, cells, 2);
    let mut lines = vec![headline::line(pieces, 2)];
    match &insight.forecast {
        ForecastView::Dates { p50, p85, p95, scored, .. } => {
            let dates = [("P50", p50), ("P85", p85), ("P95", p95)];
            let dates = dates.map(|(name, at)| format!("{name} {}", screen.dates.day(*at)));
            lines.push(fact(screen, "forecast", joined(screen, dates)));
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
    (title, vec![Page { title: "overview", lines }])
}

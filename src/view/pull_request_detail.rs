//! A pull request looked at closer: overview, checks, reviews, stories, files, timeline.

use ratatui::text::{Line, Span};

use crate::{
    app::{Closely, Link},
    domain::{
        CheckOutcome, FileChange, Prose, PullRequestDetail, PullRequestState, ReviewVerdict, StoryKey, Thread,
    },
    insight::{CloserLook, PullRequestRow, words},
};

use super::{
    Look,
    detail::{Page, fact, joined, names, wrapped},
    format, markdown, pull_requests,
    rich::Rich,
    screen::Screen,
    states, text,
};

pub(super) fn pages(screen: &Screen<'_>, row: &PullRequestRow, cells: usize) -> (Line<'static>, Vec<Page>) {
    let styles = &screen.look.styles;
    let item = &row.pull_request;
    let title = Line::from(vec![
        Span::styled(format!("{} ", pull_requests::number(row)), styles.title),
        Span::styled(item.title.to_string(), styles.strong),
    ]);
    let closely = screen.state.closely(&item.id);
    let look = screen.state.closer_look(&item.id);
    let pages = vec![
        Page { title: "overview", rich: overview(screen, row, look, closely, cells) },
        Page { title: "checks", rich: checks(screen, row, look, cells) },
        Page { title: "reviews", rich: reviews(screen, row, closely, cells) },
        Page { title: "stories", rich: stories(screen, row) },
        Page { title: "files", rich: files(screen, look, closely, cells) },
        Page { title: "timeline", rich: timeline(screen, row, look).into() },
    ];
    (title, pages)
}

fn overview(
    screen: &Screen<'_>,
    row: &PullRequestRow,
    look: Option<&CloserLook>,
    closely: Option<&Closely>,
    cells: usize,
) -> Rich {
    let Look { styles, glyphs } = screen.look;
    let item = &row.pull_request;
    let mut rich = Rich::default();
    let next = pull_requests::next_step(row);
    if !next.is_empty() {
        rich.push(Line::from(vec![
            Span::styled(format!("{} ", glyphs.right), styles.accent),
            Span::styled(next, styles.strong),
        ]));
    }
    let stories: Vec<&str> = item.stories.iter().map(StoryKey::as_str).collect();
    let belongs =
        if row.belongs.is_empty() { "belongs to no release".to_owned() } else { row.belongs.to_string() };
    let size = match (item.additions, item.deletions) {
        (Some(added), Some(deleted)) => format!("+{added} {}{deleted}", glyphs.minus),
        _ => String::new(),
    };
    let opened = item.opened_at.map(|at| format!("opened {}", screen.dates.day(at))).unwrap_or_default();
    let draft = if item.draft { "draft".to_owned() } else { String::new() };
    let line = joined(screen, [stories.join(", "), belongs, size, opened, draft]);
    rich.extend(wrapped(&line, cells, styles.base));
    let who = if row.next.who.is_empty() { String::new() } else { format!(" on {}", names(&row.next.who)) };
    let of_stage = || look.into_iter().flat_map(|look| &look.timeline).filter(|time| time.stage == row.stage);
    // One clock for what is compared: both are working time, and each time in the stage counts.
    let since = row.since.map(|at| match of_stage().next() {
        Some(_) => {
            let spent = seconds(of_stage().map(|time| time.seconds).sum());
            format!("in {} for {spent} of working time{who}", row.stage.word())
        }
        None => format!("in {} for {}{who}", row.stage.word(), format::age(at, screen.now)),
    });
    let usual = of_stage().next().map(|time| format!("team P85 {}", seconds(time.p85_seconds)));
    let standing = states::standing(screen.look, row.standing);
    let slack = row.slack_seconds.map(|seconds| format!("slack {}", format::slack(seconds, glyphs.minus)));
    let due = item.due.map(|at| format!("due {}", screen.dates.moment(at)));
    let ended = [("merged", item.merged_at), ("closed", item.closed_at)];
    let ended = ended.into_iter().find_map(|(word, at)| Some((word, at?)));
    let ended = ended.filter(|_| item.state != PullRequestState::Open);
    let line = if let Some((word, at)) = ended {
        let deployed = item.deployed_at.map(|at| format!("in production since {}", screen.dates.moment(at)));
        let said = format!("{word} {} ago, {}", format::age(at, screen.now), screen.dates.moment(at));
        joined(screen, [said, deployed.unwrap_or_default()])
    } else {
        let parts = [since, usual, Some(standing.word.to_owned()), slack, due];
        joined(screen, parts.map(Option::unwrap_or_default))
    };
    rich.extend(wrapped(&line, cells, styles.base));
    if let Some(branch) = &item.branch {
        let said = format!("{branch} {} {} in {}", glyphs.right, item.base, item.repository);
        rich.push(fact(screen, "branch", said));
    } else if let Some(commit) = &item.merge_commit {
        let said = format!("{} on {} in {}", words::commit(commit), item.base, item.repository);
        rich.push(fact(screen, "commit", said));
    } else {
        rich.push(fact(screen, "branch", format!("to {} in {}", item.base, item.repository)));
    }
    if let Some(link) = item.url.as_deref().and_then(Link::of).filter(|_| screen.state.desk.links) {
        let name = Span::styled(format!("{:<10} ", "link"), styles.muted);
        let shown = text::fit(link.as_str(), cells.saturating_sub(11), glyphs.ellipsis).into_owned();
        rich.push_linked(vec![(name, None), (Span::styled(shown, styles.accent), Some(link))]);
    }
    rich.append(check_lines(screen, row, look, true, cells));
    match closely {
        Some(Closely::Read(detail)) => description(screen, &detail.description, cells, &mut rich),
        other => rich.extend(unread(screen, other, cells)),
    }
    rich
}

fn description(screen: &Screen<'_>, prose: &Prose, cells: usize, rich: &mut Rich) {
    let styles = &screen.look.styles;
    rich.push(Line::default());
    if prose.as_str().is_empty() {
        rich.push(Line::styled("it has no description", styles.muted));
        return;
    }
    rich.append(markdown::lines(screen.look, prose.as_str(), cells, !screen.state.desk.links));
    if prose.is_cut() {
        let said = format!("{} the rest of it in the browser", screen.look.glyphs.ellipsis);
        rich.push(Line::styled(said, styles.muted));
    }
}

/// Why there is nothing to read, if something is to be said of it.
fn unread(screen: &Screen<'_>, closely: Option<&Closely>, cells: usize) -> Vec<Line<'static>> {
    let styles = &screen.look.styles;
    match closely {
        Some(Closely::Reading) => {
            let said = format!("reading{}", screen.look.glyphs.ellipsis);
            vec![Line::default(), Line::styled(said, styles.muted)]
        }
        Some(Closely::Failed(problem, _)) => {
            let mark = screen.look.glyphs.unknown;
            let said = format!("{mark} {}: {}", problem.what, problem.next_step);
            let mut lines = vec![Line::default()];
            lines.extend(wrapped(&said, cells, styles.unknown));
            lines
        }
        Some(Closely::Read(_)) | None => Vec::new(),
    }
}

fn checks(screen: &Screen<'_>, row: &PullRequestRow, look: Option<&CloserLook>, cells: usize) -> Rich {
    let mut checks = check_lines(screen, row, look, false, cells);
    if checks.lines.is_empty() {
        checks.push(Line::styled("no source tells of its checks", screen.look.styles.muted));
    }
    checks
}

fn check_lines(
    screen: &Screen<'_>,
    row: &PullRequestRow,
    look: Option<&CloserLook>,
    only_failed: bool,
    cells: usize,
) -> Rich {
    let styles = &screen.look.styles;
    let checks = row.pull_request.checks.iter();
    let mut shown: Vec<_> =
        checks.filter(|check| !only_failed || check.outcome == CheckOutcome::Failed).collect();
    // What failed is what one looks for.
    shown.sort_by_key(|check| check.outcome != CheckOutcome::Failed);
    let mut rich = Rich::default();
    for check in shown {
        let said = states::check(screen.look, check.outcome);
        let at = check.at.map(|at| format!("  {} ago", format::age(at, screen.now))).unwrap_or_default();
        let optional = if check.required { "" } else { "  not required" };
        rich.push(Line::from(vec![
            Span::styled(format!("{} ", said.mark), said.style),
            Span::styled(check.name.to_string(), styles.base),
            Span::styled(format!("  {}", said.word), said.style),
            Span::styled(format!("{at}{optional}"), styles.muted),
        ]));
        let history = look.and_then(|look| look.check(&check.name)).map(crate::insight::CheckHistory::words);
        let history = history.filter(|words| !words.is_empty());
        if let Some(words) = history {
            let line = words.join(&format!(" {} ", screen.look.glyphs.separator));
            for line in text::wrap(&line, cells.saturating_sub(2)) {
                rich.push(Line::styled(format!("  {line}"), styles.at_risk));
            }
        }
    }
    rich
}

fn reviews(screen: &Screen<'_>, row: &PullRequestRow, closely: Option<&Closely>, cells: usize) -> Rich {
    let Look { styles, glyphs } = screen.look;
    let item = &row.pull_request;
    let mut rich = Rich::default();
    if let Some(required) = item.required_approvals {
        rich.push(Line::styled(format!("{required} approvals are needed"), styles.muted));
    }
    for review in item.reviews.iter().rev() {
        let (mark, word, style) = match review.verdict {
            ReviewVerdict::Approved => (glyphs.go, "approved", styles.go),
            ReviewVerdict::ChangesRequested => (glyphs.no_go, "asks for changes", styles.no_go),
            ReviewVerdict::Commented => (glyphs.separator, "commented", styles.base),
            ReviewVerdict::Dismissed => (glyphs.not_needed, "dismissed", styles.muted),
        };
        let bot = if review.bot { " (bot)" } else { "" };
        rich.push(Line::from(vec![
            Span::styled(format!("{mark} "), style),
            Span::styled(format!("{}{bot} ", review.reviewer), styles.base),
            Span::styled(word, style),
            Span::styled(format!("  {}", screen.dates.moment(review.at)), styles.muted),
        ]));
    }
    if !item.requested_reviewers.is_empty() {
        let said = format!("{} asked, no answer yet: {}", glyphs.running, names(&item.requested_reviewers));
        rich.push(Line::styled(said, styles.base));
    }
    if rich.lines.is_empty() {
        rich.push(Line::styled("nobody was asked and nobody reviewed", styles.muted));
    }
    match closely {
        Some(Closely::Read(detail)) => threads(screen, detail, cells, &mut rich),
        other => rich.extend(unread(screen, other, cells)),
    }
    rich
}

fn threads(screen: &Screen<'_>, detail: &PullRequestDetail, cells: usize, rich: &mut Rich) {
    let Look { styles, glyphs } = screen.look;
    rich.push(Line::default());
    if detail.threads.is_empty() && !detail.more_threads {
        rich.push(Line::styled(format!("{} no thread is left open", glyphs.go), styles.go));
        return;
    }
    let more = if detail.more_threads { " at least" } else { "" };
    let said = words::count(detail.threads.len(), "thread left open", "threads left open");
    rich.push(Line::styled(format!("{said}{more}"), styles.header));
    for thread in &detail.threads {
        rich.push_linked(thread_head(screen, thread));
        for line in text::wrap(&thread.said, cells.saturating_sub(2)).into_iter().take(3) {
            rich.push(Line::styled(format!("  {line}"), styles.base));
        }
    }
}

/// `… kim  src/refund.rs:41  2d ago  2 answers`.
fn thread_head(screen: &Screen<'_>, thread: &Thread) -> Vec<(Span<'static>, Option<Link>)> {
    let Look { styles, glyphs } = screen.look;
    let suffix = thread.line.map(|line| format!(":{line}")).unwrap_or_default();
    let path = thread.path.as_ref().map_or_else(|| "in general".to_owned(), |path| format!("{path}{suffix}"));
    let mut more = Vec::new();
    more.extend(thread.at.map(|at| format!("{} ago", format::age(at, screen.now))));
    if thread.replies > 0 {
        more.push(words::count(thread.replies as usize, "answer", "answers"));
    }
    if thread.outdated {
        more.push("outdated".to_owned());
    }
    let link = thread.url.as_deref().and_then(Link::of);
    vec![
        (Span::styled(format!("{} ", glyphs.at_risk), styles.at_risk), None),
        (Span::styled(format!("{} ", thread.author), styles.strong), None),
        (Span::styled(path, styles.accent), link),
        (Span::styled(format!("  {}", more.join(&format!(" {} ", glyphs.separator))), styles.muted), None),
    ]
}

fn stories(screen: &Screen<'_>, row: &PullRequestRow) -> Rich {
    let styles = &screen.look.styles;
    let mut rich = Rich::default();
    for key in &row.pull_request.stories {
        let Some(found) = screen.state.story(key) else {
            let said = format!("{key}  not in this release, or nobody tells of it");
            rich.push(Line::styled(said, styles.muted));
            continue;
        };
        let story = &found.story;
        let owner = story.owner.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        let rest = joined(
            screen,
            [story.status.to_string(), owner, format::age(found.since, screen.now), found.reason.to_string()],
        );
        let link = story.url.as_deref().and_then(Link::of);
        rich.push_linked(vec![
            (Span::styled(key.to_string(), styles.title), link),
            (Span::styled(format!(" {}", story.title), styles.base), None),
        ]);
        rich.push(Line::styled(format!("  {rest}"), styles.muted));
    }
    if rich.lines.is_empty() {
        rich.push(Line::styled("it names no story", styles.muted));
    }
    rich
}

fn files(screen: &Screen<'_>, look: Option<&CloserLook>, closely: Option<&Closely>, cells: usize) -> Rich {
    let Look { styles, glyphs } = screen.look;
    let detail = match closely {
        Some(Closely::Read(detail)) => detail,
        None => return vec![Line::styled("no source tells of its files", styles.muted)].into(),
        other => return unread(screen, other, cells).into(),
    };
    let Some(files) = &detail.files else {
        return vec![Line::styled("its files could not be read", styles.muted)].into();
    };
    let heat = look.map(|look| look.heat(detail)).unwrap_or_default();
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|index| {
        let heat = heat.get(*index).copied().unwrap_or_default();
        std::cmp::Reverse((heat.is_hot, heat.fixes, heat.changed_by))
    });
    let mut rich = Rich::default();
    for index in order {
        let file = &files[index];
        let heat = heat.get(index).copied().unwrap_or_default();
        let (letter, style) = match file.change {
            FileChange::Added => ("A", styles.go),
            FileChange::Deleted => ("D", styles.no_go),
            FileChange::Renamed => ("R", styles.base),
            FileChange::Modified => ("M", styles.base),
            FileChange::Unknown => (glyphs.unknown, styles.unknown),
        };
        let size = match (file.additions, file.deletions) {
            (Some(added), Some(deleted)) => format!("  +{added} {}{deleted}", glyphs.minus),
            _ => String::new(),
        };
        let mut spans = vec![
            Span::styled(format!("{letter} "), style),
            Span::styled(file.path.to_string(), if heat.is_hot { styles.strong } else { styles.base }),
            Span::styled(size, styles.muted),
        ];
        if heat.is_hot {
            let mended = match heat.fixes {
                0 => String::new(),
                count => format!(", {}", words::count(count as usize, "fix", "fixes")),
            };
            let said = format!(
                "  {} hot: in {} of the last {} merged{mended}",
                glyphs.at_risk,
                heat.changed_by,
                detail.merged_lately.len()
            );
            spans.push(Span::styled(said, styles.at_risk));
        }
        rich.push(Line::from(spans));
    }
    if rich.lines.is_empty() {
        rich.push(Line::styled("it changes no file", styles.muted));
    }
    if detail.more_files {
        let said = format!("{} more files in the browser", glyphs.ellipsis);
        rich.push(Line::styled(said, styles.muted));
    }
    rich
}

/// Each time in a stage, as long as it was, against what is usual for the team.
fn timeline(screen: &Screen<'_>, row: &PullRequestRow, look: Option<&CloserLook>) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let Some(look) = look.filter(|look| !look.timeline.is_empty()) else {
        let is_read = screen.state.board.health.iter().all(|health| health.answered_at.is_some());
        let said = if is_read { "no source tells when it got where" } else { "still being read" };
        return vec![Line::styled(said, styles.muted)];
    };
    let mut lines = Vec::new();
    let mut is_learnt = true;
    for time in &look.timeline {
        let is_now = time.left.is_none();
        let until = time.left.map_or_else(|| "now".to_owned(), |at| screen.dates.moment(at));
        let (word, style) = if time.seconds > time.p85_seconds {
            ("slow", styles.at_risk)
        } else if time.seconds <= time.p50_seconds && !is_now {
            ("fast", styles.go)
        } else {
            ("usual", styles.base)
        };
        let mark = match (is_now, word) {
            (_, "slow") => glyphs.at_risk,
            (true, _) => glyphs.running,
            _ => glyphs.go,
        };
        let usual = format!("  P50 {:>6}  P85 {:>6}", seconds(time.p50_seconds), seconds(time.p85_seconds));
        is_learnt &= time.learnt;
        lines.push(Line::from(vec![
            Span::styled(format!("{mark} {:<7} ", time.stage.word()), style),
            Span::styled(format!("{:>7}", seconds(time.seconds)), styles.strong),
            Span::styled(usual, styles.muted),
            Span::styled(format!("  {word:<5}"), style),
            Span::styled(
                format!("  {} {} {until}", screen.dates.moment(time.entered), glyphs.right),
                styles.muted,
            ),
        ]));
    }
    if let Some(at) = row.pull_request.merged_at {
        lines.push(fact(screen, "merged", screen.dates.moment(at)));
    }
    let basis = if is_learnt { "" } else { "; where the team finished too few, usual lengths are assumed" };
    lines.push(Line::styled(format!("working time{basis}"), styles.muted));
    lines
}

/// Working time: a working day counts whole. `1d 3h`, `40m`.
fn seconds(seconds: i64) -> String {
    words::duration(chrono::Duration::seconds(seconds))
}

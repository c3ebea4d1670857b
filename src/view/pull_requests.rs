//! Tab 2: what is on its way, most delayed first, and what to do about each.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{GroupBy, Heading, ListId, PullRequestSection, Row},
    domain::PullRequestState,
    insight::{PullRequestRow, Standing, StepState, Subject, words},
};

use super::{
    Look, detail, format,
    screen::Screen,
    states, text,
    widgets::table::{self, Column, Places},
};

const COLUMNS: [Column; 15] = [
    Column::fixed("", 1, 0),
    Column::growing("number", 8, 16, 0),
    Column::growing("title", 22, 60, 0),
    Column::growing("repo", 12, 16, 12),
    Column::growing("author", 6, 12, 9),
    Column::fixed("stage", 6, 1),
    Column::fixed("build", 5, 6),
    Column::fixed("test", 4, 5),
    Column::fixed("review", 6, 4),
    Column::fixed("merge", 5, 7),
    Column::figures("in stage", 4, 11),
    Column::figures("age", 4, 8),
    Column::figures("slack", 7, 2),
    Column::fixed("pace", 7, 10),
    Column::growing("next step", 20, 48, 3),
];

/// Its number.
const NUMBER: usize = 1;
/// The last of the columns that name a pull request.
const TITLE: usize = 2;
/// Its repository.
const REPOSITORY: usize = 3;
/// Its stage, and since when it is in it.
const STAGE: usize = 5;
/// The merge.
const MERGE: usize = 9;
/// Since when it is in its stage.
const IN_STAGE: usize = 10;
/// Since when it is open, or how long it was.
const AGE: usize = 11;
/// What is said in a section that asks for who looks, where nobody knows who that is.
const NOBODY_KNOWS: &str = "unknown: no source says who you are here; /next:NAME asks for a name";
/// Rows of the detail pane with its frame.
const DETAIL: u16 = 9;

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    let list = state.list(ListId::PullRequests);
    let (list_area, detail_area) = detail::split(screen, body, DETAIL);
    let mut spans = vec![Span::styled("Pull requests", styles.title)];
    if state.all_releases {
        spans.push(Span::styled(format!(" {} all releases", glyphs.separator), styles.base));
    } else if let Some(release) = state.release() {
        spans.push(Span::styled(format!(" {} {}", glyphs.separator, release.release.id), styles.base));
        let tally = &release.tally;
        let open = tally.pull_requests.saturating_sub(tally.pull_requests_merged);
        let said = format!(" {} {open} open of {}", glyphs.separator, tally.pull_requests);
        spans.push(Span::styled(said, styles.base));
    }
    if !list.filter.is_empty() {
        spans.push(Span::styled(format!(" /{}", list.filter), styles.accent));
        spans.push(Span::styled(format!(" {} of {}", list.shown, list.known), styles.muted));
    }
    let order = list.order_name(ListId::PullRequests);
    let order = match order {
        "slack" if is_over(screen) && list.reversed => "first ended first".to_owned(),
        "slack" if is_over(screen) => "last ended first".to_owned(),
        "slack" if list.reversed => "least delayed first".to_owned(),
        "slack" => "most delayed first".to_owned(),
        order => format!("by {order}"),
    };
    let marked = state.marked_rows().len();
    if marked > 0 {
        let said = format!(" {} {} {marked} marked", glyphs.separator, glyphs.marked);
        spans.push(Span::styled(said, styles.accent));
    }
    let order = match state.group {
        GroupBy::Nothing => order,
        by => format!("{order} {} by {}", glyphs.separator, by.word()),
    };
    let title = Line::from(spans);
    let inside = screen.panel(list_area, &title, &Line::styled(order, styles.muted), true);
    let inside = sections(screen, inside);
    if list.rows.is_empty() {
        let section = state.sections.shown().filter(|section| !section.query.is_empty());
        let is_unknown = state.sections.all().any(|(_, count, is_shown)| is_shown && count.is_none());
        let said = if is_unknown {
            NOBODY_KNOWS
        } else if let Some(problem) = &list.asked.problem {
            &problem.what
        } else if !list.filter.is_empty() {
            "the filter picks no row"
        } else if let Some(section) = section {
            section.when_empty()
        } else {
            "no source has a pull request or an open branch"
        };
        let style = if is_unknown { styles.unknown } else { styles.muted };
        screen.put(inside.x + 1, inside.y, inside.width.saturating_sub(1), said, style);
    } else {
        table(screen, ListId::PullRequests, inside, true);
    }
    if let Some(area) = detail_area {
        detail::draw(screen, area);
    }
}

/// Nothing of the release is open, and nothing else.
fn is_over(screen: &Screen<'_>) -> bool {
    let of_release = screen.state.release().map(|release| release.pull_requests.as_slice());
    let mut rows = of_release.unwrap_or_default().iter().chain(&screen.state.board.insight.unassigned);
    rows.all(|row| row.pull_request.state != PullRequestState::Open)
}

/// The sections with their counts; what is left below them.
fn sections(screen: &mut Screen<'_>, area: Rect) -> Rect {
    let Look { styles, .. } = screen.look;
    if area.height < 4 {
        return area;
    }
    let state = screen.state;
    let label = |(section, count, is_shown): (&PullRequestSection, Option<u32>, bool)| {
        let count = count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        (format!(" {} {count} ", section.label()), is_shown)
    };
    let labels: Vec<(String, bool)> = state.sections.all().map(label).collect();
    // The one that is shown must be seen: those before it go.
    let shown = labels.iter().position(|(_, is_shown)| *is_shown).unwrap_or(0);
    let width =
        |from: usize| labels[from..=shown].iter().map(|(label, _)| text::width(label) + 1).sum::<usize>();
    let mut first = 0;
    while first < shown && width(first) > usize::from(area.width) {
        first += 1;
    }
    let mut x = area.x + 1;
    for (position, (label, is_shown)) in labels.iter().enumerate().skip(first) {
        let style = if *is_shown { styles.tab_active } else { styles.tab };
        let used = screen.put(x, area.y, area.right().saturating_sub(x), label, style);
        if used == 0 {
            break;
        }
        screen.layout.pull_request_sections.push((position, Rect { x, width: used, height: 1, ..area }));
        x += used + 1;
    }
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// Draws a list of pull requests into `area`.
pub(super) fn table(screen: &mut Screen<'_>, id: ListId, area: Rect, focused: bool) {
    let (heading, body) = table::split(area);
    let list = screen.state.list(id);
    // The most delayed first is no order by one column.
    let sorted = Some(list.order_name(id)).filter(|order| id == ListId::PullRequests && *order != "slack");
    // The same rows whatever the filter and the order: the columns stay where they are.
    let of_release = screen.state.release().map(|release| release.pull_requests.as_slice());
    let unassigned = &screen.state.board.insight.unassigned;
    let rows = || of_release.unwrap_or_default().iter().chain(unassigned);
    let is_over = is_over(screen);
    let nothing = [screen.look.glyphs.unknown, screen.look.glyphs.dash];
    let mut widest = table::widest(rows().map(|row| cells(screen, row, is_over)), &nothing);
    let mut columns = COLUMNS;
    // What is the same in every row is not worth its room.
    if is_same(rows().map(|row| row.pull_request.repository.as_str())) {
        table::without(&mut columns, &mut widest, &[REPOSITORY]);
    }
    if is_over {
        table::without(&mut columns, &mut widest, &[STAGE, IN_STAGE, MERGE]);
        columns[AGE].title = "ended";
    }
    if rows().all(|row| row.pull_request.number.is_none()) {
        let is_merged = rows().all(|row| row.pull_request.state == PullRequestState::Merged);
        columns[NUMBER].title = if is_merged { "commit" } else { "branch" };
    }
    if !screen.state.lens.has_keys() {
        table::without(&mut columns, &mut widest, &[NUMBER]);
    }
    let places = table::place(&columns, &widest, sorted, heading.width);
    let falls = sorted.is_some_and(|order| id.falls(order)) != list.reversed;
    table::headings(screen, heading, &columns, &places, sorted, falls);
    screen.list(id, body, focused, |screen, row, item| {
        draw_row(screen, row, item, &columns, &places, is_over);
        table::until(&places, TITLE)
    });
}

/// All of them are one; none of no rows or of one.
fn is_same<'a>(mut texts: impl Iterator<Item = &'a str>) -> bool {
    let first = texts.next();
    let mut rest = texts.peekable();
    rest.peek().is_some() && rest.all(|text| Some(text) == first)
}

fn draw_row(
    screen: &mut Screen<'_>,
    row: Rect,
    item: Row,
    columns: &[Column],
    places: &Places,
    is_over: bool,
) {
    let state = screen.state;
    if let Row::Heading(heading) = item {
        return draw_heading(screen, row, heading);
    }
    if let Some(found) = state.pull_request_of(item) {
        table::cells(screen, row, columns, places, &cells(screen, found, is_over));
    }
}

fn draw_heading(screen: &mut Screen<'_>, row: Rect, heading: Heading) {
    let Look { styles, glyphs } = screen.look;
    let words = match heading {
        Heading::Ended { merged, closed, shown } => {
            let mut spans = vec![Span::styled(format!("  {} {merged} merged", glyphs.go), styles.go)];
            if closed > 0 {
                spans.push(Span::styled(format!(" {} {closed} closed", glyphs.separator), styles.muted));
            }
            let key = screen.key(crate::app::Command::OtherPicture);
            if let (false, Some(key)) = (shown, key) {
                spans.push(Span::styled(format!("  {key} "), styles.accent));
                spans.push(Span::styled("lists them", styles.muted));
            }
            Line::from(spans)
        }
        Heading::Group(index, count) => {
            let groups = &screen.state.list(ListId::PullRequests).groups;
            let name = groups.get(index as usize).map(ToString::to_string).unwrap_or_default();
            Line::from(vec![
                Span::styled(format!("  {name}"), styles.strong),
                Span::styled(format!(" {} {count}", glyphs.separator), styles.muted),
            ])
        }
        Heading::Unassigned(count) => Line::styled(format!("  {count} not in a release"), styles.muted),
        Heading::Ready { .. }
        | Heading::Feature(_)
        | Heading::NoFeature(_)
        | Heading::Past(_)
        | Heading::Undated(_)
        | Heading::Changes(..)
        | Heading::Concerned(_) => return,
    };
    screen.heading(row, &words);
}

/// `#812`; without a number its branch while it is open, and the commit that brought it in.
pub(super) fn number(row: &PullRequestRow) -> String {
    let item = &row.pull_request;
    let is_open = item.state == PullRequestState::Open;
    match (item.number, &item.branch, &item.merge_commit) {
        (Some(number), _, _) => format!("#{number}"),
        (None, Some(branch), _) if is_open => branch.to_string(),
        (None, _, Some(commit)) => words::commit(commit).to_owned(),
        (None, _, None) => "branch".to_owned(),
    }
}

/// `kim, raj: review`.
pub(super) fn next_step(row: &PullRequestRow) -> String {
    if row.next.action.is_empty() || row.next.who.is_empty() {
        return row.next.action.to_string();
    }
    let who: Vec<&str> = row.next.who.iter().map(AsRef::as_ref).collect();
    format!("{}: {}", who.join(", "), row.next.action)
}

/// `is_over`: where nothing is open, it counts when each ended, not how old it is.
fn cells(screen: &Screen<'_>, found: &PullRequestRow, is_over: bool) -> [(String, Style); 15] {
    let Look { styles, glyphs } = screen.look;
    let pull_request = &found.pull_request;
    let is_open = pull_request.state == PullRequestState::Open;
    let text = if is_open { styles.base } else { styles.muted };
    let standing = states::standing(screen.look, found.standing);
    let (mark, mark_style) = match pull_request.state {
        PullRequestState::Open => (standing.mark, standing.style),
        PullRequestState::Merged => (glyphs.go, styles.go),
        PullRequestState::Closed => (glyphs.not_needed, styles.muted),
    };
    let step = |state| match state {
        // Nobody has to find out any more.
        StepState::Unknown if !is_open => (String::new(), styles.muted),
        _ => states::step(screen.look, state),
    };
    let slack = found.slack_seconds.map(|seconds| format::slack(seconds, glyphs.minus));
    let slack_style = match found.slack_seconds {
        Some(..0) => styles.no_go,
        _ => styles.base,
    };
    let ended = pull_request.merged_at.or(pull_request.closed_at).filter(|_| !is_open);
    let age = match ended {
        Some(ended) if is_over => Some(format::age(ended, screen.now)),
        // As in a query: it grew until it ended.
        _ => crate::app::opened(found).map(|at| format::age(at, ended.unwrap_or(screen.now))),
    };
    let in_stage = found.since.filter(|_| is_open).map(|at| format::age(at, screen.now));
    let pace = match found.standing {
        Standing::Ended => String::new(),
        // The words for it are longer than the column.
        Standing::Unknown => glyphs.unknown.to_owned(),
        _ => standing.word.to_owned(),
    };
    let told = states::operation(screen, &Subject::PullRequest(pull_request.id.clone()));
    let (mark, mark_style) = told.as_ref().map_or((mark, mark_style), |told| (told.mark, told.style));
    let next = told.map_or_else(|| (next_step(found), text), |told| (told.words, told.style));
    let next = (screen.words(&next.0).into_owned(), next.1);
    let dash = || if is_open { glyphs.dash.to_owned() } else { String::new() };
    [
        (mark.to_owned(), mark_style),
        (number(found), text),
        (pull_request.title.to_string(), text),
        (pull_request.repository.to_string(), styles.muted),
        (pull_request.author.to_string(), styles.muted),
        (found.stage.word().to_owned(), text),
        step(found.steps.build),
        step(found.steps.test),
        step(found.steps.review),
        step(found.steps.merge),
        (in_stage.unwrap_or_default(), styles.muted),
        (age.unwrap_or_default(), styles.muted),
        (slack.unwrap_or_else(dash), slack_style),
        (pace, standing.style),
        next,
    ]
}

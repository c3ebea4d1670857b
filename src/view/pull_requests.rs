//! Tab 2: what is on its way, most delayed first, and what to do about each.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{Heading, ListId, Row},
    domain::PullRequestState,
    insight::{PullRequestRow, Standing, StepState, Subject},
};

use super::{
    Look, detail, format,
    screen::Screen,
    states,
    widgets::table::{self, Column, Places},
};

const COLUMNS: [Column; 14] = [
    Column::fixed("", 1, 0),
    Column::fixed("number", 8, 0),
    Column::growing("title", 22, 60, 0),
    Column::growing("repo", 12, 16, 11),
    Column::growing("author", 6, 12, 9),
    Column::fixed("stage", 6, 1),
    Column::fixed("build", 5, 6),
    Column::fixed("test", 4, 5),
    Column::fixed("review", 6, 4),
    Column::fixed("merge", 5, 7),
    Column::figures("age", 4, 8),
    Column::figures("slack", 7, 2),
    Column::fixed("pace", 7, 10),
    Column::growing("next step", 20, 48, 3),
];

/// The last of the columns that name a pull request.
const TITLE: usize = 2;
/// Rows of the detail pane with its frame.
const DETAIL: u16 = 9;

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    let list = state.list(ListId::PullRequests);
    let (list_area, detail_area) = detail::split(screen, body, DETAIL);
    let mut spans = vec![Span::styled("Pull requests", styles.title)];
    if let Some(release) = state.release() {
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
    let order = if order == "slack" { "most delayed first".to_owned() } else { format!("by {order}") };
    let title = Line::from(spans);
    let inside = screen.panel(list_area, &title, &Line::styled(order, styles.muted), true);
    if list.rows.is_empty() {
        let said = if list.filter.is_empty() {
            "no source has a pull request or an open branch"
        } else {
            "no row has these words"
        };
        screen.put(inside.x + 1, inside.y, inside.width.saturating_sub(1), said, styles.muted);
    } else {
        table(screen, ListId::PullRequests, inside, true);
    }
    if let Some(area) = detail_area {
        detail::draw(screen, area);
    }
}

/// Draws a list of pull requests into `area`.
pub(super) fn table(screen: &mut Screen<'_>, id: ListId, area: Rect, focused: bool) {
    let (heading, body) = table::split(area);
    let list = screen.state.list(id);
    let sorted = if id == ListId::PullRequests { list.order_name(id) } else { "slack" };
    // The same rows whatever the filter and the order: the columns stay where they are.
    let of_release = screen.state.release().map(|release| release.pull_requests.as_slice());
    let rows = of_release.unwrap_or_default().iter().chain(&screen.state.board.insight.unassigned);
    let nothing = [screen.look.glyphs.unknown, screen.look.glyphs.dash];
    let widest = table::widest(rows.map(|row| cells(screen, row)), &nothing);
    let places = table::place(&COLUMNS, &widest, Some(sorted), heading.width);
    table::headings(screen, heading, &COLUMNS, &places, Some(sorted), list.reversed);
    screen.list(id, body, focused, |screen, row, item| {
        draw_row(screen, row, item, &places);
        table::until(&places, TITLE)
    });
}

fn draw_row(screen: &mut Screen<'_>, row: Rect, item: Row, places: &Places) {
    let state = screen.state;
    let found = match item {
        Row::PullRequest(index) => {
            state.release().and_then(|release| release.pull_requests.get(index as usize))
        }
        Row::Unassigned(index) => state.board.insight.unassigned.get(index as usize),
        Row::Heading(heading) => return draw_heading(screen, row, heading),
        _ => None,
    };
    if let Some(found) = found {
        table::cells(screen, row, &COLUMNS, places, &cells(screen, found));
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

/// `#812`; of a branch without a pull request, that it is one.
pub(super) fn number(row: &PullRequestRow) -> String {
    row.pull_request.number.map_or_else(|| "branch".to_owned(), |number| format!("#{number}"))
}

/// `kim, raj: review`.
pub(super) fn next_step(row: &PullRequestRow) -> String {
    if row.next.action.is_empty() || row.next.who.is_empty() {
        return row.next.action.to_string();
    }
    let who: Vec<&str> = row.next.who.iter().map(AsRef::as_ref).collect();
    format!("{}: {}", who.join(", "), row.next.action)
}

fn cells(screen: &Screen<'_>, found: &PullRequestRow) -> [(String, Style); 14] {
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
    let age = crate::app::opened(found).map(|at| format::age(at, screen.now));
    let pace = match found.standing {
        Standing::Ended => String::new(),
        // The words for it are longer than the column.
        Standing::Unknown => glyphs.unknown.to_owned(),
        _ => standing.word.to_owned(),
    };
    let told = states::operation(screen, &Subject::PullRequest(pull_request.id.clone()));
    let (mark, mark_style) = told.as_ref().map_or((mark, mark_style), |told| (told.mark, told.style));
    let next = told.map_or_else(|| (next_step(found), text), |told| (told.words, told.style));
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
        (age.unwrap_or_default(), styles.muted),
        (slack.unwrap_or_else(dash), slack_style),
        (pace, standing.style),
        next,
    ]
}

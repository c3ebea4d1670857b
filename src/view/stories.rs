//! The stories of a release, worst first.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::{Heading, ListId, Row},
    domain::{Kind, Severity, StoryKind},
    insight::{StepState, StoryRow},
};

use super::{
    Look, format,
    screen::Screen,
    states,
    widgets::table::{self, Column, Places},
};

const COLUMNS: [Column; 8] = [
    Column::fixed("", 1, 0),
    Column::growing("key", 7, 12, 0),
    Column::growing("title", 15, 70, 0),
    Column::fixed("status", 11, 1),
    Column::figures("age", 4, 2),
    Column::growing("owner", 5, 12, 4),
    Column::growing("pull req.", 9, 11, 5),
    Column::growing("because", 15, 44, 3),
];

/// The last of the columns that name a story.
const TITLE: usize = 2;

/// Draws the list of stories into `area`.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect, focused: bool) {
    let (heading, body) = table::split(area);
    let places = table::place(&COLUMNS, heading.width);
    let list = screen.state.list(ListId::Stories);
    let sorted = match list.order_name(ListId::Stories) {
        "worst" => None,
        other => Some(other),
    };
    table::headings(screen, heading, &COLUMNS, &places, sorted, list.reversed);
    screen.list(ListId::Stories, body, focused, |screen, row, item| {
        draw_row(screen, row, item, &places);
        table::until(&places, TITLE)
    });
}

fn draw_row(screen: &mut Screen<'_>, row: Rect, item: Row, places: &Places) {
    let Look { styles, glyphs } = screen.look;
    match item {
        Row::Heading(Heading::Ready { ready, dropped }) => {
            let mut spans = vec![Span::styled(format!("  {} {ready} ready", glyphs.go), styles.go)];
            if dropped > 0 {
                spans.push(Span::styled(format!(" {} {dropped} dropped", glyphs.separator), styles.muted));
            }
            screen.heading(row, &Line::from(spans));
        }
        Row::Story(index) => {
            let state = screen.state;
            let story = state.release().and_then(|release| release.stories.get(index as usize));
            if let Some(story) = story {
                draw_story(screen, row, story, places);
            }
        }
        _ => {}
    }
}

fn draw_story(screen: &mut Screen<'_>, row: Rect, story: &StoryRow, places: &Places) {
    let Look { styles, glyphs } = screen.look;
    let item = &story.story;
    let (mark, mark_style) = match (story.open, story.attention) {
        (false, _) => (glyphs.go, styles.go),
        (true, true) => (glyphs.at_risk, styles.at_risk),
        (true, false) => (" ", styles.base),
    };
    let text = if story.open { styles.base } else { styles.muted };
    let status = states::category(screen.look, item.category);
    let (pull_requests, pull_requests_style) = pull_requests(screen, story);
    let because = because(story);
    let owner = item.owner.as_deref().unwrap_or(glyphs.dash);
    let cells = [
        (mark.to_owned(), mark_style),
        (item.key.to_string(), text),
        (item.title.to_string(), text),
        (item.status.to_string(), status),
        (format::age(story.since, screen.now), styles.muted),
        (owner.to_owned(), styles.muted),
        (pull_requests, pull_requests_style),
        (because, if story.attention { styles.at_risk } else { styles.muted }),
    ];
    for (index, (content, style)) in cells.iter().enumerate() {
        table::cell(screen, row, &COLUMNS, places, index, content, *style);
    }
}

/// Why it stands where it stands; a defect says that it is one.
fn because(story: &StoryRow) -> String {
    let item = &story.story;
    let severity = match item.severity {
        Some(Severity::Low) => "low ",
        Some(Severity::Medium) => "medium ",
        Some(Severity::High) => "high ",
        Some(Severity::Critical) => "critical ",
        None => "",
    };
    match item.kind {
        StoryKind::Story => story.reason.to_string(),
        StoryKind::Defect if story.reason.contains("defect") => story.reason.to_string(),
        StoryKind::Defect if story.reason.is_empty() => format!("{severity}defect"),
        StoryKind::Defect => format!("{severity}defect, {}", story.reason),
    }
}

/// Its first pull request and how that one stands; that there is none, where somebody would
/// know.
fn pull_requests(screen: &Screen<'_>, story: &StoryRow) -> (String, ratatui::style::Style) {
    let Look { styles, glyphs } = screen.look;
    let Some(first) = story.pull_requests.first() else {
        let is_known = screen.state.board.world.is_covered(Kind::PullRequests);
        let said = if story.open && is_known { "none" } else { "" };
        return (said.to_owned(), styles.muted);
    };
    let id = first.as_str();
    let number = id.find('#').map_or(id, |at| &id[at..]);
    let more = match story.pull_requests.len() {
        1 => String::new(),
        count => format!(" +{}", count - 1),
    };
    let Some(row) = screen.state.pull_request(first) else {
        return (format!("{number}{more}"), styles.muted);
    };
    let steps = [row.steps.build, row.steps.test, row.steps.review, row.steps.merge];
    if steps.contains(&StepState::Failed) {
        (format!("{number} {}{more}", glyphs.no_go), styles.no_go)
    } else if row.steps.merge == StepState::Done {
        (format!("{number} {}{more}", glyphs.go), styles.go)
    } else {
        (format!("{number}{more}"), styles.base)
    }
}

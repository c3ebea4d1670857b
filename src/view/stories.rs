//! The stories of a release, worst first.

use std::borrow::Cow;

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{Heading, ListId, Row},
    domain::{Category, Kind, Severity, StoryKey, StoryKind},
    insight::{Feature, StepState, StoryRow, Subject, words},
};

use super::{
    Look, format,
    screen::Screen,
    states, text,
    widgets::table::{self, Column, Places},
};

const COLUMNS: [Column; 8] = [
    Column::fixed("", 1, 0),
    Column::fixed("key", 12, 0),
    Column::growing("title", 22, 70, 0),
    Column::growing("status", 11, 16, 1),
    Column::figures("age", 4, 2),
    Column::growing("owner", 5, 12, 4),
    Column::growing("PR", 7, 20, 5),
    Column::growing("because", 18, 48, 3),
];
/// Its key.
const KEY: usize = 1;
/// Who does it.
const OWNER: usize = 5;
/// Where the first pull request is named.
const PULL_REQUEST: usize = 6;

/// The last of the columns that name a story.
const TITLE: usize = 2;

/// Draws the list of stories, or that of defects, into `area`.
pub(super) fn draw(screen: &mut Screen<'_>, id: ListId, area: Rect, focused: bool) {
    let (heading, body) = table::split(area);
    let list = screen.state.list(id);
    let sorted = match list.order_name(id) {
        "worst" => None,
        other => Some(other),
    };
    // The same rows whatever the filter and the order: the columns stay where they are.
    let kind = if id == ListId::Defects { StoryKind::Defect } else { StoryKind::Story };
    let rows = screen.state.release().map(|release| release.stories.as_slice()).unwrap_or_default();
    let rows = rows.iter().filter(|row| row.story.kind == kind);
    let nothing = [screen.look.glyphs.unknown, screen.look.glyphs.dash];
    let mut widest = table::widest(rows.map(|row| cells(screen, row, None)), &nothing);
    let mut columns = COLUMNS;
    if !screen.state.lens.has_keys() {
        table::without(&mut columns, &mut widest, &[KEY, PULL_REQUEST]);
    }
    let places = table::place(&columns, &widest, sorted, heading.width);
    let falls = sorted.is_some_and(|order| id.falls(order)) != list.reversed;
    table::headings(screen, heading, &columns, &places, sorted, falls);
    screen.list(id, body, focused, |screen, row, item| {
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
        Row::Heading(Heading::Feature(index)) => {
            let features = screen.state.release().map(|release| release.features.as_slice());
            if let Some(feature) = features.and_then(|features| features.get(index as usize)) {
                screen.heading(row, &feature_line(screen, feature));
            }
        }
        Row::Heading(Heading::NoFeature(count)) => {
            let said = format!("  {} {count} in no feature", screen.look.glyphs.not_needed);
            screen.heading(row, &Line::styled(said, styles.muted));
        }
        Row::Story(index) => {
            let state = screen.state;
            let story = state.release().and_then(|release| release.stories.get(index as usize));
            if let Some(story) = story {
                table::cells(screen, row, &COLUMNS, places, &cells(screen, story, Some(places)));
            }
        }
        _ => {}
    }
}

/// `▲ PAY-1 Checkout 3/7 ready · 1 defect · waits for AUTH-12`.
fn feature_line(screen: &Screen<'_>, feature: &Feature) -> Line<'static> {
    let Look { styles, glyphs } = screen.look;
    let (mark, style) = match (feature.ready, feature.waits_for.is_empty()) {
        (true, _) => (glyphs.go, styles.go),
        (false, true) => (" ", styles.base),
        (false, false) => (glyphs.at_risk, styles.at_risk),
    };
    let name = match feature.title.as_deref() {
        Some(title) if !screen.state.lens.has_keys() => title.to_owned(),
        Some(title) => format!("{} {title}", feature.key),
        None => screen.words(feature.key.as_str()).into_owned(),
    };
    let mut spans = vec![
        Span::styled(format!("{mark} "), style),
        Span::styled(name, styles.strong),
        Span::styled(format!("  {}/{} ready", feature.stories_ready, feature.stories), style),
    ];
    let mut note = |said: String, style| {
        spans.push(Span::styled(format!(" {} {said}", glyphs.separator), style));
    };
    match feature.defects_open {
        0 => {}
        1 => note("1 defect".to_owned(), styles.muted),
        many => note(format!("{many} defects"), styles.muted),
    }
    if !feature.waits_for.is_empty() {
        let keys: Vec<&str> = feature.waits_for.iter().map(StoryKey::as_str).collect();
        let said = format!("waits for {}", words::list(&keys, 3));
        note(screen.words(&said).into_owned(), styles.at_risk);
    }
    Line::from(spans)
}

/// What a row says, as briefly as its columns demand; in full where none are placed yet.
fn cells(screen: &Screen<'_>, story: &StoryRow, places: Option<&Places>) -> [(String, Style); 8] {
    let Look { styles, glyphs } = screen.look;
    let item = &story.story;
    let (mark, mark_style) = match (story.open, story.attention) {
        (false, _) => (glyphs.go, styles.go),
        (true, true) => (glyphs.at_risk, styles.at_risk),
        (true, false) => (" ", styles.base),
    };
    let text = if story.open { styles.base } else { styles.muted };
    let status = states::category(screen.look, item.category);
    let room = places.map_or(Some(u16::MAX), |places| table::room(places, PULL_REQUEST));
    let pull_request = pull_requests(screen, story, room.unwrap_or(u16::MAX));
    // The column beside it says that there is nobody.
    let has_owner = places.is_none_or(|places| table::room(places, OWNER).is_some());
    let mut because =
        (because(story, has_owner), if story.attention { styles.at_risk } else { styles.muted });
    if because.0.is_empty() && room.is_none() && story.open && screen.state.lens.has_keys() {
        // Where its own column gave way, it is the next best reason.
        because = pull_request.clone();
    }
    let told = states::operation(screen, &Subject::Story(item.key.clone()));
    let (mark, mark_style) = told.as_ref().map_or((mark, mark_style), |told| (told.mark, told.style));
    if let Some(told) = told {
        because = (told.words, told.style);
    }
    if let Cow::Owned(plain) = screen.words(&because.0) {
        because.0 = plain;
    }
    let owner = item.owner.as_deref().unwrap_or(glyphs.dash);
    [
        (mark.to_owned(), mark_style),
        (item.key.to_string(), text),
        (item.title.to_string(), text),
        (item.status.to_string(), status),
        (format::age(story.since, screen.now), styles.muted),
        (owner.to_owned(), styles.muted),
        pull_request,
        because,
    ]
}

/// Why it stands where it stands; a defect says that it is one.
fn because(story: &StoryRow, has_owner: bool) -> String {
    let item = &story.story;
    let severity = match item.severity {
        Some(Severity::Low) => "low ",
        Some(Severity::Medium) => "medium ",
        Some(Severity::High) => "high ",
        Some(Severity::Critical) => "critical ",
        None => "",
    };
    let is_nobody = item.owner.is_none() && story.reason.as_str() == "no owner";
    match item.kind {
        StoryKind::Story => story.reason.to_string(),
        StoryKind::Defect if story.reason.contains("defect") => story.reason.to_string(),
        StoryKind::Defect if story.reason.is_empty() || (has_owner && is_nobody) => {
            format!("{severity}defect")
        }
        StoryKind::Defect => format!("{severity}defect, {}", story.reason),
    }
}

/// Its first pull request and how that one stands, in at most `room` cells; that there is
/// none, where there should be one and somebody would know.
fn pull_requests(screen: &Screen<'_>, story: &StoryRow, room: u16) -> (String, Style) {
    let Look { styles, glyphs } = screen.look;
    let Some(first) = story.pull_requests.first() else {
        let is_known = screen.state.board.world.is_covered(Kind::PullRequests);
        let begun =
            matches!(story.story.category, Category::InProgress | Category::InReview | Category::InTest);
        let said = if story.open && begun && is_known { "no PR" } else { "" };
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
    let steps = &row.steps;
    let failed =
        [(steps.build, "build"), (steps.test, "tests"), (steps.review, "review"), (steps.merge, "merge")];
    let failed = failed.into_iter().find(|(step, _)| *step == StepState::Failed);
    let (mark, word, style) = match (failed, steps.merge) {
        (Some((_, step)), _) => (glyphs.no_go, step, styles.no_go),
        (None, StepState::Done) => (glyphs.go, "merged", styles.go),
        (None, _) => ("", row.stage.word(), styles.base),
    };
    let short = if mark.is_empty() { number.to_owned() } else { format!("{number} {mark}") };
    let full = format!("{short} {word}{more}");
    if text::width(&full) <= usize::from(room) { (full, style) } else { (format!("{short}{more}"), style) }
}

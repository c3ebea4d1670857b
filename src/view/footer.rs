//! The last line: keys that apply here, or what is typed; and what was said.

use ratatui::{
    layout::{Position, Rect},
    text::Line,
    widgets::{Clear, Widget as _},
};
use tui_input::Input;

use crate::{
    app::{
        ChartPicture, Command, CountedBy, Dialog, ListId, Overlay, PullRequestPicture, SchedulePicture,
        Section, Since, State, Tab, opens,
    },
    insight::{Subject, words},
};

use super::{
    Look,
    screen::{Screen, line_width},
    text,
};

/// Cells for the prompt and for how many rows a filter picks.
const BESIDE_TYPED: u16 = 20;

/// Keys, a line that is typed, a message.
pub(crate) fn draw(screen: &mut Screen<'_>, row: Rect) {
    let Look { styles, .. } = screen.look;
    let state = screen.state;
    let mut right = Line::default();
    if let Some(message) = &state.message {
        right = Line::styled(message.text.to_string(), styles.accent);
    } else if state.overlays.is_empty() && state.filter.is_none() {
        right = Line::styled(since(screen), styles.muted);
    }
    // A message must be read; an age only if there is room for it.
    let is_message = state.message.is_some();
    let inner = Rect { x: row.x + 1, width: row.width.saturating_sub(2), ..row };
    let mut reserved = if is_message || row.width >= 60 { line_width(&right) as u16 + 2 } else { 0 };
    // What is being typed must be seen, and how many rows it picks: the message is there afterwards.
    let typed_cells =
        state.filter.as_ref().map(|(input, _)| text::width(input.value()) as u16 + BESIDE_TYPED);
    if typed_cells.is_some_and(|cells| cells.saturating_add(reserved) > inner.width) {
        reserved = 0;
    }
    let left = Rect { width: inner.width.saturating_sub(reserved), ..inner };
    if reserved > 0 {
        screen.put_right(inner, &right);
    }
    if state.filter.is_none() && !matches!(state.overlays.last(), Some(Overlay::Operations(_))) {
        let used = waiting(screen, left);
        if used > 0 {
            let rest = Rect { x: left.x + used, width: left.width.saturating_sub(used), ..left };
            return hints(screen, rest);
        }
    }
    if let Some((input, _)) = &state.filter {
        let list = state.list(state.main_list());
        let count = format!("  {} of {}", list.shown, list.known);
        above(screen, row, input);
        let used = typed(screen, left, "/", input);
        let rest = left.width.saturating_sub(used);
        screen.put(left.x + used, left.y, rest, &count, styles.muted);
    } else {
        hints(screen, left);
    }
}

/// Above the line that is typed: what is wrong with it, below the part that is wrong, else what
/// can stand at the caret.
fn above(screen: &mut Screen<'_>, row: Rect, input: &Input) {
    let Look { styles, .. } = screen.look;
    let state = screen.state;
    let Some(y) = row.y.checked_sub(1) else { return };
    let line = Rect { y, height: 1, ..row };
    let problem = state.list(state.main_list()).asked.problem.as_ref();
    let candidates = state.completions().unwrap_or_default();
    let is_whole = input.value().is_empty() || input.cursor() < input.value().chars().count();
    if problem.is_none() && (candidates.is_empty() || is_whole) {
        return;
    }
    Clear.render(line, screen.buffer);
    screen.buffer.set_style(line, styles.base);
    if let Some(problem) = problem {
        let carets = problem.carets(input.value());
        let meant = problem.nearest().map(|word| format!("; did you mean {word}?")).unwrap_or_default();
        // The prompt is one cell wide, the margin another.
        let used = screen.put(line.x + 2, y, line.width.saturating_sub(2), &carets, styles.no_go) + 3;
        let said = format!("{}{meant}", problem.what);
        let room = line.width.saturating_sub(used);
        if text::width(&said) <= usize::from(room) {
            screen.put(line.x + used, y, room, &said, styles.no_go);
        } else {
            // No room behind the carets: the words count more.
            screen.put(line.x + 2, y, line.width.saturating_sub(2), &format!("{said} "), styles.no_go);
        }
        return;
    }
    let said = format!("tab: {}", candidates.join("  "));
    screen.put(line.x + 2, y, line.width.saturating_sub(3), &said, styles.muted);
}

/// What waits to be sent, how long still, and the key that takes it back. The cells it took.
fn waiting(screen: &mut Screen<'_>, row: Rect) -> u16 {
    let Look { styles, glyphs } = screen.look;
    let mut all = screen.state.operations.waiting();
    let Some(first) = all.next() else { return 0 };
    let seconds = (first.due - screen.clock).num_milliseconds().max(0) as u64;
    let more = match all.count() {
        0 => String::new(),
        more => format!(" {} {more} more wait", glyphs.separator),
    };
    let said = if screen.state.clock_stands {
        format!("waits while the clock stands still: {}{more}  ", first.short)
    } else {
        format!("in {} s: {}{more}  ", seconds.div_ceil(1000), first.short)
    };
    let mut used = screen.put(row.x, row.y, row.width, &said, styles.at_risk);
    if let Some(key) = key(screen, Command::Undo) {
        used += screen.put(row.x + used, row.y, row.width.saturating_sub(used), &key, styles.accent) + 1;
        used += screen.put(row.x + used, row.y, row.width.saturating_sub(used), "undo", styles.muted) + 2;
    }
    used
}

/// How old the board is, and how much changed since the last visit.
fn since(screen: &Screen<'_>) -> String {
    let state = screen.state;
    let as_of = format!("as of {}", screen.dates.time(state.board.at));
    let comparison = &state.comparison;
    let changes = comparison.changes.as_ref().filter(|_| comparison.since == Since::LastVisit);
    match changes {
        Some(changes) if state.past.is_none() && comparison.last_visit.is_some() => {
            let count = words::count(changes.changes.len(), "change", "changes");
            let dot = screen.look.glyphs.separator;
            format!("{as_of} {dot} {count} since {}", screen.dates.moment(changes.from))
        }
        _ => as_of,
    }
}

/// A line that is typed, with the cursor in it. The cells it took.
pub(crate) fn typed(screen: &mut Screen<'_>, row: Rect, prompt: &str, input: &Input) -> u16 {
    let Look { styles, .. } = screen.look;
    let used = screen.put(row.x, row.y, row.width, prompt, styles.accent);
    let room = row.width.saturating_sub(used + 12).max(4);
    let scroll = input.visual_scroll(usize::from(room));
    // What is scrolled away is measured in cells.
    let mut cells = 0;
    let visible: String = input
        .value()
        .chars()
        .skip_while(|character| {
            cells += text::width(character.encode_utf8(&mut [0; 4]));
            cells <= scroll
        })
        .collect();
    let shown = screen.put(row.x + used, row.y, room, &visible, styles.base);
    let cursor = input.visual_cursor().saturating_sub(scroll) as u16;
    screen.cursor = Some(Position::new((row.x + used + cursor).min(row.right().saturating_sub(1)), row.y));
    used + shown + 1
}

fn hints(screen: &mut Screen<'_>, row: Rect) {
    let Look { styles, .. } = screen.look;
    let mut x = row.x;
    for (commands, word) in offers(screen.state) {
        let keys: Vec<String> = commands.iter().filter_map(|command| key(screen, *command)).collect();
        if keys.is_empty() {
            continue;
        }
        let keys = keys.join("/");
        let needed = (text::width(&keys) + 1 + text::width(word)) as u16;
        if x + needed > row.right() {
            // One that does not fit does not end the line: a shorter one may.
            continue;
        }
        x += screen.put(x, row.y, needed, &keys, styles.accent) + 1;
        x += screen.put(x, row.y, needed, word, styles.muted) + 2;
    }
}

fn key(screen: &Screen<'_>, command: Command) -> Option<String> {
    let context = screen.state.context();
    screen.state.keys.keys(context, command).first().map(ToString::to_string)
}

/// What is worth saying here, the most useful first.
fn offers(state: &State) -> Vec<(&'static [Command], &'static str)> {
    use Command as C;
    const MOVE: &[C] = &[C::MoveDown, C::MoveUp];
    match state.overlays.last() {
        Some(Overlay::Chooser(_)) => {
            return vec![(&[C::Open], "choose"), (MOVE, "move"), (&[C::Back], "close")];
        }
        Some(Overlay::Palette(_)) => {
            return vec![
                (&[C::Open], "do it"),
                (&[C::Complete], "complete"),
                (MOVE, "move"),
                (&[C::Back], "close"),
            ];
        }
        Some(Overlay::Item { .. }) => {
            return vec![
                (&[C::Back], "close"),
                (&[C::Open], "go there"),
                (&[C::Why], "why"),
                (MOVE, "scroll"),
            ];
        }
        Some(Overlay::Operations(dialog)) => {
            return match &**dialog {
                Dialog::Menu(_) => vec![(&[C::Open], "ask"), (MOVE, "move"), (&[C::Back], "close")],
                Dialog::Line(_) => vec![(&[C::Open], "go on"), (&[C::Back], "leave it")],
                Dialog::Question(_) | Dialog::Begin(_) => vec![(&[C::Back], "no")],
                Dialog::Leave => vec![(&[C::Back], "stay")],
                Dialog::Log { .. } => vec![(&[C::Back], "close"), (MOVE, "scroll")],
            };
        }
        Some(_) => return vec![(&[C::Back], "close"), (MOVE, "scroll")],
        None => {}
    }
    if state.is_empty() {
        return vec![
            (&[C::RefreshAll], "refresh"),
            (&[C::Sources], "sources"),
            (&[C::Help], "help"),
            (&[C::Quit], "quit"),
        ];
    }
    let mut offers: Vec<(&'static [C], &'static str)> = vec![(&[C::Help], "help")];
    if !state.list(state.main_list()).filter.is_empty() {
        offers.push((&[C::Back], "all rows"));
        offers.push((&[C::NextMatch, C::PreviousMatch], "match"));
    }
    offers.push((MOVE, "move"));
    match state.tab {
        Tab::Readiness => {
            offers.push((&[C::SectionLeft, C::SectionRight], "section"));
            if state.section == Section::Stories {
                offers.push((&[C::NextList], "lists"));
            }
            match state.section {
                Section::BurnDown => offers.push((&[C::Open], "the day")),
                Section::Remedies if state.list(ListId::Remedies).row().is_some() => {
                    offers.push((&[C::Open], "go there"));
                }
                Section::Remedies => {}
                Section::Gates | Section::Stories => offers.push((&[C::Open], "open")),
            }
        }
        Tab::Environments if state.is_in_drift() => {
            offers.push((&[C::SectionLeft, C::SectionRight], "cell"));
            offers.push((&[C::Open], "open"));
            offers.push((&[C::Trace], "trace"));
            offers.push((&[C::OtherPicture], state.environments.picture.next().word()));
        }
        Tab::Environments => {
            offers.push((&[C::SectionLeft, C::SectionRight], "in time"));
            offers.push((&[C::ZoomIn, C::ZoomOut], "zoom"));
            offers.push((&[C::OtherPicture], state.environments.picture.next().word()));
            offers.push((&[C::Open], "open"));
        }
        Tab::PullRequests => {
            offers.push((&[C::Open], "open"));
            offers.push((&[C::SectionLeft, C::SectionRight], "section"));
        }
        Tab::Insights if state.insights.opened => {
            offers.push((&[C::Back], "all cards"));
            offers.extend(opens(state).map(|word| (&[C::Open][..], word)));
        }
        Tab::Schedule | Tab::Insights => offers.push((&[C::Open], "open")),
        Tab::Changes => {
            offers.push((&[C::Open], "go there"));
            offers.push((&[C::OtherPicture], "since"));
        }
    }
    if state.past.is_some() {
        offers.push((&[C::Earlier, C::Later], "step"));
        offers.push((&[C::Now], "now"));
    }
    if state.what_if.is_some() {
        offers.push((&[C::Back], "the truth"));
    }
    if state.tab != Tab::Changes {
        offers.push((&[C::Why], "why"));
    }
    // The rows of the drift are those that there are.
    if !state.is_in_drift() {
        offers.push((&[C::Filter], "filter"));
    }
    let is_row = matches!(state.subject(), Subject::PullRequest(_) | Subject::Story(_));
    if is_row && !state.operations.operators.is_empty() && state.past.is_none() {
        offers.push((&[C::Operations], "act"));
    }
    if is_row {
        offers.push((&[C::Mark], "mark"));
    }
    if !state.is_in_drift() && state.active_list().is_some_and(|id| id.orders().len() > 1) {
        offers.push((&[C::Sort], "sort"));
    }
    match state.tab {
        Tab::Readiness => {
            let word = match state.chart.picture {
                ChartPicture::BurnDown => "burn-up",
                ChartPicture::BurnUp => "burn-down",
            };
            offers.push((&[C::OtherPicture], word));
            if state.section == Section::BurnDown
                && let Some(data) = state.release().map(|release| &release.burn_down)
                && data.has_points()
            {
                let points = state.chart.counts(data) == CountedBy::Points;
                offers.push((&[C::CountBy], if points { "stories" } else { "points" }));
            }
        }
        Tab::PullRequests => {
            offers.push((
                &[C::OtherPicture],
                if state.pull_requests == PullRequestPicture::All { "open only" } else { "ended" },
            ));
            offers.push((&[C::GroupBy], "group"));
            offers.push((&[C::DetailNextPage], "page"));
            offers.push((&[C::Detail], "detail"));
        }
        Tab::Schedule => {
            offers.push((
                &[C::OtherPicture],
                match state.schedule {
                    SchedulePicture::List => "month",
                    SchedulePicture::Month => "Gantt",
                    SchedulePicture::Gantt => "list",
                },
            ));
            if state.schedule == SchedulePicture::Gantt {
                offers.push((&[C::ZoomIn, C::ZoomOut], "zoom"));
            }
            offers.push((&[C::DetailNextPage], "page"));
            offers.push((&[C::Detail], "detail"));
        }
        Tab::Environments => {
            offers.push((&[C::DetailNextPage], "page"));
            offers.push((&[C::Detail], "detail"));
        }
        Tab::Insights | Tab::Changes => {}
    }
    offers.push((&[C::Expand], "expand"));
    offers.push((&[C::ChooseRelease], "release"));
    offers.push((&[C::Sources], "sources"));
    offers.push((&[C::Palette], "commands"));
    if state.past.is_none() {
        offers.push((&[C::Earlier], "the past"));
        offers.push((&[C::Freeze], "freeze"));
    }
    offers.push((&[C::Quit], "quit"));
    offers
}

//! What can be done to a row, the line for what it needs, the question, and the log.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{
        Choice, Dialog, FarBeginning, Link, LogEntry, OperationKind, OperationLine, OperationMenu,
        OperationQuestion, Outcome, QuestionPage, distance_from_window,
    },
    domain::{Prose, Text},
    insight::{MergeReasons, Subject, words},
    view::{Look, footer, rich::Rich, screen::Screen, text},
};

/// Widest overlay.
const WIDTH: u16 = 84;
/// Known words that are shown.
const MOST_WORDS: usize = 12;

/// Draws a dialog.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, dialog: &Dialog) {
    match dialog {
        Dialog::Menu(menu) => draw_menu(screen, body, menu),
        Dialog::Line(line) => draw_line(screen, body, line),
        Dialog::Question(question) => draw_question(screen, body, question),
        Dialog::Leave => draw_leave(screen, body),
        Dialog::Begin(asked) => draw_begin(screen, body, asked),
        Dialog::Log { entries, scroll } => draw_log(screen, body, entries.as_ref(), *scroll),
    }
}

fn row_name(screen: &Screen<'_>, subject: &Subject) -> String {
    let named = |name: &str, title: Option<&Text>| match title {
        Some(title) => format!("{name} {title}"),
        None => name.to_owned(),
    };
    match subject {
        Subject::PullRequest(id) => {
            let row = screen.state.pull_request(id);
            named(id.as_str(), row.map(|row| &row.pull_request.title))
        }
        Subject::Story(key) => named(key.as_str(), screen.state.story(key).map(|row| &row.story.title)),
        _ => String::new(),
    }
}

fn title(screen: &Screen<'_>, word: &'static str, subjects: &[Subject]) -> Line<'static> {
    let styles = &screen.look.styles;
    let what = match subjects {
        [one] => row_name(screen, one),
        several => format!("{} marked rows", several.len()),
    };
    Line::from(vec![
        Span::styled(word, styles.title),
        Span::styled(format!(" {} ", screen.look.glyphs.separator), styles.muted),
        Span::styled(what, styles.strong),
    ])
}

fn draw_menu(screen: &mut Screen<'_>, body: Rect, menu: &OperationMenu) {
    /// Cells of the keys, and of what is done.
    const KEY: usize = 3;
    let Look { styles, glyphs } = screen.look;
    let title = title(screen, "Act", &menu.subjects);
    let inside = super::frame(screen, body, &title, WIDTH, menu.offers.len());
    let height = usize::from(inside.height);
    let first = menu.selected.saturating_sub(height.saturating_sub(1));
    screen.layout.menu = Some((inside, first));
    for (y, (offer, number)) in (inside.y..inside.bottom()).zip(menu.offers.iter().zip(0..).skip(first)) {
        let row = Rect { y, height: 1, ..inside };
        let (key, does) = match offer.choice {
            Choice::Ask(kind) => {
                let key = kind.command().and_then(|command| screen.key(command));
                (key.unwrap_or_default(), kind.help().to_owned())
            }
            Choice::Look(number) => {
                let operations = &screen.state.operations;
                let short = operations.numbered(number).map(|tracked| tracked.queued.short.to_string());
                (String::new(), format!("look whether it was done: {}", short.unwrap_or_default()))
            }
        };
        let style = if offer.refused.is_some() { styles.muted } else { styles.base };
        let mut spans = vec![Span::styled(format!(" {key:<KEY$}"), styles.accent), Span::styled(does, style)];
        if let Some(why) = &offer.refused {
            spans.push(Span::styled(format!("  {} {why}", glyphs.not_needed), styles.muted));
        }
        screen.put_line(row.x + 1, y, row.width.saturating_sub(1), &Line::from(spans));
        if number == menu.selected {
            screen.select(row, true);
        }
    }
}

fn draw_line(screen: &mut Screen<'_>, body: Rect, line: &OperationLine) {
    let Look { styles, .. } = screen.look;
    let title = title(screen, "Act", &line.subjects);
    let cells = usize::from(super::inner_width(body, WIDTH));
    let mut below: Vec<Line<'static>> = Vec::new();
    if let Some(problem) = &line.problem {
        below.extend(wrapped(problem, cells, styles.no_go));
    }
    let known: Vec<&str> = line.completions().take(MOST_WORDS).map(Text::as_str).collect();
    if !known.is_empty() {
        below.extend(wrapped(&format!("known here: {}", known.join(", ")), cells, styles.muted));
        below.push(Line::styled("tab takes the first of them", styles.muted));
    }
    if line.kind == OperationKind::Comment && screen.state.desk.editor {
        below.push(Line::styled("ctrl-e: write it in the editor", styles.muted));
    }
    let inside = super::frame(screen, body, &title, WIDTH, 2 + below.len());
    screen.put(inside.x, inside.y, inside.width, line.prompt(), styles.header);
    let prompt = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1).min(1), ..inside };
    if prompt.height > 0 {
        footer::typed(screen, prompt, "> ", &line.input);
    }
    let rest = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    for (y, line) in (rest.y..rest.bottom()).zip(&below) {
        screen.put_line(rest.x, y, rest.width, line);
    }
}

fn draw_question(screen: &mut Screen<'_>, body: Rect, question: &OperationQuestion) {
    /// Rows inside the frame from which on the words about the ten seconds have room.
    const ROOM_FOR_WORDS: u16 = 7;
    let Look { styles, .. } = screen.look;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let (mut lines, ends) = question_lines(screen.look, question, cells);
    if lines.is_empty() {
        lines.push(Line::default());
    }
    // The keys stay in sight, however many rows there are.
    let mut below = Vec::new();
    if body.height >= ROOM_FOR_WORDS + 2 {
        let them = match question.asked.len() {
            1 => "It waits 10 seconds before it is sent; until then it can be undone.".to_owned(),
            several => {
                format!("These {several} wait 10 seconds before they are sent; one undo takes all back.")
            }
        };
        below.extend(wrapped(&them, cells, styles.muted));
        let is_roomy = lines.len() + below.len() + 5 <= usize::from(body.height);
        below.extend(is_roomy.then(Line::default));
    }
    let mut keys = super::answers(screen.look, "yes", "no");
    if question.has_methods() {
        keys.spans
            .extend([Span::styled("   tab", styles.accent), Span::styled(" another method", styles.base)]);
    }
    if question.kind == OperationKind::Nudge {
        keys.spans
            .extend([Span::styled("   c", styles.accent), Span::styled(" copy for a chat", styles.base)]);
    }
    below.push(keys);
    let title = match question.asked.len() {
        1 => "Do this?".to_owned(),
        several => format!("Do this to {several} rows?"),
    };
    let title = Line::styled(title, styles.title);
    // One line between them says what is out of sight.
    let inside = super::frame(screen, body, &title, WIDTH, lines.len() + 1 + below.len());
    let fixed = u16::try_from(below.len()).unwrap_or(u16::MAX).saturating_add(1);
    let shown = Rect { height: inside.height.saturating_sub(fixed), ..inside };
    let most = screen.lines(shown, &lines, question.scroll);
    let first = question.scroll.min(most);
    screen.layout.overlay_most = most;
    let last = usize::from(first) + usize::from(shown.height);
    let hidden = ends.iter().filter(|end| **end > last).count();
    if hidden > 0 {
        let said = if ends.len() == 1 {
            let more = lines.len().saturating_sub(last);
            format!("{} below", words::count(more, "more line", "more lines"))
        } else {
            format!("{} below", words::count(hidden, "more row", "more rows"))
        };
        let down = screen.key(crate::app::Command::MoveDown).unwrap_or_default();
        let line = Line::from(vec![
            Span::styled(said, styles.strong),
            Span::styled(format!("   {down}"), styles.accent),
            Span::styled(" reads on", styles.base),
        ]);
        screen.put_line(inside.x, shown.bottom(), inside.width, &line);
    }
    for (y, line) in (shown.bottom() + 1..inside.bottom()).zip(&below) {
        screen.put_line(inside.x, y, inside.width, line);
    }
    let lines_of = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    screen.layout.question = Some(Box::new(QuestionPage {
        first,
        height: shown.height,
        total: lines_of(lines.len()),
        ends: ends.into_iter().map(lines_of).collect(),
    }));
}

/// What is asked, and the line behind the last one of each row. What speaks against a row comes
/// before what would be done to it; of several rows each has its own, in few words.
fn question_lines(
    look: &Look,
    question: &OperationQuestion,
    cells: usize,
) -> (Vec<Line<'static>>, Vec<usize>) {
    let Look { styles, glyphs } = look;
    let (mut lines, mut ends) = (Vec::new(), Vec::new());
    let together = question.together();
    let reasons = || question.asked.iter().filter_map(|asked| asked.reasons.as_ref());
    let is_one = question.asked.len() == 1;
    if let (true, Some(reasons)) = (is_one, reasons().next()) {
        lines.extend(reason_lines(look, reasons, cells));
    } else if reasons().next().is_some() {
        let against = reasons().filter(|reasons| reasons.is_against()).count();
        let (said, style) = if against > 0 {
            let all = question.asked.len();
            (format!("{} something speaks against {against} of these {all}", glyphs.no_go), styles.no_go)
        } else if reasons().all(|reasons| reasons.against.is_empty()) {
            (format!("{} nothing speaks against them", glyphs.go), styles.go)
        } else {
            (format!("{} nothing that is known speaks against them", glyphs.unknown), styles.unknown)
        };
        lines.extend(wrapped(&said, cells, style));
    }
    if !together.head.is_empty() {
        let end = if together.text.is_some() { ":" } else { "" };
        lines.extend(wrapped(&format!("{}{end}", together.head), cells, styles.strong));
    }
    if let Some(written) = together.text {
        lines.extend(written_lines(look, written, cells));
    }
    if !lines.is_empty() && !is_one {
        lines.push(Line::default());
    }
    for (asked, (row, written)) in question.asked.iter().zip(&together.rows) {
        let end = if written.is_some() { ":" } else { "" };
        lines.extend(wrapped(&format!("{row}{end}"), cells, styles.strong));
        if let Some(written) = written {
            lines.extend(written_lines(look, written, cells));
        }
        if let (false, Some(reasons)) = (is_one, &asked.reasons) {
            lines.extend(short_reasons(look, reasons, cells));
        }
        ends.push(lines.len());
    }
    for (name, why) in &question.left_out {
        let said = format!("{} not {name}: {why}", glyphs.not_needed);
        lines.extend(wrapped(&said, cells, styles.muted));
        ends.push(lines.len());
    }
    (lines, ends)
}

/// What speaks against the one row that is asked about, in words, and what is fine.
fn reason_lines(look: &Look, reasons: &MergeReasons, cells: usize) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = look;
    let mut lines = Vec::new();
    let (known, not_known): (Vec<_>, Vec<_>) = reasons.against.iter().partition(|reason| reason.is_known);
    if !known.is_empty() {
        lines.extend(wrapped("Against it:", cells, styles.no_go));
        for reason in known {
            lines.extend(hanging(glyphs.no_go, &reason.whole, cells, styles.no_go));
        }
    }
    if !not_known.is_empty() {
        lines.extend(wrapped("Not known:", cells, styles.unknown));
        for reason in not_known {
            lines.extend(hanging(glyphs.unknown, &reason.whole, cells, styles.unknown));
        }
    }
    let fine = reasons.fine.join(", ");
    if reasons.against.is_empty() {
        lines.extend(hanging(glyphs.go, &format!("nothing speaks against it: {fine}"), cells, styles.go));
    } else if !fine.is_empty() {
        lines.extend(hanging(glyphs.go, &fine, cells, styles.muted));
    }
    lines.push(Line::default());
    lines
}

/// The same in few words, below its row.
fn short_reasons(look: &Look, reasons: &MergeReasons, cells: usize) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = look;
    let said = |is_known: bool| {
        let of = reasons.against.iter().filter(|reason| reason.is_known == is_known);
        of.map(|reason| reason.short.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (known, not_known) = (said(true), said(false));
    let indented = cells.saturating_sub(2);
    let mut lines = Vec::new();
    if !known.is_empty() {
        lines.extend(hanging(glyphs.no_go, &known, indented, styles.no_go));
    }
    if !not_known.is_empty() {
        lines.extend(hanging(glyphs.unknown, &not_known, indented, styles.unknown));
    }
    if reasons.against.is_empty() {
        lines.extend(hanging(glyphs.go, &reasons.fine.join(", "), indented, styles.go));
    }
    let indent = |mut line: Line<'static>| {
        line.spans.insert(0, Span::raw("  "));
        line
    };
    lines.into_iter().map(indent).collect()
}

/// A mark, and words that stand behind it in all their lines.
fn hanging(mark: &str, said: &str, cells: usize, style: Style) -> Vec<Line<'static>> {
    let indent = text::width(mark) + 1;
    let lines = text::wrap(said, cells.saturating_sub(indent)).into_iter().enumerate();
    let line = |(number, line): (usize, String)| match number {
        0 => Line::styled(format!("{mark} {line}"), style),
        _ => Line::styled(format!("{:indent$}{line}", ""), style),
    };
    lines.map(line).collect()
}

/// What somebody wrote, line by line.
fn written_lines(look: &Look, written: &Prose, cells: usize) -> Vec<Line<'static>> {
    let Look { styles, .. } = look;
    let mut lines: Vec<Line<'static>> = Vec::new();
    for line in written.as_str().lines() {
        let wrapped = text::wrap(line, cells.saturating_sub(2)).into_iter();
        lines.extend(wrapped.map(|line| Line::styled(format!("  {line}"), styles.base)));
    }
    if written.is_cut() {
        lines.extend(wrapped("  (it goes on, and all of it is sent)", cells, styles.at_risk));
    }
    lines
}

fn draw_leave(screen: &mut Screen<'_>, body: Rect) {
    let Look { styles, .. } = screen.look;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let mut lines = vec![Line::styled("What waits is dropped, nothing of it is sent:", styles.base)];
    // The keys must be seen, however much waits.
    let most = usize::from(body.height.saturating_sub(6)).max(1);
    for waiting in screen.state.operations.waiting() {
        lines.extend(wrapped(&format!("  {}", waiting.short), cells, styles.strong));
    }
    if lines.len() > most {
        let beyond = lines.len() - most + 1;
        lines.truncate(most - 1);
        lines.push(Line::styled(format!("  and {beyond} more"), styles.strong));
    }
    lines.push(Line::default());
    lines.push(super::answers(screen.look, "quit and drop", "stay"));
    super::text(screen, body, &Line::styled("Quit?", styles.title), &lines, WIDTH, 0);
}

/// Whether a runbook shall begin far from its window.
fn draw_begin(screen: &mut Screen<'_>, body: Rect, asked: &FarBeginning) {
    let Look { styles, glyphs } = screen.look;
    let Some(row) = screen.state.deployment(&asked.deployment) else { return };
    let deployment = &row.deployment;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let name = deployment.release.as_ref().map_or_else(|| deployment.id.to_string(), ToString::to_string);
    let window = screen.dates.span(deployment.window, glyphs.dash);
    let when = match distance_from_window(deployment.window, screen.now) {
        Some(distance) => format!("{distance}, {window}"),
        None => format!("its window is {window}"),
    };
    let said = format!("The runbook of {name} {} {} would begin now:", glyphs.right, deployment.environment);
    let mut lines = wrapped(&said, cells, styles.base);
    lines.extend(wrapped(&format!("  {} {when}", glyphs.at_risk), cells, styles.at_risk));
    lines.extend(wrapped(&format!("  first: {}", asked.activity), cells, styles.strong));
    lines.push(Line::default());
    lines.push(super::answers(screen.look, "start it all the same", "no"));
    super::text(screen, body, &Line::styled("Start the runbook?", styles.title), &lines, WIDTH, 0);
}

fn draw_log(screen: &mut Screen<'_>, body: Rect, entries: Option<&Result<Vec<LogEntry>, Text>>, scroll: u16) {
    let Look { styles, glyphs } = screen.look;
    let cells = usize::from(super::inner_width(body, 100));
    let mut rich = Rich::default();
    match entries {
        None => rich.push(Line::styled("reading", styles.running)),
        Some(Err(problem)) => rich.extend(wrapped(problem, cells, styles.no_go)),
        Some(Ok(entries)) if entries.is_empty() => {
            rich.push(Line::styled("nothing was changed from here yet", styles.muted));
        }
        Some(Ok(entries)) => entries.iter().for_each(|entry| entry_lines(screen, entry, cells, &mut rich)),
    }
    let title = Line::from(vec![
        Span::styled("Operations", styles.title),
        Span::styled(format!(" {} the last 50 of this user", glyphs.separator), styles.muted),
    ]);
    let inside = super::frame(screen, body, &title, 100, rich.lines.len());
    screen.layout.overlay_most = screen.rich(inside, &rich, scroll);
}

/// What was done, which leads to what came of it, and the answer.
fn entry_lines(screen: &Screen<'_>, entry: &LogEntry, cells: usize, lines: &mut Rich) {
    /// Cells of mark and instant.
    const INDENT: usize = 20;
    let Look { styles, glyphs } = screen.look;
    let (mark, style) = match entry.outcome {
        Outcome::Done | Outcome::FoundDone => (glyphs.go, styles.go),
        Outcome::NotDone | Outcome::Moved | Outcome::FoundNotDone => (glyphs.no_go, styles.no_go),
        Outcome::Sent | Outcome::Unclear | Outcome::CannotTell | Outcome::Unknown => {
            (glyphs.unknown, styles.unknown)
        }
    };
    let at = screen.dates.moment(entry.at);
    let link = entry.url.as_deref().and_then(Link::of);
    for (number, line) in text::wrap(&entry.what, cells.saturating_sub(INDENT)).into_iter().enumerate() {
        let before = if number == 0 {
            [Span::styled(format!("{mark} "), style), Span::styled(format!("{at:<18}"), styles.muted)]
        } else {
            [Span::raw("  "), Span::raw(" ".repeat(INDENT - 2))]
        };
        let [mark, at] = before.map(|span| (span, None));
        lines.push_linked(vec![mark, at, (Span::styled(line, styles.base), link.clone())]);
    }
    let answer = entry.answer.as_ref().map(|answer| format!(": {answer}")).unwrap_or_default();
    let said = format!("{}{answer}", entry.outcome.word());
    let wrapped = text::wrap(&said, cells.saturating_sub(INDENT)).into_iter();
    lines.extend(wrapped.map(|line| Line::styled(format!("{:INDENT$}{line}", ""), style)));
}

fn wrapped(content: &str, cells: usize, style: Style) -> Vec<Line<'static>> {
    text::wrap(content, cells).into_iter().map(|line| Line::styled(line, style)).collect()
}

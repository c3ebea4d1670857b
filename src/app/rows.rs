//! Which rows a list shows, and in which order. Computed when the board, the filter or the
//! order changes, never while drawing.

use std::collections::HashMap;

use crate::{
    domain::{Category, Instant, PullRequestState, StoryKey},
    insight::{
        Board, Card, CardRow, Change, ChangeGroup, Changes, EnvironmentUse, EnvironmentsView, LastRelease,
        PullRequestRow, ReleaseInsight, Stage, StoryRow, Study, Subject,
    },
};

use super::{
    insights,
    list::{Heading, List, ListId, Row},
    overlay::matching_releases,
    palette::{self, PaletteEntry},
};

/// What decides the rows besides the list itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// The board that is shown.
    pub(super) board: &'a Board,
    /// The release that is shown.
    pub(super) release: Option<&'a ReleaseInsight>,
    /// Ended pull requests are listed, too.
    pub(super) ended: bool,
    /// What is typed in the release chooser or the palette.
    pub(super) typed: &'a str,
    /// Commands of one's own.
    pub(super) own: &'a super::OwnCommands,
    /// What the tab Changes lists.
    pub(super) changes: Option<&'a Changes>,
    /// Environments.
    pub(super) environments: Option<&'a EnvironmentsView>,
    /// The cards.
    pub(super) study: Option<&'a Study>,
    /// The card that is selected.
    pub(super) card: Option<&'a Card>,
    /// What the tab Changes lists of two releases.
    pub(super) last_release: Option<&'a LastRelease>,
}

/// Computes the rows anew, and finds the selected item again. One that is gone leaves the
/// selection on its neighbour.
pub(super) fn arrange(list: &mut List, id: ListId, view: View<'_>) {
    let words = Words::new(&list.filter);
    let order = list.order % id.orders().len();
    list.rows.clear();
    list.known = 0;
    match id {
        ListId::Gates => each(list, view.release.map_or(0, |release| release.gates.len()), Row::Gate),
        ListId::Remedies => {
            each(list, view.release.map_or(0, |release| release.remedies.len()), Row::Remedy);
        }
        ListId::Stories => match view.release {
            Some(release) if release.stories.is_empty() => pull_requests(list, release, true, &words, 0),
            Some(release) => stories(list, release, &words, order),
            None => {}
        },
        ListId::PullRequests => {
            if let Some(release) = view.release {
                pull_requests(list, release, view.ended, &words, order);
            }
            unassigned(list, view.board, &words, order);
        }
        ListId::Schedule => schedule(list, view.board, &words, order),
        ListId::Environments => {
            if let Some(view) = view.environments {
                environments(list, view, &words, order);
            }
        }
        ListId::Cards => {
            let cards = view.study.map_or(&[][..], |study| &study.cards);
            let says = |card: &Card| words.all_in([card.id.title(), &card.sentence]);
            list.known = cards.len();
            list.rows
                .extend(cards.iter().zip(0u32..).filter(|(card, _)| says(card)).map(|(_, at)| Row::Card(at)));
        }
        ListId::CardRows => {
            let rows = view.card.map_or(&[][..], |card| &card.rows);
            let says = |row: &CardRow| {
                let cells: Vec<&str> = row.cells.iter().map(|cell| &**cell).collect();
                words.all_in([cells.join(" ").as_str()])
            };
            list.known = rows.len();
            list.rows
                .extend(rows.iter().zip(0u32..).filter(|(row, _)| says(row)).map(|(_, at)| Row::CardRow(at)));
        }
        ListId::Changes => {
            if let Some(found) = view.last_release {
                each(list, found.measures.len(), Row::Measure);
            } else if let Some(found) = view.changes {
                changes(list, found, &words);
            }
        }
        ListId::Palette => {
            list.rows = palette::matching(view.typed, view.own);
            list.known = PaletteEntry::all().count() + view.own.all().len();
        }
        ListId::Releases => {
            list.rows = matching_releases(view.board, view.typed);
            list.known = view.board.insight.releases.len();
        }
    }
    list.shown = list.rows.iter().filter(|row| super::list::is_item(**row)).count();
    find_again(list, view);
}

fn each(list: &mut List, count: usize, row: fn(u32) -> Row) {
    list.rows.extend((0..count).zip(0u32..).map(|(_, index)| row(index)));
    list.known = count;
}

fn find_again(list: &mut List, view: View<'_>) {
    let is_selected = |row: &Row| {
        list.selected.as_ref().is_some_and(|selected| subject(view, *row).as_ref() == Some(selected))
    };
    let stayed = list.rows.get(list.position).is_some_and(is_selected);
    if stayed {
        return;
    }
    let found = list.rows.iter().position(is_selected);
    // Nothing was selected yet: the first row, which is the worst.
    let wanted = if list.selected.is_none() { 0 } else { list.position };
    list.go_to(found.unwrap_or(wanted));
    list.selected = list.row().and_then(|row| subject(view, row));
}

/// What a row is about.
pub(super) fn subject(view: View<'_>, row: Row) -> Option<Subject> {
    let release = view.release;
    let at = |index: u32| index as usize;
    match row {
        Row::Heading(_) | Row::Palette(_) | Row::Own(_) => None,
        Row::Gate(index) => Some(Subject::Gate(release?.gates.get(at(index))?.name.clone())),
        Row::Story(index) => Some(Subject::Story(release?.stories.get(at(index))?.story.key.clone())),
        Row::PullRequest(index) => {
            Some(Subject::PullRequest(release?.pull_requests.get(at(index))?.pull_request.id.clone()))
        }
        Row::Unassigned(index) => {
            Some(Subject::PullRequest(view.board.insight.unassigned.get(at(index))?.pull_request.id.clone()))
        }
        Row::Remedy(index) => {
            let remedy = release?.remedies.get(at(index))?;
            let turned = || remedy.gate.clone().map_or(Subject::Headline, Subject::Gate);
            Some(remedy.subject.clone().unwrap_or_else(turned))
        }
        Row::Deployment(index) => Some(Subject::Deployment(
            view.board.insight.schedule.deployments.get(at(index))?.deployment.id.clone(),
        )),
        Row::Environment(index) => {
            Some(Subject::Environment(view.environments?.environments.get(at(index))?.id.clone()))
        }
        Row::Card(_) | Row::CardRow(_) => insights::subject(view.study, view.card, row),
        Row::Change(index) => Some(view.changes?.changes.get(at(index))?.subject.clone()),
        Row::Concerned(index) => {
            Some(Subject::Release(view.changes?.concerned.get(at(index))?.release.clone()))
        }
        Row::Measure(_) => Some(Subject::Release(view.last_release?.distance.before.clone())),
        Row::Release(index) => {
            Some(Subject::Release(view.board.insight.releases.get(at(index))?.release.id.clone()))
        }
    }
}

fn stories(list: &mut List, release: &ReleaseInsight, words: &Words, order: usize) {
    let matching = |open: bool| -> Vec<(&StoryRow, u32)> {
        release
            .stories
            .iter()
            .zip(0u32..)
            .filter(|(row, _)| row.open == open)
            .filter(|(row, _)| {
                words.all_in([
                    row.story.key.as_str(),
                    &row.story.title,
                    &row.story.status,
                    row.story.owner.as_deref().unwrap_or_default(),
                    &row.reason,
                    row.story.parent.as_ref().map_or("", |parent| parent.as_str()),
                ])
            })
            .collect()
    };
    let arrange = |rows: &mut Vec<(&StoryRow, u32)>| {
        match order {
            1 => rows.sort_by_key(|(row, _)| row.since),
            2 => rows.sort_by_key(|(row, _)| row.story.category),
            3 => rows.sort_by(|(left, _), (right, _)| left.story.owner.cmp(&right.story.owner)),
            4 => rows.sort_by_cached_key(|(row, _)| natural(row.story.key.as_str())),
            _ => {}
        }
        if list.reversed {
            rows.reverse();
        }
    };
    let (mut open, mut ready) = (matching(true), matching(false));
    arrange(&mut open);
    arrange(&mut ready);
    list.known = release.stories.len();
    let rows = &mut list.rows;
    if order == BY_FEATURE {
        return by_feature(rows, release, &[open, ready].concat(), list.reversed);
    }
    rows.extend(open.iter().map(|(_, index)| Row::Story(*index)));
    if !ready.is_empty() {
        let is_dropped = |(row, _): &&(&StoryRow, u32)| row.story.category == Category::Dropped;
        let dropped = ready.iter().filter(is_dropped).count() as u32;
        rows.push(Row::Heading(Heading::Ready { ready: ready.len() as u32 - dropped, dropped }));
        rows.extend(ready.iter().map(|(_, index)| Row::Story(*index)));
    }
}

/// The place of `feature` among the orders of the stories.
const BY_FEATURE: usize = 5;

/// Stories below their feature, open ones first; last what is no part of one.
fn by_feature(rows: &mut Vec<Row>, release: &ReleaseInsight, stories: &[(&StoryRow, u32)], reversed: bool) {
    let mut groups: HashMap<&StoryKey, Vec<Row>> =
        release.features.iter().map(|feature| (&feature.key, Vec::new())).collect();
    let mut rest = Vec::new();
    for (row, index) in stories {
        let group = row.story.parent.as_ref().and_then(|parent| groups.get_mut(parent));
        group.unwrap_or(&mut rest).push(Row::Story(*index));
    }
    let mut features: Vec<_> = release.features.iter().zip(0u32..).collect();
    if reversed {
        features.reverse();
    }
    for (feature, index) in features {
        if let Some(stories) = groups.remove(&feature.key).filter(|stories| !stories.is_empty()) {
            rows.push(Row::Heading(Heading::Feature(index)));
            rows.extend(stories);
        }
    }
    if !rest.is_empty() {
        rows.push(Row::Heading(Heading::NoFeature(rest.len() as u32)));
        rows.extend(rest);
    }
}

/// What text with a number at its end is sorted by, so that `PAY-9` comes before `PAY-10`.
fn natural(text: &str) -> (String, u64) {
    let head = text.trim_end_matches(|character: char| character.is_ascii_digit());
    (head.to_owned(), text[head.len()..].parse().unwrap_or(0))
}

fn pull_requests(list: &mut List, release: &ReleaseInsight, ended: bool, words: &Words, order: usize) {
    let matching = matching_pull_requests(&release.pull_requests, words);
    let (mut open, mut over): (Vec<_>, Vec<_>) =
        matching.into_iter().partition(|(row, _)| row.pull_request.state == PullRequestState::Open);
    sort_pull_requests(&mut open, order, list.reversed);
    sort_pull_requests(&mut over, order, list.reversed);
    // Whoever looks for words looks everywhere; and where all ended, that is what there is.
    let shown = ended || !words.is_empty() || open.is_empty();
    list.rows.extend(open.iter().map(|(_, index)| Row::PullRequest(*index)));
    if !over.is_empty() {
        let merged =
            over.iter().filter(|(row, _)| row.pull_request.state == PullRequestState::Merged).count() as u32;
        let closed = over.len() as u32 - merged;
        list.rows.push(Row::Heading(Heading::Ended { merged, closed, shown }));
        if shown {
            list.rows.extend(over.iter().map(|(_, index)| Row::PullRequest(*index)));
        }
    }
    list.known += release.pull_requests.len();
}

fn unassigned(list: &mut List, board: &Board, words: &Words, order: usize) {
    let all = &board.insight.unassigned;
    let mut matching = matching_pull_requests(all, words);
    sort_pull_requests(&mut matching, order, list.reversed);
    if !matching.is_empty() {
        list.rows.push(Row::Heading(Heading::Unassigned(matching.len() as u32)));
        list.rows.extend(matching.iter().map(|(_, index)| Row::Unassigned(*index)));
    }
    list.known += all.len();
}

fn matching_pull_requests<'a>(rows: &'a [PullRequestRow], words: &Words) -> Vec<(&'a PullRequestRow, u32)> {
    rows.iter()
        .zip(0u32..)
        .filter(|(row, _)| {
            let pull_request = &row.pull_request;
            words.all_in([
                pull_request.id.as_str(),
                &pull_request.title,
                &pull_request.author,
                row.stage.word(),
                &row.next.action,
            ])
        })
        .collect()
}

fn sort_pull_requests(rows: &mut [(&PullRequestRow, u32)], order: usize, reversed: bool) {
    let progress = |stage: Stage| std::cmp::Reverse(stage);
    match order {
        1 => rows.sort_by_key(|(row, _)| opened(row).unwrap_or(Instant::MAX_UTC)),
        2 => rows.sort_by_key(|(row, _)| progress(row.stage)),
        3 => rows.sort_by(|(left, _), (right, _)| left.pull_request.author.cmp(&right.pull_request.author)),
        4 => rows.sort_by(|(left, _), (right, _)| {
            left.pull_request.repository.cmp(&right.pull_request.repository)
        }),
        5 => rows.sort_by_key(|(row, _)| row.pull_request.number),
        _ => {}
    }
    if reversed {
        rows.reverse();
    }
}

/// When a pull request came into being, as far as is known.
pub(crate) fn opened(row: &PullRequestRow) -> Option<Instant> {
    let pull_request = &row.pull_request;
    pull_request.opened_at.or(pull_request.started_at).or(pull_request.updated_at)
}

fn environments(list: &mut List, view: &EnvironmentsView, words: &Words, order: usize) {
    let says = |one: &EnvironmentUse| {
        let known = one.known.as_deref();
        let text = |text: Option<&'_ crate::domain::Text>| text.map(ToString::to_string).unwrap_or_default();
        let booked: Vec<&str> = view
            .bookings_of(one)
            .filter_map(|made| made.booking.release.as_ref().map(crate::domain::ReleaseId::as_str))
            .collect();
        words.all_in([
            one.id.as_str(),
            &text(known.and_then(|known| known.platform.as_ref())),
            &text(known.and_then(|known| known.region.as_ref())),
            &booked.join(" "),
        ])
    };
    let mut rows: Vec<(&EnvironmentUse, u32)> =
        view.environments.iter().zip(0u32..).filter(|(one, _)| says(one)).collect();
    let name = |(one, _): &(&EnvironmentUse, u32)| natural(one.id.as_str());
    // Those nearest to the users first; of which nobody knows what they are for, last.
    rows.sort_by_cached_key(|row| {
        let tier = row.0.known.as_ref().map(|known| known.tier);
        (std::cmp::Reverse(tier), name(row))
    });
    let idle = |one: &EnvironmentUse| view.idle_shares(one).map_or(0.0, |[idle, _]| idle);
    match order {
        1 => rows.sort_by_cached_key(name),
        2 => rows.sort_by_cached_key(|(one, _)| std::cmp::Reverse(view.conflicts_of(&one.id).count())),
        3 => rows.sort_by(|(left, _), (right, _)| idle(right).total_cmp(&idle(left))),
        4 => rows.sort_by(|(left, _), (right, _)| {
            right.cost_per_day.unwrap_or(-1.0).total_cmp(&left.cost_per_day.unwrap_or(-1.0))
        }),
        _ => {}
    }
    if list.reversed {
        rows.reverse();
    }
    list.known = view.environments.len();
    list.rows.extend(rows.iter().map(|(_, index)| Row::Environment(*index)));
}

fn schedule(list: &mut List, board: &Board, words: &Words, order: usize) {
    let insight = &board.insight;
    let deployments = insight.schedule.deployments.iter().zip(0u32..).filter(|(row, _)| {
        let deployment = &row.deployment;
        words.all_in([
            deployment.release.as_ref().map_or("", |release| release.as_str()),
            deployment.environment.as_str(),
            deployment.id.as_str(),
        ])
    });
    let releases = insight
        .releases
        .iter()
        .zip(0u32..)
        .filter(|(insight, _)| words.all_in([insight.release.id.as_str()]));
    let mut coming: Vec<(Instant, &str, Row)> = Vec::new();
    let mut past = Vec::new();
    let mut undated = Vec::new();
    for (row, index) in deployments {
        let deployment = &row.deployment;
        let name = deployment.release.as_ref().map_or("", |release| release.as_str());
        let entry = (deployment.window.from, name, Row::Deployment(index));
        if deployment.state.is_over() { past.push(entry) } else { coming.push(entry) }
    }
    for (insight, index) in releases {
        let release = &insight.release;
        let row = Row::Release(index);
        if let Some(at) = release.released_at {
            past.push((at, release.id.as_str(), row));
        } else if let Some(target) = release.target {
            coming.push((target.at, release.id.as_str(), row));
        } else {
            undated.push((Instant::MAX_UTC, release.id.as_str(), row));
        }
    }
    coming.sort_by_key(|(at, _, _)| *at);
    past.sort_by_key(|(at, _, _)| std::cmp::Reverse(*at));
    for rows in [&mut coming, &mut undated, &mut past] {
        if order == 1 {
            rows.sort_by_cached_key(|(_, name, _)| natural(name));
        }
        if list.reversed {
            rows.reverse();
        }
    }
    list.rows.extend(coming.iter().map(|(_, _, row)| *row));
    for (rows, heading) in
        [(undated, Heading::Undated as fn(u32) -> Heading), (past, Heading::Past as fn(u32) -> Heading)]
    {
        if !rows.is_empty() {
            list.rows.push(Row::Heading(heading(rows.len() as u32)));
            list.rows.extend(rows.iter().map(|(_, _, row)| *row));
        }
    }
    list.known = insight.schedule.deployments.len() + insight.releases.len();
}

/// Changes by group, then who should hear of them.
fn changes(list: &mut List, found: &Changes, words: &Words) {
    let matches = |change: &Change| {
        let who = change.who.as_deref().unwrap_or_default();
        let release = change.release.as_ref().map_or("", |release| release.as_str());
        words.all_in([&change.name, &change.what, who, release, change.group.title()])
    };
    for group in ChangeGroup::ALL {
        let of =
            found.changes.iter().zip(0u32..).filter(|(change, _)| change.group == group && matches(change));
        let rows: Vec<Row> = of.map(|(_, index)| Row::Change(index)).collect();
        if !rows.is_empty() {
            list.rows.push(Row::Heading(Heading::Changes(group, rows.len() as u32)));
            list.rows.extend(rows);
        }
    }
    let concerned = found.concerned.iter().zip(0u32..).filter(|(other, _)| {
        let owner = other.owner.as_deref().unwrap_or_default();
        words.all_in([other.release.as_str(), other.because_of.as_str(), owner])
    });
    let rows: Vec<Row> = concerned.map(|(_, index)| Row::Concerned(index)).collect();
    if !rows.is_empty() {
        list.rows.push(Row::Heading(Heading::Concerned(rows.len() as u32)));
        list.rows.extend(rows);
    }
    list.known = found.changes.len() + found.concerned.len();
}

/// The words of a filter, in small letters; a row must contain all of them.
#[derive(Debug)]
struct Words(Vec<String>);

impl Words {
    fn new(filter: &str) -> Self {
        Self(filter.split_whitespace().map(str::to_lowercase).collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn all_in<const N: usize>(&self, fields: [&str; N]) -> bool {
        self.0.iter().all(|word| fields.iter().any(|field| contains(field, word)))
    }
}

/// Whether `field` contains `word` (in small letters), whatever the case. Plain text, which
/// is nearly all, is compared without a copy.
fn contains(field: &str, word: &str) -> bool {
    if !field.is_ascii() {
        return field.to_lowercase().contains(word);
    }
    let (field, word) = (field.as_bytes(), word.as_bytes());
    word.is_empty() || field.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

//! Which rows a list shows, and in which order. Computed when the board, the filter or the
//! order changes, never while drawing.

use std::collections::{HashMap, HashSet};

use crate::{
    domain::{Category, Instant, Items, PullRequestId, PullRequestState, Release, StoryKey, StoryKind, Text},
    insight::{
        Board, Card, CardRow, Change, ChangeGroup, Changes, EnvironmentUse, EnvironmentsView, LastRelease,
        Lens, PullRequestRow, ReleaseInsight, Stage, StoryRow, Study, Subject, TestRow,
        query::{Glance, Item, Needle, Query, Reach, SaidOf},
    },
};

use super::{
    GroupBy, Said, insights,
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
    /// The tab Pull requests shows those of all releases that did not go out.
    pub(super) all_releases: bool,
    /// What they are grouped by.
    pub(super) group: GroupBy,
    /// What the section picks.
    pub(super) section: Option<&'a Query>,
    /// Who looks.
    pub(super) me: &'a [Text],
    /// What people said.
    pub(super) said: &'a Said,
    /// The release chooser can choose all of them.
    pub(super) offers_all: bool,
    /// What is typed in the release chooser or the palette.
    pub(super) typed: &'a str,
    /// Commands of one's own.
    pub(super) own: &'a super::OwnCommands,
    /// What the tab Changes lists.
    pub(super) changes: Option<&'a Changes>,
    /// Environments.
    pub(super) environments: Option<&'a EnvironmentsView>,
    /// For whom the board is shown.
    pub(super) lens: Lens,
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
    list.groups.clear();
    list.known = 0;
    if let Some(items) = queried(id, view) {
        list.asked.read(&list.filter, items, view.me, &view.board.policy.teams);
    }
    let filter = list.asked.clone();
    let query = filter.query();
    match id {
        ListId::Gates => each(list, view.release.map_or(0, |release| release.gates.len()), Row::Gate),
        ListId::Remedies => {
            each(list, view.release.map_or(0, |release| release.remedies.len()), Row::Remedy);
        }
        ListId::Stories => match view.release {
            Some(release) if !release.has_stories() => {
                let of_release = of_release(release, Row::PullRequest).collect();
                let plain = View { ended: true, group: GroupBy::Nothing, section: None, ..view };
                pull_requests(list, of_release, Vec::new(), query, 0, plain);
            }
            Some(release) => stories(list, release, StoryKind::Story, query, order, view),
            None => {}
        },
        ListId::Defects => {
            if let Some(release) = view.release {
                stories(list, release, StoryKind::Defect, query, order, view);
            }
        }
        ListId::Tests => {
            if let Some(release) = view.release {
                tests(list, release, &words, order);
            }
        }
        ListId::PullRequests => {
            let (of_releases, of_none) = (in_releases(view), unassigned(view.board).collect());
            pull_requests(list, of_releases, of_none, query, order, view);
        }
        ListId::Schedule => schedule(list, view, query, order),
        ListId::Environments => {
            if let Some(view) = view.environments {
                environments(list, view, &words, order);
            }
        }
        ListId::Cards => {
            let cards = view.study.map_or(&[][..], |study| &study.cards);
            let says = |card: &Card| words.all_in([view.lens.title(card.id), &card.sentence]);
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
                .extend(rows.iter().zip(0u32..).filter(|(row, _)| says(row)).map(|(_, at)| Row::OfCard(at)));
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
            if view.offers_all && view.typed.trim().is_empty() {
                list.rows.insert(0, Row::AllReleases);
            } else if view.offers_all && Needle::new(view.typed.trim()).is_in("all releases") {
                list.rows.push(Row::AllReleases);
            }
            list.known = view.board.insight.releases.len();
        }
    }
    // One that is in several groups is one.
    if view.group == GroupBy::Nothing || id != ListId::PullRequests {
        list.shown = list.rows.iter().filter(|row| super::list::is_item(**row)).count();
    }
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
    let stayed = list.is_followed && list.rows.get(list.position).is_some_and(is_selected);
    if stayed {
        return;
    }
    if !list.is_followed {
        list.go_to(0);
        list.first = 0;
        list.selected = list.row().and_then(|row| subject(view, row));
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
        Row::Heading(_) | Row::Palette(_) | Row::Own(_) | Row::AllReleases => None,
        Row::Elsewhere(of, index) => {
            let release = view.board.insight.releases.get(at(of))?;
            Some(Subject::PullRequest(release.pull_requests.get(at(index))?.pull_request.id.clone()))
        }
        Row::Gate(index) => Some(Subject::Gate(release?.gates.get(at(index))?.name.clone())),
        Row::Story(index) => Some(Subject::Story(release?.stories.get(at(index))?.story.key.clone())),
        Row::Suite(suite) => Some(Subject::Suite(release?.suites.get(at(suite))?.suite.clone())),
        Row::Test(suite, test) => {
            let suite = release?.suites.get(at(suite))?;
            Some(Subject::Test(suite.suite.clone(), suite.tests.get(at(test))?.name.clone()))
        }
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
        Row::Card(_) | Row::OfCard(_) => insights::subject(view.study, view.card, row),
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

fn stories(
    list: &mut List,
    release: &ReleaseInsight,
    kind: StoryKind,
    query: Option<&Query>,
    order: usize,
    view: View<'_>,
) {
    let now = view.board.at;
    let of_kind = |(row, _): &(&StoryRow, u32)| row.story.kind == kind;
    let all: Vec<(&StoryRow, u32)> = release.stories.iter().zip(0u32..).filter(of_kind).collect();
    let picked = pick(all, query, |(row, _), query, reach| {
        let item = Item::Story { story: &row.story, is_blocked: !row.waits_for.is_empty() };
        let said = if query.asks_said() { view.said.of_story(row, now) } else { SaidOf::default() };
        query.picks(&item, &Glance { now, said, reach }) == Some(true)
            // Why it stands where it stands is nothing of the story itself.
            || (query.is_of_texts() && query.picks_texts(&[&row.reason], reach))
    });
    let matching = |open: bool| -> Vec<(&StoryRow, u32)> {
        picked.iter().filter(|(row, _)| row.open == open).copied().collect()
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
    list.known = release.stories.iter().filter(|row| row.story.kind == kind).count();
    let rows = &mut list.rows;
    if order == BY_FEATURE && kind == StoryKind::Story {
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

/// Each suite with its tests below it; in another order the tests alone. Whoever looks for words
/// sees the suites in which they are.
fn tests(list: &mut List, release: &ReleaseInsight, words: &Words, order: usize) {
    list.known = release.suites.iter().map(|suite| 1 + suite.tests.len()).sum();
    let mut found: Vec<(&TestRow, Row)> = Vec::new();
    for (suite, index) in release.suites.iter().zip(0u32..) {
        let state = |test: &TestRow| match (test.fails(), test.newly, test.flaky) {
            (true, true, _) => "newly failing",
            (true, false, _) => "failing",
            (false, ..) => "flaky",
        };
        let matching = |(test, _): &(&TestRow, u32)| words.all_in([&test.name, &suite.suite, state(test)]);
        let tests = suite.tests.iter().zip(0u32..).filter(matching);
        let mut tests: Vec<_> = tests.map(|(test, place)| (test, Row::Test(index, place))).collect();
        if order > 0 {
            found.append(&mut tests);
        } else if !tests.is_empty() || words.all_in([suite.suite.as_str()]) {
            list.rows.push(Row::Suite(index));
            list.rows.extend(tests.into_iter().map(|(_, row)| row));
        }
    }
    match order {
        1 => found.sort_by_key(|(test, _)| (!test.fails(), std::cmp::Reverse(test.failing_since))),
        2 => found.sort_by(|(one, _), (other, _)| {
            let rate = |test: &TestRow| test.flaky.map_or(0.0, |flaky| flaky.at_least);
            rate(other).total_cmp(&rate(one))
        }),
        _ => found.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name)),
    }
    if list.reversed {
        found.reverse();
    }
    list.rows.extend(found.into_iter().map(|(_, row)| row));
}

/// What text with a number at its end is sorted by, so that `PAY-9` comes before `PAY-10`.
fn natural(text: &str) -> (String, u64) {
    let head = text.trim_end_matches(|character: char| character.is_ascii_digit());
    (head.to_owned(), text[head.len()..].parse().unwrap_or(0))
}

/// A pull request, where it is on the board, and the release that it is listed for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub(super) at: Row,
    pub(super) row: &'a PullRequestRow,
    pub(super) release: Option<&'a Release>,
}

fn of_release(release: &ReleaseInsight, at: impl Fn(u32) -> Row) -> impl Iterator<Item = Found<'_>> {
    let described = &*release.release;
    let rows = release.pull_requests.iter().zip(0u32..);
    rows.map(move |(row, index)| Found { at: at(index), row, release: Some(described) })
}

fn unassigned(board: &Board) -> impl Iterator<Item = Found<'_>> {
    let rows = board.insight.unassigned.iter().zip(0u32..);
    rows.map(|(row, index)| Found { at: Row::Unassigned(index), row, release: None })
}

/// Pull requests of the release that is shown, or of all that did not go out: one that belongs
/// to several is listed for the first.
fn in_releases(view: View<'_>) -> Vec<Found<'_>> {
    let shown: Vec<Found<'_>> =
        view.release.into_iter().flat_map(|release| of_release(release, Row::PullRequest)).collect();
    if !view.all_releases {
        return shown;
    }
    let shown_id = view.release.map(|release| &release.release.id);
    let others = view.board.insight.releases.iter().zip(0u32..).filter(|(release, _)| {
        release.release.released_at.is_none() && Some(&release.release.id) != shown_id
    });
    let others = others.flat_map(|(release, of)| of_release(release, move |index| Row::Elsewhere(of, index)));
    let mut seen: HashSet<&PullRequestId> = HashSet::new();
    let mut all: Vec<Found<'_>> = shown.into_iter().chain(others).collect();
    all.retain(|found| seen.insert(&found.row.pull_request.id));
    // Each release comes sorted; together they are sorted anew.
    all.sort_by_key(|found| {
        let is_ended = found.row.pull_request.state != PullRequestState::Open;
        (is_ended, found.row.slack_seconds.unwrap_or(i64::MAX), found.row.since)
    });
    all
}

/// All pull requests that the tab can list.
pub(super) fn listed(view: View<'_>) -> Vec<Found<'_>> {
    let mut all = in_releases(view);
    all.extend(unassigned(view.board));
    all
}

/// How many rows each of the queries picks; none picks all.
pub(super) fn counts(view: View<'_>, queries: &[Option<Query>]) -> Vec<u32> {
    let all = listed(view);
    let count = |query: &Option<Query>| match query {
        None => all.len(),
        Some(query) => all.iter().filter(|found| is_picked(found, query, Reach::Row, view)).count(),
    };
    queries.iter().map(|query| count(query) as u32).collect()
}

fn is_picked(found: &Found<'_>, query: &Query, reach: Reach, view: View<'_>) -> bool {
    let now = view.board.at;
    let said = if query.asks_said() { view.said.of_pull_request(found.row, now) } else { SaidOf::default() };
    let item = Item::PullRequest { row: found.row, release: found.release };
    query.picks(&item, &Glance { now, said, reach }) == Some(true)
}

/// What a query picks: where no row has the words, those count that have their letters.
fn pick<T: Copy>(
    all: Vec<T>,
    query: Option<&Query>,
    is_picked: impl Fn(&T, &Query, Reach) -> bool,
) -> Vec<T> {
    let Some(query) = query else { return all };
    let has_bare_words = query.has_bare_words();
    // In one go: reaching the texts of ten thousand rows costs more than comparing them twice.
    let (mut picked, mut alike) = (Vec::new(), Vec::new());
    for one in all {
        if is_picked(&one, query, Reach::Row) {
            picked.push(one);
        } else if has_bare_words && picked.is_empty() && is_picked(&one, query, Reach::Fuzzy) {
            alike.push(one);
        }
    }
    if picked.is_empty() { alike } else { picked }
}

/// The query of a list is about these; none: it takes words.
fn queried(id: ListId, view: View<'_>) -> Option<Items> {
    match id {
        ListId::Stories if view.release.is_some_and(|release| !release.stories.is_empty()) => {
            Some(Items::Stories)
        }
        ListId::Stories | ListId::PullRequests => Some(Items::PullRequests),
        ListId::Schedule => Some(Items::Deployments),
        _ => None,
    }
}

fn pull_requests(
    list: &mut List,
    of_releases: Vec<Found<'_>>,
    of_none: Vec<Found<'_>>,
    query: Option<&Query>,
    order: usize,
    view: View<'_>,
) {
    let in_section =
        |found: &Found<'_>| view.section.is_none_or(|query| is_picked(found, query, Reach::Row, view));
    let all: Vec<Found<'_>> = of_releases.into_iter().chain(of_none).filter(in_section).collect();
    list.known = all.len();
    let picked = pick(all, query, |found, query, reach| is_picked(found, query, reach, view));
    list.shown = picked.len();
    let is_unassigned = |found: &Found<'_>| matches!(found.at, Row::Unassigned(_));
    let is_open = |found: &Found<'_>| found.row.pull_request.state == PullRequestState::Open;
    let is_grouped = view.group != GroupBy::Nothing;
    let (mut unassigned, rest): (Vec<_>, Vec<_>) =
        picked.into_iter().partition(|found| is_unassigned(found) && !is_grouped);
    let (mut open, mut over): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_open);
    for rows in [&mut open, &mut over, &mut unassigned] {
        sort_pull_requests(rows, order, list.reversed);
    }
    // Whoever looks for something looks everywhere; and where all ended, that is what there is.
    let shown = view.ended || query.is_some() || view.section.is_some() || open.is_empty();
    if is_grouped {
        grouped(list, &open, view.group);
    } else {
        list.rows.extend(open.iter().map(|found| found.at));
    }
    if !over.is_empty() {
        let is_merged = |found: &&Found<'_>| found.row.pull_request.state == PullRequestState::Merged;
        let merged = over.iter().filter(is_merged).count() as u32;
        let closed = over.len() as u32 - merged;
        list.rows.push(Row::Heading(Heading::Ended { merged, closed, shown }));
        if shown {
            list.rows.extend(over.iter().map(|found| found.at));
        } else {
            list.shown -= over.len();
        }
    }
    if !unassigned.is_empty() {
        list.rows.push(Row::Heading(Heading::Unassigned(unassigned.len() as u32)));
        list.rows.extend(unassigned.iter().map(|found| found.at));
    }
}

/// Rows below the heading of their group: the group with the first row first, stages in their
/// order.
fn grouped(list: &mut List, rows: &[Found<'_>], by: GroupBy) {
    let mut groups: Vec<(Text, Stage, Vec<Row>)> = Vec::new();
    let mut positions: HashMap<Text, usize> = HashMap::new();
    for found in rows {
        for name in by.of(found.row, found.release) {
            let position = *positions.entry(name.clone()).or_insert_with(|| {
                groups.push((name, found.row.stage, Vec::new()));
                groups.len() - 1
            });
            groups[position].2.push(found.at);
        }
    }
    if by == GroupBy::Stage {
        groups.sort_by_key(|(_, stage, _)| *stage);
    }
    for ((name, _, rows), index) in groups.into_iter().zip(0u32..) {
        list.groups.push(name);
        list.rows.push(Row::Heading(Heading::Group(index, rows.len() as u32)));
        list.rows.extend(rows);
    }
}

fn sort_pull_requests(rows: &mut [Found<'_>], order: usize, reversed: bool) {
    let progress = |stage: Stage| std::cmp::Reverse(stage);
    match order {
        1 => rows.sort_by_key(|found| opened(found.row).unwrap_or(Instant::MAX_UTC)),
        2 => rows.sort_by_key(|found| progress(found.row.stage)),
        3 => {
            rows.sort_by(|left, right| left.row.pull_request.author.cmp(&right.row.pull_request.author));
        }
        4 => rows
            .sort_by(|left, right| left.row.pull_request.repository.cmp(&right.row.pull_request.repository)),
        5 => rows.sort_by_key(|found| found.row.pull_request.number),
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

fn schedule(list: &mut List, view: View<'_>, query: Option<&Query>, order: usize) {
    let (insight, now) = (&view.board.insight, view.board.at);
    let is_production = |environment: &crate::domain::EnvironmentId| {
        let known = view.board.world.environments.iter().find(|known| known.id == *environment);
        known.is_some_and(|known| known.tier == crate::domain::Tier::Production)
    };
    let is_picked = |row: &Row, query: &Query, reach| match *row {
        Row::Deployment(index) => insight.schedule.deployments.get(index as usize).is_some_and(|row| {
            let deployment = &row.deployment;
            let item = Item::Deployment { deployment, is_production: is_production(&deployment.environment) };
            let said = if query.asks_said() { view.said.of_deployment(row, now) } else { SaidOf::default() };
            query.picks(&item, &Glance { now, said, reach }) == Some(true)
        }),
        Row::Release(index) => insight
            .releases
            .get(index as usize)
            .is_some_and(|insight| query.picks_texts(&[insight.release.id.as_str()], reach)),
        _ => false,
    };
    let deployments = (0u32..).take(insight.schedule.deployments.len()).map(Row::Deployment);
    let releases = (0u32..).take(insight.releases.len()).map(Row::Release);
    let picked: HashSet<usize> = {
        let all: Vec<(usize, Row)> = deployments.chain(releases).enumerate().collect();
        pick(all, query, |(_, row), query, reach| is_picked(row, query, reach))
            .into_iter()
            .map(|(place, _)| place)
            .collect()
    };
    let before_releases = insight.schedule.deployments.len();
    let deployments = insight.schedule.deployments.iter().zip(0u32..);
    let deployments = deployments.filter(|(_, index)| picked.contains(&(*index as usize)));
    let releases = insight.releases.iter().zip(0u32..);
    let releases = releases.filter(|(_, index)| picked.contains(&(before_releases + *index as usize)));
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

/// The words of a filter; a row must contain all of them.
#[derive(Debug)]
struct Words(Vec<Needle>);

impl Words {
    fn new(filter: &str) -> Self {
        Self(filter.split_whitespace().map(Needle::new).collect())
    }

    fn all_in<const N: usize>(&self, fields: [&str; N]) -> bool {
        self.0.iter().all(|word| fields.iter().any(|field| word.is_in(field)))
    }
}

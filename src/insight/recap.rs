//! A release that ended, looked back on: planned, forecast and actual, and what was late and why.

use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Board, ForecastDate, ForecastView, ReleaseInsight, ScopeStep, StoryRow, Subject, words};
use crate::domain::{
    Category, DayFigures, Deployment, DeploymentState, EnvironmentId, Instant, PullRequestState, ReleaseId,
    StoryKind, Text,
};

/// Shares of the way at which the forecasts of then are looked up.
const CHECKPOINTS: [f64; 4] = [0.25, 0.5, 0.75, 0.9];
/// Figures that are older say nothing of an instant: a day, and the evening after it.
const RECENT: Duration = Duration::hours(36);
/// A name in a reason is worth a day at least.
const WORTH_NAMING: Duration = Duration::days(1);

/// A release that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recap {
    /// Which release.
    pub release: ReleaseId,
    /// Who answered for it.
    pub owner: Option<Text>,
    /// The first day of its burn-down.
    pub start: Option<NaiveDate>,
    /// When it was meant to be ready; none where nobody promised anything.
    pub target: Option<Instant>,
    /// When it went out.
    pub released_at: Instant,
    /// Hours from the target to the release: negative is early. None without a target.
    pub slip_hours: Option<i64>,
    /// Stories in scope on its first day.
    pub planned: u32,
    /// Stories in scope when it went out.
    pub scope: u32,
    /// Of those, ready.
    pub delivered: u32,
    /// Stories that entered after the first day.
    pub added: u32,
    /// Stories that left.
    pub removed: u32,
    /// When they did, oldest first.
    pub scope_steps: Vec<ScopeStep>,
    /// Stories that went back from a review, test or done state, most often first.
    pub returned: Vec<Returned>,
    /// Defects that were in it.
    pub defects: u32,
    /// Of those, not done when it went out.
    pub defects_open: u32,
    /// Its deployments, oldest first.
    pub deployments: Vec<Deployed>,
    /// Test runs of it with failed tests.
    pub failed_runs: u32,
    /// Test runs of it.
    pub runs: u32,
    /// What was ready only after the target, the latest first.
    pub late: Vec<Late>,
    /// What the board said on the way, where it was kept.
    pub forecasts: Vec<Said>,
    /// How the forecasts of all days on the way turned out; none where no day was kept.
    pub daily: Option<DailyForecasts>,
}

/// How the forecasts of a release turned out, of the days that were kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DailyForecasts {
    /// Days with a forecast before it went out.
    pub days: u32,
    /// Of those, on which the 85 % date held.
    pub held: u32,
    /// By how many days the 50 % date was off, in the middle of all: late is more than 0.
    pub median_days_late: i64,
}

/// A story that went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Which story.
    pub subject: Subject,
    /// Its name.
    pub name: Text,
    /// How often.
    pub times: u32,
}

/// A deployment of the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// Where to.
    pub environment: EnvironmentId,
    /// How it ended.
    pub state: DeploymentState,
    /// When it began.
    pub started_at: Option<Instant>,
    /// Minutes of its window.
    pub planned_minutes: i64,
    /// Minutes that it took; none where its source does not tell.
    pub actual_minutes: Option<i64>,
}

/// Something that was ready after the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// Which one.
    pub subject: Subject,
    /// Its name.
    pub name: Text,
    /// When it was ready.
    pub at: Instant,
    /// What took its time, in words; empty where nothing stands out.
    pub why: Text,
}

/// What the board said at an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// When.
    pub at: Instant,
    /// As likely before as after.
    pub p50: ForecastDate,
    /// 85 % sure.
    pub p85: ForecastDate,
    /// It went out by the 85 % date.
    pub held: bool,
}

impl Recap {
    /// What happened to `release` of `board`, which went out; none if it did not or is not
    /// known. `then`: boards of its [`instants`](Self::instants), as far as they were kept.
    pub fn of<'a>(
        board: &Board,
        release: &ReleaseId,
        then: impl IntoIterator<Item = &'a Board>,
        days: &[DayFigures],
    ) -> Option<Self> {
        let insight = board.release(release)?;
        let released_at = insight.release.released_at?;
        let target = insight.release.target.filter(|target| !target.estimated).map(|target| target.at);
        let drawn = &insight.burn_down.days;
        let (first, last) = (drawn.first(), drawn.last());
        let defects: Vec<&StoryRow> =
            insight.stories.iter().filter(|row| row.story.kind == StoryKind::Defect).collect();
        let runs: Vec<_> =
            board.world.test_runs.iter().filter(|run| run.release.as_ref() == Some(release)).collect();
        let mut deployments: Vec<Deployed> = board
            .world
            .deployments
            .iter()
            .filter(|deployment| deployment.release.as_ref() == Some(release))
            .map(|deployment| deployed(deployment))
            .collect();
        deployments.sort_by_key(|deployment| deployment.started_at);
        Some(Self {
            release: release.clone(),
            owner: insight.release.owner.clone(),
            start: first.map(|day| day.day),
            target,
            released_at,
            slip_hours: target.map(|target| (released_at - target).num_hours()),
            planned: first.map_or(0, |day| day.scope),
            scope: last.map_or(0, |day| day.scope),
            delivered: last.map_or(0, |day| day.ready),
            added: insight.burn_down.scope_steps.iter().map(|step| step.added).sum(),
            removed: insight.burn_down.scope_steps.iter().map(|step| step.removed).sum(),
            scope_steps: insight.burn_down.scope_steps.clone(),
            returned: returned(insight),
            defects: defects.len() as u32,
            defects_open: last.map_or(0, |day| day.defects),
            deployments,
            failed_runs: runs.iter().filter(|run| run.failed > 0).count() as u32,
            runs: runs.len() as u32,
            late: target.map(|target| late(insight, target, released_at)).unwrap_or_default(),
            forecasts: forecasts(board, release, released_at, then, days),
            daily: daily(board, release, released_at, days),
        })
    }

    /// The instants at which it is worth asking what the board said; none for a release that did
    /// not go out, or whose start nobody knows.
    pub fn instants(board: &Board, release: &ReleaseId) -> Vec<Instant> {
        let Some(insight) = board.release(release) else { return Vec::new() };
        let (Some(released_at), Some(first)) = (insight.release.released_at, insight.burn_down.days.first())
        else {
            return Vec::new();
        };
        let start = board.policy.calendar.start_of(first.day);
        let seconds = (released_at - start).num_seconds();
        let at = |share: f64| start + Duration::seconds((seconds as f64 * share) as i64);
        if seconds > 0 { CHECKPOINTS.into_iter().map(at).collect() } else { Vec::new() }
    }
}

impl Recap {
    /// Those of the [`instants`](Self::instants) of which no figures are among `days`: a board of
    /// then can be asked.
    pub fn missing(instants: &[Instant], days: &[DayFigures]) -> Vec<Instant> {
        instants.iter().copied().filter(|at| figures_at(days, *at).is_none()).collect()
    }
}

fn deployed(deployment: &Deployment) -> Deployed {
    let took = deployment.started_at.zip(deployment.finished_at);
    Deployed {
        environment: deployment.environment.clone(),
        state: deployment.state,
        started_at: deployment.started_at,
        planned_minutes: deployment.window.duration().num_minutes(),
        actual_minutes: took.map(|(from, until)| (until - from).num_minutes()),
    }
}

fn returned(insight: &ReleaseInsight) -> Vec<Returned> {
    let mut returned: Vec<Returned> = insight
        .stories
        .iter()
        .filter(|row| row.story.kind == StoryKind::Story && row.returns > 0)
        .map(|row| Returned {
            subject: Subject::Story(row.story.key.clone()),
            name: Text::new(format!("{} {}", row.story.key, row.story.title)),
            times: row.returns,
        })
        .collect();
    returned.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.subject.cmp(&b.subject)));
    returned
}

fn late(insight: &ReleaseInsight, target: Instant, released_at: Instant) -> Vec<Late> {
    let was_late = |at: &Instant| *at > target && *at <= released_at;
    let stories = insight.stories.iter().filter_map(|row| {
        let done = row.story.moves.last().filter(|step| step.to == Category::Done)?;
        was_late(&done.at).then(|| Late {
            subject: Subject::Story(row.story.key.clone()),
            name: Text::new(format!("{} {}", row.story.key, row.story.title)),
            at: done.at,
            why: why_late(row, target),
        })
    });
    let pull_requests = insight.pull_requests.iter().filter_map(|row| {
        let request = &row.pull_request;
        let at = request.merged_at.filter(|_| request.state == PullRequestState::Merged)?;
        was_late(&at).then(|| Late {
            subject: Subject::PullRequest(request.id.clone()),
            name: Text::new(format!("{} {}", request.id, request.title)),
            at,
            why: request
                .opened_at
                .map(|opened| Text::new(format!("open for {}", words::age(at - opened))))
                .unwrap_or_default(),
        })
    });
    let mut late: Vec<Late> = stories.chain(pull_requests).collect();
    late.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.subject.cmp(&b.subject)));
    late
}

/// What took the time of a story: returns, a late entry, the longest stay.
fn why_late(row: &StoryRow, target: Instant) -> Text {
    let story = &row.story;
    let mut reasons = Vec::new();
    if row.returns > 0 {
        reasons.push(format!("returned {}x", row.returns));
    }
    if let Some(entered) = story.scope.first().map(|step| step.at).or(Some(story.created_at))
        && target - entered < Duration::weeks(1)
    {
        reasons.push("entered in the last week".to_owned());
    }
    let begun = std::iter::once((story.created_at, Category::ToDo))
        .chain(story.moves.iter().map(|step| (step.at, step.to)));
    let ends = story.moves.iter().map(|step| step.at);
    let longest = begun.zip(ends).map(|((from, category), until)| (until - from, category));
    // What waits to be begun says nothing of the work.
    let longest = longest.filter(|(_, category)| *category != Category::ToDo).max_by_key(|(stay, _)| *stay);
    if let Some((stay, category)) = longest.filter(|(stay, _)| *stay >= WORTH_NAMING) {
        let word = match category {
            Category::InReview => "in review",
            Category::InTest => "in test",
            Category::Done => "done before it was reopened",
            _ => "in progress",
        };
        reasons.push(format!("{} {word}", words::age(stay)));
    }
    Text::new(reasons.join(", "))
}

/// What was said at each of the [`instants`](Recap::instants): by the figures of that day, else by
/// a board of then.
fn forecasts<'a>(
    board: &Board,
    release: &ReleaseId,
    released_at: Instant,
    then: impl IntoIterator<Item = &'a Board>,
    days: &[DayFigures],
) -> Vec<Said> {
    let of_days = Recap::instants(board, release)
        .into_iter()
        .filter_map(|at| forecast_of(figures_at(days, at)?, board, release, released_at));
    let of_boards = then.into_iter().filter_map(|then| {
        let ForecastView::Dates { p50, p85, .. } = then.release(release)?.forecast else { return None };
        Some(said(board, then.at, p50, p85, released_at))
    });
    let mut all: Vec<Said> = of_days.chain(of_boards).collect();
    all.sort_by_key(|said| said.at);
    all
}

/// The last figures before `at`, if they are not much older.
fn figures_at(days: &[DayFigures], at: Instant) -> Option<&DayFigures> {
    let figures = days[..days.partition_point(|figures| figures.at <= at)].last()?;
    (at - figures.at <= RECENT).then_some(figures)
}

fn forecast_of(
    figures: &DayFigures,
    board: &Board,
    release: &ReleaseId,
    released_at: Instant,
) -> Option<Said> {
    let forecast = figures.of(release)?.forecast?;
    let [p50, p85] = [forecast.p50, forecast.p85].map(|at| ForecastDate::kept(at, figures.at));
    Some(said(board, figures.at, p50, p85, released_at))
}

fn said(board: &Board, at: Instant, p50: ForecastDate, p85: ForecastDate, released_at: Instant) -> Said {
    // The day counts, not its hour.
    let day = |at| board.policy.calendar.day(at);
    Said { at, p50, p85, held: day(released_at) <= day(p85.or_furthest(at)) }
}

fn daily(
    board: &Board,
    release: &ReleaseId,
    released_at: Instant,
    days: &[DayFigures],
) -> Option<DailyForecasts> {
    let before = days.iter().filter(|figures| figures.at < released_at);
    let said: Vec<Said> =
        before.filter_map(|figures| forecast_of(figures, board, release, released_at)).collect();
    let day = |at| board.policy.calendar.day(at);
    let mut late: Vec<i64> =
        said.iter().map(|said| (day(released_at) - day(said.p50.or_furthest(said.at))).num_days()).collect();
    late.sort_unstable();
    Some(DailyForecasts {
        days: said.len() as u32,
        held: said.iter().filter(|said| said.held).count() as u32,
        median_days_late: *late.get(late.len() / 2)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{
            ALL_KINDS, Setting, at, defect, deployment, id, now, pull_request, story, test_run,
        },
        *,
    };
    use crate::domain::{PullRequest, ScopeChange, ScopeMove, StatusMove, Story, Target};

    fn went_out() -> Setting {
        let target = Target { at: at(16, 17), estimated: false };
        Setting::covering(&ALL_KINDS).release(|release| {
            release.target = Some(target);
            release.released_at = Some(at(20, 9));
            release.owner = Some("ana".into());
        })
    }

    fn done(key: &str, moves: &[(u32, Category)]) -> Story {
        Story {
            moves: moves.iter().map(|(day, to)| StatusMove { at: at(*day, 12), to: *to }).collect(),
            created_at: at(8, 12),
            scope: vec![ScopeMove { at: at(8, 12), release: id(), change: ScopeChange::Added }],
            ..story(key, Category::Done)
        }
    }

    #[test]
    fn a_release_that_ended_is_told_as_it_was() {
        use Category::{Done, InProgress, InReview};
        let entered_late = Story {
            scope: vec![ScopeMove { at: at(14, 12), release: id(), change: ScopeChange::Added }],
            ..done("PAY-3", &[(15, InProgress), (18, Done)])
        };
        let merged = PullRequest {
            opened_at: Some(at(14, 8)),
            merged_at: Some(at(18, 8)),
            ..pull_request(7, PullRequestState::Merged)
        };
        let mut failed = deployment("d", "payments 4.2", at(19, 8), 60);
        failed.state = DeploymentState::Failed;
        failed.started_at = Some(at(19, 8));
        failed.finished_at = Some(at(19, 10));
        let setting = went_out()
            .story(done("PAY-1", &[(10, InProgress), (12, Done)]))
            .story(done("PAY-2", &[(10, InReview), (11, InProgress), (12, InReview), (19, Done)]))
            .story(entered_late)
            .story(defect("PAY-4", Category::ToDo))
            // A defect that went back is no story that did.
            .story(Story {
                kind: StoryKind::Defect,
                ..done("PAY-5", &[(10, InReview), (11, InProgress), (13, Done)])
            })
            .pull_request(merged)
            .deployment(failed)
            .test_run(test_run("unit", 12, 10, 2))
            .test_run(test_run("unit", 13, 12, 0));
        let recap = Recap::of(&setting.board_at(now()), &id(), [], &[]).unwrap();
        assert_eq!((recap.planned, recap.scope, recap.delivered, recap.added), (2, 3, 3, 1));
        assert_eq!(recap.slip_hours, Some(3 * 24 + 16));
        assert_eq!((recap.failed_runs, recap.runs, recap.defects, recap.defects_open), (1, 2, 2, 1));
        let returned: Vec<_> = recap.returned.iter().map(|one| (one.name.as_str(), one.times)).collect();
        assert_eq!(returned, [("PAY-2 Refunds", 1)]);
        let board = setting.board_at(now());
        let judged = recap.judged(&board);
        assert_eq!(judged.worked, ["3 of 3 stories were delivered"]);
        assert_eq!(
            judged.did_not,
            [
                "it came 4d late",
                "2 stories were planned, 1 added and 0 removed",
                "1 story was returned, 1 time",
                "1 defect was open when it went out",
                "1 of 2 test runs had failures",
                "1 of 1 deployment failed or had to be rolled back",
            ]
        );
        let late: Vec<_> = recap.late.iter().map(|one| (one.name.as_str(), one.why.as_str())).collect();
        assert_eq!(
            late,
            [
                ("PAY-2 Refunds", "returned 1x, 7d in review"),
                ("PAY-3 Refunds", "entered in the last week, 3d in progress"),
                ("api#7 Refund webhook retries", "open for 4d"),
            ]
        );
        let ran: Vec<_> =
            recap.deployments.iter().map(|one| (one.planned_minutes, one.actual_minutes)).collect();
        assert_eq!(ran, [(60, Some(120))]);
        assert_eq!(recap.forecasts, []);
    }

    #[test]
    fn what_the_board_said_on_the_way_is_held_against_the_end() {
        let board = went_out().story(done("PAY-1", &[(12, Category::Done)])).board_at(now());
        let instants = Recap::instants(&board, &id());
        assert_eq!(instants.len(), CHECKPOINTS.len());
        assert!(instants.windows(2).all(|pair| pair[0] < pair[1]) && instants[3] < at(20, 9));
        let mut soon = went_out().release(|release| release.released_at = None);
        for number in 0..12 {
            let open = Story {
                created_at: at(8, 12),
                moves: Vec::new(),
                ..story(&format!("PAY-{number}"), Category::ToDo)
            };
            let ready = done(&format!("OLD-{number}"), &[(9 + number % 4, Category::Done)]);
            soon = soon.story(open).story(ready);
        }
        let then = soon.board_at(at(14, 9));
        let recap = Recap::of(&board, &id(), [&then], &[]).unwrap();
        let [said] = &recap.forecasts[..] else { panic!("{:?}", recap.forecasts) };
        assert_eq!(said.at, at(14, 9));
        assert_eq!(said.held, at(20, 9).date_naive() <= said.p85.at().unwrap().date_naive());
    }

    #[test]
    fn the_figures_of_days_say_what_their_boards_said() {
        let board = went_out().story(done("PAY-1", &[(12, Category::Done)])).board_at(now());
        let mut soon = went_out().release(|release| release.released_at = None);
        for number in 0..12 {
            let open = Story {
                created_at: at(8, 12),
                moves: Vec::new(),
                ..story(&format!("PAY-{number}"), Category::ToDo)
            };
            let ready = done(&format!("OLD-{number}"), &[(9 + number % 4, Category::Done)]);
            soon = soon.story(open).story(ready);
        }
        let instants = Recap::instants(&board, &id());
        let boards: Vec<Board> = instants.iter().map(|at| soon.board_at(*at)).collect();
        let rebuilt = Recap::of(&board, &id(), &boards, &[]).unwrap().forecasts;
        assert!(!rebuilt.is_empty());
        let days: Vec<_> = boards.iter().map(Board::day_figures).collect();
        let read = Recap::of(&board, &id(), [], &days).unwrap();
        assert!(Recap::missing(&instants, &days).is_empty());
        assert_eq!(Recap::missing(&instants, &days[..1]).len(), instants.len() - 1);
        let minutes = |said: &[Said]| -> Vec<_> {
            let whole = |date: ForecastDate| date.at().unwrap().timestamp() / 60;
            said.iter().map(|said| (said.at, whole(said.p50), whole(said.p85), said.held)).collect()
        };
        assert_eq!(minutes(&read.forecasts), minutes(&rebuilt));
        let daily = read.daily.unwrap();
        assert_eq!(daily.days as usize, rebuilt.len());
        assert_eq!(daily.held as usize, rebuilt.iter().filter(|said| said.held).count());
    }

    #[test]
    fn what_did_not_go_out_has_no_recap() {
        let board = went_out().release(|release| release.released_at = None).board_at(now());
        assert_eq!(Recap::of(&board, &id(), [], &[]), None);
        assert_eq!(Recap::of(&board, &"no such".into(), [], &[]), None);
        assert!(Recap::instants(&board, &id()).is_empty());
    }
}

//! A release against the one before it, at the same distance from its target.
//!
//! ```text
//! 4.1 ──────────────●then─────────▶ its target          what it was then: kept, or its own days
//! 4.2        ──────────────●now──────────▶ its target    what it is now
//!                          ╰─ the same ─╯
//! ```

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{Board, ForecastView, ReleaseInsight, Unit, words};
use crate::domain::{Instant, Kind, PullRequestState, ReleaseId, Text};

/// Which release a release is compared with, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameDistance {
    /// The release.
    pub release: ReleaseId,
    /// The one of the same project that went out before it.
    pub before: ReleaseId,
    /// Seconds from now to the target of the release; negative once it has passed.
    pub seconds_left: i64,
    /// When the one before was as far from its target, or from its end where nobody promised one.
    pub then: Instant,
    /// It was out by then, so it is compared as it went out.
    pub was_out: bool,
}

/// A release and the one before it, measure by measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastRelease {
    /// Which releases, and when.
    #[serde(flatten)]
    pub distance: SameDistance,
    /// The instant of the newer figures.
    pub now: Instant,
    /// What the one before was is told from its items' own events, at the end of that day: it
    /// was not observed then.
    pub rebuilt: bool,
    /// In the order in which they are shown.
    pub measures: Vec<Measure>,
}

/// One figure of both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// What is measured.
    pub name: MeasureName,
    /// Of the release before; none: it cannot be told.
    pub then: Option<Figure>,
    /// Of the release now; none: it cannot be told.
    pub now: Option<Figure>,
    /// How the second compares with the first.
    pub compared: Compared,
}

/// A figure, for programs and for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Shares are 0 to 1, times are hours.
    pub value: f64,
    /// `41 of 48 (85 %)`.
    pub text: Text,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureName {
    /// Share of the scope that is ready.
    Ready,
    /// Items in scope.
    Scope,
    /// Defects that are not done.
    OpenDefects,
    /// Share of tests that pass.
    Tests,
    /// Share of the gates that are needed that say go.
    Gates,
    /// Hours from the target to the 85 % date; negative is before it.
    Forecast,
    /// Pull requests that are not merged.
    OpenPullRequests,
}

impl MeasureName {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Ready,
        Self::Scope,
        Self::OpenDefects,
        Self::Tests,
        Self::Gates,
        Self::Forecast,
        Self::OpenPullRequests,
    ];

    /// Its words on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Scope => "scope",
            Self::OpenDefects => "open defects",
            Self::Tests => "tests passing",
            Self::Gates => "gates that say go",
            Self::Forecast => "85 % date and target",
            Self::OpenPullRequests => "open pull requests",
        }
    }

    fn compare(self, then: f64, now: f64) -> Compared {
        // Figures of counts: what differs less differs by rounding.
        if (then - now).abs() < 1e-9 {
            return Compared::Same;
        }
        match self {
            // More to do is neither good nor bad in itself.
            Self::Scope if now > then => Compared::More,
            Self::Scope => Compared::Less,
            Self::Ready | Self::Tests | Self::Gates => Compared::better(now > then),
            Self::OpenDefects | Self::Forecast | Self::OpenPullRequests => Compared::better(now < then),
        }
    }
}

/// How a figure of now compares with the one of then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// It stands better.
    Better,
    /// It stands worse.
    Worse,
    /// There is more of what is neither good nor bad.
    More,
    /// There is less of what is neither good nor bad.
    Less,
    /// There is no difference.
    Same,
    /// One of the two is not known.
    Unknown,
}

impl Compared {
    fn better(is_better: bool) -> Self {
        if is_better { Self::Better } else { Self::Worse }
    }

    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::More => "more",
            Self::Less => "less",
            Self::Same => "same",
            Self::Unknown => "cannot be told",
        }
    }
}

impl SameDistance {
    /// What `release` of `board` is to be compared with; in words why there is nothing.
    pub fn of(board: &Board, release: &ReleaseId) -> Result<Self, Text> {
        let insight = board.release(release).ok_or_else(|| Text::new(format!("no release {release}")))?;
        let described = &insight.release;
        let end = described.target.map(|target| target.at).or(described.released_at);
        let Some(end) = end else {
            return Err(Text::new(format!("{release} has no target to be near to or far from")));
        };
        // One that went out is compared as it was then.
        let at = described.released_at.map_or(board.at, |released| released.min(board.at));
        let earlier = |other: &&std::sync::Arc<ReleaseInsight>| {
            let is_before = |out| described.released_at.is_none_or(|released| out < released);
            other.release.project == described.project
                && other.release.id != described.id
                && other.release.released_at.is_some_and(is_before)
        };
        let before = board.insight.releases.iter().filter(earlier);
        let Some(before) = before.max_by_key(|other| other.release.released_at) else {
            let project = &described.project;
            return Err(Text::new(format!("no release of {project} went out before {release}")));
        };
        let out = before.release.released_at.unwrap_or(board.at);
        let anchor = before.release.target.map_or(out, |target| target.at);
        let left = end - at;
        let then = anchor.checked_sub_signed(left).unwrap_or(out);
        Ok(Self {
            release: release.clone(),
            before: before.release.id.clone(),
            seconds_left: left.num_seconds(),
            then: then.min(out),
            was_out: then > out,
        })
    }

    /// `T-2d 04h`, `T+6h 10m`.
    pub fn words(&self) -> String {
        let sign = if self.seconds_left < 0 { '+' } else { '-' };
        format!("T{sign}{}", words::duration(Duration::seconds(self.seconds_left.abs())))
    }
}

impl LastRelease {
    /// The figures of both; `then`: the board of [`SameDistance::then`], if one was kept. None if
    /// `board` does not know them any more.
    pub fn compare(board: &Board, distance: &SameDistance, then: Option<&Board>) -> Option<Self> {
        let (release, before) = (board.release(&distance.release)?, board.release(&distance.before)?);
        let kept = then.filter(|then| tells_as_much(then, board)).and_then(|then| {
            let insight = then.release(&distance.before)?;
            Some(figures(insight))
        });
        let rebuilt = kept.is_none();
        let then = kept.unwrap_or_else(|| rebuild(board, before, distance.then));
        let measure = |((name, then), now): ((MeasureName, Option<Figure>), Option<Figure>)| {
            let both = then.as_ref().zip(now.as_ref());
            let compared = both.map_or(Compared::Unknown, |(then, now)| name.compare(then.value, now.value));
            Measure { name, then, now, compared }
        };
        let measures = MeasureName::ALL.into_iter().zip(then).zip(figures(release)).map(measure).collect();
        Some(Self { distance: distance.clone(), now: board.at, rebuilt, measures })
    }
}

/// Whether `then` was made of all kinds of items that `now` is made of.
fn tells_as_much(then: &Board, now: &Board) -> bool {
    [Kind::Stories, Kind::Defects, Kind::PullRequests, Kind::TestRuns]
        .into_iter()
        .all(|kind| then.world.is_covered(kind) || !now.world.is_covered(kind))
}

/// The figures of a release as it is on its board, in the order of [`MeasureName::ALL`].
fn figures(insight: &ReleaseInsight) -> [Option<Figure>; 7] {
    let tally = &insight.tally;
    let (ready, scope) = match insight.burn_down.unit {
        Unit::Stories => (tally.stories_ready, tally.stories),
        Unit::PullRequests => (tally.pull_requests_merged, tally.pull_requests),
    };
    let needed = tally.gates_needed();
    let tests = tally.tests_passed + tally.tests_failed;
    let target = insight.release.target.filter(|target| !target.estimated).map(|target| target.at);
    let forecast = match &insight.forecast {
        ForecastView::Dates { p85, .. } => p85.at().zip(target).map(|(p85, target)| forecast(p85 - target)),
        ForecastView::Withheld(_) | ForecastView::Ready => None,
    };
    [
        share(ready, scope),
        Some(count(scope)),
        Some(count(tally.defects_open)),
        share(tally.tests_passed, tests),
        share(tally.gates_go, needed),
        forecast,
        Some(count(tally.pull_requests.saturating_sub(tally.pull_requests_merged))),
    ]
}

/// The same figures at the end of the day of `then`, from what the items tell of themselves. What
/// its gates and its forecast said is not known.
fn rebuild(board: &Board, insight: &ReleaseInsight, then: Instant) -> [Option<Figure>; 7] {
    let date = board.policy.calendar.day(then);
    let Some(day) = insight.burn_down.days.iter().rfind(|day| day.day <= date) else {
        return [const { None }; 7];
    };
    let is_open = |row: &&super::PullRequestRow| {
        let request = &row.pull_request;
        let begun = request.opened_at.or(request.started_at);
        let ended = match request.state {
            PullRequestState::Open => None,
            PullRequestState::Merged => request.merged_at.or(request.updated_at),
            PullRequestState::Closed => request.closed_at.or(request.updated_at),
        };
        begun.is_some_and(|at| at <= then)
            && (request.state == PullRequestState::Open || ended.is_some_and(|at| at > then))
    };
    let open = insight.pull_requests.iter().filter(is_open).count();
    let tests = day.tests.map(|share| Figure { value: share, text: Text::new(words::percent(share)) });
    [
        share(day.ready, day.scope),
        Some(count(day.scope)),
        Some(count(day.defects)),
        tests,
        None,
        None,
        Some(count(u32::try_from(open).unwrap_or(u32::MAX))),
    ]
}

fn count(count: u32) -> Figure {
    Figure { value: f64::from(count), text: Text::new(count.to_string()) }
}

fn share(part: u32, of: u32) -> Option<Figure> {
    let value = (of > 0).then(|| f64::from(part) / f64::from(of))?;
    Some(Figure { value, text: Text::new(format!("{part} of {of} ({})", words::percent(value))) })
}

fn forecast(late: Duration) -> Figure {
    let how = if late > Duration::zero() { "after" } else { "before" };
    let text = Text::new(format!("{} {how} target", words::duration(late.abs())));
    Figure { value: late.num_minutes() as f64 / 60.0, text }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{ALL_KINDS, Setting, at, defect, id, now, pull_request, story, test_run},
        *,
    };
    use crate::domain::{Category, Release, Story, Target};

    fn of_before(story: Story) -> Story {
        Story { releases: vec!["payments 4.1".into()], created_at: at(2, 12), ..story }
    }

    /// 4.2 is 80 hours from its target; 4.1 was meant for the 16th and went out a day later.
    fn setting() -> Setting {
        let before = Release {
            target: Some(Target { at: at(16, 17), estimated: false }),
            released_at: Some(at(17, 17)),
            start: Some(at(2, 0)),
            ..Release::named("payments", "4.1")
        };
        let done = |key: &str, day| {
            let mut story = of_before(story(key, Category::Done));
            story.moves[0].at = at(day, 12);
            story
        };
        Setting::covering(&ALL_KINDS)
            .other(before)
            .other(Release { released_at: Some(at(20, 9)), ..Release::named("ledger", "1.0") })
            .story(story("PAY-1", Category::Done))
            .story(story("PAY-2", Category::ToDo))
            .story(story("PAY-3", Category::ToDo))
            .story(defect("PAY-4", Category::ToDo))
            .story(done("PAY-5", 10))
            .story(done("PAY-6", 15))
            .pull_request(pull_request(7, PullRequestState::Open))
            .test_run(test_run("unit", 21, 99, 1))
    }

    fn said(compared: &LastRelease) -> Vec<String> {
        let text = |figure: &Option<Figure>| {
            figure.as_ref().map_or("-".to_owned(), |figure| figure.text.to_string())
        };
        let measures = compared.measures.iter();
        measures
            .map(|one| {
                format!(
                    "{}: {} | {} | {}",
                    one.name.title(),
                    text(&one.then),
                    text(&one.now),
                    one.compared.word()
                )
            })
            .collect()
    }

    #[test]
    fn what_was_not_kept_is_told_from_the_days_of_the_release_before() {
        let board = setting().board_at(now());
        let distance = SameDistance::of(&board, &id()).unwrap();
        assert_eq!(distance.before.as_str(), "payments 4.1");
        assert_eq!(distance.words(), "T-3d 08h");
        assert_eq!((distance.then, distance.was_out), (at(13, 9), false));
        let compared = LastRelease::compare(&board, &distance, None).unwrap();
        assert!(compared.rebuilt);
        let said = said(&compared);
        assert_eq!(said[0], "ready: 1 of 2 (50 %) | 1 of 3 (33.3 %) | worse");
        assert_eq!(said[1], "scope: 2 | 3 | more");
        assert_eq!(said[2], "open defects: 0 | 1 | worse");
        assert!(said[4].starts_with("gates that say go: - | "), "{said:?}");
        assert!(said[4].ends_with("cannot be told"), "{said:?}");
        assert!(said[5].ends_with("cannot be told"), "{said:?}");
    }

    #[test]
    fn what_was_kept_is_believed_over_what_the_items_tell() {
        let board = setting().board_at(now());
        let distance = SameDistance::of(&board, &id()).unwrap();
        // As it was known then: one story, not ready, and nothing of 4.2.
        let before = Release {
            target: Some(Target { at: at(16, 17), estimated: false }),
            ..Release::named("payments", "4.1")
        };
        let kept = Setting::covering(&ALL_KINDS)
            .other(before)
            .story(Story { category: Category::InProgress, ..of_before(story("PAY-5", Category::ToDo)) });
        let kept = kept.board_at(distance.then);
        let compared = LastRelease::compare(&board, &distance, Some(&kept)).unwrap();
        assert!(!compared.rebuilt);
        assert_eq!(said(&compared)[0], "ready: 0 of 1 (0 %) | 1 of 3 (33.3 %) | better");
        assert_ne!(compared.measures[4].compared, Compared::Unknown, "its gates are known");
        // A board that knew nothing of stories proves nothing about them.
        let less = Setting::covering(&[Kind::Releases]).other(Release::named("payments", "4.1"));
        let less = less.board_at(distance.then);
        assert!(LastRelease::compare(&board, &distance, Some(&less)).unwrap().rebuilt);
    }

    #[test]
    fn past_its_target_it_is_held_against_one_that_was_out_and_without_one_nothing_is_said() {
        let late =
            setting().release(|release| release.target = Some(Target { at: at(18, 9), estimated: false }));
        let distance = SameDistance::of(&late.board_at(now()), &id()).unwrap();
        assert_eq!(distance.words(), "T+4d 00h");
        assert_eq!((distance.then, distance.was_out), (at(17, 17), true));
        let undated = setting().release(|release| release.target = None).board_at(now());
        assert!(SameDistance::of(&undated, &id()).unwrap_err().contains("no target"));
        let first = setting().board_at(now());
        let said = SameDistance::of(&first, &"payments 4.1".into()).unwrap_err();
        assert!(said.contains("no release of payments went out before"), "{said}");
    }
}

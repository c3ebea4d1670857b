//! Pictures of the shapes that a release can have.

use std::{fmt::Write as _, sync::Arc};

use chrono::{Days, TimeZone as _, Utc};
use proptest::prelude::*;

use super::*;
use crate::{
    domain::{Instant, Release, Target, Text},
    insight::{
        BurnDown, BurnDownDay, ForecastBasis, ForecastDate, ForecastView, Outlook, ScopeStep, Tally, Unit,
        Verdict,
    },
    theme::{ColorDepth, GlyphSet, shipped},
};

fn at(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn noon(day: NaiveDate) -> Instant {
    Utc.from_utc_datetime(&day.and_hms_opt(12, 0, 0).unwrap())
}

fn styles(depth: ColorDepth) -> Styles {
    Styles::resolve(&shipped("dark").unwrap(), depth)
}

/// Days from `first` on, of scope, ready, defects and tests; the ideal line falls to zero at
/// the target.
fn insight(
    first: NaiveDate,
    target: Option<NaiveDate>,
    days: &[(u32, u32, u32, Option<f64>)],
) -> ReleaseInsight {
    let start = days.first().map_or(0, |day| day.0);
    let ideal = |day: NaiveDate| {
        let length = (target? - first).num_days().max(1);
        Some((f64::from(start) * (1.0 - (day - first).num_days() as f64 / length as f64)).max(0.0))
    };
    let days: Vec<_> = (0..)
        .zip(days)
        .map(|(index, (scope, ready, defects, tests))| {
            let day = first + Days::new(index);
            BurnDownDay {
                day,
                scope: *scope,
                ready: *ready,
                defects: *defects,
                tests: *tests,
                ideal: ideal(day),
                points: None,
            }
        })
        .collect();
    let ahead = days.last().map_or(first, |day| day.day).iter_days().skip(1);
    let ideal_ahead = ahead
        .take_while(|day| target.is_some_and(|target| *day <= target))
        .filter_map(|day| Some((day, ideal(day)?)))
        .collect();
    let scope_steps = days
        .windows(2)
        .filter(|pair| pair[0].scope != pair[1].scope)
        .map(|pair| ScopeStep {
            day: pair[1].day,
            added: pair[1].scope.saturating_sub(pair[0].scope),
            removed: pair[0].scope.saturating_sub(pair[1].scope),
        })
        .collect();
    let mut release = Release::named("payments", "4.2");
    release.target = target.map(|target| Target { at: noon(target), estimated: false });
    ReleaseInsight {
        release: Arc::new(release),
        tally: Tally::default(),
        burn_down: BurnDown {
            unit: Unit::Stories,
            days,
            target,
            scope_steps,
            scope_rebuilt: false,
            ideal_ahead,
            forecast_days: None,
            observed_from: None,
            weeks: Vec::new(),
        },
        gates: Vec::new(),
        metrics: Vec::new(),
        verdict: Verdict::NoGo,
        outlook: Outlook::AtRisk,
        forecast: ForecastView::Ready,
        last_day_from: None,
        stories: Vec::new(),
        features: Vec::new(),
        suites: Vec::new(),
        pull_requests: Vec::new(),
        remedies: Vec::new(),
        builds: Vec::new(),
    }
}

/// The release of the sketch: two weeks, scope that grew by six, seven of 48 open.
fn usual() -> (ReleaseInsight, NaiveDate) {
    let days = [
        (42, 0, 0, None),
        (42, 3, 0, None),
        (42, 5, 1, Some(0.91)),
        (48, 9, 3, Some(0.93)),
        (48, 12, 4, Some(0.93)),
        (48, 12, 4, Some(0.95)),
        (48, 13, 4, Some(0.95)),
        (48, 19, 6, Some(0.90)),
        (50, 25, 5, Some(0.97)),
        (50, 29, 5, Some(0.97)),
        (48, 33, 4, Some(0.98)),
        (48, 39, 3, Some(0.98)),
        (48, 40, 2, Some(0.99)),
        (48, 41, 2, Some(0.994)),
    ];
    let mut insight = insight(at(11, 9), Some(at(11, 25)), &days);
    insight.burn_down.forecast_days = Some([at(11, 24), at(11, 26), at(11, 28)]);
    (insight, at(11, 22))
}

/// Eighteen months, and the target is near.
fn long() -> (ReleaseInsight, NaiveDate) {
    let days: Vec<_> = (0..540_u32)
        .map(|day| {
            let scope = 300 + day / 60 * 12;
            let tests = 0.9 + f64::from(day % 37) / 500.0;
            (scope, day * 340 / 540, 20 + day % 23, Some(tests))
        })
        .collect();
    let first = NaiveDate::from_ymd_opt(2025, 6, 1).unwrap();
    let mut insight = insight(first, Some(at(12, 20)), &days);
    insight.burn_down.forecast_days = Some([
        at(12, 28),
        NaiveDate::from_ymd_opt(2027, 2, 10).unwrap(),
        NaiveDate::from_ymd_opt(2027, 4, 1).unwrap(),
    ]);
    (insight, first + Days::new(539))
}

fn shapes() -> Vec<(&'static str, ReleaseInsight, NaiveDate)> {
    let (usual, today) = usual();
    let (long, long_today) = long();
    let three = {
        let mut three = insight(
            at(11, 20),
            Some(at(11, 23)),
            &[(5, 0, 0, None), (5, 2, 1, Some(1.0)), (5, 3, 1, Some(0.98))],
        );
        three.burn_down.forecast_days = Some([at(11, 23), at(11, 24), at(11, 24)]);
        three
    };
    let nothing_done = {
        let mut none = insight(at(11, 9), Some(at(12, 4)), &[(20, 0, 0, None); 14]);
        none.forecast = ForecastView::Withheld(Text::new("nothing was finished yet"));
        none
    };
    let all_done = {
        let days: Vec<_> = (0..14).map(|day| (24, (day * 2).min(24), 0, Some(1.0))).collect();
        let mut all = insight(at(11, 9), Some(at(11, 25)), &days);
        all.outlook = Outlook::OnTrack;
        all
    };
    let past_target = {
        let mut late = usual.clone();
        let forecast_days = usual.burn_down.forecast_days;
        late.burn_down = insight(
            at(11, 9),
            Some(at(11, 18)),
            &usual
                .burn_down
                .days
                .iter()
                .map(|day| (day.scope, day.ready, day.defects, day.tests))
                .collect::<Vec<_>>(),
        )
        .burn_down;
        late.burn_down.forecast_days = forecast_days;
        late
    };
    let no_target = {
        let days: Vec<_> = (0..14).map(|day| (9, day / 3, 0, None)).collect();
        let mut free = insight(at(11, 9), None, &days);
        free.burn_down.unit = Unit::PullRequests;
        free.burn_down.forecast_days = Some([at(12, 9), at(12, 20), at(12, 30)]);
        free
    };
    let one_story = insight(at(11, 18), Some(at(11, 25)), &[(1, 0, 0, None); 5]);
    let late_scope = {
        let days: Vec<_> = (0..14)
            .map(|day| (if day < 11 { 20 } else { 46 }, (day * 3 / 2).min(19), 1, Some(0.97)))
            .collect();
        let mut late = insight(at(11, 9), Some(at(11, 25)), &days);
        late.burn_down.forecast_days =
            Some([at(12, 12), at(12, 24), NaiveDate::from_ymd_opt(2027, 3, 1).unwrap()]);
        late
    };
    let released = {
        let mut released = usual.clone();
        let mut release = (*released.release).clone();
        release.released_at = Some(noon(at(11, 22)));
        released.release = Arc::new(release);
        released
    };
    vec![
        ("usual", usual, today),
        ("three_days", three, today),
        ("eighteen_months", long, long_today),
        ("nothing_done", nothing_done, today),
        ("all_done", all_done, today),
        ("past_target", past_target, today),
        ("no_target", no_target, today),
        ("one_story", one_story, today),
        ("late_scope", late_scope, today),
        ("released_and_looked_at_later", released, at(12, 20)),
        ("zero_days", insight(at(11, 9), Some(at(11, 25)), &[]), today),
    ]
}

fn shown(picture: ChartPicture) -> Shown {
    let mut shown = Shown::default();
    shown.chart.picture = picture;
    shown
}

fn rows(insight: &ReleaseInsight, today: NaiveDate, set: GlyphSet, size: (u16, u16)) -> Vec<String> {
    picture(insight, ChartPicture::BurnDown, today, set, size)
}

fn picture(
    insight: &ReleaseInsight,
    picture: ChartPicture,
    today: NaiveDate,
    set: GlyphSet,
    (width, height): (u16, u16),
) -> Vec<String> {
    text_of(&buffer_of(insight, shown(picture), today, set, (width, height)))
}

fn buffer_of(
    insight: &ReleaseInsight,
    shown: Shown,
    today: NaiveDate,
    set: GlyphSet,
    (width, height): (u16, u16),
) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(&mut buffer, area, insight, shown, &styles(ColorDepth::Truecolor), &Glyphs::of(set), today);
    buffer
}

fn text_of(buffer: &Buffer) -> Vec<String> {
    let Rect { width, height, .. } = buffer.area;
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect()
}

#[test]
fn pictures() {
    for (name, insight, today) in shapes() {
        let mut shown = String::new();
        for set in [GlyphSet::Unicode, GlyphSet::Ascii] {
            for size in [(40, 10), (78, 12), (118, 20), (160, 30)] {
                // The widest pictures of the shapes differ little from the wide ones.
                if size.0 == 160 && name != "usual" && name != "eighteen_months" {
                    continue;
                }
                let picture = rows(&insight, today, set, size).join("\n");
                write!(shown, "{set:?} {}x{}\n{picture}\n\n", size.0, size.1).unwrap();
            }
        }
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn the_other_picture_goes_up_to_the_scope() {
    let mut shown = String::new();
    for (name, insight, today) in shapes() {
        for set in [GlyphSet::Unicode, GlyphSet::Ascii] {
            let rows = picture(&insight, ChartPicture::BurnUp, today, set, (78, 12)).join("\n");
            write!(shown, "{name} {set:?}\n{rows}\n\n").unwrap();
        }
    }
    insta::assert_snapshot!("burn_up", shown);
}

#[test]
fn small_places_say_what_matters() {
    let mut shown = String::new();
    for (name, insight, today) in shapes() {
        for size in [(60, 2), (19, 4), (12, 1), (20, 5), (24, 7), (5, 1)] {
            let picture = rows(&insight, today, GlyphSet::Unicode, size).join("\n");
            write!(shown, "{name} {}x{}\n{picture}\n\n", size.0, size.1).unwrap();
        }
    }
    insta::assert_snapshot!("small", shown);
}

/// The usual release, estimated: every story three points, one story in scope without any.
fn estimated() -> (ReleaseInsight, NaiveDate) {
    let (mut insight, today) = usual();
    for day in &mut insight.burn_down.days {
        day.points = Some(crate::insight::BurnDownPoints {
            scope: f64::from(day.scope - 1) * 3.0 + 0.5,
            ready: f64::from(day.ready) * 3.0,
            unestimated: 1,
            ideal: day.ideal.map(|ideal| ideal * 2.9),
        });
    }
    insight.burn_down.observed_from = Some(at(11, 17));
    (insight, today)
}

#[test]
fn the_cursor_reads_a_day() {
    let mut pictures = String::new();
    let (insight, today) = estimated();
    for (cursor, counted_by, picture, set) in [
        (None, CountedBy::Items, ChartPicture::BurnDown, GlyphSet::Unicode),
        (Some(at(11, 12)), CountedBy::Items, ChartPicture::BurnDown, GlyphSet::Unicode),
        (Some(at(11, 19)), CountedBy::Points, ChartPicture::BurnUp, GlyphSet::Ascii),
    ] {
        let mut shown = Shown { focused: true, ..shown(picture) };
        (shown.chart.cursor, shown.chart.counted_by) = (cursor, counted_by);
        for size in [(38, 8), (40, 12), (78, 12), (118, 20)] {
            let text = text_of(&buffer_of(&insight, shown, today, set, size)).join("\n");
            write!(pictures, "{cursor:?} {counted_by:?} {picture:?} {}x{}\n{text}\n\n", size.0, size.1)
                .unwrap();
        }
    }
    insta::assert_snapshot!("cursor", pictures);
}

#[test]
fn a_day_that_is_read_says_all_of_it() {
    let (insight, today) = estimated();
    let mut shown = Shown { focused: true, ..Shown::default() };
    shown.chart.cursor = Some(at(11, 12));
    let text = |shown| text_of(&buffer_of(&insight, shown, today, GlyphSet::Unicode, (118, 20))).join("\n");
    let all = text(shown);
    for said in [
        "Thu 12 Nov",
        "remaining 39",
        "ready 9",
        "+6",
        "tests 93 %",
        "defects 3",
        "scope 48",
        "ideal 34",
        "rebuilt",
    ] {
        assert!(all.contains(said), "{said} in\n{all}");
    }
    shown.chart.cursor = Some(at(11, 17));
    assert!(text(shown).contains("observed"));
    shown.chart.counted_by = CountedBy::Points;
    let points = text(shown);
    for said in ["remaining 72.5", "ready 75", "scope 147.5", "1 without points"] {
        assert!(points.contains(said), "{said} in\n{points}");
    }
}

#[test]
fn a_part_that_is_switched_off_is_not_drawn() {
    let (insight, today) = estimated();
    for (series, gone) in [
        (ChartSeries::Scope, "scope"),
        (ChartSeries::Tests, "tests"),
        (ChartSeries::Defects, "defects"),
        (ChartSeries::Ideal, "ideal"),
        (ChartSeries::Forecast, "P85"),
    ] {
        let mut shown = Shown::default();
        let text =
            |shown| text_of(&buffer_of(&insight, shown, today, GlyphSet::Unicode, (118, 20))).join("\n");
        assert!(text(shown).contains(gone), "{gone}");
        shown.chart.toggle(series);
        assert!(!text(shown).contains(gone), "{gone} in\n{}", text(shown));
    }
}

#[test]
fn rebuilt_days_are_dimmer_than_observed_ones() {
    let (insight, today) = estimated();
    let buffer = buffer_of(&insight, Shown::default(), today, GlyphSet::Unicode, (118, 20));
    let look = styles(ColorDepth::Truecolor);
    let observed = look.stories.add_modifier(Modifier::BOLD);
    let rebuilt = observed.patch(look.rebuilt);
    let cells = |style: ratatui::style::Style| -> Vec<u16> {
        let is = |x: u16, y: u16| {
            let symbol = buffer[(x, y)].symbol().chars().next().unwrap_or(' ');
            ('\u{2801}'..='\u{28ff}').contains(&symbol)
                && buffer[(x, y)].style().add_modifier == style.add_modifier
                && buffer[(x, y)].style().fg == style.fg
        };
        (0..118).filter(|x| (2..18).any(|y| is(*x, y))).collect()
    };
    let (dim, plain) = (cells(rebuilt), cells(observed));
    assert!(!dim.is_empty() && !plain.is_empty(), "{rebuilt:?}");
    assert!(dim.last() < plain.first(), "{dim:?} {plain:?}");
}

#[test]
fn nothing_but_ascii_where_nothing_else_can_be_shown() {
    for (name, insight, today) in shapes() {
        let text = rows(&insight, today, GlyphSet::Ascii, (118, 20)).concat();
        assert!(text.is_ascii(), "{name}");
        let text = rows(&insight, today, GlyphSet::Console, (118, 20)).concat();
        assert!(!text.chars().any(|c| ('\u{2800}'..='\u{28ff}').contains(&c)), "{name}");
    }
}

#[test]
fn the_chart_says_what_the_newest_day_says() {
    let (insight, today) = usual();
    let text = rows(&insight, today, GlyphSet::Unicode, (118, 20)).join("\n");
    for said in [
        "remaining 7",
        "tests 99.4 %",
        "defects 2",
        "scope 48",
        "target Wed 25 Nov",
        "+6",
        "today",
        "P50",
        "P85",
        "P95",
    ] {
        assert!(text.contains(said), "{said} in\n{text}");
    }
}

#[test]
fn every_line_that_is_drawn_is_named_and_has_a_pattern_of_its_own() {
    let (insight, today) = usual();
    let look = styles(ColorDepth::Truecolor);
    for size in [(38, 9), (38, 8), (38, 14), (46, 9), (60, 8), (78, 12), (118, 20), (200, 30)] {
        let buffer = buffer_of(&insight, Shown::default(), today, GlyphSet::Unicode, size);
        let text = text_of(&buffer).join("\n");
        for (style, name) in [(look.tests, "tests "), (look.defects, "defects "), (look.scope, "scope ")] {
            let is_dot = |x: u16, y: u16| {
                let symbol = buffer[(x, y)].symbol().chars().next().unwrap_or(' ');
                ('\u{2801}'..='\u{28ff}').contains(&symbol) && buffer[(x, y)].style().fg == style.fg
            };
            let is_drawn = (0..size.0).any(|x| (2..size.1).any(|y| is_dot(x, y)));
            assert!(!is_drawn || text.contains(name), "{name}is drawn and not named at {size:?}\n{text}");
        }
    }
    let text = rows(&insight, today, GlyphSet::Unicode, (38, 10)).join("\n");
    for said in ["remaining 7", "tests 99.4 %", "defects 2", "scope 48"] {
        assert!(text.contains(said), "a second row names {said}\n{text}");
    }
    let samples = [Series::Main, Series::Tests, Series::Defects, Series::Scope].map(Series::sample);
    let level = |series| {
        let mut canvas = Canvas::new(20, 1, true);
        canvas.line((0, 1), (39, 1), series);
        (0..20).map(|column| canvas.cell(column, 0, &Glyphs::unicode()).map_or(' ', |cell| cell.1)).collect()
    };
    let drawn: Vec<String> = [Series::Tests, Series::Defects, Series::Scope].map(level).into();
    for (index, one) in samples.iter().enumerate() {
        assert!(!samples[..index].contains(one), "{samples:?}");
    }
    for (index, one) in drawn.iter().enumerate() {
        assert!(!drawn[..index].contains(one), "{drawn:?}");
    }
}

#[test]
fn a_release_of_days_has_the_width_and_a_far_forecast_has_no_date() {
    let (_, mut three, today) = shapes().into_iter().find(|(name, ..)| name.contains("three")).unwrap();
    three.burn_down.forecast_days = Some([at(11, 27), at(12, 9), at(12, 30)]);
    let axis = |insight: &ReleaseInsight| {
        let rows = rows(insight, today, GlyphSet::Unicode, (78, 12));
        rows[rows.len() - 2].clone()
    };
    let said = axis(&three);
    let column = said.chars().position(|c| c == 't').unwrap();
    assert!(column > 20, "three days are not four columns: {said}");
    assert!(said.contains("P85 9 Dec"), "{said}");
    three.forecast = ForecastView::Dates {
        p50: ForecastDate::Beyond,
        p85: ForecastDate::Beyond,
        p95: ForecastDate::Beyond,
        by_target: None,
        scored: 0,
        held: None,
        likelihood: None,
        basis: ForecastBasis::default(),
    };
    let said = axis(&three);
    assert!(said.contains("P85 beyond 3 years") && !said.contains("Dec"), "{said}");
}

#[test]
fn only_the_area_is_drawn_on() {
    let (insight, today) = usual();
    let drawn = Shown { focused: true, ..Shown::default() };
    let whole = Rect::new(0, 0, 100, 30);
    for area in [Rect::new(10, 5, 60, 15), Rect::new(10, 5, 18, 3), Rect::new(70, 20, 60, 30)] {
        let mut buffer = Buffer::empty(whole);
        let styles = styles(ColorDepth::Truecolor);
        draw(&mut buffer, area, &insight, drawn, &styles, &Glyphs::unicode(), today);
        for position in whole.positions().filter(|position| !area.contains(*position)) {
            assert_eq!(buffer[position].symbol(), " ", "{position:?} outside {area:?}");
        }
    }
}

#[derive(Clone, Debug)]
struct Random {
    days: Vec<(u32, u32, u32, Option<f64>)>,
    target: Option<i64>,
    forecast: Option<[i64; 3]>,
    today: i64,
    steps: Vec<(i64, u32, u32)>,
}

fn random() -> impl Strategy<Value = Random> {
    let count = || prop_oneof![0..3_u32, 0..60_u32, 0..50_000_u32, Just(u32::MAX)];
    let day = (count(), count(), count(), proptest::option::of(0.0..=1.0));
    (
        proptest::collection::vec(day, 0..120),
        proptest::option::of(-400..4000_i64),
        proptest::option::of([-10..5000_i64, -10..5000, -10..200_000]),
        -10..900_i64,
        proptest::collection::vec((-5..900_i64, count(), count()), 0..20),
    )
        .prop_map(|(days, target, forecast, today, steps)| Random {
            days,
            target,
            forecast,
            today,
            steps,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_history_is_drawn_at_any_size(random in random(), width in 0..320_u16, height in 0..70_u16, ascii: bool, up: bool, focused: bool, cursor in -10..900_i64) {
        let first = at(1, 1);
        let on = |days: i64| first + chrono::Duration::days(days);
        let mut insight = insight(first, random.target.map(on), &random.days);
        if let Some(dates) = random.forecast {
            insight.burn_down.forecast_days = Some(dates.map(on));
        }
        insight.burn_down.scope_steps =
            random.steps.iter().map(|(day, added, removed)| ScopeStep { day: on(*day), added: *added, removed: *removed }).collect();
        let set = if ascii { GlyphSet::Ascii } else { GlyphSet::Unicode };
        let kind = if up { ChartPicture::BurnUp } else { ChartPicture::BurnDown };
        let mut drawn = Shown { focused, ..shown(kind) };
        drawn.chart.cursor = (cursor >= 0).then(|| on(cursor));
        let shown = text_of(&buffer_of(&insight, drawn, on(random.today), set, (width, height)));
        if width >= 20 && height >= 1 {
            prop_assert!(shown.iter().any(|row| !row.is_empty()));
        }
    }
}

//! Rules of recurrence: the examples of RFC 5545, section 3.8.5.3; zones, exceptions, overrides.

use chrono::{NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;

use super::{calendar, facts, occurrences, shown};
use crate::domain::{Instant, Window};

fn span(from: i32, until: i32) -> Window {
    let year = |year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
    Window { from: year(from), until: year(until) }
}

/// `1997-09 2,4 1997-10 1-3` as instants at nine in New York.
fn at_nine(written: &str) -> Vec<Instant> {
    let mut days = Vec::new();
    let words: Vec<&str> = written.split(' ').collect();
    for pair in words.chunks(2) {
        let (year, month) = pair[0].split_once('-').unwrap();
        for part in pair[1].split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            for day in first.parse().unwrap()..=last.parse().unwrap() {
                let day =
                    NaiveDate::from_ymd_opt(year.parse().unwrap(), month.parse().unwrap(), day).unwrap();
                let local = day.and_hms_opt(9, 0, 0).unwrap();
                days.push(Tz::America__New_York.from_local_datetime(&local).unwrap().to_utc());
            }
        }
    }
    days
}

fn starts(start: &str, lines: &str) -> Vec<Instant> {
    let event =
        format!("UID:a\nSUMMARY:a\nDTSTART;TZID=America/New_York:{start}T090000\nDURATION:PT1H\n{lines}");
    let (found, problems) = occurrences(&calendar(&[&event]), span(1990, 2010));
    // A rule for ever is told for so long only.
    assert!(problems.iter().all(|one| one.contains("more than 2000 times")), "{lines}: {problems:?}");
    found.iter().map(|window| window.from).collect()
}

#[test]
fn the_examples_of_the_standard() {
    // The start, the rule, and the dates; `…`: and so on.
    let daily_until = "1997-09 2-30 1997-10 1-31 1997-11 1-30 1997-12 1-23";
    let january = "1998-01 1-31 1999-01 1-31 2000-01 1-31";
    let tuesdays = "1997-09 2,4,9,11,16,18,23,25,30 1997-10 2";
    let cases = [
        ("19970902", "FREQ=DAILY;COUNT=10", "1997-09 2-11"),
        ("19970902", "FREQ=DAILY;UNTIL=19971224T000000Z", daily_until),
        (
            "19970902",
            "FREQ=DAILY;INTERVAL=2",
            "1997-09 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 1997-10 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 1997-11 1,3…",
        ),
        ("19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09 2,12,22 1997-10 2,12"),
        ("19980101", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", january),
        ("19980101", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", january),
        ("19970902", "FREQ=WEEKLY;COUNT=10", "1997-09 2,9,16,23,30 1997-10 7,14,21,28 1997-11 4"),
        (
            "19970902",
            "FREQ=WEEKLY;UNTIL=19971224T000000Z",
            "1997-09 2,9,16,23,30 1997-10 7,14,21,28 1997-11 4,11,18,25 1997-12 2,9,16,23",
        ),
        (
            "19970902",
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
            "1997-09 2,16,30 1997-10 14,28 1997-11 11,25 1997-12 9,23 1998-01 6,20 1998-02 3,17…",
        ),
        ("19970902", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", tuesdays),
        ("19970902", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", tuesdays),
        (
            "19970901",
            "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
            "1997-09 1,3,5,15,17,19,29 1997-10 1,3,13,15,17,27,29,31 1997-11 10,12,14,24,26,28 1997-12 8,10,12,22",
        ),
        (
            "19970902",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
            "1997-09 2,4,16,18,30 1997-10 2,14,16",
        ),
        (
            "19970905",
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "1997-09 5 1997-10 3 1997-11 7 1997-12 5 1998-01 2 1998-02 6 1998-03 6 1998-04 3 1998-05 1 1998-06 5",
        ),
        (
            "19970905",
            "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
            "1997-09 5 1997-10 3 1997-11 7 1997-12 5",
        ),
        (
            "19970907",
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
            "1997-09 7,28 1997-11 2,30 1998-01 4,25 1998-03 1,29 1998-05 3,31",
        ),
        (
            "19970922",
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "1997-09 22 1997-10 20 1997-11 17 1997-12 22 1998-01 19 1998-02 16",
        ),
        (
            "19970928",
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "1997-09 28 1997-10 29 1997-11 28 1997-12 29 1998-01 29 1998-02 26…",
        ),
        (
            "19970902",
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
            "1997-09 2,15 1997-10 2,15 1997-11 2,15 1997-12 2,15 1998-01 2,15",
        ),
        (
            "19970930",
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
            "1997-09 30 1997-10 1,31 1997-11 1,30 1997-12 1,31 1998-01 1,31 1998-02 1",
        ),
        (
            "19970910",
            "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
            "1997-09 10-15 1999-03 10-13",
        ),
        (
            "19970902",
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
            "1997-09 2,9,16,23,30 1997-11 4,11,18,25 1998-01 6,13,20,27 1998-03 3,10,17,24,31…",
        ),
        (
            "19970610",
            "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
            "1997-06 10 1997-07 10 1998-06 10 1998-07 10 1999-06 10 1999-07 10 2000-06 10 2000-07 10 2001-06 10 2001-07 10",
        ),
        (
            "19970310",
            "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
            "1997-03 10 1999-01 10 1999-02 10 1999-03 10 2001-01 10 2001-02 10 2001-03 10 2003-01 10 2003-02 10 2003-03 10",
        ),
        (
            "19970101",
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "1997-01 1 1997-04 10 1997-07 19 2000-01 1 2000-04 9 2000-07 18 2003-01 1 2003-04 10 2003-07 19 2006-01 1",
        ),
        ("19970519", "FREQ=YEARLY;BYDAY=20MO", "1997-05 19 1998-05 18 1999-05 17…"),
        ("19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05 12 1998-05 11 1999-05 17…"),
        (
            "19970313",
            "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
            "1997-03 13,20,27 1998-03 5,12,19,26 1999-03 4,11,18,25…",
        ),
        (
            "19970605",
            "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
            "1997-06 5,12,19,26 1997-07 3,10,17,24,31 1997-08 7,14,21,28 1998-06 4,11,18,25 1998-07 2,9,16,23,30 1998-08 6,13,20,27…",
        ),
        (
            "19970902",
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13\nEXDATE;TZID=America/New_York:19970902T090000",
            "1998-02 13 1998-03 13 1998-11 13 1999-08 13 2000-10 13…",
        ),
        (
            "19970913",
            "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
            "1997-09 13 1997-10 11 1997-11 8 1997-12 13 1998-01 10 1998-02 7 1998-03 7 1998-04 11 1998-05 9 1998-06 13…",
        ),
        (
            "19961105",
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "1996-11 5 2000-11 7 2004-11 2…",
        ),
        ("19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09 4 1997-10 7 1997-11 6"),
        (
            "19970929",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09 29 1997-10 30 1997-11 27 1997-12 30 1998-01 29 1998-02 26 1998-03 30…",
        ),
        ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08 5,10,19,24"),
        ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08 5,17,19,31"),
        ("20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01 15,30 2007-02 15 2007-03 15,30"),
    ];
    for (start, rule, expected) in cases {
        let found = starts(start, &format!("RRULE:{rule}"));
        let (expected, goes_on) = expected.strip_suffix('…').map_or((expected, false), |rest| (rest, true));
        let expected = at_nine(expected);
        if goes_on {
            assert!(found.len() > expected.len(), "{rule}: {}", found.len());
            assert_eq!(found[..expected.len()], expected, "{rule}");
        } else {
            assert_eq!(found, expected, "{rule}");
        }
    }
}

#[test]
fn the_examples_within_a_day() {
    let times = |rule: &str, most: usize| -> String {
        let found = starts("19970902", &format!("RRULE:{rule}"));
        let local = |at: &Instant| at.with_timezone(&Tz::America__New_York).format("%d %H:%M").to_string();
        found.iter().take(most).map(local).collect::<Vec<_>>().join(",")
    };
    assert_eq!(times("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z", 9), "02 09:00,02 12:00,02 15:00");
    assert_eq!(
        times("FREQ=MINUTELY;INTERVAL=15;COUNT=6", 9),
        "02 09:00,02 09:15,02 09:30,02 09:45,02 10:00,02 10:15"
    );
    assert_eq!(times("FREQ=MINUTELY;INTERVAL=90;COUNT=4", 9), "02 09:00,02 10:30,02 12:00,02 13:30");
    let by_hours = "BYHOUR=9,10,11,12,13,14,15,16";
    let every_day = times(&format!("FREQ=DAILY;COUNT=48;{by_hours};BYMINUTE=0,20,40"), 48);
    assert!(every_day.ends_with("03 16:00,03 16:20,03 16:40"), "{every_day}");
    assert_eq!(times(&format!("FREQ=MINUTELY;COUNT=48;INTERVAL=20;{by_hours}"), 48), every_day);
    assert_eq!(times("FREQ=SECONDLY;COUNT=3;INTERVAL=5400;BYHOUR=9,12", 9), "02 09:00,02 12:00,03 09:00");
}

/// A rule without an end begins where it matters; the same rule with more times than it can have
/// until then walks there from its start. Both must say the same.
#[test]
fn the_way_to_the_first_date_makes_no_difference() {
    let rules = [
        "FREQ=DAILY;INTERVAL=7",
        "FREQ=DAILY;INTERVAL=11;BYDAY=MO,TU,FR",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=SU,MO;WKST=SU",
        "FREQ=WEEKLY;INTERVAL=5;BYDAY=SU,MO",
        "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=-1,31",
        "FREQ=MONTHLY;INTERVAL=7;BYDAY=MO,WE;BYSETPOS=2,-1",
        "FREQ=YEARLY;INTERVAL=3;BYWEEKNO=1,53,-1;BYDAY=MO,SU",
        "FREQ=YEARLY;BYYEARDAY=366,-1,1",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=HOURLY;INTERVAL=31;BYMINUTE=0,30",
        "FREQ=MINUTELY;INTERVAL=1013",
    ];
    for rule in rules {
        let mut told = 0;
        for start in ["19760229T103000", "19991231T235900", "20000101T000000"] {
            let event = |rule: &str| format!("UID:a\nDTSTART:{start}\nDURATION:PT1M\nRRULE:{rule}");
            let within = |rule: &str| {
                let (found, problems) = occurrences(&calendar(&[&event(rule)]), span(2007, 2009));
                assert_eq!(problems, Vec::<String>::new(), "{rule} from {start}");
                found
            };
            let direct = within(rule);
            assert_eq!(direct, within(&format!("{rule};COUNT=900000")), "{rule} from {start}");
            told += direct.len();
        }
        assert!(told > 0, "{rule}");
    }
}

/// One event, and its windows in winter and spring as Berlin's clocks show them.
fn windows(events: &[&str]) -> Vec<String> {
    let (found, problems) = occurrences(&calendar(events), span(2026, 2028));
    assert_eq!(problems, Vec::<String>::new());
    found.iter().map(shown).collect()
}

#[test]
fn clocks_that_change_skip_and_repeat_hours() {
    let cases: [(&str, &[&str]); 6] = [
        // What is skipped is as long after the last time that exists as if it were not.
        (
            "DTSTART;TZID=Europe/Berlin:20260328T023000\nDTEND;TZID=Europe/Berlin:20260328T033000\nRRULE:FREQ=DAILY;COUNT=3",
            &["03-28 02:30 to 03-28 03:30", "03-29 03:30 to 03-29 04:30", "03-30 02:30 to 03-30 03:30"],
        ),
        // Of what comes twice the first one is meant; the time that passes is the same each day.
        (
            "DTSTART;TZID=Europe/Berlin:20261024T023000\nDURATION:PT3H\nRRULE:FREQ=DAILY;COUNT=2",
            &["10-24 02:30 to 10-24 05:30", "10-25 02:30 to 10-25 04:30"],
        ),
        // A day is a day, however long it is.
        ("DTSTART;VALUE=DATE:20261025", &["10-25 00:00 to 10-26 00:00"]),
        ("DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330", &["03-28 00:00 to 03-30 00:00"]),
        ("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:P1DT1H", &["10-24 12:00 to 10-25 13:00"]),
        // New York changes a week later than Berlin.
        (
            "DTSTART;TZID=America/New_York:20261023T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3",
            &["10-23 15:00 to 10-23 16:00", "10-30 14:00 to 10-30 15:00", "11-06 15:00 to 11-06 16:00"],
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(windows(&[&format!("UID:a\n{event}")]), expected, "{event}");
    }
}

#[test]
fn zones_have_many_names() {
    let at_nine = "12-01 09:00 to 12-01 10:00";
    for (start, expected) in [
        ("DTSTART:20261201T090000", at_nine),
        ("DTSTART:20261201T080000Z", at_nine),
        ("DTSTART;TZID=Europe/Berlin:20261201T090000", at_nine),
        ("DTSTART;TZID=\"W. Europe Standard Time\":20261201T090000", at_nine),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261201T090000", at_nine),
        ("DTSTART;TZID=Our Office:20261201T030000", at_nine),
    ] {
        let zone =
            "BEGIN:VTIMEZONE\r\nTZID:Our Office\r\nX-LIC-LOCATION:America/New_York\r\nEND:VTIMEZONE\r\n";
        let text = calendar(&[&format!("UID:a\n{start}\nDURATION:PT1H")])
            .replace("BEGIN:VEVENT", &format!("{zone}BEGIN:VEVENT"));
        let (found, problems) = occurrences(&text, span(2026, 2028));
        assert_eq!(
            (found.iter().map(shown).collect::<Vec<_>>(), problems),
            (vec![expected.to_owned()], vec![]),
            "{start}"
        );
    }
    let unknown =
        calendar(&["UID:a\nSUMMARY:Nowhere\nDTSTART;TZID=Mars/Olympus:20261201T090000\nDURATION:PT1H"]);
    let (found, problems) = occurrences(&unknown, span(2026, 2028));
    assert_eq!(shown(&found[0]), at_nine);
    assert_eq!(problems, ["team.ics: event \"Nowhere\": the time zone \"Mars/Olympus\" is unheard of"]);
}

#[test]
fn exceptions_further_dates_and_occurrences_of_their_own() {
    let weekly = "UID:w\nDTSTART;TZID=Europe/Berlin:20261201T090000\nDTEND;TZID=Europe/Berlin:20261201T100000\nRRULE:FREQ=WEEKLY;COUNT=4";
    let moved = "UID:w\nRECURRENCE-ID;TZID=Europe/Berlin:20261208T090000\nDTSTART;TZID=Europe/Berlin:20261209T120000\nDURATION:PT1H";
    let gone = "UID:w\nRECURRENCE-ID:20261208T080000Z\nSTATUS:CANCELLED";
    let later = "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261215T080000Z\nDTSTART;TZID=Europe/Berlin:20261215T140000\nDURATION:PT2H";
    let (first, third, fourth) =
        ("12-01 09:00 to 12-01 10:00", "12-15 09:00 to 12-15 10:00", "12-22 09:00 to 12-22 10:00");
    let second = "12-08 09:00 to 12-08 10:00";
    let without = |line: &str| format!("{weekly}\n{line}");
    let two_out = without("EXDATE;TZID=Europe/Berlin:20261201T090000,20261215T090000");
    let one_out = without("EXDATE:20261208T080000Z");
    let day_out = without("EXDATE;VALUE=DATE:20261208");
    let besides =
        without("RDATE:20261205T080000Z,20261208T080000Z\nRDATE;VALUE=PERIOD:20261206T080000Z/PT3H");
    let cases: [(Vec<&str>, Vec<&str>); 8] = [
        (vec![weekly], vec![first, second, third, fourth]),
        (vec![&two_out], vec![second, fourth]),
        (vec![&one_out], vec![first, third, fourth]),
        (vec![&day_out], vec![first, third, fourth]),
        (
            vec![&besides],
            vec![first, "12-05 09:00 to 12-05 10:00", "12-06 09:00 to 12-06 12:00", second, third, fourth],
        ),
        (vec![moved, weekly], vec![first, "12-09 12:00 to 12-09 13:00", third, fourth]),
        (vec![weekly, gone], vec![first, third, fourth]),
        (
            vec![weekly, later],
            vec![first, second, "12-15 14:00 to 12-15 16:00", "12-22 14:00 to 12-22 16:00"],
        ),
    ];
    for (events, expected) in cases {
        assert_eq!(windows(&events), expected, "{events:?}");
    }
}

#[test]
fn the_newest_version_counts_wherever_it_stands() {
    let version = |sequence: i64, changed: &str, hour: u32| {
        format!(
            "UID:d\nSEQUENCE:{sequence}\nDTSTAMP:{changed}T000000Z\nSUMMARY:Deploy 4.2 to production\nDTSTART;TZID=Europe/Berlin:20261201T{hour:02}0000\nDURATION:PT1H"
        )
    };
    let (old, new) = (version(1, "20261110", 9), version(2, "20261101", 15));
    let same = version(2, "20261102", 18);
    let at = |events: &[&str]| {
        let facts = facts(&calendar(events));
        let [deployment] = &facts.deployments[..] else { panic!("{facts:?}") };
        (shown(&deployment.window), deployment.state.word())
    };
    assert_eq!(at(&[&old, &new]).0, "12-01 15:00 to 12-01 16:00");
    assert_eq!(at(&[&new, &old]).0, "12-01 15:00 to 12-01 16:00");
    assert_eq!(at(&[&same, &new, &old]).0, "12-01 18:00 to 12-01 19:00");
    let called_off = format!("{}\nSTATUS:CANCELLED", version(3, "20261103", 18));
    assert_eq!(at(&[&called_off, &same]), ("12-01 18:00 to 12-01 19:00".to_owned(), "cancelled"));
    assert_eq!(at(&[&format!("{new}\nSTATUS:CONFIRMED")]).1, "approved");
    assert_eq!(at(&[&new]).1, "draft");
}

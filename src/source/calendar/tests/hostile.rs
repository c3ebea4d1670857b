//! Calendars that mean harm, or were damaged: right days or a named problem, soon and in little
//! memory. That they end at all is what most of these tests show: a search without a bound would not.

use super::{calendar, facts, now, occurrences, shown};
use crate::{
    domain::Window,
    source::calendar::event::{self, MOST_EVENTS},
};

fn span() -> Window {
    Window { from: now() - chrono::Duration::days(31), until: now() + chrono::Duration::days(400) }
}

#[test]
fn rules_without_an_end_or_without_a_day() {
    let cases = [
        // When it begins, how often, how many times are told, and what is said of it.
        ("19000101T000000Z", "FREQ=DAILY", 431, ""),
        ("19000101T000000Z", "FREQ=DAILY;COUNT=4000000000", 431, ""),
        ("00010101T000000Z", "FREQ=WEEKLY;BYDAY=MO", 62, ""),
        ("20261201T000000Z", "FREQ=SECONDLY", 2_000, "more than 2000 times"),
        ("20261201T000000Z", "FREQ=MINUTELY", 2_000, "more than 2000 times"),
        (
            "20261201T000000Z",
            "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3,4,5,6,7,8,9;BYSECOND=0,1,2,3,4,5,6,7,8,9",
            2_000,
            "more than 2000 times",
        ),
        ("19000101T000000Z", "FREQ=SECONDLY;COUNT=4294967295", 0, "takes too long"),
        ("20260101T000000Z", "FREQ=SECONDLY;BYHOUR=3;BYMINUTE=2;BYSECOND=1;BYMONTH=12;BYMONTHDAY=24", 2, ""),
        ("20260101T000000Z", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 0, ""),
        ("20260101T000000Z", "FREQ=DAILY;COUNT=9;BYMONTH=2;BYMONTHDAY=30", 0, ""),
        ("20260101T000000Z", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", 0, ""),
        ("20260101T000000Z", "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=300", 0, ""),
        // An interval of nothing is no interval, nor a count: every day of the span.
        ("20261201T000000Z", "FREQ=DAILY;COUNT=0", 395, ""),
        ("20261201T000000Z", "FREQ=DAILY;INTERVAL=0", 395, ""),
        ("20261201T000000Z", "FREQ=DAILY;INTERVAL=65535", 1, ""),
        ("20261201T000000Z", "FREQ=MONTHLY;BYMONTHDAY=99", 1, "out of range"),
        ("20261201T000000Z", "FREQ=HOURLY;BYSETPOS=1", 1, "BYSETPOS"),
        ("20261201T000000Z", "FREQ=FORTNIGHTLY", 1, "cannot be read"),
        ("99990101T000000Z", "FREQ=YEARLY;INTERVAL=65535", 0, ""),
    ];
    for (start, rule, times, said) in cases {
        let event = format!("UID:a\nSUMMARY:a\nDTSTART:{start}\nDURATION:PT1S\nRRULE:{rule}");
        let (found, problems) = occurrences(&calendar(&[&event]), span());
        assert_eq!(found.len(), times, "{rule}: {problems:?}");
        let is_said =
            if said.is_empty() { problems.is_empty() } else { problems.iter().any(|one| one.contains(said)) };
        assert!(is_said, "{rule}: {problems:?}");
    }
}

#[test]
fn many_greedy_rules_share_one_bound() {
    let events: Vec<String> = (0..500)
        .map(|uid| format!("UID:{uid}\nSUMMARY:freeze\nDTSTART:19000101T000000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;COUNT=4000000000"))
        .collect();
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    let (found, problems) = occurrences(&calendar(&events), span());
    assert!(found.len() <= 50_000);
    assert!(
        problems.iter().any(|one| one.contains("takes too long") || one.contains("more than")),
        "{problems:?}"
    );
    assert!(problems.len() <= 21);
}

#[test]
fn broken_events_lose_themselves_alone() {
    let good = "UID:good\nSUMMARY:Code freeze\nDTSTART:20261220T000000Z\nDTEND:20261221T000000Z";
    let cases = [
        ("SUMMARY:freeze", "no DTSTART"),
        ("SUMMARY:freeze\nDTSTART:tomorrow", "DTSTART cannot be read"),
        ("SUMMARY:freeze\nDTSTART:20261399T000000Z", "DTSTART cannot be read"),
        ("SUMMARY:freeze\nDTSTART:20261201T000000Z\nDTEND:never", "DTEND cannot be read"),
        ("SUMMARY:freeze\nDTSTART:20261201T000000Z\nDTEND:20261201T000000Z", "ends when it begins"),
        ("SUMMARY:freeze\nDTSTART:20261201T000000Z\nDTEND:20261130T000000Z", "ends when it begins"),
        ("SUMMARY:freeze\nDTSTART:20261201T000000Z\nDURATION:P4000000000D", "ten years"),
        ("SUMMARY:freeze\nDTSTART:20261201T000000Z\nDURATION:PT1H\nEXDATE:x", "EXDATE cannot be read"),
        (
            "SUMMARY:Deploy it\nCATEGORIES:deployment\nDTSTART:20261201T000000Z\nDURATION:PT1H",
            "names no environment",
        ),
    ];
    for (event, said) in cases {
        let facts = facts(&calendar(&[event, good]));
        let freezes: Vec<_> = facts.freezes.iter().map(|freeze| shown(&freeze.window)).collect();
        assert_eq!(freezes, ["12-20 01:00 to 12-21 01:00"], "{event}");
        assert!(facts.problems.iter().any(|one| one.what.contains(said)), "{event}: {:?}", facts.problems);
    }
}

#[test]
fn damaged_files_are_read_as_far_as_they_go_or_named() {
    let whole = calendar(&["UID:a\nSUMMARY:Code\n  freeze\nDTSTART:20261220T000000Z\nDURATION:PT1H"]);
    let freeze = |text: &str| facts(text).freezes.first().map(|freeze| freeze.name.to_string());
    assert_eq!(freeze(&whole).as_deref(), Some("Code freeze"), "a folded line is one");
    assert_eq!(freeze(&whole.replace("\r\n", "\n")).as_deref(), Some("Code freeze"));
    assert_eq!(freeze(&format!("\u{feff}{whole}")).as_deref(), Some("Code freeze"));
    let with_noise = whole.replace("SUMMARY", "no colon here\r\n;;;===\r\n:\r\nX-\u{1}:\u{0}\r\nSUMMARY");
    assert_eq!(freeze(&with_noise).as_deref(), Some("Code freeze"));
    // Cut off anywhere: no panic, and what is lost is not lost in silence.
    for end in 0..whole.len() {
        if let Ok(read) = event::read("cut.ics", &whole[..end]) {
            let is_begun = whole[..end].contains("BEGIN:VEVENT");
            assert_eq!(!read.problems.is_empty(), is_begun && !whole[..end].contains("END:VEVENT"), "{end}");
        }
    }
    for text in ["", "<html>Sign in</html>", "{}", "BEGIN:VCARD\r\nEND:VCARD\r\n"] {
        assert!(event::read("page.ics", text).unwrap_err().what.contains("no calendar"), "{text}");
    }
}

#[test]
fn large_and_deep_files_end() {
    let head = "BEGIN:VCALENDAR\r\n";
    // A million events are refused before they are read.
    let many = format!("{head}{}END:VCALENDAR\r\n", "BEGIN:VEVENT\r\nEND:VEVENT\r\n".repeat(1_000_000));
    assert!(event::read("many.ics", &many).unwrap_err().what.contains("1000000 events"));
    // As many as are read, each with a fault of its own.
    let most = format!("{head}{}END:VCALENDAR\r\n", "BEGIN:VEVENT\r\nEND:VEVENT\r\n".repeat(MOST_EVENTS));
    let read = event::read("most.ics", &most).unwrap();
    assert_eq!((read.events.len(), read.problems.len()), (0, 21));
    let deep = format!("{head}{}", "BEGIN:VEVENT\r\n".repeat(50_000));
    assert!(event::read("deep.ics", &deep).unwrap().problems.len() <= 22);
    let folded = format!("{head}BEGIN:VEVENT\r\nSUMMARY:{}", "a\r\n ".repeat(100_000));
    assert!(event::read("folded.ics", &folded).unwrap().events.is_empty());
    let quoted = format!("{head}BEGIN:VEVENT\r\nX;Y=\"{}", "\\;,".repeat(100_000));
    assert!(event::read("quoted.ics", &quoted).unwrap().events.is_empty());
    let dates = format!(
        "UID:a\nSUMMARY:a\nDTSTART:20261201T000000Z\nEXDATE:{}",
        vec!["20261201T000000Z"; 20_000].join(",")
    );
    let (found, problems) = occurrences(&calendar(&[&dates]), span());
    assert!(found.is_empty() && problems[0].contains("more than 10000"), "{problems:?}");
}

//! A report is a page that cannot be turned against its reader, and one that stays small.

use crate::{
    domain::{
        Category, EnvironmentId, Instant, Kind, Problem, PullRequestState, Release, ReleaseId, SourceState,
        Target, Text, Tier,
    },
    insight::{
        Board, CardId, Lens, Study,
        fixture::{
            ALL_KINDS, Setting, at, defect, deployment, environment, finding, now, pull_request, story,
            test_run,
        },
    },
};

use super::Report;

/// What somebody could write into a title, a name or an address.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "</title></style></svg><img src=x onerror=alert(1)>",
    "]]> --> <!-- <iframe src='javascript:alert(1)'>",
    "a | b\n# heading\n[click](javascript:alert(1)) ![x](http://evil.example/x.png) `code`",
    "@everyone <https://evil.example> **bold** &lt;b&gt;",
];
/// Elements of a report.
const ELEMENTS: [&str; 47] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "main",
    "section",
    "nav",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "ul",
    "li",
    "div",
    "span",
    "strong",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "svg",
    "desc",
    "text",
    "line",
    "polyline",
    "polygon",
    "rect",
    "circle",
    "defs",
    "pattern",
    "h5",
    "!DOCTYPE",
    "g",
    "path",
    "br",
    "hr",
];

/// A board on which all that comes from outside says `words`.
fn board_saying(words: &str, url: &str) -> Board {
    let address = Some(Text::new(url));
    let mut item = story("PAY-1", Category::InProgress);
    item.title = Text::new(words);
    item.status = Text::new(words);
    item.owner = Some(Text::new(words));
    item.url.clone_from(&address);
    let mut request = pull_request(7, PullRequestState::Open);
    request.title = Text::new(words);
    request.author = Text::new(words);
    request.url.clone_from(&address);
    let mut place = environment("production/eu", Tier::Production);
    place.platform = Some(Text::new(words));
    let mut coming = deployment(words, words, at(24, 10), 60);
    coming.environment = EnvironmentId::new(words);
    coming.url.clone_from(&address);
    let mut flaw = finding(1, 20, None);
    flaw.title = Text::new(words);
    flaw.rule = Text::new(words);
    flaw.url.clone_from(&address);
    let mut bug = defect(words, Category::ToDo);
    bug.title = Text::new(words);
    let mut setting = Setting::covering(&ALL_KINDS)
        .release(|release| {
            release.owner = Some(Text::new(words));
            release.url.clone_from(&address);
        })
        .other(Release {
            url: address.clone(),
            target: Some(Target { at: at(29, 9), estimated: false }),
            ..Release::named(words, words)
        })
        .story(item)
        .story(bug)
        .pull_request(request)
        .environment(place)
        .environment(environment(words, Tier::Staging))
        .deployment(coming)
        .deployment(deployment("next", "payments 4.2", at(25, 10), 60))
        .test_run(test_run(words, 21, 90, 3))
        .finding(flaw);
    setting.facts.problems.push(Problem::new(words, words));
    setting.health[0].failure = Some(Problem::new(words, words));
    setting.health[0].state = SourceState::BackingOff;
    let mut board = setting.board_at(now());
    board.title = Text::new(words);
    board
}

fn html(board: &Board, lens: Lens) -> String {
    Report { board, study: &Study::of(board), release: None, lens }.html()
}

fn markdown(board: &Board) -> String {
    Report { board, study: &Study::of(board), release: None, lens: Lens::All }.markdown()
}

/// The elements of a page with their attributes: name and value. Fails on what is no element.
fn elements(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut elements = Vec::new();
    let mut rest = page;
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin + 1..];
        let name_end = rest.find(|it: char| it.is_whitespace() || it == '>').unwrap();
        let name = rest[..name_end].to_owned();
        rest = &rest[name_end..];
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('>') {
                rest = after;
                break;
            }
            let end = rest.find(['=', ' ', '>']).unwrap();
            let attribute = rest[..end].to_owned();
            rest = &rest[end..];
            let mut value = String::new();
            if let Some(quoted) = rest.strip_prefix("=\"") {
                let close = quoted.find('"').unwrap();
                quoted[..close].clone_into(&mut value);
                rest = &quoted[close + 1..];
            }
            attributes.push((attribute, value));
        }
        elements.push((name, attributes));
    }
    elements
}

#[test]
fn nothing_from_outside_becomes_a_part_of_the_page() {
    let addresses =
        ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "https://ok.example/\"><script>"];
    for words in HOSTILE {
        for address in addresses {
            let page = html(&board_saying(words, address), Lens::All);
            for (name, attributes) in elements(&page) {
                let element = name.trim_start_matches('/');
                assert!(ELEMENTS.contains(&element), "<{name}> by {words:?}");
                for (attribute, value) in attributes {
                    assert!(!attribute.starts_with("on") && attribute != "src", "{attribute} by {words:?}");
                    if attribute == "href" {
                        let is_safe = value.starts_with('#') || value.starts_with("https://ok.example/");
                        assert!(is_safe, "{value:?} by {words:?}, {address:?}");
                    }
                }
            }
            assert!(page.contains("default-src 'none'"), "the policy is there");
            // It is told, and as it is written.
            let written = Text::new(words);
            let escaped = maud::html! { (written.as_str()) }.into_string();
            assert!(page.contains(&escaped), "{words:?} is told");
        }
    }
}

#[test]
fn markdown_calls_nobody_and_ends_no_cell() {
    for words in HOSTILE {
        let written = markdown(&board_saying(words, "javascript:alert(1)"));
        assert!(
            !written.contains("<script") && !written.contains("<img") && !written.contains("<iframe"),
            "{words:?}"
        );
        // What is left of a bracket that is escaped begins no address.
        let bare = written.replace("\\]", "");
        assert!(!bare.contains("](javascript") && !bare.contains("](<javascript"), "{words:?}");
        assert!(!written.contains("@everyone"), "{words:?}");
        let mut columns = 0;
        for line in written.lines() {
            let cells = line.replace("\\|", "").matches('|').count();
            match (line.starts_with('|'), columns) {
                (false, _) => columns = 0,
                (true, 0) => columns = cells,
                (true, expected) => assert_eq!(cells, expected, "{line}"),
            }
        }
    }
}

/// Many releases with a few items each; the facts are repeated in no order in particular.
fn large(releases: u32, stories: u32) -> Board {
    let mut setting = Setting::covering(&ALL_KINDS);
    for number in 0..releases {
        let name = format!("service-{number} 1.0");
        setting = setting.other(Release {
            target: Some(Target {
                at: at(25, 9) + chrono::Duration::hours(i64::from(number)),
                estimated: false,
            }),
            start: Some(at(9, 0)),
            ..Release::named(&format!("service-{number}"), "1.0")
        });
        for index in 0..stories {
            let category = if index % 3 == 0 { Category::InProgress } else { Category::Done };
            let mut item = story(&format!("S{number}-{index}"), category);
            item.releases = vec![ReleaseId::new(&name)];
            setting = setting.story(item);
        }
        let from: Instant = at(24, 9) + chrono::Duration::hours(i64::from(number) * 3);
        let mut coming = deployment(&format!("d{number}"), &name, from, 60);
        coming.environment = EnvironmentId::new(format!("production/{}", number % 60));
        setting = setting.deployment(coming);
        let mut request = pull_request(u64::from(number), PullRequestState::Open);
        request.release = Some(ReleaseId::new(&name));
        setting = setting.pull_request(request);
    }
    setting.board_at(now())
}

#[test]
fn it_stays_small_says_what_it_leaves_out_and_is_the_same_every_time() {
    let small = html(&large(20, 10), Lens::All);
    let board = large(120, 10);
    let page = html(&board, Lens::All);
    assert!(page.contains("and 107 more") || page.contains("more</p>"), "it says what it leaves out");
    assert!(page.len() < small.len() * 3 / 2, "{} of {}", page.len(), small.len());
    assert!(page.len() < 400_000, "{}", page.len());
    assert_eq!(page, html(&board, Lens::All), "the same board, the same bytes");
    assert_eq!(markdown(&board), markdown(&board));
}

#[test]
fn headings_follow_each_other_and_tables_name_their_columns_and_rows() {
    let page = html(&large(3, 10), Lens::All);
    let mut depth = 0;
    for (name, attributes) in elements(&page) {
        if let Some(level) = name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) {
            assert!(level <= depth + 1 && (level > 1 || depth == 0), "h{level} after h{depth}");
            depth = level;
        }
        if name == "th" {
            assert!(attributes.iter().any(|(attribute, _)| attribute == "scope"));
        }
        if name == "svg" && !attributes.iter().any(|(attribute, _)| attribute == "aria-hidden") {
            assert!(
                attributes.iter().any(|(attribute, value)| attribute == "aria-label" && !value.is_empty())
            );
        }
    }
    let named = |of: &str| {
        elements(&page)
            .into_iter()
            .flat_map(|(_, attributes)| attributes)
            .filter(|(name, _)| name == of)
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
    };
    let mut ids = named("id");
    for link in named("href").iter().filter_map(|link| link.strip_prefix('#')) {
        assert!(ids.iter().any(|id| id == link), "#{link} leads somewhere");
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(all, ids.len(), "no name is given twice");
}

#[test]
fn a_reader_gets_what_the_table_of_lenses_says() {
    let board = large(2, 10);
    let all = html(&board, Lens::All);
    let executive = html(&board, Lens::Executive);
    assert!(executive.len() < all.len());
    for (title, is_for_executives) in [
        ("Open stories and defects", false),
        (CardId::Effort.title(), false),
        ("Burn-down of", true),
        ("Schedule", true),
    ] {
        assert!(all.contains(title), "{title}");
        assert_eq!(executive.contains(title), is_for_executives, "{title}");
    }
    // Asked about one release, it speaks of that one.
    let id = ReleaseId::new("service-1 1.0");
    let one = Report { board: &board, study: &Study::of(&board), release: Some(&id), lens: Lens::All }.html();
    assert!(one.contains("<h1>service-1 1.0</h1>") && !one.contains("service-0"), "one release");
}

#[test]
fn who_knows_no_keys_reads_none_in_the_whole_report() {
    let mut waiting = story("PAY-2", Category::InTest);
    waiting.title = Text::new("Invoice locale");
    let mut begun = story("PAY-1", Category::InProgress);
    begun.title = Text::new("Refund webhook retries");
    begun.blocked_by = vec!["AUTH-7".into()];
    let mut request = pull_request(1, PullRequestState::Open);
    request.title = Text::new("Retry refunds");
    let board = Setting::covering(&ALL_KINDS)
        .story(begun)
        .story(waiting)
        .pull_request(request)
        .finding(finding(17, 15, Some(crate::domain::Severity::High)))
        .board_at(now());
    let study = Study::of(&board);
    let written = |lens| {
        let study = study.seen_by(lens, &board).cut(lens);
        let report = Report { board: &board, study: &study, release: None, lens };
        [report.html(), report.markdown()]
    };
    let keys = ["PAY-1", "PAY-2", "AUTH-7", "api#1", "api\\#1", "payments!17"];
    for (page, raw) in written(Lens::Executive).iter().zip(written(Lens::All)) {
        assert!(keys.iter().any(|key| raw.contains(key)), "others read keys");
        for key in keys {
            assert!(!page.contains(key), "{key} in {page}");
        }
        assert!(page.contains("What turns it green") && page.contains("Refund webhook retries"), "{page}");
    }
}

#[test]
fn an_empty_board_is_a_page_too() {
    let mut setting = Setting::covering(&[Kind::Releases]);
    setting.facts.releases.clear();
    let board = setting.board_at(now());
    assert!(html(&board, Lens::All).contains("No source knows a release."));
    assert!(markdown(&board).contains("No source knows a release."));
}

/// `cargo test --lib report::tests::a_large_board -- --ignored --nocapture`
#[test]
#[ignore = "takes long: 200 releases with 50,000 stories"]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a measurement reads the clock and says what it saw"
)]
fn a_large_board() {
    let board = large(200, 250);
    let begin = std::time::Instant::now();
    let study = Study::of(&board);
    let studied = begin.elapsed();
    let page = Report { board: &board, study: &study, release: None, lens: Lens::All }.html();
    let written = begin.elapsed().saturating_sub(studied);
    eprintln!("cards {studied:.2?}, page {written:.2?}, {} bytes", page.len());
    assert!(page.len() < 500_000, "{}", page.len());
}

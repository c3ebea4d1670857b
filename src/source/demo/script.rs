//! What is written by hand: the open stories, defects and pull requests of the release on
//! screen, and what becomes of them. Hours count from the anchor.

use crate::domain::{Category, Severity};

use Category::{Done, InProgress, InReview, InTest};

/// So many days and hours from the anchor, in hours.
const fn at(days: i32, hours: f64) -> f64 {
    days as f64 * 24.0 + hours
}

/// A story or defect written by hand.
pub(super) struct Scripted {
    pub(super) number: i64,
    pub(super) title: &'static str,
    /// Who has it, once it is begun.
    pub(super) owner: &'static str,
    pub(super) points: f32,
    pub(super) component: &'static str,
    pub(super) created: f64,
    /// When it entered the release.
    pub(super) joined: f64,
    pub(super) moves: &'static [(f64, Category)],
}

/// Every so manyth story of the release on screen is open.
pub(super) const OPEN_EVERY: usize = 7;

/// The first open stories of the release on screen.
pub(super) const STORIES: [Scripted; 7] = [
    Scripted {
        number: 311,
        title: "Refund webhook retries",
        owner: "lee",
        points: 5.0,
        component: "refunds",
        created: at(-26, 10.2),
        joined: at(-24, 15.0),
        moves: &[
            (at(-10, 9.6), InProgress),
            (at(-6, 11.2), InReview),
            (at(1, 11.3), InTest),
            (at(2, 15.4), Done),
        ],
    },
    Scripted {
        number: 298,
        title: "3DS fallback",
        owner: "ana",
        points: 8.0,
        component: "cards",
        created: at(-29, 14.0),
        joined: at(-24, 15.0),
        moves: &[
            (at(-9, 10.1), InProgress),
            (at(1, 9.5), InReview),
            (at(2, 9.2), InTest),
            (at(3, 9.4), Done),
        ],
    },
    Scripted {
        number: 320,
        title: "Invoice locale",
        owner: "raj",
        points: 3.0,
        component: "invoices",
        created: at(-2, 14.2),
        joined: at(-2, 14.3),
        moves: &[
            (at(0, 13.4), InProgress),
            (at(1, 16.2), InReview),
            (at(2, 11.1), InTest),
            (at(3, 10.6), Done),
        ],
    },
    Scripted {
        number: 305,
        title: "Payout cut-off in Zürich",
        owner: "zoë",
        points: 5.0,
        component: "payouts",
        created: at(-27, 9.5),
        joined: at(-24, 15.0),
        // Was done, and came back.
        moves: &[
            (at(-13, 11.0), InProgress),
            (at(-9, 15.5), InReview),
            (at(-6, 9.8), InTest),
            (at(-3, 16.1), Done),
            (at(-2, 10.4), InProgress),
            (at(0, 15.2), InReview),
            (at(1, 9.1), InTest),
            (at(2, 10.2), Done),
        ],
    },
    Scripted {
        number: 317,
        title: "Chargeback evidence upload",
        owner: "kim",
        points: 5.0,
        component: "disputes",
        created: at(-12, 11.0),
        joined: at(-11, 9.4),
        moves: &[
            (at(-8, 9.2), InProgress),
            (at(-4, 13.0), InReview),
            (at(-1, 15.1), InTest),
            (at(0, 10.5), InProgress),
            (at(0, 19.6), InReview),
            (at(1, 8.2), InTest),
            (at(1, 19.5), Done),
        ],
    },
    Scripted {
        number: 309,
        title: "Settlement report from ledger balances",
        owner: "hugo",
        points: 8.0,
        component: "payouts",
        created: at(-26, 11.5),
        joined: at(-24, 15.0),
        moves: &[
            (at(-7, 10.6), InProgress),
            (at(-3, 14.4), InReview),
            (at(0, 11.7), InTest),
            (at(1, 12.8), Done),
        ],
    },
    Scripted {
        number: 322,
        title: "日本語 receipts",
        owner: "raj",
        points: 3.0,
        component: "invoices",
        created: at(-5, 10.0),
        joined: at(-4, 16.3),
        moves: &[
            (at(-3, 9.7), InProgress),
            (at(0, 9.7), InReview),
            (at(0, 16.8), InTest),
            (at(1, 14.3), Done),
        ],
    },
];

/// A story that enters the release late and is put off to the next one.
pub(super) const LATE: Scripted = Scripted {
    number: 331,
    title: "Retry budget per card network",
    owner: "lee",
    points: 5.0,
    component: "cards",
    created: at(0, 10.6),
    joined: at(0, 10.7),
    moves: &[],
};

/// When [`LATE`] leaves the release again.
pub(super) const LATE_LEAVES: f64 = at(1, 12.2);

/// Open defects of the release on screen.
pub(super) const DEFECTS: [(Scripted, Severity); 4] = [
    (
        Scripted {
            number: 324,
            title: "Refund is sent twice after a time-out",
            owner: "lee",
            points: 0.0,
            component: "refunds",
            created: at(-3, 15.6),
            joined: at(-3, 15.7),
            moves: &[(at(-2, 9.5), InProgress), (at(0, 15.9), InTest), (at(1, 13.1), Done)],
        },
        Severity::Critical,
    ),
    (
        Scripted {
            number: 327,
            title: "Card token leaks connections",
            owner: "kim",
            points: 0.0,
            component: "cards",
            created: at(-1, 11.2),
            joined: at(-1, 11.3),
            moves: &[(at(-1, 12.4), InProgress), (at(1, 17.0), InTest), (at(2, 12.3), Done)],
        },
        Severity::Critical,
    ),
    (
        Scripted {
            number: 325,
            title: "Invoice PDF shows ü as Ã¼",
            owner: "raj",
            points: 0.0,
            component: "invoices",
            created: at(-3, 17.2),
            joined: at(-3, 17.3),
            moves: &[(at(0, 11.2), InProgress), (at(1, 10.4), Done)],
        },
        Severity::Medium,
    ),
    (
        Scripted {
            number: 328,
            title: "Settlement report sorts by text, not by number",
            owner: "zoë",
            points: 0.0,
            component: "payouts",
            created: at(-1, 16.0),
            joined: at(-1, 16.1),
            moves: &[(at(1, 10.9), InProgress), (at(3, 8.8), Done)],
        },
        Severity::Low,
    ),
];

/// What holds an open pull request of the release on screen up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// One approval, and a required test that fails.
    FailingTest,
    /// Nobody looked at it yet.
    NoReview,
    /// Approved, and in conflict with its base. An update by a program.
    Conflicts,
    /// Still a draft.
    Draft,
    /// A reviewer wants changes.
    ChangesRequested,
    /// Approved, and behind its base.
    Behind,
    /// Nothing but the wait for reviewers.
    Waiting,
}

/// A pull request written by hand.
pub(super) struct ScriptedPull {
    pub(super) repository: &'static str,
    pub(super) number: usize,
    pub(super) title: &'static str,
    pub(super) author: &'static str,
    pub(super) trouble: Trouble,
    pub(super) opened: f64,
    /// When it will be merged.
    pub(super) merged: f64,
    /// Which of [`STORIES`] it carries.
    pub(super) story: Option<usize>,
}

const fn pull(
    place: (&'static str, usize),
    title: &'static str,
    author: &'static str,
    trouble: Trouble,
    times: (f64, f64),
    story: Option<usize>,
) -> ScriptedPull {
    let (repository, number) = place;
    let (opened, merged) = times;
    ScriptedPull { repository, number, title, author, trouble, opened, merged, story }
}

/// The open pull requests of the release on screen.
pub(super) const PULLS: [ScriptedPull; 7] = [
    pull(
        ("api", 812),
        "Refund webhook retries",
        "lee",
        Trouble::FailingTest,
        (at(-6, 11.2), at(1, 11.2)),
        Some(0),
    ),
    pull(("web", 798), "3DS fallback screens", "ana", Trouble::NoReview, (at(-5, 16.0), at(2, 9.1)), Some(1)),
    pull(("api", 820), "Bump tls to 14.2", "renovate", Trouble::Conflicts, (at(-1, 9.1), at(1, 16.4)), None),
    pull(("api", 823), "日本語 receipts", "raj", Trouble::Draft, (at(-2, 17.1), at(0, 16.7)), Some(6)),
    pull(
        ("api", 806),
        "Settlement report from balances",
        "hugo",
        Trouble::ChangesRequested,
        (at(-3, 14.4), at(0, 11.6)),
        Some(5),
    ),
    pull(
        ("api", 818),
        "Evidence upload: follow-up",
        "kim",
        Trouble::Behind,
        (at(-2, 10.3), at(0, 22.1)),
        Some(4),
    ),
    pull(
        ("api", 825),
        "Payout cut-off follows the bank's zone",
        "zoë",
        Trouble::Waiting,
        (at(-1, 17.4), at(1, 9.0)),
        Some(3),
    ),
];

/// What the `index`th pull request of the release on screen is.
pub(super) enum Role {
    /// Open: which of [`PULLS`].
    Open(usize),
    /// Given up.
    Closed,
    /// Merged.
    Merged,
}

/// Pull requests of the release on screen come in rounds of so many.
pub(super) const ROUND: usize = 24;

/// The role of the `index`th pull request.
pub(super) fn role(index: usize) -> Role {
    match index % ROUND {
        open @ (0 | 3 | 6 | 9 | 12 | 15 | 18) => Role::Open(open / 3),
        7 | 20 => Role::Closed,
        _ => Role::Merged,
    }
}

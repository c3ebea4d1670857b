//! Titles that could stand in a tracker.

use fastrand::Rng;

use super::rhythm::pick;

/// What the stories of a product are about.
#[derive(Clone, Copy)]
pub(super) enum Vocabulary {
    /// Money that moves.
    Payments,
    /// People who sign in.
    Auth,
    /// Books that balance.
    Ledger,
    /// A shop in the browser.
    Checkout,
    /// An app.
    Mobile,
}

impl Vocabulary {
    fn subjects(self) -> &'static [&'static str] {
        match self {
            Self::Payments => &[
                "Refund webhook",
                "Payout schedule",
                "Card token",
                "Dispute evidence",
                "Invoice PDF",
                "SEPA direct debit",
                "Chargeback",
                "3DS challenge",
                "Merchant fee",
                "Settlement report",
                "Partial refund",
                "Payment link",
                "Recurring charge",
                "Wallet top-up",
                "Card network",
                "Currency conversion",
                "Fraud score",
                "Receipt e-mail",
                "Instant transfer",
                "Bank holiday",
                "Crédit Agricole transfer",
                "Split payment",
                "Payout file",
                "Acquirer",
            ],
            Self::Auth => &[
                "Session",
                "Passkey",
                "Refresh token",
                "Consent screen",
                "Directory sync",
                "Magic link",
                "Device trust",
                "Password reset",
                "Service account",
                "SAML assertion",
                "Login page",
                "Role",
                "Sign-in history",
                "Account recovery",
                "One-time code",
                "Token exchange",
            ],
            Self::Ledger => &[
                "Posting",
                "Month-end close",
                "Balance snapshot",
                "Journal import",
                "Chart of accounts",
                "VAT report",
                "Suspense account",
                "Intercompany booking",
                "Trial balance",
                "Accrual",
                "Bank statement",
                "Cost centre",
                "Exchange rate",
                "Rückstellung",
                "Audit export",
                "Fee booking",
            ],
            Self::Checkout => &[
                "Basket",
                "Address form",
                "Payment form",
                "Voucher",
                "Guest checkout",
                "Order summary",
                "Receipt page",
                "Delivery slot",
                "Language switch",
                "Saved card",
                "Error page",
                "Gift card",
                "Express button",
                "Tax line",
                "Consent banner",
                "Return label",
            ],
            Self::Mobile => &[
                "Wallet card",
                "Onboarding",
                "Receipt scanner",
                "Push message",
                "Widget",
                "Biometric unlock",
                "Dark mode",
                "Offline basket",
                "Share sheet",
                "Deep link",
                "Spending chart",
                "Café finder",
                "QR payment",
                "Watch app",
                "Settings page",
                "Travel mode",
            ],
        }
    }
}

const ASPECTS: [&str; 30] = [
    "retries",
    "time-outs",
    "audit trail",
    "rate limit",
    "paging",
    "locale",
    "error messages",
    "idempotency keys",
    "bulk export",
    "feature flag",
    "metrics",
    "alerts",
    "caching",
    "validation",
    "permissions",
    "status page",
    "sandbox",
    "rounding",
    "time zones",
    "fallback",
    "migration",
    "clean-up",
    "search",
    "notifications",
    "reconciliation",
    "versioning",
    "load test",
    "accessibility",
    "back-fill",
    "documentation",
];

/// Where a title needs more, in releases with thousands of stories.
const CONTEXTS: [&str; 72] = [
    "",
    "for merchants",
    "for marketplaces",
    "in Norway",
    "in Zürich",
    "in São Paulo",
    "in 東京",
    "for 日本語 receipts",
    "for partners",
    "for enterprise",
    "in the sandbox",
    "behind a flag",
    "for new accounts",
    "for closed accounts",
    "over 10,000 rows",
    "on weekends",
    "at month end",
    "at year end",
    "in the admin view",
    "in the portal",
    "in the public API",
    "in the old API",
    "for iDEAL",
    "for Bancontact",
    "for BLIK",
    "for Pix",
    "for Swish",
    "for TWINT",
    "for Klarna",
    "for gift cards",
    "for test cards",
    "for large amounts",
    "for small amounts",
    "for negative amounts",
    "in yen",
    "in złoty",
    "in crowns",
    "after a time-out",
    "after a retry",
    "after a refund",
    "after a cancellation",
    "before settlement",
    "per merchant",
    "per country",
    "per currency",
    "per channel",
    "by product",
    "by cost centre",
    "with two approvers",
    "with attachments",
    "without a session",
    "without a locale",
    "without cookies",
    "on slow links",
    "on small screens",
    "with screen readers",
    "for support",
    "for finance",
    "for auditors",
    "for the on-call team",
    "for data protection",
    "in the nightly job",
    "in the import",
    "in the export",
    "in the archive",
    "on the event bus",
    "in the queue",
    "in the cache",
    "on failover",
    "in the second region",
    "at start-up",
    "at shut-down",
];

const FAULTS: [&str; 16] = [
    "fails on the second try",
    "shows the wrong currency",
    "times out under load",
    "is sent twice",
    "loses the last row",
    "ignores the time zone",
    "crashes on empty input",
    "counts fees twice",
    "cannot be cancelled",
    "is cut off after 20 characters",
    "shows ü as Ã¼",
    "leaks connections",
    "hangs when the network drops",
    "sorts by text, not by number",
    "is missing in the export",
    "accepts a past date",
];

/// The `number`th title of a release; no two alike before all are used up, which takes
/// 51,840 of them for payments. Short ones come first.
pub(super) fn story(vocabulary: Vocabulary, shuffle: usize, number: usize) -> String {
    let subjects = vocabulary.subjects();
    let short = subjects.len() * ASPECTS.len();
    // 187 is prime to all counts of short titles: every one comes up once in each round.
    let index = (number % short * 187 + shuffle) % short;
    let context = CONTEXTS[number / short % CONTEXTS.len()];
    let title = format!("{} {} {context}", subjects[index / ASPECTS.len()], ASPECTS[index % ASPECTS.len()]);
    title.trim_end().to_owned()
}

/// A title of a defect. There are few of them on purpose: defects recur.
pub(super) fn defect(vocabulary: Vocabulary, rng: &mut Rng) -> String {
    let subjects = vocabulary.subjects();
    format!("{} {}", pick(rng, &subjects[..subjects.len() / 2]), pick(rng, &FAULTS))
}

/// A title of an update of a dependency.
pub(super) fn update(rng: &mut Rng) -> String {
    let what = [
        "tls",
        "http client",
        "json parser",
        "base image",
        "linter",
        "database driver",
        "logging",
        "i18n data",
    ];
    let (minor, patch) = (rng.u32(1..40), rng.u32(0..9));
    format!("Bump {} to {minor}.{patch}", pick(rng, &what))
}

/// A name of a test.
pub(super) fn test(component: &str, rng: &mut Rng) -> String {
    let cases = [
        "retry_idempotent",
        "rejects_expired",
        "survives_restart",
        "rounds_half_even",
        "keeps_order",
        "pages_through_all",
        "times_out_cleanly",
        "handles_unicode",
        "is_atomic",
        "logs_reason",
    ];
    format!("{}::{}", component.replace(' ', "_"), pick(rng, &cases))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn fifty_thousand_titles_differ() {
        let titles: HashSet<_> = (0..50_000).map(|number| story(Vocabulary::Payments, 11, number)).collect();
        assert_eq!(titles.len(), 50_000);
        for vocabulary in [Vocabulary::Auth, Vocabulary::Ledger, Vocabulary::Checkout, Vocabulary::Mobile] {
            let titles: HashSet<_> = (0..480).map(|number| story(vocabulary, 3, number)).collect();
            assert_eq!(titles.len(), 480);
        }
    }
}

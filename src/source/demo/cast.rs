//! Who and what the organisation is made of: products, people, environments.

use chrono_tz::Tz;

use crate::domain::{Environment, EnvironmentId, Tier};

use super::titles::Vocabulary;

/// A product and the team behind it.
pub(super) struct Product {
    /// Its name.
    pub(super) name: &'static str,
    /// What its stories' keys begin with, and began with before the tracker was replaced.
    pub(super) prefixes: [&'static str; 2],
    /// Its repository.
    pub(super) repository: &'static str,
    /// Major and minor version of the release in the making.
    pub(super) version: (u32, u32),
    /// Number of the first story of the release in the making.
    pub(super) first_key: usize,
    /// Number of the first pull request of the release in the making.
    pub(super) first_number: usize,
    /// Releases of the past year.
    pub(super) past: usize,
    /// Days from release to release.
    pub(super) cadence_days: i64,
    /// Days since the latest release.
    pub(super) released_days_ago: i64,
    /// Stories of a usual release.
    pub(super) stories: usize,
    /// Who answers for its releases.
    pub(super) lead: &'static str,
    /// Who works on it, the lead included.
    pub(super) people: &'static [&'static str],
    /// Its parts.
    pub(super) components: &'static [&'static str],
    /// Its test suites, and how many tests each has today.
    pub(super) suites: &'static [(&'static str, u32)],
    /// Where it is deployed to, in this order.
    pub(super) regions: &'static [&'static str],
    /// Where it is tested.
    pub(super) test_environment: &'static str,
    /// Length of its runbook, as a share of the usual one.
    pub(super) runbook: f64,
    /// What its stories are about.
    pub(super) vocabulary: Vocabulary,
}

impl Product {
    /// The version so many releases before the one in the making; minors count down to zero.
    pub(super) fn version_before(&self, releases: usize) -> String {
        let (mut major, mut minor) = self.version;
        for _ in 0..releases {
            (major, minor) = match minor.checked_sub(1) {
                Some(lower) => (major, lower),
                None => (major.saturating_sub(1), 9),
            };
        }
        format!("{major}.{minor}")
    }

    /// The key of the story with this number; numbers below one are of the tracker before.
    pub(super) fn key(&self, number: i64) -> String {
        if number > 0 {
            format!("{}-{number}", self.prefixes[0])
        } else {
            format!("{}-{}", self.prefixes[1], number + 2_900)
        }
    }
}

/// Index of the product whose release is on screen.
pub(super) const PAYMENTS: usize = 0;
/// Index of the product that payments needs.
pub(super) const AUTH: usize = 1;
/// Index of the product whose release is late.
pub(super) const LEDGER: usize = 2;
/// Index of the product that is on track.
pub(super) const CHECKOUT: usize = 3;
/// Index of the product without a target.
pub(super) const MOBILE: usize = 4;

const BOTH: &[&str] = &["production/eu", "production/us"];
const ALL_SUITES: &[(&str, u32)] =
    &[("unit", 2_412), ("integration", 640), ("end-to-end", 184), ("contract", 96)];

/// All products.
pub(super) const PRODUCTS: [Product; 5] = [
    Product {
        name: "payments",
        prefixes: ["PAY", "PMT"],
        repository: "api",
        version: (4, 2),
        first_key: 262,
        first_number: 790,
        past: 12,
        cadence_days: 28,
        released_days_ago: 24,
        stories: 38,
        lead: "ana",
        people: &["lee", "ana", "raj", "kim", "zoë", "hugo"],
        components: &["refunds", "payouts", "cards", "invoices", "webhooks", "disputes"],
        suites: ALL_SUITES,
        regions: BOTH,
        test_environment: "test-1",
        runbook: 1.0,
        vocabulary: Vocabulary::Payments,
    },
    Product {
        name: "auth",
        prefixes: ["AUTH", "SSO"],
        repository: "auth-service",
        version: (2, 9),
        first_key: 640,
        first_number: 655,
        past: 12,
        cadence_days: 29,
        released_days_ago: 33,
        stories: 14,
        lead: "omar",
        people: &["omar", "jürgen", "mei", "tess"],
        components: &["sessions", "tokens", "directory", "consent"],
        suites: &[("unit", 1_380), ("integration", 310), ("contract", 58)],
        regions: BOTH,
        test_environment: "test-2",
        runbook: 0.45,
        vocabulary: Vocabulary::Auth,
    },
    Product {
        name: "ledger",
        prefixes: ["LED", "GL"],
        repository: "ledger-core",
        version: (1, 8),
        first_key: 702,
        first_number: 702,
        past: 10,
        cadence_days: 34,
        released_days_ago: 31,
        stories: 18,
        lead: "ines",
        people: &["ines", "pavel", "noor", "sam"],
        components: &["postings", "balances", "closing", "reports"],
        suites: &[("unit", 1_905), ("integration", 422), ("contract", 41)],
        regions: BOTH,
        test_environment: "test-3",
        runbook: 0.5,
        vocabulary: Vocabulary::Ledger,
    },
    Product {
        name: "checkout web",
        prefixes: ["WEB", "SHOP"],
        repository: "web",
        version: (7, 3),
        first_key: 980,
        first_number: 801,
        past: 14,
        cadence_days: 25,
        released_days_ago: 12,
        stories: 14,
        lead: "luca",
        people: &["luca", "yuki", "fay", "dan"],
        components: &["basket", "address", "payment form", "receipts"],
        suites: &[("unit", 1_122), ("integration", 205), ("end-to-end", 138)],
        regions: BOTH,
        test_environment: "test-4",
        runbook: 0.35,
        vocabulary: Vocabulary::Checkout,
    },
    Product {
        name: "mobile",
        prefixes: ["MOB", "APP"],
        repository: "mobile-app",
        version: (5, 14),
        first_key: 812,
        first_number: 870,
        past: 12,
        cadence_days: 30,
        released_days_ago: 19,
        stories: 12,
        lead: "amélie",
        people: &["amélie", "tom", "priya", "ben"],
        components: &["wallet", "onboarding", "scanner", "push"],
        suites: &[("unit", 860), ("integration", 144), ("end-to-end", 77)],
        regions: &["production/stores"],
        test_environment: "device-lab",
        runbook: 0.6,
        vocabulary: Vocabulary::Mobile,
    },
];

/// The program that updates dependencies.
pub(super) const BOT: &str = "renovate";

/// All environments: name, tier, platform, region, group, shareable, cost of a day.
type Row =
    (&'static str, Tier, Option<&'static str>, Option<&'static str>, Option<&'static str>, bool, Option<f64>);

const ENVIRONMENTS: [Row; 14] = [
    ("production", Tier::Production, None, None, None, true, None),
    (
        "production/eu",
        Tier::Production,
        Some("kubernetes"),
        Some("eu-central-1"),
        Some("production"),
        false,
        Some(1_840.0),
    ),
    (
        "production/us",
        Tier::Production,
        Some("virtual machines"),
        Some("us-east-1"),
        Some("production"),
        false,
        Some(1_460.0),
    ),
    ("production/stores", Tier::Production, Some("app stores"), None, Some("production"), false, Some(35.0)),
    ("staging", Tier::Staging, Some("kubernetes"), Some("eu-central-1"), None, false, Some(310.0)),
    ("perf", Tier::Staging, Some("kubernetes"), Some("eu-central-1"), None, false, Some(420.0)),
    // Nobody knows what its hour costs.
    ("chaos", Tier::Staging, Some("virtual machines"), Some("us-east-1"), None, false, None),
    ("test", Tier::Test, None, None, None, true, None),
    ("test-1", Tier::Test, Some("kubernetes"), Some("eu-central-1"), Some("test"), true, Some(95.0)),
    ("test-2", Tier::Test, Some("kubernetes"), Some("eu-central-1"), Some("test"), true, Some(95.0)),
    ("test-3", Tier::Test, Some("virtual machines"), Some("us-east-1"), Some("test"), true, Some(120.0)),
    ("test-4", Tier::Test, Some("kubernetes"), Some("eu-central-1"), Some("test"), true, Some(80.0)),
    ("device-lab", Tier::Test, Some("devices"), Some("Zürich"), Some("test"), true, Some(140.0)),
    ("dev", Tier::Development, Some("kubernetes"), Some("eu-central-1"), None, true, Some(60.0)),
];

/// The environments of the organisation.
pub(super) fn environments() -> Vec<Environment> {
    ENVIRONMENTS
        .iter()
        .map(|&(id, tier, platform, region, group, shareable, cost_per_day)| Environment {
            id: EnvironmentId::new(id),
            tier,
            platform: platform.map(Into::into),
            region: region.map(Into::into),
            group: group.map(EnvironmentId::new),
            shareable,
            cost_per_day,
            time_zone: region.filter(|region| *region == "us-east-1").map(|_| Tz::America__New_York),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_down() {
        let payments = &PRODUCTS[PAYMENTS];
        let versions: Vec<_> = (0..5).map(|count| payments.version_before(count)).collect();
        assert_eq!(versions, ["4.2", "4.1", "4.0", "3.9", "3.8"]);
    }

    #[test]
    fn every_environment_that_is_named_exists() {
        let known: Vec<_> = environments();
        let exists = |name: &str| known.iter().any(|environment| environment.id.as_str() == name);
        for product in &PRODUCTS {
            assert!(product.regions.iter().all(|region| exists(region)), "{}", product.name);
            assert!(exists(product.test_environment), "{}", product.name);
            assert!(product.people.contains(&product.lead), "{}", product.name);
        }
        assert!(
            known
                .iter()
                .filter_map(|environment| environment.group.as_ref())
                .all(|group| exists(group.as_str()))
        );
    }
}

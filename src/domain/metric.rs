//! Metrics and gates of one's own: what an organisation counts and demands beyond the gates
//! that every board has.

use serde::{Deserialize, Serialize};

use super::Text;

/// A number about each release, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// What it is called.
    pub name: Text,
    /// What is counted.
    pub items: Items,
    /// Which of them, in the query language; empty: all.
    #[serde(rename = "where")]
    pub filter: Text,
    /// What is made of them.
    pub aggregate: Aggregate,
    /// Of a share the query that the share meets; of a median, percentile or sum the field;
    /// empty for a count.
    pub of: Text,
    /// Only what was done, merged, opened or ran within so many seconds before now.
    pub period_seconds: Option<u64>,
}

impl Metric {
    /// Names how it is counted: another number (nearly always) where anything but its name is
    /// another. FNV-1a (Fowler, Noll and Vo) with 32 bits: the same on every machine and in every
    /// version.
    pub fn definition(&self) -> u32 {
        let period = self.period_seconds.map_or_else(String::new, |seconds| seconds.to_string());
        let parts = [self.items.key(), &self.filter, self.aggregate.key(), &self.of, &period];
        // No text contains what stands between the parts.
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
        bytes.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}

/// Items of a release that can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Items {
    /// Stories in scope.
    Stories,
    /// Defects.
    Defects,
    /// Pull requests that were not closed unmerged.
    PullRequests,
    /// Findings of code analyzers.
    Findings,
    /// Runs of test suites.
    TestRuns,
    /// Deployments, planned and done.
    Deployments,
}

impl Items {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Stories, Self::Defects, Self::PullRequests, Self::Findings, Self::TestRuns, Self::Deployments];

    /// Their name in the configuration and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Stories => "stories",
            Self::Defects => "defects",
            Self::PullRequests => "pull_requests",
            Self::Findings => "findings",
            Self::TestRuns => "test_runs",
            Self::Deployments => "deployments",
        }
    }
}

/// What is made of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// How many there are.
    Count,
    /// How many of them meet a second query, 0 to 1.
    Share,
    /// The middle value of a field.
    Median,
    /// The value of a field that 85 % do not exceed.
    P85,
    /// The sum of a field.
    Sum,
}

impl Aggregate {
    /// Its name in the configuration and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Share => "share",
            Self::Median => "median",
            Self::P85 => "p85",
            Self::Sum => "sum",
        }
    }
}

/// How a number is compared with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
    /// Less.
    #[serde(rename = "<")]
    Below,
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
    /// More.
    #[serde(rename = ">")]
    Above,
    /// Equal.
    #[serde(rename = "==")]
    Equal,
}

impl Comparison {
    /// Whether every value from `low` to `high` meets it (`Some(true)`), none does
    /// (`Some(false)`), or it depends. What is not a number meets nothing and misses nothing.
    pub fn of_range(self, low: f64, high: f64, threshold: f64) -> Option<bool> {
        let (all, none) = match self {
            Self::AtMost => (high <= threshold, low > threshold),
            Self::Below => (high < threshold, low >= threshold),
            Self::AtLeast => (low >= threshold, high < threshold),
            Self::Above => (low > threshold, high <= threshold),
            Self::Equal => (low >= threshold && high <= threshold, low > threshold || high < threshold),
        };
        if low.is_nan() || high.is_nan() || threshold.is_nan() {
            return None;
        }
        (all || none).then_some(all)
    }

    /// Whether `value` meets it.
    pub fn is_met(self, value: f64, threshold: f64) -> bool {
        self.of_range(value, value, threshold) == Some(true)
    }
}

/// A condition on a metric that releases must meet, as it is configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateRule {
    /// What it is called.
    pub name: Text,
    /// A metric of one's own or a built-in one.
    pub metric: Text,
    /// How the metric is compared.
    pub operator: Comparison,
    /// With what: a number, a share from 0 to 1, or seconds.
    pub threshold: f64,
    /// Where no source feeds it, it is unknown and not "not needed".
    pub required: bool,
    /// Names of the releases that must meet it, as patterns with `*` and `?`; none: all.
    pub scope: Vec<Text>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_is_counted_otherwise_has_another_definition() {
        let metric = Metric {
            name: Text::new("own"),
            items: Items::Stories,
            filter: Text::new("is:open"),
            aggregate: Aggregate::Count,
            of: Text::default(),
            period_seconds: None,
        };
        // As it is on people's disks.
        assert_eq!(metric.definition(), 0x8cdb_8fed);
        assert_eq!(Metric { name: Text::new("ours"), ..metric.clone() }.definition(), metric.definition());
        let others = [
            Metric { items: Items::Defects, ..metric.clone() },
            Metric { filter: Text::new("is:done"), ..metric.clone() },
            Metric { aggregate: Aggregate::Share, ..metric.clone() },
            // The same letters at another place.
            Metric { filter: Text::default(), of: metric.filter.clone(), ..metric.clone() },
            Metric { period_seconds: Some(60), ..metric.clone() },
        ];
        let mut all: Vec<u32> = others.iter().map(Metric::definition).chain([metric.definition()]).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6);
    }

    #[test]
    fn a_range_is_met_as_a_whole_not_at_all_or_nobody_knows() {
        use Comparison::{Above, AtLeast, AtMost, Below, Equal};
        let (nan, endless) = (f64::NAN, f64::INFINITY);
        for (operator, low, high, expected) in [
            (AtMost, 1.0, 2.0, Some(true)),
            (AtMost, 1.0, 3.0, None),
            (AtMost, 3.0, 3.0, Some(false)),
            (Below, 2.0, 2.0, Some(false)),
            (Below, 1.0, 1.5, Some(true)),
            (AtLeast, 2.0, 9.0, Some(true)),
            (AtLeast, 1.0, endless, None),
            (AtLeast, 0.0, 1.9, Some(false)),
            (Above, 2.0, 2.0, Some(false)),
            (Above, 2.1, 2.1, Some(true)),
            (Equal, 2.0, 2.0, Some(true)),
            (Equal, 1.0, 3.0, None),
            (Equal, 3.0, 4.0, Some(false)),
            (AtMost, nan, nan, None),
            (Equal, nan, 2.0, None),
        ] {
            assert_eq!(operator.of_range(low, high, 2.0), expected, "{operator:?} {low} to {high}");
        }
    }
}

//! What every card is made of.

use serde::Serialize;

use crate::{
    domain::{Kind, Text},
    insight::Subject,
};

macro_rules! cards {
    ($($variant:ident, $name:literal, $title:literal, [$($kind:ident),*], $definition:literal;)*) => {
        /// A question that a card answers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum CardId {
            $(#[doc = $definition] $variant,)*
        }

        impl CardId {
            /// All of them, in the order in which they are shown.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its name in JSON and on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its title on the screen.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What its numbers mean.
            pub fn definition(self) -> &'static str {
                match self { $(Self::$variant => $definition,)* }
            }

            /// The kinds of facts that it rests on.
            pub(crate) fn kinds(self) -> &'static [Kind] {
                match self { $(Self::$variant => &[$(Kind::$kind),*],)* }
            }
        }
    };
}

cards! {
    AutomaticFindings, "automatic_findings", "What changed",
        [Stories, Defects, PullRequests, TestRuns, Findings, Deployments],
        "Weekly series whose last 6 weeks differ from up to 26 before: by ranks (Mann and Whitney), with \
         at most one in 20 of the findings expected to be noise (Benjamini and Hochberg), a shift \
         (Hodges and Lehmann) of at least 30 % and a Cliff's delta of at least 0.474; none on fewer than \
         20 cases.";
    StoriesPerRelease, "stories_per_release", "Stories per release", [Releases, Stories],
        "Stories that were ready when a release went out, beside how many days it was late and how many of its \
         stories were returned at least once. Many: at least the median of the releases of the same project; \
         few: below their lower quartile; or as configured.";
    OpenedAndSolved, "opened_and_solved", "Opened and solved", [Stories, Defects],
        "Items that were opened or opened again, that were solved and that were given up, in each week from \
         Monday to Sunday, and what was open at its end. The pace is the mean net change of the last 8 to 13 \
         whole weeks with its 90 % interval (Student's t); what is open by the pace is when nothing would \
         be, if it surely shrinks. Good: surely shrinking; poor: surely growing; watch: neither is sure.";
    ValueStream, "value_stream", "Value stream", [Stories, Defects, PullRequests, Deployments],
        "Working time of stories and defects in each step from the idea to production, re-entries added up; every \
         moment is in one step: that of a pull request under way, else that of the status. In progress, \
         coding, review and test are work, the rest is waiting. Flow efficiency is work by work and waiting \
         since work began: good from 40 % on, poor below 15 %. The constraint is the step after to do that \
         takes most hours.";
    CumulativeFlow, "cumulative_flow", "Cumulative flow", [Stories, Defects],
        "Items by status at the end of each of the last 90 days. Work in progress of the last 14 days \
         against the days before: watch from 1.2 times on, poor from 1.5 times on. Days in work by Little's \
         law, from 14 days and 10 done items on: mean work in progress by what was done a day.";
    Delivery, "delivery", "Delivery metrics", [Deployments, PullRequests, Stories],
        "The five metrics of DORA over 13 weeks, against the 13 before. Lead time: first commit to \
         production, median. Frequency: deployments that reached production, a week. Change fail rate: \
         deployments that failed, were rolled back or led to an incident, by deployments. Recovery: from \
         the failure or the incident until it was over, median. Rework: deployments that a failure made \
         necessary, by deployments. Levels are those of the report of 2023; good: high or elite, poor: low.";
    Testing, "testing", "Testing", [TestRuns, Releases],
        "The newest run of each suite, for the release and the five of its project before. Takes: the median \
         duration of its runs; longer by: against the release before. Flaky: commits that were tested at \
         least twice and once passed and once failed. Returned: stories of the release that went back within \
         3 days after a failing run of it that names them or the commit of their pull request.";
    RecurringDefects, "recurring_defects", "Defects that come back", [Defects, Stories, TestRuns],
        "The same component and function, or words of the title, in two or more releases, opened again, or \
         back after a fix; tests that failed in two or more releases apart from them. Components by Σ 1/(1+e^(12−12t)) over their fixes, t from 0 (oldest) to 1 (newest); \
         flagged where they have more fixes than by their share of the stories (Poisson, 5 % after Benjamini \
         and Hochberg). Silent: changed in this release, with no test and no defect by its name.";
    CodeAnalysis, "code_analysis", "Code analysis", [Findings],
        "Findings of analyzers that are open, by severity and component (repository and folder), how old they \
         are, how many came and went, and how quality gates stand; new: opened since the last release of the project.";
    Effort, "effort", "Effort", [Stories, Defects],
        "Working days from the first work on a story to done, by kind, points and component. What is left of an \
         open one: the average of what those like it took beyond the time already spent. Needs: what is left, \
         divided by what somebody, a team or everybody finished of this project at a time (Little's law over \
         90 days).";
    EnvironmentCost, "environment_cost", "Cost of environments", [Bookings, Environments, Deployments, TestRuns],
        "What bookings cost by month (days by the price of a day), with the times in which a day costs most and \
         least. Forecast: what is booked, and what is usual (median of up to 6 whole months) less that, for the \
         time to come. Idle: working time of bookings that reach into the last 90 days that saw no use; good below 20 %, poor from 40 % on. Hard: \
         failed deployments of at least 5, drawn towards the rate of all, by what is surely exceeded (90 %).";
    TrackRecord, "track_record", "Promises and forecasts", [Releases, Stories],
        "Slip: calendar days from the target that was known first to the release. Held: the share of forecasts whose \
         85 % date was not passed, releases weighing the same. Width: days from the 50 % to the 95 % date.";
}

impl CardId {
    /// The card with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.name() == name)
    }
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// Which question.
    pub id: CardId,
    /// What was found, in a sentence.
    pub sentence: Text,
    /// How good that is.
    pub standing: CardStanding,
    /// Numbers by name, for programs.
    pub figures: Vec<Figure>,
    /// What is seen at a glance.
    pub picture: Picture,
    /// What the columns of `rows` are.
    pub columns: Vec<CardColumn>,
    /// The rows behind it, the most telling first.
    pub rows: Vec<CardRow>,
    /// How it was counted, and other remarks.
    pub notes: Vec<Text>,
    /// What does not count, how many, and why.
    pub left_out: Vec<Text>,
}

impl Card {
    /// All that is remarked beside the rows: how it was counted, then what was left out.
    pub fn remarks(&self) -> impl Iterator<Item = &Text> {
        self.notes.iter().chain(&self.left_out)
    }

    /// A card that cannot say anything, and why.
    pub(crate) fn silent(id: CardId, why: &str) -> Self {
        Self {
            id,
            sentence: Text::new(why),
            standing: CardStanding::Unknown,
            figures: Vec::new(),
            picture: Picture::None,
            columns: Vec::new(),
            rows: Vec::new(),
            notes: Vec::new(),
            left_out: Vec::new(),
        }
    }
}

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardStanding {
    /// It needs somebody.
    Poor,
    /// It is worth an eye.
    Watch,
    /// It is well.
    Good,
    /// It is neither good nor bad.
    Told,
    /// There is too little to say anything.
    Unknown,
}

impl CardStanding {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Poor => "poor",
            Self::Watch => "watch",
            Self::Good => "good",
            Self::Told => "told",
            Self::Unknown => "unknown",
        }
    }
}

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Its name: a key in JSON.
    pub name: &'static str,
    /// The number; none where it is not known.
    pub value: Option<f64>,
    /// Its unit: `stories`, `days`, `share`.
    pub unit: &'static str,
}

/// What is seen at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Picture {
    /// There is nothing to draw.
    None,
    /// A bar for each.
    Bars {
        /// Oldest or first on the left.
        bars: Vec<Bar>,
    },
    /// A bar for each, made of parts that have names.
    Parts {
        /// What the parts of each bar are, in their order.
        parts: Vec<Text>,
        /// First on top.
        bars: Vec<Bar>,
    },
    /// Lines or areas over steps of time.
    Lines {
        /// What each step is, oldest first: `2 Nov`.
        steps: Vec<Text>,
        /// Each with a value for every step.
        series: Vec<Series>,
        /// They add up: drawn one upon the other.
        stacked: bool,
    },
}

/// One bar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What it is of.
    pub label: Text,
    /// Its parts one after the other, such as working and waiting; most bars have one.
    pub parts: Vec<f64>,
    /// What is written at its end.
    pub says: Text,
    /// How good it is.
    pub standing: CardStanding,
}

/// One line of a picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// What it is.
    pub name: Text,
    /// A value for each step; none where nothing is known.
    pub values: Vec<Option<f64>>,
    /// What much of it means: poor of failures; told of most, of which neither much nor little is good
    /// by itself.
    pub standing: CardStanding,
}

/// A column of the rows behind a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardColumn {
    /// Its heading.
    pub title: &'static str,
    /// Written against the right edge, as figures are.
    pub is_figure: bool,
}

impl CardColumn {
    /// A column of words.
    pub(crate) const fn words(title: &'static str) -> Self {
        Self { title, is_figure: false }
    }

    /// A column of figures.
    pub(crate) const fn figures(title: &'static str) -> Self {
        Self { title, is_figure: true }
    }
}

/// A row behind a card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CardRow {
    /// One for each column; the first names the row.
    pub cells: Vec<Text>,
    /// How good it is.
    pub standing: CardStanding,
    /// Where it leads to.
    pub subject: Option<Subject>,
    /// What it is made of, the most telling first, where its cells do not say it; bounded by
    /// `behind`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Text>,
}

/// Things behind a row that are told; of more only how many there are.
const MOST_BEHIND: usize = 20;

/// The first of `things` in words, and how many more there are.
pub(crate) fn behind<T>(things: &[T], said: impl Fn(&T) -> String) -> Vec<Text> {
    let more = things.len().saturating_sub(MOST_BEHIND);
    let rest = (more > 0).then(|| Text::new(format!("… and {more} more")));
    things.iter().take(MOST_BEHIND).map(|thing| Text::new(said(thing))).chain(rest).collect()
}

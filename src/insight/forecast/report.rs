//! What a back-test says, for people and for programs.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use super::{prior::Scope, scores::MethodScores};
use crate::domain::{Problem, Text};

/// How good each method was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What counted as scope.
    pub scope: Scope,
    /// Over all projects.
    pub methods: Vec<MethodScores>,
    /// By project.
    pub projects: BTreeMap<Text, Vec<MethodScores>>,
    /// Rows that were left out, with their lines: the first few.
    pub problems: Vec<Problem>,
    /// How many rows were left out.
    pub rows_left_out: usize,
}

impl Report {
    /// As tables: over all projects, then each of them.
    pub fn to_text(&self) -> String {
        let scope = match self.scope {
            Scope::Emerging => "emerging scope: an item counts from its creation on",
            Scope::Fixed => "fixed scope: all items count from the start on",
        };
        let mut text = format!("{scope}\n\n");
        table(&mut text, "all projects", &self.methods);
        for (project, methods) in &self.projects {
            text.push('\n');
            table(&mut text, project, methods);
        }
        text.push_str(
            "\ncov: share of cases done by the 50, 85 and 95 % dates · error: median of |P50 - actual| / remaining\n\
             CRPS: distance of the whole forecast from what happened, in days · P85: median of P85 / remaining\n\
             each checkpoint knows only what was known on its day; releases weigh the same\n",
        );
        if self.rows_left_out > 0 {
            let _ = writeln!(text, "\n{} rows were left out:", self.rows_left_out);
            for problem in &self.problems {
                let _ = writeln!(text, "  {}", problem.what);
            }
            if self.rows_left_out > self.problems.len() {
                let _ = writeln!(text, "  and {} more", self.rows_left_out - self.problems.len());
            }
        }
        text
    }

    /// As one JSON object: `scope`, `methods`, `projects`, `problems`, `rows_left_out`.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

fn table(text: &mut String, title: &str, methods: &[MethodScores]) {
    let counts = methods.first().map_or((0, 0), |method| (method.n, method.releases));
    let _ = writeln!(text, "{title}: {} forecasts of {} releases", counts.0, counts.1);
    let _ = writeln!(
        text,
        "{:<20} {:>6} {:>6} {:>6} {:>6} {:>9} {:>6}",
        "method", "cov 50", "cov 85", "cov 95", "error", "CRPS days", "P85"
    );
    for method in methods {
        let _ = writeln!(
            text,
            "{:<20} {:>6.2} {:>6.2} {:>6.2} {:>6.2} {:>9.1} {:>6.2}",
            method.name,
            method.cov50,
            method.cov85,
            method.cov95,
            method.median_abs_error_ratio,
            method.crps_days,
            method.p85_width_ratio
        );
    }
}

//! `[[section]]`: filters of the pull requests with a name.

use super::document::TableReader;
use super::rules::{query_text, wrong_query};
use crate::domain::{Items, Text};
use crate::insight::query::parse_for;

/// Most sections of one file.
const MOST: usize = 30;

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionConfig {
    /// What it is called.
    pub name: Text,
    /// What is in it.
    pub query: Text,
}

/// Reads the sections at the top of a file. What cannot be used is left out and complained
/// about.
pub(super) fn read(top: &mut TableReader<'_>) -> Vec<SectionConfig> {
    let mut sections: Vec<SectionConfig> = Vec::new();
    for mut table in top.tables("section", "section") {
        let name = table.required_text("name");
        if !table.has("query") {
            table.complain("[section] without `query`", "add query = \"is:open author:@me\"");
        }
        let query = query_text(&mut table, "query").filter(|query| {
            let wrong = parse_for(query, Items::PullRequests, &[]).err();
            if let Some(error) = &wrong {
                wrong_query(&table, "query", query, error);
            }
            wrong.is_none()
        });
        let section = name.zip(query).map(|(name, query)| SectionConfig { name, query });
        if let Some(section) = section {
            if sections.iter().any(|other| other.name == section.name) {
                table.complain("a second [[section]] of this name", "give it another name");
            } else if sections.len() >= MOST {
                table.complain(format!("more than {MOST} [[section]]"), "remove some");
            } else {
                sections.push(section);
            }
        }
        table.finish();
    }
    sections
}

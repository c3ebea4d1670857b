//! `[[section]]`: filters of the pull requests with a name.

use super::complaint::Complaint;
use super::document::TableReader;
use super::rules::{query_text, wrong_query};
use crate::domain::{Items, Team, Text};
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
            let wrong = parse_for(query, Items::PullRequests, &[], None).err();
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

/// What is wrong with sections once the teams of all files are known: they ask for one that there
/// is not.
pub(super) fn without_their_team(sections: &[SectionConfig], teams: &[Team]) -> Vec<Complaint> {
    let wrong = sections.iter().filter_map(|section| {
        let error = parse_for(&section.query, Items::PullRequests, &[], Some(teams)).err()?;
        let mut next_step = format!("{}\n  {}", section.query, error.carets(&section.query));
        if !error.known.is_empty() {
            next_step += "\n  allowed here: ";
            next_step += &error.known.join(", ");
        }
        let place = format!("[[section]] {}", section.name);
        Some(Complaint::new(place, format!("in `query`: {}", error.what), next_step))
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_of_a_team_that_there_is_not_is_complained_about() {
        let section = |query: &str| SectionConfig { name: Text::new("ours"), query: Text::new(query) };
        let teams =
            [Team { name: Text::new("checkout"), members: vec![Text::new("ana")], ..Team::default() }];
        let sections = [section("team:checkout is:open"), section("is:open team:chekout")];
        let complaints = without_their_team(&sections, &teams);
        assert_eq!(complaints.len(), 1);
        let said = complaints[0].to_string();
        assert!(said.contains("no team `chekout`") && said.contains("allowed here: checkout"), "{said}");
    }
}

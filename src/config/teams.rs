//! `[[team]]`: who works together, and on what.

use super::document::TableReader;
use crate::domain::Team;

/// Most teams of one file.
const MOST: usize = 200;
/// Most names in one list of a team.
const MOST_NAMES: usize = 1_000;

/// Reads the teams at the top of a file. What cannot be used is left out and complained about.
pub(super) fn read(top: &mut TableReader<'_>) -> Vec<Team> {
    let mut teams: Vec<Team> = Vec::new();
    for mut table in top.tables("team", "team") {
        let name = table.required_text("name");
        let [members, repositories, components] = ["members", "repositories", "components"].map(|key| {
            let names = table.texts(key);
            if names.len() > MOST_NAMES {
                table.complain_within(
                    key,
                    0,
                    format!("more than {MOST_NAMES} names"),
                    "make two teams of it",
                );
            }
            names
        });
        if !["members", "repositories", "components"].into_iter().any(|key| table.has(key)) {
            table.complain(
                "[team] without anybody and anything",
                "add members = [\"ada\"], repositories = [\"api\"] or components = [\"refunds\"]",
            );
        }
        let mut others = teams.iter().flat_map(|other| other.members.iter().map(move |one| (one, other)));
        let taken =
            others.find(|(one, _)| members.iter().any(|mine| mine.to_lowercase() == one.to_lowercase()));
        if let Some((member, other)) = taken {
            let what = format!("{member} is a member of the team {} already", other.name);
            table.complain_within(
                "members",
                0,
                what,
                "name everybody in one team only: effort is added up by team",
            );
        }
        let is_double = name.as_ref().is_some_and(|name| teams.iter().any(|other| other.name == *name));
        if is_double {
            table.complain("a second [[team]] of this name", "give it another name");
        } else if teams.len() >= MOST {
            table.complain(format!("more than {MOST} [[team]]"), "remove some");
        } else {
            teams.extend(name.map(|name| Team { name, members, repositories, components }));
        }
        table.finish();
    }
    teams
}

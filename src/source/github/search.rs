//! Searches that select pull requests besides those that their base and age select.

use super::settings::GithubRepository;

/// What to search for in `repository`: pull requests, and only there. None where the search is
/// about another repository.
pub(super) fn of_repository(search: &str, repository: &GithubRepository) -> Option<String> {
    let name = format!("{}/{}", repository.owner, repository.name);
    let mut query = search.trim().to_owned();
    let named: Vec<&str> = terms(search).into_iter().filter_map(|term| qualified(term, &["repo"])).collect();
    if named.is_empty() {
        query = format!("{query} repo:{name}");
    } else if !named.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
        return None;
    }
    let is_typed = terms(search)
        .into_iter()
        .filter_map(|term| qualified(term, &["is", "type"]))
        .any(|kind| ["pr", "pull-request"].iter().any(|known| known.eq_ignore_ascii_case(kind)));
    if !is_typed {
        query.push_str(" is:pr");
    }
    Some(query.trim_start().to_owned())
}

/// What stands after one of the qualifiers `names` and its colon.
fn qualified<'a>(term: &'a str, names: &[&str]) -> Option<&'a str> {
    let (name, value) = term.split_once(':')?;
    names.iter().any(|known| known.eq_ignore_ascii_case(name)).then(|| value.trim_matches('"'))
}

/// The terms of a search: blanks within quotes part nothing.
fn terms(search: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let parts = search.split(move |character: char| {
        is_quoted ^= character == '"';
        character.is_whitespace() && !is_quoted
    });
    parts.filter(|term| !term.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_for_pull_requests_of_its_repository() {
        let repository = GithubRepository { owner: "o".into(), name: "api".into(), project: None };
        for (search, expected) in [
            ("label:urgent", Some("label:urgent repo:o/api is:pr")),
            ("is:pr author:kim", Some("is:pr author:kim repo:o/api")),
            ("type:PR", Some("type:PR repo:o/api")),
            ("repo:O/API base:next", Some("repo:O/API base:next is:pr")),
            ("repo:o/web repo:o/api", Some("repo:o/web repo:o/api is:pr")),
            ("repo:o/web label:urgent", None),
            ("-repo:o/web", Some("-repo:o/web repo:o/api is:pr")),
            (r#""a repo:o/web in words""#, Some(r#""a repo:o/web in words" repo:o/api is:pr"#)),
            (r#"label:"is:pr or not""#, Some(r#"label:"is:pr or not" repo:o/api is:pr"#)),
            ("  ", Some("repo:o/api is:pr")),
        ] {
            assert_eq!(of_repository(search, &repository).as_deref(), expected, "{search}");
        }
    }
}

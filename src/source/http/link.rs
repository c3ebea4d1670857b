//! The `Link` header (RFC 8288): where the next page is.

/// The address with `rel="next"` in a `Link` header, verbatim.
///
/// Commas and semicolons inside an address or a quoted value do not end it; a relation may be
/// one of several (`rel="prev next"`). What is not a link ends the search.
pub fn next_link(header: &str) -> Option<&str> {
    let mut rest = header.trim_start();
    loop {
        let (address, after) = rest.strip_prefix('<')?.split_once('>')?;
        let (parameters, following) = split_unquoted(after, ',');
        if is_next(parameters) {
            return Some(address);
        }
        rest = following?.trim_start();
    }
}

/// The parameters of one link say that it is the next page. Only the first `rel` counts.
fn is_next(parameters: &str) -> bool {
    let mut rest = Some(parameters);
    while let Some(text) = rest {
        let (parameter, following) = split_unquoted(text, ';');
        rest = following;
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            let relations = value.trim().trim_matches('"');
            return relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"));
        }
    }
    false
}

/// Splits at the first `separator` that is not inside quotes.
fn split_unquoted(text: &str, separator: char) -> (&str, Option<&str>) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                return (&text[..at], Some(&text[at + separator.len_utf8()..]));
            }
            _ => {}
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_as_it_is_written() {
        for (header, next) in [
            (
                r#"<https://api.github.com/repositories/1/issues?page=2>; rel="next", <https://api.github.com/repositories/1/issues?page=9>; rel="last""#,
                Some("https://api.github.com/repositories/1/issues?page=2"),
            ),
            (
                r#"<https://h/a?page=1>; rel="prev", <https://h/a?page=3>; rel="next""#,
                Some("https://h/a?page=3"),
            ),
            (r#"<https://h/a?ids=1,2;3>; rel="next""#, Some("https://h/a?ids=1,2;3")),
            (r#"<https://h/a>; title="a, b; rel=\"next\""; rel="last""#, None),
            (r#"<https://h/a>; title="x, y"; rel="next""#, Some("https://h/a")),
            ("<https://h/a>;rel=next", Some("https://h/a")),
            (r#"<https://h/a>; REL="last NEXT""#, Some("https://h/a")),
            (r#"<https://h/a>; rel="last"; rel="next""#, None),
            (r#"<https://h/a>; rel="nextpage""#, None),
            (r#"<https://h/a; rel="next""#, None),
            ("https://h/a; rel=next", None),
            ("", None),
            (",", None),
        ] {
            assert_eq!(next_link(header), next, "{header}");
        }
    }
}

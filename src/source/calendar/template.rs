//! Patterns on what events are called, with names in them: `Deploy {release} to {environment}`.

/// A pattern: `*` stands for any characters, `{release}` and `{environment}` for some that are
/// noted. Upper and lower case are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    /// What stands before the first hole.
    first: Vec<char>,
    /// Each hole, with what follows it.
    rest: Vec<(Hole, Vec<char>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    Anything,
    Release,
    Environment,
}

/// What stood in the holes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Captured {
    pub(super) release: Option<String>,
    pub(super) environment: Option<String>,
}

const HOLES: [(&str, Hole); 3] =
    [("*", Hole::Anything), ("{release}", Hole::Release), ("{environment}", Hole::Environment)];

impl Template {
    pub(super) fn new(written: &str) -> Self {
        let mut template = Self { first: Vec::new(), rest: Vec::new() };
        let mut left = written;
        while let Some(character) = left.chars().next() {
            if let Some((name, hole)) = HOLES.iter().find(|(name, _)| left.starts_with(name)) {
                template.rest.push((*hole, Vec::new()));
                left = &left[name.len()..];
                continue;
            }
            let literal = template.rest.last_mut().map_or(&mut template.first, |(_, literal)| literal);
            literal.push(lower(character));
            left = &left[character.len_utf8()..];
        }
        template
    }

    /// What stands in the holes if `text` is like this; each hole takes as little as it can. Takes
    /// time by the length of the text alone, times that of the pattern.
    pub(super) fn matches(&self, text: &str) -> Option<Captured> {
        let text: Vec<char> = text.trim().chars().collect();
        let lowered: Vec<char> = text.iter().copied().map(lower).collect();
        if !lowered.starts_with(&self.first) || self.rest.is_empty() && lowered.len() != self.first.len() {
            return None;
        }
        let mut at = self.first.len();
        let mut captured = Captured::default();
        for (index, (hole, literal)) in self.rest.iter().enumerate() {
            let least = usize::from(*hole != Hole::Anything);
            let end = if index + 1 == self.rest.len() {
                // The last one reaches to what the text ends with.
                let end = lowered.len().checked_sub(literal.len())?;
                (lowered.ends_with(literal) && end >= at + least).then_some(end)?
            } else {
                let from = at + least;
                from + lowered
                    .get(from..)?
                    .windows(literal.len().max(1))
                    .position(|window| window.starts_with(literal))?
            };
            let content: String = text[at..end].iter().collect();
            let content = Some(content.trim().to_owned()).filter(|content| !content.is_empty());
            match hole {
                Hole::Anything => {}
                Hole::Release => captured.release = Some(content?),
                Hole::Environment => captured.environment = Some(content?),
            }
            at = end + literal.len();
        }
        Some(captured)
    }
}

fn lower(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found<'a> = Option<(&'a str, &'a str)>;

    #[test]
    fn patterns_find_what_they_name() {
        let cases: [(&str, &str, Found<'_>); 12] = [
            (
                "Deploy {release} to {environment}",
                "Deploy payments 4.2 to production/eu",
                Some(("payments 4.2", "production/eu")),
            ),
            (
                "Deploy {release} to {environment}",
                "  DEPLOY Payments 4.2 TO Production ",
                Some(("Payments 4.2", "Production")),
            ),
            ("Deploy {release} to {environment}", "Deploy a to b to c", Some(("a", "b to c"))),
            ("Deploy {release} to {environment}", "Deploy  to production", None),
            ("Deploy {release} to {environment}", "Please deploy a to b", None),
            ("*deploy {release} to {environment} (*)", "Team: deploy a to b (ok)", Some(("a", "b"))),
            ("{environment}: {release}", "staging: 4.2", Some(("4.2", "staging"))),
            ("*freeze*", "Code Freeze", Some(("", ""))),
            ("*freeze*", "Anti-frost", None),
            ("freeze", "freeze", Some(("", ""))),
            ("freeze", "freezer", None),
            ("", "", Some(("", ""))),
        ];
        for (template, text, expected) in cases {
            let found = Template::new(template).matches(text);
            let found =
                found.map(|found| (found.release.unwrap_or_default(), found.environment.unwrap_or_default()));
            let expected =
                expected.map(|(release, environment)| (release.to_owned(), environment.to_owned()));
            assert_eq!(found, expected, "{template} on {text}");
        }
    }

    #[test]
    fn a_long_text_and_many_holes_take_no_time_to_speak_of() {
        let text = "a".repeat(500);
        assert_eq!(Template::new(&("*a".repeat(100) + "*b")).matches(&text), None);
    }
}

//! What a GraphQL document costs by GitHub's formula: every connection multiplies the nodes by
//! its `first` or `last`; every connection is one request for each node that it hangs on, and a
//! hundred requests are a point. For tests: it reads what the documents here are written in, not
//! every GraphQL.

use std::collections::BTreeMap;

/// What a document costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Nodes that an answer may have.
    pub(super) nodes: u64,
    /// Points of the rate limit.
    pub(super) points: u64,
}

/// The cost of `text` with `page` for every variable.
pub(super) fn cost(text: &str, page: u32) -> Cost {
    let tokens = tokens(text);
    let mut fragments = BTreeMap::new();
    let mut query = None;
    let mut at = 0;
    while at < tokens.len() {
        let name = tokens[at + 1].clone();
        let is_query = tokens[at] == "query";
        let body = (at..tokens.len()).find(|&index| tokens[index] == "{").unwrap();
        // The variables of a query stand in parentheses and hold no braces.
        let end = closing(&tokens, body);
        if is_query {
            query = Some(body + 1..end);
        } else {
            fragments.insert(name, body + 1..end);
        }
        at = end + 1;
    }
    let mut walk = Walk { tokens: &tokens, fragments, page: page.into(), nodes: 0, requests: 0 };
    // `nodes(ids:)` gives as many as are asked for, and counts as none.
    walk.selections(query.unwrap(), 1);
    Cost { nodes: walk.nodes, points: ((walk.requests as f64 / 100.0).round() as u64).max(1) }
}

struct Walk<'a> {
    tokens: &'a [String],
    fragments: BTreeMap<String, std::ops::Range<usize>>,
    page: u64,
    nodes: u64,
    requests: u64,
}

impl Walk<'_> {
    fn selections(&mut self, range: std::ops::Range<usize>, times: u64) {
        let mut at = range.start;
        while at < range.end {
            if self.tokens[at] == "..." {
                if self.tokens[at + 1] == "on" {
                    let end = closing(self.tokens, at + 3);
                    self.selections(at + 4..end, times);
                    at = end + 1;
                } else {
                    let fragment = self.fragments[&self.tokens[at + 1]].clone();
                    self.selections(fragment, times);
                    at += 2;
                }
                continue;
            }
            let name = self.tokens[at].clone();
            let mut inner = times;
            at += 1;
            if self.tokens.get(at).is_some_and(|token| token == "(") {
                let end = closing(self.tokens, at);
                let arguments = &self.tokens[at..end];
                let size = arguments.windows(3).find(|window| matches!(window[0].as_str(), "first" | "last"));
                if let Some(size) = size {
                    let size = size[2].parse().unwrap_or(self.page);
                    self.requests += times;
                    self.nodes += times * size;
                    inner = times * size;
                } else if name == "nodes" {
                    inner = times * self.page;
                }
                at = end + 1;
            }
            if self.tokens.get(at).is_some_and(|token| token == "{") {
                let end = closing(self.tokens, at);
                // A connection that is asked for its count alone is a request without nodes.
                if self.tokens[at + 1..end] == ["totalCount"] {
                    self.requests += times;
                }
                self.selections(at + 1..end, inner);
                at = end + 1;
            }
        }
    }
}

fn closing(tokens: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    panic!("not closed");
}

/// Names, braces and `...`; aliases are dropped, colons stay within arguments only.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut depth = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word =
            rest.chars().take_while(|character| character.is_alphanumeric() || "_$\"/!".contains(*character));
        let length: usize = word.map(char::len_utf8).sum();
        if length > 0 {
            tokens.push(rest[..length].to_owned());
            rest = &rest[length..];
        } else if rest.starts_with("...") {
            tokens.push("...".to_owned());
            rest = &rest[3..];
        } else {
            match first {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if first == ':' && depth == 0 {
                tokens.pop();
            } else if !first.is_whitespace() && first != ',' {
                tokens.push(first.to_string());
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    tokens
}

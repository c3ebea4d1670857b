//! Text as Jira Cloud wants it: Atlassian Document Format, version 1
//! ("Atlassian Document Format", developer.atlassian.com).

use serde_json::{Value, json};

/// `text` as a document: paragraphs where there are empty lines, line breaks where lines end.
pub(super) fn of_text(text: &str) -> Value {
    let text = text.replace("\r\n", "\n");
    let mut paragraphs: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        let line = line.trim_end();
        match paragraphs.last_mut() {
            Some(paragraph) if !line.is_empty() => paragraph.push(line),
            Some(paragraph) if !paragraph.is_empty() => paragraphs.push(Vec::new()),
            _ => {}
        }
    }
    let content: Vec<Value> =
        paragraphs.iter().filter(|lines| !lines.is_empty()).map(|lines| paragraph(lines)).collect();
    json!({ "type": "doc", "version": 1, "content": content })
}

fn paragraph(lines: &[&str]) -> Value {
    let mut content = Vec::with_capacity(2 * lines.len());
    for line in lines {
        if !content.is_empty() {
            content.push(json!({ "type": "hardBreak" }));
        }
        content.push(json!({ "type": "text", "text": line }));
    }
    json!({ "type": "paragraph", "content": content })
}

/// The words of a document, or of a plain text, with single blanks between them.
pub(super) fn words(body: &Value) -> String {
    fn collect(value: &Value, depth: usize, into: &mut Vec<String>) {
        // Deeper documents cannot be written in Jira.
        if depth > 32 {
            return;
        }
        match value {
            Value::String(text) => into.extend(text.split_whitespace().map(str::to_owned)),
            Value::Object(node) => {
                for name in ["text", "content"] {
                    if let Some(inner) = node.get(name) {
                        collect(inner, depth + 1, into);
                    }
                }
            }
            Value::Array(nodes) => nodes.iter().for_each(|node| collect(node, depth + 1, into)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    collect(body, 0, &mut all);
    all.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_paragraphs_stay_what_they_are() {
        let document = of_text("First line \r\nsecond\n\n\n  indented\n");
        assert_eq!(
            document,
            json!({ "type": "doc", "version": 1, "content": [
                { "type": "paragraph", "content": [
                    { "type": "text", "text": "First line" }, { "type": "hardBreak" }, { "type": "text", "text": "second" },
                ]},
                { "type": "paragraph", "content": [{ "type": "text", "text": "  indented" }] },
            ]})
        );
        assert_eq!(words(&document), "First line second indented");
        assert_eq!(words(&json!("First  line\nsecond indented")), "First line second indented");
        assert_eq!(
            of_text(" \n\n")["content"],
            json!([]),
            "an empty text is no paragraph: Jira refuses empty ones"
        );
    }
}

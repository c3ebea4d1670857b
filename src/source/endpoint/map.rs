//! Expressions that make the lists of facts out of an answer.

use std::collections::BTreeMap;

use jmespath::{Expression, Variable};
use serde_json::{Map, Value};

use crate::domain::Kind;

/// What makes facts out of an answer.
#[derive(Debug)]
pub(super) struct Mapping {
    /// The list that is made, and of what.
    lists: Vec<(String, Expression<'static>)>,
    covers: Vec<Kind>,
}

impl Mapping {
    /// The expressions of `map`, by the list that each makes. The error names the list.
    pub(super) fn new(map: &BTreeMap<String, String>, covers: &[Kind]) -> Result<Self, String> {
        let compiled = map.iter().map(|(list, expression)| match jmespath::compile(expression) {
            Ok(compiled) => Ok((list.clone(), compiled)),
            Err(error) => Err(format!("{list}: {}", error.reason)),
        });
        Ok(Self { lists: compiled.collect::<Result<_, _>>()?, covers: covers.to_vec() })
    }

    /// There are no expressions: answers are facts already.
    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// The document that the expressions make of the pages of an answer. What is not there is an
    /// error: no list is something else than an empty one.
    pub(super) fn apply(&self, pages: &[Vec<u8>]) -> Result<Value, String> {
        let mut made: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (number, page) in pages.iter().enumerate() {
            let page: Variable = serde_json::from_slice(page)
                .map_err(|error| format!("the answer{} is no JSON: {error}", of_page(number, pages)))?;
            let page = std::sync::Arc::new(page);
            for (list, expression) in &self.lists {
                let found =
                    expression.search(&page).map_err(|error| format!("map.{list}: {}", error.reason))?;
                let found = serde_json::to_value(&*found).map_err(|error| format!("map.{list}: {error}"))?;
                let Value::Array(items) = found else {
                    let what = match found {
                        Value::Null => "nothing",
                        Value::Object(_) => "an object",
                        Value::String(_) => "a text",
                        Value::Number(_) => "a number",
                        _ => "true or false",
                    };
                    let of = of_page(number, pages);
                    return Err(format!("map.{list}: expected a list, the answer{of} gives {what}"));
                };
                made.entry(list).or_default().extend(items);
            }
        }
        let mut document: Map<String, Value> =
            made.into_iter().map(|(list, items)| (list.to_owned(), Value::Array(items))).collect();
        let covers = self.covers.iter().map(|kind| Value::from(kind.key()));
        document.insert("covers".to_owned(), Value::Array(covers.collect()));
        Ok(Value::Object(document))
    }
}

fn of_page(number: usize, pages: &[Vec<u8>]) -> String {
    if pages.len() > 1 { format!(", page {},", number + 1) } else { String::new() }
}

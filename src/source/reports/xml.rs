//! Reading XML that nobody vouches for: element by element, with bounds on all that can grow, and
//! without document types, so that no entity is ever declared, fetched or expanded.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use super::contents::line;
use crate::domain::Problem;

/// Deepest nesting of elements.
const DEEPEST: usize = 100;

/// Most attributes of one element that are looked at.
const MOST_ATTRIBUTES: usize = 64;

/// What is met on the way through a document.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// An element begins; one that is empty ends next.
    Open(Element<'a>),
    /// The innermost element ends.
    Close,
}

/// An element.
#[derive(Debug)]
pub(super) struct Element<'a> {
    /// Its name without a prefix.
    pub(super) name: String,
    start: BytesStart<'a>,
}

/// A document being read.
pub(super) struct Document<'a> {
    file: &'a str,
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Names of the elements that are open, outermost first.
    open: Vec<String>,
    /// An empty element was opened, and ends next.
    ends_next: bool,
    has_root: bool,
}

impl<'a> Document<'a> {
    /// The document `text` of the file `file`.
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            reader: Reader::from_str(text),
            open: Vec::new(),
            ends_next: false,
            has_root: false,
        }
    }

    /// The next step; none at the end of a document that is whole.
    pub(super) fn next(&mut self) -> Result<Option<Step<'a>>, Problem> {
        if std::mem::take(&mut self.ends_next) {
            self.open.pop();
            return Ok(Some(Step::Close));
        }
        loop {
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.problem(&format!("this is no XML: {error}"))),
            };
            match event {
                Event::Start(start) => return self.opened(start).map(Some),
                Event::Empty(start) => {
                    self.ends_next = true;
                    return self.opened(start).map(Some);
                }
                Event::End(_) => {
                    self.open.pop();
                    return Ok(Some(Step::Close));
                }
                Event::DocType(_) => {
                    return Err(Problem::new(
                        format!("{}:{}: a document type, which may declare entities", self.file, self.line()),
                        "reports of tests have none: look where this file comes from",
                    ));
                }
                Event::Text(text) if self.open.is_empty() && !text.trim().is_empty() => {
                    return Err(self.problem("this is no XML: text outside of the document"));
                }
                Event::Eof => {
                    return match self.open.last() {
                        Some(name) => Err(self.problem(&format!("it ends within <{name}>"))),
                        None if !self.has_root => Err(self.problem("this is no XML: there is nothing in it")),
                        None => Ok(None),
                    };
                }
                // Captured output and comments say nothing that counts; references in it are not
                // followed.
                Event::Text(_)
                | Event::CData(_)
                | Event::GeneralRef(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_) => {}
            }
        }
    }

    fn opened(&mut self, start: BytesStart<'a>) -> Result<Step<'a>, Problem> {
        let name = start.local_name().into_inner().chars().take(100).collect::<String>();
        if self.open.is_empty() && self.has_root {
            return Err(self.problem("this is no XML: a second document begins"));
        }
        self.has_root = true;
        if self.open.len() >= DEEPEST {
            return Err(self.problem(&format!("elements are nested more than {DEEPEST} deep")));
        }
        self.open.push(name.clone());
        Ok(Step::Open(Element { name, start }))
    }

    /// A problem at the place that was read last.
    pub(super) fn problem(&self, what: &str) -> Problem {
        Problem::new(
            format!("{}:{}: {what}", self.file, self.line()),
            "let the tests write the report again; a report that is being written is read when it is whole",
        )
    }

    fn line(&self) -> usize {
        line(self.text.as_bytes(), usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX))
    }
}

impl Element<'_> {
    /// The values of the attributes `names`; the problem if one is damaged.
    pub(super) fn attributes<const COUNT: usize>(
        &self,
        names: [&str; COUNT],
        document: &Document<'_>,
    ) -> Result<[Option<String>; COUNT], Problem> {
        let mut values = [const { None }; COUNT];
        // Whether one is there twice is not looked for: that takes long where there are many.
        for attribute in self.start.attributes().with_checks(false).take(MOST_ATTRIBUTES) {
            let damaged = |error: &dyn std::fmt::Display| {
                document.problem(&format!("an attribute of <{}> cannot be read: {error}", self.name))
            };
            let attribute = attribute.map_err(|error| damaged(&error))?;
            let key = attribute.key.local_name().into_inner();
            let Some(index) = names.iter().position(|name| *name == key) else { continue };
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| damaged(&error))?;
            values[index].get_or_insert_with(|| value.into_owned());
        }
        Ok(values)
    }
}

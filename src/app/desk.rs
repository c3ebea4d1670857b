//! What a board reaches outside of itself without changing anything there: the browser and the
//! clipboard.

use std::{fmt::Write as _, sync::Arc};

use crate::{domain::Instant, insight::Subject};

use super::{
    Effect, ListId, NotifySettings, Overlay, OwnCommands, Row, State, checkout::Checkout, update::say,
};

/// What is around the board, and what is configured of it.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// A browser has somewhere to open.
    pub browser: bool,
    /// The terminal very likely knows links (OSC 8).
    pub links: bool,
    /// The user has an editor.
    pub editor: bool,
    /// Commands of one's own.
    pub commands: Arc<OwnCommands>,
    /// Where pull requests are checked out; none: nowhere.
    pub checkout: Option<Arc<Checkout>>,
    /// What is told while nobody looks.
    pub notify: Arc<NotifySettings>,
    /// Whether the window is looked at; none where the terminal does not tell.
    pub(crate) is_looked_at: Option<bool>,
    /// Jobs that were begun.
    pub(crate) jobs: u64,
}

/// An address that a browser may open: http or https, with a host and without a user, of plain
/// characters only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link(String);

impl Link {
    /// Characters of a link at most.
    const LONGEST: usize = 2_000;

    /// The link that `raw` is; none if it is anything else.
    pub fn of(raw: &str) -> Option<Self> {
        let (scheme, rest) = raw.split_once("://")?;
        let scheme = ["https", "http"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A user in front of the host only makes believe that it is another one. A text that was
        // cut leads elsewhere.
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) || raw.ends_with('…') {
            return None;
        }
        let mut link = format!("{scheme}://");
        for byte in rest.bytes() {
            match byte {
                0..=b' ' | 0x7f => return None,
                // Harmless in an address, and not in a shell that somebody's browser script asks.
                b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'^' | b'{' | b'|' | b'}' | b'$' | 0x80.. => {
                    // Writing to a string cannot fail.
                    let _ = write!(link, "%{byte:02X}");
                }
                _ => link.push(char::from(byte)),
            }
        }
        (link.len() <= Self::LONGEST).then_some(Self(link))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl State {
    /// What is on top, else what is selected.
    pub(super) fn pointed(&self) -> Option<Subject> {
        match self.overlays.last() {
            Some(Overlay::Item { subject, .. } | Overlay::Why { subject, .. }) => Some(subject.clone()),
            Some(Overlay::Chooser(_)) | None => Some(self.subject()),
            Some(_) => None,
        }
    }

    /// Where a person reads more of `subject`.
    pub(crate) fn link(&self, subject: &Subject) -> Option<Link> {
        let url = match subject {
            Subject::PullRequest(id) => self.pull_request(id)?.pull_request.url.as_deref(),
            Subject::Story(key) => self.story(key)?.story.url.as_deref(),
            Subject::Deployment(id) => self.deployment(id)?.deployment.url.as_deref(),
            Subject::Release(id) => self.board.release(id)?.release.url.as_deref(),
            Subject::Headline | Subject::BurnDown | Subject::Day(_) => self.release()?.release.url.as_deref(),
            Subject::Gate(_)
            | Subject::Source(_)
            | Subject::Suite(_)
            | Subject::Test(..)
            | Subject::Environment(_)
            | Subject::Component(..)
            | Subject::Card(_)
            | Subject::CardRow(..)
            | Subject::Remedy(_) => None,
        };
        Link::of(url?)
    }

    /// The link of the selected row. A change has its own.
    fn pointed_link(&self) -> Option<Link> {
        if self.overlays.is_empty()
            && let (Some(ListId::Changes), Some(changes)) =
                (self.active_list(), self.comparison.changes.as_deref())
            && let Some(Row::Change(index)) = self.list(ListId::Changes).row()
            && let Some(url) = changes.changes.get(index as usize).and_then(|change| change.url.as_deref())
        {
            return Link::of(url);
        }
        self.link(&self.pointed()?)
    }

    /// What `subject` is called elsewhere, too: its key or number.
    fn reference(&self, subject: &Subject) -> Option<String> {
        Some(match subject {
            Subject::PullRequest(id) => id.to_string(),
            Subject::Story(key) => key.to_string(),
            Subject::Deployment(id) => id.to_string(),
            Subject::Release(id) => id.to_string(),
            Subject::Headline | Subject::BurnDown | Subject::Day(_) => self.release.clone()?.to_string(),
            Subject::Gate(name) => name.title().to_owned(),
            Subject::Source(id) => id.to_string(),
            Subject::Suite(name) | Subject::Test(_, name) => name.to_string(),
            Subject::Environment(id) => id.to_string(),
            Subject::Component(name, id) => format!("{name} on {id}"),
            Subject::Card(id) => id.title().to_owned(),
            Subject::CardRow(_, text) | Subject::Remedy(text) => text.to_string(),
        })
    }
}

/// Opens the selected row in a browser; where none can open, its link is copied.
pub(super) fn browse(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match state.pointed_link() {
        Some(link) if state.desk.browser => effects.push(Effect::Browse(link)),
        Some(link) => effects.push(Effect::Copy {
            said: format!("no display for a browser here: copied {}", link.as_str()).into(),
            text: link.0,
        }),
        None => say(state, "no link is known of this row", now, effects),
    }
}

/// Copies what the selected row is called.
pub(super) fn copy_reference(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match state.pointed().and_then(|subject| state.reference(&subject)) {
        Some(text) => effects.push(Effect::Copy { said: format!("copied {text}").into(), text }),
        None => say(state, "nothing is selected", now, effects),
    }
}

/// Copies the link of the selected row.
pub(super) fn copy_link(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match state.pointed_link() {
        Some(link) => {
            effects.push(Effect::Copy { said: format!("copied {}", link.as_str()).into(), text: link.0 });
        }
        None => say(state, "no link is known of this row", now, effects),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_where_it_says_or_is_none() {
        for (raw, link) in [
            ("https://github.com/acme/api/pull/812", Some("https://github.com/acme/api/pull/812")),
            ("HTTP://example.org", Some("http://example.org")),
            ("https://example.org:8443/a?b=c&d#e", Some("https://example.org:8443/a?b=c&d#e")),
            ("https://example.org/ä'$(x)", Some("https://example.org/%C3%A4%27%24(x)")),
            ("https://[::1]/x", Some("https://[::1]/x")),
            ("https://github.com@evil.example/x", None),
            ("https://", None),
            ("https:///etc/passwd", None),
            ("https://ex ample.org/", None),
            ("https://example.org/\u{1b}]8;;", None),
            ("https://example.org/a b", None),
            ("https://exämple.org/", None),
            ("https://example.org/cut…", None),
            ("file:///etc/passwd", None),
            ("javascript:alert(1)", None),
            ("--version", None),
            ("ssh://git@example.org/x", None),
            ("", None),
        ] {
            assert_eq!(Link::of(raw).as_ref().map(Link::as_str), link, "{raw:?}");
        }
        assert_eq!(Link::of(&format!("https://example.org/{}", "x".repeat(2_000))), None);
    }
}

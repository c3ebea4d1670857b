//! Keys as text: `j`, `G`, `ctrl-d`, `shift-tab`, `space`.

use std::{cmp::Ordering, fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers, in one form only: shift is part of the character where there is
/// one, and with control the character is a small letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

/// Keys that are no character, with their names.
const NAMED: [(&str, KeyCode); 17] = [
    ("space", KeyCode::Char(' ')),
    ("tab", KeyCode::Tab),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("page-up", KeyCode::PageUp),
    ("page-down", KeyCode::PageDown),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("pause", KeyCode::Pause),
    ("menu", KeyCode::Menu),
];

impl Key {
    /// The key in its one form.
    pub fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let mut key = Self {
            code,
            ctrl: modifiers.contains(KeyModifiers::CONTROL),
            alt: modifiers.contains(KeyModifiers::ALT),
            shift: modifiers.contains(KeyModifiers::SHIFT),
        };
        match code {
            KeyCode::BackTab => {
                key.code = KeyCode::Tab;
                key.shift = true;
            }
            KeyCode::Char(character) if key.ctrl => {
                key.code = KeyCode::Char(single(character.to_lowercase()).unwrap_or(character));
                key.shift = false;
            }
            // Some terminals report shift beside a small letter.
            KeyCode::Char(character) if key.shift && character != ' ' => {
                key.code = KeyCode::Char(single(character.to_uppercase()).unwrap_or(character));
                key.shift = false;
            }
            KeyCode::Char(_) => key.shift = false,
            _ => {}
        }
        key
    }

    /// The character that the key types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if !self.ctrl && !self.alt => Some(character),
            _ => None,
        }
    }

    /// The key without its modifiers, and whether control is held.
    pub(crate) fn parts(self) -> (KeyCode, bool) {
        (self.code, self.ctrl)
    }
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next();
    if characters.next().is_some() { None } else { first }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let modifiers = |key: &Self| (key.ctrl, key.alt, key.shift);
        // Key codes are plain values and always comparable; the library only does not say so.
        let code = self.code.partial_cmp(&other.code).unwrap_or(Ordering::Equal);
        code.then_with(|| modifiers(self).cmp(&modifiers(other)))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self::new(event.code, event.modifiers)
    }
}

impl From<Key> for KeyEvent {
    fn from(key: Key) -> Self {
        let mut modifiers = KeyModifiers::NONE;
        for (held, modifier) in [
            (key.ctrl, KeyModifiers::CONTROL),
            (key.alt, KeyModifiers::ALT),
            (key.shift, KeyModifiers::SHIFT),
        ] {
            modifiers.set(modifier, held);
        }
        Self::new(key.code, modifiers)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                formatter.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return formatter.write_str(name);
        }
        match self.code {
            KeyCode::Char(character) => write!(formatter, "{character}"),
            KeyCode::F(number) => write!(formatter, "f{number}"),
            _ => formatter.write_str("unnamed"),
        }
    }
}

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a key: write it like `j`, `G`, `ctrl-d`, `shift-tab`, `space`, `f5`")]
pub struct NotAKey(String);

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let not_a_key = || NotAKey(crate::domain::clean(text));
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        loop {
            let (modifier, prefix) = match rest {
                _ if rest.starts_with("ctrl-") => (KeyModifiers::CONTROL, "ctrl-"),
                _ if rest.starts_with("alt-") => (KeyModifiers::ALT, "alt-"),
                _ if rest.starts_with("shift-") => (KeyModifiers::SHIFT, "shift-"),
                _ => break,
            };
            if modifiers.contains(modifier) {
                return Err(not_a_key());
            }
            modifiers |= modifier;
            rest = &rest[prefix.len()..];
        }
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == rest) {
            return Ok(Self::new(*code, modifiers));
        }
        let function = rest.strip_prefix('f').and_then(|number| number.parse::<u8>().ok());
        if let Some(number @ 1..=24) = function
            && rest == format!("f{number}")
        {
            return Ok(Self::new(KeyCode::F(number), modifiers));
        }
        match single(rest.chars()) {
            Some(character) if !character.is_control() && !character.is_whitespace() => {
                Ok(Self::new(KeyCode::Char(character), modifiers))
            }
            _ => Err(not_a_key()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        for (code, modifiers, spelling) in [
            (KeyCode::Char('j'), KeyModifiers::NONE, "j"),
            (KeyCode::Char('G'), KeyModifiers::SHIFT, "G"),
            (KeyCode::Char('g'), KeyModifiers::SHIFT, "G"),
            (KeyCode::Char('D'), KeyModifiers::CONTROL | KeyModifiers::SHIFT, "ctrl-d"),
            (KeyCode::BackTab, KeyModifiers::NONE, "shift-tab"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "shift-tab"),
            (KeyCode::Char(' '), KeyModifiers::CONTROL, "ctrl-space"),
            (KeyCode::Char('-'), KeyModifiers::CONTROL, "ctrl--"),
            (KeyCode::F(12), KeyModifiers::NONE, "f12"),
            (KeyCode::PageDown, KeyModifiers::ALT, "alt-page-down"),
            (KeyCode::Char('%'), KeyModifiers::SHIFT, "%"),
        ] {
            let key = Key::new(code, modifiers);
            assert_eq!(key.to_string(), spelling);
            assert_eq!(spelling.parse(), Ok(key));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_an_example() {
        for text in ["", "jj", "ctrl-", "ctrl-ctrl-d", "hyper-x", "f0", "f99", "f01", "\u{1b}", "\t"] {
            let error = text.parse::<Key>().unwrap_err().to_string();
            assert!(error.contains("ctrl-d"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_key_reads_back_from_its_spelling(
            code in prop_oneof![
                any::<char>()
                    .prop_filter("visible", |c| !c.is_control() && !c.is_whitespace())
                    .prop_map(KeyCode::Char),
                (0..NAMED.len()).prop_map(|index| NAMED[index].1),
                (1u8..=24).prop_map(KeyCode::F),
                Just(KeyCode::BackTab),
            ],
            modifiers in 0u8..8,
        ) {
            let key = Key::new(code, KeyModifiers::from_bits_truncate(modifiers));
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}

//! Sequences that reach the terminal beside its picture: the clipboard, and telling that
//! something happened; wrapped so that tmux and GNU screen let them through.
//!
//! None of them moves the cursor or changes the pen, so that they may stand between two frames.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::surroundings::{Multiplexer, NoticeForm};

/// Bytes of a text that are copied at most: terminals refuse more.
pub const LONGEST_COPY: usize = 64 * 1024;
/// Bytes that GNU screen takes in one string, older versions too.
const SCREEN_CHUNK: usize = 254;

/// Puts `text` into the clipboard of the terminal, wherever that is (OSC 52). None: too long.
pub fn copy(text: &str, multiplexer: Multiplexer) -> Option<Vec<u8>> {
    if text.len() > LONGEST_COPY {
        return None;
    }
    let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes();
    let mut bytes = wrap(&sequence, multiplexer);
    if multiplexer == Multiplexer::Tmux {
        // Either may be forbidden: `allow-passthrough` is off, or `set-clipboard` is not on.
        bytes.extend_from_slice(&sequence);
    }
    Some(bytes)
}

/// Tells that something happened, with the bell in any case: it marks the window.
pub fn notice(title: &str, text: &str, form: NoticeForm, multiplexer: Multiplexer) -> Vec<u8> {
    let (title, text) = (printable(title), printable(text));
    let sequence = match form {
        NoticeForm::Bell => String::new(),
        // Words in front: digits there mean something else to some terminals.
        NoticeForm::Osc9 => format!("\x1b]9;{title}: {text}\x07"),
        // `;` parts its fields.
        NoticeForm::Osc777 => {
            format!("\x1b]777;notify;{};{}\x07", title.replace(';', ","), text.replace(';', ","))
        }
        NoticeForm::Osc99 => {
            format!("\x1b]99;i=tminus:d=0;{title}\x1b\\\x1b]99;i=tminus:d=1:p=body;{text}\x1b\\")
        }
    };
    let mut bytes = b"\x07".to_vec();
    if !sequence.is_empty() {
        bytes.extend(wrap(sequence.as_bytes(), multiplexer));
    }
    bytes
}

/// What could end a sequence is no part of a text, whoever made it.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(300).collect()
}

/// A sequence for the terminal around a multiplexer.
fn wrap(sequence: &[u8], multiplexer: Multiplexer) -> Vec<u8> {
    match multiplexer {
        Multiplexer::None => sequence.to_vec(),
        Multiplexer::Tmux => {
            let mut wrapped = b"\x1bPtmux;".to_vec();
            for byte in sequence {
                // An escape within is doubled.
                wrapped.extend((*byte == 0x1b).then_some(0x1b));
                wrapped.push(*byte);
            }
            wrapped.extend_from_slice(b"\x1b\\");
            wrapped
        }
        Multiplexer::Screen => {
            let mut wrapped = Vec::with_capacity(sequence.len() + 64);
            let mut rest = sequence;
            while !rest.is_empty() {
                let mut end = rest.len().min(SCREEN_CHUNK);
                // `ESC \` would end the string around it: its halves go into two.
                if let Some(cut) = rest[..end].windows(2).position(|pair| pair == b"\x1b\\") {
                    end = cut + 1;
                }
                wrapped.extend_from_slice(b"\x1bP");
                wrapped.extend_from_slice(&rest[..end]);
                wrapped.extend_from_slice(b"\x1b\\");
                rest = &rest[end..];
            }
            wrapped
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn a_copy_gets_through_whatever_is_in_between() {
        for (multiplexer, bytes) in [
            (Multiplexer::None, "\x1b]52;c;YXBpIzgxMg==\x07"),
            (Multiplexer::Tmux, "\x1bPtmux;\x1b\x1b]52;c;YXBpIzgxMg==\x07\x1b\\\x1b]52;c;YXBpIzgxMg==\x07"),
            (Multiplexer::Screen, "\x1bP\x1b]52;c;YXBpIzgxMg==\x07\x1b\\"),
        ] {
            assert_eq!(text(&copy("api#812", multiplexer).unwrap()), bytes);
        }
        assert_eq!(copy(&"x".repeat(LONGEST_COPY + 1), Multiplexer::None), None);
    }

    #[test]
    fn screen_gets_long_strings_in_parts_that_add_up() {
        let sequence = copy(&"long ".repeat(500), Multiplexer::None).unwrap();
        let wrapped = text(&wrap(&sequence, Multiplexer::Screen));
        let parts: Vec<&str> = wrapped.split("\x1bP").filter(|part| !part.is_empty()).collect();
        assert!(parts.len() > 10);
        let inner: String = parts.iter().map(|part| part.strip_suffix("\x1b\\").unwrap()).collect();
        assert_eq!(inner.as_bytes(), sequence);
        assert!(parts.iter().all(|part| part.len() <= SCREEN_CHUNK + 2));
        // No part ends the string early.
        let wrapped = wrap(b"\x1b]99;a\x1b\\b", Multiplexer::Screen);
        assert_eq!(text(&wrapped), "\x1bP\x1b]99;a\x1b\x1b\\\x1bP\\b\x1b\\");
    }

    #[test]
    fn a_hostile_text_ends_no_sequence() {
        let title = "a\x1b\\b;c\x07";
        for (form, bytes) in [
            (NoticeForm::Bell, "\x07"),
            (NoticeForm::Osc9, "\x07\x1b]9;a\\b;c: 4;3\x07"),
            (NoticeForm::Osc777, "\x07\x1b]777;notify;a\\b,c;4,3\x07"),
            (NoticeForm::Osc99, "\x07\x1b]99;i=tminus:d=0;a\\b;c\x1b\\\x1b]99;i=tminus:d=1:p=body;4;3\x1b\\"),
        ] {
            assert_eq!(text(&notice(title, "4;3\u{9c}", form, Multiplexer::None)), bytes);
        }
        let through = notice("t", "x", NoticeForm::Osc9, Multiplexer::Tmux);
        assert_eq!(text(&through), "\x07\x1bPtmux;\x1b\x1b]9;t: x\x07\x1b\\");
    }
}

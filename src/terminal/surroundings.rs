//! What is around the board: a terminal on this machine or at the far end of a link, something
//! between the two, a display for a browser. All from the environment; nothing is asked.

/// What passes the terminal's bytes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multiplexer {
    /// Nothing is in between.
    #[default]
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// How a terminal is told of something that happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeForm {
    /// The bell alone: what every terminal has.
    #[default]
    Bell,
    /// OSC 9: a text (iTerm2, `WezTerm`, Ghostty).
    Osc9,
    /// OSC 777: a title and a text (rxvt-unicode, foot).
    Osc777,
    /// OSC 99: a title and a text (kitty).
    Osc99,
}

/// What is around the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The terminal is at the far end of SSH.
    pub is_remote: bool,
    /// A browser has somewhere to open.
    pub has_display: bool,
    /// The display is one of Wayland.
    pub is_wayland: bool,
    /// This machine runs macOS.
    pub is_macos: bool,
    /// What is in between.
    pub multiplexer: Multiplexer,
    /// The terminal very likely knows links (OSC 8).
    pub links: bool,
    /// How it is told of something.
    pub notice_form: NoticeForm,
}

impl Surroundings {
    /// What the environment says. `variable` looks one up.
    pub fn detect(is_macos: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_set = |name: &str| variable(name).is_some();
        let is_remote = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].into_iter().any(is_set);
        let is_wayland = is_set("WAYLAND_DISPLAY");
        let term = variable("TERM").unwrap_or_default();
        // Over SSH the variables of a multiplexer at the near end are not there, its TERM is.
        let multiplexer = if is_set("TMUX") || term.starts_with("tmux") {
            Multiplexer::Tmux
        } else if is_set("STY") || term.starts_with("screen") {
            Multiplexer::Screen
        } else {
            Multiplexer::None
        };
        Self {
            is_remote,
            // The screen of a Mac is not that of whoever came over SSH.
            has_display: is_wayland || is_set("DISPLAY") || (is_macos && !is_remote),
            is_wayland,
            is_macos,
            multiplexer,
            links: knows_links(&term, multiplexer, &variable),
            notice_form: notice_form(&term, &variable),
        }
    }
}

/// Only where it is very likely: an old terminal may show the bytes.
fn knows_links(term: &str, multiplexer: Multiplexer, variable: &impl Fn(&str) -> Option<String>) -> bool {
    // The variable that other programs heed, too.
    if let Some(forced) = variable("FORCE_HYPERLINK") {
        return forced != "0";
    }
    let number = |name: &str| variable(name).and_then(|value| value.parse::<u32>().ok()).unwrap_or(0);
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    match multiplexer {
        Multiplexer::Screen => false,
        // tmux passes them on since 3.4, and leaves them out for a terminal without them.
        Multiplexer::Tmux => {
            let version = variable("TERM_PROGRAM_VERSION").unwrap_or_default();
            let mut parts = version.split('.').map(|part| {
                let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                digits.parse::<u32>().unwrap_or(0)
            });
            program == "tmux" && (parts.next(), parts.next()) >= (Some(3), Some(4))
        }
        Multiplexer::None => {
            ["kitty", "foot", "alacritty", "wezterm", "ghostty", "contour"]
                .iter()
                .any(|known| term.contains(known))
                || ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "Tabby"]
                    .contains(&program.as_str())
                || variable("WT_SESSION").is_some()
                || variable("KITTY_WINDOW_ID").is_some()
                || number("VTE_VERSION") >= 5_000
                || number("KONSOLE_VERSION") >= 201_200
        }
    }
}

fn notice_form(term: &str, variable: &impl Fn(&str) -> Option<String>) -> NoticeForm {
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    if term.contains("kitty") || variable("KITTY_WINDOW_ID").is_some() {
        NoticeForm::Osc99
    } else if ["iTerm.app", "WezTerm", "ghostty"].contains(&program.as_str())
        || variable("LC_TERMINAL").as_deref() == Some("iTerm2")
        || ["ghostty", "wezterm"].iter().any(|known| term.contains(known))
    {
        NoticeForm::Osc9
    } else if term.starts_with("rxvt") || term.contains("foot") {
        NoticeForm::Osc777
    } else {
        NoticeForm::Bell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(is_macos: bool, pairs: &[(&str, &str)]) -> Surroundings {
        Surroundings::detect(is_macos, |name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_browser_has_somewhere_to_open_or_not() {
        for (is_macos, pairs, remote, display) in [
            (false, &[("DISPLAY", ":0")][..], false, true),
            (false, &[("WAYLAND_DISPLAY", "wayland-0")], false, true),
            (false, &[], false, false),
            (false, &[("DISPLAY", "")], false, false),
            (false, &[("SSH_TTY", "/dev/pts/1")], true, false),
            (false, &[("SSH_CONNECTION", "a b c d"), ("DISPLAY", "localhost:10.0")], true, true),
            (true, &[], false, true),
            (true, &[("SSH_CONNECTION", "a b c d")], true, false),
        ] {
            let found = detect(is_macos, pairs);
            assert_eq!((found.is_remote, found.has_display), (remote, display), "{is_macos} {pairs:?}");
        }
    }

    #[test]
    fn what_is_in_between_and_what_the_terminal_knows() {
        use Multiplexer as M;
        use NoticeForm as N;
        for (pairs, multiplexer, links, form) in [
            (&[("TERM", "xterm-256color")][..], M::None, false, N::Bell),
            (&[("TERM", "linux")], M::None, false, N::Bell),
            (&[("TERM", "xterm-kitty")], M::None, true, N::Osc99),
            (&[("TERM", "foot")], M::None, true, N::Osc777),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "7600")], M::None, true, N::Bell),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "3405")], M::None, false, N::Bell),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], M::None, true, N::Osc9),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")], M::None, false, N::Bell),
            (&[("TERM", "xterm-256color"), ("FORCE_HYPERLINK", "1")], M::None, true, N::Bell),
            (&[("TERM", "xterm-kitty"), ("FORCE_HYPERLINK", "0")], M::None, false, N::Osc99),
            (
                &[
                    ("TERM", "screen"),
                    ("TMUX", "x"),
                    ("TERM_PROGRAM", "tmux"),
                    ("TERM_PROGRAM_VERSION", "3.4"),
                ],
                M::Tmux,
                true,
                N::Bell,
            ),
            (
                &[("TERM", "tmux"), ("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "3.3a")],
                M::Tmux,
                false,
                N::Bell,
            ),
            (&[("TERM", "screen.xterm-256color"), ("STY", "1.pts")], M::Screen, false, N::Bell),
            (&[("TERM", "screen-256color"), ("SSH_TTY", "/dev/pts/0")], M::Screen, false, N::Bell),
        ] {
            let found = detect(false, pairs);
            assert_eq!(
                (found.multiplexer, found.links, found.notice_form),
                (multiplexer, links, form),
                "{pairs:?}"
            );
        }
    }
}

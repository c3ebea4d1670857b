//! Carries out what reaches outside of the board besides operations: the browser, the clipboard,
//! commands, notices.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use crate::{
    app::{self, Considered, Event, Job, Link, NewNotice},
    clock::Clock,
    config::NotifyConfig,
    domain::Text,
    history,
    terminal::{Beside, NoticeForm, Surroundings, copy_sequence, notice_sequence},
};

use super::processes;

/// How long the program that fills the clipboard may take.
const COPYING: Duration = Duration::from_secs(3);
/// How long a browser is watched for a bad end.
const OPENING: Duration = Duration::from_secs(10);
/// How long the command that tells something may take.
const TELLING: Duration = Duration::from_secs(10);

/// What the loop needs to reach outside.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// What is around the board.
    pub around: Surroundings,
    /// What the variable `BROWSER` says.
    pub browser: Option<String>,
    /// The editor of the user: a command and its arguments; empty: none.
    pub editor: Vec<String>,
    /// Where only this user reads, as long as the session lasts.
    pub private: Option<PathBuf>,
    /// Where commands are run.
    pub directory: PathBuf,
    /// Where what they write is kept, if it is to be.
    pub log: Option<PathBuf>,
    /// Where it is kept what this user was told; none: nowhere.
    pub data: Option<PathBuf>,
    /// How something is told.
    pub notify: Arc<NotifyConfig>,
}

type Told = mpsc::UnboundedSender<Event>;

impl Edge {
    /// Opens `link`; what goes wrong is told.
    pub(super) fn browse(&self, link: &Link, told: Told) {
        let programs = browsers(self.browser.as_deref(), self.around.is_macos, link);
        tokio::spawn(async move {
            let mut why = "no program for it is set".to_owned();
            for words in programs {
                match processes::launch(&words, OPENING).await {
                    Ok(()) => return,
                    Err(error) => why = format!("{}: {error}", words.first().map_or("", String::as_str)),
                }
            }
            drop(told.send(Event::Notice(Text::new(format!("the browser did not open: {why}")))));
        });
    }

    /// Copies `text`: by the terminal where the clipboard is that of another machine, else by a
    /// program of this one.
    pub(super) fn copy(&self, text: String, said: Text, beside: Beside, told: Told) {
        let around = self.around;
        let programs = if around.is_remote { Vec::new() } else { copiers(around) };
        tokio::spawn(async move {
            for words in programs {
                let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                if processes::feed(&words, &text, COPYING).await.is_ok() {
                    drop(told.send(Event::Notice(said)));
                    return;
                }
            }
            let sent = copy_sequence(&text, around.multiplexer).is_some_and(|bytes| beside.send(&bytes));
            let said =
                if sent { format!("{said} (through the terminal)") } else { "not copied: too long".into() };
            drop(told.send(Event::Notice(Text::new(said))));
        });
    }

    /// Runs `job`, beside the loop.
    pub(super) fn run(&self, job: Job, clock: Clock, told: Told) {
        let (directory, log) = (self.directory.clone(), self.log.clone());
        tokio::spawn(async move {
            let answer = processes::run(&job, &directory, log, clock.now()).await;
            drop(told.send(Event::JobEnded { number: job.number, answer }));
        });
    }

    /// Finds out what of the difference of two boards is to be told, and was not by another one.
    pub(super) fn consider(&self, considered: Considered, clock: Clock, told: Told) {
        let data = self.data.clone();
        tokio::task::spawn_blocking(move || {
            let now = clock.now();
            let mut notices = app::notices(&considered, now);
            if let (false, Some(data)) = (notices.is_empty(), data) {
                let keys: Vec<String> = notices.iter().map(|notice| notice.key.clone()).collect();
                match history::claim_notices(&data, &keys, now) {
                    Ok(claimed) => {
                        let mut claimed = claimed.into_iter();
                        notices.retain(|_| claimed.next().unwrap_or(true));
                    }
                    // Told twice is better than not at all.
                    Err(error) => tracing::warn!(%error, "it was not kept what was told"),
                }
            }
            if !notices.is_empty() {
                drop(told.send(Event::Notices(app::in_short(notices))));
            }
        });
    }

    /// Tells `notices`, by the command of the user or by the terminal.
    pub(super) fn tell(&self, notices: Vec<NewNotice>, beside: &Beside, told: Told) {
        if self.notify.command.is_empty() {
            let form = form(&self.notify.by, self.around.notice_form);
            for notice in &notices {
                beside.send(&notice_sequence(&notice.title, &notice.text, form, self.around.multiplexer));
            }
            return;
        }
        let command = self.notify.command.clone();
        tokio::spawn(async move {
            for notice in notices {
                // A title is never an option of the command.
                let plain = |text: &Text| text.trim_start_matches('-').to_owned();
                let words = [command.clone(), vec![plain(&notice.title), plain(&notice.text)]].concat();
                if let Err(why) = processes::launch(&words, TELLING).await {
                    let said =
                        format!("notify.command {}: {why}", command.first().map_or("", String::as_str));
                    drop(told.send(Event::Notice(Text::new(said))));
                    return;
                }
            }
        });
    }
}

fn form(by: &str, usual: NoticeForm) -> NoticeForm {
    match by {
        "bell" => NoticeForm::Bell,
        "osc9" => NoticeForm::Osc9,
        "osc777" => NoticeForm::Osc777,
        "osc99" => NoticeForm::Osc99,
        _ => usual,
    }
}

/// Programs that open `link`, in the order in which they are tried. `BROWSER` is a list of
/// commands parted by colons, in which `%s` stands for the link.
fn browsers(browser: Option<&str>, is_macos: bool, link: &Link) -> Vec<Vec<String>> {
    let named = browser.unwrap_or_default().split(':').filter_map(|command| {
        let mut words: Vec<String> =
            command.split_whitespace().map(|word| word.replace("%s", link.as_str())).collect();
        if words.is_empty() {
            return None;
        }
        if !command.contains("%s") {
            words.push(link.as_str().to_owned());
        }
        Some(words)
    });
    let usual = if is_macos { "open" } else { "xdg-open" };
    named.chain([vec![usual.to_owned(), link.as_str().to_owned()]]).collect()
}

/// Programs that fill the clipboard of this machine, in the order in which they are tried.
fn copiers(around: Surroundings) -> Vec<&'static [&'static str]> {
    let x11: [&[&str]; 2] =
        [&["xclip", "-selection", "clipboard", "-in"], &["xsel", "--clipboard", "--input"]];
    if around.is_macos {
        vec![&["pbcopy"]]
    } else if !around.has_display {
        Vec::new()
    } else if around.is_wayland {
        [&[&["wl-copy"][..]][..], &x11].concat()
    } else {
        x11.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_one_argument_of_the_browser() {
        let link = Link::of("https://example.org/a?b=$(id);c").unwrap();
        let address = link.as_str();
        for (browser, is_macos, expected) in [
            (None, false, vec![vec!["xdg-open", address]]),
            (None, true, vec![vec!["open", address]]),
            (Some(""), false, vec![vec!["xdg-open", address]]),
            (
                Some("firefox --new-tab %s:lynx"),
                false,
                vec![vec!["firefox", "--new-tab", address], vec!["lynx", address], vec!["xdg-open", address]],
            ),
        ] {
            assert_eq!(browsers(browser, is_macos, &link), expected, "{browser:?}");
        }
        assert_eq!(address, "https://example.org/a?b=%24(id);c");
    }

    #[test]
    fn the_clipboard_is_filled_by_what_the_display_is_of() {
        let first = |around: Surroundings| copiers(around).first().map(|words| words[0]);
        let x11 = Surroundings { has_display: true, ..Surroundings::default() };
        assert_eq!(first(x11), Some("xclip"));
        assert_eq!(first(Surroundings { is_wayland: true, ..x11 }), Some("wl-copy"));
        assert_eq!(first(Surroundings { is_macos: true, ..x11 }), Some("pbcopy"));
        assert_eq!(first(Surroundings::default()), None);
    }
}

//! What happens to the screen, and what the screen asks for.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::{
    domain::{
        Assumed, Instant, Problem, PullRequestDetail, PullRequestId, ReleaseId, SourceId, Text, Triage,
        TriageChange,
    },
    insight::{Board, Changes, CloserLook, EnvironmentsView, Insight, LastRelease, Study},
    source::{
        operation::{Done, Found, OperationError},
        reading::PullRequestPlace,
    },
};

use super::{Considered, Job, JobAnswer, Layout, Link, LogEntry, Look, NewNotice, QueuedOperation, Version};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size now: columns, rows.
    Resize(u16, u16),
    /// There is a newer board.
    Board(Arc<Board>),
    /// The board of the past that [`Effect::LookBack`] asked for, and what is another now.
    Past {
        /// The board.
        board: Arc<Board>,
        /// What is another now than it was then.
        changes: Arc<Changes>,
    },
    /// The board that [`Effect::Assume`] asked for.
    Assumed {
        /// The true board that it was made of.
        truth: Arc<Board>,
        /// The board.
        board: Arc<Board>,
    },
    /// What [`Effect::Compare`] asked for, or why it cannot be told.
    Compared(Result<Arc<Changes>, Text>),
    /// What [`Effect::CompareReleases`] asked for, or why it cannot be told.
    ReleasesCompared(Result<Arc<LastRelease>, Text>),
    /// The first of the cards that [`Effect::Study`] asked for, or all of them.
    Studied {
        /// What the board says that they were made of.
        insight: Arc<Insight>,
        /// The cards.
        study: Arc<Study>,
    },
    /// What [`Effect::Study`] asked for of environments.
    Surveyed {
        /// What the board says that it was made of.
        insight: Arc<Insight>,
        /// Environments.
        environments: Arc<EnvironmentsView>,
    },
    /// What people said about things on the board.
    Triage(Arc<Triage>),
    /// A frame was drawn: where things are on it.
    Drawn(Layout),
    /// No key came for a while after [`Effect::RestTimer`]: what is costly to draw may follow.
    Rested,
    /// Time moved on to what [`State::next_tick`](super::State::next_tick) named.
    Tick,
    /// Something to tell: an operation that went well, a file that could not be read.
    Notice(Text),
    /// What came of the operation with this number, which [`Effect::CarryOut`] asked for.
    OperationAnswered {
        /// Which one.
        number: u64,
        /// The answer.
        answer: Result<Done, OperationError>,
    },
    /// What was found by looking whether the operation with this number was done.
    OperationFound {
        /// Which one.
        number: u64,
        /// What was found.
        found: Found,
    },
    /// The last operations, the newest first, or why they cannot be read.
    OperationLog(Result<Vec<LogEntry>, Text>),
    /// How the command with this number ended, which [`Effect::RunJob`] asked for.
    JobEnded {
        /// Which one.
        number: u64,
        /// What came of it.
        answer: JobAnswer,
    },
    /// What was written in the editor that [`Effect::Edit`] asked for; or why nothing was.
    Edited(Result<String, Text>),
    /// What [`Effect::ConsiderNotices`] found, and no other board of this user told.
    Notices(Vec<NewNotice>),
    /// What [`Effect::LookCloser`] asked for.
    LookedCloser {
        /// Of which pull request.
        id: PullRequestId,
        /// What was worked out.
        look: Arc<CloserLook>,
    },
    /// What [`Effect::ReadDetail`] asked for, or why it could not be read.
    DetailRead {
        /// Of which pull request.
        version: Version,
        /// What it says.
        answer: Result<Arc<PullRequestDetail>, Problem>,
    },
    /// The terminal was drawn over, or comes back from the shell.
    Resumed,
    /// The terminal window is looked at.
    FocusGained,
    /// The terminal window is not looked at any more.
    FocusLost,
}

/// Something for the runtime to do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Draw a frame.
    Draw,
    /// Draw every cell anew, whatever the terminal is thought to show.
    Repaint,
    /// Ask a source again; none: all of them.
    Refresh(Option<SourceId>),
    /// Another release is on the screen: what belongs to it is worth reading first.
    LookAt(ReleaseId),
    /// Send [`Event::Rested`] when no key came for some 120 ms; start anew if armed.
    RestTimer,
    /// Take the next theme.
    NextTheme,
    /// Give the terminal back until the shell continues the program.
    Suspend,
    /// End the program.
    Quit,
    /// Read the board of an instant of the past: [`Event::Past`] answers, or [`Event::Notice`].
    LookBack {
        /// Which instant.
        look: Look,
        /// What it is compared with.
        newest: Arc<Board>,
    },
    /// Work out the board on which something is assumed: [`Event::Assumed`] answers.
    Assume {
        /// The true board.
        truth: Arc<Board>,
        /// What is assumed.
        assumed: Vec<Assumed>,
    },
    /// Make the cards of this board, and what it says of environments: [`Event::Studied`] answers
    /// with more and more of them, and [`Event::Surveyed`].
    Study(Arc<Board>),
    /// Find out what changed: [`Event::Compared`] answers.
    Compare {
        /// The earlier instant.
        from: Instant,
        /// The later instant; none: `newest`.
        until: Option<Instant>,
        /// The newest board.
        newest: Arc<Board>,
    },
    /// Carry this operation out, once: [`Event::OperationAnswered`] answers.
    CarryOut(Box<QueuedOperation>),
    /// Look whether this operation was done: [`Event::OperationFound`] answers.
    LookWhetherDone {
        /// Which one.
        queued: Box<QueuedOperation>,
        /// When it was sent.
        sent: Instant,
    },
    /// Read the log of operations: [`Event::OperationLog`] answers.
    ReadOperationLog,
    /// Hold a release against the one before it: [`Event::ReleasesCompared`] answers.
    CompareReleases {
        /// Which release.
        release: ReleaseId,
        /// The newest board.
        newest: Arc<Board>,
    },
    /// Say something about a thing on the board, or take it back: [`Event::Triage`] answers, or
    /// [`Event::Notice`].
    Note(TriageChange),
    /// Open a browser: [`Event::Notice`] tells if that fails.
    Browse(Link),
    /// Put a text into the clipboard: [`Event::Notice`] tells.
    Copy {
        /// What.
        text: String,
        /// What to tell when it is there.
        said: Text,
    },
    /// Have a text written in the editor of the user, which begins with this: [`Event::Edited`]
    /// answers.
    Edit(String),
    /// Run a command: [`Event::JobEnded`] answers.
    RunJob(Box<Job>),
    /// Find out what of the difference of two boards is to be told: [`Event::Notices`] answers, if
    /// there is any.
    ConsiderNotices(Box<Considered>),
    /// Tell these, beside the screen.
    Tell(Vec<NewNotice>),
    /// Keep these sections: [`Event::Notice`] tells if that fails.
    KeepSections(Vec<super::PullRequestSection>),
    /// Work out more of a pull request that is looked at: [`Event::LookedCloser`] answers.
    LookCloser {
        /// The board.
        board: Arc<Board>,
        /// Which pull request.
        id: PullRequestId,
    },
    /// Read more of a pull request that is looked at: [`Event::DetailRead`] answers.
    ReadDetail {
        /// Which pull request.
        version: Version,
        /// Where it is.
        place: PullRequestPlace,
    },
    /// Drop this board somewhere else: a big one takes longer than a frame.
    DropBoard(Arc<Board>),
}

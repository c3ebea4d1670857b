//! What the loop draws on: a picture in memory, handed over whole.

use std::{convert::Infallible, io, sync::Arc};

use ratatui::{
    Frame, Terminal, TerminalOptions, Viewport,
    backend::{Backend, ClearType, WindowSize},
    buffer::{Buffer, Cell},
    layout::{Position, Rect, Size},
};

use super::{
    encoder::Hyperlink,
    guard::Guard,
    signals,
    tty::Tty,
    writer::{Beside, Plain, Sink, Writer},
};

/// The largest screen that is drawn: a size comes from outside and costs memory.
const LARGEST: Size = Size { width: 1_000, height: 500 };
/// The size taken where the terminal says that it has none.
const USUAL: Size = Size { width: 80, height: 24 };

/// The screen. Dropping it gives the terminal back.
pub struct Screen {
    canvas: Terminal<Canvas>,
    size: Size,
    /// The terminal may show anything.
    is_lost: bool,
    spare: Option<Buffer>,
    guard: Option<Arc<Guard>>,
    writer: Writer,
}

impl Screen {
    /// The screen of the terminal that `guard` holds.
    pub(crate) fn on(tty: Arc<Tty>, guard: &Arc<Guard>) -> io::Result<Self> {
        Self::with(tty, current_size(), Some(Arc::clone(guard))).inspect_err(|_| guard.leave())
    }

    /// A screen without a terminal: its bytes go to `sink`, on a thread of their own.
    pub fn over(sink: impl io::Write + Send + 'static, size: Size) -> io::Result<Self> {
        Self::with(Plain(sink), size, None)
    }

    fn with(sink: impl Sink + 'static, size: Size, guard: Option<Arc<Guard>>) -> io::Result<Self> {
        let size = usable(size);
        let viewport = Viewport::Fixed(Rect::from((Position::ORIGIN, size)));
        let canvas = Terminal::with_options(Canvas::default(), TerminalOptions { viewport })
            .map_err(io::Error::other)?;
        Ok(Self { canvas, size, is_lost: true, spare: None, guard, writer: Writer::start(sink)? })
    }

    /// The size that the next picture will have.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Draws a picture and hands it over. Never waits for the terminal; of several pictures
    /// that it is too slow for only the newest is shown.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) {
        self.draw_linked(|frame| {
            render(frame);
            Vec::new()
        });
    }

    /// The same, of a picture in which cells lead somewhere: `render` says which.
    pub fn draw_linked(&mut self, render: impl FnOnce(&mut Frame<'_>) -> Vec<Hyperlink>) {
        let mut picture = self.spare.take().unwrap_or_default();
        picture.resize(Rect::from((Position::ORIGIN, self.size)));
        picture.reset();
        // Taken out as soon as it is drawn: afterwards it can only be read.
        let mut links = Vec::new();
        let Ok(_) = self.canvas.draw(|frame| {
            links = render(frame);
            std::mem::swap(frame.buffer_mut(), &mut picture);
        });
        let cursor = self.canvas.backend().cursor;
        self.spare = self.writer.present(picture, links, cursor, std::mem::take(&mut self.is_lost));
    }

    /// Writes sequences beside the picture that change nothing of it: the clipboard, the bell.
    pub fn beside(&self) -> Beside {
        self.writer.beside()
    }

    /// Gives the terminal back for another program, until [`take_back`](Self::take_back).
    pub fn lend(&self) {
        signals::lend(true);
        if let Some(guard) = &self.guard {
            guard.leave();
        }
    }

    /// Takes the terminal again after [`lend`](Self::lend); the next picture is written in full.
    pub fn take_back(&mut self) -> io::Result<()> {
        if let Some(guard) = &self.guard {
            guard.enter()?;
            self.resize(current_size());
        }
        self.is_lost = true;
        signals::lend(false);
        Ok(())
    }

    /// The terminal has another size: the next picture has it, too, and is written in full.
    pub fn resize(&mut self, size: Size) {
        self.size = usable(size);
        self.is_lost = true;
        let Ok(()) = self.canvas.resize(Rect::from((Position::ORIGIN, self.size)));
    }

    /// The next picture is written in full: somebody else may have written to the terminal.
    pub fn redraw(&mut self) {
        self.is_lost = true;
    }

    /// Gives the terminal back and stops the process, until a shell lets it go on; then
    /// [`Signal::Continue`](super::Signal::Continue) arrives. Does nothing where nobody could
    /// let it go on.
    pub fn stop(&mut self) -> io::Result<()> {
        let Some(guard) = self.guard.as_ref().filter(|_| signals::somebody_can_continue_us()) else {
            return Ok(());
        };
        guard.leave();
        signals::stop_now()
    }

    /// Takes the terminal again after [`Signal::Continue`](super::Signal::Continue). Returns
    /// whether there is something to draw on: not if it goes on in the background; once it
    /// comes to the foreground, the signal arrives again.
    pub fn resume(&mut self) -> io::Result<bool> {
        if let Some(guard) = &self.guard {
            if guard.is_in_background() {
                return Ok(false);
            }
            guard.enter()?;
            self.resize(current_size());
        }
        Ok(true)
    }

    /// Waits until every picture is written: for tests and recordings. A terminal may never
    /// take it.
    pub fn wait_until_written(&self) {
        self.writer.wait_until_written();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(guard) = &self.guard {
            guard.leave();
        }
    }
}

/// The size of the terminal now, as one that can be drawn.
pub(super) fn current_size() -> Size {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout());
    usable(size.map_or(USUAL, |size| Size { width: size.ws_col, height: size.ws_row }))
}

/// A size that can be drawn: serial lines have none, and hostile ones are huge.
fn usable(size: Size) -> Size {
    if size.width == 0 || size.height == 0 {
        return USUAL;
    }
    Size { width: size.width.min(LARGEST.width), height: size.height.min(LARGEST.height) }
}

/// The backend that lets views be drawn with ratatui's [`Frame`]: keeps the cursor, writes
/// nothing. Differences are found by the writer, against what was really written.
#[derive(Debug, Default)]
struct Canvas {
    cursor: Option<Position>,
}

impl Backend for Canvas {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, _: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.cursor = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.cursor = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> Result<(), Infallible> {
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        // Not asked: the viewport is fixed.
        Ok(Size::ZERO)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: Size::ZERO, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ratatui::widgets::Paragraph;

    use super::*;
    use crate::terminal::{lock, tests::emulator};

    /// Bytes that the test can see while the screen writes them.
    #[derive(Clone, Default)]
    struct Recording(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Recording {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_drawn_is_shown_at_every_size() {
        let recording = Recording::default();
        let mut screen = Screen::over(recording.clone(), Size::new(20, 2)).expect("a thread");
        for (size, shown) in
            [((20, 2), "hello board"), ((5, 1), "hello"), ((1, 1), "h"), ((30, 3), "hello board")]
        {
            let size = Size::from(size);
            screen.resize(size);
            assert_eq!(screen.size(), size);
            lock(&recording.0).clear();
            screen.draw(|frame| {
                assert_eq!(frame.area().as_size(), size);
                frame.render_widget(Paragraph::new("hello board"), frame.area());
                frame.set_cursor_position((0, 0));
            });
            screen.wait_until_written();
            let mut parser = emulator(size.width, size.height);
            parser.process(&lock(&recording.0));
            assert_eq!(parser.screen().contents().trim_end(), shown);
            assert!(!parser.screen().hide_cursor());
        }
    }

    #[test]
    fn a_picture_holds_nothing_of_the_one_before() {
        let recording = Recording::default();
        let mut screen = Screen::over(recording.clone(), Size::new(20, 1)).expect("a thread");
        let mut parser = emulator(20, 1);
        for text in ["a long first line", "short", "", "end"] {
            screen.draw(|frame| frame.render_widget(Paragraph::new(text), frame.area()));
            screen.wait_until_written();
            parser.process(&std::mem::take(&mut *lock(&recording.0)));
            assert_eq!(parser.screen().contents(), text);
            assert!(parser.screen().hide_cursor());
        }
    }

    #[test]
    fn a_size_that_cannot_be_is_replaced() {
        for (given, taken) in
            [((0, 0), (80, 24)), ((0, 9), (80, 24)), ((1, 1), (1, 1)), ((u16::MAX, u16::MAX), (1000, 500))]
        {
            assert_eq!(usable(Size::from(given)), Size::from(taken), "{given:?}");
        }
    }
}

//! The terminal, taken and given back: on every way out, a panic included.

use std::io::{self, BufWriter, Stdout, Write as _};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};

use super::scrolling::ScrollingBackend;

/// Enough for any whole frame, so that each is written at once.
const FRAME_BYTES: usize = 64 * 1024;

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Dropping it gives the terminal back.
pub(super) struct Screen {
    /// Never dropped: ratatui would write to a terminal that is not ours any more, and panics when
    /// that has gone.
    terminal: ManuallyDrop<Terminal<ScrollingBackend<CrosstermBackend<BufWriter<Stdout>>>>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        give_back_on_panic();
        // Which colours there are, the theme decides. With NO_COLOR set, crossterm 0.29 would write
        // `ESC[;m` for a colour, which resets the attributes too, and with them the selection.
        crossterm::style::force_color_output(true);
        let writer = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
        let terminal = Terminal::new(ScrollingBackend::new(CrosstermBackend::new(writer)))?;
        // Made before the terminal is taken, so that it is given back if taking it fails halfway.
        let screen = Self {
            terminal: ManuallyDrop::new(terminal),
            mouse,
        };
        take(mouse)?;
        Ok(screen)
    }

    /// Takes the terminal again after [`give_back`], and forgets what was drawn before.
    pub(super) fn take_again(&mut self) -> io::Result<()> {
        take(self.mouse)?;
        // Not `Terminal::clear`: it asks the terminal where the cursor is, and not all answer.
        let area = self.area()?;
        self.terminal.resize(area)
    }

    /// The size of the terminal.
    pub(super) fn area(&self) -> io::Result<Rect> {
        let size = self.terminal.size()?;
        Ok(Rect::new(0, 0, size.width, size.height))
    }

    /// Draws one frame, which a terminal that can will show all at once. Nothing is drawn on a
    /// terminal that is not ours any more, because a task has panicked.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(draw)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Writes bytes that draw nothing, e.g. to set the clipboard.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let backend = self.terminal.backend_mut();
        backend.write_all(bytes)?;
        io::Write::flush(backend)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )?;
    if mouse {
        execute!(io::stdout(), MouseButtons(true))?;
    }
    Ok(())
}

/// Gives the terminal back, if it is ours. Every step is tried, whatever became of the others.
pub(super) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), MouseButtons(false), DisableBracketedPaste);
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// A panic's message belongs on the user's own screen, not on ours.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            report(panic);
        }));
    });
}

/// Reports of buttons and wheel (modes 1000 and 1006). crossterm's own command also asks for every
/// movement, which an SSH connection would carry for nothing.
struct MouseButtons(bool);

impl Command for MouseButtons {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str(if self.0 {
            "\x1b[?1000h\x1b[?1006h"
        } else {
            "\x1b[?1006l\x1b[?1000l"
        })
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        Ok(())
    }
}

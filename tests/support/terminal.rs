//! A pseudo-terminal with a program in it, and a screen that understands what the program writes.
//!
//! Nothing here sleeps: every wait is for a condition, with a limit that only a failure reaches.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// How long a condition may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the program reads: keys, and the terminal's answers.
type Keyboard = Arc<Mutex<Box<dyn Write + Send>>>;

/// After a program has ended, how long its last words may be on their way.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A terminal, at first without a program.
pub(crate) struct Terminal {
    heard: Arc<(Mutex<Heard>, Condvar)>,
    keyboard: Keyboard,
    master: Box<dyn MasterPty + Send>,
    /// Kept open so that the terminal's settings can be read after the program has ended.
    slave: Box<dyn SlavePty + Send>,
    process: Option<Pid>,
}

/// Everything that came from the program so far.
struct Heard {
    parser: vt100::Parser<Requests>,
    bytes: Vec<u8>,
    ended: Option<ExitStatus>,
}

/// What a program asks of a terminal besides drawing.
#[derive(Debug, Default, Clone)]
pub(crate) struct Requests {
    /// Window titles that were set.
    pub(crate) titles: Vec<String>,
    /// Clipboard contents that were set (OSC 52), still in base64.
    pub(crate) clipboard: Vec<String>,
    /// Questions for the cursor's position that have no answer yet.
    positions: usize,
}

impl vt100::Callbacks for Requests {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into());
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.clipboard.push(String::from_utf8_lossy(data).into());
    }

    fn unhandled_csi(
        &mut self,
        _: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        if first.is_none() && last == 'n' && parameters == [&[6][..]] {
            self.positions += 1;
        }
    }
}

impl Terminal {
    /// A terminal of so many columns and rows.
    pub(crate) fn new((columns, rows): (u16, u16)) -> Self {
        let pair = native_pty_system()
            .openpty(pty_size(columns, rows))
            .expect("this machine has pseudo-terminals");
        let parser =
            vt100::Parser::new_with_callbacks(cells(rows), cells(columns), 0, Requests::default());
        let heard = Arc::new((
            Mutex::new(Heard {
                parser,
                bytes: Vec::new(),
                ended: None,
            }),
            Condvar::new(),
        ));
        let output = pair.master.try_clone_reader().expect("it can be read");
        let writer = pair.master.take_writer().expect("it can be written to");
        let keyboard = Arc::new(Mutex::new(writer));
        let (listener, answers) = (Arc::clone(&heard), Arc::clone(&keyboard));
        thread::spawn(move || listen(output, &listener, &answers));
        Self {
            heard,
            keyboard,
            master: pair.master,
            slave: pair.slave,
            process: None,
        }
    }

    /// Starts `program` in it with these arguments and exactly this environment, besides `TERM`.
    pub(crate) fn run(
        mut self,
        program: &str,
        arguments: &[&str],
        environment: impl IntoIterator<Item = (&'static str, OsString)>,
    ) -> Self {
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        let mut child = self.slave.spawn_command(command).expect("it starts");
        self.process = child
            .process_id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let heard = Arc::clone(&self.heard);
        thread::spawn(move || {
            let status = child.wait().expect("it is our child");
            heard.0.lock().expect("no panic elsewhere").ended = Some(status);
            heard.1.notify_all();
        });
        self
    }

    /// Types these bytes, as a terminal would send them.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard
            .lock()
            .expect("no panic elsewhere")
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
    }

    /// Changes the terminal's size, for the program and for the screen.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.lock().parser.set_size(cells(rows), cells(columns));
        self.master
            .resize(pty_size(columns, rows))
            .expect("the terminal has a size");
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let process = self.process.expect("a program runs");
        kill_process(process, signal).expect("it is our child");
    }

    /// Waits until the screen satisfies the condition; panics with the screen if it never does.
    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        let (heard, timeout) = self
            .heard
            .1
            .wait_timeout_while(self.lock(), PATIENCE, |heard| {
                !condition(heard.parser.screen()) && heard.ended.is_none()
            })
            .expect("no panic elsewhere");
        let (heard, _) = if timeout.timed_out() {
            (heard, timeout)
        } else {
            self.heard
                .1
                .wait_timeout_while(heard, LAST_WORDS, |heard| !condition(heard.parser.screen()))
                .expect("no panic elsewhere")
        };
        assert!(
            condition(heard.parser.screen()),
            "never came: {what}; the program {}; the screen:\n{}",
            match &heard.ended {
                Some(status) => format!("ended, {status}"),
                None => "is running".to_owned(),
            },
            heard.parser.screen().contents()
        );
    }

    /// Waits until the screen shows this text.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the program has ended.
    pub(crate) fn wait_for_end(&self) -> ExitStatus {
        let (heard, _) = self
            .heard
            .1
            .wait_timeout_while(self.lock(), PATIENCE, |heard| heard.ended.is_none())
            .expect("no panic elsewhere");
        heard.ended.clone().unwrap_or_else(|| {
            panic!(
                "it never ended; the screen:\n{}",
                heard.parser.screen().contents()
            )
        })
    }

    /// How many bytes the program has written once it has written nothing for `silence`.
    pub(crate) fn bytes_when_silent_for(&self, silence: Duration) -> usize {
        let mut heard = self.lock();
        loop {
            let before = heard.bytes.len();
            let (now, timeout) = self
                .heard
                .1
                .wait_timeout_while(heard, silence, |heard| heard.bytes.len() == before)
                .expect("no panic elsewhere");
            if timeout.timed_out() {
                return before;
            }
            heard = now;
        }
    }

    /// How many bytes the program writes during this time; it returns early when there are some.
    pub(crate) fn bytes_within(&self, time: Duration) -> usize {
        let heard = self.lock();
        let before = heard.bytes.len();
        let (heard, _) = self
            .heard
            .1
            .wait_timeout_while(heard, time, |heard| heard.bytes.len() == before)
            .expect("no panic elsewhere");
        heard.bytes.len() - before
    }

    /// Everything that the program has written, as it wrote it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// The screen as it is now.
    pub(crate) fn screen(&self) -> vt100::Screen {
        self.lock().parser.screen().clone()
    }

    /// What the program has asked of the terminal so far.
    pub(crate) fn requests(&self) -> Requests {
        self.lock().parser.callbacks().clone()
    }

    /// The line discipline's settings (echo, line editing, signals ...), to compare.
    pub(crate) fn line_settings(&self) -> String {
        format!("{:?}", self.master.get_termios())
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.0.lock().expect("no panic elsewhere")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Not `self.lock()`: this may run because of a panic under the lock.
        let running = match self.heard.0.lock() {
            Ok(heard) => heard.ended.is_none(),
            Err(poisoned) => poisoned.into_inner().ended.is_none(),
        };
        if let Some(process) = self.process.filter(|_| running) {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

fn listen(
    mut output: impl Read,
    (heard, changed): &(Mutex<Heard>, Condvar),
    answers: &Mutex<Box<dyn Write + Send>>,
) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        let Ok(mut heard) = heard.lock() else {
            return;
        };
        heard.parser.process(&buffer[..length]);
        heard.bytes.extend_from_slice(&buffer[..length]);
        let asked = std::mem::take(&mut heard.parser.callbacks_mut().positions);
        let (row, column) = heard.parser.screen().cursor_position();
        drop(heard);
        changed.notify_all();
        let answer = format!("\x1b[{};{}R", row + 1, column + 1).repeat(asked);
        if let Ok(mut answers) = answers.lock() {
            let _ = answers.write_all(answer.as_bytes());
        }
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has cells")
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

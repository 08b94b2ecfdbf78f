//! The only event loop: terminal, input, signals, timers, and the frames in between.
//!
//! Signals come before keys, keys before results: nothing that loads can make the keyboard wait. A
//! frame is drawn only when something changed, and at most every 33 ms.
#![expect(
    clippy::disallowed_methods,
    reason = "the event loop is where time comes from"
)]

mod clipboard;
mod input;
mod screen;
mod scrolling;
mod signals;
mod translate;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use crossterm::event::Event;
use jiff::Timestamp;
use rustix::process::{Signal, kill_current_process_group};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use crate::app::{App, Session, open_on, update};
use crate::aws::{ConnectOptions, Connection, connect};
use crate::config::Config;
use crate::effect::Effect;
use crate::msg::Msg;
use crate::org::{ErrorKind, OrgError, Snapshot};
use crate::store::{Cache, Key};
use crate::ui;
use crate::ui::theme::Theme;
use crate::worker::Worker;
use clipboard::Between;
use input::Input;
use screen::Screen;
use signals::Signals;

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(33);
/// The time between two turns of the spinner.
const SPIN: Duration = Duration::from_millis(250);
/// How often the ages on screen are looked at, if nothing else is due before.
const CLOCK: Duration = Duration::from_secs(15);
/// What is due at once waits this long: time must pass for it to be late again.
const SOONEST: Duration = Duration::from_millis(10);
/// Rings the terminal's bell.
const BELL: &[u8] = b"\x07";
/// Results that wait for the loop to take them.
const MESSAGES_WAITING: usize = 64;
/// What is nearly done when the user quits may take this long before there is a question.
const LAST_MOMENT: Duration = Duration::from_secs(1);
/// What is kept at the end is to be on the disk in this time.
const LAST_WRITE: Duration = Duration::from_secs(3);
/// After the terminal has failed, the time in which the signal that says why arrives.
const GONE: Duration = Duration::from_millis(100);
/// After the signal to stop, the shell's signal to go on; or this, if nobody stopped us.
const STOPPED: Duration = Duration::from_millis(200);

/// How the explorer is to look and behave.
#[derive(Debug, Clone)]
pub struct Options {
    /// Colours and symbols.
    pub theme: Theme,
    /// Whether clicks and the wheel are used.
    pub mouse: bool,
    /// What was named when connecting, to connect again after a new sign-in; `None` in the demo.
    pub reconnect: Option<ConnectOptions>,
    /// What is configured.
    pub config: Config,
    /// The folder of the journals; `None` where there is no place for them.
    pub journals: Option<PathBuf>,
    /// Where what was read is kept, and how this program was told where to connect; `None` where
    /// nothing is to be kept.
    pub cache: Option<(Cache, Key)>,
    /// What was kept the last time.
    pub kept: Option<Arc<Snapshot>>,
    /// Something to say at the start that went wrong.
    pub warning: Option<String>,
    /// What the cursor shall go to.
    pub query: Option<String>,
}

/// Why the explorer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The user quit.
    Quit,
    /// A signal ended it; the number is the signal's.
    Signal(i32),
}

/// Runs the explorer until the user quits.
///
/// # Errors
/// When the terminal cannot be used, or stops being readable or writable.
pub async fn run(
    connection: Connection,
    session: Session,
    options: Options,
) -> anyhow::Result<Ended> {
    let (sender, mut messages) = mpsc::channel(MESSAGES_WAITING);
    let (mut app, mut effects) = App::open(session, options.kept.clone(), Timestamp::now());
    app.config = options.config.clone();
    if let Some(warning) = &options.warning {
        app.begin_with_warning(warning);
    }
    if let Some(query) = &options.query {
        effects.extend(open_on(&mut app, query));
    }
    let mut signals = Signals::listen().context("cannot listen to signals")?;
    let screen = Screen::take(options.mouse).context("cannot use the terminal")?;
    let (config, journals) = (options.config.clone(), options.journals.clone());
    let worker = Worker::new(connection, sender, config, journals);
    let mut explorer = Explorer {
        app,
        screen,
        worker: match options.cache.clone() {
            Some((cache, key)) => worker.keeping(cache, key),
            None => worker,
        },
        input: Some(Input::new()),
        between: Between::from_environment(),
        options,
        drawn_at: Instant::now() - FRAME,
        started: Instant::now(),
    };
    if let Some(ended) = explorer.perform(effects, &mut signals).await? {
        return Ok(ended);
    }
    let ended = explorer.run(&mut signals, &mut messages).await;
    let Explorer {
        app,
        screen,
        worker,
        ..
    } = explorer;
    // Whoever waits for the shell is not to look at a screen that answers no more.
    drop(screen);
    keep_last(&app, &worker).await;
    match ended {
        // A terminal that is gone cannot be written to; that it has gone is the reason to tell.
        Err(error) => match tokio::time::timeout(GONE, signals.next()).await {
            Ok(Woken::Signal(number)) => Ok(Ended::Signal(number)),
            _ => Err(error),
        },
        ended => ended,
    }
}

/// Keeps what was read since the last walk; a disk that takes long is not waited for.
async fn keep_last(app: &App, worker: &Worker) {
    let kept = worker.keep_last(app.connection(), app.to_keep());
    match tokio::time::timeout(LAST_WRITE, kept).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "what was read could not be kept"),
        Err(_) => tracing::warn!("what was read was not kept in time"),
    }
}

struct Explorer {
    app: App,
    screen: Screen,
    worker: Worker,
    /// Not there while the terminal belongs to somebody else.
    input: Option<Input>,
    between: Between,
    options: Options,
    drawn_at: Instant,
    /// For what must not depend on the time of day, which may be set.
    started: Instant,
}

/// What woke the loop.
enum Woken {
    Signal(i32),
    Continued,
    Input(Option<io::Result<Event>>),
    Messages(Vec<Msg>),
    Frame,
    Spin,
    Clock,
    Failure(tokio::task::JoinError),
}

impl Explorer {
    async fn run(
        &mut self,
        signals: &mut Signals,
        messages: &mut mpsc::Receiver<Msg>,
    ) -> anyhow::Result<Ended> {
        let mut spin = every(SPIN);
        loop {
            self.draw_if_due().context("cannot draw")?;
            let woken = self.wait(signals, messages, &mut spin).await;
            let mut news = vec![
                Msg::Elapsed(self.started.elapsed()),
                Msg::Clock(Timestamp::now()),
            ];
            match woken {
                Woken::Signal(number) => return Ok(Ended::Signal(number)),
                Woken::Continued => self.take_screen_again()?,
                Woken::Input(None) => bail!("the terminal's input has ended"),
                Woken::Input(Some(event)) => {
                    let event = event.context("cannot read the terminal's input")?;
                    self.app.dirty |= matches!(event, Event::Resize(..));
                    news.extend(translate::message(event));
                }
                Woken::Messages(results) => news.extend(results),
                Woken::Spin => news.push(Msg::Spin),
                Woken::Frame | Woken::Clock => {}
                Woken::Failure(error) => bail!("a part of the program failed: {error}"),
            }
            for msg in news {
                let effects = update(&mut self.app, msg);
                if let Some(ended) = self.perform(effects, signals).await? {
                    return Ok(ended);
                }
            }
        }
    }

    async fn wait(
        &mut self,
        signals: &mut Signals,
        messages: &mut mpsc::Receiver<Msg>,
        spin: &mut Interval,
    ) -> Woken {
        let mut results = Vec::new();
        let idle = until_due(&self.app);
        let input = async {
            match &mut self.input {
                Some(input) => input.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            woken = signals.next() => woken,
            event = input => Woken::Input(event),
            error = self.worker.failure() => Woken::Failure(error),
            () = tokio::time::sleep_until(self.drawn_at + FRAME), if self.app.dirty => Woken::Frame,
            _ = messages.recv_many(&mut results, MESSAGES_WAITING) => Woken::Messages(results),
            _ = spin.tick(), if self.app.load.is_running() => Woken::Spin,
            () = tokio::time::sleep(idle) => Woken::Clock,
        }
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        if !self.app.dirty || self.drawn_at.elapsed() < FRAME {
            return Ok(());
        }
        let areas = ui::arrange(&self.app, self.screen.area()?);
        // What it asks for is never a matter of the terminal: which OUs to read first.
        for effect in update(&mut self.app, Msg::Arranged(areas)) {
            self.worker.run(effect);
        }
        let (app, theme) = (&self.app, self.options.theme);
        self.screen.draw(|frame| ui::draw(app, theme, frame))?;
        self.app.dirty = false;
        let _ = update(&mut self.app, Msg::Drawn(self.started.elapsed()));
        self.drawn_at = Instant::now();
        #[cfg(debug_assertions)]
        self.panic_if_asked();
        Ok(())
    }

    /// Does what the effects ask for; says if the program is to end.
    async fn perform(
        &mut self,
        effects: Vec<Effect>,
        signals: &mut Signals,
    ) -> anyhow::Result<Option<Ended>> {
        for effect in effects {
            match effect {
                Effect::Quit
                    if !self.app.leaves_anyway() && self.is_busy_for(LAST_MOMENT).await =>
                {
                    let _ = update(&mut self.app, Msg::StillChanging);
                }
                Effect::Quit => return Ok(Some(Ended::Quit)),
                Effect::Suspend => self.suspend(signals).await?,
                Effect::Reconnect => {
                    if let Some(ended) = Box::pin(self.reconnect(signals)).await? {
                        return Ok(Some(ended));
                    }
                }
                Effect::Copy { what, text } => {
                    let msg = self.copy(what, &text).await?;
                    let _ = update(&mut self.app, msg);
                }
                Effect::Browse(link) => {
                    if let Err(error) = open::that_detached(link) {
                        let _ = update(&mut self.app, Msg::NotBrowsed(error.to_string()));
                    }
                }
                Effect::Ring => self.screen.write(BELL)?,
                other => self.worker.run(other),
            }
        }
        Ok(None)
    }

    /// Whether something is still being changed after this long.
    async fn is_busy_for(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        while self.worker.is_changing() && Instant::now() < end {
            tokio::time::sleep(FRAME).await;
        }
        self.worker.is_changing()
    }

    async fn copy(&mut self, what: &'static str, text: &str) -> io::Result<Msg> {
        let failure = match clipboard::copy(text, self.between).await {
            Ok(Some(sequence)) => {
                self.screen.write(sequence.as_bytes())?;
                None
            }
            Ok(None) => None,
            Err(failure) => Some(failure),
        };
        Ok(Msg::Copied { what, failure })
    }

    /// Gives the terminal back and stops, as a shell's job does, until the shell continues us.
    async fn suspend(&mut self, signals: &mut Signals) -> anyhow::Result<()> {
        self.input = None;
        screen::give_back();
        // The whole group, so that whoever started us (a script, cargo) stops too and the shell
        // gets the terminal. Without a shell that could continue it, the kernel stops nobody.
        kill_current_process_group(Signal::TSTP).context("cannot stop")?;
        let _ = tokio::time::timeout(STOPPED, signals.continued.recv()).await;
        self.take_screen_again()
    }

    /// Connects anew, on the user's own screen: a credential helper may want to ask something.
    async fn reconnect(&mut self, signals: &mut Signals) -> anyhow::Result<Option<Ended>> {
        let Some(options) = self.options.reconnect.clone() else {
            return Ok(None);
        };
        self.input = None;
        screen::give_back();
        // Whoever cannot read this will still see what the helper asks.
        let _ = writeln!(io::stderr(), "orgscope: signing in again; Ctrl-C goes back");
        let connected = tokio::select! {
            woken = signals.next() => match woken {
                Woken::Signal(number) if number != Signal::INT.as_raw() => {
                    return Ok(Some(Ended::Signal(number)));
                }
                _ => Err(OrgError::new(ErrorKind::Credentials, "signing in was interrupted")),
            },
            connected = connect(&options) => connected,
        };
        self.take_screen_again()?;
        match connected {
            // It tells so itself, behind what the old connection had found.
            Ok(connection) => {
                self.worker.reconnect(connection);
                Ok(None)
            }
            Err(error) => {
                let effects = update(&mut self.app, Msg::Reconnected(Err(error)));
                self.perform(effects, signals).await
            }
        }
    }

    fn take_screen_again(&mut self) -> anyhow::Result<()> {
        self.screen
            .take_again()
            .context("cannot use the terminal again")?;
        self.input = Some(Input::new());
        let _ = update(&mut self.app, Msg::Covered);
        self.app.dirty = true;
        Ok(())
    }

    /// For the tests that a panic, here or in a task, leaves a usable terminal.
    #[cfg(debug_assertions)]
    fn panic_if_asked(&mut self) {
        if self.app.load.loaded_at.is_none() {
            return;
        }
        match std::env::var("ORGSCOPE_TEST_PANIC").as_deref() {
            Ok("loop") => panic!("a panic was asked for"),
            Ok("task") => self.worker.panic(),
            _ => {}
        }
    }
}

/// How long nothing will be due, if nothing happens.
fn until_due(app: &App) -> Duration {
    let Some(next) = app.next_change() else {
        return CLOCK;
    };
    let wait = next.duration_since(Timestamp::now());
    // What is due already gives a negative wait.
    let wait = Duration::try_from(wait).unwrap_or_default();
    wait.clamp(SOONEST, CLOCK)
}

fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

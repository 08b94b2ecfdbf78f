//! orgscope: a terminal explorer for AWS Organizations.
//!
//! The program in six words:
//!
//! * [`App`](app::App): all state. Plain data, no I/O, no clock of its own.
//! * [`Msg`](msg::Msg): everything that can happen: a key, a resize, a timer, a result.
//! * [`Action`](action::Action): what the user may want; one row in one table,
//!   [`ACTIONS`](action::ACTIONS).
//! * [`Effect`](effect::Effect): what the program shall do outside; plain comparable data.
//! * Pane: a region with a cursor: the tree ([`app::outline`]) and the details ([`app::details`]).
//! * [`Overlay`](app::overlay::Overlay): something on top that gets the keys first.
//!
//! `update(&mut App, Msg) -> Vec<Effect>` is the whole program logic. There is no client trait and
//! no mock: above [`Effect`](effect::Effect), tests compare values; below it, everything talks real
//! HTTP to AWS or to the simulator.
//!
//! ```text
//! key     -> runtime: Msg::Key -> update: top overlay, else ACTIONS -> available? -> Effects
//! effect  -> worker: a task with JobKey and generation -> Msg over a bounded channel
//! msg     -> update: stale generation? drop : into tree, notice or overlay -> dirty
//! dirty   -> runtime draws, at most once per 33 ms, nothing when nothing changed
//! ```
//!
//! # Modules
//!
//! | module | what it is | what it does without |
//! | --- | --- | --- |
//! | [`org`] | the domain: ids, states, the cached tree, observations, errors | everything else |
//! | [`action`], [`msg`], [`effect`] | the vocabulary | screens, AWS, async |
//! | [`confirm`] | what must be done before anything is changed | screens, AWS, async |
//! | [`app`] | state and update, a file per pane | screens, AWS, async, clocks |
//! | [`ui`] | draws the state; reads only | AWS, async |
//! | [`aws`] | the only place that names SDK types: credentials, limiter, walk | screens |
//! | [`store`] | what is on disk: the journal and the cache | screens, AWS, async |
//! | [`worker`] | runs effects as tasks, cancels what is superseded | screens |
//! | [`runtime`] | the only event loop: terminal, input, signals, frames | |
//! | [`sim`] | a server that behaves like AWS Organizations | everything of ours |
//! | [`config`] | the configuration file | everything but [`org`] |
//! | [`cli`], [`commands`], [`logging`] | the command line and what runs without the explorer | |
//!
//! `tests/architecture.rs` reads the sources and holds them against this.

pub mod action;
pub mod app;
pub mod aws;
pub mod cli;
pub mod commands;
pub mod config;
pub mod confirm;
pub mod effect;
mod keys;
pub mod logging;
pub mod msg;
pub mod org;
pub mod runtime;
pub mod sim;
pub mod store;
pub mod ui;
pub mod worker;

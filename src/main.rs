//! The `orgscope` program: parses its arguments, runs the command, says how it went.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use orgscope::cli::Cli;
use orgscope::{commands, logging};

// Reading the cache is half a million small pieces of memory, asked for by several threads: with the
// system's allocator that takes twice as long.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::from_command_line();
    if let Err(warning) = logging::start(cli.global.log_file.as_deref(), cli.global.log_level) {
        commands::complain(&warning);
    }
    commands::run(&cli)
}

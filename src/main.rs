//! The `orgscope` program: parses its arguments, runs the command, says how it went.

use std::process::ExitCode;

use orgscope::cli::Cli;
use orgscope::{commands, logging};

fn main() -> ExitCode {
    let cli = Cli::from_command_line();
    if let Err(warning) = logging::start(cli.global.log_file.as_deref(), cli.global.log_level) {
        commands::complain(&warning);
    }
    commands::run(&cli)
}

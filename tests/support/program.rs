//! The program under test, shut off from the developer's own machine and from AWS.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// The built binary.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_orgscope");

/// The whole environment of a run: fake keys, no configuration files, no instance metadata, and
/// every folder below `home`.
pub(crate) fn environment(home: &Path) -> Vec<(&'static str, OsString)> {
    vec![
        ("HOME", home.into()),
        ("PATH", "/usr/bin:/bin".into()),
        ("LANG", "C.UTF-8".into()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".into()),
        ("AWS_SECRET_ACCESS_KEY", "secret".into()),
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_CONFIG_FILE", home.join("no-config").into()),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            home.join("no-credentials").into(),
        ),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
    ]
}

/// A command that runs the program in that [`environment`].
pub(crate) fn orgscope(home: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().envs(environment(home));
    command
}

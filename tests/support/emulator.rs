//! An emulator of Organizations that others wrote, beside moto: `tests/peers/emulator`, a package
//! of its own that is built once.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use super::python::Server;

const PACKAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/peers/emulator/Cargo.toml"
);

/// Starts it, empty. The first test that needs it builds it, while the others wait.
pub(crate) fn start() -> Server {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulator");
    let lock = target.with_extension("lock");
    let lock = File::create(&lock).unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
    lock.lock().expect("a lock");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--manifest-path", PACKAGE])
        .arg("--target-dir")
        .arg(&target)
        .status();
    assert!(
        built.as_ref().is_ok_and(std::process::ExitStatus::success),
        "the emulator cannot be built: {built:?}"
    );
    drop(lock);
    let mut program = Command::new(target.join("debug/emulator"));
    program.env_clear();
    Server::start(program, "the emulator")
}

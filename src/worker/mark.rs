//! Points at which a test can have the program killed, as a crash or a lost machine would.

/// Kills this process if `ORGSCOPE_TEST_KILL_AT` is `OPERATION:POINT`, in debug builds only.
#[cfg(debug_assertions)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test says where the program is to die"
)]
pub(super) fn mark(operation: &str, point: &str) {
    use rustix::process::{Signal, getpid, kill_process};

    let here = format!("{operation}:{point}");
    if std::env::var("ORGSCOPE_TEST_KILL_AT").is_ok_and(|at| at == here) {
        // The signal cannot be caught, and comes before this returns.
        let _ = kill_process(getpid(), Signal::KILL);
    }
}

#[cfg(not(debug_assertions))]
pub(super) fn mark(_: &str, _: &str) {}

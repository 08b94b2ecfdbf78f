//! Python programs as outside judges: a virtual environment with pinned packages, made once.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");

/// A Python that has the packages of `tests/peers/requirements.txt`.
pub(crate) struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// `None`, after saying so, where `ORGSCOPE_SKIP_PEERS=1` asks to go without; any other value does not.
    ///
    /// Panics where Python or its packages cannot be had: a judge that stays away unnoticed is none.
    #[expect(
        clippy::disallowed_methods,
        reason = "whether to skip is for whoever runs the tests to say"
    )]
    pub(crate) fn with_peers() -> Option<Self> {
        if std::env::var_os("ORGSCOPE_SKIP_PEERS").is_some_and(|value| value == "1") {
            // Not `eprintln!`: the test harness would swallow it.
            let _ = writeln!(
                io::stderr(),
                "\n*** ORGSCOPE_SKIP_PEERS=1: a comparison with moto or botocore is left out. ***\n"
            );
            return None;
        }
        match prepared_environment() {
            Ok(interpreter) => Some(Self { interpreter }),
            Err(reason) => panic!(
                "\n*** The outside judges (moto, botocore) cannot run: {reason}\n\
                 *** Install Python 3 with venv, or leave them out with ORGSCOPE_SKIP_PEERS=1.\n"
            ),
        }
    }

    /// Runs a script of `tests/peers` to its end and returns what it printed; panics if it fails.
    pub(crate) fn run(&self, script: &str, arguments: &[&str]) -> String {
        let output = self
            .command(script, arguments)
            .output()
            .unwrap_or_else(|error| panic!("{script} does not start: {error}"));
        succeeded(&output).unwrap_or_else(|reason| panic!("{script}: {reason}"))
    }

    /// Starts a server of `tests/peers` and waits until it prints `READY` and its address.
    pub(crate) fn serve(&self, script: &str, arguments: &[&str]) -> Server {
        Server::start(self.command(script, arguments), script)
    }

    fn command(&self, script: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.interpreter);
        command
            .arg(Path::new(PEERS).join(script))
            .args(arguments)
            // No compiled files between the sources; no configuration, keys or proxies from outside.
            .env_clear()
            .envs([
                ("PYTHONDONTWRITEBYTECODE", "1"),
                ("PYTHONUTF8", "1"),
                ("AWS_CONFIG_FILE", "/nonexistent"),
                ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
                ("AWS_EC2_METADATA_DISABLED", "true"),
            ]);
        command
    }
}

/// A running server; it ends with this value, or with the test process.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    child: Child,
}

impl Server {
    /// Starts a server and waits until it prints `READY` and its address.
    pub(crate) fn start(mut command: Command, name: &str) -> Self {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let mut server = Self {
            url: String::new(),
            child,
        };
        let mut line = String::new();
        BufReader::new(server.child.stdout.take().expect("stdout is piped"))
            .read_line(&mut line)
            .expect("a server prints text");
        server.url = match line.trim().strip_prefix("READY ") {
            Some(url) => url.to_owned(),
            None => panic!("{name} did not get ready; why stands on stderr"),
        };
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The interpreter of the virtual environment, which is made now if no earlier run did.
///
/// The environment is named after what it holds, so that other requirements make another one. A
/// lock lets one test make it while the others wait; a marker tells a finished one from a torn one.
fn prepared_environment() -> Result<PathBuf, String> {
    let requirements = Path::new(PEERS).join("requirements.txt");
    let mut hasher = DefaultHasher::new();
    fs::read(&requirements)
        .map_err(|error| error.to_string())?
        .hash(&mut hasher);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let environment = target.join(format!("peers-{:016x}", hasher.finish()));
    let interpreter = environment.join("bin/python");
    let finished = environment.join("finished");

    let lock = environment.with_extension("lock");
    let lock = File::create(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    lock.lock().map_err(|error| error.to_string())?;
    if finished.exists() {
        return Ok(interpreter);
    }
    let venv = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&environment)
        .output()
        .map_err(|error| format!("python3 does not start: {error}"))?;
    succeeded(&venv)?;
    let pip = Command::new(&interpreter)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(&requirements)
        .output()
        .map_err(|error| error.to_string())?;
    succeeded(&pip)?;
    File::create(finished).map_err(|error| error.to_string())?;
    Ok(interpreter)
}

fn succeeded(output: &Output) -> Result<String, String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

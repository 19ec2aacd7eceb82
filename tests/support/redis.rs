//! A real redis-server (or valkey-server) for a test: on a Unix socket, without persistence, killed when dropped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking, and each of those that share this needs a part of it"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

pub struct Server {
    directory: TempDir,
    more: Vec<String>,
    child: Option<Child>,
}

impl Server {
    /// Starts a server, and waits until it listens.
    pub async fn start() -> Self {
        Self::start_with(Vec::new()).await
    }

    /// The same, with more arguments.
    pub async fn start_with(more: Vec<String>) -> Self {
        let mut server = Self { directory: TempDir::new().unwrap(), more, child: None };
        server.restart().await;
        server
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Kills it, with all that it knows.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it anew, empty.
    pub async fn restart(&mut self) {
        self.kill();
        let _ = std::fs::remove_file(self.socket());
        let child = command(self.directory.path(), &self.socket())
            .args(&self.more)
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server does not start ({error}): {HINT}"));
        self.child = Some(child);
        for _ in 0..1_000 {
            if tokio::net::UnixStream::connect(self.socket()).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("redis-server does not listen: {HINT}");
    }

    /// Lets it hang: connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

const HINT: &str = "`make tools` installs one; or put one on the PATH, or name one in REDIS_BIN";

/// What starts one that listens on a Unix socket only, and keeps nothing.
pub fn command(directory: &Path, socket: &Path) -> Command {
    let mut command = Command::new(binary());
    command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(socket).arg("--dir").arg(directory);
    command.stdout(Stdio::null());
    command
}

/// `REDIS_BIN`, what `make tools` has installed, or what is on the PATH.
fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("REDIS_BIN").filter(|name| !name.is_empty()) {
        return named.into();
    }
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/bin/redis-server");
    if installed.exists() { installed } else { "redis-server".into() }
}

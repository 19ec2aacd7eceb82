//! Ends Envoy when Kanmon is gone without having been able to do so itself (SIGKILL, out of memory).
//!
//! The kernel's own means for this, a death signal set between fork and exec, needs unsafe code. Instead a shell waits for the
//! end of a pipe whose other end only Kanmon holds: the kernel closes it however Kanmon ends. Where there is no shell, as in a
//! minimal container, there is usually nothing to outlive either: with process 1 all others end.

use std::process::Stdio;

use tokio::process::{Child, ChildStdin, Command};

/// Asks first, and kills what has not ended 5 s later. The whole group, whose leader Envoy is: where Envoy is started by a script,
/// both end; and where its process id has become somebody else's, there is hardly a group of that name.
const SCRIPT: &str = r#"read -r _; kill -s TERM -- "-$1" && sleep 5 && kill -s KILL -- "-$1""#;

#[derive(Debug)]
pub(super) struct Watchdog {
    // Dropped first, which kills it, so that it does not take the closing pipe for the end of Kanmon.
    _shell: Child,
    _pipe: Option<ChildStdin>,
}

impl Watchdog {
    /// Watches over the process group that the process with this id leads.
    pub(super) fn over(leader: u32) -> Option<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "kanmon-watchdog", &leader.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env_clear().process_group(0).kill_on_drop(true);
        match command.spawn() {
            Ok(mut shell) => Some(Self { _pipe: shell.stdin.take(), _shell: shell }),
            Err(error) => {
                tracing::debug!(%error, "no watchdog: if this process is killed, Envoy goes on");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("1000").process_group(0).kill_on_drop(true).spawn().unwrap()
    }

    #[tokio::test]
    async fn what_it_watches_over_ends_when_the_pipe_closes() {
        let mut sleeper = sleeper();
        let mut watchdog = Watchdog::over(sleeper.id().unwrap()).unwrap();
        drop(watchdog._pipe.take());
        assert_eq!(sleeper.wait().await.unwrap().signal(), Some(15));
    }

    #[tokio::test]
    async fn a_watchdog_that_is_dropped_does_nothing() {
        let mut sleeper = sleeper();
        let watchdog = Watchdog::over(sleeper.id().unwrap()).unwrap();
        let Watchdog { _shell: mut shell, _pipe: pipe } = watchdog;
        shell.start_kill().unwrap();
        drop(pipe);
        assert_eq!(shell.wait().await.unwrap().signal(), Some(9), "it was killed before it could do anything");
        assert!(sleeper.try_wait().unwrap().is_none());
    }
}

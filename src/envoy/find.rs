//! Finds an Envoy that is new enough: `ENVOY_BIN`, then `.tools/bin/envoy` here, then `PATH`.
//!
//! What is named by `ENVOY_BIN` is taken or refused; it is never passed over for another.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

/// The oldest version that has the composite cluster.
pub const OLDEST: Version = Version { major: 1, minor: 37, patch: 0 };

/// How long `envoy --version` may take; a cold disk included.
const PATIENCE: Duration = Duration::from_secs(20);

/// An Envoy that is there and new enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// Where it is.
    pub path: PathBuf,
    /// What it says it is.
    pub version: Version,
}

/// A version of Envoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Always 1, so far.
    pub major: u32,
    /// Four a year.
    pub minor: u32,
    /// Fixes.
    pub patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Why there is no usable Envoy.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FindError {
    /// Nowhere.
    #[error("no Envoy found: run `make tools`, put `envoy` {OLDEST} or later on PATH, or set ENVOY_BIN")]
    Missing,
    /// `ENVOY_BIN` leads nowhere.
    #[error("ENVOY_BIN is `{path}`, which is not a file: correct or unset it")]
    NotThere {
        /// What it says.
        path: PathBuf,
    },
    /// It cannot be run.
    #[error("`{path} --version` failed ({reason}): run `make tools`, or set ENVOY_BIN to a working Envoy")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// It is too old.
    #[error("`{path}` is Envoy {version}, but {OLDEST} or later is needed: run `make tools`, or set ENVOY_BIN")]
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: Version,
    },
}

/// Finds an Envoy by this process's environment and working folder.
///
/// # Errors
/// When there is none, or the first that is found does not work or is too old.
pub async fn find() -> Result<Binary, FindError> {
    let named = std::env::var_os("ENVOY_BIN").filter(|name| !name.is_empty());
    let search = std::env::var_os("PATH").unwrap_or_default();
    check(locate(named, Path::new("."), &search)?).await
}

fn locate(named: Option<OsString>, folder: &Path, search: &OsString) -> Result<PathBuf, FindError> {
    if let Some(named) = named {
        let path = PathBuf::from(named);
        return if path.is_file() { Ok(path) } else { Err(FindError::NotThere { path }) };
    }
    let tools = folder.join(".tools/bin/envoy");
    let on_path = std::env::split_paths(search).filter(|folder| folder.is_absolute()).map(|folder| folder.join("envoy"));
    std::iter::once(tools).chain(on_path).find(|path| path.is_file()).ok_or(FindError::Missing)
}

async fn check(path: PathBuf) -> Result<Binary, FindError> {
    let run = Command::new(&path).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output();
    let reason = match tokio::time::timeout(PATIENCE, run).await {
        Ok(Ok(output)) => return judge(path, &output),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
    };
    Err(FindError::Broken { path, reason })
}

fn judge(path: PathBuf, output: &Output) -> Result<Binary, FindError> {
    if !output.status.success() {
        return Err(FindError::Broken { path, reason: output.status.to_string() });
    }
    let Some(version) = parse_version(&String::from_utf8_lossy(&output.stdout)) else {
        return Err(FindError::Broken { path, reason: "it does not name a version of Envoy".to_owned() });
    };
    if version < OLDEST {
        return Err(FindError::TooOld { path, version });
    }
    Ok(Binary { path, version })
}

/// Reads `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`; the version may end in `-dev`.
fn parse_version(text: &str) -> Option<Version> {
    let (_, facts) = text.split_once("version:")?;
    let version = facts.trim().split('/').nth(1)?;
    let mut numbers = version.split('-').next()?.split('.').map(|number| number.parse().ok());
    Some(Version { major: numbers.next()??, minor: numbers.next()??, patch: numbers.next()?? })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn file(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        path
    }

    fn output(status: i32, text: &str) -> Output {
        Output { status: ExitStatus::from_raw(status), stdout: text.as_bytes().to_vec(), stderr: Vec::new() }
    }

    #[test]
    fn the_version_is_read_from_what_envoy_prints() {
        let text = "\n/x/envoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.0/Clean/RELEASE/BoringSSL\n\n";
        assert_eq!(parse_version(text), Some(Version { major: 1, minor: 40, patch: 0 }));
        assert_eq!(parse_version("version: abc/1.38.2-dev/Modified"), Some(Version { major: 1, minor: 38, patch: 2 }));
        for wrong in ["", "version:", "version: a", "version: a/1.x.0", "version: a/1.99999999999.0", "nginx/1.27"] {
            assert_eq!(parse_version(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn envoy_bin_wins_and_is_never_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let tools = file(folder.path(), ".tools/bin/envoy");
        let other = file(folder.path(), "other");
        let nowhere = folder.path().join("nowhere");
        let none = OsString::new();
        assert_eq!(locate(Some(other.clone().into()), folder.path(), &none), Ok(other));
        assert_eq!(locate(None, folder.path(), &none), Ok(tools));
        assert_eq!(locate(Some(nowhere.clone().into()), folder.path(), &none), Err(FindError::NotThere { path: nowhere }));
    }

    #[test]
    fn without_tools_the_path_is_searched_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let first = file(folder.path(), "a/envoy");
        file(folder.path(), "b/envoy");
        let search = std::env::join_paths(["empty", "a", "b"].map(|name| folder.path().join(name))).unwrap();
        assert_eq!(locate(None, &folder.path().join("empty"), &search), Ok(first));
        assert_eq!(locate(None, folder.path(), &OsString::new()), Err(FindError::Missing));
    }

    #[test]
    fn an_old_envoy_is_refused_with_a_remedy() {
        let old = output(0, "envoy  version: abc/1.36.4/Clean/RELEASE/BoringSSL");
        let error = judge("envoy".into(), &old).unwrap_err().to_string();
        assert!(error.contains("is Envoy 1.36.4, but 1.37.0 or later is needed: run `make tools`"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    #[test]
    fn what_is_no_envoy_is_called_broken() {
        let silent = judge("envoy".into(), &output(0, "")).unwrap_err().to_string();
        assert!(silent.contains("does not name a version"), "{silent}");
        let failing = judge("envoy".into(), &output(3 << 8, "")).unwrap_err().to_string();
        assert!(failing.contains("exit status: 3"), "{failing}");
    }

    #[tokio::test]
    async fn what_cannot_be_run_is_called_broken() {
        let folder = tempfile::tempdir().unwrap();
        let error = check(file(folder.path(), "envoy")).await.unwrap_err();
        assert!(matches!(error, FindError::Broken { .. }), "{error}");
    }
}

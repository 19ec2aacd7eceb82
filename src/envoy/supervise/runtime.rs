//! The private folder of a run: Envoy's configuration and the two sockets. Nobody else may enter it, since who reaches the
//! sockets rules Envoy or speaks for it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::StartError;

/// A folder that only this user may enter, removed with its contents when dropped.
#[derive(Debug)]
pub struct RuntimeDir {
    path: PathBuf,
}

impl RuntimeDir {
    /// Makes one: in `XDG_RUNTIME_DIR` where that is set, else where temporary files go.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create() -> io::Result<Self> {
        let base = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
        Self::create_in(&base.unwrap_or_else(std::env::temp_dir))
    }

    /// Makes one in a folder. Its name is short: a Unix socket's whole path has 107 bytes.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create_in(base: &Path) -> io::Result<Self> {
        let path = base.join(format!("kanmon-{:08x}", rand::random::<u32>()));
        // Fails where something of this name is there already, whoever made it.
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self { path })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where Envoy's admin interface goes.
    pub fn admin_socket(&self) -> PathBuf {
        self.path.join("admin.sock")
    }

    /// Where the processor listens.
    pub fn processor_socket(&self) -> PathBuf {
        self.path.join("processor.sock")
    }

    pub(super) fn write_config(&self, config: &Value) -> Result<PathBuf, StartError> {
        let path = self.path.join("envoy.json");
        let write = || -> io::Result<()> {
            let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
            let mut file = io::BufWriter::new(file);
            serde_json::to_writer(&mut file, config)?;
            file.flush()
        };
        match write() {
            Ok(()) => Ok(path),
            Err(source) => Err(StartError::Write { path, source }),
        }
    }
}

impl Drop for RuntimeDir {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "could not remove the runtime folder");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nobody_else_may_enter_the_folder_or_read_the_configuration() {
        let base = tempfile::tempdir().unwrap();
        let runtime = RuntimeDir::create_in(base.path()).unwrap();
        let config = runtime.write_config(&serde_json::json!({"node": {}})).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(runtime.path()), 0o700);
        assert_eq!(mode(&config), 0o600);
        assert_eq!(std::fs::read_to_string(config).unwrap(), r#"{"node":{}}"#);
    }

    #[test]
    fn the_folder_goes_with_its_contents() {
        let base = tempfile::tempdir().unwrap();
        let runtime = RuntimeDir::create_in(base.path()).unwrap();
        runtime.write_config(&serde_json::json!({})).unwrap();
        let path = runtime.path().to_owned();
        drop(runtime);
        assert!(!path.exists());
    }
}

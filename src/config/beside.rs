//! What a config keeps in other files: more keys, directories of keys, the keys of issuers, prices.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path as FilePath;

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::errors::{Report, Source};
use super::interpolate::Environment;
use super::load::{Files, read_typed};
use super::model::{Auth, Key, PriceTable};
use super::node::Path;

/// The most files in a directory of keys.
const MOST_FILES: usize = 10_000;
/// The largest file in one, in bytes: a few keys.
const LARGEST_KEY_FILE: u64 = 4 << 10;

/// What a config keeps in other files. What could not be read has been told.
#[derive(Default)]
pub(super) struct Beside {
    /// The keys of `auth.keys_file`.
    pub(super) keys: Option<(Vec<Key>, Source)>,
    /// The files of each of `auth.keys_dirs`.
    pub(super) keys_dirs: Vec<Vec<KeyFile>>,
    /// The content of `jwks_file` of each of `auth.jwt`.
    pub(super) key_sets: Vec<Option<String>>,
    /// The price table: that of `prices.file`, or the one that is built in.
    pub(super) prices: Option<(PriceTable, Source)>,
}

/// A file in a directory of keys.
pub(super) struct KeyFile {
    pub(super) name: String,
    pub(super) source: Source,
    /// `None`: it is no text, or too large to be a key.
    pub(super) text: Option<SecretString>,
}

impl Beside {
    /// Reads everything that `auth` names. Paths that are not absolute begin at `directory`.
    pub(super) fn read(
        files: &mut Files,
        auth: &Auth,
        directory: &FilePath,
        config: &Source,
        environment: Environment<'_>,
        report: &mut Report,
    ) -> Self {
        let path = Path::Root.field("auth");
        let keys_file = auth.keys_file.as_ref().map(|file| directory.join(file));
        let keys = keys_file.and_then(|file| typed(files, &file, &path.field("keys_file"), config, environment, report));
        let list = path.field("keys_dirs");
        let dirs = auth.keys_dirs.iter().enumerate();
        let keys_dirs = dirs.map(|(index, dir)| {
            let read = files.read_keys(&directory.join(&dir.path));
            read.unwrap_or_else(|error| {
                report.add(config, &list.item(index).field("path"), error);
                Vec::new()
            })
        });
        let keys_dirs = keys_dirs.collect();
        let list = path.field("jwt");
        let issuers = auth.jwt.iter().enumerate();
        let key_sets = issuers.map(|(index, issuer)| {
            let read = files.read(&directory.join(issuer.jwks_file.as_ref()?));
            read.map_err(|error| report.add(config, &list.item(index).field("jwks_file"), error.to_string())).ok()
        });
        Self { keys, keys_dirs, key_sets: key_sets.collect(), prices: None }
    }
}

/// Reads a file that the config names in the field `path` as a `T`.
pub(super) fn typed<T: DeserializeOwned>(
    files: &mut Files,
    file: &FilePath,
    path: &Path<'_>,
    config: &Source,
    environment: Environment<'_>,
    report: &mut Report,
) -> Option<(T, Source)> {
    let text = files.read(file).map_err(|errors| report.add(config, path, errors.to_string())).ok()?;
    read_typed(&text, &file.display().to_string(), environment, report)
}

/// The files in a directory of keys, by name, and what they hold. Kubernetes mounts a Secret as links into a directory whose name
/// begins with a dot: links are followed, what begins with a dot is not looked at.
pub(super) fn list(directory: &FilePath) -> Result<Vec<(String, Vec<u8>)>, String> {
    let unreadable = |error: io::Error| format!("{}: cannot be read: {error}", directory.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if is_hidden(&entry.file_name()) || !entry.path().is_file() {
            continue;
        }
        if names.len() == MOST_FILES {
            return Err(format!("{}: has more than {MOST_FILES} files", directory.display()));
        }
        names.push(entry.file_name());
    }
    names.sort();
    let read = |name: &OsStr| {
        let mut bytes = Vec::new();
        File::open(directory.join(name))?.take(LARGEST_KEY_FILE + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let file = |name: std::ffi::OsString| Ok((name.to_string_lossy().into_owned(), read(&name).map_err(unreadable)?));
    names.into_iter().map(file).collect()
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// What a directory of keys holds, in a digest.
pub(super) fn digest(files: &[(String, Vec<u8>)]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (name, bytes) in files {
        for part in [name.as_bytes(), bytes] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

impl KeyFile {
    pub(super) fn new(directory: &FilePath, name: String, bytes: Vec<u8>) -> Self {
        let fits = bytes.len() as u64 <= LARGEST_KEY_FILE;
        let text = String::from_utf8(bytes).ok().filter(|_| fits).map(SecretString::from);
        let source = Source::without_places(&directory.join(&name).display().to_string());
        Self { name, source, text }
    }
}

//! From a file to a [`Snapshot`]: read, parse, interpolate, shape, validate.

use std::fs::File;
use std::io::Read;
use std::path::{Path as FilePath, PathBuf};

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::beside::{self, Beside, KeyFile};
use super::errors::{Errors, Report, Source};
use super::interpolate::{Environment, interpolate};
use super::model::{Config, PriceTable};
use super::node::Path;
use super::validate::{Outside, Written, validate};
use super::{Snapshot, typed, yaml};
use crate::upstream::Shelf;

/// The largest config or keys file, in bytes.
const LARGEST: u64 = 16 << 20;

/// Loads a config file, and the files that it names. `${NAME}` is taken out of this process's environment.
pub fn load(path: &FilePath) -> Result<Snapshot, Errors> {
    load_with(path, &environment)
}

/// Like [`load`], with variables from elsewhere.
pub fn load_with(path: &FilePath, environment: &dyn Fn(&str) -> Option<String>) -> Result<Snapshot, Errors> {
    Files::default().load(path, environment, &Shelf::default())
}

/// Reads a config. `origin` names it in errors; paths in it that are not absolute begin at the directory of `origin`.
pub fn parse(text: &str, origin: &str) -> Result<Snapshot, Errors> {
    parse_with(text, origin, &environment)
}

/// Like [`parse`], with variables from elsewhere.
pub fn parse_with(text: &str, origin: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Snapshot, Errors> {
    Files::default().parse(text, origin, environment, &Shelf::default())
}

/// The environment of this process.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What a file or a directory held: the digest of its content, or `None` if it could not be read.
pub(super) type Content = Option<[u8; 32]>;

/// Reads files and remembers what they held, so that a change can be told.
#[derive(Debug, Default)]
pub(super) struct Files {
    seen: Vec<(PathBuf, Content)>,
}

impl Files {
    /// What the files hold now.
    pub(super) fn now(&self) -> Vec<Content> {
        self.seen.iter().map(|(path, _)| content(path)).collect()
    }

    /// Whether that is something else than they held when they were read.
    pub(super) fn differ(&self, now: &[Content]) -> bool {
        !self.seen.iter().map(|(_, content)| content).eq(now)
    }

    /// Loads a config file. Credentials that are kept fresh already are found on the shelf.
    pub(super) fn load(&mut self, path: &FilePath, environment: Environment<'_>, shelf: &Shelf) -> Result<Snapshot, Errors> {
        let text = self.read(path)?;
        self.parse(&text, &path.display().to_string(), environment, shelf)
    }

    fn parse(&mut self, text: &str, origin: &str, environment: Environment<'_>, shelf: &Shelf) -> Result<Snapshot, Errors> {
        let mut report = Report::default();
        let mut source = tree(text, origin, environment, &mut report)?;
        let config: Option<Config> = typed::read(&mut source, &mut report);
        let Some(config) = config else { return report.into_result(None) };
        let directory = FilePath::new(origin).parent().unwrap_or(FilePath::new("")).to_owned();
        let prices = self.prices(&config, &directory, &source, environment, &mut report);
        let beside = Beside::read(self, &config.auth, &directory, &source, environment, &mut report);
        let beside = Beside { prices, ..beside };
        let directory = std::path::absolute(&directory).unwrap_or(directory);
        let mut read = |path: &FilePath| self.secret(path);
        let outside = Outside { directory: &directory, environment, read: &mut read, shelf };
        let snapshot = validate(Written { config, source: &source, beside: &beside, outside }, &mut report);
        report.into_result(Some(snapshot))
    }

    /// The price table that the config names, or the one that is built in.
    fn prices(
        &mut self,
        config: &Config,
        directory: &FilePath,
        source: &Source,
        environment: Environment<'_>,
        report: &mut Report,
    ) -> Option<(PriceTable, Source)> {
        let Some(file) = &config.prices.file else { return built_in_prices(report) };
        let field = Path::Root.field("prices");
        beside::typed(self, &directory.join(file), &field.field("file"), source, environment, report)
    }

    /// Reads a directory of keys.
    pub(super) fn read_keys(&mut self, directory: &FilePath) -> Result<Vec<KeyFile>, String> {
        let files = beside::list(directory);
        self.seen.push((directory.to_owned(), files.as_ref().ok().map(|files| beside::digest(files))));
        let files = files?.into_iter();
        Ok(files.map(|(name, bytes)| KeyFile::new(directory, name, bytes)).collect())
    }

    /// The secret in a file: from now on a change of it is a change of the config.
    fn secret(&mut self, path: &FilePath) -> Result<SecretString, String> {
        let text = self.read_text(path).map_err(|error| format!("the file {} {error}", path.display()))?;
        Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
    }

    pub(super) fn read(&mut self, path: &FilePath) -> Result<String, Errors> {
        self.read_text(path).map_err(|error| Errors::file(path, error))
    }

    fn read_text(&mut self, path: &FilePath) -> Result<String, String> {
        let bytes = read_bytes(path);
        self.seen.push((path.to_owned(), bytes.as_deref().ok().map(digest)));
        let bytes = bytes.map_err(|error| format!("cannot be read: {error}"))?;
        if bytes.len() as u64 > LARGEST {
            return Err("has more than 16 MiB, which no config has".to_owned());
        }
        String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
            format!("is not UTF-8 text (line {line})")
        })
    }
}

/// The price table that is built in.
pub(super) fn built_in_prices(report: &mut Report) -> Option<(PriceTable, Source)> {
    read_typed(include_str!("../../config/prices.yaml"), "config/prices.yaml (built in)", &|_| None, report)
}

/// Reads the text of a file as a `T`. `None`: what is wrong has been noted.
pub(super) fn read_typed<T: DeserializeOwned>(
    text: &str,
    origin: &str,
    environment: Environment<'_>,
    report: &mut Report,
) -> Option<(T, Source)> {
    match tree(text, origin, environment, report) {
        Ok(mut source) => typed::read(&mut source, report).map(|value| (value, source)),
        Err(errors) => {
            report.extend(errors);
            None
        }
    }
}

fn tree(text: &str, origin: &str, environment: Environment<'_>, report: &mut Report) -> Result<Source, Errors> {
    let mut source = Source::without_places(origin);
    match yaml::read(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(tree) => source.tree = tree,
        Err(error) => {
            let mut report = Report::default();
            report.add_at(&source, error.place, String::new(), error.message);
            return report.into_result(None);
        }
    }
    interpolate(&mut source, environment, report);
    Ok(source)
}

/// One byte more than allowed is read, to tell that there are more.
fn read_bytes(path: &FilePath) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn content(path: &FilePath) -> Content {
    if path.is_dir() {
        return beside::list(path).ok().map(|files| beside::digest(&files));
    }
    read_bytes(path).as_deref().ok().map(digest)
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CONFIG: &str = "auth: {keys_file: keys.yaml}\n\
                          providers: {a: {dialect: openai, endpoint: 'http://localhost:1', ca_file: ca.pem}}\n\
                          routes: [{model: '*', providers: [a]}]\nusage: {file: usage.jsonl}\n";

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_file_that_is_not_there_is_one_clear_line() {
        let path = FilePath::new("no/such.yaml");
        let message = load(path).unwrap_err().to_string();
        assert!(message.starts_with("no/such.yaml: cannot be read: No such file"), "{message}");
    }

    #[test]
    fn paths_begin_at_the_directory_of_the_config() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gateway.yaml");
        fs::write(&path, CONFIG.replace("http:", "https:")).unwrap();
        fs::write(directory.path().join("keys.yaml"), format!("- {{name: k, sha256: {}}}\n", "ab".repeat(32))).unwrap();
        let snapshot = load_with(&path, &none).unwrap();
        assert_eq!(snapshot.providers[0].ca_file.as_deref(), Some(&*directory.path().join("ca.pem")));
        assert_eq!(snapshot.usage.file.as_deref(), Some(&*directory.path().join("usage.jsonl")));
    }

    #[test]
    fn errors_of_both_files_are_told_at_once_each_with_its_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gateway.yaml");
        fs::write(&path, CONFIG).unwrap();
        fs::write(directory.path().join("keys.yaml"), "- name: k\n  sha256: short\n- {name: '${GONE}', sha256: x}\n").unwrap();
        let message = load_with(&path, &none).unwrap_err().to_string();
        let message = message.replace(&format!("{}/", directory.path().display()), "");
        let starts: Vec<_> = message.lines().map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!(starts, ["gateway.yaml:2:75", "keys.yaml:2:11", "keys.yaml:3:10", "keys.yaml:3:29"], "{message}");
        assert!(message.contains("[0].sha256") && message.contains("[1].name: the environment variable GONE"), "{message}");
    }

    #[test]
    fn a_keys_file_that_is_missing_or_no_yaml_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gateway.yaml");
        fs::write(&path, CONFIG).unwrap();
        let missing = load_with(&path, &none).unwrap_err().to_string();
        assert!(missing.contains("gateway.yaml:1:19: auth.keys_file: ") && missing.contains("cannot be read"), "{missing}");
        fs::write(directory.path().join("keys.yaml"), "- {a: 1, a: 2}").unwrap();
        assert!(load_with(&path, &none).unwrap_err().to_string().contains("keys.yaml:1:10: `a` stands here twice"));
    }

    #[test]
    fn a_price_table_takes_the_place_of_the_one_that_is_built_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gateway.yaml");
        let config = CONFIG.replace("auth: {keys_file: keys.yaml}", "auth: {anonymous: true}").replace("http:", "https:");
        let cost = |snapshot: Snapshot| {
            let price = snapshot.prices.find("a", crate::translate::Dialect::OpenAi, ["gpt-4o-mini"])?;
            Some((
                price.of(&crate::usage::Tokens { input: 1_000_000, ..Default::default() }).to_string(),
                snapshot.prices.currency.to_string(),
            ))
        };
        fs::write(&path, &config).unwrap();
        assert_eq!(cost(load_with(&path, &none).unwrap()), Some(("0.15".to_owned(), "USD".to_owned())));
        fs::write(&path, format!("{config}prices: {{file: prices.yaml}}\n")).unwrap();
        let prices = "currency: EUR\nlists:\n- {source: bill, prices: [{models: [gpt-4o-mini], input: 7.10}]}\n";
        fs::write(directory.path().join("prices.yaml"), prices).unwrap();
        assert_eq!(cost(load_with(&path, &none).unwrap()), Some(("7.10".to_owned(), "EUR".to_owned())));
        fs::write(directory.path().join("prices.yaml"), prices.replace("7.10", "cheap").replace("EUR", "euro")).unwrap();
        let message = load_with(&path, &none).unwrap_err().to_string();
        let message = message.replace(&format!("{}/", directory.path().display()), "");
        assert!(message.starts_with("prices.yaml:1:11: currency: must be a currency's code"), "{message}");
        assert!(
            message.contains("prices.yaml:3:58: lists[0].prices[0].input: must be the price for a million tokens"),
            "{message}"
        );
        fs::remove_file(directory.path().join("prices.yaml")).unwrap();
        let message = load_with(&path, &none).unwrap_err().to_string();
        assert!(message.contains("prices.file: ") && message.contains("cannot be read"), "{message}");
    }

    #[test]
    fn what_is_too_large_or_not_text_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gateway.yaml");
        fs::write(&path, b"a: 1\nb: \xff\n").unwrap();
        assert!(load(&path).unwrap_err().to_string().ends_with("is not UTF-8 text (line 2)"));
        fs::write(&path, vec![b'#'; (LARGEST + 1) as usize]).unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("more than 16 MiB"));
        assert!(load(directory.path()).unwrap_err().to_string().contains("cannot be read"));
    }
}

//! The JSON schema of a config, for editors and for `kanmon schema`.

#[cfg(test)]
mod reference;

use super::Config;

/// The JSON schema of a config, as it stands in `config/schema.json`.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Config);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Compares a file of the repository with what it should hold; with `UPDATE=1` in the environment, writes it.
    #[track_caller]
    pub(super) fn holds(file: &str, expected: &str) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, expected).unwrap();
        }
        let actual = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(actual == expected, "{file} is stale: run `UPDATE=1 cargo test --lib config::schema`");
    }

    #[test]
    fn the_checked_in_schema_is_that_of_the_code() {
        holds("config/schema.json", &schema());
    }
}

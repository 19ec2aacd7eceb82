//! What is wrong with a config: every error with file, line, column and field, all of them at once.
//!
//! Messages never repeat a value that may be a secret; they name the field and the place instead.

use std::fmt;
use std::path::Path as FilePath;
use std::sync::Arc;

use super::node::{Node, Path, Place};

/// Errors that are told one by one; more are counted.
const TOLD: usize = 100;

/// Everything that is wrong with a config; one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Errors {
    list: Vec<Problem>,
    more: usize,
}

/// One thing that is wrong with a config.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// The file, or where else the config comes from.
    pub origin: Arc<str>,
    /// Where in the file.
    pub place: Option<Place>,
    /// The field (`routes[0].providers[1]`); empty: the file as a whole.
    pub path: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Errors {
    /// The errors, ordered by file and place; at least one, and not more than a person would read.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// A single error that concerns a file as a whole.
    pub(crate) fn file(path: &FilePath, message: impl Into<String>) -> Self {
        Self::one(&path.display().to_string(), "", message)
    }

    /// The same errors, some of their fields under another name.
    pub(crate) fn with_paths(mut self, name: impl Fn(&str) -> Option<&'static str>) -> Self {
        for problem in &mut self.list {
            if let Some(name) = name(&problem.path) {
                name.clone_into(&mut problem.path);
            }
        }
        self
    }

    /// A single error without a place.
    pub(crate) fn one(origin: &str, path: &str, message: impl Into<String>) -> Self {
        let problem = Problem { origin: origin.into(), place: None, path: path.to_owned(), message: message.into() };
        Self { list: vec![problem], more: 0 }
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.list.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        if self.more > 0 { write!(f, "\n… and {} more", self.more) } else { Ok(()) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)?;
        if let Some(Place { line, column }) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// A file that errors point into.
pub(super) struct Source {
    pub(super) origin: Arc<str>,
    pub(super) tree: Node,
}

impl Source {
    /// A config that stands in no file: its errors have no places.
    pub(super) fn without_places(origin: &str) -> Self {
        Self { origin: origin.into(), tree: Node::hole() }
    }
}

/// Collects what is wrong. One error per field: what follows from the first is not told.
#[derive(Default)]
pub(super) struct Report {
    list: Vec<Problem>,
    more: usize,
}

impl Report {
    /// Notes an error at a field.
    pub(super) fn add(&mut self, source: &Source, path: &Path<'_>, message: impl Into<String>) {
        self.add_at(source, source.tree.place_of(path), path.to_string(), message.into());
    }

    /// Notes an error at a place that the caller knows better.
    pub(super) fn add_at(&mut self, source: &Source, place: Option<Place>, path: String, message: String) {
        if self.list.iter().any(|problem| problem.origin == source.origin && problem.path == path) {
            return;
        }
        if self.list.len() == TOLD {
            self.more += 1;
            return;
        }
        self.list.push(Problem { origin: source.origin.clone(), place, path, message });
    }

    /// Notes errors that another report has told.
    pub(super) fn extend(&mut self, errors: Errors) {
        self.list.extend(errors.list);
        self.more += errors.more;
    }

    /// The value, if nothing is wrong.
    pub(super) fn into_result<T>(mut self, value: Option<T>) -> Result<T, Errors> {
        match value {
            Some(value) if self.list.is_empty() => Ok(value),
            _ => {
                self.list.sort_by(|a, b| (&a.origin, a.place).cmp(&(&b.origin, b.place)));
                Err(Errors { list: self.list, more: self.more })
            }
        }
    }
}

/// One part of a config under validation: where its errors point and who collects them.
pub(super) struct Check<'a> {
    pub(super) source: &'a Source,
    pub(super) report: &'a mut Report,
}

impl Check<'_> {
    /// Notes an error at a field.
    pub(super) fn error(&mut self, path: &Path<'_>, message: impl Into<String>) {
        self.report.add(self.source, path, message);
    }

    /// Notes an error at a field unless `holds`.
    pub(super) fn require(&mut self, holds: bool, path: &Path<'_>, message: &str) {
        if !holds {
            self.error(path, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_one_line_with_file_line_column_and_field() {
        let place = Some(Place { line: 12, column: 7 });
        let (path, message) = ("routes[0].providers[1]".to_owned(), "there is no provider \"cladue\"".to_owned());
        let problem = Problem { origin: "gateway.yaml".into(), place, path, message };
        assert_eq!(problem.to_string(), r#"gateway.yaml:12:7: routes[0].providers[1]: there is no provider "cladue""#);
    }

    #[test]
    fn errors_are_told_once_per_field_and_not_without_end() {
        let source = Source::without_places("here");
        let mut report = Report::default();
        for index in 0..150 {
            report.add(&source, &Path::Root.item(index), "wrong");
            report.add(&source, &Path::Root.item(index), "follows from the first");
        }
        let text = report.into_result(Some(())).unwrap_err().to_string();
        assert_eq!(text.lines().count(), TOLD + 1);
        assert!(text.ends_with("… and 100 more"), "{text}");
    }
}

//! Names of the fields that a translation leaves out because they do not change the meaning.

use crate::translate::object::Rest;

/// The fields, each once, whatever the number of messages that had it.
#[derive(Debug, Default)]
pub(crate) struct Hints(Vec<String>);

impl Hints {
    /// Some names are the client's own, so their number and length are bounded.
    const MOST: usize = 32;
    const LONGEST: usize = 128;

    pub(crate) fn add(&mut self, field: &str) {
        if self.0.len() < Self::MOST && field.len() <= Self::LONGEST && !self.0.iter().any(|known| known == field) {
            self.0.push(field.to_owned());
        }
    }

    /// Adds the name if it holds.
    pub(crate) fn add_if(&mut self, holds: bool, field: &str) {
        if holds {
            self.add(field);
        }
    }

    /// All fields that say something. Empty ones are what SDKs write when they echo an answer.
    pub(crate) fn all(&mut self, path: &str, rest: &Rest<'_>) {
        for (key, value) in rest {
            if !matches!(value.get(), "[]" | "{}" | "\"\"" | "false") {
                self.add(&format!("{path}{key}"));
            }
        }
    }

    pub(crate) fn into_names(self) -> Vec<String> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_told_once_and_hostile_ones_are_bounded() {
        let mut hints = Hints::default();
        hints.add("seed");
        hints.add("seed");
        hints.add(&"x".repeat(1_000));
        assert_eq!(hints.0, ["seed"]);
        for number in 0..100 {
            hints.add(&number.to_string());
        }
        assert_eq!(hints.into_names().len(), Hints::MOST);
    }
}

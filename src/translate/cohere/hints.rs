//! Names of what a translation leaves out because it does not change the meaning.

/// The names, each once, whatever the number of messages that had it. They are ours or of a fixed list, so their number is bounded.
#[derive(Debug, Default)]
pub(super) struct Hints(Vec<String>);

impl Hints {
    pub(super) fn add(&mut self, name: &str) {
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    /// Adds the name if it holds.
    pub(super) fn add_if(&mut self, holds: bool, name: &str) {
        if holds {
            self.add(name);
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.0
    }
}

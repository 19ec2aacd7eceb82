//! Names of the fields that a translation leaves out because they do not change the meaning.

/// The fields, each once, whatever the number of messages that had it. All names are ours, so they are few and short.
#[derive(Debug, Default)]
pub(super) struct Dropped(Vec<String>);

impl Dropped {
    pub(super) fn add(&mut self, field: &str) {
        if !self.0.iter().any(|known| known == field) {
            self.0.push(field.to_owned());
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.0
    }
}

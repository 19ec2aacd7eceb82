//! HTTP header fields as plain data: what Envoy saw, and what shall be changed.

use http::{HeaderName, HeaderValue};

/// Header fields of a request or an answer, pseudo-headers included, names in lower case, in the order of the wire.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, Vec<u8>)>);

impl Fields {
    /// The first value of a field, where it is text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The value of a field that is there once, where it is text.
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let (_, value) = values.next()?;
        std::str::from_utf8(value).ok().filter(|_| values.next().is_none())
    }

    /// The first value of a field, as it is.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }

    /// Whether the field is there.
    pub fn contains(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The names, in the order of the wire.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl FromIterator<(String, Vec<u8>)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// Changes to header fields. A name stands in one of the two lists only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// Fields to set, in place of whatever is there.
    pub set: Vec<(HeaderName, HeaderValue)>,
    /// Pseudo-headers to set (`:path`, `:authority`, `:status`).
    pub pseudo: Vec<(&'static str, String)>,
    /// Fields to remove.
    pub remove: Vec<String>,
}

impl Edits {
    /// Sets a field.
    pub fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.set.push((name, value));
    }

    /// Sets a field to text; text that no header can carry is left out.
    pub fn set_text(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.set(name, value);
        }
    }

    /// Sets a pseudo-header.
    pub fn pseudo(&mut self, name: &'static str, value: impl Into<String>) {
        self.pseudo.push((name, value.into()));
    }

    /// Removes a field.
    pub fn remove(&mut self, name: impl Into<String>) {
        self.remove.push(name.into());
    }
}

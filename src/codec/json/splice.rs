//! Edits of top-level fields that leave every other byte where it is.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use super::TopLevel;

/// Edits of one body, made all at once by [`Splice::finish`].
#[derive(Debug)]
pub struct Splice<'a> {
    top: &'a TopLevel<'a>,
    /// What becomes of each field.
    edits: Vec<Edit<'a>>,
    added: Vec<(String, Cow<'a, [u8]>)>,
}

#[derive(Debug, Clone)]
enum Edit<'a> {
    Keep,
    Remove,
    Set(Cow<'a, [u8]>),
}

impl<'a> Splice<'a> {
    /// Edits of `body`, which is what `top` was found in.
    pub fn new(body: &'a [u8], top: &'a TopLevel<'a>) -> Self {
        debug_assert!(std::ptr::eq(body, top.text.as_bytes()), "the fields belong to another body");
        Self { top, edits: vec![Edit::Keep; top.fields.len()], added: Vec::new() }
    }

    /// Sets a field, in its place or, when it is absent, behind the last one. `json` is the value as JSON, and is not checked.
    pub fn set(&mut self, key: &str, json: impl Into<Cow<'a, [u8]>>) {
        let json = json.into();
        if let Some(index) = self.index(key) {
            let is_the_same = *json == *self.top.value_text(&self.top.fields[index]).as_bytes();
            self.edits[index] = if is_the_same { Edit::Keep } else { Edit::Set(json) };
        } else if let Some((_, value)) = self.added.iter_mut().find(|(added, _)| added == key) {
            *value = json;
        } else {
            self.added.push((key.to_owned(), json));
        }
    }

    /// Removes a field, if it is there.
    pub fn remove(&mut self, key: &str) {
        match self.index(key) {
            Some(index) => self.edits[index] = Edit::Remove,
            None => self.added.retain(|(added, _)| added != key),
        }
    }

    /// Whether the body stays as it is.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.edits.iter().all(|edit| matches!(edit, Edit::Keep))
    }

    /// The body with the edits made. `None` when it stays as it is.
    pub fn finish(self) -> Option<Bytes> {
        if self.is_empty() {
            return None;
        }
        let (body, fields) = (self.top.text.as_bytes(), &self.top.fields);
        let last_kept = self.edits.iter().rposition(|edit| !matches!(edit, Edit::Remove));
        let mut out = Vec::with_capacity(body.len() + self.growth());
        let mut done = 0;
        for (index, (field, edit)) in fields.iter().zip(&self.edits).enumerate() {
            let (replaced, json) = match edit {
                Edit::Keep => (field.value.clone(), &body[field.value.clone()]),
                Edit::Set(json) => (field.value.clone(), &**json),
                Edit::Remove => (self.with_comma(index, last_kept), &b""[..]),
            };
            out.extend_from_slice(&body[done..replaced.start]);
            out.extend_from_slice(json);
            done = replaced.end;
            if last_kept == Some(index) {
                self.add(&mut out, true);
            }
        }
        if last_kept.is_none() {
            let inside = done.max(self.top.inside);
            out.extend_from_slice(&body[done..inside]);
            self.add(&mut out, false);
            done = inside;
        }
        out.extend_from_slice(&body[done..]);
        Some(out.into())
    }

    fn index(&self, key: &str) -> Option<usize> {
        self.top.fields.iter().position(|field| field.key == key)
    }

    /// The most that the body can grow.
    fn growth(&self) -> usize {
        let set = |edit: &Edit<'_>| if let Edit::Set(json) = edit { json.len() } else { 0 };
        let added = |(key, json): &(String, Cow<'_, [u8]>)| key.len() + json.len() + r#","":"#.len();
        self.edits.iter().map(set).sum::<usize>() + self.added.iter().map(added).sum::<usize>()
    }

    /// The bytes of a field that goes, with one comma: the one behind it, unless no field that stays follows.
    fn with_comma(&self, index: usize, last_kept: Option<usize>) -> Range<usize> {
        let fields = &self.top.fields;
        match (fields.get(index + 1), index.checked_sub(1)) {
            (Some(next), _) if last_kept > Some(index) => fields[index].start..next.start,
            (_, Some(before)) => fields[before].value.end..fields[index].value.end,
            (_, None) => fields[index].start..fields[index].value.end,
        }
    }

    fn add(&self, out: &mut Vec<u8>, is_behind_a_field: bool) {
        for (position, (key, json)) in self.added.iter().enumerate() {
            if is_behind_a_field || position > 0 {
                out.push(b',');
            }
            out.extend_from_slice(serde_json::Value::from(key.as_str()).to_string().as_bytes());
            out.push(b':');
            out.extend_from_slice(json);
        }
    }
}

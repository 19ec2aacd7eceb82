//! What is wrong with a form, and where.

use std::fmt;

/// A form cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError {
    /// At which byte of the body; `None`: not in the body.
    pub offset: Option<usize>,
    /// What is wrong.
    pub kind: FormErrorKind,
}

/// What can be wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormErrorKind {
    /// The content type is another one.
    #[error("the body is not multipart/form-data")]
    NotAForm,
    /// The content type names no boundary, or one that cannot be.
    #[error("the content-type names no valid boundary")]
    NoBoundary,
    /// The body does not begin with its boundary.
    #[error("the body does not begin with the boundary that its content-type names")]
    NoOpening,
    /// The closing boundary is missing.
    #[error("the form is not closed: its last boundary is missing")]
    NotClosed,
    /// The boundary stands within a part.
    #[error("the boundary stands where no part begins or ends: choose another boundary")]
    BoundaryInContent,
    /// Bytes behind the closing boundary.
    #[error("something stands behind the closing boundary")]
    BehindTheEnd,
    /// More parts than allowed.
    #[error("the form has more than {} parts", super::MAX_PARTS)]
    TooManyParts,
    /// The head of a part is too long.
    #[error("the head of a part is longer than {} bytes", super::MAX_HEAD)]
    LongHead,
    /// The head of a part is not one.
    #[error("the head of a part is wrong: {0}")]
    BadHead(&'static str),
    /// A field that may be there once.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// A field that is not plain text.
    #[error("`{0}` is not a plain text field")]
    NotText(String),
    /// A field that cannot be written into this form.
    #[error("`{0}` cannot be written into a form with this boundary")]
    Unspeakable(String),
}

impl FormError {
    pub(super) fn at(offset: usize, kind: FormErrorKind) -> Self {
        Self { offset: Some(offset), kind }
    }

    /// The field that is at fault, where it is one field's fault.
    pub fn field(&self) -> Option<&str> {
        match &self.kind {
            FormErrorKind::Twice(field) | FormErrorKind::NotText(field) | FormErrorKind::Unspeakable(field) => Some(field),
            _ => None,
        }
    }
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} (at byte {offset})", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl std::error::Error for FormError {}

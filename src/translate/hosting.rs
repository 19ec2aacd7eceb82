//! Formats that are hosted elsewhere than at their owner's: what the host wants otherwise.
//!
//! A format's folder renders a request as its owner wants it, and knows nothing of hosts. [`Hosting::place`] then says where it goes
//! instead, with which headers, and what is spliced into the body.

/// Who hosts the format that a provider is asked in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Hosting {
    /// The one whose format it is, or one who does the same.
    #[default]
    Owner,
}

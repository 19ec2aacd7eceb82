//! What is done with an input, and what must hold.

pub mod answers;
pub mod codec;
pub mod people;
pub mod requests;
pub mod streams;

use kanmon::translate::{Api, Dialect, Hosting, Target};

/// Every dialect that a provider can have.
pub const DIALECTS: &[Dialect] = &[Dialect::OpenAi, Dialect::Anthropic, Dialect::Cohere];

/// A provider of a dialect, for a client of an API.
pub fn target(api: Api, dialect: Dialect) -> Target<'static> {
    Target {
        dialect,
        format: dialect.format_for(api),
        hosting: &Hosting::Owner,
        provider: "p",
        model: "served",
        stream: false,
        path_prefix: dialect.path_prefix(),
        default_max_tokens: 4096,
        overrides: &[],
    }
}

/// Cuts an input into pieces, the same ones each time for the same input: of one byte, and of some more.
pub fn pieces(input: &[u8]) -> Vec<&[u8]> {
    let mut rng = crate::rng::Rng::new(crate::rng::hash(input));
    let (mut rest, mut pieces) = (input, Vec::new());
    while !rest.is_empty() {
        let longest = if rng.one_in(4) { 200 } else { 3 };
        let (piece, after) = rest.split_at(rest.len().min(1 + rng.below(longest)));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

//! What a client wants counted, as a body that the parser of its conversations takes.

use std::borrow::Cow;

use crate::codec::json::{Splice, TopLevel};
use crate::translate::calls::Call;
use crate::translate::calls::way::unsupported;
use crate::translate::{RequestError, Target};

/// Options of vLLM's tokenizer that change a count by a few tokens at most, and that other providers do not have.
const HINTS: [&str; 2] = ["add_special_tokens", "add_generation_prompt"];
/// Options that change what is answered or counted: only their default can be translated.
const MUST_BE_OFF: [&str; 2] = ["return_token_strs", "continue_final_message"];

/// A conversation that is to be counted.
#[derive(Debug)]
pub(in crate::translate::calls) struct Asked<'a> {
    /// The body of a request in the client's own conversational API.
    pub(in crate::translate::calls) body: Cow<'a, [u8]>,
    /// Hints that were left out.
    pub(in crate::translate::calls) dropped: Vec<String>,
}

/// What is asked for, where it has to be translated.
///
/// # Errors
/// [`RequestError::Unsupported`] for what only the provider of the client's own API can count.
pub(in crate::translate::calls) fn asked<'a>(
    call: Call,
    body: &'a [u8],
    top: &TopLevel<'a>,
    target: &Target<'_>,
) -> Result<Asked<'a>, RequestError> {
    match call {
        Call::Tokenize => tokenize(body, top, target),
        // A request for messages must name a limit, which is no part of the prompt.
        Call::CountTokens => {
            let mut splice = Splice::new(body, top);
            splice.set("max_tokens", &b"1"[..]);
            Ok(Asked { body: spliced(splice, body), dropped: Vec::new() })
        }
        // Google's clients send the contents alone, or a whole request.
        Call::GeminiCount => {
            let whole = top.get("generateContentRequest").or_else(|| top.get("generate_content_request"));
            Ok(Asked { body: whole.map_or(body, |whole| whole.get().as_bytes()).into(), dropped: Vec::new() })
        }
        _ => Ok(Asked { body: body.into(), dropped: Vec::new() }),
    }
}

fn tokenize<'a>(body: &'a [u8], top: &TopLevel<'a>, target: &Target<'_>) -> Result<Asked<'a>, RequestError> {
    if top.text("prompt").is_some_and(|prompt| prompt != "null") {
        return Err(unsupported(target, "prompt", "it counts conversations only: send `messages`"));
    }
    for option in MUST_BE_OFF {
        if top.bool(option)?.unwrap_or_default() {
            return Err(unsupported(target, option, "it tells how many tokens there are and no more: leave it out"));
        }
    }
    let mut splice = Splice::new(body, top);
    let mut dropped = Vec::new();
    for option in MUST_BE_OFF.into_iter().chain(HINTS) {
        splice.remove(option);
    }
    for hint in HINTS {
        if top.bool(hint)?.is_some() {
            dropped.push(hint.to_owned());
        }
    }
    Ok(Asked { body: spliced(splice, body), dropped })
}

fn spliced<'a>(splice: Splice<'_>, body: &'a [u8]) -> Cow<'a, [u8]> {
    splice.finish().map_or(Cow::Borrowed(body), |body| Cow::Owned(body.into()))
}

//! What the road needs of a messages request that it does not read as a whole.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::json::{Splice, TopLevel};
use crate::translate::facts::{self, Facts};
use crate::translate::text::Str;
use crate::translate::{RequestError, signature};

/// The depth of a body was bounded when it came in.
const ANY_DEPTH: usize = usize::MAX;

/// What the road needs to know.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field.
pub fn facts(top: &TopLevel<'_>) -> Result<Facts, RequestError> {
    let (model, stream) = (facts::model(top)?, facts::stream(top)?);
    Ok(Facts { model, stream, max_output_tokens: top.u64("max_tokens")?, wants_usage: true })
}

/// What a pass-through changes: thinking whose signature Google has made goes out, since Anthropic refuses the whole request for it.
/// Only a conversation that has been at Google before has any, and only such a one is read. Returns what was dropped.
pub fn pass(splice: &mut Splice<'_>, top: &TopLevel<'_>) -> Vec<String> {
    match top.get("messages").and_then(without_sealed) {
        Some(messages) => {
            splice.set("messages", messages.into_bytes());
            vec!["thinking".to_owned()]
        }
        None => Vec::new(),
    }
}

/// The messages without sealed thinking, if they have any. What is no list of messages is the provider's to judge.
fn without_sealed(messages: &RawValue) -> Option<String> {
    if !may_be_sealed(messages) {
        return None;
    }
    let given: Vec<&RawValue> = serde_json::from_str(messages.get()).ok()?;
    let mut changed = false;
    let mut kept = Vec::with_capacity(given.len());
    for message in given {
        match unsealed(message) {
            Some(without) => {
                changed = true;
                kept.extend(without);
            }
            None => kept.push(message.get().into()),
        }
    }
    changed.then(|| list(&kept))
}

/// A message without sealed thinking, if it has any. One of nothing else goes out as a whole (`Some(None)`): an empty message is
/// refused, and two of the same speaker in a row are not.
fn unsealed(message: &RawValue) -> Option<Option<Cow<'static, str>>> {
    if !may_be_sealed(message) {
        return None;
    }
    let text = message.get().as_bytes();
    let top = TopLevel::scan(text, ANY_DEPTH).ok()?;
    let blocks: Vec<&RawValue> = serde_json::from_str(top.text("content")?).ok()?;
    let own: Vec<&str> = blocks.iter().filter(|block| !is_sealed(block)).map(|block| block.get()).collect();
    if own.len() == blocks.len() {
        return None;
    }
    if own.is_empty() {
        return Some(None);
    }
    let mut splice = Splice::new(text, &top);
    splice.set("content", list(&own).into_bytes());
    String::from_utf8(splice.finish()?.into()).ok().map(|message| Some(message.into()))
}

fn may_be_sealed(json: &RawValue) -> bool {
    memmem::find(json.get().as_bytes(), signature::IN_JSON.as_bytes()).is_some()
}

fn is_sealed(block: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Thinking<'a> {
        #[serde(rename = "type", borrow)]
        kind: Str<'a>,
        #[serde(borrow)]
        signature: Str<'a>,
    }
    serde_json::from_str::<Thinking<'_>>(block.get())
        .is_ok_and(|block| &*block.kind == "thinking" && signature::open(&block.signature).is_some())
}

/// JSON of a list of JSON.
fn list(items: &[impl AsRef<str>]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    format!("[{}]", items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(messages: &str) -> (Option<String>, Vec<String>) {
        let body = format!(r#"{{"model":"m", "messages":{messages},"max_tokens":1}}"#);
        let top = TopLevel::scan(body.as_bytes(), 64).unwrap();
        let mut splice = Splice::new(body.as_bytes(), &top);
        let dropped = pass(&mut splice, &top);
        (splice.finish().map(|body| String::from_utf8(body.to_vec()).unwrap()), dropped)
    }

    #[test]
    fn thinking_that_google_signed_is_taken_out_and_the_rest_stays_as_it_came() {
        let (body, dropped) = passed(
            r#"[{"role":"user","content":"Hi"}, {"content":[{"type":"thinking","thinking":"Hm","signature":"google:Cg=="},
            {"type":"text", "text":"A"}, {"type":"thinking","thinking":"x","signature":"ErUB"}],"role":"assistant"},
            {"role":"assistant","content":[{"signature":"google:Cg==","type":"thinking","thinking":""}]},{"role":"user","content":[]}]"#,
        );
        let expected = concat!(
            r#"{"model":"m", "messages":[{"role":"user","content":"Hi"},{"content":[{"type":"text", "text":"A"},"#,
            r#"{"type":"thinking","thinking":"x","signature":"ErUB"}],"role":"assistant"},{"role":"user","content":[]}],"max_tokens":1}"#
        );
        assert_eq!((body.as_deref(), dropped), (Some(expected), vec!["thinking".to_owned()]));
    }

    #[test]
    fn a_conversation_that_never_was_at_google_is_not_touched() {
        for messages in [
            r#"[ {"role":"assistant","content":[{"type":"thinking","thinking":"google: x","signature":"ErUB"}]}]"#,
            r#"[{"role":"user","content":"say \"google:x\""}]"#,
            "null",
        ] {
            assert_eq!(passed(messages), (None, Vec::new()), "{messages}");
        }
    }

    #[test]
    fn what_only_looks_like_a_signature_stays() {
        for messages in [
            r#"[{"role":"user","content":"google:x"}]"#,
            r#"[{"role":"user","content":[{"type":"text","text":"google:x"}]}]"#,
            r#"[{"role":"user","content":[{"type":"tool_use","input":{"signature":"google:x"}}]}]"#,
        ] {
            assert_eq!(passed(messages), (None, Vec::new()), "{messages}");
        }
        let (body, _) = passed(r#"["google:x",{"role":"google:x"}]"#);
        assert_eq!(body, None);
    }
}

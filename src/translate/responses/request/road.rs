//! What the road needs of a request that it does not read as a whole.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::json::{Splice, TopLevel};
use crate::translate::RequestError;
use crate::translate::facts::{self, Facts};
use crate::translate::responses::sealed::{self, Sealed};
use crate::translate::text::Str;

/// What the road needs to know. A stream of this API always tells its usage.
///
/// # Errors
/// [`RequestError::Invalid`], naming the field.
pub fn facts(top: &TopLevel<'_>) -> Result<Facts, RequestError> {
    let (model, stream) = (facts::model(top)?, facts::stream(top)?);
    Ok(Facts { model, stream, max_output_tokens: top.u64("max_output_tokens")?, wants_usage: true })
}

/// What a pass-through changes besides the model. Thinking that another provider sealed, in a conversation that began there, is
/// left out: OpenAI refuses what it cannot decrypt.
///
/// # Errors
/// Never.
pub fn pass(splice: &mut Splice<'_>, top: &TopLevel<'_>) -> Result<(), RequestError> {
    static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(sealed::MARK));
    if let Some(input) = top.text("input").filter(|input| MARK.find(input.as_bytes()).is_some())
        && let Some(kept) = without_sealed(input)
    {
        splice.set("input", kept);
    }
    Ok(())
}

/// `None` where nothing is to be left out.
fn without_sealed(input: &str) -> Option<Vec<u8>> {
    let items: Vec<&RawValue> = serde_json::from_str(input).ok()?;
    let kept: Vec<&[u8]> = items.iter().filter(|item| !is_sealed(item)).map(|item| item.get().as_bytes()).collect();
    (kept.len() < items.len()).then(|| [&b"["[..], &kept.join(&b","[..]), b"]"].concat())
}

fn is_sealed(item: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Reasoning<'a> {
        #[serde(borrow, rename = "type")]
        kind: Str<'a>,
        #[serde(borrow)]
        encrypted_content: Str<'a>,
    }
    serde_json::from_str::<Reasoning<'_>>(item.get())
        .is_ok_and(|item| item.kind == "reasoning" && sealed::open(item.encrypted_content) != Sealed::Foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(body: &str) -> Option<String> {
        let top = TopLevel::scan(body.as_bytes(), 64).unwrap();
        let mut splice = Splice::new(body.as_bytes(), &top);
        pass(&mut splice, &top).unwrap();
        splice.finish().map(|body| String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn thinking_that_another_provider_sealed_is_not_sent_to_openai() {
        let ours = r#"{"type":"reasoning","summary":[],"encrypted_content":"kanmon.signed.v1:x"}"#;
        let openais = r#"{"type":"reasoning","summary":[],"encrypted_content":"gAAA"}"#;
        let said = r#"{"role": "user","content":"what is kanmon.signed.v1:x?"}"#;
        let body = |items: &str| format!(r#"{{"model":"m","input":[{items}],"x":1}}"#);
        assert_eq!(passed(&body(&format!("{ours}, {openais}, {said}"))), Some(body(&format!("{openais},{said}"))));
        assert_eq!(passed(&body(&format!("{openais}, {said}"))), None);
        assert_eq!(passed(r#"{"input":"kanmon.signed.v1:"}"#), None);
        assert_eq!(passed(r#"{"model":"m"}"#), None);
    }
}

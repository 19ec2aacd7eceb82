//! Token counts before a provider has told them: from bytes, fast, and meant to be replaced by the truth when a request settles.

/// Bytes of text in a token, about: English prose has 4 to 5 with OpenAI's and Anthropic's tokenizers, code and JSON 3 to 4, other
/// scripts less. The JSON around the text counts too, which makes up for some of that.
const BYTES_PER_TOKEN: u64 = 4;

/// A picture costs what its size in pixels costs, which is not known here: OpenAI bills 85 to some 1,100 tokens, Anthropic at most
/// about 1,600. This many are assumed for a picture or document in base64…
const TOKENS_PER_MEDIUM: u64 = 800;
/// …and more for those of many bytes (long documents, sound): one for so many bytes of base64.
const MEDIA_BYTES_PER_TOKEN: u64 = 512;

/// Base64 is looked for in steps of this many bytes, so that shorter pieces are taken for text.
const STEP: usize = 1024;
/// So many bytes of base64 in a row are not text.
const PROBE: usize = 64;

/// Estimates the prompt's tokens from the request body.
///
/// Long pieces of base64 are not counted as text. They are found by probing, so the cost does not grow with every byte: well below
/// a microsecond for a body of 20 KB.
pub fn estimate_input_tokens(body: &[u8]) -> u64 {
    let mut media = 0;
    let mut text = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let mut at = 0_usize;
    while let Some(probe) = body.get(at..at.saturating_add(PROBE)) {
        if !probe.iter().all(|byte| is_base64(*byte)) {
            at += STEP;
            continue;
        }
        let piece = piece(body, at);
        let bytes = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        text = text.saturating_sub(bytes);
        media += (bytes / BYTES_PER_TOKEN).min(TOKENS_PER_MEDIUM.max(bytes / MEDIA_BYTES_PER_TOKEN));
        at = piece.end;
    }
    text.div_ceil(BYTES_PER_TOKEN).saturating_add(media)
}

/// Estimates the tokens of so many bytes of generated text, thinking and tool arguments.
pub fn estimate_output_tokens(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

/// The base64 around a probe that has found it: to the byte at its ends, by probing within. No byte is looked at twice.
fn piece(body: &[u8], at: usize) -> std::ops::Range<usize> {
    let before = body.iter().take(at).rev().take(STEP).take_while(|byte| is_base64(**byte)).count();
    let mut end = at + PROBE;
    while body.get(end..end + STEP).is_some_and(goes_on) {
        end += STEP;
    }
    end += body.iter().skip(end).take(STEP).take_while(|byte| is_base64(**byte)).count();
    at - before..end
}

/// Whether a step is within the same JSON string, and base64 at its end.
fn goes_on(step: &[u8]) -> bool {
    memchr::memchr(b'"', step).is_none() && step.iter().rev().take(PROBE).all(|byte| is_base64(*byte))
}

/// With the backslash of `\/`, as some encoders write it.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use proptest::prelude::*;

    fn picture(bytes: usize) -> String {
        let noise: Vec<u8> = (0..bytes).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        base64::engine::general_purpose::STANDARD.encode(noise)
    }

    #[test]
    fn text_is_a_token_for_every_four_bytes() {
        let text = "The quick brown fox jumps over the lazy dog. ".repeat(1_000);
        let body = format!(r#"{{"messages":[{{"role":"user","content":"{text}"}}]}}"#);
        assert_eq!(estimate_input_tokens(body.as_bytes()), (body.len() as u64).div_ceil(4));
        assert_eq!(estimate_input_tokens(b""), 0);
        assert_eq!(estimate_input_tokens(b"{}"), 1);
    }

    #[test]
    fn a_picture_is_not_counted_as_text_wherever_it_stands() {
        for lead in [0, 1, 7, 500, 1_023, 5_000] {
            let lead = "some text ".repeat(lead / 10 + 1);
            let body = format!(
                r#"{{"a":"{lead}","image_url":{{"url":"data:image/png;base64,{}"}},"b":{{"data":"{}"}}}}"#,
                picture(1_500_000),
                picture(100_000)
            );
            let tokens = estimate_input_tokens(body.as_bytes());
            let text = lead.len() as u64 / 4;
            assert!((4_600 + text..4_900 + text).contains(&tokens), "{tokens} for a lead of {}", lead.len());
        }
    }

    #[test]
    fn a_small_picture_never_costs_more_than_its_text() {
        let body = format!(r#"{{"data":"{}"}}"#, picture(1_200));
        assert!(estimate_input_tokens(body.as_bytes()) <= (body.len() as u64).div_ceil(4) + 1);
    }

    #[test]
    fn a_hash_within_a_long_text_does_not_make_the_text_a_picture() {
        let mut text = "The quick brown fox jumps over the lazy dog. ".repeat(3_000);
        text.replace_range(5_000..8_000, &"0123456789abcdef".repeat(188)[..3_000]);
        let tokens = estimate_input_tokens(text.as_bytes());
        assert!(tokens > (text.len() as u64 - 3_000) / 4, "{tokens}");
    }

    #[test]
    fn output_rounds_up() {
        assert_eq!(estimate_output_tokens(0), 0);
        assert_eq!(estimate_output_tokens(1), 1);
        assert_eq!(estimate_output_tokens(8), 2);
        assert_eq!(estimate_output_tokens(u64::MAX), u64::MAX / 4 + 1);
    }

    proptest! {
        #[test]
        fn no_body_is_more_than_its_text_and_none_makes_it_fail(pieces in proptest::collection::vec("[\"A-Za-z0-9 é\\\\]{0,2000}", 0..8)) {
            let body = pieces.concat();
            prop_assert!(estimate_input_tokens(body.as_bytes()) <= (body.len() as u64).div_ceil(4) + 8);
        }
    }
}

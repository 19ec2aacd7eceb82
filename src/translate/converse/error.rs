//! Errors: `{"message"}`, with the type in a header (`x-amzn-errortype`) or in `__type`.
//!
//! Reading never fails: what stands before the service answers in other shapes, and in HTML. Older layers of AWS write `Message`, or
//! wrap it all in `Output`; a model's own error comes with the status and message that the model gave.

use super::words;
use crate::translate::answer::ProviderError;
use crate::translate::object::object;
use crate::translate::plain;
use crate::translate::text::Str;

object! {
    Body {
        message: Str<'a>,
        capital as "Message": Str<'a>,
        kind as "__type": Str<'a>,
        original_message as "originalMessage": Str<'a>,
        original_status as "originalStatusCode": u16,
        output as "Output": Output<'a>,
    }
}

object! {
    Output {
        message: Str<'a>,
        kind as "__type": Str<'a>,
    }
}

/// Reads the body of an answer that is not a success.
pub fn parse(status: u16, body: &[u8]) -> ProviderError<'_> {
    let error = serde_json::from_slice::<Body<'_>>(body).map(read);
    plain::with_message(error.unwrap_or_default(), status, body)
}

/// The name of an error as a header (`x-amzn-errortype`) tells it.
pub(in crate::translate) fn named(header: &str) -> &str {
    words::error_type(header)
}

/// Reads the payload of an exception in a stream.
pub(crate) fn of_exception<'a>(kind: &'a str, payload: &'a [u8]) -> ProviderError<'a> {
    let body = serde_json::from_slice::<Body<'_>>(payload).unwrap_or_default();
    // The model's own status tells more than that of the stream (field note 30).
    let code = body.original_status.map(|status| status.to_string().into());
    let mut error = ProviderError { kind: Some(words::error_type(kind).into()), code, ..read(body) };
    if error.message.is_empty() {
        error.message = format!("the provider reports {} without a message", error.kind.as_deref().unwrap_or_default()).into();
    }
    plain::bound(&mut error.message);
    error
}

fn read(body: Body<'_>) -> ProviderError<'_> {
    let Body { message, capital, kind, original_message, output, .. } = body;
    let output = output.unwrap_or_default();
    let said = |text: &Str<'_>| !text.is_empty();
    let message = [message, capital, output.message].into_iter().flatten().find(said).unwrap_or_default();
    let message = match original_message.filter(|original| said(original) && !message.contains(&**original)) {
        Some(original) if message.is_empty() => original,
        Some(original) => format!("{message} ({original})").into(),
        None => message,
    };
    let kind = kind.or(output.kind).map(|kind| words::error_type(&kind).to_owned().into());
    ProviderError { kind, message, ..ProviderError::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_in_each_of_awss_shapes() {
        for (body, kind, message) in [
            (r#"{"message":"Too many requests"}"#, None, "Too many requests"),
            (r#"{"Message":"User is not authorized"}"#, None, "User is not authorized"),
            (r#"{"__type":"a.b#ThrottlingException","message":"slow"}"#, Some("ThrottlingException"), "slow"),
            (
                r#"{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException","message":"no"},"Version":"1.0"}"#,
                Some("UnknownOperationException"),
                "no",
            ),
            (
                r#"{"message":"The model failed","originalStatusCode":529,"originalMessage":"overloaded","resourceName":"m"}"#,
                None,
                "The model failed (overloaded)",
            ),
        ] {
            let error = parse(400, body.as_bytes());
            assert_eq!((error.kind.as_deref(), &*error.message), (kind, message), "{body}");
        }
    }

    #[test]
    fn what_is_not_awss_json_is_told_as_text() {
        assert_eq!(parse(502, b"<html><title>Bad Gateway</title></html>").message, "Bad Gateway");
        assert_eq!(parse(503, b"").message, "the provider answered 503 without a message");
        assert_eq!(parse(500, br#"{"message":7}"#).message, r#"{"message":7}"#);
        assert!(parse(500, "ü".repeat(9_000).as_bytes()).message.len() <= plain::MESSAGE);
    }

    #[test]
    fn an_exception_keeps_its_type_and_the_status_of_the_model() {
        let error = of_exception("modelStreamErrorException", br#"{"message":"m","originalStatusCode":429}"#);
        assert_eq!(error.kind.unwrap(), "modelStreamErrorException");
        assert_eq!(error.code.unwrap(), "429");
        let error = of_exception("throttlingException", b"");
        assert_eq!(error.message, "the provider reports throttlingException without a message");
    }
}

//! Headers of answers: when to come back, how the body is encoded, and whether it is a stream.

use std::time::Duration;

use jiff::Timestamp;
use kanmon::codec::encoding::Decoder;
use kanmon::route::retry_after;
use kanmon::translate::Framing;

/// The longest wait that is understood.
const A_WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The lines are `retry-after`, `retry-after-ms`, `content-encoding` and `content-type`.
pub fn answer(input: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(input) else { return "not UTF-8".to_owned() };
    let lines: Vec<&str> = text.split('\n').collect();
    let line = |number: usize| lines.get(number).copied();
    let find = |name: &str| match name {
        "retry-after" => line(0),
        "retry-after-ms" => line(1),
        _ => None,
    };
    let wait = retry_after::from_headers(find, Timestamp::UNIX_EPOCH);
    assert!(wait.is_none_or(|wait| wait <= A_WEEK), "{wait:?}");
    let decoder = match line(2).map(|names| Decoder::new(names, 1 << 10)) {
        Some(Ok(Some(mut decoder))) => {
            // Whatever it is, it decodes to no more than is allowed.
            let mut out = Vec::new();
            let _ = decoder.push(input, &mut out).and_then(|()| decoder.finish(&mut out));
            assert!(out.len() <= 1 << 10);
            "encoded"
        }
        Some(Ok(None)) | None => "plain",
        Some(Err(_)) => "unknown",
    };
    let streams = line(3).map(|kind| Framing::ALL.map(|framing| framing.is_told_by(kind)));
    assert!(streams != Some([true, true]), "it is one kind of stream");
    format!("{} {decoder} {streams:?}", wait.is_some())
}

pub fn answers() -> Vec<Vec<u8>> {
    [
        "5\n\ngzip\ntext/event-stream",
        "Wed, 21 Oct 2026 07:28:00 GMT\n1500.5\ngzip, br, identity\napplication/vnd.amazon.eventstream; charset=utf-8",
        "1e309\n-1\nx-gzip,zstd,deflate,br\nText/Event-Stream ;x=y",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

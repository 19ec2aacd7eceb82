//! Messages of an AWS event stream (`application/vnd.amazon.eventstream`), as bytes.
//!
//! A message is two lengths and their checksum, headers, the payload, and a checksum of everything before it. Written from the
//! format's description (Smithy, "Event Stream Encoding"), not from the gateway's reader, which it judges.

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::Crc;

/// The type of a header's value that is a string.
const STRING: u8 = 7;

/// The two lengths and their checksum.
const PRELUDE: usize = 12;

/// The checksum of the whole.
const TRAILER: usize = 4;

/// One message: an event, or an exception.
pub(super) fn message(name: &str, is_exception: bool, payload: &[u8]) -> Bytes {
    let (kind, name_header) = if is_exception { ("exception", ":exception-type") } else { ("event", ":event-type") };
    let mut headers = BytesMut::new();
    for (key, value) in [(name_header, name), (":content-type", "application/json"), (":message-type", kind)] {
        header(&mut headers, key, value);
    }
    let total = PRELUDE + headers.len() + payload.len() + TRAILER;
    let mut message = BytesMut::with_capacity(total);
    message.put_u32(u32::try_from(total).unwrap_or(u32::MAX));
    message.put_u32(u32::try_from(headers.len()).unwrap_or(u32::MAX));
    message.put_u32(checksum(&message));
    message.put(headers);
    message.put(payload);
    message.put_u32(checksum(&message));
    message.freeze()
}

fn header(bytes: &mut BytesMut, name: &str, value: &str) {
    bytes.put_u8(u8::try_from(name.len()).unwrap_or(u8::MAX));
    bytes.put(name.as_bytes());
    bytes.put_u8(STRING);
    bytes.put_u16(u16::try_from(value.len()).unwrap_or(u16::MAX));
    bytes.put(value.as_bytes());
}

/// CRC-32 as in gzip.
fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_lengths_its_headers_and_its_checksums() {
        let bytes = message("chunk", false, b"{}");
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!(number(0) as usize, bytes.len());
        let headers = number(4) as usize;
        assert_eq!(
            bytes[12..12 + headers],
            b"\x0b:event-type\x07\0\x05chunk\x0d:content-type\x07\0\x10application/json\x0d:message-type\x07\0\x05event"[..]
        );
        assert_eq!(bytes[12 + headers..bytes.len() - 4], b"{}"[..]);
        assert_eq!((number(8), number(bytes.len() - 4)), (checksum(&bytes[..8]), checksum(&bytes[..bytes.len() - 4])));
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn an_exception_is_a_message_of_another_kind() {
        let text = String::from_utf8_lossy(&message("throttlingException", true, b"{}")).into_owned();
        assert!(text.contains(":exception-type\u{7}\0\u{13}throttlingException") && text.contains("exception{}"), "{text:?}");
    }
}

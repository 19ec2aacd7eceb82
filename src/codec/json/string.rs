//! The text of a JSON string, where a body has most of its bytes: looked at sixteen at a time.

use wide::u8x16;

const CONTROL: &str = "a control character in a string must be escaped";
const ESCAPE: &str = "a backslash in a string must begin an escape";

/// How long the string is whose text begins here, up to its closing quote; or up to where it is wrong, and what is wrong.
pub(super) fn length(text: &[u8]) -> Result<usize, (usize, &'static str)> {
    let mut at = 0;
    loop {
        at += plain(&text[at..]);
        at += match text[at..] {
            [b'"', ..] => return Ok(at),
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(u8::is_ascii_hexdigit) => 6,
            [b'\\', ..] => return Err((at, ESCAPE)),
            _ => return Err((at, CONTROL)),
        };
    }
}

/// How many bytes from the first are neither a quote, nor a backslash, nor a control character.
fn plain(bytes: &[u8]) -> usize {
    let (sixteens, rest) = bytes.as_chunks();
    for (index, sixteen) in sixteens.iter().enumerate() {
        let special = special(*sixteen);
        if special != 0 {
            return 16 * index + special.trailing_zeros() as usize;
        }
    }
    16 * sixteens.len() + rest.iter().take_while(|byte| !is_special(**byte)).count()
}

/// A bit for each of the bytes, from the lowest: whether it is special.
fn special(sixteen: [u8; 16]) -> u32 {
    const QUOTES: u8x16 = u8x16::splat(b'"');
    const BACKSLASHES: u8x16 = u8x16::splat(b'\\');
    const LAST_CONTROL: u8x16 = u8x16::splat(0x1f);
    let bytes = u8x16::new(sixteen);
    let special = bytes.simd_eq(QUOTES) | bytes.simd_eq(BACKSLASHES) | bytes.min(LAST_CONTROL).simd_eq(bytes);
    special.to_bitmask()
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

//! The text of a JSON string, where a body has most of its bytes: looked at eight or sixteen at a time.

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
    let mut count = 0;
    while let Some(eight) = bytes[count..].first_chunk() {
        match plain_of_eight(*eight) {
            // Short runs are the rule in code and schemas; what is longer than eight bytes may be prose.
            8 if count == 0 => count = 8 + plain_sixteens(&bytes[8..]),
            8 => count += 8,
            some => return count + some,
        }
    }
    count + bytes[count..].iter().take_while(|byte| !is_special(**byte)).count()
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// As [`plain`], rounded down to sixteens: the compiler makes one comparison out of each sixteen.
fn plain_sixteens(bytes: &[u8]) -> usize {
    let any = |sixteen: &[u8; 16]| sixteen.iter().fold(false, |any, byte| any | is_special(*byte));
    16 * bytes.as_chunks().0.iter().take_while(|sixteen| !any(sixteen)).count()
}

/// As [`plain`], of eight at once: in `special`, the high bit of each special byte is set, and perhaps that of bytes behind the
/// first one.
fn plain_of_eight(eight: [u8; 8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    const QUOTES: u64 = ONES * b'"' as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    let word = u64::from_le_bytes(eight);
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    let special = (below(word, 0x20) | below(word ^ QUOTES, 1) | below(word ^ BACKSLASHES, 1)) & HIGH;
    special.trailing_zeros() as usize / 8
}

//! `gzip` (RFC 1952) and `deflate` (RFC 1950, or, as some servers send it, RFC 1951).

use flate2::{Decompress, FlushDecompress, Status};

use super::{Codec, Step};

const WINDOW_BITS: u8 = 15;

/// A library's decoder, and whether it is at its end.
#[derive(Debug)]
struct Inflate {
    library: Decompress,
    ended: bool,
}

impl Inflate {
    fn new(library: Decompress) -> Self {
        Self { library, ended: false }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        let before = (self.library.total_in(), self.library.total_out());
        let status = self.library.decompress(input, output, FlushDecompress::None).map_err(|error| error.to_string())?;
        self.ended = status == Status::StreamEnd;
        let moved = |from: u64, to: u64| usize::try_from(to - from).unwrap_or(usize::MAX);
        Ok(Step { taken: moved(before.0, self.library.total_in()), made: moved(before.1, self.library.total_out()) })
    }
}

/// `gzip`: one member or several, one behind the other.
#[derive(Debug)]
pub(super) struct Gzip {
    member: Inflate,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self { member: Inflate::new(Decompress::new_gzip(WINDOW_BITS)) }
    }
}

impl Codec for Gzip {
    fn name(&self) -> &'static str {
        "gzip"
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        if self.member.ended {
            if input.is_empty() {
                return Ok(Step::default());
            }
            *self = Self::new();
        }
        self.member.step(input, output)
    }

    fn is_complete(&self) -> bool {
        self.member.ended
    }
}

/// `deflate`: with zlib's header and check sum, or without.
#[derive(Debug, Default)]
pub(super) struct Deflate {
    /// The first byte, when it came alone: too little to tell the two apart.
    first: Option<u8>,
    inflate: Option<Inflate>,
}

impl Deflate {
    /// Takes the first two bytes as zlib's header, if they are one. A raw stream does not begin so: it would be a stored block
    /// with padding that is not zero, which no encoder writes.
    fn decide(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        let (first, second) = match (self.first, input) {
            (_, []) => return Ok(Step::default()),
            (None, [first]) => {
                self.first = Some(*first);
                return Ok(Step { taken: 1, made: 0 });
            }
            (None, [first, second, ..]) => (*first, *second),
            (Some(first), [second, ..]) => (first, *second),
        };
        let is_zlib = first & 0x0f == 8 && first >> 4 <= 7 && u16::from_be_bytes([first, second]) % 31 == 0;
        let inflate = self.inflate.insert(Inflate::new(Decompress::new(is_zlib)));
        if let Some(first) = self.first {
            // Nothing comes out of one byte: the shortest block that says something is longer.
            inflate.step(&[first], output)?;
        }
        inflate.step(input, output)
    }
}

impl Codec for Deflate {
    fn name(&self) -> &'static str {
        "deflate"
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        match &mut self.inflate {
            None => self.decide(input, output),
            Some(inflate) if !inflate.ended => inflate.step(input, output),
            Some(_) if input.is_empty() => Ok(Step::default()),
            Some(_) => Err("there is more behind its end".to_owned()),
        }
    }

    fn is_complete(&self) -> bool {
        self.inflate.as_ref().is_some_and(|inflate| inflate.ended)
    }
}

//! `zstd` (RFC 8878): one frame or several, one behind the other.

use std::fmt;

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::{Codec, EncodingError, Step};

/// The largest window of the content encoding, as a power of two: 8 MiB (RFC 9659). The library's own bound is 128 MiB, to be
/// allocated for a header of a few bytes.
const WINDOW_LOG_MAX: u32 = 23;

/// A zstd stream.
pub(super) struct Zstd {
    library: Decoder<'static>,
    ended: bool,
}

impl Zstd {
    pub(super) fn new() -> Result<Self, EncodingError> {
        let failed = |error: std::io::Error| EncodingError::Corrupt { encoding: "zstd", what: error.to_string() };
        let mut library = Decoder::new().map_err(failed)?;
        library.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX)).map_err(failed)?;
        Ok(Self { library, ended: false })
    }
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstd").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Codec for Zstd {
    fn name(&self) -> &'static str {
        "zstd"
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        if self.ended && input.is_empty() {
            return Ok(Step::default());
        }
        let status = self.library.run_on_buffers(input, output).map_err(|error| error.to_string())?;
        self.ended = status.remaining == 0;
        Ok(Step { taken: status.bytes_read, made: status.bytes_written })
    }

    fn is_complete(&self) -> bool {
        self.ended
    }
}

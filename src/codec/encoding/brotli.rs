//! `br` (RFC 7932).

use std::fmt;

use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::{Codec, Step};

/// A brotli stream.
pub(super) struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    ended: bool,
}

impl Brotli {
    /// Strict: the library's plain constructor accepts "large window" streams, whose first bytes make it allocate up to 1 GiB.
    pub(super) fn new() -> Self {
        let state = BrotliState::new_strict(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default());
        Self { state, ended: false }
    }
}

impl fmt::Debug for Brotli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brotli").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Codec for Brotli {
    fn name(&self) -> &'static str {
        "br"
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String> {
        if self.ended {
            return if input.is_empty() { Ok(Step::default()) } else { Err("there is more behind its end".to_owned()) };
        }
        let mut step = Step::default();
        let (mut input_left, mut output_left, mut total) = (input.len(), output.len(), 0);
        let outcome = BrotliDecompressStream(
            &mut input_left,
            &mut step.taken,
            input,
            &mut output_left,
            &mut step.made,
            output,
            &mut total,
            &mut self.state,
        );
        match outcome {
            BrotliResult::ResultFailure => Err("its blocks make no sense".to_owned()),
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Ok(step),
            BrotliResult::ResultSuccess => {
                self.ended = true;
                Ok(step)
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.ended
    }
}

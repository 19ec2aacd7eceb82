//! Content encodings, taken off a body while it arrives.
//!
//! One [`Decoder`] per body, fed each byte once. What a provider has flushed comes out at once, so a compressed stream of events
//! stays a stream. A body that ends before its encoding does is an error, never a short answer; so are bytes behind its end.
//! Output is bounded, and so is the memory of each decoder: windows above 8 MiB for zstd (RFC 9659) and 16 MiB for brotli
//! (RFC 7932) are refused.

mod brotli;
mod inflate;
#[cfg(test)]
mod tests;
mod zstd;

/// The most encodings that may be stacked.
pub const MAX_STACKED: usize = 2;

/// How much a codec may write at a time.
const PIECE: usize = 16 * 1024;

/// Why a body cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The encoding is none that is known here.
    #[error("content-encoding {0:?} is not supported; use gzip, deflate, br, zstd or identity")]
    Unsupported(String),
    /// More encodings are stacked than is allowed.
    #[error("content-encoding has more than {MAX_STACKED} encodings on top of each other")]
    TooMany,
    /// The bytes are not what the encoding says.
    #[error("the body is not valid {encoding}: {what}")]
    Corrupt {
        /// The encoding.
        encoding: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The body ended before its encoding did.
    #[error("the body ends in the middle of its {encoding} encoding")]
    Truncated {
        /// The encoding.
        encoding: &'static str,
    },
    /// The decoded body is larger than is allowed.
    #[error("the decoded body is larger than {limit} bytes")]
    TooLarge {
        /// The most that is allowed, in bytes.
        limit: u64,
    },
}

/// Takes the encodings off one body.
#[derive(Debug)]
pub struct Decoder {
    /// In the order in which they are taken off.
    stages: Vec<Stage>,
    max_bytes: u64,
    failed: Option<EncodingError>,
}

impl Decoder {
    /// A decoder for what `content-encoding` says, or `None` when there is nothing to decode. At most `max_bytes` come out of it.
    ///
    /// # Errors
    /// [`EncodingError::Unsupported`] and [`EncodingError::TooMany`].
    pub fn new(content_encoding: &str, max_bytes: u64) -> Result<Option<Self>, EncodingError> {
        let mut stages = Vec::new();
        for name in content_encoding.rsplit(',') {
            let Some(codec) = codec(name.trim())? else { continue };
            if stages.len() == MAX_STACKED {
                return Err(EncodingError::TooMany);
            }
            stages.push(Stage { codec, piece: vec![0; PIECE], made: 0 });
        }
        Ok(Some(Self { stages, max_bytes, failed: None }).filter(|decoder| !decoder.stages.is_empty()))
    }

    /// Takes the next bytes of the body and appends to `out` all that can be known from them: however few they are, perhaps all
    /// that is left of `max_bytes`, and never more.
    ///
    /// # Errors
    /// [`EncodingError::Corrupt`] and [`EncodingError::TooLarge`], which then stay: nothing comes after an error. What was
    /// found before it has been appended.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), EncodingError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if chunk.is_empty() {
            return Ok(());
        }
        let outcome = run(&mut self.stages, chunk, self.max_bytes, out);
        self.failed = outcome.clone().err();
        outcome
    }

    /// Ends the body. Nothing is left to append: [`Decoder::push`] holds nothing back.
    ///
    /// # Errors
    /// [`EncodingError::Truncated`] when the body ended early, as an empty one does, or the error of an earlier push.
    pub fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), EncodingError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.stages.iter().find(|stage| !stage.codec.is_complete()) {
            Some(stage) => Err(EncodingError::Truncated { encoding: stage.codec.name() }),
            None => Ok(()),
        }
    }
}

/// One encoding of a body.
#[derive(Debug)]
struct Stage {
    codec: Box<dyn Codec>,
    piece: Vec<u8>,
    made: u64,
}

/// What a codec did in one step.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    taken: usize,
    made: usize,
}

/// One encoding's library, in one shape.
trait Codec: std::fmt::Debug + Send {
    /// Its name in `content-encoding`.
    fn name(&self) -> &'static str;

    /// Decodes some of `input` into some of `output`. It leaves room in `output` only when it cannot go on without more input,
    /// or at a boundary inside the body, with input left. The error is what is wrong.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, String>;

    /// Whether the body may end here.
    fn is_complete(&self) -> bool;
}

fn codec(name: &str) -> Result<Option<Box<dyn Codec>>, EncodingError> {
    let codec: Box<dyn Codec> = match name.to_ascii_lowercase().as_str() {
        "" | "identity" => return Ok(None),
        "gzip" | "x-gzip" => Box::new(inflate::Gzip::new()),
        "deflate" => Box::new(inflate::Deflate::default()),
        "br" => Box::new(brotli::Brotli::new()),
        "zstd" => Box::new(zstd::Zstd::new()?),
        _ => return Err(EncodingError::Unsupported(name.chars().take(32).collect())),
    };
    Ok(Some(codec))
}

/// Puts `input` through the stages, a piece at a time.
fn run(stages: &mut [Stage], mut input: &[u8], max_bytes: u64, out: &mut Vec<u8>) -> Result<(), EncodingError> {
    let Some((stage, after)) = stages.split_first_mut() else {
        out.extend_from_slice(input);
        return Ok(());
    };
    let limit = if after.is_empty() { max_bytes } else { between_stages(max_bytes) };
    loop {
        let step = stage.step(input)?;
        input = &input[step.taken..];
        stage.made += step.made as u64;
        if stage.made > limit {
            return Err(EncodingError::TooLarge { limit: max_bytes });
        }
        if step.made > 0 {
            run(after, &stage.piece[..step.made], max_bytes, out)?;
        }
        if input.is_empty() && step.made < stage.piece.len() {
            return Ok(());
        }
    }
}

/// How large a body that decodes to `max_bytes` may be when one encoding is still on it: what cannot be compressed, or is flushed
/// often, grows.
fn between_stages(max_bytes: u64) -> u64 {
    max_bytes.saturating_mul(2).saturating_add(64 * 1024)
}

impl Stage {
    fn step(&mut self, input: &[u8]) -> Result<Step, EncodingError> {
        let outcome = match self.codec.step(input, &mut self.piece) {
            Ok(Step { taken: 0, made: 0 }) if !input.is_empty() => Err("it does not go on".to_owned()),
            outcome => outcome,
        };
        outcome.map_err(|what| EncodingError::Corrupt { encoding: self.codec.name(), what })
    }
}

//! Embeddings and relevance: functions of the texts alone.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The most numbers of a vector.
pub(super) const MOST: i64 = 4096;

/// A vector of length one for a text.
pub(super) fn of(text: &str, dimensions: usize) -> Vec<f32> {
    let mut numbers: Vec<f32> = Vec::with_capacity(dimensions);
    let mut block = 0_u32;
    while numbers.len() < dimensions {
        let digest = Sha256::new().chain_update(block.to_be_bytes()).chain_update(text).finalize();
        numbers.extend(digest.iter().take(dimensions - numbers.len()).map(|byte| f32::from(*byte) - 127.5));
        block += 1;
    }
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    numbers.iter_mut().for_each(|number| *number /= length);
    numbers
}

/// A vector as JSON numbers.
pub(super) fn floats(vector: &[f32]) -> Value {
    vector.iter().map(|number| Value::from(*number)).collect()
}

/// A vector as small whole numbers, as `int8` (or `uint8` with an offset) has them.
pub(super) fn bytes(vector: &[f32], offset: f32) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "a number between -128 and 255")]
    vector.iter().map(|number| Value::from((number * 127.0 + offset) as i64)).collect()
}

/// A vector of bits, eight to a byte, as `binary` (or `ubinary` without an offset) has them.
pub(super) fn bits(vector: &[f32], offset: i64) -> Value {
    let packed = vector.chunks(8).map(|bits| bits.iter().fold(0_i64, |byte, number| byte << 1 | i64::from(*number > 0.0)));
    packed.map(|byte| Value::from(byte - offset)).collect()
}

/// A vector as base64 of little-endian 32-bit floats.
pub(super) fn base64(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

/// Documents by how many of the query's words they have, the best first: their numbers and scores between 0 and 1.
pub(super) fn rank(query: &str, documents: &[String], most: usize) -> Vec<(usize, f64)> {
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<HashSet<_>>();
    let asked = words(query);
    let score = |document: &String| {
        let shared = words(document).intersection(&asked).count();
        // Never quite 0 or 1, as with a real model.
        0.01 + 0.98 * f64::from(u32::try_from(shared).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(asked.len().max(1)).unwrap_or(1))
    };
    let mut scored: Vec<(usize, f64)> = documents.iter().map(score).enumerate().collect();
    scored.sort_by(|one, other| other.1.total_cmp(&one.1));
    scored.truncate(most);
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_one_and_depends_on_the_text_alone() {
        for dimensions in [1, 8, 33, 256] {
            let vector = of("one", dimensions);
            assert_eq!(vector.len(), dimensions);
            assert!((vector.iter().map(|number| number * number).sum::<f32>() - 1.0).abs() < 1e-4);
            assert_eq!(vector, of("one", dimensions));
        }
        assert_ne!(of("one", 8), of("two", 8));
        assert_eq!(base64(&[1.0]), "AACAPw==");
        assert_eq!(
            bits(&[1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0], 128),
            serde_json::json!([0b1011_0001 - 128, 1 - 128])
        );
    }

    #[test]
    fn documents_with_more_of_the_words_come_first() {
        let documents = ["nothing", "red Car", "car"].map(str::to_owned);
        let ranked = rank("a red car", &documents, 2);
        assert_eq!(ranked.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2]);
        assert!(ranked.iter().all(|(_, score)| (0.0..=1.0).contains(score)));
    }
}

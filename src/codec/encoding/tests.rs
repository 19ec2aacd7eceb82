use std::io::{self, Write};

use proptest::prelude::*;

use super::*;

const TEXT: &[u8] = b"data: hello\n\ndata: hello\n\ndata: hello\n\n";
const NAMES: [&str; 5] = ["gzip", "deflate", "raw", "br", "zstd"];

/// What each piece becomes when it is encoded and flushed, and then the end.
fn encode<'a>(name: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    fn run<'a, W: Write>(
        mut encoder: W,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        made: impl Fn(&mut W) -> &mut Vec<u8>,
        end: impl FnOnce(W) -> io::Result<Vec<u8>>,
    ) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        for piece in pieces {
            encoder.write_all(piece).and_then(|()| encoder.flush()).unwrap();
            chunks.push(std::mem::take(made(&mut encoder)));
        }
        chunks.push(end(encoder).unwrap());
        chunks
    }
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    let fast = flate2::Compression::fast();
    match name {
        "gzip" => run(GzEncoder::new(Vec::new(), fast), pieces, GzEncoder::get_mut, GzEncoder::finish),
        "deflate" => run(ZlibEncoder::new(Vec::new(), fast), pieces, ZlibEncoder::get_mut, ZlibEncoder::finish),
        "raw" => run(DeflateEncoder::new(Vec::new(), fast), pieces, DeflateEncoder::get_mut, DeflateEncoder::finish),
        "br" => {
            let encoder = ::brotli::CompressorWriter::new(Vec::new(), 4096, 1, 18);
            run(encoder, pieces, ::brotli::CompressorWriter::get_mut, |encoder| Ok(encoder.into_inner()))
        }
        "zstd" => {
            let encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            run(encoder, pieces, ::zstd::stream::write::Encoder::get_mut, ::zstd::stream::write::Encoder::finish)
        }
        _ => unreachable!("{name}"),
    }
}

fn encoded(name: &str, body: &[u8]) -> Vec<u8> {
    encode(name, [body]).concat()
}

fn decoder(name: &str, max_bytes: u64) -> Decoder {
    Decoder::new(if name == "raw" { "deflate" } else { name }, max_bytes).unwrap().unwrap()
}

fn decode<'a>(name: &str, chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, EncodingError> {
    let (mut decoder, mut out) = (decoder(name, 10 << 20), Vec::new());
    chunks.into_iter().try_for_each(|chunk| decoder.push(chunk, &mut out))?;
    decoder.finish(&mut out)?;
    Ok(out)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn what_other_programs_encode_is_decoded() {
    // GNU gzip with a file name, Python's zlib with and without a header, Node's brotli, the zstd program with a check sum.
    let cases = [
        ("gzip", "1f8b08080cf2006b00036e616d65642e747874004b492c49b452c848cdc9c9e7e24ac1c9010056369c6327000000"),
        ("deflate", "789c4b492c49b452c848cdc9c9e7e24ac1c9010000110c55"),
        ("deflate", "4b492c49b452c848cdc9c9e7e24ac1c90100"),
        ("br", "1b2600f81d09766ccabab8e8b30421436b051d363a1d56c6f626888a06668cb606"),
        ("zstd", "28b52ffd24279d000068646174613a2068656c6c6f0a0a010060cf2fbfc0a9a0"),
    ];
    for (name, body) in cases {
        let body = hex(body);
        assert_eq!(decode(name, [&*body]).unwrap(), TEXT, "{name}");
        assert_eq!(decode(name, body.chunks(1)).unwrap(), TEXT, "{name}");
    }
}

#[test]
fn what_is_flushed_comes_out_at_once() {
    let events: Vec<String> = (0..40).map(|number| format!("data: event number {number}\n\n")).collect();
    for name in NAMES {
        let (mut decoder, mut out) = (decoder(name, 1 << 20), Vec::new());
        let chunks = encode(name, events.iter().map(String::as_bytes));
        for (chunk, event) in chunks.iter().zip(&events) {
            out.clear();
            decoder.push(chunk, &mut out).unwrap();
            assert_eq!(out, event.as_bytes(), "{name}");
        }
        out.clear();
        decoder.push(chunks.last().unwrap(), &mut out).unwrap();
        decoder.finish(&mut out).unwrap();
        assert_eq!(out, b"", "{name}");
    }
}

#[test]
fn a_body_that_is_cut_anywhere_is_truncated_and_what_came_is_the_beginning() {
    for name in NAMES {
        let body = encoded(name, TEXT);
        for cut in 0..body.len() {
            let (mut decoder, mut out) = (decoder(name, 1 << 20), Vec::new());
            decoder.push(&body[..cut], &mut out).unwrap();
            assert!(matches!(decoder.finish(&mut out), Err(EncodingError::Truncated { .. })), "{name} at {cut}");
            assert!(TEXT.starts_with(&out));
        }
    }
}

#[test]
fn more_behind_the_end_is_an_error() {
    for name in NAMES {
        let body = encoded(name, TEXT);
        for more in [&b"garbage that nobody has encoded"[..], &[0; 32]] {
            let outcomes = [decode(name, [&*body, more]), decode(name, [&*[&*body, more].concat()])];
            for outcome in outcomes {
                assert!(matches!(outcome, Err(EncodingError::Corrupt { .. })), "{name}: {outcome:?}");
            }
        }
    }
}

#[test]
fn members_and_frames_behind_each_other_are_one_body() {
    for name in ["gzip", "zstd"] {
        let body = [encoded(name, b"one "), encoded(name, b""), encoded(name, b"two")].concat();
        assert_eq!(decode(name, [&*body]).unwrap(), b"one two");
        assert_eq!(decode(name, body.chunks(1)).unwrap(), b"one two");
        let cut = decode(name, [&body[..body.len() - 1]]);
        assert!(matches!(cut, Err(EncodingError::Truncated { .. })), "{name}: {cut:?}");
    }
}

#[test]
fn a_check_sum_that_is_wrong_is_an_error() {
    for (name, from_end) in [("gzip", 8), ("gzip", 1), ("deflate", 1)] {
        let mut body = encoded(name, TEXT);
        let at = body.len() - from_end;
        body[at] ^= 1;
        assert!(matches!(decode(name, [&*body]), Err(EncodingError::Corrupt { .. })), "{name}");
    }
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let zeros = vec![0; 4 << 20];
    for name in NAMES {
        let body = encoded(name, &zeros);
        assert!(body.len() < 100_000);
        let (mut decoder, mut out) = (decoder(name, 200_000), Vec::new());
        let error = EncodingError::TooLarge { limit: 200_000 };
        assert_eq!(decoder.push(&body, &mut out), Err(error.clone()), "{name}");
        assert!(out.len() <= 200_000 && out.capacity() <= 400_000, "{name}: {} in {}", out.len(), out.capacity());
        assert_eq!(decoder.push(&body, &mut out), Err(error.clone()));
        assert_eq!(decoder.finish(&mut out), Err(error));
        assert!(out.len() <= 200_000);
    }
}

#[test]
fn a_bomb_inside_a_bomb_stops_too() {
    let inner = encoded("gzip", &vec![0; 1 << 20]).repeat(100);
    let body = encoded("br", &inner);
    assert!(body.len() < 10_000, "{}", body.len());
    let (mut decoder, mut out) = (decoder("gzip, br", 100_000), Vec::new());
    assert_eq!(decoder.push(&body, &mut out), Err(EncodingError::TooLarge { limit: 100_000 }));
    // Nothing comes out of these members, and still it stops.
    let empty = encoded("br", &encoded("gzip", b"").repeat(20_000));
    let mut decoder = self::decoder("gzip, br", 1000);
    assert_eq!(decoder.push(&empty, &mut out), Err(EncodingError::TooLarge { limit: 1000 }));
}

#[test]
fn a_body_of_exactly_the_limit_passes() {
    for name in NAMES {
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let plain: Vec<u8> = (0..size).map(|number| (number % 251) as u8).collect();
            let body = encoded(name, &plain);
            let (mut decoder, mut out) = (decoder(name, size as u64), Vec::new());
            decoder.push(&body, &mut out).unwrap();
            decoder.finish(&mut out).unwrap();
            assert_eq!(out, plain, "{name} {size}");
            if size > 0 {
                let (mut decoder, mut out) = (self::decoder(name, size as u64 - 1), Vec::new());
                assert!(decoder.push(&body, &mut out).is_err(), "{name} {size}");
            }
        }
    }
}

#[test]
fn what_cannot_be_compressed_may_grow_between_two_encodings() {
    let mut number = 1_u32;
    let mut next = || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (number >> 24) as u8
    };
    let noise: Vec<u8> = (0..50_000).map(|_| next()).collect();
    let inner = encoded("gzip", &noise);
    assert!(inner.len() > noise.len());
    let (mut decoder, mut out) = (decoder("gzip, br", noise.len() as u64), Vec::new());
    decoder.push(&encoded("br", &inner), &mut out).unwrap();
    decoder.finish(&mut out).unwrap();
    assert_eq!(out, noise);
}

#[test]
fn a_zstd_window_above_that_of_the_content_encoding_is_refused() {
    let with_window = |log: u32| {
        let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(TEXT).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(decode("zstd", [&*with_window(23)]).unwrap(), TEXT);
    assert!(matches!(decode("zstd", [&*with_window(24)]), Err(EncodingError::Corrupt { .. })));
}

#[test]
fn a_large_window_of_brotli_is_refused() {
    let with_window = |lgwin: i32| {
        let params = ::brotli::enc::BrotliEncoderParams { large_window: lgwin > 24, lgwin, quality: 1, ..Default::default() };
        let mut encoder = ::brotli::CompressorWriter::with_params(Vec::new(), 4096, &params);
        encoder.write_all(TEXT).unwrap();
        encoder.into_inner()
    };
    assert_eq!(decode("br", [&*with_window(24)]).unwrap(), TEXT);
    assert!(matches!(decode("br", [&*with_window(25)]), Err(EncodingError::Corrupt { .. })));
}

#[test]
fn encodings_are_taken_off_from_the_last_to_the_first() {
    let body = encoded("br", &encoded("gzip", TEXT));
    assert_eq!(decode("gzip, br", [&*body]).unwrap(), TEXT);
    assert!(matches!(decode("br, gzip", [&*body]), Err(EncodingError::Corrupt { encoding: "gzip", .. })));
    let cut = encoded("br", &encoded("gzip", TEXT)[..20]);
    assert_eq!(decode("gzip, br", [&*cut]), Err(EncodingError::Truncated { encoding: "gzip" }));
}

#[test]
fn names_are_read_as_http_has_them() {
    for nothing in ["", "identity", " Identity ", "identity, ,identity"] {
        assert!(Decoder::new(nothing, 1).unwrap().is_none(), "{nothing:?}");
    }
    let body = encoded("gzip", TEXT);
    for gzip in ["GZIP", "x-gzip", " gzip ,identity", ",gzip"] {
        assert_eq!(decode(gzip, [&*body]).unwrap(), TEXT, "{gzip:?}");
    }
    assert_eq!(Decoder::new("gzip, gzip, gzip", 1).unwrap_err(), EncodingError::TooMany);
    assert_eq!(Decoder::new("compress", 1).unwrap_err(), EncodingError::Unsupported("compress".to_owned()));
    let long = Decoder::new(&format!("gzip, {}", "é".repeat(1000)), 1).unwrap_err().to_string();
    assert!(long.len() < 200 && long.contains("is not supported; use gzip"), "{long}");
}

#[test]
fn a_body_that_is_not_encoded_as_it_says_is_an_error() {
    for name in NAMES {
        let outcome = decode(name, [&b"{\"error\":\"upstream\"}"[..]]);
        assert!(outcome.is_err(), "{name}: {outcome:?}");
    }
    let error = decode("gzip", [&b"{}"[..]]).unwrap_err();
    assert!(error.to_string().starts_with("the body is not valid gzip: "), "{error}");
}

/// A name for `content-encoding`, and the codecs that make it, innermost first.
fn stacks() -> impl Strategy<Value = (String, Vec<&'static str>)> {
    prop::collection::vec(prop::sample::select(&NAMES[..]), 1..=MAX_STACKED)
        .prop_map(|codecs| (codecs.join(", ").replace("raw", "deflate"), codecs))
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        (any::<u8>(), 0..40_000_usize).prop_map(|(byte, count)| vec![byte; count]),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split_of_any_encoding_gives_the_body((name, codecs) in stacks(), body in bodies(), size in 1..5000_usize) {
        let encoded = codecs.iter().fold(body.clone(), |body, codec| encoded(codec, &body));
        prop_assert_eq!(decode(&name, encoded.chunks(size)).unwrap(), body);
    }

    #[test]
    fn a_changed_byte_is_an_error_or_harmless_where_there_is_a_check_sum(
        name in prop::sample::select(&["gzip", "deflate"][..]), body in bodies(), place: prop::sample::Index, bit in 0..8_u32
    ) {
        let mut encoded = encoded(name, &body);
        let at = place.index(encoded.len());
        encoded[at] ^= 1 << bit;
        if let Ok(out) = decode(name, [&*encoded]) {
            prop_assert_eq!(out, body);
        }
    }

    #[test]
    fn any_bytes_are_an_answer_and_not_a_panic(
        (name, codecs) in stacks(), body in bodies(), mut noise in prop::collection::vec(any::<u8>(), 0..200), keeps: prop::sample::Index
    ) {
        let mut encoded = codecs.iter().fold(body, |body, codec| encoded(codec, &body));
        encoded.truncate(keeps.index(encoded.len() + 1));
        encoded.append(&mut noise);
        let (mut decoder, mut out) = (decoder(&name, 50_000), Vec::new());
        for chunk in encoded.chunks(100) {
            if decoder.push(chunk, &mut out).is_err() {
                prop_assert!(decoder.finish(&mut out).is_err());
                break;
            }
        }
        prop_assert!(out.len() <= 50_000);
    }
}

//! What the codec costs: finding and changing the fields of a request body, reading a stream of events, taking gzip off it.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kanmon::codec::encoding::Decoder;
use kanmon::codec::json::{Splice, TopLevel};
use kanmon::codec::sse::{Parser, TooLarge};

const MAX_DEPTH: usize = 64;

/// A chat request of about `size` bytes: turns of prose and code with escapes, as applications send them.
fn request(size: usize) -> String {
    let mut body = String::from(r#"{"model":"gpt-4o-mini","temperature":0.7,"stream":true,"messages":["#);
    let turn =
        "Explain how the borrow checker works.\\nUse \\\"plain\\\" words, and show code:\\n```rust\\nfn main() {}\\n```\\n";
    let mut number = 0;
    while body.len() < size {
        let role = if number % 2 == 0 { "user" } else { "assistant" };
        let text = turn.repeat((size / 400).clamp(1, 12));
        let _ = write!(body, r#"{}{{"role": "{role}", "content": "{text}"}}"#, if number > 0 { "," } else { "" });
        number += 1;
    }
    body + r#"],"tools":[],"metadata":{"user":"u-1"}}"#
}

fn json(criterion: &mut Criterion) {
    for size in [2_000, 20_000, 207_000] {
        let body = request(size);
        let mut group = criterion.benchmark_group(format!("json/{size}"));
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("scan", |bencher| bencher.iter(|| TopLevel::scan(black_box(body.as_bytes()), MAX_DEPTH).is_ok()));
        group.bench_function("scan and splice", |bencher| {
            bencher.iter(|| {
                let body = black_box(body.as_bytes());
                let top = TopLevel::scan(body, MAX_DEPTH).ok()?;
                let mut splice = Splice::new(body, &top);
                splice.set("model", br#""llama-3.3-70b""#.as_slice());
                splice.set("stream_options", br#"{"include_usage":true}"#.as_slice());
                splice.remove("metadata");
                splice.finish()
            });
        });
        group.finish();
    }
}

/// A stream of 100 events in OpenAI's shape.
fn events() -> Vec<u8> {
    let mut stream = String::new();
    for number in 0..99 {
        let _ = write!(
            stream,
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o-mini\",\
             \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{number}\"}},\"finish_reason\":null}}]}}\n\n"
        );
    }
    (stream + "data: [DONE]\n\n").into_bytes()
}

fn count(parser: &mut Parser, chunk: &[u8], count: &mut usize) -> Result<(), TooLarge> {
    parser.push(chunk, &mut |event| {
        *count += event.data.len();
        Ok(())
    })
}

fn sse(criterion: &mut Criterion) {
    let stream = events();
    let mut group = criterion.benchmark_group("sse/100 events");
    group.throughput(Throughput::Bytes(stream.len() as u64));
    for (name, size) in [("in one chunk", stream.len()), ("in chunks of 1000 bytes", 1000), ("in chunks of 64 bytes", 64)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let (mut parser, mut bytes) = (Parser::new(1 << 20), 0);
                let is_read = black_box(&stream).chunks(size).all(|chunk| count(&mut parser, chunk, &mut bytes).is_ok());
                (is_read, bytes)
            });
        });
    }
    group.finish();
}

/// The events in gzip, flushed behind each, as a provider streams them: one chunk for each.
fn gzip_chunks() -> Vec<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut chunks = Vec::new();
    for event in events().chunk_by(|one, other| !(*one == b'\n' && *other == b'd')) {
        let _ = encoder.write_all(event).and_then(|()| encoder.flush());
        chunks.push(std::mem::take(encoder.get_mut()));
    }
    chunks.extend(encoder.finish());
    chunks
}

fn encoding(criterion: &mut Criterion) {
    let chunks = gzip_chunks();
    let mut group = criterion.benchmark_group("gzip");
    group.throughput(Throughput::Bytes(events().len() as u64));
    group.bench_function("100 events, each flushed", |bencher| {
        bencher.iter(|| {
            let mut out = Vec::new();
            let mut decoder = Decoder::new("gzip", 1 << 30).ok()??;
            for chunk in black_box(&chunks) {
                out.clear();
                decoder.push(chunk, &mut out).ok()?;
            }
            decoder.finish(&mut out).ok()
        });
    });
    group.finish();
}

criterion_group!(benches, json, sse, encoding);
criterion_main!(benches);

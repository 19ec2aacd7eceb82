//! Streams: each is also split and cut at every byte.

use std::sync::atomic::{AtomicUsize, Ordering};

use kanmon::rejection::{Kind, Rejection};
use kanmon::translate::{AnswerContext, End, Kept, Stream};

use crate::fixture::{Fixture, fixtures};
use crate::{check, settle};

#[test]
fn streams_become_what_the_client_understands() {
    check("stream.", |fixture| {
        let (got, _) = streamed(&fixture.context(), &[&fixture.read()]);
        settle::stream(fixture.pair, &got)
    });
}

/// Field notes 54 and 55: nothing that arrives is aligned with events.
#[test]
fn a_stream_comes_out_the_same_wherever_it_is_split() {
    side_by_side(fixtures("stream."), |fixture| {
        let (input, context) = (fixture.read(), fixture.context());
        let (whole, end) = streamed(&context, &[&input]);
        let made = settle::Made::of(&whole);
        let same = |pieces: &[&[u8]], how: &str| {
            let got = streamed(&context, pieces);
            let same = got.1 == end && made.are_all_that_differs(&whole, &got.0);
            assert!(same, "{} {how}:\n{}\n--- in one piece\n{whole}", fixture.input.display(), got.0);
        };
        for at in 0..input.len() {
            let (head, tail) = input.split_at(at);
            same(&[head, tail], &format!("split at {at}"));
        }
        same(&input.chunks(1).collect::<Vec<_>>(), "byte by byte");
    });
}

#[test]
fn a_stream_that_is_cut_never_looks_whole() {
    side_by_side(fixtures("stream."), |fixture| {
        let (input, context, client) = (fixture.read(), fixture.context(), fixture.pair.client);
        for at in 0..input.len() {
            let (got, end) = streamed(&context, &[&input[..at]]);
            let looks_whole = client.ends.iter().any(|end| got.contains(end));
            let tells_error = got.contains(client.error);
            // A provider that has told why it stopped has said all there is, whatever it leaves out then.
            let expected = match end {
                End::Complete => looks_whole != tells_error || fixture.pair.is_pass_through(),
                End::Cut => !looks_whole && tells_error,
            };
            assert!(expected, "{} cut at {at}: {end:?}\n{got}", fixture.input.display());
        }
    });
}

/// Runs a test over all fixtures on all cores: there are hundreds of streams, each to be read once for each of its bytes.
fn side_by_side(fixtures: Vec<Fixture>, test: impl Fn(&Fixture) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    test(fixture);
                }
            });
        }
    });
}

/// What the client gets of a stream in these pieces.
fn streamed(context: &AnswerContext, pieces: &[&[u8]]) -> (String, End) {
    let mut stream = Stream::new(context.clone());
    let (mut got, mut failed) = (Vec::new(), false);
    for piece in pieces {
        let mut out = Vec::new();
        match stream.push(piece, &mut out) {
            Ok(Kept::AsIs) => got.extend_from_slice(piece),
            Ok(Kept::Rewritten) => got.extend(out),
            Err(error) => {
                got.extend(out);
                stream.fail(&Rejection::new(Kind::BadAnswer, error.to_string()), &mut got);
                failed = true;
                break;
            }
        }
    }
    let end = if failed { End::Cut } else { stream.end(&mut got) };
    (String::from_utf8(got).unwrap(), end)
}

//! Streams of providers: they say the same in any pieces, and what is cut or wrong never ends as if it were whole.

use kanmon::codec::sse::{Event, Parser};
use kanmon::rejection::{Kind, Rejection};
use kanmon::translate::answer::Delta;
use kanmon::translate::{
    AnswerContext, AnswerError, Api, Dialect, End, Format, Frames, Kept, Stream, Verdict, anthropic, cohere, completions,
    first_event_verdict, gemini, openai as chat, responses,
};

use super::{CLIENTS, answers, of, pieces};

/// What a dialect's reader is: an event in, deltas out.
type Read<'r> = &'r mut dyn FnMut(&Event<'_>, &mut dyn FnMut(Delta<'_>)) -> Result<(), AnswerError>;

pub fn openai(input: &[u8]) -> String {
    let said = |pieces: &[&[u8]]| {
        let mut reader = chat::stream::Reader::default();
        said(pieces, &mut |event, emit| reader.event(event, emit))
    };
    assert_eq!(said(&[input]), said(&pieces(input)));
    of_provider(Dialect::OpenAi, input)
}

pub fn anthropic(input: &[u8]) -> String {
    let said = |pieces: &[&[u8]]| {
        let mut reader = anthropic::stream::Reader::default();
        said(pieces, &mut |event, emit| reader.event(event, emit))
    };
    assert_eq!(said(&[input]), said(&pieces(input)));
    of_provider(Dialect::Anthropic, input)
}

pub fn cohere(input: &[u8]) -> String {
    let said = |pieces: &[&[u8]]| {
        let mut reader = cohere::stream::Reader::default();
        said(pieces, &mut |event, emit| reader.event(event, emit))
    };
    assert_eq!(said(&[input]), said(&pieces(input)));
    of_provider(Dialect::Cohere, input)
}

pub fn gemini(input: &[u8]) -> String {
    let said = |pieces: &[&[u8]]| {
        let mut reader = gemini::stream::Reader::default();
        said(pieces, &mut |event, emit| reader.event(event, emit))
    };
    assert_eq!(said(&[input]), said(&pieces(input)));
    of_provider(Dialect::Gemini, input)
}

/// All deltas, and the error that ended them; without what is made up.
pub fn said(pieces: &[&[u8]], read: Read<'_>) -> String {
    let (mut parser, mut told) = (Parser::new(1 << 14), Vec::new());
    for piece in pieces {
        let pushed = parser.push::<AnswerError>(piece, &mut |event| read(&event, &mut |delta| told.push(format!("{delta:?}"))));
        if let Err(error) = pushed {
            told.push(error.to_string());
            break;
        }
    }
    normal(told.join("\n").as_bytes())
}

pub fn responses(input: &[u8]) -> String {
    let said = |pieces: &[&[u8]]| {
        let mut reader = responses::stream::Reader::default();
        said(pieces, &mut |event, emit| reader.event(event, emit))
    };
    assert_eq!(said(&[input]), said(&pieces(input)));
    passed(Api::OpenAiResponses, Format::Responses, input)
}

pub fn completions(input: &[u8]) -> String {
    let said = |pieces: &[&[u8]]| {
        let mut reader = completions::stream::Reader::default();
        said(pieces, &mut |event, emit| reader.event(event, emit))
    };
    assert_eq!(said(&[input]), said(&pieces(input)));
    passed(Api::OpenAiCompletions, Format::Completions, input)
}

/// A provider of the client's own format.
fn passed(api: Api, format: Format, input: &[u8]) -> String {
    let context = AnswerContext { format, ..answers::context(api, of(Dialect::OpenAi)) };
    let (_, end) = client(context.clone(), &[input]);
    assert_eq!(end, client(context, &pieces(input)).1);
    format!("{end:?}")
}

/// How a client of each API sees the end of it.
pub fn of_provider(dialect: Dialect, input: &[u8]) -> String {
    let mut saw = String::new();
    for row in CLIENTS {
        let context = answers::context(row.api, of(dialect));
        let passes = row.api.format() == Some(context.format);
        let (whole, end) = client(context.clone(), &[input]);
        let (split, split_end) = client(context, &pieces(input));
        assert_eq!(end, split_end);
        if !passes {
            assert_eq!(normal(&whole), normal(&split));
            let told = String::from_utf8(whole).expect("a stream of events is text");
            assert_eq!(row.is_whole(&told), end == End::Complete, "{:?}: {told}", row.api);
            assert!(end == End::Complete || told.contains(row.error), "{:?}: {told}", row.api);
        }
        saw.push_str(&format!("{end:?};"));
    }
    let context = answers::context(Api::OpenAiChat, of(dialect));
    let _ = Frames::new(context.framing, 1 << 14).push(input, &mut |event| {
        saw.push_str(match first_event_verdict(context.api, context.format, &event) {
            Verdict::Meaningful => "m",
            Verdict::NotYet => "n",
            Verdict::Error { .. } => "e",
        });
        Ok(())
    });
    saw.truncate(saw.floor_char_boundary(200));
    saw
}

/// What a client gets.
pub fn client(context: AnswerContext, pieces: &[&[u8]]) -> (Vec<u8>, End) {
    let mut stream = Stream::new(context);
    let mut got = Vec::new();
    for piece in pieces {
        let mut out = Vec::new();
        match stream.push(piece, &mut out) {
            Ok(Kept::AsIs) => got.extend_from_slice(piece),
            Ok(Kept::Rewritten) => got.extend(out),
            Err(error) => {
                got.extend(out);
                stream.fail(&Rejection::new(Kind::BadAnswer, error.to_string()), &mut got);
                break;
            }
        }
    }
    let end = stream.end(&mut got);
    assert_eq!(end == End::Complete, stream.seen().complete);
    (got, end)
}

/// Without what is made up anew each time: ids of 32 hexadecimal digits, and the time.
fn normal(stream: &[u8]) -> String {
    let text = String::from_utf8_lossy(stream);
    let words = text.split(['"', '_', '-', ',']).map(|word| {
        let made = word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let time = word.starts_with(':') && word.len() == 11 && word[1..].bytes().all(|byte| byte.is_ascii_digit());
        if made || time { "<made>" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

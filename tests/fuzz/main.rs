//! Every parser of what clients, providers and people write, fuzzed on stable Rust: bounded in `make test`, longer with `make fuzz`.
//!
//! cargo-fuzz needs a nightly compiler, so the driver is our own: it mutates seeds (the golden fixtures and the kept corpus in
//! `tests/fuzz/corpus/TARGET/`), and keeps as new seeds what makes a target say something that it has not said before.
//! Each target returns what it saw, in a few words, and panics when a property does not hold. Properties of all: no panic, bounded
//! time, bounded memory ([`driver`]).
//!
//! - `FUZZ_SECONDS`: how long all targets run together (default 20). Iteration N of a target and a seed is always the same input.
//! - `FUZZ_SEED`: a number; another one makes other inputs.
//! - `FUZZ_KEEP=1`: writes what said something new into the corpus, as long as it is small.
//! - A failure writes its input to `target/fuzz/`; put it into the corpus and it is tried first, for ever.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod driver;
mod mutate;
mod rng;
mod seeds;
mod targets;
#[path = "../support/tokens.rs"]
mod tokens;

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// One test for each target, and their number.
macro_rules! targets {
    ($($test:ident: $name:literal, $seeds:expr, $run:path;)*) => {
        /// How many targets share the time.
        const TARGETS: u32 = [$($name),*].len() as u32;

        $(
            #[test]
            fn $test() {
                driver::fuzz($name, $seeds, $run);
            }
        )*
    };
}

targets! {
    fields_of_a_json_body_are_found_and_spliced: "json", seeds::all("request."), targets::codec::json;
    events_are_the_same_in_any_pieces: "sse", seeds::all("stream."), targets::codec::sse;
    encodings_are_taken_off_in_any_pieces: "encoding", targets::codec::encoded(), targets::codec::encoding;
    forms_are_found_and_spliced: "multipart", targets::forms::forms(), targets::forms::multipart;
    calls_become_calls_or_errors: "call_request", targets::calls::requests(), targets::calls::request;
    streams_of_calls_are_seen_the_same_in_any_pieces: "call_stream", targets::calls::streams(), targets::calls::stream;
    answers_to_calls_become_answers_or_errors: "call_answer", targets::calls::answers(), targets::calls::answer;
    requests_of_openai_become_requests_or_errors: "openai_request", seeds::client("openai", "request."), targets::requests::openai;
    requests_of_anthropic_become_requests_or_errors: "anthropic_request", seeds::client("anthropic", "request."), targets::requests::anthropic;
    requests_of_responses_become_requests_or_errors: "responses_request", seeds::client("responses", "request."), targets::requests::responses;
    requests_of_completions_become_requests_or_errors: "completions_request", seeds::client("completions", "request."), targets::requests::completions;
    answers_of_responses_are_kept_and_seen: "responses_answer", seeds::native("responses", "answer."), targets::answers::responses;
    answers_of_completions_are_kept_and_seen: "completions_answer", seeds::native("completions", "answer."), targets::answers::completions;
    streams_of_responses_say_the_same_in_any_pieces: "responses_stream", seeds::native("responses", "stream."), targets::streams::responses;
    streams_of_completions_say_the_same_in_any_pieces: "completions_stream", seeds::native("completions", "stream."), targets::streams::completions;
    answers_of_openai_become_answers_or_errors: "openai_answer", seeds::provider("openai", "answer."), targets::answers::openai;
    answers_of_anthropic_become_answers_or_errors: "anthropic_answer", seeds::provider("anthropic", "answer."), targets::answers::anthropic;
    streams_of_openai_say_the_same_in_any_pieces: "openai_stream", seeds::provider("openai", "stream."), targets::streams::openai;
    streams_of_anthropic_say_the_same_in_any_pieces: "anthropic_stream", seeds::provider("anthropic", "stream."), targets::streams::anthropic;
    answers_of_cohere_become_answers_or_errors: "cohere_answer", seeds::provider("cohere", "answer."), targets::answers::cohere;
    streams_of_cohere_say_the_same_in_any_pieces: "cohere_stream", seeds::provider("cohere", "stream."), targets::streams::cohere;
    requests_of_gemini_become_requests_or_errors: "gemini_request", seeds::client("gemini", "request."), targets::requests::gemini;
    answers_of_gemini_become_answers_or_errors: "gemini_answer", seeds::provider("gemini", "answer."), targets::answers::gemini;
    streams_of_gemini_say_the_same_in_any_pieces: "gemini_stream", seeds::provider("gemini", "stream."), targets::streams::gemini;
    frames_of_aws_are_the_same_in_any_pieces: "aws_events", targets::aws::frame_seeds(), targets::aws::frames;
    answers_of_bedrock_become_answers_or_errors: "bedrock_answer", seeds::provider("bedrock", "answer."), targets::answers::bedrock;
    streams_of_bedrock_say_the_same_in_any_pieces: "bedrock_stream", seeds::provider("bedrock", "stream."), targets::aws::bedrock;
    streams_of_anthropic_on_bedrock_say_the_same_in_any_pieces: "anthropic_bedrock_stream", seeds::provider("anthropic-bedrock", "stream."), targets::aws::anthropic_bedrock;
    ranks_are_observed_or_refused: "rerank_answer", vec![targets::answers::RANKS.to_vec()], targets::answers::rerank;
    paths_lead_to_one_endpoint_and_never_out_of_a_provider: "path", targets::paths::paths(), targets::paths::path;
    headers_of_answers_are_understood_within_bounds: "answer_headers", targets::headers::answers(), targets::headers::answer;
    configs_are_loaded_or_refused: "config", seeds::configs(), targets::people::config;
    keys_are_found_in_headers: "key", targets::people::headers(), targets::people::key;
    tokens_let_nobody_in_whom_their_issuer_has_not_signed: "token", targets::callers::tokens(), targets::callers::token;
    sets_of_keys_have_keys_or_are_refused: "key_set", targets::callers::key_sets(), targets::callers::key_set;
    certificates_are_told_by_what_a_header_says: "forwarded", targets::callers::headers(), targets::callers::forwarded;
    globs_match_in_bounded_time: "glob", targets::people::globs(), targets::people::glob;
}

//! How to answer and how to misbehave: by flags for every request, by `x-sim-*` headers for one.
//!
//! A header is named like the flag: `--cut-after 3` and `x-sim-cut-after: 3`. Headers pass through a gateway to every provider
//! alike, so a value may be meant for one simulator: `x-sim-status: a=429,b=503` means 429 for the one started with `--name a`,
//! 503 for `b` and nothing for others. A header that is not understood is an error, so that a misspelled fault is not a passed test.

mod value;

use std::time::Duration;

use clap::Args;
use http::{HeaderMap, StatusCode};

pub use value::{Encoding, Newline};

/// How to answer. Nothing set: well-behaved and at once.
#[derive(Debug, Clone, Default, Args)]
pub struct Script {
    /// Answer with this error status (400 to 599), in the API's own shape
    #[arg(long, value_name = "CODE", value_parser = value::status)]
    pub status: Option<StatusCode>,
    /// Send this `retry-after`: seconds, or a date
    #[arg(long, value_name = "SECONDS")]
    pub retry_after: Option<String>,
    /// Wait so long before the first byte (`200ms`, `3s`)
    #[arg(long, value_name = "TIME", value_parser = value::duration)]
    pub delay: Option<Duration>,
    /// Wait so long between two events of a stream (`20ms`)
    #[arg(long, value_name = "TIME", value_parser = value::duration)]
    pub pace: Option<Duration>,
    /// Break the connection after N events of a stream; an answer that is not streamed breaks in its middle
    #[arg(long, value_name = "N")]
    pub cut_after: Option<usize>,
    /// End the stream after N events as if it were complete
    #[arg(long, value_name = "N")]
    pub end_after: Option<usize>,
    /// Send nothing more after N events of a stream, and keep it open
    #[arg(long, value_name = "N")]
    pub stall_after: Option<usize>,
    /// Send an error event after N events of a stream, and nothing more; `status` is its status (503)
    #[arg(long, value_name = "N")]
    pub error_after: Option<usize>,
    /// Send a chunk that is not JSON after N events of a stream, then go on
    #[arg(long, value_name = "N")]
    pub malformed_after: Option<usize>,
    /// Damage a byte of the stream after N events: in an AWS event stream its checksum no longer fits
    #[arg(long, value_name = "N")]
    pub corrupt_after: Option<usize>,
    /// Compress answers, whether or not the client accepts it
    #[arg(long, value_name = "NAME", value_parser = value::encoding)]
    pub encoding: Option<Encoding>,
    /// Answer with N bytes of text (over all choices)
    #[arg(long, value_name = "N", value_parser = value::bytes)]
    pub text_bytes: Option<usize>,
    /// Stream the text in N pieces instead of word by word
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub pieces: Option<usize>,
    /// Call N tools where tools may be called (0: none)
    #[arg(long, value_name = "N", value_parser = value::calls)]
    pub tool_calls: Option<usize>,
    /// Think N words before answering, asked to or not (0: do not think)
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub thinking: Option<usize>,
    /// Think in a form that only the provider can read (redacted thinking)
    #[arg(long)]
    pub redacted: bool,
    /// End for this reason, in the API's own word (`content_filter`, `refusal`)
    #[arg(long, value_name = "REASON")]
    pub finish: Option<String>,
    /// Tokens of the prompt that are told as read from the cache
    #[arg(long, value_name = "N")]
    pub cached: Option<u64>,
    /// Tokens of the prompt that are told as written to the cache
    #[arg(long, value_name = "N")]
    pub cache_write: Option<u64>,
    /// Tell no usage
    #[arg(long)]
    pub no_usage: bool,
    /// Break the connection before any answer
    #[arg(long)]
    pub reset: bool,
    /// Answer with this instead of the API's JSON (`\n` is a line end)
    #[arg(long, value_name = "TEXT")]
    pub body: Option<String>,
    /// Write the answer in pieces of N bytes
    #[arg(long, value_name = "N")]
    pub split: Option<usize>,
    /// Send a comment before every event of a stream
    #[arg(long)]
    pub comments: bool,
    /// End lines of a stream with `lf`, `crlf` or `cr`
    #[arg(long, value_name = "NAME", value_parser = value::newline)]
    pub newline: Option<Newline>,
    /// Send the trailer `x-sim-trailer: sent`
    #[arg(long)]
    pub trailers: bool,
}

/// What all headers of the script begin with.
const PREFIX: &str = "x-sim-";

impl Script {
    /// The script for one request at the simulator `name`: these defaults, with what the request's headers say.
    ///
    /// # Errors
    /// A message that names a header that is not understood.
    pub fn for_request(&self, name: &str, headers: &HeaderMap) -> Result<Self, String> {
        let mut script = self.clone();
        for (header, value) in headers {
            let Some(setting) = header.as_str().strip_prefix(PREFIX) else { continue };
            let value = value.to_str().map_err(|_| format!("header `{header}`: not ASCII"))?;
            if let Some(value) = value::for_target(name, setting, value) {
                script.set(setting, value).map_err(|message| format!("header `{header}: {value}`: {message}"))?;
            }
        }
        Ok(script)
    }

    fn set(&mut self, setting: &str, text: &str) -> Result<(), String> {
        match setting {
            "status" => self.status = Some(value::status(text)?),
            "retry-after" => self.retry_after = Some(text.to_owned()),
            "delay" => self.delay = Some(value::duration(text)?),
            "pace" => self.pace = Some(value::duration(text)?),
            "cut-after" => self.cut_after = Some(value::number(text)?),
            "end-after" => self.end_after = Some(value::number(text)?),
            "stall-after" => self.stall_after = Some(value::number(text)?),
            "error-after" => self.error_after = Some(value::number(text)?),
            "malformed-after" => self.malformed_after = Some(value::number(text)?),
            "corrupt-after" => self.corrupt_after = Some(value::number(text)?),
            "encoding" => self.encoding = Some(value::encoding(text)?),
            "text-bytes" => self.text_bytes = Some(value::bytes(text)?),
            "pieces" => self.pieces = Some(value::count(text)?),
            "tool-calls" => self.tool_calls = Some(value::calls(text)?),
            "thinking" => self.thinking = Some(value::count(text)?),
            "redacted" => self.redacted = value::flag(text)?,
            "finish" => self.finish = Some(text.to_owned()),
            "cached" => self.cached = Some(value::number(text)?),
            "cache-write" => self.cache_write = Some(value::number(text)?),
            "no-usage" => self.no_usage = value::flag(text)?,
            "reset" => self.reset = value::flag(text)?,
            "body" => self.body = Some(text.to_owned()),
            "split" => self.split = Some(value::number(text)?),
            "comments" => self.comments = value::flag(text)?,
            "newline" => self.newline = Some(value::newline(text)?),
            "trailers" => self.trailers = value::flag(text)?,
            _ => return Err("the simulator has no such setting".to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn script(list: &[(&'static str, &'static str)]) -> Script {
        Script::for_request(&Script::default(), "a", &headers(list)).unwrap()
    }

    #[test]
    fn a_header_may_be_meant_for_one_simulator() {
        assert_eq!(script(&[("x-sim-status", "429")]).status, Some(StatusCode::TOO_MANY_REQUESTS));
        let both = [("x-sim-status", "b=503, a=429")];
        assert_eq!(script(&both).status, Some(StatusCode::TOO_MANY_REQUESTS));
        assert_eq!(script(&[("x-sim-status", "b=503")]).status, None);
        assert!(script(&[("x-sim-reset", "a")]).reset);
        assert!(!script(&[("x-sim-reset", "b")]).reset);
        assert!(script(&[("x-sim-reset", "b,a")]).reset);
    }

    #[test]
    fn a_body_may_have_commas_and_equal_signs() {
        let body = |value| script(&[("x-sim-body", value)]).body;
        assert_eq!(body("<p class=\"x\">, a=1").as_deref(), Some("<p class=\"x\">, a=1"));
        assert_eq!(body("a=<p>, b=2").as_deref(), Some("<p>, b=2"));
        assert_eq!(body("b=<p>"), None);
    }

    #[test]
    fn a_misspelled_header_is_an_error() {
        for (name, value) in [("x-sim-cut", "1"), ("x-sim-pace", "1 hour"), ("x-sim-status", "200"), ("x-sim-cut-after", "a=x")] {
            let error = Script::default().for_request("a", &headers(&[(name, value)])).unwrap_err();
            assert!(error.starts_with(&format!("header `{name}")), "{error}");
        }
    }

    #[test]
    fn every_flag_has_its_header() {
        #[derive(Parser)]
        struct Command {
            #[command(flatten)]
            _script: Script,
        }
        let command = Command::command();
        let flags: Vec<_> = command.get_arguments().filter_map(|argument| argument.get_long()).collect();
        assert_eq!(flags.len(), 26);
        for flag in flags {
            let error = Script::default().set(flag, "?").err();
            assert!(!error.is_some_and(|message| message.contains("no such setting")), "{flag}");
        }
    }
}

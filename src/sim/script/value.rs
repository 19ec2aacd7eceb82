//! The values of the script: how each is written.

use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;

/// The most bytes of text that an answer may have, over all its choices.
const MOST_BYTES: usize = 64 << 20;

/// The most pieces of a text, or words of thinking.
const MOST: usize = 10_000;

/// The most tool calls.
const MOST_CALLS: usize = 100;

/// A content encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `gzip`
    Gzip,
    /// `br`
    Brotli,
    /// `zstd`
    Zstd,
    /// `deflate`, that is, zlib.
    Deflate,
}

impl Encoding {
    /// Its name in `content-encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}

/// How lines of a stream end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newline {
    /// Line feed.
    Lf,
    /// Carriage return and line feed.
    CrLf,
    /// Carriage return.
    Cr,
}

impl Newline {
    /// The characters.
    pub fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// The part of a header's value that is meant for the simulator `name`: all of it, or what stands behind `name=`. For a flag the
/// name alone means yes.
pub(super) fn for_target<'a>(name: &str, setting: &str, value: &'a str) -> Option<&'a str> {
    if setting == "body" {
        return match targeted(value) {
            Some((target, rest)) => (target == name).then_some(rest),
            None => Some(value),
        };
    }
    let is_flag = matches!(setting, "redacted" | "no-usage" | "reset" | "comments" | "trailers");
    if is_flag && flag(value).is_err() && targeted(value).is_none() {
        return value.split(',').any(|target| target.trim() == name).then_some("1");
    }
    if targeted(value).is_none() {
        return Some(value);
    }
    value.split(',').filter_map(|part| targeted(part.trim())).find(|(target, _)| *target == name).map(|(_, rest)| rest.trim())
}

/// `name=rest`, if the value begins with a name.
fn targeted(value: &str) -> Option<(&str, &str)> {
    let (name, rest) = value.split_once('=')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_name.then_some((name, rest))
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text {
        "" | "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err("write `1` or `0`".to_owned()),
    }
}

pub(super) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "write a whole number".to_owned())
}

pub(super) fn count(text: &str) -> Result<usize, String> {
    at_most(text, MOST)
}

pub(super) fn calls(text: &str) -> Result<usize, String> {
    at_most(text, MOST_CALLS)
}

pub(super) fn bytes(text: &str) -> Result<usize, String> {
    at_most(text, MOST_BYTES)
}

fn at_most(text: &str, most: usize) -> Result<usize, String> {
    let count = number(text)?;
    if count <= most { Ok(count) } else { Err(format!("at most {most}")) }
}

/// An error status.
pub(super) fn status(text: &str) -> Result<StatusCode, String> {
    let code: Option<u16> = text.parse().ok().filter(|code| (400..600).contains(code));
    code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or_else(|| "write a status from 400 to 599".to_owned())
}

/// `200ms`, `3s`, or a bare number of milliseconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "" | "ms" => 1,
        "s" => 1000,
        _ => return Err("write a time such as `200ms` or `3s`".to_owned()),
    };
    let milliseconds = number.parse::<u32>().map_err(|_| "write a time such as `200ms` or `3s`".to_owned())?;
    Ok(Duration::from_millis(u64::from(milliseconds) * factor))
}

pub(super) fn encoding(text: &str) -> Result<Encoding, String> {
    match text {
        "gzip" => Ok(Encoding::Gzip),
        "br" => Ok(Encoding::Brotli),
        "zstd" => Ok(Encoding::Zstd),
        "deflate" => Ok(Encoding::Deflate),
        _ => Err("write `gzip`, `br`, `zstd` or `deflate`".to_owned()),
    }
}

pub(super) fn newline(text: &str) -> Result<Newline, String> {
    match text {
        "lf" => Ok(Newline::Lf),
        "crlf" => Ok(Newline::CrLf),
        "cr" => Ok(Newline::Cr),
        _ => Err("write `lf`, `crlf` or `cr`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("250"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("3s"), Ok(Duration::from_secs(3)));
        for wrong in ["", "s", "-1s", "1h", "99999999999s", "1é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}

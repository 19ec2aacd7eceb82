//! The usage record: one for each request, made when it has ended.
//!
//! As JSON, every line has every field, `null` where nothing is known, so that the lines load as a table. Making a record moves
//! and shares text, it formats nothing: that is the writer thread's work. Text that others have chosen is cut at a bound.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{Money, Source, Tokens, Units};
use crate::auth::key::KeyId;

/// The longest text that goes into a record as it is, in bytes.
const LONGEST_TEXT: usize = 1024;

/// What is known of a request when it has ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// When it began.
    #[serde(serialize_with = "rfc_3339")]
    pub time: Timestamp,
    /// Its id, the one that the client is told.
    #[serde(serialize_with = "text")]
    pub request_id: String,
    /// The name of the caller: of its API key, or out of its token or certificate.
    pub key: Option<Arc<str>>,
    /// Which of the caller's keys it was, where it was a key: the first 8 hex digits of its SHA-256.
    pub key_id: Option<KeyId>,
    /// Who the key belongs to.
    pub tenant: Option<Arc<str>>,
    /// The route's name.
    pub route: Option<Arc<str>>,
    /// The API that the client spoke (`openai.chat`).
    pub api: Option<&'static str>,
    /// Where a request went that was not read: the first segments of its path at the provider, without its prefix.
    #[serde(serialize_with = "optional_text")]
    pub path: Option<String>,
    /// Whether the answer was to be streamed.
    pub stream: bool,
    /// The model asked for.
    #[serde(serialize_with = "optional_text")]
    pub model_asked: Option<String>,
    /// The model that answered, in the provider's words.
    #[serde(serialize_with = "optional_text")]
    pub model_served: Option<String>,
    /// The provider that the answer came from.
    pub provider: Option<Arc<str>>,
    /// The dialect that it speaks.
    pub provider_dialect: Option<&'static str>,
    /// Every attempt, in order.
    pub attempts: Vec<Attempt>,
    /// From the beginning to the first generated token.
    #[serde(rename = "ttft_ms", serialize_with = "optional_milliseconds")]
    pub ttft: Option<Duration>,
    /// From the beginning to the end.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// What it cost.
    #[serde(serialize_with = "with_total")]
    pub tokens: Tokens,
    /// Where the counts come from.
    pub tokens_source: Source,
    /// What that is in money, by the price table.
    #[serde(serialize_with = "optional_money")]
    pub cost: Option<Money>,
    /// The currency of the cost.
    pub currency: Option<Arc<str>>,
    /// Where the cost comes from.
    pub cost_source: CostSource,
    /// The limits in the shadow that would not have admitted the request.
    pub would_exceed: Vec<Arc<str>>,
    /// The limits in which the request is not counted, because the store of the budgets was away and they allow that.
    pub uncounted: Vec<Arc<str>>,
    /// What it cost in other units.
    pub units: Units,
    /// The status that the client was sent. `None`: it was gone before.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, if anything did.
    #[serde(serialize_with = "optional_text")]
    pub error: Option<String>,
    /// Fields of the request that the provider has no place for, and what of the answer the client's API has no place for
    /// (`answer.images`): they were left out.
    #[serde(serialize_with = "texts")]
    pub dropped: Vec<String>,
}

impl Record {
    /// The record of a request that begins now, of which nothing else is known.
    pub fn new(request_id: impl Into<String>) -> Self {
        Self {
            time: Timestamp::now(),
            request_id: request_id.into(),
            key: None,
            key_id: None,
            tenant: None,
            route: None,
            api: None,
            path: None,
            stream: false,
            model_asked: None,
            model_served: None,
            provider: None,
            provider_dialect: None,
            attempts: Vec::new(),
            ttft: None,
            duration: Duration::ZERO,
            tokens: Tokens::default(),
            tokens_source: Source::None,
            units: Units::default(),
            cost: None,
            currency: None,
            cost_source: CostSource::None,
            would_exceed: Vec::new(),
            uncounted: Vec::new(),
            status: None,
            outcome: Outcome::Ok,
            error: None,
            dropped: Vec::new(),
        }
    }

    /// The facts that go to Envoy as dynamic metadata, under flat names. What is not known is not there.
    pub fn metadata(&self) -> Vec<(&'static str, Fact<'_>)> {
        let texts = [
            ("key", self.key.as_deref()),
            ("tenant", self.tenant.as_deref()),
            ("route", self.route.as_deref()),
            ("provider", self.provider.as_deref()),
            ("model_asked", self.model_asked.as_deref()),
            ("model_served", self.model_served.as_deref()),
        ];
        let mut facts: Vec<_> = Vec::with_capacity(16);
        facts.extend(texts.into_iter().filter_map(|(name, text)| Some((name, Fact::Text(bounded(text?))))));
        let numbers = [
            ("input_tokens", self.tokens.input),
            ("output_tokens", self.tokens.output),
            ("total_tokens", self.tokens.total()),
            ("cached_input_tokens", self.tokens.cached_input),
            ("reasoning_tokens", self.tokens.reasoning),
            ("attempts", u64::try_from(self.attempts.len()).unwrap_or(u64::MAX)),
        ];
        facts.extend(numbers.map(|(name, number)| (name, Fact::Number(number as f64))));
        let units = [
            ("audio_seconds", self.units.audio.map(|audio| audio.as_secs_f64())),
            ("search_units", self.units.search_units.map(|units| units as f64)),
        ];
        facts.extend(units.into_iter().filter_map(|(name, number)| Some((name, Fact::Number(number?)))));
        facts.push(("tokens_source", Fact::Text(self.tokens_source.name().into())));
        facts.push(("outcome", Fact::Text(self.outcome.text())));
        if let (Some(cost), Some(currency)) = (self.cost, &self.currency) {
            facts.push(("cost", Fact::Text(cost.to_string().into())));
            facts.push(("cost_nanos", Fact::Number(cost.nanos() as f64)));
            facts.push(("currency", Fact::Text(bounded(currency))));
        }
        if self.cost_source == CostSource::Unpriced {
            facts.push(("cost_source", Fact::Text(self.cost_source.name().into())));
        }
        let limits = [("would_exceed", &self.would_exceed), ("uncounted", &self.uncounted)];
        let limits = limits.into_iter().filter(|(_, names)| !names.is_empty());
        facts.extend(limits.map(|(name, limits)| (name, Fact::Text(limits.join(", ").into()))));
        facts.extend(self.ttft.map(|ttft| ("ttft_ms", Fact::Number(in_milliseconds(ttft)))));
        facts
    }
}

/// Where the cost of a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The price table.
    Table,
    /// Nowhere: the table has no price for the model.
    Unpriced,
    /// Nowhere: no tokens were used.
    None,
}

impl CostSource {
    /// The name in usage records and metadata.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Unpriced => "unpriced",
            Self::None => "none",
        }
    }
}

/// A value of dynamic metadata. Numbers there are doubles, exact up to 2^53.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact<'a> {
    /// A number.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
}

impl Fact<'static> {
    /// A text that others have chosen, cut at the bound of records.
    pub fn text(text: &str) -> Self {
        Self::Text(bounded(text).into_owned().into())
    }
}

impl Fact<'_> {
    /// The value with a lifetime of its own.
    pub fn into_owned(self) -> Fact<'static> {
        match self {
            Self::Number(number) => Fact::Number(number),
            Self::Text(text) => Fact::Text(text.into_owned().into()),
        }
    }
}

/// One attempt at one provider.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// The provider.
    pub provider: Arc<str>,
    /// Its name of the model.
    #[serde(serialize_with = "text")]
    pub model: String,
    /// Its status. `None`: it did not answer.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// From its beginning to its end.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// Its answer went to the client.
    Ok,
    /// It answered with a status that counts as failure.
    Status,
    /// No connection could be made.
    Connect,
    /// The connection was reset before the answer.
    Reset,
    /// The answer did not begin in time.
    Timeout,
    /// There was no answer, and it is not known why.
    NoResponse,
    /// Its answer stopped before its end.
    Cut,
    /// It reported an error within an answer that had begun.
    ErrorEvent,
    /// It answered with something that is not its API.
    BadAnswer,
    /// Envoy found no usable host for it and went on to another provider: nothing was sent.
    Skipped,
    /// The request could not be made for this provider: nothing was sent.
    NotSent,
    /// Envoy ended the exchange meanwhile.
    Aborted,
}

impl AttemptOutcome {
    /// The name in usage records, metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Status => "status",
            Self::Connect => "connect",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::NoResponse => "no_response",
            Self::Cut => "cut",
            Self::ErrorEvent => "error_event",
            Self::BadAnswer => "bad_answer",
            Self::Skipped => "skipped",
            Self::NotSent => "not_sent",
            Self::Aborted => "aborted",
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The client got a whole answer.
    Ok,
    /// Envoy ended the exchange: the client went away, or the provider's connection broke in mid-answer. The processor is not
    /// told which; the flags in Envoy's access log are.
    Aborted,
    /// The provider's answer stopped before its end.
    Cut,
    /// The client got a provider's error.
    ProviderError,
    /// The gateway answered itself, with this code of the table of rejections.
    Rejected(&'static str),
}

impl Outcome {
    fn text(self) -> Cow<'static, str> {
        match self {
            Self::Ok => "ok".into(),
            Self::Aborted => "aborted".into(),
            Self::Cut => "cut".into(),
            Self::ProviderError => "provider_error".into(),
            Self::Rejected(code) => format!("rejected:{code}").into(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text, cut with `…` where it is too long.
fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_TEXT {
        return text.into();
    }
    let end = text.floor_char_boundary(LONGEST_TEXT);
    format!("{}…", text.get(..end).unwrap_or_default()).into()
}

fn in_milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}

fn rfc_3339<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

fn text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&bounded(text))
}

fn optional_text<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().map(bounded).serialize(serializer)
}

fn texts<S: Serializer>(texts: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| bounded(text)))
}

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(in_milliseconds(*time))
}

fn optional_milliseconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(in_milliseconds).serialize(serializer)
}

/// As text: a decimal number would lose digits in most readers.
fn optional_money<S: Serializer>(money: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    match money {
        Some(money) => serializer.collect_str(money),
        None => serializer.serialize_none(),
    }
}

fn with_total<S: Serializer>(tokens: &Tokens, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct WithTotal<'a> {
        #[serde(flatten)]
        tokens: &'a Tokens,
        total: u64,
    }
    WithTotal { tokens, total: tokens.total() }.serialize(serializer)
}

#[cfg(test)]
mod tests;

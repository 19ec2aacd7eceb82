//! `generationConfig`.
//!
//! Summaries of thoughts are told by every provider that has them, so whether they are asked for changes nothing here. Media of a
//! lower resolution cost less and are a hint; answers other than text are none.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{foreign, refuse_unknown, schema};
use crate::translate::conversation::{Conversation, Effort, Reasoning, ResponseFormat, Sampling, Thought};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::object::object;
use crate::translate::plain;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

/// The most alternatives per token (API reference, `GenerationConfig.logprobs`).
const TOP_LOGPROBS: u8 = 20;

object! {
    /// `generationConfig`.
    Generation {
        candidate_count as "candidateCount" | "candidate_count": u32,
        stop_sequences as "stopSequences" | "stop_sequences": Vec<Str<'a>>,
        max_output_tokens as "maxOutputTokens" | "max_output_tokens": u64,
        temperature: f64,
        top_p as "topP" | "top_p": f64,
        top_k as "topK" | "top_k": f64,
        seed: i64,
        presence_penalty as "presencePenalty" | "presence_penalty": f64,
        frequency_penalty as "frequencyPenalty" | "frequency_penalty": f64,
        response_mime_type as "responseMimeType" | "response_mime_type": Str<'a>,
        response_schema as "responseSchema" | "response_schema": &'a RawValue,
        response_json_schema as "responseJsonSchema" | "response_json_schema": &'a RawValue,
        response_json_schema_alias as "_responseJsonSchema": &'a RawValue,
        response_logprobs as "responseLogprobs" | "response_logprobs": bool,
        logprobs: u8,
        response_modalities as "responseModalities" | "response_modalities": Vec<Str<'a>>,
        media_resolution as "mediaResolution" | "media_resolution": &'a RawValue,
        audio_timestamp as "audioTimestamp" | "audio_timestamp": &'a RawValue,
        thinking_config as "thinkingConfig" | "thinking_config": Thinking<'a>,
    }
}

object! {
    Thinking {
        include_thoughts as "includeThoughts" | "include_thoughts": bool,
        budget as "thinkingBudget" | "thinking_budget": i64,
        level as "thinkingLevel" | "thinking_level": Str<'a>,
    }
}

/// Puts into the conversation what the config says.
pub(super) fn apply<'a>(mut config: Generation<'a>, to: &mut Conversation<'a>, ignored: &mut Hints) -> Result<(), Wrong> {
    refuse_unknown(&config.rest)?;
    if let Some(other) = config.response_modalities.iter().flatten().find(|modality| !modality.eq_ignore_ascii_case("text")) {
        let other = plain::brief(other, plain::QUOTATION);
        return Err(foreign("responseModalities", &format!("answers in `{other}` cannot be translated, only in text")));
    }
    for (field, given) in [
        ("generationConfig.mediaResolution", config.media_resolution.is_some()),
        ("generationConfig.audioTimestamp", config.audio_timestamp.is_some()),
    ] {
        if given {
            ignored.add(field);
        }
    }
    to.response_format = format(&mut config)?;
    to.reasoning = config.thinking_config.take().map(reasoning).transpose().map_err(|wrong| wrong.within("thinkingConfig"))?;
    to.logprobs = logprobs(config.response_logprobs, config.logprobs)?;
    to.choices = match config.candidate_count {
        Some(0) => return Err(Fault::new("candidateCount", "must be at least 1").into()),
        count => count,
    };
    to.max_output_tokens = config.max_output_tokens;
    to.stop = config.stop_sequences.unwrap_or_default();
    to.sampling = Sampling {
        temperature: config.temperature,
        top_p: config.top_p,
        top_k: config.top_k.map(top_k).transpose()?,
        seed: config.seed,
        presence_penalty: config.presence_penalty,
        frequency_penalty: config.frequency_penalty,
    };
    Ok(())
}

/// Google's SDKs write a floating number (`40.0`).
fn top_k(number: f64) -> Result<u64, Wrong> {
    if !(1.0..=f64::from(u32::MAX)).contains(&number) || number.fract() != 0.0 {
        return Err(Fault::new("topK", "is not a whole number of at least 1").into());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole, and between 1 and u32::MAX")]
    Ok(number as u64)
}

/// Google always holds the model to the schema, so the hub is told `strict` where OpenAI's rules for it may hold: that is for the
/// schema to say, so it is left open.
fn format<'a>(config: &mut Generation<'a>) -> Result<Option<ResponseFormat<'a>>, Wrong> {
    let json = config.response_json_schema.take().or(config.response_json_schema_alias.take()).map(Cow::Borrowed);
    let schema = match (json, config.response_schema.take()) {
        (Some(_), Some(_)) => return Err(Fault::new("responseSchema", "and `responseJsonSchema` exclude each other").into()),
        (Some(schema), None) => Some(schema),
        (None, Some(raw)) => Some(Cow::Owned(schema::json_schema(raw).map_err(|fault| fault.within("responseSchema"))?)),
        (None, None) => None,
    };
    match (config.response_mime_type.as_deref(), schema) {
        (None | Some("" | "text/plain"), None) => Ok(None),
        (Some("application/json"), None) => Ok(Some(ResponseFormat::JsonObject)),
        (Some("application/json"), schema) => {
            Ok(Some(ResponseFormat::JsonSchema { name: None, description: None, schema, strict: None }))
        }
        (None | Some("" | "text/plain"), Some(_)) => {
            Err(Fault::new("responseMimeType", "must be `application/json` where there is a schema").into())
        }
        (Some(other), _) => {
            let other = plain::brief(other, plain::QUOTATION);
            Err(foreign("responseMimeType", &format!("answers of the type `{other}` can only be given by Google")))
        }
    }
}

fn reasoning(thinking: Thinking<'_>) -> Result<Reasoning, Wrong> {
    refuse_unknown(&thinking.rest)?;
    let effort = match thinking.level.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None | Some("THINKING_LEVEL_UNSPECIFIED") => None,
        Some("MINIMAL") => Some(Effort::Minimal),
        Some("LOW") => Some(Effort::Low),
        Some("MEDIUM") => Some(Effort::Medium),
        Some("HIGH") => Some(Effort::High),
        Some(_) => return Err(Fault::new("thinkingLevel", "is not one of `MINIMAL`, `LOW`, `MEDIUM` and `HIGH`").into()),
    };
    let mode = match thinking.budget {
        None => Thought::Default,
        Some(-1) => Thought::Adaptive,
        Some(0) => Thought::Off,
        Some(budget) => Thought::Budget(u64::try_from(budget).map_err(|_| Fault::new("thinkingBudget", "must be -1 or more"))?),
    };
    Ok(Reasoning { mode, effort })
}

fn logprobs(wanted: Option<bool>, top: Option<u8>) -> Result<Option<u8>, Wrong> {
    match (wanted, top) {
        (_, Some(top)) if top > TOP_LOGPROBS => Err(Fault::new("logprobs", format!("must be at most {TOP_LOGPROBS}")).into()),
        (Some(true), top) => Ok(Some(top.unwrap_or(0))),
        (_, Some(1..)) => Err(Fault::new("logprobs", "needs `responseLogprobs` to be true").into()),
        _ => Ok(None),
    }
}

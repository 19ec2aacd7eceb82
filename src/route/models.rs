//! The answer to `GET /v1/models`, in the shape of the client's API.
//!
//! When a model was made is not known to a gateway: both shapes say the epoch, which Anthropic's reference names for that case.

use bytes::Bytes;
use serde::Serialize;

use crate::translate::Family;

const EPOCH: &str = "1970-01-01T00:00:00Z";

/// Who owns the models, in OpenAI's shape. Which provider serves them is nobody's business but the gateway's.
const OWNER: &str = "kanmon";

#[derive(Serialize)]
struct OpenAiList<'a> {
    object: &'static str,
    data: Vec<OpenAiModel<'a>>,
}

#[derive(Serialize)]
struct OpenAiModel<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

#[derive(Serialize)]
struct AnthropicList<'a> {
    data: Vec<AnthropicModel<'a>>,
    has_more: bool,
    first_id: Option<&'a str>,
    last_id: Option<&'a str>,
}

#[derive(Serialize)]
struct AnthropicModel<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    display_name: &'a str,
    created_at: &'static str,
}

#[derive(Serialize)]
struct GeminiList<'a> {
    models: Vec<GeminiModel<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GeminiModel<'a> {
    name: String,
    display_name: &'a str,
    supported_generation_methods: [&'static str; 2],
}

/// The list of these models, as JSON.
pub fn list<'a>(models: impl IntoIterator<Item = &'a str>, family: Family) -> Bytes {
    match family {
        // No path lists models in Cohere's shape.
        Family::OpenAi | Family::Cohere => json(&OpenAiList { object: "list", data: models.into_iter().map(openai).collect() }),
        Family::Anthropic => {
            let data: Vec<_> = models.into_iter().map(anthropic).collect();
            let (first_id, last_id) = (data.first().map(|model| model.id), data.last().map(|model| model.id));
            json(&AnthropicList { data, has_more: false, first_id, last_id })
        }
        Family::Gemini => json(&GeminiList { models: models.into_iter().map(gemini).collect() }),
    }
}

/// One model, as JSON: the answer to `GET /v1/models/MODEL`.
pub fn one(model: &str, family: Family) -> Bytes {
    match family {
        Family::OpenAi | Family::Cohere => json(&openai(model)),
        Family::Anthropic => json(&anthropic(model)),
        Family::Gemini => json(&gemini(model)),
    }
}

fn openai(id: &str) -> OpenAiModel<'_> {
    OpenAiModel { id, object: "model", created: 0, owned_by: OWNER }
}

fn anthropic(id: &str) -> AnthropicModel<'_> {
    AnthropicModel { kind: "model", id, display_name: id, created_at: EPOCH }
}

fn gemini(id: &str) -> GeminiModel<'_> {
    let supported_generation_methods = ["generateContent", "streamGenerateContent"];
    GeminiModel { name: format!("models/{id}"), display_name: id, supported_generation_methods }
}

/// Plain text and numbers: there is nothing in them that JSON could not hold.
fn json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(body: &Bytes) -> Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn openai_clients_get_their_shape() {
        let model = json!({"id": "gpt-4o", "object": "model", "created": 0, "owned_by": "kanmon"});
        assert_eq!(parsed(&list(["gpt-4o"], Family::OpenAi)), json!({"object": "list", "data": [model]}));
        assert_eq!(parsed(&one("gpt-4o", Family::OpenAi)), model);
    }

    #[test]
    fn gemini_clients_get_theirs() {
        let methods = ["generateContent", "streamGenerateContent"];
        let model = json!({"name": "models/a", "displayName": "a", "supportedGenerationMethods": methods});
        assert_eq!(parsed(&list(["a"], Family::Gemini)), json!({"models": [model]}));
        assert_eq!(parsed(&one("a", Family::Gemini)), model);
    }

    #[test]
    fn anthropic_clients_get_theirs() {
        let model = |id: &str| json!({"type": "model", "id": id, "display_name": id, "created_at": EPOCH});
        let expected = json!({"data": [model("a"), model("b")], "has_more": false, "first_id": "a", "last_id": "b"});
        assert_eq!(parsed(&list(["a", "b"], Family::Anthropic)), expected);
        let empty = json!({"data": [], "has_more": false, "first_id": null, "last_id": null});
        assert_eq!(parsed(&list([], Family::Anthropic)), empty);
    }
}

//! Embeddings: of one content, of several, and (on Vertex AI) by the older `predict`.

use serde_json::{Value, json};

use super::super::ask::{Ask, Output};
use super::super::check::{Fault, Node, Object};
use super::super::error::{Api, ApiError};
use super::super::{tokens, vector};

/// The numbers of a vector where the request says nothing.
const DEFAULT_DIMENSIONS: i64 = 16;

/// The most contents of a request.
const MOST: usize = 250;

const TASKS: &[&str] = &[
    "TASK_TYPE_UNSPECIFIED",
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
];

struct Asked {
    text: String,
    dimensions: usize,
}

impl Asked {
    fn vector(&self) -> Value {
        vector::floats(&vector::of(&self.text, self.dimensions))
    }

    fn tokens(&self) -> u64 {
        tokens::of_text(&self.text)
    }
}

/// `embedContent`.
pub(super) fn one(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    let asked = super::read(ask, |body| read(body, ask.target, false))?;
    let mut answer = json!({"embedding": {"values": asked.vector()}});
    if ask.api == Api::Vertex {
        answer["truncated"] = json!(false);
    }
    if !ask.script.no_usage {
        answer["usageMetadata"] = json!({"promptTokenCount": asked.tokens(), "totalTokenCount": asked.tokens()});
    }
    Ok(Output::json(answer))
}

/// `batchEmbedContents`.
pub(super) fn batch(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    let all = super::read(ask, |body| {
        let requests = body.object(&["requests"])?.need("requests")?;
        bounded(&requests)?.iter().map(|request| read(request, ask.target, true)).collect::<Result<Vec<Asked>, Fault>>()
    })?;
    let embeddings: Vec<Value> = all.iter().map(|asked| json!({"values": asked.vector()})).collect();
    Ok(Output::json(json!({"embeddings": embeddings})))
}

fn bounded<'a>(node: &Node<'a>) -> Result<Vec<Node<'a>>, Fault> {
    let list = node.array()?;
    if (1..=MOST).contains(&list.len()) {
        return Ok(list);
    }
    Err(node.rule(format!("at least one and at most {MOST} requests can be in one batch")))
}

/// Every request of a batch names the model again.
fn read(body: &Node<'_>, target: &str, in_batch: bool) -> Result<Asked, Fault> {
    let body = body.object(&["model", "content", "taskType", "title", "outputDimensionality"])?;
    match body.get("model") {
        Some(model) if model.string()?.strip_prefix("models/") != Some(target) => {
            return Err(model.rule("the model in the request must be that of the path"));
        }
        None if in_batch => return body.need("model").map(|_| Asked { text: String::new(), dimensions: 0 }),
        _ => {}
    }
    let mut texts = Vec::new();
    let content = body.need("content")?;
    let content = content.object(&["role", "parts"])?;
    content.optional("role", |node| node.string())?;
    for part in content.need("parts")?.array()? {
        texts.push(part.object(&["text"])?.need("text")?.string()?);
    }
    let text = texts.join(" ");
    if text.is_empty() {
        return Err(body.rule("content must have text"));
    }
    let task = body.optional("taskType", |node| node.one_of(TASKS))?;
    title(&body, task)?;
    Ok(Asked { text, dimensions: dimensions(&body)? })
}

/// "Only applicable when TaskType is RETRIEVAL_DOCUMENT."
fn title(body: &Object<'_>, task: Option<&str>) -> Result<(), Fault> {
    match body.get("title") {
        Some(title) if task != Some("RETRIEVAL_DOCUMENT") => {
            Err(title.rule("title is only applicable when the task type is RETRIEVAL_DOCUMENT"))
        }
        Some(title) => title.string().map(drop),
        None => Ok(()),
    }
}

fn dimensions(body: &Object<'_>) -> Result<usize, Fault> {
    let asked = body.optional("outputDimensionality", |node| node.integer(1..=vector::MOST))?;
    Ok(usize::try_from(asked.unwrap_or(DEFAULT_DIMENSIONS)).unwrap_or(1))
}

/// Vertex AI's `predict` of a model for text embeddings.
pub(in super::super) fn predict(ask: &Ask<'_>) -> Result<Output, ApiError> {
    ask.serves(ask.target)?;
    let all = ask.read(read_predict)?;
    let predictions: Vec<Value> = all
        .iter()
        .map(|asked| {
            let statistics = json!({"truncated": false, "token_count": asked.tokens()});
            json!({"embeddings": {"values": asked.vector(), "statistics": statistics}})
        })
        .collect();
    Ok(Output::json(json!({"predictions": predictions})))
}

fn read_predict(body: &Node<'_>) -> Result<Vec<Asked>, Fault> {
    let body = body.object(&["instances", "parameters"])?;
    let mut width = usize::try_from(DEFAULT_DIMENSIONS).unwrap_or(1);
    if let Some(parameters) = body.get("parameters") {
        let parameters = parameters.object(&["autoTruncate", "outputDimensionality"])?;
        parameters.optional("autoTruncate", |node| node.boolean())?;
        width = dimensions(&parameters)?;
    }
    let each = bounded(&body.need("instances")?)?.into_iter().map(|instance| {
        let instance = instance.object(&["content", "task_type", "title"])?;
        let task = instance.optional("task_type", |node| node.one_of(TASKS))?;
        title(&instance, task)?;
        let content = instance.need("content")?;
        match content.string()? {
            "" => Err(content.rule("The text content is empty.")),
            text => Ok(Asked { text: text.to_owned(), dimensions: width }),
        }
    });
    each.collect()
}

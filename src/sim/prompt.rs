//! What the simulator understands of a request, whatever dialect it came in.

use serde_json::Value;

use super::tokens;

/// A request, understood.
#[derive(Debug, Clone, Default)]
pub(super) struct Prompt {
    /// The model asked for.
    pub(super) model: String,
    /// Whether the answer is streamed.
    pub(super) stream: bool,
    /// System and developer messages, in order.
    pub(super) system: Vec<String>,
    /// What the person said last, and what tools said since.
    pub(super) last: Last,
    /// What is not text, over all messages.
    pub(super) media: Media,
    /// The tools that may be called.
    pub(super) tools: Vec<Tool>,
    /// Which of them must be.
    pub(super) choice: Choice,
    /// Whether several may be called in one turn.
    pub(super) parallel: bool,
    /// The shape of the answer.
    pub(super) format: Format,
    /// The most tokens of the answer.
    pub(super) max_tokens: Option<u64>,
    /// Texts at which the answer stops.
    pub(super) stop: Vec<String>,
    /// Whether the model thinks before it answers.
    pub(super) thinking: Thinking,
    /// How many answers are asked for (OpenAI's `n`).
    pub(super) choices: usize,
    /// Whether log probabilities are.
    pub(super) logprobs: bool,
    /// Whether a stream ends with usage (OpenAI's `stream_options.include_usage`).
    pub(super) stream_usage: bool,
    /// Tokens of the request.
    pub(super) tokens: u64,
}

/// The end of the conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Last {
    /// The text of the last message of the person.
    pub(super) text: String,
    /// The results of tools that nothing was said after.
    pub(super) results: Vec<ToolResult>,
    /// Whether a message has begun that has no text yet.
    begun: bool,
}

/// What a tool said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolResult {
    pub(super) text: String,
    pub(super) is_error: bool,
}

/// How many pictures and the like there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Media {
    pub(super) images: usize,
    pub(super) documents: usize,
    pub(super) recordings: usize,
}

/// A tool that may be called.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub(super) name: String,
    /// JSON Schema of its arguments.
    pub(super) schema: Value,
}

/// Which tool must be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Choice {
    #[default]
    Auto,
    None,
    Required,
    Tool(String),
}

/// The shape of the answer.
#[derive(Debug, Clone, Default)]
pub(super) enum Format {
    #[default]
    Text,
    JsonObject,
    /// JSON Schema.
    Schema(Value),
}

/// Whether the model thinks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Thinking {
    #[default]
    Off,
    /// It does, and only the usage tells.
    Hidden,
    /// It does, and shows that it did, without the text.
    Omitted,
    /// It does, and shows it.
    Shown,
}

impl Prompt {
    /// Text that counts, but that the answer does not repeat.
    pub(super) fn count_text(&mut self, text: &str) {
        self.tokens += tokens::of_text(text);
    }

    /// A system or developer message.
    pub(super) fn add_system(&mut self, text: &str) {
        self.count_text(text);
        self.system.push(text.to_owned());
    }

    /// A new message of the person begins.
    pub(super) fn begin_user(&mut self) {
        self.last.begun = true;
    }

    /// A new message of the model begins.
    pub(super) fn begin_assistant(&mut self) {
        self.last.results.clear();
    }

    /// The person says more.
    pub(super) fn add_user_text(&mut self, text: &str) {
        self.count_text(text);
        self.last.results.clear();
        if std::mem::take(&mut self.last.begun) {
            self.last.text.clear();
        }
        if !self.last.text.is_empty() {
            self.last.text.push(' ');
        }
        self.last.text.push_str(text);
    }

    /// A tool has answered.
    pub(super) fn add_result(&mut self, text: &str, is_error: bool) {
        self.count_text(text);
        self.last.results.push(ToolResult { text: text.to_owned(), is_error });
    }

    /// The model has called a tool, in an earlier turn.
    pub(super) fn add_call(&mut self, arguments: &Value) {
        self.tokens += tokens::of_call(arguments);
    }

    pub(super) fn add_image(&mut self) {
        self.media.images += 1;
        self.tokens += tokens::MEDIUM;
    }

    pub(super) fn add_document(&mut self) {
        self.media.documents += 1;
        self.tokens += tokens::MEDIUM;
    }

    pub(super) fn add_recording(&mut self) {
        self.media.recordings += 1;
        self.tokens += tokens::MEDIUM;
    }

    pub(super) fn add_tool(&mut self, name: &str, schema: Option<&Value>) {
        self.tokens += tokens::TOOL;
        self.tools.push(Tool { name: name.to_owned(), schema: schema.cloned().unwrap_or(Value::Bool(true)) });
    }
}

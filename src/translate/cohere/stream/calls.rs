//! The tool calls of a stream: Cohere's numbers of them become the hub's, which count from 0 in the order in which they begin.

use crate::translate::AnswerError;
use crate::translate::answer::Delta;
use crate::translate::cohere::malformed;
use crate::translate::cohere::wire::Call;

/// The most tool calls that may be open at once. Cohere has one.
const OPEN: usize = 32;

type Emit<'e> = &'e mut dyn FnMut(Delta<'_>);

/// What is known of the tool calls so far.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Those that have begun and not ended.
    open: Vec<Open>,
    begun: u32,
}

#[derive(Debug)]
struct Open {
    /// Cohere's number; some hosts leave it out (field note 43), which is then the one call that is open.
    number: Option<u64>,
    index: u32,
    has_arguments: bool,
}

impl Calls {
    pub(super) fn start(&mut self, number: Option<u64>, call: Call<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let without = |field: &str| malformed(format_args!("a tool call begins without `{field}`"));
        let id = call.id.filter(|id| !id.is_empty()).ok_or_else(|| without("id"))?;
        let function = call.function.unwrap_or_default();
        let name = function.name.filter(|name| !name.is_empty()).ok_or_else(|| without("function.name"))?;
        // Without numbers calls can only come one after the other.
        if number.is_none() {
            self.end_all(emit);
        }
        if self.open.len() >= OPEN || self.open.iter().any(|open| open.number == number) {
            return Err(malformed("a tool call begins while others have not ended"));
        }
        let index = self.begun;
        self.begun = self.begun.saturating_add(1);
        emit(Delta::ToolCall { choice: 0, index, id, name, signature: None });
        let json = function.arguments.filter(|json| !json.is_empty());
        self.open.push(Open { number, index, has_arguments: json.is_some() });
        if let Some(json) = json {
            emit(Delta::ToolArguments { choice: 0, index, json });
        }
        Ok(())
    }

    pub(super) fn piece(&mut self, number: Option<u64>, call: Call<'_>, emit: Emit<'_>) -> Result<(), AnswerError> {
        let Some(json) = call.function.and_then(|function| function.arguments).filter(|json| !json.is_empty()) else {
            return Ok(());
        };
        let at = self.find(number).ok_or_else(|| malformed("arguments come for a tool call that has not begun"))?;
        let open = &mut self.open[at];
        open.has_arguments = true;
        emit(Delta::ToolArguments { choice: 0, index: open.index, json });
        Ok(())
    }

    pub(super) fn end(&mut self, number: Option<u64>, emit: Emit<'_>) {
        if let Some(at) = self.find(number) {
            close(&self.open.remove(at), emit);
        }
    }

    pub(super) fn end_all(&mut self, emit: Emit<'_>) {
        for open in self.open.drain(..) {
            close(&open, emit);
        }
    }

    fn find(&self, number: Option<u64>) -> Option<usize> {
        match number {
            Some(_) => self.open.iter().position(|open| open.number == number || open.number.is_none()),
            None => self.open.len().checked_sub(1),
        }
    }
}

/// A call without arguments has an empty object of them: clients read JSON there.
fn close(open: &Open, emit: Emit<'_>) {
    if !open.has_arguments {
        emit(Delta::ToolArguments { choice: 0, index: open.index, json: "{}".into() });
    }
}

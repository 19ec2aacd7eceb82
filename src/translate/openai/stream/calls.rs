//! Which tool call a piece of one belongs to, whatever numbering the provider uses.
//!
//! OpenAI numbers the calls of a choice from 0 and gives id and name with the first piece only. Vendors leave the index out (field
//! note 43), give every call the index 0 (41, 42), repeat id and name with every piece, or
//! make up a new id for every piece.

use crate::translate::AnswerError;
use crate::translate::openai::malformed;
use crate::translate::openai::message::{self, ToolCall};
use crate::translate::text::Str;

/// The most tool calls of one stream. No model makes nearly as many.
const MOST: usize = 1024;

/// The tool calls of a stream so far.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    choice: u32,
    /// The provider's index.
    theirs: Option<u32>,
    /// Ours: counts the calls of a choice from 0.
    ours: u32,
    /// The provider's id, where it gave one.
    id: Option<String>,
}

/// A tool call that begins.
pub(super) struct Begun<'a> {
    pub(super) id: Str<'a>,
    pub(super) name: Str<'a>,
}

impl Calls {
    /// Our index of the call that this piece belongs to, and its head where the call begins with it.
    pub(super) fn piece<'a>(&mut self, choice: u32, piece: &mut ToolCall<'a>) -> Result<(u32, Option<Begun<'a>>), AnswerError> {
        let id = piece.id.take().filter(|id| !id.is_empty());
        let name = piece.function.as_mut().and_then(|function| function.name.take()).filter(|name| !name.is_empty());
        match self.find(choice, piece.index, id.as_deref(), name.is_some()) {
            Some(ours) => Ok((ours, None)),
            None => self.begin(choice, piece.index, id, name),
        }
    }

    /// Whether a choice calls tools.
    pub(super) fn any(&self, choice: u32) -> bool {
        self.0.iter().any(|call| call.choice == choice)
    }

    fn find(&self, choice: u32, theirs: Option<u32>, id: Option<&str>, named: bool) -> Option<u32> {
        let of_choice = || self.0.iter().rev().filter(|call| call.choice == choice);
        let known = id.and_then(|id| of_choice().find(|call| call.id.as_deref() == Some(id)));
        // A name without an index, or with an id that is new, can only be the beginning of a call.
        let begins = named && (id.is_some() || theirs.is_none());
        let call = match theirs {
            _ if known.is_some() => known,
            _ if begins => None,
            Some(_) => of_choice().find(|call| call.theirs == theirs),
            None => of_choice().next(),
        };
        Some(call?.ours)
    }

    fn begin<'a>(
        &mut self,
        choice: u32,
        theirs: Option<u32>,
        id: Option<Str<'a>>,
        name: Option<Str<'a>>,
    ) -> Result<(u32, Option<Begun<'a>>), AnswerError> {
        let name = name.ok_or_else(|| malformed("a tool call begins without a name"))?;
        if self.0.len() >= MOST {
            return Err(malformed(format!("it has more than {MOST} tool calls")));
        }
        let ours = self.0.iter().filter(|call| call.choice == choice).count();
        let ours = u32::try_from(ours).unwrap_or(u32::MAX);
        self.0.push(Call { choice, theirs, ours, id: id.as_deref().map(str::to_owned) });
        Ok((ours, Some(Begun { id: id.unwrap_or_else(message::made_call_id), name })))
    }
}

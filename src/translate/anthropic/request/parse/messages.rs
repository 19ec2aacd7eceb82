//! `system` and `messages`: who says what, in the hub's order.

use super::blocks::{self, Place};
use super::{missing, refuse_unknown};
use crate::translate::anthropic::wire::Content;
use crate::translate::conversation::{Message as Turn, Role};
use crate::translate::fault::Fault;
use crate::translate::hints::Hints;
use crate::translate::object::object;
use crate::translate::text::Str;
use crate::translate::wrong::Wrong;

object! {
    /// A message of any role.
    Message {
        role: Str<'a>,
        content: Content<'a>,
    }
}

pub(super) fn messages<'a>(
    system: Option<Content<'a>>,
    messages: Option<Vec<Message<'a>>>,
    ignored: &mut Hints,
) -> Result<Vec<Turn<'a>>, Wrong> {
    let messages = messages.ok_or_else(|| missing("messages"))?;
    if messages.is_empty() {
        return Err(Fault::new("messages", "must have at least one message").into());
    }
    let mut turns = Vec::with_capacity(messages.len() + 1);
    if let Some(system) = system {
        let parts = blocks::content(system, Place::System, ignored).map_err(|w| w.within("system"))?;
        if !parts.is_empty() {
            turns.push(Turn { role: Role::System, name: None, parts });
        }
    }
    for (at, message) in messages.into_iter().enumerate() {
        turns.push(turn(message, ignored).map_err(|w| w.within(format_args!("messages[{at}]")))?);
    }
    Ok(turns)
}

fn turn<'a>(message: Message<'a>, ignored: &mut Hints) -> Result<Turn<'a>, Wrong> {
    let (role, place) = match message.role.as_deref() {
        Some("user") => (Role::User, Place::User),
        Some("assistant") => (Role::Assistant, Place::Assistant),
        // In the middle of a conversation, since Claude Opus 4.8.
        Some("system") => (Role::System, Place::System),
        Some(_) => return Err(Fault::new("role", "is not one of `user`, `assistant` and `system`").into()),
        None => return Err(missing("role").into()),
    };
    match place {
        // What an application got as an answer and sends back has `id`, `usage` and more.
        Place::Assistant => ignored.all("messages[].", &message.rest),
        _ => refuse_unknown(&message.rest)?,
    }
    let content = message.content.ok_or_else(|| missing("content"))?;
    let parts = blocks::content(content, place, ignored).map_err(|w| w.within("content"))?;
    Ok(Turn { role, name: None, parts })
}

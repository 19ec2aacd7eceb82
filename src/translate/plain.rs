//! Text of others in our own messages: what a provider, or something before it, sends in place of JSON (plain text, or an HTML
//! page), and the bounds of whatever is quoted.

use std::borrow::Cow;

use memchr::memmem;

use super::answer::ProviderError;
use super::text::Str;

/// The longest message of a provider that is passed on, in bytes.
pub(super) const MESSAGE: usize = 2048;
/// The longest quotation of what could not be read, in bytes.
pub(super) const QUOTATION: usize = 256;

/// As far as a page is read: its title stands at the beginning.
const READ: usize = 16 * 1024;

/// The text of a body that is not JSON: of a page its title, or else its words without tags.
pub(super) fn text(body: &[u8]) -> Str<'static> {
    let body = String::from_utf8_lossy(&body[..body.len().min(READ)]);
    let body = body.trim();
    if !body.starts_with('<') {
        return body.to_owned().into();
    }
    match title(body) {
        Some(title) => words(title).into(),
        None => words(&without_tags(body)).into(),
    }
}

fn title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let open = memmem::find(lower.as_bytes(), b"<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(page[start..end].trim()).filter(|title| !title.is_empty())
}

fn without_tags(page: &str) -> String {
    let mut text = String::with_capacity(page.len().min(MESSAGE));
    let mut inside = false;
    for character in page.chars() {
        match character {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    text
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The error of an answer, with a message in any case and a bounded one: its own, or else the text of the body.
pub(super) fn with_message<'a>(mut error: ProviderError<'a>, status: u16, body: &[u8]) -> ProviderError<'a> {
    if error.message.is_empty() {
        error.message = text(body);
    }
    bound(&mut error.message);
    if error.message.is_empty() {
        error.message = format!("the provider answered {status} without a message").into();
    }
    error
}

/// The text, or as much of it as the limit allows, with an ellipsis. Never cuts a character.
pub(super) fn brief(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return text.into();
    }
    let cut = text.floor_char_boundary(limit.saturating_sub("…".len()));
    format!("{}…", &text[..cut]).into()
}

/// As [`brief`], for a message of a provider.
pub(super) fn bound(message: &mut Str<'_>) {
    if message.len() > MESSAGE {
        *message = brief(message, MESSAGE).into_owned().into();
    }
}

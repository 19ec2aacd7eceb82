//! What `kanmon run` prints when everything is ready: where it is, and what to paste.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::config::Snapshot;

pub(super) fn banner(url: &str, admin: SocketAddr, key: Option<&str>, snapshot: &Snapshot, simulated: bool) -> String {
    let mut text = format!("Kanmon is ready.\n\n  gateway  {url}\n  status   http://{admin}/status\n");
    match key {
        Some(key) => {
            let _ = writeln!(text, "  key      {key}   (for this run only)");
        }
        None => text.push_str("  key      one of those in your config\n"),
    }
    if simulated {
        text.push_str("\nNo provider key is set, so a simulated provider answers. Set OPENAI_API_KEY or ANTHROPIC_API_KEY for a real one.\n");
    }
    let model = model(snapshot);
    let key = key.unwrap_or("YOUR_KEY");
    let _ = write!(
        text,
        r#"
Try it:

  curl {url}/v1/chat/completions -H "authorization: Bearer {key}" \
    -H "content-type: application/json" \
    -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}'

  from openai import OpenAI
  client = OpenAI(base_url="{url}/v1", api_key="{key}")
  print(client.chat.completions.create(model="{model}", messages=[{{"role": "user", "content": "Hello"}}]))

Ctrl-C stops it."#
    );
    text
}

/// A model that there is: the first route's name, where it is one.
fn model(snapshot: &Snapshot) -> String {
    let named = snapshot.routes.list.iter().map(|route| route.model.as_str()).find(|model| !model.contains('*'));
    named.map_or_else(|| "gpt-4o-mini".to_owned(), str::to_owned)
}

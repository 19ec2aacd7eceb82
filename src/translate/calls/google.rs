//! Google's own calls, as they pass: the model stands in the path, and may stand in the body once more, in one or in each of several
//! requests. Google wants it to be the same everywhere, so with another model these are changed, too.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::place::bare;
use crate::codec::json::{Splice, TopLevel};
use crate::translate::{Facts, Target};

/// The depth of a body was bounded when it came in.
const ANY_DEPTH: usize = usize::MAX;

/// Names the target's model wherever the body names one. What cannot be read is Google's to judge.
pub(super) fn set_model<'a>(splice: &mut Splice<'a>, top: &TopLevel<'a>, facts: &Facts, target: &Target<'_>) {
    if facts.model == target.model {
        return;
    }
    splice.remove("model");
    let model = serde_json::Value::from(format!("models/{}", bare(target.model))).to_string();
    for field in ["generateContentRequest", "generate_content_request"] {
        if let Some(renamed) = top.get(field).and_then(|request| renamed(request, &model)) {
            splice.set(field, renamed.into_bytes());
        }
    }
    let requests = top.get("requests").and_then(|list| serde_json::from_str::<Vec<&RawValue>>(list.get()).ok());
    if let Some(requests) = requests {
        let each = |request: &&'a RawValue| renamed(request, &model).map_or(Cow::Borrowed(request.get()), Cow::Owned);
        let list: Vec<Cow<'_, str>> = requests.iter().map(each).collect();
        splice.set("requests", format!("[{}]", list.join(",")).into_bytes());
    }
}

/// A request within another one, with this model.
fn renamed(request: &RawValue, model: &str) -> Option<String> {
    let text = request.get().as_bytes();
    let top = TopLevel::scan(text, ANY_DEPTH).ok()?;
    top.get("model")?;
    let mut splice = Splice::new(text, &top);
    splice.set("model", model.as_bytes());
    String::from_utf8(splice.finish()?.into()).ok()
}

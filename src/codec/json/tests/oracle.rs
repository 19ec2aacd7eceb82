//! serde_json as a judge: of which bodies are JSON, and of what an edited body says.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::*;

/// What can be done to a body.
#[derive(Debug, Clone)]
enum Edit {
    Set(String, Value),
    Remove(String),
}

fn keys() -> impl Strategy<Value = String> {
    prop::sample::select(&["a", "b", "model", "é", "\"", "\\", "\n", "", "😀"][..]).prop_map(str::to_owned)
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![".{0,6}", "[a-z \n\"\\\\\u{1f}é]{0,40}"];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Fractions that serde_json reads back exactly; it does not do so for all.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        text.prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((keys(), inner), 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn objects() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((keys(), values()), 0..7).prop_map(|fields| fields.into_iter().collect())
}

/// JSON text with the given white space around its tokens at the top level, and with escapes that nobody needs.
fn written(object: &Map<String, Value>, space: &[&str], escapes: bool) -> String {
    let mut spaces = space.iter().cycle().copied();
    let mut next = move || spaces.next().unwrap_or("");
    let mut body = format!("{}{{{}", next(), next());
    for (index, (key, value)) in object.iter().enumerate() {
        let quoted = Value::from(key.as_str()).to_string();
        let key = if escapes { quoted.replace('e', "\\u0065").replace('a', "\\u0061") } else { quoted };
        body += &format!("{}{}{key}{}:{}{value}{}", if index > 0 { "," } else { "" }, next(), next(), next(), next());
    }
    body + "}" + next()
}

fn spaces() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&["", "", " ", "\n", "\t\r\n "][..]), 1..9)
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![(keys(), values()).prop_map(|(key, value)| Edit::Set(key, value)), keys().prop_map(Edit::Remove)];
    prop::collection::vec(edit, 0..8)
}

/// Whether serde_json takes the text for an object, whatever its numbers and lone surrogates in values.
fn is_object(text: &str) -> bool {
    serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text).is_ok()
}

fn has_duplicate(error: &JsonError) -> bool {
    matches!(error.kind, JsonErrorKind::DuplicateKey(_))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_body_says_after_its_edits_what_a_value_would(
        object in objects(), spaces in spaces(), escapes: bool, edits in edits()
    ) {
        let body = written(&object, &spaces, escapes);
        let top = TopLevel::scan(body.as_bytes(), 16).unwrap();
        let mut splice = Splice::new(body.as_bytes(), &top);
        let mut expected = object.clone();
        let mut touched = Vec::new();
        for edit in edits {
            match edit {
                Edit::Set(key, value) => {
                    splice.set(&key, value.to_string().into_bytes());
                    expected.insert(key.clone(), value);
                    touched.push(key);
                }
                Edit::Remove(key) => {
                    splice.remove(&key);
                    expected.shift_remove(&key);
                    touched.push(key);
                }
            }
        }
        let out = splice.finish().map_or_else(|| body.clone(), |out| String::from_utf8(out.to_vec()).unwrap());
        prop_assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), Value::Object(expected));
        let after = TopLevel::scan(out.as_bytes(), 16).unwrap();
        let mut order = Vec::new();
        for key in object.keys().filter(|key| !touched.contains(key)) {
            prop_assert_eq!(after.text(key), top.text(key));
            order.push(after.field(key).unwrap().start);
        }
        prop_assert!(order.is_sorted());
    }

    #[test]
    fn a_body_is_json_here_when_it_is_for_serde(
        object in objects(), spaces in spaces(), escapes: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..3, "[{}\\[\\],:\"\\\\ue0-9.+\\-tfn \n\u{1}]"), 0..4)
    ) {
        let mut text: Vec<char> = written(&object, &spaces, escapes).chars().collect();
        for (place, kind, insert) in changes {
            let at = place.index(text.len() + 1);
            match kind {
                0 => text.splice(at..at, insert.chars()).for_each(drop),
                1 => text.truncate(at),
                _ => text.splice(at..(at + 1).min(text.len()), insert.chars()).for_each(drop),
            }
        }
        let text: String = text.into_iter().collect();
        match TopLevel::scan(text.as_bytes(), usize::MAX) {
            Ok(top) => {
                prop_assert!(is_object(&text), "{}", text);
                prop_assert_eq!(top.fields().count(), top.fields.len());
            }
            Err(error) => prop_assert!(has_duplicate(&error) || !is_object(&text), "{}: {}", error, text),
        }
    }

    #[test]
    fn any_bytes_are_an_answer_and_not_a_panic(body in prop::collection::vec(any::<u8>(), 0..64), depth in 0..4_usize) {
        if let Err(error) = TopLevel::scan(&body, depth) {
            prop_assert!(error.offset <= body.len() && error.line >= 1 && error.column >= 1);
        }
    }

    #[test]
    fn strings_end_where_they_end_at_any_length(text in "[ -~é]{0,70}", rest in "[ -~]{0,20}") {
        let body = json!({ "a": text, "b": rest }).to_string();
        let top = TopLevel::scan(body.as_bytes(), 1).unwrap();
        prop_assert_eq!(top.str("a").unwrap().unwrap(), text);
        prop_assert_eq!(top.str("b").unwrap().unwrap(), rest);
    }
}

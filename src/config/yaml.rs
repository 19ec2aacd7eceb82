//! From YAML to a tree of nodes. The only module that knows the YAML library.
//!
//! YAML is bounded in every way in which it can grow: depth, number of nodes, aliases. Keys may not repeat; tags other than
//! YAML's own are refused; only `true` and `false` are booleans.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::node::{Key, Node, Number, Place, Shown, Value};

/// The deepest nesting.
const DEPTH: usize = 32;
/// The most values in a file. A key of a keys file has about ten, with its field names.
const NODES: usize = 2_000_000;
/// The most values that aliases (`*name`) may stand for together.
const REPLAYED: usize = 100_000;

/// Why a text is not YAML that the gateway reads.
pub(super) struct YamlError {
    pub(super) place: Option<Place>,
    pub(super) message: String,
}

/// Reads one YAML document.
pub(super) fn read(text: &str) -> Result<Node, YamlError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH,
            max_nodes: NODES,
            max_events: 2 * NODES,
            max_documents: 1,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: REPLAYED,
            max_merge_keys: 1_000,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: REPLAYED, max_replay_stack_depth: 8 },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::AsString,
        strict_booleans: true,
        reject_unsupported_tags: true,
        emit_comments: false,
        // A snippet would show a line of the file, and with it perhaps a secret.
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(root) => Ok(node(root, text)),
        Err(error) => Err(YamlError { place: error.location().and_then(|location| known(&location)), message: message(&error) }),
    }
}

/// What is wrong, on one line and without the place that the library appends.
fn message(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;
    use serde_saphyr::budget::BudgetBreach;
    match error.without_snippet() {
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("`{}` stands here twice: keep one of them", Shown(key)),
        Error::DuplicateMappingKey { key: None, .. } => "a key stands here twice: keep one of them".to_owned(),
        Error::RecursiveReferencesRequireWeakTypes { .. } => "this alias stands within the value that it refers to".to_owned(),
        Error::MultipleDocuments { .. } | Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            "a second YAML document begins here (`---`): a config is one document".to_owned()
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => format!("nested more than {DEPTH} deep"),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => "too many values or aliases for a config".to_owned(),
        Error::AliasError { error, .. } => message(error),
        other => {
            let text = other.to_string();
            let text = text.lines().next().unwrap_or_default();
            text.rsplit_once(" at line ").map_or(text, |(message, _)| message).to_owned()
        }
    }
}

/// A scalar, list or map, with the library's places.
enum Raw {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value),
        Raw::Number(number) => Value::Number { spelled: spelled(&raw.defined, text, number), number },
        Raw::Text(text) => Value::Text { text, interpolated: false },
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, text)).collect()),
        Raw::Map(entries) => Value::Map(entries.into_iter().map(|(name, value)| entry(name, value, text)).collect()),
    };
    Node { place: place(&raw.referenced), value }
}

fn entry(name: Spanned<String>, value: Spanned<Raw>, text: &str) -> (Key, Node) {
    (Key { place: place(&name.referenced), name: name.value }, node(value, text))
}

/// How a number is written: `1.10` may be a model's name.
fn spelled(location: &Location, text: &str, number: Number) -> String {
    let span = location.span();
    let range = span.byte_offset().zip(span.byte_len()).and_then(|(start, length)| {
        let start = usize::try_from(start).ok()?;
        text.get(start..start.checked_add(usize::try_from(length).ok()?)?)
    });
    match (range, number) {
        (Some(spelled), _) if !spelled.trim().is_empty() => spelled.trim().to_owned(),
        (_, Number::Unsigned(number)) => number.to_string(),
        (_, Number::Signed(number)) => number.to_string(),
        (_, Number::Float(number)) => number.to_string(),
    }
}

fn known(location: &Location) -> Option<Place> {
    (location.line() > 0).then(|| place(location))
}

fn place(location: &Location) -> Place {
    let narrow = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Place { line: narrow(location.line()), column: narrow(location.column()) }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Number(Number::Unsigned(number)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Number(Number::Signed(number)))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Raw, E> {
        Ok(Raw::Number(Number::Float(number)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(node: &Node) -> String {
        let value = match &node.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number { spelled, .. } => format!("#{spelled}"),
            Value::Text { text, .. } => format!("{text:?}"),
            Value::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
            Value::Map(entries) => {
                let entry =
                    |(key, value): &(Key, Node)| format!("{}@{}:{}: {}", key.name, key.place.line, key.place.column, show(value));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            Value::Hole => "hole".to_owned(),
        };
        format!("{value}@{}:{}", node.place.line, node.place.column)
    }

    #[track_caller]
    fn shows(text: &str, expected: &str) {
        assert_eq!(read(text).map_or_else(|error| error.message, |node| show(&node)), expected);
    }

    #[track_caller]
    fn fails(text: &str, line: u32, column: u32, words: &str) {
        let Err(error) = read(text) else { panic!("{text:?} was read") };
        assert!(error.message.contains(words), "{}", error.message);
        assert_eq!(error.place, Some(Place { line, column }));
    }

    #[test]
    fn every_value_knows_its_place() {
        shows("a: 1\nb:\n  - x\n  - {c: 'q'}\n", r#"{a@1:1: #1@1:4, b@2:1: ["x"@3:5, {c@4:6: "q"@4:9}@4:5]@3:3}@1:1"#);
    }

    #[test]
    fn a_number_keeps_its_spelling_and_a_no_is_a_word() {
        shows("[1.10, 0x1F, -5, no, on, true]", r##"[#1.10@1:2, #0x1F@1:8, #-5@1:14, "no"@1:18, "on"@1:22, true@1:26]@1:1"##);
        shows("a: &x 1.50\nb: *x", "{a@1:1: #1.50@1:7, b@2:1: #1.50@2:4}@1:1");
    }

    #[test]
    fn an_empty_file_holds_nothing() {
        shows("# only a comment\n", "null@2:1");
    }

    #[test]
    fn merge_keys_and_aliases_are_expanded() {
        let text = "base: &b {x: 1, y: z}\nuse:\n  <<: *b\n  x: 2\n";
        shows(text, r#"{base@1:1: {x@1:11: #1@1:14, y@1:17: "z"@1:20}@1:10, use@2:1: {x@4:3: #2@4:6, y@3:7: "z"@3:7}@3:3}@1:1"#);
    }

    #[test]
    fn what_is_not_one_plain_document_is_refused_with_its_place() {
        fails("a: 1\na: 2\n", 2, 1, "`a` stands here twice");
        fails("a: [1\n", 1, 4, "unclosed bracket");
        fails("a: !secret x\n", 1, 12, "unsupported tag");
        fails("a: 1\n---\nb: 2\n", 2, 1, "a second YAML document");
        fails("a: &x [*x]", 1, 8, "within the value that it refers to");
        fails("a: b: c", 1, 5, "not allowed");
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        assert!(read(&deep).is_err_and(|error| error.message.contains("nested more than 32 deep")));
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        let message = read(&laughs).map_or_else(|error| error.message, |_| "was read".to_owned());
        assert_eq!(message, "too many values or aliases for a config");
    }

    #[test]
    fn an_error_does_not_show_the_line_that_it_is_in() {
        let Err(error) = read("credential: {bearer: sk-secret, [}\n") else { panic!("was read") };
        assert!(!error.message.contains("sk-secret"), "{}", error.message);
    }
}

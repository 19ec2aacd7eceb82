use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::config::errors::Errors;
use crate::config::interpolate::interpolate;
use crate::config::yaml;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: String,
    #[serde(default)]
    count: u32,
    #[serde(default)]
    list: Vec<Item>,
    #[serde(default)]
    on: bool,
    #[serde(default)]
    any: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    choice: Option<Choice>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
    #[serde(default)]
    size: Option<u64>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Choice {
    None,
    Bearer(String),
}

fn sample(text: &str) -> Result<Sample, Errors> {
    let mut source =
        Source { origin: "a.yaml".into(), tree: yaml::read(text).unwrap_or_else(|error| panic!("{}", error.message)) };
    let mut report = Report::default();
    let environment = |name: &str| (name == "N").then(|| "12".to_owned());
    interpolate(&mut source, &environment, &mut report);
    let value = read(&mut source, &mut report);
    report.into_result(value)
}

#[track_caller]
fn fails(text: &str, expected: &[&str]) {
    let message = sample(text).unwrap_err().to_string();
    assert_eq!(message.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn values_of_every_kind_are_read() {
    let text = "name: 1.10\ncount: 3\nlist: [{id: a, size: 7}, {id: true}]\non: true\n\
                any: {a: [1, -2, 0.5, x, ~, {b: false}]}\nchoice: {bearer: t}\n";
    let expected = Sample {
        name: "1.10".to_owned(),
        count: 3,
        list: vec![Item { id: "a".to_owned(), size: Some(7) }, Item { id: "true".to_owned(), size: None }],
        on: true,
        any: BTreeMap::from([("a".to_owned(), serde_json::json!([1, -2, 0.5, "x", null, {"b": false}]))]),
        choice: Some(Choice::Bearer("t".to_owned())),
    };
    assert_eq!(sample(text), Ok(expected));
    assert_eq!(sample("{name: x, choice: none}").map(|sample| sample.choice), Ok(Some(Choice::None)));
}

#[test]
fn an_empty_value_is_an_empty_list_or_map() {
    let sample = sample("name: x\nlist:\nany:\nchoice:\n").unwrap();
    assert_eq!((sample.list.len(), sample.any.len(), sample.choice), (0, 0, None));
}

#[test]
fn a_variable_may_stand_for_a_number_but_quoted_text_may_not() {
    assert_eq!(sample("{name: x, count: '${N}'}").map(|sample| sample.count), Ok(12));
    fails("{name: x, count: '12'}", &["a.yaml:1:18: count: must be a whole number from 0 to 4294967295, not text"]);
}

#[test]
fn all_errors_of_shape_are_told_at_once_with_their_places() {
    let text = "nmae: x\ncount: -1\nlist:\n  - id: a\n    sise: 5\n  - size: 1\n  - 7\non: yes\nchoice: {baerer: sk-1}\n";
    fails(
        text,
        &[
            "a.yaml:1:1: nmae: there is no field `nmae`; did you mean `name`?",
            "a.yaml:1:1: `name` is missing",
            "a.yaml:2:8: count: must be a whole number from 0 to 4294967295",
            "a.yaml:5:5: list[0].sise: there is no field `sise`; did you mean `size`?",
            "a.yaml:6:5: list[1]: `id` is missing",
            "a.yaml:7:5: list[2]: must be a map (`name: value`), not a number",
            "a.yaml:8:5: on: must be `true` or `false`, not text",
            "a.yaml:9:10: choice: must be one of `none`, `bearer`; did you mean `bearer`?",
        ],
    );
}

#[test]
fn a_field_that_is_wrong_is_not_also_said_to_be_missing() {
    fails("name: [x]\n", &["a.yaml:1:7: name: must be text, not a list"]);
}

#[test]
fn an_enum_says_what_it_wants_without_repeating_what_it_got() {
    fails("{name: x, choice: sk-secret}", &["a.yaml:1:19: choice: must be one of `none`, `bearer`"]);
    fails("{name: x, choice: bearer}", &["a.yaml:1:19: choice: `bearer` needs a value: `bearer: …`"]);
    fails(
        "{name: x, choice: {bearer: a, none: }}",
        &["a.yaml:1:19: choice: must have exactly one entry: one of `none`, `bearer`"],
    );
    fails("{name: x, choice: {bearer: {a: b}}}", &["a.yaml:1:28: choice.bearer: must be text, not a map"]);
    fails("{name: x, choice: {none: x}}", &["a.yaml:1:19: choice: `none` takes no value"]);
}

#[test]
fn a_file_of_nothing_but_errors_ends() {
    let text: String = (0..5_000).map(|index| format!("k{index}: 1\n")).collect();
    assert_eq!(sample(&text).unwrap_err().list().len(), ROUNDS);
}

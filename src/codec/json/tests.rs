use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

mod oracle;

fn scan(body: &str) -> Result<TopLevel<'_>, JsonError> {
    TopLevel::scan(body.as_bytes(), 8)
}

/// Where and how a body is wrong.
fn fault(body: &str) -> (usize, JsonErrorKind) {
    let error = scan(body).unwrap_err();
    (error.offset, error.kind)
}

fn spliced(body: &str, edit: impl FnOnce(&mut Splice<'_>)) -> Option<String> {
    let top = scan(body).unwrap();
    let mut splice = Splice::new(body.as_bytes(), &top);
    edit(&mut splice);
    let stays = splice.is_empty();
    let out = splice.finish().map(|out| String::from_utf8(out.to_vec()).unwrap());
    assert_eq!(stays, out.is_none());
    out
}

#[test]
fn fields_come_in_their_order_and_as_they_are_written() {
    let body = " \n{ \"a\" : 1.50e+3 ,\t\"b\\u0020c\":[ 1 ,{} ]\r\n, \"\":\"x\\\"y\" } ";
    let top = scan(body).unwrap();
    let fields: Vec<_> = top.fields().map(|(key, value)| (key, value.get())).collect();
    assert_eq!(fields, [("a", "1.50e+3"), ("b c", "[ 1 ,{} ]"), ("", "\"x\\\"y\"")]);
    assert_eq!(top.get("b c").unwrap().get(), "[ 1 ,{} ]");
    assert_eq!(top.text("a"), Some("1.50e+3"));
    assert!(top.get("b\\u0020c").is_none());
}

#[test]
fn an_empty_object_has_no_fields() {
    assert_eq!(scan("{}").unwrap().fields().count(), 0);
    assert_eq!(scan(" { \n } ").unwrap().fields().count(), 0);
}

#[test]
fn fields_are_read_as_what_they_are() {
    let top = scan(r#"{"s":"plain","e":"a\n\u00e9","t":true,"f":false,"n":null,"u":18446744073709551615}"#).unwrap();
    assert!(matches!(top.str("s").unwrap(), Some(Cow::Borrowed("plain"))));
    assert_eq!(top.str("e").unwrap().unwrap(), "a\né");
    assert_eq!((top.bool("t").unwrap(), top.bool("f").unwrap()), (Some(true), Some(false)));
    assert_eq!(top.u64("u").unwrap(), Some(u64::MAX));
    for absent in ["n", "nowhere"] {
        assert_eq!((top.str(absent).unwrap(), top.bool(absent).unwrap(), top.u64(absent).unwrap()), (None, None, None));
    }
}

#[test]
fn a_field_of_another_type_says_what_it_must_be() {
    let body = "{\n \"model\": 7}";
    let error = scan(body).unwrap().str("model").unwrap_err();
    assert_eq!(error.to_string(), "the field \"model\" must be a string (line 2, column 11, byte 12)");
    let top_body = r#"{"b":"true","u1":-1,"u2":1.0,"u3":18446744073709551616,"u4":"1","o":{}}"#;
    let top = scan(top_body).unwrap();
    assert!(top.bool("b").is_err());
    for key in ["u1", "u2", "u3", "u4", "o"] {
        let kind = top.u64(key).unwrap_err().kind;
        assert_eq!(kind, JsonErrorKind::WrongType { key: key.to_owned(), expected: "a whole number, not negative" });
    }
}

#[test]
fn half_a_surrogate_pair_is_refused_where_it_is_read() {
    let body = r#"{"model":"\ud83d","note":"\ude00"}"#;
    let top = scan(body).unwrap();
    assert_eq!(top.text("note"), Some(r#""\ude00""#));
    let error = top.str("model").unwrap_err();
    assert_eq!((error.offset, error.kind), (9, JsonErrorKind::NotJson(scan::LONE_SURROGATE)));
    assert_eq!(fault(r#"{"\ud83d":1}"#), (1, JsonErrorKind::NotJson(scan::LONE_SURROGATE)));
}

#[test]
fn a_key_that_is_there_twice_is_an_error_however_it_is_escaped() {
    let model = || JsonErrorKind::DuplicateKey("model".to_owned());
    assert_eq!(fault(r#"{"model":"a","model":"b"}"#), (13, model()));
    assert_eq!(fault(r#"{"model":"a","x":1,"mod\u0065l":"b"}"#), (19, model()));
    assert_eq!(fault(r#"{"\u006dodel":"a", "\u006Dodel":"a"}"#), (19, model()));
    assert!(scan(r#"{"model":{"model":1},"Model":1}"#).is_ok());
    let error = scan(r#"{"model":"a","model":"b"}"#).unwrap_err();
    assert_eq!(error.to_string(), "the body has the field \"model\" twice; send it once (line 1, column 14, byte 13)");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    use JsonErrorKind::{NotAnObject, NotJson};
    let early = || NotJson("it ends too early");
    let cases = [
        ("", 0, NotJson("it is empty")),
        (" \n", 2, NotJson("it is empty")),
        ("\u{feff}{}", 0, NotJson("expected `{`")),
        ("model", 0, NotJson("expected `{`")),
        (" [1]", 1, NotAnObject),
        ("\"x\"", 0, NotAnObject),
        ("{", 1, early()),
        (r#"{"a""#, 4, early()),
        (r#"{"a":"#, 5, early()),
        (r#"{"a":1"#, 6, early()),
        (r#"{"a":[1"#, 7, early()),
        (r#"{"a":"x"#, 7, early()),
        (r#"{"a":-"#, 6, early()),
        (r#"{"a":1,}"#, 7, NotJson("expected a key in double quotes")),
        ("{'a':1}", 1, NotJson("expected a key in double quotes")),
        (r#"{"a" 1}"#, 5, NotJson("expected `:`")),
        (r#"{"a":1 "b":2}"#, 7, NotJson("expected `,` or `}`")),
        (r#"{"a":{"b":1]}"#, 11, NotJson("expected `,` or `}`")),
        (r#"{"a":[1}"#, 7, NotJson("expected `,` or `]`")),
        (r#"{"a":[1,]}"#, 8, NotJson("expected a value")),
        (r#"{"a":}"#, 5, NotJson("expected a value")),
        (r#"{"a":NaN}"#, 5, NotJson("expected a value")),
        (r#"{"a":truе}"#, 5, NotJson("expected a value")),
        (r#"{"a":01}"#, 6, NotJson("expected `,` or `}`")),
        (r#"{"a":+1}"#, 5, NotJson("expected a value")),
        (r#"{"a":1.}"#, 7, NotJson("expected a digit")),
        (r#"{"a":1e}"#, 7, NotJson("expected a digit")),
        ("{\"a\":\"\n\"}", 6, NotJson("a control character in a string must be escaped")),
        (r#"{"a":"\x"}"#, 6, NotJson("a backslash in a string must begin an escape")),
        (r#"{"a":"\u12g4"}"#, 6, NotJson("a backslash in a string must begin an escape")),
        (r#"{"a":1} {"#, 8, NotJson("there is more behind the object")),
        ("{}\0", 2, NotJson("there is more behind the object")),
    ];
    for (body, offset, kind) in cases {
        assert_eq!(fault(body), (offset, kind), "{body:?}");
    }
}

#[test]
fn control_characters_in_strings_are_found_wherever_they_are() {
    let control = JsonErrorKind::NotJson("a control character in a string must be escaped");
    for length in [1, 7, 8, 9, 16, 23, 24, 25, 40, 41, 57] {
        for at in 0..length {
            for code in 0..0x20_u8 {
                let mut text = vec![b'!'; length];
                text[at] = code;
                let body = format!("{{\"a\":\"{}\"}}", String::from_utf8(text).unwrap());
                assert_eq!(fault(&body), (6 + at, control.clone()), "{body:?}");
            }
        }
    }
}

#[test]
fn lines_and_columns_are_those_of_an_editor() {
    let error = scan("{\n  \"é\": 1,\n  \"ß\":x}").unwrap_err();
    assert_eq!((error.line, error.column, error.offset), (3, 7, 20));
    assert_eq!(error.to_string(), "the body is not valid JSON: expected a value (line 3, column 7, byte 20)");
}

#[test]
fn bytes_that_are_not_utf8_are_refused_wherever_they_are() {
    for body in [&b"{\"a\":\"\xff\"}"[..], b"{\"\xff\":1}", b"{}\xff", b"{\"a\":\"\xe2\x82\"}", b"{\"a\":\"\xed\xa0\x80\"}"] {
        let error = TopLevel::scan(body, 8).unwrap_err();
        assert_eq!(error.kind, JsonErrorKind::NotUtf8, "{body:?}");
        assert_eq!(error.offset, body.iter().position(|byte| *byte >= 0x80).unwrap());
    }
}

#[test]
fn depth_counts_objects_and_arrays_and_not_their_number() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(scan(&nested(8)).is_ok());
    assert_eq!(fault(&nested(9)), (12, JsonErrorKind::TooDeep { limit: 8 }));
    let wide = format!("{{\"a\":[{}0]}}", r#"[{"b":[]}],"#.repeat(1000));
    assert!(scan(&wide).is_ok());
    let in_text = format!(r#"{{"a":"{}\"[["}}"#, "[{".repeat(100));
    assert!(scan(&in_text).is_ok());
    assert_eq!(TopLevel::scan(b"{}", 0).unwrap_err().kind, JsonErrorKind::TooDeep { limit: 0 });
}

#[test]
fn a_body_of_brackets_costs_neither_stack_nor_memory() {
    let body = format!("{{\"a\":{}", "[".repeat(4_000_000));
    assert_eq!(fault(&body).1, JsonErrorKind::TooDeep { limit: 8 });
    assert!(TopLevel::scan(body.as_bytes(), usize::MAX).is_err());
}

#[test]
fn the_number_of_fields_is_bounded() {
    let body = |count: usize| {
        let fields: Vec<_> = (0..count).map(|number| format!("\"{number}\":0")).collect();
        format!("{{{}}}", fields.join(","))
    };
    assert_eq!(scan(&body(MAX_FIELDS)).unwrap().fields().count(), MAX_FIELDS);
    assert_eq!(fault(&body(MAX_FIELDS + 1)).1, JsonErrorKind::TooManyFields { limit: MAX_FIELDS });
}

#[test]
fn a_long_key_is_cut_in_the_message() {
    let key = "é".repeat(10_000);
    let message = scan(&format!(r#"{{"{key}":1,"{key}":2}}"#)).unwrap_err().to_string();
    assert!(message.len() < 300 && message.contains("éé\"…"), "{message}");
}

#[test]
fn a_field_that_is_set_keeps_its_place_and_all_else_stays() {
    let body = "{\n \"model\" : \"a\" ,\r\n\t\"x\":1.0 }\n";
    let out = spliced(body, |splice| splice.set("model", br#""b""#.as_slice()));
    assert_eq!(out.unwrap(), "{\n \"model\" : \"b\" ,\r\n\t\"x\":1.0 }\n");
}

#[test]
fn a_field_that_is_absent_is_set_behind_the_last_one() {
    let set = |body: &str| spliced(body, |splice| splice.set("a\"b", b"1".to_vec())).unwrap();
    assert_eq!(set("{}"), r#"{"a\"b":1}"#);
    assert_eq!(set(" { } "), r#" {"a\"b":1 } "#);
    assert_eq!(set(r#"{"x":[] }"#), r#"{"x":[],"a\"b":1 }"#);
}

#[test]
fn a_field_that_is_removed_takes_one_comma_with_it() {
    let body = r#"{ "a":1 , "b":2 , "c":3 }"#;
    let without = |keys: &[&str]| spliced(body, |splice| keys.iter().for_each(|key| splice.remove(key))).unwrap();
    assert_eq!(without(&["a"]), r#"{ "b":2 , "c":3 }"#);
    assert_eq!(without(&["b"]), r#"{ "a":1 , "c":3 }"#);
    assert_eq!(without(&["c"]), r#"{ "a":1 , "b":2 }"#);
    assert_eq!(without(&["a", "b"]), r#"{ "c":3 }"#);
    assert_eq!(without(&["b", "c"]), r#"{ "a":1 }"#);
    assert_eq!(without(&["a", "c"]), r#"{ "b":2 }"#);
    assert_eq!(without(&["c", "b", "a"]), r#"{  }"#);
}

#[test]
fn edits_combine() {
    let body = r#"{"a":1,"b":2,"c":3}"#;
    let out = spliced(body, |splice| {
        splice.remove("c");
        splice.set("a", b"10".as_slice());
        splice.set("d", b"4".as_slice());
        splice.set("e", b"5".as_slice());
        splice.remove("b");
        splice.remove("e");
        splice.set("d", b"40".as_slice());
    });
    assert_eq!(out.unwrap(), r#"{"a":10,"d":40}"#);
    let all_new = spliced(body, |splice| {
        ["a", "b", "c"].iter().for_each(|key| splice.remove(key));
        splice.set("d", b"4".as_slice());
        splice.set("e", b"5".as_slice());
    });
    assert_eq!(all_new.unwrap(), r#"{"d":4,"e":5}"#);
}

#[test]
fn the_last_edit_of_a_field_counts() {
    let body = r#"{"a":1,"b":2}"#;
    let out = spliced(body, |splice| {
        splice.remove("a");
        splice.set("a", b"3".as_slice());
        splice.set("b", b"4".as_slice());
        splice.remove("b");
    });
    assert_eq!(out.unwrap(), r#"{"a":3}"#);
}

#[test]
fn edits_that_change_nothing_give_no_new_body() {
    let body = r#"{"a":1,"b":2}"#;
    assert_eq!(spliced(body, |_| {}), None);
    let out = spliced(body, |splice| {
        splice.remove("nowhere");
        splice.set("a", b"1".as_slice());
        splice.set("b", b"3".as_slice());
        splice.set("b", b"2".as_slice());
        splice.set("new", b"1".as_slice());
        splice.remove("new");
    });
    assert_eq!(out, None);
}

#[test]
fn a_key_that_is_written_with_escapes_is_found_by_its_text() {
    let out = spliced(r#"{"mod\u0065l":"a","x":1}"#, |splice| {
        splice.set("model", br#""b""#.as_slice());
        splice.remove("x");
    });
    assert_eq!(out.unwrap(), r#"{"mod\u0065l":"b"}"#);
}

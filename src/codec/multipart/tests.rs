use proptest::prelude::*;

use super::*;

const B: &str = "----x'9";

fn field(name: &str, value: &str) -> String {
    format!("------x'9\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(name: &str, content: &str) -> String {
    format!(
        "------x'9\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a b.wav\"\r\nContent-Type: audio/wav\r\n\r\n{content}\r\n"
    )
}

fn form(parts: &[String]) -> Vec<u8> {
    format!("{}------x'9--\r\n", parts.concat()).into_bytes()
}

fn kind(body: &[u8]) -> FormErrorKind {
    Form::scan(body, B).unwrap_err().kind
}

#[test]
fn fields_are_found_and_files_are_not_looked_into() {
    let body = form(&[field("model", "whisper-1"), file("file", "RIFF\0\r\n----x\r\n--"), field("stream", "")]);
    let form = Form::scan(&body, B).unwrap();
    assert_eq!(form.len(), 3);
    assert_eq!(form.text("model").unwrap(), Some("whisper-1"));
    assert_eq!(form.text("stream").unwrap(), Some(""));
    assert_eq!(form.text("language").unwrap(), None);
    assert!(form.contains("file"));
    assert!(matches!(form.text("file").unwrap_err().kind, FormErrorKind::NotText(name) if name == "file"));
}

#[test]
fn the_boundary_is_taken_from_the_content_type() {
    for (given, expected) in [
        ("multipart/form-data; boundary=abc", Ok("abc")),
        ("Multipart/Form-Data ;charset=utf-8; Boundary=\"a b:c\"", Ok("a b:c")),
        ("multipart/form-data; boundary=abc; charset=x", Ok("abc")),
        ("multipart/mixed; boundary=abc", Err(FormErrorKind::NotAForm)),
        ("application/json", Err(FormErrorKind::NotAForm)),
        ("multipart/form-data", Err(FormErrorKind::NoBoundary)),
        ("multipart/form-data; boundary=", Err(FormErrorKind::NoBoundary)),
        ("multipart/form-data; boundary=a; boundary=b", Err(FormErrorKind::NoBoundary)),
        ("multipart/form-data; boundary=\"a ", Err(FormErrorKind::NoBoundary)),
        ("multipart/form-data; boundary=\"a\\\"b\"", Err(FormErrorKind::NoBoundary)),
        ("multipart/form-data; boundary=ü", Err(FormErrorKind::NoBoundary)),
    ] {
        assert_eq!(boundary(given).map_err(|error| error.kind), expected, "{given}");
    }
    assert!(boundary(&format!("multipart/form-data; boundary={}", "a".repeat(71))).is_err());
}

#[test]
fn a_field_is_replaced_in_its_place_and_every_other_byte_stays() {
    let body = form(&[file("file", "\0\u{1}"), field("model", "asked"), field("language", "en")]);
    let changed = Form::scan(&body, B).unwrap().splice(&[("model", Some("served"))]).unwrap().unwrap();
    assert_eq!(changed, form(&[file("file", "\0\u{1}"), field("model", "served"), field("language", "en")]));
    let form = Form::scan(&body, B).unwrap();
    assert_eq!(form.splice(&[("model", Some("asked")), ("none", None)]).unwrap(), None);
}

#[test]
fn a_field_is_added_behind_the_last_part_and_removed_with_its_boundary() {
    let body = form(&[field("a", "1"), field("b", "2"), field("c", "3")]);
    let scanned = Form::scan(&body, B).unwrap();
    assert_eq!(scanned.splice(&[("d", Some("4"))]).unwrap().unwrap(), form(&["a1", "b2", "c3", "d4"].map(pair)));
    assert_eq!(scanned.splice(&[("a", None), ("c", None)]).unwrap().unwrap(), form(&["b2"].map(pair)));
    assert_eq!(
        scanned.splice(&[("a", None), ("b", None), ("c", None), ("d", Some("4"))]).unwrap().unwrap(),
        form(&[field("d", "4")])
    );
    let empty = form(&[]);
    assert_eq!(Form::scan(&empty, B).unwrap().splice(&[("d", Some("4"))]).unwrap().unwrap(), form(&[field("d", "4")]));
}

fn pair(text: &str) -> String {
    field(&text[..1], &text[1..])
}

#[test]
fn a_value_that_would_read_as_a_boundary_is_not_written() {
    let body = form(&[field("model", "m")]);
    let form = Form::scan(&body, B).unwrap();
    for value in ["------x'9", "a\r\n------x'9--"] {
        assert!(matches!(form.splice(&[("model", Some(value))]).unwrap_err().kind, FormErrorKind::Unspeakable(_)));
    }
    assert!(form.splice(&[("a\"b", Some("x"))]).is_err());
    assert!(form.splice(&[("a\r\nb", Some("x"))]).is_err());
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    let good = form(&[field("model", "m")]);
    let good = std::str::from_utf8(&good).unwrap();
    for (body, expected) in [
        (format!("preamble\r\n{good}"), FormErrorKind::NoOpening),
        (format!("{good}epilogue"), FormErrorKind::BehindTheEnd),
        (good.replace("--\r\n", ""), FormErrorKind::NotClosed),
        (String::new(), FormErrorKind::NoOpening),
        ("------x'9".to_owned(), FormErrorKind::NotClosed),
        ("------x'9\r\n".to_owned(), FormErrorKind::NotClosed),
        (good.replace("x'9\r\n", "x'99\r\n"), FormErrorKind::BoundaryInContent),
        (good.replace("\r\n\r\nm\r\n", "\r\n\r\n"), FormErrorKind::BoundaryInContent),
        (good.replace("Content-Disposition", "------x'9: y\r\nContent-Disposition"), FormErrorKind::BoundaryInContent),
    ] {
        assert_eq!(kind(body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn a_head_that_is_wrong_is_refused() {
    for head in [
        "",
        "X: y",
        "Content-Disposition: attachment; name=\"model\"",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; name=\"mo\\del\"",
        "Content-Disposition: form-data; name*=utf-8''model",
        "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
        "Content-Disposition: form-data; name=\"a\" x",
        "Content-Disposition: form-data; name=\"a",
        "Content-Disposition: form-data; name=\"f\"; filename=\"x\\\"; name=\\\"model\"",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"",
        "Content-Disposition: form-data;\r\n name=\"a\"",
        "Content-Disposition: form-data; name=\"a\"\nX: y",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Type: multipart/mixed; boundary=z",
        "Content-Disposition: form-data; name=\"a\"\r\nno header",
    ] {
        let body = format!("------x'9\r\n{head}\r\n\r\nvalue\r\n------x'9--");
        assert!(matches!(kind(body.as_bytes()), FormErrorKind::BadHead(_)), "{head}");
    }
}

#[test]
fn names_may_be_written_in_all_the_usual_ways() {
    for head in [
        "Content-Disposition: form-data; name=model",
        "CONTENT-DISPOSITION:form-data;name=\"model\"",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=\"model\"",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: 8bit",
    ] {
        let body = format!("------x'9 \t\r\n{head}\r\n\r\nvalue\r\n------x'9--");
        assert_eq!(Form::scan(body.as_bytes(), B).unwrap().text("model").unwrap(), Some("value"), "{head}");
    }
    let escaped = "------x'9\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a \\\"b\\\".wav\"\r\n\r\n\r\n------x'9--";
    assert!(Form::scan(escaped.as_bytes(), B).unwrap().text("f").is_err());
}

#[test]
fn a_field_that_is_read_is_there_once_and_is_plain_text() {
    let twice = form(&[field("model", "a"), field("model", "b")]);
    assert!(matches!(Form::scan(&twice, B).unwrap().text("model").unwrap_err().kind, FormErrorKind::Twice(_)));
    assert!(Form::scan(&twice, B).unwrap().splice(&[("model", Some("c"))]).is_err());
    let encoded = form(&[field("model", "bQ==").replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n")]);
    assert!(Form::scan(&encoded, B).unwrap().text("model").is_err());
    let long = form(&[field("model", &"m".repeat(MAX_FIELD + 1))]);
    assert!(Form::scan(&long, B).unwrap().text("model").is_err());
    let as_file = form(&[file("model", "m")]);
    assert!(Form::scan(&as_file, B).unwrap().splice(&[("model", Some("x"))]).is_err());
}

#[test]
fn parts_and_heads_are_bounded() {
    let many: Vec<String> = (0..=MAX_PARTS).map(|index| field(&format!("f{index}"), "")).collect();
    assert_eq!(kind(&form(&many)), FormErrorKind::TooManyParts);
    let long = form(&[field("a", "").replace("\r\n\r\n", &format!("\r\nX: {}\r\n\r\n", "y".repeat(MAX_HEAD)))]);
    assert_eq!(kind(&long), FormErrorKind::LongHead);
}

#[test]
fn an_error_says_where() {
    let body = form(&[field("model", "m"), "------x'9\r\nX: y\r\n\r\n\r\n".to_owned()]);
    let error = Form::scan(&body, B).unwrap_err();
    assert_eq!(error.offset, Some(body.windows(4).position(|window| window == b"X: y").unwrap()));
    assert!(error.to_string().contains("at byte"), "{error}");
}

/// Parts as a client could send them: a name, whether it is a file, and content without the boundary.
fn parts() -> impl Strategy<Value = Vec<(String, bool, Vec<u8>)>> {
    let content = prop_oneof![proptest::collection::vec(any::<u8>(), 0..64), "[\r\n\\-x']{0,24}".prop_map(String::into_bytes),];
    let name = prop_oneof![Just("model".to_owned()), "[a-z\\[\\] é%;=]{1,8}"];
    proptest::collection::vec((name, any::<bool>(), content), 0..6)
        .prop_map(|parts| parts.into_iter().filter(|(_, _, content)| sendable(content)).collect())
}

fn sendable(content: &[u8]) -> bool {
    memmem::find(&[LINE_END, content].concat(), b"\r\n------x'9").is_none()
}

fn encode(parts: &[(String, bool, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, is_file, content) in parts {
        let empty = if *is_file { file(name, "") } else { field(name, "") };
        body.extend_from_slice(empty.strip_suffix("\r\n").unwrap().as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(LINE_END);
    }
    body.extend_from_slice(b"------x'9--\r\n");
    body
}

proptest! {
    #[test]
    fn what_was_written_is_read(parts in parts()) {
        let body = encode(&parts);
        let form = Form::scan(&body, B).unwrap();
        let read: Vec<_> = form
            .parts
            .iter()
            .map(|part| (String::from_utf8(part.name.to_vec()).unwrap(), part.is_file, body[part.content.clone()].to_vec()))
            .collect();
        prop_assert_eq!(read, parts);
    }

    #[test]
    fn a_splice_changes_its_field_only(parts in parts(), value in "[a-z0-9.:/-]{0,20}") {
        prop_assume!(sendable(value.as_bytes()));
        let body = encode(&parts);
        let form = Form::scan(&body, B).unwrap();
        let models: Vec<_> = parts.iter().filter(|(name, ..)| name == "model").collect();
        match form.splice(&[("model", Some(&value))]) {
            Err(_) => prop_assert!(models.len() > 1 || models.iter().any(|(_, is_file, _)| *is_file)),
            Ok(changed) => {
                let mut expected = parts.clone();
                match expected.iter_mut().find(|(name, ..)| name == "model") {
                    Some(model) => model.2 = value.clone().into_bytes(),
                    None => expected.push(("model".to_owned(), false, value.clone().into_bytes())),
                }
                let body = changed.map_or(body.clone(), |changed| changed.to_vec());
                prop_assert_eq!(body, encode(&expected));
            }
        }
    }

    #[test]
    fn no_body_makes_it_fail_otherwise_than_with_an_error(
        parts in parts(),
        at in any::<prop::sample::Index>(),
        junk in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'"'), Just(b';'), any::<u8>()], 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut body = encode(&parts);
        let at = at.index(body.len());
        body.splice(at..at, junk);
        body.truncate(cut.index(body.len() + 1).max(1));
        if let Ok(form) = Form::scan(&body, B) {
            let _ = form.text("model");
            if let Ok(Some(changed)) = form.splice(&[("model", Some("served")), ("b", None)]) {
                let again = Form::scan(&changed, B).unwrap();
                prop_assert_eq!(again.text("model").unwrap(), Some("served"));
            }
        }
    }

    #[test]
    fn no_header_makes_it_fail_otherwise_than_with_an_error(text in "[ -~\"\\\\;=]{0,60}") {
        let _ = boundary(&format!("multipart/form-data;{text}"));
        let _ = Form::scan(format!("------x'9\r\nContent-Disposition: form-data;{text}\r\n\r\n\r\n------x'9--").as_bytes(), B);
    }
}

//! Forms: multipart bodies, and the boundary that a header names.

use kanmon::codec::multipart::{Form, boundary};

const BOUNDARY: &str = "kanmon";

/// A splice sets or removes one field, and the others stay; the first line is a header that may name a boundary.
pub fn multipart(input: &[u8]) -> String {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (header, body) = input.split_at(end);
    let named = std::str::from_utf8(header).ok().and_then(|header| boundary(header).ok());
    assert!(named.is_none_or(|named| !named.is_empty() && named.len() <= 70), "{named:?}");
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    let form = match Form::scan(body, BOUNDARY) {
        Ok(form) => form,
        Err(error) => return format!("{} {:?}", named.is_some(), error.kind),
    };
    let mut saw = format!("{} parts ", form.len().min(3));
    for name in ["model", "prompt", "file", "added"] {
        match form.splice(&[(name, Some("a value of ours"))]) {
            Ok(Some(set)) => {
                let after = Form::scan(&set, BOUNDARY).expect("a spliced form is a form");
                assert_eq!(after.text(name), Ok(Some("a value of ours")));
                assert_eq!(after.len(), form.len() + usize::from(!form.contains(name)));
                unchanged(&form, &after, name);
            }
            Ok(None) => assert_eq!(form.text(name), Ok(Some("a value of ours"))),
            Err(error) => saw.push_str(&format!("{:?}", error.kind)),
        }
        if let Ok(Some(removed)) = form.splice(&[(name, None)]) {
            let after = Form::scan(&removed, BOUNDARY).expect("a spliced form is a form");
            assert!(!after.contains(name));
            unchanged(&form, &after, name);
        }
    }
    saw
}

fn unchanged(before: &Form<'_>, after: &Form<'_>, but: &str) {
    for name in ["model", "prompt", "file"].into_iter().filter(|name| *name != but) {
        assert_eq!(before.text(name).ok(), after.text(name).ok(), "{name}");
        assert_eq!(before.contains(name), after.contains(name), "{name}");
    }
}

pub fn forms() -> Vec<Vec<u8>> {
    let form = "multipart/form-data; boundary=kanmon\n--kanmon\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n\
        --kanmon\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n-\0\r\n\
        --kanmon\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nHi\r\n--kanmon--\r\n";
    let quoted = form.replace("boundary=kanmon", "boundary=\"kanmon\"; charset=utf-8");
    vec![form.as_bytes().to_vec(), quoted.into_bytes(), b"multipart/form-data; boundary=x\n--kanmon--".to_vec()]
}

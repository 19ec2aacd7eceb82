use super::*;

fn spliced(body: &str, edit: impl FnOnce(&mut Splice<'_>)) -> Option<String> {
    let top = TopLevel::scan(body.as_bytes(), 64).unwrap();
    let mut splice = Splice::new(body.as_bytes(), &top);
    edit(&mut splice);
    splice.finish().map(|out| String::from_utf8(out.to_vec()).unwrap())
}

#[test]
fn a_field_that_is_set_keeps_its_place() {
    let out = spliced(r#"{"model" : "a" , "x":1.0}"#, |splice| splice.set("model", br#""b""#.as_slice()));
    assert_eq!(out.unwrap(), r#"{"model" : "b" , "x":1.0}"#);
}

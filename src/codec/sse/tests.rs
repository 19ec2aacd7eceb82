use super::*;

#[test]
fn an_event_comes_with_its_name_and_its_data() {
    let mut seen = Vec::new();
    let mut parser = Parser::new(1000);
    parser
        .push::<TooLarge>(b"event: a\ndata: b\n\n", &mut |event| {
            seen.push((event.name.map(<[u8]>::to_vec), event.data.into_owned()));
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [(Some(b"a".to_vec()), b"b".to_vec())]);
}

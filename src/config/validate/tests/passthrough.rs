//! Who may ask which provider for what the gateway does not know.

use super::{GOOD, broken, holds, read};

const OPEN: (&str, &str) = ("credential: {bearer: \"${KEY}\"}}", "credential: {bearer: \"${KEY}\"}, passthrough: true}");

#[test]
fn nobody_may_pass_unless_provider_and_key_say_so() {
    let closed = read(GOOD).unwrap();
    assert!(closed.routes.opaque("openai").is_none());
    let open = holds(OPEN.0, OPEN.1);
    assert_eq!(&*open.routes.opaque("openai").unwrap().orders[0].cluster, "order:openai");
    assert!(open.routes.opaque("claude").is_none());
    assert!(!crate::auth::Principal::new("k", None).may_pass_to("openai"));
}

#[test]
fn leave_for_a_provider_that_is_not_open_is_an_oversight() {
    for named in ["openai", "claude", "nobody", "o*x"] {
        let error = broken("models: [\"gpt-*\"]", &format!("passthrough: [\"{named}\"]"));
        assert!(error.contains("no provider with `passthrough: true` is named"), "{error}");
    }
    let text = GOOD.replacen(OPEN.0, OPEN.1, 1).replacen("models: [\"gpt-*\"]", "passthrough: [open*]", 1);
    assert!(read(&text).is_ok());
}

#[test]
fn hosts_with_paths_of_their_own_are_refused() {
    let openai = "openai: {dialect: openai, endpoint: \"https://api.openai.com\"";
    let error = broken(openai, "openai: {dialect: bedrock, region: us-east-1, passthrough: true");
    assert!(error.contains("paths of their own"), "{error}");
}

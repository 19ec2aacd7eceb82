//! How the gateway proves itself to providers: from the config, files and the environment.

use std::fs;

use tempfile::TempDir;

use crate::config::{Errors, Snapshot, load_with, parse_with};
use crate::upstream::{Credential, Signable};

const RSA: &str = include_str!("../../../../tests/keys/rsa.pem");

/// A config with one provider, in a directory of its own.
struct Setup {
    directory: TempDir,
}

impl Setup {
    fn new(provider: &str) -> Self {
        let setup = Self { directory: tempfile::tempdir().unwrap() };
        setup.write("gateway.yaml", &config(provider));
        setup
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Snapshot, String> {
        let environment = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let told = |errors: Errors| errors.to_string().replace(&format!("{}/", self.directory.path().display()), "");
        load_with(&self.directory.path().join("gateway.yaml"), &environment).map_err(told)
    }
}

fn config(provider: &str) -> String {
    format!("auth: {{anonymous: true}}\nproviders:\n  p: {{{provider}}}\nroutes: [{{model: '*', providers: [p]}}]\n")
}

fn read(provider: &str, variables: &[(&str, &str)]) -> Result<Snapshot, String> {
    let environment = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    parse_with(&config(provider), "a.yaml", &environment).map_err(|errors| errors.to_string())
}

fn sent(snapshot: &Snapshot) -> Vec<String> {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let request = Signable { method: "POST", authority: "a", path: "/", headers: &[], body: b"", now };
    let headers = snapshot.providers[0].credential.headers(&request).unwrap();
    headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

const OPENAI: &str = "dialect: openai, endpoint: 'https://a.example'";
const BEDROCK: &str = "dialect: bedrock, region: us-east-1";
const AZURE: &str = "dialect: azure, api_version: v1, endpoint: 'https://us.openai.azure.com'";
const VERTEX: &str = "dialect: vertex, project: p, location: global";

#[test]
fn any_secret_may_stand_in_a_file() {
    for (credential, header) in [
        ("bearer", "authorization: Bearer sk-in-file"),
        ("x_api_key", "x-api-key: sk-in-file"),
        ("api_key", "api-key: sk-in-file"),
        ("x_goog_api_key", "x-goog-api-key: sk-in-file"),
    ] {
        let setup = Setup::new(&format!("{OPENAI}, credential: {{{credential}: {{file: secret}}}}"));
        setup.write("secret", "sk-in-file\r\n");
        assert_eq!(sent(&setup.load(&[]).unwrap()), [header]);
    }
    let keys = "{access_key_id: AKID, secret_access_key: {file: key}, session_token: {file: token}}";
    let setup = Setup::new(&format!("{BEDROCK}, credential: {{aws: {keys}}}"));
    setup.write("key", "very-secret\n");
    setup.write("token", "of-session\n");
    assert!(sent(&setup.load(&[]).unwrap()).contains(&"x-amz-security-token: of-session".to_owned()));
}

#[test]
fn a_file_with_a_secret_that_is_missing_or_no_secret_is_told_by_name() {
    let setup = Setup::new(&format!("{OPENAI}, credential: {{bearer: {{file: secret}}}}"));
    let error = setup.load(&[]).unwrap_err();
    let place = "gateway.yaml:3:83: providers.p.credential.bearer.file: ";
    assert!(error.starts_with(&format!("{place}the file secret cannot be read: No such file")), "{error}");
    for (content, words) in [
        ("\n", "names a file that is empty"),
        (" sk-secret\n", "begins or ends with a space"),
        ("sk-sec\nret", "has characters that no header may have"),
        (&*"x".repeat(40_000), "is longer than 32 KiB"),
    ] {
        setup.write("secret", content);
        let error = setup.load(&[]).unwrap_err();
        assert!(error.contains(words) && !error.contains("sk-sec"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_secret_is_text_or_a_file_and_an_error_never_repeats_it() {
    for (secret, words) in [
        ("4711", "must be text (a number in quotes), or a map with a `file`"),
        ("[sk-secret]", "must be text (a number in quotes), or a map with a `file`"),
        ("{path: sk-secret}", "there is no field `path`"),
    ] {
        let error = read(&format!("{OPENAI}, credential: {{bearer: {secret}}}"), &[]).map(|_| ()).unwrap_err();
        assert!(error.contains(words) && !error.contains("sk-secret") && !error.contains("4711"), "{error}");
    }
    let error = read(&format!("{BEDROCK}, credential: {{aws: AKIASECRET}}"), &[]).map(|_| ()).unwrap_err();
    assert!(error.contains("must be `default`, or a map with the keys") && !error.contains("AKIASECRET"), "{error}");
}

/// What kind of credential each of these is.
#[track_caller]
fn kept(provider: &str, variables: &[(&str, &str)]) -> &'static str {
    let snapshot = read(provider, variables).unwrap_or_else(|error| panic!("{error}"));
    let provider = &snapshot.providers[0];
    let credential = &provider.credential;
    assert!(!credential.is_ready(tokio::time::Instant::now()), "it is not fetched yet");
    assert!(provider.credential_ends, "there are orders without this provider");
    assert!(!format!("{snapshot:?}").contains("hush"), "{snapshot:?}");
    credential.kept().unwrap().kind
}

#[cfg(feature = "aws")]
#[test]
fn aws_keys_are_found_as_awss_own_tools_find_them_or_as_the_config_says() {
    let keys = "access_key_id: AKID, secret_access_key: hush";
    let role = "assume_role: {arn: 'arn:aws:iam::123456789012:role/r', external_id: hush}";
    for aws in [
        "default",
        "{profile: prod}",
        &format!("{{{role}}}"),
        &format!("{{profile: prod, {role}}}"),
        &format!("{{{keys}, {role}}}"),
    ] {
        assert_eq!(kept(&format!("{BEDROCK}, credential: {{aws: {aws}}}"), &[]), "aws");
    }
    let key = [("AWS_BEARER_TOKEN_BEDROCK", "a-bedrock-key")];
    let snapshot = read(&format!("{BEDROCK}, credential: {{aws: default}}"), &key).unwrap();
    assert_eq!(sent(&snapshot), ["authorization: Bearer a-bedrock-key"]);
    assert!(snapshot.providers[0].credential_ends, "Envoy may be configured where this key is not in the environment");
    let fixed = read(&format!("{BEDROCK}, credential: {{aws: {{{keys}}}}}"), &[]).unwrap();
    assert!(!fixed.providers[0].credential_ends);
}

#[test]
fn what_is_wrong_with_aws_keys_is_told_once_and_by_name() {
    let keys = "access_key_id: AKID, secret_access_key: hush";
    for (aws, words) in [
        ("{}".to_owned(), "aws: is empty: give keys, a `profile` or `assume_role`, or write `aws: default`"),
        ("{access_key_id: AKID}".to_owned(), "aws: `secret_access_key` is missing"),
        ("{secret_access_key: hush}".to_owned(), "aws: `access_key_id` is missing"),
        ("{session_token: hush}".to_owned(), "aws: `access_key_id` is missing"),
        (format!("{{{keys}, profile: p}}"), "aws.profile: cannot stand beside keys"),
        ("{profile: ''}".to_owned(), "aws.profile: is empty"),
        ("{assume_role: {arn: 'arn:aws:iam::1:user/u'}}".to_owned(), "aws.assume_role.arn: must be the ARN of a role"),
        ("{assume_role: {arn: 'arn:aws:iam::1:role/r', session_name: 'a b'}}".to_owned(), "session_name: must have 2 to 64"),
        (format!("{{{keys}, assumed_role: {{}}}}"), "did you mean `assume_role`?"),
    ] {
        let error = read(&format!("{BEDROCK}, credential: {{aws: {aws}}}"), &[]).map(|_| ()).unwrap_err();
        assert!(error.contains(words) && !error.contains("hush") && error.lines().count() == 1, "{error}");
    }
    let error = read(&format!("{OPENAI}, credential: {{aws: default}}"), &[]).map(|_| ()).unwrap_err();
    assert!(error.contains("credential.aws: is only for the dialects `bedrock`"), "{error}");
}

#[cfg(feature = "azure")]
#[test]
fn the_environment_says_who_the_gateway_is_to_entra_id() {
    let default = format!("{AZURE}, credential: {{azure: default}}");
    let app = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")];
    assert_eq!(kept(&default, &[]), "azure");
    assert_eq!(kept(&default, &[&app[..], &[("AZURE_CLIENT_SECRET", "hush")]].concat()), "azure");
    assert_eq!(kept(&default, &[&app[..], &[("AZURE_FEDERATED_TOKEN_FILE", "/f")]].concat()), "azure");
    for variable in ["AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"] {
        let error = read(&default, &[(variable, "hush")]).map(|_| ()).unwrap_err();
        assert!(error.contains("azure.tenant_id: is missing, and AZURE_TENANT_ID is not set"), "{error}");
        assert!(error.contains("azure.client_id: is missing") && !error.contains("hush"), "{error}");
    }
}

#[cfg(feature = "azure")]
#[test]
fn who_the_gateway_is_to_entra_id_may_stand_in_the_config() {
    for azure in [
        "{client_secret: {tenant_id: t, client_id: c, client_secret: hush}}",
        "{workload_identity: {tenant_id: t, client_id: c, token_file: /f}}",
        "{managed_identity: {}}",
        "{managed_identity: {client_id: c}}",
    ] {
        assert_eq!(kept(&format!("{AZURE}, credential: {{azure: {azure}}}"), &[]), "azure");
    }
    for (azure, words) in [
        ("{client_secret: {tenant_id: '../t', client_id: c, client_secret: hush}}", "tenant_id: must be an id of Entra ID"),
        ("{client_secret: {tenant_id: t, client_id: c, client_secret: ''}}", "client_secret.client_secret: is empty"),
        ("{workload_identity: {tenant_id: t, client_id: c}}", "workload_identity: has no `token_file`, and AZURE_FEDERATED"),
        ("managed_identity", "azure: `managed_identity` needs a value"),
        ("hush", "azure: must be one of `default`, `client_secret`, `workload_identity`, `managed_identity`"),
    ] {
        let error = read(&format!("{AZURE}, credential: {{azure: {azure}}}"), &[]).map(|_| ()).unwrap_err();
        assert!(error.contains(words) && !error.contains("hush"), "{error}");
    }
    let error = read(&format!("{VERTEX}, credential: {{azure: default}}"), &[]).map(|_| ()).unwrap_err();
    assert!(error.contains("azure: is for what Azure hosts"), "{error}");
}

#[cfg(feature = "gcp")]
#[test]
fn google_is_found_as_googles_own_tools_find_it() {
    let default = format!("{VERTEX}, credential: {{google: default}}");
    assert_eq!(kept(&default, &[("HOME", "/nowhere")]), "google");
    let setup = Setup::new(&format!("{VERTEX}, credential: {{google: {{file: account.json}}}}"));
    let error = setup.load(&[]).map(|_| ()).unwrap_err();
    assert!(error.contains("google.file: the file account.json cannot be read: No such file"), "{error}");
    let account = serde_json::json!({"type": "service_account", "client_email": "e", "private_key": RSA});
    setup.write("account.json", &account.to_string());
    assert!(setup.load(&[]).is_ok());
    let path = setup.directory.path().join("account.json").display().to_string();
    assert_eq!(kept(&default, &[("GOOGLE_APPLICATION_CREDENTIALS", &path)]), "google");
    let error = read(&default, &[("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/file")]).map(|_| ()).unwrap_err();
    assert!(error.contains("credential.google: the file /no/such/file cannot be read"), "{error}");
    let error = read(&format!("{OPENAI}, credential: {{google: default}}"), &[]).map(|_| ()).unwrap_err();
    assert!(error.contains("google: is for what Google hosts"), "{error}");
}

#[cfg(feature = "azure")]
#[test]
fn providers_with_the_same_credential_share_it() {
    let azure = "credential: {azure: {managed_identity: {}}}";
    let text = format!(
        "auth: {{anonymous: true}}\nproviders:\n  a: {{{AZURE}, {azure}}}\n  b: {{{AZURE}, {azure}}}\n  \
         c: {{{AZURE}, credential: {{azure: {{managed_identity: {{client_id: c}}}}}}}}\nroutes: [{{model: '*', providers: [a, b, c]}}]\n"
    );
    let snapshot = parse_with(&text, "a.yaml", &|_| None).unwrap();
    let kept: Vec<_> = snapshot.providers.iter().map(|provider| provider.credential.kept().unwrap()).collect();
    assert!(std::sync::Arc::ptr_eq(kept[0], kept[1]) && !std::sync::Arc::ptr_eq(kept[0], kept[2]));
}

#[test]
fn a_provider_that_is_asked_with_the_callers_key_is_alone_in_its_routes() {
    let text = |providers: &str| {
        format!(
            "auth: {{anonymous: true}}\nproviders:\n  own: {{{OPENAI}, credential: caller}}\n  other: {{{OPENAI}}}\n\
             routes: [{{model: '*', providers: [{providers}]}}]\n"
        )
    };
    let read = |providers: &str| parse_with(&text(providers), "a.yaml", &|_| None).map_err(|errors| errors.to_string());
    assert!(matches!(read("own").unwrap().providers[1].credential, Credential::Caller));
    assert!(read("{name: own, model: a}, {name: own, model: b}").is_ok());
    for (providers, index) in [("own, other", 0), ("other, own", 1)] {
        let error = read(providers).map(|_| ()).unwrap_err();
        assert!(error.contains(&format!("routes[0].providers[{index}]: is asked with the caller's own key")), "{error}");
    }
    let plain = "dialect: openai, endpoint: 'http://a.example', credential: caller";
    assert!(
        super::super::super::parse_with(&config(plain), "a.yaml", &|_| None).unwrap_err().to_string().contains("unencrypted")
    );
}

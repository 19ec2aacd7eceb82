use std::io::Write as _;

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use tempfile::NamedTempFile;

use super::*;
use crate::upstream::kept::Proof;
use crate::upstream::stand_in::{Asked, StandIn};

/// An RSA key made for these tests, private and public.
const KEY: &str = include_str!("../../../tests/keys/rsa.pem");
const PUBLIC: &str = include_str!("../../../tests/keys/rsa.pub.pem");

fn file(json: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(json.to_string().as_bytes()).unwrap();
    file
}

fn service_account(token_uri: &str) -> Value {
    json!({
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "key-1",
        "private_key": KEY,
        "client_email": "gateway@p.iam.gserviceaccount.com",
        "token_uri": token_uri,
    })
}

async fn fetch(file: &NamedTempFile) -> Result<String, FetchError> {
    let fetched = Google::File(file.path().to_owned()).fetch().await?;
    Ok(token(&fetched).0.to_owned())
}

fn token(fetched: &Fetched) -> (&str, u64) {
    let Proof::Token(value) = &fetched.proof else { panic!() };
    (value.to_str().unwrap(), fetched.lasts.unwrap().as_secs())
}

fn token_answer(_: &Asked) -> (u16, String) {
    (200, r#"{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}"#.to_owned())
}

#[tokio::test]
async fn a_service_account_signs_its_own_request() {
    let google = StandIn::start(token_answer).await;
    let uri = format!("{}/token", google.url);
    assert_eq!(fetch(&file(&service_account(&uri))).await.unwrap(), "Bearer ya29.token");
    let asked = google.only();
    assert_eq!(asked.field("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let assertion = asked.field("assertion");
    assert_eq!(decode_header(&assertion).unwrap().kid.as_deref(), Some("key-1"));
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&[&uri]);
    let key = DecodingKey::from_rsa_pem(PUBLIC.as_bytes()).unwrap();
    let claims = decode::<Value>(&assertion, &key, &validation).unwrap().claims;
    assert_eq!(claims["iss"], "gateway@p.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], SCOPE);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
}

#[tokio::test]
async fn a_person_who_has_agreed_is_known_by_the_refresh_token() {
    let google = StandIn::start(token_answer).await;
    let user = json!({
        "type": "authorized_user", "client_id": "id", "client_secret": "hush", "refresh_token": "1//refresh",
        "token_uri": google.url,
    });
    assert_eq!(fetch(&file(&user)).await.unwrap(), "Bearer ya29.token");
    let fields = ["grant_type", "client_id", "client_secret", "refresh_token"].map(|name| google.only().field(name));
    assert_eq!(fields, ["refresh_token", "id", "hush", "1//refresh"]);
}

#[tokio::test]
async fn the_machine_is_asked_for_its_service_account() {
    let machine = StandIn::start(token_answer).await;
    let fetched = Google::Machine(machine.url.trim_start_matches("http://").to_owned()).fetch().await.unwrap();
    assert_eq!(token(&fetched), ("Bearer ya29.token", 3599));
    let asked = machine.only();
    assert_eq!(asked.header("metadata-flavor"), "Google");
    assert!(asked.path.starts_with("/computeMetadata/v1/instance/service-accounts/default/token"), "{}", asked.path);
    assert_eq!(asked.field("scopes"), SCOPE);
}

/// Exchanges tokens, and acts as a service account.
async fn sts() -> StandIn {
    StandIn::start(|asked| match asked.path.as_str() {
        "/sts" => {
            (200, r#"{"access_token":"federated","issued_token_type":"t","token_type":"Bearer","expires_in":3600}"#.to_owned())
        }
        "/subject" => (200, r#"{"id":{},"value":"from-url"}"#.to_owned()),
        "/acting" => {
            let ends = jiff::Timestamp::now() + std::time::Duration::from_secs(1800);
            (200, format!(r#"{{"accessToken":"acting","expireTime":"{ends}"}}"#))
        }
        _ => (404, String::new()),
    })
    .await
}

fn external(url: &str, source: Value, acting: bool) -> Value {
    let mut external = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("{url}/sts"),
        "credential_source": source,
    });
    if acting {
        external["service_account_impersonation_url"] = format!("{url}/acting").into();
    }
    external
}

#[tokio::test]
async fn a_federated_workload_exchanges_the_token_in_its_file() {
    let sts = sts().await;
    let subject = NamedTempFile::new().unwrap();
    std::fs::write(subject.path(), "of.the.cluster\n").unwrap();
    let account = file(&external(&sts.url, json!({"file": subject.path()}), false));
    assert_eq!(fetch(&account).await.unwrap(), "Bearer federated");
    let asked = sts.only();
    assert_eq!(asked.field("grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_eq!((asked.field("subject_token").as_str(), asked.field("scope").as_str()), ("of.the.cluster", SCOPE));
    assert!(asked.field("audience").ends_with("/providers/k"));
}

#[tokio::test]
async fn a_federated_workload_may_ask_a_url_and_act_as_a_service_account() {
    let sts = sts().await;
    let format = json!({"type": "json", "subject_token_field_name": "value"});
    let source = json!({"url": format!("{}/subject", sts.url), "headers": {"x-who": "me"}, "format": format});
    let account = file(&external(&sts.url, source, true));
    let fetched = Google::File(account.path().to_owned()).fetch().await.unwrap();
    let (value, lasts) = token(&fetched);
    assert_eq!(value, "Bearer acting");
    assert!((1790..=1800).contains(&lasts), "{lasts}");
    let [subject, exchange, acting] = &*sts.asked() else { panic!() };
    assert_eq!((subject.header("x-who"), exchange.field("subject_token").as_str()), ("me", "from-url"));
    assert_eq!(acting.header("authorization"), "Bearer federated");
    assert_eq!(serde_json::from_str::<Value>(&acting.body).unwrap()["scope"], json!([SCOPE]));
}

#[tokio::test]
async fn somebody_may_act_as_a_service_account() {
    let google = StandIn::start(|asked| match asked.path.as_str() {
        "/acting" => (200, r#"{"accessToken":"acting","expireTime":"2999-01-01T00:00:00Z"}"#.to_owned()),
        _ => token_answer(asked),
    })
    .await;
    let account = file(&json!({
        "type": "impersonated_service_account",
        "service_account_impersonation_url": format!("{}/acting", google.url),
        "delegates": ["d"],
        "source_credentials": service_account(&google.url),
    }));
    assert_eq!(fetch(&account).await.unwrap(), "Bearer acting");
    assert_eq!(google.asked()[1].header("authorization"), "Bearer ya29.token");
}

#[test]
fn a_file_that_cannot_be_used_is_told_without_quoting_it() {
    let source = |source: Value| external("https://sts.example", source, false);
    let mut broken_key = service_account("https://a.example");
    broken_key["private_key"] = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n".into();
    for (json, expected) in [
        (json!("secret"), "it is not a JSON object"),
        (json!({"client_secret": "secret"}), "it has no `type`"),
        (json!({"type": "secret"}), "its `type` must be one of service_account"),
        (json!({"type": "authorized_user", "client_secret": "secret"}), "what a `authorized_user` needs is missing"),
        (broken_key, "its `private_key` is no RSA key"),
        (source(json!({"executable": {"command": "secret"}})), "the gateway runs no `executable`"),
        (source(json!({"environment_id": "aws1"})), "by way of AWS"),
        (source(json!({})), "has no `file` or `url`"),
        (source(json!({"file": "f", "format": {"type": "json"}})), "no `subject_token_field_name`"),
    ] {
        let error = Google::check(file(&json).path()).unwrap_err();
        assert!(error.contains(expected) && !error.contains("secret\""), "{error}");
    }
    assert!(Google::check(Path::new("/no/such/file")).unwrap_err().starts_with("cannot be read: No such file"));
    assert_eq!(Google::check(file(&service_account("https://a.example")).path()), Ok(()));
}

#[tokio::test]
async fn a_request_for_a_token_goes_nowhere_unencrypted() {
    let error = fetch(&file(&service_account("http://tokens.example/token"))).await.unwrap_err();
    assert_eq!(error.to_string(), "tokens.example: no secret is sent there: it is not `https://`");
}

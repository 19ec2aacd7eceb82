use super::*;
use crate::upstream::kept::Proof;
use crate::upstream::stand_in::{Asked, StandIn};

const RESOURCE: &str = "https://cognitiveservices.azure.com";

fn azure(identity: Way) -> Azure {
    Azure { resource: RESOURCE.to_owned(), identity }
}

fn app(authority: &str) -> App {
    App { authority: authority.to_owned(), tenant_id: "our-tenant".to_owned(), client_id: "our-app".to_owned() }
}

fn token(fetched: &Fetched) -> (&str, u64) {
    let Proof::Token(value) = &fetched.proof else { panic!() };
    assert!(value.is_sensitive());
    (value.to_str().unwrap(), fetched.lasts.unwrap().as_secs())
}

/// As Entra ID answers.
fn entra(_: &Asked) -> (u16, String) {
    (200, r#"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"eyJ.of.entra"}"#.to_owned())
}

#[tokio::test]
async fn an_application_proves_itself_with_its_secret() {
    let entra = StandIn::start(entra).await;
    let way = Way::ClientSecret { app: app(&format!("{}/", entra.url)), secret: "a secret+&=".into() };
    let fetched = azure(way).fetch().await.unwrap();
    assert_eq!(token(&fetched), ("Bearer eyJ.of.entra", 3599));
    let asked = entra.only();
    assert_eq!((&*asked.method, &*asked.path), ("POST", "/our-tenant/oauth2/v2.0/token"));
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    let fields = ["grant_type", "client_id", "scope", "client_secret", "client_assertion"].map(|name| asked.field(name));
    let scope = "https://cognitiveservices.azure.com/.default";
    assert_eq!(fields, ["client_credentials", "our-app", scope, "a secret+&=", ""]);
}

#[tokio::test]
async fn a_workload_proves_itself_with_the_token_that_its_cluster_renews() {
    let entra = StandIn::start(entra).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let way = Way::WorkloadIdentity { app: app(&entra.url), token_file: file.path().to_owned() };
    let azure = azure(way);
    assert!(azure.fetch().await.unwrap_err().to_string().ends_with("is empty"));
    for token in ["first.federated.token", "second.federated.token"] {
        std::fs::write(file.path(), format!("{token}\n")).unwrap();
        azure.fetch().await.unwrap();
    }
    let asked = entra.asked();
    assert_eq!(asked[0].field("client_assertion"), "first.federated.token");
    assert_eq!(asked[1].field("client_assertion"), "second.federated.token");
    assert_eq!(asked[0].field("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!(asked[0].field("client_secret"), "");
}

#[tokio::test]
async fn a_virtual_machine_is_asked_for_its_own_identity_or_one_that_it_was_given() {
    // Its numbers are text.
    let answer = r#"{"access_token":"of-machine","expires_in":"86400","expires_on":"1","resource":"r","token_type":"Bearer"}"#;
    let machine = StandIn::start(|_| (200, answer.to_owned())).await;
    for client_id in [None, Some("mine".to_owned())] {
        let fetched = azure(Way::Machine { host: machine.url.clone(), client_id }).fetch().await.unwrap();
        assert_eq!(token(&fetched), ("Bearer of-machine", 86400));
    }
    let [own, given] = &*machine.asked() else { panic!() };
    assert_eq!(own.header("metadata"), "true");
    assert!(own.path.starts_with("/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https"), "{}", own.path);
    assert_eq!((own.field("resource").as_str(), own.field("client_id").as_str()), (RESOURCE, ""));
    assert_eq!(given.field("client_id"), "mine");
}

#[tokio::test]
async fn an_app_service_is_asked_with_its_header_and_says_when_the_token_ends() {
    let ends = jiff::Timestamp::now().as_second() + 1000;
    let service = StandIn::start(move |_| (200, format!(r#"{{"access_token":"of-app","expires_on":"{ends}"}}"#))).await;
    let endpoint = format!("{}/msi/token", service.url);
    let way = Way::AppService { endpoint, header: "header-secret".into(), client_id: None };
    let fetched = azure(way).fetch().await.unwrap();
    let (value, lasts) = token(&fetched);
    assert_eq!(value, "Bearer of-app");
    assert!((995..=1000).contains(&lasts), "{lasts}");
    let asked = service.only();
    assert_eq!((asked.header("x-identity-header"), asked.field("api-version").as_str()), ("header-secret", "2019-08-01"));
}

#[tokio::test]
async fn a_refusal_is_told_in_the_endpoints_words_but_never_with_the_secret() {
    let refuse = |description: &str| format!(r#"{{"error":"invalid_client","error_description":"{description}"}}"#);
    let words = refuse("AADSTS7000215: Invalid client secret provided.");
    let entra = StandIn::start(move |_| (401, words.clone())).await;
    let way = || Way::ClientSecret { app: app(&entra.url), secret: "hush-hush".into() };
    let error = azure(way()).fetch().await.unwrap_err().to_string();
    assert!(error.ends_with("answered with 401: invalid_client: AADSTS7000215: Invalid client secret provided."), "{error}");
    let words = refuse("you sent hush-hush");
    let echo = StandIn::start(move |_| (401, words.clone())).await;
    let error = azure(Way::ClientSecret { app: app(&echo.url), secret: "hush-hush".into() }).fetch().await.unwrap_err();
    assert!(!error.to_string().contains("hush"), "{error}");
}

#[tokio::test]
async fn answers_that_are_none_are_told_without_quoting_them() {
    for (answer, expected) in [
        ("{\"access_token\":\"secret-token\"}".to_owned(), "does not say how long"),
        ("secret-token".to_owned(), "is not what it should be"),
        ("{\"access_token\":\"secret-token\\n\",\"expires_in\":1}".to_owned(), "characters that no header may have"),
        (format!("{{\"access_token\":\"{}\"}}", "secret-token".repeat(100_000)), "larger than 1 MiB"),
    ] {
        let entra = StandIn::start(move |_| (200, answer.clone())).await;
        let error = azure(Way::Machine { host: entra.url.clone(), client_id: None }).fetch().await.unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("secret-token"), "{error}");
    }
}

#[tokio::test]
async fn a_secret_goes_nowhere_unencrypted_and_follows_no_redirect() {
    let way = Way::ClientSecret { app: app("http://login.example"), secret: "hush".into() };
    let error = azure(way).fetch().await.unwrap_err().to_string();
    assert_eq!(error, "login.example: no secret is sent there: it is not `https://`");
    let elsewhere = StandIn::start(entra).await;
    let url = elsewhere.url.clone();
    let redirecting = StandIn::start(move |_| (307, format!("see {url}"))).await;
    let way = Way::ClientSecret { app: app(&redirecting.url), secret: "hush".into() };
    assert!(azure(way).fetch().await.unwrap_err().to_string().ends_with("answered with 307"));
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn what_differs_in_anything_is_another_credential() {
    let way = |secret: &str| Way::ClientSecret { app: app("https://a.example"), secret: secret.into() };
    assert!(azure(way("one")).identity() == azure(way("one")).identity());
    assert!(azure(way("one")).identity() != azure(way("two")).identity());
    let elsewhere = Azure { resource: "https://other.example".to_owned(), identity: way("one") };
    assert!(elsewhere.identity() != azure(way("one")).identity());
}

//! TLS, and passwords.

use std::net::TcpListener;

use tempfile::TempDir;

use super::*;

/// A server that speaks TLS only on loopback, with a certificate of its own making, and wants a password.
struct Secure {
    _server: Server,
    port: u16,
    directory: TempDir,
}

impl Secure {
    async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let file = |name: &str| directory.path().join(name).display().to_string();
        std::fs::write(file("cert.pem"), cert.pem()).unwrap();
        std::fs::write(file("key.pem"), signing_key.serialize_pem()).unwrap();
        std::fs::write(file("password"), "pa:ss@wörd\n").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let more = [
            ("--tls-port", port.to_string()),
            ("--tls-cert-file", file("cert.pem")),
            ("--tls-key-file", file("key.pem")),
            ("--tls-ca-cert-file", file("cert.pem")),
            ("--tls-auth-clients", "no".to_owned()),
            ("--bind", "127.0.0.1".to_owned()),
            ("--requirepass", "pa:ss@wörd".to_owned()),
        ];
        let more = more.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect();
        Self { _server: Server::start_with(more).await, port, directory }
    }

    fn config(&self) -> RedisStore {
        let file = |name: &str| Some(self.directory.path().join(name));
        RedisStore {
            url: format!("rediss://localhost:{}", self.port).into(),
            password_file: file("password"),
            ca_file: file("cert.pem"),
            prefix: "secure".to_owned(),
            timeout: model::Duration(Duration::from_secs(5)),
            when_away: WhenAway::Deny,
            gateways: 1,
        }
    }
}

#[tokio::test]
async fn redis_over_tls_with_a_password_from_a_file() {
    let secure = Secure::start().await;
    let gateway = Gateway::start(&secure.config()).await;
    let hold = gateway.take(vec![claim(1, 100, 50)]).await.unwrap();
    assert_eq!(gateway.used(&claim(1, 100, 0)).await, 50);
    drop(hold);
}

#[tokio::test]
async fn a_redis_that_cannot_be_trusted_or_does_not_let_us_in_is_away() {
    let secure = Secure::start().await;
    std::fs::write(secure.directory.path().join("wrong"), "guess").unwrap();
    let wrong = Some(secure.directory.path().join("wrong"));
    for config in [
        RedisStore { ca_file: None, ..secure.config() },
        RedisStore { password_file: wrong, ..secure.config() },
        RedisStore { password_file: None, ..secure.config() },
        RedisStore { password_file: Some("no/such/file".into()), ..secure.config() },
    ] {
        let gateway = Gateway::start(&config).await;
        assert!(gateway.limiter.store().unwrap().away);
        assert!(gateway.take(vec![claim(1, 100, 50)]).await.is_none());
    }
}

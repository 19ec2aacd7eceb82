//! Where a provider is: a URL, taken apart once, when the config is read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::translate::Dialect;

/// Where a provider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Host name or IP address, IPv6 without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path before the API's own, without a trailing slash (`/v1`; may be empty).
    pub path_prefix: String,
}

/// Why a text is not an endpoint. The text is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Neither `https://` nor `http://`.
    #[error("must begin with `https://` or `http://`")]
    Scheme,
    /// A user name or password.
    #[error("must not have a user name or password: put the credential into `credential`")]
    UserInfo,
    /// A query or fragment.
    #[error("must not have a query (`?…`) or fragment (`#…`)")]
    Query,
    /// The host is no host.
    #[error("has no valid host: write a DNS name, an IPv4 address, or an IPv6 address in brackets")]
    Host,
    /// The port is no port.
    #[error("has no valid port: write a number from 1 to 65535")]
    Port,
    /// The path is not plain.
    #[error("has a path with an empty segment, `.`, `..`, or a character that belongs into no path")]
    Path,
    /// The path is that of an operation.
    #[error(
        "must end before the API's own path: leave out `/chat/completions`, `/messages`, Azure's `/openai`, Google's `/projects/…`"
    )]
    Operation,
}

impl Endpoint {
    /// Reads a URL. Without a path it gets the dialect's: `/v1`.
    pub fn parse(url: &str, dialect: Dialect) -> Result<Self, EndpointError> {
        let (scheme, rest) = url.split_once("://").ok_or(EndpointError::Scheme)?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(EndpointError::Scheme),
        };
        if rest.contains(['?', '#']) {
            return Err(EndpointError::Query);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        let port = port.map_or(Ok(if tls { 443 } else { 80 }), parse_port)?;
        Ok(Self { tls, host: parse_host(host)?, port, path_prefix: parse_path(path, dialect)? })
    }

    /// What goes into `:authority`: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// Whether the host is this machine or one of a private network: an address that is not routed on the internet, a name
    /// without a dot, or one under a domain that never leaves a private network.
    pub fn is_private(&self) -> bool {
        const DOMAINS: [&str; 8] = [".localhost", ".local", ".internal", ".lan", ".home.arpa", ".svc", ".cluster.local", ".test"];
        match self.host.parse() {
            Ok(IpAddr::V4(address)) => is_private_v4(address),
            Ok(IpAddr::V6(address)) => is_private_v6(address),
            Err(_) => !self.host.contains('.') || DOMAINS.iter().any(|domain| self.host.ends_with(domain)),
        }
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), EndpointError> {
    match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or(EndpointError::Host)?;
            host.parse::<Ipv6Addr>().map_err(|_| EndpointError::Host)?;
            match after.strip_prefix(':') {
                Some(port) => Ok((host, Some(port))),
                None if after.is_empty() => Ok((host, None)),
                None => Err(EndpointError::Host),
            }
        }
        None => match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => Err(EndpointError::Host),
            Some((host, port)) => Ok((host, Some(port))),
            None => Ok((authority, None)),
        },
    }
}

fn parse_port(port: &str) -> Result<u16, EndpointError> {
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EndpointError::Port);
    }
    port.parse().ok().filter(|port| *port > 0).ok_or(EndpointError::Port)
}

fn parse_host(host: &str) -> Result<String, EndpointError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let host = host.to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label that begins with a digit would be an address in one of its odd spellings (`127.1`, `0x7f.1`).
    let last = host.rsplit('.').next().unwrap_or_default();
    let valid = host.len() <= 253 && host.split('.').all(label) && !last.starts_with(|first: char| first.is_ascii_digit());
    if valid { Ok(host) } else { Err(EndpointError::Host) }
}

fn parse_path(path: &str, dialect: Dialect) -> Result<String, EndpointError> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(dialect.path_prefix().to_owned());
    }
    let segment = |segment: &str| {
        !segment.is_empty()
            && segment != "."
            && segment != ".."
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&byte))
    };
    if !path[1..].split('/').all(segment) {
        return Err(EndpointError::Path);
    }
    if holds_operation(path, dialect) {
        return Err(EndpointError::Operation);
    }
    Ok(path.to_owned())
}

/// What the dialect writes itself.
fn holds_operation(path: &str, dialect: Dialect) -> bool {
    let host = match dialect {
        Dialect::Azure => path.ends_with("/openai") || path.contains("/openai/"),
        _ => path.contains("/projects/"),
    };
    host || path.ends_with("/chat/completions") || path.ends_with("/messages")
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified() || shared
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    match address.to_ipv4_mapped() {
        Some(address) => is_private_v4(address),
        None => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local() || address.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::parse(url, Dialect::OpenAi)
    }

    #[track_caller]
    fn reads(url: &str, tls: bool, host: &str, port: u16, path_prefix: &str, authority: &str) {
        let endpoint = parse(url).unwrap();
        let expected = Endpoint { tls, host: host.to_owned(), port, path_prefix: path_prefix.to_owned() };
        assert_eq!((&endpoint, endpoint.authority().as_str()), (&expected, authority));
    }

    #[test]
    fn a_url_is_taken_apart() {
        reads("https://api.openai.com", true, "api.openai.com", 443, "/v1", "api.openai.com");
        reads("https://api.openai.com/", true, "api.openai.com", 443, "/v1", "api.openai.com");
        reads("HTTPS://API.Groq.com:8443/openai/v1/", true, "api.groq.com", 8443, "/openai/v1", "api.groq.com:8443");
        reads("http://[::1]:11434/v1", false, "::1", 11434, "/v1", "[::1]:11434");
        reads("http://127.0.0.1:80/a%2Fb", false, "127.0.0.1", 80, "/a%2Fb", "127.0.0.1");
    }

    #[test]
    fn what_is_not_an_endpoint_is_refused() {
        for (url, error) in [
            ("api.openai.com", EndpointError::Scheme),
            ("ftp://a.example", EndpointError::Scheme),
            ("https://", EndpointError::Host),
            ("https:///v1", EndpointError::Host),
            ("https://user:pass@a.example", EndpointError::UserInfo),
            ("https://a.example/v1?key=x", EndpointError::Query),
            ("https://a.example#x", EndpointError::Query),
            ("https://a.example:0", EndpointError::Port),
            ("https://a.example:+80", EndpointError::Port),
            ("https://a.example:65536", EndpointError::Port),
            ("https://a.example:", EndpointError::Port),
            ("https://::1/v1", EndpointError::Host),
            ("https://[::1", EndpointError::Host),
            ("https://[::1]x", EndpointError::Host),
            ("https://a..example", EndpointError::Host),
            ("https://-a.example", EndpointError::Host),
            ("https://a b.example", EndpointError::Host),
            ("https://127.1", EndpointError::Host),
            ("https://0x7f000001", EndpointError::Host),
            ("https://2130706433", EndpointError::Host),
            ("https://exämple.com", EndpointError::Host),
            ("https://a.example/v1/../admin", EndpointError::Path),
            ("https://a.example//v1", EndpointError::Path),
            ("https://a.example/v1 x", EndpointError::Path),
            ("https://a.example/v1\r\nx: y", EndpointError::Path),
            ("https://api.openai.com/v1/chat/completions", EndpointError::Operation),
            ("https://api.anthropic.com/v1/messages/", EndpointError::Operation),
        ] {
            assert_eq!(parse(url), Err(error), "{url}");
        }
    }

    #[test]
    fn private_hosts_are_told_from_public_ones() {
        let private = |host: &str| parse(&format!("http://{host}")).unwrap().is_private();
        for host in ["localhost", "ollama", "127.0.0.1", "10.1.2.3", "192.168.0.9", "100.64.0.1", "[::1]", "[fd00::1]"] {
            assert!(private(host), "{host}");
        }
        for host in ["vllm.models.svc", "vllm.models.svc.cluster.local", "gpu.internal", "[::ffff:10.0.0.1]"] {
            assert!(private(host), "{host}");
        }
        for host in ["api.openai.com", "8.8.8.8", "100.128.0.1", "172.32.0.1", "[2001:db8::1]", "[::ffff:8.8.8.8]", "xlocal.com"]
        {
            assert!(!private(host), "{host}");
        }
    }
}

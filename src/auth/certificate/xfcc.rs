//! The header `x-forwarded-client-cert`: elements by comma, one of each proxy; pairs by semicolon; values in quotes or not.
//!
//! Within quotes a backslash belongs to the character behind it: Envoy writes subjects as RFC 2253 does, which puts one before
//! quotes, commas and backslashes. What does not end its quotes is not read at all.

use super::Certificate;

/// The longest header that is looked at, in bytes: a proxy may put whole certificates into it.
const LONGEST: usize = 64 << 10;
/// The most names of a kind in one certificate.
const MOST_NAMES: usize = 100;

/// What the last proxy says.
pub(super) fn last(header: &str) -> Option<Certificate> {
    if header.len() > LONGEST {
        return None;
    }
    let mut certificate = Certificate::default();
    let mut rest = header;
    while !rest.is_empty() {
        let (key, value, end, after) = pair(rest)?;
        match key.trim().to_ascii_lowercase().as_str() {
            "uri" if certificate.uris.len() < MOST_NAMES => certificate.uris.push(value),
            "dns" if certificate.dns.len() < MOST_NAMES => certificate.dns.push(value),
            "subject" => certificate.subject = Some(value).filter(|subject| !subject.is_empty()),
            _ => {}
        }
        rest = after;
        if end == Some(',') {
            certificate = Certificate::default();
        }
    }
    certificate.uris.retain(|name| !name.is_empty());
    certificate.dns.retain(|name| !name.is_empty());
    Some(certificate)
}

/// The first pair, what ends it, and what follows.
fn pair(text: &str) -> Option<(&str, String, Option<char>, &str)> {
    let (key, rest) = text.split_once('=')?;
    if key.contains([',', ';', '"']) {
        return None;
    }
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None => {
            let (value, rest) = rest.split_at(rest.find([',', ';']).unwrap_or(rest.len()));
            (value.trim_end().to_owned(), rest)
        }
    };
    let mut rest = rest.chars();
    match rest.next() {
        end @ (None | Some(',' | ';')) => Some((key, value, end, rest.as_str())),
        Some(_) => None,
    }
}

/// A value up to its closing quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => match characters.next()? {
                '"' => value.push('"'),
                other => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_envoy_writes_is_read() {
        let header = "By=spiffe://mesh.example/gateway;Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;\
                      Subject=\"CN=Test Client,OU=Lyft,L=San Francisco,ST=CA,C=US\";URI=spiffe://a.example/one;\
                      URI=spiffe://a.example/two;DNS=a.example;DNS=www.a.example";
        let certificate = last(header).unwrap();
        assert_eq!(certificate.uris, ["spiffe://a.example/one", "spiffe://a.example/two"]);
        assert_eq!(certificate.dns, ["a.example", "www.a.example"]);
        assert_eq!(certificate.subject.as_deref(), Some("CN=Test Client,OU=Lyft,L=San Francisco,ST=CA,C=US"));
    }

    #[test]
    fn the_last_proxy_counts_whatever_others_have_said_before_it() {
        let header = "Hash=a;URI=spiffe://a.example/admin,By=x;Hash=b;URI=spiffe://a.example/user";
        assert_eq!(last(header).unwrap().uris, ["spiffe://a.example/user"]);
        assert_eq!(last("URI=spiffe://a.example/admin,By=x;Hash=b"), Some(Certificate::default()));
    }

    #[test]
    fn a_name_in_quotes_cannot_break_out_of_them() {
        for subject in [r#"CN=a\",URI=spiffe://a.example/admin"#, r#"CN=a\\\"\;URI=spiffe://a.example/admin"#] {
            let certificate = last(&format!("Hash=b;Subject=\"{subject}\"")).unwrap();
            assert!(certificate.uris.is_empty(), "{certificate:?}");
        }
        let certificate = last(r#"Subject="CN=a\\";URI=spiffe://a.example/user"#).unwrap();
        assert_eq!(certificate.subject.as_deref(), Some(r"CN=a\\"));
        assert_eq!(certificate.uris, ["spiffe://a.example/user"]);
    }

    #[test]
    fn what_is_not_well_formed_is_not_read() {
        for header in ["URI", "Subject=\"CN=a", "Subject=\"CN=a\"x;URI=b", "a,URI=b", "Subject=\"a\\", &"x".repeat(100_000)] {
            assert_eq!(last(header), None, "{header:.20}");
        }
        assert_eq!(Certificate::forwarded(""), None);
        assert_eq!(Certificate::forwarded("Hash=b;Subject=\"\""), None);
    }

    #[test]
    fn names_are_bounded() {
        let header = "URI=a;".repeat(1_000);
        assert_eq!(last(&header).unwrap().uris.len(), MOST_NAMES);
    }
}

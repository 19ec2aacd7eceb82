//! `GET /limits`: where budgets stand. All that the config knows by name, or what the query names: `rule`, `key`, `tenant`, `model`,
//! `provider`, `route`, `header.NAME`, `claim.NAME`.

use crate::config::Snapshot;
use crate::exchange::Engine;
use crate::limit::{Known, States};

/// The most that a query may say.
const MOST_PAIRS: usize = 32;

/// Where budgets stand.
///
/// # Errors
/// What is wrong with the query, or `None`: the store of the budgets is away.
pub(super) async fn look(engine: &Engine, query: &str) -> Result<States, Option<String>> {
    let snapshot = engine.live.current();
    let asked = Asked::read(query).map_err(Some)?;
    if let Some(rule) = asked.rule.as_deref()
        && !snapshot.limits.has(rule)
    {
        return Err(Some(format!("there is no limit `{rule}`")));
    }
    let rule = asked.rule.clone();
    engine.limiter.states(&snapshot.limits, rule.as_deref(), &asked.known(&snapshot)).await.ok_or(None)
}

/// What is asked for by name.
#[derive(Debug, Default)]
struct Asked {
    rule: Option<String>,
    key: Option<String>,
    tenant: Option<String>,
    /// Models, providers, routes, headers and claims.
    names: Known,
}

impl Asked {
    fn read(query: &str) -> Result<Self, String> {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(MOST_PAIRS) {
            let value = value.into_owned();
            let place = match &*name {
                "rule" => &mut asked.rule,
                "key" => &mut asked.key,
                "tenant" => &mut asked.tenant,
                name => {
                    asked.name(name, value)?;
                    continue;
                }
            };
            *place = Some(value);
        }
        Ok(asked)
    }

    fn name(&mut self, name: &str, value: String) -> Result<(), String> {
        let names = &mut self.names;
        match (name, name.split_once('.')) {
            ("model", _) => names.models.push(value),
            ("provider", _) => names.providers.push(value),
            ("route", _) => names.routes.push(value),
            (_, Some(("header", header))) => {
                names.headers.insert(header.to_ascii_lowercase(), value);
            }
            (_, Some(("claim", claim))) => {
                names.claims.insert(claim.to_owned(), value);
            }
            _ => {
                return Err(format!(
                    "`{name}` is not asked for here: there are rule, key, tenant, model, provider, route, header.NAME and claim.NAME"
                ));
            }
        }
        Ok(())
    }

    /// Who is asked for, and where nobody is, who is known.
    fn known(self, snapshot: &Snapshot) -> Known {
        let Self { key, tenant, mut names, .. } = self;
        let mut callers: Vec<_> = snapshot
            .callers
            .principals()
            .map(|principal| (principal.key.to_string(), principal.tenant.as_ref().map(ToString::to_string)))
            .filter(|(name, of)| key.as_ref().is_none_or(|key| key == name) && (tenant.is_none() || tenant == *of))
            .collect();
        callers.sort();
        if callers.is_empty() && (key.is_some() || tenant.is_some()) {
            callers.push((key.unwrap_or_default(), tenant));
        }
        names.callers = callers;
        if names.models.is_empty() {
            names.models = snapshot.routes.names().map(str::to_owned).collect();
        }
        if names.providers.is_empty() {
            names.providers = snapshot.providers.iter().map(|provider| provider.name.to_string()).collect();
        }
        if names.routes.is_empty() {
            names.routes = snapshot.routes.all().map(|route| route.name.to_string()).collect();
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let text = "auth: {keys: [{name: a, tenant: red, sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}]}\n\
                    providers: {one: {dialect: openai, endpoint: 'http://127.0.0.1:1'}}\n\
                    routes: [{model: gpt-4o, providers: [one]}, {model: '*', name: rest, providers: [one]}]\n";
        crate::config::parse_with(text, "gateway.yaml", &|_| None).unwrap()
    }

    #[test]
    fn who_is_known_is_shown_unless_somebody_is_asked_for() {
        let known = |query| Asked::read(query).unwrap().known(&snapshot());
        let all = known("");
        assert_eq!(all.callers, [("a".to_owned(), Some("red".to_owned()))]);
        assert_eq!(
            (all.models, all.providers, all.routes),
            (vec!["gpt-4o".into()], vec!["one".into()], vec!["gpt-4o".into(), "rest".into()])
        );
        let asked = known("key=who+is%20it&model=m&header.X-Team=r%26d&claim.org=o");
        assert_eq!(asked.callers, [("who is it".to_owned(), None)]);
        assert_eq!(asked.models, ["m"]);
        assert_eq!((&*asked.headers["x-team"], &*asked.claims["org"]), ("r&d", "o"));
        assert_eq!(known("tenant=blue").callers, [(String::new(), Some("blue".to_owned()))]);
        assert_eq!(known("key=a").callers, [("a".to_owned(), Some("red".to_owned()))]);
    }

    #[test]
    fn what_cannot_be_asked_for_is_told() {
        assert!(Asked::read("user=x").unwrap_err().starts_with("`user` is not asked for here"));
    }
}

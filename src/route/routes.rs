//! Which route a model has.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::Route;
use super::glob::Glob;
use super::suggest::nearest;
use crate::auth::Principal;
use crate::config::Shown;
use crate::rejection::{Kind, Rejection};

/// The longest name that can be a model's, in bytes.
const LONGEST_MODEL: usize = 512;

/// Models that a caller who asked for an unknown one is told of.
const SUGGESTIONS: usize = 3;

/// All routes, first match wins.
#[derive(Debug, Default)]
pub struct Routes {
    /// The routes, in the order of the config.
    pub list: Vec<Arc<Route>>,
    /// Where the routes of exact names stand in the list.
    exact: HashMap<String, usize>,
    /// The routes of globs, in the order of the list.
    globs: Vec<(usize, Glob)>,
    /// The names of models that there are for certain, in the order of the list.
    listed: Vec<String>,
    /// To what the gateway does not know: a route for each provider that may be asked for it, by its name.
    opaque: BTreeMap<Arc<str>, Arc<Route>>,
}

impl Routes {
    /// Routes in this order.
    pub fn new(list: Vec<Arc<Route>>) -> Self {
        let mut routes = Self { list, ..Self::default() };
        let mut seen = HashSet::new();
        for (position, route) in routes.list.iter().enumerate() {
            match Glob::parse(&route.model) {
                Ok(glob) if !glob.is_exact() => {
                    let known = route.choices.iter().filter_map(|choice| choice.model.as_deref());
                    let new = known.filter(|model| glob.matches(model) && seen.insert((*model).to_owned()));
                    routes.listed.extend(new.map(str::to_owned));
                    routes.globs.push((position, glob));
                }
                _ => {
                    if seen.insert(route.model.clone()) {
                        routes.listed.push(route.model.clone());
                    }
                    routes.exact.entry(route.model.clone()).or_insert(position);
                }
            }
        }
        routes
    }

    /// Adds routes to what the gateway does not know, each to one provider.
    #[must_use]
    pub fn with_opaque(mut self, routes: impl IntoIterator<Item = Route>) -> Self {
        let named = |route: Route| Some((Arc::clone(&route.choices.first()?.provider.name), Arc::new(route)));
        self.opaque = routes.into_iter().filter_map(named).collect();
        self
    }

    /// The route to what only this provider knows, if it may be asked for it.
    pub fn opaque(&self, provider: &str) -> Option<&Arc<Route>> {
        self.opaque.get(provider)
    }

    /// All routes that Envoy must know.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Route>> + Clone {
        self.list.iter().chain(self.opaque.values())
    }

    /// The route of a model.
    pub fn find(&self, model: &str) -> Option<&Arc<Route>> {
        if model.is_empty() || model.len() > LONGEST_MODEL {
            return None;
        }
        let exact = self.exact.get(model).copied();
        let before = |position: usize| exact.is_none_or(|exact| position < exact);
        let glob = self.globs.iter().take_while(|(position, _)| before(*position)).find(|(_, glob)| glob.matches(model));
        self.list.get(glob.map(|(position, _)| *position).or(exact)?)
    }

    /// The route of a model for somebody who may use it. 404 for a model that there is not, with what is close; 403 for one that
    /// this key may not use.
    pub fn select(&self, model: &str, principal: &Principal) -> Result<&Arc<Route>, Rejection> {
        let route = self.find(model).ok_or_else(|| self.unknown(model, principal))?;
        if principal.may_use(model) {
            return Ok(route);
        }
        let message = format!("This API key may not use the model `{}`.", Shown(model));
        Err(Rejection::new(Kind::ModelNotAllowed, message).param("model"))
    }

    /// Exact names that are close to `model` and that this key may use: the closest first, at most three.
    pub fn suggest(&self, model: &str, principal: &Principal) -> Vec<String> {
        nearest(model, self.models(principal), SUGGESTIONS).into_iter().map(str::to_owned).collect()
    }

    /// The names of models that this key may use, in the order of the config: those of routes, and of routes for many models those
    /// that one of their providers knows by name and the route takes. What else a glob takes only its providers know.
    pub fn models<'a>(&'a self, principal: &'a Principal) -> impl Iterator<Item = &'a str> {
        self.listed.iter().map(String::as_str).filter(|model| principal.may_use(model))
    }

    /// The names of all models that are listed for anybody.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.listed.iter().map(String::as_str)
    }

    fn unknown(&self, model: &str, principal: &Principal) -> Rejection {
        let close: Vec<_> = self.suggest(model, principal).iter().map(|model| format!("`{model}`")).collect();
        let remedy = match &*close {
            [] => "GET /v1/models lists the models that this key may use.".to_owned(),
            close => format!("Did you mean {}?", close.join(" or ")),
        };
        let message = format!("There is no model `{}`. {remedy}", Shown(model));
        Rejection::new(Kind::UnknownModel, message).param("model")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::order::tests::route;

    fn routes(models: &[&str]) -> Routes {
        Routes::new(models.iter().map(|model| Arc::new(route(model, &[("a", None)]))).collect())
    }

    fn found(models: &[&str], model: &str) -> Option<String> {
        routes(models).find(model).map(|route| route.model.clone())
    }

    fn only(patterns: &[&str]) -> Principal {
        let models = patterns.iter().map(|pattern| Glob::parse(pattern).unwrap()).collect();
        Principal { models: Some(models), ..Principal::new("k", None) }
    }

    #[test]
    fn the_first_route_that_fits_wins() {
        let models = ["gpt-4o", "gpt-*", "gpt-5", "*"];
        assert_eq!(found(&models, "gpt-4o").as_deref(), Some("gpt-4o"));
        assert_eq!(found(&models, "gpt-5").as_deref(), Some("gpt-*"));
        assert_eq!(found(&models, "claude").as_deref(), Some("*"));
        assert_eq!(found(&models[..3], "claude"), None);
    }

    #[test]
    fn an_empty_or_absurd_name_has_no_route_even_where_all_names_have_one() {
        assert_eq!(found(&["*"], ""), None);
        assert_eq!(found(&["*"], &"x".repeat(513)), None);
        let message = routes(&["*"]).select(&"x\n".repeat(1 << 20), &only(&["*"])).unwrap_err().message;
        assert!(message.len() < 400 && !message.contains('\n'), "{message}");
    }

    #[test]
    fn an_unknown_model_is_told_what_is_close_and_allowed() {
        let routes = routes(&["gpt-4o-mini", "gpt-4o", "gpt-4.1", "claude-haiku-4-5"]);
        let all = Principal::new("k", None);
        assert_eq!(routes.suggest("gpt-4o-minni", &all), ["gpt-4o-mini"]);
        assert_eq!(routes.suggest("gpt-4o-minni", &only(&["claude-*"])), [""; 0]);
        let rejection = routes.select("gpt4o", &all).unwrap_err();
        assert_eq!((rejection.kind, rejection.param.as_deref()), (Kind::UnknownModel, Some("model")));
        assert_eq!(rejection.message, "There is no model `gpt4o`. Did you mean `gpt-4o`?");
        assert!(routes.select("mistral", &all).unwrap_err().message.contains("GET /v1/models"));
    }

    #[test]
    fn a_model_that_the_key_may_not_use_is_403() {
        let routes = routes(&["gpt-4o", "gpt-*"]);
        assert!(routes.select("gpt-4o", &only(&["gpt-4o"])).is_ok());
        assert_eq!(routes.select("gpt-4.1", &only(&["gpt-4o"])).unwrap_err().kind, Kind::ModelNotAllowed);
    }

    #[test]
    fn the_list_has_exact_names_that_the_key_may_use() {
        let routes = routes(&["gpt-4o", "gpt-*", "claude-haiku-4-5", "*"]);
        assert_eq!(routes.models(&Principal::new("k", None)).collect::<Vec<_>>(), ["gpt-4o", "claude-haiku-4-5"]);
        assert_eq!(routes.models(&only(&["gpt-*"])).collect::<Vec<_>>(), ["gpt-4o"]);
    }

    #[test]
    fn the_list_has_the_names_that_providers_of_a_glob_know_and_the_glob_takes() {
        let mut glob = route("gpt-*", &[("a", None), ("b", None), ("c", None), ("d", None)]);
        for (choice, model) in glob.choices.iter_mut().zip(["gpt-4o", "claude-haiku-4-5", "gpt-5", "gpt-4o"]) {
            choice.model = Some(model.to_owned());
        }
        let routes = Routes::new(vec![Arc::new(glob), Arc::new(route("gpt-5", &[("a", None)]))]);
        assert_eq!(routes.models(&Principal::new("k", None)).collect::<Vec<_>>(), ["gpt-4o", "gpt-5"]);
        assert_eq!(routes.models(&only(&["gpt-5"])).collect::<Vec<_>>(), ["gpt-5"]);
        assert!(routes.select("gpt-4o", &Principal::new("k", None)).is_ok());
    }
}

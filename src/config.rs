//! The gateway config: as written ([`model`]), and as used ([`Snapshot`]).

mod auto;
mod beside;
mod duration;
mod errors;
mod fingerprint;
mod interpolate;
mod load;
pub mod model;
mod node;
mod reload;
mod schema;
mod service;
mod typed;
mod validate;
mod yaml;

use std::sync::Arc;

use crate::auth::Callers;
use crate::limit::Rules;
use crate::route::Routes;
use crate::upstream::Provider;
use crate::usage::Prices;

pub use auto::auto;
pub use errors::{Errors, Problem};
pub use load::{load, load_with, parse, parse_with};
pub use model::{Bounds, Config};
pub use node::Place;
pub(crate) use node::Shown;
pub use reload::{Live, Outcome};
pub use schema::schema;
pub use service::RateLimitService;

/// A valid config, ready to use, never changed. Every exchange keeps the one that it began with.
#[derive(Debug)]
pub struct Snapshot {
    /// Who may call.
    pub callers: Callers,
    /// The providers, in the order of their names.
    pub providers: Vec<Arc<Provider>>,
    /// Which models there are and who serves them.
    pub routes: Routes,
    /// What callers may spend.
    pub limits: Rules,
    /// Where budgets are kept.
    pub limit_store: model::LimitStore,
    /// What tokens cost.
    pub prices: Arc<Prices>,
    /// Envoy's rate limit service, if it is asked.
    pub rate_limit_service: Option<RateLimitService>,
    /// Bounds on what clients and providers may send.
    pub bounds: Bounds,
    /// Where usage records go.
    pub usage: model::Usage,
}

//! Against a real server: `make tools` installs one.

#[path = "../../../../tests/support/redis.rs"]
mod server;

mod away;
mod exact;
mod fleet;
mod secure;

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use self::server::Server;
use crate::config::model::{self, RedisStore, WhenAway};
use crate::limit::Limiter;
use crate::limit::asking::Decision;
use crate::limit::budget::Budget;
use crate::limit::claim::Claim;
use crate::limit::reservation::Hold;
use crate::limit::store::remote::Told;

/// So long that nothing comes back while a test runs.
const LONG: Duration = Duration::from_secs(365 * 86_400);

fn config(server: &Server) -> RedisStore {
    RedisStore {
        url: server.url().into(),
        password_file: None,
        ca_file: None,
        prefix: "test".to_owned(),
        timeout: model::Duration(Duration::from_secs(5)),
        when_away: WhenAway::Deny,
        gateways: 1,
    }
}

/// A gateway's limiter, with its line to the server.
struct Gateway {
    limiter: Arc<Limiter>,
    _line: AbortOnDropHandle<()>,
}

impl Gateway {
    async fn start(config: &RedisStore) -> Self {
        let (limiter, mut line) = Limiter::shared(config);
        line.find().await;
        Self { limiter, _line: AbortOnDropHandle::new(tokio::spawn(line.run())) }
    }

    async fn decide(&self, claims: Vec<Claim>) -> Decision {
        let remote = self.limiter.remote.as_ref().unwrap();
        self.limiter.decide(remote, claims, Instant::now()).await
    }

    /// What was taken, if it was.
    async fn take(&self, claims: Vec<Claim>) -> Option<Hold> {
        match self.decide(claims).await {
            Decision::Told(Told::Taken(hold)) => Some(hold),
            Decision::Told(Told::Refused(..)) | Decision::Away(_) => None,
        }
    }

    /// How much of a bucket is in use, by what Redis says.
    async fn used(&self, claim: &Claim) -> u64 {
        for _ in 0..500 {
            if let Some((claims, _)) = self.limiter.look(vec![claim.clone()]).await {
                return claim.budget.used(claims[0].answer.before);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("Redis never answers");
    }

    /// Waits until so much of a bucket is in use.
    async fn until_used(&self, claim: &Claim, wanted: u64) {
        let mut used = 0;
        for _ in 0..500 {
            used = self.used(claim).await;
            if used == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{used} are in use, not {wanted}");
    }

    async fn until_away(&self, away: bool) {
        for _ in 0..1_000 {
            if self.limiter.store().unwrap().away == away {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never away: {away}");
    }
}

/// Claims `cost` of a bucket of this name and this amount.
fn claim(name: u128, amount: u64, cost: u64) -> Claim {
    Claim::new(name, name, Budget::flow(amount, LONG, None), cost)
}

async fn connect(server: &Server) -> MultiplexedConnection {
    redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

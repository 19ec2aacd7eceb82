//! The same through a real Redis over a Unix socket, where `REDIS_BIN` names one: a request waits for the reservation, and hands over the
//! settlement.

#![allow(clippy::unwrap_used, reason = "without a server there is nothing to measure")]

use criterion::Criterion;
use kanmon::config::model::{Duration, RedisStore, WhenAway};
use kanmon::limit::{Limiter, Rules};
use tokio::time::Instant;

use crate::redis::Server;
use crate::{ask, five, used};

pub(crate) fn reserve_and_settle(c: &mut Criterion) {
    if std::env::var_os("REDIS_BIN").is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start());
    let config = RedisStore {
        url: server.url().into(),
        password_file: None,
        ca_file: None,
        prefix: "bench".to_owned(),
        timeout: Duration::seconds(5),
        when_away: WhenAway::Deny,
        gateways: 1,
    };
    let limiter = runtime.block_on(async {
        let (limiter, mut line) = Limiter::shared(&config);
        line.find().await;
        tokio::spawn(line.run());
        limiter
    });
    let mut group = c.benchmark_group("limit/redis");
    for (name, rules) in [("1 token rule", Rules::new(&five()[..1])), ("5 rules", Rules::new(&five()))] {
        group.bench_function(format!("reserve and settle, {name}"), |b| {
            b.iter_custom(|times| {
                runtime.block_on(async {
                    let began = Instant::now();
                    for _ in 0..times {
                        match limiter.ask(&rules, &ask("red-ci"), Instant::now()).await {
                            Ok(reservation) => reservation.settle(used(), Instant::now()),
                            Err(refused) => unreachable!("{refused}"),
                        }
                    }
                    began.elapsed()
                })
            });
        });
    }
    group.finish();
}

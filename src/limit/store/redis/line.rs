//! The one task of a process that talks to Redis. Questions go out as they come, many at once; settlements go out in batches, one
//! batch after the other.
//!
//! A batch has a number, which Redis remembers: when a connection breaks, the batch on its way is sent again on the next, and counts
//! once. A question is never asked twice. Its answer that comes too late, or for nobody, is given back at once.
//! While Redis is away, settlements wait; the next connection is tried once a second, and nothing is said before that changes anything.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::FusedFuture as _;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _, future};
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::connect::{ConnectError, Server, told};
use super::script::{Call, LEASE_US, Mode, Naming, Script, Scripts, understand};
use crate::config::model::RedisStore;
use crate::limit::Limiter;
use crate::limit::claim::Claim;
use crate::limit::reservation::{Hold, Place};
use crate::limit::store::remote::{Correction, Inbox, Question, Remote, Settling, Told};

/// Questions on their way at once; more wait.
const MOST_ASKED: usize = 1_024;
/// Requests that are settled by one call, and places that are renewed by one.
const MOST_IN_BATCH: usize = 128;
/// How often Redis is asked whether it is well.
const PROBE: Duration = Duration::from_secs(1);
/// Probes without an answer after which a connection is given up.
const MOST_UNANSWERED: u32 = 10;
/// How long answers may still come in when a connection is given up.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// Settlements that wait longer are lost: their requests are long over.
const OLDEST: Duration = Duration::from_secs(600);
/// So often a batch is sent that Redis refuses.
const MOST_REFUSED: u32 = 3;
/// How often places in flight are renewed.
const RENEW: Duration = Duration::from_micros(LEASE_US as u64 / 3);

/// The task that talks to Redis. To be run.
pub struct Line {
    limiter: Arc<Limiter>,
    remote: Arc<Remote>,
    inbox: Inbox,
    server: Server,
    talk: Arc<Talk>,
    connection: Option<MultiplexedConnection>,
    batch: Option<Batch>,
    next_batch: i64,
    /// Places to be renewed before anything else is settled.
    renewals: VecDeque<Correction>,
}

/// What is said, and how.
#[derive(Debug)]
struct Talk {
    scripts: Scripts,
    naming: Naming,
    probes: AtomicI64,
}

/// Corrections that are sent together.
struct Batch {
    number: i64,
    corrections: Vec<Correction>,
    /// When the first of it was handed over.
    since: Instant,
    requests: u64,
    flushed: Vec<oneshot::Sender<()>>,
    /// How often Redis has refused it.
    refused: u32,
}

impl Batch {
    /// Whoever waits for it is told that it is done.
    fn tell(self) {
        for done in self.flushed {
            let _ = done.send(());
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl Line {
    pub(super) fn new(limiter: Arc<Limiter>, remote: Arc<Remote>, inbox: Inbox, config: &RedisStore) -> Self {
        let naming = Naming { prefix: config.prefix.clone(), gateway: rand::random() };
        Self {
            limiter,
            remote,
            inbox,
            server: Server::new(config),
            talk: Arc::new(Talk { scripts: Scripts::new(), naming, probes: AtomicI64::new(0) }),
            connection: None,
            batch: None,
            next_batch: 0,
            renewals: VecDeque::new(),
        }
    }

    /// Looks for Redis once, so that the first request finds it. It is there when it can be written to.
    pub async fn find(&mut self) {
        let found = async {
            let connection = self.server.connect(&self.talk.scripts).await?;
            let probed = timeout(LAST_ANSWERS, Arc::clone(&self.talk).probe(connection.clone())).await;
            probed.map_err(|_| ConnectError::Timeout)??;
            Ok::<_, ConnectError>(connection)
        };
        match found.await {
            Ok(connection) => {
                self.connection = Some(connection);
                self.remote.breaker.close();
            }
            Err(error) => self.remote.breaker.open(&error.to_string()),
        }
    }

    /// Runs for ever.
    pub async fn run(mut self) {
        loop {
            if self.connection.is_none() {
                self.find().await;
            }
            if let Some(connection) = self.connection.take() {
                let reason = self.serve(connection).await;
                self.remote.breaker.open(&reason);
            }
            // Whoever has asked meanwhile is told so by the loss of the question.
            while self.inbox.asking.try_recv().is_ok() {}
            sleep(PROBE).await;
        }
    }

    /// Serves over one connection until it is of no use any more; says why.
    async fn serve(&mut self, connection: MultiplexedConnection) -> String {
        let mut asked = FuturesUnordered::new();
        let mut settling = pin!(future::Fuse::terminated());
        let mut probing = pin!(future::Fuse::terminated());
        let mut probe = interval(PROBE);
        let mut renew = interval(RENEW);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = 0;
        let mut arrived = Vec::new();
        let talk = Arc::clone(&self.talk);
        if let Some(batch) = self.still_due() {
            settling.set(talk.settle(connection.clone(), batch).fuse());
        }
        let reason = loop {
            tokio::select! {
                Some(question) = self.inbox.asking.recv(), if asked.len() < MOST_ASKED => {
                    // Nobody waits for a question that has been left behind by the last connection.
                    if !question.reply.is_closed() {
                        asked.push(Arc::clone(&talk).ask(connection.clone(), question));
                    }
                }
                Some((question, reply)) = asked.next() => {
                    if let Err(error) = self.hear(question, reply) {
                        break told(&error);
                    }
                }
                _ = self.inbox.settling.recv_many(&mut arrived, MOST_IN_BATCH), if self.batch.is_none() && self.renewals.is_empty() => {
                    if let Some(batch) = self.gather(arrived.drain(..)) {
                        settling.set(talk.settle(connection.clone(), batch).fuse());
                    }
                }
                _ = future::ready(()), if self.batch.is_none() && !self.renewals.is_empty() => {
                    if let Some(batch) = self.gather_renewals() {
                        settling.set(talk.settle(connection.clone(), batch).fuse());
                    }
                }
                result = &mut settling => {
                    if let Err(error) = self.settled(result) {
                        break told(&error);
                    }
                }
                _ = renew.tick() => self.renewals.extend(self.remote.renewals()),
                _ = probe.tick(), if probing.is_terminated() => {
                    let (talk, patience) = (Arc::clone(&talk), self.remote.terms.timeout);
                    probing.set(timeout(patience, talk.probe(connection.clone())).fuse());
                }
                found = &mut probing => match found {
                    Ok(Ok(())) => {
                        unanswered = 0;
                        self.remote.breaker.close();
                    }
                    Ok(Err(error)) => break told(&error),
                    Err(_) => {
                        unanswered += 1;
                        self.remote.breaker.missed();
                        if unanswered >= MOST_UNANSWERED {
                            break "it does not answer".to_owned();
                        }
                    }
                },
            }
        };
        self.remote.breaker.open(&reason);
        // What Redis has taken all the same is given back.
        let answers = async {
            while let Some((question, reply)) = asked.next().await {
                let _ = self.hear(question, reply);
            }
        };
        let _ = timeout(LAST_ANSWERS, answers).await;
        reason
    }

    /// Redis has answered a question.
    fn hear(&self, question: Question, reply: RedisResult<Vec<i64>>) -> RedisResult<()> {
        let Question { mut claims, flight, reply: waiting, at, look } = question;
        let reply = reply?;
        let Some((now, admitted)) = understand(&mut claims, &reply) else {
            return Err((ErrorKind::UnexpectedReturnType, "the script answers something else than it should").into());
        };
        if at.elapsed() <= self.remote.terms.timeout {
            self.remote.breaker.answered();
        }
        let admitted = admitted && !look;
        claims.iter_mut().for_each(|claim: &mut Claim| claim.conclude(admitted));
        let answer = if admitted {
            self.remote.flies(&claims, flight);
            Told::Taken(Hold::new(Arc::clone(&self.limiter), Place::Remote(flight), claims, now))
        } else {
            Told::Refused(claims, now)
        };
        // Where nobody waits any more, what was taken is given back as this is dropped.
        drop(waiting.send(answer));
        Ok(())
    }

    /// Makes a batch of what was handed over.
    fn gather(&mut self, arrived: impl Iterator<Item = Settling>) -> Option<&Batch> {
        let mut batch = self.new_batch();
        for settling in arrived {
            match settling {
                Settling::Corrections(_, since) if since.elapsed() > OLDEST => {
                    self.remote.lose(1, "the limit store was away too long")
                }
                Settling::Corrections(corrections, since) => {
                    batch.since = batch.since.min(since);
                    batch.requests += 1;
                    batch.corrections.extend(corrections);
                }
                Settling::Flush(done) => batch.flushed.push(done),
            }
        }
        self.keep(batch)
    }

    /// Makes a batch of places that are still held.
    fn gather_renewals(&mut self) -> Option<&Batch> {
        let mut batch = self.new_batch();
        let due: Vec<_> = self.renewals.drain(..self.renewals.len().min(MOST_IN_BATCH)).collect();
        batch.corrections.extend(due.into_iter().filter(|renewal| self.remote.still_flies(renewal)));
        self.keep(batch)
    }

    fn new_batch(&mut self) -> Batch {
        let number = self.next_batch;
        self.next_batch += 1;
        let (corrections, flushed) = Default::default();
        Batch { number, corrections, since: Instant::now(), requests: 0, flushed, refused: 0 }
    }

    /// `None`: there is nothing to be sent.
    fn keep(&mut self, batch: Batch) -> Option<&Batch> {
        if batch.corrections.is_empty() {
            batch.tell();
            return None;
        }
        Some(self.batch.insert(batch))
    }

    /// The batch that was on its way when the last connection broke, if it is still worth sending.
    fn still_due(&mut self) -> Option<&Batch> {
        if let Some(batch) = self.batch.take_if(|batch| batch.since.elapsed() > OLDEST || batch.refused >= MOST_REFUSED) {
            let reason =
                if batch.refused >= MOST_REFUSED { "the limit store refuses them" } else { "the limit store was away too long" };
            self.remote.lose(batch.requests, reason);
        }
        // Places are renewed anew.
        self.batch.take_if(|batch| batch.requests == 0 && batch.flushed.is_empty());
        self.renewals.clear();
        self.batch.as_ref()
    }

    /// The batch on its way has arrived, or has not.
    fn settled(&mut self, result: RedisResult<()>) -> RedisResult<()> {
        if let Err(error) = result {
            if let Some(batch) = &mut self.batch
                && is_refusal(&error)
            {
                batch.refused += 1;
            }
            return Err(error);
        }
        if let Some(batch) = self.batch.take() {
            batch.tell();
        }
        Ok(())
    }
}

/// Whether sending it again is of no use.
fn is_refusal(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::NoPerm))
}

impl Talk {
    async fn ask(self: Arc<Self>, connection: MultiplexedConnection, question: Question) -> (Question, RedisResult<Vec<i64>>) {
        let mode = if question.look { Mode::Look } else { Mode::Take };
        let call = self.naming.reserve(&question.claims, question.flight, mode, None);
        let reply = run(connection, &self.scripts.reserve, call).await;
        (question, reply)
    }

    fn settle(
        self: &Arc<Self>,
        connection: MultiplexedConnection,
        batch: &Batch,
    ) -> impl Future<Output = RedisResult<()>> + use<> {
        let call = self.naming.settle(&batch.corrections, batch.number, None);
        let talk = Arc::clone(self);
        async move { run::<i64>(connection, &talk.scripts.settle, call).await.map(|_| ()) }
    }

    /// Whether Redis can do what it is asked, and do it now.
    async fn probe(self: Arc<Self>, connection: MultiplexedConnection) -> RedisResult<()> {
        let call = self.naming.probe(self.probes.fetch_add(1, Ordering::Relaxed));
        run::<i64>(connection, &self.scripts.settle, call).await.map(|_| ())
    }
}

/// Runs a script; Redis is told it again if it has forgotten it.
pub(super) async fn run<T: redis::FromRedisValue>(
    mut connection: MultiplexedConnection,
    script: &Script,
    call: Call,
) -> RedisResult<T> {
    match call.by_hash(script).query_async(&mut connection).await {
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
            call.in_full(script).query_async(&mut connection).await
        }
        result => result,
    }
}

//! Drives one stream: a message in, its answers out, in order.
//!
//! No task and no channel per stream: the outbound stream polls the inbound one. When Envoy resets the stream, everything is
//! dropped where it stands, the session last: an exchange under way settles there, and one that waits gives up what it waits for.

use std::future::Future;
use std::task::Poll;

use bytes::Bytes;
use futures_util::Stream;
use tonic::Status;

use super::inbound::Inbound;
use super::message::Message;
use super::outbound::Outbox;

/// One stream's state.
pub(super) trait Session: Send + 'static {
    /// Takes a message and answers it.
    ///
    /// # Errors
    /// The stream ends with this status, and Envoy sends nothing on.
    fn on(&mut self, message: Message, answers: &mut Outbox) -> impl Future<Output = Result<Flow, Status>> + Send;
}

/// Whether a stream goes on after the answers to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// It does.
    Go,
    /// It has said all that Envoy waits for, and ends with OK.
    Close,
}

/// What a session answers, as it is to be sent.
pub(super) fn drive<S: Session>(inbound: Inbound, session: S) -> impl Stream<Item = Result<Bytes, Status>> + Send {
    let driver = Driver { inbound, session, end: None };
    futures_util::stream::unfold(driver, |mut driver| async move { driver.next().await.map(|sent| (sent, driver)) })
}

struct Driver<S> {
    inbound: Inbound,
    session: S,
    /// How the stream ends, once that is known.
    end: Option<Result<(), Status>>,
}

impl<S: Session> Driver<S> {
    /// The answers to the next message, and to those that are there already.
    async fn next(&mut self) -> Option<Result<Bytes, Status>> {
        let mut answers = Outbox::default();
        while self.end.is_none() && !answers.is_full() {
            let message = if answers.is_empty() {
                self.inbound.message().await
            } else {
                match self.inbound.message_now().await {
                    Poll::Ready(message) => message,
                    Poll::Pending => break,
                }
            };
            self.end = match message {
                Ok(Some(message)) => match self.session.on(message, &mut answers).await {
                    Ok(Flow::Go) => None,
                    Ok(Flow::Close) => Some(Ok(())),
                    Err(status) => Some(Err(status)),
                },
                Ok(None) => Some(Ok(())),
                // A message that cannot be read: never an end with OK.
                Err(status) => Some(Err(status)),
            };
        }
        if !answers.is_empty() {
            return Some(Ok(answers.take()));
        }
        match self.end.replace(Ok(()))? {
            Ok(()) => None,
            Err(status) => Some(Err(status)),
        }
    }
}

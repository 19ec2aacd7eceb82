//! Drives one stream: a message in, its answers out, in order.
//!
//! No task and no channel per stream: the outbound stream polls the inbound one. When Envoy resets the stream, everything is
//! dropped where it stands, the session last: an exchange under way settles there, and one that waits gives up what it waits for.

use std::collections::VecDeque;
use std::future::Future;

use envoy_types::pb::envoy::service::ext_proc::v3::ProcessingRequest;
use futures_util::Stream;
use tonic::{Status, Streaming};

use super::answer::Answer;

/// One stream's state.
pub(super) trait Session: Send + 'static {
    /// Takes a message and queues its answers.
    ///
    /// # Errors
    /// The stream ends with this status, and Envoy sends nothing on.
    fn on(
        &mut self,
        message: ProcessingRequest,
        answers: &mut VecDeque<Answer>,
    ) -> impl Future<Output = Result<Flow, Status>> + Send;
}

/// Whether a stream goes on after the answers to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// It does.
    Go,
    /// It has said all that Envoy waits for, and ends with OK.
    Close,
}

/// The outbound half of a stream.
pub(super) fn drive<S: Session>(
    inbound: Streaming<ProcessingRequest>,
    session: S,
) -> impl Stream<Item = Result<Answer, Status>> + Send {
    let driver = Driver { inbound, session, answers: VecDeque::new(), closing: false };
    futures_util::stream::unfold(driver, |mut driver| async move { driver.next().await.map(|answer| (answer, driver)) })
}

struct Driver<S> {
    inbound: Streaming<ProcessingRequest>,
    session: S,
    answers: VecDeque<Answer>,
    closing: bool,
}

impl<S: Session> Driver<S> {
    async fn next(&mut self) -> Option<Result<Answer, Status>> {
        loop {
            if let Some(answer) = self.answers.pop_front() {
                return Some(Ok(answer));
            }
            if self.closing {
                return None;
            }
            let flow = match self.inbound.message().await {
                Ok(Some(message)) => self.session.on(message, &mut self.answers).await,
                Ok(None) => return None,
                // A message that cannot be decoded, or is too large: never an end with OK.
                Err(status) => Err(status),
            };
            match flow {
                Ok(Flow::Go) => {}
                Ok(Flow::Close) => self.closing = true,
                Err(status) => {
                    self.closing = true;
                    self.answers.clear();
                    return Some(Err(status));
                }
            }
        }
    }
}

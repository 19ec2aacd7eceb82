//! The body of an answer: carries out a plan, and tells the stats how it ended.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use hyper::body::{Body, Frame};
use tokio::time::Sleep;

use super::plan::{Plan, Step};
use super::stats::Flight;

/// A body that is sent step by step.
pub(super) struct PlannedBody {
    steps: Plan,
    sleep: Option<Pin<Box<Sleep>>>,
    flight: Flight,
}

impl PlannedBody {
    pub(super) fn new(steps: Plan, mut flight: Flight) -> Self {
        if steps.is_empty() {
            flight.complete();
        }
        Self { steps, sleep: None, flight }
    }

    fn pause(&mut self, duration: Duration, context: &Context<'_>) -> Poll<()> {
        if duration.is_zero() {
            // Pending once makes the server write out what it has.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.sleep = Some(Box::pin(tokio::time::sleep(duration)));
        Poll::Ready(())
    }

    /// The server stops asking after the last frame, so the end is known when that frame is taken.
    fn complete_at_end(&mut self) {
        if self.steps.is_empty() {
            self.flight.complete();
        }
    }
}

impl Body for PlannedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(context));
                self.sleep = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Send(bytes)) => {
                    self.complete_at_end();
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Step::Trailers) => {
                    self.complete_at_end();
                    let trailers = HeaderMap::from_iter([(TRAILER, HeaderValue::from_static("sent"))]);
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
                Some(Step::Pause(duration)) => ready!(self.pause(duration, context)),
                Some(Step::Cut) => {
                    self.flight.cut();
                    return Poll::Ready(Some(Err(io::Error::other("cut by the script"))));
                }
                Some(Step::Stall) => {
                    self.steps.push_front(Step::Stall);
                    return Poll::Pending;
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.sleep.is_none()
    }
}

/// The trailer that the script can ask for.
pub(super) const TRAILER: http::HeaderName = http::HeaderName::from_static("x-sim-trailer");

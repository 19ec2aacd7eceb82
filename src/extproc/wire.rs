//! A connection as HTTP/2 uses it: short pieces are written together, and reading lets others take their turn.
//!
//! The library writes each frame of more than a few bytes by itself, which costs a system call each; and it reads for as long as there
//! is something to read, before any stream works on what was read. With many requests on one connection Envoy would send them all and
//! wait, and then the processor would do them all and wait, in turns: two processes with the speed of one.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is read before others have their turn, in bytes: a frame of HTTP/2 that is full. Less costs more turns than it
/// saves waiting.
const TURN: usize = 16 << 10;
/// What is shorter waits for more to be written with it, in bytes.
const SHORT: usize = 2 << 10;

/// A connection.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    /// What was read since others had their turn, in bytes.
    read: usize,
    /// What waits to be written.
    waiting: BytesMut,
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, read: 0, waiting: BytesMut::new() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.read >= TURN {
            self.read = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        // Who has to wait for more has given others their turn.
        self.read = if polled.is_ready() { self.read + buffer.filled().len() - before } else { 0 };
        polled
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    /// Writes what waits, and `more` behind it. Gives how much of `more` was written: nothing only if there is nothing.
    fn poll_send(&mut self, cx: &mut Context<'_>, more: &[u8]) -> Poll<io::Result<usize>> {
        while !self.waiting.is_empty() || !more.is_empty() {
            let pieces = [IoSlice::new(&self.waiting), IoSlice::new(more)];
            let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, &pieces))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let waited = written.min(self.waiting.len());
            self.waiting.advance(waited);
            if written > waited {
                return Poll::Ready(Ok(written - waited));
            }
        }
        Poll::Ready(Ok(0))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.len() + self.waiting.len() >= SHORT {
            return self.poll_send(cx, bytes);
        }
        self.waiting.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx, &[]))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx, &[]))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Takes so many bytes at once, and makes each writer wait once before.
    struct Narrow {
        most: usize,
        is_ready: bool,
        writes: Vec<Vec<u8>>,
    }

    impl Narrow {
        fn wire(most: usize) -> Wire<Self> {
            Wire::new(Self { most, is_ready: false, writes: Vec::new() })
        }
    }

    impl AsyncWrite for Narrow {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.is_ready = !self.is_ready;
            if self.is_ready {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let taken = &bytes[..bytes.len().min(self.most)];
            self.writes.push(taken.to_vec());
            Poll::Ready(Ok(taken.len()))
        }

        fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
            self.poll_write(cx, &pieces.iter().flat_map(|piece| piece.iter().copied()).collect::<Vec<_>>())
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn piece(length: usize, seed: usize) -> Vec<u8> {
        (0..length).map(|index| ((index * 31 + seed * 7) % 251) as u8).collect()
    }

    #[tokio::test]
    async fn what_is_written_arrives_in_order_however_little_is_taken_at_once() {
        for most in [1, 7, 1_000, SHORT, 100_000] {
            let mut wire = Narrow::wire(most);
            let lengths = [9, 0, 464, SHORT - 1, 1, 9, 20_000, 9, SHORT, 3];
            let pieces: Vec<_> = lengths.iter().enumerate().map(|(seed, length)| piece(*length, seed)).collect();
            for piece in &pieces {
                wire.write_all(piece).await.unwrap();
            }
            wire.shutdown().await.unwrap();
            assert!(wire.waiting.is_empty());
            assert_eq!(wire.stream.writes.concat(), pieces.concat(), "{most} at once");
        }
    }

    #[tokio::test]
    async fn short_pieces_are_written_together_and_a_long_one_with_what_waits() {
        let mut wire = Narrow::wire(100_000);
        for length in [9, 464, 100] {
            wire.write_all(&piece(length, length)).await.unwrap();
        }
        assert!(wire.stream.writes.is_empty());
        wire.flush().await.unwrap();
        wire.write_all(&piece(9, 1)).await.unwrap();
        wire.write_all(&piece(16_384, 2)).await.unwrap();
        let lengths: Vec<_> = wire.stream.writes.iter().map(Vec::len).collect();
        assert_eq!(lengths, [573, 9 + 16_384]);
    }

    #[tokio::test]
    async fn a_stream_that_takes_nothing_any_more_is_an_error() {
        let mut wire = Narrow::wire(0);
        wire.write_all(b"lost").await.unwrap();
        assert_eq!(wire.flush().await.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }

    #[test]
    fn who_reads_on_and_on_lets_others_take_their_turn() {
        let endless = piece(10 * TURN, 0);
        let mut wire = Wire::new(endless.as_slice());
        let (mut cx, mut turns, mut read) = (Context::from_waker(Waker::noop()), Vec::new(), Vec::new());
        let mut space = vec![0; 6_000];
        while read.len() < endless.len() {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut wire).poll_read(&mut cx, &mut buffer) {
                Poll::Ready(polled) => {
                    polled.unwrap();
                    read.extend_from_slice(buffer.filled());
                }
                Poll::Pending => turns.push(read.len()),
            }
        }
        assert_eq!(read, endless);
        assert_eq!(&turns[..3], [18_000, 36_000, 54_000]);
    }
}

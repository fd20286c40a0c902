//! A connection, plain or over TLS, and the ways to end it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, Result};
use tokio::net::TcpStream;

use crate::state::Close;

/// A connection. Ending it may need the TCP stream below TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl Stream {
    /// Ends the connection. Returns how many unread bytes the client sent; `None` if that is unknown.
    pub(super) async fn end(mut self, close: Close) -> Option<usize> {
        let mut unread = 0;
        match close {
            Close::Fin => {
                // With TLS, this sends `close_notify` before the FIN.
                let _ = self.shutdown().await;
                self.linger(&mut unread).await;
            }
            Close::Eof => {
                let _ = self.tcp().shutdown().await;
                self.linger(&mut unread).await;
            }
            Close::Alert => {
                let _ = self.tcp().write_all(HANDSHAKE_FAILURE).await;
                let _ = self.tcp().shutdown().await;
                self.linger(&mut unread).await;
            }
            Close::Rst => {
                // With zero linger, closing the socket sends a reset.
                let _ = self.tcp().set_zero_linger();
                return None;
            }
            Close::Stall => self.drain(&mut unread).await,
        }
        Some(unread)
    }

    /// Reads until the client has closed too, because unread bytes at closing would turn the FIN into a reset.
    async fn linger(&mut self, unread: &mut usize) {
        let _ = tokio::time::timeout(LINGER, self.drain(unread)).await;
    }

    /// Reads and counts bytes until the client closes.
    async fn drain(&mut self, unread: &mut usize) {
        let mut discarded = [0; 1024];
        while let Ok(length) = self.tcp().read(&mut discarded).await
            && length > 0
        {
            *unread += length;
        }
    }

    fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.get_mut().0,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

/// How long to wait for the client to close as well, in real time.
const LINGER: Duration = Duration::from_secs(1);

/// The TLS record of a fatal `handshake_failure` alert, unencrypted.
const HANDSHAKE_FAILURE: &[u8] = &[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28];

//! HTTP/1.1, as little of it as the measured servers need: answers with a length, one after the other. Whoever measures on the same
//! machine must not be busier than who is measured.

use std::io;

use baselines::zone::Sample;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::Answer;

/// Bytes in both directions, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

/// A connection.
pub struct Connection {
    stream: Box<dyn Stream>,
    received: Vec<u8>,
}

/// A request as it is sent.
pub struct Prepared {
    text: Vec<u8>,
    /// The status that it has to be answered with.
    pub status: u16,
}

impl Prepared {
    /// The bytes of a request.
    pub fn new(sample: &Sample) -> Self {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: localhost\r\n", sample.method, sample.path);
        if let Some((name, value)) = &sample.header {
            text += &[name, ": ", value, "\r\n"].concat();
        }
        text += "accept: */*\r\n\r\n";
        Self { text: text.into_bytes(), status: sample.status }
    }
}

impl Connection {
    /// A connection that nothing was sent on.
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, received: Vec::with_capacity(64 * 1024) }
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, request: &Prepared, curious: bool) -> anyhow::Result<Answer> {
        self.stream.write_all(&request.text).await?;
        self.stream.flush().await?;
        self.received.clear();
        let head = loop {
            if let Some(end) = end_of_head(&self.received) {
                break end;
            }
            self.read().await?;
        };
        let text = std::str::from_utf8(&self.received[..head])?;
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(malformed)?;
        let length = length(text, status)?;
        let mut headers = Vec::new();
        if curious {
            let lines = text.lines().skip(1).filter_map(|line| line.split_once(": "));
            headers = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        }
        let end = head + 4 + length;
        while self.received.len() < end {
            self.read().await?;
        }
        if self.received.len() > end {
            return Err(malformed().into());
        }
        let body = &self.received[head + 4..end];
        let body = if curious { String::from_utf8_lossy(body).into_owned() } else { String::new() };
        Ok(Answer { status, headers, body })
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn end_of_head(received: &[u8]) -> Option<usize> {
    received.windows(4).position(|window| window == b"\r\n\r\n")
}

/// The length of the body. Servers differ in how they spell the header.
fn length(head: &str, status: u16) -> io::Result<usize> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    match lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        Some((_, value)) => value.trim().parse().map_err(|_| malformed()),
        None if status == 204 => Ok(0),
        None => Err(malformed()),
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the answer is none that can be measured")
}

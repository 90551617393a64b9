//! The header by which a proxy names the client of a connection, versions 1 and 2 of the PROXY protocol
//! (`proxy-protocol.txt` of `HAProxy`). Exactly the header is read, whatever follows it; what is no such header ends the
//! connection. The form is a fixed frame of few bytes, and the libraries for it take what is none for the beginning of
//! one, so it is read here.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

const V2_SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header of version 1, with its line break.
const V1_LENGTH: usize = 107;
/// Addresses and what else proxies like to say; the protocol has room for 64 KiB, and nobody uses it.
const V2_LENGTH: usize = 4096;

/// Reads the header, and gives the client that it names; none when the proxy speaks for itself (its health checks).
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut start = [0; V2_SIGNATURE.len()];
    stream.read_exact(&mut start).await?;
    if start == V2_SIGNATURE {
        return read_v2(stream).await;
    }
    if !start.starts_with(b"PROXY ") {
        return Err(malformed("it does not begin as one"));
    }
    let mut line = start.to_vec();
    // What follows the line is not the header's, so it is not read with it.
    while !line.ends_with(b"\r\n") {
        if line.len() == V1_LENGTH {
            return Err(malformed("the line is too long"));
        }
        line.push(stream.read_u8().await?);
    }
    let line = std::str::from_utf8(&line).map_err(|_| malformed("the line is no text"))?;
    parse_v1(line.trim_end_matches("\r\n"))
}

fn parse_v1(line: &str) -> io::Result<Option<SocketAddr>> {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Ok(None),
        ["PROXY", family @ ("TCP4" | "TCP6"), source, destination, source_port, destination_port] => {
            let address = |text: &str| -> io::Result<IpAddr> {
                let parsed = if family == "TCP4" {
                    text.parse::<Ipv4Addr>().map(IpAddr::from)
                } else {
                    text.parse::<Ipv6Addr>().map(IpAddr::from)
                };
                parsed.map_err(|_| malformed("an address is none"))
            };
            let port = |text: &str| -> io::Result<u16> {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse().ok().filter(|_| digits).ok_or_else(|| malformed("a port is none"))
            };
            let client = SocketAddr::new(address(source)?, port(source_port)?);
            // Not needed, but a header that is half right is wrong.
            address(destination)?;
            port(destination_port)?;
            Ok(Some(client))
        }
        _ => Err(malformed("the line has another form")),
    }
}

async fn read_v2(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let command = stream.read_u8().await?;
    let family = stream.read_u8().await?;
    let length = usize::from(stream.read_u16().await?);
    if length > V2_LENGTH {
        return Err(malformed("it is too long"));
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    let port = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    match (command, family) {
        (0x21, 0x11) if length >= 12 => {
            let source: [u8; 4] = rest[..4].try_into().map_err(io::Error::other)?;
            Ok(Some(SocketAddr::new(Ipv4Addr::from(source).into(), port(8))))
        }
        (0x21, 0x21) if length >= 36 => {
            let source: [u8; 16] = rest[..16].try_into().map_err(io::Error::other)?;
            Ok(Some(SocketAddr::new(Ipv6Addr::from(source).into(), port(32))))
        }
        // The proxy itself, or a client without an internet address, as a proxy on a local socket has them.
        (0x20, _) | (0x21, 0x00 | 0x31) => Ok(None),
        _ => Err(malformed("command, family or length is wrong")),
    }
}

fn malformed(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn header(bytes: &[u8]) -> Result<(Option<String>, Vec<u8>), io::ErrorKind> {
        let mut rest = bytes;
        let client = read(&mut rest).await.map_err(|error| error.kind())?;
        Ok((client.map(|address| address.to_string()), rest.to_vec()))
    }

    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&V2_SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    #[tokio::test]
    async fn version_1_names_the_client_and_what_follows_is_left() {
        for (line, client) in [
            ("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", Some("192.0.2.1:56324")),
            ("PROXY TCP6 2001:db8::1 2001:db8::2 65535 1\r\n", Some("[2001:db8::1]:65535")),
            ("PROXY UNKNOWN\r\n", None),
            ("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", None),
        ] {
            let read = header(format!("{line}GET / HTTP/1.1\r\n").as_bytes()).await.unwrap();
            assert_eq!(read, (client.map(str::to_owned), b"GET / HTTP/1.1\r\n".to_vec()), "{line}");
        }
    }

    #[tokio::test]
    async fn version_2_names_the_client_and_what_follows_is_left() {
        let four = [&[192, 0, 2, 1, 198, 51, 100, 7][..], &[220, 4, 1, 187]].concat();
        let mut six = vec![0; 36];
        six[..4].copy_from_slice(&[0x20, 1, 0x0d, 0xb8]);
        six[15] = 1;
        six[32..34].copy_from_slice(&[0, 80]);
        let with_more = [&four[..], &[0x04, 0, 2, 0, 0]].concat();
        for (bytes, client) in [
            (v2(0x21, 0x11, &four), Some("192.0.2.1:56324")),
            (v2(0x21, 0x11, &with_more), Some("192.0.2.1:56324")),
            (v2(0x21, 0x21, &six), Some("[2001:db8::1]:80")),
            (v2(0x20, 0x00, &[]), None),
            (v2(0x21, 0x00, &[]), None),
        ] {
            let read = header(&[&bytes[..], b"rest"].concat()).await.unwrap();
            assert_eq!(read, (client.map(str::to_owned), b"rest".to_vec()));
        }
    }

    #[tokio::test]
    async fn whatever_is_no_header_is_refused() {
        for bytes in [
            &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            b"PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 1\r\n",
            b"PROXY TCP4 2001:db8::1 2001:db8::2 1 1\r\n",
            b"PROXY TCP6 192.0.2.1 198.51.100.7 1 1\r\n",
            b"PROXY TCP4 192.0.2.01 198.51.100.7 1 1\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 +1 1\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.7 65536 1\r\n",
            b"PROXY  TCP4 192.0.2.1 198.51.100.7 1 1\r\n",
            b"PROXY UDP4 192.0.2.1 198.51.100.7 1 1\r\n",
            b"proxy TCP4 192.0.2.1 198.51.100.7 1 1\r\n",
            b"PROXY TCP4 \xff92.0.2.1 198.51.100.7 1 1\r\n",
            &[&b"PROXY UNKNOWN "[..], &[b'a'; 200], b"\r\n"].concat(),
            &v2(0x11, 0x11, &[0; 12]),
            &v2(0x22, 0x11, &[0; 12]),
            &v2(0x21, 0x12, &[0; 12]),
            &v2(0x21, 0x11, &[0; 11]),
            &v2(0x21, 0x21, &[0; 35]),
            &v2(0x21, 0x11, &[0; 5000]),
        ] {
            assert_eq!(header(bytes).await, Err(io::ErrorKind::InvalidData), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn no_beginning_of_a_header_is_one() {
        let four = [&[192, 0, 2, 1, 198, 51, 100, 7][..], &[220, 4, 1, 187]].concat();
        for whole in [v2(0x21, 0x11, &four), b"PROXY TCP4 192.0.2.1 198.51.100.7 1 1\r\n".to_vec()] {
            for length in 0..whole.len() {
                assert_eq!(header(&whole[..length]).await, Err(io::ErrorKind::UnexpectedEof), "{length}");
            }
        }
    }
}

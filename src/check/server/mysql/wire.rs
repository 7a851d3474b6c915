//! Packets of MySQL's protocol, and the fields in them. Whatever a server sends is read within bounds.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basics.html>

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use crate::check::server::{Class, Refusal, Stop, socket::Stream};

/// The longest packet that is read: grants of thousands of tables are longer than this in none of their rows.
const LONGEST: usize = 1 << 20;

/// A connection that packets come and go on.
pub(super) struct Wire {
    stream: Stream,
    sequence: u8,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            sequence: 0,
        }
    }

    /// After some packets went over the stream elsewhere.
    pub(super) fn at(stream: Stream, sequence: u8) -> Self {
        Self { stream, sequence }
    }

    /// The next packet, which is never empty.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>, Stop> {
        let ended = |_| {
            Stop::from(Refusal::new(
                Class::Connection,
                "the server has ended the connection",
            ))
        };
        let mut head = [0; 4];
        self.stream.read_exact(&mut head).await.map_err(ended)?;
        let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
        if length == 0 || length > LONGEST || head[3] != self.sequence {
            return Err(garbled());
        }
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0; length];
        self.stream.read_exact(&mut packet).await.map_err(ended)?;
        Ok(packet)
    }

    /// Sends a packet, which is small.
    pub(super) async fn write(&mut self, packet: &[u8]) -> Result<(), Stop> {
        let bytes = framed(packet, self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        let sent = async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|_| {
            Refusal::new(Class::Connection, "the server has ended the connection").into()
        })
    }

    /// Says farewell, so that nothing of a lost connection stands in the server's log.
    pub(super) async fn close(&mut self) {
        const QUIT: u8 = 1;
        // Whether it is heard makes no difference to us.
        let _ = self.command(&[QUIT]).await;
        let _ = self.stream.shutdown().await;
    }

    /// A command begins counting anew.
    pub(super) async fn command(&mut self, packet: &[u8]) -> Result<(), Stop> {
        self.sequence = 0;
        self.write(packet).await
    }
}

/// A packet with its head.
pub(super) fn framed(packet: &[u8], sequence: u8) -> Zeroizing<Vec<u8>> {
    let length = packet.len().to_le_bytes();
    let mut bytes = Zeroizing::new(Vec::with_capacity(packet.len() + 4));
    bytes.extend_from_slice(&[length[0], length[1], length[2], sequence]);
    bytes.extend_from_slice(packet);
    bytes
}

/// What does not follow the protocol.
pub(super) fn garbled() -> Stop {
    Stop::protocol("what answers does not speak as a MySQL server does")
}

/// A column of a row: bytes, or null.
pub(super) type Column<'a> = Option<&'a [u8]>;

/// Fields, one after the other. Nothing is read behind the end.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(packet: &'a [u8]) -> Self {
        Self { rest: packet }
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn short(&mut self) -> Option<u16> {
        let bytes = self.take(2)?;
        Some(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    /// Up to a zero byte, or to the end.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| *byte == 0);
        let (text, rest) = match end {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        text
    }

    /// Everything that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// A number that says itself how long it is.
    pub(super) fn length(&mut self) -> Option<usize> {
        let long = |bytes: &[u8]| {
            let number = bytes
                .iter()
                .rev()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            usize::try_from(number).ok()
        };
        match self.byte()? {
            short @ ..=0xfa => Some(usize::from(short)),
            0xfc => long(self.take(2)?),
            0xfd => long(self.take(3)?),
            0xfe => long(self.take(8)?),
            _ => None,
        }
    }

    /// A column of a row: text that says how long it is, or null.
    pub(super) fn column(&mut self) -> Option<Column<'a>> {
        if self.rest.first() == Some(&0xfb) {
            self.rest = &self.rest[1..];
            return Some(None);
        }
        let length = self.length()?;
        self.take(length).map(Some)
    }
}

/// What a server refuses with: its code.
pub(super) fn error_code(packet: &[u8]) -> Option<u16> {
    match packet {
        [0xff, low, high, ..] => Some(u16::from_le_bytes([*low, *high])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_behind_the_end() {
        let mut fields = Fields::new(&[5, b'a', b'b']);
        assert_eq!(fields.column(), None);
        let mut fields = Fields::new(&[2, b'a', b'b', 0xfb, 0xfc, 1, 0, b'c', 0xff]);
        assert_eq!(fields.column(), Some(Some(&b"ab"[..])));
        assert_eq!(fields.column(), Some(None));
        assert_eq!(fields.column(), Some(Some(&b"c"[..])));
        assert_eq!(fields.column(), None);
        assert_eq!(
            Fields::new(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).column(),
            None
        );
        assert_eq!(Fields::new(&[0xfd, 1]).length(), None);
        let mut fields = Fields::new(b"a\0b");
        assert_eq!(
            (fields.text(), fields.text(), fields.text()),
            (&b"a"[..], &b"b"[..], &b""[..])
        );
    }

    #[test]
    fn a_packet_has_its_length_before_it() {
        assert_eq!(*framed(b"abc", 7), [3, 0, 0, 7, b'a', b'b', b'c']);
        assert_eq!(error_code(&[0xff, 0x15, 0x04, b'#']), Some(1045));
        assert_eq!(error_code(&[0x00, 0x15, 0x04]), None);
    }
}

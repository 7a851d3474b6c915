"""The bytes of TDS: messages in packets, with TLS inside or outside of them, and what stands in prelogin, login and answers.

Microsoft's MS-TDS is the source of each layout; it is as much of it as the drivers of mssql-django need.
"""

import ssl
import struct

# Packet types and tokens of MS-TDS.
BATCH, RPC, RESULT, ATTENTION, FEDAUTH, TRANSACTION, LOGIN7, PRELOGIN = 1, 3, 4, 6, 8, 14, 16, 18
DONE, DONE_OF_PROCEDURE = 0xFD, 0xFE
# What a side says about encryption in its prelogin.
OFF, ON, NOT_SUPPORTED, REQUIRED = range(4)
HEADER = struct.Struct(">BBHHBB")
VERSION = bytes([16, 0, 0x10, 0])
COLLATION = bytes([0x09, 0x04, 0xD0, 0x00, 0x34])


class Stream:
    """Bytes to and from a client: as they are, or through TLS, whose records may travel inside prelogin packets."""

    def __init__(self, client):
        self.client, self.tls = client, None
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()

    def read(self, count):
        data = b""
        while len(data) < count:
            if self.tls is None:
                more = self.client.recv(count - len(data))
            else:
                try:
                    more = self.tls.read(count - len(data))
                except ssl.SSLWantReadError:
                    self.inward.write(self._receive())
                    continue
            if not more:
                raise EOFError
            data += more
        return data

    def write(self, data):
        if self.tls is not None:
            self.tls.write(data)
            data = self.outward.read()
        self.client.sendall(data)

    def message(self):
        """The type and the body of the next message, which may come in several packets."""
        body = b""
        while True:
            kind, status, length, _, _, _ = HEADER.unpack(self.read(HEADER.size))
            body += self.read(length - HEADER.size)
            if status & 1:
                return kind, body

    def send(self, kind, body):
        room = 4096 - HEADER.size
        chunks = [body[at : at + room] for at in range(0, len(body), room)] or [b""]
        for number, chunk in enumerate(chunks, 1):
            last = number == len(chunks)
            self.write(HEADER.pack(kind, last, HEADER.size + len(chunk), 0, number & 255, 0) + chunk)

    def start_tls(self, context, inside_packets):
        """TDS 7 carries the handshake in packets of its prelogin, TDS 8 starts with it."""
        tls = context.wrap_bio(self.inward, self.outward, server_side=True)
        done = False
        while not done:
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            records = self.outward.read()
            if records and inside_packets:
                self.send(PRELOGIN, records)
            elif records:
                self.client.sendall(records)
            if not done:
                self.inward.write(self.message()[1] if inside_packets else self._receive())
        self.tls = tls

    def _receive(self):
        data = self.client.recv(1 << 16)
        if not data:
            raise EOFError
        return data


def prelogin(encryption, federated):
    options = [(0, VERSION + bytes(2)), (1, bytes([encryption])), (2, b"\0"), (4, b"\0")]
    if federated:
        options.append((6, federated))
    at = 5 * len(options) + 1
    head = data = b""
    for name, value in options:
        head += struct.pack(">BHH", name, at + len(data), len(value))
        data += value
    return head + b"\xff" + data


def prelogin_options(body):
    options, at = {}, 0
    while body[at] != 0xFF:
        name, start, length = struct.unpack_from(">BHH", body, at)
        options[name] = body[start : start + length]
        at += 5
    return options


def parse_login(body):
    """Who wants in, from LOGIN7 (MS-TDS 2.2.6.4)."""

    def field(index):
        start, length = struct.unpack_from("<HH", body, 36 + 4 * index)
        return body[start : start + 2 * length]

    def unveil(byte):
        byte ^= 0xA5
        return (byte << 4 & 0xF0) | byte >> 4

    token, asks = None, False
    if body[27] & 0x10:
        (where, _) = struct.unpack_from("<HH", body, 36 + 4 * 5)
        (at,) = struct.unpack_from("<I", body, where)
        while body[at] != 0xFF:
            feature, length = struct.unpack_from("<BI", body, at)
            data = body[at + 5 : at + 5 + length]
            at += 5 + length
            # Feature 2 is FEDAUTH. By its library 1 the client brings a token; by 2 it asks for whom it is to get one.
            if feature == 2 and data[0] >> 1 == 1:
                token = long_text(data, 1)
            elif feature == 2:
                asks = True
    return {
        "user": field(1).decode("utf-16le"),
        "password": bytes(map(unveil, field(2))).decode("utf-16le"),
        "database": field(8).decode("utf-16le"),
        "integrated": bool(body[25] & 0x80),
        "token": token,
        "asks": asks,
    }


def long_text(data, at):
    (size,) = struct.unpack_from("<I", data, at)
    return data[at + 4 : at + 4 + size].decode("utf-16le")


def short_text(value):
    return bytes([len(value)]) + value.encode("utf-16le")


def change(kind, new, old):
    return sized(0xE3, bytes([kind]) + new + old)


def sized(token, body):
    return bytes([token]) + struct.pack("<H", len(body)) + body


def login_answer(login, database):
    acknowledged = b"\x01" + bytes([0x74, 0, 0, 4]) + short_text("Microsoft SQL Server") + VERSION
    answer = change(1, short_text(database), short_text("master")) + change(7, b"\x05" + COLLATION, b"\0")
    answer += sized(0xAD, acknowledged) + change(4, short_text("4096"), short_text("4096"))
    if login["token"] is not None:
        answer += b"\xae\x02" + struct.pack("<I", 0) + b"\xff"
    return answer + done()


def token_wanted(audience):
    """Where the client is to get a token, and for whom (FEDAUTHINFO)."""
    values = [(1, "https://login.microsoftonline.com/common"), (2, audience + "/")]
    head, data = struct.pack("<I", len(values)), b""
    for name, value in values:
        encoded = value.encode("utf-16le")
        head += struct.pack("<BII", name, len(encoded), 4 + 9 * len(values) + len(data))
        data += encoded
    return b"\xee" + struct.pack("<I", len(head + data)) + head + data


def transaction(request):
    """Begin, commit and roll back are answered by the name of the transaction that starts or ends."""
    name = b"\x08" + struct.pack("<Q", 1)
    if request == 5:
        return change(8, name, b"\0")
    return change({7: 9, 8: 10}[request], b"\0", name) if request in (7, 8) else b""


def error(code, severity, message):
    text = struct.pack("<H", len(message)) + message.encode("utf-16le")
    return sized(0xAA, struct.pack("<IBB", code, 1, severity) + text + short_text("stand-in") + b"\0" + struct.pack("<I", 1))


def done(status=0, rows=0, token=DONE):
    return bytes([token]) + struct.pack("<HHQ", status, 0, rows)


def number(value):
    return b"\x26\x04", b"\x04" + struct.pack("<i", value)


def text(value):
    data = value.encode("utf-16le")
    return b"\xe7" + struct.pack("<H", 512) + COLLATION, struct.pack("<H", len(data)) + data


def moment():
    """A datetime2 of the year 2026: the time of day, then the days since the first of the year 1."""
    return b"\x2a\x07", b"\x08" + bytes(5) + (739_940).to_bytes(3, "little")


def row(columns):
    """A result of one row; of nothing at all, where a statement has no result."""
    if not columns:
        return b""
    head = b"".join(struct.pack("<IH", 0, 1) + kind + short_text("") for kind, _ in columns)
    return b"\x81" + struct.pack("<H", len(columns)) + head + b"\xd1" + b"".join(value for _, value in columns)

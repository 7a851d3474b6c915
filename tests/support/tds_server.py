"""Stands in for SQL Server: takes logins as Azure SQL does, by token or password, and knows a handful of answers.

It speaks TDS 7.4 with TLS inside, and TDS 8, where TLS comes first. A client brings its token, or asks for whom to get one. It
listens on a port of 127.0.0.1, prints the port, and ends when its standard input does.
"""

import argparse
import base64
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

import tds_wire as tds


class Refused(Exception):
    """A login is refused: `name` is how the server calls the user, `why` is for the log alone, as with the real one."""

    def __init__(self, name, why):
        super().__init__(why)
        self.name, self.why = name, why


def main():
    options = arguments()
    outer, inner = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    for context in (outer, inner):
        context.load_cert_chain(options.certificate, options.key)
    outer.set_alpn_protocols(["tds/8.0"])
    # Inside TDS 7 there is no TLS 1.3: its tickets would come after the handshake's packets.
    inner.maximum_version = ssl.TLSVersion.TLSv1_2
    listener = socket.create_server(("127.0.0.1", options.port))
    print(listener.getsockname()[1], flush=True)

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=Session(client, outer, inner, options).run, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    # The pipe closes when whoever started this ends, however that comes.
    sys.stdin.buffer.read()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificate", required=True, help="PEM file of the server's certificate and its chain")
    parser.add_argument("--key", required=True, help="PEM file of its private key")
    parser.add_argument("--port", type=int, default=0, help="0, the default, is any free one")
    parser.add_argument(
        "--encryption",
        choices=["off", "on", "required"],
        default="required",
        help="off: says it has none, as one in the middle would; on: what the client wants, the login at least; required: all",
    )
    parser.add_argument("--audience", default="https://database.windows.net", help="of the tokens that are taken")
    parser.add_argument(
        "--identity",
        action="append",
        metavar="CLIENT_ID=USER",
        help="as CREATE USER … FROM EXTERNAL PROVIDER; without any, every identity is a user by its own name",
    )
    parser.add_argument("--login", action="append", default=[], metavar="USER=PASSWORD", help="a login with a password")
    parser.add_argument("--log", help="file that gets one line of JSON for each login, tokens and passwords included")
    options = parser.parse_args()
    options.identity = options.identity and dict(pair.split("=", 1) for pair in options.identity)
    options.login = dict(pair.split("=", 1) for pair in options.login)
    return options


class Session:
    """One connection, from its prelogin to its end."""

    log_lock = threading.Lock()

    def __init__(self, client, outer, inner, options):
        self.client, self.outer, self.inner, self.options = client, outer, inner, options
        self.stream = tds.Stream(client)
        self.user = self.database = ""

    def run(self):
        self.client.settimeout(60)
        try:
            if self.log_in():
                while True:
                    self.stream.send(tds.RESULT, self.answer(*self.stream.message()))
        except (EOFError, OSError):
            pass  # the client left, or did not trust the certificate
        finally:
            self.client.close()

    def log_in(self):
        """Whether the login was taken. An encryption that the client will not have ends the connection on its side."""
        strict = self.client.recv(1, socket.MSG_PEEK) == b"\x16"
        if strict:
            self.stream.start_tls(self.outer, inside_packets=False)
        offers = tds.prelogin_options(self.stream.message()[1])
        wanted = offers.get(1, b"\0")[0]
        agreed = agree(self.options.encryption, wanted)
        self.stream.send(tds.RESULT, tds.prelogin(agreed, b"\x01" if 6 in offers else None))
        if not strict and agreed != tds.NOT_SUPPORTED:
            self.stream.start_tls(self.inner, inside_packets=True)
        kind, body = self.stream.message()
        assert kind == tds.LOGIN7, f"a packet of type {kind} instead of a login"
        login = tds.parse_login(body)
        if login["asks"]:
            self.stream.send(tds.RESULT, tds.token_wanted(self.options.audience))
            kind, body = self.stream.message()
            assert kind == tds.FEDAUTH, f"a packet of type {kind} instead of a token"
            login["token"] = tds.long_text(body, 4).removesuffix("\0")  # the ODBC driver's own end of text
        record = login | {"tls": self.stream.tls and self.stream.tls.version(), "refused": None}
        try:
            self.user = self.judge(login)
        except Refused as refusal:
            record["refused"] = refusal.why
            self.log(record)
            self.stream.send(tds.RESULT, tds.error(18456, 14, f"Login failed for user '{refusal.name}'.") + tds.done(2))
            return False
        self.log(record)
        # Encryption of the login alone: what follows is in clear.
        if agreed == tds.OFF:
            self.stream.tls = None
        self.database = login["database"] or "master"
        self.stream.send(tds.RESULT, tds.login_answer(login, self.database))
        return True

    def judge(self, login):
        """The name of the database's user, or `Refused`."""
        if login["token"] is None:
            known = self.options.login.get(login["user"])
            if login["integrated"] or known is None or known != login["password"]:
                raise Refused(login["user"], "no such login, or another password")
            return login["user"]
        nobody = "<token-identified principal>"
        claims = claims_of(login["token"])
        if claims is None:
            raise Refused(nobody, "the token is no JWT")
        if str(claims.get("aud")).rstrip("/") != self.options.audience.rstrip("/"):
            raise Refused(nobody, f"the token is for {claims.get('aud')}")
        # A token may come early by what clocks may differ by.
        if not claims.get("nbf", 0) - 300 <= time.time() < claims.get("exp", 0):
            raise Refused(nobody, "the token is not valid now")
        client = claims.get("appid") or claims.get("azp")
        if self.options.identity is None:
            return str(claims.get("upn") or client)
        if client not in self.options.identity:
            raise Refused(nobody, f"there is no user for {client}")
        return self.options.identity[client]

    def log(self, record):
        if self.options.log:
            with self.log_lock, open(self.options.log, "a", encoding="utf-8") as log:
                log.write(json.dumps(record) + "\n")

    def answer(self, kind, body):
        if kind == tds.ATTENTION:
            return tds.done(0x20)
        (headers,) = struct.unpack_from("<I", body)
        rest = body[headers:]
        if kind == tds.TRANSACTION:
            return tds.transaction(*struct.unpack_from("<H", rest)) + tds.done()
        if kind == tds.BATCH:
            return self.results(rest.decode("utf-16le"), tds.DONE)
        if kind == tds.RPC:
            return self.results(rest.decode("utf-16le", "replace"), tds.DONE_OF_PROCEDURE)
        return tds.error(50000, 16, f"a packet of type {kind} is not expected here") + tds.done(2)

    def results(self, statement, end):
        """What the server says to a statement. One that is not known is an error, or a test could pass by chance."""
        known = [
            (r"SYSDATETIME\(\)", [tds.moment]),
            (r"SERVERPROPERTY", [lambda: tds.text("16.0.4095.4"), lambda: tds.number(5)]),
            (r"@@TRANCOUNT", [lambda: tds.number(0)]),
            (r"SELECT USER_NAME\(\), DB_NAME\(\)", [lambda: tds.text(self.user), lambda: tds.text(self.database)]),
            (r"^\s*SELECT 1\b", [lambda: tds.number(1)]),
            (r"^\s*(SET|IF @@TRANCOUNT|USE)\b|sp_datatype_info", []),
        ]
        for pattern, columns in known:
            if re.search(pattern, statement, re.IGNORECASE):
                return tds.row([column() for column in columns]) + tds.done(0x10 if columns else 0, 1, end)
        return tds.error(50000, 16, f"this stand-in has no answer to: {statement[:200]}") + tds.done(2, 0, end)


def agree(mode, wanted):
    """What the server says about encryption (MS-TDS 2.2.6.5), given what it can and what the client wants."""
    if mode == "off":
        return tds.NOT_SUPPORTED
    if mode == "required":
        return tds.ON if wanted in (tds.ON, tds.REQUIRED) else tds.REQUIRED
    return {tds.OFF: tds.OFF, tds.NOT_SUPPORTED: tds.NOT_SUPPORTED}.get(wanted, tds.ON)


def claims_of(token):
    """The claims of a JWT. Its signature is not looked at: the tests compare the token with the one that was issued."""
    parts = token.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return None
    return claims if len(parts) == 3 and parts[2] and isinstance(claims, dict) else None


if __name__ == "__main__":
    main()
    os._exit(0)

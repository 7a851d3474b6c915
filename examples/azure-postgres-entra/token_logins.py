"""Stands in for the part of Azure's PostgreSQL that takes an Entra token for a password.

PostgreSQL hands the name and the password of a login on by LDAP, and this says whether the password is a token for it: meant for
the database, valid now, and issued to the identity of that name. It knows no more of LDAP (RFC 4511) than a simple bind, prints
the port of 127.0.0.1 that it listens on, and ends when its standard input does. Whose signature a token has is not looked at.
"""

import base64
import json
import os
import socketserver
import sys
import threading
import time

AUDIENCE = "https://ossrdbms-aad.database.windows.net"
SUCCESS, INVALID_CREDENTIALS = 0, 49
BIND_REQUEST, BIND_RESPONSE, SIMPLE = 0x60, 0x61, 0x80


def refusal(login, token):
    """Why the token lets nobody in under this name; nothing where it does."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return "the password is no token"
    if claims.get("aud", "").rstrip("/") != AUDIENCE:
        return f"the token is for {claims.get('aud')}"
    if not claims.get("nbf", 0) - 300 <= time.time() < claims.get("exp", 0):
        return "the token is not valid now"
    identity = claims.get("xms_mirid", "").rpartition("/")[2]
    if identity != login:
        return f"the token is that of {identity or 'somebody'}"
    return None


class Bind(socketserver.StreamRequestHandler):
    """One connection: PostgreSQL makes one for each login, and binds once."""

    def handle(self):
        if (message := self.element()) is None:
            return
        elements = parse(message[1])
        (_, number), (kind, request) = elements[:2]
        if kind != BIND_REQUEST:
            return
        _, (_, login), (way, password) = parse(request)[:3]
        login = login.decode().removeprefix("cn=")
        why = refusal(login, password.decode()) if way == SIMPLE else "this is no simple bind"
        print(f"{login}: {why or 'logged in'}", file=sys.stderr, flush=True)
        code = INVALID_CREDENTIALS if why else SUCCESS
        answer = element(0x0A, bytes([code])) + element(0x04, b"") + element(0x04, b"")
        self.wfile.write(element(0x30, element(0x02, number) + element(BIND_RESPONSE, answer)))
        self.rfile.read()  # until PostgreSQL closes

    def element(self):
        """The next element of BER: its tag and its content."""
        head = self.rfile.read(2)
        if len(head) < 2:
            return None
        length = head[1]
        if length & 0x80:
            length = int.from_bytes(self.rfile.read(length & 0x7F), "big")
        return head[0], self.rfile.read(length)


def parse(data):
    """The elements that a constructed one holds."""
    elements = []
    while data:
        tag, length, at = data[0], data[1], 2
        if length & 0x80:
            at += length & 0x7F
            length = int.from_bytes(data[2:at], "big")
        elements.append((tag, data[at : at + length]))
        data = data[at + length :]
    return elements


def element(tag, content):
    return bytes([tag, len(content)]) + content


if __name__ == "__main__":
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Bind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    # The pipe closes when whoever started this ends, however that comes.
    sys.stdin.buffer.read()
    os._exit(0)

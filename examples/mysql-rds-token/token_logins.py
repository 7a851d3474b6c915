"""Stands in for the part of RDS that takes an IAM token for a password.

    token_logins.py KEY_FILE LOG PORT

MariaDB's plugin for PAM starts this for each login, in place of its own helper, and hands on what the client sent. It says whether
that is a token for this user of this database: signed by the role, valid now. What the role is allowed is not looked at.
"""

import calendar
import hashlib
import hmac
import struct
import sys
import time
import urllib.parse

from task_role import end_of, secret_of

REGION = "eu-west-1"
CLOCKS = 60  # seconds that two of them may be apart
NOBODY = hashlib.sha256(b"").hexdigest()


def refusal(key_file, place, user, token):
    """Why the token lets nobody in under this name; nothing where it does."""
    address, _, query = token.partition("/?")
    fields = dict(urllib.parse.parse_qsl(query))
    try:
        access_key_id, day, *scope = fields["X-Amz-Credential"].split("/")
        moment, life = fields["X-Amz-Date"], int(fields["X-Amz-Expires"])
        signed = calendar.timegm(time.strptime(moment, "%Y%m%dT%H%M%SZ"))
        signature, end = fields["X-Amz-Signature"], end_of(access_key_id)
    except (KeyError, ValueError):
        return "the password is no token"
    if address != place:
        return f"the token is for {address}"
    if (fields.get("Action"), fields.get("DBUser")) != ("connect", user):
        return f"the token is for {fields.get('DBUser')}"
    if scope != [REGION, "rds-db", "aws4_request"] or day != moment[:8]:
        return "the token is for another region or service"
    now = time.time()
    if not signed - CLOCKS <= now < min(signed + min(life, 900), end) + CLOCKS:
        return "the token has expired"

    # What was signed, as Signature Version 4 has it: a request of these parameters, in the order of their names.
    parameters = sorted(part for part in query.split("&") if not part.startswith("X-Amz-Signature="))
    request = "\n".join(["GET", "/", "&".join(parameters), f"host:{address}\n", "host", NOBODY])
    text = "\n".join(
        ["AWS4-HMAC-SHA256", moment, "/".join([day, *scope]), hashlib.sha256(request.encode()).hexdigest()]
    )
    key = ("AWS4" + secret_of(key_file, access_key_id)).encode()
    for part in [day, *scope, text]:
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return None if hmac.compare_digest(key.hex(), signature) else "the signature is wrong"


# The plugin's words: a byte of flags, the user, a text of the account; then it is asked for the password, and told the end.
def read():
    (length,) = struct.unpack(">H", sys.stdin.buffer.read(2))
    return sys.stdin.buffer.read(length).decode()


def main(key_file, log, port):
    sys.stdin.buffer.read(1)
    user, _ = read(), read()
    question = b"\x04Token:"  # asks for a password, which no screen shows
    sys.stdout.buffer.write(b"C" + struct.pack(">H", len(question)) + question)
    sys.stdout.buffer.flush()
    token = read().rstrip("\0")
    why = refusal(key_file, f"127.0.0.1:{port}", user, token)
    moment = urllib.parse.parse_qs(token).get("X-Amz-Date", ["-"])[0]
    with open(log, "a") as file:
        print(f"{user} {moment}: {why or 'logged in'}", file=file)
    if why is None:
        sys.stdout.buffer.write(b"E")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

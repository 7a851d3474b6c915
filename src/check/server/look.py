"""Asks the database that standard input has as JSON some questions, with Django and nothing of a project.

Exit code 0: answers, as JSON on standard output; 3: it cannot be opened, for the reason on standard output; 4: this Python
has no Django; 5: it has no driver. What a driver says may hold what it was given: only words from here and its code go out.
"""

import json
import sys
import time

ROWS, LENGTH = 500, 200

KNOWN = (
    ("password authentication failed", "login"),
    ("access denied", "login"),
    ("login failed", "login"),
    ("invalid username/password", "login"),
    ("ora-01017", "login"),
    ("ora-28000", "login"),
    ("ora-28001", "login"),
    ("cannot open database", "database"),
    ("ora-12514", "database"),
    ("ora-12505", "database"),
    ("dpy-6001", "database"),
    ("dpy-6003", "database"),
    ("certificate", "certificate"),
    ("ssl provider", "tls"),
    ("encryption", "tls"),
    ("ora-29024", "certificate"),
    ("name or service not known", "host"),
    ("getaddrinfo", "host"),
    ("ora-12545", "host"),
    ("connection refused", "connection"),
    ("ora-12541", "connection"),
    ("dpy-6005", "connection"),
    ("network-related", "connection"),
    ("no such file", "connection"),
    ("timeout", "time"),
    ("timed out", "time"),
    ("ora-12170", "time"),
)


def reason(error):
    """A word of ours, and the code that a driver gives."""
    text = str(error).lower()
    word = next((word for part, word in KNOWN if part in text), "other")
    code = getattr(error, "sqlstate", None) or (error.args[0] if error.args else None)
    code = getattr(code, "full_code", code)
    code = str(code).replace("-", "")
    if not (code.isascii() and code.isalnum() and len(code) <= 8 and any(map(str.isdigit, code))):
        code = ""
    return {"class": word, "code": code}


def plain(value):
    """A value of a row as text; what is long is cut."""
    return None if value is None else str(value)[:LENGTH]


def rows(connection, question):
    """All rows, or nothing where the server does not answer that."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return [[plain(value) for value in row] for row in cursor.fetchmany(ROWS)]
    except Exception:
        return None


def clock(connection, question):
    """The server's clock and ours, by the quickest of three trips."""
    trips = []
    for _ in range(3):
        before, start = time.time(), time.monotonic()
        found = rows(connection, question)
        if not found:
            return None
        trips.append([time.monotonic() - start, before, found[0][0]])
    return [str(part) for part in min(trips)]


asked = json.load(sys.stdin)
try:
    import django
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
except ImportError:
    sys.exit(4)
try:
    settings.configure(DATABASES={"default": {}, asked["alias"]: asked["database"]}, USE_TZ=True)
    django.setup()
    from django.db import connections

    connection = connections[asked["alias"]]
except Exception:
    sys.exit(5)
try:
    connection.ensure_connection()
except ImproperlyConfigured:
    sys.exit(5)
except Exception as error:
    print(json.dumps(reason(error)))
    sys.exit(3)
answers = {name: rows(connection, question) for name, question in asked["questions"].items()}
print(json.dumps({"answers": answers, "clock": clock(connection, asked["clock"])}))
connection.close()

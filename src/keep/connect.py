"""Opens the database that standard input has as JSON, with Django and nothing of a project.

Exit code 0: it can be used; 3: it cannot, for the reason on standard output; 4: this Python has no Django, or no driver.
What a driver says may hold what it was given: only words from here and a driver's own code are printed.
"""

import json
import sys

KNOWN = (
    ("password authentication failed", "the login was refused"),
    ("access denied", "the login was refused"),
    ("login failed", "the login was refused"),
    ("no password supplied", "the login was refused"),
    ("authentication", "the login was refused"),
    ("certificate", "the certificate of the server was not accepted"),
    ("ssl", "there is no TLS connection"),
    ("could not translate host name", "the name of the server is not known"),
    ("unknown server host", "the name of the server is not known"),
    ("name or service not known", "the name of the server is not known"),
    ("connection refused", "the server refuses connections"),
    ("can't connect", "the server cannot be reached"),
    ("timeout", "the server has not answered in time"),
    ("timed out", "the server has not answered in time"),
    ("too many", "the server has too many connections"),
    ("starting up", "the server is starting"),
    ("shutting down", "the server is shutting down"),
    ("does not exist", "the database or the login does not exist"),
    ("unknown database", "the database or the login does not exist"),
)


def reason(error):
    """A sentence of ours, and the code that a driver gives first."""
    text = str(error).lower()
    for part, words in KNOWN:
        if part in text:
            break
    else:
        words = type(error).__name__
    code = getattr(error, "sqlstate", None) or (error.args[0] if error.args else None)
    code = str(code)
    if code.isascii() and code.isalnum() and len(code) <= 5 and any(map(str.isdigit, code)):
        words += f" ({code})"
    return words


databases = json.load(sys.stdin)
(alias,) = databases
try:
    import django
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    settings.configure(DATABASES={"default": {}, **databases}, USE_TZ=True)
    django.setup()
    from django.db import connections

    connection = connections[alias]
except Exception:
    sys.exit(4)
try:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
except ImproperlyConfigured:
    sys.exit(4)
except Exception as error:
    print(reason(error))
    sys.exit(3)
connection.close()

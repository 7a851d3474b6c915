"""The back end of mssql-django, which reads `TOKEN` or `PASSWORD` from the file it names at each new connection.

The settings keep the path alone. All else is mssql-django's own.
"""

import hashlib
import os

import pyodbc
from mssql import base

from ..files import read
from .client import DatabaseClient

# A pool would hand out a connection that was opened with an earlier token. pyodbc looks at this once, when the first
# connection of the process is made.
pyodbc.pooling = False

# Of this process alone, so that a mark tells nobody anything of its token.
MARKING_KEY = os.urandom(32)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self):
        return with_secret(super().get_connection_params())

    def get_new_connection(self, conn_params):
        if self._uses_mssql_python(conn_params):
            without_pooling()
        elif "TOKEN" in conn_params:
            conn_params = marked(conn_params)
        return super().get_new_connection(conn_params)


def with_secret(settings):
    """A copy of a database's settings with what the file holds, not its path."""
    settings = dict(settings)
    key = "TOKEN" if "TOKEN" in settings else "PASSWORD"
    settings[key] = read(settings[key])
    return settings


def marked(settings):
    """A copy of a database's settings whose connection string is another for each token.

    unixODBC pools wherever its odbcinst.ini says `Pooling=Yes`, whatever pyodbc is told, and knows a connection again by
    its string, which has no token in it. `Description` is a keyword that does nothing.
    """
    mark = hashlib.blake2b(settings["TOKEN"].encode(), key=MARKING_KEY, digest_size=16).hexdigest()
    options = dict(settings.get("OPTIONS") or {})
    given = options.get("extra_params")
    options["extra_params"] = f"{given};Description={mark}" if given else f"Description={mark}"
    return {**settings, "OPTIONS": options}


def without_pooling():
    """Keeps mssql-python from pooling: it has a pool for each token, and nobody would empty those of earlier ones."""
    try:
        from mssql_python import PoolingManager
    except ImportError:
        # mssql-django says what is missing.
        return
    PoolingManager.disable()

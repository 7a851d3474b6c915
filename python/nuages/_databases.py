"""Django's `DATABASES`, from a file, a variable, or the program."""

from __future__ import annotations

import os

from nuages._errors import error
from nuages._handed import DATABASES, DATABASES_FILE, NO_MANIFEST, is_handed_over, lookup, manifest
from nuages._live import Live, parsed, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The keys that the drivers of these back ends read anew at each connection, by `str()` or `encode()`.
_READ_AGAIN = {
    "django.db.backends.postgresql": "PASSWORD",
    "django.contrib.gis.db.backends.postgis": "PASSWORD",
    "mssql": "TOKEN",
}

#: The back end that `nuages exec --supervise` brings along, whose secret is the path of a file.
_BY_PATH = "nuages_live.mssql"


def databases(*, file: str | os.PathLike[str] | None = None) -> dict[str, dict[str, Any]]:
    """Give the value of Django's `DATABASES`, a new one at each call.

    It comes out of `file` or the file that `DATABASES_FILE` names, else out of the variable `DATABASES`. From a file, the
    passwords of PostgreSQL and the tokens of `mssql` are read again at each connection: see `Live`.

    Raises `ImproperlyConfigured` where there is none, or where it cannot be read.
    """
    if file is None:
        # As the locale has names of files.
        path = os.fsdecode((lookup(DATABASES_FILE) or "").encode("utf-8", "surrogateescape"))
    else:
        path = os.fspath(file)
    if path:
        return _from_file(os.path.abspath(path))
    value, problem = _from_variable()
    if problem:
        raise error(problem)
    return _with_paths(value)


def _from_variable() -> tuple[Any, str]:
    text = lookup(DATABASES)
    if text is None:
        if is_handed_over() or manifest() is not None:
            more = 'the manifest has none. Write `[databases.default]` with `ENGINE = "…"` into `nuages.toml`'
        else:
            more = NO_MANIFEST
        return None, f"there are no databases: neither `DATABASES_FILE` nor `DATABASES` is set, and {more}"
    value, problem = parsed(text)
    if not problem:
        problem = _fault(value)
    return (None, f"the variable `DATABASES` cannot be used: {problem}") if problem else (value, "")


def _from_file(path: str) -> dict[str, dict[str, Any]]:
    value, problem = _content(path)
    if problem:
        raise error(f"cannot take the databases from {path}: {problem}")
    for alias, database in value.items():
        key = _READ_AGAIN.get(database.get("ENGINE", ""))
        secret = database.get(key) if key else None
        if key and isinstance(secret, str) and secret:
            database[key] = Live(path, alias, key)
        del secret
    return _with_paths(value)


def _content(path: str) -> tuple[Any, str]:
    text, problem = read(path)
    if text is None:
        return None, problem
    value, problem = parsed(text)
    problem = problem or _fault(value)
    return (None, problem) if problem else (value, "")


def _with_paths(value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for database in value.values():
        if database.get("ENGINE") == _BY_PATH:
            key = "TOKEN" if "TOKEN" in database else "PASSWORD"
            path = database.get(key)
            if isinstance(path, str) and path:
                database[key] = Live(path)
    return value


def _fault(value: Any) -> str:
    if not isinstance(value, dict):
        return "it is no table of databases"
    for alias, database in value.items():
        if not isinstance(database, dict):
            return f"`{alias}` in it is no table"
        if not isinstance(database.get("ENGINE", ""), str):
            return f"the `ENGINE` of `{alias}` in it is no text"
    return ""

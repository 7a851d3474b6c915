"""What is secret in this process, as far as it is known, and how a text is shown without it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.conf import settings

from nuages import _handed, _spellings
from nuages._live import Live, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Shorter values would hide what a text says and keep nothing secret.
_SHORTEST = 4

#: Stand in every text, as the program has it too.
_EVERYBODYS = frozenset(
    (
        *("[]", "admin", "default", "false", "localhost", "mariadb", "mssql", "mysql", "none", "null", "oracle"),
        *("postgres", "postgresql", "public", "root", "sqlite", "sqlite3", "test", "true", "127.0.0.1", "0.0.0.0"),  # noqa: S104 - a word
    )
)

#: The longest number that is more likely a port, a year or a count.
_LONGEST_COMMON_NUMBER = 5

#: How deep values are looked into.
_DEEPEST = 10

#: `scheme://user:password@`, and the user alone where that is the secret.
_LOGIN = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]{0,30}://)(?P<user>[^\s/?#:@'\"]*)(?P<password>:[^\s/?#@'\"]*)?@")

#: `?password=…` of a URL, and `PWD=…;` of a connection string, whose value may stand in braces. Names may end so.
_PAIR = re.compile(
    r"(?P<name>(?:PASSW(?:OR)?D|SECRET|TOKEN|PASSPHRASE|SIGNATURE|\b(?:PWD|sig|AccountKey|SharedAccessKey|API_?KEY))"
    r"\s*=\s*)(?P<value>\{(?:[^}]|\}\}){0,1000}\}|'(?:[^'\\]|\\.){0,1000}'|[^;&\s'\"]+)",
    re.I,
)


#: Keys of settings whose values are secret; Django hides more names than these, prefixes of caches among them.
_SECRET_KEYS = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|(?:^|_)PWD?$", re.I)


#: What was made of the values last: a page asks for each of its frames, and they seldom change.
_last: tuple[frozenset[str], frozenset[str], re.Pattern[str] | None] = (frozenset(), frozenset(), None)


def _compiled(values: frozenset[str]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """All that stands for one of the values, and what finds it within a text."""
    global _last
    of, forms, within = _last
    if of != values:
        forms = frozenset(form for value in values for form in _spellings.of(value))
        within = _spellings.pattern(forms)
        _last = (values, forms, within)
    return forms, within


class Secrets:
    """The names and values that are secret now."""

    def __init__(self, substitute: str) -> None:
        self._substitute = substitute
        self.names = _handed.secret_names()
        values = {value for value in self._all() if not _is_everybodys(value)}
        self._values, self._within = _compiled(frozenset(values))

    def masked(self, text: str) -> str:
        """The text without what is secret in it."""
        if text in self._values:
            return self._substitute
        if self._within is not None:
            text = self._within.sub(self._substitute, text)
        text = _LOGIN.sub(self._without_login, text)
        return _PAIR.sub(lambda found: found["name"] + self._substitute, text)

    def _without_login(self, found: re.Match[str]) -> str:
        scheme, user, password = found["scheme"], found["user"], found["password"]
        if password is not None:
            return f"{scheme}{user}:{self._substitute}@"
        # A token, as Sentry and GitHub have it; databases have the user's name there.
        is_token = scheme.lower() in ("http://", "https://")
        return f"{scheme}{self._substitute if is_token else user}@"

    def _all(self) -> Iterator[str]:
        for name in self.names:
            value = _handed.known(name)
            if value is not None:
                yield from _parts(value, is_secret=True)
        for name in ("SECRET_KEY", "SECRET_KEY_FALLBACKS"):
            yield from _leaves(_setting(name), is_secret=True)
        for name in ("DATABASES", "CACHES", "MAILERS"):
            yield from _leaves(_setting(name), is_secret=False)
        # Deprecated where mail has `MAILERS`: asking for the default is a warning there.
        if settings.is_overridden("EMAIL_HOST_PASSWORD"):
            yield from _leaves(_setting("EMAIL_HOST_PASSWORD"), is_secret=True)
        for value in os.environ.values():
            yield from _of_url(value)


class Unknown(Secrets):
    """Stands in where it cannot be found out what is secret: everything is."""

    def __init__(self, substitute: str) -> None:
        self._substitute = substitute
        self.names = frozenset()

    def masked(self, text: str) -> str:
        return self._substitute if text else text


def _setting(name: str) -> Any:
    # Settings that cannot be read may be the very error that is to be shown.
    try:
        return getattr(settings, name, None)
    except Exception:
        return None


def _leaves(value: Any, *, is_secret: bool, depth: int = 0) -> Iterator[str]:
    """The texts in a value: all of them, or those under a name of a secret."""
    if isinstance(value, Live):
        try:
            yield str(value)
        except Exception:
            return
    elif isinstance(value, str):
        if is_secret:
            yield value
        yield from _of_url(value)
        yield from (found["value"].strip("{}'") for found in _PAIR.finditer(value))
    elif isinstance(value, dict) and depth < _DEEPEST:
        for name, one in value.items():
            is_hidden = isinstance(name, str) and _SECRET_KEYS.search(name) is not None
            yield from _leaves(one, is_secret=is_secret or is_hidden, depth=depth + 1)
    elif isinstance(value, (list, tuple)) and depth < _DEEPEST:
        for one in value:
            yield from _leaves(one, is_secret=is_secret, depth=depth + 1)


def _parts(text: str, *, is_secret: bool) -> Iterable[str]:
    """A variable's value, and what it is made of where it is JSON or a URL."""
    yield text
    if text[:1] in "[{":
        value, problem = parsed(text)
        if not problem:
            # Of databases, hosts and users are no secret.
            yield from _leaves(value, is_secret=is_secret and not _is_databases(value))
    yield from _of_url(text)


def _is_databases(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, dict) and "ENGINE" in one for one in value.values())


def _of_url(text: str) -> Iterator[str]:
    for found in _LOGIN.finditer(text):
        password = (found["password"] or "")[1:]
        if password:
            yield password
            yield unquote(password)


def _is_everybodys(value: str) -> bool:
    value = value.strip()
    return (
        len(value) < _SHORTEST or value.lower() in _EVERYBODYS or (len(value) <= _LONGEST_COMMON_NUMBER and value.isdigit())
    )

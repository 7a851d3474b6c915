"""What Django's debug page and error mails show, without the secrets that Django's own filter lets pass.

DEFAULT_EXCEPTION_REPORTER_FILTER = "nuages.debug.ExceptionReporterFilter"
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.datastructures import MultiValueDict
from django.views.debug import SafeExceptionReporterFilter

from nuages._live import Live
from nuages._secrets import Secrets, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from django.http import HttpRequest

#: Names of settings and variables that Django's own pattern does not know.
_MORE_NAMES = r"CREDENTIAL|PRIVATE|PSWD|CONN(?:ECTION)?_?STR|(?:^|_)PW$|_PWD$"

#: Names of local variables. `key` and `auth` are too common to be a secret.
_LOCALS = re.compile(r"PASS(?:W|PHRASE|_|$)|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|PSWD|(?:^|_)PWD?$", re.I)

#: How deep values are looked into; below that they are looked at as text.
_DEEPEST = 10

_PLAIN = (bool, int, float, complex, type(None))


class ExceptionReporterFilter(SafeExceptionReporterFilter):  # type: ignore[misc]
    """Django's filter, which also hides what nuages has handed over, wherever it stands.

    Hidden are: the variables that `NUAGES_SECRETS` names; every value that is or has one of theirs, or a password of
    `DATABASES`; passwords in URLs, of which the host stays; passwords in connection strings; and `Live` texts. That holds
    for settings, `META`, cookies, POST and the local variables of frames, however deep.
    """

    hidden_settings = re.compile(f"{SafeExceptionReporterFilter.hidden_settings.pattern}|{_MORE_NAMES}", re.I)

    def __init__(self) -> None:
        # One filter serves all threads.
        self._now = threading.local()

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Give what may be shown of a setting or variable."""
        with self._secrets() as secrets:
            return self._cleansed(key, value, secrets, 0)

    def get_safe_settings(self) -> dict[str, Any]:
        """Give what may be shown of all settings."""
        with self._secrets():
            safe: dict[str, Any] = super().get_safe_settings()
            return safe

    def get_safe_request_meta(self, request: HttpRequest | None) -> dict[str, Any]:
        """Give what may be shown of `request.META`, in which the environment may be."""
        with self._secrets():
            safe: dict[str, Any] = super().get_safe_request_meta(request)
            return safe

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        """Give what may be shown of `request.POST`."""
        parameters = super().get_post_parameters(request)
        if not isinstance(parameters, MultiValueDict):
            return parameters
        with self._secrets() as secrets:
            return self._lists_cleansed(parameters, secrets, 0)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        """Give what may be shown of the local variables of a frame."""
        variables = super().get_traceback_frame_variables(request, tb_frame)
        with self._secrets() as secrets:
            return [
                (name, self.cleansed_substitute)
                if _LOCALS.search(name) and not _is_code(value)
                else (name, self._cleansed("", value, secrets, 0))
                for name, value in variables
            ]

    @contextmanager
    def _secrets(self) -> Iterator[Secrets]:
        """What is secret now: looked up once for all that is asked within."""
        current: Secrets | None = getattr(self._now, "secrets", None)
        if current is not None:
            yield current
            return
        try:
            self._now.secrets = Secrets(self.cleansed_substitute)
        except Exception:
            # Without it nothing is known to be harmless. An error page that fails says nothing at all.
            self._now.secrets = Unknown(self.cleansed_substitute)
        try:
            yield self._now.secrets
        finally:
            del self._now.secrets

    def _is_hidden(self, key: Any) -> bool:
        return isinstance(key, str) and (key == settings.SESSION_COOKIE_NAME or self.hidden_settings.search(key) is not None)

    def _cleansed(self, key: Any, value: Any, secrets: Secrets, depth: int) -> Any:
        try:
            return self._looked_at(key, value, secrets, depth)
        except Exception:
            # A class may do anything where it is looked at.
            return self.cleansed_substitute

    def _looked_at(self, key: Any, value: Any, secrets: Secrets, depth: int) -> Any:
        if self._is_hidden(key) or isinstance(value, Live):
            return self.cleansed_substitute
        if isinstance(value, str):
            return self.cleansed_substitute if key in secrets.names else secrets.masked(str.__str__(value))
        if isinstance(value, (dict, list, tuple)) and depth < _DEEPEST:
            return self._parts_cleansed(value, secrets, depth + 1)
        return _shown(value, secrets)

    def _parts_cleansed(self, value: Any, secrets: Secrets, depth: int) -> Any:
        if isinstance(value, MultiValueDict):
            return self._lists_cleansed(value, secrets, depth)
        if isinstance(value, dict):
            # What is cleansed of a tuple has no hash where it holds a list.
            names = (
                self._cleansed("", name, secrets, depth) if isinstance(name, str) else _shown(name, secrets)
                for name in value
            )
            values = (self._cleansed(name, one, secrets, depth) for name, one in value.items())
            return dict(zip(names, values, strict=True))
        items = [self._cleansed("", one, secrets, depth) for one in value]
        return items if isinstance(value, list) else tuple(items)

    def _lists_cleansed(self, value: MultiValueDict[str, Any], secrets: Secrets, depth: int) -> MultiValueDict[str, Any]:
        lists = {name: [self._cleansed(name, one, secrets, depth + 1) for one in items] for name, items in value.lists()}
        return MultiValueDict(lists)


def _shown(value: object, secrets: Secrets) -> object:
    # Exactly these: a class of their kind may say something else of itself.
    return value if type(value) in _PLAIN else _Masked(value, secrets)


class _Masked:
    """An object whose representation is looked at when it is asked for."""

    def __init__(self, value: object, secrets: Secrets) -> None:
        self._value = value
        self._secrets = secrets

    def __repr__(self) -> str:
        try:
            return self._secrets.masked(repr(self._value))
        except Exception as error:
            # Its message may hold anything.
            return f"<{type(self._value).__name__}, which cannot be shown: {type(error).__name__}>"


def _is_code(value: object) -> bool:
    return callable(value) or isinstance(value, (*_PLAIN, type(re)))

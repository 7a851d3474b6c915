"""A secret that stays in its file and is read again each time it is needed."""

from __future__ import annotations

import json
import os
from stat import S_ISREG

from nuages._errors import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


#: No file of databases or of a secret is larger, in bytes.
_LARGEST = 16 << 20


class Live(str):
    """A text that is read from a file whenever it is asked for, so that a new password needs no restart.

    `str(live)`, `live.encode()` and formatting read the file: without `keys` all of it, less one line break at its end; with
    `keys` the text that these keys lead to in its JSON.

    To everything else it is the name of the place: `/run/secrets/token`, or `/run/databases.json#/default/PASSWORD`. So it
    compares, prints, pickles and copies without showing the secret. Code in C that reads a string's buffer, as mysqlclient
    does, sees that name too and cannot use it.
    """

    __slots__ = ("_keys", "_path")

    _path: str
    _keys: tuple[str, ...]

    def __new__(cls, path: str | os.PathLike[str], *keys: str) -> Live:
        # By the buffer: a `Live` as the path is the path, not what is in the file.
        place = os.path.abspath(str.__str__(os.fspath(path)))
        pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
        live = super().__new__(cls, f"{place}#{pointer}" if keys else place)
        live._path = place
        live._keys = keys
        return live

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    @property
    def keys(self) -> tuple[str, ...]:
        """Where the text is in the file's JSON."""
        return self._keys

    def __str__(self) -> str:
        text, problem = _look(self._path, self._keys)
        if text is None:
            raise error(f"cannot read {self._path}: {problem}")
        return text

    def __format__(self, specification: str) -> str:
        return format(self.__str__(), specification)

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        text = self.__str__()
        encoded = _encoded(text, encoding, errors)
        del text
        if encoded is None:
            raise error(f"what is in {self._path} cannot be encoded as {encoding}")
        return encoded

    def __repr__(self) -> str:
        return f"<nuages.Live {str.__str__(self)}>"

    def __reduce__(self) -> tuple[Callable[..., Live], tuple[str, ...]]:
        return (Live, (self._path, *self._keys))

    def __copy__(self) -> Live:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Live:
        return self


def _encoded(text: str, encoding: str, errors: str) -> bytes | None:
    try:
        return text.encode(encoding, errors)
    except (LookupError, TypeError, ValueError):
        # An encoding that there is not is one, too. The exception would carry the text along.
        return None


def _look(path: str, keys: tuple[str, ...]) -> tuple[str | None, str]:
    """The text, or why there is none. No exception leaves with the content of the file in its frames."""
    content, problem = read(path)
    if content is None:
        return None, problem
    if not keys:
        # As `file://` of a manifest takes it.
        text = content.removesuffix("\r\n" if content.endswith("\r\n") else "\n")
        return (text, "") if text else (None, "it is empty")
    value, problem = parsed(content)
    if problem:
        return None, problem
    name = ""
    for key in keys:
        name = f"{name}.{key}" if name else key
        if not isinstance(value, dict) or key not in value:
            return None, f"there is no `{name}` in it"
        value = value[key]
    if not isinstance(value, str):
        return None, f"`{name}` in it is no text"
    return (value, "") if value else (None, f"`{name}` in it is empty")


def read(path: str) -> tuple[str | None, str]:
    """A file as text, or why it cannot be read."""
    try:
        with open(path, "rb", opener=_opened) as file:
            if not S_ISREG(os.fstat(file.fileno()).st_mode):
                return None, "it is a pipe or a device, not a file"
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            return None, f"it is larger than {_LARGEST >> 20} MiB"
        return content.decode("utf-8"), ""
    except OSError as problem:
        return None, problem.strerror or type(problem).__name__
    except UnicodeDecodeError:
        return None, "it is not UTF-8"
    except ValueError:
        return None, "this is no path"


def _opened(path: str, flags: int) -> int:
    # A pipe would be waited for. Windows has no such flag.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def parsed(text: str) -> tuple[Any, str]:
    """What a JSON text holds, or where it is none: the exception itself would carry the text along."""
    try:
        return json.loads(text), ""
    except json.JSONDecodeError as problem:
        return None, f"it is not JSON from line {problem.lineno}, column {problem.colno} on"
    except (RecursionError, ValueError):
        return None, "it is not JSON that can be read"

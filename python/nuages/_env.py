"""One variable, as text or as what it stands for."""

from __future__ import annotations

import json
import os

from nuages._errors import error
from nuages._handed import NO_MANIFEST, NUAGES_SET, is_handed_over, lookup, manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, TypeVar, overload

    T = TypeVar("T")
    D = TypeVar("D")
else:

    def overload(function: object) -> object:
        """Stand in for that of `typing`, which takes long to import."""
        return function


#: What the manifest takes for a boolean as well.
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}

_KINDS = (
    (bool, "a boolean: true, yes, on, 1, false, no, off or 0"),
    (int, "a whole number"),
    (float, "a number"),
    ("json", "JSON"),
)

#: Of the text itself these would make its characters: a `*` for `ALLOWED_HOSTS`, say.
_MANY = (list, tuple, set, frozenset)


class _Missing:
    """Stands for no default."""


_MISSING = _Missing()


@overload
def env(name: str, /) -> str: ...
@overload
def env(name: str, /, default: D) -> str | D: ...
@overload
def env(name: str, /, *, cast: type[list[Any]]) -> list[str]: ...
@overload
def env(name: str, /, default: D, *, cast: type[list[Any]]) -> list[str] | D: ...
@overload
def env(name: str, /, default: object = ..., *, cast: Literal["json"]) -> Any: ...
@overload
def env(name: str, /, *, cast: Callable[[str], T]) -> T: ...
@overload
def env(name: str, /, default: D, *, cast: Callable[[str], T]) -> T | D: ...


def env(name: str, /, default: object = _MISSING, *, cast: object = None) -> object:
    """Give the value of a variable, as `nuages exec` hands it over.

    `cast` makes something else of the text: `bool`, `int`, `float`, `list`, `tuple`, `set` and `frozenset` (at commas),
    `"json"`, or any function of a text. `default` is for a variable that is not there, and is taken as it is.

    Raises `ImproperlyConfigured` where the variable is not there and has no default, and where `cast` does not take its
    value. No message, and no frame of the exception, holds the value.
    """
    if cast is not None and cast != "json" and not callable(cast):
        raise TypeError(f'`cast` is a type, a function or "json", not {cast!r}')
    text = lookup(name)
    if text is None:
        if default is not _MISSING:
            return default
        raise error(_absent(name))
    if cast is None:
        return text
    value, problem = _cast(text, cast)
    del text
    if problem:
        raise error(f"`{name}` is not {problem}")
    return value


def _absent(name: str) -> str:
    if not is_handed_over() and manifest() is None:
        return f"`{name}` is not set, and {NO_MANIFEST}"
    # Somebody else has set `DATABASES`: what the manifest has is not there.
    reason = "" if NUAGES_SET in os.environ or not is_handed_over() else ", and `DATABASES` is: so no manifest was asked"
    return (
        f"`{name}` is not set{reason}. Write into `nuages.toml` where it comes from:\n\n"
        f'    [env]\n    {name} = "${{secrets://{name.lower().replace("_", "-")}}}"\n\n'
        "`secrets` being one of its `[providers]`"
    )


def _cast(text: str, cast: Any) -> tuple[Any, str]:
    """What `cast` makes of the text, or what the text is not. The exception itself would carry the value along."""
    try:
        if cast is bool:
            return _BOOLEANS[text.strip().lower()], ""
        if cast in _MANY:
            items = (item.strip() for item in text.split(","))
            return cast(item for item in items if item), ""
        if cast == "json":
            return json.loads(text), ""
        return cast(text), ""
    except Exception as problem:
        for known, kind in _KINDS:
            if cast is known or (known == "json" and cast == known):
                return None, kind
        name = getattr(cast, "__name__", type(cast).__name__)
        return None, f"what `{name}` takes: it raised {type(problem).__name__}"

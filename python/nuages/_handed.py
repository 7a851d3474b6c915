"""What this process was handed: its environment, or the program's answer where nobody has handed anything over."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

from nuages._errors import error

NUAGES_SET = "NUAGES_SET"
NUAGES_SECRETS = "NUAGES_SECRETS"
NUAGES_MANIFEST = "NUAGES_MANIFEST"
#: Set by `nuages check` while it evaluates the settings, and by our own system check.
NUAGES_CHECKING = "NUAGES_CHECKING"
#: Set for the program while it is asked, and for what it starts.
NUAGES_ASKING = "NUAGES_ASKING"
DATABASES = "DATABASES"
DATABASES_FILE = "DATABASES_FILE"
MANIFEST = "nuages.toml"

NO_MANIFEST = (
    "there is no `nuages.toml` here or in a parent up to the git root: "
    "`nuages init` makes a manifest; `NUAGES_MANIFEST` names one that is elsewhere"
)

_answer: dict[str, str] | None = None
_lock = allocate_lock()


def _after_fork() -> None:
    # Another thread may have held it, and is not there any more.
    global _lock
    _lock = allocate_lock()


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def is_handed_over() -> bool:
    """Whether somebody has started this process with what it needs: `nuages exec`, or whoever set `DATABASES`."""
    return any(name in os.environ for name in (NUAGES_SET, DATABASES, DATABASES_FILE))


def lookup(name: str) -> str | None:
    """A variable as `nuages exec` would have given it to this process."""
    value = _in_environment(name)
    if is_handed_over():
        return value
    # Without a manifest the environment is all there is, and nuages has nothing to add to it. `nuages check` may know of one
    # that is elsewhere.
    is_checked = NUAGES_CHECKING in os.environ
    if _answer is None and (value is not None or not is_checked) and manifest() is None:
        return value
    return _asked().get(name, value)


def _in_environment(name: str) -> str | None:
    """A variable as UTF-8, also where the locale is another, as within Apache."""
    value = os.environ.get(name)
    if value is None or sys.getfilesystemencoding() == "utf-8":
        return value
    return os.fsencode(value).decode("utf-8", "surrogateescape")


def secret_names() -> frozenset[str]:
    """The variables that hold a secret, as far as it is known."""
    names = os.environ.get(NUAGES_SECRETS, "")
    answer = _answer or {}
    names = f"{names},{answer.get(NUAGES_SECRETS, '')}"
    return frozenset(name for name in names.split(",") if name)


def known(name: str) -> str | None:
    """As `lookup`, without asking anybody."""
    value = (_answer or {}).get(name)
    return _in_environment(name) if value is None else value


def load() -> None:
    """Put into `os.environ` what `nuages exec` would have handed to this process, so that its children have it too.

    Where something was handed over, nothing is done.
    """
    if is_handed_over():
        return
    for name, value in _asked().items():
        if os.supports_bytes_environ:
            # As text it would be encoded as the locale has it, which may not be able to.
            os.environb[name.encode()] = value.encode("utf-8", "surrogateescape")
        else:
            os.environ[name] = value


def manifest() -> str | None:
    """The manifest that the program would read: named, or here, or in a parent up to the git root."""
    named = os.environ.get(NUAGES_MANIFEST)
    if named:
        return named
    try:
        here = os.getcwd()
    except OSError:
        return None
    directories = [here]
    while (parent := os.path.dirname(directories[-1])) != directories[-1]:
        directories.append(parent)
    # Without a git root, a parent may be anybody's.
    roots = (at for at, path in enumerate(directories) if os.path.exists(os.path.join(path, ".git")))
    for directory in directories[: next(roots, 0) + 1]:
        path = os.path.join(directory, MANIFEST)
        if os.path.exists(path):
            return path
    return None


def _asked() -> dict[str, str]:
    """What the program gives, once a process. Where it fails it is asked again the next time."""
    global _answer
    with _lock:
        if _answer is not None:
            return _answer
        if NUAGES_CHECKING in os.environ:
            raise error(
                "`nuages check --settings` evaluates the settings without values: "
                "with `--resolve` they get what the manifest brings"
            )
        if NUAGES_ASKING in os.environ:
            raise error(
                "nuages is being asked already, and has started this process to find out: "
                "what a `command` provider starts cannot read settings that ask nuages"
            )
        from nuages import _program

        _answer = _program.ask()
        return _answer

"""What nuages hands over, for settings.py: databases, variables, and secrets that are read again when they are needed.

    import nuages

    DATABASES = nuages.databases()
    SECRET_KEY = nuages.env("SECRET_KEY")

Under `nuages exec` nothing is asked: what the command was given is read. Without it the program `nuages` is run once a
process, and gives what it would have given to a command.
"""

from __future__ import annotations

from nuages._databases import databases
from nuages._env import env
from nuages._handed import load
from nuages._live import Live

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nuages._errors import ImproperlyConfigured

    __version__: str

__all__ = ["ImproperlyConfigured", "Live", "databases", "env", "load"]


def __getattr__(name: str) -> object:
    # Both are seldom asked for, and importing what they need takes longer than all the rest.
    if name == "ImproperlyConfigured":
        from nuages import _errors

        return _errors.kind()
    if name == "__version__":
        from importlib.metadata import version

        return version("nuages")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

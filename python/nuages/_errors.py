"""The one exception of this package: Django's own where Django is installed, else one of the same name."""

from __future__ import annotations


class ImproperlyConfigured(Exception):  # noqa: N818 - as Django has it
    """What is handed over cannot be used as it is. The message holds no value."""


def kind() -> type[Exception]:
    """The class to raise and to catch."""
    # Looked up when it is needed: importing Django takes longer than the rest of this package.
    try:
        from django.core import exceptions
    except ImportError:
        return ImproperlyConfigured
    of_django: type[Exception] = exceptions.ImproperlyConfigured
    return of_django


def error(message: str) -> Exception:
    """The exception to raise. Raise it outside of `except`, so that it carries no other exception, and no value, along."""
    return kind()(message)

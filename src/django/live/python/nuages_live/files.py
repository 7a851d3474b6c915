"""Reads the one secret that a file holds."""

from django.core.exceptions import ImproperlyConfigured


def read(path):
    """The text in the file at `path`, without the line break at its end.

    What goes wrong names the file and the reason, and shows nothing of what is in it.
    """
    # A `nuages.Live` is such a path, and would give what is in the file.
    path = str.__str__(path)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ImproperlyConfigured(
            f"cannot read the password of a live database from {path}: {error.strerror};"
            " `nuages exec --supervise` keeps that file while it runs,"
            " for the user that it runs as"
        ) from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        # The exception would carry the content along.
        text = None
    del content
    if text is None:
        raise ImproperlyConfigured(f"the password of a live database is not UTF-8: {path}")
    text = text.removesuffix("\n")
    if not text:
        raise ImproperlyConfigured(f"the password of a live database is empty: {path}")
    return text

"""What the tests of the package share: a directory with a manifest, and a look into exceptions."""

import contextlib
import os
import pathlib
import tempfile
import traceback
import unittest

from nuages import _handed

#: In every value of these tests; no message and no frame may hold it.
CANARY = "canary-5f1c"

#: What a manifest needs to be found and read; the rest of the environment is of no interest.
OURS = ("NUAGES_SET", "NUAGES_SECRETS", "NUAGES_MANIFEST", "NUAGES_CHECKING", "NUAGES_ASKING")
OURS += ("DATABASES", "DATABASES_FILE")


class Case(unittest.TestCase):
    """A test in an empty directory, in a process that nobody has handed anything to."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name).resolve()
        before, environment = pathlib.Path.cwd(), dict(os.environ)
        os.chdir(self.directory)
        self.addCleanup(os.chdir, before)
        self.addCleanup(os.environ.update, environment)
        self.addCleanup(os.environ.clear)
        for name in OURS:
            os.environ.pop(name, None)
        self.forget()
        self.addCleanup(self.forget)

    def forget(self):
        """As in a new process."""
        _handed._answer = None

    def write(self, name, content):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return str(path)

    @contextlib.contextmanager
    def refused(self, *parts):
        """The package's own exception, whose message has these parts, and nothing of a value in it or around it."""
        import nuages

        with self.assertRaises(nuages.ImproperlyConfigured) as caught:
            yield
        error = caught.exception
        for part in parts:
            self.assertIn(part, str(error))
        self.assertIsNone(error.__context__)
        self.assertIsNone(error.__cause__)
        self.assertNotIn(CANARY, str(error))


def told(function):
    """All that a report of an exception may show: its messages and the local variables of our frames."""
    try:
        function()
    except Exception as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(shown.format())
    raise AssertionError("nothing was raised")

"""What importing the package brings along: nothing that takes its time."""

import os
import subprocess
import sys
import unittest


def imported(*statements):
    """The modules that a new interpreter has after these statements and not before."""
    script = "\n".join(["import sys", "before = set(sys.modules)", *statements, "print(*set(sys.modules) - before)"])
    environment = {**os.environ, "NUAGES_SET": "DATABASES,KEY", "DATABASES": "{}", "KEY": "1"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, env=environment, text=True)
    return set(done.stdout.split())


class Import(unittest.TestCase):
    SLOW = frozenset(
        ("asyncio", "django", "importlib.metadata", "inspect", "logging", "nuages._program", "pathlib", "subprocess")
        + ("sysconfig", "tempfile", "threading", "typing", "urllib.parse")
    )

    def test_nothing_slow_is_imported(self):
        modules = imported("import nuages", "nuages.databases()", "nuages.env('KEY', cast=int)", "nuages.load()")
        self.assertLess({"nuages", "nuages._databases"}, modules)
        self.assertEqual(modules & self.SLOW, set())

    def test_systems_without_fork_import_it_too(self):
        self.assertIn("nuages", imported("import os", "del os.register_at_fork", "import nuages"))

    def test_reading_databases_imports_nothing_more(self):
        whole = imported("import nuages", "nuages.databases()", "nuages.env('KEY', cast=int)")
        self.assertEqual(imported("import nuages"), whole)

    def test_what_it_is_made_of_is_told(self):
        script = (
            "import nuages; print(nuages.__version__, *nuages.__all__); from nuages import *; print(ImproperlyConfigured)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
        self.assertRegex(done.stdout, r"^\d+\.\d+\.\d+ ImproperlyConfigured Live databases env load\n")

"""What the program is asked for where nothing was handed over, and which program that is."""

import json
import os
import pathlib
import runpy
import signal
import subprocess
import sys
import threading

import nuages
from nuages import _handed, _program
from support import CANARY, Case, told

MANIFEST = """
[providers.secrets]
kind = "file"
path = "secrets"

[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop"
HOST = "localhost"
PASSWORD = "${secrets://db-password}"
live = true

[env]
SECRET_KEY = "${secrets://secret-key}"
DEBUG = false
WORKERS = { value = 4, as = "int" }

[files."tls/client.key"]
content = "${secrets://tls-key}"

[files."databases.json"]
render = "databases-json"
on_change = "restart"

[profiles.dev.env]
DEBUG = true
"""


class Program(Case):
    def manifest(self):
        self.write("nuages.toml", MANIFEST)
        self.write("secrets/db-password", CANARY)
        self.write("secrets/secret-key", 'ke"y ü \n 2')
        self.write("secrets/tls-key", "-----BEGIN")

    def exec(self, *options):
        """What `nuages exec` hands over."""
        script = (
            "import json, os; print(json.dumps({name: os.environ[name] for name in os.environ['NUAGES_SET'].split(',')}))"
        )
        command = [_program.required(), "-q", *options, "exec", "--", sys.executable, "-c", script]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    def test_it_gives_what_exec_hands_over(self):
        self.manifest()
        given = self.exec()
        self.assertEqual(
            sorted(given), ["DATABASES", "DATABASES_JSON_FILE", "DEBUG", "SECRET_KEY", "TLS_CLIENT_KEY_FILE", "WORKERS"]
        )
        before = dict(os.environ)
        for name, value in given.items():
            self.assertEqual(nuages.env(name), value)
        self.assertEqual(nuages.databases(), json.loads(given["DATABASES"]))
        self.assertEqual(pathlib.Path(nuages.env("TLS_CLIENT_KEY_FILE")).read_text(), "-----BEGIN")
        live = nuages.databases(file=nuages.env("DATABASES_JSON_FILE"))["default"]["PASSWORD"]
        self.assertEqual((type(live), str(live)), (nuages.Live, CANARY))
        self.assertEqual(nuages.env("HOME"), os.environ["HOME"], "the rest of the environment is there too")
        self.assertEqual(dict(os.environ), before, "the environment is left alone")

    def test_the_manifest_comes_before_the_environment_as_with_exec(self):
        self.manifest()
        os.environ["DEBUG"] = "from outside"
        self.assertEqual((nuages.env("DEBUG"), self.exec()["DEBUG"]), ("false", "false"))

    def test_other_locales_have_the_same_texts(self):
        self.manifest()
        self.write("secrets/secret-key", "ü ☁")
        script = (
            "import os, sys, nuages\n"
            "first, _ = nuages.env('SECRET_KEY'), nuages.load()\n"
            "print(sys.getfilesystemencoding(), ascii(first), ascii(nuages.env('SECRET_KEY')), os.environb[b'SECRET_KEY'])"
        )
        ascii_alone = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
        for before in ([], [_program.required(), "-q", "exec", "--"]):
            command = [*before, sys.executable, "-c", script]
            done = subprocess.run(command, capture_output=True, check=True, env=ascii_alone, text=True)
            self.assertEqual(done.stdout, "ascii '\\xfc \\u2601' '\\xfc \\u2601' b'\\xc3\\xbc \\xe2\\x98\\x81'\n")

    def test_a_provider_that_reads_settings_ends(self):
        script = self.write("provider.py", "import nuages\nopen('runs', 'a').write('x')\nnuages.env('A', 'default')\n")
        argv = json.dumps([sys.executable, script, "{}"])
        self.write("nuages.toml", f'[providers.own]\nkind = "command"\nargv = {argv}\n[env]\nA = "${{own://a}}"\n')
        with self.refused("`own` is unavailable"):
            nuages.env("A")
        runs = (self.directory / "runs").read_text()
        self.assertLessEqual(len(runs), 5, "it was tried again, and nothing more")

    def test_profiles_hold(self):
        self.manifest()
        os.environ["NUAGES_PROFILE"] = "dev"
        self.assertIs(nuages.env("DEBUG", cast=bool), True)

    def test_load_hands_over_to_children(self):
        self.manifest()
        nuages.load()
        self.assertEqual(os.environ["NUAGES_SECRETS"], "DATABASES,SECRET_KEY")
        # Nothing is asked any more: there is no store.
        (self.directory / "secrets").rename(self.directory / "gone")
        script = "import nuages; print(nuages.env('SECRET_KEY'), end='')"
        child = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd="/")
        self.assertEqual(child.stdout.decode(), 'ke"y ü \n 2')

    def test_load_does_nothing_where_something_was_handed_over(self):
        self.manifest()
        for name in ("NUAGES_SET", "DATABASES", "DATABASES_FILE"):
            os.environ[name] = "{}"
            before = dict(os.environ)
            nuages.load()
            self.assertEqual(dict(os.environ), before)
            del os.environ[name]

    def test_it_runs_once_whatever_the_threads(self):
        self.manifest()
        counter = self.directory / "runs"
        self.counted(counter)
        threads = [threading.Thread(target=nuages.databases) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        nuages.env("SECRET_KEY")
        self.assertEqual(counter.read_text(), "x\n")

    def counted(self, counter):
        """Puts a program before the real one that counts its runs."""
        real = _program.required()
        script = self.write("bin/nuages", f'#!/bin/sh\necho x >>{counter}\nexec {real} "$@"\n')
        os.chmod(script, 0o755)
        self.replaced_beside([str(self.directory / "bin")])

    def replaced_beside(self, directories):
        self.addCleanup(setattr, _program, "_beside", _program._beside)
        _program._beside = lambda: directories

    def test_its_own_message_is_told(self):
        self.manifest()
        (self.directory / "secrets/db-password").unlink()
        with self.refused("cannot resolve `databases.default.PASSWORD`", "--> nuages.toml:11", "nuages exec"):
            nuages.databases()
        self.assertNotIn(CANARY, told(nuages.databases))
        # Mended, it works without a new process.
        self.write("secrets/db-password", "there")
        self.assertEqual(nuages.databases()["default"]["PASSWORD"], "there")

    def test_a_failure_shows_no_value(self):
        self.manifest()
        self.write("secrets/secret-key", CANARY + "\0")
        self.assertIn("NUL", told(nuages.databases))
        self.assertNotIn(CANARY, told(nuages.databases))

    def test_without_a_manifest_it_is_said_what_to_do(self):
        with self.refused("there is no `nuages.toml`", "`nuages init` makes a manifest"):
            nuages.databases()
        with self.refused("there is no `nuages.toml`"):
            nuages.load()
        # What is there anyhow needs no manifest, nor does a default.
        os.environ["SECRET_KEY"] = "build"
        self.assertEqual(nuages.env("SECRET_KEY"), "build")
        self.assertIs(nuages.env("ABSENT", False, cast=bool), False)
        with self.refused("`ABSENT` is not set, and there is no `nuages.toml`"):
            nuages.env("ABSENT")
        # A check may know of a manifest that is elsewhere.
        os.environ["NUAGES_CHECKING"] = "1"
        with self.refused("`--resolve`"):
            nuages.env("ABSENT", False, cast=bool)

    def test_a_manifest_is_found_as_the_program_finds_it(self):
        self.manifest()
        within = self.directory / "a/b"
        within.mkdir(parents=True)
        os.chdir(within)
        for has_root in (False, True):
            if has_root:
                (self.directory / ".git").mkdir()
            found = subprocess.run([_program.required(), "plan"], capture_output=True, check=False).returncode == 0
            self.assertEqual((_handed.manifest() is not None, found), (has_root, has_root))

    def test_values_are_not_asked_for_while_settings_are_checked(self):
        self.manifest()
        os.environ["NUAGES_CHECKING"] = "1"
        with self.refused("`--resolve`"):
            nuages.databases()

    def test_a_program_of_the_working_directory_is_never_run(self):
        self.replaced_beside([])
        program = self.write("nuages", "#!/bin/sh\n")
        os.chmod(program, 0o755)
        os.chmod(self.write("relative/nuages", "#!/bin/sh\n"), 0o755)
        for path in ("", ".", os.pathsep, f".{os.pathsep}relative", f"relative{os.pathsep}"):
            os.environ["PATH"] = path
            self.assertIsNone(_program.find(), path)
        # By its own name it would be.
        os.environ["PATH"] = f".{os.pathsep}{self.directory}"
        self.assertEqual(_program.find(), program)

    def test_the_program_beside_the_package_comes_first(self):
        os.chmod(self.write("nuages", "#!/bin/sh\n"), 0o755)
        os.environ["PATH"] = str(self.directory)
        found = pathlib.Path(_program.find())
        self.assertEqual(found.parent.parent, pathlib.Path(_program.__file__).parent.parent)

    def test_a_server_that_embeds_python_is_no_interpreter(self):
        self.manifest()
        self.addCleanup(setattr, sys, "executable", sys.executable)
        for executable in ("/usr/sbin/uwsgi", "", None):
            sys.executable = executable
            self.forget()
            self.assertEqual(nuages.env("WORKERS", cast=int), 4)

    def test_without_a_program_it_is_said_what_to_install(self):
        self.manifest()
        os.environ["PATH"] = ""
        self.replaced_beside([])
        with self.refused("the program `nuages` is neither beside this package nor on the `PATH`"):
            nuages.databases()

    def test_a_program_that_cannot_start_shows_no_environment(self):
        self.manifest()
        os.environ["OTHER_SECRET"] = CANARY
        self.replaced_beside([str(self.directory / "bin")])
        for content, expected in [("no program", "Exec format error"), ("#!/nowhere/sh\n", "No such file or directory")]:
            program = self.write("bin/nuages", content)
            os.chmod(program, 0o755)
            with self.refused(f"cannot start {program}: {expected}"):
                nuages.databases()
            self.assertNotIn(CANARY, told(nuages.databases))

    def test_what_it_says_is_told_where_exit_codes_are_lost(self):
        self.manifest()
        (self.directory / "secrets/db-password").unlink()
        self.addCleanup(signal.signal, signal.SIGCHLD, signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        with self.refused("cannot resolve `databases.default.PASSWORD`"):
            nuages.databases()

    def test_as_a_module_it_says_what_to_install(self):
        self.replaced_beside([])
        os.environ["PATH"] = ""
        with self.assertRaisesRegex(SystemExit, "^error: the program `nuages` is neither"):
            runpy.run_module("nuages", run_name="__main__")

    def test_an_older_program_is_told_apart(self):
        self.manifest()
        for said, expected in [("{}", "older than this package"), ("no JSON", "of the same release")]:
            os.chmod(self.write("bin/nuages", f"#!/bin/sh\necho '{said}'\n"), 0o755)
            self.replaced_beside([str(self.directory / "bin")])
            with self.refused(expected):
                nuages.databases()

"""The program `nuages`: where it is, and what it hands to a command."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig

from nuages._errors import error
from nuages._handed import NUAGES_ASKING, NUAGES_SECRETS, NUAGES_SET, manifest
from nuages._live import parsed

NAME = "nuages"

#: The command that is started: it writes what it was given to a pipe.
_COMMAND = """
import json, os
names = [name for name in os.environ["NUAGES_SET"].split(",") if name]
given = {name: os.environ[name] for name in [*names, "NUAGES_SET", "NUAGES_SECRETS"]}
with open(1, "w", encoding="ascii") as pipe:
    json.dump(given, pipe)
"""

MISSING = "the program `nuages` is neither beside this package nor on the `PATH`: `pip install nuages` brings both"

#: As much of the program's own message as anybody would read.
_LONGEST_MESSAGE = 8_000


def find() -> str | None:
    """The program that was installed with this package, else the first on the `PATH`; never one of the working directory."""
    path = os.environ.get("PATH", "").split(os.pathsep)
    # An empty entry, or a relative one, is the working directory or below it.
    on_path = [directory for directory in path if os.path.isabs(directory)]
    for directory in [*_beside(), *on_path]:
        program = os.path.join(directory, NAME)
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    return None


def _beside() -> list[str]:
    """Where installers put the programs of a package that is where this one is."""
    site = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    directories = []
    for scheme in (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")):
        paths = sysconfig.get_paths(scheme)
        if site in (paths["purelib"], paths["platlib"]):
            directories.append(paths["scripts"])
    # `pip install --target DIR`, then `--prefix DIR` with DIR/lib/python3.N/site-packages.
    directories.append(os.path.join(site, "bin"))
    if os.path.basename(site) in ("site-packages", "dist-packages"):
        directories.append(os.path.abspath(os.path.join(site, "..", "..", "..", "bin")))
    return directories


def _python() -> str:
    """An interpreter. In uWSGI and in Apache `sys.executable` is the server."""
    if os.path.basename(sys.executable or "").startswith("python"):
        return sys.executable
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return os.path.join(sys.base_exec_prefix, "bin", name)


def required() -> str:
    """The program, or what to do where there is none."""
    program = find()
    if program is None:
        raise error(MISSING)
    return program


def run(arguments: list[str], more: dict[str, str]) -> tuple[int, str, str]:
    """Runs the program to its end: its exit code, what it has written, and its messages."""
    program = required()
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, **more},
            check=False,
        )
    except OSError as failure:
        # It would carry the environment along in its frames.
        done, problem = None, failure.strerror
    if done is None:
        raise error(f"cannot start {program}: {problem}")
    message = done.stderr.decode("utf-8", "replace").strip()
    return done.returncode, done.stdout.decode("utf-8", "replace"), message[-_LONGEST_MESSAGE:]


def ask() -> dict[str, str]:
    """The variables that `nuages exec` gives to a command, with their names."""
    given, problem = _asked()
    if given is None:
        raise error(problem)
    return given


def _asked() -> tuple[dict[str, str] | None, str]:
    command = [_python(), "-I", "-S", "-X", "utf8", "-c", _COMMAND]
    # A provider may start a program that reads settings, which would ask again, and so on.
    code, text, message = run(["--quiet", "exec", "--", *command], {NUAGES_ASKING: "1"})
    if code:
        return None, _explained(message or f"`nuages exec` ended with {code}")
    given, problem = parsed(text)
    if problem or not isinstance(given, dict):
        # Where SIGCHLD is ignored, nobody knows the exit code.
        if message:
            return None, _explained(message)
        return None, "`nuages exec` did not hand over what was expected: is it of the same release?"
    if NUAGES_SET not in given or NUAGES_SECRETS not in given:
        return None, "the `nuages` that was found is older than this package"
    return given, ""


def _explained(message: str) -> str:
    if manifest() is None:
        todo = "`nuages init` makes a manifest; `NUAGES_MANIFEST` names one that is elsewhere"
    else:
        todo = "`nuages exec -- COMMAND` gives the same to a command, and `nuages plan` shows what would be fetched"
    return f"nothing was handed over to this process, and nuages could not do it now ({todo}):\n{message}"

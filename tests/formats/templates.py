"""Reads files that templates wrote with the reader of their type, and compares what it saw with what was meant.

One JSON object a line: a `type`, a `place` in a file of it, and `files`: pairs of a value and the base64 of the file, or
null where it was refused. Prints how many were read and refused of each type; a complaint a line goes to stderr and makes
the exit status 1. nginx, PgBouncer and unixODBC are read by ports of what their sources do.
"""

import base64
import collections
import configparser
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import yaml
from supervisor.datatypes import dict_of_key_value_pairs
from supervisor.options import UnhosedConfigParser


def read_json(place, data):
    seen = json.loads(data)
    return seen["a"], seen["b"]


def read_yaml(place, data):
    seen = yaml.safe_load(data)
    return seen["a"], seen["b"]


def read_toml(place, data):
    seen = tomllib.loads(data.decode())
    return seen["a"], seen["b"]


def nginx_tokens(text):
    """`ngx_conf_read_token`: the parameters of each directive."""
    directives, words, at = [], [], 0
    while at < len(text):
        c = text[at]
        if c in " \t\r\n":
            at += 1
        elif c == ";":
            directives.append(words)
            words = []
            at += 1
        elif c == "#":
            at = text.index("\n", at)
        elif c in "\"'":
            end = at + 1
            while text[end] != c:
                end += 2 if text[end] == "\\" else 1
            words.append(nginx_plain(text[at + 1 : end]))
            at = end + 1
            if text[at] not in " \t\r\n;{)":
                raise ValueError("unexpected character behind a quote")
        else:
            end = at
            while text[end] not in " \t\r\n;{":
                end += 2 if text[end] == "\\" else 1
            words.append(nginx_plain(text[at:end]))
            at = end
    return directives


def nginx_plain(word):
    plain, at = "", 0
    while at < len(word):
        if word[at] == "\\" and at + 1 < len(word):
            following = word[at + 1]
            if following in "\"'\\":
                at += 1
            elif following in "trn":
                plain += {"t": "\t", "r": "\r", "n": "\n"}[following]
                at += 2
                continue
        plain += word[at]
        at += 1
    return plain


def read_nginx(place, data):
    (a, value), (b, c) = nginx_tokens(data.decode())
    if (a, b) != ("a", "b") or "$" in value:
        raise ValueError("other directives, or a variable")
    return value, c


def read_userlist(place, data):
    """`load_auth_file` and `copy_quoted`."""
    text, at, users = data.decode(), 0, {}

    def find(at, start):
        while True:
            at = text.index('"', at)
            if start or text[at : at + 2] != '""':
                return at
            at += 2

    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text[at] == ";":
            at = text.index("\n", at)
            continue
        if text[at] != '"':
            raise ValueError("broken auth file")
        end = find(at + 1, False)
        user = text[at + 1 : end]
        start = find(end + 1, True)
        at = find(start + 1, False)
        password = text[start + 1 : at]
        if len(user.encode()) >= 128 or len(password.encode()) >= 2048:
            raise ValueError("too long in auth file")
        users[user.replace('""', '"')] = password.replace('""', '"')
        at = text.index("\n", at)
    if list(users) != ["a", "b"]:
        raise ValueError("other users")
    return users["a"], users["b"]


def connection(text):
    """`cstr_get_pair`."""
    pairs, at = {}, 0
    while text[at:].strip(" \t\r\n\v\f"):
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n\v\f"))
        sign = text.index("=", at)
        key = text[at:sign].strip(" ")
        at = sign + 1
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n\v\f"))
        value = ""
        if text[at : at + 1] == "'":
            at += 1
            while text[at] != "'" or text[at : at + 2] == "''":
                at += text[at] == "'"
                value += text[at]
                at += 1
            at += 1
        else:
            end = text.find(" ", at)
            end = len(text) if end < 0 else end
            value, at = text[at:end], end
        if not value:
            raise ValueError("an empty value")
        at += 1
        pairs[key] = value
    return pairs


def ini_lines(text, comments):
    section, seen = None, {}
    for line in text.split("\n"):
        line = line.strip(" \t\r\v\f")
        if not line or line[0] in comments:
            continue
        if line[0] == "[":
            section = line[1 : line.index("]")]
            continue
        key, value = line.split("=", 1)
        key = (section, key.strip())
        if key in seen:
            raise ValueError("a key twice")
        seen[key] = value.strip(" \t\r\v\f")
    return seen


def read_pgbouncer(place, data):
    seen = ini_lines(data.decode(), ";#")
    c = seen.pop(("pgbouncer", "b"))
    ((_, key), value), = seen.items()
    if key != "a":
        raise ValueError("other keys")
    if place == 2:
        return value, c
    pairs = connection(value)
    if set(pairs) - {"port"} != {"host", "password"}:
        raise ValueError("other parameters")
    return pairs["password"], c


def read_odbc(place, data):
    # `iniOpen` reads up to 999 bytes as one line.
    lines = []
    for line in data.split(b"\n"):
        lines += [line[at : at + 999] for at in range(0, max(len(line), 1), 999)]
    seen = ini_lines(b"\n".join(lines).decode(), ";#")
    if set(seen) != {("s", "a"), ("s", "b")}:
        raise ValueError("other keys")
    value = seen["s", "a"]
    if place == 1:
        if not value.startswith("PWD={") or not value.endswith("};"):
            raise ValueError("no braces")
        inner = value[5:-2]
        if "}" in inner.replace("}}", ""):
            raise ValueError("the braces end early")
        value = inner.replace("}}", "}")
    return value, seen["s", "b"]


def read_supervisor(place, data):
    parser = UnhosedConfigParser()
    with tempfile.NamedTemporaryFile("wb") as file:
        file.write(data)
        file.flush()
        parser.read(file.name, encoding="utf-8")
    section, = parser.sections()
    if place == 2:
        if parser.options(section) != ["password", "b"]:
            raise ValueError("other keys")
        return parser.saneget(section, "password"), parser.saneget(section, "b")
    if parser.options(section) != ["environment"]:
        raise ValueError("other keys")
    seen = dict_of_key_value_pairs(parser.saneget(section, "environment"))
    if list(seen) != ["A", "B"]:
        raise ValueError("other variables")
    return seen["A"], seen["B"]


def read_configparser(place, data):
    parser = configparser.ConfigParser()
    with tempfile.NamedTemporaryFile("wb") as file:
        file.write(data)
        file.flush()
        parser.read(file.name, encoding="utf-8")
    if parser.sections() != ["s"] or parser.options("s") != ["a", "b"]:
        raise ValueError("other keys")
    return parser["s"]["a"], parser["s"]["b"]


READERS = {
    "json": read_json,
    "yaml": read_yaml,
    "toml": read_toml,
    "nginx": read_nginx,
    "userlist": read_userlist,
    "pgbouncer": read_pgbouncer,
    "odbc": read_odbc,
    "supervisor": read_supervisor,
    "configparser": read_configparser,
}


def read_shells(files):
    """What dash and bash see, of many files in one process each."""
    seen = []
    with tempfile.TemporaryDirectory() as directory:
        for number, data in enumerate(files):
            Path(directory, str(number)).write_bytes(data)
        script = 'n=0; while [ $n -lt "$1" ]; do a= b=; . "./$n"; printf "%s\\0%s\\0" "$a" "$b"; n=$((n+1)); done'
        for shell in ["sh", "bash"]:
            command = [shell, "-c", script, shell, str(len(files))]
            ended = subprocess.run(command, cwd=directory, capture_output=True, env={"PATH": os.environ["PATH"]})
            parts = ended.stdout.split(b"\0")[:-1]
            pairs = [(parts[at].decode(), parts[at + 1].decode()) for at in range(0, len(parts), 2)]
            seen.append(pairs + [None] * (len(files) - len(pairs)))
    return [one if one == other else None for one, other in zip(*seen)]


def read_all(kind, place, files):
    if kind == "sh":
        return read_shells(files)
    seen = []
    for data in files:
        try:
            seen.append(READERS[kind](place, data))
        except Exception as error:
            seen.append(f"{type(error).__name__}: {error}")
    return seen


def main():
    counts, wrong = collections.defaultdict(collections.Counter), 0
    for line in open(sys.argv[1], encoding="utf-8"):
        case = json.loads(line)
        kind, place = case["type"], case["place"]
        held = [(value, base64.b64decode(file)) for value, file in case["files"] if file is not None]
        counts[kind]["refused"] += len(case["files"]) - len(held)
        for (value, data), seen in zip(held, read_all(kind, place, [data for _, data in held])):
            if seen == (value, "c"):
                counts[kind]["read"] += 1
                continue
            wrong += 1
            if wrong <= 60:
                print(f"{kind} {place}: sees something else: {value!a:.200} as {seen!a:.200} in {data!a:.200}", file=sys.stderr)
    print(json.dumps(counts))
    sys.exit(1 if wrong else 0)


main()

"""Reads rendered documents with the real readers and compares what they saw with what was meant.

One JSON object a line: `databases` and `env` (what was meant), `rendered` (format to base64 `bytes`, or `refused` keys),
and sometimes `passwords`. Prints how many were read and refused of each format; a complaint a line goes to stderr and
makes the exit status 1. Whether a refusal was right is found by trying the reader, not by the renderer's rules.
"""

import base64
import collections
import functools
import json
import logging
import os
import re
import sys
import tempfile
import tomllib
import unicodedata
from pathlib import Path

import dj_database_url
import environ
import yaml
from ported import read_docker, read_kubectl
from readers import BAIT, SHELLS, read_django_environ, read_dotenv, read_environs, read_shell
from values import read_tfvars, read_yaml_1_2


# What is meant.


def same_text(text, value):
    """Whether `text` is what a process should see for `value`."""
    if isinstance(value, str):
        return text == value
    if value is None:
        return text == ""
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, int):
        return text == str(value)
    if isinstance(value, float):
        return same(float(text), value)
    return text.isascii() and text.isprintable() and " " not in text and same(json.loads(text), value)


def same(one, other):
    """Equal, with equal types and signs and order of keys, in everything inside."""
    return json.dumps(one) == json.dumps(other)


def same_in_any_order(one, other):
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def variables(case):
    """Name to value, and to the key a refusal names."""
    meant = []
    if case["databases"]:
        meant.append(("databases", "DATABASES", case["databases"]))
    return meant + [(f"env.{name}", name, value) for name, value in case["env"].items()]


def is_as_meant(seen, case):
    meant = variables(case)
    return list(seen) == [name for _, name, _ in meant] and all(same_text(seen[name], value) for _, name, value in meant)


# Which refusals are right: those of variables that the reader does not see as meant however they are written.


def impossible(form, name, value):
    text = value if isinstance(value, str) else ""
    tries = {"dotenv": impossible_in_dotenv, "sh": impossible_in_shells, "docker": impossible_in_docker}
    return tries[form](name, text) or (form == "docker" and len(name) + 1 + compact_length(value) >= 64 * 1024)


def impossible_in_dotenv(name, text):
    return "\0" in name + text or not is_dotenv_name(name)


@functools.cache
def is_dotenv_name(name):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
        file.write(f'{name}="x"\n')
        file.flush()
        return read_dotenv(file.name) == {name: "x"}


def impossible_in_shells(name, text):
    return "\0" in name + text or not is_shell_name(name)


@functools.cache
def is_shell_name(name):
    # Two that the comparison below cannot show: `_` is set anew by every command, and bash changes `SHLVL` when it ends
    # or becomes another program, though not in a subshell.
    if name in ("_", "SHLVL"):
        return False
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
        file.write(f"export {name}='some text'\n")
        file.flush()
        return all(read_shell(shell, [file.name, file.name]) == [{name: "some text"}] * 2 for shell in SHELLS)


def impossible_in_docker(name, text):
    # A file that holds two carriage returns would come out as one; not for every reader of such files, so it is refused.
    line = f"{name}={text}\n".encode()
    return not (read_docker(line) == read_kubectl(line) == [(name, text)])


def inside(key, value):
    """Every value in a value, and every key as text, with its place."""
    yield key, value
    if isinstance(value, (list, dict)):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from inside(f"{key}.{name}", item)
            if isinstance(name, str):
                yield f"{key}.{name}", name


def refusals_of_data(form, case):
    """The keys that have to be refused, and those that may be."""
    needed, allowed = set(), set()
    for root in ("databases", "env"):
        for key, value in inside(root, case[root]):
            if form == "toml" and value is None:
                needed.add(key)
            if form == "tfvars" and isinstance(value, str):
                if unicodedata.normalize("NFC", value) != value:
                    needed.add(key)
                # A character that may be composed with one before it: a mark, or the later part of a Hangul syllable.
                if any(may_compose(letter) for letter in value):
                    allowed.add(key)
    if form == "tfvars":
        needed |= {f"env.{name}" for name in case["env"] if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)}
    return needed, needed | allowed


def may_compose(letter):
    # A character that is not known here may be one of a newer Unicode.
    return ord(letter) >= 0x300 and unicodedata.category(letter) in ("Mn", "Mc", "Lo", "Cn")


def right_refusals(form, case):
    needed, allowed = set(), set()
    if form in ("dotenv", "sh", "docker"):
        needed = {key for key, name, value in variables(case) if impossible(form, name, value)}
    if form in ("yaml", "toml", "tfvars"):
        needed, allowed = refusals_of_data(form, case)
    if not form.endswith(("databases-json", "json-env")) and case["databases"] and "DATABASES" in case["env"]:
        needed.add("env.DATABASES")
    return needed, needed | allowed


PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!%*+,-./:=?@[]^_")


def compact_length(value, inside=False):
    """How long a list or a table is as one line of JSON; 0 for anything that is not written as JSON."""
    if isinstance(value, (list, dict)):
        parts = [compact_length(part, True) for part in value]
        if isinstance(value, dict):
            parts += [1 + compact_length(part, True) for part in value.values()]
        return 2 + sum(parts) + max(len(value) - 1, 0)
    if not inside:
        return 0
    if isinstance(value, str):
        return 2 + sum(1 if letter in PLAIN else 6 if ord(letter) < 0x10000 else 12 for letter in value)
    return len(json.dumps(value))


# The judgement.


class Judge:
    def __init__(self, place):
        self.place = place
        self.counts = collections.defaultdict(collections.Counter)
        self.passwords = 0
        self.complaints = collections.Counter()
        self.for_shells = []  # (number, format, file, meant as a case)

    def complain(self, number, form, what):
        self.complaints[form] += 1
        if self.complaints[form] <= 5:
            print(f"case {number}: {form}: {what}", file=sys.stderr)

    def case(self, number, case):
        for form, outcome in case["rendered"].items():
            refused = outcome.get("refused")
            needed, allowed = right_refusals(form, case)
            if refused is not None or needed:
                if not needed <= set(refused or ()) <= allowed:
                    self.complain(number, form, f"refused {refused}, should be {sorted(needed)}")
                self.counts[form]["refused"] += 1
                continue
            content = base64.b64decode(outcome["bytes"])
            path = self.place / f"{number}.{form}"
            path.write_bytes(content)
            try:
                fault = getattr(self, "read_" + form.replace("-", "_"))(number, case, content, path)
            except Exception as error:  # a reader that gives up is a complaint too
                fault = f"{type(error).__name__}: {error}"
            if fault:
                self.complain(number, form, fault)
            self.counts[form]["read"] += 1
        if "passwords" in case:
            self.read_passwords(number, case)

    def read_databases_json(self, number, case, content, path):
        if not content.isascii() or not content.endswith(b"}\n"):
            return "not ASCII, or no line break at the end"
        if not same(json.loads(content), case["databases"]):
            return "json.loads sees something else"

    def read_json(self, number, case, content, path):
        meant = {"DATABASES": case["databases"], **case["env"]} if case["databases"] else case["env"]
        if not content.isascii() or not same(json.loads(content), meant):
            return "json.loads sees something else"

    def read_yaml(self, number, case, content, path):
        meant = {"DATABASES": case["databases"], **case["env"]} if case["databases"] else case["env"]
        if not content.isascii() or not same(yaml.safe_load(content), meant):
            return "PyYAML sees something else"
        if not same(read_yaml_1_2(path), meant):
            return "ruamel.yaml sees something else"

    def read_toml(self, number, case, content, path):
        # The databases come last there; the order of a table says nothing in TOML.
        meant = {**case["env"], "DATABASES": case["databases"]} if case["databases"] else case["env"]
        if not content.isascii() or not same_in_any_order(tomllib.loads(content.decode()), meant):
            return "tomllib sees something else"

    def read_tfvars(self, number, case, content, path):
        meant = {"DATABASES": case["databases"], **case["env"]} if case["databases"] else case["env"]
        if not content.isascii() or read_tfvars(path) != meant:
            return "python-hcl2 sees something else"

    def read_json_env(self, number, case, content, path):
        if not re.fullmatch(rb"DATABASES='[A-Za-z0-9!%*+,\-./:=?@\[\]^_\\{}\"]*'\n", content):
            return "not one line in the safe alphabet"
        for reader, seen in (
            ("python-dotenv", read_dotenv(path).get("DATABASES")),
            ("environs", read_environs(path, ["DATABASES"])["DATABASES"]),
            ("django-environ", read_django_environ(path).get("DATABASES")),
        ):
            if seen is None or not same(json.loads(seen), case["databases"]):
                return f"{reader} sees something else"
        exported = path.with_suffix(".exported")
        exported.write_bytes(b"set -a\n" + content)
        if number % 4 == 0:
            self.for_shells.append((number, "json-env", exported, {"databases": case["databases"], "env": {}}))

    def read_dotenv(self, number, case, content, path):
        seen = read_dotenv(path)
        if not is_as_meant(seen, case):
            return "python-dotenv sees something else"
        if not is_as_meant(read_environs(path, list(seen)), case):
            return "environs sees something else"

    def read_sh(self, number, case, content, path):
        self.for_shells.append((number, "sh", path, case))

    def read_docker(self, number, case, content, path):
        for reader, seen in (("docker", read_docker(content)), ("kubectl", read_kubectl(content))):
            if seen is None or not is_as_meant(dict(seen), case) or len(dict(seen)) != len(seen):
                return f"{reader} sees something else"

    def shells(self):
        for shell in SHELLS:
            runs = read_shell(shell, [path for _, _, path, _ in self.for_shells])
            if len(runs) != len(self.for_shells):
                self.complain("all", "sh", f"{shell} answered {len(runs)} times of {len(self.for_shells)}")
            for (number, form, _, case), seen in zip(self.for_shells, runs):
                meant = {name: value for _, name, value in variables(case)}
                if form == "json-env":
                    meant = {"DATABASES": case["databases"]}
                wrong = [name for name in meant if name not in seen or not same_text(seen[name], meant[name])]
                wrong += [name for name in seen if name not in meant]
                if wrong:
                    self.complain(number, form, f"{shell} sees something else in {wrong}")

    def read_passwords(self, number, case):
        content = base64.b64decode(case["rendered"]["databases-json"]["bytes"])
        plain = json.loads(content)
        line = json.loads(read_django_environ(self.place / f"{number}.json-env")["DATABASES"])
        urls = read_dotenv(self.place / f"{number}.dotenv")
        for place, password in enumerate(case["passwords"]):
            url = urls[f"DATABASE_URL_{place}"]
            arrived = {
                "json.loads": plain[f"db{place}"]["PASSWORD"],
                "json-env": line[f"db{place}"]["PASSWORD"],
                "dj-database-url": dj_database_url.parse(url)["PASSWORD"],
                "django-environ": environ.Env.db_url_config(url)["PASSWORD"],
            }
            for reader, seen in arrived.items():
                if seen != password:
                    self.complain(number, "passwords", f"{reader} sees something else for password {place}")
            self.passwords += 1


def main():
    logging.disable(logging.CRITICAL)  # the readers' remarks on lines they cannot read
    os.environ.clear()
    os.environ.update(BAIT)
    with tempfile.TemporaryDirectory() as place, open(sys.argv[1], encoding="utf-8") as cases:
        judge = Judge(Path(place))
        # Lines end at LF alone: the values hold every other kind of line break.
        for number, line in enumerate(cases):
            judge.case(number, json.loads(line))
        judge.shells()
    print(json.dumps({**judge.counts, "passwords": judge.passwords}))
    if judge.complaints:
        print(f"complaints: {dict(judge.complaints)}", file=sys.stderr)
    sys.exit(bool(judge.complaints))


main()

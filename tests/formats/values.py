"""Reads files of many values with every reader of their format, and tries each refused value in every way of writing it.

One JSON object a line. The first holds all `values`; each other one names a `format` and has the numbers of the values in
a `file` (its variables are `V00`, `V01`, …) or of those that were `refused`. Prints how many were read and refused of each
format; a complaint a line goes to stderr and makes the exit status 1.
"""

import collections
import json
import logging
import os
import sys
import tempfile
import tomllib
import unicodedata
from pathlib import Path

import hcl2
import ruamel.yaml
import yaml

import ported
import readers

# Refused values to try in every way, a format.
TRIES = 400


def each(read):
    """A reader of many files from the reader of one."""

    def read_all(paths):
        seen = []
        for path in paths:
            try:
                seen.append(read(path))
            except Exception as error:
                seen.append(f"{type(error).__name__}")
        return seen

    return read_all


def pairs(read):
    """A reader of a file from one of its content that gives names with texts, or None."""

    def read_file(path):
        seen = read(path.read_bytes())
        return dict(seen) if seen is not None and len(dict(seen)) == len(seen) else None

    return each(read_file)


def environs_file(path):
    return readers.read_environs(path, list(readers.read_dotenv(path)))



HCL_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def hcl_text(raw):
    """The text of a quoted template without templates: hclsyntax/spec.md, "Template Expressions" and "Template Literals".

    python-hcl2 gives it with its quotes and escapes.
    """
    if not (raw.startswith('"') and raw.endswith('"') and len(raw) > 1):
        raise ValueError("no quoted template")
    text, place, raw = [], 0, raw[1:-1]
    while place < len(raw):
        if raw[place] == "\\":
            kind = raw[place + 1]
            width = {"u": 4, "U": 8}.get(kind, 0)
            text.append(chr(int(raw[place + 2 : place + 2 + width], 16)) if width else HCL_ESCAPES[kind])
            place += 2 + width
        elif raw[place : place + 3] in ("$${", "%%{"):
            text.append(raw[place + 1 : place + 3])
            place += 3
        elif raw[place : place + 2] in ("${", "%{"):
            raise ValueError("a template begins")
        else:
            text.append(raw[place])
            place += 1
    # cty keeps text in this form.
    return unicodedata.normalize("NFC", "".join(text))


def hcl_value(value):
    # A number with an exponent is an expression to python-hcl2.
    if isinstance(value, str) and value.startswith("${") and value.endswith("}"):
        return float(value[2:-1])
    if isinstance(value, str):
        return hcl_text(value)
    if isinstance(value, list):
        return [hcl_value(item) for item in value]
    if isinstance(value, dict):
        return {hcl_text(key): hcl_value(item) for key, item in value.items()}
    return value


def read_tfvars(path):
    return {name: hcl_value(value) for name, value in hcl2.loads(path.read_text(encoding="utf-8")).items()}


def read_yaml_1_2(path):
    return ruamel.yaml.YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


SHELL_READERS = {shell: lambda paths, shell=shell: readers.read_shell(shell, paths) for shell in readers.SHELLS}
DOTENV = {"python-dotenv": each(readers.read_dotenv), "environs": each(environs_file), "dynaconf": each(readers.read_dynaconf)}
DOTENV["pydantic-settings"] = each(readers.read_pydantic)
NODE = {
    "node's parseEnv": lambda paths: readers.read_node(paths)[0],
    "dotenv of npm": lambda paths: readers.read_node(paths)[1],
}
DOCKER = {"docker": pairs(ported.read_docker), "kubectl": pairs(ported.read_kubectl)}
COMPOSE = {"compose": each(lambda path: ported.read_compose(path.read_bytes()))}
DJANGO_ENVIRON = {"django-environ": each(readers.read_django_environ)}
DECOUPLE = {"decouple": each(readers.read_decouple)}
SYSTEMD = {"systemd": each(readers.read_systemd)}
READERS = {
    "json": {"json": each(lambda path: json.loads(path.read_bytes()))},
    "yaml": {"PyYAML": each(lambda path: yaml.safe_load(path.read_bytes())), "ruamel.yaml": each(read_yaml_1_2)},
    "toml": {"tomllib": each(lambda path: tomllib.loads(path.read_text(encoding="utf-8")))},
    "tfvars": {"python-hcl2": each(read_tfvars)},
    "dotenv": DOTENV,
    "dotenv-django-environ": DJANGO_ENVIRON,
    "dotenv-decouple": DECOUPLE,
    "node": NODE,
    "sh": SHELL_READERS,
    "systemd": SYSTEMD,
    "docker": DOCKER,
    "compose": COMPOSE,
    "portable": {
        **DOTENV, **NODE, **DOCKER, **COMPOSE, **DJANGO_ENVIRON, **DECOUPLE, **SYSTEMD,
        **{shell: lambda paths, shell=shell: readers.read_shell(shell, paths, "set -a;") for shell in readers.SHELLS},
    },
}  # fmt: skip


# Every way of writing a value that some reader knows.


def escaped(text, characters):
    return "".join("\\" + letter if letter in characters else letter for letter in text)


STYLES = {
    "bare": lambda text: text,
    "single": lambda text: f"'{text}'",
    "double": lambda text: f'"{text}"',
    "backtick": lambda text: f"`{text}`",
    "escaped": lambda text: '"' + escaped(text, '\\"') + '"',
    "escaped, dollars too": lambda text: '"' + escaped(text, '\\"$`') + '"',
    "escaped, line breaks too": lambda text: '"' + escaped(text, '\\"').replace("\n", r"\n").replace("\r", r"\r") + '"',
    "shell": lambda text: "'" + text.replace("'", r"'\''") + "'",
    "double in single": lambda text: "'\"" + escaped(text, '\\"') + "\"'",
}


class Judge:
    def __init__(self, place, values):
        self.place = place
        self.values = values
        self.counts = collections.defaultdict(collections.Counter)
        self.files = collections.defaultdict(list)  # format to paths and what is meant
        self.refused = collections.defaultdict(list)
        self.complaints = collections.Counter()

    def complain(self, form, what):
        self.complaints[form] += 1
        if self.complaints[form] <= 5:
            print(f"{form}: {what}", file=sys.stderr)

    def case(self, case):
        form = case["format"]
        if "refused" in case:
            self.refused[form] = [self.values[number] for number in case["refused"]]
            self.counts[form]["refused"] += len(case["refused"])
        else:
            meant = {f"V{place:02}": self.values[number] for place, number in enumerate(case["numbers"])}
            self.files[form].append((Path(case["file"]), meant))
            self.counts[form]["read"] += len(meant)

    def read(self):
        for form, files in self.files.items():
            for name, read in READERS[form].items():
                for (path, meant), seen in zip(files, read([path for path, _ in files]), strict=True):
                    if seen != meant:
                        wrong = [key for key in meant if not isinstance(seen, dict) or seen.get(key) != meant[key]]
                        shown = [(meant[key][:60], seen.get(key, "nothing")[:60]) for key in wrong[:2]] if isinstance(seen, dict) else seen
                        self.complain(form, f"{name} sees something else in {path.name}: {shown!a}")
        for path, meant in self.files["node"][::40]:
            if readers.read_node_flag(path) != meant:
                self.complain("node", f"node --env-file sees something else in {path.name}")

    def try_refused(self):
        """A refusal is right where no way of writing the value is read as meant by every reader of the format."""
        for form, refused in self.refused.items():
            # `portable` refuses by its alphabet; the others' texts with NUL are in no environment.
            tried = [text for text in refused if "\0" not in text] if form not in ("portable", "toml", "tfvars") else []
            tried = tried[:: max(1, len(tried) // TRIES)]
            paths, meant = [], []
            for text in tried:
                for style, write in STYLES.items():
                    paths.append(self.place / f"try-{form}-{len(paths)}")
                    # What reads on behind the value finds each kind of quote, and a remark behind it that ends the line.
                    after = {"A": "'#1'", "B": '"#1"', "C": "`#1`"} if form == "node" else {"A": "1"}
                    lines = "".join(f"{name}={quoted}\n" for name, quoted in after.items())
                    paths[-1].write_bytes(f"V={write(text)}\n{lines}".encode())
                    meant.append((style, {"V": text, **dict.fromkeys(after, "#1" if form == "node" else "1")}))
            outcomes = [read(paths) for read in READERS[form].values()] if paths else []
            for (style, wanted), *seen in zip(meant, *outcomes):
                if all(outcome == wanted for outcome in seen):
                    self.complain(form, f"refused, though `{style}` holds it: {wanted['V'][:60]!a}")
            self.counts[form]["tried"] += len(tried)
        for text in self.refused["tfvars"]:
            if all(ord(letter) < 0x300 for letter in text):
                self.complain("tfvars", f"refused, though nothing in it is composed: {text!a}")


def main():
    logging.disable(logging.CRITICAL)  # the readers' remarks on lines they cannot read
    os.environ.clear()
    os.environ.update(readers.BAIT)
    with tempfile.TemporaryDirectory() as place, open(sys.argv[1], encoding="utf-8") as cases:
        judge = Judge(Path(place), json.loads(next(cases))["values"])
        for line in cases:
            judge.case(json.loads(line))
        judge.read()
        judge.try_refused()
    print(json.dumps(judge.counts))
    if judge.complaints:
        print(f"complaints: {dict(judge.complaints)}", file=sys.stderr)
    sys.exit(bool(judge.complaints))


if __name__ == "__main__":
    main()

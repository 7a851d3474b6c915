"""Reads what the formats wrote with the real readers and compares with what was meant.

Arguments: what is read, a file with one case a line (`bytes` in base64 and what was meant), the directory of schemas. Prints
how much was read; a complaint a line goes to stderr and makes the exit status 1.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

COMPLAINTS = []


def complain(text):
    COMPLAINTS.append(text)


def content(case):
    return base64.b64decode(case["bytes"])


def file_of(directory, case):
    path = Path(directory, "file")
    path.write_bytes(content(case))
    path.chmod(0o600)
    return str(path)


def same(where, key, meant, read):
    if meant != read:
        complain(f"{where}: {key} was meant to be {meant!r} and is {read!r}")


def url(cases, directory):
    import dj_database_url
    import environ

    count = 0
    for case in cases:
        lines = content(case).decode("ascii").split("\n")
        same("url", "number of lines", len(case["logins"]) + 1, len(lines))
        for login, line in zip(case["logins"], lines):
            name, text = line.split("=", 1)
            same("url", "name", f"DATABASE_URL_{login['alias'].upper()}", name)
            for reader in (dj_database_url.parse, environ.Env.db_url_config):
                read = reader(text)
                for key in ("USER", "PASSWORD", "NAME", "HOST"):
                    same(f"url {reader.__module__}", key, login[key], read[key])
                same(f"url {reader.__module__}", "PORT", login["PORT"], str(read["PORT"]))
                same(f"url {reader.__module__}", "OPTIONS", login["OPTIONS"], read.get("OPTIONS", {}))
            count += 1
    return count


def pgpass(cases, directory):
    from psycopg import conninfo, pq

    count = 0
    for case in cases:
        passfile = file_of(directory, case)
        for login in case["logins"]:
            text = conninfo.make_conninfo(
                "", host=login["HOST"], port=login["PORT"], user=login["USER"], dbname=login["NAME"], passfile=passfile
            )
            # Nobody answers at this port; the password is looked up all the same.
            connection = pq.PGconn.connect_start(text.encode())
            read = connection.password
            connection.finish()
            same("pgpass", "PASSWORD", login["PASSWORD"].encode(), read)
            count += 1
            if count % 20:
                continue
            # Nobody else's login finds it.
            other = conninfo.make_conninfo(
                "", host=login["HOST"], port=login["PORT"], user=login["USER"] + "x", dbname=login["NAME"], passfile=passfile
            )
            connection = pq.PGconn.connect_start(other.encode())
            read = connection.password
            connection.finish()
            same("pgpass of another", "PASSWORD", b"", read or b"")
    return count


def pg_service(cases, directory):
    from psycopg import pq

    count = 0
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    for case in cases:
        os.environ["PGSERVICEFILE"] = file_of(directory, case)
        plain = {option.keyword: option.val for option in pq.Conninfo.get_defaults()}
        for login in case["logins"]:
            os.environ["PGSERVICE"] = login["alias"]
            read = {option.keyword: option.val for option in pq.Conninfo.get_defaults()}
            del os.environ["PGSERVICE"]
            changed = {name.decode(): val.decode() for name, val in read.items() if val is not None and val != plain[name]}
            changed.pop("service", None)
            meant = {
                "host": login["HOST"],
                "port": login["PORT"],
                "dbname": login["NAME"],
                "user": login["USER"],
                "password": login["PASSWORD"],
                **login["OPTIONS"],
            }
            same("pg-service", "section", meant, changed)
            count += 1
    return count


def my_cnf(cases, directory):
    from pymysql.optionfile import Parser

    count = 0
    for case in cases:
        path = file_of(directory, case)
        groups = [f"client_{login['alias']}" for login in case["logins"]]
        names = {"HOST": "host", "PORT": "port", "NAME": "database", "USER": "user", "PASSWORD": "password"}
        meant = "".join(
            f"--{name}={login[key]}\n" for login in case["logins"] for key, name in names.items()
        ).encode()
        # All groups at once: a line that came from a value would be seen too.
        read = subprocess.run(
            [case["my_print_defaults"], f"--defaults-file={path}", *groups], capture_output=True, check=True
        ).stdout
        if read != meant:
            at = next((place for place, (a, b) in enumerate(zip(read, meant)) if a != b), min(len(read), len(meant)))
            complain(f"my-cnf: my_print_defaults reads {read[max(0, at - 60) : at + 60]!r}, not {meant[max(0, at - 60) : at + 60]!r}")
        count += len(groups)
        if case["for_all"]:
            parser = Parser()
            with open(path, encoding="utf-8") as file:
                parser.read_file(file)
            same("my-cnf PyMySQL", "groups", groups, parser.sections())
            for login, group in zip(case["logins"], groups):
                read = {key: parser.get(group, name) for key, name in names.items()}
                same("my-cnf PyMySQL", "group", {key: login[key] for key in names}, read)
                same("my-cnf PyMySQL", "options", sorted(names.values()), sorted(parser.options(group)))
    return count


def k8s_secret(cases, directory):
    import ruamel.yaml
    import yaml

    secret = schema("secret")
    count = 0
    for place, case in enumerate(cases):
        text = content(case).decode("ascii")
        readers = [yaml.CSafeLoader]
        if place < 5:
            readers += [yaml.SafeLoader, None]
        for reader in readers:
            read = yaml.load(text, reader) if reader else ruamel.yaml.YAML(typ="safe", pure=True).load(text)
            validate("k8s-secret", secret, read)
            values = read.get("stringData") or {
                key: base64.b64decode(value, validate=True).decode() for key, value in read.get("data", {}).items()
            }
            same("k8s-secret", "values", case["values"], values)
            same("k8s-secret", "metadata", case["metadata"], read["metadata"])
        count += len(case["values"])
    return count


# Kubernetes' schemas


def schema(name):
    return strict(json.loads((SCHEMAS / f"{name}.json").read_text())["openAPIV3Schema"])


def strict(node):
    """The API server drops what a schema does not name: here that is a fault."""
    if isinstance(node, list):
        return [strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    node = {key: strict(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and "type" in node and not node.get("x-kubernetes-preserve-unknown-fields"):
        node.setdefault("additionalProperties", False)
    return node


METADATA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "maxLength": 253},
        "namespace": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["name"],
}


def validate(where, schema, document):
    import jsonschema

    schema = {**schema, "properties": {**schema["properties"], "metadata": METADATA}}
    for error in jsonschema.Draft7Validator(schema).iter_errors(document):
        complain(f"{where}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def cluster(cases, directory):
    import yaml

    schemas = {}
    for path in SCHEMAS.glob("*.json"):
        named = json.loads(path.read_text())
        schemas[(f"{named['group']}/{named['version']}".lstrip("/"), named["kind"])] = schema(path.stem)
    count = 0
    for case in cases:
        for document in yaml.safe_load_all(content(case)):
            validate("cluster", schemas[(document["apiVersion"], document["kind"])], document)
            count += 1
            template = document["spec"].get("target", {}).get("template")
            if template:
                for key, text in template["data"].items():
                    read = expand(text, case["secrets"])
                    meant = case["values"][key]
                    if not isinstance(meant, str):
                        read = json.loads(read)
                    same("external-secret", key, meant, read)
            objects = document["spec"].get("parameters", {}).get("objects")
            if objects:
                listed = yaml.safe_load(objects)
                if document["spec"]["provider"] == "azure":
                    listed = [yaml.safe_load(one) for one in listed["array"]]
                aliases = {one["objectAlias"] for one in listed}
                aliases |= {path["objectAlias"] for one in listed for path in one.get("jmesPath", [])}
                wanted = {entry["objectName"] for secret in document["spec"]["secretObjects"] for entry in secret["data"]}
                if not wanted <= aliases:
                    complain(f"secret-provider-class: {wanted - aliases} are no objects")
    return count


# As much of Go's text/template and sprig as is written: text, string literals, fields, print, pipes.

WORD = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\.\w+|\w+|[|()])')


def expand(text, secrets):
    out, at = [], 0
    while (start := text.find("{{", at)) >= 0:
        out.append(text[at:start])
        words, at = [], start + 2
        while not text.startswith("}}", at := at + len(re.match(r"\s*", text[at:]).group())):
            word = WORD.match(text, at)
            words.append(word.group(1))
            at = word.end()
        at += 2
        value, rest = pipeline(words, secrets)
        assert not rest, words
        out.append(value)
    return "".join(out) + text[at:]


def pipeline(words, secrets):
    value = None
    while True:
        arguments, words = operands(words, secrets)
        value = call(arguments, value)
        if not words or words[0] == ")":
            return value, words
        assert words[0] == "|"
        words = words[1:]


def operands(words, secrets):
    found = []
    while words and words[0] not in "|)":
        word, words = words[0], words[1:]
        if word == "(":
            value, words = pipeline(words, secrets)
            words = words[1:]
            found.append(("value", value))
        elif word.startswith('"'):
            found.append(("value", json.loads(re.sub(r"\\U([0-9a-f]{8})", lambda m: json.dumps(chr(int(m[1], 16)))[1:-1], word))))
        elif word.startswith("."):
            found.append(("value", secrets[word[1:]]))
        else:
            found.append(("name", word))
    return found, words


def call(arguments, piped):
    kind, first = arguments[0]
    values = [value for _, value in arguments[1:]] + ([] if piped is None else [piped])
    if kind == "value":
        assert not values
        return first
    return {
        "print": lambda *parts: "".join(parts),
        "toJson": lambda text: json.dumps(text),
        "urlquery": lambda text: urllib.parse.quote_plus(text, safe="-_.~"),
        "replace": lambda old, new, text: text.replace(old, new),
        "b64enc": lambda text: base64.b64encode(text.encode()).decode(),
        "trim": lambda text: text.strip(),
    }[first](*values)


if __name__ == "__main__":
    SCHEMAS = Path(sys.argv[3])
    with open(sys.argv[2], encoding="utf-8") as file:
        everything = [json.loads(line) for line in file.read().split("\n")]
    readers = [url, pgpass, pg_service, my_cnf, k8s_secret, cluster]
    reader = {reader.__name__: reader for reader in readers}[sys.argv[1].replace("-", "_")]
    with tempfile.TemporaryDirectory() as place:
        print(reader(everything, place))
    for text in COMPLAINTS[:20]:
        print(text, file=sys.stderr)
    sys.exit(bool(COMPLAINTS))

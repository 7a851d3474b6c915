"""Reads blocks of the documentation as their readers would: a list of {place, language, file, text, fragment} on standard
input, a list of faults on standard output."""

import ast
import configparser
import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import dockerfile_parse
import kubernetes_validate
import sqlglot
import yaml
from jsonschema import Draft202012Validator
from pyflakes import api, reporter

CHECKOUT = Path(sys.argv[1])
# What is newer is told by Kubernetes itself; the schemas are those of the release.
KUBERNETES = "1.37"
SCHEMAS = [
    (r"(^|/)\.github/workflows/[^/]+\.ya?ml$", {"on", "jobs"}, "vendor.github-workflows"),
    (r"(^|/)\.gitlab-ci\.yml$", None, "vendor.gitlab-ci"),
    (r"(^|/)azure-pipelines\.yml$", {"pool"}, "vendor.azure-pipelines"),
    (r"(^|/)\.circleci/config\.yml$", {"version", "workflows"}, "vendor.circle-ci"),
    (r"(^|/)bitbucket-pipelines\.yml$", {"pipelines"}, "vendor.bitbucket-pipelines"),
    (r"(^|/)(docker-)?compose[^/]*\.ya?ml$", {"services"}, "vendor.compose-spec"),
]
DOCKERFILE = set(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split()
)


class Fault(Exception):
    pass


def python(text, file):
    said = io.StringIO()
    api.check(text, file or "block.py", reporter.Reporter(said, said))
    # A block shows a part: what it brings in and leaves to the rest of the file is no fault.
    lines = [line for line in said.getvalue().splitlines() if "imported but unused" not in line]
    if lines:
        raise Fault("; ".join(lines))
    for node in ast.walk(ast.parse(text)):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module]
        for module in modules:
            if module.split(".")[0] == "nuages":
                known(module, [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else [])


def known(module, names):
    """Whether the project's own package has them."""
    base = CHECKOUT / "python" / Path(*module.split("."))
    source = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    if not source.is_file():
        raise Fault(f"there is no `{module}`")
    text = source.read_text()
    for name in names:
        if not re.search(rf"\b{name}\b", text) and not (base / f"{name}.py").is_file():
            raise Fault(f"there is no `{module}.{name}`")


def json_(text, file):
    try:
        documents = [json.loads(text)]
    except json.JSONDecodeError:
        # Else one to a line.
        documents = [json.loads(line) for line in text.splitlines()]
    for document in documents:
        if isinstance(document, dict) and "Statement" in document:
            policy(document)


def policy(document):
    """A policy of AWS's IAM."""
    if document.get("Version") != "2012-10-17" or set(document) - {"Version", "Id", "Statement"}:
        raise Fault("not a policy of IAM")
    for statement in document["Statement"]:
        extra = set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}
        if extra or statement["Effect"] not in ("Allow", "Deny"):
            raise Fault(f"not a statement of IAM: {sorted(extra)}")
        for field, pattern in (("Action", r"[a-z0-9-]+:[A-Za-z*]+"), ("Resource", r"\*|arn:aws[a-z-]*:.*")):
            value = statement.get(field, [])
            for one in [value] if isinstance(value, str) else value:
                if not re.fullmatch(pattern, one):
                    raise Fault(f"not an {field} of IAM: {one}")


def yaml_(text, file):
    documents = list(yaml.safe_load_all(text))
    if not documents or not all(isinstance(document, dict) for document in documents):
        raise Fault("YAML that is no mapping")
    if all("apiVersion" in document and "kind" in document for document in documents):
        for document in documents:
            kubernetes(document)
        return
    if len(documents) > 1:
        raise Fault("several documents that are no objects of Kubernetes")
    document = documents[0]
    # YAML 1.1 reads `on` as true.
    keys = {"on" if key is True else key for key in document}
    if "repos" in keys:
        hooks(text, document)
        return
    if not file and any(isinstance(job, dict) and "script" in job for job in document.values()):
        file = ".gitlab-ci.yml"
    for pattern, marks, schema in SCHEMAS:
        if re.search(pattern, file) if file else marks and marks <= keys:
            against(schema, text)
            return
    raise Fault("YAML of an unknown kind: say which file it is, `<!-- file: PATH -->`")


def kubernetes(document):
    for path in sorted((CHECKOUT / "tests/data/kubernetes").glob("*.json")):
        found = json.loads(path.read_text())
        group = f"{found['group']}/" if found["group"] else ""
        if (document["apiVersion"], document["kind"]) == (group + found["version"], found["kind"]):
            for fault in Draft202012Validator(found["openAPIV3Schema"]).iter_errors(document):
                raise Fault(f"{document['kind']}: {fault.json_path}: {fault.message}")
            return
    try:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    except Exception as fault:
        raise Fault(f"{document['kind']}: {fault}") from None


def hooks(text, document):
    run(["pre-commit", "validate-config"], text, ".pre-commit-config.yaml")
    ours = {hook["id"] for hook in yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())}
    for repository in document["repos"]:
        if repository["repo"].endswith("/nuages"):
            # Those in comments are offered too.
            for name in re.findall(r"- id: (nuages[\w-]*)", text):
                if name not in ours:
                    raise Fault(f"there is no hook `{name}`")


def against(schema, text):
    # Azure's schema has patterns of another dialect than JavaScript's, and takes every scalar for text.
    command = ["check-jsonschema", "--regex-variant", "python", "--builtin-schema", schema]
    name = "block.yml"
    if schema == "vendor.azure-pipelines":
        text, name = json.dumps(yaml.load(text, yaml.BaseLoader)), "block.json"
    run([*command, *transform(schema)], text, name)


def transform(schema):
    kind = {"vendor.gitlab-ci": "gitlab-ci", "vendor.azure-pipelines": "azure-pipelines"}.get(schema)
    return ["--data-transform", kind] if kind else []


def run(command, text, name):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / name
        path.write_text(text)
        program = Path(sys.executable).parent / command[0]
        command = [str(program) if program.is_file() else command[0], *command[1:], str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        if done.returncode:
            raise Fault(said.replace(directory, ""))
        return said


def instructions(text):
    with tempfile.TemporaryDirectory() as directory:
        parser = dockerfile_parse.DockerfileParser(directory)
        parser.content = text
        return [part for part in parser.structure if part["instruction"] != "COMMENT"]


def dockerfile(text, file):
    parts = instructions(text)
    if not parts:
        raise Fault("no instruction")
    stages = set()
    for part in parts:
        name, value = part["instruction"], part["value"]
        if name not in DOCKERFILE:
            raise Fault(f"`{name}` is no instruction")
        body = value.removeprefix("CMD ") if name == "HEALTHCHECK" else value
        if name in ("CMD", "ENTRYPOINT", "RUN", "SHELL", "VOLUME", "HEALTHCHECK") and body.startswith("["):
            arguments = json.loads(body)
            if not all(isinstance(argument, str) for argument in arguments):
                raise Fault(f"{name}: a list of texts is wanted")
        if name == "FROM":
            stages.add(value.split()[-1])
        source = re.search(r"--from=(\S+)", value)
        if name == "COPY" and source and not re.search(r"[/:.]", source[1]) and source[1] not in stages:
            raise Fault(f"there is no stage `{source[1]}`")
    # A part of a file has none.
    if any(part["instruction"] == "FROM" for part in parts):
        first = next(part["instruction"] for part in parts if part["instruction"] != "ARG")
        if first != "FROM":
            raise Fault(f"`{first}` before `FROM`")


def ini(text, file):
    if not re.search(r"^\[(Unit|Service|Timer|Socket|Install)\]$", text, re.M):
        parser = configparser.ConfigParser(interpolation=None, strict=True)
        parser.read_string(text)
        if not parser.sections():
            raise Fault("no section")
        return
    if not shutil.which("systemd-analyze") and not os.geteuid():
        install = ["apt-get", "install", "-qy", "--no-install-recommends", "systemd"]
        for command in (["apt-get", "update", "-q"], install):
            subprocess.run(command, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=True)
    if not shutil.which("systemd-analyze"):
        raise Fault("a unit is read by `systemd-analyze`, which is not there: apt-get install systemd")
    name = Path(file or "block.service").name
    # systemd tells of what is missing on this machine as well: what the unit says itself counts.
    command = ["systemd-analyze", "verify", "--man=no"]
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / name
        path.write_text(text)
        done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    marks = ("Unknown", "Failed to parse", "Invalid", "Missing '='", "not valid", "Assignment outside", "ignoring")
    said = [line for line in done.stderr.splitlines() if name in line and any(mark in line for mark in marks)]
    if said:
        raise Fault("; ".join(said))


def sql(text, file):
    """Statements that are read to their end; of some, sqlglot knows the first word alone, and says so in its log."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    dialects = ["postgres", "mysql", "tsql"]
    for dialect in dialects:
        try:
            statements = sqlglot.parse(text, dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
        except sqlglot.errors.SqlglotError:
            continue
        if statements and all(statements):
            return
    raise Fault(f"no SQL of {', '.join(dialects)}")


def toml(text, file):
    tomllib.loads(text)


READERS = {
    "dockerfile": dockerfile,
    "ini": ini,
    "json": json_,
    "python": python,
    "sql": sql,
    "toml": toml,
    "yaml": yaml_,
}



def main():
    faults = []
    for block in json.load(sys.stdin):
        try:
            READERS[block["language"]](block["text"], block["file"])
        except Exception as fault:
            told = str(fault) or type(fault).__name__
            faults.append(f"{block['place']}: {block['language']}: {told}")
    json.dump(faults, sys.stdout)


if __name__ == "__main__":
    main()
